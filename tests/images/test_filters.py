"""Linear filters against SciPy, the definition and closed forms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import ndimage, signal

from course_lib.images import filters

rng = np.random.default_rng(0)
IMAGE = rng.random((150, 37))  # more rows than two bands
COLOR = rng.random((21, 17, 3))
KERNEL = rng.normal(size=(5, 3))
SCIPY = {
    "symmetric": "reflect",
    "reflect": "mirror",
    "edge": "nearest",
    "wrap": "wrap",
    "zero": "constant",
}
BORDERS = [*SCIPY, "valid"]


@pytest.mark.parametrize("border", SCIPY)
def test_convolution_and_correlation_are_scipys(border):
    mode = SCIPY[border]
    assert_allclose(
        filters.convolve(IMAGE, KERNEL, border),
        ndimage.convolve(IMAGE, KERNEL, mode=mode),
        atol=1e-12,
    )
    assert_allclose(
        filters.correlate(IMAGE, KERNEL, border),
        ndimage.correlate(IMAGE, KERNEL, mode=mode),
        atol=1e-12,
    )


def test_the_valid_part_is_scipys():
    assert_allclose(
        filters.convolve(IMAGE, KERNEL, "valid"),
        signal.convolve2d(IMAGE, KERNEL, "valid"),
        atol=1e-12,
    )


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", [(3, 3), (5, 1), (1, 7), (1, 1)])
def test_every_way_gives_what_the_definition_gives(border, size):
    image, kernel = IMAGE[:20, :18], rng.normal(size=size)
    expected = filters.convolve_by_definition(image, kernel, border)
    column, row = rng.normal(size=size[0]), rng.normal(size=size[1])
    assert_allclose(filters.convolve(image, kernel, border), expected, atol=1e-12)
    assert_allclose(filters.convolve_fft(image, kernel, border), expected, atol=1e-12)
    assert_allclose(
        filters.convolve_separable(image, column, row, border),
        filters.convolve_by_definition(image, np.outer(column, row), border),
        atol=1e-12,
    )


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("size", [1, 3, 5, 7, 9, 15, 31])
def test_means_are_scipys(border, size):
    theirs = ndimage.uniform_filter(IMAGE, size, mode=SCIPY[border])
    assert_allclose(filters.mean_filter(IMAGE, size, border), theirs, atol=1e-13)


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize(
    "sigma", [0.1, 0.5, 1, 3, 12]
)  # the last window is larger than the picture
def test_gaussians_are_scipys(border, sigma):
    theirs = ndimage.gaussian_filter(IMAGE, sigma, mode=SCIPY[border])
    assert_allclose(filters.gaussian_filter(IMAGE, sigma, border), theirs, atol=1e-13)


def test_slopes_and_laplacian_are_scipys():
    right, down = filters.sobel(IMAGE)
    assert_allclose(right, ndimage.sobel(IMAGE, axis=1) / 8, atol=1e-13)
    assert_allclose(down, ndimage.sobel(IMAGE, axis=0) / 8, atol=1e-13)
    assert_allclose(filters.convolve(IMAGE, filters.SOBEL_X), right, atol=1e-13)
    assert_allclose(filters.laplacian(IMAGE), ndimage.laplace(IMAGE), atol=1e-13)


def test_derivatives_of_a_parabola_are_exact_inside():
    i, j = np.mgrid[:12, :14].astype(float)
    right, down = filters.sobel(3 * i**2 - 2 * i * j + j**2)
    inside = (slice(1, -1), slice(1, -1))
    assert_allclose(right[inside], (2 * j - 2 * i)[inside], atol=1e-12)
    assert_allclose(down[inside], (6 * i - 2 * j)[inside], atol=1e-12)
    assert_allclose(filters.laplacian(3 * i**2 - 2 * i * j + j**2)[inside], 8)


ALL = {
    "convolve": lambda image, border: filters.convolve(image, KERNEL, border),
    "convolve_fft": lambda image, border: filters.convolve_fft(image, KERNEL, border),
    "mean": lambda image, border: filters.mean_filter(image, 5, border),
    "gaussian": lambda image, border: filters.gaussian_filter(image, 0.9, border),
    "laplacian": filters.laplacian,
    "sobel": lambda image, border: filters.sobel(image, border)[1],
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("border", BORDERS)
def test_channels_are_filtered_one_by_one(name, border):
    channels = [ALL[name](COLOR[..., c], border) for c in range(3)]
    assert_allclose(ALL[name](COLOR, border), np.stack(channels, axis=-1), atol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_a_shift_of_a_periodic_picture_shifts_the_result(name):
    moved = np.roll(IMAGE, (70, 5), axis=(0, 1))
    expected = np.roll(ALL[name](IMAGE, "wrap"), (70, 5), axis=(0, 1))
    assert_allclose(ALL[name](moved, "wrap"), expected, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_filters_are_linear_and_keep_the_precision(name):
    other = rng.random(IMAGE.shape)
    combined = ALL[name](2 * IMAGE - 3 * other, "edge")
    assert_allclose(
        combined, 2 * ALL[name](IMAGE, "edge") - 3 * ALL[name](other, "edge"), atol=1e-11
    )
    single = ALL[name](IMAGE.astype(np.float32), "edge")
    assert single.dtype == np.float32
    assert_allclose(single, ALL[name](IMAGE, "edge"), atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_bytes_do_not_wrap_around_and_the_input_stays(name):
    image = np.array(IMAGE * 255, dtype=np.uint8)
    before = image.copy()
    assert_allclose(ALL[name](image, "edge"), ALL[name](image.astype(float), "edge"))
    assert np.array_equal(image, before)


@pytest.mark.parametrize("border", ["symmetric", "reflect", "edge", "wrap"])
def test_smoothing_keeps_a_flat_picture_and_a_single_pixel(border):
    for flat in (np.full((9, 9), 0.3), np.array([[0.3]])):
        if border == "reflect" and flat.size == 1:
            continue  # it leaves out the edge, and there is nothing else
        assert_allclose(filters.gaussian_filter(flat, 1, border), 0.3)
        assert_allclose(filters.mean_filter(flat, 3, border), 0.3)


def test_two_gaussians_are_one_with_the_sum_of_variances():
    twice = filters.gaussian_filter(filters.gaussian_filter(IMAGE, 3), 4)
    assert_allclose(twice, filters.gaussian_filter(IMAGE, 5), atol=2e-4)


def test_sharpening_undoes_a_part_of_the_blur_and_nothing_at_zero():
    assert_allclose(filters.sharpen(IMAGE, 0), IMAGE)
    blurred = filters.gaussian_filter(IMAGE, 1)
    sharper = filters.sharpen(blurred, 1)
    assert np.mean((sharper - IMAGE) ** 2) < np.mean((blurred - IMAGE) ** 2)
    assert_allclose(sharper, 2 * blurred - filters.gaussian_filter(blurred, 1))


def test_a_kernel_of_rank_one_is_separated_and_another_refused():
    column, row = filters.separate(np.outer([1, 2, 1], [1, 0, -1]))
    assert_allclose(np.outer(column, row), np.outer([1, 2, 1], [1, 0, -1]), atol=1e-12)
    with pytest.raises(ValueError, match="rank 2, not 1"):
        filters.separate(filters.LAPLACE)
    with pytest.raises(ValueError, match="rank 0"):
        filters.separate(np.zeros((3, 3)))


@pytest.mark.parametrize("size", [3, 5, 9, 15])
def test_kernels_do_what_their_names_say(size):
    i, j = np.mgrid[:40, :40].astype(float)
    inside = (slice(10, -10), slice(10, -10))

    def result(kind, image):
        return filters.convolve(image, filters.kernel_of(kind, size))[inside]

    for kind in ("mean", "Gaussian", "sharpen"):  # none of them moves a ramp
        assert_allclose(result(kind, 2 * i - j + 5), (2 * i - j + 5)[inside], atol=1e-9)
    assert_allclose(result("derivative", 3 * j + 7 * i), 3)
    assert_allclose(result("derivative", j**2), 2 * j[inside], atol=1e-9)
    assert_allclose(result("Laplace", i**2 + 3 * j**2 + i * j), 8)
    assert_allclose(result("Laplace", i - 4 * j), 0, atol=1e-9)


def test_unknown_kernels_are_refused():
    with pytest.raises(ValueError, match="kind must be one of"):
        filters.kernel_of("blur", 3)
    with pytest.raises(ValueError, match="size must be 3 or more"):
        filters.kernel_of("mean", 1)


@pytest.mark.parametrize("border", SCIPY)
def test_padding_is_numpys(border):
    mode = {"zero": "constant"}.get(border, border)
    assert np.array_equal(
        filters.pad(COLOR, 2, 3, border), np.pad(COLOR, [(2, 2), (3, 3), (0, 0)], mode=mode)
    )


@pytest.mark.parametrize("function", [filters.convolve, filters.correlate, filters.convolve_fft])
@pytest.mark.parametrize(
    ("kernel", "error", "message"),
    [
        (np.ones((2, 3)), ValueError, r"odd length.*\(2, 3\)"),
        (np.ones(3), ValueError, "two axes"),
        ([[np.inf]], ValueError, "kernel holds NaN"),
        ([["a"]], TypeError, "kernel must hold real numbers"),
    ],
)
def test_bad_kernels_are_refused(function, kernel, error, message):
    with pytest.raises(error, match=message):
        function(IMAGE, kernel)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.ones(3), ValueError, r"image must be a picture of shape \(h, w\)"),
        (np.ones((0, 3)), ValueError, "at least one pixel"),
        (np.full((3, 3), np.nan), ValueError, "NaN or infinite"),
        (np.ones((3, 3)) * 1j, TypeError, "real numbers"),
    ],
)
@pytest.mark.parametrize("name", ALL)
def test_bad_pictures_are_refused(name, image, error, message):
    with pytest.raises(error, match=message):
        ALL[name](image, "edge")


@pytest.mark.parametrize("name", ALL)
def test_unknown_borders_and_windows_that_do_not_fit_are_refused(name):
    with pytest.raises(ValueError, match="border must be one of"):
        ALL[name](IMAGE, "mirror")
    with pytest.raises(ValueError, match="does not fit into a picture of 2 × 2"):
        ALL[name](np.ones((2, 2)), "valid")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: filters.mean_filter(IMAGE, 4), ValueError, "size must be odd"),
        (lambda: filters.mean_filter(IMAGE, 3.0), TypeError, "whole number"),
        (
            lambda: filters.gaussian_filter(IMAGE, 0),
            ValueError,
            "sigma must be a finite number above 0",
        ),
        (lambda: filters.gaussian_filter(IMAGE, "1"), TypeError, "sigma must be a finite number"),
        (
            lambda: filters.sharpen(IMAGE, -1),
            ValueError,
            "amount must be a finite number of at least 0",
        ),
        (lambda: filters.sharpen(IMAGE, border="valid"), ValueError, "cannot be 'valid'"),
        (lambda: filters.convolve_by_definition(COLOR, KERNEL), ValueError, "one grey value"),
    ],
)
def test_bad_parameters_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("column", "row"), [(np.ones((3, 3)), [1.0]), ([1.0], np.ones((1, 3)))])
def test_a_matrix_is_no_column_and_no_row(column, row):
    with pytest.raises(ValueError, match="must have one axis"):
        filters.convolve_separable(np.ones((5, 5)), column, row)


@pytest.mark.parametrize(("sigma", "truncate", "radius"), [(0.9, 4, 4), (1.1, 4, 4), (1.5, 3, 5)])
def test_the_bell_ends_at_the_whole_pixel_nearest_to_its_end(sigma, truncate, radius):
    weights = filters.gaussian_weights(sigma, truncate)
    assert len(weights) == 2 * radius + 1
    spread = np.sum(weights * np.arange(-radius, radius + 1) ** 2)
    assert spread == pytest.approx(sigma**2, rel=0.03)


def test_a_kernel_that_is_only_nearly_separable_is_refused():
    nearly = filters.SOBEL_X + np.array([[1e-6, 0, 0], [0, 0, 0], [0, 0, 0]])
    with pytest.raises(ValueError, match="rank 2"):
        filters.separate(nearly)


def test_the_named_kernels_are_what_their_names_say():
    found = {name: np.array(w) / divisor for name, (w, divisor) in filters.KERNELS.items()}
    inside = (slice(1, -1), slice(1, -1))
    assert_allclose(filters.convolve(IMAGE, found["identity"]), IMAGE)
    assert_allclose(filters.convolve(IMAGE, found["box"]), filters.mean_filter(IMAGE, 3))
    binomial = filters.convolve_separable(IMAGE, [0.25, 0.5, 0.25], [0.25, 0.5, 0.25])
    assert_allclose(filters.convolve(IMAGE, found["Gaussian"]), binomial)
    assert_allclose(found["Sobel right"], filters.SOBEL_X)
    assert_allclose(found["Sobel down"], filters.SOBEL_X.T)
    assert_allclose(found["Laplace"], filters.LAPLACE)
    assert_allclose(found["sharpen"], found["identity"] - filters.LAPLACE)
    i, j = np.indices((9, 8))  # a plane that rises by 2 down and by 3 to the right
    embossed = filters.convolve(2.0 * i + 3 * j, found["emboss"]) - (2 * i + 3 * j)
    assert_allclose(embossed[inside], 2 * (2 * 2 + 2 * 3) + 2 * (2 + 3))
