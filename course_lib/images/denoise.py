"""Noise, and the filters against it.

    image   (h, w) or (h, w, c); noise levels are in the picture's units (0 black, 1 white)
    size    side of the square window, odd, in pixels

The linear ones, mean and Gaussian, are in filters.py, and the Fourier low-pass in enhance.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from course_lib.checks import check_number
from course_lib.images.checking import as_image, odd_size
from course_lib.images.enhance import low_pass
from course_lib.images.filters import BAND, gaussian_filter, mean_filter, pad
from course_lib.images.quality import mean_psnr


def add_gaussian_noise(image: ArrayLike, sigma: float, random_state=None) -> np.ndarray:
    """Add independent normal noise of standard deviation sigma; the result is not clipped.

    Examples
    --------
    >>> noisy = add_gaussian_noise(np.full((100, 100), 0.5), 0.1, random_state=0)
    >>> bool(abs(noisy.std() - 0.1) < 0.005)
    True
    """
    image, sigma = as_image(image), check_number("sigma", sigma, least=0)
    noise = check_random_state(random_state).normal(scale=sigma, size=image.shape)
    return image + noise.astype(image.dtype)


def add_salt_and_pepper(image: ArrayLike, fraction: float, random_state=None) -> np.ndarray:
    """Turn a fraction of the pixels black (0) or white (1), half of them each.

    All channels of a pixel are hit together.

    Examples
    --------
    >>> hit = add_salt_and_pepper(np.full((100, 100), 0.5), 0.2, random_state=0) != 0.5
    >>> bool(abs(hit.mean() - 0.2) < 0.02)
    True
    """
    image = as_image(image)
    fraction = check_number("fraction", fraction, least=0, most=1)
    luck = check_random_state(random_state).uniform(size=image.shape[:2])
    result = image.copy()
    result[luck < fraction] = 0
    result[luck < fraction / 2] = 1
    return result


def median_filter(image: ArrayLike, size: int, border: str = "symmetric") -> np.ndarray:
    """Replace each pixel by the median of the size × size pixels around it.

    A single wrong pixel can never be the median, so it vanishes, while a straight edge stays where
    it is. Exact for every size; 3 × 3 has a shortcut.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    size : int, odd
    border : str
        See `course_lib.images.filters.pad`.

    Returns
    -------
    ndarray of the image's shape

    Notes
    -----
    Cost for n pixels: 18 comparisons a pixel for size 3, n·size² otherwise, by partial sorting.

    Examples
    --------
    >>> median_filter([[0.1, 0.1, 1.0, 0.2, 0.2]], 3).tolist()
    [[0.1, 0.1, 0.2, 0.2, 0.2]]
    """
    size = odd_size(size)
    padded = pad(image, size // 2, size // 2, border)
    h, w = padded.shape[0] - size + 1, padded.shape[1] - size + 1
    if h < 1 or w < 1:
        raise ValueError(f"a window of {size} × {size} does not fit into the picture.")
    find = _median_of_nine if size == 3 else _median_by_partition
    result = np.empty((h, w, *padded.shape[2:]), dtype=padded.dtype)
    for top in range(0, h, BAND):
        result[top : top + BAND] = find(padded[top : top + BAND + size - 1], size)
    return result


def _median_of_nine(band: np.ndarray, size: int) -> np.ndarray:
    """Return the medians of all 3 × 3 windows.

    Sort the three of every column; neighbouring windows share that work. The median of the nine is
    then the median of three: the largest of the columns' least, the median of their middles, and
    the least of their largest.
    """
    low, middle, high = _sorted_three(band[:-2], band[1:-1], band[2:])
    return _median_of_three(
        np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:]),
        _median_of_three(middle[:, :-2], middle[:, 1:-1], middle[:, 2:]),
        np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:]),
    )


def _sorted_three(a, b, c):
    a, b = np.minimum(a, b), np.maximum(a, b)
    b, c = np.minimum(b, c), np.maximum(b, c)
    return np.minimum(a, b), np.maximum(a, b), c


def _median_of_three(a, b, c):
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))


def _median_by_partition(band: np.ndarray, size: int) -> np.ndarray:
    """Return the medians of all windows; partition puts the middle value in its place."""
    windows = sliding_window_view(band, (size, size), axis=(0, 1))  # (h, w, ..., size, size)
    values = windows.copy().reshape(*windows.shape[:-2], size * size)
    middle = size * size // 2
    values.partition(middle, axis=-1)
    return values[..., middle]


def wiener_filter(
    image: ArrayLike, size: int = 5, noise: float | None = None, border: str = "symmetric"
) -> np.ndarray:
    """Pull every pixel towards its local mean, the more the less its neighbourhood varies.

    With the mean m and the variance v of the window around a pixel x, and the noise's variance σ²,

        out = m + max(v − σ², 0) / v · (x − m).

    Where v is no more than the noise explains, the window is flat and m the best guess; at an edge
    v is large and the pixel stays.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    size : int, odd
    noise : float, optional
        Variance σ² of the noise; by default the mean of all local variances, which is too much for
        a picture with much detail.
    border : str
        See `course_lib.images.filters.pad`.

    Returns
    -------
    ndarray of the image's shape

    Notes
    -----
    Two mean filters. Lim (1990), *Two-Dimensional Signal and Image Processing*, section 9.2; with
    border="zero" it is `scipy.signal.wiener`.

    Examples
    --------
    >>> wiener_filter([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]], 3, noise=0.0).tolist()
    [[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]
    """
    image, size = as_image(image), odd_size(size)
    if border == "valid":
        raise ValueError("wiener_filter keeps the picture's size: border cannot be 'valid'.")
    shift = image.mean()  # variances of small differences from a large mean lose digits
    padded = pad(image, size // 2, size // 2, border) - shift
    mean = mean_filter(padded, size, "valid")
    variance = np.maximum(mean_filter(padded * padded, size, "valid") - mean * mean, 0)
    noise = variance.mean() if noise is None else check_number("noise", noise, least=0)
    gain = np.maximum(variance - noise, 0) / np.where(variance > 0, variance, 1)
    return (mean + gain * (image - shift - mean) + shift).astype(image.dtype, copy=False)


def bilateral_filter(image: ArrayLike, strength: float, sigma: float = 1.5) -> np.ndarray:
    """Replace each pixel by a mean of its neighbours, in which like values count more.

    A neighbour's weight is exp(−distance² / (2·sigma²)) · exp(−difference² / (2·strength²)).
    Colours differ by the length of their difference, divided by the root of the channels' number.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    strength : float
        How far off a value may be, in the picture's units.
    sigma : float
        Standard deviation of the Gaussian over distances, in pixels; the window ends at 3·sigma.

    Returns
    -------
    ndarray of the image's shape

    Notes
    -----
    One pass over the picture for each of the (2·⌈3·sigma⌉ + 1)² neighbours. Tomasi and Manduchi
    (1998), International Conference on Computer Vision, 839-846.

    Examples
    --------
    >>> step = np.tile([0.1, 0.0, 0.1, 0.9, 1.0, 0.9], (6, 1))
    >>> bilateral_filter(step, 0.2)[3].round(1).tolist()  # calmer, and the edge stays
    [0.1, 0.1, 0.1, 0.9, 0.9, 0.9]
    """
    image = as_image(image)
    strength = check_number("strength", strength, above=0)
    sigma = check_number("sigma", sigma, above=0)
    r = math.ceil(3 * sigma)
    rows, columns = image.shape[:2]
    padded = np.moveaxis(pad(image, r, r).reshape(rows + 2 * r, columns + 2 * r, -1), -1, 0)
    middle = padded[:, r : r + rows, r : r + columns]
    total, weights = np.zeros_like(middle), np.zeros((rows, columns), dtype=image.dtype)
    for a, b in np.ndindex(2 * r + 1, 2 * r + 1):
        other = padded[:, a : a + rows, b : b + columns]
        w = np.mean((other - middle) ** 2, axis=0)
        w *= -0.5 / strength**2
        w -= ((a - r) ** 2 + (b - r) ** 2) / (2 * sigma**2)
        np.exp(w, out=w)
        weights += w
        total += w * other
    return np.moveaxis(total / weights, 0, -1).reshape(image.shape)


METHODS = {
    "mean": (mean_filter, (3, 5, 7, 9)),
    "Gaussian": (gaussian_filter, (0.5, 0.7, 1.0, 1.4, 2.0, 2.8)),
    "median": (median_filter, (3, 5, 7)),
    "Wiener": (wiener_filter, (3, 5, 7, 9, 11, 13, 15, 17)),
    "bilateral": (bilateral_filter, (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0, 2.0)),
    "low-pass": (low_pass, (0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)),
}
"""Filters against noise, each with strengths to try: sizes, standard deviations or cut-offs."""


def remove_noise(image: ArrayLike, method: str, strength: float) -> np.ndarray:
    """Filter a picture by the name of a method.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    method : {"mean", "Gaussian", "median", "Wiener", "bilateral", "low-pass"}
    strength : number
        The window's side for mean, median and Wiener; sigma in pixels for the Gaussian; how far off
        a value may be for the bilateral filter; the cut-off in cycles per pixel for the low-pass.

    Examples
    --------
    >>> remove_noise([[0, 0, 9, 0, 0]], "mean", 3).tolist()
    [[0.0, 3.0, 3.0, 3.0, 0.0]]
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}; got {method!r}.")
    whole = isinstance(strength, float) and strength.is_integer()
    return METHODS[method][0](image, int(strength) if whole else strength)


def best_strength(
    references: Sequence[ArrayLike], noisy: Sequence[ArrayLike], method: str
) -> float:
    """Return the strength in `METHODS` that gives noisy pictures the highest mean PSNR.

    Choose it on other pixels than those that you report.

    Examples
    --------
    >>> clean = np.full((30, 30), 0.5)
    >>> best_strength([clean], [add_gaussian_noise(clean, 0.1, random_state=0)], "mean")
    9
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}; got {method!r}.")

    def quality_at(strength: float) -> float:
        return mean_psnr(references, [remove_noise(image, method, strength) for image in noisy])

    return max(METHODS[method][1], key=quality_at)
