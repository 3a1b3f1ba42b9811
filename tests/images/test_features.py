"""Colour histograms and oriented gradients: their definitions pixel by pixel, and invariances."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.images import features
from course_lib.images.features import color_histogram, gradients, oriented_gradients


def make_pictures(seed, n=3, h=12, w=16, c=3, dtype="float64"):
    pictures = np.random.default_rng(seed).random((n, h, w, c))
    return (pictures * 255).astype(np.uint8) if dtype == "uint8" else pictures.astype(dtype)


# --- the definitions, one pixel at a time ---------------------------------------------------


def naive_histogram(pictures, bins):
    n, h, w, c = pictures.shape
    counts = np.zeros((n,) + (bins,) * c)
    for i, r, q in np.ndindex(n, h, w):
        counts[(i, *(min(int(v * bins), bins - 1) for v in pictures[i, r, q]))] += 1 / (h * w)
    return counts.reshape(n, -1)


@pytest.mark.parametrize("bins", range(2, 65))
def test_the_bin_of_a_byte_is_exact(bins):
    """255 is the end of the range: byte b is in bin ⌊b · B / 255⌋, white in the last."""
    byte = np.arange(256)
    pictures = byte.astype(np.uint8)[:, None, None]  # 256 pictures of one grey pixel
    expected = np.minimum(byte * bins // 255, bins - 1)
    scaled = pictures / 255
    for X in (pictures, scaled, scaled.astype(np.float32), pictures.astype(np.float32) / 255):
        H = color_histogram(X, bins=bins)
        np.testing.assert_array_equal(H.argmax(axis=1), expected)


def naive_gradient(picture, r, q):
    h, w, _ = picture.shape
    up, down = picture[max(r - 1, 0), q], picture[min(r + 1, h - 1), q]
    left, right = picture[r, max(q - 1, 0)], picture[r, min(q + 1, w - 1)]
    pairs = [((d - u) / 2, (e - f) / 2) for u, d, f, e in zip(up, down, left, right, strict=True)]
    return max(pairs, key=lambda g: g[0] ** 2 + g[1] ** 2)


def naive_cells(picture, cell, orientations):
    h, w, _ = picture.shape
    cells = np.zeros((h // cell, w // cell, orientations))
    for r, q in np.ndindex(h, w):
        down, across = naive_gradient(picture, r, q)
        length = math.hypot(down, across)
        angle = math.degrees(math.atan2(down, across)) % 180
        place = angle * orientations / 180
        low = math.floor(place)
        for direction, share in ((low, 1 - (place - low)), (low + 1, place - low)):
            cells[r // cell, q // cell, direction % orientations] += length * share
    return cells


def naive_features(picture, cell, orientations, block):
    cells = naive_cells(picture, cell, orientations)
    parts = []
    for r in range(cells.shape[0] - block + 1):
        for q in range(cells.shape[1] - block + 1):
            part = cells[r : r + block, q : q + block].ravel()
            parts.append(part / math.sqrt(sum(part**2) + 0.01**2))
    return np.concatenate(parts)


@pytest.mark.parametrize("c", [1, 3])
@pytest.mark.parametrize("bins", [2, 5])
def test_histogram_counts_pixel_by_pixel(bins, c):
    pictures = make_pictures(0, c=c)
    pictures[0, 0, 0] = 1.0  # white is in the last bin, not beyond it
    np.testing.assert_allclose(
        color_histogram(pictures, bins=bins), naive_histogram(pictures, bins), atol=1e-12
    )


@pytest.mark.parametrize("c", [1, 3])
@pytest.mark.parametrize(("cell", "orientations", "block"), [(4, 8, 2), (2, 9, 1), (4, 2, 3)])
def test_oriented_gradients_are_the_sums_of_the_definition(cell, orientations, block, c):
    pictures = make_pictures(1, c=c)
    ours = oriented_gradients(pictures, cell=cell, orientations=orientations, block=block)
    theirs = [naive_features(one, cell, orientations, block) for one in pictures]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_gradients_of_a_ramp_are_its_slope():
    down, across = np.mgrid[0:6, 0:7] * 1.0
    g = gradients((0.05 * down + 0.1 * across)[None])
    np.testing.assert_allclose(g[0, 1:-1, 1:-1], np.broadcast_to([0.05, 0.1], (4, 5, 2)))
    np.testing.assert_allclose(g[0, 0, 1:-1, 0], 0.025)  # half of it at the border


@pytest.mark.parametrize("angle", [0, 22.5, 45, 90, 112.5, 135])
def test_an_edge_votes_for_its_own_direction(angle):
    v, u = np.mgrid[0:16, 0:16] - 7.5
    slope = np.cos(np.radians(angle)) * u + np.sin(np.radians(angle)) * v
    picture = 0.5 + 0.02 * slope
    cells = features._cells(picture[None, :, :, None], 4, 8)[0, 1:-1, 1:-1]
    share = cells / cells.sum(axis=-1, keepdims=True)
    expected = np.eye(8)[round(angle / 22.5)]
    np.testing.assert_allclose(share, np.broadcast_to(expected, share.shape), atol=1e-9)


# --- properties -----------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6), c=st.sampled_from([1, 3]), bins=st.integers(2, 6))
def test_a_histogram_knows_shares_and_no_places(seed, c, bins):
    pictures = make_pictures(seed, c=c)
    H = color_histogram(pictures, bins=bins)
    assert H.shape == (3, bins**c)
    np.testing.assert_allclose(H.sum(axis=1), 1)
    mixed = np.random.default_rng(seed).permutation(pictures.reshape(3, -1, c), axis=1)
    np.testing.assert_array_equal(color_histogram(mixed.reshape(pictures.shape), bins=bins), H)


@given(seed=st.integers(0, 10**6), shift=st.floats(0, 0.3), contrast=st.floats(0.3, 0.7))
def test_light_does_not_move_oriented_gradients(seed, shift, contrast):
    pictures = make_pictures(seed)
    base = oriented_gradients(pictures)
    np.testing.assert_allclose(
        oriented_gradients(contrast * pictures + shift), base, atol=2e-4
    )  # a block's gradients are about 10 long, and 0.01² / (2·(0.3·10)²) is not much
    np.testing.assert_allclose(oriented_gradients(1 - pictures), base, atol=1e-9)


@given(seed=st.integers(0, 10**6))
def test_a_quarter_turn_turns_the_cells_and_the_directions(seed):
    picture = make_pictures(seed, n=1, h=16, w=16)
    cells = features._cells(picture, 4, 8)[0]
    turned = features._cells(np.rot90(picture, axes=(1, 2)), 4, 8)[0]
    np.testing.assert_allclose(turned, np.roll(np.rot90(cells), 4, axis=-1), atol=1e-9)
    mirrored = features._cells(picture[:, :, ::-1], 4, 8)[0]
    np.testing.assert_allclose(mirrored, cells[:, ::-1, -np.arange(8) % 8], atol=1e-9)


@given(seed=st.integers(0, 10**6), block=st.integers(1, 3))
def test_blocks_have_length_one_at_most(seed, block):
    F = oriented_gradients(make_pictures(seed), block=block)
    blocks = F.reshape(3, -1, block * block * 8)
    assert blocks.shape[1] == (4 - block) * (5 - block)
    length = np.linalg.norm(blocks, axis=-1)
    assert length.max() < 1
    assert length.min() > 0.99
    assert F.min() >= 0


def test_a_flat_picture_has_no_edges():
    np.testing.assert_array_equal(oriented_gradients(np.full((2, 8, 8), 0.3)), 0)


def test_kinds_of_numbers_and_of_shapes():
    pictures = make_pictures(2, dtype="uint8")
    for function in (color_histogram, oriented_gradients):
        np.testing.assert_allclose(function(pictures), function(pictures / 255), atol=1e-12)
        grey = pictures[..., :1]
        np.testing.assert_array_equal(function(grey), function(grey[..., 0]))
    single = oriented_gradients((pictures / 255).astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, oriented_gradients(pictures), atol=1e-4)


def test_each_picture_is_described_on_its_own(monkeypatch):
    pictures = make_pictures(3, n=7)
    for function in (color_histogram, oriented_gradients):
        single = np.concatenate([function(one[None]) for one in pictures])
        np.testing.assert_array_equal(single, function(pictures))
    whole = oriented_gradients(pictures)
    monkeypatch.setattr(features, "_AT_ONCE", 400)
    np.testing.assert_array_equal(oriented_gradients(pictures), whole)


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [color_histogram, gradients, oriented_gradients])
@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((2, 8, 8), dtype=int), TypeError, "bytes .* or floats"),
        (np.zeros((8, 8)), ValueError, r"got \(8, 8\).*images\[None\]"),
        (np.zeros((2, 8, 8, 4)), ValueError, "images must have the shape"),
        (np.zeros((0, 8, 8)), ValueError, "at least one picture"),
        (np.full((1, 8, 8), 255.0), ValueError, "Divide bytes by 255"),
        (np.full((1, 8, 8), -0.1), ValueError, "between 0"),
        (np.full((1, 8, 8), np.nan), ValueError, "between 0"),
    ],
)
def test_what_is_no_picture_is_refused(function, images, error, message):
    with pytest.raises(error, match=message):
        function(images)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: color_histogram(X, bins=1), "bins must be a whole number from 2"),
        (lambda X: color_histogram(X, bins=2.5), "bins must be a whole number"),
        (lambda X: oriented_gradients(X, cell=5), "cell=5 does not divide"),
        (lambda X: oriented_gradients(X, cell=0), "cell must be"),
        (lambda X: oriented_gradients(X, orientations=1), "orientations must be"),
        (lambda X: oriented_gradients(X, orientations=65), "orientations must be"),
        (lambda X: oriented_gradients(X, block=4), "block must be a whole number from 1 to 3"),
    ],
)
def test_bad_parameters_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(make_pictures(4))


def test_the_largest_number_of_orientations_is_allowed():
    assert oriented_gradients(make_pictures(4), orientations=64).shape[1] % 64 == 0
