"""Checkers of the chapter on tensors and tables."""

import numpy as np

from course_lib.exercises.checking import Checker


def _standardized(
    train: np.ndarray, new: np.ndarray, axis: int | None = 0, ddof: int = 0, power: int = 1
) -> np.ndarray:
    """Return the new rows, scaled by what the training rows say."""
    scale = np.std(train, axis=axis, ddof=ddof) ** power
    return (new - np.mean(train, axis=axis)) / np.where(scale > 0, scale, 1.0)


_rng = np.random.default_rng(2)
_train = np.round(_rng.normal([170.0, 3.0, 0.0], [9.0, 0.5, 20.0], (6, 3)), 1)
_new = np.round(_rng.normal([180.0, 2.0, 5.0], [3.0, 0.5, 9.0], (4, 3)), 1)

check_standardize = Checker(
    task="rows standardised by the training rows",
    reference=_standardized,
    cases={
        "the training rows themselves": (_train, _train),
        "other rows": (_train, _new),
        "a single row": (_train, _new[:1]),
        "a constant column": (np.array([[1.0, 7.0], [3.0, 7.0]]), np.array([[5.0, 8.0]])),
    },
    mistakes={
        "use the mean and the spread of the new rows": lambda train, new: _standardized(new, new),
        "divide by the variance": lambda train, new: _standardized(train, new, power=2),
        "divide by n − 1 inside the standard deviation": lambda train, new: _standardized(
            train, new, ddof=1
        ),
        "take one mean and one spread of the whole table": lambda train, new: _standardized(
            train, new, axis=None
        ),
    },
)


def _distances(Q: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Return the distances (m, n) of the rows of Q (m, d) from those of A (n, d)."""
    return np.sqrt(np.sum((Q[:, None, :] - A[None, :, :]) ** 2, axis=2))


check_distances = Checker(
    task="all distances between two sets of points",
    reference=_distances,
    cases={
        "one query, two samples": (np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 2.0]])),
        "two queries, three samples": (
            np.array([[0.0, 0.0, 1.0], [2.0, 2.0, 0.0]]),
            np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 1.0], [2.0, 0.0, 4.0]]),
        ),
        "as many queries as samples": (
            np.array([[0.0, 1.0], [5.0, 1.0]]),
            np.array([[0.0, 3.0], [1.0, 1.0]]),
        ),
    },
    mistakes={
        "forget the root": lambda Q, A: _distances(Q, A) ** 2,
        "add absolute differences": lambda Q, A: np.abs(Q[:, None] - A).sum(axis=2),
        "put the samples into the rows": lambda Q, A: _distances(A, Q),
    },
)
