"""Correlation and strength of trees: closed forms, known answers, and the formula measured."""

import numpy as np
import pytest

from course_lib.trees import (
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    predictions_of_members,
    rho_and_variance,
    strength_and_correlation,
    variance_of_mean,
)
from course_lib.trees.agreement import Strength


def test_the_variance_of_a_mean_in_its_limits():
    assert variance_of_mean(0.3, 2.0, 1) == 2.0
    assert variance_of_mean(0.0, 2.0, 8) == 0.25
    assert variance_of_mean(1.0, 2.0, 8) == 2.0
    np.testing.assert_allclose(variance_of_mean(0.5, 1.0, np.array([1, 2, 4])), [1, 0.75, 0.625])


def test_known_correlations_are_found():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(4000, 1, 3))
    own = rng.normal(size=(4000, 5, 3))
    rho, variance = rho_and_variance(10 + shared * np.sqrt(3) + own)
    assert rho == pytest.approx(3 / 4, abs=0.02)
    assert variance == pytest.approx(4, rel=0.05)


def test_at_its_own_number_of_members_the_formula_is_an_identity():
    P = np.random.default_rng(1).normal(size=(6, 4, 9)) + np.arange(6)[:, None, None]
    rho, variance = rho_and_variance(P)
    measured = P.mean(axis=1).var(axis=0, ddof=1).mean()
    assert variance_of_mean(rho, variance, 4) == pytest.approx(measured)
    assert variance == pytest.approx(P.var(axis=0, ddof=1).mean())
    pairs = [
        np.mean([np.cov(P[:, s, i], P[:, t, i])[0, 1] for i in range(9)])
        for s in range(4)
        for t in range(s)
    ]
    assert rho == pytest.approx(np.mean(pairs) / variance)


def test_constant_members_have_no_correlation():
    assert rho_and_variance(np.ones((3, 2, 4))) == (0.0, 0.0)


@pytest.mark.parametrize("shape", [(1, 3, 2), (3, 1, 2), (3, 2), (3, 2, 0)])
def test_two_ensembles_of_two_members_are_needed(shape):
    with pytest.raises(ValueError, match=r"predictions must have the shape .* got \("):
        rho_and_variance(np.zeros(shape))


def test_the_members_are_asked_one_by_one():
    X = np.random.default_rng(2).normal(size=(40, 4))
    y = np.array(["a", "b"])[(X[:, 0] > 0).astype(int)]
    forest = RandomForestClassifier(6, random_state=0).fit(X, y)
    votes = predictions_of_members(forest, X)
    np.testing.assert_array_equal(votes[3], forest.estimators_[3].predict(X))
    parts = BaggingClassifier(max_features=2, n_estimators=3, random_state=0).fit(X, y)
    seen = X[:, parts.estimators_features_[1]]
    np.testing.assert_array_equal(
        predictions_of_members(parts, X)[1], parts.estimators_[1].predict(seen)
    )
    numbers = BaggingRegressor(n_estimators=4).fit(X, X[:, 0])
    mean = predictions_of_members(numbers, X.tolist()).mean(axis=0)
    np.testing.assert_allclose(mean, numbers.predict(X))


def test_strength_by_hand():
    """Three members, four samples of three classes."""
    y = np.array([0, 0, 1, 2])
    votes = np.array([[0, 1, 1, 0], [0, 2, 0, 2], [0, 1, 1, 1]])
    # the strongest wrong class of each sample: any, 1, 0, 0 (of 0 and 1 the first)
    raw = np.array([[1, -1, 1, -1], [1, 0, -1, 1], [1, -1, 1, 0]])
    found = strength_and_correlation(votes, y)
    margin = raw.mean(axis=0)
    assert found.strength == pytest.approx(margin.mean())
    assert found.correlation == pytest.approx(margin.var() / raw.std(axis=1).mean() ** 2)
    s = found.strength
    assert found.bound == pytest.approx(found.correlation * (1 - s**2) / s**2)


def test_members_that_are_all_right_or_all_alike():
    y = np.array([0, 1, 1])
    assert strength_and_correlation([y, y], y) == Strength(1.0, 0.0)
    assert Strength(1.0, 0.0).bound == 0
    alike = strength_and_correlation([[0, 1, 0]] * 3, y)
    assert alike.correlation == pytest.approx(1)
    assert alike.strength == pytest.approx(1 / 3)
    wrong = strength_and_correlation([1 - y, 1 - y], y)
    assert wrong.strength == -1
    assert wrong.bound == np.inf


def test_words_are_labels_too_and_a_label_may_have_no_vote():
    found = strength_and_correlation([["a", "b"], ["a", "a"]], ["a", "c"])
    assert found.strength == pytest.approx((1 - 0.5) / 2)


def test_votes_and_labels_must_fit():
    with pytest.raises(ValueError, match=r"votes must have the shape .* got \(2, 2\)"):
        strength_and_correlation([[0, 1], [1, 1]], [0, 1, 1])


def test_fewer_features_agree_less():
    """The reason for a random forest, on trees that say numbers."""
    rng = np.random.default_rng(3)
    found = {}
    for m in (1, 8):
        P = []
        for seed in range(15):
            X = rng.normal(size=(100, 8))
            y = X[:, 0] + X[:, 1] + 0.5 * rng.normal(size=100)
            forest = RandomForestRegressor(4, max_features=m, random_state=seed).fit(X, y)
            P.append(predictions_of_members(forest, np.random.default_rng(9).normal(size=(60, 8))))
        found[m] = rho_and_variance(P)[0]
    assert found[1] < 0.8 * found[8]
