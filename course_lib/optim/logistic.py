"""The logistic loss with a penalty: a smooth convex loss that is no bowl."""

import numpy as np


def logistic(
    w: np.ndarray, X: np.ndarray, y: np.ndarray, penalty: float = 1e-3
) -> tuple[float, np.ndarray]:
    """Return the mean of log(1 + exp(−y wᵀx)) plus penalty/2·‖w‖², and its gradient.

    Parameters
    ----------
    w : array of shape (d,)
    X : array of shape (n, d)
    y : array of shape (n,)
        +1 or −1.
    penalty : float, default=1e-3

    Returns
    -------
    loss : float
        Finite for every finite margin y wᵀx.
    gradient : array of shape (d,)

    Examples
    --------
    >>> loss, gradient = logistic(np.zeros(1), np.array([[2.0], [4.0]]), np.array([1.0, -1.0]))
    >>> round(loss, 4), gradient.tolist()
    (0.6931, [0.5])
    """
    margin = y * (X @ w)
    loss = np.logaddexp(0, -margin).mean() + penalty / 2 * w @ w
    share = y / (1 + np.exp(np.minimum(margin, 700)))  # exp(710) would overflow
    return float(loss), penalty * w - X.T @ share / len(y)
