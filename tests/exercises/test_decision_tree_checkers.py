import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.decision_trees import check_best_threshold, check_gain
from course_lib.trees import DecisionTreeClassifier, information_gain


def test_the_librarys_gain_passes():
    check_gain(information_gain)


def test_the_librarys_threshold_passes():
    check_best_threshold(
        lambda x, y: DecisionTreeClassifier(max_depth=1).fit(x[:, None], y).tree_.threshold[0]
    )


def test_the_last_of_equal_error_counts_does_not_pass_either():
    def last(x, y):
        values = np.unique(x)
        wrong = [sum(min(sum(y[s]), sum(1 - y[s])) for s in (x <= v, x > v)) for v in values[:-1]]
        best = len(wrong) - 1 - int(np.argmin(wrong[::-1]))
        return (values[best] + values[best + 1]) / 2

    with pytest.raises(NotYet):
        check_best_threshold(last)


@pytest.mark.parametrize("checker", [check_gain, check_best_threshold])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
