"""Checkers of the chapter on softmax regression."""

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.losses import MulticlassHinge

_rng = np.random.default_rng(11)
_F, _y = _rng.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])


def _hinge(f: np.ndarray, y: np.ndarray, delta: float) -> np.ndarray:
    """With the margin delta: delta times the loss of the scores f/delta with the margin 1."""
    return delta * MulticlassHinge().value(y, f / delta)


def _shortfalls(f: np.ndarray, y: np.ndarray, delta: float) -> np.ndarray:
    """How far each wrong class is above the right one's score less delta, (n, K); 0 or more."""
    rows = np.arange(len(y))
    short = np.maximum(0, f - f[rows, y][:, None] + delta)
    short[rows, y] = 0
    return short


check_multiclass_hinge = Checker(
    task="the multiclass hinge loss of each sample",
    reference=_hinge,
    cases={
        "one picture, two classes": (np.array([[1.0, 0.5]]), np.array([0]), 1.0),
        "a right score far above": (np.array([[9.0, 0.5, 1.0]]), np.array([0]), 1.0),
        "two wrong scores above": (np.array([[3.0, 2.0, 0.0]]), np.array([2]), 1.0),
        "another margin": (np.array([[3.0, 2.0, 0.0]]), np.array([0]), 5.0),
        "five pictures": (_F, _y, 1.0),
    },
    mistakes={
        "let the right class pay the margin to itself": lambda f, y, delta: (
            _hinge(f, y, delta) + delta
        ),
        "take the right score minus the wrong ones": lambda f, y, delta: (
            np.sum(np.maximum(0, f[np.arange(len(y)), y][:, None] - f + delta), axis=1) - delta
        ),
        "forget max(0, …)": lambda f, y, delta: (
            np.sum(f - f[np.arange(len(y)), y][:, None] + delta, axis=1) - delta
        ),
        "take the worst class only": lambda f, y, delta: np.max(_shortfalls(f, y, delta), axis=1),
        "divide by the number of classes": lambda f, y, delta: _hinge(f, y, delta) / f.shape[1],
        "keep the margin at 1": lambda f, y, delta: _hinge(f, y, 1.0),
        "square the violations": lambda f, y, delta: np.sum(_shortfalls(f, y, delta) ** 2, axis=1),
    },
)


def _pulls(f: np.ndarray, y: np.ndarray, delta: float) -> np.ndarray:
    """Derivatives of each sample's loss with respect to its scores, (n, K)."""
    return MulticlassHinge().gradient(y, f / delta)


def _gradient(X: np.ndarray, y: np.ndarray, W: np.ndarray, delta: float) -> np.ndarray:
    return X.T @ _pulls(X @ W, y, delta) / len(X)


_X, _W = _rng.normal(size=(5, 3)), _rng.normal(size=(3, 4))

check_hinge_gradient = Checker(
    task="the gradient of the mean multiclass hinge loss with respect to W",
    reference=_gradient,
    cases={
        "one sample, all weights 0": (np.array([[2.0]]), np.array([1]), np.zeros((1, 3)), 1.0),
        "every margin kept": (np.array([[2.0]]), np.array([1]), np.array([[0.0, 3, -1]]), 1.0),
        "one wrong class of two costs": (
            np.array([[2.0]]),
            np.array([1]),
            np.array([[0.0, 3, 2.75]]),
            1.0,
        ),
        "another margin": (np.array([[2.0]]), np.array([1]), np.array([[0.0, 3, -1]]), 7.0),
        "five samples": (_X, _y, _W, 1.0),
    },
    mistakes={
        "leave the right class's column as it is": lambda X, y, W, delta: (
            X.T @ np.maximum(0, _pulls(X @ W, y, delta)) / len(X)
        ),
        "take x once from the right class, however many wrong ones cost": lambda X, y, W, delta: (
            X.T @ np.sign(_pulls(X @ W, y, delta)) / len(X)
        ),
        "turn the sign round": lambda X, y, W, delta: -_gradient(X, y, W, delta),
        "add up the samples without dividing by n": lambda X, y, W, delta: (
            len(X) * _gradient(X, y, W, delta)
        ),
        "keep the margin at 1": lambda X, y, W, delta: _gradient(X, y, W, 1.0),
        "ask which scores are ahead, without the margin": lambda X, y, W, delta: _gradient(
            X, y, W, 1e-9
        ),
        "multiply by what is missing, as for the squares": lambda X, y, W, delta: (
            X.T
            @ (
                _shortfalls(X @ W, y, delta)
                - np.eye(W.shape[1])[y] * _shortfalls(X @ W, y, delta).sum(axis=1)[:, None]
            )
            / len(X)
        ),
    },
)
