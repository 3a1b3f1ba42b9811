"""Drawings of the chapter on clustering."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from course_lib.cluster.hierarchical import dendrogram
from course_lib.images.color import rgb_to_gray
from course_lib.plots.style import CYCLE, PALETTE

MARKERS = "os^Dv<>Pp"


def clusters(
    X: ArrayLike, a: ArrayLike | None, *, ax: Axes | None = None, size: float = 22
) -> Axes:
    """Draw points X (n, 2), those of one cluster of a (n,) in one colour and shape.

    Six colours and nine shapes tell 18 clusters apart; without labels, all are grey.
    """
    ax = ax or plt.gca()
    X = np.asarray(X, dtype=float)
    if a is None:
        ax.scatter(X[:, 0], X[:, 1], s=size, color=PALETTE["grey"])
        return ax
    for j in range(int(np.max(a)) + 1):
        mine = np.asarray(a) == j
        look = {"color": CYCLE[j % len(CYCLE)], "marker": MARKERS[j % len(MARKERS)]}
        ax.scatter(X[mine, 0], X[mine, 1], s=size, **look)
    return ax


def kmeans_step(
    X: ArrayLike,
    a: ArrayLike | None,
    before: ArrayLike,
    C: ArrayLike,
    inertias: Sequence[float],
    *,
    steps: int,
    ceiling: float,
) -> Figure:
    """Draw one half-step of k-means, and the inertia after each half-step so far.

    Parameters
    ----------
    X : array of shape (n, 2)
    a : array of shape (n,) or None
        The clusters; None before the first assignment.
    before, C : arrays of shape (k, 2)
        The centres before this half-step and after it; arrows join them.
    inertias : sequence of float
        Empty before the first assignment.
    steps : int
        Where the axis of half-steps ends.
    ceiling : float
        Where the axis of the inertia ends.
    """
    X, before, C = (np.asarray(b, dtype=float) for b in (X, before, C))
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.8), width_ratios=[2, 1])
    low, high = X.min(axis=0) - 0.7, X.max(axis=0) + 0.7
    _borders(C, low, high, left)
    clusters(X, a, ax=left, size=16)
    for start, end in zip(before, C, strict=True):
        left.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": PALETTE["black"]})
    for j, c in enumerate(C):
        left.plot(*c, "*", ms=17, color=CYCLE[j % len(CYCLE)], mec=PALETTE["black"], mew=1.2)
    left.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    left.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    t = np.arange(1, len(inertias) + 1)
    right.plot(t, inertias, color=PALETTE["grey"], lw=1)
    right.plot(t[::2], inertias[::2], "o", color=PALETTE["blue"], label="assign")
    right.plot(t[1::2], inertias[1::2], "s", color=PALETTE["orange"], label="update")
    right.set(xlabel="half-step", title="inertia $J$", xlim=(0, steps + 0.5), ylim=(0, ceiling))
    right.legend(loc="upper right")
    return figure


def _borders(C: np.ndarray, low: np.ndarray, high: np.ndarray, ax: Axes) -> None:
    """Draw the lines on which two centres are the nearest and equally far."""
    u, v = np.meshgrid(np.linspace(low[0], high[0], 240), np.linspace(low[1], high[1], 240))
    grid = np.column_stack([u.ravel(), v.ravel()])
    square = ((grid[:, None] - C) ** 2).sum(axis=2)  # (240², k)
    for j in range(len(C)):
        lead = square[:, j] - np.delete(square, j, axis=1).min(axis=1)
        ax.contour(u, v, lead.reshape(u.shape), levels=[0], colors=PALETTE["grey"], linewidths=0.8)


def tree(
    Z: ArrayLike, a: ArrayLike, height: float | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the dendrogram of Z (n−1, 4), its heights in percent of the last merge.

    Merges inside one cluster of a (n,) take its colour, those between clusters are black; a dashed
    line is the cut.
    """
    ax = ax or plt.gca()
    Z, a = np.asarray(Z, dtype=float), np.asarray(a)
    layout, n = dendrogram(Z), len(Z) + 1
    top = layout.height / layout.height[-1] * 100
    of = np.concatenate([a, np.full(n - 1, -1)])
    for t, (x, y) in enumerate(Z[:, :2].astype(int)):
        of[n + t] = of[x] if of[x] == of[y] else -1
        colour = CYCLE[of[n + t] % len(CYCLE)] if of[n + t] >= 0 else PALETTE["black"]
        xs, ys = layout.x[[x, x, y, y]], [top[x], top[n + t], top[n + t], top[y]]
        ax.plot(xs, ys, color=colour, lw=1.2)
    if height is not None:
        ax.axhline(height, ls="--", color=PALETTE["vermillion"], lw=1.5)
    ax.set(xticks=[], ylim=(0, 105), xlim=(-1, n), ylabel="height (% of the last merge)")
    ax.set_xlabel("samples")
    return ax


def cut_tree(X: ArrayLike, Z: ArrayLike, a: ArrayLike, height: float) -> Figure:
    """Draw points X (n, 2) in the clusters a (n,), beside the tree Z that was cut at `height`."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.6), width_ratios=[1, 1.15])
    clusters(X, a, ax=left)
    left.set(xticks=[], yticks=[], xlabel="$x_1$", ylabel="$x_2$")
    left.margins(0.08)
    left.set(aspect="equal", adjustable="datalim")  # distances are what the tree is made of
    tree(Z, a, height, ax=right)
    return figure


def ways_to_choose(
    X: ArrayLike,
    a: ArrayLike,
    k: int,
    ks: Sequence[int],
    curves: dict[str, ArrayLike],
    ranges: dict[str, tuple[float, float]],
) -> Figure:
    """Draw points X (n, 2) in k clusters a (n,), and four curves over ks with k marked on them.

    `ranges` fixes the axis of each curve.
    """
    figure = plt.figure(figsize=(5.6, 3.8))
    grid = figure.add_gridspec(2, 3, width_ratios=[1.45, 1, 1])
    left = figure.add_subplot(grid[:, 0])
    clusters(X, a, ax=left, size=12)
    left.set(xticks=[], yticks=[], title=f"$k = {k}$", xlabel="$x_1$", ylabel="$x_2$")
    left.set(xlim=(-6, 12), ylim=(-6, 12), aspect="equal")
    axes = [figure.add_subplot(grid[i, j]) for i in (0, 1) for j in (1, 2)]
    for ax, (name, values) in zip(axes, curves.items(), strict=True):
        values = np.asarray(values, dtype=float)
        ax.plot(ks, values, "-o", ms=4, color=PALETTE["blue"])
        at = list(ks).index(k)
        ax.plot(k, values[at], "D", ms=10, mfc="none", mew=2, color=PALETTE["vermillion"])
        ax.set(title=name, ylim=ranges[name], xlim=(ks[0] - 0.5, ks[-1] + 0.5))
        ax.set_xticks(list(ks)[1::2])
    for ax in axes[2:]:
        ax.set_xlabel("clusters $k$")
    return figure


def photo_in_few_colors(photo: ArrayLike, C: ArrayLike, a: ArrayLike) -> Figure:
    """Draw a photo with every pixel in the colour of its cluster, over the palette.

    Parameters
    ----------
    photo : array of shape (height, width, 3)
    C : array of shape (k, 3)
        Colours from 0 to 1. Each takes its share of the palette's width.
    a : array of shape (height · width,)
    """
    C = np.clip(np.asarray(C, dtype=float), 0, 1)
    shape = np.asarray(photo).shape
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 4.5), height_ratios=[9, 1])
    top.imshow(C[np.asarray(a)].reshape(shape))
    order = np.argsort(rgb_to_gray(C))  # from dark to light
    share = np.bincount(a, minlength=len(C))[order] / len(a)
    bottom.barh(0, share, left=np.cumsum(share) - share, color=C[order], height=1)
    bottom.set(xlim=(0, 1), ylim=(-0.5, 0.5))
    for ax in (top, bottom):
        ax.set_axis_off()
    return figure


def before_and_after(photo: ArrayLike, C: ArrayLike, a: ArrayLike) -> Figure:
    """Draw a photo (height, width, 3) beside itself in the colours C (k, 3) of its clusters a."""
    photo, C = np.asarray(photo), np.clip(np.asarray(C, dtype=float), 0, 1)
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 2.1))
    titles = (f"{len(np.unique(photo.reshape(-1, 3), axis=0)):,} colours", f"{len(C)} colours")
    for ax, image, title in zip(
        axes, (photo, C[np.asarray(a)].reshape(photo.shape)), titles, strict=True
    ):
        ax.imshow(image)
        ax.set_title(title)
        ax.set_axis_off()
    return figure


def shapes(X: ArrayLike, a: ArrayLike, truth: ArrayLike, method: str) -> Figure:
    """Draw points X (n, 2) in the clusters a (n,) that a method found, beside the groups made.

    A cluster takes the colour of the group with which it shares most samples.
    """
    a, truth = np.asarray(a), np.asarray(truth)
    k = 1 + max(a.max(), truth.max())
    shared = np.bincount(a * k + truth, minlength=k * k).reshape(k, k)
    a = linear_sum_assignment(shared, maximize=True)[1][a]
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.2))
    for ax, labels, title in zip(axes, (truth, a), ("made", f"found by {method}"), strict=True):
        clusters(X, labels, ax=ax, size=14)
        ax.set(title=title, xticks=[], yticks=[], aspect="equal")
        ax.margins(0.06)
    return figure


def agreement_against_noise(columns: Sequence[int], curves: dict[str, ArrayLike]) -> Axes:
    """Draw each method's share of samples in the right cluster against the columns of noise."""
    ax = plt.gca()
    for j, (name, values) in enumerate(curves.items()):
        ax.plot(range(len(columns)), values, f"-{MARKERS[j]}", label=name)
    ax.set_xticks(range(len(columns)), [str(c) for c in columns])
    ax.axhline(0.5, color=PALETTE["grey"], ls=":", lw=1)
    ax.set(xlabel="columns of noise", ylabel="in the right cluster", ylim=(0.45, 1.03))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    return ax


def shares_of_the_next_draw(X: ArrayLike, C: ArrayLike) -> Figure:
    """Draw how k-means++ draws: points X (n, 2), each with an area as its chance to be drawn next.

    One picture for each of the centres C (k, 2) but the last: the chance is proportional to the
    squared distance to the nearest centre so far; the centre drawn next is a ring.
    """
    X, C = np.asarray(X, dtype=float), np.asarray(C, dtype=float)
    figure, axes = plt.subplots(1, len(C) - 1, figsize=(5.6, 1.7), squeeze=False)
    for j, ax in enumerate(axes.flat, start=1):
        square = ((X[:, None] - C[:j]) ** 2).sum(axis=2).min(axis=1)
        ax.scatter(*X.T, s=1000 * square / square.sum(), color=PALETTE["blue"], ec="white", lw=0.3)
        ax.plot(*C[:j].T, "*", ms=13, color=PALETTE["orange"], mec=PALETTE["black"])
        ax.plot(*C[j], "o", ms=12, mfc="none", mec=PALETTE["vermillion"], mew=2)
        ax.set(xticks=[], yticks=[], aspect="equal", title=f"{j} centre{'s' * (j > 1)}")
        ax.margins(0.08)
    return figure


def density(X: ArrayLike, a: ArrayLike, core: ArrayLike, eps: float, least: int) -> Figure:
    """Draw points X (n, 2) in their clusters a (n,): core samples filled, noise as crosses.

    A circle of radius `eps` around the sample nearest to the mean of the first cluster's core (of
    all samples, where there is no cluster) shows what is near; the title counts what it holds and
    names the `least` number of neighbours that a core sample (index in `core`) has.
    """
    X, a, core = np.asarray(X, dtype=float), np.asarray(a), np.isin(np.arange(len(a)), core)
    first = core & (a == 0) if core.any() else np.ones(len(a), dtype=bool)
    away = np.linalg.norm(X - X[first].mean(axis=0), axis=1)
    middle = X[np.argmin(np.where(first, away, np.inf))]
    figure, ax = plt.subplots(figsize=(5.6, 3.9))
    for j in range(a.max() + 1):
        look = {"color": CYCLE[j % len(CYCLE)], "marker": MARKERS[j % len(MARKERS)]}
        ax.scatter(*X[(a == j) & core].T, s=26, **look)
        ax.scatter(*X[(a == j) & ~core].T, s=26, facecolors="none", edgecolors=look["color"],
                   marker=look["marker"])  # fmt: skip
    ax.scatter(*X[a < 0].T, s=26, color=PALETTE["grey"], marker="x", lw=1.2)
    ax.add_patch(plt.Circle(middle, eps, fill=False, color=PALETTE["black"], lw=1.8))
    inside = int(np.sum(np.linalg.norm(X - middle, axis=1) <= eps))
    ax.set_title(f"in the circle: {inside}; a core needs {least}")
    ax.set(xticks=[], yticks=[])
    ax.margins(0.05)
    ax.set(aspect="equal", adjustable="datalim")
    return figure
