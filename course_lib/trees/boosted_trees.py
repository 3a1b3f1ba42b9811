"""Small regression trees on ever new targets over the same inputs, as gradient boosting needs them.

What depends on the inputs alone is done once: sorting every feature, or binning it.
"""

from __future__ import annotations

import copy
from typing import Protocol

import numpy as np

from course_lib.trees.criteria import SquaredError
from course_lib.trees.growth import Limits, grow
from course_lib.trees.splits import HistogramSearch, SortedSearch, make_bins
from course_lib.trees.tree import Tree


class Grower(Protocol):
    """Grows trees on the same inputs X (n, d) again and again."""

    def grow(self, r: np.ndarray, rows: np.ndarray | None) -> tuple[Tree, np.ndarray]:
        """Grow a tree on targets r (n,), on some rows only if they are given.

        Returns the tree and the node that each of the n samples falls into, (n,).
        """


class ExactGrower:
    """Tries every threshold between two values in a node."""

    def __init__(self, X: np.ndarray, w: np.ndarray | None, limits: Limits):
        self.X, self.w, self.limits = X, w, limits
        self.sorted = SortedSearch(X)

    def grow(self, r: np.ndarray, rows: np.ndarray | None) -> tuple[Tree, np.ndarray]:
        """Grow a tree on targets r (n,), see `Grower`."""
        search = copy.copy(self.sorted)  # it follows the rows down the tree
        search.orders = list(self.sorted.orders)
        tree = grow(self.X, SquaredError(r, self.w), search, self.limits, rows=rows)
        return tree, tree.apply(self.X)


class HistogramGrower:
    """Tries the thresholds between the bins of a feature."""

    def __init__(self, X: np.ndarray, w: np.ndarray | None, limits: Limits, max_bins: int):
        self.X, self.w, self.limits = X, w, limits
        self.search = HistogramSearch(*make_bins(X, max_bins, w))

    def grow(self, r: np.ndarray, rows: np.ndarray | None) -> tuple[Tree, np.ndarray]:
        """Grow a tree on targets r (n,), see `Grower`."""
        tree = grow(self.X, SquaredError(r, self.w), self.search, self.limits, rows=rows)
        return tree, tree.apply(self.X)
