"""Logistic regression: the optimum beside references, standard errors, data without an optimum."""

import warnings

import numpy as np
import pytest
import torch
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.special import logit as scipy_logit
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression as SklearnLogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib.gradient_check import gradient_check
from course_lib.linear_models import (
    LogisticRegression,
    SeparableWarning,
    logit,
    sigmoid,
    standard_errors,
)
from course_lib.linear_models.logistic_regression import _newton, _Objective
from course_lib.losses import LogLoss, linear_objective

SOLVERS = ["newton", "lbfgs", "gd"]


def make_data(seed, n=80, d=4, offset=1.0):
    """Two overlapping classes, features of unequal scale and a mean; labels 0 and 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(0.5, 2.0, d)
    y = (rng.random(n) < expit(X @ rng.normal(size=d) - 0.3)).astype(int)
    return X + offset, y


def objective(model, X, y, sample_weight=None):
    """F of a fitted model, in plain NumPy."""
    w, f = model.coef_, X @ model.coef_ + model.intercept_
    losses = np.logaddexp(0, -(2 * y - 1) * f)
    return np.average(losses, weights=sample_weight) + model.lam / 2 * w @ w


def sklearn_fit(X, y, lam, sample_weight=None, **parameters):
    n = len(y) if sample_weight is None else np.sum(sample_weight)
    model = SklearnLogisticRegression(
        C=1 / (n * lam), solver="newton-cholesky", tol=1e-12, **parameters
    )
    return model.fit(X, y, sample_weight)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


# --- sigmoid and logit ----------------------------------------------------------------------


def test_sigmoid_and_logit_agree_with_scipy():
    z = np.concatenate([np.linspace(-800, 800, 41), [-1e-9, 1e-9, np.inf, -np.inf]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(sigmoid(z), expit(z), rtol=1e-12, atol=1e-300)
        p = np.array([0.0, 1e-300, 1e-9, 0.3, 0.5, 1 - 1e-9, 1.0])
        np.testing.assert_allclose(logit(p), scipy_logit(p), rtol=1e-12)
    assert sigmoid(0.0) == 0.5
    assert sigmoid([[0, 2]]).shape == (1, 2)
    assert logit([0.5]).tolist() == [0.0]


@given(st.floats(-30, 30))
def test_logit_undoes_sigmoid_and_sigmoid_is_odd_around_a_half(z):
    p = float(sigmoid(z))
    assert float(sigmoid(-z)) == pytest.approx(1 - p, abs=1e-15)
    assert float(logit(min(p, float(sigmoid(-z))))) == pytest.approx(-abs(z), rel=1e-9, abs=1e-12)


def test_the_derivative_of_sigmoid_is_p_times_1_minus_p():
    z = np.linspace(-4, 4, 9)
    p = sigmoid(z)
    assert gradient_check(lambda z: float(np.sum(sigmoid(z))), p * (1 - p), z, tol=1e-8).ok


@pytest.mark.parametrize("p", [-1e-9, 1.5, np.nan])
def test_what_is_no_probability_has_no_logit(p):
    with pytest.raises(ValueError, match=rf"p must hold probabilities from 0 to 1, got {p!r}"):
        logit(np.array([0.5, p]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_and_logit_keep_kind_device_and_precision(backend, dtype):
    z = backend.array([[-2.0, 0.0, 3.0]], dtype)
    p = sigmoid(z)
    assert backend.owns(p, dtype)
    assert backend.owns(logit(p), dtype)
    np.testing.assert_allclose(backend.numpy(logit(p)), backend.numpy(z), atol=1e-6)
    with pytest.raises(ValueError, match=r"got 2\.0 among"):
        logit(backend.array([0.5, 2.0], dtype))


# --- the objective, its gradient and its curvature ------------------------------------------


def some_objective(seed, *, has_intercept=True):
    X, y = make_data(seed, n=30)
    c = np.random.default_rng(seed).random(30)
    F = _Objective(X, 2.0 * y - 1, c / c.sum(), 0.2, has_intercept)
    return F, np.random.default_rng(seed + 9).normal(size=4 + has_intercept)


@pytest.mark.parametrize("has_intercept", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_derivatives_are_those_of_finite_differences(seed, has_intercept):
    F, v = some_objective(seed, has_intercept=has_intercept)
    first = gradient_check(lambda u: F(u)[0], F(v)[1], v, tol=1e-7)
    second = gradient_check(lambda u: F(u)[1], F.hessian(F.scores(v)), v, tol=1e-6)
    assert first.ok, first
    assert second.ok, second
    assert np.linalg.eigvalsh(F.hessian(F.scores(v)))[-1] <= np.linalg.eigvalsh(
        F.hessian(np.zeros(30))  # the scores at which all curvatures are largest
    )[-1] * (1 + 1e-12)


def test_the_gradient_is_that_of_autograd():
    F, v = some_objective(5)
    t = torch.tensor(v, requires_grad=True)
    X, y, c = (torch.tensor(a) for a in (F.X, F.y, F.c))
    f = X @ t[:-1] + t[-1]
    value = c @ torch.nn.functional.softplus(-y * f) + 0.1 * t[:-1] @ t[:-1]
    value.backward()
    assert F(v)[0] == pytest.approx(value.item())
    np.testing.assert_allclose(F(v)[1], t.grad.numpy(), rtol=1e-10)


def test_without_intercept_it_is_the_objective_of_linear_models():
    X, y = make_data(1)
    F = _Objective(X, 2.0 * y - 1, np.full(80, 1 / 80), 0.2, False)
    w = np.random.default_rng(0).normal(size=4)
    value, gradient = linear_objective(LogLoss(), w, X, 2.0 * y - 1, 0.2)
    assert F(w)[0] == pytest.approx(value)
    np.testing.assert_allclose(F(w)[1], gradient)


def test_the_curvature_is_added_up_over_blocks():
    X = np.random.default_rng(0).normal(size=(3000, 64))  # more than one block
    F = _Objective(X, np.ones(3000), np.full(3000, 1 / 3000), 0.5, True)
    f = F.scores(np.full(65, 0.1))
    A = np.column_stack([X, np.ones(3000)])
    whole = A.T @ ((expit(f) * expit(-f) / 3000)[:, None] * A) + 0.5 * np.diag([1.0] * 64 + [0])
    np.testing.assert_allclose(F.hessian(f), whole, rtol=1e-10, atol=1e-14)


def test_the_bound_of_the_curvature_is_reached_at_0():
    X, y = make_data(2)
    for scale in (1.0, 1e-3):  # of so small inputs, that of the intercept is the largest
        Z = scale * (X - X.mean(axis=0))
        F = _Objective(Z, 2.0 * y - 1, np.full(80, 1 / 80), 0.01, True)
        largest = np.linalg.eigvalsh(F.hessian(np.zeros(80)))[-1]
        assert F.largest_curvature() == pytest.approx(largest)


def test_value_and_gradient_of_the_log_loss_are_the_two():
    f = np.array([-800.0, -30.0, -1.0, 0.0, 1e-3, 20.0, 800.0])
    for y in (np.ones(7), -np.ones(7)):
        value, gradient = LogLoss().value_and_gradient(y, f)
        np.testing.assert_allclose(value, LogLoss().value(y, f), rtol=1e-13)
        np.testing.assert_allclose(gradient, LogLoss().gradient(y, f), rtol=1e-13)
    with pytest.raises(ValueError, match="labels −1 and"):
        LogLoss().value_and_gradient(np.zeros(7), f)


# --- the optimum ----------------------------------------------------------------------------


@pytest.mark.parametrize("lam", [1e-4, 0.01, 1.0, 100.0])
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_agrees_with_scikit_learn(cancer, solver, lam):
    X, y = cancer
    ours = LogisticRegression(lam, solver=solver, tol=1e-10).fit(X, y)
    theirs = sklearn_fit(X, y, lam)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[0], atol=1e-6)
    assert float(ours.intercept_) == pytest.approx(theirs.intercept_[0], abs=1e-6)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    log_p = theirs.predict_log_proba(X)  # of p below 1e-9, 1 − p has few digits left there
    near = log_p > np.log(1e-9)
    np.testing.assert_allclose(ours.predict_log_proba(X)[near], log_p[near], atol=1e-5)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("d", [3, 120])  # 120: more features than samples
def test_all_solvers_find_the_same_optimum(solver, fit_intercept, d):
    X, y = make_data(3, d=d)
    weight = np.random.default_rng(0).random(80) + 0.1
    model = LogisticRegression(
        0.3, solver=solver, fit_intercept=fit_intercept, tol=1e-9, max_iter=20_000
    )
    model.fit(X, y, weight)
    theirs = sklearn_fit(X, y, 0.3, weight, fit_intercept=fit_intercept)
    np.testing.assert_allclose(model.coef_, theirs.coef_[0], atol=1e-6)
    assert float(model.intercept_) == pytest.approx(float(np.ravel(theirs.intercept_)[0]), abs=1e-6)


def test_newton_takes_few_steps_and_its_number_of_digits_doubles(cancer):
    X, y = cancer
    model = LogisticRegression(0.01, tol=1e-12).fit(X, y)
    assert model.n_iter_ <= 9
    left = model.objective_path_ - model.objective_path_[-1]
    assert np.all(np.diff(model.objective_path_[:-1]) < 0)
    assert np.log10(left[-3]) < 1.5 * np.log10(left[-4]) < -3


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_walk_is_recorded_from_0_to_the_end(solver):
    X, y = make_data(4)
    model = LogisticRegression(0.1, solver=solver, max_iter=5000).fit(X, y)
    k = model.n_iter_ + 1
    assert model.n_iter_ >= 1
    assert model.objective_path_.shape == model.intercept_path_.shape == (k,)
    assert model.coef_path_.shape == (k, 4)
    assert model.objective_path_[0] == pytest.approx(np.log(2))
    assert not model.coef_path_[0].any()
    np.testing.assert_array_equal(model.coef_path_[-1], model.coef_)
    assert model.intercept_path_[-1] == model.intercept_
    for i in (0, k // 2, k - 1):
        there = clone(model)
        there.coef_, there.intercept_ = model.coef_path_[i], model.intercept_path_[i]
        assert objective(there, X, y) == pytest.approx(model.objective_path_[i], rel=1e-12)
    assert np.all(np.diff(model.objective_path_) <= 1e-15)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("exponent", [0, 40])  # of inputs so large, "auto" would take another unit
def test_gd_steps_along_the_gradient_by_eta(exponent):
    X, y = make_data(5)
    X, eta = 2.0**exponent * (X - X.mean(axis=0)), 0.2 * 2.0 ** (-2 * exponent)
    model = LogisticRegression(0.1, solver="gd", eta=eta, max_iter=5).fit(X, y)
    v = np.append(model.coef_path_[3], model.intercept_path_[3])
    _, g = _Objective(X, 2.0 * y - 1, np.full(80, 1 / 80), 0.1, True)(v)
    np.testing.assert_allclose(
        v - eta * g,
        np.append(model.coef_path_[4], model.intercept_path_[4]),
        rtol=1e-10,
        atol=1e-16,
    )


def test_a_wild_step_is_reported():
    X, y = make_data(5)
    with pytest.warns(ConvergenceWarning, match=r"solver='gd', lam=10: .*lower eta"):
        LogisticRegression(10.0, solver="gd", eta=1.0, max_iter=100).fit(X, y)


@pytest.mark.parametrize("solver", SOLVERS)
def test_too_few_steps_are_reported(solver):
    X, y = make_data(5)
    with pytest.warns(ConvergenceWarning, match="max_steps after 1 steps.*raise max_iter=1,") as w:
        model = LogisticRegression(solver=solver, max_iter=1).fit(X, y)
    assert w[0].filename == __file__
    assert not issubclass(w[0].category, SeparableWarning)
    assert model.n_iter_ == 1
    with pytest.warns(ConvergenceWarning, match="max_steps") as w:
        LogisticRegression(0.0, solver=solver, max_iter=1).fit(X, y)
    assert not issubclass(w[0].category, SeparableWarning)


def test_newton_shortens_a_step_that_is_too_long():
    """From f = 10 on the wrong side the curvature is so small that a whole step ends far away."""
    F = _Objective(np.array([[1.0], [-1.0]]), np.array([1.0, -1.0]), np.full(2, 0.5), 1e-3, False)
    walk = _newton(F, np.array([-10.0]), max_steps=50, tol=1e-10)
    assert walk.stopped == "converged"
    assert np.all(np.diff(walk.losses) < 0)
    assert walk.n_evaluations > walk.n_steps + 1  # some η were tried in vain
    assert F(walk.w)[1] == pytest.approx(0, abs=1e-10)
    easy = _newton(F, np.array([0.0]), max_steps=50, tol=1e-10)
    assert easy.w == pytest.approx(walk.w)


# --- closed forms and published figures -----------------------------------------------------


def test_with_one_binary_feature_it_counts_odds():
    """The fitted odds are the observed ones; the errors are Woolf's (1955), √(1/a+1/b+1/c+1/d)."""
    a, b, c, d = 30, 10, 12, 48  # y = 1 and 0 at x = 1, y = 1 and 0 at x = 0
    X = np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])[:, None]
    y = np.repeat([1, 0, 1, 0], [a, b, c, d])
    model = LogisticRegression(0.0, tol=1e-12).fit(X, y)
    assert model.coef_[0] == pytest.approx(np.log(a * d / (b * c)))
    assert float(model.intercept_) == pytest.approx(np.log(c / d))
    errors = standard_errors(model, X)
    assert errors.coef[0] == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))
    assert float(errors.intercept) == pytest.approx(np.sqrt(1 / c + 1 / d))
    counts = np.array([a, b, c, d])
    rows, labels = np.array([[1.0], [1.0], [0.0], [0.0]]), [1, 0, 1, 0]
    grouped = LogisticRegression(0.0, tol=1e-12).fit(rows, labels, counts)
    again = standard_errors(grouped, rows, counts)
    assert again.coef[0] == pytest.approx(errors.coef[0])
    assert float(again.intercept) == pytest.approx(float(errors.intercept))


def test_challenger():
    """O-rings of 23 flights (Dalal, Fowlkes, Hoadley 1989), as R's glm prints them."""
    degrees = "66 70 69 68 67 72 73 70 57 63 70 78 67 53 67 75 70 81 76 79 75 76 58"
    distress = "0 1 0 0 0 0 0 0 1 1 1 0 0 1 0 0 0 0 0 0 1 0 1"
    X, y = np.array(degrees.split(), dtype=float)[:, None], np.array(distress.split(), dtype=int)
    model = LogisticRegression(0.0).fit(X, y)
    errors = standard_errors(model, X)
    assert model.coef_[0] == pytest.approx(-0.2322, abs=5e-5)
    assert float(model.intercept_) == pytest.approx(15.0429, abs=5e-5)
    assert errors.coef[0] == pytest.approx(0.1082, abs=5e-5)
    assert float(errors.intercept) == pytest.approx(7.3786, abs=5e-5)
    assert 2 * 23 * objective(model, X, y) == pytest.approx(20.315, abs=5e-4)  # the deviance


SPECTOR = """
2.66 20 0 0  2.89 22 0 0  3.28 24 0 0  2.92 12 0 0  4.00 21 0 1  2.86 17 0 0  2.76 17 0 0
2.87 21 0 0  3.03 25 0 0  3.92 29 0 1  2.63 20 0 0  3.32 23 0 0  3.57 23 0 0  3.26 25 0 1
3.53 26 0 0  2.74 19 0 0  2.75 25 0 0  2.83 19 0 0  3.12 23 1 0  3.16 25 1 1  2.06 22 1 0
3.62 28 1 1  2.89 14 1 0  3.51 26 1 0  3.54 24 1 1  2.83 27 1 1  3.39 17 1 1  2.67 24 1 0
3.65 21 1 1  4.00 23 1 1  3.10 21 1 0  2.39 19 1 1"""


def test_grades_of_spector_and_mazzeo():
    """The 32 students of Spector and Mazzeo (1980), as Greene and statsmodels give the figures."""
    table = np.array(SPECTOR.split(), dtype=float).reshape(32, 4)
    X, y = table[:, :3], table[:, 3].astype(int)
    model = LogisticRegression(0.0).fit(X, y)
    errors = standard_errors(model, X)
    np.testing.assert_allclose(model.coef_, [2.8261, 0.0952, 2.3787], atol=5e-5)
    assert float(model.intercept_) == pytest.approx(-13.0213, abs=5e-5)
    np.testing.assert_allclose(errors.coef, [1.263, 0.142, 1.065], atol=5e-4)
    assert float(errors.intercept) == pytest.approx(4.931, abs=5e-4)
    assert -32 * objective(model, X, y) == pytest.approx(-12.890, abs=5e-4)


def test_standard_errors_without_intercept():
    X, y = make_data(6)
    model = LogisticRegression(0.0, fit_intercept=False).fit(X, y)
    p = expit(X @ model.coef_)
    information = X.T @ (X * (p * (1 - p))[:, None])
    errors = standard_errors(model, X)
    np.testing.assert_allclose(errors.coef, np.sqrt(np.diag(np.linalg.inv(information))))
    assert errors.intercept == 0


def test_standard_errors_are_the_scatter_of_the_weights():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) + 1
    found, said = [], None
    for _ in range(200):
        y = (rng.random(400) < expit(X @ np.array([1.0, -0.5]) + 0.3)).astype(int)
        model = LogisticRegression(0.0).fit(X, y)
        found.append([*model.coef_, model.intercept_])
        said = said or standard_errors(model, X)
    scatter = np.std(found, axis=0)
    np.testing.assert_allclose([*said.coef, said.intercept], scatter, rtol=0.15)


def test_weights_that_are_not_determined_have_no_errors():
    X, y = make_data(7)
    for bad in (np.column_stack([X, X[:, 0]]), np.column_stack([X, np.ones(80)])):
        model = LogisticRegression(0.0).fit(bad, y)
        with pytest.raises(ValueError, match="no standard errors: columns of X depend"):
            standard_errors(model, bad)
    with pytest.raises(NotFittedError):
        standard_errors(LogisticRegression(), X)
    with pytest.raises(ValueError, match="4 features"):
        standard_errors(LogisticRegression().fit(X, y), X[:, :2])


# --- invariances ----------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6), lam=st.sampled_from([0.003, 0.1, 3.0]))
def test_invariances(seed, lam):
    X, y = make_data(seed, n=30, d=2)
    if y.min() == y.max():
        y[0] = 1 - y[0]
    rng = np.random.default_rng(seed)
    base = LogisticRegression(lam, tol=1e-10).fit(X, y)

    def same(model, sign=1, inputs=X):
        scores = sign * model.decision_function(inputs)
        np.testing.assert_allclose(scores, base.decision_function(X), atol=1e-5)

    same(clone(base).fit(X, 1 - y), sign=-1)
    same(clone(base).fit(X, np.where(y == 1, "yes", "no")))
    order = rng.permutation(30)
    same(clone(base).fit(X[order], y[order]))
    same(clone(base).fit(X + 100, y), inputs=X + 100)
    same(LogisticRegression(4 * lam, tol=1e-10).fit(2 * X, y), inputs=2 * X)
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    same(clone(base).fit(X @ rotation, y), inputs=X @ rotation)
    k = rng.integers(0, 4, size=30)
    k[[np.argmin(y), np.argmax(y)]] = 2
    copies = clone(base).fit(np.repeat(X, k, axis=0), np.repeat(y, k))
    weighted = clone(base).fit(X, y, k)
    np.testing.assert_allclose(weighted.coef_, copies.coef_, atol=1e-6)
    assert float(weighted.intercept_) == pytest.approx(float(copies.intercept_), abs=1e-6)
    same(clone(base).fit(X, y, 7.0))


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_refit_is_a_fit(solver):
    X, y = make_data(8)
    model = LogisticRegression(0.1, solver=solver, max_iter=3000).fit(X, y)
    first = model.coef_.copy()
    np.testing.assert_array_equal(model.fit(X[:40], y[:40]).fit(X, y).coef_, first)


def test_probabilities_add_up_and_rows_stand_alone():
    X, y = make_data(9)
    model = LogisticRegression().fit(X, y)
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(p[:, 1], expit(model.decision_function(X)), rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X[3:4])[0], p[3], rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[np.argmax(p, axis=1)])
    far = np.full((1, 4), 1e6) * np.sign(model.coef_)
    assert model.predict_proba(far)[0].tolist() == [0.0, 1.0]
    log_p = model.predict_log_proba(far)[0]
    assert log_p[0] == pytest.approx(-float(model.decision_function(far)[0]))
    assert log_p[1] == 0
    assert p[:, 1].mean() == pytest.approx(y.mean(), abs=1e-6)  # ∂F/∂b = 0


# --- data without an optimum, and other hard ones -------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_separable_data_have_no_best_weights(solver):
    X, y = np.array([[-2.0, 1.0], [-1.0, 0.0], [1.0, 3.0], [2.0, -1.0]]), np.array([0, 0, 1, 1])
    with pytest.warns(SeparableWarning, match="a plane separates the classes.*Raise lam") as w:
        model = LogisticRegression(0.0, solver=solver).fit(X, y)
    assert w[0].filename == __file__
    assert len(w) == 1
    assert np.isfinite(model.coef_).all()
    assert model.score(X, y) == 1
    assert model.objective_path_[-1] < 0.01
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the smallest price is enough
        LogisticRegression(1e-3, solver=solver, max_iter=20_000).fit(X, y)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_nor_have_data_with_both_classes_on_the_plane(solver):
    X, y = np.array([[-1.0], [0.0], [0.0], [0.0], [2.0]]), np.array([0, 0, 1, 1, 1])
    with pytest.warns(SeparableWarning):
        LogisticRegression(0.0, solver=solver).fit(X, y)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("seed", range(5))
def test_overlapping_data_are_not_called_separable(solver, seed):
    X, y = make_data(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticRegression(0.0, solver=solver).fit(X, y)
    assert np.abs(model.coef_).max() < 20


def test_samples_without_weight_do_not_hide_that_a_plane_separates():
    X, y = np.array([[-1.0], [1.0], [2.0]]), np.array([0, 1, 0])
    with pytest.warns(SeparableWarning):
        LogisticRegression(0.0).fit(X, y, [1.0, 1.0, 0.0])


def test_duplicates_constants_and_a_rare_class():
    X, y = make_data(10)
    plain = LogisticRegression(0.0).fit(X, y)
    padded = np.column_stack([X, np.ones(80), X[:, 0], np.zeros(80)])
    model = LogisticRegression(0.0).fit(padded, y)
    assert model.coef_[[4, 6]] == pytest.approx(0, abs=1e-9)
    assert model.coef_[0] == pytest.approx(model.coef_[5], rel=0.02)  # they share
    np.testing.assert_allclose(
        model.decision_function(padded), plain.decision_function(X), atol=1e-6
    )
    rare = (np.arange(80) == 7).astype(int)
    np.testing.assert_allclose(
        LogisticRegression(0.01, tol=1e-10).fit(X, rare).coef_,
        sklearn_fit(X, rare, 0.01).coef_[0],
        atol=1e-6,
    )
    same = LogisticRegression().fit(np.zeros((6, 2)), [0, 0, 0, 0, 1, 1])
    assert not same.coef_.any()
    np.testing.assert_allclose(same.predict_proba(np.zeros((1, 2))), [[4 / 6, 2 / 6]])
    even = LogisticRegression().fit(np.zeros((2, 1)), [0, 1])
    np.testing.assert_allclose(even.predict_proba(np.zeros((1, 1))), [[0.5, 0.5]])


@pytest.mark.parametrize("exponent", [-600, -300, -12, 12, 300, 600])
def test_huge_and_tiny_inputs(exponent):
    X, y = make_data(11)
    scale = 2.0**exponent
    plain = LogisticRegression(0.0, tol=1e-10).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticRegression(0.0, tol=1e-10).fit(scale * X, y)
        np.testing.assert_allclose(model.coef_ * scale, plain.coef_, rtol=1e-6)
        np.testing.assert_allclose(
            model.decision_function(scale * X), plain.decision_function(X), atol=1e-6
        )
        priced = LogisticRegression(0.5, tol=1e-10).fit(scale * X, y)
    assert np.isfinite(priced.coef_).all()
    if exponent < -100:  # the price is all of the curvature: w = −∇F(0)/λ, with b at its best
        pull = (y - y.mean()) @ (scale * X) / len(y)
        np.testing.assert_allclose(priced.coef_, pull / 0.5, rtol=1e-6)


def test_columns_of_very_different_units():
    X, y = make_data(12)
    units = np.array([1e6, 1e-6, 1.0, 1e3])
    plain = LogisticRegression(0.0, tol=1e-10).fit(X, y)
    model = LogisticRegression(0.0).fit(X * units, y)
    np.testing.assert_allclose(model.coef_ * units, plain.coef_, rtol=1e-5)


def test_a_mean_far_from_0_costs_no_digits():
    X, y = make_data(13)
    plain = LogisticRegression(0.01, tol=1e-10).fit(X, y)
    far = LogisticRegression(0.01, tol=1e-10).fit(X + 1e6, y)
    np.testing.assert_allclose(far.coef_, plain.coef_, rtol=1e-6)


# --- kinds of arrays ------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("d", [4, 50])
def test_keeps_kind_device_and_precision(backend, dtype, solver, d):
    X, y = make_data(14, n=40, d=d)
    weight = np.linspace(1, 2, 40)
    parameters = {"lam": 0.3, "solver": solver, "max_iter": 5000, "tol": 1e-6}
    expected = LogisticRegression(**parameters).fit(X, y, weight)
    A = backend.array(X, dtype)
    model = LogisticRegression(**parameters)
    model.fit(A, backend.array(y, "int64"), backend.array(weight, dtype))
    atol = 1e-3 if dtype == "float32" else 1e-7
    for name in ("coef_", "intercept_", "coef_path_", "intercept_path_", "objective_path_"):
        assert backend.owns(getattr(model, name), dtype), name
    np.testing.assert_allclose(backend.numpy(model.coef_), expected.coef_, atol=atol)
    for method in ("decision_function", "predict_proba", "predict_log_proba"):
        result = getattr(model, method)(A)
        assert backend.owns(result, dtype), method
        np.testing.assert_allclose(
            backend.numpy(result), getattr(expected, method)(X), atol=20 * atol
        )
    assert backend.owns(model.predict(A), "int64")
    assert model.score(A, backend.array(y, "int64")) == expected.score(X, y)
    if d == 4:
        errors = standard_errors(model, A, weight)
        assert backend.owns(errors.coef, dtype)
        assert backend.owns(errors.intercept, dtype)
        said = standard_errors(expected, X, weight)
        np.testing.assert_allclose(backend.numpy(errors.coef), said.coef, rtol=1e-3)
        assert float(errors.intercept) == pytest.approx(said.intercept, rel=1e-3)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_separable_data_in_single_precision(solver):
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]], dtype=np.float32), np.array([0, 0, 1, 1])
    with pytest.warns(SeparableWarning):
        model = LogisticRegression(0.0, solver=solver).fit(X, y)
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_single_precision_comes_to_rest(cancer, solver):
    X, y = cancer
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticRegression(solver=solver).fit(X.astype(np.float32), y)
    double = LogisticRegression().fit(X, y)
    np.testing.assert_allclose(model.coef_, double.coef_, atol=1e-3)
    assert model.n_iter_ < 30


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [0, 0, 0, 0]}, "at least 2 classes, but y holds one class only"),
        ({"y": [0, 1, 2, 1]}, r"y holds 3, \[0, 1, 2\]. Use SoftmaxRegression, or wrap"),
        ({"X": [[0.0], [np.nan], [1.0], [2.0]]}, "NaN"),
        ({"X": [[0.0], [np.inf], [1.0], [2.0]]}, "infinity"),
        ({"y": [0, 1, 1]}, "inconsistent numbers of samples"),
        ({"y": None}, "requires y"),
        ({"sample_weight": [1, 1, 1]}, "sample_weight"),
        ({"sample_weight": [1, 1, 1, -1]}, "[Nn]egative"),
        ({"sample_weight": [1, 1, 1, np.nan]}, "NaN"),
        ({"sample_weight": [1, 0, 1, 0]}, "0 for every sample of one class"),
        ({"lam": -0.1}, "'lam' parameter of LogisticRegression"),
        ({"solver": "sgd"}, "'solver' parameter of LogisticRegression"),
        ({"max_iter": 0}, "'max_iter' parameter of LogisticRegression"),
        ({"tol": -1.0}, "'tol' parameter of LogisticRegression"),
        ({"eta": 0.0}, "'eta' parameter of LogisticRegression"),
    ],
)
def test_bad_input_is_refused(change, message):
    data = {"X": [[0.0], [1.0], [2.0], [3.0]], "y": [0, 1, 0, 1]}
    names = {"X", "y", "sample_weight"}
    data |= {name: value for name, value in change.items() if name in names}
    model = LogisticRegression(**{k: v for k, v in change.items() if k not in names})
    with pytest.raises(ValueError, match=message):
        model.fit(**data)


def test_before_fit_and_other_features():
    X, y = make_data(15)
    with pytest.raises(NotFittedError):
        LogisticRegression().predict_proba(X)
    with pytest.raises(ValueError, match="3 features"):
        LogisticRegression().fit(X, y).predict(X[:, :3])


def test_works_in_pipelines_and_searches(cancer):
    X, y = cancer
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__lam": [1e-3, 1.0]},
        scoring="neg_log_loss",
        cv=3,
    ).fit(X[:200], y[:200])
    assert search.best_params_ == {"logisticregression__lam": 1e-3}
