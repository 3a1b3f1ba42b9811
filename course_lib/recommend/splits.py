"""What to learn from and what to be judged by: splits of ratings.

A split at random asks for a rating in the middle of what one knows; a split by time asks for the
future, as a shop does. Both parts keep the shape of the table.
"""

from __future__ import annotations

import numpy as np

from course_lib.checks import check_number
from course_lib.ratings import Ratings
from course_lib.recommend.model import require_ratings

__all__ = ["leaks", "leave_last_out", "random_holdout", "split_by_time"]

Split = tuple[Ratings, Ratings]


def random_holdout(ratings: Ratings, share: float = 0.2, *, random_state: int = 0) -> Split:
    """Keep a share of each user's ratings for the test, drawn at random.

    Of n ratings of a user, ⌊share · n⌋ are drawn, so that every user keeps some to learn from.

    Parameters
    ----------
    ratings : Ratings
    share : float, default=0.2
        Above 0 and below 1.
    random_state : int, default=0

    Returns
    -------
    train, test : Ratings

    Raises
    ------
    ValueError
        If no user has enough ratings for one of them to be drawn.

    Examples
    --------
    >>> ratings = Ratings([0, 0, 0, 0, 1], [0, 1, 2, 3, 0], [5, 4, 3, 2, 1])
    >>> [len(part) for part in random_holdout(ratings, 0.5)]
    [3, 2]
    """
    require_ratings(ratings)
    _check_share(share)
    chance = np.random.default_rng(random_state).random(len(ratings))
    order = np.lexsort((chance, ratings.users))
    counts = np.bincount(ratings.users, minlength=ratings.n_users)
    drawn = _place_in_user(order, ratings.users) < np.floor(share * counts + 1e-9)[ratings.users]
    return _parts(ratings, drawn, "every user has too few ratings for this share")


def leave_last_out(ratings: Ratings) -> Split:
    """Keep each user's last rating for the test; users with one rating keep it to learn from.

    Of several at the last time, the one of the highest item number is taken.

    Returns
    -------
    train, test : Ratings
        A user's rating in the test is no earlier than any of their own in train; others may have
        rated later. `split_by_time` is the stricter one.

    Examples
    --------
    >>> ratings = Ratings([0, 0, 1, 1], [0, 1, 0, 1], [5, 4, 3, 2], times=[10, 20, 40, 30])
    >>> leave_last_out(ratings)[1].items
    array([1, 0])
    """
    times = _times(ratings)
    order = np.lexsort((-ratings.items, -times, ratings.users))
    several = np.bincount(ratings.users, minlength=ratings.n_users)[ratings.users] > 1
    last = (_place_in_user(order, ratings.users) == 0) & several
    return _parts(ratings, last, "no user has two ratings")


def split_by_time(ratings: Ratings, share: float = 0.2) -> Split:
    """Keep the latest ratings for the test, about a share of all.

    What has the same time as the last rating of the train stays there, so that every rating of the
    test is later than all that is learned from.

    Returns
    -------
    train, test : Ratings
        Users and items of the test may have no rating in train: they are cold.

    Examples
    --------
    >>> ratings = Ratings([0, 0, 1, 1], [0, 1, 0, 1], [5, 4, 3, 2], times=[10, 20, 40, 30])
    >>> [part.times.tolist() for part in split_by_time(ratings, 0.25)]
    [[10.0, 20.0, 30.0], [40.0]]
    """
    _check_share(share)
    times = _times(ratings)
    last = np.sort(times)[max(0, len(times) - 1 - round(share * len(times)))]
    return _parts(ratings, times > last, "all the latest ratings have one time")


def leaks(train: Ratings, test: Ratings, *, per_user: bool = False) -> int:
    """Return how many ratings of the test a model could know more of than it should.

    That is a pair of user and item that stands in train as well; and where both have times, a
    rating of the test that is earlier than the latest in train (of the same user, if per_user).

    Examples
    --------
    >>> ratings = Ratings([0, 0, 1, 1], [0, 1, 0, 1], [5, 4, 3, 2], times=[10, 20, 40, 30])
    >>> leaks(*split_by_time(ratings, 0.25)), leaks(*leave_last_out(ratings))
    (0, 1)
    >>> leaks(*leave_last_out(ratings), per_user=True)
    0
    """
    if require_ratings(train).shape != require_ratings(test).shape:
        raise ValueError(f"train and test must have one shape, got {train.shape} and {test.shape}.")
    known = train.users * train.n_items + train.items
    leaked = np.isin(test.users * test.n_items + test.items, known)
    if train.times is not None and test.times is not None:
        latest = np.full(train.n_users, -np.inf)
        np.maximum.at(latest, train.users, train.times)
        leaked |= test.times < (latest[test.users] if per_user else train.times.max())
    return int(leaked.sum())


def _check_share(share: float) -> None:
    if check_number("share", share, above=0, most=1) == 1:
        raise ValueError("share must be below 1, or there is nothing to learn from; got 1.")


def _times(ratings: Ratings) -> np.ndarray:
    if require_ratings(ratings).times is None:
        raise ValueError("ratings must have times for a split by time; they have none.")
    return ratings.times


def _place_in_user(order: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Return at which place, from 0, each rating stands among its user's, in a given order."""
    counts = np.bincount(users)
    starts = np.cumsum(counts) - counts
    places = np.empty(len(users), dtype=np.int64)
    places[order] = np.arange(len(users)) - starts[users[order]]
    return places


def _parts(ratings: Ratings, test: np.ndarray, why: str) -> Split:
    if not test.any():
        raise ValueError(f"There would be no rating in the test: {why}.")
    return ratings.take(~test), ratings.take(test)
