"""Photographs that scikit-learn and scikit-image carry: no download needed."""

from __future__ import annotations

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
