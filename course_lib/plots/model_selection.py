"""Drawings of the chapter on model selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.metrics import precision_recall_curve, roc_curve
from course_lib.plots.style import CYCLE, PALETTE


def curves(
    u: ArrayLike,
    truth: ArrayLike,
    fits: ArrayLike,
    *,
    points: tuple[ArrayLike, ArrayLike] | None = None,
    mean: bool = False,
    ax: Axes,
) -> Axes:
    """Draw fitted curves over the true one, cut off at the height of the truth and a margin.

    Parameters
    ----------
    u, truth : arrays of shape (m,)
    fits : array of shape (R, m)
    points : (x, y), optional
        Training samples.
    mean : bool
        Draw the mean of the fits, too.
    """
    fits, truth = np.atleast_2d(fits), np.asarray(truth)
    thin = {"lw": 0.7, "alpha": 0.6} if len(fits) > 1 else {"lw": 2}
    for k, fit in enumerate(fits):
        ax.plot(u, fit, color=PALETTE["orange"], label="fit" if k == 0 else None, **thin)
    ax.plot(u, truth, color=PALETTE["black"], ls="--", lw=1.6, label="truth")
    if mean:
        ax.plot(u, fits.mean(axis=0), color=PALETTE["vermillion"], lw=2.4, label="mean fit")
    if points is not None:
        ax.plot(*points, "o", color=PALETTE["blue"], ms=4)
    ax.set(xlabel="$x$", ylabel="$y$", ylim=(truth.min() - 1.2, truth.max() + 1.9))
    ax.set_xticks([-1, -0.5, 0, 0.5, 1])
    ax.legend(loc="upper left", handlelength=1.4, labelspacing=0.2, borderpad=0.1)
    return ax


def fit_and_errors(
    u: ArrayLike,
    truth: ArrayLike,
    fit: ArrayLike,
    points: tuple[ArrayLike, ArrayLike],
    errors: Mapping[str, ArrayLike],
    place: float,
    settings: ArrayLike,
    label: str,
    *,
    limits: tuple[float, float],
    marked: float | None = None,
    noise: float | None = None,
    log: bool = False,
) -> Figure:
    """Draw one fit, and above every setting of the model its errors, with one setting marked.

    Parameters
    ----------
    u, truth, fit : arrays of shape (m,)
    points : (x, y)
    errors : dict of arrays of shape (s,)
    place : float
        The setting of the fit.
    settings : array of shape (s,)
    label : str
        What they are.
    limits : (float, float)
        Of the logarithmic axis of the errors.
    marked : float, optional
        A setting with a dotted line.
    noise : float, optional
        The error that no model can go below on average, a dashed line.
    log : bool
        The axis of the settings is logarithmic.
    """
    figure, (left, right) = plt.subplots(2, 1, figsize=(5.6, 5.6), height_ratios=[1.15, 1])
    curves(u, truth, fit, points=points, ax=left)
    looks = [("o-", PALETTE["blue"]), ("s-", PALETTE["vermillion"])]
    for (name, values), (style, color) in zip(errors.items(), looks, strict=False):
        right.plot(settings, np.clip(values, *limits), style, ms=4, color=color, label=name)
    right.axvline(place, color=PALETTE["orange"], lw=5, alpha=0.5, zorder=0)
    if marked is not None:
        right.axvline(marked, color=PALETTE["black"], ls=":", lw=1.5)
    if noise is not None:
        right.axhline(noise, color=PALETTE["black"], ls="--", lw=1.2, label="noise")
    right.set(yscale="log", ylim=limits, xlabel=label, ylabel="squared error")
    if log:
        right.set_xscale("log")
        right.set_xticks([3, 10, 30, 100, 300], ["3", "10", "30", "100", "300"])
        right.minorticks_off()
    right.legend(loc="best")
    return figure


def fits_and_parts(
    u: ArrayLike,
    truth: ArrayLike,
    fits: ArrayLike,
    settings: Sequence[int],
    parts: Mapping[str, ArrayLike],
    place: int,
    label: str,
) -> Figure:
    """Draw many fits with their mean, and the parts of the error stacked over every setting.

    Parameters
    ----------
    fits : array of shape (R, m)
    settings : sequence of s int
    parts : dict of arrays of shape (s,)
    place : int
        The setting of the fits, marked.
    label : str
        What the settings are.
    """
    figure, (left, right) = plt.subplots(2, 1, figsize=(5.6, 5.6), height_ratios=[1.15, 1])
    curves(u, truth, fits, mean=True, ax=left)
    colors = [PALETTE["mist"], PALETTE["sky"], PALETTE["orange"]]
    hatches, below = ["", "//", ""], np.zeros(len(settings))
    for (name, values), color, hatch in zip(parts.items(), colors, hatches, strict=True):
        height = np.maximum(values, 0)
        right.bar(
            settings, height, 0.8, below, color=color, hatch=hatch, edgecolor="white", label=name
        )
        below = below + height
    right.axvspan(place - 0.5, place + 0.5, fill=False, ec=PALETTE["black"], lw=1.6)
    right.set(xlabel=label, ylabel="squared error", ylim=(0, 1.05), xticks=list(settings))
    right.legend(loc="upper center", ncols=3, columnspacing=1, handlelength=1.2)
    return figure


def folds_and_estimates(
    n: int,
    scores: Sequence[float],
    estimates: ArrayLike,
    goal: float,
    xlim: tuple[float, float],
    *,
    seed: int,
) -> Figure:
    """Draw who is held out when, with the fold's error, and the estimates of many data sets.

    Parameters
    ----------
    n : int
        Samples.
    scores : F numbers
        The error in each fold of one data set; one number for one division 7:3.
    estimates : array of shape (R,)
        Mean errors over the folds, a data set each.
    goal : float
        What is estimated.
    xlim : (float, float)
        Of the estimates; what lies beyond is drawn at the edge.
    seed : int
        Of the shuffle.
    """
    order = np.random.RandomState(seed).permutation(n)
    folds = np.array_split(order, len(scores)) if len(scores) > 1 else [order[: -(-3 * n // 10)]]
    figure, (top, low) = plt.subplots(2, 1, figsize=(5.6, 5.2), height_ratios=[1.3, 1])
    F = len(scores)
    for f, held in enumerate(folds):
        top.barh(f, n, 0.8, 0, color=PALETTE["mist"])
        top.barh(np.full(len(held), f), 1, 0.8, held, color=CYCLE[f % 6])
        if F <= 10:
            top.text(n * 1.02, f, f"{scores[f]:.2f}", va="center", fontsize=12)
    top.set(xlim=(0, n * 1.14), ylim=(F - 0.4, -0.6), xlabel="sample", ylabel="fold")
    top.set(yticks=range(F) if F <= 10 else [])
    top.spines[["left", "bottom"]].set_visible(False)
    low.hist(np.clip(estimates, *xlim), np.linspace(*xlim, 41), color=PALETTE["sky"])
    low.axvline(goal, color=PALETTE["black"], ls="--", label="true error")
    low.axvline(np.mean(estimates), color=PALETTE["vermillion"], label="mean estimate")
    low.set(xlabel="estimated squared error", ylabel="data sets", xlim=xlim, yticks=[])
    low.legend(loc="upper right")
    return figure


def best_of_many(best: ArrayLike, one: ArrayLike) -> Figure:
    """Draw how often the best of many worthless models has each accuracy, and how often one has."""
    figure, ax = plt.subplots(figsize=(5.6, 3.4))
    edges = np.linspace(0, 1, 51)
    for values, color, label in ((one, "grey", "one model"), (best, "orange", "the best")):
        shares = np.histogram(values, edges)[0] / len(values)
        ax.stairs(shares, edges, color=PALETTE[color], fill=True, alpha=0.7, label=label)
    ax.axvline(0.5, color=PALETTE["black"], ls="--", label="true accuracy")
    ax.set(xlabel="accuracy on the test set", ylabel="share of the test sets", xlim=(0.2, 1))
    ax.legend(loc="upper right")
    return figure


def scores_and_rates(
    y: ArrayLike, p: ArrayLike, threshold: float, names: Sequence[str], miss: float
) -> Figure:
    """Draw both classes over their scores with a threshold, and both curves with its point.

    A line on the ROC curve's axes joins the points that cost as much as the threshold's.

    Parameters
    ----------
    y : array of shape (n,), 0 and 1
    p : array of shape (n,), probabilities
    threshold : float
    names : two str
        Of the negative and of the positive class.
    miss : float
        What a miss costs if a false alarm costs 1.
    """
    y, p = np.asarray(y), np.asarray(p)
    figure = plt.figure(figsize=(5.6, 5.4))
    axes = figure.subplot_mosaic([["scores", "scores"], ["roc", "pr"]])
    rng = np.random.default_rng(0)
    for k, (color, marker) in enumerate([(CYCLE[0], "o"), (CYCLE[1], "^")]):
        mine = p[y == k]
        height = k + rng.uniform(-0.3, 0.3, len(mine))
        axes["scores"].plot(mine, height, marker, color=color, ms=4, alpha=0.7)
    axes["scores"].axvline(threshold, color=PALETTE["black"])
    axes["scores"].set(yticks=[0, 1], yticklabels=names, ylim=(-0.6, 1.6), xlabel="probability")
    roc, pr = roc_curve(y, p), precision_recall_curve(y, p)
    called = p >= threshold
    hits, alarms = np.sum(called & (y == 1)), np.sum(called & (y == 0))
    axes["roc"].plot(roc.false_positive_rate, roc.true_positive_rate, color=PALETTE["green"])
    axes["roc"].plot([0, 1], [0, 1], ":", color=PALETTE["grey"])
    recall = hits / np.sum(y == 1)
    look = {"color": PALETTE["vermillion"], "ms": 10, "clip_on": False, "zorder": 4}
    point = alarms / np.sum(y == 0), recall
    axes["roc"].plot(*point, "D", **look)
    slope = np.sum(y == 0) / (miss * np.sum(y == 1))
    axes["roc"].axline(point, slope=slope, color=PALETTE["black"], ls="--", lw=1.5)
    axes["roc"].set(xlabel="false-positive rate", ylabel="recall", title="ROC")
    axes["pr"].plot(pr.recall, pr.precision, color=PALETTE["green"], drawstyle="steps-post")
    if hits + alarms:
        axes["pr"].plot(recall, hits / (hits + alarms), "D", **look)
    axes["pr"].axhline(np.mean(y), ls=":", color=PALETTE["grey"])
    axes["pr"].set(xlabel="recall", ylabel="precision", title="precision and recall")
    for name in ("roc", "pr"):
        axes[name].set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.05), xticks=[0, 1], yticks=[0, 1])
    return figure


def validation_band(
    values: ArrayLike, errors: Mapping[str, ArrayLike], here: float, rule: float, label: str
) -> Axes:
    """Draw mean errors over the folds with a standard error, and two settings marked.

    Parameters
    ----------
    values : array of shape (m,)
        Of a hyper-parameter, on a logarithmic axis.
    errors : dict of arrays of shape (F, m)
    here, rule : float
        The setting shown, and the one that is chosen.
    label : str
        What the values are.
    """
    ax = plt.subplots(figsize=(5.6, 3.8))[1]
    for (name, rows), color in zip(errors.items(), ("blue", "vermillion"), strict=True):
        rows = np.asarray(rows)
        mean, spread = rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
        ax.errorbar(values, mean, spread, fmt="o-", ms=4, capsize=2, color=PALETTE[color])
        ax.plot([], [], "o-", color=PALETTE[color], label=name)
    ax.axvline(here, color=PALETTE["orange"], lw=5, alpha=0.5, zorder=0)
    ax.axvline(rule, color=PALETTE["black"], ls=":", lw=1.5, label="one-standard-error rule")
    ax.set(xscale="log", xlabel=label, ylabel="root mean squared error")
    ax.legend(loc="upper left")
    return ax


def learning_curves(sizes: ArrayLike, models: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Axes:
    """Draw the mean errors on fitted and on held-out samples over the number of samples fitted.

    Parameters
    ----------
    sizes : array of shape (m,)
    models : dict of pairs of arrays of shape (F, m)
        By name, the errors on fitted and on held-out samples in every fold, as `learning_curve`
        returns them.
    """
    ax = plt.subplots(figsize=(5.6, 3.8))[1]
    for (name, parts), color in zip(models.items(), ("blue", "vermillion"), strict=False):
        for rows, style, what in zip(parts, ("s:", "o-"), ("fitted", "held out"), strict=True):
            look = {"ms": 4, "color": PALETTE[color], "label": f"{name}: {what}"}
            ax.plot(sizes, np.mean(rows, axis=0), style, **look)
    ax.set(xlabel="samples fitted", ylabel="root mean squared error", ylim=(0, None))
    ax.legend(loc="upper right")
    return ax
