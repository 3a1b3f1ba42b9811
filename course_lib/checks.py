"""Checks of single numbers: one wording for one mistake.

`estimator` checks arrays and the parameters of estimators, by scikit-learn's own rules.
"""

import math
from numbers import Integral, Real


class InvalidNumber(ValueError, TypeError):
    """A number of the wrong kind or out of range, caught as either, as in scikit-learn."""


def check_whole(name: str, value: int, least: int = 1, most: int | None = None) -> int:
    """Return a whole number from `least` to `most`, or raise InvalidNumber; True is none.

    >>> check_whole("size", 2.5, 1, 9)
    Traceback (most recent call last):
    ...
    course_lib.checks.InvalidNumber: size must be a whole number from 1 to 9, got 2.5.
    """
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and least <= value and (most is None or value <= most):
        return int(value)
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
    raise InvalidNumber(f"{name} must be a whole number {bounds}, got {value!r}.")


def check_number(
    name: str,
    value: float,
    *,
    above: float | None = None,
    least: float = -math.inf,
    most: float = math.inf,
) -> float:
    """Return a finite number between the bounds, or raise InvalidNumber; NaN and True are none.

    >>> check_number("share", 1.5, above=0, most=1)
    Traceback (most recent call last):
    ...
    course_lib.checks.InvalidNumber: share must be a finite number above 0 and at most 1, got 1.5.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and least <= value <= most and (above is None or value > above):
        return float(value)
    bounds = [
        *([f"above {above:g}"] if above is not None else []),
        *([f"of at least {least:g}"] if least > -math.inf else []),
        *([f"at most {most:g}"] if most < math.inf else []),
    ]
    raise InvalidNumber(
        " ".join([f"{name} must be a finite number", " and ".join(bounds)]).rstrip()
        + f", got {value!r}."
    )
