"""Checkers of the chapter on word vectors."""

from collections.abc import Callable

import numpy as np

from course_lib.exercises.checking import Checker


def _ppmi(
    C: np.ndarray,
    *,
    log: Callable[[np.ndarray], np.ndarray] = np.log,
    axes: tuple[int, int] = (1, 0),
    lowest: float = 0.0,
) -> np.ndarray:
    """Return max(0, log(N_co N / (N_c N_o))) of a table of counts, 0 for a pair never seen."""
    C = np.asarray(C, dtype=float)
    expected = C.sum(axis=axes[0], keepdims=True) * C.sum(axis=axes[1], keepdims=True) / C.sum()
    lift = np.divide(C, expected, out=np.ones_like(C), where=C > 0)
    return np.maximum(log(lift), lowest)


def _of_joint_probabilities(C: np.ndarray) -> np.ndarray:
    """Forget the division by what independence would give."""
    return np.maximum(np.log(C / C.sum(), out=np.zeros(C.shape), where=C > 0), 0)


check_ppmi = Checker(
    task="the positive pointwise mutual information of a table of counts",
    reference=_ppmi,
    cases={
        "two words": (np.array([[6, 2], [2, 6]]),),
        "a pair that was never seen": (np.array([[4, 0], [0, 2]]),),
        "more neighbours than words": (np.array([[6, 2, 15], [1, 7, 16]]),),
    },
    mistakes={
        "take the logarithm to the base 2": lambda C: _ppmi(C, log=np.log2),
        "keep what lies below 0": lambda C: _ppmi(C, lowest=-np.inf),
        "leave out the division by what independence would give": _of_joint_probabilities,
        "forget the logarithm": lambda C: _ppmi(C, log=lambda lift: np.where(C > 0, lift, 0)),
    },
)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def _on_the_path(h: np.ndarray, U: np.ndarray, bits: np.ndarray) -> float:
    """Return the product over a path's nodes of σ(u·h) at a 0 and 1 − σ(u·h) at a 1."""
    left = _sigmoid(U @ h)
    return float(np.prod(np.where(np.asarray(bits) == 0, left, 1 - left)))


_h = np.array([1.0, -2.0])
_U = np.array([[0.5, 0.25], [2.0, 0.5], [-1.0, 1.0]])

check_path_probability = Checker(
    task="the probability of a word along its path through the tree",
    reference=_on_the_path,
    cases={
        "one node, left": (_h, _U[1:2], np.array([0])),
        "one node, right": (_h, _U[1:2], np.array([1])),
        "three nodes": (_h, _U, np.array([1, 0, 1])),
        "a word at the root": (_h, np.zeros((0, 2)), np.zeros(0, dtype=int)),
    },
    mistakes={
        "go left at a 1": lambda h, U, bits: _on_the_path(h, U, 1 - bits),
        "take σ(u·h) at every node, wherever the path goes": lambda h, U, bits: float(
            np.prod(_sigmoid(U @ h))
        ),
        "add where the decisions are to be multiplied": lambda h, U, bits: float(
            np.sum(_sigmoid(np.where(bits == 0, 1, -1) * (U @ h)))
        ),
        "return the logarithm": lambda h, U, bits: float(
            np.sum(np.log(_sigmoid(np.where(bits == 0, 1, -1) * (U @ h))))
        ),
    },
)


def _answer(
    E: np.ndarray,
    a: int,
    b: int,
    c: int,
    *,
    without: bool = True,
    unit: bool = True,
    signs: tuple[int, int, int] = (-1, 1, 1),
) -> int:
    """Return the word d of a : b = c : d by the largest cosine with b − a + c."""
    E = np.asarray(E, dtype=float)
    if unit:
        E = E / np.linalg.norm(E, axis=1, keepdims=True)
    scores = E @ (signs[0] * E[a] + signs[1] * E[b] + signs[2] * E[c])
    if without:
        scores[[a, b, c]] = -np.inf
    return int(np.argmax(scores))


_far = np.array([[0.0, -1.0], [0.0, 3.0], [3.0, -2.0], [1.0, -2.0], [1.0, 2.0]])
_near = np.array([[2.0, -3.0], [-2.0, -2.0], [-2.0, 2.0], [3.0, 1.0], [-3.0, -3.0]])
_lengths = np.array([[3.0, -2.0], [3.0, 1.0], [-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0]])

check_analogy = Checker(
    task="the answer to a : b = c : ?",
    reference=_answer,
    cases={
        "a word far from c": (_far, 0, 1, 2),
        "a given word lies nearest": (_near, 0, 1, 2),
        "vectors of different lengths": (_lengths, 0, 1, 2),
    },
    mistakes={
        "let the three given words be answers": lambda E, a, b, c: _answer(
            E, a, b, c, without=False
        ),
        "take dot products of vectors of any length": lambda E, a, b, c: _answer(
            E, a, b, c, unit=False
        ),
        "go from b to a": lambda E, a, b, c: _answer(E, a, b, c, signs=(1, -1, 1)),
        "take the nearest to c alone": lambda E, a, b, c: _answer(E, a, b, c, signs=(0, 0, 1)),
    },
)
