"""The dual of the support vector machine, and kernels: the multipliers, solved two at a time.

Symbols
    X      (n, d)  inputs, one sample a row
    y      (n,)    labels, −1 or +1 inside this module
    K      (n, n)  kernel matrix, K_ij = k(x_i, x_j); with the linear kernel x_iᵀx_j
    alpha  (n,)    multipliers α of the margin constraints, 0 ≤ α_i ≤ C/n
    beta   (n,)    α_i y_i
    cap            C/n

The dual is to maximise Σα_i − ½ Σ_ij α_i α_j y_i y_j K_ij subject to Σ α_i y_i = 0. It sees the
inputs only through the kernel. The score is f(x) = Σ α_i y_i k(x_i, x) + b.
"""

import warnings
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from course_lib.estimator import (
    Array,
    BaseEstimator,
    ClassifierMixin,
    Integral,
    Interval,
    Real,
    StrOptions,
    as_floats,
    blocks,
    fit_labels,
    labels_of,
    new_data,
    require_two_classes,
    to_numpy,
)
from course_lib.linear_models.svm_smo import bounds, intercept, smo
from course_lib.linear_models.svm_working_set import maximize_dual

__all__ = ["KernelSVC", "kkt_residual", "linear_kernel", "polynomial_kernel", "rbf_kernel", "smo"]

IN_CACHE = 2**16
"""Kernel values at a time in a prediction: all that is made of them stays in the cache."""


def kkt_residual(margins: Array, alpha: Array, cap: float) -> float:
    """Greatest violation of the optimality conditions that tie each margin to its multiplier.

    At the optimum α_i = 0 where y_i f(x_i) > 1, α_i = C/n where it is < 1, and only where it is
    exactly 1 may α_i lie between.

    Parameters
    ----------
    margins : array of shape (n,)
        y_i f(x_i).
    alpha : array of shape (n,)
    cap : float
        C/n, the largest value of a multiplier.

    Returns
    -------
    float, in the unit of the margins; 0 at the optimum.

    Examples
    --------
    >>> kkt_residual(np.array([1.5, 1.0, 0.2]), np.array([0.0, 0.3, 1.0]), cap=1.0)
    0.0
    """
    margins, alpha = as_floats(to_numpy(margins), to_numpy(alpha))
    too_small = np.where(alpha < cap, 1 - margins, 0)  # α could still grow, so m must be ≤ 0
    too_big = np.where(alpha > 0, margins - 1, 0)
    return float(np.maximum(0, np.maximum(too_small, too_big)).max())


# --- kernels -------------------------------------------------------------------------------


def linear_kernel(X: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Inner products xᵀz of rows of X (n, d) and Z (m, d), shape (n, m).

    As in the other kernels, whole numbers are taken as float64.

    >>> linear_kernel(np.uint8([[16]]), np.uint8([[16]]))
    array([[256.]])
    """
    X, Z = as_floats(X, Z)
    return X @ Z.T


def polynomial_kernel(
    X: np.ndarray, Z: np.ndarray, *, gamma: float = 1.0, degree: int = 3, coef0: float = 1.0
) -> np.ndarray:
    """Polynomial kernel (γ xᵀz + coef0)^degree of rows of X (n, d) and Z (m, d), shape (n, m).

    >>> polynomial_kernel(np.array([[1.0, 2.0]]), np.array([[3.0, 1.0]]), degree=2)
    array([[36.]])
    """
    X, Z = as_floats(X, Z)
    return (gamma * (X @ Z.T) + coef0) ** degree


def rbf_kernel(X: np.ndarray, Z: np.ndarray, *, gamma: float) -> np.ndarray:
    """Gaussian kernel exp(−γ‖x − z‖²) of rows of X (n, d) and Z (m, d), shape (n, m).

    >>> rbf_kernel(np.array([[0.0], [2.0]]), np.array([[0.0]]), gamma=0.5).round(4)
    array([[1.    ],
           [0.1353]])
    """
    X, Z = as_floats(X, Z)
    # The distances do not change, and less is lost in a difference. A machine may have no Z at all.
    center = np.mean(Z, axis=0) if len(Z) else 0.0
    X, Z = X - center, Z - center
    K = X @ (2 * Z.T)  # (n, m), and no other array of that size
    K -= np.sum(X * X, axis=1)[:, None]
    K -= np.sum(Z * Z, axis=1)
    np.minimum(K, 0, out=K)
    K *= gamma
    return np.exp(K, out=K)


class KernelSVC(ClassifierMixin, BaseEstimator):
    """Support vector machine with a kernel for two classes, its dual solved by working sets.

    It predicts by the sign of f(x) = Σ α_i y_i k(x_i, x) + b.

    Parameters
    ----------
    C : float, default=100.0
        Cost of violated margins, n times scikit-learn's: 0 ≤ α_i ≤ C/n.
    kernel : {"rbf", "poly", "linear"}, default="rbf"
        exp(−γ‖x − z‖²), (γ xᵀz + coef0)^degree, or xᵀz.
    gamma : "scale" or float, default="scale"
        γ; "scale" is 1/(d · variance of all the numbers in X), or 1 where that variance is 0.
    degree : int, default=3
    coef0 : float, default=1.0
        Constant of the polynomial kernel, at least 0; scikit-learn's default is 0, which leaves
        the lower powers out.
    tol : float, default=1e-4
        Largest violation of the optimality conditions, in units of the margin.
    max_iter : int, default=1000
        Most working sets to solve.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels; y = +1 stands for the second.
    alpha_ : ndarray of shape (n,)
        Multipliers α.
    support_ : integer ndarray of shape (n_support,)
        Rows of X with α > 0.
    support_vectors_ : ndarray of shape (n_support, d)
        Those rows.
    dual_coef_ : ndarray of shape (n_support,)
        α_i y_i of those rows.
    intercept_ : float
        b.
    gamma_ : float
        γ used.
    kkt_residual_ : float
        `kkt_residual` of the training data.
    n_iter_ : int
        Working sets solved.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for more or fewer than two classes, and if the kernel overflows.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` working sets do not reach `tol`.

    Notes
    -----
    The constraint Σ α_i y_i = 0 forbids changing one multiplier alone, so `smo` changes two: the
    one that violates the optimality conditions most, and the partner that promises the greatest
    gain. Many samples need many such steps, so `svm_working_set.maximize_dual` takes 512 or more
    multipliers at a time, solves for them by `smo` and Newton's method, and computes the rows of
    the kernel matrix when it needs them; its cost and memory, at most 8n² bytes, are told there.
    NumPy only; tensors are taken to the host. See Platt (1998), *Sequential Minimal Optimization*;
    Joachims (1999), *Making Large-Scale SVM Learning Practical*; Fan, Chen and Lin (2005),
    *Working Set Selection Using Second Order Information*, JMLR 6.

    Examples
    --------
    >>> X, y = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]]), np.array([0, 0, 1, 1])  # XOR
    >>> model = KernelSVC(gamma=1.0).fit(X, y)
    >>> model.predict(X), model.support_
    (array([0, 0, 1, 1]), array([0, 1, 2, 3]))
    """

    _parameter_constraints: ClassVar[dict] = {
        "C": [Interval(Real, 0, None, closed="neither")],
        "kernel": [StrOptions({"rbf", "poly", "linear"})],
        "gamma": [StrOptions({"scale"}), Interval(Real, 0, None, closed="neither")],
        "degree": [Interval(Integral, 1, None, closed="left")],
        "coef0": [Interval(Real, 0, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        C: float = 100.0,
        *,
        kernel: str = "rbf",
        gamma: str | float = "scale",
        degree: int = 3,
        coef0: float = 1.0,
        tol: float = 1e-4,
        max_iter: int = 1000,
    ):
        self.C = C
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.tol = tol
        self.max_iter = max_iter

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Array, y: Array) -> "KernelSVC":
        """Find α and b for inputs X (n, d) and labels y (n,) of two classes; return self."""
        X, codes = fit_labels(self, to_numpy(X), to_numpy(y))
        require_two_classes(self)
        X, y, cap = X.astype(np.float64), 2.0 * codes - 1, self.C / X.shape[0]
        with np.errstate(over="ignore"):  # what overflows here does so in the kernel, too
            spread = X.var() * X.shape[1]
        scale = 1 / spread if spread > 0 else 1.0
        self.gamma_ = scale if self.gamma == "scale" else float(self.gamma)
        beta, g, self.n_iter_ = maximize_dual(
            lambda rows, columns: self._finite_kernel_matrix(X[rows], X[columns]),
            y,
            cap,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.alpha_ = np.abs(beta)
        self.intercept_ = intercept(g, beta, *bounds(y, cap))
        f = y - g + self.intercept_  # (n,); the gradient g is y − Kβ
        self.kkt_residual_ = kkt_residual(y * f, self.alpha_, cap)
        self.support_ = np.flatnonzero(self.alpha_ > 0)
        self.support_vectors_, self.dual_coef_ = X[self.support_], beta[self.support_]
        if self.n_iter_ == self.max_iter and self.kkt_residual_ > self.tol:
            warnings.warn(
                f"After max_iter={self.max_iter} working sets the optimality conditions are "
                f"still violated by {self.kkt_residual_:.1e}, above tol={self.tol:g}. Standardise "
                f"the columns of X, raise max_iter, or lower C={self.C:g}.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def decision_function(self, X: Array) -> np.ndarray:
        """Scores f(x) for inputs X (m, d), shape (m,); the sign decides."""
        X = new_data(self, to_numpy(X), like="support_vectors_", method="decision_function")
        queries = blocks(len(X), IN_CACHE // max(1, len(self.support_vectors_)))
        scores = [self._kernel(X[q], self.support_vectors_) @ self.dual_coef_ for q in queries]
        return np.concatenate(scores) + self.intercept_

    def predict(self, X: Array) -> np.ndarray:
        """Predict the label of each row of X (m, d), shape (m,)."""
        return labels_of(self, (self.decision_function(X) > 0).astype(np.int64))

    def _finite_kernel_matrix(self, X: np.ndarray, Z: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            K = self._kernel(X, Z)
        if not np.all(np.isfinite(K)):
            raise ValueError(
                f"The {self.kernel} kernel of numbers up to {np.abs(Z).max():.1e} in X overflows. "
                "Standardise the columns of X, or lower the degree of a polynomial."
            )
        return K

    def _kernel(self, X: np.ndarray, Z: np.ndarray) -> np.ndarray:
        if self.kernel == "rbf":
            return rbf_kernel(X, Z, gamma=self.gamma_)
        if self.kernel == "poly":
            shape = {"gamma": self.gamma_, "degree": self.degree, "coef0": self.coef0}
            return polynomial_kernel(X, Z, **shape)
        return linear_kernel(X, Z)
