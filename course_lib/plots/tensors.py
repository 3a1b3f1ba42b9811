"""Drawings of the chapter on tensors and tables: arrays as cells, scales, maps and unit balls."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE

_SIDE = 0.86  # of a cell; the rest is the gap to the next one


def cells(
    values: ArrayLike,
    *,
    at: tuple[float, float] = (0.0, 0.0),
    stored: ArrayLike | None = None,
    colors: ArrayLike | str = PALETTE["blue"],
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw an array of at most two axes as a table of cells, its upper left corner at (x, y).

    Parameters
    ----------
    values : array of shape (), (q,) or (p, q)
        One axis is drawn as a row.
    stored : array of the same shape, bool, optional
        The cells that exist in memory; the others are drawn dashed, as copies that nobody makes.
    colors : a colour, or an array of colours of the same shape
    title : str
        Written above.
    """
    ax = ax or plt.gca()
    table = np.atleast_2d(values)
    stored = np.broadcast_to(True if stored is None else np.atleast_2d(stored), table.shape)
    colors = np.broadcast_to(np.asarray(colors, dtype=object), np.shape(values))
    colors = np.atleast_2d(colors)
    for (i, j), value in np.ndenumerate(table):
        x, y = at[0] + j, at[1] - i
        real = stored[i, j]
        look = {"fc": colors[i, j], "alpha": 0.25, "ec": "none"} if real else {"fc": "none"}
        ax.add_patch(Rectangle((x, y - _SIDE), _SIDE, _SIDE, lw=0, **look))
        edge = {"ec": colors[i, j], "lw": 1.6 if real else 1.0, "ls": "-" if real else ":"}
        ax.add_patch(Rectangle((x, y - _SIDE), _SIDE, _SIDE, fc="none", **edge))
        ink = PALETTE["black"] if real else PALETTE["grey"]
        place = (x + _SIDE / 2, y - _SIDE / 2)
        ax.annotate(f"{value:g}", place, ha="center", va="center_baseline", color=ink)
    ax.annotate(title, (at[0], at[1] + 0.12), ha="left", va="bottom")
    return ax


def broadcasting(A: ArrayLike, B: ArrayLike) -> Figure:
    """Draw A + B with the stretched cells of both, or where their shapes do not fit."""
    A, B = np.asarray(A), np.asarray(B)
    figure, ax = plt.subplots(figsize=(5.6, 5.3))
    try:
        shape = np.broadcast_shapes(A.shape, B.shape)
    except ValueError:
        shape = None
    for array, color, x, name in ((A, "blue", 0, "A"), (B, "orange", 5.2, "B")):
        full = array if shape is None else np.broadcast_to(array, shape)
        title = f"{name}: {array.shape}"
        cells(
            full,
            at=(x, 0),
            stored=_stored(array, full.shape),
            colors=PALETTE[color],
            title=title,
            ax=ax,
        )
    ax.annotate("+", (4.53, -0.43), ha="center", va="center", fontsize=18)
    if shape is None:
        ax.annotate(
            _clash(A.shape, B.shape),
            (0, -5.6),
            va="top",
            color=PALETTE["vermillion"],
            family="DejaVu Sans Mono",
            linespacing=1.5,
        )
    else:
        cells(A + B, at=(2.6, -5.3), colors=PALETTE["green"], title=f"A + B: {shape}", ax=ax)
        ax.annotate("=", (1.9, -5.73), ha="center", va="center", fontsize=18)
    ax.set(xlim=(-0.1, 9.25), ylim=(-9.3, 0.8), aspect="equal")
    ax.axis("off")
    return figure


def _stored(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which cells of an array stretched to `shape` are its own."""
    own = np.zeros(shape, dtype=bool)
    new = len(shape) - array.ndim
    own[(0,) * new + tuple(slice(length) for length in array.shape)] = True
    return own


def _clash(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    """The two shapes, aligned at the right, above what does not fit."""
    width = max(len(a), len(b))
    rows = [" ".join(f"{length:>2}" for length in ("",) * (width - len(s)) + s) for s in (a, b)]
    bad = [(p, q) for p, q in zip(a[::-1], b[::-1], strict=False) if p != q and 1 not in (p, q)]
    return f"A: {rows[0]}\nB: {rows[1]}\nError: {bad[0][0]} against {bad[0][1]}"


def along(A: ArrayLike, operation: str, axis: int | None, *, keepdims: bool = False) -> Figure:
    """Draw A (3, 4) and its sum, mean or running sum along an axis; one colour a result.

    Parameters
    ----------
    operation : "sum", "mean" or "cumsum"
    axis : 0, 1 or None, for all cells
    keepdims : bool, default=False
        Whether the axis stays, with length 1; not for "cumsum", which keeps all cells.
    """
    A = np.asarray(A, dtype=float)
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    rows, columns = np.indices(A.shape)
    palette = np.array(CYCLE, dtype=object)
    colors = palette[{None: 0 * rows, 0: columns, 1: rows}[axis]]
    cells(A, colors=colors, title=f"A: {A.shape}", ax=ax)
    if operation == "cumsum":
        result = A.cumsum(axis=axis)
        inks, title = colors, str(result.shape)
        if axis is None:  # the row of twelve is too long for a page
            result, title = result.reshape(A.shape), f"{title}, in lines of 4"
    else:
        result = getattr(A, operation)(axis=axis, keepdims=keepdims)
        inks, title = palette[np.arange(result.size)].reshape(result.shape), str(result.shape)
    cells(result, at=(4.7, 0), colors=inks, title=title, ax=ax)
    ax.set(xlim=(-0.1, 8.8), ylim=(-3.1, 0.8), aspect="equal")
    ax.axis("off")
    return figure


def picture_as_numbers(picture: ArrayLike) -> Figure:
    """Draw a picture (h, w, 3) and its numbers as they lie in memory, a line for each row of it.

    Each number is drawn in its own channel: red, green, blue, red, green, blue, …
    """
    picture = np.asarray(picture)
    h, w, _ = picture.shape
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.2), width_ratios=(1, 2.1))
    left.imshow(picture, interpolation="nearest")
    left.set_title(f"{picture.shape}")
    channels = picture[..., None] * np.eye(3)  # (h, w, 3, 3): a number and the colour it has
    right.imshow(channels.reshape(h, 3 * w, 3), interpolation="nearest", aspect="auto")
    right.set_title(f"{h} lines of {3 * w} numbers")
    for ax in (left, right):
        ax.axis("off")
    return figure


def scaled_with_outlier(
    x: ArrayLike, z: ArrayLike, usual: ArrayLike, *, name: str, unit: str
) -> Figure:
    """Draw values x (n,) above, and z (n,), the same scaled, below; the last one is the outlier.

    The lower axis shows the range of `usual` (n,), whatever z is, so that pictures can be compared.
    An outlier beyond it becomes an arrow at the edge, with its value.
    """
    figure, axes = plt.subplots(2, 1, figsize=(5.6, 3.6))
    height = np.random.default_rng(0).uniform(-1, 1, len(np.asarray(x)))
    for ax, values, label in zip(axes, (x, z), (unit, name), strict=True):
        values = np.asarray(values)
        ax.scatter(values[:-1], height[:-1], s=16, color=PALETTE["blue"], alpha=0.5)
        ax.scatter(values[-1:], [0], s=70, marker="D", color=PALETTE["vermillion"])
        ax.set(yticks=[], ylim=(-1.6, 1.6), xlabel=label)
        ax.spines["left"].set_visible(False)
    least, most = np.min(usual), np.max(usual)
    margin = 0.05 * (most - least)
    axes[1].set_xlim(least - margin, most + margin)
    if (place := np.asarray(z)[-1]) > most + margin:
        arrow = {"arrowstyle": "-|>", "color": PALETTE["vermillion"], "lw": 2.5}
        start, end = (0.9, 0.5), (1.0, 0.5)
        axes[1].annotate("", end, start, xycoords="axes fraction", arrowprops=arrow)
        text = {"xycoords": "axes fraction", "ha": "right", "color": PALETTE["vermillion"]}
        box = {"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1}
        axes[1].annotate(f"{place:.3g}", (0.99, 0.66), bbox=box, **text)
    return figure


def combined(
    v: ArrayLike, w: ArrayLike, a: float, b: float, goal: ArrayLike, *, limit: float = 6.4
) -> Axes:
    """Draw a·v and, from its tip, b·w, on all points that v and w (2,) reach together.

    These are the tinted plane, with the grid of whole multiples, or a line, or the origin. On a
    line the two arrows would hide each other, and are moved to its two sides. The star is `goal`.
    """
    ax = plt.figure(figsize=(4.7, 4.7)).gca()
    v, w, goal = (np.asarray(x, dtype=float) for x in (v, w, goal))
    rank = np.linalg.matrix_rank([v, w])
    far = 8 * limit
    if rank == 2:
        ax.set_facecolor(mpl.colors.to_rgba(PALETTE["sky"], 0.18))
        for k in range(-20, 21):
            for start, way in ((k * w, v), (k * v, w)):
                ends = np.array([start - far * way, start + far * way])
                ax.plot(*ends.T, color="white", lw=1.6, zorder=0)
    else:
        longer = max(v, w, key=np.linalg.norm)
        line = np.array([-far * longer, far * longer])
        ax.plot(*line.T, color=PALETTE["sky"], alpha=0.45, lw=7, zorder=0)
    tip = a * v
    aside = np.zeros(2)
    if rank == 1:
        aside = 0.22 * np.array([-longer[1], longer[0]]) / np.linalg.norm(longer)
    steps = ((aside, tip + aside), (tip - aside, tip + b * w - aside))
    inks, names = ("green", "vermillion"), (r"$a\,\mathbf{v}$", r"$b\,\mathbf{w}$")
    for (start, end), ink, name in zip(steps, inks, names, strict=True):
        if not np.array_equal(start, end):
            look = {"arrowstyle": "-|>", "color": PALETTE[ink], "lw": 2.5, "shrinkA": 0}
            ax.annotate("", end, start, arrowprops={**look, "shrinkB": 0})
        ax.plot([], [], color=PALETTE[ink], lw=2.5, label=name)
    ring = {"ms": 15, "mew": 3, "ls": "", "label": "sum", "zorder": 4}
    ax.plot(*goal, "*", color=PALETTE["black"], ms=14, ls="", label="star", zorder=3)
    ax.plot(*(tip + b * w), "o", mfc="none", mec=PALETTE["blue"], **ring)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xticks=range(-6, 7, 2), yticks=range(-6, 7, 2))
    look = {"handlelength": 1.2, "columnspacing": 1.2, "bbox_to_anchor": (0.5, 1.14)}
    ax.legend(loc="upper center", ncols=4, **look)
    return ax


_F = np.array(
    [(0.3, 0.2), (0.3, 0.8), (0.7, 0.8), (0.7, 0.7), (0.42, 0.7), (0.42, 0.56), (0.6, 0.56),
     (0.6, 0.46), (0.42, 0.46), (0.42, 0.2)]
)  # fmt: skip


def moved_square(M: ArrayLike, *, limit: float = 3.4, ax: Axes | None = None) -> Axes:
    """Draw where M (2, 2) takes the unit square, with the letter F in it that shows its side.

    The columns of M are where the two unit vectors go.
    """
    ax = ax or plt.figure(figsize=(4.6, 4.6)).gca()
    M = np.asarray(M, dtype=float)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    lines = np.arange(-8, 9)
    for t in lines:
        for line in (np.array([(t, -8), (t, 8)]), np.array([(-8, t), (8, t)])):
            ax.plot(*(line @ M.T).T, color=PALETTE["mist"], lw=1, zorder=0)
    ax.add_patch(Polygon(square, fc="none", ec=PALETTE["grey"], ls="--", lw=1.5))
    turned = np.linalg.det(M) < 0
    color = PALETTE["orange" if turned else "blue"]
    ax.add_patch(Polygon(square @ M.T, fc=color, alpha=0.25, lw=0))
    ax.add_patch(Polygon(square @ M.T, fc="none", ec=color, lw=2))
    ax.add_patch(Polygon(_F @ M.T, fc=color, ec=color, lw=1.5))
    for column, ink, name in zip(M.T, ("green", "vermillion"), ("first", "second"), strict=True):
        arrow = {"arrowstyle": "-|>", "color": PALETTE[ink], "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", column, (0, 0), arrowprops=arrow)
        ax.plot([], [], color=PALETTE[ink], lw=2.5, label=f"{name} column")
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ax.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.14))
    return ax


def unit_ball(p: float, *, ax: Axes | None = None) -> Axes:
    """Draw the points of the plane with (|x₁|ᵖ + |x₂|ᵖ)^(1/p) at most 1, on those of 1, 2 and ∞.

    The dashed chord joins two points of length 1; where the triangle inequality holds, its middle
    is no longer than they are.
    """
    ax = ax or plt.figure(figsize=(4.6, 4.4)).gca()
    for other in (1, 2, np.inf):
        ax.add_patch(Polygon(_circle(other), fc="none", ec=PALETTE["grey"], lw=1, ls=":"))
    ax.add_patch(Polygon(_circle(p), fc=PALETTE["sky"], alpha=0.35, lw=0))
    ax.add_patch(Polygon(_circle(p), fc="none", ec=PALETTE["blue"], lw=2.5))
    ax.plot([1, 0], [0, 1], "--", color=PALETTE["vermillion"], lw=1.5)
    ax.plot([0.5], [0.5], "D", color=PALETTE["vermillion"], ms=8)
    ax.annotate("(½, ½)", (0.57, 0.6), color=PALETTE["vermillion"])
    ax.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    return ax


def _circle(p: float) -> np.ndarray:
    """Points (400, 2) whose p-norm is 1."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    if np.isinf(p):
        return directions / np.abs(directions).max(axis=1, keepdims=True)
    # |cos|^(2/p) keeps the corners of a small p sharp
    return np.sign(directions) * np.abs(directions) ** (2 / p)
