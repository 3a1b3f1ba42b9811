"""Measures of quality against scikit-image and closed forms."""

import math

import numpy as np
import pytest
from skimage import metrics

from course_lib.images import quality

rng = np.random.default_rng(3)
X = rng.random((40, 33))
Y = np.clip(X + rng.normal(scale=0.1, size=X.shape), 0, 1)
WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


def test_all_three_are_scikit_images():
    assert quality.mse(X, Y) == pytest.approx(metrics.mean_squared_error(X, Y))
    theirs = metrics.peak_signal_noise_ratio(X, Y, data_range=1)
    assert quality.psnr(X, Y) == pytest.approx(theirs)
    theirs = metrics.structural_similarity(X, Y, data_range=1, **WANG)
    assert quality.ssim(X, Y) == pytest.approx(theirs, abs=1e-12)


def test_colours_and_bytes_are_scikit_images():
    x, y = (rng.integers(0, 256, (20, 20, 3), dtype=np.uint8) for _ in range(2))
    theirs = metrics.structural_similarity(x, y, data_range=255, channel_axis=-1, **WANG)
    assert quality.ssim(x, y, peak=255) == pytest.approx(theirs, abs=1e-10)
    theirs = metrics.peak_signal_noise_ratio(x, y, data_range=255)
    assert quality.psnr(x, y, peak=255) == pytest.approx(theirs)  # bytes do not wrap around


def test_an_offset_has_a_known_error():
    assert quality.mse(X, X + 0.1) == pytest.approx(0.01)
    assert quality.psnr(X, X + 0.1) == pytest.approx(20)
    assert quality.psnr(X, X - 0.01) == pytest.approx(40)


def test_equal_pictures():
    assert quality.mse(X, X) == 0
    assert quality.psnr(X, X) == math.inf
    assert quality.ssim(X, X) == pytest.approx(1)
    assert quality.ssim(np.zeros((11, 11)), np.zeros((11, 11))) == 1


def test_flat_pictures_compare_their_means():
    x, y = np.full((15, 15), 0.2), np.full((15, 15), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    assert quality.ssim(x, y) == pytest.approx(expected)


@pytest.mark.parametrize("measure", [quality.mse, quality.psnr, quality.ssim])
def test_measures_are_symmetric_and_ignore_mirrors_and_precision(measure):
    assert measure(X, Y) == pytest.approx(measure(Y, X))
    assert measure(X[::-1].T, Y[::-1].T) == pytest.approx(measure(X, Y))
    assert measure(X.astype(np.float32), Y.astype(np.float32)) == pytest.approx(
        measure(X, Y), rel=1e-4
    )


@pytest.mark.parametrize("measure", [quality.psnr, quality.ssim])
def test_measures_do_not_depend_on_the_unit(measure):
    assert measure(255 * X, 255 * Y, peak=255) == pytest.approx(measure(X, Y))


@pytest.mark.parametrize("measure", [quality.mse, quality.psnr, quality.ssim])
def test_bad_input_is_refused(measure):
    with pytest.raises(ValueError, match="reference and image must have the same shape"):
        measure(X, Y[1:])
    with pytest.raises(ValueError, match="reference holds NaN"):
        measure(X * np.nan, Y)


def test_a_picture_smaller_than_the_window_is_refused():
    with pytest.raises(ValueError, match="11 × 11 kernel does not fit"):
        quality.ssim(X[:10], Y[:10])
    with pytest.raises(ValueError, match="peak must be a finite number above 0"):
        quality.psnr(X, Y, peak=0)


def test_a_large_offset_keeps_structural_similarity_between_its_bounds():
    rng = np.random.default_rng(4)
    x, y = rng.random((2, 30, 30))
    far = quality.ssim_map(1e9 + x, 1e9 + y)
    assert np.abs(far).max() <= 1
    # the structure alone: with the same offset the term of the means is 1
    near = quality.ssim_map(x - x.mean() + 1e4, y - y.mean() + 1e4)
    assert np.allclose(far, near, atol=1e-5)


def test_a_tiny_peak_still_has_a_ratio():
    assert quality.psnr([[0.0]], [[1.0]], peak=1e-200) == pytest.approx(-4000)


def test_the_mean_of_no_pictures_is_refused():
    with pytest.raises(ValueError, match="at least one picture"):
        quality.mean_psnr([], [])
