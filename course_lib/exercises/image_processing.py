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


def _error(reference: np.ndarray, image: np.ndarray) -> float:
    return float(np.mean((reference - image) ** 2))


_A, _B = _rng.random((4, 6)), _rng.random((4, 6))

check_psnr = Checker(
    task="the peak signal-to-noise ratio of two pictures between 0 and 1, in decibels",
    reference=lambda reference, image: 10 * np.log10(1 / _error(reference, image)),
    cases={
        "an offset of 0.1": (np.zeros((2, 2)), np.full((2, 2), 0.1)),
        "one pixel": (np.array([[0.25]]), np.array([[0.75]])),
        "two pictures of noise": (_A, _B),
    },
    mistakes={
        "turn the ratio around": lambda a, b: 10 * np.log10(_error(a, b)),
        "take 20 times the logarithm of a ratio that is squared already": lambda a, b: (
            20 * np.log10(1 / _error(a, b))
        ),
        "take the root of the error and keep the factor 10": lambda a, b: (
            5 * np.log10(1 / _error(a, b))
        ),
        "use the natural logarithm": lambda a, b: 10 * np.log(1 / _error(a, b)),
        "sum the squared errors instead of averaging them": lambda a, b: (
            10 * np.log10(1 / np.sum((a - b) ** 2))
        ),
        "average absolute errors instead of squares": lambda a, b: (
            20 * np.log10(1 / np.mean(np.abs(a - b)))
        ),
        "take 255 for white": lambda a, b: 10 * np.log10(255**2 / _error(a, b)),
    },
)
