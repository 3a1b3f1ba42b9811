"""A tree in words says what the tree predicts."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError

from course_lib.trees import DecisionTreeClassifier, DecisionTreeRegressor, tree_to_text


def answer_by_reading(text, names, x):
    """Follow the written questions as a person does."""
    lines, depth = text.splitlines(), 0
    for line in lines:
        indent = (len(line) - len(line.lstrip())) // 4
        found = re.match(r"\s*if (.+) (≤|>) (\S+):(.*)", line)
        name, sign, threshold, answer = found.groups()
        holds = (x[names.index(name)] <= float(threshold)) == (sign == "≤")
        if indent == depth and holds:
            if answer:
                return answer.strip()
            depth += 1
    raise AssertionError("no answer")


def test_the_text_answers_as_predict_does():
    X, y = load_iris(return_X_y=True)
    names = ["sl", "sw", "pl", "pw"]
    model = DecisionTreeClassifier(max_depth=3).fit(X, y)
    text = tree_to_text(model, names, ["a", "b", "c"], digits=12)
    for x, label in zip(X, model.predict(X), strict=True):
        assert answer_by_reading(text, names, x).startswith("abc"[label])


def test_a_regression_tree_says_means():
    X, y = load_diabetes(return_X_y=True)
    model = DecisionTreeRegressor(max_depth=2).fit(X, y)
    text = tree_to_text(model, digits=12)
    answer = answer_by_reading(text, [f"x[{j}]" for j in range(10)], X[0])
    assert float(answer.split()[0]) == pytest.approx(model.predict(X[:1])[0])
    assert "mean of" in answer


def test_a_lone_leaf():
    model = DecisionTreeClassifier().fit(np.ones((3, 1)), ["a", "a", "b"])
    assert tree_to_text(model) == "always: a (2 of 3 samples)"


def test_a_tree_deeper_than_the_recursion_limit_is_written():
    X = np.arange(1200.0)[:, None]
    lines = tree_to_text(DecisionTreeClassifier().fit(X, np.arange(1200) % 2)).split("\n")
    assert len(lines) == 2 * 1199


def test_a_model_without_a_tree_is_refused():
    with pytest.raises(NotFittedError):
        tree_to_text(DecisionTreeClassifier())


def test_wrong_numbers_of_names():
    model = DecisionTreeClassifier().fit([[1.0], [2.0]], [0, 1])
    with pytest.raises(ValueError, match="feature_names must be 1 names"):
        tree_to_text(model, ["a", "b"])
    with pytest.raises(ValueError, match="class_names must be 2 names"):
        tree_to_text(model, ["a"], ["one"])
