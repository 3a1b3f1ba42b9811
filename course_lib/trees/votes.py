"""What a vote is worth: independent voters, correlated ones, and trees that are counted one by one.

Symbols
    T    voters, or trees
    p    the chance that one voter is right
    rho  the correlation of two voters: of being right, a 1 or a 0
    n    samples, K classes
    V    (T, n)  the class number that each tree gives to each sample
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import betabinom, binom

from course_lib.checks import check_number, check_whole

__all__ = [
    "chances_of_right_votes",
    "correlation_of_hits",
    "history_of_errors",
    "majority_right",
    "staged_oob_errors",
    "staged_vote_errors",
    "tree_votes",
]


_ALL_BUT_ONE = 1 - 1e-9  # voters of correlation 1 are one voter


def chances_of_right_votes(T: int, p: float, rho: float = 0.0) -> np.ndarray:
    """Return the chance that 0, 1, …, T of T voters are right.

    Every question has a difficulty of its own: the voters are right with a chance P that is drawn
    anew for each question from a beta distribution of mean p, and independently of one another once
    P is drawn. Two voters then have the correlation ρ if P has the variance ρp(1 − p).

    Parameters
    ----------
    T : int
        Voters, 1 at least.
    p : float
        Between 0 and 1.
    rho : float, default=0
        From 0, independent voters, to below 1.

    Returns
    -------
    array of shape (T + 1,)

    Raises
    ------
    ValueError
        For numbers outside their range.

    Examples
    --------
    >>> chances_of_right_votes(2, 0.5).round(3).tolist()
    [0.25, 0.5, 0.25]
    """
    T = check_whole("T", T)
    p = check_number("p", p, least=0, most=1)
    rho = check_number("rho", rho, least=0, most=_ALL_BUT_ONE)
    k = np.arange(T + 1)
    if rho == 0 or p in (0, 1):
        return binom.pmf(k, T, p)
    both = 1 / rho - 1  # the sum of the two parameters
    return betabinom.pmf(k, T, p * both, (1 - p) * both)


def majority_right(T: int, p: float, rho: float = 0.0) -> float:
    """Return the chance that most of T voters are right; a tie is decided by a fair coin.

    Parameters, errors and the model of correlated voters are those of `chances_of_right_votes`. For
    ρ = 0 this is Condorcet's (1785) jury.

    Examples
    --------
    >>> round(majority_right(3, 0.7), 3), round(majority_right(3, 0.7, rho=0.5), 3)
    (0.784, 0.714)
    """
    chances = chances_of_right_votes(T, p, rho)
    twice = 2 * np.arange(T + 1)
    return float(chances[twice > T].sum() + chances[twice == T].sum() / 2)


def tree_votes(model: Any, X: ArrayLike) -> np.ndarray:
    """Return the class number that each tree of a fitted ensemble names for each sample, (T, m).

    Parameters
    ----------
    model : classifier with ``estimators_`` and ``classes_``
        Bagging of all features, or a forest.
    X : array of shape (m, d)
    """
    return np.array([np.searchsorted(model.classes_, t.predict(X)) for t in model.estimators_])


def correlation_of_hits(hits: ArrayLike) -> float:
    """Return the mean correlation of two trees' hits, over all pairs of trees.

    Parameters
    ----------
    hits : array of shape (T, n), bool
        Whether each tree is right about each sample; two trees at least.

    Returns
    -------
    float
        The mean covariance of two trees over the mean variance of a tree. NaN if no tree's hits
        vary.

    Examples
    --------
    >>> correlation_of_hits([[1, 0, 1, 0], [1, 0, 1, 0]]), correlation_of_hits([[1, 0], [0, 1]])
    (1.0, -1.0)
    """
    hits = np.asarray(hits, dtype=float)
    if hits.ndim != 2 or len(hits) < 2:
        raise ValueError(f"hits must have the shape (T, n) with T ≥ 2, got {hits.shape}.")
    T = len(hits)
    own = hits.var(axis=1).mean()
    together = hits.mean(axis=0).var()  # (own + (T − 1) covariance) / T
    with np.errstate(invalid="ignore"):
        return float((T * together - own) / ((T - 1) * own))


def staged_vote_errors(V: ArrayLike, y: ArrayLike, K: int) -> np.ndarray:
    """Return the share of wrong votes of the first 1, 2, …, T trees, (T,); a tie takes the first.

    Parameters
    ----------
    V : array of shape (T, n), int
    y : array of shape (n,), int
        Class numbers 0 … K − 1.
    K : int

    Examples
    --------
    >>> staged_vote_errors([[0, 1], [1, 1], [1, 0]], [1, 1], 2).tolist()
    [0.5, 0.5, 0.0]
    """
    V, y = np.asarray(V), np.asarray(y)
    return staged_oob_errors(V, np.zeros(V.shape, dtype=bool), y, K)[0]


def staged_oob_errors(
    V: ArrayLike, in_bag: ArrayLike, y: ArrayLike, K: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the out-of-bag error of the first 1, 2, …, T trees.

    Parameters
    ----------
    V : array of shape (T, n), int
    in_bag : array of shape (T, n)
        How often each tree has seen each sample; it votes where this is 0.
    y : array of shape (n,), int
    K : int

    Returns
    -------
    errors : array of shape (T,)
        The share of the samples with a vote whose vote is wrong; NaN where none has one.
    silent : array of shape (T,)
        The share of the samples without a vote. Cost: O(TnK).
    """
    V, y, out = np.asarray(V), np.asarray(y), np.asarray(in_bag) == 0
    votes, errors, silent = np.zeros((V.shape[1], K)), [], []
    rows = np.arange(V.shape[1])
    for tree, may in zip(V, out, strict=True):
        votes[rows[may], tree[may]] += 1
        voted = votes.any(axis=1)
        wrong = votes.argmax(axis=1)[voted] != y[voted]
        errors.append(wrong.mean() if voted.any() else np.nan)
        silent.append(1 - voted.mean())
    return np.array(errors), np.array(silent)


def history_of_errors(
    model: Any, X: ArrayLike, y: ArrayLike, new_X: ArrayLike, new_y: ArrayLike
) -> np.ndarray:
    """Return what the errors of an ensemble were when it had 1, 2, …, T trees, (3, T).

    The out-of-bag error, the share of samples that had no vote yet, and the error on new samples,
    where every tree has a vote.

    Parameters
    ----------
    model : fitted bagging or forest of classification trees, on all features
    X, y : arrays of shapes (n, d) and (n,)
        What it was fitted to.
    new_X, new_y : arrays of shapes (m, d) and (m,)
    """
    classes = np.asarray(model.classes_)
    bags = [np.bincount(rows, minlength=len(X)) for rows in model.estimators_samples_]
    codes, new_codes = np.searchsorted(classes, y), np.searchsorted(classes, new_y)
    own = staged_oob_errors(tree_votes(model, X), bags, codes, len(classes))
    return np.array([*own, staged_vote_errors(tree_votes(model, new_X), new_codes, len(classes))])
