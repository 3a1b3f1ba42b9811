"""Drawings of the chapter on decision trees; `draw_tree` serves every chapter with a tree."""

from __future__ import annotations

import copy
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
from course_lib.trees.impurity import entropy, gini, information_gain, misses
from course_lib.trees.pruning import collapse_alphas
from course_lib.trees.splits import gains_of_cuts
from course_lib.trees.text import mean_in_words, names_of, threshold_in_words
from course_lib.trees.tree import Tree
from course_lib.trees.validation import leaf_errors, named_wrongly

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
    x, y = node_places(tree), -tree.depths().astype(float)
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
    if len(tree) > 1 and kept[tree.left[0]]:
        _write_answers(ax, tree, x, y)
    ax.set(xlim=(-0.6, x.max() + 0.6), ylim=(y.min() - 0.55, 0.5))
    ax.axis("off")
    return ax


_BRANCH = {"colors": PALETTE["grey"], "lw": 1.2, "zorder": 1}
_GHOST = {"colors": PALETTE["mist"], "lw": 1.0, "zorder": 1}
_WIDTH, _HEIGHT = 0.7, 0.14


def node_places(tree: Any) -> np.ndarray:
    """Return the horizontal places: leaves side by side, a question midway between its children."""
    x, leaves = np.zeros(len(tree)), tree.leaves()
    x[leaves] = np.arange(len(leaves))
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
    box = {"fc": "white", "ec": "none", "pad": 0.6}
    ax.text(u, v - 0.12, f"{name}\n{size}", va="top", bbox=box, **look)


def _write_answers(ax: Axes, tree: Tree, x: np.ndarray, y: np.ndarray) -> None:
    """Write "yes" and "no" beside the two branches of the root."""
    for child, word, side in ((tree.left[0], "yes", "right"), (tree.right[0], "no", "left")):
        place = (0.65 * x[0] + 0.35 * x[child], 0.65 * y[0] + 0.35 * y[child])
        ax.text(*place, f" {word} ", ha=side, va="bottom", fontsize=11, color=PALETTE["black"])


def best_first(tree: Tree) -> list[int]:
    """Return the split nodes of a tree, the most useful first: parents always before children.

    Of the nodes whose parents have been listed, the next is the one whose split takes most off the
    mean impurity over all samples.
    """
    decrease, order, open_nodes = tree.decreases(), [], [0]
    while open_nodes:
        node = max(open_nodes, key=lambda t: decrease[t])
        open_nodes.remove(node)
        if not tree.is_leaf[node]:
            order.append(node)
            open_nodes += [int(tree.left[node]), int(tree.right[node])]
    return order


def first_splits(model: Any, count: int) -> Any:
    """Return a copy of a fitted tree that keeps its `count` most useful splits (`best_first`)."""
    part = copy.copy(model)
    inner = np.zeros(len(model.tree_), dtype=bool)
    inner[best_first(model.tree_)[:count]] = True
    part.tree_ = model.tree_.keep(inner)
    return part


def map_and_tree(
    model: Any,
    X: np.ndarray,
    y: np.ndarray,
    feature_names: Sequence[str],
    class_names: Sequence[str],
    limits: Sequence[float],
) -> Figure:
    """Draw a tree of two features twice: its regions, and its nodes, with the splits numbered.

    The numbers are those of `best_first`; the last split is highlighted on both sides, and its
    question stands above.

    Parameters
    ----------
    model : DecisionTreeClassifier
        Fitted on two features.
    X, y : arrays of shapes (n, 2) and (n,)
        The training points.
    feature_names : sequence of two str
    class_names : sequence of K str
    limits : (left, right, bottom, top)
    """
    tree, order = model.tree_, best_first(model.tree_)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 4.0), width_ratios=[1.1, 1])
    decision_regions(model, X, y, limits=limits, ax=left)
    for line in left.lines:
        line.set_markersize(4)
    handles = left.get_legend_handles_labels()[0]
    look = {"loc": "upper left", "handletextpad": 0.0, "frameon": True, "borderpad": 0.2}
    left.legend(handles, class_names, **look)
    left.set(xlabel=feature_names[0], ylabel=feature_names[1])
    x, height = node_places(tree), -tree.depths().astype(float)
    lines = [[(x[t], height[t]), (x[c], height[c])] for t in order for c in _children(tree, t)]
    right.add_artist(LineCollection(lines, **_BRANCH))
    for t in range(len(tree)):
        _draw_node(right, tree, t, (x[t], height[t]), tree.is_leaf[t], class_names, True)
        if tree.is_leaf[t]:
            right.text(x[t], height[t] - 0.12, tree.size[t], va="top", ha="center", fontsize=11)
    if order:
        _write_answers(right, tree, x, height)
    for number, t in enumerate(order, 1):
        newest = number == len(order)
        ends = np.array(_cut_line(tree, t, limits))  # (2, 2)
        colour = PALETTE["vermillion" if newest else "black"]
        left.plot(*ends.T, color=colour, lw=3 if newest else 1.5, zorder=4)
        along = 0.2 + 0.6 * (number * 0.618 % 1)  # numbers of near lines stand side by side
        _write_number(left, ends[0] + along * (ends[1] - ends[0]), number, colour)
        _write_number(right, (x[t], height[t] + 0.24), number, colour)
    if order:
        t = order[-1]
        question = f"{feature_names[tree.feature[t]]} ≤ {threshold_in_words(tree, t)}?"
        figure.suptitle(f"split {len(order)}: {question}", color=PALETTE["vermillion"])
    else:
        figure.suptitle("no split yet")
    right.set(xlim=(-0.6, max(x.max(), 0) + 0.6), ylim=(min(height.min(), -1) - 0.45, 0.5))
    right.axis("off")
    return figure


def _children(tree: Tree, node: int) -> tuple[int, int]:
    return int(tree.left[node]), int(tree.right[node])


def _cut_line(tree: Tree, node: int, limits: Sequence[float]) -> list[tuple[float, float]]:
    """Return both ends of a split's line inside the box of its node; two features."""
    box, t = np.reshape(limits, (2, 2)).astype(float), 0  # a row for each feature: from, to
    while t != node:
        goes_left = node in _below(tree, int(tree.left[t]))
        box[tree.feature[t], 1 if goes_left else 0] = tree.threshold[t]
        t = int(tree.left[t] if goes_left else tree.right[t])
    box[tree.feature[node]] = tree.threshold[node]
    return [(box[0, 0], box[1, 0]), (box[0, 1], box[1, 1])]


def _below(tree: Tree, top: int) -> set[int]:
    """Return a node and everything below it."""
    found, waiting = set(), [top]
    while waiting:
        found.add(t := waiting.pop())
        waiting += [] if tree.is_leaf[t] else _children(tree, t)
    return found


def _write_number(ax: Axes, place: Sequence[float], number: int, colour: str) -> None:
    box = {"boxstyle": "circle,pad=0.15", "fc": "white", "ec": colour, "lw": 1.2}
    look = {"ha": "center", "va": "center", "fontsize": 10, "zorder": 5, "color": colour}
    ax.text(*place, number, bbox=box, **look)


MEASURES = {"entropy": entropy, "Gini": gini, "share of errors": misses}
"""Impurities of two classes by the names in the picture; each takes counts (..., 2)."""


def gain_as_a_gap(parts: ArrayLike, measure: str, *, ax: Axes | None = None) -> float:
    """Draw the impurities of two classes over p, and a split's gain as a gap under one of them.

    The two sides of the split are points on the curve. Their weighted mean lies on the line between
    them, at the share p of the node; the gain is the distance from there up to the curve.

    Parameters
    ----------
    parts : array of shape (2, 2)
        Class counts of both sides.
    measure : "entropy", "Gini" or "share of errors"
    ax : optional

    Returns
    -------
    float
        The gain.
    """
    ax, parts, chosen = ax or plt.gca(), np.asarray(parts, dtype=float), MEASURES[measure]
    p = np.linspace(0, 1, 401)
    for name, curve in MEASURES.items():
        mine = name == measure
        look = {"color": PALETTE["blue" if mine else "grey"], "lw": 2.5 if mine else 1.0}
        values = curve(np.stack([p, 1 - p], axis=-1))
        ax.plot(p, values, ls="-" if mine else _DASHES[name], label=name, **look)
    sides, node = parts[:, 0] / parts.sum(axis=1), parts[:, 0].sum() / parts.sum()
    gain = information_gain(parts, chosen)
    top = float(chosen(parts.sum(axis=0)))
    ax.plot(sides, chosen(parts), "o-", color=PALETTE["black"], lw=1.2, label="the two sides")
    ax.plot([node] * 2, [top - gain, top], color=PALETTE["vermillion"], lw=5, label="gain")
    ax.plot(node, top, "D", color=PALETTE["vermillion"], ms=7, label="the node")
    ax.set(xlabel="share p of the first class", ylabel="impurity", ylim=(0, 1.42), xlim=(0, 1))
    ax.set_yticks([0, 0.5, 1])
    ax.legend(loc="upper center", ncols=2, fontsize=11)
    return gain


_DASHES = {"entropy": "-", "Gini": "--", "share of errors": ":"}


def class_legend(class_names: Sequence[str], *, ax: Axes, loc: str = "upper left") -> None:
    """Add the colours of the classes to a drawn tree."""
    for k, name in enumerate(class_names):
        ax.plot([], [], "s", color=CYCLE[k], label=name)
    ax.legend(loc=loc, handletextpad=0.1)


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
    errors: Mapping[str, float],
    limits: Sequence[float],
    *,
    worst: float,
) -> Figure:
    """Draw a classifier's regions of two features, with its training points, beside error bars.

    Parameters
    ----------
    model : anything with ``predict`` for two features
    training : pair of arrays of shapes (n, 2) and (n,)
    errors : mapping of a name to a share of wrong predictions; one or two of them
    limits : (left, right, bottom, top)
    worst : float
        Where the axis of the errors ends.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.8), width_ratios=[3.2, 1])
    decision_regions(model, *training, limits=limits, resolution=240, ax=left)
    for line in left.lines:
        line.set_markersize(4)
    left.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    left.legend(loc="lower right", frameon=True, framealpha=0.9, handletextpad=0.1)
    colours = [PALETTE["grey"], PALETTE["vermillion"]]
    for k, (name, error) in enumerate(errors.items()):
        right.bar(name, error, color=colours[k])
        right.text(k, error, f"{error:.1%}", ha="center", va="bottom", fontsize=11)
    right.set(ylim=(0, worst), title="errors", yticks=[])
    right.tick_params(axis="x", rotation=90)
    right.spines["left"].set_visible(False)
    return figure


def pruned_tree_and_errors(
    model: Any,
    at: int,
    alphas: ArrayLike,
    errors: Mapping[str, ArrayLike],
    class_names: Sequence[str],
    *,
    spread: ArrayLike = 0.0,
) -> Figure:
    """Draw what is left of a tree at one α above the errors at every α.

    A dotted line lies one `spread` above the least error of the second curve, and the axis ends a
    little higher, so that the curves may leave it where nearly everything is pruned.

    Parameters
    ----------
    model : the whole tree, a fitted DecisionTreeClassifier
    at : int
        Which of the alphas.
    alphas : array of shape (m,)
        Positive and increasing.
    errors : mapping of a name to an array of shape (m,); two of them
    class_names : sequence of K str
    spread : array of shape (m,), optional
        Half the height of a band around the second curve, such as its standard error.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 5.4), height_ratios=[1.5, 1])
    kept = nodes_kept(model, np.asarray(alphas)[at])
    draw_tree(model, class_names=class_names, kept=kept, ax=top)
    class_legend(class_names, ax=top, loc="lower right")
    looks = [{"color": PALETTE["grey"], "ls": "--"}, {"color": PALETTE["vermillion"]}]
    for (name, values), look in zip(errors.items(), looks, strict=True):
        bottom.semilogx(alphas, values, label=name, **look)
    low, high = (np.asarray(values) + sign * np.asarray(spread) for sign in (-1, 1))
    bottom.fill_between(alphas, low, high, color=PALETTE["vermillion"], alpha=0.2, lw=0)
    held_out = np.asarray(list(errors.values())[1])
    limit = high[held_out.argmin()]
    bottom.axhline(limit, color=PALETTE["vermillion"], ls=":", lw=1.2, label="+ standard error")
    bottom.axvline(np.asarray(alphas)[at], color=PALETTE["black"], lw=1.2)
    bottom.set(xlabel="price of a leaf α", ylabel="error", ylim=(0, 1.6 * limit))
    bottom.xaxis.set_minor_locator(NullLocator())  # forty ticks take as long as half the picture
    look = {"handlelength": 1.2, "columnspacing": 0.8, "fontsize": 11, "borderpad": 0}
    bottom.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, **look)
    return figure


def nodes_kept(model: Any, alpha: float) -> np.ndarray:
    """Return which nodes of a fitted tree are left when it is pruned with `alpha`, (N,) bool."""
    tree, inner = model.tree_, collapse_alphas(model.tree_) > alpha
    kept = np.zeros(len(tree), dtype=bool)
    kept[0] = True
    for t in np.flatnonzero(inner):  # parents come before their children
        kept[[tree.left[t], tree.right[t]]] = True
    return kept


GROUPS = 20
"""In so many groups at most, one a step, the samples of `falling_samples` set out."""
_ASTRAY = "XP"  # a sample of the first or of the second class in a wrong leaf


def falling_samples(
    model: Any,
    X: np.ndarray,
    y: np.ndarray,
    step: int,
    feature_names: Sequence[str],
    class_names: Sequence[str],
    *,
    ringed: int | None = None,
) -> np.ndarray:
    """Draw samples of two classes on their way down a tree, and those that have landed in a leaf.

    At each step a group sets out at the root, and those under way pass one branch; from the leaf
    they take one step down its thread. A sample has the shape and the colour of its class. It lands
    above the line if the leaf names this class; if not, it hangs below the line as a cross of the
    colour of its class, of another shape for each of the two. The counts stand under each leaf.

    Parameters
    ----------
    model : DecisionTreeClassifier
        Of two classes.
    X, y : arrays of shapes (m, d) and (m,)
        Samples and their classes, in the order in which they set out; m ≥ 1.
    step : int
        0: none has set out.
    feature_names, class_names : sequences of str
    ringed : int, optional
        Number of a sample that has a ring, and whose way is drawn.

    Returns
    -------
    array of shape (leaves, 4), int
        As from `course_lib.trees.validation.leaf_errors`, of the samples (X, y) those that landed.
    """
    paths, together = [model.tree_.path(x) for x in X], -(-len(y) // GROUPS)
    order = np.arange(len(y)) % together
    passed = _branches_passed(len(y), step)
    landed = passed > [len(path) for path in paths]
    kinds = np.searchsorted(model.classes_, y)
    heights = {"height_ratios": [3.2, 1.5, 1.1], "gridspec_kw": {"hspace": 0}}
    figure, axes = plt.subplots(3, 1, figsize=(5.6, 5.8), layout="none", **heights)
    figure.subplots_adjust(left=0, bottom=0, right=1, top=0.99)
    draw_tree(model, feature_names, class_names, ax=axes[0])
    spots = _draw_threads(axes[0], model.tree_, paths, passed, (order + 0.5) / together - 0.5)
    _draw_kinds(axes[0], spots, kinds, ~landed & (passed >= 0), MARKERS, ms=5)
    if len(model.tree_.leaves()) > SHORT:
        question = f"{feature_names[model.tree_.feature[0]]} ≤ {threshold_in_words(model.tree_, 0)}"
        axes[0].text(
            0.035, 0.66, f"first question:\n{question}", **_ASIDE, transform=axes[0].transAxes
        )
    counts = leaf_errors(model, X[landed], y[landed])
    piled = _draw_landed(axes[1], model, X, y, kinds, landed)
    if ringed is not None and passed[ringed] >= 0:
        _draw_way(axes[0], model.tree_, paths[ringed], passed[ringed], spots[ringed])
        ax, places = (axes[1], piled) if landed[ringed] else (axes[0], spots)
        ax.plot(*places[ringed], **_RING)
    _write_counts(axes[2], counts)
    columns = len(counts)
    for ax in axes:
        ax.set_xlim(-0.6 - 0.27 * columns, columns - 0.4)
        ax.axis("off")
    for marks, end in ((MARKERS, ""), (_ASTRAY, " in a wrong leaf")):
        for k, name in enumerate(class_names):
            axes[0].plot([], [], marks[k], color=CYCLE[k], ms=6, mec="white", label=name + end)
    axes[0].legend(loc="upper left", handletextpad=0.1, borderpad=0, fontsize=11)
    return counts


def latest_answer(
    model: Any,
    X: np.ndarray,
    number: int,
    step: int,
    feature_names: Sequence[str],
    class_names: Sequence[str],
) -> str:
    """Say what one of the falling samples has just answered: "height 3.1 > 2.5, no".

    Below its leaf the class that the leaf names follows: ", and so it is called benign". The other
    arguments are those of `falling_samples`.
    """
    path, passed = model.tree_.path(X[number]), _branches_passed(len(X), step)[number]
    if passed < 1:
        return "nothing yet"
    node = path[min(passed, len(path) - 1) - 1]
    feature = model.tree_.feature[node]
    value, threshold = X[number, feature], threshold_in_words(model.tree_, node)
    sign, word = ("≤", "yes") if value <= model.tree_.threshold[node] else (">", "no")
    answer = f"{feature_names[feature]} {value:.4g} {sign} {threshold}, {word}"
    if passed < len(path):
        return answer
    named = class_names[int(model.tree_.value[path[-1]].argmax())]
    return f"{answer}, and so it is called {named}"


def _branches_passed(n: int, step: int) -> np.ndarray:
    """Return how many branches each of n samples has passed; below 0: not yet under way."""
    return step - 1 - np.arange(n) // -(-n // GROUPS)


def _draw_way(ax, tree, path, passed, spot) -> None:
    """Draw the way of one sample from the root to where it is, or to the end of its thread."""
    x, height, floor = node_places(tree), -tree.depths().astype(float), ax.get_ylim()[0]
    way = [(x[t], height[t]) for t in path[:passed]]
    landed = passed > len(path)
    ax.plot(*np.transpose([*way, (x[path[-1]], floor) if landed else spot]), **_WAY)


_ASIDE = {"ha": "left", "va": "top", "fontsize": 11}
_WAY = {"color": PALETTE["black"], "lw": 2.2, "zorder": 2}
_RING = {"marker": "o", "ms": 12, "mfc": "none", "mec": PALETTE["black"], "mew": 1.6, "zorder": 7}


def _draw_threads(ax, tree, paths, passed, aside) -> np.ndarray:
    """Draw threads from the leaves down; return where the samples under way are, (m, 2).

    The place of a sample in its group, `aside` (m,), is between -1/2 and 1/2.
    """
    x, height, leaves = node_places(tree), -tree.depths().astype(float), tree.leaves()
    floor = ax.get_ylim()[0] - 0.45
    threads = LineCollection([[(x[t], height[t]), (x[t], floor)] for t in leaves], **_GHOST)
    threads.set_zorder(0)
    ax.add_artist(threads)
    spots = np.zeros((len(paths), 2))
    for i in np.flatnonzero(passed >= 0):
        path = paths[i][: passed[i] + 1]
        child = np.array([x[path[-1]], height[path[-1]]])
        if passed[i] >= len(paths[i]):  # below the leaf, on its thread
            spots[i] = child[0] + 0.7 * aside[i], floor + 0.15
        elif len(path) == 1:  # above the root, side by side
            spots[i] = child[0] + 0.12 * len(leaves) * aside[i], 0.85
        else:
            parent = np.array([x[path[-2]], height[path[-2]]])
            spots[i] = parent + (0.32 + 0.36 * aside[i]) * (child - parent)
    ax.set_ylim(floor, 1.05)
    return spots


def _draw_kinds(ax, spots, kinds, which, marks, ms) -> None:
    for k in np.unique(kinds):
        mine = which & (kinds == k)
        ax.plot(*spots[mine].T, marks[k], color=CYCLE[k], ms=ms, mec="white", mew=0.3, zorder=6)


def _draw_landed(ax, model, X, y, kinds, landed) -> np.ndarray:
    """Pile up what has landed, the right above the line, the wrong below; return the places."""
    tree, wrong = model.tree_, named_wrongly(model, X, y)
    leaves, at = tree.leaves(), tree.apply(X)
    largest, wide = np.bincount(at).max(), 350 / len(leaves)  # 350 × 90 points are free
    abreast = int(max(np.clip(80 // len(leaves), 4, 10), np.sqrt(largest * wide / 90)))
    spots, lines = np.empty((len(y), 2)), {}
    for side, part in ((1, ~wrong), (-1, wrong)):
        for column, leaf in enumerate(leaves):
            mine = np.flatnonzero(part & (at == leaf))
            row, place = np.divmod(np.arange(len(mine)), abreast)
            spots[mine, 0] = column + 0.85 * ((place + 0.5) / abreast - 0.5)
            spots[mine, 1] = side * (row + 0.8)
        lines[side] = 1 + spots[part, 1].max(initial=0) - spots[part, 1].min(initial=0)
    bottom, top = -max(lines[-1], 2), lines[1] + 0.5
    ms = np.clip(90 / (top - bottom), 2.5, 5)
    _draw_kinds(ax, spots, kinds, landed & ~wrong, MARKERS, ms)
    _draw_kinds(ax, spots, kinds, landed & wrong, _ASTRAY, ms=7)
    ax.axhline(0, xmin=0.2, color=PALETTE["grey"], lw=1)
    ax.set_ylim(bottom, top)
    return spots


def _write_counts(ax, counts) -> None:
    """Write the four counts of each leaf below each other; a dot stands for 0, faster to draw."""
    look = {"fontsize": 10, "va": "center"}
    for row, name in enumerate(("training", "of them wrong", "landed", "of them wrong")):
        height, weight = -row - 0.4 * (row > 1), "bold" if row == 3 else "normal"
        ax.text(-0.6, height, name, ha="right", **look)
        for column in np.flatnonzero(counts[:, row]):
            ax.text(column, height, counts[column, row], ha="center", weight=weight, **look)
        empty = np.flatnonzero(counts[:, row] == 0)
        ax.plot(empty, np.full(len(empty), height), ".", color=PALETTE["black"], ms=2)
    ax.set_ylim(-4.0, 0.6)


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


def gains_by_chance(
    gains: ArrayLike, mark: float, name: str, *, ax: Axes | None = None
) -> tuple[float, float]:
    """Draw a histogram of gains that came by chance, with a line at a gain to compare them with.

    The line is an edge between two bars: left of it is what does not exceed the mark.

    Parameters
    ----------
    gains : array of shape (m,)
        In bits, none above 1.
    mark : float
    name : str
        What has the gain `mark`.
    ax : optional

    Returns
    -------
    more, equal : floats
        The shares of gains above the mark, and equal to it up to rounding.
    """
    ax, gains = ax or plt.gca(), np.asarray(gains, dtype=float)
    edge, width = mark + 1e-9, 0.05
    below, above = np.ceil(edge / width), np.ceil((1 - edge) / width)
    ax.hist(gains, bins=edge + width * np.arange(-below, above + 1))
    ax.axvline(mark, color=PALETTE["black"], label=f"gain of {name}")
    ax.legend()
    equal = np.isclose(gains, mark, rtol=0, atol=1e-9)
    return float(np.mean((gains > mark) & ~equal)), float(np.mean(equal))
