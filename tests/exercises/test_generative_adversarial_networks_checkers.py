import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.exercises.checking import NotYet
from course_lib.exercises.generative_adversarial_networks import (
    check_generator_loss,
    check_optimal_discriminator,
    check_transposed_convolution,
    check_two_player_loop,
)
from course_lib.nn.gan import generator_loss
from course_lib.nn.gan_measures import optimal_discriminator

CHECKERS = [
    check_generator_loss,
    check_optimal_discriminator,
    check_transposed_convolution,
    check_two_player_loop,
]


def test_the_library_passes():
    def loss(s):
        scores = torch.tensor(s, requires_grad=True)
        value = generator_loss(scores)
        return np.r_[value.item(), torch.autograd.grad(value, scores)[0].numpy()]

    def spread(x, w, stride):
        x, w = (torch.from_numpy(one)[None, None] for one in (x, w))
        return F.conv_transpose1d(x, w, stride=stride)[0, 0].numpy()

    check_generator_loss(loss)
    check_optimal_discriminator(optimal_discriminator)
    check_transposed_convolution(spread)


def test_other_right_ways_pass():
    check_optimal_discriminator(lambda p, q: 1 - q / (p + q))

    def with_zeros_between(x, w, stride):
        wide = np.zeros((len(x) - 1) * stride + 1)
        wide[::stride] = x
        return np.convolve(wide, w)

    check_transposed_convolution(with_zeros_between)

    def by_the_formula(s):
        p = 1 / (1 + np.exp(-s))
        return [-np.log(p).mean(), *(-(1 - one) / len(s) for one in p)]

    check_generator_loss(by_the_formula)

    def by_torchs_slopes(theta, psi, eta, n):
        path = []
        for _ in range(n):
            theta, psi = (
                torch.tensor(float(one), dtype=torch.float64, requires_grad=True)
                for one in (theta, psi)
            )
            value = F.logsigmoid(psi * 0) + F.logsigmoid(-psi * theta.detach())
            psi = (psi + eta * torch.autograd.grad(value, psi)[0]).detach()
            loss = generator_loss((psi * theta)[None])
            theta = (theta - eta * torch.autograd.grad(loss, theta)[0]).detach()
            path.append(theta.item())
        return path

    check_two_player_loop(by_torchs_slopes)


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)


def test_the_loop_of_the_solution_swings_ever_more_slowly():
    path = np.abs(check_two_player_loop.reference(1.0, 0.0, 0.1, 5000))
    swings = [path[k : k + 100].max() for k in (0, 900, 4900)]
    assert np.round(swings, 2).tolist() == [1.0, 0.28, 0.13]
