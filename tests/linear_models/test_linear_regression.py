"""LinearRegression: five solvers, one answer; and what each says when there is none."""

import contextlib
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import scipy.optimize
import scipy.sparse
import torch
from backends import BACKENDS, NUMPY
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.linear_model import LinearRegression as SklearnLinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib.datasets import load_diabetes
from course_lib.estimator import IllConditionedWarning
from course_lib.gradient_check import gradient_check
from course_lib.linear_models import (
    LinearRegression,
    lambda_max,
    largest_stable_step,
    squared_loss,
    squared_loss_gradient,
)
from course_lib.optim import Constant, InverseDecay, StepDecay

DIRECT = ["lstsq", "qr", "normal"]
SOLVERS = [*DIRECT, "gd", "sgd"]


def exact(solver, n=None, **kwargs):
    """The estimator set so that it reaches the least-squares solution, not only its vicinity.

    "sgd" does so where every batch is all of the n samples: then there is no noise.
    """
    if solver == "gd":
        return LinearRegression("gd", max_iter=200_000, tol=1e-11, **kwargs)
    if solver == "sgd":
        return LinearRegression("sgd", batch_size=n, n_epochs=5000, **kwargs)
    return LinearRegression(solver, **kwargs)


def make_data(seed, n=60, d=4, noise=0.3, offset=2.0):
    """Inputs with unequal scales and a mean, targets with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(0.5, 2.0, d) + offset
    return X, X @ rng.normal(size=d) + 1.5 + noise * rng.normal(size=n)


# --- the loss and its gradient --------------------------------------------------------------


def test_loss_by_hand():
    X, y = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]), np.array([1.0, 0.0, -1.0])
    w = np.array([1.0, -1.0])  # predictions −1, −1, −1; residuals −2, −1, 0
    assert squared_loss(X, y, w) == pytest.approx((4 + 1 + 0) / 6)
    np.testing.assert_allclose(squared_loss_gradient(X, y, w), [-5 / 3, -8 / 3])


@pytest.mark.parametrize("function", [squared_loss, squared_loss_gradient])
def test_a_column_of_targets_is_refused(function):
    X, y, w = np.ones((3, 2)), np.ones(3), np.ones(2)
    for shapes in ((X, y[:, None], w), (X, y, w[:, None]), (X, y[:2], w), (X[:, 0], y, w)):
        with pytest.raises(ValueError, match=r"shapes \(n, d\), \(n,\) and \(d,\), got"):
            function(*shapes)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_is_that_of_finite_differences_and_of_autograd(seed):
    X, y = make_data(seed)
    w = np.random.default_rng(seed + 100).normal(size=X.shape[1])
    g = squared_loss_gradient(X, y, w)
    check = gradient_check(lambda w: squared_loss(X, y, w), g, w, tol=1e-8)
    assert check.ok, check
    w_torch = torch.tensor(w, requires_grad=True)
    squared_loss(torch.tensor(X), torch.tensor(y), w_torch).backward()
    np.testing.assert_allclose(g, w_torch.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_loss_and_gradient_do_not_depend_on_how_often_the_data_are_repeated(rng):
    X, y = make_data(0)
    w = rng.normal(size=X.shape[1])
    XX, yy = np.tile(X, (3, 1)), np.tile(y, 3)
    assert squared_loss(XX, yy, w) == pytest.approx(squared_loss(X, y, w), rel=1e-13)
    np.testing.assert_allclose(
        squared_loss_gradient(XX, yy, w), squared_loss_gradient(X, y, w), rtol=1e-12
    )


# --- at the solution ------------------------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("solver", SOLVERS)
def test_agrees_with_the_references_at_the_solution(solver, fit_intercept):
    X, y = make_data(1)
    model = exact(solver, n=len(y), fit_intercept=fit_intercept).fit(X, y)
    theirs = SklearnLinearRegression(fit_intercept=fit_intercept, tol=0).fit(X, y)
    np.testing.assert_allclose(model.coef_, theirs.coef_, rtol=1e-8, atol=1e-8)
    assert float(model.intercept_) == pytest.approx(theirs.intercept_, rel=1e-8, abs=1e-8)
    A = np.column_stack([X, np.ones(len(y))]) if fit_intercept else X
    w = torch.linalg.lstsq(torch.tensor(A), torch.tensor(y)[:, None]).solution[:, 0].numpy()
    np.testing.assert_allclose(model.coef_, w[: X.shape[1]], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(model.predict(X), theirs.predict(X), rtol=1e-8)
    assert model.score(X, y) == pytest.approx(theirs.score(X, y), rel=1e-10)


@pytest.mark.parametrize("solver", SOLVERS)
def test_solution_by_hand(solver):
    """The line through (0, 1), (1, 2), (2, 2): slope 1/2, intercept 7/6."""
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0, 2.0])
    model = exact(solver, n=3).fit(X, y)
    np.testing.assert_allclose(model.coef_, [0.5], rtol=1e-9)
    assert float(model.intercept_) == pytest.approx(7 / 6, rel=1e-9)
    assert model.score(X, y) == pytest.approx(0.75, rel=1e-9)  # 1 − (1/6)/(2/3)


@pytest.mark.parametrize("solver", [*DIRECT, "gd"])
def test_diabetes_as_scikit_learn(solver):
    table = load_diabetes(standardize=True)
    theirs = SklearnLinearRegression(tol=0).fit(table.X, table.y)
    model = LinearRegression(solver, max_iter=50_000, tol=1e-12).fit(table.X, table.y)
    np.testing.assert_allclose(model.coef_, theirs.coef_, rtol=1e-8)
    assert model.score(table.X, table.y) == pytest.approx(0.5177, abs=5e-5)


@pytest.mark.parametrize("solver", [*DIRECT, "gd"])
def test_residuals_are_orthogonal_to_the_columns_and_to_one(solver):
    X, y = make_data(3)
    r = y - exact(solver).fit(X, y).predict(X)
    assert np.abs(X.T @ r).max() < 1e-9 * np.linalg.norm(X) * np.linalg.norm(y)
    assert abs(r.sum()) < 1e-9 * np.abs(y).sum()


def test_singular_values_and_rank():
    X, y = make_data(4)
    model = LinearRegression().fit(X, y)
    s = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(model.singular_values_, s, rtol=1e-12)
    assert model.rank_ == 4
    assert LinearRegression(fit_intercept=False).fit(X[:2], y[:2]).rank_ == 2


def test_sgd_comes_near_the_solution_and_a_decaying_step_nearer():
    X, y = make_data(5, n=400, noise=1.0)
    X = StandardScaler().fit_transform(X)
    best = LinearRegression().fit(X, y)

    def error(eta):
        model = LinearRegression("sgd", eta=eta, n_epochs=40, batch_size=4, random_state=0)
        return np.linalg.norm(model.fit(X, y).coef_ - best.coef_)

    constant, decaying = error(0.1), error(lambda k: 0.1 / (1 + k / 100))
    assert constant < 0.5
    assert decaying < 0.25 * constant


# --- the walk -------------------------------------------------------------------------------


def test_gd_path_is_the_recursion_by_hand():
    X, y = make_data(6)
    model = LinearRegression("gd", eta=0.02, max_iter=5, tol=0).fit(X, y)
    Xc, yc, w = X - X.mean(axis=0), y - y.mean(), np.zeros(4)
    for k in range(6):
        np.testing.assert_allclose(model.coef_path_[k], w, rtol=1e-12, atol=1e-14)
        assert model.loss_path_[k] == pytest.approx(0.5 * np.mean((yc - Xc @ w) ** 2), rel=1e-12)
        assert model.intercept_path_[k] == pytest.approx(y.mean() - X.mean(axis=0) @ w)
        w = w + 0.02 * Xc.T @ (yc - Xc @ w) / len(y)
    assert model.n_iter_ == 5
    np.testing.assert_array_equal(model.coef_, model.coef_path_[-1])


def test_sgd_path_is_the_recursion_by_hand():
    X, y = make_data(7, n=10)
    model = LinearRegression("sgd", eta=0.01, n_epochs=2, batch_size=4, random_state=3).fit(X, y)
    Xc, yc, w, rng = X - X.mean(axis=0), y - y.mean(), np.zeros(4), np.random.RandomState(3)
    for epoch in range(2):
        order = rng.permutation(10)
        for rows in (order[:4], order[4:8], order[8:]):  # the last batch is short, and kept
            w = w - 0.01 * squared_loss_gradient(Xc[rows], yc[rows], w)
        np.testing.assert_allclose(model.coef_path_[epoch + 1], w, rtol=1e-12)
    assert model.n_iter_ == 2
    assert model.coef_path_.shape == (3, 4)
    assert model.loss_path_.shape == model.intercept_path_.shape == (3,)


@pytest.mark.parametrize("d", [1, 3])
def test_gd_never_rises_below_the_threshold_and_explodes_above(d):
    X, y = make_data(8, d=d)
    stable = largest_stable_step(X, center=True)
    for fraction in (0.1, 0.9, 0.999):
        model = LinearRegression("gd", eta=fraction * stable, max_iter=300, tol=0).fit(X, y)
        assert np.diff(model.loss_path_).max() <= 1e-12 * model.loss_path_[0]
    with pytest.raises(ValueError, match=r"eta=.* is too large"):
        LinearRegression("gd", eta=1.01 * stable, max_iter=3000, tol=0).fit(X, y)


def test_divergence_names_the_step_and_one_that_works():
    X, y = make_data(9)
    with pytest.raises(ValueError, match=r"eta=1000\.0 is too large.*2/λ_max = ") as error:
        LinearRegression("gd", eta=1000.0).fit(X, y)
    advice = float(str(error.value).split("set eta=")[1].split(" ")[0])
    assert advice == pytest.approx(largest_stable_step(X, center=True) / 2, rel=1e-2)
    LinearRegression("gd", eta=advice, max_iter=100, tol=0).fit(X, y)
    with pytest.raises(ValueError, match=r"eta=1000\.0 is too large.*‖xᵢ‖²"):
        LinearRegression("sgd", eta=1000.0, random_state=0).fit(X, y)


def test_a_divergence_that_has_not_gone_far_is_refused_too():
    X, y = make_data(33, d=1)
    eta = 1.1 * largest_stable_step(X, center=True)  # the error grows 1.2 times a step
    with pytest.raises(ValueError, match="too large") as error:
        LinearRegression("gd", eta=eta, max_iter=12, tol=0).fit(X, y)
    assert "by step 12 " in str(error.value)


def test_a_schedule_that_starts_too_big_may_still_arrive():
    X, y = make_data(33, d=1)
    eta = StepDecay(1.1 * largest_stable_step(X, center=True), factor=0.5, every=10)
    model = LinearRegression("gd", eta=eta, max_iter=200, tol=0).fit(X, y)
    assert model.loss_path_[10] > model.loss_path_[0]
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, y).coef_, rtol=1e-6)


def test_gd_says_when_it_was_not_given_steps_enough():
    X, y = make_data(10)
    with pytest.warns(ConvergenceWarning, match="max_iter=3") as caught:
        LinearRegression("gd", max_iter=3).fit(X, y)
    assert caught[0].filename == __file__  # it points at the call of fit
    LinearRegression("gd", max_iter=3, tol=0).fit(X, y)  # asked for three steps, got them


def test_lambda_max_is_the_largest_curvature():
    for shape in [(50, 5), (3, 8)]:
        X = np.random.default_rng(0).normal(size=shape) + 1.0
        lam = lambda_max(X)
        assert lam == pytest.approx(np.linalg.svd(X, compute_uv=False)[0] ** 2 / len(X))
        Xc = X - X.mean(axis=0)
        assert lambda_max(X, center=True) == pytest.approx(lambda_max(Xc))
        assert largest_stable_step(X) == pytest.approx(2 / lam)
    assert largest_stable_step(np.zeros((3, 2))) == np.inf


@given(seed=st.integers(0, 10**6), n=st.integers(2, 12), d=st.integers(1, 6))
def test_no_minibatch_is_steeper_than_its_longest_row(seed, n, d):
    """What makes eta="auto" of "sgd" safe: λ_max(XᵀX/n) ≤ maxᵢ‖xᵢ‖² for any rows."""
    X = np.random.default_rng(seed).normal(size=(n, d))
    assert lambda_max(X) <= (X**2).sum(axis=1).max() * (1 + 1e-12)


@pytest.mark.parametrize("schedule", [Constant(0.01), InverseDecay(0.01), lambda k: 0.01])
def test_a_schedule_can_be_given(schedule):
    X, y = make_data(11)
    model = LinearRegression("gd", eta=schedule, max_iter=20, tol=0).fit(X, y)
    assert model.loss_path_[-1] < model.loss_path_[0]
    assert clone(model).get_params()["eta"] is not None


# --- invariances ----------------------------------------------------------------------------


@given(
    seed=st.integers(0, 10**6),
    shift=st.floats(-50, 50),
    scale=st.floats(0.1, 10),
    solver=st.sampled_from(DIRECT),
)
def test_shift_scale_and_order_of_the_rows(seed, shift, scale, solver):
    X, y = make_data(seed, n=30, d=3)
    w, b = (lambda m: (m.coef_, m.intercept_))(LinearRegression(solver).fit(X, y))
    order = np.random.default_rng(seed).permutation(len(y))
    cases = {
        "rows": (X[order], y[order], w, b),
        "columns": (X[:, ::-1], y, w[::-1], b),
        "shift of X": (X + shift, y, w, b - shift * w.sum()),
        "shift of y": (X, y + shift, w, b + shift),
        "scale of X": (X * scale, y, w / scale, b),
        "scale of y": (X, y * scale, w * scale, b * scale),
        "copies": (np.repeat(X, 2, axis=0), np.repeat(y, 2), w, b),
    }
    for name, (X2, y2, w2, b2) in cases.items():
        model = LinearRegression(solver).fit(X2, y2)
        np.testing.assert_allclose(model.coef_, w2, rtol=1e-7, atol=1e-8, err_msg=name)
        np.testing.assert_allclose(model.intercept_, b2, rtol=1e-6, atol=1e-6, err_msg=name)


@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-6, 1e-3, 1e3, 1e6]))
def test_gd_takes_the_same_steps_in_any_unit(seed, scale):
    X, y = make_data(seed, n=20, d=2)
    base = LinearRegression("gd", max_iter=30, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        a, b, c = base.fit(X, y), clone(base).fit(X * scale, y), clone(base).fit(X, y * scale)
    assert a.n_iter_ == b.n_iter_ == c.n_iter_
    np.testing.assert_allclose(b.coef_path_ * scale, a.coef_path_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(c.coef_path_ / scale, a.coef_path_, rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 10**6), solver=st.sampled_from(DIRECT))
def test_r2_is_at_most_one_and_not_below_the_mean_on_the_training_data(seed, solver):
    X, y = make_data(seed, n=12, d=3, noise=5.0)
    assert -1e-12 <= LinearRegression(solver).fit(X, y).score(X, y) <= 1


@given(seed=st.integers(0, 10**6))
def test_no_other_weights_have_a_lower_loss(seed):
    X, y = make_data(seed, n=15, d=3)
    w = LinearRegression(fit_intercept=False).fit(X, y).coef_
    other = w + np.random.default_rng(seed).normal(size=3) * 0.1
    assert squared_loss(X, y, w) <= squared_loss(X, y, other)


@pytest.mark.parametrize("solver", SOLVERS)
def test_refit_forgets_and_the_seed_decides(solver):
    (X, y), (X2, y2) = make_data(12), make_data(13, n=40, d=3)
    kwargs = {"random_state": 0, "max_iter": 50, "tol": 0}
    fresh = LinearRegression(solver, **kwargs).fit(X2, y2)
    again = LinearRegression(solver, **kwargs).fit(X, y).fit(X2, y2)
    assert vars(fresh).keys() == vars(again).keys()
    for name, value in vars(fresh).items():
        np.testing.assert_array_equal(value, getattr(again, name), err_msg=name)
    other = again.set_params(solver="qr").fit(X2, y2)
    assert not hasattr(other, "loss_path_")
    assert not hasattr(other, "rank_")


def test_seeds_differ_and_a_global_seed_does_nothing():
    X, y = make_data(14)
    fit = lambda seed: LinearRegression("sgd", random_state=seed, n_epochs=2).fit(X, y).coef_  # noqa: E731 - a name for one line
    assert not np.array_equal(fit(0), fit(1))
    np.random.seed(0)  # noqa: NPY002 - the global generator is the point
    a = fit(5)
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(a, fit(5))


@pytest.mark.parametrize("solver", SOLVERS)
def test_input_is_left_as_it_was(solver):
    X, y = make_data(15)
    X0, y0 = X.copy(), y.copy()
    LinearRegression(solver, max_iter=5, tol=0, n_epochs=1).fit(X, y).predict(X)
    np.testing.assert_array_equal(X, X0)
    np.testing.assert_array_equal(y, y0)


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_row_is_predicted_as_in_a_batch(solver):
    X, y = make_data(16)
    model = LinearRegression(solver, random_state=0, max_iter=5000).fit(X, y)
    rows = np.concatenate([model.predict(X[i : i + 1]) for i in range(len(y))])
    np.testing.assert_allclose(rows, model.predict(X), rtol=1e-13)


# --- kinds of arrays ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_kind_of_array_gives_the_same_and_keeps_its_kind(solver, backend, dtype):
    X, y = make_data(17)
    kwargs = {"random_state": 0, "max_iter": 200, "tol": 0}
    reference = LinearRegression(solver, **kwargs).fit(X, y)
    X_, y_ = backend.array(X, dtype), backend.array(y, dtype)
    model = LinearRegression(solver, **kwargs).fit(X_, y_)
    close = {"rtol": 1e-9, "atol": 1e-10} if dtype == "float64" else {"rtol": 2e-3, "atol": 2e-4}
    for name in ("coef_", "intercept_", "singular_values_", "coef_path_", "loss_path_"):
        if hasattr(reference, name):
            value = getattr(model, name)
            assert backend.owns(value, dtype), name
            np.testing.assert_allclose(backend.numpy(value), getattr(reference, name), **close)
    prediction = model.predict(X_)
    assert backend.owns(prediction, dtype)
    np.testing.assert_allclose(backend.numpy(prediction), reference.predict(X), **close)
    score = model.score(X_, y_)
    assert isinstance(score, float)
    assert score == pytest.approx(reference.score(X, y), abs=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_loss_and_step_helpers_take_every_kind_of_array(backend):
    X, y = make_data(18)
    w = np.linspace(-1, 1, 4)
    X_, y_, w_ = (backend.array(a) for a in (X, y, w))
    assert float(squared_loss(X_, y_, w_)) == pytest.approx(squared_loss(X, y, w))
    gradient = squared_loss_gradient(X_, y_, w_)
    assert backend.owns(gradient, "float64")
    np.testing.assert_allclose(backend.numpy(gradient), squared_loss_gradient(X, y, w))
    assert lambda_max(X_, center=True) == pytest.approx(lambda_max(X, center=True))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "convert",
    [
        pytest.param(lambda X: X.tolist(), id="list"),
        pytest.param(lambda X: pd.DataFrame(X, columns=list("abcd")), id="frame"),
        pytest.param(np.asfortranarray, id="fortran"),
        pytest.param(lambda X: X[::-1][::-1], id="strided"),
        pytest.param(lambda X: X.astype(object), id="object"),
    ],
)
def test_what_is_like_an_array_becomes_numpy(solver, convert):
    X, y = make_data(19)
    kwargs = {"random_state": 0, "max_iter": 20, "tol": 0}
    expected = LinearRegression(solver, **kwargs).fit(X, y).predict(X)
    model = LinearRegression(solver, **kwargs).fit(convert(X), pd.Series(y))
    assert NUMPY.owns(model.coef_, "float64")
    np.testing.assert_allclose(model.predict(convert(X)), expected, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, np.float16])
def test_other_numbers_become_float64(dtype):
    X = (np.arange(24).reshape(12, 2) ** 2 % 7 > 2).astype(dtype)
    y = np.arange(12) ** 2  # its coefficients are far from zero
    model = LinearRegression().fit(X, y)
    assert model.coef_.dtype == np.float64
    expected = LinearRegression().fit(X.astype(float), y.astype(float)).coef_
    np.testing.assert_allclose(model.coef_, expected)
    tensor = LinearRegression().fit(torch.asarray(X), torch.asarray(y))
    assert tensor.coef_.dtype == torch.float64
    np.testing.assert_allclose(tensor.coef_.numpy(), expected)


def test_pipelines_searches_and_pickles():
    X, y = make_data(20)
    pipeline = make_pipeline(StandardScaler(), LinearRegression("gd", max_iter=5000))
    assert cross_val_score(pipeline, X, y, cv=3).min() > 0.5
    search = GridSearchCV(LinearRegression(), {"solver": DIRECT}, cv=3).fit(X, y)
    model = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(model.predict(X), search.predict(X))


# --- degenerate input -----------------------------------------------------------------------


def test_duplicate_column_shares_the_weight_by_least_norm():
    X, y = make_data(21)
    twice = np.column_stack([X, X[:, 0]])
    single = LinearRegression().fit(X, y)
    with pytest.warns(IllConditionedWarning, match=r"\[0, 4\].*float64.*least norm") as caught:
        model = LinearRegression().fit(twice, y)
    assert caught[0].filename == __file__
    assert model.rank_ == 4
    np.testing.assert_allclose(model.coef_[[0, 4]], single.coef_[0] / 2, rtol=1e-9)
    Xc = twice - twice.mean(axis=0)
    expected = scipy.linalg.pinv(Xc, rtol=1e-10) @ (y - y.mean())
    np.testing.assert_allclose(model.coef_, expected, rtol=1e-9)


# The smallest ratios of sizes at which a column was lost from so many rows.
@pytest.mark.parametrize(
    ("n", "ratio"), [(1000, 1e-4), (10_000, 1e-3), (100_000, 1e-2), (50, 1e-9)]
)
@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
def test_a_column_is_not_lost_for_its_unit_or_for_many_rows(n, ratio, kind, rng):
    X = (rng.normal(size=(n, 3)) * [1, ratio, 1 / ratio] + [0, 3 * ratio, 0]).astype("f4")
    w = np.array([1, 1 / ratio, ratio])
    model = LinearRegression().fit(kind(X), kind((X @ w).astype("f4")))
    assert model.rank_ == 3
    np.testing.assert_allclose(np.asarray(model.coef_) / w, 1, rtol=1e-4)


@pytest.mark.parametrize("solver", DIRECT)
def test_a_column_and_its_square_in_single_precision(solver, rng):
    x = rng.uniform(0, 100, 100_000)
    X, y = np.column_stack([x, x**2]).astype("f4"), (1 + 2 * x - 0.01 * x**2).astype("f4")
    model = LinearRegression(solver).fit(X, y)
    np.testing.assert_allclose(model.coef_, [2, -0.01], rtol=1e-3)
    assert model.score(X, y) > 0.99999


@pytest.mark.parametrize("offset", [0.0, 10.0, 1e4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [30, 100_000])
@pytest.mark.parametrize("solver", DIRECT)
def test_columns_dependent_up_to_their_own_rounding_are_noticed(solver, n, dtype, offset, rng):
    X = (rng.normal(size=(n, 3)) + offset).astype(dtype)
    X[:, 2] = 0.1 * X[:, 0]
    with (
        pytest.warns(IllConditionedWarning, match=rf"\[0, 2\] .* in {dtype}"),
        contextlib.suppress(np.linalg.LinAlgError),
    ):
        model = LinearRegression(solver).fit(X, X[:, 1] - X[:, 0])
    if solver == "lstsq":
        assert model.rank_ == 2
        np.testing.assert_allclose(model.predict(X), X[:, 1] - X[:, 0], atol=1e-3 * (1 + offset))


def test_whole_numbers_far_from_zero_are_no_constant():
    X = (1e6 + np.arange(40))[:, None].astype("f4")  # each is exact in float32
    model = LinearRegression().fit(X, np.arange(40))
    assert model.rank_ == 1
    np.testing.assert_allclose(model.coef_, [1], rtol=1e-6)


@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
def test_the_mean_of_many_rows_in_single_precision(kind, rng):
    """NumPy's own float32 mean of these columns is off by 0.03 and more."""
    X = (rng.normal(size=(200_000, 2)) + 1000).astype("f4")
    y = X[:, 0] - X[:, 1]
    model = LinearRegression().fit(kind(X), kind(y))
    np.testing.assert_allclose(np.asarray(model.coef_), [1, -1], rtol=1e-5)
    assert abs(float(model.intercept_)) < 0.02
    assert lambda_max(X, center=True) == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("spread", [0, 2, 4])
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_weights_are_the_shortest_whatever_the_units(backend, spread, rng):
    """The third column is a sum of the first two, in units that differ by powers of ten."""
    X = rng.normal(size=(40, 4))
    X[:, 2] = X[:, 0] + X[:, 1]
    size = 10.0 ** (spread * np.array([0, 1, -1, 0.5]))
    X, y = X * size, rng.normal(size=40)
    with pytest.warns(IllConditionedWarning):
        model = LinearRegression(fit_intercept=False).fit(backend.array(X), backend.array(y))
    kernel = np.array([1, 1, -1, 0]) / size  # X @ kernel = 0
    w = backend.numpy(model.coef_)
    cosine = (w @ kernel) / np.linalg.norm(w) / np.linalg.norm(kernel)
    assert abs(cosine) < 1e-13 * 10 ** (1.5 * spread)
    best = LinearRegression("qr", fit_intercept=False).fit(X[:, [0, 1, 3]], y)
    np.testing.assert_allclose(X @ w, best.predict(X[:, [0, 1, 3]]), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("solver", ["gd", "sgd"])
def test_descent_from_zero_also_finds_the_least_norm(solver):
    X, y = make_data(22, n=5, d=8)
    model = exact(solver, n=5).fit(X, y)
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, y).coef_, rtol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", ["qr", "normal"])
def test_dependent_columns_are_reported_by_number(solver, backend):
    X, y = make_data(23)
    X[:, 2] = X[:, 0] - 2 * X[:, 3]
    X_, y_ = backend.array(X), backend.array(y)
    with (
        pytest.warns(IllConditionedWarning, match=r"\[0, 2, 3\].*lstsq.*ridge") as caught,
        contextlib.suppress(np.linalg.LinAlgError),  # rounding may leave it exactly singular
    ):
        LinearRegression(solver).fit(X_, y_)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", ["qr", "normal"])
@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e9 / 3])
def test_a_constant_column_is_refused_by_number_where_it_is_singular(solver, constant, backend):
    X, y = make_data(24)
    X[:, 1] = constant
    X_, y_ = backend.array(X), backend.array(y)
    with pytest.raises(np.linalg.LinAlgError, match=r"column\(s\) \[1\].*constant"):
        LinearRegression(solver).fit(X_, y_)
    if constant == 0:
        with pytest.raises(np.linalg.LinAlgError, match=r"column\(s\) \[1\] of X are zero"):
            LinearRegression(solver, fit_intercept=False).fit(X_, y_)
    else:  # without an intercept it is a column as any other
        model = LinearRegression(solver, fit_intercept=False).fit(X_, y_)
        other = LinearRegression(fit_intercept=False).fit(X, y)
        np.testing.assert_allclose(backend.numpy(model.predict(X_)), other.predict(X), rtol=1e-5)


@pytest.mark.parametrize("solver", ["lstsq", "gd", "sgd"])
@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_constant_column_gets_no_weight(solver, constant):
    X, y = make_data(25)
    X[:, 1] = constant
    model = exact(solver, n=len(y)).fit(X, y)
    assert model.coef_[1] == pytest.approx(0, abs=1e-12)
    assert model.score(X, y) == pytest.approx(LinearRegression().fit(X, y).score(X, y))


@pytest.mark.parametrize("solver", ["qr", "normal"])
@pytest.mark.parametrize(("n", "fit_intercept"), [(4, True), (3, False), (1, True)])
def test_too_few_samples_for_a_unique_answer(solver, n, fit_intercept):
    X, y = make_data(26, n=n)
    with pytest.raises(np.linalg.LinAlgError, match=f"n_samples={n}"):
        LinearRegression(solver, fit_intercept=fit_intercept).fit(X, y)


@pytest.mark.parametrize("solver", ["qr", "normal"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_just_enough_samples_are_met_exactly(solver, fit_intercept):
    X, y = make_data(27, n=4 + fit_intercept)
    model = LinearRegression(solver, fit_intercept=fit_intercept).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, rtol=1e-7)


@pytest.mark.parametrize("solver", ["lstsq", "gd", "sgd"])
def test_fewer_samples_than_features(solver):
    X, y = make_data(28, n=3, d=6)
    model = exact(solver, n=3).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, rtol=1e-6)
    if solver == "lstsq":
        assert model.rank_ == 2
        assert model.singular_values_.shape == (3,)


@pytest.mark.parametrize("solver", ["lstsq", "gd", "sgd"])
def test_one_sample(solver):
    model = LinearRegression(solver).fit([[1.0, 2.0]], [3.0])
    np.testing.assert_array_equal(model.coef_, [0.0, 0.0])
    assert float(model.intercept_) == 3.0


@pytest.mark.parametrize("solver", SOLVERS)
def test_targets_of_zero(solver):
    X, _ = make_data(29)
    model = LinearRegression(solver).fit(X, np.zeros(len(X)))
    np.testing.assert_array_equal(model.coef_, np.zeros(4))
    assert float(model.intercept_) == 0


@pytest.mark.parametrize("solver", [*DIRECT, "gd"])
def test_a_large_mean_costs_no_digits_with_an_intercept(solver):
    X, y = make_data(30, offset=0.0)
    near, far = exact(solver).fit(X, y), exact(solver).fit(X + 1e6, y)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=1e-8)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gd_converges_in_float32_without_complaint(backend):
    table = load_diabetes(standardize=True)
    X, y = backend.array(table.X, "float32"), backend.array(table.y, "float32")
    model = LinearRegression("gd", max_iter=5000).fit(X, y)
    assert model.n_iter_ < 5000
    best = LinearRegression().fit(table.X, table.y).predict(table.X)
    np.testing.assert_allclose(backend.numpy(model.predict(X)), best, rtol=1e-2)


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered")  # BLAS decides
@pytest.mark.parametrize("solver", ["normal", "gd", "sgd"])
def test_numbers_too_large_to_square_are_refused(solver):
    X, y = make_data(32)
    with pytest.raises(ValueError, match=r"overflows.*scale its columns"):
        LinearRegression(solver).fit(X * 1e200, y)
    np.testing.assert_allclose(
        LinearRegression().fit(X * 1e200, y).coef_ * 1e200, LinearRegression().fit(X, y).coef_
    )


@pytest.mark.parametrize("solver", ["normal", "gd", "sgd"])
def test_numbers_too_small_to_square_are_refused(solver):
    X, y = make_data(32)
    with pytest.raises(ValueError, match=r"underflows.*scale its columns"):
        LinearRegression(solver).fit(X * 1e-200, y)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", ["lstsq", "qr"])
def test_solvers_that_square_nothing_take_tiny_numbers(solver, backend):
    X, y = make_data(32)
    model = LinearRegression(solver).fit(backend.array(X * 1e-200), backend.array(y))
    w = LinearRegression().fit(X, y).coef_
    np.testing.assert_allclose(backend.numpy(model.coef_) * 1e-200, w, rtol=1e-9)


# Of X and of y; |Xᵀy|/n or its square leaves the range of float32, or y² does.
SIZES = [(1e10, 1e10), (1e5, 1e15), (1, 1e25), (1e-12, 1e-12), (1e-10, 1e-19), (1e-15, 1e-31)]


@pytest.mark.parametrize(("x", "y"), [*SIZES, (1, 1e-24)])
@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
@pytest.mark.parametrize("solver", SOLVERS)
def test_sizes_whose_squares_leave_the_range_of_single_precision(solver, kind, x, y):
    X, t = np.float32([[0], [x], [3 * x]]), np.float32([0, y, y])
    model = LinearRegression(solver, batch_size=3, n_epochs=100).fit(kind(X), kind(t))
    np.testing.assert_allclose(np.asarray(model.coef_) * (x / y), [2 / 7], rtol=1e-4)


@pytest.mark.parametrize("exponent", [80, -81, 140, -150])
def test_gd_in_double_precision_at_any_size(exponent):
    X, y = np.array([[0], [10.0**exponent]]), np.array([0, 10.0**exponent])
    np.testing.assert_allclose(LinearRegression("gd").fit(X, y).coef_, [1], rtol=1e-9)


@pytest.mark.parametrize(
    ("dtype", "size"), [("float64", 10.0**-e) for e in (155, 158, 161, 165)] + [("float32", 1e-22)]
)
@pytest.mark.parametrize("solver", ["normal", "gd", "sgd"])
def test_squares_that_have_lost_their_digits_are_refused(solver, dtype, size):
    X = np.array([[1.0, 2], [3, 1], [1, 5], [2, 2]])
    y = X.sum(axis=1).astype(dtype)
    with pytest.raises(ValueError, match="underflows"):
        LinearRegression(solver).fit((X * size).astype(dtype), y)


def test_whole_numbers_do_not_overflow_in_the_largest_step():
    pixels = np.array([[200, 1], [100, 50]], dtype=np.uint8)
    for center in (False, True):
        exact = lambda_max(pixels.astype(float), center=center)
        assert lambda_max(pixels, center=center) == exact
        assert lambda_max(torch.tensor(pixels), center=center) == pytest.approx(exact)


@pytest.mark.parametrize("X", [np.zeros((0, 2)), np.ones(3)])
def test_the_largest_step_of_no_table_is_refused(X):
    with pytest.raises(ValueError, match="at least one sample"):
        largest_stable_step(X)


# --- bad input ------------------------------------------------------------------------------

X0, Y0 = make_data(31)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"solver": "cholesky"}, "'solver' parameter.*'lstsq'"),
        ({"solver": None}, "'solver' parameter"),
        ({"fit_intercept": "yes"}, "'fit_intercept' parameter"),
        ({"eta": -0.1}, "'eta' parameter"),
        ({"eta": 0.0}, "'eta' parameter"),
        ({"eta": float("nan")}, "'eta' parameter"),
        ({"eta": "fast"}, "'eta' parameter.*'auto'"),
        ({"eta": float("inf")}, "'eta' parameter"),
        ({"eta": lambda k: -1.0, "solver": "gd"}, "step 0 has -1.0"),
        ({"eta": lambda k: float("nan"), "solver": "sgd"}, "step 0 has nan"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"max_iter": 1.5}, "'max_iter' parameter"),
        ({"tol": -1e-3}, "'tol' parameter"),
        ({"tol": float("nan")}, "'tol' parameter"),
        ({"n_epochs": 0}, "'n_epochs' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"batch_size": 61, "solver": "sgd"}, "batch_size must be a whole number from 1 to 60"),
        ({"random_state": "seed"}, "'random_state' parameter"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        LinearRegression(**params).fit(X0, Y0)


def corrupt(array, value):
    array = array.copy()
    array.flat[3] = value
    return array


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (corrupt(X0, np.nan), Y0, "(?i)X contains NaN"),
        (corrupt(X0, np.inf), Y0, "(?i)X contains infinity"),
        (X0, corrupt(Y0, np.nan), "(?i)y contains NaN"),
        (X0, corrupt(Y0, -np.inf), "(?i)y contains .*infinity"),
        (X0[:0], Y0[:0], "0 sample"),
        (X0[:, :0], Y0, "0 feature"),
        (X0[:, 0], Y0, "Expected 2D array"),
        (X0[None], Y0, "dim"),
        (X0, Y0[:-1], "inconsistent numbers of samples"),
        (X0, np.column_stack([Y0, Y0]), "1d array"),
        (X0, None, "requires y"),
        (X0, [str(v) for v in Y0], "y must be numbers"),
        (X0, ["tall"] * 60, "y must be numbers"),
        (np.full((60, 2), "tall"), Y0, "could not convert string|not compatible|dtype"),
        (X0 + 1j, Y0, "Complex data not supported"),
        (X0, Y0 + 1j, "Complex data not supported"),
    ],
)
def test_bad_data_are_refused(solver, X, y, message):
    with pytest.raises(ValueError, match=message):
        LinearRegression(solver).fit(X, y)


BAD_TENSORS = {
    "nan": (lambda X: corrupt(X, np.nan), None, ValueError, "X contains NaN or infinity"),
    "inf in y": (None, lambda y: corrupt(y, np.inf), ValueError, "y contains NaN or infinity"),
    "empty": (lambda X: X[:0], lambda y: y[:0], ValueError, "0 sample"),
    "no feature": (lambda X: X[:, :0], None, ValueError, "0 feature"),
    "one axis": (lambda X: X[:, 0], None, ValueError, "Expected 2D array for X, got 1D"),
    "three axes": (lambda X: X[None], None, ValueError, "got 3D"),
    "lengths": (None, lambda y: y[:-1], ValueError, "60 rows and y has 59"),
    "two targets": (None, lambda y: np.column_stack([y, y]), ValueError, "1d array"),
}


@pytest.mark.parametrize("backend", BACKENDS[1:])
@pytest.mark.parametrize("case", BAD_TENSORS)
def test_bad_tensors_are_refused(case, backend):
    change_X, change_y, error, message = BAD_TENSORS[case]
    X = X0 if change_X is None else change_X(X0)
    y = Y0 if change_y is None else change_y(Y0)
    with pytest.raises(error, match=message):
        LinearRegression().fit(backend.array(X), backend.array(y))


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (torch.tensor(X0 + 1j), Y0, ValueError, "Complex data not supported: X"),
        (torch.tensor(X0), torch.tensor(Y0 + 1j), ValueError, "Complex data not supported: y"),
        (torch.tensor(X0, requires_grad=True), Y0, ValueError, r"X tracks gradients.*detach\(\)"),
        (X0, torch.tensor(Y0, requires_grad=True), ValueError, r"y tracks gradients.*detach\(\)"),
        (torch.tensor(X0).to_sparse(), Y0, TypeError, r"Sparse data.*X\.to_dense\(\)"),
        (scipy.sparse.csr_array(X0), Y0, TypeError, "Sparse data was passed"),
        (torch.tensor(X0), ["tall"] * 60, ValueError, "y must be numbers"),
        (torch.tensor(X0), None, ValueError, "requires y"),
    ],
)
def test_what_a_solver_cannot_take_is_refused(X, y, error, message):
    with pytest.raises(error, match=message):
        LinearRegression().fit(X, y)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("other", BACKENDS)
def test_targets_follow_the_inputs(backend, other):
    """As in scikit-learn 1.9: y may be of another kind than X, and is brought to it."""
    expected = LinearRegression().fit(X0, Y0)
    model = LinearRegression().fit(backend.array(X0), other.array(Y0))
    assert backend.owns(model.coef_, "float64")
    np.testing.assert_allclose(backend.numpy(model.coef_), expected.coef_, rtol=1e-10)
    assert model.score(backend.array(X0), other.array(Y0)) == pytest.approx(expected.score(X0, Y0))


@pytest.mark.parametrize(
    ("fit", "predict"),
    [(a, b) for a in BACKENDS for b in BACKENDS if a is not b],
)
def test_predict_wants_the_kind_of_array_that_fit_had(fit, predict):
    fit, predict = fit.values[0], predict.values[0]
    if "cuda" in (fit.device, predict.device) and not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    model = LinearRegression().fit(fit.array(X0), fit.array(Y0))
    with pytest.raises(ValueError, match=r"LinearRegression\.predict\(\) must use the same"):
        model.predict(predict.array(X0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_predict_before_fit_and_with_other_features(backend):
    with pytest.raises(NotFittedError):
        LinearRegression().predict(backend.array(X0))
    model = LinearRegression().fit(backend.array(X0), backend.array(Y0))
    with pytest.raises(ValueError, match="expecting 4 features"):
        model.predict(backend.array(X0[:, :2]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_column_of_targets_is_taken(backend):
    expected = LinearRegression().fit(X0, Y0).coef_
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)
        model = LinearRegression().fit(backend.array(X0), backend.array(Y0[:, None]))
    np.testing.assert_allclose(backend.numpy(model.coef_), expected)
