import numpy as np
import pytest

from course_lib.datasets.generated import near_copies, noisy_wave, two_spirals, wave


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [[1, 2]], 1.0])
def test_weights_that_are_not_two_numbers_are_refused(weights):
    with pytest.raises(ValueError, match=r"weights must have the shape \(2,\), got"):
        near_copies(0.1, weights)


def test_a_negative_gap_is_refused():
    with pytest.raises(ValueError, match="gap must be a finite number of at least 0"):
        near_copies(-0.1, [1, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_second_feature_is_the_first_plus_the_gap(dtype):
    X, y = near_copies(0.25, [3, -1], n=10_000, dtype=dtype)
    assert X.dtype == y.dtype == dtype
    assert np.std(X[:, 1] - X[:, 0]) == pytest.approx(0.25, rel=0.05)
    np.testing.assert_allclose(y, X @ np.array([3, -1], dtype=dtype))
    small, _ = near_copies(0.25, np.int8([3, -1]), n=10_000, dtype=dtype)
    np.testing.assert_array_equal(small, X)


def test_a_wave_is_measured_once_in_each_part_of_its_interval():
    x, y = noisy_wave(40, 3)
    assert np.histogram(x, 40, (-1, 1))[0].tolist() == [1] * 40
    assert not np.array_equal(x, np.sort(x))
    again = noisy_wave(40, np.random.default_rng(3))
    np.testing.assert_array_equal([x, y], again)
    assert not np.array_equal(x, noisy_wave(40, 4)[0])


def test_the_errors_of_a_wave_have_their_standard_deviation():
    x, y = noisy_wave(20_000, noise=0.3)
    assert np.std(y - wave(x)) == pytest.approx(0.3, rel=0.03)
    np.testing.assert_allclose(wave([0, np.pi / 8]), [0, 1 + np.pi / 16])
    np.testing.assert_allclose(wave(-x), -wave(x))


@pytest.mark.parametrize(("n", "noise", "message"), [(0, 1, "n must be"), (3, -1, "noise must be")])
def test_no_wave_of_impossible_numbers(n, noise, message):
    with pytest.raises(ValueError, match=message):
        noisy_wave(n, noise=noise)


def test_two_arms_wind_round_each_other():
    X, y = two_spirals(4000, 5, turns=1.5, noise=0)
    radius, angle = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    assert 0.3 <= radius.min() < 0.32
    assert 2.98 < radius.max() <= 3
    expected = 2 * np.pi * 1.5 * (radius - 0.3) / 2.7 + np.pi * y
    np.testing.assert_allclose(np.cos(angle - expected), 1, atol=1e-9)
    assert np.mean(y) == 0.5
    assert np.histogram(radius, 4, (0.3, 3))[0].min() > 900


def test_spirals_have_their_errors_and_their_wrong_labels():
    (X, y), (Z, t) = (two_spirals(20_000, 5, noise=s, wrong=w) for s, w in ((0, 0), (0.3, 0.2)))
    assert np.std(Z - X, axis=0) == pytest.approx([0.3, 0.3], rel=0.03)
    assert np.mean(t != y) == pytest.approx(0.2, abs=0.01)
    again = two_spirals(20_000, np.random.default_rng(5), noise=0.3, wrong=0.2)
    np.testing.assert_array_equal(again[0], Z)
    np.testing.assert_array_equal(again[1], t)
    assert np.array_equal(two_spirals(9, wrong=1)[1], 1 - np.arange(9) % 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 1}, "n must be"),
        ({"turns": 0}, "turns must be"),
        ({"noise": -1}, "noise must be"),
        ({"wrong": 1.1}, "wrong must be"),
    ],
)
def test_spirals_that_cannot_be_are_refused(change, words):
    given = {"n": 10} | change
    with pytest.raises(ValueError, match=words):
        two_spirals(given.pop("n"), **given)
