"""The pictures of gradient descent: equal axes, and marks where they belong."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.optim import Momentum, descend
from course_lib.plots import gradient_descent as draw


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def valley(P):
    return (P[..., 0] ** 2 + 25 * P[..., 1] ** 2) / 2


def test_the_map_has_equal_axes_and_the_star_lies_at_the_fastest_setting():
    walk = descend(lambda w: w * [1, 25], np.array([-5, 1.2]), eta=0.02, max_steps=9, loss=valley)
    figure = draw.path_and_rates(walk, valley, (1, 25), best=(0, 0), place=(0.25, 0), longest=60)
    axes = {ax.get_title(): ax for ax in figure.axes}
    assert axes[""].get_aspect() == 1
    star = next(line for line in axes["darker is faster"].lines if line.get_marker() == "*")
    eta, beta = (float(a[0]) for a in star.get_data())
    root = 5  # √κ
    assert beta == pytest.approx(((root - 1) / (root + 1)) ** 2, abs=0.02)
    assert eta == pytest.approx((2 / (1 + root)) ** 2 * 25 / 2, abs=0.05)
    assert Momentum(beta).factor(25, eta * 2 / 25) < 0.7


def test_what_runs_away_is_drawn_without_a_warning():
    walk = descend(lambda w: w * [1, 25], np.array([-5, 1.2]), eta=0.2, max_steps=60, loss=valley)
    draw.path_and_rates(walk, valley, (1, 25), best=(0, 0), place=(2, 0), longest=60)
    plt.gcf().canvas.draw()


def test_a_sweep_marks_the_best_step_and_the_edge():
    etas = np.array([0.1, 1.0, 10.0, 100.0])
    losses = np.array([[0.5], [0.1], [0.3], [np.inf]])
    ax = draw.sweep(etas, {"plain": losses, "for ever": np.minimum(losses, 1)})
    marked = [line.get_data() for line in ax.lines if line.get_marker() == "*"]
    stars = [(float(x[0]), float(y[0])) for x, y in marked]
    assert stars == [(1.0, 0.1), (1.0, 0.1)]
    edges = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert edges == [10.0]  # what never runs away has none


def test_bars_are_what_is_left_of_what_there_was():
    figure = draw.error_by_direction([1e-3, 1e-20], [0.5, 0.1], [1, 2], "momentum")
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == pytest.approx([0.5, 0.1, 1e-3, 1e-10])
