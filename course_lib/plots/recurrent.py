"""Drawings of the chapters on recurrent networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
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
    figure, ax = plt.subplots(figsize=(5.6, 4.6))
    dashes = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
    for k, (name, values) in enumerate(norms.items()):
        values = np.asarray(values)
        ax.semilogy(values / values[0], ls=dashes[k % 5], color=CYCLE[k], label=name)
        if products and name in products:
            ax.semilogy(products[name], color=CYCLE[k], lw=1)
    ax.set(xlabel="steps back", ylabel="gradient, 1 at the last step", ylim=(1e-12, 20))
    if products:
        ax.plot([], color=PALETTE["grey"], lw=1, label="thin: its gates alone")
    figure.legend(loc="outside upper center", ncols=2, fontsize=11)
    return figure


PARTS = ("forget", "write", "add", "show")
"""The parts of an LSTM's step, in the order in which they are computed."""


def marked_slopes(
    slopes: Mapping[str, ArrayLike], marks: ArrayLike, values: ArrayLike | None = None
) -> Figure:
    """Draw for some networks how strongly an answer depends on the number of each step.

    Parameters
    ----------
    slopes : mapping of a network's name to an array (T,)
    marks : array of shape (T,)
        Not 0 at the steps that count.
    values : array of shape (T,), optional
        The numbers of the sequence, written beside the marked steps.
    """
    figure, axes = plt.subplots(len(slopes), 1, figsize=(5.6, 4.2), sharex=True, sharey=True)
    for ax, (name, found) in zip(axes, slopes.items(), strict=True):
        _slopes(ax, found, marks)
        ax.set_title(name, loc="left", fontsize=12)
    if values is not None:
        for k in np.flatnonzero(marks):
            words = f"{np.asarray(values)[k]:.2f}"
            axes[0].text(k + 1.7, 0.5, words, ha="left", va="center", fontsize=11)
    axes[len(axes) // 2].set_ylabel("slope of the answer")
    axes[-1].set_xlabel("step")
    return figure


def _slopes(ax: Axes, slopes: ArrayLike, marks: ArrayLike) -> None:
    """Draw slopes as bars, those of the marked steps in another colour and with a sign below."""
    slopes, marked = np.asarray(slopes), np.asarray(marks) > 0
    steps = np.arange(1, len(slopes) + 1)
    for chosen, color in ((~marked, PALETTE["grey"]), (marked, PALETTE["orange"])):
        ax.vlines(steps[chosen], 0, slopes[chosen], color=color, lw=5)
    ax.plot(steps[marked], np.full(marked.sum(), -0.22), "^", color=PALETTE["orange"], ms=8)
    ax.axhline(0, color=PALETTE["grey"], lw=0.8)
    ax.set(ylim=(-0.4, 1.25), yticks=[0, 1], xlim=(0, len(slopes) + 1))


def lstm_cell(
    part: str | None = None,
    values: Mapping[str, str] | None = None,
    text: str = "",
    states: Sequence[float] = (),
    rule: str = "",
) -> Figure:
    """Draw one step of an LSTM: the line of the cell state above, the four gates below.

    Parameters
    ----------
    part : {"forget", "write", "add", "show"}, optional
        The part of the step that stands out; without it, all do.
    values : mapping of "old", "f", "i", "g", "ig", "c", "o" and "h" to words, optional
        Numbers to write beside the lines; those of later parts are left out.
    text : str, optional
        Characters to write above; the one that is read is the last that has a state.
    states : sequence of float, optional
        Cell states after the characters read so far.
    rule : str, optional
        What to write below.
    """
    tall = bool(text)
    figure, ax = plt.subplots(figsize=(5.6, 5.1 if tall else 3.7))
    ax.set(xlim=(-0.3, 10.8), ylim=(-2.3, 7.9) if tall else (-1.2, 5.6), aspect="equal")
    ax.axis("off")
    grey = "#b4b4b4"
    ink = {each: PALETTE["black"] if part in (None, each) else grey for each in PARTS}
    top = ink["add"]
    _arrow(ax, (0.2, 4.4), (1.55, 4.4), ink["forget"] if part == "forget" else top, lw=3)
    _arrow(ax, (2.25, 4.4), (4.75, 4.4), top, lw=3)
    _arrow(ax, (5.45, 4.4), (10.3, 4.4), top, lw=3)
    _knot(ax, 1.9, 4.4, "×", ink["forget"] if part == "forget" else top)
    _knot(ax, 5.1, 4.4, "+", top)
    _knot(ax, 5.1, 2.9, "×", ink["write"])
    _knot(ax, 8.9, 1.6, "×", ink["show"])
    gates = [(1.9, "σ", "f", "forget", "forget"), (3.5, "σ", "i", "input", "write")]
    gates += [(5.1, "tanh", "g", "candidate", "write"), (7.1, "σ", "o", "output", "show")]
    for x, squash, name, words, whose in gates:
        _gate(ax, x, squash, name, words, part == whose, ink[whose])
        _arrow(ax, (x, -0.15), (x, 0.6), ink[whose])
    _arrow(ax, (1.9, 1.2), (1.9, 4.05), ink["forget"])
    _arrow(ax, (3.5, 1.2), (3.5, 2.9), ink["write"], head=False)
    _arrow(ax, (3.5, 2.9), (4.75, 2.9), ink["write"])
    _arrow(ax, (5.1, 1.2), (5.1, 2.55), ink["write"])
    _arrow(ax, (5.1, 3.25), (5.1, 4.05), ink["write"])
    _arrow(ax, (7.1, 1.2), (7.1, 1.6), ink["show"], head=False)
    _arrow(ax, (7.1, 1.6), (8.55, 1.6), ink["show"])
    _arrow(ax, (8.9, 4.4), (8.9, 3.3), ink["show"])
    _box(ax, 8.9, 3.0, "tanh", PALETTE["yellow"] if part == "show" else PALETTE["mist"])
    _arrow(ax, (8.9, 2.7), (8.9, 1.95), ink["show"])
    _arrow(ax, (9.25, 1.6), (10.3, 1.6), ink["show"])
    _arrow(ax, (0.2, -0.15), (7.1, -0.15), PALETTE["black"], head=False)
    for x, y, name in (
        (0.1, 4.95, "$c_{t-1}$"),
        (10.2, 4.95, "$c_t$"),
        (10.2, 2.15, "$h_t$"),
        (0.3, -0.75, "$h_{t-1},\\ x_t$"),
    ):
        ax.text(x, y, name, ha="center", va="center", fontsize=15)
    if part is not None and values is not None:
        _numbers_of_a_step(ax, part, values)
    for k, character in enumerate(text):
        now = k == len(states) - 1
        color = PALETTE["black"] if k < len(states) else grey
        ax.text(0.95 + k, 7.4, character, family="monospace", fontsize=17, color=color, **_MIDDLE)
        if k < len(states):
            ax.text(0.95 + k, 6.45, f"{states[k]:.2f}", fontsize=10.5, color=color, **_MIDDLE)
        if now:
            box = {"fill": False, "ec": PALETTE["vermillion"], "lw": 2}
            ax.add_patch(Rectangle((0.5 + k, 6.85), 0.9, 1.0, **box))
    if text:
        ax.text(0.1, 6.45, "$c$", fontsize=14, **_MIDDLE)
        ax.text(5.2, -1.75, rule, fontsize=13.5, color=PALETTE["vermillion"], **_MIDDLE)
    return figure


_RULES = {
    "forget": (
        r"$f_t=\sigma({f_in})={f}$",
        "The forget gate is {f}; the cell state was {old}.",
    ),
    "write": (
        r"$i_t=\sigma({i_in})={i},\quad g_t=\tanh\,{g_in}={g}$",
        "The input gate is {i}, the candidate {g}; {ig} is to be written.",
    ),
    "add": (
        r"$c_t={f}\cdot{old}+{i}\cdot{g}={c}$",
        "The new cell state is {f} · {old} + {ig} = {c}.",
    ),
    "show": (
        r"$o_t=\sigma({o_in})={o},\quad h_t={o}\cdot\tanh\,{c}={h}$",
        "The output gate is {o}; of the cell state {c} the unit shows {h}.",
    ),
}


def part_in_words(part: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Return the formula of a part of an LSTM's step with its numbers, and a sentence.

    Parameters
    ----------
    part : {"forget", "write", "add", "show"}
    values : mapping of a name to words
        What `lstm_cell` takes, and "f_in", "i_in", "g_in", "o_in": what stands inside σ and tanh.

    Examples
    --------
    >>> part_in_words("forget", {"f": "0.98", "f_in": "4", "old": "0.95"})[1]
    'The forget gate is 0.98; the cell state was 0.95.'
    """
    rule, told = _RULES[part]
    return rule.format(**values), told.format(**values)


_MIDDLE = {"ha": "center", "va": "center"}


def _numbers_of_a_step(ax: Axes, part: str, values: Mapping[str, str]) -> None:
    places = {
        "forget": {"old": (0.75, 3.85), "f": (2.5, 2.2)},
        "write": {"i": (4.05, 2.2), "g": (5.8, 2.0), "ig": (5.75, 3.6)},
        "add": {"c": (7.0, 4.85)},
        "show": {"o": (7.7, 2.1), "h": (10.2, 1.05)},
    }
    for each in PARTS[: PARTS.index(part) + 1]:
        color = PALETTE["vermillion"] if each == part else PALETTE["grey"]
        for name, (x, y) in places[each].items():
            ax.text(x, y, values[name], fontsize=12.5, color=color, zorder=5, **_MIDDLE)


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    color: str,
    *,
    lw: float = 1.5,
    head: bool = True,
) -> None:
    style = {"arrowstyle": "-|>" if head else "-", "lw": lw, "color": color}
    ax.annotate("", end, start, arrowprops={**style, "shrinkA": 0, "shrinkB": 0})


def _knot(ax: Axes, x: float, y: float, sign: str, color: str) -> None:
    ax.add_patch(Circle((x, y), 0.35, fc="white", ec=color, lw=1.5, zorder=3))
    ax.text(x, y - 0.02, sign, fontsize=16, color=color, zorder=4, **_MIDDLE)


def _box(ax: Axes, x: float, y: float, words: str, color: str) -> None:
    size = {"boxstyle": "round,pad=0,rounding_size=0.12", "fc": color, "ec": PALETTE["black"]}
    ax.add_patch(FancyBboxPatch((x - 0.52, y - 0.3), 1.04, 0.6, **size, zorder=3))
    ax.text(x, y - 0.02, words, zorder=4, **_MIDDLE)


def _gate(ax: Axes, x: float, squash: str, name: str, words: str, lit: bool, color: str) -> None:
    plain = PALETTE["mist"] if squash == "tanh" else PALETTE["sky"]
    _box(ax, x, 0.9, squash, PALETTE["yellow"] if lit else plain)
    ax.text(x - 0.18, 1.55, f"${name}$", ha="right", va="center", fontsize=15, color=color)
    ax.text(x, -0.62, words, fontsize=12, color=PALETTE["grey"], **_MIDDLE)


def cell_over_time(written: ArrayLike, c: ArrayLike, h: ArrayLike, marked: int) -> Figure:
    """Draw what is written into one LSTM cell, what it keeps and what it shows at every step.

    Parameters
    ----------
    written, c, h : arrays of shape (T,)
        Candidates times the input gate, cell states and outputs.
    marked : int
        The step, from 1, whose candidate is to be kept.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 4.3), sharex=True, height_ratios=[1, 2.2]
    )
    written = np.asarray(written)
    steps = np.arange(1, len(written) + 1)
    top.vlines(steps, 0, written, color=PALETTE["grey"], lw=4)  # quicker to draw than bars
    top.vlines(marked, 0, written[marked - 1], color=PALETTE["orange"], lw=4)
    top.axhline(0, color=PALETTE["grey"], lw=0.8)
    top.set(ylabel="written", ylim=(-1.1, 1.1), yticks=[-1, 0, 1])
    bottom.axhline(0, color=PALETTE["grey"], lw=0.8)
    bottom.plot(steps, c, color=PALETTE["blue"], label="cell state $c$")
    bottom.plot(steps, h, color=PALETTE["orange"], ls="--", label="output $h$")
    bottom.set(xlabel="step", ylabel="value", ylim=(-3.2, 4.2), xlim=(0, len(steps) + 1))
    bottom.legend(loc="upper right", ncols=2)
    return figure


def adding_progress(
    curves: Mapping[str, ArrayLike], name: str, epoch: int, slopes: ArrayLike, marks: ArrayLike
) -> Figure:
    """Draw the networks' errors over the epochs, and what one's answer depends on after one.

    Parameters
    ----------
    curves : mapping of a network's name to its errors (epochs,)
    name : str
        The network that is looked at.
    epoch : int
        From 1.
    slopes, marks : arrays of shape (T,)
        Of one sequence: the slope of the answer by the number of each step, and the marks.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 4.6), height_ratios=[1.5, 1])
    for each, errors in curves.items():
        epochs = np.arange(1, len(np.asarray(errors)) + 1)
        faint = {} if each == name else {"alpha": 0.4, "lw": 1.5}
        top.semilogy(epochs, errors, label=each, **LOOK[each], **faint)
    top.plot(epoch, curves[name][epoch - 1], "o", color=PALETTE["black"])
    top.axhline(1 / 6, color=PALETTE["grey"], lw=0.8)
    top.set(xlabel="epoch", ylabel="squared error", ylim=(1e-4, 0.9))
    top.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    top.minorticks_off()  # eight in every decade, each with an empty label to place
    top.legend(loc="lower left", fontsize=11)
    _slopes(bottom, slopes, marks)
    bottom.set(xlabel="step", ylabel="slope")
    return figure


def text_slopes(text: str, slopes: ArrayLike, *, width: int = 24) -> Figure:
    """Draw a text, each character on a colour that says how much a guess depends on it.

    Parameters
    ----------
    text : str
    slopes : array of shape (read,)
        Of the characters read so far, positive; the others stay grey. Colours are logarithmic,
        from a thousandth of the largest to the largest.
    width : int, default=24
        Characters in a row.
    """
    slopes = np.asarray(slopes) / np.max(slopes)
    rows = -(-len(text) // width)
    figure, ax = plt.subplots(figsize=(5.6, 0.55 * rows + 1.1))
    colors = ScalarMappable(LogNorm(1e-3, 1), "YlOrBr")
    for k, character in enumerate(text):
        x, y = k % width, -(k // width)
        ink = "#a0a0a0"
        if k < len(slopes):
            color = colors.to_rgba(max(slopes[k], 1e-3))
            ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fc=color, ec="white", lw=1))
            ink = "white" if slopes[k] > 0.15 else PALETTE["black"]
        look = {"family": "monospace", "fontsize": 14, "color": ink}
        ax.text(x, y, visible(character), **look, **_MIDDLE)
    x, y = (len(slopes) - 1) % width, -((len(slopes) - 1) // width)
    frame = {"fill": False, "ec": PALETTE["black"], "lw": 2, "zorder": 3}
    ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **frame))
    ax.set(xlim=(-0.7, width - 0.3), ylim=(0.6 - rows, 0.6))
    ax.axis("off")
    bar = figure.colorbar(colors, ax=ax, orientation="horizontal", aspect=40, pad=0.03)
    bar.set_ticks([1e-3, 1e-2, 1e-1, 1], labels=["0.001", "0.01", "0.1", "1"])
    bar.set_label("slope of the guess, 1 for the largest", fontsize=12)
    bar.minorticks_off()
    return figure


def visible(character: str) -> str:
    """Return a sign for a space or a line's end, and any other character as it is."""
    return {" ": "␣", "\n": "↵"}.get(character, character)


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


def strip_of_pictures(
    pixels: ArrayLike, marks: ArrayLike, by_distance: Mapping[str, ArrayLike]
) -> Figure:
    """Draw a strip of pictures with its mark, and how often networks name the marked one.

    Parameters
    ----------
    pixels : array of shape (T, columns)
        The rows of square pictures, one below the other.
    marks : array of shape (T,)
        Not 0 at the rows of the marked picture.
    by_distance : mapping of "plain", "orthogonal", "GRU" or "LSTM" to an array (T / columns,)
        Share of right answers, by how many pictures follow the marked one.
    """
    pixels = np.asarray(pixels)
    side = pixels.shape[1]
    pictures = pixels.reshape(-1, side, side)
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 4.4), height_ratios=[1, 3])
    apart = np.pad(pictures, ((0, 0), (0, 0), (0, 1)), constant_values=np.nan)
    top.imshow(np.hstack(apart), cmap="gray_r")
    (marked,) = np.flatnonzero(np.asarray(marks)[::side])
    at = marked * (side + 1) - 0.5, -0.5
    top.add_patch(Rectangle(at, side, side, fill=False, ec=PALETTE["orange"], lw=3, clip_on=False))
    top.set_title("read from left to right, one marked", loc="left", fontsize=12)
    top.axis("off")
    looks = LOOK | {"plain": LOOK["RNN"], "orthogonal": {"color": PALETTE["purple"], "ls": "--"}}
    for name, shares in by_distance.items():
        bottom.plot(range(len(pictures)), shares, marker="o", ms=5, label=name, **looks[name])
    bottom.set(xlabel="pictures after the marked one", ylabel="share right", ylim=(0, 1.03))
    bottom.legend(loc="lower left", fontsize=11)
    return figure
