"""Warnings about a notebook name the cell and its line.

MyST-NB counts 10,000 lines for each cell, and in the cell one too many: its "60005" is line 4 of
cell 6, its "60001" a code cell as a whole. All cells count, from 1.
"""

from __future__ import annotations

import logging
import re
from typing import Any

LINES_OF_A_CELL = 10_000
IN_A_NOTEBOOK = re.compile(r"(?P<file>.*\.ipynb):(?P<line>\d+)")


def place(location: str) -> str:
    """Return a warning's location as a person finds it.

    >>> place("notebooks/07_tiny.ipynb:60005"), place("book/first.md:3")
    ('notebooks/07_tiny.ipynb: cell 6, line 4', 'book/first.md:3')
    """
    found = IN_A_NOTEBOOK.fullmatch(location)
    if not found or int(found["line"]) < LINES_OF_A_CELL:
        return location
    cell, line = divmod(int(found["line"]), LINES_OF_A_CELL)
    return f"{found['file']}: cell {cell}" + (f", line {line - 1}" if line > 1 else "")


class _Places(logging.Filter):
    """Runs after Sphinx's own filter, which has made a string of the location."""

    def filter(self, record: Any) -> bool:
        if isinstance(getattr(record, "location", None), str):
            record.location = place(record.location)
        return True


def setup(app: Any) -> None:
    """Register with the handlers of Sphinx's log, which each build makes anew."""
    for handler in logging.getLogger("sphinx").handlers:
        if handler.level >= logging.WARNING:
            handler.addFilter(_Places())
