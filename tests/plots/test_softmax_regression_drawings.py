"""What the drawings of softmax regression show is what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from course_lib.plots import softmax_regression as draw
from course_lib.plots.style import PALETTE

W = np.arange(-20.0, 20.0).reshape(4, 10)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_a_template_is_its_column_and_all_have_one_scale():
    figure = draw.templates(W, (2, 2), "abcdefghij")
    assert [ax.get_title() for ax in figure.axes] == list("abcdefghij")
    for ax, column in zip(figure.axes, W.T, strict=True):
        (picture,) = ax.images
        np.testing.assert_array_equal(picture.get_array(), column.reshape(2, 2))
        assert picture.get_clim() == (-20, 20)


def test_places_without_a_template_are_empty():
    figure = draw.templates(W[:, :3], (2, 2), "abc", columns=2)
    assert [ax.axison for ax in figure.axes] == [True, True, True, False]


def test_each_example_stands_above_its_template():
    figure = draw.examples_and_templates(np.ones((3, 2, 2)), W[:, :3], "abc")
    below = [ax.images[0] for ax in figure.axes[3:]]
    np.testing.assert_array_equal([one.get_array().ravel() for one in below], W[:, :3].T)
    assert [one.get_clim()[1] for one in below] == [20, 19, 18]


def test_weights_of_zero_are_white():
    (picture,) = draw.templates(np.zeros((4, 1)), (2, 2), "a").axes[0].images
    np.testing.assert_allclose(picture.to_rgba(0.0), 1, atol=0.01)


def test_the_right_class_has_the_orange_bar():
    figure = draw.templates_at_work(W, np.ones((2, 2)), np.arange(10.0) - 3, 7)
    bars = figure.axes[-1].patches
    assert [bar.get_height() for bar in bars] == list(np.arange(10.0) - 3)
    assert [to_hex(bar.get_facecolor()) == PALETTE["orange"] for bar in bars].index(True) == 7


class Largest:
    classes_ = np.arange(3)

    def predict(self, X):
        return (X @ np.array([[1.0, 0, -1], [0, 1, 0]])).argmax(axis=1)


def test_arrows_lead_from_the_origin_to_the_columns():
    columns = np.array([[1.0, 0, -1], [0, 1, 0]])
    points, labels = np.array([[1.0, 0], [0, 1], [-1, 0]]), np.arange(3)
    ax = draw.columns_and_regions(Largest(), columns, points, labels, (-2, 2, -2, 2))
    tips = [one.xy for one in ax.texts[::2]]
    np.testing.assert_array_equal(tips, columns.T)
    assert ax.get_aspect() == 1


def test_a_loss_beyond_the_picture_keeps_its_number():
    figure = draw.scores_to_losses("abc", [1, 2, 3], [0.1, 0.2, 0.7], {"hinge": 30.0, "CE": 2.0})
    bars = figure.axes[2]
    assert [bar.get_height() for bar in bars.patches] == [12, 2]
    assert [one.get_text() for one in bars.texts] == ["30.00", "2.00"]


def test_sureness_is_drawn_against_what_came_true():
    figure = draw.sharpened(np.ones((2, 2)), [0.2, 0.8], 1, [0.5, 0.9], [0.4, 1.0], [10, 30], 0.25)
    marks = figure.axes[1].collections[0]
    np.testing.assert_array_equal(marks.get_offsets(), [[0.5, 0.4], [0.9, 1.0]])
    assert marks.get_sizes()[1] > marks.get_sizes()[0]


def test_errors_are_marked_where_the_templates_belong():
    errors = {"training": [0.0, 1, 2], "validation": [3.0, 2, 4]}
    figure = draw.templates_and_errors(W, (2, 2), [0.1, 1, 10], errors, 1)
    curves = figure.axes[-1].lines
    marks = [float(np.ravel(line.get_ydata())[0]) for line in curves if line.get_marker() == "D"]
    assert marks == [1, 2]
