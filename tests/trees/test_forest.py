"""Bagging and forests: each member against scikit-learn's tree, the mean, and what is left out."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import BaggingClassifier as SklearnBagging
from sklearn.ensemble import RandomForestClassifier as SklearnForest
from sklearn.ensemble import RandomForestRegressor as SklearnForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier as SklearnTree
from sklearn.tree import DecisionTreeRegressor as SklearnTreeRegressor

from course_lib.trees import (
    BaggingClassifier,
    BaggingRegressor,
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

CLASSIFIERS = [BaggingClassifier, RandomForestClassifier]
REGRESSORS = [BaggingRegressor, RandomForestRegressor]
FORESTS = [RandomForestClassifier, RandomForestRegressor]
ALL = CLASSIFIERS + REGRESSORS
SPLITTERS = ["exact", "histogram"]


def make_data(seed=0, n=300, d=5, classes=2):
    """Inputs without equal values, labels and numbers that depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32).astype(float)  # scikit-learn sees float32
    score = X[:, 0] * X[:, 1] + X[:, 2] + 0.5 * rng.normal(size=n)
    labels = np.searchsorted(np.quantile(score, np.arange(1, classes) / classes), score)
    return X, labels, score


def targets(kind, labels, numbers):
    return labels if kind in CLASSIFIERS else numbers


def says(model, X):
    """Class shares, or predictions in one column."""
    return model.predict_proba(X) if hasattr(model, "classes_") else model.predict(X)[:, None]


# --- the members and their mean -------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("limits", [{"max_depth": 3}, {"max_depth": 4, "min_samples_leaf": 15}])
def test_on_the_same_draws_a_forest_of_all_features_is_scikit_learn_s_trees(classes, limits):
    """On most of these draws no split is tied; where one is, trees may differ a little."""
    X, y, _ = make_data(1, n=400, classes=classes)
    forest = RandomForestClassifier(
        12, splitter="exact", max_features=None, random_state=0, **limits
    ).fit(X, y)
    equal = 0
    for tree, rows in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        counts = np.bincount(rows, minlength=len(X))
        theirs = SklearnTree(random_state=0, **limits).fit(X, y, sample_weight=counts)
        equal += np.allclose(tree.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    assert equal >= 10
    mean = np.mean([tree.predict_proba(X) for tree in forest.estimators_], axis=0)
    np.testing.assert_allclose(forest.predict_proba(X), mean, atol=1e-15)
    np.testing.assert_array_equal(forest.predict(X), mean.argmax(axis=1))


def test_on_the_same_draws_regression_trees_are_scikit_learn_s():
    X, _, y = make_data(2, n=400)
    limits = {"max_depth": 4, "min_samples_leaf": 15}
    forest = RandomForestRegressor(12, splitter="exact", random_state=0, **limits).fit(X, y)
    equal = 0
    for tree, rows in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        counts = np.bincount(rows, minlength=len(X))
        theirs = SklearnTreeRegressor(random_state=0, **limits).fit(X, y, sample_weight=counts)
        equal += np.allclose(tree.predict(X), theirs.predict(X), atol=1e-9)
    assert equal >= 10
    mean = np.mean([tree.predict(X) for tree in forest.estimators_], axis=0)
    np.testing.assert_allclose(forest.predict(X), mean, atol=1e-12)


def test_bagging_trains_copies_on_the_rows_that_it_names():
    X, y, _ = make_data(3, classes=3)
    model = BaggingClassifier(KNeighborsClassifier(3), n_estimators=7, random_state=4).fit(X, y)
    expected = np.mean(
        [
            KNeighborsClassifier(3).fit(X[rows], y[rows]).predict_proba(X)
            for rows in model.estimators_samples_
        ],
        axis=0,
    )
    np.testing.assert_allclose(model.predict_proba(X), expected)
    assert model.estimator.n_neighbors == 3
    assert not hasattr(model.estimator, "classes_")  # copies are trained, not what was handed in


def test_bagging_regressors_is_the_mean_of_copies():
    X, _, y = make_data(3)
    model = BaggingRegressor(KNeighborsRegressor(3), n_estimators=7, random_state=4).fit(X, y)
    expected = np.mean(
        [
            KNeighborsRegressor(3).fit(X[rows], y[rows]).predict(X)
            for rows in model.estimators_samples_
        ],
        axis=0,
    )
    np.testing.assert_allclose(model.predict(X), expected)


def test_a_forest_of_all_features_is_bagging_of_trees():
    """The same draws, and trees grown on weights here, on repeated rows there."""
    X, y, numbers = make_data(5, classes=3)
    for bagging, forest, t in [
        (BaggingClassifier, RandomForestClassifier, y),
        (BaggingRegressor, RandomForestRegressor, numbers),
    ]:
        bag = bagging(n_estimators=8, random_state=1).fit(X, t)
        same = {"splitter": "exact", "max_features": None}
        trees = forest(8, random_state=1, **same).fit(X, t)
        for ours, theirs in zip(bag.estimators_samples_, trees.estimators_samples_, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_allclose(says(bag, X), says(trees, X), atol=1e-9)


@pytest.mark.parametrize("max_features", [None, 2])
@pytest.mark.parametrize("kind", FORESTS)
def test_bins_for_every_value_give_the_exact_forest(kind, max_features):
    """Thresholds differ between neighbours in a node, so that only training rows fall alike."""
    X, labels, numbers = make_data(6, n=120)
    y = targets(kind, labels, numbers)
    options = {"max_features": max_features, "max_bins": 256, "random_state": 3}
    exact, binned = (kind(10, splitter=one, **options).fit(X, y) for one in SPLITTERS)
    for one, other, rows in zip(
        exact.estimators_, binned.estimators_, exact.estimators_samples_, strict=True
    ):
        np.testing.assert_array_equal(one.tree_.feature, other.tree_.feature)
        np.testing.assert_array_equal(one.tree_.size, other.tree_.size)
        np.testing.assert_array_equal(one.apply(X[rows]), other.apply(X[rows]))


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("max_features", [None, 3])
def test_how_many_features_are_searched_at_once_changes_nothing(kind, max_features, monkeypatch):
    X, labels, numbers = make_data(32, n=150, d=7)
    y = targets(kind, labels, numbers)
    make = {"max_features": max_features, "min_samples_leaf": 2, "random_state": 0}
    whole = kind(6, **make).fit(X, y)
    monkeypatch.setattr("course_lib.trees.splits.AT_ONCE", 300)
    np.testing.assert_array_equal(says(kind(6, **make).fit(X, y), X), says(whole, X))


def test_shared_bins_change_nothing():
    """All trees of a forest share bins and sorted columns; each must be as if it had its own."""
    X, y, _ = make_data(7, n=200)
    for splitter in SPLITTERS:
        forest = RandomForestClassifier(6, splitter=splitter, random_state=0).fit(X, y)
        last, rows = forest.estimators_[-1], forest.estimators_samples_[-1]
        counts = np.bincount(rows, minlength=len(X)).astype(float)
        alone = DecisionTreeClassifier(
            splitter="exact", max_features="sqrt", random_state=last.random_state
        ).fit(X, y, counts)
        if splitter == "exact":
            np.testing.assert_array_equal(alone.predict_proba(X), last.predict_proba(X))
        np.testing.assert_array_equal(last.predict(X[rows]), y[rows])


def test_votes_count_where_there_are_no_class_shares():
    X, y, _ = make_data(8, classes=3)
    model = BaggingClassifier(RidgeClassifier(), n_estimators=5, random_state=0).fit(X, y)
    votes = np.stack([one.predict(X) for one in model.estimators_])
    shares = np.stack([(votes == k).mean(axis=0) for k in range(3)], axis=1)
    np.testing.assert_allclose(model.predict_proba(X), shares)


# --- quality beside scikit-learn ------------------------------------------------------------


def test_as_good_as_scikit_learn_on_breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    ours, theirs = [], []
    for seed in range(4):
        A, B, a, b = train_test_split(X, y, random_state=seed, stratify=y)
        ours.append(RandomForestClassifier(40, random_state=seed).fit(A, a).score(B, b))
        theirs.append(SklearnForest(40, random_state=seed).fit(A, a).score(B, b))
    assert np.mean(ours) >= np.mean(theirs) - 0.01  # about one standard error of the difference
    assert np.mean(ours) > 0.94


def test_as_good_as_scikit_learn_on_diabetes():
    X, y = load_diabetes(return_X_y=True)
    ours, theirs = [], []
    for seed in range(3):
        A, B, a, b = train_test_split(X, y, random_state=seed)
        make = {"n_estimators": 40, "max_features": 1 / 3, "random_state": seed}
        ours.append(RandomForestRegressor(**make).fit(A, a).score(B, b))
        theirs.append(SklearnForestRegressor(**make).fit(A, a).score(B, b))
    assert np.mean(ours) >= np.mean(theirs) - 0.03


# --- draws of features ----------------------------------------------------------------------


def test_each_copy_sees_its_own_features():
    X, y, _ = make_data(9, d=8)
    model = BaggingClassifier(n_estimators=30, max_features=0.5, random_state=0).fit(X, y)
    assert all(len(np.unique(features)) == 4 for features in model.estimators_features_)
    counts = np.bincount(np.concatenate(model.estimators_features_), minlength=8)
    assert counts.min() >= 7  # 15 expected of each; 7 is 2.9 standard deviations below
    means = [
        one.predict_proba(X[:, features])
        for one, features in zip(model.estimators_, model.estimators_features_, strict=True)
    ]
    np.testing.assert_allclose(model.predict_proba(X), np.mean(means, axis=0))
    assert BaggingClassifier(max_features=3).fit(X, y).estimators_[0].n_features_in_ == 3
    assert BaggingClassifier(max_features=0.01).fit(X, y).estimators_[0].n_features_in_ == 1


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_a_node_draws_its_own_features(splitter):
    X, y, _ = make_data(10, n=500, d=6)
    forest = RandomForestClassifier(
        200, splitter=splitter, max_features=1, max_depth=2, random_state=0
    ).fit(X, y)
    roots = np.array([one.tree_.feature[0] for one in forest.estimators_])
    assert np.bincount(roots, minlength=6).min() > 15  # 33 expected of each
    below = np.array([one.tree_.feature[1] for one in forest.estimators_])
    assert 0 < np.mean(below == roots) < 0.4  # 1/6 expected: it is drawn anew


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_where_none_of_the_drawn_features_can_be_cut_others_are_drawn(splitter):
    x = np.random.default_rng(11).normal(size=200)
    X, y = np.column_stack([np.zeros((200, 9)), x]), (np.abs(x) > 0.7).astype(int)
    forest = RandomForestClassifier(
        10, splitter=splitter, max_features=1, bootstrap=False, random_state=0
    ).fit(X, y)
    for tree in forest.estimators_:
        inner = tree.tree_.feature[~tree.tree_.is_leaf]
        assert set(inner.tolist()) == {9}
        assert tree.score(X, y) > (0.95 if splitter == "histogram" else 0.999)


# --- out of bag -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
def test_out_of_bag_means_are_those_of_the_members_that_did_not_draw_the_sample(kind):
    X, labels, numbers = make_data(12, n=30, classes=3)
    y = targets(kind, labels, numbers)
    model = kind(n_estimators=25, oob_score=True, random_state=0).fit(X, y)
    expected = np.array(
        [
            np.mean(
                [
                    says(one, X[[i]])[0]
                    for one, rows in zip(model.estimators_, model.estimators_samples_, strict=True)
                    if i not in rows
                ],
                axis=0,
            )
            for i in range(len(X))
        ]
    )
    if kind in CLASSIFIERS:
        np.testing.assert_allclose(model.oob_decision_function_, expected)
        assert model.oob_score_ == pytest.approx(accuracy_score(y, expected.argmax(axis=1)))
    else:
        np.testing.assert_allclose(model.oob_prediction_, expected[:, 0])
        assert model.oob_score_ == pytest.approx(r2_score(y, expected[:, 0]))


def test_out_of_bag_has_scikit_learn_s_meaning():
    """Their draws, our trees and our mean: the score that they compute."""
    X, y, _ = make_data(13, n=120, classes=3)
    make = {"n_estimators": 30, "oob_score": True, "random_state": 0}
    theirs = SklearnBagging(DecisionTreeClassifier(), **make).fit(X, y)
    ours = BaggingClassifier(**make).fit(X, y)
    total, count = np.zeros((len(X), 3)), np.zeros(len(X))
    for one, rows in zip(theirs.estimators_, theirs.estimators_samples_, strict=True):
        out = ~np.isin(np.arange(len(X)), rows)
        total[out] += one.predict_proba(X[out])
        count += out
    np.testing.assert_allclose(theirs.oob_decision_function_, total / count[:, None])
    assert abs(ours.oob_score_ - theirs.oob_score_) < 0.1


@pytest.mark.parametrize("kind", ALL)
def test_a_sample_in_every_bag_has_no_out_of_bag_prediction(kind):
    X, labels, numbers = make_data(14, n=30)
    y = targets(kind, labels, numbers)
    with pytest.warns(UserWarning, match=r"of 30 samples were drawn by every one of the 2"):
        model = kind(n_estimators=2, oob_score=True, random_state=0).fit(X, y)
    drawn = [np.isin(np.arange(30), rows) for rows in model.estimators_samples_]
    never_out = np.all(drawn, axis=0)
    assert never_out.any()
    found = getattr(model, "oob_decision_function_", None)
    found = model.oob_prediction_[:, None] if found is None else found
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), never_out)
    seen = ~never_out
    if kind in CLASSIFIERS:
        score = accuracy_score(y[seen], found[seen].argmax(axis=1))
    else:
        score = r2_score(y[seen], found[seen, 0])
    assert model.oob_score_ == pytest.approx(score)


@pytest.mark.parametrize("kind", ALL)
def test_one_row_is_always_in_the_bag(kind):
    with pytest.warns(UserWarning, match="1 of 1 samples"):
        model = kind(n_estimators=3, oob_score=True).fit([[1.0]], [1])
    assert np.isnan(model.oob_score_)
    np.testing.assert_array_equal(model.predict([[5.0]]), [1])


def test_nothing_is_left_of_a_fit_before():
    X, y, _ = make_data(15)
    model = RandomForestClassifier(20, oob_score=True, random_state=0).fit(X, y)
    model.set_params(n_estimators=4, oob_score=False)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)  # still those of 20 trees
    model.fit(X, y)
    assert not hasattr(model, "oob_score_")
    assert not hasattr(model, "oob_decision_function_")
    assert len(model.estimators_) == len(model.estimators_samples_) == 4
    assert model.proximity(X).max() == 1


def test_out_of_bag_needs_a_bag():
    X, y, _ = make_data(15)
    with pytest.raises(ValueError, match="oob_score=True needs bootstrap=True"):
        RandomForestClassifier(bootstrap=False, oob_score=True).fit(X, y)


# --- weights, order, threads ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
def test_a_weight_counts_as_copies_and_the_order_of_rows_as_nothing(kind):
    X, labels, numbers = make_data(16, n=90, classes=3)
    y, w = targets(kind, labels, numbers), np.random.default_rng(0).integers(0, 4, 90)
    order = np.random.default_rng(1).permutation(w.sum())
    weighted = kind(n_estimators=6, random_state=2).fit(X, y, w)
    copied = kind(n_estimators=6, random_state=2).fit(
        X.repeat(w, axis=0)[order], y.repeat(w)[order]
    )
    np.testing.assert_allclose(says(weighted, X), says(copied, X), rtol=1e-10)
    for rows in weighted.estimators_samples_:
        assert len(rows) == w.sum()
        assert w[rows].min() > 0


def test_rows_are_drawn_as_often_as_they_weigh():
    X, y, _ = make_data(17, n=40)
    w = np.where(np.arange(40) < 20, 1.5, 0.5)
    stump = DecisionTreeClassifier(max_depth=1)
    model = BaggingClassifier(stump, n_estimators=200, random_state=0).fit(X, y, w)
    counts = np.bincount(np.concatenate(model.estimators_samples_), minlength=40) / 200
    np.testing.assert_allclose(counts, w, atol=0.3)  # 3.4 standard errors of the rarer rows
    assert counts[:20].sum() == pytest.approx(30, abs=1)


@pytest.mark.parametrize("kind", ALL)
def test_without_bootstrap_weights_reach_the_trees(kind):
    X, labels, numbers = make_data(18, n=90)
    y, w = targets(kind, labels, numbers), np.random.default_rng(0).uniform(0, 3, 90)
    w[:30] = 0
    model = kind(n_estimators=2, bootstrap=False, random_state=0)
    if kind in FORESTS:
        model.set_params(max_features=None, splitter="exact")
    model.fit(X, y, w)
    tree = DecisionTreeClassifier() if kind in CLASSIFIERS else DecisionTreeRegressor()
    np.testing.assert_allclose(says(model, X), says(tree.fit(X, y, w), X), rtol=1e-10)


def test_the_out_of_bag_score_is_weighted_as_the_samples_are():
    X, y, _ = make_data(19, n=60)
    w = np.random.default_rng(0).integers(0, 4, 60)
    model = RandomForestClassifier(60, max_samples=0.5, oob_score=True, random_state=1).fit(X, y, w)
    right = model.oob_decision_function_.argmax(axis=1) == y
    assert model.oob_score_ == pytest.approx(np.average(right, weights=w))
    assert np.isfinite(model.oob_decision_function_[w == 0]).all()  # out of every bag


def test_weights_that_are_no_copies_are_refused():
    X, y, _ = make_data(20, n=100)
    with pytest.raises(ValueError, match=r"sample_weight adds up to 1 on 100 rows"):
        RandomForestClassifier(5).fit(X, y, np.full(100, 0.01))
    model = RandomForestClassifier(5, max_samples=100).fit(X, y, np.full(100, 0.01))
    assert model.score(X, y) > 0.9


def test_weights_need_an_estimator_that_takes_them_only_without_bootstrap():
    X, y, _ = make_data(21)
    w = np.ones(len(X))
    BaggingClassifier(KNeighborsClassifier()).fit(X, y, w)
    with pytest.raises(ValueError, match=r"estimator=KNeighborsClassifier.* does not take"):
        BaggingClassifier(KNeighborsClassifier(), bootstrap=False).fit(X, y, w)


@pytest.mark.parametrize("kind", ALL)
def test_threads_change_nothing(kind):
    X, labels, numbers = make_data(22, n=100)
    y = targets(kind, labels, numbers)
    one, three = (
        kind(n_estimators=25, oob_score=True, random_state=0, n_jobs=jobs).fit(X, y)
        for jobs in (1, 3)
    )
    np.testing.assert_array_equal(says(one, X), says(three, X))
    assert one.oob_score_ == three.oob_score_
    np.testing.assert_array_equal(one.predict(X), three.set_params(n_jobs=-1).predict(X))


@pytest.mark.parametrize("kind", ALL)
def test_the_seed_decides(kind):
    X, labels, numbers = make_data(23)
    y = targets(kind, labels, numbers)
    first, again, other = (kind(n_estimators=5, random_state=seed).fit(X, y) for seed in (0, 0, 1))
    np.testing.assert_array_equal(says(first, X), says(again, X))
    assert not np.array_equal(says(first, X), says(other, X))
    assert not np.array_equal(*first.estimators_samples_[:2])


def test_predictions_of_many_rows_are_those_of_each(monkeypatch):
    X, y, _ = make_data(24)
    model = RandomForestClassifier(5, random_state=0).fit(X, y)
    whole = model.predict_proba(X)
    monkeypatch.setattr("course_lib.trees.ensemble.BLOCK", 7)
    np.testing.assert_array_equal(model.predict_proba(X), whole)
    np.testing.assert_array_equal(model.predict_proba(X[[5]]), whole[[5]])


# --- classes --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_class_may_be_missing_from_a_bag(kind):
    X = np.arange(12.0)[:, None]
    y = np.array(["rare"] + ["often"] * 6 + ["at times"] * 5)
    model = kind(n_estimators=40, oob_score=True, random_state=0).fit(X, y)
    without = [0 not in rows for rows in model.estimators_samples_]
    assert 0 < np.sum(without) < 40
    shares = model.predict_proba(X)
    assert model.classes_.tolist() == ["at times", "often", "rare"]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares[0, 2] == pytest.approx(1 - np.mean(without))
    assert model.oob_decision_function_[0, 2] == 0


def test_a_bag_of_one_class_is_named_if_the_estimator_needs_two():
    X, y = np.arange(4.0)[:, None], [0, 1, 1, 1]
    with pytest.raises(ValueError, match="one class") as caught:
        BaggingClassifier(LogisticRegression(), n_estimators=30, random_state=0).fit(X, y)
    assert "hold the class 1 only" in "".join(caught.value.__notes__)
    with pytest.raises(ValueError, match="'C' parameter") as caught:  # whatever the bags hold
        BaggingClassifier(LogisticRegression(C=-1), random_state=0).fit(np.eye(40), [0, 1] * 20)
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_one_class_is_predicted(kind):
    model = kind(n_estimators=20, random_state=0, oob_score=True)
    model.fit(np.arange(20.0)[:, None], ["yes"] * 20)
    assert set(model.predict([[1.0], [99.0]])) == {"yes"}
    np.testing.assert_array_equal(model.predict_proba([[3.0]]), [[1.0]])


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_labels_may_be_words_numbers_and_truth_values(kind):
    X, y, _ = make_data(25)
    for labels in (np.array(["no", "yes"])[y], y * 7 - 3, y == 1, y.astype(float)):
        model = kind(n_estimators=5, random_state=0).fit(X, labels)
        assert model.predict(X).dtype == labels.dtype
        assert model.score(X, labels) > 0.9
        assert set(model.estimators_[0].classes_) <= set(labels)


# --- importance, leaves, proximity ----------------------------------------------------------


def test_importances_are_the_mean_of_the_trees():
    X, y, _ = make_data(26)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    mean = np.mean([tree.feature_importances_ for tree in forest.estimators_], axis=0)
    np.testing.assert_allclose(forest.feature_importances_, mean / mean.sum())
    assert forest.feature_importances_.sum() == pytest.approx(1)
    assert set(forest.feature_importances_.argsort()[-3:]) == {0, 1, 2}
    none = RandomForestClassifier(3, random_state=0).fit(np.ones((5, 2)), [0, 1, 0, 1, 1])
    np.testing.assert_array_equal(none.feature_importances_, [0, 0])


def test_a_tree_without_a_split_takes_nothing_from_importances():
    X, y = np.arange(6.0)[:, None], np.array([0, 1, 1, 1, 1, 1])
    forest = RandomForestClassifier(30, random_state=0).fit(X, y)
    assert any(tree.get_n_leaves() == 1 for tree in forest.estimators_)
    np.testing.assert_allclose(forest.feature_importances_, [1.0])


@pytest.mark.parametrize("kind", FORESTS)
def test_proximity_is_the_share_of_trees_with_a_common_leaf(kind):
    X, labels, numbers = make_data(27, n=50)
    forest = kind(15, max_depth=3, random_state=0).fit(X, targets(kind, labels, numbers))
    leaves = forest.apply(X)
    np.testing.assert_array_equal(leaves[:, 4], forest.estimators_[4].apply(X))
    expected = (leaves[:, None] == leaves[None]).mean(axis=2)
    found = forest.proximity(X)
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(np.diag(found), 1)
    np.testing.assert_allclose(forest.proximity(X[:7], X[7:]), expected[:7, 7:])


# --- bad input, and how it fits in ----------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"n_estimators": 0}, "n_estimators"),
        ({"max_samples": 0}, "max_samples"),
        ({"max_samples": 1.5}, "max_samples"),
        ({"max_features": 0}, "max_features"),
        ({"max_features": 9}, "max_features"),
        ({"bootstrap": "yes"}, "bootstrap"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_parameters_out_of_range_are_named(kind, parameters, name):
    X, labels, numbers = make_data(28)
    with pytest.raises(ValueError, match=name):
        kind(**parameters).fit(X, targets(kind, labels, numbers))


@pytest.mark.parametrize("kind", ALL)
def test_more_draws_than_rows_need_replacement(kind):
    X, labels, numbers = make_data(29, n=20)
    y = targets(kind, labels, numbers)
    model = kind(n_estimators=2, max_samples=50).fit(X, y)
    assert len(model.estimators_samples_[0]) == 50
    with pytest.raises(ValueError, match="max_samples=50 is more than the 20 rows"):
        kind(max_samples=50, bootstrap=False).fit(X, y)
    half = kind(n_estimators=2, max_samples=0.5, bootstrap=False).fit(X, y)
    assert [len(np.unique(rows)) for rows in half.estimators_samples_] == [10, 10]
    assert not np.array_equal(*half.estimators_samples_)


@pytest.mark.parametrize("kind", [BaggingClassifier, BaggingRegressor])
@pytest.mark.parametrize("estimator", ["tree", StandardScaler(), KNeighborsClassifier])
def test_what_is_no_estimator_is_named(kind, estimator):
    with pytest.raises(TypeError, match="estimator must be an object with fit and predict"):
        kind(estimator).fit([[1.0], [2.0]], [0, 1])


@pytest.mark.parametrize("kind", ALL)
def test_nothing_works_before_fit(kind):
    model = kind()
    with pytest.raises(NotFittedError):
        model.predict([[1.0]])
    with pytest.raises(NotFittedError):
        _ = model.estimators_samples_


def test_seeds_reach_estimators_within_a_pipeline():
    X, y, _ = make_data(30, d=6)
    inner = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_features=1))
    model = BaggingClassifier(inner, n_estimators=4, random_state=0).fit(X, y)
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    seeds = {one[-1].random_state for one in model.estimators_}
    assert len(seeds) == 4
    assert inner[-1].random_state is None


def test_in_a_grid_search_with_a_data_frame_and_as_tensors():
    X, y = load_iris(return_X_y=True)
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    search = GridSearchCV(
        RandomForestClassifier(5, random_state=0), {"max_features": [1, 4]}, cv=3
    ).fit(frame, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    tensors = RandomForestClassifier(5, random_state=0).fit(torch.as_tensor(X), torch.as_tensor(y))
    plain = RandomForestClassifier(5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(tensors.predict(torch.as_tensor(X)), plain.predict(X))


def test_numbers_in_single_precision_have_the_same_draws():
    X, y, _ = make_data(31)
    double = RandomForestClassifier(3, random_state=0).fit(X, y)
    single = RandomForestClassifier(3, random_state=0).fit(X.astype(np.float32), y)
    for one, other in zip(double.estimators_samples_, single.estimators_samples_, strict=True):
        np.testing.assert_array_equal(one, other)
