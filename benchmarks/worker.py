"""What one fresh process does: one candidate of one row, warmed up and timed.

``python -m benchmarks.worker JOB_FILE`` reads the job, and writes ``result.json`` (and
``answer.npy`` where quality is asked for) beside it. Nothing here knows the other candidates.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Row, imported

WARM_UP_SECONDS = 0.2
LEAST_CALLS = 3
MOST_CALLS = 50


def main(job_file: Path) -> None:
    """Do the job in the file and write what came of it into the same folder."""
    job = json.loads(job_file.read_text(encoding="utf-8"))
    rows: tuple[Row, ...] = imported(job["table"])
    row = next(one for one in rows if one.name == job["row"])
    result = run(row, job, job_file.parent)
    (job_file.parent / "result.json").write_text(json.dumps(result), encoding="utf-8")


def run(row: Row, job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Time the candidate, and measure its quality where the job asks for it."""
    candidate = row.candidates(job["device"], job["fastest"])[job["candidate"]]
    device = job["device"] if candidate.takes_tensors else "cpu"
    data = placed(row.problem(**row.sized(job["factor"])), device)
    work = candidate.load()
    seconds, busy = timed(lambda: work(data), synchroniser(device), job["seconds"])
    result = {"seconds": seconds, "busy_elsewhere": busy, "blas": blas(), "gpu": gpu(device)}
    if job["quality"]:
        model = work(data)
        result["quality"] = [q.measure(model, data) for q in row.quality if q.measure is not None]
        np.save(folder / "answer.npy", to_numpy(row.answer(model, data)))
    return result


def timed(
    call: Callable[[], Any], synchronise: Callable[[], None], budget: float
) -> tuple[list[float], float | None]:
    """Return the seconds of each call, after a warm-up, and how busy the machine was otherwise.

    Calls go on until they have used the budget (in seconds) and number at least 3; a call so slow
    that the budget is used four times over is not asked for again. The garbage collector waits:
    when it runs is an accident of what ran before.
    """
    _warm_up(call, synchronise)
    gc.collect()
    gc.disable()
    seconds: list[float] = []
    others = foreign_load()
    while not _enough(seconds, budget):
        start = time.perf_counter()
        call()
        synchronise()  # a GPU has only been told what to do when the call returns
        seconds.append(time.perf_counter() - start)
    gc.enable()
    return seconds, others()


def _warm_up(call: Callable[[], Any], synchronise: Callable[[], None]) -> None:
    end = time.perf_counter() + WARM_UP_SECONDS
    while True:
        call()
        synchronise()
        if time.perf_counter() >= end:
            return


def _enough(seconds: list[float], budget: float) -> bool:
    used = sum(seconds)
    return (
        len(seconds) >= MOST_CALLS
        or used >= 4 * budget
        or (used >= budget and len(seconds) >= LEAST_CALLS)
    )


def foreign_load() -> Callable[[], float | None]:
    """Start watching; the function returned gives the share of the machine that others used.

    It is the processor time of all cores that was neither idle nor this process's, over all
    there was: 0 on a quiet machine, and what makes a timing doubtful anywhere else.
    """
    import psutil

    def used() -> tuple[float, float]:
        times = psutil.cpu_times()
        waiting = times.idle + getattr(times, "iowait", 0.0)
        guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # also in user
        return sum(times) - guest, sum(times) - guest - waiting

    (total, busy), own = used(), time.process_time()

    def share() -> float | None:
        new_total, new_busy = used()
        if new_total <= total:
            return None  # shorter than the system's clock tick
        foreign = (new_busy - busy) - (time.process_time() - own)
        return min(1.0, max(0.0, foreign / (new_total - total)))

    return share


def placed(data: SimpleNamespace, device: str) -> SimpleNamespace:
    """Return the data with its arrays as torch tensors on the device; "cpu" leaves NumPy alone."""
    if device == "cpu":
        return data
    import torch

    where = "cuda" if device == "cuda" else "cpu"
    moved = {
        name: torch.from_numpy(np.ascontiguousarray(value)).to(where)
        if isinstance(value, np.ndarray)
        else value
        for name, value in vars(data).items()
    }
    return SimpleNamespace(**moved)


def synchroniser(device: str) -> Callable[[], None]:
    """Return what waits until the device has done everything that it was told."""
    if device != "cuda":
        return lambda: None
    import torch

    return torch.cuda.synchronize


def to_numpy(answer: Any) -> np.ndarray:
    """Return an array or tensor, wherever it is, as a NumPy array."""
    if hasattr(answer, "detach"):
        answer = answer.detach().cpu()
    return np.asarray(answer)


def blas() -> list[str]:
    """Return the BLAS libraries that this process has loaded, with version, kernel, threads."""
    import threadpoolctl

    return sorted(
        {
            f"{one['internal_api']} {one['version']} ({one.get('architecture', 'unknown kernel')}, "
            f"{one['num_threads']} threads)"
            for one in threadpoolctl.threadpool_info()
            if one["user_api"] == "blas"
        }
    )


def gpu(device: str) -> str | None:
    """Return the name of the GPU that was used, or None."""
    if device != "cuda":
        return None
    import torch

    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
