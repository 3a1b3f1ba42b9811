"""The words that a row of the table is written in.

data        what a problem makes: an object with the arrays as attributes
work        data -> result: the part that is timed
answer      (result, data) -> array: what two candidates must agree on, not timed
measure     (result, data) -> float: a quality, lower is better, not timed
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

LIBRARIES = {
    "course_lib": "course_lib",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "scipy": "SciPy",
    "torch": "torch",
    "sklearnex": "scikit-learn-intelex",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
}
"""The package at the head of an import path, and the library's name as people write it."""


@dataclass(frozen=True)
class Candidate:
    """One way to do the work of a row.

    load() imports what is needed and returns the work, so that a process pays only for the
    library that it measures. ``on`` names the devices whose table it appears in; one with
    ``takes_tensors`` is handed torch tensors there, any other gets NumPy arrays on the CPU.
    ``needs`` names the package that it imports, where that is one of the optional extra ``bench``.
    """

    label: str
    library: str
    load: Callable[[], Callable[[Any], Any]]
    on: tuple[str, ...] = ("cpu", "torch", "cuda")
    takes_tensors: bool = False
    needs: str | None = None

    @property
    def installed(self) -> bool:
        """Whether the package that it needs can be imported here."""
        return self.needs is None or importlib.util.find_spec(self.needs) is not None


@dataclass(frozen=True)
class Quality:
    """Something that must be as good as the reference's before a speed counts.

    Lower is better: ours may be worse than the reference by ``relative`` of the reference's value
    plus ``absolute``, and better by any amount. With measure=None it is the largest difference of
    the two answers, which ``absolute`` alone bounds.
    """

    name: str
    measure: Callable[[Any, Any], float] | None
    relative: float = 0.0
    absolute: float = 0.0

    def equal(self, ours: float, theirs: float) -> bool:
        """Return whether ours is at least as good as theirs; NaN never is."""
        bound = self.absolute if self.measure is None else theirs + self.relative * abs(theirs)
        return bool(ours <= bound + (0.0 if self.measure is None else self.absolute))


@dataclass(frozen=True)
class Row:
    """One line of the table: a problem, our way, the others' ways, and what counts as met.

    The goal bounds the ratio of our time to the first reference's. ``group`` is "classical" (in
    the geometric mean), "network", or "solver" (another way to do the work of a classical row).
    ``grows`` names the size that --scale multiplies. ``array_api`` says that ours takes torch
    tensors, so that the row can be measured with --device. ``fastest`` is what does the work
    fastest of all on PyPI, beside which there is no goal.
    """

    name: str
    problem: Callable[..., Any]
    size: Mapping[str, int]
    ours: Candidate
    references: tuple[Candidate, ...]
    quality: tuple[Quality, ...]
    answer: Callable[[Any, Any], Any]
    goal: float | None = None
    group: str = "classical"
    grows: str = "n"
    array_api: bool = False
    fastest: Candidate | None = None

    def candidates(self, device: str, fastest: bool = False) -> list[Candidate]:
        """Return ours, the references that are measured on this device; the fastest, if asked."""
        found = [self.ours, *(one for one in self.references if device in one.on)]
        return [*found, self.fastest] if fastest and self.fastest else found

    def sized(self, factor: int) -> dict[str, int]:
        """Return the size with the growing one multiplied by the factor."""
        return {**self.size, self.grows: self.size[self.grows] * factor}


def estimator(
    path: str,
    on: tuple[str, ...] = ("cpu", "torch", "cuda"),
    needs: str | None = None,
    **parameters,
) -> Candidate:
    """Return the candidate that constructs an estimator and fits it to data.X, data.y."""

    def load() -> Callable[[Any], Any]:
        make = imported(path)
        return lambda data: make(**parameters).fit(data.X, data.y)

    whose = _library(path)
    return Candidate(_label(path, parameters), whose, load, on, whose == "course_lib", needs)


def function(
    path: str,
    library: str | None = None,
    on: tuple[str, ...] = ("cpu", "torch", "cuda"),
    needs: str | None = None,
    **parameters,
) -> Candidate:
    """Return the candidate that calls a function with the data and the parameters.

    ``library`` says whose code it is where the path does not.
    """

    def load() -> Callable[[Any], Any]:
        call = imported(path)
        return lambda data: call(data, **parameters)

    whose = library or _library(path)
    tensors = whose in ("course_lib", "torch")
    return Candidate(_label(path, parameters), whose, load, on, tensors, needs)


def imported(path: str) -> Any:
    """Return the object at "package.module:name"."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def held_out_prediction(model: Any, data: Any) -> Any:
    """Answer with the predictions for the rows that were kept out of the fit."""
    return model.predict(data.X_test)


def training_error(relative: float) -> Quality:
    """Return the mean squared error on the rows of the fit: least squares' own objective."""
    return Quality("training MSE", lambda m, d: _mean_square(m.predict(d.X), d.y), relative)


def held_out_error(relative: float) -> Quality:
    """Return the root mean squared error on the rows that were kept out."""
    return Quality(
        "held-out RMSE",
        lambda m, d: _mean_square(m.predict(d.X_test), d.y_test) ** 0.5,
        relative,
    )


def penalised_loss(relative: float, lam: float, l1_ratio: float) -> Quality:
    """Return the elastic net's objective on the rows of the fit: half the mean square, and λR."""

    def measure(model: Any, data: Any) -> float:
        w = model.coef_
        price = l1_ratio * abs(w).sum() + (1 - l1_ratio) / 2 * (w**2).sum()
        return float(_mean_square(model.predict(data.X), data.y) / 2 + lam * price)

    return Quality("objective", measure, relative)


def svm_objective(relative: float, power: int) -> Quality:
    """Return ½‖w‖² + Σ max(0, 1 − y f(x))^power on the rows of the fit; y holds −1 and 1."""

    def measure(model: Any, data: Any) -> float:
        short = 1 - data.y * model.decision_function(data.X)
        return float((model.coef_**2).sum() / 2 + ((short * (short > 0)) ** power).sum())

    return Quality("objective", measure, relative)


def cross_entropy_objective(relative: float, lam: float) -> Quality:
    """Return the mean cross-entropy on the rows of the fit, and ½λ‖W‖².

    With two classes it is the log loss.
    """

    def measure(model: Any, data: Any) -> float:
        own = 1.0 * (data.y[:, None] == model.classes_[None, :])  # (n, K)
        loss = -(own * model.predict_log_proba(data.X)).sum() / len(data.y)
        return float(loss + lam / 2 * (model.coef_**2).sum())

    return Quality("objective", measure, relative)


def held_out_mistakes(absolute: float) -> Quality:
    """Return the share of the rows kept out that a classifier gets wrong."""
    return Quality(
        "held-out error rate",
        lambda m, d: float((1.0 * (m.predict(d.X_test) != d.y_test)).mean()),
        absolute=absolute,
    )


def agreement(absolute: float) -> Quality:
    """Return the largest difference between the two candidates' answers."""
    return Quality("max difference", None, absolute=absolute)


def _mean_square(prediction: Any, target: Any) -> float:
    return float(((prediction - target) ** 2).mean())


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return max |ours - theirs|; two answers of different shapes never agree."""
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.max(np.abs(ours.astype(float) - theirs.astype(float)), initial=0.0))


def _label(path: str, parameters: Mapping[str, Any]) -> str:
    name = path.partition(":")[2]
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in parameters.items())})"


def _library(path: str) -> str:
    package = path.partition(":")[0].partition(".")[0]
    return LIBRARIES.get(package, package)
