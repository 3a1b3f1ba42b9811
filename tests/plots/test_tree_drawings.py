import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import NotFittedError

from course_lib.plots import trees as draw
from course_lib.trees import DecisionTreeClassifier, DecisionTreeRegressor, information_gain


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_the_kept_nodes_are_those_of_the_pruned_tree():
    X, y = load_breast_cancer(return_X_y=True)
    model = DecisionTreeClassifier().fit(X, y)
    for alpha in (0.0, 0.003, 0.02, 1.0):
        kept = draw.nodes_kept(model, alpha)
        pruned = model.pruned(alpha).tree_
        assert kept.sum() == len(pruned)
        np.testing.assert_array_equal(model.tree_.size[kept], pruned.size)


def test_the_gain_of_a_cut_is_the_gain_of_its_two_sides():
    X, y = load_iris(return_X_y=True)
    cuts, gains = draw.gains_of_cuts(X[:, 2], y)
    for cut, gain in zip(cuts, gains, strict=True):
        sides = [np.bincount(y[side], minlength=3) for side in (X[:, 2] <= cut, X[:, 2] > cut)]
        assert gain == pytest.approx(information_gain(sides), abs=1e-12)


def test_a_cut_returns_what_is_on_each_side():
    X, y = load_iris(return_X_y=True)
    left, right = draw.cut_on_one_feature(X[:, 2], y, 2.5, ["a", "b", "c"])
    assert (left.tolist(), right.tolist()) == ([50, 0, 0], [0, 50, 50])


def test_a_tree_is_drawn_with_a_frame_for_every_node_that_is_kept():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(max_depth=2).fit(X, y)
    texts = [text.get_text() for text in draw.draw_tree(model).texts]
    assert sum("≤" in text for text in texts) == 2
    assert len(texts) == len(model.tree_)
    with pytest.raises(NotFittedError):
        draw.draw_tree(DecisionTreeClassifier())


def test_the_drawn_thresholds_lie_between_the_training_values():
    X = np.array([[2001.0], [2004], [2007], [2011]])
    model = DecisionTreeClassifier().fit(X, [0, 1, 0, 1])
    texts = [text.get_text() for text in draw.draw_tree(model).texts]
    written = sorted(float(text.split("≤")[1]) for text in texts if "≤" in text)
    assert all(low < t < high for low, t, high in zip(X[:-1, 0], written, X[1:, 0], strict=True))
    model = DecisionTreeRegressor().fit(X, [1000.1, 1000.2, 1000.3, 1000.4])
    texts = [text.get_text() for text in draw.draw_tree(model, ax=plt.figure().gca()).texts]
    means = sorted(text.split("\n")[0] for text in texts if "≤" not in text)
    assert means == ["1000.1", "1000.2", "1000.3", "1000.4"]


def test_children_are_drawn_below_their_parents_and_left_means_yes():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(max_depth=3).fit(X, y)
    tree, ax = model.tree_, draw.draw_tree(model)
    framed = [a for a in ax.patches if a.get_facecolor()[3] == 0]  # a node's frame, in its order
    x, height = np.array([artist.get_center() for artist in framed]).T
    inner = np.flatnonzero(~tree.is_leaf)
    assert len(height) == len(tree)
    assert len(inner) > 3
    for side in (tree.left, tree.right):
        np.testing.assert_allclose(height[side[inner]], height[inner] - 1)
    assert (x[tree.left[inner]] < x[inner]).all()
    assert (x[inner] < x[tree.right[inner]]).all()


def test_the_steps_go_on_beyond_the_points():
    x = np.arange(30.0)
    model = DecisionTreeRegressor(max_depth=2).fit(x[:, None], x)
    ax = draw.steps_of_a_regression_tree(x, x, [model])
    right, height = ax.lines[1].get_xydata()[-1]
    assert right > 35
    assert height == pytest.approx(model.predict([[29.0]])[0])
