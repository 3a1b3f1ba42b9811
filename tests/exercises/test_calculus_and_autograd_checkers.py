import numpy as np
import pytest
import torch

from course_lib.exercises.calculus_and_autograd import (
    check_quadratic_gradient,
    check_softmax_jacobian,
)
from course_lib.exercises.checking import NotYet


def test_autograd_passes_the_gradient():
    def answer(A, x):
        A, x = torch.tensor(A), torch.tensor(x)
        return torch.func.grad(lambda x: x @ A @ x)(x)

    check_quadratic_gradient(answer)


def test_autograd_passes_the_jacobian():
    check_softmax_jacobian(
        lambda x: torch.func.jacrev(lambda z: torch.softmax(z, dim=0))(torch.tensor(x))
    )


@pytest.mark.parametrize("checker", [check_quadratic_gradient, check_softmax_jacobian])
def test_every_known_mistake_of_calculus_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)


def test_an_overflow_is_found():
    def overflows(x):
        with np.errstate(all="ignore"):
            p = np.exp(x) / np.exp(x).sum()
        return np.diag(p) - np.outer(p, p)

    with pytest.raises(NotYet, match="large numbers"):
        check_softmax_jacobian(overflows)
