"""Drawings of the chapter on logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.linear_models.logistic_regression import sigmoid
from course_lib.losses import LogLoss
from course_lib.metrics import roc_curve
from course_lib.plots.basics import MARKERS, decision_regions, loss_contours, path
from course_lib.plots.style import CYCLE, PALETTE

DASHES = ("-", "--", "-.", ":")
# (class, called) -> what such samples are
COUNTS = {(0, 0): "left alone", (0, 1): "false alarms", (1, 0): "misses", (1, 1): "hits"}


def spread_ties(x: ArrayLike, by: float) -> np.ndarray:
    """Return x with equal values set side by side, `by` apart, around where they belong."""
    x = np.asarray(x, dtype=float)
    out = x.copy()
    for value in np.unique(x):
        same = np.flatnonzero(x == value)
        out[same] += by * (np.arange(len(same)) - (len(same) - 1) / 2)
    return out


def _labels(ax: Axes, x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> None:
    """Draw each sample at height 0 or 1, in the colour and shape of its class."""
    for k, name in enumerate(names):
        look = {"color": CYCLE[k], "mec": "white", "mew": 0.6, "ms": 7.5, "zorder": 4}
        ax.plot(x[y == k], y[y == k], MARKERS[k], label=name, clip_on=False, **look)


def line_and_curve(
    x: ArrayLike,
    y: ArrayLike,
    curve: tuple[float, float],
    names: Sequence[str],
    xlim: tuple[float, float],
    ask: float,
) -> Axes:
    """Draw labels 0 and 1, the line of least squares, an S-curve, and the x that is asked about.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        y holds 0 and 1.
    curve : (weight, bias)
        Of the curve's score.
    names : two str
    xlim : (left, right)
    ask : float
    """
    _, ax = plt.subplots(figsize=(5.6, 3.9))
    grid, line = np.linspace(*xlim, 201), np.polyfit(x, y, 1)
    ax.axhspan(0, 1, color=PALETTE["mist"], alpha=0.6, lw=0, zorder=0)
    ax.plot(grid, line[0] * grid + line[1], "--", color=PALETTE["grey"], label="least squares")
    ax.plot(grid, sigmoid(curve[0] * grid + curve[1]), color=PALETTE["green"], label="logistic")
    ax.axvline(ask, color=PALETTE["black"], ls=":", lw=1.6)
    _labels(ax, spread_ties(x, 0.4), np.asarray(y), names)
    ax.set(xlim=xlim, ylim=(-0.35, 1.9), yticks=[0, 0.5, 1, 1.5], ylabel="probability")
    ax.legend(loc="upper right")
    return ax


def curve_and_band(
    x: ArrayLike,
    y: ArrayLike,
    curve: tuple[float, float],
    covariance: ArrayLike,
    zero: float,
    names: Sequence[str],
    ask: float,
) -> Axes:
    """Draw an S-curve with the band of two standard errors of its log-odds, through σ.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        y holds 0 and 1.
    curve : (weight, bias)
        Of a score of x − zero.
    covariance : array of shape (2, 2)
        Of that weight and bias.
    zero : float
    names : two str
    ask : float
        The left end of the band, where the probabilities at its three lines are written.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    _, ax = plt.subplots(figsize=(5.6, 3.9))
    grid = np.linspace(ask, x.max() + 3, 201)
    A = np.column_stack([grid - zero, np.ones(201)])
    f, error = A @ curve, np.sqrt(np.sum(A @ covariance * A, axis=1))
    look = {"color": PALETTE["green"], "lw": 0}
    ax.fill_between(grid, sigmoid(f - 2 * error), sigmoid(f + 2 * error), alpha=0.25, **look)
    ax.plot(grid, sigmoid(f), color=PALETTE["green"], label="curve, and two errors")
    low = float(sigmoid(f[0] - 2 * error[0]))
    ax.plot(ask, low, "D", color=PALETTE["vermillion"], ms=8, clip_on=False)
    ax.text(ask + 1.2, low - 0.03, f"{100 * low:.0f} %", va="top", color=PALETTE["black"])
    _labels(ax, spread_ties(x, 0.45), y, names)
    ax.set(xlim=(ask, grid[-1]), ylim=(-0.04, 1.04), ylabel="probability")
    ax.legend(loc="lower left")
    return ax


def strokes_of_loss(
    x: ArrayLike, y: ArrayLike, w: float, b: float, names: Sequence[str], xlim: tuple[float, float]
) -> tuple[Axes, Axes]:
    """Draw the curve σ(wx + b) with the labels, and below it the log loss of each sample.

    Above, a thin stroke leads from each label to the curve; below, a thick one is as long as the
    sample's loss. Losses beyond 6 end at the border.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        y holds 0 and 1.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    at = spread_ties(x, 0.4)
    figure, (top, low) = plt.subplots(
        2, 1, figsize=(5.6, 5.2), sharex=True, height_ratios=[1.25, 1]
    )
    grid = np.linspace(*xlim, 241)
    top.plot(grid, sigmoid(w * grid + b), color=PALETTE["green"], lw=2.6)
    p = sigmoid(w * x + b)
    losses = LogLoss().value(2 * y - 1, w * x + b)
    for k, (color, dashes) in enumerate([(CYCLE[0], "-"), (CYCLE[1], "-")]):
        mine = y == k
        top.vlines(at[mine], y[mine], p[mine], color=color, ls=dashes, lw=1.4)
        low.vlines(at[mine], 0, np.minimum(losses[mine], 6), color=color, lw=4.5)
    _labels(top, at, y, names)
    top.set(ylim=(-0.08, 1.08), yticks=[0, 0.5, 1], ylabel="probability")
    top.legend(loc="center right")
    low.set(xlim=xlim, ylim=(0, 6), ylabel="loss, −log p")
    figure.align_ylabels()
    return top, low


def two_losses_of_one_weight(
    x: ArrayLike, y: ArrayLike, span: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the squared loss of σ(wx) over w, the log loss below it, and their minima; return these.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        One feature, and labels 0 and 1.
    span : (least, most) w
        Minima are found on a grid of 1,001 weights between.

    Returns
    -------
    two arrays
        The weights inside the span where the squared loss, and where the log loss, is smallest.
    """
    w, y = np.linspace(*span, 1001), np.asarray(y)
    f = w[:, None] * np.asarray(x)  # (1001, n)
    losses = {
        "squared loss of the sigmoid": np.mean((sigmoid(f) - y) ** 2 / 2, axis=1),
        "log loss": np.mean(np.logaddexp(0, f) - y * f, axis=1),
    }
    minima = []
    _, axes = plt.subplots(2, 1, figsize=(5.6, 4.6), sharex=True)
    for ax, (name, L), color in zip(axes, losses.items(), CYCLE, strict=False):
        low = 1 + np.flatnonzero((L[1:-1] < L[:-2]) & (L[1:-1] < L[2:]))
        minima.append(w[low])
        ax.plot(w, L, color=color)
        ax.plot(w[low], L[low], "D", color=PALETTE["vermillion"], ms=8)
        ax.set(title=name, ylabel="mean loss")
    axes[-1].set(xlabel="weight $w$", xlim=span)
    return minima[0], minima[1]


def steps_on_the_loss(
    A: np.ndarray,
    t: np.ndarray,
    points: np.ndarray,
    lowest: np.ndarray,
    above: np.ndarray,
    ylim: tuple[float, float],
) -> tuple[Axes, Axes]:
    """Draw a walk of (w, b) on the contours of the mean log loss, and how far above it is.

    Parameters
    ----------
    A : array of shape (n, 2)
        One feature, and ones.
    t : array of shape (n,), labels −1 and +1
    points : array of shape (steps + 1, 2)
    lowest : array of shape (2,)
        The solution, in the middle of the picture, whose border lies beyond the origin.
    above : array of shape (steps + 1,)
        Loss at each point minus that at the lowest.
    ylim : (least, most) of the lower picture
    """

    def loss(V: np.ndarray) -> np.ndarray:
        return np.mean(np.logaddexp(0, -t * (V @ A.T)), axis=1)

    span = 1.3 * np.abs(lowest)
    _, (top, low) = plt.subplots(2, 1, figsize=(5.6, 5.4), height_ratios=[1.6, 1])
    loss_contours(loss, lowest, span, levels=14, ax=top)
    path(points, ax=top)
    top.plot(*lowest, "+", color=PALETTE["black"], ms=14, mew=2.2)
    top.set(xlabel="weight $w$", ylabel="bias $b$")
    steps = np.arange(len(above))
    low.plot(steps + 1, np.maximum(above, ylim[0]), "-o", color=PALETTE["orange"], ms=3.5)
    low.set(xscale="log", yscale="log", xlim=(0.9, 1200), ylim=ylim)
    low.set_xticks([1, 2, 4, 11, 31, 101, 301, 1001], ["0", "1", "3", "10", "30", "100", "300", ""])
    low.minorticks_off()
    low.set(xlabel="steps", ylabel="above the lowest")
    return top, low


def weights_of_samples(own: Mapping[str, ArrayLike], span: tuple[float, float]) -> Figure:
    """Draw how hard log loss and hinge let a sample pull, over its margin, and where samples lie.

    The outermost bars hold all samples beyond `span`.

    Parameters
    ----------
    own : mapping with the names "log loss" and "hinge"
        The margins t·f, (n,), of labels t = −1 and +1, of the machines that were fitted with them.
    span : (least, most) margin
    """
    figure, (top, low) = plt.subplots(2, 1, figsize=(5.6, 4.8), sharex=True, height_ratios=[1.3, 1])
    m = np.linspace(*span, 401)
    pulls = {"log loss": sigmoid(-m), "hinge": np.where(m < 1, 1.0, 0.0)}
    for k, (name, pull) in enumerate(pulls.items()):
        top.plot(m, pull, DASHES[k], color=CYCLE[k], label=name, lw=2.4)
    bins = np.linspace(*span, 40)
    for k, (name, margins) in enumerate(own.items()):
        clipped = np.clip(margins, *span)
        look = {"histtype": "step", "ls": DASHES[k], "color": CYCLE[k], "lw": 1.8}
        low.hist(clipped, bins, label=name, **look)
    top.set(ylabel="weight of a sample", ylim=(-0.04, 1.1))
    top.legend(loc="upper right")
    low.set(xlabel=r"margin $t\,f(x)$", ylabel="samples", xlim=span)
    figure.align_ylabels()
    return figure


def growing_weights(models: Mapping[str, Any], sets: Mapping[str, tuple[Any, Any]]) -> Figure:
    """Draw the length of w, and the mean log loss on two data sets, over the steps of each fit.

    Parameters
    ----------
    models : mapping of name to fitted `LogisticRegression`
    sets : mapping of two names to (X, y), y being 0 and 1
    """
    figure, axes = plt.subplots(3, 1, figsize=(5.6, 6.4), sharex=True)
    for k, (name, model) in enumerate(models.items()):
        W, b = model.coef_path_[1:], model.intercept_path_[1:]  # (steps, d), (steps,)
        rows = [np.linalg.norm(W, axis=1)]
        for X, y in sets.values():
            margins = (2 * np.asarray(y) - 1) * (W @ np.asarray(X).T + b[:, None])
            rows.append(np.logaddexp(0, -margins).mean(axis=1))
        look = {"ls": DASHES[k % 4], "color": CYCLE[k % 6], "label": name}
        for ax, row in zip(axes, rows, strict=True):
            ax.plot(np.arange(1, len(row) + 1), row, **look)
    axes[0].set(ylabel=r"length of $\mathbf{w}$", ylim=(0, None))
    for ax, name in zip(axes[1:], sets, strict=True):
        ax.set(ylabel=f"loss, {name}")
    axes[1].set(yscale="log")
    axes[2].set(ylim=(0, None), xlabel="steps", xscale="log")
    axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figure.align_ylabels()
    return figure


def price_and_boundary(
    models: Mapping[float, Any],
    X: ArrayLike,
    y: ArrayLike,
    losses: Mapping[str, ArrayLike],
    lam: float,
    limits: Sequence[float] = (-4.5, 4.5, -3.5, 3.5),
    ylim: tuple[float, float] = (3e-3, 5),
) -> tuple[Axes, Axes]:
    """Draw the boundary with the lines of 10 % and 90 % (dashed), and log losses over the prices.

    Parameters
    ----------
    models : mapping of m prices λ to fitted `LogisticRegression`
    X, y : arrays of shapes (n, 2) and (n,)
    losses : mapping of name to array of shape (m,)
    lam : float
        The price whose model is drawn.
    limits : (left, right, bottom, top) of the map
    ylim : of the losses
    """
    lams, model = list(models), models[lam]
    at = lams.index(lam)
    _, (top, low) = plt.subplots(2, 1, figsize=(5.6, 5.6), height_ratios=[1.7, 1])
    sure = float(np.log(9))  # the score of 90 %
    decision_regions(model, X, y, limits=limits, dashed=(-sure, sure), ax=top)
    top.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    for k, (name, values) in enumerate(losses.items()):
        values = np.clip(values, *ylim)
        look = {"color": CYCLE[2 + k], "ls": DASHES[k]}
        low.plot(lams, values, label=name, **look)
        low.plot(lam, values[at], "D", color=CYCLE[2 + k], ms=8, clip_on=False)
    low.axvline(lam, color=PALETTE["black"], lw=1.2)
    low.set(xscale="log", yscale="log", xlabel="price λ", ylabel="log loss", ylim=ylim)
    low.legend(loc="lower right")
    return top, low


def threshold_and_roc(
    y: ArrayLike, f: ArrayLike, threshold: float, names: Sequence[str], span: tuple[float, float]
) -> tuple[Axes, Axes]:
    """Draw all samples over their score with the threshold and the four counts, and the ROC curve.

    Wrong ones are large and black-edged. Scores beyond `span` stand at its ends.

    Parameters
    ----------
    y : array of shape (n,), 0 and 1
    f : array of shape (n,)
        Scores, that is, log-odds.
    threshold : float
        A score; from there on the class 1 is called.
    names : two str
    span : (least, most) score
    """
    y, f = np.asarray(y), np.asarray(f, dtype=float)
    _, (left, right) = plt.subplots(1, 2, figsize=(5.6, 4.0), width_ratios=[1.35, 1])
    height = np.random.default_rng(0).uniform(-0.3, 0.3, len(y))
    called = f >= threshold
    for k in (0, 1):
        for wrong, size in ((False, 3.5), (True, 7)):
            mine = (y == k) & ((called != k) == wrong)
            look = {"color": CYCLE[k], "ms": size, "alpha": 1 if wrong else 0.6}
            look |= {"mec": PALETTE["black"] if wrong else "none", "clip_on": False}
            left.plot(np.clip(f[mine], *span), k + height[mine], MARKERS[k], **look)
        for side, x, align in ((~called, span[0], "left"), (called, span[1], "right")):
            count = int(np.sum(side & (y == k)))
            name = COUNTS[k, int(side is called)]
            look = {"ha": align, "va": "center", "fontsize": 9.5, "weight": "bold"}
            left.text(x, k + 0.43, f"{name}: {count}", color=PALETTE["black"], **look)
    left.axvline(threshold, color=PALETTE["black"])
    left.set(xlim=span, ylim=(-0.5, 1.6), yticks=[0, 1], xlabel="log-odds")
    left.set_yticklabels(names, rotation=90, va="center")
    roc = roc_curve(y, f)
    right.plot(roc.false_positive_rate, roc.true_positive_rate, color=PALETTE["green"])
    right.plot([0, 1], [0, 1], ":", color=PALETTE["grey"])
    here = np.mean(called[y == 0]), np.mean(called[y == 1])
    right.plot(*here, "D", color=PALETTE["vermillion"], ms=10, clip_on=False, zorder=4)
    right.set(xlabel="false-positive rate", ylabel="recall", title="ROC", aspect="equal")
    right.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=[0, 1], yticks=[0, 1])
    return left, right


def said_and_happened(curves: Mapping[str, Any]) -> Axes:
    """Draw shares against the probabilities that were said, for calibration curves by name."""
    _, ax = plt.subplots(figsize=(5.6, 5.2))
    ax.plot([0, 1], [0, 1], color=PALETTE["grey"], lw=1.2)
    for k, (name, curve) in enumerate(curves.items()):
        look = {"ls": DASHES[k % 4], "color": CYCLE[k], "marker": MARKERS[k], "label": name}
        ax.plot(curve.predicted, curve.share, **look)
    ax.set(xlabel="probability said", ylabel="share that was so", aspect="equal")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.legend(loc="upper left")
    return ax


def errors_over_sizes(
    sizes: Sequence[int], panels: Mapping[str, Mapping[str, ArrayLike]], ylabel: str
) -> Figure:
    """Draw mean errors over training sizes, one picture for each data set.

    Parameters
    ----------
    sizes : m training sizes
    panels : mapping of a title to a mapping of a name to errors (repetitions, m)
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(5.6, 5.6), sharex=True)
    for ax, (title, models) in zip(axes, panels.items(), strict=True):
        for k, (name, errors) in enumerate(models.items()):
            look = {"ls": DASHES[k], "color": CYCLE[k], "marker": MARKERS[k], "label": name}
            ax.plot(sizes, np.mean(errors, axis=0), **look)
        ax.set(title=title, ylabel=ylabel, ylim=(0, None), xscale="log")
    axes[-1].legend(loc="lower left")
    axes[-1].set_xlabel("samples to learn from")
    axes[-1].set_xticks(sizes, [str(size) for size in sizes])
    axes[-1].minorticks_off()
    return figure
