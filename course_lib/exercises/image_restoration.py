"""Checkers of the chapter on image restoration."""

import numpy as np

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(21)
_SIGNAL = np.array([0.0, 0.2, 0.6, 0.2])
_EVEN = np.array([0.6, 0.2, 0.0, 0.2])
_TO_ONE_SIDE = np.array([0.7, 0.3, 0.0, 0.0])
_LONG = _rng.random(9)
_SMEARED = np.array([0.5, 0.25, 0.125, 0.0625, 0.0, 0.0, 0.0, 0.0, 0.0625])


def _restored(g: np.ndarray, h: np.ndarray, gain) -> np.ndarray:
    """Multiply each wave of g by a function of the blur's factors."""
    return np.fft.ifft(gain(np.fft.fft(h)) * np.fft.fft(g)).real


check_wiener = Checker(
    task="the Wiener deconvolution of a signal on a ring",
    reference=lambda g, h, K: _restored(g, h, lambda H: np.conj(H) / (np.abs(H) ** 2 + K)),
    cases={
        "no blur, as much noise as signal": (_SIGNAL, np.array([1.0, 0.0, 0.0, 0.0]), 1.0),
        "the blur of four pixels, K = 0": (_SIGNAL, _EVEN, 0.0),
        "the blur of four pixels, K = 0.04": (_SIGNAL, _EVEN, 0.04),
        "a blur to one side": (_SIGNAL, _TO_ONE_SIDE, 0.04),
        "nine pixels": (_LONG, _SMEARED, 0.01),
    },
    mistakes={
        "leave K out": lambda g, h, K: _restored(g, h, lambda H: 1 / H),
        "add K to H and not to |H|²": lambda g, h, K: _restored(g, h, lambda H: 1 / (H + K)),
        "blur once more and not divide": lambda g, h, K: _restored(g, h, np.conj),
        "forget the conjugate": lambda g, h, K: _restored(g, h, lambda H: H / (np.abs(H) ** 2 + K)),
        "forget the square of |H|": lambda g, h, K: _restored(
            g, h, lambda H: np.conj(H) / (np.abs(H) + K)
        ),
        "take the square of H itself for |H|²": lambda g, h, K: _restored(
            g, h, lambda H: np.conj(H) / (H**2 + K)
        ),
        "add the square of K": lambda g, h, K: _restored(
            g, h, lambda H: np.conj(H) / (np.abs(H) ** 2 + K**2)
        ),
    },
)


def _least_sums(cost: np.ndarray, left: bool = True, right: bool = True) -> np.ndarray:
    totals = cost.astype(float).copy()
    for i in range(1, len(totals)):
        above = np.pad(totals[i - 1], 1, constant_values=np.inf)
        ways = [above[1:-1]] + [above[:-2]] * left + [above[2:]] * right
        totals[i] += np.min(ways, axis=0)
    return totals


def _traced(totals: np.ndarray, left: int = 1, right: int = 1) -> np.ndarray:
    """Walk from the least sum of the last row up, each time to the least of those above."""
    seam = [int(np.argmin(totals[-1]))]
    for row in totals[-2::-1]:
        low, high = max(seam[-1] - right, 0), seam[-1] + left + 1
        seam.append(low + int(np.argmin(row[low:high])))
    return np.array(seam[::-1])


def _greedy(cost: np.ndarray) -> np.ndarray:
    seam = [int(np.argmin(cost[0]))]
    for row in cost[1:]:
        low = max(seam[-1] - 1, 0)
        seam.append(low + int(np.argmin(row[low : seam[-1] + 2])))
    return np.array(seam)


check_seam = Checker(
    task="the columns of the cheapest seam from the first row to the last",
    reference=lambda cost: _traced(_least_sums(cost)),
    cases={
        "one row": (np.array([[3.0, 1.0, 2.0]]),),
        "a straight valley": (np.array([[5.0, 1.0, 5.0]] * 3),),
        "a valley to the right": (10.0 - 9.0 * np.eye(4),),
        "a valley to the left": (10.0 - 9.0 * np.eye(4)[:, ::-1],),
        "a cheap cell too far away": (
            np.array([[1.0, 5.0, 9.0, 9.0], [2.0, 5.0, 9.0, 0.0], [1.0, 5.0, 9.0, 9.0]]),
        ),
        "a cheap beginning that leads to a wall": (
            np.array([[1.0, 4.0, 2.0], [9.0, 9.0, 3.0], [9.0, 9.0, 1.0], [8.0, 9.0, 2.0]]),
        ),
        "eight rows of six": (np.random.default_rng(21).integers(1, 100, (8, 6)).astype(float),),
    },
    mistakes={
        "take the least cost of each row, however far away": lambda cost: cost.argmin(axis=1),
        "go down from the cheapest first cell and never look ahead": _greedy,
        "return the seam from the last row to the first": lambda cost: _traced(_least_sums(cost))[
            ::-1
        ],
        "look for the most expensive seam": lambda cost: _traced(_least_sums(-cost)),
        "trace back by the costs and not by the sums": lambda cost: _traced(
            np.vstack([cost[:-1], _least_sums(cost)[-1:]])
        ),
        "forget the step to the left": lambda cost: _traced(_least_sums(cost, right=False), left=0),
        "forget the step to the right": lambda cost: _traced(
            _least_sums(cost, left=False), right=0
        ),
        "let the column go straight down": lambda cost: np.full(
            len(cost), int(np.argmin(cost.sum(axis=0)))
        ),
    },
)
