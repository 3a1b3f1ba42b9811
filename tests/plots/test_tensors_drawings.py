"""What the drawing of a linear combination shows is what it was given."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import tensors as draw

STAR = (1, 3)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def marked(ax, label):
    """Return where the marker with this label in the legend stands."""
    return next(line.get_xydata()[0] for line in ax.lines if line.get_label() == label)


def lines(ax):
    return [line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 2]


@pytest.mark.parametrize("w", [(-1, 1), (1, 2), (-2, -2), (0, 0)])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (-2, 1), (0, 2), (0, 0)])
def test_the_ring_is_the_sum_and_the_star_the_goal(w, a, b):
    ax = draw.combined((1, 1), w, a, b, STAR)
    np.testing.assert_array_equal(marked(ax, "sum"), a * np.array([1, 1]) + b * np.array(w))
    np.testing.assert_array_equal(marked(ax, "star"), STAR)


def test_the_second_arrow_goes_on_where_the_first_ends():
    first, second = draw.combined((1, 1), (1, 2), -1, 2, STAR).texts
    assert (first.xyann, tuple(first.xy)) == ((0, 0), (-1, -1))
    assert (tuple(second.xyann), tuple(second.xy)) == ((-1, -1), (1, 3))


def test_an_arrow_of_no_length_is_not_drawn():
    assert len(draw.combined((1, 1), (1, 2), 0, 2, STAR).texts) == 1
    assert len(draw.combined((1, 1), (0, 0), 0, 2, STAR).texts) == 0


def test_on_a_line_the_arrows_stand_side_by_side():
    first, second = draw.combined((1, 1), (-2, -2), 2, 1, STAR).texts
    apart = np.subtract(first.xy, second.xyann)  # where one ends and the other begins
    assert apart @ [1, 1] == pytest.approx(0)
    assert np.linalg.norm(apart) == pytest.approx(0.44)


def test_independent_vectors_tint_the_plane_and_dependent_ones_a_line():
    plane = draw.combined((1, 1), (1, 2), 1, 1, STAR)
    assert mpl.colors.to_hex(plane.get_facecolor()) != "#ffffff"
    ways = {tuple(np.sign(end - start)) for start, end in lines(plane)}
    assert ways == {(1.0, 1.0)}
    assert len(lines(plane)) == 2 * 41
    for w in ((-2, -2), (0, 0)):
        ax = draw.combined((1, 1), w, 1, 1, STAR)
        assert mpl.colors.to_hex(ax.get_facecolor()) == "#ffffff"
        (line,) = lines(ax)
        np.testing.assert_allclose(line[:, 0], line[:, 1])
        assert np.abs(line).min() > 6.4  # beyond the edges


@pytest.mark.parametrize("w", [(-1, 1), (1, 2)])
def test_the_grid_fills_the_picture(w):
    edges = np.array(lines(draw.combined((1, 1), w, 1, 1, STAR)))  # (lines, 2, 2)
    way = edges[:, 1] - edges[:, 0]
    normal = np.column_stack([-way[:, 1], way[:, 0]]) / np.linalg.norm(way, axis=1)[:, None]
    for corner in [(6.4, -6.4), (-6.4, 6.4), (6.4, 6.4), (-6.4, -6.4)]:
        beside = np.sum(normal * (corner - edges[:, 0]), axis=1)
        for family in (beside[::2], beside[1::2]):
            assert family.min() < 0 < family.max()  # lines on both sides of the corner
