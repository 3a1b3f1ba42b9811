"""Small networks that make grey pictures and judge them, and how they are trained.

Symbols
    z     (n, k)  noise, standard normal
    x     (n, 1, S, S)  pictures, −1 to 1, of S × S pixels; S is a multiple of 4
    ema   β of the exponential moving average w̄ ← β·w̄ + (1 − β)·w of G's weights, which is used in
          G's place: it is smoother than any single step

The generator follows DCGAN (Radford, Metz and Chintala, 2016): a dense layer, then transposed
convolutions of 4 × 4 with stride 2, each followed by batch normalisation and ReLU, and tanh at
the end. The discriminator has no batch normalisation, so that each picture is judged on its own.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.checks import check_number, check_whole
from course_lib.nn.cnn import CNN
from course_lib.nn.gan import discriminator_loss, generator_loss
from course_lib.nn.training import evaluating, fit, predict, seeded


class PictureGenerator(nn.Sequential):
    """Turn noise (n, k) into pictures (n, 1, S, S), by way of maps of S/4 and S/2.

    Parameters
    ----------
    side : int, default=8
        S.
    noise : int, default=16
        k.
    width : int, default=16
        Channels of the maps of S/2; those of S/4 have twice as many.

    Examples
    --------
    >>> PictureGenerator()(torch.zeros(2, 16)).shape
    torch.Size([2, 1, 8, 8])
    """

    def __init__(self, side: int = 8, *, noise: int = 16, width: int = 16):
        first, wide = _first_side(side), 2 * check_whole("width", width)
        super().__init__(
            nn.Linear(check_whole("noise", noise), wide * first**2, bias=False),
            nn.Unflatten(1, (wide, first, first)),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.ConvTranspose2d(wide, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        self.noise = noise


class PictureDiscriminator(nn.Sequential):
    """Give each picture (n, 1, S, S) a score (n, 1), by way of maps of S/2 and S/4.

    >>> PictureDiscriminator()(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 1])
    """

    def __init__(self, side: int = 8, *, width: int = 16):
        first, wide = _first_side(side), 2 * check_whole("width", width)
        super().__init__(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, wide, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(wide * first**2, 1),
        )


def _first_side(side: int) -> int:
    if check_whole("side", side, 4) % 4:
        raise ValueError(f"side must be a multiple of 4, got {side}.")
    return side // 4


def new_picture_players(
    seed: int, side: int = 8, *, noise: int = 16, width: int = 16
) -> tuple[PictureGenerator, PictureDiscriminator]:
    """Return untrained players."""
    with seeded(seed):
        G = PictureGenerator(side, noise=noise, width=width)
        return G, PictureDiscriminator(side, width=width)


@dataclass(frozen=True)
class PictureLook:
    """A game with pictures as it was after some steps.

    Attributes
    ----------
    step : int
    generator : PictureGenerator
        With the averaged weights, in the mode of prediction; a copy of its own.
    d_loss, g_loss : float
        Means over the last 50 steps.
    said_real : tuple of two float
        Mean probability of "real" that the game's own D gave to real and to fake pictures, in those
        steps.
    """

    step: int
    generator: nn.Module
    d_loss: float
    g_loss: float
    said_real: tuple[float, float]


def train_pictures(
    G: nn.Module,
    D: nn.Module,
    X: torch.Tensor,
    *,
    looks: Sequence[int],
    eta: float = 1e-3,
    beta1: float = 0.5,
    batch_size: int = 64,
    ema: float = 0.99,
    random_state: int = 0,
) -> list[PictureLook]:
    """Train two players in place on pictures X (n, 1, S, S); return what was seen on the way.

    Each step draws a batch of X, with replacement, and noise; D takes a step by Adam, then G one on
    new noise, with the non-saturating loss. It ends with the last look.

    Parameters
    ----------
    G : PictureGenerator, or a module with an attribute `noise`
    D : module, (n, 1, S, S) → (n, 1)
    X : tensor
    looks : increasing sequence of int
        Numbers of steps, at least 0.
    eta, beta1 : float
        Of both players' Adam, whose β₂ is 0.999.
    batch_size : int, default=64
    ema : float in [0, 1), default=0.99
        β. An average over 1/(1 − β) steps is of no use before it has seen several times as many.
    random_state : int
    """
    looks = [check_whole("each of looks", step, 0) for step in looks]
    if not looks or looks != sorted(set(looks)):
        raise ValueError(f"looks must be increasing numbers of steps, got {looks}.")
    game = _PictureGame(G, D, X, eta, beta1, check_whole("batch_size", batch_size, 2), random_state)
    average = _Average(G, check_number("ema", ema, least=0, most=0.999999))
    seen = []
    for step in range(looks[-1] + 1):
        if step in looks:
            seen.append(PictureLook(step, average.generator(random_state), *game.recent()))
        if step < looks[-1]:
            game.step()
            average.add(G)
    G.eval(), D.eval()
    return seen


def draw_pictures(G: nn.Module, n: int, random_state: int = 0) -> torch.Tensor:
    """Return n pictures (n, 1, S, S) of a generator in the mode of prediction."""
    z = np.random.default_rng(random_state).standard_normal((check_whole("n", n), G.noise))
    return predict(G, torch.as_tensor(z, dtype=torch.float32)).cpu()


class _PictureGame:
    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        X: torch.Tensor,
        eta: float,
        beta1: float,
        size: int,
        seed: int,
    ):
        self.G, self.D, self.X, self.size = G.train(), D.train(), X, size
        self.adam_G, self.adam_D = (
            torch.optim.Adam(player.parameters(), lr=eta, betas=(beta1, 0.999)) for player in (G, D)
        )
        self.draws = torch.Generator().manual_seed(seed)
        self.told: list[torch.Tensor] = []  # both losses, and D's mean answers, step by step

    def step(self) -> None:
        real = self.X[torch.randint(len(self.X), (self.size,), generator=self.draws)]
        with torch.no_grad():
            fake = self.G(self._noise())
        scores = self.D(torch.cat([real, fake]))[:, 0]
        d_loss = discriminator_loss(scores[: self.size], scores[self.size :])
        self._update(self.adam_D, d_loss)
        g_loss = generator_loss(self.D(self.G(self._noise()))[:, 0])
        self._update(self.adam_G, g_loss)
        answers = scores.detach().sigmoid().reshape(2, -1).mean(1)
        self.told.append(torch.stack([d_loss.detach(), g_loss.detach(), *answers]))

    def recent(self) -> tuple[float, float, tuple[float, float]]:
        if not self.told:
            return np.nan, np.nan, (np.nan, np.nan)
        d_loss, g_loss, real, fake = torch.stack(self.told[-50:]).mean(0).tolist()
        return d_loss, g_loss, (real, fake)

    def _noise(self) -> torch.Tensor:
        return torch.randn(self.size, self.G.noise, generator=self.draws)

    def _update(self, adam: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        adam.zero_grad()
        loss.backward()
        adam.step()


class _Average:
    """The moving average of a generator's weights."""

    def __init__(self, G: nn.Module, beta: float):
        self.copy, self.beta = copy.deepcopy(G), beta

    def add(self, G: nn.Module) -> None:
        with torch.no_grad():
            for mean, now in zip(self.copy.parameters(), G.parameters(), strict=True):
                mean.lerp_(now, 1 - self.beta)

    def generator(self, seed: int) -> nn.Module:
        """Return a copy, with statistics of its own for batch normalisation: those of 2,560 z."""
        G = copy.deepcopy(self.copy).train()
        for layer in G.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.reset_running_stats()
                layer.momentum = None  # a plain mean over the batches
        draws = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for _ in range(20):
                G(torch.randn(128, G.noise, generator=draws))
        return G.eval()


# --- judges --------------------------------------------------------------------------------------


def new_judge(X: torch.Tensor, y: Any, *, n_epochs: int = 20, random_state: int = 0) -> CNN:
    """Train a classifier on real pictures (n, 1, S, S), S ≥ 8, and their classes; return it."""
    y = torch.as_tensor(np.asarray(y))
    with seeded(random_state):
        judge = CNN(1, int(y.max()) + 1, widths=(16, 32, 64))
    options = {"n_epochs": n_epochs, "batch_size": 64, "random_state": random_state}
    fit(judge, F.cross_entropy, (X, y), **options, progress=False)
    return judge.cpu()


def judged(judge: CNN, x: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return what a classifier sees in pictures: probabilities (n, K), features (n, 64)."""
    with evaluating(judge), torch.no_grad():
        features = judge.head[:-1](judge.blocks(x))
        return judge.head[-1](features).softmax(1).numpy(), features.numpy()


def nearest_distances(A: torch.Tensor, B: torch.Tensor) -> np.ndarray:
    """Return the Euclidean distance of each picture of A to the nearest of B, (n,).

    A generator that has learned its training pictures by heart comes too near to them: compare with
    the distances of new real pictures.
    """
    return torch.cdist(A.flatten(1), B.flatten(1)).min(dim=1).values.numpy()
