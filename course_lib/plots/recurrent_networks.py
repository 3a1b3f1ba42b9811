"""Drawings of the chapter on recurrent networks: wirings, unrolled chains, gradients, states."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from numpy.typing import ArrayLike

from course_lib.plots.recurrent import visible
from course_lib.plots.style import CYCLE, PALETTE

_READ, _STATE, _WRITTEN = PALETTE["sky"], PALETTE["mist"], PALETTE["orange"]
_LATER = "#f7f7f7"  # what has not happened yet


def typed_page(title: str, text: str, *, width: int = 46, lines: int = 10) -> Figure:
    """Draw a text as a typewriter would, below a line that says where it comes from."""
    figure, ax = plt.subplots(figsize=(5.6, 3.4))
    ax.axis("off")
    rows: list[str] = []
    for line in text.split("\n"):
        rows += textwrap.wrap(line, width, replace_whitespace=False) or [""]
    ax.text(0, 1, title, va="top", transform=ax.transAxes, color=PALETTE["grey"])
    look = {"family": "monospace", "fontsize": 12, "va": "top", "transform": ax.transAxes}
    ax.text(0, 0.88, "\n".join(rows[:lines]), linespacing=1.5, **look)
    return figure


# --- Wirings ------------------------------------------------------------------------------------


def wiring(steps: Sequence[tuple[str, str]], now: int) -> Figure:
    """Draw which steps of an unrolled network read something, and which write something.

    Parameters
    ----------
    steps : sequence of pairs of str
        What is read and what is written at each step; "" for nothing.
    now : int
        Steps that are done, from 1; what comes later is drawn pale.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.9))
    ax.set(xlim=(-0.55, len(steps) - 0.45), ylim=(-0.45, 2.45))
    ax.axis("off")
    for t, (read, written) in enumerate(steps):
        done = t < now
        _tile(ax, t, 1, f"$h_{t + 1}$", _STATE if done else _LATER, done)
        if read:
            _tile(ax, t, 0, read, _READ if done else _LATER, done)
            _link(ax, (t, 0.24), (t, 0.76), done)
        if written:
            _tile(ax, t, 2, written, _WRITTEN if done else _LATER, done)
            _link(ax, (t, 1.24), (t, 1.76), done)
        if t:
            _link(ax, (t - 0.57, 1), (t - 0.43, 1), done)
    return figure


def _tile(ax: Axes, x: float, y: float, words: str, color: str, done: bool) -> None:
    ink = PALETTE["black"] if done else "#a0a0a0"
    size = {"boxstyle": "round,pad=0,rounding_size=0.08", "fc": color, "ec": ink}
    ax.add_patch(FancyBboxPatch((x - 0.43, y - 0.24), 0.86, 0.48, **size))
    size = 12 if len(words) < 7 or words.startswith("$") else 10.5
    ax.text(x, y - 0.01, words, ha="center", va="center", fontsize=size, color=ink)


def _link(ax: Axes, start: tuple[float, float], end: tuple[float, float], done: bool) -> None:
    look = {"arrowstyle": "-|>", "mutation_scale": 10, "shrinkA": 0, "shrinkB": 0}
    color = PALETTE["black"] if done else "#c0c0c0"
    ax.add_patch(FancyArrowPatch(start, end, color=color, **look))


# --- One unit, unrolled -------------------------------------------------------------------------


def unrolled(x: ArrayLike, h: ArrayLike, copies: int, gradients: ArrayLike | None = None) -> Figure:
    """Draw one unit's loop, and so many copies of it side by side, with the numbers in them.

    Parameters
    ----------
    x, h : arrays of shape (T,)
        Inputs, and the states after each.
    copies : int
        Steps that are unrolled, from the first.
    gradients : array of at most T numbers, optional
        Of the last state by the last one, by the one before it, and so on; each gets a bar
        below its copy.
    """
    x, h = np.asarray(x), np.asarray(h)
    figure, ax = plt.subplots(figsize=(5.6, 3.3))
    ax.set(xlim=(-1.75, len(x) - 0.4), ylim=(-2.5, 1.1))
    ax.axis("off")
    _loop(ax)
    for t in range(copies):
        _cell(ax, t, _number(h[t]), CYCLE[0])
        ax.text(t, -0.98, _number(x[t]), ha="center", va="center", fontsize=11)
        _link(ax, (t, -0.8), (t, -0.36), True)
        ax.text(t, 0.62, f"$h_{t + 1}$", ha="center", va="center")
        if t:
            _link(ax, (t - 0.64, 0), (t - 0.36, 0), True)
    if gradients is not None:
        _bars(ax, len(x), np.asarray(gradients))
    return figure


def _loop(ax: Axes) -> None:
    """Draw the network as it is written down: one unit that reads its own state."""
    _cell(ax, -1.3, "$h$", PALETTE["grey"])
    ax.text(-1.3, -0.98, "$x$", ha="center", va="center")
    _link(ax, (-1.3, -0.8), (-1.3, -0.36), True)
    look = {"arrowstyle": "-|>", "mutation_scale": 10, "connectionstyle": "arc3,rad=-1.5"}
    ax.add_patch(FancyArrowPatch((-1.5, 0.33), (-1.1, 0.33), color=PALETTE["black"], **look))
    ax.text(-1.3, 0.95, "$u$", ha="center", va="center")


def _cell(ax: Axes, x: float, words: str, color: str) -> None:
    size = {"boxstyle": "round,pad=0,rounding_size=0.1", "fc": "white", "ec": color, "lw": 2}
    ax.add_patch(FancyBboxPatch((x - 0.35, -0.34), 0.7, 0.68, **size))
    ax.text(x, -0.02, words, ha="center", va="center", fontsize=11)


def _bars(ax: Axes, T: int, gradients: np.ndarray) -> None:
    """Draw a bar for each gradient, the last step's at the right; the largest is the tallest."""
    most = max(1.0, np.abs(gradients).max())
    ax.plot([-0.45, T - 0.55], [-2.2, -2.2], color=PALETTE["grey"], lw=0.8)
    for k, value in enumerate(gradients):
        t, tall = T - 1 - k, 0.8 * abs(value) / most
        ax.bar(t, tall, 0.6, -2.2, color=PALETTE["vermillion"])
        ax.text(t, -2.24, _number(value), ha="center", va="top", fontsize=11)
    ax.text(-1.7, -2.0, "gradient\nof $h_8$", va="center", fontsize=11)


def _number(value: float) -> str:
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f}".replace("-", "−")


# --- Gradients over many steps ------------------------------------------------------------------


def jacobian_norms(logs: ArrayLike, rho: float, length: int) -> Figure:
    """Draw how the product of k Jacobians grows or shrinks, a line for each start.

    Parameters
    ----------
    logs : array of shape (starts, T + 1)
        log₁₀ of the norm of the product of k = 0 … T Jacobians.
    rho : float
        Spectral radius of U; its powers are drawn dashed.
    length : int
        The number of steps that is looked at.
    """
    logs = np.asarray(logs)
    figure, ax = plt.subplots()
    k = np.arange(logs.shape[1])
    for number, row in enumerate(logs):
        label = f"one of {len(logs)} starts" if not number else None
        ax.plot(k, row, color=CYCLE[0], lw=1, alpha=0.8, label=label)
    ax.plot(k, k * np.log10(rho), color=PALETTE["black"], ls="--", label="$\\rho^k$")
    ax.axvline(length, color=PALETTE["vermillion"], lw=1, ls=":")
    ax.plot(length, logs[:, length].mean(), "o", color=PALETTE["vermillion"])
    ax.set(xlabel="steps back, k", ylabel="log₁₀ of the gradient's size", ylim=(-35, 50))
    ax.legend(loc="lower left")
    return figure


# --- States and batches -------------------------------------------------------------------------


def state_map(
    H: ArrayLike, text: str, read: int, names: Sequence[str], row: str, wanted: ArrayLike
) -> Figure:
    """Draw the states of some units at every character, and below one of them with its property.

    Parameters
    ----------
    H : array of shape (units, T)
        Between −1 and 1.
    text : str
        The T characters.
    read : int
        Characters read so far, from 1; the states after them are covered.
    names : sequence of str
        What each unit follows.
    row : str
        The name whose unit is drawn as a line below.
    wanted : array of shape (T,)
        What that unit should tell, drawn as steps and scaled to the height of the picture.
    """
    H, at = np.asarray(H), list(names).index(row)
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.0), sharex=True, height_ratios=[1.6, 1]
    )
    shown = np.where(np.arange(len(text)) < read, H, np.nan)
    picture = top.imshow(shown, aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1)
    top.set_yticks(range(len(names)), names, fontsize=11)
    top.set_xticks([])
    top.axhspan(at - 0.5, at + 0.5, fill=False, ec=PALETTE["black"], lw=1.5)
    figure.colorbar(picture, ax=[top, bottom], pad=0.01, ticks=[-1, 0, 1])
    wanted = np.asarray(wanted, dtype=float)
    steps = 2 * wanted / max(wanted.max(), 1) - 1
    x = np.arange(read)
    bottom.fill_between(x, -1, steps[:read], step="mid", color=PALETTE["mist"], label="property")
    bottom.plot(x, H[at, :read], color=PALETTE["black"], lw=1.5, label="unit")
    bottom.set(ylim=(-1.1, 1.1), yticks=[-1, 0, 1], xlim=(-0.5, len(text) - 0.5))
    below = {"transform": bottom.get_xaxis_transform(), "ha": "center", "va": "top"}
    for k, character in enumerate(text):  # as words: so many ticks would take longer
        ink = PALETTE["black"] if k < read else "#a0a0a0"
        look = {"fontsize": 10, "family": "monospace", "color": ink, **below}
        bottom.text(k, -0.06, visible(character), **look).set_in_layout(k == 0)
    return figure


def guesses(text: str, likeliest: Sequence[Sequence[tuple[str, float]]], read: int) -> Figure:
    """Draw a text, and below each of its characters what was guessed before it was read.

    Parameters
    ----------
    text : str
    likeliest : for every character a list of the likeliest ones, (character, probability)
    read : int
        Characters read so far; the column after them is framed.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.9))
    p = np.array([[p for _, p in column] for column in likeliest]).T
    picture = ax.imshow(p, aspect="auto", cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(picture, pad=0.01, label="probability", ticks=[0, 0.5, 1])
    mono = {"family": "monospace", "ha": "center", "va": "center"}
    for t, column in enumerate(likeliest):
        ink = PALETTE["black"] if t < read else "#a0a0a0"
        ax.text(t, -0.95, visible(text[t]), fontsize=12, color=ink, **mono)
        for row, (character, share) in enumerate(column):
            ink = "white" if share > 0.6 else PALETTE["black"]
            weight = "bold" if character == text[t] else "normal"
            ax.text(t, row, visible(character), fontsize=11, color=ink, weight=weight, **mono)
            if character == text[t]:
                ax.plot(t, row + 0.36, "_", color=PALETTE["vermillion"], ms=9, mew=2)
    ax.axvspan(read - 0.5, read + 0.5, fill=False, ec=PALETTE["black"], lw=1.5)
    ax.set(xlim=(-0.5, len(text) - 0.5), ylim=(len(p) - 0.5, -1.5), xticks=[])
    ax.set_yticks(range(len(p)), [f"{row + 1}." for row in range(len(p))])
    ax.spines[:].set_visible(False)
    return figure
