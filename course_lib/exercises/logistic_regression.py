"""Checkers of the chapter on logistic regression."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.linear_models.logistic_regression import sigmoid
from course_lib.losses import LogLoss


def _gradient(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float, lam: float) -> np.ndarray:
    return X.T @ (sigmoid(X @ w + b) - y) / len(y) + lam * w


def _of_squares(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float, lam: float) -> np.ndarray:
    p = sigmoid(X @ w + b)
    return X.T @ ((p - y) * p * (1 - p)) / len(y) + lam * w


def _of_signs(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float, lam: float) -> np.ndarray:
    return X.T @ (-y * sigmoid(-y * (X @ w + b))) / len(y) + lam * w


_rng = np.random.default_rng(10)
_X, _w = _rng.normal(size=(6, 3)) * [1, 2, 3], _rng.normal(size=3)
_y = np.array([0, 1, 1, 0, 1, 1])
_ONE = np.array([[2.0]])

check_logistic_gradient = Checker(
    task="the gradient of the mean log loss and ½λ‖w‖² with respect to w",
    reference=_gradient,
    cases={
        "one sample of class 1, f = 0": (_ONE, np.array([1]), np.zeros(1), 0.0, 0.0),
        "one sample of class 0, f = 0": (_ONE, np.array([0]), np.zeros(1), 0.0, 0.0),
        "a bias": (_ONE, np.array([0]), np.zeros(1), 1.5, 0.0),
        "a sure sample, on the wrong side": (_ONE, np.array([1]), np.array([-3.0]), 0.0, 0.0),
        "two samples": (np.array([[2.0], [1.0]]), np.array([1, 0]), np.ones(1), 0.0, 0.0),
        "a price": (_ONE, np.array([1]), np.array([0.5]), 0.0, 0.2),
        "six samples, three features": (_X, _y, _w, 0.5, 0.1),
    },
    mistakes={
        "give the way down, minus the gradient": lambda X, y, w, b, lam: (
            -_gradient(X, y, w, b, lam)
        ),
        "forget the bias": lambda X, y, w, b, lam: _gradient(X, y, w, 0.0, lam),
        "forget the sigmoid": lambda X, y, w, b, lam: X.T @ (X @ w + b - y) / len(y) + lam * w,
        "descend on the squared loss of the sigmoid": _of_squares,
        "take the labels for −1 and +1": _of_signs,
        "add the samples up instead of averaging": lambda X, y, w, b, lam: (
            len(y) * _gradient(X, y, w, b, 0.0) + lam * w
        ),
        "forget the price": lambda X, y, w, b, lam: _gradient(X, y, w, b, 0.0),
        "charge 2λw for ½λ‖w‖²": lambda X, y, w, b, lam: _gradient(X, y, w, b, 2 * lam),
    },
)


def _mean_loss(y: np.ndarray, f: np.ndarray) -> float:
    return float(np.mean(LogLoss().value(2 * np.asarray(y) - 1, f)))


def _clipped(y: np.ndarray, f: np.ndarray) -> float:
    p = np.clip(sigmoid(f), 1e-15, 1 - 1e-15)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


check_stable_loss = Checker(
    task="the mean log loss of scores, however large",
    reference=_mean_loss,
    cases={
        "one sample of class 1, f = 0": (np.array([1]), np.array([0.0])),
        "one sample of class 1, f = 2": (np.array([1]), np.array([2.0])),
        "one sample of class 0": (np.array([0]), np.array([2.0])),
        "two samples": (np.array([1, 0]), np.array([0.5, -1.5])),
        "surely right": (np.array([1]), np.array([40.0])),
        "surely wrong": (np.array([0]), np.array([60.0])),
        "scores of a thousand": (np.array([1, 0, 1, 0]), np.array([1000.0, -1000, -1000, 1000])),
    },
    mistakes={
        "clip the probability before the logarithm": _clipped,
        "forget the minus sign": lambda y, f: -_mean_loss(y, f),
        "take the logarithm to base 2": lambda y, f: _mean_loss(y, f) / float(np.log(2)),
        "add the samples up instead of averaging": lambda y, f: len(y) * _mean_loss(y, f),
        "score the samples of class 1 only": lambda y, f: (
            float(np.sum(y * LogLoss().value(np.ones(len(f)), f))) / len(y)
        ),
    },
)
