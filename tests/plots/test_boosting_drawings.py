"""Dots are as large as their weights, curves are marked at their round, signs have one length."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import boosting as draw
from course_lib.plots.style import PALETTE

LIMITS = (0, 1, 0, 2)
X = np.array([[0.1, 0.2], [0.9, 1.8], [0.5, 1.0], [0.2, 1.6]])
y = np.array([-1, 1, 1, -1])
GRID = np.repeat(np.linspace(-1, 1, 9), 9)  # rises from the bottom to the top


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_the_area_of_a_dot_is_its_weight():
    ax = plt.figure().gca()
    w = np.array([0.1, 0.2, 0.3, 0.4])
    draw.weighted_points(X, y, w, marked=[True, False, False, False], ax=ax)
    areas = np.concatenate([part.get_sizes() for part in ax.collections])
    np.testing.assert_allclose(areas, draw.AREA * 4 * w[[0, 3, 1, 2]])
    widths = ax.collections[0].get_linewidths()
    assert widths[0] > widths[1]


def test_a_round_crosses_out_what_all_rules_have_wrong():
    curves = {"share wrong": [0.5, 0.25, 0.25], "its bound": [0.9, 0.8, 0.7]}
    args = X, y, np.full(4, 0.25), (GRID, GRID), curves, 2
    look = {"limits": LIMITS, "axes_names": "ab", "names": ("no", "yes")}
    figure = draw.a_round(*args, wrong=[False, False, True, True], **look)
    left, right, below = figure.axes
    [crosses] = [line for line in right.lines if line.get_marker() == "x"]
    np.testing.assert_allclose(crosses.get_xydata(), [[0.5, 1.0], [0.2, 1.6]])
    marks = [line.get_ydata()[0] for line in below.lines if line.get_marker() == "o"]
    assert marks == [0.25, 0.8]
    assert left.get_title() == "rule 2 and the weights"
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["no", "yes"]


def test_a_diamond_lies_at_the_lowest_point_of_its_curve():
    curves = {"training": [3.0, 2.0, 1.0], "new": [3.0, 2.5, 2.8]}
    ax = draw.losses_over_trees(curves, [1, 10, 100], top=5, ylabel="loss", lowest=["new"])
    [diamond] = [line for line in ax.lines if line.get_marker() == "D"]
    assert diamond.get_xydata().tolist() == [[10, 2.5]]
    assert ax.get_xscale() == "log"


def test_margins_are_drawn_as_shares_of_the_samples():
    margins = np.array([[0.5, -0.5, 0.1, 0.2], [0.3, 0.2, 0.1, 0.4]])
    figure = draw.margins_and_errors(margins, 2, {"training": [25.0, 0.0]}, ghosts=[1])
    above, below = figure.axes
    ghost, drawn = above.lines[:2]
    assert ghost.get_color() == PALETTE["mist"]
    assert drawn.get_xydata().tolist() == [[0.1, 25], [0.2, 50], [0.3, 75], [0.4, 100]]
    assert [line.get_xydata().tolist() for line in below.lines if line.get_marker() == "o"] == [
        [[2, 0]]
    ]


def test_bars_of_noise_say_their_per_cent():
    bars = {"weight": 41.6, "wrong": 9.0}
    figure = draw.noisy_weights(X, y, np.full(4, 0.25), y > 0, GRID, bars, limits=LIMITS)
    left, right = figure.axes
    assert left.get_aspect() == 1
    assert [text.get_text() for text in right.texts] == ["42 %", "9 %"]


@pytest.mark.parametrize("signs", [False, True])
def test_pulls_are_differences_or_signs(signs):
    x, heights = np.arange(3.0), np.array([10.0, 900.0, -30.0])
    F = np.zeros(3), np.array([5.0, 300.0, -10.0])
    look = {"limits": (-100, 1000), "reach": 500, "axes_names": ("km", "m")}
    _, below = draw.a_step(x, heights, F, signs=signs, **look).axes
    [dots] = [line for line in below.lines if line.get_marker() == "o"]
    assert dots.get_ydata().tolist() == ([200, 200, -200] if signs else [10, 500, -30])
    assert below.lines[-1].get_ydata().tolist() == [5, 300, -10]


def test_pseudo_residuals_are_areas_that_all_steps_share():
    r = np.array([-0.5, 0.5, 0.25, -0.1])
    adds = np.where(GRID > 0, 0.3, -0.2)
    figure = draw.a_step_in_the_plane(X, y, r, adds, GRID, t=3, limits=LIMITS)
    tree, total = figure.axes
    mesh, *dots = tree.collections
    assert mesh.get_array().max() == 0.3
    assert mesh.get_clim() == (-0.3, 0.3)
    areas = np.concatenate([part.get_sizes() for part in dots])
    np.testing.assert_allclose(areas, 4 * draw.AREA * np.abs(r)[[0, 3, 1, 2]])
    assert [ax.get_title() for ax in (tree, total)] == ["tree 3", "sum of 3"]
