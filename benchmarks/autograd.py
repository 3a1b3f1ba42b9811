"""A network of dense layers, trained by our engine over NumPy arrays and by torch."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Row, agreement, function

STEP = 0.1


def digits_like(n: int, batch: int) -> SimpleNamespace:
    """Return n random batches of 784 inputs and 10 classes, and weights 784-256-128-10; float32."""
    rng = np.random.default_rng(0)
    widths = (784, 256, 128, 10)
    weights = [
        (rng.standard_normal((one, other)) * np.sqrt(2 / one)).astype(np.float32)
        for one, other in pairwise(widths)
    ]
    X = rng.random((n, batch, widths[0]), dtype=np.float32)
    y = rng.integers(0, widths[-1], (n, batch))
    return SimpleNamespace(X=X, y=y, weights=weights)


def train(data: Any) -> np.ndarray:
    """Return the losses of one step of gradient descent on each batch, by our engine."""
    from course_lib.nn.autograd import Tensor, cross_entropy

    W = [Tensor(one, requires_grad=True) for one in data.weights]
    b = [Tensor(np.zeros(one.shape[1], np.float32), requires_grad=True) for one in W]
    losses = []
    for X, y in zip(data.X, data.y, strict=True):
        H = Tensor(X)
        for V, c in zip(W[:-1], b[:-1], strict=True):
            H = (H @ V + c).relu()
        loss = cross_entropy(H @ W[-1] + b[-1], y)
        loss.backward()
        for parameter in (*W, *b):
            parameter.data -= STEP * parameter.grad
            parameter.zero_grad()
        losses.append(loss.item())
    return np.array(losses)


def torch_train(data: Any) -> np.ndarray:
    """Return the losses of the same steps by torch."""
    import torch
    from torch.nn import functional as F

    W = [torch.tensor(one.T.copy(), requires_grad=True) for one in data.weights]
    b = [torch.zeros(len(one), requires_grad=True) for one in W]
    descent = torch.optim.SGD([*W, *b], lr=STEP)
    losses = []
    for X, y in zip(torch.from_numpy(data.X), torch.from_numpy(data.y), strict=True):
        H = X
        for V, c in zip(W[:-1], b[:-1], strict=True):
            H = F.relu(F.linear(H, V, c))
        loss = F.cross_entropy(F.linear(H, W[-1], b[-1]), y)
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())
    return np.array(losses)


ROWS = (
    Row(
        name="mlp-training",
        problem=digits_like,
        size={"n": 50, "batch": 64},
        ours=function("benchmarks.autograd:train", library="course_lib"),
        references=(function("benchmarks.autograd:torch_train", library="torch", on=("cpu",)),),
        quality=(agreement(1e-6),),
        answer=lambda losses, data: losses,
        goal=1.1,
        group="network",
    ),
)
