"""Small regression trees on ever new targets over the same inputs, as gradient boosting needs them.

Symbols
    X     (n, d)        inputs
    w     (n,)          weights of the samples, or None if all are 1
    r     (n,)          the targets of one tree
    codes (d, n)        the bin of every value, from 0 to B − 1
    H     (3, k, d, B)  histograms of k nodes: number of samples in each bin, their weight, Σ w r
    rows  (m,)          the samples in the nodes of a level, node by node

What depends on the inputs alone is done once: sorting every feature, or binning it. With bins, a
tree is grown from histograms. The histogram of a node is the sum of those of its two children: only
that of the smaller child is counted, and the larger one's is what is left (the subtraction trick).
So a level below the root takes half a pass over the data at most. Counting is a product with a
sparse matrix that has a 1 for each sample and the bin of each of its values.
"""

from __future__ import annotations

import copy
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from course_lib.trees.criteria import Nodes, SquaredError
from course_lib.trees.growth import ROUNDING, Limits, Record, grow
from course_lib.trees.splits import HistogramSearch, SortedSearch, make_bins
from course_lib.trees.tree import Tree

DEEP = 8
"""Deeper trees have so many nodes that keeping the histograms of a level is no gain."""

SAME = 1e-13
"""Targets whose squared error is a smaller share of their squares are all the same."""


class Grower(Protocol):
    """Grows trees on the same inputs again and again."""

    def grow(self, r: np.ndarray, rows: np.ndarray | None = None) -> tuple[Tree, np.ndarray]:
        """Grow a tree on targets r (n,), on some rows only if they are given.

        Returns the tree and the node that each of the n samples falls into, (n,).
        """


def make_grower(
    X: np.ndarray, w: np.ndarray | None, limits: Limits, splitter: str, max_bins: int
) -> Grower:
    """Return what grows trees on X (n, d) and w (n,) within depth and samples of a leaf.

    `limits` must say nothing else; `splitter` is "exact" or "histogram".
    """
    if splitter == "exact":
        return _LevelByLevel(X, w, limits, SortedSearch(X))
    codes, edges = make_bins(X, max_bins, w)
    if limits.max_depth > DEEP:
        return _LevelByLevel(X, w, limits, HistogramSearch(codes, edges))
    return HistogramGrower(X, w, limits, codes, edges)


class _LevelByLevel:
    """Grows as the decision trees do."""

    def __init__(
        self,
        X: np.ndarray,
        w: np.ndarray | None,
        limits: Limits,
        search: SortedSearch | HistogramSearch,
    ):
        self.X, self.w, self.limits, self.search = X, w, limits, search

    def grow(self, r: np.ndarray, rows: np.ndarray | None = None) -> tuple[Tree, np.ndarray]:
        """Grow a tree on targets r (n,), see `Grower`."""
        search = copy.copy(self.search)
        if isinstance(search, SortedSearch):
            search.orders = list(search.orders)  # they follow the rows down the tree
        tree = grow(self.X, SquaredError(r, self.w), search, self.limits, rows=rows)
        return tree, tree.apply(self.X)


class HistogramGrower:
    """Grows from histograms, of which every second one is counted."""

    def __init__(
        self,
        X: np.ndarray,
        w: np.ndarray | None,
        limits: Limits,
        codes: np.ndarray,
        edges: list[np.ndarray],
    ):
        self.X, self.w, self.limits, self.edges = X, w, limits, edges
        self.columns = np.ascontiguousarray(X.T)  # (d, n): a feature's values side by side
        self.d, self.B = len(edges), 1 + max(1, *(len(one) for one in edges))
        first = self.B * np.arange(self.d)  # where each feature's bins begin
        largest = max(codes.size, 2**DEEP * self.d * self.B)
        whole = np.int32 if largest < 2**31 else np.int64
        self.cells = np.ascontiguousarray(codes.T + first, dtype=whole)  # (n, d)
        self.ends = np.arange(0, codes.size + 1, self.d, dtype=whole)  # (n + 1,)
        self.ones = np.ones(codes.size)
        self.everything, self.whole = np.arange(len(X)), self._marks(self.cells, 1)
        fixed = [np.ones(len(X))] if w is None else [np.ones(len(X)), w]
        self.fixed = self._sums(self.whole, np.column_stack(fixed))

    def grow(self, r: np.ndarray, rows: np.ndarray | None = None) -> tuple[Tree, np.ndarray]:
        """Grow a tree on targets r (n,), see `Grower`."""
        v = r if self.w is None else self.w * r  # (n,)
        level = _Level(self.everything if rows is None else rows, np.zeros(1, dtype=np.intp))
        H, record, node = None, Record(), np.empty(len(r), dtype=np.intp)
        for depth in range(len(r)):
            nodes = self._nodes(level, r, v)
            ids = record.add(nodes)
            node[level.rows] = ids.repeat(level.sizes)
            may = ~nodes.pure & (nodes.size >= 2 * self.limits.min_samples_leaf)
            if depth == self.limits.max_depth or not may.any():
                break
            H = self._root(level, v, rows is None) if H is None else self._below(H, level, v)
            gain, feature, cut = self._best(H, nodes)
            split = may & (gain > -np.inf)
            if not split.any():
                break
            cuts = zip(feature, cut, split, strict=True)  # a node that stays whole may name no edge
            threshold = np.array([self.edges[f][b] if cuts_it else 0.0 for f, b, cuts_it in cuts])
            level, beside = _children(self.columns, level, feature, threshold, split)
            record.split(ids[split], feature[split], threshold[split], *beside)
            H = H[:, split]
        tree = record.tree()
        return tree, node if rows is None else tree.apply(self.X)

    def _nodes(self, level: _Level, r: np.ndarray, v: np.ndarray) -> Nodes:
        """Describe the nodes of a level."""
        rows, starts, size = level.rows, level.starts, level.sizes
        W = size if self.w is None else np.add.reduceat(self.w[rows], starts)
        v, r = v[rows], r[rows]
        T, square = np.add.reduceat(v, starts), np.add.reduceat(v * r, starts)
        error = square - T * T / W
        pure = error <= SAME * square
        return Nodes(size, W, (T / W)[:, None], np.maximum(error / W, 0), pure)

    def _best(self, H: np.ndarray, nodes: Nodes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the gain, the feature and the last bin on the left of each node's best cut."""
        N, *L, S = np.cumsum(H, axis=3)[..., :-1]  # (k, d, B − 1) each
        W, size = (a[:, None, None] for a in (nodes.weight, nodes.size))
        T = W * nodes.value[:, :, None]
        with np.errstate(divide="ignore", invalid="ignore"):  # at an empty side, which is closed
            decrease = SquaredError.decrease(S[None], L[0] if L else N, T[None], W)
        decrease[np.minimum(N, size - N) < self.limits.min_samples_leaf] = -np.inf
        slack = ROUNDING * nodes.weight * nodes.impurity
        best, k = decrease.max(axis=2), np.arange(len(slack))  # (k, d)
        feature = (best >= (best.max(axis=1) - slack)[:, None]).argmax(axis=1)
        gain = best[k, feature]
        return gain, feature, (decrease[k, feature] >= (gain - slack)[:, None]).argmax(axis=1)

    # --- histograms ---------------------------------------------------------------------------

    def _root(self, level: _Level, v: np.ndarray, whole: bool) -> np.ndarray:
        """Return the histograms of the root, which may hold all samples."""
        if whole:
            return np.concatenate([self.fixed, self._sums(self.whole, v[:, None])])
        return self._count(level.rows, np.zeros(1, dtype=np.intp), v)

    def _below(self, H: np.ndarray, level: _Level, v: np.ndarray) -> np.ndarray:
        """Return the histograms of all children, (…, 2k, d, B), from those of their k parents."""
        pairs = 2 * np.arange(H.shape[1])  # the left children
        small = pairs + (level.sizes[1::2] < level.sizes[::2])
        counted = np.zeros(2 * len(pairs), dtype=bool)
        counted[small] = True
        rows = level.rows[counted.repeat(level.sizes)]
        of_small = self._count(rows, level.sizes[small], v)
        out = np.empty((len(H), 2 * len(pairs), self.d, self.B))
        out[:, small], out[:, small ^ 1] = of_small, H - of_small
        return out

    def _count(self, rows: np.ndarray, sizes: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the histograms of k nodes, one after the other in the rows (m,), by counting."""
        cells, k = self.cells[rows], len(sizes)  # (m, d)
        if k > 1:
            first = np.arange(k, dtype=cells.dtype) * (self.d * self.B)  # of each node
            cells += first.repeat(sizes)[:, None]
        values = [np.ones(len(rows)), v[rows]]
        if self.w is not None:
            values.insert(1, self.w[rows])
        return self._sums(self._marks(cells, k), np.column_stack(values))

    def _marks(self, cells: np.ndarray, k: int) -> csr_array:
        """Return the matrix (m, kdB) that has a 1 for each of the cells (m, d) of a sample."""
        parts = (self.ones[: cells.size], cells.ravel(), self.ends[: len(cells) + 1])
        return csr_array(parts, shape=(len(cells), k * self.d * self.B))

    def _sums(self, marks: csr_array, values: np.ndarray) -> np.ndarray:
        """Add up values (m, C) of the samples in each cell, (C, k, d, B)."""
        sums = np.ascontiguousarray((marks.T @ values).T)
        return sums.reshape(values.shape[1], -1, self.d, self.B)


class _Level:
    """The nodes of a level: node i has the samples rows[starts[i] : starts[i + 1]]."""

    def __init__(self, rows: np.ndarray, starts: np.ndarray):
        self.rows, self.starts = rows, starts
        self.sizes = np.diff(starts, append=len(rows))


def _children(
    columns: np.ndarray,
    level: _Level,
    feature: np.ndarray,
    threshold: np.ndarray,
    split: np.ndarray,
) -> tuple[_Level, tuple[np.ndarray, np.ndarray]]:
    """Return the children of the k nodes that are split, left before right.

    With them go the two values beside each cut, (k,) twice; `columns` is X turned over, (d, n).
    """
    rows, sizes = level.rows, level.sizes[split]
    if not split.all():
        rows = rows[split.repeat(level.sizes)]
    ends = np.cumsum(sizes)
    starts, cuts = ends - sizes, threshold[split]
    spans = zip(feature[split], starts, ends, strict=True)
    x = np.concatenate([columns[f].take(rows[start:end]) for f, start, end in spans])  # (m,)
    to_right = x > cuts.repeat(sizes)
    below = np.maximum.reduceat(np.where(to_right, -np.inf, x), starts)
    above = np.minimum.reduceat(np.where(to_right, x, np.inf), starts)
    short = np.min_scalar_type(2 * len(sizes))  # such keys sort fastest
    child = np.arange(0, 2 * len(sizes), 2, dtype=short).repeat(sizes) + to_right
    right = np.add.reduceat(to_right, starts, dtype=np.intp)
    of_children = np.column_stack([sizes - right, right]).ravel()  # (2k,)
    rows = rows[np.argsort(child, kind="stable")]
    return _Level(rows, np.cumsum(of_children) - of_children), (below, above)
