import re

import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.convolutional_networks import (
    check_correlation,
    check_pool_gradient,
    check_size,
)
from course_lib.nn.convolution import conv2d, max_pool2d_backward, output_size


def test_the_librarys_functions_pass():
    check_size(output_size)
    check_correlation(lambda X, W: conv2d(X[None, None], W[None, None])[0, 0])
    check_pool_gradient(lambda X, dY: max_pool2d_backward(dY[None, None], X[None, None], 2)[0, 0])


@pytest.mark.parametrize("checker", [check_size, check_correlation, check_pool_gradient])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)), np.errstate(all="ignore"):
            checker(mistake)
