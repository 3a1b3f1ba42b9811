"""Checkers of the chapter on recommender systems."""

import numpy as np

from course_lib.exercises.checking import Checker


def _user_step(
    r: np.ndarray, rated: np.ndarray, Q: np.ndarray, lam: float, *, power: int = 1
) -> np.ndarray:
    """Return the factors (f,) of one user by ridge regression on the films that are rated.

    Each of them adds the penalty once.
    """
    A = Q[rated].T @ Q[rated] + lam * rated.sum() ** power * np.eye(Q.shape[1])
    return np.linalg.solve(A, Q[rated].T @ r[rated])


def _each_factor_alone(r: np.ndarray, rated: np.ndarray, Q: np.ndarray, lam: float) -> np.ndarray:
    return Q[rated].T @ r[rated] / (np.sum(Q[rated] ** 2, axis=0) + lam * rated.sum())


_one, _both = np.array([True]), np.array([True, True])
_two = np.array([[2.0], [1.0]])
_films = np.array([[2.0, 1.0], [-1.0, 2.0], [1.0, 1.0], [0.5, -2.0]])

check_user_step = Checker(
    task="the factors of one user, with those of the films kept fixed",
    reference=_user_step,
    cases={
        "one film, one factor": (np.array([1.0]), _one, np.array([[2.0]]), 0.0),
        "two films, no penalty": (np.array([2.0, 1.5]), _both, _two, 0.0),
        "a penalty": (np.array([2.0, 1.5]), _both, _two, 0.5),
        "a film that was not rated": (
            np.array([2.0, 0.0, 1.0]),
            np.array([True, False, True]),
            np.array([[2.0], [3.0], [1.0]]),
            0.5,
        ),
        "a rating below what is usual": (np.array([2.0, -1.0]), _both, _two, 0.5),
        "a rating that is as usual": (np.array([2.0, 0.0]), _both, _two, 0.5),
        "two factors": (
            np.array([1.5, -1.0, 0.0, -2.0]),
            np.array([True, True, False, True]),
            _films,
            0.25,
        ),
        "fewer films than factors": (
            np.array([0.0, 1.5, 0.0, 0.0]),
            np.array([False, True, False, False]),
            _films,
            0.25,
        ),
    },
    mistakes={
        "take a film that was not rated for one that is as usual": lambda r, rated, Q, lam: (
            np.linalg.solve(Q.T @ Q + lam * len(r) * np.eye(Q.shape[1]), Q.T @ r)
        ),
        "leave out the penalty": lambda r, rated, Q, lam: np.linalg.pinv(Q[rated]) @ r[rated],
        "count the penalty once, not once for each rating": lambda r, rated, Q, lam: _user_step(
            r, rated, Q, lam, power=0
        ),
        "take a rating that is as usual for a film that was not rated": lambda r, rated, Q, lam: (
            _user_step(r, r != 0, Q, lam)
        ),
        "leave out what is below the usual": lambda r, rated, Q, lam: _user_step(r, r > 0, Q, lam),
        "fit each factor as if it were alone": _each_factor_alone,
    },
)


def _dcg(hits: np.ndarray) -> float:
    return float(np.sum(hits / np.log2(np.arange(len(hits)) + 2)))


def _ndcg(ranked, relevant, k, *, cut=True, longest=True) -> float:
    """Return the NDCG of the first k films of a list; every relevant film is worth 1."""
    hits = np.isin(ranked[:k] if cut else ranked, relevant)
    ideal = np.ones(min(k, len(relevant)) if longest else len(relevant))
    return _dcg(hits) / _dcg(ideal)


def _dcg_per_film(ranked, relevant, k) -> float:
    return _dcg(np.isin(ranked[:k], relevant)) / min(k, len(relevant))


check_ndcg = Checker(
    task="the NDCG of the first k films of a list",
    reference=_ndcg,
    cases={
        "the only relevant film in place one": ([7, 3], [7], 2),
        "the only relevant film in place two": ([3, 7], [7], 2),
        "two of three": ([1, 2, 3], [3, 1], 3),
        "more relevant films than places": ([1, 2], [1, 2, 3, 4], 2),
        "a list that is longer than k": ([1, 2, 3], [1, 3], 2),
        "nothing relevant among the first": ([5, 6, 1, 2], [1, 2], 2),
    },
    mistakes={
        "divide by the number of relevant films, not by the best DCG": _dcg_per_film,
        "let the best list be longer than k": lambda ranked, relevant, k: _ndcg(
            ranked, relevant, k, longest=False
        ),
        "do not stop at place k": lambda ranked, relevant, k: _ndcg(ranked, relevant, k, cut=False),
        "do not divide by the best DCG": lambda ranked, relevant, k: _dcg(
            np.isin(ranked[:k], relevant)
        ),
    },
)
