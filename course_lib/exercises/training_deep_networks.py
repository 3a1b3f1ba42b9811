"""Checkers of the chapter on training deep networks."""

from collections.abc import Callable

import numpy as np

from course_lib.exercises.checking import Checker

EPS = 1e-5


def _normalised(
    X: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    *,
    axis: int = 0,
    ddof: int = 0,
    root: Callable[[np.ndarray], np.ndarray] = np.sqrt,
) -> np.ndarray:
    """Return the batch normalisation of X (n, d) in training, γ and β (d,)."""
    centred = X - X.mean(axis=axis, keepdims=True)
    variance = X.var(axis=axis, ddof=ddof, keepdims=True)
    return gamma * centred / root(variance + EPS) + beta


_one, _zero = np.ones(1), np.zeros(1)
_pairs = np.array([[0.0, 10.0], [8.0, 30.0]])

check_batch_norm = Checker(
    task="the batch normalisation of a minibatch in training",
    reference=_normalised,
    cases={
        "two samples, one feature": (np.array([[1.0], [3.0]]), _one, _zero),
        "a feature of another spread": (np.array([[0.0], [8.0]]), _one, _zero),
        "two features": (_pairs, np.ones(2), np.zeros(2)),
        "γ and β": (_pairs, np.array([2.0, 0.5]), np.array([1.0, -1.0])),
        "a feature that is the same everywhere": (
            np.array([[3.0, 1.0], [3.0, 2.0], [3.0, 6.0]]),
            np.array([2.0, 0.5]),
            np.array([1.0, -1.0]),
        ),
    },
    mistakes={
        "normalise every sample, which is layer normalisation": lambda X, gamma, beta: _normalised(
            X, gamma, beta, axis=1
        ),
        "divide by the variance": lambda X, gamma, beta: _normalised(
            X, gamma, beta, root=lambda variance: variance
        ),
        "divide by n − 1 in the variance": lambda X, gamma, beta: _normalised(
            X, gamma, beta, ddof=1
        ),
        "leave out γ and β": lambda X, gamma, beta: _normalised(X, np.ones(1), np.zeros(1)),
    },
)


def _dropped(H: np.ndarray, u: np.ndarray, p: float) -> np.ndarray:
    """Return H with the entries set to 0 where u < p, and the others divided by 1 − p."""
    return H * (u >= p) / (1 - p)


_four = np.array([1.0, 2.0, 3.0, 4.0])

check_dropout = Checker(
    task="the inverted dropout of a layer in training",
    reference=_dropped,
    cases={
        "half of four numbers": (_four, np.array([0.1, 0.6, 0.9, 0.4]), 0.5),
        "a quarter": (_four, np.array([0.1, 0.6, 0.9, 0.4]), 0.25),
        "p = 0": (_four, np.array([0.0, 0.6, 0.9, 0.4]), 0.0),
        "two samples": (
            np.array([[1.0, 2.0], [3.0, 4.0]]),
            np.array([[0.1, 0.6], [0.9, 0.2]]),
            0.25,
        ),
    },
    mistakes={
        "leave out the factor 1/(1 − p)": lambda H, u, p: H * (u >= p),
        "multiply by 1 − p where one divides": lambda H, u, p: H * (u >= p) * (1 - p),
        "keep what is to be dropped": lambda H, u, p: H * (u < p) / (1 - p),
    },
)


def _clipped(g: np.ndarray, most: float) -> np.ndarray:
    """Return g, made shorter where its length exceeds `most`."""
    return g * min(1.0, most / max(float(np.linalg.norm(g)), 1e-300))


check_clip = Checker(
    task="a gradient whose length is clipped",
    reference=_clipped,
    cases={
        "one that is too long": (np.array([3.0, 4.0]), 1.0),
        "one that is short enough": (np.array([0.3, 0.4]), 1.0),
        "another limit": (np.array([6.0, 8.0]), 5.0),
        "a matrix of gradients": (np.array([[6.0, 0.0], [0.0, 8.0]]), 5.0),
        "zeros": (np.zeros(3), 1.0),
    },
    mistakes={
        "clip every entry, which turns the gradient": lambda g, most: np.clip(g, -most, most),
        "give every gradient that length": lambda g, most: (
            most * g / max(float(np.linalg.norm(g)), 1e-300)
        ),
    },
)
