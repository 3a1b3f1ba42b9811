"""Drawings of the chapter on derivatives, gradients and automatic differentiation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from numpy.typing import ArrayLike

from course_lib.plots.style import PALETTE

Function = Callable[[np.ndarray], np.ndarray]


def secant_and_error(
    f: Function, x: float, slope: float, ends: tuple[float, float], errors: Mapping[float, float]
) -> Figure:
    """Draw a secant beside the tangent, and the error of the secant's slope for every step.

    Parameters
    ----------
    f : callable
        Takes and gives arrays of numbers.
    x, slope : float
        Where the tangent touches, and its slope.
    ends : two floats
        Where the secant meets the curve.
    errors : mapping of float to float
        The error for each step h, the present one first; an error of 0 is drawn at the bottom.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.4), width_ratios=[1.15, 1])
    grid = np.linspace(x - 1.3, x + 1.3, 101)
    left.plot(grid, f(grid), color=PALETTE["black"])
    left.plot(grid, f(x) + slope * (grid - x), "--", color=PALETTE["blue"], label="tangent")
    a, b = ends
    tilt = (f(b) - f(a)) / (b - a)
    left.plot(grid, f(a) + tilt * (grid - a), color=PALETTE["orange"], label="secant")
    left.plot([a, b], [f(a), f(b)], "o", color=PALETTE["vermillion"])
    low, high = np.min(f(grid)), np.max(f(grid))
    margin = 0.15 * (high - low)
    left.set(xlabel="$x$", ylabel="$f(x)$", xlim=(x - 1.3, x + 1.3))
    left.set_ylim(low - 3 * margin, high + margin)
    left.legend(loc="upper left")
    steps, sizes = np.array(list(errors)), np.maximum(list(errors.values()), 1e-15)
    order = np.argsort(steps)
    right.loglog(steps[order], sizes[order], color=PALETTE["grey"], lw=1.2)
    right.loglog(steps[0], sizes[0], "D", color=PALETTE["vermillion"], ms=8)
    right.set(xlabel="step $h$", title="error of the slope", xlim=(3e-16, 3), ylim=(4e-16, 9))
    right.set_xticks([1e-15, 1e-10, 1e-5, 1])
    right.set_yticks([1e-15, 1e-10, 1e-5, 1])
    right.minorticks_off()
    return figure


def growing_rectangle(
    sides: tuple[float, float], speeds: tuple[float, float], h: float
) -> dict[str, str | float]:
    """Draw a rectangle whose sides change, the pieces that it gains, and each divided by the step.

    A piece that is lost is hatched. Where one side grows and the other shrinks, the corner is the
    part that the strips count wrongly.

    Parameters
    ----------
    sides : two floats above 0
        Width and height.
    speeds : two floats
        By how much each of them changes for each unit of h.
    h : float above 0

    Returns
    -------
    dict
        The sentence, and the areas of the "right" strip, the "top" strip and the "corner" with
        their signs.
    """
    (width, height), (right, up) = sides, (speed * h for speed in speeds)
    pieces = {"right": right * height, "top": width * up, "corner": right * up}
    boxes = [(width, 0, right, height), (0, height, width, up), (width, height, right, up)]
    colors = [PALETTE["blue"], PALETTE["orange"], PALETTE["vermillion"]]
    _, (left, bars) = plt.subplots(1, 2, figsize=(5.6, 3.3), width_ratios=[1.7, 1])
    left.add_patch(Rectangle((0, 0), width, height, fc=PALETTE["mist"], ec="none"))
    for (x, y, across, along), area, color in zip(boxes, pieces.values(), colors, strict=True):
        look = {"fc": "white", "hatch": "////"} if area < 0 else {"fc": color}
        left.add_patch(Rectangle((x, y), across, along, ec=color, lw=1.2, **look))
    grown = (width + right, height + up)
    left.add_patch(Rectangle((0, 0), *grown, fc="none", ec=PALETTE["black"], lw=2))
    left.text(width / 2, height / 2, f"{width:g} × {height:g}", ha="center", va="center")
    left.text(grown[0] / 2, -0.12, f"{grown[0]:g}", ha="center", va="top")
    left.text(-0.12, grown[1] / 2, f"{grown[1]:g}", ha="right", va="center")
    left.set(xlim=(-0.9, 6.1), ylim=(-0.6, 4.1), aspect="equal", title="area")
    left.axis("off")
    shares = [area / h for area in pieces.values()]
    shares.append(sum(shares))
    limit = shares[0] + shares[1]
    bars.barh([*pieces, "sum"], shares, color=[*colors, PALETTE["grey"]])
    bars.axvline(0, color=PALETTE["black"], lw=0.8)
    bars.plot([limit, limit], [2.5, 3.5], "--", color=PALETTE["black"], lw=2)
    for k, share in enumerate(shares):
        end = max(share, limit, 0) if k == 3 else max(share, 0)
        bars.text(end + 0.8, k, _signed(f"{share:.4g}"), va="center")
    bars.set(xlim=(-6, 22), title="gain / h", xticks=[0, 10, 20])
    bars.invert_yaxis()
    sentence = (
        f"h = {h:g}, f′ = {speeds[0]:g}, g′ = {speeds[1]:g}: divided by h, the strips gain"
        f" {limit:.4g} and the corner {shares[2]:.4g}."
    )
    return {"sentence": _signed(sentence), **pieces}


def _signed(text: str) -> str:
    """Give numbers their real minus sign."""
    return text.replace("-", "−")


def stretched_twice(x: float, h: float) -> dict[str, str | float]:
    """Draw what becomes of a short piece of a line under u = 3x² − 4x and then under u².

    All three lines are drawn in units of h, with the image of x in the middle.

    Parameters
    ----------
    x, h : float
        The piece goes from x to x + h.

    Returns
    -------
    dict
        The sentence, and the slopes of the "first" and the "second" function, which are what the
        stretching tends to; below 0 a piece is turned round.
    """

    def inner(x: np.ndarray) -> np.ndarray:
        return 3 * x**2 - 4 * x

    names = ["x", "u = 3x² − 4x", "u²"]
    piece = x + h * np.linspace(0, 1, 5)
    lines = [piece, inner(piece), inner(piece) ** 2]
    places = [(line - line[0]) / h for line in lines]
    _, ax = plt.subplots(figsize=(5.6, 3.9))
    heights = [2.0, 1.0, 0.0]
    paper = {"bbox": {"fc": "white", "ec": "none", "pad": 1}, "zorder": 5}
    for k in (0, 1):
        for a, b in zip(places[k], places[k + 1], strict=True):
            ax.plot([a, b], heights[k : k + 2], color=PALETTE["grey"], lw=0.7, zorder=1)
    for line, place, y, name in zip(lines, places, heights, names, strict=True):
        ax.axhline(y, color=PALETTE["grey"], lw=1, zorder=1)
        ax.plot(place[[0, -1]], [y, y], color=PALETTE["blue"], lw=6, zorder=2)
        ax.plot(place[1:-1], [y] * 3, "o", color="white", ms=5, zorder=3)
        ax.plot(place[0], y, "o", color=PALETTE["black"], ms=9, zorder=4)
        ax.plot(place[-1], y, "D", color=PALETTE["vermillion"], ms=8, zorder=4)
        ax.text(-4.5, y + 0.13, name, ha="left", va="bottom", **paper)
        ax.text(0, y - 0.14, _signed(f"{line[0]:.5g}"), ha="center", va="top", **paper)
    first, second = ((b[-1] - b[0]) / (a[-1] - a[0]) for a, b in itertools.pairwise(lines))
    for stretch, y in ((first, 1.5), (second, 0.5)):
        ax.text(4.5, y, _signed(f"× {stretch:.3f}"), ha="right", va="center", **paper)
    ax.set(xlim=(-4.6, 4.6), ylim=(-0.4, 2.4))
    ax.axis("off")
    sentence = (
        f"From x = {x:g}, a piece of {h:g} is stretched by {first:.3f}, then by {second:.3f},"
        f" together by {first * second:.3f}."
    )
    return {"sentence": _signed(sentence), "first": 6 * x - 4, "second": 2 * inner(x)}


def slope_in_a_direction(
    f: Function, at: ArrayLike, gradient: ArrayLike, degrees: float, span: float
) -> Figure:
    """Draw a direction on a map, the cut through the surface along it, and the slope of every cut.

    The longer arrow points along the gradient, the shorter one in the direction.

    Parameters
    ----------
    f : callable
        The heights of points, shape (m, 2) to (m,).
    at, gradient : arrays of shape (2,)
    degrees : float
        The angle of the direction from the first axis.
    span : float
        Half the width of the map, whose middle is the origin; a cross marks it.
    """
    at, gradient = np.asarray(at, dtype=float), np.asarray(gradient, dtype=float)
    u = _direction(degrees)
    figure = plt.figure(figsize=(5.6, 4.1))
    axes = figure.subplot_mosaic([["map", "cut"], ["map", "all"]], width_ratios=[1.25, 1])
    _map(f, span, axes["map"])
    length = 0.45 * span
    uphill = gradient / np.linalg.norm(gradient)
    _arrow(axes["map"], at, at + 1.5 * length * uphill, PALETTE["blue"])
    _arrow(axes["map"], at, at + length * u, PALETTE["vermillion"])
    axes["map"].plot(*at, "o", color=PALETTE["black"])
    axes["map"].set(title="map")
    s = np.linspace(-1, 1, 61)
    cut, slope = axes["cut"], float(gradient @ u)
    cut.plot(s, f(at + s[:, None] * u), color=PALETTE["black"])
    cut.plot(s, f(at[None]) + slope * s, "--", color=PALETTE["vermillion"])
    cut.plot(0, f(at[None]), "o", color=PALETTE["black"])
    height, size = f(at[None])[0], np.linalg.norm(gradient)
    cut.set(xlabel="steps along the arrow", title="cut", xlim=(-1, 1))
    cut.set_ylim(height - 1.4 * size, height + 1.2 * size)
    angles = np.arange(0, 361, 5)
    slopes = [gradient @ _direction(angle) for angle in angles]
    axes["all"].plot(angles, slopes, color=PALETTE["grey"])
    axes["all"].axhline(0, color=PALETTE["grey"], lw=0.8)
    axes["all"].plot(degrees, slope, "D", color=PALETTE["vermillion"], ms=8, clip_on=False)
    axes["all"].set(xlabel="angle (degrees)", title="slope", xlim=(0, 360))
    axes["all"].set_xticks([0, 90, 180, 270, 360])
    return figure


def _direction(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def _map(f: Function, span: float, ax: Axes, levels: int = 9) -> None:
    """Draw contour lines around the origin, which is marked."""
    line = np.linspace(-span, span, 81)
    points = np.stack(np.meshgrid(line, line, indexing="xy"), axis=-1).reshape(-1, 2)
    heights = f(points).reshape(81, 81)
    look = {"colors": PALETTE["grey"], "linewidths": 0.9, "linestyles": "solid"}
    ax.contour(line, line, heights, levels=levels, **look)
    ax.plot(0, 0, "+", color=PALETTE["black"], ms=10, mew=2)
    ax.set(xlabel="$x$", ylabel="$y$", aspect="equal", xlim=(-span, span), ylim=(-span, span))


def _arrow(ax: Axes, start: ArrayLike, end: ArrayLike, color: str, **look: object) -> None:
    look = {"arrowstyle": "-|>", "mutation_scale": 16, "lw": 2.5, **look}
    ax.add_patch(FancyArrowPatch(start, end, color=color, shrinkA=0, shrinkB=0, **look))


def on_the_way_to_the_origin(f: Function, way: Function, *, label: str) -> Figure:
    """Draw a function of two variables with a way into the origin, and its values on that way.

    Parameters
    ----------
    f : callable
        Values of points away from the origin, shape (m, 2) to (m,).
    way : callable
        The second coordinate for every first one.
    label : str
        The formula of the function.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 3.5), width_ratios=[1.25, 1])
    line = np.linspace(-1, 1, 102)  # an even number: none of them is 0
    points = np.stack(np.meshgrid(line, line, indexing="xy"), axis=-1).reshape(-1, 2)
    image = left.imshow(
        f(points).reshape(102, 102),
        extent=(-1, 1, -1, 1),
        origin="lower",
        cmap="RdBu_r",
        vmin=-0.6,
        vmax=0.6,
    )
    figure.colorbar(image, ax=left, orientation="horizontal", ticks=[-0.5, 0, 0.5], pad=0.02)
    x = np.linspace(-1, 1, 400)
    left.plot(x, way(x), color=PALETTE["black"], lw=2.5)
    left.plot(0, 0, "o", mfc="white", mec=PALETTE["black"], ms=8)
    left.set(xlabel="$x$", ylabel="$y$", xlim=(-1, 1), ylim=(-1, 1), title=label)
    left.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    right.plot(x, f(np.column_stack([x, way(x)])), color=PALETTE["black"])
    right.plot(0, 0, "o", color=PALETTE["vermillion"], ms=8)
    right.set(xlabel="$x$", title="value on the way", xlim=(-1, 1), ylim=(-0.62, 0.62))
    right.set(xticks=[-1, 0, 1], yticks=[-0.5, 0, 0.5])
    return figure


NODES = {"x": (0, 2), "y": (0, 0), "a": (1.35, 0.55), "b": (2.7, 1.5), "L": (4.05, 1.5)}
ARROWS = {"x": [], "y": [], "a": ["x", "y"], "b": ["a", "x"], "L": ["b"]}  # from its operands
FORMULAS = {"a": "$a=xy$", "b": "$b=a+x$", "L": "$L=b^2$"}


def through_the_graph(mode: str, step: int) -> tuple[str, dict[str, float]]:
    """Draw how far a pass through the graph of L = (xy + x)² at x = 2, y = 3 has come.

    Parameters
    ----------
    mode : {"forward", "reverse"}
        Forward, step 3 ends the pass of x and step 6 that of y; reverse, step 3 ends the pass that
        finds the values and step 6 the one back.
    step : int
        0 to 6.

    Returns
    -------
    what is found : str
    slopes : dict of the nodes whose slope is known so far
    """
    x, y = 2, 3
    values = {"x": x, "y": y, "a": x * y, "b": x * y + x, "L": (x * y + x) ** 2}
    local = {"xa": y, "ya": x, "ab": 1, "xb": 1, "bL": 2 * values["b"]}
    slopes: dict[str, float] = {}
    if mode == "forward":
        by, done = ("x", step) if step <= 3 else ("y", step - 3)
        known = list(values)[: 2 + done]
        for node in known:
            seed = 1 if node == by else 0
            slopes[node] = seed + sum(local[k + node] * slopes[k] for k in ARROWS[node])
        active, of = known[-1], rf"∂node / ∂{by}"
    else:
        known, of = list(values)[: 2 + min(step, 3)], "∂L / ∂node"
        active = known[-1] if step < 3 else ""
        slopes = {"L": 1} if step >= 3 else {}
        for node in ["L", "b", "a"][: max(step - 3, 0)]:
            active = node
            for k in ARROWS[node]:
                slopes[k] = slopes.get(k, 0) + local[k + node] * slopes[node]
    backward = mode == "reverse" and step > 3
    _graph({k: values[k] for k in known}, local, slopes, active, of, backward)
    found = ", ".join(f"{node} {slope:g}" for node, slope in slopes.items()) or "none yet"
    return f"Step {step}: {of} so far: {found}.", slopes


def _graph(
    values: Mapping[str, float],
    local: Mapping[str, float],
    slopes: Mapping[str, float],
    active: str,
    of: str,
    backward: bool,
) -> None:
    """Draw the graph; what has just moved, moved along the arrows at node `active`."""
    _, ax = plt.subplots(figsize=(5.6, 4.3))
    for end, operands in ARROWS.items():
        for start in operands:
            here = end == active
            color = PALETTE["vermillion" if backward else "blue"] if here else "#9a9a9a"
            ends = (end, start) if here and backward else (start, end)
            a, b = (np.array(NODES[node], dtype=float) for node in ends)
            gap = 0.36 * (b - a) / np.linalg.norm(b - a)
            _arrow(ax, a + gap, b - gap, color, lw=3 if here else 1.5, mutation_scale=18)
            if end in values:  # the slope that the arrow carries
                paper = {"fc": "white", "ec": "none", "pad": 1}
                look = {"ha": "center", "va": "center", "fontsize": 12, "bbox": paper}
                ax.text(*(a + b) / 2, f"{local[start + end]:g}", **look)
    bold = {"fontweight": "bold", "ha": "center"}
    for node, (x, y) in NODES.items():
        ax.add_patch(Circle((x, y), 0.34, fc="white", ec=PALETTE["black"], lw=1.5, zorder=3))
        ax.text(x, y, f"${node}$", ha="center", va="center", zorder=4, fontsize=15)
        if node in FORMULAS:
            look = {"ha": "center", "va": "center", "color": PALETTE["grey"]}
            ax.text(x, y - 0.87, FORMULAS[node], **look)
        if node in values:
            ax.text(x, y + 0.42, f"{values[node]:g}", va="bottom", color=PALETTE["blue"], **bold)
        if node in slopes:
            look = {"va": "top", "color": PALETTE["vermillion"]}
            ax.text(x, y - 0.42, f"{slopes[node]:g}", **look, **bold)
    ax.text(0.9, 2.75, "value", color=PALETTE["blue"], **bold)
    ax.text(3.0, 2.75, of, color=PALETTE["vermillion"], **bold)
    ax.set(xlim=(-0.5, 4.5), ylim=(-0.95, 3.0), aspect="equal")
    ax.axis("off")


def chain_of_matrices(shapes: Sequence[tuple[int, int]], costs: Mapping[str, int]) -> Figure:
    """Draw the matrices of a product to scale, and what each order of multiplying them costs.

    Parameters
    ----------
    shapes : sequence of (rows, columns)
        From left to right.
    costs : mapping of an order's name to its number of multiplications
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 3.9), height_ratios=[1.7, 1])
    x, gap = 0.0, 12.0
    for k, (rows, columns) in enumerate(shapes):
        color = [PALETTE["vermillion"], PALETTE["grey"], PALETTE["blue"]][k]
        top.add_patch(Rectangle((x, -rows / 2), columns, rows, fc=color, alpha=0.6, ec=color))
        top.text(x + columns / 2, -19, f"{rows} × {columns}", ha="center", va="top")
        top.text(x + columns / 2, 19, f"$J_{len(shapes) - k}$", ha="center", va="bottom")
        x += columns + gap
    top.set(xlim=(-4, 3 * 32 + 3 * gap), ylim=(-29, 28), aspect="equal")
    top.axis("off")
    colors = [PALETTE["blue"], PALETTE["vermillion"]]
    bottom.barh(list(costs), list(costs.values()), color=colors)
    for k, cost in enumerate(costs.values()):
        bottom.text(cost, k, f" {cost:,}", va="center")
    bottom.set(xlim=(0, 90_000), xlabel="multiplications")
    bottom.invert_yaxis()
    bottom.set_xticks([0, 30_000, 60_000], ["0", "30,000", "60,000"])
    return figure
