"""How large signals and gradients are, layer by layer, in a network that has not learned yet.

Symbols
    l        layer, 1 … L;  n_l its number of units
    Z_l      (n, n_l)  pre-activations: Z_1 = XW_1 + b_1, Z_{l+1} = φ(Z_l)W_{l+1} + b_{l+1}
    φ        activation
    q_l      E[Z_l²], second moment of a pre-activation
    σ_w²     n_l · Var(w), fan-in times the variance of a weight: 2 by He, 1 by LeCun and, between
             layers of equal width, by Xavier, g² for orthogonal weights times g
    σ_b²     variance of a bias
    χ_l      factor by which a gradient's second moment grows from layer l + 1 back to layer l

In a wide layer each pre-activation is a sum of many independent parts, so it is about normal, and
its size is all that counts (mean-field theory):

    q_{l+1} = σ_w² E[φ(√q_l z)²] + σ_b²,    χ_l = σ_w² E[φ′(√q_l z)²],    z ~ N(0, 1).

The expectations are integrals by Gauss–Hermite. Signals and gradients keep their size through any
depth only where q and χ stay near one value, χ near 1.

Sources: Glorot and Bengio (2010); He, Zhang, Ren and Sun (2015); Poole and others (2016);
Schoenholz, Gilmer, Ganguli and Sohl-Dickstein (2017).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit

from course_lib.checks import check_number, check_whole
from course_lib.estimator import check_random_state
from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import INITIAL, Linear, Sequential, initial_weights

Function = Callable[[np.ndarray], np.ndarray]

FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "identity": (lambda z: z, np.ones_like),
}
"""Each activation φ and its derivative φ′."""


@dataclass(frozen=True)
class MeanField:
    """What mean-field theory expects of a deep, wide network.

    Attributes
    ----------
    forward : array of shape (L,)
        q_l.
    slope : array of shape (L − 1,)
        χ_l.
    backward : array of shape (L,)
        Second moment of the gradient at Z_l, in units of that at Z_L; all layers equally wide.
    """

    forward: np.ndarray
    slope: np.ndarray
    backward: np.ndarray


def mean_field(
    depth: int,
    activation: str = "relu",
    *,
    weight: float = 1.0,
    bias: float = 0.0,
    q1: float | None = None,
    n_nodes: int = 100,
) -> MeanField:
    """Follow the sizes of signals and gradients through layers of equal, large width.

    Parameters
    ----------
    depth : int
        L.
    activation : {"relu", "tanh", "sigmoid", "identity"}, default="relu"
    weight, bias : float, default=1 and 0
        σ_w² and σ_b².
    q1 : float, optional
        q_1; by default σ_w² + σ_b², as inputs of mean square 1 give it.
    n_nodes : int, default=100
        Nodes of the integrals; it must be even, so that ReLU's kink lies between two.

    Raises
    ------
    ValueError
        For an unknown activation, and numbers out of range.

    Examples
    --------
    >>> mean_field(4, "relu", weight=2.0).forward.round(6).tolist()
    [2.0, 2.0, 2.0, 2.0]
    >>> mean_field(4, "relu", weight=1.0).backward.round(6).tolist()
    [0.125, 0.25, 0.5, 1.0]
    """
    depth = check_whole("depth", depth)
    if activation not in FUNCTIONS:
        raise ValueError(f"activation must be one of {list(FUNCTIONS)}, got {activation!r}.")
    if check_whole("n_nodes", n_nodes, 2) % 2:
        raise ValueError(f"n_nodes must be even, got {n_nodes}.")
    weight = check_number("weight", weight, least=0)
    bias = check_number("bias", bias, least=0)
    first = weight + bias if q1 is None else check_number("q1", q1, least=0)
    f, slope = FUNCTIONS[activation]
    z, weights = hermegauss(n_nodes)
    weights = weights / weights.sum()  # E[g(z)] ≈ Σ weights · g(z)
    q, chi = [first], []
    for _ in range(depth - 1):
        at = np.sqrt(q[-1]) * z
        chi.append(weight * weights @ slope(at) ** 2)
        q.append(weight * weights @ f(at) ** 2 + bias)
    back = np.cumprod([1.0, *chi[::-1]])[::-1]
    return MeanField(np.array(q), np.array(chi), back)


@dataclass(frozen=True)
class Signals:
    """What a network measures in its dense layers on one batch.

    Attributes
    ----------
    forward, backward : list of array (n, n_l)
        Z_l, and the gradient with respect to it.
    """

    forward: list[np.ndarray]
    backward: list[np.ndarray]

    @property
    def forward_moments(self) -> np.ndarray:
        """Mean of Z_l² over samples and units, shape (L,): the measured q_l."""
        return np.array([np.mean(Z**2) for Z in self.forward])

    @property
    def backward_moments(self) -> np.ndarray:
        """Mean square of the gradient at each Z_l, shape (L,)."""
        return np.array([np.mean(dZ**2) for dZ in self.backward])


def signals(
    network: Sequential,
    X: np.ndarray,
    *,
    seed: np.ndarray | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Signals:
    """Send a batch through a network and a gradient back, and keep what each dense layer sees.

    Parameters
    ----------
    network : Sequential
        Layers of `course_lib.nn.layers`, as `dense_network` stacks them.
    X : array of shape (n, d)
    seed : array of shape (n, n_L), optional
        Gradient at the outputs; by default normal numbers of variance 1.
    random_state : int, RandomState or None, default=0
        Draws that gradient.

    Examples
    --------
    >>> from course_lib.nn.layers import dense_network
    >>> network = dense_network([50, 40, 30], random_state=0)
    >>> [Z.shape for Z in signals(network, np.ones((7, 50))).backward]
    [(7, 40), (7, 30)]
    """
    H, kept = Tensor(X), []
    for layer in network.layers:
        H = layer(H)
        if isinstance(layer, Linear):
            kept.append(H)
    if seed is None:
        seed = check_random_state(random_state).standard_normal(H.shape)
    H.backward(seed)
    found = Signals([Z.data for Z in kept], [Z.grad for Z in kept])
    network.zero_grad()
    return found


def initialise(
    module: torch.nn.Module,
    init: str | float = "he",
    *,
    gain: float = 1.0,
    random_state: Any = None,
) -> None:
    """Draw the weights of all dense and convolutional layers of a torch module anew; biases are 0.

    Parameters
    ----------
    module : Module
    init, gain, random_state
        As in `initial_weights`. Inputs of a filter are its own, C/G·F·F′; its outputs, which only
        "xavier" asks for, K·F·F′. The same draws as in `dense_network` give the same weights.

    Examples
    --------
    >>> layer = torch.nn.Conv2d(3, 8, 5)
    >>> initialise(layer, "orthogonal", random_state=0)
    >>> rows = layer.weight.detach().reshape(8, -1)
    >>> torch.allclose(rows @ rows.T, torch.eye(8), atol=1e-5)
    True
    """
    rng = check_random_state(random_state)
    for layer in module.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Conv3d):
            _redraw(layer, init, gain, rng)


def _redraw(
    layer: torch.nn.Module, init: str | float, gain: float, rng: np.random.RandomState
) -> None:
    shape = layer.weight.shape  # (K, inputs), or (K, C/G, F, …)
    d, K = shape[1:].numel(), shape[0]
    if init in INITIAL:
        init = INITIAL[init](d, K * shape[2:].numel())
    W = initial_weights(d, K, init, gain=gain, random_state=rng)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(W.T.copy()).reshape(shape))
        if layer.bias is not None:
            layer.bias.zero_()
