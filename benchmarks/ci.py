"""``bench ci``: how long ``.ci/run`` takes, stage by stage.

Each stage is the real one, with the commands of run.py and of .ci/run, in a copy of the course in a
temporary folder. With COURSE_CHAPTERS the copy gets more chapters than there are (standin.py).
Until all chapters had been measured, the page forecast their time from runs with fewer.

A stored run has, for each stage, its seconds and, where they were measured, those of the CPU;
`total_seconds` where CI timed a whole run of the same state, with the installation.
"""

from __future__ import annotations

import datetime
import importlib.util
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

from benchmarks import results, standin
from benchmarks.report import CHAPTERS, markdown, text_table, where

LONGEST_MINUTES = 40
"""Minutes that ``.ci/run`` may take with all chapters, on two cores that do nothing else."""
HEAD = ("stage", "chapters", "seconds", "CPU seconds", "seconds a chapter")


@dataclass(frozen=True)
class StageTime:
    """Seconds of one stage: on the clock, and of the CPU in all its processes that ended."""

    name: str
    seconds: float
    cpu_seconds: float


def main(keep: bool = False) -> int:
    """Copy the course, run every stage in the copy, print the times; return how many failed."""
    chapters = int(os.environ.get("COURSE_CHAPTERS", CHAPTERS))
    with tempfile.TemporaryDirectory(prefix="course-") as name:
        folder = Path(name)
        standin.make(folder, chapters)
        begin = psutil.cpu_times()
        times, failed = run_stages(folder)
        busy = busy_elsewhere(begin, times)
    found = {
        "chapters": chapters,
        "stages": [asdict(one) for one in times],
        "busy_elsewhere": busy,
        "date": datetime.date.today().isoformat(),
    }
    print(text_table(HEAD, lines(found)))
    print(f"Other programs used {busy:.0%} of the cores meanwhile.")
    for stage in failed:
        print(f"ci: {stage} FAILED, see above; nothing is kept")
    if keep and not failed:
        results.save("ci", "ci", str(chapters), found)
    return len(failed)


def run_stages(folder: Path) -> tuple[list[StageTime], list[str]]:
    """Run the stages of the repository in `folder`; return their times and those that failed."""
    run = command_of(folder)
    stages: list[tuple[str, Callable[[], int]]] = [
        (step.name, lambda step=step: run.run_step(step, 1, 1).code) for step in run.all_checks()
    ]
    build = [run.PYTHON, "-m", "book_build.build", "--no-serve"]
    stages.append(("book", lambda: run.run(build)))
    for arguments in site_tests(folder):
        (step,) = run.named_tests(arguments)
        stages.append(("site", lambda step=step: run.run_step(step, 1, 1).code))
    times: dict[str, StageTime] = {}
    failed = []
    for name, stage in stages:
        code, seconds, cpu = measured(stage)
        before = times.get(name, StageTime(name, 0, 0))
        times[name] = StageTime(
            name, round(before.seconds + seconds, 1), round(before.cpu_seconds + cpu, 1)
        )
        failed += [name] if code else []
    return list(times.values()), failed


def command_of(folder: Path) -> ModuleType:
    """Return run.py of the repository in `folder`, using the packages that this process uses."""
    specification = importlib.util.spec_from_file_location("run_of_standin", folder / "run.py")
    run = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(run)
    run.VENV, run.PYTHON = Path(sys.prefix), Path(sys.executable)
    run.BUILD.mkdir(exist_ok=True)
    os.environ |= {"PYTHONPATH": str(folder), "COURSE_REQUIRE_BROWSER": "1", "CI": "true"}
    return run


def site_tests(folder: Path) -> list[list[str]]:
    """Return the arguments with which .ci/run tests the built site, of each of its calls."""
    script = (folder / ".ci" / "run").read_text(encoding="utf-8")
    calls = re.findall(r'^"\$python" run\.py test (.*test_site\.py.*?) *</dev/null$', script, re.M)
    if not calls:
        raise ValueError(".ci/run calls no tests/test_site.py in a way that is understood here")
    return [shlex.split(call) for call in calls]


def measured(stage: Callable[[], int]) -> tuple[int, float, float]:
    """Call the stage; return its exit code, its seconds, and the CPU seconds of its processes."""
    before, begin = os.times(), time.perf_counter()
    code = stage()
    seconds, after = time.perf_counter() - begin, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])  # of children that ended, user and system
    return code, seconds, cpu


def busy_elsewhere(begin: Any, times: list[StageTime]) -> float:
    """Return the share of the machine that others used since `begin`, as far as it can be told."""
    now = psutil.cpu_times()
    total, idle = sum(now) - sum(begin), now.idle - begin.idle
    ours = sum(one.cpu_seconds for one in times)
    return round(max(0.0, (total - idle - ours) / total), 3)


def lines(found: dict[str, Any]) -> list[list[str]]:
    """Return the stages of one run, and all of them together."""
    chapters = found["chapters"]
    together = {
        "name": "all",
        **{key: sum(s[key] for s in found["stages"]) for key in ("seconds", "cpu_seconds")},
    }
    return [
        [
            one["name"],
            f"{chapters}",
            f"{one['seconds']:.0f}",
            f"{one['cpu_seconds']:.0f}",
            f"{one['seconds'] / chapters:.1f}",
        ]
        for one in [*found["stages"], together]
    ]


def forecast(runs: list[dict[str, Any]], chapters: int = CHAPTERS) -> dict[str, float]:
    """Return the seconds of every stage at that many chapters.

    They lie on the straight line through the runs with the fewest and the most chapters; of a
    single run they are in proportion, which is too much for what does not grow.
    """
    few = min(runs, key=lambda run: run["chapters"])
    many = max(runs, key=lambda run: run["chapters"])
    at = {one["name"]: one["seconds"] for one in few["stages"]}
    if few["chapters"] == many["chapters"]:
        return {name: seconds * chapters / few["chapters"] for name, seconds in at.items()}
    share = (chapters - few["chapters"]) / (many["chapters"] - few["chapters"])
    return {
        one["name"]: at[one["name"]] + share * (one["seconds"] - at[one["name"]])
        for one in many["stages"]
    }


def goal(seconds: float, kind: str = "Forecast") -> str:
    """Return whether the checks of all chapters keep the limit, in a sentence."""
    verdict = "met" if seconds <= 60 * LONGEST_MINUTES else "missed"
    return (
        f"{kind} for {CHAPTERS} chapters: {seconds / 60:.0f} minutes. "
        f"Goal: at most {LONGEST_MINUTES} minutes ({verdict})."
    )


def section(content: dict[str, Any]) -> str:
    """Return what the checks take, measured or else forecast, for the page."""
    runs = sorted(content.get("ci", {}).values(), key=lambda run: run["chapters"])
    if not runs:
        return ""
    expected = forecast(runs)
    seconds = sum(expected.values())
    head = ["stage", *(f"{run['chapters']} chapters, s{cpu_head(run)}" for run in runs)]
    table = [[name, *(cell(run, name) for run in runs)] for name in expected]
    table.append(["all", *(f"{seconds_of(run):.0f}" for run in runs)])
    if all_measured := runs[-1]["chapters"] >= CHAPTERS:
        total = runs[-1].get("total_seconds")
        kind = "Measured in CI, with the installation," if total else "Measured"
        verdict = goal(total or seconds, kind)
    else:
        head.append(f"forecast for {CHAPTERS}, s")
        for line, value in zip(table, [*expected.values(), seconds], strict=True):
            line.append(f"{value:.0f}")
        verdict = goal(seconds)
    how = "" if all_measured else ", with copies of its chapters and of their tests"
    return "\n\n".join(
        [
            "## The checks before a change is taken",
            f"What `.ci/run` does after the installation, measured on this course{how}. {verdict} "
            "To repeat it, which takes as long: `python run.py bench ci`.",
            markdown(head, table),
            " ".join(sentence(run, content["machines"][run["machine"]]) for run in runs),
        ]
    )


def seconds_of(run: dict[str, Any]) -> float:
    """Return the seconds of all stages together."""
    return sum(one["seconds"] for one in run["stages"])


def cpu_head(run: dict[str, Any]) -> str:
    """Return what stands in parentheses behind the seconds of a run, for a table's head."""
    return " (CPU s)" if "cpu_seconds" in run["stages"][0] else ""


def sentence(run: dict[str, Any], machine: dict[str, Any]) -> str:
    """Return where and when a run was measured, and what else is known of it."""
    text = f"{where(machine)}, with {run['chapters']} chapters on {run['date']}"
    if run["busy_elsewhere"] is not None:
        text += f", while other programs used {run['busy_elsewhere']:.0%} of the cores"
    if total := run.get("total_seconds"):
        text += f". A whole run of the same state in CI took {total:,} s"
    return text + "."


def cell(run: dict[str, Any], name: str) -> str:
    """Return the seconds of a stage in one run; nothing where the run had no such stage."""
    found = [one for one in run["stages"] if one["name"] == name]
    cpu = [f" ({one['cpu_seconds']:.0f})" for one in found if "cpu_seconds" in one]
    return "".join([*(f"{one['seconds']:.0f}" for one in found), *cpu])
