"""Permutation importance: beside scikit-learn's, and where the answer is known."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import LinearRegression

from course_lib.trees import RandomForestClassifier, permutation_importance


class Column:
    """Predicts the first column."""

    def score(self, X, y):
        return float(np.mean(X[:, 0] == y))


def test_shuffling_the_only_column_in_use_costs_what_chance_does():
    y = np.random.default_rng(0).integers(0, 2, 4000)
    X = np.column_stack([y, 1 - y])
    found = permutation_importance(Column(), X, y, n_repeats=40, random_state=0)
    assert found.mean[0] == pytest.approx(0.5, abs=0.01)
    np.testing.assert_array_equal(found.losses[1], 0)
    assert found.error[1] == 0
    expected = np.std(found.losses[0], ddof=1) / np.sqrt(40)
    assert found.error[0] == pytest.approx(expected)
    assert found.error[0] == pytest.approx(0.5 / np.sqrt(4000 * 40), rel=0.4)


def test_in_a_linear_model_it_is_twice_the_squared_weight():
    """Shuffling x_j adds w_j²·2Var(x_j) to the mean square, so 2w_j²Var(x_j)/Var(y) to 1 − R²."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(5000, 3))
    y = X @ [3.0, 1.0, 0.0]
    model = LinearRegression().fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=20, random_state=0)
    np.testing.assert_allclose(found.mean, 2 * np.array([9, 1, 0]) / 10, rtol=0.05, atol=1e-9)


def test_as_scikit_learn_within_the_errors():
    X, y = load_iris(return_X_y=True)
    model = RandomForestClassifier(10, random_state=0).fit(X[::2], y[::2])
    ours = permutation_importance(model, X[1::2], y[1::2], n_repeats=30, random_state=0)
    theirs = sklearn_importance(model, X[1::2], y[1::2], n_repeats=30, random_state=0)
    difference = np.abs(ours.mean - theirs.importances_mean)
    assert (difference <= 4 * np.hypot(ours.error, ours.error) + 1e-12).all()
    assert ours.losses.shape == theirs.importances.shape == (4, 30)


def test_the_score_may_be_another_and_the_data_stays():
    X, y = load_iris(return_X_y=True)
    model = RandomForestClassifier(10, random_state=0).fit(X, y)
    before, asked = X.copy(), []

    def minus_brier(model, X, y):
        asked.append(len(X))
        return -np.mean((model.predict_proba(X) - np.eye(3)[y]) ** 2)

    first, again = (
        permutation_importance(model, X, y, n_repeats=3, score=minus_brier, random_state=s)
        for s in (0, 0)
    )
    np.testing.assert_array_equal(X, before)
    assert asked == [150] * (2 * (1 + 4 * 3))
    np.testing.assert_array_equal(first.losses, again.losses)
    assert first.mean[2:].min() > first.mean[1]


def test_one_repeat_has_no_error_and_a_row_is_no_table():
    model = RandomForestClassifier(2).fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="n_repeats must be at least 2"):
        permutation_importance(model, [[0.0]], [0], n_repeats=1)
    with pytest.raises(TypeError, match="positional"):
        permutation_importance(model, [[0.0]], [0], 2)  # two of what?
    two = permutation_importance(model, [[0.0], [1.0]], [0, 1], n_repeats=2, random_state=0)
    assert two.losses.shape == (1, 2)
    for X in ([0.0, 1.0, 2.0], [[[0.0], [1.0]]]):
        with pytest.raises(ValueError, match=r"X must be a table .*\(.*\)"):
            permutation_importance(model, X, [0, 1, 1])
