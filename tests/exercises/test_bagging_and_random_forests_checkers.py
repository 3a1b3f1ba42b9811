"""The checkers of bagging and random forests pass what is right and name what is wrong."""

import numpy as np
import pytest

from course_lib.exercises.bagging_and_random_forests import check_majority, check_oob_error
from course_lib.exercises.checking import NotYet
from course_lib.trees.votes import majority_right, staged_oob_errors


def test_the_librarys_functions_pass():
    check_majority(lambda p, T: majority_right(T, p))
    check_oob_error(lambda votes, bags, y: staged_oob_errors(votes, bags, y, 3)[0][-1])


@pytest.mark.parametrize("checker", [check_majority, check_oob_error])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
