"""Deconvolution and edge-keeping denoising against their definitions and scikit-image."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import fft, ndimage, signal
from skimage import restoration

from course_lib.images import restore
from course_lib.images.filters import LAPLACE
from course_lib.images.quality import mse

rng = np.random.default_rng(1)
IMAGE = rng.random((24, 31))
COLOR = rng.random((20, 15, 3))
SMOOTH = ndimage.gaussian_filter(rng.normal(size=(48, 47)), 4, mode="wrap") * 4 + 0.5
STEPS = np.kron(rng.random((6, 5)), np.ones((8, 8)))
KERNELS = {
    "Gaussian": restore.gaussian_kernel(1.2),
    "motion": restore.motion_kernel(5, 30),
    "disk": restore.disk_kernel(2.3),
    "skew": np.array([[0.0, 0.3, 0.0], [0.1, 0.4, 0.2], [0.0, 0.0, 0.0]]),
}


# ---------------------------------------------------------------- kernels


@pytest.mark.parametrize(
    "kernel",
    [restore.gaussian_kernel(0.7), *(restore.disk_kernel(r) for r in (0.1, 0.5, 1, 2.5, 7.3))],
)
def test_round_kernels_are_odd_whole_and_look_the_same_from_all_sides(kernel):
    assert kernel.shape[0] == kernel.shape[1]
    assert kernel.shape[0] % 2 == 1
    assert kernel.sum() == pytest.approx(1, abs=1e-12)
    assert kernel.min() >= 0
    for turned in (kernel.T, kernel[::-1], kernel[:, ::-1]):
        assert_allclose(kernel, turned, atol=1e-15)


@pytest.mark.parametrize("radius", [0.3, 1, 2.6, 5.5])
def test_a_disk_covers_what_many_points_in_it_say(radius):
    fine = (np.arange(-8 * 400, 8 * 400) + 0.5) / 400
    inside = (fine[:, None] ** 2 + fine**2 <= radius**2).astype(float)
    edges = np.searchsorted(fine, np.arange(-7.5, 8))[:-1]
    counted = np.add.reduceat(np.add.reduceat(inside[: edges[-1] + 400], edges, 0), edges, 1)
    kernel = restore.disk_kernel(radius)
    r = len(kernel) // 2
    counted = counted[7 - r : 8 + r, 7 - r : 8 + r]
    assert_allclose(kernel, counted / inside.sum(), atol=3e-4)
    if radius > 0.5:
        assert kernel[0, r] > 0  # as small as it can be


@pytest.mark.parametrize("length", [0.4, 1, 2, 5, 8.5])
@pytest.mark.parametrize("angle", [0, 17, 45, 90, 133, -20, 200])
def test_a_motion_spends_its_time_evenly_on_a_straight_way(length, angle):
    kernel = restore.motion_kernel(length, angle)
    r = len(kernel) // 2
    moments = np.arange(-r, r + 1)
    t = (np.arange(200_000) + 0.5) / 200_000 * length - length / 2
    rows = np.rint(-np.sin(np.radians(angle)) * t).astype(int) + r
    columns = np.rint(np.cos(np.radians(angle)) * t).astype(int) + r
    counted = np.zeros_like(kernel)
    np.add.at(counted, (rows, columns), 1 / t.size)
    assert_allclose(kernel, counted, atol=1e-4)
    assert kernel.sum() == pytest.approx(1, abs=1e-12)
    assert moments @ kernel.sum(axis=0) == pytest.approx(0, abs=1e-9)


def test_motions_that_everybody_knows():
    assert_allclose(restore.motion_kernel(5)[2], np.full(5, 0.2), atol=1e-12)
    assert_allclose(restore.motion_kernel(5, 90), restore.motion_kernel(5).T, atol=1e-12)
    rising = restore.motion_kernel(7, 40)  # up on the right: rows grow downwards
    assert rising[1].argmax() > 3 > rising[5].argmax()
    assert_allclose(restore.motion_kernel(6, 180), restore.motion_kernel(6, 0), atol=1e-12)


# ---------------------------------------------------------------- blur and its transfer


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("image", [IMAGE, IMAGE[:, :-1], IMAGE[1:], COLOR])
def test_a_blur_is_a_product_of_waves(name, image):
    kernel = KERNELS[name]
    H = restore.transfer(kernel, image.shape)
    H = H.reshape(*H.shape, *[1] * (image.ndim - 2))
    waves = H * fft.rfft2(image, axes=(0, 1))
    assert_allclose(
        fft.irfft2(waves, image.shape[:2], axes=(0, 1)), restore.blur(image, kernel), atol=1e-12
    )
    padded = ndimage.convolve(image, kernel.reshape(*kernel.shape, *H.shape[2:]), mode="wrap")
    assert_allclose(restore.blur(image, kernel), padded, atol=1e-12)


@pytest.mark.parametrize("border", ["wrap", "zero"])
@pytest.mark.parametrize("name", KERNELS)
def test_gathering_is_the_transpose_of_spreading(name, border):
    x, y = rng.normal(size=(2, *IMAGE.shape))
    spread, gather = restore._spread_and_gather(KERNELS[name], IMAGE, border)
    assert_allclose(spread(x), restore.blur(x, KERNELS[name], border), atol=1e-12)
    assert np.vdot(spread(x), y) == pytest.approx(np.vdot(x, gather(y)), abs=1e-10)


# ---------------------------------------------------------------- inverse and Wiener


@pytest.mark.parametrize("name", ["Gaussian", "motion", "skew"])
@pytest.mark.parametrize("image", [IMAGE, COLOR])
def test_without_noise_the_inverse_and_a_ratio_of_zero_give_the_picture_back(name, image):
    blurred = restore.blur(image, KERNELS[name])
    assert_allclose(restore.inverse_filter(blurred, KERNELS[name]), image, atol=1e-8)
    assert_allclose(restore.wiener_deconvolution(blurred, KERNELS[name], 0), image, atol=1e-8)


def test_lost_waves_stay_zero():
    wave = np.tile(np.cos(2 * np.pi * np.arange(30) / 3), (6, 1))  # a mean of three removes it
    kernel = np.full((1, 3), 1 / 3)
    assert_allclose(restore.blur(wave, kernel), 0, atol=1e-12)
    blurred = restore.blur(1 + wave, kernel)
    for restored in (
        restore.inverse_filter(blurred, kernel),
        restore.wiener_deconvolution(blurred, kernel, 1e-6),
    ):
        assert_allclose(restored, 1, atol=1e-6)
    H = restore.transfer(KERNELS["Gaussian"], IMAGE.shape)
    found = restore.inverse_filter(IMAGE, KERNELS["Gaussian"], floor=0.3)
    gone = np.abs(H) <= 0.3
    assert gone.any()
    assert not gone.all()
    assert_allclose(fft.rfft2(found)[gone], 0, atol=1e-10)
    assert_allclose((H * fft.rfft2(found) - fft.rfft2(IMAGE))[~gone], 0, atol=1e-10)


def test_wiener_solves_the_penalised_least_squares():
    kernel, K = KERNELS["skew"], 0.03
    x = restore.wiener_deconvolution(IMAGE, kernel, np.full((24, 16), K))
    spread, gather = restore._spread_and_gather(kernel, IMAGE, "wrap")
    assert_allclose(gather(spread(x)) + K * x, gather(IMAGE), atol=1e-12)


@pytest.mark.parametrize("image", [IMAGE, IMAGE[:, :-1], COLOR[..., 0]])
@pytest.mark.parametrize("name", KERNELS)
def test_wiener_with_a_spectrum_is_scikit_images(image, name):
    K = 0.05 * np.abs(restore.transfer(LAPLACE, image.shape)) ** 2
    theirs = restoration.wiener(image, KERNELS[name], 0.05, clip=False)
    ours = restore.wiener_deconvolution(image, KERNELS[name], K)
    assert_allclose(ours, theirs, atol=1e-10)


def test_one_ratio_for_all_leaves_the_mean():
    restored = restore.wiener_deconvolution(COLOR, KERNELS["disk"], 0.5)
    assert_allclose(restored.mean(axis=(0, 1)), COLOR.mean(axis=(0, 1)), atol=1e-12)
    heavy = restore.wiener_deconvolution(IMAGE, KERNELS["disk"], 1e12)
    assert_allclose(heavy, IMAGE.mean(), atol=1e-6)


def test_the_true_spectra_give_the_least_error():
    kernel, sigma = KERNELS["Gaussian"], 0.02
    K = restore.noise_to_signal(SMOOTH, sigma)
    noise = np.random.default_rng(0).normal(scale=sigma, size=(20, *SMOOTH.shape))

    def error(ratio):
        tries = [restore.blur(SMOOTH, kernel) + one for one in noise]
        return np.mean([mse(SMOOTH, restore.wiener_deconvolution(y, kernel, ratio)) for y in tries])

    best = error(K)
    assert all(best < error(ratio) for ratio in (K * 3, K / 3, 1e-4, 1e-3, 1e-2, 1e-1))
    assert error(restore.noise_to_signal(SMOOTH, 0)) > best


def test_noise_to_signal_is_a_ratio_of_powers():
    K = restore.noise_to_signal(COLOR, 0.1)
    power = np.mean(np.abs(fft.rfft2(COLOR, axes=(0, 1))) ** 2, axis=2)
    assert_allclose(K, 0.01 * 20 * 15 / power)
    flat = restore.noise_to_signal(np.ones((4, 4)), 0.1)
    assert np.isinf(flat.ravel()[1:]).all()
    assert flat[0, 0] == pytest.approx(0.01 / 16)
    dead = restore.wiener_deconvolution(IMAGE[:4, :4], [[1.0]], flat)
    assert np.isfinite(dead).all()
    assert np.ptp(dead) < 1e-12


@pytest.mark.parametrize("image", [IMAGE[:6, :5], IMAGE[:5, :6]])
def test_cross_validation_is_that_of_the_matrix(image):
    """Build the matrix A of the whole way from picture to blurred restoration, and its trace."""
    kernel, K = KERNELS["skew"], 0.2
    points = np.eye(30).reshape(30, *image.shape)
    A = np.stack(
        [restore.blur(restore.wiener_deconvolution(p, kernel, K), kernel).ravel() for p in points],
        axis=1,
    )
    rest = image.ravel() - A @ image.ravel()
    expected = np.mean(rest**2) / (np.trace(np.eye(30) - A) / 30) ** 2
    assert restore.gcv_score(image, kernel, K) == pytest.approx(expected, rel=1e-9)


def test_cross_validation_finds_the_ratio_that_foretells_the_clean_blur():
    kernel = KERNELS["motion"]
    clean, grid = restore.blur(SMOOTH, kernel), np.geomspace(1e-8, 10, 60)

    def errors(y, ratios):
        found = (restore.blur(restore.wiener_deconvolution(y, kernel, k), kernel) for k in ratios)
        return np.array([mse(clean, x) for x in found])

    ours, best = 0.0, np.zeros(60)
    for seed in range(5):
        y = clean + np.random.default_rng(seed).normal(scale=0.03, size=SMOOTH.shape)
        K = restore.ratio_by_gcv(y, kernel)
        scores = [restore.gcv_score(y, kernel, k) for k in grid]
        assert restore.gcv_score(y, kernel, K) <= min(scores)
        ours, best = ours + errors(y, [K])[0], best + errors(y, grid)
    assert ours < 1.2 * best.min()
    assert ours < 0.5 * min(best[0], best[-1])
    assert 0.1 < restore.ratio_by_gcv(y, kernel, 0.1, 0.2) < 0.2 + 1e-9


def test_the_discrepancy_is_the_noise():
    y = restore.blur(SMOOTH, KERNELS["disk"]) + rng.normal(scale=0.05, size=SMOOTH.shape)
    K = restore.ratio_by_discrepancy(y, KERNELS["disk"], 0.05)
    rest = y - restore.blur(restore.wiener_deconvolution(y, KERNELS["disk"], K), KERNELS["disk"])
    assert np.sqrt(np.mean(rest**2)) == pytest.approx(0.05, rel=1e-6)
    colors = restore.blur(COLOR, KERNELS["skew"])
    K = restore.ratio_by_discrepancy(colors, KERNELS["skew"], 0.05)
    rest = restore.wiener_deconvolution(colors, KERNELS["skew"], K)
    rest = colors - restore.blur(rest, KERNELS["skew"])
    assert np.sqrt(np.mean(rest**2)) == pytest.approx(0.05, rel=1e-6)


# ---------------------------------------------------------------- Richardson and Lucy


@pytest.mark.parametrize("border", ["wrap", "zero"])
@pytest.mark.parametrize("name", KERNELS)
def test_the_likelihood_never_falls(name, border):
    light = np.maximum(restore.blur(np.clip(SMOOTH, 0, 1) * 30, KERNELS[name]), 0)
    counts = rng.poisson(light).astype(float)
    x, scores = None, []
    for _ in range(30):
        x = restore.richardson_lucy(counts, KERNELS[name], 1, border, start=x)
        assert x.min() >= 0
        scores.append(restore.poisson_log_likelihood(counts, x, KERNELS[name], border))
    assert np.all(np.diff(scores) >= -1e-8)
    assert scores[-1] > scores[0] + 1
    assert_allclose(x, restore.richardson_lucy(counts, KERNELS[name], 30, border), rtol=1e-9)
    if border == "wrap":
        assert x.sum() == pytest.approx(counts.sum(), rel=1e-10)  # no light is lost


def test_the_likelihood_is_that_of_poisson():
    mean = restore.blur(IMAGE, KERNELS["skew"], "zero")
    expected = np.sum(IMAGE * np.log(mean) - mean)
    found = restore.poisson_log_likelihood(IMAGE, IMAGE, KERNELS["skew"], "zero")
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", KERNELS)
def test_richardson_lucy_is_scikit_images_where_no_light_leaves(name):
    kernel = KERNELS[name]
    dark = np.zeros((50, 52))
    dark[12:36, 11:42] = IMAGE
    y = np.maximum(signal.convolve(dark, kernel, mode="same"), 0)
    y[y < 1e-12] = 0
    theirs = restoration.richardson_lucy(y, kernel, 12, clip=False)
    inner = np.s_[6:-6, 6:-6]
    for border in ("wrap", "zero"):
        ours = restore.richardson_lucy(y, kernel, 12, border)
        assert_allclose(ours[inner], theirs[inner], atol=1e-6)


def test_richardson_lucy_by_its_formula_near_the_rim():
    kernel = KERNELS["skew"]
    x = np.full(IMAGE.shape, 0.5)
    reach = ndimage.correlate(np.ones_like(IMAGE), kernel, mode="constant")
    for _ in range(5):
        foretold = ndimage.convolve(x, kernel, mode="constant")
        x = x * ndimage.correlate(IMAGE / foretold, kernel, mode="constant") / reach
    assert_allclose(restore.richardson_lucy(IMAGE, kernel, 5, "zero"), x, rtol=1e-8)


def test_steps_of_zero_and_a_start():
    assert_array_equal(restore.richardson_lucy(COLOR, [[1.0]], 0), np.full(COLOR.shape, 0.5))
    assert_allclose(restore.richardson_lucy(COLOR, [[1.0]], 1), COLOR, atol=1e-12)
    start = COLOR + 0.1
    assert_array_equal(restore.richardson_lucy(COLOR, [[1.0]], 0, start=start), start)
    channel = restore.richardson_lucy(COLOR[..., 1], KERNELS["skew"], 4)
    assert_allclose(restore.richardson_lucy(COLOR, KERNELS["skew"], 4)[..., 1], channel, atol=1e-12)


# ---------------------------------------------------------------- total variation


def energy(u, noisy, weight):
    return 0.5 * np.sum((u - noisy) ** 2) + weight * restore.total_variation(u)


def test_total_variation_by_loops():
    expected = 0.0
    h, w, c = COLOR.shape
    for i, j, k in np.ndindex(h, w, c):
        down = COLOR[i + 1, j, k] - COLOR[i, j, k] if i + 1 < h else 0
        right = COLOR[i, j + 1, k] - COLOR[i, j, k] if j + 1 < w else 0
        expected += np.hypot(down, right)
    assert restore.total_variation(COLOR) == pytest.approx(expected)


def test_the_differences_and_their_transpose():
    u, p = rng.normal(size=(2, 9, 7)), rng.normal(size=(2, 2, 9, 7))
    Du = np.stack(restore._differences(u))
    assert np.vdot(Du, p) == pytest.approx(np.vdot(u, restore._adjoint(p)), abs=1e-12)


@pytest.mark.parametrize("weight", [0.02, 0.2, 3.0])
def test_the_gap_bounds_energy_and_distance(weight):
    noisy = STEPS + rng.normal(scale=0.1, size=STEPS.shape)
    exact = restore.minimize_rof(noisy, weight, accuracy=2e-4, max_steps=20_000)
    assert exact.gap <= 0.5 * noisy.size * 4e-8
    assert exact.steps < 20_000
    assert exact.energy == pytest.approx(energy(exact.image, noisy, weight), rel=1e-12)
    for accuracy in (3e-2, 1e-2, 1e-3):
        found = restore.minimize_rof(noisy, weight, accuracy)
        assert found.energy >= exact.energy - exact.gap
        assert found.energy - found.gap <= exact.energy
        assert np.sqrt(mse(found.image, exact.image)) <= accuracy + 2e-4
    assert found.steps % 10 == 0
    assert found.steps < exact.steps
    aside = exact.image + 0.01 * rng.normal(size=noisy.shape)
    assert energy(aside, noisy, weight) > exact.energy
    assert exact.image.mean() == pytest.approx(noisy.mean(), abs=1e-12)


@pytest.mark.parametrize("weight", [0.05, 0.3])
def test_total_variation_reaches_what_scikit_image_minimises(weight):
    noisy = STEPS + rng.normal(scale=0.1, size=STEPS.shape)
    theirs = restoration.denoise_tv_chambolle(noisy, weight, eps=1e-12, max_num_iter=20_000)
    ours = restore.minimize_rof(noisy, weight, 2e-4, 20_000)
    assert ours.energy <= energy(theirs, noisy, weight) + ours.gap
    assert_allclose(ours.image, theirs, atol=2e-3)
    default = restoration.denoise_tv_chambolle(noisy, weight)
    assert energy(restore.tv_denoise(noisy, weight), noisy, weight) < energy(default, noisy, weight)


def test_a_row_of_one_step_moves_by_weight_over_length():
    row = np.repeat([[0.0, 1.0]], 8, axis=0).repeat(8, axis=1)
    found = restore.tv_denoise(row, 0.8, 1e-5)
    assert_allclose(found, np.where(row > 0, 0.9, 0.1), atol=1e-3)
    assert_allclose(restore.tv_denoise(row, 100.0), 0.5, atol=1e-2)


def test_total_variation_of_colours_weight_zero_and_the_last_step():
    assert_array_equal(restore.tv_denoise(COLOR, 0), COLOR)
    stacked = [restore.tv_denoise(COLOR[..., c], 0.1, 1e-4) for c in range(3)]
    assert_allclose(restore.tv_denoise(COLOR, 0.1, 1e-4), np.stack(stacked, -1), atol=1e-3)
    assert restore.minimize_rof(COLOR, 0.1, 1e-9, max_steps=7).steps == 7
    assert restore.tv_denoise(COLOR.astype(np.float32), 0.1).dtype == np.float32


# ---------------------------------------------------------------- non-local means


def nl_means_by_loops(image, h, sigma, patch, reach, spread, exp=np.exp):
    rows, columns, _ = image.shape
    r = patch // 2
    padded = np.pad(image, [(r, r), (r, r), (0, 0)], mode="reflect")
    k = np.arange(patch) - r
    G = np.exp(-(k[:, None] ** 2 + k**2) / (2 * spread**2)) if spread else np.ones((patch, patch))
    G = G[..., None] / G.sum() / image.shape[2]
    result = np.empty_like(image)
    for y, x in np.ndindex(rows, columns):
        near = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        total, weights = 0.0, 0.0
        for i in range(rows)[near[0]]:
            for j in range(columns)[near[1]]:
                other = padded[i : i + patch, j : j + patch]
                d2 = np.sum(G * (padded[y : y + patch, x : x + patch] - other) ** 2)
                w = exp(-max(d2 - 2 * sigma**2, 0) / h**2)
                total, weights = total + w * image[i, j], weights + w
        result[y, x] = total / weights
    return result


@pytest.mark.parametrize(
    ("patch", "reach", "sigma", "spread"),
    [(3, 2, 0.0, None), (5, 3, 0.1, None), (3, 40, 0.2, 0.8), (1, 2, 0.0, None)],
)
@pytest.mark.parametrize("image", [COLOR[:13, :9], IMAGE[:11, :12]])
def test_non_local_means_by_their_formula(image, patch, reach, sigma, spread):
    expected = nl_means_by_loops(
        image.reshape(*image.shape[:2], -1), 0.3, sigma, patch, reach, spread
    )
    found = restore.nl_means(image, 0.3, sigma, patch, reach, spread)
    assert_allclose(found, expected.reshape(image.shape), atol=1e-10)


def rough_exp(x):
    """Return about eˣ as scikit-image does, within 4 %: x becomes the exponent's bits.

    Schraudolph (1999), Neural Computation 11, 853-862.
    """
    high = np.int64(2**20 / np.log(2) * x + 2**20 * 1023 - 60801)
    return np.array([high << 32]).view(np.float64)[0]


@pytest.mark.parametrize(("patch", "reach"), [(3, 4), (5, 3)])
@pytest.mark.parametrize("image", [IMAGE[:14, :12], COLOR[:11, :12]])
def test_non_local_means_are_scikit_images_slow_ones_with_its_rough_exponential(
    image, patch, reach
):
    axis = None if image.ndim == 2 else -1
    theirs = restoration.denoise_nl_means(
        image, patch, reach, h=0.7, fast_mode=False, channel_axis=axis
    )
    layers, spread = image.reshape(*image.shape[:2], -1), (patch - 1) / 4
    rough = nl_means_by_loops(layers, 0.7, 0, patch, reach, spread, exp=rough_exp)
    assert_allclose(rough.reshape(image.shape), theirs, atol=1e-6)
    ours = restore.nl_means(image, 0.7, 0, patch, reach, spread)
    assert_allclose(ours, theirs, atol=0.02)


def test_non_local_means_in_bands_are_those_of_the_whole():
    tall = rng.random((150, 9))
    upper = restore.nl_means(tall[:80], 0.5, 0, 3, 4)
    assert_allclose(restore.nl_means(tall, 0.5, 0, 3, 4)[:70], upper[:70], atol=1e-12)


def test_non_local_means_keep_a_texture_that_a_blur_takes():
    stripes = np.tile([0.2, 0.2, 0.8, 0.8], (40, 10))
    noisy = stripes + rng.normal(scale=0.1, size=stripes.shape)
    errors = [
        mse(stripes, restore.nl_means(noisy, 0.08, 0.1)),
        *(mse(stripes, ndimage.gaussian_filter(noisy, s)) for s in (0.3, 0.5, 0.7, 1, 2)),
    ]
    assert errors[0] < 0.5 * min(errors[1:])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: restore.inverse_filter(x, KERNELS["skew"]),
        lambda x: restore.wiener_deconvolution(x, KERNELS["skew"], 0.1),
        lambda x: restore.richardson_lucy(x, KERNELS["skew"], 3),
        lambda x: restore.tv_denoise(x, 0.1),
        lambda x: restore.nl_means(x, 0.2, 0.1),
    ],
)
def test_precision_and_an_untouched_input(function):
    before = COLOR.copy()
    wide = function(COLOR)
    narrow = function(COLOR.astype(np.float32))
    assert_array_equal(COLOR, before)
    assert narrow.dtype == np.float32
    assert wide.dtype == np.float64
    assert wide.shape == narrow.shape == COLOR.shape
    assert_allclose(narrow, wide, atol=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: restore.motion_kernel(0), "length must be a finite number above 0"),
        (lambda: restore.motion_kernel(3, np.inf), "angle must be a finite number"),
        (lambda: restore.disk_kernel(-1), "radius must be a finite number above 0"),
        (lambda: restore.transfer(np.ones((3, 5)), (9, 4)), r"kernel must fit .* 9 × 4.*\(3, 5\)"),
        (lambda: restore.transfer(np.ones((5, 3)), (4, 9)), "kernel must fit"),
        (lambda: restore.transfer(np.ones((2, 3)), (9, 9)), "odd length"),
        (lambda: restore.inverse_filter(IMAGE, [[1.0]], -1), "floor must be a finite number"),
        (lambda: restore.wiener_deconvolution(IMAGE, [[1.0]], -1), "ratio must be .* at least 0"),
        (lambda: restore.wiener_deconvolution(IMAGE, [[1.0]], np.nan), "ratio must be"),
        (
            lambda: restore.wiener_deconvolution(IMAGE, [[1.0]], IMAGE),
            r"shape \(24, 16\).*\(24, 31\)",
        ),
        (lambda: restore.noise_to_signal(IMAGE, -1), "sigma must be a finite number"),
        (lambda: restore.gcv_score(IMAGE, [[1.0]], 0), "ratio must be above 0"),
        (lambda: restore.ratio_by_gcv(IMAGE, [[1.0]], 1, 1), "high must be a finite number above"),
        (lambda: restore.ratio_by_gcv(IMAGE, [[1.0]], 0, 1), "low must be a finite number above"),
        (lambda: restore.ratio_by_discrepancy(IMAGE, [[1.0]], 9), "sigma must lie between"),
        (lambda: restore.ratio_by_discrepancy(IMAGE, [[1.0]], 0), "sigma must be a finite number"),
        (lambda: restore.richardson_lucy(IMAGE - 1, [[1.0]]), "no negative values"),
        (lambda: restore.richardson_lucy(IMAGE, -np.ones((1, 1))), "no negative weights"),
        (lambda: restore.richardson_lucy(IMAGE, [[0.0]]), "one above 0"),
        (lambda: restore.richardson_lucy(IMAGE, [[1.0]], 1, "edge"), "border must be one of"),
        (lambda: restore.richardson_lucy(IMAGE, [[1.0]], -1), "steps must be a whole number"),
        (lambda: restore.richardson_lucy(IMAGE, [[1.0]], start=COLOR), "image and start must"),
        (lambda: restore.poisson_log_likelihood(IMAGE, COLOR, [[1.0]]), "image and estimate must"),
        (lambda: restore.tv_denoise(IMAGE, -1), "weight must be a finite number of at least 0"),
        (lambda: restore.tv_denoise(IMAGE, 1, 0), "accuracy must be a finite number above 0"),
        (lambda: restore.minimize_rof(IMAGE, 1, 1, 0), "max_steps must be a whole number"),
        (lambda: restore.nl_means(IMAGE, 0), "h must be a finite number above 0"),
        (lambda: restore.nl_means(IMAGE, 1, -1), "sigma must be a finite number of at least 0"),
        (lambda: restore.nl_means(IMAGE, 1, 0, 4), "patch must be odd"),
        (lambda: restore.nl_means(IMAGE, 1, 0, 3, 0), "reach must be a whole number"),
        (lambda: restore.nl_means(IMAGE, 1, 0, 3, 1, 0), "spread must be a finite number above 0"),
        (lambda: restore.nl_means(IMAGE, 1, 0, 49), "patch must be less than twice"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
