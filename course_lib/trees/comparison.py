"""Comparing classifiers on the same splits: how often right, how sure, and with which error.

Symbols
    S  splits into training and test data
    k  classifiers, the same in each split
    m  test samples of a split
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def less_than_first(values: ArrayLike) -> np.ndarray:
    """Compare methods that were measured on the same splits: each with the first, split by split.

    Parameters
    ----------
    values : array of shape (S, k)
        A split a row, two at least; a method a column.

    Returns
    -------
    array of shape (k, 3)
        The mean of each method, by how much it is below that of the first, and the standard error
        of this difference. The error is a rough one where splits share samples.

    Raises
    ------
    ValueError
        For fewer than two splits.

    Examples
    --------
    >>> less_than_first([[5.0, 3.0], [7.0, 7.0]])
    array([[6., 0., 0.],
           [5., 1., 1.]])
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(
            "values must have the shape (splits, methods), with two splits at least; got "
            f"{values.shape}."
        )
    less = values[:, :1] - values
    error = less.std(axis=0, ddof=1) / np.sqrt(len(values))
    return np.column_stack([values.mean(axis=0), less.mean(axis=0), error])


def said_and_right(says: ArrayLike, right: ArrayLike, which: ArrayLike) -> np.ndarray:
    """Compare what classifiers say, the chance of the class that they name, with what comes true.

    Parameters
    ----------
    says : array of shape (S, k, m)
        The chance that each classifier gives to its answer.
    right : array of shape (S, k, m), bool
        Whether the answer is right.
    which : array of shape (S, m), bool
        The samples to count, one in each split at least.

    Returns
    -------
    array of shape (k, 5)
        In per cent, means over the splits: what is said, the share of right answers, the first less
        the second, and how much smaller this is than that of the first classifier, with the error
        of this difference, as from `less_than_first`.

    Examples
    --------
    >>> says = [[[1.0, 1.0], [0.75, 0.5]]] * 2
    >>> right = [[[True, False], [True, False]]] * 2
    >>> said_and_right(says, right, [[True, True]] * 2)
    array([[100. ,  50. ,  50. ,   0. ,   0. ],
           [ 62.5,  50. ,  12.5,  37.5,   0. ]])
    """
    which = np.asarray(which)[:, None]  # (S, 1, m)
    count = which.sum(axis=2)
    said, was = (100 * np.sum(np.asarray(part) * which, axis=2) / count for part in (says, right))
    means = np.column_stack([said.mean(axis=0), was.mean(axis=0)])
    return np.hstack([means, less_than_first(said - was)])
