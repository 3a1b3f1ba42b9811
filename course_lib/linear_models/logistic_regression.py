"""Logistic regression: the probability of one of two classes, from a linear score.

Symbols
    X      (n, d)  inputs, one sample a row; centred inside `fit` if there is an intercept
    y      (n,)    labels, −1 or +1 inside this module
    w, b           weights (d,) and intercept of the score f(x) = wᵀx + b
    m      (n,)    margins y_i f(x_i)
    q      (n,)    probability 1/(1 + e^(m_i)) that the model gives to the wrong label
    c      (n,)    share of each sample in the mean: 1/n, or its weight over the sum of all
    lam            price λ ≥ 0 of the weights
    v      (p,)    (w, b), or w alone without an intercept
    g, H           gradient (p,) and Hessian (p, p) of F

The objective is the mean log loss and the price of the weights; b is free:

    F(v)  = Σ c_i log(1 + e^(−m_i)) + ½λ‖w‖²
    ∂F/∂w = −Σ c_i q_i y_i x_i + λw        ∂²F/∂w² = Σ c_i q_i(1 − q_i) x_i x_iᵀ + λI

and for b the same with x_i = 1 and λ = 0. scikit-learn's ``C`` is 1/(nλ). The loss itself stands in
`losses.LogLoss`.
"""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from course_lib.estimator import (
    Array,
    ArrayClassifier,
    BaseEstimator,
    Integral,
    Interval,
    Real,
    StrOptions,
    array_namespace,
    as_floats,
    blocks,
    device,
    fit_labels,
    fit_weights,
    is_foreign,
    labels_of,
    lengths,
    new_data,
    one_blas_thread,
    to_numpy,
    unit_of,
)
from course_lib.linear_models.linear_regression import lambda_max
from course_lib.linear_models.separable import SeparableWarning
from course_lib.losses import LogLoss
from course_lib.optim import Descent, descend, lbfgs
from course_lib.optim.descent import Record, Rest
from course_lib.optim.line_search import Point, wolfe

__all__ = [
    "LogisticRegression",
    "StandardErrors",
    "logit",
    "sigmoid",
    "standard_errors",
]

_NUMBERS_IN_A_BLOCK = 2**17  # of X: so much that is made of it stays in the processor's cache


def sigmoid(z: Array | float) -> Array:
    """Return σ(z) = 1/(1 + e^(−z)) of numbers of any shape, without overflow.

    Whole numbers are taken as float64.

    >>> sigmoid(np.array([0.0, 2.0, -1000.0])).round(4)
    array([0.5   , 0.8808, 0.    ])
    """
    (z,) = as_floats(z if is_foreign(z) else np.asarray(z))
    xp = array_namespace(z)
    return xp.exp(-xp.logaddexp(xp.zeros_like(z), -z))


def logit(p: Array | float) -> Array:
    """Return the log-odds log(p/(1 − p)) of probabilities of any shape, the inverse of `sigmoid`.

    Raises
    ------
    ValueError
        For a number that is below 0, above 1 or NaN.

    >>> logit(np.array([0.5, 0.8808, 1.0])).round(3)
    array([ 0.,  2., inf])
    """
    (p,) = as_floats(p if is_foreign(p) else np.asarray(p))
    xp = array_namespace(p)
    strange = ~((p >= 0) & (p <= 1))  # NaN is neither
    if bool(xp.any(strange)):
        raise ValueError(
            f"p must hold probabilities from 0 to 1, got {float(p[strange][0])!r} among them."
        )
    with np.errstate(divide="ignore"):  # of p = 0 and p = 1
        return xp.log(p) - xp.log1p(-p)


class LogisticRegression(ArrayClassifier, BaseEstimator):
    """Logistic regression for two classes: the probability of the second is σ(wᵀx + b).

    Parameters
    ----------
    lam : float, default=0.01
        Price λ ≥ 0 of the weights; scikit-learn's ``C`` is 1/(nλ). 0 gives maximum likelihood.
    solver : {"newton", "lbfgs", "gd"}, default="newton"
        "newton" solves a weighted least squares problem a step; "lbfgs" estimates the curvature
        from the gradients it meets, for very many features; "gd" steps along the gradient, to be
        watched. All minimise the same F.
    fit_intercept : bool, default=True
        Whether to fit b, which has no price; otherwise b = 0.
    max_iter : int, default=1000
        Most steps.
    tol : float, default=1e-8
        Length of the gradient, relative to that at the start, that counts as none (in float32,
        1e-5 where `tol` is less). "newton" divides each entry by the root of its curvature first,
        so that units do not matter.
    eta : "auto" or float, default="auto"
        Step of "gd"; "auto" is one over λ_max/4 + λ, a bound of the curvature, with which F never
        rises.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The labels; y = +1 stands for the second.
    coef_ : array of shape (d,)
        Weights w, of the same kind, device and precision as X.
    intercept_ : scalar of that kind
        Intercept b.
    n_iter_ : int
        Steps taken.
    objective_path_ : array of shape (n_iter_ + 1,)
        F at the start, w = 0 and mean score 0, and after every step.
    coef_path_, intercept_path_ : arrays of shapes (n_iter_ + 1, d) and (n_iter_ + 1,)
        w and b there.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for one class or more than two, and for a class whose samples all have the
        weight 0.

    Warns
    -----
    SeparableWarning
        If λ = 0 and a plane separates the classes, so that no weights are the best. Those at which
        the walk stopped are kept. Where points of both classes lie on the plane, "gd" that ends at
        `max_iter` may see no more than that: it gives a ConvergenceWarning.
    ConvergenceWarning
        If the gradient is above its bound after `max_iter` steps, or "gd" ran away.

    Notes
    -----
    Inside, features are centred: a mean far from 0 then costs neither digits nor steps. Where
    d > n, X = ZQᵀ with orthonormal columns in Q, and Z (n, n) takes the place of X, for the best w
    lies in the span of the rows. Cost: a step of "newton" takes nd² + d³ operations, of the others
    about 4nd; "newton" goes to the minimum of a quadratic model of F, or part of the way where that
    is too far, and takes about five to ten steps, but more on data that a plane nearly separates.
    See Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, section 4.4.1
    (Newton's method as least squares with weights that change), and Albert and Anderson (1984),
    *On the existence of maximum likelihood estimates in logistic regression models*, Biometrika 71.

    Examples
    --------
    >>> hours, passed = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array(["no", "yes", "no", "yes"])
    >>> model = LogisticRegression(lam=0.0).fit(hours, passed)
    >>> model.coef_.round(4), round(float(model.intercept_), 4)  # at 2½ hours the odds are even
    (array([0.9082]), -2.2705)
    >>> model.predict_proba([[2.5]])
    array([[0.5, 0.5]])
    """

    _parameter_constraints: ClassVar[dict] = {
        "lam": [Interval(Real, 0, None, closed="left")],
        "solver": [StrOptions({"newton", "lbfgs", "gd"})],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "eta": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        lam: float = 0.01,
        *,
        solver: str = "newton",
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-8,
        eta: str | float = "auto",
    ):
        self.lam = lam
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.eta = eta

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> "LogisticRegression":
        """Find w and b for inputs X (n, d) and labels y (n,) of two classes; return self.

        A sample of weight k in `sample_weight` (n,) counts as k samples.
        """
        X, codes = fit_labels(self, X, y)
        self._require_two_classes()
        xp = array_namespace(X)
        y = 2 * xp.astype(codes, X.dtype) - 1  # (n,), −1 and +1
        c, _ = _shares(sample_weight, X)
        _require_both_classes(y, c)
        unit = _unit(X, self.lam) if self.eta == "auto" else 1.0  # eta is meant for X as it is
        X = X if unit == 1 else X / unit
        mean = _means(X, c) if self.fit_intercept else xp.zeros_like(X[0, :])  # (d,)
        Q, Z = _in_the_span_of_the_rows(X - mean if self.fit_intercept else X)
        F = _Objective(Z, y, c, self.lam / unit / unit, self.fit_intercept)
        with one_blas_thread():  # for many small products
            walk = getattr(self, f"_walk_{self.solver}")(F)
            self._report(F, walk)
        W, b = F.parts(walk.path.T)  # columns: points of the walk
        W = W.T if Q is None else W.T @ Q.T  # (n_iter_ + 1, d)
        self.coef_path_, self.intercept_path_ = W / unit, b - W @ mean
        self.coef_, self.intercept_ = self.coef_path_[-1, :], self.intercept_path_[-1]
        self.n_iter_, self.objective_path_ = walk.n_steps, walk.losses
        return self

    def decision_function(self, X: Array) -> Array:
        """Scores wᵀx + b for inputs X (m, d), shape (m,): the log-odds of the second class."""
        return self._scores(X, "decision_function")

    def predict(self, X: Array) -> Array:
        """Predict the label of each row of X (m, d), shape (m,): the more probable one."""
        scores = self._scores(X, "predict")
        xp = array_namespace(scores)
        return labels_of(self, xp.astype(scores > 0, xp.int64))

    def predict_proba(self, X: Array) -> Array:
        """Probabilities of both classes for inputs X (m, d), shape (m, 2)."""
        f = self._scores(X, "predict_proba")
        return array_namespace(f).stack([sigmoid(-f), sigmoid(f)], axis=1)

    def predict_log_proba(self, X: Array) -> Array:
        """Logarithms of the probabilities, (m, 2): exact where a probability underflows to 0."""
        f = self._scores(X, "predict_log_proba")
        xp = array_namespace(f)
        plus = xp.ones_like(f)
        return -xp.stack([LogLoss().value(-plus, f), LogLoss().value(plus, f)], axis=1)

    def _scores(self, X: Array, method: str) -> Array:
        X = new_data(self, X, like="coef_", method=method)
        return X @ self.coef_ + self.intercept_

    def _require_two_classes(self) -> None:
        K = self.classes_.shape[0]
        if K > 2:
            raise ValueError(
                "Only binary classification is supported. LogisticRegression tells two classes "
                f"apart, but y holds {K}, {to_numpy(self.classes_).tolist()[:5]}. Use "
                "SoftmaxRegression, or wrap it in a classifier of course_lib.multiclass."
            )

    # --- one solver each: the objective → the walk from v = 0 ------------------------------------

    def _walk_newton(self, F: "_Objective") -> Descent:
        return _newton(F, F.start(), max_steps=self.max_iter, tol=self._tol(F))

    def _walk_lbfgs(self, F: "_Objective") -> Descent:
        return lbfgs(F, F.start(), max_steps=self.max_iter, tol=self._tol(F))

    def _walk_gd(self, F: "_Objective") -> Descent:
        return descend(
            lambda v: F(v)[1],
            F.start(),
            eta=1 / F.largest_curvature() if self.eta == "auto" else self.eta,
            max_steps=self.max_iter,
            loss=lambda v: F(v)[0],
            tol=self._tol(F),
        )

    def _tol(self, F: "_Objective") -> float:
        is_single = F.X.dtype == array_namespace(F.X).float32  # below 1e-5, rounding is counted
        return max(self.tol, 1e-5) if is_single else self.tol

    def _report(self, F: "_Objective", walk: Descent) -> None:
        """Warn of weights that are not the best."""
        if F.lam == 0 and _is_separable(F, walk):
            kind, text = (
                SeparableWarning,
                "a plane separates the classes, and at this price the weights would grow without "
                "end. Raise lam.",
            )
        elif walk.stopped in ("max_steps", "diverged"):
            kind, text = (
                ConvergenceWarning,
                f"the gradient is not yet down to tol={self.tol:g} of the first. Standardise the "
                f"columns of X, raise max_iter={self.max_iter}, lam or tol, or lower eta.",
            )
        else:
            return
        how = f"solver={self.solver!r}, lam={self.lam:g}: {walk}; {text}"
        warnings.warn(how, kind, stacklevel=3)  # the caller of fit


# --- the objective and Newton's method on it ----------------------------------------------------


@dataclass(frozen=True)
class _Objective:
    """F, in the symbols of the module."""

    X: Array
    y: Array
    c: Array
    lam: float
    has_intercept: bool

    def start(self) -> Array:
        """Return v = 0, (p,)."""
        xp, p = array_namespace(self.X), self.X.shape[1] + self.has_intercept
        return xp.zeros(p, dtype=self.X.dtype, device=device(self.X))

    def parts(self, v: Array) -> tuple[Array, Array]:
        """Return w (d, …) and b (…) of v (p, …)."""
        if self.has_intercept:
            return v[:-1, ...], v[-1, ...]
        return v, array_namespace(v).zeros_like(v[0, ...])

    def scores(self, v: Array) -> Array:
        """Return Xw + b, (n,)."""
        w, b = self.parts(v)
        return self.X @ w + b

    def at(self, v: Array, f: Array) -> tuple[float, Array]:
        """Return F and its gradient (p,) at v, where the scores are f."""
        w, _ = self.parts(v)
        losses, slopes = LogLoss().value_and_gradient(self.y, f)
        value = float(self.c @ losses) + self.lam / 2 * float(w @ w)
        return value, self._join(self.c * slopes @ self.X + self.lam * w, self.c @ slopes)

    def __call__(self, v: Array) -> tuple[float, Array]:
        return self.at(v, self.scores(v))

    def hessian(self, f: Array) -> Array:
        """Return H (p, p), where the scores are f."""
        xp, (n, d) = array_namespace(f), self.X.shape
        e = xp.exp(-xp.abs(f))
        r = xp.sqrt(self.c * e) / (1 + e)  # √(c q(1 − q)), (n,)
        H, border = self.lam * xp.eye(d, dtype=f.dtype, device=device(f)), 0.0
        for rows in blocks(n, _NUMBERS_IN_A_BLOCK // d):
            B = self.X[rows, :] * r[rows, None]  # BᵀB is half the work of Xᵀ(r²X)
            H, border = H + B.T @ B, border + r[rows] @ B  # (d, d), (d,)
        if not self.has_intercept:
            return H
        above = xp.concat([H, border[:, None]], axis=1)  # (d, p)
        return xp.concat([above, self._join(border, r @ r)[None, :]], axis=0)

    def largest_curvature(self) -> float:
        """Bound the largest eigenvalue of H: q(1 − q) is at most ¼, and X is centred."""
        B = self.X * array_namespace(self.X).sqrt(self.c * self.X.shape[0])[:, None]
        return max(lambda_max(B) / 4 + self.lam, self.has_intercept / 4)

    def _join(self, w: Array, b: Array) -> Array:
        return array_namespace(w).concat([w, b[None]]) if self.has_intercept else w


def _newton(F: _Objective, v: Array, *, max_steps: int, tol: float) -> Descent:
    """Minimise F from v: go to the minimum of its quadratic model, or part of the way."""
    xp = array_namespace(v)
    rounding = 8 * float(xp.finfo(v.dtype).eps)
    f = F.scores(v)  # (n,)
    value, g = F.at(v, f)
    H = F.hessian(f)
    unit = _inverse_roots(H)  # makes the entries of g comparable
    record, rest, k, n_evaluations = Record(v, value), Rest(tol), 0, 1
    while not (rested := rest.is_reached(unit * g)) and k < max_steps:
        p = _solve(H if k == 0 else F.hessian(f), -g)  # (p,)
        line, here = _Line(F, v, f, p), Point(0.0, value, float(g @ p), v, g)
        downhill = here.slope < 0
        there = wolfe(line, here, 1.0, rounding=rounding * value) if downhill else None
        n_evaluations += line.n_evaluations
        if there is None or not _is_progress(here, there, unit):
            return record.descent(k, "stalled", n_evaluations)  # rounding hides the rest
        k, v, f, value, g = k + 1, there.w, line.scores(there.eta), there.value, there.g
        record.add(k, v, value)
    return record.descent(k, "converged" if rested else "max_steps", n_evaluations)


class _Line:
    """F at v + ηp. Scores move by ηz, so X meets p once, however many η are tried."""

    def __init__(self, F: _Objective, v: Array, f: Array, p: Array):
        self.F, self.v, self.f, self.p = F, v, f, p
        self.z, self.n_evaluations = F.scores(p), 0

    def scores(self, eta: float) -> Array:
        return self.f + eta * self.z

    def __call__(self, eta: float) -> Point:
        v = self.v + eta * self.p
        value, g = self.F.at(v, self.scores(eta))
        self.n_evaluations += 1
        return Point(eta, value, float(g @ self.p), v, g)


def _is_progress(here: Point, there: Point, unit: Array) -> bool:
    shorter = float(lengths(unit * there.g)) < float(lengths(unit * here.g))
    return shorter or there.value < here.value


def _inverse_roots(H: Array) -> Array:
    """Return 1/√H_jj (p,), and 1 where H_jj is 0: a feature that is always 0."""
    xp = array_namespace(H)
    h = xp.linalg.diagonal(H)
    return 1 / xp.sqrt(xp.where(h > 0, h, xp.ones_like(h)))


def _solve(H: Array, a: Array) -> Array:
    """Solve Hp = a; if H is singular, for a p that is nearly the shortest, in its own units.

    H is scaled to a diagonal of 1, to which a few roundings are added.
    """
    xp, r = array_namespace(H), _inverse_roots(H)
    lift = 10 * H.shape[0] * float(xp.finfo(H.dtype).eps)
    scaled = r[:, None] * H * r[None, :] + lift * xp.eye(
        H.shape[0], dtype=H.dtype, device=device(H)
    )
    return r * xp.linalg.solve(scaled, r * a)


def _is_separable(F: _Objective, walk: Descent) -> bool:
    """Whether F (of λ = 0) has no minimum, as seen from the end of a walk.

    It has none if no margin is negative and some are positive. If the scores of the end do not
    show that, as where both classes lie on the plane, then Newton's method does: near a minimum
    its steps become ever shorter; without one, each moves some margins by about 1.
    """
    xp = array_namespace(F.X)
    f = F.scores(walk.w)
    if bool(xp.all((F.y * f > 0) | (F.c == 0))):
        return True
    if walk.stopped == "max_steps":
        return False
    on = _newton(F, walk.w, max_steps=10, tol=0.0)
    return float(xp.max(xp.abs(F.scores(on.w) - f))) > 5


def _shares(sample_weight: Any, X: Array) -> tuple[Array, float]:
    """Return the shares c (n,) of the rows of X, whose sum is 1, and the sum of their weights."""
    xp, n = array_namespace(X), X.shape[0]
    weights = fit_weights(sample_weight, np.empty((n, 1)))
    if weights is None:
        return xp.full_like(X[:, 0], 1 / n), float(n)
    total = float(weights.sum())
    return xp.asarray(weights / total, dtype=X.dtype, device=device(X)), total


def _require_both_classes(y: Array, c: Array) -> None:
    xp = array_namespace(y)
    if not all(bool(xp.any((y == label) & (c > 0))) for label in (-1, 1)):
        raise ValueError(
            "sample_weight is 0 for every sample of one class; both need samples that count."
        )


def _means(X: Array, c: Array) -> Array:
    """Return the mean of each column, (d,): of one that is constant, that very number.

    With a rounded mean, a feature of rounding errors would be left of it.
    """
    xp = array_namespace(X)
    first = X[0, :]
    return xp.where(xp.all(first == X, axis=0), first, c @ X)


def _unit(X: Array, lam: float) -> float:
    """Choose what to divide X by, so that its squares stay in range; mostly 1."""
    xp = array_namespace(X)
    unit = unit_of(xp.stack([xp.max(X), xp.min(X)]))
    return 1.0 if unit < 1 and lam / unit >= unit else unit  # then λ is all of the curvature


def _in_the_span_of_the_rows(X: Array) -> tuple[Array | None, Array]:
    """If d > n, return Q (d, n), orthonormal, and Z (n, n) with X = ZQᵀ; else None and X."""
    n, d = X.shape
    if d <= n:
        return None, X
    Q, R = array_namespace(X).linalg.qr(X.T)
    return Q, R.T


# --- standard errors ----------------------------------------------------------------------------


@dataclass(frozen=True)
class StandardErrors:
    """How far weights scatter from sample to sample: one standard deviation each.

    Attributes
    ----------
    coef : array of shape (d,)
    intercept : scalar; 0 for a model without intercept
    """

    coef: Array
    intercept: Array


def standard_errors(
    model: LogisticRegression, X: Array, sample_weight: Array | None = None
) -> StandardErrors:
    """Estimate the standard errors of maximum-likelihood weights from the curvature of the loss.

    They are the roots of the diagonal of the inverse Hessian of the summed loss at the weights, the
    inverse Fisher information. The price λ is left out: with λ = 0, and many samples beside the
    number of weights, they are the usual ones; a price makes weights scatter less than they say.

    Parameters
    ----------
    model : LogisticRegression, fitted
    X : array of shape (n, d)
        The inputs it was fitted to.
    sample_weight : array of shape (n,), optional
        The weights it was fitted with, numbers of samples.

    Returns
    -------
    StandardErrors, of the kind and precision of X

    Raises
    ------
    NotFittedError, ValueError
        As `model.predict`, and where columns of X depend on one another (or are constant beside an
        intercept), so that weights can be anything.

    Notes
    -----
    Cost: nd² + d³ operations. See McCullagh and Nelder, *Generalized Linear Models* (1989), section
    4.4.

    Examples
    --------
    >>> X, y = np.array([[0.0]] * 10 + [[1.0]] * 10), np.array([0] * 6 + [1] * 10 + [0] * 4)
    >>> model = LogisticRegression(lam=0.0).fit(X, y)
    >>> standard_errors(model, X).coef.round(4)  # √(1/6 + 1/4 + 1/4 + 1/6), Woolf (1955)
    array([0.9129])
    """
    X = new_data(model, X, like="coef_", method="standard_errors")
    xp, f = array_namespace(X), X @ model.coef_ + model.intercept_
    c, total = _shares(sample_weight, X)
    mean = _means(X, c) if model.fit_intercept else xp.zeros_like(X[0, :])
    H = _Objective(X - mean, xp.ones_like(f), c, 0.0, model.fit_intercept).hessian(f)
    r = _inverse_roots(H)
    scaled = r[:, None] * H * r[None, :]  # a diagonal of 1
    least = float(xp.linalg.eigvalsh(scaled)[0])
    if not least > 10 * H.shape[0] * float(xp.finfo(H.dtype).eps):
        raise ValueError(
            "The weights have no standard errors: columns of X depend on one another or are "
            "constant, or all probabilities are 0 or 1. Leave out columns, or raise lam."
        )
    covariance = (
        r[:, None] * xp.linalg.inv(scaled) * r[None, :] / total
    )  # (p, p), of (w, b + mean·w)
    w_errors = xp.sqrt(xp.linalg.diagonal(covariance))[: X.shape[1]]
    if not model.fit_intercept:
        return StandardErrors(w_errors, xp.zeros_like(mean[0]))
    back = xp.concat([-mean, xp.ones_like(mean[:1])])  # to b
    return StandardErrors(w_errors, xp.sqrt(back @ covariance @ back))
