"""Checkers of the chapter on margin losses."""

from collections.abc import Callable

import numpy as np

from course_lib.exercises.checking import Checker


def _stretch(theta: np.ndarray, m: int) -> np.ndarray:
    return np.minimum(np.floor(m * theta / np.pi), m - 1)


def _psi(theta: np.ndarray, m: int) -> np.ndarray:
    k = _stretch(theta, m)
    return (-1) ** k * np.cos(m * theta) - 2 * k


check_psi = Checker(
    task="ψ(θ), which stands in place of cos θ",
    reference=_psi,
    cases={
        "m = 1": (np.array([0.5]), 1),
        "m = 2, an angle below π/2": (np.array([0.3]), 2),
        "m = 2, an angle above π/2": (np.array([2.0]), 2),
        "m = 3, an angle on each stretch": (np.array([0.5, 1.5, 2.5]), 3),
        "m = 4, from 0 to π": (np.linspace(0, np.pi, 9), 4),
    },
    mistakes={
        "let cos mθ rise again beyond π/m": lambda t, m: np.cos(m * t),
        "leave out the factor (−1)ᵏ": lambda t, m: np.cos(m * t) - 2 * _stretch(t, m),
        "leave out −2k": lambda t, m: (-1) ** _stretch(t, m) * np.cos(m * t),
        "subtract k in place of 2k": lambda t, m: _psi(t, m) + _stretch(t, m),
        "add 2k in place of subtracting it": lambda t, m: _psi(t, m) + 4 * _stretch(t, m),
        "multiply the cosine by m, not the angle": lambda t, m: m * np.cos(t),
        "add m to the angle": lambda t, m: np.cos(t + m),
        "leave out the margin": lambda t, m: np.cos(t),
    },
)


def _loss(
    Z: np.ndarray,
    W: np.ndarray,
    y: np.ndarray,
    m: int,
    *,
    right: Callable[[np.ndarray, int], np.ndarray] = _psi,
    unit_weights: bool = True,
    unit_embeddings: bool = False,
    others: bool = False,
) -> np.ndarray:
    """Return each sample's loss, with what people get wrong as options."""
    lengths = np.linalg.norm(Z, axis=1, keepdims=True)
    sizes = np.linalg.norm(W, axis=1)
    cosines = Z @ W.T / lengths / sizes
    angles = np.arccos(np.clip(cosines, -1, 1))
    rows = np.arange(len(y))
    changed = cosines.copy()
    changed[rows, y] = right(angles[rows, y], m)
    if others:
        changed = right(angles, m)
    z = changed * (1 if unit_embeddings else lengths) * (1 if unit_weights else sizes)
    return np.log(np.exp(z).sum(axis=1)) - z[rows, y]


_TWO = np.array([[0.6, 0.8], [1.0, 0.0]])
_CROSS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])

check_a_softmax = Checker(
    task="the mean A-Softmax loss",
    reference=lambda Z, W, y, m: _loss(Z, W, y, m).mean(),
    cases={
        "one embedding, m = 1": (_TWO[:1], _CROSS, np.array([0]), 1),
        "two embeddings, m = 1": (_TWO, _CROSS, np.array([0, 1]), 1),
        "a longer embedding": (np.array([[3.0, 4.0]]), _CROSS, np.array([0]), 1),
        "longer weights": (_TWO, 2 * _CROSS[:2] + 1, np.array([0, 1]), 1),
        "m = 2, angles below π/2": (2 * _TWO, _CROSS, np.array([1, 0]), 2),
        "m = 2, an angle above π/2": (np.array([[-1.0, 2.0]]), _CROSS, np.array([0]), 2),
        "m = 4, all kinds of angles": (
            np.array([[2.0, 1.0], [-1.0, 2.0], [-2.0, -1.0], [1.0, -0.5]]),
            np.array([[2.0, 1.0], [-1.0, 1.0], [0.5, -3.0]]),
            np.array([0, 2, 0, 1]),
            4,
        ),
    },
    mistakes={
        "leave the weights as long as they are": lambda Z, W, y, m: _loss(
            Z, W, y, m, unit_weights=False
        ).mean(),
        "shorten the embeddings to length 1": lambda Z, W, y, m: _loss(
            Z, W, y, m, unit_embeddings=True
        ).mean(),
        "put ψ in place of the cosines of all classes": lambda Z, W, y, m: _loss(
            Z, W, y, m, others=True
        ).mean(),
        "let cos mθ rise again beyond π/m": lambda Z, W, y, m: _loss(
            Z, W, y, m, right=lambda t, m: np.cos(m * t)
        ).mean(),
        "leave out the margin": lambda Z, W, y, m: _loss(Z, W, y, 1).mean(),
        "sum over the samples": lambda Z, W, y, m: _loss(Z, W, y, m).sum(),
        "give the losses one by one": _loss,
        "leave out the minus before the logarithm": lambda Z, W, y, m: -_loss(Z, W, y, m).mean(),
    },
)


def _shares(cosines: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of false accepts and false rejects at every cosine as a threshold."""
    accepted = cosines >= np.unique(cosines)[:, None]  # (T, P)
    return accepted[:, ~same].mean(axis=1), (~accepted[:, same]).mean(axis=1)


def _equal_error(cosines: np.ndarray, same: np.ndarray) -> float:
    accepts, rejects = _shares(cosines, same)
    best = np.abs(accepts - rejects).argmin()
    return (accepts[best] + rejects[best]) / 2


def _balanced_counts(cosines: np.ndarray, same: np.ndarray) -> float:
    accepts, rejects = _shares(cosines, same)
    accepts, rejects = accepts * (~same).sum(), rejects * same.sum()
    best = np.abs(accepts - rejects).argmin()
    return (accepts[best] + rejects[best]) / len(same)


def _fewest_errors(cosines: np.ndarray, same: np.ndarray) -> float:
    accepts, rejects = _shares(cosines, same)
    return (accepts * (~same).mean() + rejects * same.mean()).min()


def _many_pairs() -> tuple[np.ndarray, np.ndarray]:
    """Return 60 pairs with 3 of 20 rejected and 6 of 40 accepted wrongly, at 0.1 and beside it."""
    rng = np.random.default_rng(27)
    same = np.arange(60) < 20
    high = np.r_[np.repeat([True, False], [17, 3]), np.repeat([True, False], [6, 34])]
    cosines = np.where(high, rng.uniform(0.15, 0.95, 60), rng.uniform(-0.9, 0.05, 60))
    order = rng.permutation(60)
    return cosines[order], same[order]


_PARTED = np.array([0.9, 0.8, 0.2, 0.1])
_MIXED = np.array([0.9, 0.8, 0.75, 0.7, 0.4, 0.3, 0.2, 0.1])
_MIXED_SAME = np.array([True, True, False, True, False, False, True, False])
_ORDER = np.array([2, 6, 4, 5, 0, 7, 3, 1])

check_equal_error_rate = Checker(
    task="the equal error rate of a verification",
    reference=_equal_error,
    cases={
        "pairs that a threshold parts": (_PARTED, np.array([True, True, False, False])),
        "one error of each kind": (_MIXED, _MIXED_SAME),
        "pairs in any order": (_MIXED[_ORDER], _MIXED_SAME[_ORDER]),
        "more pairs of different classes": (
            np.array([0.9, 0.8, 0.7, 0.6, 0.3, 0.2, 0.1, 0.0]),
            np.array([True, False, False, False, True, False, False, False]),
        ),
        "sixty pairs": _many_pairs(),
    },
    mistakes={
        "balance the numbers of errors, not their shares": _balanced_counts,
        "give the smallest share of wrong pairs": _fewest_errors,
        "give the threshold": lambda cosines, same: np.unique(cosines)[
            np.abs(np.subtract(*_shares(cosines, same))).argmin()
        ],
        "add both shares": lambda cosines, same: 2 * _equal_error(cosines, same),
        "give the share of right pairs, or accept those below the threshold": lambda c, same: (
            1 - _equal_error(c, same)
        ),
    },
)
