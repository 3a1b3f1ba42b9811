"""Decision trees: scikit-learn's splits where they are not tied, copies, invariances, pruning."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier as SklearnClassifier
from sklearn.tree import DecisionTreeRegressor as SklearnRegressor

from course_lib.trees import DecisionTreeClassifier, DecisionTreeRegressor, entropy, gini

SPLITTERS = ["exact", "histogram"]
BOTH = [DecisionTreeClassifier, DecisionTreeRegressor]


def make_data(seed=0, n=300, d=5, classes=2):
    """Inputs without equal values, labels and numbers that depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32).astype(float)  # scikit-learn sees float32
    score = X[:, 0] * X[:, 1] + X[:, 2] + 0.5 * rng.normal(size=n)
    labels = np.searchsorted(np.quantile(score, np.arange(1, classes) / classes), score)
    return X, labels, score


def lowered(risk, node, left, right):
    return risk[node] - risk[left] - risk[right]


def same_splits(ours, theirs):
    """Compare two trees node by node from the roots down; return whether no split was tied.

    Below two splits that gain the same, trees may differ: scikit-learn draws lots, we take the
    first. Such splits must gain the same, and nothing below them is compared.
    """
    our_risk = ours.weight * ours.impurity
    their_risk = theirs.weighted_n_node_samples * theirs.impurity
    pairs, untied, compared = [(0, 0)], True, 0
    while pairs:
        a, b = pairs.pop()
        compared += 1
        left, right = theirs.children_left[b], theirs.children_right[b]
        if ours.left[a] < 0 <= left:  # scikit-learn splits what rounding alone makes impure
            assert theirs.impurity[b] < 1e-12, (a, b)
            assert ours.impurity[a] < 1e-12, (a, b)
            continue
        assert (ours.left[a] < 0) == (left < 0), (a, b)
        np.testing.assert_allclose(ours.impurity[a], theirs.impurity[b], atol=1e-9)
        assert ours.size[a] == theirs.n_node_samples[b]
        assert ours.weight[a] == pytest.approx(theirs.weighted_n_node_samples[b])
        if left < 0:
            continue
        gain = lowered(our_risk, a, ours.left[a], ours.right[a])
        assert gain == pytest.approx(lowered(their_risk, b, left, right), rel=1e-9, abs=1e-9)
        same = ours.threshold[a] == pytest.approx(theirs.threshold[b], rel=1e-6, abs=1e-6)
        if same and ours.feature[a] == theirs.feature[b]:
            pairs += [(ours.left[a], left), (ours.right[a], right)]
        else:
            untied = False
    assert compared >= 5
    return untied


# --- at the solution, as scikit-learn -------------------------------------------------------

LIMITS = [
    {"max_depth": 4},
    {"min_samples_leaf": 12},
    {"min_samples_split": 40},
    {"min_weight_fraction_leaf": 0.05},
    {"min_impurity_decrease": 0.01},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("limits", LIMITS, ids=lambda one: next(iter(one)))
@pytest.mark.parametrize("criterion", ["gini", "entropy"])
@pytest.mark.parametrize("classes", [2, 4])
def test_classifier_splits_as_scikit_learn(classes, criterion, limits, weighted):
    X, y, _ = make_data(1, n=500, classes=classes)
    w = np.random.default_rng(2).uniform(0.5, 2, len(y)) if weighted else None
    ours = DecisionTreeClassifier(criterion=criterion, **limits).fit(X, y, w)
    theirs = SklearnClassifier(criterion=criterion, random_state=0, **limits).fit(X, y, w)
    if same_splits(ours.tree_, theirs.tree_):
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
        theirs = theirs.feature_importances_
        np.testing.assert_allclose(ours.feature_importances_, theirs, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("limits", LIMITS, ids=lambda one: next(iter(one)))
def test_regressor_splits_as_scikit_learn(limits, weighted):
    X, _, y = make_data(3, n=500)
    w = np.random.default_rng(2).uniform(0.5, 2, len(y)) if weighted else None
    ours = DecisionTreeRegressor(**limits).fit(X, y, w)
    theirs = SklearnRegressor(random_state=0, **limits).fit(X, y, w)
    if same_splits(ours.tree_, theirs.tree_):
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9, atol=1e-12)
        theirs = theirs.feature_importances_
        np.testing.assert_allclose(ours.feature_importances_, theirs, atol=1e-9)


def test_most_of_these_trees_are_untied_and_wholly_equal():
    """The comparisons above would say little if every tree met a tie at its root."""
    X, y, numbers = make_data(1, n=2000)
    limits = {"max_depth": 4, "min_samples_leaf": 50}
    equal = [
        same_splits(
            ours(**limits).fit(X, t).tree_, theirs(random_state=0, **limits).fit(X, t).tree_
        )
        for ours, theirs, t in [
            (DecisionTreeClassifier, SklearnClassifier, y),
            (DecisionTreeRegressor, SklearnRegressor, numbers),
        ]
    ]
    assert equal == [True, True]


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_real_tables_have_trees_of_scikit_learn_s_size(load):
    """Ties are broken in another way, but every one of these trees is pure and as large."""
    X, y = load(return_X_y=True)
    ours = DecisionTreeClassifier().fit(X, y)
    assert ours.score(X, y) == 1
    sizes = [SklearnClassifier(random_state=s).fit(X, y).get_n_leaves() for s in range(8)]
    assert min(sizes) - 1 <= ours.get_n_leaves() <= max(sizes) + 1
    stump = SklearnClassifier(max_depth=1, random_state=0).fit(X, y).tree_
    ours = DecisionTreeClassifier(max_depth=1).fit(X, y).tree_
    np.testing.assert_allclose(ours.impurity[0], stump.impurity[0])
    assert ours.size[1:] @ ours.impurity[1:] == pytest.approx(
        stump.n_node_samples[1:] @ stump.impurity[1:]
    )


def test_diabetes_as_scikit_learn():
    X, y = load_diabetes(return_X_y=True)
    ours = DecisionTreeRegressor(max_depth=4).fit(X, y)
    theirs = SklearnRegressor(max_depth=4, random_state=0).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-10)


@pytest.mark.parametrize("max_depth", [1, 3, 6])
def test_depths_and_leaves_are_scikit_learn_s(max_depth):
    X, y, _ = make_data(3)
    ours = DecisionTreeClassifier(max_depth=max_depth).fit(X, y)
    theirs = SklearnClassifier(max_depth=max_depth, random_state=0).fit(X, y)
    assert (ours.get_depth(), ours.get_n_leaves()) == (theirs.get_depth(), theirs.get_n_leaves())
    depths = np.array([len(ours.tree_.path(x)) - 1 for x in X])
    np.testing.assert_array_equal(ours.tree_.depths()[ours.apply(X)], depths)
    assert DecisionTreeClassifier().fit(X, np.zeros(len(X))).get_depth() == 0
    data = load_breast_cancer(return_X_y=True)
    whole = SklearnClassifier(random_state=0).fit(*data).get_depth()
    assert DecisionTreeClassifier().fit(*data).get_depth() == whole == 7


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("kind", BOTH)
def test_the_values_beside_a_threshold_are_those_of_its_node(kind, splitter):
    X, labels, numbers = make_data(17, n=150)
    y = labels if kind is DecisionTreeClassifier else numbers
    w = np.random.default_rng(0).integers(0, 3, len(y))  # some samples are none
    tree = kind(splitter=splitter, max_depth=5).fit(X, y, w).tree_
    for t in np.flatnonzero(~tree.is_leaf):
        inside = np.array([w > 0 and t in tree.path(x) for x, w in zip(X, w, strict=True)])
        x = X[inside, tree.feature[t]]
        assert tree.below[t] == x[x <= tree.threshold[t]].max()
        assert tree.above[t] == x[x > tree.threshold[t]].min()
    for cut in (tree, tree.keep(np.arange(len(tree)) == 0)):
        assert np.isnan([cut.below[cut.is_leaf], cut.above[cut.is_leaf]]).all()
        assert not np.isnan([cut.below[~cut.is_leaf], cut.above[~cut.is_leaf]]).any()


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_pruned_trees_are_scikit_learn_s(kind):
    X, labels, numbers = make_data(4, n=400)
    if kind == "classifier":
        y, ours, theirs = labels, DecisionTreeClassifier(), SklearnClassifier(random_state=0)
    else:
        y, ours, theirs = numbers, DecisionTreeRegressor(), SklearnRegressor(random_state=0)
    ours.fit(X, y)
    path = np.unique(theirs.cost_complexity_pruning_path(X, y).ccp_alphas)
    between = (path[:-1] + path[1:]) / 2
    for alpha in between[np.diff(path) > 1e-9][::7]:
        small = theirs.set_params(ccp_alpha=alpha).fit(X, y)
        assert ours.pruned(alpha).get_n_leaves() == small.get_n_leaves()
        np.testing.assert_allclose(ours.pruned(alpha).predict(X), small.predict(X), rtol=1e-9)


# --- by hand --------------------------------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_a_tree_by_hand(splitter):
    """Four points in a row, the first two alike: one question at 2.5 settles it."""
    X, y = [[1.0], [2.0], [3.0], [4.0]], [0, 0, 1, 1]
    tree = DecisionTreeClassifier(splitter=splitter).fit(X, y).tree_
    assert tree.feature.tolist() == [0, -1, -1]
    assert tree.threshold[0] == 2.5
    assert tree.left.tolist() == [1, -1, -1]
    assert tree.right.tolist() == [2, -1, -1]
    np.testing.assert_allclose(tree.impurity, [0.5, 0, 0])
    np.testing.assert_allclose(tree.value, [[0.5, 0.5], [1, 0], [0, 1]])


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_regression_cut_by_hand(splitter):
    """y = 0, 0, 6: the variance 8 falls to 0 if the cut is after the second."""
    tree = DecisionTreeRegressor(splitter=splitter).fit([[0.0], [1.0], [2.0]], [0.0, 0, 6]).tree_
    np.testing.assert_allclose(tree.impurity, [8, 0, 0], atol=1e-14)
    np.testing.assert_allclose(tree.value[:, 0], [2, 0, 6])
    assert tree.threshold[0] == 1.5


def brute_force_gain(x, y, w, impurity):
    """Return the largest decrease over all cuts of one feature, by a loop."""

    def risk(side):
        counts = [w[side & (y == k)].sum() for k in range(y.max() + 1)]
        return w[side].sum() * float(impurity(counts))

    cuts = np.unique(x)[:-1]
    everything = np.ones(len(y), dtype=bool)
    return max(risk(everything) - risk(x <= c) - risk(x > c) for c in cuts)


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("criterion", ["gini", "entropy"])
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_root_split_is_the_best_of_all(criterion, splitter, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(0, 6, size=(30, 3)).astype(float), rng.integers(0, 3, size=30)
    w = rng.uniform(0.1, 3, 30)
    model = DecisionTreeClassifier(criterion=criterion, splitter=splitter, max_depth=1)
    tree = model.fit(X, y, w).tree_
    impurity = {"gini": gini, "entropy": entropy}[criterion]
    best = max(brute_force_gain(x, y, w, impurity) for x in X.T if len(np.unique(x)) > 1)
    risk = tree.weight * tree.impurity
    assert risk[0] - risk[1:].sum() == pytest.approx(best, abs=1e-9)


def test_pruning_minimises_cost_plus_alpha_leaves_over_all_subtrees():
    X, y, _ = make_data(5, n=60, d=3)
    model = DecisionTreeClassifier(max_depth=3).fit(X, y)
    tree = model.tree_
    inner = np.flatnonzero(~tree.is_leaf)
    subtrees = []
    for marks in range(2 ** len(inner)):
        chosen = np.zeros(len(tree), dtype=bool)
        chosen[inner[[bool(marks >> i & 1) for i in range(len(inner))]]] = True
        subtrees.append(tree.keep(chosen))

    def risk(t):
        leaf = t.is_leaf
        return t.weight[leaf] @ t.impurity[leaf] / t.weight[0]

    for alpha in np.linspace(0.001, 0.2, 25):
        costs = [risk(t) + alpha * t.n_leaves for t in subtrees]
        got = model.pruned(alpha).tree_
        assert risk(got) + alpha * got.n_leaves == pytest.approx(min(costs), abs=1e-12)
        ties = [t.n_leaves for t, c in zip(subtrees, costs, strict=True) if c < min(costs) + 1e-12]
        assert got.n_leaves == min(ties)


# --- invariances ----------------------------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("kind", BOTH)
def test_weight_k_is_k_copies(kind, splitter):
    X, labels, numbers = make_data(6, n=120)
    X = X.round(1)
    y = labels if kind is DecisionTreeClassifier else numbers.round()
    copies = np.random.default_rng(1).integers(0, 4, len(y))
    make = {"splitter": splitter, "max_bins": 12, "min_weight_fraction_leaf": 0.02}
    weighted = kind(**make).fit(X, y, sample_weight=copies)
    repeated = kind(**make).fit(X.repeat(copies, axis=0), y.repeat(copies))
    np.testing.assert_array_equal(weighted.tree_.feature, repeated.tree_.feature)
    np.testing.assert_array_equal(weighted.tree_.threshold, repeated.tree_.threshold)
    np.testing.assert_allclose(weighted.tree_.weight, repeated.tree_.weight)
    np.testing.assert_allclose(weighted.tree_.value, repeated.tree_.value, atol=1e-12)


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("kind", BOTH)
def test_row_order_and_the_scale_of_weights_change_nothing(kind, splitter):
    X, labels, numbers = make_data(7)
    X, y = X.round(1), labels if kind is DecisionTreeClassifier else numbers
    w = np.random.default_rng(3).uniform(0.5, 2, len(y))
    shuffled = np.random.default_rng(0).permutation(len(y))
    one = kind(splitter=splitter, max_depth=6).fit(X, y, w)
    for X2, y2, w2 in [(X[shuffled], y[shuffled], w[shuffled]), (X, y, w / 1e6)]:
        other = kind(splitter=splitter, max_depth=6).fit(X2, y2, w2)
        np.testing.assert_array_equal(one.tree_.feature, other.tree_.feature)
        np.testing.assert_array_equal(one.tree_.threshold, other.tree_.threshold)
    for scale in (2.0**-1000, 2.0**1000):  # their products would under- and overflow
        other = kind(splitter=splitter, max_depth=6).fit(X, y, w * scale)
        np.testing.assert_array_equal(one.tree_.threshold, other.tree_.threshold)
        np.testing.assert_array_equal(one.tree_.weight * scale, other.tree_.weight)
        np.testing.assert_array_equal(one.feature_importances_, other.feature_importances_)


def test_monotone_transformations_of_the_features_change_nothing_but_thresholds():
    X, y, _ = make_data(8)
    plain, bent = (DecisionTreeClassifier(max_depth=5).fit(Z, y) for Z in (X, np.exp(X)))
    np.testing.assert_array_equal(plain.tree_.feature, bent.tree_.feature)
    np.testing.assert_array_equal(plain.predict(X), bent.predict(np.exp(X)))


def test_an_offset_of_the_targets_costs_no_digits():
    X, _, y = make_data(9)
    plain, moved = (DecisionTreeRegressor(max_depth=6).fit(X, t) for t in (y, y + 2.0**20))
    np.testing.assert_array_equal(plain.tree_.feature, moved.tree_.feature)
    np.testing.assert_allclose(plain.predict(X), moved.predict(X) - 2.0**20, atol=1e-8)


@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("kind", BOTH)
def test_float32_lists_frames_and_tensors_give_the_same_tree(kind, splitter):
    X, y, _ = make_data(10)
    one = kind(splitter=splitter).fit(X, y)
    for Z in (X.astype(np.float32), X.tolist(), pd.DataFrame(X).to_numpy(), torch.tensor(X)):
        other = kind(splitter=splitter).fit(Z, y)
        np.testing.assert_array_equal(one.tree_.feature, other.tree_.feature)
        np.testing.assert_array_equal(one.predict(X), other.predict(Z))


def test_batch_or_single_row_and_every_path_ends_where_apply_says():
    X, y, _ = make_data(11)
    model = DecisionTreeClassifier().fit(X, y)
    together = model.apply(X)
    assert [int(model.apply(x[None])[0]) for x in X[:20]] == together[:20].tolist()
    assert [model.tree_.path(x)[-1] for x in X[:20]] == together[:20].tolist()


@pytest.mark.parametrize("kind", BOTH)
def test_exact_and_histogram_agree_where_every_value_has_its_bin(kind):
    X, labels, numbers = make_data(12)
    X = X.round(1)  # fewer than 64 bins, so the cuts at the root are the same
    y = labels if kind is DecisionTreeClassifier else numbers
    exact, binned = (kind(splitter=s, max_bins=100, max_depth=4).fit(X, y) for s in SPLITTERS)
    np.testing.assert_array_equal(exact.tree_.feature, binned.tree_.feature)
    np.testing.assert_array_equal(exact.predict(X), binned.predict(X))


def test_exact_and_histogram_divide_the_training_samples_alike_but_not_all_new_ones():
    """The docstring's warning: a threshold lies between the node's values, or between all."""
    X, y = [[5.0, 6.0], [6.0, 8.0], [7.0, 7.0], [7.0, 2.0]], [0, 1, 0, 1]
    exact, binned = (DecisionTreeClassifier(splitter=s).fit(X, y) for s in SPLITTERS)
    np.testing.assert_array_equal(exact.apply(X), binned.apply(X))
    assert (exact.predict([[7, 4.2]]), binned.predict([[7, 4.2]])) == ([1], [0])


def test_random_features_depend_on_the_seed_alone():
    X, y, _ = make_data(13, d=8)
    make = {"max_features": "sqrt", "max_depth": 4}
    trees = [DecisionTreeClassifier(**make, random_state=s).fit(X, y).tree_ for s in (0, 0, 1)]
    np.testing.assert_array_equal(trees[0].feature, trees[1].feature)
    assert trees[0].feature.tolist() != trees[2].feature.tolist()
    roots = [
        int(
            DecisionTreeClassifier(max_features=1, max_depth=1, random_state=s)
            .fit(X, y)
            .tree_.feature[0]
        )
        for s in range(200)
    ]
    counts = np.bincount(roots, minlength=8)
    assert counts.min() > 8  # 25 expected of each; 8 is 3.6 standard deviations below


# --- degenerate input -----------------------------------------------------------------------


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_one_class_one_row_constant_columns_and_duplicates(splitter):
    make = {"splitter": splitter}
    assert DecisionTreeClassifier(**make).fit([[1.0], [2.0]], ["a", "a"]).predict([[9.0]]) == ["a"]
    assert DecisionTreeRegressor(**make).fit([[1.0]], [3.0]).predict([[9.0]]) == [3.0]
    model = DecisionTreeClassifier(**make).fit(np.ones((4, 2)), [0, 1, 1, 1])
    assert model.get_n_leaves() == 1
    assert model.predict([[1.0, 1.0]]) == [1]
    np.testing.assert_array_equal(model.feature_importances_, [0, 0])
    assert model.feature_importances_.dtype == float
    X, y = np.array([[0.0], [0], [1], [1]]), [0, 1, 1, 1]  # equal rows with different labels
    model = DecisionTreeClassifier(**make).fit(X, y)
    np.testing.assert_allclose(model.predict_proba([[0.0], [1.0]]), [[0.5, 0.5], [0, 1]])


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_xor_is_learned_although_its_first_split_gains_nothing(splitter):
    X, y = [[0.0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = DecisionTreeClassifier(splitter=splitter).fit(X, y)
    assert model.score(X, y) == 1
    assert model.tree_.decreases()[0] == 0


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_equal_targets_are_never_split_whatever_the_rounding(splitter):
    X, _, _ = make_data(14)
    for value in (0.1, 1 / 3, 1e-300, 1e300 / 3):
        w = np.random.default_rng(0).uniform(0.1, 1, len(X))
        model = DecisionTreeRegressor(splitter=splitter).fit(X, np.full(len(X), value), w)
        assert model.get_n_leaves() == 1
        assert model.predict(X[:1]) == pytest.approx(value)


def test_thresholds_separate_neighbouring_floats():
    low = 1.0
    high = np.nextafter(low, 2)
    model = DecisionTreeClassifier().fit([[low], [high]], [0, 1])
    assert model.predict([[low], [high]]).tolist() == [0, 1]
    huge = np.finfo(float).max
    model = DecisionTreeClassifier().fit([[0.9 * huge], [huge]], [0, 1])
    assert model.predict([[0.9 * huge], [huge]]).tolist() == [0, 1]


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_a_deep_narrow_tree_is_grown_to_its_end(splitter):
    """Alternating labels along a line: as many leaves as samples."""
    X = np.arange(300.0)[:, None]
    model = DecisionTreeClassifier(splitter=splitter, max_bins=512).fit(X, np.arange(300) % 2)
    assert model.get_n_leaves() == 300
    assert model.score(X, np.arange(300) % 2) == 1


def test_bins_hold_nearly_equal_weight_and_a_heavy_value_has_its_own():
    from course_lib.trees.splits import make_bins

    x = np.r_[np.zeros(900), np.arange(1, 101)][:, None]
    codes, edges = make_bins(x, 4)
    assert edges[0][0] == 0.5
    assert codes[0][:900].max() == 0
    codes, edges = make_bins(np.random.default_rng(0).normal(size=(1000, 1)), 10)
    assert np.bincount(codes[0]).tolist() == [100] * 10
    assert len(edges[0]) == 9


# --- errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"max_depth": 0}, "max_depth"),
        ({"min_samples_leaf": 0}, "min_samples_leaf"),
        ({"min_weight_fraction_leaf": 0.6}, "min_weight_fraction_leaf"),
        ({"max_features": 9}, "max_features"),
        ({"max_bins": 1}, "max_bins"),
        ({"max_bins": 65_537}, "max_bins"),  # a code of 16 bits
        ({"splitter": "best"}, "splitter"),
        ({"criterion": "mse"}, "criterion"),
        ({"ccp_alpha": -1}, "ccp_alpha"),
    ],
)
def test_parameters_out_of_range_are_named(parameters, name):
    X, y, _ = make_data(15)
    with pytest.raises(ValueError, match=name):
        DecisionTreeClassifier(**parameters).fit(X, y)


def test_the_most_bins_are_as_many_as_a_code_can_name():
    X, y, _ = make_data(15)
    assert DecisionTreeClassifier(max_bins=65_536, splitter="histogram").fit(X, y).get_depth() > 0


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, DecisionTreeRegressor])
def test_parameters_have_names(kind):
    with pytest.raises(TypeError, match="positional"):
        kind("gini", 3)


def test_bad_data_is_refused():
    X, y, numbers = make_data(16)
    with pytest.raises(ValueError, match="NaN"):
        DecisionTreeClassifier().fit(np.where(X > 2, np.nan, X), y)
    with pytest.raises(ValueError, match=r"[Uu]nknown label type"):
        DecisionTreeClassifier().fit(X, numbers)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        DecisionTreeClassifier().fit(X, y, np.linspace(-1, 1, len(y)))
    with pytest.raises(ValueError, match="sample_weight"):
        DecisionTreeClassifier().fit(X, y, np.ones(3))
    with pytest.raises(NotFittedError):
        DecisionTreeRegressor().predict(X)
    with pytest.raises(ValueError, match="alpha must be at least 0"):
        DecisionTreeClassifier().fit(X, y).pruned(-0.1)


def test_targets_whose_squares_overflow_are_refused():
    X, _, numbers = make_data(16)
    with pytest.raises(ValueError, match="in a larger unit"):
        DecisionTreeRegressor().fit(X, numbers * 1e200)


@pytest.mark.parametrize("method", ["get_depth", "get_n_leaves", "pruning_alphas", "pruned"])
def test_a_tree_that_is_not_grown_says_so(method):
    arguments = [0.1] if method == "pruned" else []
    with pytest.raises(NotFittedError):
        getattr(DecisionTreeClassifier(), method)(*arguments)


def test_in_a_grid_search():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 3]}, cv=3).fit(X, y)
    assert search.best_params_ == {"max_depth": 3}
    assert search.best_score_ > 0.9
