"""A grown tree as arrays, one entry a node, and what can be read off it.

Nodes are numbered level by level from the root, 0; a child's number is larger than its parent's. A
sample goes to the left child if x[feature] ≤ threshold, and to the right child otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

LEAF = -1
"""In place of a feature and of the children, where a node has none."""


@dataclass(frozen=True)
class Tree:
    """A binary tree of N nodes over d features.

    Attributes
    ----------
    feature : array of shape (N,), int
        The column that is compared, `LEAF` in a leaf.
    threshold : array of shape (N,)
        NaN in a leaf.
    below, above : arrays of shape (N,)
        The training values beside the threshold: the node's largest that goes left, and its
        smallest that goes right. NaN in a leaf.
    left, right : arrays of shape (N,), int
        Numbers of the children, `LEAF` in a leaf.
    value : array of shape (N, K) or (N, 1)
        Class shares, or the mean target, of the training samples in the node.
    impurity : array of shape (N,)
    size : array of shape (N,), int
        The number of training samples in the node.
    weight : array of shape (N,)
        The sum of their weights.
    """

    feature: np.ndarray
    threshold: np.ndarray
    below: np.ndarray
    above: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    impurity: np.ndarray
    size: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.feature)

    @property
    def is_leaf(self) -> np.ndarray:
        """Whether each node is a leaf, (N,)."""
        return self.feature == LEAF

    @property
    def n_leaves(self) -> int:
        """The number of leaves."""
        return int(np.count_nonzero(self.is_leaf))

    def depths(self) -> np.ndarray:
        """Return the number of questions asked before each node, (N,); 0 at the root."""
        depth = np.zeros(len(self), dtype=int)
        for t in np.flatnonzero(~self.is_leaf):  # parents come before their children
            depth[[self.left[t], self.right[t]]] = depth[t] + 1
        return depth

    def leaves(self) -> np.ndarray:
        """Return the leaves from left to right, (n_leaves,)."""
        found, waiting = [], [0]
        while waiting:
            t = waiting.pop()
            if self.feature[t] == LEAF:
                found.append(t)
            else:
                waiting += [int(self.right[t]), int(self.left[t])]
        return np.array(found)

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return the leaf that each row of X (m, d) falls into, (m,): one level at a time."""
        node = np.zeros(len(X), dtype=np.intp)
        moving = np.arange(len(X)) if self.feature[0] != LEAF else np.arange(0)
        while len(moving):
            at = node[moving]
            to_left = X[moving, self.feature[at]] <= self.threshold[at]
            at = np.where(to_left, self.left[at], self.right[at])
            node[moving] = at
            moving = moving[self.feature[at] != LEAF]
        return node

    def path(self, x: np.ndarray) -> list[int]:
        """Return the nodes that one sample (d,) passes, from the root to its leaf."""
        nodes = [0]
        while self.feature[t := nodes[-1]] != LEAF:
            to_left = x[self.feature[t]] <= self.threshold[t]
            nodes.append(int(self.left[t] if to_left else self.right[t]))
        return nodes

    def decreases(self) -> np.ndarray:
        """Return how much each split lowers the mean impurity over all samples, (N,); 0 in a leaf.

        The decreases of a tree add up to the impurity of the root minus that of the leaves.
        """
        risk = self.weight / self.weight[0] * self.impurity
        inner = np.flatnonzero(~self.is_leaf)
        out = np.zeros(len(self))
        out[inner] = risk[inner] - risk[self.left[inner]] - risk[self.right[inner]]
        return np.maximum(out, 0)  # a split of no use may come out as −1e-17

    def importances(self, d: int) -> np.ndarray:
        """Return each feature's share of all decreases, (d,); zeros for a tree without splits."""
        inner = ~self.is_leaf
        total = np.bincount(self.feature[inner], self.decreases()[inner], d).astype(float)
        return total / total.sum() if total.sum() > 0 else total

    def keep(self, inner: np.ndarray) -> Tree:
        """Return the tree in which only the nodes marked in `inner` (N,) are split.

        A mark counts only below other marks: what hangs under a new leaf goes.
        """
        inner = inner & ~self.is_leaf
        reached = np.zeros(len(self), dtype=bool)
        reached[0] = True
        for t in np.flatnonzero(inner):
            reached[[self.left[t], self.right[t]]] |= reached[t]
        number = np.cumsum(reached) - 1
        part = {one.name: getattr(self, one.name)[reached] for one in fields(self)}
        leaf = ~inner[reached]
        part["feature"][leaf] = LEAF
        for name in ("threshold", "below", "above"):
            part[name][leaf] = np.nan
        for side in ("left", "right"):
            part[side] = np.where(leaf, LEAF, number[part[side]])
        return Tree(**part)
