import re

import numpy as np
import pytest
import torch

from course_lib.exercises.checking import NotYet
from course_lib.exercises.margin_losses import (
    check_a_softmax,
    check_equal_error_rate,
    check_psi,
)
from course_lib.nn.margin_losses import a_softmax, psi
from course_lib.nn.verification import equal_error_rate


def with_a_grid(cosines, same):
    thresholds = np.linspace(-1, 1, 1001)
    accepts = np.array([(cosines[~same] >= t).mean() for t in thresholds])
    rejects = np.array([(cosines[same] < t).mean() for t in thresholds])
    best = np.abs(accepts - rejects).argmin()
    return (accepts[best] + rejects[best]) / 2


def test_the_library_passes():
    check_psi(psi)
    check_a_softmax(lambda Z, W, y, m: a_softmax(*map(torch.as_tensor, (Z, W, y)), m).item())
    check_equal_error_rate(lambda cosines, same: equal_error_rate(cosines, same).rate)


def test_equal_error_rates_pass_with_a_grid_of_thresholds():
    check_equal_error_rate(with_a_grid)


@pytest.mark.parametrize("checker", [check_a_softmax, check_equal_error_rate, check_psi])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)
