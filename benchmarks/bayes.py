"""A row of the table on Gaussian naive Bayes: fit, then label queries, beside scikit-learn."""

from __future__ import annotations

from benchmarks.declare import Row, agreement
from benchmarks.neighbors import labels, ten_classes

ROWS = (
    Row(
        name="naive-bayes",
        problem=ten_classes,
        size={"n": 50_000, "d": 64},
        ours=labels("course_lib.naive_bayes:GaussianNB"),
        references=(labels("sklearn.naive_bayes:GaussianNB"),),
        quality=(agreement(0.0),),
        answer=lambda result, data: result,
        goal=1.0,
        array_api=True,
    ),
)
