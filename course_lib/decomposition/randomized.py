"""The first few singular vectors of a large matrix, from its products with random vectors.

Symbols
    A   (n, d)   the matrix
    m            number of singular vectors
    l            number of random vectors, a few more than m
    Ω   (d, l)   independent standard normal numbers
    q            power iterations
    Q   (d, l)   orthonormal basis of the range of (AᵀA)^q Ω
    σ            the singular values of A, falling
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
from scipy import sparse

from course_lib.checks import check_number, check_whole
from course_lib.estimator import (
    Array,
    array_namespace,
    as_floats,
    blocks,
    check_random_state,
    device,
    triangular_factor,
)

BLOCK = 2**20
"""Numbers of a block of rows, which stay in the processor's cache."""


def randomized_svd(
    A: Array,
    m: int,
    *,
    oversamples: int = 10,
    power: int = 7,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Array, Array]:
    """Approximate the first m singular values of A (n, d), and its right singular vectors.

    A product with AᵀA stretches a vector along each right singular vector by σ². So the range of
    (AᵀA)^q Ω leans towards the first ones, and the SVD of A within that range finds them.

    Parameters
    ----------
    A : array of shape (n, d), or a SciPy sparse one
    m : int, at most min(n, d)
    oversamples : int, default=10
        Random vectors beside the m, at most as many as there are.
    power : int, default=7
        Number q of products with AᵀA, 1 or more.
    random_state : int, RandomState or None

    Returns
    -------
    s : array of shape (m,)
        Singular values, falling; none is above the true one, but for rounding.
    V : array of shape (m, d)
        Orthonormal rows, of either sign.

    Raises
    ------
    ValueError
        For numbers out of range.

    Notes
    -----
    Cost: (4q + 2)·ndl operations in matrix products; for a sparse A the number of its stored
    numbers takes the place of nd. What is smaller than 10⁻⁸ σ₁ is lost, since
    Q is made orthonormal once for every product with AᵀA. How near the answer is says
    `randomized_error_bound`. Halko, Martinsson and Tropp (2011), *Finding structure with
    randomness*, SIAM Review 53, algorithm 4.4, with A and Aᵀ exchanged.

    Examples
    --------
    >>> A = np.diag([5.0, 4.0, 0.1, 0.1]) @ np.ones((4, 4)) + np.diag([5.0, 4.0, 0.1, 0.1])
    >>> s, V = randomized_svd(A, 1, random_state=0)
    >>> s.round(3) == np.linalg.svd(A)[1][:1].round(3)
    array([ True])
    """
    A, xp, where = _as_matrix(A)
    n, d = A.shape
    check_whole("m", m, 1, min(n, d))
    check_whole("oversamples", oversamples, 0)
    check_whole("power", power, 1)
    drawn = check_random_state(random_state).standard_normal((d, min(m + oversamples, n, d)))
    Q = xp.asarray(drawn, dtype=A.dtype, device=where)  # Ω (d, l)
    size = n if sparse.issparse(A) else max(BLOCK // d, Q.shape[1])
    parts = [A[rows, :] for rows in blocks(n, size)]
    for _ in range(power):  # AᵀAQ, a block of rows at a time: A is read once
        Q = xp.linalg.qr(sum(part.T @ (part @ Q) for part in parts))[0]
    _, s, W = xp.linalg.svd(triangular_factor(A @ Q), full_matrices=False)  # W (l, l)
    return s[:m], (W @ Q.T)[:m, :]


def _as_matrix(A: Array | sparse.sparray) -> tuple[Any, ModuleType, Any]:
    """Return A in floating point, the namespace of what is dense beside it, and its device."""
    if sparse.issparse(A):
        A = A.tocsr()
        A = A if A.dtype in (np.float32, np.float64) else A.astype(float)
        if not np.all(np.isfinite(A.data)):
            raise ValueError("A must hold finite numbers only; it holds NaN or infinity.")
        return A, array_namespace(A.data), device(A.data)
    (A,) = as_floats(A)
    return A, array_namespace(A), device(A)


def randomized_error_bound(
    next_value: float, smallest_side: int, m: int, *, oversamples: int = 10, power: int = 7
) -> float:
    """Bound the expected error ‖A − AVᵀV‖ of the V that `randomized_svd` finds.

    The norm is the largest singular value. The best possible V has the error σ_{m+1}, and

        E‖A − AVᵀV‖ ≤ (1 + [1 + √(m/(p−1)) + e√(m+p)/p · √(min(n,d) − m)]^{1/2q}) σ_{m+1},

    where p is the number of oversamples. The second term is that of the range of Q, the first what
    is lost by taking m of its m + p directions. For the actual error of one draw the bound is far
    too careful: it is mostly below 1.1 σ_{m+1}.

    Parameters
    ----------
    next_value : float
        σ_{m+1}, the largest singular value that is left out.
    smallest_side : int
        min(n, d).
    m, oversamples, power : int
        As in `randomized_svd`; here `oversamples` is 2 or more.

    Raises
    ------
    ValueError
        For numbers out of range.

    Notes
    -----
    Halko, Martinsson and Tropp (2011), theorems 9.3 and 10.6, with the power as in corollary 10.10
    (theirs is 2q + 1, since their iteration starts with AΩ).

    Examples
    --------
    >>> round(randomized_error_bound(1.0, 256, 16), 3)
    2.254
    """
    next_value = check_number("next_value", next_value, least=0)
    check_whole("smallest_side", smallest_side)
    check_whole("m", m, 1, smallest_side)
    p, q = check_whole("oversamples", oversamples, 2), check_whole("power", power)
    spread = math.e * math.sqrt(m + p) / p * math.sqrt(smallest_side - m)
    factor = (1 + math.sqrt(m / (p - 1)) + spread) ** (1 / (2 * q))
    return (1 + factor) * next_value
