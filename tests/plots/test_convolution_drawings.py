import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import convolution as draw


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_network_has_its_weights_in_its_name_a_point_a_seed_and_a_bar_at_the_mean():
    ax = draw.accuracy_by_network({"one": [0.5, 0.7], "two": [0.8, 0.9]}, {"one": 1234, "two": 5})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["one\n1,234 weights", "two\n5 weights"]
    points, bar = ax.lines[:2]
    assert np.allclose(points.get_xdata(), [50, 70])
    assert np.allclose(bar.get_xdata(), [60, 60])


def test_the_field_the_value_and_the_stage_are_marked():
    rng = np.random.default_rng(0)
    picture = rng.integers(256, size=(32, 32, 3), dtype=np.uint8)
    slope, values = rng.random((32, 32)), rng.normal(size=(16, 16))
    field, shapes = (3, 12, 0, 7), [(3, 32), (16, 32), (16, 16)]
    figure = draw.through_network(picture, slope, values, (5, 2), field, shapes, stage=2)
    for ax in figure.axes[:2]:
        (frame,) = ax.patches
        assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == (-0.5, 2.5, 8, 10)
    (mark,) = figure.axes[2].patches
    assert mark.get_xy() == (1.5, 4.5)
    colours = [box.get_facecolor() for box in figure.axes[3].patches]
    assert colours[0] == colours[1] != colours[2]
    assert [box.get_height() for box in figure.axes[3].patches] == [32, 32, 16]


def test_scores_are_bars_and_the_figure_keeps_its_size():
    picture, shapes = np.zeros((32, 32, 3), np.uint8), [(3, 32), (10, 1)]
    dead, scores = np.zeros((32, 32)), np.arange(10) - 4.0
    field = (0, 31, 0, 31)
    figure = draw.through_network(picture, dead, scores, (7,), field, shapes, stage=1)
    heights = [bar.get_height() for bar in figure.axes[2].patches]
    assert heights == scores.tolist()
    other = draw.through_network(picture, dead, np.zeros((4, 4)), (0, 0), field, shapes, stage=0)
    assert figure.get_size_inches().tolist() == other.get_size_inches().tolist()


def test_a_bar_for_what_each_map_below_adds():
    windows = np.stack([np.eye(3), np.zeros((3, 3)), np.ones((3, 3))])
    weights = np.stack([2 * np.eye(3), np.ones((3, 3)), -np.eye(3)])
    seen, known, sums = draw.products(windows, weights).axes
    assert [bar.get_height() for bar in sums.patches] == [6, 0, -3]
    colours = [bar.get_facecolor() for bar in sums.patches]
    assert colours[0] == colours[1] != colours[2]
    for ax, tiles in ((seen, windows), (known, weights)):
        assert np.array_equal([image.get_array() for image in ax.images], tiles)
        assert {image.get_clim() for image in ax.images} == {(-tiles.max(), tiles.max())}
