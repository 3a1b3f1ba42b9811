"""Canny's edge detector: gradients, thinned to ridges one pixel wide, kept if they hang together.

    image      (h, w)  grey
    right, down (h, w) the slopes of the smoothed picture, from `filters.sobel`
    strength   (h, w)  √(right² + down²), in grey levels per pixel

Canny (1986), *A computational approach to edge detection*, IEEE PAMI 8, 679-698.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from course_lib.checks import check_number
from course_lib.images.checking import as_image, same_shape
from course_lib.images.filters import gaussian_filter, sobel


def canny(
    image: ArrayLike, sigma: float = 1.0, low: float = 0.02, high: float = 0.06
) -> np.ndarray:
    """Find the edges of a grey picture.

    Parameters
    ----------
    image : array-like (h, w)
    sigma : float
        Of the Gaussian that smooths first, in pixels: larger finds fewer and coarser edges.
    low, high : float
        Slopes in grey levels per pixel. An edge has `high` somewhere and nowhere less than `low`.

    Returns
    -------
    ndarray (h, w) of bool

    Raises
    ------
    ValueError
        If low is above high.

    Examples
    --------
    >>> square = np.zeros((7, 9))
    >>> square[:, 5:] = 1
    >>> canny(square, sigma=0.5)[3].astype(int).sum().item()  # the step's edge is one pixel wide
    1
    """
    right, down = sobel(gaussian_filter(as_image(image, channels=1), sigma))
    ridge = suppress_non_maxima(right, down)
    return hysteresis(np.where(ridge, np.hypot(right, down), 0), low, high)


def suppress_non_maxima(right: ArrayLike, down: ArrayLike) -> np.ndarray:
    """Mark the pixels whose gradient is longest along its own direction (non-maximum suppression).

    A blurred edge is a ridge of the strength, several pixels wide. Each pixel is compared with two
    points, one on either side along its gradient. They lie where that line meets the ring of the
    eight neighbours, mostly between two of them, and their strength is interpolated. Where two
    pixels are equally strong, one of them stays, so that the line is one pixel wide.

    Returns
    -------
    ndarray (h, w) of bool; always False where there is no slope, and at the picture's border.

    Examples
    --------
    >>> right = [[0, 0, 0, 0], [0, 1, 2, 1], [0, 0, 0, 0]]
    >>> suppress_non_maxima(right, np.zeros((3, 4)))[1].tolist()
    [False, False, True, False]
    """
    right, down = as_image(right, "right", channels=1), as_image(down, "down", channels=1)
    same_shape(right, down, ("right", "down"))
    strength = np.hypot(right, down)
    longest = np.maximum(np.abs(right), np.abs(down))
    safe = np.where(longest > 0, longest, 1)
    steps = np.stack([down / safe, right / safe])  # to the next pixel ring, along the slope
    here = np.indices(strength.shape)
    ahead = ndimage.map_coordinates(strength, here + steps, order=1, mode="nearest")
    behind = ndimage.map_coordinates(strength, here - steps, order=1, mode="nearest")
    rounding = 1e-9 * strength
    inside = np.zeros(strength.shape, dtype=bool)
    inside[1:-1, 1:-1] = True
    return inside & (strength > ahead + rounding) & (strength >= behind - rounding) & (longest > 0)


def hysteresis(strength: ArrayLike, low: float, high: float) -> np.ndarray:
    """Keep the chains of pixels above ``low`` that reach ``high`` somewhere.

    One threshold either breaks edges or keeps noise. Two keep an edge through its weak places.

    Parameters
    ----------
    strength : array-like (h, w)
    low, high : float, 0 ≤ low ≤ high

    Returns
    -------
    ndarray (h, w) of bool

    Examples
    --------
    >>> hysteresis([[0.0, 0.3, 0.9, 0.3, 0.0, 0.3, 0.0]], 0.2, 0.8).astype(int).tolist()
    [[0, 1, 1, 1, 0, 0, 0]]
    """
    strength = as_image(strength, "strength", channels=1)
    low, high = check_number("low", low, least=0), check_number("high", high, least=0)
    if low > high:
        raise ValueError(f"low must not be above high; got low={low:g} and high={high:g}.")
    chains, count = ndimage.label((strength >= low) & (strength > 0), structure=np.ones((3, 3)))
    strong = np.zeros(count + 1, dtype=bool)
    strong[chains[strength >= high]] = True
    strong[0] = False  # the background, if high is 0
    return strong[chains]
