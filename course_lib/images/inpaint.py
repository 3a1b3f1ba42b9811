"""Lost parts of a picture filled in: by what is smooth, or by what is seen elsewhere.

    image   (h, w) or (h, w, c)   values in the mask are not read, NaN among them
    mask    (h, w), bool          True where pixels are lost
    L       the discrete Laplacian: Lu at a pixel is Σ (neighbour − pixel) over its neighbours

A pixel has four neighbours, at the picture's border three, and two in a corner: nothing flows out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from course_lib.images.checking import as_image, odd_size
from course_lib.images.patches import Windows

FLAT = 1e-3
"""Data term of a patch without an edge, so that there the confidence decides."""


class ExemplarFill(NamedTuple):
    """A picture filled from its own known parts, and how that went.

    image   of the shape that was given
    source  (h, w, 2) whole numbers: row and column that a pixel was copied from; its own if known
    order   (h, w) whole numbers: in which step it was filled, from 1 on; 0 if known
    """

    image: np.ndarray
    source: np.ndarray
    order: np.ndarray


def inpaint_harmonic(image: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """Fill lost pixels with the mean of their neighbours: Lu = 0, heat that has settled.

    Nothing filled is darker than the darkest or brighter than the brightest pixel around the hole,
    and edges that end at the hole fade out inside of it.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    mask : array-like (h, w) of bool

    Returns
    -------
    ndarray of the image's shape; pixels outside of the mask as they were

    Raises
    ------
    ValueError
        For a mask of another shape, or of the whole picture.
    TypeError
        For a mask of numbers.

    Notes
    -----
    One sparse linear system with a row for each lost pixel, factorised once for all channels.

    Examples
    --------
    >>> inpaint_harmonic([[0.0, 9.0, 9.0, 3.0]], [[False, True, True, False]]).round(9).tolist()
    [[0.0, 1.0, 2.0, 3.0]]
    """
    return _solve(image, mask, power=1)


def inpaint_biharmonic(image: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """Fill lost pixels such that L(Lu) = 0: a thin plate bent as little as possible.

    Slopes go on inside of the hole, so that a shaded surface is continued; the filled values can
    leave the range of those around.

    Parameters, result and errors as `inpaint_harmonic`.

    Notes
    -----
    Clipped to the range of the known pixels, it is `skimage.restoration.inpaint_biharmonic`.
    Damelin and Hoang (2018), International Journal of Mathematics and Mathematical Sciences.

    Examples
    --------
    >>> row = [[0.0, 1.0, 0.0, 0.0, 4.0, 5.0]]  # a ramp goes on as a ramp
    >>> inpaint_biharmonic(row, [[False, False, True, True, False, False]]).round(9).tolist()
    [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]
    """
    return _solve(image, mask, power=2)


def laplacian_matrix(h: int, w: int) -> sparse.csr_array:
    """Return L (h·w, h·w) for pictures in reading order: symmetric, each row with the sum 0.

    Examples
    --------
    >>> laplacian_matrix(1, 3).toarray().tolist()
    [[-1.0, 1.0, 0.0], [1.0, -2.0, 1.0], [0.0, 1.0, -1.0]]
    """
    down, right = _second_differences(h), _second_differences(w)
    return sparse.csr_array(
        sparse.kron(down, sparse.eye_array(w)) + sparse.kron(sparse.eye_array(h), right)
    )


def inpaint_exemplar(image: ArrayLike, mask: ArrayLike, size: int = 9) -> ExemplarFill:
    """Fill lost pixels with patches from the known part of the picture, lines first.

    Each step takes the patch on the hole's rim with the highest priority, confidence · data, finds
    the known patch that is nearest to its known pixels, and copies what it lacks. Confidence is the
    share of the patch that is known, worth less the later it was filled; data is how strongly an
    edge runs into the hole there. So edges are continued before the regions between them.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    mask : array-like (h, w) of bool
    size : int, odd
        Side of a patch: a little more than the largest detail of the texture.

    Returns
    -------
    ExemplarFill

    Raises
    ------
    ValueError
        Also if no patch of this size is known.

    Notes
    -----
    A step compares with all known patches, by Fourier transforms: n log n for n pixels, and takes
    the nearest in place of equally good ones. Criminisi, Pérez and Toyama (2004), IEEE Transactions
    on Image Processing 13, 1200-1212.

    Examples
    --------
    >>> stripes = np.tile([0.0, 0.0, 1.0, 1.0], (12, 5))
    >>> mask = np.zeros(stripes.shape, dtype=bool)
    >>> mask[4:8, 7:12] = True
    >>> bool(np.all(inpaint_exemplar(stripes, mask, 5).image == stripes))
    True
    """
    image, mask = _checked(image, mask)
    size = odd_size(size)
    (h, w), r = mask.shape, size // 2
    u = np.where(mask[..., None], 0, image.reshape(h, w, -1))
    windows = Windows(u, size)
    allowed = ~Windows(mask, size).any()
    if not allowed.any():
        raise ValueError(f"size must be so small that one {size} × {size} patch is known.")
    source, order = np.stack(np.mgrid[:h, :w], axis=-1), np.zeros((h, w), dtype=int)
    known, confidence = ~mask, (~mask).astype(float)
    step = 0
    while not known.all():
        step += 1
        y, x, worth = _first_patch(u, known, confidence, r)
        box = np.s_[max(y - r, 0) : y + r + 1, max(x - r, 0) : x + r + 1]
        patch, seen = _patch(u, y, x, r), _patch(known, y, x, r)
        a, b = windows.best(patch, seen, allowed, near=(y - r, x - r))
        shift = np.array([a + r - y, b + r - x])
        lost = ~known[box]
        source[box][lost] += shift
        u[box][lost] = u[tuple(source[box][lost].T)]
        confidence[box][lost] = worth
        order[box][lost] = step
        known[box] = True
    return ExemplarFill(u.reshape(image.shape), source, order)


def _first_patch(
    u: np.ndarray, known: np.ndarray, confidence: np.ndarray, r: int
) -> tuple[int, int, float]:
    """Return the middle of the patch with the highest priority, and its confidence."""
    rim = np.argwhere(~known & ndimage.binary_dilation(known))
    y, x = rim.T
    down, right = _known_slopes(u, known)

    def around(array: np.ndarray) -> np.ndarray:  # (rim, size²)
        windows = sliding_window_view(np.pad(array, r), (2 * r + 1, 2 * r + 1))
        return windows[y, x].reshape(len(rim), -1)

    worth = around(confidence).mean(axis=1)
    strongest = np.argmax(around(np.hypot(down, right)), axis=1)[:, None]
    down, right = (np.take_along_axis(around(s), strongest, 1)[:, 0] for s in (down, right))
    normal = _slopes(ndimage.uniform_filter(known.astype(float), 3))
    n_down, n_right = (n[y, x] for n in normal)
    # An edge runs across its slope: turned by 90°
    data = np.abs(down * n_right - right * n_down) / np.maximum(np.hypot(n_down, n_right), 1e-12)
    first = np.argmax(np.round(worth * (data + FLAT), 12))  # equal but for rounding: the topmost
    return int(y[first]), int(x[first]), float(worth[first])


def _known_slopes(u: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return central differences down and right, 0 where one of the pixels is lost."""
    grey = u.mean(axis=2)
    inside = ndimage.binary_erosion(known, np.ones((3, 3)), border_value=1)
    down, right = _slopes(grey)
    return down * inside, right * inside


def _slopes(array: np.ndarray) -> list[np.ndarray]:
    """Return central differences down and right; 0 along an axis of one pixel."""
    return [np.gradient(array, axis=k) if array.shape[k] > 1 else array * 0 for k in (0, 1)]


def _patch(array: np.ndarray, y: int, x: int, r: int) -> np.ndarray:
    """Return the patch around a pixel, with 0 (False) outside of the picture."""
    h, w = array.shape[:2]
    patch = np.zeros((2 * r + 1, 2 * r + 1, *array.shape[2:]), dtype=array.dtype)
    top, left, bottom, right = max(y - r, 0), max(x - r, 0), min(y + r + 1, h), min(x + r + 1, w)
    patch[top - y + r : bottom - y + r, left - x + r : right - x + r] = array[
        top:bottom, left:right
    ]
    return patch


def _solve(image: ArrayLike, mask: ArrayLike, power: int) -> np.ndarray:
    """Fill such that the Laplacian, applied `power` times, is 0 in the mask."""
    image, mask = _checked(image, mask)
    h, w = mask.shape
    flat, lost = image.reshape(h * w, -1).copy(), mask.ravel()
    if not lost.any():
        return image.copy()
    L = laplacian_matrix(h, w)
    rows = L[lost] if power == 1 else L[lost] @ L
    known = np.where(lost[:, None], 0, flat).astype(float)
    system = sparse.csc_array(rows[:, lost])
    factors = splu(  # definite, so that the diagonal can be the pivots and the fill-in stays small
        system,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0,
        options={"SymmetricMode": True},
    )
    flat[lost] = factors.solve(-(rows @ known))
    return flat.reshape(image.shape)


def _second_differences(n: int) -> sparse.dia_array:
    middle = np.full(n, -2.0)
    middle[0] += 1
    middle[-1] += 1
    off = np.ones(n - 1)
    return sparse.diags_array([off, middle, off], offsets=[-1, 0, 1], shape=(n, n))


def _checked(image: ArrayLike, mask: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return picture and mask, or say what is wrong with them; lost pixels may be NaN."""
    image, mask = np.asarray(image), np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must hold True and False (True: lost); its type is {mask.dtype}.")
    if mask.shape != image.shape[:2]:
        raise ValueError(
            f"mask must have one value a pixel, shape {image.shape[:2]}; its shape is {mask.shape}."
        )
    if mask.size and mask.all():
        raise ValueError("mask must leave some pixels: everything is lost.")
    if image.dtype.kind == "f":
        image = np.where(mask.reshape(*mask.shape, *[1] * (image.ndim - 2)), 0, image)
    return as_image(image), mask
