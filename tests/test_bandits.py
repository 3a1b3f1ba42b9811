"""Bandits and online learning: runs worked by hand, the bounds of the literature, bad input."""

import math

import numpy as np
import pytest

from course_lib.bandits import (
    UCB1,
    BernoulliBandit,
    EpsilonGreedy,
    learn_online,
    online_errors,
    play,
)
from course_lib.checks import InvalidNumber

FIVE = BernoulliBandit([0.2, 0.3, 0.4, 0.5, 0.7])


# --- The arms ---------------------------------------------------------------------------------


def test_gaps_and_regret_by_hand():
    bandit = BernoulliBandit([0.5, 0.75, 0.25])
    np.testing.assert_allclose(bandit.gaps, [0.25, 0, 0.5])
    arms = [[0, 1, 2, 1], [1, 1, 1, 1]]
    np.testing.assert_allclose(bandit.regret(arms), [[0.25, 0.25, 0.75, 0.75], [0] * 4])


def test_the_given_chances_are_not_kept_by_reference():
    chances = np.array([0.1, 0.9])
    bandit = BernoulliBandit(chances)
    chances[:] = 0
    np.testing.assert_array_equal(bandit.chances, [0.1, 0.9])


def test_outcomes_come_with_the_chances_of_their_arms():
    table = FIVE.outcomes(400, 50, random_state=3)
    assert table.shape == (50, 400, 5)
    assert table.dtype == bool
    np.testing.assert_allclose(table.mean(axis=(0, 1)), FIVE.chances, atol=4 * 0.5 / 20_000**0.5)
    sure = BernoulliBandit([0.0, 1.0]).outcomes(1000, 2)
    assert not sure[..., 0].any()
    assert sure[..., 1].all()


def test_outcomes_depend_on_the_seed_alone():
    one, same, other = (FIVE.outcomes(50, random_state=seed) for seed in (1, 1, 2))
    assert one.shape == (1, 50, 5)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(FIVE.outcomes(50), FIVE.outcomes(50, 1, random_state=0))


@pytest.mark.parametrize("chances", [[0.5], [], [[0.1, 0.2]], [0.5, 1.1], [-0.1, 0.5], [0.5, None]])
def test_wrong_chances(chances):
    with pytest.raises(ValueError, match="chances must be"):
        BernoulliBandit(chances)


def test_chances_that_are_no_number_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1 for each of at least two arms"):
        BernoulliBandit([0.5, np.nan])


@pytest.mark.parametrize(("T", "R"), [(0, 1), (1, 0), (2.5, 1)])
def test_wrong_sizes(T, R):
    with pytest.raises(InvalidNumber):
        FIVE.outcomes(T, R)


def test_the_bound_of_ucb1_by_hand():
    bandit = BernoulliBandit([0.5, 0.25, 0.0])
    by_hand = 8 * math.log(100) * (1 / 0.25 + 1 / 0.5) + (1 + math.pi**2 / 3) * 0.75
    assert bandit.ucb1_bound(100) == pytest.approx(by_hand)
    assert bandit.ucb1_bound(1) == pytest.approx((1 + math.pi**2 / 3) * 0.75)
    with pytest.raises(InvalidNumber, match="T must be"):
        bandit.ucb1_bound(0)


def test_the_least_slope_by_hand():
    kl = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    never = math.log(1 / 0.5)  # kl(0, ½)
    bandit = BernoulliBandit([0.5, 0.25, 0.0, 0.5])
    assert bandit.least_slope() == pytest.approx(0.25 / kl + 0.5 / never)
    assert BernoulliBandit([0.5, 0.5]).least_slope() == 0
    assert BernoulliBandit([0.5, 1.0]).least_slope() == 0


# --- The policies -----------------------------------------------------------------------------


def test_a_greedy_run_by_hand():
    table = [[0, 1, 0], [1, 0, 1], [0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0], [0, 0, 0]]
    # each arm once: 0, 0, 1. Arm 2 pays 0, then 1, 0, 0: its mean 2/5 stays above the others' 0
    assert play(EpsilonGreedy(0.0), table).tolist() == [0, 1, 2, 2, 2, 2, 2]


def test_a_greedy_run_that_changes_its_mind():
    table = [[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]]
    # means 1 and 1: the first; 1/2 against 1: the second; 1/2 and 1/2: the first; 1/3: the second
    assert play(EpsilonGreedy(0.0), table).tolist() == [0, 1, 0, 1, 0]


def test_a_run_of_ucb1_by_hand():
    table = [[1, 0], [0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
    # t = 2: bounds 1 + √(2 ln 2) and 0 + √(2 ln 2): arm 0, which pays 0.
    # t = 3: ½ + √(2 ln 3 / 2) = 1.548 against √(2 ln 3) = 1.482: arm 0 again, which pays 1.
    # t = 4: ⅔ + √(2 ln 4 / 3) = 1.628 against √(2 ln 4) = 1.665: arm 1, which pays 0.
    # t = 5: ⅔ + √(2 ln 5 / 3) = 1.702 against √(2 ln 5 / 2) = 1.269: arm 0.
    assert play(UCB1(), table).tolist() == [0, 1, 0, 0, 1, 0]


def test_ucb1_as_a_loop_says_the_same():
    table = FIVE.outcomes(300, 4, random_state=5)
    for row, arms in zip(table, play(UCB1(), table), strict=True):
        plays, rewards = [0] * 5, [0] * 5
        for t, (paid, arm) in enumerate(zip(row, arms, strict=True)):
            bounds = [
                rewards[j] / plays[j] + math.sqrt(2 * math.log(t) / plays[j]) if plays[j] else 9e9
                for j in range(5)
            ]
            assert arm == bounds.index(max(bounds))
            plays[arm] += 1
            rewards[arm] += paid[arm]


@pytest.mark.parametrize("policy", [EpsilonGreedy(0.0), UCB1()])
def test_every_arm_is_played_once_first(policy):
    arms = play(policy, FIVE.outcomes(5, 3))
    np.testing.assert_array_equal(arms, np.tile(np.arange(5), (3, 1)))


@pytest.mark.parametrize("policy", [EpsilonGreedy(0.3), UCB1()])
def test_repetitions_do_not_see_each_other(policy):
    table = FIVE.outcomes(200, 6, random_state=1)
    arms = play(policy, table)
    changed = table.copy()
    changed[1:] = ~changed[1:]
    np.testing.assert_array_equal(play(policy, changed)[0], arms[0])
    assert arms.shape == (6, 200)


def test_a_table_of_one_repetition_gives_one_row_of_arms():
    table = FIVE.outcomes(40, 1)
    for policy in (UCB1(), EpsilonGreedy(0.5)):
        np.testing.assert_array_equal(play(policy, table[0]), play(policy, table)[0])


def test_outcomes_need_not_be_coins():
    table = np.tile([0.5, 0.25], (200, 1))
    assert play(EpsilonGreedy(0.0), table).tolist() == [0, 1] + [0] * 198
    with pytest.raises(ValueError, match="from 0 to 1"):
        play(UCB1(), table + 0.6)
    with pytest.raises(ValueError, match="from 0 to 1"):
        play(UCB1(), table - 0.3)


def test_epsilon_is_the_share_of_plays_at_random():
    surely = np.tile([0, 0, 0, 1], (4000, 1))
    arms = play(EpsilonGreedy(0.2), surely)[1000:]
    share = np.mean(arms != 3)  # ¾ of the draws
    assert share == pytest.approx(0.15, abs=4 * math.sqrt(0.15 * 0.85 / 3000))
    counts = np.bincount(play(EpsilonGreedy(1.0), surely), minlength=4)
    assert np.all(np.abs(counts - 1000) < 4 * math.sqrt(4000 * 3 / 16))


def test_epsilon_may_depend_on_the_play():
    seen = []

    def falling(t):
        seen.append(t)
        return 0.0 if t <= 10 else 1.0

    surely = np.tile([1, 0], (40, 20, 1))
    arms = play(EpsilonGreedy(falling), surely)
    assert seen == list(range(1, 21))
    assert np.all(arms[:, 2:10] == 0)
    assert 0.3 < arms[:, 10:].mean() < 0.7


def test_the_seed_decides_the_lots():
    table = FIVE.outcomes(100)
    one, same, other = (play(EpsilonGreedy(0.5), table, random_state=s) for s in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(one, play(EpsilonGreedy(0.5), table))


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, math.nan, "0.1"])
def test_an_epsilon_that_is_no_share(epsilon):
    with pytest.raises(InvalidNumber, match="epsilon"):
        EpsilonGreedy(epsilon)
    with pytest.raises(InvalidNumber, match="epsilon"):
        play(EpsilonGreedy(lambda t: epsilon), FIVE.outcomes(3))


def test_the_ends_of_epsilon_are_allowed():
    assert EpsilonGreedy(0).epsilon == 0
    assert EpsilonGreedy(1).epsilon == 1
    assert EpsilonGreedy().epsilon == 0.1


@pytest.mark.parametrize(
    "outcomes", [[1, 0], [[1], [0]], np.zeros((0, 2)), np.zeros((1, 1, 1, 2)), [["a", "b"]], 3]
)
def test_outcomes_of_another_shape(outcomes):
    with pytest.raises(ValueError, match="outcomes must"):
        play(UCB1(), outcomes)


def test_outcomes_that_are_no_numbers():
    with pytest.raises(ValueError, match="NaN"):
        play(UCB1(), [[0.5, np.nan]])


# --- Against the literature -------------------------------------------------------------------


def test_ucb1_keeps_within_its_bound_and_grows_like_the_logarithm():
    regret = FIVE.regret(play(UCB1(), FIVE.outcomes(4000, 60, random_state=2))).mean(axis=0)
    for T in (10, 100, 1000, 4000):
        assert regret[T - 1] < FIVE.ucb1_bound(T)
    slope = (regret[3999] - regret[999]) / math.log(4)
    assert FIVE.least_slope() < slope < 8 * np.sum(1 / FIVE.gaps[:4])
    assert regret[3999] - regret[1999] < 0.5 * (regret[1999] - regret[0])  # it bends


def test_a_constant_epsilon_pays_the_same_for_each_play_in_the_end():
    regret = FIVE.regret(play(EpsilonGreedy(0.2), FIVE.outcomes(4000, 60))).mean(axis=0)
    a_play = 0.2 * FIVE.gaps.sum() / 5
    assert (regret[3999] - regret[1999]) / 2000 == pytest.approx(a_play, rel=0.1)


def test_an_epsilon_that_falls_like_one_over_t_bends_too():
    falling = EpsilonGreedy(lambda t: min(1, 5 * 5 / (0.2 * t)))
    regret = FIVE.regret(play(falling, FIVE.outcomes(4000, 60))).mean(axis=0)
    assert regret[3999] - regret[1999] < 0.35 * regret[1999]


# --- Labels and rewards -----------------------------------------------------------------------


def test_one_step_from_a_label_and_from_a_reward_by_hand():
    X, y = [[[2.0, -1.0], [1.0, 1.0]]], [[1, 0]]
    label = learn_online(X, y, 3, feedback="label", eta=0.1, record=[0, 1, 2])
    assert label.weights.shape == (3, 1, 3, 3)
    assert not label.weights[0].any()
    # scores 0: the errors are 0 − (0, 1, 0)
    expected = 0.1 * np.outer([2, -1, 1], [0, 1, 0])
    np.testing.assert_allclose(label.weights[1, 0], expected)
    # the second sample has the scores (0, 0.2 − 0.1 + 0.1, 0) and the label 0
    expected -= 0.1 * np.outer([1, 1, 1], [-1, 0.2, 0])
    np.testing.assert_allclose(label.weights[2, 0], expected)
    assert label.answers.tolist() == [[0, 1]]

    reward = learn_online(X, y, 3, feedback="reward", eta=0.1, record=[1, 2])
    # it says 0, wrongly, and its score was 0: nothing to learn. Then 0 again, rightly: towards 1
    assert reward.answers.tolist() == [[0, 0]]
    assert not reward.weights[0].any()
    np.testing.assert_allclose(reward.weights[1, 0], 0.1 * np.outer([1, 1, 1], [1, 0, 0]))


def test_a_reward_moves_the_score_of_the_answer_alone():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3, 50, 4)), rng.integers(4, size=(3, 50))
    run = learn_online(X, y, 4, feedback="reward", epsilon=0.5, record=range(51))
    steps = np.diff(run.weights, axis=0)  # (50, 3, 5, 4)
    for t, r in np.ndindex(50, 3):
        moved = np.flatnonzero(np.any(steps[t, r] != 0, axis=0))
        assert set(moved) <= {run.answers[r, t]}


def test_both_learn_what_is_linear():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2, 3000, 2))
    y = np.argmax(X @ np.array([[2.0, -1, -1], [0, 1.7, -1.7]]), axis=2)
    for feedback in ("label", "reward"):
        run = learn_online(X, y, 3, feedback=feedback, epsilon=0.1, eta=0.02, record=[3000])
        scores = X @ run.weights[0][:, :2] + run.weights[0][:, 2:]
        assert np.mean(scores.argmax(axis=2) == y) > 0.9


def test_the_steps_of_a_label_are_those_of_the_gradient():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(1, 2, 3)), np.array([[2, 0]])
    _, w1, w2 = learn_online(X, y, 3, feedback="label", eta=0.3, record=[0, 1, 2]).weights[:, 0]
    x, h = np.append(X[0, 1], 1), 1e-6

    def loss(W):
        return 0.5 * np.sum((x @ W - [1, 0, 0]) ** 2)

    for i, k in np.ndindex(4, 3):
        shift = np.zeros((4, 3))
        shift[i, k] = h
        slope = (loss(w1 + shift) - loss(w1 - shift)) / (2 * h)
        assert (w2 - w1)[i, k] == pytest.approx(-0.3 * slope, abs=1e-8)


def test_exploring_answers_are_drawn_by_the_seed():
    X, y = np.zeros((5, 400, 1)), np.zeros((5, 400), dtype=int)
    runs = [learn_online(X, y, 4, feedback="label", epsilon=0.4, random_state=s) for s in (0, 0, 1)]
    assert np.array_equal(runs[0].answers, runs[1].answers)
    assert not np.array_equal(runs[0].answers, runs[2].answers)
    same = learn_online(X, y, 4, feedback="label", epsilon=0.4)
    assert np.array_equal(runs[0].answers, same.answers)
    assert np.mean(runs[0].answers != 0) == pytest.approx(0.3, abs=0.04)
    assert runs[0].weights.shape == (0, 5, 2, 4)
    never = learn_online(X, y, 4, feedback="label").answers
    assert not never.any()


def test_the_default_step():
    X, y = np.ones((1, 1, 1)), np.array([[1]])
    default, given = (
        learn_online(X, y, 2, feedback="label", record=[1], **more).weights
        for more in ({}, {"eta": 0.01})
    )
    np.testing.assert_array_equal(default, given)


def test_errors_by_hand():
    # two repetitions, one feature, two classes: the score of class 1 is x − 1, and x + 1
    W = np.array([[[0.0, 1.0], [0.0, -1.0]], [[0.0, 1.0], [0.0, 1.0]]])  # (2, 2, 2)
    X, y = [[[0.0], [2.0], [1.0], [3.0]]] * 2, [[1, 1, 0, 0]] * 2
    # x − 1 is positive at 2 and 3 (at 1 it ties, and 0 comes first); x + 1 everywhere
    np.testing.assert_allclose(online_errors(W, X, y), [0.5, 0.5])
    np.testing.assert_allclose(online_errors(W, X, np.zeros((2, 4))), [0.5, 1.0])
    np.testing.assert_allclose(online_errors([W, -W], X, y).shape, (2, 2))
    np.testing.assert_allclose(online_errors([W, -W], X, np.zeros((2, 4)))[1], [0.25, 0.0])


@pytest.mark.parametrize(
    ("W", "X", "y"),
    [
        ((2, 2, 2), (2, 4), (2, 4)),
        ((2, 2, 2), (2, 4, 1), (2, 3)),
        ((2, 3, 2), (2, 4, 1), (2, 4)),
        ((1, 2, 2), (2, 4, 1), (2, 4)),
    ],
)
def test_errors_of_shapes_that_do_not_fit(W, X, y):
    with pytest.raises(ValueError, match="weights must have the shape"):
        online_errors(np.zeros(W), np.zeros(X), np.zeros(y))


GOOD = {"X": np.zeros((2, 3, 1)), "y": np.zeros((2, 3), dtype=int), "K": 2, "feedback": "label"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"feedback": "labels"}, "feedback must be 'label' or 'reward', got 'labels'"),
        ({"X": np.zeros((2, 3))}, "X must have the shape"),
        ({"y": np.zeros((2, 4), dtype=int)}, "X must have the shape"),
        ({"y": np.zeros((2, 3))}, "whole numbers from 0 to K - 1 = 1"),
        ({"y": np.full((2, 3), 2)}, "whole numbers from 0 to K - 1 = 1"),
        ({"y": np.full((2, 3), -1)}, "whole numbers from 0 to K - 1 = 1"),
        ({"K": 1}, "K must be a whole number of at least 2"),
        ({"eta": 0}, "eta must be"),
        ({"epsilon": 2}, "epsilon must be"),
        ({"record": [4]}, "record must be a whole number from 0 to 3"),
        ({"record": [-1]}, "record must be a whole number from 0 to 3"),
        ({"record": [1, 1]}, "record must be increasing"),
        ({"record": [2, 1]}, "record must be increasing"),
    ],
)
def test_what_learn_online_refuses(wrong, words):
    with pytest.raises(ValueError, match=words):
        learn_online(**{**GOOD, **wrong})
    learn_online(**GOOD)
