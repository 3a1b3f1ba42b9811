"""Larger and smaller pictures, against Pillow and scikit-image, and back through the camera."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage
from skimage.transform import downscale_local_mean

from course_lib.images import resample
from course_lib.images.quality import mse
from course_lib.images.restore import gaussian_kernel

rng = np.random.default_rng(1)
IMAGE = rng.random((12, 17))
COLOR = rng.random((9, 8, 3))
PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


@pytest.mark.parametrize("method", PILLOW)
@pytest.mark.parametrize("shape", [(36, 51), (17, 30), (12, 17), (7, 11), (4, 40), (1, 1), (25, 5)])
def test_resizing_is_pillows(method, shape):
    image = IMAGE.astype(np.float32)
    theirs = np.asarray(Image.fromarray(image).resize(shape[::-1], PILLOW[method]))
    assert_allclose(resample.resize(IMAGE, shape, method), theirs, atol=1e-6)


@pytest.mark.parametrize("method", resample.METHODS)
def test_weights_sum_to_one_and_a_flat_picture_stays_flat(method):
    for old, new in ((3, 7), (7, 3), (5, 5), (1, 4), (4, 1)):
        weights = resample.resampling_matrix(old, new, method)
        assert weights.shape == (new, old)
        assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
        assert_allclose(weights, weights[::-1, ::-1], atol=1e-12) if method != "nearest" else None
    assert_array_equal(resample.resampling_matrix(5, 5, method), np.eye(5))


def test_what_each_method_gives_back_exactly():
    x, fine = np.arange(12) + 0.5, (np.arange(36) + 0.5) / 3
    inner = np.s_[:, 6:-6]
    line, curve = 2 * x - 3, x**2 - 4 * x
    for method, row, expected in (
        ("bilinear", line, 2 * fine - 3),
        ("bicubic", line, 2 * fine - 3),
        ("bicubic", curve, fine**2 - 4 * fine),
    ):
        found = resample.resize(row[None], (1, 36), method)
        assert_allclose(found[inner], expected[None][inner], atol=1e-10)
    found = resample.resize(curve[None], (1, 36), "bilinear")
    assert np.abs(found - (fine**2 - 4 * fine))[inner].max() > 0.1


def test_the_cubic_is_smooth_and_other_slopes_are_too():
    for a in (-0.5, -0.75):
        x = np.linspace(-3, 3, 60_001)
        y = resample.cubic_curve(x, a)
        slope = np.gradient(y, x)
        assert np.abs(np.diff(slope)).max() < 1e-3  # no kink
        assert slope[np.searchsorted(x, 1)] == pytest.approx(a, abs=1e-3)
        shifted = sum(resample.cubic_curve(0.3 + k, a) for k in range(-3, 4))
        assert shifted == pytest.approx(1)


def test_colours_precision_and_enlarging():
    big = resample.enlarge(COLOR, 3)
    assert big.shape == (27, 24, 3)
    for c in range(3):
        assert_allclose(big[..., c], resample.resize(COLOR[..., c], (27, 24)), atol=1e-12)
    assert resample.enlarge(COLOR.astype(np.float32), 2).dtype == np.float32
    blocks = np.kron(IMAGE, np.ones((4, 4)))
    assert_array_equal(resample.enlarge(IMAGE, 4, "nearest"), blocks)


@pytest.mark.parametrize("image", [IMAGE[:, :15], COLOR[:, :6]])
def test_the_camera_takes_means(image):
    block = (3, 3) + (1,) * (image.ndim - 2)
    assert_allclose(resample.camera(image, 3), downscale_local_mean(image, block), atol=1e-12)
    kernel = gaussian_kernel(0.8)
    soft = ndimage.convolve(image, kernel.reshape(*kernel.shape, *block[2:]), mode="reflect")
    seen = resample.camera(image, 3, kernel)
    assert_allclose(seen, downscale_local_mean(soft, block), atol=1e-12)


@pytest.mark.parametrize("kernel", [None, gaussian_kernel(0.8)])
@pytest.mark.parametrize("image", [IMAGE, COLOR])
@pytest.mark.parametrize("scale", [2, 3])
def test_the_camera_sees_the_given_picture_again(image, scale, kernel):
    found = resample.back_project(image, scale, kernel, steps=2000)
    assert np.abs(resample.camera(found, scale, kernel) - image).max() <= 1e-6
    before = resample.enlarge(image, scale)
    assert np.abs(resample.camera(before, scale, kernel) - image).max() > 1e-3


def test_back_projection_is_nearer_to_the_fine_picture():
    for seed in range(10):
        noise = np.random.default_rng(seed).normal(size=(48, 48))
        fine = ndimage.gaussian_filter(noise, 1.5, mode="reflect")
        fine /= fine.std()
        coarse = resample.camera(fine, 3, gaussian_kernel(1))
        projected = resample.back_project(coarse, 3, gaussian_kernel(1))
        assert mse(fine, projected) < 0.9 * mse(fine, resample.enlarge(coarse, 3))


def test_back_projection_stops():
    assert_array_equal(resample.back_project(IMAGE, 2, steps=0), resample.enlarge(IMAGE, 2))
    one = resample.enlarge(IMAGE, 2)
    one = one + resample.enlarge(IMAGE - resample.camera(one, 2), 2)
    assert_allclose(resample.back_project(IMAGE, 2, steps=1), one, atol=1e-12)
    assert_array_equal(resample.back_project(IMAGE, 2, tolerance=10), resample.enlarge(IMAGE, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: resample.resize(IMAGE, (3, 3), "spline"), "method must be one of"),
        (lambda: resample.resize(IMAGE, 3), "shape must be two whole numbers"),
        (lambda: resample.resize(IMAGE, (0, 3)), "new must be a whole number"),
        (lambda: resample.resampling_matrix(0, 3), "old must be a whole number"),
        (lambda: resample.enlarge(IMAGE, 1.5), "scale must be a whole number"),
        (lambda: resample.camera(IMAGE, 3), r"sides that 3 divides; its shape is \(12, 17\)"),
        (lambda: resample.camera(IMAGE[:, :4], 8), "sides that 8 divides"),
        (lambda: resample.back_project(IMAGE, 2, tolerance=-1), "tolerance must be a finite"),
        (lambda: resample.back_project(IMAGE, 2, steps=-1), "steps must be a whole number"),
        (lambda: resample.back_project(IMAGE, 2, np.ones((2, 2))), "odd length"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
