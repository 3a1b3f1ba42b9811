"""L-BFGS and the line searches: the optimum that scipy finds, at a like cost."""

import math

import numpy as np
import pytest
import scipy.optimize
import torch
from backends import BACKENDS
from scipy.optimize import rosen, rosen_der
from sklearn.datasets import load_breast_cancer

from course_lib.optim import Backtracking, descend, lbfgs, lbfgs_direction
from course_lib.optim.lbfgs import _Walk
from course_lib.optim.line_search import Point, Unbounded, wolfe

X, y = load_breast_cancer(return_X_y=True)
X, y = (X - X.mean(axis=0)) / X.std(axis=0), 2.0 * y - 1


def logistic(w, lam=1e-3):
    margins = y * (X @ w)
    loss = np.mean(np.logaddexp(0, -margins)) + lam / 2 * w @ w
    return loss, -X.T @ (y / (1 + np.exp(margins))) / len(y) + lam * w


def rosenbrock(w):
    return rosen(w), rosen_der(w)


def scipys(function, w, tol):
    size = tol * np.linalg.norm(function(w)[1])
    options = {"ftol": 0, "gtol": size / math.sqrt(len(w)), "maxiter": 9999, "maxfun": 99999}
    return scipy.optimize.minimize(function, w, jac=True, method="L-BFGS-B", options=options)


@pytest.mark.parametrize("d", [2, 10, 30])
def test_rosenbrock_like_scipy(d):
    start = np.tile([-1.2, 1.0], d // 2)
    ours, theirs = lbfgs(rosenbrock, start), scipys(rosenbrock, start, 1e-8)
    assert ours.stopped == "converged"
    np.testing.assert_allclose(ours.w, np.ones(d), atol=1e-5)
    assert ours.n_evaluations <= 1.3 * theirs.nfev
    assert ours.losses[-1] < 1e-9


@pytest.mark.parametrize("lam", [1e-1, 1e-3, 1e-5])
def test_logistic_loss_like_scipy(lam):
    def function(w):
        return logistic(w, lam)

    ours, theirs = lbfgs(function, np.zeros(30)), scipys(function, np.zeros(30), 1e-8)
    assert ours.stopped == "converged"
    assert ours.losses[-1] == pytest.approx(theirs.fun, rel=1e-9)
    size = np.linalg.norm(function(np.zeros(30))[1])
    assert np.linalg.norm(function(ours.w)[1]) <= 1e-8 * size
    assert ours.n_evaluations <= 1.3 * theirs.nfev


def test_a_quadratic_of_few_curvatures_takes_few_steps():
    scale = np.tile([1.0, 10.0, 1e4], 10)
    walk = lbfgs(lambda w: (w @ (scale * w) / 2, scale * w), np.arange(1.0, 31.0), tol=1e-10)
    assert walk.stopped == "converged"
    assert walk.n_steps < 25


def test_the_record_of_the_walk():
    calls = []

    def counted(w):
        calls.append(w)
        return logistic(w)

    walk = lbfgs(counted, np.zeros(30))
    assert walk.n_evaluations == len(calls)
    assert walk.steps.tolist() == list(range(walk.n_steps + 1))
    np.testing.assert_allclose(walk.losses, [logistic(w)[0] for w in walk.path])
    assert (np.diff(walk.losses) < 1e-15).all()
    some = lbfgs(logistic, np.zeros(30), record_every=7)
    assert some.steps.tolist() == [*range(0, walk.n_steps, 7), walk.n_steps]
    np.testing.assert_array_equal(some.path, walk.path[some.steps])
    assert (lbfgs(logistic, np.zeros(30), max_steps=5).path == walk.path[:6]).all()
    assert lbfgs(logistic, np.zeros(30), max_steps=5, record_every=5).steps.tolist() == [0, 5]
    assert lbfgs(logistic, np.zeros(30), max_steps=0).stopped == "max_steps"


def test_memory_is_used():
    steps = [lbfgs(logistic, np.zeros(30), memory=m, tol=1e-6).n_steps for m in (1, 3, 20)]
    assert steps[0] > steps[1] > steps[2]


def test_it_stops_where_asked():
    walk = lbfgs(logistic, np.zeros(30), tol=1e-2)
    sizes = [np.linalg.norm(logistic(w)[1]) for w in walk.path]
    assert sizes[-1] <= 1e-2 * sizes[0] < sizes[-2]
    walk = lbfgs(logistic, np.zeros(30), loss_tol=1e-4)
    gains = -np.diff(walk.losses) / walk.losses[1:]
    assert walk.stopped == "stalled"
    assert gains[-1] <= 1e-4 < gains[:-1].min()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_where_rounding_hides_the_rest_it_stalls(dtype):
    A, t = (torch.tensor(a, dtype=getattr(torch, dtype)) for a in (X, y))

    def function(w):
        f = torch.nn.functional.softplus(-t * (A @ w)).mean() + 5e-4 * w @ w
        return f, -A.T @ (t * torch.sigmoid(-t * (A @ w))) / len(t) + 1e-3 * w

    walk = lbfgs(function, torch.zeros(30, dtype=A.dtype), tol=0.0)
    assert walk.stopped == "stalled"
    assert walk.n_steps < 300
    best = lbfgs(logistic, np.zeros(30), tol=1e-10).losses[-1]
    assert float(walk.losses[-1]) == pytest.approx(best, rel=1e-6)


def test_at_the_minimum_it_stays():
    walk = lbfgs(lambda w: (w @ w, 2 * w), np.zeros(3))
    assert (walk.n_steps, walk.stopped, walk.n_evaluations) == (0, "converged", 1)
    walk = lbfgs(lambda w: (w @ w, 2 * w), np.zeros(3), tol=0.0)
    assert (walk.n_steps, walk.stopped) == (0, "converged")


def test_a_loss_without_a_bottom_is_said_to_run_away():
    for function in (lambda w: (np.sum(w), np.ones(2)), lambda w: (-np.exp(w[0]), -np.exp(w) * 1)):
        walk = lbfgs(function, np.zeros(2)[:2])
        assert walk.stopped == "diverged"
        assert "ran away" in str(walk)
    logs = lbfgs(lambda w: (-math.inf if w[0] > 9 else -w[0], -np.ones(1)), np.zeros(1))
    assert logs.stopped == "diverged"


def test_a_wall_of_infinity_is_no_end():
    """The minimum of w − log w is 1; beyond 0 there is nothing."""

    def barrier(w):
        with np.errstate(all="ignore"):
            return float(np.sum(w - np.log(w))), 1 - 1 / w

    walk = lbfgs(barrier, np.array([50.0, 0.01]))
    assert walk.stopped == "converged"
    np.testing.assert_allclose(walk.w, 1, atol=1e-6)


def test_a_gradient_that_lies_ends_the_walk():
    walk = lbfgs(lambda w: (w @ w, -2 * w), np.ones(2))
    assert walk.stopped == "stalled"
    np.testing.assert_allclose(walk.w, np.ones(2))  # within rounding of the loss


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_kind_of_array(backend, dtype):
    A = backend.array(np.diag([1.0, 5.0, 50.0]), dtype)
    w = backend.array([3.0, -2.0, 1.0], dtype)
    walk = lbfgs(lambda w: ((w @ (A @ w)) / 2, A @ w), w, tol=1e-4)
    assert walk.stopped == "converged"
    assert backend.owns(walk.path, dtype)
    assert backend.owns(walk.losses, dtype)
    assert np.max(np.abs(backend.numpy(walk.w))) < 1e-2


def test_the_start_is_not_changed_and_whole_numbers_will_do():
    w = np.array([3, -2])
    walk = lbfgs(lambda w: (w @ w, 2 * w), w)
    assert w.tolist() == [3, -2]
    assert walk.path.dtype == np.float64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_steps": -1}, "max_steps must be a whole number of at least 0"),
        ({"memory": 0}, "memory must be a whole number of at least 1"),
        ({"tol": -1.0}, "tol must be a finite number of at least 0"),
        ({"loss_tol": -1.0}, "loss_tol must be a finite number of at least 0"),
        ({"record_every": 0}, "record_every must be a whole number of at least 1"),
        ({"w": np.array([math.nan])}, "finite at w; choose another start"),
        ({"f": lambda w: (math.inf, w)}, "finite at w; choose another start"),
        ({"f": lambda w: (1.0, w * math.nan)}, "finite at w; choose another start"),
    ],
)
def test_bad_plans_are_refused(change, message):
    plan = {"w": np.ones(1), "f": lambda w: (w @ w, 2 * w)} | change
    with pytest.raises(ValueError, match=message):
        lbfgs(plan.pop("f"), plan.pop("w"), **plan)


# --- the two loops --------------------------------------------------------------------------


def test_the_two_loops_multiply_by_the_bfgs_matrix():
    """Build the inverse Hessian by the BFGS formula and multiply: the same direction."""
    rng = np.random.default_rng(0)
    H = np.diag([1.0, 2.0, 5.0, 20.0])
    pairs = [(s, H @ s) for s in rng.normal(size=(3, 4))]
    s, t = pairs[-1]
    B, eye = np.eye(4) * (s @ t) / (t @ t), np.eye(4)
    for s, t in pairs:
        P = eye - np.outer(s, t) / (s @ t)
        B = P @ B @ P.T + np.outer(s, s) / (s @ t)
    g = rng.normal(size=4)
    np.testing.assert_allclose(lbfgs_direction(g, pairs), -B @ g, rtol=1e-10)
    np.testing.assert_array_equal(lbfgs_direction(g, []), -g)


# --- line searches --------------------------------------------------------------------------


def line_of(f, slope):
    return lambda eta: Point(eta, f(eta), slope(eta), None, None)


@pytest.mark.parametrize("first", [1e-8, 0.3, 1.0, 40.0, 1e9])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: (t - 2) ** 2, lambda t: 2 * (t - 2)),
        (lambda t: math.cosh(min(t - 3, 700)), lambda t: math.sinh(min(t - 3, 700))),
        (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
        (lambda t: t - 9 * t**0.5 if t < 40 else math.inf, lambda t: 1 - 4.5 * (t + 1e-9) ** -0.5),
    ],
)
def test_the_wolfe_conditions_hold(f, slope, first):
    line = line_of(f, slope)
    found = wolfe(line, line(0.0), first)
    assert found.value <= f(0.0) + 1e-4 * found.eta * slope(0.0)
    assert found.slope >= 0.9 * slope(0.0)


def test_the_search_is_short_where_a_cubic_knows_the_way():
    tries = []

    def line(eta):
        tries.append(eta)
        return Point(eta, (eta - 2) ** 2, 2 * (eta - 2), None, None)

    found = wolfe(line, line(0.0), 10.0)
    assert tries == pytest.approx([0.0, 10.0, 2.0])  # of a parabola the cubic is the parabola
    assert found.eta == pytest.approx(2.0)


def test_a_line_without_end_is_found():
    line = line_of(lambda t: -t, lambda t: -1.0)
    with pytest.raises(Unbounded):
        wolfe(line, line(0.0), 1.0)


def test_a_kink_is_approached_from_the_side_that_lowers():
    line = line_of(lambda t: -t if t < 1 else 5.0, lambda t: -1.0)
    found = wolfe(line, line(0.0), 3.0)
    assert found.eta == pytest.approx(1.0, rel=1e-4)
    assert found.value < 0


def test_no_step_lowers_what_rises():
    line = line_of(lambda t: t, lambda t: -1.0)  # the slope lies
    assert wolfe(line, line(0.0), 1.0) is None
    line = line_of(lambda t: math.nan if t else 0.0, lambda t: -1.0)
    assert wolfe(line, line(0.0), 1.0) is None


def test_within_rounding_the_slope_decides():
    line = line_of(lambda t: 1.0 + 1e-16 * t, lambda t: 1e-9 * (t - 1))
    assert wolfe(line, line(0.0), 1.0, rounding=1e-15).eta == 1.0


@pytest.mark.parametrize(("eta0", "expected"), [(1.0, 0.5), (4.0, 0.5), (0.3, 0.3), (0.99, 0.99)])
def test_backtracking_takes_the_first_try_that_falls_enough(eta0, expected):
    """Of f = w² from w = 1 along −2: Armijo holds for η ≤ 1 − c."""
    eta = Backtracking(eta0).search(lambda w: w * w, 1.0, -2.0, 1.0, -4.0)
    assert eta == expected


def test_backtracking_knows_its_constants():
    f = lambda w: w * w  # noqa: E731 - a name for one line
    assert Backtracking(1.0, shrink=0.8).search(f, 1.0, -2.0, 1.0, -4.0) == 0.8
    assert Backtracking(1.0, shrink=0.8, c=0.3).search(f, 1.0, -2.0, 1.0, -4.0) < 0.7
    assert Backtracking().search(f, 0.0, 1.0, 0.0, -1.0) == 0.0  # the slope lies
    assert Backtracking().search(lambda w: math.nan, 0.0, 1.0, 0.0, -1.0) == 0.0


def test_descent_with_backtracking_never_rises_and_arrives():
    walk = descend(
        rosen_der, np.array([-1.2, 1.0]), eta=Backtracking(), max_steps=40_000, loss=rosen, tol=1e-6
    )
    assert walk.stopped == "converged"
    assert (np.diff(walk.losses) < 0).all()
    np.testing.assert_allclose(walk.w, 1, atol=1e-3)


def test_descent_with_backtracking_stalls_where_nothing_is_lower():
    walk = descend(
        lambda w: w, np.ones(2), eta=Backtracking(), max_steps=9, loss=lambda w: -(w @ w)
    )
    assert (walk.stopped, walk.n_steps, len(walk.path)) == ("stalled", 0, 1)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.5, math.nan])
@pytest.mark.parametrize("name", ["shrink", "c"])
def test_backtracking_refuses(name, bad):
    with pytest.raises(ValueError, match=f"{name} must be"):
        Backtracking(**{name: bad})


def test_backtracking_refuses_other_nonsense():
    with pytest.raises(ValueError, match="eta0 must be a finite number above 0"):
        Backtracking(0.0)
    with pytest.raises(ValueError, match="slope must be at most 0"):
        Backtracking().search(abs, 1.0, 1.0, 1.0, 0.5)
    with pytest.raises(ValueError, match=r"loss must be given: eta=Backtracking\(...\) compares"):
        descend(lambda w: w, np.ones(2), eta=Backtracking(), max_steps=1)


def test_the_last_point_is_recorded_where_a_search_ends_between_two_records():
    walk = descend(
        lambda w: 2 * w,
        np.ones(2),
        eta=Backtracking(0.5),
        max_steps=9,
        loss=lambda w: w @ w,
        record_every=5,
    )
    assert (walk.stopped, walk.n_steps, walk.n_evaluations) == ("stalled", 1, 2)
    assert walk.steps.tolist() == [0, 1]
    np.testing.assert_array_equal(walk.w, np.zeros(2))
    assert walk.losses.tolist() == [2.0, 0.0]


def test_pairs_that_lead_uphill_are_forgotten():
    walk = _Walk(lambda w: (float(w @ w), 2 * w), np.ones(2), memory=5)
    walk.pairs.append((np.ones(2), -np.ones(2)))  # a curvature below 0
    assert walk.step()
    assert walk.here.value < 2
    assert [float(s @ y) > 0 for s, y in walk.pairs] == [True]
    walk.pairs.clear()
    walk.here = walk.here._replace(g=np.zeros(2))
    assert not walk.step()  # nothing leads down from here
