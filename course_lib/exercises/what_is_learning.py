"""Checkers of the chapter on what machine learning is."""

import math

import numpy as np

from course_lib.bandits import UCB1
from course_lib.exercises.checking import Checker


def _fewest_errors(x: np.ndarray, y: np.ndarray, place: float = 0.5, right=None) -> float:
    """Return the first cut of fewest errors of "x above it says 1", `place` of the way up a gap."""
    right = right or (lambda says, labels: says == labels)
    values = np.unique(x)
    wrong = [np.sum(~right((x > low).astype(int), y)) for low in values[:-1]]
    best = int(np.argmin(wrong))
    return float(values[best] + place * (values[best + 1] - values[best]))


def _between_the_means(x: np.ndarray, y: np.ndarray) -> float:
    return float((x[y == 0].mean() + x[y == 1].mean()) / 2)


def _last_of_the_best(x: np.ndarray, y: np.ndarray) -> float:
    return -_fewest_errors(-x, 1 - y)


check_learned_threshold = Checker(
    task="the threshold of fewest errors, halfway between two values, the first of the best",
    reference=_fewest_errors,
    cases={
        "four values in order": (np.array([1.0, 2.0, 3.0, 6.0]), np.array([0, 0, 1, 1])),
        "values out of order": (np.array([1.0, 4.0, 6.0, 3.0]), np.array([0, 1, 1, 0])),
        "a single sample that says 1": (np.array([1.0, 2.0, 4.0, 60.0]), np.array([0, 0, 0, 1])),
        "an error that cannot be helped": (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            np.array([0, 0, 1, 1, 0, 1]),
        ),
        "a small value that says 1": (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            np.array([1, 0, 0, 0, 1, 1]),
        ),
        "two thresholds that are equally good": (
            np.array([1.0, 2.0, 3.0, 4.0]),
            np.array([0, 1, 0, 1]),
        ),
        "equal values with different labels": (
            np.array([1.0, 2.0, 2.0, 3.0, 4.0]),
            np.array([0, 0, 1, 1, 1]),
        ),
        "labels that run the other way": (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
            np.array([1, 1, 1, 0, 0]),
        ),
    },
    mistakes={
        "let the rule say 1 below the threshold": lambda x, y: _fewest_errors(
            x, y, right=lambda says, labels: says != labels
        ),
        "return the value below the threshold instead of the point halfway": (
            lambda x, y: _fewest_errors(x, y, place=0.0)
        ),
        "return the value above the threshold instead of the point halfway": (
            lambda x, y: _fewest_errors(x, y, place=1.0)
        ),
        "take the middle between the means of the classes": _between_the_means,
        "return the last of several equally good thresholds": _last_of_the_best,
        "count only the errors on class 1": lambda x, y: _fewest_errors(
            x, y, right=lambda says, labels: (says == labels) | (labels == 0)
        ),
    },
)


def _next_arm(plays: np.ndarray, rewards: np.ndarray) -> int:
    """Return what UCB1 plays next."""
    counts = np.array([plays, rewards], dtype=float)[:, None]
    return int(UCB1().choose(*counts, np.random.default_rng(0))[0])


def _wrong_bound(bonus):
    """Return the arm of the largest mean plus another bonus (plays, t) -> bonus."""

    def arm(plays: np.ndarray, rewards: np.ndarray) -> int:
        if np.any(plays == 0):
            return int(np.argmax(plays == 0))
        return int(np.argmax(rewards / plays + bonus(plays, plays.sum())))

    return arm


check_next_arm = Checker(
    task="the arm that UCB1 plays next",
    reference=_next_arm,
    cases={
        "an arm that was never played": (np.array([1, 0, 0]), np.array([1, 0, 0])),
        "equal means": (np.array([6, 2]), np.array([3, 1])),
        "as many plays each": (np.array([4, 4, 4]), np.array([1, 3, 2])),
        "a mean that is much better": (np.array([30, 20]), np.array([24, 8])),
        "few plays": (np.array([2, 4]), np.array([1, 4])),
        "unequal plays, half of them paid": (np.array([4, 30]), np.array([0, 15])),
        "unequal plays, nearly half of them paid": (np.array([5, 28]), np.array([0, 13])),
        "unequal plays, fewer of them paid": (np.array([5, 19]), np.array([0, 8])),
    },
    mistakes={
        "take the largest mean, without a bonus": _wrong_bound(lambda plays, t: 0 * plays),
        "leave out the square root": _wrong_bound(lambda plays, t: 2 * math.log(t) / plays),
        "leave out the factor 2": _wrong_bound(lambda plays, t: np.sqrt(math.log(t) / plays)),
        "take the logarithm of the arm's own plays": _wrong_bound(
            lambda plays, t: np.sqrt(2 * np.log(plays) / plays)
        ),
        "take the logarithm to base 10": _wrong_bound(
            lambda plays, t: np.sqrt(2 * np.log10(t) / plays)
        ),
    },
)
