"""The dual of the support vector machine for many samples: a set of multipliers at a time.

Symbols
    kernel         (rows, columns) -> K[rows][:, columns] for two arrays of sample numbers
    y, beta, g     (n,)   labels −1 and +1, β_i = α_i y_i between its bounds, gradient y − Kβ
    W              (q,)   working set: the samples whose multipliers a round may change
    free                  strictly between the bounds

A round takes the multipliers that violate the optimality conditions most into W, solves the dual
for them with all others fixed, and brings the gradient of all n up to date by one product with
the q rows of K that belong to W (Joachims, 1999, *Making Large-Scale SVM Learning Practical*). For
those in W, steps of two (`smo`) find out which multipliers end at a bound, and Newton's method
solves for the rest. The first β comes from a quarter of the samples, solved the same way.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from threadpoolctl import ThreadpoolController

from course_lib.estimator import blocks
from course_lib.linear_models.svm_smo import bounds, intercept, smo

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]

KEPT = 2**28
"""Bytes of rows of the kernel matrix that are kept, unless 512 rows need more."""
LEAST = 512
"""Size of a working set of which at most half is free; a larger one where more is free."""
SMALL = 1000
"""So few samples are solved from β = 0, without a quarter first."""
BLOCK = 128
"""Rows of the kernel matrix at a time."""


@cache
def _libraries() -> ThreadpoolController:
    """The libraries with threads of their own: finding them takes longer than a small fit."""
    return ThreadpoolController()


def maximize_dual(
    kernel: Kernel, y: np.ndarray, cap: float, *, tol: float, max_iter: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Solve the dual of `smo` without its matrix; return β (n,), g (n,) and the rounds taken.

    It ends when no pair of multipliers has g_i − g_j > tol, as `smo` does, or when rounding leaves
    nothing to change. Cost: a round of q multipliers of which m are free computes the rows of W
    that are not kept, and takes 2qn for the gradient, some 10q² for the steps of two and m³/3 for
    every step of Newton's. Most products are small, and threads would wait for one another longer
    than they work: BLAS is held at one. Memory: at most the 8n² bytes of the matrix for n > 1,000;
    where n is large, `KEPT` for rows and 8q² twice for the working set.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        return _rounds(kernel, y, cap, tol, max_iter)


def _rounds(
    kernel: Kernel, y: np.ndarray, cap: float, tol: float, max_iter: int
) -> tuple[np.ndarray, np.ndarray, int]:
    lower, upper = bounds(y, cap)
    rows = _Rows(kernel, len(y))
    beta, g = _start(rows, y, cap, tol)
    for step in range(max_iter):
        if _violation(beta, g, lower, upper) <= tol:
            return beta, g, step
        W = _working_set(beta, g, lower, upper, rows.capacity)
        K = rows.square(W)
        changed = _solve(K, y[W], cap, beta[W], g[W], tol / 2)
        t = changed - beta[W]
        if not np.any(t):
            return beta, g, step
        g -= rows.product(W[t != 0], t[t != 0])
        beta[W] = changed
    return beta, g, max_iter


def _violation(beta: np.ndarray, g: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Return the greatest g_i − g_j of a pair of which β_i may grow and β_j may shrink."""
    return float(np.max(g[beta < upper], initial=-np.inf) - np.min(g[beta > lower], initial=np.inf))


class _Rows:
    """Rows of the kernel matrix, computed when asked for; those used last are kept."""

    def __init__(self, kernel: Kernel, n: int):
        self.kernel, self.columns = kernel, np.arange(n)
        self.capacity = min(n, max(LEAST, min(n // 2, KEPT // (8 * n))))
        self.kept = np.empty((self.capacity, n))
        self.place = np.full(n, -1)  # of each sample's row in `kept`
        self.owner = np.full(self.capacity, -1)  # the sample whose row it is
        self.used, self.clock = np.zeros(self.capacity, dtype=int), 0

    def places(self, W: np.ndarray) -> np.ndarray:
        """Where the rows of W, at most `capacity`, are in `kept`."""
        self.clock += 1
        self.used[self.place[W[self.place[W] >= 0]]] = self.clock
        missing = W[self.place[W] < 0]
        oldest = np.argsort(self.used, kind="stable")[: len(missing)]
        evicted = self.owner[oldest]
        self.place[evicted[evicted >= 0]] = -1
        for b in blocks(len(missing), BLOCK):
            self.kept[oldest[b]] = self.kernel(missing[b], self.columns)
        self.owner[oldest], self.place[missing], self.used[oldest] = missing, oldest, self.clock
        return self.place[W]

    def square(self, W: np.ndarray) -> np.ndarray:
        """K of W and W, (q, q)."""
        return self.kept[np.ix_(self.places(W), W)]

    def product(self, W: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Σ t_i K_i over the rows i of W, (n,)."""
        total = np.zeros(len(self.columns))
        for b in blocks(len(W), BLOCK):
            total += t[b] @ self.kept[self.places(W[b])]
        return total


# --- where to begin, and what to change -----------------------------------------------------


def _start(rows: _Rows, y: np.ndarray, cap: float, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a feasible β and its gradient: 0, or what a quarter of the samples suggests.

    A quarter with four times the cap has about the same score f. Where y f < 1 the multiplier is
    likely to end at its bound, and elsewhere at 0; those free in the quarter keep their value.
    """
    n, beta = len(y), np.zeros_like(y)
    S = np.sort(np.random.default_rng(0).permutation(n)[: n // 4])
    if n <= SMALL or np.all(y[S] == y[S[0]]):
        return beta, y.copy()
    part, lower, upper = cap * n / len(S), *bounds(y, cap)
    few, g, _ = _rounds(lambda a, b: rows.kernel(S[a], S[b]), y[S], part, max(tol, 0.01), 30)
    b, few_bounds = intercept(g, few, *bounds(y[S], part)), bounds(y[S], part)
    f = rows.product(S[few != 0], few[few != 0]) + b
    beta[y * f < 1] = cap * y[y * f < 1]
    free = (few > few_bounds[0]) & (few < few_bounds[1])
    beta[S[free]] = np.clip(few[free], lower[S[free]], upper[S[free]])
    beta = _balanced(beta, lower, upper, np.abs(1 - y * f))
    return beta, y - rows.product(np.flatnonzero(beta), beta[beta != 0])


def _balanced(
    beta: np.ndarray, lower: np.ndarray, upper: np.ndarray, distance: np.ndarray
) -> np.ndarray:
    """Move β to Σβ = 0, those of the least distance first and each as far as it may."""
    excess = np.sum(beta)
    end = lower if excess > 0 else upper
    order = np.argsort(distance)
    room = np.abs(end - beta)[order]
    before = np.cumsum(room) - room
    t = np.clip(np.abs(excess) - before, 0, room)
    moved = beta[order] - np.sign(excess) * t
    beta[order] = np.where(t == room, end[order], moved)
    return beta


def _working_set(
    beta: np.ndarray, g: np.ndarray, lower: np.ndarray, upper: np.ndarray, most: int
) -> np.ndarray:
    """Return the samples (q,) to change: the free ones, and the worst violations on each side."""
    grow, shrink = beta < upper, beta > lower
    b = np.clip(intercept(g, beta, lower, upper), np.min(g[shrink]), np.max(g[grow]))
    free = np.count_nonzero(grow & shrink)
    size = min(most, max(LEAST, min(2 * free, 2 * len(g) // 5)))
    wrong = np.maximum(np.where(grow, g - b, 0), np.where(shrink, b - g, 0))  # (n,)
    if free <= size // 2:
        wrong[grow & shrink] = np.inf
    worst = [np.argmax(np.where(grow, g, -np.inf)), np.argmin(np.where(shrink, g, np.inf))]
    wrong[worst] = np.inf
    order = np.argsort(-wrong)
    order = order[wrong[order] > 0]
    above, below = order[g[order] > b], order[g[order] <= b]
    above = above[: max(size // 2, size - len(below))]
    return np.sort(np.concatenate([above, below[: size - len(above)]]))


# --- solving a working set -------------------------------------------------------------------


def _solve(
    K: np.ndarray, y: np.ndarray, cap: float, beta: np.ndarray, g: np.ndarray, tol: float
) -> np.ndarray:
    """Return β (q,) at the optimum of a working set, all other multipliers fixed.

    Steps of two decide which multipliers are at a bound, well and fast; for the values of the free
    ones they need many where K is badly conditioned, and Newton's method few.
    """
    most = len(y) // 2
    beta, g, steps = smo(K, y, cap, tol=tol, max_iter=most, start=(beta, g))
    for _ in range(100):
        if steps < most:
            break
        beta, g = _solve_free(K, beta, g, *bounds(y, cap))
        most = 20
        beta, g, steps = smo(K, y, cap, tol=tol, max_iter=most, start=(beta, g))
    return beta


def _solve_free(
    K: np.ndarray, beta: np.ndarray, g: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the dual over the free multipliers; those that run into a bound stay there.

    Newton's step, with whoever left the bounds put back onto them, leads far, but not always up.
    Where it does not, it ends at the first bound.
    """
    tries = 8
    for _ in range(200):
        free = np.flatnonzero((beta > lower) & (beta < upper))
        if len(free) < 2:
            break
        p = _newton_step(K, g, free)
        target = _clipped(K, beta, g, lower, upper, free, p, tries)
        t = target - beta
        if not t @ g > t @ K @ t / 2:  # the dual does not rise
            tries, target = 1, _to_first_bound(beta, lower, upper, free, p)
            t = target - beta
        g = g - t @ K
        done = np.array_equal(target[free], beta[free] + p)
        beta = target
        if done:
            break
    return beta, g


def _clipped(
    K: np.ndarray,
    beta: np.ndarray,
    g: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    free: np.ndarray,
    p: np.ndarray,
    tries: int,
) -> np.ndarray:
    """Return β after the step p, those that leave their bounds fixed there and the rest solved.

    If some still leave them after `tries`, β comes back as it was.
    """
    target = beta.copy()
    for k in range(tries):
        if k > 0:
            p = _newton_step(K, g - (target - beta) @ K, free, np.sum(target - beta))
        new = target[free] + p
        out = (new <= lower[free]) | (new >= upper[free])
        target[free] = np.where(out, np.clip(new, lower[free], upper[free]), target[free])
        if not np.any(out):
            target[free] = new
            return target
        free = free[~out]
        if len(free) < 2:
            break
    return beta


def _to_first_bound(
    beta: np.ndarray, lower: np.ndarray, upper: np.ndarray, free: np.ndarray, p: np.ndarray
) -> np.ndarray:
    """Return β after the step p, or after that part of it at which the first meets its bound."""
    end = np.where(p > 0, upper[free], lower[free])
    share = np.divide(end - beta[free], p, out=np.full_like(p, np.inf), where=p != 0)
    first, target = np.argmin(share), beta.copy()
    if share[first] >= 1:
        target[free] += p
        return target
    target[free] = np.clip(beta[free] + share[first] * p, lower[free], upper[free])
    target[free[first]] = end[first]
    return target


def _newton_step(K: np.ndarray, g: np.ndarray, free: np.ndarray, excess: float = 0.0) -> np.ndarray:
    """Return p (m,) with K_FF p = g_F − b and Σp = −excess, b being what the sum demands.

    K_FF is singular where samples are alike: a diagonal at the level of rounding is added.
    """
    m = len(free)
    greatest = np.max(K[free, free])
    for share in (1e-15, 1e-12, 1e-9, 1e-6):
        H = K[np.ix_(free, free)]
        H[np.diag_indices(m)] += share * m * greatest + 1e-300
        try:
            factor = cho_factor(H.T, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            continue
        break
    u, v = cho_solve(factor, np.column_stack([g[free], np.ones(m)]), check_finite=False).T
    p = u - (u.sum() + excess) / v.sum() * v
    return p - (p.sum() + excess) / m  # p is huge, and its sum not exact, where K_FF is singular
