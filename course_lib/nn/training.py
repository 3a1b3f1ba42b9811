"""Where and how networks are trained: one loop for every network of the course.

    model       torch module; model(*inputs) → outputs, the first axis counts the samples of a batch
    loss        function (outputs, targets) → scalar, the mean over the batch
    train       the data to learn from: arrays (X, y), an iterable of batches, or a function that
                draws an epoch's batches; a batch is (*inputs, targets)
    validation  data that is only looked at, of the same kinds
    epoch       one pass over `train`; step, one update of the weights, k = 0, 1, 2, …
    η_k         learning rate of step k

`fit` trains and returns a `History`; `evaluate` and `predict` use what was trained; `seeded` makes
what is drawn inside it repeatable, such as first weights. Epoch e draws all its randomness (order,
dropout) from a generator seeded with (random_state, e). So a run that is broken off and resumed at
an epoch's end continues as if nothing had happened, and the caller's own generators stay untouched.
The number of threads is torch's (``OMP_NUM_THREADS``); nothing here changes it.
"""

from __future__ import annotations

import copy
import math
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from course_lib.checks import check_number, check_whole

Loss: TypeAlias = Callable[[Any, torch.Tensor], torch.Tensor]
Batches: TypeAlias = Iterable[Sequence[torch.Tensor]]
Data: TypeAlias = "Sequence[Any] | Batches | Callable[[torch.Generator], Batches]"

CHECKPOINT_FORMAT = 1


def device() -> torch.device:
    """Choose the device that a notebook computes on: CUDA where there is one, else the CPU.

    The environment variable ``COURSE_DEVICE`` set to ``cpu`` or ``cuda`` decides instead; unset or
    empty, it leaves the choice.

    Raises
    ------
    ValueError
        For any other value of ``COURSE_DEVICE``.
    RuntimeError
        For ``COURSE_DEVICE=cuda`` where torch finds no CUDA device.

    Examples
    --------
    >>> device().type in {"cpu", "cuda"}
    True
    """
    wanted = os.environ.get("COURSE_DEVICE", "")
    if wanted not in ("", "cpu", "cuda"):
        raise ValueError(
            f"COURSE_DEVICE must be 'cpu', 'cuda' or unset (to leave the choice); got {wanted!r}."
        )
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise RuntimeError(
            "COURSE_DEVICE=cuda, but torch finds no CUDA device. Install a CUDA build of torch and "
            "the GPU's driver, or set COURSE_DEVICE=cpu."
        )
    return torch.device(wanted or ("cuda" if available else "cpu"))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make what torch draws inside the block repeatable, and restore its generators after it.

    On CUDA, cuDNN also keeps to its deterministic algorithms inside the block. Two runs on one CPU
    with the same number of threads are then equal bit for bit; those operations that have no
    deterministic form on CUDA differ there by rounding.

    Examples
    --------
    >>> with seeded(0):
    ...     first = torch.rand(3)
    >>> with seeded(0):
    ...     again = torch.rand(3)
    >>> torch.equal(first, again)
    True
    """
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        cudnn.deterministic, cudnn.benchmark = True, False
        try:
            yield
        finally:
            cudnn.deterministic, cudnn.benchmark = before


def accuracy(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the fraction of samples whose class has the largest of the K logits.

    `logits` is (m, K) and `y` is (m,), or with further axes (m, …, K) and (m, …).

    >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0])).item()
    0.5
    """
    return (logits.argmax(-1) == y).float().mean()


def epoch_seed(random_state: int, epoch: int) -> int:
    """Return the seed of all that a training draws in an epoch, so that each can be resumed."""
    return int(np.random.SeedSequence([random_state, epoch]).generate_state(1)[0])


@dataclass
class History:
    """What happened in a training: one row an epoch, by name.

    ``history["loss"]`` is the array (n_epochs,) of training losses, averaged over the epoch while
    the weights changed; a metric stands beside it under its name, and what was measured on the
    validation data after the epoch is called ``validation_loss`` and so on. With clipping,
    ``gradient_norm`` is the mean norm before it was clipped.

    Attributes
    ----------
    rows : list of dict
        One dict an epoch.
    step_losses : list of float
        The loss of every step's batch, before the step.
    best_epoch : int
        The epoch, from 0, of the smallest validation loss (training loss without validation data).
    stopped : {"epochs", "patience", "diverged"}
        Why the training ended: all epochs done; no better for `patience` epochs; a loss that is
        not finite.
    seconds : float
        Time spent, in all sessions together.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    step_losses: list[float] = field(default_factory=list)
    best_epoch: int = -1
    stopped: str = "epochs"
    seconds: float = field(default=0.0, compare=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return one quantity of every epoch, shape (n_epochs,)."""
        if self.rows and name not in self.rows[0]:
            raise KeyError(f"{name!r} was not recorded; there are {sorted(self.rows[0])}.")
        return np.array([row[name] for row in self.rows])


def fit(
    model: torch.nn.Module,
    loss: Loss,
    train: Data,
    validation: Data | None = None,
    *,
    n_epochs: int,
    batch_size: int = 128,
    optimizer: torch.optim.Optimizer | None = None,
    schedule: Callable[[int], float] | None = None,
    clip: float | None = None,
    metrics: Mapping[str, Loss] | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    on_epoch: Callable[[int, torch.nn.Module], None] | None = None,
    random_state: int = 0,
    progress: bool | None = None,
) -> History:
    """Train a model in place, on `device()`, and return what happened.

    Parameters
    ----------
    model : Module
        It is moved to the device and left there, in evaluation mode.
    loss : (outputs, targets) → scalar
        Mean over the batch.
    train, validation : arrays (X, …, y), iterable of batches, or function
        Arrays or tensors are moved to the device at once and, for training, shuffled every epoch.
        An iterable (a DataLoader) is run through once an epoch. A function is called each epoch
        with a seeded ``torch.Generator`` and returns that epoch's batches.
    n_epochs : int
    batch_size : int
        Samples of a batch taken from arrays; the last one of an epoch may be smaller.
    optimizer : Optimizer, optional
        Made from the model's parameters; Adam with its defaults if None.
    schedule : k → η_k, optional
        Learning rate of each step, for all parameter groups: a schedule of
        `course_lib.optim`. Without it the optimizer's own rate stays.
    clip : float, optional
        Largest norm of the whole gradient; a longer one is scaled down to it.
    metrics : mapping of name to (outputs, targets) → scalar, optional
        Means over the batch, recorded beside the loss.
    patience : int, optional
        Stop after this many epochs without a smaller validation loss, and put the weights of the
        best epoch back.
    checkpoint : path, optional
        File that holds the whole state after every epoch. If it exists, training resumes from it,
        with the same result as if it had never been interrupted. Delete it to start anew.
    on_epoch : (epoch, model) → None, optional
        Called after each epoch, with epochs counted from 0: the place to keep snapshots.
    random_state : int
        Seed of all that is drawn here (not of the model's first weights: see `seeded`).
    progress : bool, optional
        Show a bar; if None, where somebody watches: in a terminal or a live notebook.

    Raises
    ------
    ValueError
        For arguments out of range, data without a batch, arrays of unequal length, or a
        checkpoint of another run.

    Examples
    --------
    >>> X = torch.linspace(-1, 1, 64)[:, None]
    >>> with seeded(0):
    ...     line = torch.nn.Linear(1, 1)
    >>> descent = torch.optim.SGD(line.parameters(), lr=0.5)
    >>> fit(
    ...     line,
    ...     torch.nn.functional.mse_loss,
    ...     (X, 3 * X + 1),
    ...     n_epochs=20,
    ...     batch_size=16,
    ...     optimizer=descent,
    ... ).stopped
    'epochs'
    >>> round(line.weight.item(), 3), round(line.bias.item(), 3)
    (3.0, 1.0)
    """
    _check_numbers(n_epochs, batch_size, patience, clip, random_state)
    if patience is not None and validation is None:
        raise ValueError("patience watches the validation loss: give validation data as well.")
    where = device()
    model.to(where)
    run = _Run(
        model=model,
        loss=loss,
        train=_on_device(train, where, "train"),
        validation=None if validation is None else _on_device(validation, where, "validation"),
        batch_size=batch_size,
        optimizer=optimizer or torch.optim.Adam(model.parameters()),
        schedule=schedule,
        clip=clip,
        metrics=dict(metrics or {}),
        patience=patience,
        random_state=random_state,
    )
    run.until(n_epochs, None if checkpoint is None else Path(checkpoint), on_epoch, progress)
    return run.history


def evaluate(
    model: torch.nn.Module,
    loss: Loss,
    data: Data,
    *,
    metrics: Mapping[str, Loss] | None = None,
    batch_size: int = 1024,
) -> dict[str, float]:
    """Return the loss and the metrics on data, averaged over the samples, in evaluation mode.

    The model's device is used, and its mode is put back. A function of a generator gets one with
    seed 0, so that every call looks at the same batches.
    """
    where = _device_of(model)
    data = _on_device(data, where, "data")
    measured = {"loss": loss, **(metrics or {})}
    total = _Means()
    with evaluating(model), torch.inference_mode():
        for batch in _batches(data, batch_size, torch.Generator().manual_seed(0), shuffle=False):
            *inputs, targets = (part.to(where) for part in batch)
            outputs = model(*inputs)
            total.add(len(targets), {name: f(outputs, targets) for name, f in measured.items()})
    return total.values("data")


def predict(model: torch.nn.Module, *inputs: Any, batch_size: int = 1024) -> torch.Tensor:
    """Return the model's outputs for arrays of n samples, in evaluation mode, on its device.

    >>> predict(torch.nn.Linear(2, 3), np.zeros((5, 2), dtype=np.float32)).shape
    torch.Size([5, 3])
    """
    inputs = _on_device(inputs, _device_of(model), "inputs")
    with evaluating(model), torch.inference_mode():
        return torch.cat([model(*rows) for rows in _rows(inputs, None, batch_size)])


# --- one training ------------------------------------------------------------------------------


@dataclass
class _Run:
    """A training: what it works with, and how far it has come."""

    model: torch.nn.Module
    loss: Loss
    train: Data
    validation: Data | None
    batch_size: int
    optimizer: torch.optim.Optimizer
    schedule: Callable[[int], float] | None
    clip: float | None
    metrics: dict[str, Loss]
    patience: int | None
    random_state: int
    history: History = field(default_factory=History)
    best: dict[str, torch.Tensor] | None = None  # weights of the best epoch

    def until(
        self,
        n_epochs: int,
        checkpoint: Path | None,
        on_epoch: Callable[[int, torch.nn.Module], None] | None,
        progress: bool | None,
    ) -> None:
        """Train until `n_epochs` are done, or there is a reason to stop before."""
        if checkpoint is not None and checkpoint.exists():
            self._load(checkpoint)
        with _bar(n_epochs, len(self.history), progress) as show:
            while self.history.stopped == "epochs" and len(self.history) < n_epochs:
                self._epoch(len(self.history))
                if checkpoint is not None:
                    _write_atomically(self._state(), checkpoint)
                if on_epoch is not None:
                    self.model.eval()
                    on_epoch(len(self.history) - 1, self.model)
                show(self.history.rows[-1])
        if self.patience is not None and self.best is not None:
            self.model.load_state_dict(self.best)
        self.model.eval()

    def _epoch(self, epoch: int) -> None:
        start = time.perf_counter()
        own_seed = epoch_seed(self.random_state, epoch)
        with seeded(own_seed):
            row = self._pass(torch.Generator().manual_seed(own_seed))
            if self.validation is not None:
                measured = evaluate(self.model, self.loss, self.validation, metrics=self.metrics)
                row |= {f"validation_{name}": value for name, value in measured.items()}
        self.history.rows.append(row)
        self.history.seconds += time.perf_counter() - start
        self._judge(epoch, row)

    def _pass(self, generator: torch.Generator) -> dict[str, float]:
        """Run once through the training data, one step a batch."""
        self.model.train()
        total, losses = _Means(), []
        for batch in _batches(self.train, self.batch_size, generator, shuffle=True):
            *inputs, targets = (part.to(_device_of(self.model)) for part in batch)
            outputs = self.model(*inputs)
            value = self.loss(outputs, targets)
            norm = self._step(value, len(self.history.step_losses) + len(losses))
            losses.append(value.detach())
            with torch.no_grad():
                found = {name: f(outputs, targets) for name, f in self.metrics.items()}
            total.add(len(targets), {"loss": losses[-1], **found, **norm})
        row = total.values("train")
        self.history.step_losses += torch.stack(losses).tolist()
        return row

    def _step(self, value: torch.Tensor, k: int) -> dict[str, torch.Tensor]:
        """Update the weights down the gradient of the loss; return the gradient's norm."""
        if self.schedule is not None:
            for group in self.optimizer.param_groups:
                group["lr"] = self.schedule(k)
        self.optimizer.zero_grad()
        value.backward()
        norm = {}
        if self.clip is not None:
            length = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            norm = {"gradient_norm": length}
        self.optimizer.step()
        return norm

    def _judge(self, epoch: int, row: dict[str, float]) -> None:
        """Keep the best weights, and say whether to stop."""
        history, watched = self.history, "loss" if self.validation is None else "validation_loss"
        if not math.isfinite(row["loss"]) or not math.isfinite(row[watched]):
            history.stopped = "diverged"
        elif history.best_epoch < 0 or row[watched] < history.rows[history.best_epoch][watched]:
            history.best_epoch = epoch
            if self.patience is not None:
                self.best = copy.deepcopy(self.model.state_dict())
        elif self.patience is not None and epoch - history.best_epoch >= self.patience:
            history.stopped = "patience"

    # --- checkpoints

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to be the same run."""
        return {
            "format": CHECKPOINT_FORMAT,
            "random_state": self.random_state,
            "batch_size": self.batch_size,
            "patience": self.patience,
            "clip": self.clip,
            "optimizer": type(self.optimizer).__name__,
        }

    def _state(self) -> dict[str, Any]:
        return {
            "identity": self._identity(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": vars(self.history),
            "best": self.best,
        }

    def _load(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location=_device_of(self.model), weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise ValueError(
                f"checkpoint: {path} is no checkpoint of `fit`; delete it or name another file."
            ) from error
        if not isinstance(state, dict) or state.keys() != self._state().keys():
            raise ValueError(
                f"checkpoint: {path} is no checkpoint of `fit`; delete it or name another file."
            )
        saved = state["identity"]
        for name, value in self._identity().items():
            if saved.get(name) != value:
                raise ValueError(
                    f"checkpoint: {path} belongs to a run with {name} = {saved.get(name)!r}, this "
                    f"one has {value!r}; use the same, or delete the file to start anew."
                )
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                f"checkpoint: {path} belongs to another model; delete it or name another file."
            ) from error
        self.history, self.best = History(**state["history"]), state["best"]


def _write_atomically(state: dict[str, Any], path: Path) -> None:
    """Replace the file by the new state at once: an interruption leaves the old one or the new.

    What a killed process leaves half written has always the same name, and is written over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:  # an interruption, too, leaves no half file behind
        fresh.unlink(missing_ok=True)
        raise


# --- data --------------------------------------------------------------------------------------


def _is_arrays(data: Data) -> bool:
    is_sequence = isinstance(data, tuple | list)
    return is_sequence and all(isinstance(a, np.ndarray | torch.Tensor) for a in data)


def _on_device(data: Data, where: torch.device, name: str) -> Data:
    """Move arrays to the device, once; leave batches where they are."""
    if isinstance(data, np.ndarray | torch.Tensor):
        raise ValueError(f"{name} must be a tuple of arrays, such as (X, y); got one array.")
    if not _is_arrays(data):
        if isinstance(data, Iterator):
            raise ValueError(
                f"{name} is an iterator, empty after one epoch; pass a list, a DataLoader or a "
                "function that makes the batches."
            )
        return data
    lengths = {len(part) for part in data}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"{name} must hold arrays of one length > 0; got {sorted(lengths)}.")
    return tuple(torch.as_tensor(part).to(where) for part in data)


def _batches(data: Data, batch_size: int, generator: torch.Generator, shuffle: bool) -> Batches:
    if _is_arrays(data):
        order = torch.randperm(len(data[0]), generator=generator) if shuffle else None
        return _rows(data, order, batch_size)
    return data(generator) if callable(data) else data


def _rows(
    arrays: Sequence[torch.Tensor], order: torch.Tensor | None, batch_size: int
) -> Iterator[tuple[torch.Tensor, ...]]:
    order = None if order is None else order.to(arrays[0].device)
    for start in range(0, len(arrays[0]), batch_size):
        rows = slice(start, start + batch_size)
        yield tuple(part[rows if order is None else order[rows]] for part in arrays)


class _Means:
    """Means over the samples of batches of different size, summed on the device."""

    def __init__(self):
        self.count, self.sums = 0, {}

    def add(self, count: int, means: Mapping[str, torch.Tensor]) -> None:
        self.count += count
        for name, mean in means.items():
            part = torch.as_tensor(mean).detach().double() * count
            self.sums[name] = self.sums[name] + part if name in self.sums else part

    def values(self, name: str) -> dict[str, float]:
        if not self.count:
            raise ValueError(f"{name} gave no batch in this epoch; pass data with samples.")
        return {key: (total / self.count).item() for key, total in self.sums.items()}


# --- small things ------------------------------------------------------------------------------


def _device_of(model: torch.nn.Module) -> torch.device:
    return next((tensor.device for tensor in model.parameters()), torch.device("cpu"))


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode inside the block, and every part into its own after it."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def _bar(n_epochs: int, done: int, progress: bool | None) -> Iterator[Callable[[dict], None]]:
    """Show a progress bar, where somebody watches; yield what moves it on by one epoch."""
    if not (_is_watched() if progress is None else progress):
        yield lambda row: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=n_epochs, initial=done, unit="epoch") as bar:

        def show(row: dict[str, float]) -> None:
            bar.set_postfix({name: f"{value:.4g}" for name, value in row.items()})
            bar.update()

        yield show


def _is_watched() -> bool:
    """Whether a person sees the output now, so that none is written into tests and pages."""
    if "ipykernel" in sys.modules:
        return os.environ.get("COURSE_EXPLORE", "") in ("", "live")
    return sys.stderr is not None and sys.stderr.isatty()


def _check_numbers(
    n_epochs: int, batch_size: int, patience: int | None, clip: float | None, random_state: int
) -> None:
    check_whole("n_epochs", n_epochs)
    check_whole("batch_size", batch_size)
    check_whole("random_state", random_state, 0)
    if patience is not None:
        check_whole("patience", patience)
    if clip is not None:
        check_number("clip", clip, above=0)
