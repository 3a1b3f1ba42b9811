"""Checkers of the chapter on backpropagation."""

from collections.abc import Callable

import numpy as np

from course_lib.exercises.checking import Checker


def _summed_back(
    G: np.ndarray, shape: tuple[int, ...], *, add: Callable[..., np.ndarray] = np.sum
) -> np.ndarray:
    """Return the gradient of an array of this shape that was broadcast to the shape of G."""
    new = G.ndim - len(shape)
    G = add(G, axis=tuple(range(new))) if new else G
    stretched = tuple(i for i, size in enumerate(shape) if size == 1)
    return add(G, axis=stretched, keepdims=True) if stretched else G


def _only_new_axes(G: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.sum(G, axis=tuple(range(G.ndim - len(shape))))


def _without_its_ones(G: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return _summed_back(G, shape).squeeze()


_G = np.arange(12.0).reshape(4, 3) - 4
_box = np.arange(24.0).reshape(2, 3, 4) % 7 - 2

check_sum_back = Checker(
    task="the gradient of an array that was broadcast",
    reference=_summed_back,
    cases={
        "nothing was stretched": (_G, (4, 3)),
        "a vector beside every row": (_G, (3,)),
        "a single number": (_G, ()),
        "a column": (_G, (4, 1)),
        "a row that has two axes": (_G, (1, 3)),
        "a new axis and a stretched one": (_box, (3, 1)),
    },
    mistakes={
        "average where the gradients are to be added": lambda G, shape: _summed_back(
            G, shape, add=np.mean
        ),
        "add over the new axes alone": _only_new_axes,
        "drop the axes of length 1": _without_its_ones,
    },
)


def _hidden(delta: np.ndarray, W: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Return ∂L/∂Z of a layer of ReLUs, from the delta and the weights of the layer above."""
    return (delta @ W.T) * (Z > 0)


_W = np.array([[1.0, 2.0], [0.5, 1.0], [3.0, 0.25]])  # 3 units below, 2 above
_square = np.array([[1.0, 3.0], [0.5, 2.0]])

check_hidden_delta = Checker(
    task="the gradient of the loss with respect to Z of a hidden layer of ReLUs",
    reference=_hidden,
    cases={
        "all units on": (np.array([[1.0, 2.0]]), _W, np.array([[0.5, 2.0, 1.0]])),
        "a unit that is off": (np.array([[1.0, 2.0]]), _W, np.array([[0.5, -2.0, 1.0]])),
        "a square matrix": (np.array([[1.0, 2.0]]), _square, np.array([[0.5, 2.0]])),
        "a unit at 0": (np.array([[1.0, 2.0]]), _W, np.array([[0.5, 0.0, 1.0]])),
        "gradients below 0": (np.array([[-1.0, 0.5]]), _W, np.array([[0.5, 2.0, 1.0]])),
        "three samples": (
            np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 1.0]]),
            _W,
            np.array([[0.5, 2.0, 1.0], [-1.0, 3.0, -2.0], [2.0, -1.0, 0.1]]),
        ),
    },
    mistakes={
        "leave out the derivative of the ReLU": lambda delta, W, Z: delta @ W.T,
        "multiply by the ReLU instead of by its derivative": lambda delta, W, Z: (
            delta @ W.T * np.maximum(Z, 0)
        ),
        "keep what is above 0 of the gradient, whatever Z is": lambda delta, W, Z: np.maximum(
            delta @ W.T, 0
        ),
        "let a unit at 0 pass": lambda delta, W, Z: delta @ W.T * (Z >= 0),
    },
)
