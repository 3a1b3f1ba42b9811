"""Drawings of the chapter on losses and regularisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE

DASHES = ("-", "--", "-.", ":")


def lines_through(
    x: ArrayLike,
    y: ArrayLike,
    lines: Mapping[str, tuple[float, float]],
    odd: int,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
) -> Axes:
    """Draw points, several fitted lines by name as (slope, intercept), and mark one odd point.

    Where the odd point lies beyond the picture, it is drawn at the border, with its value.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    _, ax = plt.subplots(figsize=(5.6, 4.0))
    others = np.arange(len(x)) != odd
    ax.plot(x[others], y[others], "o", color=PALETTE["grey"], ms=4.5)
    look = {"color": PALETTE["vermillion"], "ms": 11, "clip_on": False, "zorder": 4}
    if y[odd] > ylim[1]:
        ax.plot(x[odd], ylim[1], "^", **look)
        ax.annotate(f"at {y[odd]:.0f}", (x[odd], ylim[1]), (10, -4), textcoords="offset points")
    elif x[odd] > xlim[1]:
        ax.plot(xlim[1], y[odd], ">", **look)
        to = {"textcoords": "offset points", "ha": "right"}
        ax.annotate(f"at {x[odd]:.0f}", (xlim[1], y[odd]), (-10, -4), **to)
    else:
        ax.plot(x[odd], y[odd], "X", **look)
    ends = np.array(xlim, dtype=float)
    colors = (PALETTE["orange"], PALETTE["blue"], PALETTE["black"])
    for (name, (slope, intercept)), color, dashes in zip(
        lines.items(), colors, DASHES, strict=False
    ):
        ax.plot(ends, slope * ends + intercept, dashes, color=color, label=name, lw=2.4)
    ax.set(ylim=ylim, xlim=xlim)
    ax.legend(loc="upper right")
    return ax


def loss_curves(losses: Mapping[str, Any], x: np.ndarray, label: str, *, of: str) -> Figure:
    """Draw losses by name above, and how hard each pulls the prediction below.

    Parameters
    ----------
    losses : mapping of name to a loss of `course_lib.losses`
    x : array of shape (m,)
        Residuals, if `of` is "numbers"; margins, if it is "signs".
    label : str
        What x is.
    of : {"numbers", "signs"}
    """
    figure, axes = plt.subplots(2, 1, figsize=(5.6, 5.2), sharex=True)
    y, f = (x, np.zeros_like(x)) if of == "numbers" else (np.ones_like(x), x)
    for k, (name, loss) in enumerate(losses.items()):
        look = {"ls": DASHES[k % 4], "color": CYCLE[k], "label": name}
        axes[0].plot(x, loss.value(y, f), **look)
        axes[1].plot(x, -loss.gradient(y, f), **look)
    axes[0].set(ylabel="loss", ylim=(0, 7 if of == "numbers" else 4))
    axes[0].legend(loc="upper center" if of == "numbers" else "upper right")
    axes[1].set(xlabel=label, ylabel="pull", ylim=(-4, 4) if of == "numbers" else (0, 4))
    return figure


def pulls_on_a_guess(
    y: ArrayLike, guess: float, pulls: ArrayLike, grid: np.ndarray, means: np.ndarray
) -> Figure:
    """Draw how each target pulls a guess its way, and the mean loss of every guess.

    Parameters
    ----------
    y, pulls : arrays of shape (n,)
        Targets, and minus the derivative of each one's loss at the guess.
    guess : float
    grid, means : arrays of shape (m,)
        Guesses, and the mean loss of each.
    """
    y, pulls = np.asarray(y, dtype=float), np.asarray(pulls, dtype=float)
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.6), sharex=True, height_ratios=[1.2, 1]
    )
    order = np.arange(len(y))
    top.plot(y, order, "o", color=PALETTE["blue"], ms=8)
    top.barh(order, pulls, left=guess, color=PALETTE["orange"], height=0.45, alpha=0.8)
    top.axvline(guess, color=PALETTE["black"], lw=1.6)
    top.set(yticks=[], ylabel="targets", ylim=(-0.7, len(y) - 0.3))
    bottom.plot(grid, means, color=PALETTE["grey"])
    bottom.plot(guess, np.interp(guess, grid, means), "D", color=PALETTE["vermillion"], ms=8)
    bottom.set(ylabel="mean loss", xlim=(grid[0], grid[-1]), ylim=(0, None))
    return figure


def rooms_of_words(words: Mapping[str, str]) -> Axes:
    """Draw the room that each code word uses up: all longer words that begin with it.

    Parameters
    ----------
    words : mapping of name to a word of 0 and 1, none of which begins another
    """
    _, ax = plt.subplots(figsize=(5.6, 2.9))
    depth = max(map(len, words.values()))
    for bits in range(1, depth + 1):  # all words of that length, as a faint row
        for number in range(2**bits):
            at, wide = number / 2**bits, 1 / 2**bits
            ax.add_patch(Rectangle((at, depth - bits), wide, 1, fc="none", ec=PALETTE["grey"]))
            label = f"{number:0{bits}b}"
            if label in words.values():  # it is written larger below
                continue
            ax.text(at + wide / 2, depth - bits + 0.5, label, ha="center", va="center", fontsize=8)
    colors = (PALETTE["orange"], PALETTE["sky"], PALETTE["green"], PALETTE["yellow"])
    for k, (name, word) in enumerate(words.items()):
        wide, color = 0.5 ** len(word), colors[k % 4]
        at, high = int(word, 2) * wide, depth - len(word) + 1
        ax.add_patch(Rectangle((at, 0), wide, high, fc=color, ec=PALETTE["black"], lw=1.5))
        ax.text(at + wide / 2, high / 2, f"{name}\n{word}", ha="center", va="center")
    ax.set(xlim=(0, 1), ylim=(0, depth), xlabel="share of the room", ylabel="bits")
    ax.set_yticks(depth + 0.5 - np.arange(1, depth + 1), range(1, depth + 1))
    return ax


def code_areas(p: float, q: float) -> Axes:
    """Draw the bits of a code made for (q, 1 − q) as areas, used on messages of (p, 1 − p).

    A symbol is as wide as it is frequent and as high as its ideal length −log₂ q, which blocks of
    symbols reach; the black line is the height that its own frequency would ask for.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.9))
    left = 0.0
    for share, other, color in (
        (p, q, PALETTE["orange"]),
        (1 - p, 1 - q, PALETTE["blue"]),
    ):
        height, own = -np.log2(other), -np.log2(share)
        ax.add_patch(Rectangle((left, 0), share, height, fc=color, ec="white", lw=1.5, alpha=0.75))
        ax.plot([left, left + share], [own, own], color=PALETTE["black"], lw=2.5)
        left += share
    ax.set_xticks([p / 2, (1 + p) / 2], ["“1”", "“0”"])
    ax.tick_params(axis="x", length=0)
    ax.set(
        xlim=(0, 1), ylim=(0, 5.3), xlabel="share of the messages", ylabel="ideal length in bits"
    )
    ax.plot([], [], color=PALETTE["black"], lw=2.5, label="length that fits the share")
    ax.legend(loc="upper center")
    return ax


def contours_and_ball(
    G: np.ndarray, free: np.ndarray, w: np.ndarray, penalty: str, limit: float
) -> Axes:
    """Draw contours of ½(w − free)ᵀG(w − free), and the ball of the penalty that touches w.

    Parameters
    ----------
    G : array of shape (2, 2)
    free, w : arrays of shape (2,)
        The weights of smallest loss, and those with the penalty.
    penalty : {"L1", "L2"}
    limit : float
        The axes go from about −limit / 3 to limit.
    """
    _, ax = plt.subplots(figsize=(5.0, 4.6))
    grid = np.linspace(-0.45 * limit, limit, 121)
    points = np.stack(np.meshgrid(grid, grid, indexing="xy"), axis=-1) - free  # (121, 121, 2)
    height = np.einsum("abi,ij,abj->ab", points, G, points) / 2
    own = float((w - free) @ G @ (w - free)) / 2
    levels = np.unique([*(height.max() * np.array([0.01, 0.04, 0.1, 0.2, 0.35, 0.6]))])
    ax.contour(grid, grid, height, levels=levels, colors=PALETTE["grey"], linewidths=0.8)
    if own > 1e-9:
        ax.contour(grid, grid, height, levels=[own], colors=PALETTE["vermillion"], linewidths=1.8)
    look = {"fc": PALETTE["sky"], "ec": PALETTE["blue"], "alpha": 0.45, "lw": 2}
    if penalty == "L1":
        r = np.abs(w).sum()
        ax.add_patch(Polygon([(r, 0), (0, r), (-r, 0), (0, -r)], **look))
    else:
        ax.add_patch(Circle((0, 0), np.hypot(*w), **look))
    ax.axhline(0, color=PALETTE["black"], lw=0.8)
    ax.axvline(0, color=PALETTE["black"], lw=0.8)
    ax.plot(*free, "+", color=PALETTE["black"], ms=12, mew=2.2)
    ax.plot(*w, "D", color=PALETTE["vermillion"], ms=9, zorder=4)
    ax.set(xlim=grid[[0, -1]], ylim=grid[[0, -1]], aspect="equal", xlabel="$w_1$", ylabel="$w_2$")
    return ax


def clouds_of_weights(clouds: Mapping[str, np.ndarray]) -> Figure:
    """Draw up to four clouds of weights (k, 2) by name, and count those exactly on an axis."""
    figure, axes = plt.subplots(2, 2, figsize=(5.6, 5.6), sharex=True, sharey=True)
    for ax, (name, w) in zip(axes.ravel(), clouds.items(), strict=False):
        zero = np.any(w == 0, axis=1)
        ax.axhline(0, color=PALETTE["mist"], lw=1, zorder=0)
        ax.axvline(0, color=PALETTE["mist"], lw=1, zorder=0)
        ax.plot(*w[~zero].T, "o", color=PALETTE["blue"], ms=2.5, alpha=0.5)
        ax.plot(*w[zero].T, "o", color=PALETTE["vermillion"], ms=3)
        ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
        ax.set_title(f"{name}\n{zero.sum()} of {len(w)} on an axis", fontsize=11)
    for ax in axes[1]:
        ax.set_xlabel("$w_1$")
    for ax in axes[:, 0]:
        ax.set_ylabel("$w_2$")
    return figure


def path_and_errors(
    lams: np.ndarray,
    coefs: np.ndarray,
    real: int,
    at: int,
    errors: Mapping[str, np.ndarray],
    ylims: Sequence[tuple[float, float]],
) -> Figure:
    """Draw the weights of every price, those of the first `real` columns in colour, and errors.

    Parameters
    ----------
    lams : array of shape (m,)
    coefs : array of shape (m, d)
    real : int
    at : int
        The price that is marked.
    errors : mapping of name to array of shape (m,)
    ylims : two pairs
        Of the weights and of the errors.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 5.2), sharex=True, height_ratios=[1.3, 1]
    )
    top.plot(lams, coefs[:, real:], color=PALETTE["grey"], lw=0.5, alpha=0.6)
    top.plot(lams, coefs[:, :real], color=PALETTE["blue"], lw=1.8)
    top.plot([], [], color=PALETTE["blue"], label="measured")
    top.plot([], [], color=PALETTE["grey"], lw=0.8, label="random")
    for k, (name, values) in enumerate(errors.items()):
        bottom.plot(lams, values, DASHES[k], color=CYCLE[k + 1], label=name)
        bottom.plot(lams[at], values[at], "o", color=CYCLE[k + 1], ms=7)
    for ax, ylim in zip((top, bottom), ylims, strict=True):
        ax.axvline(lams[at], color=PALETTE["black"], lw=1.2)
        ax.set(xscale="log", ylim=ylim)
        ax.legend(loc="lower right")
    top.set(ylabel="weight")
    bottom.set(xlabel="price λ", ylabel="RMSE")
    return figure
