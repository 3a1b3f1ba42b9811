"""Drawings of the chapter on support vector machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
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


def moved_samples(
    X: ArrayLike,
    y: ArrayLike,
    moved: ArrayLike,
    lines: Mapping[str, ArrayLike],
    chosen: str,
    *,
    limits: Sequence[float],
) -> Axes:
    """Draw two classes, the samples moved by noise, and lines, one of which stands out.

    Beside the chosen line run two dashed ones, as far from it as the nearest sample, which is
    circled. A moved sample on the wrong side of it is a cross.

    Parameters
    ----------
    X, y : arrays of shapes (n, 2) and (n,)
        The samples; the larger label belongs where the score is positive.
    moved : array of shape (m, n, 2)
        Every sample m times, moved.
    lines : mapping of a name to (w₁, w₂, b)
        Each line is where the score w₁x₁ + w₂x₂ + b is 0, with w₂ ≠ 0.
    chosen : str
    limits : (left, right, bottom, top)
    """
    X, y, moved = np.asarray(X, dtype=float), np.asarray(y), np.asarray(moved, dtype=float)
    classes, ends = np.unique(y), np.array(limits[:2])
    ax = plt.subplots(figsize=(5.6, 3.7))[1]
    for name, line in lines.items():
        w1, w2, b = np.asarray(line, dtype=float)
        look = {"color": PALETTE["grey"], "lw": 0.9, "zorder": 2}
        if name == chosen:
            look = {"color": PALETTE["black"], "lw": 2.2, "zorder": 4}
        ax.plot(ends, -(w1 * ends + b) / w2, **look)
    w1, w2, b = np.asarray(lines[chosen], dtype=float)
    score = X @ [w1, w2] + b  # (n,)
    nearest = np.min(np.abs(score))
    for side in (-1, 1):
        edge = -(w1 * ends + b + side * nearest) / w2
        ax.plot(ends, edge, "--", color=PALETTE["black"], lw=1, zorder=4)
    side = np.where(y == classes[1], 1, -1)
    wrong = side * (moved @ [w1, w2] + b) <= 0  # (m, n)
    for k, label in enumerate(classes):
        mine = moved[:, y == label][~wrong[:, y == label]]
        ax.plot(*mine.T, ".", color=CYCLE[k], ms=3, alpha=0.45, mew=0, zorder=2.5)
    labeled_points(X, y, ax=ax)
    ax.plot(*moved[wrong].T, "x", color=PALETTE["vermillion"], ms=7, mew=2, zorder=5)
    ring = {"mfc": "none", "mec": PALETTE["black"], "mew": 1.5, "ms": 11, "zorder": 6}
    ax.plot(*X[np.abs(score) < 1.001 * nearest].T, "o", **ring)
    ax.set(xlim=limits[:2], ylim=limits[2:], aspect="equal")
    ax.set(xlabel="petal length (cm)", ylabel="petal width (cm)")
    ax.legend(loc="lower right", handletextpad=0.1, borderpad=0.2, frameon=True, framealpha=0.9)
    return ax


def supporting_lines(slopes: Sequence[float]) -> Axes:
    """Draw |z|, and lines of the given slopes through its kink at 0."""
    ax = plt.subplots(figsize=(5.6, 2.4))[1]
    z = np.array([-1.5, 0, 1.5])
    for slope, dashes in zip(slopes, ("--", "-.", ":", "--"), strict=False):
        ax.plot(z, slope * z, dashes, lw=1.6, label=f"slope {slope:g}".replace("-", "−"))
    ax.plot(z, np.abs(z), color=PALETTE["black"], lw=3, label="$|z|$", zorder=3)
    ax.set(xlabel="$z$", ylim=(-0.9, 1.5), aspect="equal", yticks=[0, 1])
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


LIFTED = (5.6, 3.7)  # inches, whether lines or planes are lifted: a page must not jump


def lifted(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    height: Callable[[np.ndarray], np.ndarray],
    landmark: float,
    *,
    reach: float,
) -> Figure:
    """Draw samples, and above or beside them the same samples with one added feature, the height.

    In the first picture the regions are those of the machine, in the second its flat boundary: a
    line for samples of one number, a plane for samples of two.

    Parameters
    ----------
    model : a fitted linear machine of the numbers and the height, with ``coef_``, ``intercept_``
    X : array of shape (n, 1) or (n, 2)
    y : array of shape (n,)
    height : callable (m, d) → (m,)
    landmark : float
        Place on the first axis that is marked by a triangle.
    reach : float
        Half the width of the pictures.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    machine = _Lifted(model, height)
    high = height(X)  # (n,)
    mark = {"color": PALETTE["black"], "ms": 9, "zorder": 5, "clip_on": False}
    if X.shape[1] == 1:
        figure, (low, top) = plt.subplots(2, 1, figsize=LIFTED, height_ratios=[1, 4], sharex=True)
        grid = np.linspace(-reach, reach, 801)
        positive = machine.decision_function(grid[:, None]) > 0
        tints = ListedColormap([_tint(0), _tint(1)])
        look = {"cmap": tints, "vmin": 0, "vmax": 1, "rasterized": True, "shading": "nearest"}
        low.pcolormesh(grid, [-1, 1], np.stack([positive, positive]), **look)
        labeled_points(np.column_stack([X, np.zeros(len(X))]), y, ax=low)
        low.plot(landmark, -1.6, "^", **mark)
        low.set(yticks=[], ylim=(-2, 2), title="the line, and what is predicted on it")
        labeled_points(np.column_stack([X, high]), y, ax=top)
        (w1, w2), b = model.coef_, model.intercept_
        bottom, ceiling = min(0, high.min()), max(0.5, high.max())
        span = (bottom - 0.1 * (ceiling - bottom), ceiling + 0.1 * (ceiling - bottom))
        if abs(w2) > 1e-9:
            top.plot(grid, -(w1 * grid + b) / w2, color=PALETTE["black"])
        top.set(xlabel="$x$", ylabel="added feature", xlim=(-reach, reach), ylim=span)
        return figure
    figure = plt.figure(figsize=LIFTED)
    left = figure.add_subplot(1, 2, 1)
    limits = (-reach, reach, -reach, reach)
    decision_regions(machine, X, y, limits=limits, resolution=121, ax=left)
    left.plot(landmark, 0, "^", **mark)
    left.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", title="the plane")
    right = figure.add_subplot(1, 2, 2, projection="3d")
    for k, label in enumerate(np.unique(y)):
        mine = y == label
        look = {"color": CYCLE[k], "marker": MARKERS[k], "depthshade": False, "s": 22}
        right.scatter(*X[mine].T, high[mine], **look)
    (w1, w2, w3), b = model.coef_, model.intercept_
    ceiling = max(0.5, high.max())
    if abs(w3) > 1e-9:
        u, v = np.meshgrid(*[np.linspace(-reach, reach, 41)] * 2, indexing="xy")
        plane = -(w1 * u + w2 * v + b) / w3
        plane[(plane < 0) | (plane > ceiling)] = np.nan
        look = {"color": PALETTE["black"], "alpha": 0.25, "linewidth": 0, "shade": False}
        right.plot_surface(u, v, plane, **look)
    right.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(0, ceiling))
    right.set(xticks=[], yticks=[], zticks=[], xlabel="$x_1$", ylabel="$x_2$")
    right.set_title("lifted by the feature")
    for axis in (right.xaxis, right.yaxis):
        axis.labelpad = -12
    right.view_init(elev=14, azim=-60)
    return figure


class _Lifted:
    """A linear machine of the inputs and one height, seen as a machine of the inputs."""

    def __init__(self, model: Any, height: Callable[[np.ndarray], np.ndarray]):
        self.model, self.height, self.classes_ = model, height, model.classes_

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return self.model.decision_function(np.column_stack([X, self.height(X)]))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def _tint(k: int) -> np.ndarray:
    return 0.75 + 0.25 * np.asarray(to_rgb(CYCLE[k]))


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


def primal_and_dual(values: ArrayLike) -> Axes:
    """Draw the value of the dual and the best value of the primal so far against the steps.

    Parameters
    ----------
    values : array of shape (steps, 2)
        The dual and the primal after every step. Between the curves the gap is shaded.
    """
    dual, primal = np.asarray(values, dtype=float).T
    best, steps = np.minimum.accumulate(primal), np.arange(1, len(dual) + 1)
    ax = plt.subplots(figsize=(5.6, 3.2))[1]
    ax.fill_between(steps, dual, best, color=PALETTE["mist"])
    ax.plot(steps, best, color=PALETTE["vermillion"], label="primal, the least so far")
    ax.plot(steps, dual, "--", color=PALETTE["blue"], label="dual")
    ax.set(xscale="log", xlabel="steps of two multipliers", ylabel="value")
    ax.set(xlim=(1, len(dual)), ylim=(0, 1.6 * dual[-1] + 0.5))
    ax.legend()
    return ax


def grid_scores(
    scores: ArrayLike, rows: Sequence[str], columns: Sequence[str], *, labels: tuple[str, str]
) -> Axes:
    """Draw scores of a grid of settings as a heat map with its numbers; the best one is framed.

    Parameters
    ----------
    scores : array of shape (r, c)
        Row 0 is drawn at the bottom.
    rows, columns : sequences of r and c str
    labels : (of the rows, of the columns)
    """
    scores = np.asarray(scores, dtype=float)
    ax = plt.subplots(figsize=(5.6, 4.4))[1]
    ax.imshow(scores, origin="lower", aspect="auto", interpolation="nearest")
    middle = (scores.min() + scores.max()) / 2
    for (i, j), score in np.ndenumerate(scores):
        color = "white" if score < middle else PALETTE["black"]
        ax.text(j, i, f"{score:.0f}", ha="center", va="center", color=color, fontsize=12)
    i, j = np.unravel_index(scores.argmax(), scores.shape)
    frame = {"fill": False, "ec": PALETTE["vermillion"], "lw": 3}
    ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, clip_on=False, **frame))
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(columns)), columns)
    ax.set(ylabel=labels[0], xlabel=labels[1])
    return ax
