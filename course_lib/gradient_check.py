"""Derivatives by small steps, and a check of the derivatives that were found by other means.

Symbols
    f      a function of one array; its value is a number or an array, of shape (…)
    x      the array, of any shape, at which f is differentiated
    h_j    the step of entry j of x: h_j = step · max(1, |x_j|)
    ε      machine epsilon of x's floating-point type
    D      the derivative, of shape f(x).shape + x.shape: D[i, j] = ∂f_i/∂x_j

For a number f, D has the shape of x and is its gradient; for vectors it is the Jacobian (m, n), a
row for each output. Three methods, each with the step that suits doubles and singles alike:

    forward   (f(x + h) − f(x)) / h          error ~ h,  best near h = √ε     n + 1 values of f
    central   (f(x + h) − f(x − h)) / 2h     error ~ h², best near h = ε^⅓     2n + 1 values
    complex   Im f(x + ih) / h               error ~ h², h tiny: no difference  n + 1 values

f takes and gives arrays of x's kind: NumPy, torch or another of the array API; the steps are made
on the host.

Sources: Press et al., Numerical Recipes (2007), section 5.7; Squire and Trapp (1998) for the
complex step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checks import check_number
from course_lib.estimator import Array, array_namespace, as_floats, device, to_numpy

STEPS = {
    "central": lambda eps: eps ** (1 / 3),
    "forward": lambda eps: eps ** (1 / 2),
    "complex": lambda eps: 1e-20,
}
"""The step of each method, from ε."""

ROUNDINGS = 10
"""A value of f is taken to be right up to so many ε of its size."""


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, *, method: str = "central", step: float | None = None
) -> Array:
    """Estimate the gradient of a function of one number by small steps, an entry at a time.

    Parameters, errors and cost are those of `numerical_jacobian`.

    Returns
    -------
    array of the shape and kind of x

    Raises
    ------
    ValueError
        If f gives more than one number.

    Examples
    --------
    >>> numerical_gradient(lambda x: x[0] ** 2 * x[1], np.array([3.0, 2.0])).round(6)
    array([12.,  9.])
    """
    differences = _Differences(f, x, method, step)
    if differences.shape != ():
        raise ValueError(
            f"f must give one number, got an array of shape {differences.shape}: sum it up, or take"
            " numerical_jacobian for the derivatives of every output."
        )
    return differences.like_x(differences.derivative())


def numerical_jacobian(
    f: Callable[[Array], Any], x: Array, *, method: str = "central", step: float | None = None
) -> Array:
    """Estimate all derivatives ∂f_i/∂x_j by small steps, an entry of x at a time.

    Parameters
    ----------
    f : callable array → number or array
        It must not be random. It is given a fresh copy of x at every call.
    x : array of floats, of any shape
        Whole numbers are taken as float64.
    method : {"central", "forward", "complex"}, default="central"
        "complex" needs an f that computes with complex numbers and is analytic: no absolute
        value, no comparison.
    step : float, optional
        The step of an entry of size at most 1; beyond, it grows with the entry. By default ε^⅓ for
        "central", √ε for "forward" and 10⁻²⁰ for "complex". Give a smaller one if f bends within
        much less than max(1, |x|), as 1/x at x = 10⁻³ or sin at x = 1000.

    Returns
    -------
    array of shape f(x).shape + x.shape, of the kind and type of x

    Raises
    ------
    ValueError
        For an unknown method, a step that is not positive or lost beside x, an x that is empty or
        not finite, a value of f, at x or beside, that is not finite or changes its shape, and an f
        that drops the imaginary part of a complex x.

    Notes
    -----
    It costs 2 values of f for each entry of x, or 1 by "forward" and "complex", and one more.

    Examples
    --------
    >>> numerical_jacobian(lambda x: np.stack([x[0] * x[1], x[1]]), np.array([3.0, 2.0])).round(6)
    array([[2., 3.],
           [0., 1.]])
    """
    differences = _Differences(f, x, method, step)
    return differences.like_x(differences.derivative())


@dataclass(frozen=True)
class GradientCheck:
    """What came of a check: the derivative given beside the one by small steps.

    Attributes
    ----------
    given, numerical : ndarray of shape f(x).shape + x.shape
    errors : ndarray of the same shape
        Relative error of each entry, |given − numerical| / max(|given|, |numerical|). An entry so
        small that its last digits are lost in the rounding of f counts as one that is not.
    tol : float
        The relative error that is allowed.
    noise : ndarray of the same shape, or 0
        What rounding in f can do to each entry of `numerical`.
    """

    given: np.ndarray
    numerical: np.ndarray
    errors: np.ndarray
    tol: float
    noise: np.ndarray | float = 0.0

    @property
    def worst(self) -> tuple[int, ...]:
        """The index of the entry with the largest relative error; () for a single number.

        Of entries whose errors agree to a thousandth, where only rounding would choose, it is the
        one with the largest derivative.
        """
        alike = self.errors >= 0.999 * self.error
        place = np.argmax(np.where(alike, np.abs(self.numerical), -1.0))
        return tuple(int(i) for i in np.unravel_index(place, self.errors.shape))

    @property
    def error(self) -> float:
        """The largest relative error; infinite if an entry given is not finite."""
        return float(np.max(self.errors))

    @property
    def ok(self) -> bool:
        """Whether every entry is right up to `tol`."""
        return self.error <= self.tol

    def __str__(self) -> str:
        at = f" at entry {list(self.worst)}" if self.worst else ""
        verdict = "right" if self.ok else "wrong"
        return (
            f"{verdict}: largest relative error {self.error:.1e}{at}, given"
            f" {self.given[self.worst]:.6g}, by small steps {self.numerical[self.worst]:.6g}"
            f" (allowed {self.tol:.1e}){self._mistake()}"
        )

    def _mistake(self) -> str:
        """Name what is wrong in the same way in every entry."""
        a, b = self.given, self.numerical
        if self.ok or a.size == 1 or not np.all(np.isfinite(a)):
            return ""
        factor = np.sum(a * b) / max(np.sum(b * b), np.finfo(float).tiny)
        if self._same(a, factor * b, abs(factor) * self.noise):
            return f"; every entry is {factor:.4g} times what it should be"
        square = a.ndim == 2 and len(set(a.shape)) == 1
        if square and self._same(a.T, b, self.noise):
            return "; it is the transpose of what it should be"
        return ""

    def _same(self, a: np.ndarray, b: np.ndarray, noise: np.ndarray | float) -> bool:
        """Say whether each entry is the same, up to `tol` of its own size or its noise."""
        allowed = np.maximum(self.tol * np.maximum(np.abs(a), np.abs(b)), noise)
        return bool(np.all(np.abs(a - b) <= allowed))


def gradient_check(
    f: Callable[[Array], Any],
    derivative: Callable[[Array], Array] | Array,
    x: Array,
    *,
    method: str = "central",
    step: float | None = None,
    tol: float | None = None,
) -> GradientCheck:
    """Compare a derivative with the one by small steps, entry by entry.

    Parameters
    ----------
    f, x, method, step
        As in `numerical_jacobian`.
    derivative : callable x → array, or that array
        What is checked: the gradient, of the shape of x, or the Jacobian, of shape
        f(x).shape + x.shape.
    tol : float, optional
        Relative error to allow; by default 100·√ε, that is 1.5·10⁻⁶ for doubles. A mistake in a
        formula is rarely below 10⁻³. Singles leave 3 %: check in doubles.

    Returns
    -------
    GradientCheck
        ``ok`` says whether it passes; printed, it says where it is worst.

    Raises
    ------
    ValueError
        As `numerical_jacobian`, and for a derivative of another shape.

    Notes
    -----
    At a kink of f, as of |x| at 0, small steps see the mean of both sides: check beside it. A slip
    in a part of f that is flat at x does not show: check at a random x. A right derivative fails
    where the step is too long for f, as for sin at x = 1000: give a smaller one.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> print(gradient_check(lambda x: np.sum(x**3), lambda x: 3 * x, x))  # doctest: +ELLIPSIS
    wrong: largest relative error 5.0e-01 at entry [1], given 6, by small steps 12 (allowed ...
    """
    differences = _Differences(f, x, method, step)
    tol = 100 * np.sqrt(differences.eps) if tol is None else check_number("tol", tol, above=0)
    numerical = differences.derivative()
    given = derivative(differences.like_x(differences.host)) if callable(derivative) else derivative
    given = np.asarray(to_numpy(given), dtype=float)
    if given.shape != numerical.shape:
        raise ValueError(
            f"The derivative must have the shape f(x).shape + x.shape = {numerical.shape}, got"
            f" {given.shape}."
        )
    difference = np.abs(given - numerical)
    size = np.maximum(np.maximum(np.abs(given), np.abs(numerical)), differences.noise / tol)
    with np.errstate(invalid="ignore"):
        errors = difference / np.where(size > 0, size, 1.0)
    errors = np.where(np.isfinite(given), errors, np.inf)
    return GradientCheck(given, numerical, errors, float(tol), differences.noise)


class _Differences:
    """The values of f beside x, and the quotients that they give.

    `noise`, of the derivative's shape, is what rounding in f alone can do to each quotient.
    """

    def __init__(self, f: Callable[[Array], Any], x: Array, method: str, step: float | None):
        if method not in STEPS:
            raise ValueError(f"method must be one of {list(STEPS)}, got {method!r}.")
        (self.x,) = as_floats(x if hasattr(x, "dtype") else np.asarray(x))
        self.f, self.method, self.host = f, method, np.asarray(to_numpy(self.x))
        if self.host.size == 0 or not np.all(np.isfinite(self.host)):
            what = "is empty" if self.host.size == 0 else "holds NaN or infinity"
            raise ValueError(f"x must hold at least one number, all of them finite; it {what}.")
        self.eps = float(np.finfo(self.host.dtype).eps)
        self.step = STEPS[method](self.eps) if step is None else check_number("step", step, above=0)
        self.middle = np.asarray(to_numpy(f(self.like_x(self.host))))
        self.shape = self.middle.shape
        if not np.all(np.isfinite(self.middle)):
            raise ValueError("f must be finite at x, where it is to be differentiated; it is not.")

    def like_x(self, values: np.ndarray) -> Array:
        """Copy real or complex numbers to x's kind, device and precision."""
        xp = array_namespace(self.x)
        precise = np.result_type(values.dtype, self.host.dtype)
        dtype = self.host.dtype if precise.kind == "f" else np.result_type(self.host.dtype, 1j)
        copy = np.array(values, dtype=dtype)
        return xp.asarray(copy, dtype=getattr(xp, dtype.name), device=device(self.x))

    def derivative(self) -> np.ndarray:
        """Give D, of shape f(x).shape + x.shape, and set `noise`."""
        columns, noises = zip(*map(self._column, range(self.host.size)), strict=True)
        shape = self.shape + self.host.shape
        self.noise = np.stack(noises, axis=-1).reshape(shape)
        return np.stack(columns, axis=-1).reshape(shape)

    def _column(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Give ∂f/∂x_j and its noise, both of shape f(x).shape."""
        h = self.step * max(1.0, abs(float(self.host.flat[j])))
        if self.method == "complex":
            width, above = h, self._value(j, self.host.flat[j] + 1j * h)
            size, difference = np.abs(above.real) * h, above.imag
        else:
            high, low = self._ends(j, h)
            width = float(high) - float(low)
            above = self._value(j, high)
            below = self.middle if self.method == "forward" else self._value(j, low)
            size, difference = np.maximum(np.abs(above), np.abs(below)), above - below
        return difference / width, ROUNDINGS * self.eps * size / width

    def _ends(self, j: int, h: float) -> tuple[np.floating, np.floating]:
        """Give the two numbers, as they are stored, at which entry j is tried."""
        x_j, kind = self.host.flat[j], self.host.dtype.type
        high, low = kind(x_j + h), x_j if self.method == "forward" else kind(x_j - h)
        if high == low:
            raise ValueError(f"step {self.step:.1e} is lost beside x = {x_j:g}: take a larger one.")
        return high, low

    def _value(self, j: int, entry: complex) -> np.ndarray:
        """Give f where entry j of x is another number, and say what is wrong with it."""
        moved = self.host.astype(complex if self.method == "complex" else self.host.dtype)
        moved.flat[j] = entry
        value = np.asarray(to_numpy(self.f(self.like_x(moved))))
        if value.shape != self.shape:
            raise ValueError(
                f"f must keep the shape of its value, {self.shape} at x; got {value.shape} beside."
            )
        if self.method == "complex" and not np.iscomplexobj(value):
            raise ValueError(
                "f drops the imaginary part of a complex x, as abs, comparisons and float do: take"
                " method='central'."
            )
        if not np.all(np.isfinite(value)):
            raise ValueError(
                f"f must be finite beside x; it is not where entry {self._index(j)} of x is"
                f" {entry:g}."
            )
        return value

    def _index(self, j: int) -> list[int]:
        return [int(i) for i in np.unravel_index(j, self.host.shape)]
