import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold

from course_lib.trees import DecisionTreeClassifier
from course_lib.trees.validation import errors_by_price, leaf_errors

FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)


def test_the_errors_are_those_of_trees_that_are_fitted_with_the_price():
    X, y = load_iris(return_X_y=True)
    alphas = [0.0, 0.01, 0.4]
    errors = errors_by_price(DecisionTreeClassifier(), X, y, alphas, FOLDS)
    for row, (fit, held) in zip(errors, FOLDS.split(X, y), strict=True):
        for error, alpha in zip(row, alphas, strict=True):
            model = DecisionTreeClassifier(ccp_alpha=alpha).fit(X[fit], y[fit])
            assert error == pytest.approx(1 - model.score(X[held], y[held]))
    assert errors[:, 2].mean() > errors[:, 0].mean()


def test_the_model_itself_is_not_fitted():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier()
    errors_by_price(model, X, y, [0.0], FOLDS)
    assert not hasattr(model, "tree_")


def test_a_negative_price_is_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="alpha"):
        errors_by_price(DecisionTreeClassifier(), X, y, [-1.0], FOLDS)


def test_the_leaves_count_what_is_old_and_new_in_them_from_left_to_right():
    model = DecisionTreeClassifier(max_depth=2).fit(np.arange(10.0)[:, None], list("aabaabbbbb"))
    tree = model.tree_
    assert tree.size[tree.is_leaf].tolist() == [5, 2, 3]  # level by level, not from left to right
    assert tree.size[tree.leaves()].tolist() == [2, 3, 5]
    new = [[0.1], [0.2], [6.5], [2.0], [2.1]]
    counts = leaf_errors(model, new, list("abbba"))
    assert counts.tolist() == [[2, 0, 2, 1], [3, 1, 2, 1], [5, 0, 1, 0]]
    none = leaf_errors(model, np.empty((0, 1)), [])
    assert none.tolist() == [[2, 0, 0, 0], [3, 1, 0, 0], [5, 0, 0, 0]]


def test_the_errors_of_the_leaves_add_up_to_those_of_the_tree():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(max_depth=3).fit(X[::2], y[::2])
    size, mixed, new, failed = leaf_errors(model, X[1::2], y[1::2]).T
    assert size.sum() == new.sum() == 75
    assert mixed.sum() == np.sum(model.predict(X[::2]) != y[::2]) > 0
    assert failed.sum() == np.sum(model.predict(X[1::2]) != y[1::2]) > 0
