import numpy as np
import pytest

from course_lib.decomposition import PCA
from course_lib.decomposition.tiles import (
    by_rank,
    by_tiles,
    picture_of_tiles,
    share_in_a_window,
    tiles,
)

PICTURE = np.random.default_rng(0).random((24, 16))


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_a_picture_put_together_is_the_one_that_was_cut(k):
    rows = tiles(PICTURE, k)
    assert rows.shape == (24 * 16 // k**2, k * k)
    np.testing.assert_array_equal(rows[1].reshape(k, k), PICTURE[:k, k : 2 * k])
    np.testing.assert_array_equal(picture_of_tiles(rows, PICTURE.shape), PICTURE)


@pytest.mark.parametrize("shape", [(24, 15), (23, 16), (8,), (8, 8, 3)])
def test_a_side_that_is_no_multiple_is_refused(shape):
    with pytest.raises(ValueError, match=r"multiples of 8; got \("):
        tiles(np.zeros(shape))


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (40, 1), (79, 1), (80, 2), (640, 16)])
def test_the_rank_is_what_the_numbers_pay_for(count, rank):
    found = by_rank(PICTURE, count)
    assert np.linalg.matrix_rank(found) == rank
    lost = np.linalg.svd(PICTURE, compute_uv=False)[rank:]
    np.testing.assert_allclose(np.sum((found - PICTURE) ** 2), np.sum(lost**2), atol=1e-12)


@pytest.mark.parametrize(("count", "m"), [(1, 1), (16 + 40, 1), (16 + 79, 1), (16 + 80, 2)])
def test_the_axes_of_tiles_are_what_the_numbers_pay_for(count, m):
    rows = tiles(PICTURE, 4)  # 24 of them: an axis costs 24 + 16 numbers, the mean 16
    pca = PCA(m).fit(rows)
    expected = pca.inverse_transform(pca.transform(rows))
    np.testing.assert_allclose(tiles(by_tiles(PICTURE, count, 4), 4), expected)


def test_enough_numbers_bring_the_picture_back():
    np.testing.assert_allclose(by_tiles(PICTURE, 10**6, 4), PICTURE)
    np.testing.assert_allclose(by_rank(PICTURE, 10**6), PICTURE)


@pytest.mark.parametrize("way", [by_rank, by_tiles])
def test_no_numbers_are_refused(way):
    with pytest.raises(ValueError, match="count"):
        way(PICTURE, 0)


def test_a_flat_pattern_is_nowhere_and_a_dot_somewhere():
    flat, dot = np.ones(64), np.eye(64)[9]
    assert share_in_a_window([flat], 4) == pytest.approx(0.25)
    assert share_in_a_window([dot, -3 * dot], 4) == pytest.approx(1)
    corner = np.zeros((8, 8))
    corner[4:, 4:] = 2
    assert share_in_a_window([corner.ravel()], 4) == pytest.approx(1)
