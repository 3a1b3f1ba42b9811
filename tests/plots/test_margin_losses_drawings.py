import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Wedge

from course_lib.plots import margin_losses as draw


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def pictures(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 16, 16, 1))


def names(legend):
    return [text.get_text() for text in legend.get_texts()]


def test_pairs_stand_five_in_a_row_with_their_notes():
    left, right = pictures(7), pictures(7, 1)
    figure = draw.pairs(left, right, [f"{k}" for k in range(7)])
    assert [ax.get_xlabel() for ax in figure.axes] == [*"0123456", "", "", ""]
    shown = figure.axes[3].images[0].get_array()
    assert np.array_equal(shown[:, :16], left[3, ..., 0])
    assert np.array_equal(shown[:, -16:], right[3, ..., 0])
    assert not figure.axes[8].images


def test_the_point_lies_on_the_strong_curve():
    degrees = np.linspace(0, 180, 181)
    theta = np.radians(degrees)
    curves = {"plain": np.cos(theta), "double": np.cos(2 * theta)}
    ax = draw.score_by_angle(degrees, curves, shown="double", at=60, lowest=-3)
    point = next(line for line in ax.lines if line.get_marker() == "o")
    assert point.get_xdata()[0] == 60
    assert point.get_ydata()[0] == pytest.approx(-0.5)
    widths = {line.get_label(): line.get_linewidth() for line in ax.lines}
    assert widths["double"] > widths["plain"]
    assert ax.get_ylim()[0] == -3


def test_regions_fill_the_circle_once_in_the_colours_of_the_classes():
    kind = np.repeat([2, -2, -1, 1], 90)
    ax = draw.regions(60, (1.5, 1.0), kind)
    wedges = [patch for patch in ax.patches if isinstance(patch, Wedge)]
    assert [(w.theta1, w.theta2) for w in wedges] == [(0, 90), (90, 180), (180, 270), (270, 360)]
    assert wedges[0].get_facecolor()[:3] == wedges[1].get_facecolor()[:3]
    assert wedges[2].get_facecolor()[:3] == wedges[3].get_facecolor()[:3]
    assert wedges[0].get_alpha() > wedges[1].get_alpha()
    arrows = [text for text in ax.texts if text.get_text() == ""]
    lengths = [np.hypot(*arrow.xy) for arrow in arrows]
    assert lengths[0] == pytest.approx(1.5 * lengths[1])
    assert ax.get_aspect() == 1


def test_a_fan_has_a_line_in_the_direction_of_each_class_and_its_name():
    W = np.array([[2.0, 0.0], [0.0, 0.1], [-1.0, 0.0]])
    Z, y = np.repeat(W, 4, axis=0), np.repeat([0, 1, 2], 4)
    ax = draw.fan(Z, y, W, reach=3)
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2"]
    ends = [line.get_xydata()[-1] for line in ax.lines if line.get_linestyle() == "-"]
    assert [np.hypot(*end) for end in ends] == pytest.approx([3] * 3)
    places = [np.hypot(*text.get_position()) for text in ax.texts]
    assert 3 < min(places) <= max(places) < ax.get_xlim()[1] == ax.get_ylim()[1]
    assert [len(line.get_xdata()) for line in ax.lines if line.get_marker() != "None"] == [4] * 3
    assert ax.get_aspect() == 1


def test_shares_of_pairs_are_those_of_each_kind_and_the_worst_failures_stand_below():
    X = pictures(4)  # pairs (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)
    cosines = [0.9, 0.1, 0.6, 0.8, -0.5, 0.2]
    same = [True, False, False, False, False, True]
    above, *below = draw.threshold_on_pairs(cosines, same, 0.4, X).axes
    heights = {patch.get_label(): patch.get_data().values for patch in above.patches}
    assert heights["two letters"].max() == 0.25
    assert heights["the same letter"].sum() == pytest.approx(1)
    assert [0.4, 0.4] in [list(line.get_xdata()) for line in above.lines]
    assert [len(ax.images) for ax in below] == [1, 1, 0, 1, 0, 0]
    assert [ax.get_ylabel()[:8] for ax in below[::3]] == ["accepted", "rejected"]
    shown = [
        (ax.images[0].get_array()[:, :16], ax.images[0].get_array()[:, -16:])
        for ax in (below[0], below[1], below[3])
    ]
    for (left, right), (i, j) in zip(shown, [(1, 2), (0, 3), (2, 3)], strict=True):
        assert np.array_equal(left, X[i, ..., 0])
        assert np.array_equal(right, X[j, ..., 0])


def test_each_run_is_a_curve_and_each_kind_is_named_once():
    curves = {"slow": np.ones((3, 5)), "at once": np.zeros((2, 5))}
    ax = draw.training_curves(curves, chance=0.2)
    assert list(ax.lines[0].get_xdata()) == [0, 1, 2, 3, 4]
    assert len(ax.lines) == 3 + 2 + 1
    assert names(ax.get_legend()) == ["slow", "at once", "guessing"]
    assert ax.lines[0].get_color() != ax.lines[3].get_color()


def test_each_run_is_a_mark_in_the_row_of_its_loss():
    runs = {
        "old": {"a": [0.1, 0.2], "b": [0.1, 0.1], "left out": [1, 1]},
        "new": {"a": [0.3, 0.4], "b": [0.2, 0.2], "left out": [1, 1]},
    }
    ax = draw.errors_of_runs(runs, ["b", "a"])
    assert [list(line.get_ydata()) for line in ax.lines] == [[0, 0], [1, 1], [0, 0], [1, 1]]
    assert [list(line.get_xdata()) for line in ax.lines][1] == [0.1, 0.2]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "a"]
    assert names(ax.get_legend()) == ["old", "new"]
