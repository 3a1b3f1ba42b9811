import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.tensors_and_tables import check_distances, check_standardize
from course_lib.neighbors import distances
from course_lib.preprocessing import StandardScaler


def test_the_librarys_own_pass():
    check_standardize(lambda train, new: StandardScaler().fit(train).transform(new))
    check_distances(distances)


@pytest.mark.parametrize("checker", [check_standardize, check_distances])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
