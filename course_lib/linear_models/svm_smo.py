"""Two multipliers at a time: the steps of sequential minimal optimisation.

Symbols as in `svm_dual`: K (n, n) kernel matrix, y (n,) labels −1 or +1, beta (n,) = α_i y_i, and
g (n,) the gradient y − Kβ of the dual; cap is the greatest α.
"""

import numpy as np


def smo(
    K: np.ndarray,
    y: np.ndarray,
    cap: float,
    *,
    tol: float,
    max_iter: int,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Solve the dual by changing two multipliers a step: sequential minimal optimisation.

    With β_i = α_i y_i the dual is to maximise Σ y_iβ_i − ½βᵀKβ subject to Σβ_i = 0, where β_i lies
    between 0 and y_i·cap. Its gradient is g = y − Kβ. A step adds t to some β_i and takes t from
    some β_j. The dual then grows by t(g_i − g_j) − ½t²(K_ii + K_jj − 2K_ij), a parabola; the step
    ends at its top, or at the first bound on the way.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix.
    y : ndarray of shape (n,)
        Labels, −1 and +1, both of them.
    cap : float
        C/n.
    tol : float
        Stop when no pair has g_i − g_j > tol.
    max_iter : int
    start : (β, g), optional
        Feasible β and the gradient there, which are not changed; β = 0 and g = y without it.

    Returns
    -------
    beta : ndarray of shape (n,)
    g : ndarray of shape (n,)
        Gradient there; b lies between the least g_j and the greatest g_i of the last pair.
    n_iter : int
        Steps taken.
    """
    lower, upper = bounds(y, cap)
    beta, g = (np.zeros_like(y), y.copy()) if start is None else (start[0].copy(), start[1].copy())
    diagonal = np.diag(K).copy()
    for step in range(max_iter):
        i = np.argmax(np.where(beta < upper, g, -np.inf))  # may grow, and gains most by it
        gain = np.where(beta > lower, g[i] - g, -np.inf)  # of each partner that may shrink
        if gain.max() <= tol:
            return beta, g, step
        curvature = np.maximum(K[i, i] + diagonal - 2 * K[i], 1e-12)
        j = np.argmax(np.where(gain > 0, gain, 0) ** 2 / curvature)
        t = min(gain[j] / curvature[j], upper[i] - beta[i], beta[j] - lower[j])
        # At a bound β is set to it exactly: rounding must not leave a multiplier of 1e-17.
        beta[i] = upper[i] if t == upper[i] - beta[i] else beta[i] + t
        beta[j] = lower[j] if t == beta[j] - lower[j] else beta[j] - t
        g -= t * (K[i] - K[j])
    return beta, g, max_iter


def bounds(y: np.ndarray, cap: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of β = αy, (n,) each."""
    return np.minimum(0, y * cap), np.maximum(0, y * cap)


def intercept(g: np.ndarray, beta: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Return b: at the optimum it is g of every free multiplier, and without one in an interval."""
    free = (beta > lower) & (beta < upper)
    if np.any(free):
        return float(np.mean(g[free]))
    return float((np.max(g[beta < upper]) + np.min(g[beta > lower])) / 2)
