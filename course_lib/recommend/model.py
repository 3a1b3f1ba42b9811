"""What all recommenders share: scores of all items, the best of them, a user who is new.

No recommender is a scikit-learn estimator: scikit-learn's checks feed tables of real numbers, and
two columns that number users and items are none. What is learned has a trailing underscore all the
same, and `fit` returns the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_whole
from course_lib.ratings import Ratings, check_codes
from course_lib.recommend.measures import rank_items


class Recommender(ABC):
    """A model that scores items for users; every recommender of the course is one."""

    ratings_: Ratings

    @abstractmethod
    def fit(self, ratings: Ratings) -> Recommender:
        """Learn from ratings; return the model."""

    @abstractmethod
    def predict(self, users: ArrayLike, items: ArrayLike) -> np.ndarray:
        """Predict ratings of pairs of users and items, of shapes that broadcast together."""

    @abstractmethod
    def scores(self, users: ArrayLike | None = None) -> np.ndarray:
        """Return the predictions for all items: (k, n_items) for k users, by default all."""

    @abstractmethod
    def scores_for(self, items: ArrayLike, values: ArrayLike) -> np.ndarray:
        """Return the predictions (n_items,) for somebody new who rates these items so."""

    def recommend(
        self, user: int, n: int = 10, *, exclude_seen: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the n items with the highest predictions for a user, best first.

        Parameters
        ----------
        user : int
        n : int, default=10
        exclude_seen : bool, default=True
            Whether to leave out what the user has rated.

        Returns
        -------
        items : int64 array of shape (n,), shorter if fewer items are left
            Of equal scores the item of the lower number comes first.
        scores : array of the same shape
        """
        ratings = self._fitted()
        seen = ratings.of(user)[0] if exclude_seen else []
        return _best(self.scores([user])[0], n, seen)

    def recommend_for(
        self, items: ArrayLike, values: ArrayLike, n: int = 10
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the n best other items for somebody new, and their scores; as `recommend`."""
        scores = self.scores_for(items, values)
        return _best(scores, n, np.asarray(items, dtype=np.int64))

    def _fitted(self) -> Ratings:
        if not hasattr(self, "ratings_"):
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet: call fit(ratings) first."
            )
        return self.ratings_

    def _users(self, users: ArrayLike | None) -> np.ndarray:
        n = self._fitted().n_users
        return np.arange(n) if users is None else np.atleast_1d(check_codes("users", users, n))

    def _pairs(self, users: ArrayLike, items: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        ratings = self._fitted()
        users = check_codes("users", users, ratings.n_users)
        items = check_codes("items", items, ratings.n_items)
        return np.broadcast_arrays(users, items)

    def _newcomer(self, items: ArrayLike, values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Check the ratings of somebody new, who may have none: items and values (k,)."""
        n_items = self._fitted().n_items
        items = np.atleast_1d(check_codes("items", items, n_items))
        values = np.atleast_1d(np.asarray(values, dtype=np.float64))
        if not len(items) and not len(values):
            return items, values
        known = Ratings(np.zeros(len(items), dtype=np.int64), items, values, shape=(1, n_items))
        return known.items, known.values


def require_ratings(ratings: Ratings) -> Ratings:
    """Return the ratings, or raise a TypeError if they are something else."""
    if not isinstance(ratings, Ratings):
        raise TypeError(
            f"ratings must be Ratings(users, items, values), got {type(ratings).__name__}."
        )
    return ratings


def _best(scores: np.ndarray, n: int, seen: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    n = min(check_whole("n", n), len(scores))
    exclude = np.zeros((1, len(scores)), dtype=bool)
    exclude[0, np.asarray(seen, dtype=np.int64)] = True
    ranked = rank_items(scores[None, :], n, exclude)[0]
    ranked = ranked[ranked >= 0]
    return ranked, scores[ranked]
