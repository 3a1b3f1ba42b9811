"""Rules: what a step does with the gradient.

Symbols
    w, g   (d,)  parameters, and the gradient there
    eta          step (learning rate) η
    v      (d,)  velocity, or a mean of squared gradients; it starts at 0
    m      (d,)  mean of gradients

A rule keeps its options and no state: ``start(w)`` gives the state of a new walk, and
``step(w, g, eta, state)`` returns the next w and the next state. So one rule serves many walks, and
nothing changes in place. All operations are elementwise: O(d) a step, and O(d) memory for each
array of the state. With the same numbers each rule takes the steps of its namesake in torch.optim.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from course_lib.checks import check_number
from course_lib.estimator import Array, array_namespace

State = Any


class Rule(Protocol):
    """What `descend` asks of a rule."""

    def start(self, w: Array) -> State:
        """Return the state before the first step from w (d,)."""

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next state, given the gradient g (d,) at w."""


@dataclass(frozen=True)
class GradientStep:
    """w ← w − η g: the gradient itself, and nothing to remember."""

    def start(self, w: Array) -> State:
        """Return the state before the first step from w (d,)."""
        return None

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next state."""
        return w - eta * g, state


@dataclass(frozen=True)
class Momentum:
    """v ← βv + (1 − δ)g, w ← w − η v: a heavy ball, with β of its velocity kept (Polyak, 1964).

    Parameters
    ----------
    beta : float in [0, 1), default=0.9
    dampening : float in [0, 1), default=0
        δ. The first velocity is g itself, as in torch.
    weight_decay : float, default=0
        λ of a penalty λ/2‖w‖², whose gradient λw joins g.

    Notes
    -----
    A steady gradient moves w by η/(1 − β) times itself a step, not by η times.

    >>> rule = Momentum(0.5)
    >>> rule.step(1.0, 1.0, eta=0.1, state=2.0)
    (0.8, 2.0)
    """

    beta: float = 0.9
    dampening: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self):
        _check_share("beta", self.beta)
        _check_share("dampening", self.dampening)
        check_number("weight_decay", self.weight_decay, least=0)

    def start(self, w: Array) -> State:
        """Return the state before the first step from w (d,): no velocity yet."""
        return None

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next velocity (d,)."""
        g = _decayed(g, w, self.weight_decay)
        v = g if state is None else self.beta * state + (1 - self.dampening) * g
        return w - eta * self._direction(g, v), v

    def factor(self, lam: np.ndarray, eta: np.ndarray) -> np.ndarray:
        """By what a step multiplies the error, in the long run, where the curvature is λ.

        On a quadratic, without dampening and decay, the errors of three steps obey
        e_{k+1} = (1 + β − ηλ) e_k − βe_{k−1}; the factor is the size of the larger root of
        z² − (1 + β − ηλ) z + β. It is √β where the roots are complex, and above 1 the walk runs
        away. `lam` and `eta` are numbers or arrays that broadcast.

        >>> float(Momentum(0.0).factor(1.0, 0.25)), float(Momentum(0.81).factor(1.0, 1.0).round(6))
        (0.75, 0.9)
        """
        b = 1 + self.beta - np.asarray(eta) * np.asarray(lam)
        root = np.sqrt(np.asarray(b * b - 4 * self.beta, dtype=complex))
        return np.maximum(np.abs(b + root), np.abs(b - root)) / 2

    def motion(self, lam: float, eta: float) -> str:
        """How the error moves on a quadratic where the curvature is λ > 0.

        It "creeps" (real roots of `factor`'s equation, both positive: overdamped), "swings"
        (complex ones), "hops" from side to side at every step (both negative), or "runs away".
        For Polyak's momentum alone, without dampening and decay.

        >>> [Momentum(0.25).motion(1.0, eta) for eta in (0.2, 0.3, 2.3, 2.5)]
        ['creeps', 'swings', 'hops', 'runs away']
        """
        pull, root = eta * lam, math.sqrt(self.beta)
        if pull >= 2 * (1 + self.beta):
            return "runs away"
        if pull > (1 + root) ** 2:
            return "hops"
        return "creeps" if pull < (1 - root) ** 2 else "swings"

    def _direction(self, g: Array, v: Array) -> Array:
        return v


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v ← βv + g, w ← w − η(g + βv): momentum that looks where it will be (Nesterov, 1983).

    In Nesterov's own words the gradient is taken at the place where the velocity alone would lead;
    here w is that place, as in torch. Parameters as in `Momentum`, without dampening.

    >>> Nesterov(0.5).step(1.0, 1.0, eta=0.1, state=2.0)
    (0.8, 2.0)
    """

    def __post_init__(self):
        super().__post_init__()
        if self.dampening != 0:
            raise ValueError(f"dampening must be 0 for Nesterov, got {self.dampening!r}.")

    def factor(self, lam: np.ndarray, eta: np.ndarray) -> np.ndarray:
        """As `Momentum.factor`: the larger root of z² − (1 + β)(1 − ηλ) z + β(1 − ηλ).

        >>> float(Nesterov(0.25).factor(1.0, 0.75).round(6))
        0.25
        """
        left = 1 - np.asarray(eta) * np.asarray(lam)
        b = (1 + self.beta) * left
        root = np.sqrt(np.asarray(b * b - 4 * self.beta * left, dtype=complex))
        return np.maximum(np.abs(b + root), np.abs(b - root)) / 2

    def _direction(self, g: Array, v: Array) -> Array:
        return g + self.beta * v


@dataclass(frozen=True)
class AdaGrad:
    """v ← v + g², w ← w − η g/(√v + ε): coordinates of large gradients slow down for good.

    Parameters
    ----------
    eps : float, default=1e-10
    initial : float, default=0
        First value of v.
    weight_decay : float, default=0
        λ of a penalty λ/2‖w‖², whose gradient λw joins g.

    Notes
    -----
    Source: Duchi, Hazan and Singer, *Adaptive subgradient methods* (2011).
    """

    eps: float = 1e-10
    initial: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self):
        check_number("eps", self.eps, above=0)
        check_number("initial", self.initial, least=0)
        check_number("weight_decay", self.weight_decay, least=0)

    def start(self, w: Array) -> State:
        """Return the state before the first step from w (d,): v, the sum of squares (d,)."""
        return array_namespace(w).full_like(w, self.initial)

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next v (d,)."""
        xp = array_namespace(w)
        g = _decayed(g, w, self.weight_decay)
        v = state + g * g
        return w - eta * g / (xp.sqrt(v) + self.eps), v


@dataclass(frozen=True)
class RMSProp:
    """v ← αv + (1 − α)g², w ← w − η g/(√v + ε): AdaGrad that forgets (Tieleman, Hinton, 2012).

    Parameters
    ----------
    alpha : float in [0, 1), default=0.99
        What is kept of v a step.
    eps : float, default=1e-8
    momentum : float in [0, 1), default=0
        What is kept of a velocity of these steps.
    centered : bool, default=False
        Divide by the standard deviation √(v − m²) instead, m the mean of gradients.
    weight_decay : float, default=0
        λ of a penalty λ/2‖w‖², whose gradient λw joins g.
    """

    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    centered: bool = False
    weight_decay: float = 0.0

    def __post_init__(self):
        _check_share("alpha", self.alpha)
        check_number("eps", self.eps, above=0)
        _check_share("momentum", self.momentum)
        check_number("weight_decay", self.weight_decay, least=0)

    def start(self, w: Array) -> State:
        """Return the state before the first step from w (d,): v, m and the velocity, each (d,)."""
        zero = array_namespace(w).zeros_like(w)
        return zero, zero, zero

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next state."""
        xp = array_namespace(w)
        v, m, velocity = state
        g = _decayed(g, w, self.weight_decay)
        v = self.alpha * v + (1 - self.alpha) * g * g
        m = self.alpha * m + (1 - self.alpha) * g
        spread = xp.sqrt(v - m * m) if self.centered else xp.sqrt(v)
        velocity = self.momentum * velocity + g / (spread + self.eps)
        return w - eta * velocity, (v, m, velocity)


@dataclass(frozen=True)
class Adam:
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η m̂/(√v̂ + ε) (Kingma and Ba, 2015).

    m̂ = m/(1 − β₁ᵏ) and v̂ = v/(1 − β₂ᵏ) at step k = 1, 2, … undo the start at 0: without them the
    first steps would be too short or too long.

    Parameters
    ----------
    beta1, beta2 : float in [0, 1), default=0.9 and 0.999
    eps : float, default=1e-8
    amsgrad : bool, default=False
        Divide by the largest v so far, so that the step of a coordinate never grows again
        (Reddi, Kale and Kumar, 2018).
    weight_decay : float, default=0
        λ of a penalty λ/2‖w‖², whose gradient λw joins g, and is divided by √v̂ with it.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    amsgrad: bool = False
    weight_decay: float = 0.0

    def __post_init__(self):
        _check_share("beta1", self.beta1)
        _check_share("beta2", self.beta2)
        check_number("eps", self.eps, above=0)
        check_number("weight_decay", self.weight_decay, least=0)

    def start(self, w: Array) -> State:
        """Return the state before the first step from w (d,): k, m, v and the largest v."""
        zero = array_namespace(w).zeros_like(w)
        return 0, zero, zero, zero

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next state."""
        return self._step(w, _decayed(g, w, self.weight_decay), eta, state)

    def _step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        xp = array_namespace(w)
        k, m, v, largest = state
        k += 1
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        largest = xp.maximum(largest, v) if self.amsgrad else v
        m_hat = m / (1 - self.beta1**k)
        v_hat = largest / (1 - self.beta2**k)
        return w - eta * m_hat / (xp.sqrt(v_hat) + self.eps), (k, m, v, largest)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled decay: w ← (1 − ηλ)w, then Adam's step (Loshchilov and Hutter, 2019).

    The decay is not divided by √v̂: every coordinate shrinks by the same share. Parameters as in
    `Adam`, with weight_decay 0.01.
    """

    weight_decay: float = 0.01

    def step(self, w: Array, g: Array, eta: float, state: State) -> tuple[Array, State]:
        """Return the next w (d,) and the next state."""
        return self._step(w * (1 - eta * self.weight_decay), g, eta, state)


def _decayed(g: Array, w: Array, weight_decay: float) -> Array:
    return g + weight_decay * w if weight_decay else g


def _check_share(name: str, value: float) -> None:
    """Refuse what is not in [0, 1): at 1 nothing would ever be forgotten."""
    if not check_number(name, value, least=0, most=1) < 1:
        raise ValueError(f"{name} must be below 1, got {value!r}.")
