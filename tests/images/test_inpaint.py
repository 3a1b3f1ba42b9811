"""Holes filled: Laplace's equation, scikit-image's biharmonic one, and copies from elsewhere."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from skimage import restoration

from course_lib.images import inpaint
from course_lib.images.filters import laplacian

rng = np.random.default_rng(1)
IMAGE = rng.random((22, 27))
COLOR = rng.random((16, 15, 3))


def hole(shape, *boxes):
    mask = np.zeros(shape[:2], dtype=bool)
    for box in boxes:
        mask[box] = True
    return mask


MASKS = {
    "inside": hole(IMAGE.shape, np.s_[5:12, 4:15]),
    "a corner and a whole side": hole(IMAGE.shape, np.s_[:6, :5], np.s_[20:, :]),
    "specks": rng.random(IMAGE.shape) < 0.6,
    "one pixel": hole(IMAGE.shape, np.s_[3:4, 3:4]),
    "all but one": ~hole(IMAGE.shape, np.s_[3:4, 3:4]),
}


def by_neighbours(u):
    """Return Σ (neighbour − pixel), with no neighbours outside: as a mirrored border says."""
    return laplacian(u, border="symmetric")


def test_the_matrix_is_the_laplacian():
    L = inpaint.laplacian_matrix(5, 7)
    u = rng.normal(size=(5, 7))
    assert_allclose((L @ u.ravel()).reshape(5, 7), by_neighbours(u), atol=1e-12)
    assert_array_equal(L.toarray(), L.toarray().T)
    assert inpaint.laplacian_matrix(1, 1).toarray().item() == 0
    assert_array_equal(inpaint.laplacian_matrix(1, 2).toarray(), [[-1, 1], [1, -1]])


@pytest.mark.parametrize("name", MASKS)
def test_the_harmonic_fill_solves_laplaces_equation(name):
    mask = MASKS[name]
    filled = inpaint.inpaint_harmonic(IMAGE, mask)
    assert_allclose(by_neighbours(filled)[mask], 0, atol=1e-10)
    assert_array_equal(filled[~mask], IMAGE[~mask])


@pytest.mark.parametrize("name", MASKS)
def test_the_harmonic_fill_stays_between_the_values_around_its_hole(name):
    mask = MASKS[name]
    filled = inpaint.inpaint_harmonic(IMAGE, mask)
    parts, count = ndimage.label(mask)
    for part in range(1, count + 1):
        inside = parts == part
        rim = IMAGE[ndimage.binary_dilation(inside) & ~inside]
        assert filled[inside].min() >= rim.min() - 1e-12
        assert filled[inside].max() <= rim.max() + 1e-12


@pytest.mark.parametrize("name", MASKS)
def test_the_biharmonic_fill_solves_its_equation_and_is_scikit_images(name):
    mask = MASKS[name]
    filled = inpaint.inpaint_biharmonic(IMAGE, mask)
    assert_array_equal(filled[~mask], IMAGE[~mask])
    scale = max(np.abs(filled).max(), 1)
    assert_allclose(by_neighbours(by_neighbours(filled))[mask], 0, atol=1e-8 * scale)
    clipped = np.clip(filled, IMAGE[~mask].min(), IMAGE[~mask].max())
    assert_allclose(clipped, restoration.inpaint_biharmonic(IMAGE, mask), atol=1e-8)


def test_planes_go_on_in_the_one_and_not_in_the_other():
    i, j = np.mgrid[:22, :27]
    plane, mask = 0.3 * i - 0.2 * j, MASKS["inside"]
    assert_allclose(inpaint.inpaint_harmonic(plane, mask), plane, atol=1e-10)
    bump = (i - 8.0) ** 2 + (j - 9) ** 2  # L is 4 everywhere inside, so LL is 0 and L is not
    assert_allclose(inpaint.inpaint_biharmonic(bump, mask), bump, atol=1e-8)
    assert np.abs(inpaint.inpaint_harmonic(bump, mask) - bump).max() > 5


def test_the_fills_have_the_least_energy():
    mask = MASKS["inside"]
    steps = (rng.normal(scale=0.01, size=IMAGE.shape) * mask for _ in range(10))
    smooth = inpaint.inpaint_harmonic(IMAGE, mask)
    bent = inpaint.inpaint_biharmonic(IMAGE, mask)
    for step in steps:
        slopes = [
            np.sum(np.diff(u, axis=0) ** 2) + np.sum(np.diff(u) ** 2)
            for u in (smooth, smooth + step)
        ]
        bends = [np.sum(by_neighbours(u) ** 2) for u in (bent, bent + step)]
        assert slopes[0] < slopes[1]
        assert bends[0] < bends[1]


@pytest.mark.parametrize("fill", [inpaint.inpaint_harmonic, inpaint.inpaint_biharmonic])
def test_colours_precision_lost_values_and_an_empty_mask(fill):
    mask = rng.random(COLOR.shape[:2]) < 0.4
    stacked = [fill(COLOR[..., c], mask) for c in range(3)]
    filled = fill(COLOR, mask)
    assert_allclose(filled, np.stack(stacked, axis=-1), atol=1e-12)
    lost = np.where(mask[..., None], np.nan, COLOR)
    assert_array_equal(fill(lost, mask), filled)
    assert np.isnan(lost).sum() == 3 * mask.sum()  # the given picture stays as it was
    assert fill(COLOR.astype(np.float32), mask).dtype == np.float32
    same = fill(COLOR, np.zeros_like(mask))
    assert_array_equal(same, COLOR)
    assert same is not COLOR
    assert not np.shares_memory(same, COLOR)


# ---------------------------------------------------------------- exemplars


def check_sources(image, mask, fill):
    """Every pixel is a copy of the known one that `source` names, and known ones are themselves."""
    rows, columns = fill.source[..., 0], fill.source[..., 1]
    assert not mask[rows, columns].any()
    assert_array_equal(fill.image, image[rows, columns])
    i, j = np.indices(mask.shape)
    assert_array_equal(rows[~mask], i[~mask])
    assert_array_equal(columns[~mask], j[~mask])
    assert_array_equal(fill.order > 0, mask)
    assert_array_equal(np.unique(fill.order[mask]), np.arange(1, fill.order.max() + 1))


@pytest.mark.parametrize(
    "mask",
    [
        hole((16, 15), np.s_[5:9, 4:11]),
        hole((16, 15), np.s_[:4, :5]),
        hole((16, 15), np.s_[12:, 9:], np.s_[2:5, 12:]),
        hole((16, 15), np.s_[:, 6:9]),
    ],
)
@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("image", [COLOR, COLOR[..., 0]])
def test_an_exemplar_fill_copies_known_pixels(image, mask, size):
    fill = inpaint.inpaint_exemplar(
        np.where(mask.reshape(16, 15, *[1] * (image.ndim - 2)), np.nan, image), mask, size
    )
    check_sources(np.where(mask.reshape(16, 15, *[1] * (image.ndim - 2)), -1, image), mask, fill)
    again = inpaint.inpaint_exemplar(image, mask, size)  # what is lost is not looked at
    assert_array_equal(again.source, fill.source)


def test_each_step_copies_one_nearest_patch():
    mask = hole(COLOR.shape, np.s_[6:9, 5:11])
    fill = inpaint.inpaint_exemplar(COLOR, mask, 5)
    known = ~mask
    for step in range(1, fill.order.max() + 1):
        now = fill.order == step
        costs = []  # of the shift that was taken, and the least, for each patch it can have been
        shift = (fill.source - np.stack(np.indices(mask.shape), axis=-1))[now]
        assert np.all(shift == shift[0])
        for y, x in np.argwhere(now):
            box = np.s_[y - 2 : y + 3, x - 2 : x + 3]
            if not np.array_equal(~known[box], now[box]) or now[box].sum() < now.sum():
                continue
            errors = {
                (a + 2 - y, b + 2 - x): np.sum(
                    (COLOR[a : a + 5, b : b + 5] - fill.image[box])[known[box]] ** 2
                )
                for a, b in np.ndindex(12, 11)
                if not mask[a : a + 5, b : b + 5].any()
            }
            costs.append((errors.get(tuple(shift[0]), np.inf), min(errors.values())))
        assert any(taken == pytest.approx(least) for taken, least in costs)
        known |= now


def test_a_line_is_continued_before_what_lies_beside_it():
    image = np.full((31, 41), 0.3)
    image[15:] = 0.8  # an edge from left to right
    mask = hole(image.shape, np.s_[8:23, 14:27])
    fill = inpaint.inpaint_exemplar(image, mask, 7)
    assert_array_equal(fill.image, image)
    first_rows = np.unique(np.argwhere(fill.order == 1)[:, 0])
    assert {14, 15} & set(first_rows)  # by confidence alone a corner would be first


def test_without_edges_what_is_surest_comes_first_and_from_near():
    mask = hole((21, 21), np.s_[6:15, 6:15])
    fill = inpaint.inpaint_exemplar(np.full((21, 21), 0.5), mask, 3)
    corners = [(6, 6), (6, 14), (14, 6), (14, 14)]  # five of nine known; later ones are less sure
    assert sorted(fill.order[c] for c in corners) == [1, 2, 3, 4]
    shift = fill.source[6, 6] - [6, 6]
    assert np.sum(shift**2) == 4
    mask = hole((21, 21), np.s_[:9, :9])  # patches over the border are less sure than the corner
    assert inpaint.inpaint_exemplar(np.full((21, 21), 0.5), mask, 3).order[8, 8] == 1


def test_a_texture_is_better_copied_than_smoothed():
    i, j = np.mgrid[:40, :44]
    image = 0.5 + 0.5 * np.sin(2 * np.pi * (i + 2 * j) / 8)
    mask = hole(image.shape, np.s_[14:26, 15:29])
    copied = inpaint.inpaint_exemplar(image, mask, 9).image
    smooth = inpaint.inpaint_harmonic(image, mask)
    assert np.abs(copied - image)[mask].max() < 1e-8
    assert np.abs(smooth - image)[mask].mean() > 0.2


def test_precision_and_an_empty_mask():
    mask = np.zeros(IMAGE.shape, dtype=bool)
    fill = inpaint.inpaint_exemplar(IMAGE, mask)
    assert_array_equal(fill.image, IMAGE)
    assert fill.order.max() == 0
    narrow = inpaint.inpaint_exemplar(
        COLOR.astype(np.float32), hole(COLOR.shape, np.s_[4:8, 4:8]), 3
    )
    assert narrow.image.dtype == np.float32


@pytest.mark.parametrize(
    "fill", [inpaint.inpaint_harmonic, inpaint.inpaint_biharmonic, inpaint.inpaint_exemplar]
)
@pytest.mark.parametrize(
    ("image", "mask", "error", "message"),
    [
        (IMAGE, np.zeros((22, 26), dtype=bool), ValueError, r"\(22, 27\).*\(22, 26\)"),
        (COLOR, np.zeros(COLOR.shape, dtype=bool), ValueError, "mask must have one value a pixel"),
        (IMAGE, np.ones(IMAGE.shape, dtype=bool), ValueError, "everything is lost"),
        (IMAGE, np.zeros(IMAGE.shape), TypeError, "mask must hold True and False"),
        (np.full((3, 3), np.nan), np.eye(3, dtype=bool), ValueError, "NaN"),
        (np.ones(3), np.zeros(3, dtype=bool), ValueError, "picture of shape"),
    ],
)
def test_bad_input_is_refused(fill, image, mask, error, message):
    with pytest.raises(error, match=message):
        fill(image, mask)


def test_a_single_row_is_filled_too():
    mask = hole((1, 9), np.s_[:, 3:5])
    row = np.arange(9.0)[None]
    fill = inpaint.inpaint_exemplar(row, mask, 1)
    check_sources(row, mask, fill)


def test_an_exemplar_needs_a_known_patch():
    mask = hole(IMAGE.shape, np.s_[::4, :])
    with pytest.raises(ValueError, match="one 5 × 5 patch is known"):
        inpaint.inpaint_exemplar(IMAGE, mask, 5)
    with pytest.raises(ValueError, match="size must be odd"):
        inpaint.inpaint_exemplar(IMAGE, mask, 4)
    with pytest.raises(ValueError, match="size must be at most the picture's sides"):
        inpaint.inpaint_exemplar(IMAGE, mask, 25)


@pytest.mark.parametrize("turns", range(4))
def test_the_last_row_before_the_border_counts(turns):
    """The hole leaves one row of the columns, and only that says how they go on."""
    columns = np.random.default_rng(0).integers(0, 2, 60).astype(float)
    picture, hole = np.tile(columns, (3, 1)), np.zeros((3, 60), dtype=bool)
    hole[1:, 20:31] = True
    picture, hole = np.rot90(picture, turns), np.rot90(hole, turns)
    assert_array_equal(inpaint.inpaint_exemplar(picture, hole, 3).image, picture)
