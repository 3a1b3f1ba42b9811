"""How good predictions are: shares, curves over all thresholds, and probabilities that hold.

Symbols
    y          (n,)  labels; where one class is meant, `positive` names it
    predicted  (n,)  labels
    scores     (n,)  numbers that are larger the surer a model is of the positive class
    p          (n,)  scores that claim to be probabilities of the positive class
    TP, FP     positives among the samples that are predicted positive, and the others
    FN, TN     positives among the samples that are predicted negative, and the others

Every function takes lists, NumPy arrays and tensors, and returns NumPy arrays or Python floats.
Where a number would be 0/0 it is NaN unless the caller names another value; where a whole curve
would be, because a class is missing, it is an error.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from course_lib.checks import check_number, check_whole
from course_lib.estimator import Array, to_numpy

# --- Counts ------------------------------------------------------------------------------------


def confusion_matrix(
    y: Array,
    predicted: Array,
    *,
    labels: ArrayLike | None = None,
    sample_weight: Array | None = None,
) -> np.ndarray:
    """Count how often each class is predicted as each: the truth a row, the prediction a column.

    Parameters
    ----------
    y, predicted : arrays of shape (n,)
    labels : array of shape (K,), optional
        The classes in order; by default all that occur in y or predicted, sorted. Samples with a
        label, true or predicted, that is not among them are left out.
    sample_weight : array of shape (n,), optional

    Returns
    -------
    array of shape (K, K)
        Whole numbers, or sums of weights. Cost: one sort of the n labels.

    Raises
    ------
    ValueError
        For arrays of unequal length or none at all, negative weights, and labels given twice.

    Examples
    --------
    >>> confusion_matrix(["cat", "dog", "dog"], ["cat", "cat", "dog"])
    array([[1, 0],
           [1, 1]])
    """
    y, predicted, weight = _labels(y, predicted, sample_weight)
    seen, codes = np.unique(np.concatenate([y, predicted]), return_inverse=True)
    truth, guess = np.split(codes, 2)
    counts = np.zeros((len(seen), len(seen)), dtype=weight.dtype)
    np.add.at(counts, (truth, guess), weight)
    return counts if labels is None else _reordered(counts, seen, np.asarray(labels))


def _reordered(counts: np.ndarray, seen: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if labels.ndim != 1 or len(np.unique(labels)) != len(labels) or len(labels) == 0:
        raise ValueError(f"labels must name different classes, one at least; got {labels!r}.")
    wanted = np.zeros((len(labels), len(labels)), dtype=counts.dtype)
    ours, theirs = np.nonzero(labels[:, None] == seen[None, :])
    wanted[np.ix_(ours, ours)] = counts[np.ix_(theirs, theirs)]
    return wanted


def accuracy(y: Array, predicted: Array, *, sample_weight: Array | None = None) -> float:
    """Share of the samples whose label is predicted.

    >>> accuracy([0, 1, 1, 1], [0, 1, 1, 0])
    0.75
    """
    y, predicted, weight = _labels(y, predicted, sample_weight)
    return _ratio(weight[y == predicted].sum(), weight.sum())


def balanced_accuracy(y: Array, predicted: Array, *, sample_weight: Array | None = None) -> float:
    """Mean over the classes of the share of their samples that is found.

    A class that occurs in `predicted` only has no such share and is left out. Always predicting
    one of K classes gives 1/K, however frequent the class is.

    >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    y, predicted, weight = _labels(y, predicted, sample_weight)
    classes, codes = np.unique(y, return_inverse=True)
    found = np.bincount(codes, weight * (y == predicted), minlength=len(classes))
    of_all = np.bincount(codes, weight, minlength=len(classes))
    return float(np.mean(found[of_all > 0] / of_all[of_all > 0]))


class PrecisionRecall(NamedTuple):
    """What `precision_recall_f1` finds for one class."""

    precision: float  # TP / (TP + FP): of those that are predicted positive, how many are
    recall: float  # TP / (TP + FN): of those that are positive, how many are predicted so
    f1: float  # the harmonic mean of both, 2 TP / (2 TP + FP + FN)


def precision_recall_f1(
    y: Array,
    predicted: Array,
    *,
    positive: Any = 1,
    sample_weight: Array | None = None,
    zero_division: float = math.nan,
) -> PrecisionRecall:
    """Precision, recall and F1 of one class.

    Parameters
    ----------
    y, predicted : arrays of shape (n,)
    positive : a label, default=1
        One that occurs neither in y nor in predicted has nothing to divide by.
    sample_weight : array of shape (n,), optional
    zero_division : float, default=NaN
        What 0/0 is: the precision where nothing is predicted positive, the recall where nothing is
        positive, F1 where neither is. scikit-learn's default is 0 and a warning.

    Examples
    --------
    >>> [round(value, 2) for value in precision_recall_f1([0, 1, 1, 1], [1, 1, 1, 0])]
    [0.67, 0.67, 0.67]
    """
    y, predicted, weight = _labels(y, predicted, sample_weight)
    is_positive, is_called = y == positive, predicted == positive
    hits = weight[is_positive & is_called].sum()
    positives, called = weight[is_positive].sum(), weight[is_called].sum()
    return PrecisionRecall(
        _ratio(hits, called, zero_division),
        _ratio(hits, positives, zero_division),
        _ratio(2 * hits, positives + called, zero_division),
    )


def _ratio(part: float, whole: float, zero_division: float = math.nan) -> float:
    return float(part / whole) if whole > 0 else float(zero_division)


def wilson_interval(right: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval in which the accuracy of a fixed model lies, of whose n predictions some are right.

    Wilson (1927), Journal of the American Statistical Association 22, 209–212: those shares p from
    which the share seen differs by at most z standard errors √(p(1 − p)/n). Unlike the share seen,
    give or take z of its own standard errors, it does not shrink to a point at 0 or n right.

    Parameters
    ----------
    right : int, from 0 to n
    n : int
        Samples that took no part in fitting or choosing the model.
    level : float
        In repeated samples, about this share of the intervals holds the accuracy.

    Raises
    ------
    ValueError
        For numbers out of range.

    Examples
    --------
    >>> [round(end, 3) for end in wilson_interval(18, 20)]
    [0.699, 0.972]
    """
    n = check_whole("n", n)
    right = check_whole("right", right, 0, n)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}.")
    z2 = float(ndtri((1 + level) / 2)) ** 2
    middle = (right + z2 / 2) / (n + z2)
    half = math.sqrt(z2 * (right * (n - right) / n + z2 / 4)) / (n + z2)
    return max(0.0, middle - half), min(1.0, middle + half)


# --- Numbers -----------------------------------------------------------------------------------


def root_mean_squared_error(
    y: Array, predicted: Array, *, sample_weight: Array | None = None
) -> float:
    """Root of the mean squared error of predicted numbers, in the unit of y.

    >>> root_mean_squared_error([1.0, 2.0, 3.0, 4.0], [5.0, 2.0, 3.0, 4.0])
    2.0
    """
    y, predicted, weight = _labels(y, predicted, sample_weight)
    return math.sqrt(np.average((y - predicted) ** 2, weights=weight))


# --- Curves over all thresholds ------------------------------------------------------------------


class Roc(NamedTuple):
    """A ROC curve: what every threshold finds, and at what price; m is their number."""

    false_positive_rate: np.ndarray  # (m,) FP / (FP + TN), rising from 0 to 1
    true_positive_rate: np.ndarray  # (m,) TP / (TP + FN), rising from 0 to 1
    thresholds: np.ndarray  # (m,) falling from infinity; positive is predicted from there on


def roc_curve(
    y: Array, scores: Array, *, positive: Any = 1, sample_weight: Array | None = None
) -> Roc:
    """Rates of true and of false positives at every threshold that makes a difference.

    Equal scores fall together: a threshold divides between different scores only.

    Parameters
    ----------
    y : array of shape (n,)
    scores : array of shape (n,)
        Larger for surer; any scale.
    positive : a label, default=1
        All others are negative.
    sample_weight : array of shape (n,), optional

    Returns
    -------
    Roc
        Cost: one sort.

    Raises
    ------
    ValueError
        For one class only, of which no rate is known, and for scores that are not finite.

    Examples
    --------
    >>> roc = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    >>> roc.false_positive_rate, roc.true_positive_rate
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]))
    """
    hits, alarms, thresholds = _counts_from_the_top(y, scores, positive, sample_weight)
    if hits[-1] == 0 or alarms[-1] == 0:
        raise ValueError(
            f"a ROC curve needs both classes, but y holds no {_missing(hits, positive)}."
        )
    start = np.zeros(1)
    return Roc(
        np.concatenate([start, alarms / alarms[-1]]),
        np.concatenate([start, hits / hits[-1]]),
        np.concatenate([[np.inf], thresholds]),
    )


def _missing(hits: np.ndarray, positive: Any) -> str:
    return f"sample of the positive class {positive!r}" if hits[-1] == 0 else "negative sample"


def roc_auc(
    y: Array, scores: Array, *, positive: Any = 1, sample_weight: Array | None = None
) -> float:
    """Area under the ROC curve: how often a positive sample scores above a negative one.

    Both are drawn at random; a tie counts one half. Parameters and errors as `roc_curve`.

    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    roc = roc_curve(y, scores, positive=positive, sample_weight=sample_weight)
    return float(np.trapezoid(roc.true_positive_rate, roc.false_positive_rate))


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall at every threshold; m is their number."""

    precision: np.ndarray  # (m + 1,) the last is 1, where nothing is predicted positive
    recall: np.ndarray  # (m + 1,) falling from 1 to 0
    thresholds: np.ndarray  # (m,) rising; positive is predicted from there on


def precision_recall_curve(
    y: Array, scores: Array, *, positive: Any = 1, sample_weight: Array | None = None
) -> PrecisionRecallCurve:
    """Precision and recall at every threshold that makes a difference.

    Parameters as `roc_curve`.

    Raises
    ------
    ValueError
        Where y holds no positive sample, and for scores that are not finite.

    Examples
    --------
    >>> curve = precision_recall_curve([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    >>> curve.precision.round(2), curve.recall
    (array([0.5 , 0.67, 0.5 , 1.  , 1.  ]), array([1. , 1. , 0.5, 0.5, 0. ]))
    """
    hits, alarms, thresholds = _counts_from_the_top(y, scores, positive, sample_weight)
    if hits[-1] == 0:
        raise ValueError(f"precision and recall need positives: y holds no {positive!r}.")
    # Samples of weight 0 may come first; where nothing is called, nothing is called wrongly
    called = hits + alarms
    precision = np.divide(hits, called, out=np.zeros(len(hits)), where=called > 0)
    return PrecisionRecallCurve(
        np.concatenate([precision[::-1], [1.0]]),
        np.concatenate([hits[::-1] / hits[-1], [0.0]]),
        thresholds[::-1],
    )


def average_precision(
    y: Array, scores: Array, *, positive: Any = 1, sample_weight: Array | None = None
) -> float:
    """Mean of the precisions at which the positives are found, one by one from the top.

    The area under the steps of the precision-recall curve. A score that knows nothing has about
    the share of the positives. Parameters and errors as `precision_recall_curve`.

    >>> round(average_precision([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4]), 4)
    0.8333
    """
    curve = precision_recall_curve(y, scores, positive=positive, sample_weight=sample_weight)
    return float(-np.sum(np.diff(curve.recall) * curve.precision[:-1]))


class Threshold(NamedTuple):
    """What `cheapest_threshold` finds."""

    threshold: float  # predict positive from this score on; infinity for never
    cost: float  # the mean cost of a sample


def cheapest_threshold(
    y: Array,
    scores: Array,
    *,
    false_alarm: float,
    miss: float,
    positive: Any = 1,
    sample_weight: Array | None = None,
) -> Threshold:
    """Find the threshold of the smallest mean cost, where the two errors differ in price.

    Where the scores are probabilities that hold, it lies near false_alarm / (false_alarm + miss):
    from there on the expected cost of a miss, p·miss, is the larger one.

    Parameters
    ----------
    y, scores, positive, sample_weight
        As in `roc_curve`; one class is enough.
    false_alarm, miss : float
        Costs of a negative that is called positive, and of a positive that is not; at least 0.

    Returns
    -------
    Threshold
        Of equally cheap ones the highest.

    Examples
    --------
    >>> cheapest_threshold([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], false_alarm=1, miss=5)
    Threshold(threshold=0.2, cost=0.25)
    """
    false_alarm = check_number("false_alarm", false_alarm, least=0)
    miss = check_number("miss", miss, least=0)
    hits, alarms, thresholds = _counts_from_the_top(y, scores, positive, sample_weight)
    n = hits[-1] + alarms[-1]
    costs = false_alarm * alarms + miss * (hits[-1] - hits)
    costs = np.concatenate([[miss * hits[-1]], costs]) / n
    best = int(costs.argmin())
    return Threshold(float(np.concatenate([[np.inf], thresholds])[best]), float(costs[best]))


def _counts_from_the_top(
    y: Array, scores: Array, positive: Any, sample_weight: Array | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return TP, FP and the threshold for every different score, the largest first."""
    y, scores, weight = _labels(y, scores, sample_weight, second="scores")
    scores = _finite("scores", scores)
    order = np.argsort(-scores, kind="stable")
    scores, weight, is_positive = scores[order], weight[order], (y == positive)[order]
    last_of_equals = np.flatnonzero(np.append(np.diff(scores) != 0, True))
    hits = np.cumsum(weight * is_positive, dtype=float)[last_of_equals]
    alarms = np.cumsum(weight * ~is_positive, dtype=float)[last_of_equals]
    return hits, alarms, scores[last_of_equals]


# --- Probabilities ------------------------------------------------------------------------------


class Calibration(NamedTuple):
    """Bins of predicted probabilities, those without a sample left out; B is their number."""

    share: np.ndarray  # (B,) of positives in each bin
    predicted: np.ndarray  # (B,) the mean probability
    count: np.ndarray  # (B,) samples

    @property
    def error(self) -> float:
        """Mean gap between share and mean probability, each bin weighed by its samples."""
        return float(np.average(np.abs(self.share - self.predicted), weights=self.count))


def calibration_curve(
    y: Array, p: Array, *, positive: Any = 1, bins: int = 5, strategy: str = "uniform"
) -> Calibration:
    """Compare predicted probabilities with what then happened, bin by bin.

    Parameters
    ----------
    y : array of shape (n,)
    p : array of shape (n,)
        Probabilities of the positive class.
    positive : a label, default=1
    bins : int, default=5
    strategy : {"uniform", "quantile"}
        Bins of equal width, or of about equally many samples.

    Raises
    ------
    ValueError
        For probabilities outside 0 … 1, another strategy, and arrays of unequal length.

    Examples
    --------
    >>> curve = calibration_curve([0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.9], bins=2)
    >>> curve.share.round(2), curve.predicted.round(2), curve.count
    (array([0.33, 1.  ]), array([0.2 , 0.85]), array([3, 2]))
    """
    y, p, _ = _labels(y, p, None, second="p")
    p = _probabilities(p)
    bins = check_whole("bins", bins)
    if strategy not in ("uniform", "quantile"):
        raise ValueError(f"strategy must be 'uniform' or 'quantile', got {strategy!r}.")
    edges = np.linspace(0, 1, bins + 1)
    if strategy == "quantile":
        edges = np.quantile(p, edges)
    which = np.searchsorted(edges[1:-1], p)
    count = np.bincount(which, minlength=bins)
    full = count > 0
    share = np.bincount(which, y == positive, minlength=bins)[full] / count[full]
    predicted = np.bincount(which, p, minlength=bins)[full] / count[full]
    return Calibration(share, predicted, count[full])


def brier_score(
    y: Array, p: Array, *, positive: Any = 1, sample_weight: Array | None = None
) -> float:
    """Mean squared distance of the predicted probability from what happened, 1 or 0.

    Brier (1950), Monthly Weather Review 78, 1–3. Smallest in expectation for the true probability.

    >>> round(brier_score([0, 1], [0.1, 0.6]), 3)
    0.085
    """
    y, p, weight = _labels(y, p, sample_weight, second="p")
    return float(np.average((_probabilities(p) - (y == positive)) ** 2, weights=weight))


# --- Checks -------------------------------------------------------------------------------------


def _labels(
    y: Array, other: Array, sample_weight: Array | None, second: str = "predicted"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both and the weights (n,) as NumPy arrays; without weights, whole ones."""
    y, other = np.asarray(to_numpy(y)), np.asarray(to_numpy(other))
    if y.ndim != 1 or y.shape != other.shape or len(y) == 0:
        raise ValueError(
            f"y and {second} must have one shape (n,) with n ≥ 1, got {y.shape} and {other.shape}."
        )
    for name, values in (("y", y), (second, other)):
        if values.dtype.kind == "f":
            _finite(name, values)
    if sample_weight is None:
        return y, other, np.ones(len(y), dtype=np.int64)
    weight = _finite("sample_weight", np.asarray(to_numpy(sample_weight)))
    if weight.shape != y.shape or weight.min() < 0 or weight.sum() == 0:
        raise ValueError(
            f"sample_weight must hold {len(y)} weights of at least 0, not all of them 0; got "
            f"{weight!r}."
        )
    return y, other, weight


def _finite(name: str, values: np.ndarray) -> np.ndarray:
    values = values.astype(float)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} must be finite numbers; found NaN or infinity.")
    return values


def _probabilities(p: np.ndarray) -> np.ndarray:
    p = _finite("p", p)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"p must hold probabilities from 0 to 1, got {p.min()} to {p.max()}.")
    return p
