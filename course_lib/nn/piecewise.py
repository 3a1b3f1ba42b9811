"""Networks of one input whose weights are written down, and the straight pieces of any of them.

Symbols
    x        one input
    h        units of the only hidden layer; each ReLU bends the line at its joint −b/w
    D        hidden layers of a deep network, two units each
    tent     T(x) = 2 max(0, x) − 4 max(0, x − ½): up from (0, 0) to (½, 1), down to (1, 0)

One hidden layer of h ReLUs makes at most h + 1 straight pieces. Put one tent into another and the
number of teeth doubles: D tents have 2ᴰ pieces on [0, 1]. So 2D units in D layers make what one
layer needs 2ᴰ − 1 units for (Telgarsky, 2016).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number, check_whole
from course_lib.nn.autograd import Tensor, no_grad
from course_lib.nn.layers import ReLU, Sequential, dense_network


def sawtooth(x: ArrayLike, D: int) -> np.ndarray:
    """Return D tents, one put into the other, at x in [0, 1]: 2ᴰ⁻¹ teeth of height 1.

    >>> sawtooth([0, 0.25, 0.5, 0.75, 1], 2).tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0]
    """
    check_whole("D", D)
    far = (np.asarray(x, dtype=float) * 2 ** (D - 1)) % 1  # within the tooth
    return 1 - np.abs(1 - 2 * far)


def sawtooth_network(D: int) -> Sequential:
    """Return D hidden layers of two ReLUs each that compute `sawtooth` without rounding.

    >>> network = sawtooth_network(3)
    >>> network(Tensor([[0.0], [0.125], [0.25]])).data.ravel().tolist()
    [0.0, 1.0, 0.0]
    """
    check_whole("D", D)
    network, tent = dense_network([1, *[2] * D, 1], random_state=0), np.array([[2.0], [-4.0]])
    bias = np.array([0, -0.5])
    below = [part for _ in range(D - 1) for part in (np.hstack([tent, tent]), bias)]
    network.load_state([np.ones((1, 2)), bias, *below, tent, np.zeros(1)])
    return network


def bends_through(knots: ArrayLike, values: ArrayLike) -> Sequential:
    """Return one hidden layer of ReLUs that is straight between the points given.

    Parameters
    ----------
    knots : array of shape (h + 1,)
        Increasing places x.
    values : array of shape (h + 1,)

    Notes
    -----
    Unit k has its joint at knot k, and its output weight is the change of slope there; the last
    knot needs none.

    Examples
    --------
    >>> network = bends_through([0, 1, 3], [0, 2, 0])
    >>> network(Tensor([[0.5], [1.0], [2.0]])).data.ravel().tolist()
    [1.0, 2.0, 1.0]
    """
    x, v = (np.asarray(one, dtype=float) for one in (knots, values))
    if x.ndim != 1 or x.shape != v.shape or len(x) < 2 or not np.all(np.diff(x) > 0):
        raise ValueError(
            f"knots must increase, at least two of them, with a value each; got {x} and {v}."
        )
    slopes = np.diff(v) / np.diff(x)
    network = dense_network([1, len(slopes), 1], random_state=0)
    change = np.diff(slopes, prepend=0)[:, None]
    network.load_state([np.ones((1, len(slopes))), -x[:-1], change, v[:1]])
    return network


def staircase(ends: ArrayLike, heights: ArrayLike, steepness: float) -> Sequential:
    """Return one hidden layer of sigmoids that climbs from height to height.

    Parameters
    ----------
    ends : array of shape (h,)
        Where one step ends and the next begins.
    heights : array of shape (h + 1,)
    steepness : float
        The weight of each unit, above 0; the larger, the more its sigmoid is a step.

    Examples
    --------
    >>> network = staircase([0, 1], [0, 5, 2], steepness=1000)
    >>> network(Tensor([[-0.5], [0.5], [1.5]])).data.ravel().round(6).tolist()
    [0.0, 5.0, 2.0]
    """
    places, tops = (np.asarray(one, dtype=float) for one in (ends, heights))
    check_number("steepness", steepness, above=0)
    if places.ndim != 1 or tops.shape != (len(places) + 1,) or not len(places):
        raise ValueError(f"heights must have one entry more than ends, got {tops} and {places}.")
    network = dense_network([1, len(places), 1], "sigmoid", random_state=0)
    w = np.full((1, len(places)), float(steepness))
    network.load_state([w, -steepness * places, np.diff(tops)[:, None], tops[:1]])
    return network


def joints(network: Sequential, left: float, right: float) -> np.ndarray:
    """Return where a network of ReLUs with one input and one output bends between left and right.

    Layer by layer: between the joints found so far a unit's score is straight, and the ReLU bends
    it where it crosses 0. At the end joints at which the slope stays the same are dropped.

    >>> joints(sawtooth_network(2), 0, 1).tolist()
    [0.25, 0.5, 0.75]
    """
    t = np.array([left, right], dtype=float)
    if not left < right:
        raise ValueError(f"left must be below right, got {left} and {right}.")
    for k, layer in enumerate(network.layers):
        if isinstance(layer, ReLU):
            Z = _outputs(Sequential(*network.layers[:k]), t)
            before, after = Z[:-1], Z[1:]
            i, unit = np.nonzero(before * after < 0)
            share = before[i, unit] / (before[i, unit] - after[i, unit])
            t = np.unique(np.concatenate([t, t[i] + share * (t[i + 1] - t[i])]))
    y = _outputs(network, t)
    if y.shape[1] != 1:
        raise ValueError(f"network must have one output, got {y.shape[1]}.")
    slopes = np.diff(y[:, 0]) / np.diff(t)
    bends = np.abs(np.diff(slopes)) > 1e-6 * max(np.abs(slopes).max(), 1e-300)
    return t[1:-1][bends]


def _outputs(network: Sequential, t: np.ndarray) -> np.ndarray:
    with no_grad():
        return network(Tensor(t[:, None])).data
