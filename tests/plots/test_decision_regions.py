"""Decision regions: the colours that stand on the picture are those that the model predicts."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from sklearn.neighbors import KNeighborsClassifier

from course_lib import plots
from course_lib.linear_models.svm import LinearSVC


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


class Rule:
    """Predicts by a function of the points, without `classes_`."""

    def __init__(self, rule):
        self.predict = rule


X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def codes(ax):
    return ax.collections[0].get_array().reshape(200, 200)


def test_regions_are_the_predictions(ax):
    y = np.array(["no", "yes", "no", "yes"])
    model = KNeighborsClassifier(1).fit(X, y)
    plots.decision_regions(model, X, y, limits=(-1, 2, -1, 2), ax=ax)
    u = np.linspace(-1, 2, 200)
    np.testing.assert_array_equal(codes(ax), np.broadcast_to(u > 0.5, (200, 200)))
    assert ax.get_xlim() == ax.get_ylim() == (-1, 2)
    tint = 0.75 + 0.25 * np.array(to_rgb(plots.CYCLE[1]))
    np.testing.assert_allclose(ax.collections[0].cmap(1)[:3], tint)


def test_points_have_the_colour_of_their_class_even_where_a_class_is_missing(ax):
    model = KNeighborsClassifier(1).fit(X, [3, 5, 7, 7])
    plots.decision_regions(model, X[1:], np.array([5, 7, 7]), ax=ax)
    drawn = {line.get_label(): line for line in ax.lines}
    assert drawn["5"].get_color() == plots.CYCLE[1]
    assert drawn["7"].get_marker() == plots.MARKERS[2]
    assert len(drawn["3"].get_xdata()) == 0
    np.testing.assert_array_equal(drawn["7"].get_xydata(), X[2:])


def test_a_plain_rule_and_a_single_region_will_do(ax):
    plots.decision_regions(Rule(lambda G: np.ones(len(G), int)), X, np.array([0, 1, 1, 0]), ax=ax)
    assert np.all(codes(ax) == 1)
    assert ax.get_xlim() == pytest.approx((-0.1, 1.1))


def test_of_two_classes_the_scores_draw_the_boundary_and_dashed_lines(ax):
    y = np.array([3, 9, 3, 9])
    model = LinearSVC(C=100).fit(X, y)  # f = 2 x₁ − 1
    plots.decision_regions(model, X, y, limits=(-1, 2, -1, 2), dashed=(-0.5, 0.5), ax=ax)
    u = np.linspace(-1, 2, 200)
    np.testing.assert_array_equal(codes(ax), np.broadcast_to(u > 0.5, (200, 200)))
    lines = [line.get_paths()[0].vertices[:, 0] for line in ax.collections[1:]]
    for at, where in zip((0.5, 0.25, 0.75), lines, strict=True):
        np.testing.assert_allclose(where, at, atol=1e-4)


def test_what_cannot_be_drawn_is_refused(ax):
    model = Rule(lambda G: np.zeros(len(G), int))
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        plots.decision_regions(model, np.zeros((4, 3)), np.zeros(4), ax=ax)
    with pytest.raises(ValueError, match="needs a model with scores of two classes"):
        plots.decision_regions(model, X, np.array([0, 1, 1, 0]), dashed=[1], ax=ax)
    with pytest.raises(ValueError, match="at most 6 classes"):
        plots.labeled_points(np.zeros((7, 2)), np.arange(7), ax=ax)
