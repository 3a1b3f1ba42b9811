"""Density-based clustering: clusters are crowds, and what stands alone is noise.

Symbols
    X    (n, d)  samples
    ε            the radius: two samples at most ε apart are neighbours, each its own, too
    a    (n,)    the cluster of each sample, −1 for noise

A sample with at least `min_samples` neighbours is a core sample. Core samples that are neighbours
share a cluster. Another sample that is a neighbour of a core sample lies on the border of its
cluster; one that is not is noise. Ester, Kriegel, Sander and Xu (1996), KDD-96.
"""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from sklearn.base import ClusterMixin

from course_lib.estimator import BaseEstimator, Integral, Interval, Real, fit_data, to_numpy

NOISE = -1


class DBSCAN(ClusterMixin, BaseEstimator):
    """Clusters of samples that lie densely, of any shape; lonely samples are left out as noise.

    Parameters
    ----------
    eps : float, default=0.5
        The radius ε, in the units of the features, between 1e-150 and 1e150.
    min_samples : int, default=5
        Neighbours that make a core sample, itself among them.

    Attributes
    ----------
    labels_ : ndarray of shape (n,), integers
        Clusters 0, 1, … in the order of their first core samples; −1 for noise. A border sample of
        two clusters belongs to the one with the smaller number.
    core_sample_indices_ : ndarray of shape (number of core samples,), integers
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, or an `eps` or samples whose squares are no normal numbers.

    Notes
    -----
    Distances are Euclidean. A tree of boxes (k-d tree) finds the pairs of neighbours: about
    O(n log n + pairs) for few features, O(n²d) for many; memory 16 bytes a pair. It has no
    `predict`: a new sample could join two clusters into one.

    Examples
    --------
    >>> DBSCAN(1.5, min_samples=3).fit_predict([[0.0], [1.0], [2.0], [3.0], [9.0]])
    array([ 0,  0,  0,  0, -1])
    """

    _parameter_constraints: ClassVar[dict] = {
        "eps": [Interval(Real, 0, None, closed="neither")],
        "min_samples": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, eps: float = 0.5, *, min_samples: int = 5):
        self.eps = eps
        self.min_samples = min_samples

    def fit(self, X: ArrayLike, y: None = None) -> "DBSCAN":
        """Find the clusters of the samples X (n, d); y is ignored. Return self."""
        X = to_numpy(fit_data(self, X, supervised=False)).astype(np.float64, copy=False)
        eps = float(self.eps)
        if not 1e-150 <= eps <= 1e150:
            raise ValueError(f"eps must lie between 1e-150 and 1e150, got {eps}.")
        if np.abs(X).max() > 1e150:
            raise ValueError("X must lie between -1e150 and 1e150: its distances are squared.")
        n = len(X)
        i, j = KDTree(X).query_pairs(eps, output_type="ndarray").T  # i < j, each pair once
        neighbors = 1 + np.bincount(i, minlength=n) + np.bincount(j, minlength=n)
        core = neighbors >= self.min_samples
        a = np.full(n, n)  # no cluster yet
        a[core] = _joined(i, j, core)
        reached = a.copy()
        np.minimum.at(reached, i[core[j]], a[j[core[j]]])
        np.minimum.at(reached, j[core[i]], a[i[core[i]]])
        a = np.where(core, a, reached)
        self.labels_ = np.where(a == n, NOISE, a)
        self.core_sample_indices_ = np.flatnonzero(core)
        return self


def _joined(i: np.ndarray, j: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Number the groups of core samples that pairs (i, j) join, in the order of the samples."""
    both = core[i] & core[j]
    i, j, n = i[both], j[both], len(core)
    graph = coo_array((np.ones(len(i), dtype=bool), (i, j)), shape=(n, n))
    group = connected_components(graph, directed=False)[1][core]
    _, first, group = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=int)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[group]
