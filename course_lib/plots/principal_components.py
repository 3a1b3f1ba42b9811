"""Drawings of the chapter on principal components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS, labeled_points
from course_lib.plots.style import CYCLE, PALETTE

_CAPTURED, _LOST = PALETTE["blue"], PALETTE["vermillion"]


def axis_by_hand(
    Xc: ArrayLike, u: ArrayLike, names: Sequence[str], *, push: ArrayLike | None = None
) -> Figure:
    """Draw centred points and an axis through their mean, and what it captures and leaves.

    Each point has a stroke to its foot on the axis; a bar beside them holds the variance of the
    feet and the mean square of the strokes, which together are always the whole variance.

    Parameters
    ----------
    Xc : array of shape (n, 2)
        The mean of its rows is 0.
    u : array of shape (2,)
        Direction of the axis, of length 1.
    names : sequence of two str
        What the features are.
    push : array of shape (2,), optional
        Draw the arrow from the mean to here, of a fixed length, instead of the strokes.
    """
    Xc, u = np.asarray(Xc, dtype=float), np.asarray(u, dtype=float)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 4.2), width_ratios=[3.6, 1])
    reach = 1.08 * np.max(np.linalg.norm(Xc, axis=1))
    feet = (Xc @ u)[:, None] * u  # (n, 2)
    left.plot(*np.outer(u, [-reach, reach]), color=PALETTE["black"], lw=2, zorder=2)
    left.plot(*Xc.T, "o", color=PALETTE["sky"], ms=4, zorder=3)
    if push is None:
        strokes = np.stack([Xc, feet], axis=1)  # (n, 2 ends, 2)
        left.add_collection(LineCollection(strokes, colors=_LOST, linewidths=0.9, zorder=1))
        left.plot(*feet.T, "o", color=_CAPTURED, ms=3, zorder=4)
    else:
        to = 0.7 * reach * np.asarray(push) / np.linalg.norm(push)
        look = {"width": 0.018 * reach, "length_includes_head": True, "zorder": 5}
        left.arrow(0, 0, *(0.7 * reach * u), color=PALETTE["black"], **look)
        left.arrow(0, 0, *to, color=PALETTE["purple"], **look)
        left.plot([], [], color=PALETTE["black"], label="u")
        left.plot([], [], color=PALETTE["purple"], label="direction of Σu")
        left.legend(loc="upper left", borderpad=0.1)
    left.set(xlabel=names[0], ylabel=names[1], aspect="equal")
    left.set(xlim=(-reach, reach), ylim=(-reach, reach))
    _bar_of_parts(right, float(np.sum(feet**2)), float(np.sum(Xc**2)))
    return figure


def _bar_of_parts(ax: Axes, captured: float, total: float) -> None:
    """Draw both parts of the variance as one bar, in per cent of the whole."""
    share = 100 * captured / total
    ax.bar(0, share, color=_CAPTURED, width=0.96)
    ax.bar(0, 100 - share, bottom=share, color=_LOST, width=0.96)
    look = {"ha": "center", "va": "center", "fontsize": 12}
    for middle, size, word in (
        (share / 2, share, "captured"),
        (50 + share / 2, 100 - share, "lost"),
    ):
        if size > 9:
            ax.text(0, middle, f"{word}\n{size:.1f} %", color="white", **look)
    ax.set(xlim=(-0.5, 0.5), ylim=(0, 100), xticks=[], yticks=[0, 50, 100])
    ax.set_ylabel("% of the variance")


def first_axis(
    X: ArrayLike, origin: ArrayLike, v: ArrayLike, names: Sequence[str], *, far: bool = False
) -> Axes:
    """Draw points in equal axes, and an axis through `origin` in the direction v.

    Parameters
    ----------
    X : array of shape (n, 2)
    origin : array of shape (2,)
        Where the axis begins to be measured: the mean, or 0 where nobody took it off.
    v : array of shape (2,)
    names : sequence of two str
    far : bool
        Show the point 0, and an arrow from there to the mean.
    """
    _, ax = plt.subplots(figsize=(5.6, 4.0))
    X, origin, v = (np.asarray(a, dtype=float) for a in (X, origin, v))
    shown = np.vstack([X, np.zeros((1, 2))]) if far else X
    low, high = shown.min(axis=0), shown.max(axis=0)
    middle, half = (low + high) / 2, 0.6 * np.max(high - low)
    line = origin + np.outer([-9 * half, 9 * half], v)
    ax.plot(*line.T, color=_LOST, lw=2.5, label="first axis", zorder=2)
    ax.plot(*X.T, "o", color=_CAPTURED, ms=5, alpha=0.8, zorder=3)
    if far:
        look = {"arrowstyle": "-|>", "color": PALETTE["black"], "lw": 1.5}
        ax.annotate("", X.mean(axis=0), (0, 0), arrowprops=look, zorder=4)
        ax.plot(0, 0, "+", color=PALETTE["black"], ms=12, label="0, and the way to the mean")
    ax.set(
        xlim=middle[0] + 1.4 * half * np.array([-1, 1]), ylim=middle[1] + half * np.array([-1, 1])
    )
    ax.set(xlabel=names[0], ylabel=names[1], aspect="equal")
    ax.legend(loc="upper left", frameon=True)
    return ax


def montage(
    images: ArrayLike,
    columns: int,
    labels: Sequence[str] = (),
    *,
    span: float = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw small grey pictures in rows, in one pair of axes, each over its label.

    Parameters
    ----------
    images : array of shape (n, h, w)
        0 (black) to 1 (white), unless `span` says otherwise.
    columns : int
    labels : sequence of up to n str
    span : float
        Above 0, the values lie around 0, and −span is black, 0 middle grey, span white; below 0,
        the same for each picture with its own largest size as span.
    ax : optional
    """
    images = np.asarray(images, dtype=float)
    n, h, w = images.shape
    if span:
        size = np.abs(images).max(axis=(1, 2), keepdims=True) if span < 0 else span
        images = 0.5 + images / (2 * size)
    rows, gap = -(-n // columns), max(1, w // 12)
    room = gap + (round(0.32 * h) if len(labels) else 0)  # for the words
    sheet = np.full((rows * (h + room), columns * (w + gap) - gap), np.nan)
    for i, image in enumerate(images):
        top, left = (i // columns) * (h + room), (i % columns) * (w + gap)
        sheet[top : top + h, left : left + w] = image
    if ax is None:
        high = 5.6 * sheet.shape[0] / sheet.shape[1]
        _, ax = plt.subplots(figsize=(5.6, high + 0.1))
    ax.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    for i, label in enumerate(labels):
        place = (i % columns) * (w + gap) + w / 2 - 0.5, (i // columns) * (h + room) + h
        ax.text(*place, label, ha="center", va="top", fontsize=11)
    ax.set_axis_off()
    return ax


def scree(lam: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the variance of each axis as a bar, and of the first m together as a line.

    Parameters
    ----------
    lam : array of shape (d,)
        Variances along the axes, the largest first.
    ax : optional
    """
    ax, lam = ax or plt.gca(), np.asarray(lam, dtype=float)
    m, shares = np.arange(1, len(lam) + 1), 100 * lam / lam.sum()
    ax.bar(m, shares, color=PALETTE["sky"], label="axis m alone")
    ax.plot(m, shares.cumsum(), color=_CAPTURED, marker=".", label="the first m together")
    ax.set(xlabel="m", ylabel="% of the variance", ylim=(0, 102), xlim=(0, len(lam) + 1))
    ax.legend(loc="center right")
    return ax


def error_curves(
    m: ArrayLike, curves: Mapping[str, ArrayLike], *, mark: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw errors against the number of axes m, with the least of each curve marked.

    Parameters
    ----------
    m : array of shape (k,)
    curves : mapping of a name to an array of shape (k,) or (repeats, k)
        Of repeats the mean is drawn.
    mark : bool
        Whether to mark the least.
    ax : optional
    """
    ax, m = ax or plt.gca(), np.asarray(m)
    looks = zip(("-", "--", "-.", ":"), CYCLE, strict=False)
    for (name, values), (dashes, colour) in zip(curves.items(), looks, strict=False):
        mean = np.atleast_2d(np.asarray(values, dtype=float)).mean(axis=0)
        ax.plot(m, mean, dashes, color=colour, label=name)
        if mark:
            least = int(np.argmin(mean))
            ax.plot(m[least], mean[least], "D", color=colour, ms=8)
    ax.set(xlabel="number of axes m", ylim=(0, None))
    ax.legend(loc="upper left", bbox_to_anchor=(0.06, 1.02), fontsize=11)
    return ax


def areas_by_count(
    ms: Sequence[int], areas: Mapping[str, ArrayLike], at: int, level: float, word: str
) -> Axes:
    """Draw areas under the ROC against the number of axes, and a level that needs no axis.

    Parameters
    ----------
    ms : sequence of k int
        Above 0; their axis is logarithmic.
    areas : mapping of a name to an array of shape (k,)
    at : int
        Place in `ms` to mark.
    level : float
    word : str
        What reaches the level.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.6))
    ax.axhline(0.5, color=PALETTE["grey"], lw=0.8)
    ax.axhline(level, color=PALETTE["black"], ls=":", label=word)
    looks = zip(("-", "--", "-."), ("o", "s", "^"), CYCLE, strict=False)
    for (name, values), (dashes, marker, colour) in zip(areas.items(), looks, strict=False):
        values = np.asarray(values, dtype=float)
        ax.plot(ms, values, dashes, marker=marker, ms=4, color=colour, label=name)
        ax.plot(ms[at], values[at], marker, ms=10, color=colour)
    ax.set(xscale="log", xlabel="number of axes m", ylabel="area under the ROC", ylim=(0.3, 1.02))
    ax.set_xticks(ms, [str(m) for m in ms])
    ax.minorticks_off()
    ax.legend(loc="lower left", fontsize=9)
    return ax


def counts_chosen(chosen: Mapping[str, ArrayLike], truth: int, most: int) -> Figure:
    """Draw how often each rule chose which number of axes, a row for each rule.

    Parameters
    ----------
    chosen : mapping of a rule to an array of shape (tables,)
    truth : int
        The number that is there: a line in each row.
    most : int
        Where the axis ends.
    """
    figure, axes = plt.subplots(len(chosen), 1, figsize=(5.6, 3.6), sharex=True, sharey=True)
    for ax, (name, ms), colour in zip(axes, chosen.items(), CYCLE, strict=False):
        counts = np.bincount(np.asarray(ms), minlength=most + 1)
        ax.bar(np.arange(len(counts)), counts, color=colour)
        ax.axvline(truth, color=PALETTE["black"], ls=":")
        ax.set_title(name, loc="right", y=0.68, fontsize=11)
        ax.set(
            ylim=(0, 1.6 * len(np.asarray(ms))),
            yticks=[0, len(np.asarray(ms))],
            xlim=(-0.6, most + 0.6),
        )
    axes[len(chosen) // 2].set_ylabel("tables")
    axes[-1].set_xlabel("number of axes chosen")
    return figure


def cleaned_digits(
    clean: ArrayLike,
    noisy: ArrayLike,
    rebuilt: ArrayLike,
    ms: Sequence[int],
    errors: ArrayLike,
    at: int,
) -> Figure:
    """Draw digits in three rows, clean, noisy and rebuilt, over the curve of their errors.

    Parameters
    ----------
    clean, noisy, rebuilt : arrays of shape (k, 8, 8)
        0 (paper) to 1 (ink).
    ms : sequence of int
        Numbers of axes of the curve.
    errors : array of shape (len(ms),)
    at : int
        Place in `ms` of the number of axes that rebuilt the digits.
    """
    figure, (top, curve) = plt.subplots(2, 1, figsize=(5.6, 4.6), height_ratios=[1.25, 1])
    rows = [1 - np.asarray(one, dtype=float) for one in (clean, noisy, rebuilt)]
    k, h = rows[0].shape[:2]
    montage(np.clip(np.concatenate(rows), 0, 1), k, ax=top)
    for row, word in enumerate(("clean", "noisy", "rebuilt")):
        place = (row + 0.5) * (h + 1) - 1
        top.text(-1.5, place, word, ha="right", va="center", fontsize=12)
    curve.plot(ms, errors, "o-", color=_CAPTURED, ms=4)
    curve.plot(ms[at], errors[at], "D", color=_LOST, ms=9)
    curve.set(xlabel="number of axes m", ylabel="distance\nfrom the clean", ylim=(0, None))
    return figure


def score_map(
    Z: ArrayLike, arrows: ArrayLike, names: Sequence[str], marked: Mapping[str, int], length: float
) -> Axes:
    """Draw scores on two axes, with the weights of the features as arrows, and some points named.

    Parameters
    ----------
    Z : array of shape (n, 2)
        Scores.
    arrows : array of shape (d, 2)
        Weights of the features on both axes.
    names : sequence of d str
        The features.
    marked : mapping of a name to a row of Z
    length : float
        What an arrow of length 1 is on the axes of the scores.
    """
    _, ax = plt.subplots(figsize=(5.6, 4.6))
    Z = np.asarray(Z, dtype=float)
    ax.plot(*Z.T, ".", color=PALETTE["sky"], ms=6)
    arrows = length * np.asarray(arrows, dtype=float)
    ax.add_collection(LineCollection([[(0, 0), tip] for tip in arrows], colors=_LOST))
    last = -np.inf
    for j in np.argsort(arrows[:, 1]):  # from below: a name never covers the one before
        x, y = arrows[j]
        last = max(y, last + 0.07 * np.ptp(Z[:, 1]))
        side = "left" if x > 0 else "right"
        ax.text(1.05 * x, last, names[j], color=_LOST, ha=side, va="center", fontsize=11)
    for name, row in marked.items():
        ax.plot(*Z[row], "o", color=PALETTE["black"], ms=5)
        ax.annotate(name, Z[row], (4, 4), textcoords="offset points", fontsize=11)
    ax.axhline(0, color=PALETTE["grey"], lw=0.6)
    ax.axvline(0, color=PALETTE["grey"], lw=0.6)
    ax.set_aspect("equal")
    return ax


def loud_and_quiet(X: ArrayLike, y: ArrayLike, V: ArrayLike) -> Figure:
    """Draw points of two classes with both principal axes, and the classes' scores on each.

    Parameters
    ----------
    X : array of shape (n, 2)
    y : array of shape (n,)
        0 or 1.
    V : array of shape (2, 2)
        The axes, one a row, that of the larger variance first.
    """
    X, V = np.asarray(X, dtype=float), np.asarray(V, dtype=float)
    figure, axes = plt.subplots(2, 2, figsize=(5.6, 3.6), width_ratios=[1.15, 1])
    grid = axes[0, 0].get_gridspec()
    for ax in axes[:, 0]:
        ax.remove()
    cloud = figure.add_subplot(grid[:, 0])
    labeled_points(X, y, ax=cloud)
    for line in cloud.lines:
        line.set_markersize(4)
    mean, reach = X.mean(axis=0), 1.1 * np.abs(X - X.mean(axis=0)).max()
    for v, dashes in zip(V, ("-", "--"), strict=True):
        cloud.plot(*(mean[:, None] + np.outer(v, [-reach, reach])), dashes, color=PALETTE["black"])
    cloud.set(aspect="equal", xlabel="x₁", ylabel="x₂")
    cloud.set(xlim=mean[0] + np.array([-reach, reach]), ylim=mean[1] + np.array([-reach, reach]))
    for ax, v, name in zip(axes[:, 1], V, ("first axis (—)", "second axis (- -)"), strict=True):
        scores = (X - mean) @ v
        bins = np.linspace(scores.min(), scores.max(), 25)
        for k in (0, 1):
            ax.hist(scores[np.asarray(y) == k], bins, color=CYCLE[k], alpha=0.6)
        ax.set(title=name, yticks=[], xlabel="score")
    return figure


def maps_in_a_row(maps: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Figure:
    """Draw maps of points side by side, each point with the colour of its group.

    Parameters
    ----------
    maps : mapping of a title to points (n, 2) and their groups (n,)
        At most ten groups, numbered from 0.
    """
    figure, axes = plt.subplots(1, len(maps), figsize=(5.6, 5.6 / len(maps)))
    for ax, (title, (Z, groups)) in zip(axes, maps.items(), strict=True):
        Z, groups = np.asarray(Z), np.asarray(groups)
        for k in np.unique(groups):
            look: dict[str, Any] = {"color": CYCLE[k % len(CYCLE)], "ms": 3, "alpha": 0.8}
            if k >= len(CYCLE):
                look["mfc"] = "none"  # a ring: ten groups, six colours
            ax.plot(*Z[groups == k].T, MARKERS[k % len(MARKERS)], **look)
        ax.set(xticks=[], yticks=[])
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_title(title, fontsize=11)
        ax.spines[:].set_visible(True)
    return figure
