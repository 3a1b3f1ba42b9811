"""Impurities and gains against textbook numbers and bounds."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from course_lib.trees import entropy, gain_ratio, gini, information_gain
from course_lib.trees.impurity import misses

counts = st.lists(st.integers(0, 50), min_size=2, max_size=6)
tables = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=m, max_size=m)
)


def test_quinlan_s_fourteen_days():
    """The gains that Quinlan (1986) works out: outlook, temperature, humidity, windy."""
    outlook, windy = [[2, 3], [4, 0], [3, 2]], [[6, 2], [3, 3]]
    temperature, humidity = [[2, 2], [4, 2], [3, 1]], [[3, 4], [6, 1]]
    gains = [information_gain(parts) for parts in (outlook, temperature, humidity, windy)]
    np.testing.assert_allclose(gains, [0.2467, 0.0292, 0.1518, 0.0481], atol=5e-5)
    assert gain_ratio(outlook) == pytest.approx(0.2467 / 1.5774, abs=5e-5)


@given(counts)
def test_misses_are_the_samples_of_all_but_the_most_frequent_class(c):
    wrong = sum(sorted(c)[:-1])
    assert misses(c) * sum(c) == pytest.approx(wrong)
    assert 0 <= misses(c) <= 1 - 1 / len(c) + 1e-12


@given(counts)
def test_entropy_is_scipy_s_and_bounded(c):
    if sum(c) == 0:
        assert entropy(c) == gini(c) == 0
        return
    assert float(entropy(c)) == pytest.approx(scipy.stats.entropy(c, base=2), abs=1e-12)
    assert 0 <= entropy(c) <= np.log2(len(c)) + 1e-12
    assert 0 <= gini(c) <= 1 - 1 / len(c) + 1e-12


@given(tables)
def test_gains_are_never_negative_and_scale_free(parts):
    for impurity in (entropy, gini):
        gain = information_gain(parts, impurity)
        assert gain >= -1e-12
        assert information_gain(3 * np.array(parts), impurity) == pytest.approx(gain, abs=1e-12)
    assert -1e-12 <= gain_ratio(parts) <= 1 + 1e-12


def test_gini_is_the_variance_of_the_indicators():
    y = np.array([0, 0, 1, 2, 2, 2])
    indicators = (y[:, None] == np.arange(3)).astype(float)
    assert float(gini([2, 1, 3])) == pytest.approx(indicators.var(axis=0).sum())


def test_one_branch_gains_nothing():
    assert information_gain([[3, 4]]) == 0
    assert gain_ratio([[3, 4], [0, 0]]) == 0


@pytest.mark.parametrize("bad", [[-1, 2], [np.nan, 1], 3])
def test_bad_counts_are_named(bad):
    with pytest.raises(ValueError, match="counts must be"):
        entropy(bad)


def test_bad_parts_are_named():
    with pytest.raises(ValueError, match=r"parts must have the shape .* got the shape \(2,\)"):
        information_gain([1, 2])
