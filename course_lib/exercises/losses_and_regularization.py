"""Checkers of the chapter on losses and regularisation."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.linear_models.regularized import soft_threshold
from course_lib.losses import HuberLoss


def _huber_gradient(y: np.ndarray, f: np.ndarray, delta: float) -> np.ndarray:
    return HuberLoss(delta).gradient(y, f)


_rng = np.random.default_rng(8)
_y, _f = _rng.normal(size=(2, 6))

check_huber_gradient = Checker(
    task="the derivative of Huber's loss with respect to each prediction",
    reference=_huber_gradient,
    cases={
        "a small residual": (np.array([1.0]), np.array([0.5]), 1.0),
        "a large residual": (np.array([9.0]), np.array([0.0]), 1.0),
        "another delta": (np.array([9.0, 0.0]), np.array([0.0, 9.0]), 3.0),
        "six samples": (_y, _f, 0.5),
    },
    mistakes={
        "take the derivative with respect to the residual": lambda y, f, delta: (
            -_huber_gradient(y, f, delta)
        ),
        "cut off at 1 instead of delta": lambda y, f, delta: _huber_gradient(y, f, 1.0),
        "forget to cut off": lambda y, f, delta: f - y,
        "forget the sign of large residuals": lambda y, f, delta: np.minimum(f - y, delta),
        "average over the samples": lambda y, f, delta: _huber_gradient(y, f, delta) / len(y),
    },
)


def _pull(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int) -> tuple[float, float]:
    """Return x_j's product with the residual that the other weights leave, and its curvature."""
    rest = y - X @ w + X[:, j] * w[j]
    return float(X[:, j] @ rest) / len(y), float(X[:, j] @ X[:, j]) / len(y)


def _best_weight(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int, lam: float) -> float:
    pull, curvature = _pull(X, y, w, j)
    return float(soft_threshold(np.array(pull), lam)) / curvature


def _with_own(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int, lam: float) -> float:
    own = float(X[:, j] @ (y - X @ w)) / len(y)
    return float(soft_threshold(np.array(own), lam)) / _pull(X, y, w, j)[1]


def _late(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int, lam: float) -> float:
    pull, curvature = _pull(X, y, w, j)
    return float(soft_threshold(np.array(pull / curvature), lam))


def _hard(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int, lam: float) -> float:
    pull, curvature = _pull(X, y, w, j)
    return pull / curvature if abs(pull) > lam else 0.0


def _unpriced(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int, lam: float) -> float:
    pull, curvature = _pull(X, y, w, j)
    return pull / curvature


def _ridge_weight(X: np.ndarray, y: np.ndarray, w: np.ndarray, j: int, lam: float) -> float:
    pull, curvature = _pull(X, y, w, j)
    return pull / (curvature + lam)


_X, _target, _w = _rng.normal(size=(6, 3)) * [1, 2, 3], _rng.normal(size=6), _rng.normal(size=3)
_FLAT = np.array([[1.0], [-1.0]])

check_best_weight = Checker(
    task="the best value of one weight of the lasso while the others rest",
    reference=_best_weight,
    cases={
        "one feature of mean square 1": (_FLAT, np.array([3.0, -1.0]), np.zeros(1), 0, 0.5),
        "a price that leaves nothing": (_FLAT, np.array([3.0, -1.0]), np.zeros(1), 0, 2.5),
        "a negative weight": (_FLAT, np.array([-3.0, 1.0]), np.zeros(1), 0, 0.5),
        "a feature in another unit": (10 * _FLAT, np.array([3.0, -1.0]), np.zeros(1), 0, 0.5),
        "it already has a weight": (_FLAT, np.array([3.0, -1.0]), np.ones(1), 0, 0.5),
        "among others": (_X, _target, _w, 1, 0.1),
    },
    mistakes={
        "leave the weight's own part in the prediction": _with_own,
        "divide by the curvature before you shrink": _late,
        "drop small weights without shrinking the others": _hard,
        "forget the price": _unpriced,
        "shrink as ridge does": _ridge_weight,
    },
)
