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
bins: one `bincount` a feature over (class, node, bin) adds up a level, O(d n), with far less
moving about.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from course_lib.trees.criteria import Criterion
from course_lib.trees.impurity import Impurity, entropy


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

    @property
    def sizes(self) -> np.ndarray:
        """The number of samples in each node, (k,)."""
        return np.diff(self.starts, append=len(self.rows))

    @property
    def slots(self) -> np.ndarray:
        """The node of each row, (m,)."""
        return np.arange(self.k).repeat(self.sizes)

    def totals(self) -> np.ndarray:
        """Sums of the channels over each node, (C, k)."""
        return np.add.reduceat(self.channels[:, self.rows], self.starts, axis=1)


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

    def gains(self, level: Level) -> np.ndarray:
        """Return the best decrease of every feature in every node, (d, k)."""
        self._follow(level)
        sums = _Sums(level)
        best = np.empty((len(self.columns), level.k))
        for f, (column, order) in enumerate(zip(self.columns, self.orders, strict=True)):
            decrease = sums.decrease(column.take(order), order)
            np.maximum.reduceat(decrease, level.starts, out=best[f])
        return best

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
        T = level.totals()
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
        self.codes, self.edges = codes, edges
        self._cuts = np.empty((len(edges), 0))

    def gains(self, level: Level) -> np.ndarray:
        """Return the best decrease of every feature in every node, (d, k)."""
        best = np.full((len(self.edges), level.k), -np.inf)
        self._cuts = np.zeros(best.shape)
        T, slots = level.totals()[:, :, None], level.slots
        for f, (code, edges) in enumerate(zip(self.codes, self.edges, strict=True)):
            if not len(edges):  # a constant feature
                continue
            bins = len(edges) + 1
            decrease = self._decrease(level, slots * bins + code.take(level.rows), bins, T)
            best[f] = decrease.max(axis=1)
            at = (decrease >= (best[f] - level.slack)[:, None]).argmax(axis=1)  # (k,) the first
            self._cuts[f] = edges[at]
        return best

    def thresholds(self, level: Level, features: np.ndarray) -> np.ndarray:
        """Return the best cut of one feature a node, (k,), as `gains` found it."""
        return self._cuts[features, np.arange(level.k)]

    @staticmethod
    def _decrease(level: Level, cells: np.ndarray, bins: int, T: np.ndarray) -> np.ndarray:
        """Return the decrease of the cut after each bin but the last, (k, bins − 1)."""
        N, L, S = level.criterion.histogram(level.rows, cells, level.k * bins)
        sums = [np.cumsum(h.reshape(-1, level.k, bins), axis=2)[:, :, :-1] for h in (N, L, S)]
        (N,), (L,), S = sums
        W = level.weight[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):  # at an empty side, which is closed
            decrease = level.criterion.decrease(S, L, T, W)
        closed = np.minimum(N, level.sizes[:, None] - N) < level.min_size
        if level.min_weight > 0:
            closed |= np.minimum(L, W - L) < level.min_weight
        decrease[closed] = -np.inf
        return decrease


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
