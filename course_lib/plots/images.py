"""Drawings of pictures: side by side, under a kernel, with a histogram or a spectrum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from timeit import repeat

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from course_lib.images import color
from course_lib.plots.style import CYCLE, PALETTE

LARGEST_WITH_NUMBERS = 5


def picture(image: ArrayLike, ax: Axes, title: str = "", *, signed: bool = False) -> None:
    """Draw one picture without axes; values beyond black and white are shown as those.

    Parameters
    ----------
    image : array (h, w) grey or (h, w, 3), 0 to 1
    ax : Axes
    title : str
    signed : bool
        The values lie around 0, which is drawn as middle grey, and −½ and ½ as black and white.
    """
    shown = np.clip(np.asarray(image, dtype=float) + 0.5 * signed, 0, 1)
    ax.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="bicubic")
    ax.set_title(title)
    ax.set_axis_off()


def pictures(
    images: Mapping[str, ArrayLike], columns: int = 2, *, signed: Sequence[str] = ()
) -> Figure:
    """Draw pictures of one shape in a grid, each under its name.

    Parameters
    ----------
    images : mapping of a title to an array (h, w) or (h, w, 3)
    columns : int
    signed : sequence of str
        The titles of pictures with values around 0, see `picture`.
    """
    h, w = np.shape(next(iter(images.values())))[:2]
    rows = -(-len(images) // columns)
    height = rows * (5.6 / columns * h / w + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=(5.6, height), squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, (title, image) in zip(axes.flat, images.items(), strict=False):
        picture(image, ax, title, signed=title in signed)
    return figure


def color_planes(rgb: ArrayLike) -> Figure:
    """Draw a photo, its hue and saturation, and its planes in Y'CbCr and L*a*b*.

    Parameters
    ----------
    rgb : array (h, w, 3), 0 to 1
    """
    hue, saturation, _ = np.moveaxis(color.rgb_to_hsv(rgb), -1, 0)
    full = np.ones_like(hue)
    shown = {"photo": rgb, "hue H": color.hsv_to_rgb(np.stack([hue, full, full], axis=-1))}
    shown["saturation S"] = saturation
    shown["Y′"], shown["Cb"], shown["Cr"] = np.moveaxis(color.rgb_to_ycbcr(rgb), -1, 0)
    lab = color.rgb_to_lab(rgb) / 100 + np.array([0, 0.5, 0.5])  # a* and b* around middle grey
    shown["L*"], shown["a*"], shown["b*"] = np.moveaxis(lab, -1, 0)
    return pictures(shown, columns=3)


def convolution_step(
    image: ArrayLike, kernel: ArrayLike, result: ArrayLike, row: int, column: int
) -> Figure:
    """Draw one step of sliding a kernel: the window, the weights in use, the sum it writes.

    Parameters
    ----------
    image : array (h, w), small whole numbers
    kernel : array (p, q), the weights as they are multiplied, flipped or not
    result : array (h − p + 1, w − q + 1)
        All sums; those after (row, column) in reading order are not shown yet.
    row, column : int
        The window's upper left corner, and the place of its sum in the result.
    """
    image, kernel, result = (np.asarray(a, dtype=float) for a in (image, kernel, result))
    figure, axes = plt.subplots(
        1, 3, figsize=(5.6, 2.0), width_ratios=[image.shape[1], kernel.shape[1], result.shape[1]]
    )
    done = np.arange(result.size).reshape(result.shape) <= row * result.shape[1] + column
    _numbers(axes[0], image, "picture")
    _numbers(axes[1], kernel, "multiply by")
    _numbers(axes[2], np.where(done, result, np.nan), "sums so far")
    look = {"fill": False, "ec": PALETTE["vermillion"], "lw": 3, "clip_on": False}
    p, q = kernel.shape
    axes[0].add_patch(Rectangle((column - 0.5, row - 0.5), q, p, **look))
    axes[1].add_patch(Rectangle((-0.5, -0.5), q, p, **look))
    axes[2].add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))
    return figure


def _numbers(ax: Axes, values: np.ndarray, title: str) -> None:
    """Draw a small matrix as grey cells with their numbers; NaN is left empty."""
    size = np.nanmax(np.abs(values), initial=1)
    ax.imshow(np.nan_to_num(values), cmap="RdBu_r", vmin=-2.2 * size, vmax=2.2 * size)
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            ax.text(j, i, f"{value:g}".replace("-", "−"), ha="center", va="center", fontsize=12)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.set_title(title, fontsize=12)


def kernel_and_result(
    kernel: ArrayLike, result: ArrayLike, name: str, *, signed: bool = False
) -> Figure:
    """Draw a kernel's weights beside the picture that it makes.

    Negative weights are blue, positive ones red, each shaded relative to the largest. Kernels of
    at most 5 × 5 show their numbers.
    """
    kernel = np.asarray(kernel, dtype=float)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.75), width_ratios=[1, 2.6])
    size = np.abs(kernel).max()
    left.imshow(kernel, cmap="RdBu_r", vmin=-size, vmax=size, interpolation="nearest")
    left.set(xticks=[], yticks=[], title=f"{kernel.shape[0]} × {kernel.shape[1]} weights")
    if max(kernel.shape) <= LARGEST_WITH_NUMBERS:
        for (i, j), weight in np.ndenumerate(kernel):
            ink = "white" if abs(weight) > 0.6 * size else "black"
            words = f"{round(weight, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")
            left.text(j, i, words, ha="center", va="center", fontsize=8, color=ink)
    picture(result, right, name, signed=signed)
    return figure


def tones(image: ArrayLike, curve: tuple[ArrayLike, ArrayLike], bins: int = 64) -> Figure:
    """Draw a picture, the histogram of its values, and the curve that made them.

    Parameters
    ----------
    image : array (h, w), 0 to 1
    curve : (values before, values after), both (m,)
    bins : int
    """
    figure = plt.figure(figsize=(5.6, 3.9))
    axes = figure.subplot_mosaic([["photo", "photo"], ["curve", "bars"]], height_ratios=[1.7, 1])
    picture(image, axes["photo"])
    axes["bars"].hist(
        np.ravel(image),
        bins=np.linspace(0, 1, bins + 1),
        color=PALETTE["blue"],
        weights=np.full(np.size(image), 1 / np.size(image)),
    )
    axes["bars"].set(xlim=(0, 1), ylim=(0, 0.3), xlabel="value after", ylabel="pixels")
    axes["bars"].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes["curve"].plot([0, 1], [0, 1], ":", color=PALETTE["grey"])
    axes["curve"].plot(*curve, color=PALETTE["vermillion"])
    axes["curve"].set(xlim=(0, 1), ylim=(0, 1.03), xlabel="value before", ylabel="after")
    return figure


def waves(image: ArrayLike, amplitudes: ArrayLike, cutoff: float, *, signed: bool) -> Figure:
    """Draw a filtered picture beside its spectrum, with a circle at the cut-off frequency.

    Parameters
    ----------
    image : array (h, w)
    amplitudes : array (h, w)
        See `course_lib.images.enhance.spectrum`.
    cutoff : float
        In cycles per pixel.
    signed : bool
        See `picture`.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.2), width_ratios=[1.15, 1])
    picture(image, left, "picture", signed=signed)
    right.imshow(amplitudes, cmap="cividis", vmin=0, vmax=4, extent=(-0.5, 0.5, -0.5, 0.5))
    angle = np.linspace(0, 2 * np.pi, 100)
    right.plot(cutoff * np.cos(angle), cutoff * np.sin(angle), color=PALETTE["vermillion"])
    right.set(xlim=(-0.5, 0.5), ylim=(-0.5, 0.5), title="spectrum", aspect="equal")
    right.set(xlabel="cycles per pixel →", xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5])
    return figure


def edge_map(strong: ArrayLike, linked: ArrayLike) -> Figure:
    """Draw edges as pixels: black where strong, orange where only linked to strong ones.

    Parameters
    ----------
    strong, linked : arrays (h, w) of bool, no pixel in both
    """
    strong, linked = np.asarray(strong, dtype=bool), np.asarray(linked, dtype=bool)
    h, w = strong.shape
    figure, ax = plt.subplots(figsize=(5.6, 5.6 * h / w + 0.45))
    kinds = strong + 2 * linked
    colors = ListedColormap(["white", PALETTE["black"], PALETTE["orange"]])
    ax.imshow(kinds, cmap=colors, vmin=0, vmax=2, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    marks = [Patch(color=PALETTE["black"]), Patch(color=PALETTE["orange"])]
    names = ["above the high threshold", "above the low, linked"]
    figure.legend(marks, names, loc="outside upper center", ncols=2)
    return figure


def costs(ways: Mapping[str, Callable[[int], object]], sizes: Sequence[int]) -> Figure:
    """Time ways to filter with a kernel of size × size, and draw the time against the size.

    Parameters
    ----------
    ways : mapping of a name to a function of the size
        Each is called four times a size; the fastest counts.
    sizes : sequence of int
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.2))
    for (name, way), marker, shade in zip(ways.items(), "os^D", CYCLE, strict=False):
        seconds = [min(repeat(lambda n=n, way=way: way(n), number=1, repeat=4)) for n in sizes]
        ax.loglog(sizes, 1e3 * np.array(seconds), marker=marker, color=shade, label=name)
    ax.set(xlabel="side of the kernel (pixels)", ylabel="time (ms)")
    ax.set_xticks(sizes, sizes)
    ax.minorticks_off()
    ax.legend()
    return figure
