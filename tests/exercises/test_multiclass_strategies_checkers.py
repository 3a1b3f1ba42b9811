import re

import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.multiclass_strategies import check_votes, check_walk


def test_right_answers_pass(capsys):
    def votes(S, K):
        first, second = np.triu_indices(K, 1)
        winners = np.where(S > 0, second, first)
        return np.array([np.bincount(row, minlength=K) for row in winners])

    def leaf(duels):
        left = list(range(len(duels)))
        while len(left) > 1:
            left.pop(0 if duels[left[0], left[-1]] > 0 else -1)
        return left[0]

    check_votes(votes)
    check_walk(leaf)
    check_walk(lambda duels: np.int64(leaf(duels)))
    assert capsys.readouterr().out.count("cases pass") == 3


@pytest.mark.parametrize("checker", [check_votes, check_walk])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)


@pytest.mark.parametrize("checker", [check_votes, check_walk])
@pytest.mark.parametrize("answer", [lambda *a: None, lambda *a: "B", lambda *a: np.zeros((9, 9))])
def test_strange_answers_are_named(checker, answer):
    with pytest.raises(NotYet):
        checker(answer)


def test_a_result_in_place_of_the_function_is_named():
    with pytest.raises(TypeError, match="function itself"):
        check_votes(np.zeros((1, 2)))
