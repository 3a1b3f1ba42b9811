"""``bench live``: how long an explorer in a running kernel takes to draw after a move.

A time runs from the kernel learning of the new value to the new picture on its way to the page. In
JupyterLab the way there and back, and the browser, come on top.
"""

from __future__ import annotations

import datetime
import json
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from benchmarks import results
from benchmarks.book import NOTEBOOKS, execute
from benchmarks.report import chapters_measured, markdown, text_table, where

if TYPE_CHECKING:
    from course_lib.explore.explorer import Explorer

HEAD = ("explorer", "moves", "median, ms", "p95, ms", "slowest, ms")
P95_MS = 150
"""Milliseconds that 95 % of an explorer's moves may take."""
FOUND = "redraws: "
MEASURE = f"""
import asyncio, json
from benchmarks.live import redraws_of_all
print({FOUND!r} + json.dumps(redraws_of_all(globals())))
await asyncio.sleep(2)  # in which every explorer draws once more, with care
"""


@dataclass(frozen=True)
class Redraws:
    """Milliseconds that one explorer took to draw after each move of one of its controls."""

    notebook: str
    explorer: str
    moves: int
    median_ms: float
    p95_ms: float
    max_ms: float


def main(keep: bool = False, folder: Path = NOTEBOOKS) -> int:
    """Move every explorer of every notebook, print the times; return how many notebooks failed."""
    found, failures = [], []
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        try:
            found += measure_notebook(path)
        except Exception as error:  # whatever a notebook raises, the others still run
            failures.append(f"{path.stem}: FAILED\n{error}")
    if not found and not failures:
        print("live: there is no explorer to move")
    if found:
        print(table([asdict(one) for one in found]))
    print("\n".join(failures), end="\n" if failures else "")
    if keep and found and not failures:
        today = datetime.date.today().isoformat()
        kept = {"explorers": [asdict(one) for one in found], "date": today}
        results.save("live", "live", "live", kept)
    return len(failures)


def measure_notebook(path: Path) -> list[Redraws]:
    """Run a notebook as a reader does, then move its explorers in the same kernel.

    Raises nbclient's CellExecutionError, CellTimeoutError or DeadKernelError when a cell fails.
    """
    content = nbformat.read(path, as_version=4)
    content.cells.append(nbformat.v4.new_code_cell(MEASURE))
    root = str(Path(__file__).resolve().parent.parent)
    execute(content, path, {"COURSE_EXPLORE": "live", "PYTHONPATH": root})
    printed = "".join(one.text for one in content.cells[-1].outputs if one.get("name") == "stdout")
    times = json.loads(printed.partition(FOUND)[2])
    return [summary(path.stem, name, one) for name, one in times.items()]


def redraws_of_all(namespace: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return the milliseconds of every move of every explorer among a notebook's names."""
    from course_lib.explore.explorer import Explorer

    explorers = [one for one in namespace.values() if isinstance(one, Explorer)]
    return {one.name: redraws(one) for one in explorers}


def redraws(explorer: Explorer) -> list[float]:
    """Walk each control of an explorer through its values and back; return milliseconds a move."""
    from course_lib.explore.live import live_explorer

    times = []
    for field in _fields(live_explorer(explorer).box):
        values = [value for _, value in field.options]
        at = values.index(field.value)
        for value in [*values[at + 1 :], *values[-2::-1], *values[1 : at + 1]]:
            start = time.perf_counter()
            field.value = value
            times.append(1e3 * (time.perf_counter() - start))
    return times


def _fields(widget: Any) -> Iterator[Any]:
    """Yield the widgets in which a value is chosen, whatever boxes they stand in."""
    if hasattr(widget, "options"):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from _fields(child)


def summary(notebook: str, name: str, times: list[float]) -> Redraws:
    """Return the median, the 95th percentile and the largest of an explorer's times."""
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    numbers = (statistics.median(ordered), p95, ordered[-1])
    return Redraws(notebook, name, len(times), *(round(one, 1) for one in numbers))


def lines(explorers: list[dict[str, Any]]) -> list[list[str]]:
    """Return the explorers, slowest first."""
    return [
        [
            f"{one['notebook']}: {one['explorer']}",
            f"{one['moves']}",
            *(f"{one[key]:.0f}" for key in ("median_ms", "p95_ms", "max_ms")),
        ]
        for one in sorted(explorers, key=lambda one: -one["p95_ms"])
    ]


def goal(explorers: list[dict[str, Any]]) -> str:
    """Return whether the explorers keep their limit, in a sentence."""
    slow = [one["explorer"] for one in explorers if one["p95_ms"] > P95_MS]
    verdict = f"missed by {', '.join(slow)}" if slow else "met"
    return f"Goal: of each explorer 95 % of the moves drawn in at most {P95_MS} ms ({verdict})."


def table(explorers: list[dict[str, Any]]) -> str:
    """Return how fast every explorer draws, for the terminal."""
    return f"{text_table(HEAD, lines(explorers))}\n{goal(explorers)}"


def section(content: dict[str, Any]) -> str:
    """Return how fast the explorers draw in a running kernel, for the page."""
    parts = []
    for found in content.get("live", {}).values():
        machine = content["machines"][found["machine"]]
        listed = markdown(HEAD, lines(found["explorers"]))
        seen = chapters_measured(len({one["notebook"] for one in found["explorers"]}))
        parts += [
            "## The explorers in a running kernel",
            "From the kernel learning of a slider's new value to the new picture on its way to the "
            f"page, for the quick picture that is drawn while a slider moves. "
            f"{goal(found['explorers'])}",
            f":::{{dropdown}} Every explorer\n{listed}\n:::",
            f"{where(machine)}. Date: {found['date']}.{seen}",
        ]
    return "\n\n".join(parts)
