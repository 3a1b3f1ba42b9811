"""Words that code shows are found in the catalogue, whatever values stand in them."""

import json

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from course_lib import plots, words
from course_lib.explore import choice, slider
from course_lib.explore.explorer import Explorer
from course_lib.explore.frames import Frame
from course_lib.notebook import report

EXACT = {"learning rate η": "学习率η", "slow": "慢", "fast": "快", "loss": "损失", "train": "训练"}
TEMPLATES = {
    "After {n} steps the walk is {pace}.": "走了{n}步，{pace}。",
    "{pace} at {place}": "在{place}{pace}",
    "{n} of {k}": "{k}中{n}",
    "the set {{{x}}}": "集合{{{x}}}",
}


@pytest.fixture
def chinese(tmp_path, monkeypatch):
    file = tmp_path / "words.json"
    file.write_text(json.dumps({"exact": EXACT, "templates": TEMPLATES}), encoding="utf-8")
    monkeypatch.setenv(words.SETTING, str(file))


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("slow", "慢"),
        ("  slow\n", "  慢\n"),
        ("After 3 steps the walk is fast.", "走了3步，快。"),
        ("fast at 0.5", "在0.5快"),  # the translation turns the order around
        ("the set {loss}", "集合{损失}"),
        ("slow, fast", "慢, 快"),  # members of a list
        ("slow: fast", "慢: 快"),
        ("slow\nfast at 1\nloss", "慢\n在1快\n损失"),
        ("After 3 steps the walk is fast. slow", "走了3步，快。 慢"),
        ("2 of 3", "3中2"),
        ("a text that nobody knows", "a text that nobody knows"),
        ("3.5", "3.5"),
        ("", ""),
    ],
)
def test_translation(chinese, text, translation):
    assert words.translated(text) == translation


@pytest.mark.parametrize("text", ["slow", "After 3 steps the walk is fast.", "  slow\n"])
def test_without_a_language_nothing_changes(monkeypatch, text):
    monkeypatch.delenv(words.SETTING, raising=False)
    assert words.translated(text) is text


def test_template_that_says_most_wins():
    found = words.Catalogue({}, {"{a} of {b}": "短", "{a} of the {b}": "长"})
    assert found.translated("one of the few") == "长"


@pytest.mark.parametrize(
    ("literals", "text", "values"),
    [
        (["", ""], "all", ["all"]),
        (["a", "a"], "a", None),  # one letter is not two
        (["a", "a"], "aa", [""]),
        (["", " and ", " and ", "."], "x and y and z.", ["x", "y", "z"]),
        (["", " b ", " b"], "a b b", None),
        (["From ", " to ", ""], "From 1 to 2 to 3", ["1", "2 to 3"]),
    ],
)
def test_between(literals, text, values):
    assert words.between(literals, text) == values


def test_controls_show_translated_words_and_keep_their_values(chinese):
    pace = choice("slow", "fast", label="learning rate η")
    assert (pace.label, pace.words, pace.live_words) == ("学习率η", ("慢", "快"), ("慢", "快"))
    assert pace.values == ("slow", "fast")
    steps = slider(1, 2, label="loss", words=lambda n: f"{n} of 3")
    assert (steps.label, steps.words, steps.live_words) == (
        "损失",
        ("3中1", "3中2"),
        ("3中1", "3中2"),
    )


def test_report_is_translated(chinese, capsys):
    report("loss", 0.5, digits=1)
    report("learning rate η", "slow")
    assert capsys.readouterr().out == "损失: 0.5\n学习率η: 慢\n"


@pytest.mark.filterwarnings("ignore:Glyph")  # a machine without Chinese letters can still test
def test_figures_and_sentences_of_an_explorer_are_translated(chinese, monkeypatch):
    monkeypatch.setattr(Text, "set_text", Text.set_text)  # taken back at the end
    shown = []

    def walk(n):
        plt.figure(figsize=(2, 1))
        plt.plot([1, 2], label="train")
        plt.xlabel("learning rate η")
        plt.annotate("slow at 1", (0, 1))
        plt.xticks([0, 1], ["slow", "fast"])
        plt.legend()
        shown.append(plt.gcf())
        return f"After {n} steps the walk is fast."

    with mpl.rc_context():
        plots.use_style()
        frame = Frame.of(Explorer(walk, {"n": slider(1, 2, label="loss")}), {"n": 2})
    assert frame.sentence == "走了2步，快。"
    texts = {artist.get_text() for artist in shown[0].findobj(Text)}
    assert {"训练", "学习率η", "在1慢", "慢", "快"} <= texts
    assert not {"train", "learning rate η", "slow", "fast"} & texts
