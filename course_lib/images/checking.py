"""What all functions on pictures check, so that their own files are the algorithms.

    image   (h, w) grey or (h, w, 3) colour; row 0 is the top, column 0 the left edge
    values  numbers where 0 is black and 1 is white; filters also take any other finite numbers

Computing goes in floating point: float32 stays, everything else becomes float64. Bytes would wrap
around at 256 without a word.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_whole


def as_image(image: ArrayLike, name: str = "image", *, channels: int | None = None) -> np.ndarray:
    """Return a picture as a float array, or say what is wrong with it.

    Parameters
    ----------
    image : array-like of shape (h, w) or (h, w, c)
    name : str
        The argument's name, for the message.
    channels : {None, 1, 3}
        None takes both, 1 only grey pictures (h, w), 3 only colour pictures (h, w, 3).

    Raises
    ------
    TypeError
        If the values are no real numbers.
    ValueError
        For another shape, an empty picture, infinite values or NaN.

    Examples
    --------
    >>> as_image([[0, 255]]).dtype
    dtype('float64')
    """
    array = np.asarray(image)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold real numbers; its type is {array.dtype}.")
    wanted = {None: "(h, w) or (h, w, channels)", 1: "(h, w), one grey value a pixel"}
    shape = wanted.get(channels, f"(h, w, {channels})")
    fits = {None: array.ndim in (2, 3), 1: array.ndim == 2}
    if not fits.get(channels, array.ndim == 3 and array.shape[-1] == channels) or not array.size:
        raise ValueError(
            f"{name} must be a picture of shape {shape} with at least one pixel; "
            f"its shape is {array.shape}."
        )
    if array.dtype != np.float32:
        array = array.astype(np.float64, copy=False)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds NaN or infinite values: replace them before filtering.")
    return array


def as_colors(colors: ArrayLike, name: str, channels: int = 3) -> np.ndarray:
    """Return colours (..., 3) as floats; raise ValueError for another last axis or bad values."""
    array = np.asarray(colors)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold real numbers; its type is {array.dtype}.")
    if array.ndim == 0 or array.shape[-1] != channels:
        raise ValueError(
            f"{name} must have the shape (..., {channels}), the channels last; "
            f"its shape is {array.shape}."
        )
    if array.dtype != np.float32:
        array = array.astype(np.float64, copy=False)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds NaN or infinite values.")
    return array


def in_unit_range(values: np.ndarray, name: str) -> np.ndarray:
    """Return the values, or raise ValueError if one is outside of 0 to 1 by more than rounding."""
    slack = 1e-6 if values.dtype == np.float32 else 1e-9
    low, high = np.min(values, initial=0.0), np.max(values, initial=0.0)
    if low < -slack or high > 1 + slack:
        raise ValueError(
            f"{name} must lie between 0 (black) and 1 (white); found {low:g} to {high:g}. "
            "Divide bytes by 255, and clip what a filter made larger: np.clip(image, 0, 1)."
        )
    return values


def same_shape(a: np.ndarray, b: np.ndarray, names: tuple[str, str]) -> None:
    """Raise ValueError unless two pictures have one shape."""
    if a.shape != b.shape:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same shape; got {a.shape} and {b.shape}."
        )


def odd_size(size: int, name: str = "size") -> int:
    """Return an odd positive number of pixels, or raise: only an odd window has a middle."""
    if check_whole(name, size) % 2 == 0:
        raise ValueError(f"{name} must be odd, to have a middle; got {size}.")
    return int(size)
