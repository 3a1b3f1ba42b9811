"""Drawings of the chapter on bagging and random forests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from course_lib.plots.basics import labeled_points
from course_lib.plots.style import CYCLE, PALETTE
from course_lib.plots.trees import node_places
from course_lib.trees.votes import (
    chances_of_right_votes,
    majority_right,
    spread_by_hardness,
    tree_votes,
)

BANDS = 10
"""Tints between the two classes in a map of vote shares."""


def _tint(name: str, strength: float = 0.35) -> np.ndarray:
    """Return a colour of the palette mixed with white."""
    return 1 - strength * (1 - np.asarray(to_rgb(PALETTE[name])))


def tree_and_vote(
    shares: ArrayLike,
    T: int,
    X: ArrayLike,
    y: ArrayLike,
    limits: Sequence[float],
) -> Figure:
    """Draw what the last of T trees says everywhere, and beside it the vote of all T.

    Parameters
    ----------
    shares : array of shape (≥ T, r, r)
        What each tree gives to the second of two classes, on a grid; rows run along x₂.
    T : int
        How many trees vote.
    X, y : arrays of shapes (n, 2) and (n,)
        The training points.
    limits : (left, right, bottom, top)
        The ends of the grid.
    """
    shares = np.asarray(shares, dtype=float)
    figure, axes = plt.subplots(1, 2, figsize=(6.0, 3.1), sharey=True)
    r = shares.shape[1]
    u, v = np.linspace(*limits[:2], r), np.linspace(*limits[2:], r)
    tints = LinearSegmentedColormap.from_list("votes", [_tint("blue"), "white", _tint("orange")])
    norm = BoundaryNorm(np.linspace(0, 1, BANDS + 1), tints.N)
    vote = "its own vote" if T == 1 else f"the vote of {T} trees"
    maps = {f"tree {T} alone": shares[T - 1], vote: shares[:T].mean(axis=0)}
    for ax, (title, part) in zip(axes, maps.items(), strict=True):
        ax.pcolormesh(u, v, part, cmap=tints, norm=norm, shading="nearest", rasterized=True)
        if part.min() < 0.5 < part.max():
            ax.contour(u, v, part, levels=[0.5], colors=PALETTE["black"], linewidths=1.3)
        labeled_points(X, y, ax=ax)
        for line in ax.lines:
            line.set_markersize(3)
        ax.set(xlim=limits[:2], ylim=limits[2:], aspect="equal", title=title)
        ax.set(xticks=[], yticks=[], xlabel="$x_1$")
    axes[0].set_ylabel("$x_2$")
    return figure


SIZES = np.arange(1, 102, 2)
"""Numbers of voters along the curve of `jury`: odd ones, so that no vote ties."""


def jury(T: int, p: float, rho: float) -> Figure:
    """Draw how many of T voters are right, and the majority's chance against the number of voters.

    Parameters
    ----------
    T : int
        Voters; odd.
    p : float
        The chance that one voter is right.
    rho : float
        The correlation of two voters.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.0, 3.2))
    chances = chances_of_right_votes(T, p, rho)  # (T + 1,)
    wins = np.arange(T + 1) > T / 2
    for part, name, word in ((wins, "green", "right"), (~wins, "vermillion", "wrong")):
        x = 100 * np.arange(T + 1)[part] / T
        left.bar(x, 100 * chances[part], width=85 / T, color=PALETTE[name], label=f"vote {word}")
    left.axvline(50, color=PALETTE["grey"], lw=1, ls="--")
    left.set(xlim=(-45 / T - 2, 102 + 45 / T), ylim=(0, 1.45 * 100 * chances.max()))
    left.set(xlabel="% of voters who are right", ylabel="chance (%)")
    left.legend(loc="upper left", borderpad=0, handlelength=1)
    curve = [100 * majority_right(size, p, rho) for size in SIZES]
    right.plot(SIZES, curve, color=PALETTE["black"])
    right.plot(T, 100 * majority_right(T, p, rho), "o", color=PALETTE["vermillion"], ms=9)
    right.axhline(100 * p, color=PALETTE["grey"], ls=":", lw=1.5)
    right.text(101, 100 * p + 1.5, "one voter", ha="right", color=PALETTE["grey"], fontsize=11)
    right.set(xlabel="voters", ylabel="majority right (%)", ylim=(0, 104), xlim=(0, 103))
    return figure


_PARTS = (
    ("bias2", "bias²", "grey"),
    ("floor", "ρσ²", "vermillion"),
    ("rest", "(1 − ρ)σ²/T", "sky"),
)


def parts_of_the_error(
    parts: Mapping[int, Mapping[str, float]],
    m: int,
    T: int,
    counts: Sequence[int],
    measured: ArrayLike,
) -> Figure:
    """Draw the variance of an average of trees, and the parts of the error for every m.

    Parameters
    ----------
    parts : mapping of m to "bias2", "rho" and "variance" (σ²)
    m : int
        The one whose variance is drawn on the left, and that is framed on the right.
    T : int
        Trees that are averaged.
    counts : sequence of c int
        Numbers of trees for which the variance was measured.
    measured : array of shape (c,)
        The variance of the average of so many trees of m features a node.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.0, 3.5))
    one = parts[m]
    floor, all_T = one["rho"] * one["variance"], np.geomspace(counts[0], counts[-1], 60)
    curve = floor + (one["variance"] - floor) / all_T
    left.fill_between(all_T, 0, floor, color=PALETTE["vermillion"], alpha=0.45, lw=0)
    left.fill_between(all_T, floor, curve, color=PALETTE["sky"], alpha=0.6, lw=0)
    left.plot(all_T, curve, color=PALETTE["black"], label="ρσ² + (1 − ρ)σ²/T")
    left.plot(counts, measured, "o", color=PALETTE["black"], mfc="white", label="of the same trees")
    left.axvline(T, color=PALETTE["black"], lw=1, ls="--")
    top = 1.35 * max(each["variance"] for each in parts.values())
    left.set(xscale="log", xlabel="trees T", ylabel="variance of the average", ylim=(0, top))
    left.set_xticks(counts, labels=[str(count) for count in counts])
    left.xaxis.set_minor_locator(NullLocator())
    left.legend(loc="upper right", borderpad=0, fontsize=11)
    bottoms, places = np.zeros(len(parts)), np.arange(len(parts))
    for key, label, color in _PARTS:
        heights = np.array([_part(each, key, T) for each in parts.values()])
        right.bar(places, heights, bottom=bottoms, color=PALETTE[color], label=label, width=0.75)
        bottoms += heights
    chosen = list(parts).index(m)
    look = {"fc": "none", "ec": PALETTE["black"], "lw": 2}
    right.bar(chosen, bottoms[chosen], width=0.75, **look)
    right.set_xticks(places, labels=[str(each) for each in parts])
    worst = max(each["bias2"] + each["variance"] for each in parts.values())
    right.set(xlabel="features m for a node", ylabel="squared error", ylim=(0, 1.4 * worst))
    right.legend(loc="upper right", borderpad=0, fontsize=11)
    return figure


def _part(one: Mapping[str, float], key: str, T: int) -> float:
    floor = one["rho"] * one["variance"]
    return {"bias2": one["bias2"], "floor": floor, "rest": (one["variance"] - floor) / T}[key]


COLUMNS = 20
"""Trees of which `out_of_bag` draws the bags."""

SAMPLES = 12
"""Training samples that it draws."""


def out_of_bag(
    forest: Any, X: np.ndarray, y: np.ndarray, T: int, curves: Mapping[str, ArrayLike]
) -> Figure:
    """Draw who votes on twelve training samples, the verdict, and errors against the trees.

    The samples are spread evenly from the easiest, at the bottom, to the hardest
    (`spread_by_hardness`).

    Parameters
    ----------
    forest : fitted bagging or forest of classification trees, on all features
    X, y : arrays of shapes (n, d) and (n,)
        What it was fitted to.
    T : int
        Trees so far; the bags of the first `COLUMNS` are drawn.
    curves : mapping of a name to an array of shape (T_max,)
        Errors in per cent of 1, 2, … trees.
    """
    figure, (above, below) = plt.subplots(2, 1, figsize=(5.8, 5.2), height_ratios=[1.15, 1])
    bags = [np.bincount(rows, minlength=len(y)) for rows in forest.estimators_samples_]
    out, votes = np.array(bags) == 0, tree_votes(forest, X)  # (trees, n)
    codes = np.searchsorted(forest.classes_, y)
    hits, few = votes == codes, spread_by_hardness(forest, X, y, SAMPLES)
    _draw_bags(above, out[:, few], hits[:, few], T)
    for row, i in enumerate(few):
        mine = votes[:T, i][out[:T, i]]
        if len(mine) == 0:
            above.text(COLUMNS + 0.6, row + 0.5, "no vote", va="center", fontsize=10)
        else:
            is_right = np.bincount(mine).argmax() == codes[i]
            mark, color = ("o", "blue") if is_right else ("X", "vermillion")
            above.plot(COLUMNS + 1.4, row + 0.5, mark, color=PALETTE[color], ms=8)
    looks = zip(("-", "--", ":"), ("vermillion", "black", "grey"), strict=True)
    for (name, curve), (style, color) in zip(curves.items(), looks, strict=False):
        sizes = np.arange(1, len(curve) + 1)
        below.plot(sizes, curve, style, color=PALETTE[color], label=name)
        below.plot(T, curve[T - 1], "o", color=PALETTE[color], ms=7)
    below.axvline(T, color=PALETTE["grey"], lw=1)
    below.set(xscale="log", xlabel="trees T", ylabel="%", ylim=(0, None))
    ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200) if t <= len(sizes)]
    below.set_xticks(ticks, labels=[str(t) for t in ticks])
    below.xaxis.set_minor_locator(NullLocator())
    below.legend(loc="upper right", borderpad=0)
    return figure


def _draw_bags(ax: Axes, out: np.ndarray, hits: np.ndarray, T: int) -> None:
    """Draw a row a sample and a column a tree: in the bag, or its vote."""
    codes = np.where(out, np.where(hits, 2, 3), 1)[:COLUMNS].T.astype(float)
    codes[:, T:] = 0
    colors = ["white", PALETTE["mist"], PALETTE["blue"], PALETTE["vermillion"]]
    look = {"vmin": 0, "vmax": 3, "ec": "white", "lw": 1.5}
    ax.pcolormesh(codes, cmap=ListedColormap(colors), **look)
    ax.set(xlim=(0, COLUMNS + 4.2), xlabel=f"the first {COLUMNS} trees", ylabel="training samples")
    ax.set_xticks([0.5, 4.5, 9.5, 14.5, 19.5], labels=["1", "5", "10", "15", "20"])
    ax.set_yticks([])
    ax.text(COLUMNS + 0.5, len(codes) + 0.3, "verdict", fontsize=11)
    ax.spines[:].set_visible(False)
    names = ("in the bag: no vote", "votes rightly", "votes wrongly")
    patches = [Patch(color=c, label=name) for c, name in zip(colors[1:], names, strict=True)]
    look = {"ncols": 3, "fontsize": 10, "handlelength": 1, "columnspacing": 1.2}
    ax.legend(handles=patches, loc="lower center", bbox_to_anchor=(0.45, 1.08), **look)


def one_sample(
    forest: Any, X: np.ndarray, i: int, shape: tuple[int, int], *, trees: int = 5
) -> Figure:
    """Draw a training picture and its way through trees: each votes that has not seen it.

    Parameters
    ----------
    forest : fitted forest of classification trees, on all features
    X : array of shape (n, d)
        What it was fitted to.
    i : int
        The sample.
    shape : (h, w)
        Of a picture.
    trees : int
        The first of the forest; odd, so that picture and trees fill two rows.
    """
    figure, axes = plt.subplots(2, (trees + 1) // 2, figsize=(6.0, 4.2))
    first, *others = np.ravel(axes)
    first.imshow(X[i].reshape(shape), cmap="gray_r", interpolation="nearest")
    first.set(xticks=[], yticks=[], title="one sample")
    first.spines[:].set_visible(True)
    members = zip(forest.estimators_, forest.estimators_samples_, strict=True)
    for number, (ax, (member, rows)) in enumerate(zip(others, members, strict=False), 1):
        times, tree = int(np.sum(rows == i)), member.tree_
        _draw_way(ax, tree, tree.path(X[i]), "grey" if times else "vermillion")
        says = f"says {member.predict(X[i : i + 1])[0]}"
        ax.set_title(f"tree {number}: " + (f"in the bag {times} ×" if times else says))
    return figure


def _draw_way(ax: Axes, tree: Any, path: Sequence[int], color: str) -> None:
    """Draw the branches of a tree, and those that a sample takes."""
    x, y = node_places(tree), -tree.depths()
    parents = np.flatnonzero(~tree.is_leaf)
    all_branches = [(t, child) for t in parents for child in (tree.left[t], tree.right[t])]
    taken = list(pairwise(path))
    for branches, shade, width in ((all_branches, "mist", 1), (taken, color, 2.5)):
        ends = [[(x[t], y[t]), (x[child], y[child])] for t, child in branches]
        ax.add_collection(LineCollection(ends, colors=PALETTE[shade], lw=width))
    ax.autoscale()
    ax.plot(x[path[-1]], y[path[-1]], "o", color=PALETTE[color], ms=7)
    ax.axis("off")


def steps_and_means(
    grid: ArrayLike,
    predictions: ArrayLike,
    sets: Sequence[tuple[np.ndarray, np.ndarray]],
    truth: ArrayLike,
) -> Figure:
    """Draw what the trees of training sets predict along one feature: a panel a set, and its mean.

    Parameters
    ----------
    grid : array of shape (r,)
    predictions : array of shape (sets, T, r)
    sets : sequence of (X, y)
        The training sets, X of shape (n, 1).
    truth : array of shape (r,)
    """
    predictions = np.asarray(predictions)
    size = (6.4, 2.9)
    figure, axes = plt.subplots(1, len(sets), figsize=size, sharex=True, sharey=True)
    for number, (ax, each, (X, y)) in enumerate(zip(axes, predictions, sets, strict=True), 1):
        ax.plot(X[:, 0], y, ".", color=PALETTE["grey"], ms=4)
        ax.plot(grid, each.T, color=PALETTE["sky"], lw=0.7)
        ax.plot(grid, each.mean(axis=0), color=PALETTE["vermillion"], lw=2.2)
        ax.plot(grid, truth, ":", color=PALETTE["black"], lw=1.5)
        ax.set(title=f"training set {number}", xlabel="x")
    axes[0].set_ylabel("prediction")
    return figure


def importances(
    names: Sequence[str],
    values: Mapping[str, ArrayLike],
    errors: Mapping[str, ArrayLike],
    *,
    most: int = 8,
) -> Figure:
    """Draw two kinds of importance side by side, each feature with its error.

    Parameters
    ----------
    names : sequence of d str
    values, errors : mappings of a panel's title to arrays of shape (d,)
        The first panel orders the features.
    most : int
        How many of them are drawn.
    """
    first = np.asarray(next(iter(values.values())))
    order = np.argsort(-first, kind="stable")[:most][::-1]
    figure, axes = plt.subplots(1, len(values), figsize=(6.0, 0.36 * most + 0.9), sharey=True)
    for ax, (title, value) in zip(np.ravel(axes), values.items(), strict=True):
        mine, spread = np.asarray(value)[order], np.asarray(errors[title])[order]
        look = {"color": PALETTE["sky"], "error_kw": {"capsize": 3, "lw": 1.2}}
        ax.barh(np.arange(len(order)), mine, xerr=spread, **look)
        ax.axvline(0, color=PALETTE["grey"], lw=1)
        ax.set_xlabel(title)
        ax.set_yticks(range(len(order)), labels=[names[j] for j in order])
        ax.tick_params(axis="y", length=0, labelsize=11)
    return figure


def close_votes(
    forest: Any,
    split: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    shape: tuple[int, int],
    *,
    rows: int = 6,
    nearest: int = 6,
) -> Figure:
    """Draw the test pictures with the closest votes, and the training pictures nearest by leaves.

    Parameters
    ----------
    forest : fitted RandomForestClassifier
    split : (A, B, a, b)
        Training and test pictures, one a row, training and test labels.
    shape : (h, w)
        Of a picture.
    rows, nearest : int
        How many of either.
    """
    A, B, a, b = split
    sure = np.sort(forest.predict_proba(B), axis=1)
    close = np.argsort(sure[:, -1] - sure[:, -2], kind="stable")[:rows]
    near = np.argsort(-forest.proximity(B[close], A), axis=1, kind="stable")[:, :nearest]
    images = np.concatenate([B[close], A]).reshape(-1, *shape)
    which = np.column_stack([np.arange(rows), near + rows])
    labels = np.concatenate([b[close], a])
    return neighbours_in_rows(images, labels, which, title="a close vote, and its neighbours")


def neighbours_in_rows(
    images: ArrayLike, labels: Sequence[object], rows: ArrayLike, *, title: str
) -> Figure:
    """Draw pictures in rows: each row begins with a picture, and those nearest to it follow.

    Parameters
    ----------
    images : array of shape (n, h, w)
    labels : sequence of n
        Written above each picture.
    rows : array of shape (r, c), int
        Which pictures; the first of a row has a frame.
    title : str
    """
    images, rows = np.asarray(images), np.asarray(rows)
    size = (0.8 * rows.shape[1] + 0.2, 0.95 * len(rows) + 0.5)
    figure, axes = plt.subplots(*rows.shape, figsize=size, squeeze=False)
    white = images.max()
    for i, j in np.ndindex(rows.shape):
        ax = axes[i, j]
        ax.imshow(images[rows[i, j]], cmap="gray_r", vmin=0, vmax=white, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.set_title(str(labels[rows[i, j]]), fontsize=11)
        ax.spines[:].set_visible(True)
        if j == 0:
            ax.spines[:].set(color=PALETTE["vermillion"], lw=3)
    figure.suptitle(title, fontsize=12)
    return figure


def errors_of_forests(errors: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Draw mean errors against the number of trees, a line a forest, in bands of standard errors.

    Parameters
    ----------
    errors : mapping of a name to an array of shape (repeats, T)
        In per cent, of 1, 2, …, T trees.
    ax : optional
    """
    ax = ax or plt.gca()
    for (name, values), color, style in zip(errors.items(), CYCLE, _STYLES, strict=False):
        values = np.asarray(values)
        mean, sizes = values.mean(axis=0), np.arange(1, values.shape[1] + 1)
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        ax.fill_between(sizes, mean - error, mean + error, color=color, alpha=0.25, lw=0)
        ax.plot(sizes, mean, style, color=color, label=name)
    ax.set(xlabel="trees T", ylabel="% wrong on new points")
    ax.legend(loc="upper right")
    return ax


_STYLES = ("-", "--", "-.", ":")
