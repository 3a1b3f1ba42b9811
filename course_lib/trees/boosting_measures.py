"""What the chapter on boosting measures round by round, and the wrong labels that it plants.

Symbols
    T      rounds
    S      splits into training and test data
    X, y   (n, d), (n,)  samples and their labels or targets
    w      (T + 1, n)    weights of the samples, each row with the sum 1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import clone, is_classifier
from sklearn.model_selection import train_test_split

from course_lib.model_selection import paired_difference

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Training inputs and labels, test inputs and labels."""


def random_splits(X: ArrayLike, y: ArrayLike, *, test_size: float, seeds: int = 10) -> list[Split]:
    """Return a split into training and test data for each seed."""
    parts = (train_test_split(X, y, test_size=test_size, random_state=s) for s in range(seeds))
    return [(A, a, B, b) for A, B, a, b in parts]


def mislabelled(splits: Sequence[Split], share: float) -> list[Split]:
    """Return the splits with a share of the training labels flipped, see `flip`."""
    flipped = (flip(a, share, seed)[0] for seed, (_, a, _, _) in enumerate(splits))
    return [(A, f, B, b) for f, (A, _, B, b) in zip(flipped, splits, strict=True)]


def fitted(model: Any, splits: Sequence[Split]) -> list[Any]:
    """Return a copy of the model for each split, fitted to its training part."""
    return [clone(model).fit(A, a) for A, a, _, _ in splits]


def curves(models: Sequence[Any], splits: Sequence[Split], part: str = "test") -> np.ndarray:
    """Return the error of each split's model after each round, (S, T).

    Per cent of wrong labels, or the root mean squared error of numbers. A model that ended before
    the others keeps its last error.

    Parameters
    ----------
    models : sequence of S models fitted to the training parts
    splits : sequence of S splits
    part : "test" or "training"
    """
    of = errors_by_round if is_classifier(models[0]) else rmse_by_round
    at = {"training": 0, "test": 2}[part]
    each = [of(m, s[at], s[at + 1]) for m, s in zip(models, splits, strict=True)]
    longest = max(map(len, each))
    return np.array([np.append(one, np.repeat(one[-1], longest - len(one))) for one in each])


def held_out_errors(model: Any, splits: Sequence[Split]) -> np.ndarray:
    """Fit a copy of the model to each split; return its error on the test parts, (S,)."""
    return curves(fitted(model, splits), splits)[:, -1]


def errors_at(
    runs: Mapping[str, tuple[Any, Sequence[int]]], splits: Sequence[Split]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the errors of boosters on the training and on the test parts after some rounds.

    Parameters
    ----------
    runs : mapping of a name to a booster and the numbers of rounds to look at
        In place of a booster, the list of its S copies that `fitted` returns for these splits.
    splits : sequence of S splits

    Returns
    -------
    training, test : dicts of arrays of shape (S,)
        By name and rounds, such as "AdaBoost, 100"; see `curves`.
    """
    training: dict[str, np.ndarray] = {}
    test: dict[str, np.ndarray] = {}
    for name, (model, rounds) in runs.items():
        models = model
        if not isinstance(model, list):
            models = fitted(clone(model).set_params(n_estimators=max(rounds)), splits)
        for found, part in ((training, "training"), (test, "test")):
            errors = curves(models, splits, part)
            ends = [min(T, errors.shape[1]) for T in rounds]  # a booster may end before
            found |= {f"{name}, {T}": errors[:, t - 1] for T, t in zip(rounds, ends, strict=True)}
    return training, test


def grid_points(limits: Sequence[float], resolution: int = 80) -> np.ndarray:
    """Return the points of a square grid, (resolution², 2), row by row from the bottom left."""
    left, right, bottom, top = limits
    u, v = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    return np.stack(np.meshgrid(u, v, indexing="xy"), axis=-1).reshape(-1, 2)


def errors_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return which per cent of the labels y (n,) are predicted wrongly after each round, (T,)."""
    return np.array([100 * np.mean(labels != np.asarray(y)) for labels in model.staged_predict(X)])


def rmse_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the root of the mean squared error for targets y (n,) after each round, (T,)."""
    return np.array([np.sqrt(np.mean((F - y) ** 2)) for F in model.staged_predict(X)])


def weights_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the weights that AdaBoost's rounds give its training samples, (T + 1, n).

    Row t is what the rule of round t + 1 is fitted to, the last row what the next one would be.

    Parameters
    ----------
    model : fitted AdaBoostClassifier of two classes
    X, y : arrays of shapes (n, d) and (n,)
        The training samples; all began with the same weight.
    """
    sign = np.where(np.asarray(y) == model.classes_[1], 1.0, -1.0)
    votes = np.cumsum(model.estimator_weights_) / 2  # of half the log-odds each
    scores = np.array(list(model.staged_decision_function(X))) * votes[:, None]  # (T, n)
    m = np.vstack([np.zeros(len(sign)), sign * scores])
    w = np.exp(m.min(axis=1, keepdims=True) - m)
    return w / w.sum(axis=1, keepdims=True)


def next_weights(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the weights that the next round would give the training samples, (n,); their sum is 1.

    Of AdaBoost its weights, of gradient boosting the sizes of the pseudo-residuals.

    Parameters
    ----------
    model : fitted AdaBoostClassifier or GradientBoostingClassifier of two classes
    X, y : arrays of shapes (n, d) and (n,)
        The training samples.
    """
    if not hasattr(model, "loss"):
        return weights_by_round(model, X, y)[-1]
    m = np.where(np.asarray(y) == model.classes_[1], 1.0, -1.0) * model.decision_function(X)
    pull = np.exp(m.min() - m) if model.loss == "exponential" else 1 / (1 + np.exp(m))
    return pull / pull.sum()


def margins_by_round(model: Any, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the voting margins of the samples after each round, (T, n); two classes."""
    sign = np.where(np.asarray(y) == model.classes_[1], 1.0, -1.0)
    return sign * np.array(list(model.staged_decision_function(X)))


def margins(models: Sequence[Any], splits: Sequence[Split]) -> list[np.ndarray]:
    """Return each model's margins of its own training samples after each round, (T, n) each."""
    pairs = zip(models, splits, strict=True)
    return [margins_by_round(model, A, a) for model, (A, a, _, _) in pairs]


def misread(values: ArrayLike, seed: int, count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Add 400 to 700 to a few of the values (n,), drawn at random; return them all, and where."""
    rng, values = np.random.default_rng(seed), np.array(values, dtype=float)
    where = rng.permutation(len(values))[:count]
    values[where] += rng.uniform(400, 700, count)
    return values, where


def flip(y: ArrayLike, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a share of the labels of two classes wrong.

    Parameters
    ----------
    y : array of shape (n,)
        Labels of two kinds.
    share : float
        From 0 to 1; the number of wrong labels is rounded.
    seed : int

    Returns
    -------
    labels : array of shape (n,)
    wrong : array of shape (n,), bool

    Raises
    ------
    ValueError
        If y does not hold two kinds of labels.

    Examples
    --------
    >>> flip(["no", "yes", "no", "no"], 0.5, seed=0)[0].tolist()
    ['yes', 'yes', 'yes', 'no']
    """
    y = np.asarray(y)
    kinds = np.unique(y)
    if len(kinds) != 2:
        raise ValueError(f"flip needs labels of two kinds, got {kinds.tolist()[:6]}.")
    wrong = np.zeros(len(y), dtype=bool)
    count = round(share * len(y))
    wrong[np.random.default_rng(seed).permutation(len(y))[:count]] = True
    other = np.where(y == kinds[0], kinds[1], kinds[0])
    return np.where(wrong, other, y), wrong


def flipped_share(models: Sequence[Any], splits: Sequence[Split], share: float) -> np.ndarray:
    """Return which part of the training labels that a model contradicts had been flipped, (S,).

    Parameters
    ----------
    models : sequence of S classifiers
        Each was fitted to the training part of a split after `mislabelled` flipped the share.
    splits : sequence of S splits of two classes
        With the true labels.
    share : float

    Returns
    -------
    array of shape (S,)
        In per cent; nan where the model contradicts no label.
    """
    parts = []
    for seed, (model, (A, a, _, _)) in enumerate(zip(models, splits, strict=True)):
        labels, flipped = flip(a, share, seed)
        against = model.predict(A) != labels
        parts.append(100 * flipped[against].mean() if against.any() else np.nan)
    return np.array(parts)


def distances(model: Any, x: ArrayLike, readings: ArrayLike, truth: ArrayLike) -> np.ndarray:
    """Fit a copy of the model to each of S readings; return how far it is from the truth, (S,).

    Parameters
    ----------
    model : regressor
    x : array of shape (n, d)
    readings : array of shape (S, n)
    truth : array of shape (n,)

    Returns
    -------
    array of shape (S,)
        Mean absolute differences of the predictions for x, in the truth's unit.
    """
    fits = np.array([clone(model).fit(x, read).predict(x) for read in np.asarray(readings)])
    return np.mean(np.abs(fits - np.asarray(truth)), axis=1)


def newton_leaf(y: ArrayLike, F: ArrayLike) -> float:
    """Return Newton's step for log-odds F (n,) of labels y (n,), 0 or 1, that a leaf holds."""
    p = expit(np.asarray(F, dtype=float))
    return float(np.sum(y - p) / np.sum(p * (1 - p)))


def mean_leaf(y: ArrayLike, F: ArrayLike) -> float:
    """Return the mean pseudo-residual of the logistic loss in a leaf, see `newton_leaf`."""
    return float(np.mean(y - expit(np.asarray(F, dtype=float))))


def told_apart(
    errors: Mapping[str, ArrayLike], names: Iterable[str], overlap: float
) -> list[tuple[str, str]]:
    """Return the pairs of rivals whose errors differ by more than the error of the difference.

    Parameters
    ----------
    errors : mapping of a rival to an array of shape (S,)
    names : iterable of str
        The rivals that are compared, each with each.
    overlap : float
        As in `course_lib.model_selection.paired_difference`.

    Examples
    --------
    >>> told_apart({"a": [5.0, 7.0], "b": [3.0, 3.0], "c": [4.0, 8.0]}, "abc", overlap=0)
    [('a', 'b'), ('b', 'c')]
    """
    found = []
    for one, other in combinations(names, 2):
        d = paired_difference(errors[one], errors[other], overlap=overlap)
        if abs(d.mean) > d.error:
            found.append((one, other))
    return found


def beside(
    errors: Mapping[str, ArrayLike], name: str, overlap: float
) -> dict[str, tuple[float, float, float]]:
    """Compare rivals that were measured on the same splits with one of them, the best one first.

    Parameters
    ----------
    errors : mapping of a rival to an array of shape (S,)
    name : str
        The rival that the others are compared with.
    overlap : float
        As in `course_lib.model_selection.paired_difference`.

    Returns
    -------
    dict
        By rival its mean error, by how much that is above the mean of `name`, and the error of
        this difference.

    Examples
    --------
    >>> beside({"a": [5.0, 7.0], "b": [3.0, 3.0]}, "a", overlap=0)
    {'b': (3.0, -3.0, 1.0), 'a': (6.0, 0.0, 0.0)}
    """
    table = {
        rival: (float(np.mean(found)), *paired_difference(found, errors[name], overlap=overlap))
        for rival, found in errors.items()
    }
    return dict(sorted(table.items(), key=lambda row: row[1][0]))
