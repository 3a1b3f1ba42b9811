"""What a vote is worth: independent voters, correlated ones, and trees that are counted one by one.

Symbols
    T    voters, or trees
    p    the chance that one voter is right
    rho  the correlation of two voters: of being right, a 1 or a 0
    n    samples, K classes
    V    (T, n)  the class number that each tree gives to each sample
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
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
    "spread_by_hardness",
    "staged_oob_errors",
    "staged_vote_errors",
    "table_of_votes",
    "tree_votes",
    "votes_and_bags",
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


def spread_by_hardness(forest: Any, X: ArrayLike, y: ArrayLike, count: int) -> np.ndarray:
    """Return `count` training samples at even ranks from the easiest to the hardest, (count,).

    Hard is a sample that few of the trees that have not seen it name rightly. So the share of hard
    ones among them is about that among all.

    Parameters
    ----------
    forest : fitted bagging or forest of classification trees, on all features
    X, y : arrays of shapes (n, d) and (n,)
        What it was fitted to; n at least `count`.
    """
    out = (
        np.array([np.bincount(rows, minlength=len(y)) for rows in forest.estimators_samples_]) == 0
    )
    hits = tree_votes(forest, X) == np.searchsorted(forest.classes_, y)  # (trees, n)
    easy = np.argsort(-np.sum(hits & out, axis=0) / np.maximum(out.sum(axis=0), 1), kind="stable")
    ranks = (np.arange(count) + 0.5) * len(y) / count  # the middles of as many equal parts
    return easy[ranks.astype(int)]


def votes_and_bags(
    model: Any, X: ArrayLike, rows: ArrayLike, trees: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the first trees of an ensemble say of training samples, and how they know them.

    Parameters
    ----------
    model : fitted bagging or forest of classification trees, on all features
    X : array of shape (n, d)
        What it was fitted to.
    rows : array of shape (r,), int
        The samples.
    trees : int

    Returns
    -------
    votes : array of shape (trees, r), int
        The class number that each tree gives.
    bags : array of shape (trees, r), int
        How often the sample is in the bag of the tree.
    """
    X, rows = np.asarray(X), np.asarray(rows)
    drawn = list(model.estimators_samples_)[:trees]
    bags = [np.bincount(bag, minlength=len(X))[rows] for bag in drawn]
    return tree_votes(model, X[rows])[:trees], np.array(bags)


def table_of_votes(
    votes: ArrayLike, bags: ArrayLike, y: ArrayLike, names: Sequence[object]
) -> dict[str, list[str]]:
    """Return a row of words for each training sample: bag or vote of each tree, and the verdict.

    Parameters
    ----------
    votes, bags : arrays of shape (T, r), int
        From `votes_and_bags`.
    y : array of shape (r,), int
        Class numbers.
    names : sequence of K
        Of the classes.

    Returns
    -------
    dict
        "A, a cat" and so on: for each tree "2 ×" if the sample is twice in its bag, else the name
        of the class for which it votes; last what the vote says, the first of equals, or "none".

    Examples
    --------
    >>> table_of_votes([[0, 1], [1, 1]], [[1, 3], [0, 2]], [1, 0], ["cat", "dog"])
    {'A, a dog': ['1 ×', 'dog', 'dog'], 'B, a cat': ['3 ×', '2 ×', 'none']}
    """
    rows = {}
    samples = zip(np.transpose(votes), np.transpose(bags), np.asarray(y), strict=True)
    for letter, (says, times, label) in zip(ascii_uppercase, samples, strict=False):
        cells = [f"{n} ×" if n else str(names[k]) for k, n in zip(says, times, strict=True)]
        mine = says[times == 0]
        verdict = str(names[np.bincount(mine).argmax()]) if len(mine) else "none"
        rows[f"{letter}, a {names[label]}"] = [*cells, verdict]
    return rows
