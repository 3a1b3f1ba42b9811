"""Tuning by a grid, which must hold its best inside."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np


def tune(cost: Callable[..., float] | np.ndarray, *grids: Sequence) -> tuple[tuple, float]:
    """Try all settings of some grids, and return the best one and its cost.

    A best that lies at an end of its grid is no best: beyond it there may be a better one.

    Parameters
    ----------
    cost : callable of one value of each grid, or array of the shape of the grids
        Gives the number to be made small, or holds it for every setting. NaN counts as infinite.
    *grids : sequences
        Each of one value, which is then fixed, or of at least three in their order.

    Returns
    -------
    setting : tuple
        A value of each grid. Of equal costs, the first.
    value : float
        Its cost.

    Raises
    ------
    ValueError
        Without a grid, for one of no or two values, for an array of another shape, if no cost is
        finite, or if the best lies at an end of a grid.

    Examples
    --------
    >>> tune(lambda eta: (eta - 0.3) ** 2, [0.1, 0.2, 0.3, 0.4])
    ((0.3,), 0.0)
    >>> tune(np.array([4.0, 1.0, 2.0]), [0.1, 0.2, 0.3])
    ((0.2,), 1.0)
    """
    if not grids or any(len(grid) in (0, 2) for grid in grids):
        raise ValueError(f"grids must hold one value each or at least three, got {grids!r}.")
    shape = tuple(len(grid) for grid in grids)
    if callable(cost):
        cost = np.array([float(cost(*setting)) for setting in product(*grids)]).reshape(shape)
    if np.shape(cost) != shape:
        raise ValueError(f"cost must have the shape of the grids, {shape}, got {np.shape(cost)}.")
    costs = np.where(np.isnan(cost), np.inf, cost)
    if not np.isfinite(costs.min()):
        raise ValueError("cost must be finite for one setting at least; it is for none.")
    place = np.unravel_index(costs.argmin(), costs.shape)
    for at, grid in zip(place, grids, strict=True):
        if len(grid) > 1 and at in (0, len(grid) - 1):
            raise ValueError(f"The best, {grid[at]!r}, lies at an end of its grid; widen it.")
    return tuple(grid[at] for at, grid in zip(place, grids, strict=True)), float(costs[place])
