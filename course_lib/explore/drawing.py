"""Draws figures without doing the same work again and again.

An explorer's pictures are mostly axes: ticks, their labels, and the room that a layout leaves for
them. matplotlib makes four ticks for every pair of axes that is thrown away before it is drawn. A
layout asks every axis twice for its ticks and every text for its size, each spine asks its axis
once more, and then all of them are asked while they are drawn, though nothing has changed, or only
the place of the axes.

Here a tick is made when it is asked for, further ones are copies of the first, and an answer to
the same question is remembered. The pixels are those of an ordinary drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis, Tick, XAxis, YAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

MOST_TEXTS = 4096  # that a renderer remembers; one has some ten bytes for each letter
LISTS_OF_TICKS = ("majorTicks", "minorTicks")  # matplotlib makes one tick when they are looked at
PARTS_OF_TICK = ("tick1line", "tick2line", "gridline", "label1", "label2")

STRAIGHT = (XAxis, YAxis)  # what is round or in space is drawn as ever: its ticks know more

_get_tick = Axis._get_tick
_set_clip = Axis.set_clip_path
_set_tick_params = Axis.set_tick_params
_update_ticks = Axis._update_ticks
_get_ticklabel_bboxes = Axis._get_ticklabel_bboxes
_get_major_ticks = Axis.get_major_ticks
_get_minor_ticks = Axis.get_minor_ticks
_get_layout = Text._get_layout


class Renderer(RendererAgg):
    """A renderer that remembers where the lines of every text lie, and the letters of a line.

    (matplotlib's own remembers how large every line is.)
    """

    def __init__(self, width: float, height: float, dpi: float):
        super().__init__(width, height, dpi)
        self._known: dict[Any, Any] = {}

    def remembered(self, question: Any, answer: Callable[[], Any]) -> Any:
        """Return the answer to a question, which is worked out the first time."""
        if question not in self._known:
            if len(self._known) >= MOST_TEXTS:
                self._known.clear()
            self._known[question] = answer()
        return self._known[question]

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Text | None = None,
    ) -> None:
        """Draw as RendererAgg does, with a line's letters as they were placed the first time."""
        if ismath or mtext is None:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        features, language = mtext.get_fontfeatures(), mtext.get_language()

        def letters() -> list[tuple[Any, ...]]:
            font = self._prepare_font(prop)
            items = font._layout(s, flags=get_hinting_flag(), features=features, language=language)
            size = prop.get_size_in_points()
            return [(i.ft_object, size, i.glyph_index, 0, 1, i.x, i.y) for i in items]

        question = ("letters", s, prop.copy(), features, str(language))
        self._draw_text_glyphs_and_boxes(gc, x, y, angle, self.remembered(question, letters), [])


def pixels(figure: Figure, renderer: Callable[[float, float, float], Renderer]) -> np.ndarray:
    """Draw a figure on Agg, whatever backend made it.

    Parameters
    ----------
    renderer : callable
        Gives the renderer for a width and a height in pixels and a number of dots per inch.

    Returns
    -------
    array of shape (height, width, 3)
    """

    class Canvas(FigureCanvasAgg):
        def get_renderer(self) -> RendererAgg:
            return renderer(*self.get_width_height(physical=True), self.figure.dpi)

    canvas = Canvas(figure)
    with _answers_remembered():
        canvas.draw()
    size = canvas.get_width_height(physical=True)
    # NumPy takes twice as long to leave out one number of four
    return np.array(Image.frombuffer("RGBA", size, canvas.buffer_rgba()).convert("RGB"))


@contextmanager
def ticks_on_demand() -> Iterator[None]:
    """Let a function make its figure, and its axes no tick before one is asked for."""
    with _straight_axes(
        set_clip_path=(_set_clip_path, _set_clip),
        set_tick_params=(_set_params_of_ticks, _set_tick_params),
        _get_tick=(_get_clipped_tick, _get_tick),
    ):
        yield


@contextmanager
def _straight_axes(**methods: tuple[Callable[..., Any], Callable[..., Any]]) -> Iterator[None]:
    """Give straight axes other methods; the second of each pair is what the others do as ever."""

    def method(ours: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
        def either(self: Axis, *arguments: Any, **options: Any) -> Any:
            return (ours if type(self) in STRAIGHT else plain)(self, *arguments, **options)

        return either

    with ExitStack() as stack:
        for name, pair in methods.items():
            stack.enter_context(mock.patch.object(Axis, name, method(*pair)))
        yield


@contextmanager
def _only_ticks_there(axis: Axis) -> Iterator[None]:
    """Let a look at the ticks of an axis not make the first of them."""
    missing = [name for name in LISTS_OF_TICKS if name not in vars(axis)]
    vars(axis).update({name: [] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            if vars(axis).get(name) == []:
                del vars(axis)[name]


def _set_clip_path(self: Axis, path: Any, transform: Any = None) -> None:
    self._clip_of_ticks = path, transform
    for spine in self.axes.spines.values():
        spine._ensure_position_is_set()  # as a tick asks a spine for its place
    with _only_ticks_there(self):
        _set_clip(self, path, transform)


def _set_params_of_ticks(self: Axis, *arguments: Any, **params: Any) -> None:
    with _only_ticks_there(self):  # the axis keeps the parameters for those that come
        _set_tick_params(self, *arguments, **params)


def _get_clipped_tick(self: Axis, major: bool) -> Tick:
    tick = _get_tick(self, major)
    if clip := vars(self).get("_clip_of_ticks"):
        tick.set_clip_path(*clip)
    return tick


@contextmanager
def _answers_remembered() -> Iterator[None]:
    """Remember, as long as figures are laid out and drawn and not changed otherwise."""
    ticks: dict[Axis, tuple[Any, list[Tick]]] = {}
    boxes: dict[Axis, tuple[Any, Any]] = {}

    def update_ticks(self: Axis) -> list[Tick]:
        state = _state(self)
        if self not in ticks or ticks[self][0] != state:
            ticks[self] = state, _update_ticks(self)
        return ticks[self][1]

    def get_ticklabel_bboxes(self: Axis, drawn: list[Tick], renderer: RendererAgg) -> Any:
        state = (*_state(self), id(drawn), id(renderer))
        if self not in boxes or boxes[self][0] != state:
            boxes[self] = state, _get_ticklabel_bboxes(self, drawn, renderer)
        return boxes[self][1]

    with (
        ticks_on_demand(),
        _straight_axes(
            _update_ticks=(update_ticks, _update_ticks),
            _get_ticklabel_bboxes=(get_ticklabel_bboxes, _get_ticklabel_bboxes),
            get_major_ticks=(_copied_major_ticks, _get_major_ticks),
            get_minor_ticks=(_copied_minor_ticks, _get_minor_ticks),
        ),
        mock.patch.object(Text, "_get_layout", _remembered_layout),
    ):
        yield


def _state(axis: Axis) -> tuple[float, ...]:
    """Return what the ticks of an axis depend on while nothing but the layout changes."""
    return (*axis.get_view_interval(), *axis.axes.bbox.extents)


def _remembered_layout(self: Text, renderer: RendererAgg) -> Any:
    if self.get_wrap() or self.get_usetex() or not isinstance(renderer, Renderer):
        return _get_layout(self, renderer)
    question = (
        "lines",
        self.get_text(),
        self._fontproperties.copy(),  # one that is changed later must not stay a key
        self.get_figure(root=True).dpi,
        self.get_rotation(),
        self.get_rotation_mode(),
        self._horizontalalignment,
        self._verticalalignment,
        self._get_multialignment(),
        self._linespacing,
        self.get_parse_math(),
    )
    return renderer.remembered(question, lambda: _get_layout(self, renderer))


def _copied_major_ticks(self: Axis, numticks: int | None = None) -> list[Tick]:
    _copy_first(self.majorTicks, numticks)
    return _get_major_ticks(self, numticks)


def _copied_minor_ticks(self: Axis, numticks: int | None = None) -> list[Tick]:
    _copy_first(self.minorTicks, numticks)
    return _get_minor_ticks(self, numticks)


def _copy_first(ticks: list[Tick], wanted: int | None) -> None:
    """Make the ticks that are missing: they take over the look of the first one anyway."""
    while ticks and wanted is not None and len(ticks) < wanted:
        tick = _copy(ticks[0])
        for part in PARTS_OF_TICK:
            setattr(tick, part, _copy(getattr(tick, part)))
        ticks.append(tick)


def _copy(artist: Artist) -> Any:
    copy = object.__new__(type(artist))
    vars(copy).update(vars(artist))
    return copy
