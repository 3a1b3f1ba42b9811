"""Checkers of the chapter on decision trees."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.trees import entropy, gini, information_gain


def _log(base: float):
    """Return the gain in another unit: natural logarithms give nats."""
    return lambda parts: information_gain(parts) * np.log(2) / np.log(base)


def _plain_mean(parts: np.ndarray) -> float:
    return float(entropy(np.sum(parts, axis=0)) - np.mean(entropy(parts)))


check_gain = Checker(
    task="the information gain of a split, in bits",
    reference=information_gain,
    cases={
        "a perfect split": (np.array([[4, 0], [0, 4]]),),
        "a useless split": (np.array([[2, 2], [3, 3]]),),
        "branches of unequal size": (np.array([[5, 3], [1, 3]]),),
        "three branches, three classes": (np.array([[4, 0, 1], [2, 2, 2], [0, 7, 1]]),),
    },
    mistakes={
        "average the branches without weighing them by their samples": _plain_mean,
        "take natural logarithms instead of logarithms to base 2": _log(np.e),
        "return the entropy that is left after the split": lambda parts: (
            float(entropy(np.sum(parts, axis=0))) - information_gain(parts)
        ),
        "measure impurity by Gini instead of entropy": lambda parts: information_gain(parts, gini),
        "divide by the entropy of the branch sizes, which gives the gain ratio": lambda parts: (
            information_gain(parts) / float(entropy(np.sum(parts, axis=1)))
        ),
    },
)


def _risk(impurity, weighted: bool = True):
    """Return what a cut leaves of an impurity, as a function of the class counts of both sides."""

    def risk(sides: list[np.ndarray]) -> float:
        return sum((side.sum() if weighted else 1) * float(impurity(side)) for side in sides)

    return risk


def _errors(sides: list[np.ndarray]) -> float:
    return float(sum(side.min() for side in sides))


def _best_threshold(x: np.ndarray, y: np.ndarray, risk=None, place=0.5) -> float:
    """Return the first cut of least risk (by Gini), `place` of the way between two values."""
    values, risk = np.unique(x), risk or _risk(gini)
    risks = [
        risk([np.bincount(y[side], minlength=2) for side in (x <= low, x > low)])
        for low in values[:-1]
    ]
    best = int(np.argmin(risks))
    return float(values[best] + place * (values[best + 1] - values[best]))


def _by(risk, place: float = 0.5):
    return lambda x, y: _best_threshold(x, y, risk, place)


def _cut_anywhere(x: np.ndarray, y: np.ndarray) -> float:
    """Return the cut of least risk after any of the sorted samples, equal values or not."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    risks = [
        _risk(gini)([np.bincount(part, minlength=2) for part in (y[:i], y[i:])])
        for i in range(1, len(x))
    ]
    best = int(np.argmin(risks))
    return float((x[best] + x[best + 1]) / 2)


_rng = np.random.default_rng(14)
_x = np.round(_rng.normal(size=30), 1)
_y = (_x + _rng.normal(size=30) > 0.3).astype(int)

check_best_threshold = Checker(
    task="the threshold of least weighted Gini impurity, halfway between two values",
    reference=_best_threshold,
    cases={
        "four values in order": (np.array([1.0, 2.0, 3.0, 5.0]), np.array([0, 0, 0, 1])),
        "values out of order": (np.array([6.0, 1.0, 4.0, 2.0, 9.0]), np.array([1, 0, 1, 0, 1])),
        "a cut that another impurity would not take": (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
            np.array([0, 0, 1, 0, 0, 1, 0, 1]),
        ),
        "the same from the other end": (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
            np.array([1, 0, 1, 0, 0, 1, 0, 0]),
        ),
        "one odd sample at the end": (
            np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            np.array([1, 0, 0, 0, 1, 1, 0]),
        ),
        "equal values with different labels": (
            np.array([1.0, 2.0, 2.0, 2.0, 3.0, 4.0]),
            np.array([0, 0, 0, 1, 1, 1]),
        ),
        "one pure sample, beside which the rest would stay mixed": (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            np.array([0, 1, 0, 1, 1, 1]),
        ),
        "equal values and noise": (_x, _y),
    },
    mistakes={
        "add the impurities of both sides without weighing them by their samples": _by(
            _risk(gini, weighted=False)
        ),
        "return the value below the cut instead of the point halfway": _by(_risk(gini), place=0.0),
        "return the value above the cut instead of the point halfway": _by(_risk(gini), place=1.0),
        "take the largest impurity instead of the smallest": _by(lambda sides: -_risk(gini)(sides)),
        "cut between equal values, which no threshold can tell apart": _cut_anywhere,
        "measure impurity by entropy instead of Gini": _by(_risk(entropy)),
        "count errors instead of measuring impurity": _by(_errors),
    },
)
