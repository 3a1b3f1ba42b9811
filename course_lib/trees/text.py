"""A tree in words: what a screen reader reads out, and what can be pasted into a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from course_lib.checks import check_whole

DIGITS = 17
"""So many tell any two numbers of double precision apart."""


def tree_to_text(
    model: Any,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    *,
    digits: int = 3,
) -> str:
    """Write a fitted decision tree as nested questions, a line for each question and each answer.

    Parameters
    ----------
    model : DecisionTreeClassifier or DecisionTreeRegressor
        Fitted.
    feature_names : sequence of d str, optional
        "x[0]", "x[1]" … by default.
    class_names : sequence of K str, optional
        In the order of ``classes_``, which is the default.
    digits : int, default=3
        Significant digits of thresholds and means, at least. A threshold gets as many as put it
        between the two training values beside it, so that the text sends every training sample
        where the tree does; a mean gets as many as tell it from others on the scale of the targets.

    Returns
    -------
    str
        A leaf says how many of its training samples it gets right, or the mean of their targets.

    Raises
    ------
    ValueError
        If the names are not as many as the features or the classes, or digits is no whole number
        from 1 to 17.
    NotFittedError
        For a model without a tree.

    Examples
    --------
    >>> from course_lib.trees import DecisionTreeClassifier
    >>> model = DecisionTreeClassifier().fit([[1.0], [2.0], [4.0]], ["low", "low", "high"])
    >>> print(tree_to_text(model, ["height"]))
    if height ≤ 3: low (2 of 2 samples)
    if height > 3: high (1 of 1 sample)
    """
    features, classes = names_of(model, feature_names, class_names)
    check_whole("digits", digits, 1, DIGITS)
    tree, is_leaf = model.tree_, model.tree_.is_leaf
    if is_leaf[0]:
        return f"always: {leaf_in_words(tree, 0, classes, digits)}"
    lines, waiting = [], [(0, "", "")]  # node, its indent, and the line that leads to it
    while waiting:  # a stack, since a tree may be deeper than Python may call itself
        node, indent, line = waiting.pop()
        if is_leaf[node]:
            lines.append(f"{line} {leaf_in_words(tree, node, classes, digits)}")
            continue
        lines += [line] if line else []
        inside = indent + "    " if line else indent
        threshold = threshold_in_words(tree, node, digits)
        for sign, child in ((">", tree.right[node]), ("≤", tree.left[node])):  # left comes first
            question = f"{inside}if {features[tree.feature[node]]} {sign} {threshold}:"
            waiting.append((int(child), inside, question))
    return "\n".join(lines)


def names_of(
    model: Any, feature_names: Sequence[str] | None, class_names: Sequence[str] | None
) -> tuple[list[str], list[str] | None]:
    """Return the names of the features, and of the classes (None for a regressor)."""
    check_is_fitted(model)
    given = [f"x[{j}]" for j in range(model.n_features_in_)]
    features = given if feature_names is None else [str(name) for name in feature_names]
    classes = [str(label) for label in getattr(model, "classes_", [])]
    if class_names is not None:
        classes_given = [str(name) for name in class_names]
        if len(classes_given) != len(classes):
            raise ValueError(
                f"class_names must be {len(classes)} names, one for each class, got "
                f"{len(classes_given)}."
            )
        classes = classes_given
    if len(features) != model.n_features_in_:
        raise ValueError(
            f"feature_names must be {model.n_features_in_} names, one for each feature, got "
            f"{len(features)}."
        )
    return features, classes or None


def threshold_in_words(tree: Any, node: int, digits: int = 3) -> str:
    """Write a threshold so that the training values beside it stay on their sides."""
    t, below, above = tree.threshold[node], tree.below[node], tree.above[node]
    return _written(t, digits, lambda number: (below < number or number == t) and number < above)


def mean_in_words(tree: Any, node: int, digits: int = 3) -> str:
    """Write the mean of a regression tree's node, exact to a twentieth of the targets' spread."""
    mean, spread = tree.value[node][0], math.sqrt(tree.impurity[0])
    return _written(mean, digits, lambda number: abs(number - mean) <= spread / 20)


def _written(number: float, digits: int, suffices: Callable[[float], bool]) -> str:
    """Write a number with at least so many digits, and with more until what is read suffices."""
    texts = (f"{number:.{n}g}" for n in range(digits, DIGITS))
    text = next((text for text in texts if suffices(float(text))), f"{number:.{DIGITS}g}")
    return f"{float(text):.0f}" if "e+" in text and abs(number) < 1e15 else text


def leaf_in_words(tree: Any, node: int, classes: list[str] | None, digits: int) -> str:
    """Say what a leaf predicts, and for how many training samples."""
    size, weight, value = tree.size[node], tree.weight[node], tree.value[node]
    if classes is None:
        return f"{mean_in_words(tree, node, digits)} (mean of {size} {_samples(size)})"
    best = int(np.argmax(value))
    right = _count(value[best] * weight)
    return f"{classes[best]} ({right} of {_count(weight)} {_samples(weight)})"


def _count(weight: float) -> str:
    """Write a number of samples, or a weight: all digits before the point."""
    return f"{weight:.0f}" if weight >= 1e5 else f"{weight:g}"


def _samples(number: float) -> str:
    return "sample" if number == 1 else "samples"
