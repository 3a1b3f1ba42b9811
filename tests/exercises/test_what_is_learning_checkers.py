import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.what_is_learning import check_learned_threshold, check_next_arm
from course_lib.trees.impurity import misses
from course_lib.trees.splits import gains_of_cuts


def test_a_right_threshold_passes():
    def learn(x, y):
        values = np.unique(x)
        middles = (values[:-1] + values[1:]) / 2
        return middles[np.argmin([np.sum((x > t) != y) for t in middles])]

    check_learned_threshold(learn)


def test_the_rule_has_a_direction():
    def either_way(x, y):  # what a tree does: each side says its majority
        thresholds, gains = gains_of_cuts(x, y, None, misses)
        return thresholds[np.argmax(gains)]

    with pytest.raises(NotYet):
        check_learned_threshold(either_way)


def test_a_right_arm_passes():
    def next_arm(plays, rewards):
        if 0 in plays:
            return list(plays).index(0)
        return np.argmax(rewards / plays + (2 * np.log(sum(plays)) / plays) ** 0.5)

    check_next_arm(next_arm)


@pytest.mark.parametrize("checker", [check_learned_threshold, check_next_arm])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
