"""Checkers of the chapter on long short-term memory."""

from collections.abc import Callable

import numpy as np

from course_lib.exercises.checking import Checker

Array = np.ndarray

_rng = np.random.default_rng(31)


def _case(gates: int, d: int, h: int) -> tuple[Array, ...]:
    """Return an input, a state and parameters, of moderate size."""
    sizes = [(d,), (h,), (h,), (gates * h, d), (gates * h, h), (gates * h,)]
    return tuple(_rng.normal(size=size) for size in sizes)


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def _coupled(
    x: Array,
    h: Array,
    c: Array,
    W: Array,
    U: Array,
    b: Array,
    *,
    order: tuple[int, int, int] = (0, 1, 2),
    candidate: Callable[[Array], Array] = np.tanh,
    squash: Callable[[Array], Array] = np.tanh,
    swap: bool = False,
    whole: bool = False,
    shown: str = "new",
) -> Array:
    """One step of an LSTM whose input gate is 1 − f; the options are the mistakes."""
    parts = np.split(W @ x + U @ h + b, 3)
    f, g, o = (parts[k] for k in order)
    f, g, o = _sigmoid(f), candidate(g), _sigmoid(o)
    keep = 1 - f if swap else f
    new = keep * c + (g if whole else (1 - keep) * g)
    return np.stack([o * squash(new if shown == "new" else c), new])


_COUPLED_CASES = {
    "one input, one unit, nothing remembered": (
        *(np.array([1.0]), np.zeros(1), np.zeros(1)),
        *(np.array([[2.0], [0.5], [-1.0]]), np.zeros((3, 1)), np.zeros(3)),
    ),
    "one input, one unit, with a memory": _case(3, 1, 1),
    "three inputs, two units": _case(3, 3, 2),
}

check_coupled_step = Checker(
    task="one step of an LSTM with coupled gates",
    reference=_coupled,
    cases=_COUPLED_CASES,
    mistakes={
        "take the gates in the order o, f, g": lambda *a: _coupled(*a, order=(1, 2, 0)),
        "take the gates in the order f, o, g": lambda *a: _coupled(*a, order=(0, 2, 1)),
        "squash the candidate with σ instead of tanh": lambda *a: _coupled(*a, candidate=_sigmoid),
        "leave out tanh where the cell state is shown": lambda *a: _coupled(*a, squash=lambda c: c),
        "swap the roles of f and 1 − f": lambda *a: _coupled(*a, swap=True),
        "add the whole candidate, without 1 − f": lambda *a: _coupled(*a, whole=True),
        "show the old cell state instead of the new": lambda *a: _coupled(*a, shown="old"),
    },
)


def _gru(
    x: Array,
    h: Array,
    W: Array,
    U: Array,
    b: Array,
    u: Array,
    *,
    reset_after: bool = True,
    swap_update: bool = False,
    bias_inside: bool = True,
    swap_gates: bool = False,
) -> Array:
    """One step of torch's GRU; the options are the mistakes."""
    (x_r, x_z, x_n), (h_r, h_z, _) = np.split(W @ x + b, 3), np.split(U @ h + u, 3)
    r, z = _sigmoid(x_r + h_r), _sigmoid(x_z + h_z)
    r, z = (z, r) if swap_gates else (r, z)
    U_n, u_n = np.split(U, 3)[2], np.split(u, 3)[2]
    old = r * (U_n @ h + u_n) if reset_after else U_n @ (r * h) + u_n
    n = np.tanh(x_n + (old if bias_inside else r * (U_n @ h) + u_n))
    return z * n + (1 - z) * h if swap_update else (1 - z) * n + z * h


def _gru_case(d: int, h: int) -> tuple[Array, ...]:
    x, state, _, W, U, b = _case(3, d, h)
    return x, state, W, U, b, _rng.normal(size=3 * h)


check_gru_step = Checker(
    task="one step of torch's GRU",
    reference=_gru,
    cases={
        "one input, one unit": _gru_case(1, 1),
        "two inputs, three units": _gru_case(2, 3),
        "three inputs, two units": _gru_case(3, 2),
    },
    mistakes={
        "apply the reset gate to h, before the product": lambda *a: _gru(*a, reset_after=False),
        "swap the roles of z and 1 − z": lambda *a: _gru(*a, swap_update=True),
        "leave the candidate's second bias outside the reset": lambda *a: _gru(
            *a, bias_inside=False
        ),
        "take the update gate before the reset gate": lambda *a: _gru(*a, swap_gates=True),
    },
)
