"""Comparisons of the chapter on multilayer perceptrons, each over many networks side by side.

Symbols
    S        networks from different seeds, or one for each of S splits of the data
    splits   of the 1,797 digits: 1,200 to fit, 298 to choose by, 299 to test
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import log_loss

from course_lib.checks import check_whole
from course_lib.nn.autograd import Tensor, no_grad
from course_lib.nn.layers import Layer, dense_network
from course_lib.nn.piecewise import bends_through, sawtooth
from course_lib.nn.side_by_side import SideBySide, train_side_by_side

ON_POINTS = {"eta": 0.03, "batch_size": 100, "n_epochs": 600}
ON_DIGITS = {"rule": "momentum", "eta": 0.2, "batch_size": 50, "n_epochs": 40}
ON_A_CURVE = {"batch_size": 65, "n_epochs": 800, "spread": 1}
RATES = {
    "relu": (0.01, 0.03, 0.1),
    "tanh": (0.03, 0.1, 0.3),
    "sigmoid": (0.03, 0.1, 0.3),
}


# --- curves ----------------------------------------------------------------------------------


def curve_to_fit(x: ArrayLike) -> np.ndarray:
    """Return sin 2πx + x/2.

    >>> curve_to_fit([0, 0.25]).tolist()
    [0.0, 1.125]
    """
    x = np.asarray(x, dtype=float)
    return np.sin(2 * np.pi * x) + x / 2


class Fitted(NamedTuple):
    """Networks of one width that were fitted to a curve: the errors of all starts, and the best."""

    errors: np.ndarray
    network: Layer

    def output(self, x: ArrayLike) -> np.ndarray:
        """Return the best network's output (m,) at x (m,)."""
        return output_of(self.network, x)

    def parts(self, x: ArrayLike) -> np.ndarray:
        """Return what each unit adds to it, (m, h)."""
        first, bend, last = self.network.layers
        with no_grad():
            H = bend(first(Tensor(np.asarray(x, dtype=float)[:, None]))).data
        return H * last.W.data[:, 0]


def output_of(network: Layer, x: ArrayLike) -> np.ndarray:
    """Return the output (m,) of a network of one input and one output at x (m,).

    >>> output_of(bends_through([0, 1], [0, 2]), [0.5, 2])
    array([1., 4.])
    """
    with no_grad():
        return network(Tensor(np.asarray(x, dtype=float)[:, None])).data[:, 0]


def fit_curve(kind: str, units: int, *, starts: int = 5) -> Fitted:
    """Fit `curve_to_fit` on [−1, 1] by one hidden layer, from several starts.

    Of the learning rates in `RATES` the one with the smallest median error is taken. An error is
    the root of the mean square at 401 places, of which training has seen every sixth or so.
    """
    grid, fine = np.linspace(-1, 1, 65)[:, None], np.linspace(-1, 1, 401)[:, None]
    rates = RATES[kind]
    seeds, each = [*range(starts)] * len(rates), np.repeat(rates, starts)
    nets = train_side_by_side(
        grid, curve_to_fit(grid), [units], seeds, activation=kind, eta=each, **ON_A_CURVE
    )
    off = np.sqrt(np.mean((nets.outputs(fine) - curve_to_fit(fine)) ** 2, axis=(1, 2)))
    off = off.reshape(len(rates), starts)
    tuned = int(np.argmin(np.median(off, axis=1)))
    best = int(np.argmin(off[tuned]))
    return Fitted(off[tuned], nets.network(tuned * starts + best))


def fit_sawtooth(hidden: Sequence[int], D: int, *, starts: int = 20) -> np.ndarray:
    """Fit the sawtooth of D tents by hidden layers of ReLUs; return the error of each start.

    Of two learning rates, 0.01 and 0.03, the one with the smaller median is taken.
    """
    x = np.linspace(0, 1, 65)[:, None]
    rates = np.repeat([0.01, 0.03], starts)
    nets = train_side_by_side(
        2 * x - 1, sawtooth(x, D), hidden, [*range(starts)] * 2, eta=rates, batch_size=65,
        n_epochs=600, spread=1,
    )  # fmt: skip
    off = np.sqrt(np.mean((nets.outputs(2 * x - 1) - sawtooth(x, D)) ** 2, axis=(1, 2)))
    return min(off.reshape(2, starts), key=np.median)


def shallow_sawtooth(D: int, units: int) -> Layer:
    """Return one hidden layer with evenly spaced joints that is nearest to the sawtooth.

    Nearest in the mean square over a fine grid of [0, 1].

    >>> output_of(shallow_sawtooth(1, 2), [0, 0.5, 1]).round(6) + 0.0
    array([0., 1., 0.])
    """
    check_whole("units", units)
    x, knots = np.linspace(0, 1, 1025), np.linspace(0, 1, units + 1)
    hats = np.column_stack([np.interp(x, knots, one) for one in np.eye(units + 1)])
    return bends_through(knots, np.linalg.lstsq(hats, sawtooth(x, D), rcond=None)[0])


# --- saturation ------------------------------------------------------------------------------


def flat_share(kind: str, X: ArrayLike, units: int = 64, *, layers: int = 10) -> float:
    """Return the share of slopes below a hundredth of the largest, over layers of fresh weights.

    >>> flat_share("tanh", np.zeros((3, 4)))
    0.0
    """
    check_whole("layers", layers)
    shares = []
    for seed in range(layers):
        widths = [np.shape(X)[1], units, 1]
        first, bend, _ = dense_network(widths, kind, random_state=seed).layers
        with no_grad():
            H = bend(first(Tensor(X))).data
        slopes = {"relu": H > 0, "tanh": 1 - H * H, "sigmoid": 4 * H * (1 - H)}
        shares.append(np.mean(slopes[kind] < 0.01))
    return float(np.mean(shares))


# --- widths ----------------------------------------------------------------------------------


def errors_of_widths(
    samples: Sequence[tuple[np.ndarray, np.ndarray]],
    new: tuple[np.ndarray, np.ndarray],
    widths: Sequence[int],
    *,
    lam: float,
) -> np.ndarray:
    """Return % wrong of (fitted, new) points for each width and sample: (widths, 2, S).

    Parameters
    ----------
    samples : S pairs (X, y), all of one size
        A network is fitted to each, with first weights of its own.
    new : (X, y)
        Points that none has seen.
    widths : sequence of int
        Units of the hidden layer.
    lam : float
    """
    X, y = (np.array(part) for part in zip(*samples, strict=True))
    found = []
    for h in widths:
        nets = train_side_by_side(X, y, [h], range(len(samples)), lam=lam, **ON_POINTS)
        both = nets.predict(X) != y, nets.predict(new[0]) != new[1]
        found.append([100 * part.mean(axis=1) for part in both])
    return np.array(found)


def errors_of_prices(
    samples: Sequence[tuple[np.ndarray, np.ndarray]],
    held: tuple[np.ndarray, np.ndarray],
    units: int,
    lams: Sequence[float],
) -> np.ndarray:
    """Return the mean % wrong of held points for each λ (len(lams),), fitted to all samples.

    Parameters
    ----------
    samples : pairs (X, y), all of one size
    held : (X, y)
        Points that none has seen, to choose by.
    units : int
        Units of the hidden layer.
    lams : sequence of float
    """
    X, y = (np.array(part) for part in zip(*samples, strict=True))
    L, S = len(lams), len(samples)
    nets = train_side_by_side(
        np.tile(X, (L, 1, 1)), np.tile(y, (L, 1)), [units], [*range(S)] * L,
        lam=np.repeat(np.asarray(lams, dtype=float), S), **ON_POINTS,
    )  # fmt: skip
    return 100 * np.mean(nets.predict(held[0]) != held[1], axis=1).reshape(L, S).mean(axis=1)


# --- splits ----------------------------------------------------------------------------------


def splits(n: int, ends: Sequence[int], count: int = 10) -> list[list[np.ndarray]]:
    """Return `count` random orders of n rows, each cut at the ends into three parts.

    >>> [len(part) for part in splits(10, (5, 8), 1)[0]]
    [5, 3, 2]
    """
    return [np.split(np.random.default_rng(k).permutation(n), ends) for k in range(count)]


class Tuned(NamedTuple):
    """% wrong of the test rows of each split, and the setting that was chosen."""

    errors: np.ndarray
    chosen: Any


class Prepared(NamedTuple):
    """% wrong of the test rows of each split, the rate that was chosen, and the epochs it took."""

    errors: np.ndarray
    chosen: float
    epochs: np.ndarray


def prepared(
    X: np.ndarray,
    y: np.ndarray,
    cuts: Sequence,
    way: str,
    etas: Sequence[float],
    *,
    n_epochs: int = 300,
) -> Prepared:
    """Train 16 units on features that were prepared in one of three ways, and stop each in time.

    Each network keeps the weights of its epoch with the smallest loss on the rows to choose by.

    Parameters
    ----------
    X, y : arrays of shapes (n, d) and (n,)
    cuts : list of (rows to fit, rows to choose by, rows to test)
        As of `splits`. Mean and standard deviation are those of the rows to fit.
    way : {"as measured", "zero-centred", "standardised"}
    etas : sequence of float
        The one with the smallest mean loss on the rows to choose by is taken, for all splits.
    """
    ways = ("as measured", "zero-centred", "standardised")
    if way not in ways:
        raise ValueError(f"way must be one of {list(ways)}, got {way!r}.")
    rows = [np.array(part) for part in zip(*cuts, strict=True)]
    shift = X[rows[0]].mean(axis=1, keepdims=True) if way != "as measured" else 0
    scale = X[rows[0]].std(axis=1, keepdims=True) if way == "standardised" else 1
    count, S = len(etas), len(cuts)
    fit, held, new = (np.tile((X[part] - shift) / scale, (count, 1, 1)) for part in rows)
    labels = [np.tile(y[part], (count, 1)) for part in rows]
    nets = train_side_by_side(
        fit, labels[0], [16], [*range(S)] * count, eta=np.repeat(etas, S),
        n_epochs=n_epochs, watch=(held, labels[1]),
    )  # fmt: skip
    best = int(np.argmin(nets.watched.min(axis=0).reshape(count, S).mean(axis=1)))
    wrong = (nets.predict(new) != labels[2]).mean(axis=1).reshape(count, S)
    stopped = 1 + nets.watched.argmin(axis=0).reshape(count, S)[best]
    return Prepared(100 * wrong[best], etas[best], stopped)


class DigitNetworks(NamedTuple):
    """For each split the network with the smallest loss on the rows to choose by, and that loss."""

    errors: np.ndarray
    lam: np.ndarray
    answers: np.ndarray
    loss: np.ndarray


def digit_networks(
    X: np.ndarray, y: np.ndarray, cuts: Sequence, hidden: Sequence[int], lams: Sequence[float]
) -> DigitNetworks:
    """Train a network on each split, and choose λ and the epoch by the rows to choose by.

    Parameters as in `prepared`.
    """
    fit, held, new = (np.array(part) for part in zip(*cuts, strict=True))
    S, watch = len(cuts), (X[held], y[held])
    tried: list[SideBySide] = [
        train_side_by_side(X[fit], y[fit], hidden, range(S), lam=lam, watch=watch, **ON_DIGITS)
        for lam in lams
    ]
    losses = np.array([one.watched.min(axis=0) for one in tried])
    pick = losses.argmin(axis=0)
    answers = np.array([one.predict(X[new]) for one in tried])[pick, np.arange(S)]
    errors = 100 * np.mean(answers != y[new], axis=1)
    return DigitNetworks(errors, np.asarray(lams)[pick], answers, losses.min(axis=0))


def tuned_rival(
    models: Mapping[Any, Any], X: np.ndarray, y: np.ndarray, cuts: Sequence, by: str
) -> Tuned:
    """Choose one of several models on each split, and test it.

    Parameters
    ----------
    models : mapping of a setting to a classifier with `fit`, `predict` and `predict_proba`
    by : {"loss", "errors"}
        What is smallest on the rows to choose by; the first of equals.
    """
    if by not in ("loss", "errors"):
        raise ValueError(f"by must be 'loss' or 'errors', got {by!r}.")
    found, chosen = [], []
    for fit, held, new in cuts:
        judged = {}
        for setting, model in models.items():
            model.fit(X[fit], y[fit])
            if by == "loss":
                judged[setting] = log_loss(y[held], model.predict_proba(X[held]))
            else:
                judged[setting] = np.mean(model.predict(X[held]) != y[held])
        best = min(judged, key=judged.__getitem__)
        found.append(100 * np.mean(models[best].predict(X[new]) != y[new]))
        chosen.append(best)
    return Tuned(np.array(found), chosen)
