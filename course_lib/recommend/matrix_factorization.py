"""Matrix factorisation: a rating is the agreement of a few traits of the user and of the item.

Symbols
    r_ui       the rating of item i by user u
    μ          mean of all ratings (0 without biases)
    b_u, c_i   biases of user and item
    P  (n_users, f)   factors of the users, p_u a row
    Q  (n_items, f)   factors of the items, q_i a row
    λ          strength of the penalty (`lam`)
    γ          learning rate
    e_ui       r_ui − r̂_ui, the error

    r̂_ui = μ + b_u + c_i + p_uᵀq_i

    objective = Σ_known [ e_ui² + λ(‖p_u‖² + ‖q_i‖² + b_u² + c_i²) ]

The penalty stands inside the sum over the known ratings (Koren, Bell and Volinsky 2009): who rates
n times pays n times, and λ means the same on small and on large tables. Both solvers minimise this
one objective.

SGD goes down half the gradient of one rating's term, then of the next, in random order:
b_u += γ(e − λb_u), p_u += γ(e q_i − λp_u), and likewise for the item. Steps for ratings that share
neither the user nor the item do not see each other, so whole groups of them are taken at once, and
the result is that of one after the other.

ALS, alternating least squares: with Q and c fixed, the objective is a sum over users of a ridge
regression each, of r_ui − μ − c_i on (q_i, 1), with the penalty λn_u. All of them are solved at
once: the Gram matrices Σ z_i z_iᵀ of all users are one product of the sparse table of ones with the
outer products of the items, and one batched solver does the rest. Then users and items change
roles. Each half step finds the minimum over its half, so the objective never rises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from course_lib.checks import check_number, check_whole
from course_lib.estimator import blocks
from course_lib.ratings import Ratings
from course_lib.recommend.model import Recommender, require_ratings

SOLVERS = ("als", "sgd")
_NUMBERS = 2**22  # entries of Gram matrices that are held at once


class NewUser(NamedTuple):
    """What a factorisation knows of somebody who was folded in: a bias and factors (f,)."""

    bias: float
    factors: np.ndarray


class MatrixFactorization(Recommender):
    """Explains ratings by a few factors of users and items, and their biases.

    Parameters
    ----------
    n_factors : int, default=16
        f, at least 0; with 0 only biases are left.
    solver : {"als", "sgd"}, default="als"
        Alternating least squares, or stochastic gradient descent.
    lam : float, default=0.1
        λ; above 0 for "als", at least 0 for "sgd".
    biases : bool, default=True
        Whether to have μ, b_u and c_i; without them they are 0.
    n_epochs : int, default=20
        Passes over all ratings: one of "als" solves for the users and then for the items.
    learning_rate : float, default=0.01
        γ, of "sgd".
    init_scale : float, default=0.1
        Standard deviation of the factors at the start; biases start at 0.
    random_state : int, default=0
        Draws the first factors, P and then Q, and the order of the ratings in each epoch of "sgd".

    Attributes
    ----------
    mean_ : float
        μ.
    user_biases_, item_biases_ : arrays of shapes (n_users,) and (n_items,)
    user_factors_, item_factors_ : arrays of shapes (n_users, f) and (n_items, f)
        All are 0 for a user or an item without ratings: the prediction is then what the other side
        says, at worst the mean.
    loss_path_ : array of shape (n_epochs + 1,)
        The objective at the start and after each epoch; that of "als" never rises.
    ratings_ : Ratings
        What it was fitted to.

    Notes
    -----
    Cost of an epoch: O(mf²+ (n_users + n_items) f³) for "als", O(mf) for "sgd", in as
    many groups of steps as depend on one another. The standard for arrays knows no sparse tables,
    so there are no tensors here.

    Koren, Bell and Volinsky (2009), *Matrix factorization techniques for recommender systems*, IEEE
    Computer 42(8); the penalty in ALS: Zhou, Wilkinson, Schreiber and Pan (2008), *Large-scale
    parallel collaborative filtering for the Netflix Prize*.

    Examples
    --------
    >>> likes = Ratings([0, 0, 1, 1, 2, 2], [0, 1, 0, 2, 1, 2], [5, 1, 5, 1, 1, 1])
    >>> model = MatrixFactorization(1, lam=0.01).fit(likes)
    >>> model.predict([0, 1], [0, 0]).round(1)
    array([5., 5.])
    >>> bool((np.diff(model.loss_path_) <= 0).all())
    True
    """

    def __init__(
        self,
        n_factors: int = 16,
        *,
        solver: str = "als",
        lam: float = 0.1,
        biases: bool = True,
        n_epochs: int = 20,
        learning_rate: float = 0.01,
        init_scale: float = 0.1,
        random_state: int = 0,
    ):
        if solver not in SOLVERS:
            raise ValueError(f"solver must be one of {', '.join(SOLVERS)}; got {solver!r}.")
        self.n_factors = check_whole("n_factors", n_factors, 0 if biases else 1)
        self.solver = solver
        bound = {"above": 0} if solver == "als" else {"least": 0}
        self.lam = check_number("lam", lam, **bound)
        self.biases = bool(biases)
        self.n_epochs = check_whole("n_epochs", n_epochs)
        self.learning_rate = check_number("learning_rate", learning_rate, above=0)
        self.init_scale = check_number("init_scale", init_scale, above=0)
        self.random_state = random_state

    def fit(self, ratings: Ratings) -> MatrixFactorization:
        """Learn factors and biases from ratings; return the model.

        Raises
        ------
        ValueError
            If "sgd" diverges, or if lam is so small that rows of "als" have no solution.
        """
        self.ratings_ = require_ratings(ratings)
        rng = np.random.default_rng(self.random_state)
        self.mean_ = float(ratings.values.mean()) if self.biases else 0.0
        self.user_biases_, self.item_biases_ = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
        self.user_factors_, self.item_factors_ = (
            rng.normal(0, self.init_scale, (n, self.n_factors)) for n in ratings.shape
        )
        self.user_factors_[np.bincount(ratings.users, minlength=ratings.n_users) == 0] = 0
        self.item_factors_[np.bincount(ratings.items, minlength=ratings.n_items) == 0] = 0
        path = [self._objective()]
        epoch = self._als_epochs() if self.solver == "als" else self._sgd_epochs(rng)
        with np.errstate(over="ignore", invalid="ignore"):  # a divergence is reported
            for _ in range(self.n_epochs):
                next(epoch)
                path.append(self._objective())
                self._require_finite(path[-1])
        self.loss_path_ = np.array(path)
        return self

    def _require_finite(self, objective: float) -> None:
        if not np.isfinite(objective):
            raise ValueError(
                f"The descent diverged: the objective overflowed at learning_rate="
                f"{self.learning_rate:g}. Choose a smaller one."
            )

    def _als_epochs(self) -> Iterator[None]:
        """Solve for the users, then for the items, again and again."""
        by_user = self.ratings_.matrix()
        by_user.data = by_user.data - self.mean_
        by_item = by_user.T.tocsr()
        while True:
            self.user_factors_, self.user_biases_ = self._solve(
                by_user, self.item_factors_, self.item_biases_
            )
            self.item_factors_, self.item_biases_ = self._solve(
                by_item, self.user_factors_, self.user_biases_
            )
            yield

    def _solve(
        self, table: sparse.csr_array, F: np.ndarray, d: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and biases of the rows of a table (n, c), those of its columns fixed."""
        if not self.biases:
            return ridge_rows(table, F, self.lam), np.zeros(table.shape[0])
        rest = _with_data(table, table.data - d[table.indices])
        w = ridge_rows(rest, np.column_stack([F, np.ones(len(F))]), self.lam)
        return w[:, :-1], w[:, -1]

    def _sgd_epochs(self, rng: np.random.Generator) -> Iterator[None]:
        """Take a step for every rating, in random order, again and again."""
        u, i, r = self.ratings_.users, self.ratings_.items, self.ratings_.values
        while True:
            order = rng.permutation(len(r))
            for group in independent_groups(u[order], i[order]):
                rows = order[group]
                self._sgd_step(u[rows], i[rows], r[rows])
            yield

    def _sgd_step(self, u: np.ndarray, i: np.ndarray, r: np.ndarray) -> None:
        """Take the steps of ratings that share no user and no item; all arrays are (k,)."""
        P, Q, b, c = self.user_factors_, self.item_factors_, self.user_biases_, self.item_biases_
        p, q = P[u], Q[i]  # (k, f)
        e = r - self.mean_ - b[u] - c[i] - np.vecdot(p, q)
        P[u] += self.learning_rate * (e[:, None] * q - self.lam * p)
        Q[i] += self.learning_rate * (e[:, None] * p - self.lam * q)
        if self.biases:
            b[u] += self.learning_rate * (e - self.lam * b[u])
            c[i] += self.learning_rate * (e - self.lam * c[i])

    def _objective(self) -> float:
        u, i, r = self.ratings_.users, self.ratings_.items, self.ratings_.values
        errors = r - self._predicted(u, i)
        of_users = np.sum(self.user_factors_**2, axis=1) + self.user_biases_**2
        of_items = np.sum(self.item_factors_**2, axis=1) + self.item_biases_**2
        return float(errors @ errors + self.lam * (of_users[u].sum() + of_items[i].sum()))

    def _predicted(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        agreement = np.vecdot(self.user_factors_[users], self.item_factors_[items])
        return self.mean_ + self.user_biases_[users] + self.item_biases_[items] + agreement

    def predict(self, users: ArrayLike, items: ArrayLike) -> np.ndarray:
        """Predict ratings of pairs of users and items, of shapes that broadcast together.

        Raises
        ------
        ValueError
            For a user or an item beyond the table that the model was fitted to.
        """
        return self._predicted(*self._pairs(users, items))

    def scores(self, users: ArrayLike | None = None) -> np.ndarray:
        """Return the predictions for all items: (k, n_items) for k users, by default all."""
        u = self._users(users)
        agreement = self.user_factors_[u] @ self.item_factors_.T
        return self.mean_ + self.user_biases_[u][:, None] + self.item_biases_[None, :] + agreement

    def fold_in(self, items: ArrayLike, values: ArrayLike) -> NewUser:
        """Return the bias and the factors of somebody new who rates these items so.

        The items stay as they are, so it is one user's part of a half step of ALS: a ridge
        regression of the ratings on the items' factors. (The penalty has to be above 0.)

        Parameters
        ----------
        items : array of shape (k,)
            Different items, none or more.
        values : array of shape (k,)
            Their ratings.
        """
        items, values = self._newcomer(items, values)
        check_number("lam", self.lam, above=0)
        row = sparse.csr_array(
            (values - self.mean_, (np.zeros_like(items), items)), shape=(1, self.ratings_.n_items)
        )
        factors, bias = self._solve(row, self.item_factors_, self.item_biases_)
        return NewUser(float(bias[0]), factors[0])

    def scores_for(self, items: ArrayLike, values: ArrayLike) -> np.ndarray:
        """Return the predictions (n_items,) for somebody new who rates these items so."""
        new = self.fold_in(items, values)
        return self.mean_ + new.bias + self.item_biases_ + self.item_factors_ @ new.factors


class ImplicitALS(Recommender):
    """Factors of what people did, not of what they said: counts instead of ratings.

    A count r_ui > 0 says that u prefers i, the more surely the larger it is; no count says, hardly
    surely, that u does not. So with the preference t_ui = 1 or 0 and the confidence
    c_ui = 1 + αr_ui, over all pairs, it minimises

        Σ_all c_ui (t_ui − p_uᵀq_i)² + λ(Σ‖p_u‖² + Σ‖q_i‖²)

    by turns, as ALS. That the sum goes over all pairs costs nothing: for every user it is QᵀQ, once
    for all, and αr_ui q_i q_iᵀ for the few items with counts (Hu, Koren and Volinsky 2008).

    Parameters
    ----------
    n_factors : int, default=16
        f.
    lam : float, default=1.0
        λ, above 0. Every user and item pays once, unlike in `MatrixFactorization`.
    alpha : float, default=40.0
        α, above 0.
    n_epochs : int, default=15
    init_scale : float, default=0.1
        Standard deviation of the factors at the start.
    random_state : int, default=0

    Attributes
    ----------
    user_factors_, item_factors_ : arrays of shapes (n_users, f) and (n_items, f)
    loss_path_ : array of shape (n_epochs + 1,)
        The objective at the start and after each epoch; it never rises.
    ratings_ : Ratings
        What it was fitted to.

    Notes
    -----
    `predict` and `scores` are preferences, about 0 to 1, no ratings. Cost of an epoch: O(mf² +
    (n_users + n_items) f³).

    Hu, Koren and Volinsky (2008), *Collaborative filtering for implicit feedback datasets*, ICDM.

    Examples
    --------
    >>> plays = Ratings([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 2, 3], [3, 1, 2, 5, 4, 1])
    >>> ImplicitALS(2).fit(plays).scores([0]).round(1)
    array([[1., 1., 0., 0.]])
    """

    def __init__(
        self,
        n_factors: int = 16,
        *,
        lam: float = 1.0,
        alpha: float = 40.0,
        n_epochs: int = 15,
        init_scale: float = 0.1,
        random_state: int = 0,
    ):
        self.n_factors = check_whole("n_factors", n_factors)
        self.lam = check_number("lam", lam, above=0)
        self.alpha = check_number("alpha", alpha, above=0)
        self.n_epochs = check_whole("n_epochs", n_epochs)
        self.init_scale = check_number("init_scale", init_scale, above=0)
        self.random_state = random_state

    def fit(self, ratings: Ratings) -> ImplicitALS:
        """Learn factors from counts above 0; return the model."""
        self.ratings_ = require_ratings(ratings)
        _require_counts(ratings.values)
        rng = np.random.default_rng(self.random_state)
        self.user_factors_, self.item_factors_ = (
            rng.normal(0, self.init_scale, (n, self.n_factors)) for n in ratings.shape
        )
        by_user = ratings.matrix()
        by_item = by_user.T.tocsr()
        path = [self._objective()]
        for _ in range(self.n_epochs):
            self.user_factors_ = self._solve(by_user, self.item_factors_)
            self.item_factors_ = self._solve(by_item, self.user_factors_)
            path.append(self._objective())
        self.loss_path_ = np.array(path)
        return self

    def _solve(self, table: sparse.csr_array, F: np.ndarray) -> np.ndarray:
        """Return the factors of the rows of a table of counts (n, c), those F of columns fixed."""
        more = _with_data(table, self.alpha * table.data)  # confidence above 1
        G = F.T @ F + self.lam * np.eye(F.shape[1])
        target = _with_data(table, 1 + more.data) @ F  # (n, f)
        return solve_rows(more, F, lambda rows: G, target)

    def _objective(self) -> float:
        u, i, counts = self.ratings_.users, self.ratings_.items, self.ratings_.values
        P, Q = self.user_factors_, self.item_factors_
        s, c = np.vecdot(P[u], Q[i]), 1 + self.alpha * counts
        everywhere = np.sum((P.T @ P) * (Q.T @ Q))  # Σ_all s², with confidence 1 and preference 0
        penalty = self.lam * (np.sum(P * P) + np.sum(Q * Q))
        return float(everywhere + np.sum(c * (1 - s) ** 2 - s * s) + penalty)

    def predict(self, users: ArrayLike, items: ArrayLike) -> np.ndarray:
        """Predict preferences of pairs of users and items, of shapes that broadcast together."""
        users, items = self._pairs(users, items)
        return np.vecdot(self.user_factors_[users], self.item_factors_[items])

    def scores(self, users: ArrayLike | None = None) -> np.ndarray:
        """Return the preferences for all items: (k, n_items) for k users, by default all."""
        users = self._users(users)
        return self.user_factors_[users] @ self.item_factors_.T

    def fold_in(self, items: ArrayLike, values: ArrayLike) -> np.ndarray:
        """Return the factors (f,) of somebody new with these counts; the items stay as they are."""
        items, values = self._newcomer(items, values)
        _require_counts(values)
        row = sparse.csr_array(
            (values, (np.zeros_like(items), items)), shape=(1, self.ratings_.n_items)
        )
        return self._solve(row, self.item_factors_)[0]

    def scores_for(self, items: ArrayLike, values: ArrayLike) -> np.ndarray:
        """Return the preferences (n_items,) of somebody new with these counts."""
        factors = self.fold_in(items, values)
        return self.item_factors_ @ factors


def independent_groups(users: np.ndarray, items: np.ndarray) -> list[np.ndarray]:
    """Cut ratings in a given order (m,) into groups whose steps can be taken all at once.

    A rating's group is the first after those of all earlier ratings of its user and of its item. So
    no group has a user or an item twice, and the steps of a user or of an item keep their order.

    Returns
    -------
    list of int64 arrays
        Positions in the given order; every position is in one of them. Cost: O(m log m).

    Examples
    --------
    >>> independent_groups(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]))
    [array([0, 3]), array([1]), array([2])]
    """
    after_user, after_item, groups = {}, {}, []
    for u, i in zip(users.tolist(), items.tolist(), strict=True):
        group = max(after_user.get(u, 0), after_item.get(i, 0))
        after_user[u] = after_item[i] = group + 1
        groups.append(group)
    return np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])


def ridge_rows(table: sparse.csr_array, Z: np.ndarray, lam: float) -> np.ndarray:
    """Solve a ridge regression for every row of a sparse table, all at once.

    For a row with the entries t_j in n columns it minimises Σ_j (t_j − wᵀz_j)² + λn‖w‖².

    Parameters
    ----------
    table : sparse array of shape (n, c)
        Only stored entries count.
    Z : array of shape (c, g)
        What the columns are described by.
    lam : float
        λ, above 0.

    Returns
    -------
    W : array of shape (n, g)
        0 for a row without entries.

    Examples
    --------
    >>> table = Ratings([0, 0], [0, 1], [2, 4], shape=(2, 2)).matrix()
    >>> ridge_rows(table, np.array([[1.0], [2.0]]), 0.5)  # 10 / (5 + 0.5 · 2)
    array([[1.66666667],
           [0.        ]])
    """
    counts = np.diff(table.indptr)
    ridge = lam * np.where(counts > 0, counts, 1)
    known = _with_data(table, np.ones_like(table.data))
    eye = np.eye(Z.shape[1])
    return solve_rows(known, Z, lambda rows: ridge[rows, None, None] * eye, table @ Z)


def solve_rows(
    weights: sparse.csr_array,
    Z: np.ndarray,
    base: Callable[[slice], np.ndarray],
    target: np.ndarray,
) -> np.ndarray:
    """Solve (base + Σ_j weight_j z_j z_jᵀ) w = target for every row of a sparse table; (n, g).

    `weights` is (n, c), `Z` (c, g), `target` (n, g), and base(rows) is what is added for some rows.
    The sums of outer products are one product of a sparse matrix: the outer products, of which half
    is enough, are its dense factor.
    """
    g = Z.shape[1]
    upper, left = np.triu_indices(g)
    outer = Z[:, upper] * Z[:, left]  # (c, g(g + 1)/2)
    place = np.empty((g, g), dtype=np.int64)
    place[upper, left] = place[left, upper] = np.arange(len(upper))
    W = np.empty_like(target)
    for rows in blocks(weights.shape[0], _NUMBERS // max(1, g * g)):
        A = (weights[rows] @ outer)[:, place] + base(rows)  # (rows, g, g)
        try:
            W[rows] = np.linalg.solve(A, target[rows][:, :, None])[:, :, 0]
        except np.linalg.LinAlgError as error:
            raise ValueError(
                f"lam is too small: a row with fewer entries than its {g} unknowns has no one "
                "solution. Choose a larger lam, or fewer factors."
            ) from error
    return W


def _with_data(table: sparse.csr_array, data: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((data, table.indices, table.indptr), shape=table.shape)


def _require_counts(values: np.ndarray) -> None:
    if len(values) and values.min() <= 0:
        raise ValueError(
            f"values must be counts above 0, got {values.min():g}: leave out what did not happen."
        )
