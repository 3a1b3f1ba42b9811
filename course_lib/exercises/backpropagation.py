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


def _softmax_back(G: np.ndarray, P: np.ndarray) -> np.ndarray:
    """Return ∂L/∂Z of P = softmax(Z), row by row, from ∂L/∂P."""
    return P * (G - np.sum(P * G, axis=1, keepdims=True))


_two = np.array([[0.75, 0.25]])
_three = np.array([[0.5, 0.125, 0.375]])
_rows = np.array([[0.5, 0.125, 0.375], [0.25, 0.25, 0.5]])
_as_many = np.array([[0.5, 0.125, 0.375], [0.25, 0.25, 0.5], [0.125, 0.75, 0.125]])

check_softmax_back = Checker(
    task="the gradient of the loss with respect to the scores of a softmax",
    reference=_softmax_back,
    cases={
        "two classes": (np.array([[2.0, 0.0]]), _two),
        "three classes": (np.array([[2.0, 0.0, -4.0]]), _three),
        "two samples": (np.array([[2.0, 0.0, -4.0], [1.0, 3.0, 0.0]]), _rows),
        "as many samples as classes": (
            np.array([[2.0, 0.0, -4.0], [1.0, 3.0, 0.0], [0.0, 8.0, 1.0]]),
            _as_many,
        ),
    },
    mistakes={
        "take the Jacobian for diagonal, as if output k used score k alone": lambda G, P: (
            G * P * (1 - P)
        ),
        "leave out what the other outputs hand back": lambda G, P: G * P,
        "add over the samples where the classes are to be added": lambda G, P: (
            P * (G - np.sum(P * G, axis=0))
        ),
        "add over all samples at once": lambda G, P: P * (G - np.sum(P * G)),
    },
)
