"""Small tables of ratings for the tests of recommenders."""

import numpy as np

from course_lib.recommend import Ratings


def random_ratings(n_users=30, n_items=20, density=0.3, seed=0, f=2, times=False):
    """Ratings of rank f and noise; the last user and the last item have none."""
    rng = np.random.default_rng(seed)
    known = rng.random((n_users, n_items)) < density
    known[-1], known[:, -1] = False, False
    users, items = np.nonzero(known)
    order = rng.permutation(len(users))  # a table comes in no order
    users, items = users[order], items[order]
    P, Q = rng.normal(size=(n_users, f)), rng.normal(size=(n_items, f))
    usual = 3.5 + rng.normal(0, 0.5, n_users)[users] + rng.normal(0, 0.5, n_items)[items]
    values = usual + np.sum(P[users] * Q[items], axis=1) + rng.normal(0, 0.3, len(users))
    when = rng.integers(0, 50, len(users)) if times else None
    return Ratings(users, items, values, when, (n_users, n_items))


def counts_like(ratings, seed=0):
    """The same pairs with counts from 1 to 5."""
    values = np.random.default_rng(seed).integers(1, 6, len(ratings))
    return Ratings(ratings.users, ratings.items, values, shape=ratings.shape)
