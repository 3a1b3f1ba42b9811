import itertools

import numpy as np
import pytest

from course_lib.datasets.grouped import SHAPES, grouped_points


@pytest.mark.parametrize("shape", SHAPES)
def test_groups_are_as_many_and_as_wide_as_said(shape):
    X, group = grouped_points(shape, random_state=3)
    number = {"five": 150, "corners": 160, "bridge": 53, "noisy moons": 240, "outliers": 215}
    number = number.get(shape, 200)
    groups = {"five": 5, "corners": 4, "bridge": 4, "moons": 2, "rings": 2, "outliers": 4}
    groups |= {"fuzzy moons": 2}
    groups = (groups | {"flat": 1}).get(shape, 3)
    assert (X.shape, len(np.unique(group))) == ((number, 2), groups)
    narrow, _ = grouped_points(shape, spread=0.0, random_state=3)
    different = len(np.unique(narrow.round(9), axis=0))
    if shape in ("moons", "fuzzy moons", "noisy moons", "rings", "bands", "flat"):
        assert different > 150
    else:
        assert different == {"bridge": 8, "outliers": 18}.get(shape, groups)


def test_bands_lie_one_above_the_other():
    X, group = grouped_points("bands", random_state=3)
    bands = [X[group == k] for k in range(3)]
    for lower, upper in itertools.pairwise(bands):
        assert lower[:, 1].max() < upper[:, 1].min()
    for band in bands:  # each as long as the picture
        assert np.ptp(band[:, 0]) > 14
        assert np.ptp(band[:, 1]) < 2.5


def test_unequal_groups_are_as_unequal_as_said():
    X, group = grouped_points("widths", random_state=3)
    wide, narrow, middling = (X[group == k].std(axis=0).mean() for k in range(3))
    np.testing.assert_allclose([wide, narrow, middling], [1.6, 0.8 / 3, 0.8], rtol=0.2)
    _, group = grouped_points("sizes", random_state=3)
    assert np.bincount(group).tolist() == [170, 15, 15]
    X, group = grouped_points("stretched", random_state=3)
    for k in range(3):
        small, large = np.linalg.eigvalsh(np.cov(X[group == k].T))
        assert large > 15 * small


def test_noise_and_outliers_lie_where_said():
    X, group = grouped_points("noisy moons", random_state=3)
    noise = X[group == -1]
    assert len(noise) == 40
    assert np.all((noise >= [-8, -6]) & (noise <= [12, 8]))
    np.testing.assert_array_equal(X[:200], 4 * grouped_points("moons", random_state=3)[0])
    X, group = grouped_points("outliers", random_state=3)
    away = np.linalg.norm(X - [2.3, 2], axis=1)
    assert away[group == -1].min() >= 6 - 1e-9
    np.testing.assert_array_equal(X[:200], grouped_points("blobs", random_state=3)[0])
    flat, _ = grouped_points("flat", random_state=3)
    assert 0 <= flat.min() < 0.3
    assert 5.7 < flat.max() <= 6


def test_corners_and_the_bridge_lie_where_said():
    X, group = grouped_points("corners", spread=0)
    centres = [X[group == k][0] for k in range(4)]
    np.testing.assert_allclose(centres, [[0, 0], [6, 0], [0, 6], [6, 6]], atol=1e-12)
    X, group = grouped_points("bridge", spread=0)
    (left, right), line = (X[group == k][0] for k in range(2)), X[group == -1]
    np.testing.assert_allclose(line.mean(axis=0), (left + right) / 2, atol=0.25)
    assert left[0] < line[:, 0].min() < line[:, 0].max() < right[0]
    assert np.ptp(line[:, 0]) > 2
    assert np.ptp(line[:, 1]) == 0


def test_a_seed_repeats_and_another_differs():
    first, again, other = (grouped_points("five", random_state=s)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="shape must be one of five, corners"):
        grouped_points("spiral")
    with pytest.raises(ValueError, match=r"spread must be a finite number of at least 0, got -1"):
        grouped_points("five", spread=-1)


def test_fuzzy_moons_are_moons_with_three_times_the_noise():
    fuzzy, _ = grouped_points("fuzzy moons", random_state=3)
    np.testing.assert_array_equal(fuzzy, grouped_points("moons", spread=0.15, random_state=3)[0])
