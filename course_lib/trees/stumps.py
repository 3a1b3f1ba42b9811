"""Stumps on the same samples under ever new weights, as AdaBoost needs them.

Symbols
    X  (n, d)       inputs
    w  (n,)         weights, all positive, Σ w = 1
    channels, S, L, T, W, decrease   as in `criteria`

A stump is a tree of one question. It is the one that `DecisionTreeClassifier` with ``max_depth=1``
finds, ties included; but what depends on X alone, sorting or binning every feature, is done once
for all stumps, and after that one takes a few passes over the data.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from course_lib.trees.criteria import Criterion, Entropy, Gini, Nodes
from course_lib.trees.decision_tree import DecisionTreeClassifier
from course_lib.trees.growth import ROUNDING
from course_lib.trees.splits import make_bins
from course_lib.trees.tree import LEAF, Tree

NOTHING = 1e-13
"""A side of a cut with a smaller share of the weight counts as empty: it is lost in rounding."""

FREE = {"criterion", "splitter", "max_bins", "random_state"}
"""The parameters of a tree that may differ from a stump's."""


def is_stump(learner: Any) -> bool:
    """Return whether `Stumps` can stand in for fitting copies of this learner."""
    if type(learner) is not DecisionTreeClassifier:
        return False
    asked, plain = learner.get_params(), DecisionTreeClassifier(max_depth=1).get_params()
    return all(asked[name] == plain[name] for name in plain.keys() - FREE)


class Stumps:
    """Fits a stump to the same samples again and again.

    Parameters
    ----------
    stump : DecisionTreeClassifier
        For which `is_stump` holds. With "histogram" all stumps share the bins of the first weights.
    X : array of shape (n, d)
    y : array of shape (n,)
        Classes 0 … K − 1, each of which occurs.
    w : array of shape (n,)
        The first weights.
    """

    def __init__(self, stump: DecisionTreeClassifier, X: np.ndarray, y: np.ndarray, w: np.ndarray):
        self.stump, self.X, self.y, self.K = stump, X, y, int(y.max()) + 1
        exact = stump.splitter == "exact"
        self.cuts = _SortedCuts(X) if exact else _BinnedCuts(X, stump.max_bins, w)
        self.rule = Gini if stump.criterion == "gini" else Entropy

    def fit(self, w: np.ndarray) -> tuple[DecisionTreeClassifier, np.ndarray]:
        """Fit one to positive weights w (n,); return it, and its answers for X, (n,)."""
        criterion, rows = self.rule(self.y, self.K, w), np.arange(len(w))
        root = criterion.nodes(rows, np.zeros(1, dtype=np.intp))
        cut = None if root.pure[0] else self._best(criterion, root)
        if cut is None:
            tree = _tree([root])
            return self._fitted(tree), np.full(len(w), root.value[0].argmax())
        x = self.X[:, cut[0]]
        left = x <= cut[1]
        rows = np.concatenate([np.flatnonzero(left), np.flatnonzero(~left)])
        sides = criterion.nodes(rows, np.array([0, np.count_nonzero(left)]))
        tree = _tree([root, sides], *cut, x[left].max(), x[~left].min())
        answers = sides.value.argmax(axis=1)
        return self._fitted(tree), np.where(left, *answers)

    def _best(self, criterion: Criterion, root: Nodes) -> tuple[int, float] | None:
        """Return the first feature and threshold of the largest decrease; None without any cut."""
        W = root.weight[0]
        slack, T = ROUNDING * W * root.impurity[0], W * root.value[0, :-1]  # (K − 1,)
        features = range(self.X.shape[1])
        every = [self._decrease(f, criterion, T, W).max(initial=-np.inf) for f in features]
        gains = np.array(every)  # (d,)
        f = int((gains >= gains.max() - slack).argmax())
        if gains[f] == -np.inf:
            return None
        decrease = self._decrease(f, criterion, T, W)
        return f, self.cuts.threshold(f, int((decrease >= gains[f] - slack).argmax()))

    def _decrease(self, f: int, criterion: Criterion, T: np.ndarray, W: float) -> np.ndarray:
        """Return the decrease of each cut of feature f, −inf where it leaves a side empty."""
        S, L = self.cuts.sums(f, criterion)
        with np.errstate(divide="ignore", invalid="ignore"):
            decrease = criterion.decrease(S, L, T[:, None], W)
        decrease[self.cuts.closed[f] | (np.minimum(L, W - L) < NOTHING * W)] = -np.inf
        return decrease

    def _fitted(self, tree: Tree) -> DecisionTreeClassifier:
        model = clone(self.stump)
        model.classes_, model.n_features_in_ = np.arange(self.K), self.X.shape[1]
        model._keep(tree)
        return model


class _Cuts(Protocol):
    """All cuts of every feature; `closed` marks, feature by feature, those that divide nothing."""

    closed: list[np.ndarray]

    def sums(self, f: int, criterion: Criterion) -> tuple[np.ndarray, np.ndarray]:
        """Return the channels S (K − 1, cuts) and the weight L (cuts,) left of each cut."""

    def threshold(self, f: int, cut: int) -> float:
        """Return the threshold of a cut of feature f."""


class _SortedCuts:
    """A cut after each sample whose next is larger."""

    def __init__(self, X: np.ndarray):
        columns = np.ascontiguousarray(X.T)  # (d, n)
        self.orders = np.argsort(columns, axis=1)
        self.values = np.take_along_axis(columns, self.orders, axis=1)
        self.closed = list(self.values[:, 1:] <= self.values[:, :-1])

    def sums(self, f: int, criterion: Criterion) -> tuple[np.ndarray, np.ndarray]:
        """Return the sums up to each sample but the last."""
        order = self.orders[f, :-1]
        S = np.cumsum(criterion.channels(order, None).take(order, axis=1), axis=1)
        return S, np.cumsum(criterion.weights.take(order))

    def threshold(self, f: int, cut: int) -> float:
        """Return a number halfway between the values beside the cut."""
        low, high = self.values[f, cut : cut + 2]
        middle = low / 2 + high / 2  # the sum could overflow
        return float(middle if low <= middle < high else low)


class _BinnedCuts:
    """A cut between each two neighbouring bins."""

    def __init__(self, X: np.ndarray, max_bins: int, w: np.ndarray):
        codes, self.edges = make_bins(X, max_bins, w)
        self.codes = codes.astype(np.intp)  # what bincount counts
        self.closed = [np.zeros(len(edges), dtype=bool) for edges in self.edges]

    def sums(self, f: int, criterion: Criterion) -> tuple[np.ndarray, np.ndarray]:
        """Return the sums up to each bin but the last."""
        code, bins = self.codes[f], len(self.edges[f]) + 1
        channels = (criterion.weights, *criterion.channels(code, None))
        sums = np.cumsum([np.bincount(code, v, bins) for v in channels], axis=1)[:, :-1]
        return sums[1:], sums[0]

    def threshold(self, f: int, cut: int) -> float:
        """Return the edge after a bin."""
        return float(self.edges[f][cut])


def _tree(
    levels: list[Nodes],
    feature: int = LEAF,
    threshold: float = np.nan,
    below: float = np.nan,
    above: float = np.nan,
) -> Tree:
    """Put a root, or a root and its two children, into a tree."""
    n = 2 * len(levels) - 1
    features, left, right = np.full((3, n), LEAF, dtype=np.intp)
    numbers = np.full((3, n), np.nan)
    if n > 1:
        features[0], left[0], right[0] = feature, 1, 2
        numbers[:, 0] = threshold, below, above
    names = ("value", "impurity", "size", "weight")
    joined = {name: np.concatenate([getattr(one, name) for one in levels]) for name in names}
    return Tree(features, *numbers, left, right, **joined)
