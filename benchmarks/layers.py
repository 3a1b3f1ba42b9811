"""Layers of networks, forward and backward: the course's by hand, and torch's."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np


def numpy_convolution(data: Any) -> tuple[np.ndarray, ...]:
    """Return (Y, dX, dW, db) of our layer with padding 1."""
    from course_lib.nn.convolution import conv2d, conv2d_backward

    Y = conv2d(data.X, data.W, data.b, padding=1)
    return Y, *conv2d_backward(data.dY, data.X, data.W, padding=1)


def torch_convolution(data: Any) -> tuple[np.ndarray, ...]:
    """Return (Y, dX, dW, db) of torch's layer with padding 1."""
    import torch

    inputs = [torch.from_numpy(a).requires_grad_() for a in (data.X, data.W, data.b)]
    Y = torch.nn.functional.conv2d(*inputs, padding=1)
    Y.backward(torch.from_numpy(data.dY))
    return tuple(t.numpy() for t in (Y.detach(), *(one.grad for one in inputs)))


@cache
def recurrent_layer(whose: str, d: int, h: int, kind: str) -> Any:
    """Return the course's layer or torch's, with d inputs, h units and the same parameters."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = getattr(torch.nn, kind)(d, h)
    if whose == "ours":
        from course_lib.nn import recurrent

        parameters = layer.state_dict()
        layer = getattr(recurrent, kind)(d, h)
        layer.load_state_dict(parameters)
    return layer


def lstm(data: Any, whose: str, kind: str = "LSTM") -> tuple[np.ndarray, ...]:
    """Return the hidden states H, dx, and the gradients of the parameters, given dH."""
    import torch

    layer = recurrent_layer(whose, data.x.shape[-1], data.dH.shape[-1], kind)
    x = torch.from_numpy(data.x).requires_grad_()
    H, _ = layer(x)
    found = torch.autograd.grad(H, [x, *layer.parameters()], torch.from_numpy(data.dH))
    return tuple(one.numpy() for one in (H.detach(), *found))


def rnn(data: Any, whose: str) -> tuple[np.ndarray, ...]:
    """Return the same of a plain recurrent layer."""
    return lstm(data, whose, "RNN")


def as_one(result: tuple[np.ndarray, ...], data: Any) -> np.ndarray:
    """Return all results in one vector, each in units of its largest value."""
    return np.concatenate([part.ravel() / np.abs(part).max() for part in result])
