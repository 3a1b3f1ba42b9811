"""Support vector machines: the optimum, certified; the multipliers; the walk; kernels by hand."""

import warnings

import numpy as np
import pytest
import torch
from backends import BACKENDS, NUMPY
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.svm import LinearSVC as SklearnLinearSVC

from course_lib.gradient_check import gradient_check
from course_lib.linear_models import (
    KernelSVC,
    LinearSVC,
    kkt_residual,
    svm_objective,
    svm_subgradient,
)
from course_lib.optim import Constant, InverseDecay

LOSSES = ["hinge", "squared_hinge"]


def make_data(seed, n=80, d=4, noise=0.7, offset=1.0):
    """Two overlapping classes, features of unequal scale and a mean; labels −1 and +1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(0.5, 2.0, d)
    y = np.where(X @ rng.normal(size=d) + noise * rng.normal(size=n) > 0.3, 1.0, -1.0)
    return X + offset, y


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def excess(model, X, y):
    """How far F of the model is above the optimum, relative, from the dual value alone."""
    primal = svm_objective(X, y, model.coef_, model.intercept_, C=model.C)
    w = (model.alpha_ * y) @ X
    return (primal - (model.alpha_.sum() - w @ w / 2)) / primal


# --- objective and subgradient --------------------------------------------------------------


def test_objective_and_subgradient_by_hand():
    X, y = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]]), np.array([1.0, -1.0, 1.0])
    w, b = np.array([1.0, -1.0]), 0.5  # scores −½, 3½, −½: m = 1½, 4½, 1½
    assert svm_objective(X, y, w, b, C=3) == pytest.approx(1 + 7.5)
    assert svm_objective(X, y, w, b, C=3, loss="squared_hinge") == pytest.approx(1 + 24.75)
    np.testing.assert_allclose(svm_subgradient(X, y, w, b, C=3), [1 - 1 + 3, -1 - 3, -1])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_subgradient_is_that_of_finite_differences_and_of_autograd(loss, seed):
    X, y = make_data(seed)
    v = np.random.default_rng(seed + 50).normal(size=X.shape[1] + 1)
    g = svm_subgradient(X, y, v[:-1], v[-1], C=7.0, loss=loss)
    check = gradient_check(
        lambda v: svm_objective(X, y, v[:-1], v[-1], C=7.0, loss=loss), g, v, tol=1e-6
    )
    assert check.ok, check
    t = torch.tensor(v, requires_grad=True)
    svm_objective(torch.tensor(X), torch.tensor(y), t[:-1], t[-1], C=7.0, loss=loss).backward()
    np.testing.assert_allclose(g, t.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("function", [svm_objective, svm_subgradient])
def test_an_unknown_loss_is_refused(function):
    with pytest.raises(ValueError, match="'hinge' or 'squared_hinge', got 'hingle'"):
        function(np.ones((2, 1)), np.array([1.0, -1.0]), np.ones(1), 0.0, C=1, loss="hingle")


@given(seed=st.integers(0, 10**6), loss=st.sampled_from(LOSSES))
def test_subgradient_supports_the_objective_from_below(seed, loss):
    X, y = make_data(seed, n=12, d=2)
    u, v = np.random.default_rng(seed).normal(size=(2, 3))
    F = [svm_objective(X, y, a[:-1], a[-1], C=5.0, loss=loss) for a in (u, v)]
    g = svm_subgradient(X, y, u[:-1], u[-1], C=5.0, loss=loss)
    assert F[1] >= F[0] + g @ (v - u) - 1e-9


# --- the linear machine at its optimum ------------------------------------------------------


@pytest.mark.parametrize("C", [1e-3, 0.1, 1.0, 10.0])
def test_hinge_agrees_with_svc_whose_cost_is_n_times_smaller(cancer, C):
    X, y = cancer
    ours = LinearSVC(C * len(y), tol=1e-10).fit(X, y)
    theirs = SVC(kernel="linear", C=C, tol=1e-8).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[0], atol=1e-4)
    assert float(ours.intercept_) == pytest.approx(theirs.intercept_[0], abs=1e-4)
    assert ours.dual_gap_ < 1e-10
    np.testing.assert_array_equal(ours.support_, np.sort(theirs.support_))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("d", [3, 40])
def test_squared_hinge_agrees_with_a_general_minimiser(fit_intercept, d):
    X, y = make_data(1, n=30, d=d)  # with d = 40 there are more features than samples
    model = LinearSVC(20.0, loss="squared_hinge", fit_intercept=fit_intercept).fit(X, y)
    free = np.append(np.ones(d), float(fit_intercept))

    def F(v):
        v = v * free
        g = svm_subgradient(X, y, v[:-1], v[-1], C=20.0, loss="squared_hinge")
        return svm_objective(X, y, v[:-1], v[-1], C=20.0, loss="squared_hinge"), g * free

    best = minimize(F, np.zeros(d + 1), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(model.coef_, best[:-1], atol=1e-6)
    assert float(model.intercept_) == pytest.approx(best[-1] * fit_intercept, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_without_intercept_agrees_with_scikit_learn(cancer, loss):
    X, y = cancer
    ours = LinearSVC(0.05 * len(y), loss=loss, fit_intercept=False, tol=1e-10).fit(X, y)
    theirs = SklearnLinearSVC(
        C=0.05, loss=loss, fit_intercept=False, dual=True, tol=1e-9, max_iter=10**6, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[0], atol=1e-5)


@pytest.mark.parametrize("C", [1e-2, 1.0, 1e2, 1e4, 1e6])
@pytest.mark.parametrize("d", [2, 90])
def test_duality_gap_is_reached_and_honest(C, d):
    X, y = make_data(2, d=d)
    model = LinearSVC(C, tol=1e-9).fit(X, y)
    assert model.dual_gap_ <= 1e-9
    assert abs(excess(model, X, y)) < 1e-7  # computed anew, on the data as they came
    assert abs(model.alpha_ @ y) < 1e-8 * model.alpha_.sum()
    assert model.alpha_.min() >= 0
    assert model.alpha_.max() <= C / len(y) * (1 + 1e-12)
    near = np.isclose(model.alpha_ * len(y) / C, [[0], [1]], rtol=0, atol=1e-6)  # at a bound
    alpha = np.select(list(near), [0, C / len(y)], model.alpha_)
    assert kkt_residual(y * model.decision_function(X), alpha, C / len(y)) < 1e-3


def test_two_points_by_hand():
    """Points 0 and 4 with enough cost: the boundary at 2, w = ½, margin 2/‖w‖ = 4, α = w²/2."""
    model = LinearSVC(1e3, tol=1e-12).fit([[0.0], [4.0]], [0, 1])
    np.testing.assert_allclose(model.coef_, [0.5], rtol=1e-9)
    assert float(model.intercept_) == pytest.approx(-1)
    np.testing.assert_allclose(model.alpha_, [0.125, 0.125], rtol=1e-8)


def test_two_points_whose_cost_is_small_by_hand():
    """With C/n = 0.05 both α stop at 0.05, so w = 0.05·4 = 0.2 and both margins are violated."""
    model = LinearSVC(0.1, tol=1e-10).fit([[0.0], [4.0]], [0, 1])
    np.testing.assert_allclose(model.coef_, [0.2], rtol=1e-6)
    np.testing.assert_allclose(model.alpha_, [0.05, 0.05], rtol=1e-9)


# --- invariances and degenerate data --------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_invariances(loss):
    X, y = make_data(3)
    base = LinearSVC(50.0, loss=loss, tol=1e-11).fit(X, y)
    fit = clone(base).fit
    order = np.random.default_rng(0).permutation(len(y))
    np.testing.assert_allclose(fit(X[order], y[order]).coef_, base.coef_, atol=1e-5)
    shifted = clone(base).fit(X + 100, y)
    np.testing.assert_allclose(shifted.coef_, base.coef_, atol=1e-5)
    np.testing.assert_allclose(
        shifted.decision_function(X + 100), base.decision_function(X), atol=1e-4
    )
    swapped = clone(base).fit(X, -y)
    np.testing.assert_allclose(swapped.coef_, -base.coef_, atol=1e-5)
    twice = clone(base).fit(np.tile(X, (2, 1)), np.tile(y, 2))  # C/n halves, twice as many
    np.testing.assert_allclose(twice.coef_, base.coef_, atol=1e-5)
    first = base.coef_.copy()
    np.testing.assert_array_equal(base.fit(X, y).coef_, first)


def test_only_support_vectors_matter():
    X, y = make_data(4, noise=0.2)
    model = LinearSVC(100.0, tol=1e-11).fit(X, y)
    keep = model.support_
    assert len(keep) < len(y)
    alone = LinearSVC(100.0 * len(keep) / len(y), tol=1e-11).fit(X[keep], y[keep])
    np.testing.assert_allclose(alone.coef_, model.coef_, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_duplicates_constants_and_imbalance(loss):
    X, y = make_data(5)
    plain = LinearSVC(30.0, loss=loss, tol=1e-10).fit(X, y)
    padded = np.column_stack([X, np.ones(len(y)), X[:, 0]])
    model = LinearSVC(30.0, loss=loss, tol=1e-10).fit(padded, y)
    assert model.coef_[4] == pytest.approx(0, abs=1e-9)
    assert model.coef_[0] == pytest.approx(model.coef_[5], rel=1e-6)  # least norm shares
    assert np.mean(model.predict(padded) == plain.predict(X)) > 0.9
    rare = np.where(np.arange(80) == 7, 1, 0)
    one = LinearSVC(1e5, loss=loss).fit(X, rare)
    assert one.dual_gap_ <= one.tol
    same = LinearSVC(10.0, loss=loss).fit(np.zeros((6, 2)), [0, 0, 0, 0, 1, 1])
    np.testing.assert_allclose(same.coef_, 0)
    assert same.predict([[0.0, 0.0]])[0] == 0  # the larger class


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", ["newton", "gd", "sgd"])
def test_other_arrays_give_numpys_result_in_their_own_kind(backend, solver):
    X, y = make_data(6)
    settings = {"solver": solver, "max_iter": 200, "random_state": 0, "tol": 1e-9}
    ours = LinearSVC(10.0, **settings).fit(X, y)
    theirs = LinearSVC(10.0, **settings).fit(backend.array(X), backend.array(y))
    assert backend.owns(theirs.coef_, "float64")
    scores = theirs.decision_function(backend.array(X))
    np.testing.assert_allclose(backend.numpy(scores), ours.decision_function(X), atol=1e-5)
    np.testing.assert_array_equal(backend.numpy(theirs.predict(backend.array(X))), ours.predict(X))


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_stays_and_comes_near(loss):
    X, y = make_data(7)
    model = LinearSVC(10.0, loss=loss).fit(X.astype(np.float32), y)
    assert NUMPY.owns(model.coef_, "float32")
    np.testing.assert_allclose(model.coef_, LinearSVC(10.0, loss=loss).fit(X, y).coef_, atol=0.02)


# --- the descents ---------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("solver", ["gd", "sgd"])
def test_descents_approach_the_optimum(loss, solver):
    X, y = make_data(8, offset=5.0)
    best = LinearSVC(10.0, loss=loss, tol=1e-9).fit(X, y)
    walk = LinearSVC(
        10.0, loss=loss, solver=solver, max_iter=20_000, n_epochs=3000, random_state=0
    ).fit(X, y)
    F = [svm_objective(X, y, m.coef_, m.intercept_, C=10.0, loss=loss) for m in (walk, best)]
    assert F[1] <= F[0] < 1.01 * F[1]
    assert float(walk.objective_path_[-1]) == pytest.approx(F[0], rel=1e-9)


def test_gd_path_is_the_recursion_by_hand():
    X, y = make_data(9, offset=0.0)
    X = X - X.mean(axis=0)
    model = LinearSVC(5.0, solver="gd", eta=0.01, max_iter=4).fit(X, y)
    v = np.zeros(5)
    for k in range(5):
        np.testing.assert_allclose(model.coef_path_[k], v[:-1], atol=1e-14)
        assert model.intercept_path_[k] == pytest.approx(v[-1], abs=1e-14)
        assert model.objective_path_[k] == pytest.approx(svm_objective(X, y, v[:-1], v[-1], C=5.0))
        v = v - 0.01 * svm_subgradient(X, y, v[:-1], v[-1], C=5.0)
    assert model.n_iter_ == 4
    assert not hasattr(model, "alpha_")
    assert not hasattr(model.set_params(solver="newton", max_iter=99).fit(X, y), "coef_path_")


def test_path_ends_at_the_fit_on_data_that_are_not_centred():
    X, y = make_data(10, offset=3.0)
    for solver in ("gd", "sgd"):
        model = LinearSVC(5.0, solver=solver, random_state=1).fit(X, y)
        np.testing.assert_array_equal(model.coef_path_[-1], model.coef_)
        assert model.intercept_path_[-1] == pytest.approx(float(model.intercept_))
        F = svm_objective(X, y, model.coef_path_[3], model.intercept_path_[3], C=5.0)
        assert model.objective_path_[3] == pytest.approx(F)


def test_a_batch_of_all_samples_is_gradient_descent():
    X, y = make_data(11)
    gd = LinearSVC(5.0, solver="gd", eta=0.01, max_iter=30).fit(X, y)
    sgd = LinearSVC(5.0, solver="sgd", eta=Constant(0.01), n_epochs=30, batch_size=80).fit(X, y)
    np.testing.assert_allclose(sgd.coef_path_, gd.coef_path_, rtol=1e-9, atol=1e-12)


def test_a_divergence_is_refused():
    X, y = make_data(12)
    with pytest.raises(ValueError, match=r"eta=3\.0 is too large.*set eta='auto'"):
        LinearSVC(5.0, solver="gd", eta=3.0).fit(X, y)
    with pytest.raises(ValueError, match="too large"):
        LinearSVC(1e4, loss="squared_hinge", solver="sgd", eta=1.0).fit(X, y)
    LinearSVC(5.0, solver="gd", eta=InverseDecay(0.5), max_iter=5).fit(X, y)


def test_newton_says_when_it_was_not_given_steps_enough():
    X, y = make_data(13)
    with pytest.warns(ConvergenceWarning, match="max_iter=2") as caught:
        model = LinearSVC(max_iter=2).fit(X, y)
    assert caught[0].filename == __file__
    assert model.n_iter_ == 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, of the overflow
def test_newton_says_when_the_numbers_are_too_large_for_it():
    X, y = make_data(13)
    with pytest.warns(ConvergenceWarning, match="Standardise the columns of X"):
        LinearSVC().fit(X * 1e160, y)


# --- as a scikit-learn estimator ------------------------------------------------------------


@pytest.mark.parametrize("model", [LinearSVC(), KernelSVC()], ids=repr)
def test_labels_are_words_and_pipelines_work(cancer, model):
    X, y = cancer
    words = np.where(y == 1, "benign", "malignant")
    pipe = make_pipeline(StandardScaler(), model)
    assert cross_val_score(pipe, X, words, cv=3).mean() > 0.95
    assert set(pipe.fit(X, words).predict(X)) == {"benign", "malignant"}
    name = type(model).__name__.lower()
    search = GridSearchCV(pipe, {f"{name}__C": [1.0, 100.0]}, cv=2).fit(X, words)
    assert search.best_score_ > 0.95


def test_three_classes_need_a_strategy(rng):
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    for model in (LinearSVC(), KernelSVC()):
        with pytest.raises(ValueError, match=r"Only binary.*got 3 classes.*one-vs-rest"):
            model.fit(X, y)
        assert set(OneVsRestClassifier(model).fit(X, y).classes_) == {0, 1, 2}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"C": 0}, "'C' parameter"),
        ({"loss": "log"}, "'loss' parameter"),
        ({"solver": "smo"}, "'solver' parameter"),
        ({"eta": -1.0}, "'eta' parameter"),
        ({"tol": 0.0}, "'tol' parameter"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        LinearSVC(**parameters).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("cls", [LinearSVC, KernelSVC])
def test_bad_input(cls):
    X, y = make_data(15)
    with pytest.raises(ValueError, match="class"):
        cls().fit(X, np.ones(80))
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        cls().fit(np.where(X > 2, np.nan, X), y)
    with pytest.raises(NotFittedError):
        cls().predict(X)
    with pytest.raises(ValueError, match="4 features"):
        cls().fit(X, y).predict(X[:, :3])
    with pytest.raises(ValueError, match="batch_size"):
        LinearSVC(solver="sgd", batch_size=81).fit(X, y)


def test_hinge_forgets_what_logistic_regression_remembers():
    """Moving a point beyond its margin further out changes log loss, and the hinge not at all."""
    X, y = make_data(16, noise=0.2)
    model = LinearSVC(100.0, tol=1e-12).fit(X, y)
    margins = y * model.decision_function(X)
    far = np.argmin(np.where(margins > 1.05, margins, np.inf))  # the next one beyond the margin
    moved = X.copy()
    moved[far] += 3 * y[far] * model.coef_
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = LinearSVC(100.0, tol=1e-12).fit(moved, y)
    np.testing.assert_allclose(again.coef_, model.coef_, atol=1e-5)
    logistic = [LogisticRegression(tol=1e-8).fit(a, y).coef_ for a in (X, moved)]
    assert np.abs(logistic[0] - logistic[1]).max() > 1e-3


def test_more_steps_are_advised_only_to_who_has_used_them_up():
    X, y = load_breast_cancer(return_X_y=True)  # its columns differ by factors of 10⁵
    with pytest.warns(ConvergenceWarning, match="where rounding stopped it.*Standardise") as caught:
        model = LinearSVC(1e6 * len(y)).fit(X, y)
    assert model.n_iter_ < 1000
    assert "max_iter" not in str(caught[0].message)
    with pytest.warns(ConvergenceWarning, match=r"took 3 steps and.* raise max_iter=3, or"):
        LinearSVC(1e6 * len(y), max_iter=3).fit(X, y)


def test_a_sample_exactly_on_its_margin_does_not_pull():
    X, y = np.array([[1.0], [-2.0]]), np.array([1.0, -1.0])
    np.testing.assert_array_equal(svm_subgradient(X, y, np.array([1.0]), 0.0, C=10), [1.0, 0.0])
