"""Trials of the chapter on training deep networks: what it tries on the digits, in small functions.

Symbols
    pixels   (1797, 64)  the digits, each pixel standardised by the 300 rows for training
    scaled   (1797, 64)  the digits divided by 16, from 0 to 1
    digit    (1797,)     which digit it is
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint_sequential

from course_lib.linear_models import softmax
from course_lib.nn.autograd import Tensor, cross_entropy
from course_lib.nn.initialisation import mean_field, signals
from course_lib.nn.layers import Sequential, dense_network
from course_lib.nn.many import ManyNetworks, Trainings, noisy_labels, train_many
from course_lib.nn.training import seeded

STARTS = {
    "0.01": (0.01, 1.0),
    "Xavier": ("xavier", 1.0),
    "He": ("he", 1.0),
    "orthogonal": ("orthogonal", 1.0),
    "He × 2": ("he", 2.0),
    "1.0": (1.0, 1.0),
}
"""The `init` and the `gain` of each start; orthogonal weights before ReLU get √2 as well."""

BENDS = {"tanh": np.tanh, "ReLU": lambda z: np.maximum(z, 0)}
SPLIT_SEED, N_TRAIN = 0, 300
NEARLY_NONE = 0.8
"""A pixel of a smaller spread, of values from 0 to 16, is centred and not divided."""


class Digits(NamedTuple):
    """The digits, and the rows of one split of them."""

    pixels: np.ndarray
    scaled: np.ndarray
    digit: np.ndarray
    train: np.ndarray
    test: np.ndarray


@cache
def digits() -> Digits:
    """Return the digits with 300 rows for training and the other 1,497 for testing.

    >>> len(digits().train), len(digits().test)
    (300, 1497)
    """
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(y))
    train, test = order[:N_TRAIN], order[N_TRAIN:]
    spread = X[train].std(axis=0)
    pixels = (X - X[train].mean(axis=0)) / np.where(spread < NEARLY_NONE, 1, spread)
    return Digits(pixels, X / 16, y, train, test)


def plain_network(
    activation: str, start: str, layers: int, *, width: int = 100, seed: int = 0
) -> Sequential:
    """Return an untrained network for the digits, without any normalisation.

    Parameters
    ----------
    activation : {"tanh", "ReLU"}
    start : str
        One of `STARTS`.
    layers : int
        Dense layers, the last one among them.
    width, seed : int, default=100 and 0
    """
    init, gain = STARTS[start]
    if start == "orthogonal" and activation == "ReLU":
        gain *= np.sqrt(2)
    widths = [64, *[width] * (layers - 1), 10]
    return dense_network(widths, activation.lower(), init=init, gain=gain, random_state=seed)


class Untrained(NamedTuple):
    """What an untrained network does with a hundred digits, by hidden layers."""

    outputs: list[np.ndarray]
    gradients: list[np.ndarray]  # of the sum of the losses, with respect to the sums z
    loss: float  # the mean
    up: float  # spread of the last hidden layer's outputs over that of the first
    down: float  # the same of the gradients, the first over the last


def untrained(activation: str, start: str, layers: int) -> Untrained:
    """Send a hundred digits up an untrained network and the gradients of their losses down.

    >>> round(untrained("tanh", "0.01", 11).loss, 3)  # log 10
    2.303
    """
    network = plain_network(activation, start, layers)
    X, y = digits().pixels[:100], digits().digit[:100]
    scores = network(Tensor(X)).data
    flow = signals(network, X, seed=softmax(scores) - np.eye(10)[y])
    outputs = [BENDS[activation](z) for z in flow.forward[:-1]]
    gradients = flow.backward[:-1]
    return Untrained(
        outputs,
        gradients,
        cross_entropy(Tensor(scores), y).item(),
        outputs[-1].std() / outputs[0].std(),
        float(np.sqrt(np.mean(gradients[0] ** 2) / np.mean(gradients[-1] ** 2))),
    )


def through_depth(
    starts: Sequence[str], *, layers: int = 20, width: int = 300, networks: int = 5
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the mean squares of the sums in ReLU networks, measured and by theory, (layers,).

    The theory begins with the first layer's measured value.
    """
    measured, theory = {}, {}
    for start in starts:
        nets = [plain_network("ReLU", start, layers, width=width, seed=k) for k in range(networks)]
        W = nets[0].parameters()[2].data  # of the second layer, which is square
        flows = [signals(net, digits().pixels[:100]).forward_moments for net in nets]
        measured[start] = np.mean(flows, axis=0)[: layers - 1]
        weight, q1 = width * np.mean(W**2), measured[start][0]
        theory[start] = mean_field(layers - 1, "relu", weight=weight, q1=q1).forward
    return measured, theory


def rates(
    etas: Sequence[float],
    *,
    n_steps: int,
    schedule: Callable[[int], float] | None = None,
    clip: float | None = None,
    seeds: Sequence[int] = (0, 1, 2),
) -> Trainings:
    """Train networks of four layers on 300 digits, all seeds of the first η first."""
    all_digits = digits()
    networks = ManyNetworks([64, 100, 100, 100, 10], seeds=[*seeds] * len(etas))
    test = all_digits.pixels[all_digits.test], all_digits.digit[all_digits.test]
    return train_many(
        networks,
        all_digits.pixels[all_digits.train],
        all_digits.digit[all_digits.train],
        eta=np.repeat(etas, len(seeds)),
        n_steps=n_steps,
        schedule=schedule,
        clip=clip,
        watch={"test": test},
    )


def step_over_weights(eta: float, step: int) -> list[float]:
    """Return the length of a step (counted from 1) over that of the weights, by layer."""
    all_digits, before_and_after = digits(), []
    for n_steps in (step - 1, step):
        networks = ManyNetworks([64, 100, 100, 100, 10], seeds=[0])
        if n_steps:
            X, y = (part[all_digits.train] for part in (all_digits.pixels, all_digits.digit))
            train_many(networks, X, y, eta=eta, n_steps=n_steps)
        before_and_after.append([W.detach().numpy() for W in networks.W])
    return [
        float(np.linalg.norm(after - before) / np.linalg.norm(before))
        for before, after in zip(*before_and_after, strict=True)
    ]


def remedies(
    settings: Sequence[tuple[float, float, float, int]],
    *,
    n_steps: int,
    every: int,
    eta: float = 0.002,
) -> Trainings:
    """Train networks 64-100-100-10 on 300 digits by Adam, a setting each.

    Parameters
    ----------
    settings : sequence of (share of random labels, dropout, weight decay, seed)
    n_steps, every : int
        The networks are looked at every so many steps, on "training" and "test".
    eta : float, default=0.002
    """
    all_digits = digits()
    shares, drops, decays, seeds = (list(one) for one in zip(*settings, strict=True))
    X, X_test = all_digits.scaled[all_digits.train], all_digits.scaled[all_digits.test]
    known = all_digits.digit[all_digits.train]
    y = np.array(
        [
            noisy_labels(known, share, n_classes=10, random_state=seed)
            for share, seed in zip(shares, seeds, strict=True)
        ]
    )
    watch = {"training": (X, y), "test": (X_test, all_digits.digit[all_digits.test])}
    return train_many(
        ManyNetworks([64, 100, 100, 10], dropout=drops, seeds=seeds),
        X,
        y,
        eta=eta,
        n_steps=n_steps,
        rule="adam",
        weight_decay=decays,
        watch=watch,
        every=every,
    )


def lost_in_float16(scale: float) -> float:
    """Return the share of a trained network's gradients that float16 makes 0, once multiplied."""
    all_digits = digits()
    X, y = (part[all_digits.train] for part in (all_digits.pixels, all_digits.digit))
    networks = ManyNetworks([64, 100, 100, 100, 10], seeds=[0])
    train_many(networks, X, y, eta=0.03, n_steps=600)
    model = networks.take(0)
    loss = F.cross_entropy(model(torch.as_tensor(X, dtype=torch.float32)), torch.as_tensor(y))
    gradients = torch.autograd.grad(loss, [*model.parameters()])
    flat = torch.cat([one.ravel() for one in gradients])
    flat = scale * flat[flat != 0]
    return ((flat.half() == 0).sum() / len(flat)).item()


def numbers_kept(segments: int | None = None, *, layers: int = 20) -> int:
    """Return how many numbers a deep network keeps for the way back, weights not counted.

    It has dense layers of 100 units with tanh and a minibatch of 50.

    Parameters
    ----------
    segments : int, optional
        Only the inputs of so many segments are kept (gradient checkpointing).
    layers : int, default=20
    """
    parts = [one for _ in range(layers) for one in (torch.nn.Linear(100, 100), torch.nn.Tanh())]
    tall, sizes = torch.nn.Sequential(*parts), {}
    x = torch.ones(50, 100, requires_grad=True)

    def note(tensor: torch.Tensor) -> torch.Tensor:
        sizes[tensor.data_ptr()] = tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        y = checkpoint_sequential(tall, segments, x, use_reentrant=True) if segments else tall(x)
    weights = {one.data_ptr() for one in tall.parameters()}
    assert y.shape == x.shape
    return sum(size for key, size in sizes.items() if key not in weights)


def gradients_of_halves(batch_size: int = 64) -> list[np.ndarray]:
    """Return the first gradient of `data_parallel` on each half of the minibatch, flat."""
    with seeded(0):
        layers = torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
        model = torch.nn.Sequential(*layers).double()
    X, y = torch.as_tensor(digits().scaled), torch.as_tensor(digits().digit)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))[:batch_size]
    found = []
    for rows in (order[0::2], order[1::2]):
        loss = F.cross_entropy(model(X[rows]), y[rows])
        gradient = torch.autograd.grad(loss, [*model.parameters()])
        found.append(torch.cat([one.ravel() for one in gradient]).numpy())
    return found
