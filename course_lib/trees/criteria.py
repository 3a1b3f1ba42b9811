"""What a tree grower must know of its targets: the nodes' statistics, and the gain of a cut.

Symbols, for k nodes and any number of cuts at once (arrays broadcast over "...")
    W  (k,)         weight of a node: the sum of its samples' weights, their number without weights
    T  (C, k)       sums of C channels over a node, a channel being weight times something
    L, S            the same for the part of a node on the left of a cut: (...), (C, ...)
    decrease (...)  W·I(node) − L·I(left) − R·I(right), with R = W − L and the impurity I

Squared error has one channel, w·(y − mean of the node): then T = 0, and the decrease is a square
that no rounding can make negative. K classes have K − 1 channels, w·[y = k]; the last class is
what is left of the weight. With the Gini impurity both are the same formula, since the Gini
impurity is the squared error of the K indicator variables [y = k].
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import xlogy

from course_lib.trees.impurity import entropy, gini

Sums: TypeAlias = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Nodes:
    """Statistics of k nodes."""

    size: np.ndarray  # (k,) number of samples
    weight: np.ndarray  # (k,)
    value: np.ndarray  # (k, K) class shares, or (k, 1) means
    impurity: np.ndarray  # (k,)
    pure: np.ndarray  # (k,) whether all targets of a node are equal


class Criterion(Protocol):
    """The targets of n samples, with what growing a tree asks of them."""

    weights: np.ndarray | None  # (n,), None if all are 1

    def nodes(self, rows: np.ndarray, starts: np.ndarray) -> Nodes:
        """Describe nodes whose samples are rows[starts[i]:starts[i + 1]]."""

    def channels(self, rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return the channels (C, n); `mean` (len(rows), K or 1) is the value of the rows' node."""

    def histogram(self, rows: np.ndarray, cells: np.ndarray, n_cells: int) -> Sums:
        """Add up what falls into each cell; cells (b, m) are those of each row, for b features.

        Returns the weight (n_cells,) and the channels (C, n_cells).
        """

    def decrease(self, S: np.ndarray, L: np.ndarray, T: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return the decrease (...) of each cut; L and W − L must be positive."""


def _add_up(cells: np.ndarray, values: np.ndarray, n_cells: int) -> np.ndarray:
    """Add up the values (m,) of each row of cells (b, m) by cell, (n_cells,)."""
    each = np.empty(cells.shape)
    each[:] = values
    return np.bincount(cells.ravel(), each.ravel(), n_cells)


class SquaredError:
    """Targets y (n,) that are numbers: I = Σ w (y − ȳ)² / W, the variance within the node."""

    def __init__(self, y: np.ndarray, weights: np.ndarray | None = None):
        self.y, self.weights = y.astype(float), weights
        self._channels = np.zeros((1, len(y)))

    def nodes(self, rows: np.ndarray, starts: np.ndarray) -> Nodes:
        """Describe nodes whose samples are rows[starts[i]:starts[i + 1]]."""
        y, size = self.y[rows], np.diff(starts, append=len(rows))
        w = np.ones(len(rows)) if self.weights is None else self.weights[rows]
        weight = np.add.reduceat(w, starts)
        pure = np.minimum.reduceat(y, starts) == np.maximum.reduceat(y, starts)
        # Around the first target of each node: a large offset of y costs no digits
        first = y[starts]
        mean = first + np.add.reduceat(w * (y - first.repeat(size)), starts) / weight
        error = np.add.reduceat(w * (y - mean.repeat(size)) ** 2, starts)
        return Nodes(size, weight, mean[:, None], error / weight, pure)

    def channels(self, rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return w(y − ȳ) with the mean of each row's node, (1, n)."""
        residual = self.y[rows] - mean[:, 0]
        self._channels[0, rows] = (
            residual if self.weights is None else self.weights[rows] * residual
        )
        return self._channels

    def histogram(self, rows: np.ndarray, cells: np.ndarray, n_cells: int) -> Sums:
        """Add up weight and w(y − ȳ) of the rows in each cell."""
        if self.weights is None:
            L = np.bincount(cells.ravel(), minlength=n_cells)
        else:
            L = _add_up(cells, self.weights[rows], n_cells)
        return L, _add_up(cells, self._channels[0, rows], n_cells)[None]

    @staticmethod
    def decrease(S: np.ndarray, L: np.ndarray, T: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return e² W / (L R), where e = S − T L/W is what the left has beyond its share."""
        e = S[0] - T[0] * (L / W)
        e *= e
        e *= W / (L * (W - L))
        return e


class _Classes:
    """Targets y (n,) that are class numbers 0 … K − 1."""

    def __init__(self, y: np.ndarray, n_classes: int, weights: np.ndarray | None = None):
        self.y, self.K, self.weights = y.astype(np.intp), n_classes, weights
        self._channels = (y == np.arange(n_classes - 1)[:, None]).astype(float)  # (K − 1, n)
        if weights is not None:
            self._channels *= weights

    def nodes(self, rows: np.ndarray, starts: np.ndarray) -> Nodes:
        """Describe nodes whose samples are rows[starts[i]:starts[i + 1]]."""
        k, size = len(starts), np.diff(starts, append=len(rows))
        cell = np.arange(k).repeat(size) * self.K + self.y[rows]
        w = None if self.weights is None else self.weights[rows]
        counts = np.bincount(cell, w, k * self.K).reshape(k, self.K)
        weight = counts.sum(axis=1)
        pure = np.count_nonzero(counts, axis=1) == 1
        return Nodes(size, weight, counts / weight[:, None], self.impurity(counts), pure)

    def channels(self, rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return w·[y = k] for all classes but the last, (K − 1, n)."""
        return self._channels

    def histogram(self, rows: np.ndarray, cells: np.ndarray, n_cells: int) -> Sums:
        """Add up weight and w·[y = k] of the rows in each cell: one count by class."""
        by_class = self.y[rows] * n_cells + cells
        if self.weights is None:
            S = np.bincount(by_class.ravel(), minlength=self.K * n_cells)
        else:
            S = _add_up(by_class, self.weights[rows], self.K * n_cells)
        S = S.reshape(self.K, n_cells)
        return S.sum(axis=0), S[:-1]


class Gini(_Classes):
    """I = 1 − Σ p_k²."""

    impurity = staticmethod(gini)

    @staticmethod
    def decrease(S: np.ndarray, L: np.ndarray, T: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return Σ e_k² W / (L R), where e = S − T L/W; the last class's e makes the sum 0."""
        share, total, last = L / W, 0.0, 0.0
        for s, t in zip(S, T, strict=True):
            e = s - t * share
            total = total + e * e
            last = last + e
        return (total + last * last) * (W / (L * (W - L)))


class Entropy(_Classes):
    """I = −Σ p_k log₂ p_k, in bits."""

    impurity = staticmethod(entropy)

    @staticmethod
    def decrease(S: np.ndarray, L: np.ndarray, T: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return Σ a log₂ a over the parts' classes, minus the same of the node's, with weights."""
        R = W - L
        last, last_total = L - S.sum(axis=0), np.maximum(W - T.sum(axis=0), 0)
        gain = xlogy(W, W) - xlogy(L, L) - xlogy(R, R)
        for s, t in [*zip(S, T, strict=True), (last, last_total)]:
            left, right = np.maximum(s, 0), np.maximum(t - s, 0)  # rounding can leave −1e-17
            gain = gain + xlogy(left, left) + xlogy(right, right) - xlogy(t, t)
        return gain / np.log(2)
