import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.image_processing import check_convolve, check_psnr
from course_lib.images.filters import convolve, convolve_by_definition
from course_lib.images.quality import psnr


def test_the_librarys_functions_pass():
    check_convolve(lambda image, kernel: convolve(image, kernel, "valid"))
    check_convolve(lambda image, kernel: convolve_by_definition(image, kernel, "valid"))
    check_psnr(psnr)


@pytest.mark.parametrize("checker", [check_convolve, check_psnr])
def test_every_mistake_is_wrong_and_named(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet) as caught:
            checker(mistake)
        assert f"when you {name}." in str(caught.value)


def test_an_unknown_mistake_is_wrong_without_a_name():
    with pytest.raises(NotYet) as caught:
        check_psnr(lambda a, b: np.pi)
    assert "when you" not in str(caught.value)
