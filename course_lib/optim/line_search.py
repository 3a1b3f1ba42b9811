"""Line searches: how far to go along a direction that leads downhill.

Symbols
    w, p   (d,)  parameters, and the direction
    f            objective; φ(η) = f(w + ηp) is its value along the line
    slope        φ'(0) = ∇f(w)ᵀp < 0
    eta          step η > 0
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from course_lib.checks import check_number
from course_lib.estimator import Array

MOST_TRIES = 60
"""Halvings of a step after which no number of float64 is left between the ends."""


@dataclass(frozen=True)
class Backtracking:
    """Try η₀ and shorten it until the loss falls enough: f(w − ηg) ≤ f(w) − c·η‖g‖² (Armijo, 1966).

    Give it to `descend` in place of a step. Each step begins at `eta0` again, so it costs one loss
    or more; what is gained is that no step needs to be chosen, and that the loss never rises.

    Parameters
    ----------
    eta0 : float, default=1
        First try.
    shrink : float in (0, 1), default=0.5
        Factor from one try to the next.
    c : float in (0, 1), default=1e-4
        The part of the decrease promised by the slope that is asked for.

    Notes
    -----
    Source: Nocedal and Wright, *Numerical Optimization*, section 3.1.

    >>> Backtracking(eta0=4.0).search(lambda w: w * w, 1.0, -2.0, 1.0, -4.0)  # of w², from w = 1
    0.5
    """

    eta0: float = 1.0
    shrink: float = 0.5
    c: float = 1e-4

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)
        for name in ("shrink", "c"):
            if not check_number(name, getattr(self, name), above=0) < 1:
                raise ValueError(f"{name} must be below 1, got {getattr(self, name)!r}.")

    def search(
        self, loss: Callable[[Array], Array], w: Array, p: Array, value: float, slope: float
    ) -> float:
        """Return η for a step ηp from w (d,), where the loss is `value`; 0 if none lowers it.

        Raises
        ------
        ValueError
            If the slope is above 0: p (d,) then leads uphill.
        """
        if slope > 0:
            raise ValueError(f"slope must be at most 0, a direction downhill, got {slope!r}.")
        eta = self.eta0
        for _ in range(MOST_TRIES):
            tried = float(loss(w + eta * p))
            if tried <= value + self.c * eta * slope and tried < value:  # false for NaN
                return eta
            eta *= self.shrink
        return 0.0


class Unbounded(Exception):
    """Along this line the objective falls without end."""


class Point(NamedTuple):
    """A point on the line: how far, its objective, its slope along the line, w and gradient."""

    eta: float
    value: float
    slope: float
    w: Array
    g: Array


def wolfe(
    line: Callable[[float], Point],
    start: Point,
    eta: float,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    rounding: float = 0.0,
) -> Point | None:
    """Find a step that lowers the objective enough and flattens the slope enough.

    The (weak) Wolfe conditions are φ(η) ≤ φ(0) + c₁ηφ'(0) and φ'(η) ≥ c₂φ'(0). The first keeps
    steps from being too long, the second from being too short. An interval between a step that is
    too short and one that is too long is narrowed by the cubic through both, or doubled while none
    is too long. Where the change is lost in rounding, slopes decide (Hager and Zhang, 2005).

    Parameters
    ----------
    line : callable η → Point
    start : Point
        Where η = 0, with a slope below 0.
    eta : float
        First try.
    c1, c2 : float
        0 < c₁ < c₂ < 1.
    rounding : float
        Change of the objective that may be rounding alone.

    Returns
    -------
    Point, or None where `MOST_TRIES` tries find none that lowers the objective. Where they only
    narrow the interval, its lower end, which lowers it but is too short.

    Raises
    ------
    Unbounded
        If the objective reaches −∞, or still falls after `MOST_TRIES` doublings.

    Notes
    -----
    Source: Nocedal and Wright, *Numerical Optimization*, section 3.5; the interval is that of Lewis
    and Overton, *Nonsmooth optimization via quasi-Newton methods* (2013).
    """
    short, long = start, None
    for _ in range(MOST_TRIES):
        point = line(eta)
        if point.value == -math.inf:
            raise Unbounded
        falls = point.value <= start.value + c1 * eta * start.slope  # false for NaN
        flat = abs(point.value - start.value) <= rounding
        if not falls and not (flat and point.slope <= (2 * c1 - 1) * start.slope):
            long = point
        elif not point.slope >= c2 * start.slope:
            short = point
        else:
            return point
        eta = 2 * short.eta if long is None else _between(short, long)
    if long is None:
        raise Unbounded
    return short if short.eta > 0 else None


def _between(a: Point, b: Point) -> float:
    """Return where the cubic through both points has its minimum, well within the interval."""
    width = b.eta - a.eta
    low, high = a.eta + 0.1 * width, a.eta + 0.9 * width
    middle = a.eta + 0.5 * width
    if not (math.isfinite(b.value) and math.isfinite(b.slope)):
        return low
    secant = 3 * (a.value - b.value) / width + a.slope + b.slope
    root = secant * secant - a.slope * b.slope
    if not 0 <= root < math.inf:
        return middle
    bend = math.sqrt(root)
    divisor = b.slope - a.slope + 2 * bend
    eta = b.eta - width * (b.slope + bend - secant) / divisor if divisor else middle
    return min(max(eta, low), high)
