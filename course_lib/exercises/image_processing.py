"""Checkers of the chapter on image processing."""

import numpy as np
from scipy.signal import convolve2d, correlate2d

from course_lib.exercises.checking import Checker

_rng = np.random.default_rng(20)
_IMAGE = _rng.integers(0, 10, size=(5, 6)).astype(float)
_POINT = np.zeros((5, 5))
_POINT[2, 2] = 1.0
_KERNEL = np.arange(1.0, 10.0).reshape(3, 3)

check_convolve = Checker(
    task="the convolution of a picture with a kernel, where the whole kernel lies inside",
    reference=lambda image, kernel: convolve2d(image, kernel, mode="valid"),
    cases={
        "a kernel of one number": (_IMAGE, np.array([[2.0]])),
        "one bright point": (_POINT, _KERNEL),
        "a row as the kernel": (_IMAGE[:3], np.array([[1.0, 0.0, -1.0]])),
        "a column as the kernel": (_IMAGE, _KERNEL[:, :1]),
        "a picture of 5 × 6": (_IMAGE, _KERNEL),
        "a kernel of 2 × 2 fractions": (_IMAGE, np.array([[0.5, -1.25], [0.75, 0.1]])),
    },
    mistakes={
        "forget to flip the kernel": lambda x, k: correlate2d(x, k, mode="valid"),
        "flip the rows and not the columns": lambda x, k: correlate2d(x, k[::-1], mode="valid"),
        "flip the columns and not the rows": lambda x, k: correlate2d(x, k[:, ::-1], mode="valid"),
        "transpose the kernel instead of turning it around": lambda x, k: correlate2d(
            x, k.T, mode="valid"
        ),
        "keep the picture's size with zeros around it": lambda x, k: convolve2d(x, k, mode="same"),
        "let the result grow by the kernel's size": lambda x, k: convolve2d(x, k, mode="full"),
        "divide by the sum of the kernel's weights": lambda x, k: (
            convolve2d(x, k, mode="valid") / (k.sum() or 1)
        ),
    },
)


def _weights(window: np.ndarray, sigma: float) -> np.ndarray:
    x = np.arange(len(window)) - len(window) // 2
    return np.exp(-(x[:, None] ** 2 + x**2) / (2 * sigma**2))


def _off(window: np.ndarray) -> np.ndarray:
    return window - window[len(window) // 2, len(window) // 2]


def _average(weights: np.ndarray, window: np.ndarray) -> float:
    return float(np.sum(weights * window) / np.sum(weights))


_STEP = np.array([[0.1, 0.2, 0.9], [0.1, 0.2, 0.9], [0.2, 0.1, 0.8]])
_WINDOW = _rng.random((5, 5))

check_bilateral = Checker(
    task="the bilateral filter's value for the middle pixel of a window",
    reference=lambda window, sigma, r: _average(
        _weights(window, sigma) * np.exp(-(_off(window) ** 2) / (2 * r**2)), window
    ),
    cases={
        "one pixel": (np.array([[0.3]]), 1.0, 0.1),
        "an edge": (_STEP, 1.0, 0.2),
        "a window of 5 × 5": (_WINDOW, 1.5, 0.3),
    },
    mistakes={
        "forget to divide by the sum of the weights": lambda x, s, r: float(
            np.sum(_weights(x, s) * np.exp(-(_off(x) ** 2) / (2 * r**2)) * x)
        ),
        "leave out the weights of the values": lambda x, s, r: _average(_weights(x, s), x),
        "leave out the weights of the distances": lambda x, s, r: _average(
            np.exp(-(_off(x) ** 2) / (2 * r**2)), x
        ),
        "add both weights instead of multiplying them": lambda x, s, r: _average(
            _weights(x, s) + np.exp(-(_off(x) ** 2) / (2 * r**2)), x
        ),
        "compare with the window's mean instead of its middle": lambda x, s, r: _average(
            _weights(x, s) * np.exp(-((x - x.mean()) ** 2) / (2 * r**2)), x
        ),
        "leave out the factor 2 under the squares of the differences": lambda x, s, r: _average(
            _weights(x, s) * np.exp(-(_off(x) ** 2) / r**2), x
        ),
        "take the difference without its square": lambda x, s, r: _average(
            _weights(x, s) * np.exp(-np.abs(_off(x)) / (2 * r**2)), x
        ),
    },
)
