"""Many small networks of one shape, trained at once: seeds and settings side by side.

Symbols
    N            networks; whatever differs between them has them as its first axis
    X, y         (n, d) and (n,), for all networks the same, or (N, n, d) and (N, n)
    W_l, b_l     (N, d_l, d_{l+1}) and (N, 1, d_{l+1}): weights and biases of layer l
    eta, k       learning rate η > 0 and step k = 0, 1, 2, …

A step of one small network is mostly the overhead of its calls, so N networks whose matrices are
stacked cost much less than N times one. No number goes from one network to another: each draws by
its own seed, and ends where `fit` takes it alone, but for rounding.

Sources of the settings: dropout, Srivastava and others (2014); decoupled weight decay, Loshchilov
and Hutter (2019); clipping, Pascanu, Mikolov and Bengio (2013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isqrt
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.checks import check_number, check_whole
from course_lib.estimator import check_random_state
from course_lib.nn.layers import ACTIVATIONS, NORMS, initial_weights
from course_lib.nn.training import epoch_seed

LEAK = 0.2  # slope of "leaky" below 0
BENDS = {
    **{"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid},
    "leaky": lambda Z: F.leaky_relu(Z, LEAK),
}
SINGLE = {
    **{"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid},
    "leaky": lambda: torch.nn.LeakyReLU(LEAK),
}
INIT = {name: init for name, (_, init) in ACTIVATIONS.items()} | {"leaky": "he"}
MOMENTUM, EPS = 0.1, 1e-5  # of the running statistics; torch's
RULES = ("momentum", "adam")


class ManyNetworks:
    """N multilayer perceptrons of one shape.

    Parameters
    ----------
    widths : sequence of at least two int
        Inputs, units of each hidden layer, outputs.
    activation : {"relu", "tanh", "sigmoid", "leaky"}, default="relu"
        "leaky" is ReLU with the slope 0.2 below 0, so that no unit's gradient is ever 0.
    norm : {"batch", "layer"}, optional
        Normalisation before each activation.
    init : str or float, or a sequence of N, optional
        As in `initial_weights`; by default what suits the activation.
    gain, dropout : float, or a sequence of N, default=1 and 0
        Factor of the initial weights; probability by which a hidden unit is left out in training.
    seeds : sequence of N int, default=(0,)
        What each network draws by: its initial weights, the order of its samples, its dropout.
    dtype : torch.dtype, default=torch.float32

    Attributes
    ----------
    W, b : list of Tensor (N, d_l, d_{l+1}) and (N, 1, d_{l+1})
        The initial weights are those of `dense_network` with ``random_state=seed``.
    gamma, beta : list of Tensor (N, 1, d_l)
        Scale and shift of each normalisation.
    running : list of pairs of Tensor (N, 1, d_l)
        Running mean and variance of each batch normalisation.

    Examples
    --------
    >>> networks = ManyNetworks([64, 20, 10], seeds=range(5))
    >>> networks(np.zeros((7, 64))).shape
    torch.Size([5, 7, 10])
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: str = "relu",
        *,
        norm: str | None = None,
        init: Any = None,
        gain: Any = 1.0,
        dropout: Any = 0.0,
        seeds: Sequence[int] = (0,),
        dtype: torch.dtype = torch.float32,
    ):
        if activation not in BENDS:
            raise ValueError(f"activation must be one of {list(BENDS)}, got {activation!r}.")
        if norm is not None and norm not in NORMS:
            raise ValueError(f"norm must be one of {list(NORMS)} or None, got {norm!r}.")
        if len(widths) < 2 or not len(seeds):
            raise ValueError(
                f"widths must name inputs and outputs, and seeds a seed; got {widths!r}, {seeds!r}."
            )
        self.activation, self.norm, self.dtype = activation, norm, dtype
        self.seeds = tuple(check_whole("each of seeds", seed, 0) for seed in seeds)
        self.widths, N = tuple(check_whole("each of widths", one) for one in widths), len(seeds)
        self.dropout = self.each("dropout", dropout, least=0)
        if (self.dropout >= 1).any():
            raise ValueError(f"dropout must be below 1, got {dropout!r}.")
        self._start(INIT[activation] if init is None else init, gain)
        hidden = self.widths[1:-1] if norm else ()
        self.gamma = [torch.ones(N, 1, h, dtype=dtype, requires_grad=True) for h in hidden]
        self.beta = [torch.zeros(N, 1, h, dtype=dtype, requires_grad=True) for h in hidden]
        self.running = [
            (torch.zeros(N, 1, h, dtype=dtype), torch.ones(N, 1, h, dtype=dtype))
            for h in (hidden if norm == "batch" else ())
        ]
        self.training = False

    def _start(self, init: Any, gain: Any) -> None:
        """Draw the initial weights, each network's by its own seed."""
        inits = [init] * len(self) if isinstance(init, str | float | int) else list(init)
        if len(inits) != len(self):
            raise ValueError(f"init must be one, or one for each of {len(self)}, got {init!r}.")
        gains = self.each("gain", gain, least=0).ravel().tolist()
        drawn = []
        for seed, one, factor in zip(self.seeds, inits, gains, strict=True):
            rng = check_random_state(seed)
            drawn.append(
                [
                    initial_weights(d, h, one, gain=factor, random_state=rng)
                    for d, h in pairwise(self.widths)
                ]
            )
        self.W = [
            torch.tensor(np.stack(layer), dtype=self.dtype).requires_grad_()
            for layer in zip(*drawn, strict=True)
        ]
        self.b = [
            torch.zeros(len(self), 1, h, dtype=self.dtype, requires_grad=True)
            for h in self.widths[1:]
        ]

    def __len__(self) -> int:
        return len(self.seeds)

    def each(self, name: str, value: Any, **bounds: float) -> torch.Tensor:
        """Return one number for each network, (N, 1, 1), from one for all or from N."""
        values = np.broadcast_to(value, len(self)) if np.ndim(value) == 0 else np.asarray(value)
        if values.shape != (len(self),):
            raise ValueError(
                f"{name} must be one number, or one for each of the {len(self)} networks,"
                f" got {value!r}."
            )
        numbers = [check_number(name, one, **bounds) for one in values.tolist()]
        return torch.tensor(numbers, dtype=self.dtype)[:, None, None]

    def parameters(self) -> list[torch.Tensor]:
        """Return all that training changes: weights, biases, scales and shifts."""
        return [*self.W, *self.b, *self.gamma, *self.beta]

    def train(self, on: bool = True) -> None:
        """Go over to training, or with False to prediction."""
        self.training = bool(on)

    def __call__(self, X: Any, kept: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        """Return the scores (N, n, K) of X; `kept` are the masks (N, n, h) of a dropout."""
        H = self._inputs(X)
        for layer, (W, b) in enumerate(zip(self.W[:-1], self.b[:-1], strict=True)):
            Z = torch.baddbmm(b, H, W)  # (N, n, h)
            H = BENDS[self.activation](self._normalised(Z, layer) if self.norm else Z)
            if kept is not None:
                H = H * kept[layer]
        return torch.baddbmm(self.b[-1], H, self.W[-1])

    @property
    def n_classes(self) -> int:
        """K, the number of scores."""
        return self.widths[-1]

    def losses(
        self, X: torch.Tensor, y: torch.Tensor, kept: Sequence[torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Return each network's mean loss on X (N, n, d) and y (N, n), as it is trained: (N,)."""
        return _losses(self(X, kept), y)

    def _inputs(self, X: Any) -> torch.Tensor:
        X = torch.as_tensor(X, dtype=self.dtype)
        if X.ndim not in (2, 3) or X.shape[-1] != self.widths[0]:
            raise ValueError(
                f"X must have the shape (n, {self.widths[0]}), or ({len(self)}, n,"
                f" {self.widths[0]}), got {tuple(X.shape)}."
            )
        return X.expand(len(self), *X.shape[-2:])

    def _normalised(self, Z: torch.Tensor, layer: int) -> torch.Tensor:
        if self.norm == "batch" and not self.training:
            mean, var = self.running[layer]
        else:
            axis = 1 if self.norm == "batch" else 2
            var, mean = torch.var_mean(Z, axis, correction=0, keepdim=True)
        if self.norm == "batch" and self.training:
            n, (old_mean, old_var) = Z.shape[1], self.running[layer]
            if n < 2:
                raise ValueError(
                    "a batch of one sample has no variance: choose another batch_size."
                )
            with torch.no_grad():
                old_mean.lerp_(mean, MOMENTUM), old_var.lerp_(var * n / (n - 1), MOMENTUM)
        return (Z - mean) * torch.rsqrt(var + EPS) * self.gamma[layer] + self.beta[layer]

    def take(self, i: int) -> torch.nn.Sequential:
        """Return network i as torch's own layers, in the mode of prediction, with copied weights.

        >>> ManyNetworks([2, 3, 2], seeds=(4, 5)).take(1)(torch.zeros(1, 2)).shape
        torch.Size([1, 2])
        """
        layers: list[torch.nn.Module] = []
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            linear = torch.nn.Linear(*W.shape[1:], dtype=self.dtype)
            linear.load_state_dict({"weight": W[i].T, "bias": b[i, 0]})
            layers.append(linear)
            if layer < len(self.W) - 1:
                layers += [*self._norm_of(layer, i), SINGLE[self.activation]()]
                if self.dropout[i] > 0:
                    layers.append(torch.nn.Dropout(self.dropout[i].item()))
        return torch.nn.Sequential(*layers).eval()

    def _norm_of(self, layer: int, i: int) -> list[torch.nn.Module]:
        if not self.norm:
            return []
        h, dtype = self.widths[layer + 1], self.dtype
        state = {"weight": self.gamma[layer][i, 0], "bias": self.beta[layer][i, 0]}
        if self.norm == "layer":
            single = torch.nn.LayerNorm(h, eps=EPS, dtype=dtype)
        else:
            single = torch.nn.BatchNorm1d(h, eps=EPS, momentum=MOMENTUM, dtype=dtype)
            mean, var = (one[i, 0] for one in self.running[layer])
            steps = single.num_batches_tracked
            state |= {"running_mean": mean, "running_var": var, "num_batches_tracked": steps}
        single.load_state_dict(state)
        return [single]


@dataclass
class Trainings:
    """What happened while N networks were trained.

    Attributes
    ----------
    losses : array of shape (n_steps, N)
        The loss of each step's batch, before the step.
    gradient_norms : array of shape (n_steps, N)
        Length of each network's whole gradient, before it was clipped.
    steps : array of shape (n_looks,)
        How many steps were done when the networks were looked at.
    watched : dict
        ``watched[name]["loss"]`` and ``["accuracy"]``, (n_looks, N), of the data called so.
    best_step : array of shape (N,)
        With patience, the steps after which each network's weights were kept; -1 for none.
    diverged : array of shape (N,)
        Whether a loss was not finite.
    """

    losses: np.ndarray
    gradient_norms: np.ndarray
    steps: np.ndarray
    watched: dict[str, dict[str, np.ndarray]]
    best_step: np.ndarray
    diverged: np.ndarray


def train_many(
    networks: ManyNetworks,
    X: Any,
    y: Any,
    *,
    eta: Any,
    n_steps: int,
    batch_size: int = 32,
    rule: str = "momentum",
    momentum: Any = 0.9,
    weight_decay: Any = 0.0,
    clip: Any = None,
    schedule: Callable[[int], float] | None = None,
    shift: int = 0,
    watch: Mapping[str, tuple[Any, Any]] | None = None,
    every: int | None = None,
    patience: int | None = None,
    at_look: Callable[[int], None] | None = None,
) -> Trainings:
    """Train N networks in place, each as if alone, and return what happened.

    Parameters
    ----------
    networks : ManyNetworks
    X, y : arrays (n, d) and (n,), or (N, n, d) and (N, n)
    eta, weight_decay : float, or a sequence of N
        Learning rate; decoupled decay: before each step weights, not biases, are multiplied by
        1 − η·decay.
    n_steps, batch_size : int
        The samples are shuffled anew once all have been used, as `fit` does it.
    rule : {"momentum", "adam"}, default="momentum"
        torch's SGD with momentum, or AdamW with its other defaults.
    momentum : float, or a sequence of N, default=0.9
        For "momentum" alone.
    clip : float, or a sequence of N, optional
        Largest length of a network's gradient; a longer one is scaled down to it.
    schedule : k → factor, optional
        Factor of all η at step k, such as ``WarmupCosine(1.0, steps=n_steps)``.
    shift : int, default=0
        Each picture of a batch is moved at random by up to so many pixels each way (`shifted`).
    watch : mapping of name to (X, y), optional
        Data on which loss and accuracy are measured every `every` steps, and at the end.
    every : int, optional
        Only at the end if None.
    patience : int, optional
        So many looks without a smaller loss on ``watch["validation"]`` and a network's training is
        over; in the end each gets the weights of its best look back.
    at_look : steps → None, optional
        Called at each look with the number of steps done, the networks in the mode of prediction.

    Raises
    ------
    ValueError
        For shapes that do not fit, numbers out of range, and patience without validation data.

    Notes
    -----
    A network whose loss is no longer finite goes on with numbers that are none; the others do not
    notice.

    Examples
    --------
    >>> X = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]])
    >>> networks = ManyNetworks([2, 8, 2], "tanh", seeds=range(3))
    >>> found = train_many(networks, X, [0, 0, 1, 1], eta=[0.01, 0.1, 0.3], n_steps=200)
    >>> found.losses[-1] < 0.1
    array([False,  True,  True])
    """
    check_whole("n_steps", n_steps), check_whole("batch_size", batch_size)
    every = n_steps if every is None else check_whole("every", every)
    watch = dict(watch or {})
    if patience is not None and check_whole("patience", patience) and "validation" not in watch:
        raise ValueError('patience watches the loss on watch["validation"]: give that data.')
    X, y = _data(networks, X, y)
    step = _Step(networks, rule, eta, momentum, weight_decay, clip)
    looks, best = _Looks(networks, watch), _Best(networks, patience)
    batches = _Batches(networks, X, y, batch_size, check_whole("shift", shift, 0))
    losses, norms = [], []
    for k in range(n_steps):
        networks.train()
        loss, norm = step(*batches.next(), k, 1.0 if schedule is None else schedule(k))
        losses.append(loss), norms.append(norm)
        if (k + 1) % every == 0 or k + 1 == n_steps:
            networks.train(False)
            best.judge(looks.look(k + 1))
            if at_look is not None:
                at_look(k + 1)
            if best.all_over():
                break
    networks.train(False)
    best.restore()
    table = torch.stack(losses).double().numpy()
    return Trainings(
        losses=table,
        gradient_norms=torch.stack(norms).double().numpy(),
        steps=np.array(looks.steps),
        watched=looks.tables(),
        best_step=best.steps,
        diverged=~np.isfinite(table).all(axis=0),
    )


def evaluate_many(networks: ManyNetworks, X: Any, y: Any) -> dict[str, np.ndarray]:
    """Return "loss" and "accuracy" of each network on data, two arrays (N,), as in prediction."""
    X, y = _data(networks, X, y)
    before = networks.training
    networks.train(False)
    with torch.no_grad():
        scores = networks(X)
        loss = _losses(scores, y)
        right = (scores.argmax(-1) == y).double().mean(1)
    networks.train(before)
    return {"loss": loss.double().numpy(), "accuracy": right.numpy()}


def noisy_labels(
    y: Any, share: float, *, n_classes: int, random_state: int | np.random.RandomState | None = None
) -> np.ndarray:
    """Return labels of which a share, drawn at random, was drawn anew from all classes.

    Of K classes a new label is by chance the old one with probability 1/K.

    >>> noisy_labels(np.zeros(6, int), 0.5, n_classes=10, random_state=0).tolist()
    [0, 4, 2, 0, 0, 5]
    """
    share, K = check_number("share", share, least=0, most=1), check_whole("n_classes", n_classes)
    rng, y = check_random_state(random_state), np.array(y)
    rows = rng.permutation(len(y))[: round(share * len(y))]
    y[rows] = rng.randint(K, size=len(rows))
    return y


def shifted(X: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Move square pictures (…, d) down and right by whole pixels (…); zeros come in from outside.

    >>> picture = torch.arange(1.0, 5.0)  # of 2 × 2 pixels
    >>> shifted(picture, torch.tensor(1), torch.tensor(0)).tolist()
    [0.0, 0.0, 1.0, 2.0]
    """
    side = isqrt(X.shape[-1])
    if side**2 != X.shape[-1]:
        raise ValueError(f"shifted needs square pictures, got {X.shape[-1]} pixels.")
    place = torch.arange(side)
    i, j = place - rows[..., None], place - columns[..., None]  # where a pixel comes from
    inside = ((i >= 0) & (i < side))[..., :, None] & ((j >= 0) & (j < side))[..., None, :]
    at = i.clamp(0, side - 1)[..., :, None] * side + j.clamp(0, side - 1)[..., None, :]
    return X.gather(-1, at.flatten(-2)) * inside.flatten(-2)


# --- parts of a training -------------------------------------------------------------------------


def _losses(scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return each network's mean cross-entropy, (N,)."""
    N, n, K = scores.shape
    return (
        F.cross_entropy(scores.reshape(N * n, K), y.reshape(-1), reduction="none")
        .reshape(N, n)
        .mean(1)
    )


def _data(networks: ManyNetworks, X: Any, y: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs (N, n, d) and classes (N, n)."""
    X, y = networks._inputs(X), torch.as_tensor(np.asarray(y))
    N, n, K = *X.shape[:2], networks.n_classes
    if y.shape not in ((n,), (N, n)) or not n:
        raise ValueError(f"y must have the shape ({n},) or ({N}, {n}), got {tuple(y.shape)}.")
    if y.is_floating_point() or y.min() < 0 or y.max() >= K:
        raise ValueError(f"y must hold whole numbers from 0 to {K - 1}.")
    return X, y.long().expand(N, n)


class _Batches:
    """Each network's batches, drawn by its own seed as `fit` draws them."""

    def __init__(
        self, networks: ManyNetworks, X: torch.Tensor, y: torch.Tensor, size: int, shift: int
    ):
        self.networks, self.X, self.y, self.size, self.shift = networks, X, y, size, shift
        self.epoch, self.start = -1, X.shape[1]

    def next(self) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor] | None]:
        """Return a batch (N, m, d), (N, m) and the masks of the dropout."""
        if self.start >= self.X.shape[1]:
            self._shuffle()
        rows = self.order[:, self.start : self.start + self.size]  # (N, m)
        self.start += self.size
        networks = torch.arange(len(rows))[:, None]
        X, y = self.X[networks, rows], self.y[networks, rows]
        if self.shift:
            moves = self._draw(lambda g: self._moves(rows.shape[1], g))  # (N, 2, m)
            X = shifted(X, moves[:, 0], moves[:, 1])
        return X, y, self._kept(rows.shape[1])

    def _shuffle(self) -> None:
        self.epoch, self.start = self.epoch + 1, 0
        self.generators = [
            torch.Generator().manual_seed(epoch_seed(seed, self.epoch))
            for seed in self.networks.seeds
        ]
        n = self.X.shape[1]
        self.order = self._draw(lambda g: torch.randperm(n, generator=g))

    def _draw(self, one: Callable[[torch.Generator], torch.Tensor]) -> torch.Tensor:
        return torch.stack([one(generator) for generator in self.generators])

    def _moves(self, m: int, generator: torch.Generator) -> torch.Tensor:
        return torch.randint(-self.shift, self.shift + 1, (2, m), generator=generator)

    def _kept(self, m: int) -> list[torch.Tensor] | None:
        """Return for each hidden layer 1/(1 − p) where a unit stays, 0 elsewhere, (N, m, h)."""
        p, dtype = self.networks.dropout, self.networks.dtype
        if not p.any():
            return None
        hidden = self.networks.widths[1:-1]
        sizes = [m * h for h in hidden]
        drawn = self._draw(lambda g: torch.rand(sum(sizes), generator=g, dtype=dtype))
        parts = drawn.split(sizes, dim=1)
        return [
            (part.reshape(len(p), m, h) >= p) / (1 - p)
            for part, h in zip(parts, hidden, strict=True)
        ]


class _Step:
    """The update of all networks by one batch of each."""

    def __init__(
        self, networks: ManyNetworks, rule: str, eta: Any, momentum: Any, decay: Any, clip: Any
    ):
        if rule not in RULES:
            raise ValueError(f"rule must be one of {list(RULES)}, got {rule!r}.")
        self.networks, self.rule = networks, rule
        self.eta = networks.each("eta", eta, above=0)
        self.momentum = networks.each("momentum", momentum, least=0, most=1)
        self.decay = networks.each("weight_decay", decay, least=0)
        self.clip = None if clip is None else networks.each("clip", clip, above=0)
        self.first = [torch.zeros_like(one) for one in networks.parameters()]
        self.second = [torch.zeros_like(one) for one in self.first]

    def __call__(
        self,
        X: torch.Tensor,
        y: torch.Tensor,
        kept: list[torch.Tensor] | None,
        k: int,
        factor: float,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take a step; return the losses before it and the lengths of the gradients, both (N,)."""
        parameters = self.networks.parameters()
        losses = self.networks.losses(X, y, kept)
        gradients = torch.autograd.grad(losses.sum(), parameters)
        with torch.no_grad():
            norms = torch.stack([(g * g).sum((1, 2)) for g in gradients]).sum(0).sqrt()
            if self.clip is not None:
                scale = (self.clip / (norms[:, None, None] + 1e-6)).clamp(max=1)  # as torch's
                gradients = [g * scale for g in gradients]
            eta, n_weights = self.eta * factor, len(self.networks.W)
            for i, (parameter, g) in enumerate(zip(parameters, gradients, strict=True)):
                if i < n_weights:
                    parameter *= 1 - eta * self.decay
                parameter -= eta * self._direction(i, g, k)
        return losses.detach(), norms

    def _direction(self, i: int, g: torch.Tensor, k: int) -> torch.Tensor:
        if self.rule == "momentum":
            return self.first[i].mul_(self.momentum).add_(g)
        first, second = self.first[i].lerp_(g, 0.1), self.second[i].lerp_(g * g, 0.001)
        first, second = first / (1 - 0.9 ** (k + 1)), second / (1 - 0.999 ** (k + 1))
        return first / (second.sqrt() + 1e-8)


@dataclass
class _Looks:
    """Losses and accuracies on watched data, look by look."""

    networks: ManyNetworks
    watch: dict[str, tuple[Any, Any]]
    steps: list[int] = field(default_factory=list)
    found: list[dict[str, dict[str, np.ndarray]]] = field(default_factory=list)

    def look(self, step: int) -> tuple[int, np.ndarray | None]:
        """Measure all data; return the step and the losses on the validation data."""
        now = {name: evaluate_many(self.networks, *data) for name, data in self.watch.items()}
        self.steps.append(step), self.found.append(now)
        return step, now["validation"]["loss"] if "validation" in now else None

    def tables(self) -> dict[str, dict[str, np.ndarray]]:
        """Return the measures as (n_looks, N)."""
        return {
            name: {
                measure: np.stack([one[name][measure] for one in self.found])
                for measure in ("loss", "accuracy")
            }
            for name in self.watch
        }


class _Best:
    """With patience: the weights of each network's best look, and whose training is over."""

    def __init__(self, networks: ManyNetworks, patience: int | None):
        self.networks, self.patience, N = networks, patience, len(networks)
        self.tensors = [*networks.parameters(), *(one for pair in networks.running for one in pair)]
        self.loss, self.steps = np.full(N, np.inf), np.full(N, -1)
        self.waited = np.zeros(N, dtype=int)
        self.kept = [one.detach().clone() for one in self.tensors] if patience else []

    def judge(self, look: tuple[int, np.ndarray | None]) -> None:
        """Keep the weights of the networks that are better than before and still waited for."""
        step, loss = look
        if not self.patience or loss is None:
            return
        better = (loss < self.loss) & (self.waited < self.patience)
        self.loss, self.steps = (
            np.where(better, loss, self.loss),
            np.where(better, step, self.steps),
        )
        self.waited = np.where(better, 0, self.waited + 1)
        at = torch.from_numpy(better)
        for kept, one in zip(self.kept, self.tensors, strict=True):
            kept[at] = one.detach()[at]

    def all_over(self) -> bool:
        """Whether no network is waited for any longer."""
        return bool(self.patience) and bool((self.waited >= self.patience).all())

    def restore(self) -> None:
        """Put the kept weights back, where there was a best look."""
        at = torch.from_numpy(self.steps >= 0)
        with torch.no_grad():
            for kept, one in zip(self.kept, self.tensors, strict=bool(self.kept)):
                one[at] = kept[at]
