"""Distances in the pictures of support vector machines are distances: equal axes."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib import svm_measures as measure
from course_lib.linear_models.svm import LinearSVC
from course_lib.plots import svm as draw
from course_lib.plots.style import PALETTE

X = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 2.0], [3.0, 0.0], [4.0, 1.5], [1.5, 1.0]])
y = np.array(["a", "a", "a", "b", "b", "b"])
LIMITS = (-1, 5, -1, 3)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_maps_have_equal_axes():
    model = LinearSVC(C=6).fit(X, y)
    maps = [draw.moved_samples(X, y, X[None], {"A": (1, 0.1, -2)}, "A", limits=LIMITS)]
    maps += [draw.slacks(model, X, y, limits=LIMITS).axes[0], draw.supporting_lines([0.5])]
    maps += draw.kernel_boundary(model, X, y, LIMITS).axes
    assert [ax.get_aspect() for ax in maps] == [1, 1, 1, 1]


def test_strokes_of_slack_end_on_the_sample_s_own_margin():
    model = LinearSVC(C=6).fit(X, y)
    left = draw.slacks(model, X, y, limits=LIMITS).axes[0]
    strokes = [line for line in left.lines if line.get_color() == PALETTE["vermillion"]]
    own = np.where(y == "b", 1, -1) * model.decision_function(X)
    assert len(strokes) == np.sum(own < 1 - 1e-6) > 0
    feet = np.array([line.get_xydata()[1] for line in strokes])
    assert np.allclose(np.abs(model.decision_function(feet)), 1)
    ways = np.array([np.diff(line.get_xydata(), axis=0)[0] for line in strokes])
    across = ways @ [-model.coef_[1], model.coef_[0]]
    assert np.allclose(across, 0)  # each stroke is the shortest way


def test_moved_samples_on_the_wrong_side_are_crosses_and_the_nearest_is_circled():
    moved = np.stack([X, X + np.array([3, 0])])  # those of the first class cross x₁ = 2.2
    ax = draw.moved_samples(X, y, moved, {"A": (1, 0.1, -2.2)}, "A", limits=LIMITS)
    crosses = next(line for line in ax.lines if line.get_marker() == "x").get_xydata()
    score = moved @ [1, 0.1] - 2.2
    wrong = np.where(y == "b", 1, -1) * score <= 0
    assert np.array_equal(crosses, moved[wrong])
    ring = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    nearest = np.argmin(np.abs(X @ [1, 0.1] - 2.2))
    assert np.array_equal(ring[0].get_xydata(), X[[nearest]])


def test_supporting_lines_stay_below_the_kink():
    ax = draw.supporting_lines([-1, 0.5])
    for line in ax.lines:
        z, height = line.get_xydata().T
        assert np.all(height <= np.abs(z))


@pytest.mark.parametrize("name", ["line", "rings"])
@pytest.mark.parametrize("added", ["nothing", "square"])
def test_lifted_samples_stand_at_their_height(name, added):
    points, label = measure.inner_and_outer()[name]
    height = measure.added_feature(added, 0.0)
    model = LinearSVC(C=1e4).fit(np.column_stack([points, height(points)]), label)
    low, high = draw.lifted(model, points, label, height, 0.0, reach=3.3).axes
    if name == "line":
        drawn = np.concatenate([line.get_ydata() for line in high.lines[:2]])
        assert np.allclose(np.sort(drawn), np.sort(height(points)))
    else:
        assert low.get_aspect() == 1
        assert len(high.collections) == 2 + (added == "square")  # the plane


def test_lifted_lines_and_planes_have_one_size():
    sizes = set()
    for points, label in measure.inner_and_outer().values():
        height = measure.added_feature("square", 1.0)
        model = LinearSVC(C=1e4).fit(np.column_stack([points, height(points)]), label)
        figure = draw.lifted(model, points, label, height, 1.0, reach=3.3)
        sizes.add(tuple(figure.get_size_inches()))
    assert len(sizes) == 1


def test_primal_falls_to_the_dual():
    values = [[0, 5], [1, 3], [1.5, 4], [1.9, 2]]
    primal, dual = draw.primal_and_dual(values).lines
    assert primal.get_ydata().tolist() == [5, 3, 3, 2]
    assert dual.get_ydata().tolist() == [0, 1, 1.5, 1.9]


def test_the_best_of_a_grid_is_framed():
    ax = draw.grid_scores([[60, 70, 65], [61, 62, 99]], "ab", "cde", labels=("r", "c"))
    assert [text.get_text() for text in ax.texts] == ["60", "70", "65", "61", "62", "99"]
    (frame,) = ax.patches
    assert frame.get_xy() == (1.5, 0.5)
