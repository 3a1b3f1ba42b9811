"""Explorers and questions in a running kernel: real ipywidgets."""

from __future__ import annotations

import asyncio
import base64
import gc
import html
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import ipywidgets as widgets
from IPython.display import display

from course_lib.explore.controls import Control
from course_lib.explore.explorer import Explorer, Setting
from course_lib.explore.frames import Frame, encode_png
from course_lib.explore.questions import Choose, Find, Measurements, Question
from course_lib.words import translated

FAST_ENOUGH_TO_DRAG = 0.15  # seconds a quick drawing may take to follow the slider as it moves
REST = 0.3  # seconds without a move after which a quick picture is drawn again with care
PLAY_INTERVAL = 400  # milliseconds
WIDE = widgets.Layout(width="min(100%, 36rem)")
LABEL = {"description_width": "initial"}


def _picture(frame: Frame) -> str:
    """Return the frame as an HTML picture with its alternative text."""
    data = base64.b64encode(encode_png(frame.pixels)).decode("ascii")
    sentence = html.escape(frame.sentence, quote=True)
    width, height = frame.css_size
    return (
        f'<img src="data:image/png;base64,{data}" alt="{sentence}"'
        f' width="{width}" height="{height}" style="max-width:100%;height:auto">'
    )


def _caption(frame: Frame) -> str:
    """Return the frame's sentence, which a screen reader speaks when it changes."""
    return f'<p aria-live="polite" style="margin:0">{html.escape(frame.sentence)}</p>'


def _widget(control: Control, drag: bool) -> widgets.Widget:
    options = list(zip(control.live_words, control.live_values, strict=True))
    if control.kind == "choice":
        return widgets.ToggleButtons(
            options=options, value=control.start_value, description=control.label, style=LABEL
        )
    return widgets.SelectionSlider(
        options=options,
        value=control.start_value,
        description=control.label,
        continuous_update=drag,
        layout=WIDE,
        style=LABEL,
    )


def _with_play(control: Control, widget: widgets.Widget) -> widgets.Widget:
    """Put a button beside a step slider that runs through its values."""
    if not control.play:
        return widget
    play = widgets.Play(
        max=len(control.live_values) - 1, value=widget.index, interval=PLAY_INTERVAL
    )
    widgets.jslink((play, "value"), (widget, "index"))
    return widgets.HBox([play, widget], layout=widgets.Layout(flex_flow="row wrap"))


class Live(NamedTuple):
    """An explorer in a kernel: one widget, and in it the inputs of its controls by name."""

    box: widgets.Box
    inputs: dict[str, widgets.Widget]

    @property
    def setting(self) -> Setting:
        """What the inputs are set to."""
        return {name: widget.value for name, widget in self.inputs.items()}


def display_live(explorer: Explorer) -> Live:
    """Show the controls and the picture; an error of the drawing is shown under the controls.

    The first drawing happens in the cell itself, so what it raises fails the cell.
    """
    live = live_explorer(explorer)
    display(live.box)
    return live


def live_explorer(explorer: Explorer) -> Live:
    """Return the explorer as a widget: the controls, the picture, and the errors if any.

    A move is drawn quickly at first, and with care once the controls rest.
    """
    settled = Frame.of(explorer, explorer.start())
    began = time.perf_counter()
    Frame.of(explorer, explorer.start(), like=settled)
    drag = time.perf_counter() - began < FAST_ENOUGH_TO_DRAG
    inputs = {name: _widget(control, drag) for name, control in explorer.controls.items()}
    picture, caption = widgets.HTML(_picture(settled)), widgets.HTML(_caption(settled))
    errors = widgets.Output()
    waiting: asyncio.TimerHandle | None = None

    def draw(quickly: bool) -> None:
        nonlocal settled
        if errors.outputs:
            errors.clear_output()
        try:
            frame = Frame.of(explorer, live.setting, like=settled if quickly else None)
        except Exception:
            # Only now: an Output takes what the kernel says while it listens, and among that the
            # word that a move is done, without which the slider would not send the next one.
            with errors:  # shows the traceback
                raise
            return
        if not quickly:
            settled = frame
        picture.value, caption.value = _picture(frame), _caption(frame)

    def settle() -> None:
        gc.enable()
        draw(quickly=False)

    def redraw(_change: Any) -> None:
        nonlocal waiting
        loop = _running_loop()
        if loop is None:
            draw(quickly=False)
            return
        if waiting is not None:
            waiting.cancel()
        gc.disable()  # to search all of a session for garbage takes longer than a picture
        draw(quickly=True)
        gc.collect(0)  # this picture's own
        waiting = loop.call_later(REST, settle)

    for widget in inputs.values():
        widget.observe(redraw, names="value")
    rows = [_with_play(explorer.controls[name], widget) for name, widget in inputs.items()]
    live = Live(widgets.VBox([*rows, picture, caption, errors]), inputs)
    return live


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that a kernel answers its widgets in; None outside of one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def display_live_questions(
    questions: tuple[Question, ...], measured: Measurements | None, live: Live | None
) -> None:
    """Show questions; one that is asked first stands above the explorer and holds its controls."""
    boxes = [(one.first, question_widget(one, measured, live)) for one in questions]
    first = [box for is_first, box in boxes if is_first]
    if live is not None:
        live.box.children = (*first, *live.box.children)
    display(widgets.VBox([box for is_first, box in boxes if not is_first]))


def question_widget(
    question: Question, measured: Measurements | None, live: Live | None
) -> widgets.Box:
    """Return a question with what answers it, what marks it and what shows the answer."""
    text = widgets.HTML(f"<p><b>{html.escape(translated(question.text))}</b></p>")
    said = widgets.HTML()
    answer, given = _answer_of(question, live)
    check = widgets.Button(description=translated("Is this it?" if answer is None else "Check"))
    show = widgets.Button(description=translated("Show me"))

    def say(words: str) -> None:
        said.value = f'<p aria-live="polite">{html.escape(words)}</p>'

    def mark(_button: Any) -> None:
        right, words = question.marks(given(), measured)
        say(words)
        if right:
            release()

    def reveal(_button: Any) -> None:
        found = question.on_page(measured)
        if isinstance(question, Find):
            for name, value in question.right_settings(measured)[0].items():
                live.inputs[name].value = value
        say(f"{found['answer']}. {translated(question.why)}")
        release()

    def release() -> None:
        if question.first and live is not None:
            for widget in live.inputs.values():
                widget.disabled = False

    check.on_click(mark)
    show.on_click(reveal)
    if question.first and live is not None:
        for widget in live.inputs.values():
            widget.disabled = True
    rows = [text, *([] if answer is None else [answer]), widgets.HBox([check, show]), said]
    return widgets.VBox(rows)


def _answer_of(
    question: Question, live: Live | None
) -> tuple[widgets.Widget | None, Callable[[], Any]]:
    """Return the widget that takes the answer, if there is one, and what reads the answer."""
    if isinstance(question, Find):
        return None, lambda: live.setting
    if isinstance(question, Choose):
        options = [(translated(option), option) for option in question.options]
        radio = widgets.RadioButtons(options=options, value=None, layout=WIDE)
        return radio, lambda: radio.value
    field = widgets.Text(description=translated(question.unit), style=LABEL)
    return field, lambda: field.value
