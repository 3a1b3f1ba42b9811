"""Pictures from fewer numbers: of a low rank, or as tiles on their principal axes.

Symbols
    h, w   height and width of a grey picture, (h, w)
    k      side of a tile
    count  numbers that may be stored
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number
from course_lib.decomposition.pca import PCA


def tiles(picture: ArrayLike, k: int = 8) -> np.ndarray:
    """Cut a grey picture into tiles of k × k, one a row: (hw/k², k²), row by row of the picture.

    Raises
    ------
    ValueError
        If k does not divide both sides.

    Examples
    --------
    >>> tiles([[1, 2, 3, 4], [5, 6, 7, 8]], 2)
    array([[1, 2, 5, 6],
           [3, 4, 7, 8]])
    """
    picture = np.asarray(picture)
    if picture.ndim != 2 or any(side % k for side in picture.shape):
        raise ValueError(
            f"a picture cut into tiles has the shape (h, w), both multiples of {k}; got "
            f"{picture.shape}."
        )
    h, w = picture.shape
    return picture.reshape(h // k, k, w // k, k).swapaxes(1, 2).reshape(-1, k * k)


def picture_of_tiles(rows: ArrayLike, shape: tuple[int, int]) -> np.ndarray:
    """Put tiles, as `tiles` cuts them, together to a picture of this shape.

    Examples
    --------
    >>> picture_of_tiles([[1, 2, 5, 6], [3, 4, 7, 8]], (2, 4))
    array([[1, 2, 3, 4],
           [5, 6, 7, 8]])
    """
    rows, (h, w) = np.asarray(rows), shape
    k = round(rows.shape[1] ** 0.5)
    return rows.reshape(h // k, w // k, k, k).swapaxes(1, 2).reshape(h, w)


def by_rank(picture: ArrayLike, count: float) -> np.ndarray:
    """Return the nearest picture of a rank r whose two factors hold r(h + w) ≤ count numbers.

    Where not even rank 1 fits, it is of rank 1. Cost: O(hw·min(h, w)). Eckart and Young (1936),
    *The approximation of one matrix by another of lower rank*, Psychometrika 1.

    Examples
    --------
    >>> by_rank([[3.0, 0.0], [0.0, 1.0]], 4).round(6)
    array([[3., 0.],
           [0., 0.]])
    """
    picture = np.asarray(picture, dtype=float)
    r = max(1, int(check_number("count", count, above=0)) // sum(picture.shape))
    U, s, V = np.linalg.svd(picture, full_matrices=False)
    return (U[:, :r] * s[:r]) @ V[:r]


def by_tiles(picture: ArrayLike, count: float, k: int = 8) -> np.ndarray:
    """Return a picture rebuilt from m numbers for each tile of k × k.

    The m numbers of each tile, the m principal axes of the tiles and their mean are count numbers
    or fewer; where not even m = 1 fits, m is 1.

    Examples
    --------
    >>> by_tiles(np.outer([1.0, 3.0], [1.0, 1.0, 2.0, 2.0]), 16, k=2).round(6)
    array([[1., 1., 2., 2.],
           [3., 3., 6., 6.]])
    """
    picture = np.asarray(picture, dtype=float)
    X = tiles(picture, k)
    m = int(check_number("count", count, above=0) - k * k) // (len(X) + k * k)
    space = PCA(min(max(1, m), *X.shape)).fit(X)
    return picture_of_tiles(space.inverse_transform(space.transform(X)), picture.shape)


def share_in_a_window(patterns: ArrayLike, side: int) -> float:
    """Return how local square patterns are: the share of their squares in the best small window.

    Parameters
    ----------
    patterns : array of shape (n, k²)
        Tiles of k × k, as `tiles` cuts them; none is 0 everywhere.
    side : int
        Side of the window.

    Returns
    -------
    float
        The mean over the patterns of the largest share that a window of side × side holds; 1 if
        each lies in such a window, (side/k)² if all are flat.

    Examples
    --------
    >>> share_in_a_window([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 5.0]], 1)
    0.625
    """
    patterns = np.asarray(patterns, dtype=float)
    k = round(patterns.shape[1] ** 0.5)
    squares = patterns.reshape(-1, k, k) ** 2
    windows = np.lib.stride_tricks.sliding_window_view(squares, (side, side), axis=(1, 2))
    most = windows.sum(axis=(3, 4)).max(axis=(1, 2))  # (n,)
    return float(np.mean(most / squares.sum(axis=(1, 2))))
