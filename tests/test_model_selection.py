import math
from dataclasses import FrozenInstanceError
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection as reference
from backends import BACKENDS
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.neighbors import KNeighborsClassifier as SklearnNeighbors
from sklearn.neighbors import KNeighborsRegressor

from course_lib import model_selection as ours
from course_lib.linear_models import LinearRegression
from course_lib.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    Repeated,
    StratifiedKFold,
    TimeSeriesSplit,
    bias_variance,
    cross_val_score,
    grid_search,
    learning_curve,
    nested_cross_validation,
    one_standard_error,
    paired_difference,
    train_test_split,
    validation_curve,
)

RNG = np.random.default_rng(7)
LABELS = RNG.choice(list("cab"), size=41, p=[0.5, 0.3, 0.2])
GROUPS = RNG.integers(0, 9, size=41)
X, Y = load_diabetes(return_X_y=True)
X, Y = X[:80], Y[:80]
IRIS = load_iris(return_X_y=True)
NEAREST = SklearnNeighbors(3)

SAME = [
    (KFold(4), reference.KFold(4)),
    (KFold(4, shuffle=True, random_state=3), reference.KFold(4, shuffle=True, random_state=3)),
    (StratifiedKFold(4), reference.StratifiedKFold(4)),
    (StratifiedKFold(5, True, 3), reference.StratifiedKFold(5, shuffle=True, random_state=3)),
    (Repeated(KFold(3), 4, 1), reference.RepeatedKFold(n_splits=3, n_repeats=4, random_state=1)),
    (
        Repeated(StratifiedKFold(3), 4, 1),
        reference.RepeatedStratifiedKFold(n_splits=3, n_repeats=4, random_state=1),
    ),
    (GroupKFold(4), reference.GroupKFold(4)),
    (LeaveOneOut(), reference.LeaveOneOut()),
    (TimeSeriesSplit(4), reference.TimeSeriesSplit(4)),
    (
        TimeSeriesSplit(3, gap=2, test_size=5),
        reference.TimeSeriesSplit(3, gap=2, test_size=5),
    ),
]


# --- Splitters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("mine", "theirs"), SAME, ids=lambda s: str(s)[:40])
def test_the_splits_are_those_of_scikit_learn(mine, theirs):
    grouped = isinstance(mine, GroupKFold)  # scikit-learn's others warn of groups
    data = np.zeros((41, 2)), LABELS, GROUPS if grouped else None
    pairs, expected = list(mine.split(*data)), list(theirs.split(*data))
    assert len(pairs) == mine.get_n_splits(*data) == theirs.get_n_splits(*data)
    for (fit, held), (fit_there, held_there) in zip(pairs, expected, strict=True):
        np.testing.assert_array_equal(fit, fit_there)
        np.testing.assert_array_equal(held, held_there)


@pytest.mark.parametrize(("mine", "theirs"), SAME, ids=lambda s: str(s)[:40])
def test_two_rounds_of_one_splitter_give_the_same_splits(mine, theirs):
    data = np.zeros((41, 2)), LABELS, GROUPS
    for first, second in zip(mine.split(*data), mine.split(*data), strict=True):
        np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize(
    "splitter", [KFold(5), KFold(5, True, 0), StratifiedKFold(5, True, 0), GroupKFold(5)]
)
def test_every_sample_is_held_out_once(splitter):
    pairs = list(splitter.split(np.zeros(41), LABELS, GROUPS))
    np.testing.assert_array_equal(np.sort(np.concatenate([h for _, h in pairs])), np.arange(41))
    for fit, held in pairs:
        assert not set(fit) & set(held)
        assert len(fit) + len(held) == 41
        assert np.all(np.diff(held) > 0)
        assert np.all(np.diff(fit) > 0)


def test_stratified_folds_differ_by_one_sample_of_a_class_at_most():
    folds = list(StratifiedKFold(4, True, 5).split(LABELS, LABELS))
    for label in "abc":
        counts = [np.sum(LABELS[held] == label) for _, held in folds]
        assert max(counts) - min(counts) <= 1


def test_no_group_is_divided_and_the_folds_are_even():
    groups = np.repeat(np.arange(12), 5)
    for fit, held in GroupKFold(4).split(groups, groups=groups):
        assert not set(groups[fit]) & set(groups[held])
        assert len(held) == 15


def test_groups_of_equal_size_are_dealt_as_by_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(50):
        groups = rng.integers(0, rng.integers(20, 60), 100)
        for mine, theirs in zip(
            GroupKFold(5).split(groups, groups=groups),
            reference.GroupKFold(5).split(groups, groups=groups),
            strict=True,
        ):
            np.testing.assert_array_equal(mine[1], theirs[1])


def test_time_runs_forward():
    folds = list(TimeSeriesSplit(4, gap=1).split(np.zeros(33)))
    assert all(fit[-1] + 2 == held[0] for fit, held in folds)
    assert all(one[-1] + 1 == two[0] for (_, one), (_, two) in pairwise(folds))
    assert folds[-1][1][-1] == 32


def test_without_a_seed_shuffles_differ_and_leave_the_global_generator_alone():
    np.random.seed(0)  # noqa: NPY002 - the test is about it
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    splitter = KFold(2, shuffle=True)
    one, two = (next(splitter.split(np.zeros(60)))[1] for _ in range(2))
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_repeats_are_shuffled_anew():
    held = [h.tolist() for _, h in Repeated(KFold(2), 3, 0).split(np.zeros(30))]
    assert len({tuple(h) for h in held}) == 6
    assert Repeated(KFold(2)).get_n_splits() == 20


def test_a_rare_class_is_warned_of():
    y = [0] * 10 + [1] * 2
    few = [0] * 4 + [1] * 3
    with pytest.warns(UserWarning, match="has 2 samples, fewer than 5") as warned:
        list(StratifiedKFold(5).split(y, y))
    with pytest.raises(ValueError, match="a class with 5"):
        list(StratifiedKFold(5).split(few, few))
    assert warned[0].filename == __file__  # where split was called


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KFold(1), "n_splits must be a whole number of at least 2"),
        (lambda: GroupKFold(1), "n_splits must be"),
        (lambda: TimeSeriesSplit(1), "n_splits must be"),
        (lambda: TimeSeriesSplit(gap=-1), "gap must be"),
        (lambda: TimeSeriesSplit(test_size=0), "test_size must be"),
        (lambda: Repeated(KFold(2), 0), "n_repeats must be"),
        (lambda: Repeated(LeaveOneOut()), "splitter must be one that shuffles"),
        (lambda: LeaveOneOut().get_n_splits(), "LeaveOneOut needs X"),
        (lambda: list(LeaveOneOut().split([1])), "leaves nothing to fit of n = 1"),
        (
            lambda: list(KFold(5).split([1, 2, 3, 4])),
            "one sample for each fold at least, got n = 4",
        ),
        (lambda: list(KFold(2).split([1, 2, 3], [1, 2])), r"one length, got \[2, 3\]"),
        (lambda: list(StratifiedKFold(2).split([1, 2, 3])), "needs the labels y"),
        (lambda: list(GroupKFold(2).split([1, 2, 3])), "needs the groups"),
        (
            lambda: list(GroupKFold(2).split([1, 2, 3], groups=[0, 0, 0])),
            "as many groups as folds at least, got 1",
        ),
        (lambda: list(TimeSeriesSplit(3).split([1, 2])), "leaves nothing to fit"),
        (lambda: list(TimeSeriesSplit(3, gap=1).split([1] * 4)), "leaves nothing to fit"),
        (lambda: list(TimeSeriesSplit(3).split([1] * 4, [1])), "one length"),
    ],
)
def test_what_cannot_be_split_is_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_as_many_folds_as_samples_and_a_gap_that_just_fits():
    assert [held.tolist() for _, held in KFold(3).split(range(3))] == [[0], [1], [2]]
    fit, held = next(TimeSeriesSplit(2, gap=1).split(range(6)))
    assert (fit.tolist(), held.tolist()) == ([0], [2, 3])


def test_a_splitter_has_five_folds_and_cannot_be_changed():
    for make in (KFold, StratifiedKFold, GroupKFold, TimeSeriesSplit):
        assert make().get_n_splits() == 5
        with pytest.raises(FrozenInstanceError):
            make().n_splits = 3
    for splitter in (LeaveOneOut(), Repeated(KFold(2))):
        with pytest.raises(FrozenInstanceError):
            splitter.splitter = KFold(3)


def test_one_row_at_a_time_may_be_held_out():
    held = [held.tolist() for _, held in TimeSeriesSplit(2, test_size=1).split(range(4))]
    assert held == [[2], [3]]


# --- One split ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.3, 0.25, 0.5])
def test_one_split_is_that_of_scikit_learn(share):
    mine = train_test_split(X, Y, test_size=share, random_state=4)
    theirs = reference.train_test_split(X, Y, test_size=share, random_state=4)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_split_is_seven_to_three():
    fit, held = train_test_split(np.arange(41), random_state=0)
    assert (len(fit), len(held)) == (28, 13)
    assert sorted([*fit, *held]) == list(range(41))


@pytest.mark.parametrize("seed", range(5))
def test_a_stratified_split_has_the_shares_of_scikit_learn(seed):
    y = np.repeat(list("abc"), [50, 31, 9])
    fit, held = train_test_split(y, stratify=y, random_state=seed)
    theirs = reference.train_test_split(y, test_size=0.3, stratify=y, random_state=seed)
    for mine, other in ((fit, theirs[0]), (held, theirs[1])):
        assert len(mine) == len(other)
        for label in "abc":
            assert abs(np.sum(mine == label) - np.sum(other == label)) <= 1
            assert abs(np.sum(mine == label) - len(mine) * np.mean(y == label)) < 1
    assert sorted([*fit, *held]) == sorted(y)
    assert not np.array_equal(held, np.sort(held))  # the classes do not stand in blocks
    assert not np.array_equal(fit, np.sort(fit))


def test_ties_of_a_stratified_split_go_to_every_class():
    y = np.repeat([0, 1], 5)
    ones = {
        int(train_test_split(y, test_size=0.5, stratify=y, random_state=s)[1].sum())
        for s in range(20)
    }
    assert ones == {2, 3}


def test_frames_lists_and_sparse_rows_are_split_alike():
    frame, table = pd.DataFrame({"a": range(10)}), csr_array(np.arange(10)[:, None])
    parts = train_test_split(frame, list(range(10)), table, np.arange(10), random_state=1)
    for part in (0, 1):
        rows = parts[6 + part]
        assert parts[part]["a"].tolist() == parts[2 + part] == rows.tolist()
        np.testing.assert_array_equal(parts[4 + part].toarray()[:, 0], rows)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((), {}, "at least one array"),
        (([1, 2], [1, 2, 3]), {}, "one length"),
        (([1, 2],), {"stratify": [1, 1, 2]}, "one length"),
        (([1, 2],), {"test_size": 0.9}, "leaves no row of 2"),
        (([1, 2],), {"test_size": 0.0}, "test_size must be a finite number above 0"),
        (([1, 2, 3],), {"stratify": [1, 1, 2]}, "two rows of every class"),
    ],
)
def test_a_split_that_is_none_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        train_test_split(*arguments, **options)


# --- Scores ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "splitter", [5, KFold(4, True, 0), reference.ShuffleSplit(3, random_state=0)]
)
def test_scores_are_those_of_scikit_learn(splitter):
    for model, A, a in ((Ridge(), X, Y), (NEAREST, *IRIS)):
        expected = reference.cross_val_score(model, A, a, cv=splitter)
        np.testing.assert_allclose(cross_val_score(model, A, a, splitter=splitter), expected)
        assert not hasattr(model, "n_features_in_")


def test_our_splitters_drive_scikit_learn():
    groups = np.arange(150) % 10
    for mine, theirs, given in (
        (GroupKFold(5), reference.GroupKFold(5), {"groups": groups}),
        (KFold(5, True, 0), reference.KFold(5, shuffle=True, random_state=0), {}),
    ):
        grid = {"n_neighbors": [1, 5, 9]}
        searches = [
            clone(reference.GridSearchCV(NEAREST, grid, cv=cv)).fit(*IRIS, **given)
            for cv in (mine, theirs)
        ]
        means = [search.cv_results_["mean_test_score"] for search in searches]
        np.testing.assert_array_equal(*means)
        scores = [
            reference.cross_val_score(NEAREST, *IRIS, cv=cv, **given) for cv in (mine, theirs)
        ]
        np.testing.assert_array_equal(*scores)


def test_a_metric_takes_the_labels_first():
    seen = []

    def metric(y, predicted):
        seen.append((y, predicted))
        return mean_squared_error(y, predicted)

    scores = cross_val_score(Ridge(), X, Y, splitter=3, metric=metric)
    expected = -reference.cross_val_score(Ridge(), X, Y, cv=3, scoring="neg_mean_squared_error")
    np.testing.assert_allclose(scores, expected)
    np.testing.assert_array_equal(np.concatenate([y for y, _ in seen]), Y)


def test_groups_reach_the_splitter():
    groups = np.arange(80) // 8
    mine = cross_val_score(Ridge(), X, Y, splitter=GroupKFold(5), groups=groups)
    theirs = reference.cross_val_score(Ridge(), X, Y, cv=reference.GroupKFold(5), groups=groups)
    np.testing.assert_allclose(mine, theirs)


def test_rows_and_labels_of_unequal_number_and_no_splitter_are_refused():
    with pytest.raises(ValueError, match="one length"):
        cross_val_score(Ridge(), X, Y[:-1])
    with pytest.raises(TypeError, match="a number of folds or have `split`"):
        cross_val_score(Ridge(), X, Y, splitter=None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_tensors_are_folded_on_their_device(backend):
    A, a = backend.array(X), backend.array(Y)
    scores = cross_val_score(LinearRegression(solver="qr"), A, a, splitter=KFold(3))
    np.testing.assert_allclose(scores, cross_val_score(LinearRegression(), X, Y, splitter=3))
    part = train_test_split(A, a, random_state=0)[1]
    assert backend.owns(part, "float64")


def test_a_validation_curve_is_that_of_scikit_learn():
    values = [0.01, 1.0, 100.0]
    mine = validation_curve(Ridge(), X, Y, name="alpha", values=values, splitter=4)
    theirs = reference.validation_curve(Ridge(), X, Y, param_name="alpha", param_range=values, cv=4)
    np.testing.assert_allclose(mine.train, theirs[0].T)
    np.testing.assert_allclose(mine.held, theirs[1].T)
    with pytest.raises(ValueError, match="one value at least"):
        validation_curve(Ridge(), X, Y, name="alpha", values=[])


def test_a_learning_curve_is_that_of_scikit_learn():
    sizes = [10, 30, 60]
    mine = learning_curve(KNeighborsRegressor(3), X, Y, sizes=sizes, splitter=4, random_state=5)
    _, *theirs = reference.learning_curve(
        KNeighborsRegressor(3), X, Y, train_sizes=sizes, cv=4, shuffle=True, random_state=5
    )
    np.testing.assert_allclose(mine.train, theirs[0].T)
    np.testing.assert_allclose(mine.held, theirs[1].T)


@pytest.mark.parametrize("size", [0, 61, 2.5])
def test_a_size_that_no_fold_has_is_refused(size):
    with pytest.raises(ValueError, match="each of sizes must be a whole number from 1 to 60"):
        learning_curve(Ridge(), X, Y, sizes=[10, size], splitter=4)


# --- Choosing ----------------------------------------------------------------------------------


def test_a_grid_search_is_that_of_scikit_learn():
    grid = {"n_neighbors": [1, 5, 15, 60], "weights": ["uniform", "distance"]}
    folds = StratifiedKFold(5, True, 1)
    mine = grid_search(SklearnNeighbors(), grid, *IRIS, splitter=folds)
    theirs = reference.GridSearchCV(SklearnNeighbors(), grid, cv=folds).fit(*IRIS)
    assert mine.settings == list(reference.ParameterGrid(grid))
    for f in range(5):
        np.testing.assert_allclose(mine.scores[f], theirs.cv_results_[f"split{f}_test_score"])
    assert mine.best == theirs.best_index_
    assert mine.best_setting == theirs.best_params_


def test_a_choice_at_the_edge_of_its_grid_is_named():
    model, folds = Ridge(), KFold(4)
    low = grid_search(model, {"alpha": [10.0, 100.0, 1000.0]}, X, Y, splitter=folds)
    high = grid_search(model, {"alpha": [1e-9, 1e-7, 1e-5]}, X, Y, splitter=folds)
    inside = grid_search(model, {"alpha": [1e-5, 0.03, 1000.0]}, X, Y, splitter=folds)
    assert low.best_setting == {"alpha": 10.0}
    assert (low.at_edge, high.at_edge, inside.at_edge) == (("alpha",), ("alpha",), ())
    assert high.best_setting == {"alpha": 1e-5}
    words = {"solver": ["svd", "cholesky", "lsqr"], "fit_intercept": [True, False]}
    assert grid_search(model, words, X, Y, splitter=folds).at_edge == ()
    two = grid_search(model, {"alpha": [0.1, 1000.0]}, X, Y, splitter=folds)
    assert two.at_edge == ()  # two values have no inside


def test_a_setting_without_a_score_is_never_the_best():
    def metric(y, predicted):
        return math.nan if predicted.max() < 2 else 0.5

    grid = {"n_neighbors": [1, 120]}  # of the larger number every row gets the first class
    X, y = load_iris(return_X_y=True)
    folds = StratifiedKFold(5)
    with pytest.raises(ValueError, match=r"NaN for \{'n_neighbors': 120\}"):
        grid_search(SklearnNeighbors(), grid, X, y, splitter=folds, metric=metric)


def test_the_one_standard_error_rule_refuses_nan():
    with pytest.raises(ValueError, match="NaN"):
        one_standard_error([[0.1, math.nan], [0.2, 0.3]])


def test_truth_values_have_no_edge():
    three = {"fit_intercept": [True, False, True]}
    assert grid_search(Ridge(), three, X, Y).at_edge == ()


@pytest.mark.parametrize("grid", [{}, {"alpha": []}])
def test_an_empty_grid_is_refused(grid):
    with pytest.raises(ValueError, match="one value at least for each parameter"):
        grid_search(Ridge(), grid, X, Y)


def test_nested_scores_are_those_of_a_search_inside_a_cross_validation():
    grid = {"n_neighbors": [1, 5, 25]}
    outer, inner = StratifiedKFold(4, True, 2), StratifiedKFold(3, True, 3)
    mine = nested_cross_validation(SklearnNeighbors(), grid, *IRIS, outer=outer, inner=inner)
    search = reference.GridSearchCV(SklearnNeighbors(), grid, cv=inner)
    theirs = reference.cross_validate(search, *IRIS, cv=outer, return_estimator=True)
    np.testing.assert_allclose(mine.scores, theirs["test_score"])
    np.testing.assert_allclose(mine.best_inside, [s.best_score_ for s in theirs["estimator"]])
    assert mine.chosen == [s.best_params_ for s in theirs["estimator"]]


def test_groups_are_kept_together_inside_and_outside():
    groups, asked = np.arange(80) // 8, []

    class Watched(GroupKFold):
        def split(self, X, y=None, groups=None):
            asked.append(groups.copy())
            return super().split(X, y, groups)

    nested_cross_validation(
        Ridge(), {"alpha": [1.0]}, X, Y, outer=Watched(5), inner=Watched(4), groups=groups
    )
    outer, *inner = asked
    np.testing.assert_array_equal(outer, groups)
    assert [len(part) for part in inner] == [64] * 5
    held = [set(groups) - set(part) for part in inner]
    assert set.union(*held) == set(groups)
    assert all(len(out) == 2 for out in held)


def test_a_nested_metric_is_used_inside_and_outside():
    def exact(y, predicted):
        return float(np.mean(y == predicted) * 100)

    plain, scaled = (
        nested_cross_validation(NEAREST, {"n_neighbors": [1, 9]}, *IRIS, metric=metric)
        for metric in (None, exact)
    )
    np.testing.assert_allclose(scaled.scores, 100 * plain.scores)
    np.testing.assert_allclose(scaled.best_inside, 100 * plain.best_inside)


def test_the_simplest_within_one_standard_error_of_the_least():
    # Means 0.3, 0.2, 0.25, 0.9; the standard error of the second is 0.2 / √2 · √2 / 2 = 0.1
    errors = np.array([[0.3, 0.1, 0.25, 0.9], [0.3, 0.3, 0.25, 0.9]])
    choice = one_standard_error(errors)
    np.testing.assert_allclose(choice.mean, [0.3, 0.2, 0.25, 0.9])
    np.testing.assert_allclose(choice.spread, [0, 0.1, 0, 0], atol=1e-15)
    assert (choice.least, choice.simplest) == (1, 2)


def test_without_spread_the_last_of_equally_good_ones_is_taken():
    choice = one_standard_error([[0.1, 0.1, 0.2]] * 3)
    assert (choice.least, choice.simplest) == (0, 1)


@pytest.mark.parametrize("errors", [[[0.1, 0.2]], [0.1, 0.2]])
def test_one_fold_has_no_standard_error(errors):
    with pytest.raises(ValueError, match="folds"):
        one_standard_error(errors)


# --- Differences -------------------------------------------------------------------------------


def test_what_is_hard_for_both_cancels_in_the_difference():
    hard = np.array([0.0, 10.0, -7.0, 3.0])
    difference = paired_difference(hard + np.array([1, 2, 1, 2]), hard)
    assert difference.mean == pytest.approx(1.5)
    assert difference.error == pytest.approx(math.sqrt(1 / 3) / 2)
    assert paired_difference(hard, hard) == (0, 0)


def test_overlapping_splits_have_a_larger_error():
    a, b = [1.0, 2.0, 4.0], [1.0, 1.0, 1.0]
    s = np.std([0, 1, 3], ddof=1)
    assert paired_difference(a, b, overlap=0.5).error == pytest.approx(s * math.sqrt(1 / 3 + 0.5))


@pytest.mark.parametrize(
    ("a", "b", "overlap", "message"),
    [
        ([1, 2], [1, 2, 3], 0, "one shape"),
        ([1], [1], 0, "F ≥ 2"),
        ([[1, 2]], [[1, 2]], 0, "one shape"),
        ([[1], [2]], [[1], [2]], 0, "one shape"),
        (1, 1, 0, "one shape"),
        ([1, 2], [1, 2], -0.1, "overlap must be"),
    ],
)
def test_what_is_no_pair_is_refused(a, b, overlap, message):
    with pytest.raises(ValueError, match=message):
        paired_difference(a, b, overlap=overlap)


# --- Bias and variance -------------------------------------------------------------------------


def test_the_parts_of_an_error_by_hand():
    parts = bias_variance([[1.0, 5.0], [3.0, 5.0]], [0.0, 4.0], noise=0.5)
    # Means 2 and 5, variances 2 and 0; of two sets the mean is off by half the variance
    np.testing.assert_allclose(parts.bias2, [4 - 1, 1])
    np.testing.assert_allclose(parts.variance, [2, 0])
    assert parts.error == pytest.approx(2 + 1 + 0.5)
    assert bias_variance([[1.0], [3.0]], [2.0]).error == pytest.approx(-1 + 2)


def test_the_parts_add_up_to_the_error_on_new_labels():
    rng = np.random.default_rng(0)
    truth, predictions = np.array([1.0, -2.0]), rng.normal([1.5, -2.0], [2.0, 0.5], (40_000, 2))
    parts = bias_variance(predictions, truth, noise=0.09)
    np.testing.assert_allclose(parts.bias2, [0.25, 0], atol=0.03)
    np.testing.assert_allclose(parts.variance, [4, 0.25], rtol=0.03)
    labels = truth + 0.3 * rng.normal(size=predictions.shape)
    assert parts.error == pytest.approx(np.mean((predictions - labels) ** 2), rel=0.02)


@pytest.mark.parametrize(
    ("predictions", "truth", "noise", "message"),
    [
        ([[1.0]], [1.0], 0, "R ≥ 2"),
        ([[1.0, 2.0], [1.0, 2.0]], [1.0], 0, "shapes"),
        ([1.0, 2.0], [1.0], 0, "shapes"),
        ([[1.0], [2.0]], [1.0], -1, "noise must be"),
    ],
)
def test_what_is_no_set_of_predictions_is_refused(predictions, truth, noise, message):
    with pytest.raises(ValueError, match=message):
        bias_variance(predictions, truth, noise=noise)


def test_a_classifier_gets_stratified_folds():
    sorted_labels = np.repeat([0, 1], 20)
    A = sorted_labels[:, None] + np.zeros((40, 1))
    np.testing.assert_array_equal(cross_val_score(LogisticRegression(), A, sorted_labels), 1.0)
    assert ours.is_classifier(NEAREST)


def test_five_folds_are_taken_unless_others_are_named():
    model = LinearRegression()
    assert cross_val_score(model, X, Y).shape == (5,)
    assert grid_search(model, {"fit_intercept": [True, False]}, X, Y).scores.shape == (5, 2)
    with pytest.raises(TypeError, match="positional"):
        cross_val_score(model, X, Y, KFold(3))
