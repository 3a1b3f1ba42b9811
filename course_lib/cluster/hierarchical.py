"""Hierarchical clustering: merge the two nearest clusters, again and again, until one is left.

Symbols
    X   (n, d)     samples
    D   (m, m)     distances between the m clusters that are left
    Z   (n−1, 4)   the merges (`linkage`), laid out as in SciPy: row t joins the clusters Z[t, 0]
                   and Z[t, 1] at the height Z[t, 2] into cluster n + t, of Z[t, 3] samples; 0 to
                   n−1 are the samples themselves

What two clusters A and B are apart is a matter of choice:

    single     the smallest distance between a sample of A and one of B
    complete   the greatest such distance
    average    the mean of all of them
    centroid   the distance of the two means
    ward       √(2·(rise of the inertia when A and B become one))

When A and B merge, the distance of their union from any C follows from those of A, B and C alone,
so nobody looks at the samples again (Lance and Williams, 1967, The Computer Journal 9).
"""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from sklearn.base import ClusterMixin

from course_lib.checks import check_whole
from course_lib.estimator import (
    BaseEstimator,
    Integral,
    Interval,
    Real,
    StrOptions,
    blocks,
    fit_data,
    to_numpy,
)

METHODS = ("single", "complete", "average", "centroid", "ward")
METRICS = {
    "euclidean": "euclidean",
    "manhattan": "cityblock",
    "cosine": "cosine",
    "correlation": "correlation",
}

BLOCK = 64
"""Rows of distances at a time."""

Update = Callable[[np.ndarray, np.ndarray, float, float, float, np.ndarray], np.ndarray]


def linkage(X: ArrayLike, method: str = "ward", *, metric: str = "euclidean") -> np.ndarray:
    """Merge the samples X (n, d) step by step; return the merges Z (n−1, 4).

    Parameters
    ----------
    X : array of shape (n, d), n ≥ 2
    method : {"single", "complete", "average", "centroid", "ward"}
        How far two clusters are apart, see the top of this module.
    metric : {"euclidean", "manhattan", "cosine", "correlation"}
        How far two samples are apart: ‖x − z‖, Σ|xⱼ − zⱼ|, 1 − cos(x, z), or 1 − their correlation.
        "centroid" and "ward" speak of means, so they take "euclidean" only.

    Returns
    -------
    ndarray of shape (n−1, 4)
        As of `scipy.cluster.hierarchy.linkage`. The heights do not fall, except under "centroid",
        where they are in the order of the merges and a merge may be lower than one before.

    Raises
    ------
    ValueError
        For bad input; for a cosine with a zero row, or a correlation with a constant one.

    Notes
    -----
    Cost: O(n²d) for the distances, then O(n²) ("single" by Prim's algorithm; "complete", "average"
    and "ward" by chains of nearest neighbours) or O(n²) to O(n³) ("centroid"); memory 8n² bytes.
    Murtagh (1983), *A survey of recent advances in hierarchical clustering algorithms*, The
    Computer Journal 26; Müllner (2011), *Modern hierarchical, agglomerative clustering algorithms*.

    Examples
    --------
    >>> linkage([[0.0], [1.0], [5.0]], "single")
    array([[0., 1., 1., 2.],
           [2., 3., 4., 3.]])
    """
    D = _distances(X, method, metric)
    if method == "single":
        return _numbered(*_prim(D))
    if method == "centroid":
        pairs, heights = _cached_neighbors(np.square(D, out=D), _centroid)
        return _numbered(pairs, np.sqrt(heights), sort=False)
    if method == "ward":
        pairs, heights = _neighbor_chain(np.square(D, out=D), _ward)
        return _numbered(pairs, np.sqrt(heights))
    return _numbered(*_neighbor_chain(D, _complete if method == "complete" else _average))


def cut(Z: np.ndarray, *, n_clusters: int | None = None, height: float | None = None) -> np.ndarray:
    """Cut the tree of the merges Z (n−1, 4) into clusters; return the labels (n,).

    Parameters
    ----------
    Z : array of shape (n−1, 4)
        From `linkage`.
    n_clusters : int, 1 to n
        Undo the last merges until so many clusters are there.
    height : float
        Undo the merges above this height. Give either this or `n_clusters`.

    Returns
    -------
    ndarray of shape (n,), integers
        Labels 0, 1, … in the order in which the clusters first appear among the samples.

    Raises
    ------
    ValueError
        For both or neither; for `n_clusters` out of range; for a height where the merges are not
        in the order of their heights ("centroid"), for no height then separates them.

    Examples
    --------
    >>> Z = linkage([[0.0], [1.0], [5.0]], "single")
    >>> cut(Z, n_clusters=2), cut(Z, height=0.5)
    (array([0, 0, 1]), array([0, 1, 2]))
    """
    Z = np.asarray(Z, dtype=np.float64)
    n = len(Z) + 1
    if (n_clusters is None) == (height is None):
        raise ValueError("give either n_clusters= or height=, one of the two.")
    if height is not None:
        if np.isnan(height):
            raise ValueError("height must be a number, got NaN.")
        if np.any(np.diff(Z[:, 2]) < 0):
            raise ValueError(
                "height= needs merges of rising height, but this tree has inversions, as those of "
                "method='centroid' do: give n_clusters=."
            )
        merges = int(np.searchsorted(Z[:, 2], height, side="right"))
    else:
        merges = n - check_whole("n_clusters", n_clusters, 1, n)
    return _labels(Z[:merges, :2].astype(int), n)


def _labels(children: np.ndarray, n: int) -> np.ndarray:
    """Label the samples by the trees that the first merges (m, 2) make of them."""
    m = len(children)
    parents = np.repeat(np.arange(n, n + m), 2)
    edges = coo_array((np.ones(2 * m), (children.ravel(), parents)), shape=(n + m, n + m))
    tree = connected_components(edges, directed=False)[1][:n]
    _, first, label = np.unique(tree, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[label]


def chaining(Z: np.ndarray) -> float:
    """Return the share of the merges Z (n−1, 4) that add one sample to the largest cluster.

    >>> chaining(linkage([[0.0], [1.0], [2.1], [3.3]], "single"))  # all but the first
    0.6666666666666666
    """
    Z = np.asarray(Z, dtype=np.float64)
    size = np.append(np.ones(len(Z) + 1), Z[:, 3])
    largest = np.maximum.accumulate(np.append(1, Z[:-1, 3]))  # (n−1,) before each merge
    small, big = np.sort(size[Z[:, :2].astype(int)], axis=1).T
    return float(np.mean((small == 1) & (big == largest) & (largest > 1)))


class Dendrogram(NamedTuple):
    """Where a tree is drawn: cluster c, a sample or a merge, stands at (x[c], height[c])."""

    order: np.ndarray
    """The samples (n,) from left to right, at x = 0, 1, …, so that no two lines cross."""
    x: np.ndarray
    """Abscissae (2n−1,) of the samples and the merges; a merge is in the middle of its two."""
    height: np.ndarray
    """Heights (2n−1,): 0 for the samples, Z[:, 2] for the merges."""


def dendrogram(Z: np.ndarray) -> Dendrogram:
    """Lay out the tree of the merges Z (n−1, 4), the cluster with fewer samples to the left.

    >>> dendrogram(linkage([[0.0], [5.0], [1.0]], "single")).order
    array([1, 0, 2])
    """
    Z = np.asarray(Z, dtype=np.float64)
    n = len(Z) + 1
    children, size = Z[:, :2].astype(int), np.concatenate([np.ones(n), Z[:, 3]])
    first = np.zeros(2 * n - 1, dtype=int)  # where the samples of each cluster begin
    for t in range(n - 2, -1, -1):
        left, right = sorted(children[t], key=lambda c: size[c])
        first[left], first[right] = first[n + t], first[n + t] + int(size[left])
    x = first.astype(float)
    for t in range(n - 1):
        x[n + t] = x[children[t]].mean()
    return Dendrogram(np.argsort(first[:n]), x, np.concatenate([np.zeros(n), Z[:, 2]]))


class AgglomerativeClustering(ClusterMixin, BaseEstimator):
    """Clusters by merging the nearest two, bottom up.

    Parameters
    ----------
    n_clusters : int or None, default=2
        Number of clusters, at most n; None if `distance_threshold` decides.
    linkage : {"single", "complete", "average", "centroid", "ward"}, default="ward"
    metric : {"euclidean", "manhattan", "cosine", "correlation"}, default="euclidean"
        See `linkage` for both.
    distance_threshold : float or None, default=None
        Merge no clusters that are farther apart; not with linkage="centroid".

    Attributes
    ----------
    labels_ : ndarray of shape (n,), integers
    n_clusters_ : int
        How many different ones there are.
    linkage_matrix_ : ndarray of shape (n−1, 4)
        All merges, see `linkage`.
    n_leaves_ : int
        Number n of samples.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, fewer than 2 samples, more clusters than samples.

    Notes
    -----
    It has no `predict`: a tree says nothing of samples that it has not merged.

    Examples
    --------
    >>> AgglomerativeClustering(2).fit_predict([[0.0], [1.0], [5.0], [6.0]])
    array([0, 0, 1, 1])
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "linkage": [StrOptions(set(METHODS))],
        "metric": [StrOptions(set(METRICS))],
        "distance_threshold": [Interval(Real, 0, None, closed="left"), None],
    }

    def __init__(
        self,
        n_clusters: int | None = 2,
        *,
        linkage: str = "ward",
        metric: str = "euclidean",
        distance_threshold: float | None = None,
    ):
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.metric = metric
        self.distance_threshold = distance_threshold

    def fit(self, X: ArrayLike, y: None = None) -> "AgglomerativeClustering":
        """Merge the samples X (n, d) and cut the tree; y is ignored. Return self."""
        X = to_numpy(fit_data(self, X, supervised=False))
        if (self.n_clusters is None) == (self.distance_threshold is None):
            raise ValueError(
                "Exactly one of n_clusters and distance_threshold has to be set, and the other "
                f"needs to be None; got {self.n_clusters} and {self.distance_threshold}."
            )
        self.linkage_matrix_ = linkage(X, self.linkage, metric=self.metric)
        self.n_leaves_ = len(X)
        self.labels_ = cut(
            self.linkage_matrix_, n_clusters=self.n_clusters, height=self.distance_threshold
        )
        self.n_clusters_ = int(self.labels_.max()) + 1
        return self


# --- distances ------------------------------------------------------------------------------


def _distances(X: ArrayLike, method: str, metric: str) -> np.ndarray:
    """Check the arguments of `linkage` and return the distances of the samples (n, n)."""
    X = np.asarray(X, dtype=np.float64)
    for name, value, known in (("method", method, METHODS), ("metric", metric, METRICS)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}.")
    if method in ("centroid", "ward") and metric != "euclidean":
        raise ValueError(
            f"method={method!r} speaks of means, so it needs metric='euclidean', got {metric!r}; "
            "use method='average'."
        )
    if X.ndim != 2 or X.shape[0] < 2 or X.shape[1] < 1:
        raise ValueError(
            f"X must have at least 2 samples in rows and 1 feature, got the shape {X.shape}"
            f"{' with 1 sample' if X.ndim == 2 and X.shape[0] == 1 else ''}."
        )
    if not np.all(np.isfinite(X)):
        raise ValueError("X contains NaN or infinity: every value must be a finite number.")
    D = np.empty((len(X), len(X)))
    for b in blocks(len(X), BLOCK):  # pairs from the diagonal on; the rest is their mirror image
        D[b, b.start :] = cdist(X[b], X[b.start :], METRICS[metric])
        D[b.stop :, b] = D[b, b.stop :].T
        if not np.all(np.isfinite(D[b])):
            raise ValueError(
                f"the {metric} distance is not defined for all rows of X: no row may be zero for "
                "the cosine or constant for the correlation, nor too large to square."
            )
    np.fill_diagonal(D, np.inf)  # nobody is its own neighbour
    return D


# Lance and Williams: the distances (m,) of x ∪ y from all clusters, by those of x (Dx) and y (Dy),
# the distance dxy of the two, their sizes nx and ny, and the sizes n (m,) of all.


def _complete(Dx, Dy, dxy, nx, ny, n):
    return np.maximum(Dx, Dy)


def _average(Dx, Dy, dxy, nx, ny, n):
    return (nx / (nx + ny)) * Dx + (ny / (nx + ny)) * Dy


def _ward(Dx, Dy, dxy, nx, ny, n):  # squared distances
    return ((nx + n) * Dx + (ny + n) * Dy - dxy * n) / (nx + ny + n)


def _centroid(Dx, Dy, dxy, nx, ny, n):  # squared distances
    p, q = nx / (nx + ny), ny / (nx + ny)
    return p * Dx + q * Dy - p * q * dxy


# --- merging --------------------------------------------------------------------------------


def _prim(D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Single linkage by Prim's minimum spanning tree.

    The tree grows by the sample nearest to it. Two samples that follow one another belong together
    at height h exactly if the second was at most h away; so their order and these distances hold
    the whole hierarchy.
    """
    n = len(D)
    order, heights = np.zeros(n, dtype=int), np.empty(n - 1)
    reach, inside, outside = D[0].copy(), np.zeros(n), np.empty(n)
    inside[0] = np.inf
    for t in range(n - 1):
        np.add(reach, inside, out=outside)
        nearest = outside.argmin()
        order[t + 1], heights[t] = nearest, reach[nearest]
        inside[nearest] = np.inf
        np.minimum(reach, D[nearest], out=reach)
    return np.column_stack([order[:-1], order[1:]]), heights


class _Forest:
    """The clusters that are left while merging, and their distances.

    A cluster that is merged into another stays in the arrays, `gone` (infinitely far), until half
    of them are; then the arrays are made anew without them. `name` is one sample of each cluster.
    """

    def __init__(self, D: np.ndarray, update: Update):
        n = len(D)
        self.D, self.update = D, update
        self.size, self.gone, self.name = np.ones(n), np.zeros(n), np.arange(n)
        self.left, self.row = n, np.empty(n)

    def neighbors(self, x: int) -> np.ndarray:
        """Distances (m,) from x to the clusters that are left; overwritten by the next call."""
        return np.add(self.D[x], self.gone, out=self.row)

    def merge(self, x: int, y: int, dxy: float) -> np.ndarray:
        """Merge x into y; return the distances (m,) of the union, infinite from what is gone."""
        D, size = self.D, self.size
        row = self.update(D[x], D[y], dxy, size[x], size[y], size)
        size[y] += size[x]
        self.gone[x] = np.inf
        row += self.gone
        row[y] = np.inf
        D[y], D[:, y] = row, row
        self.left -= 1
        return row

    def compacted(self) -> np.ndarray | None:
        """Drop what is gone, if that is half; return the new place of each cluster, −1 if gone."""
        if 2 * self.left > len(self.D) or self.left < 2:
            return None
        keep = np.flatnonzero(self.gone == 0)
        place = np.full(len(self.D), -1)
        place[keep] = np.arange(len(keep))
        self.D = _submatrix_in_place(self.D, keep)
        self.size, self.name = self.size[keep], self.name[keep]
        self.gone, self.row = np.zeros(len(keep)), np.empty(len(keep))
        return place


def _submatrix_in_place(D: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Return D[keep][:, keep] in the memory of D, for an ascending `keep` of at most half."""
    m, flat = len(keep), D.reshape(-1)
    for k, i in enumerate(keep):  # i ≥ k, so a row ends before those begin that are still to come
        flat[k * m : (k + 1) * m] = D[i, keep]
    return flat[: m * m].reshape(m, m)


def _neighbor_chain(D: np.ndarray, update: Update) -> tuple[np.ndarray, np.ndarray]:
    """Merge mutual nearest neighbours, found by walking from neighbour to nearer neighbour.

    Such a pair may merge at once, though others are nearer: under "complete", "average" and "ward"
    no merge brings a third cluster nearer than both were, so the pair would merge in any case.
    """
    forest, chain = _Forest(D, update), []
    pairs, heights = np.empty((len(D) - 1, 2), dtype=int), np.empty(len(D) - 1)
    for t in range(len(heights)):
        x, y, distance = _mutual_neighbors(forest, chain)
        pairs[t], heights[t] = forest.name[[x, y]], distance
        forest.merge(x, y, distance)
        place = forest.compacted()
        if place is not None:
            chain = place[chain].tolist()
    return pairs, heights


def _mutual_neighbors(forest: _Forest, chain: list[int]) -> tuple[int, int, float]:
    """Lengthen the chain to a pair that are each other's nearest, and take that pair off it."""
    if not chain:
        chain.append(int(forest.gone.argmin()))
    while True:
        x = chain[-1]
        row = forest.neighbors(x)
        y = int(row.argmin())
        if len(chain) > 1 and row[chain[-2]] <= row[y]:
            chain.pop()
            y = chain.pop()
            return x, y, row[y]
        chain.append(y)


def _cached_neighbors(D: np.ndarray, update: Update) -> tuple[np.ndarray, np.ndarray]:
    """Merge the nearest pair of all, remembering for every cluster its nearest neighbour.

    A merge changes that of few clusters: of those whose neighbour was one of the pair (looked up
    anew), and of those that are nearer to the union than to their own.
    """
    forest = _Forest(D, update)
    pairs, heights = np.empty((len(D) - 1, 2), dtype=int), np.empty(len(D) - 1)
    near = D.argmin(axis=1)
    gap = D[np.arange(len(D)), near]
    for t in range(len(heights)):
        x = int(gap.argmin())
        y, heights[t] = int(near[x]), gap[x]
        pairs[t] = forest.name[[x, y]]
        row = forest.merge(x, y, heights[t])
        gap[x], near[x] = np.inf, -1
        lost = (near == x) | (near == y)
        lost[y] = True
        closer = np.flatnonzero(row < gap)
        gap[closer], near[closer], lost[closer] = row[closer], y, False
        for i in np.flatnonzero(lost):
            near[i] = forest.neighbors(i).argmin()
            gap[i] = forest.row[near[i]]
        place = forest.compacted()
        if place is not None:
            near, gap = place[near[place >= 0]], gap[place >= 0]
    return pairs, heights


def _numbered(pairs: np.ndarray, heights: np.ndarray, *, sort: bool = True) -> np.ndarray:
    """Make Z (n−1, 4) of merges given by one sample of each cluster."""
    n = len(heights) + 1
    if sort:
        order = np.argsort(heights, kind="stable")
        pairs, heights = pairs[order], heights[order]
    parent, size, rows = list(range(2 * n - 1)), [1] * (2 * n - 1), []
    for t, (x, y) in enumerate(pairs.tolist()):
        x, y = sorted((_root(parent, x), _root(parent, y)))
        parent[x] = parent[y] = n + t
        size[n + t] = size[x] + size[y]
        rows.append((x, y, size[n + t]))
    rows = np.array(rows)
    return np.column_stack([rows[:, :2], heights, rows[:, 2]])


def _root(parent: list[int], x: int) -> int:
    """Find the cluster that x is in now, shortening the way there for the next who ask."""
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x
