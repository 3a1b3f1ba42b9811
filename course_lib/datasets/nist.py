"""Least-squares problems with certified answers: NIST's Statistical Reference Datasets (StRD).

Symbols
    X  (n, p)  design matrix, the constant column of ones included where the model has one
    y  (n,)    response
    w  (p,)    coefficients

The National Institute of Standards and Technology publishes the data and 15 certified digits of
every coefficient and its standard deviation, so that software can be measured against them:
https://www.itl.nist.gov/div898/strd/lls/lls.shtml (works of the US government, in the public
domain). `tests/datasets/test_nist.py` solves every problem again in exact rational arithmetic and
finds the certified digits.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

URL = "https://www.itl.nist.gov/div898/strd/lls/lls.shtml"

Rows = list[list[Fraction]]


@dataclass(frozen=True)
class NistProblem:
    """A linear regression problem and its certified answer.

    Attributes
    ----------
    name : str
        NIST's name of the problem, in lower case.
    X : ndarray of shape (n, p), float64
        Design matrix. Where the model has a constant, its column of ones is the first:
        fit with ``fit_intercept=False``.
    y : ndarray of shape (n,), float64
        Response.
    feature_names : tuple of p str
        What the columns of `X` are.
    certified : ndarray of shape (p,)
        Certified coefficients.
    certified_sd : ndarray of shape (p,)
        Certified standard deviations of the coefficients (0 where the fit is perfect).
    has_constant : bool
        Whether the first column of `X` is the constant.
    level : {"lower", "average", "higher"}
        NIST's level of difficulty.
    about : str
        Where the data come from.
    exact_X, exact_y : tuples of Fraction
        The same data without rounding. `X` and `y` are the nearest floating-point numbers.
    """

    name: str
    X: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    feature_names: tuple[str, ...]
    certified: np.ndarray = field(repr=False)
    certified_sd: np.ndarray = field(repr=False)
    has_constant: bool
    level: str
    about: str
    exact_X: tuple[tuple[Fraction, ...], ...] = field(repr=False)
    exact_y: tuple[Fraction, ...] = field(repr=False)


@dataclass(frozen=True)
class _Recipe:
    data: Callable[[], tuple[Rows, list[Fraction]]]  # exact X and y
    level: str
    about: str


def load_nist(name: str) -> NistProblem:
    """Load one of NIST's certified linear regression problems.

    Parameters
    ----------
    name : str
        One of `nist_problems()`; upper and lower case are the same.

    Returns
    -------
    NistProblem

    Raises
    ------
    ValueError
        If there is no problem of that name.

    Examples
    --------
    >>> problem = load_nist("NoInt1")
    >>> problem.X.shape, problem.has_constant, problem.certified
    ((11, 1), False, array([2.07438017]))
    """
    recipe = _RECIPES.get(name.lower()) if isinstance(name, str) else None
    if recipe is None:
        known = ", ".join(_RECIPES)
        raise ValueError(f"name must be one of NIST's problems ({known}); got {name!r}.")
    name = name.lower()
    rows, response = recipe.data()
    _, columns, certified, certified_sd = zip(
        *(row for row in _cells("certified") if row[0] == name), strict=True
    )
    return NistProblem(
        name=name,
        X=np.array(rows, dtype=np.float64),  # every entry correctly rounded
        y=np.array(response, dtype=np.float64),
        feature_names=columns,
        certified=np.array(certified, dtype=np.float64),
        certified_sd=np.array(certified_sd, dtype=np.float64),
        has_constant=columns[0] == "1",
        level=recipe.level,
        about=recipe.about,
        exact_X=tuple(map(tuple, rows)),
        exact_y=tuple(response),
    )


def nist_problems() -> tuple[str, ...]:
    """Name the problems that `load_nist` knows, from the easiest to the hardest.

    >>> nist_problems()[0], nist_problems()[-1]
    ('norris', 'filip')
    """
    return tuple(_RECIPES)


def digits_of_agreement(estimate: ArrayLike, certified: ArrayLike) -> np.ndarray:
    """Count the significant digits in which an estimate agrees with a certified value.

    It is NIST's log relative error, −log₁₀(|estimate − certified| / |certified|), or
    −log₁₀|estimate| where the certified value is 0; never below 0 (no digit is right) nor above 15
    (as many as are certified, also for perfect agreement). An estimate that is not finite has 0.

    Parameters
    ----------
    estimate, certified : array-like of one shape
        CPU tensors are taken too.

    Returns
    -------
    ndarray of float64 of that shape

    Examples
    --------
    >>> digits_of_agreement([1.001, 2.0, 7.0], [1.0, 2.0, 1.0]).round(1)
    array([ 3., 15.,  0.])
    """
    estimate, certified = np.asarray(estimate, np.float64), np.asarray(certified, np.float64)
    if estimate.shape != certified.shape:
        raise ValueError(
            "estimate and certified must have one shape; "
            f"got {estimate.shape} and {certified.shape}."
        )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error = np.abs(estimate - certified) / np.where(certified == 0, 1, np.abs(certified))
        digits = -np.log10(error)
    return np.clip(np.where(np.isfinite(estimate), digits, 0.0), 0.0, 15.0) + 0.0  # no "-0."


# --- the data -------------------------------------------------------------------------------


def _cells(name: str) -> list[list[str]]:
    """Rows of a file beside this module, without its header."""
    text = files(__package__).joinpath("nist", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


def _table(name: str) -> Rows:
    return [[Fraction(cell) for cell in row] for row in _cells(name)]


def _powers(x: Sequence[Fraction], degree: int) -> Rows:
    return [[xi**j for j in range(degree + 1)] for xi in x]


def _polynomial(name: str, degree: int) -> tuple[Rows, list[Fraction]]:
    y, x = zip(*_table(name), strict=True)
    return _powers(x, degree), list(y)


def _longley() -> tuple[Rows, list[Fraction]]:
    table = _table("longley")
    return [[Fraction(1), *row[1:]] for row in table], [row[0] for row in table]


def _through_origin(x: Sequence[int], y: Sequence[int]) -> tuple[Rows, list[Fraction]]:
    return [[Fraction(xi)] for xi in x], [Fraction(yi) for yi in y]


def _wampler(base: Fraction, disturbance: int) -> tuple[Rows, list[Fraction]]:
    """Σⱼ (base·x)ʲ for x = 0 … 20, plus a multiple of a vector orthogonal to 1, x, …, x⁵."""
    x = [Fraction(i) for i in range(21)]
    y = [sum((base * xi) ** j for j in range(6)) for xi in x]
    return _powers(x, 5), [yi + disturbance * di for yi, di in zip(y, _DELTA, strict=True)]


_HALF = (759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048)
_DELTA = (*_HALF, 2048, *reversed(_HALF))  # Wampler's disturbance

_WAMPLER = "Wampler (1970), J. Am. Stat. Assoc. 65, 549-565; a quintic polynomial, generated"
_LONGLEY = "Longley (1967), J. Am. Stat. Assoc. 62, 819-841; US economy 1947-1962, observed"
_EBERHARDT = "Eberhardt, NIST; a line through the origin, generated"
_ONE, _TENTH = Fraction(1), Fraction(1, 10)

_RECIPES = {  # from the easiest to the hardest
    "norris": _Recipe(
        partial(_polynomial, "norris", 1), "lower", "Norris, NIST; ozone monitors, observed"
    ),
    "pontius": _Recipe(
        partial(_polynomial, "pontius", 2), "lower", "Pontius, NIST; a load cell, observed"
    ),
    "noint1": _Recipe(
        partial(_through_origin, range(60, 71), range(130, 141)), "average", _EBERHARDT
    ),
    "noint2": _Recipe(partial(_through_origin, (4, 5, 6), (3, 4, 4)), "average", _EBERHARDT),
    "longley": _Recipe(_longley, "higher", _LONGLEY),
    "wampler1": _Recipe(partial(_wampler, _ONE, 0), "higher", _WAMPLER),
    "wampler2": _Recipe(partial(_wampler, _TENTH, 0), "higher", _WAMPLER),
    "wampler3": _Recipe(partial(_wampler, _ONE, 1), "higher", _WAMPLER),
    "wampler4": _Recipe(partial(_wampler, _ONE, 100), "higher", _WAMPLER),
    "wampler5": _Recipe(partial(_wampler, _ONE, 10_000), "higher", _WAMPLER),
    "filip": _Recipe(
        partial(_polynomial, "filip", 10), "higher", "Filippelli, NIST; degree 10, observed"
    ),
}
