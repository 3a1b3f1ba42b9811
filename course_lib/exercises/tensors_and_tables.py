"""Checkers of the chapter on tensors and tables."""

import numpy as np

from course_lib.exercises.checking import Checker


def _standardized(
    train: np.ndarray, new: np.ndarray, axis: int | None = 0, ddof: int = 0, power: int = 1
) -> np.ndarray:
    """Return the new rows, scaled by what the training rows say."""
    scale = np.std(train, axis=axis, ddof=ddof) ** power
    varies = np.ptp(train, axis=axis) > 0  # rounding can leave σ > 0 in a constant column
    return (new - np.mean(train, axis=axis)) / np.where(varies, scale, 1.0)


def _divided_by_rounding(train: np.ndarray, new: np.ndarray) -> np.ndarray:
    scale = np.std(train, axis=0)
    return (new - np.mean(train, axis=0)) / np.where(scale > 0, scale, 1.0)


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
        "a constant column of 0.1": (
            np.array([[1.0, 0.1], [3.0, 0.1], [8.0, 0.1]]),
            np.array([[5.0, 0.5]]),
        ),
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
        "divide a constant column by what rounding leaves of its σ": _divided_by_rounding,
    },
)


def _one_hot(codes: np.ndarray, K: int) -> np.ndarray:
    """Return a row of zeros for each code, with a one at its place."""
    return (codes[:, None] == np.arange(K)).astype(float)


check_one_hot = Checker(
    task="a one-hot row for each code",
    reference=_one_hot,
    cases={
        "three different codes": (np.array([2, 0, 1]), 3),
        "codes that repeat": (np.array([1, 1, 0, 2, 1]), 3),
        "a value that nobody has": (np.array([0, 2, 2]), 4),
    },
    mistakes={
        "put the samples into the columns": lambda codes, K: _one_hot(codes, K).T,
        "count the codes of all samples": lambda codes, K: _one_hot(codes, K).sum(axis=0),
        "leave out the first value": lambda codes, K: _one_hot(codes, K)[:, 1:],
        "begin to count at 1": lambda codes, K: _one_hot(codes - 1, K),
    },
)
