"""Checkers of the chapter on linear regression."""

import numpy as np

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(5)
_X, _y, _w = _rng.normal(size=(6, 3)), _rng.normal(size=6), _rng.normal(size=3)
_ONE_ROW = np.array([[1.0, 2.0]])

check_gradient = Checker(
    task="the gradient of ½‖y − Xw‖²",
    reference=lambda X, y, w: X.T @ (X @ w - y),
    cases={
        "one sample, one feature": (np.array([[2.0]]), np.array([3.0]), np.array([1.0])),
        "one sample, two features": (_ONE_ROW, np.array([1.0]), np.array([1.0, -1.0])),
        "w = 0": (_X, _y, np.zeros(3)),
        "six samples, three features": (_X, _y, _w),
    },
    mistakes={
        "forget the minus sign": lambda X, y, w: X.T @ (y - X @ w),
        "forget that the ½ cancels the 2": lambda X, y, w: 2 * X.T @ (X @ w - y),
        "halve the gradient as well as the loss": lambda X, y, w: X.T @ (X @ w - y) / 2,
        "average over the samples instead of summing": lambda X, y, w: X.T @ (X @ w - y) / len(y),
        "leave out the factor Xᵀ": lambda X, y, w: X @ w - y,
    },
)


def _eigenvalues(X: np.ndarray) -> np.ndarray:
    return np.linalg.eigvalsh(X.T @ X / len(X))


check_largest_step = Checker(
    task="the largest learning rate for which gradient descent on ½‖y − Xw‖² / n settles",
    reference=lambda X: 2 / _eigenvalues(X)[-1],
    cases={
        "one sample, one feature": (np.array([[2.0]]),),
        "two features of different size": (np.array([[3.0, 0.0], [0.0, 1.0]]),),
        "two samples, two features": (np.array([[-1.0, 3.0], [2.0, 1.0]]),),
        "six samples, three features": (_X,),
    },
    mistakes={
        "forget to divide XᵀX by n": lambda X: 2 / np.linalg.eigvalsh(X.T @ X)[-1],
        "stop at 1/λmax, where the steepest direction no longer overshoots": lambda X: (
            1 / _eigenvalues(X)[-1]
        ),
        "take the smallest eigenvalue instead of the largest": lambda X: 2 / _eigenvalues(X)[0],
        "take a singular value of X without squaring it": lambda X: (
            2 * len(X) / np.linalg.norm(X, 2)
        ),
        "add up all the eigenvalues": lambda X: 2 / np.sum(_eigenvalues(X)),
    },
)


def _descent(X, y, eta, steps, *, mean=True, sign=1, moves_b=True, one_by_one=False, again=True):
    """Descend from 0; the keywords make the mistakes."""
    w, b = np.zeros(X.shape[1]), 0.0
    n = len(y) if mean else 1
    first = X @ w + b - y
    for _ in range(steps):
        r = X @ w + b - y if again else first
        w = w - sign * eta * X.T @ r / n
        r = X @ w + b - y if one_by_one else r
        b = b - sign * eta * np.sum(r) / n * moves_b
    return np.append(w, b)


check_descent = Checker(
    task="the weights and the bias after some steps of gradient descent",
    reference=_descent,
    cases={
        "no step": (_X[:, :2], _y, 0.1, 0),
        "one step, one sample": (np.array([[2.0]]), np.array([3.0]), 0.1, 1),
        "one step, six samples": (_X, _y + 2, 0.1, 1),
        "two steps, one feature": (np.array([[1.0], [3.0]]), np.array([2.0, -1.0]), 0.05, 2),
        "thirty steps, three features": (_X, _y + 2, 0.2, 30),
    },
    mistakes={
        "leave b at 0": lambda *given: _descent(*given, moves_b=False),
        "use the new w already in the gradient of b": lambda *given: _descent(
            *given, one_by_one=True
        ),
        "walk uphill": lambda *given: _descent(*given, sign=-1),
        "sum over the samples instead of averaging": lambda *given: _descent(*given, mean=False),
        "compute the gradient once, before the loop": lambda *given: _descent(*given, again=False),
        "leave the factor 2 of the square in": lambda X, y, eta, steps: _descent(
            X, y, 2 * eta, steps
        ),
    },
)
