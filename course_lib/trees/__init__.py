"""Decision trees, and the ensembles that are made of them."""

from course_lib.trees.boosting import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)
from course_lib.trees.decision_tree import DecisionTreeClassifier, DecisionTreeRegressor
from course_lib.trees.impurity import entropy, gain_ratio, gini, information_gain
from course_lib.trees.text import tree_to_text
from course_lib.trees.tree import Tree

__all__ = [
    "AdaBoostClassifier",
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "Tree",
    "entropy",
    "gain_ratio",
    "gini",
    "information_gain",
    "tree_to_text",
]
