"""Schedules: step number k = 0, 1, 2, … → learning rate η_k.

Each is a frozen dataclass that is called with k. Any other callable will do where one is expected.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from course_lib.checks import check_number, check_whole

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class Constant:
    """η_k = η₀."""

    eta0: float

    def __post_init__(self):
        check_number("eta", self.eta0, above=0)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0


@dataclass(frozen=True)
class InverseDecay:
    """η_k = η₀ / (1 + k/half): Σ η_k diverges and Σ η_k² converges, as a noisy gradient needs.

    After `half` steps the step is half as long as the first.

    >>> [InverseDecay(1.0)(k) for k in range(4)]
    [1.0, 0.5, 0.3333333333333333, 0.25]
    >>> InverseDecay(1.0, half=500)(500)
    0.5
    """

    eta0: float
    half: float = 1.0

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)
        check_number("half", self.half, above=0)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0 / (1 + k / self.half)


@dataclass(frozen=True)
class RecursiveDecay:
    """η_{k+1} = η_k / (k + 1), that is η_k = η₀ / k!: the walk freezes, Σ η_k = e η₀.

    It is what "divide the step by the step number" becomes when the divided step is kept; a
    mistake to be seen, not a schedule to be used.

    >>> [RecursiveDecay(1.0)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """

    eta0: float

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0 / math.factorial(k) if k <= 170 else 0.0  # 171! is beyond float64


@dataclass(frozen=True)
class StepDecay:
    """η_k = η₀ · factor^⌊k / every⌋: the same step for a while, then a smaller one.

    >>> [StepDecay(1.0, factor=0.5, every=2)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    eta0: float
    factor: float = 0.5
    every: int = 100

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)
        check_number("factor", self.factor, above=0, most=1)
        check_whole("every", self.every)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0 * self.factor ** (k // self.every)


@dataclass(frozen=True)
class WarmupCosine:
    """A schedule: η_k rises linearly to η₀ over the warm-up and falls to 0 along half a cosine.

    After `steps` steps it stays 0. Source: Loshchilov and Hutter, SGDR (2017), without restarts.

    >>> [round(WarmupCosine(1.0, steps=6, warmup=2)(k), 3) for k in range(7)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]
    """

    eta0: float
    steps: int
    warmup: int = 0

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)
        check_whole("steps", self.steps)
        check_whole("warmup", self.warmup, 0, self.steps - 1)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        if k < self.warmup:
            return self.eta0 * (k + 1) / self.warmup
        done = min((k - self.warmup) / (self.steps - self.warmup), 1.0)
        return self.eta0 * (1 + math.cos(math.pi * done)) / 2
