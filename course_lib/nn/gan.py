"""The game of two networks: one makes samples, the other tells them from real ones.

Symbols
    G, D     generator and discriminator (the critic, for Wasserstein's loss); p, q the densities
             of real samples and of G's
    N        games played side by side, none of which sees another
    z        (N, n, k)  noise, standard normal;  x = G(z) (N, n, d) are the fake samples
    s        (N, n)  scores of D;  D says "real" with the probability σ(s) = 1/(1 + e⁻ˢ)
    η_G, η_D learning rates of the players, both of which use Adam

The players minimise, with σ(s) the probability that a sample is real,

    loss              D                                   G
    minimax           −E log σ(s_real) − E log(1 − σ(s_fake))   E log(1 − σ(s_fake))
    non-saturating    the same                                  −E log σ(s_fake)
    wasserstein       E s_fake − E s_real                       −E s_fake

Sources: Goodfellow and others (2014) for the first two; Arjovsky, Chintala and Bottou (2017) for
the third, with weights clipped; Gulrajani and others (2017) for the penalty "gp"; Mescheder, Geiger
and Nowozin (2018) for "r1".
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.checks import check_number, check_whole
from course_lib.nn.many import ManyNetworks
from course_lib.optim import Adam

LOSSES = ("minimax", "non-saturating", "wasserstein")
PENALTIES = ("gp", "r1")

Draw: TypeAlias = Callable[[int, np.random.Generator], np.ndarray]
"""draw(n, rng) → n samples (n, d), such as `NormalMixture.draw` of the data sets."""


# --- what the players minimise -------------------------------------------------------------------


def discriminator_loss(
    real: torch.Tensor, fake: torch.Tensor, loss: str = "non-saturating"
) -> torch.Tensor:
    """Return what D minimises, from its scores (..., n) of real and of fake samples: (...).

    >>> discriminator_loss(torch.zeros(5), torch.zeros(5)).item()  # it says ½ to all: log 4
    1.3862943649291992
    """
    if _known(loss) == "wasserstein":
        return fake.mean(-1) - real.mean(-1)
    return F.softplus(-real).mean(-1) + F.softplus(fake).mean(-1)  # −log σ(s) = softplus(−s)


def generator_loss(fake: torch.Tensor, loss: str = "non-saturating") -> torch.Tensor:
    """Return what G minimises, from D's scores (..., n) of its samples: (...).

    >>> [round(generator_loss(torch.zeros(5), loss).item(), 4) for loss in LOSSES]
    [-0.6931, 0.6931, 0.0]
    """
    return _of_each_sample(fake, loss).mean(-1)


def _of_each_sample(fake: torch.Tensor, loss: str) -> torch.Tensor:
    """Return G's loss of each sample, of the same shape as the scores."""
    if _known(loss) == "minimax":
        return -F.softplus(fake)
    return -fake if loss == "wasserstein" else F.softplus(-fake)


def gradient_penalty(
    D: Callable[[torch.Tensor], torch.Tensor],
    real: torch.Tensor,
    fake: torch.Tensor,
    share: torch.Tensor,
) -> torch.Tensor:
    """Return the mean of (‖∇D(x)‖ − 1)² at x = ε·real + (1 − ε)·fake, whose graph is kept.

    Parameters
    ----------
    D : (..., n, d) → (..., n, 1)
        One score a sample, which must not depend on the other samples of its batch: no batch
        normalisation. Pictures (n, C, H, W) → (n, 1) will do as well.
    real, fake : tensors of the same shape
    share : tensor that multiplies them
        ε, one number in [0, 1] a sample: (..., n, 1) for points.

    Returns
    -------
    Tensor (...)
    """
    slopes = _squared_slopes(D, (share * real + (1 - share) * fake).detach())
    return ((slopes + 1e-12).sqrt() - 1).square().mean(-1)  # a root has no slope at 0


def r1_penalty(D: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor) -> torch.Tensor:
    """Return the mean of ‖∇D(x)‖² at real samples, whose graph is kept; D as above."""
    return _squared_slopes(D, real.detach()).mean(-1)


def _squared_slopes(D: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Return ‖∂D(x)/∂x‖² of each sample, (..., n)."""
    x = x.requires_grad_()
    scores = D(x)
    # A sample's score depends on that sample alone: the gradient of the sum is that of each.
    (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return gradient.square().reshape(*scores.shape[:-1], -1).sum(-1)


def _known(loss: str) -> str:
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {list(LOSSES)}, got {loss!r}.")
    return loss


# --- the game ------------------------------------------------------------------------------------


def new_players(
    seeds: Sequence[int], *, dim: int = 2, noise: int = 2, hidden: Sequence[int] = (64, 64)
) -> tuple[ManyNetworks, ManyNetworks]:
    """Return untrained G and D for a game a seed: ReLU in G, leaky ReLU in D.

    >>> G, D = new_players(range(3), dim=1, noise=1, hidden=(8,))
    >>> G.widths, D.widths, len(G)
    ((1, 8, 1), (1, 8, 1), 3)
    """
    seeds = [check_whole("each of seeds", seed, 0) for seed in seeds]
    G = ManyNetworks([noise, *hidden, dim], "relu", seeds=[2 * seed for seed in seeds])
    # other seeds for D: two first layers of one shape would start alike
    D = ManyNetworks([dim, *hidden, 1], "leaky", seeds=[2 * seed + 1 for seed in seeds])
    return G, D


class Game:
    """N games of a generator against a discriminator, side by side.

    Parameters
    ----------
    G, D : ManyNetworks of N networks each
        k → d and d → 1, without batch normalisation; they are trained in place.
    draw : (n, rng) → array (n, d)
        Draws real samples.
    loss : {"non-saturating", "minimax", "wasserstein"}
    eta_G, eta_D : float, or a sequence of N, default=1e-3
    beta1, beta2 : float, default=0.5 and 0.999
        Of Adam, for both players. With 0 and 0.9 it is RMSprop, but for the correction of the
        first steps.
    batch_size : int, default=128
        Real samples, and as many fake ones, of a step of D; and fake ones of a step of G.
    d_steps : int, default=1
        Steps of D before each step of G.
    clip : float, optional
        After each step of D, its weights and biases are cut to [−clip, clip].
    penalty : {"gp", "r1"}, optional
    lam : float, or a sequence of N, default=1
        λ: λ times the penalty joins D's loss.

    Attributes
    ----------
    steps : int
        Steps that G has taken.
    d_loss, g_loss : arrays (N,)
        Each player's loss in its last step, before it, without the penalty; NaN before the first.

    Raises
    ------
    ValueError
        For players that do not fit together, unknown names, and numbers out of range.

    Notes
    -----
    Game i draws its batches with NumPy's generator of the seed ``G.seeds[i]``: real samples, noise
    and, for "gp", ε. Games with one seed and different rates so meet the same batches.

    Examples
    --------
    >>> G, D = new_players([0, 1], dim=1, noise=1, hidden=(8,))
    >>> game = Game(G, D, lambda n, rng: 3 + rng.standard_normal((n, 1)), eta_G=0.01, eta_D=0.01)
    >>> for _ in range(200):
    ...     game.step()
    >>> bool((abs(game.samples(1000).mean(axis=1) - 3) < 1).all())
    True
    """

    def __init__(
        self,
        G: ManyNetworks,
        D: ManyNetworks,
        draw: Draw,
        *,
        loss: str = "non-saturating",
        eta_G: Any = 1e-3,
        eta_D: Any = 1e-3,
        beta1: float = 0.5,
        beta2: float = 0.999,
        batch_size: int = 128,
        d_steps: int = 1,
        clip: float | None = None,
        penalty: str | None = None,
        lam: Any = 1.0,
    ):
        _check_players(G, D)
        if penalty is not None and penalty not in PENALTIES:
            raise ValueError(f"penalty must be one of {list(PENALTIES)} or None, got {penalty!r}.")
        self.G, self.D, self.draw, self.loss, self.penalty = G, D, draw, _known(loss), penalty
        self.batch_size = check_whole("batch_size", batch_size)
        self.d_steps = check_whole("d_steps", d_steps)
        self.clip = None if clip is None else check_number("clip", clip, above=0)
        self.lam = D.each("lam", lam, least=0)[:, 0, 0]
        self.rngs = [np.random.default_rng(seed) for seed in G.seeds]
        self._g = _Player(G, G.each("eta_G", eta_G, above=0), Adam(beta1, beta2))
        self._d = _Player(D, D.each("eta_D", eta_D, above=0), Adam(beta1, beta2))
        self.steps = 0
        self.d_loss = self.g_loss = np.full(len(G), np.nan)

    def step(self) -> None:
        """Let D take its steps, then G one."""
        for _ in range(self.d_steps):
            self.discriminator_step()
        self.generator_step()

    def discriminator_step(self) -> None:
        """Let D learn from a batch of real and a batch of fake samples; G stays as it is."""
        real = self._drawn(self.draw)  # (N, n, d)
        with torch.no_grad():
            fake = self.G(self._drawn(self._noise))
        loss = discriminator_loss(self.D(real)[..., 0], self.D(fake)[..., 0], self.loss)
        self.d_loss = loss.detach().double().numpy()
        if self.penalty == "gp":
            share = self._drawn(lambda n, rng: rng.random((n, 1)))
            loss = loss + self.lam * gradient_penalty(self.D, real, fake, share)
        elif self.penalty == "r1":
            loss = loss + self.lam * r1_penalty(self.D, real)
        self._d.update(loss)
        if self.clip is not None:
            with torch.no_grad():
                for parameter in self.D.parameters():
                    parameter.clamp_(-self.clip, self.clip)

    def generator_step(self) -> None:
        """Let G learn from what D says to a batch of its samples; D stays as it is."""
        loss = generator_loss(self.D(self.G(self._drawn(self._noise)))[..., 0], self.loss)
        self.g_loss = loss.detach().double().numpy()
        self._g.update(loss)
        self.steps += 1

    def samples(self, n: int, random_state: int = 0) -> np.ndarray:
        """Return n fake samples of every game, (N, n, d), all from the same noise."""
        rng = np.random.default_rng(random_state)
        with torch.no_grad():
            return self.G(self._noise(check_whole("n", n), rng)).numpy()

    def scores(self, X: Any) -> np.ndarray:
        """Return D's scores (N, m) of points (m, d), or (N, m, d)."""
        with torch.no_grad():
            return self.D(X)[..., 0].numpy()

    def probabilities(self, X: Any) -> np.ndarray:
        """Return the probabilities (N, m) that points (m, d), or (N, m, d), are real, by D."""
        return torch.from_numpy(self.scores(X)).sigmoid().numpy()

    def arrows(self, X: Any) -> np.ndarray:
        """Return where G is told to move each sample of X (N, m, d): −∂(its loss)/∂x."""
        X = self.D._inputs(X).clone().requires_grad_()
        loss = _of_each_sample(self.D(X)[..., 0], self.loss)
        return -torch.autograd.grad(loss.sum(), X)[0].numpy()

    def _noise(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((n, self.G.widths[0]))

    def _drawn(self, draw: Draw) -> torch.Tensor:
        """Draw a batch for each game by its own generator, (N, n, …)."""
        return _batches(draw, self.batch_size, self.rngs, self.G.dtype)


@dataclass(frozen=True)
class Look:
    """N games as they were after some steps.

    Attributes
    ----------
    step : int
    samples, arrows : arrays (N, n, d)
        Fake samples, always from the same noise, and where each is told to move.
    probabilities : array (N, m), or None
        D's at the points of the grid.
    d_loss, g_loss : arrays (N,)
    """

    step: int
    samples: np.ndarray
    arrows: np.ndarray
    probabilities: np.ndarray | None
    d_loss: np.ndarray
    g_loss: np.ndarray


def play(
    game: Game,
    n_steps: int,
    *,
    looks: Sequence[int] = (),
    n_samples: int = 500,
    grid: Any = None,
) -> list[Look]:
    """Play on for n_steps; return what was seen after each number of steps in `looks`.

    Parameters
    ----------
    game : Game
    n_steps : int
    looks : sequence of int
        Numbers of ``game.steps``; 0 is the untrained game, and those that are not met are ignored.
    n_samples : int, default=500
    grid : array (m, d), optional
        Points at which D's probability is kept.
    """
    check_whole("n_steps", n_steps, 0), check_whole("n_samples", n_samples)
    wanted = {check_whole("each of looks", look, 0) for look in looks}
    seen = [_look(game, n_samples, grid)] if game.steps == 0 and 0 in wanted else []
    for _ in range(n_steps):
        game.step()
        if game.steps in wanted:
            seen.append(_look(game, n_samples, grid))
    return seen


def alone(game: Game, player: str | None, n_steps: int) -> Game:
    """Return a copy of the game in which one player has taken steps while the other stood still.

    Parameters
    ----------
    game : Game
        It stays as it is.
    player : {"G", "D"} or None
        None for a mere copy.
    n_steps : int
    """
    if player not in ("G", "D", None):
        raise ValueError(f'player must be "G", "D" or None, got {player!r}.')
    game, n_steps = copy.deepcopy(game), check_whole("n_steps", n_steps, 0)
    step = {"G": game.generator_step, "D": game.discriminator_step}.get(player)
    for _ in range(n_steps if step else 0):
        step()
    return game


def train_discriminator(
    D: ManyNetworks,
    draw_real: Draw,
    draw_fake: Draw,
    *,
    n_steps: int,
    eta: Any = 3e-3,
    batch_size: int = 256,
    random_state: int = 0,
) -> None:
    """Train N discriminators in place on two distributions that stay as they are.

    The rate falls from `eta` to 0 in equal steps, so that the noise of the batches dies down. Each
    network draws by (random_state, its seed).
    """
    player = _Player(D, D.each("eta", eta, above=0), Adam())
    rngs = [np.random.default_rng([random_state, seed]) for seed in D.seeds]
    for k in range(check_whole("n_steps", n_steps)):
        real, fake = (_batches(draw, batch_size, rngs, D.dtype) for draw in (draw_real, draw_fake))
        loss = discriminator_loss(D(real)[..., 0], D(fake)[..., 0])
        player.update(loss, 1 - k / n_steps)


# --- parts ---------------------------------------------------------------------------------------


class _Player:
    """N networks of one player, and how they take a step."""

    def __init__(self, networks: ManyNetworks, eta: torch.Tensor, rule: Adam):
        self.parameters, self.eta, self.rule = networks.parameters(), eta, rule
        self.states = [rule.start(parameter.detach()) for parameter in self.parameters]

    def update(self, losses: torch.Tensor, factor: float = 1.0) -> None:
        """Take a step down each network's own loss, (N,)."""
        gradients = torch.autograd.grad(losses.sum(), self.parameters)
        with torch.no_grad():
            for i, (parameter, g) in enumerate(zip(self.parameters, gradients, strict=True)):
                after, self.states[i] = self.rule.step(
                    parameter, g, factor * self.eta, self.states[i]
                )
                parameter.copy_(after)


def _batches(
    draw: Draw, n: int, rngs: Sequence[np.random.Generator], dtype: torch.dtype
) -> torch.Tensor:
    return torch.as_tensor(np.stack([draw(n, rng) for rng in rngs]), dtype=dtype)


def _look(game: Game, n_samples: int, grid: Any) -> Look:
    samples = game.samples(n_samples)
    probabilities = None if grid is None else game.probabilities(grid)
    return Look(game.steps, samples, game.arrows(samples), probabilities, game.d_loss, game.g_loss)


def _check_players(G: ManyNetworks, D: ManyNetworks) -> None:
    if len(G) != len(D) or G.widths[-1] != D.widths[0] or D.widths[-1] != 1 or G.dtype != D.dtype:
        raise ValueError(
            "G must make what D takes, D give one score, and both be as many, of one dtype; got "
            f"{len(G)} of {G.widths} and {len(D)} of {D.widths}."
        )
    if "batch" in (G.norm, D.norm):
        raise ValueError('the players must have no batch normalisation: norm=None or "layer".')
