"""The baseline of a rating: what is usual, how generous the user is, how good the item is.

Symbols
    μ           mean of all ratings
    b_u, c_i    how far user u and item i lie from it (`user_biases_`, `item_biases_`)
    n_u, n_i    numbers of their ratings
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number, check_whole
from course_lib.ratings import Ratings
from course_lib.recommend.model import Recommender, require_ratings


class Baseline(Recommender):
    """Predicts μ + b_u + c_i: no taste, only generous users and good items.

    It minimises Σ(r_ui − μ − b_u − c_i)² + λ_u Σb_u² + λ_i Σc_i² by turns: with the users fixed,
    the best c_i is Σ_u(r_ui − μ − b_u)/(λ_i + n_i), and likewise for the users. A user or an item
    without ratings has the bias 0; few ratings pull it towards 0.

    Parameters
    ----------
    lam_users, lam_items : float, default=15 and 10
        λ_u and λ_i, at least 0, in ratings: so many ratings of the mean are added to one's own.
    n_epochs : int, default=10
        How often items and users take their turns.

    Attributes
    ----------
    mean_ : float
        μ.
    user_biases_ : array of shape (n_users,)
    item_biases_ : array of shape (n_items,)
    loss_path_ : array of shape (n_epochs + 1,)
        The objective before the first epoch and after each; it never rises.
    ratings_ : Ratings
        What it was fitted to.

    Notes
    -----
    Cost: O(m) an epoch. The defaults are those of Koren (2010), *Factor in the neighbors*, ACM TKDD
    4(1), section 2.1, as the library Surprise has them.

    Examples
    --------
    >>> model = Baseline(0, 0).fit(Ratings([0, 0, 1], [0, 1, 0], [5, 3, 4]))
    >>> model.predict(1, 1).round(3)
    np.float64(2.0)
    """

    def __init__(self, lam_users: float = 15.0, lam_items: float = 10.0, *, n_epochs: int = 10):
        self.lam_users = check_number("lam_users", lam_users, least=0)
        self.lam_items = check_number("lam_items", lam_items, least=0)
        self.n_epochs = check_whole("n_epochs", n_epochs)

    def fit(self, ratings: Ratings) -> Baseline:
        """Learn the mean and the biases from ratings; return the model."""
        u, i, r = (require_ratings(ratings).users, ratings.items, ratings.values)
        self.ratings_, self.mean_ = ratings, float(r.mean())
        self.user_biases_, self.item_biases_ = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
        path = [self._objective()]
        for _ in range(self.n_epochs):
            rest = r - self.mean_ - self.user_biases_[u]
            self.item_biases_ = shrunk_means(i, rest, ratings.n_items, self.lam_items)
            rest = r - self.mean_ - self.item_biases_[i]
            self.user_biases_ = shrunk_means(u, rest, ratings.n_users, self.lam_users)
            path.append(self._objective())
        self.loss_path_ = np.array(path)
        return self

    def predict(self, users: ArrayLike, items: ArrayLike) -> np.ndarray:
        """Predict ratings of pairs of users and items, of shapes that broadcast together."""
        users, items = self._pairs(users, items)
        return self.mean_ + self.user_biases_[users] + self.item_biases_[items]

    def scores(self, users: ArrayLike | None = None) -> np.ndarray:
        """Return the predictions for all items: (k, n_items) for k users, by default all."""
        users = self._users(users)
        return self.mean_ + self.user_biases_[users][:, None] + self.item_biases_[None, :]

    def scores_for(self, items: ArrayLike, values: ArrayLike) -> np.ndarray:
        """Return the predictions (n_items,) for somebody new who rates these items so."""
        bias = self.bias_of(items, values)
        return self.mean_ + bias + self.item_biases_

    def bias_of(self, items: ArrayLike, values: ArrayLike) -> float:
        """Return the bias of somebody new who rates these items so; 0 without a rating."""
        items, values = self._newcomer(items, values)
        rest = values - self.mean_ - self.item_biases_[items]
        return float(shrunk_means(np.zeros(len(rest), dtype=np.int64), rest, 1, self.lam_users)[0])

    def _objective(self) -> float:
        u, i, r = self.ratings_.users, self.ratings_.items, self.ratings_.values
        b, c = self.user_biases_, self.item_biases_
        errors = r - self.mean_ - b[u] - c[i]
        return float(errors @ errors + self.lam_users * (b @ b) + self.lam_items * (c @ c))


def shrunk_means(codes: np.ndarray, values: np.ndarray, n: int, lam: float = 0.0) -> np.ndarray:
    """Return Σ values / (λ + number of values) for each of n codes; 0 where there is no value.

    >>> shrunk_means(np.array([0, 0, 2]), np.array([3.0, 5.0, 6.0]), 3, lam=1)
    array([2.66666667, 0.        , 3.        ])
    """
    counts = np.bincount(codes, minlength=n)
    sums = np.bincount(codes, weights=values, minlength=n)
    return sums / np.where(counts > 0, counts + lam, 1.0)
