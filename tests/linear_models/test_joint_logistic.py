"""Many logistic regressions in one walk: the same solutions as one by one."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from course_lib.linear_models import LogisticRegression, joint_logistic
from course_lib.linear_models.joint_logistic import _Problems, fit_jointly
from course_lib.losses import LogLoss

SIGNS = np.array([[1, -1, 0], [-1, 1, -1], [-1, 0, 1]])  # of three classes in three problems


def overlapping(n=90, d=4):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, n)
    return rng.standard_normal((n, d)) + 2 * codes[:, None] * [1, 0.5, 0, 0] + 3, codes


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(joint_logistic, "IN_CACHE", 40)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.usefixtures("small_parts")
def test_each_problem_as_alone(solver, fit_intercept, weighted):
    X, codes = overlapping()
    weights = np.random.default_rng(1).uniform(0.5, 3, len(X)) if weighted else None
    learner = LogisticRegression(0.05, solver=solver, fit_intercept=fit_intercept)
    joint = fit_jointly(learner, X, codes, SIGNS, weights)
    assert len(joint) == 3
    for sign, model in zip(SIGNS.T, joint, strict=True):
        rows = sign[codes] != 0
        of_rows = None if weights is None else weights[rows]
        alone = LogisticRegression(0.05, fit_intercept=fit_intercept, tol=1e-12)
        alone.fit(X[rows], sign[codes[rows]] > 0, sample_weight=of_rows)
        assert model.coef_ == pytest.approx(alone.coef_, abs=1e-6)
        assert float(model.intercept_) == pytest.approx(float(alone.intercept_), abs=1e-6)
        assert model.get_params() == learner.get_params()
        assert (model.n_features_in_, model.classes_.tolist()) == (4, [0, 1])
        assert 1 <= model.n_iter_ <= 100
        assert np.array_equal(model.predict(X), alone.predict(X))
        if not fit_intercept:
            assert model.intercept_ == 0


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.usefixtures("small_parts")
def test_the_objective_and_its_gradient(fit_intercept):
    X, codes = overlapping(30)
    w = np.random.default_rng(1).uniform(0.5, 3, len(X))
    learner = LogisticRegression(0.05, fit_intercept=fit_intercept)
    problems = _Problems(X, codes, SIGNS, w, learner)
    u = np.random.default_rng(2).standard_normal(problems.shape).ravel()
    value, gradient = problems.value_and_gradient(u)
    V = problems.weights(u)
    wanted = 0.05 / 2 * np.sum(V[:4] ** 2)
    for p, sign in enumerate(SIGNS.T):
        y = sign[codes].astype(float)
        f = X @ V[:4, p] + (V[4, p] if fit_intercept else 0)
        loss = LogLoss().value(y[y != 0], f[y != 0])
        wanted += np.average(loss, weights=w[y != 0])
    assert value == pytest.approx(wanted, rel=1e-12)
    numeric = approx_fprime(u, lambda u: problems.value_and_gradient(u)[0], 1e-6)
    assert gradient == pytest.approx(numeric, abs=1e-5)


def test_the_curvature_at_the_start_is_one():
    X, codes = overlapping()
    both = np.array([[1], [-1], [-1]])  # a problem that sees all rows
    problems = _Problems(X, codes, both, np.ones(len(X)), LogisticRegression(0.05))
    start = np.zeros(5)
    g = problems.value_and_gradient(start)[1]
    H = [(problems.value_and_gradient(start + 1e-5 * e)[1] - g) / 1e-5 for e in np.eye(5)]
    assert np.array(H) == pytest.approx(np.eye(5), abs=1e-4)


@pytest.mark.usefixtures("small_parts")
def test_the_parts_hold_each_row_once_and_few_scores():
    X, codes = overlapping()
    signs = np.array([[1, -1], [-1, 1], [-1, 0]])
    problems = _Problems(X, codes, signs, np.arange(1.0, 91), LogisticRegression(0.05))
    sizes = [(len(w), len(columns)) for _, w, _, columns in problems.parts]
    assert {columns for _, columns in sizes} == {1, 2}
    assert all(20 < rows * columns <= 40 for rows, columns in sizes)
    assert sorted(np.concatenate([w for _, w, _, _ in problems.parts])) == list(range(1, 91))


def test_large_scores_do_not_overflow():
    X, codes = overlapping()
    problems = _Problems(X, codes, SIGNS, np.ones(len(X)), LogisticRegression(0.05))
    value, gradient = problems.value_and_gradient(np.full(15, 1e5))
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


class Subclass(LogisticRegression):
    pass


@pytest.mark.parametrize(
    "learner",
    [
        Subclass(0.05),
        LogisticRegression(0.05, solver="gd"),
        LogisticRegression(0),
        LogisticRegression(0.05, max_iter=2),
        LogisticRegression(0.05, max_iter=2, solver="lbfgs"),
        "no estimator",
    ],
    ids=repr,
)
def test_what_has_to_walk_alone(learner):
    assert fit_jointly(learner, *overlapping(), SIGNS) is None


def test_data_that_have_to_walk_alone():
    X, codes = overlapping()
    learner = LogisticRegression(0.05)
    assert fit_jointly(learner, X.astype(np.float32), codes, SIGNS) is None
    assert fit_jointly(learner, X * 1e150, codes, SIGNS) is None
    twice = np.column_stack([X, X])
    assert fit_jointly(LogisticRegression(1e-30), twice, codes, SIGNS) is None


def test_newton_walks_alone_where_the_joint_walk_is_long():
    X, codes = overlapping()
    X = X + 2 * (codes[:, None] == [0, 1, 2, 3])  # separable: the weights grow for long
    joint = fit_jointly(LogisticRegression(1e-7, solver="lbfgs"), X, codes, SIGNS)
    assert joint[0].n_iter_ > 150
    assert fit_jointly(LogisticRegression(1e-7), X, codes, SIGNS) is None
    assert fit_jointly(LogisticRegression(0.01), X, codes, SIGNS)[0].n_iter_ < 100


def test_a_parameter_out_of_range_is_named():
    with pytest.raises(ValueError, match="'lam' parameter of LogisticRegression"):
        fit_jointly(LogisticRegression(-1.0), *overlapping(), SIGNS)
