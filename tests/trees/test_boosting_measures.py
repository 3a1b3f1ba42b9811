"""Rounds, margins and weights are those of the formulas; wrong labels are as many as asked for."""

import numpy as np
import pytest
from sklearn.datasets import load_wine

from course_lib.trees import DecisionTreeClassifier
from course_lib.trees import boosting_measures as measure
from course_lib.trees.boosting import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)

wine = load_wine()
X, y = wine.data[:, [6, 12]], np.where(wine.target == 1, "B", "other")
SIGN = np.where(y == "other", 1, -1)


def test_weights_follow_the_rounds():
    model = AdaBoostClassifier(n_estimators=5).fit(X, y)
    weights = measure.weights_by_round(model, X, y)
    assert weights.shape == (6, 178)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    for w, after, rule, e in zip(
        weights, weights[1:], model.estimators_, model.estimator_errors_, strict=False
    ):
        wrong = rule.predict(X) != (SIGN > 0)
        assert w[wrong].sum() == pytest.approx(e)
        assert after[wrong].sum() == pytest.approx(0.5)
    np.testing.assert_allclose(measure.next_weights(model, X, y), weights[-1])


@pytest.mark.parametrize("loss", ["exponential", "log_loss"])
def test_the_next_weights_of_gradient_boosting_are_its_pseudo_residuals(loss):
    model = GradientBoostingClassifier(loss=loss, n_estimators=5).fit(X, y)
    m = SIGN * model.decision_function(X)
    pull = np.exp(-m) if loss == "exponential" else 1 / (1 + np.exp(m))
    np.testing.assert_allclose(measure.next_weights(model, X, y), pull / pull.sum())


def test_margins_are_positive_where_the_vote_is_right():
    model = AdaBoostClassifier(n_estimators=8).fit(X, y)
    margins = measure.margins_by_round(model, X, y)
    assert np.abs(margins).max() <= 1 + 1e-12
    wrong = measure.errors_by_round(model, X, y)
    for row, labels in zip(margins, model.staged_predict(X), strict=True):
        sure = np.abs(row) > 1e-12
        assert np.array_equal((row > 0)[sure], (labels == y)[sure])
    assert wrong[-1] == pytest.approx(100 * (1 - model.score(X, y)))
    [same] = measure.margins([model], [(X, y, X, y)])
    assert np.array_equal(same, margins)


def test_curves_end_where_the_model_ends():
    splits = measure.random_splits(X, y, test_size=0.5, seeds=2)
    assert not np.array_equal(splits[0][0], splits[1][0])
    models = measure.fitted(AdaBoostClassifier(n_estimators=4), splits)
    models[1].estimators_ = models[1].estimators_[:2]
    models[1].estimator_weights_ = models[1].estimator_weights_[:2]
    curves = measure.curves(models, splits)
    assert curves.shape == (2, 4)
    assert curves[1, 1] == curves[1, 2] == curves[1, 3]
    assert curves[0, -1] == pytest.approx(
        100 * np.mean(models[0].predict(splits[0][2]) != splits[0][3])
    )
    own = measure.curves(models, splits, "training")
    assert own[0, -1] == pytest.approx(
        100 * np.mean(models[0].predict(splits[0][0]) != splits[0][1])
    )


def test_errors_of_numbers_are_root_mean_squares():
    splits = measure.random_splits(X, X[:, 0], test_size=0.3, seeds=3)
    model = GradientBoostingRegressor(n_estimators=3)
    errors = measure.held_out_errors(model, splits)
    for error, (A, a, B, b) in zip(errors, splits, strict=True):
        assert error == pytest.approx(np.sqrt(np.mean((model.fit(A, a).predict(B) - b) ** 2)))


def test_as_many_labels_are_flipped_as_asked_for():
    labels, wrong = measure.flip(y, 0.25, seed=3)
    assert wrong.sum() == round(0.25 * 178)
    assert np.array_equal(labels != y, wrong)
    assert set(labels) == {"B", "other"}
    assert np.array_equal(measure.flip(y, 0.25, seed=3)[0], labels)
    with pytest.raises(ValueError, match="two kinds"):
        measure.flip([1, 2, 3], 0.5, seed=0)
    splits = measure.random_splits(X, y, test_size=0.5, seeds=2)
    noisy = measure.mislabelled(splits, 0.1)
    for (A, a, B, b), (C, c, D, d) in zip(splits, noisy, strict=True):
        assert np.sum(a != c) == 9
        assert all(np.array_equal(one, other) for one, other in ((A, C), (B, D), (b, d)))


def test_six_values_are_read_much_too_high():
    values, where = measure.misread(np.zeros(50), seed=1)
    assert len(set(where)) == 6
    assert np.all((values[where] > 400) & (values[where] < 700))
    assert np.count_nonzero(values) == 6


def test_rivals_come_in_the_order_of_their_errors():
    table = measure.beside({"a": [5.0, 7.0], "b": [3.0, 3.0], "c": [9.0, 9.0]}, "a", overlap=1)
    assert list(table) == ["b", "a", "c"]
    assert table["b"] == pytest.approx((3.0, -3.0, np.sqrt(3)))


def test_a_grid_runs_row_by_row():
    points = measure.grid_points((0, 1, 10, 12), 3)
    assert points[[0, 1, 3, 8]].tolist() == [[0, 10], [0.5, 10], [0, 11], [1, 12]]


def test_errors_at_some_rounds_are_those_of_models_that_stop_there():
    splits = measure.random_splits(X, y, test_size=0.5, seeds=2)
    runs = {
        "AdaBoost": (AdaBoostClassifier(), (3, 1)),
        "steps": (GradientBoostingClassifier(max_depth=1), (2,)),
    }
    training, test = measure.errors_at(runs, splits)
    assert list(training) == list(test) == ["AdaBoost, 3", "AdaBoost, 1", "steps, 2"]
    for name, (model, rounds) in runs.items():
        for T in rounds:
            models = measure.fitted(model.set_params(n_estimators=T), splits)
            for errors, at in ((training, 0), (test, 2)):
                scores = [m.score(s[at], s[at + 1]) for m, s in zip(models, splits, strict=True)]
                np.testing.assert_allclose(errors[f"{name}, {T}"], 100 - 100 * np.array(scores))


def test_a_booster_that_ends_early_keeps_its_error_in_the_table():
    splits = measure.random_splits(X, y, test_size=0.5, seeds=2)
    whole = AdaBoostClassifier(DecisionTreeClassifier())  # no mistake after one tree
    _, test = measure.errors_at({"whole": (whole, (1, 5))}, splits)
    assert np.array_equal(test["whole, 1"], test["whole, 5"])


def test_the_flipped_share_counts_among_what_is_contradicted():
    splits = measure.random_splits(X, y, test_size=0.5, seeds=2)
    noisy = measure.mislabelled(splits, 0.2)
    stumps = measure.fitted(AdaBoostClassifier(n_estimators=1), noisy)
    shares = measure.flipped_share(stumps, splits, 0.2)
    for seed, (stump, (A, a, _, _)) in enumerate(zip(stumps, splits, strict=True)):
        labels, flipped = measure.flip(a, 0.2, seed)
        against = stump.predict(A) != labels
        expected = 100 * np.sum(flipped & against) / np.sum(against)
        assert shares[seed] == pytest.approx(expected)
    trees = measure.fitted(DecisionTreeClassifier(), noisy)
    assert np.isnan(measure.flipped_share(trees, splits, 0.2)).all()


def test_fitted_models_give_the_same_errors_as_their_booster():
    splits = measure.random_splits(X, y, test_size=0.5, seeds=2)
    booster = AdaBoostClassifier(n_estimators=4)
    once = measure.errors_at({"it": (booster, (2, 4))}, splits)
    again = measure.errors_at({"it": (measure.fitted(booster, splits), (2, 4))}, splits)
    for one, other in zip(once, again, strict=True):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_distances_are_mean_absolute_differences_from_the_truth():
    x, truth = np.arange(6.0)[:, None], np.arange(6.0)
    mean = GradientBoostingRegressor(n_estimators=1, max_depth=1, learning_rate=1e-12)
    readings = [truth, truth + 6]
    np.testing.assert_allclose(measure.distances(mean, x, readings, truth), [1.5, 6], atol=1e-6)


def test_a_newton_leaf_is_the_first_derivative_over_the_second():
    y, F, h = np.array([1.0, 0.0, 1.0]), np.array([0.3, -1.0, 2.0]), 1e-4

    def loss(c):
        return np.sum(np.logaddexp(0, F + c) - y * (F + c))

    slope = (loss(h) - loss(-h)) / (2 * h)
    bend = (loss(h) - 2 * loss(0) + loss(-h)) / h**2
    assert measure.newton_leaf(y, F) == pytest.approx(-slope / bend, rel=1e-5)
    assert measure.mean_leaf(y, F) == pytest.approx(-slope / 3, rel=1e-5)
