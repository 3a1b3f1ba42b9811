"""Rows on ensembles of trees that are averaged: bagging and random forests beside scikit-learn.

Both libraries get two threads or processes (``n_jobs=2``), as each of them would use them.
"""

from __future__ import annotations

from typing import Any

from benchmarks import problems
from benchmarks.declare import (
    Row,
    estimator,
    function,
    held_out_error,
    held_out_mistakes,
    held_out_prediction,
)

WIDE = {"n": 20_000, "d": 32}
FOREST = {"n_estimators": 50, "max_depth": 12, "n_jobs": 2, "random_state": 0}
BAG = {"n_estimators": 10, "n_jobs": 2, "random_state": 0}
DEPTH = 8
INTEL = "sklearnex.ensemble"


def bagging(data: Any, whose: str) -> Any:
    """Bag trees of depth 8, ten of them."""
    if whose == "ours":
        from course_lib.trees import BaggingClassifier, DecisionTreeClassifier
    else:
        from sklearn.ensemble import BaggingClassifier
        from sklearn.tree import DecisionTreeClassifier
    return BaggingClassifier(DecisionTreeClassifier(max_depth=DEPTH), **BAG).fit(data.X, data.y)


HERE = "benchmarks.forests"
ROWS = (
    Row(
        name="bagging",
        problem=problems.curved_classes,
        size=WIDE,
        ours=function(f"{HERE}:bagging", library="course_lib", whose="ours"),
        references=(function(f"{HERE}:bagging", library="scikit-learn", whose="theirs"),),
        # The 5,000 rows kept out tell error rates apart to about 0.006, one standard error.
        quality=(held_out_mistakes(0.01),),
        answer=held_out_prediction,
        goal=0.7,
        fastest=estimator(
            f"{INTEL}:RandomForestClassifier",
            needs="sklearnex",
            max_features=None,
            max_depth=DEPTH,
            **BAG,
        ),
    ),
    Row(
        name="random-forest",
        problem=problems.curved_classes,
        size=WIDE,
        ours=estimator("course_lib.trees:RandomForestClassifier", **FOREST),
        references=(estimator("sklearn.ensemble:RandomForestClassifier", **FOREST),),
        quality=(held_out_mistakes(0.01),),
        answer=held_out_prediction,
        goal=0.7,
        fastest=estimator(f"{INTEL}:RandomForestClassifier", needs="sklearnex", **FOREST),
    ),
    Row(
        name="random-forest-regression",
        problem=problems.curved,
        size=WIDE,
        ours=estimator("course_lib.trees:RandomForestRegressor", max_features=1 / 3, **FOREST),
        references=(
            estimator("sklearn.ensemble:RandomForestRegressor", max_features=1 / 3, **FOREST),
        ),
        quality=(held_out_error(0.01),),
        answer=held_out_prediction,
        goal=0.7,
        fastest=estimator(
            f"{INTEL}:RandomForestRegressor", needs="sklearnex", max_features=1 / 3, **FOREST
        ),
    ),
)
