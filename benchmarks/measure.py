"""Run a row: each candidate in a fresh process, alternating, in two environments.

Two thread pools in one process disturb each other: NumPy's and SciPy's wheels each bring an
OpenBLAS whose idle threads spin, and on two cores scikit-learn's logistic regression then takes
four times as long. So every row is measured twice:

default   none of the thread variables is set: what a user gets who sets nothing
fair      the setting that serves the reference best: OpenBLAS's idle threads go to sleep after
          2**4 cycles instead of 2**26, and OpenMP's wait passively where the reference is
          scikit-learn or SciPy; where it is torch they keep waiting actively, since a passive
          OpenMP makes torch's convolutions and LSTM twice as slow

Both candidates run in the same environment. A goal counts only in the fair one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.declare import Candidate, Row, largest_difference
from benchmarks.machine import package_version
from benchmarks.results import BUSY, Measured

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("default", "fair")

SLEEPY_BLAS = {"OPENBLAS_THREAD_TIMEOUT": "4"}
FAIR_TO = {
    "scikit-learn": {**SLEEPY_BLAS, "OMP_WAIT_POLICY": "PASSIVE"},
    "SciPy": {**SLEEPY_BLAS, "OMP_WAIT_POLICY": "PASSIVE"},
    "torch": SLEEPY_BLAS,
}
THREAD_VARIABLES = (
    *("OMP_", "GOMP_", "KMP_", "MKL_", "NUMEXPR_", "BLIS_", "VECLIB_", "GOTO_"),
    *("OPENBLAS_NUM_THREADS", "OPENBLAS_THREAD_TIMEOUT", "OPENBLAS_DEFAULT_NUM_THREADS"),
)
"""How the names of the variables begin that steer threads: none is inherited."""


class CandidateError(RuntimeError):
    """A candidate failed; the text says which one, where, and with what error."""


@dataclass(frozen=True)
class Options:
    """How to measure: rounds of each candidate, seconds of calls in each process, and where.

    A turn (every candidate once) that other programs disturbed is taken again, ``attempts`` times
    at most, each after waiting up to ``patience`` seconds for the machine to be quiet.
    """

    rounds: int = 9
    attempts: int = 1
    patience: float = 20.0
    seconds: float = 0.5
    timeout: float = 600.0
    device: str = "cpu"
    factor: int = 1
    fastest: bool = False
    table: str = "benchmarks.table:ROWS"


@dataclass(frozen=True)
class Step:
    """One fresh process: which candidate (0 is ours), in which environment, in which round."""

    round: int
    environment: str
    candidate: int

    @property
    def quality(self) -> bool:
        """Whether this is the one process of its candidate that also measures quality."""
        return self.round == 0 and self.environment == "fair"


def schedule(rounds: int, candidates: int) -> Iterator[Step]:
    """Yield the steps: within a round and an environment every candidate, one after another.

    So A B A B ..., never A A B B: a slow minute of the machine falls on all of them.
    """
    for number in range(rounds):
        for environment in ENVIRONMENTS:
            for candidate in range(candidates):
                yield Step(number, environment, candidate)


def measure(
    row: Row, options: Options, progress: Callable[[str], None] = lambda line: None
) -> Measured:
    """Return what the row's candidates took and how good they were.

    Raises CandidateError when one of them fails or takes longer than options.timeout.
    """
    candidates = row.candidates(options.device, options.fastest)
    seconds = {name: [[] for _ in candidates] for name in ENVIRONMENTS}
    results, first = [], []
    turns = [list(steps) for _, steps in groupby(schedule(options.rounds, len(candidates)), _turn)]
    for count, steps in enumerate(turns, start=1):
        progress(f"{row.name}: turn {count} of {len(turns)}, {steps[0].environment} environment")
        turn = quietest(lambda steps=steps: [run_step(row, s, options) for s in steps], options)
        for step, result in zip(steps, turn, strict=True):
            seconds[step.environment][step.candidate].append(float(np.median(result["seconds"])))
        results += turn
        first += turn if steps[0].quality else []
    quality = compare_quality(row, first)
    fastest = row.fastest if options.fastest else None
    return Measured(
        name=row.name,
        size=row.sized(options.factor),
        group=row.group,
        goal=row.goal if options.device == "cpu" else None,  # goals are set on equal hardware
        device=options.device,
        labels=[_label(one, options.device) for one in candidates],
        libraries=[one.library for one in candidates],
        seconds=seconds,
        quality=quality,
        busy_elsewhere=_median([r["busy_elsewhere"] for r in results]),
        blas=sorted({name for r in results for name in r["blas"]}),
        gpu=next((r["gpu"] for r in results if r["gpu"]), None),
        fastest=f"{fastest.library} {package_version(fastest.needs)}" if fastest else None,
        fastest_equal=fastest_is_equal(row, quality) if fastest else None,
    )


def quietest(
    take_turn: Callable[[], list[dict[str, Any]]], options: Options
) -> list[dict[str, Any]]:
    """Return the first turn that nothing disturbed, or the least disturbed of options.attempts.

    What other programs used decides, never the times themselves, so that no ratio is favoured.
    """
    best, least = [], float("inf")
    for attempt in range(options.attempts):
        if attempt:
            wait_for_quiet(options.patience)
        turn = take_turn()
        disturbed = max(result["busy_elsewhere"] or 0.0 for result in turn)
        if disturbed < least:
            best, least = turn, disturbed
        if least <= BUSY:
            break
    return best


def wait_for_quiet(patience: float) -> None:
    """Return as soon as the machine has been quiet for a second, or after `patience` seconds."""
    import psutil

    end = time.monotonic() + patience
    while time.monotonic() < end and psutil.cpu_percent(interval=1.0) > 100 * BUSY:
        pass


def _turn(step: Step) -> tuple[int, str]:
    return step.round, step.environment


def _label(candidate: Candidate, device: str) -> str:
    on_cpu = device == "cuda" and not candidate.takes_tensors
    return f"{candidate.label} on the CPU" if on_cpu else candidate.label


def compare_quality(row: Row, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each quality of the row, every candidate's value and whether ours is equal.

    A difference of answers is taken from ours: its own value is 0, a reference's is how far
    that reference's answer lies from ours. Ours must be equal to the first reference.
    """
    measured = [iter(result["quality"]) for result in results]
    table = []
    for quality in row.quality:
        if quality.measure is None:
            ours = results[0]["answer"]
            values = [largest_difference(ours, result["answer"]) for result in results]
            equal = quality.equal(values[1], values[1])
        else:
            values = [next(one) for one in measured]
            equal = quality.equal(values[0], values[1])
        table.append({"name": quality.name, "values": values, "equal": equal})
    return table


def fastest_is_equal(row: Row, quality: list[dict[str, Any]]) -> bool:
    """Return whether the fastest, the last candidate, is as good as the reference in everything.

    Where answers are compared, it must lie as near to ours as the reference must.
    """
    pairs = zip(row.quality, (one["values"] for one in quality), strict=True)
    return all(one.equal(v[-1], v[-1 if one.measure is None else 1]) for one, v in pairs)


def run_step(row: Row, step: Step, options: Options) -> dict[str, Any]:
    """Run one candidate in a fresh process and return what it reported."""
    candidate = row.candidates(options.device, options.fastest)[step.candidate]
    job = {
        "table": options.table,
        "row": row.name,
        "candidate": step.candidate,
        "device": options.device,
        "factor": options.factor,
        "fastest": options.fastest,
        "seconds": options.seconds,
        "quality": step.quality,
    }
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        job_file = Path(folder) / "job.json"
        job_file.write_text(json.dumps(job), encoding="utf-8")
        _run_process(job_file, candidate, environment(step.environment, row), options.timeout)
        result = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
        if step.quality:
            result["answer"] = np.load(Path(folder) / "answer.npy")
        return result


def environment(name: str, row: Row) -> dict[str, str]:
    """Return the variables of the environment for the row: see the head of this module."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(THREAD_VARIABLES)
    }
    library = row.references[0].library
    chosen: Mapping[str, str] = FAIR_TO.get(library, SLEEPY_BLAS) if name == "fair" else {}
    return {**inherited, **chosen, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


def _run_process(
    job_file: Path, candidate: Candidate, variables: Mapping[str, str], timeout: float
) -> None:
    command = [sys.executable, "-m", "benchmarks.worker", str(job_file)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=variables,
            timeout=timeout,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CandidateError(
            f"{candidate.label} of {candidate.library} took longer than {timeout:g} s; "
            "give it more with --timeout"
        ) from error
    if done.returncode != 0:
        raise CandidateError(
            f"{candidate.label} of {candidate.library} failed (exit {done.returncode}):\n"
            f"{_tail(done.stderr) or 'it printed no error'}"
        )


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
