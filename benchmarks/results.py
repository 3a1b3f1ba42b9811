"""What was measured, kept as JSON, and the ratios and verdicts that follow from it.

The files hold only what was measured. Every ratio, interval and verdict is made from them when a
table is printed, so that a page can never disagree with its data.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import statistics
from benchmarks.machine import describe

FOLDER = Path(__file__).resolve().parent / "results"
BUSY = 0.1
"""Above this share of the machine in other hands, a measurement counts as disturbed."""


@dataclass(frozen=True)
class Measured:
    """One row, measured.

    seconds[environment][candidate] lists the median of each fresh process in order of rounds;
    candidate 0 is ours, 1 the reference that the goal speaks of, and any more are others.
    quality lists {"name", "values" (one per candidate), "equal"}; busy_elsewhere is the share of
    the machine's cores that other programs used during the median process, or None where the system
    does not tell. fastest is the library and version of the last candidate where it stands in the
    column "fastest on PyPI", and fastest_equal whether it is as good as the reference.
    """

    name: str
    size: dict[str, int]
    group: str
    goal: float | None
    device: str
    labels: list[str]
    libraries: list[str]
    seconds: dict[str, list[list[float]]]
    quality: list[dict[str, Any]]
    busy_elsewhere: float | None
    blas: list[str] = field(default_factory=list)
    gpu: str | None = None
    fastest: str | None = None
    fastest_equal: bool | None = None
    date: str = field(default_factory=lambda: datetime.date.today().isoformat())

    def ratio(self, environment: str, reference: int = 1) -> statistics.Interval:
        """Return ours / theirs in the environment, with its interval."""
        samples = self.seconds[environment]
        return statistics.paired_ratio(samples[0], samples[reference])

    @property
    def equal_quality(self) -> bool:
        """Whether ours is at least as good as the reference in every quality of the row."""
        return all(one["equal"] for one in self.quality)

    @property
    def verdict(self) -> str:
        """Whether the goal is met: only in the fair environment, only at equal quality."""
        if not self.equal_quality:
            return "not counted: quality differs"
        if self.goal is None:
            return "no goal"
        ratio = self.ratio("fair")
        met = "met" if ratio.median <= self.goal else "missed"
        return met if not ratio.low <= self.goal <= ratio.high else f"{met}, within the noise"


def summary(rows: list[Measured]) -> dict[str, Any]:
    """Return the geometric mean and the worst ratio of the classical rows, fair environment.

    Rows whose quality differs are left out and named: their speed does not count.
    """
    classical = [row for row in rows if row.group == "classical"]
    counted = [row for row in classical if row.equal_quality]
    left_out = [row.name for row in classical if not row.equal_quality]
    if not counted:
        return {"rows": 0, "left_out": left_out}
    ratios = {row.name: row.ratio("fair").median for row in counted}
    worst = max(ratios, key=ratios.__getitem__)
    return {
        "rows": len(counted),
        "geometric_mean": statistics.geometric_mean(list(ratios.values())),
        "worst": worst,
        "worst_ratio": ratios[worst],
        "left_out": left_out,
    }


def save(name: str, kind: str, key: str, value: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Put value under key into the results file `name`, beside the machine it came from.

    Other keys stay, with their own machine. The file is replaced in one step: a reader, or a
    power cut, finds the old one or the new one.
    """
    path = folder / f"{name}.json"
    content = load(name, folder)
    machine = describe()
    mark = hashlib.sha256(json.dumps(machine, sort_keys=True).encode()).hexdigest()[:8]
    content["machines"][mark] = machine
    content.setdefault(kind, {})[key] = {**value, "machine": mark}
    used = {
        one["machine"]
        for part, rows in content.items()
        if part != "machines"
        for one in rows.values()
    }
    content["machines"] = {m: d for m, d in content["machines"].items() if m in used}
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def load(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Return the content of the results file `name`, or an empty one where there is none."""
    path = folder / f"{name}.json"
    if not path.exists():
        return {"machines": {}}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path.name} in benchmarks/results is not valid JSON ({error}); "
            "restore it from the repository, or delete it and measure again"
        ) from error


def rows_of(
    content: dict[str, Any], machine: str | None = None, kind: str = "rows"
) -> list[Measured]:
    """Return the rows of a results file (of one machine, where one is given)."""
    return [
        measured(stored)
        for stored in content.get(kind, {}).values()
        if machine in (None, stored["machine"])
    ]


def measured(stored: dict[str, Any]) -> Measured:
    """Return a stored row as it was when it was measured."""
    return Measured(**{key: value for key, value in stored.items() if key != "machine"})


def stored(row: Measured) -> dict[str, Any]:
    """Return the row as plain JSON, times rounded to the tenth of a microsecond."""
    plain = asdict(row)
    plain["seconds"] = {
        environment: [[round(one, 7) for one in samples] for samples in candidates]
        for environment, candidates in row.seconds.items()
    }
    return plain


def write_atomically(path: Path, text: str) -> None:
    """Write the text to a file beside the path, then move it into the path's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
