"""Rows on the kernel machine beside scikit-learn's SVC, which is libsvm: easy data and hard."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Quality, Row, function

QUERIES = 1_000
BLOCK = 500
"""Rows of the kernel matrix at a time where the objective is measured."""


def overlapping_normals(n: int) -> SimpleNamespace:
    """Return two overlapping normal classes in ten dimensions, and an RBF machine with C = 1."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n + QUERIES)
    X = rng.standard_normal((n + QUERIES, 10)) + 0.5 * y[:, None]
    return _problem(X, y, n, 1.0, kernel="rbf", gamma="scale")


def costly_moons(n: int) -> SimpleNamespace:
    """Return two overlapping half-moons, and an RBF machine with C = 10,000.

    Its kernel matrix is badly conditioned and hardly a multiplier of the margin is small: libsvm
    takes millions of steps of two multipliers.
    """
    from sklearn.datasets import make_moons

    X, y = make_moons(n + QUERIES, noise=0.25, random_state=0)
    return _problem(X, y, n, 1e4, kernel="rbf", gamma=1.0)


def unscaled_polynomial(n: int) -> SimpleNamespace:
    """Return classes divided by a curved boundary, features up to 100, and a cubic machine."""
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 100, (n + QUERIES, 10))
    height = ((X[:, :3] - 50) ** 2).sum(axis=1) + (X[:, 3] - 50) * (X[:, 4] - 50)
    height += 300 * rng.standard_normal(n + QUERIES)
    y = (height > np.median(height)).astype(int)
    return _problem(X, y, n, 1.0, kernel="poly", gamma="scale", degree=3, coef0=1.0)


def _problem(X: np.ndarray, y: np.ndarray, n: int, C: float, **kernel: Any) -> SimpleNamespace:
    """Return the first n as the data of the fit, the rest as queries, and the machine's numbers."""
    return SimpleNamespace(X=X[:n], y=y[:n], X_test=X[n:], y_test=y[n:], C=C, kernel=kernel)


def machine(data: Any, whose: str) -> Any:
    """Fit the kernel machine to tolerance 1e-4; our C is spread over the n samples."""
    if whose == "ours":
        from course_lib.linear_models import KernelSVC

        return KernelSVC(data.C * len(data.y), tol=1e-4, **data.kernel).fit(data.X, data.y)
    from sklearn.svm import SVC

    return SVC(C=data.C, tol=1e-4, **data.kernel).fit(data.X, data.y)


def _dual_below_zero(model: Any, data: Any) -> float:
    """Return ½βᵀKβ − yᵀβ, which the fit minimises, β_i = α_i y_i being the model's dual_coef_."""
    beta = np.ravel(model.dual_coef_)
    signs = 2.0 * data.y[model.support_] - 1
    V = data.X[model.support_]
    blocks = _blocks(V, data)
    return float(sum(beta[b] @ (K @ beta) for b, K in blocks) / 2 - signs @ beta)


def _blocks(V: np.ndarray, data: Any) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the rows of the kernel matrix of V by scikit-learn, the same for both models."""
    from sklearn.metrics.pairwise import pairwise_kernels

    numbers = {k: v for k, v in data.kernel.items() if k != "kernel"}
    if numbers["gamma"] == "scale":
        numbers["gamma"] = 1 / (data.X.shape[1] * data.X.var())
    for start in range(0, len(V), BLOCK):
        b = slice(start, start + BLOCK)
        yield b, pairwise_kernels(V[b], V, metric=data.kernel["kernel"], **numbers)


HERE = "benchmarks.kernels"
ROWS = tuple(
    Row(
        name=f"kernel-svm{name}{'' if n == 2_000 else '-large'}",
        problem=problem,
        size={"n": n},
        ours=function(f"{HERE}:machine", library="course_lib", whose="ours"),
        references=(function(f"{HERE}:machine", library="scikit-learn", whose="theirs"),),
        quality=(Quality("dual objective, negated", _dual_below_zero, relative=1e-6),),
        answer=lambda model, data: model.predict(data.X_test),
        goal=3.0,
        group="classical" if n == 8_000 else "solver",
    )
    for name, problem in (
        ("", overlapping_normals),
        ("-costly", costly_moons),
        ("-polynomial", unscaled_polynomial),
    )
    for n in (2_000, 8_000)
)
