"""The book's page: its frame is written by hand, its tables are made from the results files.

What stands between the two marks in book/benchmarks.md is made here and nothing else may stand
there; ``python -m benchmarks --page`` makes it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import book, ci, column, live, results, site
from benchmarks.report import (
    exponent,
    markdown,
    quality_cell,
    ratio,
    size,
    summary_text,
    times,
    where,
)
from benchmarks.results import Measured

PAGE = Path(__file__).resolve().parent.parent / "book" / "benchmarks.md"
BEGIN = "<!-- made by `python -m benchmarks --page` from benchmarks/results: begin -->"
END = "<!-- made by `python -m benchmarks --page` from benchmarks/results: end -->"


def update_page(page: Path = PAGE, folder: Path = results.FOLDER) -> None:
    """Write what the results files say between the marks of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page.name} must hold the two marks {BEGIN!r} and {END!r}, in order")
    text = f"{before}{BEGIN}\n\n{page_tables(folder)}\n\n{END}{after}"
    results.write_atomically(page, text)


def page_tables(folder: Path = results.FOLDER) -> str:
    """Return the generated part of the page."""
    parts = []
    for device, title in (("cpu", "On the CPU"), ("cuda", "On a GPU")):
        content = results.load(device, folder)
        for mark, machine in content["machines"].items():
            rows = results.rows_of(content, mark)
            growth = [g for g in content.get("growth", {}).values() if g["machine"] == mark]
            fastest = results.rows_of(content, mark, "fastest")
            parts.append(device_section(title, machine, rows, growth, fastest))
    parts.append(book.section(results.load("book", folder)))
    parts.append(live.section(results.load("live", folder)))
    parts.append(site.section(results.load("site", folder)))
    parts.append(ci.section(results.load("ci", folder)))
    return "\n\n".join(part for part in parts if part) or "Nothing has been measured yet."


def device_section(
    title: str,
    machine: dict[str, Any],
    rows: list[Measured],
    growth: list[dict[str, Any]],
    fastest: list[Measured],
) -> str:
    """Return the tables of one machine: ratios, times, growth."""
    parts = [f"## {title}"]
    if rows:
        on_cpu = all(row.device == "cpu" for row in rows)
        parts += [summary_text(rows)] if on_cpu else []
        parts += [ratio_table(rows, fastest), *column.section(fastest)]
        parts += [quality_section(rows), times_section(rows, folded=on_cpu)]
    if growth:
        parts.append(growth_table(growth))
    parts.append(machine_sentence(machine, rows))
    return "\n\n".join(parts)


def ratio_table(rows: list[Measured], fastest: list[Measured]) -> str:
    """Return the main table of the page: how fast, beside what, and whether that is enough."""
    head = ["work", "beside", "ratio, fair", "goal", "ratio, default"]
    last = {row.name: column.cell(row) for row in fastest}
    lines = []
    for row in rows:
        for index in range(1, len(row.labels)):
            goal = "" if row.goal is None or index > 1 else f"≤ {row.goal:g}: {row.verdict}"
            fair, default = (ratio(row, environment, index) for environment in ("fair", "default"))
            lines.append([row.name, row.libraries[index], fair, goal, default])
            lines[-1] += [last.get(row.name, "") if index == 1 else ""] if last else []
    return markdown([*head, column.TITLE] if last else head, lines)


def quality_section(rows: list[Measured]) -> str:
    """Return what was compared, and how good the results were; it folds away."""
    head = ["work", "size", "quality", "ours", "theirs"]
    lines = [
        [
            row.name,
            size(row),
            quality_cell(row, index),
            f"`{row.labels[0]}`",
            f"{row.libraries[index]} `{row.labels[index]}`",
        ]
        for row in rows
        for index in range(1, len(row.labels))
    ]
    return f":::{{dropdown}} What was compared, and at what quality\n{markdown(head, lines)}\n:::"


def times_section(rows: list[Measured], folded: bool) -> str:
    """Return the absolute times; on a CPU they fold away, since only their ratio says something."""
    head = ["work", "library", "candidate", "default: median ± IQR", "fair: median ± IQR"]
    lines = [
        [
            row.name,
            row.libraries[i],
            f"`{label}`",
            times(row.seconds["default"][i]),
            times(row.seconds["fair"][i]),
        ]
        for row in rows
        for i, label in enumerate(row.labels)
    ]
    table = markdown(head, lines)
    return f":::{{dropdown}} The times behind the ratios\n{table}\n:::" if folded else table


def growth_table(growth: list[dict[str, Any]]) -> str:
    """Return how the times grow with the size, fair environment."""
    head = ["work", "candidate", "sizes", "median times", "exponent"]
    lines = []
    for one in growth:
        sizes = ", ".join(f"{value:,}" for value in one["sizes"])
        for label, seconds in one["seconds"].items():
            measured = ", ".join(f"{1e3 * value:.3g}" for value in seconds)
            lines.append(
                [
                    one["name"],
                    label,
                    f"{one['grows']} = {sizes}",
                    f"{measured} ms",
                    exponent(one["sizes"], seconds),
                ]
            )
    return f"### Growth with the size\n\n{markdown(head, lines)}"


def machine_sentence(machine: dict[str, Any], rows: list[Measured]) -> str:
    """Return where and when it was measured, with what versions, and how busy it was."""
    versions = ", ".join(
        f"{name} {value}"
        for name, value in machine.items()
        if name not in ("processor", "cores", "system")
    )
    blas = sorted({name for row in rows for name in row.blas})
    gpus = sorted({row.gpu for row in rows if row.gpu})
    busy = [row.busy_elsewhere for row in rows if row.busy_elsewhere is not None]
    parts = [where(machine)]
    parts += [f"; {gpu}" for gpu in gpus]
    parts.append(f"; {versions}")
    parts.append(f"; BLAS: {', '.join(blas)}." if blas else ".")
    if rows:
        dates = sorted({row.date for row in rows})
        parts.append(f" Date: {dates[0]}." if len(dates) == 1 else f" {dates[0]} to {dates[-1]}.")
    if busy:
        parts.append(
            f" Other programs used at most {max(busy):.0%} of the cores meanwhile (median)."
        )
    return "".join(parts)
