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
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from course_lib.checks import check_whole
from course_lib.estimator import check_random_state
from course_lib.optim.descent import Descent, descend
from course_lib.optim.rules import Momentum, Rule
from course_lib.optim.samples import minibatches
from course_lib.optim.schedules import Constant, Schedule

FAR = 1e99  # a walk among others that is out there has run away; its excess is still finite


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
        eta: float | Schedule | Sequence[float | Schedule],
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
        eta : float, callable k → float, or a sequence of k of these
            As in `descend`. Those of a sequence all see the same minibatches; a walk among them
            that runs away is left standing, far out, and the others go on.
        rule
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
            Its path has the shape (records, n_walks, d), or (records, k, n_walks, d) for k steps.
            One step alone is "diverged" if one of its walks is.
        """
        check_whole("copies", copies)
        check_whole("n_walks", n_walks)
        n, d = self.X.shape
        draws = _side_by_side(
            copies * n, m, n_walks, replace=replace, random_state=check_random_state(random_state)
        )

        def gradient(W: np.ndarray) -> np.ndarray:  # (…, n_walks, d)
            rows = next(draws) % n  # (n_walks, m)
            A, t = self.X[rows], self.t[rows][..., None]  # (n_walks, m, d) and (n_walks, m, 1)
            U = np.moveaxis(np.atleast_3d(W.T), 0, 1)  # (n_walks, d, k)
            G = A.transpose(0, 2, 1) @ (A @ U - t) / rows.shape[1]
            return np.moveaxis(G, 2, 0).reshape(W.shape)

        plan = {"rule": rule, "max_steps": steps, "record_every": every}
        if not isinstance(eta, Sequence | np.ndarray):
            return descend(gradient, np.zeros((n_walks, d)), eta=eta, **plan)
        each = [one if callable(one) else Constant(one) for one in eta]
        return descend(
            lambda W: np.where(np.abs(W) < FAR, gradient(W), 0.0),
            np.zeros((len(each), n_walks, d)),
            eta=lambda k: np.array([one(k) for one in each])[:, None, None],
            **plan,
        )

    def after(self, m: int, epochs: int, etas: Sequence[float]) -> np.ndarray:
        """Mean excess of ten walks with minibatches of m after some epochs, for every η (k,)."""
        steps = epochs * -(-len(self.t) // m)
        return self.excess(self.walks(m, etas, steps, every=steps, n_walks=10).w).mean(axis=-1)

    def seen_until(self, excess: float, copies: int, m: int, etas: Sequence[float]) -> np.ndarray:
        """Mean over twenty walks of the samples seen until the excess is below it, for every η.

        Infinite if one is not there after 60 steps; `copies` as in `walks`. Shape (k,).
        """
        below = self.excess(self.walks(m, etas, 60, copies=copies).path) < excess  # (61, k, 20)
        return m * np.where(below.any(axis=0), below.argmax(axis=0), math.inf).mean(axis=-1)


def digits_gone(
    X: np.ndarray, t: np.ndarray, rules: Sequence[Rule | None], etas: np.ndarray, steps: int
) -> np.ndarray:
    """Decimal digits of the excess that exact gradients take away, for many bowls side by side.

    Parameters
    ----------
    X, t : arrays of shapes (b, n, d) and (b, n)
        Least squares of b data sets, see `Bowl`.
    rules : sequence of Rule or None
    etas : array of shape (k,)
    steps : int
        From w = 0.

    Returns
    -------
    array of shape (len(rules), k, b)
        −log₁₀ of the excess; very negative for a walk that runs away.
    """
    H = np.einsum("bnd,bne->bde", X, X) / X.shape[1]
    best = np.linalg.solve(H, np.einsum("bnd,bn->bd", X, t)[..., None] / X.shape[1])[..., 0]
    step, size = np.asarray(etas)[:, None, None], np.einsum("bd,bde,be->b", best, H, best)

    def gradient(W: np.ndarray) -> np.ndarray:  # (k, b, d)
        return np.where(np.abs(W) < FAR, np.einsum("bde,kbe->kbd", H, W - best), 0.0)

    digits, start = [], np.zeros((len(step), *best.shape))
    for rule in rules:
        plan = {"rule": rule, "max_steps": steps, "record_every": steps}
        off = descend(gradient, start, eta=lambda k: step, **plan).w - best
        digits.append(-np.log10(np.einsum("kbd,bde,kbe->kb", off, H, off) / size))
    return np.array(digits)


def _side_by_side(
    n: int, m: int, n_walks: int, *, replace: bool, random_state: np.random.RandomState
) -> Iterator[np.ndarray]:
    """Draw minibatches (n_walks, m) for many walks at once: `minibatches`, a row for each walk."""
    check_whole("batch_size", m, 1, n)
    whole = {"random_state": random_state, "replace": replace}
    epochs = [minibatches(n, n, **whole) for _ in range(n_walks)]

    def batches() -> Iterator[np.ndarray]:
        while True:
            orders = np.stack([next(epoch) for epoch in epochs])  # (n_walks, n)
            yield from (orders[:, start : start + m] for start in range(0, n, m))

    return batches()
