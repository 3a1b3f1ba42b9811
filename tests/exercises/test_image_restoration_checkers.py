import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.image_restoration import check_seam, check_wiener


def by_matrices(g, h, K):
    """Blurring as a matrix: the same estimate is a ridge regression of g on it."""
    n = len(g)
    B = np.array([[h[(i - j) % n] for j in range(n)] for i in range(n)])
    return np.linalg.solve(B.T @ B + K * np.eye(n), B.T @ g)


def by_trying_all(cost):
    n, m = cost.shape
    paths = [[j] for j in range(m)]
    for _ in range(n - 1):
        paths = [[*p, j] for p in paths for j in range(max(p[-1] - 1, 0), min(p[-1] + 2, m))]
    return np.array(min(paths, key=lambda p: sum(cost[i, j] for i, j in enumerate(p))))


def test_ridge_regression_passes():
    check_wiener(by_matrices)


def test_trying_all_seams_passes():
    check_seam(by_trying_all)


@pytest.mark.parametrize("checker", [check_wiener, check_seam])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet) as caught, np.errstate(all="ignore"):
            checker(mistake)
        assert f"when you {name}." in str(caught.value)


def test_each_seam_is_the_only_cheapest_one():
    for (cost,) in check_seam.cases.values():
        n, m = cost.shape
        paths = [[j] for j in range(m)]
        for _ in range(n - 1):
            paths = [[*p, j] for p in paths for j in range(max(p[-1] - 1, 0), min(p[-1] + 2, m))]
        sums = sorted(sum(cost[i, j] for i, j in enumerate(p)) for p in paths)
        assert len(sums) == 1 or sums[0] < sums[1] - 1e-9
