"""Comparing classifiers on the same splits: how often right, how sure, and with which error.

Symbols
    S  splits into training and test data
    k  classifiers, the same in each split
    m  test samples of a split
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.model_selection import paired_difference


def less_than_first(values: ArrayLike, overlap: float) -> np.ndarray:
    """Compare methods that were measured on the same splits: each with the first, split by split.

    Parameters
    ----------
    values : array of shape (S, k)
        A split a row, two at least; a method a column.
    overlap : float
        As for `paired_difference`: test samples over training samples; 0 for fresh data each time.

    Returns
    -------
    array of shape (k, 3)
        The mean of each method, by how much it is below that of the first, and the standard error
        of this difference, widened for the overlap of the splits.

    Raises
    ------
    ValueError
        For fewer than two splits, or a negative overlap.

    Examples
    --------
    >>> less_than_first([[5.0, 3.0], [7.0, 7.0]], overlap=0)
    array([[6., 0., 0.],
           [5., 1., 1.]])
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(
            "values must have the shape (splits, methods), with two splits at least; got "
            f"{values.shape}."
        )
    less = [paired_difference(values[:, 0], each, overlap=overlap) for each in values.T]
    return np.column_stack([values.mean(axis=0), less])


def said_and_right(
    says: ArrayLike, right: ArrayLike, which: ArrayLike, overlap: float
) -> np.ndarray:
    """Compare what classifiers say, the chance of the class that they name, with what comes true.

    Parameters
    ----------
    says : array of shape (S, k, m)
        The chance that each classifier gives to its answer.
    right : array of shape (S, k, m), bool
        Whether the answer is right.
    which : array of shape (S, m), bool
        The samples to count, one in each split at least.
    overlap : float
        As for `less_than_first`.

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
    >>> said_and_right(says, right, [[True, True]] * 2, overlap=0)
    array([[100. ,  50. ,  50. ,   0. ,   0. ],
           [ 62.5,  50. ,  12.5,  37.5,   0. ]])
    """
    which = np.asarray(which)[:, None]  # (S, 1, m)
    count = which.sum(axis=2)
    said, was = (100 * np.sum(np.asarray(part) * which, axis=2) / count for part in (says, right))
    means = np.column_stack([said.mean(axis=0), was.mean(axis=0)])
    return np.hstack([means, less_than_first(said - was, overlap)])
