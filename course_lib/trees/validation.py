"""How much to prune: what cross-validation says of every price of a leaf.

Symbols
    alphas  (m,)    prices of a leaf
    errors  (F, m)  share of the held-out samples that are wrong, for each of F folds and each price
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from course_lib.model_selection import one_standard_error

__all__ = ["errors_by_price", "one_standard_error"]


def errors_by_price(
    model: Any, X: ArrayLike, y: ArrayLike, alphas: ArrayLike, folds: Any
) -> np.ndarray:
    """Return the held-out errors of a classification tree, pruned at every price.

    In every fold one tree is grown, and pruned at all prices.

    Parameters
    ----------
    model : DecisionTreeClassifier
        A copy of it is fitted in every fold.
    X : array of shape (n, d)
    y : array of shape (n,)
    alphas : array of shape (m,)
    folds : anything with ``split(X, y)``, such as scikit-learn's StratifiedKFold

    Returns
    -------
    array of shape (F, m)
        Cost: F trees, each pruned at most m times.

    Raises
    ------
    ValueError
        For a negative price.
    """
    X, y, alphas = np.asarray(X), np.asarray(y), np.asarray(alphas, dtype=float)
    errors = []
    for fit, held in folds.split(X, y):
        grown = clone(model).fit(X[fit], y[fit])
        # Between two of its own prices a tree stays the same: each is pruned once
        stage = np.searchsorted(grown.pruning_alphas(), alphas, side="right")
        _, first, which = np.unique(stage, return_index=True, return_inverse=True)
        stages = [1 - grown.pruned(alpha).score(X[held], y[held]) for alpha in alphas[first]]
        errors.append(np.array(stages)[which])
    return np.array(errors)
