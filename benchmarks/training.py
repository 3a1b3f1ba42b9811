"""Training deep networks: batch normalisation by our engine, and many networks at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Row, agreement, function
from benchmarks.layers import as_one

WIDTHS, STEP = (64, 100, 100, 10), 0.05


def batch_of_units(n: int, h: int) -> SimpleNamespace:
    """Return a batch (n, h), a gradient of the same shape, and γ, β (h,), all random; float32."""
    rng = np.random.default_rng(0)
    draw = rng.standard_normal
    shapes = {"X": (n, h), "dY": (n, h), "gamma": (h,), "beta": (h,)}
    return SimpleNamespace(**{name: draw(size).astype("f4") for name, size in shapes.items()})


def batch_norm(data: Any) -> tuple[np.ndarray, ...]:
    """Return Y, the running statistics, and the gradients (dX, dγ, dβ) of our layer in training."""
    from course_lib.nn.autograd import Tensor
    from course_lib.nn.layers import BatchNorm

    layer, X = BatchNorm(len(data.gamma), dtype=np.float32), Tensor(data.X, requires_grad=True)
    layer.gamma.data, layer.beta.data = data.gamma, data.beta
    Y = layer(X)
    Y.backward(data.dY)
    statistics = layer.running_mean.data, layer.running_var.data
    return Y.data, *statistics, X.grad, layer.gamma.grad, layer.beta.grad


def torch_batch_norm(data: Any) -> tuple[np.ndarray, ...]:
    """Return the same of torch's layer."""
    import torch

    layer, X = torch.nn.BatchNorm1d(len(data.gamma)), torch.from_numpy(data.X).requires_grad_()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(data.gamma))
        layer.bias.copy_(torch.from_numpy(data.beta))
    Y = layer(X)
    Y.backward(torch.from_numpy(data.dY))
    statistics = layer.running_mean, layer.running_var
    found = Y.detach(), *statistics, X.grad, layer.weight.grad, layer.bias.grad
    return tuple(one.numpy() for one in found)


def digits_of_noise(n: int, steps: int) -> SimpleNamespace:
    """Return 320 random inputs and classes, seeds of n networks, and a number of steps."""
    rng = np.random.default_rng(0)
    X, y = rng.random((320, WIDTHS[0])), rng.integers(0, WIDTHS[-1], 320)
    return SimpleNamespace(X=X, y=y, seeds=range(n), steps=steps)


def many(data: Any) -> np.ndarray:
    """Return the losses (steps, n) of networks that are trained at once."""
    from course_lib.nn.many import ManyNetworks, train_many

    networks = ManyNetworks(WIDTHS, seeds=data.seeds)
    return train_many(networks, data.X, data.y, eta=STEP, n_steps=data.steps).losses


def one_by_one(data: Any) -> np.ndarray:
    """Return the losses of the same networks, trained by torch one after the other."""
    import torch
    from torch.nn import functional as F

    from course_lib.nn.many import ManyNetworks
    from course_lib.nn.training import epoch_seed

    X, y = torch.from_numpy(data.X).float(), torch.from_numpy(data.y)
    every = []
    for seed in data.seeds:
        model, losses, order = ManyNetworks(WIDTHS, seeds=[seed]).take(0), [], []
        descent = torch.optim.SGD(model.parameters(), lr=STEP, momentum=0.9)
        for k in range(data.steps):
            if not len(order):
                drawn = torch.Generator().manual_seed(epoch_seed(seed, k // 10))
                order = torch.randperm(len(X), generator=drawn)
            rows, order = order[:32], order[32:]
            loss = F.cross_entropy(model(X[rows]), y[rows])
            descent.zero_grad()
            loss.backward()
            descent.step()
            losses.append(loss.item())
        every.append(losses)
    return np.array(every).T


def pair_of_modes(n: int, steps: int) -> SimpleNamespace:
    """Return a draw from two modes in the plane, seeds of n games, and a number of rounds."""

    def draw(m: int, rng: np.random.Generator) -> np.ndarray:
        return rng.choice([-1.0, 1.0], (m, 1)) + 0.1 * rng.standard_normal((m, 2))

    return SimpleNamespace(draw=draw, seeds=range(n), steps=steps)


def games(data: Any) -> np.ndarray:
    """Return both players' losses (steps, 2, n) of adversarial games that are played at once."""
    from course_lib.nn.gan import Game, new_players

    game, losses = Game(*new_players(data.seeds), data.draw), []
    for _ in range(data.steps):
        game.step()
        losses.append([game.d_loss, game.g_loss])
    return np.array(losses)


def games_one_by_one(data: Any) -> np.ndarray:
    """Return the losses of the same games, played by torch one after the other."""
    import torch
    from torch.nn.functional import softplus

    from course_lib.nn.gan import new_players

    every = []
    for seed in data.seeds:
        players = new_players([seed])
        rng, (G, D) = np.random.default_rng(players[0].seeds[0]), (one.take(0) for one in players)
        adam_G, adam_D = (
            torch.optim.Adam(one.parameters(), lr=1e-3, betas=(0.5, 0.999)) for one in (G, D)
        )
        losses = []
        for _ in range(data.steps):
            real = torch.as_tensor(data.draw(128, rng), dtype=torch.float32)
            noises = (torch.from_numpy(rng.standard_normal((128, 2))).float() for _ in range(2))
            with torch.no_grad():
                fake = G(next(noises))
            d_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
            adam_D.zero_grad()
            d_loss.backward()
            adam_D.step()
            g_loss = softplus(-D(G(next(noises)))).mean()
            adam_G.zero_grad()
            g_loss.backward()
            adam_G.step()
            losses.append([d_loss.item(), g_loss.item()])
        every.append(losses)
    return np.moveaxis(every, 0, -1)


ROWS = (
    Row(
        name="batch-norm",
        problem=batch_of_units,
        size={"n": 256, "h": 512},
        ours=function("benchmarks.training:batch_norm", library="course_lib"),
        references=(
            function("benchmarks.training:torch_batch_norm", library="torch", on=("cpu",)),
        ),
        quality=(agreement(1e-4),),
        answer=as_one,
        goal=4.0,
        group="network",
    ),
    Row(
        name="many-networks",
        problem=digits_of_noise,
        size={"n": 20, "steps": 50},
        ours=function("benchmarks.training:many", library="course_lib"),
        references=(function("benchmarks.training:one_by_one", library="torch", on=("cpu",)),),
        quality=(agreement(1e-3),),
        answer=lambda losses, data: losses,
        goal=0.7,
        group="network",
    ),
    Row(
        name="adversarial-games",
        problem=pair_of_modes,
        size={"n": 10, "steps": 30},
        ours=function("benchmarks.training:games", library="course_lib"),
        references=(
            function("benchmarks.training:games_one_by_one", library="torch", on=("cpu",)),
        ),
        quality=(agreement(1e-3),),
        answer=lambda losses, data: losses,
        goal=0.7,
        group="network",
    ),
)
