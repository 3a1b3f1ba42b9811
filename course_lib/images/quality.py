"""How far a picture is from the right one: two numbers of pixels, one of structure.

reference, image   of one shape, (h, w) or (h, w, c)
peak               the value of white: 1 for our pictures, 255 for bytes
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number
from course_lib.images.checking import as_image, same_shape
from course_lib.images.filters import gaussian_filter


def mse(reference: ArrayLike, image: ArrayLike) -> float:
    """Return the mean squared error of the pixels.

    Examples
    --------
    >>> mse([[0.0, 0.0]], [[0.1, -0.1]])
    0.01...
    """
    reference, image = _pair(reference, image)
    return float(np.mean((reference - image) ** 2))


def psnr(reference: ArrayLike, image: ArrayLike, peak: float = 1.0) -> float:
    """Return the peak signal-to-noise ratio 10·log10(peak² / mse), in decibels.

    Noise of standard deviation 0.1 gives 20 dB; a tenth of the noise adds 20 dB; equal pictures
    give infinity.

    Examples
    --------
    >>> round(psnr([[0.0, 0.0]], [[0.1, -0.1]]), 6)
    20.0
    """
    error = mse(reference, image)
    peak = check_number("peak", peak, above=0)
    return math.inf if error == 0 else 20 * math.log10(peak) - 10 * math.log10(error)


def mean_psnr(references: Sequence[ArrayLike], images: Sequence[ArrayLike]) -> float:
    """Return the mean PSNR of several pictures with white at 1, in decibels.

    Raises ValueError for no pictures, or for more of the one kind than of the other.

    Examples
    --------
    >>> round(mean_psnr([[[0.0]], [[0.0]]], [[[0.1]], [[0.01]]]), 6)
    30.0
    """
    pairs = list(zip(references, images, strict=True))
    if not pairs:
        raise ValueError("mean_psnr takes at least one picture and its reference; got none.")
    return float(np.mean([psnr(reference, image) for reference, image in pairs]))


def ssim_map(
    reference: ArrayLike, image: ArrayLike, peak: float = 1.0, sigma: float = 1.5
) -> np.ndarray:
    """Return the structural similarity around each pixel, −1 to 1.

    It compares the means, variances and the covariance of the two pictures in a Gaussian window:

        (2 μx μy + c1) (2 σxy + c2) / ((μx² + μy² + c1) (σx² + σy² + c2)),

    where c1 = (0.01 peak)² and c2 = (0.03 peak)² keep dark and flat places from dividing by zero.

    Parameters
    ----------
    reference, image : array-like (h, w) or (h, w, c)
    peak : float
    sigma : float
        Of the window, in pixels; it ends 3.5 sigma from its middle (11 × 11 pixels by default).

    Returns
    -------
    ndarray (h − 10, w − 10, ...) by default: only where the whole window is inside.

    Raises
    ------
    ValueError
        For different shapes, and for pictures smaller than the window.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((20, 20))
    >>> ssim_map(x, x).round(12).min().item()
    1.0
    """
    x, y = _pair(reference, image)
    c1, c2 = (0.01 * check_number("peak", peak, above=0)) ** 2, (0.03 * peak) ** 2

    def local_mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, sigma, border="valid", truncate=3.5)

    shift_x, shift_y = x.mean(), y.mean()  # small variances of large numbers would lose all digits
    x, y = x - shift_x, y - shift_y
    mean_x, mean_y = local_mean(x), local_mean(y)
    variances = local_mean(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = local_mean(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + shift_x, mean_y + shift_y
    means = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return means * (2 * covariance + c2) / (np.maximum(variances, 0) + c2)


def ssim(reference: ArrayLike, image: ArrayLike, peak: float = 1.0, sigma: float = 1.5) -> float:
    """Return the mean of `ssim_map`: 1 for equal pictures, near 0 for unrelated ones.

    Wang, Bovik, Sheikh and Simoncelli (2004), IEEE Transactions on Image Processing 13, 600-612.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((20, 20))
    >>> ssim(x, 1 - x) < -0.9  # the negative: the structure is turned around
    True
    """
    return float(np.mean(ssim_map(reference, image, peak, sigma)))


def _pair(reference: ArrayLike, image: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    reference, image = as_image(reference, "reference"), as_image(image)
    same_shape(reference, image, ("reference", "image"))
    return reference, image
