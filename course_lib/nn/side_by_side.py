"""Many small networks trained at once, each from its own first weights, at its own λ and η.

Symbols
    S        networks, all of the same widths
    X        (n, d)  inputs of all networks, or (S, n, d), each network's own
    y        (n,) classes, or (n, m) numbers to predict; or (S, n) and (S, n, m)
    W_l, b_l (S, d, h) and (S, 1, h), weights and biases of layer l of all networks

A comparison takes many networks: several widths, penalties, steps, each from several seeds. One
small network keeps a processor waiting between short products of matrices, and S of them in one
stack of matrices take much less than S times as long. Network s gets the very steps that
`MLPClassifier` with its seed, λ and η would take. With numbers in y the loss is the mean square of
the errors instead, added up over the m outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit

from course_lib.checks import check_number, check_whole
from course_lib.estimator import check_random_state, one_blas_thread
from course_lib.nn.layers import ACTIVATIONS, Layer, dense_network
from course_lib.optim import Adam, Momentum, minibatches

Stack = list[np.ndarray]

_BENDS: dict[str, tuple[Callable, Callable]] = {
    "relu": (lambda Z: np.maximum(Z, 0), lambda H: H > 0),
    "tanh": (np.tanh, lambda H: 1 - H * H),
    "sigmoid": (expit, lambda H: H * (1 - H)),
}
"""Each activation, and its derivative in terms of its value."""


@dataclass(frozen=True)
class SideBySide:
    """S trained networks.

    Attributes
    ----------
    weights : list of ndarray
        W_1 (S, d, h), b_1 (S, 1, h), W_2, b_2, …
    activation : {"relu", "tanh", "sigmoid"}
    loss_curve : array of shape (n_epochs, S)
        The objective in each epoch, as `MLPClassifier.loss_curve_`.
    watched : array of shape (n_epochs, S)
        Loss on the data that were watched, after each epoch; without such data of no rows.
    """

    weights: Stack
    activation: str
    loss_curve: np.ndarray
    watched: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def outputs(self, X: Any) -> np.ndarray:
        """Outputs of all networks (S, n, K) for inputs X (n, d) or (S, n, d)."""
        return _forward(np.asarray(X), self.weights, self.activation)[-1]

    def predict(self, X: Any) -> np.ndarray:
        """The place of the largest output (S, n)."""
        return self.outputs(X).argmax(axis=-1)

    def network(self, s: int) -> Layer:
        """Network s as layers of our engine."""
        widths = [self.weights[0].shape[1], *(b.shape[-1] for b in self.weights[1::2])]
        network = dense_network(widths, self.activation, random_state=0)
        network.load_state([w[s, 0] if k % 2 else w[s] for k, w in enumerate(self.weights)])
        return network


def train_side_by_side(
    X: Any,
    y: Any,
    hidden: Sequence[int],
    seeds: Sequence[int],
    *,
    activation: str = "relu",
    lam: Any = 0.0,
    rule: str = "adam",
    eta: Any = 0.01,
    batch_size: int = 32,
    n_epochs: int = 100,
    spread: float = 0.0,
    watch: tuple[Any, Any] | None = None,
) -> SideBySide:
    """Train a network for each seed.

    Parameters
    ----------
    X : array of shape (n, d) or (S, n, d)
    y : array of shape (n,) or (S, n) of whole numbers, the classes 0 … K − 1; or of floats, of
        shape (n, m) or (S, n, m)
    hidden : sequence of int
        Units of each hidden layer.
    seeds : sequence of S int
        The `random_state` of each network. The same seed may come twice, with another λ or η.
    activation, rule, batch_size, n_epochs
        As in `MLPClassifier`.
    lam, eta : float, or S of them, default=0 and 0.01
    spread : float, default=0
        The boundaries of the first layer's units, where w·x + b = 0, begin at distances from the
        origin drawn evenly from −spread to spread. With 0 all biases begin with 0.
    watch : (X, y), optional
        After each epoch the loss on these data is taken, and each network ends with the weights of
        its epoch with the smallest (early stopping).

    Raises
    ------
    ValueError
        For other shapes, an unknown activation or rule, and if a loss leaves the finite numbers.

    Examples
    --------
    >>> X, y = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]]), np.array([0, 0, 1, 1])  # XOR
    >>> train_side_by_side(X, y, [8], seeds=[0, 1], eta=0.03).predict(X).tolist()
    [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {activation!r}.")
    rules = {"adam": Adam, "momentum": Momentum, "sgd": lambda: Momentum(0.0)}
    if rule not in rules:
        raise ValueError(f"rule must be one of {list(rules)}, got {rule!r}.")
    S = len(seeds)
    lam, eta = (_for_each(name, v, S) for name, v in (("lam", lam), ("eta", eta)))
    X, Y = _data(X, y, S)
    lam, eta = lam.astype(X.dtype), eta.astype(X.dtype)
    n = X.shape[1]
    check_whole("batch_size", batch_size), check_whole("n_epochs", n_epochs)
    size, batches = min(batch_size, n), -(-n // min(batch_size, n))
    rngs = [check_random_state(int(seed)) for seed in seeds]
    widths = [X.shape[2], *hidden, Y.shape[2]]
    weights = _first_weights(widths, activation, rngs, X.dtype)
    if check_number("spread", spread, least=0):
        far = spread * np.stack([rng.uniform(-1, 1, widths[1]) for rng in rngs])[:, None]
        weights[1] = (far * np.sqrt((weights[0] ** 2).sum(axis=1, keepdims=True))).astype(X.dtype)
    drawn = [minibatches(n, size, random_state=rng, n_epochs=n_epochs) for rng in rngs]
    step = _stepper(weights, activation, _is_classes(y), lam, eta, rules[rule]())
    total, best = np.zeros((n_epochs, S)), None
    watched = np.zeros((0 if watch is None else n_epochs, S))
    at = np.arange(S)[:, None]
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        for k, rows in enumerate(zip(*drawn, strict=True)):
            rows = np.array(rows)  # (S, batch)
            total[k // batches] += step(X[at % len(X), rows], Y[at % len(Y), rows]) * rows.shape[1]
            if watch is not None and (k + 1) % batches == 0:
                best = _watch(watch, weights, activation, watched, k // batches, best)
    return SideBySide(weights if best is None else best, activation, total / n, watched)


# --- the steps of all networks ---------------------------------------------------------------


def _forward(X: np.ndarray, weights: Stack, activation: str) -> Stack:
    """Return X, the outputs of each hidden layer, and the scores, each (S, n, units)."""
    bend, H = _BENDS[activation][0], [X]
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        H.append((bend(H[-1]) if len(H) > 1 else H[-1]) @ W + b)
    return [X, *(bend(Z) for Z in H[1:-1]), H[-1]]


def _loss(scores: np.ndarray, Y: np.ndarray, classes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean loss of each network (S,), and its gradient by the scores (S, n, K)."""
    n = scores.shape[1]
    if not classes:
        error = scores - Y
        return (error * error).sum(axis=(1, 2)) / n, 2 / n * error
    scores = scores - scores.max(axis=-1, keepdims=True)
    P = np.exp(scores)
    total = P.sum(axis=-1, keepdims=True)
    own = (scores * Y).sum(axis=-1)  # (S, n)
    return (np.log(total[..., 0]) - own).mean(axis=1), (P / total - Y) / n


def _gradients(H: Stack, D: np.ndarray, weights: Stack, activation: str) -> Stack:
    """Return the gradient by each of the weights, from D, that by the scores."""
    slope, found = _BENDS[activation][1], []
    for k in range(len(weights) // 2 - 1, -1, -1):
        found += [D.sum(axis=1, keepdims=True), H[k].swapaxes(-1, -2) @ D]
        if k:
            D = (D @ weights[2 * k].swapaxes(-1, -2)) * slope(H[k])
    return found[::-1]


def _stepper(
    weights: Stack, activation: str, classes: bool, lam: np.ndarray, eta: np.ndarray, rule: Any
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the function that takes a step of all networks, and returns their objectives."""
    states = [rule.start(w) for w in weights]

    def step(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        H = [X, *_forward(X, weights, activation)[1:]]
        F, D = _loss(H[-1], Y, classes)
        gradients = _gradients(H[:-1], D, weights, activation)
        for k in range(0, len(weights), 2) if lam.any() else ():
            F = F + 0.5 * lam[:, 0, 0] * (weights[k] ** 2).sum(axis=(1, 2))
            gradients[k] = gradients[k] + lam * weights[k]
        if not np.isfinite(F).all():
            bad = int(np.flatnonzero(~np.isfinite(F))[0])
            raise ValueError(
                f"The loss of network {bad} became {F[bad]}: its steps are too long. Lower"
                f" eta={eta[bad, 0, 0]:g}, or standardise the columns of X."
            )
        for k, gradient in enumerate(gradients):
            weights[k], states[k] = rule.step(weights[k], gradient, eta, states[k])
        return F

    return step


def _watch(
    watch: tuple[Any, Any],
    weights: Stack,
    activation: str,
    watched: np.ndarray,
    epoch: int,
    best: Stack | None,
) -> Stack:
    """Write down the loss on the watched data; return the best weights of each network so far."""
    S = len(weights[0])
    X, Y = _data(*watch, S, weights[-1].shape[-1])
    watched[epoch] = _loss(_forward(X, weights, activation)[-1], Y, _is_classes(watch[1]))[0]
    if best is None:
        return [w.copy() for w in weights]
    better = watched[epoch] < watched[:epoch].min(axis=0)
    for old, new in zip(best, weights, strict=True):
        old[better] = new[better]
    return best


def _first_weights(widths: Sequence[int], activation: str, rngs: Sequence, dtype: Any) -> Stack:
    """Return the weights with which `MLPClassifier` begins, of all networks."""
    states = [
        dense_network(widths, activation, random_state=rng, dtype=dtype).state() for rng in rngs
    ]
    stacked = [np.stack(arrays) for arrays in zip(*states, strict=True)]
    return [w if w.ndim == 3 else w[:, None] for w in stacked]


# --- what comes in ---------------------------------------------------------------------------


def _is_classes(y: Any) -> bool:
    return np.asarray(y).dtype.kind in "iu"


def _for_each(name: str, value: Any, S: int) -> np.ndarray:
    """Return one number or S of them as an array (S, 1, 1)."""
    values = np.broadcast_to(np.asarray(value, dtype=float), S) if np.ndim(value) == 0 else value
    values = np.asarray(values, dtype=float)
    if values.shape != (S,):
        raise ValueError(f"{name} must be a number or {S} numbers, got shape {values.shape}.")
    for one in values:
        check_number(name, float(one), least=0)
    return values[:, None, None]


def _data(X: Any, y: Any, S: int, K: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return X (1 or S, n, d) and y as numbers (1 or S, n, m), classes with a 1 in their place."""
    X, y, classes = np.asarray(X), np.asarray(y), _is_classes(y)
    X = X if X.dtype.kind == "f" else X.astype(float)
    X = X[None] if X.ndim == 2 else X
    y = y[None] if y.ndim == (1 if classes else 2) else y
    if X.ndim != 3 or y.ndim != (2 if classes else 3) or X.shape[1] != y.shape[1] or not y.size:
        raise ValueError(
            "X must be (n, d) or (S, n, d), and y (n,) or (S, n) of classes, or (n, m) or (S, n, m)"
            f" of floats; got {X.shape} and {y.shape}."
        )
    if {len(X), len(y)} - {1, S}:
        raise ValueError(
            f"X and y must be those of one or of {S} networks, got {len(X)}, {len(y)}."
        )
    if classes:
        if y.min() < 0:
            raise ValueError(f"y must hold classes from 0 on, got {y.min()}.")
        y = np.eye(K or y.max() + 1, dtype=X.dtype)[y]
    return X, y
