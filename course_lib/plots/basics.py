"""Drawings that several chapters share.

Each draws on ``ax``, the current axes where none is given, and returns them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE


def loss_contours(
    loss: Callable[[np.ndarray], ArrayLike],
    center: ArrayLike,
    span: float | Sequence[float],
    *,
    levels: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw contour lines of a loss over two parameters, closer together near its smallest value.

    Parameters
    ----------
    loss : callable
        Takes an array of shape (m, 2), a point a row, and returns the m losses.
    center : array of shape (2,)
        The middle of the picture, usually the minimum.
    span : float or two floats
        Half the width and half the height of the picture, in units of the parameters.
    levels : int
        The number of contour lines; their losses grow quadratically from the smallest one.
    """
    ax = ax or plt.gca()
    (u, v), (du, dv) = np.asarray(center, dtype=float), np.broadcast_to(span, 2)
    grid_u, grid_v = np.meshgrid(
        np.linspace(u - du, u + du, 101), np.linspace(v - dv, v + dv, 101), indexing="xy"
    )
    points = np.column_stack([grid_u.ravel(), grid_v.ravel()])  # (101 * 101, 2)
    height = np.asarray(loss(points), dtype=float).reshape(grid_u.shape)
    low, high = height.min(), height.max()
    steps = low + (high - low) * (np.arange(1, levels + 1) / levels) ** 2
    ax.contour(grid_u, grid_v, height, levels=steps, colors=PALETTE["grey"], linewidths=0.8)
    ax.set_xlim(u - du, u + du)
    ax.set_ylim(v - dv, v + dv)
    return ax


def path(points: ArrayLike, *, label: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the steps of a descent, shape (steps + 1, 2), with its start and its last point marked.

    Points outside the axes keep their direction: the line leaves the picture where the path does.
    """
    ax = ax or plt.gca()
    points = np.asarray(points, dtype=float)
    seen = points[np.all(np.isfinite(points) & (np.abs(points) < 1e6), axis=1)]
    ax.plot(seen[:, 0], seen[:, 1], "-o", color=PALETTE["orange"], ms=3.5, lw=1.6, label=label)
    ax.plot(*seen[0], "o", color=PALETTE["blue"], ms=8, clip_on=True)
    ax.plot(*seen[-1], "D", color=PALETTE["vermillion"], ms=8, clip_on=True)
    return ax


def loss_curve(
    losses: ArrayLike, x: ArrayLike | None = None, *, label: str, ax: Axes | None = None
) -> Axes:
    """Draw one more curve on a logarithmic axis; its dashes differ too, for readers in print.

    ``x`` defaults to 0, 1, 2, … for the steps or epochs of a descent.
    """
    ax = ax or plt.gca()
    x = np.arange(len(losses)) if x is None else x
    dashes = ["-", "--", "-.", ":"]
    ax.semilogy(x, losses, ls=dashes[len(ax.lines) % len(dashes)], label=label)
    ax.legend()
    return ax


def line_with_residuals(
    x: ArrayLike, y: ArrayLike, slope: float, intercept: float, *, ax: Axes | None = None
) -> Axes:
    """Draw points (x, y), the line slope·x + intercept, and each point's residual to the line."""
    ax = ax or plt.gca()
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    fitted = slope * x + intercept
    ax.vlines(x, np.minimum(y, fitted), np.maximum(y, fitted), color=PALETTE["orange"], lw=0.8)
    ax.plot(x, y, "o", color=PALETTE["blue"], ms=4)
    ends = np.array([x.min(), x.max()])
    ax.plot(ends, slope * ends + intercept, color=PALETTE["black"])
    return ax


MARKERS = ("o", "s", "^", "D", "v", "P")
"""One shape a class, in the order of CYCLE: classes differ in shape as well as in colour."""


def image_grid(
    images: ArrayLike, titles: Sequence[str] | None = None, *, columns: int = 6
) -> Figure:
    """Draw small images pixel by pixel in rows, each under its title.

    Parameters
    ----------
    images : array of shape (n, h, w), or (n, h, w, 1 or 3)
        Bytes, or numbers from 0 to 1.
    titles : sequence of n str, optional
    columns : int
    """
    images = np.asarray(images)
    white = 255 if images.dtype == np.uint8 else 1
    rows, columns = -(-len(images) // columns), min(columns, len(images))
    high = 5.6 / columns * images.shape[1] / images.shape[2] + (0 if titles is None else 0.35)
    figure, axes = plt.subplots(rows, columns, figsize=(5.6, rows * high), squeeze=False)
    for ax in axes.flat[len(images) :]:
        ax.set_axis_off()
    for k, (ax, image) in enumerate(zip(axes.flat, images, strict=False)):
        ax.imshow(image, cmap="gray", vmin=0, vmax=white, interpolation="nearest")
        ax.set(xticks=[], yticks=[], title="" if titles is None else titles[k])
        ax.spines[:].set_visible(True)  # white images end somewhere too
    return figure


def labeled_points(
    X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the points X, shape (n, 2), each with the colour and the shape of its class.

    Parameters
    ----------
    X : array of shape (n, 2)
    y : array of shape (n,)
        Labels of any kind.
    classes : array of shape (K,), optional
        All labels in order, where some of them may be missing in y; at most six.
    """
    ax = ax or plt.gca()
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    classes = np.unique(y) if classes is None else np.asarray(classes)
    _require_colors(classes)
    for k, label in enumerate(classes):
        mine = X[y == label]
        look = {"color": CYCLE[k], "mec": "white", "mew": 0.6, "zorder": 3}
        ax.plot(mine[:, 0], mine[:, 1], MARKERS[k], label=str(label), **look)
    return ax


def decision_regions(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    limits: Sequence[float] | None = None,
    resolution: int = 200,
    dashed: Sequence[float] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw what a classifier of two features predicts everywhere, with the points (X, y) on top.

    Each region has the tint of its class, and a black line separates the regions.

    Parameters
    ----------
    model : anything with ``predict`` (m, 2) → (m,)
        Its ``classes_``, where it has them, say which label has which colour. Of two classes its
        ``decision_function``, where it has one, gives a smooth boundary: the second from 0 on.
    X, y : arrays of shapes (n, 2) and (n,)
        The points to draw; labels of any kind, at most six different ones.
    limits : (left, right, bottom, top), optional
        The picture's edges; by default those of the points and a tenth more on every side. Give
        them where pictures of different points are compared.
    resolution : int
        Points along each side of the grid that is predicted; the cost is its square.
    dashed : sequence of float
        Values of the ``decision_function`` of two classes along which to draw a dashed line.
    """
    ax = ax or plt.gca()
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X must have the shape (n, 2) to be drawn, got {X.shape}.")
    if dashed and not _has_scores(model):
        raise ValueError(f"dashed={dashed} needs a model with scores of two classes, got {model}.")
    left, right, bottom, top = _limits(X) if limits is None else limits
    u, v = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    grid = np.stack(np.meshgrid(u, v, indexing="xy"), axis=-1)  # (resolution, resolution, 2)
    classes, code, heights = _predicted(model, grid, y)
    _require_colors(classes)
    tints = [0.75 + 0.25 * np.asarray(to_rgb(CYCLE[k])) for k in range(len(classes))]
    span = {"vmin": -0.5, "vmax": len(classes) - 0.5, "shading": "nearest", "rasterized": True}
    ax.pcolormesh(u, v, code, cmap=ListedColormap(tints), **span)
    lines = [(height, 0, "-", 1.5) for height in heights]
    lines += [(heights[0], level, "--", 1.2) for level in dashed]
    for height, level, style, width in lines:
        if height.min() < level < height.max():  # a contour of nothing is a warning
            look = {"colors": PALETTE["black"], "linestyles": style, "linewidths": width}
            ax.contour(u, v, height, levels=[level], **look)
    labeled_points(X, y, classes, ax=ax)
    ax.set(xlim=(left, right), ylim=(bottom, top))
    return ax


def _has_scores(model: Any) -> bool:
    return hasattr(model, "decision_function") and len(model.classes_) == 2


def _predicted(
    model: Any, grid: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return the classes, which of them is predicted at each point, and heights on the grid.

    The zeros of the heights are the boundaries: of smooth scores, where the model has them.
    """
    points, shape = grid.reshape(-1, 2), grid.shape[:2]
    if _has_scores(model):
        scores = np.asarray(model.decision_function(points), dtype=float).reshape(shape)
        return np.asarray(model.classes_), (scores > 0).astype(int), [scores]
    predicted = np.asarray(model.predict(points)).reshape(shape)
    classes = np.asarray(getattr(model, "classes_", np.union1d(y, predicted)))
    code = np.searchsorted(classes, predicted)  # (resolution, resolution), 0 … K − 1
    K = len(classes)
    return classes, code, [(code == k) - 0.5 for k in range(1 if K == 2 else K)]


def _limits(X: np.ndarray) -> tuple[float, float, float, float]:
    low, high = X.min(axis=0), X.max(axis=0)
    pad = np.where(high > low, 0.1 * (high - low), 1.0)
    return low[0] - pad[0], high[0] + pad[0], low[1] - pad[1], high[1] + pad[1]


def _require_colors(classes: np.ndarray) -> None:
    if len(classes) > len(MARKERS):
        raise ValueError(
            f"at most {len(MARKERS)} classes can be told apart in one picture, got {len(classes)}: "
            f"{classes.tolist()[:8]}. Draw fewer."
        )
