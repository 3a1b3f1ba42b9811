"""Checkers of the chapter on support vector machines."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.linear_models.svm import rbf_kernel, svm_subgradient

_rng = np.random.default_rng(12)
_X, _w = _rng.normal(size=(6, 3)), _rng.normal(size=3)
_y = np.array([1.0, -1.0, 1.0, -1.0, 1.0, 1.0])


def _pull(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float, C: float, rows) -> np.ndarray:
    return w - C / len(y) * X.T @ (y * rows)


def _short(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    return 1 - y * (X @ w + b)


check_subgradient = Checker(
    task="the subgradient of ½‖w‖² + (C/n) Σ max(0, 1 − y f(x)) with respect to w",
    reference=lambda X, y, w, b, C: svm_subgradient(X, y, w, b, C=C)[:-1],
    cases={
        "one sample short of the margin": (
            np.array([[2.0]]),
            np.array([1.0]),
            np.array([0.1]),
            0.0,
            3.0,
        ),
        "one sample beyond the margin": (
            np.array([[2.0]]),
            np.array([1.0]),
            np.array([5.0]),
            0.0,
            3.0,
        ),
        "one sample that b takes beyond the margin": (
            np.array([[1.0]]),
            np.array([1.0]),
            np.array([0.5]),
            2.0,
            3.0,
        ),
        "right side, inside the margin": (
            np.array([[2.0, 1.0]]),
            np.array([-1.0]),
            np.array([-0.2, 0.0]),
            0.1,
            3.0,
        ),
        "two samples, one of them beyond the margin": (
            np.array([[2.0], [-1.0]]),
            np.array([1.0, 1.0]),
            np.array([1.0]),
            0.0,
            3.0,
        ),
        "six samples, three features": (_X, _y, _w, 0.3, 20.0),
    },
    mistakes={
        "forget the penalty ½‖w‖²": lambda X, y, w, b, C: (
            _pull(X, y, w, b, C, _short(X, y, w, b) > 0) - w
        ),
        "let only misclassified samples pull": lambda X, y, w, b, C: _pull(
            X, y, w, b, C, _short(X, y, w, b) > 1
        ),
        "let every sample pull": lambda X, y, w, b, C: _pull(X, y, w, b, C, np.ones(len(y))),
        "forget the minus sign of the pull": lambda X, y, w, b, C: (
            2 * w - _pull(X, y, w, b, C, _short(X, y, w, b) > 0)
        ),
        "forget to divide by n": lambda X, y, w, b, C: _pull(
            X, y, w, b, C * len(y), _short(X, y, w, b) > 0
        ),
        "divide by the number of samples that pull": lambda X, y, w, b, C: _pull(
            X,
            y,
            w,
            b,
            C * len(y) / max(1, np.sum(_short(X, y, w, b) > 0)),
            _short(X, y, w, b) > 0,
        ),
        "forget the factor y": lambda X, y, w, b, C: _pull(
            X, np.ones(len(y)), w, b, C, _short(X, y, w, b) > 0
        ),
        "forget b": lambda X, y, w, b, C: _pull(X, y, w, b, C, _short(X, y, w, 0) > 0),
    },
)


def _squares(X: np.ndarray, Z: np.ndarray) -> np.ndarray:
    return np.sum((X[:, None] - Z[None]) ** 2, axis=2)


check_rbf_kernel = Checker(
    task="the kernel matrix exp(−γ‖x − z‖²)",
    reference=lambda X, Z, gamma: rbf_kernel(X, Z, gamma=gamma),
    cases={
        "one point with itself": (np.array([[1.0, 2.0]]), np.array([[1.0, 2.0]]), 0.7),
        "two points, one feature": (np.array([[0.0]]), np.array([[3.0]]), 0.2),
        "two points, two features": (np.array([[1.0, 2.0]]), np.array([[2.0, 4.0]]), 0.2),
        "six rows against four": (_X, _rng.normal(size=(4, 3)), 0.4),
    },
    mistakes={
        "forget to square the distance": lambda X, Z, gamma: np.exp(
            -gamma * np.sqrt(_squares(X, Z))
        ),
        "forget the minus sign": lambda X, Z, gamma: np.exp(gamma * _squares(X, Z)),
        "forget γ": lambda X, Z, gamma: np.exp(-_squares(X, Z)),
        "use 1/(2γ²), as if γ were a width": lambda X, Z, gamma: np.exp(
            -_squares(X, Z) / (2 * gamma**2)
        ),
        "return the squared distances themselves": lambda X, Z, gamma: _squares(X, Z),
        "return the matrix transposed": lambda X, Z, gamma: np.exp(-gamma * _squares(X, Z)).T,
    },
)
