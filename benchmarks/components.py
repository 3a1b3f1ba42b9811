"""Rows on principal components beside scikit-learn: tall data, all components, large data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Quality, Row, agreement, estimator

KEPT = 16
"""Components that are wanted."""


def correlated(n: int, d: int) -> SimpleNamespace:
    """Return X (n, d) whose k-th principal variance is proportional to 1/k.

    As in `problems.regression`, the columns have variances near 1 and means between −1 and 1.
    """
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    variances = 1 / np.arange(1, d + 1)
    X = rng.standard_normal((n, d)) * np.sqrt(variances / variances.mean())
    return SimpleNamespace(X=X @ turn + rng.uniform(-1, 1, d), y=None)


def factors_and_noise(n: int, d: int) -> SimpleNamespace:
    """Return X (n, d) of 2 · KEPT factors, each a fifth weaker than the one before, and noise."""
    rng = np.random.default_rng(0)
    strengths = 0.8 ** np.arange(2 * KEPT)
    X = (rng.standard_normal((n, 2 * KEPT)) * strengths) @ rng.standard_normal((2 * KEPT, d))
    return SimpleNamespace(X=X + 0.1 * rng.standard_normal((n, d)), y=None)


def left_out(model: Any, data: Any) -> float:
    """Return the mean squared distance of the samples from the plane of the components."""
    Z = data.X - data.X.mean(axis=0)
    return float(((Z - Z @ model.components_.T @ model.components_) ** 2).sum() / len(Z))


OURS, THEIRS = "course_lib.decomposition:PCA", "sklearn.decomposition:PCA"


def _row(name: str, solver: str, kept: int | None, **more: Any) -> Row:
    theirs = {"eigh": "covariance_eigh", "svd": "full"}.get(solver, solver)
    same = {"n_components": kept} | ({"random_state": 0} if solver == "randomized" else {})
    return Row(
        name=name,
        ours=estimator(OURS, solver=solver, **same),
        references=(estimator(THEIRS, svd_solver=theirs, **same),),
        answer=lambda model, data: model.components_,
        array_api=True,
        **more,
    )


ROWS = (
    _row(
        "pca",
        "eigh",
        KEPT,
        problem=correlated,
        size={"n": 20_000, "d": 256},
        quality=(Quality("variance left out", left_out, relative=1e-9), agreement(1e-7)),
        goal=0.95,
        fastest=estimator("sklearnex.decomposition:PCA", needs="sklearnex", n_components=KEPT),
    ),
    _row(
        "pca-svd",
        "svd",
        None,
        problem=correlated,
        size={"n": 20_000, "d": 64},
        quality=(agreement(1e-7),),
        goal=0.5,
        group="solver",
    ),
    _row(
        "pca-randomized",
        "randomized",
        KEPT,
        problem=factors_and_noise,
        size={"n": 5_000, "d": 2_000},
        # Both approximate: what they leave out tells how well.
        quality=(Quality("variance left out", left_out, relative=1e-6),),
        goal=1.1,
        group="solver",
    ),
)
