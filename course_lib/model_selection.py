"""Choosing models without fooling oneself: splits, cross-validation, and errors of differences.

Symbols
    X, y      (n, d), (n,)  the data
    fit       (n − h,)      indices of the samples that a model is fitted to
    held      (h,)          indices of the samples that are held out to measure it
    F                       folds: such pairs
    m                       settings that are compared
    scores    (F, m)        a fold a row, a setting a column

A splitter has ``split(X, y, groups)``, which yields pairs of `fit` and `held`, and
``get_n_splits``. These two are all that scikit-learn asks of one: ours drive its `GridSearchCV` and
`cross_val_score`, and its splitters drive the functions here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple, Protocol

import numpy as np
from array_api_compat import is_array_api_obj
from numpy.typing import ArrayLike
from sklearn.base import clone, is_classifier

from course_lib.checks import check_number, check_whole
from course_lib.estimator import Array, check_random_state, take_rows, to_numpy

Split = tuple[np.ndarray, np.ndarray]
RandomState = int | np.random.RandomState | None
Metric = Callable[[Array, Array], float]  # of the labels and the predictions, both (h,)


class AnySplitter(Protocol):
    """What the functions here ask of a splitter, ours or scikit-learn's."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Yield the indices to fit and to hold out."""


# --- One split ---------------------------------------------------------------------------------


def train_test_split(
    *arrays: Any,
    test_size: float = 0.3,
    stratify: ArrayLike | None = None,
    random_state: RandomState = None,
) -> list[Any]:
    """Divide arrays of one length at random into two parts, the same rows of each.

    Parameters
    ----------
    *arrays : arrays, data frames or lists of n rows
    test_size : float, default=0.3
        Share of the rows in the second part, rounded up.
    stratify : array of shape (n,), optional
        Labels whose shares both parts are to have, as nearly as whole rows allow.
    random_state : int, RandomState or None

    Returns
    -------
    list
        Two parts of each array, in the order ``X_train, X_test, y_train, y_test``. Without
        `stratify` they are those of scikit-learn for the same seed.

    Raises
    ------
    ValueError
        For no array, unequal lengths, a share that leaves a part empty, and labels of which one
        occurs only once.

    Examples
    --------
    >>> train_test_split(np.arange(10), random_state=0)
    [array([9, 1, 6, 7, 3, 0, 5]), array([2, 8, 4])]
    """
    if not arrays:
        raise ValueError("train_test_split needs at least one array.")
    n = _same_length(*arrays, *([] if stratify is None else [stratify]))
    share = check_number("test_size", test_size, above=0)
    h = math.ceil(share * n)
    if h >= n:
        raise ValueError(f"test_size={test_size} leaves no row of {n} for the first part.")
    rng = _generator(random_state)
    if stratify is None:
        order = rng.permutation(n)
    else:
        order = _stratified_order(np.asarray(to_numpy(stratify)), h, rng)
    parts = (order[h:], order[:h])
    return [_take(a, rows) for a in arrays for rows in parts]


def _stratified_order(labels: np.ndarray, h: int, rng: np.random.RandomState) -> np.ndarray:
    """Return the rows in an order whose first h have each class's share, by largest remainder."""
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        raise ValueError("stratify needs two rows of every class at least: one for each part.")
    exact = h * counts / len(codes)
    take_of = np.floor(exact).astype(int)
    by_remainder = np.lexsort([rng.permutation(len(counts)), take_of - exact])
    take_of[by_remainder[: h - take_of.sum()]] += 1
    shuffled = rng.permutation(len(codes))
    rows = [shuffled[codes[shuffled] == k] for k in range(len(counts))]
    held = np.concatenate([of[:t] for of, t in zip(rows, take_of, strict=True)])
    fit = np.concatenate([of[t:] for of, t in zip(rows, take_of, strict=True)])
    return np.concatenate([rng.permutation(held), rng.permutation(fit)])


# --- Many splits -------------------------------------------------------------------------------


class Splitter:
    """What all splitters share; a subclass says in `_held` which samples to hold out."""

    n_splits: int

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Yield F pairs of indices, to fit and to hold out, each in rising order.

        Parameters
        ----------
        X : array or list of n rows
        y : array of shape (n,), optional
            Its labels count in `StratifiedKFold` only.
        groups : array of shape (n,), optional
            They count in `GroupKFold` only.

        Raises
        ------
        ValueError
            For fewer samples than folds, for unequal lengths, and where labels or groups are
            missing that the splitter needs.
        """
        n = _same_length(X, *(a for a in (y, groups) if a is not None))
        if self.get_n_splits(X, y, groups) > n:
            raise ValueError(f"{self} needs one sample for each fold at least, got n = {n}.")
        everyone = np.arange(n)
        for held in self._held(n, y, groups):
            is_held = np.zeros(n, dtype=bool)
            is_held[held] = True
            yield everyone[~is_held], everyone[is_held]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number F of pairs."""
        return self.n_splits

    def _held(self, n: int, y: Any, groups: Any) -> Iterator[np.ndarray]:
        raise NotImplementedError


@dataclass(frozen=True)
class KFold(Splitter):
    """K folds (K = `n_splits`): each sample is held out once, by turns.

    Without `shuffle` a fold is a run of neighbouring rows: rows that are sorted by label, or
    grouped, then give other folds than they should. Equal to scikit-learn's for the same seed.

    Examples
    --------
    >>> [held.tolist() for _, held in KFold(3).split(range(7))]
    [[0, 1, 2], [3, 4], [5, 6]]
    """

    n_splits: int = 5
    shuffle: bool = False
    random_state: RandomState = None

    def __post_init__(self) -> None:
        check_whole("n_splits", self.n_splits, 2)

    def _held(self, n: int, y: Any, groups: Any) -> Iterator[np.ndarray]:
        order = np.arange(n)
        if self.shuffle:
            _generator(self.random_state).shuffle(order)
        yield from np.array_split(order, self.n_splits)


@dataclass(frozen=True)
class StratifiedKFold(KFold):
    """K folds that each have the classes' shares of the whole, as nearly as whole samples allow.

    Prevents folds without a rare class. Equal to scikit-learn's for the same seed. Warns where a
    class has fewer samples than there are folds, and refuses where every class has.
    """

    def _held(self, n: int, y: Any, groups: Any) -> Iterator[np.ndarray]:
        if y is None:
            raise ValueError(f"{self} needs the labels y.")
        codes = _in_order_of_appearance(np.asarray(to_numpy(y)))
        counts = np.bincount(codes)
        if counts.max() < self.n_splits:
            raise ValueError(f"{self} needs a class with {self.n_splits} samples at least.")
        if counts.min() < self.n_splits:
            warnings.warn(
                f"The rarest class has {counts.min()} samples, fewer than {self.n_splits} folds: "
                "some folds have none of it.",
                UserWarning,
                stacklevel=3,  # the caller of split
            )
        # Deal out the sorted labels like cards: every fold gets its share of every class
        sorted_codes, fold_of = np.repeat(np.arange(len(counts)), counts), np.empty(n, dtype=int)
        dealt = [np.bincount(sorted_codes[f :: self.n_splits]) for f in range(self.n_splits)]
        rng = _generator(self.random_state)
        for k in range(len(counts)):
            shares = [hand[k] if k < len(hand) else 0 for hand in dealt]
            folds = np.repeat(np.arange(self.n_splits), shares)
            if self.shuffle:
                rng.shuffle(folds)
            fold_of[codes == k] = folds
        for f in range(self.n_splits):
            yield np.flatnonzero(fold_of == f)


def _in_order_of_appearance(labels: np.ndarray) -> np.ndarray:
    _, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes]


@dataclass(frozen=True)
class GroupKFold(Splitter):
    """K folds, none of which divides a group: all samples of one are fitted or all held out.

    Prevents the leak of one patient, speaker or document into both parts, where a model recognises
    the individual instead of learning the class. The largest groups are dealt first, each to the
    fold that is smallest so far; of equally large ones the last by name. Equal to scikit-learn's.

    Examples
    --------
    >>> [held.tolist() for _, held in GroupKFold(2).split(range(5), groups=list("aabbb"))]
    [[2, 3, 4], [0, 1]]
    """

    n_splits: int = 5

    def __post_init__(self) -> None:
        check_whole("n_splits", self.n_splits, 2)

    def _held(self, n: int, y: Any, groups: Any) -> Iterator[np.ndarray]:
        if groups is None:
            raise ValueError(f"{self} needs the groups of the samples.")
        names, codes, sizes = np.unique(
            np.asarray(to_numpy(groups)), return_inverse=True, return_counts=True
        )
        if len(names) < self.n_splits:
            raise ValueError(f"{self} needs as many groups as folds at least, got {len(names)}.")
        filled, fold_of = np.zeros(self.n_splits, dtype=int), np.empty(len(names), dtype=int)
        for group in np.argsort(sizes, kind="stable")[::-1]:
            fold_of[group] = filled.argmin()
            filled[filled.argmin()] += sizes[group]
        for f in range(self.n_splits):
            yield np.flatnonzero(fold_of[codes] == f)


@dataclass(frozen=True)
class TimeSeriesSplit(Splitter):
    """Folds of rows in the order of time: each is held out once, fitted to rows before it only.

    Prevents the leak of the future: between two known neighbours a row is easily guessed, and no
    such neighbours are known when it matters. Equal to scikit-learn's.

    Parameters
    ----------
    n_splits : int, default=5
    gap : int, default=0
        Rows left out before those held out: as many as a label looks ahead.
    test_size : int, optional
        Rows held out in each split; by default n // (n_splits + 1).

    Examples
    --------
    >>> [(fit.tolist(), held.tolist()) for fit, held in TimeSeriesSplit(2).split(range(6))]
    [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])]
    """

    n_splits: int = 5
    gap: int = 0
    test_size: int | None = None

    def __post_init__(self) -> None:
        check_whole("n_splits", self.n_splits, 2)
        check_whole("gap", self.gap, 0)
        if self.test_size is not None:
            check_whole("test_size", self.test_size, 1)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Yield F pairs of indices: those before, and those held out.

        Raises
        ------
        ValueError
            Where nothing is left to fit before the first rows held out, and for unequal lengths.
        """
        n = _same_length(X, *(a for a in (y, groups) if a is not None))
        h = n // (self.n_splits + 1) if self.test_size is None else self.test_size
        first = n - self.n_splits * h
        if h == 0 or first - self.gap <= 0:
            raise ValueError(f"{self} leaves nothing to fit, or to hold out, of n = {n} rows.")
        for start in range(first, n, h):
            yield np.arange(start - self.gap), np.arange(start, start + h)


@dataclass(frozen=True)
class LeaveOneOut(Splitter):
    """As many folds as samples: each is held out alone. n models are fitted.

    Examples
    --------
    >>> [held.tolist() for _, held in LeaveOneOut().split(range(3))]
    [[0], [1], [2]]
    """

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number n of samples."""
        if X is None:
            raise ValueError("LeaveOneOut needs X: it has as many splits as samples.")
        return _same_length(X)

    def _held(self, n: int, y: Any, groups: Any) -> Iterator[np.ndarray]:
        if n < 2:
            raise ValueError(f"LeaveOneOut leaves nothing to fit of n = {n} samples.")
        yield from np.arange(n)[:, None]


@dataclass(frozen=True)
class Repeated(Splitter):
    """The folds of a splitter again and again, shuffled anew each time.

    ``Repeated(KFold(5), 10, 0)`` has the splits of scikit-learn's `RepeatedKFold`.

    Parameters
    ----------
    splitter : KFold or StratifiedKFold
    n_repeats : int, default=10
    random_state : int, RandomState or None
    """

    splitter: KFold
    n_repeats: int = 10
    random_state: RandomState = None

    def __post_init__(self) -> None:
        if not isinstance(self.splitter, KFold):
            raise TypeError(f"splitter must be one that shuffles, got {self.splitter!r}.")
        check_whole("n_repeats", self.n_repeats)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Yield `n_repeats` times the pairs of the splitter."""
        rng = _generator(self.random_state)
        for _ in range(self.n_repeats):
            yield from replace(self.splitter, shuffle=True, random_state=rng).split(X, y, groups)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs: folds times repeats."""
        return self.n_repeats * self.splitter.n_splits


# --- Scores in the folds -------------------------------------------------------------------------


def cross_val_score(
    model: Any,
    X: Array,
    y: Array,
    *,
    splitter: AnySplitter | int = 5,
    metric: Metric | None = None,
    groups: Array | None = None,
) -> np.ndarray:
    """Fit a copy of a model in every fold, and measure it on the samples that are held out.

    Whatever the model does to the data, such as standardising them, belongs into it (a pipeline):
    what is computed from all the data before leaks the held-out samples into the fit.

    Parameters
    ----------
    model : an estimator, ours or scikit-learn's
        It stays unfitted.
    X : array of shape (n, d), or whatever the model takes
    y : array of shape (n,)
    splitter : a splitter, ours or scikit-learn's, or an int
        A number K of folds, not shuffled: stratified for a classifier, as in scikit-learn.
    metric : function of the labels and the predictions, optional
        By default the model's own ``score``.
    groups : array of shape (n,), optional
        For splitters that keep groups together.

    Returns
    -------
    array of shape (F,)
        Cost: F fits.
    """
    return np.array(
        [
            _score(_fitted(model, X, y, fit), X, y, held, metric)
            for fit, held in _splits(splitter, model, X, y, groups)
        ]
    )


class Curve(NamedTuple):
    """Scores over m settings; F folds."""

    train: np.ndarray  # (F, m) on the samples that were fitted
    held: np.ndarray  # (F, m) on those that were held out


def validation_curve(
    model: Any,
    X: Array,
    y: Array,
    *,
    name: str,
    values: Sequence[Any],
    splitter: AnySplitter | int = 5,
    metric: Metric | None = None,
    groups: Array | None = None,
) -> Curve:
    """Score a model on both parts of every fold, over the values of one hyper-parameter.

    Parameters
    ----------
    name : str
        Of the parameter, as in ``model.set_params``.
    values : sequence of length m

    The others as in `cross_val_score`. Every setting sees the same folds. Cost: F · m fits.

    Raises
    ------
    ValueError
        For no values.
    """
    if len(values) == 0:
        raise ValueError("values must hold one value at least.")
    models = [clone(model).set_params(**{name: value}) for value in values]
    cells = [
        [_both_scores(one, X, y, fit, held, metric) for one in models]
        for fit, held in _splits(splitter, model, X, y, groups)
    ]
    return Curve(*np.moveaxis(np.array(cells), -1, 0))


def learning_curve(
    model: Any,
    X: Array,
    y: Array,
    *,
    sizes: Sequence[int],
    splitter: AnySplitter | int = 5,
    metric: Metric | None = None,
    groups: Array | None = None,
    random_state: RandomState = 0,
) -> Curve:
    """Score a model on both parts of every fold, fitted to more and more samples.

    In every fold the smaller sets are parts of the larger ones, drawn at random.

    Parameters
    ----------
    sizes : sequence of m int
        Numbers of samples to fit.

    The others as in `cross_val_score`. Cost: F · m fits.

    Raises
    ------
    ValueError
        For a size below 1, or above the samples that a fold leaves to fit.
    """
    rng, cells = _generator(random_state), []
    for fit, held in _splits(splitter, model, X, y, groups):
        order = rng.permutation(fit)
        for size in sizes:
            check_whole("each of sizes", size, 1, len(fit))
        cells.append([_both_scores(model, X, y, order[:size], held, metric) for size in sizes])
    return Curve(*np.moveaxis(np.array(cells), -1, 0))


def _both_scores(
    model: Any, X: Array, y: Array, fit: np.ndarray, held: np.ndarray, metric: Metric | None
) -> tuple[float, float]:
    fitted = _fitted(model, X, y, fit)
    return tuple(_score(fitted, X, y, rows, metric) for rows in (fit, held))


def _fitted(model: Any, X: Array, y: Array, rows: np.ndarray) -> Any:
    return clone(model).fit(_take(X, rows), _take(y, rows))


def _score(fitted: Any, X: Array, y: Array, rows: np.ndarray, metric: Metric | None) -> float:
    A, a = _take(X, rows), _take(y, rows)
    return float(fitted.score(A, a) if metric is None else metric(a, fitted.predict(A)))


# --- Choosing ----------------------------------------------------------------------------------


class Search(NamedTuple):
    """What `grid_search` finds among m settings; F folds."""

    settings: list[dict[str, Any]]  # m of them, in the order of the grid
    scores: np.ndarray  # (F, m)
    best: int  # the setting of the highest mean score, the first of equal ones
    at_edge: tuple[str, ...]  # parameters whose best value is the first or last of its list

    @property
    def best_setting(self) -> dict[str, Any]:
        """The chosen values by name."""
        return self.settings[self.best]


def grid_search(
    model: Any,
    grid: Mapping[str, Sequence[Any]],
    X: Array,
    y: Array,
    *,
    splitter: AnySplitter | int = 5,
    metric: Metric | None = None,
    groups: Array | None = None,
) -> Search:
    """Cross-validate a model with every combination of the values in a grid, on the same folds.

    The mean score of the best is no estimate of how well it will do: it is the highest of m, and
    so too high on average. `nested_cross_validation` estimates it.

    Parameters
    ----------
    grid : dict of sequences
        Values by the name of a parameter, as in ``model.set_params``. Of numbers in order, a best
        value at either end is named in ``at_edge``: beyond it may lie a better one.

    The others as in `cross_val_score`. Cost: F · m fits.

    Raises
    ------
    ValueError
        For a grid without a setting, and where a score is NaN: it can be neither best nor worst.
    """
    settings = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    if not settings or not grid:
        raise ValueError(f"grid must hold one value at least for each parameter, got {grid!r}.")
    models = [clone(model).set_params(**setting) for setting in settings]
    scores = np.array(
        [
            [_score(_fitted(one, X, y, fit), X, y, held, metric) for one in models]
            for fit, held in _splits(splitter, model, X, y, groups)
        ]
    )
    if np.isnan(scores).any():
        worst = settings[int(np.isnan(scores).any(axis=0).argmax())]
        raise ValueError(
            f"metric must give a number in every fold, got NaN for {worst!r}: say what it is worth "
            "where it is not defined, such as zero_division=0."
        )
    best = int(scores.mean(axis=0).argmax())
    return Search(settings, scores, best, _edges(grid, settings[best]))


def _edges(grid: Mapping[str, Sequence[Any]], setting: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parameters of three or more numbers whose value is the least or the largest."""
    return tuple(
        name
        for name, values in grid.items()
        if len(values) > 2
        and all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in values)
        and setting[name] in (min(values), max(values))
    )


class Nested(NamedTuple):
    """What `nested_cross_validation` finds; F outer folds."""

    scores: np.ndarray  # (F,) on samples that took no part in the choice
    best_inside: np.ndarray  # (F,) the mean score with which the chosen setting won: too high
    chosen: list[dict[str, Any]]  # F settings


def nested_cross_validation(
    model: Any,
    grid: Mapping[str, Sequence[Any]],
    X: Array,
    y: Array,
    *,
    outer: AnySplitter | int = 5,
    inner: AnySplitter | int = 5,
    metric: Metric | None = None,
    groups: Array | None = None,
) -> Nested:
    """Estimate how well a model does whose hyper-parameters a cross-validation chooses.

    In every outer fold `grid_search` sees the part to fit only, chooses, and the choice, fitted to
    that part, is measured on the samples held out. What is estimated is the whole procedure; its
    choice may differ from fold to fold.

    Parameters
    ----------
    outer, inner : splitters or ints
        For the estimate and for the choice. `groups` are kept together by both.

    The others as in `grid_search`. Cost: F · (F_inner · m + 1) fits.
    """
    scores, inside, chosen = [], [], []
    for fit, held in _splits(outer, model, X, y, groups):
        A, a = _take(X, fit), _take(y, fit)
        within = None if groups is None else _take(groups, fit)
        search = grid_search(model, grid, A, a, splitter=inner, metric=metric, groups=within)
        winner = _fitted(clone(model).set_params(**search.best_setting), X, y, fit)
        scores.append(_score(winner, X, y, held, metric))
        inside.append(search.scores.mean(axis=0)[search.best])
        chosen.append(search.best_setting)
    return Nested(np.array(scores), np.array(inside), chosen)


class Choice(NamedTuple):
    """What `one_standard_error` finds; m settings, the simplest last."""

    mean: np.ndarray  # (m,) over the folds
    spread: np.ndarray  # (m,) the standard error of the mean
    least: int  # the setting of the smallest mean error
    simplest: int  # the last setting whose mean error is within one standard error of it


def one_standard_error(errors: ArrayLike) -> Choice:
    """Choose among settings that grow simpler, by their errors in the folds of a cross-validation.

    Breiman, Friedman, Olshen and Stone (1984), *Classification and Regression Trees*, chapter 3.
    Folds share training samples, so that the standard error is a rough one.

    Parameters
    ----------
    errors : array of shape (F, m)
        A fold a row; a setting a column, the simplest last.

    Raises
    ------
    ValueError
        For fewer than two folds, and for errors that are NaN.

    Examples
    --------
    >>> choice = one_standard_error([[0.2, 0.1, 0.1, 0.4], [0.3, 0.1, 0.2, 0.5]])
    >>> choice.least, choice.simplest
    (1, 1)
    """
    errors = np.asarray(errors, dtype=float)
    if errors.ndim != 2 or len(errors) < 2:
        raise ValueError(
            "errors must have the shape (folds, settings), with two folds at least; got "
            f"{errors.shape}."
        )
    if np.isnan(errors).any():
        raise ValueError("errors must be numbers; found NaN.")
    mean = errors.mean(axis=0)
    spread = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    least = int(mean.argmin())
    within = mean <= mean[least] + spread[least]
    return Choice(mean, spread, least, int(np.flatnonzero(within)[-1]))


class Difference(NamedTuple):
    """What `paired_difference` finds."""

    mean: float
    error: float  # the standard error of the mean


def paired_difference(a: ArrayLike, b: ArrayLike, *, overlap: float = 0.0) -> Difference:
    """Mean difference a − b of two models that were measured on the same splits, and its error.

    What makes a split hard for both cancels in the difference. Splits of one data set share
    samples, so that their differences are not independent, and s/√F is too small an error. Nadeau
    and Bengio (2003), Machine Learning 52, 239–281, replace s²/F by s²(1/F + overlap).

    Parameters
    ----------
    a, b : arrays of shape (F,)
        Scores or errors, one for each split.
    overlap : float, default=0
        0 for independent repetitions, such as fresh data each time. For splits of one data set the
        number of samples held out over that of samples fitted: 1/(K − 1) for K folds.

    Raises
    ------
    ValueError
        For unequal shapes, fewer than two splits, or a negative overlap.

    Examples
    --------
    >>> paired_difference([3.0, 5.0, 4.0, 8.0], [2.0, 4.0, 4.0, 6.0])
    Difference(mean=1.0, error=0.408248290463863)
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.ndim != 1 or a.shape != b.shape or len(a) < 2:
        raise ValueError(
            f"a and b must have one shape (F,), with F ≥ 2 splits; got {a.shape} and {b.shape}."
        )
    overlap = check_number("overlap", overlap, least=0)
    variance = np.var(a - b, ddof=1) * (1 / len(a) + overlap)
    return Difference(float(np.mean(a - b)), math.sqrt(variance))


# --- Bias and variance ---------------------------------------------------------------------------


class BiasVariance(NamedTuple):
    """The parts of the expected squared error at each of m points."""

    bias2: np.ndarray  # (m,) (mean prediction − truth)²
    variance: np.ndarray  # (m,) of the prediction over the training sets
    noise: float  # the variance of a label around the truth

    @property
    def error(self) -> float:
        """The sum of all parts, in the mean over the points."""
        return float(np.mean(self.bias2) + np.mean(self.variance) + self.noise)


def bias_variance(predictions: ArrayLike, truth: ArrayLike, *, noise: float = 0.0) -> BiasVariance:
    """Divide the expected squared error of a learner into bias², variance and noise.

    Only where the truth is known: a planted function. Of R training sets the mean prediction is
    off by chance, too, by variance/R on average; this is taken from bias², which may come out
    slightly negative at single points.

    Parameters
    ----------
    predictions : array of shape (R, m)
        At m points, by the same learner fitted to R independent training sets.
    truth : array of shape (m,)
    noise : float, default=0
        The variance of the labels around the truth.

    Raises
    ------
    ValueError
        For other shapes, or fewer than two training sets.

    Examples
    --------
    >>> parts = bias_variance([[2.0], [3.0], [4.0]], [1.0], noise=0.5)
    >>> parts.bias2.round(3), parts.variance, round(parts.error, 3)
    (array([3.667]), array([1.]), 5.167)
    """
    predictions, truth = np.asarray(predictions, dtype=float), np.asarray(truth, dtype=float)
    if predictions.ndim != 2 or len(predictions) < 2 or predictions.shape[1:] != truth.shape:
        raise ValueError(
            "predictions and truth must have the shapes (R, m) and (m,) with R ≥ 2, got "
            f"{predictions.shape} and {truth.shape}."
        )
    noise = check_number("noise", noise, least=0)
    variance = predictions.var(axis=0, ddof=1)
    bias2 = (predictions.mean(axis=0) - truth) ** 2 - variance / len(predictions)
    return BiasVariance(bias2, variance, noise)


# --- Rows ----------------------------------------------------------------------------------------


def _take(A: Any, rows: np.ndarray) -> Any:
    """Take rows of an array, tensor, data frame, sparse matrix or list by their indices (m,)."""
    if hasattr(A, "iloc"):
        return A.iloc[rows]
    if is_array_api_obj(A):
        return take_rows(A, rows)
    return A[rows] if hasattr(A, "shape") else [A[row] for row in rows]


def _same_length(*arrays: Any) -> int:
    lengths = {a.shape[0] if hasattr(a, "shape") else len(a) for a in arrays}
    if len(lengths) > 1:
        raise ValueError(f"all arrays must have one length, got {sorted(lengths)}.")
    return lengths.pop()


def _generator(random_state: RandomState) -> np.random.RandomState:
    """Return a generator: a new one for a seed or None, never NumPy's global one."""
    return np.random.RandomState() if random_state is None else check_random_state(random_state)


def _splits(
    splitter: AnySplitter | int, model: Any, X: Array, y: Array, groups: Array | None
) -> Iterator[Split]:
    _same_length(X, y)
    if isinstance(splitter, int | np.integer):
        splitter = (StratifiedKFold if is_classifier(model) else KFold)(int(splitter))
    if not hasattr(splitter, "split"):
        raise TypeError(f"splitter must be a number of folds or have `split`, got {splitter!r}.")
    host = to_numpy(y)
    where = np.zeros((_same_length(X), 1))  # a splitter asks X for its length only
    return splitter.split(where, host, None if groups is None else to_numpy(groups))
