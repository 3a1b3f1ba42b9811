"""Boosting: many weak learners in a row, each of them made for what those before it get wrong.

AdaBoost (`adaboost`) hands every learner the same samples with new weights, larger where the last
learner was wrong. Gradient boosting (`gradient_boosting`) hands every tree new targets, the
negative derivatives of a loss (`boosting_losses`). With the exponential loss both do much the same.
"""

from course_lib.trees.adaboost import AdaBoostClassifier
from course_lib.trees.gradient_boosting import GradientBoostingClassifier, GradientBoostingRegressor

__all__ = ["AdaBoostClassifier", "GradientBoostingClassifier", "GradientBoostingRegressor"]
