"""Data made by a known process, so that a chapter can compare an answer with the truth."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from course_lib.checks import check_number, check_whole


def near_copies(
    gap: float,
    weights: ArrayLike,
    *,
    n: int = 100,
    dtype: DTypeLike = np.float64,
    random_state: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Make two features that differ by little, and labels without noise.

    The first feature is standard normal, the second is the first plus `gap` times another standard
    normal; so the condition number grows like 1/gap.

    Parameters
    ----------
    gap : float
        Standard deviation of the difference, at least 0.
    weights : array of shape (2,)
        The truth: y = X @ weights, computed in `dtype`.
    n : int, default=100
        Number of samples.
    dtype : float64 or float32
    random_state : int

    Returns
    -------
    X : ndarray of shape (n, 2)
    y : ndarray of shape (n,)

    Raises
    ------
    ValueError
        For a negative gap, or weights that are not two numbers.

    Examples
    --------
    >>> X, y = near_copies(0.1, [3, -1])
    >>> X.shape, y.shape
    ((100, 2), (100,))
    """
    weights = np.asarray(weights, dtype=dtype)
    check_number("gap", gap, least=0)
    if weights.shape != (2,):
        raise ValueError(f"weights must have the shape (2,), got {weights.shape}.")
    first, noise = np.random.default_rng(random_state).normal(size=(2, n))
    X = np.column_stack([first, first + gap * noise]).astype(dtype)  # (n, 2)
    return X, X @ weights


def wave(x: ArrayLike) -> np.ndarray:
    """Return sin 4x + x/2, the truth behind `noisy_wave`: an odd function."""
    x = np.asarray(x, dtype=float)
    return np.sin(4 * x) + x / 2


def noisy_wave(
    n: int, random_state: int | np.random.Generator = 0, *, noise: float = 0.4
) -> tuple[np.ndarray, np.ndarray]:
    """Measure `wave` at n places between -1 and 1, with normal errors.

    One place lies at random in each n-th of the interval, so that no sample has a wide gap.

    Parameters
    ----------
    n : int
    random_state : int or Generator
    noise : float, default=0.4
        The standard deviation σ of the errors, at least 0.

    Returns
    -------
    x : ndarray of shape (n,)
        In random order.
    y : ndarray of shape (n,)

    Raises
    ------
    ValueError
        For fewer than one place, or a negative noise.

    Examples
    --------
    >>> x, y = noisy_wave(5, noise=0)
    >>> x.shape, bool(np.all(y == wave(x)))
    ((5,), True)
    """
    check_whole("n", n)
    check_number("noise", noise, least=0)
    rng = np.random.default_rng(random_state)
    x = rng.permutation(np.linspace(-1, 1, n, endpoint=False) + 2 / n * rng.random(n))
    return x, wave(x) + noise * rng.normal(size=n)


def two_spirals(
    n: int,
    random_state: int | np.random.Generator = 0,
    *,
    turns: float = 1.0,
    noise: float = 0.1,
    wrong: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Put n points on two arms that wind round each other, half a turn apart.

    Along each arm the radius grows from 0.3 to 3, evenly with the angle, and the points lie evenly
    along the radius. Each coordinate gets a normal error.

    Parameters
    ----------
    n : int
        The first class gets the odd one.
    random_state : int or Generator
    turns : float, default=1
        How often an arm goes round, above 0.
    noise : float, default=0.1
        The standard deviation of the errors, at least 0.
    wrong : float in [0, 1], default=0
        Each label is turned over with this probability.

    Returns
    -------
    X : ndarray of shape (n, 2)
    y : ndarray of shape (n,)
        0 or 1.

    Examples
    --------
    >>> X, y = two_spirals(7, noise=0)
    >>> X.shape, y.tolist()
    ((7, 2), [0, 1, 0, 1, 0, 1, 0])
    >>> bool(np.all(np.hypot(*X.T) <= 3))
    True
    """
    check_whole("n", n, 2)
    check_number("turns", turns, above=0)
    check_number("noise", noise, least=0)
    check_number("wrong", wrong, least=0, most=1)
    rng = np.random.default_rng(random_state)
    y, t = np.arange(n) % 2, rng.random(n)
    radius, angle = 0.3 + 2.7 * t, 2 * np.pi * turns * t + np.pi * y
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    X = X + noise * rng.normal(size=(n, 2))
    return X, np.where(rng.random(n) < wrong, 1 - y, y)
