"""The drawings of the chapter on the LSTM say what they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import recurrent as draw

VALUES = {name: name for name in ("old", "f", "i", "g", "ig", "c", "o", "h")}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def words(figure):
    return [each.get_text() for ax in figure.axes for each in ax.texts]


@pytest.mark.parametrize(
    ("part", "numbers"),
    [("forget", "old f"), ("write", "old f i g ig"), ("add", "old f i g ig c")],
)
def test_a_cell_shows_no_number_of_a_later_part(part, numbers):
    shown = words(draw.lstm_cell(part, VALUES, "ab", [0.25], "rule"))
    assert [each for each in shown if each in VALUES] == numbers.split()
    assert "0.25" in shown
    assert "rule" in shown


def test_a_part_in_words_has_its_numbers():
    rule, told = draw.part_in_words("add", {**VALUES, "f": "0.50"})
    assert rule == r"$c_t=0.50\cdotold+i\cdotg=c$"
    assert told == "The new cell state is 0.50 · old + ig = c."


def test_marked_slopes_has_a_row_a_network_and_the_numbers_that_count():
    marks = np.array([0, 1, 0, 1])
    figure = draw.marked_slopes({"A": np.ones(4), "B": np.zeros(4)}, marks, [0.1, 0.2, 0.3, 0.4])
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["A", "B"]
    assert words(figure) == ["0.20", "0.40"]


def test_text_slopes_colour_only_what_was_read():
    figure = draw.text_slopes("ab cd", [1.0, 0.5, 2.0], width=3)
    assert words(figure) == ["a", "b", "␣", "c", "d"]
    assert len(figure.axes[0].patches) == 3 + 1  # and the frame of the last one


def test_the_frame_stands_round_the_marked_picture():
    pixels, marks = np.arange(24.0).reshape(12, 2), np.repeat([0, 0, 0, 1, 0, 0], 2)
    shares = {name: np.full(6, k / 4) for k, name in enumerate(("plain", "orthogonal", "LSTM"))}
    top, bottom = draw.strip_of_pictures(pixels, marks, shares).axes
    shown, (frame,) = top.images[0].get_array(), top.patches
    at = int(frame.get_x() + 0.5), int(frame.get_y() + 0.5)
    inside = shown[at[1] : at[1] + frame.get_height(), at[0] : at[0] + frame.get_width()]
    np.testing.assert_array_equal(inside, pixels[6:8])
    assert np.isnan(shown[:, 2::3].filled(np.nan)).all()  # a gap behind every picture
    for k, line in enumerate(bottom.lines):
        np.testing.assert_array_equal(line.get_ydata(), k / 4)
    assert len({line.get_color() for line in bottom.lines}) == 3
    assert bottom.lines[2].get_color() == draw.LOOK["LSTM"]["color"]
