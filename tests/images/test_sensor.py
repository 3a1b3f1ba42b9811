"""The mosaic and its filling on planes, the zone plate by its slope, sampling by its waves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from course_lib.images import sensor

rng = np.random.default_rng(5)
PHOTO = rng.random((12, 15, 3))


def test_half_of_the_pixels_are_green():
    masks = sensor.bayer_masks(6, 8)
    assert_array_equal(masks.sum(axis=2), 1)
    assert masks.mean(axis=(0, 1)).tolist() == [0.25, 0.5, 0.25]
    assert_array_equal(masks[:2, :2].argmax(axis=2), [[0, 1], [1, 2]])


def test_what_was_counted_stays():
    mosaic = sensor.bayer_mosaic(PHOTO)
    filled = sensor.demosaic(mosaic)
    assert_allclose(sensor.bayer_mosaic(filled), mosaic)
    red, blue = (mosaic[4, 6] + mosaic[4, 8]) / 2, (mosaic[3, 7] + mosaic[5, 7]) / 2
    assert_allclose(filled[4, 7], [red, mosaic[4, 7], blue])


def test_a_plane_of_any_colour_comes_back():
    i, j = np.indices((11, 10))
    plane = np.stack([0.1 + 0.02 * i + 0.01 * j, 0.5 - 0.01 * i, 0.02 * j], axis=2)
    back = sensor.demosaic(sensor.bayer_mosaic(plane))
    assert_allclose(back[1:-1, 1:-1], plane[1:-1, 1:-1])
    flat = np.full((5, 4, 3), [0.2, 0.5, 0.7])
    assert_allclose(sensor.demosaic(sensor.bayer_mosaic(flat)), flat)


def test_fine_grey_stripes_get_a_false_colour():
    stripes = np.tile([0.0, 1.0], (6, 4))[..., None] * np.ones(3)
    inside = sensor.demosaic(sensor.bayer_mosaic(stripes))[2:-2, 2:-2]
    assert_allclose(inside[..., 0], 0)  # red is counted in the dark columns, blue in the bright
    assert_allclose(inside[..., 2], 1)


@pytest.mark.parametrize("side", [64, 161])
def test_rings_have_r_by_side_cycles_a_pixel(side):
    plate = sensor.zone_plate(side)
    middle = side // 2
    assert plate[middle, middle] == plate.max() == 1
    assert_allclose(plate, plate.T)
    r = np.arange(side - middle)
    assert_allclose(plate[middle, middle:], np.cos(np.pi * r**2 / (2 * side)) ** 2, atol=1e-12)


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_kept_pixels_and_what_is_false_in_them(step):
    image = rng.random((30, 60))
    kept, false = sensor.sampled(image, step)
    assert_array_equal(kept, image[::step, ::step])
    assert_allclose(np.mean(kept - false), image.mean())  # the longest wave of all is true


def test_smooth_pictures_have_nothing_false():
    x = np.arange(48)
    wave = np.cos(2 * np.pi * x / 12) + np.sin(2 * np.pi * x / 16)[:, None]
    kept, false = sensor.sampled(wave, 4)
    assert_allclose(false, 0, atol=1e-12)
    assert_allclose(kept, wave[::4, ::4])


def test_a_wave_shows_as_its_alias():
    x = np.arange(60)
    kept, false = sensor.sampled(np.tile(np.cos(2 * np.pi * 0.4 * x), (4, 1)), 2)
    assert_allclose(kept[0], np.cos(2 * np.pi * 0.2 * np.arange(30)), atol=1e-12)
    assert_allclose(false, kept, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sensor.bayer_mosaic(PHOTO[..., 0]), "rgb"),
        (lambda: sensor.demosaic(PHOTO), "mosaic"),
        (lambda: sensor.demosaic([[1.0, 2.0]]), "two rows and columns"),
        (lambda: sensor.sampled(PHOTO[..., 0], 0), "step"),
        (lambda: sensor.zone_plate(0), "side"),
        (lambda: sensor.bayer_masks(0, 3), "h"),
    ],
)
def test_what_is_wrong_is_said(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_single_precision_stays():
    image = PHOTO.astype(np.float32)
    assert sensor.demosaic(sensor.bayer_mosaic(image)).dtype == np.float32
    assert all(x.dtype == np.float32 for x in sensor.sampled(image[..., 0], 2))
