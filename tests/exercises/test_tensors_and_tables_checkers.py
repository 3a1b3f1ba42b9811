import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.tensors_and_tables import check_one_hot, check_standardize
from course_lib.preprocessing import OneHotEncoder, StandardScaler


def test_the_librarys_own_pass():
    check_standardize(lambda train, new: StandardScaler().fit(train).transform(new))
    check_one_hot(
        lambda codes, K: OneHotEncoder().fit(np.arange(K)[:, None]).transform(codes[:, None])
    )


@pytest.mark.parametrize("checker", [check_standardize, check_one_hot])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
