import re

import numpy as np
import pytest

from course_lib.cluster import linkage, update
from course_lib.exercises.checking import NotYet
from course_lib.exercises.clustering import check_update, check_ward


def test_the_librarys_update_passes():
    check_update(update)


def test_the_librarys_tree_passes():
    """Far enough apart, the two clusters are the last merge."""

    def last_merge(A, B):
        gap = B.mean(axis=0) - A.mean(axis=0)
        far = 1e3 * gap / np.linalg.norm(gap)
        height = linkage(np.vstack([A, B + far]), "ward")[-1, 2]
        p = 2 * len(A) * len(B) / (len(A) + len(B))
        return np.sqrt(p) * (height / np.sqrt(p) - 1e3)

    check_ward(last_merge)


@pytest.mark.parametrize("checker", [check_update, check_ward])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)
