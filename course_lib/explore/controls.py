"""What a reader can set in an explorer: a number on a slider, or one word among a few."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.words import translated


@dataclass(frozen=True)
class Control:
    """One thing to set: its values on the page, and the finer values it may have in a kernel."""

    kind: str  # "slider" or "choice"
    label: str
    values: tuple[Any, ...]
    words: tuple[str, ...]  # how each value is written beside the control
    start: int  # index of the value shown first
    play: bool = False
    live_values: tuple[Any, ...] = ()
    live_words: tuple[str, ...] = ()

    def word_of(self, value: Any) -> str:
        """Return how a value of the page is written beside the control."""
        return self.words[self.values.index(value)]

    def ends(self) -> list[Any]:
        """Return the first and the last value, the settings most likely to break a drawing."""
        return [self.values[0], self.values[-1]]

    def between(self) -> list[Any]:
        """Return all other values, of the page and of a kernel, each once."""
        return list(dict.fromkeys((*self.values[1:-1], *self.live_values[1:-1])))

    @property
    def start_value(self) -> Any:
        """The value shown first."""
        return self.values[self.start]


def _plain(value: Any) -> Any:
    """Turn a NumPy scalar into Python's own number, so that ``repr`` and JSON stay plain."""
    return value.item() if isinstance(value, np.generic) else value


def _written(value: float) -> str:
    """Write a number the short way, with a real minus sign."""
    return f"{value:g}".replace("-", "−")


def _tidy(values: Iterable[float]) -> list[float]:
    """Round the last bits away that linspace leaves: 0.30000000000000004 becomes 0.3."""
    return [float(f"{value:.6g}") for value in values]


def _numbers(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """Check that values are two or more finite numbers in increasing order."""
    numbers = tuple(_plain(value) for value in values)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise TypeError(f"{name} takes numbers; got {number!r}. For words use choice(...).")
    increasing = all(a < b for a, b in itertools.pairwise(numbers))
    if len(numbers) < 2 or not increasing or not np.all(np.isfinite(numbers)):
        raise ValueError(
            f"{name} takes two or more finite numbers in increasing order; got {list(numbers)}."
        )
    return numbers


def _index_of(start: Any, values: tuple[Any, ...], label: str) -> int:
    if start not in values:
        raise ValueError(f"start={start!r} of {label!r} is not one of its values {list(values)}.")
    return values.index(start)


def slider(
    *values: float,
    label: str,
    linear: tuple[float, float, int] | None = None,
    log: tuple[float, float, int] | None = None,
    start: float | None = None,
    play: bool = False,
    live: Iterable[float] | None = None,
    words: Callable[[float], str] = _written,
) -> Control:
    """Let the reader move through numbers.

    Parameters
    ----------
    *values : float
        The numbers in increasing order. Or give a range instead:
    linear, log : (first, last, how many)
        Numbers at equal distances, or at equal ratios.
    label : str
        What the number is, as the reader sees it: ``"learning rate η"``.
    start : float, optional
        The value shown first; by default the one in the middle.
    play : bool
        Add a button that runs through the values: for steps and iterations.
    live : iterable of float, optional
        Finer values for a running kernel, over the same range as the ones of the page.
    words : callable
        How a value is written.

    Raises
    ------
    TypeError, ValueError
        For values that are not increasing finite numbers, for a start that is not among them, and
        for live values over another range.
    """
    if (bool(values) + (linear is not None) + (log is not None)) != 1:
        raise ValueError(
            f"slider {label!r} takes either values, or linear=(first, last, how many), or log=(...)"
        )
    if linear is not None:
        evenly = np.linspace(*linear)
        evenly[np.abs(evenly) < 1e-9 * np.ptp(evenly)] = 0  # what should be zero, but for rounding
        values = tuple(_tidy(evenly))
    elif log is not None:
        values = tuple(_tidy(np.geomspace(*log)))
    values = _numbers(f"slider {label!r}", values)
    finer = _numbers(f"live= of slider {label!r}", live) if live is not None else values
    if (finer[0], finer[-1]) != (values[0], values[-1]):
        raise ValueError(
            f"live= of slider {label!r} must run from {values[0]} to {values[-1]} as the page does;"
            f" it runs from {finer[0]} to {finer[-1]}."
        )
    first = len(values) // 2 if start is None else _index_of(start, values, label)
    if values[first] not in finer:
        raise ValueError(f"live= of slider {label!r} must contain its start {values[first]}.")
    return Control(
        kind="slider",
        label=translated(label),
        values=values,
        words=tuple(translated(words(value)) for value in values),
        start=first,
        play=play,
        live_values=finer,
        live_words=tuple(translated(words(value)) for value in finer),
    )


def choice(*words: str, label: str, start: str | None = None) -> Control:
    """Let the reader pick one of a few words; the function is called with the word.

    Parameters
    ----------
    *words : str
        Two or more different words.
    label : str
        What is chosen, as the reader sees it.
    start : str, optional
        The word chosen first; by default the first one.
    """
    if len(words) < 2 or len(set(words)) < len(words) or not all(words):
        raise ValueError(f"choice {label!r} takes two or more different words; got {list(words)}.")
    shown = tuple(map(translated, words))
    return Control(
        kind="choice",
        label=translated(label),
        values=words,
        words=shown,
        start=0 if start is None else _index_of(start, words, label),
        live_values=words,
        live_words=shown,
    )
