"""Trials of restoring pictures: what is chosen on some is used on others, and the gains are paired.

references   mapping of a name to a clean picture (h, w), 0 to 1
damaged      mapping of the same names to what is left of them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from course_lib.checks import check_whole
from course_lib.images.quality import psnr


def clipped_psnr(reference: ArrayLike, image: ArrayLike) -> float:
    """Return the PSNR in dB of what a file keeps of a picture: values from 0 to 1.

    Parameters
    ----------
    reference, image : array-like of one shape, (h, w), or (n,) for some pixels only

    Examples
    --------
    >>> round(clipped_psnr([1.0, 0.5], [3.0, 0.5 + 0.02**0.5]), 6)  # 3 is white as well
    20.0
    """
    return psnr(np.atleast_2d(reference), np.clip(np.atleast_2d(image), 0, 1))


def tuned(
    way: Callable,
    grid: Sequence[float],
    references: Mapping[str, np.ndarray],
    damaged: Mapping[str, np.ndarray],
    choose: Sequence[str],
) -> tuple[float, np.ndarray]:
    """Choose a number on some pictures, and return it with the PSNR of all others, in order.

    Parameters
    ----------
    way : callable
        ``way(picture, number)`` restores a picture.
    grid : sequence of numbers
    references, damaged : mappings
        See the top of the file.
    choose : sequence of str
        On which pictures the number with the highest mean PSNR is chosen.

    Raises
    ------
    ValueError
        If the best number is at an end of the grid: a wider one is needed.

    Examples
    --------
    >>> clean = {"a": np.full((2, 2), 0.5), "b": np.full((2, 2), 0.5)}
    >>> dark = {name: image - 0.2 for name, image in clean.items()}
    >>> number, scores = tuned(lambda x, c: x + c, (0.0, 0.1, 0.9), clean, dark, ["a"])
    >>> number, scores.round(6).tolist()
    (0.1, [20.0])
    """

    def scores(names, number):
        return np.array([clipped_psnr(references[n], way(damaged[n], number)) for n in names])

    best = int(np.argmax([scores(choose, number).mean() for number in grid]))
    if best in (0, len(grid) - 1):
        raise ValueError(f"grid must go beyond its best number, {grid[best]:g}; it ends there.")
    return grid[best], scores([n for n in references if n not in choose], grid[best])


def gains(scores: ArrayLike, baseline: ArrayLike, names: Sequence[str]) -> dict[str, str]:
    """Say in words the mean of scores, their mean gain over a baseline, and the least gain.

    ± is the standard error of the mean of the paired differences.

    Examples
    --------
    >>> gains([21.0, 23.0], [20.0, 20.0], ["cat", "cup"])
    {'dB': '22.0', 'gain': '2.0 ± 1.0', 'least gain': '1.0 (cat)'}
    """
    d = np.subtract(scores, baseline)
    error = d.std(ddof=1) / np.sqrt(len(d))
    return {
        "dB": f"{np.mean(scores):.1f}",
        "gain": f"{d.mean():.1f} ± {error:.1f}",
        "least gain": f"{d.min():.1f} ({names[int(np.argmin(d))]})",
    }


def scratches(shape: tuple[int, int], count: int, random_state=None) -> np.ndarray:
    """Return a mask of straight scratches from border to border, two or three pixels wide.

    Examples
    --------
    >>> mask = scratches((64, 64), 2, random_state=0)
    >>> mask.dtype, bool(0 < mask.mean() < 0.12)
    (dtype('bool'), True)
    """
    random_state = check_random_state(random_state)
    rows, columns = np.indices(shape)
    mask = np.zeros(shape, dtype=bool)
    for _ in range(check_whole("count", count, 0)):
        y, x = (random_state.uniform(0.15, 0.85) * n for n in shape)
        angle = random_state.uniform(0, np.pi)
        mask |= np.abs((rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)) < 1.2
    return mask


def roughness(image: ArrayLike, mask: ArrayLike) -> float:
    """Return the mean difference of two neighbours in a row, where both are in the mask.

    Examples
    --------
    >>> roughness([[0.0, 1.0, 1.0, 9.0]], [[True, True, True, False]])
    0.5
    """
    image, mask = np.asarray(image), np.asarray(mask)
    return float(np.abs(np.diff(image, axis=1))[mask[:, 1:] & mask[:, :-1]].mean())


def step_at_seams(texture: ArrayLike, block: ArrayLike) -> float:
    """Return how much larger the steps between neighbours are where the block changes.

    Parameters
    ----------
    texture, block : arrays (h, w)
        See `course_lib.images.texture.Quilt`.

    Examples
    --------
    >>> step_at_seams([[0.0, 1.0, 4.0, 5.0]], [[0, 0, 1, 1]])
    3.0
    """
    across = np.diff(np.asarray(block), axis=1) != 0
    steps = np.abs(np.diff(np.asarray(texture), axis=1))
    return float(steps[across].mean() / steps[~across].mean())


def copied_in_one_piece(source: ArrayLike) -> float:
    """Return the share of pixels whose neighbour on the right was theirs in the sample, too.

    Parameters
    ----------
    source : array (h, w, 2)
        Row and column from which each pixel came.

    Examples
    --------
    >>> copied_in_one_piece([[[0, 0], [0, 1], [5, 5]]])
    0.5
    """
    step = np.diff(np.asarray(source), axis=1)
    return float(np.mean((step[..., 0] == 0) & (step[..., 1] == 1)))
