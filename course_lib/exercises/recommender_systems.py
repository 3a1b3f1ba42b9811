"""Checkers of the chapter on recommender systems."""

import numpy as np

from course_lib.exercises.checking import Checker


def _user_step(r: np.ndarray, Q: np.ndarray, lam: float, *, power: int = 1) -> np.ndarray:
    """Return the factors (f,) of one user by ridge regression on the films with stars above 0.

    Each of them adds the penalty once.
    """
    seen = r > 0
    A = Q[seen].T @ Q[seen] + lam * seen.sum() ** power * np.eye(Q.shape[1])
    return np.linalg.solve(A, Q[seen].T @ r[seen])


def _each_factor_alone(r: np.ndarray, Q: np.ndarray, lam: float) -> np.ndarray:
    seen = r > 0
    return Q[seen].T @ r[seen] / (np.sum(Q[seen] ** 2, axis=0) + lam * seen.sum())


_two = np.array([[2.0], [1.0]])
_films = np.array([[2.0, 1.0], [-1.0, 2.0], [1.0, 1.0], [0.5, -2.0]])

check_user_step = Checker(
    task="the factors of one user, with those of the films kept fixed",
    reference=_user_step,
    cases={
        "one film, one factor": (np.array([4.0]), np.array([[2.0]]), 0.0),
        "two films, no penalty": (np.array([5.0, 2.0]), _two, 0.0),
        "a penalty": (np.array([5.0, 2.0]), _two, 0.5),
        "a film that was not rated": (
            np.array([5.0, 0.0, 2.0]),
            np.array([[2.0], [3.0], [1.0]]),
            0.5,
        ),
        "two factors": (np.array([4.0, 1.0, 0.0, 2.0]), _films, 0.25),
        "fewer films than factors": (np.array([0.0, 3.0, 0.0, 0.0]), _films, 0.25),
    },
    mistakes={
        "take a film that was not rated for one with 0 stars": lambda r, Q, lam: np.linalg.solve(
            Q.T @ Q + lam * np.eye(Q.shape[1]), Q.T @ r
        ),
        "leave out the penalty": lambda r, Q, lam: np.linalg.pinv(Q[r > 0]) @ r[r > 0],
        "count the penalty once, not once for each rating": lambda r, Q, lam: _user_step(
            r, Q, lam, power=0
        ),
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
