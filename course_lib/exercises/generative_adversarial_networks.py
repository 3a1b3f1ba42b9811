"""Checkers of the chapter on generative adversarial networks."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(28)

check_optimal_discriminator = Checker(
    task="the answers of the best discriminator",
    reference=lambda p, q: p / (p + q),
    cases={
        "equal densities": (np.array([0.4]), np.array([0.4])),
        "only real samples": (np.array([0.2]), np.array([0.0])),
        "only fake samples": (np.array([0.0]), np.array([0.7])),
        "three times as many real ones": (np.array([0.3]), np.array([0.1])),
        "small densities": (np.array([1e-4, 3e-4]), np.array([2e-4, 1e-4])),
        "many points": (_rng.random(6), _rng.random(6)),
    },
    mistakes={
        "swap the real and the fake density": lambda p, q: q / (p + q),
        "divide p by q: that is a ratio, no probability": lambda p, q: p / np.where(q > 0, q, 1),
        "take the real density itself": lambda p, q: p,
        "take σ(p − q)": lambda p, q: expit(p - q),
        "divide by the sums over all points too": lambda p, q: (
            (p / p.sum()) / (p / p.sum() + q / q.sum()) if p.sum() and q.sum() else p / (p + q)
        ),
        "answer yes or no": lambda p, q: (p >= q).astype(float),
    },
)


def _non_saturating(s: np.ndarray) -> np.ndarray:
    return np.r_[np.logaddexp(0, -s).mean(), -expit(-s) / len(s)]


check_generator_loss = Checker(
    task="the generator's non-saturating loss, and its slope with respect to each score",
    reference=_non_saturating,
    cases={
        "one fake, of which D is not sure": (np.array([0.0]),),
        "one fake that D takes for real": (np.array([3.0]),),
        "one fake that D sees through": (np.array([-3.0]),),
        "several fakes": (np.array([0.5, -1.0, 2.0]),),
        "scores far from 0": (np.array([-30.0, 20.0]),),
    },
    mistakes={
        "take the minimax loss log(1 − σ(s)), which hardly moves a fake that is seen through": (
            lambda s: np.r_[-np.logaddexp(0, s).mean(), -expit(s) / len(s)]
        ),
        "take D's loss of fakes, −log(1 − σ(s)), which draws G away from the real samples": (
            lambda s: np.r_[np.logaddexp(0, s).mean(), expit(s) / len(s)]
        ),
        "forget the minus of the loss": lambda s: -_non_saturating(s),
        "forget the minus of the slopes": lambda s: (
            _non_saturating(s) * np.r_[1, np.full(len(s), -1)]
        ),
        "add the losses up instead of taking the mean": lambda s: len(s) * _non_saturating(s),
        "leave the 1/n out of the slopes": lambda s: np.r_[np.logaddexp(0, -s).mean(), -expit(-s)],
        "take the slope with respect to the probability σ(s), not to the score s": lambda s: np.r_[
            np.logaddexp(0, -s).mean(), -1 / expit(s) / len(s)
        ],
        "take the logarithm to the base 2": lambda s: _non_saturating(s) / np.log(2),
    },
)


def _transposed(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] += value * w
    return y


def _overwritten(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] = value * w
    return y


def _averaged(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    counts = _transposed(np.ones(len(x)), np.ones(len(w)), stride)
    return _transposed(x, w, stride) / np.maximum(counts, 1)


check_transposed_convolution = Checker(
    task="a transposed convolution in one dimension",
    reference=_transposed,
    cases={
        "one number": (np.array([2.0]), np.array([1.0, 3.0]), 1),
        "two numbers, stride 1": (np.array([1.0, 2.0]), np.array([1.0, 10.0]), 1),
        "windows side by side": (np.array([1.0, 2.0, -1.0]), np.array([3.0, 4.0]), 2),
        "windows that overlap": (np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0]), 2),
        "gaps between the windows": (np.array([1.0, 2.0]), np.array([5.0]), 3),
        "random numbers": (_rng.normal(size=5), _rng.normal(size=4), 2),
    },
    mistakes={
        "overwrite where windows overlap instead of adding": _overwritten,
        "average where windows overlap instead of adding": _averaged,
        "turn the window around": lambda x, w, s: _transposed(x, w[::-1], s),
        "convolve with the stride: the result is shorter than x, not longer": lambda x, w, s: (
            np.correlate(x, w, "full")[::s]
        ),
        "forget the stride": lambda x, w, s: _transposed(x, w, 1),
        "repeat each number instead of spreading the window": lambda x, w, s: np.repeat(x, s),
        "cut the result to len(x) times the stride": lambda x, w, s: _transposed(x, w, s)[
            : len(x) * s
        ],
    },
)


def _rounds(
    theta: float,
    psi: float,
    eta: float,
    n: int,
    *,
    at_once: bool = False,
    first: str = "D",
    up: Callable[[float], float] = lambda s: expit(-s),
    sign: tuple[int, int] = (-1, 1),
) -> np.ndarray:
    """Return θ after each round; all real samples are 0, all fakes θ, and D's score is ψ·x."""
    path = []
    for _ in range(n):
        if first == "G":
            theta += sign[1] * eta * up(psi * theta) * psi
        before = psi
        psi += sign[0] * eta * expit(psi * theta) * theta
        if first == "D":
            seen = before if at_once else psi
            theta += sign[1] * eta * up(seen * theta) * seen
        path.append(theta)
    return np.array(path)


check_two_player_loop = Checker(
    task="the fakes of two players who learn in turns",
    reference=_rounds,
    cases={
        "one round, D knows nothing yet": (1.0, 0.0, 0.1, 1),
        "one round, D calls the fake invented": (1.0, -0.5, 0.1, 1),
        "one round, the fake left of the real samples": (-2.0, -1.0, 0.3, 1),
        "ten rounds": (1.0, 0.0, 0.5, 10),
        "a hundred rounds": (-1.5, 0.5, 0.2, 100),
    },
    mistakes={
        "let both step at once: G must meet the D that has just learned": (
            lambda theta, psi, eta, n: _rounds(theta, psi, eta, n, at_once=True)
        ),
        "let G step first": lambda theta, psi, eta, n: _rounds(theta, psi, eta, n, first="G"),
        "take the minimax loss for G": (
            lambda theta, psi, eta, n: _rounds(theta, psi, eta, n, up=expit)
        ),
        "let D descend on the value of the game": (
            lambda theta, psi, eta, n: _rounds(theta, psi, eta, n, sign=(1, 1))
        ),
        "let G climb up its loss": (
            lambda theta, psi, eta, n: _rounds(theta, psi, eta, n, sign=(-1, -1))
        ),
        "leave the factor 1 − σ(ψθ) out of G's step": (
            lambda theta, psi, eta, n: _rounds(theta, psi, eta, n, up=lambda s: 1.0)
        ),
    },
)
