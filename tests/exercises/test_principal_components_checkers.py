import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.principal_components import check_count, check_rebuild


def by_covariance(X):
    mean = X.mean(axis=0)
    lam, V = np.linalg.eigh(np.cov(X.T))
    return mean, lam[::-1], V[:, ::-1]


def test_rebuilding_by_the_covariance_passes():
    def rebuild(X, m):
        mean, _, V = by_covariance(X)
        return (X - mean) @ V[:, :m] @ V[:, :m].T + mean

    check_rebuild(rebuild)


def test_counting_by_the_covariance_passes():
    def count(X, share):
        shares = np.cumsum(by_covariance(X)[1])
        return 1 + np.sum(shares < share * shares[-1])

    check_count(count)


@pytest.mark.parametrize("checker", [check_rebuild, check_count])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
