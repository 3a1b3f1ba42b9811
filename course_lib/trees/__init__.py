"""Decision trees, and the ensembles that are made of them."""

from course_lib.trees.agreement import (
    predictions_of_members,
    rho_and_variance,
    strength_and_correlation,
    variance_of_mean,
)
from course_lib.trees.boosting import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)
from course_lib.trees.decision_tree import DecisionTreeClassifier, DecisionTreeRegressor
from course_lib.trees.forest import (
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from course_lib.trees.importance import permutation_importance
from course_lib.trees.impurity import entropy, gain_ratio, gini, information_gain
from course_lib.trees.text import tree_to_text
from course_lib.trees.tree import Tree

__all__ = [
    "AdaBoostClassifier",
    "BaggingClassifier",
    "BaggingRegressor",
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "Tree",
    "entropy",
    "gain_ratio",
    "gini",
    "information_gain",
    "permutation_importance",
    "predictions_of_members",
    "rho_and_variance",
    "strength_and_correlation",
    "tree_to_text",
    "variance_of_mean",
]
