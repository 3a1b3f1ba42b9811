"""Checkers of the chapter on principal components."""

import numpy as np

from course_lib.exercises.checking import Checker


def _axes(X: np.ndarray, *, centred: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean (d,), the singular values, largest first, and the axes, one a row."""
    mean = X.mean(axis=0) if centred else np.zeros(X.shape[1])
    _, s, V = np.linalg.svd(X - mean, full_matrices=False)
    return mean, s, V


def _rebuilt(X: np.ndarray, m: int, *, centred=True, back=True, smallest=False) -> np.ndarray:
    """Return X rebuilt from its scores on m axes."""
    mean, _, V = _axes(X, centred=centred)
    V = V[::-1][:m] if smallest else V[:m]
    return mean * back + (X - mean) @ V.T @ V


def _standardised(X: np.ndarray, m: int) -> np.ndarray:
    scale = X.std(axis=0)
    return _rebuilt(X / scale, m) * scale


_three = np.array([[-2.0, -1.0], [1.0, 2.0], [1.0, -1.0]])  # of mean 0, equal variances
_rng = np.random.default_rng(18)
_four = _rng.normal(size=(7, 4)) @ np.diag([3.0, 2.0, 1.0, 0.5]) + 1

check_rebuild = Checker(
    task="the table, rebuilt from the scores on its first m principal axes",
    reference=_rebuilt,
    cases={
        "two points, one axis": (np.array([[1.0, 1.0], [3.0, 3.0]]), 1),
        "three points around 0": (_three, 1),
        "the same around another mean": (_three + np.array([3.0, 5.0]), 1),
        "a feature in another unit": (_three * [10, 1], 1),
        "two axes of four": (_four, 2),
    },
    mistakes={
        "do not take the mean off": lambda X, m: _rebuilt(X, m, centred=False),
        "do not add the mean again": lambda X, m: _rebuilt(X, m, back=False),
        "keep the axes of the smallest variances": lambda X, m: _rebuilt(X, m, smallest=True),
        "divide the features by their standard deviations first": _standardised,
    },
)


def _count(X: np.ndarray, share: float, *, centred: bool = True, power: int = 2) -> int:
    """Return how many axes it takes to capture a share of the variance."""
    parts = np.cumsum(_axes(X, centred=centred)[1] ** power)
    return int(np.argmax(parts >= share * parts[-1])) + 1


def _count_of_columns(X: np.ndarray, share: float) -> int:
    parts = np.cumsum(np.sort(X.var(axis=0))[::-1])
    return int(np.argmax(parts >= share * parts[-1])) + 1


_cross = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])

check_count = Checker(
    task="how many axes it takes to capture a share of the variance",
    reference=_count,
    cases={
        "points on a line": (np.array([[1.0, 0.0], [3.0, 0.0], [6.0, 0.0]]), 0.9),
        "two equal variances": (_cross[:4, :2], 0.9),
        "variances of 9 to 4 to 1": (_cross * [3, 2, 1], 0.6),
        "the same around another mean": (_cross * [3, 2, 1] + [0, 0, 9], 0.9),
        "two columns that go together": (_three @ [[1.0, 0.9], [0.9, 1.0]], 0.9),
        "six features": (_rng.normal(size=(20, 6)) + 2, 0.8),
    },
    mistakes={
        "add up the singular values instead of their squares": lambda X, share: _count(
            X, share, power=1
        ),
        "do not take the mean off": lambda X, share: _count(X, share, centred=False),
        "stop one axis too early": lambda X, share: _count(X, share) - 1,
        "add up the variances of the columns": _count_of_columns,
    },
)
