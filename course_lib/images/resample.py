"""Pictures made larger or smaller.

    image    (h, w) or (h, w, c)
    scale    how many times larger, a whole number
    method   which curve weighs the old pixels around a new one

The middle of pixel i lies at i + ½, the picture from 0 to h: its corners stay where they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number, check_whole
from course_lib.images.checking import as_image
from course_lib.images.filters import as_kernel, convolve_fft


def _box(x: np.ndarray) -> np.ndarray:
    return np.where((x >= -0.5) & (x < 0.5), 1.0, 0.0)


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(x), 0)


def cubic_curve(x: ArrayLike, a: float = -0.5) -> np.ndarray:
    """Return Keys' cubic convolution kernel, 1 at 0 and 0 at the other whole numbers.

    With a = −½ it interpolates every quadratic exactly.

    Keys (1981), IEEE Transactions on Acoustics, Speech, and Signal Processing 29, 1153-1160.

    Examples
    --------
    >>> cubic_curve([0, 0.5, 1, 1.5, 2]).tolist()
    [1.0, 0.5625, 0.0, -0.0625, 0.0]
    """
    x = np.abs(np.asarray(x, dtype=float))
    inner = ((a + 2) * x - (a + 3)) * x**2 + 1
    outer = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0)) + 0.0


METHODS = {"nearest": (_box, 0.5), "bilinear": (_triangle, 1.0), "bicubic": (cubic_curve, 2.0)}
"""Curves and how far they reach, in old pixels."""


def resampling_matrix(old: int, new: int, method: str = "bicubic") -> np.ndarray:
    """Return the weights (new, old) that make a row of `new` pixels of one of `old`.

    When the row gets shorter, the curve is stretched by old / new, so that every old pixel counts;
    "nearest" takes one. Weights that would fall outside are left out, and the rest has the sum 1.

    Examples
    --------
    >>> resampling_matrix(2, 4, "bilinear").tolist()
    [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75], [0.0, 1.0]]
    """
    old, new = check_whole("old", old), check_whole("new", new)
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}; got {method!r}.")
    place = (np.arange(new) + 0.5) * old / new
    if method == "nearest":
        return np.eye(old)[np.minimum(place.astype(int), old - 1)]
    stretch = max(old / new, 1.0)
    offsets = np.arange(old) + 0.5 - place[:, None]  # (new, old)
    weights = METHODS[method][0](offsets / stretch)
    return weights / weights.sum(axis=1, keepdims=True)


def resize(image: ArrayLike, shape: tuple[int, int], method: str = "bicubic") -> np.ndarray:
    """Return the picture with other numbers of rows and columns.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    shape : tuple of int
        New height and width.
    method : {"nearest", "bilinear", "bicubic"}
        The nearest pixel; a straight line between the nearest two in each direction; Keys' cubic
        through the nearest four. See `resampling_matrix`.

    Returns
    -------
    ndarray (*shape, ...); bicubic values can leave the picture's range beside edges

    Notes
    -----
    What Pillow's `Image.resize` does, in whole numbers there.

    Examples
    --------
    >>> resize([[0.0, 1.0]], (1, 4), "bilinear").tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    image = as_image(image)
    if np.shape(shape) != (2,):
        raise ValueError(f"shape must be two whole numbers, height and width; got {shape!r}.")
    down = resampling_matrix(image.shape[0], shape[0], method).astype(image.dtype)
    right = resampling_matrix(image.shape[1], shape[1], method).astype(image.dtype)
    result = np.tensordot(down, image, axes=(1, 0))  # (new h, w, ...)
    return np.moveaxis(np.tensordot(right, result, axes=(1, 1)), 0, 1)


def enlarge(image: ArrayLike, scale: int, method: str = "bicubic") -> np.ndarray:
    """Return the picture `scale` times as high and as wide: `resize`.

    Examples
    --------
    >>> enlarge([[1.0, 2.0]], 2, "nearest").tolist()
    [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]
    """
    image, scale = as_image(image), check_whole("scale", scale)
    return resize(image, (image.shape[0] * scale, image.shape[1] * scale), method)


def camera(image: ArrayLike, scale: int, kernel: ArrayLike | None = None) -> np.ndarray:
    """Return what a coarser sensor sees: blurred by the lens, then means of scale × scale pixels.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
        Height and width are multiples of scale.
    scale : int
    kernel : array-like (p, q), both odd, optional
        The lens's blur in pixels of the image, with border "symmetric"; none by default.

    Returns
    -------
    ndarray (h // scale, w // scale, ...)

    Examples
    --------
    >>> camera([[1.0, 3.0], [5.0, 7.0]], 2).tolist()
    [[4.0]]
    """
    image, scale = as_image(image), check_whole("scale", scale)
    h, w = image.shape[:2]
    if h % scale or w % scale:
        raise ValueError(f"image must have sides that {scale} divides; its shape is {image.shape}.")
    if kernel is not None:
        image = convolve_fft(image, kernel)
    return image.reshape(h // scale, scale, w // scale, scale, *image.shape[2:]).mean(axis=(1, 3))


def back_project(
    image: ArrayLike,
    scale: int,
    kernel: ArrayLike | None = None,
    steps: int = 100,
    tolerance: float = 1e-6,
) -> np.ndarray:
    """Enlarge such that the `camera` would see the given picture again.

    From the bicubic enlargement on, what the camera sees differently is enlarged and added:

        x ← x + enlarge(y − camera(x))

    Of all pictures that the camera cannot tell apart this is a smooth one: what it never saw does
    not come back.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    scale : int
    kernel : array-like (p, q), both odd, optional
        The camera's blur. A wide one takes many steps, and noise grows with them.
    steps : int
        The most.
    tolerance : float
        Stop when no pixel that the camera sees is further off.

    Returns
    -------
    ndarray (h·scale, w·scale, ...)

    Notes
    -----
    Irani and Peleg (1991), CVGIP: Graphical Models and Image Processing 53, 231-239.

    Examples
    --------
    >>> y = np.random.default_rng(0).random((8, 8))
    >>> bool(np.abs(camera(back_project(y, 3), 3) - y).max() < 1e-6)
    True
    """
    image = as_image(image)
    kernel = None if kernel is None else as_kernel(kernel)
    tolerance = check_number("tolerance", tolerance, least=0)
    x = enlarge(image, scale)
    for _ in range(check_whole("steps", steps, 0)):
        missing = image - camera(x, scale, kernel)
        if np.abs(missing).max() <= tolerance:
            break
        x = x + enlarge(missing, scale)
    return x
