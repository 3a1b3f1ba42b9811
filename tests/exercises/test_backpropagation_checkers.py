import pytest
import torch

from course_lib.exercises.backpropagation import check_softmax_back, check_sum_back
from course_lib.exercises.checking import NotYet


def test_torch_sums_back_what_it_broadcast():
    def sum_back(G, shape):
        small = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        small.expand(G.shape).backward(torch.tensor(G))
        return small.grad

    check_sum_back(sum_back)


def test_torch_goes_back_through_a_softmax():
    def softmax_back(G, P):
        Z = torch.tensor(P).log().requires_grad_()
        torch.softmax(Z, dim=1).backward(torch.tensor(G))
        return Z.grad

    check_softmax_back(softmax_back)


@pytest.mark.parametrize("checker", [check_sum_back, check_softmax_back])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)
