"""Distances in the pictures of support vector machines are distances: equal axes."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

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
    lines = draw.separating_lines(X, y, [(1, 0.1, -2)], model)
    maps = [*lines.axes, draw.slacks(model, X, y, limits=LIMITS).axes[0]]
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
