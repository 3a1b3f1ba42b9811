"""Sequences made by a known rule: what networks with a memory are tested on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_whole

MARKS = 2
"""The numbers to add in each sequence of the adding problem."""


def adding_problem(n: int, length: int, *, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make sequences of random numbers of which two are marked; the label is the sum of the two.

    At each step the input is a number, uniform on [0, 1], and a mark, 0 or 1. One mark lies in the
    first half of the sequence and one in the second. Always answering 1 has the mean squared error
    1/6, the variance of the sum of two such numbers: a network that does better remembers.

    Source: a simpler form of Hochreiter and Schmidhuber, Long short-term memory (1997), section
    5.4: numbers on [0, 1], a fixed length, and one mark in each half are this course's.

    Parameters
    ----------
    n : int
        Number of sequences.
    length : int
        T, at least 2.
    random_state : int

    Returns
    -------
    X : float32 array of shape (n, T, 2)
        Numbers and marks.
    y : float32 array of shape (n,)

    Examples
    --------
    >>> X, y = adding_problem(3, 10)
    >>> X.shape, bool(np.allclose((X[..., 0] * X[..., 1]).sum(axis=1), y))
    ((3, 10, 2), True)
    """
    n, length = _check(n=(n, 1), length=(length, MARKS))
    rng = np.random.default_rng(random_state)
    numbers, marks = rng.random((n, length)), np.zeros((n, length))
    half = length // 2
    marks[np.arange(n), rng.integers(0, half, n)] = 1
    marks[np.arange(n), rng.integers(half, length, n)] = 1
    X = np.stack([numbers, marks], axis=2).astype(np.float32)
    return X, (X[..., 0] * X[..., 1]).sum(axis=1)


def copy_task(
    n: int, length: int, delay: int, *, n_symbols: int = 8, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Make strings that a network has to repeat after a delay.

    The input is a string of symbols, then blanks, then a signal and more blanks; the label is
    blank until the signal, and from there on the string. Answering without a memory costs
    `length` · log(`n_symbols`) / T nats a step.

    Source: Hochreiter and Schmidhuber (1997); in this form Arjovsky, Shah and Bengio, Unitary
    evolution recurrent neural networks (2016).

    Parameters
    ----------
    n : int
        Number of sequences.
    length : int
        Symbols to repeat.
    delay : int
        Steps between the end of the string and the first symbol of the answer, at least 1; the
        last of them brings the signal. T = 2 · length + delay − 1.
    n_symbols : int, default=8
    random_state : int

    Returns
    -------
    X, y : int64 arrays of shape (n, T)
        0 is the blank, 1 … `n_symbols` are the symbols, `n_symbols` + 1 is the signal.

    Examples
    --------
    >>> X, y = copy_task(1, 2, 3, random_state=1)
    >>> X[0].tolist(), y[0].tolist()
    ([4, 5, 0, 0, 9, 0], [0, 0, 0, 0, 4, 5])
    """
    n, length, delay, n_symbols = _check(
        n=(n, 1), length=(length, 1), delay=(delay, 1), n_symbols=(n_symbols, 1)
    )
    rng = np.random.default_rng(random_state)
    X, y = np.zeros((2, n, 2 * length + delay - 1), dtype=np.int64)
    X[:, :length] = y[:, -length:] = rng.integers(1, n_symbols + 1, (n, length))
    X[:, length + delay - 1] = n_symbols + 1
    return X, y


def marked_pictures(
    pictures: ArrayLike, labels: ArrayLike, n: int, *, length: int = 8, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put pictures on strips, one of them marked; what is asked is the label of the marked one.

    A strip passes one row of pixels a step. Beside the row there is a mark: 1 at all rows of one
    picture, 0 at those of the others. Pictures are drawn with replacement, and the place of the
    mark uniformly.

    Parameters
    ----------
    pictures : array of shape (N, rows, columns)
    labels : array of shape (N,)
    n : int
        Number of strips.
    length : int, default=8
        Pictures on a strip; T = `length` · rows.
    random_state : int

    Returns
    -------
    X : float32 array of shape (n, T, columns + 1)
        Rows of pixels, with the mark last.
    y : array of shape (n,)
        Labels of the marked pictures.
    places : int array of shape (n,)
        Where they stand, from 0 to `length` − 1.

    Examples
    --------
    >>> pictures = np.arange(8).reshape(2, 2, 2)
    >>> X, y, places = marked_pictures(pictures, [10, 11], 1, length=3)
    >>> X.shape, X[0, :, 2].tolist(), places.tolist()
    ((1, 6, 3), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [0])
    """
    n, length = _check(n=(n, 1), length=(length, 1))
    pictures, labels = np.asarray(pictures), np.asarray(labels)
    if pictures.ndim != 3 or labels.shape != pictures.shape[:1] or not len(labels):
        raise ValueError(
            "pictures must have the shape (N, rows, columns) and labels (N,), with N at least 1; "
            f"got {pictures.shape} and {labels.shape}."
        )
    rng = np.random.default_rng(random_state)
    drawn = rng.integers(len(pictures), size=(n, length))
    places = rng.integers(length, size=n)
    _, rows, columns = pictures.shape
    X = np.zeros((n, length, rows, columns + 1), dtype=np.float32)
    X[..., :-1] = pictures[drawn]
    X[np.arange(n), places, :, -1] = 1
    y = labels[drawn[np.arange(n), places]]
    return X.reshape(n, length * rows, columns + 1), y, places


def reversed_strings(
    n: int, length: int, *, n_symbols: int = 10, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Make random strings and the same strings backwards.

    Parameters
    ----------
    n, length : int
        Number and length of the strings.
    n_symbols : int, default=10
    random_state : int

    Returns
    -------
    X, y : int64 arrays of shape (n, length), with symbols 0 … `n_symbols` − 1

    Examples
    --------
    >>> X, y = reversed_strings(2, 5)
    >>> bool((X == y[:, ::-1]).all())
    True
    """
    n, length, n_symbols = _check(n=(n, 1), length=(length, 1), n_symbols=(n_symbols, 1))
    X = np.random.default_rng(random_state).integers(0, n_symbols, (n, length))
    return X, X[:, ::-1].copy()


def _check(**numbers: tuple[int, int]) -> list[int]:
    """Return the numbers as Python's, each at least its second."""
    return [check_whole(name, value, least) for name, (value, least) in numbers.items()]
