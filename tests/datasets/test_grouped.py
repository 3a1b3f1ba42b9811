import itertools

import numpy as np
import pytest

from course_lib.datasets.grouped import SHAPES, grouped_points


@pytest.mark.parametrize("shape", SHAPES)
def test_groups_are_as_many_and_as_wide_as_said(shape):
    X, group = grouped_points(shape, random_state=3)
    number = {"five": 150, "corners": 160, "bridge": 53}.get(shape, 200)
    groups = {"five": 5, "corners": 4, "bridge": 4, "moons": 2, "rings": 2}.get(shape, 3)
    assert (X.shape, len(np.unique(group))) == ((number, 2), groups)
    narrow, _ = grouped_points(shape, spread=0.0, random_state=3)
    different = len(np.unique(narrow.round(9), axis=0))
    if shape in ("moons", "rings", "bands"):
        assert different > 150
    else:
        assert different == {"bridge": 8}.get(shape, groups)


def test_bands_lie_one_above_the_other():
    X, group = grouped_points("bands", random_state=3)
    bands = [X[group == k] for k in range(3)]
    for lower, upper in itertools.pairwise(bands):
        assert lower[:, 1].max() < upper[:, 1].min()
    for band in bands:  # each as long as the picture
        assert np.ptp(band[:, 0]) > 14
        assert np.ptp(band[:, 1]) < 2.5


def test_a_seed_repeats_and_another_differs():
    first, again, other = (grouped_points("five", random_state=s)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="shape must be one of five, corners"):
        grouped_points("spiral")
    with pytest.raises(ValueError, match=r"spread must be a finite number of at least 0, got -1"):
        grouped_points("five", spread=-1)
