"""The rules: each takes the steps of its namesake in torch, with all its options."""

import math

import numpy as np
import pytest
import torch
from backends import BACKENDS

from course_lib.optim import (
    AdaGrad,
    Adam,
    AdamW,
    Backtracking,
    Momentum,
    Nesterov,
    RMSProp,
    WarmupCosine,
    descend,
)

rng = np.random.default_rng(6)
X, T = rng.normal(size=(40, 5)) * [1, 1, 3, 1, 0.1], rng.normal(size=40)
START = rng.normal(size=5)
ETA = 0.02

# Name: our rule, torch's class, its options.
PAIRS = {
    "plain": (None, torch.optim.SGD, {}),
    "momentum": (Momentum(0.9), torch.optim.SGD, {"momentum": 0.9}),
    "no momentum": (Momentum(0.0), torch.optim.SGD, {}),
    "momentum, default": (Momentum(), torch.optim.SGD, {"momentum": 0.9}),
    "momentum, dampened and decayed": (
        Momentum(0.8, dampening=0.3, weight_decay=0.1),
        torch.optim.SGD,
        {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1},
    ),
    "Nesterov": (Nesterov(0.9), torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "Nesterov, decayed": (
        Nesterov(0.5, weight_decay=0.2),
        torch.optim.SGD,
        {"momentum": 0.5, "nesterov": True, "weight_decay": 0.2},
    ),
    "AdaGrad": (AdaGrad(), torch.optim.Adagrad, {}),
    "AdaGrad, options": (
        AdaGrad(eps=0.1, initial=0.5, weight_decay=0.1),
        torch.optim.Adagrad,
        {"eps": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1},
    ),
    "RMSProp": (RMSProp(), torch.optim.RMSprop, {}),
    "RMSProp, options": (
        RMSProp(alpha=0.9, eps=0.01, momentum=0.5, weight_decay=0.1),
        torch.optim.RMSprop,
        {"alpha": 0.9, "eps": 0.01, "momentum": 0.5, "weight_decay": 0.1},
    ),
    "RMSProp, centered": (
        RMSProp(alpha=0.9, centered=True),
        torch.optim.RMSprop,
        {"alpha": 0.9, "centered": True},
    ),
    "Adam": (Adam(), torch.optim.Adam, {}),
    "Adam, options": (
        Adam(0.7, 0.95, eps=0.01, weight_decay=0.3),
        torch.optim.Adam,
        {"betas": (0.7, 0.95), "eps": 0.01, "weight_decay": 0.3},
    ),
    "Adam, amsgrad": (
        Adam(beta2=0.8, amsgrad=True),
        torch.optim.Adam,
        {"betas": (0.9, 0.8), "amsgrad": True},
    ),
    "AdamW": (AdamW(), torch.optim.AdamW, {}),
    "AdamW, decayed": (AdamW(weight_decay=0.5), torch.optim.AdamW, {"weight_decay": 0.5}),
}
RULES = [Momentum(), Nesterov(), AdaGrad(), RMSProp(), Adam(), AdamW()]


def noisy_batches():
    """The rows of 100 small batches: with them the squared gradients rise and fall."""
    return np.random.default_rng(0).integers(40, size=(100, 4))


@pytest.mark.parametrize("name", PAIRS)
def test_a_hundred_steps_are_those_of_torch(name):
    rule, theirs, options = PAIRS[name]
    batches = iter(noisy_batches())

    def gradient(w):
        rows = next(batches)
        return X[rows].T @ (X[rows] @ w - T[rows]) / 4

    ours = descend(gradient, START, eta=ETA, rule=rule, max_steps=100).path
    w = torch.tensor(START, requires_grad=True)
    optimizer = theirs([w], lr=ETA, **options)
    path = [w.detach().numpy().copy()]
    for rows in noisy_batches():
        optimizer.zero_grad()
        ((torch.tensor(X[rows]) @ w - torch.tensor(T[rows])) ** 2).mean().mul(0.5).backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    np.testing.assert_allclose(ours, path, rtol=1e-9, atol=1e-12)
    assert np.max(np.abs(ours[-1] - ours[0])) > 0.1  # it went somewhere


def test_every_option_makes_a_difference():
    """No option above is one that torch and we both pass over."""

    def path(rule):
        return descend(lambda w: X.T @ (X @ w - T) / 40, START, eta=ETA, rule=rule, max_steps=9).w

    for changed in (
        [Momentum(), Momentum(dampening=0.3), Momentum(weight_decay=0.1), Nesterov()],
        [AdaGrad(), AdaGrad(eps=0.1), AdaGrad(initial=1.0), AdaGrad(weight_decay=0.1)],
        [RMSProp(), RMSProp(eps=0.1), RMSProp(momentum=0.1), RMSProp(centered=True)],
        [Adam(), Adam(beta1=0.8), Adam(beta2=0.9), Adam(eps=0.1), Adam(weight_decay=0.1)],
        [Adam(weight_decay=0.1), AdamW(weight_decay=0.1)],
    ):
        ends = [path(rule) for rule in changed]
        for i, one in enumerate(ends):
            assert all(np.max(np.abs(one - other)) > 1e-6 for other in ends[:i])


def test_a_rule_takes_a_schedule_as_well():
    schedule = WarmupCosine(0.1, steps=50, warmup=5)
    walk = descend(lambda w: w, START, eta=schedule, rule=Adam(), max_steps=50)
    w, state = START, Adam().start(START)
    for k in range(50):
        w, state = Adam().step(w, w, schedule(k), state)
    np.testing.assert_array_equal(walk.w, w)


@pytest.mark.parametrize("rule", RULES)
def test_one_rule_serves_two_walks(rule):
    def walk():
        return descend(lambda w: w**3, START, eta=0.01, rule=rule, max_steps=20).path

    np.testing.assert_array_equal(walk(), walk())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rule", [*RULES, RMSProp(centered=True), Adam(amsgrad=True)])
def test_every_kind_of_array(rule, backend, dtype):
    A, w = backend.array(X.T @ X / 40, dtype), backend.array(START, dtype)
    walk = descend(lambda w: A @ w, w, eta=0.02, rule=rule, max_steps=7)
    expected = descend(lambda w: X.T @ X @ w / 40, START, eta=0.02, rule=rule, max_steps=7)
    assert backend.owns(walk.path, dtype)
    np.testing.assert_allclose(backend.numpy(walk.path), expected.path, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_a_walk_that_overflows_is_said_to_diverge(rule):
    walk = descend(lambda w: w**3, START, eta=1e6, rule=rule, max_steps=5000, loss=lambda w: w @ w)
    if isinstance(rule, Momentum):
        assert walk.stopped == "diverged"
    assert np.isfinite(walk.path).all()


def test_adam_does_not_see_the_size_of_the_gradient():
    small, large = (
        descend(lambda w, c=c: c * w**3, START, eta=0.1, rule=Adam(eps=1e-30), max_steps=30).path
        for c in (1e-3, 1e3)
    )
    np.testing.assert_allclose(small, large, rtol=1e-9)


@pytest.mark.parametrize("bad", [-0.1, 1.0, math.nan, 2])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Momentum, "beta"),
        (Momentum, "dampening"),
        (Nesterov, "beta"),
        (RMSProp, "alpha"),
        (RMSProp, "momentum"),
        (Adam, "beta1"),
        (Adam, "beta2"),
        (AdamW, "beta2"),
    ],
)
def test_a_share_is_below_one(kind, name, bad):
    with pytest.raises(ValueError, match=f"{name} must be"):
        kind(**{name: bad})


@pytest.mark.parametrize("kind", [AdaGrad, RMSProp, Adam, AdamW])
def test_eps_is_above_zero(kind):
    with pytest.raises(ValueError, match="eps must be a finite number above 0"):
        kind(eps=0.0)


@pytest.mark.parametrize("kind", [Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW])
def test_no_decay_is_negative(kind):
    with pytest.raises(ValueError, match="weight_decay must be a finite number of at least 0"):
        kind(weight_decay=-0.1)


def test_other_options_that_are_refused():
    with pytest.raises(ValueError, match="initial must be a finite number of at least 0"):
        AdaGrad(initial=-1.0)
    with pytest.raises(ValueError, match=r"dampening must be 0 for Nesterov, got 0\.1"):
        Nesterov(dampening=0.1)
    with pytest.raises(ValueError, match="rule must be None with eta=Backtracking"):
        descend(lambda w: w, START, eta=Backtracking(), rule=Adam(), max_steps=1, loss=np.sum)


@pytest.mark.parametrize("lam", [0.05, 1.0, 3.9])
@pytest.mark.parametrize("eta", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("rule", [Momentum(0.0), Momentum(0.5), Momentum(0.9), Nesterov(0.5)])
def test_the_factor_is_the_one_that_is_measured(rule, eta, lam):
    """Errors swing, so the growth of e² + e'² over many steps is compared."""
    path = descend(lambda w: lam * w, np.ones(1), eta=eta, rule=rule, max_steps=600).path[:, 0]
    sizes = np.hypot(path[1:], path[:-1])
    sizes = sizes[sizes > 1e-250]
    first, last = len(sizes) // 2, len(sizes) - 1
    if last - first > 20:
        # the top of the swing, so that where in the swing we look does not count
        tops = [sizes[max(0, at - 15) : at + 1].max() for at in (first, last)]
        measured = (tops[1] / tops[0]) ** (1 / (last - first))
        assert rule.factor(lam, eta) == pytest.approx(measured, rel=0.02)
    else:
        assert rule.factor(lam, eta) < 0.2


def test_factors_broadcast():
    factors = Momentum(0.5).factor(np.array([1.0, 2.0])[:, None], np.array([0.1, 0.2, 3.0]))
    assert factors.shape == (2, 3)
    assert factors[1, 2] > 1 > factors[1, 1]  # the limit is 2(1 + β)/λ = 1.5


@pytest.mark.parametrize("beta", [0.0, 0.2, 0.5, 0.9])
def test_motion_is_that_of_the_errors(beta):
    rule, root = Momentum(beta), math.sqrt(beta)
    edges = [1e-3, (1 - root) ** 2, (1 + root) ** 2, 2 * (1 + beta)]
    places = {"creeps": (edges[0], edges[1]), "hops": (edges[2], edges[3]), "runs away": (4.1, 5)}
    if beta:
        places["swings"] = edges[1], edges[2]
    for word, (low, high) in places.items():
        for share in (0.02, 0.5, 0.98):
            pull = low + share * (high - low)
            assert rule.motion(pull / 3, 3.0) == rule.motion(3.0, pull / 3) == word
            z = np.roots([1, pull - 1 - beta, beta])
            swings = abs(z.imag).max() > 1e-9
            assert swings == (word == "swings")
            if not swings:
                big = z.real[abs(z).argmax()]
                assert (big > 0, abs(big) < 1) == (word == "creeps", word != "runs away")
    assert rule.motion(1.0, 2 * (1 + beta)) == "runs away"


def test_motion_at_the_edges():
    rule = Momentum(0.25)
    assert rule.motion(0.25, 1.0) == rule.motion(2.25, 1.0) == "swings"
    assert Momentum(0.0).motion(1.0, 1.0) == "swings"
