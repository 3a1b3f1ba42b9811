"""Models whose prediction is a linear function of the inputs."""

from course_lib.linear_models.linear_regression import (
    LinearRegression,
    lambda_max,
    largest_stable_step,
    squared_loss,
    squared_loss_gradient,
)
from course_lib.linear_models.logistic_regression import (
    LogisticRegression,
    SeparableWarning,
    StandardErrors,
    logit,
    sigmoid,
    standard_errors,
)
from course_lib.linear_models.regularized import (
    ElasticNet,
    Lasso,
    Ridge,
    WeightPath,
    elastic_net_path,
    largest_useful_lam,
    ridge_degrees_of_freedom,
    ridge_path,
    soft_threshold,
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
    "ElasticNet",
    "KernelSVC",
    "Lasso",
    "LinearRegression",
    "LinearSVC",
    "LogisticRegression",
    "Ridge",
    "SeparableWarning",
    "StandardErrors",
    "WeightPath",
    "elastic_net_path",
    "kkt_residual",
    "lambda_max",
    "largest_stable_step",
    "largest_useful_lam",
    "linear_kernel",
    "logit",
    "polynomial_kernel",
    "rbf_kernel",
    "ridge_degrees_of_freedom",
    "ridge_path",
    "sigmoid",
    "soft_threshold",
    "squared_loss",
    "squared_loss_gradient",
    "standard_errors",
    "svm_objective",
    "svm_subgradient",
]
