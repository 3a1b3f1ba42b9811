"""Trials of the chapter on margin losses: small networks with different losses, side by side.

Symbols
    N        networks: the settings of the first seed, then those of the second, …
    x        (N, n, d)  embeddings, W (N, K, d) weights of the classes
    looks    moments of a training at which both are kept
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.checks import check_whole
from course_lib.nn.layers import initial_weights
from course_lib.nn.many import ManyNetworks, train_many
from course_lib.nn.margin_losses import SCALE, Annealing, check_margin, margin_logits
from course_lib.nn.verification import class_angles, equal_error_rate, error_rates, pair_cosines

Setting = tuple[str, float | None]
"""A loss of `LOSSES` and its margin, None for the usual one."""


class ManyMarginNetworks(ManyNetworks):
    """N multilayer perceptrons that make embeddings, each with weights of K classes and a loss.

    It is trained by `train_many`, as other networks are. Called, it gives the logits without a
    margin.

    Parameters
    ----------
    widths : sequence of int
        Inputs, units of each hidden layer, d.
    n_classes : int
        K.
    settings : sequence of N (loss, m)
        As `margin_logits` takes them.
    annealing : k → λ, optional
        For L-Softmax and A-Softmax: weight of the plain cosine at step k.
    s : float, or a sequence of N
        Scale of the losses that use one.
    seeds, **options
        As `ManyNetworks` takes them; networks with the same seed begin alike, whatever their loss.

    Attributes
    ----------
    head : Tensor (N, K, d)
        Weights of the classes.
    step : int
        Steps of training done.
    """

    def __init__(
        self,
        widths: Sequence[int],
        n_classes: int,
        settings: Sequence[Setting],
        *,
        annealing: Any = None,
        s: float | Sequence[float] = SCALE,
        seeds: Sequence[int],
        **options: Any,
    ):
        super().__init__(widths, seeds=seeds, **options)
        if len(settings) != len(self):
            raise ValueError(
                f"settings must name a loss for each of {len(self)} seeds, got {len(settings)}."
            )
        if np.shape(s) not in ((), (len(self),)):
            raise ValueError(f"s must be one number or {len(self)}, got the shape {np.shape(s)}.")
        self.s = np.broadcast_to(np.asarray(s, dtype=float), len(self)).tolist()
        self.groups: dict[tuple[str, float, float], list[int]] = {}
        for i, ((loss, m), scale) in enumerate(zip(settings, self.s, strict=True)):
            self.groups.setdefault((loss, check_margin(loss, m), scale), []).append(i)
        self.annealing, self.step = annealing, 0
        K, d = check_whole("n_classes", n_classes, 2), self.widths[-1]
        drawn = [
            initial_weights(d, K, "lecun", random_state=np.random.RandomState([seed, 1])).T
            for seed in self.seeds
        ]
        self.head = torch.tensor(np.stack(drawn), dtype=self.dtype).requires_grad_()

    @property
    def n_classes(self) -> int:
        """K."""
        return self.head.shape[1]

    def parameters(self) -> list[torch.Tensor]:
        """Return all that training changes, the weights of the classes last."""
        return [*super().parameters(), self.head]

    def embed(self, X: Any, kept: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        """Return the embeddings (N, n, d) of X."""
        return super().__call__(X, kept)

    def __call__(self, X: Any, kept: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        """Return the logits (N, n, K) of X, without a margin."""
        return self._logits(self.embed(X, kept), None)

    def losses(
        self, X: torch.Tensor, y: torch.Tensor, kept: Sequence[torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Return each network's mean loss with its margin, (N,)."""
        z = self._logits(self.embed(X, kept), y)
        self.step += self.training
        return F.cross_entropy(z.movedim(-1, 1), y, reduction="none").mean(1)

    def _logits(self, x: torch.Tensor, y: torch.Tensor | None) -> torch.Tensor:
        found, order = [], []
        for (loss, m, s), rows in self.groups.items():
            annealed = self.annealing is not None and loss in ("L-Softmax", "A-Softmax")
            z = margin_logits(
                x[rows],
                self.head[rows],
                None if y is None else y[rows],
                loss,
                m=m,
                s=s,
                lam=self.annealing(self.step) if annealed else 0.0,
            )
            found.append(z)
            order += rows
        return torch.cat(found)[np.argsort(order)]


class Snapshots(NamedTuple):
    """Embeddings and weights of N networks at the looks of a training; L is their number."""

    epochs: np.ndarray  # (L,)
    Z: np.ndarray  # (N, L, n, d)
    W: np.ndarray  # (N, L, K, d)
    y: np.ndarray  # (n,)
    accuracy: np.ndarray  # (N, L) on the samples that were trained on


def plane_features(
    settings: Sequence[Setting],
    X: Any,
    y: Any,
    *,
    at: Sequence[int] = (0, 1, 2, 5, 10, 20, 40, 60),
    seeds: Sequence[int] = (0,),
    hidden: Sequence[int] = (64, 32),
    d: int = 2,
    eta: float = 3e-3,
    batch_size: int = 64,
) -> Snapshots:
    """Train networks whose embeddings can be drawn, a loss each, and keep them as they change.

    Parameters
    ----------
    settings : sequence of (loss, m)
        Each is trained from every seed; all seeds begin alike for every setting.
    X, y : arrays (n, inputs) and (n,)
    at : sequence of int
        Epochs after which all is kept, rising, 0 for the start; the last one ends the training.
    seeds, hidden, d, eta, batch_size
        Adam with a rate η that is a tenth in the last fifth of the steps. λ falls from 1000 to 5 in
        the first third.

    Returns
    -------
    Snapshots
        The settings of the first seed come first.
    """
    at = [check_whole("each of at", one, 0) for one in at]
    if at != sorted(set(at)) or at[-1] < 1:
        raise ValueError(f"at must rise, to an epoch of at least 1, got {at!r}.")
    X, y = np.asarray(X, dtype=np.float32), np.asarray(y)
    an_epoch = -(-len(X) // batch_size)
    n_steps = at[-1] * an_epoch
    networks = ManyMarginNetworks(
        [X.shape[1], *hidden, d],
        int(y.max()) + 1,
        [*settings] * len(seeds),
        annealing=Annealing(max(1, n_steps // 3)),
        seeds=np.repeat(seeds, len(settings)).tolist(),
    )
    kept: dict[int, tuple[np.ndarray, ...]] = {}

    def keep(step: int) -> None:
        if step / an_epoch in at:
            with torch.no_grad():
                x, right = networks.embed(X), networks(X).argmax(-1).numpy() == y
            W = networks.head.detach().numpy().copy()
            kept[step // an_epoch] = x.numpy(), W, right.mean(axis=1)

    keep(0)
    train_many(
        networks,
        X,
        y,
        eta=eta,
        n_steps=n_steps,
        batch_size=batch_size,
        rule="adam",
        schedule=_late_tenth(n_steps),
        every=an_epoch,
        at_look=keep,
    )
    Z, W, accuracy = (np.stack(one, axis=1) for one in zip(*kept.values(), strict=True))
    return Snapshots(np.array(at), Z, W, y, accuracy)


# --- new classes ---------------------------------------------------------------------------------


def verify(Z: Any, y: Any, Z_new: Any, y_new: Any) -> dict[str, float]:
    """Return how well pairs are told apart, of known classes and of new ones.

    Returns
    -------
    dict
        "eer_seen", "eer_new": equal error rates. "threshold": that of the known classes;
        "new_accepts", "new_rejects": both errors on the new ones at it. "within", "nearest": the
        angles of the known classes, in degrees.
    """
    seen, new = pair_cosines(Z, y), pair_cosines(Z_new, y_new)
    rate, threshold = equal_error_rate(*seen)
    accepts, rejects = error_rates(*new, threshold)
    return {
        "eer_seen": rate,
        "eer_new": equal_error_rate(*new).rate,
        "threshold": threshold,
        "new_accepts": accepts,
        "new_rejects": rejects,
        **class_angles(Z, y)._asdict(),
    }


class Parted(NamedTuple):
    """Samples of one run: of known classes for training and testing, and of new classes."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    X_new: np.ndarray
    y_new: np.ndarray


def part_classes(X: Any, y: Any, *, n_new: int, n_train: int, n_test: int, seed: int) -> Parted:
    """Draw which classes are new, and so many samples of each class, without putting any back.

    Known classes and new ones are numbered from 0, each in a random order; of a new class there are
    n_train + n_test samples.

    Raises
    ------
    ValueError
        For a class with fewer samples, and where fewer than two classes are known or new.
    """
    X, y, draw = np.asarray(X), np.asarray(y), np.random.RandomState(seed)
    classes, both = draw.permutation(np.unique(y)), n_train + n_test
    check_whole("n_new", n_new, 2, len(classes) - 2)
    rows = [draw.permutation(np.flatnonzero(y == one)) for one in classes]
    if min(map(len, rows)) < both:
        raise ValueError(f"every class must have {both} samples, got one of {min(map(len, rows))}.")
    known, new = rows[:-n_new], rows[-n_new:]
    places = (
        [one[:n_train] for one in known],
        [one[n_train:both] for one in known],
        [one[:both] for one in new],
    )
    found = []
    for one in places:
        found += [X[np.concatenate(one)], np.repeat(np.arange(len(one)), len(one[0]))]
    return Parted(*found)


def new_classes(
    X: Any,
    y: Any,
    settings: Sequence[Setting],
    *,
    runs: int = 12,
    n_new: int = 3,
    n_train: int = 120,
    n_test: int = 54,
    eta: float = 1e-3,
    s: float = SCALE,
    **options: Any,
) -> dict[str, dict[Setting, list[float]]]:
    """Train on some classes with each loss, and verify pairs of them and of new classes.

    Every run draws its new classes and its samples (`part_classes`) and has first weights of its
    own, both the same for all losses: they can be compared run by run.

    Parameters
    ----------
    X, y : arrays (n, inputs) and (n,)
    settings : sequence of (loss, m)
    runs, n_new, n_train, n_test : int
    eta, s, **options
        As `trained_and_verified` takes them, the same for all networks.

    Returns
    -------
    dict
        By measure, those of `verify` and "accuracy" on the known classes, and by setting the values
        of all runs; all on samples for testing.
    """
    sizes = {"n_new": n_new, "n_train": n_train, "n_test": n_test}
    parted = [part_classes(X, y, seed=run, **sizes) for run in range(runs)]
    measured = trained_and_verified(
        parted * len(settings),
        [setting for setting in settings for _ in range(runs)],
        seeds=[*range(runs)] * len(settings),
        eta=eta,
        s=s,
        **options,
    )
    found: dict[str, dict[Setting, list[float]]] = {}
    for i, one in enumerate(measured):
        for name, value in one.items():
            found.setdefault(name, {}).setdefault(tuple(settings[i // runs]), []).append(value)
    return found


def trained_and_verified(
    parted: Sequence[Parted],
    settings: Sequence[Setting],
    *,
    seeds: Sequence[int],
    n_epochs: int = 40,
    widths: Sequence[int] = (64, 32, 16),
    eta: float | Sequence[float] = 1e-3,
    batch_size: int = 64,
    s: float | Sequence[float] = SCALE,
) -> list[dict[str, float]]:
    """Train N networks, each on the known classes of its own samples, and verify pairs.

    Parameters
    ----------
    parted : sequence of N `Parted`, all of the same shapes
    settings : sequence of N (loss, m)
    seeds : sequence of N int
    n_epochs, widths, batch_size
        Units of the layers, the last of them d; Adam with a rate η that is a tenth in the last
        fifth of the steps. λ falls from 1000 to 5 in the first third.
    eta, s : float, or a sequence of N
        Learning rate, and the scale of the losses that use one.

    Returns
    -------
    list of N dict
        What `verify` gives, and "accuracy" on the known classes, on samples for testing.
    """
    all_of = Parted(*map(np.stack, zip(*parted, strict=True)))
    n_steps = n_epochs * -(-all_of.X.shape[1] // batch_size)
    networks = ManyMarginNetworks(
        [all_of.X.shape[2], *widths],
        int(all_of.y.max()) + 1,
        settings,
        annealing=Annealing(max(1, n_steps // 3)),
        s=s,
        seeds=seeds,
    )
    train_many(
        networks,
        all_of.X,
        all_of.y,
        eta=eta,
        n_steps=n_steps,
        batch_size=batch_size,
        rule="adam",
        schedule=_late_tenth(n_steps),
    )
    with torch.no_grad():
        Z, Z_new = networks.embed(all_of.X_test), networks.embed(all_of.X_new)
        right = (networks(all_of.X_test).argmax(-1).numpy() == all_of.y_test).mean(axis=1)
    return [
        verify(Z[i], all_of.y_test[i], Z_new[i], all_of.y_new[i]) | {"accuracy": accuracy}
        for i, accuracy in enumerate(right.tolist())
    ]


def _late_tenth(n_steps: int) -> Any:
    """Return the schedule 1, and 0.1 in the last fifth of the steps."""
    return lambda k: 1.0 if k < 0.8 * n_steps else 0.1
