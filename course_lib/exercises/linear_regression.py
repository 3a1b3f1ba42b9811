"""Checkers of the chapter on linear regression."""

import numpy as np

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(5)
_X, _y, _w = _rng.normal(size=(6, 3)), _rng.normal(size=6), _rng.normal(size=3)
_ONE_ROW = np.array([[1.0, 2.0]])

check_gradient = Checker(
    task="the gradient of ½‖y − Xw‖²",
    reference=lambda X, y, w: X.T @ (X @ w - y),
    cases={
        "one sample, one feature": (np.array([[2.0]]), np.array([3.0]), np.array([1.0])),
        "one sample, two features": (_ONE_ROW, np.array([1.0]), np.array([1.0, -1.0])),
        "w = 0": (_X, _y, np.zeros(3)),
        "six samples, three features": (_X, _y, _w),
    },
    mistakes={
        "forget the minus sign": lambda X, y, w: X.T @ (y - X @ w),
        "forget that the ½ cancels the 2": lambda X, y, w: 2 * X.T @ (X @ w - y),
        "halve the gradient as well as the loss": lambda X, y, w: X.T @ (X @ w - y) / 2,
        "average over the samples instead of summing": lambda X, y, w: X.T @ (X @ w - y) / len(y),
        "leave out the factor Xᵀ": lambda X, y, w: X @ w - y,
    },
)


def _eigenvalues(X: np.ndarray) -> np.ndarray:
    return np.linalg.eigvalsh(X.T @ X / len(X))


check_largest_step = Checker(
    task="the largest learning rate for which gradient descent on ½‖y − Xw‖² / n settles",
    reference=lambda X: 2 / _eigenvalues(X)[-1],
    cases={
        "one sample, one feature": (np.array([[2.0]]),),
        "two features of different size": (np.array([[3.0, 0.0], [0.0, 1.0]]),),
        "two samples, two features": (np.array([[-1.0, 3.0], [2.0, 1.0]]),),
        "six samples, three features": (_X,),
    },
    mistakes={
        "forget to divide XᵀX by n": lambda X: 2 / np.linalg.eigvalsh(X.T @ X)[-1],
        "stop at 1/λmax, where the steepest direction no longer overshoots": lambda X: (
            1 / _eigenvalues(X)[-1]
        ),
        "take the smallest eigenvalue instead of the largest": lambda X: 2 / _eigenvalues(X)[0],
        "take a singular value of X without squaring it": lambda X: (
            2 * len(X) / np.linalg.norm(X, 2)
        ),
        "add up all the eigenvalues": lambda X: 2 / np.sum(_eigenvalues(X)),
    },
)
