"""How much the members of an ensemble agree, and what their agreement costs.

    T               members, R ensembles of them, each from training data of its own, m inputs
    σ²  `variance`  variance of what one member predicts, from training data to training data
    ρ  `rho`        correlation of what two members of the same ensemble predict
    ρσ² + (1 − ρ)σ²/T    variance of the mean of T members

With more members the second term goes to 0, and the first stays: only members that agree less
lower it. Hastie, Tibshirani and Friedman (2009), *The Elements of Statistical Learning*, section
15.2. For classifiers, Breiman (2001), *Random Forests*, bounds the error of the vote by strength
and correlation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = [
    "Strength",
    "predictions_of_members",
    "rho_and_variance",
    "strength_and_correlation",
    "variance_of_mean",
]


def variance_of_mean(rho: ArrayLike, variance: ArrayLike, T: ArrayLike) -> np.ndarray | float:
    """Return the variance of the mean of T members, ρσ² + (1 − ρ)σ²/T.

    Numbers, or arrays that broadcast.

    Examples
    --------
    >>> variance_of_mean(0.25, 8.0, 1), variance_of_mean(0.25, 8.0, 6)
    (8.0, 3.0)
    """
    rho, variance = np.asarray(rho, dtype=float), np.asarray(variance, dtype=float)
    found = rho * variance + (1 - rho) * variance / np.asarray(T)
    return found if found.ndim else float(found)


def rho_and_variance(predictions: ArrayLike) -> tuple[float, float]:
    """Estimate ρ and σ² from what the members of many ensembles predict.

    Parameters
    ----------
    predictions : array of shape (R, T, m)
        R ensembles, each trained on new data by the same recipe, T members each, m inputs; R and T
        are 2 at least.

    Returns
    -------
    rho, variance : float
        Averaged over the inputs: the covariance of two members of one ensemble, and the variance of
        a member, both unbiased; ρ is their ratio. Cost: O(R T m).

    Raises
    ------
    ValueError
        For another shape.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shared, own = rng.normal(size=(2000, 1, 1)), rng.normal(size=(2000, 4, 1))
    >>> rho, variance = rho_and_variance(shared + 2 * own)  # ρ = 1/5, σ² = 5
    >>> round(rho, 2), round(variance, 1)
    (0.21, 5.0)
    """
    P = np.asarray(predictions, dtype=float)
    if P.ndim != 3 or min(P.shape[:2], default=0) < 2 or P.shape[2] < 1:
        raise ValueError(
            "predictions must have the shape (ensembles, members, inputs), with two ensembles and "
            f"two members at least; got {P.shape}."
        )
    T = P.shape[1]
    of_each = P.var(axis=0, ddof=1).mean(axis=1)  # (T,)
    of_sum = P.sum(axis=1).var(axis=0, ddof=1).mean()
    variance = of_each.mean()
    covariance = (of_sum - of_each.sum()) / (T * (T - 1))
    return float(covariance / variance) if variance > 0 else 0.0, float(variance)


def predictions_of_members(model: Any, X: ArrayLike) -> np.ndarray:
    """Return what every member of a fitted ensemble predicts for X (m, d), (T, m).

    Examples
    --------
    >>> from course_lib.trees import BaggingRegressor
    >>> model = BaggingRegressor(n_estimators=3, random_state=0).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> predictions_of_members(model, [[0.0], [1.0]]).shape
    (3, 2)
    """
    X = np.asarray(X)
    columns = getattr(model, "estimators_features_", [slice(None)] * len(model.estimators_))
    return np.stack(
        [one.predict(X[:, part]) for one, part in zip(model.estimators_, columns, strict=True)]
    )


class Strength(NamedTuple):
    """Breiman's strength s and correlation ρ̄ of the trees of a classifier."""

    strength: float
    """s: by how much the right class is ahead of the strongest wrong one, mean share of votes."""
    correlation: float
    """ρ̄: of the trees' raw margins, weighted with their standard deviations."""

    @property
    def bound(self) -> float:
        """Bound ρ̄(1 − s²)/s² on the share of wrong votes, if s > 0; often far above the truth."""
        s = self.strength
        return self.correlation * (1 - s**2) / s**2 if s > 0 else np.inf


def strength_and_correlation(votes: ArrayLike, y: ArrayLike) -> Strength:
    """Measure how strong the members of a classifier are, and how alike their mistakes.

    Parameters
    ----------
    votes : array of shape (T, m)
        The label that each member gives to each of m samples that it was not trained on, such as
        from `predictions_of_members`.
    y : array of shape (m,)
        The true labels.

    Returns
    -------
    Strength
        The raw margin of a member on a sample is 1 if it votes for y, −1 if it votes for the wrong
        class that most members vote for, and 0 otherwise. s is the mean of the members' mean
        margin; ρ̄ is the variance of the latter over the samples, divided by the square of the mean
        standard deviation of one member's raw margin. Cost: O(T m K).

    Raises
    ------
    ValueError
        For votes that are not one row a member, one column a sample.

    Notes
    -----
    Breiman (2001), *Random Forests*, Machine Learning 45, section 2.2 and appendix II.

    Examples
    --------
    >>> strength_and_correlation([[0, 0, 1, 1], [0, 1, 1, 0]], [0, 0, 1, 1])
    Strength(strength=0.5, correlation=1.0)
    """
    votes, y = np.asarray(votes), np.asarray(y)
    if votes.ndim != 2 or votes.shape[1:] != y.shape or votes.size == 0:
        raise ValueError(
            f"votes must have the shape (members, samples) for y of shape {y.shape}, got "
            f"{votes.shape}."
        )
    labels = np.unique(np.concatenate([votes.ravel(), y]))
    counts = np.stack([np.count_nonzero(votes == label, axis=0) for label in labels])  # (K, m)
    rivals = np.where(labels[:, None] == y, -1, counts)
    rival = labels[rivals.argmax(axis=0)]  # (m,)
    raw = 1.0 * (votes == y) - 1.0 * ((votes == rival) & (rival != y))  # (T, m)
    margin, spread = raw.mean(axis=0), raw.std(axis=1).mean()
    correlation = margin.var() / spread**2 if spread > 0 else 0.0
    return Strength(float(margin.mean()), float(correlation))
