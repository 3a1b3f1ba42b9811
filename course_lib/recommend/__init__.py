"""Recommender systems: what somebody will like, told from what others liked."""

from course_lib.ratings import Ratings
from course_lib.recommend.baseline import Baseline
from course_lib.recommend.matrix_factorization import ImplicitALS, MatrixFactorization, NewUser
from course_lib.recommend.measures import (
    hit_rate,
    ndcg,
    precision,
    rank_items,
    recall,
    reciprocal_rank,
    rmse,
)
from course_lib.recommend.model import Recommender
from course_lib.recommend.neighborhood import ItemBasedCF, UserBasedCF, similarities
from course_lib.recommend.splits import leaks, leave_last_out, random_holdout, split_by_time

__all__ = [
    "Baseline",
    "ImplicitALS",
    "ItemBasedCF",
    "MatrixFactorization",
    "NewUser",
    "Ratings",
    "Recommender",
    "UserBasedCF",
    "hit_rate",
    "leaks",
    "leave_last_out",
    "ndcg",
    "precision",
    "random_holdout",
    "rank_items",
    "recall",
    "reciprocal_rank",
    "rmse",
    "similarities",
    "split_by_time",
]
