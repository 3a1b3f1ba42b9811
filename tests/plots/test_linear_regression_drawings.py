"""What the drawings of linear regression show is what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import linear_regression as draw


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_the_bars_are_the_mean_squared_errors_and_the_odd_ones_part():
    x, y = np.array([1.0, 2.0, 6.0]), np.array([10.0, 20.0, 90.0])
    figure = draw.line_and_its_error(x, y, 5, 10, odd=2, top=2000)
    mean, line, odd = (bar.get_height() for bar in figure.axes[1].patches)
    assert mean == pytest.approx(np.var(y))
    assert line == pytest.approx(np.mean((y - 5 * x - 10) ** 2))
    assert odd == pytest.approx((90 - 40) ** 2 / 3)
    assert odd < line


def test_a_residual_is_a_square_in_equal_axes():
    figure = draw.squared_residuals([-1.0, 1.0], [0.5, 2.0], 1.0, (-1, 2))
    left, right = figure.axes
    assert left.get_aspect() == 1
    for square, side in zip(left.patches, (1.5, 1.0), strict=True):
        assert abs(square.get_width()) == abs(square.get_height()) == side
    assert right.lines[-1].get_ydata()[0] == pytest.approx((1.5**2 + 1) / 2)


def bowl(points):
    return np.sum((points - [10.0, 4.0]) ** 2, axis=1)


def test_every_step_of_a_descent_is_a_line_and_a_point():
    walk, x = np.array([[0.0, 0.0], [5.0, 2.0], [9.0, 3.0]]), np.array([0.0, 1.0, 3.0])
    look = {"x": x, "y": x, "best": [10, 4], "eta": 0.1, "limit": 0.5, "longest": 50}
    figure = draw.descent_of_a_line(walk, bowl(walk), bowl, **look)
    axes = {ax.get_title(): ax for ax in figure.axes}
    assert axes["path"].get_aspect() == 1
    points, best, *steps, last = (line.get_ydata() for line in axes["line"].lines)
    np.testing.assert_array_equal(points, x)
    np.testing.assert_allclose(best, [10, 22])
    np.testing.assert_allclose(steps, [[0, 0], [5, 11], [9, 18]])
    np.testing.assert_allclose(last, [9, 18])


def test_the_curve_of_a_descent_ends_in_sight_in_its_last_step():
    walk = np.array([[0.0, 0.0], [5.0, 2.0], [10.0, 4.0]])
    look = {"x": [0, 3], "y": [0, 3], "best": [10, 4], "eta": 0.1, "limit": 0.5, "longest": 50}
    for losses in ([100.0, 1, 0], [100.0, 1e5, 1e9]):
        curve = draw.descent_of_a_line(walk, losses, bowl, **look).axes[-1]
        marker = next(line for line in curve.lines if line.get_marker() == "D")
        low, high = curve.get_ylim()
        assert marker.get_xdata() == [2]
        assert low < marker.get_ydata()[0] < high


def test_a_line_that_runs_away_is_drawn_without_a_warning():
    walk = np.array([[0.0, 0.0], [1e5, 1e5], [1e9, 1e12]])
    look = {"x": [0, 3], "y": [0, 3], "best": [10, 4], "eta": 0.6, "limit": 0.5, "longest": 50}
    draw.descent_of_a_line(walk, bowl(walk), bowl, **look)
    plt.gcf().canvas.draw()


def test_a_dotted_line_stands_only_where_a_walk_is_frozen():
    curves = {name: (np.array([100.0, 20, 9]), np.array([10.0, 9, 8])) for name in "abcd"}
    figure = draw.loss_by_direction(curves, frozen={"c": 7.5})
    dotted = {ax.get_title(): [x for x in ax.lines if x.get_ls() == ":"] for ax in figure.axes}
    assert [name for name, lines in dotted.items() if lines] == ["c"]
    assert dotted["c"][0].get_ydata()[0] == 7.5
    assert all(ax.get_yscale() == "log" for ax in figure.axes)


def test_clouds_share_their_axes_and_lie_around_their_means():
    clouds = {"one": ([1.0, 3.0], [5.0, 9.0]), "two": ([0.0, 4.0], [2.0, 2.0])}
    figure = draw.alone_and_held_fixed(clouds, [2.0, 0.0], "x", "y")
    first, second = figure.axes
    assert first.get_xlim() == second.get_xlim()
    np.testing.assert_allclose(first.lines[0].get_xydata(), [[-1, -2], [1, 2]])
    np.testing.assert_allclose(first.lines[1].get_xydata(), [[-1, -2], [1, 2]])
    np.testing.assert_allclose(second.lines[1].get_ydata(), [0, 0])


def test_the_bands_of_a_residual_plot_are_one_standard_deviation():
    predicted = np.array([3.0, 1.0, 2.0, 6.0, 4.0, 5.0])
    residual = np.array([2.0, 1.0, 0.0, -4.0, 4.0, 0.0])
    ax = draw.residual_plot(predicted, residual, parts=2)
    means = [line.get_ydata()[0] for line in ax.lines[2:]]
    np.testing.assert_allclose(means, [1, 0])
    tops = [band.get_paths()[0].vertices[:, 1].max() for band in ax.collections]
    np.testing.assert_allclose(tops, [1 + np.std([2, 1, 0]), np.std([4, 0, -4])])


def test_the_valley_of_solutions_is_named():
    X, truth = np.array([[1.0, 1.1], [2.0, 1.9], [0.0, 1.0]]), np.array([3.0, -1.0])
    figure = draw.solutions_in_the_valley(X, X @ truth, {"qr": truth}, {"qr": 15}, truth, "gap 0.1")
    assert figure.axes[0].get_title() == "gap 0.1"
