"""Drawings of the chapter on backpropagation.

A graph of numbers is drawn from what the course's own engine did on its two ways through it, as
`course_lib.nn.graph.trace` writes it down: nodes, operands before results, and states on the way.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE

if TYPE_CHECKING:
    from course_lib.nn.graph import Node, State

_VALUE, _GRADIENT, _IDLE = PALETTE["blue"], PALETTE["vermillion"], "#9a9a9a"
_RADIUS = 0.3
_NARROW = 5  # columns up to which there is room for names
_WORDS = {"relu": "ReLU", "sigmoid": "σ", "neg": "−", "pow": "^", "maximum": "max"}  # the engine's
_HIGH = 1.4  # from one row of nodes to the next, in columns: a number above, one below


def drawn(nodes: Sequence[Node]) -> list[int]:
    """Return the places of the nodes that a drawing shows: all but constants, which have no name.

    Parameters
    ----------
    nodes : sequence of Node
    """
    return [i for i, node in enumerate(nodes) if node.parents or node.name]


def places(nodes: Sequence[Node]) -> dict[int, tuple[float, float]]:
    """Lay a graph out from left to right.

    An operation stands one column behind its last operand, an input one column before its first
    use. Inputs get the rows in the order in which they are met on the way back from the result,
    operations the middle of their operands, and where two would touch they are pushed apart.

    Parameters
    ----------
    nodes : sequence of Node
        The last one is the result.

    Returns
    -------
    dict of a node's place to its (column, row)
    """
    shown = drawn(nodes)
    operands = {i: [j for j in nodes[i].parents if j in shown] for i in shown}
    column: dict[int, int] = {}
    for i in shown:
        column[i] = 1 + max((column[j] for j in operands[i]), default=-1)
    for i in shown:
        uses = [column[k] for k in shown if i in operands[k]]
        if not operands[i] and uses:
            column[i] = min(uses) - 1
    row = _rows(operands, shown)
    for c in set(column.values()):
        here = sorted((i for i in shown if column[i] == c), key=lambda i: (row[i], i))
        _push_apart(row, here)
    return {i: (column[i], row[i]) for i in shown}


def _rows(operands: Mapping[int, list[int]], shown: Sequence[int]) -> dict[int, float]:
    """Return the row of each node, before any are pushed apart."""
    row: dict[int, float] = {}
    stack, inputs = [shown[-1]], 0
    while stack:
        i = stack.pop()
        if i in row:
            continue
        if operands[i]:
            stack += operands[i][::-1]
        else:
            row[i], inputs = float(inputs), inputs + 1
    for i in shown:
        if operands[i]:
            row[i] = float(np.mean([row[j] for j in operands[i]]))
    return row


def _push_apart(row: dict[int, float], here: Sequence[int]) -> None:
    """Set the rows of one column, in their order, at least 1 apart and their middle unmoved."""
    middle = np.mean([row[i] for i in here])
    for before, i in itertools.pairwise(here):
        row[i] = max(row[i], row[before] + 1)
    shift = middle - np.mean([row[i] for i in here])
    for i in here:
        row[i] += shift


def graph(nodes: Sequence[Node], state: State | None = None) -> Axes:
    """Draw a graph: inputs on the left, values above the nodes, gradients below.

    Parameters
    ----------
    nodes : sequence of Node
        Of numbers, vectors and matrices of a few entries.
    state : State, optional
        What is known by now, and which node has just worked; by default all is known. A gradient
        that waits for another share ends in dots.
    """
    at = places(nodes)
    active, back = (state.active, state.phase == "backward") if state else (None, False)
    gradients = state.gradients if state else {i: nodes[i].gradient for i in at}
    columns = max(c for c, _ in at.values())
    lowest, highest = (f(r for _, r in at.values()) for f in (min, max))
    arrays = any(np.size(nodes[i].value) > 1 for i in at)
    step = 1.6 if arrays else 1.0 if columns > _NARROW else 1.15
    tall = 1.4 if arrays else 1
    spot = {i: np.array([step * c, -tall * _HIGH * (r - lowest)]) for i, (c, r) in at.items()}
    wide, high = step * columns + 1.0, tall * _HIGH * (highest - lowest) + 2.1
    _, ax = plt.subplots(figsize=(5.6, max(2.2, 5.6 * high / wide)))
    for i in at:
        for j in dict.fromkeys(k for k in nodes[i].parents if k in at):
            _edge(ax, spot[j], spot[i], active == i, back, twice=nodes[i].parents.count(j) > 1)
    size = 12 if columns <= _NARROW else 11
    for i, (x, y) in spot.items():
        _node(ax, x, y, _word(nodes, i), active == i, filled=bool(nodes[i].parents))
        if nodes[i].parents and nodes[i].name:
            ax.text(x + 0.27, y + 0.19, nodes[i].name, color=PALETTE["grey"], fontsize=size)
        if state is None or i in state.values:
            _number(ax, x, y + _RADIUS + 0.06, short(nodes[i].value), _VALUE, "bottom", size)
        if gradients.get(i) is not None:
            waits = " …" if state and i not in state.complete else ""
            text = short(gradients[i]) + waits
            _number(ax, x, y - _RADIUS - 0.06, text, _GRADIENT, "top", size)
    top = 1.2 if arrays else 0.98
    look = {"ha": "left", "va": "bottom", "fontsize": 12, "fontweight": "bold"}
    ax.text(-0.4, top, "value above", color=_VALUE, **look)
    ax.text(-0.4 + 0.4 * wide, top, "gradient of the result below", color=_GRADIENT, **look)
    ax.set(xlim=(-0.5, wide - 0.45), ylim=(-high + 1.35, top + 0.37), aspect="equal")
    ax.axis("off")
    return ax


def _edge(
    ax: Axes, start: np.ndarray, end: np.ndarray, active: bool, back: bool, *, twice: bool
) -> None:
    """Draw an arrow between two nodes, two if the operand is used twice; back: from the result."""
    color = (_GRADIENT if back else _VALUE) if active else _IDLE
    gap = (_RADIUS + 0.03) * (end - start) / np.linalg.norm(end - start)
    ends = (end - gap, start + gap) if active and back else (start + gap, end - gap)
    for bend in (-0.18, 0.18) if twice else (0,):
        look = {"arrowstyle": "-|>", "mutation_scale": 14, "lw": 2.6 if active else 1.3}
        style = f"arc3,rad={bend}"
        ax.add_patch(FancyArrowPatch(*ends, color=color, connectionstyle=style, **look))


def _word(nodes: Sequence[Node], i: int) -> str:
    """Return what stands in a node's circle: a name, or an operation and its constant."""
    node = nodes[i]
    if not node.parents:
        return node.name
    word = _WORDS.get(node.operation, node.operation)
    shown = drawn(nodes)
    constants = [float(nodes[j].value) for j in node.parents if j not in shown]
    if not constants:
        return word
    first = node.parents[0] not in shown
    return f"{constants[0]:g}{word}" if first else f"{word}{constants[0]:g}"


def _node(ax: Axes, x: float, y: float, word: str, active: bool, *, filled: bool) -> None:
    edge, width = (PALETTE["black"], 3) if active else (PALETTE["grey"], 1.3)
    fill = "#eef3f8" if filled else "white"
    ax.add_patch(Circle((x, y), _RADIUS, fc=fill, ec=edge, lw=width, zorder=3))
    size = 14 if len(word) < 3 else 11 if len(word) < 4 else 10
    ax.text(x, y, word, ha="center", va="center", fontsize=size, zorder=4)


def _number(ax: Axes, x: float, y: float, text: str, color: str, va: str, size: int = 12) -> None:
    paper = {"fc": "white", "ec": "none", "pad": 0.3, "alpha": 0.85}
    look = {"ha": "center", "va": va, "fontsize": size, "fontweight": "bold", "bbox": paper}
    ax.text(x, y, text, color=color, zorder=5, **look)


def short(number: ArrayLike) -> str:
    """Return a number with three digits that count, its minus as the book prints it.

    A vector stands in brackets, and a matrix has a line for each row.

    >>> short(-0.19661)
    '−0.197'
    >>> short(2.0)
    '2'
    >>> short([1, -0.5])
    '(1, −0.5)'
    """
    if np.ndim(number) == 2:
        return "\n".join("  ".join(map(short, row)) for row in np.asarray(number))
    if np.ndim(number) == 1:
        return f"({', '.join(map(short, np.asarray(number)))})"
    number = float(number) + 0.0  # no −0
    text = f"{number:.3g}"
    if "e" not in text and len(text.lstrip("-")) > 5:
        text = f"{number:.2g}"
    return text.replace("-", "−")


def in_words(nodes: Sequence[Node], state: State) -> str:
    """Return a sentence that says which node has just worked, and what is known by now.

    Parameters
    ----------
    nodes : sequence of Node
        Of a graph of numbers.
    state : State
    """
    if state.phase == "start":
        return "Step 0: only the inputs are known."
    word = _word(nodes, state.active)
    worked = f"{nodes[state.active].name} ({word})" if nodes[state.active].name else word
    if state.phase == "forward":
        return (
            f"Step {state.step}, forward: the node {worked} gets its value,"
            f" {short(nodes[state.active].value)}."
        )
    if state.phase == "seed":
        return f"Step {state.step}: the result {worked} gets the gradient 1."
    sends = ", ".join(
        f"{short(share)} to {nodes[parent].name or _word(nodes, parent)}"
        for parent, share in state.sent
    )
    waiting = dict.fromkeys(parent for parent, _ in state.sent if parent not in state.complete)
    told = "".join(
        f" {nodes[i].name or _word(nodes, i)} has {short(state.gradients[i])} and waits for more."
        for i in waiting
    )
    return f"Step {state.step}, backward: the node {worked} sends {sends}.{told}"


def in_powers(number: float) -> str:
    """Return a number above 0 with a power of ten, as it is written by hand.

    >>> in_powers(0.00000123), in_powers(3.0)
    ('1.2·10⁻⁶', '3')
    """
    if 0.01 <= number < 100:
        return f"{number:.2g}"
    digits, power = f"{number:.1e}".split("e")
    return f"{digits}·10" + str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def listed(nodes: Sequence[Node]) -> str:
    """Return the value and the gradient of each node that has a name, as a list in words.

    Parameters
    ----------
    nodes : sequence of Node
        Of a graph of numbers, each of which has a gradient.
    """
    return "; ".join(
        f"{node.name} {short(node.value)}, {short(node.gradient)}" for node in nodes if node.name
    )


def gate(
    word: str, inputs: Mapping[str, float], shares: Sequence[float], outputs: Sequence[float]
) -> Axes:
    """Draw one gate: its inputs on the left, what arrives from the right, how it is shared.

    Parameters
    ----------
    word : str
        What the gate does, as it stands in its circle.
    inputs : mapping of a name to its value
    shares : sequence of float
        The gradient of each input.
    outputs : sequence of float
        The gradients that arrive, one for each branch of the output.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.0))
    middle = np.array([2.0, 0.0])
    width = [2 + 1.6 * abs(one) ** 0.5 for one in (*shares, *outputs)]
    widths = iter(width)
    rows = {1: (0.0,), 2: (0.75, -0.75)}
    for (name, value), share, y in zip(inputs.items(), shares, rows[len(inputs)], strict=True):
        here = np.array([0.0, y])
        _wire(ax, middle, here, next(widths), share)
        ax.add_patch(Circle(here, 0.3, fc="white", ec=PALETTE["grey"], lw=1.3, zorder=3))
        ax.text(*here, name, ha="center", va="center", fontsize=14, zorder=4)
        _number(ax, -0.75, y + 0.04, short(value), _VALUE, "bottom")
        _number(ax, -0.75, y - 0.04, short(share), _GRADIENT, "top")
    for arrives, y in zip(outputs, rows[len(outputs)], strict=True):
        _wire(ax, np.array([4.2, y]), middle, next(widths), arrives)
        _number(ax, 4.35, y - 0.12, short(arrives), _GRADIENT, "bottom")
    ax.add_patch(Circle(middle, 0.42, fc="#eef3f8", ec=PALETTE["black"], lw=2, zorder=3))
    ax.text(*middle, word, ha="center", va="center", fontsize=16 if len(word) < 3 else 11, zorder=4)
    look = {"va": "bottom", "fontsize": 12, "fontweight": "bold"}
    ax.text(-1.1, 1.2, "value above", color=_VALUE, ha="left", **look)
    ax.text(4.8, 1.2, "gradients arrive", color=_GRADIENT, ha="right", **look)
    ax.set(xlim=(-1.15, 4.85), ylim=(-1.25, 1.6), aspect="equal")
    ax.axis("off")
    return ax


def _wire(ax: Axes, start: np.ndarray, end: np.ndarray, width: float, carried: float) -> None:
    """Draw an arrow that carries a gradient, dashed where it carries none."""
    gap = 0.46 * (end - start) / np.linalg.norm(end - start)
    color = _GRADIENT if carried else _IDLE
    look: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 16, "color": color}
    look |= {"lw": width if carried else 1.3, "ls": "-" if carried else "--"}
    look["shrinkA"] = look["shrinkB"] = 0
    ax.add_patch(FancyArrowPatch(start + gap, end - gap, **look))


def gradient_down_the_chain(sizes: ArrayLike, *, shown: str) -> Axes:
    """Draw the size of the gradient at each layer of a chain, on a logarithmic axis.

    Parameters
    ----------
    sizes : array of shape (layers + 1,)
        From the input to the output, where it is 1.
    shown : str
        What the chain is made of.
    """
    sizes = np.asarray(sizes, dtype=float)
    _, ax = plt.subplots(figsize=(5.6, 3.4))
    layers = np.arange(len(sizes))
    floor = 1e-18
    ax.axhline(1, color=PALETTE["grey"], lw=0.8)
    ax.plot(layers, np.maximum(sizes, floor), "o-", color=_GRADIENT, ms=5)
    ax.plot(0, max(sizes[0], floor), "D", color=PALETTE["black"], ms=8)
    ax.set(yscale="log", ylim=(floor / 3, 1e10), xlabel="layer (0 is the input)", title=shown)
    ax.set_ylabel("size of the gradient")
    ax.set_yticks([1e-15, 1e-10, 1e-5, 1, 1e5, 1e10])
    ax.set_xticks(layers[:: max(1, (len(layers) - 1) // 5)])
    ax.minorticks_off()
    return ax


def jacobian_and_mask(jacobian: ArrayLike, mask: ArrayLike) -> Figure:
    """Draw a Jacobian's entries beside the few numbers that say all of it.

    Parameters
    ----------
    jacobian : array of shape (m, m)
    mask : array of shape (m,)
        Its diagonal.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.2), width_ratios=[6, 1])
    for ax, shown in ((left, np.asarray(jacobian)), (right, np.asarray(mask)[:, None])):
        ax.imshow(shown, cmap="Blues", vmin=0, vmax=1.3, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    rows, columns = np.asarray(jacobian).shape
    left.set(xlabel=f"Jacobian: {rows * columns:,} numbers", ylabel="output")
    right.set_xlabel(f"mask: {rows}")
    return figure


def training_curves(curves: Mapping[str, ArrayLike], ylabel: str = "mean cross-entropy") -> Axes:
    """Draw curves over the epochs, and mark the smallest value of the last one.

    Parameters
    ----------
    curves : mapping of a name to an array of shape (epochs,)
    ylabel : str
        What is measured, with its unit.
    """
    _, ax = plt.subplots(figsize=(5.6, 3.4))
    looks = zip(("-", "--", "-."), CYCLE, strict=False)
    for (name, values), (dashes, color) in zip(curves.items(), looks, strict=False):
        values = np.asarray(values, dtype=float)
        ax.plot(np.arange(1, len(values) + 1), values, dashes, color=color, label=name)
    least = int(np.argmin(values))
    ax.plot(least + 1, values[least], "D", color=PALETTE["black"], ms=8, label="smallest")
    ax.set(xlabel="epoch", ylabel=ylabel, ylim=(0, None))
    ax.legend(loc="upper right")
    return ax


def digits_with_guesses(images: ArrayLike, labels: Sequence[str], columns: int = 8) -> Figure:
    """Draw small pictures of digits in rows, each over its words.

    Parameters
    ----------
    images : array of shape (n, 8, 8)
        0 (paper) to 1 (ink).
    labels : sequence of n str
    columns : int
    """
    images = np.asarray(images, dtype=float)
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(5.6, 0.98 * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, label in zip(axes.flat, images, labels, strict=False):
        ax.imshow(1 - image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(label, fontsize=11)
    return figure
