"""Colours against matplotlib, scikit-image and the definitions."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colors as mpl
from skimage import color as reference

from course_lib.images import color

RGB = np.random.default_rng(0).random((40, 30, 3))
CORNERS = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, 8).T.astype(float)
PAIRS = {
    "hsv": (color.rgb_to_hsv, color.hsv_to_rgb),
    "ycbcr": (color.rgb_to_ycbcr, color.ycbcr_to_rgb),
    "lab": (color.rgb_to_lab, color.lab_to_rgb),
    "linear": (color.to_linear, color.from_linear),
}


@pytest.mark.parametrize("space", PAIRS)
@pytest.mark.parametrize("rgb", [RGB, CORNERS, CORNERS / 2, 1 - CORNERS / 255, CORNERS / 255])
def test_there_and_back(space, rgb):
    there, back = PAIRS[space]
    assert np.allclose(back(there(rgb)), rgb, atol=1e-10)


@pytest.mark.parametrize("space", PAIRS)
def test_shape_and_precision_stay(space):
    there, back = PAIRS[space]
    for rgb in (RGB, RGB[0], RGB[0, 0], RGB.astype(np.float32), np.zeros((0, 3))):
        result = there(rgb)
        assert result.shape == rgb.shape
        assert result.dtype == rgb.dtype
        assert back(result).dtype == rgb.dtype
        assert np.allclose(result, there(rgb.astype(float)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rgb", [RGB, CORNERS])
def test_hsv_is_matplotlibs(rgb):
    assert np.allclose(color.rgb_to_hsv(rgb), mpl.rgb_to_hsv(rgb), atol=1e-12)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_hsv_is_pythons(rgb):
    hue, saturation, value = color.rgb_to_hsv(rgb)
    assert (saturation, value) == pytest.approx(colorsys.rgb_to_hsv(*rgb)[1:])
    around = abs(hue - colorsys.rgb_to_hsv(*rgb)[0])
    assert min(around, 1 - around) < 1e-9
    assert 0 <= hue < 1


def test_the_hue_counts_modulo_one():
    hsv = color.rgb_to_hsv(RGB)
    assert np.allclose(color.hsv_to_rgb(hsv + np.array([1, 0, 0])), RGB)
    assert np.allclose(color.hsv_to_rgb(hsv - np.array([2, 0, 0])), RGB)


def test_lab_is_scikit_images_up_to_its_rounded_matrix():
    assert np.allclose(color.rgb_to_lab(RGB), reference.rgb2lab(RGB), atol=0.02)
    lab = reference.rgb2lab(RGB)
    assert np.allclose(color.lab_to_rgb(lab), reference.lab2rgb(lab), atol=2e-3)


def test_the_matrix_is_the_standards():
    published = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    assert np.allclose(color.XYZ_FROM_LINEAR, published, atol=1e-4)


def test_ycbcr_is_scikit_images_in_its_units():
    theirs = (reference.rgb2ycbcr(RGB) - [16, 128, 128]) / [219, 224, 224] + [0, 0.5, 0.5]
    assert np.allclose(color.rgb_to_ycbcr(RGB), theirs, atol=2e-5)


def test_greys_have_no_colour():
    grey = np.linspace(0, 1, 11)[:, None] * np.ones(3)
    assert np.allclose(color.rgb_to_lab(grey)[:, 1:], 0, atol=1e-9)
    assert np.allclose(color.rgb_to_ycbcr(grey)[:, 1:], 0.5)
    assert np.all(color.rgb_to_hsv(grey)[:, :2] == 0)
    assert np.allclose(color.rgb_to_gray(grey), grey[:, 0])
    assert np.all(np.diff(color.rgb_to_lab(grey)[:, 0]) > 0)


def test_lab_has_no_jump_where_the_cube_root_begins():
    dark = color.from_linear(
        np.full((3, 1), 1) * (6 / 29) ** 3 * np.array([[1 - 1e-9], [1], [1 + 1e-9]]) * np.ones(3)
    )
    assert np.ptp(color.rgb_to_lab(dark)[:, 0]) < 1e-5


def test_the_coding_curve_has_no_jump():
    around = np.array([0.04045 - 1e-9, 0.04045 + 1e-9])[:, None] * np.ones(3)
    assert np.ptp(color.to_linear(around)) < 1e-7


def test_colours_outside_of_the_screen_are_clipped():
    assert np.all(
        (color.lab_to_rgb([50, 120, -120]) >= 0) & (color.lab_to_rgb([50, 120, -120]) <= 1)
    )


def test_distances_are_those_of_scikit_image():
    ours = color.color_difference(RGB, RGB[::-1])
    theirs = reference.deltaE_cie76(reference.rgb2lab(RGB), reference.rgb2lab(RGB[::-1]))
    assert np.allclose(ours, theirs, atol=0.03)


@pytest.mark.parametrize("function", [f for f, _ in PAIRS.values()] + [color.rgb_to_gray])
def test_bad_colours_are_refused(function):
    with pytest.raises(ValueError, match="rgb must have the shape"):
        function(np.ones((3, 4)))
    with pytest.raises(TypeError, match="rgb must hold real numbers"):
        function(["a", "b", "c"])
    with pytest.raises(ValueError, match="rgb holds NaN"):
        function([0, 0, np.nan])


FUNCTIONS = [f for pair in PAIRS.values() for f in pair] + [color.rgb_to_gray]


def test_the_list_of_colour_functions_is_whole():
    public = {f for name, f in vars(color).items() if name.startswith(("rgb_to", "to_", "from_"))}
    public |= {f for name, f in vars(color).items() if name.endswith("_to_rgb")}
    assert public == set(FUNCTIONS)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_bytes_are_refused_with_advice_whatever_type_they_have(function, dtype):
    for colors in ([255, 0, 7], [[0, 0, 0], [200, 180, 130]]):
        with pytest.raises(ValueError, match="Divide bytes by 255"):
            function(np.array(colors, dtype=dtype))
    with pytest.raises(ValueError, match="Divide bytes by 255"):
        color.color_difference([0, 0, 0], np.array([255, 0, 7], dtype=dtype))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whole_numbers_that_are_in_range_are_as_good_as_floats(function):
    for colors in (CORNERS, np.zeros((2, 3))):
        for dtype in (np.uint8, np.int8, np.int64, bool):
            np.testing.assert_array_equal(function(colors.astype(dtype)), function(colors))


def test_a_saturation_above_one_is_refused():
    with pytest.raises(ValueError, match="saturation and value must lie between"):
        color.hsv_to_rgb([0.1, 1.5, 0.5])
