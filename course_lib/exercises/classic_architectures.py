"""Checkers of the chapter on classic architectures."""

import numpy as np

from course_lib.exercises.checking import Checker


def _cost(c_in: int, c_out: int, F: int, side: int, groups: int) -> tuple[int, int]:
    weights = c_out * (c_in // groups) * F**2
    return weights, weights * side**2


check_cost = Checker(
    task="the weights and multiply-adds of a convolution",
    reference=_cost,
    cases={
        "one channel, one filter of 1 × 1": (1, 1, 1, 1, 1),
        "one filter of 3 × 3 on one pixel": (1, 1, 3, 1, 1),
        "several filters": (1, 8, 3, 1, 1),
        "several channels": (4, 8, 3, 1, 1),
        "an output of 5 × 5": (4, 8, 3, 5, 1),
        "two groups": (4, 8, 3, 5, 2),
        "depthwise": (64, 64, 3, 7, 64),
        "AlexNet's second layer, two towers": (96, 256, 5, 27, 2),
    },
    mistakes={
        "count the multiply-adds of one place only": lambda i, o, F, s, g: (
            _cost(i, o, F, s, g)[0],
            _cost(i, o, F, s, g)[0],
        ),
        "forget the groups": lambda i, o, F, s, g: _cost(i, o, F, s, 1),
        "divide the outputs by the groups too": lambda i, o, F, s, g: tuple(
            value // g for value in _cost(i, o, F, s, g)
        ),
        "take F weights a filter in place of F²": lambda i, o, F, s, g: (
            o * i // g * F,
            o * i // g * F * s**2,
        ),
        "multiply by the side of the output once": lambda i, o, F, s, g: (
            _cost(i, o, F, s, g)[0],
            _cost(i, o, F, s, g)[0] * s,
        ),
        "add a bias for each filter": lambda i, o, F, s, g: (
            _cost(i, o, F, s, g)[0] + o,
            (_cost(i, o, F, s, g)[0] + o) * s**2,
        ),
    },
)


def _residual(x: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    return np.maximum(x + B @ np.maximum(A @ x, 0), 0)


_rng = np.random.default_rng(26)

check_residual = Checker(
    task="the output of a residual block with two layers of weights",
    reference=_residual,
    cases={
        "one number, a branch of zeros": (np.array([2.0]), np.zeros((1, 1)), np.zeros((1, 1))),
        "one number": (np.array([2.0]), np.array([[3.0]]), np.array([[0.5]])),
        "a first layer that is cut off": (
            np.array([2.0]),
            np.array([[-3.0]]),
            np.array([[0.5]]),
        ),
        "a negative sum": (np.array([1.0]), np.array([[2.0]]), np.array([[-4.0]])),
        "a negative input": (np.array([-1.0]), np.array([[-2.0]]), np.array([[4.0]])),
        "three numbers, two between": (
            _rng.normal(size=3),
            _rng.normal(size=(2, 3)),
            _rng.normal(size=(3, 2)),
        ),
    },
    mistakes={
        "leave out the shortcut": lambda x, A, B: np.maximum(B @ np.maximum(A @ x, 0), 0),
        "apply no ReLU after the sum": lambda x, A, B: x + B @ np.maximum(A @ x, 0),
        "apply ReLU to the branch and not to the sum": lambda x, A, B: (
            x + np.maximum(B @ np.maximum(A @ x, 0), 0)
        ),
        "apply no ReLU between the layers": lambda x, A, B: np.maximum(x + B @ (A @ x), 0),
        "apply ReLU to branch and shortcut before they are added": lambda x, A, B: (
            np.maximum(x, 0) + np.maximum(B @ np.maximum(A @ x, 0), 0)
        ),
        "swap the two layers": lambda x, A, B: np.maximum(x + A.T @ np.maximum(B.T @ x, 0), 0),
    },
)


def _block_weights(c: int, squeezed: int) -> int:
    return 2 * c * squeezed + 9 * squeezed**2


check_bottleneck = Checker(
    task="the weights of a bottleneck block",
    reference=_block_weights,
    cases={
        "one channel, squeezed to one": (1, 1),
        "four channels, squeezed to one": (4, 1),
        "four channels, squeezed to two": (4, 2),
        "256 channels, squeezed to 64": (256, 64),
        "2048 channels, squeezed to 512": (2048, 512),
    },
    mistakes={
        "count only one of the two 1 × 1 layers": lambda c, s: c * s + 9 * s**2,
        "let the 3 × 3 layer work on all channels": lambda c, s: 2 * c * s + 9 * c**2,
        "give the 3 × 3 layer 3 weights a pair of channels": lambda c, s: 2 * c * s + 3 * s**2,
        "filter each channel alone": lambda c, s: 2 * c * s + 9 * s,
        "count two 3 × 3 layers of all channels": lambda c, s: 18 * c**2,
    },
)
