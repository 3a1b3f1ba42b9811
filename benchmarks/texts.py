"""Rows on words: which stand near which, and a step of negative sampling forward and backward."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Row, agreement, function

WINDOW = 5
NEGATIVES = 5


def words(n: int, vocabulary: int) -> SimpleNamespace:
    """Return a text of n words by Zipf's law: `codes` (n,)."""
    share = 1 / np.arange(1, vocabulary + 1)
    codes = np.random.default_rng(0).choice(vocabulary, n, p=share / share.sum())
    return SimpleNamespace(codes=codes, vocabulary=vocabulary)


def counted(data: Any) -> Any:
    """Count what stands within a window with course_lib."""
    from course_lib.nn.word_counts import cooccurrences

    return cooccurrences(data.codes, data.vocabulary, WINDOW, weights="flat")


def multiplied(data: Any) -> Any:
    """Count by products of SciPy's sparse one-hot matrices, one for each distance."""
    from scipy import sparse

    n = len(data.codes)
    X = sparse.csr_array((np.ones(n), data.codes, np.arange(n + 1)), shape=(n, data.vocabulary))
    ahead = sum(X[:-k].T @ X[k:] for k in range(1, WINDOW + 1))
    return sparse.csr_array(ahead + ahead.T)


def sums_and_rows(result: Any, data: Any) -> np.ndarray:
    """Return the counts of the first words, and the sums of all rows."""
    return np.concatenate([result[:200, :200].toarray().ravel(), result.sum(axis=1)])


def guesses(n: int, vocabulary: int, d: int) -> SimpleNamespace:
    """Return vectors W and U (V, d), and n centres with targets and noise by Zipf's law."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, vocabulary + 1)
    drawn = rng.choice(vocabulary, (n, 2 + NEGATIVES), p=share / share.sum())
    W, U = rng.normal(0, 0.3, (2, vocabulary, d)).astype(np.float32)
    return SimpleNamespace(W=W, U=U, centres=drawn[:, 0], targets=drawn[:, 1], noise=drawn[:, 2:])


def by_hand(data: Any) -> tuple[Any, ...]:
    """Return the losses, and the rows of U and of W with their gradients, with course_lib."""
    from course_lib.nn.embeddings import hidden, input_gradient, negative_sampling

    step = negative_sampling(hidden(data.W, data.centres), data.U, data.targets, data.noise)
    rows, gradient = input_gradient(data.centres, step.H, len(data.W))
    return step.loss, (step.rows, step.U), (rows, gradient)


def by_torch(data: Any) -> tuple[Any, ...]:
    """Return the same with torch's sparse embeddings and its automatic differentiation."""
    import torch
    from torch.nn import functional as F

    W, U = (torch.from_numpy(a).requires_grad_() for a in (data.W, data.U))
    asked = torch.from_numpy(np.concatenate([data.targets[:, None], data.noise], axis=1))
    H = F.embedding(torch.from_numpy(data.centres), W, sparse=True)
    z = torch.einsum("bd,bkd->bk", H, F.embedding(asked, U, sparse=True))
    signs = torch.ones(asked.shape[1])
    signs[0] = -1
    loss = F.softplus(signs * z).sum(dim=1)
    loss.sum().backward()
    found = (one.grad.coalesce() for one in (U, W))
    pairs = [(one.indices()[0].numpy(), one.values().numpy()) for one in found]
    return loss.detach().numpy(), *pairs


def losses_and_gradients(result: tuple[Any, ...], data: Any) -> np.ndarray:
    """Return losses and gradients in one vector, each in units of its largest value."""
    loss, *pairs = result
    parts = [loss]
    for rows, gradient in pairs:
        dense = np.zeros((len(data.W), gradient.shape[1]))
        dense[rows] = gradient
        parts.append(dense)
    return np.concatenate([part.ravel() / np.abs(part).max() for part in parts])


ROWS = (
    Row(
        name="cooccurrences",
        problem=words,
        size={"n": 200_000, "vocabulary": 10_000},
        ours=function("benchmarks.texts:counted", library="course_lib"),
        references=(function("benchmarks.texts:multiplied", library="SciPy"),),
        quality=(agreement(1e-6),),
        answer=sums_and_rows,
        goal=0.8,
    ),
    Row(
        name="negative-sampling",
        problem=guesses,
        size={"n": 2048, "vocabulary": 10_000, "d": 64},
        ours=function("benchmarks.texts:by_hand", library="course_lib"),
        references=(function("benchmarks.texts:by_torch", library="torch", on=("cpu",)),),
        quality=(agreement(1e-4),),
        answer=losses_and_gradients,
        goal=0.5,
        group="network",
    ),
)
