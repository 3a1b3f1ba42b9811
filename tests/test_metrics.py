import math

import numpy as np
import pytest
import sklearn.metrics as reference
from backends import BACKENDS
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve as reference_calibration

from course_lib.metrics import (
    accuracy,
    average_precision,
    balanced_accuracy,
    brier_score,
    calibration_curve,
    cheapest_threshold,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_f1,
    roc_auc,
    roc_curve,
    root_mean_squared_error,
    wilson_interval,
)

RNG = np.random.default_rng(3)
N = 60
Y = RNG.integers(0, 3, N)
PREDICTED = np.where(RNG.random(N) < 0.6, Y, RNG.integers(0, 3, N))
WEIGHTS = RNG.integers(0, 4, N).astype(float)
BINARY = (RNG.random(N) < 0.3).astype(int)
TIED = np.round(RNG.normal(size=N) + BINARY, 1)  # many equal scores
DISTINCT = RNG.normal(size=N) + BINARY
P = np.round(1 / (1 + np.exp(-TIED)), 2)


@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("names", [None, np.array(["owl", "ant", "cat"])])
def test_counts_and_shares_are_those_of_scikit_learn(weight, names):
    y, predicted = (Y, PREDICTED) if names is None else (names[Y], names[PREDICTED])
    options = {"sample_weight": weight}
    np.testing.assert_allclose(
        confusion_matrix(y, predicted, **options),
        reference.confusion_matrix(y, predicted, **options),
    )
    for ours, theirs in (
        (accuracy, reference.accuracy_score),
        (balanced_accuracy, reference.balanced_accuracy_score),
    ):
        mine = ours(y=y, predicted=predicted, **options)
        assert mine == pytest.approx(theirs(y, predicted, **options))
    for label in np.unique(y):
        theirs = reference.precision_recall_fscore_support(
            y, predicted, labels=[label], average="macro", **options
        )[:3]
        mine = precision_recall_f1(y, predicted, positive=label, **options)
        assert mine == pytest.approx(theirs)


@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_the_error_of_numbers_is_that_of_scikit_learn(weight):
    theirs = reference.root_mean_squared_error(TIED, DISTINCT, sample_weight=weight)
    assert root_mean_squared_error(TIED, DISTINCT, sample_weight=weight) == pytest.approx(theirs)


@pytest.mark.parametrize("labels", [[2, 0, 1], [0, 2], [5, 1]])
def test_labels_order_the_counts_and_leave_out_the_others(labels):
    mine = confusion_matrix(Y, PREDICTED, labels=labels)
    np.testing.assert_array_equal(mine, reference.confusion_matrix(Y, PREDICTED, labels=labels))
    assert mine.dtype.kind == "i"


def test_the_truth_is_a_row():
    counts = confusion_matrix(["a", "a", "a", "b"], ["a", "b", "b", "b"])
    np.testing.assert_array_equal(counts, [[1, 2], [0, 1]])


def test_one_class_and_a_class_that_is_only_predicted():
    np.testing.assert_array_equal(confusion_matrix([4, 4], [4, 4]), [[2]])
    assert balanced_accuracy([1, 1], [1, 2]) == 0.5
    assert balanced_accuracy([1, 1, 2], [1, 1, 1]) == 0.5
    assert balanced_accuracy([1, 1, 2], [1, 1, 1], sample_weight=[1, 1, 0]) == 1.0


@pytest.mark.parametrize("zero", [0.0, 1.0, math.nan])
def test_a_division_by_zero_is_what_the_caller_says(zero):
    for y, predicted in (([0, 1], [0, 0]), ([0, 0], [0, 1]), ([0, 0], [0, 0])):
        mine = precision_recall_f1(y, predicted, zero_division=zero)
        theirs = reference.precision_recall_fscore_support(
            y, predicted, labels=[1], average=None, zero_division=zero
        )[:3]
        np.testing.assert_array_equal(mine, np.ravel(theirs))


def test_a_share_of_nothing_is_no_number():
    mine = precision_recall_f1([0, 1], [0, 0])
    assert math.isnan(mine.precision)
    assert mine[1:] == (0, 0)
    assert all(math.isnan(part) for part in precision_recall_f1([0, 0], [0, 0]))


# --- Curves ------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [None, WEIGHTS, WEIGHTS + 1])
@pytest.mark.parametrize("scores", [TIED, DISTINCT, np.zeros(N)])
def test_curves_are_those_of_scikit_learn(scores, weight):
    options = {"sample_weight": weight}
    keep = slice(None) if weight is None else weight > 0  # where scikit-learn drops the others
    mine = roc_curve(
        BINARY[keep], scores[keep], sample_weight=None if weight is None else weight[keep]
    )
    theirs = reference.roc_curve(BINARY, scores, drop_intermediate=False, **options)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a, b)
    curve = precision_recall_curve(
        BINARY[keep], scores[keep], sample_weight=None if weight is None else weight[keep]
    )
    theirs = reference.precision_recall_curve(BINARY, scores, **options)
    for a, b in zip(curve, theirs, strict=True):
        np.testing.assert_allclose(a, b)
    for ours, other in (
        (roc_auc, reference.roc_auc_score),
        (average_precision, reference.average_precision_score),
    ):
        assert ours(BINARY, scores, **options) == pytest.approx(other(BINARY, scores, **options))


def test_the_area_is_how_often_a_positive_scores_above_a_negative():
    gaps = TIED[BINARY == 1][:, None] - TIED[BINARY == 0]
    assert roc_auc(BINARY, TIED) == pytest.approx(np.mean((gaps > 0) + 0.5 * (gaps == 0)))


def test_every_point_of_the_curves_is_a_confusion_matrix():
    roc, curve = roc_curve(BINARY, TIED), precision_recall_curve(BINARY, TIED)
    for false_alarms, found, threshold in zip(*roc, strict=True):
        counts = confusion_matrix(BINARY, (threshold <= TIED).astype(int), labels=[0, 1])
        assert false_alarms == pytest.approx(counts[0, 1] / counts[0].sum())
        assert found == pytest.approx(counts[1, 1] / counts[1].sum())
    for precision, recall, threshold in zip(*curve[:2], [*curve.thresholds, np.inf], strict=True):
        mine = precision_recall_f1(BINARY, threshold <= TIED, zero_division=1.0)
        assert (precision, recall) == pytest.approx(mine[:2])


@pytest.mark.parametrize("measure", [roc_curve, roc_auc, precision_recall_curve, average_precision])
def test_what_is_positive_is_said_by_name(measure):
    with pytest.raises(TypeError, match="positional"):
        measure(BINARY, TIED, 0)


def test_words_can_be_positive():
    words = np.array(["no", "yes"])[BINARY]
    assert roc_auc(words, TIED, positive="yes") == roc_auc(BINARY, TIED)
    assert average_precision(words, TIED, positive="yes") == average_precision(BINARY, TIED)
    assert brier_score(words, P, positive="yes") == brier_score(BINARY, P)
    assert roc_auc(words, TIED, positive="no") == pytest.approx(1 - roc_auc(BINARY, TIED))
    np.testing.assert_array_equal(
        calibration_curve(words, P, positive="yes").share, calibration_curve(BINARY, P).share
    )


def test_one_class_has_no_curve_and_the_error_says_which_is_missing():
    with pytest.raises(ValueError, match="both classes, but y holds no negative sample"):
        roc_curve([1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="no sample of the positive class 1"):
        roc_auc([0, 0], [0.1, 0.2])
    with pytest.raises(ValueError, match="no sample of the positive class 1"):
        roc_curve([0], [0.1])
    with pytest.raises(ValueError, match="no negative sample"):
        roc_curve([1, 1, 1], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="y holds no 1"):
        precision_recall_curve([0, 0], [0.1, 0.2])
    assert average_precision([1, 1], [0.1, 0.2]) == 1.0


def test_samples_of_no_weight_at_the_top_call_nobody_wrongly():
    curve = precision_recall_curve([0, 1, 0], [3, 2, 1], sample_weight=[0, 1, 1])
    np.testing.assert_allclose(curve.precision, [0.5, 1, 0, 1])
    np.testing.assert_allclose(curve.recall, [1, 1, 0, 0])


@pytest.mark.parametrize(("false_alarm", "miss"), [(1, 1), (1, 10), (10, 1), (0, 1), (1, 0)])
def test_the_cheapest_threshold_is_the_cheapest_of_all(false_alarm, miss):
    best = cheapest_threshold(BINARY, TIED, false_alarm=false_alarm, miss=miss)
    costs = {}
    for threshold in [np.inf, *np.unique(TIED)[::-1]]:
        called = threshold <= TIED
        costs[threshold] = np.mean(
            false_alarm * (called & (BINARY == 0)) + miss * (~called & (BINARY == 1))
        )
    assert best.cost == pytest.approx(min(costs.values()))
    assert best.threshold == max(t for t, c in costs.items() if c <= min(costs.values()) + 1e-12)


def test_the_cheapest_threshold_weighs_samples_and_takes_one_class():
    weighed = cheapest_threshold([1, 0], [0.1, 0.2], false_alarm=1, miss=1, sample_weight=[1, 3])
    assert weighed == (math.inf, 0.25)
    assert cheapest_threshold([1, 1], [0.1, 0.2], false_alarm=1, miss=1) == (0.1, 0)
    assert cheapest_threshold([0, 0], [0.1, 0.2], false_alarm=1, miss=1) == (math.inf, 0)
    for wrong in ({"false_alarm": -1, "miss": 1}, {"false_alarm": 1, "miss": -1}):
        with pytest.raises(ValueError, match="must be a finite number of at least 0"):
            cheapest_threshold([1], [0.1], **wrong)


def test_with_probabilities_that_hold_the_cheapest_threshold_follows_from_the_costs():
    rng = np.random.default_rng(0)
    p = rng.random(100_000)
    best = cheapest_threshold(rng.random(p.size) < p, p, positive=True, false_alarm=1, miss=4)
    assert best.threshold == pytest.approx(1 / 5, abs=0.05)


# --- Probabilities -----------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_calibration_is_that_of_scikit_learn(strategy, bins):
    mine = calibration_curve(BINARY, P, bins=bins, strategy=strategy)
    theirs = reference_calibration(BINARY, P, n_bins=bins, strategy=strategy)
    np.testing.assert_allclose(mine.share, theirs[0])
    np.testing.assert_allclose(mine.predicted, theirs[1])
    assert mine.count.sum() == N


def test_the_calibration_error_by_hand():
    curve = calibration_curve([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.6], bins=2)
    assert curve.error == pytest.approx(0.75 * 0.1 + 0.25 * 0.4)
    assert len(calibration_curve(BINARY, P).count) <= 5


@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_the_brier_score_is_that_of_scikit_learn(weight):
    theirs = reference.brier_score_loss(BINARY, P, sample_weight=weight)
    assert brier_score(BINARY, P, sample_weight=weight) == pytest.approx(theirs)


# --- The interval of an accuracy -----------------------------------------------------------------


@pytest.mark.parametrize(("right", "n", "level"), [(0, 5, 0.95), (5, 5, 0.9), (18, 20, 0.95)])
def test_the_interval_is_that_of_scipy(right, n, level):
    theirs = binomtest(right, n).proportion_ci(level, method="wilson")
    assert wilson_interval(right, n, level=level) == pytest.approx(tuple(theirs))


@pytest.mark.parametrize(
    ("right", "n", "level", "message"),
    [
        (6, 5, 0.95, "right must be a whole number from 0 to 5"),
        (-1, 5, 0.95, "right must be"),
        (0, 0, 0.95, "n must be a whole number of at least 1"),
        (1, 2, 1.0, "level must lie between 0 and 1"),
        (1, 2, 0.0, "level must lie"),
    ],
)
def test_no_interval_of_impossible_numbers(right, n, level, message):
    with pytest.raises(ValueError, match=message):
        wilson_interval(right, n, level=level)


# --- Checks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_tensors_give_the_same_numbers(backend):
    y, s, w = backend.array(BINARY, "int64"), backend.array(TIED), backend.array(WEIGHTS)
    assert roc_auc(y, s, sample_weight=w) == roc_auc(BINARY, TIED, sample_weight=WEIGHTS)
    assert accuracy(y, y) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy([], []), r"n ≥ 1, got \(0,\) and \(0,\)"),
        (lambda: accuracy([1], [1, 2]), "y and predicted must have one shape"),
        (lambda: accuracy([[1]], [[1]]), r"one shape \(n,\)"),
        (lambda: accuracy([1.0, math.nan], [1, 1]), "y must be finite"),
        (lambda: accuracy([1, 1], [1.0, math.inf]), "predicted must be finite"),
        (lambda: roc_auc([0, 1], [0.1]), "y and scores must have one shape"),
        (lambda: roc_auc([0, 1], [0.1, math.nan]), "scores must be finite"),
        (lambda: brier_score([0, 1], [0.1]), "y and p must have"),
        (lambda: brier_score([0, 1], [0.1, 1.1]), "p must hold probabilities from 0 to 1"),
        (lambda: calibration_curve([0, 1], [-0.1, 1.0]), "got -0.1 to 1.0"),
        (lambda: calibration_curve([0, 1], [0, 1], bins=0), "bins must be"),
        (lambda: calibration_curve([0, 1], [0, 1], strategy="even"), "got 'even'"),
        (lambda: accuracy([1, 1], [1, 1], sample_weight=[1]), "must hold 2 weights"),
        (lambda: accuracy([1, 1], [1, 1], sample_weight=[1, -1]), "of at least 0"),
        (lambda: accuracy([1, 1], [1, 1], sample_weight=[0, 0]), "not all of them 0"),
        (lambda: accuracy([1, 1], [1, 1], sample_weight=[1, math.nan]), "sample_weight must be"),
        (lambda: confusion_matrix([1], [1], labels=[1, 1]), "labels must name different"),
        (lambda: confusion_matrix([1], [1], labels=[]), "one at least"),
        (lambda: confusion_matrix([1], [1], labels=[[1]]), "labels must name"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_probabilities_of_exactly_0_and_1_are_taken():
    assert brier_score([0, 1], [0, 1]) == 0
    assert calibration_curve([0, 1], [0.0, 1.0], bins=2).error == 0
