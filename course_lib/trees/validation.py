"""How much to prune: what cross-validation says of every price, and new samples of every leaf.

Symbols
    alphas  (m,)    prices of a leaf
    errors  (F, m)  share of the held-out samples that are wrong, for each of F folds and each price
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

__all__ = ["errors_by_price", "leaf_errors", "named_wrongly"]


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


def leaf_errors(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Count the training samples and new samples in every leaf of a classification tree.

    Parameters
    ----------
    model : DecisionTreeClassifier
        Fitted on samples of equal weights.
    X, y : arrays of shapes (m, d) and (m,)
        New samples and their classes; there may be none, m = 0.

    Returns
    -------
    array of shape (leaves, 4), int
        Leaves from left to right. Training samples, how many of them are not of the class that the
        leaf predicts, new samples, how many of them are not. Cost: O(m) a level.

    Examples
    --------
    >>> from course_lib.trees import DecisionTreeClassifier
    >>> model = DecisionTreeClassifier().fit([[1.0], [2.0], [3.0]], ["no", "yes", "yes"])
    >>> leaf_errors(model, [[0.0], [4.0], [5.0]], ["no", "no", "yes"])
    array([[1, 0, 1, 0],
           [2, 0, 2, 1]])
    """
    tree, X = model.tree_, np.asarray(X, dtype=float)
    leaves = tree.leaves()
    rank = np.zeros(len(tree), dtype=int)
    rank[leaves] = np.arange(len(leaves))
    at, wrong = rank[tree.apply(X)], named_wrongly(model, X, y)
    new, failed = (np.bincount(part, minlength=len(leaves)) for part in (at, at[wrong]))
    size = tree.size[leaves]
    mixed = np.rint(size * (1 - tree.value[leaves].max(axis=1))).astype(int)
    return np.column_stack([size, mixed, new, failed])


def named_wrongly(model: Any, X: np.ndarray, y: ArrayLike) -> np.ndarray:
    """Return for which samples X (m, d) the tree predicts another class than y (m,); m may be 0."""
    names = model.classes_[model.tree_.value.argmax(axis=1)]
    return names[model.tree_.apply(X)] != np.asarray(y)
