from dataclasses import replace

import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.image_processing import check_bilateral, check_convolve
from course_lib.images import denoise
from course_lib.images.filters import convolve, convolve_by_definition
from course_lib.nn.convolution import conv2d


def test_the_librarys_functions_pass():
    check_convolve(lambda x, k: conv2d(x[None, None], k[None, None, ::-1, ::-1])[0, 0])
    odd = {name: case for name, case in check_convolve.cases.items() if case[1].size % 2}
    for function in (convolve, convolve_by_definition):  # their kernels have a middle
        checker = replace(check_convolve, cases=odd)
        checker(lambda image, kernel, function=function: function(image, kernel, "valid"))

    def at_the_middle(window, sigma, r):
        reach = 2 * int(np.ceil(3 * sigma))  # beyond the window the picture says nothing
        wide = np.pad(window, reach, constant_values=1e6)
        return denoise.bilateral_filter(wide, r, sigma)[len(wide) // 2, len(wide) // 2]

    check_bilateral(at_the_middle)


@pytest.mark.parametrize("checker", [check_bilateral, check_convolve])
def test_every_mistake_is_wrong_and_named(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet) as caught:
            checker(mistake)
        assert f"when you {name}." in str(caught.value)


def test_an_unknown_mistake_is_wrong_without_a_name():
    with pytest.raises(NotYet) as caught:
        check_bilateral(lambda window, sigma, r: np.pi)
    assert "when you" not in str(caught.value)
