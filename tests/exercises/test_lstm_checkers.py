"""The checkers know the right step, and name the mistake in a wrong one."""

import numpy as np
import pytest
import torch

from course_lib.exercises.checking import NotYet
from course_lib.exercises.lstm import check_coupled_step, check_gru_step
from course_lib.nn.recurrent import gru_step, lstm_step


def tensors(*arrays):
    return [torch.as_tensor(array)[None] for array in arrays]


def library_coupled(x, h, c, W, U, b):
    """An LSTM's step whose input gate has the forget gate's parameters with the sign turned."""
    parts = (np.split(each, 3) for each in (W, U, b))
    W, U, b = (torch.as_tensor(np.concatenate([-f, f, g, o])) for f, g, o in parts)
    h, c = lstm_step(*tensors(x, h, c), W, U, b, torch.zeros_like(b))
    return torch.cat([h, c])


def library_gru(x, h, *parameters):
    return gru_step(*tensors(x, h), *map(torch.as_tensor, parameters))[0]


def test_the_librarys_steps_pass():
    check_coupled_step(library_coupled)
    check_gru_step(library_gru)


@pytest.mark.parametrize("checker", [check_coupled_step, check_gru_step])
def test_every_mistake_is_wrong_and_named(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match="when you " + name.split(",")[0]):
            checker(mistake)


def test_no_two_mistakes_look_alike():
    for checker in (check_coupled_step, check_gru_step):
        answers = [
            np.concatenate([np.ravel(f(*case)) for case in checker.cases.values()])
            for f in checker.mistakes.values()
        ]
        for k, one in enumerate(answers):
            assert not any(np.allclose(one, other) for other in answers[:k])
