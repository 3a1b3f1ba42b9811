"""Drawings of the chapter on support vector machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS, decision_regions, labeled_points
from course_lib.plots.style import CYCLE, PALETTE


def margin(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    limits: Sequence[float] | None = None,
    resolution: int = 180,
    ax: Axes | None = None,
) -> Axes:
    """Draw a machine's decision regions, its margin (dashed) and its support vectors (circled).

    The axes have the same scale, so that the boundary is perpendicular to the shortest way to it.

    Parameters
    ----------
    model : anything with ``predict``, ``decision_function`` and ``support_``, fitted to (X, y)
    X, y : arrays of shapes (n, 2) and (n,)
    limits, resolution : as in `decision_regions`
    """
    X = np.asarray(X, dtype=float)
    options = {"limits": limits, "resolution": resolution, "dashed": (-1, 1)}
    ax = decision_regions(model, X, y, ax=ax, **options)
    ring = {"mfc": "none", "mec": PALETTE["black"], "mew": 1.3, "ms": 10, "zorder": 4}
    ax.plot(*X[np.asarray(model.support_)].T, "o", **ring)
    ax.set_aspect("equal")
    return ax


def separating_lines(X: ArrayLike, y: ArrayLike, lines: ArrayLike, model: Any) -> Figure:
    """Draw lines that separate two classes, and below them the one with the widest margin.

    Parameters
    ----------
    X, y : arrays of shapes (n, 2) and (n,)
    lines : array of shape (m, 3)
        Each line is where w₁x₁ + w₂x₂ + b = 0, given as (w₁, w₂, b) with w₂ ≠ 0.
    model : a fitted machine, see `margin`
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 5.6), sharex=True, sharey=True)
    margin(model, X, y, ax=bottom)
    labeled_points(X, y, ax=top)
    ends = np.array(bottom.get_xlim())
    for w1, w2, b in np.asarray(lines, dtype=float):
        top.plot(ends, -(w1 * ends + b) / w2, color=PALETTE["grey"], lw=1.4)
    top.set_title("which one?")
    top.set_aspect("equal")
    bottom.set_title("the widest margin")
    top.legend(loc="lower right", handletextpad=0.1, borderpad=0)
    return figure


def slacks(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    limits: Sequence[float],
    span: tuple[float, float] = (-2, 4),
) -> Figure:
    """Draw the margin with a stroke from every sample that falls short to where it should be.

    Beside it every sample sits on the hinge max(0, 1 − y·f) at its own y·f.

    Parameters
    ----------
    model : a fitted linear machine, see `margin`, with ``coef_`` and ``classes_``
    X, y : arrays of shapes (n, 2) and (n,)
    limits : (left, right, bottom, top)
    span : (lowest, highest)
        The y·f for which the hinge is drawn; samples beyond sit at its ends.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.2), width_ratios=[5, 2])
    margin(model, X, y, limits=limits, ax=left)
    sign = np.where(y == model.classes_[1], 1, -1)
    own = sign * model.decision_function(X)  # y·f
    slack = np.maximum(0, 1 - own)
    target = X + (slack * sign)[:, None] * model.coef_ / (model.coef_ @ model.coef_)
    for point, foot in zip(X[slack > 1e-6], target[slack > 1e-6], strict=True):
        left.plot(*np.stack([point, foot]).T, color=PALETTE["vermillion"], lw=2.4, zorder=2.5)
    grid = np.linspace(*span, 121)
    right.plot(grid, np.maximum(0, 1 - grid), color=PALETTE["grey"])
    seen = np.clip(own, *span)
    for k, label in enumerate(model.classes_):
        mine = y == label
        look = {"color": CYCLE[k], "mec": "white", "mew": 0.6, "clip_on": False}
        right.plot(seen[mine], np.maximum(0, 1 - seen[mine]), MARKERS[k], **look)
    right.axvline(0, color=PALETTE["black"], lw=1.2)
    right.axvline(1, color=PALETTE["black"], lw=1.2, ls="--")
    right.set(xlabel=r"$y\,f(x)$", ylabel=r"slack $\xi$")
    right.set(xlim=span, ylim=(-0.15, 1 - span[0]), xticks=[span[0], 0, 1, span[1]])
    left.set(xlabel="$x_1$", ylabel="$x_2$")
    return figure


def kernel_boundary(model: Any, X: ArrayLike, y: ArrayLike, limits: Sequence[float]) -> Figure:
    """Draw the regions, margin and support vectors of a machine with a kernel, see `margin`."""
    figure, ax = plt.subplots(figsize=(5.6, 4.0))
    margin(model, X, y, limits=limits, ax=ax)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return figure


def objective_above_best(
    walks: Mapping[str, ArrayLike], chosen: str, *, ylim: tuple[float, float]
) -> Figure:
    """Draw how far objectives are above the best one, in per cent, against passes over the data.

    Parameters
    ----------
    walks : mapping of a name to per cent above the best after 0, 1, 2, … passes
    chosen : str
        The walk that stands out; the others are grey.
    ylim : (lowest, highest) per cent of the picture
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.7))
    for (name, above), dashes in zip(walks.items(), (":", "-.", "--", "-"), strict=False):
        look = {"ls": dashes, "color": PALETTE["grey"], "lw": 1.2}
        if name == chosen:
            look = {"ls": dashes, "color": PALETTE["vermillion"], "lw": 2.6, "zorder": 3}
        ax.semilogy(np.maximum(above, ylim[0] / 10), label=name, **look)
    ax.set(xlabel="passes over the data", ylabel="% above the best objective", ylim=ylim)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.legend(loc="upper center", ncols=2)
    return figure


def binary_losses() -> Figure:
    """Draw what three losses charge for the score of a sample: 0–1, hinge and log loss."""
    figure, ax = plt.subplots(figsize=(5.6, 3.2))
    z = np.linspace(-3, 3, 301)
    ax.plot(z, np.maximum(0, 1 - z), label="hinge")
    ax.plot(z, np.logaddexp(0, -z), "--", label="log loss")
    ax.plot(z, np.where(z > 0, 0.0, 1.0), ":", color=PALETTE["black"], label="mistakes")
    ax.set(xlabel=r"$y\,f(x)$", ylabel="loss", ylim=(-0.1, 4))
    ax.legend()
    return figure
