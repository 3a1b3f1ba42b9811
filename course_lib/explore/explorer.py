"""An explorer: a function that draws and says what it drew, and the controls of its arguments.

The function draws one figure with matplotlib and returns one sentence, which is the caption, the
alternative text and what a screen reader hears; with ``seen`` it returns values beside it, which
questions ask for (questions.py). How an explorer is shown is not known here: see show.py.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_lib.explore.controls import Control

MOST_SETTINGS = 120  # on a page; more would weigh megabytes and minutes without teaching more

Draw = Callable[..., str]
Setting = dict[str, Any]
Values = dict[str, Any]


class Seen(str):
    """The sentence of a picture, and by name the values that the picture shows."""

    values: Values


def seen(sentence: str, **values: bool | int | float | str) -> Seen:
    """Return a picture's sentence together with what it shows, for questions about it.

    Parameters
    ----------
    sentence : str
        What an explorer's function returns.
    **values : bool, int, float or str
        What was measured in this setting; NumPy's scalars too.

    Raises
    ------
    TypeError
        For a value that is no single number, truth value or word.

    Examples
    --------
    >>> seen("The loss is 0.25.", loss=np.float64(0.25)).values
    {'loss': 0.25}
    """
    found = Seen(sentence)
    found.values = {name: _plain(name, value) for name, value in values.items()}
    return found


def _plain(name: str, value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") and np.size(value) == 1 else value
    if not isinstance(plain, (bool, int, float, str)):
        raise TypeError(
            f"{name}= of seen(...) must be one number, truth value or word; got {value!r}."
        )
    return plain


class Explorer:
    """A drawing function with its controls.

    Parameters
    ----------
    draw : callable
        Draws one matplotlib figure from the controls' values and returns one sentence about it.
    controls : dict of str to Control
        One to three, named like the arguments of ``draw``.
    photo : bool
        The pictures are photographs or smooth maps: they keep all their colours, and a dark page
        shows them on a light card and does not invert them.
    """

    def __init__(self, draw: Draw, controls: dict[str, Control], photo: bool = False):
        self.draw = draw
        self.controls = controls
        self.photo = photo
        self.name = draw.__name__.replace("_", " ").strip()
        self._check()
        self.__doc__ = draw.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """Call the drawing function itself."""
        return self.draw(*args, **kwargs)

    def _check(self) -> None:
        if not 1 <= len(self.controls) <= 3:
            raise ValueError(
                f"explorer {self.name!r} has {len(self.controls)} controls; a reader can follow"
                " one to three."
            )
        for name, control in self.controls.items():
            if not isinstance(control, Control):
                raise TypeError(
                    f"{name}= of explorer {self.name!r} must be slider(...) or choice(...); got"
                    f" {control!r}."
                )
        arguments = list(inspect.signature(self.draw).parameters)
        if sorted(arguments) != sorted(self.controls):
            raise TypeError(
                f"explorer {self.name!r} has the controls {sorted(self.controls)}, but its"
                f" function takes {sorted(arguments)}; they must be the same."
            )
        count = math.prod(len(control.values) for control in self.controls.values())
        if count > MOST_SETTINGS:
            raise ValueError(
                f"explorer {self.name!r} has {count} settings; at most {MOST_SETTINGS} fit on a"
                " page. Take fewer values, and give the finer ones as live=."
            )

    def start(self) -> Setting:
        """Return the setting shown first."""
        return {name: control.start_value for name, control in self.controls.items()}

    def settings(self) -> list[Setting]:
        """Return every setting of the page; the last control's value changes fastest."""
        values = [control.values for control in self.controls.values()]
        return [
            dict(zip(self.controls, point, strict=True)) for point in itertools.product(*values)
        ]

    def words_of(self, setting: Setting) -> list[str]:
        """Return how the values of a setting of the page are written beside their controls."""
        return [control.word_of(setting[name]) for name, control in self.controls.items()]

    def trial(self) -> Iterator[Setting]:
        """Yield few settings, all different, in which every value of every control occurs.

        The default; the first and the last value of each control in turn; then the values in
        between, the finer ones of a kernel too, all controls moving at once: as many settings as
        the longest control has values, where one control at a time would take their sum.
        """
        seen = []
        for setting in itertools.chain([self.start()], self._ends(), self._between()):
            if setting not in seen:
                seen.append(setting)
                yield setting

    def _ends(self) -> Iterator[Setting]:
        for name, control in self.controls.items():
            for value in control.ends():
                yield {**self.start(), name: value}

    def _between(self) -> Iterator[Setting]:
        values = {name: control.between() for name, control in self.controls.items()}
        for step in range(max(map(len, values.values()))):
            yield {
                name: inner[step % len(inner)] if inner else self.controls[name].start_value
                for name, inner in values.items()
            }
