"""Canny against scikit-image, and its three steps by themselves."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import feature

from course_lib.datasets import load_photo
from course_lib.images.color import rgb_to_gray
from course_lib.images.edges import canny, hysteresis, suppress_non_maxima
from course_lib.images.filters import gaussian_filter, sobel

GREY = rgb_to_gray(load_photo("china"))[:200, :240]
DISC = (np.hypot(*np.mgrid[-20:21, -20:21]) < 12.3).astype(float)


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_edges_are_scikit_images(sigma):
    ours = canny(GREY, sigma, 0.02, 0.05)
    theirs = feature.canny(GREY, sigma, 8 * 0.02, 8 * 0.05)  # its slopes are 8 times ours
    inside = (slice(12, -12), slice(12, -12))  # it treats the border in another way
    ours, theirs = ours[inside], theirs[inside]
    assert np.sum(ours & theirs) > 0.99 * np.sum(ours | theirs)
    assert ours.mean() > 0.03


def test_defaults():
    assert np.array_equal(canny(GREY), canny(GREY, sigma=1.0, low=0.02, high=0.06))


@pytest.mark.parametrize(("low", "high"), [(0.02, 0.05), (0.05, 0.05), (0.0, 0.1)])
def test_hysteresis_spreads_from_the_strong_pixels_through_the_weak(low, high):
    strength = np.hypot(*sobel(GREY))
    weak = (strength >= low) & (strength > 0)
    spread = ndimage.binary_propagation(strength >= high, np.ones((3, 3)), mask=weak)
    assert np.array_equal(hysteresis(strength, low, high), spread)


def test_a_straight_step_gives_a_line_one_pixel_wide():
    for step in (np.tri(30)[5:20, :], np.repeat([[0.0, 1.0]], 20, axis=0).repeat(10, axis=1)):
        edges = canny(step, 1.0, 0.02, 0.1)
        inner = edges[3:-3]
        assert inner.any(axis=1).all()
        assert inner.sum(axis=1).max() <= 2  # a diagonal may touch two pixels of a row


def test_the_edge_of_a_disc_is_a_closed_circle_where_it_should_be():
    i, j = np.nonzero(canny(DISC, 1.0, 0.02, 0.1))
    assert np.abs(np.hypot(i - 20, j - 20) - 12.3).max() < 1.2
    angles = np.sort(np.arctan2(i - 20, j - 20))
    assert np.diff(angles).max() < 0.2


@pytest.mark.parametrize("turn", [np.transpose, np.rot90, np.flipud, np.fliplr])
def test_turning_the_picture_turns_its_edges(turn):
    a, b = turn(canny(DISC, 1.5)), canny(turn(DISC), 1.5)
    assert np.sum(a ^ b) <= 0.1 * np.sum(a)  # ties fall to another side


def test_brightness_does_not_matter_and_contrast_scales_the_thresholds():
    expected = canny(GREY, 1.0, 0.02, 0.06)
    assert np.mean(canny(GREY + 3, 1.0, 0.02, 0.06) ^ expected) < 1e-3
    assert np.mean(canny(255 * GREY, 1.0, 255 * 0.02, 255 * 0.06) ^ expected) < 1e-3


def test_flat_pictures_have_no_edges_even_at_threshold_zero():
    assert not canny(np.full((9, 9), 0.7), 1.0, 0, 0).any()
    assert not hysteresis(np.zeros((4, 4)), 0, 0).any()
    assert not suppress_non_maxima(np.zeros((4, 4)), np.zeros((4, 4))).any()


def test_thinning_interpolates_between_neighbours():
    blurred = gaussian_filter(np.tri(40, 60, 10), 2)
    right, down = sobel(blurred)
    thin = suppress_non_maxima(right, down)[5:-5, 5:-5]
    assert thin.sum(axis=1).max() <= 2
    assert thin.any(axis=1).sum() >= 28


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: canny(GREY, 1, 0.3, 0.2), ValueError, "low must not be above high"),
        (lambda: canny(GREY, 0), ValueError, "sigma must be a finite number above 0"),
        (lambda: canny(GREY, 1, -1), ValueError, "low must be a finite number of at least 0"),
        (lambda: canny(GREY[..., None], 1), ValueError, "one grey value a pixel"),
        (lambda: hysteresis(GREY, "a", 1), TypeError, "low must be a finite number"),
        (
            lambda: suppress_non_maxima(GREY, GREY.T),
            ValueError,
            "right and down must have the same shape",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
