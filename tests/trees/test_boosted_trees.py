"""Trees on shared bins: those that a decision tree grows, on all samples and on some."""

import numpy as np
import pytest

from course_lib.trees.boosted_trees import DEEP, HistogramGrower, make_grower
from course_lib.trees.criteria import SquaredError
from course_lib.trees.growth import Limits, grow
from course_lib.trees.splits import HistogramSearch, SortedSearch, make_bins

CASES = [
    ({"max_depth": 1}, False, False),
    ({"max_depth": 3}, False, False),
    ({"max_depth": 3}, True, False),
    ({"max_depth": 4}, False, True),
    ({"max_depth": 8, "min_samples_leaf": 7}, True, True),
]


def make_data(n=400, d=4, seed=0):
    """Inputs, of which one is constant and one has few values, targets and weights."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(n, d)), np.zeros(n), rng.integers(0, 3, n)])
    r = X[:, 0] * X[:, 1] + (X[:, -1] == 1) + 0.3 * rng.normal(size=n)
    return X, r, rng.exponential(size=n) + 0.1, np.sort(rng.permutation(n)[: n // 2])


def assert_same(ours, theirs):
    for name in ("feature", "left", "right", "size"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    for name in ("threshold", "below", "above", "value", "impurity", "weight"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("splitter", ["exact", "histogram"])
@pytest.mark.parametrize(("limits", "weighted", "some"), CASES)
def test_trees_are_those_of_the_decision_tree(limits, weighted, some, splitter):
    X, r, w, part = make_data()
    w, part = w if weighted else None, part if some else None
    limits = Limits(**limits)
    grower = make_grower(X, w, limits, splitter, 16)
    search = SortedSearch(X) if splitter == "exact" else HistogramSearch(*make_bins(X, 16, w))
    expected = grow(X, SquaredError(r, w), search, limits, rows=part)
    assert len(expected) == 3 if limits.max_depth == 1 else len(expected) > 10
    for _ in range(2):  # the second tree finds everything as the first did
        tree, node = grower.grow(r, part)
        assert_same(tree, expected)
        np.testing.assert_array_equal(node, expected.apply(X))


def test_a_second_tree_on_other_targets_and_rows():
    X, r, _, part = make_data()
    grower = make_grower(X, None, Limits(max_depth=3), "histogram", 16)
    grower.grow(r, part)
    fresh = make_grower(X, None, Limits(max_depth=3), "histogram", 16)
    assert_same(grower.grow(-(r**2))[0], fresh.grow(-(r**2))[0])


@pytest.mark.parametrize("offset", [0.0, 0.25])
def test_equal_targets_are_not_divided(offset):
    X, *_ = make_data()
    tree, node = make_grower(X, None, Limits(max_depth=3), "histogram", 16).grow(
        np.full(len(X), offset)
    )
    assert len(tree) == 1
    assert tree.value[0, 0] == pytest.approx(offset)
    assert not node.any()


def test_a_pure_child_stays_a_leaf_beside_one_that_is_divided():
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    tree, node = make_grower(X, None, Limits(max_depth=3), "histogram", 4).grow(
        np.array([5.0, 5.0, -5.0, -7.0])
    )
    assert tree.feature.tolist() == [0, -1, 1, -1, -1]
    assert tree.value[:, 0].tolist() == pytest.approx([-0.5, 5, -6, -5, -7])
    assert node.tolist() == [1, 1, 3, 4]


def test_of_equal_cuts_the_first_feature_and_the_lowest_threshold_are_taken():
    x = np.arange(4.0)
    r = np.array([1.0, 0.0, 0.0, 1.0])
    grower = make_grower(np.column_stack([x, x]), None, Limits(max_depth=1), "histogram", 4)
    tree, _ = grower.grow(r)
    assert (tree.feature[0], tree.threshold[0]) == (0, 0.5)


def test_leaves_keep_their_least_number_of_samples():
    X, r, _, part = make_data()
    grower = make_grower(X, None, Limits(max_depth=6, min_samples_leaf=21), "histogram", 16)
    for rows in (None, part):
        tree, _ = grower.grow(r, rows)
        assert tree.size[tree.is_leaf].min() >= 21
        assert len(tree) > 5


def test_deep_trees_keep_no_histograms():
    X, *_ = make_data()
    kind = [
        type(make_grower(X, None, Limits(max_depth=depth), "histogram", 16))
        for depth in (DEEP, DEEP + 1, np.inf)
    ]
    assert kind[0] is HistogramGrower
    assert HistogramGrower not in kind[1:]


def test_constant_inputs_leave_the_root():
    tree, _ = make_grower(np.ones((5, 2)), None, Limits(max_depth=2), "histogram", 4).grow(
        np.arange(5.0)
    )
    assert len(tree) == 1
