"""Rows of the table on preprocessing: learn from a table and transform it, beside scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import LIBRARIES, Candidate, Row, agreement, imported


def numbers(n: int, d: int) -> SimpleNamespace:
    """Return X (n, d), columns of different means and spreads."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d)) * rng.uniform(0.1, 100, d) + rng.uniform(-50, 50, d)
    return SimpleNamespace(X=X)


def numbers_with_gaps(n: int, d: int) -> SimpleNamespace:
    """Return `numbers` with a tenth of them missing."""
    data = numbers(n, d)
    data.X[np.random.default_rng(1).random((n, d)) < 0.1] = np.nan
    return data


def words(n: int, d: int) -> SimpleNamespace:
    """Return X (n, d) of words, twenty different ones in each column."""
    rng = np.random.default_rng(0)
    vocabulary = np.array([f"word {k}" for k in range(20)], dtype=object)
    return SimpleNamespace(X=vocabulary[rng.integers(0, 20, (n, d))])


def transformed(path: str, **parameters: Any) -> Candidate:
    """Return the candidate that fits a transformer to data.X and transforms it."""

    def load() -> Callable[[Any], Any]:
        make = imported(path)
        return lambda data: make(**parameters).fit(data.X).transform(data.X)

    library = LIBRARIES[path.partition(".")[0]]
    ours = library == LIBRARIES["course_lib"]
    return Candidate(path.partition(":")[2], library, load, takes_tensors=ours)


def _row(name: str, problem: Callable[..., Any], d: int, reference: Candidate, **more: Any) -> Row:
    ours = f"course_lib.preprocessing:{reference.label}"
    return Row(
        name=name,
        problem=problem,
        size={"n": 100_000, "d": d},
        ours=transformed(ours),
        references=(reference,),
        quality=(agreement(1e-8),),
        answer=lambda result, data: result,
        goal=1.0,
        **more,
    )


ROWS = (
    _row(
        "standard-scaler",
        numbers,
        32,
        transformed("sklearn.preprocessing:StandardScaler"),
        array_api=True,
    ),
    _row(
        "simple-imputer",
        numbers_with_gaps,
        32,
        transformed("sklearn.impute:SimpleImputer"),
        array_api=True,
    ),
    _row(
        "one-hot-encoder",
        words,
        5,
        transformed("sklearn.preprocessing:OneHotEncoder", sparse_output=False),
    ),
)
