"""How many clusters? Three ways to ask the data.

Symbols
    X  (n, d)  samples
    a  (n,)    the cluster of each sample
    k          number of clusters
    W_k        inertia of k-means with k clusters, the within-cluster sum of squares

W_k alone cannot tell: it falls with every further cluster, in data without any cluster, too.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from course_lib.cluster.kmeans import KMeans
from course_lib.estimator import check_random_state


def silhouettes(X: ArrayLike, a: ArrayLike) -> np.ndarray:
    """Return the silhouette (n,) of every sample of X (n, d), given the labels a (n,).

    It is (out − own) / max(own, out), where `own` is the mean distance to the others of the own
    cluster and `out` that to the nearest other cluster: near 1 deep inside a cluster, 0 between
    two, negative in the wrong one; 0 for a sample that is alone in its cluster. Cost O(n²d).
    Rousseeuw (1987), Journal of Computational and Applied Mathematics 20.

    Raises
    ------
    ValueError
        Unless there are at least 2 clusters and one label for each sample.

    Examples
    --------
    >>> silhouettes([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1]).round(3)
    array([0.895, 0.882, 0.882, 0.895])
    """
    X, a = np.asarray(X, dtype=float), np.asarray(a)
    if a.shape != X.shape[:1]:
        raise ValueError(f"a must hold one label for each of {len(X)} samples, got {a.shape}.")
    names, a = np.unique(a, return_inverse=True)
    if len(names) < 2:
        raise ValueError("a must hold at least 2 different labels: there is no other cluster.")
    hot = np.eye(len(names))[a]  # (n, k)
    total, size = cdist(X, X) @ hot, hot.sum(axis=0)  # (n, k), (k,)
    rows, alone = np.arange(len(X)), size[a] == 1
    own = total[rows, a] / np.where(alone, 1, size[a] - 1)
    mean = total / size
    mean[rows, a] = np.inf
    out = mean.min(axis=1)
    widest = np.maximum(own, out)
    return np.where(alone | (widest == 0), 0.0, (out - own) / np.where(widest == 0, 1, widest))


def gap_statistic(
    X: ArrayLike,
    ks: Iterable[int],
    *,
    references: int = 10,
    n_init: int = 3,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Compare ln W_k with what it is on data without clusters.

    The reference data are uniform in the box around X. The gap is the mean of their ln W_k minus
    that of X; see `suggested_by_gap` for the k that it suggests.

    Parameters
    ----------
    X : array of shape (n, d)
    ks : the numbers of clusters, rising, each below the number of different samples
    references : int
        Data sets without clusters.
    n_init : int
        Runs of k-means for each. With too few, W_k is that of a poor local optimum, and the gap
        follows its accidents.
    random_state : int, RandomState or None

    Returns
    -------
    gap, error : arrays of shape (len(ks),)
        The error is the standard deviation of the references' ln W_k times √(1 + 1/references).

    Raises
    ------
    ValueError
        If `ks` do not rise, or if W_k is zero, so that it has no logarithm.

    Notes
    -----
    Cost: (references + 1) · n_init · len(ks) runs of k-means. Tibshirani, Walther and Hastie
    (2001), Journal of the Royal Statistical Society B 63.

    Examples
    --------
    >>> X = np.repeat([[0.0, 0.0], [9.0, 9.0]], 10, axis=0) + np.tile(np.eye(2), (10, 1))
    >>> gap, error = gap_statistic(X, [1, 2], random_state=0)
    >>> bool(gap[1] - error[1] > gap[0])
    True
    """
    X, ks, rng = np.asarray(X, dtype=float), _rising(ks), check_random_state(random_state)

    def log_inertias(data: np.ndarray) -> np.ndarray:
        models = (KMeans(k, n_init=n_init, random_state=rng).fit(data) for k in ks)
        W = np.array([model.inertia_ for model in models])
        rounding = data.size * (np.finfo(float).eps * np.abs(data).max()) ** 2
        if np.any(rounding >= W):  # a centre on each sample is off by its last digit
            raise ValueError(
                f"the inertia of {ks[int(np.argmin(W))]} clusters is zero: each number in ks must "
                "be below that of the different samples."
            )
        return np.log(W)

    low, high = X.min(axis=0), X.max(axis=0)
    flat = np.array([log_inertias(rng.uniform(low, high, X.shape)) for _ in range(references)])
    error = flat.std(axis=0) * np.sqrt(1 + 1 / references)
    return flat.mean(axis=0) - log_inertias(X), error


def _rising(ks: Iterable[int]) -> list[int]:
    """Return ks as a list, if they are numbers of clusters that rise."""
    ks = list(ks)
    if not ks or ks[0] < 1 or np.any(np.diff(ks) <= 0):
        raise ValueError(f"ks must be rising numbers of clusters, 1 or more, got {ks}.")
    return ks


def suggested_by_gap(ks: Iterable[int], gap: ArrayLike, error: ArrayLike) -> int:
    """Return the first k whose gap is at least the next gap minus its error; else the last k.

    `ks` rise. The rule stops at the first step that does not pay, though a later one may.

    >>> suggested_by_gap([1, 2, 3], [0.1, 0.9, 0.8], [0.1, 0.1, 0.1])
    2
    """
    ks, gap, error = list(ks), np.asarray(gap, dtype=float), np.asarray(error, dtype=float)
    enough = gap[:-1] >= gap[1:] - error[1:]
    return ks[int(np.argmax(enough))] if np.any(enough) else ks[-1]


def stability(
    X: ArrayLike,
    ks: Iterable[int],
    *,
    pairs: int = 10,
    n_init: int = 3,
    random_state: int | np.random.RandomState | None = None,
) -> np.ndarray:
    """Return how far two clusterings agree that saw different halves of the data, for each k.

    Both assign all samples of X (n, d) to their centres; the agreement is the adjusted Rand index,
    1 for the same clusters and 0 for what chance would give, and the mean over `pairs` divisions of
    the data is returned, of shape (len(ks),). No k may exceed half the samples.
    Cost: 2 · pairs · n_init · len(ks) runs of k-means.
    In the spirit of Lange, Roth, Braun and Buhmann (2004), Neural Computation 16.

    >>> X = np.repeat([[0.0, 0.0], [9.0, 9.0]], 10, axis=0) + np.tile(np.eye(2), (10, 1))
    >>> stability(X, [2], random_state=0)
    array([1.])
    """
    X, ks, rng = np.asarray(X, dtype=float), _rising(ks), check_random_state(random_state)
    agreement = np.zeros((pairs, len(ks)))
    for p in range(pairs):
        halves = np.array_split(rng.permutation(len(X)), 2)
        for j, k in enumerate(ks):
            models = (KMeans(k, n_init=n_init, random_state=rng).fit(X[h]) for h in halves)
            agreement[p, j] = adjusted_rand_score(*(model.predict(X) for model in models))
    return agreement.mean(axis=0)


class Advice(NamedTuple):
    """What one way of choosing says."""

    values: np.ndarray
    """Its value for each of the numbers of clusters; NaN where it has none."""
    suggested: int
    """The number of clusters that it suggests."""


def ask(
    X: ArrayLike, ks: Iterable[int], *, repeats: int = 10, n_init: int = 3, random_state: int = 0
) -> dict[str, Advice]:
    """Ask all three ways for the number of clusters in X (n, d), among 1 < k in ks, or 1 by gap.

    `repeats` is the number of reference data sets, and of divisions into halves.

    Returns
    -------
    dict of "silhouette", "gap" and "stability" to Advice

    Raises
    ------
    ValueError
        Unless `ks` rise and reach 2 or more, at most half the samples.

    Examples
    --------
    >>> X = np.repeat([[0, 0], [9, 9]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> {name: advice.suggested for name, advice in ask(X, [1, 2, 3]).items()}
    {'silhouette': 2, 'gap': 2, 'stability': 2}
    """
    ks, how = _rising(ks), {"n_init": n_init, "random_state": random_state}
    several = [k for k in ks if k > 1]
    if not several:
        raise ValueError(f"ks must hold a number above 1, got {ks}: one cluster is no choice.")
    none = np.full(len(ks) - len(several), np.nan)
    wide = [np.mean(silhouettes(X, KMeans(k, **how).fit_predict(X))) for k in several]
    gap, error = gap_statistic(X, ks, references=repeats, **how)
    same = stability(X, several, pairs=repeats, **how)
    return {
        "silhouette": Advice(np.append(none, wide), several[int(np.argmax(wide))]),
        "gap": Advice(gap, suggested_by_gap(ks, gap, error)),
        "stability": Advice(np.append(none, same), several[int(np.argmax(same))]),
    }
