import base64
import io
import os
import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbclient.exceptions import CellExecutionError
from PIL import Image

from course_lib.explore import Explorer, choice, explore, slider
from course_lib.explore import frames as frames_module
from course_lib.explore import live as live_module
from course_lib.explore.explorer import MOST_SETTINGS
from course_lib.explore.frames import Frame, bundle, encode_webp
from course_lib.explore.live import live_explorer
from course_lib.explore.show import mode

mpl.use("agg")


@pytest.fixture(autouse=True)
def check_mode(monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE", "check")


def line(power, colour):
    """Draw a power of x."""
    plt.figure(figsize=(3, 2))
    plt.plot([0, 1, 2], [0, 1, 2**power], color=colour)
    return f"The power {power} in {colour}."


@pytest.fixture
def explorer():
    return Explorer(
        line,
        {
            "power": slider(1, 2, 3, label="power", play=True),
            "colour": choice("red", "blue", label="colour"),
        },
    )


def test_settings_are_the_product_with_the_last_control_fastest(explorer):
    settings = explorer.settings()
    assert len(settings) == 6
    assert settings[0] == {"power": 1, "colour": "red"}
    assert settings[1] == {"power": 1, "colour": "blue"}
    assert explorer.start() == {"power": 2, "colour": "red"}


def test_check_mode_draws_the_default_both_ends_of_each_control_and_every_other_value():
    seen = []

    @explore(
        power=slider(1, 2, 3, 5, label="power", start=2, live=(1, 2, 4, 5)),
        colour=choice("red", "blue", "green", label="colour"),
    )
    def recorded(power, colour):
        seen.append((power, colour))
        return line(power, colour)

    ends = [(2, "red"), (1, "red"), (5, "red"), (2, "green")]
    assert seen == [*ends, (2, "blue"), (3, "blue"), (4, "blue")]
    assert plt.get_fignums() == []
    assert recorded(1, "red") == "The power 1 in red."
    plt.close("all")


@pytest.mark.parametrize("mode", ["check", "page", "live"])
def test_what_the_function_raises_is_never_swallowed(mode, monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE", mode)

    with pytest.raises(ZeroDivisionError):

        @explore(power=slider(0, 1, label="power", start=0))
        def broken(power):
            plt.figure()
            return str(1 / power)

    assert plt.get_fignums() == []


def test_an_error_at_the_end_of_a_slider_is_found():
    with pytest.raises(ValueError, match="at the far end"):

        @explore(power=slider(1, 2, 3, label="power"))
        def breaks_late(power):
            if power == 3:
                raise ValueError("at the far end")
            return line(power, "red")


def test_an_unknown_mode_is_an_error(explorer, monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE", "paeg")
    with pytest.raises(ValueError, match="live, page, check; it is 'paeg'"):
        mode().show(explorer)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda power: "no picture", RuntimeError, "drew 0 new figures"),
        (lambda power: (plt.figure(), plt.figure(), "two")[2], RuntimeError, "drew 2 new figures"),
        (lambda power: plt.figure() and None, TypeError, "must return one sentence"),
        (lambda power: plt.figure() and "  ", TypeError, "must return one sentence"),
    ],
)
def test_a_function_must_draw_one_figure_and_say_one_sentence(draw, error, message):
    with pytest.raises(error, match=message):
        mode().show(Explorer(draw, {"power": slider(1, 2, label="power")}))
    assert plt.get_fignums() == []


def test_the_readers_own_figures_are_left_alone(explorer):
    mine = plt.figure()
    Frame.of(explorer, explorer.start())
    assert plt.get_fignums() == [mine.number]
    plt.close("all")


@pytest.mark.parametrize(
    ("controls", "error", "message"),
    [
        ({}, ValueError, "0 controls"),
        ({"power": 3}, TypeError, "must be slider"),
        ({"other": slider(1, 2, label="x")}, TypeError, "they must be the same"),
        ({"power": slider(*range(MOST_SETTINGS + 1), label="x")}, ValueError, "121 settings"),
    ],
)
def test_bad_controls_say_what_is_wrong(controls, error, message):
    with pytest.raises(error, match=message):
        Explorer(lambda power: "", controls)


def test_an_explorer_has_up_to_three_controls_and_as_many_settings_as_fit_on_a_page():
    one = slider(1, 2, label="one")
    three = Explorer(lambda a, b, c: "", dict.fromkeys("abc", one))
    assert len(three.settings()) == 8
    with pytest.raises(ValueError, match="4 controls"):
        Explorer(lambda a, b, c, d: "", dict.fromkeys("abcd", one))
    full = Explorer(lambda a: "", {"a": slider(*range(MOST_SETTINGS), label="a")})
    assert len(full.settings()) == MOST_SETTINGS


def test_an_explorer_is_its_function(explorer):
    assert explorer.name == "line"
    assert explorer.photo is False
    assert explorer.__doc__ == line.__doc__
    assert explorer(2, colour="blue") == "The power 2 in blue."
    plt.close("all")

    def _rise_and_fall(x):
        return ""

    assert Explorer(_rise_and_fall, {"x": slider(1, 2, label="x")}).name == "rise and fall"


def test_words_of_a_setting_are_those_beside_the_controls(explorer):
    assert explorer.words_of({"power": 3, "colour": "blue"}) == ["3", "blue"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_every_setting_becomes_a_frame_in_order(workers, monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE_WORKERS", workers)
    explorer = Explorer(
        line, {"power": slider(*range(1, 8), label="p"), "colour": choice("red", "blue", label="c")}
    )
    content, _ = bundle(explorer)
    assert [frame["sentence"] for frame in content["frames"]] == [
        f"The power {power} in {colour}." for power in range(1, 8) for colour in ("red", "blue")
    ]
    assert [frame["setting"] for frame in content["frames"]] == [
        [f"{power}", colour] for power in range(1, 8) for colour in ("red", "blue")
    ]
    assert (content["width"], content["height"]) == (300, 200)
    assert frames_module._drawing is None  # the function, and all that it holds, can be freed
    picture = Image.open(io.BytesIO(base64.b64decode(content["frames"][0]["picture"])))
    assert picture.format == "WEBP"
    assert picture.size == (600, 400)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_error_says_at_which_setting(workers, monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE_WORKERS", workers)

    def breaks_in_between(power):
        if power == 5:
            raise ZeroDivisionError("at five")
        return line(power, "red")

    with pytest.raises(ZeroDivisionError, match="at five") as broken:
        bundle(Explorer(breaks_in_between, {"power": slider(*range(20), label="power")}))
    assert broken.value.__notes__ == ["explorer 'breaks in between' at {'power': 5}"]


def test_a_notebook_prints_the_setting_of_an_error_last():
    with pytest.raises(CellExecutionError) as failed:
        run_cells(
            """
import os
os.environ["COURSE_EXPLORE"] = "check"
from matplotlib import pyplot as plt
from course_lib.explore import explore, slider
@explore(power=slider(1, 2, 3, 4, label="power"))
def draw(power):
    plt.figure()
    return str(1 // (power - 2))
"""
        )
    assert failed.value.traceback.splitlines()[-1] == "explorer 'draw' at {'power': 2}"


def test_frames_of_different_sizes_are_refused_and_their_settings_named():
    def grows(power):
        plt.figure(figsize=(3 if power == 4 else 2, 2))
        return "It grows."

    with pytest.raises(ValueError, match="different sizes") as refused:
        bundle(Explorer(grows, {"power": slider(*range(9), label="power")}))
    assert "200 × 200 pixels at {'power': 0} and 7 more" in str(refused.value)
    assert "300 × 200 pixels at {'power': 4}." in str(refused.value)


@pytest.mark.parametrize("photo", [False, True])
def test_a_photograph_keeps_its_colours(photo):
    """A drawing is reduced to few colours; a photograph is compressed with loss instead."""

    def draw(power):
        figure = plt.figure(figsize=(3, 2))
        figure.add_axes((0, 0, 1, 1)).imshow(np.linspace(0, 1, 256)[None], aspect="auto")
        return f"All colours to the power {power}."

    content, _ = bundle(Explorer(draw, {"power": slider(1, 2, label="power")}, photo=photo))
    assert content["photo"] == photo
    pixels = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(frame["picture"]))).convert("RGB"))
        for frame in content["frames"]
    ]
    colours = [len(np.unique(picture.reshape(-1, 3), axis=0)) for picture in pixels]
    assert all((number > frames_module.COLOURS) == photo for number in colours)


def who_draws(monkeypatch, tmp_path, platform="linux", torch=None, workers="2", settings=12):
    """Return the processes that drew the frames of an explorer, by default with two workers."""
    if workers is None:
        monkeypatch.delenv("COURSE_EXPLORE_WORKERS", raising=False)
    else:
        monkeypatch.setenv("COURSE_EXPLORE_WORKERS", workers)
    monkeypatch.setattr(sys, "platform", platform)
    if torch is None:
        monkeypatch.delitem(sys.modules, "torch", raising=False)
    else:
        monkeypatch.setitem(sys.modules, "torch", torch)

    def draw(power):
        (tmp_path / str(os.getpid())).touch()
        return line(power, "red")

    bundle(Explorer(draw, {"power": slider(*range(settings), label="power")}))
    return {int(path.name) for path in tmp_path.iterdir()}


def torch_with(initialized):
    return SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: initialized))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("torch", [None, torch_with(False)])
def test_copies_of_the_process_draw_where_that_is_safe(monkeypatch, tmp_path, torch):
    assert os.getpid() not in who_draws(monkeypatch, tmp_path, torch=torch)


@pytest.mark.parametrize(
    ("platform", "torch"), [("win32", None), ("darwin", None), ("linux", torch_with(True))]
)
def test_the_process_draws_alone_where_a_copy_could_break(monkeypatch, tmp_path, platform, torch):
    assert who_draws(monkeypatch, tmp_path, platform, torch) == {os.getpid()}


@pytest.mark.parametrize("few", [{"workers": "1"}, {"settings": 11}])
def test_the_process_draws_alone_where_helpers_would_not_pay(monkeypatch, tmp_path, few):
    assert who_draws(monkeypatch, tmp_path, **few) == {os.getpid()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("cores", "alone"), [(2, False), (1, True), (None, True)])
def test_there_are_as_many_helpers_as_cores(monkeypatch, tmp_path, cores, alone):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert (who_draws(monkeypatch, tmp_path, workers=None) == {os.getpid()}) == alone


@pytest.mark.parametrize("light", [200, 244, 252])
def test_the_ground_of_a_drawing_is_that_of_the_page_beside_a_light_grey(light):
    """The octree makes one colour of white and of a grey that is near to it."""
    pixels = np.full((30, 40, 3), 255, np.uint8)
    pixels[:10], pixels[10:20] = light, 0
    page = np.asarray(Image.open(io.BytesIO(encode_webp(pixels))).convert("RGB"))
    assert (page[20:] == 255).all()
    assert (page[10:20] == 0).all()
    assert (abs(page[:10] - float(light)) <= 11).all()


def test_a_photograph_is_close_to_what_was_drawn_and_small():
    rng = np.random.default_rng(0)
    x = np.linspace(0, 255, 200)
    pixels = np.stack([np.add.outer(x, x) / 2, np.add.outer(x, -x) % 256, 0 * x + x[:, None]], 2)
    pixels = (0.9 * pixels + rng.uniform(0, 25, pixels.shape)).astype(np.uint8)
    small = encode_webp(pixels, photo=True)
    seen = np.asarray(Image.open(io.BytesIO(small)).convert("RGB")).astype(float)
    assert np.mean((seen - pixels) ** 2) < 100
    assert len(small) < 0.5 * len(encode_webp(pixels))


def test_a_page_keeps_the_sentence_of_the_start_as_text(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append((data, raw)))
    measured = frames_module.display_frames(explorer)
    assert measured == [{}] * 6
    ((data, raw),) = shown
    assert raw
    assert data["text/plain"] == "The power 2 in red."
    controls = data[frames_module.MIME]["controls"]
    assert [(c["name"], c["kind"], c["start"], c["play"]) for c in controls] == [
        ("power", "slider", 1, True),
        ("colour", "choice", 0, False),
    ]
    assert controls[0] == {**controls[0], "label": "power", "words": ["1", "2", "3"]}


def test_a_drawing_stays_close_to_what_was_drawn(explorer):
    pixels = Frame.of(explorer, explorer.start()).pixels
    page = np.asarray(Image.open(io.BytesIO(encode_webp(pixels))).convert("RGB"))
    assert np.mean((page.astype(float) - pixels) ** 2) < 2.0  # above 45 dB
    assert (page[0, 0] == 255).all()  # a card that is not quite white would show its edge


def test_a_drawing_is_as_small_as_twice_the_effort_makes_it():
    """The encoder's effort is chosen where more of it costs time and saves next to nothing."""

    def busy(power):
        _, axes = plt.subplots(1, 2, figsize=(5, 3))
        axes[0].plot(np.sin(np.linspace(0, 20, 300)), label="a wave")
        axes[0].legend(title="of words")
        axes[1].contourf(np.outer(np.arange(9), np.arange(7) ** power), levels=12)
        axes[1].set(xlabel="how far", ylabel="how high")
        return "Waves and hills."

    pixels = Frame.of(Explorer(busy, {"power": slider(1, 2, label="power")}), {"power": 2}).pixels
    sizes = []
    for effort in (frames_module.EFFORT, {"quality": 60, "method": 4}):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(frames_module, "EFFORT", effort)
            sizes.append(len(encode_webp(pixels)))
    assert sizes[0] <= 1.03 * sizes[1]


def test_live_sliders_redraw_and_keep_the_sentence(explorer):
    widget = live_explorer(explorer).box
    play_row, choice_widget, picture, caption, _errors = widget.children
    assert 'alt="The power 2 in red."' in picture.value
    play_row.children[1].value = 3
    assert 'alt="The power 3 in red."' in picture.value
    choice_widget.value = "blue"
    assert 'alt="The power 3 in blue."' in picture.value
    assert "The power 3 in blue." in caption.value
    assert 'aria-live="polite"' in caption.value


def test_widgets_have_the_labels_words_and_starts_of_their_controls(explorer):
    row, colour, *_others = live_explorer(explorer).box.children
    play, power = row.children
    assert (power.description, colour.description) == ("power", "colour")
    assert (power.options, power.value) == ((("1", 1), ("2", 2), ("3", 3)), 2)
    assert (colour.options, colour.value) == ((("red", "red"), ("blue", "blue")), "red")
    assert (play.value, play.min, play.max) == (1, 0, 2)
    assert play.interval == live_module.PLAY_INTERVAL


def test_a_live_picture_has_the_size_of_the_page(explorer):
    _, _, picture, _, _ = live_explorer(explorer).box.children
    assert 'width="300" height="200"' in picture.value


def test_a_picture_that_succeeds_takes_the_error_away():
    def breaks(power):
        plt.figure()
        return str(1 // (3 - power))

    live = live_explorer(Explorer(breaks, {"power": slider(1, 2, 3, label="power")}))
    errors, cleared = live.box.children[-1], []
    errors.clear_output = lambda: cleared.append(live.setting["power"])
    live.inputs["power"].value = 1
    assert cleared == []  # nothing is there to be taken away
    errors.outputs = ({"output_type": "stream", "name": "stderr", "text": "x"},)
    live.inputs["power"].value = 2
    assert cleared == [2]


def wide_labels(power):
    """Draw two axes whose labels need more room the larger the power is."""
    _, (left, right) = plt.subplots(1, 2, figsize=(4, 2), layout="constrained")
    left.plot([0, 10**power])
    right.plot([0, 1])
    return f"Up to {10**power}."


def test_a_quick_frame_keeps_the_axes_where_they_are_and_has_fewer_pixels():
    explorer = Explorer(wide_labels, {"power": slider(0, 5, label="power")})
    narrow = Frame.of(explorer, {"power": 0})
    quick = Frame.of(explorer, {"power": 5}, like=narrow)
    careful = Frame.of(explorer, {"power": 5})
    for here, there in zip(quick.places, narrow.places, strict=True):
        np.testing.assert_allclose(here.bounds, there.bounds)
    assert careful.places[0].x0 > narrow.places[0].x0
    assert quick.css_size == careful.css_size == (400, 200)
    assert quick.pixels.size < careful.pixels.size
    assert quick.sentence == careful.sentence


def test_a_quick_frame_with_other_axes_is_laid_out_by_itself():
    def grows(panels):
        plt.subplots(1, panels, layout="constrained")
        return f"{panels} panels."

    explorer = Explorer(grows, {"panels": slider(1, 2, label="panels")})
    one = Frame.of(explorer, {"panels": 1})
    assert len(Frame.of(explorer, {"panels": 2}, like=one).places) == 2


def test_a_frame_does_not_depend_on_the_frames_before_it():
    """All pictures of a size share one renderer; nothing of one may be left in the next."""
    explorer = Explorer(wide_labels, {"power": slider(0, 5, label="power")})
    frames_module._renderer.cache_clear()
    alone = Frame.of(explorer, {"power": 0}).pixels
    Frame.of(explorer, {"power": 5})
    np.testing.assert_array_equal(Frame.of(explorer, {"power": 0}).pixels, alone)


def test_a_moved_slider_is_drawn_quickly_and_with_care_when_it_rests():
    cells = run_cells(
        """
import os
os.environ["COURSE_EXPLORE"] = "live"
import asyncio, base64, gc, io
from PIL import Image
from matplotlib import pyplot as plt
from course_lib.explore import Explorer, slider
from course_lib.explore.live import REST, live_explorer
def draw(power):
    plt.figure(figsize=(3, 2))
    return f"Power {power}."
widget = live_explorer(Explorer(draw, {"power": slider(1, 2, 3, label="power")})).box
control, picture, caption, errors = widget.children
listened = []  # an Output that listens takes away the word that a move is done
errors.observe(listened.append, names="msg_id")
def width():
    data = picture.value.partition("base64,")[2].partition(chr(34))[0]
    return Image.open(io.BytesIO(base64.b64decode(data))).width
print(width(), gc.isenabled())
""",
        "control.value = 2; control.value = 3; print(width(), gc.isenabled(), caption.value)",
        "await asyncio.sleep(4 * REST); print(width(), gc.isenabled(), caption.value, listened)",
    )
    start, moving, resting = ("".join(o.text for o in cell.outputs).strip() for cell in cells)
    assert start == "600 True"
    assert moving.startswith("300 False")
    assert resting.startswith("600 True")
    assert "Power 3." in moving
    assert "Power 3." in resting
    assert resting.endswith("[]")


@pytest.mark.parametrize(("enough", "follows"), [(3600.0, True), (0.0, False)])
def test_only_an_explorer_that_draws_fast_follows_the_drag(explorer, monkeypatch, enough, follows):
    monkeypatch.setattr(live_module, "FAST_ENOUGH_TO_DRAG", enough)
    play_row, *_others = live_explorer(explorer).box.children
    assert play_row.children[1].continuous_update == follows


def test_a_sentence_cannot_break_the_page():
    def quotes(power):
        plt.figure()
        return 'x < 3 & "y" > 2'

    widget = live_explorer(Explorer(quotes, {"power": slider(1, 2, label="power")})).box
    _control, picture, caption, _errors = widget.children
    for said in (picture.value, caption.value):
        assert "x &lt; 3 &amp; &quot;y&quot; &gt; 2" in said


def test_a_finer_live_slider_starts_where_the_page_does():
    control = slider(1, 5, 9, label="power", live=range(1, 10))

    def drawn(power):
        return line(power, "red")

    widget = live_explorer(Explorer(drawn, {"power": control})).box
    assert widget.children[0].value == 5
    assert len(widget.children[0].options) == 9


def run_cells(*cells):
    """Run cells in a fresh kernel and return them with their outputs."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(nb, timeout=60, kernel_name="python3").execute()
    return nb.cells


@pytest.mark.parametrize("mode", ["check", "page", "live"])
def test_a_notebooks_own_figures_appear_after_an_explorer(mode, monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a notebook draws with its own backend
    cells = run_cells(
        f"""
import os
os.environ["COURSE_EXPLORE"] = "{mode}"
from matplotlib import pyplot as plt
from course_lib.explore import explore, slider
@explore(power=slider(1, 2, label="power"))
def draw(power):
    plt.figure()
    return "A sentence."
""",
        "plt.plot([1, 2]);",
    )
    assert any("image/png" in output.get("data", {}) for output in cells[1].outputs)
    assert not any("image/png" in output.get("data", {}) for output in cells[0].outputs)


def test_an_error_of_a_live_slider_is_shown_in_the_output():
    cells = run_cells(
        """
import os
os.environ["COURSE_EXPLORE"] = "live"
from matplotlib import pyplot as plt
from course_lib.explore import Explorer, slider
from course_lib.explore.live import live_explorer
def draw(power):
    plt.figure()
    return str(1 // (3 - power))
widget = live_explorer(Explorer(draw, {"power": slider(1, 2, 3, label="power")})).box
""",
        "widget.children[0].value = 3",
        "print(widget.children[-1].outputs)",
    )
    assert "ZeroDivisionError" in str(cells[1].outputs) + str(cells[2].outputs)
