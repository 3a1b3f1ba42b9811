import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.linear_regression import check_gradient, check_largest_step
from course_lib.linear_models.linear_regression import largest_stable_step, squared_loss_gradient


def test_the_librarys_gradient_passes():
    check_gradient(lambda X, y, w: len(y) * squared_loss_gradient(X, y, w))


def test_the_librarys_largest_step_passes():
    check_largest_step(largest_stable_step)


@pytest.mark.parametrize("checker", [check_gradient, check_largest_step])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
