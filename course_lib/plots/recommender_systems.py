"""Drawings of the chapter on recommender systems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE

_GIVEN, _FOUND = PALETTE["orange"], PALETTE["blue"]
_LOOKS = ("-", "--", "-.", ":")


def rated_and_recommended(
    rated: Mapping[str, float],
    recommended: Mapping[str, float],
    kinds: Mapping[str, str] | None = None,
    *,
    xlabel: str = "stars",
) -> Axes:
    """Draw what a person has rated, and below it the list of recommendations with their scores.

    Parameters
    ----------
    rated, recommended : mappings of a title to its stars
        Both in the order in which they are shown, from the top.
    kinds : mapping of a title to a few words, optional
        Written to the right of its bar.
    xlabel : str
    """
    titles = [*rated, *recommended]
    values = [*rated.values(), *recommended.values()]
    places = np.arange(len(titles), dtype=float)
    places[len(rated) :] += 0.8  # a gap between what is known and what is guessed
    _, ax = plt.subplots(figsize=(5.6, 0.33 * len(titles) + 0.9))
    colours = [_GIVEN] * len(rated) + [_FOUND] * len(recommended)
    ax.barh(places, values, color=colours, height=0.72)
    for title, place, value in zip(titles, places, values, strict=True):
        ax.text(value + 0.06, place, f"{value:.3g}", va="center", fontsize=12)
        if kinds:
            ax.text(6.4, place, kinds[title], va="center", fontsize=10)
    ax.set_yticks(places, titles)
    ax.set(xlabel=xlabel, ylim=(places[-1] + 0.6, -0.6), xlim=(0, 9.4 if kinds else 5.6))
    ax.set_xticks(range(6))
    ax.tick_params(axis="y", length=0)
    ax.axhline(len(rated) - 0.1, color=PALETTE["grey"], lw=0.8, ls=":")
    return ax


def agreement(
    traits: ArrayLike, taste: ArrayLike, best: Sequence[int], names: Sequence[str]
) -> Axes:
    """Draw films as points, a taste as an arrow, and the lines on which the dot product is equal.

    Parameters
    ----------
    traits : array of shape (m, 2)
    taste : array of shape (2,)
        Drawn from 0, at half its length, so that tastes up to 2 fit.
    best : sequence of int
        Films to number, from 1.
    names : sequence of two str
        What the traits are.
    """
    traits, taste = np.asarray(traits, dtype=float), np.asarray(taste, dtype=float)
    _, ax = plt.subplots(figsize=(5.6, 4.6))
    grid = np.linspace(-1.5, 1.5, 61)
    x, y = np.meshgrid(grid, grid)
    if np.any(taste):
        levels = np.arange(-4, 4.5, 0.5)
        lines = ax.contour(
            x, y, x * taste[0] + y * taste[1], levels, colors=PALETTE["grey"], linewidths=0.8
        )
        ax.clabel(lines, fontsize=10, fmt="%g")
        look = {"arrowstyle": "-|>", "color": PALETTE["vermillion"], "lw": 2.5}
        ax.annotate("", taste / 2, (0, 0), arrowprops=look, zorder=5)
    ax.plot(*traits.T, "o", color=PALETTE["sky"], ms=8, zorder=3)
    for rank, film in enumerate(best, 1):
        ax.plot(*traits[film], "o", color=_FOUND, ms=17, zorder=6)
        ax.text(*traits[film], f"{rank}", color="white", ha="center", va="center", zorder=7)
    ax.plot(0, 0, "+", color=PALETTE["black"], ms=10)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xlabel=names[0], ylabel=names[1])
    return ax


def curves_with_a_place(
    x: Sequence[float],
    curves: Mapping[str, ArrayLike],
    at: float,
    *,
    xlabel: str,
    ylabel: str,
    ylim: tuple[float, float],
    strong: Collection[str] = (),
    even: bool = True,
) -> Axes:
    """Draw curves over a few values of a parameter, and mark one of these values.

    Parameters
    ----------
    x : sequence of k numbers
    curves : mapping of a name to an array of shape (k,)
    at : float
        One of `x`; a vertical line and a point on each strong curve mark it.
    xlabel, ylabel : str
    ylim : tuple of two float
    strong : names of the curves that are drawn strongly; all of them by default
    even : bool
        Whether the values stand side by side at equal distances.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.5))
    places = np.arange(len(x)) if even else np.asarray(x)
    here = list(x).index(at)
    ax.axvline(places[here], color=PALETTE["mist"], lw=8, zorder=0)
    for i, (name, values) in enumerate(curves.items()):
        is_strong = not strong or name in strong
        look = {"color": CYCLE[i % len(CYCLE)], "ls": _LOOKS[i % 4], "label": name}
        ax.plot(places, values, lw=2.5 if is_strong else 1.2, **look)
        if is_strong:
            ax.plot(places[here], np.asarray(values)[here], "o", color=look["color"], ms=9)
    if even:
        ax.set_xticks(places, [f"{value:g}" for value in x])
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=ylim)
    ax.legend(loc="upper right", fontsize=11)
    return ax


def factors_and_objective(
    users: ArrayLike,
    items: ArrayLike,
    before: ArrayLike | None,
    moved: str,
    objective: ArrayLike,
    labels: Mapping[int, str],
) -> Figure:
    """Draw the factors after a half step of alternating least squares, and the objective so far.

    Parameters
    ----------
    users : array of shape (n, 2)
    items : array of shape (m, 2)
    before : array of the shape of what has moved, optional
        Where it was; a stroke leads from there to its new place.
    moved : "users", "items" or ""
    objective : array of shape (steps + 1,)
        The last is that of now.
    labels : mapping of an item to its name
    """
    users, items = np.asarray(users, dtype=float), np.asarray(items, dtype=float)
    figure, (above, below) = plt.subplots(2, 1, figsize=(5.6, 6.4), height_ratios=[2.6, 1])
    if before is not None:
        now = users if moved == "users" else items
        colour = _FOUND if moved == "users" else PALETTE["vermillion"]
        for start, end in zip(np.asarray(before), now, strict=True):
            above.plot(*np.stack([start, end]).T, color=colour, lw=0.7, alpha=0.5, zorder=1)
    above.plot(*users.T, "o", color=_FOUND, ms=3.5, alpha=0.7, label="viewers", zorder=2)
    above.plot(*items.T, "s", color=PALETTE["vermillion"], ms=6, label="films", zorder=3)
    for item, name in labels.items():
        place = {"xytext": (5, 4), "textcoords": "offset points", "fontsize": 12, "zorder": 4}
        ground = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5}
        above.annotate(name, items[item], bbox=ground, **place)
    reach = 1.06 * max(np.abs(users).max(), np.abs(items).max())
    above.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    above.set(xlabel="factor 1", ylabel="factor 2")
    above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=11)
    objective = np.asarray(objective)
    below.plot(np.arange(len(objective)), objective, ".-", color=PALETTE["black"])
    below.plot(len(objective) - 1, objective[-1], "o", color=PALETTE["black"], ms=9)
    below.set(xlabel="half steps", ylabel="objective", xlim=(-0.5, 9.5), ylim=(0, None))
    below.set_xticks([0, 3, 6, 9])
    return figure


def attendance(
    came: ArrayLike, women: Sequence[str], events: Sequence[str], row: int, best: Sequence[int]
) -> Axes:
    """Draw a table of who came to what, one woman's row framed, with the events suggested to her.

    Parameters
    ----------
    came : array of shape (n, m), 0 or 1
    women : sequence of n str
    events : sequence of m str
    row : int
    best : sequence of int
        Events suggested to the woman of this row; numbered from 1.
    """
    came = np.asarray(came)
    n, m = came.shape
    _, ax = plt.subplots(figsize=(5.6, 5.0))
    rows, columns = np.nonzero(came)
    ax.plot(columns, rows, "s", color=PALETTE["sky"], ms=11)
    own = rows == row
    ax.plot(columns[own], rows[own], "s", color=_GIVEN, ms=11)
    for rank, event in enumerate(best, 1):
        ax.plot(event, row, "o", color=_FOUND, ms=15, zorder=3)
        ax.text(event, row, f"{rank}", color="white", ha="center", va="center", fontsize=11)
    ax.axhspan(row - 0.5, row + 0.5, color=PALETTE["mist"], zorder=0)
    ax.set_yticks(range(n), women)
    ax.set_xticks(range(m), [event.removeprefix("E") for event in events])
    ax.set(xlabel="event", xlim=(-0.6, m - 0.4), ylim=(n - 0.4, -0.6))
    ax.tick_params(length=0)
    return ax


def shares_of_stars(shares: Mapping[str, ArrayLike], stars: Sequence[float]) -> Axes:
    """Draw how often each number of stars occurs, in groups of bars.

    Parameters
    ----------
    shares : mapping of a name to an array of shape (k,), in per cent
    stars : sequence of k numbers
    """
    _, ax = plt.subplots(figsize=(5.6, 3.2))
    wide = 0.8 / len(shares)
    for i, (name, values) in enumerate(shares.items()):
        places = np.arange(len(stars)) + (i - (len(shares) - 1) / 2) * wide
        ax.bar(places, values, wide, color=CYCLE[i], label=name)
    ax.set_xticks(range(len(stars)), [f"{star:g}" for star in stars])
    ax.set(xlabel="stars", ylabel="% of the ratings")
    ax.legend(loc="upper left")
    return ax
