"""Rows on margin losses: a step's loss and gradients beside formulas by the angle and plain torch.

Torch has none of these losses. Beside ours stand the formulas as they are often typed in, with
torch's acos and cos; and, for what a margin costs, a linear layer and the cross-entropy of torch,
which ours with m = 1 must equal.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Row, agreement, function
from benchmarks.layers import as_one


def embedded(n: int, d: int, K: int) -> SimpleNamespace:
    """Return random embeddings x (n, d), weights W (K, d) and classes y (n,); float32."""
    rng = np.random.default_rng(0)
    x, W = (rng.standard_normal((rows, d), dtype=np.float32) for rows in (n, K))
    return SimpleNamespace(x=x, W=W, y=rng.integers(0, K, n))


def scored_pairs(n: int) -> SimpleNamespace:
    """Return cosines (n,) of pairs, and which of them are of one class, a tenth."""
    rng = np.random.default_rng(0)
    same = rng.random(n) < 0.1
    return SimpleNamespace(cosines=np.tanh(0.5 * rng.standard_normal(n) + 0.7 * same), same=same)


def ours(data: Any, loss: str, m: float) -> tuple[np.ndarray, ...]:
    """Return (loss, dx, dW) of our losses."""
    from torch.nn import functional as F

    from course_lib.nn.margin_losses import margin_logits

    return _step(data, lambda x, W, y: F.cross_entropy(margin_logits(x, W, y, loss, m=m), y))


def by_angle(data: Any, loss: str, m: float) -> tuple[np.ndarray, ...]:
    """Return the same by the angle: acos of the cosine, ψ or the margin, and a cosine again."""
    import torch
    from torch.nn import functional as F

    def value(x: torch.Tensor, W: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        length = x.norm(dim=1, keepdim=True)
        c = (F.normalize(x) @ F.normalize(W).T).clamp(-1 + 1e-6, 1 - 1e-6)
        theta = torch.acos(c)
        right = F.one_hot(y, len(W)).bool()
        if loss == "ArcFace":
            added = theta + m
            moved = torch.where(added > math.pi, -2 - added.cos(), added.cos())
            return F.cross_entropy(16.0 * torch.where(right, moved, c), y)
        j = (theta * (m / math.pi)).floor()
        psi = (1 - 2 * (j % 2)) * torch.cos(m * theta) - 2 * j
        return F.cross_entropy(length * torch.where(right, psi, c), y)

    return _step(data, value)


def plain(data: Any) -> tuple[np.ndarray, ...]:
    """Return (loss, dx, dW) of torch's linear layer and cross-entropy."""
    from torch.nn import functional as F

    return _step(data, lambda x, W, y: F.cross_entropy(F.linear(x, W), y))


def _step(data: Any, value: Any) -> tuple[np.ndarray, ...]:
    import torch

    x, W = (torch.from_numpy(a).requires_grad_() for a in (data.x, data.W))
    loss = value(x, W, torch.from_numpy(data.y))
    loss.backward()
    return loss.detach().numpy()[None], x.grad.numpy(), W.grad.numpy()


def our_equal_error(data: Any) -> float:
    """Return the equal error rate by ours."""
    from course_lib.nn.verification import equal_error_rate

    return equal_error_rate(data.cosines, data.same).rate


def equal_error_by_sklearn(data: Any) -> float:
    """Return it by scikit-learn's curve and SciPy's root of its crossing, as it is often done."""
    from scipy.optimize import brentq
    from sklearn.metrics import roc_curve

    accepts, found, _ = roc_curve(data.same, data.cosines)
    return brentq(lambda rate: 1 - rate - np.interp(rate, accepts, found), 0, 1)


SIZE = {"n": 256, "d": 64, "K": 1000}

ROWS = (
    Row(
        name="a-softmax",
        problem=embedded,
        size=SIZE,
        ours=function("benchmarks.margins:ours", library="course_lib", loss="A-Softmax", m=4),
        references=(
            function(
                "benchmarks.margins:by_angle",
                library="torch",
                on=("cpu",),
                loss="A-Softmax",
                m=4,
            ),
        ),
        quality=(agreement(1e-3),),
        answer=as_one,
        goal=1.0,
        group="network",
    ),
    Row(
        name="arcface",
        problem=embedded,
        size=SIZE,
        ours=function("benchmarks.margins:ours", library="course_lib", loss="ArcFace", m=0.5),
        references=(
            function(
                "benchmarks.margins:by_angle", library="torch", on=("cpu",), loss="ArcFace", m=0.5
            ),
        ),
        quality=(agreement(1e-3),),
        answer=as_one,
        goal=1.0,
        group="network",
    ),
    Row(
        name="l-softmax without a margin",
        problem=embedded,
        size=SIZE,
        ours=function("benchmarks.margins:ours", library="course_lib", loss="L-Softmax", m=1),
        references=(function("benchmarks.margins:plain", library="torch", on=("cpu",)),),
        quality=(agreement(1e-5),),
        answer=as_one,
        goal=2.0,
        group="network",
    ),
    Row(
        name="equal-error-rate",
        problem=scored_pairs,
        size={"n": 1_000_000},
        ours=function("benchmarks.margins:our_equal_error", library="course_lib"),
        references=(
            function(
                "benchmarks.margins:equal_error_by_sklearn", library="scikit-learn", on=("cpu",)
            ),
        ),
        quality=(agreement(1e-6),),
        answer=lambda rate, data: np.asarray([rate]),
        goal=1.0,
    ),
)
