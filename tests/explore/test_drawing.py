"""What is drawn with answers remembered is what matplotlib draws without, pixel for pixel."""

from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from course_lib.explore import drawing
from course_lib.explore.drawing import Renderer, pixels, ticks_on_demand

OURS = [
    *((Axis, "set_clip_path"), (Axis, "set_tick_params"), (Axis, "_get_tick")),
    *((Axis, "_update_ticks"), (Axis, "_get_ticklabel_bboxes"), (Text, "_get_layout")),
    *((Axis, "get_major_ticks"), (Axis, "get_minor_ticks")),
]


@pytest.fixture(autouse=True)
def look():
    with plt.rc_context({"figure.dpi": 80, "figure.constrained_layout.use": True}):
        yield
    plt.close("all")


@pytest.fixture
def renderer():
    return cache(Renderer)


def shared_and_logarithmic():
    figure, axes = plt.subplots(2, 2, figsize=(5, 4), sharex=True, sharey="row")
    axes[0, 0].semilogy([1, 20, 3000])
    axes[0, 0].grid(which="both")
    axes[1, 1].plot([1e6, 3e6, 2e6], label="steps")
    axes[1, 1].legend(title="of")
    axes[1, 0].set(xlabel="step", ylabel="loss\nin bits", title="$x^2$ and $\\theta$")
    axes[1, 0].invert_yaxis()
    figure.align_ylabels()


def ticks_of_all_kinds():
    _, (left, right) = plt.subplots(1, 2, figsize=(5, 2.5))
    left.bar(range(4), [1, 3, 2, 5])
    left.set_xticks(range(4), ["one", "two\nlines", "a long name", "d"], rotation=40, ha="right")
    left.get_xticklabels()[1].set(color="red", fontsize=15)
    left.tick_params(axis="y", direction="inout", length=9, colors="green", labelright=True)
    right.minorticks_on()
    right.grid(which="minor", linewidth=3)
    right.set(xlim=(0.05, 0.95), ylim=(3, -3))
    right.tick_params(axis="x", which="both", top=True, bottom=False, labeltop=True)
    twin = right.twinx()
    twin.plot([0, 1], [10, 1000])
    twin.set_ylabel("the other side", rotation=270, va="bottom")


def pictures_and_a_bar():
    figure, axes = plt.subplots(1, 3, figsize=(6, 2))
    drawn = axes[0].imshow(np.arange(12).reshape(3, 4))
    figure.colorbar(drawn, ax=axes[0], label="value")
    axes[1].axis("off")
    axes[2].set(xticks=[], yticks=[], aspect="equal", box_aspect=1)
    axes[2].contourf(np.outer(range(5), range(4)))


def words_everywhere():
    figure, ax = plt.subplots(figsize=(4, 3))
    figure.suptitle("Two lines\nof a title")
    ax.annotate("here", (0.2, 0.3), (0.6, 0.7), arrowprops={"arrowstyle": "->"})
    ax.text(0.1, 0.1, "in a box\n$\\frac{a}{b}$ and more", bbox={"facecolor": "yellow"}, va="top")
    ax.text(1.02, 0.5, "outside", rotation=90, rotation_mode="anchor")
    ax.text(0.5, 0.9, "words that need more room than a line of this figure has", wrap=True)
    ax.text(0.5, 0.5, "costs \\$3", fontsize=20, linespacing=2, ha="center")
    ax.plot([0, 1], label="a line")
    figure.legend(loc="outside lower center")


def round_axes():
    ax = plt.figure(figsize=(3, 3)).add_subplot(projection="polar")
    ax.plot([0, 1, 2], [1, 2, 3])


DRAWINGS = [
    shared_and_logarithmic,
    ticks_of_all_kinds,
    pictures_and_a_bar,
    words_everywhere,
    round_axes,
]


def ordinary(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_the_pixels_are_those_of_matplotlib(draw, renderer):
    draw()
    expected = ordinary(plt.gcf())
    assert len(np.unique(expected.reshape(-1, 3), axis=0)) > 10
    for _ in range(2):  # the second time all texts are known
        with ticks_on_demand():
            draw()
        np.testing.assert_array_equal(pixels(plt.gcf(), renderer), expected)


def change_the_words(ax):
    ax.title.set_text("other words")
    ax.title.set_fontsize(20)


def change_a_tick(ax):
    ax.get_xticklabels()[0].set_color("red")


@pytest.mark.parametrize(
    "change",
    [
        change_the_words,
        change_a_tick,
        lambda ax: ax.set_xlim(2, 30),
        lambda ax: ax.set_xticks([0, 0.5], ["left", "middle"]),
        lambda ax: ax.set_position([0.3, 0.3, 0.2, 0.2]),
        lambda ax: ax.xaxis.set_tick_params(labelsize=5, rotation=30),
    ],
)
def test_what_is_changed_after_a_drawing_is_drawn_anew(change, renderer):
    drawn = []
    for how in (ordinary, lambda figure: pixels(figure, renderer)):
        figure, ax = plt.subplots(figsize=(3, 2))
        ax.set_title("words")
        before = how(figure).copy()
        change(ax)
        drawn.append(how(figure))
        assert (drawn[-1] != before).any()
    np.testing.assert_array_equal(drawn[1], drawn[0])


def test_two_axes_of_one_figure_do_not_share_their_ticks(renderer):
    """The second axis's ticks are copies of its own first one, and they know their own axes."""
    with ticks_on_demand():
        figure, axes = plt.subplots(1, 2, figsize=(4, 2))
    pixels(figure, renderer)
    ticks = [tick for ax in axes for axis in (ax.xaxis, ax.yaxis) for tick in axis.majorTicks]
    assert all(tick.axes is ax for ax in axes for tick in ax.xaxis.majorTicks)
    parts = {id(getattr(tick, name)) for tick in ticks for name in drawing.PARTS_OF_TICK}
    assert len(parts) == 5 * len(ticks)


def test_axes_make_no_tick_before_one_is_drawn():
    with ticks_on_demand():
        _, ax = plt.subplots()
        ax.tick_params(labelsize=7)
        made = [name for axis in (ax.xaxis, ax.yaxis) for name in vars(axis) if "Ticks" in name]
    assert made == []
    assert ax.xaxis.majorTicks[0].label1.get_fontsize() == 7


@pytest.mark.parametrize("ticks", ["majorTicks", "minorTicks"])
def test_a_late_tick_is_clipped_like_an_early_one(ticks):
    clips = []
    for late in (False, True):
        with ticks_on_demand() if late else nullcontext():
            _, ax = plt.subplots(figsize=(3, 2))
            (tick,) = getattr(ax.xaxis, ticks)
        clips.append((tick.gridline.clipbox.bounds, tick.clipbox.bounds, tick.get_clip_path()))
    assert clips[0] == clips[1]


def test_the_spines_of_an_axis_without_ticks_keep_their_place(renderer):
    """An axis that is not seen makes no tick, and it is a tick that puts a spine into its place."""
    with ticks_on_demand():
        _, ax = plt.subplots(figsize=(3, 2))
        twin = ax.twinx()
        twin.plot([0, 1], [10, 1000])
    pixels(plt.gcf(), renderer)
    assert twin.spines["bottom"].get_window_extent().y0 == pytest.approx(ax.bbox.y0)


def test_a_text_is_laid_out_once_and_remembered_for_the_next_figure(renderer, monkeypatch):
    asked = []

    def counted(text, renderer, plain=drawing._get_layout):
        asked.append(text.get_text())
        return plain(text, renderer)

    monkeypatch.setattr(drawing, "_get_layout", counted)
    for _ in range(2):
        figure, ax = plt.subplots(figsize=(3, 2))
        ax.set_xlabel("only once")
        pixels(figure, renderer)
    assert asked.count("only once") == 1


def test_an_axis_is_asked_for_its_ticks_once_for_each_place_it_has(renderer, monkeypatch):
    places = []

    def counted(axis, plain=drawing._update_ticks):
        places.append((axis, *axis.axes.bbox.bounds))
        return plain(axis)

    monkeypatch.setattr(drawing, "_update_ticks", counted)
    shared_and_logarithmic()
    pixels(plt.gcf(), renderer)
    assert len(places) == len(set(places)) > 0


def test_a_renderer_forgets_rather_than_grows(monkeypatch):
    monkeypatch.setattr(drawing, "MOST_TEXTS", 3)
    renderer = Renderer(10, 10, 72)
    answers = [renderer.remembered(n % 5, lambda n=n: n) for n in range(10)]
    assert answers[:5] == [0, 1, 2, 3, 4]
    assert len(renderer._known) <= 3
    assert renderer.remembered(4, lambda: "forgotten") == 9


def test_matplotlib_is_left_as_it_was(renderer):
    before = [getattr(owner, name) for owner, name in OURS]
    figure = plt.figure()
    figure.text(0.5, 0.5, "$\\no_such_symbol$")
    with pytest.raises(ValueError, match="no_such_symbol"):
        pixels(figure, renderer)
    with pytest.raises(ZeroDivisionError), ticks_on_demand():
        raise ZeroDivisionError
    assert [getattr(owner, name) for owner, name in OURS] == before
