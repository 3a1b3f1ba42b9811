import numpy as np
import pytest
from sklearn.datasets import load_iris

from course_lib.trees import DecisionTreeClassifier
from course_lib.trees.impurity import entropy, gini, information_gain
from course_lib.trees.splits import gains_of_cuts


@pytest.mark.parametrize("impurity", [entropy, gini])
def test_the_gain_of_a_cut_is_the_gain_of_its_two_sides(impurity):
    X, y = load_iris(return_X_y=True)
    cuts, gains = gains_of_cuts(X[:, 2], y, impurity=impurity)
    for cut, gain in zip(cuts, gains, strict=True):
        sides = [np.bincount(y[side], minlength=3) for side in (X[:, 2] <= cut, X[:, 2] > cut)]
        assert gain == pytest.approx(information_gain(sides, impurity), abs=1e-12)


def test_the_best_cut_is_the_one_that_a_tree_takes():
    X, y = load_iris(return_X_y=True)
    cuts, gains = gains_of_cuts(X[:, 1], y)
    tree = DecisionTreeClassifier(criterion="entropy", max_depth=1).fit(X[:, [1]], y).tree_
    assert cuts[gains.argmax()] == pytest.approx(tree.threshold[0])
    assert gains.max() == pytest.approx(tree.decreases()[0])


def test_cuts_may_be_given():
    cuts, gains = gains_of_cuts([1.0, 2.0, 3.0], [0, 1, 1], [0.0, 1.2])
    assert cuts.tolist() == [0.0, 1.2]
    np.testing.assert_allclose(gains, [0, information_gain([[1, 0], [0, 2]])], atol=1e-15)


def test_weights_that_are_lost_beside_heavy_ones_still_leave_a_tree():
    """Running sums lose them, and a side of weight 0 is no side: boosting makes such weights."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
        weights = 10.0 ** rng.uniform(-22, 0, 40)
        for splitter in ("exact", "histogram"):
            model = DecisionTreeClassifier(max_depth=3, splitter=splitter)
            shares = model.fit(X, y, sample_weight=weights).predict_proba(X)
            assert np.allclose(shares.sum(axis=1), 1)
