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
    new_data,
    one_blas_thread,
    take_rows,
    to_numpy,
)
from course_lib.linear_models.separable import SeparableWarning
from course_lib.linear_models.softmax_newton import newton_cg
from course_lib.linear_models.softmax_objective import SoftmaxObjective, State
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
    if not bool(xp.all(xp.isfinite(f))):
        raise ValueError("scores must be finite numbers, got NaN or infinity.")
    CrossEntropy().value(y, f)  # refuses shapes and classes that do not fit
    f = xp.astype(f, xp.float64, copy=False)
    f = f - xp.max(f, axis=1, keepdims=True)  # (n, K), at most 0
    unit = -float(xp.min(f))  # the largest difference of scores
    f = f / unit if unit > 0 else f

    def slope(inverse: float) -> float:
        return float(xp.sum(CrossEntropy().gradient(y, inverse * f) * f))

    if slope(0.0) >= 0:
        raise ValueError(
            "scores say no more about y than equal scores do, so that the loss falls for ever as "
            "the temperature grows: no temperature is best."
        )
    if bool(xp.all(xp.take_along_axis(f, y[:, None], axis=1) == 0)):
        raise ValueError(
            "In every row of scores the row's own class has the largest, so that the loss falls "
            "for ever as the temperature falls: no temperature is best. Use data with errors, such "
            "as validation data."
        )
    low, high = 0.0, 1.0  # of unit / T
    while slope(high) < 0:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return unit / high


class SoftmaxRegression(ArrayClassifier, BaseEstimator):
    """Softmax regression: the probability of class k is softmax(XW + b)_k.

    Parameters
    ----------
    lam : float, default=0.01
        Price λ ≥ 0 of the weights; scikit-learn's ``C`` is 1/(nλ).
    solver : {"newton-cg", "lbfgs", "gd"}, default="newton-cg"
        "newton-cg" solves Newton's system roughly, by conjugate gradients, and is the fastest and
        the most exact; "lbfgs" estimates the curvature from the last gradients; "gd" steps along
        the gradient with the longest step that is surely stable.
    fit_intercept : bool, default=True
        Whether to fit b, which has no price; otherwise b = 0.
    max_iter : int, default=1000
        Most steps.
    tol : float, default=1e-9
        The walk ends where the gradient's norm is at most `tol` times that at W = 0 (in float32
        about 1e-5 times, for rounding hides what is below).

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels.
    coef_ : array of shape (d, K)
        Weights W, a class a column, of the same kind, device and precision as X; scikit-learn's are
        the transpose. Also for two classes there are two columns. Rows sum to 0.
    intercept_ : array of shape (K,)
        Intercepts b, which sum to 0.
    n_iter_ : int
        Steps, at least 1.
    loss_path_ : array of shape (steps + 1,)
        F at the start, where W = 0 and F = log K, and after every step.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for one class only, and for a class all of whose rows have weight 0.

    Warns
    -----
    SeparableWarning
        If λ = 0 and the classes can be separated, so that no weights are the best. What is kept are
        the weights at which the walk stopped.
    ConvergenceWarning
        If `tol` is not reached in `max_iter` steps.

    Notes
    -----
    "newton-cg" and "lbfgs" walk in coordinates in which all directions of the inputs curve alike at
    the start; see `softmax_objective`. "gd" walks in W itself, with the inputs centred if there is
    an intercept. Cost: nd² for the coordinates, and 4ndK operations for a gradient or a product
    with the Hessian: one for each step of "lbfgs" and "gd", some ten for one of "newton-cg"; if
    d > n, then d counts as n. See Hastie, Tibshirani and Friedman, *The Elements of Statistical
    Learning*, section 4.4, and Bishop, *Pattern Recognition and Machine Learning*, section 4.3.4.

    Examples
    --------
    >>> X, y = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]]), ["a", "a", "b", "c", "c"]
    >>> model = SoftmaxRegression(lam=0.1).fit(X, y)
    >>> model.predict([[-3.0], [3.0]]).tolist(), model.coef_.shape
    (['a', 'c'], (1, 3))
    >>> model.coef_[0, 2].round(2), model.predict_proba([[0.0]]).argmax()
    (np.float64(1.17), np.int64(1))
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
        solver: str = "newton-cg",
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-9,
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
        K, options = self.classes_.shape[0], {"fit_intercept": self.fit_intercept}
        F = SoftmaxObjective(X, codes, r, K, self.lam, whiten=self.solver != "gd", **options)
        xp = array_namespace(X)
        solver = {"newton-cg": _newton_cg, "lbfgs": _lbfgs, "gd": _gd}[self.solver]
        tol = max(self.tol, 100 * float(xp.finfo(X.dtype).eps))
        with one_blas_thread():  # the products are of small blocks
            walk = solver(F, self.max_iter, tol)
        self.coef_, self.intercept_ = F.coefficients(_as_matrix(F, walk.w))
        self.n_iter_, self._losses = max(1, walk.n_steps), to_numpy(walk.losses).tolist()
        self._warn(F, walk)
        return self

    @property
    def loss_path_(self) -> Array:
        """F at the start and after every step; (steps + 1,)."""
        xp, W = array_namespace(self.coef_), self.coef_
        return xp.asarray(self._losses, dtype=W.dtype, device=device(W))

    def class_scores(self, X: Array) -> Array:
        """Scores XW + b of all K classes for inputs X (m, d), shape (m, K)."""
        return self._scores(X, "class_scores")

    def decision_function(self, X: Array) -> Array:
        """Return the scores of inputs X (m, d) in scikit-learn's form.

        They are `class_scores` (m, K) for K > 2 classes. For two, scikit-learn asks for one number
        a sample, (m,): here f₁ − f₀, the score of logistic regression, above 0 for the second
        class.
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
        w = np.ones(X.shape[0]) if w is None else w / w.max()  # a sum of large ones may overflow
        if not w.all():
            rows = np.flatnonzero(w)
            X, codes, w = take_rows(X, rows), take_rows(codes, rows), w[rows]
            empty = np.setdiff1d(np.arange(self.classes_.shape[0]), to_numpy(codes))
            if len(empty):
                labels = to_numpy(self.classes_)[empty].tolist()
                raise ValueError(
                    f"sample_weight is 0 for every row of the classes {labels}: give each class "
                    "some weight, or leave these rows out."
                )
        return X, codes, xp.asarray(w / w.sum(), dtype=X.dtype, device=device(X))

    def _warn(self, F: SoftmaxObjective, walk: Descent) -> None:
        """Say so where the walk ended before its goal, or where there is none.

        Where λ > 0, F has a minimum, and only the number of steps can keep a walk from it.
        """
        if self.lam == 0 and _has_no_end(F, walk):
            warnings.warn(
                f"The scores can separate the {F.K} classes, or some rows from the others, and "
                "lam=0 puts no price on the weights: the loss falls for ever as they grow. These "
                f"are the weights where the walk stopped after {walk.n_steps} steps, and their "
                "size means nothing. Set lam above 0.",
                SeparableWarning,
                stacklevel=3,  # the caller of fit
            )
        elif walk.stopped == "max_steps":
            warnings.warn(
                f"solver={self.solver!r} has not reached tol={self.tol:g} in {walk.n_steps} steps: "
                f"raise max_iter={self.max_iter}, standardise the columns of X, or raise "
                f"lam={self.lam:g}.",
                ConvergenceWarning,
                stacklevel=3,
            )


# --- one solver each: the objective, the most steps and the tolerance → its walk ---------------


def _newton_cg(F: SoftmaxObjective, max_iter: int, tol: float) -> Descent:
    def at(v: Array) -> tuple[float, Array, State]:
        state = F.at(_as_matrix(F, v))
        return state.value, _as_vector(state.gradient), state

    def system(state: State) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
        precondition = F.preconditioner(state)
        return (
            lambda d: _as_vector(F.curvature(state, _as_matrix(F, d))),
            lambda r: _as_vector(precondition(_as_matrix(F, r))),
        )

    return newton_cg(at, system, _as_vector(F.start()), max_steps=max_iter, tol=tol)


def _lbfgs(F: SoftmaxObjective, max_iter: int, tol: float) -> Descent:
    def loss_and_gradient(v: Array) -> tuple[float, Array]:
        state = F.at(_as_matrix(F, v))
        return state.value, _as_vector(state.gradient)

    return lbfgs(loss_and_gradient, _as_vector(F.start()), max_steps=max_iter, tol=tol)


def _gd(F: SoftmaxObjective, max_iter: int, tol: float) -> Descent:
    return descend(
        lambda v: _as_vector(F.at(_as_matrix(F, v)).gradient),
        _as_vector(F.start()),
        eta=1 / F.curvature_bound(),
        max_steps=max_iter,
        loss=lambda v: F.at(_as_matrix(F, v)).value,
        tol=tol,
    )


def _as_vector(V: Array) -> Array:
    return array_namespace(V).reshape(V, (-1,))


def _as_matrix(F: SoftmaxObjective, v: Array) -> Array:
    return array_namespace(v).reshape(v, (F.K, -1))


def _has_no_end(F: SoftmaxObjective, walk: Descent) -> bool:
    """Whether the loss without a price falls for ever along the way that the walk took.

    It does where each row's own score is the largest. Where only some rows are apart from the
    others, it does not reach 0 but has no minimum either: the gradient dies out, and yet each step
    moves some score by about 1, where steps towards a minimum shrink.
    """
    if F.separates(_as_matrix(F, walk.w)):
        return True
    if walk.stopped == "max_steps" or walk.n_steps == 0:
        return False
    last = _as_matrix(F, walk.path[-1, :] - walk.path[-2, :])
    xp = array_namespace(last)
    return float(xp.max(xp.abs(F.scores(last)))) > _STILL_MOVING


_STILL_MOVING = 0.2
"""A step from which no walk comes to rest with a gradient 1e-9 times as large as at its start."""
