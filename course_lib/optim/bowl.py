"""Least squares as a bowl: the loss on which every walk can be compared with theory.

Symbols
    X      (n, d)  inputs; t (n,) targets; the loss is the mean of ½(t − Xw)²
    H      (d, d)  its Hessian XᵀX/n, with eigenvalues lam (d,), smallest first, and eigenvectors
                   V (d, d), one a column
    best   (d,)    its minimum w*
    excess         (L(w) − L(w*)) / (L(0) − L(w*)): 1 at w = 0, and 0 at the minimum

Shapes (…, d) may hold many walks at once, a walk a row. NumPy only.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from course_lib.checks import check_whole
from course_lib.estimator import check_random_state
from course_lib.optim.descent import Descent, descend
from course_lib.optim.rules import Momentum, Rule
from course_lib.optim.samples import minibatches
from course_lib.optim.schedules import Schedule


class Bowl:
    """The loss ½‖t − Xw‖²/n around its minimum.

    Parameters
    ----------
    X : array of shape (n, d)
        Of full column rank.
    t : array of shape (n,)

    Attributes
    ----------
    H, lam, V, best
        As above.
    sigma2 : float
        Variance of one sample's gradient at the minimum, summed over its components, in units of
        the excess.

    Raises
    ------
    ValueError
        If X and t do not fit, or if t = 0 is fitted best by w = 0, so that there is no excess.

    Examples
    --------
    >>> bowl = Bowl(np.diag([1.0, 3.0]), np.array([1.0, 3.0]))
    >>> bowl.best.round(6).tolist(), bowl.lam.round(6).tolist(), bowl.eta
    ([1.0, 1.0], [0.5, 4.5], 0.4)
    """

    def __init__(self, X: np.ndarray, t: np.ndarray):
        self.X, self.t = np.asarray(X, dtype=float), np.asarray(t, dtype=float)
        if self.X.ndim != 2 or self.t.shape != self.X.shape[:1]:
            shapes = f"{self.X.shape} and {self.t.shape}"
            raise ValueError(f"X and t must have the shapes (n, d) and (n,), got {shapes}.")
        n = len(self.t)
        self.H = self.X.T @ self.X / n
        self.lam, self.V = np.linalg.eigh(self.H)
        self.best = np.linalg.lstsq(self.X, self.t, rcond=None)[0]
        self._size = np.sum(self.lam * (self.best @ self.V) ** 2)
        if not self._size > 0:
            raise ValueError("t must not be best fitted by w = 0: there is no excess then.")
        each = self.X * (self.X @ self.best - self.t)[:, None]  # (n, d), gradients at the minimum
        self.sigma2 = each.var(axis=0).sum() / (self._size / 2)

    @property
    def kappa(self) -> float:
        """Condition number λmax/λmin of the Hessian."""
        return float(self.lam[-1] / self.lam[0])

    @property
    def eta(self) -> float:
        """The best constant step of plain descent, 2/(λmin + λmax)."""
        return float(2 / (self.lam[0] + self.lam[-1]))

    @property
    def momentum(self) -> tuple[Momentum, float]:
        """The best momentum and its step: √β = (√κ − 1)/(√κ + 1), η = (2/(√λmin + √λmax))²."""
        low, high = np.sqrt(self.lam[[0, -1]])
        return Momentum(float((high - low) / (high + low)) ** 2), float(4 / (low + high) ** 2)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """Gradient at w (…, d) from all samples."""
        return (w - self.best) @ self.H

    def excess(self, W: np.ndarray) -> np.ndarray:
        """Excess of W (…, d): shape (…); infinite where it overflows."""
        with np.errstate(over="ignore"):
            return np.nan_to_num(np.sum(self.parts(W), axis=-1), nan=np.inf, posinf=np.inf)

    def parts(self, W: np.ndarray) -> np.ndarray:
        """Parts of the excess of W (…, d) along the eigenvectors, in the order of `lam`."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.lam * ((W - self.best) @ self.V) ** 2 / self._size

    def noisy(self, draws: Iterator[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
        """Return a gradient (d,) → (d,) that looks at the next minibatch of `draws`."""

        def gradient(w: np.ndarray) -> np.ndarray:
            rows = next(draws)
            return self.X[rows].T @ (self.X[rows] @ w - self.t[rows]) / len(rows)

        return gradient

    def walks(
        self,
        m: int,
        eta: float | Schedule,
        steps: int,
        *,
        rule: Rule | None = None,
        every: int = 1,
        copies: int = 1,
        replace: bool = False,
        n_walks: int = 20,
        random_state: int | np.random.RandomState | None = 0,
    ) -> Descent:
        """Descend from w = 0 with minibatches of m, many walks side by side.

        Parameters
        ----------
        m : int
            Samples in a minibatch, at most those there are.
        eta, rule
            As in `descend`.
        steps : int
        every : int, default=1
            Steps between two records.
        copies : int, default=1
            Pretend that every sample is there so many times.
        replace : bool, default=False
            Draw with replacement, see `minibatches`.
        n_walks : int, default=20
        random_state : int, RandomState or None, default=0

        Returns
        -------
        Descent
            Its path has the shape (records, n_walks, d). It is "diverged" if one of them is.
        """
        check_whole("copies", copies)
        check_whole("n_walks", n_walks)
        n, d = self.X.shape
        rng = check_random_state(random_state)
        draws = [
            minibatches(copies * n, m, random_state=rng, replace=replace) for _ in range(n_walks)
        ]

        def gradient(W: np.ndarray) -> np.ndarray:
            rows = np.stack([next(draw) % n for draw in draws])  # (n_walks, m)
            A = self.X[rows]  # (n_walks, m, d)
            r = np.einsum("wmd,wd->wm", A, W) - self.t[rows]
            return np.einsum("wmd,wm->wd", A, r) / rows.shape[1]

        plan = {"eta": eta, "rule": rule, "max_steps": steps, "record_every": every}
        return descend(gradient, np.zeros((n_walks, d)), **plan)

    def after(self, m: int, epochs: int, eta: float) -> float:
        """Mean excess of ten walks with minibatches of m after some epochs; inf if one diverged."""
        steps = epochs * -(-len(self.t) // m)
        walk = self.walks(m, eta, steps, every=steps, n_walks=10)
        return math.inf if walk.stopped == "diverged" else float(self.excess(walk.w).mean())

    def seen_until(self, excess: float, copies: int, m: int, eta: float) -> float:
        """Mean over twenty walks of the samples seen until the excess is below `excess`.

        Infinite if one is not there after 60 steps; `copies` as in `walks`.
        """
        below = self.excess(self.walks(m, eta, 60, copies=copies).path) < excess
        return m * float(np.where(below.any(axis=0), below.argmax(axis=0), math.inf).mean())
