"""Checkers of the chapter on derivatives, gradients and automatic differentiation."""

import numpy as np

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(3)
_A, _x = _rng.normal(size=(3, 3)), _rng.normal(size=3)

check_quadratic_gradient = Checker(
    task="the gradient of xᵀAx",
    reference=lambda A, x: (A + A.T) @ x,
    cases={
        "one number": (np.array([[3.0]]), np.array([2.0])),
        "a symmetric A": (np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -1.0])),
        "an A that is not symmetric": (np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([2.0, 5.0])),
        "three numbers": (_A, _x),
    },
    mistakes={
        "take A for symmetric": lambda A, x: 2 * A @ x,
        "differentiate only the x on the right": lambda A, x: A.T @ x,
        "differentiate only the x on the left": lambda A, x: A @ x,
        "forget that x stands there twice, and halve the sum": lambda A, x: (A + A.T) @ x / 2,
        "subtract the transpose instead of adding it": lambda A, x: (A - A.T) @ x,
    },
)


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - np.max(x))
    return e / e.sum()


def _softmax_jacobian(x: np.ndarray) -> np.ndarray:
    p = _softmax(x)
    return np.diag(p) - np.outer(p, p)


def _softmax_diagonal(x: np.ndarray) -> np.ndarray:
    return np.diag(np.diag(_softmax_jacobian(x)))


check_softmax_jacobian = Checker(
    task="the Jacobian of the softmax",
    reference=_softmax_jacobian,
    cases={
        "two equal numbers": (np.array([1.0, 1.0]),),
        "two numbers": (np.array([0.0, 2.0]),),
        "three numbers": (_x,),
        "large numbers": (np.array([1000.0, 1001.0, 999.0]),),
    },
    mistakes={
        "differentiate entry by entry and leave the other pairs at 0": _softmax_diagonal,
        "give the diagonal alone, as a vector": lambda x: np.diag(_softmax_jacobian(x)),
        "forget that the sum below the fraction moves too": lambda x: np.diag(_softmax(x)),
        "forget the diagonal": lambda x: -np.outer(_softmax(x), _softmax(x)),
        "have the sign the wrong way round": lambda x: -_softmax_jacobian(x),
    },
)
