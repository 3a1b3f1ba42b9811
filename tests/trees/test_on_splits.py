"""What is measured on many splits is what each split gives by itself."""

import numpy as np
import pytest
from sklearn.datasets import make_moons

from course_lib.trees import (
    BaggingClassifier,
    DecisionTreeClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    permutation_importance,
    predictions_of_members,
)
from course_lib.trees import on_splits as on

X, y = make_moons(90, noise=0.4, random_state=0)
SPLITS = on.splits_of(X, y, seeds=3, test_size=30)
FORESTS = on.forests_on(SPLITS, n_estimators=15, max_features=1)


def test_each_seed_divides_the_samples_otherwise():
    A, B, a, b = SPLITS[0]
    assert (A.shape, B.shape, a.shape, b.shape) == ((60, 2), (30, 2), (60,), (30,))
    assert not np.array_equal(A, SPLITS[1][0])
    assert np.array_equal(A, on.splits_of(X, y, seeds=1, test_size=30)[0][0])


def test_forests_have_the_seed_of_their_split():
    A, B, a, _ = SPLITS[2]
    same = RandomForestClassifier(15, max_features=1, random_state=2).fit(A, a)
    assert np.array_equal(FORESTS[2].predict_proba(B), same.predict_proba(B))


def test_errors_are_in_per_cent_and_out_of_bag_where_there_is_one():
    wrong = on.wrong_on(DecisionTreeClassifier(max_depth=1), SPLITS)
    A, B, a, b = SPLITS[1]
    stump = DecisionTreeClassifier(max_depth=1).fit(A, a)
    assert wrong[1] == pytest.approx(100 * np.mean(stump.predict(B) != b))
    errors = on.errors_of(FORESTS, SPLITS)
    assert errors[1, 0] == pytest.approx(100 - 100 * FORESTS[1].score(B, b))
    assert np.isnan(errors[:, 1]).all()
    [bag] = on.forests_on(SPLITS[:1], BaggingClassifier, n_estimators=40, oob_score=True)
    assert on.errors_of([bag], SPLITS[:1])[0, 1] == pytest.approx(100 - 100 * bag.oob_score_)


def test_a_jury_has_the_strength_and_the_vote_of_its_trees():
    _, B, _, b = SPLITS[0]
    jury = on.jury_of(FORESTS[0], B, b)
    alone = [100 * tree.score(B, b) for tree in FORESTS[0].estimators_]
    assert jury.alone == pytest.approx(np.mean(alone))
    assert jury.vote == pytest.approx(100 * FORESTS[0].score(B, b))
    assert jury.alone < jury.correlated < jury.independent
    assert on.juries_on(FORESTS, SPLITS)[0] == pytest.approx(list(jury))


def test_out_of_bag_is_compared_with_all_trees_and_with_a_third_of_them():
    histories = on.histories_on(FORESTS, SPLITS)
    assert histories.shape == (3, 3, 15)
    oob, new, error, few, other = on.oob_against_new(histories)
    assert oob == pytest.approx(histories[:, 0, -1].mean())
    assert new == pytest.approx(histories[:, 2, -1].mean())
    assert few == pytest.approx(histories[:, 2, 5].mean())  # 0.368 · 15 is about 6
    difference = histories[:, 0, -1] - histories[:, 2, 5]
    assert other == pytest.approx(difference.std(ddof=1) / np.sqrt(3))
    assert error > 0


def test_a_reference_undercuts_itself_by_nothing():
    rows = on.undercut({"a": [3.0, 5.0, 4.0], "b": [2.0, 6.0, 4.0]}, "a", overlap=0.5)
    assert rows["a"] == [4.0, 0.0, 0.0, 0]
    assert rows["b"] == pytest.approx([4.0, 0.0, np.sqrt(1 / 3 + 0.5), 1])


def test_rounding_does_not_decide_a_tie():
    rows = on.undercut({"a": [3.0, 5.0], "b": [3.0 + 1e-14, 6.0]}, "a", overlap=0)
    assert rows["b"][3] == 1


def test_predictions_are_those_of_each_training_set():
    sets = [(A, a.astype(float)) for A, _, a, _ in SPLITS]
    model = RandomForestRegressor(4)
    P = on.predictions_on(sets, model, X[:7])
    assert P.shape == (3, 4, 7)
    model.set_params(random_state=1)  # the number of the set: each has draws of its own
    assert np.array_equal(P[1], predictions_of_members(model.fit(*sets[1]), X[:7]))


def test_the_work_counts_samples_of_split_nodes_times_features():
    forest = RandomForestClassifier(6, max_depth=1, random_state=0).fit(*make_moons(20))
    work, depth = on.work_of(forest, 2)
    assert depth == 1
    sizes = [len(np.unique(rows)) for rows in forest.estimators_samples_]
    assert work == pytest.approx(2 * np.mean(sizes))


def test_disjoint_sets_share_nothing_and_keep_the_classes():
    rows = np.arange(90)
    sets = on.disjoint_sets(rows[:, None], y, sets=3, train_size=20, seed=1)
    drawn = [set(A.flat) for A, *_ in sets]
    assert [len(one) for one in drawn] == [20, 20, 20]
    assert len(set.union(*drawn)) == 60
    for A, B, a, b in sets:
        assert set(B.flat) == set(rows) - set.union(*drawn)
        assert np.array_equal(a, y[A.ravel()])
        assert np.array_equal(b, y[B.ravel()])
        assert a.sum() == 10


def test_misses_are_what_is_wrong_sample_by_sample():
    misses = on.misses_of(FORESTS, SPLITS)
    assert misses.shape == (3, 30)
    assert misses.mean(axis=1) == pytest.approx(on.errors_of(FORESTS, SPLITS)[:, 0])
    stump = DecisionTreeClassifier(max_depth=1)
    assert on.misses_on(stump, SPLITS).mean(axis=1) == pytest.approx(on.wrong_on(stump, SPLITS))


def test_another_lot_is_another_forest_on_the_same_split():
    other = on.forests_on(SPLITS, lot=2, n_estimators=15, max_features=1)
    assert other[1].random_state == FORESTS[1].random_state + 2000
    assert not np.array_equal(
        other[1].predict_proba(SPLITS[1][1]), FORESTS[1].predict_proba(SPLITS[1][1])
    )


def test_the_crossed_error_is_that_of_repeated_experiments():
    rng, found = np.random.default_rng(0), []
    for _ in range(2000):
        gaps = 1 + rng.normal(0, 2, (6, 1)) + rng.normal(0, 3, 20) + rng.normal(0, 4, (6, 20))
        found.append(on.crossed_difference(gaps, np.zeros((6, 20))))
    means, errors = np.array(found).T
    truth = np.sqrt(4 / 6 + 9 / 20 + 16 / 120)
    assert means.std() == pytest.approx(truth, rel=0.05)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize("shape", [(3,), (1, 4), (4, 1)])
def test_a_crossed_difference_needs_two_sets_and_two_samples(shape):
    with pytest.raises(ValueError, match="sets, samples"):
        on.crossed_difference(np.zeros(shape), np.zeros(shape))


def test_rows_of_the_crossed_table():
    wrong = {"a": [[100.0, 0.0], [100.0, 100.0]], "b": np.zeros((2, 2))}
    rows = on.undercut_crossed(wrong, "b")
    assert rows["a"] == [75.0, *on.crossed_difference(wrong["a"], wrong["b"]), 2]
    assert rows["b"] == [0.0, 0.0, 0.0, 0]


def test_importances_agree_or_not():
    shares = on.importances_of(FORESTS)
    assert shares.sum(axis=1) == pytest.approx([100] * 3)
    leaders, first, second, alike = on.agreement_of_importances(shares)
    assert leaders == len(set(shares.argmax(axis=1)))
    assert [first, second] == pytest.approx([shares.max(1).mean(), shares.min(1).mean()])
    assert alike == pytest.approx(
        np.mean([np.corrcoef(shares)[i] for i in ((0, 1), (0, 2), (1, 2))])
    )


def test_shuffles_are_those_of_permutation_importance():
    losses = on.shuffled_on(FORESTS[:2], SPLITS, n_repeats=4, seed=3)
    assert losses.shape == (2, 2, 4)
    _, B, _, b = SPLITS[1]
    alone = permutation_importance(FORESTS[1], B, b, n_repeats=4, random_state=3)
    assert losses[1] == pytest.approx(100 * alone.losses)
