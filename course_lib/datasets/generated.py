"""Data made by a known process, so that a chapter can compare an answer with the truth."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from course_lib.checks import check_number


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
