"""Checkers of the chapter on clustering."""

import numpy as np

from course_lib.cluster.kmeans import update
from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(17)
_X, _C = _rng.normal(size=(9, 2)), _rng.normal(size=(3, 2))
_a = np.array([0, 1, 1, 2, 0, 1, 0, 0, 1])
_LINE, _TWO = np.array([[0.0], [1.0], [5.0]]), np.array([[0.0], [4.0]])

check_update = Checker(
    task="the means of the clusters, with an empty one left where it is",
    reference=update,
    cases={
        "one feature, two clusters": (_LINE, np.array([0, 0, 1]), _TWO),
        "three clusters": (_X, _a, _C),
        "an empty cluster": (_X, np.where(_a == 2, 0, _a), _C),
        "the first cluster empty": (_X, np.where(_a == 0, 1, _a), _C),
        "all samples in the middle cluster": (_X, np.ones_like(_a), _C),
    },
    mistakes={
        "divide by n instead of the number in the cluster": lambda X, a, C: np.array(
            [X[a == j].sum(axis=0) / len(X) if np.any(a == j) else C[j] for j in range(len(C))]
        ),
        "forget to divide": lambda X, a, C: np.array(
            [X[a == j].sum(axis=0) if np.any(a == j) else C[j] for j in range(len(C))]
        ),
        "move an empty centre to the origin": lambda X, a, C: np.array(
            [X[a == j].sum(axis=0) / max(1, np.sum(a == j)) for j in range(len(C))]
        ),
        "take the median instead of the mean": lambda X, a, C: np.array(
            [np.median(X[a == j], axis=0) if np.any(a == j) else C[j] for j in range(len(C))]
        ),
        "count the old centre as one more sample": lambda X, a, C: np.array(
            [np.vstack([X[a == j], C[j]]).mean(axis=0) for j in range(len(C))]
        ),
    },
)


def _ward(A: np.ndarray, B: np.ndarray) -> float:
    """The height at which Ward's method joins two clusters, from its definition."""
    rise = len(A) * len(B) / (len(A) + len(B)) * np.sum((A.mean(axis=0) - B.mean(axis=0)) ** 2)
    return float(np.sqrt(2 * rise))


check_ward = Checker(
    task="the height at which Ward's method merges two clusters",
    reference=_ward,
    cases={
        "one sample each": (np.array([[0.0]]), np.array([[3.0]])),
        "two samples and one": (np.array([[0.0], [2.0]]), np.array([[7.0]])),
        "four samples and five, two features": (_X[:4], _X[4:]),
    },
    mistakes={
        "return the rise of the inertia itself": lambda A, B: _ward(A, B) ** 2 / 2,
        "forget the factor 2 under the root": lambda A, B: _ward(A, B) / 2**0.5,
        "forget the root": lambda A, B: _ward(A, B) ** 2,
        "take the distance of the means, which is centroid linkage": lambda A, B: float(
            np.linalg.norm(A.mean(axis=0) - B.mean(axis=0))
        ),
        "weigh by |A||B| without dividing by |A|+|B|": lambda A, B: (
            _ward(A, B) * (len(A) + len(B)) ** 0.5
        ),
    },
)
