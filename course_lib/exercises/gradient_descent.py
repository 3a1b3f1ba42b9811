"""Checkers of the chapter on gradient descent."""

import numpy as np

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(6)
_w, _g, _v = _rng.normal(size=(3, 4))
_values = np.round(_rng.normal(size=9), 2)


def _momentum(w, v, g, eta, beta):
    v = beta * v + g
    return np.stack([w - eta * v, v])


check_momentum = Checker(
    task="a step with momentum",
    reference=_momentum,
    cases={
        "a first step, v = 0": (np.ones(2), np.zeros(2), np.array([1.0, -2.0]), 0.1, 0.9),
        "without momentum": (_w, _v, _g, 0.5, 0.0),
        "four weights": (_w, _v, _g, 0.1, 0.9),
    },
    mistakes={
        "step along the old velocity": lambda w, v, g, eta, beta: np.stack(
            [w - eta * v, beta * v + g]
        ),
        "climb": lambda w, v, g, eta, beta: np.stack([w + eta * (beta * v + g), beta * v + g]),
        "weigh the gradient with 1 − β": lambda w, v, g, eta, beta: np.stack(
            [w - eta * (beta * v + (1 - beta) * g), beta * v + (1 - beta) * g]
        ),
        "take Nesterov's step": lambda w, v, g, eta, beta: np.stack(
            [w - eta * (g + beta * (beta * v + g)), beta * v + g]
        ),
    },
)


def _adam(w, g, m, v, k, eta, *, correct=True, root=True):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    m_hat, v_hat = (m / (1 - 0.9**k), v / (1 - 0.999**k)) if correct else (m, v)
    size = np.sqrt(v_hat) if root else v_hat
    return np.stack([w - eta * m_hat / (size + 1e-8), m, v])


check_adam = Checker(
    task="a step of Adam",
    reference=_adam,
    cases={
        "a first step, k = 1": (
            np.ones(2),
            np.array([3.0, -0.5]),
            np.zeros(2),
            np.zeros(2),
            1,
            0.1,
        ),
        "a tenth step": (_w, _g, 0.3 * _v, _v**2, 10, 0.1),
    },
    mistakes={
        "leave out the corrections 1 − βᵏ": lambda *given: _adam(*given, correct=False),
        "divide by v instead of its root": lambda *given: _adam(*given, root=False),
    },
)


def _variance(values, m):
    n = len(values)
    return np.var(values) / m * (n - m) / (n - 1)


check_batch_variance = Checker(
    task="the variance of the mean of m of n numbers, drawn without replacement",
    reference=_variance,
    cases={
        "one of two": (np.array([0.0, 2.0]), 1),
        "all of four": (np.array([1.0, 2.0, 4.0, 5.0]), 4),
        "three of nine": (_values, 3),
    },
    mistakes={
        "draw with replacement": lambda values, m: np.var(values) / m,
        "divide by n − 1 in the variance of the numbers as well": lambda values, m: (
            _variance(values, m) * len(values) / (len(values) - 1)
        ),
        "forget to divide by m": lambda values, m: _variance(values, m) * m,
    },
)
