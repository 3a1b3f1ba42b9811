import numpy as np
import pytest

from course_lib.datasets import (
    PHOTOS,
    changed_cats,
    load_grey_photo,
    load_photo,
    photo_tiles,
)


@pytest.mark.parametrize("name", ["china", "flower"])
def test_a_photo_holds_every_byte_of_the_file(name):
    from sklearn.datasets import load_sample_image

    photo = load_photo(name)
    assert photo.dtype == np.float64
    assert np.array_equal(np.round(photo * 255).astype(np.uint8), load_sample_image(f"{name}.jpg"))


def test_the_two_photos_differ_and_may_be_changed():
    photo = load_photo("flower")
    photo[:] = 0
    assert load_photo("flower").max() > 0.9
    assert not np.array_equal(load_photo("china"), load_photo("flower"))


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="no photo 'cat'; choose one of"):
        load_photo("cat")


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photo_has_the_shape_it_states_and_whole_bytes(name):
    photo = load_photo(name)
    assert photo.shape == PHOTOS[name].shape
    assert photo.dtype == np.float64
    assert 0 <= photo.min() < photo.max() <= 1
    assert photo.max() > 0.6  # not divided by 255 twice
    np.testing.assert_allclose(photo * 255, np.round(photo * 255), atol=1e-9)


def test_no_two_photos_are_the_same():
    corners = {load_photo(name)[:40, :40].tobytes() for name in PHOTOS}
    assert len(corners) == len(PHOTOS)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_grey_square_is_the_mean_of_squares_of_pixels(name):
    small, photo = load_grey_photo(name), load_photo(name)
    assert small.shape == (256, 256)
    step = min(photo.shape[:2]) // 256
    one = photo[3 * step : 4 * step, 5 * step : 6 * step]
    luma = one if one.ndim == 2 else one @ [0.299, 0.587, 0.114]
    assert small[3, 5] == pytest.approx(luma.mean())


def test_a_side_longer_than_the_photo_is_refused():
    assert load_grey_photo("coins", 303).shape == (303, 303)
    with pytest.raises(ValueError, match="side"):
        load_grey_photo("coins", 304)


def test_tiles_are_means_of_the_photograph_in_reading_order():
    tiles, origin = photo_tiles(["coffee", "chelsea"], side=32)
    coffee = load_photo("coffee")
    assert tiles.shape == (6 * 9 + 4 * 7, 32, 32, 3)
    np.testing.assert_allclose(
        tiles[10, 3, 5], coffee[64 + 6 : 64 + 8, 64 + 10 : 64 + 12].mean(axis=(0, 1))
    )
    assert np.bincount(origin).tolist() == [54, 28]


@pytest.mark.parametrize(
    ("names", "side", "message"),
    [(["coins"], 16, "grey"), (["nobody"], 16, "no photo"), (["coffee"], 201, "side")],
)
def test_tiles_need_a_colour_photo_and_a_side_that_fits(names, side, message):
    with pytest.raises(ValueError, match=message):
        photo_tiles(names, side)


def test_changed_cats_are_nine_pictures_of_one_shape():
    cats = changed_cats()
    assert len(cats) == 9
    for picture in cats.values():
        assert picture.shape == (64, 64, 3)
        assert picture.min() >= 0
        assert picture.max() <= 1
