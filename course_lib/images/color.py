"""Colour spaces: the same colour in other coordinates, there and back.

    rgb     (..., 3)  red, green, blue of sRGB, each 0 to 1, as a screen takes them (gamma-coded)
    linear  (..., 3)  the same three as amounts of light: twice the number is twice the light
    hsv     (..., 3)  hue 0 to 1 once around the colour circle (0 red, 1/3 green, 2/3 blue),
                      saturation 0 to 1, value 0 to 1
    ycbcr   (..., 3)  brightness Y' 0 to 1; blue and red difference Cb, Cr, 0 to 1 with grey at 0.5
    lab     (..., 3)  lightness L* 0 to 100; a* from green to red, b* from blue to yellow, grey at 0

Every function takes arrays of any shape with the three channels last, and returns the same shape.
What has a range above is refused outside of it, bytes among others: half of a formula would be on
another scale. The hue counts modulo 1, and a*, b* are free.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.images.checking import as_colors, in_unit_range

LUMA = np.array([0.299, 0.587, 0.114])
"""How much red, green and blue add to the brightness Y' (ITU-R BT.601, as in JPEG)."""


def _xyz_from_primaries() -> np.ndarray:
    """Return the matrix (3, 3) from linear RGB to CIE XYZ, from what defines sRGB.

    The standard gives the chromaticities x, y of the three primaries and of white (D65). Each
    column is a primary, scaled such that the three together make white.
    """
    x, y = np.array([[0.64, 0.30, 0.15], [0.33, 0.60, 0.06]])
    primaries = np.stack([x / y, np.ones(3), (1 - x - y) / y])
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    return primaries * np.linalg.solve(primaries, white)


XYZ_FROM_LINEAR = _xyz_from_primaries()
WHITE = XYZ_FROM_LINEAR.sum(axis=1)  # XYZ of RGB (1, 1, 1)
_KNEE = 6 / 29  # below it the cube root of L*a*b* is replaced by its tangent


def to_linear(rgb: ArrayLike) -> np.ndarray:
    """Turn sRGB's coded values into amounts of light.

    Parameters
    ----------
    rgb : array-like (..., 3), 0 to 1

    Returns
    -------
    ndarray (..., 3), 0 to 1

    Notes
    -----
    IEC 61966-2-1: nearly the power 2.2, and a straight line for the darkest 4 %.

    Examples
    --------
    >>> to_linear([0.5, 0.5, 0.5]).round(3).tolist()  # half the number, a fifth of the light
    [0.214, 0.214, 0.214]
    """
    rgb = in_unit_range(as_colors(rgb, "rgb"), "rgb")
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)


def from_linear(linear: ArrayLike) -> np.ndarray:
    """Turn amounts of light (..., 3), 0 to 1, into sRGB's coded values: `to_linear` undone.

    Examples
    --------
    >>> from_linear(to_linear([0.1, 0.5, 0.9])).round(6).tolist()
    [0.1, 0.5, 0.9]
    """
    linear = in_unit_range(as_colors(linear, "linear"), "linear")
    coded = 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, coded)


def rgb_to_gray(rgb: ArrayLike) -> np.ndarray:
    """Return the brightness Y' = 0.299 R + 0.587 G + 0.114 B, of shape (...).

    Examples
    --------
    >>> rgb_to_gray([[1, 0, 0], [0, 1, 0], [0, 0, 1]]).tolist()
    [0.299, 0.587, 0.114]
    """
    rgb = in_unit_range(as_colors(rgb, "rgb"), "rgb")
    return rgb @ LUMA.astype(rgb.dtype)


def rgb_to_ycbcr(rgb: ArrayLike) -> np.ndarray:
    """Turn RGB into brightness and two colour differences, as JPEG files store them.

    Cb is (B − Y') / 1.772 + ½ and Cr is (R − Y') / 1.402 + ½: the divisors let both run from
    0 to 1 exactly.

    Examples
    --------
    >>> rgb_to_ycbcr([0.5, 0.5, 0.5]).round(6).tolist()  # grey has no colour difference
    [0.5, 0.5, 0.5]
    """
    rgb = in_unit_range(as_colors(rgb, "rgb"), "rgb")
    y = rgb @ LUMA.astype(rgb.dtype)
    cb = (rgb[..., 2] - y) / (2 * (1 - LUMA[2])) + 0.5
    cr = (rgb[..., 0] - y) / (2 * (1 - LUMA[0])) + 0.5
    return np.stack([y, cb, cr], axis=-1).astype(rgb.dtype, copy=False)


def ycbcr_to_rgb(ycbcr: ArrayLike) -> np.ndarray:
    """Undo `rgb_to_ycbcr`. Some Y'CbCr triples lie outside of RGB's cube: clip if you show them.

    Examples
    --------
    >>> ycbcr_to_rgb(rgb_to_ycbcr([0.2, 0.4, 0.6])).round(6).tolist()
    [0.2, 0.4, 0.6]
    """
    ycbcr = in_unit_range(as_colors(ycbcr, "ycbcr"), "ycbcr")
    y, cb, cr = np.moveaxis(ycbcr, -1, 0)
    red = y + 2 * (1 - LUMA[0]) * (cr - 0.5)
    blue = y + 2 * (1 - LUMA[2]) * (cb - 0.5)
    green = (y - LUMA[0] * red - LUMA[2] * blue) / LUMA[1]
    return np.stack([red, green, blue], axis=-1).astype(ycbcr.dtype, copy=False)


def rgb_to_hsv(rgb: ArrayLike) -> np.ndarray:
    """Turn RGB into hue, saturation and value, each 0 to 1.

    The value is the largest channel, the saturation says how far the smallest is below it, and
    the hue is where the middle one stands on the way around the colour circle. Grey has no hue;
    it gets 0.

    Examples
    --------
    >>> rgb_to_hsv([[1, 0, 0], [0, 0.5, 0], [0.5, 0.5, 0.5]]).round(3).tolist()
    [[0.0, 1.0, 1.0], [0.333, 1.0, 0.5], [0.0, 0.0, 0.5]]
    """
    rgb = in_unit_range(as_colors(rgb, "rgb"), "rgb")
    red, green, blue = np.moveaxis(rgb, -1, 0)
    value = rgb.max(axis=-1)
    spread = value - rgb.min(axis=-1)
    safe = np.where(spread > 0, spread, 1)
    sector = np.select(
        [spread == 0, value == red, value == green],
        [0, (green - blue) / safe % 6, 2 + (blue - red) / safe],
        default=4 + (red - green) / safe,
    )
    saturation = np.where(value > 0, spread / np.where(value > 0, value, 1), 0)
    hue = sector / 6 % 1  # a tiny negative number would round up to a full circle
    return np.stack([hue, saturation, value], axis=-1).astype(rgb.dtype, copy=False)


def hsv_to_rgb(hsv: ArrayLike) -> np.ndarray:
    """Undo `rgb_to_hsv`; the hue counts modulo 1.

    A channel is the value, less what the saturation takes away where the hue is far from it.

    Examples
    --------
    >>> hsv_to_rgb([2 / 3, 1, 0.5]).round(6).tolist()
    [0.0, 0.0, 0.5]
    """
    hsv = as_colors(hsv, "hsv")
    in_unit_range(hsv[..., 1:], "saturation and value")
    hue, saturation, value = np.moveaxis(hsv[..., None], -2, 0)  # each (..., 1)
    steps = (np.array([5, 3, 1], dtype=hsv.dtype) + 6 * hue) % 6  # distance around the circle
    return value * (1 - saturation * np.clip(np.minimum(steps, 4 - steps), 0, 1))


def rgb_to_lab(rgb: ArrayLike) -> np.ndarray:
    """Turn sRGB into CIE L*a*b*, where equal distances look about equally different.

    Light adds up only in linear RGB, so that comes first; a matrix gives CIE XYZ; the cube root
    imitates the eye, for which dark steps count more.

    Examples
    --------
    >>> rgb_to_lab([[1, 1, 1], [1, 0, 0]]).round(1).tolist()
    [[100.0, 0.0, 0.0], [53.2, 80.1, 67.2]]
    """
    linear = to_linear(rgb)
    xyz = linear @ (XYZ_FROM_LINEAR / WHITE[:, None]).T.astype(linear.dtype)  # white is (1, 1, 1)
    tangent = xyz / (3 * _KNEE**2) + 4 / 29
    x, y, z = np.moveaxis(np.where(xyz > _KNEE**3, np.cbrt(xyz), tangent), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_to_rgb(lab: ArrayLike) -> np.ndarray:
    """Undo `rgb_to_lab`. Colours that no screen can show are clipped to the nearest RGB value.

    Examples
    --------
    >>> lab_to_rgb(rgb_to_lab([0.2, 0.4, 0.6])).round(6).tolist()
    [0.2, 0.4, 0.6]
    """
    lab = as_colors(lab, "lab")
    in_unit_range(lab[..., 0] / 100, "lightness L*, divided by 100,")
    y = (lab[..., 0] + 16) / 116
    roots = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(roots > _KNEE, roots**3, 3 * _KNEE**2 * (roots - 4 / 29)) * WHITE
    linear = xyz @ np.linalg.inv(XYZ_FROM_LINEAR).T
    return from_linear(np.clip(linear, 0, 1)).astype(lab.dtype, copy=False)


def color_difference(rgb1: ArrayLike, rgb2: ArrayLike) -> np.ndarray:
    """Return ΔE*ab, the distance of two sRGB colours in L*a*b*; about 2.3 is just noticeable.

    Examples
    --------
    >>> color_difference([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]).tolist()
    0.0
    """
    return np.linalg.norm(rgb_to_lab(rgb1) - rgb_to_lab(rgb2), axis=-1)
