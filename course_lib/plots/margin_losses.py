"""Drawings of the chapter on margin losses: pairs, scores by angle, regions, fans, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Wedge
from numpy.typing import ArrayLike

from course_lib.plots.basics import MARKERS
from course_lib.plots.style import CYCLE, PALETTE

_SAME, _OTHER = PALETTE["blue"], PALETTE["orange"]
_SEVEN = (*CYCLE, PALETTE["grey"])
_ROW_OF_PAIRS = 5
_TICKS = (0, 45, 90, 135, 180)
_SHOWN = 3  # pairs of either kind of failure


def _pair(ax: Axes, one: ArrayLike, other: ArrayLike) -> None:
    """Draw two pictures (S, S) or (S, S, 1) beside each other, a white gap between them."""
    one, other = (np.squeeze(np.asarray(part, dtype=float)) for part in (one, other))
    gap = np.full((len(one), max(len(one) // 10, 1)), np.nan)
    ax.imshow(np.hstack([one, gap, other]), cmap="gray", vmin=0, vmax=255)
    for side in ax.spines.values():
        side.set(visible=True, color=PALETTE["grey"])


def _bare(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)


def pairs(left: ArrayLike, right: ArrayLike, notes: Sequence[str]) -> Figure:
    """Draw pairs of pictures, five in a row, with a line of words below each.

    Parameters
    ----------
    left, right : arrays of shape (n, S, S) or (n, S, S, 1)
        Grey values from 0 to 255.
    notes : sequence of n str
    """
    rows = -(-len(notes) // _ROW_OF_PAIRS)
    figure, axes = plt.subplots(rows, _ROW_OF_PAIRS, figsize=(5.6, rows), squeeze=False)
    for ax in axes.ravel():
        _bare(ax)
    for ax, one, other, note in zip(axes.ravel(), left, right, notes, strict=False):
        _pair(ax, one, other)
        ax.set_xlabel(note)
    return figure


def score_by_angle(
    degrees: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    shown: str,
    at: float,
    lowest: float,
    label: str = "score for length 1",
) -> Axes:
    """Draw what the right class scores at each angle, one curve strong, with a point on it.

    Parameters
    ----------
    degrees : array of shape (n,)
        Angles to the direction of the right class.
    curves : dict of str to array of shape (n,)
    shown : str
        Which curve is drawn strong.
    at : float
        The angle of the point.
    lowest : float
        Where the vertical axis ends, so that pictures can be compared.
    """
    degrees = np.asarray(degrees, dtype=float)
    ax = plt.subplots(figsize=(5.6, 3.7))[1]
    for name, values in curves.items():
        strong = name == shown
        look = {"color": CYCLE[0], "lw": 3} if strong else {"color": PALETTE["grey"], "lw": 1.5}
        ax.plot(degrees, values, ls="-" if strong else "--", label=name, **look)
    value = np.interp(at, degrees, curves[shown])
    ax.plot([at, at], [lowest, value], ":", color=PALETTE["vermillion"], lw=1.5)
    ax.plot(at, value, "o", ms=9, color=PALETTE["vermillion"], zorder=4)
    ax.set(xlim=(0, 180), ylim=(lowest, 1.4), xticks=_TICKS)
    ax.set_xlabel("angle θ to the own class, degrees")
    ax.set_ylabel(label)
    ax.legend(loc="lower left")
    return ax


def _sectors(ax: Axes, degrees: np.ndarray, kind: np.ndarray, looks: Mapping[int, dict]) -> None:
    """Fill runs of equal kind on the circle; `degrees` are the middles of equal steps."""
    step = degrees[1] - degrees[0]
    edges = np.flatnonzero(np.diff(kind)) + 1
    for run in np.split(np.arange(len(kind)), edges):
        first, last = degrees[run[0]] - step / 2, degrees[run[-1]] + step / 2
        ax.add_patch(Wedge((0, 0), 1, first, last, ec="none", **looks[int(kind[run[0]])]))


def regions(between: float, lengths: Sequence[float], kind: ArrayLike) -> Axes:
    """Draw two class directions in the plane and whose margin a feature vector meets where.

    Parameters
    ----------
    between : float
        The angle between the directions, degrees; they stand to both sides of straight up.
    lengths : two floats
        Their lengths.
    kind : array of shape (n,)
        At n directions once around, counterclockwise from the right: 1 or 2 where the margin of
        that class is met, −1 or −2 where only its plain score is the largest.
    """
    kind = np.asarray(kind)
    degrees = (np.arange(len(kind)) + 0.5) * 360 / len(kind)
    looks = {
        1: {"fc": CYCLE[0], "alpha": 0.75},
        2: {"fc": CYCLE[1], "alpha": 0.75},
        -1: {"fc": CYCLE[0], "alpha": 0.16},
        -2: {"fc": CYCLE[1], "alpha": 0.22},
    }
    ax = plt.subplots(figsize=(5.6, 5.0))[1]
    _sectors(ax, degrees, kind, looks)
    for number, (side, length) in enumerate(zip((1, -1), lengths, strict=True), 1):
        turn = np.radians(90 + side * between / 2)
        tip = 0.8 * length * np.array([np.cos(turn), np.sin(turn)])
        ax.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "lw": 2.5, "color": "k"})
        ax.text(*(tip * (1 + 0.14 / np.hypot(*tip))), f"$w_{number}$", ha="center", va="center")
    names = ("margin of 1 met", "margin of 2 met", "only nearest to 1", "only nearest to 2")
    boxes = [Patch(label=name, **looks[k]) for name, k in zip(names, (1, 2, -1, -2), strict=True)]
    ax.legend(handles=boxes, loc="upper center", bbox_to_anchor=(0.5, 0.03), ncol=2)
    ax.set(xlim=(-1.4, 1.4), ylim=(-1.25, 1.4), aspect="equal")
    ax.axis("off")
    return ax


def fan(Z: ArrayLike, y: ArrayLike, W: ArrayLike, *, reach: float) -> Axes:
    """Draw feature vectors in the plane with the directions of their classes.

    Parameters
    ----------
    Z : array of shape (n, 2)
        Features, divided by whatever makes them fit.
    y : array of shape (n,)
        Classes, at most seven.
    W : array of shape (K, 2)
        The classes' weight vectors; only their directions are drawn.
    reach : float
        Length of the lines; the marks should lie within it, as the names stand beyond.
    """
    Z, W, y = np.asarray(Z, dtype=float), np.asarray(W, dtype=float), np.asarray(y)
    ax = plt.subplots(figsize=(5.0, 5.0))[1]
    for k, w in enumerate(W):
        color = _SEVEN[k % len(_SEVEN)]
        ax.plot(*Z[y == k].T, MARKERS[k % len(MARKERS)], ms=4, color=color, alpha=0.55, mew=0)
        tip = reach * w / np.linalg.norm(w)
        ax.plot([0, tip[0]], [0, tip[1]], color=color, lw=1.6, zorder=3)
        ax.text(*(1.08 * tip), str(k), ha="center", va="center", color=color, weight="bold")
    side = 1.16 * reach  # room for the names beyond the marks
    ax.set(xlim=(-side, side), ylim=(-side, side), aspect="equal", xticks=[], yticks=[])
    return ax


def _failures(
    cosines: np.ndarray, same: np.ndarray, threshold: float
) -> dict[str, list[tuple[int, int]]]:
    """Return at most three pairs of either kind of failure, the worst ones first."""
    n = round((1 + np.sqrt(1 + 8 * len(cosines))) / 2)
    i, j = np.triu_indices(n, 1)
    found = {}
    for name, failed, order in (
        ("accepted,\ntwo letters", ~same & (cosines >= threshold), -cosines),
        ("rejected,\none letter", same & (cosines < threshold), cosines),
    ):
        places = np.flatnonzero(failed)
        worst = places[np.argsort(order[places], kind="stable")[:_SHOWN]]
        found[name] = list(zip(i[worst].tolist(), j[worst].tolist(), strict=True))
    return found


def threshold_on_pairs(
    cosines: ArrayLike, same: ArrayLike, threshold: float, pictures: ArrayLike
) -> Figure:
    """Draw the cosines of all pairs as two histograms with a threshold, and pairs that fail below.

    Parameters
    ----------
    cosines, same : arrays of shape (n(n − 1)/2,)
        As `pair_cosines` gives them: of the pairs (0, 1), (0, 2), …, (1, 2), …
    threshold : float
    pictures : array of shape (n, S, S) or (n, S, S, 1)
        Grey values from 0 to 255.
    """
    cosines, same = np.asarray(cosines, dtype=float), np.asarray(same, dtype=bool)
    figure = plt.figure(figsize=(5.6, 5.2))
    above, below = figure.subfigures(2, 1, height_ratios=(3, 1.9))
    ax, bins = above.subplots(), np.linspace(-1, 1, 41)
    for chosen, color, name, hatch in (
        (~same, _OTHER, "two letters", ""),
        (same, _SAME, "the same letter", "///"),
    ):
        heights = np.histogram(cosines[chosen], bins)[0] / chosen.sum()
        ax.stairs(heights, bins, fill=True, color=color, alpha=0.5, label=name, hatch=hatch)
    ax.axvline(threshold, color=PALETTE["black"], lw=2)
    ax.text(threshold + 0.02, 0.21, "same →", fontsize=12)
    ax.set(xlim=(-1, 1), ylim=(0, 0.24), xticks=(-1, -0.5, 0, 0.5, 1))
    ax.set_xlabel("cosine of a pair")
    ax.set_ylabel("share of pairs")
    ax.legend(loc="upper left")
    axes = below.subplots(2, _SHOWN)
    for row, (name, shown) in zip(axes, _failures(cosines, same, threshold).items(), strict=True):
        for ax in row:
            _bare(ax)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12)
        for ax, (one, other) in zip(row, shown, strict=False):
            _pair(ax, pictures[one], pictures[other])
    return figure


def training_curves(curves: Mapping[str, ArrayLike], chance: float) -> Axes:
    """Draw a share over epochs, a thin line for each run and a colour for each kind.

    Parameters
    ----------
    curves : dict of str to array of shape (runs, epochs + 1)
    chance : float
        What guessing reaches.
    """
    ax = plt.subplots(figsize=(5.6, 4.2))[1]
    handles, last = [], 0
    for at, (name, runs) in enumerate(curves.items()):
        look = {"color": CYCLE[at], "ls": ("-", "--", "-.")[at % 3]}
        shares = np.asarray(runs, dtype=float).T
        ax.plot(range(len(shares)), shares, lw=1.1, **look)
        handles.append(Line2D([], [], label=name, **look))
        last = max(last, len(shares) - 1)
    handles.append(ax.axhline(chance, color=PALETTE["grey"], ls=":", label="guessing"))
    ax.set(xlim=(0, last), ylim=(0, 1.02))
    ax.set_xlabel("epochs of training")
    ax.set_ylabel("share read right")
    ax.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.45, 1), ncol=2)
    return ax


def errors_of_runs(
    runs: Mapping[str, Mapping[str, ArrayLike]],
    losses: Sequence[str],
    *,
    label: str = "equal error rate",
) -> Axes:
    """Draw a marker for each run, a row for each loss, a colour for each kind of pairs.

    Parameters
    ----------
    runs : dict of str to dict of str to array of shape (runs,)
        By kind of pairs, then by loss.
    losses : sequence of str
        Which losses are drawn, from above.
    label : str
        What the numbers are.
    """
    ax = plt.subplots(figsize=(5.6, 1.3 + 0.42 * len(losses)))[1]
    for at, (kind, by_loss) in enumerate(runs.items()):
        for row, loss in enumerate(losses):
            values = np.asarray(by_loss[loss], dtype=float)
            look = {"color": CYCLE[at], "label": None if row else kind}
            ax.plot(values, np.full(len(values), row), MARKERS[at], ms=6, alpha=0.6, **look)
    ax.set_yticks(range(len(losses)), losses)
    ax.set_ylim(len(losses) - 0.5, -0.6)
    ax.set_xlim(left=0)
    ax.grid(axis="x", color=PALETTE["mist"])
    ax.set_xlabel(label)
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncol=2)
    return ax
