"""Collaborative filtering by neighbours: what similar users say, or what one says of similar items.

Symbols
    r_ui    the rating of item i by user u
    a_ui    what is usual for it: nothing, a mean, or the baseline (`centring`)
    e_ui    r_ui − a_ui, the deviation
    s_uv    similarity of users u and v over the items that both rated (likewise of items)
    n_uv    how many these are
    k       neighbours that have a say (`n_neighbors`)

    r̂_ui = a_ui + Σ s_uv e_vi / Σ s_uv,   over the k most similar users v who rated item i

Both ways are one computation, on the table of ratings or on its transpose. A similarity of all
pairs is a few products of sparse matrices; a prediction is made for all pairs of one item (by
users) or of one user (by items) at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from course_lib.checks import check_number, check_whole
from course_lib.ratings import Ratings, check_codes
from course_lib.recommend.baseline import Baseline, shrunk_means
from course_lib.recommend.model import Recommender, require_ratings

SIMILARITIES = ("cosine", "pearson")
CENTRINGS = ("none", "user", "item", "baseline")
_DIGITS = 12  # of a similarity; the rest is rounding


def similarities(
    A: sparse.csr_array, B: sparse.csr_array, kind: str = "cosine", shrinkage: float = 0.0
) -> np.ndarray:
    """Return the similarity of every row of A (m, c) with every row of B (n, c); (m, n).

    Only the columns in which both rows have a stored entry count. The cosine is
    Σxy / √(Σx² Σy²) over these; Pearson's correlation is the cosine after their means over these
    columns were taken off. It is 0 without such columns, and where a row does not vary over them.
    With n_xy of them, the result is multiplied by n_xy / (n_xy + shrinkage): what rests on few
    columns is trusted less. Twelve decimals are kept.

    Cost: four products of sparse matrices (seven for Pearson's), and memory for mn numbers.

    Examples
    --------
    >>> A = Ratings([0, 0, 1, 1], [0, 1, 1, 2], [3, 4, 2, 5]).matrix()
    >>> similarities(A, A)  # one item in common: the same direction
    array([[1., 1.],
           [1., 1.]])
    >>> similarities(A, A, shrinkage=3).round(3)
    array([[0.4 , 0.25],
           [0.25, 0.4 ]])
    """
    if kind not in SIMILARITIES:
        raise ValueError(f"similarity must be one of {', '.join(SIMILARITIES)}; got {kind!r}.")
    shrinkage = check_number("shrinkage", shrinkage, least=0)
    A, B = (sparse.csr_array(table, dtype=np.float64) for table in (A, B))
    if A.shape[1] != B.shape[1]:
        raise ValueError(f"A and B must have the same columns, got shapes {A.shape}, {B.shape}.")
    if kind == "pearson":
        A, B = _centred_rows(A), _centred_rows(B)  # changes no correlation, but saves digits
    ones_A, ones_B = _with_data(A, np.ones_like(A.data)), _with_data(B, np.ones_like(B.data))
    n = (ones_A @ ones_B.T).toarray()
    xy = (A @ B.T).toarray()
    xx = (_with_data(A, A.data**2) @ ones_B.T).toarray()
    yy = (ones_A @ _with_data(B, B.data**2).T).toarray()
    if kind == "pearson":
        x, y, share = (A @ ones_B.T).toarray(), (ones_A @ B.T).toarray(), 1 / np.maximum(n, 1)
        xy = xy - x * y * share
        xx, yy = (_rest_of(*pair) for pair in ((xx, x * x * share), (yy, y * y * share)))
    size = np.sqrt(xx * yy)
    cosine = np.where(size > 0, xy / np.where(size > 0, size, 1.0), 0.0)
    # Rounded, so that what is equal is equal and the first of equals comes first.
    return np.round(np.clip(cosine, -1, 1) * n / np.maximum(n + shrinkage, 1), _DIGITS)


def _centred_rows(A: sparse.csr_array) -> sparse.csr_array:
    counts = np.diff(A.indptr)
    means = A.sum(axis=1) / np.maximum(counts, 1)
    return _with_data(A, A.data - np.repeat(means, counts))


def _rest_of(whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return what is left of a sum of squares without that of the mean; 0 if it is rounding."""
    rest = whole - part
    return np.where(rest > 1e-12 * whole, rest, 0.0)


def _with_data(A: sparse.csr_array, data: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((data, A.indices, A.indptr), shape=A.shape)


def _of_the_nearest(S: np.ndarray, k: int) -> np.ndarray:
    """Return similarities S (m, c) with 0 beyond the k largest of a row; of equal ones the first.

    Only the k-th largest is looked for: nothing has to be sorted.
    """
    if S.shape[1] <= k:
        return S
    last = np.partition(S, -k, axis=1)[:, -k][:, None]
    above, equal = last < S, last == S
    room = k - above.sum(axis=1, keepdims=True)
    return np.where(above | (equal & (np.cumsum(equal, axis=1) <= room)), S, 0.0)


class _Neighborhood(Recommender):
    """What both ways share. Rows are what is compared: users or items; columns are the others."""

    by_users: bool

    def __init__(
        self,
        n_neighbors: int = 40,
        *,
        similarity: str = "cosine",
        centring: str = "user",
        shrinkage: float = 10.0,
    ):
        if similarity not in SIMILARITIES:
            raise ValueError(
                f"similarity must be one of {', '.join(SIMILARITIES)}; got {similarity!r}."
            )
        if centring not in CENTRINGS:
            raise ValueError(f"centring must be one of {', '.join(CENTRINGS)}; got {centring!r}.")
        self.n_neighbors = check_whole("n_neighbors", n_neighbors)
        self.similarity = similarity
        self.centring = centring
        self.shrinkage = check_number("shrinkage", shrinkage, least=0)

    def fit(self, ratings: Ratings) -> _Neighborhood:
        """Compute what is usual, and the similarities of all pairs; return the model."""
        self.ratings_ = require_ratings(ratings)
        self.baseline_ = Baseline().fit(ratings)
        mean, (u, i, r) = self.baseline_.mean_, (ratings.users, ratings.items, ratings.values)
        self.user_means_ = mean + shrunk_means(u, r - mean, ratings.n_users)
        self.item_means_ = mean + shrunk_means(i, r - mean, ratings.n_items)
        deviations = sparse.csr_array((r - self._usual(u, i), (u, i)), shape=ratings.shape)
        self._table = deviations if self.by_users else deviations.T.tocsr()  # (rows, columns)
        self._columns = self._table.tocsc()
        self.similarities_ = similarities(self._table, self._table, self.similarity, self.shrinkage)
        np.fill_diagonal(self.similarities_, 0.0)  # nobody is their own neighbour
        return self

    def predict(self, users: ArrayLike, items: ArrayLike) -> np.ndarray:
        """Predict ratings of pairs of users and items, of shapes that broadcast together.

        Where no similar user has rated the item (no similar item was rated by the user), the
        prediction is what is usual: a_ui, and with ``centring="none"``, or for a user without
        ratings, the baseline's.

        Raises
        ------
        ValueError
            For a user or an item beyond the table that the model was fitted to.
        """
        users, items = self._pairs(users, items)
        shape, users, items = users.shape, users.ravel(), items.ravel()
        rows, columns = (users, items) if self.by_users else (items, users)
        order = np.argsort(columns, kind="stable")
        starts = np.flatnonzero(np.diff(columns[order], prepend=-1))
        deviations = np.zeros(len(rows))
        for group in np.split(order, starts[1:]) if len(order) else ():
            who, said = self._said_of(columns[group[0]])
            S = self.similarities_[np.ix_(rows[group], who)]
            deviations[group] = self._mean_of_neighbors(S, said)
        return self._with_usual(users, items, deviations).reshape(shape)

    def scores(self, users: ArrayLike | None = None) -> np.ndarray:
        """Return the predictions for all items: (k, n_items) for k users, by default all."""
        users = self._users(users)
        return self.predict(users[:, None], np.arange(self.ratings_.n_items)[None, :])

    def neighbors(self, row: int, n: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the most similar users of a user (items of an item), and their similarities.

        Parameters
        ----------
        row : int
        n : int, optional
            How many at most; by default `n_neighbors`. Only positive similarities count.
        """
        row = int(check_codes("row", row, len(self._fitted_similarities())))
        n = self.n_neighbors if n is None else check_whole("n", n)
        s = self.similarities_[row]
        order = np.argsort(-s, kind="stable")[:n]
        order = order[s[order] > 0]
        return order, s[order]

    def _fitted_similarities(self) -> np.ndarray:
        self._fitted()
        return self.similarities_

    def _said_of(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that have an entry in a column, and these entries."""
        part = slice(*self._columns.indptr[column : column + 2])
        return self._columns.indices[part], self._columns.data[part]

    def _mean_of_neighbors(self, S: np.ndarray, said: np.ndarray) -> np.ndarray:
        """Return the mean of what was said (c,), weighted by the k largest of S (m, c); (m,).

        NaN where no similarity is positive.
        """
        W = _of_the_nearest(np.maximum(S, 0), self.n_neighbors)
        total = W.sum(axis=1)
        return np.where(total > 0, W @ said / np.where(total > 0, total, 1.0), np.nan)

    def _with_usual(
        self, users: np.ndarray, items: np.ndarray, deviations: np.ndarray
    ) -> np.ndarray:
        """Add what is usual; where no neighbour has a say, it is all there is."""
        silent = np.isnan(deviations)
        found = self._usual(users, items) + np.where(silent, 0.0, deviations)
        unknown = np.bincount(self.ratings_.users, minlength=self.ratings_.n_users)[users] == 0
        fall_back = unknown | (silent if self.centring == "none" else False)
        return np.where(fall_back, self.baseline_.predict(users, items), found)

    def _usual(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        if self.centring == "none":
            return np.zeros(len(users))
        if self.centring == "baseline":
            return self.baseline_.predict(users, items)
        return self.user_means_[users] if self.centring == "user" else self.item_means_[items]

    def _usual_for(self, items: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return what is usual for somebody new, of every item; (n_items,)."""
        n_items = self.ratings_.n_items
        if self.centring == "none":
            return np.zeros(n_items)
        if self.centring == "baseline":
            return self.baseline_.scores_for(items, values)
        return np.full(n_items, values.mean()) if self.centring == "user" else self.item_means_

    def scores_for(self, items: ArrayLike, values: ArrayLike) -> np.ndarray:
        """Return the predictions (n_items,) for somebody new who rates these items so.

        Nothing is fitted again: who is new has no say in the similarities of the others. Without a
        rating these are the baseline's predictions.
        """
        items, values = self._newcomer(items, values)
        usual_baseline = self.baseline_.scores_for(items, values)
        if not len(items):
            return usual_baseline
        usual = self._usual_for(items, values)
        deviations = self._deviations_for(items, values - usual[items])
        silent = np.isnan(deviations)
        fall_back = usual_baseline if self.centring == "none" else usual
        return np.where(silent, fall_back, usual + np.where(silent, 0.0, deviations))

    def _deviations_for(self, items: np.ndarray, said: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class UserBasedCF(_Neighborhood):
    """User-based collaborative filtering: what the most similar users say of the item.

    Parameters
    ----------
    n_neighbors : int, default=40
        k, how many neighbours have a say at most; only those of positive similarity do.
    similarity : {"cosine", "pearson"}, default="cosine"
        Of the deviations, over what both have in common; see `similarities`.
    centring : {"none", "user", "item", "baseline"}, default="user"
        What is usual, and taken off before anything is compared: nothing, the user's mean, the
        item's mean, or the prediction of `Baseline`.
    shrinkage : float, default=10
        A similarity that rests on n common ratings is multiplied by n / (n + shrinkage).

    Attributes
    ----------
    similarities_ : array of shape (n_users, n_users)
        0 on the diagonal: nobody is their own neighbour.
    user_means_, item_means_ : arrays of shapes (n_users,) and (n_items,)
        Of those without ratings, the mean of all.
    baseline_ : Baseline
    ratings_ : Ratings
        What it was fitted to.

    Notes
    -----
    Cost of fit: O(Σ n_i²) over the items' numbers of ratings, and memory for n_users² numbers.
    Where no similar user has rated the item, the prediction is what is usual; with
    ``centring="none"``, and for a user without ratings, it is the baseline's.

    Resnick, Iacovou, Suchak, Bergstrom and Riedl (1994), *GroupLens: an open architecture for
    collaborative filtering of netnews*, CSCW; the shrinkage: Koren (2010), *Factor in the
    neighbors*, ACM TKDD 4(1).

    Examples
    --------
    >>> users, items = [0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 0, 1, 2, 0, 1, 2]
    >>> likes = Ratings(users, items, [5, 1, 4, 2, 5, 1, 5, 2])
    >>> model = UserBasedCF(centring="none", shrinkage=0).fit(likes)
    >>> model.similarities_.round(2)
    array([[0.  , 0.96, 0.38],
           [0.96, 0.  , 0.65],
           [0.38, 0.65, 0.  ]])
    >>> model.predict(0, 2).round(2)  # (0.96 · 5 + 0.38 · 2) / (0.96 + 0.38)
    np.float64(4.14)
    """

    by_users = True

    def _deviations_for(self, items: np.ndarray, said: np.ndarray) -> np.ndarray:
        row = sparse.csr_array(
            (said, (np.zeros_like(items), items)), shape=(1, self.ratings_.n_items)
        )
        s = similarities(row, self._table, self.similarity, self.shrinkage)  # (1, n_users)
        found = np.full(self.ratings_.n_items, np.nan)
        for item in range(len(found)):
            who, what = self._said_of(item)
            found[item] = self._mean_of_neighbors(s[:, who], what)[0]
        return found


class ItemBasedCF(_Neighborhood):
    """Item-based collaborative filtering: what the user says of the most similar items.

    Parameters
    ----------
    n_neighbors : int, default=40
        k, how many neighbours have a say at most; only those of positive similarity do.
    similarity : {"cosine", "pearson"}, default="cosine"
        Of the deviations, over what both have in common; see `similarities`.
    centring : {"none", "user", "item", "baseline"}, default="user"
        What is usual, and taken off before anything is compared: nothing, the user's mean, the
        item's mean, or the prediction of `Baseline`.
    shrinkage : float, default=10
        A similarity that rests on n common ratings is multiplied by n / (n + shrinkage).

    Attributes
    ----------
    similarities_ : array of shape (n_items, n_items)
        0 on the diagonal: nothing is its own neighbour.
    user_means_, item_means_ : arrays of shapes (n_users,) and (n_items,)
        Of those without ratings, the mean of all.
    baseline_ : Baseline
    ratings_ : Ratings
        What it was fitted to.

    Notes
    -----
    Cost of fit: O(Σ n_u²) over the users' numbers of ratings, and memory for n_items² numbers.
    Where the user has rated no similar item, the prediction is what is usual; with
    ``centring="none"``, and for a user without ratings, it is the baseline's.

    Sarwar, Karypis, Konstan and Riedl (2001), *Item-based collaborative filtering recommendation
    algorithms*, WWW; their adjusted cosine is the cosine with ``centring="user"``.

    Examples
    --------
    >>> users, items = [0, 0, 1, 1, 1, 2, 2, 2], [0, 2, 0, 1, 2, 0, 1, 2]
    >>> model = ItemBasedCF(shrinkage=0).fit(Ratings(users, items, [5, 1, 5, 4, 1, 1, 3, 5]))
    >>> alike, similarity = model.neighbors(1)
    >>> alike, similarity.round(2)  # whoever likes film 0 more than usual likes film 1 more, too
    (array([0]), array([0.64]))
    """

    by_users = False

    def _deviations_for(self, items: np.ndarray, said: np.ndarray) -> np.ndarray:
        return self._mean_of_neighbors(self.similarities_[:, items], said)
