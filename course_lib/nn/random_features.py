"""Random ReLU features and the least squares of the smallest weights: a model of any width.

Symbols
    X        (n, d)  inputs
    p        number of features
    F        (n, p)  features max(0, XV)/√p; the directions V (d, p) are drawn, not learned
    T        (n, K)  targets, one column a class: 1 for the own class, 0 for the others
    W        (p, K)  weights, fitted so that FW ≈ T
    lam      price λ ≥ 0 of the weights

It is a network with one hidden layer of which only the last layer learns, so the fit at every width
has a closed form. With p > n features many W give FW = T; minimum-norm means the one of least ‖W‖.

Sources: Rahimi and Recht (2008); Belkin, Hsu, Ma and Mandal (2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.estimator import check_random_state


def relu_features(
    X: np.ndarray, p: int, *, random_state: int | np.random.RandomState | None = None
) -> np.ndarray:
    """Return max(0, XV)/√p, (n, p); V has normal entries of variance 1/d.

    The directions are nested: from one seed, the first of more features are the same directions.

    >>> X = np.array([[1.0, -1.0]])
    >>> few, more = (np.sqrt(p) * relu_features(X, p, random_state=0) for p in (3, 5))
    >>> np.allclose(few, more[:, :3])
    True
    """
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have the shape (n, d), not empty, got {X.shape}.")
    p, d = check_whole("p", p), X.shape[1]
    V = check_random_state(random_state).standard_normal((p, d)).T / np.sqrt(d)
    return np.maximum(X @ V, 0) / np.sqrt(p)


def minimum_norm(
    F: np.ndarray, T: np.ndarray, *, lam: float = 0.0, rcond: float = 1e-12
) -> np.ndarray:
    """Return the W that makes ‖FW − T‖² + λ‖W‖² smallest, and of several the shortest, (p, K).

    With the singular values s of F = U diag(s) Zᵀ it is Z diag(s/(s² + λ)) UᵀT; values below
    `rcond` times the largest count as 0. It costs about np·min(n, p) operations, some ten times.

    >>> minimum_norm(np.array([[1.0, 1.0]]), np.array([[2.0]])).round(12).tolist()
    [[1.0], [1.0]]
    """
    F, T = np.asarray(F, dtype=float), np.asarray(T, dtype=float)
    if F.ndim != 2 or T.ndim != 2 or len(F) != len(T) or 0 in F.shape:
        raise ValueError(f"F must be (n, p) and T (n, K), got {F.shape} and {T.shape}.")
    lam = check_number("lam", lam, least=0)
    rcond = check_number("rcond", rcond, least=0, most=1)
    U, s, Zt = np.linalg.svd(F, full_matrices=False)
    big = s > rcond * s[0]
    factor = np.where(big, s, 0) / np.where(big, s * s + lam, 1)
    return Zt.T @ (factor[:, None] * (U.T @ T))


def width_errors(
    X: np.ndarray,
    y: np.ndarray,
    X_test: np.ndarray,
    y_test: np.ndarray,
    widths: Sequence[int],
    *,
    lam: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> dict[str, np.ndarray]:
    """Fit classes 0 … K − 1 by random features of each width; return what came out.

    Parameters
    ----------
    X, X_test : array of shapes (n, d) and (m, d)
    y, y_test : array of int, of shapes (n,) and (m,)
    widths : sequence of int
        Numbers of features, nested in the largest.
    lam : float, default=0
    random_state : int, RandomState or None

    Returns
    -------
    dict of arrays of shape (n_widths,)
        "train" and "test", shares of wrong classes; "loss", mean squared error of the test targets;
        "norm", ‖W‖.

    Examples
    --------
    >>> X, y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    >>> width_errors(X, y, X, y, [200], random_state=0)["test"].tolist()
    [0.0]
    """
    y, y_test = np.asarray(y), np.asarray(y_test)
    K, widest = max(y.max(), y_test.max()) + 1, max(widths)
    rows = np.concatenate([X, X_test])
    every = np.sqrt(widest) * relu_features(rows, widest, random_state=random_state)
    T, T_test = np.eye(K)[y], np.eye(K)[y_test]
    found: dict[str, list[float]] = {"train": [], "test": [], "loss": [], "norm": []}
    for p in widths:
        F, F_test = np.split(every[:, : check_whole("each of widths", p)] / np.sqrt(p), [len(y)])
        W = minimum_norm(F, T, lam=lam)
        S, S_test = F @ W, F_test @ W
        found["train"].append(np.mean(S.argmax(axis=1) != y))
        found["test"].append(np.mean(S_test.argmax(axis=1) != y_test))
        found["loss"].append(np.mean((S_test - T_test) ** 2))
        found["norm"].append(np.linalg.norm(W))
    return {name: np.array(values) for name, values in found.items()}
