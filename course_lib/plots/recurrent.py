"""Drawings of the chapters on recurrent networks."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE

LOOK = {
    "RNN": {"color": PALETTE["vermillion"], "ls": ":"},
    "GRU": {"color": PALETTE["green"], "ls": "--"},
    "LSTM": {"color": PALETTE["blue"], "ls": "-"},
}
"""Colour and dashes of each kind of network, the same in every picture."""


def reach_of_gradients(
    norms: Mapping[str, ArrayLike], products: Mapping[str, ArrayLike] | None = None
) -> Figure:
    """Draw how strongly the last output still depends on each earlier step, on a log axis.

    Parameters
    ----------
    norms : mapping of a name to an array (T,)
        Norm of the gradient, by how many steps it went back.
    products : mapping of some of the names to arrays (T,), optional
        Products of the forget gates over as many steps, drawn thin in the colour of the name.
    """
    figure, ax = plt.subplots()
    dashes = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
    for k, (name, values) in enumerate(norms.items()):
        values = np.asarray(values)
        ax.semilogy(values / values[0], ls=dashes[k % 5], color=CYCLE[k], label=name)
        if products and name in products:
            ax.semilogy(products[name], color=CYCLE[k], lw=1, label="its gates alone")
    ax.set(xlabel="steps back", ylabel="gradient, 1 at the last step", ylim=(1e-12, 20))
    ax.legend(fontsize=10)
    return figure


def lstm_cell() -> Figure:
    """Draw one step of an LSTM: the line of the cell state above, the four gates below."""
    figure, ax = plt.subplots(figsize=(5.6, 3.7))
    ax.set(xlim=(-0.3, 10.8), ylim=(-1.2, 5.6), aspect="equal")
    ax.axis("off")
    arrows = [((0.2, 4.4), (1.55, 4.4)), ((2.25, 4.4), (4.75, 4.4)), ((5.45, 4.4), (10.3, 4.4))]
    for start, end in arrows:
        _arrow(ax, start, end, lw=3)
    for x, y, sign in ((1.9, 4.4, "×"), (5.1, 4.4, "+"), (5.1, 2.9, "×"), (8.9, 1.6, "×")):
        _knot(ax, x, y, sign)
    gates = [(1.9, "σ", "f", "forget"), (3.5, "σ", "i", "input"), (5.1, "tanh", "g", "candidate")]
    for x, squash, name, words in [*gates, (7.1, "σ", "o", "output")]:
        _gate(ax, x, squash, name, words)
        _arrow(ax, (x, -0.15), (x, 0.6))
    _arrow(ax, (1.9, 1.2), (1.9, 4.05))
    _arrow(ax, (3.5, 1.2), (3.5, 2.9), head=False)
    _arrow(ax, (3.5, 2.9), (4.75, 2.9))
    _arrow(ax, (5.1, 1.2), (5.1, 2.55))
    _arrow(ax, (5.1, 3.25), (5.1, 4.05))
    _arrow(ax, (7.1, 1.2), (7.1, 1.6), head=False)
    _arrow(ax, (7.1, 1.6), (8.55, 1.6))
    _arrow(ax, (8.9, 4.4), (8.9, 3.3))
    _box(ax, 8.9, 3.0, "tanh", PALETTE["mist"])
    _arrow(ax, (8.9, 2.7), (8.9, 1.95))
    _arrow(ax, (9.25, 1.6), (10.3, 1.6))
    _arrow(ax, (0.2, -0.15), (7.1, -0.15), head=False)
    for x, y, name in (
        (0.1, 4.95, "$c_{t-1}$"),
        (10.2, 4.95, "$c_t$"),
        (10.2, 2.15, "$h_t$"),
        (0.3, -0.75, "$h_{t-1},\\ x_t$"),
    ):
        ax.text(x, y, name, ha="center", va="center", fontsize=15)
    return figure


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    lw: float = 1.5,
    head: bool = True,
) -> None:
    style = {"arrowstyle": "-|>" if head else "-", "lw": lw, "color": PALETTE["black"]}
    ax.annotate("", end, start, arrowprops={**style, "shrinkA": 0, "shrinkB": 0})


def _knot(ax: Axes, x: float, y: float, sign: str) -> None:
    ax.add_patch(Circle((x, y), 0.35, fc="white", ec=PALETTE["black"], lw=1.5, zorder=3))
    ax.text(x, y - 0.02, sign, ha="center", va="center", fontsize=16, zorder=4)


def _box(ax: Axes, x: float, y: float, words: str, color: str) -> None:
    size = {"boxstyle": "round,pad=0,rounding_size=0.12", "fc": color, "ec": PALETTE["black"]}
    ax.add_patch(FancyBboxPatch((x - 0.52, y - 0.3), 1.04, 0.6, **size, zorder=3))
    ax.text(x, y - 0.02, words, ha="center", va="center", zorder=4)


def _gate(ax: Axes, x: float, squash: str, name: str, words: str) -> None:
    _box(ax, x, 0.9, squash, PALETTE["mist"] if squash == "tanh" else PALETTE["sky"])
    ax.text(x - 0.18, 1.55, f"${name}$", ha="right", va="center", fontsize=15)
    ax.text(x, -0.62, words, ha="center", va="center", fontsize=12, color=PALETTE["grey"])


def cell_over_time(x: ArrayLike, c: ArrayLike, h: ArrayLike, cleared: int | None = None) -> Figure:
    """Draw what one LSTM cell gets, keeps and shows at every step.

    Parameters
    ----------
    x, c, h : arrays of shape (T,)
        Candidates, cell states and outputs.
    cleared : int, optional
        The step, from 1, at which the forget gate closes.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.3), sharex=True, height_ratios=[1, 2.2]
    )
    steps = np.arange(1, len(np.asarray(x)) + 1)
    top.vlines(steps, 0, x, color=PALETTE["grey"], lw=4)  # quicker to draw than as many bars
    top.set(ylabel="candidate", ylim=(-1.1, 1.1), yticks=[-1, 0, 1])
    bottom.axhline(0, color=PALETTE["grey"], lw=0.8)
    bottom.plot(steps, c, color=PALETTE["blue"], label="cell state $c$")
    bottom.plot(steps, h, color=PALETTE["orange"], ls="--", label="output $h$")
    if cleared is not None:
        bottom.axvline(cleared, color=PALETTE["vermillion"], lw=1, ls=":")
        bottom.text(cleared + 0.5, -1.02, "f = 0", color=PALETTE["vermillion"], fontsize=11)
    bottom.set(xlabel="step", ylabel="value", ylim=(-1.1, 1.7), xlim=(0, len(steps) + 1))
    bottom.legend(loc="upper right", ncols=2)
    return figure


def adding_progress(
    curves: Mapping[str, ArrayLike], name: str, epoch: int, truth: ArrayLike, answer: ArrayLike
) -> Figure:
    """Draw the networks' errors over the epochs, and one network's answers after one of them.

    Parameters
    ----------
    curves : mapping of a network's name to its errors (epochs,)
    name : str
        The network whose answers are drawn.
    epoch : int
        From 1.
    truth, answer : arrays of shape (m,)
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.6), width_ratios=[1.25, 1])
    for each, errors in curves.items():
        epochs = np.arange(1, len(np.asarray(errors)) + 1)
        faint = {} if each == name else {"alpha": 0.4, "lw": 1.5}
        left.semilogy(epochs, errors, label=each, **LOOK[each], **faint)
    left.plot(epoch, curves[name][epoch - 1], "o", color=PALETTE["black"])
    left.axhline(1 / 6, color=PALETTE["grey"], lw=0.8)
    left.set(xlabel="epoch", ylabel="mean squared error", ylim=(1e-4, 0.6))
    left.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    left.minorticks_off()  # eight in every decade, each with an empty label to place
    left.legend(loc="lower left", fontsize=11)
    right.plot([0, 2], [0, 2], color=PALETTE["grey"], lw=0.8)
    right.plot(truth, answer, "o", ms=3, color=LOOK[name]["color"], alpha=0.6)
    right.set(xlabel="true sum", ylabel="answer", xlim=(0, 2), ylim=(-0.2, 2.2))
    return figure


def gate_map(
    values: ArrayLike, text: str, at: int, title: str, guesses: Mapping[str, float]
) -> Figure:
    """Draw values of some cells at every character as a heat map, and what is expected next.

    Parameters
    ----------
    values : array of shape (cells, T)
        Between 0 and 1 for a gate, between −1 and 1 for a state.
    text : str
        The T characters that were read.
    at : int
        The step that is looked at, from 0.
    title : str
    guesses : mapping of a character to its probability
        The likeliest next characters.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 4.6), height_ratios=[3, 1])
    gate = title.endswith("gate")
    look = {"cmap": "cividis", "vmin": 0} if gate else {"cmap": "RdBu_r", "vmin": -1}
    picture = top.imshow(values, aspect="auto", vmax=1, **look)
    below = {"transform": top.get_xaxis_transform(), "ha": "center", "va": "top"}
    for k, character in enumerate(text):  # as words: so many ticks would take twice as long
        letter = top.text(k, -0.03, visible(character), fontsize=10, family="monospace", **below)
        letter.set_in_layout(k == 0)  # one makes room for all
    top.set(xticks=[], yticks=[0, len(np.asarray(values)) - 1], title=title)
    top.set_yticklabels(["longest memory", "shortest"], rotation=90, va="center", fontsize=11)
    top.get_yticklabels()[0].set_va("top")
    top.get_yticklabels()[1].set_va("bottom")
    top.axvline(at + 0.5, color=PALETTE["vermillion"], lw=2)
    figure.colorbar(picture, ax=top, pad=0.01, ticks=[0, 1] if gate else [-1, 0, 1])
    bottom.bar(range(len(guesses)), list(guesses.values()), color=PALETTE["orange"])
    bottom.set_xticks(range(len(guesses)), [visible(c) for c in guesses], family="monospace")
    bottom.set(ylim=(0, 1), ylabel="next", xlabel="likeliest next characters")
    return figure


def visible(character: str) -> str:
    """Return a sign for a space or a line's end, and any other character as it is."""
    return {" ": "␣", "\n": "↵"}.get(character, character)


def page_of_text(prompt: str, text: str, *, width: int = 46, lines: int = 9) -> Figure:
    """Draw a prompt and the text that follows it as a typewriter would."""
    figure, ax = plt.subplots(figsize=(5.6, 2.9))
    ax.axis("off")
    rows = []
    for line in (prompt + text).split("\n"):
        rows += textwrap.wrap(line, width, replace_whitespace=False) or [""]
    words = "\n".join(rows[:lines])
    look = {"family": "monospace", "fontsize": 12.5, "va": "top", "transform": ax.transAxes}
    ax.text(0, 1, words, color=PALETTE["black"], linespacing=1.5, **look)
    return figure


def alignment(
    right: Mapping[str, ArrayLike],
    lengths: Sequence[int],
    name: str,
    length: int,
    source: Sequence[int],
    written: Sequence[int],
    A: ArrayLike,
) -> Figure:
    """Draw how many symbols come out right at each length, and one string with its attention.

    Parameters
    ----------
    right : mapping of a model's name to the fraction of right symbols at each length
    lengths : sequence of int
    name, length : str and int
        The model and the length that are looked at.
    source, written : the symbols that were read, and those written
    A : array of shape (written, source)
        The attention; zeros for a model without it.
    """
    figure, (left, map_) = plt.subplots(1, 2, figsize=(5.6, 3.6), width_ratios=[1, 1.25])
    for (each, values), look in zip(right.items(), ({"ls": "--"}, {}), strict=True):
        color = PALETTE["blue"] if each == name else PALETTE["grey"]
        left.plot(lengths, values, marker="o", ms=4, color=color, label=each, **look)
    left.axvline(length, color=PALETTE["black"], lw=0.8, ls=":")
    left.set(xlabel="length", ylabel="symbols right", ylim=(0, 1.05))
    left.legend(loc="lower left", fontsize=10)
    map_.imshow(A, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    if not np.any(A):
        map_.text(0.5, 0.5, "no attention", color="white", ha="center", transform=map_.transAxes)
    truth = list(source)[::-1]
    map_.set_xticks(range(len(source)), [str(s) for s in source], fontsize=10)
    map_.set_yticks(range(len(written)), [str(s) for s in written], fontsize=10)
    for tick, got, wanted in zip(map_.get_yticklabels(), written, truth, strict=True):
        if got != wanted:
            tick.set(color=PALETTE["vermillion"], weight="bold")
    map_.set(xlabel="read →", ylabel="← written")
    return figure
