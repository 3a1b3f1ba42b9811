"""Checkers of the chapter on nearest neighbours."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.neighbors import count_votes, distances, vote_weights

_rng = np.random.default_rng(9)
_Q, _A = _rng.normal(size=(3, 4)), _rng.normal(size=(5, 4))
_P = _rng.normal(size=(40, 50))  # ‖q‖² − 2qᵀq + ‖q‖² comes out negative for some of them


def _squares(Q: np.ndarray, A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sum(Q**2, axis=1)[:, None], np.sum(A**2, axis=1)[None, :]


check_distances = Checker(
    task="the Euclidean distances of every row of Q from every row of A",
    reference=distances,
    cases={
        "one query, one row": (np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])),
        "two queries, one row": (np.array([[1.0], [3.0]]), np.array([[2.0]])),
        "three queries, five rows": (_Q, _A),
        "forty points and themselves": (_P, _P),
    },
    mistakes={
        "forget the square root": lambda Q, A: distances(Q, A) ** 2,
        "add up absolute differences": lambda Q, A: distances(Q, A, "l1"),
        "put the rows of A first": lambda Q, A: distances(A, Q),
        "leave out ‖q‖²": lambda Q, A: np.sqrt(np.abs(_squares(Q, A)[1] - 2 * Q @ A.T)),
        "forget the 2 of the mixed term": lambda Q, A: np.sqrt(
            np.abs(sum(_squares(Q, A)) - Q @ A.T)
        ),
    },
)


def _winner(votes: np.ndarray) -> int:
    return int(np.argmax(votes))


def _weighted(D: np.ndarray, codes: np.ndarray) -> int:
    V = vote_weights(np.asarray(D)[None], "distance")
    return _winner(count_votes(np.asarray(codes)[None], V, int(np.max(codes)) + 1)[0])


check_vote = Checker(
    task="the class with the largest sum of weights 1/distance",
    reference=_weighted,
    cases={
        "one neighbour": (np.array([2.0]), np.array([1])),
        "three near ones against one far away": (
            np.array([1.0, 1.0, 1.0, 9.0]),
            np.array([0, 0, 0, 1]),
        ),
        "a near one against two far ones": (np.array([1.0, 4.0, 5.0]), np.array([2, 0, 0])),
        "two against a slightly nearer one": (np.array([1.0, 1.5, 1.6]), np.array([0, 1, 1])),
        "three equally far ones against a nearer one": (
            np.array([1.0, 2.5, 2.5, 2.5]),
            np.array([0, 1, 1, 1]),
        ),
        "two against one at less than half their distance": (
            np.array([1.0, 2.1, 2.1]),
            np.array([0, 1, 1]),
        ),
        "the same, all very near": (np.array([1.0, 2.1, 2.1]) / 64, np.array([0, 1, 1])),
        "two against one at more than half their distance, all far": (
            np.array([1.0, 1.9, 1.9]) * 64,
            np.array([0, 1, 1]),
        ),
        "a far one beside the nearest": (np.array([1.0, 1.5, 10.0]), np.array([0, 1, 0])),
        "a far one beside the nearest, two in between": (
            np.array([1.0, 2.0, 3.0, 10.0]),
            np.array([0, 1, 1, 0]),
        ),
        "seven neighbours": (
            np.array([1.0, 1.2, 2.0, 2.1, 2.5, 4.0, 8.0]),
            np.array([1, 0, 2, 2, 2, 0, 0]),
        ),
    },
    mistakes={
        "count votes without weighing them": lambda D, codes: _winner(np.bincount(codes)),
        "take the nearest neighbour's class": lambda D, codes: int(codes[np.argmin(D)]),
        "weigh by the distance instead of its inverse": lambda D, codes: _winner(
            np.bincount(codes, weights=D)
        ),
        "average the weights of a class instead of adding them": lambda D, codes: _winner(
            np.bincount(codes, weights=1 / D) / np.maximum(np.bincount(codes), 1)
        ),
    },
)
