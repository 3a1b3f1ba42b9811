"""How fast a deep network's slope changes with its input, at the random start.

x      (T,)     numbers from −2 to 2
h      (T, m)   the values of a layer's m units at every x
dh     (T, m)   their slopes, ∂h/∂x
"""

from __future__ import annotations

import numpy as np

from course_lib.checks import check_whole


def slopes_at_start(
    depth: int, residual: bool, seed: int, *, width: int = 64, points: int = 257
) -> np.ndarray:
    """Return ∂y/∂x of a random network from a number x to a number y, at many x.

    A layer is ReLU, random weights, and a normalisation over the points, as a batch is normalised.
    A residual one adds its input. The slopes are standardised: mean 0 and standard deviation 1.

    Parameters
    ----------
    depth : int
        Layers.
    residual : bool
    seed : int
    width : int, default=64
        Units of a layer.
    points : int, default=257
        Inputs, at equal distances from −2 to 2.

    Examples
    --------
    >>> slopes_at_start(4, residual=True, seed=0).shape
    (257,)
    """
    sizes = {"depth": depth, "width": width, "points": points}
    for name, number in sizes.items():
        check_whole(name, number)
    rng = np.random.default_rng(seed)
    x = np.linspace(-2, 2, points)[:, None]
    dh = np.repeat(rng.normal(size=(1, width)), points, axis=0)
    h = x * dh + rng.normal(size=width)
    for _ in range(depth):
        W = rng.normal(size=(width, width))
        z, dz = np.maximum(h, 0) @ W, (dh * (h > 0)) @ W
        spread = z.std(axis=0)
        z, dz = (z - z.mean(axis=0)) / spread, dz / spread
        h, dh = (h + z, dh + dz) if residual else (z, dz)
    slope = dh @ rng.normal(size=width)
    return (slope - slope.mean()) / slope.std()


def likeness(slopes: np.ndarray, shifts: list[int] | np.ndarray) -> np.ndarray:
    """Return the mean product of standardised slopes at points so many places apart.

    Parameters
    ----------
    slopes : array of shape (networks, T)
    shifts : sequence of int
        From 0 to T − 1.

    Returns
    -------
    array of shape (shifts,)

    Examples
    --------
    >>> likeness(np.array([[1.0, -1.0, 1.0, -1.0]]), [0, 1, 2]).tolist()
    [1.0, -1.0, 1.0]
    """
    slopes = np.asarray(slopes)
    T = slopes.shape[1]
    for shift in shifts:
        if not 0 <= shift < T:
            raise ValueError(f"shifts must lie from 0 to {T - 1}, got {shift}.")
    return np.array([np.mean(slopes[:, : T - k] * slopes[:, k:]) for k in shifts])
