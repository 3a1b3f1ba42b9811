import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import training_deep_networks as draw


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def hills(ax):
    """Heights of the filled histograms, each above its own line."""
    tops = [path.get_paths()[0].vertices[:, 1] for path in ax.collections]
    return [top.max() - top.min() for top in tops]


def test_each_layer_has_two_hills_of_one_height():
    values = np.random.default_rng(0).normal(size=(3, 200))
    figure = draw.layers([1, 5, 10], values, 1e-3 * values, (-1, 1))
    left, right = figure.axes
    assert np.allclose(hills(left) + hills(right), 0.85)
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["1", "5", "10"]


def test_the_first_layer_is_on_top():
    figure = draw.layers([1, 2], [np.zeros(9), np.ones(9)], [np.ones(9)] * 2, (-1, 1))
    first, second = (path.get_paths()[0].vertices for path in figure.axes[0].collections)
    assert first[:, 1].min() > second[:, 1].max()
    at = [hill[hill[:, 1].argmax(), 0] for hill in (first, second)]
    assert abs(at[0]) < 0.05 < 0.9 < at[1]


def test_zero_gradients_stand_in_the_first_bar():
    figure = draw.layers([1], [np.ones(4)], [np.zeros(4)], (-1, 1))
    hill = figure.axes[1].collections[0].get_paths()[0].vertices
    assert hill[hill[:, 1].argmax(), 0] < -11.5


def test_what_is_not_in_the_limits_is_counted_at_the_end():
    figure = draw.layers([1], [np.full(4, 7.0)], [np.full(4, 1e9)], (-1, 1))
    for ax, end in zip(figure.axes, (0.95, 1.6), strict=True):
        hill = ax.collections[0].get_paths()[0].vertices
        assert hill[hill[:, 1].argmax(), 0] > end


def test_theory_and_measurement_have_a_line_and_markers_each():
    ax = draw.through_depth({"a": [1, 2, 3], "b": [3, 2, 1]}, {"a": [1, 2, 4], "b": [3, 2, 2]})
    lines = [list(line.get_ydata()) for line in ax.lines]
    assert lines == [[1, 2, 4], [1, 2, 3], [3, 2, 2], [3, 2, 1]]
    assert list(ax.lines[0].get_xdata()) == [1, 2, 3]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]


def test_curves_show_mean_and_range_of_the_networks():
    ax = draw.over_steps([0, 10], {"training": [[0, 1], [0.5, 1]]}, label="right")
    assert np.allclose(ax.lines[0].get_ydata(), [0.5, 0.75])
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (0, 1)
    assert ax.get_ylabel() == "right"
    assert np.allclose(ax.get_ylim(), (0, 1.02))


def test_limits_may_be_left_to_the_values():
    ax = draw.over_steps([0, 10], {"loss": [[5.0], [9.0]]}, limits=None)
    assert ax.get_ylim()[1] > 9


def test_the_marked_width_is_marked_on_every_curve():
    errors = {"test": [0.1, 0.6, 0.2], "training": [0.1, 0.0, 0.0]}
    figure = draw.past_interpolation([10, 300, 3000], errors, [1.0, 1e5, 2.0], 1, 300)
    marked = [
        (line.get_xdata()[0], line.get_ydata()[0])
        for ax in figure.axes
        for line in ax.lines
        if line.get_marker() == "D"
    ]
    assert marked == [(300, 0.6), (300, 0.0), (300, 1e5)]


def test_a_loss_that_is_no_number_leaves_the_picture():
    losses = np.array([[1.0, np.nan], [0.5, np.inf], [0.1, 2.0]])
    figure = draw.rate_and_loss([0.1, 0.1, 0.01], losses, highest=3)
    _, bottom = figure.axes
    drawn = np.array([line.get_ydata() for line in bottom.lines])
    assert np.isfinite(drawn).all()
    assert drawn[1][0] > 3 < drawn[1][1]
    assert np.allclose(drawn[0], losses[:, 0])
    assert np.allclose(drawn[2], [3.5, 3.25, 1.05])


def test_a_sweep_marks_rates_by_name():
    ax = draw.sweep([0.1, 1, 10], [2, 1, 3], {"lowest": 1, "chosen": 0.1})
    assert [line.get_xdata()[0] for line in ax.lines[1:]] == [1, 0.1]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["lowest", "chosen"]


def test_differences_stand_in_the_order_of_their_names_with_two_errors():
    ax = draw.differences(
        {"clean": {"a": (1, 0.5), "b": (2, 1)}, "noisy": {"a": (3, 1), "b": (4, 1)}}
    )
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    containers = ax.containers
    assert [list(c.lines[0].get_xdata()) for c in containers] == [[1, 2], [3, 4]]
    assert containers[0].lines[0].get_ydata()[0] > containers[0].lines[0].get_ydata()[1]
    bars = containers[0].lines[2][0].get_segments()
    assert [float(np.ptp(bar[:, 0])) for bar in bars] == [2, 4]


def test_a_training_is_drawn_up_to_the_step_with_its_answers():
    losses = np.linspace([2.0, 1.0], [0.0, 1.0], 30)
    squares = [1, 0.1, 0], [1, 1, 4]
    pictures = np.arange(8.0).reshape(2, 2, 2)
    figure = draw.from_a_start(losses, 0, 20, squares, pictures, [3, 7], [3, 1])
    left, right, below = figure.axes
    curve = next(line for line in left.lines if line.get_lw() > 2)
    assert list(curve.get_xdata()) == [0, 10, 20]
    expected = [2, losses[:10, 0].mean(), losses[10:20, 0].mean()]
    assert np.allclose(curve.get_ydata(), expected)
    assert np.allclose(left.lines[-1].get_ydata(), expected[-1])
    other = next(line for line in left.lines if line.get_lw() < 1)
    assert np.allclose(other.get_ydata(), 1)
    before, now = (list(line.get_ydata()) for line in right.lines)
    assert before == [1, 0.1, draw.SMALLEST]
    assert now == [1, 1, 4]
    assert [t.get_text() for t in below.texts] == ["3", "7✗"]
    assert below.texts[0].get_color() != below.texts[1].get_color()
    sheet = below.images[0].get_array()
    assert np.array_equal(sheet, [[0, 1, 0, 4, 5, 0], [2, 3, 0, 6, 7, 0]])
