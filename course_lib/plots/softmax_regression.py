"""Drawings of the chapter on softmax regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.basics import decision_regions
from course_lib.plots.style import CYCLE, PALETTE

FOR_AND_AGAINST = LinearSegmentedColormap.from_list(
    "for and against", [PALETTE["blue"], "white", PALETTE["vermillion"]]
)
"""Weights as ink: red where a bright pixel raises the score, blue where it lowers it."""


def templates(
    weights: ArrayLike, shape: tuple[int, int], names: Sequence[str], *, columns: int = 5
) -> Figure:
    """Draw each column of the weights as a picture, all on one scale.

    Parameters
    ----------
    weights : array of shape (d, K)
    shape : (height, width)
        Of the pictures; their product is d.
    names : sequence of K str
    columns : int
        Pictures side by side.
    """
    W = np.asarray(weights, dtype=float)
    rows, columns = -(-W.shape[1] // columns), min(columns, W.shape[1])
    high = rows * (5.6 / columns * shape[0] / shape[1] + 0.35)
    figure, axes = plt.subplots(rows, columns, figsize=(5.6, high), squeeze=False)
    _as_pictures(axes.flat, W, shape, names)
    return figure


def examples_and_templates(pictures: ArrayLike, weights: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw an example of each class, and beneath it the class's column of weights.

    Parameters
    ----------
    pictures : array of shape (K, h, w)
        Numbers from 0 (black) to 1.
    weights : array of shape (h·w, K)
        Each column is drawn on its own scale, for they may come from different models.
    names : sequence of K str
    """
    pictures, W = np.asarray(pictures, dtype=float), np.asarray(weights, dtype=float)
    figure, axes = plt.subplots(2, len(pictures), figsize=(5.8, 2.9), squeeze=False)
    for ax, picture, name in zip(axes[0], pictures, names, strict=True):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.set_title(str(name), fontsize=12)
    for ax, column in zip(axes[1], W.T, strict=True):
        _as_pictures([ax], column[:, None], pictures.shape[1:], [""])
    return figure


def _as_pictures(
    axes: Any, W: np.ndarray, shape: tuple[int, int], names: Sequence[str], top: float = 0.0
) -> None:
    """Draw the columns of W on the axes; ``top`` is the weight of full colour, or the largest."""
    axes, top = list(axes), top or float(np.max(np.abs(W))) or 1.0
    look = {"cmap": FOR_AND_AGAINST, "vmin": -top, "vmax": top, "interpolation": "nearest"}
    for ax in axes[W.shape[1] :]:
        ax.set_axis_off()
    for ax, column, name in zip(axes, W.T, names, strict=False):
        ax.imshow(column.reshape(shape), **look)
        ax.set(xticks=[], yticks=[], title=str(name))
        ax.spines[:].set_visible(True)


def templates_at_work(
    weights: ArrayLike, picture: ArrayLike, scores: ArrayLike, right: int
) -> Figure:
    """Draw ten templates, and beneath them a picture and its ten scores.

    Parameters
    ----------
    weights : array of shape (h·w, 10)
    picture : array of shape (h, w)
    scores : array of shape (10,)
    right : int
        The picture's class; its bar is orange, the others grey.
    """
    W, picture = np.asarray(weights, dtype=float), np.asarray(picture)
    figure = plt.figure(figsize=(5.6, 5.0))
    above, below = figure.subfigures(2, 1, height_ratios=[1.35, 1])
    _as_pictures(above.subplots(2, 5).flat, W, picture.shape, range(10))
    left, bars = below.subplots(1, 2, width_ratios=[1, 2.6])
    left.imshow(picture, cmap="gray_r", interpolation="nearest")
    left.set(xticks=[], yticks=[], title="a new digit")
    left.spines[:].set_visible(True)
    colors = [PALETTE["orange"] if k == right else PALETTE["grey"] for k in range(10)]
    bars.bar(range(10), scores, color=colors)
    bars.axhline(0, color=PALETTE["black"], lw=0.8)
    bars.set(xticks=range(10), xlabel="class", ylabel="score")
    return figure


def columns_and_regions(
    model: Any,
    weights: ArrayLike,
    X: ArrayLike,
    y: ArrayLike,
    limits: tuple[float, float, float, float],
) -> Axes:
    """Draw which of three scores is largest where, the samples, and each column as an arrow.

    Parameters
    ----------
    model : anything with ``predict`` (m, 2) → (m,)
    weights : array of shape (2, 3)
        A column for each class; the arrow of class k leads from the origin to column k.
    X, y : arrays of shapes (n, 2) and (n,)
    limits : (left, right, bottom, top)
    """
    _, ax = plt.subplots(figsize=(5.2, 4.6))
    decision_regions(model, X, y, limits=limits, resolution=110, ax=ax)
    for column, color in zip(np.asarray(weights, dtype=float).T, CYCLE, strict=False):
        for width, ink in ((5.5, "white"), (3.0, color)):  # a white rim lifts it off the points
            look = {"arrowstyle": "-|>", "lw": width, "color": ink, "mutation_scale": 16}
            ax.annotate("", column, (0, 0), arrowprops={**look, "shrinkA": 0, "shrinkB": 0})
    ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", xlim=limits[:2], ylim=limits[2:])
    return ax


def scores_to_losses(
    names: Sequence[str], scores: ArrayLike, shares: ArrayLike, losses: Mapping[str, float]
) -> Figure:
    """Draw scores, their softmax and the losses of the first class as bars on fixed axes."""
    figure, axes = plt.subplots(1, 3, figsize=(5.8, 3.3), width_ratios=[1, 1, 0.9])
    colors = [PALETTE["orange"], PALETTE["grey"], PALETTE["grey"]]
    axes[0].bar(names, scores, color=colors)
    axes[0].axhline(0, color=PALETTE["black"], lw=0.8)
    axes[0].set(title="scores", ylim=(-4, 10))
    axes[1].bar(names, shares, color=colors)
    axes[1].set(title="softmax", ylim=(0, 1))
    top = 12.0
    bars = axes[2].bar(list(losses), np.minimum(list(losses.values()), top), color=PALETTE["blue"])
    axes[2].bar_label(bars, [f"{loss:.2f}" for loss in losses.values()], fontsize=12)
    axes[2].set(title="losses", ylim=(0, top + 1.2))
    return figure


def sharpened(
    picture: ArrayLike,
    shares: ArrayLike,
    right: int,
    confidence: ArrayLike,
    share_right: ArrayLike,
    count: ArrayLike,
    loss: float,
) -> Figure:
    """Draw the probabilities of one picture, and how often predictions of each sureness are right.

    Parameters
    ----------
    picture : array of shape (h, w)
    shares : array of shape (K,)
        Probabilities of the picture's classes.
    right : int
        The picture's class, orange among the bars.
    confidence, share_right, count : arrays of shape (B,)
        For each bin of predictions their mean probability, the share of them that is right, and
        their number, which the size of the mark shows.
    loss : float
        Mean cross-entropy of all predictions in nats, written above.
    """
    figure, (left, curve) = plt.subplots(1, 2, figsize=(5.8, 3.4), width_ratios=[1.15, 1])
    colors = [PALETTE["orange"] if k == right else PALETTE["grey"] for k in range(len(shares))]
    left.bar(range(len(shares)), shares, color=colors)
    left.set(xlabel="class", ylabel="probability", ylim=(0, 1), xticks=range(0, len(shares), 2))
    inset = left.inset_axes([0.04, 0.62, 0.36, 0.36])
    inset.imshow(picture, cmap="gray_r", interpolation="nearest")
    inset.set(xticks=[], yticks=[])
    inset.spines[:].set_visible(True)
    curve.plot([0, 1], [0, 1], color=PALETTE["grey"], ls=":")
    curve.plot(confidence, share_right, color=PALETTE["blue"], lw=1.2)
    sizes = 12 + 160 * np.asarray(count) / np.sum(count)
    curve.scatter(confidence, share_right, sizes, color=PALETTE["blue"], zorder=3)
    curve.set(xlabel="largest probability", ylabel="share right", xlim=(0, 1.04), ylim=(0, 1.04))
    curve.set_title(f"cross-entropy {loss:.3f}")
    return figure


def templates_and_errors(
    weights: ArrayLike,
    shape: tuple[int, int],
    lams: ArrayLike,
    errors: Mapping[str, ArrayLike],
    here: int,
) -> Figure:
    """Draw ten templates, each set on its own scale, above the errors for every penalty.

    Parameters
    ----------
    weights : array of shape (h·w, 10)
    shape : (h, w)
    lams : array of shape (m,)
    errors : mapping of a name to an array of shape (m,), per cent
    here : int
        Which of the penalties the templates belong to.
    """
    figure = plt.figure(figsize=(5.6, 5.6))
    above, below = figure.subfigures(2, 1, height_ratios=[1.2, 1])
    _as_pictures(above.subplots(2, 5).flat, np.asarray(weights, dtype=float), shape, range(10))
    ax = below.subplots()
    for (name, curve), dashes in zip(errors.items(), ("--", "-"), strict=False):
        (line,) = ax.semilogx(lams, curve, dashes, label=name)
        ax.plot(lams[here], curve[here], "D", color=line.get_color(), ms=8)
    ax.set(xlabel="penalty $\\lambda$", ylabel="errors (%)", ylim=(0, 15))
    ax.legend(loc="upper left")
    return figure
