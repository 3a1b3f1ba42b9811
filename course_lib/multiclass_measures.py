"""What is measured on classifiers of many classes that are made of classifiers of two.

Doubts (areas and samples for which the binary answers do not single out one class), duels (the
scores of all pairs), and what a strategy trains, asks and costs. Two-dimensional examples, too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import train_test_split

from course_lib.linear_models import LogisticRegression
from course_lib.model_selection import paired_difference
from course_lib.neighbors import KNeighborsClassifier, distances_by_product

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def pinwheel(K: int, *, n: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return K oblong clouds of n points on a circle, X (Kn, 2), and their labels A, B, ….

    Each cloud is turned against the next, so that the lines between pairs of them do not meet in
    one point: what is undecided between three classes has an area.
    """
    rng = np.random.default_rng(seed)
    clouds = []
    for turn in 2 * np.pi * np.arange(K) / K + np.pi / 2:
        centre = 2.4 * np.array([np.cos(turn), np.sin(turn)])
        along = np.array([np.cos(turn + 1.2), np.sin(turn + 1.2)])
        across = np.array([-along[1], along[0]])
        clouds.append(
            centre + 0.9 * rng.normal(size=(n, 1)) * along + 0.2 * rng.normal(size=(n, 1)) * across
        )
    return np.concatenate(clouds), np.repeat(list("ABCDEFGH"[:K]), n)


def undecided(model: Any, points: ArrayLike) -> dict[str, np.ndarray]:
    """Tell at each of the points (m, 2) what kind of doubt a strategy has there; bool (m,) each.

    One-vs-rest, which has ``claims``, has the kinds "nobody" and "several"; one-vs-one, which has
    ``tied``, has the kind "tied"; a strategy without either is never in doubt.
    """
    if hasattr(model, "claims"):
        claims = np.asarray(model.claims(points)).sum(axis=1)
        return {"nobody": claims == 0, "several": claims > 1}
    return {"tied": np.asarray(model.tied(points))} if hasattr(model, "tied") else {}


def grid_of(limits: Sequence[float], resolution: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the abscissae and ordinates of a grid, and its points (resolution², 2)."""
    left, right, bottom, top = limits
    u, v = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    return u, v, np.stack(np.meshgrid(u, v, indexing="xy"), axis=-1).reshape(-1, 2)


def undecided_shares(
    model: Any, limits: Sequence[float], *, resolution: int = 200
) -> dict[str, float]:
    """Return which share of a picture each kind of doubt takes, see `undecided`."""
    _, _, points = grid_of(limits, resolution)
    return {kind: float(np.mean(where)) for kind, where in undecided(model, points).items()}


def walk(duels: ArrayLike) -> list[tuple[int, int]]:
    """Return the nodes (i, j) that a sample visits in a decision DAG, the last one a leaf (k, k).

    Parameters
    ----------
    duels : array of shape (K, K)
        ``duels[i, j]`` is above 0 where class j beats class i, for i < j.
    """
    duels = np.asarray(duels, dtype=float)
    nodes = [(0, len(duels) - 1)]
    while nodes[-1][0] < nodes[-1][1]:
        i, j = nodes[-1]
        nodes.append((i + 1, j) if duels[i, j] > 0 else (i, j - 1))
    return nodes


def won_in_doubt(model: Any, label: Any, limits: Sequence[float]) -> dict[str, float]:
    """Return which part, in %, of each kind of doubtful area a class wins.

    NaN where there is no such area.
    """
    points = grid_of(limits, 200)[2]
    won = np.asarray(model.predict(points)) == label
    areas = undecided(model, points).items()
    return {kind: 100 * float(won[here].mean()) if here.any() else np.nan for kind, here in areas}


def duels_of(model: Any, point: ArrayLike) -> np.ndarray:
    """Return the scores of all pairs at one point (d,), (K, K): above 0 where j beats i."""
    return all_duels(model, np.asarray(point, dtype=float)[None])[0]


def random_splits(X: ArrayLike, y: ArrayLike, *, n_train: int, seeds: int = 10) -> Iterator[Split]:
    """Yield training inputs and labels, then test inputs and labels, once for each seed.

    Each class keeps its share. The mean of each column of the training part is taken off all rows,
    and all numbers are divided by one standard deviation, that of the whole training part: pixels
    keep their relative sizes.
    """
    for seed in range(seeds):
        A, B, a, b = train_test_split(X, y, train_size=n_train, stratify=y, random_state=seed)
        mean, unit = A.mean(axis=0), A.std()
        yield (A - mean) / unit, a, (B - mean) / unit, b


def over_splits(
    function: Callable[..., Any], models: Sequence[Any], splits: Sequence[Split], *more: Any
) -> list[Any]:
    """Return function(model, X, y, ...) on the test part of each model's own split."""
    pairs = zip(models, splits, strict=True)
    return [function(model, B, b, *more) for model, (_, _, B, b) in pairs]


def right_by_claims(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return for no, one and several claims: % of the rows, and % of these right; (3, 2).

    `model` is a fitted one-vs-rest; NaN stands for the accuracy of no rows.
    """
    claims = np.minimum(model.claims(X).sum(axis=1), 2)
    right = np.asarray(model.predict(X)) == np.asarray(y)
    groups = [claims == count for count in range(3)]
    return 100 * np.array([[g.mean(), right[g].mean() if g.any() else np.nan] for g in groups])


def right_when_loud(
    model: Any, X: ArrayLike, y: ArrayLike, loud: ArrayLike, *, n_held: int = 300
) -> dict[str, float]:
    """Return % right by scores, by scores times `loud`, and after two remedies for these.

    The remedies learn from the first `n_held` rows, which are not counted: division by the spread
    of each column, and a sigmoid for each column.

    Parameters
    ----------
    model : fitted one-vs-rest of the classes 0 … K − 1
    X, y : arrays of shapes (m, d) and (m,)
    loud : array of shape (K,)
    """
    S, y = np.asarray(model.decision_function(X), dtype=float), np.asarray(y)
    held, new = (S * loud)[:n_held], (S * loud)[n_held:]
    sigmoid = np.empty_like(new)
    for k in range(S.shape[1]):
        fitted = LogisticRegression(lam=1e-6).fit(held[:, [k]], y[:n_held] == k)
        sigmoid[:, k] = fitted.decision_function(new[:, [k]])
    ways = {
        "as they come": S[n_held:],
        "8 is loud": new,
        "loud, by spread": new / held.std(axis=0),
        "loud, by sigmoid": sigmoid,
    }
    return {name: 100 * np.mean(s.argmax(axis=1) == y[n_held:]) for name, s in ways.items()}


def lost_when_loud(model: Any, X: ArrayLike, y: ArrayLike, factor: float) -> np.ndarray:
    """Return what each class costs if its scores are multiplied by a factor, (K, 2).

    The first column is the accuracy that is lost, in points; the second is which part of the
    class, in %, its own machine claims. `model` is a fitted one-vs-rest of the classes 0 … K − 1,
    each of which is among the labels y (m,).
    """
    S, y = np.asarray(model.decision_function(X), dtype=float), np.asarray(y)
    before, rows = np.mean(S.argmax(axis=1) == y), []
    for k in range(S.shape[1]):
        loud = S.copy()
        loud[:, k] *= factor
        lost = before - np.mean(loud.argmax(axis=1) == y)
        rows.append([100 * lost, 100 * np.mean(S[y == k, k] > 0)])
    return np.array(rows)


class Ties(NamedTuple):
    """Rows whose votes tie, and how many of them each rule decides rightly."""

    tied: int
    by_scores: int
    by_order: int


def ties(model: Any, X: ArrayLike, y: ArrayLike) -> Ties:
    """Count the ties of a fitted one-vs-one, broken by the sum of scores or for the first class."""
    tied, y = np.asarray(model.tied(X)), np.asarray(y)
    first = model.classes_[model.votes(X).argmax(axis=1)]
    return Ties(
        int(tied.sum()),
        int(np.sum((model.predict(X) == y) & tied)),
        int(np.sum((first == y) & tied)),
    )


def all_ties(models: Sequence[Any], splits: Sequence[Split]) -> np.ndarray:
    """Count for each split the ties, and those right by scores, by order and by 1-NN; (splits, 4).

    The nearest neighbour is that of the training part of the same split.
    """
    rows = []
    for model, (A, a, B, b) in zip(models, splits, strict=True):
        near = KNeighborsClassifier(1).fit(A, a).predict(B)
        right = np.sum((np.asarray(near) == b) & np.asarray(model.tied(B)))
        rows.append([*ties(model, B, b), int(right)])
    return np.array(rows)


def right_where_refused(
    rests: Sequence[Any], ones: Sequence[Any], splits: Sequence[Split]
) -> np.ndarray:
    """Return % right of the test rows that no machine of one-vs-rest claims; (splits, 3).

    By the highest score of one-vs-rest, by the votes of one-vs-one, and by the nearest neighbour,
    all of the training part of the same split.
    """
    rows = []
    for rest, one, (A, a, B, b) in zip(rests, ones, splits, strict=True):
        refused = ~np.asarray(rest.claims(B)).any(axis=1)
        near = KNeighborsClassifier(1).fit(A, a)
        right = [np.asarray(model.predict(B)) == b for model in (rest, one, near)]
        rows.append([100 * np.mean(one[refused]) for one in right])
    return np.array(rows)


def all_duels(model: Any, X: ArrayLike) -> np.ndarray:
    """Return the scores of all pairs, (m, K, K): above 0 at [s, i, j] where j beats i on row s."""
    X = np.asarray(X, dtype=float)
    K = len(model.classes_)
    duels = np.zeros((len(X), K, K))
    for (i, j), pair in zip(model.pairs_, model.estimators_, strict=True):
        duels[:, i, j] = np.asarray(pair.decision_function(X))
    return duels - duels.transpose(0, 2, 1)


def root_mistakes(model: Any, X: ArrayLike, y: ArrayLike) -> tuple[int, int, float]:
    """Return a label tree's mistakes, those of them made at its root, and its mean questions."""
    leaf, y = np.asarray(model.predict(X)), np.asarray(y)
    second = model.classes_[model.tree_.members(model.tree_.children[-1, 1])]
    lost = np.isin(leaf, second) != np.isin(y, second)
    return int(np.sum(leaf != y)), int(lost.sum()), float(np.mean(model.n_evaluations(X)))


def last_pairs(tree: Any) -> set[tuple[int, int]]:
    """Return the pairs of classes that a `LabelTree` keeps together to the last question."""
    K = len(tree.children) + 1
    return {(min(pair), max(pair)) for pair in tree.children.tolist() if max(pair) < K}


def doubts_of_draws(many: Callable[[], Any], K: int, limits: Sequence[float]) -> np.ndarray:
    """Return the share of the picture in doubt, in %, for ten draws of `pinwheel`; (10,)."""
    found = []
    for seed in range(10):
        model = many().fit(*pinwheel(K, seed=seed))
        found.append(100 * sum(undecided_shares(model, limits, resolution=60).values()))
    return np.array(found)


class Bill(NamedTuple):
    """What a strategy costs."""

    trained: int
    asked: float
    rows: int
    seconds: float


def bill(model: Any, X: ArrayLike, y: ArrayLike) -> Bill:
    """Fit a strategy; return machines trained, asked for a row, rows in all, seconds of the fit."""
    begin = perf_counter()
    model.fit(X, y)
    seconds = perf_counter() - begin
    n, K = np.unique(y, return_counts=True)[1], len(model.classes_)
    uses = K if hasattr(model, "claims") else K - 1  # machines that see a row of class k
    uses = model.tree_.depths if hasattr(model, "tree_") else np.full(K, uses)
    return Bill(model.n_trained_, float(np.mean(model.n_evaluations(X))), int(n @ uses), seconds)


Accuracies = Mapping[str, Mapping[str, Sequence[float]]]
"""By data set and rival, "strategy, machine", the accuracy on each split."""


def mean_scores(accuracy: Accuracies) -> dict[str, dict[str, float]]:
    """Return the mean accuracy in %, by strategy, then by data set and machine."""
    table: dict[str, dict[str, float]] = {}
    for data, rivals in accuracy.items():
        for rival, scores in rivals.items():
            name, _, machine = rival.partition(", ")
            table.setdefault(name, {})[f"{data} {machine}".strip()] = 100 * float(np.mean(scores))
    return table


def differences(
    accuracy: Accuracies, one: str, other: str, *, overlap: float = 0.5
) -> dict[str, list[float]]:
    """Return by data set and machine the paired difference of two strategies, with its error.

    In points; `overlap` as of `paired_difference`: 0.5 where a third is tested, two thirds fitted.
    """
    rows = {}
    for data, rivals in accuracy.items():
        for machine in ("linear", "RBF"):
            a, b = (100 * np.array(rivals[f"{name}, {machine}"]) for name in (one, other))
            rows[f"{data}, {machine}"] = list(paired_difference(a, b, overlap=overlap))
    return rows


def minus(
    accuracy: Accuracies, one: str, others: Sequence[str], *, overlap: float = 0.5
) -> dict[str, list[float]]:
    """Return by data set and other rival the paired difference from it, in points, with its error.

    `one` and `others` are names of rivals as they stand in `accuracy`.
    """
    rows = {}
    for data, rivals in accuracy.items():
        for other in others:
            a, b = (100 * np.array(rivals[name]) for name in (one, other))
            rows[f"{data}: {other}"] = list(paired_difference(a, b, overlap=overlap))
    return rows


def root_of_two_trees(counts: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Compare the mistakes that two trees make at their roots, by machine.

    Returns for each machine the mean over the splits of the label tree, that of the shuffled tree,
    and in how many splits the label tree has fewer. `counts` is what the experiment *multiclass*
    stores of one data set.
    """
    rows = {}
    for machine in ("linear", "RBF"):
        learned, shuffled = (
            np.array(counts[f"{name} tree, {machine}: wrong at the root"])
            for name in ("label", "shuffled")
        )
        rows[machine] = [learned.mean(), shuffled.mean(), int(np.sum(learned < shuffled))]
    return rows


def strips(
    X: ArrayLike, y: ArrayLike, *, n: int, length: int = 3, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw n strips of pictures side by side; return them and the sets of their classes.

    Parameters
    ----------
    X : array of shape (m, d)
        Pictures, one a row.
    y : array of shape (m,)
        Their classes, 0 … K − 1.
    n, length, seed : int
        Strips, pictures on each (drawn with replacement), and the seed of the draw.

    Returns
    -------
    S : ndarray of shape (n, length · d)
    Y : bool ndarray of shape (n, K)
        Whether class k stands anywhere on a strip.

    Examples
    --------
    >>> S, Y = strips([[0.5], [1.5], [2.5]], [0, 1, 2], n=2, length=2)
    >>> S.tolist(), Y.tolist()
    ([[2.5, 1.5], [1.5, 0.5]], [[False, True, True], [True, True, False]])
    """
    X, y = np.asarray(X), np.asarray(y)
    rows = np.random.default_rng(seed).integers(len(X), size=(n, length))
    found = y[rows][:, :, None] == np.arange(y.max() + 1)  # (n, length, K)
    return X[rows].reshape(n, -1), found.any(axis=1)


def on_strips(
    splits: Sequence[Split],
    score: Callable[[np.ndarray, np.ndarray], Sequence[float]],
    rival: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> dict[str, np.ndarray]:
    """Score the sets that a rival predicts for strips of three, beside two simple rules.

    Of each split 600 strips are drawn from the training part and 300 from the test part.

    Parameters
    ----------
    splits : sequence of splits with the classes 0 … K − 1
    score : callable
        Takes the true and the predicted sets, bool (300, K) each, and returns some numbers.
    rival : callable
        Takes training strips, their sets and test strips; returns the predicted sets.

    Returns
    -------
    dict of str to ndarray of shape (splits, numbers)
        For "machines" (the rival), "nearest strip" (the set of the nearest training strip), and
        "always no" (empty sets).
    """
    found: dict[str, list[Sequence[float]]] = {"machines": [], "nearest strip": [], "always no": []}
    for seed, (A, a, B, b) in enumerate(splits):
        S, Y = strips(A, a, n=600, seed=seed)
        T, Z = strips(B, b, n=300, seed=seed)
        near = Y[distances_by_product(T, S).argmin(axis=1)]
        for name, sets in zip(found, (rival(S, Y, T), near, np.zeros_like(Z)), strict=True):
            found[name].append(score(Z, sets))
    return {name: np.array(rows) for name, rows in found.items()}
