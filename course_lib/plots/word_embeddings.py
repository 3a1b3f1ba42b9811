"""Drawings of the chapter on word vectors: nearest words, trees of code words, scores and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS
from course_lib.plots.style import CYCLE, PALETTE

_LEFT, _RIGHT = PALETTE["sky"], PALETTE["orange"]
_ROW = 0.34  # inches of a row of bars


def word_bars(
    words: Sequence[str],
    values: ArrayLike,
    *,
    label: str,
    notes: Sequence[str] = (),
    longest: float | None = None,
) -> Axes:
    """Draw a bar for each word, the first on top.

    Parameters
    ----------
    words : sequence of str
        May be empty: then the picture says so.
    values : array of shape (n,)
    label : str
        What the values are.
    notes : sequence of str
        What stands at the end of each bar; by default the value with two decimals.
    longest : float, optional
        Where the axis ends, so that pictures can be compared.
    """
    values = np.asarray(values, dtype=float)
    rows = max(len(words), 8)
    ax = plt.subplots(figsize=(5.6, 0.9 + _ROW * rows))[1]
    ax.barh(range(len(words)), values, color=CYCLE[0], height=0.62)
    ax.set_yticks(range(len(words)), words)
    ax.set_ylim(rows - 0.4, -0.6)
    end = longest or max(values.max(initial=0), 1e-9)
    ax.set_xlim(min(0, values.min(initial=0)), 1.22 * end)
    shown = notes or [f"{value:.2f}" for value in values]
    for row, (value, note) in enumerate(zip(values, shown, strict=True)):
        ax.text(max(value, 0) + 0.015 * end, row, note, va="center", fontsize=12)
    if not len(words):
        ax.text(0.5, 0.5, "no word is nearer than another", transform=ax.transAxes, ha="center")
    ax.set_xlabel(label)
    return ax


# --- Trees --------------------------------------------------------------------------------------


def _tree_places(code: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return where each node of a tree stands; a node is named by the bits that lead to it."""
    leaves = sorted(code)
    places = {leaf: (float(column), -float(len(leaf))) for column, leaf in enumerate(leaves)}
    inner = {leaf[:size] for leaf in leaves for size in range(len(leaf))}
    for node in sorted(inner, key=len, reverse=True):
        x = np.mean([places[node + bit][0] for bit in "01"])
        places[node] = (float(x), -float(len(node)))
    return places


def code_tree(
    words: Sequence[str],
    code: Sequence[str],
    at_nodes: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    path: str = "",
) -> Axes:
    """Draw a tree of code words: 0 goes left, 1 goes right.

    Parameters
    ----------
    words, code : sequences of str of the same length
        The leaves, and the bits that lead to each.
    at_nodes : dict of str to str, optional
        What stands beside inner nodes; a node is named by its bits, the root by "".
    notes : sequence of str
        A second line below each leaf.
    path : str
        Bits whose way down is drawn thick.
    """
    places, at_nodes = _tree_places(code), at_nodes or {}
    depth = max(map(len, code))
    ax = plt.subplots(figsize=(5.6, 1.3 + 0.85 * depth))[1]
    for node, (x, y) in places.items():
        if node:
            up, thick = places[node[:-1]], bool(path) and path.startswith(node)
            style = {"color": PALETTE["vermillion"], "lw": 4} if thick else {"color": "#8a8a8a"}
            ax.plot([up[0], x], [up[1], y], zorder=1, **style)
            middle = (up[0] + x) / 2, (up[1] + y) / 2
            box = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none"}
            ax.text(*middle, node[-1], ha="center", va="center", fontsize=12, bbox=box)
        if node not in code:
            ax.plot(x, y, "o", ms=11, mfc="white", mec=PALETTE["black"], zorder=2)
            ax.text(x + 0.13, y + 0.1, at_nodes.get(node, ""), fontsize=12)
    for word, bits, note in zip(words, code, notes or [""] * len(words), strict=True):
        x, y = places[bits]
        ax.text(x, y - 0.08, f"{word}\n{note}".strip(), ha="center", va="top", fontsize=12)
    ax.set_xlim(-0.6, len(code) - 0.2)
    ax.set_ylim(-depth - 0.75, 0.45)
    ax.axis("off")
    return ax


def decisions(
    bits: Sequence[int],
    left: ArrayLike,
    beyond: Sequence[str],
    word: str,
    *,
    rows: int = 10,
) -> Axes:
    """Draw the way from a tree's root to a word, a row for each node.

    Parameters
    ----------
    bits : sequence of 0 and 1
        Where the way goes: 0 is left.
    left : array of shape (len(bits),)
        The probability of left at each node.
    beyond : sequence of str
        Words that the node sends the other way.
    word : str
        Where the way ends.
    rows : int, default=10
        Nodes for which there is room, at least: equal for drawings that take turns.
    """
    left, rows = np.asarray(left, dtype=float), max(len(bits), rows)
    ax = plt.subplots(figsize=(5.6, 1.3 + 0.31 * rows))[1]
    together = np.cumprod(np.where(np.asarray(bits) == 0, left, 1 - left))
    for row, (bit, share) in enumerate(zip(bits, left, strict=True)):
        for side, (start, width) in enumerate(((0, share), (share, 1 - share))):
            goes = side == bit
            ax.barh(
                row,
                width,
                left=start,
                height=0.7,
                color=(_LEFT, _RIGHT)[side],
                alpha=1 if goes else 0.25,
                edgecolor=PALETTE["black"] if goes else "none",
            )
        ax.text(1.02, row, f"{bit}", va="center", fontsize=12, weight="bold")
        ax.text(1.1, row, beyond[row], va="center", fontsize=11)
    ax.set_ylim(rows - 0.4, -1.5)
    ax.text(1.02, -1, "bit, and who goes the other way", va="center", fontsize=11)
    ax.set_xlim(0, 1.95)
    ax.set_xticks([0, 0.5, 1])
    ax.set_yticks(range(len(bits)), [f"{p:.2g}" for p in together])
    ax.set_ylabel(f"product so far, down to “{word}”")
    ax.set_xlabel("left, probability of 0 | right, of 1", loc="left")
    return ax


def costs(names: Sequence[str], values: ArrayLike, *, largest: float) -> Axes:
    """Draw what each output layer computes, on a logarithmic axis that ends at `largest`."""
    values = np.asarray(values, dtype=float)
    ax = plt.subplots(figsize=(5.6, 2.5))[1]
    for row, value in enumerate(values):
        ax.barh(row, value - 1, left=1, color=CYCLE[row], height=0.6)
        shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
        ax.text(value * 1.15, row, shown, va="center", fontsize=12)
    ax.set_xscale("log")
    ax.set_xlim(1, 30 * largest)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel("dot products for one training pair")
    return ax


# --- Networks, scores, maps ---------------------------------------------------------------------


def two_models() -> Axes:
    """Draw CBOW and skip-gram side by side: which words go in, and which are predicted."""
    ax = plt.subplots(figsize=(5.6, 3.1))[1]
    around, centre = ["drew", "his", "and", "fought"], ["sword"]
    for shift, title, inputs, outputs in (
        (0.0, "CBOW", around, centre),
        (5.8, "skip-gram", centre, around),
    ):
        ax.text(shift + 2.0, 4.55, title, ha="center", fontsize=13, weight="bold")
        for column, words in ((0, inputs), (4, outputs)):
            for row, word in enumerate(words):
                y = 2 + (len(words) - 1) / 2 - row
                ax.text(shift + column, y, word, ha="center", va="center", fontsize=12)
                ends = (shift + 0.55, y), (shift + 1.6, 2.0)
                if column:
                    ends = (shift + 2.4, 2.0), (shift + 3.35, y)
                ax.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=11, color="k"))
        ax.add_patch(Rectangle((shift + 1.65, 1.2), 0.7, 1.6, fc=_LEFT, ec=PALETTE["black"]))
        ax.text(shift + 2.0, 2.0, "$d$", ha="center", va="center")
        ax.text(shift + 1.05, 0.1, "$W$", ha="center")
        ax.text(shift + 2.95, 0.1, "$U$", ha="center")
    ax.set_xlim(-0.7, 10.5)
    ax.set_ylim(-0.2, 5)
    ax.axis("off")
    return ax


def accuracy_by_group(
    groups: Sequence[str], scores: Mapping[str, ArrayLike], *, label: str = "share answered right"
) -> Axes:
    """Draw a marker for each group, method and repeat.

    Parameters
    ----------
    groups : sequence of str
    scores : dict of str to array of shape (repeats, groups)
        By method.
    label : str
        What the scores are.
    """
    ax = plt.subplots(figsize=(5.6, 1.5 + 0.55 * len(groups)))[1]
    for at, (name, values) in enumerate(scores.items()):
        values = np.atleast_2d(np.asarray(values, dtype=float))
        rows = np.tile(np.arange(len(groups)), (len(values), 1)) + 0.2 * (
            at - (len(scores) - 1) / 2
        )
        marker = MARKERS[at % len(MARKERS)]
        ax.plot(values.ravel(), rows.ravel(), marker, color=CYCLE[at], label=name)
    ax.set_yticks(range(len(groups)), groups)
    ax.set_ylim(len(groups) - 0.4, -0.7)
    ax.set_xlim(-0.03, 1.03)
    ax.set_xlabel(label)
    ax.grid(axis="x", color=PALETTE["mist"])
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncol=3, columnspacing=1)
    return ax


def accuracy_by_size(
    sizes: Sequence[int],
    scores: Mapping[int, ArrayLike],
    *,
    window: int,
    size: int,
    three: ArrayLike,
    control: float,
    label: str,
) -> Axes:
    """Draw accuracy against the vectors' size, a line for each window, one setting marked.

    Parameters
    ----------
    sizes : sequence of int
    scores : dict of int to array of shape (len(sizes),)
        By window.
    window, size : int
        The setting that is marked.
    three : array of shape (n,)
        The single repeats there.
    control : float
        What the control reaches.
    label : str
        What the score is.
    """
    ax = plt.subplots(figsize=(5.6, 3.6))[1]
    for one, values in scores.items():
        chosen = one == window
        style = {"color": CYCLE[0], "lw": 3} if chosen else {"color": "#a0a0a0", "lw": 1.2}
        ax.plot(sizes, values, zorder=2 + chosen, **style)
    ax.plot([], [], color=CYCLE[0], lw=3, label=f"window {window}")
    ax.plot([], [], color="#a0a0a0", lw=1.2, label="other windows")
    ax.axhline(control, color=PALETTE["black"], ls="--", lw=1.5, label="nearest to b + c")
    ax.plot([size] * np.size(three), three, "D", ms=7, color=CYCLE[5], zorder=5, label="repeats")
    ax.set_xscale("log")
    ax.set_xticks(sizes, [str(one) for one in sizes])
    ax.minorticks_off()
    ax.set_ylim(0, 1.35 * max(max(values) for values in scores.values()))
    ax.set_xlabel("numbers in a vector")
    ax.set_ylabel(label)
    ax.legend(loc="upper left", ncol=2)
    return ax


def concept_map(
    points: ArrayLike, n_forms: int, names: Sequence[str] = (), *, shown: int | None = None
) -> Axes:
    """Draw words in the plane, the first two forms of each concept joined by a line.

    Parameters
    ----------
    points : array of shape (n_concepts · n_forms, 2)
        The forms of a concept in successive rows.
    n_forms : int
    names : sequence of str
        What the forms are called; by default their numbers.
    shown : int, optional
        How many concepts are drawn, the first ones; by default all.
    """
    points = np.asarray(points, dtype=float).reshape(-1, n_forms, 2)[:shown]
    ax = plt.subplots(figsize=(5.6, 5.0))[1]
    for one in points:
        ax.plot(*one[:2].T, color="#b0b0b0", lw=1.2, zorder=1)
    for form in range(n_forms):
        name = names[form] if names else f"form {form + 1}"
        marker = MARKERS[form % len(MARKERS)]
        ax.plot(*points[:, form].T, marker, color=CYCLE[form], ms=8, label=name)
    reach = 1.08 * max(np.abs(points).max(), 1e-9)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set_xlabel("first principal axis")
    ax.set_ylabel("second principal axis")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncol=n_forms, columnspacing=1)
    return ax


def concepts_in_plane(
    vectors: ArrayLike, n_forms: int, told: str, *, shown: int | None = None
) -> Axes:
    """Draw vectors, made of length 1, in the plane of their two principal components.

    Parameters
    ----------
    vectors : array of shape (n_concepts · n_forms, d)
        The forms of a concept in successive rows.
    n_forms : int
    told : str
        What stands below the picture.
    shown : int, optional
        How many concepts are drawn, the first ones; by default all.
    """
    vectors = np.asarray(vectors, dtype=float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    left, s, _ = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    ax = concept_map((left * s)[:, :2], n_forms, shown=shown)
    ax.set_title(told, y=-0.25, fontsize=12)
    return ax


def dots_and_pmi(pmi: ArrayLike, dots: ArrayLike) -> Axes:
    """Draw dot products of a trained network against counted PMI, in equal axes."""
    pmi, dots = np.asarray(pmi, dtype=float), np.asarray(dots, dtype=float)
    ax = plt.subplots(figsize=(5.0, 5.0))[1]
    ax.plot(pmi, dots, ".", ms=4, color=CYCLE[0], alpha=0.45)
    ends = [min(pmi.min(), dots.min()), max(pmi.max(), dots.max())]
    ax.plot(ends, ends, "--", color=PALETTE["black"], lw=1.5, label="equal")
    ax.set_aspect("equal")
    ax.set_xlabel("PMI − log K, counted")
    ax.set_ylabel("u · v, learned")
    ax.legend(loc="upper left")
    return ax


def along_an_axis(
    words: Sequence[str], middles: ArrayLike, spreads: ArrayLike, *, ends: tuple[str, str]
) -> Axes:
    """Draw where words lie between two poles, with a bar of two standard deviations to each side.

    Parameters
    ----------
    words : sequence of str
    middles, spreads : arrays of shape (n,)
    ends : (str, str)
        What negative values are near to, and positive ones.
    """
    middles, spreads = np.asarray(middles, dtype=float), np.asarray(spreads, dtype=float)
    ax = plt.subplots(figsize=(5.6, 1.0 + 0.3 * len(words)))[1]
    rows = np.arange(len(words))
    ax.axvline(0, color=PALETTE["grey"], lw=1)
    ax.errorbar(middles, rows, xerr=2 * spreads, fmt="o", color=CYCLE[0], capsize=3, lw=1.5)
    ax.set_yticks(rows, words)
    ax.set_ylim(len(words) - 0.4, -0.6)
    ax.set_xlabel(f"← nearer to {ends[0]}      nearer to {ends[1]} →")
    return ax
