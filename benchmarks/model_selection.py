"""Rows of the table on metrics and folds, beside scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import LIBRARIES, Candidate, Row, agreement, imported


def scored_labels(n: int) -> SimpleNamespace:
    """Return labels y (n,), 0 and 1, and scores (n,) that depend on them, as float64."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    return SimpleNamespace(y=y, scores=y + rng.standard_normal(n))


def scored(path: str) -> Candidate:
    """Return the candidate that computes a number from labels and scores."""

    def load() -> Callable[[Any], Any]:
        metric = imported(path)
        return lambda data: metric(data.y, data.scores)

    return Candidate(path.partition(":")[2], LIBRARIES[path.partition(".")[0]], load, on=("cpu",))


def held_out(path: str, **parameters: Any) -> Candidate:
    """Return the candidate that says for each sample in which of ten folds it is held out."""

    def load() -> Callable[[Any], Any]:
        make = imported(path)

        def fold_of(data: Any) -> np.ndarray:
            folds = np.empty(len(data.y))
            for f, (_, held) in enumerate(make(**parameters).split(data.scores[:, None], data.y)):
                folds[held] = f
            return folds

        return fold_of

    return Candidate(path.partition(":")[2], LIBRARIES[path.partition(".")[0]], load, on=("cpu",))


SHUFFLED = {"n_splits": 10, "shuffle": True, "random_state": 0}

ROWS = (
    Row(
        name="roc-auc",
        problem=scored_labels,
        size={"n": 1_000_000},
        ours=scored("course_lib.metrics:roc_auc"),
        references=(scored("sklearn.metrics:roc_auc_score"),),
        quality=(agreement(1e-12),),
        answer=lambda result, data: np.asarray([result]),
        goal=1.0,
    ),
    Row(
        name="stratified-folds",
        problem=scored_labels,
        size={"n": 1_000_000},
        ours=held_out("course_lib.model_selection:StratifiedKFold", **SHUFFLED),
        references=(held_out("sklearn.model_selection:StratifiedKFold", **SHUFFLED),),
        quality=(agreement(0.0),),
        answer=lambda result, data: result,
        goal=1.0,
    ),
)
