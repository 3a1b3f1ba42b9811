"""Random features and least squares of the smallest weights, against NumPy and closed forms."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from course_lib.nn.random_features import minimum_norm, relu_features, width_errors

RNG = np.random.default_rng(0)


def test_features_are_relus_of_nested_normal_projections():
    X = RNG.normal(size=(6, 3))
    V = np.random.RandomState(4).standard_normal((2000, 3)).T / np.sqrt(3)
    F = relu_features(X, 2000, random_state=4)
    np.testing.assert_allclose(F, np.maximum(X @ V, 0) / np.sqrt(2000))
    few = relu_features(X, 7, random_state=4)
    np.testing.assert_allclose(few * np.sqrt(7), F[:, :7] * np.sqrt(2000))
    # E Σ_p F² = E max(0, xᵀv)² = |x|²/2d
    np.testing.assert_allclose((F**2).sum(axis=1), (X**2).sum(axis=1) / 6, rtol=0.2)


@pytest.mark.parametrize(("n", "p"), [(5, 9), (9, 5), (6, 6)])
def test_least_squares_are_numpys(n, p):
    F, T = RNG.normal(size=(n, p)), RNG.normal(size=(n, 2))
    np.testing.assert_allclose(minimum_norm(F, T), np.linalg.lstsq(F, T)[0], atol=1e-9)


def test_of_a_matrix_without_full_rank_the_shortest_solution_is_taken():
    F = RNG.normal(size=(6, 2)) @ RNG.normal(size=(2, 5))
    T = RNG.normal(size=(6, 3))
    np.testing.assert_allclose(minimum_norm(F, T), np.linalg.pinv(F) @ T, atol=1e-9)
    assert np.abs(minimum_norm(np.zeros((3, 2)), np.ones((3, 1)))).max() == 0


def test_rcond_is_relative_to_the_largest_singular_value():
    F, T = np.diag([100.0, 1.0]), np.array([[100.0], [1.0]])
    np.testing.assert_allclose(minimum_norm(F, T, rcond=0.009), [[1], [1]])
    np.testing.assert_allclose(minimum_norm(F, T, rcond=0.011), [[1], [0]])


@pytest.mark.parametrize(("n", "p"), [(5, 9), (9, 5)])
def test_a_price_makes_ridge_regression(n, p):
    F, T = RNG.normal(size=(n, p)), RNG.normal(size=(n, 2))
    expected = Ridge(alpha=0.7, fit_intercept=False).fit(F, T).coef_.T
    np.testing.assert_allclose(minimum_norm(F, T, lam=0.7), expected, atol=1e-9)


def test_width_errors_are_those_of_each_width_alone():
    X, X_test = RNG.normal(size=(12, 4)), RNG.normal(size=(8, 4))
    y, y_test = RNG.integers(0, 3, 12), RNG.integers(0, 3, 8)
    found = width_errors(X, y, X_test, y_test, [3, 40], lam=0.01, random_state=5)
    for k, p in enumerate([3, 40]):
        F, F_test = (relu_features(one, p, random_state=5) for one in (X, X_test))
        W = minimum_norm(F, np.eye(3)[y], lam=0.01)
        assert found["train"][k] == np.mean((F @ W).argmax(axis=1) != y)
        assert found["test"][k] == np.mean((F_test @ W).argmax(axis=1) != y_test)
        assert found["loss"][k] == pytest.approx(np.mean((F_test @ W - np.eye(3)[y_test]) ** 2))
        assert found["norm"][k] == pytest.approx(np.linalg.norm(W))


def test_a_class_that_only_the_test_set_has_counts_as_wrong():
    X = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = width_errors(X, [0, 1], X, [0, 2], [50], random_state=0)
    assert found["test"].tolist() == [0.5]


def test_more_features_than_samples_fit_any_labels():
    X, y = RNG.normal(size=(20, 5)), RNG.integers(0, 4, 20)
    found = width_errors(X, y, X, y, [2, 200], random_state=0)
    assert found["train"][0] > 0
    assert found["train"][1] == 0


def test_errors_name_what_is_wrong():
    with pytest.raises(ValueError, match=r"X must have the shape \(n, d\), not empty, got \(3,\)"):
        relu_features(np.ones(3), 2)
    with pytest.raises(ValueError, match=r"not empty, got \(0, 2\)"):
        relu_features(np.ones((0, 2)), 2)
    with pytest.raises(ValueError, match="p must be a whole number"):
        relu_features(np.ones((1, 2)), 0)
    for F, T in (((3,), (3, 1)), ((3, 2), (3,)), ((3, 2), (4, 1)), ((0, 2), (0, 1))):
        with pytest.raises(ValueError, match=r"F must be \(n, p\) and T \(n, K\)"):
            minimum_norm(np.ones(F), np.ones(T))
    with pytest.raises(ValueError, match="lam must be a finite number of at least 0"):
        minimum_norm(np.ones((2, 2)), np.ones((2, 1)), lam=-1)
    for rcond in (-0.1, 1.1):
        with pytest.raises(ValueError, match="rcond must be"):
            minimum_norm(np.ones((2, 2)), np.ones((2, 1)), rcond=rcond)
    with pytest.raises(ValueError, match="each of widths must be a whole number"):
        width_errors(np.ones((2, 2)), [0, 1], np.ones((2, 2)), [0, 1], [0, 3])
