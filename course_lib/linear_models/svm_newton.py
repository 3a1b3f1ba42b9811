"""Newton's method for the linear support vector machine: hinges whose corner is rounded.

Symbols
    A        (n, p)  the inputs a_i, with a last column of ones if there is an intercept
    y        (n,)    labels, −1 or +1
    v        (p,)    (w, b)
    penalty  (p,)    1 for a weight, 0 for the intercept
    cap              slope of the hinge, C/n
    c                curvature of its corner
    s        (n,)    1 − y_i a_iᵀv + shift_i, by how much each sample falls short of its margin

The corner of the hinge is replaced by a parabola of width cap/c: ρ(s) is 0 up to s = 0, then
cs²/2, and from s = cap/c on a line of slope cap. The hinge itself is the limit c → ∞, the squared
hinge the limit cap → ∞. Its slope α = ρ'(s) = clip(cs, 0, cap) is the sample's multiplier. Of the
rounded objective G(v) = ½ Σ penalty_j v_j² + Σ ρ(s_i), the two derivatives are

    ∇G  = penalty · v − Aᵀ(α · y)
    ∇²G = diag(penalty) + c Σ a_i a_iᵀ, over the samples on the parabola.
"""

import math
from dataclasses import dataclass

import numpy as np

from course_lib.estimator import Array, array_namespace, device


@dataclass(frozen=True)
class RoundedObjective:
    """The objective G, in the symbols of the module."""

    A: Array
    y: Array
    penalty: Array
    c: float
    cap: float
    shift: Array

    def shortfall(self, v: Array) -> Array:
        """Return s (n,)."""
        return 1 - self.y * (self.A @ v) + self.shift

    def slopes(self, s: Array) -> Array:
        """Return α = ρ'(s), (n,)."""
        return array_namespace(s).clip(self.c * s, 0, self.cap)

    def gradient(self, v: Array, alpha: Array) -> Array:
        """Return ∇G (p,)."""
        return self.penalty * v - (alpha * self.y) @ self.A

    def hessian(self, s: Array) -> Array:
        """Return ∇²G (p, p)."""
        xp = array_namespace(s)
        rows = xp.nonzero((s > 0) & (self.c * s < self.cap))[0]  # the k on the parabola
        if rows.shape[0] == 0:  # the intercept has no curvature at all: lend it that of one row
            return _diagonal(self.penalty + self.c * (1 - self.penalty))
        E = xp.take(self.A, rows, axis=0)  # (k, p)
        return self.c * (E.T @ E) + _diagonal(self.penalty)


def minimise_hinge(
    A: Array, y: Array, penalty: Array, cap: float, *, tol: float, max_iter: int
) -> tuple[Array, Array, float, int]:
    """Minimise F for the hinge: Newton's method again and again, each time with a sharper corner.

    Each round shifts the parabolas by the multipliers that the last one found (the method of
    multipliers), so that the answer is exact although the widths do not go to 0.

    Returns v, α, the duality gap relative to F, and the Newton steps taken.
    """
    xp = array_namespace(A)
    v, alpha = xp.zeros_like(A[0, :]), xp.zeros_like(y)
    width, gap, steps = 2.0, math.inf, 0  # at v = 0 all s are 1: all samples on the parabola
    narrowest = 1e-10 * cap * _row_length(A) ** 2  # keeps the Hessian regular
    for k in range(30):
        c = cap / width
        G = RoundedObjective(A, y, penalty, c, cap, shift=alpha / c)
        accuracy = 1e-4 if k < 3 else 1e-12
        v, alpha, taken = newton(G, v, accuracy=accuracy, max_iter=max_iter - steps)
        steps += taken
        slack = xp.clip(1 - y * (A @ v), 0, None)  # ξ (n,)
        w, u = penalty * v, penalty * ((alpha * y) @ A)  # the same at the optimum
        primal = float(w @ w) / 2 + cap * float(xp.sum(slack))
        dual = float(xp.sum(alpha)) - float(u @ u) / 2
        gap = (primal - dual) / primal
        if (k >= 3 and gap <= tol) or steps >= max_iter:
            break
        width = max(width / 10, narrowest)
    return v, alpha, abs(gap), steps


def minimise_squared_hinge(
    A: Array, y: Array, penalty: Array, cap: float, *, max_iter: int
) -> tuple[Array, Array, float, int]:
    """Minimise F for the squared hinge, a parabola from the start; returns as `minimise_hinge`."""
    xp = array_namespace(A)
    v, c = xp.zeros_like(A[0, :]), 2 * cap
    G = RoundedObjective(A, y, penalty, c, cap=math.inf, shift=xp.zeros_like(y))
    v, alpha, steps = newton(G, v, accuracy=1e-12, max_iter=max_iter)
    slack = xp.clip(1 - y * (A @ v), 0, None)  # ξ (n,)
    w, u = penalty * v, penalty * ((alpha * y) @ A)
    primal = float(w @ w) / 2 + cap * float(slack @ slack)
    dual = float(xp.sum(alpha)) - float(u @ u) / 2 - float(alpha @ alpha) / (2 * c)
    return v, alpha, abs(primal - dual) / primal, steps


def newton(
    G: RoundedObjective, v: Array, *, accuracy: float, max_iter: int
) -> tuple[Array, Array, int]:
    """Minimise G from v; return v, the slopes α (n,) and the steps taken.

    G is piecewise quadratic, so a step ends at its minimum as soon as it knows which samples lie
    on the parabola. `accuracy` bounds the gradient, relative to the pull of all samples, Σα times
    the length of a row.
    """
    xp = array_namespace(v)
    small = max(accuracy, 10 * float(xp.finfo(v.dtype).eps)) * _row_length(G.A)
    s = G.shortfall(v)  # (n,)
    for step in range(max_iter + 1):
        alpha = G.slopes(s)  # (n,)
        g = G.gradient(v, alpha)  # (p,)
        if step == max_iter or float(xp.linalg.vector_norm(g)) <= small * float(xp.sum(alpha)):
            break
        p = _solve(G.hessian(s), -g)  # (p,)
        z = G.y * (G.A @ p)  # (n,); s falls by t·z when v moves by t·p
        t = _line_search(G, v, s, p, z, start=float(g @ p))
        if t == 0:  # rounding hides whether any step descends
            break
        v, s = v + t * p, s - t * z
    return v, alpha, step


def _solve(H: Array, a: Array) -> Array:
    """Solve Hp = a; where rounding makes H singular, give p = 0: a step that ends the search."""
    xp = array_namespace(H)
    try:
        return xp.linalg.solve(H, a)
    except (np.linalg.LinAlgError, RuntimeError):  # torch's own error is a RuntimeError
        return xp.zeros_like(a)


def _line_search(
    G: RoundedObjective, v: Array, s: Array, p: Array, z: Array, *, start: float
) -> float:
    """Find a step t along p that leaves at most 0.9 of the slope `start` < 0, and no rise; or 0.

    The slope of G along p grows with t, so its zero is bracketed: by doubling while it is still
    below, then by the secant and by halving in turn.
    """
    if not -math.inf < start < 0:
        return 0.0
    linear, quadratic = float((G.penalty * v) @ p), float((G.penalty * p) @ p)
    low, high, t = 0.0, math.inf, 1.0
    below, above = start, math.inf  # the slopes at low and high
    for turn in range(60):
        slope = linear + t * quadratic - float(G.slopes(s - t * z) @ z)
        if 0.9 * start <= slope <= -1e-3 * start:
            return t
        if slope < 0:
            low, below = t, slope
        else:
            high, above = t, slope
        fraction = 0.5 if turn % 2 else 0.9 * below / (below - above)
        t = 2 * t if math.isinf(high) else low + fraction * (high - low)
    return low


def _row_length(A: Array) -> float:
    """Root of the mean square of the lengths of the rows."""
    return float(array_namespace(A).linalg.vector_norm(A)) / math.sqrt(A.shape[0])


def _diagonal(a: Array) -> Array:
    xp = array_namespace(a)
    return xp.eye(a.shape[0], dtype=a.dtype, device=device(a)) * a
