"""How mixed a node is, and what a split gains.

    counts  (..., K)  samples (or their weight) of each of K classes in a node
    parts   (m, K)    the same for the m branches of a split
    p       (..., K)  counts as shares of their sum

A node of one class has impurity 0; a node of K equally frequent classes has the largest impurity.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from course_lib.information import entropy, shares

Impurity = Callable[[np.ndarray], np.ndarray]


def gini(counts: ArrayLike) -> np.ndarray:
    """Gini impurity 1 − Σ p_k²: how often two samples drawn with replacement differ in class.

    Parameters
    ----------
    counts : array of shape (..., K)
        Numbers of samples, or weights, of each class; an empty node has impurity 0.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    ValueError
        As `entropy`.

    Examples
    --------
    >>> float(gini([9, 5]).round(4)), float(gini([4, 0])), float(gini([1, 1]))
    (0.4592, 0.0, 0.5)
    """
    p = shares(counts)
    return np.sum(p * (1 - p), axis=-1)


def misses(counts: ArrayLike) -> np.ndarray:
    """Share of the samples that the most frequent class misses, 1 − max p_k.

    Parameters
    ----------
    counts : array of shape (..., K)
        Numbers of samples, or weights, of each class; an empty node has impurity 0.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    ValueError
        As `entropy`.

    Examples
    --------
    >>> float(misses([1, 3])), float(misses([4, 0])), float(misses([0, 0]))
    (0.25, 0.0, 0.0)
    """
    p = shares(counts)
    return np.sum(p, axis=-1) - np.max(p, axis=-1)


def information_gain(parts: ArrayLike, impurity: Impurity = entropy) -> float:
    """Impurity of the node minus the weighted mean impurity of its branches.

    Parameters
    ----------
    parts : array of shape (m, K)
        Class counts of each of the m branches.
    impurity : callable, default=entropy
        Takes counts (..., K) and returns impurities (...).

    Returns
    -------
    float
        In the unit of the impurity; at least 0 (up to rounding) for `entropy` and `gini`.

    Raises
    ------
    ValueError
        For parts that are not two-dimensional, and for counts as in `entropy`.

    Examples
    --------
    >>> round(information_gain([[2, 3], [4, 0], [3, 2]]), 4)
    0.2467
    """
    parts = _branches(parts)
    sizes = parts.sum(axis=1)
    share = sizes / max(sizes.sum(), np.finfo(float).tiny)
    return float(impurity(parts.sum(axis=0)) - share @ impurity(parts))


def gain_ratio(parts: ArrayLike) -> float:
    """Information gain divided by the entropy of the branch sizes (Quinlan's C4.5).

    A split into many small branches gains much and tells little; its branch sizes have a large
    entropy, and the ratio takes that back. A split into one branch has ratio 0.

    Parameters
    ----------
    parts : array of shape (m, K)
        Class counts of each of the m branches.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        As `information_gain`.

    Examples
    --------
    >>> round(gain_ratio([[2, 3], [4, 0], [3, 2]]), 4)
    0.1564
    """
    parts = _branches(parts)
    split_information = float(entropy(parts.sum(axis=1)))
    return information_gain(parts) / split_information if split_information > 0 else 0.0


def _branches(parts: ArrayLike) -> np.ndarray:
    parts = np.asarray(parts, dtype=float)
    if parts.ndim != 2 or parts.size == 0:
        raise ValueError(
            "parts must have the shape (branches, classes), the class counts of one branch a row; "
            f"got the shape {parts.shape}."
        )
    return parts
