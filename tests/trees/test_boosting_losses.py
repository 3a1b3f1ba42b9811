"""The losses of gradient boosting: derivatives, starts, what leaves get."""

import numpy as np
import pytest

from course_lib.gradient_check import gradient_check, numerical_gradient
from course_lib.losses import HuberLoss
from course_lib.trees.boosting_losses import (
    Absolute,
    Deviance,
    Exponential,
    Huber,
    Logistic,
    Quantile,
    Squared,
    class_loss,
    number_loss,
    weighted_quantile,
)

N = 12
NUMBERS = [Squared(), Absolute(), Quantile(0.3), Huber(0.6)]
SIGNS = [Logistic(), Exponential()]
EVERY = [*NUMBERS, *SIGNS, Deviance(4)]


def name_of(loss):
    return type(loss).__name__


def targets(loss, rng):
    if loss in NUMBERS:
        return rng.normal(size=N)
    return np.arange(N) % 4 if isinstance(loss, Deviance) else np.where(np.arange(N) % 3, 1.0, -1.0)


def scores(loss, rng):
    return rng.normal(size=(N, 4 if isinstance(loss, Deviance) else 1))


@pytest.mark.parametrize("loss", EVERY, ids=name_of)
def test_residuals_are_minus_the_derivatives(loss):
    rng = np.random.default_rng(0)
    y, F = targets(loss, rng), scores(loss, rng)
    if isinstance(loss, Huber):
        loss.loss = HuberLoss(0.7)  # its own border is at a sample, and so at a corner
    found = gradient_check(lambda F: N * loss.mean(y, F, None), lambda F: -loss.residuals(y, F), F)
    assert found.ok, found


@pytest.mark.parametrize("loss", [Logistic(), Exponential(), Squared()], ids=name_of)
def test_curvature_is_the_second_derivative(loss):
    rng = np.random.default_rng(1)
    y, F = targets(loss, rng), scores(loss, rng)
    bend = numerical_gradient(lambda F: -loss.residuals(y, F).sum(), F)[:, 0]
    np.testing.assert_allclose(loss.curvature(loss.residuals(y, F)[:, 0]), bend, rtol=1e-6)


def test_curvature_of_the_deviance_is_the_second_derivative_by_the_own_score():
    rng = np.random.default_rng(1)
    loss = Deviance(4)
    y, F = targets(loss, rng), scores(loss, rng)
    r = loss.residuals(y, F)
    for c in range(4):
        bend = numerical_gradient(lambda F, c=c: -loss.residuals(y, F)[:, c].sum(), F)[:, c]
        np.testing.assert_allclose(loss.curvature(r[:, c]), bend, rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", EVERY, ids=name_of)
def test_the_start_is_the_best_constant(loss, weighted):
    rng = np.random.default_rng(2)
    y = targets(loss, rng)
    w = rng.uniform(0.5, 2, N) if weighted else None
    start = loss.start(y, w)
    if isinstance(loss, Huber):
        assert start[0] == weighted_quantile(y, 0.5, w)
        return
    best = loss.mean(y, np.tile(start, (N, 1)), w)
    for c in range(len(start)):
        for step in (-0.01, 0.01):
            moved = start + step * (np.arange(len(start)) == c)
            assert loss.mean(y, np.tile(moved, (N, 1)), w) >= best - 1e-12


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", [Squared(), Absolute(), Quantile(0.3)], ids=name_of)
def test_leaves_of_numbers_get_the_best_constant(loss, weighted):
    rng = np.random.default_rng(3)
    y, F = targets(loss, rng), scores(loss, rng)
    w = rng.uniform(0.5, 2, N) if weighted else None
    leaf = np.where(np.arange(N) < 5, 1, 3)
    values = loss.leaf_values(y, F[:, 0], loss.residuals(y, F)[:, 0], w, leaf, 4)
    assert values[[0, 2]].tolist() == [0, 0]
    for node in (1, 3):
        there = leaf == node
        part = None if w is None else w[there]
        best = loss.mean(y[there], F[there] + values[node], part)
        for step in (-0.01, 0.01):
            assert loss.mean(y[there], F[there] + values[node] + step, part) >= best - 1e-12


@pytest.mark.parametrize("loss", SIGNS, ids=name_of)
def test_leaves_of_two_classes_get_a_step_of_newton_s_method(loss):
    rng = np.random.default_rng(4)
    y, F, w = targets(loss, rng), scores(loss, rng), rng.uniform(0.5, 2, N)
    r = loss.residuals(y, F)[:, 0]
    found = loss.leaf_values(y, F[:, 0], r, w, np.zeros(N, dtype=int), 1)[0]

    def total(v):
        return w @ loss.residuals(y, F + v)[:, 0]

    slope = numerical_gradient(lambda v: total(v[0]), np.zeros(1))[0]
    assert found == pytest.approx(-total(0.0) / slope, rel=1e-6)


def test_leaves_of_k_classes_have_friedman_s_factor():
    y, F = np.array([0, 1, 2]), np.zeros((3, 3))
    loss = Deviance(3)
    r = loss.residuals(y, F)[:, 0]  # 2/3, −1/3, −1/3
    values = loss.leaf_values(y, F[:, 0], r, None, np.array([0, 1, 1]), 2)
    np.testing.assert_allclose(values, [2 / 3 * 3, -2 / 3 * 3 / 2])


def test_a_leaf_without_curvature_stays():
    loss, y, f = Logistic(), np.ones(2), np.full(2, 800.0)
    r = loss.residuals(y, f[:, None])[:, 0]
    assert loss.leaf_values(y, f, r, None, np.zeros(2, dtype=int), 1).tolist() == [0]


def test_huber_s_border_is_a_quantile_and_its_leaves_lie_near_the_median():
    y, F = np.array([0.0, 1.0, 2.0, 3.0, 100.0]), np.zeros((5, 1))
    loss = Huber(0.8)
    _, r = loss.look(y, F, None)
    assert loss.loss.delta == 3
    assert r[:, 0].tolist() == [0, 1, 2, 3, 3]
    # the median 2, and the mean of −2, −1, 0, 1, 3
    values = loss.leaf_values(y, F[:, 0], None, None, np.zeros(5, dtype=int), 1)
    assert values[0] == pytest.approx(2 + 1 / 5)
    mean, r = loss.look(y, F, None)
    assert mean == pytest.approx((0 + 0.5 + 2 + 4.5 + 3 * 98.5) / 5)
    assert loss.look(y, y[:, None], None)[1].tolist() == [[0]] * 5
    assert loss.start(y, None).tolist() == [2]
    assert loss.loss.delta == 2  # of the distances 0, 1, 1, 2, 98


def test_chances():
    F = np.array([[-800.0], [0.0], [np.log(3.0)], [800.0]])
    np.testing.assert_allclose(Logistic.chances(F)[:, 1], [0, 0.5, 0.75, 1])
    np.testing.assert_allclose(Exponential.chances(F / 2), Logistic.chances(F))
    many = Deviance.chances(np.log([[1.0, 2.0, 5.0]]) + 900)
    np.testing.assert_allclose(many, [[1 / 8, 2 / 8, 5 / 8]])


@pytest.mark.parametrize(
    ("q", "w", "expected"),
    [
        (0.5, None, 2),
        (0.25, None, 1),
        (0.26, None, 2),
        (0.99, None, 4),
        (0.5, [1, 5, 1, 1], 1),
        (0.7, [1, 5, 1, 1], 2),
        (0.5, [9, 1, 1, 1], 4),
    ],
)
def test_weighted_quantile(q, w, expected):
    values = np.array([4.0, 1.0, 3.0, 2.0])
    w = None if w is None else np.array(w, dtype=float)
    assert weighted_quantile(values, q, w) == expected


def test_the_logistic_loss_looks_at_value_and_derivative_at_once():
    rng = np.random.default_rng(5)
    loss, w = Logistic(), rng.uniform(0.5, 2, N)
    y, F = targets(loss, rng), scores(loss, rng)
    mean, r = loss.look(y, F, w)
    assert mean == pytest.approx(loss.mean(y, F, w))
    np.testing.assert_allclose(r, loss.residuals(y, F))


def test_names():
    assert isinstance(number_loss("absolute_error", 0.9), Absolute)
    assert number_loss("quantile", 0.2).q == 0.2
    assert number_loss("huber", 0.7).alpha == 0.7
    assert isinstance(class_loss("log_loss", 2), Logistic)
    assert class_loss("log_loss", 5).K == 5
    with pytest.raises(ValueError, match="for two classes, got 3"):
        class_loss("exponential", 3)
