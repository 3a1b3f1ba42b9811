"""Drawings of the chapter on linear regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from course_lib.plots.basics import line_with_residuals, loss_contours, path
from course_lib.plots.style import CYCLE, PALETTE


def line_and_its_error(
    x: ArrayLike, y: ArrayLike, slope: float, intercept: float, *, odd: int, top: float
) -> Figure:
    """Draw a line with its residuals, beside its squared error and that of guessing the mean.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        Body-mass index above 20 kg/m², and progression.
    slope, intercept : float
    odd : int
        The row whose part of the error is drawn apart.
    top : float
        Where the axis of the mean squared error ends; a longer bar leaves the picture.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.5), width_ratios=[2, 1])
    line_with_residuals(x, y, slope, intercept, ax=left)
    left.vlines(x[odd], y[odd], slope * x[odd] + intercept, color=PALETTE["vermillion"], lw=2.5)
    left.plot(x[odd], y[odd], "D", color=PALETTE["vermillion"], ms=8)
    left.set(xlim=(0, 13), ylim=(-10, 300), xlabel="BMI above 20 (kg/m²)", ylabel="progression")
    squares = (y - slope * x - intercept) ** 2 / len(y)
    right.bar(0, np.var(y), color=PALETTE["grey"], width=0.7)
    right.bar(1, squares.sum(), color=PALETTE["orange"], width=0.7)
    right.bar(1, squares[odd], color=PALETTE["vermillion"], width=0.7)
    right.set(ylim=(0, top), ylabel="mean squared error", xlim=(-0.6, 1.6))
    right.set_xticks([0, 1], ["mean", "line"])
    return figure


def squared_residuals(x: ArrayLike, y: ArrayLike, slope: float, slopes: ArrayLike) -> Figure:
    """Draw the residuals of y = slope·x as real squares, beside the loss of every slope.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        Both in units of their standard deviation, so that a square is a square.
    slope : float
    slopes : array
        Where the loss, half the area of the squares, is drawn.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.4), width_ratios=[1.15, 1])
    residuals = y - slope * x
    for xi, yi, ri in zip(x, y, residuals, strict=True):
        side = -abs(ri) if xi > 0 else abs(ri)  # towards the middle, so that it stays in sight
        look = {"fc": PALETTE["orange"], "ec": PALETTE["vermillion"], "lw": 0.8, "alpha": 0.35}
        left.add_patch(Rectangle((xi, yi - ri), side, ri, **look))
    left.plot([-3, 3], [-3 * slope, 3 * slope], color=PALETTE["black"])
    left.plot(x, y, "o", color=PALETTE["blue"])
    grid = np.linspace(np.min(slopes), np.max(slopes), 101)
    reach = np.concatenate([y, grid[0] * x, grid[-1] * x])  # what any of the slopes needs
    ylim = (np.min(reach) - 0.3, np.max(reach) + 0.3)
    left.set(xlim=(-2.4, 2.4), ylim=ylim, xlabel="$x$", ylabel="$y$", aspect="equal")
    losses = np.sum((y[:, None] - np.outer(x, grid)) ** 2, axis=0) / 2
    here, tilt = np.sum(residuals**2) / 2, -np.sum(x * residuals)
    right.plot(grid, losses, color=PALETTE["grey"])
    right.plot(slope + np.array([-0.4, 0.4]), here + tilt * np.array([-0.4, 0.4]), ls="--")
    right.plot(slope, here, "D", color=PALETTE["vermillion"], ms=8)
    right.set(xlabel="slope $w$", ylabel="loss $L$", ylim=(0, 1.05 * losses.max()))
    right.set_xlim(grid[0] - 0.1, grid[-1] + 0.1)
    return figure


def descent_of_a_line(
    walk: ArrayLike,
    losses: ArrayLike,
    loss: Callable[[np.ndarray], ArrayLike],
    *,
    x: ArrayLike,
    y: ArrayLike,
    best: ArrayLike,
    eta: float,
    limit: float,
    longest: int,
) -> Figure:
    """Draw a descent over intercept and slope: its step, its lines, its path and its loss.

    The axes depend on the start and the minimum alone, so that pictures of several walks can be
    compared.

    Parameters
    ----------
    walk : array of shape (steps + 1, 2)
        Intercept and slope after every step.
    losses : array of shape (steps + 1,)
        How far the loss of each point is above the smallest one.
    loss : callable
        The loss of an array of points, see `loss_contours`.
    x, y : arrays of shape (n,)
    best : array of shape (2,)
        The minimum, in the middle of the map.
    eta, limit : float
        The step, and the step beyond which the descent diverges.
    longest : int
        Where the axis of steps ends.
    """
    walk, x, best = (np.asarray(a, dtype=float) for a in (walk, x, best))
    figure = plt.figure(figsize=(5.6, 5.6))
    axes = figure.subplot_mosaic(
        [["step", "step"], ["lines", "map"], ["curve", "curve"]], height_ratios=[0.5, 5, 2.6]
    )
    _step_gauge(eta, limit, axes["step"])
    lines, ends = axes["lines"], np.array([x.min(), x.max()])
    lines.plot(x, y, "o", color=PALETTE["sky"], ms=2.5, alpha=0.6)
    lines.plot(ends, best[0] + best[1] * ends, "--", color=PALETTE["black"], lw=1.5, zorder=4)
    drawn = walk[np.all(np.abs(walk) < 1e6, axis=1)]
    for age, (intercept, slope) in zip(np.linspace(0.25, 0.8, len(drawn)), drawn, strict=True):
        lines.plot(ends, intercept + slope * ends, color=PALETTE["orange"], lw=1, alpha=age)
    intercept, slope = walk[-1]
    lines.plot(ends, intercept + slope * ends, color=PALETTE["vermillion"], lw=2.5)
    lines.set(xlabel="feature $x$", ylabel="progression", ylim=(-60, 420), title="line")
    span = 1.2 * np.abs(walk[0] - best).max()
    loss_contours(loss, best, span, ax=axes["map"], levels=8)
    path(walk, ax=axes["map"])
    axes["map"].plot(*best, "+", color=PALETTE["black"], ms=11, mew=2, zorder=5)
    axes["map"].set(xlabel="$b$", ylabel="$w$", title="path", aspect="equal")
    curve = axes["curve"]
    floor, ceiling = losses[0] * 1e-8, losses[0] * 1e3  # the curve stays in sight at the edges
    losses = np.clip(losses, 1.6 * floor, ceiling / 1.6)
    curve.semilogy(losses, "-o", ms=3, color=PALETTE["orange"])
    curve.plot(len(losses) - 1, losses[-1], "D", color=PALETTE["vermillion"], ms=7, clip_on=False)
    curve.set(xlabel="step", ylabel="loss above\nminimum", xlim=(0, longest))
    curve.set_ylim(floor, ceiling)
    curve.set_yticks(10.0 ** np.arange(-3, 8, 3))
    curve.axhline(losses[0], color=PALETTE["grey"], lw=0.8, ls=":")
    curve.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return figure


def _step_gauge(eta: float, limit: float, ax: Axes) -> None:
    """Draw a step on a scale that turns red at the limit."""
    ax.barh(0, limit, color=PALETTE["mist"], height=1)
    ax.barh(0, 0.25 * limit, left=limit, color=PALETTE["vermillion"], alpha=0.35, height=1)
    ax.plot(eta, 0, "v", color=PALETTE["black"], ms=9)
    ax.set(xlim=(0, 1.25 * limit), ylim=(-0.5, 0.5), yticks=[])
    ax.set_xticks([0, limit], ["0", rf"$2/\lambda_{{\max}} = {limit:.3f}$"])
    ax.set_ylabel(r"$\eta$", rotation=0, ha="right", va="center", labelpad=8)
    ax.spines[["left", "bottom"]].set_visible(False)


def loss_by_direction(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]], *, frozen: Mapping[str, float]
) -> Figure:
    """Draw how far each loss is above its minimum, and how much of it lies in one direction.

    Parameters
    ----------
    curves : mapping of a title to (loss above minimum, the part of it in the flattest direction)
        Arrays of shape (epochs + 1,), four of them.
    frozen : mapping of a title to a loss
        Where a dotted line says that the walk can never get below.
    """
    figure, axes = plt.subplots(2, 2, figsize=(5.6, 5.0), sharex=True, sharey=True)
    for ax, (name, (above, flat)) in zip(axes.flat, curves.items(), strict=True):
        epochs = np.arange(len(flat))
        ax.fill_between(epochs, 0.1, flat, color=PALETTE["sky"], lw=0, label="flattest direction")
        ax.semilogy(epochs, above, color=PALETTE["vermillion"], lw=1.6, label="all ten")
        if name in frozen:
            ax.axhline(frozen[name], color=PALETTE["black"], ls=":", lw=1.5)
        ax.set_title(name, fontsize=12)
        ax.set(ylim=(2, 3000), xlim=(0, len(flat) - 1))
    axes[0, 0].legend(loc="upper right", fontsize=11)
    figure.supxlabel("epochs", fontsize=13)
    figure.supylabel("loss above minimum", fontsize=13)
    return figure


def alone_and_held_fixed(
    clouds: Mapping[str, tuple[ArrayLike, ArrayLike]], slopes: ArrayLike, xlabel: str, ylabel: str
) -> Figure:
    """Draw clouds side by side, each with a line of its slope through its point of means.

    Parameters
    ----------
    clouds : mapping of a title to (x, y), arrays of shape (n,)
        Drawn around their means, on the same axes.
    slopes : array, one for each cloud
    xlabel, ylabel : str
    """
    figure, axes = plt.subplots(1, len(clouds), figsize=(5.6, 3.2), sharex=True, sharey=True)
    for ax, (title, cloud), slope in zip(axes, clouds.items(), slopes, strict=True):
        x, y = (np.asarray(a, dtype=float) - np.mean(a) for a in cloud)
        ax.plot(x, y, "o", color=PALETTE["blue"], ms=3, alpha=0.6)
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, slope * ends, color=PALETTE["vermillion"], lw=2.5)
        ax.set(title=title)
    figure.supxlabel(xlabel, fontsize=13)
    axes[0].set_ylabel(ylabel)
    return figure


def residual_plot(predicted: ArrayLike, residual: ArrayLike, *, parts: int = 3) -> Axes:
    """Draw residuals against predictions, with mean ± standard deviation in parts of equal size.

    Parameters
    ----------
    predicted, residual : arrays of shape (n,)
    parts : int
        The predictions are sorted and cut into so many parts.
    """
    predicted, residual = (np.asarray(a, dtype=float) for a in (predicted, residual))
    ax = plt.gca()
    ax.plot(predicted, residual, "o", color=PALETTE["blue"], ms=4, alpha=0.6)
    ax.axhline(0, color=PALETTE["black"], lw=1)
    for rows in np.array_split(np.argsort(predicted), parts):
        middle, spread = residual[rows].mean(), residual[rows].std()
        ends = predicted[rows[[0, -1]]]
        ax.fill_between(ends, middle - spread, middle + spread, color=PALETTE["orange"], alpha=0.25)
        ax.plot(ends, [middle, middle], color=PALETTE["vermillion"], lw=2.5)
    ax.set(xlabel="predicted progression", ylabel="residual")
    return ax


def repeated_fits(
    x: ArrayLike, y: ArrayLike, slopes: ArrayLike, intercepts: ArrayLike, truth: tuple[float, float]
) -> Figure:
    """Draw one sample with the lines fitted to many samples, and how their slopes spread.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        One sample; its own fit is the first of the slopes and intercepts.
    slopes, intercepts : arrays of shape (m,)
        The fits to m samples from the same process.
    truth : (slope, intercept)
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.5), width_ratios=[3, 2])
    grid = np.linspace(0, 1, 25)
    lines = np.outer(grid, slopes) + np.asarray(intercepts)  # (25, m)
    low, high = np.percentile(lines, [2.5, 97.5], axis=1)
    left.fill_between(grid, low, high, color=PALETTE["sky"], alpha=0.4, lw=0)
    left.plot(x, y, "o", color=PALETTE["blue"], ms=4)
    left.plot(grid, lines[:, 0], color=PALETTE["orange"])
    left.plot(grid, truth[0] * grid + truth[1], "--", color=PALETTE["black"])
    left.set(xlabel="$x$", ylabel="$y$", xlim=(0, 1), ylim=(-3, 7))
    look = {"color": PALETTE["sky"], "histtype": "stepfilled", "orientation": "horizontal"}
    right.hist(slopes, bins=np.linspace(-6, 10, 65), **look)
    right.axhline(truth[0], ls="--", color=PALETTE["black"])
    right.axhline(np.asarray(slopes)[0], color=PALETTE["orange"])
    right.set(ylabel="fitted slope", xlabel="samples", ylim=(-6, 10))
    return figure


def solutions_in_the_valley(
    X: ArrayLike,
    y: ArrayLike,
    found: Mapping[str, ArrayLike],
    digits: Mapping[str, float],
    truth: ArrayLike,
    title: str = "",
) -> Figure:
    """Draw the loss over two weights, where each solver ends up, and its correct digits.

    Parameters
    ----------
    X, y : arrays of shapes (n, 2) and (n,)
    found : mapping of a solver's name to its weights of shape (2,), infinite if it gave up
    digits : mapping of a solver's name to its correct digits, 0 to 15
    truth : array of shape (2,)
        The weights that made y.
    title : str
        What stands above the map.
    """
    X, y, truth = (np.asarray(a, dtype=float) for a in (X, y, truth))
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.6), width_ratios=[3, 2])
    loss_contours(
        lambda W: np.mean((y[:, None] - X @ W.T) ** 2, axis=0), [1, 1], 4, levels=8, ax=left
    )
    left.plot(*truth, "+", color=PALETTE["black"], ms=14, mew=2)
    markers = ["o", "s", "^"]
    for k, (name, w) in enumerate(found.items()):
        left.plot(*np.asarray(w, dtype=float), markers[k], ms=9, mfc="none", mew=2, label=name)
        right.barh(k, digits[name], color=CYCLE[k])
    left.set(xlabel="$w_1$", ylabel="$w_2$", title=title)
    left.legend(loc="lower left", frameon=True, framealpha=0.9)
    right.set(xlabel="correct digits", xlim=(0, 15), yticks=range(len(found)))
    right.set_yticklabels(found)
    right.invert_yaxis()
    return figure
