import math

import numpy as np
import pytest

from benchmarks import statistics


def test_median_interval_of_nine_takes_the_second_and_eighth():
    interval = statistics.median_interval([9, 1, 8, 2, 7, 3, 6, 4, 5])
    assert (interval.low, interval.median, interval.high) == (2, 5, 8)
    # P(B <= 1) for B ~ binomial(9, 1/2) is 10 / 512
    assert interval.confidence == pytest.approx(1 - 2 * 10 / 512)


def test_median_interval_of_a_textbook_size():
    # n = 20 at 95 %: the 6th and the 15th of the order, coverage 0.9586 (tables of the sign test)
    interval = statistics.median_interval(range(1, 21))
    assert (interval.low, interval.high) == (6, 15)
    assert interval.confidence == pytest.approx(0.9586, abs=1e-4)


@pytest.mark.parametrize(("n", "confidence"), [(1, 0.0), (2, 0.5), (5, 0.9375), (6, 0.96875)])
def test_few_samples_give_their_range_and_say_how_sure_it_is(n, confidence):
    interval = statistics.median_interval(range(n))
    assert (interval.low, interval.high) == (0, n - 1)
    assert interval.confidence == confidence


def test_median_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    samples = rng.exponential(size=(4_000, 9))  # the true median is log 2
    intervals = [statistics.median_interval(sample) for sample in samples]
    covered = np.mean([one.low <= math.log(2) <= one.high for one in intervals])
    assert covered == pytest.approx(intervals[0].confidence, abs=0.01)


def test_a_slow_minute_that_hits_both_cancels_in_the_paired_ratio():
    ours, theirs = [1.0, 1.0, 5.0, 5.0, 1.0, 1.0], [2.0, 2.0, 10.0, 10.0, 2.0, 2.0]
    ratio = statistics.paired_ratio(ours, theirs)
    assert (ratio.low, ratio.median, ratio.high) == (0.5, 0.5, 0.5)


def test_paired_ratio_refuses_unequal_rounds():
    with pytest.raises(ValueError, match="same rounds, got 2 and 1"):
        statistics.paired_ratio([1.0, 2.0], [1.0])


def test_spread_is_the_interquartile_range():
    assert statistics.spread([1, 2, 3, 4, 5]) == 2


def test_geometric_mean():
    assert statistics.geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
    assert statistics.geometric_mean([0.1, 0.1, 10.0]) == pytest.approx(10 ** (-1 / 3))
    with pytest.raises(ValueError, match="must be positive"):
        statistics.geometric_mean([1.0, 0.0])


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5, 3.0])
def test_growth_exponent_of_a_power_law(power):
    sizes = [1_000, 4_000, 16_000]
    seconds = [3e-7 * size**power for size in sizes]
    assert statistics.growth_exponent(sizes, seconds) == pytest.approx(power, abs=1e-9)


def test_growth_exponent_needs_two_sizes():
    with pytest.raises(ValueError, match="two different sizes"):
        statistics.growth_exponent([10, 10], [1.0, 2.0])


def test_no_samples_is_an_error():
    for function in (statistics.spread, statistics.median_interval, statistics.geometric_mean):
        with pytest.raises(ValueError, match="at least one number"):
            function([])
