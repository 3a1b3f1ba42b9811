"""How an explorer is shown: what the same three lines of a notebook become.

That depends on the environment variable COURSE_EXPLORE:

    live   (or unset)  widgets in a running kernel                               -> live.py
    page               a picture and a sentence for every setting, in the output -> frames.py
    check              a few settings (`Explorer.trial`) are drawn and thrown away
"""

from __future__ import annotations

import os
from collections.abc import Callable

from course_lib.explore.controls import Control
from course_lib.explore.explorer import Draw, Explorer
from course_lib.explore.frames import Frame, display_frames


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
        show(explorer)
        return explorer

    return decorate


def show(explorer: Explorer) -> None:
    """Display an explorer the way COURSE_EXPLORE asks for.

    Raises
    ------
    Whatever the drawing function raises, in each of the three ways, with the setting as a note.
    """
    mode = os.environ.get("COURSE_EXPLORE", "live")
    if mode not in MODES:
        raise ValueError(f"COURSE_EXPLORE must be one of {', '.join(MODES)}; it is {mode!r}.")
    MODES[mode](explorer)


def _show_live(explorer: Explorer) -> None:
    from course_lib.explore.live import display_live  # widgets: nobody else waits for them

    display_live(explorer)


def _try(explorer: Explorer) -> None:
    for setting in explorer.trial():
        Frame.of(explorer, setting)


MODES = {"live": _show_live, "page": display_frames, "check": _try}
