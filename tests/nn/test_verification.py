"""Errors of verification against counts one by one, and sklearn's curve."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from course_lib.nn.verification import (
    class_angles,
    equal_error_rate,
    error_rates,
    pair_cosines,
)

PAIRS = st.lists(st.tuples(st.integers(-6, 6), st.booleans()), min_size=2, max_size=30).filter(
    lambda pairs: len({same for _, same in pairs}) == 2
)


def counted(cosines, same, threshold):
    """Both kinds of error, pair by pair."""
    accepts = [c >= threshold for c, s in zip(cosines, same, strict=True) if not s]
    rejects = [c < threshold for c, s in zip(cosines, same, strict=True) if s]
    return sum(accepts) / len(accepts), sum(rejects) / len(rejects)


def test_cosines_of_all_pairs_one_by_one(rng):
    Z, y = rng.normal(size=(9, 4)), rng.integers(0, 3, 9)
    cosines, same = pair_cosines(Z, y)
    pairs = list(itertools.combinations(range(9), 2))
    expected = [Z[i] @ Z[j] / np.linalg.norm(Z[i]) / np.linalg.norm(Z[j]) for i, j in pairs]
    np.testing.assert_allclose(cosines, expected)
    assert same.tolist() == [y[i] == y[j] for i, j in pairs]
    by_torch = pair_cosines(torch.as_tensor(Z), torch.as_tensor(y))
    np.testing.assert_array_equal(by_torch[0], cosines)
    np.testing.assert_array_equal(by_torch[1], same)


@given(PAIRS, st.integers(-7, 7))
def test_error_rates_are_counted(pairs, threshold):
    cosines, same = map(list, zip(*pairs, strict=True))
    assert error_rates(cosines, same, threshold) == counted(cosines, same, threshold)


@given(PAIRS)
def test_the_equal_error_rate_lies_where_the_curves_cross(pairs):
    cosines, same = map(list, zip(*pairs, strict=True))
    found = equal_error_rate(cosines, same)
    thresholds = [*sorted(set(cosines), reverse=True)]
    curve = [(0.0, 1.0), *(counted(cosines, same, t) for t in thresholds)]
    last = max(i for i, (accepts, rejects) in enumerate(curve) if rejects > accepts)
    (a0, r0), (a1, r1) = curve[last], curve[last + 1]
    assert a1 >= r1
    share = (r0 - a0) / ((r0 - a0) + (a1 - r1))
    assert found.rate == pytest.approx(a0 + share * (a1 - a0))
    assert found.rate == pytest.approx(r0 + share * (r1 - r0))
    assert min(cosines) <= found.threshold <= max(cosines)
    before = thresholds[max(last - 1, 0)]
    assert found.threshold == pytest.approx(before + share * (thresholds[last] - before))


def test_equal_errors_agree_with_sklearn(rng):
    same = rng.random(400) < 0.3
    cosines = np.round(rng.normal(size=400) * 0.3 + 0.3 * same, 2)
    accepts, found, _ = roc_curve(same, cosines, drop_intermediate=False)
    grid = np.linspace(0, 1, 100_001)
    rejects = 1 - np.interp(grid, accepts, found)
    crossing = grid[np.argmin(np.abs(rejects - grid))]
    assert equal_error_rate(cosines, same).rate == pytest.approx(crossing, abs=1e-4)


def test_equal_errors_of_parted_and_of_exchanged_pairs():
    same = [True, True, False, False]
    assert equal_error_rate([0.9, 0.8, 0.2, 0.1], same) == (0.0, 0.8)
    assert equal_error_rate([0.1, 0.2, 0.8, 0.9], same).rate == 1
    assert equal_error_rate([0.5] * 4, same) == (0.5, 0.5)
    assert error_rates([0.9, 0.8, 0.2, 0.1], same, 0.8) == (0.0, 0.0)


def test_angles_by_hand():
    degrees = np.radians([0, 20, 100, 140, 250, 250])
    Z = np.stack([np.cos(degrees), np.sin(degrees)], 1) * np.array([[1, 5, 1, 2, 1, 9]]).T
    found = class_angles(Z, ["a", "a", "b", "b", "c", "c"])
    assert found.within == pytest.approx((10 + 10 + 20 + 20 + 0 + 0) / 6, abs=1e-5)
    assert found.nearest == pytest.approx((110 + 110 + 120) / 3)  # means at 10, 120 and 250
    assert class_angles(torch.as_tensor(Z), torch.tensor([0, 0, 1, 1, 2, 2])) == pytest.approx(
        found
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pair_cosines([[1.0, 0.0]], [0]), "Z must have the shape"),
        (lambda: pair_cosines([[1.0], [2.0]], [0]), "Z must have the shape"),
        (lambda: pair_cosines([1.0, 2.0], [0, 1]), "Z must have the shape"),
        (lambda: pair_cosines([[0.0, 0.0], [1.0, 0.0]], [0, 1]), "length above 0"),
        (lambda: class_angles([[np.nan, 0.0], [1.0, 0.0]], [0, 1]), "length above 0"),
        (lambda: class_angles([[1.0, 0.0], [1.0, 0.0]], [1, 1]), "y must hold two classes"),
        (lambda: equal_error_rate([0.1, 0.2], [True, True]), "same must hold pairs"),
        (lambda: equal_error_rate([0.1, 0.2], [False, False]), "same must hold pairs"),
        (lambda: equal_error_rate([0.1, 0.2], [1, 0]), "truth values"),
        (lambda: equal_error_rate([0.1], [True, False]), "truth values"),
        (lambda: error_rates([[0.1]], [[True]], 0.0), "truth values"),
        (lambda: equal_error_rate([0.1, np.nan], [True, False]), "finite"),
    ],
)
def test_measures_say_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
