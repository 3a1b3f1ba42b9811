"""The table of ratings: what it holds, and what it refuses."""

import numpy as np
import pytest

from course_lib.ratings import Ratings, check_codes

GIVEN = {"users": [2, 0, 0], "items": [1, 0, 3], "values": [4, 0, 2.5], "times": [7, 9, 8]}


def test_columns_and_shape():
    ratings = Ratings(**GIVEN)
    assert ratings.shape == (ratings.n_users, ratings.n_items) == (3, 4)
    assert len(ratings) == 3
    assert ratings.density == 3 / 12
    assert ratings.users.dtype == ratings.items.dtype == np.int64
    assert ratings.values.dtype == ratings.times.dtype == np.float64
    assert Ratings([0], [0], [1]).times is None
    assert Ratings([0], [0], [1], shape=(3, 5)).shape == (3, 5)


def test_the_matrix_keeps_a_rating_of_zero():
    matrix = Ratings(**GIVEN).matrix()
    assert matrix.nnz == 3
    np.testing.assert_array_equal(matrix.toarray(), [[0, 0, 0, 2.5], [0, 0, 0, 0], [0, 4, 0, 0]])


def test_part_of_the_ratings_keeps_shape_and_times():
    ratings = Ratings(**GIVEN)
    for rows in ([2, 1], np.array([False, True, True])):
        part = ratings.take(rows)
        assert part.shape == ratings.shape
        assert sorted(part.times.tolist()) == [8, 9]
        assert set(zip(part.users, part.items, part.values, strict=True)) == {
            (0, 0, 0),
            (0, 3, 2.5),
        }
    assert Ratings([0, 1], [0, 1], [1, 2]).take([1]).times is None


def test_ratings_of_one_user():
    items, values = Ratings(**GIVEN).of(0)
    assert (items.tolist(), values.tolist()) == ([0, 3], [0, 2.5])
    assert not len(Ratings(**GIVEN).of(1)[0])
    with pytest.raises(ValueError, match="user must be whole numbers from 0 to 2, got 3"):
        Ratings(**GIVEN).of(3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": [1, 2]}, "got 3 users, 3 items, 2 values, 3 times"),
        ({"times": [1]}, "3 values, 1 times"),
        ({"users": [], "items": [], "values": [], "times": None}, "at least one rating"),
        ({"users": [0, -1, 1]}, "users must be numbered from 0, got -1"),
        ({"items": [0, 0.5, 1]}, "items must be whole numbers, got dtype float64"),
        ({"items": [0, np.nan, 1]}, "items must be whole numbers"),
        ({"users": ["a", "b", "c"]}, "return_inverse"),
        ({"users": [True, False, True]}, "users must be whole numbers, got dtype bool"),
        ({"values": [1, np.nan, 2]}, r"values must be finite, got values\[1\] = nan"),
        ({"times": [1, 2, np.inf]}, r"times must be finite, got times\[2\] = inf"),
        ({"values": ["good", "bad", "?"]}, "values must be numbers"),
        ({"values": [[1, 2, 3]]}, r"values must have shape \(m,\).*got shape \(1, 3\)"),
        ({"users": [[2, 0, 0]]}, r"users must have shape \(m,\)"),
        ({"shape": (3, 3)}, r"shape must be at least \(3, 4\).*got \(3, 3\)"),
        ({"shape": (2, 4)}, r"shape must be at least \(3, 4\)"),
        ({"shape": 5}, "shape must be two whole numbers"),
        ({"shape": (3.0, 4)}, "shape must be two whole numbers"),
        ({"shape": (3, 4, 5)}, "shape must be two whole numbers"),
        ({"shape": (True, 4)}, "shape must be two whole numbers"),
        ({"users": [2, 0, 0], "items": [1, 3, 3]}, "user 0 has 2 ratings of item 3"),
    ],
)
def test_what_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        Ratings(**{**GIVEN, **changed})


def test_whole_numbers_in_floats_are_codes():
    assert Ratings([1.0], [2.0], [3]).shape == (2, 3)
    assert check_codes("items", np.array([[0.0, 2.0]]), 3).tolist() == [[0, 2]]
    assert check_codes("items", [], 3).shape == (0,)
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match=f"from 0 to 2, got {wrong}: unknown"):
            check_codes("items", [0, wrong], 3)
