"""Rows of the table on nearest neighbours: fit, then label queries, beside scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import LIBRARIES, Candidate, Row, agreement, function, imported

QUERIES = 2_000


def ten_classes(n: int, d: int, dtype: str = "float64") -> SimpleNamespace:
    """Return normal points X (n, d), labels 0 … 9 that depend on them, and queries X_test."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n + QUERIES, d)).astype(dtype)
    y = np.argmax(X @ rng.standard_normal((d, 10)), axis=1)
    return SimpleNamespace(X=X[:n], y=y[:n], X_test=X[n:], y_test=y[n:])


def ten_classes_in_single_precision(n: int, d: int) -> SimpleNamespace:
    """Return `ten_classes` as float32."""
    return ten_classes(n, d, dtype="float32")


def labels(path: str, **parameters: Any) -> Candidate:
    """Return the candidate that fits a classifier and predicts the labels of the queries."""

    def load() -> Callable[[Any], Any]:
        make = imported(path)
        return lambda data: make(**parameters).fit(data.X, data.y).predict(data.X_test)

    library = LIBRARIES[path.partition(".")[0]]
    return Candidate(
        path.partition(":")[2], library, load, takes_tensors=library == LIBRARIES["course_lib"]
    )


ROWS = tuple(
    Row(
        name=name,
        problem=problem,
        size={"n": 20_000, "d": 64},
        ours=labels("course_lib.neighbors:KNeighborsClassifier", n_neighbors=5),
        references=(
            labels("sklearn.neighbors:KNeighborsClassifier", n_neighbors=5, algorithm="brute"),
        ),
        quality=(agreement(0.0),),
        answer=lambda result, data: result,
        goal=1.0,
        group=group,
        array_api=True,
        fastest=function("benchmarks.fastest:flat_index", library="FAISS", needs="faiss", k=5),
    )
    for name, problem, group in (
        ("nearest-neighbors", ten_classes, "classical"),
        ("nearest-neighbors-float32", ten_classes_in_single_precision, "solver"),
    )
)
