"""Many logistic regressions at once: the binary problems that K classes are cut into.

Symbols
    X       (n, d)  inputs, one sample a row
    codes   (n,)    class of each row, 0 to K − 1
    signs   (K, P)  what class k is in problem p: +1 or −1, or 0 if the problem leaves it out
    A_k             the rows of class k, centred, beside a column of ones: (n_k, q), q = d + 1
    V       (q, P)  weights and intercept of every problem, one a column
    lam, shares     λ, and the share of each sample in the mean loss of a problem, as in
                    `logistic_regression`

Each problem has an objective of its own, but all of them are functions of the same rows. So they
are minimised together: A_k V gives the scores of class k in all problems by one product of
matrices, which uses the machine better than P products of a matrix and a vector do, and a class
takes part in those columns only that do not leave it out.
"""

from typing import Any

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.base import clone

from course_lib.estimator import blocks, unit_of
from course_lib.linear_models.logistic_regression import LogisticRegression
from course_lib.optim import lbfgs

IN_CACHE = 2**15
"""Scores at a time: all that is made of them stays in the cache."""

MOST_STEPS = 100
"""Steps after which Newton's method, problem by problem, would have been the shorter way."""


def fit_jointly(
    learner: Any,
    X: np.ndarray,
    codes: np.ndarray,
    signs: np.ndarray,
    weights: np.ndarray | None = None,
) -> list[LogisticRegression] | None:
    """Fit a logistic regression to each of P binary problems, all of them in one walk.

    Parameters
    ----------
    learner : the estimator to copy
    X : array of shape (n, d)
    codes : integer array of shape (n,)
    signs : integer array of shape (K, P)
        −1, 0 and +1; each column has both signs, and each class rows.
    weights : array of shape (n,), optional
        Positive weights of the samples.

    Returns
    -------
    P fitted copies, whose labels are 0 and 1; or None where each problem needs its own walk: for
    any other estimator or subclass, for "gd", λ = 0 (which may have no solution), single
    precision, and numbers whose squares leave the range, and if the walk does not reach `tol` in
    `max_iter` steps, or for "newton" in 100, as where λ is very small.

    Notes
    -----
    The walk is L-BFGS in the coordinates U = LᵀV, where LLᵀ = AᵀA/(4n) + λ is the curvature at
    V = 0 over all rows: there it is about 1 in all directions, so that few steps are needed. A step
    costs 4qm operations, m the number of pairs of a row and a problem that sees it; L costs nq².
    The copies have `coef_`, `intercept_` and `n_iter_` (of the joint walk), but no recorded paths.

    Examples
    --------
    >>> X, codes = np.array([[0.0], [1.0], [3.0], [4.0]]), np.array([0, 0, 1, 1])
    >>> joint = fit_jointly(LogisticRegression(), X, codes, np.array([[-1, 1], [1, -1]]))
    >>> [model.coef_.round(4).tolist() for model in joint]  # each the mirror image of the other
    [[2.9023], [-2.9023]]
    """
    if type(learner) is not LogisticRegression:  # a subclass may fit in another way
        return None
    learner._validate_params()
    if learner.solver == "gd" or learner.lam == 0 or X.dtype != np.float64 or unit_of(X) != 1:
        return None
    w = np.ones(len(X)) if weights is None else weights
    mean = w @ X / w.sum() if learner.fit_intercept else np.zeros(X.shape[1])
    try:
        problems = _Problems(X - mean, codes, signs, w, learner)
    except np.linalg.LinAlgError:  # λ is too small beside columns that say the same
        return None
    steps = learner.max_iter if learner.solver == "lbfgs" else min(MOST_STEPS, learner.max_iter)
    walk = lbfgs(
        problems.value_and_gradient,
        np.zeros(problems.shape).ravel(),
        max_steps=steps,
        tol=learner.tol / problems.shape[1] ** 0.5,  # if all that is left is left in one problem
        record_every=steps,
    )
    if walk.stopped not in ("converged", "stalled"):
        return None
    V = problems.weights(walk.w)  # (q, P)
    return [_fitted(learner, v, mean, walk.n_steps) for v in V.T]


class _Problems:
    """The sum of the objectives of all problems, as a function of U (q·P,)."""

    def __init__(
        self, X: np.ndarray, codes: np.ndarray, signs: np.ndarray, w: np.ndarray, learner: Any
    ):
        A = np.column_stack([X, np.ones(len(X))]) if learner.fit_intercept else X
        self.shape = A.shape[1], signs.shape[1]
        self.price = np.full(A.shape[1], float(learner.lam))  # (q,)
        self.price[X.shape[1] :] = 0  # of the intercept
        curvature = (A * (w / (4 * w.sum()))[:, None]).T @ A + np.diag(self.price)
        self.L = np.linalg.cholesky(curvature)
        self.share = 1 / (np.bincount(codes, weights=w) @ (signs != 0))  # (P,), of one unit of w
        self.parts = []
        for k in range(len(signs)):
            rows, columns = np.flatnonzero(codes == k), np.flatnonzero(signs[k])
            y = signs[k, columns].astype(float)
            for b in blocks(len(rows), IN_CACHE // max(1, len(columns))):
                self.parts.append((A[rows[b]], w[rows[b]], y, columns))

    def weights(self, u: np.ndarray) -> np.ndarray:
        """Return V (q, P) at U."""
        U = u.reshape(self.shape)
        return solve_triangular(self.L, U, trans="T", lower=True, check_finite=False)

    def value_and_gradient(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum of all objectives at U, and its gradient (q·P,).

        They are those of `losses.LogLoss`, which would take an exponential for each of the two.
        """
        V = self.weights(u)
        G = self.price[:, None] * V
        value = np.vdot(G, V) / 2
        for A, w, y, columns in self.parts:
            m = (A @ V[:, columns]) * y  # margins (n_b, c)
            e = np.exp(-np.abs(m))
            total = 1 + e  # its logarithm is right to 1e-16, which is enough for a sum of losses
            value += w @ (np.log(total) - np.minimum(m, 0)) @ self.share[columns]
            wrong = np.where(m > 0, e, 1) / total  # probability of the wrong label
            G[:, columns] -= (A.T @ (wrong * w[:, None])) * (y * self.share[columns])
        return float(value), solve_triangular(self.L, G, lower=True, check_finite=False).ravel()


def _fitted(
    learner: LogisticRegression, v: np.ndarray, mean: np.ndarray, n_steps: int
) -> LogisticRegression:
    """Return a copy of the learner that holds the solution v (q,) for centred inputs."""
    model, d = clone(learner), len(mean)
    model.classes_, model.n_features_in_, model.n_iter_ = np.arange(2), d, n_steps
    model.coef_ = v[:d].copy()
    model.intercept_ = v[d] - mean @ v[:d] if learner.fit_intercept else v[0] * 0
    return model
