"""Logistic regression: the probability of one of two classes, from a linear score.

Symbols
    X      (n, d)  inputs, one sample a row
    y      (n,)    labels, −1 or +1 inside this module
    w, b           weights (d,) and intercept of the score f(x) = wᵀx + b
    m      (n,)    margins y_i f(x_i)
    p      (n,)    probabilities σ(f(x_i)) of the label +1, with σ(z) = 1/(1 + e^(−z))
    lam            price λ ≥ 0 of the weights
    c      (n,)    share of each sample in the mean loss: 1/n, or its weight over all weights
    A, v           (X, 1) (n, d + 1) and (w, b) (d + 1,): the score is Av

The objective is the mean log loss and the price of the weights; b is free:

    F(w, b) = Σ c_i log(1 + e^(−m_i)) + ½λ‖w‖².

scikit-learn's ``C`` is 1/(nλ). The log loss itself is `losses.LogLoss`. With s_i = p_i(1 − p_i) and
the price (λ, …, λ, 0) of v, the derivatives are

    ∇F  = Aᵀ(c · ∂loss/∂f) + price · v
    ∇²F = Aᵀ diag(c · s) A + diag(price).
"""

import math
import warnings
from dataclasses import dataclass
from typing import ClassVar

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
    device,
    fit_labels,
    fit_weights,
    is_foreign,
    labels_of,
    lengths,
    new_data,
    unit_of,
)
from course_lib.linear_models.linear_regression import lambda_max
from course_lib.losses import LogLoss
from course_lib.optim import Descent, descend, lbfgs
from course_lib.optim.descent import Record, Rest
from course_lib.optim.line_search import Point, wolfe


class SeparableWarning(ConvergenceWarning):
    """A line separates the classes and the weights cost nothing, so the best are infinitely long."""


def sigmoid(z: Array) -> Array:
    """Return σ(z) = 1/(1 + e^(−z)) for numbers of any shape, without overflow.

    >>> sigmoid(np.array([0.0, 2.0, -1000.0])).round(4)
    array([0.5   , 0.8808, 0.    ])
    """
    (z,) = as_floats(z if is_foreign(z) else np.asarray(z))
    xp = array_namespace(z)
    return xp.exp(-xp.logaddexp(xp.zeros_like(z), -z))


def logit(p: Array) -> Array:
    """Return the log-odds log(p/(1 − p)) of probabilities of any shape: `sigmoid` turned round.

    Raises
    ------
    ValueError
        For a number below 0, above 1, or NaN.

    >>> logit(np.array([0.5, 0.8808, 1.0])).round(3)
    array([0.   , 2.   ,   inf])
    """
    (p,) = as_floats(p if is_foreign(p) else np.asarray(p))
    xp = array_namespace(p)
    if not bool(xp.all((p >= 0) & (p <= 1))):  # NaN is neither
        raise ValueError("p must hold probabilities, from 0 to 1.")
    with np.errstate(divide="ignore"):
        return xp.log(p) - xp.log1p(-p)


class LogisticRegression(ArrayClassifier, BaseEstimator):
    """Logistic regression for two classes: P(y = +1 | x) = σ(wᵀx + b).

    Parameters
    ----------
    lam : float, default=0.01
        Price λ ≥ 0 of the weights; scikit-learn's ``C`` is 1/(nλ). 0 is maximum likelihood.
    solver : {"newton", "lbfgs", "gd"}, default="newton"
        "newton" solves a weighted least squares problem a step; "lbfgs" estimates the curvature
        from gradients, for many features; "gd" steps along the gradient, to be watched.
    fit_intercept : bool, default=True
        Whether to fit b, which has no price; otherwise b = 0.
    max_iter : int, default=1000
        Most steps.
    tol : float, default=1e-8
        Length of the gradient, relative to that at w = 0 and b = 0, that counts as none.
    eta : "auto" or float, default="auto"
        Step of "gd"; "auto" is one over a bound of the curvature, λ_max(AᵀA/n)/4 + λ, with which
        the objective never rises.

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
        F at the start, w = 0 and b = 0, and after every step.
    coef_path_, intercept_path_ : arrays of shapes (n_iter_ + 1, d) and (n_iter_ + 1,)
        w and b there.
    n_features_in_, feature_names_in_
        As in scikit-learn.
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
        """Find w and b for inputs X (n, d) and labels y (n,) of two classes; return self."""
        X, codes = fit_labels(self, X, y)
        self._require_two_classes()
        xp = array_namespace(X)
        y = 2 * xp.astype(codes, X.dtype) - 1  # (n,), −1 and +1
        shares = _shares(sample_weight, X)
        unit = _unit(X, self.lam)
        X = X if unit == 1 else X / unit
        mean = shares @ X if self.fit_intercept else xp.zeros_like(X[0, :])  # (d,)
        F = _Objective.of(X - mean, y, shares, self.lam / unit**2, self.fit_intercept)
        walk = getattr(self, f"_walk_{self.solver}")(F, xp.zeros_like(F.price))
        self._report(F, walk)
        self.n_iter_, self.objective_path_ = walk.n_steps, walk.losses
        W = walk.path[:, : X.shape[1]]  # (n_iter_ + 1, d)
        b = walk.path[:, -1] if self.fit_intercept else xp.zeros_like(walk.losses)
        self.coef_path_, self.intercept_path_ = W / unit, b - W @ mean
        self.coef_, self.intercept_ = self.coef_path_[-1, :], self.intercept_path_[-1]
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
        scores = self._scores(X, "predict_proba")
        return array_namespace(scores).stack([sigmoid(-scores), sigmoid(scores)], axis=1)

    def predict_log_proba(self, X: Array) -> Array:
        """Logarithms of `predict_proba`, (m, 2): finite where a probability underflows to 0."""
        f = self._scores(X, "predict_log_proba")
        xp = array_namespace(f)
        return -xp.stack(
            [LogLoss().value(y, f) for y in (-xp.ones_like(f), xp.ones_like(f))], axis=1
        )

    def _scores(self, X: Array, method: str) -> Array:
        X = new_data(self, X, like="coef_", method=method)
        return X @ self.coef_ + self.intercept_

    def _require_two_classes(self) -> None:
        if self.classes_.shape[0] > 2:
            raise ValueError(
                "Only binary classification is supported. LogisticRegression tells two classes "
                f"apart, but y holds {self.classes_.shape[0]}. Use SoftmaxRegression, or wrap it in "
                "a classifier of course_lib.multiclass."
            )

    # --- one solver each ------------------------------------------------------------------------

    def _walk_newton(self, F: "_Objective", v: Array) -> Descent:
        return _newton(F, v, max_steps=self.max_iter, tol=self.tol)

    def _walk_lbfgs(self, F: "_Objective", v: Array) -> Descent:
        return lbfgs(F.value_and_gradient, v, max_steps=self.max_iter, tol=self.tol)

    def _walk_gd(self, F: "_Objective", v: Array) -> Descent:
        eta = 1 / F.largest_curvature() if self.eta == "auto" else self.eta
        return descend(
            lambda v: F.value_and_gradient(v)[1],
            v,
            eta=eta,
            max_steps=self.max_iter,
            loss=lambda v: F.value_and_gradient(v)[0],
            tol=self.tol,
        )

    def _report(self, F: "_Objective", walk: Descent) -> None:
        if self.lam == 0 and F.is_separable(walk):
            kind, text = (
                SeparableWarning,
                (
                    "A line separates the classes, so with lam=0 longer weights are always better and "
                    f"the best do not exist; these are where the walk stopped, after {walk.n_steps} "
                    "steps. Choose lam above 0."
                ),
            )
        elif walk.stopped in ("max_steps", "diverged"):
            kind, text = (
                ConvergenceWarning,
                (
                    f"{self.solver!r} stopped ({walk.stopped}) after {walk.n_steps} steps, before the "
                    f"gradient fell to tol={self.tol:g} of the first. Standardise the columns of X, "
                    f"raise max_iter={self.max_iter}, lam or tol."
                ),
            )
        else:
            return
        warnings.warn(text, kind, stacklevel=3)  # the caller of fit


@dataclass(frozen=True)
class _Objective:
    """The objective F(v), in the symbols of the module."""

    A: Array
    y: Array
    shares: Array
    price: Array

    @staticmethod
    def of(X: Array, y: Array, shares: Array, lam: float, fit_intercept: bool) -> "_Objective":
        xp = array_namespace(X)
        price = xp.full_like(X[0, :], lam)
        if fit_intercept:
            X = xp.concat([X, xp.ones_like(X[:, :1])], axis=1)
            price = xp.concat([price, xp.zeros_like(price[:1])])
        return _Objective(X, y, shares, price)

    def at(self, v: Array, f: Array) -> tuple[float, Array]:
        """Return F and ∇F (p,) at v with scores f = Av."""
        value = float(self.shares @ LogLoss().value(self.y, f)) + float(self.price @ (v * v)) / 2
        pull = self.shares * LogLoss().gradient(self.y, f)  # (n,)
        return value, pull @ self.A + self.price * v

    def value_and_gradient(self, v: Array) -> tuple[float, Array]:
        return self.at(v, self.A @ v)

    def hessian(self, f: Array) -> Array:
        """Return ∇²F (p, p) where the scores are f."""
        xp = array_namespace(f)
        p = xp.abs(LogLoss().gradient(self.y, f))  # of the wrong label
        B = self.A * xp.sqrt(self.shares * p * (1 - p))[:, None]  # (n, p)
        return B.T @ B + xp.eye(B.shape[1], dtype=B.dtype, device=device(B)) * self.price

    def largest_curvature(self) -> float:
        """Bound the largest eigenvalue of ∇²F: s is at most ¼."""
        xp = array_namespace(self.A)
        B = self.A * xp.sqrt(self.shares)[:, None]
        return B.shape[0] * lambda_max(B) / 4 + float(xp.max(self.price))

    def newton_step(self, f: Array, g: Array) -> Array:
        """Return −(∇²F)⁻¹g (p,), with ∇²F made regular by rounding's share of its diagonal."""
        xp = array_namespace(f)
        H = self.hessian(f)
        scale = xp.linalg.diagonal(H)
        eps = 10 * H.shape[0] * float(xp.finfo(H.dtype).eps)
        lift = xp.where(scale > 0, eps * scale, xp.ones_like(scale))
        return xp.linalg.solve(H + xp.eye(H.shape[0], dtype=H.dtype, device=device(H)) * lift, -g)

    def is_separable(self, walk: Descent) -> bool:
        """Whether scores of both classes are apart, or would still move far at what looks like rest."""
        xp = array_namespace(self.A)
        f = self.A @ walk.w
        if bool(xp.all((self.y * f > 0) | (self.shares == 0))):
            return True
        if walk.stopped not in ("converged", "stalled"):
            return False
        move = self.A @ self.newton_step(f, self.value_and_gradient(walk.w)[1])
        return float(xp.max(xp.abs(move))) > 0.5


def _newton(F: _Objective, v: Array, *, max_steps: int, tol: float) -> Descent:
    """Minimise F from v by Newton steps, shortened where the whole step is too long."""
    xp = array_namespace(v)
    f = F.A @ v
    value, g = F.at(v, f)
    record, rest, n_evaluations = Record(v, value), Rest(tol), 1
    eps = float(xp.finfo(v.dtype).eps)
    stopped = "max_steps"
    for k in range(max_steps + 1):
        if rest.is_reached(g):
            stopped = "converged"
            break
        if k == max_steps:
            break
        p = F.newton_step(f, g)
        z = F.A @ p  # (n,): scores move by ηz

        def line(eta, v=v, f=f, p=p, z=z):
            value, g = F.at(v + eta * p, f + eta * z)
            return Point(eta, value, float(g @ p), v + eta * p, g)

        slope = float(g @ p)
        start = Point(0.0, value, slope, v, g)
        there = wolfe(line, start, 1.0, rounding=8 * eps * abs(value)) if slope < 0 else None
        if there is None or float(lengths(there.g)) >= float(lengths(g)) and there.value >= value:
            stopped = "stalled"
            break
        v, f, value, g = there.w, f + there.eta * z, there.value, there.g
        record.add(k + 1, v, value)
    return record.descent(int(record.steps[-1]), stopped, n_evaluations)


@dataclass(frozen=True)
class StandardErrors:
    """How far estimated weights scatter from sample to sample: one standard deviation each.

    Attributes
    ----------
    coef : array of shape (d,)
    intercept : scalar
        0 for a model without an intercept.
    """

    coef: Array
    intercept: Array


def standard_errors(model: LogisticRegression, X: Array) -> StandardErrors:
    """Standard errors of the weights: the roots of the diagonal of (Aᵀ diag(p(1 − p)) A)⁻¹.

    `X` (n, d) are the inputs the model was fitted to.
    """
    X = new_data(model, X, like="coef_", method="standard_errors")
    xp = array_namespace(X)
    ones = xp.ones_like(X[:, 0])
    mean = ones @ X / X.shape[0]
    F = _Objective.of(X - mean if model.fit_intercept else X, ones, ones, 0.0, model.fit_intercept)
    covariance = xp.linalg.inv(F.hessian(X @ model.coef_ + model.intercept_))
    d = X.shape[1]
    if not model.fit_intercept:
        return StandardErrors(xp.sqrt(xp.linalg.diagonal(covariance)), xp.zeros_like(mean[0]))
    back = xp.concat([-mean, xp.ones_like(mean[:1])])  # b = (−mean, 1)·(w, centred b)
    variances = xp.linalg.diagonal(covariance)[:d]
    return StandardErrors(xp.sqrt(variances), xp.sqrt(back @ covariance @ back))


def _shares(sample_weight: Array | None, X: Array) -> Array:
    """Return the shares c (n,) of the samples in the mean loss; their sum is 1."""
    xp, n = array_namespace(X), X.shape[0]
    weights = fit_weights(sample_weight, np.empty((n, 1)))
    if weights is None:
        return xp.full_like(X[:, 0], 1 / n)
    return xp.asarray(weights / weights.sum(), dtype=X.dtype, device=device(X))


def _unit(X: Array, lam: float) -> float:
    """Return what to divide X by so that its squares stay in range; 1 where λ outweighs them."""
    unit = unit_of(X)
    return 1.0 if unit < 1 and lam >= unit**2 else unit
