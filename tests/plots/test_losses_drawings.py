"""What the drawings of losses and penalties show is what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Circle, Polygon

from course_lib.losses import HingeLoss, HuberLoss
from course_lib.plots import losses_and_regularization as draw


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_a_symbol_is_as_wide_as_frequent_and_as_high_as_its_word_is_long():
    ax = draw.code_areas(0.25, 0.5)
    one, zero = ax.patches
    assert (one.get_width(), zero.get_width()) == (0.25, 0.75)
    assert (one.get_height(), zero.get_height()) == (1, 1)
    own = [line.get_ydata()[0] for line in ax.lines[:2]]
    np.testing.assert_allclose(own, -np.log2([0.25, 0.75]))


@pytest.mark.parametrize(("penalty", "kind"), [("L1", Polygon), ("L2", Circle)])
def test_the_ball_goes_through_the_weights(penalty, kind):
    w = np.array([0.8, 0.3])
    ball = draw.contours_and_ball(np.eye(2), np.array([1.5, 1.0]), w, penalty, 3.0).patches[-1]
    assert isinstance(ball, kind)
    if penalty == "L1":
        np.testing.assert_allclose(np.abs(ball.get_xy()).sum(axis=1), 1.1)
    else:
        assert ball.radius == pytest.approx(np.hypot(*w))


def test_pulls_are_bars_from_the_guess():
    y, grid = np.array([1.0, 2.0, 9.0]), np.linspace(0, 10, 11)
    figure = draw.pulls_on_a_guess(y, 3.0, [-1, -1, 2], grid, grid**2)
    assert [bar.get_width() for bar in figure.axes[0].patches] == [-1, -1, 2]
    assert {bar.get_x() for bar in figure.axes[0].patches} == {3.0}
    assert figure.axes[1].lines[-1].get_ydata() == 9


@pytest.mark.parametrize(("of", "loss"), [("numbers", HuberLoss(1.0)), ("signs", HingeLoss())])
def test_losses_and_pulls_are_drawn(of, loss):
    x = np.array([-2.0, 0.0, 3.0])
    top, bottom = draw.loss_curves({"a": loss}, x, "x", of=of).axes
    value, pull = ([1.5, 0, 2.5], [-1, 0, 1]) if of == "numbers" else ([3, 1, 0], [1, 1, 0])
    np.testing.assert_allclose(top.lines[0].get_ydata(), value)
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), pull)


def test_lines_and_the_odd_point():
    lines = {"a": (2.0, 1.0)}
    ax = draw.lines_through([0, 1, 2], [0, 1, 9], lines, 2, (0, 3), (0, 10))
    assert (ax.lines[1].get_xdata(), ax.lines[1].get_ydata()) == (2, 9)
    assert not ax.texts
    np.testing.assert_allclose(ax.lines[2].get_ydata(), 2 * ax.lines[2].get_xdata() + 1)


@pytest.mark.parametrize(
    ("x", "y", "place", "text"), [(2, 90, (2, 10), "at 90"), (40, 9, (3, 9), "at 40")]
)
def test_an_odd_point_beyond_the_picture_is_drawn_at_its_border(x, y, place, text):
    ax = draw.lines_through([0, 1, x], [0, 1, y], {"a": (2.0, 1.0)}, 2, (0, 3), (0, 10))
    assert (ax.lines[1].get_xdata(), ax.lines[1].get_ydata()) == place
    assert [one.get_text() for one in ax.texts] == [text]
    np.testing.assert_array_equal(ax.lines[2].get_xdata(), [0, 3])


def test_a_word_has_the_room_of_all_that_begin_with_it():
    ax = draw.rooms_of_words({"a": "0", "b": "10", "c": "11"})
    rooms = [(one.get_x(), one.get_width(), one.get_height()) for one in ax.patches[-3:]]
    assert rooms == [(0, 0.5, 2), (0.5, 0.25, 1), (0.75, 0.25, 1)]
    assert [one.get_text() for one in ax.texts[-3:]] == ["a\n0", "b\n10", "c\n11"]


def test_weights_on_an_axis_are_counted():
    w = np.array([[1.0, 2.0], [0.0, 1.0], [-1.0, 0.0]])
    ax = draw.clouds_of_weights({"a": w, "b": w[:1]}).axes
    assert [one.get_title() for one in ax[:2]] == ["a\n2 of 3 on an axis", "b\n0 of 1 on an axis"]
    inside, on_axis = ax[0].lines[-2:]
    np.testing.assert_array_equal(inside.get_xydata(), w[:1])
    np.testing.assert_array_equal(on_axis.get_xydata(), w[1:])


def test_a_path_and_where_it_is_marked():
    lams, coefs = np.array([0.1, 1.0, 10.0]), np.arange(9.0).reshape(3, 3)
    errors = {"old": np.array([1.0, 2, 3]), "new": np.array([3.0, 2, 4])}
    figure = draw.path_and_errors(lams, coefs, 2, 1, errors, ((0, 9), (0, 5)))
    blue = [line for line in figure.axes[0].lines if line.get_color() == draw.PALETTE["blue"]]
    np.testing.assert_allclose([line.get_ydata() for line in blue[:2]], coefs[:, :2].T)
    marks = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert [float(np.ravel(line.get_ydata())[0]) for line in marks] == [2, 2]
