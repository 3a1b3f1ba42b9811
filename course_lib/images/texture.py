"""Textures: grown from a sample, sewn from its blocks, or computed from nothing.

sample   (h, w) or (h, w, c)   a piece of the texture
shape    (rows, columns)       of the texture that is made
source   (rows, columns, 2)    row and column in the sample that each pixel was copied from
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import ndimage
from sklearn.utils import check_random_state

from course_lib.checks import check_number, check_whole
from course_lib.images.checking import as_image, odd_size
from course_lib.images.filters import gaussian_weights
from course_lib.images.patches import Windows


class Grown(NamedTuple):
    """A texture, where each pixel came from, and in which order they came (0: the seed)."""

    image: np.ndarray
    source: np.ndarray
    order: np.ndarray


class Quilt(NamedTuple):
    """A texture sewn from blocks.

    image   (rows, columns, ...)
    source  (rows, columns, 2)
    block   (rows, columns) whole numbers: which block a pixel belongs to, in the order of sewing
    seams   (rows, columns) bool: pixels with another block on the right or below
    """

    image: np.ndarray
    source: np.ndarray
    block: np.ndarray
    seams: np.ndarray


def efros_leung(
    sample: ArrayLike,
    shape: tuple[int, int],
    window: int = 11,
    tolerance: float = 0.1,
    random_state=None,
) -> Grown:
    """Grow a texture pixel by pixel around a 3 × 3 seed from the sample.

    The next pixel is one with many known neighbours. Of all places in the sample whose surroundings
    are nearly as like to its own as the best, one is drawn, and its middle copied.

    Parameters
    ----------
    sample : array-like (h, w) or (h, w, c)
    shape : tuple of int
    window : int, odd
        Side of the surroundings that are compared, weighted by a Gaussian of a standard deviation
        of window / 6.4: larger than the texture's regular parts.
    tolerance : float
        Places with an error of at most (1 + tolerance) times the least can be drawn.
    random_state : int, RandomState instance or None

    Returns
    -------
    Grown

    Raises
    ------
    ValueError
        For a window larger than the sample.

    Notes
    -----
    Each pixel costs a product with all windows, (h − window + 1)·(w − window + 1)·window²·c
    numbers. Efros and Leung (1999), International Conference on Computer Vision, 1033-1038.

    Examples
    --------
    >>> stripes = np.tile([0.0, 0.0, 1.0], (12, 4))
    >>> grown = efros_leung(stripes, (9, 9), window=5, random_state=0).image
    >>> bool(np.all(grown == grown[:1])) and bool(np.all(grown[:, 3:] == grown[:, :-3]))
    True
    """
    sample, shape = as_image(sample, "sample"), _shape(shape, 3)
    window, r = odd_size(window, "window"), window // 2
    tolerance = check_number("tolerance", tolerance, least=0)
    random_state = check_random_state(random_state)
    compare = _Surroundings(sample, window)
    size = (shape[0] + 2 * r, shape[1] + 2 * r)
    pixels = sample.reshape(*sample.shape[:2], -1)
    u, known = np.zeros((*size, pixels.shape[2])), np.zeros(size, dtype=bool)
    source, order = np.zeros((*size, 2), dtype=int), np.zeros(size, dtype=int)
    top, left = (random_state.randint(n - 2) for n in sample.shape[:2])
    middle = np.s_[
        r + shape[0] // 2 - 1 : r + shape[0] // 2 + 2, r + shape[1] // 2 - 1 : r + shape[1] // 2 + 2
    ]
    source[middle] = np.stack(np.mgrid[top : top + 3, left : left + 3], axis=-1)
    u[middle], known[middle] = pixels[top : top + 3, left : left + 3], True
    inside = np.zeros(size, dtype=bool)
    inside[r : r + shape[0], r : r + shape[1]] = True
    step = 0
    while not known[inside].all():
        for y, x in _rim(known, inside, random_state):
            step += 1
            box = np.s_[y - r : y + r + 1, x - r : x + r + 1]
            places = compare.nearly_best(u[box], known[box], tolerance)
            place = compare.place(places[random_state.randint(len(places))])
            source[y, x], u[y, x], known[y, x], order[y, x] = place, pixels[place], True, step
    cut = np.s_[r : r + shape[0], r : r + shape[1]]
    image = u[cut].reshape(*shape, *sample.shape[2:]).astype(sample.dtype)
    return Grown(image, source[cut], order[cut])


class _Surroundings:
    """All windows of a sample as rows, for the comparison with one partly known window."""

    def __init__(self, sample: np.ndarray, window: int):
        h, w = sample.shape[:2]
        if window > min(h, w):
            raise ValueError(f"window must be at most the sample's sides, {h} × {w}; got {window}.")
        if window < 3:
            raise ValueError(f"window must be 3 or more; got {window}.")
        X = sample.reshape(h, w, -1).astype(float)
        self._offset = X.mean(axis=(0, 1))
        X = sliding_window_view(X - self._offset, (window, window), axis=(0, 1))
        X = np.moveaxis(X, 2, -1)  # (rows, columns, window, window, c)
        self._columns, self._r = X.shape[1], window // 2
        self._values = np.ascontiguousarray(X.reshape(-1, window * window * X.shape[-1]))
        self._squares = np.sum(X**2, axis=-1).reshape(-1, window * window)
        bell = gaussian_weights(window / 6.4, truncate=8)
        cut = len(bell) // 2 - window // 2
        bell = bell[cut : cut + window]
        self._bell = np.outer(bell, bell)

    def nearly_best(self, patch: np.ndarray, known: np.ndarray, tolerance: float) -> np.ndarray:
        m = self._bell * known
        m /= m.sum()
        v = patch - self._offset
        weighted = m[..., None] * v
        errors = self._squares @ m.ravel() - 2 * (self._values @ weighted.ravel())
        errors += np.sum(weighted * v)
        errors = np.maximum(errors, 0)
        return np.flatnonzero(errors <= errors.min() * (1 + tolerance) + 1e-12)

    def place(self, index: int) -> tuple[int, int]:
        return index // self._columns + self._r, index % self._columns + self._r


def _rim(known: np.ndarray, inside: np.ndarray, random_state) -> np.ndarray:
    """Return the unknown pixels beside known ones, those with most known neighbours first."""
    neighbours = ndimage.convolve(known.astype(int), np.ones((3, 3), dtype=int), mode="constant")
    places = np.argwhere(inside & ~known & (neighbours > 0))
    places = random_state.permutation(places)
    return places[np.argsort(-neighbours[tuple(places.T)], kind="stable")]


# ---------------------------------------------------------------- quilting


def minimum_cut(errors: ArrayLike) -> np.ndarray:
    """Return the column in each row of the cut from top to bottom with the least sum of errors.

    From a row to the next the cut moves by one column at most.

    Parameters
    ----------
    errors : array-like (n, m)

    Returns
    -------
    ndarray (n,) of whole numbers; of equal cuts, the leftmost from below

    Notes
    -----
    Dynamic programming: the least sum that reaches a pixel is its error and the least of the three
    above. n·m steps for 3ⁿ cuts.

    Examples
    --------
    >>> minimum_cut([[1, 0, 9], [9, 1, 0], [9, 0, 9]]).tolist()
    [1, 2, 1]
    """
    errors = as_image(errors, "errors", channels=1)
    n, m = errors.shape
    sums = np.full((n, m + 2), np.inf)
    sums[0, 1:-1] = errors[0]
    for i in range(1, n):
        above = sums[i - 1]
        sums[i, 1:-1] = errors[i] + np.minimum(np.minimum(above[:-2], above[1:-1]), above[2:])
    cut = np.empty(n, dtype=int)
    cut[-1] = np.argmin(sums[-1, 1:-1])
    for i in range(n - 2, -1, -1):
        j = cut[i + 1]
        cut[i] = max(j - 1, 0) + np.argmin(sums[i, max(j, 1) : j + 3])
    return cut


def quilt(
    sample: ArrayLike,
    shape: tuple[int, int],
    block: int = 32,
    overlap: int | None = None,
    tolerance: float = 0.1,
    random_state=None,
    seams: str = "minimum",
) -> Quilt:
    """Sew a texture from blocks of the sample that fit where they overlap.

    Row by row, a block is drawn from all whose overlap with what is there has an error of at most
    (1 + tolerance) times the least, and sewn on along the cut on which both agree best.

    Parameters
    ----------
    sample : array-like (h, w) or (h, w, c)
    shape : tuple of int
    block : int
        Side of a block: larger than the texture's regular parts.
    overlap : int, optional
        Of neighbouring blocks, in pixels; a sixth of the block by default, as in the paper.
    tolerance : float
    random_state : int, RandomState instance or None
    seams : {"minimum", "straight", "random"}
        "straight" lays the fitting block over its neighbours without a cut; "random" draws any
        block besides.

    Returns
    -------
    Quilt

    Raises
    ------
    ValueError
        For a block larger than the sample, or an overlap not less than the block.

    Notes
    -----
    A block costs a few Fourier transforms of the sample. Efros and Freeman (2001), SIGGRAPH,
    341-346.

    Examples
    --------
    >>> checks = np.indices((16, 16)).sum(axis=0) % 2.0
    >>> sewn = quilt(checks, (20, 20), block=8, overlap=2, random_state=0).image
    >>> bool(np.all(sewn[1:] != sewn[:-1]) and np.all(sewn[:, 1:] != sewn[:, :-1]))
    True
    """
    sample, shape = as_image(sample, "sample"), _shape(shape, 1)
    block = check_whole("block", block, 2, min(sample.shape[:2]))
    overlap = (
        max(block // 6, 1) if overlap is None else check_whole("overlap", overlap, 1, block - 1)
    )
    tolerance = check_number("tolerance", tolerance, least=0)
    if seams not in ("minimum", "straight", "random"):
        raise ValueError(f"seams must be 'minimum', 'straight' or 'random'; got {seams!r}.")
    random_state = check_random_state(random_state)
    windows = Windows(sample.astype(float), block)
    step = block - overlap
    counts = [max(-(-(n - overlap) // step), 1) for n in shape]
    size = [n * step + overlap for n in counts]
    u = np.zeros((*size, windows.pixels.shape[2]))
    source, owner = np.zeros((*size, 2), dtype=int), np.zeros(size, dtype=int)
    for k, (i, j) in enumerate(np.ndindex(*counts)):
        box = np.s_[i * step : i * step + block, j * step : j * step + block]
        known = np.zeros((block, block), dtype=bool)
        known[: overlap * (i > 0)] = True
        known[:, : overlap * (j > 0)] = True
        errors = windows.errors(u[box], known) if seams != "random" else np.zeros(windows.shape)
        least = errors.min()
        fitting = np.argwhere(errors <= least * (1 + tolerance) + 1e-10 * block * block)
        y, x = fitting[random_state.randint(len(fitting))]
        new = windows.pixels[y : y + block, x : x + block]
        take = np.ones((block, block), dtype=bool)
        if seams == "minimum":
            squares = np.sum((u[box] - new) ** 2, axis=2)
            take = _new_part(squares, overlap, left=j > 0, above=i > 0)
        u[box][take] = new[take]
        source[box][take] = np.stack(np.mgrid[y : y + block, x : x + block], axis=-1)[take]
        owner[box][take] = k
    cut = np.s_[: shape[0], : shape[1]]
    image = u[cut].reshape(*shape, *sample.shape[2:]).astype(sample.dtype)
    return Quilt(image, source[cut], owner[cut], _borders(owner[cut]))


def _new_part(squares: np.ndarray, overlap: int, *, left: bool, above: bool) -> np.ndarray:
    """Return which pixels of a block are taken from the new one: those beyond both cuts."""
    n = len(squares)
    take = np.ones((n, n), dtype=bool)
    if left:
        take &= np.arange(n) >= minimum_cut(squares[:, :overlap])[:, None]
    if above:
        take &= np.arange(n)[:, None] >= minimum_cut(squares[:overlap].T)
    return take


def _borders(owner: np.ndarray) -> np.ndarray:
    seams = np.zeros(owner.shape, dtype=bool)
    seams[:-1] |= owner[1:] != owner[:-1]
    seams[:, :-1] |= owner[:, 1:] != owner[:, :-1]
    return seams


# ---------------------------------------------------------------- noise functions


def value_noise(shape: tuple[int, int], cell: float, random_state=None) -> np.ndarray:
    """Return random values on a coarse grid, joined by smooth curves: 0 to 1.

    Parameters
    ----------
    shape : tuple of int
    cell : float
        Distance of the grid's lines, in pixels.
    random_state : int, RandomState instance or None

    Returns
    -------
    ndarray (rows, columns)

    Examples
    --------
    >>> noise = value_noise((64, 64), 16, random_state=0)
    >>> bool(0 <= noise.min() and noise.max() <= 1)
    True
    """
    (i, j), (s, t), grid = _grid(shape, cell)
    values = check_random_state(random_state).uniform(size=grid)
    return _join(
        values[i][:, j], values[i][:, j + 1], values[i + 1][:, j], values[i + 1][:, j + 1], s, t
    )


def gradient_noise(shape: tuple[int, int], cell: float, random_state=None) -> np.ndarray:
    """Return Perlin's noise: 0 at the points of a grid, with a random slope in each of them.

    Around each grid point lies a plane of slope 1 in a random direction; they are joined by smooth
    curves. Its waves have about the length of a cell or two; value noise has longer ones too.

    Parameters as `value_noise`.

    Returns
    -------
    ndarray (rows, columns), −√½ to √½, around 0

    Notes
    -----
    Perlin (1985), SIGGRAPH, 287-296; the curve 6t⁵ − 15t⁴ + 10t³ is Perlin's (2002).

    Examples
    --------
    >>> noise = gradient_noise((64, 64), 16, random_state=0)
    >>> bool(np.all(np.abs(noise) <= np.sqrt(0.5)))
    True
    """
    (i, j), (s, t), grid = _grid(shape, cell)
    angles = check_random_state(random_state).uniform(0, 2 * np.pi, size=grid)
    down, right = np.sin(angles), np.cos(angles)

    def plane(a: int, b: int) -> np.ndarray:
        return down[i + a][:, j + b] * (s[:, None] - a) + right[i + a][:, j + b] * (t - b)

    return _join(plane(0, 0), plane(0, 1), plane(1, 0), plane(1, 1), s, t)


def fractal_noise(
    shape: tuple[int, int],
    cell: float,
    octaves: int = 5,
    persistence: float = 0.5,
    noise=gradient_noise,
    random_state=None,
) -> np.ndarray:
    """Return a sum of noises, each with half the cell and a smaller height than the last.

    Parameters
    ----------
    shape, cell
        As `value_noise`; `cell` is the first one's.
    octaves : int
        How many.
    persistence : float
        Height of each by that of the one before.
    noise : {value_noise, gradient_noise}
    random_state : int, RandomState instance or None

    Returns
    -------
    ndarray (rows, columns), divided by the sum of all heights

    Examples
    --------
    >>> fractal_noise((8, 8), 8, octaves=3, random_state=0).shape
    (8, 8)
    """
    random_state = check_random_state(random_state)
    octaves = check_whole("octaves", octaves)
    persistence = check_number("persistence", persistence, above=0)
    heights = persistence ** np.arange(octaves)
    layers = [noise(shape, cell / 2**k, random_state) for k in range(octaves)]
    return np.tensordot(heights, layers, axes=1) / heights.sum()


def gray_scott(
    shape: tuple[int, int],
    feed: float = 0.037,
    kill: float = 0.06,
    steps: int = 5000,
    random_state=None,
    diffusion: tuple[float, float] = (0.16, 0.08),
) -> tuple[np.ndarray, np.ndarray]:
    """Return spots or stripes that two substances make, as on an animal's skin.

    U is fed and V taken away; two V turn a U into a third V, and both spread:

        U ← U + d₁ LU − U V² + feed (1 − U)
        V ← V + d₂ LV + U V² − (feed + kill) V

    Parameters
    ----------
    shape : tuple of int
        The pattern is a tile: opposite borders are neighbours.
    feed, kill : float
        Which pattern appears: (0.037, 0.06) a labyrinth, (0.03, 0.062) spots that divide.
    steps : int
    random_state : int, RandomState instance or None
        Where twenty squares of 8 × 8 pixels with V start the reaction.
    diffusion : tuple of float
        d₁ and d₂ for the Laplacian of four neighbours, at most ¼.

    Returns
    -------
    U, V : ndarrays (rows, columns), 0 to 1

    Notes
    -----
    Pearson (1993), Science 261, 189-192.

    Examples
    --------
    >>> U, V = gray_scott((32, 32), steps=100, random_state=0)
    >>> bool(V.max() > 0.1)
    True
    """
    shape = _shape(shape, 3)
    feed, kill = check_number("feed", feed, least=0), check_number("kill", kill, least=0)
    if np.shape(diffusion) != (2,):
        raise ValueError(f"diffusion must be two numbers; got {diffusion!r}.")
    d1, d2 = (check_number("diffusion", d, above=0, most=0.25) for d in diffusion)
    random_state = check_random_state(random_state)
    U, V = np.ones(shape), np.zeros(shape)
    side = min(8, *shape)
    for _ in range(20):
        y, x = (random_state.randint(max(n - side, 1)) for n in shape)
        U[y : y + side, x : x + side], V[y : y + side, x : x + side] = 0.5, 0.25
    for _ in range(check_whole("steps", steps, 0)):
        reaction = U * V * V
        U, V = (
            U + d1 * _spread(U) - reaction + feed * (1 - U),
            V + d2 * _spread(V) + reaction - (feed + kill) * V,
        )
    return U, V


def _spread(u: np.ndarray) -> np.ndarray:
    """Return the Laplacian on a tile."""
    return (
        np.roll(u, 1, axis=0)
        + np.roll(u, -1, axis=0)
        + np.roll(u, 1, axis=1)
        + np.roll(u, -1, axis=1)
        - 4 * u
    )


def _grid(shape: tuple[int, int], cell: float):
    """Return each row's and column's cell, its place 0 to 1 in there, and the size of the grid."""
    shape, cell = _shape(shape, 1), check_number("cell", cell, above=0)
    places = [np.arange(n) / cell for n in shape]
    cells = [place.astype(int) for place in places]
    within = [place - whole for place, whole in zip(places, cells, strict=True)]
    return cells, within, tuple(int(whole[-1]) + 2 for whole in cells)


def _join(top_left, top_right, bottom_left, bottom_right, s: np.ndarray, t: np.ndarray):
    """Return the four corners' values mixed by 6t⁵ − 15t⁴ + 10t³, whose slope ends at 0."""
    s, t = (((6 * x - 15) * x + 10) * x**3 for x in (s[:, None], t))
    top = top_left + t * (top_right - top_left)
    return top + s * (bottom_left + t * (bottom_right - bottom_left) - top)


def _shape(shape: tuple[int, int], least: int) -> tuple[int, int]:
    if np.shape(shape) != (2,):
        raise ValueError(f"shape must be two whole numbers, rows and columns; got {shape!r}.")
    return tuple(check_whole("shape", n, least) for n in shape)
