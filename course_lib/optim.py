"""Descent: walk downhill along the negative gradient.

Symbols
    w      (d,)  parameters; w₀ is where the walk starts
    g(w)   (d,)  gradient of the objective, exact or estimated from a minibatch
    f(w)         objective (the loss)
    eta          step (learning rate) η_k > 0 of step k = 0, 1, 2, …

One step is w ← w − η_k g(w). `descend` takes such steps and records the walk; the schedules below
say how the step changes; `minibatches` draws the samples that a stochastic gradient looks at.
Arrays of any array-API namespace will do; schedules and indices live on the host.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.estimator import (
    Array,
    array_namespace,
    as_floats,
    check_random_state,
    device,
    lengths,
    unit_of,
)

Schedule = Callable[[int], float]


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
    stopped : {"converged", "max_steps", "diverged"}
        Why the walk ended. After a divergence, the recorded points are those still finite.
    """

    path: Array
    losses: Array | None
    steps: np.ndarray
    n_steps: int
    stopped: str

    @property
    def w(self) -> Array:
        """The last recorded parameters, shape (d,)."""
        return self.path[-1, ...]


def descend(
    gradient: Callable[[Array], Array],
    w: Array,
    *,
    eta: float | Schedule,
    max_steps: int,
    loss: Callable[[Array], Array] | None = None,
    tol: float = 0.0,
    record_every: int = 1,
) -> Descent:
    """Descend along a gradient, w ← w − η_k g(w), and record the walk.

    It ends after `max_steps` steps, or when ‖g(w)‖ ≤ tol·‖g(w₀)‖ ("converged"), or when w or the
    loss overflows ("diverged"). A step that is too big raises nothing: growth is there to be seen.

    Parameters
    ----------
    gradient : callable (d,) → (d,)
        g. It may be random, as a minibatch's is; `tol` should then be 0.
    w : array of shape (d,)
        Start. It is not changed; whole numbers are taken as float64.
    eta : float or callable k → float
        Step, constant or a schedule of the step number.
    max_steps : int
    loss : callable (d,) → scalar, optional
        f, evaluated only where the walk is recorded.
    tol : float, default=0
        Size of the gradient, relative to the first, that counts as none; 0 takes every step.
    record_every : int, default=1
        Steps between two records.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        For a step that is not a positive finite number, a negative `max_steps` or `tol`,
        `record_every` below 1, or a start where w or the loss is not finite.

    Examples
    --------
    >>> walk = descend(lambda w: 2 * w, np.array([1.0]), eta=0.25, max_steps=3)  # of w²
    >>> walk.path[:, 0].tolist(), walk.stopped
    ([1.0, 0.5, 0.25, 0.125], 'max_steps')
    """
    schedule = eta if callable(eta) else Constant(eta)
    _check_plan(max_steps, tol, record_every)
    (w,) = as_floats(w)
    record, rest = _Record(loss, w), _Rest(tol)
    k, stopped = 0, "max_steps"
    with np.errstate(over="ignore", invalid="ignore"):  # a divergence is reported, not warned of
        while k < max_steps:
            g = gradient(w)  # (d,)
            if tol > 0 and rest.is_reached(g):
                stopped = "converged"
                break
            w = w - _step(schedule, k) * g
            k += 1
            if (k % record_every == 0 or k == max_steps) and not record.add(k, w):
                stopped = "diverged"
                break
        if record.steps[-1] != k and stopped == "converged":
            record.add(k, w)
    return record.descent(k, stopped)


class _Record:
    """The finite points of a walk, their losses and their step numbers."""

    def __init__(self, loss: Callable[[Array], Array] | None, w: Array):
        self.xp, self.loss = array_namespace(w), loss
        self.path, self.losses, self.steps = [], [], []
        if not self.add(0, w):
            raise ValueError("w and its loss must be finite at the start; choose another start.")

    def add(self, k: int, w: Array) -> bool:
        """Add point k, unless it or its loss is not finite: then say so with False."""
        value = 0.0 if self.loss is None else self.loss(w)
        if not (math.isfinite(value) and bool(self.xp.all(self.xp.isfinite(w)))):
            return False
        self.path.append(w)
        self.losses.append(value)
        self.steps.append(k)
        return True

    def descent(self, n_steps: int, stopped: str) -> Descent:
        losses = None if self.loss is None else self.xp.stack(list(map(self._array, self.losses)))
        return Descent(self.xp.stack(self.path), losses, np.array(self.steps), n_steps, stopped)

    def _array(self, value: Array) -> Array:
        w = self.path[0]
        return self.xp.asarray(value, dtype=w.dtype, device=device(w))


class _Rest:
    """Where a walk comes to rest: the gradient is at most `tol` times the first one in length.

    Lengths are measured in a unit of the first gradient's size. So none overflows at the start,
    and one that overflows later is no rest.
    """

    def __init__(self, tol: float):
        self.tol, self.unit, self.small = tol, None, 0.0

    def is_reached(self, g: Array) -> bool:
        if self.unit is None:
            self.unit = unit_of(g)
            self.small = self.tol * float(lengths(g / self.unit))
        return math.isfinite(self.small) and float(lengths(g / self.unit)) <= self.small


def _step(schedule: Schedule, k: int) -> float:
    eta = float(schedule(k))
    if not (0 <= eta < math.inf):  # a schedule may underflow to 0, and then the walk stands still
        raise ValueError(f"eta must be a finite number ≥ 0 at every step; step {k} has {eta}.")
    return eta


def _check_plan(max_steps: int, tol: float, record_every: int) -> None:
    check_whole("max_steps", max_steps, 0)
    check_number("tol", tol, least=0)
    check_whole("record_every", record_every)


# --- schedules: step number k = 0, 1, 2, … → η_k -----------------------------------------------


@dataclass(frozen=True)
class Constant:
    """η_k = η₀."""

    eta0: float

    def __post_init__(self):
        check_number("eta", self.eta0, above=0)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0


@dataclass(frozen=True)
class InverseDecay:
    """η_k = η₀ / (k + 1): Σ η_k diverges and Σ η_k² converges, as a noisy gradient needs.

    >>> [InverseDecay(1.0)(k) for k in range(4)]
    [1.0, 0.5, 0.3333333333333333, 0.25]
    """

    eta0: float

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0 / (k + 1)


@dataclass(frozen=True)
class RecursiveDecay:
    """η_{k+1} = η_k / (k + 1), that is η_k = η₀ / k!: the walk freezes, Σ η_k = e η₀.

    It is what "divide the step by the step number" becomes when the divided step is kept; a
    mistake to be seen, not a schedule to be used.

    >>> [RecursiveDecay(1.0)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """

    eta0: float

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0 / math.factorial(k) if k <= 170 else 0.0  # 171! is beyond float64


@dataclass(frozen=True)
class StepDecay:
    """η_k = η₀ · factor^⌊k / every⌋: the same step for a while, then a smaller one.

    >>> [StepDecay(1.0, factor=0.5, every=2)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    eta0: float
    factor: float = 0.5
    every: int = 100

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)
        check_number("factor", self.factor, above=0, most=1)
        check_whole("every", self.every)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        return self.eta0 * self.factor ** (k // self.every)


@dataclass(frozen=True)
class WarmupCosine:
    """A schedule: η_k rises linearly to η₀ over the warm-up and falls to 0 along half a cosine.

    After `steps` steps it stays 0. Source: Loshchilov and Hutter, SGDR (2017), without restarts.

    >>> [round(WarmupCosine(1.0, steps=6, warmup=2)(k), 3) for k in range(7)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]
    """

    eta0: float
    steps: int
    warmup: int = 0

    def __post_init__(self):
        check_number("eta0", self.eta0, above=0)
        check_whole("steps", self.steps)
        check_whole("warmup", self.warmup, 0, self.steps - 1)

    def __call__(self, k: int) -> float:
        """Give the step η_k."""
        if k < self.warmup:
            return self.eta0 * (k + 1) / self.warmup
        done = min((k - self.warmup) / (self.steps - self.warmup), 1.0)
        return self.eta0 * (1 + math.cos(math.pi * done)) / 2


# --- samples --------------------------------------------------------------------------------


def minibatches(
    n: int,
    batch_size: int,
    *,
    random_state: int | np.random.RandomState | None = None,
    n_epochs: int | None = None,
) -> Iterator[np.ndarray]:
    """Draw minibatches of sample indices, shuffled anew for every epoch (pass over the data).

    Within an epoch each of the n samples comes exactly once (drawing without replacement), so
    there are ⌈n / batch_size⌉ batches, the last one shorter where batch_size does not divide n.

    Parameters
    ----------
    n : int
        Number of samples.
    batch_size : int
        Samples in a batch, 1 ≤ batch_size ≤ n; n makes every batch the whole data.
    random_state : int, RandomState or None
    n_epochs : int, optional
        Number of epochs; endless if None.

    Returns
    -------
    iterator over integer arrays of shape (batch_size,), or shorter at an epoch's end

    Raises
    ------
    ValueError
        For a batch_size out of range, at the call.

    Examples
    --------
    >>> [batch.size for batch in minibatches(10, 4, random_state=0, n_epochs=2)]
    [4, 4, 2, 4, 4, 2]
    """
    check_whole("batch_size", batch_size, 1, n)
    return _minibatches(n, batch_size, check_random_state(random_state), n_epochs)


def _minibatches(
    n: int, batch_size: int, rng: np.random.RandomState, n_epochs: int | None
) -> Iterator[np.ndarray]:
    epoch = 0
    while n_epochs is None or epoch < n_epochs:
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            yield order[start : start + batch_size]
        epoch += 1
