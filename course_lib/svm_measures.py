"""What is measured on support vector machines: safety of lines, walks, grids, rivals, claims.

Also the samples of the picture in which an added feature lifts points so that a plane parts them.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.svm import SVC

from course_lib.linear_models.svm import LinearSVC, svm_objective
from course_lib.model_selection import paired_difference

DECADES = 10.0 ** np.arange(-3, 2)
"""Multiples of 1/(d · variance) among which `rivals` choose the γ of an RBF machine."""


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


def standardised(train: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Return train (n, d) and the others with the means and deviations of train taken out."""
    return [(a - train.mean(axis=0)) / train.std(axis=0) for a in (train, *others)]


def rbf_search(X: np.ndarray, C: Sequence[float], times: Sequence[float]) -> GridSearchCV:
    """Return a search, by five folds, for the cost and the width of scikit-learn's RBF machine.

    `C` counts as in this course, n times scikit-learn's; `times` are γ in units of
    1/(d · variance of X), so that 1 is ``gamma="scale"``. X is (n, d).
    """
    gamma = np.asarray(times, dtype=float) / (X.shape[1] * X.var())
    return GridSearchCV(SVC(), {"C": np.asarray(C, dtype=float) / len(X), "gamma": gamma}, cv=5)


def rivals(X: np.ndarray, y: np.ndarray, n_splits: int) -> tuple[dict[str, list[float]], int]:
    """Compare machines on splits of one data set, a quarter of it held out each time.

    The linear SVM, the RBF SVM and logistic regression choose their settings by five folds in the
    standardised training part. "raw" machines see the features as they come. They have
    scikit-learn's defaults, or choose C by five folds too. "hard margin" is C = 10⁹.

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
        raw, raw_new, t, new = train_test_split(X, y, stratify=y, random_state=seed)
        Z, Z_new = standardised(raw, raw_new)
        searches = {
            "linear SVM": GridSearchCV(LinearSVC(), {"C": 10.0 ** np.arange(5)}, cv=5),
            "RBF SVM": rbf_search(Z, 10.0 ** np.arange(2, 7), DECADES),
            "logistic": GridSearchCV(LogisticRegression(), {"C": 10.0 ** np.arange(-2, 2)}, cv=5),
            "RBF, C chosen, raw": rbf_search(raw, 10.0 ** np.arange(5, 10), [1]),
        }
        scores = {}
        for name, search in searches.items():
            train, test = (raw, raw_new) if name.endswith("raw") else (Z, Z_new)
            scores[name] = search.fit(train, t).score(test, new)
            for key, chosen in search.best_params_.items():
                values = search.param_grid[key]
                if len(values) > 1:
                    at_edge += int(chosen in (values[0], values[-1]))
        scores["linear, hard margin"] = LinearSVC(C=1e9).fit(Z, t).score(Z_new, new)
        scores["RBF, defaults"] = SVC().fit(Z, t).score(Z_new, new)
        scores["RBF, defaults, raw"] = SVC().fit(raw, t).score(raw_new, new)
        scores["larger class"] = float(np.mean(new == (1 if t.sum() >= 0 else -1)))
        for name, score in scores.items():
            accuracy.setdefault(name, []).append(score)
    return accuracy, at_edge


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
