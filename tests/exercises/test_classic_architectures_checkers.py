import re

import numpy as np
import pytest
from torch import nn

from course_lib.exercises.checking import NotYet
from course_lib.exercises.classic_architectures import (
    check_bottleneck,
    check_cost,
    check_residual,
)
from course_lib.nn.cnn import count_parameters


def cost_by_torch(c_in, c_out, F, side, groups):
    layer = nn.Conv2d(c_in, c_out, F, groups=groups, bias=False)
    return count_parameters(layer), count_parameters(layer) * side**2


def block_by_torch(c, squeezed):
    layers = (
        nn.Conv2d(c, squeezed, 1, bias=False),
        nn.Conv2d(squeezed, squeezed, 3, bias=False),
        nn.Conv2d(squeezed, c, 1, bias=False),
    )
    return sum(map(count_parameters, layers))


def test_what_torch_counts_passes():
    check_cost(cost_by_torch)
    check_bottleneck(block_by_torch)


def test_a_residual_block_passes():
    check_residual(lambda x, A, B: np.clip(x + B @ (np.clip(A @ x, 0, None)), 0, None))


@pytest.mark.parametrize("checker", [check_bottleneck, check_cost, check_residual])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)
