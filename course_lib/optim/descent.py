"""The walk downhill: steps along the negative gradient, and their record."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.estimator import Array, array_namespace, as_floats, device, lengths, unit_of
from course_lib.optim.line_search import Backtracking
from course_lib.optim.rules import GradientStep, Rule
from course_lib.optim.schedules import Constant, Schedule

REASONS = {
    "converged": "the gradient is small enough",
    "stalled": "the loss falls no further",
    "rose": "the loss rises",
    "max_steps": "the steps are used up",
    "diverged": "it ran away",
}


@dataclass(frozen=True)
class Descent:
    """The record of a walk: m recorded points, the start included.

    Attributes
    ----------
    path : array of shape (m, d)
        Recorded parameters; ``path[0]`` is the start.
    losses : array of shape (m,) or None
        Objective at the recorded points, if it was given.
    steps : ndarray of shape (m,) of int
        After how many steps each point was recorded: 0, r, 2r, … with r = `record_every`.
    n_steps : int
        Steps taken.
    stopped : {"converged", "stalled", "rose", "max_steps", "diverged"}
        Why the walk ended. After a divergence, the recorded points are those still finite.
    n_evaluations : int
        How often the gradient was asked for.
    """

    path: Array
    losses: Array | None
    steps: np.ndarray
    n_steps: int
    stopped: str
    n_evaluations: int

    @property
    def w(self) -> Array:
        """The last recorded parameters, shape (d,)."""
        return self.path[-1, ...]

    def __str__(self) -> str:
        """Say in one sentence how the walk ended, and whether the loss rose."""
        text = f"{self.stopped} after {self.n_steps} steps: {REASONS[self.stopped]}"
        if self.losses is None:
            return text
        first, last = float(self.losses[0]), float(self.losses[-1])
        verb = "rose" if last > first else "fell" if last < first else "stayed"
        return f"{text}; the loss {verb} from {first:.4g} to {last:.4g}"


def descend(
    gradient: Callable[[Array], Array],
    w: Array,
    *,
    eta: float | Schedule | Backtracking,
    max_steps: int,
    rule: Rule | None = None,
    loss: Callable[[Array], Array] | None = None,
    tol: float = 0.0,
    loss_tol: float = 0.0,
    record_every: int = 1,
) -> Descent:
    """Descend along a gradient, w ← w − η_k g(w), and record the walk.

    It ends after `max_steps` steps, or when ‖g(w)‖ ≤ tol·‖g(w₀)‖ ("converged"), or when the loss
    falls by too little ("stalled") or rises ("rose"), or when w or the loss overflows ("diverged").
    A step that is too big raises no error: growth is there to be seen.

    Parameters
    ----------
    gradient : callable (d,) → (d,)
        g. It may be random, as a minibatch's is; `tol` should then be 0.
    w : array of shape (d,)
        Start. It is not changed; whole numbers are taken as float64.
    eta : float, callable k → float, or Backtracking
        Step, constant or a schedule of the step number; or a search for it, which needs the exact
        gradient, the `loss` and no `rule`. A schedule may also give an array that broadcasts with
        w: many walks at once, with a step for each.
    max_steps : int
    rule : Rule, optional
        What a step does with g, such as `Momentum` or `Adam`; without one, w ← w − η_k g(w).
    loss : callable (d,) → scalar, optional
        f, evaluated only where the walk is recorded, and by `Backtracking`.
    tol : float, default=0
        Size of the gradient, relative to the first, that counts as none; 0 takes every step.
    loss_tol : float, default=0
        The walk ends where the loss falls from one record to the next by at most this part of it
        ("stalled"), or rises by more than this part ("rose"); 0 takes every step.
    record_every : int, default=1
        Steps between two records.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        For a step that is not a positive finite number, a negative `max_steps` or tolerance,
        `record_every` below 1, a `loss` that is missing where it is needed, or a start where w or
        the loss is not finite.

    Examples
    --------
    >>> walk = descend(lambda w: 2 * w, np.array([1.0]), eta=0.25, max_steps=3)  # of w²
    >>> walk.path[:, 0].tolist(), walk.stopped
    ([1.0, 0.5, 0.25, 0.125], 'max_steps')
    >>> print(descend(lambda w: 2 * w, np.array([1.0]), eta=1.5, max_steps=3, loss=lambda w: w @ w))
    max_steps after 3 steps: the steps are used up; the loss rose from 1 to 64
    """
    steps = eta if callable(eta) or isinstance(eta, Backtracking) else Constant(eta)
    _check_plan(max_steps, tol, loss_tol, record_every)
    _check_company(steps, rule, loss, loss_tol)
    (w,) = as_floats(w)
    rule = rule or GradientStep()
    value = _value(loss, w)
    record, rest, state = Record(w, value), Rest(tol), rule.start(w)
    k, n_evaluations, stopped = 0, 0, "max_steps"
    with np.errstate(over="ignore", invalid="ignore"):  # a divergence is reported, not warned of
        while k < max_steps:
            g = gradient(w)  # (d,)
            n_evaluations += 1
            if tol > 0 and rest.is_reached(g):
                stopped = "converged"
                break
            step = _step(steps, k, loss, w, g)
            if isinstance(steps, Backtracking) and step == 0:
                stopped = "stalled"
                break
            w, state = rule.step(w, g, step, state)
            k += 1
            if k % record_every == 0 or k == max_steps:
                before, value = value, _value(loss, w)
                if not record.add(k, w, value):
                    stopped = "diverged"
                    break
                fall, least = float(before - value), loss_tol * abs(float(value))
                if loss_tol > 0 and fall <= least:
                    stopped = "rose" if fall < -least else "stalled"
                    break
        if record.steps[-1] != k and stopped in ("converged", "stalled"):
            record.add(k, w, _value(loss, w))
    return record.descent(k, stopped, n_evaluations, with_losses=loss is not None)


class Record:
    """The finite points of a walk, their losses and their step numbers."""

    def __init__(self, w: Array, value: Array | float):
        self.xp = array_namespace(w)
        self.path, self.losses, self.steps = [], [], []
        if not self.add(0, w, value):
            raise ValueError("w and its loss must be finite at the start; choose another start.")

    def add(self, k: int, w: Array, value: Array | float) -> bool:
        """Add point k, unless it or its loss is not finite: then say so with False."""
        if not (math.isfinite(value) and bool(self.xp.all(self.xp.isfinite(w)))):
            return False
        self.path.append(w)
        self.losses.append(value)
        self.steps.append(k)
        return True

    def descent(
        self, n_steps: int, stopped: str, n_evaluations: int, *, with_losses: bool = True
    ) -> Descent:
        """Return what was recorded, in the kind of array of w."""
        losses = self.xp.stack(list(map(self._array, self.losses))) if with_losses else None
        path, steps = self.xp.stack(self.path), np.array(self.steps)
        return Descent(path, losses, steps, n_steps, stopped, n_evaluations)

    def _array(self, value: Array) -> Array:
        w = self.path[0]
        return self.xp.asarray(value, dtype=w.dtype, device=device(w))


class Rest:
    """Where a walk comes to rest: the gradient is at most `tol` times the first one in length.

    Lengths are measured in a unit of the first gradient's size. So none overflows at the start,
    and one that overflows later is no rest.
    """

    def __init__(self, tol: float):
        self.tol, self.unit, self.small = tol, None, 0.0

    def is_reached(self, g: Array) -> bool:
        """Whether g (d,) is that small; the first g sets the measure."""
        if self.unit is None:
            self.unit = unit_of(g)
            self.small = self.tol * float(lengths(g / self.unit))
        return math.isfinite(self.small) and float(lengths(g / self.unit)) <= self.small


def _value(loss: Callable[[Array], Array] | None, w: Array) -> Array | float:
    return 0.0 if loss is None else loss(w)


def _step(
    steps: Schedule | Backtracking,
    k: int,
    loss: Callable[[Array], Array] | None,
    w: Array,
    g: Array,
) -> float | np.ndarray:
    if isinstance(steps, Backtracking):
        slope = -float(array_namespace(g).vecdot(g, g))
        return steps.search(loss, w, -g, float(loss(w)), slope)
    eta = steps(k)
    least, most = (eta.min(), eta.max()) if isinstance(eta, np.ndarray) else (eta, eta)
    if not (least >= 0 and most < math.inf):  # a schedule may underflow to 0: a walk stands still
        raise ValueError(f"eta must be a finite number ≥ 0 at every step; step {k} has {eta}.")
    return eta if isinstance(eta, np.ndarray) else float(eta)


def _check_plan(max_steps: int, tol: float, loss_tol: float, record_every: int) -> None:
    check_whole("max_steps", max_steps, 0)
    check_number("tol", tol, least=0)
    check_number("loss_tol", loss_tol, least=0)
    check_whole("record_every", record_every)


def _check_company(
    steps: Schedule | Backtracking, rule: Rule | None, loss: Callable | None, loss_tol: float
) -> None:
    searches = isinstance(steps, Backtracking)
    if loss is None and (searches or loss_tol > 0):
        needs = "eta=Backtracking(...)" if searches else "loss_tol"
        raise ValueError(f"loss must be given: {needs} compares its values.")
    if searches and rule is not None:
        raise ValueError(
            f"rule must be None with eta=Backtracking(...), which goes along −g, got {rule!r}."
        )
