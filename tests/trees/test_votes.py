"""Votes are counted as by hand, chances add up, and correlated voters are as correlated as said."""

import numpy as np
import pytest

from course_lib.trees import BaggingClassifier, RandomForestClassifier
from course_lib.trees.votes import (
    chances_of_right_votes,
    correlation_of_hits,
    history_of_errors,
    majority_right,
    spread_by_hardness,
    staged_oob_errors,
    staged_vote_errors,
    table_of_votes,
    tree_votes,
    votes_and_bags,
)

RNG = np.random.default_rng(15)
X = RNG.normal(size=(60, 3))
y = np.where(X[:, 0] + 0.5 * RNG.normal(size=60) > 0, "up", "down")
NEW = RNG.normal(size=(40, 3))
NEW_Y = np.where(NEW[:, 0] > 0, "up", "down")


def test_three_independent_voters_by_hand():
    assert chances_of_right_votes(3, 0.7) == pytest.approx([0.027, 0.189, 0.441, 0.343])
    assert majority_right(3, 0.7) == pytest.approx(0.784)


def test_a_tie_is_tossed():
    assert majority_right(2, 0.7) == pytest.approx(0.7)
    assert majority_right(4, 0.5, 0.2) == pytest.approx(0.5)


@pytest.mark.parametrize("rho", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_chances_have_the_mean_and_the_correlation_that_were_asked_for(p, rho):
    T = 8
    chances, k = chances_of_right_votes(T, p, rho), np.arange(T + 1)
    assert chances.sum() == pytest.approx(1)
    assert chances @ k == pytest.approx(T * p)
    variance = chances @ (k - T * p) ** 2
    assert variance == pytest.approx(p * (1 - p) * (T + T * (T - 1) * rho))


def test_a_crowd_of_correlated_voters_has_a_ceiling():
    assert majority_right(1001, 0.6) > 0.999
    assert majority_right(1001, 0.6, 0.3) < 0.66
    assert majority_right(101, 0.4) < 0.03


@pytest.mark.parametrize(
    ("wrong", "name"), [((0, 0.5, 0), "T"), ((3, 1.5, 0), "p"), ((3, 0.5, 1), "rho")]
)
def test_numbers_out_of_range_are_refused_by_name(wrong, name):
    with pytest.raises(ValueError, match=f"^{name} must"):
        majority_right(*wrong)


def test_the_correlation_of_hits_is_that_of_numpy_for_two_trees_of_equal_strength():
    hits = np.array([[1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 0]])
    assert correlation_of_hits(hits) == pytest.approx(np.corrcoef(hits)[0, 1])


def test_the_correlation_of_hits_is_the_mean_over_all_pairs():
    hits = RNG.random((5, 200)) < RNG.random(200)
    covariance = np.cov(hits, ddof=0)
    pairs = covariance[np.triu_indices(5, 1)].mean() / np.diag(covariance).mean()
    assert correlation_of_hits(hits) == pytest.approx(pairs)


def test_hits_that_never_vary_have_no_correlation():
    assert np.isnan(correlation_of_hits(np.ones((3, 4))))
    with pytest.raises(ValueError, match="T ≥ 2"):
        correlation_of_hits([[1, 0, 1]])


def test_votes_are_counted_tree_by_tree():
    V = [[0, 2, 1], [2, 2, 1], [2, 0, 0]]
    assert staged_vote_errors(V, [2, 2, 0], 3) == pytest.approx([2 / 3, 2 / 3, 1 / 3])


def test_only_trees_that_have_not_seen_a_sample_vote_on_it():
    V, bags = [[0, 1, 1], [1, 1, 0]], [[2, 0, 1], [0, 3, 1]]
    errors, silent = staged_oob_errors(V, bags, [1, 0, 0], 2)
    assert errors == pytest.approx([1, 1 / 2])
    assert silent == pytest.approx([2 / 3, 1 / 3])
    errors, silent = staged_oob_errors(V[:1], [[1, 1, 1]], [0, 0, 0], 2)
    assert np.isnan(errors).all()
    assert silent.tolist() == [1]


@pytest.mark.parametrize("kind", [BaggingClassifier, RandomForestClassifier])
def test_the_history_ends_where_the_model_stands(kind):
    model = kind(n_estimators=31, oob_score=True, random_state=0).fit(X, y)
    history = history_of_errors(model, X, y, NEW, NEW_Y)
    assert history.shape == (3, 31)
    # whole trees: shares are votes, up to the order in which ties are decided
    assert history[2, -1] == pytest.approx(1 - model.score(NEW, NEW_Y))
    assert history[1, -1] == 0
    assert history[0, -1] == pytest.approx(1 - model.oob_score_, abs=1e-12)


def test_tree_votes_are_numbers_of_the_ensembles_classes():
    model = BaggingClassifier(n_estimators=5, random_state=0).fit(X, y)
    votes = tree_votes(model, NEW)
    assert votes.shape == (5, 40)
    assert np.array_equal(model.classes_[votes[2]], model.estimators_[2].predict(NEW))


def test_samples_are_spread_from_the_easiest_to_the_hardest():
    forest = RandomForestClassifier(25, random_state=0).fit(X, y)
    some = spread_by_hardness(forest, X, y, 12)
    assert len(set(some)) == 12
    shares = []
    for i in some:
        alone = [
            tree.predict(X[i : i + 1])[0] == y[i]
            for tree, rows in zip(forest.estimators_, forest.estimators_samples_, strict=True)
            if i not in rows
        ]
        shares.append(np.mean(alone))
    assert shares == sorted(shares, reverse=True)


def test_the_table_of_votes_decides_as_the_staged_error_does():
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    rows = np.arange(20)
    votes, bags = votes_and_bags(forest, X, rows, 3)
    codes = np.searchsorted(forest.classes_, y[rows])
    assert np.array_equal(votes, tree_votes(forest, X)[:3, :20])
    assert bags[1].tolist() == [int(np.sum(forest.estimators_samples_[1] == i)) for i in rows]
    table = table_of_votes(votes, bags, codes, forest.classes_)
    assert list(table)[1] == f"B, a {y[1]}"
    verdicts = [row[-1] for row in table.values()]
    wrong = [said != label for said, label in zip(verdicts, y[:20], strict=True) if said != "none"]
    error, silent = staged_oob_errors(votes, bags, codes, 2)
    assert np.mean(wrong) == pytest.approx(error[-1])
    assert verdicts.count("none") / 20 == pytest.approx(silent[-1])
