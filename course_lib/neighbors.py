"""k nearest neighbours: a prediction is what the k most similar training samples say.

Symbols
    A    (n, d)  training inputs, one sample a row, kept as they are (`X_`)
    Q    (m, d)  inputs to predict for, the queries
    k            neighbours that have a say (`n_neighbors`)
    D    (m, k)  distances of the neighbours, nearest first
    rows (m, k)  where they stand in A
    V    (m, k)  weights of their votes
    S    (m, n)  scores: stand-ins for the distances, in the same order up to rounding

Two metrics: l1(q, a) = Σⱼ|qⱼ − aⱼ| and l2(q, a) = (Σⱼ(qⱼ − aⱼ)²)^½.

All distances together are mnd operations, and in many dimensions there is no way around them. But
‖q − a‖² = ‖q‖² − 2qᵀa + ‖a‖² turns them into a product of matrices, which a machine does best, and
in single precision, for its rounding is repaired afterwards: the product picks k candidates and a
few more, their exact distances rank them, and a bound on the rounding tells which other rows may be
as near. Mostly there are none; where there are some (ties, often), their distances are computed
too. So the neighbours are always those of the exact distances, and equal ones stand in row order.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from course_lib.checks import check_whole
from course_lib.estimator import (
    Array,
    ArrayClassifier,
    ArrayRegressor,
    BaseEstimator,
    Integral,
    Interval,
    StrOptions,
    array_namespace,
    as_floats,
    blocks,
    device,
    fit_data,
    fit_labels,
    labels_of,
    mean_row,
    new_data,
    to_numpy,
    unit_of,
)

_MORE = 4  # candidates above k: so many that a certificate seldom fails, so few that they are cheap
_CACHED, _RESIDENT = 2**20, 2**27  # numbers held at once: in a CPU's cache, in a GPU's memory


def distances(Q: Array, A: Array, metric: str = "l2") -> Array:
    """Distances of every row of Q (m, d) from every row of A (n, d), by their differences; (m, n).

    This is the definition, and it takes memory for mnd numbers. The estimators work in blocks.
    Whole numbers are taken as float64; a ValueError says which shapes or which metric do not fit.

    >>> distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [1.0, 0.0]]))
    array([[5., 1.]])
    >>> distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [1.0, 0.0]]), metric="l1")
    array([[7., 1.]])
    """
    if metric not in ("l1", "l2"):
        raise ValueError(f"metric must be 'l1' or 'l2', got {metric!r}.")
    Q, A = _two_tables(Q, A)
    return _lengths(Q[:, None, :] - A[None, :, :], metric)


def distances_by_product(Q: Array, A: Array) -> Array:
    """Euclidean distances of each row of Q (m, d) from each row of A (n, d) by a matrix product.

    ‖q − a‖² = ‖q‖² − 2qᵀa + ‖a‖². It is the fast way and the rough one: the terms cancel, so that
    what is near keeps few digits; squares that rounding makes negative count as zero. Input and
    errors as in `distances`.

    >>> distances_by_product(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [1.0, 0.0]]))
    array([[5., 1.]])
    """
    Q, A = _two_tables(Q, A)
    xp = array_namespace(Q, A)
    unit = unit_of(Q, A)  # 1, but for numbers too large or too small to square
    Q, A = Q / unit, A / unit
    q2, a2 = xp.sum(Q * Q, axis=1), xp.sum(A * A, axis=1)  # (m,), (n,)
    squares = q2[:, None] - 2 * (Q @ A.T) + a2[None, :]  # (m, n)
    return xp.sqrt(xp.where(squares > 0, squares, xp.zeros_like(squares))) * unit


def vote_weights(D: Array, weights: str = "uniform") -> Array:
    """Weights of the votes of neighbours at the distances D (m, k), nearest first; (m, k).

    Under "distance" they fall as 1/D, and those at distance zero outvote all others. A row is
    scaled so that its nearest neighbour has weight 1, which changes no vote and cannot overflow.

    >>> vote_weights(np.array([[1.0, 2.0], [0.0, 3.0]]), "distance")
    array([[1. , 0.5],
           [1. , 0. ]])
    """
    (D,) = as_floats(D)
    xp = array_namespace(D)
    if weights == "uniform":
        return xp.ones_like(D)
    if weights != "distance":
        raise ValueError(f"weights must be 'uniform' or 'distance', got {weights!r}.")
    return xp.where(D > 0, D[:, :1] / xp.where(D > 0, D, xp.ones_like(D)), xp.ones_like(D))


def count_votes(codes: Array, V: Array, n_classes: int) -> Array:
    """Sum the votes of weights V (m, k) for each of K classes, of codes (m, k); (m, K).

    >>> count_votes(np.array([[0, 2, 2]]), np.array([[1.0, 0.5, 0.25]]), 3)
    array([[1.  , 0.  , 0.75]])
    """
    (V,) = as_floats(V)
    xp = array_namespace(V)
    none = xp.zeros_like(V)
    votes = [xp.sum(xp.where(codes == c, V, none), axis=1) for c in range(n_classes)]
    return xp.stack(votes, axis=1)


def smallest(S: Array, r: int) -> Array:
    """Columns of the r smallest scores in each row of S (m, n), in no order; (m, r).

    >>> np.sort(smallest(np.array([[5.0, 1.0, 4.0, 2.0]]), 2))
    array([[1, 3]])
    """
    xp = array_namespace(S)
    if isinstance(S, np.ndarray):
        return _smallest_by_combs(S, r)
    if hasattr(xp, "topk"):  # torch
        return xp.topk(S, r, dim=1, largest=False, sorted=False).indices
    return xp.argsort(S, axis=1)[:, :r]  # the standard has no selection


def _smallest_by_combs(S: np.ndarray, r: int) -> np.ndarray:
    """Select in two stages: the r smallest lie in the r combs whose own smallest are smallest.

    (Otherwise some comb left out would hold one of them, and each of the r combs a smaller one.)
    A comb is every w-th column: the minima of all w combs are w running minima, side by side.
    """
    m, n = S.shape
    teeth = max(1, int((n / (2 * r)) ** 0.5))  # so both stages have about as much to do
    w = n // teeth
    minima = S[:, : teeth * w].reshape(m, teeth, w).min(axis=1)  # (m, w)
    combs = np.argpartition(minima, r - 1, axis=1)[:, :r]
    inside = (combs[:, None, :] + w * np.arange(teeth)[:, None]).reshape(m, -1)
    rest = np.broadcast_to(np.arange(teeth * w, n), (m, n - teeth * w))
    columns = np.concatenate([inside, rest], axis=1)  # (m, < teeth (r + 1))
    best = np.argpartition(np.take_along_axis(S, columns, axis=1), r - 1, axis=1)[:, :r]
    return np.take_along_axis(columns, best, axis=1)


class _Neighbors(BaseEstimator):
    """The parameters and the search, which the classifier and the regressor share."""

    _parameter_constraints: ClassVar[dict] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions({"l1", "l2"})],
        "weights": [StrOptions({"uniform", "distance"})],
    }

    def __init__(self, n_neighbors: int = 5, *, metric: str = "l2", weights: str = "uniform"):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.weights = weights

    def kneighbors(self, X: Array, n_neighbors: int | None = None) -> tuple[Array, Array]:
        """Find the training samples nearest to the queries X (m, d).

        Parameters
        ----------
        X : array of shape (m, d)
        n_neighbors : int, optional
            k, from 1 to n; by default the estimator's.

        Returns
        -------
        D : array of shape (m, k)
            Distances, nearest first.
        rows : array of shape (m, k), int64
            Rows of the neighbours in the training set; of equal distances the first row first.

        Raises
        ------
        ValueError
            As `predict`, and for a k that is no integer from 1 to n.
        """
        X = new_data(self, X, like="X_", method="kneighbors")
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        self._require_rows(check_whole("n_neighbors", k), self.X_)
        return self._search(X, int(k))

    def _remember(self, X: Array) -> None:
        """Keep the training inputs, which is all there is to learn, and prepare their scores."""
        self._require_rows(self.n_neighbors, X)
        self.X_ = X
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows gets no certificate
            self._screen = _screen_of(X) if self.metric == "l2" else None

    def _require_rows(self, k: int, X: Array) -> None:
        if k > X.shape[0]:
            raise ValueError(
                f"n_neighbors={k} neighbours cannot be found among n_samples={X.shape[0]} training "
                "samples. Lower n_neighbors, or fit on more samples."
            )

    def _neighbors(self, X: Array, method: str) -> tuple[Array, Array]:
        """Return the vote weights (m, k) and the rows (m, k) of the neighbours of X (m, d)."""
        X = new_data(self, X, like="X_", method=method)
        D, rows = self._search(X, self.n_neighbors)
        return vote_weights(D, self.weights), rows

    def _search(self, Q: Array, k: int) -> tuple[Array, Array]:
        """Search for a block of queries at a time, as many as the memory close by holds."""
        xp = array_namespace(Q)
        n, d = self.X_.shape
        queries = blocks(Q.shape[0], _numbers_at_once(Q) // max(n, (k + _MORE) * d))
        with np.errstate(over="ignore", invalid="ignore"):  # overflow is refused below
            found = [self._search_block(Q[block, :], k) for block in queries]
        D, rows = (xp.concat(parts, axis=0) for parts in zip(*found, strict=True))
        if not bool(xp.all(xp.isfinite(D))):
            raise ValueError(
                f"A distance overflows {Q.dtype}: X holds values too large to square and add. "
                "Scale its columns, for example with StandardScaler."
            )
        return D, rows

    def _search_block(self, Q: Array, k: int) -> tuple[Array, Array]:
        """Rank by scores, rank k candidates and a few more exactly, search again where in doubt."""
        xp = array_namespace(Q)
        n = self.X_.shape[0]
        r = min(k + _MORE, n)
        if r == n:  # no need to look for candidates
            every = xp.arange(n, device=device(Q))
            rows = xp.broadcast_to(every[None, :], (Q.shape[0], n))
        else:
            S, score_of, slack = self._scores(Q)
            rows = xp.sort(smallest(S, r), axis=1)  # in row order, which the stable sort keeps
        D = self._distances_to(Q, rows)  # (m, r)
        order = xp.argsort(D, axis=1, stable=True)[:, :k]
        nearest, nearest_rows = (xp.take_along_axis(a, order, axis=1) for a in (D, rows))
        if r < n:
            outside = xp.max(xp.take_along_axis(S, rows, axis=1), axis=1)  # no other scores less
            bound = score_of(nearest[:, k - 1]) + slack  # what scores more is farther than the last
            for i in np.flatnonzero(~to_numpy(bound < outside)).tolist():
                within = xp.nonzero(~(S[i, :] > bound[i]))[0]  # all rows, if a score overflowed
                found = self._search_within(Q[i : i + 1, :], within, k)
                nearest[i, ...], nearest_rows[i, ...] = found
        return nearest, nearest_rows

    def _scores(self, Q: Array) -> tuple[Array, Any, Array]:
        """Return S (m, n), the score that a distance (m,) would have, and their rounding (m,)."""
        xp = array_namespace(Q)
        d = Q.shape[1]
        if self.metric == "l1":
            S = _manhattan(Q, self.X_)
            return S, lambda D: D, (d + 8) * xp.finfo(Q.dtype).eps * xp.max(S, axis=1)
        q = (Q - self._screen.center) / self._screen.scale
        q2 = xp.sum(q * q, axis=1)
        one = xp.ones_like(q[:, :1])
        S = xp.astype(xp.concat([q, one], axis=1), xp.float32) @ self._screen.table
        # A sum of d + 1 products is off by d + 1 half eps of the sum of their sizes, at most
        # 2‖q‖‖a‖ + ‖a‖² with ‖a‖ ≤ 1; 16 stands for rounding q and a. The exact distances are
        # rounded too, in their own precision, and so are the others' that they are compared with.
        size = xp.sqrt(q2)
        rounding = _product_eps(xp) / 2 * (2 * size + 1) + xp.finfo(Q.dtype).eps * (size + 1) ** 2
        slack = (d + 16) * rounding
        return S, lambda D: (D / self._screen.scale) ** 2 - q2, slack

    def _distances_to(self, Q: Array, rows: Array) -> Array:
        """Exact distances of each query from its own candidates; (m, r)."""
        xp = array_namespace(Q)
        (m, r), d = rows.shape, Q.shape[1]
        candidates = xp.reshape(xp.take(self.X_, xp.reshape(rows, (-1,)), axis=0), (m, r, d))
        return _lengths(candidates - Q[:, None, :], self.metric)

    def _search_within(self, q: Array, rows: Array, k: int) -> tuple[Array, Array]:
        """Rank the given rows (c,) of A, c ≥ k in order, by their distances from a query (1, d)."""
        xp = array_namespace(q)
        parts = [
            self._distances_to(q, rows[block][None, :])[0, :]
            for block in blocks(rows.shape[0], _numbers_at_once(q) // q.shape[1])
        ]
        D = xp.concat(parts)  # (c,)
        nearest = xp.argsort(D, stable=True)[:k]
        return xp.take(D, nearest), xp.take(rows, nearest)


class KNeighborsClassifier(ArrayClassifier, _Neighbors):
    """Classification by the majority of the k nearest training samples.

    Parameters
    ----------
    n_neighbors : int, default=5
        k, at most the number of training samples.
    metric : {"l2", "l1"}, default="l2"
        Euclidean distance, or the sum of absolute differences.
    weights : {"uniform", "distance"}, default="uniform"
        One vote each, or votes in proportion to 1/distance, where neighbours at distance zero
        outvote all others.

    Attributes
    ----------
    classes_ : array of shape (K,)
        Labels in order.
    X_ : array of shape (n, d)
        Training inputs.
    codes_ : array of shape (n,), int64
        Their labels, as positions in `classes_`.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for fewer samples than neighbours, and if a distance overflows.

    Notes
    -----
    Neighbours are exact; of samples at the same distance the one that stands first in the training
    set is taken, and of classes with equal votes the first in `classes_`, as in scikit-learn.

    Cost: fitting stores nd numbers (and half as many again, in single precision, for "l2"), and
    predicting takes 2nd operations a query. Cover and Hart (1967), *Nearest neighbor pattern
    classification*, IEEE Transactions on Information Theory 13.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [5.0]]), np.array(["low", "low", "high"])
    >>> KNeighborsClassifier(n_neighbors=1).fit(X, y).predict([[2.0], [4.0]]).tolist()
    ['low', 'high']
    >>> KNeighborsClassifier(n_neighbors=3).fit(X, y).predict_proba([[4.0]]).round(3)
    array([[0.333, 0.667]])
    """

    def fit(self, X: Array, y: Array) -> "KNeighborsClassifier":
        """Remember inputs X (n, d) and their labels y (n,); return self."""
        X, self.codes_ = fit_labels(self, X, y, least_classes=1)
        self._remember(X)
        return self

    def predict(self, X: Array) -> Array:
        """Predict the label that most neighbours of each row of X (m, d) have; (m,)."""
        votes = self._votes(X, "predict")
        return labels_of(self, array_namespace(votes).argmax(votes, axis=1))

    def predict_proba(self, X: Array) -> Array:
        """Share of the votes that each class gets for each row of X (m, d); (m, K)."""
        votes = self._votes(X, "predict_proba")
        return votes / array_namespace(votes).sum(votes, axis=1)[:, None]

    def _votes(self, X: Array, method: str) -> Array:
        V, rows = self._neighbors(X, method)
        return count_votes(_take(self.codes_, rows), V, self.classes_.shape[0])  # (m, K)


class KNeighborsRegressor(ArrayRegressor, _Neighbors):
    """Regression by the mean target of the k nearest training samples.

    Parameters and errors as in `KNeighborsClassifier`; with weights="distance" it is the mean
    weighted by 1/distance, which passes through every training sample.

    Attributes
    ----------
    X_, y_ : arrays of shapes (n, d) and (n,)
        Training inputs and targets.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [5.0]]), np.array([1.0, 3.0, 9.0])
    >>> KNeighborsRegressor(n_neighbors=2).fit(X, y).predict([[0.2]])
    array([2.])
    >>> KNeighborsRegressor(n_neighbors=2, weights="distance").fit(X, y).predict([[0.25], [1.0]])
    array([1.5, 3. ])
    """

    def fit(self, X: Array, y: Array) -> "KNeighborsRegressor":
        """Remember inputs X (n, d) and their targets y (n,); return self."""
        X, self.y_ = fit_data(self, X, y)
        self._remember(X)
        return self

    def predict(self, X: Array) -> Array:
        """Predict the (weighted) mean target of the neighbours of each row of X (m, d); (m,)."""
        V, rows = self._neighbors(X, "predict")
        xp = array_namespace(V)
        return xp.sum(V * _take(self.y_, rows), axis=1) / xp.sum(V, axis=1)


# --- under the search -------------------------------------------------------------------------


class _Screen(NamedTuple):
    """What the scores of metric "l2" need of A: the table S is the product of queries with.

    A is centred and scaled, its longest row to length 1: single precision then neither overflows
    nor spends its digits on what all rows share.
    """

    center: Array  # (d,)
    scale: Array  # scalar
    table: Array  # (d + 1, n), float32: −2aᵀ above ‖a‖², a column for each row of A


def _screen_of(A: Array) -> _Screen:
    xp, (n, d) = array_namespace(A), A.shape
    center, parts = xp.astype(mean_row(A), A.dtype), blocks(n, _numbers_at_once(A) // d)
    longest = _or_one(xp.max(xp.stack([_longest(A[rows, :] - center) for rows in parts])))
    table = xp.empty((d + 1, n), dtype=xp.float32, device=device(A))
    for rows in parts:
        B = ((A[rows, :] - center) / longest).T  # (d, b), of length 1 at most
        table[:d, rows] = xp.astype(-2 * B, xp.float32)
        table[d, rows] = xp.astype(xp.sum(B * B, axis=0), xp.float32)
    return _Screen(center, longest, table)


def _longest(A: Array) -> Array:
    """Length of the longest row of A (n, d), whose squares may overflow."""
    xp = array_namespace(A)
    largest = _or_one(xp.max(xp.abs(A)))
    return largest * xp.sqrt(xp.max(xp.sum((A / largest) ** 2, axis=1)))


def _or_one(size: Array) -> Array:
    """A size to divide by: 1 in place of 0."""
    xp = array_namespace(size)
    return xp.where(size > 0, size, xp.ones_like(size))


def _product_eps(xp: Any) -> float:
    """Relative spacing of the numbers in a float32 product; torch may have been told to round."""
    eps = float(xp.finfo(xp.float32).eps)
    try:
        precision = getattr(xp, "get_float32_matmul_precision", lambda: "highest")()
    except RuntimeError:  # set for one backend alone, which this question cannot answer
        precision = "medium"
    return {"highest": eps, "high": 2.0**-10, "medium": 2.0**-7}[precision]


def _two_tables(Q: Array, A: Array) -> tuple[Array, Array]:
    """Return Q (m, d) and A (n, d) as floats, so that differences of bytes do not wrap around."""
    if Q.ndim != 2 or A.ndim != 2 or Q.shape[1] != A.shape[1]:
        raise ValueError(
            "Q and A must have the shapes (m, d) and (n, d), got "
            f"{tuple(Q.shape)} and {tuple(A.shape)}. One point is a row: q[None, :]."
        )
    return as_floats(Q, A)


def _lengths(differences: Array, metric: str) -> Array:
    """Lengths of the vectors along the last axis: (…, d) → (…)."""
    xp = array_namespace(differences)
    if metric == "l1":
        return xp.sum(xp.abs(differences), axis=-1)
    squares, info = xp.sum(differences * differences, axis=-1), xp.finfo(differences.dtype)
    down = float(info.smallest_normal) / float(info.eps)  # a power of two
    few_digits = squares < down  # so do the squares that underflow leave it
    if bool(xp.any(few_digits)):
        few_digits = few_digits & xp.any(differences != 0, axis=-1)
    if not bool(xp.any(few_digits)):
        return xp.sqrt(squares)
    up = xp.where(few_digits[..., None], differences, xp.zeros_like(differences)) / down
    return xp.where(few_digits, xp.sqrt(xp.sum(up * up, axis=-1)) * down, xp.sqrt(squares))


def _manhattan(Q: Array, A: Array) -> Array:
    """L1 distances (m, n), which no matrix product gives, by what each library has for them."""
    xp = array_namespace(Q)
    if isinstance(Q, np.ndarray):
        return cdist(Q, A, "cityblock")
    if hasattr(xp, "cdist"):  # torch
        return xp.cdist(Q, A, p=1.0)
    return distances(Q, A, "l1")


def _take(a: Array, rows: Array) -> Array:
    """Gather a[rows] for a (n,) and rows (m, k); (m, k)."""
    xp = array_namespace(a)
    return xp.reshape(xp.take(a, xp.reshape(rows, (-1,)), axis=0), rows.shape)


def _numbers_at_once(a: Array) -> int:
    on_gpu = not isinstance(a, np.ndarray) and "cuda" in str(device(a))
    return _RESIDENT if on_gpu else _CACHED
