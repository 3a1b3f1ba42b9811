"""Support vector machines: the widest margin between two classes, linear or with a kernel.

Symbols
    X      (n, d)  inputs, one sample a row
    y      (n,)    labels, −1 or +1 inside this module
    w, b           weights (d,) and intercept of the score f(x) = wᵀx + b
    C              cost of a violated margin, shared by the n samples: each violation costs C/n
    m_i            1 − y_i f(x_i), by how much sample i falls short of the margin; ξ_i = max(0, m_i)
    alpha  (n,)    multipliers α of the margin constraints, 0 ≤ α_i ≤ C/n

The primal problem is to minimise F(w, b) = ½‖w‖² + (C/n) Σ ξ_i; with ξ_i² in place of ξ_i the hinge
is squared. The dual is to maximise Σα_i − ½‖Σ α_i y_i x_i‖² subject to Σ α_i y_i = 0; it sees the
inputs only through their inner products, for which `KernelSVC` puts a kernel. Both problems have
the same optimal value, and w = Σ α_i y_i x_i, so that the difference of the two values, the duality
gap, tells how far a solution is from the best without knowing the best.

The primal stands here; its fast solver is in `svm_newton`, the dual and the kernels in `svm_dual`.

scikit-learn's `SVC` and `LinearSVC` minimise ½‖w‖² + C_sk Σ ξ_i: our C is n times theirs. Its
`LinearSVC` also penalises b, as if b were the weight of a feature that is always 1; here b is free.
"""

import math
import warnings
from collections.abc import Callable
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
    labels_of,
    mean_row,
    new_data,
    require_two_classes,
    take_rows,
)
from course_lib.linear_models.svm_dual import (
    KernelSVC,
    kkt_residual,
    linear_kernel,
    polynomial_kernel,
    rbf_kernel,
)
from course_lib.linear_models.svm_newton import minimise_hinge, minimise_squared_hinge
from course_lib.optim import Descent, Schedule, descend, minibatches

__all__ = [
    "KernelSVC",
    "LinearSVC",
    "kkt_residual",
    "linear_kernel",
    "polynomial_kernel",
    "rbf_kernel",
    "svm_objective",
    "svm_subgradient",
]


def svm_objective(
    X: Array, y: Array, w: Array, b: float, *, C: float, loss: str = "hinge"
) -> Array:
    """Objective F(w, b) = ½‖w‖² + C · mean of ξ (or of ξ²), with ξ_i = max(0, 1 − y_i f(x_i)).

    `X` is (n, d), `y` (n,) holds −1 and +1, `w` is (d,); `loss` is "hinge" or "squared_hinge".
    Whole numbers are taken as float64.

    >>> X, y = np.array([[2.0], [0.5]]), np.array([1.0, 1.0])
    >>> float(svm_objective(X, y, np.array([1.0]), 0.0, C=10))  # ξ = 0 and ½
    3.0
    """
    X, y, w = _floats(X, y, w)
    xp = array_namespace(X)
    slack = xp.clip(1 - y * (X @ w + b), 0, None)  # ξ (n,)
    return (w @ w) / 2 + C * xp.mean(slack if _known(loss) == "hinge" else slack * slack)


def svm_subgradient(
    X: Array, y: Array, w: Array, b: float, *, C: float, loss: str = "hinge"
) -> Array:
    """Subgradient of `svm_objective` with respect to w and b, shape (d + 1,).

    Only samples with 1 − y_i f(x_i) > 0 pull; each of them pulls towards its own side.

    >>> X, y = np.array([[2.0], [0.5]]), np.array([1.0, 1.0])
    >>> svm_subgradient(X, y, np.array([1.0]), 0.0, C=10)
    array([-1.5, -5. ])
    """
    X, y, w = _floats(X, y, w)
    xp = array_namespace(X)
    short = 1 - y * (X @ w + b)  # m (n,)
    if _known(loss) == "hinge":
        slope = xp.astype(short > 0, X.dtype)  # of ξ
    else:
        slope = 2 * xp.clip(short, 0, None)  # of ξ²
    pull = C / X.shape[0] * y * slope  # (n,)
    return xp.concat([w - X.T @ pull, -xp.sum(pull)[None]])


def _floats(X: Array, y: Array, w: Array) -> tuple[Array, Array, Array]:
    """Return floats, which do not wrap around; the labels follow the others."""
    X, w = as_floats(X, w)
    return X, array_namespace(X).astype(y, X.dtype, copy=False), w


def _known(loss: str) -> str:
    if loss not in ("hinge", "squared_hinge"):
        raise ValueError(f"loss must be 'hinge' or 'squared_hinge', got {loss!r}.")
    return loss


class LinearSVC(ArrayClassifier, BaseEstimator):
    """Linear support vector machine for two classes: predicts by the sign of wᵀx + b.

    Parameters
    ----------
    C : float, default=100.0
        Cost of violated margins, n times scikit-learn's: F = ½‖w‖² + (C/n) Σ ξ_i.
    loss : {"hinge", "squared_hinge"}, default="hinge"
        Whether a violation costs ξ_i or ξ_i².
    solver : {"newton", "gd", "sgd"}, default="newton"
        "newton" finds the optimum to the accuracy `tol`; "gd" steps along the subgradient of all
        samples and "sgd" along that of random minibatches, a fixed number of steps.
    fit_intercept : bool, default=True
        Whether to fit b, which is not penalised; otherwise b = 0.
    tol : float, default=1e-6
        Duality gap of "newton", relative to F (in float32, 1e-4 where `tol` is less).
    max_iter : int, default=1000
        Most steps of "newton"; steps of "gd".
    eta : "auto", float or callable k → float, default="auto"
        Step η of "gd" and "sgd", constant or a schedule. "auto" is η_k = 1/(k + k₀): the penalty
        makes F strongly convex, and k₀ = 1 + C·R² (with R² the mean ‖x_i‖² + 1, the largest for
        "sgd", twice that for the squared hinge) lets the first steps change scores by about 1.
    n_epochs : int, default=20
        Passes of "sgd" over the data.
    batch_size : "auto" or int, default="auto"
        Samples in a minibatch of "sgd", at most n; "auto" takes 32, or all n if there are fewer.
    random_state : int, RandomState or None, default=None
        Seed of the shuffling of "sgd".

    Attributes
    ----------
    classes_ : array of shape (2,)
        The labels; y = +1 stands for the second.
    coef_ : array of shape (d,)
        Weights w, of the same kind, device and precision as X.
    intercept_ : scalar of that kind
        Intercept b.
    alpha_ : array of shape (n,)
        Multipliers α; "newton" only.
    support_ : integer array
        Rows of X with α > 0, the support vectors; "newton" only.
    dual_gap_ : float
        Duality gap reached, relative to F; "newton" only.
    n_iter_ : int
        Steps of "newton" and "gd", epochs of "sgd".
    objective_path_ : array of shape (n_iter_ + 1,)
        F at the start and after every step ("gd") or epoch ("sgd").
    coef_path_, intercept_path_ : arrays of shapes (n_iter_ + 1, d) and (n_iter_ + 1,)
        w and b there; the walk starts at w = 0.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for more or fewer than two classes, and if the descent diverges.

    Warns
    -----
    ConvergenceWarning
        If "newton" does not reach `tol` in `max_iter` steps, or before rounding stops it.

    Notes
    -----
    "newton" replaces the kink of the hinge by a parabola of some width, takes Newton steps, in
    which only samples on the parabola have curvature, and repeats with a tenth of the width. Each
    time the parabolas are shifted by the multipliers found before (the method of multipliers), so
    that the widths need not go to 0. The squared hinge is a parabola from the start and needs one
    round. A step costs 4nd operations, and kd² + d³ with k samples on the parabola; if d > n, then
    d counts as n. "gd" takes 6nd a step, "sgd" as much an epoch. See Chapelle (2007), *Training a
    Support Vector Machine in the Primal*, Neural Computation 19; Hastie, Tibshirani and Friedman,
    *The Elements of Statistical Learning*, section 12.2.

    Examples
    --------
    >>> X, y = np.array([[-2.0], [-1.0], [1.0], [3.0]]), np.array(["no", "no", "yes", "yes"])
    >>> model = LinearSVC().fit(X, y)
    >>> model.coef_.round(6), model.support_, model.predict([[0.2]])
    (array([1.]), array([1, 2]), array(['yes'], dtype='<U3'))
    """

    _parameter_constraints: ClassVar[dict] = {
        "C": [Interval(Real, 0, None, closed="neither")],
        "loss": [StrOptions({"hinge", "squared_hinge"})],
        "solver": [StrOptions({"newton", "gd", "sgd"})],
        "fit_intercept": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "eta": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither"), callable],
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        C: float = 100.0,
        *,
        loss: str = "hinge",
        solver: str = "newton",
        fit_intercept: bool = True,
        tol: float = 1e-6,
        max_iter: int = 1000,
        eta: str | float | Schedule = "auto",
        n_epochs: int = 20,
        batch_size: str | int = "auto",
        random_state: int | np.random.RandomState | None = None,
    ):
        self.C = C
        self.loss = loss
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.eta = eta
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Array, y: Array) -> "LinearSVC":
        """Find w and b for inputs X (n, d) and labels y (n,) of two classes; return self."""
        X, codes = fit_labels(self, X, y)
        require_two_classes(self)
        xp = array_namespace(X)
        y = 2 * xp.astype(codes, X.dtype) - 1  # (n,), −1 and +1
        for name in _BY_SOME_SOLVERS:  # a refit leaves nothing of the last fit
            if hasattr(self, name):
                delattr(self, name)
        mean = xp.astype(mean_row(X), X.dtype) if self.fit_intercept else xp.zeros_like(X[0, :])
        self.coef_, b = getattr(self, f"_fit_{self.solver}")(X - mean, y)  # (d,), scalar
        self.intercept_ = b - mean @ self.coef_
        if hasattr(self, "coef_path_"):
            self.intercept_path_ = self.intercept_path_ - self.coef_path_ @ mean
        return self

    def decision_function(self, X: Array) -> Array:
        """Scores wᵀx + b for inputs X (m, d), shape (m,): ‖w‖ times the signed distance."""
        return self._scores(X, "decision_function")

    def predict(self, X: Array) -> Array:
        """Predict the label of each row of X (m, d), shape (m,)."""
        scores = self._scores(X, "predict")
        xp = array_namespace(scores)
        return labels_of(self, xp.astype(scores > 0, xp.int64))

    def _scores(self, X: Array, method: str) -> Array:
        X = new_data(self, X, like="coef_", method=method)
        return X @ self.coef_ + self.intercept_

    # --- one solver each: centred X (n, d) and y (n,) → w (d,) and b ---------------------------

    def _fit_newton(self, X: Array, y: Array) -> tuple[Array, Array]:
        """Newton's method on a hinge with a rounded corner, ever less rounded."""
        xp = array_namespace(X)
        Q, X = _in_the_span_of_the_rows(X)
        A, penalty = _with_ones(X, self.fit_intercept)
        tol = max(self.tol, 1e-4) if X.dtype == xp.float32 else self.tol
        cap, max_iter = self.C / X.shape[0], self.max_iter
        if self.loss == "hinge":
            found = minimise_hinge(A, y, penalty, cap, tol=tol, max_iter=max_iter)
        else:
            found = minimise_squared_hinge(A, y, penalty, cap, max_iter=max_iter)
        v, self.alpha_, self.dual_gap_, self.n_iter_ = found
        if not self.dual_gap_ <= tol:  # nor if it is not a number
            if self.n_iter_ < max_iter:
                end, cure = ", where rounding stopped it,", ""
            else:
                end, cure = "", f" raise max_iter={max_iter},"
            warnings.warn(
                f"Newton's method took {self.n_iter_} steps{end} and the duality gap is still "
                f"{self.dual_gap_:.1e} of the objective, above tol={tol:g}. Standardise the "
                f"columns of X,{cure} or lower C={self.C:g}.",
                ConvergenceWarning,
                stacklevel=3,  # the caller of fit
            )
        self.support_ = xp.nonzero(self.alpha_ > 0)[0]
        w = v[:-1] if self.fit_intercept else v
        return w if Q is None else Q @ w, v[-1] if self.fit_intercept else xp.zeros_like(v[0])

    def _fit_gd(self, X: Array, y: Array) -> tuple[Array, Array]:
        """Subgradient descent: from w = 0, b = 0, every step looks at all samples."""
        return self._descend(
            X,
            y,
            lambda v: self._subgradient(X, y, v),
            steps=self.max_iter,
            record_every=1,
        )

    def _fit_sgd(self, X: Array, y: Array) -> tuple[Array, Array]:
        """Stochastic subgradient descent: each step looks at one minibatch only."""
        n = X.shape[0]
        batch_size = min(32, n) if self.batch_size == "auto" else self.batch_size
        batches = minibatches(n, batch_size, random_state=self.random_state)

        def subgradient(v: Array) -> Array:
            rows = next(batches)
            return self._subgradient(take_rows(X, rows), take_rows(y, rows), v)

        per_epoch = math.ceil(n / batch_size)
        steps = self.n_epochs * per_epoch
        return self._descend(X, y, subgradient, steps=steps, record_every=per_epoch)

    # --- around the descents ------------------------------------------------------------------

    def _subgradient(self, X: Array, y: Array, v: Array) -> Array:
        g = svm_subgradient(X, y, v[:-1], v[-1], C=self.C, loss=self.loss)
        if not self.fit_intercept:
            g[-1] = 0.0
        return g

    def _descend(
        self,
        X: Array,
        y: Array,
        subgradient: Callable[[Array], Array],
        *,
        steps: int,
        record_every: int,
    ) -> tuple[Array, Array]:
        """Walk from v = (w, b) = 0 and record the walk."""
        xp = array_namespace(X)
        walk = descend(
            subgradient,
            xp.zeros(X.shape[1] + 1, dtype=X.dtype, device=device(X)),
            eta=self._steps(X),
            max_steps=steps,
            loss=lambda v: svm_objective(X, y, v[:-1], v[-1], C=self.C, loss=self.loss),
            record_every=record_every,
        )
        self._require_descent(walk)
        self.n_iter_, self.objective_path_ = len(walk.steps) - 1, walk.losses
        self.coef_path_, self.intercept_path_ = walk.path[:, :-1], walk.path[:, -1]
        return walk.w[:-1], walk.w[-1]

    def _steps(self, X: Array) -> float | Schedule:
        if self.eta != "auto":
            return self.eta
        xp = array_namespace(X)
        squares = xp.sum(X * X, axis=1) + 1  # (n,)
        reach = float(xp.mean(squares) if self.solver == "gd" else xp.max(squares))
        k0 = 1 + self.C * reach * (2 if self.loss == "squared_hinge" else 1)
        return lambda k: 1 / (k + k0)

    def _require_descent(self, walk: Descent) -> None:
        if walk.stopped == "diverged" or not bool(walk.losses[-1] <= 1e3 * walk.losses[0]):
            first, last = float(walk.losses[0]), float(walk.losses[-1])
            raise ValueError(
                f"eta={self.eta!r} is too large: the objective rose from {first:.3g} to {last:.3g} "
                f"by step {walk.steps[-1]}. Divide eta by ten, or set eta='auto', and standardise "
                "the columns of X."
            )


_BY_SOME_SOLVERS = (
    "alpha_",
    "support_",
    "dual_gap_",
    "objective_path_",
    "coef_path_",
    "intercept_path_",
)


def _with_ones(X: Array, fit_intercept: bool) -> tuple[Array, Array]:
    """Return X, with a last column of ones for the intercept, and the penalty of its columns."""
    xp = array_namespace(X)
    penalty = xp.ones(X.shape[1], dtype=X.dtype, device=device(X))
    if not fit_intercept:
        return X, penalty
    ones = xp.ones((X.shape[0], 1), dtype=X.dtype, device=device(X))
    return xp.concat([X, ones], axis=1), xp.concat([penalty, xp.zeros_like(penalty[:1])])


def _in_the_span_of_the_rows(X: Array) -> tuple[Array | None, Array]:
    """If d > n, write X = ZQᵀ with Q (d, n) orthonormal and return Q and Z (n, n), else X.

    The best w is a sum of rows of X, so w = Qu, and u has fewer numbers.
    """
    n, d = X.shape
    if d <= n:
        return None, X
    Q, R = array_namespace(X).linalg.qr(X.T)
    return Q, R.T
