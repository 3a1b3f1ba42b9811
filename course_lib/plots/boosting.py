"""Drawings of the chapter on AdaBoost and gradient boosting.

Symbols
    y      (n,)     labels −1 and +1, drawn in the first and the second colour
    w      (n,)     weights of the samples, which add up to 1
    score  (R, R)   scores of a model on a square grid over the limits, above 0 for +1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS
from course_lib.plots.style import CYCLE, PALETTE

AREA = 16.0
"""Square points of a marker whose sample has the mean weight 1/n."""
LARGEST_AREA = 700.0


def tint(score: ArrayLike, limits: Sequence[float], *, ax: Axes) -> None:
    """Colour the two sides of a score (R²,) on a square grid over the limits, a line between."""
    score = np.asarray(score, dtype=float).ravel()
    side = int(np.sqrt(len(score)))
    height = score.reshape(side, side)
    left, right, bottom, top = limits
    u, v = np.linspace(left, right, side), np.linspace(bottom, top, side)
    tints = ListedColormap([0.75 + 0.25 * np.asarray(to_rgb(CYCLE[k])) for k in (0, 1)])
    look = {"vmin": 0, "vmax": 1, "shading": "nearest", "rasterized": True}
    ax.pcolormesh(u, v, height > 0, cmap=tints, **look)
    if height.min() <= 0 < height.max():
        sides = np.where(height > 0, 1.0, -1.0)
        ax.contour(u, v, sides, levels=[0], colors=PALETTE["black"], linewidths=1.4)
    ax.set(xlim=(left, right), ylim=(bottom, top))


def weighted_points(
    X: np.ndarray,
    y: np.ndarray,
    w: ArrayLike | None = None,
    *,
    whole: float | None = None,
    marked: ArrayLike | None = None,
    names: Sequence[str] = ("−1", "+1"),
    ax: Axes,
) -> None:
    """Draw points of two classes whose areas are their weights.

    Parameters
    ----------
    X, y : arrays of shapes (n, 2) and (n,)
    w : array of shape (n,), optional
        By default all points have the mean weight.
    whole : float, optional
        The sum of weights at which the mean area is `AREA`; by default their own sum.
    marked : array of shape (n,), bool, optional
        Points with a black ring.
    names : sequence of two str
    ax : Axes
    """
    n = len(y)
    w = np.full(n, 1 / n) if w is None else np.asarray(w, dtype=float)
    area = np.clip(AREA * n * w / (whole or w.sum()), 0.6, LARGEST_AREA)
    marked = np.zeros(n, dtype=bool) if marked is None else np.asarray(marked)
    for k, label in enumerate((-1, 1)):
        mine = y == label
        edge = np.where(marked[mine], PALETTE["black"], "white")
        width = np.where(marked[mine], 1.6, 0.4)
        look = {"marker": MARKERS[k], "color": CYCLE[k], "zorder": 3, "label": names[k]}
        ax.scatter(*X[mine].T, s=area[mine], edgecolors=edge, linewidths=width, **look)


def a_round(
    X: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    scores: tuple[np.ndarray, np.ndarray],
    curves: Mapping[str, ArrayLike],
    t: int,
    *,
    wrong: ArrayLike,
    limits: Sequence[float],
    axes_names: Sequence[str],
    names: Sequence[str],
) -> Figure:
    """Draw a round of AdaBoost: the weights with the newest rule, all rules together, the curves.

    Parameters
    ----------
    X, y, w : arrays of shapes (n, 2), (n,) and (n,)
        The weights are those that the newest rule was fitted to.
    scores : two arrays of shape (R²,)
        Of the newest rule and of the sum of all, on a square grid over the limits.
    curves : mapping of a name to an array of shape (T,)
        Drawn over the rounds 1 … T, the round `t` marked.
    t : int
        From 1 to T.
    wrong : array of shape (n,), bool
        The samples that all rules together have wrong, which get a cross. A score at the nearest
        point of the grid would not do: it lies on the wrong side of some lines.
    limits : (left, right, bottom, top)
    axes_names : sequence of two str
    names : sequence of two str
        Of the classes −1 and +1.
    """
    figure = plt.figure(figsize=(5.6, 5.2))
    grid = figure.add_gridspec(2, 2, height_ratios=[1.45, 1])
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    for ax, score, weights, title in (
        (left, scores[0], w, f"rule {t} and the weights"),
        (right, scores[1], None, "all so far" if t > 1 else "the first alone"),
    ):
        tint(score, limits, ax=ax)
        weighted_points(X, y, weights, names=names, ax=ax)
        ax.set(title=title, xlabel=axes_names[0])
    right.plot(*X[np.asarray(wrong)].T, "x", color=PALETTE["black"], ms=6, mew=1.6, zorder=4)
    left.set_ylabel(axes_names[1])
    right.set_yticklabels([])
    below = figure.add_subplot(grid[1, :])
    over_rounds(curves, t, ax=below)
    below.set(ylim=(0, 1.02), xlabel="round")
    handles, labels = left.get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside upper center", ncols=2)
    for handle in legend.legend_handles:
        handle.set_sizes([36.0])
    return figure


STYLES = ("-", "--", "-.", ":")
INKS = ("blue", "vermillion", "green", "purple")


def over_rounds(
    curves: Mapping[str, ArrayLike],
    t: int | None = None,
    *,
    rounds: ArrayLike | None = None,
    log: bool = False,
    lowest: Sequence[str] = (),
    ax: Axes,
) -> None:
    """Draw curves over rounds, and a mark at the round `t` on each.

    Parameters
    ----------
    curves : mapping of a name to an array of shape (T,)
        At most four.
    t : int, optional
        One of the rounds.
    rounds : array of shape (T,), optional
        By default 1 … T.
    log : bool
        Whether the rounds have a logarithmic axis.
    lowest : sequence of str
        Curves that get a diamond at their smallest value.
    ax : Axes
    """
    for (name, values), style, ink in zip(curves.items(), STYLES, INKS, strict=False):
        values = np.asarray(values, dtype=float)
        x = np.arange(1, len(values) + 1) if rounds is None else np.asarray(rounds)
        ax.plot(x, values, style, color=PALETTE[ink], label=name)
        if t is not None:
            ax.plot(t, values[x == t], "o", color=PALETTE[ink], ms=8, zorder=4)
        if name in lowest:
            best = int(np.argmin(values))
            ax.plot(x[best], values[best], "D", color=PALETTE[ink], ms=8, zorder=5)
    if t is not None:
        ax.axvline(t, color=PALETTE["grey"], lw=1, zorder=0)
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticks([1, 10, 100], labels=["1", "10", "100"])
    ax.legend(loc="upper right")


def margins_and_errors(
    margins: ArrayLike, t: int, curves: Mapping[str, ArrayLike], *, ghosts: Sequence[int] = ()
) -> Figure:
    """Draw how the margins of the training samples are distributed after t rounds, and the errors.

    Parameters
    ----------
    margins : array of shape (T, n)
        Of each sample after each round, from −1 to 1.
    t : int
        From 1 to T.
    curves : mapping of a name to an array of shape (T,)
        Per cent wrong.
    ghosts : sequence of int
        Rounds whose distributions are drawn in grey.
    """
    margins = np.asarray(margins, dtype=float)
    figure, (left, right) = plt.subplots(2, 1, figsize=(5.6, 5.2), height_ratios=[1.2, 1])
    heights = 100 * np.arange(1, margins.shape[1] + 1) / margins.shape[1]
    for ghost in ghosts:
        left.step(np.sort(margins[ghost - 1]), heights, color=PALETTE["mist"], lw=1.5, where="post")
    left.step(np.sort(margins[t - 1]), heights, color=PALETTE["blue"], lw=2.5, where="post")
    left.axvline(0, color=PALETTE["black"], lw=1)
    left.set(xlim=(-1, 1), ylim=(0, 101), xlabel="margin", ylabel="% with no more")
    left.set_xticks([-1, -0.5, 0, 0.5, 1], labels=["−1", "−½", "0", "½", "1"])
    over_rounds(curves, t, log=True, ax=right)
    right.set(xlabel="rounds", ylabel="% wrong", ylim=(0, None))
    return figure


def noisy_weights(
    X: np.ndarray,
    y: np.ndarray,
    pull: np.ndarray,
    flipped: np.ndarray,
    score: np.ndarray,
    bars: Mapping[str, float],
    *,
    limits: Sequence[float],
) -> Figure:
    """Draw points by the weight that the next round gives them, the mislabelled ones ringed.

    Parameters
    ----------
    X, y, pull, flipped : arrays of shapes (n, 2), (n,), (n,) and (n,)
        The labels as they were learned; the weights; which labels are wrong.
    score : array of shape (R²,)
        Of the model, on a square grid over the limits.
    bars : mapping of a name to per cent
    limits : (left, right, bottom, top)
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.6), width_ratios=[1.9, 1])
    tint(score, limits, ax=left)
    weighted_points(X, y, pull, marked=flipped, ax=left)
    left.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", xticks=[], yticks=[])
    drawn = right.bar(range(len(bars)), list(bars.values()), color=PALETTE["vermillion"], width=0.6)
    right.bar_label(drawn, fmt="%.0f %%", padding=2)
    right.set(xticks=range(len(bars)), ylim=(0, 105), yticks=[])
    right.set_xticklabels(list(bars), fontsize=11)
    right.spines["left"].set_visible(False)
    return figure


def a_step_in_the_plane(
    X: np.ndarray,
    y: np.ndarray,
    r: np.ndarray,
    adds: np.ndarray,
    score: np.ndarray,
    *,
    t: int,
    limits: Sequence[float],
) -> Figure:
    """Draw a step of gradient boosting on two features: the newest tree, and the sum of all.

    Parameters
    ----------
    X, y : arrays of shapes (n, 2) and (n,)
    r : array of shape (n,)
        Pseudo-residuals of the logistic loss, before the step. Their sizes are areas, the same for
        all t: `AREA` stands for ¼; where the log-odds are 0 all have ½.
    adds, score : arrays of shape (R²,)
        What the newest tree adds and the sum with it, on a square grid over the limits.
    t : int
        The number of the tree.
    limits : (left, right, bottom, top)
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.3))
    side = int(np.sqrt(len(adds)))
    left, right, bottom, top = limits
    u, v = np.linspace(left, right, side), np.linspace(bottom, top, side)
    tints = [0.6 + 0.4 * np.asarray(to_rgb(CYCLE[k])) for k in (0, 1)]
    colours = LinearSegmentedColormap.from_list("sides", [tints[0], (1, 1, 1), tints[1]])
    most = float(np.max(np.abs(adds))) or 1.0
    look = {"vmin": -most, "vmax": most, "shading": "nearest", "rasterized": True}
    axes[0].pcolormesh(u, v, adds.reshape(side, side), cmap=colours, **look)
    axes[0].set(xlim=(left, right), ylim=(bottom, top))
    weighted_points(X, y, np.abs(r), whole=len(y) / 4, ax=axes[0])
    tint(score, limits, ax=axes[1])
    weighted_points(X, y, ax=axes[1])
    titles = f"tree {t}", f"sum of {t}" if t > 1 else "start and tree"
    for ax, title in zip(axes, titles, strict=True):
        ax.set(title=title, xlabel="$x_1$", xticks=[], yticks=[])
    axes[0].set_ylabel("$x_2$")
    return figure


SIGN = 200.0
"""Metres at which `a_step` draws a sign."""


def a_step(
    x: np.ndarray,
    y: np.ndarray,
    F: tuple[np.ndarray, np.ndarray],
    *,
    signs: bool,
    limits: Sequence[float],
    reach: float,
    axes_names: Sequence[str],
) -> Figure:
    """Draw a step of gradient boosting on one feature: the sum and the data, the tree and its goal.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        In rising order of x.
    F : two arrays of shape (n,)
        The sum before the step and after it.
    signs : bool
        Whether the pseudo-residuals are the signs of y − F, of the absolute loss, and not y − F.
    limits : (bottom, top)
        Of the picture of the data.
    reach : float
        The picture of the step reaches from its negative to itself; what lies beyond is drawn at
        its edge.
    axes_names : sequence of two str
    """
    figure, (above, below) = plt.subplots(2, 1, figsize=(5.6, 5.4), height_ratios=[1.25, 1])
    above.plot(x, y, "o", color=PALETTE["blue"], ms=4)
    above.plot(x, F[0], color=PALETTE["grey"], drawstyle="steps-mid", lw=1.4, label="sum before")
    above.plot(x, F[1], color=PALETTE["vermillion"], drawstyle="steps-mid", label="sum after")
    above.set(xticklabels=[], ylabel=axes_names[1], ylim=limits)
    above.legend(loc="upper right", ncols=2)
    pull = SIGN * np.sign(y - F[0]) if signs else np.clip(y - F[0], -reach, reach)
    below.axhline(0, color=PALETTE["grey"], lw=1)
    below.vlines(x, 0, pull, color=PALETTE["orange"], lw=1)
    name = "sign of y − F" if signs else "y − F"
    below.plot(x, pull, "o", color=PALETTE["orange"], ms=4, label=name)
    step = np.clip(F[1] - F[0], -reach, reach)
    look = {"color": PALETTE["black"], "drawstyle": "steps-mid", "lw": 2.5}
    below.plot(x, step, label="what the tree adds", **look)
    below.set(ylim=(-1.05 * reach, 1.4 * reach), xlabel=axes_names[0], ylabel=axes_names[1])
    below.legend(loc="upper right", ncols=2)
    return figure


def losses_over_trees(
    curves: Mapping[str, ArrayLike],
    trees: ArrayLike,
    *,
    top: float,
    ylabel: str,
    lowest: Sequence[str],
) -> Axes:
    """Draw losses after each number of trees, shape (T,), on a logarithmic axis up to `top`."""
    _, ax = plt.subplots(figsize=(5.6, 3.7))
    over_rounds(curves, rounds=trees, log=True, lowest=lowest, ax=ax)
    ax.set(ylim=(0, top), xlabel="trees", ylabel=ylabel)
    return ax
