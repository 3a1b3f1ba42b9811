"""Whole numbers do not wrap around: every public helper gives with them what it gives with floats.

A helper is found by itself: every public function of linear_models, cluster, decomposition,
naive_bayes, neighbors and optim.
CALLS says how each is called on a table X (n, d) of one dtype; NO_TABLE lists those that take none.
"""

import importlib
import inspect

import numpy as np
import pytest
import torch

from course_lib import cluster, decomposition, naive_bayes, neighbors
from course_lib.linear_models import linear_regression, svm, svm_dual, svm_smo

OPTIM = ("descent", "lbfgs", "line_search", "samples")
MODULES = [
    linear_regression,
    svm,
    svm_dual,
    svm_smo,
    naive_bayes,
    neighbors,
    *(importlib.import_module(f"course_lib.optim.{m}") for m in OPTIM),
    *(importlib.import_module(f"course_lib.cluster.{m}") for m in ("kmeans", "hierarchical")),
    importlib.import_module("course_lib.cluster.number_of_clusters"),
    *(
        importlib.import_module(f"course_lib.decomposition.{m}")
        for m in ("pca", "randomized", "components_by_validation")
    ),
]
# Numbers and indices; a kernel matrix and what belongs to it, which are floating point; and what
# only refuses products that overflowed.
NO_TABLE = {"minibatches", "smo", "bounds", "intercept", "merged", "wolfe", "require_finite"} | {
    "randomized_error_bound"
}

SIGNS = [1, -1, 1, -1, 1, 1]
LABELS = [0, 1, 0, 2, 1, 2]
TREE = [[0, 1, 90, 2], [2, 3, 80, 3]]  # of heights that fall

# X holds the numbers near the end of its dtype; v are d of them, t one for each row.
CALLS = {
    "squared_loss": lambda f, X, v, t, like: f(X, t, v),
    "squared_loss_gradient": lambda f, X, v, t, like: f(X, t, v),
    "centered": lambda f, X, v, t, like: f(X)[0],
    "lambda_max": lambda f, X, v, t, like: f(X, center=True),
    "largest_stable_step": lambda f, X, v, t, like: f(X),
    "svm_objective": lambda f, X, v, t, like: f(X, like(SIGNS, "int8"), v, 1, C=3),
    "svm_subgradient": lambda f, X, v, t, like: f(
        X, like(SIGNS, "int8"), v, 1, C=3, loss="squared_hinge"
    ),
    "kkt_residual": lambda f, X, v, t, like: f(t, like(LABELS, "uint8"), 3),
    "linear_kernel": lambda f, X, v, t, like: f(X, X),
    "polynomial_kernel": lambda f, X, v, t, like: f(X, X, degree=2),
    "rbf_kernel": lambda f, X, v, t, like: f(X, X, gamma=1e-4),
    "distances": lambda f, X, v, t, like: f(X, X),
    "distances_by_product": lambda f, X, v, t, like: f(X, X),
    "vote_weights": lambda f, X, v, t, like: f(X, "distance"),
    "count_votes": lambda f, X, v, t, like: f(like([[0, 1, 0]] * 6, "int64"), X, 2),
    "smallest": lambda f, X, v, t, like: np.sort(np.asarray(f(X, 2)), axis=1),
    "log_sum_exp": lambda f, X, v, t, like: f(X),
    "gaussian_log_density": lambda f, X, v, t, like: f(X, v, like([1, 2, 3], X.dtype)),
    "class_moments": lambda f, X, v, t, like: f(X, like(LABELS, "int64"), 3).spread,
    "descend": lambda f, X, v, t, like: f(lambda w: w * w, v, eta=0.001, max_steps=2).path,
    "lbfgs": lambda f, X, v, t, like: f(lambda w: ((w * w).sum(), 2 * w), v, max_steps=2).path,
    "lbfgs_direction": lambda f, X, v, t, like: f(v, []),
    "assign": lambda f, X, v, t, like: f(X, X[1:4]),
    "update": lambda f, X, v, t, like: f(X, like(LABELS, "uint8"), X[:4]),
    "inertia": lambda f, X, v, t, like: f(X, like(LABELS, "uint8"), X[:4]),
    "half_steps": lambda f, X, v, t, like: np.concatenate(
        [np.ravel(np.asarray(a)) for state in f(X, X[:3], 3)[1:] for a in state]
    ),
    "kmeans_plus_plus": lambda f, X, v, t, like: f(X, 3, random_state=0),
    "silhouettes": lambda f, X, v, t, like: f(X, like(LABELS, "uint8")),
    "gap_statistic": lambda f, X, v, t, like: f(X, [1, 2], references=2, random_state=0),
    "suggested_by_gap": lambda f, X, v, t, like: f([1, 2, 3], t[:3], t[3:]),
    "stability": lambda f, X, v, t, like: f(X, [2], pairs=2, random_state=0),
    "ask": lambda f, X, v, t, like: f(X, [1, 2], repeats=2, n_init=1)["gap"].values,
    "linkage": lambda f, X, v, t, like: f(X),
    "cut": lambda f, X, v, t, like: f(like(TREE, X.dtype), n_clusters=2),
    "chaining": lambda f, X, v, t, like: f(like(TREE, X.dtype)),
    "dendrogram": lambda f, X, v, t, like: f(like(TREE, X.dtype)).height,
    "with_signs": lambda f, X, v, t, like: f(X),
    "randomized_svd": lambda f, X, v, t, like: f(X, 2, random_state=0)[0],
    "reconstruction_errors": lambda f, X, v, t, like: (
        f(X, [0, 1], splitter=2, random_state=0).hidden
    ),
}
ON_THE_HOST = {"linear_kernel", "polynomial_kernel", "rbf_kernel", "cut", "chaining", "dendrogram"}


def helpers():
    found = {}
    for module in MODULES:
        for name, thing in inspect.getmembers(module, inspect.isfunction):
            if thing.__module__ == module.__name__ and not name.startswith("_"):
                found[name] = thing
    return found


def test_every_helper_is_tried():
    assert set(helpers()) == set(CALLS) | NO_TABLE
    for package in (cluster, decomposition):
        assert {name for name in package.__all__ if name.islower()} <= set(helpers())


@pytest.mark.parametrize("kind", [np.asarray, torch.asarray], ids=["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("name", CALLS)
def test_whole_numbers_count_as_floats(name, dtype, kind):
    if kind is torch.asarray and name in ON_THE_HOST:
        kind = np.asarray
    info = np.iinfo(dtype)
    high, low = (float(min(info.max, 2**40) // 1), float(max(info.min, -(2**40))))
    rng = np.random.default_rng(0)
    X = np.floor(rng.uniform(low, high, (6, 3))).astype(dtype)
    X[0], X[5] = min(info.max, 2**40), max(info.min, -(2**40))
    call, function = CALLS[name], helpers()[name]

    def like(values, dtype):
        return kind(np.asarray(values, dtype=str(dtype).split(".")[-1]))

    whole = call(function, kind(X), kind(X[1]), kind(X[:, 1].copy()), like)
    F = X.astype(float)
    same = call(function, kind(F), kind(F[1]), kind(F[:, 1].copy()), like)
    np.testing.assert_allclose(np.asarray(whole), np.asarray(same), rtol=1e-12)
