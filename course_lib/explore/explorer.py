"""An explorer: a function that draws and says what it drew, and the controls of its arguments.

The function draws one figure with matplotlib and returns one sentence, which is the caption, the
alternative text and what a screen reader hears. What the same three lines of a notebook then
become depends on the environment variable COURSE_EXPLORE:

    live   (or unset)  widgets in a running kernel                              -> live.py
    page               a picture and a sentence for every setting, in the output -> frames.py
    check              the default and both ends of every control are drawn and thrown away
"""

from __future__ import annotations

import inspect
import itertools
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

from course_lib.explore.controls import Control

MODES = ("live", "page", "check")
MOST_SETTINGS = 120  # on a page; more would weigh megabytes and minutes without teaching more

Draw = Callable[..., str]
Setting = dict[str, Any]


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

    def ends(self) -> Iterator[Setting]:
        """Yield the default setting, then the first and last value of each control in turn."""
        yield self.start()
        for name, control in self.controls.items():
            for value in control.ends():
                yield {**self.start(), name: value}

    def show(self) -> None:
        """Display the explorer the way COURSE_EXPLORE asks for.

        Raises
        ------
        Whatever the drawing function raises, in each of the three ways.
        """
        mode = os.environ.get("COURSE_EXPLORE", "live")
        if mode not in MODES:
            raise ValueError(f"COURSE_EXPLORE must be one of {', '.join(MODES)}; it is {mode!r}.")
        if mode == "check":
            from course_lib.explore.frames import Frame

            for setting in self.ends():
                Frame.of(self, setting)
        elif mode == "page":
            from course_lib.explore.frames import display_frames

            display_frames(self)
        else:
            from course_lib.explore.live import display_live

            display_live(self)


def explore(*, photo: bool = False, **controls: Control) -> Callable[[Draw], Explorer]:
    """Make a drawing function an explorer and show it.

    Parameters
    ----------
    photo : bool
        See `Explorer`.
    **controls : slider(...) or choice(...)
        One for each argument of the function.
    """

    def decorate(draw: Draw) -> Explorer:
        explorer = Explorer(draw, controls, photo=photo)
        explorer.show()
        return explorer

    return decorate
