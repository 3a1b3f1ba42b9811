"""Matrix factorisation beside loops, dense solvers and torch's gradient."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rating_tables import counts_like, random_ratings

from course_lib.datasets import planted_ratings
from course_lib.recommend import (
    Baseline,
    ImplicitALS,
    MatrixFactorization,
    Ratings,
    random_holdout,
    rmse,
)
from course_lib.recommend import matrix_factorization as module
from course_lib.recommend.matrix_factorization import independent_groups, ridge_rows, solve_rows

with_and_without_biases = pytest.mark.parametrize("biases", [True, False])


def start(ratings, f, random_state=0, scale=0.1):
    """The factors that a fit begins with, and the generator after they were drawn."""
    rng = np.random.default_rng(random_state)
    P, Q = (rng.normal(0, scale, (n, f)) for n in ratings.shape)
    P[np.bincount(ratings.users, minlength=len(P)) == 0] = 0
    Q[np.bincount(ratings.items, minlength=len(Q)) == 0] = 0
    return P, Q, rng


def objective(ratings, P, Q, b, c, mean, lam):
    """The definition, rating by rating."""
    total = 0.0
    for u, i, r in zip(ratings.users, ratings.items, ratings.values, strict=True):
        e = r - mean - b[u] - c[i] - P[u] @ Q[i]
        total += e**2 + lam * (P[u] @ P[u] + Q[i] @ Q[i] + b[u] ** 2 + c[i] ** 2)
    return total


def parts(model):
    return (
        *(model.user_factors_, model.item_factors_),
        *(model.user_biases_, model.item_biases_, model.mean_),
    )


@with_and_without_biases
def test_sgd_is_the_loop_over_ratings(biases):
    ratings, lam, eta = random_ratings(), 0.05, 0.03
    P, Q, rng = start(ratings, 3, random_state=4, scale=0.2)
    b, c = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
    mean = ratings.values.mean() if biases else 0.0
    path = [objective(ratings, P, Q, b, c, mean, lam)]
    for _ in range(4):
        for k in rng.permutation(len(ratings)):
            u, i, r = ratings.users[k], ratings.items[k], ratings.values[k]
            e = r - mean - b[u] - c[i] - P[u] @ Q[i]
            if biases:
                b[u] += eta * (e - lam * b[u])
                c[i] += eta * (e - lam * c[i])
            P[u], Q[i] = P[u] + eta * (e * Q[i] - lam * P[u]), Q[i] + eta * (e * P[u] - lam * Q[i])
        path.append(objective(ratings, P, Q, b, c, mean, lam))
    model = MatrixFactorization(
        *(3,),
        solver="sgd",
        lam=lam,
        biases=biases,
        n_epochs=4,
        learning_rate=eta,
        init_scale=0.2,
        random_state=4,
    ).fit(ratings)
    np.testing.assert_allclose(model.user_factors_, P, atol=1e-10)
    np.testing.assert_allclose(model.item_factors_, Q, atol=1e-10)
    np.testing.assert_allclose(model.user_biases_, b, atol=1e-10)
    np.testing.assert_allclose(model.item_biases_, c, atol=1e-10)
    np.testing.assert_allclose(model.loss_path_, path, rtol=1e-10)


@with_and_without_biases
def test_a_step_of_sgd_goes_down_half_the_gradient(biases):
    """One rating, one epoch: torch differentiates its term of the objective."""
    ratings, lam, eta = Ratings([1], [2], [4.5], shape=(2, 3)), 0.3, 0.01
    P, Q, _ = start(ratings, 4)
    P, Q, b, c = (torch.tensor(a, requires_grad=True) for a in (P, Q, np.zeros(2), np.zeros(3)))
    mean = 4.5 if biases else 0.0
    bias = (b[1] + c[2]) if biases else 0.0
    term = (4.5 - mean - bias - P[1] @ Q[2]) ** 2
    term = term + lam * (P[1] @ P[1] + Q[2] @ Q[2] + b[1] ** 2 + c[2] ** 2)
    term.backward()
    model = MatrixFactorization(
        4, solver="sgd", lam=lam, biases=biases, n_epochs=1, learning_rate=eta
    ).fit(ratings)
    for ours, theirs in zip(parts(model), (P, Q, b, c), strict=False):
        step = (theirs - eta / 2 * theirs.grad).detach().numpy()
        np.testing.assert_allclose(ours, step, atol=1e-14)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_groups_take_no_user_twice_and_keep_the_order(seed, m):
    rng = np.random.default_rng(seed)
    users, items = rng.integers(0, 9, m), rng.integers(0, 7, m)
    groups = independent_groups(users, items)
    assert sorted(np.concatenate(groups).tolist()) == list(range(m))
    where = np.empty(m, dtype=int)
    for number, group in enumerate(groups):
        where[group] = number
        assert len(set(users[group])) == len(set(items[group])) == len(group) > 0
    for one in range(m):
        for later in range(one + 1, m):
            if users[one] == users[later] or items[one] == items[later]:
                assert where[one] < where[later]


@with_and_without_biases
def test_als_is_a_ridge_regression_for_each_user_then_each_item(biases):
    ratings, lam, f = random_ratings(), 0.07, 3
    P, Q, _ = start(ratings, f)
    b, c = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
    mean = ratings.values.mean() if biases else 0.0

    def solve(rows, columns, F, d, n):
        factors, biases_of = np.zeros((n, f)), np.zeros(n)
        for row in range(n):
            mine = rows == row
            if not mine.any():
                continue
            Z, t = F[columns[mine]], ratings.values[mine] - mean
            if biases:
                Z, t = np.column_stack([Z, np.ones(len(Z))]), t - d[columns[mine]]
            # ridge as least squares on more rows: sqrt(λn) times the identity
            A = np.vstack([Z, np.sqrt(lam * len(Z)) * np.eye(Z.shape[1])])
            w = np.linalg.lstsq(A, np.concatenate([t, np.zeros(Z.shape[1])]), rcond=None)[0]
            factors[row] = w[:f]
            biases_of[row] = w[f] if biases else 0.0
        return factors, biases_of

    path = [objective(ratings, P, Q, b, c, mean, lam)]
    for _ in range(3):
        P, b = solve(ratings.users, ratings.items, Q, c, ratings.n_users)
        Q, c = solve(ratings.items, ratings.users, P, b, ratings.n_items)
        path.append(objective(ratings, P, Q, b, c, mean, lam))
    model = MatrixFactorization(f, lam=lam, biases=biases, n_epochs=3).fit(ratings)
    np.testing.assert_allclose(model.user_factors_, P, atol=1e-8)
    np.testing.assert_allclose(model.item_factors_, Q, atol=1e-8)
    np.testing.assert_allclose(model.user_biases_, b, atol=1e-8)
    np.testing.assert_allclose(model.item_biases_, c, atol=1e-8)
    np.testing.assert_allclose(model.loss_path_, path, rtol=1e-9)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10_000),
    st.sampled_from([1e-3, 0.1, 5.0]),
    st.integers(1, 6),
    st.booleans(),
)
def test_the_objective_of_als_never_rises(seed, lam, f, biases):
    ratings = random_ratings(15, 12, 0.3, seed)
    model = MatrixFactorization(f, lam=lam, biases=biases, random_state=seed).fit(ratings)
    assert len(model.loss_path_) == 21
    assert (np.diff(model.loss_path_) <= 1e-9 * model.loss_path_[0]).all()
    np.testing.assert_allclose(model.loss_path_[-1], objective(ratings, *parts(model), lam))
    implicit = ImplicitALS(f, lam=lam, random_state=seed).fit(counts_like(ratings))
    assert (np.diff(implicit.loss_path_) <= 1e-9 * implicit.loss_path_[0]).all()


def test_the_gradient_vanishes_where_als_ends():
    ratings, lam = random_ratings(), 0.2
    model = MatrixFactorization(2, lam=lam, n_epochs=1000).fit(ratings)
    P, Q, b, c = (torch.tensor(a, requires_grad=True) for a in parts(model)[:4])
    u, i = torch.tensor(ratings.users), torch.tensor(ratings.items)
    e = torch.tensor(ratings.values) - model.mean_ - b[u] - c[i] - (P[u] * Q[i]).sum(1)
    penalty = (P[u] ** 2).sum() + (Q[i] ** 2).sum() + (b[u] ** 2).sum() + (c[i] ** 2).sum()
    total = (e**2).sum() + lam * penalty
    np.testing.assert_allclose(total.item(), model.loss_path_[-1], rtol=1e-10)
    total.backward()
    for part in (P, Q, b, c):
        assert part.grad.abs().max() < 1e-5


def test_both_solvers_reach_the_same_objective():
    ratings = random_ratings(25, 15, 0.5, f=1)
    als = MatrixFactorization(1, lam=0.05, n_epochs=200).fit(ratings)
    sgd = MatrixFactorization(
        1, solver="sgd", lam=0.05, n_epochs=600, learning_rate=0.005, init_scale=0.3
    ).fit(ratings)
    np.testing.assert_allclose(sgd.loss_path_[-1], als.loss_path_[-1], rtol=0.01)
    assert sgd.loss_path_[-1] > als.loss_path_[-1] * (1 - 1e-6)


def test_a_table_of_rank_two_is_found_again():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 30))
    known = rng.random(truth.shape) < 0.5
    users, items = np.nonzero(known)
    ratings = Ratings(users, items, truth[known], shape=truth.shape)
    model = MatrixFactorization(2, lam=1e-6, biases=False, n_epochs=200).fit(ratings)
    np.testing.assert_allclose(model.scores()[~known], truth[~known], atol=1e-3)
    one = MatrixFactorization(1, lam=1e-6, biases=False, n_epochs=200).fit(ratings)
    assert rmse(truth[~known], one.scores()[~known]) > 0.3


def test_no_factors_leave_the_biases():
    """With λ inside the sum a bias is Σ rest / (n(1 + λ)), whose fixed point is dense algebra."""
    ratings = random_ratings()
    model = MatrixFactorization(0, lam=0.2, n_epochs=500).fit(ratings)
    for codes, mine, others in (
        (ratings.users, model.user_biases_, model.item_biases_[ratings.items]),
        (ratings.items, model.item_biases_, model.user_biases_[ratings.users]),
    ):
        rest = ratings.values - model.mean_ - others
        sums = np.bincount(codes, weights=rest, minlength=len(mine))
        counts = np.bincount(codes, minlength=len(mine))
        np.testing.assert_allclose(mine, sums / np.maximum(1.2 * counts, 1), atol=1e-9)
    assert model.user_factors_.shape == (30, 0)


@pytest.mark.parametrize("solver", ["als", "sgd"])
def test_who_has_no_ratings_gets_the_other_side(solver):
    model = MatrixFactorization(3, solver=solver).fit(random_ratings())
    assert not model.user_factors_[-1].any()
    assert not model.item_factors_[-1].any()
    np.testing.assert_allclose(model.scores([29])[0], model.mean_ + model.item_biases_)
    assert model.predict(29, 19) == model.mean_
    np.testing.assert_allclose(model.scores_for([], []), model.mean_ + model.item_biases_)


@with_and_without_biases
def test_folding_in_is_one_users_half_step(biases):
    ratings = random_ratings()
    model = MatrixFactorization(3, biases=biases, n_epochs=600, lam=0.2).fit(ratings)
    items, values = ratings.of(5)
    new = model.fold_in(items, values)  # at the minimum a half step stays
    np.testing.assert_allclose(new.factors, model.user_factors_[5], atol=1e-6)
    np.testing.assert_allclose(new.bias, model.user_biases_[5], atol=1e-6)
    np.testing.assert_allclose(model.scores_for(items, values), model.scores([5])[0], atol=1e-5)


def test_folding_in_needs_a_penalty():
    model = MatrixFactorization(3, solver="sgd", lam=0, n_epochs=1).fit(random_ratings())
    with pytest.raises(ValueError, match="lam must be a finite number above 0"):
        model.fold_in([1], [3])


def test_seeds():
    ratings = random_ratings()
    for solver in ("als", "sgd"):
        one, again, other = (
            MatrixFactorization(2, solver=solver, n_epochs=2, random_state=s).fit(ratings)
            for s in (1, 1, 2)
        )
        np.testing.assert_array_equal(one.user_factors_, again.user_factors_)
        assert not np.allclose(one.user_factors_, other.user_factors_)


def test_blocks_of_rows_change_nothing(monkeypatch):
    ratings = random_ratings()
    whole = MatrixFactorization(3, n_epochs=3).fit(ratings).scores()
    monkeypatch.setattr(module, "_NUMBERS", 7 * 16)
    np.testing.assert_allclose(MatrixFactorization(3, n_epochs=3).fit(ratings).scores(), whole)


def test_weighted_rows_against_dense_algebra():
    table = random_ratings(8, 6, 0.5).matrix()
    Z = np.random.default_rng(1).normal(size=(6, 3))
    target, base = np.arange(24.0).reshape(8, 3), 2 * np.eye(3)
    weights = table.copy()
    weights.data = np.abs(weights.data)
    W = solve_rows(weights, Z, lambda rows: base, target)
    for row, c in enumerate(weights.toarray()):
        np.testing.assert_allclose(
            (base + Z.T @ (c[:, None] * Z)) @ W[row], target[row], atol=1e-10
        )
    assert not ridge_rows(table, Z, 0.3)[-1].any()


def test_implicit_als_is_a_weighted_dense_solve():
    counts, f, lam, alpha = counts_like(random_ratings(12, 9, 0.4)), 3, 0.7, 5.0
    R = counts.matrix().toarray()
    t, C = (R > 0).astype(float), 1 + alpha * R
    rng = np.random.default_rng(3)
    P, Q = rng.normal(0, 0.2, (12, f)), rng.normal(0, 0.2, (9, f))

    def total():
        return np.sum(C * (t - P @ Q.T) ** 2) + lam * (np.sum(P**2) + np.sum(Q**2))

    path = [total()]
    for _ in range(3):
        for u in range(12):
            A = Q.T @ np.diag(C[u]) @ Q + lam * np.eye(f)
            P[u] = np.linalg.solve(A, Q.T @ (C[u] * t[u]))
        for i in range(9):
            A = P.T @ np.diag(C[:, i]) @ P + lam * np.eye(f)
            Q[i] = np.linalg.solve(A, P.T @ (C[:, i] * t[:, i]))
        path.append(total())
    model = ImplicitALS(f, lam=lam, alpha=alpha, n_epochs=3, init_scale=0.2, random_state=3).fit(
        counts
    )
    np.testing.assert_allclose(model.user_factors_, P, atol=1e-10)
    np.testing.assert_allclose(model.item_factors_, Q, atol=1e-10)
    np.testing.assert_allclose(model.loss_path_, path, rtol=1e-10)
    items, values = counts.of(4)
    A = Q.T @ np.diag(C[4]) @ Q + lam * np.eye(f)
    p = np.linalg.solve(A, Q.T @ (C[4] * t[4]))
    np.testing.assert_allclose(model.fold_in(items, values), p, atol=1e-10)
    np.testing.assert_allclose(model.scores_for(items, values), Q @ p, atol=1e-10)


def test_two_groups_of_listeners_are_told_apart():
    rng = np.random.default_rng(0)
    known = np.kron(np.eye(2), np.ones((10, 8))).astype(bool) & (rng.random((20, 16)) < 0.6)
    users, items = np.nonzero(known)
    model = ImplicitALS(2).fit(Ratings(users, items, np.ones(len(users)), shape=(20, 16)))
    inside = np.kron(np.eye(2), np.ones((10, 8))).astype(bool)
    unseen = model.scores()
    assert unseen[inside & ~known].min() > unseen[~inside].max()


def test_planted_factors_beat_the_baseline():
    gains = []
    for seed in range(10):
        train, test = random_holdout(
            planted_ratings(120, 80, 2, density=0.3, random_state=seed).ratings, random_state=seed
        )
        errors = [
            rmse(test.values, model.fit(train).predict(test.users, test.items))
            for model in (Baseline(), MatrixFactorization(2))
        ]
        gains.append(errors[0] - errors[1])
    assert np.mean(gains) > 5 * np.std(gains, ddof=1) / np.sqrt(10)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (MatrixFactorization, {"n_factors": -1}, "n_factors must be a whole number of at least 0"),
        (MatrixFactorization, {"n_factors": 0, "biases": False}, "of at least 1, got 0"),
        (MatrixFactorization, {"solver": "adam"}, "solver must be one of als, sgd; got 'adam'"),
        (MatrixFactorization, {"lam": 0}, "lam must be a finite number above 0, got 0"),
        (MatrixFactorization, {"lam": -1, "solver": "sgd"}, "lam must be .* at least 0, got -1"),
        (MatrixFactorization, {"n_epochs": 0}, "n_epochs must be a whole number of at least 1"),
        (MatrixFactorization, {"learning_rate": 0}, "learning_rate must be a finite number above"),
        (MatrixFactorization, {"init_scale": 0}, "init_scale must be a finite number above 0"),
        (ImplicitALS, {"n_factors": 0}, "n_factors must be a whole number of at least 1"),
        (ImplicitALS, {"lam": 0}, "lam must be a finite number above 0"),
        (ImplicitALS, {"alpha": 0}, "alpha must be a finite number above 0"),
        (ImplicitALS, {"n_epochs": 0}, "n_epochs must be"),
        (ImplicitALS, {"init_scale": 0}, "init_scale must be"),
    ],
)
def test_wrong_parameters_are_named(kind, given, message):
    with pytest.raises(ValueError, match=message):
        kind(**given)


def test_the_smallest_parameters_are_taken():
    ratings = random_ratings()
    assert MatrixFactorization(1, solver="sgd", lam=0, n_epochs=1).fit(ratings).lam == 0
    assert MatrixFactorization(1, biases=False, n_epochs=1).fit(ratings).mean_ == 0
    assert len(ImplicitALS(1, n_epochs=1).fit(counts_like(ratings)).loss_path_) == 2


@pytest.mark.parametrize("value", [0, -1])
def test_counts_are_above_zero(value):
    with pytest.raises(ValueError, match="values must be counts above 0, got"):
        ImplicitALS().fit(Ratings([0, 1], [0, 0], [1, value]))
    with pytest.raises(ValueError, match="values must be counts above 0"):
        ImplicitALS(1).fit(Ratings([0, 1], [0, 0], [1, 1])).fold_in([0], [value])


def test_a_divergence_is_reported():
    with pytest.raises(ValueError, match=r"diverged: .* learning_rate=2\. Choose a smaller one"):
        MatrixFactorization(3, solver="sgd", learning_rate=2).fit(random_ratings())


def test_a_penalty_that_is_lost_in_rounding_is_named():
    table = Ratings([0], [0], [3], shape=(1, 2)).matrix()
    with pytest.raises(ValueError, match=r"lam is too small: .* its 2 unknowns"):
        ridge_rows(table, np.ones((2, 2)), 1e-30)
