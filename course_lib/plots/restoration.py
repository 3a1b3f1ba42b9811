"""Drawings of the chapter on image restoration: what was restored, filled in and synthesised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.images.trials import clipped_psnr
from course_lib.plots.images import picture, pictures
from course_lib.plots.style import CYCLE, PALETTE

_HOLE = PALETTE["orange"]
_SEAM = PALETTE["vermillion"]


def scored(
    reference: ArrayLike, images: Mapping[str, ArrayLike], columns: int = 2, name: str = "sharp"
) -> Figure:
    """Draw a picture, and what was made of it, each with its PSNR.

    Parameters
    ----------
    reference : array (h, w), 0 to 1
    images : mapping of a title to an array (h, w)
    columns : int
    name : str
        The title of the reference.
    """
    told = {f"{title}\n{clipped_psnr(reference, x):.1f} dB": x for title, x in images.items()}
    return pictures({name: reference, **told}, columns)


def pictures_and_curve(
    images: Mapping[str, ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    at: tuple[float, float],
    words: Sequence[str],
) -> Figure:
    """Draw pictures in a row, and below them a curve with its top and the present place marked.

    Parameters
    ----------
    images : mapping of a title to an array (h, w)
    x, y : arrays (m,)
        The curve; x is drawn on a logarithmic axis.
    at : (x, y)
        The setting that is shown.
    words : (label of x, label of y)
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    figure = plt.figure(figsize=(5.6, 4.5))
    names = [str(i) for i in range(len(images))]
    axes = figure.subplot_mosaic([names, ["curve"] * len(names)], height_ratios=[1.55, 1])
    for name, (title, image) in zip(names, images.items(), strict=True):
        picture(image, axes[name], title)
    ax, top = axes["curve"], int(np.argmax(y))
    ax.semilogx(x, y, color=PALETTE["blue"])
    ax.plot(x[top], y[top], "*", ms=15, color=PALETTE["green"], label="best")
    ax.plot(*at, "o", ms=9, mfc="none", mew=2.5, color=_SEAM, label="shown")
    ax.set(xlabel=words[0], ylabel=words[1])
    ax.margins(y=0.15)
    ax.legend(loc="best", borderpad=0.2)
    return figure


def gains(nu: ArrayLike, curves: Mapping[str, ArrayLike], most: float) -> Figure:
    """Draw by how much ways of restoring multiply each wave.

    Parameters
    ----------
    nu : array (m,)
        Frequencies, in cycles per pixel.
    curves : mapping of a name to an array (m,)
    most : float
        Where the logarithmic axis ends.
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.3))
    styles = ("-", "--", "-.", ":", "-")
    for (name, gain), style, shade in zip(curves.items(), styles, CYCLE, strict=False):
        ax.semilogy(nu, gain, style, color=shade, lw=2, label=name)
    ax.set(xlabel="frequency ν (cycles per pixel)", ylabel="a wave is multiplied by")
    ax.set(xlim=(0, 0.5), ylim=(1e-3, most))
    ax.legend(loc="upper left", borderpad=0.2)
    return figure


def with_hole(image: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """Return a grey picture (h, w) in colours, (h, w, 3), with the missing pixels in orange."""
    rgb = np.repeat(np.clip(image, 0, 1)[..., None], 3, axis=2)
    rgb[np.asarray(mask, dtype=bool)] = to_rgb(_HOLE)
    return rgb


def source_colors(source: ArrayLike, shape: tuple[int, int]) -> np.ndarray:
    """Return a colour for the place where each pixel was taken.

    Rows go from dark to bright and columns from blue to yellow, so that what was copied in one
    piece has colours without a step.

    Parameters
    ----------
    source : array (h, w, 2) of int
        Row and column of each pixel's origin.
    shape : (height, width)
        Of the picture from which the pixels came.

    Returns
    -------
    ndarray (h, w, 3), 0 to 1

    Examples
    --------
    >>> colors = source_colors([[[0, 0], [9, 9]]], (10, 10))
    >>> bool(colors[0, 0].sum() < colors[0, 1].sum())
    True
    """
    down, right = np.moveaxis(np.asarray(source) / (np.array(shape) - 1.0), -1, 0)
    light = 0.25 + 0.75 * down
    corners = np.array([to_rgb(PALETTE["blue"]), to_rgb(PALETTE["yellow"])])
    mixed = corners[0] + right[..., None] * (corners[1] - corners[0])
    return np.clip(light[..., None] * (0.15 + 0.85 * mixed), 0, 1)


def synthesis(
    sample: ArrayLike,
    texture: ArrayLike,
    source: ArrayLike,
    seams: ArrayLike | None = None,
) -> Figure:
    """Draw a sample, the texture made of it, and where each of its pixels was taken.

    Parameters
    ----------
    sample : array (h, w)
    texture : array (H, W)
    source : array (H, W, 2)
        See `source_colors`.
    seams : array (H, W) of bool, optional
        The pixels at which the block changes, drawn onto the map in red.
    """
    sample, texture = np.asarray(sample, dtype=float), np.asarray(texture, dtype=float)
    figure = plt.figure(figsize=(5.6, 4.6))
    axes = figure.subplot_mosaic([["texture", "map"], ["sample", "key"]], height_ratios=[1.45, 1])
    picture(texture, axes["texture"], "made")
    colors = source_colors(source, sample.shape)
    if seams is not None:  # not onto the texture: they would hide whether the cut can be seen
        colors[np.asarray(seams, dtype=bool)] = to_rgb(_SEAM)
    _flat(colors, axes["map"], "where each pixel was taken")
    picture(sample, axes["sample"], "sample")
    places = np.moveaxis(np.indices(sample.shape), 0, -1)
    _flat(source_colors(places, sample.shape), axes["key"], "colours of its places")
    return figure


def _flat(rgb: np.ndarray, ax: Axes, title: str) -> None:
    ax.imshow(rgb, interpolation="nearest")
    ax.set_title(title)
    ax.set_axis_off()


def windows(rows: Mapping[str, tuple[ArrayLike, ArrayLike]], shape: tuple[int, int]) -> Figure:
    """Draw textures in a row, each over the map of where its pixels were taken.

    Parameters
    ----------
    rows : mapping of a title to (texture, source)
    shape : (height, width)
        Of the sample.
    """
    figure, axes = plt.subplots(2, len(rows), figsize=(5.6, 4.0), squeeze=False)
    for column, (title, (texture, source)) in zip(axes.T, rows.items(), strict=True):
        picture(texture, column[0], title)
        _flat(source_colors(source, shape), column[1], "")
    return figure


def seam_table(cost: ArrayLike, totals: ArrayLike, seam: ArrayLike) -> Figure:
    """Draw the costs of an overlap and the least sums that lead to each cell, with the seam.

    Parameters
    ----------
    cost, totals : arrays (n, m)
    seam : array (n,) of int
        The column that the seam takes in each row.
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.1))
    for ax, values, title in zip(axes, (cost, totals), ("cost", "least sum to here"), strict=True):
        values = np.asarray(values, dtype=float)
        ax.imshow(values, cmap="Greys", vmin=0, vmax=2 * values.max())
        for (i, j), value in np.ndenumerate(values):
            ax.text(j, i, f"{value:g}", ha="center", va="center")
        ax.plot(seam, range(len(values)), "o-", color=_SEAM, ms=26, mfc="none", mew=2.5, lw=2)
        ax.set(xticks=[], yticks=[], title=title)
    return figure
