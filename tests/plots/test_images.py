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
    figure = draw.tones({"a": IMAGE, "b": IMAGE**2, "c": IMAGE**3}, bins=8)
    bars = [ax for ax in figure.axes if ax.patches]
    assert len(bars) == 3
    for ax in bars:
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_strong_and_linked_edges_have_two_colours():
    strong, linked = IMAGE > 0.9, (IMAGE > 0.7) & (IMAGE <= 0.9)
    figure = draw.edge_steps({"a": IMAGE, "b": IMAGE, "c": 2 * IMAGE}, strong, linked)
    kinds = figure.axes[3].images[0].get_array()
    assert np.array_equal(kinds == 1, strong)
    assert np.array_equal(kinds == 2, linked)
    b, c = (ax.images[0].get_array() for ax in figure.axes[1:3])
    assert np.allclose(b, c)


def test_edges_beside_their_picture_have_the_same_two_colours():
    strong, linked = IMAGE > 0.9, (IMAGE > 0.7) & (IMAGE <= 0.9)
    left, right = draw.edges_beside(IMAGE, strong, linked).axes
    assert np.array_equal(left.images[0].get_array(), IMAGE)
    assert np.array_equal(right.images[0].get_array(), strong + 2 * linked)


def test_a_pixels_products_are_drawn_with_the_kernel_turned():
    image = np.arange(54).reshape(6, 9)
    figure = draw.kernel_at(image, [[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 2, 4)
    shown = [[text.get_text() for text in ax.texts] for ax in figure.axes[2:]]
    assert shown[0][0] == "12"
    assert shown[1] == list("987654321")
    assert shown[2][:2] == ["108", "104"]
    assert figure.axes[4].get_title() == "products, Σ 822"


@pytest.mark.parametrize(("weights", "grey"), [([0, 1, -1], 0.5), ([0, 1, 0], 100 / 255)])
def test_weights_that_add_to_0_have_0_as_grey(weights, grey):
    kernel = [[0, 0, 0], weights, [0, 0, 0]]
    result = draw.kernel_at(np.full((5, 5), 100), kernel, 1, 2, 2).axes[1].images[0].get_array()
    assert np.allclose(result, grey)


def test_every_kept_pixel_is_a_square():
    left, right = draw.sampling(IMAGE, IMAGE[::5, ::5], 5).axes
    assert np.array_equal(left.images[0].get_array(), IMAGE)
    shown = right.images[0].get_array()
    assert shown.shape == IMAGE.shape
    assert np.all(shown[:5, :5] == IMAGE[0, 0])
    assert shown[-1, -1] == IMAGE[10, 15]


def test_a_mosaic_shows_one_colour_a_pixel():
    rgb, masks = np.random.default_rng(1).random((4, 6, 3)), np.zeros((4, 6, 3), dtype=bool)
    masks[..., 1] = True
    counted = draw.mosaic(rgb, rgb, masks).axes[1].images[0].get_array()
    assert np.array_equal(counted[..., 1], rgb[..., 1])
    assert not counted[..., [0, 2]].any()


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
