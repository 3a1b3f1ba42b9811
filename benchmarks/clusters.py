"""Rows on clustering: k-means and DBSCAN beside scikit-learn, trees of merges beside SciPy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Quality, Row, agreement, function


def overlapping_groups(n: int, d: int, k: int) -> SimpleNamespace:
    """Return X (n, d) from k overlapping normal groups, and k samples C to start from."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) + 1.5 * rng.normal(size=(k, d))[rng.integers(k, size=n)]
    return SimpleNamespace(X=X, C=X[:k].copy())


def kmeans(data: Any, whose: str) -> Any:
    """Take twenty steps of Lloyd's algorithm from the given centres."""
    if whose == "ours":
        from course_lib.cluster import KMeans

        return KMeans(len(data.C), init=data.C, max_iter=20, tol=0).fit(data.X)
    from sklearn.cluster import KMeans

    return KMeans(len(data.C), init=data.C, n_init=1, max_iter=20, tol=0).fit(data.X)


def merges(data: Any, whose: str, method: str) -> np.ndarray:
    """Merge all samples by the method; return the tree."""
    if whose == "ours":
        from course_lib.cluster import linkage
    else:
        from scipy.cluster.hierarchy import linkage
    return linkage(data.X, method)


def noisy_moons(n: int, around: int) -> SimpleNamespace:
    """Return two moons X (n, 2) and a tenth of noise, and a radius with `around` neighbours."""
    from sklearn.datasets import make_moons

    X, _ = make_moons(n - n // 10, noise=0.08, random_state=0)
    X = np.vstack([X, np.random.default_rng(0).uniform([-2, -1.5], [3, 2], size=(n // 10, 2))])
    return SimpleNamespace(X=X, eps=float(np.sqrt(around / n)))


def dbscan(data: Any, whose: str) -> Any:
    """Cluster by density."""
    if whose == "ours":
        from course_lib.cluster import DBSCAN
    else:
        from sklearn.cluster import DBSCAN
    return DBSCAN(eps=data.eps, min_samples=10).fit(data.X)


def inertia(model: Any, data: Any) -> float:
    """Return the squared distances of all samples to their centres, in double precision."""
    return float(((data.X - model.cluster_centers_[model.labels_]) ** 2).sum())


HERE = "benchmarks.clusters"
ROWS = (
    Row(
        name="k-means",
        problem=overlapping_groups,
        size={"n": 50_000, "d": 32, "k": 16},
        ours=function(f"{HERE}:kmeans", library="course_lib", whose="ours"),
        references=(function(f"{HERE}:kmeans", library="scikit-learn", whose="theirs"),),
        quality=(
            Quality("inertia", inertia, relative=1e-7),
            agreement(1e-6),
        ),
        answer=lambda model, data: model.cluster_centers_,
        goal=1.5,
        fastest=function("benchmarks.fastest:kmeans", library="FAISS", needs="faiss", steps=20),
    ),
    Row(
        name="dbscan",
        problem=noisy_moons,
        size={"n": 20_000, "around": 20},
        ours=function(f"{HERE}:dbscan", library="course_lib", whose="ours"),
        references=(function(f"{HERE}:dbscan", library="scikit-learn", whose="theirs"),),
        quality=(agreement(0),),
        answer=lambda model, data: model.labels_,
        goal=1.5,
    ),
    *(
        Row(
            name=f"hierarchical-{method}",
            problem=overlapping_groups,
            size={"n": 2_000, "d": 16, "k": 16},
            ours=function(f"{HERE}:merges", library="course_lib", whose="ours", method=method),
            references=(
                function(f"{HERE}:merges", library="SciPy", whose="theirs", method=method),
            ),
            quality=(agreement(1e-9),),
            answer=lambda tree, data: tree[:, 2],
            goal=1.5,
            group="classical" if method == "ward" else "solver",
            fastest=function(
                "benchmarks.fastest:linkage",
                library="fastcluster",
                needs="fastcluster",
                method=method,
            ),
        )
        for method in ("single", "complete", "average", "ward", "centroid")
    ),
)
