"""Checkers of the chapter on recurrent networks."""

import numpy as np

from course_lib.exercises.checking import Checker

Array = np.ndarray

_rng = np.random.default_rng(30)


def _rnn(
    x: Array,
    W: Array,
    U: Array,
    b: Array,
    *,
    carried: bool = True,
    bend_before: bool = True,
    turned: bool = False,
    biased: bool = True,
    last: bool = False,
    early: bool = False,
) -> Array:
    """States (T, h) of a plain RNN that starts from 0; the options are the mistakes."""
    h, H = np.zeros(len(b)), []
    U = U.T if turned else U
    for x_t in x:
        z = W @ x_t + b * biased
        if early:
            H.append(h)
        h = np.tanh(z + U @ h * carried) if bend_before else np.tanh(z) + U @ h
        if not early:
            H.append(h)
    return H[-1] if last else np.array(H)


def _rnn_case(T: int, d: int, h: int) -> tuple[Array, ...]:
    return tuple(_rng.normal(size=size) for size in ((T, d), (h, d), (h, h), h))


check_rnn = Checker(
    task="the states of a plain recurrent network",
    reference=_rnn,
    cases={
        "one step": _rnn_case(1, 2, 3),
        "two steps, one unit": _rnn_case(2, 1, 1),
        "five steps, three units": _rnn_case(5, 2, 3),
    },
    mistakes={
        "forget the state of the step before": lambda *a: _rnn(*a, carried=False),
        "add U h outside tanh": lambda *a: _rnn(*a, bend_before=False),
        "take the transpose of U": lambda *a: _rnn(*a, turned=True),
        "leave out b": lambda *a: _rnn(*a, biased=False),
        "return the last state only": lambda *a: _rnn(*a, last=True),
        "keep each state before its step instead of after it": lambda *a: _rnn(*a, early=True),
    },
)


def _bptt(
    x: Array,
    w: float,
    u: float,
    y: float,
    *,
    far: bool = True,
    bent: bool = True,
    weighted: bool = True,
    shifted: bool = False,
    sign: float = 1.0,
) -> Array:
    """Slopes of L = ½ (h_T − y)² by w and u, for h_t = tanh(w x_t + u h_{t−1}), h_0 = 0."""
    h = [0.0]
    for x_t in x:
        h.append(np.tanh(w * x_t + u * h[-1]))
    slope, by_w, by_u = sign * (h[-1] - y), 0.0, 0.0
    for t in range(len(x), 0, -1):
        delta = slope * (1 - h[t] ** 2) if bent else slope
        by_w += delta * x[t - 1]
        by_u += delta * h[t if shifted else t - 1]
        slope = delta * u if weighted else delta
        if not far:
            break
    return np.array([by_w, by_u])


check_bptt = Checker(
    task="the two slopes of the loss by backpropagation through time",
    reference=_bptt,
    cases={
        "one step": (np.array([0.5]), 0.8, 0.6, 1.0),
        "two steps": (np.array([1.0, -0.5]), 0.7, 1.2, 0.25),
        "five steps": (np.array([0.5, -1.0, 0.25, 2.0, -0.5]), 0.4, -0.9, 0.5),
    },
    mistakes={
        "stop after the last step": lambda *a: _bptt(*a, far=False),
        "leave out the slope of tanh": lambda *a: _bptt(*a, bent=False),
        "leave out u on the way back": lambda *a: _bptt(*a, weighted=False),
        "multiply with h of the step instead of the step before": lambda *a: _bptt(
            *a, shifted=True
        ),
        "take y − h_T instead of h_T − y": lambda *a: _bptt(*a, sign=-1.0),
    },
)


def _windows(
    x: Array,
    w: float,
    u: float,
    y: Array,
    window: int,
    *,
    cut: bool = True,
    carried: bool = True,
    sliding: bool = False,
    last: bool = False,
) -> Array:
    """Slopes of L = ½ Σ (h_t − y_t)² by w and u as training in windows sees them.

    The state goes on from window to window, the gradient does not; the options are the mistakes.
    """
    h = [0.0]
    for t, x_t in enumerate(x):
        before = h[-1] if carried or t % window else 0.0
        h.append(np.tanh(w * x_t + u * before))
    found = np.zeros(2)
    for end in range(len(x) - 1, len(x) - 2 if last else -1, -1):
        first = end - end % window if cut else 0
        first = max(0, end - window + 1) if sliding else first
        slope = h[end + 1] - y[end]
        for t in range(end, first - 1, -1):
            delta = (1 - h[t + 1] ** 2) * slope
            before = h[t] if carried or t % window else 0.0
            found += delta * np.array([x[t], before])
            slope = u * delta
    return found


check_windows = Checker(
    task="the two slopes of the loss of all steps, as windows see them",
    reference=_windows,
    cases={
        "windows of one step": (np.array([1.0, 0.5]), 1.0, 0.5, np.array([0.0, 1.0]), 1),
        "two windows of two steps": (
            np.array([1.0, -0.5, 0.25, 2.0]),
            0.7,
            1.2,
            np.array([0.0, 0.5, 1.0, -0.5]),
            2,
        ),
        "a last window that is shorter": (
            np.array([0.5, -1.0, 0.25, 2.0, -0.5]),
            0.4,
            -0.9,
            np.array([0.5, 0.0, -0.5, 1.0, 0.25]),
            3,
        ),
        "one window over all steps": (
            np.array([0.5, -1.0, 0.25]),
            0.4,
            0.9,
            np.array([0.5, 0.0, -0.5]),
            9,
        ),
    },
    mistakes={
        "let the gradient go on over the windows' borders": lambda *a: _windows(*a, cut=False),
        "start each window from the state 0": lambda *a: _windows(*a, carried=False),
        "look back a whole window from every step, over the borders": lambda *a: _windows(
            *a, sliding=True
        ),
        "count the loss of the last step alone": lambda *a: _windows(*a, last=True),
    },
)


def _masked(losses: Array, lengths: Array) -> float:
    """Mean of losses (B, T) over the first lengths[b] steps of each row b."""
    real = np.arange(losses.shape[1]) < np.asarray(lengths)[:, None]
    return float(losses[real].mean())


def _first(losses: Array, lengths: Array) -> list[Array]:
    return [row[:n] for row, n in zip(losses, lengths, strict=True)]


check_masked_loss = Checker(
    task="the mean loss of the symbols that are not padding",
    reference=_masked,
    cases={
        "one sequence, no padding": (np.array([[1.0, 2.0, 6.0]]), np.array([3])),
        "two sequences, one padded": (
            np.array([[1.0, 2.0, 6.0], [5.0, 0.5, 0.5]]),
            np.array([3, 1]),
        ),
        "all padded, with large numbers in the padding": (
            np.array([[2.0, 1.0, 0.0, 90.0], [4.0, 70.0, 80.0, 60.0], [0.5, 3.0, 50.0, 30.0]]),
            np.array([3, 1, 2]),
        ),
    },
    mistakes={
        "count the padding as well": lambda losses, lengths: losses.mean(),
        "divide by B T instead of the number of symbols": lambda losses, lengths: (
            sum(row.sum() for row in _first(losses, lengths)) / losses.size
        ),
        "average each sequence first, so that a short one weighs as much as a long one": lambda
        losses, lengths: np.mean([row.mean() for row in _first(losses, lengths)]),
        "leave out the last symbol of each sequence": lambda losses, lengths: (
            sum(row[:-1].sum() for row in _first(losses, lengths)) / max(sum(lengths - 1), 1)
        ),
        "add up without dividing": lambda losses, lengths: sum(
            row.sum() for row in _first(losses, lengths)
        ),
    },
)  # fmt: skip


def _softmax(logits: Array) -> Array:
    """Probabilities of logits, without overflow."""
    logits = np.asarray(logits, dtype=float)
    p = np.exp(logits - logits.max())
    return p / p.sum()


check_temperature = Checker(
    task="the probabilities at a temperature",
    reference=lambda logits, tau: _softmax(np.asarray(logits, dtype=float) / tau),
    cases={
        "temperature 1": (np.array([0.0, 1.0, -0.5]), 1.0),
        "temperature 2": (np.array([0.0, 1.0, -0.5]), 2.0),
        "temperature a half": (np.array([1.0, 0.5, 2.0, 1.0]), 0.5),
        "very cold": (np.array([9.0, 10.0, 3.0]), 0.01),
    },
    mistakes={
        "multiply by the temperature instead of dividing": lambda logits, tau: _softmax(
            logits * tau
        ),
        "ignore the temperature": lambda logits, tau: _softmax(logits),
        "divide the probabilities by the temperature": lambda logits, tau: _softmax(logits) / tau,
        "forget to normalise": lambda logits, tau: np.exp((logits - logits.max()) / tau),
    },
)
