"""Drawings of the chapter on generative adversarial networks: real is blue, invented is orange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from numpy.typing import ArrayLike

from course_lib.plots.style import PALETTE

REAL, INVENTED = PALETTE["blue"], PALETTE["orange"]
LETTERS = "ABCDEFGH"


def _tile(ax: Axes, picture: ArrayLike) -> None:
    """Draw a small grey picture, 0 is black and 1 is white, with a thin frame."""
    ax.imshow(np.asarray(picture), cmap="gray", vmin=0, vmax=1, interpolation="bicubic")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color=PALETTE["grey"], lw=0.8)


def _densities(ax: Axes, x: ArrayLike, densities: tuple[ArrayLike, ArrayLike], high: float) -> None:
    """Draw the densities of real and of invented samples, filled up to the height `high`."""
    for values, color, name in zip(densities, (REAL, INVENTED), ("real", "invented"), strict=True):
        ax.fill_between(x, 0, np.minimum(values, high), color=color, alpha=0.45, lw=0, label=name)
        ax.plot(x, values, color=color, lw=1.5)
    ax.set(ylabel="density", xlim=(x[0], x[-1]))


def line_up(pictures: ArrayLike, real: Sequence[bool], *, told: bool) -> Figure:
    """Draw eight pictures with letters; where it is told, also which of them are real.

    Parameters
    ----------
    pictures : array of shape (8, h, w), 0 to 1
    real : sequence of 8 bool
    told : bool
    """
    figure, axes = plt.subplots(2, 4, figsize=(5.6, 3.5))
    for letter, ax, picture, is_real in zip(LETTERS, axes.flat, pictures, real, strict=True):
        _tile(ax, picture)
        color, kind = (REAL, "real") if is_real else (PALETTE["vermillion"], "invented")
        ax.set_title(letter, loc="left", fontweight="bold")
        if told:
            ax.set_title(kind, loc="right", color=color)
            for spine in ax.spines.values():
                spine.set(color=color, lw=2.5)
    return figure


def players() -> Figure:
    """Draw who hands what to whom: noise, generator, real samples, discriminator, its verdict."""
    figure, ax = plt.subplots(figsize=(5.6, 2.3))
    boxes = {
        "noise\nz": (0.0, 1.0, PALETTE["mist"]),
        "generator\nG": (1.45, 1.0, PALETTE["yellow"]),
        "invented\nG(z)": (3.1, 1.0, PALETTE["mist"]),
        "real\nx": (3.1, 0.0, PALETTE["mist"]),
        "discriminator\nD": (4.85, 0.5, PALETTE["sky"]),
        "real?": (6.6, 0.5, PALETTE["mist"]),
    }
    look = {"ha": "center", "va": "center", "fontsize": 11}
    for name, (x, y, color) in boxes.items():
        wide = {"discriminator\nD": 0.68, "generator\nG": 0.56}.get(name, 0.46)
        box = FancyBboxPatch(
            (x - wide, y - 0.3), 2 * wide, 0.6, boxstyle="round,pad=0.03", fc=color, ec="none"
        )
        ax.add_patch(box)
        ax.text(x, y, name, **look)
    forward = {"arrowstyle": "-|>", "mutation_scale": 12, "color": PALETTE["black"], "lw": 1.4}
    for start, end in (
        ((0.5, 1), (0.85, 1)),
        ((2.05, 1), (2.6, 1)),
        ((3.6, 0.9), (4.12, 0.62)),
        ((3.6, 0.1), (4.12, 0.38)),
        ((5.57, 0.5), (6.1, 0.5)),
    ):
        ax.add_patch(FancyArrowPatch(start, end, **forward))
    back = {"arrowstyle": "-|>", "mutation_scale": 12, "color": PALETTE["vermillion"], "lw": 1.4}
    curve = {"connectionstyle": "arc3,rad=0.3", "ls": "--"}
    ax.add_patch(FancyArrowPatch((4.85, 0.9), (1.45, 1.4), **back, **curve))
    ax.text(3.25, 1.95, "the gradient that teaches G", color=PALETTE["vermillion"], **look)
    ax.set(xlim=(-0.6, 7.2), ylim=(-0.4, 2.15))
    ax.set_axis_off()
    return figure


def on_the_line(
    x: ArrayLike,
    densities: tuple[ArrayLike, ArrayLike],
    curves: tuple[ArrayLike, ArrayLike],
    fakes: ArrayLike,
    moves: ArrayLike,
) -> Figure:
    """Draw a game on one axis: both densities, D with the best D, and where fakes will move.

    Parameters
    ----------
    x : array of shape (m,)
    densities : pair of arrays of shape (m,)
        Of the real and of the invented samples.
    curves : pair of arrays of shape (m,)
        The discriminator, and the best one against these densities.
    fakes, moves : arrays of shape (k,)
        Some invented samples, and how far each is pushed by the generator's loss.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.4), sharex=True, height_ratios=[1.15, 1]
    )
    _densities(top, x, densities, 1.05)
    look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.005, "clip_on": False}
    pushes = top.quiver(fakes, np.full(len(fakes), -0.08), moves, 0 * moves, **look)
    pushes.set_in_layout(False)  # a long arrow would leave the axes no room
    top.plot(fakes, np.full(len(fakes), -0.08), "o", ms=4, color=PALETTE["vermillion"])
    top.set(ylim=(-0.16, 1.05))
    top.legend(loc="upper left")
    own, best = curves
    bottom.plot(x, best, "--", color=PALETTE["black"], lw=1.5, label="the best D")
    bottom.plot(x, own, color=PALETTE["green"], label="this D")
    bottom.axhline(0.5, color=PALETTE["grey"], lw=0.8, ls=":")
    bottom.set(xlabel="$x$", ylabel="D(x)", ylim=(-0.03, 1.03))
    bottom.legend(loc="upper left")
    return figure


def on_the_plane(
    ends: float,
    probabilities: ArrayLike,
    real: ArrayLike,
    fake: ArrayLike,
    arrows: ArrayLike,
    sheet: ArrayLike,
) -> Figure:
    """Draw a game on the plane: D's surface with samples and arrows, and the generator's sheet.

    Parameters
    ----------
    ends : float
        The surface covers −ends to ends in both directions.
    probabilities : array of shape (m, m)
        D on a square grid, the second axis along x.
    real, fake : arrays of shape (n, 2)
    arrows : array of shape (k, 2)
        Where the first k invented samples are pushed; none is drawn longer than 0.8.
    sheet : array of shape (g, g, 2)
        Where G maps a square grid of noise.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.6), sharey=True)
    extent = (-ends, ends, -ends, ends)
    look = {"origin": "lower", "extent": extent, "vmin": 0, "vmax": 1, "alpha": 0.6}
    shades = LinearSegmentedColormap.from_list("verdict", [INVENTED, "white", PALETTE["sky"]])
    left.imshow(probabilities, cmap=shades, interpolation="bilinear", **look)
    left.plot(*np.transpose(real), ".", ms=3.5, color=REAL)
    left.plot(*np.transpose(fake), ".", ms=3.5, color=PALETTE["vermillion"])
    arrows = np.asarray(arrows)
    long = np.linalg.norm(arrows, axis=1, keepdims=True)
    arrows = arrows * np.minimum(1, 0.8 / np.maximum(long, 1e-12))
    some = np.asarray(fake)[: len(arrows)]
    left.quiver(
        *some.T, *arrows.T, angles="xy", scale_units="xy", scale=1, width=0.008, color="black"
    )
    left.set(title="D's surface", xlabel="$x_1$", ylabel="$x_2$")
    sheet = np.asarray(sheet)
    for lines in (sheet, sheet.transpose(1, 0, 2)):
        for line in lines:
            right.plot(*line.T, color=INVENTED, lw=0.7)
    right.plot(*np.transpose(real), ".", ms=3, color=REAL, alpha=0.6)
    right.set(title="G's bent grid", xlabel="$x_1$")
    for ax in (left, right):
        ax.set(xlim=(-ends, ends), ylim=(-ends, ends), aspect="equal")
    for name, color in (("real", REAL), ("invented", PALETTE["vermillion"])):
        left.plot([], [], "o", ms=5, color=color, label=name)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def losses(steps: ArrayLike, d_loss: ArrayLike, g_loss: ArrayLike, near: ArrayLike) -> Figure:
    """Draw the losses of both players over the steps, and below how good the samples are.

    Parameters
    ----------
    steps : array of shape (m,)
    d_loss, g_loss : arrays of shape (m,)
        Of D and of G with the non-saturating loss; the lines are theirs where D says ½ to all.
    near : array of shape (m,)
        Share of the samples that lie near a mode.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.2), sharex=True, height_ratios=[1.4, 1]
    )
    colors = PALETTE["green"], PALETTE["vermillion"]
    for player, values, color, half in zip(
        "DG", (d_loss, g_loss), colors, (np.log(4), np.log(2)), strict=True
    ):
        top.plot(steps, values, color=color, lw=1.2, label=f"loss of {player}")
        top.axhline(half, color=color, lw=1, ls="--")
    top.set(ylabel="loss", ylim=(0, 1.35 * max(np.max(d_loss), np.max(g_loss))))
    top.legend(loc="upper right", ncols=2)
    bottom.plot(steps, near, color=PALETTE["black"], lw=1.5)
    bottom.set(xlabel="step", ylabel="near a bell", ylim=(0, 1), xlim=(0, np.max(steps)))
    return figure


def pushes(
    x: ArrayLike,
    densities: tuple[ArrayLike, ArrayLike],
    slopes: Mapping[str, ArrayLike],
    chosen: str,
    fakes: ArrayLike,
) -> Figure:
    """Draw how strongly each loss of the generator pushes a sample, below the two densities.

    Parameters
    ----------
    x : array of shape (m,)
    densities : pair of arrays of shape (m,)
        Of the real and of the invented samples.
    slopes : mapping of a loss to an array of shape (m,)
        The size of the push at x.
    chosen : str
        The loss that is drawn in ink.
    fakes : array of shape (k,)
        Some invented samples, marked on its curve.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 4.2), sharex=True)
    _densities(top, x, densities, 0.58)
    top.set(ylim=(0, 0.58), yticks=[0, 0.2, 0.4])
    top.legend(loc="upper left", ncols=2)  # above the bells, wherever they are
    for dashes, (name, values) in zip(("-", "--", ":"), slopes.items(), strict=True):
        strong = name == chosen
        look = {"lw": 2.5, "color": PALETTE["black"]} if strong else {"lw": 1.2, "color": "grey"}
        bottom.plot(x, values, ls=dashes, label=name, **look)
    bottom.plot(fakes, np.interp(fakes, x, slopes[chosen]), "o", color=INVENTED, ms=6)
    bottom.set(xlabel="$x$", ylabel="push", ylim=(-0.2, 12.5), yticks=[0, 4, 8])
    bottom.legend(loc="upper left", ncols=3, fontsize=11, columnspacing=1)
    return figure


def coverage(
    samples: ArrayLike, centers: ArrayLike, modes: Sequence[int], chosen: int, ends: float = 3.0
) -> Figure:
    """Draw the samples of one training, and how many modes every training covers.

    Parameters
    ----------
    samples : array of shape (n, 2)
    centers : array of shape (K, 2)
        Evenly spaced on a circle around (0, 0).
    modes : sequence of N int
        Modes covered, a training each.
    chosen : int
        Which of them the samples are from.
    ends : float
        The picture covers −ends to ends; what lies beyond is drawn at its edge.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.1), width_ratios=[1.15, 1])
    left.plot(*np.transpose(centers), "o", ms=15, mfc="none", mec=REAL, mew=1.5)
    angles = np.arctan2(*np.transpose(centers)[::-1]) + np.pi / len(centers)
    for angle in angles:  # of the sectors, in which one center is the nearest
        left.plot([0, 9 * np.cos(angle)], [0, 9 * np.sin(angle)], color="0.85", lw=0.8, zorder=0)
    inside = np.clip(samples, -ends, ends)
    left.plot(*inside.T, ".", ms=4, color=PALETTE["vermillion"])
    left.set(aspect="equal", xlim=(-ends, ends), ylim=(-ends, ends), title="samples of one")
    left.set(xlabel="$x_1$", ylabel="$x_2$")
    places = np.arange(1, len(modes) + 1)
    colors = [PALETTE["vermillion"] if k == chosen else PALETTE["grey"] for k in range(len(modes))]
    right.bar(places, np.maximum(modes, 0.08), color=colors)
    right.axhline(len(centers), color=REAL, lw=1.2, ls="--")
    right.set(ylim=(0, len(centers) + 0.5), xlabel="training", title="modes covered")
    right.set_xticks(places[::2] if len(modes) > 5 else places)
    return figure


def rate_map(modes: ArrayLike, near: ArrayLike, rates: Sequence[float], *, most: int = 8) -> Figure:
    """Draw what pairs of learning rates lead to: modes covered, and the share of samples near one.

    Parameters
    ----------
    modes, near : arrays of shape (r, r)
        Of the generator's rate (first axis) and the discriminator's.
    rates : sequence of r float
    most : int, default=8
        All modes.
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.7), sharey=True)
    kinds = ((modes, most, "modes covered", ".1f"), (near, 1, "share near a mode", ".2f"))
    words = [np.format_float_positional(rate) for rate in rates]
    for ax, (values, high, title, form) in zip(axes, kinds, strict=True):
        values = np.asarray(values, dtype=float)
        ax.imshow(values, cmap="Blues", vmin=0, vmax=high, origin="lower")
        for (i, j), value in np.ndenumerate(values):
            color = "white" if value > 0.6 * high else PALETTE["black"]
            ax.text(j, i, format(value, form), color=color, ha="center", va="center", fontsize=11)
        for k in range(len(words)):  # the same rate for both
            box = {"fc": "none", "ec": PALETTE["vermillion"], "lw": 1.6}
            ax.add_patch(Rectangle((k - 0.46, k - 0.46), 0.92, 0.92, **box))
        ax.set(title=title, xlabel="rate of D", xticks=range(len(words)), yticks=range(len(words)))
        ax.set_xticklabels(words, rotation=45)
    axes[0].set(ylabel="rate of G", yticklabels=words)
    return figure


def grey(pictures: ArrayLike) -> np.ndarray:
    """Return pictures (n, 1, h, w) between −1 and 1 as (n, h, w) between 0 and 1."""
    return (np.asarray(pictures)[:, 0] + 1) / 2


def walked(pictures: ArrayLike, at: int, large: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw the pictures along a walk in a row, one of them framed, and three large ones below.

    Parameters
    ----------
    pictures : array of shape (n, h, w), 0 to 1
    at : int
        Which of them is framed.
    large : array of shape (3, h, w), 0 to 1
    names : sequence of 3 str
    """
    figure = plt.figure(figsize=(5.6, 3.1))
    above, below = figure.subfigures(2, 1, height_ratios=[1, 2.6])
    for k, (ax, picture) in enumerate(zip(above.subplots(1, len(pictures)), pictures, strict=True)):
        _tile(ax, picture)
        for spine in ax.spines.values() if k == at else ():
            spine.set(color=PALETTE["vermillion"], lw=3)
    for ax, picture, name in zip(below.subplots(1, 3), large, names, strict=True):
        _tile(ax, picture)
        ax.set_title(name)
    return figure


def judged(values: Mapping[str, float], chosen: str, floor: float, label: str) -> Figure:
    """Draw a measure of several sets of samples as bars, and what real samples have as a line.

    Parameters
    ----------
    values : mapping of a set to a number
    chosen : str
        The set that is drawn in ink.
    floor : float
        The measure of real samples against real ones.
    label : str
        What is measured.
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.2))
    names = list(values)
    colors = [PALETTE["vermillion"] if name == chosen else PALETTE["grey"] for name in names]
    ax.barh(names, list(values.values()), color=colors, height=0.65)
    ax.axvline(floor, color=REAL, ls="--", lw=1.5)
    ax.text(floor, -0.55, " real against real", color=REAL, fontsize=11, va="bottom")
    high = max(*values.values(), floor)
    for k, value in enumerate(values.values()):
        ax.text(value + 0.015 * high, k, f"{value:.3g}", va="center", fontsize=11)
    ax.set(xlabel=label, xlim=(0, 1.17 * high))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(names) - 0.5, -1.1)
    return figure
