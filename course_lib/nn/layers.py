"""Layers of a network, on the tensors of `autograd`.

Symbols
    X        (n, d)  a batch of n samples
    W, b     (d, h) and (h,), the parameters of a dense layer with d inputs and h units: XW + b
    γ, β     (h,) each, scale and shift that a normalisation learns

A layer is called with a tensor and returns one. It lists its `parameters`, tensors that training
changes; most layers have none. The names are torch's, but W is its transpose, as in XW + b.

Sources. Initial weights: Glorot and Bengio (2010); He, Zhang, Ren and Sun (2015); Saxe, McClelland
and Ganguli (2014). Normalisation: Ioffe and Szegedy (2015); Ba, Kiros and Hinton (2016).
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
from course_lib.nn.autograd_operations import normalised

INITIAL = {
    "he": lambda d, h: sqrt(2 / d),
    "xavier": lambda d, h: sqrt(2 / (d + h)),
    "lecun": lambda d, h: sqrt(1 / d),
}
"""Standard deviation of the initial weights of a layer with d inputs and h units, by its name."""


def initial_weights(
    d: int,
    h: int,
    init: str | float = "he",
    *,
    gain: float = 1.0,
    random_state: int | np.random.RandomState | None = None,
) -> np.ndarray:
    """Draw the weights that a layer with d inputs and h units begins with, (d, h).

    Parameters
    ----------
    d, h : int
    init : {"he", "xavier", "lecun", "orthogonal"} or float, default="he"
        Standard deviation of normal numbers: √(2/d), which keeps the size of signals through ReLU;
        √(2/(d + h)); √(1/d); or the number given. "orthogonal" turns normal numbers into columns
        of length 1 at right angles, or rows, where there are more columns than rows.
    gain : float, default=1
        Factor of all weights: √2 makes up for ReLU in "orthogonal", as "he" has it already.
    random_state : int, RandomState or None

    Raises
    ------
    ValueError
        For an unknown name, and numbers out of range.

    Examples
    --------
    >>> W = initial_weights(3, 2, "orthogonal", random_state=0)
    >>> np.round(W.T @ W, 12).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    check_whole("d", d), check_whole("h", h)
    gain = check_number("gain", gain, least=0)
    if isinstance(init, str) and init not in (*INITIAL, "orthogonal"):
        names = [*INITIAL, "orthogonal"]
        raise ValueError(f"init must be one of {names} or a number, got {init!r}.")
    if not isinstance(init, str):
        size = check_number("init", init, least=0)
    else:
        size = INITIAL[init](d, h) if init in INITIAL else 1.0
    normal = check_random_state(random_state).standard_normal((d, h))
    return gain * size * (_orthogonal(normal) if init == "orthogonal" else normal)


def _orthogonal(normal: np.ndarray) -> np.ndarray:
    """Return orthonormal columns (rows of a wide matrix), uniformly distributed."""
    if normal.shape[0] < normal.shape[1]:
        return _orthogonal(normal.T).T
    Q, R = np.linalg.qr(normal)
    return Q * np.where(np.diag(R) < 0, -1, 1)  # as if R's diagonal were positive: QR is unique


class Layer:
    """What every layer has: no parameters and one manner, unless it says otherwise."""

    def __call__(self, X: Tensor) -> Tensor:
        """Return the outputs for a batch."""
        raise NotImplementedError

    def parameters(self) -> list[Tensor]:
        """Return the tensors that training changes, always in the same order."""
        return []

    def buffers(self) -> list[Tensor]:
        """Return the tensors that belong to the state and are no parameters: running statistics."""
        return []

    def train(self, on: bool = True) -> None:
        """Go over to the manner of training, or with False to that of prediction."""

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state(self) -> list[np.ndarray]:
        """Return copies of the data of parameters and buffers, which `load_state` takes back."""
        return [tensor.data.copy() for tensor in (*self.parameters(), *self.buffers())]

    def load_state(self, state: Sequence[Any]) -> None:
        """Set the data of all parameters, then of all buffers, to copies of the arrays given.

        Raises
        ------
        ValueError
            For another number of arrays or other shapes; nothing is changed then.
        """
        tensors = [*self.parameters(), *self.buffers()]
        arrays = [np.asarray(one) for one in state]
        shapes = [tensor.shape for tensor in tensors]
        if [one.shape for one in arrays] != shapes:
            raise ValueError(
                f"state must hold arrays of the shapes {shapes}, got {[a.shape for a in arrays]}."
            )
        for tensor, array in zip(tensors, arrays, strict=True):
            tensor.data = array.astype(tensor.dtype)


class Linear(Layer):
    """A dense layer: XW + b, each unit a weighted sum of all inputs.

    Parameters
    ----------
    d, h : int
        Numbers of inputs and units.
    init : {"he", "xavier", "lecun", "orthogonal"} or float, default="he"
    gain : float, default=1
        What W begins with, as in `initial_weights`. b begins with 0.
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
        gain: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
        dtype: Any = float,
    ):
        W = initial_weights(d, h, init, gain=gain, random_state=random_state)
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


class BatchNorm(Layer):
    """Give each unit mean 0 and variance 1 over the batch, then a learned scale and shift: γX̂ + β.

    In training a batch is normalised by its own mean and variance, and the running ones move
    towards them; in prediction the running ones serve, so that a sample's output no longer depends
    on the others in its batch. The batch's own level and scale are lost, and γ, β put learned ones
    in their place.

    Parameters
    ----------
    h : int
        Number of units.
    momentum : float in (0, 1], default=0.1
        Share of a batch in the running statistics.
    eps : float, default=1e-5
        Is added to the variance under the root.
    dtype : float type, default=float64

    Attributes
    ----------
    gamma, beta : Tensor of shape (h,)
        Parameters; they begin with 1 and 0.
    running_mean, running_var : Tensor of shape (h,)
        Buffers; they begin with 0 and 1. The running variance divides by n − 1, as torch's does.

    Examples
    --------
    >>> layer = BatchNorm(1)
    >>> X = Tensor([[1.0], [3.0]])
    >>> layer(X).data.round(3).tolist()
    [[-1.0], [1.0]]
    >>> layer.running_mean.item(), layer.running_var.item()
    (0.2, 1.1)
    >>> layer.train(False)
    >>> layer(Tensor([[0.2]])).data.tolist()
    [[0.0]]
    """

    def __init__(self, h: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = float):
        h = check_whole("h", h)
        self.momentum = check_number("momentum", momentum, above=0, most=1)
        self.eps = check_number("eps", eps, above=0)
        self.gamma = Tensor(np.ones(h, dtype), requires_grad=True)
        self.beta = Tensor(np.zeros(h, dtype), requires_grad=True)
        self.running_mean, self.running_var = Tensor(np.zeros(h, dtype)), Tensor(np.ones(h, dtype))
        self.training = True

    def __call__(self, X: Tensor) -> Tensor:
        """Return an array of the shape (n, h) of X."""
        if X.ndim != 2 or X.shape[1] != self.gamma.shape[0]:
            raise ValueError(f"X must have the shape (n, {len(self.gamma.data)}), got {X.shape}.")
        if not self.training:
            normal = (X - self.running_mean) / np.sqrt(self.running_var.data + self.eps)
            return normal * self.gamma + self.beta
        if len(X.data) < 2:
            raise ValueError("a batch of one sample has no variance to be normalised by.")
        normal, mean, var = normalised(X, axis=0, eps=self.eps)
        n, share = len(X.data), self.momentum
        for running, new in ((self.running_mean, mean), (self.running_var, var * n / (n - 1))):
            running.data = (1 - share) * running.data + share * new[0]
        return normal * self.gamma + self.beta

    def parameters(self) -> list[Tensor]:
        """Return γ and β."""
        return [self.gamma, self.beta]

    def buffers(self) -> list[Tensor]:
        """Return the running mean and variance."""
        return [self.running_mean, self.running_var]

    def train(self, on: bool = True) -> None:
        """Normalise by the batch, or with False by the running statistics."""
        self.training = bool(on)


class LayerNorm(Layer):
    """Give each sample mean 0 and variance 1 over its units, then a learned scale and shift.

    No sample knows of the others, so training and prediction are alike, and one sample is enough.

    Parameters
    ----------
    h : int
        Number of units, the last axis.
    eps : float, default=1e-5
        Is added to the variance under the root.
    dtype : float type, default=float64

    Attributes
    ----------
    gamma, beta : Tensor of shape (h,)
        They begin with 1 and 0.

    Examples
    --------
    >>> LayerNorm(2)(Tensor([[1.0, 3.0], [20.0, 40.0]])).data.round(3).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def __init__(self, h: int, *, eps: float = 1e-5, dtype: Any = float):
        h, self.eps = check_whole("h", h), check_number("eps", eps, above=0)
        self.gamma = Tensor(np.ones(h, dtype), requires_grad=True)
        self.beta = Tensor(np.zeros(h, dtype), requires_grad=True)

    def __call__(self, X: Tensor) -> Tensor:
        """Return an array of the shape (…, h) of X."""
        if X.ndim < 1 or X.shape[-1] != self.gamma.shape[0]:
            raise ValueError(f"X must have the shape (…, {len(self.gamma.data)}), got {X.shape}.")
        return normalised(X, axis=-1, eps=self.eps)[0] * self.gamma + self.beta

    def parameters(self) -> list[Tensor]:
        """Return γ and β."""
        return [self.gamma, self.beta]


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

    def buffers(self) -> list[Tensor]:
        """Return the buffers of all layers, the first layer's first."""
        return [buffer for layer in self.layers for buffer in layer.buffers()]

    def train(self, on: bool = True) -> None:
        """Tell all layers."""
        for layer in self.layers:
            layer.train(on)


ACTIVATIONS = {"relu": (ReLU, "he"), "tanh": (Tanh, "xavier"), "sigmoid": (Sigmoid, "xavier")}
"""The layer of each activation, and the initial weights that suit it."""


NORMS = {"batch": BatchNorm, "layer": LayerNorm}
"""The layer of each normalisation."""


def dense_network(
    widths: Sequence[int],
    activation: str = "relu",
    *,
    init: str | float | None = None,
    gain: float = 1.0,
    norm: str | None = None,
    random_state: int | np.random.RandomState | None = None,
    dtype: Any = float,
) -> Sequential:
    """Return dense layers with an activation between each two, and none after the last.

    Parameters
    ----------
    widths : sequence of at least two int
        Inputs, units of each hidden layer, outputs.
    activation : {"relu", "tanh", "sigmoid"}, default="relu"
    init : as in `initial_weights`, optional
        By default "he" for "relu" and "xavier" for the others.
    gain : float, default=1
        Factor of all initial weights.
    norm : {"batch", "layer"}, optional
        Normalisation before each activation.
    random_state : int, RandomState or None
    dtype : float type, default=float64

    Raises
    ------
    ValueError
        For an unknown activation or normalisation, and fewer than two widths.

    Examples
    --------
    >>> [parameter.shape for parameter in dense_network([2, 8, 3], random_state=0).parameters()]
    [(2, 8), (8,), (8, 3), (3,)]
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {activation!r}.")
    if norm is not None and norm not in NORMS:
        raise ValueError(f"norm must be one of {list(NORMS)} or None, got {norm!r}.")
    if len(widths) < 2:
        raise ValueError(f"widths must name the inputs and the outputs at least, got {widths!r}.")
    bend, usual = ACTIVATIONS[activation]
    options = {"init": usual if init is None else init, "gain": gain, "dtype": dtype}
    rng, layers = check_random_state(random_state), []
    for d, h in pairwise(widths):
        between = [NORMS[norm](d, dtype=dtype)] if norm and layers else []
        layers += [*between, *([bend()] if layers else [])]
        layers.append(Linear(d, h, random_state=rng, **options))
    return Sequential(*layers)
