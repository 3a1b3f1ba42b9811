"""Photographs that scikit-learn and scikit-image carry: no download needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import skimage.data
from sklearn.datasets import load_sample_image

from course_lib.checks import check_whole


class Photo(NamedTuple):
    """What a photograph shows, how large it is, and under which terms it may be used."""

    shows: str
    shape: tuple[int, ...]
    terms: str


PHOTOS = {
    "astronaut": Photo("Eileen Collins, an astronaut", (512, 512, 3), "public domain; NASA"),
    "brick": Photo("a brick wall", (512, 512), "CC0; CC0Textures"),
    "camera": Photo("a man with a camera", (512, 512), "CC0; Lav Varshney"),
    "chelsea": Photo("a cat's face", (300, 451, 3), "CC0; Stéfan van der Walt"),
    "china": Photo(
        "a temple in the Summer Palace in Beijing", (427, 640, 3), "CC BY 2.0; danielbuechele"
    ),
    "coffee": Photo("a cup of coffee", (400, 600, 3), "CC0; Rachel Michetti"),
    "coins": Photo(
        "Greek coins from Pompeii", (303, 384), "no known restrictions; Brooklyn Museum"
    ),
    "flower": Photo("a dahlia", (427, 640, 3), "CC BY 2.0; vultilion"),
    "grass": Photo("grass", (512, 512), "CC0; linolafett"),
    "gravel": Photo("gravel", (512, 512), "CC0; CC0Textures"),
    "hubble": Photo("the Hubble eXtreme Deep Field", (872, 1000, 3), "public domain; NASA"),
    "moon": Photo("the surface of the moon", (512, 512), "as scikit-image carries it"),
    "rocket": Photo("the start of a Falcon 9", (427, 640, 3), "public domain; SpaceX"),
}
"""The photographs by name; those with two sizes are grey, those with three are in colour."""

_SCIKIT_LEARNS = ("china", "flower")
_OTHER_NAMES = {"hubble": "hubble_deep_field"}


def load_photo(name: str) -> np.ndarray:
    """Load a photograph.

    Parameters
    ----------
    name : str
        One of `PHOTOS`, which says what it shows, its shape and its terms of use.

    Returns
    -------
    ndarray of shape (height, width, 3), or (height, width) where it is grey, float64
        Red, green and blue, or grey, as the file codes them (sRGB), 0 to 1 in steps of 1/255.

    Raises
    ------
    ValueError
        For another name.

    Notes
    -----
    "china" and "flower" come with scikit-learn, the others with scikit-image, whose documentation
    of `skimage.data` names their origin.

    Examples
    --------
    >>> load_photo("china").shape, load_photo("coins").shape
    ((427, 640, 3), (303, 384))
    """
    if name not in PHOTOS:
        raise ValueError(f"there is no photo {name!r}; choose one of {list(PHOTOS)}.")
    if name in _SCIKIT_LEARNS:
        pixels = load_sample_image(f"{name}.jpg")
    else:
        pixels = getattr(skimage.data, _OTHER_NAMES.get(name, name))()
    return np.asarray(pixels, dtype=np.float64) / 255


def load_grey_photo(name: str, side: int = 256) -> np.ndarray:
    """Load a photograph as a small grey square.

    Colours become their luma, 0.299 red + 0.587 green + 0.114 blue. Squares of pixels, as large as
    the shorter side of the photograph allows, are averaged to one pixel, and of what comes out the
    upper left corner is taken.

    Parameters
    ----------
    name : str
        One of `PHOTOS`.
    side : int
        At most the shorter side of the photograph.

    Returns
    -------
    ndarray of shape (side, side), float64
        0 to 1.

    Raises
    ------
    ValueError
        For another name, or a side that is too long.

    Examples
    --------
    >>> load_grey_photo("astronaut").shape, load_grey_photo("coins", 64).shape
    ((256, 256), (64, 64))
    """
    photo = load_photo(name)
    step = min(photo.shape[:2]) // check_whole("side", side, most=min(photo.shape[:2]))
    grey = photo @ [0.299, 0.587, 0.114] if photo.ndim == 3 else photo
    h, w = (length // step for length in grey.shape)
    small = grey[: h * step, : w * step].reshape(h, step, w, step).mean(axis=(1, 3))
    return small[:side, :side]


def photo_tiles(names: Sequence[str], side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Cut colour photographs into square tiles that do not overlap, at half their size.

    Parameters
    ----------
    names : sequence of str
        Photographs of `PHOTOS` in colour.
    side : int, default=16
        Of a tile, in pixels that are means of 2 × 2 of the photograph's.

    Returns
    -------
    tiles : ndarray of shape (n, side, side, 3), float64
        0 to 1, photograph by photograph, row by row; what fills no tile at the right and below is
        left out.
    origin : ndarray of shape (n,), int
        The place in `names` of the photograph that a tile is from.

    Raises
    ------
    ValueError
        For an unknown or grey photograph, and a side longer than half the photograph.

    Examples
    --------
    >>> tiles, origin = photo_tiles(["chelsea", "coffee"])
    >>> tiles.shape, np.bincount(origin).tolist()
    ((342, 16, 16, 3), [126, 216])
    """
    parts = []
    for name in names:
        photo = load_photo(name)
        if photo.ndim != 3:
            raise ValueError(f"the photo {name!r} is grey; tiles are cut from photos in colour.")
        check_whole("side", side, most=min(photo.shape[:2]) // 2)
        h, w = (length // (2 * side) for length in photo.shape[:2])
        grid = photo[: 2 * side * h, : 2 * side * w].reshape(h, side, 2, w, side, 2, 3)
        parts.append(grid.mean(axis=(2, 5)).swapaxes(1, 2).reshape(-1, side, side, 3))
    origin = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts), origin


def changed_cats() -> dict[str, np.ndarray]:
    """Return a cat's face, the same after seven changes, and a piece of a wooden table.

    The changes are the seven that make image classification hard: viewpoint, size, a bent shape,
    something in front, light, clutter behind, and another coat of fur.

    Returns
    -------
    dict of str to ndarray of shape (64, 64, 3), float64
        "a cat" first, "a table" last; 0 to 1.

    Examples
    --------
    >>> list(changed_cats())[:3]
    ['a cat', 'viewpoint', 'size']
    """
    photo = load_photo("chelsea")[:, :450].reshape(100, 3, 150, 3, 3).mean(axis=(1, 3))
    i, j = np.indices((64, 64)) - 31.5

    def cut(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        rows, columns = np.clip(50 + i, 0, 99), np.clip(87 + j, 0, 149)
        return photo[rows.astype(int), columns.astype(int)]

    cat = cut(i, j)
    patch = ((abs(i + 6) < 14) & (abs(j + 8) < 16))[..., None]
    face = ((i / 31) ** 2 + (j / 30) ** 2 < 1)[..., None]
    return {
        "a cat": cat,
        "viewpoint": cut(i + 0.25 * j, 1.6 * j),
        "size": cut(0.6 * i, 0.6 * j),
        "bent": cut(i + 5 * np.sin(j / 8), j + 4 * np.sin(i / 9)),
        "covered": np.where(patch, 0.5, cat),
        "light": 0.35 * cat,
        "clutter": np.where(face, cat, load_photo("flower")[100:356:4, 200:456:4]),
        "another coat": np.repeat(cat.mean(axis=2, keepdims=True), 3, axis=2),
        "a table": load_photo("coffee")[176:240, 512:576],
    }
