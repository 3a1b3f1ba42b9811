"""How recommenders are compared in the chapter: by errors, by lists, by what was left out.

Symbols
    train, test  two parts of the ratings of one table of users and items
    truth        (n_users, n_items), what every user thinks of every item: of planted ratings alone
    came         (n, m), 1 where somebody did something with an item, else 0
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from course_lib.checks import check_whole
from course_lib.cluster import KMeans
from course_lib.model_selection import paired_difference
from course_lib.ratings import Ratings
from course_lib.recommend.baseline import Baseline
from course_lib.recommend.matrix_factorization import (
    MatrixFactorization,
    ridge_rows,
)
from course_lib.recommend.measures import ndcg, precision, rank_items, rmse
from course_lib.recommend.model import Recommender
from course_lib.recommend.splits import leaks, leave_last_out, random_holdout, split_by_time

__all__ = [
    "against",
    "by_lot",
    "chosen_rank",
    "cluster_scores",
    "deviations_of",
    "error_on",
    "errors_by_shown",
    "errors_by_time",
    "errors_of_clusters",
    "errors_of_new_users",
    "errors_on_splits",
    "errors_when_filled",
    "explained",
    "half_steps",
    "hits_of_the_left_out",
    "judge_lists",
    "judge_models",
    "ones",
    "popularity",
    "rank_of_filled",
    "scores_after",
    "share_of_most_rated",
    "split_and_fit",
    "weighted_gain",
]


def error_on(part: Ratings, model: Recommender) -> float:
    """Return the RMSE of a fitted model's predictions of some ratings, in their unit."""
    return rmse(part.values, model.predict(part.users, part.items))


def ones(ratings: Ratings) -> Ratings:
    """Return the same pairs with the value 1: what remains if one sees only that they exist."""
    return Ratings(
        ratings.users, ratings.items, np.ones(len(ratings)), ratings.times, ratings.shape
    )


class State(NamedTuple):
    """Factors between two half steps of ALS: P (n, f), Q (m, f), and the objective."""

    P: np.ndarray
    Q: np.ndarray
    objective: float


def half_steps(
    table: sparse.csr_array, P: ArrayLike, Q: ArrayLike, lam: float, count: int
) -> list[State]:
    """Return the states of ALS without biases, from the start on: users move first, then items.

    The objective is Σ (r_ui − p_uᵀq_i)² + λ(‖p_u‖² + ‖q_i‖²) over the stored entries.

    Parameters
    ----------
    table : sparse array of shape (n, m)
    P, Q : arrays of shapes (n, f) and (m, f)
    lam : float
        λ, above 0.
    count : int
        Number of half steps.
    """
    u, i = table.nonzero()
    on_its_side, states = table.T.tocsr(), []
    P, Q = np.asarray(P, dtype=float), np.asarray(Q, dtype=float)
    for step in range(count + 1):
        if step:
            P = ridge_rows(table, Q, lam) if step % 2 else P
            Q = Q if step % 2 else ridge_rows(on_its_side, P, lam)
        off = table[u, i] - np.sum(P[u] * Q[i], axis=1)
        penalty = np.sum(P[u] ** 2) + np.sum(Q[i] ** 2)
        states.append(State(P, Q, float(off @ off + lam * penalty)))
    return states


def explained(Q: ArrayLike, traits: ArrayLike) -> float:
    """Return the share of the variance of traits (m, t) that is a linear function of Q (m, f).

    It does not change if the factors are turned or stretched.
    """
    traits = np.asarray(traits, dtype=float)
    A = np.column_stack([Q, np.ones(len(traits))])
    left = traits - A @ np.linalg.lstsq(A, traits)[0]
    return float(1 - np.sum(left**2) / np.sum((traits - traits.mean(axis=0)) ** 2))


def judge_lists(
    scores: ArrayLike,
    train: Ratings,
    test: Ratings,
    truth: ArrayLike,
    *,
    n: int = 10,
    liked: float = 4,
) -> tuple[float, float, float]:
    """Judge each user's list of the n best unrated items, by held-out likes and by the truth.

    Parameters
    ----------
    scores : array of shape (n_users, n_items)
    train, test : Ratings
    truth : array of shape (n_users, n_items)
    n : int, default=10
    liked : float, default=4
        Ratings of the test from here on are likes.

    Returns
    -------
    ndcg, precision : float
        By likes in the test; means over the users who have any.
    precision : float
        By the truth: how much of the list is among the n unrated items that the user would like
        best; mean over all users.
    """
    rated = train.matrix().toarray() > 0
    lists, likes = rank_items(scores, n, rated), np.zeros(rated.shape)
    likes[test.users, test.items] = test.values >= liked
    has = likes.any(axis=1)
    unseen = np.where(rated, -np.inf, truth)
    best = unseen >= np.sort(unseen, axis=1)[:, [-n]]
    by_likes = (float(m(lists[has], likes[has], n).mean()) for m in (ndcg, precision))
    return (*by_likes, float(precision(lists, best, n).mean()))


def errors_of_new_users(
    ratings: Ratings,
    models: Sequence[Recommender],
    old: int,
    shown: int,
    *,
    most_shown: int = 6,
    random_state: int = 0,
) -> np.ndarray:
    """Fit models to the first users, show them a few ratings of each other, predict the rest.

    Parameters
    ----------
    ratings : Ratings
    models : sequence of M recommenders
        They are fitted to the ratings of the users before `old`.
    old : int
    shown : int
        How many ratings of a new user are shown, at most `most_shown`.
    most_shown : int, default=6
        What is predicted is what comes after so many, in a random order: it is the same whatever
        is shown. Users with no more ratings than that are left out.
    random_state : int, default=0
        Draws the order of each user's ratings.

    Returns
    -------
    array of shape (M,)
        RMSE of each model.
    """
    shown = check_whole("shown", shown, 0, most_shown)
    rng = np.random.default_rng(random_state)
    known = ratings.take(ratings.users < old)
    fitted, off = [model.fit(known) for model in models], []
    for user in range(old, ratings.n_users):
        items, values = ratings.of(user)
        order = rng.permutation(len(items))
        first, rest = order[:shown], order[most_shown:]
        scores = np.array([model.scores_for(items[first], values[first]) for model in fitted])
        off.append(scores[:, items[rest]] - values[rest])  # (M, those left)
    return np.sqrt(np.mean(np.concatenate(off, axis=1) ** 2, axis=1))


def share_of_most_rated(
    scores: ArrayLike, ratings: Ratings, *, top: int = 20, n: int = 10
) -> tuple[float, float]:
    """Return how much of all lists, and of all ratings, belongs to the most rated items.

    Parameters
    ----------
    scores : array of shape (n_users, n_items)
    ratings : Ratings
        A list holds the n items of the highest scores that the user has not rated here.
    top : int, default=20
        How many items count as the most rated.
    n : int, default=10
    """
    lists = rank_items(scores, n, ratings.matrix().toarray() > 0)
    counts = np.bincount(ratings.items, minlength=ratings.n_items)
    most = np.argsort(-counts, kind="stable")[:top]
    return float(np.isin(lists, most).mean()), float(np.isin(ratings.items, most).mean())


def cluster_scores(
    train: Ratings, usual: ArrayLike, cluster: ArrayLike, *, pull: float = 2.0
) -> np.ndarray:
    """Predict for each user what the user's cluster thinks: (n_users, n_items).

    Parameters
    ----------
    train : Ratings
    usual : array of shape (n_users, n_items)
        What is usual; a cluster's mean deviation from it is added.
    cluster : int array of shape (n_users,)
    pull : float, default=2
        The mean is pulled to 0 as if so many more ratings were as usual.
    """
    usual, cluster = np.asarray(usual, dtype=float), np.asarray(cluster)
    left = train.values - usual[train.users, train.items]
    shape = (int(cluster.max()) + 1, train.n_items)
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (cluster[train.users], train.items), left)
    np.add.at(count, (cluster[train.users], train.items), 1)
    return usual + (total / np.maximum(count + pull, 1))[cluster]


def hits_of_the_left_out(
    came: ArrayLike, scores_of: Callable[[np.ndarray], np.ndarray], k: int | Sequence[int]
) -> np.ndarray:
    """Leave out one entry at a time; is it among the first k items suggested to its user?

    Parameters
    ----------
    came : array of shape (n, m), 0 or 1
        Every user has at least one entry.
    scores_of : callable
        Takes a table like `came` and returns scores of its shape.
    k : int, or a sequence of K of them

    Returns
    -------
    array of shape (n,), or (K, n)
        The share of each user's entries that are hit. Of items with equal scores each has the same
        chance of a place, so that a hit may be a fraction.

    Examples
    --------
    The second user's only entry is left out; then both items have come once, and are equal:

    >>> hits_of_the_left_out([[1, 1], [1, 0]], lambda A: A.sum(axis=0) + 0 * A, 1)
    array([1. , 0.5])
    """
    came, k = np.asarray(came), np.asarray(k)
    hit = np.full((*k.shape, *came.shape), np.nan)
    for u, i in zip(*np.nonzero(came), strict=True):
        A = came.copy()
        A[u, i] = 0
        s = np.where(A[u] > 0, -np.inf, scores_of(A)[u])
        near = 1e-9 * (1 + abs(s[i]))  # what rounding may have moved is equal
        ahead, equal = np.sum(s > s[i] + near), np.sum(np.abs(s - s[i]) <= near)
        hit[..., u, i] = np.clip((k - ahead) / equal, 0, 1)
    return np.nanmean(hit, axis=-1)


Split = tuple[Ratings, Ratings]


def errors_on_splits(
    splits: Iterable[Split], models: Mapping[str, Recommender]
) -> dict[str, np.ndarray]:
    """Return the RMSE of each model on the test of each split, (S,) for each name."""
    return {
        name: np.array([error_on(test, model.fit(train)) for train, test in splits])
        for name, model in models.items()
    }


def chosen_rank(ratings: Ratings, ranks: Sequence[int], *, lam: float, random_state: int) -> int:
    """Return the number of factors with the least RMSE on a fifth that was held out."""
    train, test = random_holdout(ratings, 0.2, random_state=random_state)
    fits = (MatrixFactorization(f, lam=lam, n_epochs=10).fit(train) for f in ranks)
    return ranks[int(np.argmin([error_on(test, model) for model in fits]))]


def split_and_fit(train: Ratings, test: Ratings, model: Recommender) -> tuple[float, float, float]:
    """Return the RMSE on the test, and in per cent of it: of new users, older than some of train.

    The ratings have times.
    """
    new = ~np.isin(test.users, train.users)
    older = leaks(train, test) / len(test)
    return error_on(test, model.fit(train)), 100 * float(new.mean()), 100 * older


Way = Recommender | Callable[[Ratings], np.ndarray]
"""A model to be fitted, or a function from ratings to scores (n_users, n_items)."""


def scores_after(train: Ratings, way: Way) -> np.ndarray:
    """Return what a model says once it is fitted, or a function of the ratings; all pairs."""
    return way.fit(train).scores() if isinstance(way, Recommender) else way(train)


def popularity(train: Ratings) -> np.ndarray:
    """Score each item by how many people have rated it, the same for every user."""
    return np.tile(np.bincount(train.items, minlength=train.n_items), (train.n_users, 1))


def by_lot(train: Ratings, random_state: int = 0) -> np.ndarray:
    """Score at random: what a list is worth that knows nothing."""
    return np.random.default_rng(random_state).random(train.shape)


def judge_models(
    tables: Iterable,
    ways: Mapping[str, Way],
    *,
    without_stars: Iterable[str] = (),
    share: float = 0.2,
) -> dict[str, np.ndarray]:
    """Judge models on planted tables in eight ways.

    Parameters
    ----------
    tables : iterable of T planted ratings
        With `ratings`, and `expected()` for the truth; table t is split at random by the seed t.
    ways : mapping of a name to a recommender or a function
    without_stars : names of ways
        Those whose scores are no stars: they have no RMSE.
    share : float, default=0.2
        Part of each user's ratings that is held out.

    Returns
    -------
    dict of arrays of shape (T, 8)
        Three RMSE, NaN without stars: of the ratings that were held out, of the truth of the same
        pairs, of the truth of all pairs; the truth is cut to 1 to 5 stars. Then the three numbers
        of `judge_lists`, and the two of `share_of_most_rated` in per cent.
    """
    judged: dict[str, list] = {name: [] for name in ways}
    for seed, made in enumerate(tables):
        train, test = random_holdout(made.ratings, share, random_state=seed)
        truth, at = made.expected(), (test.users, test.items)
        stars = np.clip(truth, 1, 5)
        for name, way in ways.items():
            scores, errors = scores_after(train, way), (np.nan,) * 3
            if name not in without_stars:
                targets = (test.values, scores[at]), (stars[at], scores[at]), (stars, scores)
                errors = tuple(rmse(*pair) for pair in targets)
            places = 100 * np.array(share_of_most_rated(scores, train))
            judged[name].append([*errors, *judge_lists(scores, train, test, truth), *places])
    return {name: np.array(rows) for name, rows in judged.items()}


def rank_of_filled(train: Ratings, rank: int, *, with_baseline: bool = False) -> np.ndarray:
    """Fill the holes with 0 or with the baseline, and return the best table of a rank.

    With the baseline, the rank is that of the deviations from it, which are 0 in the holes.
    """
    usual = Baseline().fit(train).scores() if with_baseline else np.zeros(train.shape)
    U, s, V = np.linalg.svd(deviations_of(train, usual), full_matrices=False)
    return usual + U[:, :rank] * s[:rank] @ V[:rank]


def deviations_of(ratings: Ratings, usual: np.ndarray) -> np.ndarray:
    """Return the table of the ratings less what is usual, with 0 in the holes."""
    deviations, at = np.zeros(ratings.shape), (ratings.users, ratings.items)
    deviations[at] = ratings.values - usual[at]
    return deviations


def against(
    errors: Mapping[str, ArrayLike], rival: str, *, overlap: float = 0.0
) -> dict[str, np.ndarray]:
    """Return for each name its mean, its mean difference to a rival, and the error of that; (3,).

    >>> against({"a": [3.0, 5.0], "b": [2.0, 2.0]}, "b")["a"]
    array([4., 2., 1.])
    """
    return {
        name: np.array([np.mean(e), *paired_difference(e, errors[rival], overlap=overlap)])
        for name, e in errors.items()
    }


def weighted_gain(a: ArrayLike, b: ArrayLike, weights: ArrayLike) -> tuple[float, float]:
    """Return the weighted mean of a − b, and its error; all of shape (n,).

    Each of the n counts as one draw, with the weight that it has: for shares of a user's entries
    and the number of entries as weights, it is the mean over entries, with the error by users.

    >>> weighted_gain([3.0, 5.0], [2.0, 2.0], [1, 1])
    (2.0, 1.0)
    """
    w, d = np.asarray(weights, dtype=float), np.subtract(a, b)
    w = w / w.sum()
    gain, n = float(w @ d), len(d)
    return gain, float(np.sqrt(n / (n - 1) * np.sum((w * (d - gain)) ** 2)))


def errors_by_shown(
    tables: Sequence[Ratings], models: Sequence[Recommender], old: int, shown: Iterable[int]
) -> dict[int, np.ndarray]:
    """Return `errors_of_new_users` for each number of ratings shown: (T, M) for T tables."""
    return {
        n: np.array(
            [errors_of_new_users(r, models, old, n, random_state=t) for t, r in enumerate(tables)]
        )
        for n in shown
    }


def errors_by_time(tables: Sequence[Ratings], model: Recommender) -> dict[str, np.ndarray]:
    """Return what `split_and_fit` says, (T, 3), for a fifth held out: at random, and by time.

    "last of each" holds out every user's last rating; "warm" is the split by time without the new
    users of its test.
    """
    found: dict[str, list] = {"at random": [], "by time": [], "last of each": [], "warm": []}
    for t, ratings in enumerate(tables):
        train, test = split_by_time(ratings, 0.2)
        known = test.take(np.isin(test.users, train.users))
        at_random, last = random_holdout(ratings, 0.2, random_state=t), leave_last_out(ratings)
        splits = at_random, (train, test), last, (train, known)
        for rows, split in zip(found.values(), splits, strict=True):
            rows.append(split_and_fit(*split, model))
    return {name: np.array(rows) for name, rows in found.items()}


def errors_when_filled(splits: Iterable[Split]) -> dict[str, np.ndarray]:
    """Return the RMSE of `rank_of_filled` with rank 2, and of two factors; (S,)."""
    ways = {
        "filled with 0": lambda train: rank_of_filled(train, 2),
        "filled with the baseline": lambda train: rank_of_filled(train, 2, with_baseline=True),
        "known ratings only": MatrixFactorization(2),
    }
    return {
        name: np.array([rmse(b.values, scores_after(a, way)[b.users, b.items]) for a, b in splits])
        for name, way in ways.items()
    }


def errors_of_clusters(splits: Iterable[Split], counts: Iterable[int]) -> dict[str, np.ndarray]:
    """Return the RMSE of `cluster_scores` for k-means on the users' deviations; (S,).

    A user is the row of deviations from the baseline, 0 in the holes. Beside it stand the baseline
    and two factors.
    """
    found: dict[str, list] = {"baseline": []}
    found |= {f"{k} clusters": [] for k in counts} | {"two factors": []}
    for train, test in splits:
        usual, model = Baseline().fit(train).scores(), MatrixFactorization(2).fit(train)
        rows = deviations_of(train, usual)
        kinds = (KMeans(k, random_state=0).fit(rows).labels_ for k in counts)
        thinks = [cluster_scores(train, usual, kind) for kind in kinds]
        for errors, scores in zip(found.values(), (usual, *thinks, model.scores()), strict=True):
            errors.append(rmse(test.values, scores[test.users, test.items]))
    return {name: np.array(errors) for name, errors in found.items()}
