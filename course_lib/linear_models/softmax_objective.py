"""The objective of softmax regression, in coordinates in which it is easy to minimise.

Symbols
    A        (n, p)  the inputs, centred, with a last column of ones if there are intercepts
    W        (K, p)  weights and intercepts, a class a row
    T        (p, p)  change of coordinates: W = VTᵀ for V (K, p)
    P        (K, n)  probabilities, a sample a column
    r        (n,)    share of each sample in the mean loss
    penalty  (p,)    λ for a weight, 0 for the intercept

With a covariance G = Aᵀ diag(r) A of the inputs, the Hessian at W = 0 is (I − 11ᵀ/K)/K times G,
plus the penalty. T is the inverse Cholesky factor of G + Kλ, so that in the coordinates V all
directions curve alike there, whatever the scales of the columns and however they correlate; nowhere
is the curvature above K/2 times that (Böhning, 1992, *Multinomial logistic regression algorithm*).

Matrices with n columns are made and used up block by block, while they are in the processor's
cache, and have a class a row: sums over few classes are then sums of long rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

from course_lib.estimator import Array, array_namespace, blocks, device, unit_of

_NUMBERS = 2**17  # of a block of A: 1 MB


@dataclass(frozen=True)
class State:
    """What a point V costs: F, its gradient (K, p), and the blocks of P, each (K, rows)."""

    value: float
    gradient: Array
    P: list[Array]


class SoftmaxObjective:
    """The mean cross-entropy of n samples and the price of the weights.

    Parameters
    ----------
    X : array of shape (n, d)
    codes : integer array of shape (n,)
        Classes from 0 to K − 1.
    r : array of shape (n,)
        Shares, which sum to 1.
    n_classes : int
    lam : float
        λ ≥ 0.
    fit_intercept : bool
    whiten : bool, default=True
        Whether to change the coordinates; otherwise T is the identity.
    """

    def __init__(
        self,
        X: Array,
        codes: Array,
        r: Array,
        n_classes: int,
        lam: float,
        *,
        fit_intercept: bool,
        whiten: bool = True,
    ):
        xp = array_namespace(X)
        n, d = X.shape
        self.K, self.r, self.fit_intercept = n_classes, r, fit_intercept
        self.unit = max(unit_of(X), 1e-15 if X.dtype == xp.float32 else 1e-100)
        self.lam = lam / self.unit / self.unit  # in range, for the unit is not too small
        X = X if self.unit == 1 else X / self.unit
        mean = xp.sum(r[:, None] * X, axis=0, dtype=xp.float64)  # (d,)
        self.mean = xp.astype(mean, X.dtype) if fit_intercept else xp.zeros_like(X[0, :])
        X = _without_rounding(X - self.mean, self.mean)
        self.basis = None
        if d > n:  # the best weights are a sum of rows: look for them in an orthonormal basis
            self.basis, R = xp.linalg.qr(X.T)  # (d, n), (n, n)
            X = R.T
        G = xp.astype((r[:, None] * X).T @ X, xp.float64)  # (p, p), still without the ones
        self._G = G
        rounding = 1e-5 if X.dtype == xp.float32 else 1e-12
        T = _whitening(G, n_classes * self.lam, rounding) if whiten else _eye(G)
        self.A, self.T, self.penalty = X, xp.astype(T, X.dtype), xp.full_like(X[0, :], self.lam)
        if fit_intercept:
            self.A = xp.concat([X, xp.ones_like(X[:, :1])], axis=1)
            self.penalty = xp.concat([self.penalty, xp.zeros_like(X[0, :1])])
        classes = xp.arange(n_classes, device=device(X))
        self.Y = xp.astype(classes[:, None] == codes[None, :], X.dtype)  # (K, n)
        self._blocks = blocks(n, _NUMBERS // self.A.shape[1])

    # --- the objective ----------------------------------------------------------------------

    def at(self, V: Array) -> State:
        """Evaluate F, its gradient and the probabilities at V (K, p), in 4npK operations."""
        xp = array_namespace(V)
        W = self.to_weights(V)
        value, G, blocks_of_P = 0.0, self.penalty * W, []
        for rows in self._blocks:
            A, Y, r = self.A[rows, :], self.Y[:, rows], self.r[rows]
            f = W @ A.T  # (K, rows)
            f = f - xp.max(f, axis=0)
            P = xp.exp(f)
            sums = xp.sum(P, axis=0)  # (rows,)
            value += float(xp.sum(r * (xp.log(sums) - xp.sum(Y * f, axis=0))))
            P = P / sums
            G = G + (r * (P - Y)) @ A
            blocks_of_P.append(P)
        value += float(xp.sum(self.penalty * W * W)) / 2
        return State(value, self._to_V(G), blocks_of_P)

    def curvature(self, state: State, D: Array) -> Array:
        """Return the Hessian at a state times D (K, p), in 4npK operations.

        It is Σ_i r_i (diag(p_i) − p_i p_iᵀ) (W a_i) a_iᵀ for the direction W that D stands for.
        """
        xp = array_namespace(D)
        W = self.to_weights(D)
        H = self.penalty * W
        for rows, P in zip(self._blocks, state.P, strict=True):
            A = self.A[rows, :]
            U = P * (W @ A.T)  # (K, rows)
            H = H + (self.r[rows] * (U - P * xp.sum(U, axis=0))) @ A
        return self._to_V(H)

    def preconditioner(self, state: State) -> Callable[[Array], Array]:
        """Return R ↦ M⁻¹R for matrices (K, p) with columns that sum to 0, as gradients have.

        M is a diagonal: class k has the curvature h_k = Σ_i r_i p_ik(1 − p_ik) in place of the 1/K
        of the coordinates, so that column j has h_k(1 − Kt_j) + t_j, where t_j is what λ adds.
        """
        xp, T = array_namespace(self.A), self.T
        h = xp.zeros_like(self.Y[:, 0])  # (K,)
        for rows, P in zip(self._blocks, state.P, strict=True):
            h = h + (P * (1 - P)) @ self.r[rows]
        h = xp.clip(h, 1e-4 * float(xp.max(h)) + 1e-30, None)  # a class that is sure has hardly any
        t = self.lam * xp.sum(T * T, axis=0)  # (p,), of the intercept 0
        t = xp.concat([t, xp.zeros_like(t[:1])]) if self.fit_intercept else t
        M = h[:, None] * (1 - self.K * t) + t  # (K, p)

        def precondition(R: Array) -> Array:
            Z = R / M
            return Z - xp.mean(Z, axis=0)

        return precondition

    def curvature_bound(self) -> float:
        """Return a number that no eigenvalue of the Hessian in W exceeds: ½λ_max(AᵀrA) + λ."""
        largest = float(array_namespace(self._G).linalg.eigvalsh(self._G)[-1])
        return max(largest, float(self.fit_intercept)) / 2 + self.lam

    # --- coordinates ------------------------------------------------------------------------

    def start(self) -> Array:
        """Return V = 0, (K, p)."""
        xp = array_namespace(self.A)
        shape = (self.K, self.A.shape[1])
        return xp.zeros(shape, dtype=self.A.dtype, device=device(self.A))

    def to_weights(self, V: Array) -> Array:
        """Return W = VTᵀ (K, p)."""
        return self._but_ones(V, self.T.T)

    def _to_V(self, G: Array) -> Array:
        """Turn a gradient in W into the gradient in V, GT (K, p)."""
        return self._but_ones(G, self.T)

    def _but_ones(self, M: Array, T: Array) -> Array:
        """Return MT (K, p); T leaves the column of the intercepts as it is."""
        if not self.fit_intercept:
            return M @ T
        return array_namespace(M).concat([M[:, :-1] @ T, M[:, -1:]], axis=1)

    def coefficients(self, V: Array) -> tuple[Array, Array]:
        """Return the weights (d, K) and the intercepts (K,) for inputs as they came."""
        W = self.to_weights(V)
        b = array_namespace(W).zeros_like(W[:, 0])
        if self.fit_intercept:
            W, b = W[:, :-1], W[:, -1]
        W = W.T if self.basis is None else self.basis @ W.T  # (d, K)
        return W / self.unit, b - self.mean @ W

    def scores(self, V: Array) -> Array:
        """Return the scores (K, n) of the training samples."""
        return self.to_weights(V) @ self.A.T

    def separates(self, V: Array) -> bool:
        """Whether each sample's own class has the largest score, alone."""
        xp, f = array_namespace(V), self.scores(V)
        own = xp.sum(self.Y * f, axis=0)  # (n,)
        others = xp.max(xp.where(self.Y > 0, -xp.inf, f), axis=0)
        return bool(xp.all(own > others))


def _without_rounding(X: Array, mean: Array) -> Array:
    """Set columns of the centred X (n, d) to 0 of which nothing but rounding is left."""
    xp = array_namespace(X)
    noise = 8 * float(xp.finfo(X.dtype).eps) * xp.abs(mean)  # (d,)
    constant = xp.max(xp.abs(X), axis=0) <= noise
    return xp.where(constant, xp.zeros_like(X), X) if bool(xp.any(constant)) else X


def _whitening(G: Array, ridge: float, rounding: float) -> Array:
    """Return T (p, p) with TᵀGT + ridge·TᵀT the identity, for a covariance G (p, p).

    Where columns depend on one another up to rounding and nothing is added, T is that of least
    norm, and 0 for what they have in common twice: it takes eigenvectors, which cost more.
    """
    xp = array_namespace(G)
    s = xp.sqrt(xp.linalg.diagonal(G) + ridge)  # (p,), the scale of each column
    s = xp.where(s > 0, s, xp.ones_like(s))
    C = (G + ridge * _eye(G)) / s[:, None] / s[None, :]
    L = xp.linalg.cholesky(C + rounding * _eye(G))
    if float(xp.min(xp.linalg.diagonal(L))) ** 2 > 1e3 * rounding:
        return xp.linalg.inv(L).T / s[:, None]
    lam, Q = xp.linalg.eigh(C)
    real = lam > rounding
    inverse = xp.where(real, 1 / xp.sqrt(xp.where(real, lam, xp.ones_like(lam))), 0 * lam)
    return Q * inverse / s[:, None]


def _eye(G: Array) -> Array:
    return array_namespace(G).eye(G.shape[0], dtype=G.dtype, device=device(G))
