"""Newton's method on the rounded hinge: its derivatives, its limits, and few steps."""

import numpy as np
import pytest

from course_lib.gradient_check import gradient_check
from course_lib.linear_models.svm_newton import RoundedObjective, minimise_hinge, newton


def make_objective(rng, c=3.0, cap=0.4):
    """Forty samples, some of them flat, some on the parabola and some on the line."""
    A = np.column_stack([rng.normal(size=(40, 3)), np.ones(40)])
    y = np.where(rng.normal(size=40) > 0, 1.0, -1.0)
    penalty = np.array([1.0, 1.0, 1.0, 0.0])
    return RoundedObjective(A, y, penalty, c, cap, shift=0.1 * rng.random(40))


def value(G, v):
    """G(v), sample by sample, from the three pieces of the rounded hinge."""
    width = G.cap / G.c
    total = np.sum(G.penalty * v * v) / 2
    for a, label, shift in zip(G.A, G.y, G.shift, strict=True):
        s = 1 - label * (a @ v) + shift
        if s >= width:
            total += G.cap * (s - width / 2)
        elif s > 0:
            total += G.c * s * s / 2
    return total


def test_derivatives_are_those_of_finite_differences(rng):
    G, v = make_objective(rng), rng.normal(size=4)
    s = G.shortfall(v)
    on = (s > 0) & (s < G.cap / G.c)
    assert on.any()
    assert (s < 0).any()
    assert (s > G.cap / G.c).any()

    def gradient(u):
        return G.gradient(u, G.slopes(G.shortfall(u)))

    checks = [
        gradient_check(lambda u: value(G, u), gradient, v, tol=1e-8),
        gradient_check(gradient, G.hessian(s), v),
    ]
    assert all(check.ok for check in checks), [str(check) for check in checks]


def test_the_minimum_is_found_in_few_steps(rng):
    G = make_objective(rng)
    v, alpha, steps = newton(G, np.zeros(4), accuracy=1e-12, max_iter=100)
    np.testing.assert_allclose(G.gradient(v, alpha), 0, atol=1e-10)
    assert steps < 20
    around = [value(G, v + 1e-3 * e) for e in rng.normal(size=(50, 4))]
    assert min(around) >= value(G, v)


def test_a_hessian_without_samples_is_not_singular(rng):
    G = make_objective(rng)
    H = G.hessian(np.full(40, -1.0))  # no sample on the parabola: b alone has no curvature
    assert np.linalg.matrix_rank(H) == 4


@pytest.mark.parametrize("cap", [1e-3, 1.0, 1e3])
def test_the_corner_is_sharp_enough_in_the_end(rng, cap):
    """The gap that is returned is the one computed anew, and the multipliers keep Σ α y = 0."""
    G = make_objective(rng)
    v, alpha, gap, _ = minimise_hinge(G.A, G.y, G.penalty, cap, tol=1e-10, max_iter=1000)
    w, u = v[:3], (alpha * G.y) @ G.A[:, :3]
    primal = w @ w / 2 + cap * np.maximum(0, 1 - G.y * (G.A @ v)).sum()
    assert gap <= 1e-10
    assert (primal - (alpha.sum() - u @ u / 2)) / primal == pytest.approx(gap, abs=1e-11)
    assert abs(alpha @ G.y) < 1e-9 * alpha.sum()
