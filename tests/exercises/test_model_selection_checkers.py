import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.model_selection import check_auc, check_folds


def test_other_ways_to_the_same_pass():
    check_folds(lambda n, K: np.repeat(range(K), [n // K + (f < n % K) for f in range(K)]))

    def by_pairs(y, scores):
        wins = [(p > q) + 0.5 * (p == q) for p in scores[y == 1] for q in scores[y == 0]]
        return sum(wins) / len(wins)

    check_auc(by_pairs)


@pytest.mark.parametrize("checker", [check_folds, check_auc])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)
