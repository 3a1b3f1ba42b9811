"""The dual of the support vector machine: kernels, multipliers by hand, and the pairs of SMO."""

import tracemalloc

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise
from sklearn.svm import SVC

from course_lib.linear_models import (
    KernelSVC,
    LinearSVC,
    kkt_residual,
    polynomial_kernel,
    rbf_kernel,
)
from course_lib.linear_models.svm_dual import IN_CACHE, smo
from course_lib.linear_models.svm_working_set import _Rows, _start, maximize_dual


def test_kernels_agree_with_scikit_learn(rng):
    X, Z = rng.normal(size=(5, 3)) + 4, rng.normal(size=(7, 3)) + 4
    np.testing.assert_allclose(
        rbf_kernel(X, Z, gamma=0.4), pairwise.rbf_kernel(X, Z, gamma=0.4), rtol=1e-12
    )
    np.testing.assert_allclose(
        polynomial_kernel(X, Z, gamma=0.4, degree=4, coef0=2),
        pairwise.polynomial_kernel(X, Z, gamma=0.4, degree=4, coef0=2),
        rtol=1e-12,
    )


def test_a_kernel_is_an_inner_product_of_features():
    """(xᵀz + 1)² = φ(x)ᵀφ(z) with φ(x) = (1, √2x₁, √2x₂, x₁², √2x₁x₂, x₂²)."""
    X, y = make_moons(60, noise=0.2, random_state=0)
    a, b = X.T
    r = np.sqrt(2)
    features = np.column_stack([r * a, r * b, a * a, r * a * b, b * b])  # the 1 goes to b
    kernel = KernelSVC(60.0, kernel="poly", degree=2, gamma=1.0, tol=1e-8).fit(X, y)
    linear = LinearSVC(60.0, tol=1e-11).fit(features, y)
    np.testing.assert_allclose(
        kernel.decision_function(X), linear.decision_function(features), atol=1e-4
    )


@pytest.mark.parametrize("C", [0.1, 1.0, 100.0])
@pytest.mark.parametrize(
    "kernel", [{"gamma": 0.5}, {"gamma": 20.0}, {"kernel": "poly"}, {"kernel": "linear"}, {}]
)
def test_agrees_with_svc(C, kernel):
    X, y = make_moons(120, noise=0.25, random_state=1)
    ours = KernelSVC(C * 120, tol=1e-7, **kernel).fit(X, y)
    theirs = SVC(C=C, tol=1e-8, coef0=1.0, **kernel).fit(X, y)
    np.testing.assert_array_equal(ours.support_, np.sort(theirs.support_))
    np.testing.assert_allclose(
        ours.decision_function(X), theirs.decision_function(X), rtol=2e-4, atol=2e-4
    )
    assert ours.kkt_residual_ <= 1e-7
    assert abs(ours.dual_coef_.sum()) < 1e-9 * C


def test_xor_by_hand():
    """Four corners, K = (xᵀz + 1)² on ±1: by symmetry α = 1/8, f(x) = x₁x₂ up to the sign."""
    X = np.array([[-1.0, -1], [1, 1], [-1, 1], [1, -1]])
    y = [0, 0, 1, 1]
    model = KernelSVC(1e3, kernel="poly", degree=2, gamma=1.0, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(model.alpha_, 0.125, rtol=1e-8)
    np.testing.assert_allclose(model.decision_function([[0.5, 0.4]]), [-0.2], atol=1e-8)


def test_duplicates_with_other_labels_and_a_constant_input():
    X = np.array([[0.0], [0.0], [1.0], [1.0]])
    model = KernelSVC(4.0, gamma=1.0).fit(X, [0, 1, 0, 1])
    np.testing.assert_allclose(model.decision_function(X), 0, atol=1e-9)
    np.testing.assert_allclose(model.alpha_, 1)
    constant = KernelSVC().fit(np.ones((4, 2)), [0, 1, 1, 1])
    assert constant.gamma_ == 1.0
    assert constant.predict([[1.0, 1.0]])[0] == 1


def test_rbf_separates_random_labels(rng):
    X, y = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    assert KernelSVC(300e6, gamma=100.0).fit(X, y).score(X, y) == 1.0


def test_smo_ascends_and_stays_feasible():
    X, labels = make_moons(40, noise=0.3, random_state=14)
    y, K = 2.0 * labels - 1, rbf_kernel(X, X, gamma=0.3)
    before = -np.inf
    for steps in range(0, 60, 5):
        beta, F, _ = smo(K, y, 0.5, tol=1e-9, max_iter=steps)
        dual = y @ beta - beta @ K @ beta / 2
        assert dual >= before - 1e-12
        before = dual
        assert abs(beta.sum()) < 1e-12
        assert np.all((y * beta >= 0) & (y * beta <= 0.5))
        np.testing.assert_allclose(F, y - K @ beta, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "scale"), [("rbf", 1e160), ("linear", 1e160), ("poly", 1e60)], ids=str
)
def test_a_kernel_that_overflows_is_refused(kernel, scale):
    X, y = make_moons(50, noise=0.2, random_state=0)
    with pytest.raises(ValueError, match=f"{kernel} kernel .*overflows. Standardise"):
        KernelSVC(kernel=kernel, gamma=1.0).fit(X * scale, y)


def test_many_queries_are_scored_block_by_block(rng):
    X, y = make_moons(300, noise=0.3, random_state=0)
    model = KernelSVC(20, gamma=2.0).fit(X, y)
    queries = rng.normal(size=(3000, 2))
    assert len(queries) * len(model.support_) > 2 * IN_CACHE
    at_once = rbf_kernel(queries, model.support_vectors_, gamma=2.0) @ model.dual_coef_
    scores = model.decision_function(queries)
    np.testing.assert_allclose(scores, at_once + model.intercept_, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", ["rbf", "poly", "linear"])
def test_a_machine_without_support_vectors_scores_its_intercept(kernel):
    X, y = make_moons(20, random_state=0)
    model = KernelSVC(kernel=kernel, tol=10.0).fit(X, y)  # content with α = 0
    assert model.support_vectors_.shape == (0, 2)
    np.testing.assert_array_equal(model.decision_function(X), np.full(20, model.intercept_))


def test_kernel_machine_says_when_it_was_not_given_steps_enough():
    X, y = make_moons(700, noise=0.2, random_state=0)  # more than one working set holds
    with pytest.warns(ConvergenceWarning, match="max_iter=1") as caught:
        KernelSVC(max_iter=1).fit(X, y)
    assert caught[0].filename == __file__


def test_tensors_are_taken_to_the_host():
    X, y = make_moons(50, noise=0.2, random_state=0)
    model = KernelSVC().fit(torch.tensor(X), torch.tensor(y))
    np.testing.assert_array_equal(model.predict(torch.tensor(X)), KernelSVC().fit(X, y).predict(X))


@pytest.mark.parametrize(
    ("margin", "alpha", "violation"),
    [
        (0.4, 0.0, 0.6),
        (1.3, 1.0, 0.3),
        (0.8, 0.5, 0.2),
        (1.2, 0.5, 0.2),
        (2.0, 0.0, 0),
        (0, 1.0, 0),
    ],
)
def test_kkt_residual_by_hand(margin, alpha, violation):
    found = kkt_residual(np.array([margin, 1.0]), np.array([alpha, 0.5]), cap=1.0)
    assert found == pytest.approx(violation)


def test_who_arrives_with_the_last_pair_is_not_told_to_take_more():
    X, y = make_moons(60, noise=0.2, random_state=0)
    steps = KernelSVC().fit(X, y).n_iter_
    assert KernelSVC(max_iter=steps).fit(X, y).n_iter_ == steps  # a warning would be an error


def overlapping(rng, n, d=5):
    y = rng.integers(0, 2, n)
    return rng.normal(size=(n, d)) + 0.5 * y[:, None], y


@pytest.mark.parametrize("C", [0.01, 1.0, 1e3], ids=lambda C: f"C={C:g}")
def test_the_memory_of_a_fit_is_below_that_of_the_kernel_matrix(rng, C):
    X, y = overlapping(rng, 1201)  # from hardly any free multiplier to most
    model = KernelSVC(C * len(X), tol=1e-2)
    tracemalloc.start()
    model.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 8 * len(X) ** 2


@pytest.mark.parametrize(
    ("C", "kernel"),
    [
        (1e-3, {}),
        (1.0, {"gamma": 0.3}),
        (1e6, {"gamma": 1.0}),
        (0.1, {"kernel": "poly"}),
        (0.1, {"kernel": "linear"}),
    ],
    ids=str,
)
def test_many_samples_reach_the_dual_objective_of_svc(rng, C, kernel):
    """More samples than a working set holds, every fifth twice and once with the other label."""
    X, y = overlapping(rng, 1001)
    X, y = np.concatenate([X, X[::5]]), np.concatenate([y, 1 - y[::5]])
    n, signs = len(X), 2.0 * y - 1
    ours = KernelSVC(C * n, tol=1e-4, **kernel).fit(X, y)
    theirs = SVC(C=C, tol=1e-4, coef0=1.0, **kernel).fit(X, y)

    def dual(beta):
        return signs @ beta - beta @ ours._kernel(X, X) @ beta / 2

    beta, reference = signs * ours.alpha_, np.zeros(n)
    reference[theirs.support_] = theirs.dual_coef_[0]
    assert dual(beta) >= dual(reference) * (1 - 1e-7)
    assert abs(beta.sum()) <= 1e-9 * C
    assert np.all((ours.alpha_ >= 0) & (ours.alpha_ <= C))
    scores = ours._kernel(X, X) @ beta + ours.intercept_
    assert kkt_residual(signs * scores, ours.alpha_, C) <= 1e-4


def test_rows_of_the_kernel_are_computed_once_while_they_are_kept(rng):
    X, asked = rng.normal(size=(1300, 2)), []

    def kernel(rows, columns):
        asked.extend(rows)
        return X[rows] @ X[columns].T

    rows = _Rows(kernel, len(X))
    first, others = np.arange(300), np.arange(300, 1300)
    for W in (first, others[:300], first):
        np.testing.assert_array_equal(rows.square(W), (X @ X.T)[np.ix_(W, W)])
    assert len(asked) == 600
    t = rng.normal(size=1000)
    np.testing.assert_allclose(rows.product(others, t), t @ (X @ X.T)[others], atol=1e-10)
    assert len(asked) <= 600 + 1000
    np.testing.assert_array_equal(rows.square(first), (X @ X.T)[np.ix_(first, first)])


def test_steps_of_two_go_on_from_where_they_are():
    X, labels = make_moons(40, noise=0.3, random_state=14)
    y, K = 2.0 * labels - 1, rbf_kernel(X, X, gamma=0.3)
    beta, g, _ = smo(K, y, 0.5, tol=1e-9, max_iter=7)
    kept = beta.copy()
    onward = smo(K, y, 0.5, tol=1e-9, max_iter=5, start=(beta, g))
    at_once = smo(K, y, 0.5, tol=1e-9, max_iter=12)
    np.testing.assert_array_equal(onward[0], at_once[0])
    np.testing.assert_array_equal(beta, kept)


@pytest.mark.parametrize("cap", [0.05, 1.0, 10.0])
def test_a_quarter_of_the_samples_tells_where_most_multipliers_end(cap):
    X, labels = make_moons(1201, noise=0.3, random_state=0)
    y, K = 2.0 * labels - 1, rbf_kernel(X, X, gamma=1.0)

    def kernel(a, b):
        return K[np.ix_(a, b)]

    beta, g = _start(_Rows(kernel, len(y)), y, cap, 1e-3)
    assert abs(beta.sum()) < 1e-12 * cap * len(y)
    assert np.all((y * beta >= 0) & (y * beta <= cap))
    np.testing.assert_allclose(g, y - K @ beta, atol=1e-11)
    best, *_ = maximize_dual(kernel, y, cap, tol=1e-3, max_iter=100)
    assert np.mean((beta == 0) == (best == 0)) > 0.9
    one = np.where(np.arange(len(y)) == 7, 1.0, -1.0)  # the quarter has one label only
    assert not np.any(_start(_Rows(kernel, len(y)), one, cap, 1e-3)[0])
