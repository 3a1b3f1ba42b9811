"""The page's column "fastest on PyPI": measured for itself, and without a goal."""

from __future__ import annotations

from benchmarks.report import markdown, quality_cell, ratio, times
from benchmarks.results import BUSY, Measured

TITLE = "fastest on PyPI"


def cell(row: Measured) -> str:
    """Return the ratio to the fastest, and its quality where that is not equal."""
    text = f"{row.libraries[-1]} {ratio(row, 'fair', len(row.labels) - 1)}"
    if row.fastest_equal:
        return text
    return f"{text}; quality differs: {quality_cell(row, len(row.labels) - 1)}"


def section(rows: list[Measured]) -> list[str]:
    """Return what the column says in words, and what is behind it; nothing without a row."""
    if not rows:
        return []
    sentences = [
        f"The column **{TITLE}** is our time divided by theirs, fair environment, without a goal.",
        *_kinds(rows),
        "They are compiled programs, made for speed alone. The course stays with NumPy that can be "
        "read: whoever needs the speed takes them, knowing by then what they do.",
        *_busy(rows),
    ]
    return [" ".join(sentences), _behind(rows)]


def _kinds(rows: list[Measured]) -> list[str]:
    """Say what is faster and by how much: only where the whole interval lies on one side of 1."""
    kinds: dict[str, list[str]] = {
        "Faster than ours": [],
        "Faster, but not at equal quality": [],
        "Not to be told from ours in speed": [],
        "Slower than ours": [],
    }
    faster, differs, alike, slower = kinds.values()
    for row in rows:
        found = row.ratio("fair", len(row.labels) - 1)
        kind = faster if row.fastest_equal else differs
        if found.low <= 1:
            kind = slower if found.high < 1 else alike
        kind.append(f"{row.libraries[-1]} in {row.name} ({found.low:.2g} to {found.high:.2g})")
    return [f"{title}: {', '.join(names)}." for title, names in kinds.items() if names]


def _busy(rows: list[Measured]) -> list[str]:
    shares = [row.busy_elsewhere or 0.0 for row in rows]
    if max(shares) <= BUSY:
        return []
    return [
        f"This column was measured while other programs used {min(shares):.0%} to "
        f"{max(shares):.0%} of the cores (median of each row): read it as rough."
    ]


def _behind(rows: list[Measured]) -> str:
    """Return quality and times beside the fastest; ours is from the same turns."""
    head = ["work", "package", "candidate", "quality", "ours, fair", "theirs, fair"]
    lines = [
        [
            row.name,
            row.fastest,
            f"`{row.labels[-1]}`",
            quality_cell(row, len(row.labels) - 1),
            times(row.seconds["fair"][0]),
            times(row.seconds["fair"][-1]),
        ]
        for row in rows
    ]
    table = markdown(head, lines)
    return f":::{{dropdown}} What is behind the column {TITLE}\n{table}\n:::"
