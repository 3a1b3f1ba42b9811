"""Comparing a patch with all windows at once, against comparing it with one after the other."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from course_lib.images.patches import Windows

rng = np.random.default_rng(1)


def errors_by_loops(image, patch, weights):
    size = len(patch)
    h, w = image.shape[0] - size + 1, image.shape[1] - size + 1
    result = np.empty((h, w))
    for y, x in np.ndindex(h, w):
        d = image[y : y + size, x : x + size] - patch
        result[y, x] = np.sum(weights.reshape(size, size, *[1] * (d.ndim - 2)) * d**2)
    return result


@pytest.mark.parametrize("shape", [(13, 17), (12, 11, 3), (5, 9, 1)])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_errors_are_sums_of_squares(shape, size):
    image, patch = rng.random(shape) + 50, rng.random((size, size, *shape[2:])) + 50
    for weights in (
        np.ones((size, size)),
        rng.random((size, size)),
        rng.random((size, size)) < 0.5,
    ):
        found = Windows(image, size).errors(patch, weights)
        assert_allclose(found, errors_by_loops(image, patch, weights), atol=1e-10)
        assert found.min() >= 0


def test_the_best_is_allowed_and_of_equal_ones_the_nearest():
    image = np.tile(rng.random((4, 4)), (5, 5))
    windows = Windows(image, 3)
    patch, all_of_them = image[1:4, 2:5], np.ones(windows.shape, dtype=bool)
    weights = np.ones((3, 3))
    assert windows.best(patch, weights, all_of_them, near=(1, 2)) == (1, 2)
    assert windows.best(patch, weights, all_of_them, near=(14, 9)) == (13, 10)
    allowed = all_of_them.copy()
    allowed[13:] = False
    assert windows.best(patch, weights, allowed, near=(14, 9)) == (9, 10)
    only = np.zeros(windows.shape, dtype=bool)
    only[3, 7] = True
    assert windows.best(patch, weights, only, near=(0, 0)) == (3, 7)


def test_any_is_true_where_a_window_meets_a_true_pixel():
    mask = np.zeros((6, 7), dtype=bool)
    mask[2, 5] = True
    expected = [[mask[y : y + 3, x : x + 3].any() for x in range(5)] for y in range(4)]
    assert_array_equal(Windows(mask, 3).any(), expected)
    with pytest.raises(ValueError, match="size must be at most the picture's sides, 6 × 7; got 7"):
        Windows(mask, 7)
