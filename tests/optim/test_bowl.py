"""The bowl of least squares: its theory against sums written out, and its walks."""

import warnings

import numpy as np
import pytest

from course_lib.linear_models.linear_regression import squared_loss, squared_loss_gradient
from course_lib.optim import Adam, Bowl, InverseDecay, Momentum, descend, digits_gone, minibatches

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3)) * [1, 2, 5]
t = X @ [1.0, -1.0, 0.5] + rng.normal(size=60)
bowl = Bowl(X, t)


def test_gradient_and_excess_are_those_of_the_loss():
    w, low = np.array([0.3, 2.0, -1.0]), squared_loss(X, t, bowl.best)
    np.testing.assert_allclose(bowl.gradient(w), squared_loss_gradient(X, t, w))
    np.testing.assert_allclose(bowl.gradient(bowl.best), 0, atol=1e-12)
    expected = (squared_loss(X, t, w) - low) / (squared_loss(X, t, 0 * w) - low)
    assert bowl.excess(w) == pytest.approx(expected)
    assert bowl.excess(np.zeros(3)) == pytest.approx(1)
    np.testing.assert_allclose(bowl.excess(np.stack([w, 0 * w])), [expected, 1])
    np.testing.assert_allclose(bowl.parts(w).sum(), expected)
    along = bowl.best + 2 * bowl.V[:, 1]
    np.testing.assert_allclose(bowl.parts(along)[[0, 2]], 0, atol=1e-20)
    assert np.isinf(bowl.excess(np.full(3, 1e200)))
    assert np.isinf(bowl.excess(np.array([1e308, -1e308, 1e308])))


def test_the_best_steps_have_the_rates_of_theory():
    root = np.sqrt(bowl.kappa)
    assert bowl.kappa == pytest.approx(np.linalg.cond(X) ** 2)
    rates = [abs(1 - bowl.eta * lam) for lam in bowl.lam]
    assert max(rates) == pytest.approx((bowl.kappa - 1) / (bowl.kappa + 1))
    for other in (0.99, 1.01):
        assert max(abs(1 - other * bowl.eta * bowl.lam)) > max(rates)
    rule, eta = bowl.momentum
    np.testing.assert_allclose(rule.factor(bowl.lam, eta), (root - 1) / (root + 1), rtol=1e-6)


def test_noise_is_that_of_single_samples():
    each = np.stack([squared_loss_gradient(X[[i]], t[[i]], bowl.best) for i in range(60)])
    height = squared_loss(X, t, np.zeros(3)) - squared_loss(X, t, bowl.best)
    assert bowl.sigma2 == pytest.approx(each.var(axis=0).sum() / height)


def test_the_floor_is_where_theory_says():
    eta = 0.1 / bowl.lam[-1]
    walk = bowl.walks(4, eta, 4000, replace=True, every=10)
    floor = bowl.excess(walk.path[len(walk.path) // 2 :]).mean()
    assert floor == pytest.approx(eta * bowl.sigma2 / (4 * 4), rel=0.15)


def test_a_walk_of_all_samples_is_that_of_the_gradient():
    walk = bowl.walks(60, bowl.eta, 5, n_walks=2)
    path = descend(bowl.gradient, np.zeros(3), eta=bowl.eta, max_steps=5).path
    assert walk.path.shape == (6, 2, 3)
    for one in (0, 1):
        np.testing.assert_allclose(walk.path[:, one], path, rtol=1e-9, atol=1e-12)


def test_walks_are_those_of_single_minibatches():
    plan = {"eta": InverseDecay(0.02), "rule": Momentum(0.5)}
    many = bowl.walks(7, plan["eta"], 30, rule=plan["rule"], n_walks=1, random_state=3)
    gradient = bowl.noisy(minibatches(60, 7, random_state=3))
    one = descend(gradient, np.zeros(3), max_steps=30, **plan)
    np.testing.assert_allclose(many.path[:, 0], one.path, rtol=1e-9, atol=1e-12)


def test_walks_differ_and_are_seeded():
    first, again = (bowl.walks(5, 0.01, 20, every=5) for _ in range(2))
    np.testing.assert_array_equal(first.path, again.path)
    assert first.path.shape == (5, 20, 3)
    assert len(np.unique(first.w[:, 0])) == 20
    other = bowl.walks(5, 0.01, 20, every=5, random_state=1)
    assert not np.array_equal(first.path, other.path)
    assert bowl.walks(5, 1e9, 999).stopped == "diverged"


def test_copies_are_more_of_the_same():
    walk = bowl.walks(180, bowl.eta, 1, copies=3, n_walks=1)
    np.testing.assert_allclose(walk.w[0], bowl.walks(60, bowl.eta, 1, n_walks=1).w[0])
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1 to 60"):
        bowl.walks(61, 0.1, 1)


@pytest.mark.parametrize(("X", "t"), [(X, t[1:]), (X[:, 0], t), (X, t[:, None]), (X, np.zeros(60))])
def test_what_is_no_bowl_is_refused(X, t):
    with pytest.raises(ValueError, match="must"):
        Bowl(X, t)


@pytest.mark.parametrize("name", ["copies", "n_walks"])
def test_counts_are_checked(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1"):
        bowl.walks(5, 0.1, 1, **{name: 0})


def test_many_steps_see_the_same_minibatches():
    etas = [0.01, InverseDecay(0.02, half=5), 9.0, 0.003]
    plan = {"rule": Momentum(0.5), "every": 10, "n_walks": 4, "random_state": 3}
    for replace in (False, True):
        many = bowl.walks(7, etas, 40, replace=replace, **plan)
        assert (many.path.shape, many.stopped) == ((5, 4, 4, 3), "max_steps")
        for at in (0, 1, 3):
            one = bowl.walks(7, etas[at], 40, replace=replace, **plan)
            np.testing.assert_allclose(many.path[:, at], one.path, rtol=1e-9, atol=1e-12)
    gone = bowl.walks(7, etas, 999, **plan)  # one of them is far out, the others have arrived
    assert gone.stopped == "max_steps"
    assert np.isfinite(gone.path).all()
    assert (bowl.excess(gone.w[2]) > 1e150).all()
    assert (bowl.excess(gone.w[[0, 1, 3]]) < 1).all()


def test_every_epoch_sees_everybody_once():
    X, seen = np.eye(7), []
    walk = Bowl(X, np.ones(7)).walks(3, 1.0, 3, n_walks=5)  # η/m = 1/3, 1/3 and 1 a sample
    for path in np.moveaxis(walk.path, 1, 0):
        seen = [np.flatnonzero(step) for step in np.diff(path, axis=0)]
        assert [len(rows) for rows in seen] == [3, 3, 1]
        assert sorted(np.concatenate(seen)) == list(range(7))
    assert len({tuple(path[1]) for path in np.moveaxis(walk.path, 1, 0)}) > 1


def test_what_is_left_and_how_many_samples_it_took():
    X = np.random.default_rng(0).normal(size=(40, 3))
    bowl = Bowl(X, X @ [1.0, 2.0, 3.0] + np.sin(np.arange(40)))
    walk = bowl.walks(16, 0.1, 6, every=6, n_walks=10)  # two epochs of three batches
    left = bowl.after(16, 2, [0.1, 0.2])
    assert left.shape == (2,)
    assert left[0] == pytest.approx(bowl.excess(walk.w).mean(), rel=1e-9)
    assert left[1] == pytest.approx(bowl.after(16, 2, [0.2])[0], rel=1e-9)
    assert bowl.after(16, 300, [9.0]) > 1e99
    path = bowl.walks(4, 0.1, 60, copies=2).path
    firsts = [next(k for k in range(61) if bowl.excess(path[k, i]) < 0.1) for i in range(20)]
    seen = bowl.seen_until(0.1, 2, 4, [0.1, 1e-9])
    np.testing.assert_allclose(seen, [4 * np.mean(firsts), np.inf])


def test_an_excess_that_overflows_is_infinite_without_a_warning():
    steep = Bowl(X, t / 1000)
    far = 1e154 / np.sqrt(steep.parts(steep.best + steep.V.sum(axis=1)))
    W = steep.best + steep.V @ far
    np.testing.assert_allclose(steep.parts(W), 1e308)  # each is finite, their sum is not
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(steep.excess(W))
        assert np.isinf(steep.excess(1e5 * W))
        assert steep.excess(steep.best) == 0


def test_digits_gone_are_those_of_single_bowls():
    rng = np.random.default_rng(1)
    A = rng.normal(size=(2, 30, 3)) * [1, 2, 3]
    y = A @ [1.0, 2.0, 3.0] + rng.normal(size=(2, 30))
    rules, etas = [None, Momentum(0.5), Adam(0.8)], np.array([0.02, 0.1, 50.0])
    digits = digits_gone(A, y, rules, etas, 40)
    assert digits.shape == (3, 3, 2)
    for i, rule in enumerate(rules):
        for k, b in np.ndindex(2, 2):
            one = Bowl(A[b], y[b])
            walk = descend(one.gradient, np.zeros(3), eta=etas[k], rule=rule, max_steps=40)
            assert digits[i, k, b] == pytest.approx(-np.log10(one.excess(walk.w)), rel=1e-6)
    assert (digits[:2, 2] < -100).all()
