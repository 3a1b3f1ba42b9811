"""Softmax regression: the optimum, beside scikit-learn and torch; its symmetries; bad input."""

import warnings

import numpy as np
import pytest
import torch
from backends import BACKENDS, NUMPY
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression as SklearnLogistic
from sklearn.model_selection import GridSearchCV

from course_lib.gradient_check import gradient_check
from course_lib.linear_models import (
    SeparableWarning,
    SoftmaxRegression,
    fitted_temperature,
    log_softmax,
    softmax,
)
from course_lib.linear_models.softmax_newton import conjugate_gradients, newton_cg
from course_lib.linear_models.softmax_objective import SoftmaxObjective
from course_lib.losses import CrossEntropy
from course_lib.optim import lbfgs

SOLVERS = ["newton-cg", "lbfgs", "gd"]
EXACT = ["newton-cg", "lbfgs"]


def make_data(seed, n=60, d=3, K=3, sharpness=1.5):
    """K overlapping classes, columns of unequal scale and a mean; codes 0 to K − 1, all of them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(0.5, 2.0, d)
    f = sharpness * X @ rng.normal(size=(d, K)) + rng.gumbel(size=(n, K))
    y = f.argmax(axis=1)
    y[:K] = np.arange(K)
    return X + 1.0, y


def objective(X, y, W, b, lam, weight=None):
    """F from the course's loss, the price added: nothing of the module under test."""
    losses = CrossEntropy().value(y, X @ W + b)
    return np.average(losses, weights=weight) + lam / 2 * np.sum(W * W)


def gradient(model, X, y, weight=None):
    """∇_W F and ∇_b F at the fitted model, from the course's loss."""
    r = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    S = r[:, None] * CrossEntropy().gradient(y, X @ model.coef_ + model.intercept_)
    return X.T @ S + model.lam * model.coef_, S.sum(axis=0)


def silent(model, X, y, **fit):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return model.fit(X, y, **fit)


# --- softmax ------------------------------------------------------------------------------------


def test_softmax_by_hand():
    p = softmax(np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 4.0]]))
    assert p == pytest.approx(np.array([[0.125, 0.25, 0.625], [0.3, 0.3, 0.4]]))
    assert softmax(np.array([0, 0, 0, 0])) == pytest.approx(np.full(4, 0.25))  # whole numbers
    assert softmax(np.array([2.0])) == pytest.approx([1.0])


def test_softmax_and_its_logarithm_equal_torch_along_the_last_axis(rng):
    f = 30 * rng.normal(size=(2, 4, 5))
    for T in (0.5, 1.0, 7.0):
        expected = torch.log_softmax(torch.asarray(f) / T, dim=-1).numpy()
        assert log_softmax(f, T) == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert softmax(f, temperature=T) == pytest.approx(np.exp(expected), rel=1e-11)


def test_no_score_is_too_large_for_softmax():
    huge = np.array([[1e308, -1e308, 1e308], [-1e308, -1e308, -1e308]])
    with np.errstate(over="ignore"):
        p = softmax(huge)
    assert p == pytest.approx(np.array([[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]))
    assert log_softmax(np.array([0.0, 1e6])).tolist() == [-1e6, 0.0]
    assert softmax(np.array([-np.inf, 0.0, 0.0])).tolist() == [0.0, 0.5, 0.5]


def test_temperature_goes_from_the_largest_score_to_equal_shares():
    f = np.array([1.0, 2.0, 2.5])
    assert softmax(f, 1e-3) == pytest.approx([0, 0, 1])
    assert softmax(f, 1e6) == pytest.approx(np.full(3, 1 / 3), abs=1e-6)
    assert softmax(f, 2.0) == pytest.approx(softmax(f / 2))


@pytest.mark.parametrize("T", [0, -1.0, np.nan, np.inf, "1", None])
@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_a_temperature_must_be_above_zero(function, T):
    with pytest.raises(ValueError, match="temperature must be a finite number above 0"):
        function(np.zeros(3), T)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=6), st.floats(-1e3, 1e3))
def test_a_shift_of_all_scores_changes_no_probability(scores, shift):
    f = np.array(scores)
    p = softmax(f)
    assert softmax(f + shift) == pytest.approx(p, rel=1e-9, abs=1e-300)
    assert p.sum() == pytest.approx(1)
    assert np.all(p > 0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_stays_in_its_kind_of_array(backend, dtype):
    f = backend.array([[1.0, 2.0, 3.0], [0.0, 0.0, 9.0]], dtype)
    for function in (softmax, log_softmax):
        out = function(f, 2.0)
        assert backend.owns(out, dtype)
        assert backend.numpy(out) == pytest.approx(function(backend.numpy(f), 2.0), rel=1e-5)


# --- the temperature of a fitted model ----------------------------------------------------------


def mean_loss(f, y, T):
    return np.mean(CrossEntropy().value(y, f / T))


@pytest.mark.parametrize("unit", [1.0, 1e-200, 1e200])
def test_fitted_temperature_is_where_the_loss_is_least(rng, unit):
    f = 3 * rng.normal(size=(200, 4))
    y = (f / 2.5 + rng.gumbel(size=f.shape)).argmax(axis=1)
    T = fitted_temperature(unit * f, y) / unit
    found = minimize_scalar(lambda t: mean_loss(f, y, np.exp(t)), bounds=(-3, 4), method="bounded")
    assert pytest.approx(np.exp(found.x), rel=1e-4) == T
    assert mean_loss(f, y, T) <= min(mean_loss(f, y, T * c) for c in (0.99, 1.01))
    assert 2 < T < 3.2  # 2.5 made the data


def test_fitted_temperature_by_hand():
    scores, y = np.array([[4, 0]] * 4), np.array([0, 0, 0, 1])
    assert fitted_temperature(scores, y) == pytest.approx(4 / np.log(3), rel=1e-12)


def test_fitted_temperature_takes_other_arrays(rng):
    f, y = rng.normal(size=(50, 3)), rng.integers(0, 3, 50)
    f[np.arange(50), y] += 1
    expected = fitted_temperature(f, y)
    for backend in (b.values[0] for b in BACKENDS if not b.marks):
        found = fitted_temperature(backend.array(f, "float32"), backend.array(y, "int64"))
        assert isinstance(found, float)
        assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("scores", "y", "message"),
    [
        ([[1.0, 1.0], [0.0, 3.0]], [0, 1], "the temperature falls: no temperature is best"),
        ([[1.0, 0.0], [0.0, 3.0]], [0, 1], "the temperature falls: no temperature is best"),
        ([[1.0, 0.0], [1.0, 0.0]], [1, 1], "the temperature grows: no temperature is best"),
        ([[1.0, 0.0]] * 5, [0, 0, 1, 1, 1], "the temperature grows: no temperature is best"),
        ([[2.0, 2.0], [1.0, 1.0]], [0, 1], "the temperature grows: no temperature is best"),
        ([[1.0, np.nan]], [0], "scores must be finite"),
        ([[1.0, np.inf]], [0], "scores must be finite"),
        ([[1.0, 0.0]], [2], "classes from 0 to 1"),
        ([1.0, 0.0], [0, 1], r"shape \(n, K\)"),
    ],
)
def test_fitted_temperature_says_what_it_cannot_fit(scores, y, message):
    with pytest.raises(ValueError, match=message):
        fitted_temperature(np.array(scores), np.array(y))


# --- the objective in its coordinates ----------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("whiten", [True, False])
@pytest.mark.parametrize("shape", [(40, 3), (6, 9)])
def test_the_objective_and_its_two_derivatives(monkeypatch, rng, shape, whiten, fit_intercept):
    monkeypatch.setattr("course_lib.linear_models.softmax_objective._NUMBERS", 20)  # many blocks
    X, y = make_data(1, *shape)
    r = rng.uniform(0.5, 2.0, len(y))
    r /= r.sum()
    F = SoftmaxObjective(X, y, r, 3, 0.3, fit_intercept=fit_intercept, whiten=whiten)
    assert len(F._blocks) > 1
    V = rng.normal(size=F.start().shape)
    assert V.shape == (3, min(shape) + fit_intercept)
    state = F.at(V)
    W, b = F.coefficients(V)
    assert state.value == pytest.approx(objective(X, y, W, b, 0.3, r), rel=1e-12)
    assert pytest.approx(X @ W + b, abs=1e-10) == F.scores(V).T
    gradient_check(lambda v: F.at(v).value, V, state.gradient)
    D, h = rng.normal(size=V.shape), 1e-5
    numeric = (F.at(V + h * D).gradient - F.at(V - h * D).gradient) / (2 * h)
    assert F.curvature(state, D) == pytest.approx(numeric, rel=1e-5, abs=1e-8)


def test_at_the_start_all_directions_curve_alike(rng):
    X = rng.normal(size=(500, 4)) @ np.diag([1e-3, 1.0, 1e3, 1.0])
    X[:, 3] += 5 * X[:, 1]  # correlated
    F = SoftmaxObjective(
        X, rng.integers(0, 3, 500), np.full(500, 1 / 500), 3, 1e-9, fit_intercept=True
    )
    state = F.at(F.start())
    D = rng.normal(size=(3, 5))
    D -= D.mean(axis=0)
    assert F.curvature(state, D) == pytest.approx(D / 3, abs=1e-6)
    assert state.value == pytest.approx(np.log(3))


@pytest.mark.parametrize("lam", [0.0, 0.2])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_bound_of_the_curvature_holds_and_is_not_far(rng, lam, fit_intercept):
    X, y = make_data(2, 40, 3, 2)
    r = np.full(40, 1 / 40)
    F = SoftmaxObjective(X, y, r, 2, lam, fit_intercept=fit_intercept, whiten=False)
    state, size = F.at(F.start()), F.start().size
    H = np.array([F.curvature(state, e.reshape(F.start().shape)).ravel() for e in np.eye(size)])
    largest = np.linalg.eigvalsh(H)[-1]
    assert largest == pytest.approx(F.curvature_bound())  # reached at W = 0 where K is 2


@pytest.mark.parametrize("lam", [0.0, 0.05])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_preconditioner_is_symmetric_positive_and_saves_products(rng, lam, fit_intercept):
    X, _ = make_data(3, 600, 20, 5)
    y = (X @ rng.normal(size=(20, 5)) / 3 + [4, 3, 2, 1, 0] + rng.gumbel(size=(600, 5))).argmax(1)
    F = SoftmaxObjective(X, y, np.full(600, 1 / 600), 5, lam, fit_intercept=fit_intercept)
    shape = F.start().shape
    near = lbfgs(
        lambda v: (F.at(v.reshape(shape)).value, F.at(v.reshape(shape)).gradient.ravel()),
        F.start().ravel(),
        max_steps=30,
    )
    state = F.at(near.w.reshape(shape))
    precondition = F.preconditioner(state)
    R, S = (a - a.mean(axis=0) for a in rng.normal(size=(2, *shape)))
    assert np.sum(S * precondition(R)) == pytest.approx(np.sum(R * precondition(S)))
    assert np.sum(R * precondition(R)) > 0
    assert precondition(R).sum(axis=0) == pytest.approx(np.zeros(shape[1]), abs=1e-9)
    if lam == 0:
        P = np.concatenate(state.P, axis=1)  # (K, n)
        scaled = R / np.mean(P * (1 - P), axis=1)[:, None]
        assert precondition(R) == pytest.approx(scaled - scaled.mean(axis=0))
    counts = []
    for M in (precondition, lambda r: r):
        calls = []

        def product(d, calls=calls):
            calls.append(1)
            return F.curvature(state, d.reshape(shape)).ravel()

        conjugate_gradients(product, lambda r, M=M: M(r.reshape(shape)).ravel(), R.ravel(), 1e-8)
        counts.append(len(calls))
    assert counts[0] < 0.8 * counts[1]


# --- truncated Newton steps ---------------------------------------------------------------------


def test_conjugate_gradients_solve_to_the_accuracy_asked_for(rng):
    B = rng.normal(size=(8, 8))
    H, a = B @ B.T + np.eye(8), rng.normal(size=8)
    for accuracy in (0.5, 1e-3, 1e-10):
        p = conjugate_gradients(lambda d: H @ d, lambda r: r / np.diag(H), a, accuracy)
        assert np.linalg.norm(H @ p - a) <= accuracy * np.linalg.norm(a)
    tiny = conjugate_gradients(lambda d: H @ d, lambda r: r, 1e-250 * a, 1e-10)
    assert tiny == pytest.approx(1e-250 * np.linalg.solve(H, a), rel=1e-6)


def test_conjugate_gradients_stop_where_there_is_no_curvature():
    p = conjugate_gradients(lambda d: 0 * d, lambda r: r, np.ones(3), 0.1)
    assert p.tolist() == [0, 0, 0]


def log_cosh(v):
    """A convex function whose whole Newton steps run away from far out."""
    return float(np.sum(np.logaddexp(v, -v))), np.tanh(v), 1 - np.tanh(v) ** 2


def by_hessian(h):
    return lambda d: h * d, lambda r: r


def test_newton_steps_are_shortened_where_they_are_too_long():
    walk = newton_cg(log_cosh, by_hessian, np.array([3.0, -1.5]), max_steps=50, tol=1e-12)
    assert walk.stopped == "converged"
    assert walk.w == pytest.approx([0, 0], abs=1e-10)
    assert np.all(np.diff(walk.losses) <= 1e-12)
    assert walk.n_steps == len(walk.losses) - 1 == len(walk.path) - 1
    assert walk.n_evaluations > walk.n_steps + 1  # some step was tried in vain


def test_the_end_of_a_newton_walk_is_named():
    start = np.array([2.0])
    assert newton_cg(log_cosh, by_hessian, start, max_steps=1, tol=1e-12).stopped == "max_steps"
    still = newton_cg(log_cosh, by_hessian, np.zeros(1), max_steps=5, tol=1e-12)
    assert (still.stopped, still.n_steps) == ("converged", 0)

    def line(v):  # falls for ever
        return -float(v[0]), np.array([-1.0]), np.array([1.0])

    assert newton_cg(line, by_hessian, start, max_steps=5, tol=1e-12).stopped == "diverged"

    def no_curvature(state):
        return lambda d: 0 * d, lambda r: r

    assert newton_cg(log_cosh, no_curvature, start, max_steps=5, tol=1e-12).stopped == "stalled"

    def rough(v):  # rounded so coarsely that its gradient never gets small
        return round(float(v[0] ** 2), 3), 2 * v + 1e-2 * np.sign(v), np.array([2.0])

    walk = newton_cg(rough, by_hessian, start, max_steps=100, tol=1e-12)
    assert (walk.stopped, walk.n_steps) == ("stalled", len(walk.path) - 1)
    assert walk.n_steps < 20


@pytest.mark.parametrize(
    ("value", "size", "end"),
    [
        (lambda k: 1.0, lambda k: 1.0, ("stalled", 3)),
        (lambda k: 1.0 - k / 10, lambda k: 1.0, ("max_steps", 9)),
        (lambda k: 1.0, lambda k: 0.9**k, ("max_steps", 9)),
        (lambda k: 1.0, lambda k: 0.9 ** (k // 3), ("max_steps", 9)),
        (lambda k: 1.0, lambda k: 0.9 ** min(k, 4), ("stalled", 7)),
        (lambda k: 1.0 - min(k, 4) / 10, lambda k: 1.0, ("stalled", 7)),
        (lambda k: 1.0, lambda k: 1.0 if k % 3 else 0.5, ("stalled", 3)),
    ],
)
def test_a_walk_ends_after_three_steps_with_nothing_new(value, size, end):
    calls = []

    def at(v):  # each gradient is at right angles to the last step, so that no step is too long
        k = len(calls)
        calls.append(k)
        return value(k), size(k) * np.array([1.0, 0.0] if k % 2 else [0.0, 1.0]), np.ones(2)

    walk = newton_cg(at, by_hessian, np.zeros(2), max_steps=9, tol=1e-3)
    assert (walk.stopped, walk.n_steps) == end
    assert len(walk.path) == walk.n_steps + 1
    assert walk.n_evaluations == len(calls)


def test_systems_are_solved_ever_less_roughly(monkeypatch):
    asked = []

    def spy(product, precondition, a, accuracy):
        asked.append((np.linalg.norm(a), accuracy))
        return conjugate_gradients(product, precondition, a, accuracy)

    monkeypatch.setattr("course_lib.linear_models.softmax_newton.conjugate_gradients", spy)
    X, y = make_data(27, n=300, d=8, K=4)
    silent(SoftmaxRegression(1e-3), X, y)
    first = asked[0][0]
    assert [one for _, one in asked] == pytest.approx(
        [min(0.3, (g / first) ** 0.5) for g, _ in asked]
    )
    assert asked[0][1] == 0.3
    assert asked[-1][1] < 0.02


# --- the optimum --------------------------------------------------------------------------------


@pytest.mark.parametrize("load", [load_iris, load_digits])
@pytest.mark.parametrize("lam", [1.0, 0.01])
@pytest.mark.parametrize("solver", EXACT)
def test_equals_scikit_learn(load, lam, solver):
    X, y = load(return_X_y=True)
    X = X / X.max()
    model = silent(SoftmaxRegression(lam, solver=solver), X, y)
    theirs = SklearnLogistic(C=1 / (len(X) * lam), solver="newton-cg", tol=1e-12, max_iter=10_000)
    theirs.fit(X, y)
    assert pytest.approx(theirs.coef_, abs=1e-6) == model.coef_.T
    assert model.intercept_ == pytest.approx(theirs.intercept_, abs=1e-6)
    assert model.predict_proba(X) == pytest.approx(theirs.predict_proba(X), abs=1e-7)
    assert model.decision_function(X) == pytest.approx(theirs.decision_function(X), abs=1e-5)
    assert np.array_equal(model.predict(X), theirs.predict(X))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_the_gradient_is_zero_and_equals_torchs(solver, fit_intercept, lam):
    X, y = make_data(4)
    tol = 1e-6 if solver == "gd" else 1e-9
    options = {"fit_intercept": fit_intercept, "max_iter": 20_000, "tol": tol}
    model = silent(SoftmaxRegression(lam, solver=solver, **options), X, y)
    W, b = (torch.tensor(a, requires_grad=True) for a in (model.coef_, model.intercept_))
    f = torch.asarray(X) @ W + b
    loss = torch.nn.functional.cross_entropy(f, torch.asarray(y)) + lam / 2 * (W**2).sum()
    loss.backward()
    G, g = gradient(model, X, y)
    assert pytest.approx(W.grad.numpy(), abs=1e-12) == G
    assert pytest.approx(b.grad.numpy(), abs=1e-12) == g
    assert np.abs(G).max() < 100 * tol
    if fit_intercept:
        assert np.abs(g).max() < 100 * tol
    else:
        assert model.intercept_.tolist() == [0, 0, 0]
    assert model.loss_path_[0] == pytest.approx(np.log(3))
    assert model.loss_path_[-1] == pytest.approx(float(loss.detach()), rel=1e-9)
    assert model.n_iter_ == len(model.loss_path_) - 1


def test_a_general_minimiser_finds_nothing_lower():
    X, y = make_data(5, n=40, d=2)

    def F(v):
        return objective(X, y, v[:6].reshape(2, 3), v[6:], 0.05)

    found = minimize(F, np.zeros(9), method="BFGS", options={"gtol": 1e-9})
    model = silent(SoftmaxRegression(0.05), X, y)
    assert F(np.r_[model.coef_.ravel(), model.intercept_]) <= found.fun + 1e-12
    assert model.coef_ == pytest.approx(found.x[:6].reshape(2, 3), abs=1e-5)


def test_the_solvers_agree():
    X, y = make_data(6, K=4)
    first, *others = (
        silent(SoftmaxRegression(0.02, solver=s, max_iter=20_000), X, y) for s in SOLVERS
    )
    for other in others:
        assert other.coef_ == pytest.approx(first.coef_, abs=2e-6)
        assert other.intercept_ == pytest.approx(first.intercept_, abs=2e-6)
    assert first.n_iter_ < others[0].n_iter_ < others[1].n_iter_


@pytest.mark.parametrize("solver", SOLVERS)
def test_more_columns_than_rows(solver):
    X, y = make_data(7, n=12, d=30)
    model = silent(SoftmaxRegression(0.5, solver=solver, tol=1e-7, max_iter=20_000), X, y)
    G, g = gradient(model, X, y)
    assert max(np.abs(G).max(), np.abs(g).max()) < 1e-6


def test_columns_of_any_scale_take_as_few_steps():
    X, y = make_data(8, n=200, d=4)
    X[:, 3] += 10 * X[:, 0]
    scale = np.array([1e-6, 1.0, 1e4, 1e6])
    plain = silent(SoftmaxRegression(0, tol=1e-7), X, y)
    scaled = silent(SoftmaxRegression(0, tol=1e-7), X * scale, y)
    assert scaled.n_iter_ <= plain.n_iter_ + 2
    assert scaled.coef_ * scale[:, None] == pytest.approx(plain.coef_, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("unit", [1e200, 1e-200, 1e8, 1e-8])
def test_huge_and_tiny_units(solver, unit):
    X, y = make_data(9)
    model = silent(SoftmaxRegression(0, solver=solver), X * unit, y)
    plain = silent(SoftmaxRegression(0, solver=solver), X, y)
    assert model.coef_ * unit == pytest.approx(plain.coef_, abs=1e-6)
    assert model.intercept_ == pytest.approx(plain.intercept_, abs=1e-6)
    priced = silent(SoftmaxRegression(0.1, solver=solver), X * unit, y)
    assert np.all(np.isfinite(priced.coef_))
    if unit < 1e-100:  # such weights would be dear: the inputs go unused
        shares = np.bincount(y) / len(y)
        assert priced.predict_proba(X * unit) == pytest.approx(np.tile(shares, (len(y), 1)))
    if unit > 1e100:  # such weights are cheap
        assert priced.coef_ * unit == pytest.approx(plain.coef_, abs=1e-6)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("value", [7.0, 0.1, 1e9, 0.0])
def test_a_constant_column_and_a_twin_get_what_the_price_says(solver, value):
    X, y = make_data(10)
    wide = np.c_[X, np.full(len(X), value), X[:, 0]]
    model = silent(SoftmaxRegression(0.1, solver=solver), wide, y)
    assert model.coef_[3] == pytest.approx(np.zeros(3), abs=1e-9)
    assert model.coef_[4] == pytest.approx(model.coef_[0], abs=1e-8)
    free = silent(SoftmaxRegression(0.0, solver=solver), wide, y)  # many optima: any will do
    once = silent(SoftmaxRegression(0.0), X, y)
    assert free.predict_proba(wide) == pytest.approx(once.predict_proba(X), abs=1e-5)


def test_the_price_holds_the_weights():
    X, y = make_data(11)
    sizes = [np.linalg.norm(SoftmaxRegression(lam).fit(X, y).coef_) for lam in (10, 1, 0.1, 0.01)]
    assert np.all(np.diff(sizes) > 0)
    dear = silent(SoftmaxRegression(1e9), X, y)
    assert dear.coef_ == pytest.approx(np.zeros((3, 3)), abs=1e-8)
    assert dear.predict_proba(X[:1])[0] == pytest.approx(np.bincount(y) / len(y), abs=1e-6)


# --- two classes --------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", EXACT)
def test_two_classes_are_logistic_regression_with_half_the_price(solver):
    X, y = make_data(12, K=2)
    lam = 0.04
    model = silent(SoftmaxRegression(2 * lam, solver=solver, tol=1e-12), X, y)
    logistic = SklearnLogistic(C=1 / (len(X) * lam), solver="newton-cholesky", tol=1e-13).fit(X, y)
    assert model.coef_.shape == (3, 2)
    assert model.coef_[:, 1] - model.coef_[:, 0] == pytest.approx(logistic.coef_[0], abs=1e-8)
    assert np.diff(model.intercept_) == pytest.approx(logistic.intercept_, abs=1e-8)
    assert model.predict_proba(X) == pytest.approx(logistic.predict_proba(X), abs=1e-8)
    assert model.decision_function(X) == pytest.approx(logistic.decision_function(X), abs=1e-7)
    f = model.class_scores(X)
    assert f.shape == (len(X), 2)
    assert f[:, 1] - f[:, 0] == pytest.approx(model.decision_function(X))
    other = SoftmaxRegression(lam, solver=solver).fit(X, y)
    assert np.abs(np.diff(other.coef_)[:, 0] - logistic.coef_[0]).max() > 1e-2


# --- symmetries ---------------------------------------------------------------------------------

seeds = st.integers(0, 10_000)


@settings(max_examples=15)
@given(seeds, st.sampled_from([0.0, 0.01, 1.0]), st.booleans())
def test_the_weights_of_each_column_sum_to_zero(seed, lam, fit_intercept):
    X, y = make_data(seed)
    model = SoftmaxRegression(lam, fit_intercept=fit_intercept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeparableWarning)
        model.fit(X, y)
    size = np.abs(model.coef_).max()
    assert model.coef_.sum(axis=1) == pytest.approx(np.zeros(3), abs=1e-10 * (1 + size))
    assert abs(model.intercept_.sum()) < 1e-10 * (1 + np.abs(model.intercept_).max())


@settings(max_examples=15)
@given(seeds, st.permutations([0, 1, 2]))
def test_other_labels_give_the_same_columns_in_another_order(seed, order):
    X, y = make_data(seed)
    order = np.array(order)
    first, other = (SoftmaxRegression(0.05).fit(X, labels) for labels in (y, order[y]))
    assert other.coef_[:, order] == pytest.approx(first.coef_, abs=1e-7)
    assert np.array_equal(other.predict(X), order[first.predict(X)])
    words = SoftmaxRegression(0.05).fit(X, np.array(["ant", "bee", "cat"])[y])
    assert np.array_equal(words.coef_, first.coef_)
    assert words.predict(X[:5]).tolist() == [["ant", "bee", "cat"][k] for k in first.predict(X[:5])]


@settings(max_examples=15)
@given(seeds)
def test_the_order_of_the_rows_and_an_offset_do_not_matter(seed):
    X, y = make_data(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    first, other = SoftmaxRegression(0.05).fit(X, y), SoftmaxRegression(0.05)
    other.fit(X[order] + 100.0, y[order])
    assert other.coef_ == pytest.approx(first.coef_, abs=1e-7)
    assert other.class_scores(X + 100.0) == pytest.approx(first.class_scores(X), abs=1e-6)


@settings(max_examples=15)
@given(seeds, st.sampled_from(SOLVERS))
def test_a_weight_of_k_is_k_copies(seed, solver):
    X, y = make_data(seed, n=40)
    k = np.random.default_rng(seed).integers(0, 4, len(y))
    k[:3] = 1  # each class keeps a row
    weighted, copied = (SoftmaxRegression(0.05, solver=solver) for _ in range(2))
    weighted.fit(X, y, sample_weight=k)
    copied.fit(X.repeat(k, axis=0), y.repeat(k))
    assert weighted.coef_ == pytest.approx(copied.coef_, abs=1e-6)
    assert weighted.intercept_ == pytest.approx(copied.intercept_, abs=1e-6)


def test_the_unit_of_the_weights_does_not_matter():
    X, y = make_data(13)
    k = np.random.default_rng(0).uniform(0.5, 2, len(y))
    first = SoftmaxRegression().fit(X, y, sample_weight=k)
    G, g = gradient(first, X, y, k)
    assert max(np.abs(G).max(), np.abs(g).max()) < 1e-8
    for unit in (1e-300, 7.0, 8e307):
        other = SoftmaxRegression().fit(X, y, sample_weight=unit * k)
        assert other.coef_ == pytest.approx(first.coef_, abs=1e-9)
    one = SoftmaxRegression().fit(X, y, sample_weight=3.0)
    assert np.array_equal(one.coef_, SoftmaxRegression().fit(X, y).coef_)


def test_a_second_fit_leaves_nothing_of_the_first():
    (X, y), (Z, t) = make_data(14), make_data(15, d=5, K=4)
    model = SoftmaxRegression().fit(Z, t).fit(X, y)
    fresh = SoftmaxRegression().fit(X, y)
    assert np.array_equal(model.coef_, fresh.coef_)
    assert vars(model).keys() == vars(fresh).keys()


# --- what it predicts ---------------------------------------------------------------------------


def test_predictions_are_softmax_of_the_scores():
    X, y = make_data(16)
    model = SoftmaxRegression().fit(X, y)
    f = X @ model.coef_ + model.intercept_
    assert np.array_equal(model.class_scores(X), f)
    assert np.array_equal(model.decision_function(X), f)
    assert model.predict_proba(X) == pytest.approx(softmax(f))
    assert model.predict_log_proba(X) == pytest.approx(log_softmax(f))
    assert np.array_equal(model.predict(X), f.argmax(axis=1))
    assert model.score(X, y) == np.mean(model.predict(X) == y)
    assert np.isfinite(model.predict_log_proba(1e6 * X)).all()  # where probabilities are 0


def test_it_tunes_and_clones_as_in_scikit_learn():
    X, y = make_data(17, n=90)
    search = GridSearchCV(SoftmaxRegression(), {"lam": [1e-3, 1e-1, 10.0]}, cv=3).fit(X, y)
    assert search.best_params_["lam"] in (1e-3, 1e-1, 10.0)
    assert clone(SoftmaxRegression(0.3, tol=1e-5)).get_params()["tol"] == 1e-5


# --- separable classes --------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_separable_classes_without_a_price_are_warned_of(solver):
    X, y = np.array([[-2.0], [-1.0], [0.0], [0.5], [2.0]]), [0, 0, 1, 1, 2]
    with pytest.warns(SeparableWarning, match="lam=0 puts no price.*Set lam above 0") as caught:
        model = SoftmaxRegression(0, solver=solver, max_iter=2000).fit(X, y)
    assert [one.filename for one in caught] == [__file__]
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.intercept_).all()
    assert model.predict(X).tolist() == y
    assert issubclass(SeparableWarning, ConvergenceWarning)
    silent(SoftmaxRegression(0.1, solver=solver, max_iter=20_000), X, y)


@pytest.mark.parametrize("solver", EXACT)
def test_classes_of_which_some_rows_are_apart_are_warned_of(solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    X = np.c_[X, np.zeros(60)]
    X[:8, 2], y[:8] = 1.0, 2  # a flag that only the third class has
    with pytest.warns(SeparableWarning):
        model = SoftmaxRegression(0, solver=solver).fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert model.score(X, y) < 1


@settings(max_examples=25)
@given(seeds, st.sampled_from(EXACT))
def test_classes_that_overlap_are_not_warned_of(seed, solver):
    X, y = make_data(seed, n=80, d=2, sharpness=1.0)
    X, y = np.r_[X, X[:30]], np.r_[y, (y[:30] + 1) % 3]  # the same inputs in two classes
    X, y = np.r_[X, X[:30]], np.r_[y, (y[:30] + 2) % 3]  # and in the third
    model = silent(SoftmaxRegression(0, solver=solver), X, y)
    assert max(np.abs(g).max() for g in gradient(model, X, y)) < 1e-6


def test_too_few_steps_are_warned_of():
    X, y = make_data(18)
    for solver in SOLVERS:
        with pytest.warns(ConvergenceWarning, match=r"has not reached tol=1e-09 in 2 steps") as got:
            model = SoftmaxRegression(solver=solver, max_iter=2).fit(X, y)
        assert not any(isinstance(one.message, SeparableWarning) for one in got)
        assert [one.filename for one in got] == [__file__]
        assert model.n_iter_ == 2
        assert len(model.loss_path_) == 3
    loose = silent(SoftmaxRegression(tol=0.5), X, y)
    assert loose.n_iter_ < SoftmaxRegression().fit(X, y).n_iter_


# --- kinds of arrays ----------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_kind_of_array_stays_what_it_is(backend, dtype, solver):
    X, y = make_data(19)
    k = np.linspace(0, 1, len(y))
    k[:3] = 0.5
    model = silent(
        SoftmaxRegression(1.0, solver=solver),
        backend.array(X, dtype),
        backend.array(y, "int64"),
        sample_weight=backend.array(k, dtype),
    )
    plain = SoftmaxRegression(1.0, solver=solver).fit(X, y, sample_weight=k)
    close = {"abs": 1e-6 if dtype == "float64" else 5e-3}
    new = backend.array(X[:7], dtype)
    for name in ("coef_", "intercept_", "loss_path_"):
        assert backend.owns(getattr(model, name), dtype)
    for name in ("coef_", "intercept_"):
        assert backend.numpy(getattr(model, name)) == pytest.approx(getattr(plain, name), **close)
    for method in ("class_scores", "decision_function", "predict_proba", "predict_log_proba"):
        out = getattr(model, method)(new)
        assert backend.owns(out, dtype)
        assert backend.numpy(out) == pytest.approx(getattr(plain, method)(X[:7]), abs=2e-2)
    assert backend.owns(model.predict(new), "int64")
    assert backend.numpy(model.predict(new)).tolist() == plain.predict(X[:7]).tolist()


@pytest.mark.parametrize("backend", [b for b in BACKENDS if not b.marks])
def test_more_columns_than_rows_in_every_kind_of_array(backend):
    X, y = make_data(20, n=10, d=15)
    model = silent(SoftmaxRegression(0.1), backend.array(X), backend.array(y, "int64"))
    assert backend.numpy(model.coef_) == pytest.approx(SoftmaxRegression(0.1).fit(X, y).coef_)


def test_single_precision_is_kept_and_good_to_its_digits():
    X, y = make_data(21, n=300)
    X32 = NUMPY.array(X + 100.0, "float32")
    model = silent(SoftmaxRegression(0.01), X32, y)
    assert model.coef_.dtype == model.predict_proba(X32).dtype == np.float32
    wide = SoftmaxRegression(0.01).fit(X32.astype(float), y)
    assert model.coef_ == pytest.approx(wide.coef_, abs=1e-3)
    assert model.predict_proba(X32.astype(float)).dtype == np.float32


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X, np.zeros(len(y), int)), "at least 2 classes, but y holds one class"),
        (lambda X, y: (np.where(X > 2, np.nan, X), y), "NaN"),
        (lambda X, y: (np.where(X > 2, np.inf, X), y), "infinity"),
        (lambda X, y: (X, np.where(y == 1, np.nan, y)), "NaN"),
        (lambda X, y: (X, X[:, 0]), "Unknown label type"),
        (lambda X, y: (X[:-1], y), "inconsistent numbers of samples"),
        (lambda X, y: (X[0], y), "Expected 2D array"),
        (lambda X, y: (X[:0], y[:0]), "0 sample"),
        (lambda X, y: (X + 1j, y), "Complex data not supported"),
        (lambda X, y: (X, None), "requires y to be passed"),
    ],
)
def test_bad_data_are_named(change, message):
    X, y = make_data(22)
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression().fit(*change(X, y))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (lambda y: np.where(y == 2, 0.0, 1.0), r"0 for every row of the classes \[2\]"),
        (lambda y: -np.ones(len(y)), "[Nn]egative"),
        (lambda y: np.full(len(y), np.nan), "NaN"),
        (lambda y: np.ones(len(y) - 1), "shape"),
        (lambda y: np.zeros(len(y)), "zero"),
    ],
)
def test_bad_weights_are_named(weight, message):
    X, y = make_data(23)
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression().fit(X, y, sample_weight=weight(y))


@pytest.mark.parametrize(
    "parameters",
    [{"lam": -1}, {"lam": "a"}, {"solver": "sag"}, {"max_iter": 0}, {"tol": 0}],
    ids=str,
)
def test_bad_parameters_are_named(parameters):
    X, y = make_data(24)
    with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter"):
        SoftmaxRegression(**parameters).fit(X, y)


def test_nothing_is_predicted_before_fit_or_for_other_columns():
    X, y = make_data(25)
    with pytest.raises(NotFittedError):
        SoftmaxRegression().class_scores(X)
    model = SoftmaxRegression().fit(X, y)
    for method in ("class_scores", "predict", "predict_proba", "predict_log_proba"):
        with pytest.raises(ValueError, match="2 features"):
            getattr(model, method)(X[:, :2])
        with pytest.raises(ValueError, match=rf"SoftmaxRegression.{method}\(\) must use the same"):
            getattr(model, method)(torch.asarray(X))


def test_inputs_are_not_changed():
    X, y = make_data(26)
    before = X.copy()
    for solver in SOLVERS:
        SoftmaxRegression(1.0, solver=solver, tol=1e-3).fit(X, y)
    assert np.array_equal(X, before)
