import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import images as draw

IMAGE = np.random.default_rng(0).random((12, 18))


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_values_beyond_black_and_white_are_shown_as_those():
    figure = draw.pictures({"grey": 3 * IMAGE - 1, "slope": IMAGE - 0.5}, signed=["slope"])
    grey, slope = (ax.images[0].get_array() for ax in figure.axes)
    assert (grey.min(), grey.max()) == (0, 1)
    assert np.allclose(slope, IMAGE)
    assert [ax.get_title() for ax in figure.axes] == ["grey", "slope"]


def test_a_grid_with_a_gap_draws_every_picture():
    figure = draw.pictures({str(k): IMAGE for k in range(5)}, columns=3)
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 1, 1, 1, 0]


def test_sums_after_the_window_are_not_shown_yet():
    sums = np.arange(16.0).reshape(4, 4) + 20
    figure = draw.convolution_step(np.zeros((6, 6)), np.ones((3, 3)), sums, 1, 2)
    shown = [text.get_text() for text in figure.axes[2].texts]
    assert shown == [str(20 + k) for k in range(7)]
    window = figure.axes[0].patches[0]
    assert (window.get_x(), window.get_y()) == (1.5, 0.5)


def test_bars_of_a_histogram_are_shares_of_the_pixels():
    figure = draw.tones(IMAGE, ([0, 1], [0, 1]), bins=8)
    bars = next(ax for ax in figure.axes if ax.get_xlabel() == "value after")
    assert sum(bar.get_height() for bar in bars.patches) == pytest.approx(1)


def test_strong_and_linked_edges_have_two_colours():
    strong = IMAGE > 0.9
    figure = draw.edge_map(strong, (IMAGE > 0.7) & ~strong)
    kinds = figure.axes[0].images[0].get_array()
    assert np.array_equal(kinds == 1, strong)
    assert np.sum(kinds == 2) == np.sum((IMAGE > 0.7) & ~strong)


def test_the_circle_stands_at_the_cut_off():
    figure = draw.waves(IMAGE, IMAGE, 0.2, signed=True)
    x, y = figure.axes[1].lines[0].get_data()
    assert np.allclose(np.hypot(x, y), 0.2)


def test_a_spectrums_labels_stay_inside_the_drawing():
    figure = draw.waves(np.ones((160, 240)), np.ones((160, 240)), 0.2, signed=False)
    figure.canvas.draw()
    right = figure.axes[1]
    for label in (right.title, right.xaxis.label):
        box = label.get_window_extent()
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height


def test_a_kernels_colours_are_symmetric_around_zero():
    figure = draw.kernel_and_result(np.array([[1.0, -3, 1]]), IMAGE, "kernel")
    assert figure.axes[0].images[0].get_clim() == (-3, 3)


@pytest.mark.parametrize(("size", "count"), [(5, 25), (7, 0)])
def test_small_kernels_show_their_numbers(size, count):
    weights = draw.kernel_and_result(np.full((size, size), -0.04), IMAGE, "mean").axes[0].texts
    assert [one.get_text() for one in weights] == ["−.04"] * count


def test_costs_are_drawn_for_every_size():
    sizes = []
    figure = draw.costs({"a": sizes.append}, [3, 5])
    assert sizes == [3, 3, 3, 3, 5, 5, 5, 5]
    assert np.all(figure.axes[0].lines[0].get_ydata() > 0)


def test_grey_has_flat_colour_planes():
    figure = draw.color_planes(IMAGE[..., None] * np.ones(3))
    planes = {ax.get_title(): ax.images[0].get_array() for ax in figure.axes}
    assert len(planes) == 9
    for name in ("Cb", "Cr", "a*", "b*"):
        assert np.allclose(planes[name], 0.5)
    assert np.allclose(planes["Y′"], IMAGE)
