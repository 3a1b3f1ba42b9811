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
from course_lib.images.denoise import add_gaussian_noise, bilateral_filter, wiener_filter
from course_lib.images.filters import gaussian_filter
from course_lib.images.quality import psnr
from course_lib.images.resample import back_project, camera, enlarge
from course_lib.images.restore import nl_means, tv_denoise
from course_lib.images.texture import quilt


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


def own_best(
    way: Callable,
    grid: Sequence[float],
    references: Mapping[str, np.ndarray],
    damaged: Mapping[str, np.ndarray],
    names: Sequence[str],
) -> np.ndarray:
    """Return the PSNR of each picture with the number that is best for this very picture.

    Nobody can choose so without the clean picture: it says what a way could reach at most.

    Raises
    ------
    ValueError
        If a best number is at an end of the grid: a wider one is needed.

    Examples
    --------
    >>> clean = {"a": np.full((2, 2), 0.5), "b": np.full((2, 2), 0.5)}
    >>> dark = {"a": clean["a"] - 0.2, "b": clean["b"] - 0.4}
    >>> grid = (0.0, 0.1, 0.3, 0.9)
    >>> own_best(lambda x, c: x + c, grid, clean, dark, ["a", "b"]).round(6).tolist()
    [20.0, 20.0]
    """
    best = []
    for name in names:
        scores = [clipped_psnr(references[name], way(damaged[name], number)) for number in grid]
        top = int(np.argmax(scores))
        if top in (0, len(grid) - 1):
            raise ValueError(
                f"grid must go beyond the best number of {name!r}, {grid[top]:g}; it ends there."
            )
        best.append(scores[top])
    return np.array(best)


def paired(differences: ArrayLike) -> str:
    """Return in words the mean of paired differences and the standard error of this mean.

    Examples
    --------
    >>> paired([0.0, 2.0])
    '1.0 ± 1.0'
    """
    d = np.asarray(differences, dtype=float)
    return f"{d.mean():.1f} ± {d.std(ddof=1) / np.sqrt(len(d)):.1f}"


def gains(scores: ArrayLike, baseline: ArrayLike, names: Sequence[str]) -> dict[str, str]:
    """Say in words the mean of scores, their mean gain over a baseline, and the least gain.

    ± is the standard error of the mean of the paired differences.

    Examples
    --------
    >>> gains([21.0, 23.0], [20.0, 20.0], ["cat", "cup"])
    {'dB': '22.0', 'gain': '2.0 ± 1.0', 'least gain': '1.0 (cat)'}
    """
    d = np.subtract(scores, baseline)
    return {
        "dB": f"{np.mean(scores):.1f}",
        "gain": paired(d),
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


def denoisers(sigma: float) -> dict[str, tuple[Callable, tuple[float, ...]]]:
    """Return ways to remove noise, each with the strengths to try for noise near 0.1.

    The Gaussian's strength is its standard deviation, that of the local Wiener filter the window's
    side, the bilateral filter's how far off a value may be (its Gaussian has 1.5 pixels), the
    weight of total variation, and h of non-local means. Wiener and non-local means are told sigma.

    Examples
    --------
    >>> way, strengths = denoisers(0.1)["Gaussian"]
    >>> way(np.eye(5), strengths[2]).shape
    (5, 5)
    """
    return {
        "Gaussian": (gaussian_filter, (0.3, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.5, 2, 3)),
        "Wiener, local": (lambda g, n: wiener_filter(g, n, sigma**2), (1, 3, 5, 7, 9, 13)),
        "bilateral": (bilateral_filter, (0.1, 0.15, 0.2, 0.25, 0.3, 0.6, 0.9)),
        "total variation": (tv_denoise, (0.02, 0.03, 0.05, 0.08, 0.12, 0.18)),
        "non-local means": (
            lambda g, h: nl_means(g, h, sigma),
            (0.03, 0.05, 0.07, 0.09, 0.11, 0.14),
        ),
    }


def enlarging_gain(
    photo: ArrayLike, lens: ArrayLike, steps: int, noise: float = 0.0, random_state=None
) -> float:
    """Photograph a photo with half its pixels; return what back-projection gains over bicubic.

    Parameters
    ----------
    photo : array (h, w), both even
    lens : array (p, q)
        Kernel of the model camera's blur.
    steps : int
    noise : float
        Standard deviation, of the coarse pixels.

    Returns
    -------
    float, in dB

    Examples
    --------
    >>> photo = np.outer(np.hanning(32), np.hanning(32)) ** 4
    >>> enlarging_gain(photo, [[0.25, 0.5, 0.25]], 10) > 1
    True
    """
    coarse = add_gaussian_noise(camera(photo, 2, lens), noise, random_state)
    fine = back_project(coarse, 2, lens, steps)
    return clipped_psnr(photo, fine) - clipped_psnr(photo, enlarge(coarse, 2))


def fill_trial(
    ways: Mapping[str, Callable], photo: ArrayLike, masks: Sequence[ArrayLike]
) -> tuple[dict[str, float], dict[str, float]]:
    """Fill holes in a photo in several ways; return the PSNR in them and the roughness, per way.

    Both are means over the masks. Roughness is given as a share of the photo's at the same place.

    Parameters
    ----------
    ways : mapping of a name to a callable
        ``way(photo, mask)`` fills what the mask says is lost.
    photo : array (h, w)
    masks : sequence of arrays (h, w) of bool

    Examples
    --------
    >>> photo = np.array([[0.0, 1.0, 0.0, 1.0]])
    >>> ways = {"half": lambda u, m: np.where(m, 0.5 * u, u)}
    >>> psnr, rough = fill_trial(ways, photo, [np.array([[False, True, True, True]])])
    >>> round(psnr["half"], 2), rough
    (7.78, {'half': 0.5})
    """
    photo = np.asarray(photo)
    scores: dict[str, list[float]] = {name: [] for name in ways}
    rough: dict[str, list[float]] = {name: [] for name in ways}
    for mask in masks:
        for name, way in ways.items():
            result = way(photo, mask)
            scores[name].append(clipped_psnr(photo[mask], result[mask]))
            rough[name].append(roughness(result, mask) / roughness(photo, mask))
    return (
        {name: float(np.mean(one)) for name, one in scores.items()},
        {name: float(np.mean(one)) for name, one in rough.items()},
    )


def squares(shape: tuple[int, int], side: int, count: int, random_state=None) -> np.ndarray:
    """Return a mask of squares at random places, which may overlap, off the border.

    Examples
    --------
    >>> int(squares((64, 64), 24, 1, random_state=0).sum())
    576
    """
    random_state = check_random_state(random_state)
    side = check_whole("side", side, 1, min(shape) - 2)
    mask = np.zeros(shape, dtype=bool)
    for _ in range(check_whole("count", count, 0)):
        top, left = (random_state.randint(1, n - side) for n in shape)
        mask[top : top + side, left : left + side] = True
    return mask


def steps_across_seams(
    sample: ArrayLike,
    shape: tuple[int, int],
    block: int,
    overlap: int,
    seeds: int,
    kinds: Sequence[str] = ("random", "straight", "minimum"),
) -> dict[str, np.ndarray]:
    """Quilt with each kind of seam and several seeds; return `step_at_seams` of each, (seeds,).

    Examples
    --------
    >>> waves = np.sin(np.arange(32) / 2)[:, None] + np.sin(np.arange(32) / 3)
    >>> steps = steps_across_seams(waves, (40, 40), 10, 4, seeds=4)
    >>> bool(steps["minimum"].mean() < 0.5 * steps["random"].mean())
    True
    """
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for seed in range(check_whole("seeds", seeds, 1)):
        for kind, steps in found.items():
            made = quilt(sample, shape, block, overlap, random_state=seed, seams=kind)
            steps.append(step_at_seams(made.image, made.block))
    return {kind: np.array(steps) for kind, steps in found.items()}


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
