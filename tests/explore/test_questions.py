"""Questions are answered from what every setting measured, and what tells nothing is refused."""

import math

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.explore import (
    Explorer,
    choice,
    choose,
    explore,
    find,
    number,
    recall,
    seen,
    slider,
)
from course_lib.explore import show as show_module
from course_lib.explore.frames import MIME, QUESTIONS_MIME, bundle, measure
from course_lib.explore.live import live_explorer, question_widget
from course_lib.explore.questions import Measurements, number_in, on_page

STEPS = {"steps": slider(0, 1, 2, 3, 4, 5, label="steps taken", start=0)}


def walk(steps, side):
    plt.figure(figsize=(1, 1))
    return seen(f"{steps} to the {side}", height=(steps - 3) ** 2, far=np.bool_(steps > 4))


@pytest.fixture
def explorer():
    return Explorer(walk, {**STEPS, "side": choice("left", "right", label="side")})


@pytest.fixture
def measured(explorer):
    calls = []

    def count(setting):
        calls.append(setting)
        return measure(explorer, setting)

    found = Measurements(explorer, count)
    found.calls = calls
    return found


def test_seen_is_its_sentence_and_carries_plain_values():
    told = seen("A loss.", loss=np.float32(0.5), right=np.bool_(True), n=np.array([3]), word="up")
    assert told == "A loss."
    assert [type(value) for value in told.values.values()] == [float, bool, int, str]


@pytest.mark.parametrize("value", [None, [1, 2], np.zeros(2), 1j])
def test_seen_takes_single_values(value):
    with pytest.raises(TypeError, match=r"loss= of seen\(\.\.\.\) must be one number"):
        seen("A loss.", loss=value)


def test_frames_carry_values_and_the_page_does_not(explorer):
    content, values = bundle(explorer)
    assert [one["height"] for one in values] == [9, 9, 4, 4, 1, 1, 0, 0, 1, 1, 4, 4]
    assert "values" not in content["frames"][0]


def test_measuring_leaves_no_figure_open(explorer):
    assert measure(explorer, {"steps": 5, "side": "left"}) == {"height": 4, "far": True}
    assert plt.get_fignums() == []


def test_each_setting_is_measured_once(measured):
    assert measured.at(steps=2)["height"] == 1
    assert measured.at(steps=2, side="left") == {
        "steps": 2,
        "side": "left",
        "height": 1,
        "far": False,
    }
    assert len(measured.calls) == 1


def test_known_settings_are_not_measured_again(explorer):
    known = bundle(explorer)[1]
    found = Measurements(explorer, pytest.fail, known)
    assert found.at(steps=5, side="right")["far"]


@pytest.mark.parametrize("some", [{"step": 1}, {"steps": 7}])
def test_a_setting_that_does_not_exist_is_an_error(measured, some):
    with pytest.raises(ValueError, match=r"explorer 'walk' cannot be set to .*'side': \['left'"):
        measured.at(**some)


@pytest.mark.parametrize(
    ("question", "right"),
    [
        (find("?", why="w", least="height"), ["3,0", "3,1"]),
        (find("?", why="w", least="height", given={"side": "right"}), ["3,1"]),
        (find("?", why="w", least="height", within=1, given={"side": "left"}), None),
        (find("?", why="w", most="steps", given={"side": "right"}), ["5,1"]),
        (find("?", why="w", where=lambda v: v["far"]), ["5,0", "5,1"]),
        (find("?", why="w", least="steps", where=lambda v: v["height"] < 4), ["2,0", "2,1"]),
    ],
)
def test_the_right_settings_are_computed(measured, question, right):
    if right is None:
        with pytest.raises(ValueError, match="3 of 6 settings are right, and at most a third"):
            question.on_page(measured)
    else:
        assert question.on_page(measured)["right"] == right


def valued(values):
    """Return what the settings of an explorer measured: these values."""

    def draws(at):
        plt.figure(figsize=(1, 1))
        return seen("s", loss=values[at])

    explorer = Explorer(draws, {"at": slider(*range(len(values)), label="place", start=0)})
    return Measurements(explorer, lambda setting: measure(explorer, setting))


def test_up_to_a_third_of_the_settings_may_be_right():
    asked = find("?", why="w", least="loss")
    page = asked.on_page(valued([9, 0, 0, 5, 6, 7]))
    assert page["right"] == ["1", "2"]
    with pytest.raises(ValueError, match="3 of 8 settings are right"):
        asked.on_page(valued([9, 0, 0, 0, 5, 6, 7, 8]))


@pytest.mark.parametrize("size", [1.0, 1e6, -1e6])
def test_equal_values_are_equal_up_to_rounding(size):
    near = [size + abs(size) * gap for gap in (0.5, 0.0, 1e-11, 1e-7, 1e-3, 0.1)]
    assert find("?", why="w", least="loss").on_page(valued(near))["right"] == ["1", "2"]
    far = [-value for value in near]
    assert find("?", why="w", most="loss").on_page(valued(far))["right"] == ["1", "2"]


@pytest.mark.parametrize(("within", "right"), [(0.0, 1), (1.0, 2), (2.5, 3)])
def test_what_is_near_the_best_may_be_right(within, right):
    values = [90.0, 10.0, 11.0, 12.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    for values_, how in ((values, "least"), ([-v for v in values], "most")):
        page = find("?", why="w", within=within, **{how: "loss"}).on_page(valued(values_))
        assert page["right"] == ["1", "2", "3"][:right]


def test_an_answer_names_three_settings_and_says_that_there_are_more():
    values = [9, *[0] * 3, *range(1, 6)]
    page = find("?", why="w", least="loss").on_page(valued(values))
    assert page["answer"] == "place: 1; place: 2; place: 3"
    values = [9, *[0] * 4, *range(1, 8)]
    page = find("?", why="w", least="loss").on_page(valued(values))
    assert page["answer"] == "place: 1; place: 2; place: 3; …"
    assert len(page["right"]) == 4


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"least": "loss"}, "Not here: another setting has less. Move on."),
        ({"most": "loss"}, "Not here: another setting has more. Move on."),
        ({"where": lambda v: v["loss"] == 3}, "Not here. Move on."),
        ({"least": "loss", "where": lambda v: v["loss"] > 2}, "Not here. Move on."),
    ],
)
def test_a_wrong_setting_hears_what_is_missing(how, words):
    asked, measured = find("?", why="w", **how), valued([5, 1, 3, 7, 4, 6])
    assert asked.marks({"at": 0}, measured) == (False, words)
    assert asked.on_page(measured)["wrong"] == words
    right = {"least": 1, "most": 3}.get(next(iter(how)), 2) if "where" not in how else 2
    assert asked.marks({"at": right}, measured) == (True, "Right. w")


def test_a_find_cannot_be_asked_before_the_first_move():
    with pytest.raises(ValueError, match=r"before a move: no find\(\.\.\.\)"):
        type(find("?", why="w", least="x"))("?", "w", first=True, least="x")


@pytest.mark.parametrize(
    "make",
    [
        lambda **how: choose("?", "a", "b", right="a", why="w", **how),
        lambda **how: number("?", 2, why="w", **how),
    ],
)
def test_a_question_comes_after_the_picture_unless_it_is_asked_first(make):
    assert [one["first"] for one in on_page((make(), make(first=True)), None)] == [False, True]


def test_four_options_are_not_too_many():
    page = choose("?", *"abcd", right="d", why="w").on_page(None)
    assert (page["right"], page["answer"]) == (3, "d")
    assert page["wrong"] == ["Not this one. Think again."] * 4
    assert page["missing"] == "Choose one."


def test_an_answer_names_labels_and_says_what_must_be_set_first(measured):
    page = find("?", why="w", least="height", given={"side": "right"}).on_page(measured)
    assert page["answer"] == "steps taken: 3, side: right"
    assert page["given"] == [[1, 1, "First set “side” to right."]]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (find("?", why="w", where=lambda v: v["height"] > 9), "none of 12 settings is right"),
        (find("?", why="w", where=lambda v: v["steps"] < 2), "the start is right"),
        (find("?", why="w", least="hight"), "'hight' is no value of seen"),
        (find("?", why="w", least="height", given={"sides": "left"}), "cannot be set to sides"),
    ],
)
def test_a_question_that_tells_nothing_is_refused(measured, question, message):
    with pytest.raises(ValueError, match=message):
        question.on_page(measured)


def test_what_is_not_a_number_is_never_the_best():
    def breaks(steps):
        plt.figure(figsize=(1, 1))
        return seen("s", loss=[math.inf, math.nan, 2.0, math.nan, 1.0, math.inf][steps])

    explorer = Explorer(breaks, STEPS)
    measured = Measurements(explorer, lambda setting: measure(explorer, setting))
    assert find("?", why="w", least="loss").on_page(measured)["right"] == ["4"]
    with pytest.raises(ValueError, match="the start is right"):
        find("?", why="w", most="loss").on_page(measured)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: find("?", why="w"), r"takes least= or most="),
        (lambda: find("?", why="w", least="a", most="b"), r"takes least= or most="),
        (lambda: find("?", why=" ", least="a"), "why of a question must be words"),
        (lambda: choose("", "a", "b", right="a", why="w"), "text of a question must be words"),
        (lambda: choose("?", "a", right="a", why="w"), "two to four different options"),
        (lambda: choose("?", "a", "a", right="a", why="w"), "two to four different options"),
        (lambda: choose("?", *"abcde", right="a", why="w"), "two to four different options"),
        (
            lambda: choose("?", "a", "b", right="a", why="w", wrong={"c": "no"}),
            r"names no option: \['c'\]",
        ),
    ],
)
def test_a_malformed_question_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("right", ["c", lambda at: "c", "b"])
def test_the_right_option_is_an_option_that_is_not_called_wrong(measured, right):
    question = choose("?", "a", "b", right=right, why="w", wrong={"b": "no"})
    with pytest.raises(ValueError, match="must be one of"):
        question.on_page(measured)


@pytest.mark.parametrize("right", ["2", True, math.nan, np.zeros(3)])
def test_the_right_number_is_a_number(measured, right):
    with pytest.raises(ValueError, match="must be a number"):
        number("?", right, why="w").on_page(measured)


def test_answers_are_computed_from_the_explorer(measured):
    asked = choose(
        "?", "up", "down", right=lambda at: "up" if at(steps=5)["far"] else "down", why="w"
    )
    assert asked.on_page(measured)["right"] == 0
    asked = number("?", lambda at: at(steps=1)["height"], why="w", within=0.5, unit="cm")
    page = asked.on_page(measured)
    assert (page["right"], page["answer"]) == (4, "4 cm")
    with pytest.raises(ValueError, match="belongs to no explorer"):
        asked.on_page(None)


def test_marks_of_options(measured):
    asked = choose("?", "a", "b", "c", right="b", why="Because.", wrong={"c": "Hint."})
    assert asked.marks("b", measured) == (True, "Right. Because.")
    assert asked.marks("a", measured) == (False, "Not this one. Think again.")
    assert asked.marks("c", measured) == (False, "Not this one. Hint.")
    assert asked.marks(None, measured) == (False, "Choose one.")
    assert asked.on_page(measured)["wrong"][2] == "Not this one. Hint."


@pytest.mark.parametrize(
    ("typed", "is_right", "words"),
    [
        ("0.5", True, "Right. w"),
        ("0,52", True, "Right. w"),
        ("1/2", True, "Right. w"),
        ("−1", False, "Too small. Try again."),
        ("0.7", False, "Too large. Try again."),
        ("half", False, "Type a number."),
        ("", False, "Type a number."),
        ("1/0", False, "Type a number."),
    ],
)
def test_marks_of_numbers(typed, is_right, words):
    assert number("?", 0.5, within=0.05, why="w").marks(typed, None) == (is_right, words)


@pytest.mark.parametrize(
    ("right", "typed", "is_right"),
    [
        (0, "1e-10", True),
        (0, "1e-8", False),
        (1e6, "1000000.0005", True),
        (-1e6, "-1000000.0005", True),
        (1e6, "1000000.005", False),
        (np.float32(2), "2", True),
        (np.array([2.5]), "5/2", True),
    ],
)
def test_a_number_is_right_up_to_rounding(right, typed, is_right):
    assert number("?", right, why="w").marks(typed, None)[0] == is_right


def test_what_a_page_needs_of_a_number():
    page = number("?", -0.123456, why="w", within=0.01, unit="cm").on_page(None)
    assert page["answer"] == "−0.1235 cm"
    assert page["within"] == pytest.approx(0.01, abs=1e-8)
    assert page["unit"] == "cm"
    assert page["wrong"] == ["Too small. Try again.", "Too large. Try again."]
    assert page["missing"] == "Type a number."
    assert number("?", 3, why="w").on_page(None)["answer"] == "3"


def test_percent_signs_and_blanks_do_not_matter():
    assert number_in(" 12 % ") == 12


def test_marks_of_settings_between_those_of_the_page():
    finer = {"steps": slider(0, 1, 2, 3, 4, 5, label="s", start=0, live=np.linspace(0, 5, 51))}

    def valley(steps):
        plt.figure(figsize=(1, 1))
        return seen("s", height=(steps - 2.9) ** 2)

    explorer = Explorer(valley, finer)
    measured = Measurements(explorer, lambda setting: measure(explorer, setting))
    asked = find("?", least="height", why="w")
    assert [asked.marks({"steps": at}, measured)[0] for at in (2.5, 2.9, 3.0)] == [
        False,
        True,
        True,
    ]


def test_marks_say_what_must_be_set_first(measured):
    asked = find("?", least="height", given={"side": "right"}, why="w")
    assert asked.marks({"steps": 3, "side": "left"}, measured) == (
        False,
        "First set “side” to right.",
    )
    assert asked.marks({"steps": 3, "side": "right"}, measured) == (True, "Right. w")
    right, words = asked.marks({"steps": 4, "side": "right"}, measured)
    assert (right, words) == (False, "Not here: another setting has less. Move on.")


# ---- the three ways of showing


def make(monkeypatch, mode):
    monkeypatch.setenv("COURSE_EXPLORE", mode)
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(raw and data))
    monkeypatch.setattr("course_lib.explore.live.display", shown.append)
    decorated = explore(**STEPS, side=choice("left", "right", label="side"))(walk)
    return decorated, shown


FIRST = choose("Guess?", "a", "b", right="a", why="w", first=True)


def test_a_page_gets_the_questions_after_the_frames(monkeypatch):
    decorated, shown = make(monkeypatch, "page")
    decorated.ask(FIRST, find("Least?", least="height", why="w"))
    assert [set(one) - {"text/plain"} for one in shown] == [{MIME}, {QUESTIONS_MIME}]
    content = shown[1][QUESTIONS_MIME]
    assert content["explorer"] == shown[0][MIME]["name"] == "walk"
    assert [one["kind"] for one in content["questions"]] == ["choose", "find"]
    assert shown[1]["text/plain"] == "Guess?\nLeast?"


@pytest.mark.parametrize(
    "wrong",
    [
        find("?", least="hight", why="w"),
        find("?", where=lambda v: v["hight"] > 0, why="w"),
        find("?", least="height", given={"steps": 9}, why="w"),
        choose("?", "a", "b", right="c", why="w"),
        number("?", math.inf, why="w"),
    ],
)
def test_check_finds_wrong_names_from_few_drawings(monkeypatch, wrong):
    decorated, shown = make(monkeypatch, "check")
    decorated.ask(FIRST, find("Least?", least="height", why="w"))
    assert shown == []
    with pytest.raises((ValueError, KeyError)):
        decorated.ask(wrong)


@pytest.mark.parametrize(("question", "error"), [("Least?", TypeError), (None, TypeError)])
def test_only_questions_can_be_asked(monkeypatch, question, error):
    decorated, _ = make(monkeypatch, "check")
    with pytest.raises(error, match="a question is"):
        decorated.ask(question)
    with pytest.raises(ValueError, match="there is no question"):
        decorated.ask()


@pytest.mark.parametrize(
    "question",
    [
        number("?", 1, why="w"),
        number("?", 1, why="w", place="05.ipynb", first=True),
        find("?", least="x", why="w"),
    ],
)
def test_a_recalled_question_has_a_place(monkeypatch, question):
    monkeypatch.setenv("COURSE_EXPLORE", "check")
    with pytest.raises(ValueError, match=r"with place=, the link"):
        recall(question)


def test_at_most_three_are_recalled(monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE", "check")
    three = [number("?", k, why="w", place="05.ipynb#a") for k in range(3)]
    recall(*three)
    with pytest.raises(ValueError, match="at most 3"):
        recall(*three, three[0])


def test_recalled_questions_belong_to_no_explorer(monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORE", "page")
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    recall(number("?", 2, why="w", place="05.ipynb#a"))
    assert shown[0][QUESTIONS_MIME]["explorer"] is None
    assert shown[0][QUESTIONS_MIME]["questions"][0]["place"] == "05.ipynb#a"


def parts(box):
    """Return a question's answer widget, its two buttons, and what it says."""
    _, *answer, buttons, said = box.children
    return (*answer, *buttons.children, said)


def test_in_a_kernel_the_first_question_holds_the_controls(monkeypatch):
    decorated, shown = make(monkeypatch, "live")
    decorated.ask(FIRST, find("Least?", least="height", why="Bottom."))
    explorer_box, others = shown
    radio, check, _, said = parts(explorer_box.children[0])
    slider_widget = explorer_box.children[1]
    assert slider_widget.disabled
    check.click()
    assert "Choose one." in said.value
    assert slider_widget.disabled
    radio.value = "b"
    check.click()
    assert "Not this one." in said.value
    radio.value = "a"
    check.click()
    assert "Right." in said.value
    assert not slider_widget.disabled
    assert len(others.children) == 1


def test_in_a_kernel_a_setting_is_marked_and_shown(explorer):
    live = live_explorer(explorer)
    measured = Measurements(explorer, lambda setting: measure(explorer, setting))
    box = question_widget(find("Least?", least="height", why="Bottom."), measured, live)
    check, show, said = parts(box)
    assert (check.description, show.description) == ("Is this it?", "Show me")
    check.click()
    assert "another setting has less" in said.value
    show.click()
    assert live.setting["steps"] == 3
    assert "steps taken: 3" in said.value
    assert "Bottom." in said.value
    check.click()
    assert "Right. Bottom." in said.value


@pytest.mark.parametrize("first", [True, False])
def test_in_a_kernel_an_answer_that_is_shown_frees_the_controls(explorer, first):
    live = live_explorer(explorer)
    asked = choose("Guess?", "a", "b", right="b", why="So it is.", first=first)
    radio, check, show, said = parts(question_widget(asked, None, live))
    assert (check.description, show.description) == ("Check", "Show me")
    assert radio.options == (("a", "a"), ("b", "b"))
    assert [one.disabled for one in live.inputs.values()] == [first, first]
    show.click()
    assert not any(one.disabled for one in live.inputs.values())
    assert "b. So it is." in said.value
    assert 'aria-live="polite"' in said.value
    assert live.setting == explorer.start()


def test_in_a_kernel_a_recalled_question_has_no_controls():
    asked = number("How much?", 2, why="w", first=True, place="05.ipynb#a", unit="cm")
    field, check, show, said = parts(question_widget(asked, None, None))
    assert (field.description, check.description) == ("cm", "Check")
    show.click()
    assert "2 cm. w" in said.value
    field.value = "2"
    check.click()
    assert "Right. w" in said.value


def test_in_a_kernel_words_are_no_html():
    box = question_widget(number("a < b?", 1, why="1 < 2", unit="cm"), None, None)
    field, check, _, said = parts(box)
    field.value = "1"
    check.click()
    assert "a &lt; b?" in box.children[0].value
    assert "1 &lt; 2" in said.value


def test_without_a_word_about_it_a_kernel_has_widgets(monkeypatch):
    monkeypatch.delenv("COURSE_EXPLORE", raising=False)
    assert show_module.mode() is show_module.MODES["live"]


def test_questions_are_translated(monkeypatch):
    monkeypatch.setattr("course_lib.explore.questions.translated", lambda text: f"«{text}»")
    (page,) = on_page((choose("?", "a", "b", right="b", why="w"),), None)
    assert (page["text"], page["why"], page["options"]) == ("«?»", "«w»", ["«a»", "«b»"])
    assert page["said"] == "«Right.» «w»"
    assert show_module.MOST_RECALLED == 3
