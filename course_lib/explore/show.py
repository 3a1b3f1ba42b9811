"""How explorers and questions are shown: what the same lines of a notebook become.

That depends on the environment variable COURSE_EXPLORE:

    live   (or unset)  widgets in a running kernel                               -> live.py
    page               a picture and a sentence for every setting, in the output -> frames.py
    check              a few settings (`Explorer.trial`) are drawn and thrown away
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from course_lib.explore.controls import Control
from course_lib.explore.explorer import Draw, Explorer
from course_lib.explore.frames import Frame, display_frames, display_questions, measure
from course_lib.explore.questions import Measurements, Question

MOST_RECALLED = 3


class ShownExplorer(Explorer):
    """An explorer that is shown as soon as it is made, and asks questions about what it shows."""

    def __init__(self, draw: Draw, controls: dict[str, Control], photo: bool = False):
        super().__init__(draw, controls, photo)
        self._mode = mode()
        self._shown = self._mode.show(self)

    def ask(self, *questions: Question) -> None:
        """Show questions that mark themselves: `find`, `choose` and `number`.

        Raises
        ------
        TypeError, ValueError
            For what is no question, and for a question without an answer or with too many.
        """
        _check(questions)
        self._mode.ask(self, questions, self._shown)


def explore(*, photo: bool = False, **controls: Control) -> Callable[[Draw], ShownExplorer]:
    """Make a drawing function an explorer and show it.

    Parameters
    ----------
    photo : bool
        See `Explorer`.
    **controls : slider(...) or choice(...)
        One for each argument of the function.

    Raises
    ------
    Whatever the drawing function raises, in each of the three ways, with the setting as a note.
    """

    def decorate(draw: Draw) -> ShownExplorer:
        return ShownExplorer(draw, controls, photo=photo)

    return decorate


def recall(*questions: Question) -> None:
    """Ask about earlier chapters: one to three of `choose` and `number`, each with its place.

    Raises
    ------
    TypeError, ValueError
        For what is no such question.
    """
    _check(questions)
    for one in questions:
        if one.kind == "find" or one.first or not one.place:
            raise ValueError(
                "recall(...) takes choose(...) and number(...) with place=, the link to where the"
                f" answer is taught, and without first=; got {one.text!r}."
            )
    if len(questions) > MOST_RECALLED:
        raise ValueError(f"recall(...) takes at most {MOST_RECALLED} questions: {len(questions)}.")
    mode().ask(None, questions, None)


def _check(questions: tuple[Question, ...]) -> None:
    if not questions:
        raise ValueError("there is no question: give find(...), choose(...) or number(...)")
    for one in questions:
        if not isinstance(one, Question):
            raise TypeError(f"a question is find(...), choose(...) or number(...); got {one!r}.")


def _show_live(explorer: Explorer) -> Any:
    from course_lib.explore.live import display_live  # widgets: nobody else waits for them

    return display_live(explorer)


def _ask_live(explorer: Explorer | None, questions: tuple[Question, ...], shown: Any) -> None:
    from course_lib.explore.live import display_live_questions

    display_live_questions(questions, _measured(explorer), shown)


def _ask_on_page(explorer: Explorer | None, questions: tuple[Question, ...], shown: Any) -> None:
    display_questions(explorer and explorer.name, questions, _measured(explorer, shown))


def _try(explorer: Explorer) -> None:
    for setting in explorer.trial():
        Frame.of(explorer, setting)


def _try_to_ask(explorer: Explorer | None, questions: tuple[Question, ...], shown: Any) -> None:
    measured = _measured(explorer)
    for one in questions:
        one.check(measured)


def _measured(
    explorer: Explorer | None, known: list[dict[str, Any]] | None = None
) -> Measurements | None:
    if explorer is None:
        return None
    return Measurements(explorer, lambda setting: measure(explorer, setting), known)


class Mode(NamedTuple):
    """A way of showing: an explorer (it returns what its questions need), and questions."""

    show: Callable[[Explorer], Any]
    ask: Callable[[Explorer | None, tuple[Question, ...], Any], None]


MODES = {
    "live": Mode(_show_live, _ask_live),
    "page": Mode(display_frames, _ask_on_page),
    "check": Mode(_try, _try_to_ask),
}


def mode() -> Mode:
    """Return the way that COURSE_EXPLORE asks for.

    Raises
    ------
    ValueError
        If it is none.
    """
    name = os.environ.get("COURSE_EXPLORE", "live")
    if name not in MODES:
        raise ValueError(f"COURSE_EXPLORE must be one of {', '.join(MODES)}; it is {name!r}.")
    return MODES[name]
