"""Checkers of the chapter on AdaBoost and gradient boosting."""

import numpy as np

from course_lib.exercises.checking import Checker


def _reweighed(w: np.ndarray, y: np.ndarray, h: np.ndarray, *, half: float = 0.5) -> np.ndarray:
    """Return w exp(−α y h), divided by the sum; `half` is the factor in α."""
    e = w[y != h].sum()
    new = w * np.exp(-half * np.log((1 - e) / e) * y * h)
    return new / new.sum()


def _not_divided(w: np.ndarray, y: np.ndarray, h: np.ndarray) -> np.ndarray:
    e = w[y != h].sum()
    return w * np.exp(-0.5 * np.log((1 - e) / e) * y * h)


def _counted(w: np.ndarray, y: np.ndarray, h: np.ndarray) -> np.ndarray:
    e = np.mean(y != h)
    new = w * np.exp(-0.5 * np.log((1 - e) / e) * y * h)
    return new / new.sum()


def _only_mistakes(w: np.ndarray, y: np.ndarray, h: np.ndarray) -> np.ndarray:
    e = w[y != h].sum()
    new = np.where(y == h, w, w * np.sqrt((1 - e) / e))
    return new / new.sum()


def _normalizer(w: np.ndarray, y: np.ndarray, h: np.ndarray) -> float:
    e = w[y != h].sum()
    return float(2 * np.sqrt(e * (1 - e)))


check_weights = Checker(
    task="the weights of the samples after a round of AdaBoost",
    reference=_reweighed,
    cases={
        "equal weights, one mistake in four": (
            np.full(4, 0.25),
            np.array([1, 1, -1, -1]),
            np.array([1, 1, -1, 1]),
        ),
        "two mistakes in ten": (
            np.full(10, 0.1),
            np.array([1, 1, -1, -1, 1, 1, 1, -1, -1, -1]),
            np.array([1, 1, 1, 1, 1, 1, 1, -1, -1, -1]),
        ),
        "unequal weights": (
            np.array([0.4, 0.1, 0.2, 0.1, 0.2]),
            np.array([1, -1, 1, -1, 1]),
            np.array([1, 1, 1, -1, -1]),
        ),
        "a rule that is worse than a coin": (
            np.array([0.4, 0.3, 0.2, 0.1]),
            np.array([1, -1, 1, -1]),
            np.array([-1, 1, 1, -1]),
        ),
    },
    mistakes={
        "forget to divide the weights by their sum": _not_divided,
        "raise the weights of what is right instead of what is wrong": lambda w, y, h: _reweighed(
            w, y, h, half=-0.5
        ),
        "count the mistakes instead of adding up their weights": _counted,
        "take α without its factor ½": lambda w, y, h: _reweighed(w, y, h, half=1.0),
        "multiply the mistakes by exp(α) and leave the others as they are": _only_mistakes,
        "return the sum 2√(e(1 − e)) instead of the weights": _normalizer,
    },
)


def _chance(f: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-f))


def _newton(y: np.ndarray, f: np.ndarray) -> float:
    p = _chance(f)
    return float(np.sum(y - p) / np.sum(p * (1 - p)))


def _curvature_of_means(y: np.ndarray, f: np.ndarray) -> float:
    p = _chance(f)
    return float(np.mean(y - p) / (np.mean(p) * (1 - np.mean(p))))


check_leaf = Checker(
    task="what a leaf adds to the log-odds: a Newton step of the logistic loss",
    reference=_newton,
    cases={
        "all log-odds 0": (np.array([1, 1, 1, 0]), np.zeros(4)),
        "equal log-odds": (np.array([1, 0, 0, 0, 1]), np.full(5, 1.5)),
        "unequal log-odds": (np.array([1, 0, 1, 0]), np.array([-2.0, 0.5, 1.0, 3.0])),
        "a leaf of one class": (np.array([1, 1, 1]), np.array([-1.0, 0.0, 0.5])),
    },
    mistakes={
        "average the residuals y − p and leave the curvature out": lambda y, f: float(
            np.mean(y - _chance(f))
        ),
        "subtract the log-odds from the labels instead of the probabilities": lambda y, f: float(
            np.sum(y - f) / np.sum(_chance(f) * (1 - _chance(f)))
        ),
        "take p(1 − p) at the mean probability of the leaf": _curvature_of_means,
        "turn the sign around, which goes uphill": lambda y, f: -_newton(y, f),
    },
)
