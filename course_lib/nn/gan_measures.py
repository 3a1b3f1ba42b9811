"""How good are the samples of a generator? The discriminator that plays along cannot tell.

Symbols
    p, q     densities of real and of fake samples; on a grid, their values at its points
    A, B     (n, d) samples of two kinds, or (N, n, d) of N games
    JSD      Jensen–Shannon divergence ½ KL(p‖m) + ½ KL(q‖m), m = (p + q)/2, in nats: from 0, where
             p = q, to log 2, where they do not overlap

Sources: Goodfellow and others (2014) for the optimal discriminator; Lopez-Paz and Oquab (2017) for
the test by a classifier; Heusel and others (2017) for Fréchet's distance of features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import rel_entr

from course_lib.checks import check_number, check_whole
from course_lib.nn.gan import Draw, _batches, discriminator_loss, train_discriminator
from course_lib.nn.many import ManyNetworks, evaluate_many, train_many

# --- the best discriminator and the value of the game --------------------------------------------


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return p/(p + q), the best answer to "is this point real?"; NaN where no sample ever lies.

    >>> optimal_discriminator([0.3, 0.0, 0.2], [0.1, 0.4, 0.2])
    array([0.75, 0.  , 0.5 ])
    """
    p, q = _densities(p, q)
    with np.errstate(invalid="ignore"):
        return p / (p + q)


def game_value(answer: ArrayLike, p: ArrayLike, q: ArrayLike, cell: float) -> float:
    """Return ∫ p log D + q log(1 − D), what D's answers on a grid are worth to it.

    Parameters
    ----------
    answer : array
        D's probabilities of "real" at the points of the grid.
    p, q : arrays of the same shape
    cell : float
        The step of an evenly spaced grid on a line, the area of its cells in the plane: the
        integral is cell · Σ. Where the densities have died down at the grid's rim, it is far more
        precise than its step.
    """
    p, q = _densities(p, q)
    D = np.asarray(answer, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(p > 0, p * np.log(D), 0) + np.where(q > 0, q * np.log1p(-D), 0)
    return float(check_number("cell", cell, above=0) * parts.sum())


def jensen_shannon(p: ArrayLike, q: ArrayLike, cell: float) -> float:
    """Return the Jensen–Shannon divergence of two densities on a grid, in nats; as above.

    >>> x = np.linspace(-10, 12, 2201)
    >>> p, q = (np.exp(-((x - mean) ** 2) / 2) / np.sqrt(2 * np.pi) for mean in (0, 2))
    >>> round(jensen_shannon(p, q, 0.01), 4)
    0.3368
    """
    p, q = _densities(p, q)
    middle = (p + q) / 2
    total = rel_entr(p, middle).sum() + rel_entr(q, middle).sum()
    return float(check_number("cell", cell, above=0) * total / 2)


def best_value(jsd: float) -> float:
    """Return −log 4 + 2·JSD, the value of the game to the best discriminator.

    >>> round(best_value(0.75 * np.log(4 / 3)), 4)  # the fakes miss half of equal, separate modes
    -0.9548
    """
    return float(2 * jsd - np.log(4))


def trained_value(
    draw_p: Draw,
    draw_q: Draw,
    *,
    seeds: Sequence[int],
    hidden: Sequence[int] = (32, 32),
    n_steps: int = 1000,
    batch_size: int = 256,
    eta: float = 3e-3,
    n_test: int = 50_000,
    test: tuple[Draw, Draw] | None = None,
) -> tuple[np.ndarray, ManyNetworks]:
    """Train discriminators between p and q; return their values (N,) on new points, and them.

    A trained D is at best the best: apart from the noise of the points, the value is a lower bound
    of −log 4 + 2·JSD. Points that it was trained on would flatter it: the value is taken on
    `n_test` new ones of each kind, from `test`, or from draw_p and draw_q where that is None.
    """
    shapes = {np.shape(draw(2, np.random.default_rng(0)))[1:] for draw in (draw_p, draw_q)}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise ValueError(f"draw_p and draw_q must give points (n, d) of one d, got {shapes}.")
    D = ManyNetworks([*next(iter(shapes)), *hidden, 1], "leaky", seeds=seeds)
    train_discriminator(D, draw_p, draw_q, n_steps=n_steps, eta=eta, batch_size=batch_size)
    rngs = [np.random.default_rng([1, seed]) for seed in D.seeds]
    with torch.no_grad():
        real, fake = (
            D(_batches(draw, check_whole("n_test", n_test), rngs, D.dtype))[..., 0].double()
            for draw in (test or (draw_p, draw_q))
        )
        return -discriminator_loss(real, fake).numpy(), D


def _densities(p: ArrayLike, q: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    if p.shape != q.shape or (p < 0).any() or (q < 0).any():
        raise ValueError(
            f"p and q must be densities at the same points, at least 0; got {p.shape}, {q.shape}."
        )
    return p, q


# --- samples -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Covered:
    """Which modes N games have found.

    Attributes
    ----------
    modes : array (N,) of int
        Modes near which at least the required share of the samples lies.
    near : array (N,)
        Share of the samples that lie near any mode.
    shares : array (N, K)
        Share of the samples near each mode.
    """

    modes: np.ndarray
    near: np.ndarray
    shares: np.ndarray


def covered(
    X: ArrayLike, centers: ArrayLike, sigma: float, *, share: float = 0.02, widths: float = 4.0
) -> Covered:
    """Count the modes that samples X (N, n, d), or (n, d) of one game, have found.

    A sample is near the center (K, d) that is nearest to it, if it is within `widths` times sigma.
    A mode is covered if at least `share` of all samples are near it.

    >>> covered([[0.0], [0.1], [3.0], [9.0]], [[0.0], [3.0]], 0.1, share=0.5)
    Covered(modes=array([1]), near=array([0.75]), shares=array([[0.5 , 0.25]]))
    """
    X, centers = np.asarray(X, dtype=float), np.asarray(centers, dtype=float)
    X = X[None] if X.ndim == 2 else X
    if X.ndim != 3 or centers.ndim != 2 or X.shape[2] != centers.shape[1] or not X.shape[1]:
        raise ValueError(f"X (N, n, d), centers (K, d); got {X.shape}, {centers.shape}.")
    check_number("sigma", sigma, above=0), check_number("widths", widths, above=0)
    check_number("share", share, above=0, most=1)
    distance = np.linalg.norm(X[:, :, None] - centers, axis=-1)  # (N, n, K)
    nearest = distance.argmin(axis=-1)[..., None] == np.arange(len(centers))
    shares = (nearest & (distance <= widths * sigma)).mean(axis=1)
    return Covered((shares >= share).sum(axis=1), shares.sum(axis=1), shares)


def two_sample_test(
    A: ArrayLike,
    B: ArrayLike,
    *,
    seeds: Sequence[int],
    hidden: Sequence[int] = (64, 64),
    n_steps: int = 600,
    eta: float = 3e-3,
    batch_size: int = 128,
) -> np.ndarray:
    """Ask new discriminators to tell A from B; return their accuracy (N,) on held-out samples.

    Half of each trains, the other half is for the accuracy: ½ means that the discriminator cannot
    tell them apart, which is no proof that nothing can. The discriminator of the game is no such
    judge: it stands near ½ also where it has lost its way.

    Parameters
    ----------
    A, B : arrays (N, n, d), or (n, d) for all N
        As many of each.
    seeds : sequence of N int
        Of the discriminators.
    hidden, n_steps, eta, batch_size
        Of their layers and their training, by Adam.
    """
    A, B = (np.asarray(one, dtype=float) for one in (A, B))
    A, B = (np.broadcast_to(one, (len(seeds), *one.shape[-2:])) for one in (A, B))
    if A.shape != B.shape or A.shape[1] < 4:
        raise ValueError(
            f"A and B must be as many points of one dimension, 4 or more; got {A.shape}, {B.shape}."
        )
    half, whole = A.shape[1] // 2, A.shape[1]
    parts = [
        (
            np.concatenate([A[:, rows], B[:, rows]], axis=1),
            np.repeat([0, 1], rows.stop - rows.start),
        )
        for rows in (slice(0, half), slice(half, whole))
    ]
    middle = parts[0][0].mean(axis=1, keepdims=True)
    spread = parts[0][0].std(axis=(1, 2), keepdims=True) + 1e-12
    (X, y), (X_test, y_test) = (((X - middle) / spread, y) for X, y in parts)
    judges = ManyNetworks([A.shape[2], *hidden, 2], seeds=seeds)
    train_many(judges, X, y, eta=eta, n_steps=n_steps, batch_size=batch_size, rule="adam")
    return evaluate_many(judges, X_test, y_test)["accuracy"]


def frechet_distance(A: ArrayLike, B: ArrayLike) -> float:
    """Return the squared Fréchet distance of the normal distributions fitted to A and B (n, f).

    ‖μ_A − μ_B‖² + tr(S_A + S_B − 2 (S_A S_B)^½), with the covariances S. The trace of the root is
    the sum of the roots of the eigenvalues of S_A^½ S_B S_A^½, which is symmetric. Of finite
    samples it is too large: compare with that of two samples of real data, of the same sizes.

    >>> rng = np.random.default_rng(0)
    >>> A = rng.standard_normal((1000, 2))
    >>> round(frechet_distance(A, 3 * A + [1, 0]), 1)  # 1 for the means, 2² for each direction
    8.9
    """
    A, B = (np.asarray(one, dtype=float) for one in (A, B))
    if A.ndim != 2 or B.ndim != 2 or A.shape[1] != B.shape[1] or min(len(A), len(B)) < 2:
        raise ValueError(f"A and B must be (n, f), two rows or more; got {A.shape}, {B.shape}.")
    S_A, S_B = (np.atleast_2d(np.cov(one, rowvar=False)) for one in (A, B))
    values, V = np.linalg.eigh(S_A)
    root = V * np.sqrt(values.clip(0)) @ V.T
    both = np.sqrt(np.linalg.eigvalsh(root @ S_B @ root).clip(0)).sum()
    means = A.mean(axis=0) - B.mean(axis=0)
    return float(means @ means + np.trace(S_A) + np.trace(S_B) - 2 * both)


def total_variation(p: ArrayLike, q: ArrayLike) -> float:
    """Return ½ Σ |p_k − q_k| of two histograms (K,), each divided by its sum: from 0 to 1.

    >>> total_variation([5, 5, 0], [1, 1, 2])
    0.5
    """
    p, q = (np.asarray(one, dtype=float) for one in (p, q))
    if p.shape != q.shape or p.ndim != 1 or min(p.min(), q.min()) < 0 or not p.sum() or not q.sum():
        raise ValueError(f"p and q must be counts of the same classes, not all 0; got {p}, {q}.")
    return float(np.abs(p / p.sum() - q / q.sum()).sum() / 2)
