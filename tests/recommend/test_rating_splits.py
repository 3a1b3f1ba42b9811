"""Splits of ratings: everything in one part, nothing of the future in train."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rating_tables import random_ratings

from course_lib.recommend import Ratings, leaks, leave_last_out, random_holdout, split_by_time


def rows(ratings):
    return sorted(zip(ratings.users, ratings.items, ratings.values, ratings.times, strict=True))


SPLITS = [random_holdout, leave_last_out, split_by_time]


@pytest.mark.parametrize("split", SPLITS)
@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_every_rating_is_in_one_part(split, seed):
    ratings = random_ratings(12, 10, 0.5, seed, times=True)
    train, test = split(ratings)
    assert sorted([*rows(train), *rows(test)]) == rows(ratings)
    assert train.shape == test.shape == ratings.shape
    assert leaks(train, test.take(np.arange(len(test)))) >= 0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.05, 0.9))
def test_no_rating_of_the_future_is_learned_from(seed, share):
    ratings = random_ratings(12, 10, 0.5, seed, times=True)
    train, test = split_by_time(ratings, share)
    assert train.times.max() < test.times.min()
    assert leaks(train, test) == 0
    assert len(test) <= round(share * len(ratings))
    train, test = leave_last_out(ratings)
    assert leaks(train, test, per_user=True) == 0


def test_a_share_of_each_user():
    users = np.repeat([0, 1, 2], [10, 3, 1])
    items = np.concatenate([np.arange(10), np.arange(3), [0]])
    ratings = Ratings(users, items, np.arange(14.0))
    _, test = random_holdout(ratings, 0.4)
    assert np.bincount(test.users, minlength=3).tolist() == [4, 1, 0]
    assert np.bincount(random_holdout(ratings, 0.7)[1].users).tolist() == [7, 2]  # 0.7 · 10 is 7
    fives = Ratings(np.repeat([0, 1, 2], 5), np.tile(np.arange(5), 3), np.ones(15))
    assert np.bincount(random_holdout(fives, 0.4)[1].users).tolist() == [2, 2, 2]
    again = random_holdout(ratings, 0.4)[1]
    assert again.items.tolist() == test.items.tolist()
    others = [random_holdout(ratings, 0.4, random_state=s)[1].items.tolist() for s in range(1, 5)]
    assert test.items.tolist() not in others


def test_the_draw_is_even():
    ratings = Ratings(np.zeros(5, int), np.arange(5), np.ones(5))
    drawn = [random_holdout(ratings, 0.2, random_state=s)[1].items[0] for s in range(1000)]
    counts = np.bincount(drawn, minlength=5)
    assert (abs(counts - 200) < 5 * np.sqrt(1000 * 0.2 * 0.8)).all()


def test_the_last_rating_of_each_user():
    ratings = Ratings([0, 0, 1, 1, 1, 2], [3, 1, 0, 2, 1, 0], np.arange(6.0), [5, 6, 9, 9, 8, 7])
    train, test = leave_last_out(ratings)
    assert (test.users.tolist(), test.items.tolist()) == ([0, 1], [1, 2])  # of equal times the item
    assert 2 in train.users
    assert leaks(train, test) == 1  # user 0's last at 6 is before others at 9: they know the future


def test_what_has_the_boundarys_time_is_learned_from():
    ratings = Ratings(np.arange(6), np.zeros(6, int), np.ones(6), [1, 2, 3, 3, 3, 4])
    train, test = split_by_time(ratings, 0.5)
    assert (len(train), test.times.tolist()) == (5, [4])
    assert split_by_time(ratings, 0.95)[0].times.tolist() == [1]


def test_leaks_are_counted():
    train = Ratings([0, 1], [0, 1], [5, 4], [10, 20], shape=(3, 3))
    test = Ratings([0, 0, 2, 1], [0, 1, 1, 2], [5, 4, 3, 2], [30, 9, 15, 20], shape=(3, 3))
    assert leaks(train, test) == 3  # one pair in both; at 9 and 15 train has not ended
    assert leaks(train, test, per_user=True) == 2  # user 2 has nothing in train
    bare = Ratings([0], [0], [5], shape=(3, 3))
    assert leaks(bare, test) == leaks(train, bare) == 1
    with pytest.raises(ValueError, match="train and test must have one shape"):
        leaks(train, Ratings([0], [0], [5]))
    with pytest.raises(TypeError, match="positional"):
        leaks(train, test, True)  # true of what?


@pytest.mark.parametrize("split", [*SPLITS, lambda table: leaks(table, table)])
def test_a_table_of_numbers_is_no_ratings(split):
    with pytest.raises(TypeError, match=r"ratings must be Ratings.*got ndarray"):
        split(np.ones((4, 3)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: random_holdout(r, 1.0), "share must be below 1"),
        (lambda r: random_holdout(r, 0), "share must be a finite number above 0"),
        (lambda r: split_by_time(r, 1), "share must be below 1"),
        (lambda r: split_by_time(r.take([0, 1])), "ratings must have times"),
        (lambda r: leave_last_out(r), "ratings must have times"),
        (lambda r: random_holdout(r.take([0])), "no rating in the test: every user has too few"),
        (lambda r: leave_last_out(Ratings([0], [0], [1], [1])), "no user has two ratings"),
        (lambda r: split_by_time(Ratings([0, 1], [0, 0], [1, 1], [2, 2])), "have one time"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_ratings())
