"""Point operations and Fourier filters: closed forms, and scikit-image where it does the same."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage import exposure

from course_lib.images import enhance

rng = np.random.default_rng(2)
IMAGE = rng.beta(2, 5, size=(60, 45))
BYTES = np.round(IMAGE * 255) / 255


def test_gamma_is_a_power_that_can_be_undone():
    assert_allclose(enhance.gamma_correct(IMAGE, 0.4), exposure.adjust_gamma(IMAGE, 0.4))
    assert_allclose(enhance.gamma_correct(enhance.gamma_correct(IMAGE, 0.4), 2.5), IMAGE)


def test_stretching_takes_the_percentiles_to_black_and_white():
    stretched = enhance.stretch_contrast(IMAGE, 2, 98)
    low, high = np.percentile(IMAGE, [2, 98])
    theirs = exposure.rescale_intensity(IMAGE, in_range=(low, high))
    assert_allclose(stretched, theirs)
    assert np.mean(stretched == 0) == pytest.approx(0.02, abs=0.002)


def test_stretching_ignores_units_and_leaves_a_flat_picture():
    assert_allclose(enhance.stretch_contrast(40 * IMAGE + 7), enhance.stretch_contrast(IMAGE))
    assert_array_equal(enhance.stretch_contrast(np.full((4, 4), 0.3)), np.full((4, 4), 0.3))


def test_a_histogram_counts_bytes_exactly():
    counts = np.bincount(np.round(BYTES * 255).astype(int).ravel(), minlength=256)
    assert_allclose(enhance.histogram(BYTES), counts / BYTES.size)


def test_equalising_flattens_the_histogram():
    flat = enhance.equalize(IMAGE)
    theirs = exposure.equalize_hist(IMAGE, nbins=256)
    assert np.abs(flat - theirs).max() < np.max(enhance.histogram(IMAGE)) + 0.01  # one bin
    assert np.abs(enhance.histogram(flat, 10) - 0.1).max() < 0.01


def test_equalising_keeps_the_order_of_all_levels():
    flat = enhance.equalize(IMAGE)
    order = np.argsort(IMAGE, axis=None)
    assert np.all(np.diff(flat.ravel()[order]) >= 0)


def test_equalising_does_not_see_a_rising_line_through_its_bins():
    coarse = rng.integers(0, 64, size=(50, 50)) / 128  # each level is the edge of a bin
    assert_allclose(enhance.equalize(coarse, 256), enhance.equalize(2 * coarse, 128))


def test_a_wave_is_scaled_by_the_response():
    j = np.arange(64)
    wave = np.tile(np.cos(2 * np.pi * 8 / 64 * j), (16, 1))  # 0.125 cycles per pixel
    for cutoff in (0.05, 0.125, 0.3):
        kept = enhance.low_pass(wave, cutoff)
        assert_allclose(kept, 2.0 ** -((0.125 / cutoff) ** 2) * wave, atol=1e-12)
    assert_allclose(enhance.low_pass(wave, 0.13, kind="ideal"), wave, atol=1e-12)
    assert_allclose(enhance.low_pass(wave, 0.12, kind="ideal"), 0, atol=1e-12)


@pytest.mark.parametrize("kind", ["gaussian", "ideal"])
@pytest.mark.parametrize("shape", [(12, 9), (7, 8), (1, 1), (5, 6, 3)])
def test_low_and_high_pass_add_up_and_keep_shape_and_mean(kind, shape):
    image = rng.random(shape)
    low, high = (f(image, 0.2, kind) for f in (enhance.low_pass, enhance.high_pass))
    assert low.shape == shape
    assert_allclose(low + high, image)
    assert_allclose(low.mean(axis=(0, 1)), image.mean(axis=(0, 1)))
    assert_allclose(enhance.low_pass(image, 1e4, kind), image, atol=1e-7)


def test_the_ideal_filter_is_a_projection():
    once = enhance.low_pass(IMAGE, 0.1, "ideal")
    assert_allclose(enhance.low_pass(once, 0.1, "ideal"), once, atol=1e-12)


def test_channels_are_filtered_one_by_one_in_their_precision():
    color = rng.random((10, 9, 3))
    stacked = np.stack([enhance.low_pass(color[..., c], 0.1) for c in range(3)], axis=-1)
    assert_allclose(enhance.low_pass(color, 0.1), stacked, atol=1e-12)
    assert enhance.low_pass(color.astype(np.float32), 0.1).dtype == np.float32


def test_the_spectrum_is_symmetric_around_its_middle():
    shown = enhance.spectrum(IMAGE[:, :-1])  # 60 × 44
    assert shown[30, 22] == pytest.approx(np.log10(1 + IMAGE[:, :-1].sum()))
    assert_allclose(shown[1:, 1:], shown[1:, 1:][::-1, ::-1])


def test_frequencies_are_those_of_the_transform():
    i, j = np.mgrid[:20, :30]
    wave = np.cos(2 * np.pi * (3 * i / 20 + 6 * j / 30))
    peak = np.unravel_index(np.argmax(np.abs(np.fft.rfft2(wave))), (20, 16))
    assert enhance.frequencies(20, 30)[peak] == pytest.approx(np.hypot(3 / 20, 6 / 30))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: enhance.gamma_correct(IMAGE, 0), "gamma must be a finite number above 0"),
        (lambda: enhance.gamma_correct(IMAGE * 255, 2), "Divide bytes by 255"),
        (lambda: enhance.equalize(np.ones((3, 3, 3))), "one grey value a pixel"),
        (lambda: enhance.equalize(IMAGE, 0), "bins must be a whole number"),
        (lambda: enhance.equalize(IMAGE * 255), "Divide bytes by 255"),
        (lambda: enhance.stretch_contrast(IMAGE, 60, 40), "0 ≤ low < high ≤ 100"),
        (lambda: enhance.low_pass(IMAGE, 0), "cutoff must be a finite number above 0"),
        (lambda: enhance.low_pass(IMAGE, 0.1, "sharp"), "kind must be 'gaussian' or 'ideal'"),
        (lambda: enhance.spectrum(np.ones((3, 3, 3))), "one grey value a pixel"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
