"""Ridge, lasso and elastic net: formulas, published paths, and the conditions of a minimum."""

from itertools import pairwise

import numpy as np
import pytest
from backends import BACKENDS
from sklearn import linear_model as sklearn_models
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from course_lib.datasets import load_diabetes
from course_lib.linear_models import (
    ElasticNet,
    Lasso,
    LinearRegression,
    Ridge,
    elastic_net_path,
    largest_useful_lam,
    regularized,
    ridge_degrees_of_freedom,
    ridge_path,
    soft_threshold,
)

EXACT = {"tol": 1e-13, "max_iter": 100_000}


def make_data(seed=0, n=60, d=5, offset=3.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(0.5, 2, d) + offset
    return X, X @ np.linspace(-1, 1, d) + 2 + 0.5 * rng.normal(size=n)


def objective(model, X, y):
    w, rho = model.coef_, getattr(model, "l1_ratio", float(isinstance(model, Lasso)))
    price = rho * np.abs(w).sum() + (1 - rho) / 2 * w @ w
    return ((y - model.predict(X)) ** 2).mean() / 2 + model.lam * price


def unit_columns():
    """The diabetes table as Efron and others (2004) use it: columns of mean 0 and length 1."""
    table = load_diabetes(standardize=True)
    return table.X / np.sqrt(len(table.y)), table.y


# --- ridge --------------------------------------------------------------------------------------


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("n", "d"), [(60, 5), (6, 6), (5, 12)])
@pytest.mark.parametrize("lam", [1e-2, 1.0, 30.0])
def test_ridge_is_scikit_learn_s(intercept, n, d, lam):
    X, y = make_data(n=n, d=d)
    theirs = sklearn_models.Ridge(alpha=n * lam, fit_intercept=intercept).fit(X, y)
    ours = Ridge(lam, fit_intercept=intercept).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-10)
    assert float(ours.intercept_) == pytest.approx(theirs.intercept_, abs=1e-9)
    path = ridge_path(X=X, y=y, lams=[lam, 2 * lam], fit_intercept=intercept)
    np.testing.assert_allclose(path.coefs[0], theirs.coef_, atol=1e-10)
    np.testing.assert_allclose(path.intercepts[0], theirs.intercept_, atol=1e-9)
    np.testing.assert_allclose(path.predict(X)[:, 0], theirs.predict(X), atol=1e-9)


@pytest.mark.parametrize(("n", "d"), [(60, 5), (5, 12)])
def test_a_tiny_price_gives_least_squares_of_least_norm(n, d):
    X, y = make_data(n=n, d=d)
    free = LinearRegression().fit(X, y)
    np.testing.assert_allclose(Ridge(1e-12).fit(X, y).coef_, free.coef_, atol=1e-8)


def test_a_price_too_small_for_the_normal_equation_still_counts():
    """Columns 1e-9 apart: G + λI has lost λ's digits, the SVD has not."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    X = np.column_stack([a, a + 1e-6 * b])
    y, lam = a + b, 1e-11
    w = Ridge(lam, fit_intercept=False).fit(X, y).coef_
    longer = np.vstack([X, np.sqrt(50 * lam) * np.eye(2)])
    expected = np.linalg.lstsq(longer, np.append(y, [0, 0]))[0]
    np.testing.assert_allclose(w, expected, rtol=1e-6)


def test_ridge_gradient_is_zero_and_the_intercept_is_free():
    X, y = make_data()
    model = Ridge(0.3).fit(X, y)
    r = y - model.predict(X)
    np.testing.assert_allclose(X.T @ r / len(y), 0.3 * model.coef_, atol=1e-12)
    assert abs(r.mean()) < 1e-12
    shifted = Ridge(0.3).fit(X, y + 1000)
    np.testing.assert_allclose(shifted.coef_, model.coef_, atol=1e-9)


def test_degrees_of_freedom_are_the_trace_of_the_hat_matrix():
    X, _ = make_data()
    Z, lams = X - X.mean(0), np.array([0.01, 1.0, 100.0])
    traces = [np.trace(Z @ np.linalg.solve(Z.T @ Z + 60 * lam * np.eye(5), Z.T)) for lam in lams]
    np.testing.assert_allclose(ridge_degrees_of_freedom(X, lams), traces)
    plain = [np.trace(X @ np.linalg.solve(X.T @ X + 60 * lam * np.eye(5), X.T)) for lam in lams]
    np.testing.assert_allclose(ridge_degrees_of_freedom(X, lams, fit_intercept=False), plain)


# --- lasso and elastic net: published numbers ---------------------------------------------------

LARS_IN_R = np.array(  # weights at the knots by R's lars, as quoted in scikit-learn's tests
    [
        [
            0,
            0,
            0,
            0,
            0,
            -79.81036280949903,
            -83.52878873278283,
            -83.77765373919071,
            -83.78415693288893,
            -84.03339059175666,
        ],
        [0, 0, 0, 0, -0.476624256777266, 0, 0, 0, 0, 0.025219751009936],
        [
            0,
            -3.577397088285891,
            -4.702795355871871,
            -7.016748621359461,
            -7.614898471899412,
            -0.336938391359179,
            0,
            0,
            0.001213370600853,
            0.048162321585148,
        ],
        [
            0,
            0,
            0,
            2.231558436628169,
            2.723267514525966,
            2.811549786389614,
            2.813766976061531,
            2.817462468949557,
            2.817368178703816,
            2.816221090636795,
        ],
        [
            0,
            0,
            -1.218422599914637,
            -3.457726183014808,
            -4.02130452206071,
            -45.827461592423745,
            -47.776608869312305,
            -47.9115616107464,
            -47.914845922736234,
            -48.03956233426572,
        ],
    ]
).T


def test_the_weights_of_r_s_lars():
    y = np.array([-6.45006793, -3.51251449, -8.52445396, 6.12277822, -19.42109366])
    X = np.array(
        [
            [0.47299829, 0, 0, 0, 0],
            [0.08239882, 0.85784863, 0, 0, 0],
            [0.30114139, -0.07501577, 0.80895216, 0, 0],
            [-0.01460346, -0.1015233, 0.0407278, 0.80338378, 0],
            [-0.69363927, 0.06754067, 0.18064514, -0.0803561, 0.40427291],
        ]
    ).T
    for knot in LARS_IN_R[1:-1]:
        lam = np.abs(X.T @ (y - X @ knot)).max() / 5
        for solver in ("fista", "cd"):
            model = Lasso(lam, fit_intercept=False, solver=solver, **EXACT).fit(X, y)
            np.testing.assert_allclose(model.coef_, knot, atol=2e-4)


# Where a variable enters (+) or leaves (−) the lasso on the diabetes table, and the largest
# correlation there. The order of entry is that of Efron, Hastie, Johnstone and Tibshirani (2004),
# figure 1: columns 3, 9, 4, 7, …, 1. The numbers are those that the tests of the Julia package LARS
# quote (from scikit-learn); they belong to a copy of the table that is rounded otherwise, hence
# the tolerance.
KNOTS = {
    "+bmi": 949.435,
    "+s5": 889.316,
    "+bp": 452.901,
    "+s3": 316.074,
    "+sex": 130.131,
    "+s6": 88.782,
    "+s1": 68.965,
    "+s4": 19.981,
    "+s2": 5.477,
    "+age": 5.089,
    "-s3": 2.182,
    "+s3 again": 1.310,
}


def test_variables_enter_and_leave_where_an_older_copy_of_the_table_has_them():
    X, y = unit_columns()
    names = list(load_diabetes().feature_names)
    n, inside = len(y), set()
    assert n * largest_useful_lam(X, y) == pytest.approx(KNOTS["+bmi"], abs=0.001)
    for event, correlation in KNOTS.items():
        before, after = (
            {names[j] for j in np.flatnonzero(Lasso(lam / n, **EXACT).fit(X, y).coef_)}
            for lam in (correlation + 0.006, correlation - 0.006)
        )
        assert before == inside, event
        name = event[1:].split()[0]
        inside = inside | {name} if event[0] == "+" else inside - {name}
        assert after == inside, event


def test_the_whole_path_on_diabetes_is_that_of_lars():
    X, y = unit_columns()
    knots, _, weights = sklearn_models.lars_path(X, y - y.mean(), method="lasso")
    path = elastic_net_path(X, y, knots[:-1], tol=1e-14, max_iter=100_000)
    np.testing.assert_allclose(path.coefs, weights.T[:-1], atol=1e-4)
    np.testing.assert_allclose(path.intercepts, y.mean(), atol=1e-9)


@pytest.mark.parametrize(("lam", "w"), [(1e-8, 1), (0.1, 0.85), (0.5, 0.25), (1.0, 0.0)])
@pytest.mark.parametrize("solver", ["fista", "cd"])
def test_scikit_learn_s_toy_lasso(lam, w, solver):
    model = Lasso(lam, solver=solver, tol=1e-12).fit([[-1.0], [0.0], [1.0]], [-1.0, 0.0, 1.0])
    np.testing.assert_allclose(model.coef_, [w], atol=1e-6)
    np.testing.assert_allclose(model.predict([[2.0], [3.0]]), [2 * w, 3 * w], atol=1e-5)


@pytest.mark.parametrize(("lam", "rho", "w"), [(0.5, 0.3, 0.50819), (0.5, 0.5, 0.45454)])
@pytest.mark.parametrize("solver", ["fista", "cd"])
def test_scikit_learn_s_toy_elastic_net(lam, rho, w, solver):
    model = ElasticNet(lam, l1_ratio=rho, solver=solver, tol=1e-12)
    model.fit([[-1.0], [0.0], [1.0]], [-1.0, 0.0, 1.0])
    np.testing.assert_allclose(model.coef_, [w], atol=1e-3)


# --- lasso and elastic net: what a minimum must hold -------------------------------------------


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("n", "d"), [(60, 5), (8, 8), (10, 30)])
@pytest.mark.parametrize("rho", [1.0, 0.4])
@pytest.mark.parametrize("solver", ["fista", "cd"])
def test_agrees_with_scikit_learn_and_with_the_conditions(intercept, n, d, rho, solver):
    X, y = make_data(n=n, d=d)
    lam = 0.2 * largest_useful_lam(X, y, l1_ratio=rho, fit_intercept=intercept)
    ours = ElasticNet(lam, l1_ratio=rho, fit_intercept=intercept, solver=solver, **EXACT)
    ours.fit(X, y)
    theirs = sklearn_models.ElasticNet(
        lam, l1_ratio=rho, fit_intercept=intercept, tol=1e-12, max_iter=200_000
    ).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=2e-5)
    assert float(ours.intercept_) == pytest.approx(theirs.intercept_, abs=1e-4)
    assert objective(ours, X, y) <= objective_of(theirs, ours, X, y) + 1e-10
    pull = X.T @ (y - ours.predict(X)) / n - lam * (1 - rho) * ours.coef_
    used = ours.coef_ != 0
    np.testing.assert_allclose(pull[used], lam * rho * np.sign(ours.coef_[used]), atol=1e-5)
    assert (np.abs(pull[~used]) <= lam * rho * (1 + 1e-9)).all()


def objective_of(theirs, ours, X, y):
    w, rho = theirs.coef_, ours.l1_ratio
    price = rho * np.abs(w).sum() + (1 - rho) / 2 * w @ w
    return ((y - theirs.predict(X)) ** 2).mean() / 2 + ours.lam * price


@pytest.mark.parametrize("solver", ["fista", "cd"])
@pytest.mark.parametrize("rho", [1.0, 0.3])
def test_the_gap_bounds_what_is_left_to_gain(solver, rho):
    X, y = make_data(3)
    best = objective(ElasticNet(0.1, l1_ratio=rho, **EXACT).fit(X, y), X, y)
    gaps = []
    for steps in (1, 3, 10):
        model = ElasticNet(0.1, l1_ratio=rho, solver=solver, max_iter=steps, tol=0)
        with pytest.warns(ConvergenceWarning, match=f"max_iter={steps} the duality gap") as warned:
            model.fit(X, y)
        assert warned[0].filename == __file__  # where fit was called
        assert model.n_iter_ == steps
        assert objective(model, X, y) - best <= model.dual_gap_ + 1e-12
        gaps.append(model.dual_gap_)
    assert gaps[0] > gaps[-1] > 0


def test_fista_stops_when_the_gap_is_small_enough_and_not_before():
    X, y = make_data(4)
    zero = ((y - y.mean()) ** 2).mean() / 2
    for tol in (1e-2, 1e-5, 1e-9):
        model = Lasso(0.01, tol=tol).fit(X, y)
        assert model.dual_gap_ <= tol * zero
    assert Lasso(0.01, tol=0.1).fit(X, y).n_iter_ < model.n_iter_
    assert Lasso(1e9).fit(X, y).n_iter_ == 0  # 0 is right at once


def test_the_largest_useful_price():
    X, y = make_data(5)
    for rho in (1.0, 0.25):
        top = largest_useful_lam(X, y, l1_ratio=rho)
        assert (ElasticNet(1.0001 * top, l1_ratio=rho).fit(X, y).coef_ == 0).all()
        assert np.count_nonzero(ElasticNet(0.98 * top, l1_ratio=rho, **EXACT).fit(X, y).coef_) == 1
        path = elastic_net_path(X, y, l1_ratio=rho, n_lams=7)
        assert path.lams[0] == pytest.approx(top)
        assert path.lams[-1] == pytest.approx(top / 1000)
        assert (path.coefs[0] == 0).all()


def test_a_path_is_the_fits_and_warm_starts_save_steps(monkeypatch):
    X, y = make_data(6, n=80, d=20)
    steps, plain = [], regularized._fista

    def counted(*arguments):
        w, gap, n = plain(*arguments)
        steps.append(n)
        return w, gap, n

    monkeypatch.setattr(regularized, "_fista", counted)
    path = elastic_net_path(X, y, n_lams=30, l1_ratio=0.7, tol=1e-9)
    warm = sum(steps)
    steps.clear()
    for lam, coef, intercept, gap in zip(
        path.lams, path.coefs, path.intercepts, path.gaps, strict=True
    ):
        model = ElasticNet(lam, l1_ratio=0.7, tol=1e-9).fit(X, y)
        np.testing.assert_allclose(coef, model.coef_, atol=1e-3)
        assert intercept == pytest.approx(float(model.intercept_), abs=1e-2)
        assert gap <= 1e-9 * y.var() / 2
    assert warm < 0.9 * sum(steps)


# --- "fista": the solves on settled signs, the length of its steps, and its moments --------------


def chained(seed=0, n=300, d=60, dtype=float):
    """Neighbouring columns correlate at 0.95: steps alone are slow."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    for j in range(1, d):
        X[:, j] = 0.95 * X[:, j - 1] + 0.3 * X[:, j]
    y = X @ (rng.normal(size=d) * (rng.random(d) < 0.3)) + rng.normal(size=n)
    return X.astype(dtype), y.astype(dtype)


def problem(X, y, intercept=True):
    return regularized._Problem.of(X, y, intercept)


@pytest.mark.parametrize("shape", [(300, 60), (60, 90)])
@pytest.mark.parametrize("rho", [1.0, 0.9])
def test_solving_for_settled_signs_saves_most_steps(shape, rho, monkeypatch):
    X, y = chained(1, *shape)
    lam = 0.1 * largest_useful_lam(X, y, l1_ratio=rho)
    model = ElasticNet(lam, l1_ratio=rho, tol=1e-11)
    coef, steps = model.fit(X, y).coef_, model.n_iter_
    monkeypatch.setattr(regularized, "_solve_for_signs", lambda p, w, l1, l2: w)
    assert steps < 0.5 * model.fit(X, y).n_iter_
    np.testing.assert_allclose(coef, model.coef_, atol=1e-3)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("shape", [(40, 6), (12, 20)])
def test_weights_of_given_signs_have_no_gradient_left(shape, intercept):
    X, y = make_data(13, *shape, offset=0.5)
    p, w = problem(X, y, intercept), np.zeros(shape[1])
    l1, l2, used = 1e-3, 0.1, [1, 3, 4]
    H = p.block(np.array(used)) + l2 * np.eye(3)
    w[used] = np.sign(np.linalg.solve(H, p.c[used]))
    once = regularized._solve_for_signs(p, w, l1, l2)
    found = regularized._solve_for_signs(p, once, l1, l2)  # the first is off by a little of I
    assert np.array_equal(np.sign(once), np.sign(w))
    assert np.array_equal(np.sign(found), np.sign(w))
    slope = p.c - p.times(found) - l2 * found - l1 * np.sign(found)
    np.testing.assert_allclose(slope[used], 0, atol=1e-12)


def test_a_weight_that_would_change_its_sign_is_put_at_0_and_the_others_are_solved_again():
    X, y = make_data(14, 50, 4, offset=0)
    y = X @ [3.0, -3.0, 0.1, 2.0]
    p = problem(X, y)
    w = np.array([1.0, -1.0, -1.0, 0.0])  # the third should be positive
    found = regularized._solve_for_signs(p, w, 1e-3, 0.0)
    slope = p.c - p.times(found) - 1e-3 * np.sign(found)
    assert found[2] == found[3] == 0
    np.testing.assert_allclose(slope[:2], 0, atol=1e-7)
    np.testing.assert_array_equal(np.sign(found[:2]), [1, -1])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(200, 8), (9, 12)])
@pytest.mark.parametrize("backend", BACKENDS)
def test_twins_share_their_weight_although_their_system_is_singular(backend, shape, dtype):
    X, y = make_data(15, *shape, offset=0)
    twins, tol = np.column_stack([X, X]), {"float64": 1e-12, "float32": 1e-5}[dtype]
    lam = 0.05 * largest_useful_lam(X, y)
    model = Lasso(lam, tol=tol).fit(backend.array(twins, dtype), backend.array(y, dtype))
    first, second = np.split(backend.numpy(model.coef_), 2)
    np.testing.assert_allclose(first, second, atol=1e-3)
    assert np.count_nonzero(first) > 2
    single = Lasso(lam, tol=1e-12).fit(X, y).coef_
    np.testing.assert_allclose(first + second, single, atol=1e-5 if tol < 1e-9 else 5e-2)
    p = problem(twins, y)
    solved = regularized._solve_for_signs(p, np.append(single, single), lam / p.unit, 0.0)
    assert np.isfinite(solved).all()


def test_nearly_equal_columns_need_few_steps():
    rng = np.random.default_rng(16)
    half = rng.normal(size=(100, 20))
    X = np.column_stack([half, half + 1e-5 * rng.normal(size=(100, 20))])
    y = half @ rng.normal(size=20) + rng.normal(size=100)
    model = Lasso(0.1, tol=1e-9).fit(X, y)
    assert model.dual_gap_ <= 1e-9 * y.var() / 2
    assert model.n_iter_ < 500


STALE = {}
POINTLESS = {
    "the opposite": lambda p, w, l1, l2: -w,
    "nothing": lambda p, w, l1, l2: 0 * w,
    "not a number": lambda p, w, l1, l2: np.nan * w,
    "the same again": lambda p, w, l1, l2: STALE["w"],
    "a little better, with other signs": lambda p, w, l1, l2: w * (1 + 1e-3 * np.sign(p.c)),
}


@pytest.mark.parametrize("answer", POINTLESS)
def test_solves_that_do_not_help_cannot_keep_the_steps_from_their_goal(answer, monkeypatch):
    X, y = chained(2, 100, 20)
    expected = Lasso(0.05, tol=1e-12).fit(X, y).coef_
    STALE["w"] = Lasso(0.05, tol=1e-2).fit(X, y).coef_
    asked = []

    def solve(*arguments):
        asked.append(np.sign(arguments[1]).tolist())
        return POINTLESS[answer](*arguments)

    monkeypatch.setattr(regularized, "_solve_for_signs", solve)
    model = Lasso(0.05, tol=1e-10, max_iter=20_000).fit(X, y)
    np.testing.assert_allclose(model.coef_, expected, atol=1e-3)
    assert model.dual_gap_ <= 1e-10 * y.var() / 2
    assert 1 <= len(asked) < model.n_iter_ / 10
    if answer in ("the opposite", "nothing", "not a number"):  # no signs are asked for twice
        assert all(one != other for one, other in pairwise(asked))


def test_more_weights_in_use_than_samples_are_not_solved_for():
    X, y = make_data(17, 5, 12)
    p, w = problem(X, y), np.ones(12)
    assert regularized._solve_for_signs(p, w, 0.1, 0.1) is w
    assert regularized._solve_for_signs(p, 0 * w, 0.1, 0.1).tolist() == [0.0] * 12


@pytest.mark.parametrize("shape", [(300, 60), (30, 50)])
def test_the_power_method_approaches_the_largest_eigenvalue_from_below(shape):
    X, y = chained(3, *shape)
    p = problem(X, y)
    largest = np.linalg.eigvalsh(np.cov(X.T, bias=True))[-1]
    some = [p.curvature(p.c, times) for times in (1, 3, 10, 300)]
    assert some == sorted(some)
    assert 0.8 * largest < some[2] <= largest * (1 + 1e-12)
    assert some[3] == pytest.approx(largest)
    assert p.curvature(1e-200 * p.c) == pytest.approx(some[0])
    assert p.curvature(0 * p.c, 5) == 0


@pytest.mark.parametrize("rho", [1.0, 0.5])
@pytest.mark.parametrize("part", [1.0, 0.5, 0.02])
def test_steps_that_are_too_long_are_found_out(part, rho, monkeypatch):
    monkeypatch.setattr(regularized, "_solve_for_signs", lambda p, w, l1, l2: w)
    X, y = chained(4)
    p = problem(X, y)
    start = part * np.linalg.eigvalsh(p.G)[-1]
    w, gap, steps = regularized._fista(p, 0.05, rho, None, start, 5000, 1e-8)
    assert gap <= 1e-8 * p.q / 2
    assert steps < 5000
    exact = ElasticNet(0.05, l1_ratio=rho, tol=1e-12, solver="cd").fit(X, y).coef_ / p.unit
    np.testing.assert_allclose(w, exact, atol=1e-2)


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e6])
def test_moments_are_those_of_centred_data(offset):
    X, y = make_data(18, 700, 4, offset=offset)
    p, Z = problem(X, y), X - X.mean(0)
    np.testing.assert_allclose(p.G, Z.T @ Z / 700, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(p.c * p.unit, Z.T @ (y - y.mean()) / 700, rtol=1e-8, atol=1e-8)


def test_a_few_rows_that_mislead_about_the_spread_cost_no_digits(monkeypatch):
    monkeypatch.setattr(regularized, "_ROWS_FOR_A_SPREAD", 2)
    rng = np.random.default_rng(19)
    X = (1e4 + rng.normal(size=(10_000, 2))).astype(np.float32)
    X[[0, 5000], 0] += [3e4, -3e4]
    X[[0, 5000], 1] += [-3e4, 3e4]
    expected = np.cov(X.T.astype(float), bias=True)
    np.testing.assert_allclose(problem(X, X[:, 0]).G, expected, rtol=3e-6)


def test_soft_threshold():
    np.testing.assert_allclose(
        soft_threshold(np.array([-3.0, -1, 0, 0.5, 4]), 1.0), [-2, 0, 0, 0, 3]
    )


# --- all three ----------------------------------------------------------------------------------

MODELS = [
    Ridge(0.1),
    Lasso(0.05, tol=1e-10),
    Lasso(0.05, solver="cd", tol=1e-10),
    ElasticNet(0.05, l1_ratio=0.5, tol=1e-10),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(40, 4), (6, 9)])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_every_kind_of_array_gives_the_same_and_keeps_its_kind(model, backend, shape, dtype):
    X, y = make_data(7, *shape)
    expected = model.fit(X, y).coef_
    X_ = backend.array(X, dtype)
    model.fit(X_, backend.array(y, dtype))
    atol = 1e-5 if dtype == "float64" else 5e-2
    for name in ("coef_", "intercept_"):
        assert backend.owns(getattr(model, name), dtype)
    np.testing.assert_allclose(backend.numpy(model.coef_), expected, atol=atol)
    assert backend.owns(model.predict(X_), dtype)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("intercept", [True, False])
def test_paths_take_every_kind_of_array(backend, intercept):
    X, y = make_data(8)
    lams = [1.0, 0.1]
    for path in (ridge_path, elastic_net_path):
        expected = path(X, y, lams, fit_intercept=intercept)
        found = path(backend.array(X), backend.array(y), lams, fit_intercept=intercept)
        assert backend.owns(found.coefs, "float64")
        np.testing.assert_allclose(backend.numpy(found.coefs), expected.coefs, atol=1e-6)
        np.testing.assert_allclose(backend.numpy(found.intercepts), expected.intercepts, atol=1e-5)
    freedom = ridge_degrees_of_freedom(backend.array(X), lams)
    np.testing.assert_allclose(freedom, ridge_degrees_of_freedom(X, lams))


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_many_rows_are_taken_in_blocks(model, monkeypatch):
    X, y = make_data(9, n=101)
    whole = model.fit(X, y).coef_
    monkeypatch.setattr(regularized, "_ROWS_TIMES_COLUMNS", 35)
    np.testing.assert_allclose(model.fit(X, y).coef_, whole, atol=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_large_mean_costs_no_digits(model):
    X, y = make_data(10)
    near = model.fit(X, y).coef_
    np.testing.assert_allclose(model.fit(X + 1e6, y - 1e6).coef_, near, atol=1e-6)


@pytest.mark.parametrize("size", [1e200, 1e-200])
@pytest.mark.parametrize("model", [Lasso(0.1, solver="cd"), Lasso(0.1), Ridge(0.1)], ids=repr)
def test_the_unit_of_the_targets_changes_nothing(model, size):
    X, y = make_data(11)
    expected = model.fit(X, y).coef_
    in_unit = {} if isinstance(model, Ridge) else {"lam": 0.1 * size}  # as λ|w| is in units of y²
    scaled = clone(model).set_params(**in_unit).fit(X, y * size)
    np.testing.assert_allclose(scaled.coef_ / size, expected, atol=1e-9)
    assert float(scaled.intercept_) / size == pytest.approx(float(model.intercept_), abs=1e-8)


@pytest.mark.parametrize("model", [Lasso(0.1, solver="cd"), Lasso(0.1), Ridge(0.1)], ids=repr)
def test_constant_columns_and_targets_of_zero(model):
    X, y = make_data(11)
    X[:, 2] = 7.0
    assert model.fit(X, y).coef_[2] == 0
    assert (model.fit(X, np.zeros(60)).coef_ == 0).all()
    assert (model.fit(np.ones((4, 2)), np.arange(4.0)).coef_ == 0).all()
    assert float(model.intercept_) == 1.5


@pytest.mark.parametrize("shape", [(20, 3), (4, 9)])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_numbers_too_large_to_square_are_refused(model, shape):
    X, y = make_data(12, *shape)
    with pytest.raises(ValueError, match="overflows"), np.errstate(all="ignore"):
        model.fit(X * 1e200, y)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X, y: Ridge(0.0).fit(X, y), "'lam' parameter of Ridge"),
        (lambda X, y: Lasso(-1.0).fit(X, y), "'lam' parameter of Lasso"),
        (lambda X, y: ElasticNet(l1_ratio=0.0).fit(X, y), "'l1_ratio' parameter"),
        (lambda X, y: ElasticNet(l1_ratio=1.5).fit(X, y), "'l1_ratio' parameter"),
        (lambda X, y: Lasso(solver="lars").fit(X, y), "'solver' parameter"),
        (lambda X, y: elastic_net_path(X, y, l1_ratio=0), "'l1_ratio' parameter"),
        (lambda X, y: ridge_path(X, y, [1.0, 0.0]), "every price in lams"),
        (lambda X, y: ridge_path(X, y, 1.0), r"lams must have the shape \(m,\)"),
        (lambda X, y: ridge_path(X, y, []), r"with m ≥ 1, got \(0,\)"),
        (lambda X, y: elastic_net_path(X, y, n_lams=0), "n_lams must be a whole number"),
        (lambda X, y: elastic_net_path(X[:5], y), "inconsistent numbers of samples"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(*make_data())
