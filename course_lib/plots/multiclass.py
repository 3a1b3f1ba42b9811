"""Drawings of the chapter on classifiers of many classes that are made of classifiers of two."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from course_lib.multiclass_measures import duels_of, grid_of, undecided, walk
from course_lib.plots.basics import decision_regions, image_grid
from course_lib.plots.style import CYCLE, PALETTE

HATCHES = {"nobody": "///", "several": "...", "tied": "xxx"}
"""How an area is marked in which the machines do not single out one class."""

LEGEND = {
    "nobody": "no machine claims it",
    "several": "several claim it",
    "tied": "the votes tie",
}


def doubts(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    limits: Sequence[float],
    resolution: int = 140,
    lines: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the regions of a strategy, its machines' lines, and hatched where it is in doubt.

    Parameters
    ----------
    model : fitted strategy of `course_lib.multiclass`
    X, y : arrays of shapes (n, 2) and (n,)
    limits : (left, right, bottom, top)
    resolution : int
        Points along each side of the grid.
    lines : bool
        Whether each machine's own boundary is drawn, dashed.
    """
    ax = decision_regions(model, X, y, limits=limits, resolution=resolution, ax=ax)
    u, v, points = grid_of(limits, resolution)
    shape = (resolution, resolution)
    with plt.rc_context({"hatch.color": PALETTE["black"], "hatch.linewidth": 0.8}):
        for kind, where in undecided(model, points).items():
            if where.any():
                look = {"colors": "none", "hatches": [HATCHES[kind]]}
                ax.contourf(u, v, where.reshape(shape).astype(float), levels=[0.5, 1.5], **look)
    for machine in model.estimators_ if lines else ():
        score = np.asarray(machine.decision_function(points), dtype=float).reshape(shape)
        if score.min() < 0 < score.max():
            look = {"colors": PALETTE["grey"], "linestyles": "--", "linewidths": 1.1}
            ax.contour(u, v, score, levels=[0], **look)
    ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    return ax


def _doubts_legend(figure: Figure, kinds: Sequence[str]) -> None:
    patches = [
        Patch(facecolor="white", edgecolor=PALETTE["black"], hatch=HATCHES[k], label=LEGEND[k])
        for k in kinds
    ]
    if patches:
        figure.legend(handles=patches, loc="outside lower center", ncols=2, fontsize=11)


def two_strategies(
    models: Mapping[str, Any], X: ArrayLike, y: ArrayLike, limits: Sequence[float]
) -> Figure:
    """Draw the doubts of two strategies side by side; the keys are the titles."""
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.7), sharey=True)
    for ax, (title, model) in zip(axes, models.items(), strict=True):
        doubts(model, X, y, limits=limits, ax=ax)
        ax.set(title=title, xticks=[], yticks=[])
    axes[0].legend(loc="lower left", handletextpad=0.1, borderpad=0.1, labelspacing=0.2)
    axes[1].set_ylabel("")
    _doubts_legend(figure, list(HATCHES))
    return figure


def strategy_map(
    model: Any, X: ArrayLike, y: ArrayLike, limits: Sequence[float], *, lines: bool = True
) -> Figure:
    """Draw the doubts of one strategy, the classes beside and the hatches below the map."""
    figure, ax = plt.subplots(figsize=(5.6, 4.6))
    doubts(model, X, y, limits=limits, lines=lines, ax=ax)
    ax.set(xticks=[], yticks=[])
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handletextpad=0.1)
    _doubts_legend(figure, [kind for kind in HATCHES if kind in undecided(model, X[:1])])
    return figure


def dag(
    classes: Sequence[Any], nodes: Sequence[tuple[int, int]] = (), *, ax: Axes | None = None
) -> Axes:
    """Draw a decision DAG of the classes, and the walk of a sample through its nodes.

    Node (i, j) compares class i with class j. To the left goes who is not j, to the right who is
    not i; the leaves below have a class left.
    """
    ax = ax or plt.gca()
    K, seen = len(classes), set(nodes)
    steps = set(itertools.pairwise(nodes))
    for i in range(K):
        for j in range(i, K):
            x, y = i + j, j - i
            for child in ((i, j - 1), (i + 1, j)) if i < j else ():
                on = ((i, j), child) in steps
                look = {"color": PALETTE["vermillion" if on else "grey"], "lw": 3.2 if on else 1}
                ax.plot([x, sum(child)], [y, child[1] - child[0]], zorder=3 if on else 1, **look)
            leaf = i == j
            tint = 0.75 + 0.25 * np.asarray(to_rgb(CYCLE[i])) if leaf else "white"
            edge = PALETTE["vermillion" if (i, j) in seen else "grey"]
            box = {"boxstyle": "round,pad=0.25", "fc": tint, "ec": edge}
            box["lw"] = 2.4 if (i, j) in seen else 1
            name = f"{classes[i]}" if leaf else f"{classes[i]} or {classes[j]}"
            ax.text(x, y, name, ha="center", va="center", fontsize=11, bbox=box, zorder=4)
    ax.set(xlim=(-0.9, 2 * K - 1.1), ylim=(-0.5, K - 0.6))
    ax.set_axis_off()
    return ax


def votes_and_walk(
    model: Any, X: ArrayLike, y: ArrayLike, point: ArrayLike, *, limits: Sequence[float]
) -> Figure:
    """Draw a point among the classes, the votes of all pairs there, and its walk through the DAG.

    Parameters
    ----------
    model : fitted `OneVsOneClassifier` of at most six classes
    X, y : arrays of shapes (n, 2) and (n,)
    point : array of shape (2,)
    limits : (left, right, bottom, top)
    """
    figure = plt.figure(figsize=(5.6, 4.4))
    left, right = figure.subfigures(1, 2, width_ratios=[1.05, 1])
    above, below = left.subplots(2, 1, height_ratios=[3, 1.1])
    doubts(model, X, y, limits=limits, resolution=110, ax=above)
    above.plot(*np.asarray(point), "*", ms=17, color=PALETTE["black"], mec="white", zorder=6)
    above.set(xticks=[], yticks=[])
    votes = np.asarray(model.votes(np.asarray(point)[None]))[0]  # (K,)
    names = [str(name) for name in model.classes_]
    below.bar(names, votes, color=CYCLE[: len(names)])
    below.set(ylim=(0, len(names) - 1), yticks=range(len(names)), ylabel="votes")
    dag(names, walk(duels_of(model, point)), ax=right.subplots())
    return figure


def counts(
    tables: Mapping[str, Mapping[str, float]], limits: Mapping[str, float], chosen: str
) -> Figure:
    """Draw a panel of bars for each table: a bar a strategy, the chosen one in colour.

    Parameters
    ----------
    tables : mapping of a panel's title to the values by strategy
    limits : mapping of a panel's title to where its axis ends
    chosen : str
    """
    figure, axes = plt.subplots(len(tables), 1, figsize=(5.6, 1.25 * len(tables) + 0.3))
    for ax, (title, values) in zip(np.ravel(axes), tables.items(), strict=True):
        names = list(values)
        tint = [PALETTE["vermillion" if name == chosen else "grey"] for name in names]
        bars = ax.barh(names, list(values.values()), color=tint)
        ax.bar_label(bars, fmt="{:,.6g}", padding=3, fontsize=11)
        ax.set(title=title, xlim=(0, 1.18 * limits[title]), xticks=[])
        ax.tick_params(axis="y", labelsize=10.5, length=0)
        ax.spines["bottom"].set_visible(False)
        ax.invert_yaxis()
    return figure


def tree_of_images(children: Mapping[Any, tuple[Any, Any]], root: Any, images: Mapping) -> Figure:
    """Draw a binary tree whose leaves are pictures.

    Parameters
    ----------
    children : mapping of an inner node to its two children
    root : the node on top
    images : mapping of a leaf to its picture, an array of shape (h, w)
    """
    place: dict[Any, tuple[float, float]] = {}
    width = 0

    def put(node: Any) -> float:
        """Place a node above its children; return its height, 0 for a leaf."""
        nonlocal width
        if node not in children:
            place[node] = (width, 0.0)
            width += 1
            return 0.0
        height = max(put(child) for child in children[node]) + 1
        place[node] = (float(np.mean([place[c][0] for c in children[node]])), height)
        return height

    put(root)
    figure, ax = plt.subplots(figsize=(5.6, 3.2))
    for node, pair in children.items():
        x, y = place[node]
        for child in pair:
            cx, cy = place[child]
            ax.plot([x, cx, cx], [y, y, cy], color=PALETTE["grey"], lw=1.6)
    for leaf, image in images.items():
        picture = OffsetImage(image, zoom=30 / len(image), cmap="gray_r", interpolation="nearest")
        frame = {"edgecolor": PALETTE["mist"], "lw": 1}
        ax.add_artist(AnnotationBbox(picture, place[leaf], pad=0.1, bboxprops=frame))
        ax.text(place[leaf][0], -0.75, str(leaf), ha="center", va="top")
    ax.set(xlim=(-0.6, width - 0.4), ylim=(-1.4, place[root][1] + 0.3))
    ax.set_axis_off()
    return figure


def strips_with_sets(S: ArrayLike, Y: ArrayLike) -> Figure:
    """Draw strips of 8 × 8 pictures, three in a row, each under the set of its classes.

    Parameters
    ----------
    S : array of shape (n, length · 64)
        Ink from 0 to 16, a strip a row.
    Y : bool array of shape (n, K)
    """
    S = np.asarray(S, dtype=float)
    wide = S.reshape(len(S), -1, 8, 8).swapaxes(1, 2).reshape(len(S), 8, -1)
    sets = ["{" + ", ".join(map(str, np.flatnonzero(row))) + "}" for row in np.asarray(Y)]
    return image_grid(1 - wide / 16, sets, columns=3)
