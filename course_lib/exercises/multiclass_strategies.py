"""Checkers of the chapter on classifiers of many classes that are made of classifiers of two."""

from collections.abc import Iterable

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.multiclass_measures import walk

_rng = np.random.default_rng(13)
Pairs = Iterable[tuple[int, int]]


def _pairs(K: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(K) for j in range(i + 1, K)]


def _count(S: np.ndarray, K: int, pairs: Pairs | None = None, sign: float = 1.0) -> np.ndarray:
    votes = np.zeros((len(S), K))
    for (i, j), score in zip(_pairs(K) if pairs is None else pairs, S.T, strict=True):
        second = sign * score > 0
        votes[:, i] += ~second
        votes[:, j] += second
    return votes


def _sum(S: np.ndarray, K: int) -> np.ndarray:
    total = np.zeros((len(S), K))
    for (i, j), score in zip(_pairs(K), S.T, strict=True):
        total[:, i] -= score
        total[:, j] += score
    return total


def _second_only(S: np.ndarray, K: int) -> np.ndarray:
    votes = np.zeros((len(S), K))
    for (_, j), score in zip(_pairs(K), S.T, strict=True):
        votes[:, j] += score > 0
    return votes


check_votes = Checker(
    task="the votes of all pairs for each class",
    reference=_count,
    cases={
        "one sample, two classes": (np.array([[2.0]]), 2),
        "one sample, three classes": (np.array([[1.0, -0.5, 0.2]]), 3),
        "a score of 0, a vote for the first class of the pair": (np.array([[0.0, -1.0, 3.0]]), 3),
        "two samples, four classes": (
            np.array([[1.0, 2.0, -1.0, 0.5, -0.3, 4.0], [-1.0, 2.0, 1.0, 0.5, 0.3, -4.0]]),
            4,
        ),
        "five samples, six classes": (_rng.normal(size=(5, 15)), 6),
    },
    mistakes={
        "give the vote to the first class where the score is above 0": lambda S, K: _count(
            S, K, sign=-1
        ),
        "add up the scores instead of votes": _sum,
        "count no votes for the first class of a pair": _second_only,
        "take the pairs in the order (0, 1), (0, 2), (1, 2), (0, 3)": lambda S, K: _count(
            S, K, sorted(_pairs(K), key=lambda pair: pair[::-1])
        ),
    },
)


def _strike_winner(duels: np.ndarray) -> int:
    return walk(-duels)[-1][0]


def _most_votes(duels: np.ndarray) -> int:
    return int(np.argmax(np.sum(duels < 0, axis=1)))


def _winner_stays(duels: np.ndarray) -> int:
    best = 0
    for k in range(1, len(duels)):
        best = k if duels[best, k] > 0 else best
    return best


def _duels(K: int, *second_wins: tuple[int, int]) -> np.ndarray:
    """Duels (K, K) in which the first of each pair wins, except in the pairs that are named."""
    duels = np.triu(-np.ones((K, K)), 1)
    for pair in second_wins:
        duels[pair] = 1.0
    return duels - duels.T


check_walk = Checker(
    task="the class at which a sample leaves a decision DAG",
    reference=lambda duels: walk(duels)[-1][0],
    cases={
        "two classes": (_duels(2, (0, 1)),),
        "three classes, the middle one beats both": (_duels(3, (0, 1)),),
        "three classes that beat each other in a circle": (_duels(3, (0, 2)),),
        "six classes": (_duels(6, (0, 5), (1, 5), (2, 5), (3, 4), (0, 3)),),
    },
    mistakes={
        "strike off the winner": _strike_winner,
        "count all votes and take the first class with most": _most_votes,
        "compare the first two classes and let the winner meet the next": _winner_stays,
    },
)
