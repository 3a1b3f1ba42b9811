"""Which samples each member of an ensemble learns from: bootstrap samples, or parts of the data.

    n          rows
    w  (n,)    weights; a weight k counts as k copies of the row
    W          their sum, n without weights: so many samples there are
    size       how many samples are drawn for one member

A bootstrap sample draws `size` times with replacement, a row with chance w/W each time. With
size = W = n a row is left out with chance (1 − 1/n)ⁿ, which goes to 1/e, 36.8 %: it is then out of
this member's bag.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np


@dataclass(frozen=True)
class Draws:
    """How to draw the samples of one member from a seed.

    Attributes
    ----------
    order : array of shape (n,), int
        The rows by their fingerprints: a draw does not depend on the order in which they came.
    mass : array of shape (n,), or None
        Sum of the weights of the rows up to each one in that order; None if all weigh 1.
    size : int
        How many samples are drawn.
    bootstrap : bool
        With replacement (drawn by weight), or without (each row alike).
    """

    order: np.ndarray
    mass: np.ndarray | None
    size: int
    bootstrap: bool

    def rows(self, seed: int) -> np.ndarray:
        """Draw the rows of the member with this seed, (size,)."""
        rng = np.random.RandomState(seed)
        if self.bootstrap:
            lots = rng.random_sample(self.size)
            if self.mass is None:
                return self.order[(len(self.order) * lots).astype(np.intp)]
            at = np.searchsorted(self.mass, self.mass[-1] * lots, side="right")
            return self.order[np.minimum(at, len(self.order) - 1)]  # rounding can reach the end
        return self.order[rng.permutation(len(self.order))[: self.size]]


def make_draws(
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    max_samples: int | float,
    bootstrap: bool,
) -> Draws:
    """Prepare the draws from the rows of X (n, d) with targets y (n,), all of positive weight.

    `max_samples` is the number of draws, or a fraction of W (of the rows, without replacement).

    Raises
    ------
    ValueError
        For more draws without replacement than rows, and for weights too small to be copies.
    """
    order = np.argsort(fingerprints(X, y), kind="stable")
    mass = None if weights is None else np.cumsum(weights[order])
    W = len(X) if weights is None else float(mass[-1])
    if isinstance(max_samples, Integral):
        size = int(max_samples)
    else:
        size = max(1, round(max_samples * (W if bootstrap else len(X))))
        if bootstrap and len(X) > 10 * W:
            raise ValueError(
                f"sample_weight adds up to {W:g} on {len(X)} rows of positive weight, and a "
                "bootstrap sample draws as often: a weight k counts as k copies. Multiply the "
                "weights so that they add up to the number of samples they stand for, or pass the "
                "number of draws as max_samples."
            )
    if not bootstrap and size > len(X):
        raise ValueError(
            f"max_samples={max_samples} is more than the {len(X)} rows of positive weight: "
            "without replacement pass at most that, or set bootstrap=True."
        )
    return Draws(order, mass, size, bootstrap)


def fingerprints(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Turn each row of X (n, d) with its target into a whole number that equal rows share, (n,).

    Sorted by it, equal rows are neighbours. Then k copies of a row, wherever they stand, are drawn
    by the same lots as one row of weight k, and the order of the rows changes no ensemble.
    """
    total = np.zeros(len(X), dtype=np.uint64)
    for column in (*X.T, y):
        bits = (column + 0.0).astype(np.float64).view(np.uint64)  # −0 becomes 0
        total = (total ^ bits ^ (bits >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return total
