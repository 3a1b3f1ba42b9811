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


ROUND_NUMBERS = {
    "thousands": [1000.0, 1001, 1002, 1003],
    "years": [2001.0, 2004, 2007, 2011],
    "minutes since 1970": [1.7e9, 1.7e9 + 60, 1.7e9 + 120, 1.7e9 + 180],
    "kelvin": [273.15, 273.16, 273.17, 273.18],
    "far below zero": [-1e6, -1e6 + 0.5, -1e6 + 1, -1e6 + 7],
    "two neighbouring floats": [1.0, np.nextafter(1.0, 2), 2.0, np.nextafter(2.0, 3)],
    "tiny": [1e-9, 1.001e-9, 1.002e-9, 1.003e-9],
    "huge": [-1e300, 1e300, 1.0001e300, 1.7e308],
    "whole numbers of 16 digits": [2.0**52, 2.0**52 + 2, 2.0**52 + 4, 2.0**52 + 6],
}


@pytest.mark.parametrize("splitter", ["exact", "histogram"])
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        *((values, np.float64) for values in ROUND_NUMBERS),
        *((values, np.float32) for values in ("thousands", "years", "kelvin", "tiny")),
    ],
)
@pytest.mark.parametrize("digits", [1, 3])
def test_the_text_sends_every_training_sample_where_the_tree_does(values, digits, dtype, splitter):
    x = np.array(ROUND_NUMBERS[values], dtype=dtype)
    model = DecisionTreeClassifier(splitter=splitter).fit(x[:, None], list("abab"))
    text = tree_to_text(model, ["x"], digits=digits)
    x = x.astype(float)  # float32 would round a number that it is compared with
    for value, label in zip(x, "abab", strict=True):
        assert answer_by_reading(text, ["x"], [value]).startswith(label)
    written = sorted({float(number) for number in re.findall(r"≤ (\S+):", text)})
    assert len(written) == 3
    if values != "two neighbouring floats":  # between these there is no number
        assert all(low < t < high for low, t, high in zip(x[:-1], written, x[1:], strict=True))


@pytest.mark.parametrize("splitter", ["exact", "histogram"])
def test_a_large_tree_of_close_numbers_can_be_read(splitter):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(1e5, 1, 200), rng.integers(2000, 2020, 200)])
    y = rng.integers(0, 3, 200)
    model = DecisionTreeClassifier(splitter=splitter, max_depth=8).fit(X, y)
    for tree in (model, model.pruned(0.01)):
        text = tree_to_text(tree, ["a", "b"], ["0", "1", "2"])
        for x, label in zip(X, tree.predict(X), strict=True):
            assert answer_by_reading(text, ["a", "b"], x).startswith(str(label))


def test_digits_are_not_wasted():
    model = DecisionTreeClassifier().fit([[0.0], [1 / 3]], ["a", "b"])
    assert "x[0] ≤ 0.167: a" in tree_to_text(model)
    model = DecisionTreeClassifier().fit([[0.0], [2000.0]], ["a", "b"])
    assert "x[0] ≤ 1000: a" in tree_to_text(model)  # and not 1e+03
    with pytest.raises(ValueError, match="digits must be a whole number from 1 to 17"):
        tree_to_text(model, digits=0)


def test_means_that_differ_are_written_so():
    model = DecisionTreeRegressor().fit([[1.0], [2.0], [3.0]], [1000.1, 1000.2, 1000.3])
    answers = re.findall(r": (\S+) \(mean", tree_to_text(model))
    assert answers == ["1000.1", "1000.2", "1000.3"]


def test_large_numbers_of_samples_are_written_in_full():
    model = DecisionTreeClassifier().fit([[1.0], [2.0]], ["a", "b"], [1234567, 0.25])
    text = tree_to_text(model)
    assert "a (1234567 of 1234567 samples)" in text
    assert "b (0.25 of 0.25 samples)" in text


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
