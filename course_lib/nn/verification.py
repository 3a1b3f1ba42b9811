"""Verification: are two samples of one class? Cosines of pairs, both kinds of error, and angles.

Symbols
    Z        (n, d)  embeddings
    y        (n,)    their classes
    cosines  (P,)    of pairs of embeddings
    same     (P,)    whether a pair is of one class
    t                threshold: a pair is accepted, taken for the same class, if its cosine is ≥ t

A false accept is a pair of different classes that is accepted, a false reject one of the same class
that is not. Both are given as shares: of the pairs of different classes, and of those of the same.
The classes need not be those that a network was trained on.

Every function takes arrays and tensors and returns NumPy arrays or floats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_lib.estimator import Array, to_numpy
from course_lib.metrics import roc_curve


def pair_cosines(Z: Array, y: Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the cosines of all n(n − 1)/2 pairs and whether each is of one class.

    The pairs come as (0, 1), (0, 2), …, (1, 2), …

    Raises
    ------
    ValueError
        For fewer than two rows, an embedding of length 0, or classes that do not fit.

    Examples
    --------
    >>> cosines, same = pair_cosines([[1, 0], [2, 0], [0, 3]], [0, 0, 1])
    >>> cosines.tolist(), same.tolist()
    ([1.0, 0.0, 0.0], [True, False, False])
    """
    units, y = _units(Z, y)
    i, j = np.triu_indices(len(y), k=1)
    return (units @ units.T)[i, j], y[i] == y[j]


def error_rates(cosines: Array, same: Array, threshold: float) -> tuple[float, float]:
    """Return the shares of false accepts and of false rejects at a threshold.

    >>> error_rates([0.9, 0.4, 0.5, 0.1], [True, True, False, False], 0.5)
    (0.5, 0.5)
    """
    cosines, same = _pairs(cosines, same)
    accepted = cosines >= threshold
    return float(accepted[~same].mean()), float((~accepted[same]).mean())


class EqualError(NamedTuple):
    """Where both kinds of error are equally frequent."""

    rate: float
    threshold: float


def equal_error_rate(cosines: Array, same: Array) -> EqualError:
    """Return the equal error rate: the share of errors where false accepts and rejects balance.

    As the threshold falls past the pairs, false accepts grow and false rejects shrink, both in
    steps. Between the last threshold with at least as many rejects and the next, both shares, and
    the threshold, are joined by straight lines.

    Parameters
    ----------
    cosines : array (P,)
        Or any scores that are larger for pairs that look alike.
    same : array (P,) of truth values

    Returns
    -------
    EqualError
        0 for pairs that a threshold parts, about ½ for scores by chance, 1 for parted the wrong way
        round. Cost: one sort.

    Raises
    ------
    ValueError
        Where all pairs are the same, or all different, or a cosine is not finite.

    Examples
    --------
    >>> equal_error_rate([0.9, 0.4, 0.5, 0.1], [True, True, False, False])
    EqualError(rate=0.5, threshold=0.5)
    """
    cosines, same = _pairs(cosines, same)
    accepts, found, thresholds = roc_curve(same, cosines, positive=True)
    gap = 1 - found - accepts  # rejects − accepts, falling from 1 to −1
    after = int(np.argmax(gap <= 0))
    thresholds[0] = thresholds[1]  # in place of infinity
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    rate, threshold = (
        values[after - 1] + share * (values[after] - values[after - 1])
        for values in (accepts, thresholds)
    )
    return EqualError(float(rate), float(threshold))


class ClassAngles(NamedTuple):
    """How wide classes are and how far apart, in degrees."""

    within: float
    nearest: float


def class_angles(Z: Array, y: Array) -> ClassAngles:
    """Return two mean angles in degrees: to the own class's mean, and between nearest means.

    The mean direction of a class is that of the sum of its embeddings, each at length 1. `within`
    is the mean over all samples of their angle to it; `nearest` is the mean over the classes of the
    smallest angle to another class's mean direction.

    Raises
    ------
    ValueError
        For one class only, an embedding of length 0, or classes that do not fit.

    Examples
    --------
    >>> angles = class_angles([[1, 0], [1, 0], [0, 2], [1, 1]], [0, 0, 1, 1])
    >>> round(angles.within, 2), round(angles.nearest, 2)  # (0 + 0 + 22.5 + 22.5)/4
    (11.25, 67.5)
    """
    units, y = _units(Z, y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y must hold two classes at least, got {classes.tolist()}.")
    sums = np.zeros((len(classes), units.shape[1]))
    np.add.at(sums, codes, units)
    means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    within = _degrees((units * means[codes]).sum(axis=1))
    between = _degrees(means @ means.T)
    np.fill_diagonal(between, np.inf)
    return ClassAngles(float(within.mean()), float(between.min(axis=1).mean()))


def _degrees(cosines: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


def _units(Z: Array, y: Array) -> tuple[np.ndarray, np.ndarray]:
    Z, y = np.asarray(to_numpy(Z), dtype=float), np.asarray(to_numpy(y))
    if Z.ndim != 2 or y.shape != (len(Z),) or len(Z) < 2:
        raise ValueError(
            f"Z must have the shape (n, d) and y (n,), n ≥ 2; got {Z.shape} and {y.shape}."
        )
    lengths = np.linalg.norm(Z, axis=1, keepdims=True)
    if not (lengths > 0).all():  # NaN is not above 0 either
        raise ValueError("Z must hold finite embeddings of a length above 0: others have no angle.")
    return Z / lengths, y


def _pairs(cosines: Array, same: Array) -> tuple[np.ndarray, np.ndarray]:
    cosines, same = np.asarray(to_numpy(cosines), dtype=float), np.asarray(to_numpy(same))
    if cosines.ndim != 1 or same.shape != cosines.shape or same.dtype != bool:
        raise ValueError(
            "cosines must have the shape (P,) and same hold P truth values; got"
            f" {cosines.shape} and {same.shape} of {same.dtype}."
        )
    if same.all() or not same.any():
        raise ValueError("same must hold pairs of one class and of different classes.")
    return cosines, same
