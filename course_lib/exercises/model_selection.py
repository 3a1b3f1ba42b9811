"""Checkers of the chapter on model selection."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.metrics import roc_auc
from course_lib.model_selection import KFold


def _fold_numbers(n: int, K: int) -> np.ndarray:
    """Return the number of the fold in which each of n rows is held out, in runs of rows."""
    numbers = np.empty(n, dtype=int)
    for fold, (_, held) in enumerate(KFold(K).split(range(n))):
        numbers[held] = fold
    return numbers


check_folds = Checker(
    task="the fold in which each row is held out, in runs whose sizes differ by at most one",
    reference=_fold_numbers,
    cases={
        "six rows, three folds": (6, 3),
        "seven rows, three folds": (7, 3),
        "eleven rows, four folds": (11, 4),
        "as many folds as rows": (5, 5),
    },
    mistakes={
        "deal the rows out in turn, like cards": lambda n, K: np.arange(n) % K,
        "put all rows that are left over into the last fold": lambda n, K: np.minimum(
            np.arange(n) // (n // K), K - 1
        ),
        "count the folds from 1": lambda n, K: _fold_numbers(n, K) + 1,
    },
)


def _auc(y: np.ndarray, scores: np.ndarray, tie: float) -> float:
    gaps = scores[y == 1][:, None] - scores[y == 0]
    return float(np.mean((gaps > 0) + tie * (gaps == 0)))


check_auc = Checker(
    task="how often a positive sample scores above a negative one, a tie counting one half",
    reference=roc_auc,
    cases={
        "two positives, two negatives": (np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.3, 0.8])),
        "a tie": (np.array([0, 1, 1]), np.array([0.5, 0.5, 0.9])),
        "more negatives than positives": (
            np.array([0, 0, 0, 1, 0, 1]),
            np.array([-3.0, 2.0, 0.5, 0.5, 1.0, 4.0]),
        ),
    },
    mistakes={
        "count a tie as a success": lambda y, scores: _auc(y, scores, 1.0),
        "count a tie as a failure": lambda y, scores: _auc(y, scores, 0.0),
        "count how often the negative one scores higher": lambda y, scores: 1 - roc_auc(y, scores),
    },
)
