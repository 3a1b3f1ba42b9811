"""The data that the rows work on: generated, seeded, the same for every candidate.

Each function returns an object with ``X``, ``y`` for the fit and ``X_test``, ``y_test`` kept out.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

HELD_OUT = 5_000
"""Rows kept out of the fit."""


def regression(n: int, d: int, noise: float = 0.5, correlation: float = 0.5) -> SimpleNamespace:
    """Return a linear problem with correlated features; X is (n, d), y is (n,), float64.

    Neighbouring columns correlate (an autoregressive chain, condition number about 9 for
    correlation 0.5), the signal has variance near 1, and the features are not centred, so that
    the intercept matters.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n + HELD_OUT, d))
    for j in range(1, d):
        X[:, j] = correlation * X[:, j - 1] + (1 - correlation**2) ** 0.5 * X[:, j]
    w = rng.standard_normal(d) / d**0.5
    y = X @ w + 2.0 + noise * rng.standard_normal(n + HELD_OUT)
    X += rng.uniform(-1, 1, d)
    return SimpleNamespace(X=X[:n], y=y[:n], X_test=X[n:], y_test=y[n:])


def two_noisy_classes(n: int, d: int) -> SimpleNamespace:
    """Return two overlapping classes, the sign of `regression` with noise 1; y holds −1.0 and 1.0.

    The target's mean is the threshold, so that the classes are about equally large; the best line
    errs on 28 % of the rows.
    """
    data = regression(n, d, noise=1.0)
    for name in ("y", "y_test"):
        setattr(data, name, np.where(getattr(data, name) > 2.0, 1.0, -1.0))
    return data


def ten_noisy_classes(n: int, d: int) -> SimpleNamespace:
    """Return ten overlapping classes, drawn by softmax of linear scores; y holds 0 … 9.

    The inputs are those of `regression`. The class of the largest true score is that of about 60 %
    of the rows.
    """
    data, rng = regression(n, d), np.random.default_rng(1)
    W = 2 * rng.standard_normal((d, 10)) / d**0.5
    for X, y in (("X", "y"), ("X_test", "y_test")):
        scores = getattr(data, X) @ W
        setattr(data, y, np.argmax(scores + rng.gumbel(size=scores.shape), axis=1))
    return data


def curved(n: int, d: int, noise: float = 0.5) -> SimpleNamespace:
    """Return inputs and a target that bends with them: a product, a wave and a slope, plus noise.

    X is (n, d), standard normal, float32 numbers in float64, so that candidates that compute in
    either see the same. No feature holds a value twice, but for chance; ``y`` is (n,).
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n + HELD_OUT, d), dtype=np.float32).astype(np.float64)
    y = X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + X @ rng.standard_normal(d) / 4
    y += noise * rng.standard_normal(n + HELD_OUT)
    return SimpleNamespace(X=X[:n], y=y[:n], X_test=X[n:], y_test=y[n:])


def curved_classes(n: int, d: int) -> SimpleNamespace:
    """Return the sign of `curved` as labels 0 and 1."""
    data = curved(n, d)
    data.y, data.y_test = ((y > 0).astype(np.int64) for y in (data.y, data.y_test))
    return data


def pictures(n: int, channels: int, filters: int, side: int) -> SimpleNamespace:
    """Return random pictures X (n, channels, side, side), 3 × 3 filters W with biases b, and dY.

    All in float32; dY, the gradient of a loss, has the shape of the layer's output.
    """
    rng = np.random.default_rng(0)
    shapes = {
        "X": (n, channels, side, side),
        "W": (filters, channels, 3, 3),
        "b": (filters,),
        "dY": (n, filters, side, side),
    }
    return SimpleNamespace(
        **{name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}
    )


def sequences(T: int, B: int, d: int, h: int) -> SimpleNamespace:
    """Return random sequences x (T, B, d) and dH (T, B, h), a loss's gradient; float32."""
    rng = np.random.default_rng(0)
    x, dH = (rng.standard_normal((T, B, width), dtype=np.float32) for width in (d, h))
    return SimpleNamespace(x=x, dH=dH)
