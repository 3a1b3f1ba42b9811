"""Softmax regression: K linear scores, and the probabilities that softmax makes of them.

Symbols
    X        (n, d)  inputs, one sample a row
    y        (n,)    classes, 0 … K − 1 inside this module
    Y        (n, K)  the same as 0 and 1: Y_ik = 1 where y_i = k
    W, b             weights (d, K) and intercepts (K,) of the scores f = XW + b (n, K)
    P        (n, K)  probabilities softmax(f)
    r        (n,)    share of each sample in the mean loss; 1/n unless samples have weights
    lam              price λ ≥ 0 of the weights; b has none

The objective is the mean cross-entropy and the price,

    F(W, b) = −Σ_i r_i log P_{i, y_i} + ½λ‖W‖²,    ∇_W F = Xᵀ(r·(P − Y)) + λW.

scikit-learn's ``C`` is 1/(nλ). The same number added to all K scores of a sample changes no
probability, so that the columns of W have one direction too many. Here they sum to zero, as do the
numbers b: with λ > 0 the smallest objective asks for that, and without it nothing speaks against.
"""

import math
import warnings
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from course_lib.checks import check_number
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
    labels_of,
    lengths,
    new_data,
    take_rows,
    to_numpy,
    unit_of,
)
from course_lib.linear_models.separable import SeparableWarning
from course_lib.losses import CrossEntropy
from course_lib.optim import Descent, descend, lbfgs


def softmax(scores: Array, temperature: float = 1.0) -> Array:
    """Turn scores into probabilities: e^(f_k/T) / Σ_j e^(f_j/T), along the last axis.

    Parameters
    ----------
    scores : array of shape (…, K)
        Whole numbers are taken as float64. A score of −∞ has probability 0.
    temperature : float, default=1.0
        T > 0. Towards 0 all probability goes to the largest score, towards ∞ all get 1/K.

    Returns
    -------
    array of shape (…, K)
        Rows sum to 1. No score is too large: the largest of a row is subtracted first.

    Raises
    ------
    ValueError
        For a temperature that is not above 0.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0 + np.log(3.0)])).round(6)
    array([0.25, 0.75])
    """
    return array_namespace(scores).exp(log_softmax(scores, temperature))


def log_softmax(scores: Array, temperature: float = 1.0) -> Array:
    """Logarithms of `softmax`, exact also where a probability underflows; parameters as there.

    >>> log_softmax(np.array([0.0, 5000.0])).tolist()
    [-5000.0, 0.0]
    """
    check_number("temperature", temperature, above=0)
    (scores,) = as_floats(scores)
    xp = array_namespace(scores)
    f = (scores - xp.max(scores, axis=-1, keepdims=True)) / temperature  # (…, K), at most 0
    return f - xp.log(xp.sum(xp.exp(f), axis=-1, keepdims=True))


def fitted_temperature(scores: Array, y: Array) -> float:
    """Find the temperature with the least mean cross-entropy of softmax(scores / T).

    It makes the probabilities of a fitted classifier as sure as the data are; no prediction
    changes. Fit it on validation data: on the training data the answer is near 1 or below.

    Parameters
    ----------
    scores : array of shape (n, K)
    y : array of shape (n,)
        Classes, whole numbers from 0 to K − 1.

    Returns
    -------
    float
        T > 0.

    Raises
    ------
    ValueError
        For shapes or classes that do not fit, for scores that are not finite, and where no T is
        best: every row's own class has the largest score (the smaller T, the better), or the scores
        are worse than equal ones (the larger, the better).

    Notes
    -----
    In 1/T the loss is convex, and its derivative, the mean of Σ_k p_k f_k − f_y, rises; its zero is
    found by halving an interval, at 3nK operations a time. Source: Guo, Pleiss, Sun and Weinberger,
    *On Calibration of Modern Neural Networks* (2017).

    Examples
    --------
    >>> scores = np.array([[4.0, 0.0]] * 4)  # sure of class 0 each time, and right three times
    >>> round(fitted_temperature(scores, np.array([0, 0, 0, 1])), 4)  # 4 / log 3
    3.641
    """
    (f,) = as_floats(scores)
    xp = array_namespace(f)
    CrossEntropy().value(y, f)  # refuses what does not fit
    if not bool(xp.all(xp.isfinite(f))):
        raise ValueError("scores must be finite numbers.")
    f = xp.astype(f, xp.float64)
    f = f - xp.max(f, axis=1, keepdims=True)  # (n, K), at most 0
    f = f / max(unit := float(-xp.min(f)), 5e-324)  # from −1 to 0

    def slope(inverse: float) -> float:
        return float(xp.mean(xp.sum(CrossEntropy().gradient(y, inverse * f) * f, axis=1)))

    if slope(0.0) >= 0:
        raise ValueError("scores are no better than equal ones.")
    low, high = 0.0, 1.0
    while slope(high) < 0:
        low, high = high, 2 * high
        if high > 1e300:
            raise ValueError("every row right.")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return unit / high


class SoftmaxRegression(ArrayClassifier, BaseEstimator):
    """Softmax regression: the probability of class k is softmax(XW + b)_k.

    Examples
    --------
    >>> X, y = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]]), ["a", "a", "b", "c", "c"]
    >>> model = SoftmaxRegression(lam=0.1).fit(X, y)
    >>> model.predict([[-3.0], [3.0]]).tolist()
    ['a', 'c']
    """

    _parameter_constraints: ClassVar[dict] = {
        "lam": [Interval(Real, 0, None, closed="left")],
        "solver": [StrOptions({"newton-cg", "lbfgs", "gd"})],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        lam: float = 0.01,
        *,
        solver: str = "lbfgs",
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-8,
    ):
        self.lam = lam
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> "SoftmaxRegression":
        """Find W and b for inputs X (n, d), labels y (n,) and weights (n,) ≥ 0; return self."""
        X, codes = fit_labels(self, X, y)
        X, codes, r = self._shares(X, codes, sample_weight)
        K = self.classes_.shape[0]
        p = _Problem(X, codes, r, K, self.lam, self.fit_intercept, plain=self.solver == "gd")
        walk = getattr(self, f"_fit_{self.solver.replace('-', '_')}")(p)
        self.coef_, self.intercept_ = p.weights(p.matrix(walk.w))
        self.n_iter_, self.loss_path_ = max(1, walk.n_steps), walk.losses
        self._warn(p, walk)
        return self

    def class_scores(self, X: Array) -> Array:
        """Scores XW + b of all K classes for inputs X (m, d), shape (m, K)."""
        return self._scores(X, "class_scores")

    def decision_function(self, X: Array) -> Array:
        """Return the scores of inputs X (m, d) in scikit-learn's form.

        They are `class_scores` (m, K) for K > 2 classes. For two, scikit-learn asks for one number a
        sample, (m,): here f₁ − f₀, the score of logistic regression, above 0 for the second class.
        """
        f = self._scores(X, "decision_function")
        return f if f.shape[1] > 2 else f[:, 1] - f[:, 0]

    def predict(self, X: Array) -> Array:
        """Predict the label with the largest score for each row of X (m, d); (m,)."""
        f = self._scores(X, "predict")
        return labels_of(self, array_namespace(f).argmax(f, axis=1))

    def predict_proba(self, X: Array) -> Array:
        """Probability of each class for each row of X (m, d); (m, K), rows sum to 1."""
        return softmax(self._scores(X, "predict_proba"))

    def predict_log_proba(self, X: Array) -> Array:
        """Logarithm of `predict_proba`, exact where that underflows; (m, K)."""
        return log_softmax(self._scores(X, "predict_log_proba"))

    def _scores(self, X: Array, method: str) -> Array:
        X = new_data(self, X, like="coef_", method=method)
        return X @ self.coef_ + self.intercept_

    def _shares(
        self, X: Array, codes: Array, sample_weight: Array | None
    ) -> tuple[Array, Array, Array]:
        """Leave out rows without weight; return X, codes and the shares r (n,) of the others."""
        xp = array_namespace(X)
        w = fit_weights(sample_weight, np.empty((X.shape[0], 1)))
        if w is None:
            w = np.ones(X.shape[0])
        elif not w.all():
            rows = np.flatnonzero(w)
            X, codes, w = take_rows(X, rows), take_rows(codes, rows), w[rows]
            empty = np.setdiff1d(np.arange(self.classes_.shape[0]), to_numpy(codes))
            if len(empty):
                labels = to_numpy(self.classes_)[empty].tolist()
                raise ValueError(
                    f"sample_weight is 0 for every row of the classes {labels}: leave these rows "
                    "out, or give each class some weight."
                )
        w = w / w.max()
        return X, codes, xp.asarray(w / w.sum(), dtype=X.dtype, device=device(X))

    # --- one solver each: the problem → its walk ----------------------------------------------

    def _fit_lbfgs(self, p: "_Problem") -> Descent:
        """L-BFGS: the curvature is estimated from the last gradients."""
        return lbfgs(p.vector_at, p.start(), max_steps=self.max_iter, tol=self._tolerance(p))

    def _fit_gd(self, p: "_Problem") -> Descent:
        """Gradient descent: from W = 0 and b = 0 with the longest step that is surely stable."""
        return descend(
            lambda v: p.vector_at(v)[1],
            p.start(),
            eta=p.safe_step(),
            max_steps=self.max_iter,
            loss=lambda v: p.vector_at(v)[0],
            tol=self._tolerance(p),
        )

    def _tolerance(self, p: "_Problem") -> float:
        return max(self.tol, 100 * float(array_namespace(p.A).finfo(p.A.dtype).eps))

    def _warn(self, p: "_Problem", walk: Descent) -> None:
        """Say so where the walk ended before its goal, or where there is no goal."""
        if self.lam == 0 and p.is_separated(walk):
            warnings.warn(
                f"The {self.classes_.shape[0]} classes can be separated by their scores, and lam=0 "
                "puts no price on weights: the loss falls towards its bound for ever as they grow. "
                f"The weights are those where the walk stopped, after {walk.n_steps} steps, and "
                "mean nothing beyond their signs. Set lam above 0.",
                SeparableWarning,
                stacklevel=3,
            )
        elif walk.stopped not in ("converged", "stalled"):
            warnings.warn(
                f"solver={self.solver!r} has not reached tol={self.tol:g} in {walk.n_steps} steps: "
                f"raise max_iter={self.max_iter}, standardise the columns of X, or raise "
                f"lam={self.lam:g}.",
                ConvergenceWarning,
                stacklevel=3,
            )


class _Problem:
    """The objective in coordinates V (p, K) in which all directions curve about alike.

    With (W; b) = TV and T of the inverse Cholesky factor of the inputs' covariance plus Kλ, the
    Hessian at V = 0 is (I − 11ᵀ/K)/K for every pair of inputs, whatever their scales and
    correlations were. (Böhning, 1992, bounds the Hessian everywhere by one of this form.)

    A (n, p) are the inputs, centred, with a column of ones for the intercepts; where there are more
    columns than rows, the inputs are first written in an orthonormal basis of their rows, for the
    best W is a sum of rows.
    """

    def __init__(self, X, codes, r, K, lam, fit_intercept, plain=False):
        xp = array_namespace(X)
        n, d = X.shape
        kind = {"dtype": X.dtype, "device": device(X)}
        single = X.dtype == xp.float32
        self.unit = max(unit_of(X), 1e-15 if single else 1e-100)  # λ/unit² then stays in range
        self.lam, self.r, self.K = lam / self.unit / self.unit, r[:, None], K
        X = X if self.unit == 1 else X / self.unit
        self.mean = r @ X if fit_intercept else xp.zeros(d, **kind)  # (d,)
        X = X - self.mean
        self.basis = None
        if d > n:
            self.basis, R = xp.linalg.qr(X.T)
            X = R.T  # (n, n)
        G = xp.astype((X * self.r).T @ X, xp.float64)  # covariance, (p, p)
        T = xp.eye(X.shape[1], dtype=xp.float64, device=device(X))
        self.largest = None
        if plain:
            self.largest = float(xp.linalg.eigvalsh(G)[-1])
        else:
            T = _whitening(G, K * self.lam, 1e-6 if single else 1e-10)
        self.T = xp.astype(T, X.dtype)
        penalty = xp.full((X.shape[1], 1), self.lam, **kind)
        if fit_intercept:
            X = xp.concat([X, xp.ones((n, 1), **kind)], axis=1)
            penalty = xp.concat([penalty, xp.zeros((1, 1), **kind)])
        self.fit_intercept = fit_intercept
        self.A, self.penalty = X, penalty
        self.Y = xp.astype(codes[:, None] == xp.arange(K, device=device(X))[None, :], X.dtype)

    def untransformed(self, V):
        if not self.fit_intercept:
            return self.T @ V
        return array_namespace(V).concat([self.T @ V[:-1, :], V[-1:, :]])

    def transposed(self, G):
        if not self.fit_intercept:
            return self.T.T @ G
        return array_namespace(G).concat([self.T.T @ G[:-1, :], G[-1:, :]])

    def at(self, V: Array) -> tuple[float, Array, Array]:
        """Return F, its gradient (p, K) and the probabilities P (n, K) at V (p, K)."""
        xp = array_namespace(V)
        W = self.untransformed(V)
        f = self.A @ W  # (n, K)
        f = f - xp.max(f, axis=1, keepdims=True)
        P = xp.exp(f)
        sums = xp.sum(P, axis=1, keepdims=True)  # (n, 1)
        losses = xp.log(sums) - xp.sum(self.Y * f, axis=1, keepdims=True)  # (n, 1)
        P = P / sums
        value = float(xp.sum(self.r * losses)) + float(xp.sum(self.penalty * W * W)) / 2
        G = self.A.T @ (self.r * (P - self.Y)) + self.penalty * W
        return value, self.transposed(G), P

    def curvature(self, P: Array, D: Array) -> Array:
        """Return the Hessian times D (p, K), where the probabilities are P (n, K)."""
        xp = array_namespace(D)
        W = self.untransformed(D)
        U = P * (self.A @ W)  # (n, K)
        U = U - P * xp.sum(U, axis=1, keepdims=True)
        return self.transposed(self.A.T @ (self.r * U) + self.penalty * W)

    def start(self) -> Array:
        xp = array_namespace(self.A)
        return xp.zeros(self.A.shape[1] * self.K, dtype=self.A.dtype, device=device(self.A))

    def matrix(self, v: Array) -> Array:
        return array_namespace(v).reshape(v, (-1, self.K))

    def vector_at(self, v: Array) -> tuple[float, Array]:
        value, G, _ = self.at(self.matrix(v))
        return value, array_namespace(v).reshape(G, (-1,))

    def safe_step(self) -> float:
        return 1 / (max(self.largest, float(self.fit_intercept)) / 2 + self.lam)

    def weights(self, V: Array) -> tuple[Array, Array]:
        W = self.untransformed(V)
        b = array_namespace(V).zeros_like(V[0, :])
        if self.fit_intercept:
            W, b = W[:-1, :], W[-1, :]
        W = W if self.basis is None else self.basis @ W
        return W / self.unit, b - self.mean @ W

    def is_separated(self, walk: Descent) -> bool:
        """Whether the scores are on the way to separate the classes, if nothing holds them back."""
        xp = array_namespace(self.A)
        f = self.A @ self.untransformed(self.matrix(walk.w))
        own = xp.sum(self.Y * f, axis=1)
        rival = xp.max(f - self.Y * xp.inf, axis=1) if False else xp.max(xp.where(self.Y > 0, -xp.inf, f), axis=1)
        if bool(xp.all(own > rival)):
            return True
        return False


def _whitening(G: Array, ridge: float, jitter: float) -> Array:
    """Return T (p, p) with TᵀGT + ridge·TᵀT near the identity, for a covariance G (p, p)."""
    xp = array_namespace(G)
    I = xp.eye(G.shape[0], dtype=G.dtype, device=device(G))
    s = xp.sqrt(xp.linalg.diagonal(G) + ridge)  # (p,)
    s = xp.where(s > 0, s, xp.ones_like(s))
    C = (G + ridge * I) / s[:, None] / s[None, :]
    L = xp.linalg.cholesky(C + jitter * I)
    return xp.linalg.inv(L).T / s[:, None]
