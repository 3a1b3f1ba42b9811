"""k-means: k centres, and every sample in the cluster of its nearest one.

Symbols
    X    (n, d)  samples; centred inside `fit`, which moves no cluster and saves digits
    C    (k, d)  centres, one a row (`cluster_centers_`)
    a    (n,)    the cluster of each sample, 0 to k−1 (`labels_`)
    J(a, C)      inertia Σᵢ‖xᵢ − c_{a(i)}‖², the sum that k-means makes small

J has two arguments and Lloyd's algorithm minimises it over one of them at a time: `assign` finds
the best a for given centres, `update` the best C for given labels. So J never rises.

‖x − c‖² = ‖x‖² − 2(xᵀc − ½‖c‖²), and ‖x‖² is the same for all centres: the nearest centre is the
one of greatest score xᵀc − ½‖c‖². With x̃ = [x, 1] and c̃ = [c, −½‖c‖²] the score is c̃ᵀx̃, so one
matrix product gives all of them. That is the fast way, inside `fit`.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning

from course_lib.checks import check_whole
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
    one_blas_thread,
    take_rows,
    to_numpy,
    unit_of,
)

Map = Callable[..., Iterator[Any]]

BLOCK = 8192
"""Samples of a block: its scores for some tens of centres stay in the processor's cache."""


def assign(X: Array, C: Array) -> Array:
    """Return the index of the nearest of the centres C (k, d) for each row of X (n, d): (n,) ints.

    Of centres equally near, the first one. As in the other functions here, whole numbers are taken
    as float64. Cost O(nkd).

    >>> assign(np.array([[0.0], [1.0], [9.0]]), np.array([[0.0], [8.0]]))
    array([0, 0, 1])
    """
    X, C = as_floats(X, C)
    xp = array_namespace(X)
    X, C = X - C[:1, :], C - C[:1, :]  # the same distances, and fewer digits lost
    unit = unit_of(C)  # 1, but for numbers too large or too small to square
    X, C = X / unit, C / unit
    scores = X @ C.T - xp.sum(C * C, axis=1) / 2  # (n, k)
    return xp.argmax(scores, axis=1)


def update(X: Array, a: Array, C: Array) -> Array:
    """Return the means (k, d) of the clusters a (n,) of X (n, d); an empty one keeps its row of C.

    >>> update(np.array([[0.0], [1.0], [9.0]]), np.array([0, 0, 1]), np.array([[0.0], [8.0]]))
    array([[0.5],
           [9. ]])
    """
    X, C = as_floats(X, C)
    xp = array_namespace(X)
    member = a == xp.arange(C.shape[0], device=device(X))[:, None]  # (k, n)
    count = xp.astype(xp.count_nonzero(member, axis=1), X.dtype)[:, None]  # (k, 1)
    total = xp.astype(member, X.dtype) @ X  # (k, d)
    return xp.where(count > 0, total / xp.where(count > 0, count, xp.ones_like(count)), C)


def inertia(X: Array, a: Array, C: Array) -> float:
    """Return J = Σᵢ‖xᵢ − c_{a(i)}‖² of X (n, d), labels a (n,) and centres C (k, d).

    >>> inertia(np.array([[0.0], [1.0], [9.0]]), np.array([0, 0, 1]), np.array([[0.5], [9.0]]))
    0.5
    """
    X, C = as_floats(X, C)
    xp = array_namespace(X)
    a, total = xp.astype(a, xp.int64, copy=False), 0.0
    for rows in blocks(X.shape[0], BLOCK):
        r = X[rows, :] - xp.take(C, a[rows], axis=0)
        unit = unit_of(r)  # 1, but for numbers too large or too small to square
        r = r / unit
        total += float(xp.sum(r * r)) * unit * unit
    return total


def half_steps(X: Array, C: Array, number: int) -> list[tuple[Array | None, Array, Array]]:
    """Walk through Lloyd's algorithm: `assign`, `update`, `assign` … from the centres C (k, d).

    Returns `number` + 1 tuples: the labels (n,) after that many half-steps, None at the start, and
    the centres before and after the last of them.

    >>> X, C = np.array([[0.0], [1.0], [9.0]]), np.array([[0.0], [8.0]])
    >>> [(a.tolist(), after[:, 0].tolist()) for a, before, after in half_steps(X, C, 2)[1:]]
    [([0, 0, 1], [0.0, 8.0]), ([0, 0, 1], [0.5, 9.0])]
    """
    X, C = as_floats(X, C)
    states = [(None, C, C)]
    for t in range(number):
        a, _, C = states[-1]
        states.append((assign(X, C), C, C) if t % 2 == 0 else (a, C, update(X, a, C)))
    return states


def kmeans_plus_plus(
    X: Array,
    k: int,
    *,
    trials: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Array:
    """Choose k samples far apart, as centres to start from.

    The first is drawn at random; each further one with a probability proportional to its squared
    distance to the nearest centre so far. Of several such draws the one that leaves the smallest
    inertia is taken.

    Parameters
    ----------
    X : array of shape (n, d)
    k : int, at most n
    trials : int or None
        Draws for each centre; None takes 2 + ⌊ln k⌋. With 1, the expected inertia is at most
        8(ln k + 2) times the best possible.
    random_state : int, RandomState or None

    Returns
    -------
    array of shape (k, d)

    Notes
    -----
    Cost O(nkd · trials). Arthur and Vassilvitskii (2007), *k-means++: The advantages of careful
    seeding*, SODA; taking the best of several draws is their remark, too.

    Examples
    --------
    >>> X = np.array([[0.0], [0.0], [7.0], [7.0]])
    >>> sorted(kmeans_plus_plus(X, 2, random_state=0)[:, 0].tolist())
    [0.0, 7.0]
    """
    (X,) = as_floats(X)
    xp, rng, n = array_namespace(X), check_random_state(random_state), X.shape[0]
    check_whole("k", k, 1, n)
    trials = check_whole("trials", 2 + int(math.log(k)) if trials is None else trials)
    Z = X - xp.astype(mean_row(X), X.dtype)
    Z = Z / unit_of(Z)
    square = xp.sum(Z * Z, axis=1)  # (n,)
    chosen = [int(rng.randint(n))]
    near = _square_distances(Z, square, np.asarray(chosen))[0, :]  # (n,) to the nearest centre
    for _ in range(1, k):
        candidates = _draw(near, trials, rng)  # (trials,)
        nearer = xp.minimum(_square_distances(Z, square, candidates), near)  # (trials, n)
        best = int(xp.argmin(xp.sum(nearer, axis=1)))
        chosen.append(int(candidates[best]))
        near = nearer[best, :]
    return take_rows(X, np.asarray(chosen))


def _square_distances(Z: Array, square: Array, rows: np.ndarray) -> Array:
    """Squared distances (m, n) from m of the rows of Z (n, d) to all; square holds ‖zᵢ‖²."""
    xp = array_namespace(Z)
    D = square + take_rows(square, rows)[:, None] - 2 * take_rows(Z, rows) @ Z.T
    return xp.where(D > 0, D, xp.zeros_like(D))  # rounding may leave it just below zero


def _draw(weights: Array, m: int, rng: np.random.RandomState) -> np.ndarray:
    """Draw m indices with probabilities proportional to weights (n,); any, if all are zero."""
    xp, n = array_namespace(weights), weights.shape[0]
    cumulated = xp.cumulative_sum(weights)
    aim = rng.uniform(size=m)
    if not float(cumulated[-1]) > 0:
        return (aim * n).astype(int)
    aim = xp.asarray(aim, dtype=weights.dtype, device=device(weights)) * cumulated[-1]
    return np.minimum(to_numpy(xp.searchsorted(cumulated, aim, side="right")), n - 1)


class Run(NamedTuple):
    """One run of Lloyd's algorithm."""

    C: Array
    """Centres (k, d)."""
    inertias: list[float]
    """J after each assignment: at the first centres, and after every update."""


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """k-means clustering by Lloyd's algorithm.

    Parameters
    ----------
    n_clusters : int, default=8
        Number k of clusters, at most n.
    init : {"k-means++", "random"} or array of shape (k, d), default="k-means++"
        Where the centres start: samples drawn far apart (see `kmeans_plus_plus`), k different
        samples drawn at random, or the given points.
    n_init : "auto" or int, default="auto"
        Number of runs from different starts; the one of smallest inertia is kept. "auto" is 10 for
        "random" and 1 otherwise. A given array is one start, so it is run once.
    max_iter : int, default=300
        Most updates of the centres in a run.
    tol : float, default=1e-4
        A run stops when an update moves the centres by a total squared distance of at most `tol`
        times the mean variance of the features. At 0 it stops when no sample changes its cluster.
    random_state : int, RandomState or None, default=None
        Seed of the starts.

    Attributes
    ----------
    cluster_centers_ : array of shape (k, d)
        Centres C, of the same kind, device and precision as X.
    labels_ : array of shape (n,), integers
        The nearest centre of each training sample.
    inertia_ : float
        J of these.
    inertia_path_ : array of shape (n_iter_ + 1,)
        J at the first centres and after every update; it never rises, but for rounding.
    n_iter_ : int
        Updates of the best run.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for more clusters than samples, for an `init` of the wrong shape.

    Warns
    -----
    ConvergenceWarning
        If X has fewer different samples than clusters, so that some clusters stay empty.

    Notes
    -----
    Cost O(nkd) an iteration, and n·k bytes beside a copy of X. A cluster that loses its last sample
    moves to the sample that is farthest from its own centre, so no centre is ever undefined.
    Lloyd (1982), *Least squares quantization in PCM*, IEEE Transactions on Information Theory 28.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [0.0, 2.0], [9.0, 0.0], [9.0, 2.0]])
    >>> model = KMeans(2, random_state=0).fit(X)
    >>> model.inertia_, sorted(model.cluster_centers_.tolist())
    (4.0, [[0.0, 1.0], [9.0, 1.0]])
    >>> model.transform([[9.0, 5.0]]).min()
    np.float64(4.0)
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions({"k-means++", "random"}), "array-like"],
        "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: str | Array = "k-means++",
        n_init: str | int = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: Array, y: None = None) -> "KMeans":
        """Find centres for the samples X (n, d); y is ignored. Return self."""
        X = fit_data(self, X, supervised=False)
        xp, n = array_namespace(X), X.shape[0]
        if n < self.n_clusters:
            raise ValueError(
                f"n_samples={n} should be >= n_clusters={self.n_clusters}: a cluster needs a "
                "sample. Ask for fewer clusters."
            )
        unit = unit_of(X)  # 1, but for numbers too large or too small to square
        Z = X / unit if unit != 1 else X
        with one_blas_thread() as threads, ThreadPoolExecutor(threads) as pool:
            each = map if threads == 1 or not isinstance(Z, np.ndarray) else pool.map
            runs = [self._lloyd(Z, C / unit, each) for C in self._starts(X)]
            best = min(runs, key=lambda run: run.inertias[-1])
            self.cluster_centers_ = best.C * unit
            self.labels_, self.inertia_ = self._clusters_of(X)
        path = [*(J * unit * unit for J in best.inertias[:-1]), self.inertia_]
        if not max(path) <= float(xp.finfo(X.dtype).max):
            raise ValueError("‖x‖² overflows: X holds numbers too large to square; scale them.")
        self.inertia_path_ = xp.asarray(path, dtype=X.dtype, device=device(X))
        self.n_iter_ = len(path) - 1
        self._warn_if_empty()
        return self

    def predict(self, X: Array) -> Array:
        """Return the nearest centre of each sample of X (m, d): (m,) integers."""
        return self._clusters_of(self._new(X, "predict"))[0]

    def transform(self, X: Array) -> Array:
        """Return the distances (m, k) of the samples X (m, d) to the centres, as new features."""
        X, C = self._new(X, "transform"), self.cluster_centers_
        xp, middle = array_namespace(X), array_namespace(X).mean(C, axis=0)
        X, C = X - middle, C - middle  # the same distances, and fewer digits lost
        unit = unit_of(X, C)
        X, C = X / unit, C / unit
        square = xp.sum(X * X, axis=1)[:, None] - 2 * X @ C.T + xp.sum(C * C, axis=1)
        return xp.sqrt(xp.where(square > 0, square, xp.zeros_like(square))) * unit

    def score(self, X: Array, y: None = None) -> float:
        """Return minus the inertia of the samples X (m, d) at their nearest centres."""
        return -self._clusters_of(self._new(X, "score"))[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.cluster_centers_.shape[0]

    def _new(self, X: Array, method: str) -> Array:
        return new_data(self, X, like="cluster_centers_", method=method)

    def _clusters_of(self, X: Array) -> tuple[Array, float]:
        """Return the cluster (m,) of each sample of X (m, d), and their inertia."""
        labels, total = [], 0.0
        for rows in blocks(X.shape[0], BLOCK):
            labels.append(assign(X[rows, :], self.cluster_centers_))
            total += inertia(X[rows, :], labels[-1], self.cluster_centers_)
        return array_namespace(X).concat(labels), total

    # --- starts ------------------------------------------------------------------------------

    def _starts(self, X: Array) -> list[Array]:
        """Return the centres (k, d) that each run starts from."""
        if not isinstance(self.init, str):
            return [self._given_start(X)]
        rng, k = check_random_state(self.random_state), self.n_clusters
        runs = self.n_init if self.n_init != "auto" else 10 if self.init == "random" else 1
        if self.init == "random":
            draws = (rng.permutation(X.shape[0])[:k] for _ in range(runs))
            return [take_rows(X, rows) for rows in draws]
        return [kmeans_plus_plus(X, k, random_state=rng) for _ in range(runs)]

    def _given_start(self, X: Array) -> Array:
        xp = array_namespace(X)
        C = xp.asarray(to_numpy(self.init), dtype=X.dtype, device=device(X))
        expected = (self.n_clusters, X.shape[1])
        if tuple(C.shape) != expected:
            raise ValueError(
                f"init must have the shape (n_clusters, n_features) = {expected}, got "
                f"{tuple(C.shape)}."
            )
        if not bool(xp.all(xp.isfinite(C))):
            raise ValueError("init contains NaN or infinity: every centre must be finite.")
        return C

    # --- one run -----------------------------------------------------------------------------

    def _lloyd(self, X: Array, C: Array, each: Map) -> Run:
        """Assign and update in turn, from the centres C, until the centres rest."""
        xp = array_namespace(X)
        mean = xp.astype(mean_row(X), X.dtype)
        C, clusters = C - mean, _Clusters(X, mean, C.shape[0], each)
        variance = clusters.square / (X.shape[0] * X.shape[1])
        inertias = [clusters.reassign(C)]
        for _ in range(self.max_iter):
            before, C = C, clusters.means(C)
            inertias.append(clusters.reassign(C))
            if float(xp.sum((C - before) ** 2)) <= self.tol * variance:
                break
        return Run(C + mean, inertias)

    def _warn_if_empty(self) -> None:
        found = int(array_namespace(self.labels_).unique_values(self.labels_).shape[0])
        if found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({found}) found smaller than n_clusters "
                f"({self.n_clusters}): X has too few different samples. Ask for fewer clusters.",
                ConvergenceWarning,
                stacklevel=3,  # the caller of fit
            )


class _Clusters:
    """The clusters of a run: who is in which, and the sum and number of each one's samples.

    A block of samples, [x, 1] a column, is (d+1, b); its membership is (k, b) and boolean. After
    the first few iterations few samples change their cluster, so the sums are not made anew: only
    those who move are taken from one and added to another. They are kept in double precision.
    `each` is `map`, or that of several threads: a block then goes to whichever is free.
    """

    def __init__(self, X: Array, mean: Array, k: int, each: Map):
        xp, (n, d), on = array_namespace(X), X.shape, {"device": device(X)}
        self.X, self.mean, self.each = X, mean, each
        self.blocks, self.members, self.square = [], [], 0.0
        for rows in blocks(n, BLOCK):
            z = (X[rows, :] - mean).T  # (d, b)
            block = xp.ones((d + 1, z.shape[1]), dtype=X.dtype, **on)
            block[:d, :] = z  # feature after feature in memory: the product is fastest so
            self.blocks.append(block)
            self.members.append(xp.zeros((k, z.shape[1]), dtype=xp.bool, **on))
            self.square += float(xp.sum(z * z))
        self.sums = xp.zeros((k, d + 1), dtype=xp.float64, **on)  # sums | numbers

    def reassign(self, C: Array) -> float:
        """Put every sample into the cluster of its nearest centre; return the inertia there."""
        xp = array_namespace(C)
        C1 = xp.concat([C, -xp.sum(C * C, axis=1)[:, None] / 2], axis=1)  # (k, d+1)
        best = 0.0
        found = self.each(partial(_reassigned, C1), self.blocks, self.members)
        self.members = []
        for new, change, highest in found:  # in the order of the blocks, whoever was first
            self.members.append(new)
            self.sums, best = self.sums + change, best + highest
        return max(self.square - 2 * best, 0.0)

    def means(self, C: Array) -> Array:
        """Return the means of the clusters (k, d); empty ones get samples that are far off."""
        xp, number = array_namespace(C), self.sums[:, -1:]
        filled = number > 0
        mean = self.sums[:, :-1] / xp.where(filled, number, xp.ones_like(number))
        mean = xp.where(filled, xp.astype(mean, C.dtype), C)
        empty = np.flatnonzero(~to_numpy(filled)[:, 0])
        return self._relocated(mean, empty, C) if empty.size else mean

    def _relocated(self, mean: Array, empty: np.ndarray, C: Array) -> Array:
        """Move the centres of empty clusters to the samples farthest from their own centre in C."""
        xp = array_namespace(C)
        away = np.concat([to_numpy(_squares(block[:-1, :].T, C)) for block in self.blocks])  # (n,)
        far = np.argsort(away)[: -empty.size - 1 : -1]  # the farthest first
        far = far[away[far] > xp.finfo(C.dtype).eps * self.square / away.size]  # else it is there
        rows = np.arange(C.shape[0])
        rows[empty[: far.size]] = C.shape[0] + np.arange(far.size)
        return take_rows(xp.concat([mean, take_rows(self.X, far) - self.mean], axis=0), rows)


def _reassigned(C1: Array, block: Array, old: Array) -> tuple[Array, Array, float]:
    """Return a block's new membership (k, b), what it adds to the sums, and the sum of scores."""
    xp = array_namespace(C1)
    S = C1 @ block  # (k, b) scores
    highest = xp.max(S, axis=0)  # (b,)
    new = _one_each(S, highest)
    moved = xp.nonzero(xp.any(new != old, axis=0))[0]
    gain, loss = (xp.astype(xp.take(m, moved, axis=1), C1.dtype) for m in (new, old))
    change = (gain - loss) @ xp.take(block, moved, axis=1).T  # (k, d+1)
    return new, xp.astype(change, xp.float64), float(xp.sum(highest))


def _one_each(S: Array, highest: Array) -> Array:
    """Whose score in S (k, b) is the highest (b,), as a (k, b) boolean with one True a column."""
    xp = array_namespace(S)
    member = highest == S
    if int(xp.count_nonzero(member)) > S.shape[1]:  # a tie: the first wins, as in `assign`
        member = xp.argmax(S, axis=0) == xp.arange(S.shape[0], device=device(S))[:, None]
    return member


def _squares(Z: Array, C: Array) -> Array:
    """Squared distances (b,) of the samples Z (b, d) from the nearest centre in C (k, d)."""
    xp = array_namespace(Z)
    r = Z - xp.take(C, assign(Z, C), axis=0)
    return xp.sum(r * r, axis=1)
