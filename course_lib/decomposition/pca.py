"""Principal component analysis: the orthogonal directions in which data vary most.

Symbols
    X   (n, d)  samples
    μ   (d,)    their mean, `mean_`
    Z   (n, d)  centred samples x − μ
    S   (d, d)  covariance ZᵀZ/(n − 1)
    m           number of components
    V   (m, d)  components, orthonormal rows, `components_`
    λ   (m,)    variance along each, falling, `explained_variance_`
    s   (m,)    singular values √((n − 1)λ), `singular_values_`
    T   (n, m)  scores ZVᵀ, what `transform` returns

The rows of V are eigenvectors of S, Sv = λv, and right singular vectors of Z: with Z = UΣVᵀ,
S = VΣ²Vᵀ/(n − 1). So there are two ways to the same V. `eigh` is the quick one; but S squares the
singular values, and those below 10⁻⁸ of the largest drown in the rounding of S. `svd` keeps them.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.linalg import eigh
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from course_lib.decomposition.randomized import randomized_svd
from course_lib.estimator import (
    Array,
    BaseEstimator,
    Integral,
    Interval,
    Real,
    StrOptions,
    array_namespace,
    as_floats,
    blocks,
    check_random_state,
    device,
    fit_data,
    mean_row,
    new_data,
    transformed_data,
    triangular_factor,
    unit_of,
)

BLOCK = 2**18
"""Numbers of a block of samples, which stay in the processor's cache."""
NEAR = 16
"""How many times their own squares about the mean, the square of the mean may add to the data."""
SMALL = 500
"""Up to so many samples and features, solver="auto" takes the most accurate way."""

OVERFLOW = "a variance overflows: X holds numbers too large to square; scale it."


class PCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Principal component analysis.

    Parameters
    ----------
    n_components : int, float or None, default=None
        Number m of components, at most min(n, d); None takes all of these. A float between 0 and 1
        takes the first m that together explain more than this share of the variance.
    solver : {"auto", "eigh", "svd", "randomized"}, default="auto"
        "eigh" takes the eigenvectors of the covariance, or, if there are fewer samples than
        features, of the n × n matrix ZZᵀ, which has the same eigenvalues. "svd" takes the singular
        value decomposition of Z: slower, and exact for components of tiny variance. "randomized"
        approximates the first m, for m far below n and d. "auto" is "svd" for at most 500 samples
        and features, else "eigh"; it never approximates.
    whiten : bool, default=False
        Whether `transform` divides each score by its standard deviation, so that all have variance
        1. A component without variance is left as it is.
    random_state : int, RandomState or None, default=None
        Seed of "randomized".

    Attributes
    ----------
    components_ : array of shape (m, d)
        V, of the same kind, device and precision as X. The largest entry of each row is positive;
        of several equally large ones, the first.
    explained_variance_ : array of shape (m,)
        λ, in squared units of X; 0 where no more than rounding is left.
    explained_variance_ratio_ : array of shape (m,)
        λ divided by the total variance; all 0 if X is constant.
    singular_values_ : array of shape (m,)
        s, in units of X.
    mean_ : array of shape (d,)
        μ.
    noise_variance_ : float
        σ², the variance that is left in the mean of the other d − m directions; 0 if m = d.
    n_components_, n_samples_ : int
        m and n.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for a single sample, for more components than min(n, d), for a share with
        solver="randomized", and where a variance overflows.

    Notes
    -----
    Where two λ are equal, any rotation of their components would do as well, and solvers may
    differ. Cost: nd² + O(d³) for "eigh", n²d + O(n³) if n < d; 5nd² + O(d³) for "svd"; O(ndm) for
    "randomized". The mean is subtracted before any product where ZᵀZ = XᵀX − nμμᵀ would cancel.

    Hotelling (1933), *Analysis of a complex of statistical variables into principal components*,
    Journal of Educational Psychology 24. For σ² and the likelihood: Tipping and Bishop (1999),
    *Probabilistic principal component analysis*, Journal of the Royal Statistical Society B 61.

    Examples
    --------
    >>> X = np.array([[2.0, 1.0], [0.0, 0.0], [-2.0, -1.0], [0.0, 0.0]])
    >>> pca = PCA(1).fit(X)
    >>> pca.components_.round(3), pca.explained_variance_.round(3)
    (array([[0.894, 0.447]]), array([3.333]))
    >>> pca.transform([[2.0, 1.0]]).round(3)
    array([[2.236]])
    >>> pca.inverse_transform([[5**0.5]]).round(3)
    array([[2., 1.]])
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "solver": [StrOptions({"auto", "eigh", "svd", "randomized"})],
        "whiten": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int | float | None = None,
        *,
        solver: str = "auto",
        whiten: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.n_components = n_components
        self.solver = solver
        self.whiten = whiten
        self.random_state = random_state

    def fit(self, X: Array, y: None = None) -> PCA:
        """Find the components of the samples X (n, d); y is ignored. Return self."""
        X = fit_data(self, X, supervised=False)
        n, d = X.shape
        if n < 2:
            raise ValueError("n_samples = 1: a variance needs two samples at least.")
        wanted = self._wanted(n, d)
        found = self._solve(X, wanted)
        squares = _above(found.squares, found.rounding * found.squares[0])
        m = wanted if isinstance(wanted, int) else _reaching(wanted, squares, found.total)
        self._store(n, m, found, squares)
        return self

    def transform(self, X: Array) -> Array:
        """Return the scores (k, m) of the samples X (k, d): their coordinates on the components."""
        T = self._scores(self._new(X, "transform"))
        return T / self._scale() if self.whiten else T

    def inverse_transform(self, X: Array) -> Array:
        """Return the samples (k, d) that have the scores X (k, m) and nothing beside them."""
        T = transformed_data(self, X, like="components_")
        return (T * self._scale() if self.whiten else T) @ self.components_ + self.mean_

    def distance_to_subspace(self, X: Array) -> Array:
        """Return how far each of the samples X (k, d) is from its reconstruction: (k,).

        It is ‖x − x̂‖, where x̂ is what `transform` and `inverse_transform` leave of x.
        """
        X = self._new(X, "distance_to_subspace")
        return array_namespace(X).linalg.vector_norm(self._residuals(X), axis=1)

    def score_samples(self, X: Array) -> Array:
        """Return the log-likelihood ln p(x) of each of the samples X (k, d): (k,).

        p is the normal density of mean μ whose variance is λ along the components and σ² in every
        other direction, the probabilistic view of Tipping and Bishop. σ² is the mean over all
        d − m of these, as in their paper; scikit-learn takes it over min(n, d) − m. A direction
        without variance counts as if it had ε λ₁, where ε is the precision of the numbers: so
        little cannot be told from none, and p stays a density.

        Raises
        ------
        ValueError
            For a model of constant data.
        """
        X, variance, noise = self._new(X, "score_samples"), *self._density()
        xp, (m, d) = array_namespace(X), self.components_.shape
        log_det = float(xp.sum(xp.log(variance))) + (d - m) * math.log(noise)
        square = xp.sum(self._scores(X) ** 2 / variance, axis=1)
        if m < d:
            square = square + xp.sum(self._residuals(X) ** 2, axis=1) / noise
        return -(square + (log_det + d * math.log(2 * math.pi))) / 2

    def score(self, X: Array, y: None = None) -> float:
        """Return the mean of `score_samples` over the samples X (k, d)."""
        scores = self.score_samples(X)
        return float(array_namespace(scores).mean(scores))

    def get_covariance(self) -> Array:
        """Return the covariance (d, d) of the density of `score_samples`."""
        xp, V = array_namespace(self.components_), self.components_
        noise = self.noise_variance_ * xp.eye(V.shape[1], dtype=V.dtype, device=device(V))
        return (V.T * (self.explained_variance_ - self.noise_variance_)) @ V + noise

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.components_.shape[0]

    def _new(self, X: Array, method: str) -> Array:
        return new_data(self, X, like="components_", method=method)

    def _scores(self, X: Array) -> Array:
        V, xp = self.components_, array_namespace(X)
        size = BLOCK // X.shape[1]
        return xp.concat([(X[rows, :] - self.mean_) @ V.T for rows in blocks(X.shape[0], size)])

    def _residuals(self, X: Array) -> Array:
        return X - self.mean_ - self._scores(X) @ self.components_

    def _scale(self) -> Array:
        """Return the standard deviation (m,) of the scores, and 1 where there is none."""
        s = self.singular_values_
        one = array_namespace(s).ones_like(s)
        return array_namespace(s).where(s > 0, s / math.sqrt(self.n_samples_ - 1), one)

    def _density(self) -> tuple[Array, float]:
        """Return the variances λ (m,) and σ² of the density; σ² is 1 if it has no direction."""
        variance, (m, d) = self.explained_variance_, self.components_.shape
        xp, largest = array_namespace(variance), float(variance[0])
        if not largest > 0:
            raise ValueError("constant data, or data of one value only, have no likelihood.")
        least = float(xp.finfo(variance.dtype).eps) * largest
        positive = xp.where(variance > 0, variance, xp.full_like(variance, least))
        return positive, (self.noise_variance_ or least) if m < d else 1.0

    # --- fitting -----------------------------------------------------------------------------

    def _wanted(self, n: int, d: int) -> int | float:
        """Return the number of components that are asked for, or the share of the variance."""
        wanted = min(n, d) if self.n_components is None else self.n_components
        if not isinstance(wanted, Integral):
            if self.solver == "randomized":
                raise ValueError(
                    f'n_components={wanted} is a share of the variance, but solver="randomized" '
                    'finds a given number of components only: pass one, or solver="eigh".'
                )
            return float(wanted)
        if wanted > min(n, d):
            raise ValueError(
                f"n_components={wanted} must be at most min(n_samples, n_features)={min(n, d)}."
            )
        return int(wanted)

    def _solve(self, X: Array, wanted: int | float) -> Axes:
        n, d = X.shape
        most = wanted if isinstance(wanted, int) else min(n, d)
        solver = self.solver
        if solver == "auto":
            solver = "svd" if max(n, d) <= SMALL else "eigh"
        if solver == "svd":
            return _by_svd(X)
        if solver == "randomized":
            return _by_random_projection(X, most, check_random_state(self.random_state))
        return _by_covariance(X, most) if n >= d else _by_inner_products(X, most)

    def _store(self, n: int, m: int, found: Axes, squares: Array) -> None:
        xp, d, unit = array_namespace(squares), found.V.shape[1], found.unit
        if not found.total / (n - 1) * unit * unit <= float(xp.finfo(squares.dtype).max):
            raise ValueError(OVERFLOW)
        rest = _rest(found, squares, m, min(n, d))
        self.mean_ = found.mean
        self.components_ = with_signs(found.V[:m, :])
        self.singular_values_ = xp.sqrt(squares[:m]) * unit
        self.explained_variance_ = squares[:m] / (n - 1) * unit * unit
        self.explained_variance_ratio_ = squares[:m] / (found.total or 1.0)
        self.noise_variance_ = rest / (d - m) / (n - 1) * unit * unit if m < d else 0.0
        self.n_components_, self.n_samples_ = m, n


# --- the mean -------------------------------------------------------------------------------------


def _mean(X: Array) -> Array:
    """Return the mean (d,) of X (n, d): exact of a constant column, and with few digits lost."""
    xp, first = array_namespace(X), X[:1, :]
    total = xp.zeros(X.shape[1], dtype=xp.float64, device=device(X))
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in blocks(X.shape[0], BLOCK // X.shape[1]):
            total = total + xp.sum(X[rows, :] - first, axis=0, dtype=xp.float64)
        mean = first[0, :] + xp.astype(total / X.shape[0], X.dtype)
    if not bool(xp.all(xp.isfinite(mean))):
        raise ValueError(OVERFLOW)
    return mean


def _centred(X: Array) -> tuple[Array, Array, float, float]:
    """Return Z (n, d) and μ (d,), the unit that Z is in, and the sum of the squares in Z.

    The unit is 1, but for numbers too large or too small to square.
    """
    mean, unit = _mean(X), 1.0
    Z = X - mean
    squares = _squares(Z)
    if not _is_usual(squares):
        unit = unit_of(Z)
        Z = Z / unit
        squares = _squares(Z)
    return Z, mean, unit, squares


def _products(X: Array, mean: Array, unit: float) -> Array:
    """Return ZᵀZ (d, d), a block of samples at a time, where Z is (x − μ) / unit."""
    d = X.shape[1]
    C = array_namespace(X).zeros((d, d), dtype=X.dtype, device=device(X))
    for rows in blocks(X.shape[0], max(BLOCK // d, d)):
        Z = X[rows, :] - mean
        Z = Z if unit == 1 else Z / unit
        C = C + Z.T @ Z
    return C


def _squares(Z: Array) -> float:
    with np.errstate(over="ignore"):
        norm = float(array_namespace(Z).linalg.vector_norm(Z))
    return norm * norm


def _is_usual(squares: float) -> bool:
    """Whether numbers with this sum of squares can be squared without loss."""
    return 2.0**-60 <= squares < math.inf


# --- solvers --------------------------------------------------------------------------------------


class Axes(NamedTuple):
    """What a solver finds: m or more components of the centred samples Z."""

    V: Array
    """Orthonormal rows (m, d), of either sign."""
    squares: Array
    """Squared lengths (m,) of the columns of ZVᵀ, falling: the eigenvalues of ZᵀZ."""
    total: float
    """Sum of all squares in Z."""
    rounding: float
    """Share of the largest square that may be no more than rounding."""
    mean: Array
    """μ (d,)."""
    unit: float
    """What Z was divided by."""


def _by_covariance(X: Array, m: int) -> Axes:
    """Take the eigenvectors of ZᵀZ (d, d), the covariance but for the factor n − 1.

    ZᵀZ = XᵀX − nμμᵀ needs no copy of X, and is taken where little cancels.
    """
    xp, n, unit = array_namespace(X), X.shape[0], 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        mean, C = xp.astype(mean_row(X), X.dtype), X.T @ X
        total, origin = float(xp.linalg.trace(C)), n * float(xp.sum(mean * mean))
    if _is_usual(total) and origin <= NEAR * (total - origin):
        C = C - n * mean[:, None] * mean
        lost = total / (total - origin) if origin else 1.0  # digits, as a factor
    else:
        mean, lost = _mean(X), 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            C = _products(X, mean, unit)
            total = float(xp.linalg.trace(C))
        if not _is_usual(total):
            unit = unit_of(X - mean)
            C = _products(X, mean, unit)
    squares, V = _largest_eigenpairs(C, m)
    rounding = lost * C.shape[0] * float(xp.finfo(C.dtype).eps)
    return Axes(V, squares, float(xp.linalg.trace(C)), rounding, mean, unit)


def _by_inner_products(X: Array, m: int) -> Axes:
    """Take the eigenvectors u of ZZᵀ (n, n): Zᵀu is one of ZᵀZ, of the same eigenvalue.

    QR makes them orthonormal; where an eigenvalue is zero, it finds one orthogonal to the others.
    """
    Z, mean, unit, total = _centred(X)
    xp = array_namespace(Z)
    squares, U = _largest_eigenpairs(Z @ Z.T, m)  # (m,), (m, n)
    Q = xp.linalg.qr((U @ Z).T)[0]  # (d, m)
    rounding = Z.shape[0] * float(xp.finfo(Z.dtype).eps)
    return Axes(Q.T, squares, total, rounding, mean, unit)


def _by_svd(X: Array) -> Axes:
    """Take the right singular vectors of Z, or of R if Z = QR is tall: ZᵀZ = RᵀR."""
    Z, mean, unit, total = _centred(X)
    xp, (n, d) = array_namespace(Z), Z.shape
    _, s, V = xp.linalg.svd(triangular_factor(Z) if n > d else Z, full_matrices=False)
    rounding = (max(n, d) * float(xp.finfo(Z.dtype).eps)) ** 2
    return Axes(V, s * s, total, rounding, mean, unit)


def _by_random_projection(X: Array, m: int, rng: np.random.RandomState) -> Axes:
    """Approximate the first m right singular vectors of Z; see `randomized_svd`."""
    Z, mean, unit, total = _centred(X)
    s, V = randomized_svd(Z, m, random_state=rng)
    rounding = Z.shape[1] * float(array_namespace(Z).finfo(Z.dtype).eps)
    return Axes(V, s * s, total, rounding, mean, unit)


def _largest_eigenpairs(C: Array, m: int) -> tuple[Array, Array]:
    """Return the m largest eigenvalues of a symmetric C (d, d), falling, and vectors (m, d)."""
    xp, d = array_namespace(C), C.shape[0]
    if isinstance(C, np.ndarray) and m <= d // 4:  # LAPACK can leave out the others
        values, vectors = eigh(C, subset_by_index=[d - m, d - 1], check_finite=False)
    else:
        values, vectors = xp.linalg.eigh(C)
    return xp.flip(values)[:m], xp.flip(vectors, axis=1)[:, :m].T


def with_signs(V: Array) -> Array:
    """Return the rows of V (m, d), each with its largest entry positive.

    Of entries equally large up to rounding the first counts, so that solvers agree.

    >>> with_signs(np.array([[0.6, -0.8], [-0.6, 0.6]]))
    array([[-0.6,  0.8],
           [ 0.6, -0.6]])
    """
    (V,) = as_floats(V)
    xp, size = array_namespace(V), abs(V)
    near = size >= (1 - xp.finfo(V.dtype).eps ** 0.5) * xp.max(size, axis=1)[:, None]
    first = xp.argmax(xp.astype(near, xp.int64), axis=1)[:, None]  # (m, 1)
    places = xp.arange(V.shape[1], device=device(V))
    entry = xp.sum(xp.where(places == first, V, xp.zeros_like(V)), axis=1)
    return V * xp.sign(entry)[:, None]


def _above(squares: Array, level: Array) -> Array:
    """Return the squares (m,), and 0 in place of those that are not above the level."""
    return array_namespace(squares).where(
        squares > level, squares, array_namespace(squares).zeros_like(squares)
    )


def _reaching(share: float, squares: Array, total: float) -> int:
    """Return how many of the squares it takes until their sum exceeds a share of the total."""
    xp = array_namespace(squares)
    below = xp.count_nonzero(xp.cumulative_sum(squares) <= share * total)
    return max(1, min(int(below) + 1, int(xp.count_nonzero(squares))))


def _rest(found: Axes, squares: Array, m: int, rank: int) -> float:
    """Return the sum of the squares beside the first m, and 0 if that is no more than rounding."""
    xp = array_namespace(squares)
    if squares.shape[0] == rank:
        return float(xp.sum(squares[m:]))
    rest = found.total - float(xp.sum(squares[:m]))
    return rest if rest > found.rounding * found.total else 0.0
