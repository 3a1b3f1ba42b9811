"""Median and Wiener filter against SciPy, the bilateral one against scikit-image; noise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage, signal
from skimage import restoration

from course_lib.images import denoise
from course_lib.images.filters import convolve
from course_lib.images.quality import mse

rng = np.random.default_rng(1)
IMAGE = rng.random((140, 33))
COLOR = rng.random((20, 15, 3))
SMALL = IMAGE[:24, :31]
SCIPY = {
    "symmetric": "reflect",
    "reflect": "mirror",
    "edge": "nearest",
    "wrap": "wrap",
    "zero": "constant",
}


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_medians_are_scipys(border, size):
    theirs = ndimage.median_filter(IMAGE, size, mode=SCIPY[border])
    assert_array_equal(denoise.median_filter(IMAGE, size, border), theirs)


def test_medians_of_ties_are_scipys():
    few = rng.integers(0, 3, size=(60, 60))
    assert_array_equal(denoise.median_filter(few, 3), ndimage.median_filter(few, 3))


def test_the_median_keeps_an_edge_and_removes_a_point():
    step = np.repeat([[0.0, 1.0]], 9, axis=0).repeat(5, axis=1)
    assert_array_equal(denoise.median_filter(step, 5), step)
    step[4, 2] = 1
    assert denoise.median_filter(step, 3)[4, 2] == 0


def test_any_rising_curve_may_come_before_or_after_the_median():
    assert_array_equal(denoise.median_filter(IMAGE**3, 5), denoise.median_filter(IMAGE, 5) ** 3)


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("noise", [None, 0.02, 0.0])
def test_the_wiener_filter_is_scipys(size, noise):
    ours = denoise.wiener_filter(IMAGE, size, noise, border="zero")
    if noise == 0.0:
        assert_allclose(ours, IMAGE, atol=1e-12)
    else:
        assert_allclose(ours, signal.wiener(IMAGE, size, noise), atol=1e-12)


def test_the_wiener_filter_of_a_flat_or_overwhelmed_picture_is_the_mean():
    assert_allclose(denoise.wiener_filter(np.full((9, 9), 0.4)), 0.4)
    heavy = denoise.wiener_filter(IMAGE, 5, noise=100.0)
    assert_allclose(heavy, ndimage.uniform_filter(IMAGE, 5, mode="reflect"))


def test_the_wiener_filter_moves_with_an_offset():
    far = denoise.wiener_filter(IMAGE + 1e6, 5, 0.02)
    assert_allclose(far - 1e6, denoise.wiener_filter(IMAGE, 5, 0.02), atol=1e-8)


@pytest.mark.parametrize("function", [denoise.median_filter, denoise.wiener_filter])
def test_channels_precision_and_input(function):
    stacked = [function(COLOR[..., c], 3) for c in range(3)]
    if function is denoise.median_filter:  # the Wiener filter guesses one noise for all channels
        assert_array_equal(function(COLOR, 3), np.stack(stacked, axis=-1))
    before = COLOR.copy()
    assert function(COLOR.astype(np.float32), 3).dtype == np.float32
    assert_allclose(function(COLOR.astype(np.float32), 3), function(COLOR, 3), atol=1e-5)
    assert function(np.array(COLOR * 255, dtype=np.uint8), 5).dtype == np.float64
    assert_array_equal(COLOR, before)


def test_wiener_of_colours_with_known_noise_is_channel_by_channel():
    stacked = [denoise.wiener_filter(COLOR[..., c], 3, 0.01) for c in range(3)]
    assert_allclose(denoise.wiener_filter(COLOR, 3, 0.01), np.stack(stacked, axis=-1), atol=1e-12)


def test_noise_has_the_size_that_was_asked_for():
    flat = np.full((400, 400), 0.5)
    noisy = denoise.add_gaussian_noise(flat, 0.2, random_state=0)
    assert mse(flat, noisy) == pytest.approx(0.04, rel=0.02)
    assert noisy.mean() == pytest.approx(0.5, abs=0.002)
    specks = denoise.add_salt_and_pepper(flat, 0.3, random_state=0)
    assert np.mean(specks == 1) == pytest.approx(0.15, abs=0.005)
    assert np.mean(specks == 0) == pytest.approx(0.15, abs=0.005)


@pytest.mark.parametrize("add", [denoise.add_gaussian_noise, denoise.add_salt_and_pepper])
def test_noise_follows_its_seed_and_level(add):
    assert_array_equal(add(COLOR, 0.1, random_state=3), add(COLOR, 0.1, random_state=3))
    assert not np.array_equal(add(COLOR, 0.1, random_state=3), add(COLOR, 0.1, random_state=4))
    assert_array_equal(add(COLOR, 0, random_state=3), COLOR)
    assert add(COLOR.astype(np.float32), 0.1, random_state=3).dtype == np.float32


def test_salt_and_pepper_hits_all_channels_of_a_pixel():
    hit = denoise.add_salt_and_pepper(COLOR, 0.5, random_state=0) != COLOR
    assert_array_equal(hit.all(axis=-1), hit.any(axis=-1))


@pytest.mark.parametrize("method", denoise.METHODS)
def test_a_method_is_its_function(method):
    function, strengths = denoise.METHODS[method]
    for strength in strengths:
        expected = function(IMAGE, strength)
        assert_array_equal(denoise.remove_noise(IMAGE, method, float(strength)), expected)


@pytest.mark.parametrize("method", denoise.METHODS)
def test_the_best_strength_beats_all_others(method):
    smooth = ndimage.gaussian_filter(COLOR, (2, 2, 0)) * 3
    noisy = [denoise.add_gaussian_noise(smooth, sigma, random_state=0) for sigma in (0.02, 0.1)]
    best = denoise.best_strength([smooth, smooth], noisy, method)

    def error(strength):
        results = [denoise.remove_noise(x, method, strength) for x in noisy]
        return sum(np.log(mse(smooth, result)) for result in results)

    assert all(error(best) <= error(strength) for strength in denoise.METHODS[method][1])


def test_more_noise_asks_for_more_filter():
    scene = ndimage.gaussian_filter(IMAGE, 1.5)
    strengths = [
        denoise.best_strength([scene], [denoise.add_gaussian_noise(scene, s, 0)], "Gaussian")
        for s in (0.01, 0.3)
    ]
    assert strengths[0] < strengths[1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: denoise.median_filter(IMAGE, 2), ValueError, "size must be odd"),
        (lambda: denoise.median_filter(IMAGE, True), TypeError, "whole number"),
        (lambda: denoise.median_filter(np.ones((2, 9)), 3, "valid"), ValueError, "does not fit"),
        (lambda: denoise.median_filter(IMAGE, 3, "mirror"), ValueError, "border must be one of"),
        (
            lambda: denoise.wiener_filter(IMAGE, 3, -1),
            ValueError,
            "noise must be a finite number of at least 0",
        ),
        (lambda: denoise.wiener_filter(IMAGE, border="valid"), ValueError, "cannot be 'valid'"),
        (
            lambda: denoise.add_gaussian_noise(IMAGE, -0.1),
            ValueError,
            "sigma must be a finite number of at least 0",
        ),
        (lambda: denoise.add_salt_and_pepper(IMAGE, 1.1), ValueError, "fraction must be"),
        (lambda: denoise.median_filter(IMAGE[0], 3), ValueError, "must be a picture"),
        (lambda: denoise.remove_noise(IMAGE, "magic", 3), ValueError, "method must be one of"),
        (lambda: denoise.best_strength([IMAGE], [IMAGE], "x"), ValueError, "method must be one"),
        (lambda: denoise.best_strength([IMAGE], [], "mean"), ValueError, "zip"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("sigma", [0.4, 0.8])
@pytest.mark.parametrize("image", [SMALL[:9, :12], COLOR[:8, :7]])
def test_bilateral_filter_by_its_formula(image, sigma):
    r = int(np.ceil(3 * sigma))
    padded = np.pad(image, [(r, r), (r, r), (0, 0)][: image.ndim], mode="symmetric")
    k = np.arange(2 * r + 1) - r
    near = np.exp(-(k[:, None] ** 2 + k**2) / (2 * sigma**2))
    found = denoise.bilateral_filter(image, 0.3, sigma)
    for i, j in np.ndindex(image.shape[:2]):
        window = padded[i : i + 2 * r + 1, j : j + 2 * r + 1]
        d2 = (window - image[i, j]) ** 2
        w = near * np.exp(-(d2 if image.ndim == 2 else d2.mean(axis=2)) / (2 * 0.3**2))
        assert_allclose(found[i, j], np.tensordot(w, window, axes=2) / w.sum(), atol=1e-12)


def test_bilateral_filter_becomes_a_gaussian_when_values_do_not_matter():
    k = np.arange(-3, 4)
    bell = np.exp(-(k**2) / 2)
    expected = convolve(SMALL, np.outer(bell, bell) / bell.sum() ** 2)
    assert_allclose(denoise.bilateral_filter(SMALL, 1e6, 1.0), expected, atol=1e-10)
    assert_allclose(denoise.bilateral_filter(SMALL, 1e-9, 1.0), SMALL)


@pytest.mark.parametrize("name", ["strength", "sigma"])
def test_bilateral_filter_refuses(name):
    with pytest.raises(ValueError, match=name):
        denoise.bilateral_filter(SMALL, **{"strength": 0.1, "sigma": 1.0, name: 0})


@pytest.mark.parametrize(("sigma", "strength"), [(1.0, 0.1), (1.0, 0.3), (1.6, 0.2)])
def test_bilateral_filter_is_scikit_images(monkeypatch, sigma, strength):
    # In 0.26 the table of spatial weights has a row and a column too many for odd windows, and is
    # read with the wrong stride; with the right table its loops give what ours do.
    def table(win_size, sigma, *, dtype=float):
        k = np.arange(win_size) - win_size // 2
        return np.exp(-(k[:, None] ** 2 + k**2) / (2 * sigma**2)).astype(dtype).ravel()

    monkeypatch.setattr("skimage.restoration._denoise._compute_spatial_lut", table)
    window = 2 * int(np.ceil(3 * sigma)) + 1
    theirs = restoration.denoise_bilateral(
        SMALL, window, strength, sigma, bins=100_000, mode="symmetric"
    )
    assert_allclose(denoise.bilateral_filter(SMALL, strength, sigma), theirs, atol=1e-4)
