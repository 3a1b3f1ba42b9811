"""The measures of the chapter on support vector machines, on cases that one can count."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from course_lib import svm_measures as measure
from course_lib.linear_models.svm import LinearSVC, svm_objective


def test_distance_and_sides_of_a_line():
    X, sign = np.array([[1.0, 0.0], [-3.0, -4.0]]), np.array([1, -1])
    assert measure.nearest_distance((3, 4, 0), X, sign) == pytest.approx(0.6)
    assert measure.nearest_distance((-3, -4, 0), X, sign) == pytest.approx(-5)
    moved = np.stack([[X, -X], [X, X]])  # (2, 2, 2, 2)
    assert measure.wrong_side((3, 4, 0), moved, sign).tolist() == [50, 0]
    assert measure.wrong_side((0, 0, 0), moved, sign).tolist() == [100, 100]  # on it counts


def test_added_features():
    X = np.array([[3.0, 1.0], [1.0, 0.0]])
    assert measure.added_feature("nothing", 1.0)(X).tolist() == [0, 0]
    assert measure.added_feature("square", 1.0)(X).tolist() == [5, 0]
    assert np.allclose(measure.added_feature("γ = 0.1", 1.0)(X), [np.exp(-0.5), 1])
    with pytest.raises(ValueError, match="added must be"):
        measure.added_feature("γ = 2", 0.0)


def test_inner_samples_lie_between_outer_ones():
    for X, label in measure.inner_and_outer(3).values():
        r = np.linalg.norm(X, axis=1)
        assert r[label == "in"].max() < r[label == "out"].min()
    assert np.array_equal(measure.inner_and_outer(3)["rings"][0], X)
    quadrants = {tuple(signs) for signs in np.sign(X).astype(int).tolist()}
    assert len(quadrants) == 4  # all the way round
    assert np.array_equal(
        measure.inner_and_outer()["rings"][0], measure.inner_and_outer(0)["rings"][0]
    )


def test_above_the_least_is_0_at_the_least_and_counts_per_cent():
    X, y = make_classification(60, 3, n_informative=3, n_redundant=0, random_state=0)
    y = 2.0 * y - 1

    def stay(X, y, C, eta, steps):
        return np.zeros(3), float(eta(0))

    plans = {"zero": lambda k: 0.0, "far": lambda k: 9.0}
    above = measure.above_the_least(stay, plans, X, y, C=5, n_samples=2, size=40)
    assert [len(each) for each in above.values()] == [2, 2]
    assert min(above["zero"]) > 0
    rows = np.random.default_rng(0).choice(60, 40, replace=False)
    ratio = [
        svm_objective(X[rows], y[rows], np.zeros(3), b, C=5) / (1 + above[name][0] / 100)
        for name, b in (("zero", 0.0), ("far", 9.0))
    ]
    assert ratio[0] == pytest.approx(ratio[1])  # both relative to the same least value


def test_rbf_search_counts_in_the_units_of_scale():
    X, y = make_classification(60, 4, random_state=0)
    X = X * [1, 7, 50, 0.1] + 3
    search = measure.rbf_search(X, [60], [1]).fit(X, y)
    defaults = make_pipeline(StandardScaler(), SVC())  # C = 1, gamma="scale"
    assert np.allclose(search.decision_function(X), defaults.fit(X, y).decision_function(X))
    folds = [search.cv_results_[f"split{k}_test_score"][0] for k in range(5)]
    assert np.allclose(folds, cross_val_score(defaults, X, y))  # standardised in each fold


def test_rivals_are_what_they_are_called():
    X, y = make_classification(90, 3, n_redundant=0, weights=[0.3], flip_y=0, random_state=1)
    X, y = X * [1, 30, 900], 2.0 * y - 1
    accuracy, _ = measure.rivals(X, y, n_splits=2)
    for seed in range(2):
        raw, raw_new, t, new = train_test_split(X, y, stratify=y, random_state=seed)
        n, scale = len(t), StandardScaler().fit(raw)
        Z, Z_new = scale.transform(raw), scale.transform(raw_new)
        hard = LinearSVC(C=1e9).fit(Z, t)
        one = {name: each[seed] for name, each in accuracy.items()}
        assert one["RBF, defaults"] == SVC().fit(Z, t).score(Z_new, new)
        assert one["RBF, defaults, raw"] == SVC().fit(raw, t).score(raw_new, new)
        assert one["linear, hard margin"] == hard.score(Z_new, new)
        assert one["larger class"] == np.mean(new == 1)
        scaled = {
            "linear SVM": (SVC(kernel="linear"), {"C": 10.0 ** np.arange(5) / n}),
            "RBF SVM": (SVC(), {"C": 10.0 ** np.arange(2, 7) / n, "gamma": measure.DECADES / 3}),
            "logistic": (LogisticRegression(), {"C": 10.0 ** np.arange(-2, 2)}),
        }
        for name, (machine, grid) in scaled.items():
            grid = {f"{type(machine).__name__.lower()}__{key}": each for key, each in grid.items()}
            search = GridSearchCV(make_pipeline(StandardScaler(), machine), grid, cv=3)
            assert one[name] == search.fit(raw, t).score(raw_new, new)
        search = GridSearchCV(SVC(), {"C": measure.RAW_COSTS / n}, cv=3).fit(raw, t)
        assert one["RBF, C chosen, raw"] == search.score(raw_new, new)


def test_choices_at_an_edge_of_their_grid_are_counted():
    X, y = make_classification(80, 3, n_informative=3, n_redundant=0, random_state=1)
    easy = np.column_stack([2.0 * y - 1, X[:, 1:] / 100])  # all settings do, the first is taken
    assert 3 <= measure.rivals(easy, 2.0 * y - 1, n_splits=1)[1] <= 5


def test_differences():
    scores = {"a": [0.5, 0.7, 0.9], "b": [0.4, 0.7, 0.8]}
    rows = measure.differences(scores, [("a", "b"), ("b", "a")], overlap=0)
    assert list(rows) == ["a − b", "b − a"]
    assert rows["a − b"] == pytest.approx([20 / 3, 10 / 3, 2, 0])
    assert rows["b − a"] == pytest.approx([-20 / 3, 10 / 3, 0, 2])
    assert measure.differences(scores, [("a", "b")], overlap=1)["a − b"][1] > 10 / 3


def test_claims():
    scores = np.array([[1.0, -1.0, -3.0], [-2.0, -1.0, -3.0], [2.0, 1.0, 0.5]])
    assert measure.claims(scores, np.array([0, 1, 2])) == [1, 0, 1, 2]
    assert measure.claims(scores, np.array([0, 2, 0])) == [2, 0, 0, 2]
