import re

import numpy as np
import pytest

from course_lib.exercises.boosting import check_leaf, check_weights
from course_lib.exercises.checking import NotYet


def halves(w, y, h):
    """Give half of the weight to the mistakes and half to the rest."""
    wrong = y != h
    return np.where(wrong, w / (2 * w[wrong].sum()), w / (2 * w[~wrong].sum()))


def only_mistakes_times_odds(w, y, h):
    """Multiply the mistakes by (1 − e)/e: the same after the division by the sum."""
    e = w[y != h].sum()
    new = np.where(y == h, w, w * (1 - e) / e)
    return new / new.sum()


def test_right_answers_pass_however_they_are_written(capsys):
    check_weights(halves)
    check_weights(only_mistakes_times_odds)
    check_leaf(lambda y, f: np.sum(y - 1 / (1 + np.exp(-f))) / np.sum(1 / (2 + 2 * np.cosh(f))))
    assert capsys.readouterr().out.count("cases pass") == 3


@pytest.mark.parametrize("checker", [check_weights, check_leaf])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)


@pytest.mark.parametrize("checker", [check_weights, check_leaf])
@pytest.mark.parametrize("answer", [lambda *a: None, lambda *a: "1", lambda *a: np.zeros((9, 9))])
def test_strange_answers_are_named(checker, answer):
    with pytest.raises(NotYet):
        checker(answer)
