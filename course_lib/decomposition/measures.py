"""What principal components are good for, measured: what they leave out, against noise, for a task.

Symbols
    X       (n, d)  samples
    m               numbers of a sample that are kept
    splits          pairs (rows to learn from, rows to test), as a splitter yields them
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.decomposition.components_by_validation import reconstruction_errors
from course_lib.decomposition.pca import PCA
from course_lib.linear_models import LogisticRegression
from course_lib.metrics import roc_auc
from course_lib.neighbors import KNeighborsClassifier

Splits = Iterable[tuple[np.ndarray, np.ndarray]]


def rebuilt(space: PCA, X: ArrayLike, m: int) -> np.ndarray:
    """Return samples rebuilt from their scores on the first m components of a fitted PCA.

    m = 0 gives the mean. Cost: O(nmd).

    Examples
    --------
    >>> space = PCA().fit([[0.0, 0.0], [4.0, 2.0], [1.0, 3.0], [3.0, -1.0]])
    >>> rebuilt(space, [[4.0, 2.0]], 0), rebuilt(space, [[4.0, 2.0]], 2).round(6)
    (array([[2., 1.]]), array([[4., 2.]]))
    """
    V = space.components_[:m]
    return space.mean_ + (np.asarray(X) - space.mean_) @ V.T @ V


def left_out(space: PCA, X: ArrayLike, ms: Sequence[int]) -> list[float]:
    """Return, for each m, the share of the squared distances from the mean that m numbers leave.

    Examples
    --------
    >>> space = PCA().fit([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> left_out(space, [[3.0, 1.0]], [0, 1, 2])
    [1.0, 0.1, 0.0]
    """
    X = np.asarray(X, dtype=float)
    total = np.sum((X - space.mean_) ** 2)
    return [float(np.sum((X - rebuilt(space, X, m)) ** 2) / total) for m in ms]


def first_axis(X: ArrayLike, *, centred: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return the point from which squares are counted, and the direction in which they are largest.

    The point is the mean, or 0 if not centred: then the direction is no principal component, but
    the top eigenvector of XᵀX. Its largest entry is positive. Cost: O(nd·min(n, d)).

    Examples
    --------
    >>> origin, v = first_axis([[9.0, 1.0], [9.0, -1.0]])
    >>> origin, v.round(6)
    (array([9., 0.]), array([0., 1.]))
    >>> first_axis([[9.0, 1.0], [9.0, -1.0]], centred=False)[1].round(6)
    array([1., 0.])
    """
    X = np.asarray(X, dtype=float)
    origin = X.mean(axis=0) if centred else np.zeros(X.shape[1])
    v = np.linalg.svd(X - origin, full_matrices=False)[2][0]
    return origin, v * np.sign(v[np.argmax(np.abs(v))]) + 0.0


def degrees_between(u: ArrayLike, v: ArrayLike) -> float:
    """Return the angle, 0 to 90 degrees, between two axes, whichever way the vectors point.

    Examples
    --------
    >>> round(degrees_between([1, 0], [-2, 2]), 6)
    45.0
    """
    u, v = np.asarray(u, dtype=float), np.asarray(v, dtype=float)
    cosine = abs(u @ v) / (np.linalg.norm(u) * np.linalg.norm(v))
    return float(np.degrees(np.arccos(min(1.0, cosine))))


def axes_for(X: ArrayLike, share: float) -> int:
    """Return the smallest number of components that captures at least this share of the variance.

    Examples
    --------
    >>> axes_for([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]], 0.8)
    1
    """
    return int(1 + np.sum(np.cumsum(PCA().fit(X).explained_variance_ratio_) < share))


def neighbour_accuracies(
    X: np.ndarray, y: np.ndarray, splits: Splits, change: Any = None
) -> np.ndarray:
    """Return the share of right answers of the nearest neighbour in each split.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
    splits
    change : transformer, optional
        Fitted on the rows to learn from, and applied to these and to the others.
    """
    right = []
    for fit, test in splits:
        A, B = X[fit], X[test]
        if change is not None:
            A, B = change.fit(A).transform(A), change.transform(B)
        right.append(KNeighborsClassifier(1).fit(A, y[fit]).score(B, y[test]))
    return np.array(right)


def right_by_score(
    X: np.ndarray, y: np.ndarray, fit: ArrayLike, test: ArrayLike, m: int
) -> list[float]:
    """Return how often logistic regression is right that sees one score alone, for m scores.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
    fit, test : arrays of rows
        Those from which components and weights are learned, and those that judge.
    m : int
    """
    space = PCA(m).fit(X[fit])
    A, B = space.transform(X[fit]), space.transform(X[test])
    each = [LogisticRegression().fit(A[:, [j]], y[fit]) for j in range(m)]
    return [float(model.score(B[:, [j]], y[test])) for j, model in enumerate(each)]


def against_noise(
    X: np.ndarray, splits: Splits, sigma: float, share: float | None = None
) -> np.ndarray:
    """Denoise samples by components of noisy ones: how many does the rule λ > 2σ² keep, how well?

    To all samples, normal noise of standard deviation sigma is added, seeded with the number of the
    split. The components are those of the noisy rows to learn from. With a share, as many are kept
    as capture this share of their variance, instead of by the rule.

    Returns
    -------
    array of shape (splits, 7)
        For the rows to test: the m of the rule, the m nearest to the clean samples, and the root
        mean squared error of an entry by the rule, at the best m, with every component weighted by
        1 − σ²/λ (0 where that is negative), of the mean alone, and of the noisy samples.
    """
    rows = []
    for seed, (fit, test) in enumerate(splits):
        noisy = X + sigma * np.random.default_rng(seed).normal(size=X.shape)
        space = PCA().fit(noisy[fit])
        ms = range(len(space.components_) + 1)
        off = [np.sqrt(np.mean((rebuilt(space, noisy[test], m) - X[test]) ** 2)) for m in ms]
        m = int(np.sum(space.explained_variance_ > 2 * sigma**2))
        if share is not None:
            m = axes_for(noisy[fit], share)
        weights = np.maximum(0, 1 - sigma**2 / space.explained_variance_)
        weighted = space.inverse_transform(space.transform(noisy[test]) * weights)
        others = [np.sqrt(np.mean((one - X[test]) ** 2)) for one in (weighted, noisy[test])]
        rows.append([m, np.argmin(off), off[m], min(off), others[0], off[0], others[1]])
    return np.array(rows)


DISTANCES = ("from the mean face", "from the face space", "within the face space")
"""The columns of `areas_of_distances`."""


def areas_of_distances(faces: np.ndarray, others: np.ndarray, splits: Splits, m: int) -> np.ndarray:
    """Return how well three distances tell new faces from other pictures, as areas under the ROC.

    Parameters
    ----------
    faces, others : arrays of shapes (n, d) and (k, d)
    splits
        Of the faces: those to learn the m components from, and the new ones.
    m : int

    Returns
    -------
    array of shape (splits, 3)
        The distance from the mean of the known faces, its part perpendicular to the components, and
        its part along them. 1 where every other picture is farther than every new face.
    """
    areas = []
    for fit, new in splits:
        space = PCA(m).fit(faces[fit])
        shown, is_other = (
            np.vstack([faces[new], others]),
            np.repeat([0, 1], [len(new), len(others)]),
        )
        away = space.distance_to_subspace(shown)
        along = np.linalg.norm(space.transform(shown), axis=1)
        areas.append([roc_auc(is_other, one) for one in (np.hypot(away, along), away, along)])
    return np.array(areas)


def mean_areas(
    faces: np.ndarray, others: np.ndarray, splits: Splits, ms: Sequence[int]
) -> np.ndarray:
    """Return the means of `areas_of_distances` over the splits, for each m: (len(ms), 3)."""
    each = [areas_of_distances(faces, others, splits, m) for m in ms]
    return np.mean(each, axis=1)


def equal_contrast(X: ArrayLike) -> np.ndarray:
    """Return samples with the mean 0 and the length 1 each; one without contrast becomes 0.

    Examples
    --------
    >>> equal_contrast([[1.0, 7.0, 4.0, 4.0], [5.0, 5.0, 5.0, 5.0]]).round(3)
    array([[-0.707,  0.707,  0.   ,  0.   ],
           [ 0.   ,  0.   ,  0.   ,  0.   ]])
    """
    X = np.asarray(X, dtype=float)
    X = X - X.mean(axis=1, keepdims=True)
    return X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)


def detail(images: ArrayLike) -> np.ndarray:
    """Return the length of all differences between neighbouring pixels of images (n, h, w).

    Examples
    --------
    >>> detail([[[0.0, 3.0], [0.0, 0.0]], [[7.0, 7.0], [7.0, 7.0]]]).round(3)
    array([4.243, 0.   ])
    """
    images = np.asarray(images, dtype=float)
    return np.sqrt(sum(np.sum(np.diff(images, axis=k) ** 2, axis=(1, 2)) for k in (1, 2)))


def area_of_little_detail(faces: ArrayLike, others: ArrayLike, splits: Splits) -> float:
    """Return how well little detail tells other images from new faces: the mean area under the ROC.

    Parameters
    ----------
    faces, others : arrays of shapes (n, h·h) and (k, h·h), or (n, h, h) and (k, h, h)
        Square images.
    splits
        Of the faces; only the new ones are looked at, since nothing is learned.
    """
    side = math.isqrt(np.asarray(faces)[0].size)
    known, other = (detail(np.reshape(a, (-1, side, side))) for a in (faces, others))
    areas = []
    for _, new in splits:
        is_other = np.repeat([0, 1], [len(new), len(other)])
        areas.append(roc_auc(is_other, -np.concatenate([known[new], other])))
    return float(np.mean(areas))


def planted_axes(n: int, d: int, strengths: Sequence[float], noise: float, seed: int) -> np.ndarray:
    """Return samples that vary along a few perpendicular directions, with noise in all of them.

    Parameters
    ----------
    n, d : int
    strengths : sequence of float
        Standard deviations along the directions, which are drawn by chance.
    noise : float
        Standard deviation of the noise of each entry.
    seed : int

    Returns
    -------
    array of shape (n, d)

    Examples
    --------
    >>> X = planted_axes(50, 4, [3, 2], 0, seed=0)
    >>> X.shape, int(np.linalg.matrix_rank(X))
    ((50, 4), 2)
    """
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(d, len(strengths))))[0]  # (d, m)
    scores = rng.normal(size=(n, len(strengths))) * np.asarray(strengths, dtype=float)
    return scores @ directions.T + noise * rng.normal(size=(n, d))


def axes_chosen(tables: Iterable[np.ndarray], ms: Sequence[int]) -> dict[str, np.ndarray]:
    """Return how many components each rule chooses, for each table.

    Parameters
    ----------
    tables : iterable of arrays of shape (n, d)
    ms : sequence of int
        What hidden entries may choose from.
    """
    tables = list(tables)
    errors = [reconstruction_errors(X, ms, random_state=0) for X in tables]
    return {
        "hidden entries, least error": np.array([one.least for one in errors]),
        "hidden entries, simplest": np.array([one.simplest for one in errors]),
        "90 % of the variance": np.array([axes_for(X, 0.9) for X in tables]),
    }


def two_sensors(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what two sensors read, and whether a part has a fault, which moves them apart.

    A load that varies much moves both alike, x₁ = t + δ and x₂ = t − δ. With the fault δ is about
    ½, without it about −½.

    Returns
    -------
    X, y : arrays of shapes (n, 2) and (n,)
        Each column of X has mean 0 and standard deviation 1.
    """
    rng = np.random.default_rng(seed)
    fault = rng.integers(0, 2, n)
    t, delta = 2 * rng.normal(size=n), fault - 0.5 + 0.15 * rng.normal(size=n)
    X = np.column_stack([t + delta, t - delta])
    return (X - X.mean(axis=0)) / X.std(axis=0), fault
