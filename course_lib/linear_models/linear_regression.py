"""Linear regression: the weights of least squared error, found in five ways.

Symbols
    X    (n, d)  inputs, one sample a row; centred inside `fit` if there is an intercept
    y    (n,)    targets, centred likewise
    w    (d,)    weights (`coef_`)
    b            intercept (`intercept_`)
    r    (n,)    residuals y − Xw
    eta          step η of the descent
    L(w)         loss ½‖y − Xw‖² / n: the mean over the samples, so that a step does not depend on n

Its gradient is −Xᵀ(y − Xw)/n and its Hessian XᵀX/n, whose largest eigenvalue λ_max bounds the step:
gradient descent converges for every η < 2/λ_max and diverges for every η above.

An intercept needs no solver of its own. Whatever w is, the best b is ȳ − x̄ᵀw, and with it the
residuals are those of the centred data; so the solvers see centred X and y and find w alone.
"""

import math
import warnings
from contextlib import nullcontext
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from course_lib.estimator import (
    Array,
    ArrayRegressor,
    BaseEstimator,
    IllConditionedWarning,
    Integral,
    Interval,
    Real,
    StrOptions,
    array_namespace,
    as_floats,
    device,
    fit_data,
    lengths,
    mean_row,
    new_data,
    one_blas_thread,
    take_rows,
    to_numpy,
    triangular_factor,
    unit_of,
)
from course_lib.optim import Descent, Schedule, descend, minibatches


def squared_loss(X: Array, y: Array, w: Array) -> Array:
    """Mean squared loss L(w) = ½‖y − Xw‖² / n of (n, d) inputs, (n,) targets and (d,) weights.

    Whole numbers are taken as float64.

    >>> float(squared_loss(np.array([[1.0], [2.0]]), np.array([1.0, 4.0]), np.array([1.0])))
    1.0
    """
    X, y, w = _checked(X, y, w)
    r = y - X @ w  # (n,)
    return (r @ r) / (2 * X.shape[0])


def squared_loss_gradient(X: Array, y: Array, w: Array) -> Array:
    """Gradient −Xᵀ(y − Xw) / n of `squared_loss` with respect to w, shape (d,).

    >>> squared_loss_gradient(np.array([[1.0], [2.0]]), np.array([1.0, 4.0]), np.array([1.0]))
    array([-2.])
    """
    X, y, w = _checked(X, y, w)
    return X.T @ (X @ w - y) / X.shape[0]


def _checked(X: Array, y: Array, w: Array) -> tuple[Array, Array, Array]:
    """Return floats, which do not wrap around, and refuse shapes that would give other numbers.

    A column y (n, 1) would make Xw − y a matrix (n, n).
    """
    if X.ndim != 2 or y.shape != X.shape[:1] or w.shape != X.shape[1:]:
        raise ValueError(
            "X, y and w must have the shapes (n, d), (n,) and (d,), got "
            f"{tuple(X.shape)}, {tuple(y.shape)} and {tuple(w.shape)}."
        )
    return as_floats(X, y, w)


def lambda_max(X: Array, *, center: bool = False) -> float:
    """Largest eigenvalue of XᵀX/n, the Hessian of `squared_loss`: its greatest curvature.

    Cost: nd·min(n, d) operations for the smaller of XᵀX and XXᵀ, min(n, d)³ for its eigenvalues.

    Parameters
    ----------
    X : array of shape (n, d)
        Whole numbers are taken as float64.
    center : bool, default=False
        Subtract the column means first, as an estimator with an intercept does.

    Raises
    ------
    ValueError
        If X is not (n, d) with n ≥ 1, or holds numbers too large or too small to square.

    Examples
    --------
    >>> lambda_max(np.array([[3.0, 0.0], [0.0, 1.0]]))
    4.5
    """
    (X,) = as_floats(X)
    xp = array_namespace(X)
    if X.ndim != 2 or X.shape[0] == 0:
        raise ValueError(f"X must be (n, d) with at least one sample; got the shape {X.shape}.")
    if center:
        X, _ = centered(X)
    n, d = X.shape
    G = (X.T @ X if d <= n else X @ X.T) / n  # both have the same eigenvalues but for zeros
    require_finite(G)
    if bool(xp.any(X != 0)):
        _require_normal(xp.max(xp.linalg.diagonal(G)))
    return max(0.0, float(xp.linalg.eigvalsh(G)[-1]))


def largest_stable_step(X: Array, *, center: bool = False) -> float:
    """Bound 2/λ_max of the steps with which gradient descent on `squared_loss` converges.

    Every 0 < η < 2/λ_max converges, every η > 2/λ_max diverges; infinity for X = 0.
    Parameters as in `lambda_max`.

    >>> round(largest_stable_step(np.array([[3.0, 0.0], [0.0, 1.0]])), 4)
    0.4444
    """
    lam = lambda_max(X, center=center)
    return 2 / lam if lam > 0 else math.inf


class LinearRegression(ArrayRegressor, BaseEstimator):
    """Least-squares linear regression ŷ = Xw + b.

    Parameters
    ----------
    solver : {"lstsq", "qr", "normal", "gd", "sgd"}, default="lstsq"
        "lstsq" finds the rank by a singular value decomposition, takes the weights of least norm
        and never fails; "qr" solves a triangular system; "normal" solves the normal equation
        XᵀXw = Xᵀy, which is the fastest way and squares the condition number (of the columns
        scaled to length 1), so it loses twice the digits that the other two lose; "gd" descends
        along the gradient and "sgd" along that of random minibatches.
    fit_intercept : bool, default=True
        Whether to fit b; otherwise b = 0.
    eta : "auto", float or callable k → float, default="auto"
        Step η of "gd" and "sgd", constant or a schedule such as `optim.InverseDecay(0.1)`.
        "auto" never diverges: 1/λ_max for "gd"; 1/maxᵢ‖xᵢ‖² for "sgd", which bounds the curvature
        of every minibatch.
    max_iter : int, default=1000
        Most steps of "gd".
    tol : float, default=1e-8
        "gd" stops where the gradient's norm is at most `tol` times that at w = 0 (in float32 1e-5
        times, for rounding hides what is below); at 0 it takes all of its `max_iter` steps.
    n_epochs : int, default=20
        Passes of "sgd" over the data.
    batch_size : "auto" or int, default="auto"
        Samples in a minibatch of "sgd", at most n; "auto" takes 32, or all n if there are fewer.
    random_state : int, RandomState or None, default=None
        Seed of the shuffling of "sgd".

    Attributes
    ----------
    coef_ : array of shape (d,)
        Weights w, of the same kind, device and precision as X.
    intercept_ : scalar of that kind, or 0.0
        Intercept b.
    rank_ : int
        Rank of the (centred) X up to rounding, whatever the units of its columns; "lstsq" only.
    singular_values_ : array of shape (min(n, d),)
        Singular values of the (centred) X, largest first; "lstsq" only.
    n_iter_ : int
        Steps of "gd", epochs of "sgd"; 1 for the other solvers, which are done in one go.
    loss_path_ : array of shape (n_iter_ + 1,)
        Loss at the start and after every step ("gd") or epoch ("sgd").
    coef_path_ : array of shape (n_iter_ + 1, d)
        Weights there; the walk starts at w = 0.
    intercept_path_ : array of shape (n_iter_ + 1,)
        Intercept that is best for the weights there.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input; if "qr" or "normal" meets a singular problem; if the descent diverges.

    Warns
    -----
    IllConditionedWarning
        If columns are linearly dependent up to rounding, under "lstsq", "qr" and "normal"; not for
        constant columns, nor under "lstsq" for too few samples.
    ConvergenceWarning
        If "gd" does not reach `tol` in `max_iter` steps.

    Notes
    -----
    Cost: "lstsq" and "qr" 2nd² operations, "normal" nd², "gd" 4nd a step (with its loss 6nd) and
    "sgd" as much an epoch. See Hastie, Tibshirani and Friedman, *The Elements of Statistical
    Learning*, section 3.2, and Golub and Van Loan, *Matrix Computations*, chapter 5.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 5.0, 7.0])
    >>> model = LinearRegression().fit(X, y)
    >>> model.coef_.round(6), round(float(model.intercept_), 6), model.rank_
    (array([2.]), 1.0, 1)
    >>> LinearRegression(solver="gd").fit(X, y).predict([[10.0]]).round(6)
    array([21.])
    """

    _parameter_constraints: ClassVar[dict] = {
        "solver": [StrOptions({"lstsq", "qr", "normal", "gd", "sgd"})],
        "fit_intercept": ["boolean"],
        "eta": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither"), callable],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        solver: str = "lstsq",
        *,
        fit_intercept: bool = True,
        eta: str | float | Schedule = "auto",
        max_iter: int = 1000,
        tol: float = 1e-8,
        n_epochs: int = 20,
        batch_size: str | int = "auto",
        random_state: int | np.random.RandomState | None = None,
    ):
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.eta = eta
        self.max_iter = max_iter
        self.tol = tol
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.random_state = random_state

    def fit(self, X: Array, y: Array) -> "LinearRegression":
        """Find w and b for inputs X (n, d) and targets y (n,); return self."""
        X, y = fit_data(self, X, y)
        X, y, x_mean, y_mean = self._center(X, y)
        self._forget()
        self._mean, self._unit = x_mean, unit_of(y)  # Xᵀy and the loss then stay within range
        small_products = one_blas_thread() if self.solver == "sgd" else nullcontext()
        with small_products:
            w = getattr(self, f"_fit_{self.solver}")(X, y / self._unit)
        self.coef_ = w * self._unit  # (d,)
        self.intercept_ = self._intercepts(x_mean, y_mean, self.coef_)
        if hasattr(self, "coef_path_"):
            self.intercept_path_ = self._intercepts(x_mean, y_mean, self.coef_path_)
        return self

    def predict(self, X: Array) -> Array:
        """Predict Xw + b for inputs X (m, d); the result is (m,)."""
        X = new_data(self, X, like="coef_")
        return X @ self.coef_ + self.intercept_

    # --- one solver each: centred X (n, d) and y (n,) → w (d,) ---------------------------------

    def _fit_lstsq(self, X: Array, y: Array) -> Array:
        """Least norm: X = UΣVᵀ, w = VΣ⁺Uᵀy, where Σ⁺ inverts what is not zero up to rounding."""
        xp = array_namespace(X)
        n, d = X.shape
        R = triangular_factor(xp.concat([X, y[:, None]], axis=1))  # ‖Xw − y‖ = ‖R[w; −1]‖
        R, c = R[:, :d], R[:, d]
        size = self._sizes(R, n)  # (d,)
        U, s, Vt = xp.linalg.svd(R / size, full_matrices=False)
        rank = int(xp.count_nonzero(s > _rounding(R)))
        self.rank_, self.singular_values_ = rank, xp.linalg.svdvals(R)  # those of X itself
        if rank == d:
            return _solve(R[:d, :], c[:d])
        varies = lengths(R / size) > _rounding(R)  # (d,)
        if rank < int(xp.count_nonzero(varies)) and d <= n - self.fit_intercept:
            dropped = Vt[rank:, :] * xp.astype(varies, R.dtype)
            _warn_of_dependence(dropped, "so 'lstsq' takes the weights of least norm")
        return _shortest(Vt[:rank, :], (U.T @ c)[:rank] / s[:rank], size)

    def _fit_qr(self, X: Array, y: Array) -> Array:
        """Triangular system: with X = QR the normal equation becomes Rw = Qᵀy."""
        xp = array_namespace(X)
        self._require_full_rank(X)
        n, d = X.shape
        R = triangular_factor(xp.concat([X, y[:, None]], axis=1))  # of [X y]: R | Qᵀy on top
        R, Qty = R[:d, :d], R[:d, d]
        _, s, Vt = xp.linalg.svd(R / self._sizes(R, n))
        if s[-1] <= _rounding(R):
            _warn_of_dependence(Vt[-1:, :], _SINGULAR)
        return _solve(R, Qty)

    def _fit_normal(self, X: Array, y: Array) -> Array:
        """Normal equation: the gradient is zero where XᵀXw = Xᵀy."""
        xp = array_namespace(X)
        self._require_full_rank(X)
        XtX, Xty = X.T @ X, X.T @ y  # (d, d), (d,)
        require_finite(XtX)
        _require_normal(xp.min(xp.linalg.diagonal(XtX)) / X.shape[0])  # no column is zero
        lam, V = xp.linalg.eigh(_unit_diagonal(XtX))
        if lam[0] <= self._rounding_of_squares(XtX, X.shape[0]):
            _warn_of_dependence(V[:, :1].T, _SINGULAR)
        return _solve(XtX, Xty)

    def _fit_gd(self, X: Array, y: Array) -> Array:
        """Gradient descent: from w = 0, step by step w ← w − η ∇L(w)."""
        stable = largest_stable_step(X)
        walk = descend(
            lambda w: squared_loss_gradient(X, y, w),
            _zeros(X),
            eta=self._step(stable),
            max_steps=self.max_iter,
            loss=lambda w: squared_loss(X, y, w),
            tol=self.tol and max(self.tol, 100 * array_namespace(X).finfo(X.dtype).eps),
        )
        self._require_descent(walk, stable, rise=1e-3)
        self._keep(walk)
        return walk.w

    def _fit_sgd(self, X: Array, y: Array) -> Array:
        """Stochastic gradient descent: each step looks at one minibatch only."""
        n = X.shape[0]
        stable = _largest_stable_minibatch_step(X)
        batch_size = min(32, n) if self.batch_size == "auto" else self.batch_size
        batches = minibatches(n, batch_size, random_state=self.random_state)

        def gradient(w: Array) -> Array:
            rows = next(batches)
            return squared_loss_gradient(take_rows(X, rows), take_rows(y, rows), w)

        steps_per_epoch = math.ceil(n / batch_size)
        walk = descend(
            gradient,
            _zeros(X),
            eta=self._step(stable),
            max_steps=self.n_epochs * steps_per_epoch,
            loss=lambda w: squared_loss(X, y, w),
            record_every=steps_per_epoch,
        )
        self._require_descent(walk, stable, rise=10.0)
        self._keep(walk)
        return walk.w

    # --- around the solvers -----------------------------------------------------------------

    def _center(self, X: Array, y: Array) -> tuple[Array, Array, Array, Array]:
        """Subtract the means, (d,) and scalar, and return them too; zeros without intercept."""
        if not self.fit_intercept:
            return X, y, _zeros(X), _zeros(X[:, :1])[0]
        (X, x_mean), (y, y_mean) = centered(X), centered(y)
        return X, y, x_mean, y_mean

    def _intercepts(self, x_mean: Array, y_mean: Array, w: Array) -> Array:
        """Return ȳ − x̄ᵀw for w (d,) or a path (m, d), in the precision of w."""
        xp = array_namespace(w)
        return xp.astype(y_mean - xp.astype(w, x_mean.dtype) @ x_mean, w.dtype)

    def _sizes(self, R: Array, n: int) -> Array:
        """Sizes (d,) that make the columns of R, or of X, equally uncertain: by about eps each.

        A centred column of length l is off by a few eps·l from computing with it, and by up to
        eps/2 times its length before it was centred, for its numbers have been rounded there. The
        sum of squares of that length is l² and n times the square of the mean.
        """
        xp = array_namespace(R)
        own = lengths(R)  # (d,)
        mean = math.sqrt(n) * xp.astype(self._mean, R.dtype)
        size = _ROUNDINGS * own + lengths(xp.stack([own, mean]))
        return xp.where(size > 0, size, xp.ones_like(size))

    def _rounding_of_squares(self, XtX: Array, n: int) -> float:
        """Bound what rounding makes of the least eigenvalue of XᵀX, its diagonal scaled to 1."""
        xp = array_namespace(XtX)
        own = xp.sqrt(xp.linalg.diagonal(XtX))  # (d,)
        far = float(xp.max(math.sqrt(n) * xp.abs(xp.astype(self._mean, XtX.dtype)) / own))
        eps = float(xp.finfo(XtX.dtype).eps)
        return XtX.shape[0] * eps * (_ROUNDINGS + eps * far**2)

    def _forget(self) -> None:
        """Drop what only some solvers learn, so that a refit leaves nothing of the last fit."""
        self.n_iter_ = 1
        for name in _BY_SOME_SOLVERS:
            if hasattr(self, name):
                delattr(self, name)

    def _step(self, stable: float) -> float | Schedule:
        """The step asked for, or half the largest stable one (any, if X = 0 and all are stable)."""
        if self.eta != "auto":
            return self.eta
        return stable / 2 if math.isfinite(stable) else 1.0

    def _keep(self, walk: Descent) -> None:
        self.n_iter_ = len(walk.steps) - 1
        self.coef_path_ = walk.path * self._unit
        with np.errstate(over="ignore"):  # the squares of huge targets have no number
            self.loss_path_ = walk.losses * self._unit * self._unit

    def _require_full_rank(self, X: Array) -> None:
        """Refuse what is singular whatever the numbers: too few samples, a constant column."""
        xp = array_namespace(X)
        n, d = X.shape
        if n < d + self.fit_intercept:
            raise np.linalg.LinAlgError(
                f"XᵀX is singular: solver={self.solver!r} needs at least {d + self.fit_intercept} "
                f"samples for {d} weights{' and an intercept' if self.fit_intercept else ''}, got "
                f"n_samples={n}. Use solver='lstsq', fewer columns, or ridge regression."
            )
        first = X[:1, :] if self.fit_intercept else xp.zeros_like(X[:1, :])
        constant = to_numpy(xp.nonzero(xp.all(first == X, axis=0))[0])
        if constant.size:
            why = "constant, as the intercept is" if self.fit_intercept else "zero"
            raise np.linalg.LinAlgError(
                f"XᵀX is singular: column(s) {constant.tolist()} of X are {why}. Drop them, or use "
                "solver='lstsq', which gives them weight 0."
            )

    def _require_descent(self, walk: Descent, stable: float, *, rise: float) -> None:
        """Refuse a walk that overflowed or rose (by `rise` times the first loss) in the end."""
        losses = to_numpy(walk.losses)
        if walk.stopped == "diverged" or losses[-1] - losses.min() > rise * losses[0]:
            bound = "2/λ_max" if self.solver == "gd" else "2/maxᵢ‖xᵢ‖²"
            first, last = (float(loss) * self._unit * self._unit for loss in losses[[0, -1]])
            raise ValueError(
                f"eta={self.eta!r} is too large: the loss rose from {first:.3g} to "
                f"{last:.3g} by step {walk.steps[-1]} and grows without bound. On these data "
                f"every step below {bound} = {stable:.3g} is stable: set eta={stable / 2:.3g} or "
                "eta='auto'."
            )
        if walk.stopped == "max_steps" and self.solver == "gd" and self.tol > 0:
            warnings.warn(
                f"Gradient descent took max_iter={self.max_iter} steps and its gradient is still "
                f"above tol={self.tol:g} times the first. Standardise the columns of X, raise "
                "max_iter, or use solver='lstsq'; tol=0 asks for exactly max_iter steps.",
                ConvergenceWarning,
                stacklevel=4,  # the caller of fit
            )


_BY_SOME_SOLVERS = (
    "rank_",
    "singular_values_",
    "loss_path_",
    "coef_path_",
    "intercept_path_",
)


_ROUNDINGS = 16  # eps by which factoring may move a column; measured: 4 for a million rows


def _rounding(A: Array) -> float:
    """Bound what rounding makes of a singular value 0 of A (·, d), its columns over `_sizes`."""
    return math.sqrt(A.shape[1]) * float(array_namespace(A).finfo(A.dtype).eps)


def centered(A: Array) -> tuple[Array, Array]:
    """Subtract its mean from A (n, d) or (n,); return that too, in float64.

    The first mean is as exact as its sum, and then rounded to A's type: the second repairs both.

    >>> centered(np.array([1.0, 2.0, 6.0]))[0]
    array([-2., -1.,  3.])
    """
    (A,) = as_floats(A)
    xp = array_namespace(A)
    total = 0.0
    for _ in range(2):
        mean = xp.astype(mean_row(A), A.dtype)
        A, total = A - mean, total + xp.astype(mean, xp.float64)
    return A, total


def _zeros(X: Array) -> Array:
    xp = array_namespace(X)
    return xp.zeros(X.shape[1], dtype=X.dtype, device=device(X))


def _largest_stable_minibatch_step(X: Array) -> float:
    """2/maxᵢ‖xᵢ‖²: the λ_max of XᵀX/n over any subset of the rows is at most maxᵢ‖xᵢ‖²."""
    xp = array_namespace(X)
    square = xp.max(xp.sum(X * X, axis=1))
    require_finite(square)
    if not bool(xp.any(X != 0)):
        return math.inf
    _require_normal(square)
    return 2 / float(square)


def require_finite(G: Array) -> None:
    """Refuse XᵀX, or what else holds squares of X, where it overflowed: ValueError.

    >>> require_finite(np.array([[4.0]]))
    """
    xp = array_namespace(G)
    if not bool(xp.all(xp.isfinite(G))):
        raise ValueError(
            "XᵀX overflows: X holds numbers too large to square (or NaN); scale its columns."
        )


def _require_normal(square: Array) -> None:
    """Refuse a square of numbers other than 0 that is not a normal number: it has lost digits."""
    if float(square) < float(array_namespace(square).finfo(square.dtype).smallest_normal):
        raise ValueError("XᵀX underflows: X holds numbers too small to square; scale its columns.")


def _unit_diagonal(G: Array) -> Array:
    """Make correlations of inner products: G_jk / √(G_jj G_kk)."""
    xp = array_namespace(G)
    s = xp.sqrt(xp.linalg.diagonal(G))  # (d,)
    return G / (s[:, None] * s[None, :])


_SINGULAR = "so XᵀX is singular; use solver='lstsq'"


def _warn_of_dependence(V: Array, consequence: str) -> None:
    """Warn that the combinations V (r, d) of the columns vanish up to rounding."""
    share = np.max(np.abs(to_numpy(V)), axis=0)  # (d,)
    columns = np.flatnonzero(share > 0.1 * share.max()).tolist()
    warnings.warn(
        f"Columns {columns} of X are linearly dependent up to rounding in {_name(V)}, "
        f"{consequence}. A single weight among them means nothing: drop a column, or use ridge "
        "regression.",
        IllConditionedWarning,
        stacklevel=4,  # the caller of fit
    )


def _name(A: Array) -> str:
    return str(A.dtype).split(".")[-1]


def _shortest(Vt: Array, z: Array, size: Array) -> Array:
    """Find the shortest w (d,) with Vᵀ(size · w) = z (r,), for r < d orthonormal rows Vᵀ (r, d).

    It is in the span of the columns of B = diag(size)·V, (d, r). A second look at what is left of z
    repairs the rounding where sizes differ much.
    """
    xp = array_namespace(z)
    if z.shape[0] == 0:
        return xp.zeros_like(size)
    largest = xp.max(size)
    Q, T = xp.linalg.qr((size / largest)[:, None] * Vt.T)  # (d, r), (r, r)
    v = size / largest * (Q @ xp.linalg.solve(T.T, z))  # (d,) w in units of the columns' sizes
    return (v + Vt.T @ (z - Vt @ v)) / size


def _solve(A: Array, c: Array) -> Array:
    """Solve the (d, d) system Aw = c."""
    xp = array_namespace(A)
    try:
        w = xp.linalg.solve(A, c)
    except (np.linalg.LinAlgError, RuntimeError):  # torch's own error is a RuntimeError
        w = None
    if w is None or not bool(xp.all(xp.isfinite(w))):
        raise np.linalg.LinAlgError(
            "XᵀX is singular: some columns of X are linearly dependent. Use solver='lstsq', which "
            "takes the weights of least norm, drop a column, or use ridge regression."
        )
    return w
