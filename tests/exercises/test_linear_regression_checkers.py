import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.linear_regression import (
    check_descent,
    check_gradient,
    check_largest_step,
)
from course_lib.linear_models.linear_regression import largest_stable_step, squared_loss_gradient
from course_lib.optim import descend


def test_the_librarys_gradient_passes():
    check_gradient(lambda X, y, w: len(y) * squared_loss_gradient(X, y, w))


def test_the_librarys_largest_step_passes():
    check_largest_step(largest_stable_step)


def test_the_librarys_descent_with_a_column_of_ones_passes():
    def answer(X, y, eta, steps):
        A = np.column_stack([X, np.ones(len(y))])
        zero = np.zeros(A.shape[1])
        gradient = lambda w: squared_loss_gradient(A, y, w)  # noqa: E731
        return descend(gradient, zero, eta=eta, max_steps=steps).w

    check_descent(answer)


@pytest.mark.parametrize("checker", [check_gradient, check_largest_step, check_descent])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
