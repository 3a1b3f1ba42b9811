"""Round normal distributions mixed together: data whose density is known everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number, check_whole


@dataclass(frozen=True)
class NormalMixture:
    """A mixture of K equally likely normal distributions of the same width in all directions.

    Parameters
    ----------
    centers : array of shape (K, d)
        The means; on a line d is 1.
    sigma : float, above 0
        Standard deviation of each in every direction.

    Raises
    ------
    ValueError
        For centers of another shape or not finite, and for a width that is not above 0.

    Examples
    --------
    >>> pair = NormalMixture([[-1.0], [1.0]], sigma=0.5)
    >>> pair.draw(3).shape, pair.density([[0.0]]).round(4).tolist()
    ((3, 1), [0.108])
    """

    centers: np.ndarray
    sigma: float

    def __init__(self, centers: ArrayLike, sigma: float):
        centers = np.array(centers, dtype=float)
        if centers.ndim != 2 or not centers.size or not np.isfinite(centers).all():
            raise ValueError(
                f"centers must be finite numbers of shape (K, d), got shape {centers.shape}."
            )
        centers.setflags(write=False)
        object.__setattr__(self, "centers", centers)
        object.__setattr__(self, "sigma", check_number("sigma", sigma, above=0))

    def draw(self, n: int, random_state: int | np.random.Generator = 0) -> np.ndarray:
        """Return n points (n, d), each from a component drawn at random."""
        rng, (K, d) = np.random.default_rng(random_state), self.centers.shape
        component = rng.integers(K, size=check_whole("n", n, 0))
        return self.centers[component] + self.sigma * rng.standard_normal((len(component), d))

    def density(self, X: ArrayLike) -> np.ndarray:
        """Return the density at points (..., d): an array of shape (...)."""
        X, d = np.asarray(X, dtype=float), self.centers.shape[1]
        if X.ndim < 1 or X.shape[-1] != d:
            raise ValueError(f"X must have the shape (..., {d}), got {X.shape}.")
        scale, total = (2 * np.pi * self.sigma**2) ** (-d / 2), np.zeros(X.shape[:-1])
        for center in self.centers:
            total += np.exp(-(((X - center) / self.sigma) ** 2).sum(axis=-1) / 2)
        return scale * total / len(self.centers)


def normal_ring(
    k: int = 8, *, radius: float = 2.0, sigma: float = 0.05, only: Sequence[int] | None = None
) -> NormalMixture:
    """Return k narrow normal distributions, evenly spaced on a circle around the origin.

    Parameters
    ----------
    k : int
        The first lies to the right, the others follow against the clock.
    radius, sigma : float, above 0
    only : sequence of int, optional
        The numbers, from 0, of those that are kept; all if None.

    Examples
    --------
    >>> normal_ring(4, only=(0, 1)).centers.round(12).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    k, radius = check_whole("k", k), check_number("radius", radius, above=0)
    kept = range(k) if only is None else only
    number = np.array([check_whole("each of only", i, 0, k - 1) for i in kept], dtype=float)
    angle = 2 * np.pi * number / k
    return NormalMixture(radius * np.column_stack([np.cos(angle), np.sin(angle)]), sigma)
