"""Is a list of recommendations good? Measures of rankings, and the error of ratings.

Symbols
    scores     (U, I)  what a model thinks of each item, for each of U users
    ranked     (U, n)  the items of each user's list, best first; −1 where a list is shorter
    relevance  (U, I)  what is true: whether an item is relevant, or how much; 0 where it is not
    k                  how many places at the top count

Each measure of a ranking is one number for each user, (U,): their mean is what tables print, and
two models are compared by the differences user by user.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_whole

__all__ = [
    "hit_rate",
    "ndcg",
    "precision",
    "rank_items",
    "recall",
    "reciprocal_rank",
    "rmse",
]


def rmse(values: ArrayLike, predictions: ArrayLike) -> float:
    """Return the root mean squared error of predicted ratings, in the unit of the ratings.

    Examples
    --------
    >>> rmse([5, 3, 1, 3], [4, 3, 2, 1])
    1.224744871391589
    """
    values, predictions = (np.asarray(a, dtype=float) for a in (values, predictions))
    if values.shape != predictions.shape or values.size == 0:
        raise ValueError(
            "values and predictions must have one shape and at least one entry; "
            f"got {values.shape} and {predictions.shape}."
        )
    return float(np.sqrt(np.mean((values - predictions) ** 2)))


def rank_items(scores: ArrayLike, n: int, exclude: ArrayLike | None = None) -> np.ndarray:
    """Return the n items of the highest scores for each user, best first.

    Parameters
    ----------
    scores : array of shape (U, I)
    n : int
        At most I.
    exclude : array of shape (U, I), optional
        True where an item must not appear: what the user has rated already.

    Returns
    -------
    int64 array of shape (U, n)
        Of equal scores the item of the lower number comes first. −1 where nothing is left.

    Examples
    --------
    >>> rank_items([[0.2, 0.9, 0.9, 0.5]], 3)
    array([[1, 2, 3]])
    >>> rank_items([[0.2, 0.9, 0.9, 0.5]], 3, [[False, True, False, True]])
    array([[ 2,  0, -1]])
    """
    scores = np.array(scores, dtype=float)
    if scores.ndim != 2:
        raise ValueError(f"scores must have shape (users, items), got {scores.shape}.")
    if np.isnan(scores).any():
        raise ValueError("scores must be numbers, got NaN: there is no place for it in a ranking.")
    n = check_whole("n", n, 1, scores.shape[1])
    hidden = np.zeros(scores.shape, dtype=bool)
    if exclude is not None:
        hidden = np.asarray(exclude, dtype=bool)
        if hidden.shape != scores.shape:
            raise ValueError(
                f"exclude must have the shape of scores, {scores.shape}, got {hidden.shape}."
            )
    scores[hidden] = -np.inf
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    return np.where(np.take_along_axis(hidden, ranked, axis=1), -1, ranked)


def precision(ranked: ArrayLike, relevance: ArrayLike, k: int) -> np.ndarray:
    """Return precision@k: the share of the k places that hold a relevant item; (U,).

    An empty place counts as a wrong item.

    Examples
    --------
    >>> precision([[2, 0, 1]], [[1, 0, 1, 1]], k=3).round(3)
    array([0.667])
    """
    return (_gains(ranked, relevance, k)[0] > 0).sum(axis=1) / k


def recall(ranked: ArrayLike, relevance: ArrayLike, k: int) -> np.ndarray:
    """Return recall@k: the share of the relevant items that stand in the k places; (U,).

    Examples
    --------
    >>> recall([[2, 0, 1]], [[1, 0, 1, 1]], k=1).round(3)
    array([0.333])
    """
    gains, relevance = _gains(ranked, relevance, k)
    return (gains > 0).sum(axis=1) / (relevance > 0).sum(axis=1)


def hit_rate(ranked: ArrayLike, relevance: ArrayLike, k: int) -> np.ndarray:
    """Return 1 for each user with a relevant item in the k places, else 0; (U,).

    Examples
    --------
    >>> hit_rate([[2, 0], [0, 1]], [[0, 1, 1], [0, 0, 1]], k=2)
    array([1., 0.])
    """
    return (_gains(ranked, relevance, k)[0] > 0).any(axis=1).astype(float)


def reciprocal_rank(ranked: ArrayLike, relevance: ArrayLike, k: int) -> np.ndarray:
    """Return 1/place of the first relevant item, 0 if none is in the k places; (U,).

    The mean over users is the MRR, the mean reciprocal rank.

    Examples
    --------
    >>> reciprocal_rank([[0, 2, 1], [0, 1, 2]], [[0, 1, 1], [0, 0, 0.5]], k=2)
    array([0.5, 0. ])
    """
    right = _gains(ranked, relevance, k)[0] > 0
    return np.where(right.any(axis=1), 1 / (1 + right.argmax(axis=1)), 0.0)


def ndcg(ranked: ArrayLike, relevance: ArrayLike, k: int) -> np.ndarray:
    """Return NDCG@k: the gain of the k places, over that of the best possible list; (U,).

    DCG = Σⱼ gⱼ / log₂(j + 1) over the places j = 1 … k, where gⱼ is the relevance of the item there
    (Järvelin and Kekäläinen, 2002, with the gain itself, as scikit-learn's `ndcg_score`).

    Examples
    --------
    >>> ndcg([[1, 0, 2]], [[3.0, 2.0, 0.0]], k=3).round(4)
    array([0.9134])
    """
    gains, relevance = _gains(ranked, relevance, k)
    best = -np.sort(-relevance, axis=1)[:, :k]
    discount = 1 / np.log2(2 + np.arange(k))
    return (gains @ discount) / (best @ discount[: best.shape[1]])


def _gains(ranked: ArrayLike, relevance: ArrayLike, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Check a ranking; return the relevance of its first k places (U, k), and all of it (U, I)."""
    ranked, relevance = np.asarray(ranked), np.asarray(relevance, dtype=float)
    if ranked.ndim != 2 or relevance.ndim != 2 or len(ranked) != len(relevance):
        raise ValueError(
            "ranked and relevance must have shapes (users, places) and (users, items); "
            f"got {ranked.shape} and {relevance.shape}."
        )
    k = check_whole("k", k, 1, ranked.shape[1])
    if ranked.dtype.kind not in "iu" or ranked.min() < -1 or ranked.max() >= relevance.shape[1]:
        raise ValueError(
            f"ranked must hold items from 0 to {relevance.shape[1] - 1}, or −1 for an empty place."
        )
    ordered = np.sort(ranked, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("ranked must hold an item at most once in a list.")
    if not np.isfinite(relevance).all() or (relevance < 0).any():
        raise ValueError("relevance must be finite and at least 0.")
    empty = np.flatnonzero(~(relevance > 0).any(axis=1))
    if len(empty):
        raise ValueError(
            f"Every user needs a relevant item, but row {empty[0]} (of {len(empty)}) has none: "
            "leave such users out, for no list can be right or wrong for them."
        )
    top = ranked[:, :k]
    gains = np.take_along_axis(relevance, np.maximum(top, 0), axis=1)
    return np.where(top >= 0, gains, 0.0), relevance
