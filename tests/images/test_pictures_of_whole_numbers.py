"""Pictures of whole numbers: no function computes in their type, where sums would wrap around."""

import numpy as np
import pytest

from course_lib.images import (
    denoise,
    edges,
    enhance,
    features,
    filters,
    inpaint,
    quality,
    resample,
    restore,
    sensor,
    texture,
)

_rng = np.random.default_rng(0)
GREY = _rng.integers(0, 128, (9, 11))
COLOR = _rng.integers(0, 128, (9, 11, 3))
BINARY = _rng.integers(0, 2, (9, 11))
KERNEL = _rng.integers(0, 100, (3, 3))
SMALL = KERNEL[1:2] + 1
HOLE = np.zeros((9, 11), dtype=bool)
HOLE[3:5, 5:8] = True
TYPES = [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.int64]

ANY_VALUES = {
    "pad": lambda X: filters.pad(X, 2, 1, "reflect"),
    "convolve_by_definition": lambda X: filters.convolve_by_definition(X, KERNEL.astype(X.dtype)),
    "correlate": lambda X: filters.correlate(X, KERNEL.astype(X.dtype)),
    "convolve": lambda X: filters.convolve(X, KERNEL.astype(X.dtype)),
    "convolve_fft": lambda X: filters.convolve_fft(X, KERNEL.astype(X.dtype)),
    "convolve_separable": lambda X: filters.convolve_separable(X, X[0, :3], X[:3, 0]),
    "mean_filter": lambda X: filters.mean_filter(X, 5),
    "gaussian_filter": lambda X: filters.gaussian_filter(X, 1.0),
    "sobel": lambda X: np.stack(filters.sobel(X)),
    "laplacian": filters.laplacian,
    "sharpen": lambda X: filters.sharpen(X, 2.0),
    "add_gaussian_noise": lambda X: denoise.add_gaussian_noise(X, 50.0, 0),
    "median_filter": lambda X: denoise.median_filter(X, 5),
    "median_filter of nine": lambda X: denoise.median_filter(X, 3),
    "wiener_filter": lambda X: denoise.wiener_filter(X, 3),
    "bilateral_filter": lambda X: denoise.bilateral_filter(X, 20, 0.7),
    "demosaic": sensor.demosaic,
    "sampled": lambda X: sensor.sampled(X, np.uint8(2))[1],
    "canny": lambda X: edges.canny(X, 1.0, 5.0, 20.0),
    "suppress_non_maxima": lambda X: edges.suppress_non_maxima(X, X[::-1]),
    "hysteresis": lambda X: edges.hysteresis(X, 50, 100),
    "stretch_contrast": enhance.stretch_contrast,
    "spectrum": enhance.spectrum,
    "low_pass": lambda X: enhance.low_pass(X, 0.2),
    "high_pass": lambda X: enhance.high_pass(X, 0.2),
    "mse": lambda X: quality.mse(X, X[::-1]),
    "psnr": lambda X: quality.psnr(X, X[::-1], 255),
    "transfer": lambda X: restore.transfer(X, (9, 11)),
    "blur": lambda X: restore.blur(X, KERNEL.astype(X.dtype)),
    "inverse_filter": lambda X: restore.inverse_filter(X, SMALL.astype(X.dtype)),
    "wiener_deconvolution": lambda X: restore.wiener_deconvolution(X, SMALL.astype(X.dtype), 1),
    "noise_to_signal": lambda X: restore.noise_to_signal(X, 1),
    "gcv_score": lambda X: restore.gcv_score(X, SMALL.astype(X.dtype), 1),
    "richardson_lucy": lambda X: restore.richardson_lucy(X, SMALL.astype(X.dtype), 3),
    "total_variation": restore.total_variation,
    "tv_denoise": lambda X: restore.tv_denoise(X, 5, 0.1),
    "nl_means": lambda X: restore.nl_means(X, 50, 5, np.uint8(3), np.uint8(2)),
    "inpaint_harmonic": lambda X: inpaint.inpaint_harmonic(X, HOLE),
    "inpaint_biharmonic": lambda X: inpaint.inpaint_biharmonic(X, HOLE),
    "inpaint_exemplar": lambda X: inpaint.inpaint_exemplar(X, HOLE, np.uint8(3)).image,
    "efros_leung": lambda X: texture.efros_leung(X, (5, 6), np.uint8(3), random_state=0).image,
    "quilt": lambda X: texture.quilt(X, (15, 16), np.uint8(5), random_state=0).image,
    "minimum_cut": texture.minimum_cut,
    "resize": lambda X: resample.resize(X, (np.uint8(20), np.uint8(5))),
    "enlarge": lambda X: resample.enlarge(X, np.uint8(30)),
    "camera": lambda X: resample.camera(X[:, :9], np.uint8(3)),
    "back_project": lambda X: resample.back_project(X, np.uint8(2), steps=3),
    "ssim_map": lambda X: quality.ssim_map(X, X[::-1], 255, sigma=0.8),
}
BLACK_AND_WHITE = {
    "add_salt_and_pepper": lambda X: denoise.add_salt_and_pepper(X, 0.3, 0),
    "gamma_correct": lambda X: enhance.gamma_correct(X, 0.5),
    "histogram": enhance.histogram,
    "equalize": enhance.equalize,
}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("function", ANY_VALUES)
def test_whole_numbers_give_what_floats_give(function, dtype):
    call, X = ANY_VALUES[function], GREY
    np.testing.assert_array_equal(call(X.astype(dtype)), call(X.astype(float)))


@pytest.mark.parametrize("dtype", [*TYPES, bool])
@pytest.mark.parametrize("function", BLACK_AND_WHITE)
def test_black_and_white_in_whole_numbers(function, dtype):
    call = BLACK_AND_WHITE[function]
    np.testing.assert_array_equal(call(BINARY.astype(dtype)), call(BINARY.astype(float)))


@pytest.mark.parametrize(
    "function", [features.color_histogram, features.gradients, features.oriented_gradients]
)
def test_bytes_give_what_floats_give(function):
    X = _rng.integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    np.testing.assert_allclose(function(X), function(X / 255.0), atol=1e-12)


def test_sizes_may_be_numbers_of_numpy_in_8_bits():
    for kind in ("mean", "Gaussian", "derivative", "Laplace", "sharpen"):
        np.testing.assert_array_equal(
            filters.kernel_of(kind, np.uint8(21)), filters.kernel_of(kind, 21)
        )
    for function in (filters.mean_filter, denoise.median_filter):
        X = _rng.random((40, 40))
        np.testing.assert_array_equal(function(X, np.uint8(17)), function(X, 17))
    X = _rng.integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    np.testing.assert_array_equal(
        features.color_histogram(X, bins=np.uint8(20)), features.color_histogram(X, bins=20)
    )
    sizes = {"cell": np.uint8(4), "orientations": np.uint8(64), "block": np.uint8(2)}
    np.testing.assert_array_equal(
        features.oriented_gradients(X, **sizes),
        features.oriented_gradients(X, **{name: int(size) for name, size in sizes.items()}),
    )
