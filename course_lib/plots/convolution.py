"""Drawings of the chapter on convolutional networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE


def _sheet(ax: Axes, values: np.ndarray, known: np.ndarray, high: float) -> None:
    """Draw a table of numbers as tinted cells; cells that are not known stay empty."""
    shown = np.where(known, values, 0)
    ax.imshow(shown, cmap="RdBu_r", vmin=-2.2 * high, vmax=2.2 * high)
    for (i, j), value in np.ndenumerate(values):
        if known[i, j]:
            ax.text(j, i, f"{value:g}".replace("-", "−"), ha="center", va="center", fontsize=12)
    ax.set_xticks(np.arange(values.shape[1] + 1) - 0.5, [])
    ax.set_yticks(np.arange(values.shape[0] + 1) - 0.5, [])
    ax.grid(color=PALETTE["mist"], lw=0.8)
    ax.tick_params(length=0)
    ax.set_axisbelow(False)


def sliding(X: ArrayLike, W: ArrayLike, Y: ArrayLike, place: int) -> Figure:
    """Draw a filter on its way over a picture, and the results so far.

    Parameters
    ----------
    X : array of shape (H, W)
    W : array of shape (F, F), as it lies on the picture
    Y : array of shape (H', W'), all results
    place : int
        The last place that is done, counted row by row.
    """
    X, W, Y = np.asarray(X), np.asarray(W), np.asarray(Y)
    row, column = divmod(place, Y.shape[1])
    ratios = [X.shape[1], W.shape[1], Y.shape[1]]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(5.6, 2.7), width_ratios=ratios)
    _sheet(left, X, np.ones(X.shape, bool), np.abs(X).max())
    _sheet(middle, W, np.ones(W.shape, bool), np.abs(W).max())
    _sheet(right, Y, np.arange(Y.size).reshape(Y.shape) <= place, np.abs(Y).max())
    frame = {"fill": False, "ec": PALETTE["vermillion"], "lw": 3, "zorder": 5, "clip_on": False}
    left.add_patch(Rectangle((column - 0.5, row - 0.5), W.shape[1], W.shape[0], **frame))
    right.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **frame))
    for ax, title in ((left, "picture"), (middle, "filter"), (right, "result")):
        ax.set_title(title)
    return figure


def layer(n: int, size: int, stride: int, padding: int, filters: int, places: int) -> Figure:
    """Draw where a layer's windows lie on a padded picture, and the stack of maps it gives.

    Parameters
    ----------
    n, size, stride, padding, filters : int
        Pixels along a side, and the layer's numbers.
    places : int
        Places of a window along a side.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.3))
    left.add_patch(
        Rectangle((-padding, -padding), n + 2 * padding, n + 2 * padding, fc=PALETTE["mist"])
    )
    left.add_patch(Rectangle((0, 0), n, n, fc=PALETTE["sky"], alpha=0.55))
    for k, (row, column) in enumerate(((0, 0), (0, 1), (places - 1, places - 1))):
        corner = (column * stride - padding, row * stride - padding)
        look = {"lw": 2.2, "ec": PALETTE["vermillion"], "ls": ["-", ":", "-"][k], "zorder": 4}
        left.add_patch(Rectangle(corner, size, size, fill=False, **look))
    centres = np.arange(places) * stride - padding + size / 2
    dots = np.meshgrid(centres, centres)
    left.plot(*map(np.ravel, dots), ".", color=PALETTE["black"], ms=2.2)
    left.set(xlim=(-4, n + 4), ylim=(n + 4, -4), aspect="equal")
    left.set_title(f"{n} × {n}, padding {padding}")
    shown = min(filters, 8)
    for k in range(shown)[::-1]:
        look = {"fc": CYCLE[1], "ec": "white", "lw": 1.2, "alpha": 0.9}
        right.add_patch(Rectangle((1.1 * k, -1.1 * k + 8), places, places, **look))
    right.set(xlim=(-1, n + 15), ylim=(n + 15, -1), aspect="equal")
    right.set_title(f"{filters} maps of {places} × {places}")
    for ax in (left, right):
        ax.axis("off")
    return figure


def receptive_cone(layers: Sequence[tuple[int, int]], n: int = 32, most: int = 8) -> Figure:
    """Draw which pixels and values below one output reach it, layer over layer, along one axis.

    Each row is named by its layer's window F and stride S.

    Parameters
    ----------
    layers : sequence of (size, stride)
        Windows without padding, from the picture upwards.
    n : int
        Pixels of the picture.
    most : int
        Layers that the axes have room for.
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.6))
    starts, counts = [np.arange(n, dtype=float)], [n]
    for size, stride in layers:
        counts.append((counts[-1] - size) // stride + 1)
        firsts = np.arange(counts[-1]) * stride
        below = starts[-1]
        starts.append((below[firsts] + below[firsts + size - 1]) / 2)
    low = high = counts[-1] // 2
    for level in range(len(layers), -1, -1):
        inside = np.arange(counts[level])
        inside = (low <= inside) & (inside <= high)
        here = starts[level]
        ax.plot(here, np.full(here.size, level), "s", color=PALETTE["mist"], ms=6, mec="#b0b0b0")
        ax.plot(here[inside], np.full(inside.sum(), level), "s", color=PALETTE["orange"], ms=7)
        if level:
            size, stride = layers[level - 1]
            below = starts[level - 1]
            for unit in range(low, high + 1):
                ends = below[[unit * stride, unit * stride + size - 1]]
                for end in ends:
                    ax.plot([here[unit], end], [level, level - 1], color=PALETTE["grey"], lw=0.6)
            low, high = low * stride, high * stride + size - 1
    ax.set(xlim=(-1, n), ylim=(-0.5, most + 0.5), xlabel="pixel")
    names = ["picture", *(f"F = {size}, S = {stride}" for size, stride in layers)]
    ax.set_yticks(range(len(names)), names)
    ax.spines["left"].set_visible(False)
    return figure


def photo_and_map(photo: ArrayLike, W: ArrayLike, feature_map: ArrayLike, span: float) -> Figure:
    """Draw a grey photo, a small filter and its feature map; blue is negative, red positive."""
    figure = plt.figure(figsize=(5.6, 2.75))
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 0.32, 1])
    left.imshow(photo, cmap="gray", vmin=0, vmax=1)
    W = np.asarray(W)
    high = np.abs(W).max()
    middle.imshow(W, cmap="RdBu_r", vmin=-high, vmax=high)
    right.imshow(feature_map, cmap="RdBu_r", vmin=-span, vmax=span)
    for ax, title in ((left, "photo"), (middle, "filter"), (right, "feature map")):
        ax.set(title=title, xticks=[], yticks=[])
    return figure


def filters_and_maps(
    filters: ArrayLike, picture: ArrayLike, maps: ArrayLike, span: float, high: float
) -> Figure:
    """Draw sixteen first-layer filters, a picture, and what the filters find in it.

    Parameters
    ----------
    filters : array of shape (16, 3, F, F)
    picture : array of shape (H, W, 3), uint8
    maps : array of shape (16, H, W)
    span, high : float
        The largest weight and the largest value of a map that the colours have room for.
    """
    figure, axes = plt.subplots(1, 3, figsize=(5.6, 2.75), width_ratios=[1, 0.4, 1])
    shown = np.clip(np.moveaxis(np.asarray(filters), 1, -1) / (2 * span) + 0.5, 0, 1)
    for ax, tiles, columns, title, look in zip(
        axes,
        (shown, [picture], maps),
        (4, 1, 4),
        ("filters", "picture", "feature maps"),
        ({}, {}, {"cmap": "gray", "vmin": 0, "vmax": high}),
        strict=True,
    ):
        _tiles(ax, tiles, columns, **look)
        ax.set_title(title)
    return figure


def _tiles(ax: Axes, pictures: ArrayLike, columns: int, gap: float = 0.07, **look: Any) -> None:
    """Draw small pictures in rows in one pair of axes, which costs less than a pair for each."""
    for k, picture in enumerate(pictures):
        row, column = divmod(k, columns)
        ax.imshow(picture, extent=(column, column + 1 - gap, row + 1 - gap, row), **look)
    ax.set(xlim=(0, columns - gap), ylim=(-(-len(pictures) // columns) - gap, 0))
    ax.set_anchor("N")
    ax.axis("off")


def products(windows: ArrayLike, weights: ArrayLike) -> Figure:
    """Draw what a value sees of each map below, its weights, and what each map adds to it.

    Parameters
    ----------
    windows, weights : arrays of shape (C, F, F)
        Blue is negative, red positive, white zero.
    """
    windows, weights = np.asarray(windows), np.asarray(weights)
    figure, axes = plt.subplots(1, 3, figsize=(5.6, 2.5))
    columns = int(np.ceil(np.sqrt(len(windows))))
    for ax, tiles in zip(axes, (windows, weights), strict=False):
        high = np.abs(tiles).max() or 1
        _tiles(ax, tiles, columns, cmap="RdBu_r", vmin=-high, vmax=high)
    sums = (windows * weights).sum(axis=(1, 2))
    ink = np.where(sums < 0, CYCLE[0], PALETTE["vermillion"])
    axes[2].bar(np.arange(1, len(sums) + 1), sums, color=ink)
    axes[2].axhline(0, color=PALETTE["grey"], lw=1)
    axes[2].set(xlabel="map below", box_aspect=1)
    for ax, title in zip(axes, ("windows", "weights", "sums"), strict=True):
        ax.set_title(title)
    return figure


def accuracy_against(x: ArrayLike, accuracies: Mapping[str, ArrayLike], chance: float) -> Axes:
    """Draw a curve of accuracy for each model, and the line of luck."""
    ax = plt.gca()
    for k, (name, values) in enumerate(accuracies.items()):
        ax.plot(x, 100 * np.asarray(values), ["o-", "s--", "^-.", "D:"][k], label=name)
    ax.axhline(100 * chance, color=PALETTE["grey"], lw=1)
    ax.text(np.max(x), 100 * chance - 1, "luck", ha="right", va="top", color=PALETTE["grey"])
    ax.set(ylim=(0, 101), ylabel="right (%)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 100 * chance / 101))  # above the line
    return ax


def accuracy_by_network(accuracies: Mapping[str, ArrayLike], parameters: Mapping[str, int]) -> Axes:
    """Draw a row of points for each network, one point a seed, with a bar at their mean."""
    _, ax = plt.subplots(figsize=(5.6, 2.8))
    for row, values in enumerate(accuracies.values()):
        shown = 100 * np.asarray(values)
        ax.plot(shown, np.full(shown.size, row), "o", color=CYCLE[row], alpha=0.7, mew=0)
        ax.plot([shown.mean()] * 2, [row - 0.3, row + 0.3], color=CYCLE[row], lw=2.5)
    names = [f"{name}\n{parameters[name]:,} weights" for name in accuracies]
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.5, -0.5), xlabel="digits read right (%)")
    return ax


def through_network(
    picture: ArrayLike,
    slope: ArrayLike,
    values: ArrayLike,
    unit: tuple[int, ...],
    field: tuple[int, int, int, int],
    shapes: Sequence[tuple[int, int]],
    stage: int,
) -> Figure:
    """Draw a picture, the gradient of one value of a map, that map, and the network as boxes.

    Parameters
    ----------
    picture : array of shape (H, W, 3), uint8
    slope : array of shape (H, W)
        How fast the value changes with each pixel, as a size.
    values : array of shape (H', W') or (K,)
        The map; or the scores at the network's end, drawn as bars.
    unit : tuple of int
        Where in `values` the value stands.
    field : (top, bottom, left, right)
        First and last pixels of the value's receptive field, as far as they are in the picture.
    shapes : sequence of (maps, side)
        Of the picture and of each stage.
    stage : int
        Which of `shapes` is shown.
    """
    values, slope = np.asarray(values), np.asarray(slope)
    figure = plt.figure(figsize=(5.6, 3.3))
    grid = figure.add_gridspec(2, 3, height_ratios=[1, 0.42])
    axes = [figure.add_subplot(grid[0, k]) for k in range(3)]
    axes[0].imshow(picture)
    axes[1].imshow(slope, cmap="gray", vmin=0, vmax=slope.max() or 1)
    top, bottom, left, right = field
    frame = {"fill": False, "ec": PALETTE["vermillion"], "lw": 2, "clip_on": False, "zorder": 5}
    for ax in axes[:2]:
        size = (right - left + 1, bottom - top + 1)
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), *size, **frame))
    if values.ndim == 1:
        ink = [PALETTE["grey"]] * values.size
        ink[unit[0]] = PALETTE["vermillion"]
        axes[2].bar(range(values.size), values, color=ink)
        axes[2].set_box_aspect(1)
        axes[2].set_xticks(range(values.size))
    else:
        high = np.abs(values).max() or 1
        axes[2].imshow(values, cmap="RdBu_r", vmin=-high, vmax=high)
        axes[2].add_patch(
            Rectangle((unit[1] - 0.5, unit[0] - 0.5), 1, 1, **frame | {"ec": PALETTE["black"]})
        )
        axes[2].set_xticks([])
    titles = ("picture", "gradient", "map" if values.ndim == 2 else "scores")
    for k, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        ax.set_title(title)
        ax.set_yticks([])
        ax.tick_params(axis="x", labelsize=8, length=0)
        if k < 2:
            ax.set_xticks([])
    _boxes(figure.add_subplot(grid[1, :]), shapes, stage)
    return figure


def _boxes(ax: Axes, shapes: Sequence[tuple[int, int]], stage: int) -> None:
    """Draw each stage as a box as high as its maps and as wide as there are maps."""
    at = 0.0
    for k, (maps, side) in enumerate(shapes):
        width = 2 + maps / 4
        ink = PALETTE["vermillion"] if k == stage else PALETTE["sky"]
        ax.add_patch(Rectangle((at, -side / 2), width, side, fc=ink, ec=PALETTE["black"], lw=0.8))
        at += width + 3
    ax.set(xlim=(-1, at - 2), ylim=(-17, 17))
    ax.axis("off")
