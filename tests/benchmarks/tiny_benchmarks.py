"""Rows that take milliseconds, some of them wrong on purpose; imported by the workers too."""

import os
import time
from types import SimpleNamespace

import numpy as np

from benchmarks.declare import Quality, Row, agreement, function


def problem(n):
    rng = np.random.default_rng(0)
    return SimpleNamespace(X=rng.standard_normal((n, 3)))


def squares(data, power=2):
    return (data.X**power).sum(axis=1)


def squares_by_product(data):
    return np.einsum("ij,ij->i", data.X, data.X)


def nothing(data):
    return np.zeros(len(data.X))


def broken(data):
    raise ZeroDivisionError("the candidate's own words")


def killed(data):
    os._exit(7)


def asleep(data):
    time.sleep(60)


def environment(data):
    """Answer with what the process was given, so that a test can read it."""
    passive = os.environ.get("OMP_WAIT_POLICY") == "PASSIVE"
    return np.array([passive, os.environ.get("OMP_NUM_THREADS") == "1"], dtype=float)


def error(result, data):
    return float(np.abs(result - (data.X**2).sum(axis=1)).max())


EXACT = (Quality("error", error, absolute=1e-12), agreement(1e-12))


def row(name, ours, **changes):
    return Row(
        name=name,
        problem=problem,
        size={"n": 1_000},
        ours=function(f"tiny_benchmarks:{ours}", library="course_lib"),
        references=(function("tiny_benchmarks:squares_by_product", library="SciPy"),),
        quality=changes.pop("quality", EXACT),
        answer=lambda result, data: result,
        goal=changes.pop("goal", 1e9),
        **changes,
    )


ROWS = (
    row("right", "squares", array_api=True),
    row("wrong", "nothing"),
    row("broken", "broken"),
    row("killed", "killed"),
    row("asleep", "asleep"),
)
FASTEST = tuple(
    row(name, "squares", fastest=function(f"tiny_benchmarks:{does}", library="Fake", needs=needs))
    for name, does, needs in (
        ("beside the fastest", "squares_by_product", "tiny_benchmarks"),
        ("beside one that is wrong", "nothing", "tiny_benchmarks"),
        ("beside one that is missing", "squares_by_product", "no_such_package"),
    )
)
ENVIRONMENT = (row("environment", "environment", quality=()),)
