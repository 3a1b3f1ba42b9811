"""Drawings of the chapter on training deep networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS
from course_lib.plots.style import CYCLE, PALETTE

DASHES = ("-", "--", "-.", ":")
SMALLEST = 1e-12
"""Gradients below are drawn at the left end of their axis, as zeros are."""


def _ridge(ax: Axes, x: np.ndarray, counts: np.ndarray, base: float, color: str) -> None:
    """Draw a histogram as a hill on the line `base`, its highest bar 0.85 high."""
    high = base + 0.85 * counts / max(counts.max(), 1)
    ax.fill_between(x, base, high, step="mid", color=color, alpha=0.75, lw=0)
    ax.axhline(base, color=PALETTE["grey"], lw=0.6)


def layers(
    numbers: Sequence[int],
    outputs: Sequence[ArrayLike],
    gradients: Sequence[ArrayLike],
    limits: tuple[float, float],
) -> Figure:
    """Draw two histograms a layer, of its outputs and of its gradients, the first layer on top.

    Parameters
    ----------
    numbers : sequence of int
        The layers that are shown, by their numbers.
    outputs, gradients : sequences of arrays
        Those of the same layers. What lies beyond the limits counts in the last bar; sizes of
        gradients are on a logarithmic axis, zeros in its first bar.
    limits : (float, float)
        Ends of the axis of the outputs.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 4.2), sharey=True)
    bins = np.linspace(*limits, 42)
    powers = np.linspace(np.log10(SMALLEST), 2, 42)
    for row, (values, slopes) in enumerate(zip(outputs, gradients, strict=True)):
        base = len(numbers) - 1 - row
        counts, _ = np.histogram(np.clip(values, *limits), bins)
        _ridge(left, (bins[1:] + bins[:-1]) / 2, counts, base, CYCLE[0])
        sizes = np.log10(np.clip(np.abs(slopes), SMALLEST, 1e2))
        counts, _ = np.histogram(sizes, powers)
        _ridge(right, (powers[1:] + powers[:-1]) / 2, counts, base, PALETTE["vermillion"])
    left.set(xlabel="outputs", ylabel="layer", ylim=(-0.1, len(numbers)), xlim=limits)
    left.set_yticks(np.arange(len(numbers))[::-1] + 0.2, [str(k) for k in numbers])
    right.set(xlabel="size of the gradients\n(0 at the left end)", xlim=(powers[0], powers[-1]))
    right.set_xticks([-8, -4, 0], ["10⁻⁸", "10⁻⁴", "1"])
    for ax in (left, right):
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    return figure


def through_depth(
    measured: Mapping[str, ArrayLike], theory: Mapping[str, ArrayLike], *, ax: Axes | None = None
) -> Axes:
    """Draw the size of the signal in each layer: measured with markers, expected as lines.

    Parameters
    ----------
    measured, theory : mappings of a name to an array of shape (depth,)
        Means of squares, on a logarithmic axis.
    """
    ax = ax or plt.gca()
    for k, (name, values) in enumerate(measured.items()):
        x = np.arange(1, len(values) + 1)
        ax.semilogy(x, theory[name], ls=DASHES[k % 4], lw=1.4, color=CYCLE[k])
        look = {"color": CYCLE[k], "ms": 5, "label": name, "markevery": 2}
        ax.semilogy(x, values, MARKERS[k], **look)
    ax.set(xlabel="layer", ylabel="mean square of the sums z", xticks=[1, *range(5, len(x) + 1, 5)])
    ax.legend()
    return ax


def from_a_start(
    losses: ArrayLike,
    chosen: int,
    step: int,
    squares: tuple[ArrayLike, ArrayLike],
    pictures: ArrayLike,
    answers: ArrayLike,
    digits: ArrayLike,
) -> Figure:
    """Draw how far a training has come: the loss, the signal in each layer, answers to pictures.

    Parameters
    ----------
    losses : array of shape (steps, networks)
        Drawn up to the step, as means over ten steps; those of the other networks in grey.
    chosen, step : int
        The network that is looked at, and how many steps it has done.
    squares : two arrays of shape (layers,)
        Mean square of the sums in each layer, before the training and now, on a logarithmic axis.
    pictures : array of shape (n, h, w)
    answers, digits : arrays of shape (n,)
        What the network takes each picture for, and what it is. A wrong answer is in red with a ✗.
    """
    figure = plt.figure(figsize=(5.6, 4.2))
    grid = figure.add_gridspec(2, 2, height_ratios=[4, 1])
    left, right = (figure.add_subplot(grid[0, k]) for k in (0, 1))
    losses = np.asarray(losses, dtype=float)
    means = losses.reshape(-1, 10, losses.shape[1]).mean(axis=1)
    means = np.vstack([losses[:1], means])[: step // 10 + 1]
    x = 10 * np.arange(len(means))
    for k in sorted(range(losses.shape[1]), key=lambda k: k == chosen):
        color = CYCLE[0] if k == chosen else PALETTE["grey"]
        left.plot(x, means[:, k], color=color, lw=2.2 if k == chosen else 0.9)
    left.plot(x[-1], means[-1, chosen], "o", color=CYCLE[0], ms=8, clip_on=False)
    left.set(xlabel="step", ylabel="loss", xlim=(-5, len(losses)), ylim=(0, 3.2))
    before, now = (np.clip(one, SMALLEST, None) for one in squares)
    layer = np.arange(1, len(now) + 1)
    right.semilogy(layer, before, "--", color=PALETTE["grey"], lw=1.4, label="before")
    right.semilogy(layer, now, "o-", color=CYCLE[0], ms=4, lw=1.4, label="now")
    right.set(xlabel="layer", ylabel="mean square of z", ylim=(SMALLEST / 3, 1e6))
    right.set_xticks([1, *range(5, len(now) + 1, 5)])
    right.legend(loc="upper right")
    below, w = figure.add_subplot(grid[1, :]), np.shape(pictures)[2]
    sheet = np.pad(np.asarray(pictures, dtype=float), ((0, 0), (0, 0), (0, 1)))
    below.imshow(np.hstack(sheet), cmap="gray_r", interpolation="nearest")
    for k, (answer, digit) in enumerate(zip(answers, digits, strict=True)):
        wrong = answer != digit
        look = {"color": PALETTE["vermillion" if wrong else "black"], "ha": "center"}
        below.text((w + 1) * k + w / 2 - 0.5, -1.5, f"{answer}✗" if wrong else f"{answer}", **look)
    below.set_axis_off()
    return figure


def over_steps(
    steps: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    label: str = "share right",
    limits: tuple[float, float] | None = (0, 1.02),
    ax: Axes | None = None,
) -> Axes:
    """Draw a measure over the steps of a training, the mean of several networks and their range.

    Parameters
    ----------
    steps : array of shape (looks,)
    curves : mapping of a name to an array of shape (looks, networks)
    label : str
        What is measured.
    limits : (float, float) or None
        Ends of its axis; None leaves them to the values.
    """
    ax = ax or plt.gca()
    for k, (name, values) in enumerate(curves.items()):
        values = np.asarray(values, dtype=float)
        color = (CYCLE[0], PALETTE["vermillion"], PALETTE["green"])[k % 3]
        ax.fill_between(steps, values.min(axis=1), values.max(axis=1), color=color, alpha=0.2, lw=0)
        mean = values.mean(axis=1)
        # a marker a look: a single one would draw no line
        ax.plot(steps, mean, DASHES[k % 4], marker="so"[k % 2], ms=5, color=color, label=name)
    ax.set(xlabel="steps", ylabel=label)
    if limits is not None:
        ax.set_ylim(*limits)
    ax.legend(loc="lower right")
    return ax


def past_interpolation(
    widths: ArrayLike, errors: Mapping[str, ArrayLike], norms: ArrayLike, at: int, n: int
) -> Figure:
    """Draw errors and length of the weights over the number of features, one of them marked.

    Parameters
    ----------
    widths : array of shape (P,)
    errors : mapping of a name to an array of shape (P,)
        Shares of wrong answers.
    norms : array of shape (P,)
        ‖W‖.
    at : int
        Place of the width that is marked.
    n : int
        Samples of the training, where a line stands.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.4), sharex=True, height_ratios=[2, 1]
    )
    for k, (name, values) in enumerate(errors.items()):
        color = (PALETTE["vermillion"], CYCLE[0])[k % 2]
        top.semilogx(widths, values, DASHES[k], color=color, label=name)
        top.plot(widths[at], values[at], "D", color=color, ms=8, clip_on=False)
    top.set(ylabel="share wrong", ylim=(0, 1))
    top.legend(loc="upper right")
    bottom.loglog(widths, norms, color=CYCLE[2])
    bottom.plot(widths[at], norms[at], "D", color=CYCLE[2], ms=8)
    bottom.set(xlabel="features p", ylabel="size of W", ylim=(10, 1e5))
    shown = [10, 30, 100, 300, 1000, 3000]
    bottom.set_xticks(shown, [str(p) for p in shown])
    bottom.minorticks_off()
    for ax in (top, bottom):
        ax.axvline(n, color=PALETTE["grey"], lw=1, ls=":")
    return figure


def rate_and_loss(rates: ArrayLike, losses: ArrayLike, *, highest: float = 3.0) -> Figure:
    """Draw the learning rate over the steps, and the loss of several networks below it.

    Parameters
    ----------
    rates : array of shape (steps,)
        Of both about a hundred steps are drawn.
    losses : array of shape (steps, networks)
        What is not finite or above `highest` leaves the picture.
    highest : float
        Upper end of the axis of the losses.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.2), sharex=True, height_ratios=[1, 2]
    )
    steps = np.arange(len(rates))[:: max(1, len(rates) // 100)]  # more would weigh, not show
    top.plot(steps, np.asarray(rates)[steps], color=CYCLE[1])
    top.set(ylabel="η", yscale="log", ylim=(1e-4, 3))
    with np.errstate(invalid="ignore"):
        shown = np.clip(np.nan_to_num(losses, nan=1e9, posinf=1e9), 1e-4, 2 * highest)
    shown = shown[steps]
    bottom.semilogy(steps, shown, lw=0.8, color=CYCLE[0], alpha=0.35)
    bottom.semilogy(steps, np.median(shown, axis=1), color=PALETTE["black"], lw=1.6)
    bottom.set(xlabel="step", ylabel="loss", ylim=(1e-4, highest))
    return figure


def sweep(
    rates: ArrayLike,
    losses: ArrayLike,
    marks: Mapping[str, float],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss against the learning rate, and vertical lines at some rates, with their names.

    Parameters
    ----------
    rates, losses : arrays of shape (m,)
    marks : mapping of a name to a learning rate
    """
    ax = ax or plt.gca()
    ax.semilogx(rates, losses, color=CYCLE[0])
    for k, (name, rate) in enumerate(marks.items()):
        ax.axvline(rate, color=CYCLE[k + 1], ls=DASHES[k + 1], label=name)
    ax.set(xlabel="learning rate η", ylabel="loss")
    ax.legend()
    return ax


def differences(gaps: Mapping[str, Mapping[str, tuple[float, float]]]) -> Axes:
    """Draw paired differences with twice their errors, a row a method, a marker a kind of data.

    Parameters
    ----------
    gaps : mapping of a kind of data to a mapping of a method to (difference, its error)
    """
    methods = list(next(iter(gaps.values())))
    _, ax = plt.subplots(figsize=(5.6, 0.55 * len(methods) + 1.5))
    ax.axvline(0, color=PALETTE["grey"], lw=1)
    for k, (kind, rows) in enumerate(gaps.items()):
        y = np.arange(len(methods))[::-1] + 0.14 * (1 - 2 * k)
        mean, error = np.transpose([rows[name] for name in methods])
        look = {"color": (CYCLE[0], PALETTE["vermillion"])[k], "label": kind, "capsize": 3}
        ax.errorbar(mean, y, xerr=2 * error, fmt=MARKERS[k], **look)
    ax.set_yticks(np.arange(len(methods))[::-1], methods)
    ax.set(xlabel="change of the share right, in percentage points")
    ax.legend(loc="lower right")
    return ax
