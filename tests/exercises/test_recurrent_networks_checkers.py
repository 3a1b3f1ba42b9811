"""The checkers know the right answers, and name the mistake in a wrong one."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.exercises.checking import NotYet
from course_lib.exercises.recurrent_networks import (
    check_bptt,
    check_masked_loss,
    check_rnn,
    check_temperature,
    check_windows,
)
from course_lib.nn.recurrent import RNN, masked_mean
from course_lib.nn.through_time import bptt_terms

CHECKERS = [check_rnn, check_bptt, check_masked_loss, check_temperature, check_windows]


def one_layer(kind, W, U, b):
    """Return a layer in float64 with these parameters and no second bias."""
    W, U, b = (torch.as_tensor(np.atleast_1d(each)) for each in (W, U, b))
    layer = kind(W.shape[-1], len(U)).double()
    values = W.reshape(len(U), -1), U.reshape(len(U), -1), b, torch.zeros_like(b)
    with torch.no_grad():
        for p, value in zip(layer.parameters(), values, strict=True):
            p.copy_(value)
    return layer


@pytest.mark.parametrize("kind", [RNN, nn.RNN])
def test_the_states_of_the_librarys_layer_and_of_torchs_pass(kind):
    check_rnn(lambda x, *rest: one_layer(kind, *rest)(torch.as_tensor(x)[:, None])[0][:, 0])


def test_the_librarys_gradient_passes():
    def gradient(x, w, u, y):
        layer, x = one_layer(RNN, w, u, 0.0), torch.as_tensor(x)[:, None, None]
        H, _ = layer(x)
        (0.5 * (H[-1] - y).square().sum()).backward()
        slopes = torch.zeros_like(H)
        slopes[-1] = H[-1].detach() - y
        by_u = bptt_terms(layer, x, slopes).sum()
        assert by_u.item() == pytest.approx(layer.weight_hh_l0.grad.item())
        return [layer.weight_ih_l0.grad.item(), by_u.item()]

    check_bptt(gradient)


def test_training_in_windows_passes():
    def gradient(x, w, u, y, window):
        layer, state = one_layer(RNN, w, u, 0.0), None
        pieces = (torch.as_tensor(each)[:, None, None].split(window) for each in (x, y))
        for read, wanted in zip(*pieces, strict=True):
            H, state = layer(read, state)
            (0.5 * (H - wanted).square().sum()).backward()  # adds up over the windows
            state = state.detach()
        return [layer.weight_ih_l0.grad.item(), layer.weight_hh_l0.grad.item()]

    check_windows(gradient)


def test_the_librarys_mean_and_torchs_softmax_pass():
    check_masked_loss(lambda *a: masked_mean(*map(torch.as_tensor, a)))
    check_temperature(lambda logits, tau: (torch.as_tensor(logits) / tau).softmax(dim=0))


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_mistake_is_wrong_and_named(checker):
    for name, mistake in checker.mistakes.items():
        with (
            pytest.raises(NotYet, match="when you " + name.split(",")[0]),
            np.errstate(all="ignore"),
        ):
            checker(mistake)


def test_no_two_mistakes_look_alike():
    for checker in CHECKERS:
        answers = [
            np.concatenate([np.ravel(f(*case)) for case in checker.cases.values()])
            for f in checker.mistakes.values()
        ]
        for k, one in enumerate(answers):
            for other in answers[:k]:
                assert one.shape != other.shape or not np.allclose(one, other)
