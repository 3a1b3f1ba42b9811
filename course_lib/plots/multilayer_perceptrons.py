"""Drawings of the chapter on multilayer perceptrons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.basics import decision_regions
from course_lib.plots.style import CYCLE, PALETTE

_FITTED, _TRUTH, _UNIT = PALETTE["blue"], PALETTE["black"], PALETTE["grey"]
_LOOKS = ("-", "--", "-.", ":")
_MOST_LINES = 16  # units whose lines are drawn; more would hide the points


class TwoClasses:
    """What `decision_regions` asks of a model, from a function of scores (m, 2)."""

    classes_ = np.array([0, 1])

    def __init__(self, scores: Any):
        self._scores = scores

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return the score of the second class minus that of the first."""
        S = np.asarray(self._scores(np.asarray(X, dtype=float)))
        return S[..., 1] - S[..., 0]

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return 0 or 1."""
        return (self.decision_function(X) > 0).astype(int)


def regions_and_units(
    scores: Any, first: tuple[ArrayLike, ArrayLike], X: ArrayLike, y: ArrayLike, far: float
) -> Axes:
    """Draw the two regions of a network of two features, and the line at which each unit bends.

    Parameters
    ----------
    scores : function of points (m, 2) that returns scores (m, 2)
    first : (W, b)
        Weights (2, h) and biases (h,) of the first layer; of up to 16 units the lines are drawn.
    X, y : the points
    far : float
        The picture shows both features from −far to far.
    """
    _, ax = plt.subplots(figsize=(5.6, 4.6))
    W, b = np.asarray(first[0], dtype=float), np.asarray(first[1], dtype=float).ravel()
    look = {"limits": (-far, far, -far, far), "resolution": 160, "ax": ax}
    decision_regions(TwoClasses(scores), X, y, **look)
    for w, bias in zip(W.T, b, strict=True) if W.shape[1] <= _MOST_LINES else ():
        if np.abs(w).max() > 1e-3:
            _line(ax, w, bias, far)
    ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    return ax


def _line(ax: Axes, w: np.ndarray, b: float, far: float) -> None:
    """Draw where w·x + b = 0, through the point of it that is nearest to the origin."""
    foot, along = -b * w / (w @ w), np.array([-w[1], w[0]]) / np.sqrt(w @ w)
    ends = np.array([foot - 4 * far * along, foot + 4 * far * along])
    ax.plot(*ends.T, ls=(0, (2, 2)), lw=1, color=_UNIT, zorder=2)


def two_planes(X: ArrayLike, y: ArrayLike, H: ArrayLike, scores: Any, line: ArrayLike) -> Figure:
    """Draw four points as they come in, and as two hidden units show them to the output.

    Parameters
    ----------
    X, H : arrays of shape (4, 2)
        The inputs, and what the hidden units make of them.
    y : array of shape (4,)
    scores : function of inputs (m, 2) that returns scores (m, 2)
    line : (v₁, v₂, c)
        The output is above 0 where v₁h₁ + v₂h₂ + c > 0.
    """
    figure, (before, after) = plt.subplots(1, 2, figsize=(5.6, 3.1))
    decision_regions(
        TwoClasses(scores), X, y, limits=(-0.5, 1.5, -0.5, 1.5), resolution=120, ax=before
    )
    before.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", title="inputs")
    v1, v2, c = line
    plane = TwoClasses(lambda P: np.stack([0 * P[:, 0], P @ [v1, v2] + c], axis=-1))
    limits = (-0.5, 2.5, -0.5, 2.5)
    decision_regions(plane, H, y, limits=limits, resolution=120, ax=after)
    after.set(aspect="equal", xlabel="$h_1$", ylabel="$h_2$", title="hidden units")
    for ax, points in ((before, X), (after, H)):
        for name, (a, b) in zip(("00", "01", "10", "11"), np.asarray(points), strict=True):
            up = -17 if ax is after and name == "10" else 7
            ax.annotate(name, (a, b), xytext=(6, up), textcoords="offset points", fontsize=11)
    return figure


def layers(widths: Sequence[int], names: Sequence[str]) -> Axes:
    """Draw a network: a circle for each unit, a line for each weight, a name below each layer."""
    _, ax = plt.subplots(figsize=(5.6, 3.1))
    tall = max(widths)
    places = [
        [(2.2 * column, row - (width - 1) / 2) for row in range(width)]
        for column, width in enumerate(widths)
    ]
    for left, right in pairwise(places):
        for a in left:
            for b in right:
                ax.plot(*zip(a, b, strict=True), color=_UNIT, lw=0.8, zorder=1)
    for column, layer in enumerate(places):
        inside = column not in (0, len(widths) - 1)
        colour = _FITTED if inside else "white"
        edge = {"mec": PALETTE["black"], "mew": 1.2, "zorder": 2}
        ax.plot(*np.transpose(layer), "o", ms=17, color=colour, **edge)
        words = f"{names[column]}\n{widths[column]}"
        ax.text(2.2 * column, -tall / 2 - 0.25, words, ha="center", va="top", fontsize=12)
    ax.set(xlim=(-0.9, 2.2 * (len(widths) - 1) + 0.9), ylim=(-tall / 2 - 1.5, tall / 2 + 0.1))
    ax.set_axis_off()
    return ax


def activations(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], z: ArrayLike) -> Figure:
    """Draw activation functions, and beside them their derivatives, over the scores z."""
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.0))
    for k, (name, both) in enumerate(curves.items()):
        for ax, values in zip(axes, both, strict=True):
            ax.plot(z, values, _LOOKS[k], color=CYCLE[k], label=name)
    axes[0].set(xlabel="score $z$", title="value", ylim=(-1.15, 2.2))
    axes[1].set(xlabel="score $z$", title="derivative", ylim=(-0.1, 1.15))
    axes[0].legend(fontsize=11, loc="upper left")
    return figure


def fit_and_units(
    x: ArrayLike, truth: ArrayLike, y: ArrayLike, parts: ArrayLike, bends: ArrayLike = ()
) -> Figure:
    """Draw a function, the network that was fitted to it, and what each hidden unit adds.

    Parameters
    ----------
    x, truth, y : arrays of shape (m,)
    parts : array of shape (m, h)
        The output of each unit times its weight in the sum.
    bends : array
        Places at which the fitted line bends; they are marked on it.
    """
    x, y, parts = (np.asarray(one, dtype=float) for one in (x, y, parts))
    figure, (top, low) = plt.subplots(2, 1, figsize=(5.6, 4.6), sharex=True, height_ratios=[1.5, 1])
    top.plot(x, truth, "--", color=_TRUTH, lw=1.5, label="target")
    top.plot(x, y, color=_FITTED, label="network")
    bends = np.asarray(bends, dtype=float)
    if bends.size:
        at = np.interp(bends, x, y)
        top.plot(bends, at, "o", color=PALETTE["vermillion"], ms=5, label="joints", zorder=4)
    top.set(ylabel="output", ylim=(-2, 2))
    top.legend(fontsize=11, loc="upper left", ncols=3)
    low.plot(x, parts - parts.mean(axis=0), color=PALETTE["green"], lw=1)
    low.set(xlabel="$x$", ylabel="each unit", ylim=(-4, 4))
    low.locator_params(axis="x", nbins=5)
    return figure


def steps_and_target(x: ArrayLike, truth: ArrayLike, y: ArrayLike, ends: ArrayLike) -> Axes:
    """Draw a function, a sum of steep sigmoids beside it, their places, and the gap between."""
    _, ax = plt.subplots()
    ax.fill_between(x, truth, y, color=PALETTE["yellow"], alpha=0.6, lw=0, label="error")
    ax.plot(x, truth, "--", color=_TRUTH, lw=1.5, label="target")
    ax.plot(x, y, color=_FITTED, label="sum of sigmoids")
    ax.plot(ends, np.full(len(ends), -1.9), "|", color=PALETTE["vermillion"], ms=10, mew=1.5)
    ax.set(xlabel="$x$", ylabel="output", ylim=(-2, 2.4), xlim=(x[0], x[-1]))
    ax.legend(fontsize=11, loc="upper left", ncols=3)
    return ax


def folds(x: ArrayLike, curves: Sequence[ArrayLike], *, height: float) -> Figure:
    """Draw curves side by side, and dots where each of them crosses a height."""
    x = np.asarray(x, dtype=float)
    figure, axes = plt.subplots(1, len(curves), figsize=(5.6, 2.2), sharey=True)
    for k, (ax, curve) in enumerate(zip(axes, curves, strict=True)):
        y = np.asarray(curve, dtype=float)
        i = np.flatnonzero((y[:-1] < height) != (y[1:] < height))
        at = x[i] + (height - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i])
        ax.plot(x, y, color=_FITTED, lw=1.5)
        ax.axhline(height, ls="--", lw=1, color=_UNIT)
        ax.plot(at, np.full(len(at), height), "o", color=PALETTE["vermillion"], ms=5)
        ax.set(xlabel="$x$", title=f"$D = {k + 1}$", xlim=(0, 1))
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    return figure


def deep_and_shallow(x: ArrayLike, deep: ArrayLike, shallow: ArrayLike) -> Axes:
    """Draw what a deep and what a shallow network make of x in [0, 1]."""
    _, ax = plt.subplots()
    ax.plot(x, deep, color=_FITTED, lw=1.5, label="deep")
    ax.plot(x, shallow, "--", color=PALETTE["vermillion"], lw=2, label="one hidden layer")
    ax.set(xlabel="$x$", ylabel="output", ylim=(-0.35, 1.45), xlim=(0, 1))
    ax.legend(fontsize=11, loc="upper left", ncols=2)
    return ax


def against_width(
    widths: Sequence[int], errors: Mapping[str, ArrayLike], *, ylabel: str, log: bool = False
) -> Axes:
    """Draw errors of shape (len(widths), S) over widths: the mean as a line, each run as a dot.

    With `log` the errors have a logarithmic axis as well, and the line is the median.
    """
    _, ax = plt.subplots()
    for k, (name, values) in enumerate(errors.items()):
        values = np.asarray(values, dtype=float).reshape(len(widths), -1)
        middle = np.median(values, axis=1) if log else values.mean(axis=1)
        ax.plot(widths, middle, _LOOKS[k], color=CYCLE[k], label=name, marker="os^D"[k])
        if values.shape[1] > 1:
            wide = np.repeat(widths, values.shape[1])
            ax.plot(wide, values.ravel(), ".", color=CYCLE[k], alpha=0.35, ms=6, zorder=1)
    ax.set_xscale("log", base=2)
    ax.set_xticks(list(widths), [str(w) for w in widths])
    ax.set(
        xlabel="hidden units", ylabel=ylabel, **({"yscale": "log"} if log else {"ylim": (0, None)})
    )
    ax.legend(fontsize=11)
    return ax


def two_curves(ours: ArrayLike, theirs: ArrayLike) -> Axes:
    """Draw two training curves that should coincide: one wide, the other dashed on top of it."""
    _, ax = plt.subplots(figsize=(5.6, 3.0))
    epochs = np.arange(1, len(np.asarray(ours)) + 1)
    ax.semilogy(epochs, ours, color=PALETTE["sky"], lw=6, label="our engine")
    ax.semilogy(epochs, theirs, "--", color=PALETTE["black"], lw=1.5, label="torch")
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend()
    return ax
