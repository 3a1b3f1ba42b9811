"""Gradient boosting: scikit-learn's rounds with exact splits, its parts, its limits, bad input."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import GradientBoostingClassifier as SklearnClassifier
from sklearn.ensemble import GradientBoostingRegressor as SklearnRegressor

from course_lib.losses import CrossEntropy, ExponentialLoss, HuberLoss, LogLoss, SquaredLoss
from course_lib.trees import (
    DecisionTreeRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)

SPLITTERS = ["exact", "histogram"]
BOTH = [GradientBoostingClassifier, GradientBoostingRegressor]


def make_data(classes=None, n=300, d=4, seed=0):
    """Inputs without equal values (float32, as scikit-learn sees them); numbers, or classes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32).astype(float)
    score = X[:, 0] * X[:, 1] + X[:, 2] + 0.5 * rng.standard_t(2, size=n)
    if classes is None:
        return X, score
    return X, np.searchsorted(np.quantile(score, np.arange(1, classes) / classes), score)


def weights(n, weighted):
    return np.random.default_rng(2).uniform(0.5, 2, n) if weighted else None


# --- at the solution, as scikit-learn -------------------------------------------------------

# Of equal splits scikit-learn draws one by lot. Nodes of a few samples have many, larger ones none.
UNTIED = {"n_estimators": 15, "max_depth": 2, "learning_rate": 0.3, "min_samples_leaf": 25}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_regressors_take_scikit_learn_s_rounds(loss, weighted):
    X, y = make_data(n=600)
    options = {"loss": loss, **UNTIED}
    w = weights(len(y), weighted)
    ours = GradientBoostingRegressor(splitter="exact", alpha=0.8, **options).fit(X, y, w)
    # Without weights it starts with an interpolated quantile
    theirs = SklearnRegressor(random_state=0, alpha=0.8, **options)
    theirs.fit(X, y, np.ones(len(y)) if w is None else w)
    new = make_data(seed=9)[0]
    for mine, other in zip(ours.staged_predict(new), theirs.staged_predict(new), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9)
    # Where F is exactly y, as the first median is, our slope is 0 and scikit-learn's is that below
    atol = 1e-9 if loss in ("squared_error", "huber") else 5e-3
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, atol=atol)
    scale = 2 if loss == "squared_error" else 1
    np.testing.assert_allclose(scale * ours.train_loss_[1:], theirs.train_score_, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "classes"), [("log_loss", 2), ("exponential", 2), ("log_loss", 4)]
)
def test_classifiers_take_scikit_learn_s_rounds(loss, classes, weighted):
    X, y = make_data(classes, n=600)
    options = {"loss": loss, **UNTIED}
    w = weights(len(y), weighted)
    ours = GradientBoostingClassifier(splitter="exact", **options).fit(X, y, w)
    theirs = SklearnClassifier(random_state=0, **options).fit(X, y, w)
    new = make_data(seed=9)[0]
    staged = zip(
        ours.staged_decision_function(new), theirs.staged_decision_function(new), strict=True
    )
    for mine, other in staged:
        np.testing.assert_allclose(mine, np.squeeze(other), rtol=1e-8, atol=1e-8)
    for name in ("predict_proba", "predict"):
        mine, other = getattr(ours, name)(new), getattr(theirs, name)(new)
        np.testing.assert_allclose(mine, other, atol=1e-8)
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, atol=1e-9)
    scale = 2 if loss == "log_loss" and classes == 2 else 1
    np.testing.assert_allclose(scale * ours.train_loss_[1:], theirs.train_score_, rtol=1e-8)


def test_leaves_of_several_samples_as_scikit_learn():
    X, y = make_data()
    options = {"n_estimators": 10, "min_samples_leaf": 30}
    ours = GradientBoostingRegressor(splitter="exact", **options).fit(X, y)
    theirs = SklearnRegressor(random_state=0, **options).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)
    assert min(one.tree_.size[one.tree_.is_leaf].min() for one in ours.estimators_[:, 0]) >= 30


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_real_data_as_well_as_scikit_learn(splitter):
    X, y = load_diabetes(return_X_y=True)
    ours = GradientBoostingRegressor(splitter=splitter).fit(X[::2], y[::2])
    theirs = SklearnRegressor(random_state=0).fit(X[::2], y[::2])
    assert ours.score(X[1::2], y[1::2]) == pytest.approx(theirs.score(X[1::2], y[1::2]), abs=0.05)
    X, y = load_breast_cancer(return_X_y=True)
    ours = GradientBoostingClassifier(splitter=splitter).fit(X[::2], y[::2])
    theirs = SklearnClassifier(random_state=0).fit(X[::2], y[::2])
    assert ours.score(X[1::2], y[1::2]) == pytest.approx(theirs.score(X[1::2], y[1::2]), abs=0.02)


# --- histograms -----------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [None, 2, 3])
def test_with_few_values_the_histogram_divides_the_training_samples_as_exact_does(
    classes, weighted
):
    X, y = make_data(classes)
    X = np.round(4 * X)
    model = GradientBoostingRegressor if classes is None else GradientBoostingClassifier
    w = weights(len(y), weighted)
    exact, histogram = (
        model(n_estimators=20, splitter=one, max_bins=64).fit(X, y, w) for one in SPLITTERS
    )
    np.testing.assert_allclose(histogram.train_loss_, exact.train_loss_, rtol=1e-9)
    np.testing.assert_allclose(
        histogram.feature_importances_, exact.feature_importances_, atol=1e-9
    )


def test_more_bins_come_nearer_to_exact():
    X, y = make_data(n=2000)
    losses = [
        GradientBoostingRegressor(n_estimators=30, max_bins=bins).fit(X, y).train_loss_[-1]
        for bins in (4, 64, 2000)
    ]
    exact = GradientBoostingRegressor(n_estimators=30, splitter="exact").fit(X, y).train_loss_[-1]
    assert losses[0] > losses[1] > losses[2]
    assert losses[2] == pytest.approx(exact)


# --- what a fitted model is made of -----------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_the_scores_are_the_start_and_the_sum_of_the_trees(splitter):
    X, y = make_data(3)
    model = GradientBoostingClassifier(n_estimators=6, learning_rate=0.2, splitter=splitter)
    model.fit(X, y)
    assert model.estimators_.shape == (6, 3)
    F = (
        model.start_
        + 0.2
        * np.array([[tree.predict(X) for tree in trees] for trees in model.estimators_])
        .sum(axis=0)
        .T
    )
    np.testing.assert_allclose(model.decision_function(X), F, atol=1e-12)
    shares = np.bincount(y) / len(y)
    np.testing.assert_allclose(model.start_, np.log(shares) - np.log(shares).mean())


LOSSES = [
    (GradientBoostingRegressor, "squared_error", None, SquaredLoss()),
    (GradientBoostingClassifier, "log_loss", 2, LogLoss()),
    (GradientBoostingClassifier, "exponential", 2, ExponentialLoss()),
    (GradientBoostingClassifier, "log_loss", 3, CrossEntropy()),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("model", "loss", "classes", "said"), LOSSES)
def test_training_losses_are_the_mean_losses_of_the_stages_and_fall(
    model, loss, classes, said, weighted
):
    X, y = make_data(classes)
    w = weights(len(y), weighted)
    model = model(loss=loss, n_estimators=12).fit(X, y, w)
    scores = "staged_predict" if classes is None else "staged_decision_function"
    start = np.tile(model.start_, (len(y), 1))
    stages = [start[:, 0] if len(model.start_) == 1 else start, *getattr(model, scores)(X)]
    labels = 2 * y - 1 if classes == 2 else y
    found = [np.average(said.value(labels, F), weights=w) for F in stages]
    np.testing.assert_allclose(model.train_loss_, found, rtol=1e-10)
    assert np.all(np.diff(model.train_loss_) < 0)
    assert model.n_estimators_ == len(model.estimators_) == 12
    assert model.validation_loss_ is None


def test_one_full_step_of_squared_error_is_a_regression_tree():
    X, y = make_data()
    model = GradientBoostingRegressor(n_estimators=1, learning_rate=1.0, splitter="exact").fit(X, y)
    tree = DecisionTreeRegressor(max_depth=3).fit(X, y)
    np.testing.assert_allclose(model.predict(X), tree.predict(X), atol=1e-9)


def test_staged_arrays_are_new_each_time():
    X, y = make_data(2)
    model = GradientBoostingClassifier(n_estimators=4).fit(X, y)
    for name in ("staged_decision_function", "staged_predict_proba"):
        assert len({one.tobytes() for one in getattr(model, name)(X)}) == 4
    X, y = make_data()
    stages = GradientBoostingRegressor(n_estimators=4).fit(X, y).staged_predict(X)
    assert len({one.tobytes() for one in stages}) == 4


# --- subsampling ------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
@pytest.mark.parametrize("splitter", SPLITTERS)
def test_each_round_sees_its_own_part_of_the_samples(splitter, loss):
    X, y = make_data()
    options = {"n_estimators": 8, "subsample": 0.5, "splitter": splitter, "loss": loss}
    model = GradientBoostingRegressor(random_state=0, **options).fit(X, y)
    assert [one.tree_.size[0] for one in model.estimators_[:, 0]] == [150] * 8
    again = GradientBoostingRegressor(random_state=0, **options).fit(X, y)
    other = GradientBoostingRegressor(random_state=1, **options).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), again.predict(X))
    assert np.any(model.predict(X) != other.predict(X))
    value = {"squared_error": SquaredLoss().value, "absolute_error": lambda y, F: abs(y - F)}[loss]
    found = [value(y, F).mean() for F in model.staged_predict(X)]
    np.testing.assert_allclose(model.train_loss_[1:], found, rtol=1e-10)


def test_samples_outside_the_part_do_not_count_in_a_leaf():
    """With stumps on two groups, each leaf gets the mean of those of its group that were drawn."""
    X, y = np.repeat([[0.0], [1.0]], 10, axis=0), np.arange(20.0)
    model = GradientBoostingRegressor(
        n_estimators=1, max_depth=1, subsample=0.2, learning_rate=1.0, random_state=3
    ).fit(X, y)
    rows = np.sort(np.random.RandomState(3).permutation(20)[:4])
    low = y[rows[rows < 10]]
    assert model.predict([[0.0]])[0] == pytest.approx(low.mean())


# --- early stopping -----------------------------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_it_stops_early_and_keeps_the_best_rounds(splitter):
    X, y = make_data(2)
    model = GradientBoostingClassifier(
        n_estimators=400,
        learning_rate=0.3,
        n_iter_no_change=5,
        validation_fraction=0.25,
        splitter=splitter,
        random_state=0,
    ).fit(X, y)
    losses = model.validation_loss_
    assert len(losses) == len(model.train_loss_) < 200
    assert model.n_estimators_ == len(model.estimators_) == losses.argmin()
    assert losses[-5:].min() > losses[:-5].min() - model.tol
    assert losses[-6:-1].min() <= losses[:-6].min() - model.tol
    assert len(list(model.staged_predict(X))) == model.n_estimators_


def test_the_validation_part_is_not_fitted():
    X, y = make_data(2)
    model = GradientBoostingClassifier(
        n_estimators=3, n_iter_no_change=3, validation_fraction=0.25, random_state=0
    ).fit(X, y)
    assert model.estimators_[0, 0].tree_.size[0] == 225
    F = model.decision_function(X)
    held = 0.25 * model.validation_loss_[3] + 0.75 * model.train_loss_[3]
    assert LogLoss().value(2 * y - 1, F).mean() == pytest.approx(held)


def test_a_loss_that_never_falls_keeps_one_round():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.permutation(np.arange(40) % 2)
    model = GradientBoostingClassifier(
        learning_rate=1.0, n_iter_no_change=2, tol=10.0, random_state=0
    ).fit(X, y)
    assert len(model.validation_loss_) == 3
    assert 1 <= model.n_estimators_ <= 2


# --- weights and invariances --------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
@pytest.mark.parametrize("splitter", SPLITTERS)
def test_weight_zero_is_no_sample_and_weight_two_two_samples(splitter, loss):
    X, y = make_data()
    w = np.random.default_rng(3).integers(0, 3, len(y))
    options = {"n_estimators": 10, "splitter": splitter, "loss": loss, "max_bins": 30}
    weighted = GradientBoostingRegressor(**options).fit(X, y, w)
    copies = GradientBoostingRegressor(**options).fit(X.repeat(w, axis=0), y.repeat(w))
    np.testing.assert_allclose(weighted.predict(X), copies.predict(X), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("splitter", SPLITTERS)
def test_weights_of_classes(splitter, classes):
    X, y = make_data(classes)
    w = np.random.default_rng(3).integers(0, 3, len(y))
    options = {"n_estimators": 10, "splitter": splitter, "max_bins": 30}
    weighted = GradientBoostingClassifier(**options).fit(X, y, w)
    copies = GradientBoostingClassifier(**options).fit(X.repeat(w, axis=0), y.repeat(w))
    np.testing.assert_allclose(weighted.predict_proba(X), copies.predict_proba(X), atol=1e-8)


@pytest.mark.parametrize("factor", [1e-200, 1e200])
@pytest.mark.parametrize("splitter", SPLITTERS)
def test_the_unit_of_the_weights_does_not_matter(splitter, factor):
    X, y = make_data(2)
    w = weights(len(y), True)
    one, other = (
        GradientBoostingClassifier(n_estimators=5, splitter=splitter).fit(X, y, v)
        for v in (w, factor * w)
    )
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-9)


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_shift_scale_and_order(splitter):
    X, y = make_data()
    fit = GradientBoostingRegressor(n_estimators=10, splitter=splitter).fit
    base = fit(X, y).predict(X)
    np.testing.assert_allclose(fit(X, 8 * y + 1000).predict(X), 8 * base + 1000, rtol=1e-9)
    order = np.random.default_rng(5).permutation(len(y))
    np.testing.assert_allclose(fit(X[order], y[order]).predict(X), base, atol=1e-9)
    np.testing.assert_allclose(fit(2 * X - 3, y).predict(2 * X - 3), base, atol=1e-9)


def test_labels_of_any_kind():
    X, y = make_data(3)
    names = np.array(["low", "middle", "top"])[y]
    model = GradientBoostingClassifier(n_estimators=5).fit(X, names)
    numbers = GradientBoostingClassifier(n_estimators=5).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.classes_[numbers.predict(X)])
    assert set(next(iter(model.staged_predict(X)))) <= set(names)


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_constant_inputs_leave_the_start(splitter):
    X, y = np.ones((5, 2)), np.arange(5.0)
    model = GradientBoostingRegressor(n_estimators=3, splitter=splitter).fit(X, y)
    np.testing.assert_allclose(model.predict(X), 2)
    assert model.feature_importances_.tolist() == [0, 0]


@pytest.mark.parametrize("max_depth", [None, 9])
@pytest.mark.parametrize("splitter", SPLITTERS)
def test_deep_trees(splitter, max_depth):
    X, y = make_data()
    model = GradientBoostingRegressor(
        n_estimators=2, learning_rate=1.0, max_depth=max_depth, splitter=splitter, max_bins=300
    ).fit(X, y)
    assert model.train_loss_[-1] < 0.05 * model.train_loss_[0]


def test_an_outlier_pulls_the_squared_loss_and_not_the_absolute():
    X, y = make_data()
    X, y = X, X[:, 2] + 0.0
    y_bad = y.copy()
    y_bad[0] = 1e4
    error = {
        loss: np.abs(GradientBoostingRegressor(loss=loss).fit(X, y_bad).predict(X) - y)[1:].mean()
        for loss in ("squared_error", "absolute_error", "huber")
    }
    assert error["absolute_error"] < 0.3
    assert error["huber"] < 0.3
    assert error["squared_error"] > 3


# --- bad input ------------------------------------------------------------------------------


def test_a_class_without_weight_is_refused():
    with pytest.raises(ValueError, match=r"0 on every row of the class\(es\) \['b'\]"):
        GradientBoostingClassifier().fit([[1.0], [2.0], [3.0]], ["a", "b", "c"], [1, 0, 1])


def test_the_exponential_loss_is_for_two_classes():
    with pytest.raises(ValueError, match="for two classes, got 3: take 'log_loss'"):
        GradientBoostingClassifier(loss="exponential").fit([[1.0], [2.0], [3.0]], [0, 1, 2])


def test_targets_whose_squares_overflow():
    with pytest.raises(ValueError, match="reach from -1e\\+200 to 1e\\+200"):
        GradientBoostingRegressor().fit([[1.0], [2.0]], [-1e200, 1e200])


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": 0.0},
        {"n_estimators": 0},
        {"max_depth": 0},
        {"subsample": 0.0},
        {"subsample": 1.5},
        {"loss": "hinge"},
        {"max_bins": 1},
        {"validation_fraction": 1.0},
        {"n_iter_no_change": 0},
    ],
    ids=str,
)
def test_parameters_out_of_range(model, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        model(**wrong).fit([[1.0], [2.0]], [0, 1])


def test_huber_s_loss_is_that_of_the_border_of_the_round():
    X, y = make_data()
    model = GradientBoostingRegressor(loss="huber", n_estimators=1, alpha=0.5).fit(X, y)
    delta = np.sort(np.abs(y - model.start_[0]))[149]
    assert model.train_loss_[1] == pytest.approx(HuberLoss(delta).value(y, model.predict(X)).mean())


def test_a_constant_first_feature_is_never_asked_for_an_edge():
    """A node that cannot be cut names the first feature, which has no edge."""
    X = np.column_stack([np.zeros(6), [0, 0, 0, 1, 1, 1]])
    y = [1.0, 2.0, 3.0, 10.0, 10.0, 10.0]
    model = GradientBoostingRegressor(n_estimators=3, max_depth=3, learning_rate=1.0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), [2, 2, 2, 10, 10, 10])
