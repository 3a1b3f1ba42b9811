"""Checkers of the chapter on convolutional networks."""

import math

import numpy as np

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(25)


def _size(n: int, F: int, S: int, P: int) -> int:
    return (n - F + 2 * P) // S + 1


check_size = Checker(
    task="the size of a layer's output along one axis",
    reference=_size,
    cases={
        "32 pixels, F = 5, S = 1, P = 2": (32, 5, 1, 2),
        "no padding": (28, 3, 1, 0),
        "a stride that leaves pixels over": (8, 3, 2, 0),
        "a stride that leaves none over": (9, 3, 2, 0),
        "224 pixels, F = 7, S = 2, P = 3": (224, 7, 2, 3),
        "F = 1": (6, 1, 1, 0),
        "an even F": (8, 2, 2, 0),
        "an even F, and three quarters of a step left over": (11, 4, 4, 0),
    },
    mistakes={
        "pad on one side only": lambda n, F, S, P: (n - F + P) // S + 1,
        "leave out the + 1": lambda n, F, S, P: (n - F + 2 * P) // S,
        "round up instead of down": lambda n, F, S, P: math.ceil((n - F + 2 * P) / S) + 1,
        "keep the fraction instead of rounding down": lambda n, F, S, P: (n - F + 2 * P) / S + 1,
        "add the 1 before dividing by the stride": lambda n, F, S, P: (n - F + 2 * P + 1) // S,
        "forget the stride": lambda n, F, S, P: n - F + 2 * P + 1,
    },
)


def _correlate(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    (H, V), (F, G) = X.shape, W.shape
    Y = np.empty((H - F + 1, V - G + 1))
    for i, j in np.ndindex(Y.shape):
        Y[i, j] = np.sum(W * X[i : i + F, j : j + G])
    return Y


check_correlation = Checker(
    task="the cross-correlation of a picture with a filter, without padding",
    reference=_correlate,
    cases={
        "a filter of one entry": (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0]])),
        "a filter as large as the picture": (
            np.array([[1.0, 2.0], [3.0, 4.0]]),
            np.array([[1.0, 0.0], [0.0, -1.0]]),
        ),
        "a picture of 4 × 5, a filter of 2 × 3": (
            _rng.integers(-3, 4, (4, 5)).astype(float),
            np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]]),
        ),
        "a picture of 4 × 5, a square filter of fractions": (
            _rng.integers(-3, 4, (4, 5)).astype(float),
            np.array([[0.5, -1.25], [0.75, 0.1]]),
        ),
    },
    mistakes={
        "flip the filter, which is convolution": lambda X, W: _correlate(X, W[::-1, ::-1]),
        "transpose the filter": lambda X, W: _correlate(X, W.T),
        "average instead of adding": lambda X, W: _correlate(X, W) / W.size,
        "pad the picture with zeros": lambda X, W: _correlate(
            np.pad(X, [(W.shape[0] - 1,) * 2, (W.shape[1] - 1,) * 2]), W
        ),
    },
)


def _windows(X: np.ndarray) -> np.ndarray:
    """View a picture (2a, 2b) as (a, b, 4): the pixels of each 2 × 2 window, row by row."""
    a, b = X.shape[0] // 2, X.shape[1] // 2
    return X.reshape(a, 2, b, 2).swapaxes(1, 2).reshape(a, b, 4)


def _back(windows: np.ndarray) -> np.ndarray:
    a, b, _ = windows.shape
    return windows.reshape(a, b, 2, 2).swapaxes(1, 2).reshape(2 * a, 2 * b)


def _routed(X: np.ndarray, dY: np.ndarray) -> np.ndarray:
    first = np.argmax(_windows(X), axis=-1)
    return _back(np.eye(4)[first] * dY[..., None])


def _to_all_largest(X: np.ndarray, dY: np.ndarray) -> np.ndarray:
    cells = _windows(X)
    return _back((cells == cells.max(axis=-1, keepdims=True)) * dY[..., None])


check_pool_gradient = Checker(
    task="the gradient of 2 × 2 max pooling",
    reference=_routed,
    cases={
        "one window": (np.array([[1.0, 4.0], [2.0, 3.0]]), np.array([[5.0]])),
        "negative values": (np.array([[-1.0, -4.0], [-2.0, -3.0]]), np.array([[1.0]])),
        "four windows": (_rng.permutation(16).reshape(4, 4) - 8.0, _rng.normal(size=(2, 2))),
        "equal values": (np.array([[0.0, 7.0], [7.0, 7.0]]), np.array([[3.0]])),
        "a picture of 4 × 6 that grows downwards and to the right": (
            np.arange(24.0).reshape(4, 6),
            np.arange(1.0, 7.0).reshape(2, 3),
        ),
        "a picture of 6 × 4 that falls downwards and to the right": (
            -np.arange(24.0).reshape(6, 4),
            np.arange(1.0, 7.0).reshape(3, 2),
        ),
        "the same values in several windows": (
            np.array([[1.0, 2.0, 2.0, 1.0], [2.0, 0.0, 0.0, 0.0]]),
            np.array([[1.0, 2.0]]),
        ),
    },
    mistakes={
        "give every one of several equal values the whole gradient": _to_all_largest,
        "share it equally, which is average pooling": lambda X, dY: _back(
            np.repeat(dY[..., None] / 4, 4, axis=-1)
        ),
        "pass it to all four pixels": lambda X, dY: _back(np.repeat(dY[..., None], 4, axis=-1)),
        "multiply by the largest value": lambda X, dY: _routed(X, dY * _windows(X).max(axis=-1)),
    },
)
