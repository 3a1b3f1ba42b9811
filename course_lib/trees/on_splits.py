"""Ensembles on many splits of one data set: trained, counted, and compared.

A split is (A, B, a, b): training and test inputs, training and test labels. What is a share of
samples is given in per cent.

    S  splits, or training sets
    T  trees of a forest
    m  test samples
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from course_lib.model_selection import paired_difference
from course_lib.trees.agreement import predictions_of_members
from course_lib.trees.forest import RandomForestClassifier
from course_lib.trees.importance import permutation_importance
from course_lib.trees.votes import (
    correlation_of_hits,
    history_of_errors,
    majority_right,
    tree_votes,
)

__all__ = [
    "Crossed",
    "Jury",
    "agreement_of_importances",
    "crossed_difference",
    "disjoint_sets",
    "errors_of",
    "forests_on",
    "histories_on",
    "importances_of",
    "juries_on",
    "misses_of",
    "misses_on",
    "oob_against_new",
    "predictions_on",
    "shuffled_on",
    "splits_of",
    "undercut",
    "undercut_crossed",
    "work_of",
    "wrong_on",
]

_TIE = 1e-9  # per cent: rounding must not decide a tie

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def splits_of(X: ArrayLike, y: ArrayLike, *, seeds: int, **how: Any) -> list[Split]:
    """Divide the samples once for each seed from 0 on; `how` goes to ``train_test_split``."""
    return [tuple(train_test_split(X, y, random_state=seed, **how)) for seed in range(seeds)]


def disjoint_sets(
    X: ArrayLike, y: ArrayLike, *, sets: int, train_size: int, seed: int = 0
) -> list[Split]:
    """Draw training sets that share no sample; all samples left are the test part of each.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
    sets, train_size : int
        How many training sets, and of how many samples each; every class keeps its share.
    seed : int, default=0

    Examples
    --------
    >>> X, y = np.arange(60)[:, None], np.arange(60) % 2
    >>> two = disjoint_sets(X, y, sets=2, train_size=20)
    >>> len(set(two[0][0].flat) & set(two[1][0].flat)), len(two[0][1])
    (0, 20)
    """
    X, y = np.asarray(X), np.asarray(y)
    rest, drawn = np.arange(len(y)), []
    for _ in range(sets):
        how = {"train_size": train_size, "stratify": y[rest], "random_state": seed}
        rows, rest = train_test_split(rest, **how)
        drawn.append(rows)
    return [(X[rows], X[rest], y[rows], y[rest]) for rows in drawn]


_SEEDS_A_LOT = 1000


def forests_on(
    splits: Sequence[Split],
    kind: Any = RandomForestClassifier,
    *,
    lot: int = 0,
    **parameters: Any,
) -> list[Any]:
    """Train an ensemble on each split, with the number of the split as its random state.

    With another `lot`, from 0 on, all random states are others.
    """
    first = _SEEDS_A_LOT * lot
    return [
        kind(random_state=first + seed, **parameters).fit(A, a)
        for seed, (A, _, a, _) in enumerate(splits)
    ]


def wrong_on(model: Any, splits: Sequence[Split]) -> np.ndarray:
    """Train copies of a classifier; return how much of each test part is wrong, (S,), in %."""
    return np.array([100 - 100 * clone(model).fit(A, a).score(B, b) for A, B, a, b in splits])


def errors_of(models: Sequence[Any], splits: Sequence[Split]) -> np.ndarray:
    """Return what fitted ensembles have wrong of the test part and out of the bag, (S, 2), in %.

    The second column is NaN for ensembles without ``oob_score_``.
    """
    pairs = zip(models, splits, strict=True)
    right = [[one.score(B, b), getattr(one, "oob_score_", np.nan)] for one, (_, B, _, b) in pairs]
    return 100 - 100 * np.array(right)


def misses_of(models: Sequence[Any], splits: Sequence[Split]) -> np.ndarray:
    """Return which test samples fitted models have wrong, (S, m): 100 or 0, all parts of one size.

    The mean is what is wrong in per cent.
    """
    pairs = zip(models, splits, strict=True)
    return np.array([100.0 * (one.predict(B) != b) for one, (_, B, _, b) in pairs])


def misses_on(model: Any, splits: Sequence[Split]) -> np.ndarray:
    """Train copies of a classifier, and return what they have wrong as `misses_of` does."""
    return misses_of([clone(model).fit(A, a) for A, _, a, _ in splits], splits)


class Crossed(NamedTuple):
    """A mean over training sets and test samples, and its error."""

    mean: float
    error: float
    """Standard error for other training sets and other test samples."""


def crossed_difference(wrong: ArrayLike, other: ArrayLike) -> Crossed:
    """Compare two methods that were trained on the same disjoint sets and tested on one test part.

    The difference of training set s on test sample i is taken as μ + a_s + b_i + e_si, with
    independent parts. Its mean has the variance σ_a²/S + σ_b²/m + σ_e²/(Sm), which the variances of
    the means of sets and of samples estimate, less that of what is left.

    Parameters
    ----------
    wrong, other : arrays of shape (S, m)
        From `misses_of`, two sets and two samples at least; S independent training sets.

    Returns
    -------
    Crossed
        Mean of `wrong` less `other`, and its error.

    Raises
    ------
    ValueError
        For other shapes.

    Notes
    -----
    The two-way random-effects model of the analysis of variance, one observation a cell.

    Examples
    --------
    >>> crossed_difference([[3.0, 3.0], [5.0, 5.0]], np.zeros((2, 2)))  # only the sets differ
    Crossed(mean=4.0, error=1.0)
    """
    first, second = np.asarray(wrong, dtype=float), np.asarray(other, dtype=float)
    if first.shape != second.shape or first.ndim != 2 or min(first.shape) < 2:
        raise ValueError(
            "wrong and other must have the same shape (sets, samples), two of both at least; got "
            f"{first.shape} and {second.shape}."
        )
    gaps = first - second
    S, m = gaps.shape
    mean, of_set, of_sample = gaps.mean(), gaps.mean(axis=1), gaps.mean(axis=0)
    rest = gaps - of_set[:, None] - of_sample + mean
    left = np.sum(rest**2) / ((S - 1) * (m - 1))
    variance = of_set.var(ddof=1) / S + of_sample.var(ddof=1) / m - left / (S * m)
    return Crossed(float(mean), float(np.sqrt(max(variance, 0.0))))


class Jury(NamedTuple):
    """How trees judge a test part, alone and together; all but `rho` in per cent."""

    alone: float
    """Right answers of a tree, mean over the trees."""
    rho: float
    """Correlation of two trees in being right."""
    independent: float
    """Right majorities of so many voters as good as that, if they were independent."""
    correlated: float
    """Right majorities if they have the correlation `rho`."""
    vote: float
    """Right answers of the ensemble."""


def jury_of(model: Any, X: ArrayLike, y: ArrayLike) -> Jury:
    """Compare an ensemble of trees with Condorcet's jury, on samples that it was not fitted to."""
    hits = tree_votes(model, X) == np.searchsorted(model.classes_, y)  # (T, m)
    p, rho, T = hits.mean(), correlation_of_hits(hits), len(hits)
    promises = majority_right(T, p), majority_right(T, p, max(rho, 0.0))
    return Jury(100 * p, rho, *(100 * one for one in promises), 100 * model.score(X, y))


def juries_on(models: Sequence[Any], splits: Sequence[Split]) -> np.ndarray:
    """Return the five numbers of `Jury` for each fitted ensemble and its test part, (S, 5)."""
    return np.array([jury_of(one, B, b) for one, (_, B, _, b) in zip(models, splits, strict=True)])


def histories_on(models: Sequence[Any], splits: Sequence[Split]) -> np.ndarray:
    """Return the errors of each ensemble when it had 1 … T trees, (S, 3, T), in per cent.

    In this order: out of the bag, samples without a vote, test part (`votes.history_of_errors`).
    """
    pairs = zip(models, splits, strict=True)
    return 100 * np.array([history_of_errors(one, A, a, B, b) for one, (A, B, a, b) in pairs])


def oob_against_new(histories: ArrayLike) -> list[float]:
    """Compare out-of-bag errors with those on new samples, of all trees and of 0.37 T trees.

    On a training sample only the trees vote that have not seen it, 0.368 T on average.

    Parameters
    ----------
    histories : array of shape (S, 3, T)
        From `histories_on`.

    Returns
    -------
    list of 5 floats
        Out of the bag; new; the standard error of their difference; new with round(0.368 T) trees;
        the error of that difference. The errors take the splits as independent.
    """
    oob, _, new = np.asarray(histories).transpose(1, 0, 2)  # each (S, T)
    few = new[:, max(round(oob.shape[1] * np.exp(-1)), 1) - 1]
    out = [oob[:, -1].mean()]
    for other in (new[:, -1], few):
        out += [other.mean(), paired_difference(oob[:, -1], other).error]
    return [float(one) for one in out]


def undercut(
    wrong: Mapping[str, ArrayLike], reference: str, overlap: float
) -> dict[str, list[float]]:
    """Compare methods on the same splits with one of them.

    Parameters
    ----------
    wrong : mapping of a method to its errors, (S,)
    reference : str
        The method that the others are compared with.
    overlap : float
        As in `paired_difference`: test samples over training samples.

    Returns
    -------
    dict
        For each method its mean error, by how much the reference is below it, the error of this
        difference, and in how many splits the reference is below.

    Examples
    --------
    >>> undercut({"a": [3.0, 5.0], "b": [2.0, 2.0]}, "b", overlap=0)["a"]
    [4.0, 2.0, 1.0, 2]
    """
    mine, rows = np.asarray(wrong[reference], dtype=float), {}
    for name, each in wrong.items():
        d = paired_difference(each, mine, overlap=overlap)
        ahead = int(np.sum(np.asarray(each) > mine + _TIE))
        rows[name] = [float(np.mean(each)), d.mean, d.error, ahead]
    return rows


def undercut_crossed(misses: Mapping[str, ArrayLike], reference: str) -> dict[str, list[float]]:
    """Compare methods on disjoint training sets and one test part with one of the methods.

    Parameters
    ----------
    misses : mapping of a method to an array of shape (S, m)
        From `misses_of`.
    reference : str
        The method that the others are compared with.

    Returns
    -------
    dict
        For each method its mean error, by how much the reference is below it, the error of this
        difference (`crossed_difference`), and for how many sets the reference is below.
    """
    mine, rows = np.asarray(misses[reference], dtype=float), {}
    for name, each in misses.items():
        each = np.asarray(each, dtype=float)
        ahead = int(np.sum(each.mean(axis=1) > mine.mean(axis=1) + _TIE))
        rows[name] = [float(each.mean()), *crossed_difference(each, mine), ahead]
    return rows


def predictions_on(
    sets: Sequence[tuple[np.ndarray, np.ndarray]], model: Any, points: ArrayLike
) -> np.ndarray:
    """Train an ensemble on each set (X, y); return its trees' predictions, (sets, T, m).

    The number of the set is the random state, so that each set has draws of its own.
    """
    fitted = [clone(model).set_params(random_state=seed).fit(*one) for seed, one in enumerate(sets)]
    return np.array([predictions_of_members(one, points) for one in fitted])


def importances_of(models: Sequence[Any]) -> np.ndarray:
    """Return the importances of each fitted model, (S, d), in per cent."""
    return 100 * np.array([one.feature_importances_ for one in models])


def agreement_of_importances(shares: ArrayLike) -> list[float]:
    """Say how far models agree on what is important.

    Parameters
    ----------
    shares : array of shape (S, d)
        From `importances_of`, of S models.

    Returns
    -------
    list of 4
        How many features lead in some model; the mean share of the leader, and of the second; the
        mean correlation of the shares of two models.

    Examples
    --------
    >>> agreement_of_importances([[60.0, 30.0, 10.0], [30.0, 60.0, 10.0]])[:3]
    [2, 60.0, 30.0]
    """
    shares = np.asarray(shares, dtype=float)
    second, first = np.sort(shares, axis=1)[:, -2:].mean(axis=0)
    alike = np.corrcoef(shares)[np.triu_indices(len(shares), 1)].mean()
    return [len(set(shares.argmax(axis=1))), float(first), float(second), float(alike)]


def shuffled_on(
    models: Sequence[Any], splits: Sequence[Split], *, n_repeats: int, seed: int = 0
) -> np.ndarray:
    """Return what shuffles of each feature of the test part cost each model, (S, d, R), in %.

    See `course_lib.trees.permutation_importance`; accuracy, or R², is what is lost. Splits without
    a model are left out.
    """
    how = {"n_repeats": n_repeats, "random_state": seed}
    pairs = zip(models, splits, strict=False)
    found = [permutation_importance(one, B, b, **how) for one, (_, B, _, b) in pairs]
    return 100 * np.array([one.losses for one in found])


def work_of(forest: Any, m: int) -> tuple[float, float]:
    """Return the mean work of growing a tree of a forest, and its mean depth.

    The work counts, for each split node, its samples times the m features that it looks through;
    a sample that was drawn several times counts once.
    """
    trees = [one.tree_ for one in forest.estimators_]
    work = m * np.mean([tree.size[~tree.is_leaf].sum() for tree in trees])
    return float(work), float(np.mean([tree.depths().max() for tree in trees]))
