"""Newton's method without a Hessian: its system is solved by conjugate gradients, and only roughly.

Symbols
    v, g   (d,)    parameters, and the gradient there
    H      (d, d)  Hessian, known by its products Hp alone
    p      (d,)    Newton's direction, Hp = −g
    M      (d, d)  a rough H that is easy to solve with; known by r ↦ M⁻¹r

Far from the minimum the quadratic model is wrong anyway, and a rough p does; near it, the roughness
shrinks with √‖g‖, so that the walk still ends faster than any fixed rate.
"""

import math
from collections.abc import Callable
from typing import Any

from course_lib.estimator import Array, array_namespace, lengths, unit_of
from course_lib.optim.descent import Descent, Record, Rest
from course_lib.optim.line_search import Point, Unbounded, wolfe

Product = Callable[[Array], Array]
_IDLE = 3  # steps without a lower value or a smaller gradient that end a walk
_ROUGHEST = 0.3  # part of g that may be left over in Hp = −g


def newton_cg(
    at: Callable[[Array], tuple[float, Array, Any]],
    system: Callable[[Any], tuple[Product, Product]],
    v: Array,
    *,
    max_steps: int,
    tol: float,
) -> Descent:
    """Minimise a smooth convex function by truncated Newton steps with a line search.

    Parameters
    ----------
    at : callable (d,) → (value, gradient (d,), state)
        What is evaluated at a point, and what `system` needs of it.
    system : callable state → two callables (d,) → (d,)
        d ↦ Hd at that point, and r ↦ M⁻¹r.
    v : array of shape (d,)
        Start.
    max_steps : int
    tol : float
        Size of the gradient, relative to the first, that counts as none.

    Returns
    -------
    Descent
        "converged", "max_steps", "stalled" where rounding hides what is left, or "diverged" where
        the function falls without end. Its path has every point.

    Notes
    -----
    Cost a step: one evaluation and some ten products with the Hessian. Source: Nocedal and Wright,
    *Numerical Optimization*, section 7.1.

    Examples
    --------
    >>> import numpy as np
    >>> scale = np.array([1.0, 100.0])
    >>> walk = newton_cg(
    ...     lambda v: (v @ (scale * v) / 2, scale * v, None),
    ...     lambda state: (lambda d: scale * d, lambda r: r),
    ...     np.array([3.0, -2.0]),
    ...     max_steps=50,
    ...     tol=1e-9,
    ... )
    >>> walk.stopped, bool(abs(walk.w).max() < 1e-6)
    ('converged', True)
    """
    xp = array_namespace(v)
    seen, n_evaluations = [], 0

    def point(eta: float, v: Array, p: Array | None) -> Point:
        nonlocal n_evaluations
        n_evaluations += 1
        value, g, state = at(v)
        seen.append((eta, state))
        return Point(eta, value, 0.0 if p is None else float(xp.vecdot(g, p)), v, g)

    here = point(0.0, v, None)
    record, rest, first = Record(v, here.value), Rest(tol), float(lengths(here.g))
    stopped, idle, smallest = "converged", 0, first
    for k in range(max_steps + 1):
        if rest.is_reached(here.g):
            break
        if k == max_steps:
            stopped = "max_steps"
            break
        state = next(state for eta, state in seen if eta == here.eta)
        rough = min(_ROUGHEST, math.sqrt(float(lengths(here.g)) / first))
        p = conjugate_gradients(*system(state), -here.g, rough)
        seen.clear()
        try:
            there = _step(point, here, p)
        except Unbounded:
            stopped = "diverged"
            break
        if there is None:
            stopped = "stalled"
            break
        news = there.value < here.value or float(lengths(there.g)) < smallest
        idle, smallest = 0 if news else idle + 1, min(smallest, float(lengths(there.g)))
        here = there
        record.add(k + 1, here.w, here.value)
        if idle == _IDLE:
            k, stopped = k + 1, "stalled"
            break
    return record.descent(k, stopped, n_evaluations)


def _step(point: Callable, here: Point, p: Array) -> Point | None:
    """Go along p (d,) as far as is good, the whole way if it is; None if nothing is lower."""
    xp = array_namespace(p)
    slope = float(xp.vecdot(here.g, p))
    if not slope < 0:
        return None
    return wolfe(
        lambda eta: point(eta, here.w + eta * p, p),
        here._replace(eta=0.0, slope=slope),
        1.0,
        rounding=8 * float(xp.finfo(p.dtype).eps) * abs(here.value),
    )


def conjugate_gradients(
    product: Product, precondition: Product, a: Array, accuracy: float
) -> Array:
    """Solve Hp = a for a positive semidefinite H, until ‖a − Hp‖ ≤ accuracy · ‖a‖.

    Parameters
    ----------
    product : callable (d,) → (d,)
        d ↦ Hd.
    precondition : callable (d,) → (d,)
        r ↦ M⁻¹r, symmetric and positive on the range of H. The nearer M is to H, the fewer
        products it takes.
    a : array of shape (d,)
        In the range of H.
    accuracy : float

    Returns
    -------
    array of shape (d,)
        After d products at the latest, and earlier where a direction has no curvature; pᵀa ≥ 0.

    Notes
    -----
    Source: Hestenes and Stiefel (1952), *Methods of conjugate gradients for solving linear
    systems*; Nocedal and Wright, *Numerical Optimization*, algorithm 5.3.

    Examples
    --------
    >>> import numpy as np
    >>> H = np.array([1.0, 4.0])  # a diagonal
    >>> conjugate_gradients(lambda d: H * d, lambda r: r / 2, np.array([1.0, 2.0]), 1e-9)
    array([1. , 0.5])
    """
    xp, unit = array_namespace(a), unit_of(a)
    r = a / unit  # the residual; its square neither overflows nor underflows
    p, z = xp.zeros_like(r), precondition(r)
    d, rz = z, float(xp.vecdot(r, z))
    goal = accuracy * float(lengths(r))
    for _ in range(a.shape[0]):
        Hd = product(d)
        bend = float(xp.vecdot(d, Hd))
        if not bend > 0:
            break
        p, r = p + rz / bend * d, r - rz / bend * Hd
        if float(lengths(r)) <= goal:
            break
        z = precondition(r)
        before, rz = rz, float(xp.vecdot(r, z))
        d = z + rz / before * d
    return p * unit
