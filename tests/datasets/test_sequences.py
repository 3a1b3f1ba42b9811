"""The adding problem, the copy task and reversed strings."""

import numpy as np
import pytest

from course_lib.datasets.sequences import (
    adding_problem,
    copy_task,
    marked_pictures,
    reversed_strings,
)

PICTURES, LABELS = np.arange(1, 25).reshape(4, 3, 2), np.array([7, 8, 9, 5])


@pytest.mark.parametrize("length", [2, 3, 10])
def test_adding_one_mark_in_each_half(length):
    X, y = adding_problem(500, length)
    marks = X[..., 1]
    assert set(np.unique(marks)) <= {0, 1}
    half = length // 2
    assert (marks[:, :half].sum(1) == 1).all()
    assert (marks[:, half:].sum(1) == 1).all()
    assert marks.any(axis=0).all()  # every place is marked somewhere
    np.testing.assert_allclose((X[..., 0] * marks).sum(1), y, rtol=1e-6)
    assert X.dtype == y.dtype == np.float32


def test_always_answering_one_has_the_error_one_sixth():
    _, y = adding_problem(100_000, 4)
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, rel=0.02)


@pytest.mark.parametrize(("length", "delay"), [(1, 1), (3, 1), (4, 9)])
def test_copy_repeats_the_string_after_the_delay(length, delay):
    X, y = copy_task(50, length, delay, n_symbols=3)
    assert X.shape == y.shape == (50, 2 * length + delay - 1)
    np.testing.assert_array_equal(y[:, -length:], X[:, :length])
    assert (y[:, : length + delay - 1] == 0).all()
    assert ((X == 4).sum(axis=1) == 1).all()
    assert (X[:, length + delay - 1] == 4).all()
    assert (X[:, length : length + delay - 1] == 0).all()
    assert (X[:, length + delay :] == 0).all()
    assert set(np.unique(X[:, :length])) == {1, 2, 3}


def test_reversed_strings():
    X, y = reversed_strings(200, 7, n_symbols=4)
    np.testing.assert_array_equal(X[:, ::-1], y)
    assert set(np.unique(X)) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: adding_problem(5, 6, random_state=seed),
        lambda seed: copy_task(5, 3, 4, random_state=seed),
        lambda seed: reversed_strings(5, 6, random_state=seed),
        lambda seed: marked_pictures(PICTURES, LABELS, 5, random_state=seed),
    ],
)
def test_the_seed_decides(make):
    for one, same in zip(make(0), make(0), strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(make(0)[0], make(1)[0])


def test_bad_sizes():
    with pytest.raises(ValueError, match="length must be a whole number of at least 2, got 1"):
        adding_problem(3, 1)
    with pytest.raises(ValueError, match="delay must be a whole number of at least 1, got 0"):
        copy_task(3, 2, 0)
    with pytest.raises(ValueError, match=r"n must be a whole number of at least 1, got 2\.5"):
        reversed_strings(2.5, 3)


def test_sizes_may_be_numbers_of_numpy_in_8_bits():
    small = np.uint8
    for made, wanted in (
        (adding_problem(small(3), small(200)), adding_problem(3, 200)),
        (copy_task(small(2), small(150), small(100)), copy_task(2, 150, 100)),
        (reversed_strings(small(2), small(200)), reversed_strings(2, 200)),
    ):
        for one, other in zip(made, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_label_of_a_strip_is_that_of_its_marked_picture():
    X, y, places = marked_pictures(PICTURES, LABELS, 300, length=5)
    assert X.shape == (300, 15, 3)
    assert X.dtype == np.float32
    drawn = X[..., :-1].reshape(300, 5, 3, 2)
    marks = X[..., -1].reshape(300, 5, 3)
    which = ((drawn[..., 0, 0] - 1) / 6).astype(int)  # the first pixels are 1, 7, 13 and 19
    np.testing.assert_array_equal(drawn, PICTURES[which])
    np.testing.assert_array_equal(marks, (np.arange(5) == places[:, None])[..., None] * np.ones(3))
    np.testing.assert_array_equal(y, LABELS[which[np.arange(300), places]])
    assert np.bincount(places).min() > 40  # of 60
    assert np.bincount(which.ravel()).min() > 300  # of 375


def test_pictures_and_labels_must_belong_together():
    for pictures, labels in ((PICTURES, LABELS[:3]), (PICTURES[0], LABELS), ([], [])):
        with pytest.raises(ValueError, match="labels"):
            marked_pictures(pictures, labels, 2)
