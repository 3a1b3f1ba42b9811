"""Rows on boosting: stumps by AdaBoost, small trees by gradient boosting, beside scikit-learn."""

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

SIZE = {"n": 20_000, "d": 32}
ROUNDS = 100
DEPTH = 3
BOOSTING = "course_lib.trees.boosting"

# The 5,000 rows kept out tell error rates apart to about 0.0065, one standard error.
AS_GOOD = held_out_mistakes(0.01)

# By luck the trees find the product in `curved` early or late: on six samples of 4,000 rows the
# errors with bins and without differed by 4 per cent on average, as often one way as the other.
AS_NEAR = held_out_error(0.1)


def ada_boost(data: Any, splitter: str) -> Any:
    """Fit our AdaBoost over stumps with this splitter."""
    from course_lib.trees import AdaBoostClassifier, DecisionTreeClassifier

    stump = DecisionTreeClassifier(max_depth=1, splitter=splitter)
    return AdaBoostClassifier(stump, n_estimators=ROUNDS).fit(data.X, data.y)


def light(data: Any) -> Any:
    """Fit LightGBM with as many trees of the same depth."""
    import lightgbm

    kind = "LGBMClassifier" if data.y.dtype.kind == "i" else "LGBMRegressor"
    options = {"n_estimators": ROUNDS, "max_depth": DEPTH, "num_leaves": 2**DEPTH}
    return getattr(lightgbm, kind)(verbose=-1, **options).fit(data.X, data.y)


LIGHT = function("benchmarks.boosting:light", library="LightGBM", needs="lightgbm")

ROWS = (
    *(
        Row(
            name=f"adaboost-{splitter}",
            problem=problems.curved_classes,
            size=SIZE,
            ours=function("benchmarks.boosting:ada_boost", library="course_lib", splitter=splitter),
            references=(
                estimator(
                    "sklearn.ensemble:AdaBoostClassifier", n_estimators=ROUNDS, random_state=0
                ),
            ),
            quality=(AS_GOOD,),
            answer=held_out_prediction,
            goal=goal,
            group=group,
        )
        for splitter, goal, group in (("histogram", 0.1, "classical"), ("exact", 0.2, "solver"))
    ),
    *(
        Row(
            name=f"gradient-boosting{name}",
            problem=problem,
            size=SIZE,
            ours=estimator(
                f"{BOOSTING}:GradientBoosting{kind}", n_estimators=ROUNDS, max_depth=DEPTH
            ),
            references=(
                estimator(
                    f"sklearn.ensemble:GradientBoosting{kind}",
                    n_estimators=ROUNDS,
                    max_depth=DEPTH,
                    random_state=0,
                ),
            ),
            quality=(quality,),
            answer=held_out_prediction,
            goal=0.1,
            group=group,
        )
        for name, kind, problem, quality, group in (
            ("", "Classifier", problems.curved_classes, AS_GOOD, "classical"),
            ("-regression", "Regressor", problems.curved, AS_NEAR, "solver"),
        )
    ),
    Row(
        name="gradient-boosting-histograms",
        problem=problems.curved_classes,
        size=SIZE,
        ours=estimator(
            f"{BOOSTING}:GradientBoostingClassifier", n_estimators=ROUNDS, max_depth=DEPTH
        ),
        references=(
            estimator(
                "sklearn.ensemble:HistGradientBoostingClassifier",
                max_iter=ROUNDS,
                max_depth=DEPTH,
                early_stopping=False,
                random_state=0,
            ),
        ),
        quality=(AS_GOOD,),
        answer=held_out_prediction,
        goal=3.0,
        group="solver",
        fastest=LIGHT,
    ),
)
