"""Growing a tree from the root down, a whole level at a time.

Greedy: every node takes the cut that lowers the impurity most right now, and no cut is ever taken
back. All nodes of a level are searched together, so that the work of a level is a few operations on
long arrays, however many nodes it has.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from course_lib.trees.criteria import Criterion, Nodes
from course_lib.trees.splits import Level
from course_lib.trees.tree import LEAF, Tree

ROUNDING = 1e-10
"""Gains that differ by less than this part of their node's impurity are the same gain."""


class Search(Protocol):
    """A way to find cuts, see `splits`."""

    def best(
        self, level: Level, lots: np.ndarray | None, m: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the best feature of every node, (k,), and its decrease (k,), −inf without a cut.

        Looks at the m features of the smallest lots (d, k) in every node, at all if there are none.
        """

    def thresholds(self, level: Level, features: np.ndarray) -> np.ndarray:
        """Return the best cut of the best feature of each node, (k,)."""


@dataclass(frozen=True)
class Limits:
    """Where growing stops.

    `min_weight_leaf` is a weight, not a fraction. `min_decrease` is what a cut must lower the mean
    impurity of all samples by. `max_features` (None: all) are drawn anew in every node, and others
    one by one where none of these can be cut.
    """

    max_depth: float = np.inf
    min_samples_split: int = 2
    min_samples_leaf: int = 1
    min_weight_leaf: float = 0.0
    min_decrease: float = 0.0
    max_features: int | None = None


def grow(
    X: np.ndarray,
    criterion: Criterion,
    search: Search,
    limits: Limits,
    random_state: np.random.RandomState | None = None,
    rows: np.ndarray | None = None,
) -> Tree:
    """Grow a tree on X (n, d) and the criterion's targets.

    Parameters
    ----------
    X : array of shape (n, d)
    criterion : Criterion
        Holds the n targets and weights.
    search : Search
        Made from the same X.
    limits : Limits
    random_state : RandomState
        Needed for `max_features` only.
    rows : array of int, optional
        The samples to grow on, all by default.
    """
    rows = np.arange(len(X)) if rows is None else rows
    starts, record = np.zeros(1, dtype=np.intp), Record()
    for depth in range(len(rows)):  # no tree is deeper: every level splits off a sample
        nodes = criterion.nodes(rows, starts)
        ids = record.add(nodes)
        may = _may_split(nodes, limits) & (depth < limits.max_depth)
        if not may.any():
            break
        level = _level(rows, nodes, may, criterion, limits)
        lots, m = None, limits.max_features
        if m is not None and m < X.shape[1]:
            lots = random_state.random_sample((X.shape[1], level.k))
        feature, gain = search.best(level, lots, m)
        gain = gain / record.total_weight
        split = (gain > -np.inf) & (gain + np.finfo(float).eps >= limits.min_decrease)
        if not split.any():
            break
        threshold = search.thresholds(level, feature)
        rows, starts, beside = _children(X, level, feature, threshold, split)
        record.split(ids[may][split], feature[split], threshold[split], *beside)
    return record.tree()


def _may_split(nodes: Nodes, limits: Limits) -> np.ndarray:
    """Return which nodes are mixed and large enough to be split, (k,)."""
    enough = max(limits.min_samples_split, 2 * limits.min_samples_leaf)
    heavy = nodes.weight >= 2 * limits.min_weight_leaf
    return ~nodes.pure & (nodes.size >= enough) & heavy


def _level(
    rows: np.ndarray, nodes: Nodes, may: np.ndarray, criterion: Criterion, limits: Limits
) -> Level:
    """Gather the nodes that may be split, and their samples."""
    size = nodes.size[may]
    rows = rows[may.repeat(nodes.size)]
    channels = criterion.channels(rows, nodes.value[may].repeat(size, axis=0))
    least = limits.min_samples_leaf
    if criterion.weights is None:
        least = max(least, int(np.ceil(limits.min_weight_leaf)))
    return Level(
        rows,
        np.cumsum(size) - size,
        nodes.weight[may],
        channels,
        criterion,
        ROUNDING * nodes.weight[may] * nodes.impurity[may],
        least,
        limits.min_weight_leaf,
    )


def _children(
    X: np.ndarray, level: Level, feature: np.ndarray, threshold: np.ndarray, split: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the rows of the next level, left child before right, and where each child begins.

    With them go the two values beside each cut, of the k' nodes that are split: (k',) twice.
    """
    kept = split.repeat(level.sizes)
    rows, slots = level.rows[kept], level.slots[kept]
    x = X[rows, feature[slots]]
    to_right = ~(x <= threshold[slots])
    parents = level.sizes[split]
    starts = np.cumsum(parents) - parents
    below = np.maximum.reduceat(np.where(to_right, -np.inf, x), starts)
    above = np.minimum.reduceat(np.where(to_right, x, np.inf), starts)
    child = 2 * (np.cumsum(split) - 1)[slots] + to_right
    key = child.astype(np.uint16) if 2 * level.k <= 65_536 else child  # short keys sort faster
    sizes = np.bincount(child, minlength=2 * np.count_nonzero(split))
    return rows[np.argsort(key, kind="stable")], np.cumsum(sizes) - sizes, (below, above)


class Record:
    """The nodes so far, in the order in which they were made."""

    def __init__(self):
        self.levels: list[Nodes] = []
        self.splits: list[tuple[np.ndarray, ...]] = []
        self.count = 0

    def add(self, nodes: Nodes) -> np.ndarray:
        """Number a level's nodes, (k,)."""
        self.levels.append(nodes)
        self.count += len(nodes.size)
        return np.arange(self.count - len(nodes.size), self.count)

    @property
    def total_weight(self) -> float:
        """The weight of the root."""
        return float(self.levels[0].weight[0])

    def split(self, ids: np.ndarray, feature: np.ndarray, *numbers: np.ndarray) -> None:
        """Note the splits of a level whose children will be numbered next.

        The numbers are the threshold and the values below and above it.
        """
        left = self.count + 2 * np.arange(len(ids))
        self.splits.append((ids, feature, left, np.stack(numbers)))

    def tree(self) -> Tree:
        """Put all levels into one tree."""
        feature, left = np.full((2, self.count), LEAF, dtype=np.intp)
        numbers = np.full((3, self.count), np.nan)
        for ids, f, children, beside in self.splits:
            feature[ids], left[ids], numbers[:, ids] = f, children, beside
        right = np.where(left == LEAF, LEAF, left + 1)
        names = ("value", "impurity", "size", "weight")
        joined = {n: np.concatenate([getattr(one, n) for one in self.levels]) for n in names}
        return Tree(feature, *numbers, left, right, **joined)
