"""Losses with a margin: softmax asks for the right class, and these ask for it by a clear angle.

Symbols
    x      (n, d)  embeddings: what a network makes of n samples
    W      (K, d)  a weight vector for each of K classes, without biases
    y      (n,)    the right classes, whole numbers from 0
    θ      (n, K)  angles between embeddings and weights, from 0 to π
    c      (n, K)  their cosines
    z      (n, K)  logits; softmax makes probabilities of them, z = ‖W‖ ‖x‖ cos θ
    ψ              what stands in place of cos θ for the right class: ψ(θ) ≤ cos θ
    m              margin: a whole number ≥ 1 that multiplies θ, or a number ≥ 0 that is added
    s              scale > 0: the length of all embeddings where their own is not used
    λ      lam     ≥ 0; the right class gets (λ cos θ + ψ(θ))/(1 + λ): the margin grows as λ falls
    k              step of a training, 0, 1, 2, …

    softmax      z = ‖W‖ ‖x‖ cos θ
    L-Softmax    z = ‖W‖ ‖x‖ ψ(θ) for the right class,  ψ(θ) = (−1)^j cos mθ − 2j,  j = ⌊mθ/π⌋
    A-Softmax    the same with ‖W‖ = 1
    normalised   z = s cos θ
    CosFace      z = s (cos θ − m) for the right class
    ArcFace      z = s cos(θ + m) for the right class

Only the right class's logit is changed, and only where y is known: without y, as for a prediction,
every loss gives its logits without a margin. The change is added to the plain logit, so m = 1 (or
m = 0 where it is added) gives the plain loss to the last bit. All is torch, on the device and in
the type of its tensors; every function takes leading axes, (…, n, d), (…, K, d) and (…, n), for
networks side by side.

Sources: Liu and others (2016) for L-Softmax and λ, (2017) for A-Softmax; Wang and others (2018) for
CosFace; Deng and others (2019) for ArcFace; Hadsell and others (2006) for the contrastive loss,
Schroff and others (2015) for triplets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.checks import check_number, check_whole
from course_lib.estimator import Array, array_namespace, as_floats


class _Kind(NamedTuple):
    """What a loss does: which lengths it drops, and which margin it has."""

    unit_weights: bool
    unit_embeddings: bool
    margin: float | None  # its usual size; None without a margin


LOSSES = {
    "softmax": _Kind(False, False, None),
    "normalised": _Kind(True, True, None),
    "L-Softmax": _Kind(False, False, 4),
    "A-Softmax": _Kind(True, False, 4),
    "CosFace": _Kind(True, True, 0.35),
    "ArcFace": _Kind(True, True, 0.5),
}
"""The losses by name. Their margins are those of the papers."""

SCALE = 16.0
"""Usual scale s here. The papers take 30 to 64, for thousands of classes."""


# --- the angle that is asked for -----------------------------------------------------------------


def psi(theta: Array, m: int) -> Array:
    """Return ψ(θ) = (−1)^j cos mθ − 2j with j = ⌊mθ/π⌋: below cos θ, and falling from 1 to 1 − 2m.

    Parameters
    ----------
    theta : array or tensor
        Angles in radians, from 0 to π.
    m : int, at least 1

    Returns
    -------
    array of the shape and kind of theta

    Raises
    ------
    ValueError
        For an angle outside [0, π] and an m that is not a whole number.

    Notes
    -----
    Within π/m of the weight ψ is cos mθ. From there on cos mθ would rise again: every second
    stretch is turned over and each is moved down by 2, so that ψ is smooth and falls all the way.

    Examples
    --------
    >>> import numpy as np
    >>> psi(np.array([0, np.pi / 2, np.pi]), 2)
    array([ 1., -1., -3.])
    """
    m, (theta,) = check_whole("m", m), as_floats(theta)
    xp, rounding = array_namespace(theta), 1e-6
    if not bool(xp.all((theta >= -rounding) & (theta <= math.pi + rounding))):
        raise ValueError("theta must hold angles from 0 to π, in radians.")
    j = xp.clip(xp.floor(theta * (m / math.pi)), 0, m - 1)
    return (1 - 2 * (j % 2)) * xp.cos(m * theta) - 2 * j


def psi_of_cosine(c: Tensor, m: int) -> Tensor:
    """Return ψ from the cosine: no angle is computed, and the slope is finite at c = ±1.

    cos mθ is the Chebyshev polynomial T_m of c = cos θ: T_{m+1} = 2c T_m − T_{m−1}, T_0 = 1,
    T_1 = c. The stretch j counts the bounds cos π/m, cos 2π/m, … that lie above c.

    Parameters
    ----------
    c : Tensor
        From −1 to 1; a little more, by rounding, does no harm.
    m : int, at least 1

    Notes
    -----
    The slope dψ/dc is m |sin mθ| / sin θ: m² at both ends, where acos has none, and never negative.

    Examples
    --------
    >>> psi_of_cosine(torch.tensor([1.0, 0.0, -1.0]), 2).tolist()
    [1.0, -1.0, -3.0]
    """
    m = check_whole("m", m)
    before, cosine = torch.ones_like(c), c
    for _ in range(m - 1):
        before, cosine = cosine, 2 * c * cosine - before
    j = torch.zeros_like(c)
    for bound in range(1, m):
        j += c.detach() < math.cos(math.pi * bound / m)
    return (1 - 2 * (j % 2)) * cosine - 2 * j


def cosines(x: Tensor, W: Tensor) -> Tensor:
    """Return the cosines (…, n, K) of the angles between embeddings and weights.

    A vector of length 0 has no angle; its cosines come out as 0.

    >>> cosines(torch.tensor([[3.0, 4.0]]), torch.tensor([[2.0, 0.0], [0.0, -1.0]]))
    tensor([[ 0.6000, -0.8000]])
    """
    _check_shapes(x, W)
    return _units(x) @ _units(W).mT


def _units(vectors: Tensor) -> Tensor:
    return vectors / _lengths(vectors)[..., None].clamp(min=torch.finfo(vectors.dtype).eps)


def _lengths(vectors: Tensor) -> Tensor:
    return torch.linalg.vector_norm(vectors, dim=-1)


def _added_angle(c: Tensor, m: float) -> Tensor:
    """Return cos(θ + m), and −2 − cos(θ + m) where θ + m > π, which falls on."""
    least = torch.finfo(c.dtype).eps
    sine = (1 - c * c).clamp(min=least).sqrt()
    moved = c * math.cos(m) - sine * math.sin(m)
    return torch.where(c < -math.cos(m), -2 - moved, moved)


# --- logits and losses ---------------------------------------------------------------------------


def margin_logits(
    x: Tensor,
    W: Tensor,
    y: Tensor | None = None,
    loss: str = "L-Softmax",
    *,
    m: float | None = None,
    s: float = SCALE,
    lam: float = 0.0,
) -> Tensor:
    """Return the logits z of a loss; their cross-entropy is the loss.

    Parameters
    ----------
    x : Tensor (…, n, d)
    W : Tensor (…, K, d)
    y : Tensor (…, n) of whole numbers, optional
        The right classes; without them there is no margin, as for a prediction.
    loss : str
        One of `LOSSES`.
    m : float, optional
        The margin: a whole number for L-Softmax and A-Softmax, from 0 to 1 for CosFace, from 0 to
        π/2 for ArcFace. By default the papers'.
    s : float, default=16
        Used by normalised softmax, CosFace and ArcFace.
    lam : float, default=0
        Weight λ of the plain cosine beside the margin's.

    Returns
    -------
    Tensor (…, n, K)

    Raises
    ------
    ValueError
        For an unknown loss, a number out of range, and shapes that do not fit.

    Notes
    -----
    Beyond the plain logits it costs O(n m). ArcFace's cos(θ + m) rises again where θ + m > π; there
    this takes −2 − cos(θ + m), which falls on without a jump. Implementations differ at that place.

    Examples
    --------
    >>> x, W = torch.tensor([[1.0, 1.0]]), torch.eye(2)
    >>> margin_logits(x, W)
    tensor([[1., 1.]])
    >>> margin_logits(x, W, torch.tensor([0]), "L-Softmax", m=2).round(decimals=4)
    tensor([[0., 1.]])
    """
    kind, m = _kind(loss), check_margin(loss, m)
    s, lam = check_number("s", s, above=0), check_number("lam", lam, least=0)
    _check_shapes(x, W, y)
    if kind.unit_weights:
        W = _units(W)
    if kind.unit_embeddings:
        x = _units(x)
    z = x @ W.mT
    scale = s if kind.unit_embeddings else 1.0
    if y is None or kind.margin is None:
        return scale * z
    right = z.gather(-1, y[..., None])[..., 0]  # (…, n)
    if kind.unit_embeddings:
        change = (right - m if loss == "CosFace" else _added_angle(right, m)) - right
    else:
        length = _lengths(x) * torch.linalg.vector_norm(_rows(W, y), dim=-1)
        c = right / length.clamp(min=torch.finfo(z.dtype).eps)
        change = length * (psi_of_cosine(c, int(m)) - c)
    change = change / (1 + lam)
    return scale * z.scatter_add(-1, y[..., None], change[..., None])


def _rows(W: Tensor, y: Tensor) -> Tensor:
    """Return each sample's row of W, (…, n, d)."""
    return W.gather(-2, y[..., None].expand(*y.shape, W.shape[-1]))


def l_softmax(x: Tensor, W: Tensor, y: Tensor, m: int = 4, lam: float = 0.0) -> Tensor:
    """Return the large-margin softmax loss, the mean cross-entropy.

    >>> x, W, y = torch.tensor([[1.0, 1.0]]), torch.eye(2), torch.tensor([0])
    >>> [round(l_softmax(x, W, y, m).item(), 4) for m in (1, 2)]  # log 2, log(1 + e)
    [0.6931, 1.3133]
    """
    return _mean_cross_entropy(margin_logits(x, W, y, "L-Softmax", m=m, lam=lam), y)


def a_softmax(x: Tensor, W: Tensor, y: Tensor, m: int = 4, lam: float = 0.0) -> Tensor:
    """Return the angular softmax loss (SphereFace): L-Softmax with weights of length 1."""
    return _mean_cross_entropy(margin_logits(x, W, y, "A-Softmax", m=m, lam=lam), y)


def normalised_softmax(x: Tensor, W: Tensor, y: Tensor, s: float = SCALE) -> Tensor:
    """Return the loss of softmax on s cos θ, without a margin."""
    return _mean_cross_entropy(margin_logits(x, W, y, "normalised", s=s), y)


def cosface(x: Tensor, W: Tensor, y: Tensor, m: float = 0.35, s: float = SCALE) -> Tensor:
    """Return the loss with a margin that is taken off the right class's cosine."""
    return _mean_cross_entropy(margin_logits(x, W, y, "CosFace", m=m, s=s), y)


def arcface(x: Tensor, W: Tensor, y: Tensor, m: float = 0.5, s: float = SCALE) -> Tensor:
    """Return the loss with a margin, in radians, that is added to the right class's angle."""
    return _mean_cross_entropy(margin_logits(x, W, y, "ArcFace", m=m, s=s), y)


def _mean_cross_entropy(z: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(z.reshape(-1, z.shape[-1]), y.reshape(-1))


# --- their training ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Annealing:
    """λ_k = start · (end / start)^(k / steps) up to step `steps`, and `end` from there on.

    With a margin from the start L-Softmax may not begin to learn: all its right logits are far
    below the others. A large λ is plain softmax nearly, and the margin comes as λ falls.

    >>> [round(Annealing(steps=2, start=1000.0, end=10.0)(k)) for k in range(4)]
    [1000, 100, 10, 10]
    """

    steps: int
    start: float = 1000.0
    end: float = 5.0

    def __post_init__(self):
        check_whole("steps", self.steps)
        check_number("start", self.start, above=0)
        check_number("end", self.end, above=0, most=self.start)

    def __call__(self, k: int) -> float:
        """Give the weight λ_k."""
        return self.start * (self.end / self.start) ** min(k / self.steps, 1.0)


class MarginHead(nn.Module):
    """The last layer of a network: weights of the classes, and the logits of a loss.

    Parameters
    ----------
    d, K : int
        Numbers of an embedding, and classes.
    loss : str
        One of `LOSSES`.
    m, s : float, optional
        As in `margin_logits`.
    annealing : k → λ, optional
        Weight of the plain cosine at training step k; without it λ = 0 from the start.

    Attributes
    ----------
    weight : Parameter (K, d)
        They start as torch's own `nn.Linear` starts its own, and are shortened by no step.
    step : Tensor
        Batches with known classes that were seen in training; it is kept with the weights.
    """

    def __init__(
        self,
        d: int,
        K: int,
        loss: str = "softmax",
        *,
        m: float | None = None,
        s: float = SCALE,
        annealing=None,
    ):
        super().__init__()
        check_whole("d", d), check_whole("K", K, 2)
        self.loss, self.m, self.s = loss, check_margin(loss, m), check_number("s", s, above=0)
        self.annealing = annealing
        self.weight = nn.Parameter(nn.Linear(d, K, bias=False).weight.detach())
        self.register_buffer("step", torch.zeros((), dtype=torch.long))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the logits (n, K); with the classes y, as in training, those with the margin."""
        lam = self.annealing(int(self.step)) if self.annealing else 0.0
        if y is not None and self.training:
            self.step += 1
        return margin_logits(x, self.weight, y, self.loss, m=self.m, s=self.s, lam=lam)

    def extra_repr(self) -> str:
        """Name the loss and the sizes."""
        K, d = self.weight.shape
        return f"{d}, {K}, {self.loss!r}, m={self.m:g}, s={self.s:g}"


class MarginNetwork(nn.Module):
    """A network that makes embeddings, and a head: what `fit` trains.

    The classes are an input as well as the target, for the margin needs them:

        fit(network, cross_entropy, (X, y, y), n_epochs=…)

    Parameters
    ----------
    body : Module
        (n, …) → (n, d).
    head : MarginHead

    Examples
    --------
    >>> network = MarginNetwork(nn.Linear(8, 2), MarginHead(2, 5, "ArcFace"))
    >>> X, y = torch.zeros(3, 8), torch.tensor([0, 1, 4])
    >>> network(X, y).shape, network(X).shape, network.embed(X).shape
    (torch.Size([3, 5]), torch.Size([3, 5]), torch.Size([3, 2]))
    """

    def __init__(self, body: nn.Module, head: MarginHead):
        super().__init__()
        self.body, self.head = body, head

    def forward(self, X: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the logits (n, K); with the classes y, those with the margin."""
        return self.head(self.body(X), y)

    def embed(self, X: Tensor) -> Tensor:
        """Return the embeddings (n, d)."""
        return self.body(X)


# --- losses of pairs and triplets ----------------------------------------------------------------


def contrastive_loss(a: Tensor, b: Tensor, same: Tensor, margin: float = 1.0) -> Tensor:
    """Return the mean of D²/2 for pairs of one class and max(0, margin − D)²/2 for the others.

    Parameters
    ----------
    a, b : Tensor (n, d)
        The embeddings of n pairs; D is their distance.
    same : Tensor (n,) of truth values
    margin : float
        Distance from which two of different classes no longer push each other away.

    Examples
    --------
    >>> a, b = torch.zeros(2, 1), torch.tensor([[0.6], [0.6]])
    >>> round(contrastive_loss(a, b, torch.tensor([True, False])).item(), 3)  # (.18 + .08)/2
    0.13
    """
    margin, D = check_number("margin", margin, above=0), _lengths(a - b)
    apart = (margin - D).clamp(min=0)
    return torch.where(same, D**2, apart**2).mean() / 2


def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 0.2) -> Tensor:
    """Return the mean of max(0, ‖a − p‖² − ‖a − q‖² + margin).

    Parameters
    ----------
    anchor, positive, negative : Tensor (n, d)
        a, p of the same class, and q of another; usually of length 1.
    margin : float

    Examples
    --------
    >>> a, p, q = torch.zeros(1, 1), torch.tensor([[0.3]]), torch.tensor([[0.5]])
    >>> round(triplet_loss(a, p, q).item(), 3)
    0.04
    """
    margin = check_number("margin", margin, least=0)
    near, far = ((anchor - other).square().sum(-1) for other in (positive, negative))
    return (near - far + margin).clamp(min=0).mean()


# --- checks --------------------------------------------------------------------------------------


def check_margin(loss: str, m: float | None) -> float:
    """Return a loss's margin, the papers' for None, or raise ValueError; 0 where it has none.

    >>> check_margin("ArcFace", None), check_margin("A-Softmax", 3), check_margin("softmax", None)
    (0.5, 3, 0.0)
    """
    kind = _kind(loss)
    if kind.margin is None:
        if m:
            raise ValueError(f"{loss} has no margin, got m = {m!r}.")
        return 0.0
    m = kind.margin if m is None else m
    if loss in ("L-Softmax", "A-Softmax"):
        return check_whole("m", m)
    return check_number("m", m, least=0, most=1 if loss == "CosFace" else math.pi / 2)


def _kind(loss: str) -> _Kind:
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {list(LOSSES)}, got {loss!r}.")
    return LOSSES[loss]


def _check_shapes(x: Tensor, W: Tensor, y: Tensor | None = None) -> None:
    if x.ndim < 2 or W.ndim < 2 or x.shape[:-2] + x.shape[-1:] != W.shape[:-2] + W.shape[-1:]:
        raise ValueError(
            f"x must have the shape (…, n, d) and W (…, K, d), got {tuple(x.shape)} and"
            f" {tuple(W.shape)}."
        )
    if y is not None and (y.shape != x.shape[:-1] or y.dtype != torch.long):
        raise ValueError(
            f"y must hold {tuple(x.shape[:-1])} whole numbers of type int64, got"
            f" {tuple(y.shape)} of {y.dtype}."
        )
