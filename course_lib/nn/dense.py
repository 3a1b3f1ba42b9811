"""Networks of dense layers on our own engine: first weights, scores, one step of descent.

Symbols
    layers    D pairs (W, b), of shapes (d, k) and (k,); k of one layer is d of the next
    X         (n, d)  inputs, one sample a row; d is that of the first layer
    scores    (n, K)  what the last layer gives; K is its k

W and b are arrays at first, and tensors once their gradients are asked for.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.nn.autograd import Tensor

Layers = list[tuple[Any, Any]]


def first_layers(sizes: Sequence[int], seed: int) -> Layers:
    """Draw normal weights of variance 2/d, and biases 0 (He et al., 2015).

    Parameters
    ----------
    sizes : sequence of at least two int
        Inputs, units of each hidden layer, outputs.
    seed : int

    Examples
    --------
    >>> [W.shape for W, b in first_layers((64, 12, 10), seed=0)]
    [(64, 12), (12, 10)]
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must name the inputs and the outputs at least; got {sizes}.")
    sizes = [check_whole("sizes", size, 1) for size in sizes]
    rng, layers = np.random.default_rng(seed), []
    for d, k in pairwise(sizes):
        layers.append((rng.normal(size=(d, k)) * np.sqrt(2 / d), np.zeros(k)))
    return layers


def as_tensors(layers: Layers) -> Layers:
    """Return the same numbers as tensors that ask for a gradient."""
    return [tuple(Tensor(a, requires_grad=True) for a in layer) for layer in layers]


def network(X: Any, layers: Layers) -> Any:
    """Return the scores (n, K) of ReLU layers: of our tensors as of torch's.

    >>> W, b = Tensor([[1.0, -1.0]]), Tensor([0.0, 0.0])
    >>> network(Tensor([[3.0]]), [(W, b), (W.T, Tensor([0.5]))]).item()
    3.5
    """
    *hidden, (W, b) = layers
    for V, c in hidden:
        X = (X @ V + c).relu()
    return X @ W + b


def parameters(layers: Layers) -> list[Any]:
    """Return weights and biases in one list: W and b of the first layer, of the second …"""
    return [a for layer in layers for a in layer]


def step(layers: Layers, loss: Tensor, eta: float) -> None:
    """Go back from the loss, and change each parameter by −eta times its gradient.

    Parameters
    ----------
    layers : pairs of Tensor
        Gradients that they have are forgotten first.
    loss : Tensor
        A single number, computed from the layers.
    eta : float
        Learning rate, above 0.
    """
    check_number("eta", eta, above=0)
    for w in parameters(layers):
        w.zero_grad()
    loss.backward()
    for w in parameters(layers):
        w.data = w.data - eta * w.grad


def matrix_products(loss: Tensor) -> tuple[int, int]:
    """Count the multiplications in products A @ B of matrices, forward and on the way back.

    A (n, k) times B (k, m) takes n·k·m. So does the gradient of A, and so that of B, where it is
    asked for.

    >>> A, B = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 4)), requires_grad=True)
    >>> matrix_products((A @ B).sum())
    (24, 24)
    """
    forward = backward = 0
    for node in loss.graph():
        if node.operation == "@":
            A, B = node.parents
            work = A.data.size * B.shape[1]
            forward += work
            backward += work * (A.requires_grad + B.requires_grad)
    return forward, backward
