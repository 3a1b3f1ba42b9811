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
from course_lib.images.filters import convolve
from course_lib.plots.style import CYCLE, PALETTE


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


def _written(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _numbers(ax: Axes, values: np.ndarray, title: str, *, grey: bool = False) -> None:
    """Draw a small matrix as cells with their numbers, as bytes if grey; NaN is left empty."""
    size = 2.2 * np.nanmax(np.abs(values), initial=1)
    look = ("gray", 0, 255) if grey else ("RdBu_r", -size, size)
    ax.imshow(np.nan_to_num(values), cmap=look[0], vmin=look[1], vmax=look[2])
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = "white" if grey and value < 128 else "black"
            ax.text(j, i, _written(value), ha="center", va="center", fontsize=12, color=ink)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.set_title(title, fontsize=12)


def kernel_at(
    image: ArrayLike, weights: ArrayLike, divisor: float, row: int, column: int
) -> Figure:
    """Draw what a kernel of 3 × 3 does to one pixel, as numbers, and to the whole picture.

    Above, the picture with the window marked and the result with its pixel marked; below, the nine
    pixels, the kernel turned around, and their products. If the weights add to 0, the result is
    drawn with 0 as middle grey.

    Parameters
    ----------
    image : array (h, w) of bytes, 0 to 255
    weights : array (3, 3)
        To convolve with.
    divisor : float
        What the sum of the products is divided by.
    row, column : int
        The window's middle, inside of the picture.
    """
    image, weights = np.asarray(image, dtype=float), np.asarray(weights, dtype=float)
    result = convolve(image, weights / divisor) / 255
    window = image[row - 1 : row + 2, column - 1 : column + 2]
    products = weights[::-1, ::-1] * window
    figure = plt.figure(figsize=(5.6, 4.1))
    axes = figure.subplot_mosaic(
        [["picture"] * 3 + ["result"] * 3, ["pixels"] * 2 + ["kernel"] * 2 + ["products"] * 2],
        height_ratios=[1.05, 1],
    )
    picture(image / 255, axes["picture"], "picture")
    picture(result, axes["result"], "result", signed=bool(abs(weights.sum()) < 1e-9))
    look = {"fill": False, "ec": PALETTE["vermillion"], "lw": 2}
    for name in ("picture", "result"):
        axes[name].add_patch(Rectangle((column - 5.5, row - 5.5), 11, 11, **look))
    _numbers(axes["pixels"], window, "pixels", grey=True)
    _numbers(axes["kernel"], weights[::-1, ::-1], "turned kernel")
    _numbers(axes["products"], products, f"products, Σ {_written(products.sum())}")
    return figure


def tones(images: Mapping[str, ArrayLike], bins: int = 32) -> Figure:
    """Draw pictures in pairs, each above the histogram of its values.

    Parameters
    ----------
    images : mapping of a title to an array (h, w), 0 to 1
    bins : int
    """
    rows = -(-len(images) // 2)
    figure, axes = plt.subplots(
        2 * rows, 2, figsize=(5.6, 3.1 * rows), height_ratios=[2.2, 1] * rows, squeeze=False
    )
    for k, (title, image) in enumerate(images.items()):
        above, below = axes[2 * (k // 2) : 2 * (k // 2) + 2, k % 2]
        picture(image, above, title)
        share = np.full(np.size(image), 1 / np.size(image))
        edges = np.linspace(0, 1, bins + 1)
        below.hist(np.ravel(image), bins=edges, color=PALETTE["blue"], weights=share)
        below.set(xlim=(0, 1), ylim=(0, 0.4), xticks=[0, 1], yticks=[0, 0.4])
        below.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        below.set_xlabel("value", labelpad=-8)
        if k % 2 == 0:
            below.set_ylabel("of the pixels", fontsize="small")
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


def edge_steps(steps: Mapping[str, ArrayLike], strong: ArrayLike, linked: ArrayLike) -> Figure:
    """Draw the steps to the edges, white on black, and last the edges themselves as pixels.

    Parameters
    ----------
    steps : mapping of a title to an array (h, w), three of them
        Each is drawn from black, 0, to white, its 99th percentile where it is not 0.
    strong, linked : arrays (h, w) of bool, no pixel in both
        Black where strong, orange where only linked to strong ones.
    """
    strong, linked = np.asarray(strong, dtype=bool), np.asarray(linked, dtype=bool)
    h, w = strong.shape
    figure, axes = plt.subplots(2, 2, figsize=(5.6, 5.6 * h / w + 0.9))
    for ax, (title, values) in zip(axes.flat, steps.items(), strict=False):
        values = np.asarray(values, dtype=float)
        picture(values / np.quantile(values[values > 0], 0.99), ax, title)
    _edges(axes[1, 1], strong, linked, "4. hysteresis")
    return figure


def edges_beside(image: ArrayLike, strong: ArrayLike, linked: ArrayLike) -> Figure:
    """Draw a picture beside its edges.

    Parameters
    ----------
    image : array (h, w), 0 to 1
    strong, linked : arrays (h, w) of bool, no pixel in both
        See `edge_steps`.
    """
    h, w = np.shape(image)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.8 * h / w + 0.75))
    picture(image, left, "smoothed")
    _edges(right, np.asarray(strong, dtype=bool), np.asarray(linked, dtype=bool), "edges")
    return figure


def _edges(ax: Axes, strong: np.ndarray, linked: np.ndarray, title: str) -> None:
    colors = ListedColormap(["white", PALETTE["black"], PALETTE["orange"]])
    ax.imshow(strong + 2 * linked, cmap=colors, vmin=0, vmax=2, interpolation="nearest")
    ax.set(xticks=[], yticks=[], title=title)
    ax.spines[:].set_visible(True)
    marks = [Patch(color=PALETTE["black"]), Patch(color=PALETTE["orange"])]
    names = ["above the high threshold", "above the low, linked"]
    ax.figure.legend(marks, names, loc="outside lower center", ncols=2)


def sampling(image: ArrayLike, kept: ArrayLike, step: int) -> Figure:
    """Draw a picture beside what every step-th pixel shows, each as a square.

    Parameters
    ----------
    image : array (h, w), 0 to 1
    kept : array (⌈h / step⌉, ⌈w / step⌉)
    step : int
    """
    h, w = np.shape(image)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.8 * h / w + 0.35))
    blocks = np.repeat(np.repeat(kept, step, axis=0), step, axis=1)[:h, :w]
    picture(image, left, "picture")
    right.imshow(np.clip(blocks, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    right.set_title("kept pixels")
    right.set_axis_off()
    return figure


def mosaic(rgb: ArrayLike, filled: ArrayLike, masks: ArrayLike) -> Figure:
    """Draw a colour picture, the one colour that each pixel counts, and what is filled in.

    Parameters
    ----------
    rgb, filled : arrays (h, w, 3), 0 to 1
    masks : array (h, w, 3) of bool
    """
    rgb = np.asarray(rgb)
    figure, axes = plt.subplots(1, 3, figsize=(5.6, 5.6 / 3 * rgb.shape[0] / rgb.shape[1] + 0.35))
    shown = {"scene": rgb, "counted": rgb * masks, "filled in": filled}
    for ax, (title, image) in zip(axes, shown.items(), strict=True):
        ax.imshow(np.clip(image, 0, 1), interpolation="nearest")
        ax.set_title(title)
        ax.set_axis_off()
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
