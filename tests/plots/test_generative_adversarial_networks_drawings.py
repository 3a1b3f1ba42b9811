"""What the drawings of the chapter on generative adversarial networks show."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import PALETTE
from course_lib.plots import generative_adversarial_networks as draw


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_a_line_up_tells_only_when_asked():
    pictures, real = np.zeros((8, 4, 4)), [True, False] * 4
    hidden = draw.line_up(pictures, real, told=False)
    assert [ax.get_title(loc="left") for ax in hidden.axes] == list("ABCDEFGH")
    assert not any(ax.get_title(loc="right") for ax in hidden.axes)
    told = draw.line_up(pictures, real, told=True)
    assert [ax.get_title(loc="right") for ax in told.axes] == ["real", "invented"] * 4


def test_grey_brings_pictures_between_0_and_1():
    assert draw.grey(np.array([[[[-1.0, 0.0, 1.0]]]])).tolist() == [[[0, 0.5, 1]]]


def test_arrows_on_the_plane_are_cut_to_a_length_that_can_be_drawn():
    fake, arrows = np.zeros((3, 2)), np.array([[30.0, 40.0], [0.3, 0.4]])
    figure = draw.on_the_plane(2, np.full((4, 4), 0.5), fake, fake, arrows, np.zeros((3, 3, 2)))
    (quiver,) = (one for one in figure.axes[0].collections if hasattr(one, "U"))
    lengths = np.hypot(quiver.U, quiver.V)
    np.testing.assert_allclose(lengths, [0.8, 0.5])


def test_samples_beyond_the_picture_are_drawn_at_its_edge():
    figure = draw.coverage([[9.0, 0.0]], [[1.0, 0.0]], [1, 0], 1, ends=3)
    samples = figure.axes[0].lines[-1].get_xydata()
    assert samples.tolist() == [[3, 0]]
    bars = figure.axes[1].patches
    assert matplotlib.colors.to_hex(bars[1].get_facecolor()) == PALETTE["vermillion"]


def test_the_lines_between_sectors_are_as_far_from_both_centers():
    angles = np.arange(8) * np.pi / 4
    centers = 2 * np.transpose([np.cos(angles), np.sin(angles)])
    figure = draw.coverage(centers, centers, [8], 0)
    between = [line.get_xydata()[1] for line in figure.axes[0].lines[1:-1]]
    assert len(between) == 8
    for point in between:
        nearest = np.sort(np.linalg.norm(centers - point, axis=1))
        assert nearest[0] == pytest.approx(nearest[1])
        assert nearest[1] < nearest[2] - 1


def test_a_map_of_rates_has_the_generators_rate_upwards_and_frames_equal_ones():
    modes, near = np.array([[0.0, 2.0], [7.5, 8.0]]), np.array([[0.0, 0.1], [0.6, 0.9]])
    figure = draw.rate_map(modes, near, (1e-4, 1e-2))
    for ax, values in zip(figure.axes, (modes, near), strict=True):
        image = ax.images[0]
        assert image.origin == "lower"
        np.testing.assert_array_equal(image.get_array(), values)
        assert [patch.get_x() for patch in ax.patches] == [patch.get_y() for patch in ax.patches]
        assert [text.get_text() for text in ax.get_xticklabels()] == ["0.0001", "0.01"]
    where = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert where["7.5"] == (0, 1)  # G's rate is the larger, D's the smaller


def test_losses_stand_beside_those_of_a_discriminator_that_says_one_half():
    figure = draw.losses([10, 20], [1.2, 1.4], [0.8, 0.7], [0.1, 0.9])
    lines = figure.axes[0].lines
    assert [line.get_ydata()[0] for line in lines] == pytest.approx(
        [1.2, np.log(4), 0.8, np.log(2)]
    )
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0.1, 0.9]


def test_both_pictures_of_a_line_show_the_two_densities_alike():
    x, both = [0.0, 1.0, 2.0], ([0.1, 0.4, 0.1], [0.0, 0.2, 0.4])
    figures = (
        draw.on_the_line(x, both, both, np.ones(1), np.ones(1)),
        draw.pushes(x, both, {one: [1, 2, 3] for one in "abc"}, "a", [1.0]),
    )
    for figure in figures:
        top = figure.axes[0]
        labels = [text.get_text() for text in top.get_legend().get_texts()]
        assert labels == ["real", "invented"]
        assert top.lines[0].get_ydata().tolist() == both[0]
        assert top.get_ylabel() == "density"


def test_the_chosen_loss_is_drawn_in_ink_and_carries_the_fakes():
    x = np.array([0.0, 1.0, 2.0])
    slopes = {"one": x, "two": 2 * x, "three": 0 * x}
    figure = draw.pushes(x, (x, x), slopes, "two", np.array([1.5]))
    widths = {line.get_label(): line.get_linewidth() for line in figure.axes[1].lines}
    assert max(("one", "two", "three"), key=widths.get) == "two"
    assert figure.axes[1].lines[-1].get_xydata().tolist() == [[1.5, 3]]


def test_a_walk_frames_one_picture():
    figure = draw.walked(np.zeros((5, 2, 2)), 3, np.zeros((3, 2, 2)), ("a", "b", "c"))
    widths = [ax.spines["left"].get_linewidth() for ax in figure.axes[:5]]
    assert np.argmax(widths) == 3


@pytest.mark.parametrize("chosen", ["here", "there"])
def test_bars_carry_their_values(chosen):
    figure = draw.judged({"here": 0.25, "there": 2.0}, chosen, 0.5, "a measure")
    words = [text.get_text() for text in figure.axes[0].texts]
    assert {"0.25", "2"} <= set(words)
