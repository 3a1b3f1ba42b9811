"""The drawings of logistic regression show the numbers that they are about."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.linear_models import LogisticRegression
from course_lib.plots import logistic_regression as draw
from course_lib.plots.style import CYCLE, PALETTE

X = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 2.0], [3.0, 0.0], [4.0, 1.5], [1.5, 1.0]])
y = np.array([0, 0, 1, 1, 1, 0])
NAMES = ["whole", "damaged"]


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def of_color(ax, color):
    return [line for line in ax.lines if line.get_color() == color]


def test_ties_stand_side_by_side_around_their_value():
    assert draw.spread_ties([3, 1, 3], 0.5).tolist() == [2.75, 1.0, 3.25]


def test_the_line_and_the_curve_are_those_given():
    ax = draw.line_and_curve(X[:, 0], y, (1.0, -2.0), NAMES, (-1, 5), 2.0)
    line = np.polynomial.Polynomial.fit(X[:, 0], y, 1)
    x, curve = of_color(ax, PALETTE["green"])[0].get_data()
    assert np.allclose(curve, 1 / (1 + np.exp(2 - x)))
    assert np.allclose(of_color(ax, PALETTE["grey"])[0].get_ydata(), line(x))


def test_each_stroke_is_as_long_as_its_sample_s_loss():
    _, low = draw.strokes_of_loss([0.0, 1.0, 9.0], np.array([0, 1, 0]), 1.0, 0.0, NAMES, (-1, 10))
    lengths = [np.ptp(s[:, 1]) for part in low.collections for s in part.get_segments()]
    # class 0 first: −log σ(0) and −log σ(−9), which is cut off at 6; then class 1, −log σ(1)
    assert np.allclose(lengths, [np.log(2), 6, np.log1p(np.exp(-1))])


def test_minima_are_marked_and_returned():
    x6, y6 = np.array([6, -1, -1, -1, -1, -1]), np.array([1, 1, 1, 1, 1, 0])
    squared, log = draw.two_losses_of_one_weight(x6, y6, (-4, 2))
    marks = [of_color(ax, PALETTE["vermillion"])[0].get_xdata() for ax in plt.gcf().axes]
    assert np.array_equal(marks[0], squared)
    assert np.array_equal(marks[1], log)
    assert np.allclose(squared, [-1.366, 0.133], atol=0.01)
    p = 1 / (1 + np.exp(-log[0] * x6))
    assert np.isclose((p - y6) @ x6, 0, atol=0.1)


def test_a_walk_and_its_height_are_drawn():
    points = np.array([[1.0, 1.0], [0.5, 0.0], [0.0, 0.0]])
    A, t = np.array([[1.0, 1.0], [2.0, 1.0]]), np.array([1, -1])
    heights = np.array([2, 0.25, 0])
    top, low = draw.steps_on_the_loss(A, t, points, np.ones(2), heights, (1e-3, 10))
    assert np.array_equal(of_color(top, PALETTE["orange"])[0].get_xydata(), points)
    assert of_color(low, PALETTE["orange"])[0].get_ydata().tolist() == [2, 0.25, 1e-3]


def test_the_weights_are_one_half_at_the_boundary_and_a_step_at_the_margin():
    figure = draw.weights_of_samples({"log loss": [0, 1], "hinge": [1, 99]}, (-4, 4))
    log, hinge = figure.axes[0].lines
    assert np.isclose(np.interp(0, *log.get_data()), 0.5)
    assert np.interp([0.9, 1.1], *hinge.get_data()).tolist() == [1, 0]


def test_length_and_both_losses_are_drawn_from_the_first_step_on():
    model = LogisticRegression(0.1, solver="newton").fit(X, y)
    figure = draw.growing_weights({"a": model}, {"training": (X, y), "new": (X[:2], y[4:])})
    lines = [ax.lines[0].get_xydata() for ax in figure.axes]
    steps = model.n_iter_
    assert all(line[:, 0].tolist() == list(range(1, steps + 1)) for line in lines)
    assert np.allclose(lines[0][:, 1], np.linalg.norm(model.coef_path_[1:], axis=1))
    loss = -np.log(model.predict_proba(X)[np.arange(6), y])
    two = -np.log(model.predict_proba(X[:2])[np.arange(2), y[4:]])
    assert np.allclose([lines[1][-1, 1], lines[2][-1, 1]], [loss.mean(), two.mean()])
    assert figure.axes[2].get_ylabel() == "loss, new"


def test_the_band_is_two_errors_of_the_log_odds_wide():
    x, covariance = np.array([2.0, 3.0, 4.0]), np.array([[0.25, 0.1], [0.1, 1.0]])
    ax = draw.curve_and_band(x, np.array([0, 1, 1]), (1.0, 0.5), covariance, 2.0, NAMES, 0.0)
    f, error = -2 + 0.5, np.sqrt(4 * 0.25 - 4 * 0.1 + 1)  # at 0, that is, at −2 from zero
    band = ax.collections[0].get_paths()[0].vertices
    ends = band[band[:, 0] == 0][:, 1]
    assert np.allclose([ends.min(), ends.max()], 1 / (1 + np.exp([2 * error - f, -2 * error - f])))
    [mark] = of_color(ax, PALETTE["vermillion"])
    assert np.allclose(mark.get_xydata(), [[0, ends.min()]])
    assert [text.get_text() for text in ax.texts] == [f"{100 * ends.min():.0f} %"]


def test_the_price_that_was_paid_is_marked_and_the_map_has_equal_axes():
    models = {lam: LogisticRegression(lam).fit(X, y) for lam in (0.01, 0.1)}
    losses = {"training": [0.2, 0.3], "new": [9.0, 0.4]}
    top, low = draw.price_and_boundary(models, X, y, losses, 0.1, (-1, 5, -1, 3), (0.1, 5))
    assert top.get_aspect() == 1
    marks = [line.get_xydata().tolist() for line in low.lines if line.get_marker() == "D"]
    assert marks == [[[0.1, 0.3]], [[0.1, 0.4]]]


def test_the_four_counts_and_the_point_of_the_threshold():
    f = np.array([-2.0, -1.0, 0.5, 1.0, 2.0, 1.5])
    left, right = draw.threshold_and_roc(y, f, 0.0, NAMES, (-3, 3))
    counts = ["left alone: 2", "false alarms: 1", "misses: 0", "hits: 3"]
    assert [text.get_text() for text in left.texts] == counts
    [mark] = of_color(right, PALETTE["vermillion"])
    assert np.allclose(mark.get_xydata(), [[1 / 3, 1]])


def test_a_calibrated_curve_lies_on_the_diagonal():
    same = SimpleNamespace(predicted=np.array([0.2, 0.8]), share=np.array([0.2, 0.8]))
    line = of_color(draw.said_and_happened({"one": same}), CYCLE[0])[0]
    assert line.get_xydata().tolist() == [[0.2, 0.2], [0.8, 0.8]]


def test_errors_are_averaged_over_repetitions():
    panels = {"left": {"a": [[1.0, 2.0], [3.0, 4.0]]}, "right": {"a": [[0.0, 0.0]]}}
    figure = draw.errors_over_sizes([10, 20], panels, "% wrong")
    assert figure.axes[0].lines[0].get_ydata().tolist() == [2, 3]
