import pytest
import torch

from course_lib.exercises.backpropagation import check_hidden_delta, check_sum_back
from course_lib.exercises.checking import NotYet


def test_torch_sums_back_what_it_broadcast():
    def sum_back(G, shape):
        small = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        small.expand(G.shape).backward(torch.tensor(G))
        return small.grad

    check_sum_back(sum_back)


def test_torch_gives_the_delta_of_a_hidden_layer():
    def hidden_delta(delta, W, Z):
        Z = torch.tensor(Z, requires_grad=True)
        (torch.relu(Z) @ torch.tensor(W)).backward(torch.tensor(delta))
        return Z.grad

    check_hidden_delta(hidden_delta)


@pytest.mark.parametrize("checker", [check_sum_back, check_hidden_delta])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)
