"""NIST's problems: the data are typed right, and the solvers are measured against them."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

from course_lib.datasets import digits_of_agreement, load_nist, nist_problems
from course_lib.estimator import IllConditionedWarning
from course_lib.linear_models import LinearRegression

NAMES = nist_problems()


def exact_least_squares(X, y):
    """Coefficients and the squares of their standard deviations, as fractions: no rounding at all.

    Gauss-Jordan elimination of [XᵀX | I | Xᵀy].
    """
    n, p = len(X), len(X[0])
    columns = list(zip(*X, strict=True))

    def dot(a, b):
        return sum(ai * bi for ai, bi in zip(a, b, strict=True))

    A = [
        [dot(a, b) for b in columns] + [Fraction(i == j) for j in range(p)] + [dot(a, y)]
        for i, a in enumerate(columns)
    ]
    for k in range(p):
        A[k] = [entry / A[k][k] for entry in A[k]]
        for i in range(p):
            if i != k:
                A[i] = [entry - A[i][k] * pivot for entry, pivot in zip(A[i], A[k], strict=True)]
    w = [row[-1] for row in A]
    variance = sum((yi - dot(row, w)) ** 2 for row, yi in zip(X, y, strict=True)) / (n - p)
    return w, [variance * A[j][p + j] for j in range(p)]


@pytest.mark.parametrize("name", NAMES)
def test_exact_arithmetic_finds_the_certified_digits(name):
    """One wrong digit anywhere in the data would show here; NIST gives 15 digits, rounded."""
    problem = load_nist(name)
    w, squares = exact_least_squares(problem.exact_X, problem.exact_y)
    sd = [math.sqrt(s) for s in squares]
    assert digits_of_agreement([float(wj) for wj in w], problem.certified).min() > 14
    assert digits_of_agreement(sd, problem.certified_sd).min() > 14


@pytest.mark.parametrize("name", NAMES)
def test_what_is_loaded(name):
    problem = load_nist(name.upper())
    n, p = problem.X.shape
    assert problem.name == name
    assert problem.y.shape == (n,)
    assert len(problem.feature_names) == p
    assert problem.certified.shape == problem.certified_sd.shape == (p,)
    assert problem.has_constant == bool((problem.X[:, 0] == 1).all())
    assert problem.level in ("lower", "average", "higher")
    np.testing.assert_array_equal(problem.X, [[float(x) for x in r] for r in problem.exact_X])
    np.testing.assert_array_equal(problem.y, [float(v) for v in problem.exact_y])


def test_sizes_are_those_of_nist():
    shapes = {name: load_nist(name).X.shape for name in NAMES}
    assert shapes == {
        "norris": (36, 2),
        "pontius": (40, 3),
        "noint1": (11, 1),
        "noint2": (3, 1),
        "longley": (16, 7),
        **{f"wampler{i}": (21, 6) for i in range(1, 6)},
        "filip": (82, 11),
    }


@pytest.mark.parametrize("name", ["nist", "Wampler6", "", None, 3])
def test_unknown_names_are_answered_with_the_known(name):
    with pytest.raises(ValueError, match=r"norris, pontius.*got"):
        load_nist(name)


def digits(name, solver, fit_intercept):
    """Digits of the worst coefficient, with the constant as a column or as the intercept."""
    problem = load_nist(name)
    X = problem.X[:, 1:] if fit_intercept else problem.X
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IllConditionedWarning)
        model = LinearRegression(solver, fit_intercept=fit_intercept).fit(X, problem.y)
    w = [model.intercept_, *model.coef_] if fit_intercept else model.coef_
    return digits_of_agreement(w, problem.certified).min()


# Digits that each solver must reach: some below what was measured (Linux, OpenBLAS), for the last
# digits of an ill-conditioned problem belong to the rounding of the BLAS at hand.
FLOORS = {
    "norris": {"lstsq": 11, "qr": 11, "normal": 10},
    "pontius": {"lstsq": 11, "qr": 11, "normal": 10},
    "noint1": {"lstsq": 13, "qr": 13, "normal": 13},
    "noint2": {"lstsq": 13, "qr": 13, "normal": 13},
    "longley": {"lstsq": 9, "qr": 9, "normal": 6},
    "wampler1": {"lstsq": 8, "qr": 8, "normal": 5},
    "wampler2": {"lstsq": 10, "qr": 10, "normal": 7},
    "wampler3": {"lstsq": 7.5, "qr": 7.5, "normal": 5},
    "wampler4": {"lstsq": 6.5, "qr": 6.5, "normal": 5},
    "wampler5": {"lstsq": 4.5, "qr": 4.5, "normal": 4.5},
    "filip": {"lstsq": 6.5, "qr": 6.5, "normal": 0},
}


@pytest.mark.parametrize("name", NAMES)
def test_digits_per_solver(name):
    reached = {solver: digits(name, solver, False) for solver in FLOORS[name]}
    print(name, {solver: round(float(value), 1) for solver, value in reached.items()})
    assert max(reached.values()) >= 5
    for solver, floor in FLOORS[name].items():
        assert reached[solver] >= floor, solver


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("noint")])
def test_an_intercept_is_as_good_as_a_column_of_ones(name):
    assert digits(name, "qr", True) >= 5


def test_filip_is_beyond_the_normal_equation_but_not_beyond_the_cutoff_of_lstsq():
    problem = load_nist("filip")
    assert LinearRegression(fit_intercept=False).fit(problem.X, problem.y).rank_ == 11
    with pytest.warns(IllConditionedWarning):
        LinearRegression("normal", fit_intercept=False).fit(problem.X, problem.y)


def test_digits_of_agreement_by_hand():
    estimate = [1.0, 1.001, 0.999, 2.0, -1.0, 1e-4, 0.0, np.nan, np.inf, 1 + 1e-16]
    certified = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    expected = [15, 3, 3, 0, 0, 4, 15, 0, 0, 15]
    np.testing.assert_allclose(digits_of_agreement(estimate, certified), expected, atol=1e-9)
    assert digits_of_agreement(1.01, 1.0) == pytest.approx(2)
    with pytest.raises(ValueError, match=r"one shape.*\(2,\) and \(1,\)"):
        digits_of_agreement([1.0, 2.0], [1.0])
