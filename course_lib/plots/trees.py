"""Drawings of the chapter on decision trees; `draw_tree` serves every chapter with a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS, decision_regions
from course_lib.plots.style import CYCLE, PALETTE
from course_lib.trees.impurity import entropy
from course_lib.trees.pruning import collapse_alphas
from course_lib.trees.text import mean_in_words, names_of, threshold_in_words

SHORT = 9  # trees of at most so many leaves have room for words


def draw_tree(
    model: Any,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    *,
    kept: ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a fitted tree: each question, and a bar of class shares under it; left means yes.

    Parameters
    ----------
    model : DecisionTreeClassifier or DecisionTreeRegressor
    feature_names, class_names : sequences of str, optional
        As in `course_lib.trees.tree_to_text`, which says the same in words.
    kept : array of shape (N,), bool, optional
        Draw the nodes that are False in pale grey: what pruning takes away. A kept node without
        kept children is drawn as a leaf.
    ax : optional
    """
    features, classes = names_of(model, feature_names, class_names)
    ax, tree = ax or plt.gca(), model.tree_
    kept = np.ones(len(tree), dtype=bool) if kept is None else np.asarray(kept)
    x, y = _places(tree), -tree.depths().astype(float)
    words = int(np.count_nonzero(tree.is_leaf)) <= SHORT
    parents = np.flatnonzero(~tree.is_leaf)
    branches = [(t, child) for t in parents for child in (tree.left[t], tree.right[t])]
    for look, seen in ((_GHOST, ~kept), (_BRANCH, kept)):
        lines = [[(x[t], y[t]), (x[c], y[c])] for t, c in branches if seen[c]]
        ax.add_artist(LineCollection(lines, **look))
    for t in range(len(tree)):
        is_leaf = tree.is_leaf[t] or not kept[tree.left[t]]
        _draw_node(ax, tree, t, (x[t], y[t]), is_leaf, classes, kept[t])
        if words and kept[t]:
            _write_node(ax, tree, t, (x[t], y[t]), is_leaf, features, classes)
    ax.set(xlim=(-0.6, x.max() + 0.6), ylim=(y.min() - 0.55, 0.5))
    ax.axis("off")
    return ax


_BRANCH = {"colors": PALETTE["grey"], "lw": 1.2, "zorder": 1}
_GHOST = {"colors": PALETTE["mist"], "lw": 1.0, "zorder": 1}
_WIDTH, _HEIGHT = 0.7, 0.14


def _places(tree: Any) -> np.ndarray:
    """Return the horizontal places: leaves side by side, a question midway between its children."""
    x, order, stack = np.zeros(len(tree)), 0, [0]
    while stack:
        t = stack.pop()
        if tree.is_leaf[t]:
            x[t], order = order, order + 1
        else:
            stack += [int(tree.right[t]), int(tree.left[t])]
    for t in np.flatnonzero(~tree.is_leaf)[::-1]:
        x[t] = (x[tree.left[t]] + x[tree.right[t]]) / 2
    return x


def _draw_node(ax, tree, t, place, is_leaf, classes, kept) -> None:
    """Draw the bar of class shares (a plain one in a regression tree); a leaf has a black frame.

    As artists, not patches, whose limits would be worked out and then set all the same.
    """
    (u, v), left = place, place[0] - _WIDTH / 2
    shares = [1.0] if classes is None else tree.value[t]
    for k, share in enumerate(shares):
        colour = CYCLE[k % len(CYCLE)] if kept else PALETTE["mist"]
        ax.add_artist(Rectangle((left, v - _HEIGHT / 2), _WIDTH * share, _HEIGHT, fc=colour, lw=0))
        left += _WIDTH * share
    frame = {"fc": "none", "ec": PALETTE["black"] if is_leaf else PALETTE["grey"], "zorder": 3}
    if kept:
        corner = (u - _WIDTH / 2, v - _HEIGHT / 2)
        ax.add_artist(Rectangle(corner, _WIDTH, _HEIGHT, lw=1.4 if is_leaf else 0.6, **frame))


def _write_node(ax, tree, t, place, is_leaf, features, classes) -> None:
    u, v = place
    look = {"ha": "center", "fontsize": 11, "linespacing": 1.1}
    if not is_leaf:
        question = f"{features[tree.feature[t]]}\n≤ {threshold_in_words(tree, t)}"
        box = {"fc": "white", "ec": "none", "pad": 0.6, "alpha": 0.85}
        ax.text(u, v + 0.12, question, va="bottom", bbox=box, **look)
        return
    value, size = tree.value[t], tree.size[t]
    name = mean_in_words(tree, t) if classes is None else classes[int(np.argmax(value))]
    ax.text(u, v - 0.12, f"{name}\n{size}", va="top", **look)


def cut_on_one_feature(
    x: ArrayLike, y: ArrayLike, threshold: float, class_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one feature's values by class, a cut, what is on each side, and the gain of every cut.

    Parameters
    ----------
    x : array of shape (n,)
    y : array of shape (n,)
        Class numbers 0 … K − 1.
    threshold : float
    class_names : sequence of K str

    Returns
    -------
    left, right : arrays of shape (K,)
        The class counts of both sides. The current axes are those of the gain.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    _, axes = plt.subplots(3, 1, figsize=(5.6, 4.6), height_ratios=[1.5, 0.9, 1.6])
    points, sides, curve = axes
    heights = np.argsort(np.argsort(np.random.default_rng(0).random(len(x)))) / len(x)
    for k in range(len(class_names)):
        mine = y == k
        place = k + 0.7 * heights[mine] - 0.35
        points.plot(x[mine], place, MARKERS[k], color=CYCLE[k], ms=4, alpha=0.7)
    points.axvline(threshold, color=PALETTE["black"])
    points.set(yticks=range(len(class_names)), yticklabels=class_names, xticks=[])
    counts = [
        np.bincount(y[s], minlength=len(class_names)) for s in (x <= threshold, x > threshold)
    ]
    _two_sides(sides, counts)
    cuts, gains = gains_of_cuts(x, y)
    curve.plot(cuts, gains, color=PALETTE["grey"], drawstyle="steps-mid", lw=1.5)
    here = gains_of_cuts(x, y, [threshold])[1][0]
    curve.plot(threshold, here, "D", color=PALETTE["vermillion"], ms=8)
    curve.axvline(threshold, color=PALETTE["black"])
    curve.set(ylabel="gain (bits)", ylim=(0, 1.05))
    pad = 0.03 * (x.max() - x.min())
    for ax in (points, curve):
        ax.set_xlim(x.min() - pad, x.max() + pad)
    plt.sca(curve)
    return counts[0], counts[1]


def gains_of_cuts(
    x: np.ndarray, y: np.ndarray, cuts: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cuts (halfway between different values by default) and their entropy gains."""
    values = np.unique(x)
    cuts = (values[1:] + values[:-1]) / 2 if cuts is None else np.asarray(cuts, dtype=float)
    one_hot = y[:, None] == np.arange(y.max() + 1)
    left = (x[None, :] <= cuts[:, None]).astype(float) @ one_hot  # (cuts, K)
    total = one_hot.sum(axis=0)
    share = left.sum(axis=1) / len(x)
    after = share * entropy(left) + (1 - share) * entropy(total - left)
    return cuts, entropy(total) - after


def _two_sides(ax: Axes, sides: Sequence[np.ndarray]) -> None:
    """Draw the class counts of both sides as two bars of the samples' number."""
    for row, counts in zip((1, 0), sides, strict=True):
        start = 0
        for k, count in enumerate(counts):
            ax.barh(row, count, left=start, color=CYCLE[k], height=0.75)
            start += count
        ax.text(start + 2, row, f"{entropy(counts):.2f} bits", va="center", fontsize=11)
    ax.set(xlim=(0, 1.25 * np.sum(sides)), yticks=[1, 0], yticklabels=["left", "right"])
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)


def regions_and_errors(
    model: Any,
    training: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    limits: Sequence[float],
    *,
    worst: float,
) -> tuple[float, float]:
    """Draw a classifier's regions of two features beside bars of its errors, and return these.

    Parameters
    ----------
    model : anything with ``predict`` for two features
    training, test : pairs of arrays of shapes (n, 2) and (n,)
        The training points are drawn.
    limits : (left, right, bottom, top)
    worst : float
        Where the axis of the errors ends.

    Returns
    -------
    training and test error : float
        Shares of wrong predictions.
    """
    _, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.8), width_ratios=[3.2, 1])
    decision_regions(model, *training, limits=limits, resolution=240, ax=left)
    for line in left.lines:
        line.set_markersize(4)
    left.set(xlabel="$x_1$", ylabel="$x_2$")
    left.legend(loc="lower right", frameon=True, framealpha=0.9, handletextpad=0.1)
    errors = [float(np.mean(model.predict(X) != y)) for X, y in (training, test)]
    colours = [PALETTE["grey"], PALETTE["vermillion"]]
    for k, (name, error) in enumerate(zip(("training", "test"), errors, strict=True)):
        right.bar(name, error, color=colours[k])
        right.text(k, error, f"{error:.1%}", ha="center", va="bottom", fontsize=11)
    right.set(ylim=(0, worst), title="errors", yticks=[])
    right.tick_params(axis="x", rotation=90)
    right.spines["left"].set_visible(False)
    return errors[0], errors[1]


def pruned_tree_and_errors(
    model: Any,
    at: int,
    alphas: ArrayLike,
    errors: Mapping[str, ArrayLike],
    class_names: Sequence[str],
) -> Figure:
    """Draw what is left of a tree at one α above the errors at every α.

    Parameters
    ----------
    model : the whole tree, a fitted DecisionTreeClassifier
    at : int
        Which of the alphas.
    alphas : array of shape (m,)
        Positive and increasing.
    errors : mapping of a name to an array of shape (m,); two of them
    class_names : sequence of K str
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 5.4), height_ratios=[1.5, 1])
    kept = nodes_kept(model, np.asarray(alphas)[at])
    draw_tree(model, class_names=class_names, kept=kept, ax=top)
    for k, name in enumerate(class_names):
        top.plot([], [], "s", color=CYCLE[k], label=name)
    top.legend(loc="lower right", handletextpad=0.1)
    looks = [{"color": PALETTE["grey"], "ls": "--"}, {"color": PALETTE["vermillion"]}]
    for (name, values), look in zip(errors.items(), looks, strict=True):
        bottom.semilogx(alphas, values, label=name, **look)
    bottom.axvline(np.asarray(alphas)[at], color=PALETTE["black"], lw=1.2)
    bottom.set(xlabel="price of a leaf α", ylabel="error", ylim=(0, None))
    bottom.xaxis.set_minor_locator(NullLocator())  # forty ticks take as long as half the picture
    bottom.legend(loc="upper left", bbox_to_anchor=(0.1, 1), frameon=True, edgecolor="none")
    return figure


def nodes_kept(model: Any, alpha: float) -> np.ndarray:
    """Return which nodes of a fitted tree are left when it is pruned with `alpha`, (N,) bool."""
    tree, inner = model.tree_, collapse_alphas(model.tree_) > alpha
    kept = np.zeros(len(tree), dtype=bool)
    kept[0] = True
    for t in np.flatnonzero(inner):  # parents come before their children
        kept[[tree.left[t], tree.right[t]]] = True
    return kept


def steps_of_a_regression_tree(
    x: ArrayLike, y: ArrayLike, models: Sequence[Any], *, ax: Axes | None = None
) -> Axes:
    """Draw points (x, y) and the steps that one or two regression trees of one feature predict.

    The steps go on beyond the points, by a third of their range on the right.
    """
    ax = ax or plt.gca()
    x = np.asarray(x, dtype=float)
    grid = np.linspace(x.min(), x.max() + (x.max() - x.min()) / 3, 1001)
    ax.plot(x, y, "o", color=PALETTE["sky"], ms=3.5, alpha=0.7)
    looks = [(PALETTE["grey"], 0.9), (PALETTE["vermillion"], 2.2)]
    for model, (colour, width) in zip(models, looks, strict=False):
        name = f"depth {model.get_depth()}"
        ax.plot(grid, model.predict(grid[:, None]), color=colour, lw=width, label=name)
    ax.legend(loc="upper left")
    return ax
