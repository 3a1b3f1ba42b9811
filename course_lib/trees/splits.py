"""The best cut of every node of one level of a tree, in two ways.

A cut sends the samples with x ≤ threshold to the left. For every feature and node, both ways add up
the channels of `criteria` from the smallest value to the largest; each partial sum is the left part
of one cut, and the criterion turns all of them into decreases of the impurity at once.

    k          nodes of the level that may still be split; a *slot* is a node's number among them
    rows (m,)  the samples in these nodes, node by node
    gains (d, k)  the largest decrease that each feature reaches in each node, −inf without any cut

`SortedSearch` looks at every cut between two different values. It sorts each feature once, and
keeps every node's samples together and in order from level to level by a stable sort of their
slots: O(d n) a level, after O(d n log n) once. `HistogramSearch` looks only at the cuts between
bins. Each *pair* of a feature and a node has a *cell* for every bin, and one `bincount` adds up
what falls into the cells of several features, O(d n) a level, with far less moving about. Deep in
a tree most cells are empty, and only the others are looked at.

The trees of a forest look at m features in each node, those of the smallest lots; `best` then
leaves out the others' work. All trees share one sorting or binning of X, through `anew`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from course_lib.estimator import blocks
from course_lib.trees.criteria import Criterion
from course_lib.trees.impurity import Impurity, entropy

AT_ONCE = 2**16
"""About so many codes are looked at in one go: few calls for small levels, and arrays that fit the
cache for large ones."""


@dataclass
class Level:
    """The nodes to be split and their samples.

    `slack` is how far below the best a decrease may be and still count as equal to it: rounding
    must not decide between cuts that are equally good. `min_size` and `min_weight` are what each
    side of a cut must keep.
    """

    rows: np.ndarray  # (m,)
    starts: np.ndarray  # (k,) where each node begins in rows
    weight: np.ndarray  # (k,)
    channels: np.ndarray  # (C, n)
    criterion: Criterion
    slack: np.ndarray  # (k,)
    min_size: int = 1
    min_weight: float = 0.0

    @property
    def k(self) -> int:
        """The number of nodes."""
        return len(self.starts)

    @cached_property
    def sizes(self) -> np.ndarray:
        """The number of samples in each node, (k,)."""
        return sizes_of(self.starts, len(self.rows))

    @cached_property
    def slots(self) -> np.ndarray:
        """The node of each row, (m,)."""
        return np.arange(self.k).repeat(self.sizes)

    def part(self, which: np.ndarray) -> Level:
        """Return the level of some of its nodes, a mask (k,)."""
        sizes = self.sizes[which]
        return replace(
            self,
            rows=self.rows[which.repeat(self.sizes)],
            starts=np.cumsum(sizes) - sizes,
            weight=self.weight[which],
            slack=self.slack[which],
        )

    @cached_property
    def totals(self) -> np.ndarray:
        """Sums of the channels over each node, (C, k)."""
        return np.add.reduceat(self.channels[:, self.rows], self.starts, axis=1)


def sizes_of(starts: np.ndarray, end: int) -> np.ndarray:
    """Return how long groups are from where they begin, (k,), and the end of the last; (k,).

    It is ``np.diff(starts, append=end)`` in a third of the time: the calls are many, and short.
    """
    sizes = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=sizes[:-1])
    sizes[-1] = end - starts[-1]
    return sizes


class SortedSearch:
    """Every cut between two different values of a feature.

    Parameters
    ----------
    X : array of shape (n, d)
    """

    def __init__(self, X: np.ndarray):
        self.columns = np.ascontiguousarray(X.T)  # (d, n)
        self.orders = [np.argsort(x) for x in self.columns]  # d times (m,)
        self._whole = True

    def anew(self) -> SortedSearch:
        """Return a search for another tree on the same samples: nothing is sorted again."""
        other = copy.copy(self)
        other.orders, other._whole = list(self.orders), True
        return other

    def gains(self, level: Level) -> np.ndarray:
        """Return the best decrease of every feature in every node, (d, k)."""
        self._follow(level)
        sums = _Sums(level)
        best = np.empty((len(self.columns), level.k))
        for f, (column, order) in enumerate(zip(self.columns, self.orders, strict=True)):
            decrease = sums.decrease(column.take(order), order)
            np.maximum.reduceat(decrease, level.starts, out=best[f])
        return best

    def best(
        self, level: Level, lots: np.ndarray | None = None, m: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the best feature of every node, (k,), and its decrease (k,).

        Of the d features those with the m smallest of the lots (d, k) are looked at in a node; if
        none of these can be cut there, the one of the smallest lot that can. All without lots.
        """
        each = np.arange(level.k)
        if lots is None:
            gains = self.gains(level)
            best = choose(gains, level.slack)
            return best, gains[best, each]
        self._follow(level)
        drawn = lots <= np.partition(lots, m - 1, axis=0)[m - 1]  # (d, k)
        gains = self._gains_of_some(level, drawn)
        best = choose(gains, level.slack)
        if (uncut := gains.max(axis=0) == -np.inf).any():
            gains[:, uncut] = self._gains_of_some(level, ~drawn & uncut)[:, uncut]
            best[uncut] = luckiest(gains[:, uncut], lots[:, uncut])
        return best, gains[best, each]

    def _gains_of_some(self, level: Level, which: np.ndarray) -> np.ndarray:
        """Return the best decreases (d, k) of some features in some nodes, −inf in the others."""
        gains = np.full(which.shape, -np.inf)
        for f in np.flatnonzero(which.any(axis=1)):
            nodes = which[f]
            part, order = level.part(nodes), self.orders[f][nodes.repeat(level.sizes)]
            decrease = _Sums(part).decrease(self.columns[f].take(order), order)
            gains[f, nodes] = np.maximum.reduceat(decrease, part.starts)
        return gains

    def thresholds(self, level: Level, features: np.ndarray) -> np.ndarray:
        """Return the best cut of one feature a node, (k,): halfway between the values beside it."""
        f = features.repeat(level.sizes)  # (m,)
        order = np.stack(self.orders)[f, np.arange(len(f))]
        x = self.columns[f, order]
        at = _first_best(_Sums(level).decrease(x, order), level)
        return _halfway(x[at], x[at + 1])

    def _follow(self, level: Level) -> None:
        """Bring every feature's order to the level: its rows, node by node, each in order."""
        n = self.columns.shape[1]
        if self._whole and level.k == 1 and len(level.rows) == n:
            return  # the root holds every sample
        self._whole = False
        slot = np.full(n, level.k, dtype=np.uint16 if level.k < 65_535 else np.intp)
        slot[level.rows] = level.slots
        m = len(level.rows)
        for f, order in enumerate(self.orders):
            moved = np.argsort(slot.take(order), kind="stable")[:m]  # 16-bit keys: a radix sort
            self.orders[f] = order.take(moved)


class _Sums:
    """What the samples of a level add up to, when each node's are put in any order."""

    def __init__(self, level: Level):
        self.level, sizes = level, level.sizes
        T = level.totals
        rank = np.arange(1, len(level.rows) + 1) - level.starts.repeat(sizes)  # 1 … size
        self.T, self.W = T.repeat(sizes, axis=1), level.weight.repeat(sizes)  # (C, m), (m,)
        self.before = (np.cumsum(T, axis=1) - T).repeat(sizes, axis=1)  # the nodes to the left
        self.weight_before = (np.cumsum(level.weight) - level.weight).repeat(sizes)
        self.size = rank
        left_out = sizes.repeat(sizes) - rank
        self.closed = (rank < level.min_size) | (left_out < level.min_size)
        self.ends = level.starts + sizes - 1

    def decrease(self, x: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Return the decrease (m,) of the cut after each sample, −inf where none is allowed."""
        level, weights = self.level, self.level.criterion.weights
        S = np.cumsum(level.channels.take(order, axis=1), axis=1)  # (C, m)
        S -= self.before
        closed = self.closed
        if weights is None:
            L = self.size
        else:
            L = np.cumsum(weights.take(order)) - self.weight_before
            lighter = np.minimum(L, self.W - L)  # 0 where a weight is lost beside heavy ones
            closed = closed | (lighter < level.min_weight) | (lighter <= 0)
        with np.errstate(divide="ignore", invalid="ignore"):  # at a node's end, which is closed
            decrease = level.criterion.decrease(S, L, self.T, self.W)
        decrease[closed] = -np.inf
        decrease[:-1][x[1:] <= x[:-1]] = -np.inf
        decrease[self.ends] = -np.inf
        return decrease


def _first_best(decrease: np.ndarray, level: Level) -> np.ndarray:
    """Return the place of each node's largest decrease, the first if there are several, (k,)."""
    enough = np.maximum.reduceat(decrease, level.starts) - level.slack
    hits = np.flatnonzero(decrease >= enough.repeat(level.sizes))
    return hits[np.searchsorted(hits, level.starts)]


def _halfway(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return thresholds t with low ≤ t < high, whatever the rounding."""
    middle = low / 2 + high / 2  # the sum could overflow
    return np.where((low <= middle) & (middle < high), middle, low)


class HistogramSearch:
    """The cuts between bins of a feature.

    Parameters
    ----------
    codes : array of shape (d, n), unsigned integers
        The bin of every value.
    edges : sequence of d arrays
        A feature's cuts in increasing order: x ≤ edges[j] exactly if its bin is at most j.
    """

    def __init__(self, codes: np.ndarray, edges: list[np.ndarray]):
        self.codes, self.bins = codes, 1 + max(len(cuts) for cuts in edges)
        self.cuts = np.full((len(edges), self.bins), np.nan)  # a row is filled as far as it goes
        for row, cuts in zip(self.cuts, edges, strict=True):
            row[: len(cuts)] = cuts

    def anew(self) -> HistogramSearch:
        """Return a search for another tree on the same samples: nothing is binned again."""
        return copy.copy(self)

    def best(
        self, level: Level, lots: np.ndarray | None = None, m: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the best feature of every node, (k,), and its decrease (k,).

        Of the d features those with the m smallest of the lots (d, k) are looked at in a node; if
        none of these can be cut there, the one of the smallest lot that can. All without lots.
        """
        every = np.arange(len(self.codes))[:, None]  # (d, 1)
        if lots is None:
            gains, cuts = self._search(level, every)
            best, each = choose(gains, level.slack), np.arange(level.k)
            self._thresholds = cuts[best, each]
            return best, gains[best, each]
        drawn = np.sort(lots.argpartition(m - 1, axis=0)[:m], axis=0)  # (m, k)
        gains, cuts = self._search(level, drawn)
        at, each = choose(gains, level.slack), np.arange(level.k)
        feature, gain, self._thresholds = drawn[at, each], gains[at, each], cuts[at, each]
        if (uncut := gain == -np.inf).any():
            gains, cuts = self._search(level.part(uncut), every)
            at, each = luckiest(gains, lots[:, uncut]), np.arange(gains.shape[1])
            feature[uncut], gain[uncut] = at, gains[at, each]
            self._thresholds[uncut] = cuts[at, each]
        return feature, gain

    def thresholds(self, level: Level, features: np.ndarray) -> np.ndarray:
        """Return the best cut of the best feature of each node, (k,), as `best` found it."""
        return self._thresholds

    def _search(self, level: Level, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Search the features (m, k), or (m, 1) for the same in every node.

        Returns their best decreases (m, k), and where to cut for them (m, k).
        """
        size = max(len(level.rows), level.k * self.bins // 16)  # empty cells cost, too
        at_once = max(1, AT_ONCE // size)
        parts = [
            self._search_block(level, features[some]) for some in blocks(len(features), at_once)
        ]
        gains, cuts = (np.concatenate(one) for one in zip(*parts, strict=True))
        return gains, cuts

    def _search_block(self, level: Level, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Search a few features at once: every pair of a feature and a node has its own cells."""
        pairs = len(features) * level.k
        first = self.bins * np.arange(pairs).reshape(-1, level.k)  # (m, k) its first cell
        if features.shape[1] == 1:
            codes = self.codes[features[:, 0]].take(level.rows, axis=1)  # (m, rows)
        else:
            n = self.codes.shape[1]
            codes = self.codes.ravel().take((n * features).repeat(level.sizes, axis=1) + level.rows)
        cells = first.repeat(level.sizes, axis=1) + codes
        filled, starts, decrease = self._decrease(level, cells, pairs)
        gains = np.maximum.reduceat(decrease, starts)  # (pairs,)
        enough = gains - np.tile(level.slack, len(features))
        sizes = sizes_of(starts, len(filled))
        hits = np.flatnonzero(decrease >= enough.repeat(sizes))
        at = filled[hits[np.searchsorted(hits, starts)]].reshape(first.shape) - first
        return gains.reshape(first.shape), self.cuts[features, at]

    def _decrease(
        self, level: Level, cells: np.ndarray, pairs: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the decrease of the cut after each cell that holds a sample.

        Returns these cells (c,), where those of each pair begin (pairs,), and the decreases (c,).
        """
        filled, N, L, S = self._sums(level, cells, pairs * self.bins)
        pair = filled // self.bins
        starts = np.searchsorted(pair, np.arange(pairs))
        sizes = sizes_of(starts, len(filled))
        slot = pair % level.k
        L, S = (_running(one, starts, sizes) for one in (L, S))
        W, T = level.weight[slot], level.totals[:, slot]
        with np.errstate(divide="ignore", invalid="ignore"):  # at a node's end, which is closed
            decrease = level.criterion.decrease(S, L, T, W)
        decrease[starts + sizes - 1] = -np.inf
        if level.min_size > 1:
            N = _running(N, starts, sizes)
            decrease[np.minimum(N, level.sizes[slot] - N) < level.min_size] = -np.inf
        lighter = np.minimum(L, W - L)  # 0 where a weight is lost beside heavy ones
        decrease[(lighter < level.min_weight) | (lighter <= 0)] = -np.inf
        return filled, starts, decrease

    @staticmethod
    def _sums(level: Level, cells: np.ndarray, n_cells: int) -> tuple[np.ndarray, ...]:
        """Return the cells that hold a sample, (c,), and what they hold: N, L (c,) and S (C, c).

        N, the number of samples, is counted only where it is asked for.
        """
        filled = None
        if n_cells > cells.size:  # most cells are empty: only the others get a number
            filled = np.flatnonzero(np.bincount(cells.ravel(), minlength=n_cells))
            number = np.empty(n_cells, dtype=np.intp)
            number[filled] = np.arange(len(filled))
            cells, n_cells = number.take(cells), len(filled)
        L, S = level.criterion.histogram(level.rows, cells, n_cells)
        N = L
        if level.min_size > 1 and level.criterion.weights is not None:
            N = np.bincount(cells.ravel(), minlength=n_cells)
        if filled is None:
            filled = np.flatnonzero(L)
            N, L, S = N[filled], L[filled], S[:, filled]
        return filled, N, L, S


def _running(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Add up values (..., c) from the start of each group of `sizes`, (..., c)."""
    total = np.cumsum(values, axis=-1)
    return total - (total[..., starts] - values[..., starts]).repeat(sizes, axis=-1)


def choose(gains: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """Return the first row of gains (m, k) that reaches the best of its column, (k,)."""
    return (gains >= gains.max(axis=0) - slack).argmax(axis=0)


def luckiest(gains: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """Return the feature of the smallest lot (d, k) among those that can be cut, (k,)."""
    return np.where(gains > -np.inf, lots, np.inf).argmin(axis=0)


def new_search(
    splitter: str, X: np.ndarray, max_bins: int, weights: np.ndarray | None
) -> SortedSearch | HistogramSearch:
    """Return the search of a splitter, "exact" or "histogram", on X (n, d); for `make_bins`."""
    if splitter == "exact":
        return SortedSearch(X)
    return HistogramSearch(*make_bins(X, max_bins, weights))


def make_bins(
    X: np.ndarray, max_bins: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Sort every feature's values into at most `max_bins` bins of nearly equal weight.

    Parameters
    ----------
    X : array of shape (n, d)
    max_bins : int
        2 to 65536. A feature with no more different values keeps each of them in its own bin.
    weights : array of shape (n,), optional

    Returns
    -------
    codes : array of shape (d, n), uint8 or uint16
    edges : list of d arrays
        See `HistogramSearch`. Each edge is halfway between two neighbouring values.
    """
    codes = np.empty(X.shape[::-1], dtype=np.uint8 if max_bins <= 256 else np.uint16)
    edges = []
    for f, x in enumerate(np.ascontiguousarray(X.T)):
        order = np.argsort(x)
        value = x[order]  # (n,)
        last = np.append(value[1:] > value[:-1], True)  # the last sample of each value
        mass = np.cumsum(np.ones(len(x)) if weights is None else weights[order])[last]
        kept = _quantiles(mass, max_bins)  # (bins − 1,) numbers among the different values
        different = value[last]
        edges.append(_halfway(different[kept], different[kept + 1]))
        sizes = np.diff(np.searchsorted(value, edges[f], side="right"), prepend=0, append=len(x))
        codes[f, order] = np.arange(len(sizes)).repeat(sizes)
    return codes, edges


def _quantiles(mass: np.ndarray, max_bins: int) -> np.ndarray:
    """Choose after which of the values to cut, when `mass` is the weight up to each value."""
    if len(mass) <= max_bins:
        return np.arange(len(mass) - 1)
    wanted = mass[-1] * np.arange(1, max_bins) / max_bins
    nearest = np.searchsorted((mass[:-1] + mass[1:]) / 2, wanted)
    return np.unique(np.minimum(nearest, len(mass) - 2))


def gains_of_cuts(
    x: ArrayLike, y: ArrayLike, cuts: ArrayLike | None = None, impurity: Impurity = entropy
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cuts of one feature and the gain of each, by any impurity.

    Parameters
    ----------
    x : array of shape (n,)
    y : array of shape (n,)
        Class numbers 0 … K − 1.
    cuts : array of shape (c,), optional
        Halfway between neighbouring different values by default.
    impurity : callable, default=entropy
        Takes counts (..., K) and returns impurities (...).

    Returns
    -------
    cuts, gains : arrays of shape (c,)
        Cost: O(c n K).

    Examples
    --------
    >>> cuts, gains = gains_of_cuts([1.0, 2.0, 4.0, 5.0], [0, 0, 1, 1])
    >>> cuts, gains.round(3)
    (array([1.5, 3. , 4.5]), array([0.311, 1.   , 0.311]))
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    values = np.unique(x)
    cuts = (values[1:] + values[:-1]) / 2 if cuts is None else np.asarray(cuts, dtype=float)
    one_hot = y[:, None] == np.arange(y.max() + 1)  # (n, K)
    left = (x[None, :] <= cuts[:, None]).astype(float) @ one_hot  # (c, K)
    total = one_hot.sum(axis=0)
    share = left.sum(axis=1) / len(x)
    after = share * impurity(left) + (1 - share) * impurity(total - left)
    return cuts, impurity(total) - after
