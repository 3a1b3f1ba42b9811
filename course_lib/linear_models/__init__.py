"""Models whose prediction is a linear function of the inputs."""

from course_lib.linear_models.linear_regression import (
    LinearRegression,
    lambda_max,
    largest_stable_step,
    squared_loss,
    squared_loss_gradient,
)
from course_lib.linear_models.svm import (
    KernelSVC,
    LinearSVC,
    kkt_residual,
    linear_kernel,
    polynomial_kernel,
    rbf_kernel,
    svm_objective,
    svm_subgradient,
)

__all__ = [
    "KernelSVC",
    "LinearRegression",
    "LinearSVC",
    "kkt_residual",
    "lambda_max",
    "largest_stable_step",
    "linear_kernel",
    "polynomial_kernel",
    "rbf_kernel",
    "squared_loss",
    "squared_loss_gradient",
    "svm_objective",
    "svm_subgradient",
]
