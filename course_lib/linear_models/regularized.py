"""Least squares with a price on the weights: ridge, lasso, elastic net, and their paths.

Symbols
    X        (n, d)  inputs, one sample a row; centred inside `fit` if there is an intercept
    y        (n,)    targets, centred likewise
    w        (d,)    weights (`coef_`); the intercept b (`intercept_`) has no price
    lam              price λ > 0
    rho              share ρ of the L1 norm in the price (`l1_ratio`), 0 < ρ ≤ 1
    G, c, q          XᵀX/n (d, d), Xᵀy/n (d,) and yᵀy/n: all that a fit must know of the data

The objective is the mean squared loss and the price,

    F(w) = ½‖y − Xw‖²/n + λ(ρ‖w‖₁ + ½(1 − ρ)‖w‖²),

with ρ = 0 for ridge, ρ = 1 for the lasso, and what lies between for the elastic net. λ is
scikit-learn's ``alpha`` for `Lasso` and `ElasticNet`; its ``Ridge`` sums over the samples, so that
its ``alpha`` is nλ.
"""

import math
import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from course_lib.checks import check_number, check_whole
from course_lib.estimator import (
    Array,
    ArrayRegressor,
    BaseEstimator,
    Integral,
    Interval,
    Real,
    StrOptions,
    array_namespace,
    blocks,
    device,
    fit_data,
    mean_row,
    new_data,
    one_blas_thread,
    to_numpy,
    triangular_factor,
    unit_of,
)
from course_lib.linear_models.linear_regression import centered, require_finite

_ROWS_TIMES_COLUMNS = 2**19  # of a block of X that is centred in the processor's cache
_ROWS_FOR_A_SPREAD = 256  # about as many tell whether a column's mean is beyond its spread
_SOLVES = 3  # at most, for one set of signs and for what is left of it
_POWERS = 10  # products of G for the first estimate of its largest eigenvalue
_BETWEEN_CHECKS = 10  # steps of "fista" from one look at the duality gap to the next


@dataclass(frozen=True)
class WeightPath:
    """The weights of one model for m prices.

    Attributes
    ----------
    lams : ndarray of shape (m,)
        The prices λ, as given.
    coefs : array of shape (m, d)
    intercepts : array of shape (m,)
    gaps : ndarray of shape (m,)
        How far each objective may be above the smallest one; 0 for ridge, which has a formula.
    """

    lams: np.ndarray
    coefs: Array
    intercepts: Array
    gaps: np.ndarray

    def predict(self, X: Array) -> Array:
        """Predict for inputs X (k, d) with every price; the result is (k, m)."""
        return X @ self.coefs.T + self.intercepts


class _Regularized(ArrayRegressor, BaseEstimator):
    """What the three estimators share: the prediction."""

    def predict(self, X: Array) -> Array:
        """Predict Xw + b for inputs X (m, d); the result is (m,)."""
        X = new_data(self, X, like="coef_")
        return X @ self.coef_ + self.intercept_


class Ridge(_Regularized):
    """Ridge regression: weights of least ½‖y − Xw − b‖²/n + ½λ‖w‖².

    Parameters
    ----------
    lam : float, default=0.1
        Price λ > 0 of the weights; scikit-learn's ``alpha`` is nλ.
    fit_intercept : bool, default=True
        Whether to fit b, which has no price; otherwise b = 0.

    Attributes
    ----------
    coef_ : array of shape (d,)
        Weights w, of the same kind, device and precision as X.
    intercept_ : scalar of that kind
        Intercept b.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, and where the squares of X overflow.

    Notes
    -----
    The gradient is zero where (G + λI)w = c. That system is never singular; where λ is so small
    beside G that it loses half of the digits, the singular value decomposition of `ridge_path`
    takes its place. With more columns than rows, w = Xᵀu with (XXᵀ/n + λI)u = y/n is the smaller
    system. Cost: nd·min(n, d) + min(n, d)³ operations. See Hoerl and Kennard (1970), and Hastie,
    Tibshirani and Friedman, *The Elements of Statistical Learning*, section 3.4.1.

    Examples
    --------
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 2.0, 3.0])
    >>> model = Ridge(lam=2 / 3).fit(X, y)  # XᵀX/n is 2/3 too: half of the slope 1
    >>> model.coef_.round(6), round(float(model.intercept_), 6)
    (array([0.5]), 2.0)
    """

    _parameter_constraints: ClassVar[dict] = {
        "lam": [Interval(Real, 0, None, closed="neither")],
        "fit_intercept": ["boolean"],
    }

    def __init__(self, lam: float = 0.1, *, fit_intercept: bool = True):
        self.lam = lam
        self.fit_intercept = fit_intercept

    def fit(self, X: Array, y: Array) -> "Ridge":
        """Find w and b for inputs X (n, d) and targets y (n,); return self."""
        X, y = fit_data(self, X, y)
        p = _Problem.of(X, y, self.fit_intercept)
        w = _few_columns(p, self.lam) if p.G is not None else _many_columns(p, self.lam)
        if w is None:
            w = _by_svd(*_as_is_or_centered(X, y, self.fit_intercept), [self.lam])[0, :] / p.unit
        self.coef_ = w * p.unit
        self.intercept_ = p.intercepts(self.coef_)
        return self


class ElasticNet(_Regularized):
    """Elastic net: weights of least ½‖y − Xw − b‖²/n + λ(ρ‖w‖₁ + ½(1 − ρ)‖w‖²).

    Parameters
    ----------
    lam : float, default=0.1
        Price λ > 0 of the weights, scikit-learn's ``alpha``.
    l1_ratio : float, default=0.5
        Share ρ of the L1 norm, 0 < ρ ≤ 1; at 1 it is the lasso, and 0 would be ridge.
    fit_intercept : bool, default=True
        Whether to fit b, which has no price; otherwise b = 0.
    solver : {"fista", "cd"}, default="fista"
        "fista" takes steps along the gradient, shrinks all weights after each, and has momentum,
        until the signs hold still and a linear system gives the rest;
        "cd" (coordinate descent) finds the best value of one weight at a time: the same answer,
        in code to be read.
    max_iter : int, default=10_000
        Most steps of "fista", sweeps over all weights of "cd".
    tol : float, default=1e-6
        It stops where the duality gap, a bound of what is left to gain, is at most `tol` times the
        objective at w = 0 (in float32 1e-5 times, for rounding hides what is below).

    Attributes
    ----------
    coef_ : array of shape (d,)
        Weights w, of the same kind, device and precision as X; many are exactly 0.
    intercept_ : scalar of that kind
        Intercept b.
    dual_gap_ : float
        The duality gap at the end, in the unit of the objective.
    n_iter_ : int
        Steps or sweeps taken.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, and where the squares of X overflow.

    Warns
    -----
    ConvergenceWarning
        If the gap is above its bound after `max_iter` steps.

    Notes
    -----
    Cost: nd² operations for G, then d² a step or sweep; with more columns than rows "fista" leaves
    G out and takes 4nd a step. Where the signs hold still, "fista" solves for the k weights in use,
    k³ operations (and nk² more without G), which mostly ends the search. See Zou and Hastie (2005);
    Beck and Teboulle (2009) for the steps, O'Donoghue and Candès (2015) for restarting their
    momentum, Osborne, Presnell and Turlach (2000) for solving on a set of signs; Friedman, Hastie
    and Tibshirani (2010) for coordinate descent.

    Examples
    --------
    >>> X = np.array([[-1.0, 1.0], [0.0, -2.0], [1.0, 1.0]])
    >>> model = ElasticNet(lam=0.2, l1_ratio=0.5).fit(X, np.array([1.0, 2.0, 3.0]))
    >>> model.coef_.round(4) + 0.0, round(float(model.intercept_), 4)
    (array([0.7391, 0.    ]), 2.0)
    """

    _parameter_constraints: ClassVar[dict] = {
        "lam": [Interval(Real, 0, None, closed="neither")],
        "l1_ratio": [Interval(Real, 0, 1, closed="right")],
        "fit_intercept": ["boolean"],
        "solver": [StrOptions({"fista", "cd"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        lam: float = 0.1,
        *,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        solver: str = "fista",
        max_iter: int = 10_000,
        tol: float = 1e-6,
    ):
        self.lam = lam
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Array, y: Array) -> "ElasticNet":
        """Find w and b for inputs X (n, d) and targets y (n,); return self."""
        X, y = fit_data(self, X, y)
        return _fit_with_l1(self, X, y, self.l1_ratio)


class Lasso(_Regularized):
    """Lasso: weights of least ½‖y − Xw − b‖²/n + λ‖w‖₁, an elastic net with ρ = 1.

    Parameters, attributes, errors, warnings and notes are those of `ElasticNet`, without
    `l1_ratio`. The method is Tibshirani's (1996).

    Examples
    --------
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 2.0, 3.0])
    >>> Lasso(lam=0.1).fit(X, y).coef_.round(4), Lasso(lam=1.0).fit(X, y).coef_
    (array([0.85]), array([0.]))
    """

    _parameter_constraints: ClassVar[dict] = {
        name: kinds
        for name, kinds in ElasticNet._parameter_constraints.items()
        if name != "l1_ratio"
    }

    def __init__(
        self,
        lam: float = 0.1,
        *,
        fit_intercept: bool = True,
        solver: str = "fista",
        max_iter: int = 10_000,
        tol: float = 1e-6,
    ):
        self.lam = lam
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Array, y: Array) -> "Lasso":
        """Find w and b for inputs X (n, d) and targets y (n,); return self."""
        X, y = fit_data(self, X, y)
        return _fit_with_l1(self, X, y, 1.0)


# --- paths --------------------------------------------------------------------------------------


def ridge_path(X: Array, y: Array, lams: Array, *, fit_intercept: bool = True) -> WeightPath:
    """Solve ridge regression for many prices from one singular value decomposition.

    With X = UΣVᵀ the weights are V diag(s_j / (s_j² + nλ)) Uᵀy. Cost: that of the decomposition,
    about 2nd·min(n, d), and d·min(n, d) for each price.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
    lams : array of shape (m,)
        Prices λ > 0, in any order.
    fit_intercept : bool, default=True

    Raises
    ------
    ValueError
        For bad data as in `Ridge`, and for a price that is not a positive number.

    Examples
    --------
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 2.0, 3.0])
    >>> ridge_path(X, y, [2 / 3, 2.0]).coefs.round(6)
    array([[0.5 ],
           [0.25]])
    """
    model = Ridge(fit_intercept=fit_intercept)
    X, y = fit_data(model, X, y)
    lams = _prices(lams)
    x_mean, y_mean = _means(X, y, fit_intercept)
    coefs = _by_svd(*_as_is_or_centered(X, y, fit_intercept), lams)
    return WeightPath(lams, coefs, _intercepts(x_mean, y_mean, coefs), np.zeros(len(lams)))


def ridge_degrees_of_freedom(X: Array, lams: Array, *, fit_intercept: bool = True) -> np.ndarray:
    """Effective number Σ_j s_j²/(s_j² + nλ) of weights that ridge has left, the intercept aside.

    `X` is (n, d) with singular values s_j (centred first, with an intercept), `lams` holds m
    prices; the result is (m,), from 0 for a huge price to the rank of X for a tiny one.

    >>> ridge_degrees_of_freedom(np.array([[-1.0], [0.0], [1.0]]), [2 / 3])
    array([0.5])
    """
    X = fit_data(Ridge(fit_intercept=fit_intercept), X, supervised=False)
    X = centered(X)[0] if fit_intercept else X
    s2 = to_numpy(array_namespace(X).linalg.svdvals(triangular_factor(X))) ** 2  # (min(n, d),)
    return np.sum(s2 / (s2 + X.shape[0] * _prices(lams)[:, None]), axis=1)


def elastic_net_path(
    X: Array,
    y: Array,
    lams: Array | None = None,
    *,
    l1_ratio: float = 1.0,
    fit_intercept: bool = True,
    n_lams: int = 100,
    max_iter: int = 10_000,
    tol: float = 1e-6,
) -> WeightPath:
    """Solve the elastic net (the lasso, by default) for many prices, each from the last one's.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
    lams : array of shape (m,), optional
        Prices λ > 0, largest first for speed; by default `n_lams` of them, equally spaced on a
        logarithmic scale, from the smallest that leaves no weight down to a thousandth of it.
    l1_ratio, fit_intercept, max_iter, tol
        As in `ElasticNet`.
    n_lams : int, default=100

    Raises
    ------
    ValueError
        For bad data and parameters as in `ElasticNet`.

    Examples
    --------
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 2.0, 3.0])
    >>> path = elastic_net_path(X, y, n_lams=3)
    >>> path.lams.round(4), path.coefs[:, 0].round(4) + 0.0
    (array([0.6667, 0.0211, 0.0007]), array([0.    , 0.9684, 0.999 ]))
    """
    model = ElasticNet(l1_ratio=l1_ratio, fit_intercept=fit_intercept, max_iter=max_iter, tol=tol)
    X, y = fit_data(model, X, y)
    p = _Problem.of(X, y, fit_intercept)
    if lams is None:
        top = p.unit * float(array_namespace(X).max(array_namespace(X).abs(p.c))) / l1_ratio
        lams = np.geomspace(1, 1e-3, check_whole("n_lams", n_lams)) * (top or 1.0)
    lams = _prices(lams)
    curvature, w, found, gaps = p.curvature(p.c, _POWERS), None, [], []
    with one_blas_thread():  # for many small products
        for lam in lams.tolist():
            w, gap, _ = _fista(p, lam, l1_ratio, w, curvature, max_iter, tol)
            found.append(w * p.unit)
            gaps.append(gap * p.unit * p.unit)
    coefs = array_namespace(X).stack(found)
    return WeightPath(lams, coefs, p.intercepts(coefs), np.array(gaps))


def largest_useful_lam(
    X: Array, y: Array, *, l1_ratio: float = 1.0, fit_intercept: bool = True
) -> float:
    """Return max|Xᵀy|/(nρ), from which price on an elastic net has no weight left.

    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 2.0, 3.0])
    >>> round(largest_useful_lam(X, y), 4)
    0.6667
    """
    model = ElasticNet(l1_ratio=l1_ratio, fit_intercept=fit_intercept)
    X, y = fit_data(model, X, y)
    p, xp = _Problem.of(X, y, fit_intercept), array_namespace(X)
    return p.unit * float(xp.max(xp.abs(p.c))) / l1_ratio


def soft_threshold(u: Array, t: float) -> Array:
    """Move u towards 0 by t, and no further: max(0, |u| − t) with the sign of u, in its shape.

    It is the w that makes ½(w − u)² + t|w| smallest.

    >>> soft_threshold(np.array([-3.0, 0.5, 2.0]), 1.0) + 0.0
    array([-2.,  0.,  1.])
    """
    xp = array_namespace(u)
    left = xp.abs(u) - t
    return xp.copysign((left + xp.abs(left)) / 2, u)


# --- the data, as far as a fit must know them ---------------------------------------------------


@dataclass(frozen=True)
class _Problem:
    """Moments of (centred) data; y is measured in `unit`, so that its squares stay in range.

    G is None, and X is there, where X has more columns than rows.
    """

    G: Array | None
    X: Array | None
    y: Array | None
    c: Array
    q: float
    n: int
    unit: float
    x_mean: Array | None
    y_mean: Array | None

    @staticmethod
    def of(X: Array, y: Array, fit_intercept: bool) -> "_Problem":
        n, d = X.shape
        x_mean, y_mean = _means(X, y, fit_intercept)
        if d > n:
            X, y = _as_is_or_centered(X, y, fit_intercept)
            unit = unit_of(y)
            y = y / unit
            G, c, q = None, X.T @ y / n, float(y @ y) / n
            with np.errstate(over="ignore"):
                require_finite(array_namespace(X).sum(X * X))  # above every number in G
        else:
            y = centered(y)[0] if fit_intercept else y
            unit = unit_of(y)
            y = y / unit
            with np.errstate(over="ignore", invalid="ignore"):  # refused below
                G, c = _products(X, y, x_mean)
            q, X = float(y @ y) / n, None
            require_finite(G)
        return _Problem(G, X, y, c, q, n, unit, x_mean, y_mean)

    def times(self, w: Array) -> Array:
        """Return Gw, (d,)."""
        return self.G @ w if self.G is not None else self.X.T @ (self.X @ w) / self.n

    def curvature(self, u: Array, times: int = 1) -> float:
        """Return xᵀGx/‖x‖² of the last x of u, Gu, G²u, … (`times` of them); of u = 0, 0.

        It is at most the largest eigenvalue of G, and soon near it (the power method).
        """
        xp, found = array_namespace(u), 0.0
        for _ in range(times):
            size = float(xp.max(xp.abs(u)))
            if size == 0:
                break
            u = u / size  # its square neither overflows nor underflows
            Gu = self.times(u)
            found = float(u @ Gu) / float(u @ u)
            u = Gu
        return found

    def block(self, rows: Array) -> Array:
        """Return the rows and columns of G at k indices, (k, k)."""
        if self.G is None:
            X = array_namespace(self.X).take(self.X, rows, axis=1)
            return X.T @ X / self.n
        take = array_namespace(self.G).take
        return take(take(self.G, rows, axis=0), rows, axis=1)

    def zero(self) -> Array:
        return array_namespace(self.c).zeros_like(self.c)

    def intercepts(self, w: Array) -> Array:
        return _intercepts(self.x_mean, self.y_mean, w)

    def gap(self, w: Array, Gw: Array, l1: float, l2: float) -> float:
        """Bound F(w) − min F by the dual objective at the residuals, shrunk until they fit.

        With l2 > 0 the problem is a lasso on X with the rows √(n·l2)·I below it, targets 0.
        """
        xp = array_namespace(w)
        cw, norm1 = float(self.c @ w), float(xp.sum(xp.abs(w)))
        residual = self.q - 2 * cw + float(w @ Gw) + l2 * float(w @ w)  # ‖r‖²/n, of the long r
        steepest = float(xp.max(xp.abs(self.c - Gw - l2 * w)))
        s = 1.0 if steepest <= l1 else l1 / steepest
        return residual / 2 + l1 * norm1 - s * (self.q - cw) + s * s * residual / 2


def _means(X: Array, y: Array, fit_intercept: bool) -> tuple[Array | None, Array | None]:
    """Return the means of X (d,) and y in float64, or None twice where there is no intercept."""
    return (mean_row(X), mean_row(y)) if fit_intercept else (None, None)


def _as_is_or_centered(X: Array, y: Array, fit_intercept: bool) -> tuple[Array, Array]:
    return (centered(X)[0], centered(y)[0]) if fit_intercept else (X, y)


def _products(X: Array, y: Array, x_mean: Array | None) -> tuple[Array, Array]:
    """Return G (d, d) and c (d,) of X (n, d), centred, and centred y (n,).

    Where no mean is far beyond its column's spread, G = XᵀX/n − x̄x̄ᵀ loses three bits at most, and
    saves a centred copy of X. Otherwise the rows are centred block by block.
    """
    n, d = X.shape
    if x_mean is None:
        return X.T @ X / n, X.T @ y / n
    xp = array_namespace(X)
    x_mean = xp.astype(x_mean, X.dtype)
    squares, few = x_mean * x_mean, X[:: -(-n // _ROWS_FOR_A_SPREAD), :]
    if bool(xp.all(squares <= 4 * xp.var(few, axis=0))):
        G = X.T @ X / n - x_mean[:, None] * x_mean[None, :]
        if bool(xp.all(squares <= 8 * xp.linalg.diagonal(G))):  # the few rows had told the truth
            return G, X.T @ y / n
    G = c = 0.0
    for rows in blocks(n, _ROWS_TIMES_COLUMNS // d):
        B = X[rows, :] - x_mean
        G += B.T @ B  # from the second block on in place
        c += B.T @ y[rows]
    return G / n, c / n


def _intercepts(x_mean: Array | None, y_mean: Array | None, w: Array) -> Array:
    """Return ȳ − x̄ᵀw for w (d,) or a path (m, d), in the precision of w; 0 without intercept."""
    xp = array_namespace(w)
    if x_mean is None:
        return xp.zeros(w.shape[:-1], dtype=w.dtype, device=device(w))
    return xp.astype(y_mean - xp.astype(w, x_mean.dtype) @ x_mean, w.dtype)


def _prices(lams: Array) -> np.ndarray:
    lams = np.asarray(to_numpy(lams), dtype=float)
    if lams.ndim != 1 or lams.size == 0:
        raise ValueError(f"lams must have the shape (m,) with m ≥ 1, got {lams.shape}.")
    for lam in lams.tolist():
        check_number("every price in lams", lam, above=0)
    return lams


# --- ridge: three ways to the same weights --------------------------------------------------------


def _few_columns(p: _Problem, lam: float) -> Array | None:
    """Solve (G + λI)w = c, unless λ is too small beside G to save half of the digits."""
    xp = array_namespace(p.G)
    largest = float(xp.max(xp.linalg.diagonal(p.G)))
    if lam <= math.sqrt(float(xp.finfo(p.G.dtype).eps)) * largest:
        return None
    return xp.linalg.solve(p.G + lam * _identity(p.G), p.c)


def _many_columns(p: _Problem, lam: float) -> Array | None:
    """Solve (XXᵀ/n + λI)u = y/n and return Xᵀu: as many unknowns as samples."""
    xp = array_namespace(p.X)
    K = p.X @ p.X.T / p.n  # (n, n)
    require_finite(K)
    largest = float(xp.max(xp.linalg.diagonal(K)))
    if lam <= math.sqrt(float(xp.finfo(K.dtype).eps)) * largest:
        return None
    return p.X.T @ xp.linalg.solve(K + lam * _identity(K), p.y / p.n)


def _identity(A: Array) -> Array:
    return array_namespace(A).eye(A.shape[0], dtype=A.dtype, device=device(A))


def _by_svd(X: Array, y: Array, lams: list[float] | np.ndarray) -> Array:
    """Weights (m, d) of centred X (n, d) and y (n,): V diag(s/(s² + nλ)) Uᵀy for each λ."""
    xp = array_namespace(X)
    n, d = X.shape
    R = triangular_factor(xp.concat([X, y[:, None]], axis=1))  # of [X y]; only R is needed
    U, s, Vt = xp.linalg.svd(R[:, :d], full_matrices=False)
    c = U.T @ R[:, d]  # (r,) with r = min(n, d)
    lams = xp.asarray(lams, dtype=X.dtype, device=device(X))
    return (s * c / (s * s + n * lams[:, None])) @ Vt


# --- lasso and elastic net ------------------------------------------------------------------------


def _fit_with_l1(model: ElasticNet | Lasso, X: Array, y: Array, l1_ratio: float):
    """Fit either estimator to checked data; return it."""
    p = _Problem.of(X, y, model.fit_intercept)
    if model.solver == "fista":
        solve, more = _fista, p.curvature(p.c, _POWERS)
    else:
        solve, more = _coordinate_descent, None
    limits = (model.max_iter, model.tol)
    with one_blas_thread():  # for many small products
        w, gap, model.n_iter_ = solve(p, model.lam, l1_ratio, None, more, *limits)
    model.dual_gap_ = gap * p.unit * p.unit
    model.coef_ = w * p.unit
    model.intercept_ = p.intercepts(model.coef_)
    return model


def _fista(
    p: _Problem,
    lam: float,
    l1_ratio: float,
    w: Array | None,
    curvature: float,
    max_iter: int,
    tol: float,
) -> tuple[Array, float, int]:
    """Take steps along the gradient from a point ahead of w, and shrink; return w, gap, steps.

    The point ahead, v, is w moved on in the direction of its last step. Where that leads uphill the
    momentum is dropped. `curvature` may be below the largest eigenvalue of G: the steps themselves
    turn towards a direction in which they are too long, and then it is raised.

    Where all signs are those of the last look at the gap, the weights that have them are solved
    for. What is found counts only if it halves the smallest gap so far, so that it cannot keep the
    steps from their goal.
    """
    l1, l2 = lam * l1_ratio / p.unit, lam * (1 - l1_ratio)
    xp, enough, tiny = array_namespace(p.c), _enough(p, tol), np.finfo(float).tiny
    w = p.zero() if w is None else w
    v, move, t = w, p.zero(), 1.0
    signs, failed, least = xp.sign(w), p.zero(), math.inf
    for step in range(max_iter + 1):
        if step % _BETWEEN_CHECKS == 0 or step == max_iter:
            gap, last, signs = p.gap(w, p.times(w), l1, l2), signs, xp.sign(w)
            least = min(least, gap)
            if gap > enough and _equal(signs, last) and not _equal(signs, failed):
                solved = _solve_for_signs(p, w, l1, l2)
                solved_gap = p.gap(solved, p.times(solved), l1, l2)
                if solved_gap <= least / 2:
                    w = v = solved
                    gap, least, t = solved_gap, solved_gap, 1.0
                else:
                    failed = signs
            if gap <= enough or step == max_iter:
                break
            curvature = max(curvature, p.curvature(move))
            eta = 1 / max(curvature + l2, tiny)
        before, w = w, soft_threshold(v - eta * (p.times(v) - p.c + l2 * v), eta * l1)
        move = w - before
        if float((v - w) @ move) > 0:
            t = 1.0
        ahead = (1 + math.sqrt(1 + 4 * t * t)) / 2
        v, t = w + (t - 1) / ahead * move, ahead
    if gap > enough:
        _warn_of_gap(gap, enough, max_iter, p)
    return w, gap, step


def _equal(a: Array, b: Array) -> bool:
    return bool(array_namespace(a).all(a == b))


def _solve_for_signs(p: _Problem, w: Array, l1: float, l2: float) -> Array:
    """Return the best weights of the signs of w; those that would change their sign are put at 0.

    With |w| = sign(w)·w the gradient at the weights in use, A, is zero where
    (G_AA + l2·I)(new − w)_A = (c − Gw − l2·w − l1·sign(w))_A. A little more of I keeps the system
    regular where columns depend on one another; it shortens the way, and does not move its end.
    The rest is solved again without the weights that were put at 0. With more weights in use than
    samples, w is returned as it is.
    """
    xp = array_namespace(w)
    for _ in range(_SOLVES):
        signs = xp.sign(w)
        used = signs != 0
        rows = xp.nonzero(used)[0]
        if not 0 < rows.shape[0] <= p.n:
            break
        H = p.block(rows)
        kind, largest = xp.finfo(H.dtype), float(xp.max(xp.linalg.diagonal(H)))
        little = max(math.sqrt(float(kind.eps)) * largest, float(kind.smallest_normal))
        slope = p.c - p.times(w) - l2 * w - l1 * signs
        new = xp.asarray(w, copy=True)
        new[used] += xp.linalg.solve(H + (l2 + little) * _identity(H), xp.take(slope, rows))
        w = xp.where(new * signs > 0, new, p.zero())
        if bool(xp.all(w[used] != 0)):
            break
    return w


def _coordinate_descent(
    p: _Problem,
    lam: float,
    l1_ratio: float,
    w: Array | None,
    _: None,
    max_iter: int,
    tol: float,
) -> tuple[Array, float, int]:
    """Give one weight after the other its best value while the others rest; return as `_fista`."""
    l1, l2 = lam * l1_ratio / p.unit, lam * (1 - l1_ratio)
    G = p.G if p.G is not None else p.X.T @ p.X / p.n
    require_finite(G)
    w = array_namespace(G).asarray(p.zero() if w is None else w, copy=True)
    curvatures = [float(G[j, j]) for j in range(w.shape[0])]
    for sweep in range(max_iter + 1):
        gap = p.gap(w, G @ w, l1, l2)
        if gap <= _enough(p, tol):
            return w, gap, sweep
        if sweep == max_iter:
            break
        for j, curvature in enumerate(curvatures):
            if curvature > 0:  # a column of zeros keeps the weight 0
                pull = p.c[j] - G[j, :] @ w + curvature * w[j]
                w[j] = soft_threshold(pull, l1) / (curvature + l2)
    _warn_of_gap(gap, _enough(p, tol), max_iter, p)
    return w, gap, max_iter


def _enough(p: _Problem, tol: float) -> float:
    """Return the gap at which to stop: `tol`, or 100 roundings, of the objective at w = 0."""
    return max(tol, 100 * float(array_namespace(p.c).finfo(p.c.dtype).eps)) * p.q / 2


def _warn_of_gap(gap: float, enough: float, max_iter: int, p: _Problem) -> None:
    square = p.unit * p.unit
    warnings.warn(
        f"After max_iter={max_iter} the duality gap is {gap * square:.3g}, above "
        f"{enough * square:.3g}. Standardise the columns of X, raise max_iter, lam or tol.",
        ConvergenceWarning,
        stacklevel=5,  # the caller of fit
    )
