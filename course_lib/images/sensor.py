"""How a sensor turns light into numbers: one colour a pixel, on a grid of limited fineness.

    rgb     (h, w, 3)   amounts of red, green and blue
    mosaic  (h, w)      what the sensor counts behind its coloured filters

The filters stand in Bayer's pattern, two rows R G and G B again and again: half of the pixels are
green, a quarter red and a quarter blue. Bayer (1976), US patent 3,971,065.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_whole
from course_lib.images.checking import as_image
from course_lib.images.filters import convolve

_NEAREST_FOUR = np.array([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
_NEAREST_EIGHT = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4


def bayer_masks(h: int, w: int) -> np.ndarray:
    """Return which pixels count red, green and blue, shape (h, w, 3), bool.

    Examples
    --------
    >>> bayer_masks(2, 4).argmax(axis=2).tolist()  # 0 red, 1 green, 2 blue
    [[0, 1, 0, 1], [1, 2, 1, 2]]
    """
    rows, columns = np.indices((check_whole("h", h), check_whole("w", w))) % 2
    return (rows + columns)[..., None] == np.arange(3)


def bayer_mosaic(rgb: ArrayLike) -> np.ndarray:
    """Keep the one colour that each pixel's filter lets through.

    Parameters
    ----------
    rgb : array-like (h, w, 3)

    Returns
    -------
    ndarray (h, w)

    Raises
    ------
    ValueError
        For a picture without three channels.

    Examples
    --------
    >>> bayer_mosaic(np.tile([0.1, 0.2, 0.3], (2, 2, 1))).tolist()
    [[0.1, 0.2], [0.2, 0.3]]
    """
    rgb = as_image(rgb, "rgb", channels=3)
    return np.sum(rgb * bayer_masks(*rgb.shape[:2]), axis=2)


def demosaic(mosaic: ArrayLike) -> np.ndarray:
    """Fill in the two colours that each pixel has not counted, from its neighbours.

    A missing green is the mean of the four beside it. A missing red or blue is the mean of the two
    or four that are nearest. What was counted stays. This is bilinear interpolation, and one
    convolution a channel.

    Parameters
    ----------
    mosaic : array-like (h, w), both sides 2 or more

    Returns
    -------
    ndarray (h, w, 3)

    Notes
    -----
    Cost for n pixels: 23 products a pixel. The border is "reflect", which keeps the pattern.

    Examples
    --------
    >>> demosaic([[1.0, 2.0], [2.0, 3.0]])[0, 0].tolist()
    [1.0, 2.0, 3.0]
    """
    mosaic = as_image(mosaic, "mosaic", channels=1)
    if min(mosaic.shape) < 2:
        raise ValueError(f"mosaic must have two rows and columns; its shape is {mosaic.shape}.")
    counted = mosaic[..., None] * bayer_masks(*mosaic.shape)
    kernels = (_NEAREST_EIGHT, _NEAREST_FOUR, _NEAREST_EIGHT)
    filled = [
        convolve(counted[..., c].astype(mosaic.dtype), kernel, "reflect")
        for c, kernel in enumerate(kernels)
    ]
    return np.stack(filled, axis=2)


def zone_plate(side: int) -> np.ndarray:
    """Return rings that get finer outwards: r pixels from the middle, r / side cycles a pixel.

    On an axis through the middle the shortest wave is thus half a cycle a pixel, at the rim.

    Examples
    --------
    >>> zone_plate(4)[2].round(2).tolist()
    [0.0, 0.85, 1.0, 0.85]
    """
    x = np.arange(check_whole("side", side)) - side // 2
    return 0.5 + 0.5 * np.cos(np.pi * (x[:, None] ** 2 + x**2) / side)


def sampled(image: ArrayLike, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep every step-th pixel of every step-th row; also return what is false in it.

    False is what comes from waves of half a cycle per kept pixel or more, in either direction: the
    kept pixels cannot hold them and show longer ones instead (aliasing).

    Parameters
    ----------
    image : array-like (h, w)
    step : int, 1 or more

    Returns
    -------
    kept, false : ndarrays (⌈h / step⌉, ⌈w / step⌉)

    Examples
    --------
    >>> fine = np.tile([0.0, 1.0], (4, 4))  # half a cycle a pixel, and the mean 0.5
    >>> kept, false = sampled(fine, 2)
    >>> kept[0].tolist(), false[0].round(12).tolist()
    ([0.0, 0.0, 0.0, 0.0], [-0.5, -0.5, -0.5, -0.5])
    """
    image, step = as_image(image, channels=1), check_whole("step", step)
    h, w = image.shape
    fits = np.abs(np.fft.fftfreq(h))[:, None] < 0.5 / step, np.fft.rfftfreq(w) < 0.5 / step
    low = np.fft.irfft2(np.fft.rfft2(image) * (fits[0] & fits[1]), (h, w))
    return image[::step, ::step], (image - low)[::step, ::step].astype(image.dtype)
