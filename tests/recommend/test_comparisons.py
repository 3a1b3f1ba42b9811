import numpy as np
import pytest

from course_lib.datasets import planted_ratings
from course_lib.model_selection import paired_difference
from course_lib.recommend import (
    Baseline,
    ImplicitALS,
    MatrixFactorization,
    Ratings,
    random_holdout,
    rmse,
    split_by_time,
)
from course_lib.recommend.comparisons import (
    against,
    by_lot,
    chosen_rank,
    cluster_scores,
    deviations_of,
    error_on,
    errors_by_shown,
    errors_by_time,
    errors_of_clusters,
    errors_of_new_users,
    errors_on_splits,
    errors_when_filled,
    explained,
    half_steps,
    hits_of_the_left_out,
    judge_lists,
    judge_models,
    ones,
    popularity,
    rank_of_filled,
    share_of_most_rated,
    split_and_fit,
    weighted_gain,
)

PLANTED = planted_ratings(60, 40, 2, density=0.4)


def test_an_error_is_the_root_of_the_mean_square():
    ratings = Ratings([0, 0, 1], [0, 1, 0], [5, 3, 1])
    model = Baseline(0, 0).fit(ratings)
    off = ratings.values - model.predict(ratings.users, ratings.items)
    assert error_on(ratings, model) == pytest.approx(np.sqrt(np.mean(off**2)))


def test_ones_keep_pairs_times_and_shape():
    seen = ones(PLANTED.ratings)
    assert set(seen.values) == {1}
    assert seen.shape == PLANTED.ratings.shape
    np.testing.assert_array_equal(seen.items, PLANTED.ratings.items)
    np.testing.assert_array_equal(seen.times, PLANTED.ratings.times)


def test_the_truth_is_judged_perfect_by_itself_and_its_opposite_wrong():
    train, test = random_holdout(PLANTED.ratings, 0.3)
    truth = PLANTED.expected()
    assert judge_lists(truth, train, test, truth, n=5)[2] == 1
    assert judge_lists(-truth, train, test, truth, n=5)[2] == 0


def test_held_out_likes_on_top_are_judged_perfect():
    train = Ratings([0, 1], [0, 0], [3, 3], shape=(2, 5))
    test = Ratings([0, 0, 1], [1, 2, 3], [5, 2, 1], shape=(2, 5))
    scores = np.array([[0, 9, 8, 1, 0], [0, 1, 2, 3, 4.0]])
    gain, share, _ = judge_lists(scores, train, test, scores, n=2)  # user 1 likes nothing
    assert (gain, share) == (1, 0.5)


def test_what_is_shown_of_new_users_does_not_change_what_is_predicted():
    models = Baseline(), MatrixFactorization(0, lam=1e-6)
    errors = errors_of_new_users(PLANTED.ratings, models, 40, 0)
    known = PLANTED.ratings.take(PLANTED.ratings.users < 40)
    expected = [model.fit(known).scores_for([], []) for model in models]
    for found, scores in zip(errors, expected, strict=True):
        off = []
        rng = np.random.default_rng(0)
        for user in range(40, 60):
            items, values = PLANTED.ratings.of(user)
            rest = rng.permutation(len(items))[6:]
            off.extend(scores[items[rest]] - values[rest])
        assert found == pytest.approx(np.sqrt(np.mean(np.square(off))))


def test_factors_gain_more_from_ratings_shown_than_a_baseline():
    base, factors = errors_of_new_users(
        PLANTED.ratings, (Baseline(), MatrixFactorization(2)), 40, 6
    )
    assert factors < base


def test_lists_by_counts_go_to_the_most_rated():
    counts = np.bincount(PLANTED.ratings.items, minlength=40)
    lists, ratings = share_of_most_rated(np.tile(counts, (60, 1)), PLANTED.ratings, top=10, n=3)
    assert lists > ratings
    assert ratings == pytest.approx(np.sort(counts)[-10:].sum() / counts.sum())


def test_a_cluster_of_all_users_predicts_what_is_usual_and_the_mean_deviation():
    train = Ratings([0, 1, 1], [0, 0, 1], [5, 4, 1])
    usual = np.full((2, 2), 3.0)
    found = cluster_scores(train, usual, [0, 0], pull=0)
    np.testing.assert_allclose(found, [[4.5, 1], [4.5, 1]])
    alone = cluster_scores(train, usual, [0, 1], pull=1)
    np.testing.assert_allclose(alone, [[4, 3], [3.5, 2]])


def test_equal_scores_share_a_hit():
    came = np.array([[1, 0, 0, 0], [1, 1, 0, 0]])
    np.testing.assert_allclose(hits_of_the_left_out(came, lambda A: 0.0 * A, 1), [1 / 4, 1 / 3])
    both = hits_of_the_left_out(came, lambda A: 0.0 * A, (1, 2))
    np.testing.assert_allclose(both, [[1 / 4, 1 / 3], [2 / 4, 2 / 3]])


def test_a_left_out_entry_is_not_seen_by_the_scores():
    came = np.array([[1, 0], [1, 1]])
    assert hits_of_the_left_out(came, lambda A: A.astype(float), 1).tolist() == [0.5, 1]


def test_half_steps_are_those_of_the_library_and_never_rise():
    ratings, rng = PLANTED.ratings, np.random.default_rng(0)
    P, Q = (rng.normal(0, 0.1, (n, 2)) for n in ratings.shape)
    states = half_steps(ratings.matrix(), P, Q, 0.1, 10)
    model = MatrixFactorization(2, lam=0.1, biases=False, n_epochs=5).fit(ratings)
    np.testing.assert_allclose(states[-1].P @ states[-1].Q.T, model.scores(), atol=1e-8)
    every = [state.objective for state in states]
    np.testing.assert_allclose(every[::2], model.loss_path_)
    assert np.all(np.diff(every) < 0)


def test_turned_factors_explain_the_same():
    rng = np.random.default_rng(0)
    traits, noise = rng.normal(size=(20, 2)), rng.normal(size=(20, 2))
    assert explained(traits @ [[2, 1], [-1, 3]] + 5, traits) == pytest.approx(1)
    found = explained(traits + noise, traits)
    assert 0 < found < 1
    turn = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    assert explained((traits + noise) @ turn, traits) == pytest.approx(found)


def test_errors_on_splits_are_those_of_each_model_on_each_test():
    splits = [random_holdout(PLANTED.ratings, 0.2, random_state=seed) for seed in range(2)]
    found = errors_on_splits(splits, {"usual": Baseline()})
    expected = [error_on(test, Baseline().fit(train)) for train, test in splits]
    np.testing.assert_array_equal(found["usual"], expected)


def test_the_rank_of_a_table_without_noise_is_found():
    made = planted_ratings(80, 60, 2, density=0.6, noise=0.05, stars=False, popularity=0)
    assert chosen_rank(made.ratings, range(5), lam=0.01, random_state=0) == 2


def test_a_split_by_time_is_not_older_and_has_new_users():
    train, test = split_by_time(PLANTED.ratings, 0.2)
    off, new, older = split_and_fit(train, test, Baseline())
    assert off == error_on(test, Baseline().fit(train))
    assert new == pytest.approx(100 * np.mean([u not in set(train.users) for u in test.users]))
    assert older == 0


def test_models_are_judged_by_eight_numbers():
    implicit = ImplicitALS(2, alpha=2)
    ways = {"popular": popularity, "usual": Baseline(), "by lot": by_lot}
    ways["implicit"] = lambda train: implicit.fit(ones(train)).scores()
    judged = judge_models([PLANTED], ways, without_stars=("popular", "by lot", "implicit"))
    train, test = random_holdout(PLANTED.ratings, 0.2, random_state=0)
    usual = Baseline().fit(train)
    assert {rows.shape for rows in judged.values()} == {(1, 8)}
    assert judged["usual"][0, 0] == error_on(test, usual)
    stars, at = np.clip(PLANTED.expected(), 1, 5), (test.users, test.items)
    assert judged["usual"][0, 1] == rmse(stars[at], usual.scores()[at])
    assert judged["usual"][0, 2] == rmse(stars, usual.scores())
    lists = judge_lists(usual.scores(), train, test, PLANTED.expected())
    np.testing.assert_array_equal(judged["usual"][0, 3:6], lists)
    for name in ("popular", "by lot", "implicit"):
        assert np.isnan(judged[name][0, :3]).all()
        assert np.isfinite(judged[name][0, 3:]).all()


def test_popularity_counts_and_lots_are_drawn_for_each_pair():
    train = Ratings([0, 1, 1], [1, 1, 0], [5, 1, 3], shape=(2, 3))
    np.testing.assert_array_equal(popularity(train), [[1, 2, 0], [1, 2, 0]])
    drawn = by_lot(PLANTED.ratings)
    assert drawn.shape == PLANTED.ratings.shape
    assert len(np.unique(drawn)) == drawn.size
    assert not np.array_equal(drawn, by_lot(PLANTED.ratings, 1))


def test_deviations_are_zero_in_the_holes():
    train = Ratings([0, 1, 1], [1, 1, 0], [5, 1, 3], shape=(2, 3))
    np.testing.assert_array_equal(
        deviations_of(train, np.full((2, 3), 2.0)), [[0, 3, 0], [1, -1, 0]]
    )


def test_a_gain_with_equal_weights_is_the_paired_difference():
    a, b = np.random.default_rng(0).random((2, 9))
    expected = paired_difference(a, b)
    np.testing.assert_allclose(weighted_gain(a, b, np.ones(9)), [expected.mean, expected.error])


def test_a_gain_weighted_by_entries_is_the_mean_over_entries():
    gain, _ = weighted_gain([1, 0.5], [0, 0], [2, 6])
    assert gain == pytest.approx((2 * 1 + 6 * 0.5) / 8)


def test_a_full_table_is_not_changed_by_filling():
    rng = np.random.default_rng(0)
    full = rng.normal(size=(6, 2)) @ rng.normal(size=(2, 5))
    u, i = np.indices(full.shape).reshape(2, -1)
    ratings = Ratings(u, i, full.ravel())
    np.testing.assert_allclose(rank_of_filled(ratings, 2), full)
    holes = ratings.take(np.arange(len(ratings)) % 4 > 0)
    assert np.linalg.matrix_rank(rank_of_filled(holes, 2)) == 2
    usual = Baseline().fit(holes).scores()
    rest = rank_of_filled(holes, 2, with_baseline=True) - usual
    assert np.linalg.matrix_rank(rest) == 2


def test_a_model_is_not_ahead_of_itself():
    rows = against({"a": [3.0, 5.0, 4.0], "b": [2.0, 2.0, 3.0]}, "b", overlap=0.25)
    np.testing.assert_allclose(rows["b"], [7 / 3, 0, 0])
    np.testing.assert_allclose(rows["a"][:2], [4, 5 / 3])


def test_errors_by_shown_are_those_of_each_table():
    models = Baseline(), MatrixFactorization(2)
    found = errors_by_shown([PLANTED.ratings], models, 40, (0, 3))
    assert list(found) == [0, 3]
    expected = errors_of_new_users(PLANTED.ratings, models, 40, 3)
    np.testing.assert_allclose(found[3], [expected])


def test_only_a_split_by_time_has_new_users_and_warm_ones_are_known():
    found = errors_by_time([PLANTED.ratings], Baseline())
    assert found["at random"][0, 1] == found["warm"][0, 1] == 0
    assert found["by time"][0, 1] > 0
    assert found["last of each"][0, 1] == 0 < found["last of each"][0, 2]
    assert found["at random"][0, 2] > found["by time"][0, 2] == 0


def test_known_ratings_only_are_better_than_filled_ones():
    splits = [random_holdout(PLANTED.ratings, 0.2)]
    zeros, usual, known = (errors[0] for errors in errors_when_filled(splits).values())
    assert known < usual < zeros


def test_one_cluster_is_nearly_the_baseline():
    splits = [random_holdout(PLANTED.ratings, 0.2)]
    base, one, factors = (errors[0] for errors in errors_of_clusters(splits, (1,)).values())
    assert one == pytest.approx(base, abs=0.02)
    assert factors < base
