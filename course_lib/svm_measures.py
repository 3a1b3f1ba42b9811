"""What is measured on support vector machines: safety of lines, walks, grids, rivals, claims.

Also the samples of the picture in which an added feature lifts points so that a plane parts them.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from course_lib.linear_models.svm import LinearSVC, svm_objective
from course_lib.model_selection import paired_difference
from course_lib.preprocessing import StandardScaler

DECADES = 10.0 ** np.arange(-3, 2)
"""Multiples of 1/(d · variance) among which `rivals` choose the γ of an RBF machine."""
RAW_COSTS = 3 * 10.0 ** np.arange(4, 9)
"""Costs C among which the RBF machine on raw features chooses there."""


def nearest_distance(line: ArrayLike, X: ArrayLike, sign: ArrayLike) -> float:
    """Distance of the nearest sample from a line, negative if a sample is on its wrong side.

    `line` is (w₁, …, w_d, b), `X` is (n, d), and `sign`, (n,), is −1 or +1 for each sample.

    >>> nearest_distance((3, 4, 0), [[1, 0], [-3, -4]], [1, -1])
    0.6
    """
    *w, b = np.asarray(line, dtype=float)
    return float(np.min(np.asarray(sign) * (np.asarray(X) @ w + b)) / np.linalg.norm(w))


def wrong_side(line: ArrayLike, moved: ArrayLike, sign: ArrayLike) -> np.ndarray:
    """Per cent of moved samples on the wrong side of a line or on it, in each repetition.

    Parameters
    ----------
    line : (w₁, …, w_d, b)
    moved : array of shape (repetitions, m, n, d)
        n samples, each moved m times.
    sign : array of shape (n,)
        −1 or +1.

    Examples
    --------
    >>> wrong_side((1, 0), [[[[2.0], [-1.0]], [[-2.0], [-3.0]]]], [1, -1])
    array([25.])
    """
    *w, b = np.asarray(line, dtype=float)
    own = np.asarray(sign) * (np.asarray(moved) @ w + b)  # (repetitions, m, n)
    return 100 * np.mean(own <= 0, axis=(1, 2))


# --- added features ------------------------------------------------------------------------

BELLS = {"γ = 0.1": 0.1, "γ = 1": 1.0, "γ = 10": 10.0}


def inner_and_outer(seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return samples "in" between samples "out": 25 on a line, (25, 1), and 80 in rings, (80, 2).

    No threshold separates the first, and no line the second.
    """
    rng = np.random.default_rng(seed)
    radii = np.append(rng.uniform(0, 1.1, 40), rng.uniform(1.7, 2.7, 40))
    turn = rng.uniform(0, 2 * np.pi, 80)
    dots = np.linspace(-3, 3, 25)
    rings = np.column_stack([radii * np.cos(turn), radii * np.sin(turn)])
    return {
        "line": (dots[:, None], np.where(np.abs(dots) < 1.2, "in", "out")),
        "rings": (rings, np.repeat(["in", "out"], 40)),
    }


def added_feature(added: str, landmark: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the feature X (n, d) → (n,) that is added to samples.

    With r the distance from the landmark, which lies on the first axis, it is r² ("square"),
    exp(−γr²) (a name in `BELLS`), or 0 ("nothing").

    >>> added_feature("square", 1.0)(np.array([[3.0, 1.0]]))
    array([5.])
    """
    if added not in ("nothing", "square", *BELLS):
        raise ValueError(f"added must be 'nothing', 'square' or one of {list(BELLS)}: {added!r}.")

    def feature(X: np.ndarray) -> np.ndarray:
        r2 = (X[:, 0] - landmark) ** 2 + np.sum(X[:, 1:] ** 2, axis=1)  # (n,)
        if added in BELLS:
            return np.exp(-BELLS[added] * r2)
        return r2 if added == "square" else 0 * r2

    return feature


# --- walks ---------------------------------------------------------------------------------


def above_the_least(
    walk: Callable[..., tuple[np.ndarray, float]],
    plans: Mapping[str, Callable[[int], float]],
    X: np.ndarray,
    y: np.ndarray,
    *,
    C: float,
    n_samples: int = 10,
    size: int = 200,
    steps: int = 1000,
) -> dict[str, list[float]]:
    """Return by plan how far F is above its least value after a walk, in per cent, in samples.

    Parameters
    ----------
    walk : callable (X, y, C, eta, steps) → (w, b)
    plans : mapping of a name to k → η_k
    X, y : arrays of shapes (n, d) and (n,), with y −1 or +1
        Each sample takes `size` rows of them.
    """
    above: dict[str, list[float]] = {name: [] for name in plans}
    for seed in range(n_samples):
        rows = np.random.default_rng(seed).choice(len(y), size, replace=False)
        exact = LinearSVC(C, tol=1e-10).fit(X[rows], y[rows])
        least = svm_objective(X[rows], y[rows], exact.coef_, exact.intercept_, C=C)
        for name, eta in plans.items():
            end = walk(X[rows], y[rows], C, eta, steps)
            above[name].append(
                float(100 * (svm_objective(X[rows], y[rows], *end, C=C) / least - 1))
            )
    return above


# --- choices and rivals --------------------------------------------------------------------


def _standardising(machine: BaseEstimator) -> Pipeline:
    """Put standardised features before a machine; each fit takes means and deviations anew."""
    return Pipeline([("scale", StandardScaler()), ("machine", machine)])


def rbf_search(
    X: np.ndarray, C: Sequence[float], times: Sequence[float], *, folds: int = 5
) -> GridSearchCV:
    """Return a search, by folds, for the cost and the width of scikit-learn's RBF machine.

    The machine standardises X, (n, d), first: in each fold by what the other folds say. `C` counts
    as in this course, n times scikit-learn's; `times` are γ in units of 1/(d · variance), so that
    1 is ``gamma="scale"``. (Standardised features have variance 1.)
    """
    n, d = X.shape
    grid = {"machine__C": np.asarray(C, float) / n, "machine__gamma": np.asarray(times, float) / d}
    return GridSearchCV(_standardising(SVC()), grid, cv=folds)


def rivals(X: np.ndarray, y: np.ndarray, n_splits: int) -> tuple[dict[str, list[float]], int]:
    """Compare machines on splits of one data set, a quarter of it held out each time.

    The linear SVM, the RBF SVM and logistic regression choose their settings by three folds of the
    training part, and standardise inside each. "raw" machines see the features as they come. They
    have scikit-learn's defaults, or choose C by three folds too. "hard margin" is C = 10⁹.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
        y is −1 or +1.
    n_splits : int

    Returns
    -------
    accuracy : dict of name to one number for each split
    at_edge : int
        How many of the 5 · n_splits choices are the first or the last value of their grid.
    """
    accuracy: dict[str, list[float]] = {}
    at_edge = 0
    for seed in range(n_splits):
        train, test, t, new = train_test_split(X, y, stratify=y, random_state=seed)
        n = len(t)
        linear, logistic = _standardising(SVC(kernel="linear")), LogisticRegression()
        searches = {
            "linear SVM": _cost_search(linear, "machine__C", 10.0 ** np.arange(5) / n),
            "RBF SVM": rbf_search(train, 10.0 ** np.arange(2, 7), DECADES, folds=3),
            "logistic": _cost_search(
                _standardising(logistic), "machine__C", 10.0 ** np.arange(-2, 2)
            ),
            "RBF, C chosen, raw": _cost_search(SVC(), "C", RAW_COSTS / n),
        }
        machines = {
            **searches,
            "linear, hard margin": _standardising(LinearSVC(C=1e9)),
            "RBF, defaults": _standardising(SVC()),
            "RBF, defaults, raw": SVC(),
            "larger class": DummyClassifier(),
        }
        for name, machine in machines.items():
            accuracy.setdefault(name, []).append(machine.fit(train, t).score(test, new))
        for search in searches.values():
            for key, chosen in search.best_params_.items():
                at_edge += int(chosen in (search.param_grid[key][0], search.param_grid[key][-1]))
    return accuracy, at_edge


def _cost_search(machine: BaseEstimator, name: str, costs: np.ndarray) -> GridSearchCV:
    return GridSearchCV(machine, {name: costs}, cv=3)


def differences(
    accuracy: Mapping[str, ArrayLike], pairs: Sequence[tuple[str, str]], *, overlap: float
) -> dict[str, list[float]]:
    """Return by pair the mean difference on the same split in points, its error, wins and losses.

    `overlap` as of `paired_difference`: ⅓ where a quarter is held out.
    """
    rows = {}
    for one, other in pairs:
        a, b = 100 * np.asarray(accuracy[one]), 100 * np.asarray(accuracy[other])
        mean, error = paired_difference(a, b, overlap=overlap)
        rows[f"{one} − {other}"] = [mean, error, int(np.sum(a > b)), int(np.sum(a < b))]
    return rows


def claims(scores: np.ndarray, codes: np.ndarray) -> list[int]:
    """Count for each class how many of its samples its own machine claims; then the right answers.

    `scores` is (n, K), a column for each machine, `codes` (n,) holds 0, …, K − 1. The answer is
    the class of the highest score.

    >>> claims(np.array([[1.0, -1.0], [-2.0, -1.0]]), np.array([0, 1]))
    [1, 0, 2]
    """
    own = [int(np.sum(scores[codes == k, k] > 0)) for k in range(scores.shape[1])]
    return [*own, int(np.sum(scores.argmax(axis=1) == codes))]
