"""Checkers of the chapter on multilayer perceptrons."""

from collections.abc import Callable

import numpy as np

from course_lib.exercises.checking import Checker


def _relu(Z: np.ndarray) -> np.ndarray:
    return np.maximum(Z, 0)


def _scores(
    X: np.ndarray,
    *weights: np.ndarray,
    bend: Callable[[np.ndarray], np.ndarray] = _relu,
    last: Callable[[np.ndarray], np.ndarray] = np.asarray,
) -> np.ndarray:
    """Return the scores of dense layers W₁, b₁, W₂, b₂, … with an activation between each two."""
    *hidden, V, c = weights
    for W, b in zip(hidden[::2], hidden[1::2], strict=True):
        X = bend(X @ W + b)
    return last(X @ V + c)


def _bias_outside(X: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    *hidden, V, c = weights
    for W, b in zip(hidden[::2], hidden[1::2], strict=True):
        X = _relu(X @ W) + b
    return X @ V + c


def _no_bias(X: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    return _scores(X, *(w * (k % 2 == 0) for k, w in enumerate(weights)))


_X = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -3.0]])
_one = (np.array([[1.0, -2.0], [0.5, 1.0]]), np.array([-3.0, 0.5]))
_two = (np.array([[2.0, -1.0, 0.5], [1.0, 1.0, -4.0]]), np.array([-0.5, 0.25, 1.0]))
_end = (np.array([[1.0], [-3.0]]), np.array([-2.0]))
_wide = (np.array([[1.0, 0.0], [-2.0, 1.0], [0.5, 0.5]]), np.array([0.0, -1.0]))

check_forward = Checker(
    task="the scores of a multilayer perceptron with ReLUs",
    reference=_scores,
    cases={
        "one layer": (_X, *_one),
        "one hidden layer": (_X, *_one, *_end),
        "two hidden layers": (_X, *_one, *_two, *_wide),
    },
    mistakes={
        "apply the ReLU after the last layer as well": lambda X, *weights: _scores(
            X, *weights, last=_relu
        ),
        "leave out the ReLU": lambda X, *weights: _scores(X, *weights, bend=np.asarray),
        "add the bias behind the ReLU": _bias_outside,
        "leave out the biases": _no_bias,
    },
)


def _bends(knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the output weights of ReLUs with joints at all knots but the last."""
    return np.diff(np.diff(values) / np.diff(knots), prepend=0)


check_bends = Checker(
    task="output weights that lead a line of ReLUs through given points",
    reference=_bends,
    cases={
        "a straight line": (np.array([0.0, 1.0]), np.array([0.0, 2.0])),
        "two pieces": (np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 1.0])),
        "a line that begins above 0": (np.array([0.0, 1.0, 2.0]), np.array([3.0, 5.0, 4.0])),
        "knots at unequal distances": (
            np.array([-1.0, 0.0, 2.0, 2.5]),
            np.array([1.0, 0.0, 4.0, 3.0]),
        ),
    },
    mistakes={
        "give the slopes where their changes are needed": lambda knots, values: (
            np.diff(values) / np.diff(knots)
        ),
        "take differences of the values for slopes": lambda knots, values: np.diff(
            np.diff(values), prepend=0
        ),
        "let the first value count as a slope": lambda knots, values: np.diff(
            np.diff(values) / np.diff(knots), prepend=values[0]
        ),
    },
)
