"""AdaBoost: scikit-learn's rounds, the bound on the training error, what stops it, bad input."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import AdaBoostClassifier as SklearnAdaBoost
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier as SklearnTree

from course_lib.linear_models import LogisticRegression
from course_lib.trees import AdaBoostClassifier, DecisionTreeClassifier, adaboost
from course_lib.trees.stumps import Stumps, is_stump


def make_data(classes=2, n=400, d=5, seed=0):
    """Inputs without equal values (float32, as scikit-learn sees them) and noisy labels."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32).astype(float)
    score = X[:, 0] * X[:, 1] + X[:, 2] + 0.5 * rng.normal(size=n)
    return X, np.searchsorted(np.quantile(score, np.arange(1, classes) / classes), score)


def one_by_one(monkeypatch, **parameters):
    """An AdaBoost whose stumps are fitted as any other learner."""
    monkeypatch.setattr(adaboost, "is_stump", lambda learner: False)
    return AdaBoostClassifier(**parameters)


# --- at the solution, as scikit-learn -------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("learning_rate", [1.0, 0.5])
@pytest.mark.parametrize("classes", [2, 4])
def test_rounds_are_scikit_learn_s(classes, learning_rate, weighted):
    X, y = make_data(classes)
    w = np.random.default_rng(1).uniform(0.2, 3, len(y)) if weighted else None
    options = {"n_estimators": 30, "learning_rate": learning_rate}
    ours = AdaBoostClassifier(**options).fit(X, y, w)
    theirs = SklearnAdaBoost(random_state=0, **options).fit(X, y, w)
    assert len(ours.estimators_) == 30
    np.testing.assert_allclose(ours.estimator_errors_, theirs.estimator_errors_, rtol=1e-9)
    np.testing.assert_allclose(ours.estimator_weights_, theirs.estimator_weights_, rtol=1e-9)
    for mine, other in zip(ours.staged_predict(X), theirs.staged_predict(X), strict=True):
        np.testing.assert_array_equal(mine, other)
    half = 2 if classes == 2 else 1
    mine, other = ours.decision_function(X), theirs.decision_function(X) / half
    np.testing.assert_allclose(mine, other, atol=1e-9)
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, atol=1e-9)


def test_trees_of_depth_two_as_scikit_learn():
    X, y = make_data(3)
    ours = AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=10).fit(X, y)
    theirs = SklearnAdaBoost(SklearnTree(max_depth=2), n_estimators=10, random_state=0).fit(X, y)
    np.testing.assert_allclose(ours.estimator_errors_, theirs.estimator_errors_, rtol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_other_learners_as_scikit_learn():
    X, y = make_data()
    ours = AdaBoostClassifier(GaussianNB(), n_estimators=5).fit(X, y)
    theirs = SklearnAdaBoost(GaussianNB(), n_estimators=5).fit(X, y)
    T = len(theirs.estimators_)  # neither finds one better than chance for the rest
    assert len(ours.estimators_) == T == 3
    np.testing.assert_allclose(ours.estimator_errors_, theirs.estimator_errors_[:T], rtol=1e-9)
    assert isinstance(ours.estimators_[0], GaussianNB)
    assert AdaBoostClassifier(LogisticRegression(0.01), n_estimators=3).fit(X, y).score(X, y) > 0.6


# --- stumps, all at once ---------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
@pytest.mark.parametrize("splitter", ["exact", "histogram"])
@pytest.mark.parametrize("classes", [2, 3])
def test_stumps_are_those_of_the_decision_tree(classes, splitter, criterion):
    X, y = make_data(classes)
    X = np.column_stack([np.round(X, 1), np.zeros(len(X)), X[:, 2]])  # ties, a constant, a twin
    w = np.random.default_rng(1).exponential(size=len(y))
    w /= w.sum()
    tree = DecisionTreeClassifier(criterion=criterion, splitter=splitter, max_depth=1, max_bins=9)
    ours, answers = Stumps(tree, X, y, w).fit(w)
    theirs = tree.fit(X, y, w)
    assert len(theirs.tree_) == 3
    for name in vars(theirs.tree_):
        expected = getattr(theirs.tree_, name)
        np.testing.assert_allclose(getattr(ours.tree_, name), expected, rtol=1e-12, err_msg=name)
    np.testing.assert_array_equal(answers, theirs.predict(X))
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    assert ours.feature_importances_.tolist() == theirs.feature_importances_.tolist()


@pytest.mark.parametrize("classes", [2, 3])
def test_many_rounds_of_shared_stumps_equal_single_fits(classes, monkeypatch):
    X, y = make_data(classes)
    fast = AdaBoostClassifier(n_estimators=60).fit(X, y)
    slow = one_by_one(monkeypatch, n_estimators=60).fit(X, y)
    np.testing.assert_allclose(fast.estimator_errors_, slow.estimator_errors_, rtol=1e-9)
    np.testing.assert_array_equal(fast.predict(X), slow.predict(X))


def test_of_equal_cuts_the_first_feature_and_the_lowest_threshold_are_taken():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    y = np.array([0, 1, 1, 0])
    w = np.full(4, 0.25)
    stump, _ = Stumps(DecisionTreeClassifier(max_depth=1), np.column_stack([x, x]), y, w).fit(w)
    assert (stump.tree_.feature[0], stump.tree_.threshold[0]) == (0, 0.5)


@pytest.mark.parametrize("splitter", ["exact", "histogram"])
def test_rounding_does_not_decide_between_equal_cuts(splitter):
    """A feature and its mirror image divide alike; only the order of the sums differs."""
    X, y = make_data()
    X = X[:, :1]
    w = np.random.default_rng(1).exponential(size=(20, len(y)))
    w /= w.sum(axis=1, keepdims=True)
    tree = DecisionTreeClassifier(max_depth=1, splitter=splitter, max_bins=500)
    stumps = Stumps(tree, np.column_stack([X, -X]), y, w[0])
    assert [stumps.fit(one)[0].tree_.feature[0] for one in w] == [0] * 20


def test_a_side_lost_in_rounding_is_no_side():
    x = np.arange(6.0)
    y, w = np.array([0, 1, 1, 0, 0, 1]), np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1e-16])
    stump, _ = Stumps(DecisionTreeClassifier(max_depth=1), x[:, None], y, w).fit(w / w.sum())
    assert stump.tree_.threshold[0] in (0.5, 2.5)
    assert np.isfinite(stump.tree_.value).all()


def test_which_learners_are_stumps():
    assert is_stump(DecisionTreeClassifier(max_depth=1, splitter="histogram", random_state=3))
    assert not is_stump(DecisionTreeClassifier(max_depth=2))
    assert not is_stump(DecisionTreeClassifier(max_depth=1, min_samples_leaf=5))
    assert not is_stump(SklearnTree(max_depth=1))


# --- the bound ------------------------------------------------------------------------------


def test_the_training_error_is_below_the_product_of_the_normalisers_at_every_round():
    X, y = load_breast_cancer(return_X_y=True)
    model = AdaBoostClassifier(n_estimators=80).fit(X, y)
    e = model.estimator_errors_
    np.testing.assert_allclose(model.normalizers_, 2 * np.sqrt(e * (1 - e)), rtol=1e-12)
    bounds = np.cumprod(model.normalizers_)
    errors = np.array([np.mean(labels != y) for labels in model.staged_predict(X)])
    assert np.all(errors <= bounds)
    assert errors[0] > 0.05
    assert bounds[-1] < 0.01
    assert errors[-1] == 0


@pytest.mark.parametrize("learning_rate", [1.0, 0.3])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_product_of_the_normalisers_is_the_mean_exponential_loss(classes, learning_rate):
    X, y = make_data(classes)
    w = np.random.default_rng(1).uniform(0.2, 3, len(y))
    model = AdaBoostClassifier(n_estimators=40, learning_rate=learning_rate).fit(X, y, w)
    alphas, own = model.estimator_weights_, np.zeros(len(y))
    for t, h in enumerate(model.estimators_):
        own += alphas[t] * (h.predict(X) == y)
        losses = np.exp(alphas[: t + 1].sum() / classes - own)
        bound = np.prod(model.normalizers_[: t + 1])
        assert bound == pytest.approx(np.average(losses, weights=w), rel=1e-9)


def test_weights_of_the_next_round_make_the_last_learner_useless():
    """After a round right and wrong weigh the same: the learner is no better than a coin."""
    X, y = make_data()
    model = AdaBoostClassifier(n_estimators=2).fit(X, y)
    h, alpha = model.estimators_[0], model.estimator_weights_[0]
    wrong = h.predict(X) != y
    w = np.exp(alpha * wrong)
    assert np.average(wrong, weights=w) == pytest.approx(0.5)
    second = np.average(model.estimators_[1].predict(X) != y, weights=w)
    assert model.estimator_errors_[1] == pytest.approx(second)


# --- where it stops -------------------------------------------------------------------------


def test_a_perfect_first_stump_is_all():
    X, y = [[1.0], [2.0], [3.0], [4.0]], ["no", "no", "yes", "yes"]
    model = AdaBoostClassifier().fit(X, y)
    assert model.estimator_errors_.tolist() == [0.0]
    assert model.estimator_weights_.tolist() == [1.0]
    assert model.normalizers_.tolist() == [0.0]
    assert model.decision_function(X).tolist() == [-1, -1, 1, 1]
    assert model.predict(X).tolist() == y
    assert model.margins(X, y).tolist() == [1, 1, 1, 1]


class Scripted(DecisionTreeClassifier):
    """Says the majority first and the truth later."""

    calls: list = []  # noqa: RUF012 - shared by all copies on purpose

    def fit(self, X, y, sample_weight=None):
        depth = 1 if len(self.calls) < 2 else None
        self.calls.append(depth)
        self.max_depth = depth
        return super().fit(X, y, sample_weight)


def test_a_perfect_learner_outvotes_all_before_it():
    X, y = make_data()
    Scripted.calls.clear()
    model = AdaBoostClassifier(Scripted(), n_estimators=9).fit(X, y)
    assert len(model.estimators_) == 3
    assert model.estimator_weights_[2] == 1 + model.estimator_weights_[:2].sum()
    assert model.score(X, y) == 1
    errors = [np.mean(labels != y) for labels in model.staged_predict(X)]
    assert np.all(np.array(errors) <= np.cumprod(model.normalizers_))


def test_a_learner_no_better_than_chance_ends_it_and_is_left_out():
    X, y = np.zeros((10, 1)), np.array([0] * 7 + [1] * 3)
    model = AdaBoostClassifier().fit(X, y)
    assert len(model.estimators_) == 1
    assert model.estimator_errors_[0] == pytest.approx(0.3)
    assert model.predict(X).tolist() == [0] * 10


@pytest.mark.parametrize("classes", [2, 3])
def test_a_first_learner_no_better_than_chance_is_refused(classes):
    y = np.arange(6 * classes) % classes
    with pytest.raises(ValueError, match=r"no better than chance among \d classes"):
        AdaBoostClassifier().fit(np.zeros((len(y), 2)), y)


def test_three_classes_need_less_than_a_coin():
    """Error 0.6 of three classes has a say: less than 2/3, though more than 1/2."""
    model = AdaBoostClassifier(n_estimators=1).fit(np.zeros((3, 1)), [0, 1, 2], [0.3, 0.3, 0.4])
    assert model.estimator_errors_[0] == pytest.approx(0.6)
    assert model.estimator_weights_[0] == pytest.approx(np.log(0.4 / 0.6) + np.log(2))
    assert model.estimator_weights_[0] > 0


def test_one_class():
    model = AdaBoostClassifier().fit([[1.0], [2.0]], ["a", "a"])
    assert model.predict([[9.0]]).tolist() == ["a"]
    assert model.decision_function([[9.0]]).tolist() == [0.0]
    with pytest.raises(ValueError, match="has one class only"):
        model.margins([[9.0]], ["a"])


def test_a_thousand_rounds_on_separable_points_stay_finite():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = (X.sum(axis=1) > 0).astype(int)
    model = AdaBoostClassifier(n_estimators=1000).fit(X, y)
    assert model.score(X, y) == 1
    assert np.isfinite(model.estimator_weights_).all()
    assert np.all(model.margins(X, y) > 0)


# --- votes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 3])
def test_margins_are_votes_for_the_label_less_those_for_the_strongest_other(classes):
    X, y = make_data(classes)
    model = AdaBoostClassifier(n_estimators=7).fit(X, y)
    alphas = model.estimator_weights_
    answers = np.array([h.predict(X) for h in model.estimators_])  # (T, n)
    votes = np.array([alphas @ (answers == k) for k in range(classes)]) / alphas.sum()  # (K, n)
    for i in (0, 17, 399):
        others = np.delete(votes[:, i], y[i])
        expected = votes[y[i], i] - others.max()
        assert model.margins(X[i : i + 1], y[i : i + 1])[0] == pytest.approx(expected)
    wrong = model.predict(X) != y
    assert np.all(model.margins(X, y)[wrong] <= 0)
    assert np.all(model.margins(X, y)[~wrong] >= 0)


def test_decision_function_of_many_classes_adds_up_to_zero():
    X, y = make_data(4)
    model = AdaBoostClassifier(n_estimators=5).fit(X, y)
    scores = model.decision_function(X)
    assert scores.shape == (400, 4)
    np.testing.assert_allclose(scores.sum(axis=1), 0, atol=1e-12)
    assert scores.min() >= -1 / 3 - 1e-12
    *_, last = model.staged_decision_function(X)
    np.testing.assert_array_equal(last, scores)


def test_staged_arrays_are_new_each_time():
    X, y = make_data()
    model = AdaBoostClassifier(n_estimators=4).fit(X, y)
    stages = list(model.staged_decision_function(X))
    assert len({one.tobytes() for one in stages}) == 4


# --- weights and invariances ----------------------------------------------------------------


def test_weight_zero_is_no_sample_and_weight_two_two_samples():
    X, y = make_data()
    w = np.random.default_rng(3).integers(0, 3, len(y))
    weighted = AdaBoostClassifier(n_estimators=20).fit(X, y, w)
    copies = AdaBoostClassifier(n_estimators=20).fit(X.repeat(w, axis=0), y.repeat(w))
    np.testing.assert_allclose(weighted.estimator_errors_, copies.estimator_errors_, rtol=1e-9)
    np.testing.assert_array_equal(weighted.predict(X), copies.predict(X))


@pytest.mark.parametrize("factor", [1e-200, 7.0, 1e200])
def test_the_unit_of_the_weights_does_not_matter(factor):
    X, y = make_data()
    w = np.random.default_rng(3).uniform(1, 2, len(y))
    one, other = (AdaBoostClassifier(n_estimators=9).fit(X, y, v) for v in (w, factor * w))
    np.testing.assert_allclose(one.estimator_weights_, other.estimator_weights_, rtol=1e-9)


def test_the_order_of_the_samples_does_not_matter():
    X, y = make_data(3)
    order = np.random.default_rng(5).permutation(len(y))
    one = AdaBoostClassifier(n_estimators=15).fit(X, y)
    other = AdaBoostClassifier(n_estimators=15).fit(X[order], y[order])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_every_copy_gets_a_seed_of_its_own():
    X, y = make_data()
    learner = DecisionTreeClassifier(max_depth=2, max_features=1)
    fit = AdaBoostClassifier(learner, n_estimators=4, random_state=0).fit
    first, again = fit(X, y), AdaBoostClassifier(learner, n_estimators=4, random_state=0).fit(X, y)
    seeds = [h.random_state for h in first.estimators_]
    assert len(set(seeds)) == 4
    np.testing.assert_array_equal(first.decision_function(X), again.decision_function(X))


# --- bad input ------------------------------------------------------------------------------


def test_a_class_without_weight_is_refused():
    with pytest.raises(ValueError, match=r"0 on every row of the class\(es\) \['b'\]"):
        AdaBoostClassifier().fit([[1.0], [2.0], [3.0]], ["a", "b", "c"], [1, 0, 1])


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (DecisionTreeClassifier, TypeError, "a class: pass an object of it"),
        ("stump", TypeError, "with fit and predict"),
        (KNeighborsClassifier(), ValueError, "does not take sample_weight"),
    ],
)
def test_learners_that_will_not_do(estimator, error, message):
    with pytest.raises(error, match=message):
        AdaBoostClassifier(estimator).fit([[1.0], [2.0]], [0, 1])


def test_margins_of_unknown_labels_and_of_too_few():
    model = AdaBoostClassifier().fit([[1.0], [2.0]], [3, 5])
    with pytest.raises(ValueError, match="labels like 4; margins need labels among"):
        model.margins([[1.0]], [4])
    with pytest.raises(ValueError, match="X has 2 rows and y 1 labels"):
        model.margins([[1.0], [2.0]], [3])


@pytest.mark.parametrize("wrong", [{"n_estimators": 0}, {"learning_rate": 0.0}])
def test_parameters_out_of_range(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AdaBoostClassifier(**wrong).fit([[1.0], [2.0]], [0, 1])
