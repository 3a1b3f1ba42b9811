"""Permutation importance: what a model loses when one feature is shuffled.

Shuffling column j of X breaks what it says of y, and of the other columns, while its values stay
the same. The importance of the feature is the score before minus the score after. It is measured
on data that the model was not trained on, and it says what this model uses, not what is true: of
two features that say the same, each looks dispensable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_lib.estimator import check_random_state

__all__ = ["PermutationImportance", "permutation_importance"]


class PermutationImportance(NamedTuple):
    """What each of d features is worth, from R shuffles."""

    mean: np.ndarray
    """Mean loss of score, (d,)."""
    error: np.ndarray
    """Standard error of this mean over the shuffles, (d,): the test samples are taken as given."""
    losses: np.ndarray
    """The loss of each feature in each shuffle, (d, R)."""


def permutation_importance(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_repeats: int = 10,
    score: Callable[[Any, np.ndarray, np.ndarray], float] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> PermutationImportance:
    """Measure what each feature is worth to a fitted model.

    Parameters
    ----------
    model : fitted estimator
    X, y : arrays of shapes (m, d) and (m,)
        Samples that it was not fitted to.
    n_repeats : int, default=10
        R, the shuffles of each feature; two at least, for an error.
    score : callable, optional
        Takes model, X and y; larger is better. ``model.score`` by default: accuracy, or R².
    random_state : int, RandomState or None
        A feature gets the same shuffles whatever the other features are.

    Returns
    -------
    PermutationImportance
        `mean`, `error` and all `losses`. Cost: 1 + d R predictions of m samples.

    Raises
    ------
    ValueError
        For fewer than two repeats, and an X that is no table.

    Notes
    -----
    Breiman (2001), *Random Forests*, Machine Learning 45, section 10, shuffles the samples out of
    each tree's bag; here a whole model is judged, as in Fisher, Rudin and Dominici (2019), *All
    Models are Wrong, but Many are Useful*, JMLR 20.

    Examples
    --------
    >>> from course_lib.trees import DecisionTreeClassifier
    >>> X, y = np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 8.0], [3.0, 8.0]] * 5), [0, 0, 1, 1] * 5
    >>> model = DecisionTreeClassifier().fit(X, y)
    >>> found = permutation_importance(model, X, y, random_state=0)
    >>> found.mean.round(2), found.losses.shape
    (array([0.54, 0.  ]), (2, 10))
    """
    if n_repeats < 2:
        raise ValueError(f"n_repeats must be at least 2, for an error; got {n_repeats}.")
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2:
        raise ValueError(f"X must be a table (m, d), got an array of shape {X.shape}.")
    score = score or (lambda model, X, y: model.score(X, y))
    rng = check_random_state(random_state)
    shuffles = [rng.permutation(len(X)) for _ in range(n_repeats)]
    before, losses = score(model, X, y), np.empty((X.shape[1], n_repeats))
    for j in range(X.shape[1]):
        Z = X.copy()
        for r, shuffle in enumerate(shuffles):
            Z[:, j] = X[shuffle, j]
            losses[j, r] = before - score(model, Z, y)
    error = losses.std(axis=1, ddof=1) / np.sqrt(n_repeats)
    return PermutationImportance(losses.mean(axis=1), error, losses)
