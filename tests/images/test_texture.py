"""Textures: copies know their source, seams are the least of all, noise follows its grid."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from course_lib.images import texture

rng = np.random.default_rng(1)
SAMPLE = rng.random((14, 17))
COLOR = rng.random((15, 13, 3))
STRIPES = np.tile([0.1, 0.1, 0.9, 0.5], (20, 5))


# ---------------------------------------------------------------- Efros and Leung


@pytest.mark.parametrize("sample", [SAMPLE, COLOR])
@pytest.mark.parametrize(("shape", "window"), [((9, 12), 3), ((5, 4), 5), ((3, 3), 3), ((7, 7), 7)])
def test_every_grown_pixel_is_a_copy(sample, shape, window):
    grown = texture.efros_leung(sample, shape, window, random_state=0)
    assert grown.image.shape == (*shape, *sample.shape[2:])
    assert_array_equal(grown.image, sample[grown.source[..., 0], grown.source[..., 1]])
    assert np.sum(grown.order == 0) == 9  # the seed
    assert_array_equal(np.sort(grown.order.ravel())[9:], np.arange(1, np.prod(shape) - 8))
    seed = np.argwhere(grown.order == 0)
    assert np.all(seed.max(axis=0) - seed.min(axis=0) == 2)
    shifts = grown.source[tuple(seed.T)] - seed
    assert np.all(shifts == shifts[0])


def test_each_pixel_is_drawn_from_the_nearly_best():
    """Replay the growth, with the errors of all windows by loops."""
    tolerance, window, r = 0.1, 5, 2
    grown = texture.efros_leung(COLOR, (8, 9), window, tolerance, random_state=3)
    k = np.arange(window) - r
    bell = np.exp(-0.5 * (k[:, None] ** 2 + k**2) / (window / 6.4) ** 2)
    u, known = np.zeros((12, 13, 3)), np.zeros((12, 13), dtype=bool)
    for step in range(grown.order.max() + 1):
        for y, x in np.argwhere(grown.order == step):
            a, b = grown.source[y, x]
            if step:
                box = np.s_[y : y + window, x : x + window]
                weights = (bell * known[box])[..., None]
                errors = {
                    (i, j): np.sum(
                        weights * (COLOR[i - r : i + r + 1, j - r : j + r + 1] - u[box]) ** 2
                    )
                    for i in range(r, 15 - r)
                    for j in range(r, 13 - r)
                }
                assert errors[a, b] <= min(errors.values()) * (1 + tolerance) + 1e-9
                assert known[y + r - 1 : y + r + 2, x + r - 1 : x + r + 2].any()
        for y, x in np.argwhere(grown.order == step):
            u[y + r, x + r], known[y + r, x + r] = grown.image[y, x], True


def test_a_regular_texture_grows_on_without_a_fault():
    for seed in range(5):
        grown = texture.efros_leung(STRIPES, (11, 13), 7, random_state=seed).image
        assert np.all(grown == grown[:1])
        assert_array_equal(grown[:, 4:], grown[:, :-4])


def test_a_tolerance_of_zero_copies_verbatim():
    strict = texture.efros_leung(SAMPLE, (9, 9), 5, 0.0, random_state=0)
    loose = texture.efros_leung(SAMPLE, (9, 9), 5, 9.0, random_state=0)

    def pieces(source):
        shifts = source - np.stack(np.indices((9, 9)), axis=-1)
        return len(np.unique(shifts.reshape(-1, 2), axis=0))

    assert 2 * pieces(strict.source) < pieces(loose.source)


# ---------------------------------------------------------------- seams


def all_cuts(n, m):
    for first in range(m):
        for steps in product((-1, 0, 1), repeat=n - 1):
            cut = np.cumsum([first, *steps])
            if cut.min() >= 0 and cut.max() < m:
                yield cut


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (6, 1), (5, 4), (7, 3), (6, 6)])
def test_no_cut_is_cheaper(n, m):
    for _ in range(5):
        errors = rng.random((n, m))
        cut = texture.minimum_cut(errors)
        costs = {tuple(c): errors[np.arange(n), c].sum() for c in all_cuts(n, m)}
        assert tuple(cut) in costs
        assert costs[tuple(cut)] == pytest.approx(min(costs.values()))


@pytest.mark.parametrize("sample", [SAMPLE, COLOR])
@pytest.mark.parametrize("seams", ["minimum", "straight", "random"])
@pytest.mark.parametrize(
    ("shape", "block", "overlap"), [((21, 30), 6, 2), ((5, 4), 8, 3), ((17, 12), 5, 1)]
)
def test_every_sewn_pixel_is_a_copy(sample, seams, shape, block, overlap):
    sewn = texture.quilt(sample, shape, block, overlap, random_state=0, seams=seams)
    assert sewn.image.shape == (*shape, *sample.shape[2:])
    assert_array_equal(sewn.image, sample[sewn.source[..., 0], sewn.source[..., 1]])
    step = block - overlap
    i, j = np.indices(shape)
    for k in np.unique(sewn.block):
        places = np.argwhere(sewn.block == k)
        shifts = sewn.source[tuple(places.T)] - places
        assert np.all(shifts == shifts[0])  # one piece of the sample
    across = max(-(-(shape[1] - overlap) // step), 1)
    rows, columns = np.divmod(sewn.block, across)
    assert np.all((rows * step <= i) & (i < rows * step + block))
    assert np.all((columns * step <= j) & (j < columns * step + block))
    if seams != "minimum":
        assert_array_equal(columns[0], np.minimum(j[0] // step, columns.max()))
    below, right = np.diff(sewn.block, axis=0) != 0, np.diff(sewn.block, axis=1) != 0
    expected = np.pad(below, [(0, 1), (0, 0)]) | np.pad(right, [(0, 0), (0, 1)])
    assert_array_equal(sewn.seams, expected)


def test_a_seam_is_where_two_blocks_agree_best():
    """Two blocks side by side: no other cut through their overlap has a smaller sum of squares."""
    overlap, block = 4, 7
    for seed in range(5):
        sewn = texture.quilt(SAMPLE, (7, 10), block, overlap, random_state=seed)
        cut = np.array([np.argmax(row[3:] == 1) for row in sewn.block])
        assert np.all(sewn.block[:, :3] == 0)
        first = sewn.source[0, 0]
        y, x = sewn.source[0, 9] - [0, 6]  # where the second block begins in the sample
        left = SAMPLE[first[0] : first[0] + 7, first[1] + 3 : first[1] + 7]
        new = SAMPLE[y : y + 7, x : x + 4]
        errors = (left - new) ** 2
        cost = errors[np.arange(7), cut].sum()
        assert cost == pytest.approx(min(errors[np.arange(7), c].sum() for c in all_cuts(7, 4)))


def test_a_block_is_drawn_from_the_nearly_best():
    for seed in range(10):
        sewn = texture.quilt(COLOR, (6, 10), 6, 2, 0.2, seed, seams="straight")
        a, b = sewn.source[0, 0]
        strip = COLOR[a : a + 6, b + 4 : b + 6]
        errors = {
            (y, x): np.sum((COLOR[y : y + 6, x : x + 2] - strip) ** 2) for y, x in np.ndindex(10, 8)
        }
        chosen = errors[tuple(sewn.source[0, 4])]
        assert chosen <= 1.2 * min(errors.values()) + 1e-8


def test_blocks_that_were_compared_fit_better_than_any():
    smooth = np.add.outer(np.sin(np.arange(40) / 3), np.cos(np.arange(40) / 2))
    smooth = smooth + rng.normal(scale=0.1, size=smooth.shape)

    def roughness(seams):
        jumps = []
        for seed in range(10):
            sewn = texture.quilt(smooth, (60, 60), 14, 5, random_state=seed, seams=seams)
            here, down = sewn.block[:-1] != sewn.block[1:], np.diff(sewn.image, axis=0)
            jumps.append(np.mean(down[here] ** 2))
        return np.array(jumps)

    minimum, straight, random = (roughness(s) for s in ("minimum", "straight", "random"))
    assert np.all(minimum < 0.2 * random)
    assert np.all(straight < 0.2 * random)


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: texture.efros_leung(SAMPLE, (6, 6), 3, random_state=seed).image,
        lambda seed: texture.quilt(SAMPLE, (20, 20), 6, random_state=seed).image,
        lambda seed: texture.value_noise((9, 8), 4, seed),
        lambda seed: texture.gradient_noise((9, 8), 4, seed),
        lambda seed: texture.fractal_noise((9, 8), 4, random_state=seed),
        lambda seed: texture.gray_scott((20, 20), steps=5, random_state=seed)[1],
    ],
)
def test_one_seed_one_texture(make):
    assert_array_equal(make(0), make(0))
    assert_array_equal(make(0), make(np.random.RandomState(0)))
    assert not np.array_equal(make(0), make(1))


# ---------------------------------------------------------------- noise functions


@pytest.mark.parametrize("cell", [4, 8, 5.0])
def test_noise_at_the_points_of_its_grid(cell):
    step = int(cell)
    values = texture.value_noise((33, 41), cell, 0)
    grid = np.random.RandomState(0).uniform(size=(32 // step + 2, 40 // step + 2))
    on_grid = values[::step, ::step]
    assert_allclose(on_grid, grid[: on_grid.shape[0], : on_grid.shape[1]], atol=1e-12)
    assert_allclose(texture.gradient_noise((33, 41), cell, 0)[::step, ::step], 0, atol=1e-12)


def test_noise_by_its_formula_at_one_place():
    cell, (y, x) = 7.3, (11, 19)
    i, j, s, t = int(y / cell), int(x / cell), y / cell % 1, x / cell % 1
    grid = (int(29 / cell) + 2, int(30 / cell) + 2)
    angle = np.random.RandomState(5).uniform(0, 2 * np.pi, size=grid)
    value = np.random.RandomState(5).uniform(size=grid)

    def mixed(corner):
        def curve(z):
            return 6 * z**5 - 15 * z**4 + 10 * z**3

        return sum(
            corner(a, b) * (curve(s) if a else 1 - curve(s)) * (curve(t) if b else 1 - curve(t))
            for a, b in product((0, 1), repeat=2)
        )

    expected = mixed(lambda a, b: value[i + a, j + b])
    assert texture.value_noise((30, 31), cell, 5)[y, x] == pytest.approx(expected)
    expected = mixed(
        lambda a, b: np.sin(angle[i + a, j + b]) * (s - a) + np.cos(angle[i + a, j + b]) * (t - b)
    )
    assert texture.gradient_noise((30, 31), cell, 5)[y, x] == pytest.approx(expected)


def test_noise_is_smooth_and_in_range():
    for noise, low, high in ((texture.value_noise, 0, 1), (texture.gradient_noise, -0.71, 0.71)):
        fine = noise((400, 400), 100, 0)
        assert low <= fine.min() < fine.max() <= high
        bends = np.diff(fine, n=2, axis=0)
        assert np.abs(bends).max() < 20 / 100**2  # no kink where two cells meet


def test_gradient_noise_has_no_long_waves():
    """Means over whole cells vary little, beside those of value noise."""

    def spread_of_means(noise):
        x = np.stack([noise((128, 128), 8, seed) for seed in range(5)])
        means = x.reshape(5, 4, 32, 4, 32).mean(axis=(2, 4))
        return means.std() / x.std()

    assert spread_of_means(texture.gradient_noise) < 0.5 * spread_of_means(texture.value_noise)


def test_fractal_noise_is_a_sum_of_octaves():
    seeds = np.random.RandomState(2)
    layers = [texture.value_noise((20, 24), 8 / 2**k, seeds) for k in range(3)]
    expected = (layers[0] + 0.6 * layers[1] + 0.36 * layers[2]) / 1.96
    found = texture.fractal_noise((20, 24), 8, 3, 0.6, texture.value_noise, random_state=2)
    assert_allclose(found, expected)


def test_reaction_and_diffusion_by_loops():
    U, V = texture.gray_scott((12, 15), 0.03, 0.06, 0, random_state=1)
    assert set(np.unique(U)) == {0.5, 1.0}
    assert_array_equal(V, np.where(U == 0.5, 0.25, 0))
    for _ in range(3):
        u, v = U.copy(), V.copy()
        for i, j in np.ndindex(12, 15):
            near = [(i - 1, j), ((i + 1) % 12, j), (i, j - 1), (i, (j + 1) % 15)]
            spread_u = sum(u[p] for p in near) - 4 * u[i, j]
            spread_v = sum(v[p] for p in near) - 4 * v[i, j]
            reaction = u[i, j] * v[i, j] ** 2
            U[i, j] += 0.2 * spread_u - reaction + 0.03 * (1 - u[i, j])
            V[i, j] += 0.1 * spread_v + reaction - 0.09 * v[i, j]
    found = texture.gray_scott((12, 15), 0.03, 0.06, 3, random_state=1, diffusion=(0.2, 0.1))
    assert_allclose(found, (U, V), atol=1e-12)


def test_reaction_and_diffusion_make_a_pattern_that_neither_makes_alone():
    U, V = texture.gray_scott((64, 64), steps=3000, random_state=0)
    assert 0 <= U.min() < U.max() <= 1
    assert V.std() > 0.05
    starved = texture.gray_scott((64, 64), feed=0.0, steps=3000, random_state=0)[1]
    assert starved.max() < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: texture.efros_leung(SAMPLE, (2, 9)), "shape must be a whole number of at least 3"),
        (lambda: texture.efros_leung(SAMPLE, 9), "shape must be two whole numbers"),
        (lambda: texture.efros_leung(SAMPLE, (9, 9), 4), "window must be odd"),
        (lambda: texture.efros_leung(SAMPLE, (9, 9), 15), "window must be at most .* 14 × 17"),
        (lambda: texture.efros_leung(SAMPLE, (9, 9), 1), "window must be 3 or more; got 1"),
        (lambda: texture.efros_leung(SAMPLE, (9, 9), 3, -1), "tolerance must be a finite number"),
        (lambda: texture.efros_leung(SAMPLE[0], (9, 9)), "sample must be a picture"),
        (lambda: texture.minimum_cut([1, 2]), "errors must be a picture"),
        (lambda: texture.quilt(SAMPLE, (9, 9), 15), "block must be a whole number from 2 to 14"),
        (lambda: texture.quilt(SAMPLE, (9, 9), 1), "block must be a whole number from 2"),
        (lambda: texture.quilt(SAMPLE, (9, 9), 5, 5), "overlap must be a whole number from 1 to 4"),
        (lambda: texture.quilt(SAMPLE, (0, 9), 5), "shape must be a whole number of at least 1"),
        (lambda: texture.quilt(SAMPLE, (9, 9), 5, 2, -1), "tolerance must be a finite number"),
        (lambda: texture.quilt(SAMPLE, (9, 9), 5, seams="none"), "seams must be 'minimum'"),
        (lambda: texture.value_noise((9, 9), 0), "cell must be a finite number above 0"),
        (lambda: texture.gradient_noise((9, 0), 3), "shape must be a whole number"),
        (lambda: texture.fractal_noise((9, 9), 3, 0), "octaves must be a whole number"),
        (lambda: texture.fractal_noise((9, 9), 3, 2, 0), "persistence must be a finite number"),
        (lambda: texture.gray_scott((9, 9), feed=-1), "feed must be a finite number"),
        (lambda: texture.gray_scott((9, 9), kill=-1), "kill must be a finite number"),
        (lambda: texture.gray_scott((9, 9), steps=-1), "steps must be a whole number"),
        (lambda: texture.gray_scott((9, 9), diffusion=(0.3, 0.1)), "at most 0.25"),
        (lambda: texture.gray_scott((9, 9), diffusion=0.1), "diffusion must be two numbers"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
