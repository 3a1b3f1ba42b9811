import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.metrics import roc_curve
from course_lib.plots import model_selection as draw

U = np.linspace(-1, 1, 11)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def heights_of(ax):
    return [patch.get_height() for patch in ax.patches]


def test_a_fit_is_drawn_with_its_points_and_errors_above_every_setting():
    errors = {"own": np.array([0.5, 0.1, 0.001]), "new": np.array([0.5, 0.3, 90.0])}
    place = (U, U**2), errors, 2, range(3), "degree"
    figure = draw.fit_and_errors(U, U, U**2, *place, limits=(0.01, 10), marked=1)
    left, right = figure.axes
    assert [line.get_label() for line in left.lines[:2]] == ["fit", "truth"]
    np.testing.assert_allclose(right.lines[0].get_ydata(), [0.5, 0.1, 0.01])  # cut off
    np.testing.assert_allclose(right.lines[1].get_ydata(), [0.5, 0.3, 10])
    assert [line.get_xdata()[0] for line in right.lines[2:]] == [2, 1]
    assert right.get_xscale() == "linear"
    assert "noise" not in [text.get_text() for text in right.get_legend().get_texts()]
    logarithmic = draw.fit_and_errors(U, U, U, *place, limits=(0.01, 10), log=True, noise=0.2)
    assert logarithmic.axes[1].get_xscale() == "log"
    assert set(logarithmic.axes[1].lines[-1].get_ydata()) == {0.2}


def test_the_parts_are_stacked_and_the_mean_is_drawn():
    fits = np.array([U - 1, U + 1])
    parts = {"noise": [1, 1], "bias²": [2, -0.1], "variance": [0, 3]}
    left, right = draw.fits_and_parts(U, U, fits, [0, 1], parts, 1, "degree").axes
    np.testing.assert_allclose(left.lines[3].get_ydata(), U)
    assert [container.get_label() for container in right.containers] == list(parts)
    assert heights_of(right)[:6] == [1, 1, 2, 0, 0, 3]  # a negative part has no height
    assert [patch.get_y() for patch in right.patches[:6]] == [0, 0, 1, 1, 3, 1]


@pytest.mark.parametrize("F", [4, 1, 11])
def test_every_fold_shows_whom_it_holds_out(F):
    top, low = draw.folds_and_estimates(10, [0.5] * F, [0.4, 2.0], 0.5, (0, 1), seed=0).axes
    assert len(top.patches) == F + (10 if F > 1 else 3)
    assert max(patch.get_width() for patch in top.patches) == 10
    assert len(top.texts) == (F if F <= 10 else 0)
    assert sum(heights_of(low)) == 2  # what lies beyond the axis is drawn at its edge
    assert low.lines[0].get_xdata()[0] == 0.5


def test_the_best_and_one_are_shares_of_all():
    ax = draw.best_of_many([0.7, 0.7, 0.6], [0.5, 0.5, 0.4]).axes[0]
    for stairs in ax.patches:
        assert stairs.get_data().values.sum() == pytest.approx(1)


@pytest.mark.parametrize(("threshold", "rates"), [(0.5, (0.5, 1.0)), (0.9, (0.0, 0.0))])
def test_the_marked_point_is_that_of_the_threshold(threshold, rates):
    y, p = [0, 0, 1, 1], [0.1, 0.6, 0.6, 0.8]
    figure = draw.scores_and_rates(y, p, threshold, ["no", "yes"], miss=10)
    roc, pr = (ax for ax in figure.axes if ax.get_xlabel() != "probability")
    np.testing.assert_allclose(roc.lines[0].get_xdata(), roc_curve(y, p).false_positive_rate)
    assert tuple(np.ravel(roc.lines[2].get_data())) == rates
    equal = roc.lines[3]  # one step of recall, two misses of 10, is worth ten of the alarms
    assert (equal.get_xy1(), equal.get_slope()) == (rates, 1 / 10)
    assert len(pr.lines) == (3 if threshold == 0.5 else 2)  # of 0/0 there is no point


def test_a_validation_band_has_the_mean_and_two_marks():
    errors = {"fitted": [[1, 2], [3, 4]], "held out": [[5, 6], [7, 8]]}
    ax = draw.validation_band([0.1, 10.0], errors, 0.1, 10.0, "λ")
    means = [c.lines[0].get_ydata().tolist() for c in ax.containers]
    assert means == [[2, 3], [6, 7]]
    assert ax.get_xscale() == "log"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(labels) == ["fitted", "held out", "one-standard-error rule"]


def test_learning_curves_have_two_lines_for_each_model():
    errors = {"one": ([[1, 2], [3, 4]], [[5, 6], [7, 8]]), "two": ([[0, 1]], [[9, 8]])}
    ax = draw.learning_curves([10, 20], errors)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[2, 3], [6, 7], [0, 1], [9, 8]]
    names = ["one: fitted", "one: held out", "two: fitted", "two: held out"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    assert ax.lines[0].get_color() == ax.lines[1].get_color() != ax.lines[2].get_color()
