"""Pictures of an explorer: one frame for each setting, drawn in parallel and written as WebP."""

from __future__ import annotations

import base64
import gc
import io
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from course_lib.explore.explorer import Explorer, Setting, Values
from course_lib.explore.questions import Measurements, Question, on_page
from course_lib.words import translated

MIME = "application/vnd.course.explore+json"
QUESTIONS_MIME = "application/vnd.course.questions+json"
SHARPNESS = 2  # picture pixels for each CSS pixel
QUICK_SHARPNESS = 1  # while a slider moves
COLOURS = 128  # of a drawing: 44 dB and more; a median cut takes six times as long and is no better
EFFORT = {"quality": 25, "method": 2}  # of a drawing: more takes a third longer and saves no byte
FEWEST_FOR_PROCESSES = 12  # below, starting processes costs more than they save


@dataclass(frozen=True)
class Frame:
    """What one setting looks like.

    Attributes
    ----------
    pixels : array of shape (height, width, 3)
    sentence : str
    places : tuple of Bbox
        Where the layout put each of the figure's axes.
    sharpness : int
        Pixels for each CSS pixel.
    values : dict
        What the setting measured, by name (see `seen`).
    """

    pixels: np.ndarray
    sentence: str
    places: tuple[Bbox, ...]
    sharpness: int = SHARPNESS
    values: Values = field(default_factory=dict)

    @staticmethod
    def of(explorer: Explorer, setting: Setting, like: Frame | None = None) -> Frame:
        """Draw one setting off screen.

        Parameters
        ----------
        like : Frame, optional
            Another setting of the same explorer, for a quick picture: the axes stand where they
            stand there, as arranging them takes longer than drawing them, and it has fewer pixels.

        Raises
        ------
        RuntimeError
            If the function draws no figure or more than one.
        TypeError
            If it does not return a sentence.

        These, and whatever the function raises, carry a note that names explorer and setting.
        """
        sharpness = SHARPNESS if like is None else QUICK_SHARPNESS
        with _drawn(explorer, setting, sharpness) as (sentence, figure):
            if like is not None:
                _hold(figure, like.places)
            pixels = _pixels(figure)
            places = tuple(ax.get_position(original=True).frozen() for ax in figure.axes)
            values = getattr(sentence, "values", {})
            return Frame(pixels, _checked(sentence), places, sharpness, values)

    @property
    def css_size(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        height, width = self.pixels.shape[:2]
        return width // self.sharpness, height // self.sharpness


def measure(explorer: Explorer, setting: Setting) -> Values:
    """Return what one setting measures, without making a picture of it.

    Raises
    ------
    As `Frame.of`.
    """
    with _drawn(explorer, setting, QUICK_SHARPNESS) as (sentence, _):
        _checked(sentence)
        return getattr(sentence, "values", {})


@contextmanager
def _drawn(explorer: Explorer, setting: Setting, sharpness: int) -> Iterator[tuple[Any, Figure]]:
    """Let the function draw; give what it returned and its figure, which is closed at the end."""
    _load_backend()
    before = set(plt.get_fignums())
    try:
        # The notebook's own backend would show each figure as it is drawn.
        with mpl.rc_context({"figure.dpi": 100 * sharpness, "interactive": False}):
            sentence = explorer.draw(**setting)
            yield sentence, _only_new_figure(before)
    except Exception as error:
        error.add_note(f"explorer {explorer.name!r} at {setting}")
        raise
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _only_new_figure(before: set[int]) -> Figure:
    drawn = sorted(set(plt.get_fignums()) - before)
    if len(drawn) != 1:
        raise RuntimeError(
            f"the function of an explorer must draw exactly one figure; it drew {len(drawn)} new"
            " figures."
        )
    return plt.figure(drawn[0])


def _checked(sentence: Any) -> str:
    if not isinstance(sentence, str) or not sentence.strip():
        raise TypeError(
            "the function of an explorer must return one sentence that says what the picture"
            f" shows; it returned {sentence!r}."
        )
    return translated(sentence.strip())


def _hold(figure: Figure, places: tuple[Bbox, ...]) -> None:
    """Put a figure's axes at ``places`` in place of a layout, where it has as many of them."""
    if len(figure.axes) == len(places):
        figure.set_layout_engine("none")
        for ax, place in zip(figure.axes, places, strict=True):
            ax.set_position(place)


@cache
def _load_backend() -> None:
    """Load the session's backend now: a notebook's becomes interactive while it loads.

    Loaded by the first figure inside an rc_context, it would be made quiet again at the end, and
    the notebook's own figures would never appear.
    """
    plt.switch_backend(mpl.get_backend())


@lru_cache(maxsize=4)
def _renderer(width: float, height: float, dpi: float) -> RendererAgg:
    """Keep one renderer for all pictures of a size.

    A renderer remembers how large every text is, and a layout asks for that again and again.
    """
    return RendererAgg(width, height, dpi)


class _Canvas(FigureCanvasAgg):
    def get_renderer(self) -> RendererAgg:
        return _renderer(*self.get_width_height(physical=True), self.figure.dpi)


def _pixels(figure: Figure) -> np.ndarray:
    """Draw a figure on Agg, whatever backend made it, and return its pixels (height, width, 3)."""
    canvas = _Canvas(figure)
    canvas.draw()
    rgba = np.asarray(canvas.buffer_rgba())
    return rgba[..., :3].copy()


def encode_png(pixels: np.ndarray) -> bytes:
    """Encode quickly rather than small: for a live kernel."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def encode_webp(pixels: np.ndarray, photo: bool = False) -> bytes:
    """Encode small: for a page.

    A drawing keeps its sharp edges: few colours without dither, then lossless. Lossy WebP blurs
    lines and text and saves nothing. A photograph is compressed with loss.
    """
    image = Image.fromarray(pixels)
    buffer = io.BytesIO()
    if photo:
        image.save(buffer, "WEBP", quality=82, method=6)
    else:
        few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        # the octree's white is a mean of nearly white ones; a picture's ground must be the page's
        palette = np.reshape(few.getpalette(), (-1, 3))
        palette[np.unique(np.asarray(few)[(pixels == 255).all(axis=2)])] = 255
        few.putpalette(palette.ravel().tolist())
        few.convert("RGB").save(buffer, "WEBP", lossless=True, **EFFORT)
    return buffer.getvalue()


_drawing: Explorer | None = None  # what a forked worker draws: a function cannot be pickled


def _frame_on_page(setting: Setting) -> dict[str, Any]:
    frame = Frame.of(_drawing, setting)
    webp = encode_webp(frame.pixels, _drawing.photo)
    return {
        "picture": base64.b64encode(webp).decode("ascii"),
        "sentence": frame.sentence,
        "setting": _drawing.words_of(setting),
        "size": frame.css_size,
        "values": frame.values,
    }


def _can_fork() -> bool:
    """Whether copies of this process may draw.

    A forked process inherits the function and all it refers to, with nothing to pickle. It is
    unsafe with a GPU in use, and where the system has no fork (Windows) or advises against it.
    """
    if sys.platform in ("win32", "darwin"):
        return False
    torch = sys.modules.get("torch")
    return torch is None or not torch.cuda.is_initialized()


def draw_frames(explorer: Explorer) -> list[dict[str, Any]]:
    """Draw every setting, in parallel over cores where the system allows it.

    The workers are forked, so they must not use threads that the parent had: the book's build
    starts its kernels with OMP_NUM_THREADS=1.
    """
    global _drawing
    _drawing = explorer
    settings = explorer.settings()
    workers = int(os.environ.get("COURSE_EXPLORE_WORKERS", os.cpu_count() or 1))
    try:
        if workers < 2 or len(settings) < FEWEST_FOR_PROCESSES or not _can_fork():
            return [_frame_on_page(setting) for setting in settings]
        fork = multiprocessing.get_context("fork")
        # What the parent made is no garbage; to look through it would copy its memory.
        with ProcessPoolExecutor(workers, mp_context=fork, initializer=gc.freeze) as pool:
            return list(pool.map(_frame_on_page, settings, chunksize=4))
    finally:
        _drawing = None


def bundle(explorer: Explorer) -> tuple[dict[str, Any], list[Values]]:
    """Return what a page needs, and what every setting measured, which is kept from the page.

    A page needs the controls, and a picture and a sentence for every setting.
    """
    frames = draw_frames(explorer)
    measured = [frame.pop("values") for frame in frames]
    width, height = _only_size(explorer, [frame.pop("size") for frame in frames])
    content = {
        "name": explorer.name,
        "photo": explorer.photo,
        "width": width,
        "height": height,
        "controls": [
            {
                "name": name,
                "kind": control.kind,
                "label": control.label,
                "words": list(control.words),
                "start": control.start,
                "play": control.play,
            }
            for name, control in explorer.controls.items()
        ],
        "frames": frames,
    }
    return content, measured


def _only_size(explorer: Explorer, sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the size that all frames have."""
    first = dict(reversed(list(zip(sizes, explorer.settings(), strict=True))))
    if len(first) > 1:
        drawn = "; ".join(
            f"{width} × {height} pixels at {setting}"
            + (f" and {more} more" if (more := sizes.count((width, height)) - 1) else "")
            for (width, height), setting in first.items()
        )
        raise ValueError(
            f"explorer {explorer.name!r} draws figures of different sizes: {drawn}. The page would"
            " jump: give every setting the same figsize."
        )
    return sizes[0]


def display_frames(explorer: Explorer) -> list[Values]:
    """Put every frame into the cell's output, from where the book's build takes them.

    Returns
    -------
    list of dict
        What every setting measured, in the order of ``explorer.settings()``.
    """
    from IPython.display import display

    content, measured = bundle(explorer)
    start = explorer.settings().index(explorer.start())
    display({MIME: content, "text/plain": content["frames"][start]["sentence"]}, raw=True)
    return measured


def display_questions(
    explorer: str | None, questions: tuple[Question, ...], measured: Measurements | None
) -> None:
    """Put questions and their answers into the cell's output.

    Parameters
    ----------
    explorer : str or None
        The name of the explorer that they are about.
    """
    from IPython.display import display

    content = {"explorer": explorer, "questions": on_page(questions, measured)}
    text = "\n".join(question["text"] for question in content["questions"])
    display({QUESTIONS_MIME: content, "text/plain": text}, raw=True)
