"""Tables and sentences about what was measured: for the terminal, and cells for the book's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import results, statistics
from benchmarks.results import BUSY, Measured

CHAPTERS = 31
"""Chapters of the course."""


def text_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return the cells in aligned columns, the first to the left, the others to the right."""
    table = [list(head), *map(list, lines)]
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def row_text(row: Measured) -> str:
    """Return everything that was measured of one row, for the terminal."""
    head = ["", "default env.", "", "fair env.", ""]
    lines = []
    for index, label in enumerate(row.labels):
        cells = [f"{row.libraries[index]} {label}"]
        for environment in ("default", "fair"):
            cells.append(times(row.seconds[environment][index]))
            cells.append("" if index == 0 else f"ratio {ratio(row, environment, index)}")
        lines.append(cells)
    parts = [f"{row.name}  ({size(row)}, {row.device})", text_table(head, lines)]
    parts += [f"  {quality_text(row, one)}" for one in row.quality]
    goal = "" if row.goal is None else f"goal: ratio ≤ {row.goal:g} in the fair environment: "
    parts.append(f"  {goal}{row.verdict}")
    if row.busy_elsewhere is not None and row.busy_elsewhere > BUSY:
        parts.append(
            f"  other programs used {row.busy_elsewhere:.0%} of the cores meanwhile: "
            "repeat this on a quiet machine"
        )
    return "\n".join(parts)


def times(seconds: Sequence[float]) -> str:
    """Return the median and the interquartile range, in milliseconds below a second."""
    middle, spread = statistics.percentile(seconds, 50), statistics.spread(seconds)
    if middle >= 1:
        return f"{_short(middle, 3)} s ± {_short(spread, 2)}"
    return f"{_short(1e3 * middle, 3)} ms ± {_short(1e3 * spread, 2)}"


def _short(value: float, digits: int) -> str:
    """Return the number with so many digits, and all before the point: 270, not 2.7e+02."""
    return f"{value:.0f}" if value >= 10**digits else f"{value:.{digits}g}"


def ratio(row: Measured, environment: str, reference: int = 1) -> str:
    """Return the ratio ours / theirs and its interval."""
    value = row.ratio(environment, reference)
    return f"{value.median:.2f} ({value.low:.2f} to {value.high:.2f})"


def size(row: Measured) -> str:
    """Return the size of the problem: n = 20,000, d = 64."""
    return ", ".join(f"{name} = {value:,}" for name, value in row.size.items())


def quality_text(row: Measured, quality: dict[str, Any]) -> str:
    """Return one quality of every candidate, and whether ours is equal to the reference."""
    values, name = quality["values"], quality["name"]
    word = "equal" if quality["equal"] else "WORSE than the reference"
    if name == "max difference":
        return f"{name} {', '.join(f'{value:.1e}' for value in values[1:])}: {word}"
    return f"{name} {values[0]:.7g}, theirs {', '.join(f'{v:.7g}' for v in values[1:])}: {word}"


def quality_cell(row: Measured, index: int) -> str:
    """Return the qualities beside one reference, as short as they can be compared."""
    cells = []
    for one in row.quality:
        if one["name"] == "max difference":
            cells.append(f"{one['name']} {one['values'][index]:.0e}")
        else:
            ours, theirs = one["values"][0], one["values"][index]
            cells.append(f"{one['name']} {ours:.5g}, theirs {theirs:.5g}")
    return "; ".join(cells)


def summary_text(rows: list[Measured]) -> str:
    """Return the geometric mean and the worst row in one or two sentences."""
    found = results.summary(rows)
    left_out = ""
    if found["left_out"]:
        left_out = f" Left out, because their quality differs: {', '.join(found['left_out'])}."
    if not found["rows"]:
        return f"No classical row was measured at equal quality.{left_out}"
    plural = "row" if found["rows"] == 1 else "rows"
    return (
        f"Geometric mean of the ratio over {found['rows']} classical {plural}, fair environment: "
        f"{found['geometric_mean']:.2f} (goal ≤ 0.5). Worst: {found['worst']} at "
        f"{found['worst_ratio']:.2f} (goal ≤ 2).{left_out}"
    )


def growth_text(growth: dict[str, Any]) -> str:
    """Return how the times of one row grow, for the terminal."""
    sizes = growth["sizes"]
    head = [f"{growth['grows']} =", *(f"{value:,}" for value in sizes), "exponent"]
    lines = [
        [label, *(f"{1e3 * one:.3g} ms" for one in seconds), exponent(sizes, seconds)]
        for label, seconds in growth["seconds"].items()
    ]
    return text_table(head, lines)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> str:
    """Return the growth exponent as text."""
    return f"{statistics.growth_exponent(sizes, seconds):.2f}"


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    table = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in table)


def chapters_measured(count: int) -> str:
    """Return a sentence where a measurement saw a part of the course only; nothing for all."""
    return "" if count >= CHAPTERS else f" Of the {CHAPTERS} chapters {count} stood then."


def where(machine: dict[str, Any]) -> str:
    """Return the machine in words."""
    return f"Measured on {machine['processor']}, {machine['cores']} cores, {machine['system']}"
