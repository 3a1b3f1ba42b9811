"""The few statistics that the benchmarks need, without assumptions about the noise.

Timings on a shared machine have heavy tails on one side, so everything here works on
medians and ranks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """A median, and an interval that holds the true one with at least this confidence."""

    median: float
    low: float
    high: float
    confidence: float


def spread(samples: Sequence[float]) -> float:
    """Return the interquartile range of the samples, in their own unit."""
    first, third = np.percentile(_some(samples), [25, 75])
    return float(third - first)


def median_interval(samples: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the median with its distribution-free interval.

    Of n independent samples, the number that fall below the true median is binomial(n, 1/2),
    so the interval from the k-th smallest to the k-th largest misses it with probability
    2 P(B < k), whatever the distribution. The largest k that still keeps the confidence is taken.
    Fewer than 6 samples cannot reach 95 %: then it is the whole range, with the confidence that
    the range has. Source: Conover, Practical Nonparametric Statistics, section 3.2.
    """
    ordered = np.sort(_some(samples))
    n, k = len(ordered), 1
    while 2 * (k + 1) <= n + 1 and _coverage(n, k + 1) >= confidence:
        k += 1
    return Interval(
        median=float(np.median(ordered)),
        low=float(ordered[k - 1]),
        high=float(ordered[n - k]),
        confidence=_coverage(n, k),
    )


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Return the median of ours / theirs, round by round.

    The two of a round ran one right after the other, so what disturbs the machine for longer
    than that cancels in their ratio.
    """
    if len(ours) != len(theirs):
        raise ValueError(
            f"ours and theirs must come from the same rounds, got {len(ours)} and {len(theirs)} "
            "samples; drop the round that only one of them finished"
        )
    return median_interval([a / b for a, b in zip(ours, theirs, strict=True)])


def geometric_mean(ratios: Sequence[float]) -> float:
    """Return exp(mean(log ratios)): the mean in which 1/2 and 2 cancel."""
    values = _some(ratios)
    if min(values) <= 0:
        raise ValueError(f"ratios must be positive, got {min(values)!r}")
    return math.exp(sum(map(math.log, values)) / len(values))


def growth_exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return p of the power law seconds ~ sizes**p that fits best (least squares on logarithms)."""
    if len(sizes) != len(seconds) or len(set(sizes)) < 2:
        raise ValueError(
            "sizes and seconds must have equal length and at least two different sizes, "
            f"got {list(sizes)} and {list(seconds)}"
        )
    slope, _ = np.polyfit(np.log(sizes), np.log(seconds), 1)
    return float(slope)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the percentile of the samples, interpolated between neighbours."""
    return float(np.percentile(_some(samples), percent))


def _coverage(n: int, k: int) -> float:
    """Return how often [k-th smallest, k-th largest] of n samples holds the true median."""
    return max(0.0, 1 - 2 * sum(math.comb(n, i) for i in range(k)) / 2**n)


def _some(samples: Sequence[float]) -> Sequence[float]:
    if len(samples) == 0:
        raise ValueError("samples must hold at least one number, got none")
    return samples
