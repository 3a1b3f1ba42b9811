"""L-BFGS: Newton's direction from the last few gradients.

Symbols
    w, g   (d,)  parameters, and the gradient there
    s      (d,)  a step that was taken, w_{k+1} − w_k
    y      (d,)  what it did to the gradient, g_{k+1} − g_k
    H      (d, d)  Hessian; y ≈ Hs, so the pairs (s, y) know its curvature. It is never formed.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.estimator import Array, array_namespace, as_floats, lengths
from course_lib.optim.descent import Descent, Record, Rest
from course_lib.optim.line_search import Point, Unbounded, wolfe

Pair = tuple[Array, Array]


def lbfgs_direction(g: Array, pairs: Sequence[Pair]) -> Array:
    """Multiply −g by an inverse Hessian made of pairs: the two-loop recursion.

    Parameters
    ----------
    g : array of shape (d,)
    pairs : sequence of (s, y), each of shape (d,)
        The oldest first, with sᵀy > 0. Without any the direction is −g.

    Returns
    -------
    array of shape (d,)
        It leads downhill, since the inverse Hessian is positive definite.

    Notes
    -----
    Cost: 4 products of (d,) vectors a pair. Source: Nocedal and Wright, *Numerical Optimization*,
    algorithm 7.4.

    >>> import numpy as np
    >>> s = np.array([1.0, 0.0])
    >>> lbfgs_direction(np.array([4.0, 2.0]), [(s, 4 * s)]).tolist()  # curvature 4 along s
    [-1.0, -0.5]
    """
    (q,) = as_floats(g)
    xp = array_namespace(q)
    alphas = []
    for s, y in reversed(pairs):
        alphas.append(xp.vecdot(s, q) / xp.vecdot(s, y))
        q = q - alphas[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (xp.vecdot(s, y) / xp.vecdot(y, y))  # curvature of the last step for all others
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        q = q + (alpha - xp.vecdot(y, q) / xp.vecdot(s, y)) * s
    return -q


def lbfgs(
    loss_and_gradient: Callable[[Array], tuple[Array, Array]],
    w: Array,
    *,
    max_steps: int = 1000,
    memory: int = 10,
    tol: float = 1e-8,
    loss_tol: float = 0.0,
    record_every: int = 1,
) -> Descent:
    """Minimise a smooth function by L-BFGS with a line search for the Wolfe conditions.

    Parameters
    ----------
    loss_and_gradient : callable (d,) → (scalar, (d,))
        f and its exact gradient, computed together: most of their work is shared.
    w : array of shape (d,)
        Start. It is not changed; whole numbers are taken as float64.
    max_steps : int, default=1000
    memory : int, default=10
        Pairs (s, y) kept.
    tol : float, default=1e-8
        Size of the gradient, relative to the first, that counts as none ("converged").
    loss_tol : float, default=0
        A step that lowers the loss by at most this part of it ends the walk ("stalled").
    record_every : int, default=1
        Steps between two records; the path takes d numbers a record.

    Returns
    -------
    Descent
        "stalled" also where rounding hides what is left: no step lowers the loss, or neither loss
        nor gradient has reached a new low for 2·memory steps. "diverged" where the loss falls
        without end. `n_evaluations` counts the calls.

    Raises
    ------
    ValueError
        For a start where the loss or the gradient is not finite, or a parameter out of range.

    Notes
    -----
    Cost a step: one call, rarely two, and about 4·memory products of (d,) vectors. Source: Liu and
    Nocedal, *On the limited memory BFGS method for large scale optimization* (1989).

    Examples
    --------
    >>> import numpy as np
    >>> scale = np.array([1.0, 100.0])
    >>> walk = lbfgs(lambda w: (w @ (scale * w) / 2, scale * w), np.array([3.0, -2.0]))
    >>> walk.stopped, bool(np.max(np.abs(walk.w)) < 1e-6)
    ('converged', True)
    """
    check_whole("max_steps", max_steps, 0)
    check_whole("memory", memory)
    check_number("tol", tol, least=0)
    check_number("loss_tol", loss_tol, least=0)
    check_whole("record_every", record_every)
    (w,) = as_floats(w)
    with np.errstate(over="ignore", invalid="ignore"):  # of steps that were tried and not taken
        walk = _Walk(loss_and_gradient, w, memory)
        record, rest = Record(w, walk.here.value), Rest(tol)
        k, stopped = 0, "max_steps"
        while k < max_steps:
            if rest.is_reached(walk.here.g):
                stopped = "converged"
                break
            before = walk.here.value
            try:
                is_lower = walk.step()
            except Unbounded:
                stopped = "diverged"
                break
            if not is_lower:
                stopped = "stalled"
                break
            k += 1
            if k % record_every == 0:
                record.add(k, walk.here.w, walk.here.value)
            if loss_tol > 0 and before - walk.here.value <= loss_tol * abs(walk.here.value):
                stopped = "stalled"
                break
    if record.steps[-1] != k:
        record.add(k, walk.here.w, walk.here.value)
    return record.descent(k, stopped, walk.n_evaluations)


class _Walk:
    """The current point, the pairs that led to it, and the way to the next."""

    def __init__(self, loss_and_gradient: Callable, w: Array, memory: int):
        self.loss_and_gradient, self.n_evaluations = loss_and_gradient, 0
        self.pairs: deque[Pair] = deque(maxlen=memory)
        self.xp = array_namespace(w)
        self.eps = float(self.xp.finfo(w.dtype).eps)
        self.here = self._point(0.0, w, None)
        self.lowest, self.smallest, self.since = self.here.value, math.inf, 0
        if not math.isfinite(self.here.value + float(lengths(self.here.g))):
            raise ValueError("The loss and its gradient must be finite at w; choose another start.")

    def step(self) -> bool:
        """Go to the next point; return False if there is none, or if rounding leads in circles."""
        there = self._along(lbfgs_direction(self.here.g, self.pairs))
        if there is None and self.pairs:
            self.pairs.clear()  # what they say is wrong here: begin again along −g
            there = self._along(-self.here.g)
        if there is None or self._circles(there):
            return False
        s, y = there.w - self.here.w, there.g - self.here.g
        if float(self.xp.vecdot(s, y)) > self.eps * float(lengths(s)) * float(lengths(y)):
            self.pairs.append((s, y))
        self.here = there
        return True

    def _circles(self, there: Point) -> bool:
        size = float(lengths(there.g))
        is_news = there.value < self.lowest or size < self.smallest
        self.since = 0 if is_news else self.since + 1
        self.lowest = min(self.lowest, there.value)
        self.smallest = min(self.smallest, size)
        return self.since > 2 * self.pairs.maxlen

    def _along(self, p: Array) -> Point | None:
        here = self.here
        slope = float(self.xp.vecdot(here.g, p))
        if not slope < 0:
            return None
        careful = min(1.0, 1 / float(lengths(p)))  # −g has another unit than w
        return wolfe(
            lambda eta: self._point(eta, here.w + eta * p, p),
            here._replace(eta=0.0, slope=slope),
            1.0 if self.pairs else careful,
            rounding=8 * self.eps * abs(here.value),
        )

    def _point(self, eta: float, w: Array, p: Array | None) -> Point:
        self.n_evaluations += 1
        value, g = self.loss_and_gradient(w)
        slope = 0.0 if p is None else float(self.xp.vecdot(g, p))
        return Point(eta, float(value), slope, w, g)
