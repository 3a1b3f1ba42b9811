"""Measures of rankings beside worked cases and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, root_mean_squared_error

from course_lib.recommend import (
    hit_rate,
    ndcg,
    precision,
    rank_items,
    recall,
    reciprocal_rank,
    rmse,
)

# Two users, five items. The first likes 0, 3, 4 and is shown 1, 3, 0; the second likes 2, the last.
RANKED = [[1, 3, 0], [4, 0, 2]]
LIKED = [[1, 0, 0, 1, 1], [0, 0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("measure", "k", "expected"),
    [
        (precision, 1, [0, 0]),
        (precision, 2, [1 / 2, 0]),
        (precision, 3, [2 / 3, 1 / 3]),
        (recall, 1, [0, 0]),
        (recall, 3, [2 / 3, 1]),
        (hit_rate, 1, [0, 0]),
        (hit_rate, 2, [1, 0]),
        (hit_rate, 3, [1, 1]),
        (reciprocal_rank, 1, [0, 0]),
        (reciprocal_rank, 2, [1 / 2, 0]),
        (reciprocal_rank, 3, [1 / 2, 1 / 3]),
        (ndcg, 1, [0, 0]),
        (ndcg, 2, [(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 0]),
        (ndcg, 3, [(1 / np.log2(3) + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2), 1 / 2]),
    ],
)
def test_worked_by_hand(measure, k, expected):
    np.testing.assert_allclose(measure(RANKED, LIKED, k), expected, rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(1, 8), st.integers(1, 8))
def test_ndcg_is_scikit_learns(seed, k, n):
    rng = np.random.default_rng(seed)
    relevance = rng.integers(0, 4, (5, 8)) * rng.random((5, 8))
    relevance[:, 0] += 0.1  # nobody is without
    scores = rng.permuted(np.arange(40.0).reshape(5, 8), axis=1)
    k = min(k, n)
    ours = ndcg(rank_items(scores, n), relevance, k)
    theirs = [ndcg_score(relevance[[u]], scores[[u]], k=k, ignore_ties=True) for u in range(5)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)
    assert (ours >= 0).all()
    assert (ours <= 1 + 1e-12).all()


def test_more_places_than_relevant_items_and_a_list_of_everything():
    everything = rank_items([[5, 4, 3, 2, 1.0]], 5)
    np.testing.assert_allclose(ndcg(everything, [[3, 2, 1, 0, 0]], 5), 1)
    np.testing.assert_allclose(recall(everything, [[0, 0, 1, 0, 1]], 5), 1)
    np.testing.assert_allclose(precision(everything, [[0, 0, 1, 0, 1]], 5), 0.4)


def test_ties_go_to_the_lower_number():
    assert rank_items([[1, 2, 2, 1, 2.0]], 4).tolist() == [[1, 2, 4, 0]]
    assert rank_items(np.zeros((1, 3)), 3).tolist() == [[0, 1, 2]]


def test_excluded_items_leave_places_empty():
    exclude = [[0, 1, 0, 1], [1, 1, 1, 1]]
    ranked = rank_items([[0.1, 0.9, 0.3, 0.8], [1, 2, 3, 4]], 3, exclude)
    assert ranked.tolist() == [[2, 0, -1], [-1, -1, -1]]
    assert ranked.dtype == np.int64
    relevance = [[0, 1, 1, 1], [0, 1, 0, 0]]  # the last item is no empty place
    np.testing.assert_allclose(precision(ranked, relevance, 3), [1 / 3, 0])
    np.testing.assert_allclose(reciprocal_rank(ranked, relevance, 3), [1, 0])
    assert rank_items([[-np.inf, 0.0]], 2, [[0, 1]]).tolist() == [[0, -1]]


def test_the_scores_are_left_alone():
    scores = np.array([[1.0, 2.0]])
    rank_items(scores, 1, [[0, 1]])
    assert scores.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rank_items([1.0, 2.0], 1), "scores must have shape"),
        (lambda: rank_items([[1.0, np.nan]], 1), "got NaN"),
        (lambda: rank_items([[1.0, 2.0]], 3), "n must be a whole number from 1 to 2, got 3"),
        (lambda: rank_items([[1.0, 2.0]], 1, [[True]]), r"exclude must have .*got \(1, 1\)"),
        (lambda: precision(RANKED, LIKED, 4), "k must be a whole number from 1 to 3, got 4"),
        (lambda: precision([1, 2], LIKED, 1), "ranked and relevance must have shapes"),
        (lambda: precision(RANKED, LIKED[:1], 1), "ranked and relevance must have shapes"),
        (lambda: precision(RANKED[:1], LIKED, 1), "ranked and relevance must have shapes"),
        (lambda: precision([[0, 5]], LIKED[:1], 1), "ranked must hold items from 0 to 4"),
        (lambda: precision([[-2, 0]], LIKED[:1], 1), "ranked must hold items from 0 to 4"),
        (lambda: precision([[0.0]], LIKED[:1], 1), "ranked must hold items from 0 to 4"),
        (lambda: recall([[3, 1, 3]], LIKED[:1], 3), "at most once"),
        (lambda: recall([[0, 1, 0]], LIKED[:1], 3), "at most once"),
        (lambda: recall([[1]], [[0, 0]], 1), r"row 0 \(of 1\) has none"),
        (lambda: ndcg([[1]], [[0, -1]], 1), "relevance must be finite and at least 0"),
        (lambda: ndcg([[1]], [[0, np.nan]], 1), "relevance must be finite"),
        (lambda: rmse([1], [1, 2]), "must have one shape"),
        (lambda: rmse([], []), "at least one entry"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rmse_is_scikit_learns():
    a, b = np.random.default_rng(0).normal(size=(2, 50))
    np.testing.assert_allclose(rmse(a, b), root_mean_squared_error(a, b), rtol=1e-12)
