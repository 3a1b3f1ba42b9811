"""Features of pictures, made by hand: what colours they hold, and how their edges run.

Symbols
    images  (n, h, w, c)  pictures, c = 3 for colour and 1 for grey; (n, h, w) is grey too
    B       bins of a colour channel (`bins`)
    s       side of a cell in pixels (`cell`)
    O       bins of the edges' directions (`orientations`)
    g       (2,)  gradient of the brightness at a pixel: its change down and across

Both forget on purpose. A histogram of colours forgets where they are; oriented gradients forget how
bright a picture is and move by up to a cell without much change. What a feature forgets can no
longer come between two pictures that mean the same.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from course_lib.checks import check_whole

_FLAT = 0.01  # length of the gradients in a block below which noise would be blown up
_AT_ONCE = 2**20  # pixels worked on together, so that the arrays in between stay small


def color_histogram(images: ArrayLike, *, bins: int = 4) -> np.ndarray:
    """Count how often each colour occurs in each picture, as a share of its pixels.

    A colour is the triple of its channels' bins, so that red and green pixels are told from yellow
    ones; a histogram for each channel would confuse them.

    Parameters
    ----------
    images : array of shape (n, h, w, c) or (n, h, w)
        Bytes from 0 to 255, or floats from 0 to 1.
    bins : int from 2 to 64, default=4
        B, equal parts of each channel's range.

    Returns
    -------
    ndarray of shape (n, Bᶜ), float64
        Shares that add up to 1 in each row. The colour (r, g, b) is column (r·B + g)·B + b.

    Raises
    ------
    TypeError, ValueError
        For arrays that are no pictures, values out of range, and bins out of range.

    Notes
    -----
    Cost O(nhwc). Swain and Ballard (1991), *Color indexing*, International Journal of Computer
    Vision 7.

    Examples
    --------
    >>> red_and_white = np.array([[[[255, 0, 0], [255, 255, 255]]]], dtype=np.uint8)
    >>> color_histogram(red_and_white, bins=2)
    array([[0. , 0. , 0. , 0. , 0.5, 0. , 0. , 0.5]])
    """
    X, bins = _pictures(images), check_whole("bins", bins, 2, 64)
    n, h, w, c = X.shape
    levels = _levels(images, X, bins)
    code = np.zeros((n, h * w), dtype=np.int64)
    for channel in range(c):
        level = levels[..., channel]
        code = code * bins + level.reshape(n, -1)
    code += bins**c * np.arange(n)[:, None]  # each picture counts in a range of its own
    counts = np.bincount(code.ravel(), minlength=n * bins**c)
    return counts.reshape(n, bins**c) / (h * w)


def _levels(images: ArrayLike, X: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each value of pictures X (n, h, w, c), which were bytes or floats.

    Bytes are counted in whole numbers, without rounding; and a float that is a byte divided by 255,
    a rounding or two below an edge, is in that byte's bin.
    """
    if np.asarray(images).dtype == np.uint8:
        level = np.asarray(images).reshape(X.shape).astype(np.int64) * bins // 255
    else:
        level = (X * (bins * (1 + 4 * np.finfo(X.dtype).eps))).astype(np.int64)
    return np.minimum(level, bins - 1)  # white is in the last


def gradients(images: ArrayLike) -> np.ndarray:
    """Take central differences of each picture down and across.

    Beyond the border the picture repeats its last pixel. Where there are several channels, a
    pixel's gradient is that of the channel in which it is longest.

    Parameters
    ----------
    images : array of shape (n, h, w, c) or (n, h, w)
        Bytes from 0 to 255, or floats from 0 to 1.

    Returns
    -------
    ndarray of shape (n, h, w, 2)
        Change of the brightness per pixel, down and to the right.

    Examples
    --------
    >>> gradients(np.array([[[0.0, 0.5, 1.0]]]))[0, 0, :, 1]
    array([0.25, 0.5 , 0.25])
    """
    X = _pictures(images)
    P = np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    down = (P[:, 2:, 1:-1] - P[:, :-2, 1:-1]) / 2  # (n, h, w, c)
    across = (P[:, 1:-1, 2:] - P[:, 1:-1, :-2]) / 2
    g = np.stack([down, across], axis=-1)  # (n, h, w, c, 2)
    strongest = np.argmax(np.sum(g * g, axis=-1), axis=-1)  # (n, h, w)
    return np.take_along_axis(g, strongest[..., None, None], axis=3)[..., 0, :]


def oriented_gradients(
    images: ArrayLike, *, cell: int = 4, orientations: int = 8, block: int = 2
) -> np.ndarray:
    """Describe each picture by histograms of the directions of its edges, cell by cell.

    Each pixel votes in its cell for the direction of its gradient, up to sign, with the gradient's
    length, shared between the two nearest directions. Blocks of cells are then scaled to length 1.

    Parameters
    ----------
    images : array of shape (n, h, w, c) or (n, h, w)
        Bytes from 0 to 255, or floats from 0 to 1; h and w are multiples of `cell`.
    cell : int, default=4
        s, the side of a cell in pixels.
    orientations : int from 2 to 64, default=8
        O. Direction o is the angle 180°·o/O; direction 0 is the gradient of an upright edge.
    block : int, default=2
        Cells along each side of a block; blocks overlap, one begins at each cell.

    Returns
    -------
    ndarray of shape (n, (h/s − block + 1) (w/s − block + 1) block² O)
        Blocks row by row, in each the cells row by row, in each the directions. Float32 for float32
        pictures, else float64.

    Raises
    ------
    TypeError, ValueError
        For arrays that are no pictures, values and parameters out of range, and pictures that cells
        do not fill.

    Notes
    -----
    Adding brightness changes nothing, and contrast next to nothing: a block whose gradients have
    length ℓ is divided by (ℓ² + 0.01²)^½. Cost O(nhw + nhwO·block²/s²). A plain form of Dalal and
    Triggs (2005), *Histograms of oriented gradients for human detection*, CVPR.

    Examples
    --------
    >>> step = np.repeat([[0.0] * 4 + [1.0] * 4], 8, axis=0)  # dark left, bright right
    >>> oriented_gradients(step[None], orientations=2).round(2).tolist()
    [[0.5, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0]]
    """
    X = _pictures(images)
    n, h, w, _ = X.shape
    cell = check_whole("cell", cell, 1, min(h, w))
    orientations = check_whole("orientations", orientations, 2, 64)
    if h % cell or w % cell:
        raise ValueError(
            f"cell={cell} does not divide pictures of {h} × {w} pixels: choose a divisor of both, "
            "or crop the pictures."
        )
    block = check_whole("block", block, 1, min(h, w) // cell)
    at_once = max(1, _AT_ONCE // (h * w))
    parts = [
        _blocks(_cells(X[i : i + at_once], cell, orientations), block) for i in range(0, n, at_once)
    ]
    return np.concatenate(parts).astype(X.dtype, copy=False)


def _cells(X: np.ndarray, cell: int, orientations: int) -> np.ndarray:
    """Histograms of the directions in each cell: (n, h, w, c) → (n, h/s, w/s, O)."""
    n, h, w, _ = X.shape
    g = gradients(X)
    length = np.hypot(g[..., 0], g[..., 1])  # (n, h, w)
    place = np.arctan2(g[..., 0], g[..., 1]) * (orientations / np.pi)  # in bins, −O … O
    below = np.floor(place)
    share = place - below  # goes to the next bin
    rows, columns = np.arange(h) // cell, np.arange(w) // cell
    where = rows[:, None] * (w // cell) + columns  # (h, w), the pixel's cell
    where = where + (h // cell) * (w // cell) * np.arange(n)[:, None, None]  # (n, h, w)
    counts = np.zeros(n * (h // cell) * (w // cell) * orientations)
    for step, votes in ((0, length * (1 - share)), (1, length * share)):
        direction = (below.astype(np.int64) + step) % orientations  # θ and θ + 180° are one
        bin_ = (where * orientations + direction).ravel()
        counts += np.bincount(bin_, votes.ravel(), minlength=counts.size)
    return counts.reshape(n, h // cell, w // cell, orientations)


def _blocks(cells: np.ndarray, block: int) -> np.ndarray:
    """Scale every block × block window of cells (n, r, c, O) to length 1, and line them up."""
    windows = sliding_window_view(cells, (block, block), axis=(1, 2))  # (n, r', c', O, b, b)
    B = np.moveaxis(windows, 3, -1)  # (n, r', c', b, b, O)
    B = B.reshape(*B.shape[:3], -1)
    B = B / np.sqrt(np.sum(B * B, axis=-1, keepdims=True) + _FLAT**2)
    return B.reshape(len(cells), -1)


def _pictures(images: ArrayLike) -> np.ndarray:
    """Return pictures (n, h, w, c) as floats from 0 to 1, or say what is wrong with them."""
    X = np.asarray(images)
    if X.dtype != np.uint8 and X.dtype.kind != "f":
        raise TypeError(
            f"images must be bytes (uint8, 0 to 255) or floats (0 to 1); got {X.dtype}. Convert "
            "them, so that it is clear which number is white."
        )
    X = X[..., None] if X.ndim == 3 else X
    if X.ndim != 4 or X.shape[-1] not in (1, 3) or 0 in X.shape:
        raise ValueError(
            "images must have the shape (n, h, w), (n, h, w, 1) or (n, h, w, 3), at least one "
            f"picture of at least one pixel; got {np.shape(images)}. One picture is images[None]."
        )
    if X.dtype == np.uint8:
        return X / 255.0
    X = X if X.dtype == np.float32 else X.astype(np.float64, copy=False)
    if not (X.min() >= 0 and X.max() <= 1):  # NaN fails too
        raise ValueError(
            f"images of floats must lie between 0 (black) and 1 (white), got {X.min():g} to "
            f"{X.max():g}. Divide bytes by 255."
        )
    return X
