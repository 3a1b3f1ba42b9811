"""The pictures of multilayer perceptrons."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import multilayer_perceptrons as draw


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def above(P):
    return np.column_stack([0 * P[:, 0], P[:, 1] - 0.5])


def test_two_classes_decide_by_the_larger_score():
    model = draw.TwoClasses(above)
    assert model.predict([[0, 0], [0, 1]]).tolist() == [0, 1]
    assert model.decision_function([[0, 2]]).tolist() == [1.5]


def test_the_line_of_each_unit_is_where_its_score_is_zero():
    W, b = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, -1.0]]), np.array([-1.0, 3.0, 0.5])
    X, y = np.array([[0.0, 0], [1, 1]]), np.array([0, 1])
    ax = draw.regions_and_units(above, (W, b), X, y, 3)
    dashed = [line for line in ax.lines if line.get_linewidth() == 1]
    assert len(dashed) == 2  # the unit without weights has none
    for line, unit in zip(dashed, (0, 2), strict=True):
        np.testing.assert_allclose(line.get_xydata() @ W[:, unit] + b[unit], 0, atol=1e-12)
    assert ax.get_aspect() == 1
    assert ax.get_xlim() == ax.get_ylim() == (-3, 3)


def test_many_units_have_no_lines():
    X, y = np.array([[0.0, 0], [1, 1]]), np.array([0, 1])
    ax = draw.regions_and_units(above, (np.ones((2, 17)), np.ones(17)), X, y, 3)
    assert not [line for line in ax.lines if line.get_linewidth() == 1]


def test_the_hidden_plane_names_its_corners_and_has_the_output_line():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    H = np.array([[0, 0], [1, 0], [1, 0], [2, 1]])
    figure = draw.two_planes(X, np.array([0, 1, 1, 0]), H, above, (1, -2, -0.5))
    left, right = figure.axes
    assert [text.get_text() for text in left.texts] == ["00", "01", "10", "11"]
    assert [text.xy for text in right.texts] == [tuple(h) for h in H]
    [vertices] = [
        c.get_paths()[0].vertices
        for c in right.collections
        if c.get_paths()[0].codes is not None and len(c.get_paths()) == 1
    ][-1:]
    np.testing.assert_allclose(vertices @ [1, -2] - 0.5, 0, atol=1e-6)


def test_a_network_has_a_circle_for_each_unit_and_a_line_for_each_weight():
    ax = draw.layers([3, 4, 2], ["in", "hidden", "out"])
    circles = [line for line in ax.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in circles] == [3, 4, 2]
    assert len(ax.lines) - len(circles) == 3 * 4 + 4 * 2
    assert [text.get_text() for text in ax.texts] == ["in\n3", "hidden\n4", "out\n2"]


def test_values_and_derivatives_stand_side_by_side():
    z = np.linspace(-2, 2, 9)
    left, right = draw.activations({"square": (z**2, 2 * z)}, z).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), z**2)
    np.testing.assert_allclose(right.lines[0].get_ydata(), 2 * z)
    assert left.get_legend().get_texts()[0].get_text() == "square"


def test_joints_lie_on_the_fitted_line_and_units_about_their_mean():
    x = np.linspace(-1, 1, 201)
    parts = np.column_stack([x + 5, 0 * x])
    top, low = draw.fit_and_units(x, x**2, np.abs(x), parts, [0.5]).axes
    spot = next(line for line in top.lines if line.get_marker() == "o")
    assert spot.get_xydata().ravel() == pytest.approx([0.5, 0.5])
    np.testing.assert_allclose(low.lines[0].get_ydata(), x, atol=1e-12)
    bare, _ = draw.fit_and_units(x, x, x, parts).axes
    assert len(bare.lines) == 2


def test_the_places_of_the_steps_are_marked():
    x = np.linspace(-1, 1, 21)
    ax = draw.steps_and_target(x, x, x + 0.1, [-0.5, 0.5])
    ticks = next(line for line in ax.lines if line.get_marker() == "|")
    assert ticks.get_xdata().tolist() == [-0.5, 0.5]
    assert len(ax.collections) == 1


def test_dots_lie_where_each_curve_crosses_the_height():
    x = np.linspace(0, 1, 5)
    one, two = draw.folds(x, [x, np.abs(1 - 2 * x)], height=0.3).axes
    assert one.lines[2].get_xdata() == pytest.approx([0.3])
    assert two.lines[2].get_xdata() == pytest.approx([0.35, 0.65])
    assert two.lines[2].get_ydata() == pytest.approx([0.3, 0.3])
    np.testing.assert_allclose(two.lines[0].get_ydata(), np.abs(1 - 2 * x))
    assert one.lines[1].get_ydata()[0] == 0.3
    assert [ax.get_title() for ax in (one, two)] == ["$D = 1$", "$D = 2$"]


def test_deep_and_shallow_are_named():
    x = np.linspace(0, 1, 5)
    ax = draw.deep_and_shallow(x, x, 1 - x)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["deep", "one hidden layer"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 1 - x)


def test_errors_over_widths_have_their_mean_and_every_run():
    errors = {"a": [[1, 3], [2, 10]], "b": [4, 5]}
    ax = draw.against_width([2, 8], errors, ylabel="wrong")
    mean, runs, alone = ax.lines
    assert mean.get_ydata().tolist() == [2, 6]
    assert sorted(runs.get_ydata()) == [1, 2, 3, 10]
    assert runs.get_xdata().tolist() == [2, 2, 8, 8]
    assert alone.get_ydata().tolist() == [4, 5]
    assert ax.get_ylim()[0] == 0
    ax = draw.against_width([2, 8], {"a": [[1, 3, 100], [1, 2, 3]]}, ylabel="e", log=True)
    assert ax.lines[0].get_ydata().tolist() == [3, 2]
    assert ax.get_yscale() == "log"


def test_two_curves_begin_with_epoch_one():
    ax = draw.two_curves([3, 2, 1], [3, 2, 1])
    assert [line.get_xdata().tolist() for line in ax.lines] == [[1, 2, 3]] * 2
