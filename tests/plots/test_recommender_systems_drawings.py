import numpy as np
from matplotlib import pyplot as plt

from course_lib.plots import recommender_systems as draw


def test_ratings_and_recommendations_stand_in_order_with_their_stars():
    ax = draw.rated_and_recommended({"a": 5, "b": 1}, {"c": 4.25, "d": 4})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c", "d"]
    assert [bar.get_width() for bar in ax.patches] == [5, 1, 4.25, 4]
    assert ax.yaxis_inverted()
    kinds = {title: f"kind {title}" for title in "abcd"}
    ax = draw.rated_and_recommended({"a": 5, "b": 1}, {"c": 4.25, "d": 4}, kinds)
    texts = {text.get_text(): text.get_position() for text in ax.texts}
    assert texts["kind b"][1] == texts["1"][1]
    assert texts["kind b"][0] > texts["1"][0]
    plt.close("all")


def test_the_best_films_are_numbered_where_they_stand_and_axes_are_equal():
    traits = np.array([[-1, 0.5], [0.8, 1.0], [0.2, -0.9]])
    ax = draw.agreement(traits, [1, 1], [1, 2], ("x", "y"))
    found = {text.get_text(): text.get_position() for text in ax.texts}
    assert found["1"] == (0.8, 1.0)
    assert found["2"] == (0.2, -0.9)
    assert ax.get_aspect() == 1
    assert draw.agreement(traits, [0, 0], [], ("x", "y")).get_xlabel() == "x"
    plt.close("all")


def test_the_chosen_value_is_marked_on_the_strong_curve_only():
    curves = {"one": [3, 2, 1], "two": [1, 2, 3]}
    look = {"xlabel": "k", "ylabel": "e", "ylim": (0, 4)}
    ax = draw.curves_with_a_place([1, 5, 10], curves, 5, strong=["two"], **look)
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks] == [(1, 2)]
    plt.close("all")


def test_the_objective_so_far_is_drawn_and_what_moved_has_strokes():
    P, Q = np.arange(6.0).reshape(3, 2), np.ones((2, 2))
    figure = draw.factors_and_objective(P, Q, P + 1, "users", [9, 4], {0: "film"})
    left, right = figure.axes
    assert right.lines[0].get_ydata().tolist() == [9, 4]
    assert len(left.lines) == 3 + 2  # a stroke for each user, users, films
    plt.close("all")


def test_attendance_has_a_square_for_each_visit_and_numbers_the_suggestions():
    came = np.array([[1, 0, 1], [0, 1, 0]])
    ax = draw.attendance(came, ["A", "B"], ["E1", "E2", "E3"], 1, [2, 0])
    assert len(ax.lines[0].get_xdata()) == came.sum()
    assert {t.get_text(): t.get_position() for t in ax.texts} == {"1": (2, 1), "2": (0, 1)}
    plt.close("all")


def test_shares_are_bars_side_by_side():
    ax = draw.shares_of_stars({"given": [10, 90], "all": [50, 50]}, [1, 2])
    assert [bar.get_height() for bar in ax.patches] == [10, 90, 50, 50]
    plt.close("all")
