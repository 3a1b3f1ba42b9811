"""The descent driver, its schedules and its minibatches."""

import functools
import math
from itertools import islice

import numpy as np
import pytest
import scipy.optimize
import torch
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st

from course_lib.optim import (
    Constant,
    InverseDecay,
    RecursiveDecay,
    StepDecay,
    WarmupCosine,
    descend,
    minibatches,
)

H = np.diag([1.0, 10.0])  # curvatures of f(w) = ½ wᵀHw: stable below 2/10


def f(w):
    return 0.5 * w @ H @ w


def g(w):
    return H @ w


START = np.array([3.0, 1.0])


@given(eta=st.floats(0.01, 0.19), steps=st.integers(0, 30))
def test_on_a_quadratic_every_eigendirection_shrinks_by_its_own_factor(eta, steps):
    walk = descend(g, START, eta=eta, max_steps=steps, loss=f)
    factors = np.array([1 - eta * 1.0, 1 - eta * 10.0])
    k = np.arange(steps + 1)[:, None]
    np.testing.assert_allclose(walk.path, START * factors**k, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(walk.losses, [f(w) for w in walk.path])
    np.testing.assert_array_equal(walk.steps, np.arange(steps + 1))
    assert (walk.n_steps, walk.stopped) == (steps, "max_steps")
    np.testing.assert_array_equal(walk.w, walk.path[-1])


@pytest.mark.parametrize("schedule", [0.03, InverseDecay(0.1), StepDecay(0.1, 0.5, 3)])
def test_takes_the_steps_of_torch_sgd(schedule):
    eta = schedule if callable(schedule) else Constant(schedule)
    ours = descend(lambda w: 4 * w**3, 0.3 * START, eta=schedule, max_steps=10)  # of Σ w⁴
    w = torch.tensor(0.3 * START, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0)
    theirs = [w.detach().clone()]
    for k in range(10):
        optimizer.param_groups[0]["lr"] = eta(k)
        optimizer.zero_grad()
        (w**4).sum().backward()
        optimizer.step()
        theirs.append(w.detach().clone())
    np.testing.assert_allclose(ours.path, torch.stack(theirs).numpy(), rtol=1e-12)


def test_reaches_the_minimum_that_scipy_finds():
    def bowl(w):
        return np.sum(np.cosh(w - np.array([1.0, -2.0])))

    def slope(w):
        return np.sinh(w - np.array([1.0, -2.0]))

    walk = descend(slope, np.zeros(2), eta=0.1, max_steps=5000, loss=bowl, tol=1e-10)
    assert walk.stopped == "converged"
    assert walk.n_steps < 5000
    np.testing.assert_allclose(walk.w, scipy.optimize.minimize(bowl, np.zeros(2)).x, atol=1e-4)
    np.testing.assert_allclose(walk.w, [1.0, -2.0], atol=1e-8)


def test_stops_where_the_gradient_is_small_relative_to_the_first():
    walk = descend(g, START, eta=0.1, max_steps=1000, tol=1e-3)
    sizes = [np.linalg.norm(g(w)) / np.linalg.norm(g(START)) for w in walk.path]
    assert walk.stopped == "converged"
    assert sizes[-1] <= 1e-3 < sizes[-2]
    assert walk.n_steps == len(walk.path) - 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [1e-30, 1e-22, 1.0, 1e20, 1e37])
def test_it_stops_at_the_same_step_whatever_the_size_of_the_gradient(size, backend, dtype):
    """Squares of these sizes leave the range of float32, and their sixth powers that of float64."""
    size = size if dtype == "float32" else size**6 if size < 1e30 else 1e300
    A, w = backend.array(H, dtype), backend.array(START, dtype)
    steps = descend(lambda w: A @ w, w, eta=0.1, max_steps=1000, tol=1e-3).n_steps
    far = descend(lambda w: A @ w, w * size, eta=0.1, max_steps=1000, tol=1e-3)
    assert (far.n_steps, far.stopped) == (steps, "converged")


def test_a_gradient_that_is_not_finite_is_no_rest():
    for bad in (math.inf, math.nan):
        walk = descend(lambda w, bad=bad: w * bad, START, eta=0.1, max_steps=9, tol=1e-3)
        assert walk.stopped == "diverged"


def test_stops_where_the_loss_falls_by_too_little():
    walk = descend(g, START, eta=0.01, max_steps=1000, loss=f, loss_tol=0.05)
    gains = -np.diff(walk.losses) / walk.losses[1:]
    assert walk.stopped == "stalled"
    assert gains[-1] <= 0.05 < gains[:-1].min()
    rare = descend(g, START, eta=0.01, max_steps=1000, loss=f, loss_tol=0.05, record_every=10)
    assert rare.n_steps > walk.n_steps  # ten steps together gain more than one
    assert rare.steps[-1] == rare.n_steps
    rising = descend(g, START, eta=0.21, max_steps=50, loss=f, loss_tol=1e-9)
    assert rising.stopped == "rose"
    level = descend(g, START, eta=0.21, max_steps=50, loss=lambda w: 0 * f(w) + 1, loss_tol=1e-9)
    assert (level.stopped, level.n_steps) == ("stalled", 1)
    slight = descend(g, START, eta=0.21, max_steps=50, loss=f, loss_tol=0.9)
    assert slight.losses[-1] < 1.9 * slight.losses[-2]
    assert slight.stopped == "stalled"  # within the tolerance up or down


def test_counts_how_often_the_gradient_was_asked_for():
    assert descend(g, START, eta=0.1, max_steps=7).n_evaluations == 7
    walk = descend(g, START, eta=0.1, max_steps=1000, tol=1e-3)
    assert walk.n_evaluations == walk.n_steps + 1


def test_a_walk_says_how_it_ended():
    def said(**plan):
        return str(descend(g, START, loss=f, **plan))

    assert said(eta=0.1, max_steps=3).startswith("max_steps after 3 steps: the steps are used up;")
    assert "the loss fell from 9.5 to" in said(eta=0.1, max_steps=3)
    assert "converged after" in said(eta=0.1, max_steps=999, tol=1e-3)
    assert "stalled after" in said(eta=0.1, max_steps=999, loss_tol=0.5)
    assert "the loss rose from 9.5 to" in said(eta=0.3, max_steps=3)
    assert "the loss stayed from 9.5 to 9.5" in said(eta=0.3, max_steps=0)
    assert said(eta=10.0, max_steps=9999).startswith("diverged after")
    ending = str(descend(g, START, eta=0.1, max_steps=3))
    assert ending == "max_steps after 3 steps: the steps are used up"


def test_at_the_minimum_it_stays():
    walk = descend(g, np.zeros(2), eta=0.1, max_steps=5, loss=f, tol=1e-8)
    assert (walk.n_steps, walk.stopped, len(walk.path)) == (0, "converged", 1)
    assert descend(g, np.zeros(2), eta=0.1, max_steps=5).n_steps == 5


@pytest.mark.parametrize("loss", [f, None])
def test_divergence_is_recorded_up_to_the_overflow(loss):
    walk = descend(g, START, eta=10.0, max_steps=10_000, loss=loss)
    assert walk.stopped == "diverged"
    assert np.isfinite(walk.path).all()
    assert np.abs(walk.path[-1]).max() > 1e100
    assert walk.n_steps < 10_000
    assert walk.steps[-1] == walk.n_steps - 1
    if loss is not None:
        assert np.isfinite(walk.losses).all()
        assert walk.losses[-1] > 1e100 * walk.losses[0]


def test_threshold_is_two_over_the_largest_curvature():
    def grows(eta):
        losses = descend(g, START, eta=eta, max_steps=2000, loss=f).losses
        return losses[-1] > losses[0]

    low, high = 0.01, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    assert high == pytest.approx(2 / 10, rel=2e-3)


def test_records_as_often_as_asked_and_always_the_end():
    walk = descend(g, START, eta=0.05, max_steps=10, loss=f, record_every=4)
    every = descend(g, START, eta=0.05, max_steps=10, loss=f)
    assert walk.steps.tolist() == [0, 4, 8, 10]
    np.testing.assert_array_equal(walk.path, every.path[walk.steps])
    np.testing.assert_array_equal(walk.losses, every.losses[walk.steps])
    early = descend(g, START, eta=0.1, max_steps=1000, tol=1e-3, record_every=1000)
    assert early.steps.tolist() == [0, early.n_steps]
    assert early.stopped == "converged"


def test_a_gradient_of_zero_in_one_minibatch_does_not_stop_a_random_walk():
    gradients = iter([np.zeros(1), np.ones(1), np.zeros(1), np.ones(1)])
    walk = descend(lambda w: next(gradients), np.zeros(1), eta=1.0, max_steps=4)
    assert walk.path[:, 0].tolist() == [0, 0, -1, -1, -2]


def test_the_start_is_not_changed():
    w = START.copy()
    descend(g, w, eta=0.1, max_steps=3)
    np.testing.assert_array_equal(w, START)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_kind_of_array(backend, dtype):
    A, w = backend.array(H, dtype), backend.array(START, dtype)
    walk = descend(lambda w: A @ w, w, eta=0.1, max_steps=7, loss=lambda w: (w @ (A @ w)) / 2)
    expected = descend(g, START, eta=0.1, max_steps=7, loss=f)
    assert backend.owns(walk.path, dtype)
    assert backend.owns(walk.losses, dtype)
    np.testing.assert_allclose(backend.numpy(walk.path), expected.path, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(backend.numpy(walk.losses), expected.losses, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eta": 0.0}, "eta must be a finite number above 0, got 0.0"),
        ({"eta": -1.0}, "eta must be a finite number above 0"),
        ({"eta": math.nan}, "eta must be a finite number above 0, got nan"),
        ({"eta": math.inf}, "eta must be a finite number above 0"),
        ({"eta": lambda k: 0.1 if k < 2 else math.nan}, "step 2 has nan"),
        ({"eta": lambda k: 0.1 if k < 3 else -1e-9}, "step 3 has -1e-09"),
        ({"eta": lambda k: math.inf}, "step 0 has inf"),
        ({"max_steps": 2.5}, "max_steps must be a whole number of at least 0, got 2.5"),
        ({"max_steps": -1}, "max_steps must be a whole number of at least 0, got -1"),
        ({"tol": -1.0}, "tol must be a finite number of at least 0"),
        ({"tol": math.nan}, "tol must be a finite number of at least 0"),
        ({"loss_tol": -1.0, "loss": f}, "loss_tol must be a finite number of at least 0"),
        ({"loss_tol": 0.1}, "loss must be given: loss_tol compares its values"),
        ({"record_every": 0}, "record_every must be a whole number of at least 1"),
        ({"w": np.array([np.nan, 1.0])}, "finite at the start"),
        ({"loss": lambda w: math.inf}, "finite at the start"),
    ],
)
def test_bad_plans_are_refused(change, message):
    plan = {"w": START, "eta": 0.1, "max_steps": 5} | change
    with pytest.raises(ValueError, match=message):
        descend(g, plan.pop("w"), **plan)


# --- schedules ------------------------------------------------------------------------------


def test_schedules_are_their_recursions():
    eta, recursive = 0.7, []
    for k in range(200):
        recursive.append(eta)
        eta = eta / (k + 1)
    np.testing.assert_allclose([RecursiveDecay(0.7)(k) for k in range(150)], recursive[:150])
    assert RecursiveDecay(0.7)(10**6) == 0.0
    assert sum(RecursiveDecay(0.7)(k) for k in range(200)) == pytest.approx(0.7 * math.e)
    assert [InverseDecay(0.7)(k) for k in (0, 1, 9)] == pytest.approx([0.7, 0.35, 0.07])
    assert {Constant(0.7)(k) for k in range(5)} == {0.7}
    assert StepDecay(1.0)(100) == 0.5  # its defaults
    step = [StepDecay(0.8, factor=0.5, every=3)(k) for k in range(7)]
    assert step == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


def warmed_up(optimizer):
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 5, total_iters=4)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=95)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[5])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Constant(0.1), lambda o: torch.optim.lr_scheduler.ConstantLR(o, factor=1.0)),
        (
            StepDecay(0.1, factor=0.3, every=7),
            lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=7, gamma=0.3),
        ),
        (
            InverseDecay(0.1, half=20),
            lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda k: 1 / (1 + k / 20)),
        ),
        (
            WarmupCosine(0.1, steps=100),
            lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=100),
        ),
        (WarmupCosine(0.1, steps=100, warmup=5), warmed_up),
    ],
    ids=["constant", "step decay", "1/k", "cosine", "warm-up and cosine"],
)
def test_a_hundred_steps_under_a_schedule_are_torch_s(ours, theirs):
    walk = descend(g, START, eta=ours, max_steps=100)
    w = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    schedule = theirs(optimizer)
    for k in range(100):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(ours(k), abs=1e-12)
        optimizer.zero_grad()
        (0.5 * w @ torch.tensor(H) @ w).backward()
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(walk.w, w.detach().numpy(), rtol=0, atol=1e-6)


def test_the_recursive_schedule_freezes_short_of_the_minimum():
    walk = descend(g, START, eta=RecursiveDecay(0.1), max_steps=2000, loss=f)
    assert walk.losses[-1] > 0.1 * walk.losses[0]
    np.testing.assert_array_equal(walk.path[-1], walk.path[100])
    assert descend(g, START, eta=0.1, max_steps=2000, loss=f).losses[-1] < 1e-30


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize(
    "schedule",
    [Constant, InverseDecay, RecursiveDecay, StepDecay, functools.partial(WarmupCosine, steps=3)],
)
def test_a_schedule_starts_with_a_step(schedule, bad):
    with pytest.raises(ValueError, match="must be a finite number above 0"):
        schedule(bad)


@pytest.mark.parametrize(
    ("params", "message"),
    [({"factor": 0.0}, "factor"), ({"factor": 1.5}, "factor"), ({"every": 0}, "every")],
)
def test_step_decay_refuses(params, message):
    with pytest.raises(ValueError, match=message):
        StepDecay(1.0, **params)


@pytest.mark.parametrize("warmup", [-1, 3, 4])
def test_a_warm_up_ends_before_the_walk(warmup):
    with pytest.raises(ValueError, match=r"warmup must be a whole number from 0 to 2"):
        WarmupCosine(1.0, steps=3, warmup=warmup)


# --- minibatches ----------------------------------------------------------------------------


@given(n=st.integers(1, 50), data=st.data(), seed=st.integers(0, 1000))
def test_every_sample_comes_once_an_epoch(n, data, seed):
    size = data.draw(st.integers(1, n))
    batches = list(minibatches(n, size, random_state=seed, n_epochs=3))
    per_epoch = math.ceil(n / size)
    assert len(batches) == 3 * per_epoch
    for epoch in range(3):
        part = batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        assert sorted(np.concatenate(part)) == list(range(n))
        assert [len(b) for b in part[:-1]] == [size] * (per_epoch - 1)
        assert len(part[-1]) == n - size * (per_epoch - 1)  # the short rest is kept


def test_minibatches_are_shuffled_anew_seeded_and_endless():
    take = lambda seed: np.stack(list(islice(minibatches(40, 40, random_state=seed), 3)))  # noqa: E731 - a name for one line
    epochs = take(1)
    assert not np.array_equal(epochs[0], epochs[1])
    np.testing.assert_array_equal(epochs, take(1))
    assert not np.array_equal(epochs, take(2))


def test_minibatch_gradients_average_to_the_gradient(rng):
    values = rng.normal(size=30)
    batches = minibatches(30, 5, random_state=0, n_epochs=1)
    assert np.mean([values[b].mean() for b in batches]) == pytest.approx(values.mean())


@pytest.mark.parametrize("size", [0, -1, 11])
def test_batch_size_is_checked_at_the_call(size):
    with pytest.raises(
        ValueError, match=f"batch_size must be a whole number from 1 to 10, got {size}"
    ):
        minibatches(10, size)


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("m", [1, 4, 10])
def test_variance_of_a_minibatch_mean(replace, m):
    """σ²/m with replacement, σ²/m · (n − m)/(n − 1) without."""
    n = 10
    values = np.arange(n) ** 2.0
    batches = minibatches(n, m, random_state=0, replace=replace)
    means = [values[next(batches)].mean() for _ in range(20_000)]
    if not replace and n % m:  # the rest of an epoch is shorter: take its whole batches
        fresh = (next(minibatches(n, m, random_state=s)) for s in range(5000))
        means = [values[rows].mean() for rows in fresh]
    expected = values.var() / m * (1 if replace else (n - m) / (n - 1))
    if m == 4 and replace:  # batches of 4, 4 and 2
        expected = values.var() * np.mean([1 / 4, 1 / 4, 1 / 2])
    assert np.var(means) == pytest.approx(expected, rel=0.08, abs=1e-12)


def test_with_replacement_an_epoch_is_as_many_draws():
    batches = list(minibatches(10, 4, random_state=0, n_epochs=50, replace=True))
    assert [len(b) for b in batches] == [4, 4, 2] * 50
    epochs = [np.concatenate(batches[i : i + 3]) for i in range(0, 150, 3)]
    assert all(len(set(epoch)) < 10 for epoch in epochs)
    assert set(np.concatenate(epochs)) == set(range(10))


def test_a_schedule_may_give_each_walk_its_step():
    etas = np.array([0.1, 0.0, 0.4])[:, None]
    walk = descend(lambda w: w, np.ones((3, 2)), eta=lambda k: etas / (k + 1), max_steps=2)
    np.testing.assert_allclose(walk.w, [[0.855] * 2, [1] * 2, [0.48] * 2])
    for bad in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="eta must be a finite number ≥ 0 at every step"):
            descend(lambda w: w, np.ones(2), eta=lambda k, b=bad: np.array([0.1, b]), max_steps=1)
