"""Drawings of the chapter on classic architectures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE

if TYPE_CHECKING:
    from course_lib.nn.layer_table import LayerRow
    from course_lib.nn.published import Slim, Winner

_HAND_MADE = 2012  # the first year whose winner learned its features
_DASHES = ("-", "--", ":", "-.")
_MARKERS = "osD^vP"
_SIDES = {  # where a network's name stands beside its circle, so that none hides another
    "AlexNet": "below",
    "VGG-16": "below",
    "GoogLeNet": "below",
    "ShuffleNet v2": "below",
    "ResNet-18": "right",
    "ResNet-34": "right",
    "DenseNet-121": "left",
    "MobileNet": "left",
}


def winners(entries: Sequence[Winner], annotator: float) -> Axes:
    """Draw the error of each year's winner as a bar, and that of one person as a line.

    Parameters
    ----------
    entries : sequence of Winner
    annotator : float
        The person's error, per cent.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.9))
    for one in entries:
        learned = one.year >= _HAND_MADE
        look = {"color": PALETTE["blue"]} if learned else {"color": PALETTE["mist"], "hatch": "//"}
        ax.bar(one.year, one.error, width=0.72, edgecolor=PALETTE["grey"], **look)
        name = one.name if one.layers is None else f"{one.name}\n{one.layers} layers"
        look = {"ha": "center", "va": "bottom", "fontsize": 11}
        paper = {"fc": "white", "ec": "none", "pad": 0.6}
        ax.text(one.year, one.error + 0.5, f"{one.error:g} %", bbox=paper, **look)
        ax.text(one.year, one.error + 2.4, name, ha="left", va="bottom", rotation=42, fontsize=10)
    ax.axhline(annotator, color=PALETTE["vermillion"], ls="--", lw=1.6, zorder=0)
    ax.bar(0, 0, color=PALETTE["mist"], hatch="//", ec=PALETTE["grey"], label="features by hand")
    ax.bar(0, 0, color=PALETTE["blue"], label="convolutional network")
    ax.plot([], [], color=PALETTE["vermillion"], ls="--", label=f"one person, {annotator:g} %")
    ax.legend(loc="upper right", fontsize=11)
    ax.set(ylim=(0, 39), xlim=(2009.4, 2018.3), ylabel="top-5 error (%)")
    ax.set_xticks([one.year for one in entries])
    return ax


def by_side(rows: Iterable[LayerRow]) -> dict[str, list[LayerRow]]:
    """Group the rows of a layer table by the side of their maps; those without one are "full"."""
    groups: dict[str, list[LayerRow]] = {}
    for row in rows:
        full = len(row.shape) == 1 or row.shape[-1] == 1
        groups.setdefault("full" if full else str(row.shape[-1]), []).append(row)
    return groups


def _counted(value: float) -> str:
    """Write a large count in three digits or fewer, with a letter for thousands or millions."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:g}"


def _plain_ticks(ax: Axes) -> None:
    """Write the ticks of a logarithmic axis as plain words, which is faster than mathematics."""
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _counted(value)))


def stages(
    shapes: Sequence[tuple[int, int]], amounts: Sequence[float], names: Sequence[str], what: str
) -> Figure:
    """Draw a network's maps as boxes, and below each what its stage holds of the whole.

    Parameters
    ----------
    shapes : sequence of (channels, side)
        Of the last map of each stage: a box is as high as the map and as wide as the logarithm of
        its channels.
    amounts : sequence of float
        A number for each stage.
    names : sequence of str
        Its label.
    what : str
        What the numbers count.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 4.1), height_ratios=[1, 1.25])
    places = np.arange(len(shapes))
    largest = max(side for _, side in shapes)
    for place, (channels, side) in zip(places, shapes, strict=True):
        width, height = 0.08 * np.log2(channels + 1), max(side / largest, 0.02)
        corner = (place - width / 2, 0.5 - height / 2)
        top.add_patch(Rectangle(corner, width, height, fc=PALETTE["sky"], ec=PALETTE["black"]))
    top.set(xlim=(-0.7, len(shapes) - 0.3), ylim=(-0.04, 1.04))
    top.axis("off")
    total = sum(amounts)
    shares = 100 * np.asarray(amounts) / total
    bottom.bar(places, shares, width=0.66, color=PALETTE["blue"])
    for place, share, amount in zip(places, shares, amounts, strict=True):
        words = _counted(amount) if amount else "0"
        bottom.text(place, share + 1.5, words, ha="center", va="bottom", fontsize=10)
    bottom.set(xlim=(-0.7, len(shapes) - 0.3), ylim=(0, 112), ylabel=f"{what} (%)")
    bottom.set_xlabel("side of the maps (pixels)")
    bottom.set_yticks([0, 50, 100])
    bottom.set_xticks(places, names, fontsize=10)
    return figure


def bars_on_log(amounts: Mapping[str, float], chosen: str, xlabel: str, xlim: tuple) -> Axes:
    """Draw named counts as bars on a logarithmic axis; the chosen one is filled."""
    _, ax = plt.subplots(figsize=(5.6, 3.2))
    for place, (name, amount) in enumerate(amounts.items()):
        here = name == chosen
        color = PALETTE["blue"] if here else PALETTE["mist"]
        ax.barh(place, amount, color=color, edgecolor=PALETTE["grey"], hatch="" if here else "//")
        ax.text(amount * 1.12, place, f"{amount:,}", va="center", fontsize=11)
    ax.set(xscale="log", xlim=xlim, xlabel=xlabel)
    _plain_ticks(ax)
    ax.set_yticks(range(len(amounts)), list(amounts))
    ax.invert_yaxis()
    return ax


def _box(ax: Axes, center: tuple[float, float], words: str, color: str = "white") -> None:
    x, y = center
    look = {"boxstyle": "round,pad=0.02,rounding_size=0.08", "ec": PALETTE["black"], "lw": 1.2}
    ax.add_patch(FancyBboxPatch((x - 0.62, y - 0.24), 1.24, 0.48, fc=color, **look))
    ax.text(x, y, words, ha="center", va="center", fontsize=11)


def _arrow(ax: Axes, start: tuple, end: tuple, **look: object) -> None:
    kind = {"arrowstyle": "-|>", "mutation_scale": 11, "lw": 1.4, "color": PALETTE["black"]}
    ax.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, **{**kind, **look}))


def blocks() -> Figure:
    """Draw a plain, a residual and a dense block of two layers side by side."""
    figure, axes = plt.subplots(1, 3, figsize=(5.6, 3.9))
    titles = ("plain", "residual", "dense")
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title)
        ax.set(xlim=(-1.05, 1.55), ylim=(-0.35, 4.6), aspect="equal")
        ax.axis("off")
        ax.text(0, -0.25, "x", ha="center", va="center", style="italic")
        joins = title != "plain"
        for y, words in ((0.9, "3 × 3"), (2.3, "3 × 3")):
            _box(ax, (0, y), words, PALETTE["mist"])
        _arrow(ax, (0, 0), (0, 0.64))
        _arrow(ax, (0, 1.16), (0, 2.04))
        _arrow(ax, (0, 2.56), (0, 3.26 if joins else 4.35))
        if joins:
            ax.add_patch(Circle((0, 3.5), 0.24, fc="white", ec=PALETTE["black"], lw=1.4))
            sign = "+" if title == "residual" else "‖"
            ax.text(0, 3.5, sign, ha="center", va="center")
            _arrow(ax, (0, 3.74), (0, 4.35))
            ax.plot([0, 1.05, 1.05], [0.3, 0.3, 3.5], color=PALETTE["vermillion"], lw=2)
            _arrow(ax, (1.05, 3.5), (0.24, 3.5), color=PALETTE["vermillion"], lw=2)
        if title == "dense":
            ax.add_patch(Circle((0, 1.6), 0.2, fc="white", ec=PALETTE["black"], lw=1.2, zorder=3))
            ax.text(0, 1.6, "‖", ha="center", va="center", fontsize=10, zorder=4)
            _arrow(ax, (1.05, 1.6), (0.2, 1.6), color=PALETTE["vermillion"], lw=2)
            ax.plot([0, -0.9, -0.9], [1.34, 1.34, 3.5], color=PALETTE["vermillion"], lw=2, ls="--")
            look = {"color": PALETTE["vermillion"], "lw": 2, "ls": "--"}
            _arrow(ax, (-0.9, 3.5), (-0.24, 3.5), **look)
    return figure


def training_losses(
    steps: ArrayLike, curves: Mapping[str, ArrayLike], chosen: str, chance: float
) -> Axes:
    """Draw the losses of several runs of each kind of network; the chosen kind is strong.

    Parameters
    ----------
    steps : array of shape (T,)
    curves : mapping of str to array of shape (seeds, T)
    chosen : str
        A name among the curves; the others are pale.
    chance : float
        The loss of a network that knows nothing.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.6))
    for k, (name, runs) in enumerate(curves.items()):
        strong = name == chosen
        runs = np.atleast_2d(runs)
        look = {"color": CYCLE[k], "ls": _DASHES[k], "alpha": 1 if strong else 0.35}
        for run in runs:
            ax.plot(steps, run, lw=1.1, **{**look, "alpha": 0.55 if strong else 0.2})
        ax.plot(steps, runs.mean(axis=0), lw=3 if strong else 1.6, label=name, **look)
    ax.axhline(chance, color=PALETTE["grey"], lw=1)
    ax.text(np.max(steps), chance + 0.03, "knows nothing", ha="right", fontsize=11)
    ax.set(xlabel="step", ylabel="training loss", ylim=(0, chance * 1.25))
    ax.legend(loc="lower left", fontsize=11)
    return ax


def slopes(x: ArrayLike, slope: ArrayLike, shifts: ArrayLike, likeness: ArrayLike) -> Figure:
    """Draw the slope of a function of one number, and how alike slopes at a distance are.

    Parameters
    ----------
    x, slope : arrays of shape (T,)
    shifts, likeness : arrays of shape (S,)
        Distances along x, and the correlation of slopes so far apart.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.9))
    left.plot(x, slope, color=PALETTE["blue"], lw=1.3)
    left.set(xlabel="input", ylabel="slope, sd = 1", ylim=(-6, 6))
    right.plot(shifts, likeness, "o-", color=PALETTE["orange"], ms=4)
    right.axhline(0, color=PALETTE["grey"], lw=1)
    right.set(xlabel="distance of two inputs", ylabel="correlation", ylim=(-0.25, 1.05))
    return figure


def bubbles(
    networks: Mapping[str, tuple[float, float, float]], chosen: str, xlabel: str, log: bool = True
) -> Axes:
    """Draw accuracy against a cost, with circles whose area is the number of parameters.

    Parameters
    ----------
    networks : mapping of str to (cost, accuracy, parameters in millions)
    chosen : str
        The network that is filled strongly and named in bold.
    xlabel : str
    log : bool
        Whether the axis of the cost is logarithmic.
    """
    _, ax = plt.subplots(figsize=(5.6, 4.3))
    for name, (cost, accuracy, parameters) in networks.items():
        here = name == chosen
        look = {"fc": PALETTE["orange"] if here else PALETTE["sky"], "alpha": 0.9 if here else 0.45}
        area = 12 * parameters
        ax.scatter(cost, accuracy, s=area, ec=PALETTE["black"], lw=2 if here else 0.8, **look)
        weight = "bold" if here else "normal"
        place = np.sqrt(area) / 2 + 3
        dx, dy = {"right": (1, 0), "left": (-1, 0), "below": (0, -1)}.get(
            _SIDES.get(name, "above"), (0, 1)
        )
        look = {
            "ha": ("right", "center", "left")[dx + 1],
            "va": ("top", "center", "bottom")[dy + 1],
            "textcoords": "offset points",
        }
        offset = (dx * place, dy * place)
        ax.annotate(name, (cost, accuracy), offset, fontsize=10, weight=weight, **look)
    ax.set(xscale="log" if log else "linear", xlabel=xlabel, ylabel="top-1 accuracy (%)")
    ax.set(ylim=(50, 84))
    ax.margins(x=0.12)
    if log:
        _plain_ticks(ax)
    return ax


def slim_networks(models: Sequence[Slim], width: float, size: int) -> Axes:
    """Draw accuracy against operations, a line for each width; one model is marked."""
    _, ax = plt.subplots(figsize=(5.6, 3.8))
    for k, one_width in enumerate(sorted({one.width for one in models}, reverse=True)):
        line = [one for one in models if one.width == one_width]
        strong = {"lw": 2.6} if one_width == width else {"lw": 1.2, "alpha": 0.6}
        ax.plot(
            [one.multiply_adds for one in line],
            [one.accuracy for one in line],
            _MARKERS[k] + _DASHES[k],
            color=CYCLE[k],
            ms=6,
            label=f"width × {one_width:g}",
            **strong,
        )
    here = next(one for one in models if (one.width, one.size) == (width, size))
    ring = {"ms": 17, "mfc": "none", "mec": PALETTE["black"], "mew": 2}
    ax.plot(here.multiply_adds, here.accuracy, "o", **ring)
    ax.set(xscale="log", xlabel="million multiply-adds", ylabel="top-1 accuracy (%)", ylim=(36, 76))
    ax.set_xticks([15, 30, 60, 120, 250, 500])
    _plain_ticks(ax)
    ax.legend(loc="lower right", fontsize=11)
    return ax


def accuracies_by_number(
    numbers: Sequence[int],
    accuracies: Mapping[str, ArrayLike],
    chosen: tuple[str, int],
    chance: float,
) -> Axes:
    """Draw accuracy against the number of pictures, a band of one deviation for each way.

    Parameters
    ----------
    numbers : sequence of int
        Pictures a class.
    accuracies : mapping of str to array of shape (numbers, seeds)
    chosen : (str, int)
        The way and the number that are marked.
    chance : float
    """
    _, ax = plt.subplots(figsize=(5.6, 3.6))
    for k, (name, values) in enumerate(accuracies.items()):
        values = 100 * np.asarray(values)
        mean, spread = values.mean(axis=1), values.std(axis=1, ddof=1)
        strong = name == chosen[0]
        style = _MARKERS[k] + _DASHES[k % len(_DASHES)]
        ax.plot(numbers, mean, style, color=CYCLE[k], lw=2.8 if strong else 1.4, label=name)
        ax.fill_between(numbers, mean - spread, mean + spread, color=CYCLE[k], alpha=0.15, lw=0)
        if strong:
            ring = {"ms": 17, "mfc": "none", "mec": PALETTE["black"], "mew": 2}
            ax.plot(chosen[1], mean[list(numbers).index(chosen[1])], "o", **ring)
    ax.axhline(100 * chance, color=PALETTE["grey"], lw=1)
    ax.set(xscale="log", xlabel="pictures a class", ylabel="right (%)", ylim=(0, 101))
    ax.set_xticks(list(numbers), [str(number) for number in numbers])
    ax.minorticks_off()
    ax.legend(loc="lower right", fontsize=11)
    return ax
