"""Rows on many classes made of two: one-vs-rest and one-vs-one over logistic regression."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Quality, Row, function, held_out_mistakes
from benchmarks.problems import HELD_OUT

C = 1.0
"""scikit-learn's; our λ is 1/(C · rows of a problem)."""

TOL = {"OneVsRestClassifier": 3e-4, "OneVsOneClassifier": 2e-3}
"""Ours, with which our objective is below that of scikit-learn's default of 1e-4."""


def overlapping_classes(n: int, d: int, K: int) -> SimpleNamespace:
    """Return K equally large normal classes that overlap; X is (n, d), y holds 0 to K − 1.

    n is a multiple of K, so that all pairs of classes have as many rows and one λ fits them all.
    """
    rng = np.random.default_rng(0)
    y = np.arange(n + HELD_OUT) % K
    X = rng.standard_normal((n + HELD_OUT, d))
    for j in range(1, d):  # neighbouring columns correlate
        X[:, j] = 0.5 * X[:, j - 1] + 0.75**0.5 * X[:, j]
    X += 0.3 * rng.standard_normal((K, d))[y] + rng.uniform(-1, 1, d)
    return SimpleNamespace(X=X[:n], y=y[:n], X_test=X[n:], y_test=y[n:], K=K)


def strategy(data: Any, name: str, whose: str) -> Any:
    """Fit a strategy over logistic regression with C = 1 by L-BFGS."""
    if whose == "ours":
        from course_lib import multiclass
        from course_lib.linear_models import LogisticRegression

        learner = LogisticRegression(1 / (C * _rows(data, name)), solver="lbfgs", tol=TOL[name])
        return getattr(multiclass, name)(learner).fit(data.X, data.y)
    import sklearn.multiclass
    from sklearn.linear_model import LogisticRegression

    return getattr(sklearn.multiclass, name)(LogisticRegression(C=C)).fit(data.X, data.y)


def _rows(data: Any, name: str) -> int:
    """Return the rows of each binary problem."""
    return len(data.y) if name == "OneVsRestClassifier" else 2 * len(data.y) // data.K


def _objective(model: Any, data: Any) -> float:
    """Return the sum over all binary problems of the mean log loss and ½λ‖w‖²."""
    name, K, total = type(model).__name__, data.K, 0.0
    groups = [(k,) for k in range(K)]
    if name == "OneVsOneClassifier":
        groups = list(zip(*np.triu_indices(K, 1), strict=True))
    for group, one in zip(groups, model.estimators_, strict=True):
        rows = np.isin(data.y, group) if len(group) == 2 else slice(None)
        w, signs = np.ravel(one.coef_), np.where(data.y[rows] == group[-1], 1, -1)
        loss = np.logaddexp(0, -signs * (data.X[rows] @ w + float(np.squeeze(one.intercept_))))
        total += float(loss.mean() + w @ w / (2 * C * _rows(data, name)))
    return total


HERE = "benchmarks.multiclass"
ROWS = tuple(
    Row(
        name=name,
        problem=overlapping_classes,
        size={"n": 20_000, "d": 64, "K": 10},
        ours=function(f"{HERE}:strategy", library="course_lib", name=kind, whose="ours"),
        references=(
            function(f"{HERE}:strategy", library="scikit-learn", name=kind, whose="theirs"),
        ),
        quality=(Quality("objective", _objective, relative=1e-6), held_out_mistakes(0.002)),
        answer=lambda model, data: model.predict(data.X_test),
        goal=0.6,
        grows="d",
    )
    for name, kind in (("one-vs-rest", "OneVsRestClassifier"), ("one-vs-one", "OneVsOneClassifier"))
)
