"""Drawings of the chapter on nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.basics import decision_regions
from course_lib.plots.style import PALETTE


def regions_with_a_ball(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    ball: ArrayLike,
    axes: ArrayLike,
    limits: Sequence[float],
) -> Figure:
    """Draw a classifier's regions, and the points at one distance from the picture's middle.

    Parameters
    ----------
    model, X, y, limits : as in `decision_regions`
    ball : array of shape (m, 2)
        A closed line: all points at the same distance from one.
    axes : array of shape (2, 2, 2)
        The axes along which the distance is measured: a line each, from one row to the other.
    """
    figure, ax = plt.subplots(figsize=(5.6, 4.4))
    decision_regions(model, X, y, limits=limits, resolution=110, ax=ax)
    ax.plot(*np.asarray(ball).T, color=PALETTE["black"], ls="--", lw=1.5)
    for line in np.asarray(axes):
        ax.plot(*line.T, color=PALETTE["black"], lw=1)
    ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    return figure


def accuracy_and_votes(
    ks: ArrayLike, accuracy: ArrayLike, k: int, votes: ArrayLike, label: int, picture: ArrayLike
) -> Figure:
    """Draw the accuracy for every k with its spread over folds, and the votes on one picture.

    The axis of the accuracy is logarithmic in the errors 1 − accuracy: between 0.95 and 0.97 they
    fall by two fifths, which even steps would hide.

    Parameters
    ----------
    ks : array of shape (m,)
    accuracy : array of shape (m, folds)
    k : int
        One of ks, marked.
    votes : array of shape (K,)
        Share of the k votes for each class.
    label : int
        The picture's true class.
    picture : array of shape (h, w)
    """
    figure = plt.figure(figsize=(5.6, 5.0))
    axes = figure.subplot_mosaic([["curve", "curve"], ["picture", "votes"]], width_ratios=[1, 2.6])
    mean, error = np.mean(accuracy, axis=1), np.std(accuracy, axis=1, ddof=1)
    look = {"color": PALETTE["blue"], "capsize": 3, "ms": 4}
    axes["curve"].errorbar(ks, mean, error / np.sqrt(np.shape(accuracy)[1]), fmt="o-", **look)
    here = list(ks).index(k)
    axes["curve"].plot(k, mean[here], "D", color=PALETTE["vermillion"], ms=9)
    axes["curve"].set(xscale="log", xlabel="neighbours $k$", ylabel="accuracy")
    axes["curve"].set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    axes["curve"].set_yscale("function", functions=(_from_errors, _to_errors))
    axes["curve"].set(yticks=[0.5, 0.7, 0.8, 0.9, 0.95, 0.97], ylim=(0.5, 0.98))
    axes["picture"].imshow(picture, cmap="gray_r")
    axes["picture"].axis("off")
    colors = [PALETTE["orange"] if c == label else PALETTE["grey"] for c in range(len(votes))]
    axes["votes"].bar(range(len(votes)), votes, color=colors)
    axes["votes"].set(xlabel="digit (true one orange)", ylabel="share of votes", ylim=(0, 1))
    axes["votes"].set_xticks(range(len(votes)))
    return figure


def _from_errors(accuracy: np.ndarray) -> np.ndarray:
    return -np.log(np.maximum(1 - accuracy, 1e-9))


def _to_errors(height: np.ndarray) -> np.ndarray:
    return 1 - np.exp(-height)


def distances_relative_to_the_mean(
    spread: ArrayLike, d: int, ratios: Mapping[int, float]
) -> Figure:
    """Draw how distances scatter about their mean, beside farthest/nearest for every dimension.

    Parameters
    ----------
    spread : array
        Distances divided by their mean.
    d : int
        The dimension that they belong to.
    ratios : mapping of a dimension to farthest / nearest there
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.5))
    look = {"color": PALETTE["sky"], "density": True, "histtype": "stepfilled"}
    left.hist(np.ravel(spread), bins=np.linspace(0, 2.2, 89), **look)
    left.set(
        xlabel="distance / mean", xticks=[0, 1, 2], yticks=[], xlim=(0, 2.2), title=f"$d = {d}$"
    )
    right.loglog(list(ratios), list(ratios.values()), "o-", color=PALETTE["blue"], ms=4)
    right.plot(d, ratios[d], "D", color=PALETTE["vermillion"], ms=9)
    right.axhline(1, color=PALETTE["grey"], ls=":")
    right.set(xlabel="dimension $d$", title="farthest / nearest", ylim=(0.9, 50))
    right.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    right.set_yticks([], minor=True)
    return figure


def query_and_neighbors(
    query: ArrayLike, neighbors: ArrayLike, titles: Sequence[str], right: ArrayLike
) -> Figure:
    """Draw a query and up to nine neighbours, nearest first, in two rows of five.

    Parameters
    ----------
    query : array of shape (h, w, 3), 0 to 1
    neighbors : array of shape (k, h, w, 3), 0 to 1
        k at most 9; the places of those that are missing stay empty.
    titles : sequence of k + 1 str
        That of the query first.
    right : array of shape (k,), bool
        Neighbours with the query's own label have a blue frame, the others a thick red one.
    """
    figure, axes = plt.subplots(2, 5, figsize=(5.6, 3.3))
    for ax in axes.flat:
        ax.set_axis_off()
    colors = ["black", *("blue" if one else "vermillion" for one in right)]
    shown = zip(axes.flat, [query, *neighbors], titles, colors, strict=False)
    for ax, image, title, color in shown:
        ax.imshow(np.clip(image, 0, 1), interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=11)
        ax.set_axis_on()
        ax.spines[:].set(visible=True, color=PALETTE[color], linewidth=3 if color != "blue" else 2)
    return figure


def folds_in_rows(y: ArrayLike, folds: Sequence[tuple[ArrayLike, ArrayLike]]) -> Figure:
    """Draw which samples each fold sets aside: a row for each fold, a square for each sample.

    Parameters
    ----------
    y : array of shape (n,), 0 or 1
        Labels, written into the squares as a and b.
    folds : sequence of (rows to train on, rows to validate on)
    """
    n = len(y)
    aside = np.zeros((len(folds), n))
    for row, (_, held_out) in zip(aside, folds, strict=True):
        row[held_out] = 1
    figure, ax = plt.subplots(figsize=(5.6, 0.4 * len(folds) + 0.7))
    shades = ListedColormap(["white", PALETTE["orange"]])
    ax.pcolormesh(aside, cmap=shades, edgecolors=PALETTE["grey"], linewidth=1, vmin=0, vmax=1)
    for i, j in np.ndindex(aside.shape):
        ax.text(j + 0.5, i + 0.5, "ab"[int(y[j])], ha="center", va="center", fontsize=11)
    ax.set_yticks(np.arange(len(folds)) + 0.5, [f"fold {i}" for i in range(1, len(folds) + 1)])
    ax.set(xticks=[], xlabel="samples (orange: set aside)")
    ax.invert_yaxis()
    return figure
