"""Which learning rates are worth trying: the loss while the rate grows (Smith's range test).

One short run begins with a rate far too small and ends with one far too large. While it is too
small the loss stays; where the loss falls, the rate learns; where it rises again, the rate is too
large for the weights as they are then. The run changes a copy of the model.

Source: Smith, Cyclical Learning Rates (2017), section 3.3.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from course_lib.checks import check_number, check_whole
from course_lib.nn.training import Loss, fit

WORSE = 4.0  # so many times the smallest smoothed loss ends the record


@dataclass(frozen=True)
class RateSweep:
    """The record of a range test, up to where the loss left all measure.

    Attributes
    ----------
    rates : array of shape (n,)
        Learning rates, each by the same factor above the last.
    losses : array of shape (n,)
        The loss of each step's batch, before the step.
    smoothed : array of shape (n,)
        Their running mean: weights fall by a factor at each step back.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray

    @property
    def lowest(self) -> float:
        """The rate at which the smoothed loss was smallest; it is already near too much."""
        return float(self.rates[self.smoothed.argmin()])

    @property
    def steepest(self) -> float:
        """The rate at which the smoothed loss fell fastest, on the axis of log η."""
        if len(self.rates) < 2:
            return float(self.rates[0])
        return float(self.rates[np.gradient(self.smoothed, np.log(self.rates)).argmin()])

    @property
    def suggested(self) -> float:
        """A tenth of the `lowest`: a rule of thumb to start a proper search from."""
        return self.lowest / 10


def find_rate(
    model: torch.nn.Module,
    loss: Loss,
    train: Sequence[Any],
    *,
    least: float = 1e-5,
    most: float = 10.0,
    n_steps: int = 100,
    batch_size: int = 32,
    optimizer: Callable[[Iterable[torch.nn.Parameter]], torch.optim.Optimizer] | None = None,
    smooth: float = 0.8,
    random_state: int = 0,
) -> RateSweep:
    """Train a copy of a model while the rate grows from `least` to `most`; return the record.

    Parameters
    ----------
    model : Module
        It is not changed.
    loss : (outputs, targets) → scalar
    train : arrays (X, …, y)
        Each step takes `batch_size` samples at random, or all, if there are fewer.
    least, most : float, default=1e-5 and 10
        First and last learning rate.
    n_steps : int, default=100
    optimizer : parameters → Optimizer, optional
        Makes the optimizer for the copy; by default gradient descent with momentum 0.9.
    smooth : float in [0, 1), default=0.8
        The factor of the running mean; 0 leaves the losses as they are.
    random_state : int, default=0

    Raises
    ------
    ValueError
        For numbers out of range.

    Notes
    -----
    The record ends where a loss is not finite, or the smoothed one above four times its smallest.
    Another batch, another start or another n_steps moves the result: read the curve, not one digit.

    Examples
    --------
    >>> X = torch.linspace(-1, 1, 64)[:, None]
    >>> line, loss = torch.nn.Linear(1, 1), torch.nn.functional.mse_loss
    >>> sweep = find_rate(line, loss, (X, 3 * X + 1), most=100.0)
    >>> bool(sweep.rates[0] < sweep.lowest < 10)
    True
    """
    least = check_number("least", least, above=0)
    most, n_steps = check_number("most", most, above=least), check_whole("n_steps", n_steps, 2)
    smooth = check_number("smooth", smooth, least=0, most=1 - 1e-9)
    parts = [torch.as_tensor(part) for part in train]

    def one_batch(generator: torch.Generator) -> list[list[torch.Tensor]]:
        rows = torch.randperm(len(parts[0]), generator=generator)[:batch_size]
        return [[part[rows.to(part.device)] for part in parts]]

    trial = copy.deepcopy(model)
    make = optimizer or (lambda parameters: torch.optim.SGD(parameters, lr=least, momentum=0.9))
    rates = np.geomspace(least, most, n_steps)
    found = fit(
        trial,
        loss,
        one_batch,
        n_epochs=n_steps,
        batch_size=batch_size,
        optimizer=make(trial.parameters()),
        schedule=lambda k: float(rates[k]),
        random_state=random_state,
        progress=False,
    )
    return _record(rates, np.array(found.step_losses), smooth)


def _record(rates: np.ndarray, losses: np.ndarray, smooth: float) -> RateSweep:
    """Smooth the losses, and cut the record where they left all measure."""
    mean, smoothed = 0.0, []
    for k, value in enumerate(losses):
        mean = smooth * mean + (1 - smooth) * value
        smoothed.append(mean / (1 - smooth ** (k + 1)))  # as if it had begun with the first loss
        if not np.isfinite(value) or smoothed[-1] > WORSE * min(smoothed):
            break
    kept = max(1, len(smoothed) - (not np.isfinite(smoothed[-1])))
    return RateSweep(rates[:kept], losses[:kept], np.array(smoothed[:kept]))
