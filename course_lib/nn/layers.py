"""Layers of a network, on the tensors of `autograd`.

Symbols
    X        (n, d)  a batch of n samples
    W, b     (d, h) and (h,), the parameters of a dense layer with d inputs and h units: XW + b

A layer is called with a tensor and returns one. It lists its `parameters`, tensors that training
changes; most layers have none. The names are torch's, but W is its transpose, as in XW + b.

Source for the initial weights: Glorot and Bengio (2010); He, Zhang, Ren and Sun (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.estimator import check_random_state
from course_lib.nn.autograd import Tensor

INITIAL = {
    "he": lambda d, h: sqrt(2 / d),
    "xavier": lambda d, h: sqrt(2 / (d + h)),
    "lecun": lambda d, h: sqrt(1 / d),
}
"""Standard deviation of the initial weights of a layer with d inputs and h units, by its name."""


class Layer:
    """What every layer has: no parameters and one manner, unless it says otherwise."""

    def __call__(self, X: Tensor) -> Tensor:
        """Return the outputs for a batch."""
        raise NotImplementedError

    def parameters(self) -> list[Tensor]:
        """Return the tensors that training changes, always in the same order."""
        return []

    def train(self, on: bool = True) -> None:
        """Go over to the manner of training, or with False to that of prediction."""

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state(self) -> list[np.ndarray]:
        """Return copies of the data of all parameters, which `load_state` takes back."""
        return [parameter.data.copy() for parameter in self.parameters()]

    def load_state(self, state: Sequence[Any]) -> None:
        """Set the data of all parameters, in the order of `parameters`, to copies of those given.

        Raises
        ------
        ValueError
            For another number of arrays or other shapes; nothing is changed then.
        """
        parameters, arrays = self.parameters(), [np.asarray(one) for one in state]
        shapes = [parameter.shape for parameter in parameters]
        if [one.shape for one in arrays] != shapes:
            raise ValueError(
                f"state must hold arrays of the shapes {shapes}, got {[a.shape for a in arrays]}."
            )
        for parameter, array in zip(parameters, arrays, strict=True):
            parameter.data = array.astype(parameter.dtype)


class Linear(Layer):
    """A dense layer: XW + b, each unit a weighted sum of all inputs.

    Parameters
    ----------
    d, h : int
        Numbers of inputs and units.
    init : {"he", "xavier", "lecun"} or float, default="he"
        Standard deviation of the normal numbers that W begins with: √(2/d), which keeps the size of
        signals through ReLU; √(2/(d + h)); √(1/d); or the number given. b begins with 0.
    random_state : int, RandomState or None
    dtype : float type, default=float64

    Attributes
    ----------
    W : Tensor of shape (d, h)
    b : Tensor of shape (h,)

    Examples
    --------
    >>> layer = Linear(3, 2, random_state=0)
    >>> layer(Tensor(np.zeros((5, 3)))).shape
    (5, 2)
    """

    def __init__(
        self,
        d: int,
        h: int,
        *,
        init: str | float = "he",
        random_state: int | np.random.RandomState | None = None,
        dtype: Any = float,
    ):
        check_whole("d", d), check_whole("h", h)
        if isinstance(init, str) and init not in INITIAL:
            raise ValueError(f"init must be one of {list(INITIAL)} or a number, got {init!r}.")
        named = isinstance(init, str)
        size = INITIAL[init](d, h) if named else check_number("init", init, least=0)
        W = size * check_random_state(random_state).standard_normal((d, h))
        self.W = Tensor(W.astype(dtype), requires_grad=True)
        self.b = Tensor(np.zeros(h, dtype), requires_grad=True)

    def __call__(self, X: Tensor) -> Tensor:
        """Return XW + b (n, h) for X (n, d)."""
        return X @ self.W + self.b

    def parameters(self) -> list[Tensor]:
        """Return W and b."""
        return [self.W, self.b]


class ReLU(Layer):
    """max(0, x) of each entry."""

    def __call__(self, X: Tensor) -> Tensor:
        """Return an array of the shape of X."""
        return X.relu()


class Tanh(Layer):
    """The hyperbolic tangent of each entry, between −1 and 1."""

    def __call__(self, X: Tensor) -> Tensor:
        """Return an array of the shape of X."""
        return X.tanh()


class Sigmoid(Layer):
    """σ(x) = 1/(1 + e⁻ˣ) of each entry, between 0 and 1."""

    def __call__(self, X: Tensor) -> Tensor:
        """Return an array of the shape of X."""
        return X.sigmoid()


class Dropout(Layer):
    """Set each entry to 0 with probability p in training, and multiply the others by 1/(1 − p).

    So the expected output is the input, and in prediction it is the input itself (inverted dropout;
    Srivastava and others, 2014).

    Parameters
    ----------
    p : float in [0, 1), default=0.5
    random_state : int, RandomState or None

    Examples
    --------
    >>> layer = Dropout(0.5, random_state=0)
    >>> layer(Tensor(np.ones(6))).data
    array([2., 2., 2., 2., 0., 2.])
    >>> layer.train(False)
    >>> layer(Tensor(np.ones(6))).data
    array([1., 1., 1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, random_state: int | np.random.RandomState | None = None):
        self.p = check_number("p", p, least=0, most=1)
        if self.p == 1:
            raise ValueError("p must be below 1: at 1 nothing is left.")
        self.random_state = check_random_state(random_state)
        self.training = True

    def __call__(self, X: Tensor) -> Tensor:
        """Return an array of the shape of X."""
        if not self.training or self.p == 0:
            return X
        kept = self.random_state.random_sample(X.shape) >= self.p
        return X * (kept / (1 - self.p)).astype(X.dtype)

    def train(self, on: bool = True) -> None:
        """Drop out, or with False let everything pass."""
        self.training = bool(on)


class Sequential(Layer):
    """Layers one after another.

    Attributes
    ----------
    layers : list of Layer

    Examples
    --------
    >>> network = Sequential(Linear(2, 8, random_state=0), ReLU(), Linear(8, 3, random_state=1))
    >>> network(Tensor(np.zeros((5, 2)))).shape, len(network.parameters())
    ((5, 3), 4)
    """

    def __init__(self, *layers: Layer):
        self.layers = list(layers)

    def __call__(self, X: Tensor) -> Tensor:
        """Return the output of the last layer."""
        for layer in self.layers:
            X = layer(X)
        return X

    def parameters(self) -> list[Tensor]:
        """Return the parameters of all layers, the first layer's first."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def train(self, on: bool = True) -> None:
        """Tell all layers."""
        for layer in self.layers:
            layer.train(on)


ACTIVATIONS = {"relu": (ReLU, "he"), "tanh": (Tanh, "xavier"), "sigmoid": (Sigmoid, "xavier")}
"""The layer of each activation, and the initial weights that suit it."""


def dense_network(
    widths: Sequence[int],
    activation: str = "relu",
    *,
    random_state: int | np.random.RandomState | None = None,
    dtype: Any = float,
) -> Sequential:
    """Return dense layers with an activation between each two, and none after the last.

    Parameters
    ----------
    widths : sequence of at least two int
        Inputs, units of each hidden layer, outputs.
    activation : {"relu", "tanh", "sigmoid"}, default="relu"
        Weights begin by "he" for "relu" and by "xavier" for the others.
    random_state : int, RandomState or None
    dtype : float type, default=float64

    Raises
    ------
    ValueError
        For an unknown activation, and fewer than two widths.

    Examples
    --------
    >>> [parameter.shape for parameter in dense_network([2, 8, 3], random_state=0).parameters()]
    [(2, 8), (8,), (8, 3), (3,)]
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {activation!r}.")
    if len(widths) < 2:
        raise ValueError(f"widths must name the inputs and the outputs at least, got {widths!r}.")
    bend, init = ACTIVATIONS[activation]
    rng, layers = check_random_state(random_state), []
    for d, h in pairwise(widths):
        layers += [bend(), Linear(d, h, init=init, random_state=rng, dtype=dtype)]
    return Sequential(*layers[1:])
