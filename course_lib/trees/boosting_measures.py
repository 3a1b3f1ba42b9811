"""What the chapter on boosting measures round by round, and the wrong labels that it plants.

Symbols
    T      rounds
    X, y   (n, d), (n,)  samples and their labels or targets
    w      (T + 1, n)    weights of the samples, each row with the sum 1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.model_selection import paired_difference


def errors_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return which per cent of the labels y (n,) are predicted wrongly after each round, (T,)."""
    return np.array([100 * np.mean(labels != np.asarray(y)) for labels in model.staged_predict(X)])


def rmse_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the root of the mean squared error for targets y (n,) after each round, (T,)."""
    return np.array([np.sqrt(np.mean((F - y) ** 2)) for F in model.staged_predict(X)])


def weights_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the weights that AdaBoost's rounds give its training samples, (T + 1, n).

    Row t is what the rule of round t + 1 is fitted to, the last row what the next one would be.

    Parameters
    ----------
    model : fitted AdaBoostClassifier of two classes
    X, y : arrays of shapes (n, d) and (n,)
        The training samples; all began with the same weight.
    """
    sign = np.where(np.asarray(y) == model.classes_[1], 1.0, -1.0)
    votes = np.cumsum(model.estimator_weights_) / 2  # of half the log-odds each
    scores = np.array(list(model.staged_decision_function(X))) * votes[:, None]  # (T, n)
    m = np.vstack([np.zeros(len(sign)), sign * scores])
    w = np.exp(m.min(axis=1, keepdims=True) - m)
    return w / w.sum(axis=1, keepdims=True)


def margins_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the voting margins of the samples after each round, (T, n); two classes."""
    sign = np.where(np.asarray(y) == model.classes_[1], 1.0, -1.0)
    return sign * np.array(list(model.staged_decision_function(X)))


def flip(y: ArrayLike, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a share of the labels of two classes wrong.

    Parameters
    ----------
    y : array of shape (n,)
        Labels of two kinds.
    share : float
        From 0 to 1; the number of wrong labels is rounded.
    seed : int

    Returns
    -------
    labels : array of shape (n,)
    wrong : array of shape (n,), bool

    Raises
    ------
    ValueError
        If y does not hold two kinds of labels.

    Examples
    --------
    >>> flip(["no", "yes", "no", "no"], 0.5, seed=0)[0].tolist()
    ['no', 'yes', 'yes', 'yes']
    """
    y = np.asarray(y)
    kinds = np.unique(y)
    if len(kinds) != 2:
        raise ValueError(f"flip needs labels of two kinds, got {kinds.tolist()[:6]}.")
    wrong = np.zeros(len(y), dtype=bool)
    count = round(share * len(y))
    wrong[np.random.default_rng(seed).permutation(len(y))[:count]] = True
    other = np.where(y == kinds[0], kinds[1], kinds[0])
    return np.where(wrong, other, y), wrong


def beside(
    errors: Mapping[str, ArrayLike], name: str, overlap: float
) -> dict[str, tuple[float, float, float]]:
    """Compare rivals that were measured on the same splits with one of them, the best one first.

    Parameters
    ----------
    errors : mapping of a rival to an array of shape (S,)
    name : str
        The rival that the others are compared with.
    overlap : float
        As in `course_lib.model_selection.paired_difference`.

    Returns
    -------
    dict
        By rival its mean error, by how much that is above the mean of `name`, and the error of
        this difference.

    Examples
    --------
    >>> beside({"a": [5.0, 7.0], "b": [3.0, 3.0]}, "a", overlap=0)
    {'b': (3.0, -3.0, 1.0), 'a': (6.0, 0.0, 0.0)}
    """
    table = {
        rival: (float(np.mean(found)), *paired_difference(found, errors[name], overlap=overlap))
        for rival, found in errors.items()
    }
    return dict(sorted(table.items(), key=lambda row: row[1][0]))
