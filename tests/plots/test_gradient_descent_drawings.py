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
    ridge = next(line for line in axes["darker is faster"].lines if len(line.get_xdata()) > 1)
    etas, betas = ridge.get_data()
    assert (etas[0], betas[0]) == (pytest.approx(25 / 26, abs=0.02), 0)  # 2/(1 + 25) in 2/25
    assert (etas[-1], betas[-1]) == (eta, beta)
    for at, height in zip(etas[::9], betas[::9], strict=True):
        here, near = (
            max(Momentum(height).factor(lam, share * at * 2 / 25) for lam in (1, 25))
            for share in (1, 0.95)
        )
        assert here <= near


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


def test_springs_move_as_a_walk_with_momentum():
    lam, eta, beta = np.array([1.0, 4.0, 25.0]), 0.07, 0.3
    figure = draw.springs(lam, eta, beta, steps=20)
    above, below = figure.axes
    start, rule = np.ones(3), Momentum(beta)
    walk = descend(lambda w: lam * w, start, eta=eta, rule=rule, max_steps=20)
    for line, at in zip(below.lines, (0, 2), strict=False):
        np.testing.assert_allclose(line.get_ydata(), walk.path[:, at], atol=1e-12)
    np.testing.assert_allclose(above.lines[0].get_xdata(), eta * lam)
    assert set(above.lines[0].get_ydata()) == {beta}
    assert [line.get_xdata()[0] for line in above.lines[1:]] == pytest.approx([0.07, 1.75])
    area = above.collections[0]
    kinds = {0: "creeps", 1: "swings", 2: "hops"}
    x, height = area.get_coordinates()[..., 0][0], area.get_coordinates()[..., 1][:, 0]
    kind = np.ma.filled(area.get_array(), np.nan)
    for i, k in np.ndindex(*kind.shape):
        if i % 20 or k % 16:
            continue
        middle = min(max((height[i] + height[i + 1]) / 2, 0), 0.999)
        pull = (x[k] + x[k + 1]) / 2
        word = Momentum(middle).motion(pull, 1.0)
        assert kinds.get(kind[i, k], "runs away") == word
    plt.close(figure)


def test_what_runs_away_stays_in_its_frame():
    figure = draw.springs(np.array([1.0, 25.0]), 1.0, 0.9)
    assert max(abs(figure.axes[1].lines[1].get_ydata())) == 9
    figure.canvas.draw()


def test_a_stream_has_a_bar_for_every_error():
    errors = {"batch": 0.2, "SGD": 0.1, "1/k": 0.3}
    figure = draw.stream(np.zeros(5), np.ones(5), np.ones(5), errors=errors)
    bars = figure.axes[1].patches
    assert [bar.get_height() for bar in bars] == [0.2, 0.1, 0.3]
    assert len({bar.get_facecolor() for bar in bars}) == 3
