"""Drawings of the chapter on gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.optim import Descent, Momentum
from course_lib.plots.basics import loss_contours, path
from course_lib.plots.style import CYCLE, PALETTE

DASHES = ("-", "--", "-.", ":")
STREAM_COLORS = PALETTE["blue"], PALETTE["orange"], PALETTE["grey"]


def path_and_rates(
    walk: Descent,
    loss: Callable[[np.ndarray], ArrayLike],
    ends: tuple[float, float],
    *,
    best: ArrayLike,
    place: tuple[float, float],
    longest: int,
) -> Figure:
    """Draw a walk on its map, its loss, and where its setting lies among all settings.

    Parameters
    ----------
    walk : Descent
        Over two parameters, with the losses; the smallest loss is 0.
    loss : callable
        The loss of an array of points, see `loss_contours`.
    ends : (λmin, λmax)
        The curvatures at the minimum.
    best : array of shape (2,)
        The minimum.
    place : (η, β)
        The setting, η in units of 2/λmax.
    longest : int
        Where the axis of steps ends.
    """
    figure = plt.figure(figsize=(5.6, 5.7))
    axes = figure.subplot_mosaic([["map", "map"], ["curve", "rates"]], height_ratios=[1.25, 1])
    best, start = np.asarray(best, dtype=float), np.asarray(walk.path)[0]
    wide = 0.8 * abs(best[0] - start[0])
    center = (start[0] + best[0]) / 2, best[1] / 2
    loss_contours(lambda P: np.sqrt(loss(P)), center, (wide, wide / 2), levels=8, ax=axes["map"])
    axes["map"].plot(*best, "*", color=PALETTE["black"], ms=13)
    path(walk.path, ax=axes["map"])
    axes["map"].set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    curve, losses = axes["curve"], np.asarray(walk.losses)
    curve.semilogy(np.asarray(walk.steps), np.maximum(losses, 1e-14), color=PALETTE["orange"])
    curve.set(xlabel="step", title="loss above minimum", xlim=(0, longest), ylim=(1e-13, 1e6))
    curve.axhline(losses[0], color=PALETTE["grey"], lw=0.8, ls=":")
    _rates(ends, place, axes["rates"])
    return figure


def _rates(ends: tuple[float, float], place: tuple[float, float], ax: Axes) -> None:
    """Draw the plane of η and β: white where the walk runs away, darker where it is faster.

    The line joins the best η of every β up to the fastest pair; it begins at 2/(λmin + λmax). Above
    that pair many η are equally good, as all directions swing.
    """
    eta, beta = np.linspace(0.02, 2.2, 110), np.linspace(0, 0.98, 99)
    steps = 2 * eta / ends[1]
    slowest = [np.maximum(*(Momentum(b).factor(lam, steps) for lam in ends)) for b in beta]
    speed = -np.log10(np.clip(slowest, 1e-6, 1))  # (99, 110), digits a step
    speed = np.where(np.asarray(slowest) < 1, speed, np.nan)
    top = np.nanmax(speed)
    look = {"cmap": "Blues", "vmin": -0.2 * top, "vmax": 1.2 * top, "rasterized": True}
    ax.pcolormesh(eta, beta, speed, shading="nearest", **look)
    row, column = np.unravel_index(np.nanargmax(speed), speed.shape)
    best = np.nanargmax(speed[: row + 1], axis=1)
    ax.plot(eta[best], beta[: row + 1], color=PALETTE["black"], lw=1.2)
    ax.plot(eta[column], beta[row], "*", color=PALETTE["black"], ms=13)
    ax.plot(*place, "D", color=PALETTE["vermillion"], ms=9, mec="white", clip_on=False, zorder=5)
    ax.set(xlabel=r"$\eta\,\lambda_{\max}/2$", ylabel=r"momentum $\beta$", title="darker is faster")
    ax.set(xlim=(0, 2.2), ylim=(0, 1))


def springs(lam: ArrayLike, eta: float, beta: float, *, steps: int = 60) -> Figure:
    """Draw how momentum moves in every direction: the plane of ηλ and β, and two of the errors.

    Parameters
    ----------
    lam : array of shape (d,)
        Curvatures, the smallest first: a dot each, at height β.
    eta, beta : float
    steps : int, default=60
        How far the errors of the flattest and the steepest direction are followed, from 1 on.
    """
    figure, (above, below) = plt.subplots(2, 1, figsize=(5.6, 5.9), height_ratios=[1.35, 1])
    pull, height = np.geomspace(2e-4, 8, 320), np.linspace(0, 1, 201)[:, None]
    creeps, hops = pull < (1 - np.sqrt(height)) ** 2, pull > (1 + np.sqrt(height)) ** 2
    kinds = np.where(creeps, 0.0, np.where(hops, 2.0, 1.0))
    kinds = np.where(pull >= 2 * (1 + height), np.nan, kinds)
    colors = ListedColormap([PALETTE["mist"], PALETTE["sky"], PALETTE["yellow"]])
    above.pcolormesh(pull, height[:, 0], kinds, cmap=colors, vmin=0, vmax=2, rasterized=True)
    words = {"creeps": (9e-4, 0.12), "swings": (0.13, 0.56), "hops": (1.27, 0.03)}
    for word, place in words.items():
        above.annotate(word, place, fontsize=13)
    at, end_color = eta * np.asarray(lam), (PALETTE["blue"], PALETTE["vermillion"])
    above.plot(at, np.full(len(at), beta), "o", color=PALETTE["black"], ms=6, clip_on=False)
    for x, color, dash in zip(at[[0, -1]], end_color, DASHES, strict=False):
        above.plot(x, beta, "o", color=color, ms=11, mec="white", clip_on=False, zorder=5)
        error = [1.0, 1 - x]
        for _ in range(steps - 1):
            error.append(error[-1] + beta * (error[-1] - error[-2]) - x * error[-1])
        below.plot(np.clip(error, -9, 9), dash, color=color)
    above.set(xscale="log", xlim=(2e-4, 8), ylim=(0, 1), xlabel=r"pull $\eta\lambda$")
    above.set(ylabel=r"momentum $\beta$", title="white: runs away")
    below.axhline(0, color=PALETTE["grey"], lw=0.8)
    below.set(xlabel="step", ylabel="error", ylim=(-1.6, 1.6), xlim=(0, steps))
    below.set_title("flattest (solid) and steepest (dashed)", fontsize=12)
    return figure


def error_by_direction(
    left_over: ArrayLike, start: ArrayLike, curvatures: ArrayLike, title: str
) -> Figure:
    """Draw what is left of the loss in every eigendirection, a bar each, over what it began with.

    Parameters
    ----------
    left_over, start : arrays of shape (d,)
        Parts of the loss above its minimum, in the order of the curvatures.
    curvatures : array of shape (d,)
    title : str
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.8))
    at, least = np.arange(len(np.asarray(start))), 1e-10
    ax.bar(at, np.maximum(start, least), color=PALETTE["mist"], width=0.85, label="at the start")
    ax.bar(at, np.clip(left_over, least, 1e3), color=PALETTE["blue"], width=0.5, label="left")
    ax.set(yscale="log", ylim=(least, 1e4), ylabel="loss above minimum", title=title)
    ax.set_xticks(at, [f"{lam:.2g}" for lam in curvatures], fontsize=10, rotation=45)
    ax.set_xlabel(r"curvature $\lambda$ of the direction")
    ax.legend(loc="upper center", ncols=2)
    return figure


def batch_sizes(curves: Mapping[int, tuple[ArrayLike, ArrayLike]], chosen: int, n: int) -> Figure:
    """Draw losses against updates and against samples seen, one batch size in colour.

    Parameters
    ----------
    curves : mapping of a batch size to (steps, losses) of shapes (k,) and (k, walks)
        Relative losses above the minimum of several walks; the band holds the middle 80 %.
    chosen : int
    n : int
        Samples in an epoch.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.8), sharey=True)
    for m in [*(other for other in curves if other != chosen), chosen]:
        steps, losses = (np.asarray(a, dtype=float) for a in curves[m])
        for ax, x in ((left, steps), (right, steps * m / n)):
            if m != chosen:
                ax.plot(x, losses.mean(axis=1), color=PALETTE["grey"], lw=0.9, alpha=0.7)
                continue
            low, high = np.percentile(losses, [10, 90], axis=1)
            ax.fill_between(x, low, high, color=PALETTE["sky"], alpha=0.45, lw=0)
            ax.plot(x, losses.mean(axis=1), color=PALETTE["blue"], lw=2.4)
    left.set(xscale="symlog", yscale="log", ylim=(1e-4, 3), xlabel="steps taken")
    left.set(ylabel="loss above minimum", xlim=(0, 5000), xticks=[0, 10, 100, 1000])
    left.set_xticklabels(["0", "10", "100", "1000"])
    right.set(xlim=(0, 10), xlabel="epochs")
    return figure


def schedules(
    losses: ArrayLike,
    steps: ArrayLike,
    rates: ArrayLike,
    *,
    floor: float | None = None,
    others: Sequence[ArrayLike] = (),
) -> Figure:
    """Draw a schedule, and below it the loss of the walks that follow it.

    Parameters
    ----------
    losses : array of shape (k, walks)
        The band holds the middle 80 %.
    steps : array of shape (k,)
    rates : array of shape (k,)
        η of these steps.
    floor : float, optional
        Where theory expects a constant step of the first size to stay.
    others : sequence of arrays of shape (k,)
        Mean losses of other schedules, in grey.
    """
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.6, 4.8), sharex=True, height_ratios=[1, 2.3]
    )
    above.semilogy(steps, np.maximum(rates, 1e-6), color=PALETTE["green"])
    above.set(ylabel=r"$\eta_k$", ylim=(1e-5, 0.3))
    for other in others:
        below.semilogy(steps, other, color=PALETTE["grey"], lw=0.9, alpha=0.7)
    low, high = np.percentile(losses, [10, 90], axis=1)
    below.fill_between(steps, low, high, color=PALETTE["sky"], alpha=0.45, lw=0)
    below.semilogy(steps, np.mean(losses, axis=1), color=PALETTE["blue"], lw=2.4)
    if floor is not None:
        below.axhline(floor, color=PALETTE["vermillion"], ls="--", lw=1.4)
        below.set_title("dashed: the floor of the first step", fontsize=12)
    below.set(xlabel="step", ylabel="loss above minimum", ylim=(1e-6, 2), xlim=(0, steps[-1]))
    return figure


def stream(
    truth: ArrayLike, batch: ArrayLike, sgd: ArrayLike, *, errors: Mapping[str, float]
) -> Figure:
    """Draw a target that drifts with two estimates of it, and how far each is off on average.

    Parameters
    ----------
    truth, batch, sgd : arrays of shape (T,)
    errors : mapping of the names, batch and SGD first, to their errors over many streams
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.6), width_ratios=[2.6, 1])
    left.plot(sgd, color=PALETTE["orange"], lw=1.2)
    left.plot(batch, color=PALETTE["blue"], ls="--")
    left.plot(truth, color=PALETTE["black"], lw=1.6)
    left.set(xlabel="samples so far", ylabel="weight", ylim=(-0.6, 3.2), xlim=(0, len(truth)))
    names = list(errors)
    right.bar(names, [errors[name] for name in names], color=list(STREAM_COLORS))
    right.tick_params(axis="x", labelsize=10)
    right.set(ylim=(0, 0.7), title="mean error")
    return figure


def sweep(etas: ArrayLike, curves: Mapping[str, ArrayLike]) -> Axes:
    """Draw the loss that each learning rate has reached, a curve for each rule, to its edge.

    Parameters
    ----------
    etas : array of shape (k,)
    curves : mapping of a name to an array of shape (k, walks)
        Losses, infinite where the walk diverged.
    """
    ax = plt.gca()
    for (name, losses), color, dash in zip(curves.items(), CYCLE, DASHES, strict=False):
        middle = np.median(losses, axis=1)
        shown = np.isfinite(middle) & (middle < 3)
        ax.loglog(np.asarray(etas)[shown], middle[shown], dash, marker="o", ms=4, color=color)
        best, edge = np.nanargmin(np.where(shown, middle, np.nan)), np.flatnonzero(shown)[-1]
        ax.plot(etas[best], middle[best], "*", color=color, ms=15, mec="white", label=name)
        if edge < len(middle) - 1:  # beyond it, walks run away
            ax.axvline(etas[edge], color=color, ls=":", lw=1.2)
    ax.set_ylim(top=6)
    ax.legend(loc="upper center", ncols=3)
    return ax


def walkers(
    f: Callable[[np.ndarray], np.ndarray], starts: float, ends: Mapping[str, ArrayLike]
) -> Figure:
    """Draw a curve with two valleys, where all walks start, and a histogram of where they end.

    Parameters
    ----------
    f : callable of an array
    starts : float
    ends : mapping of a name to an array of end points
    """
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.6, 4.4), sharex=True, height_ratios=[1.4, 1]
    )
    w = np.linspace(-1.9, 1.9, 200)
    above.plot(w, f(w), color=PALETTE["black"])
    above.plot(starts, f(np.array(starts)), "o", color=PALETTE["blue"], ms=10)
    above.annotate("all start here", (starts, f(np.array(starts))), (0.1, 0.62), fontsize=12)
    above.set(ylabel="loss", ylim=(-0.5, 1))
    bins = np.linspace(-1.9, 1.9, 39)
    below.hist(list(ends.values()), bins=bins, label=list(ends), color=CYCLE[: len(ends)])
    below.set(xlabel="$w$", ylabel="walks")
    below.legend(loc="upper center")
    return figure
