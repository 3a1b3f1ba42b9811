import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold

from course_lib.trees import DecisionTreeClassifier
from course_lib.trees.validation import errors_by_price

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
