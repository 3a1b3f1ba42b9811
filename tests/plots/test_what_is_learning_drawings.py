import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.datasets import load_photo
from course_lib.plots import what_is_learning as draw
from course_lib.plots.learning_problems import PROBLEMS, seven_parts


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_what_a_threshold_has_wrong_is_crossed():
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 1, 0, 1])
    top, low = draw.threshold_rule(x, y, 2.5, {"these": 0.5}, ["no", "yes"], "length")
    crosses = next(line for line in top.lines if line.get_marker() == "x")
    assert sorted(crosses.get_xdata()) == [2, 3]  # a 1 below the threshold, a 0 above it
    assert top.get_xlabel() == "length"
    assert low.texts[0].get_text() == "50.0%"


def test_every_kind_of_problem_is_drawn_at_one_size():
    sizes = set()
    for problem in PROBLEMS.values():
        plt.close("all")
        problem.draw()
        assert len(plt.get_fignums()) == 1
        sizes.add(tuple(plt.gcf().get_size_inches()))
    assert len(sizes) == 1
    assert {problem.group for problem in PROBLEMS.values()} == {
        "supervised",
        "unsupervised",
        "reinforcement",
    }


def test_each_part_of_the_book_has_a_picture():
    assert [ax.get_title() for ax in seven_parts()] == ["I", "II", "III", "IV", "V", "VI", "VII"]


def test_the_foundations_are_two_bells_and_the_cup_is_not_squeezed():
    foundations, *_, images, _, _ = seven_parts()
    tops = [line.get_xdata()[np.argmax(line.get_ydata())] for line in foundations.lines]
    np.testing.assert_allclose(tops, [0, 2], atol=0.05)
    rows, columns = images.images[0].get_array().shape
    photo = load_photo("coffee").shape
    assert images.get_aspect() == 1
    assert abs(columns / rows - photo[1] / photo[0]) < 0.02


def test_regret_is_drawn_as_means_up_to_the_horizon():
    regrets = {"a": np.cumsum(np.ones((4, 50)), axis=1), "b": np.zeros((4, 50))}
    ax = draw.regret_curves(regrets, ["a"], 20)
    line = next(line for line in ax.lines if line.get_label() == "a")
    np.testing.assert_allclose(line.get_xdata(), line.get_ydata())
    assert ax.get_xlim() == (0, 20)


def test_templates_have_a_row_of_five_for_each_half_of_ten_classes():
    draw.templates({"label": np.ones((4, 10)), "reward": np.zeros((4, 10))}, "0123456789", 2)
    axes = plt.gcf().axes
    assert len(axes) == 20
    assert [ax.get_xlabel() for ax in axes] == [*"0123456789"] * 2
    assert [ax.get_ylabel() for ax in axes[::5]] == ["label"] * 2 + ["reward"] * 2


def test_two_teachers_show_their_errors_up_to_the_present_digit():
    learned = {"label": np.ones((4, 10)), "reward": np.zeros((4, 10))}
    errors = {"label": [90, 40, 20, 10], "reward": [90, 70, 50, 30]}
    ax = draw.two_teachers(learned, "0123456789", 2, [0, 25, 100, 400], errors, 2)
    assert len(plt.gcf().axes) == 21
    assert [line.get_label() for line in ax.lines] == ["label", "reward"]
    assert [list(line.get_ydata()) for line in ax.lines] == [[90, 40, 20], [90, 70, 50]]
    assert list(ax.lines[0].get_xdata()) == [0, 25, 100]
    assert ax.get_xlim()[1] > 400  # of one length at every step


def test_a_round_hides_what_was_lost_until_it_is_over():
    counts = [[4, 1], [2, 3], [1, 9], [0, 2]]
    top, low = draw.bandit_round("ABCD", counts, {})
    assert [bar.get_width() for bar in top.patches] == [0.2, 0.6, 0.9, 1.0]
    assert [text.get_text() for text in top.texts] == ["1 of 5", "3 of 5", "9 of 10", "2 of 2"]
    assert not top.lines
    assert not low.patches
    assert "hidden" in low.texts[0].get_text()


def test_a_round_that_is_over_shows_the_chances_and_every_player():
    chances = [0.1, 0.2, 0.7, 0.3]
    top, low = draw.bandit_round("ABCD", [[1, 1]] * 4, {"you": 12.4, "UCB1": 30.0}, chances)
    assert list(top.lines[0].get_xdata()) == chances
    assert list(top.lines[0].get_ydata()) == [0, 1, 2, 3]  # each on the bar of its arm
    assert [label.get_text() for label in top.get_yticklabels()] == list("ABCD")
    assert [bar.get_width() for bar in low.patches] == [12.4, 30.0]
    assert [text.get_text() for text in low.texts] == ["12", "30"]
    assert low.get_xlim()[1] > 30
    assert top.yaxis_inverted()
    assert low.yaxis_inverted()
