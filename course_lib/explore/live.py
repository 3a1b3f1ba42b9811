"""An explorer in a running kernel: real ipywidgets."""

from __future__ import annotations

import asyncio
import base64
import gc
import html
import time
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from course_lib.explore.controls import Control
from course_lib.explore.explorer import Explorer
from course_lib.explore.frames import Frame, encode_png

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


def display_live(explorer: Explorer) -> None:
    """Show the controls and the picture; an error of the drawing is shown under the controls.

    The first drawing happens in the cell itself, so what it raises fails the cell.
    """
    display(live_widget(explorer))


def live_widget(explorer: Explorer) -> widgets.Widget:
    """Return the explorer as one widget: the controls, the picture, and the errors if any.

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
            setting = {name: widget.value for name, widget in inputs.items()}
            frame = Frame.of(explorer, setting, like=settled if quickly else None)
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
    return widgets.VBox([*rows, picture, caption, errors])


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that a kernel answers its widgets in; None outside of one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
