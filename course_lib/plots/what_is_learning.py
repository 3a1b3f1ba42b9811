"""Drawings of the chapter on what machine learning is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS
from course_lib.plots.style import CYCLE, PALETTE

_SIZE = (5.6, 2.9)  # of every kind of problem: one explorer shows them all


def threshold_rule(
    x: ArrayLike,
    y: ArrayLike,
    threshold: float,
    errors: Mapping[str, float],
    classes: Sequence[str],
    feature: str,
    *,
    worst: float = 0.75,
) -> tuple[Axes, Axes]:
    """Draw the samples of two classes in rows over one feature, a threshold, and error bars.

    The rule says class 1 to the right of the threshold. What it has wrong is a cross.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        The feature and the labels 0 and 1.
    threshold : float
    errors : mapping of str to float
        The share of wrong answers under the name of each bar.
    classes : two str
        Names of the labels 0 and 1.
    feature : str
        The name of x.
    worst : float
        Where the axis of the bars ends.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    _, (top, low) = plt.subplots(2, 1, figsize=(5.6, 4.3), height_ratios=(2.6, 1))
    wrong = (x > threshold) != (y == 1)
    height = y + np.random.default_rng(0).uniform(-0.3, 0.3, len(x))
    for k in (0, 1):
        mine = (y == k) & ~wrong
        top.plot(x[mine], height[mine], MARKERS[k], color=CYCLE[k], ms=4, alpha=0.6)
    top.plot(x[wrong], height[wrong], "x", color=PALETTE["black"], ms=6, mew=1.6)
    top.axvline(threshold, color=PALETTE["black"])
    top.axvspan(threshold, 2 * x.max(), color=CYCLE[1], alpha=0.12, lw=0)
    top.axvspan(2 * x.min() - x.max(), threshold, color=CYCLE[0], alpha=0.1, lw=0)
    pad = 0.04 * (x.max() - x.min())
    top.set(xlim=(x.min() - pad, x.max() + pad), ylim=(-0.5, 1.5), yticks=[0, 1])
    top.set_yticklabels(list(classes))
    top.set_xlabel(feature)
    share_bars(errors, worst=worst, ax=low)
    return top, low


def share_bars(shares: Mapping[str, float], *, worst: float, ax: Axes | None = None) -> Axes:
    """Draw a lying bar for each share, with its percentage at its end."""
    ax = ax or plt.gca()
    names, values = list(shares), list(shares.values())
    ax.barh(names, values, color=[PALETTE["sky"], PALETTE["vermillion"]][: len(names)], height=0.6)
    for row, value in enumerate(values):
        ax.text(value + 0.01 * worst, row, f"{value:.1%}", va="center")
    ax.set(xlim=(0, worst), xlabel="wrong answers")
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.invert_yaxis()
    return ax


def table_of_rows(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, answer: int = -1
) -> Axes:
    """Draw the first rows of a table; the column with the answer stands on a tint.

    Parameters
    ----------
    columns : sequence of m str
    rows : sequence of sequences of m str
    answer : int, default=-1
        The column to predict; None for none.
    """
    ax = _bare_axes()
    table = ax.table(
        cellText=rows, colLabels=columns, loc="center", cellLoc="center", edges="horizontal"
    )
    table.auto_set_font_size(False)
    table.set_fontsize(13)
    table.scale(1, 2)
    marked = None if answer is None else range(len(columns))[answer]
    for (row, column), cell in table.get_celld().items():
        cell.set_edgecolor(PALETTE["mist"])
        if row == 0:
            cell.set_text_props(weight="bold")
        if column == marked:
            cell.set_text_props(color=PALETTE["vermillion"], weight="bold")
    return ax


def pictures_in_a_row(
    pictures: Sequence[ArrayLike], below: Sequence[str], *, rows: int = 1
) -> list[Axes]:
    """Draw pictures side by side, each over its words; grey ones from black to white."""
    columns = -(-len(pictures) // rows)
    _, axes = plt.subplots(rows, columns, figsize=_SIZE, squeeze=False)
    for ax in axes.flat[len(pictures) :]:
        ax.set_axis_off()
    used = list(axes.flat[: len(pictures)])
    for ax, picture, words in zip(used, pictures, below, strict=True):
        picture = np.asarray(picture)
        ax.imshow(picture, cmap="gray", interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.set_xlabel(words, fontsize=13)
        ax.spines[:].set_visible(True)
    return used


def next_letters(after: str, counts: Mapping[str, float]) -> Axes:
    """Draw how often each character follows a piece of text, as shares."""
    _, ax = plt.subplots(figsize=_SIZE)
    names = [repr(name) if name.isspace() else name for name in counts]
    ax.bar(names, list(counts.values()), color=PALETTE["sky"])
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set(xlabel=f"the character after “{after}”", ylabel="share")
    return ax


def plain_points(x: ArrayLike, y: ArrayLike, xlabel: str, ylabel: str) -> Axes:
    """Draw points that have no label, all of them alike."""
    _, ax = plt.subplots(figsize=_SIZE)
    ax.plot(x, y, "o", color=PALETTE["grey"], ms=5, alpha=0.6, mec="white", mew=0.5)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def walls(
    sizes: Sequence[int],
    curves: Mapping[str, ArrayLike],
    shown: str,
    at: int,
    wall: float,
    other_wall: float,
) -> Axes:
    """Draw error against sample size for several learners, one of them strong, above its wall.

    Parameters
    ----------
    sizes : sequence of int
    curves : mapping of str to array of shape (len(sizes),)
        The error of each learner.
    shown : str
        The learner drawn strongly, and where its marker stands: at sizes[at].
    at : int
    wall, other_wall : float
        The Bayes errors with these features and with the others.
    """
    ax = plt.gca()
    ax.axhspan(0, wall, color=PALETTE["mist"], lw=0)
    ax.axhline(wall, color=PALETTE["black"], lw=1.6)
    ax.axhline(other_wall, color=PALETTE["grey"], lw=1.2, ls=":")
    ax.text(sizes[-1], wall - 0.006, f"no rule is better: {wall:.1%}", ha="right", va="top")
    words = f"with the other choice of features: {other_wall:.1%}"
    ax.text(sizes[0], other_wall + 0.003, words, color=PALETTE["grey"], va="bottom", fontsize=11)
    for name, curve in curves.items():
        if name != shown:
            ax.plot(sizes, curve, color=PALETTE["grey"], lw=1)
    ax.plot(sizes, curves[shown], "-o", color=PALETTE["blue"], ms=5)
    ax.plot(sizes[at], curves[shown][at], "D", color=PALETTE["vermillion"], ms=9)
    ax.set(xscale="log", ylim=(0, 0.3), xlabel="training samples", ylabel="error on new fish")
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return ax


def regret_curves(regrets: Mapping[str, np.ndarray], shown: Sequence[str], horizon: int) -> Axes:
    """Draw the mean regret of policies up to a horizon, with a band of two standard errors.

    Parameters
    ----------
    regrets : mapping of str to array of shape (R, T)
    shown : sequence of at most three str
        Those drawn strongly, with a label; the others are pale.
    horizon : int
    """
    ax = plt.gca()
    t = np.unique(np.geomspace(1, horizon, 120).astype(int))
    top = 0.0
    for name, regret in regrets.items():
        if name not in shown:
            ax.plot(t, regret[:, t - 1].mean(axis=0), color=PALETTE["mist"], lw=1.2)
    for name, color, style in zip(shown, ("vermillion", "blue", "green"), "-- ", strict=False):
        upto = regrets[name][:, t - 1]  # (R, points)
        mean, error = upto.mean(axis=0), upto.std(axis=0, ddof=1) / len(upto) ** 0.5
        look = {"color": PALETTE[color], "lw": 2.4, "ls": style if color == "vermillion" else "--"}
        ax.plot(t, mean, label=name, **look)
        ax.fill_between(t, mean - 2 * error, mean + 2 * error, color=PALETTE[color], alpha=0.2)
        top = max(top, mean[-1] + 2 * error[-1])
    ax.set(xlim=(0, horizon), ylim=(0, 1.25 * top))
    ax.set(xlabel="plays", ylabel="regret (clicks lost)")
    ax.legend(loc="upper left")
    return ax


def bandit_round(
    names: Sequence[str],
    counts: ArrayLike,
    lost: Mapping[str, float],
    chances: Sequence[float] = (),
) -> tuple[Axes, Axes]:
    """Draw a round of a bandit: the share of clicks of each arm, and what the players lost.

    Parameters
    ----------
    names : sequence of K str
    counts : array of shape (K, 2)
        How often each arm was shown without and with a click.
    lost : mapping of str to float
        The regret of each player; while it is empty, the lower part says that it is hidden.
    chances : sequence of K float
        The true chances, as diamonds; empty while they are hidden.
    """
    counts = np.asarray(counts)
    shown, clicked = counts.sum(axis=1), counts[:, 1]
    _, (top, low) = plt.subplots(2, 1, figsize=(5.6, 4.3), height_ratios=(4, 3))
    top.barh(list(names), clicked / shown, color=PALETTE["sky"], height=0.6)
    for row, (n, s) in enumerate(zip(shown, clicked, strict=True)):
        top.text(1.02, row, f"{s} of {n}", va="center")
    top.set(xlim=(0, 1.35), xticks=np.arange(0, 1.1, 0.25), xlabel="share of clicks")
    if len(chances):
        top.plot(chances, range(len(names)), "D", color=PALETTE["vermillion"], ms=8)
        top.set_xlabel("share of clicks (diamonds: the true chances)")
    top.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    top.invert_yaxis()
    low.set_xlabel("clicks lost")
    if not lost:
        middle = {"ha": "center", "va": "center", "transform": low.transAxes}
        low.set(xticks=[], yticks=[])
        low.text(0.5, 0.5, "hidden until you have chosen twice", **middle)
        return top, low
    colors = [PALETTE["vermillion"], *[PALETTE["grey"]] * (len(lost) - 1)]
    low.barh(list(lost), list(lost.values()), color=colors, height=0.6)
    most = max(lost.values())
    for row, value in enumerate(lost.values()):
        low.text(value + 0.02 * most, row, f"{value:.0f}", va="center")
    low.set_xlim(0, 1.15 * most)
    low.invert_yaxis()
    return top, low


def two_teachers(
    learners: Mapping[str, np.ndarray],
    names: Sequence[str],
    side: int,
    seen: Sequence[int],
    errors: Mapping[str, ArrayLike],
    at: int,
) -> Axes:
    """Draw the weights of two learners, and below them how their errors have fallen so far.

    Parameters
    ----------
    learners, names, side : as `templates` has them
    seen : sequence of int
        Samples seen where an error is known.
    errors : mapping of str to array of shape (len(seen),)
        Of each learner, in per cent; drawn up to seen[at].
    at : int
    """
    above, below = plt.figure(figsize=(5.6, 7.0)).subfigures(2, 1, height_ratios=[5, 2.6])
    templates(learners, names, side, figure=above)
    ax = below.subplots()
    colors = PALETTE["blue"], PALETTE["green"]  # orange and purple are the weights' own
    for (name, error), color, marker in zip(errors.items(), colors, MARKERS, strict=False):
        ax.plot(seen[: at + 1], error[: at + 1], color=color, marker=marker, ms=6, label=name)
    ax.set_xscale("symlog", linthresh=seen[1], linscale=0.4)
    ax.set_xticks(seen, [f"{n:,}" for n in seen])
    ax.minorticks_off()
    ax.set(xlim=(0, 1.15 * seen[-1]), ylim=(0, 100), xlabel="digits seen", ylabel="% wrong")
    ax.legend(loc="upper right")
    return ax


def templates(
    learners: Mapping[str, np.ndarray],
    names: Sequence[str],
    side: int,
    *,
    columns: int = 5,
    figure: FigureBase | None = None,
) -> None:
    """Draw what each class's weights look like as a picture, in rows below each other.

    Parameters
    ----------
    learners : mapping of str to array of shape (side², K)
        Orange pixels speak for the class, purple ones against it, on one scale a learner.
    names : sequence of K str
    side : int
    columns : int, default=5
        Pictures in a row.
    figure : figure or part of one, optional
        Where they are drawn; a new figure if not given.
    """
    rows = -(-len(names) // columns)
    figure = plt.figure(figsize=(5.6, 5.0)) if figure is None else figure
    axes = figure.subplots(len(learners) * rows, columns, squeeze=False)
    for at, (title, W) in enumerate(learners.items()):
        mine = axes[at * rows : (at + 1) * rows]
        most = np.abs(W).max() or 1.0
        for ax, w, name in zip(mine.flat, W.T, names, strict=True):
            ax.imshow(w.reshape(side, side), cmap="PuOr_r", vmin=-most, vmax=most)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
            ax.set_xlabel(name, labelpad=1)
        for ax in mine[:, 0]:
            ax.set_ylabel(title)


def _bare_axes() -> Axes:
    _, ax = plt.subplots(figsize=_SIZE)
    ax.set_axis_off()
    return ax
