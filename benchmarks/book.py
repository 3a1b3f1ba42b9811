"""``bench book``: how long each notebook takes to run for the book, and how fast frames are drawn.

Notebooks run afresh, one after another, exactly as the book's build runs them (every explorer
draws all its settings), so that a figure does not depend on what else was built.
"""

from __future__ import annotations

import datetime
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat

from benchmarks import results
from benchmarks.report import chapters_measured, markdown, text_table, where

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LONGEST_CELL = 600
"""Seconds that one cell may take before its notebook counts as failed."""
HEAD = ("notebook", "seconds", "frames", "frames a second")
LONGEST_NOTEBOOK, LONGEST_BOOK = 60, 600
"""Seconds that a notebook, and all of them one after another, may take on two cores."""


@dataclass(frozen=True)
class NotebookTime:
    """Seconds that a notebook took, frames that its explorers drew, and their cells' seconds."""

    name: str
    seconds: float
    frames: int
    drawing_seconds: float


def main(keep: bool = False, folder: Path = NOTEBOOKS) -> int:
    """Run every notebook, print the times, keep them where asked; return how many failed."""
    times, failures = [], []
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        try:
            times.append(run_notebook(path))
        except Exception as error:  # whatever a notebook raises, the others still run
            failures.append(f"{path.stem}: FAILED\n{error}")
    if not times and not failures:
        print("book: there is no notebook to run")
    if times:
        print(table([asdict(one) for one in times]))
    print("\n".join(failures), end="\n" if failures else "")
    if keep and times and not failures:
        today = datetime.date.today().isoformat()
        found = {"notebooks": [asdict(one) for one in times], "date": today}
        results.save("book", "book", "book", found)
    return len(failures)


def run_notebook(path: Path) -> NotebookTime:
    """Run one notebook in the environment of the book's build, with nothing remembered.

    Raises nbclient's CellExecutionError, CellTimeoutError or DeadKernelError when a cell fails.
    """
    from book_build.execute import KERNEL_ENVIRONMENT

    content = nbformat.read(path, as_version=4)
    seconds = execute(content, path, KERNEL_ENVIRONMENT)
    return NotebookTime(path.stem, round(seconds, 2), *drawing(content.cells))


def execute(content: Any, path: Path, environment: dict[str, str]) -> float:
    """Run the cells of a notebook in a new kernel, where it lies; return the seconds.

    The outputs are put into the cells. Raises what `run_notebook` raises.
    """
    from nbclient import NotebookClient

    client = NotebookClient(
        content, timeout=LONGEST_CELL, resources={"metadata": {"path": str(path.parent)}}
    )
    manager = client.create_kernel_manager()
    if manager.has_trait("transport_encryption"):  # newer kernels complain about plain sockets
        manager.transport_encryption = "auto"
    start = time.perf_counter()
    client.execute(env=os.environ | environment)
    return time.perf_counter() - start


def drawing(cells: list[Any]) -> tuple[int, float]:
    """Return the frames in the outputs of the cells, and the seconds of the cells that drew them.

    A cell's seconds are those between the kernel's two messages about it, as nbclient stores them.
    """
    frames, seconds = 0, 0.0
    for cell in cells:
        drawn = sum(frames_in(output) for output in cell.get("outputs", []))
        timing = cell.metadata.get("execution", {})
        if drawn and "shell.execute_reply" in timing:
            frames += drawn
            start, end = timing["iopub.status.busy"], timing["shell.execute_reply"]
            seconds += (_moment(end) - _moment(start)).total_seconds()
    return frames, round(seconds, 2)


def frames_in(output: Any) -> int:
    """Return how many frames of an explorer the output holds."""
    from course_lib.explore.frames import MIME

    content = output.get("data", {}).get(MIME)
    if isinstance(content, str):
        content = json.loads(content)
    return len(content["frames"]) if content else 0


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def lines(notebooks: list[dict[str, Any]]) -> list[list[str]]:
    """Return the notebooks, slowest first, and all of them together."""
    slowest_first = sorted(notebooks, key=lambda one: -one["seconds"])
    together = {
        "name": "all",
        **{key: sum(one[key] for one in notebooks) for key in ("seconds", "frames")},
        "drawing_seconds": sum(one["drawing_seconds"] for one in notebooks),
    }
    return [
        [one["name"], f"{one['seconds']:.1f}", f"{one['frames']}", frame_rate(one)]
        for one in [*slowest_first, together]
    ]


def frame_rate(notebook: dict[str, Any]) -> str:
    """Return the frames drawn in a second of the cells that draw them."""
    seconds = notebook["drawing_seconds"]
    return f"{notebook['frames'] / seconds:.1f}" if seconds else ""


def goal(notebooks: list[dict[str, Any]]) -> str:
    """Return whether the notebooks keep their limits, in a sentence."""
    slow = [one["name"] for one in notebooks if one["seconds"] > LONGEST_NOTEBOOK]
    total = sum(one["seconds"] for one in notebooks)
    each = f"missed by {', '.join(slow)}" if slow else "met"
    together = "met" if total <= LONGEST_BOOK else "missed"
    return (
        f"Goal: each at most {LONGEST_NOTEBOOK} s ({each}), "
        f"all at most {LONGEST_BOOK} s ({together})."
    )


def table(notebooks: list[dict[str, Any]]) -> str:
    """Return the running time of every notebook, for the terminal."""
    return f"{text_table(HEAD, lines(notebooks))}\n{goal(notebooks)}"


def section(content: dict[str, Any]) -> str:
    """Return the running time of every notebook, slowest first, for the page."""
    parts = []
    for found in content.get("book", {}).values():
        machine = content["machines"][found["machine"]]
        parts += [
            "## The notebooks",
            "Run one after another as the book's build runs them, every explorer drawing all its "
            f"settings. {goal(found['notebooks'])}",
            markdown(HEAD, lines(found["notebooks"])),
            f"{where(machine)}. Date: {found['date']}.{chapters_measured(len(found['notebooks']))}",
        ]
    return "\n\n".join(parts)
