"""What gradient boosting asks of a loss, beyond what `course_lib.losses` says of it.

Symbols
    y  (n,)     targets: numbers; labels −1 and +1; or classes 0 … K − 1
    w  (n,)     sample weights, or None if all are 1
    F  (n, C)   scores so far; C is K for K > 2 classes, else 1
    r  (n, C)   pseudo-residuals: minus the derivative of each sample's loss with respect to its F
    leaf (n,)   the node of a tree that each sample falls into

Every loss has a constant to start with, pseudo-residuals, which the next tree is fitted to, and the
values that its leaves get. A leaf moves all F of its samples by one number. For squared error the
best is the mean of r. For the losses of classes it is one step of Newton's method, Σ w r / Σ w h
with the second derivative h. For the others it comes from the quantiles of y − F in the leaf.

Source: Friedman (2001), *Greedy Function Approximation: A Gradient Boosting Machine*.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_lib.losses import (
    AbsoluteLoss,
    CrossEntropy,
    ExponentialLoss,
    HuberLoss,
    LogLoss,
    Loss,
    QuantileLoss,
    SquaredLoss,
)

TINY = 1e-150
"""A second derivative below this is 0: the leaf then stays where it is."""


class BoostingLoss:
    """A loss of one score a sample; the subclasses say how to start and what leaves get."""

    loss: Loss

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return the best constant score, (C,)."""
        raise NotImplementedError

    def mean(self, y: np.ndarray, F: np.ndarray, w: np.ndarray | None) -> float:
        """Return the mean loss."""
        return float(np.average(self.loss.value(y, F[:, 0]), weights=w))

    def residuals(self, y: np.ndarray, F: np.ndarray) -> np.ndarray:
        """Return minus the derivatives of the losses, (n, C)."""
        return -self.loss.gradient(y, F[:, 0])[:, None]

    def look(self, y: np.ndarray, F: np.ndarray, w: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Return the mean loss after a round, and the residuals (n, C) for the next."""
        return self.mean(y, F, w), self.residuals(y, F)

    def leaf_values(
        self,
        y: np.ndarray,
        f: np.ndarray,
        r: np.ndarray,
        w: np.ndarray | None,
        leaf: np.ndarray,
        n_nodes: int,
    ) -> np.ndarray:
        """Return what every leaf adds to the scores, (n_nodes,); f and r (n,) are one column.

        For a node without samples it is 0.
        """
        raise NotImplementedError


# --- one step of Newton's method ------------------------------------------------------------------


class _Newton(BoostingLoss):
    scale = 1.0

    def curvature(self, r: np.ndarray) -> np.ndarray:
        """Return the second derivatives (n,), which for these losses follow from r (n,)."""
        raise NotImplementedError

    def leaf_values(self, y, f, r, w, leaf, n_nodes) -> np.ndarray:
        """Return Σ w r / Σ w h over each leaf, (n_nodes,)."""
        h = self.curvature(r)
        if w is not None:
            r, h = w * r, w * h
        total, bend = np.bincount(leaf, r, n_nodes), np.bincount(leaf, h, n_nodes)
        flat = bend < TINY
        return np.where(flat, 0.0, self.scale * total / np.where(flat, 1.0, bend))


class Squared(_Newton):
    """½(y − F)²: pseudo-residuals are the residuals, and a leaf gets their mean."""

    loss = SquaredLoss()

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return the mean of y, (1,)."""
        return np.array([np.average(y, weights=w)])

    def curvature(self, r: np.ndarray) -> np.ndarray:
        """Return ones, (n,)."""
        return np.ones(len(r))


class Logistic(_Newton):
    """log(1 + e^(−yF)) of labels −1 and +1: F is the logarithm of the odds of +1."""

    loss = LogLoss()

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return the logarithm of the odds of +1 among all samples, (1,)."""
        p = _within(np.average(y > 0, weights=w))
        return np.array([np.log(p / (1 - p))])

    def look(self, y: np.ndarray, F: np.ndarray, w: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Return the mean loss and the residuals (n, 1), from one exponential."""
        value, slope = self.loss.value_and_gradient(y, F[:, 0])
        return float(np.average(value, weights=w)), -slope[:, None]

    def curvature(self, r: np.ndarray) -> np.ndarray:
        """Return p(1 − p), (n,): |r| is the chance of the other label."""
        return np.abs(r) * (1 - np.abs(r))

    @staticmethod
    def chances(F: np.ndarray) -> np.ndarray:
        """Return the probabilities of −1 and +1, (n, 2)."""
        return _sigmoids(F[:, 0])


class Exponential(_Newton):
    """e^(−yF) of labels −1 and +1, AdaBoost's loss: F is half the logarithm of the odds of +1."""

    loss = ExponentialLoss()

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return half the logarithm of the odds of +1 among all samples, (1,)."""
        return Logistic().start(y, w) / 2

    def curvature(self, r: np.ndarray) -> np.ndarray:
        """Return e^(−yF) = |r|, (n,)."""
        return np.abs(r)

    @staticmethod
    def chances(F: np.ndarray) -> np.ndarray:
        """Return the probabilities of −1 and +1, (n, 2)."""
        return _sigmoids(2 * F[:, 0])


class Deviance(_Newton):
    """−log p_y with p = softmax(F): K scores a sample, and a tree for each in every round.

    Friedman's step for a leaf has the factor (K − 1)/K, since raising one score lowers the chance
    of all others.
    """

    loss = CrossEntropy()

    def __init__(self, K: int):
        self.K, self.scale = K, (K - 1) / K

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return the logarithms of the classes' shares, less their mean, (K,)."""
        shares = np.bincount(y, w, self.K)
        scores = np.log(_within(shares / shares.sum()))
        return scores - scores.mean()

    def mean(self, y: np.ndarray, F: np.ndarray, w: np.ndarray | None) -> float:
        """Return the mean loss."""
        return float(np.average(self.loss.value(y, F), weights=w))

    def residuals(self, y: np.ndarray, F: np.ndarray) -> np.ndarray:
        """Return one-hot(y) − softmax(F), (n, K)."""
        return -self.loss.gradient(y, F)

    def curvature(self, r: np.ndarray) -> np.ndarray:
        """Return p(1 − p), (n,): |r| is p, or 1 − p for the own class."""
        return np.abs(r) * (1 - np.abs(r))

    @staticmethod
    def chances(F: np.ndarray) -> np.ndarray:
        """Return softmax(F), (n, K)."""
        p = np.exp(F - F.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)


# --- quantiles in every leaf ----------------------------------------------------------------------


class _LeafByLeaf(BoostingLoss):
    def best(self, difference: np.ndarray, w: np.ndarray | None) -> float:
        """Return the value of a leaf in which y − F is `difference` (size,)."""
        raise NotImplementedError

    def leaf_values(self, y, f, r, w, leaf, n_nodes) -> np.ndarray:
        """Return the best value of each leaf, (n_nodes,)."""
        values, difference = np.zeros(n_nodes), y - f
        for node in np.unique(leaf):
            there = leaf == node
            values[node] = self.best(difference[there], None if w is None else w[there])
        return values


class Quantile(_LeafByLeaf):
    """The quantile (pinball) loss: its best constant is a quantile; pseudo-residuals q or q − 1."""

    def __init__(self, q: float):
        self.q, self.loss = q, QuantileLoss(q)

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return the q-quantile of y, (1,)."""
        return np.array([weighted_quantile(y, self.q, w)])

    def best(self, difference: np.ndarray, w: np.ndarray | None) -> float:
        """Return the q-quantile of the differences."""
        return weighted_quantile(difference, self.q, w)


class Absolute(Quantile):
    """|y − F|: pseudo-residuals are signs, and a leaf gets the median of y − F."""

    def __init__(self):
        super().__init__(0.5)
        self.loss = AbsoluteLoss()


class Huber(_LeafByLeaf):
    """Squared in the middle, absolute in the tails: beyond the alpha-quantile of |y − F|.

    The border δ moves with the rounds. A leaf gets its median and the mean of what differs from
    it, cut off at δ.
    """

    def __init__(self, alpha: float):
        self.alpha, self.loss = alpha, HuberLoss()

    def start(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Return the median of y, (1,), and set δ from the distances to it."""
        median = weighted_quantile(y, 0.5, w)
        self._set_border(y - median, w)
        return np.array([median])

    def look(self, y: np.ndarray, F: np.ndarray, w: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Return the mean loss with the old δ, and the residuals (n, 1) with a new one."""
        mean = self.mean(y, F, w)
        self._set_border(y - F[:, 0], w)
        return mean, self.residuals(y, F)

    def _set_border(self, difference: np.ndarray, w: np.ndarray | None) -> None:
        delta = weighted_quantile(np.abs(difference), self.alpha, w)
        self.loss = HuberLoss(max(delta, TINY))

    def best(self, difference: np.ndarray, w: np.ndarray | None) -> float:
        """Return the median, and the mean of the cut-off differences from it."""
        median, delta = weighted_quantile(difference, 0.5, w), self.loss.delta
        return median + np.average(np.clip(difference - median, -delta, delta), weights=w)


def weighted_quantile(values: np.ndarray, q: float, w: np.ndarray | None = None) -> float:
    """Return the smallest of the values (n,) with at least the share q of the weight up to it.

    Of an even number of equal weights the median is the lower of the two in the middle: every
    number between them has the same mean absolute loss.

    >>> weighted_quantile(np.array([4.0, 1.0, 3.0, 2.0]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    share = np.cumsum(np.ones(len(values)) if w is None else w[order])
    at = np.searchsorted(share, q * share[-1])
    return float(values[order[min(at, len(values) - 1)]])


def _within(p: np.ndarray | float) -> np.ndarray:
    """Keep probabilities away from 0 and 1, whose odds have no logarithm."""
    return np.clip(p, np.finfo(float).eps, 1 - np.finfo(float).eps)


def _sigmoids(f: np.ndarray) -> np.ndarray:
    """Return 1/(1 + e^f) and 1/(1 + e^(−f)), (n, 2), without overflow."""
    return np.exp(-np.logaddexp(0.0, np.stack([f, -f], axis=1)))


def number_loss(name: str, alpha: float) -> BoostingLoss:
    """Return the loss of numbers with this name; alpha is for "huber" and "quantile"."""
    make: dict[str, Callable[[], BoostingLoss]] = {
        "squared_error": Squared,
        "absolute_error": Absolute,
        "huber": lambda: Huber(alpha),
        "quantile": lambda: Quantile(alpha),
    }
    return make[name]()


def class_loss(name: str, K: int) -> BoostingLoss:
    """Return the loss of K ≥ 2 classes with this name.

    Raises
    ------
    ValueError
        For "exponential" and more than two classes.
    """
    if name == "exponential":
        if K > 2:
            raise ValueError(f"loss='exponential' is for two classes, got {K}: take 'log_loss'.")
        return Exponential()
    return Logistic() if K == 2 else Deviance(K)
