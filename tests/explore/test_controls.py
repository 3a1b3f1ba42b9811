import numpy as np
import pytest

from course_lib.explore import choice, slider


def test_slider_keeps_its_values_and_starts_in_the_middle():
    control = slider(0.1, 0.3, 1, label="η")
    assert control.values == (0.1, 0.3, 1)
    assert control.start_value == 0.3
    assert control.words == ("0.1", "0.3", "1")


@pytest.mark.parametrize(("count", "start"), [(2, 1), (4, 2), (5, 2), (7, 3)])
def test_a_slider_starts_in_the_middle(count, start):
    control = slider(*range(count), label="n")
    assert (control.start, control.start_value) == (start, start)


def test_a_control_starts_where_its_author_says():
    control = slider(3, 5, 8, label="k", start=3)
    assert (control.start, control.start_value, control.play) == (0, 3, False)
    assert slider(3, 5, 8, label="k", play=True).play


def test_numbers_are_written_with_a_real_minus():
    assert slider(-1.5, 0, label="w").words == ("−1.5", "0")


def test_ranges_are_tidy_numbers():
    assert slider(linear=(0, 1, 11), label="p").values[3] == 0.3
    assert slider(linear=(-0.6, 1.6, 23), label="w").words[6] == "0"  # linspace has 1e-16 there
    assert slider(log=(1e-3, 10, 5), label="λ").values == (0.001, 0.01, 0.1, 1.0, 10.0)


def test_numpy_numbers_become_plain_ones():
    assert type(slider(*np.arange(3), label="n").values[0]) is int


def test_words_are_the_authors():
    assert slider(1, 2, label="n", words="10^{:g}".format).words == ("10^1", "10^2")


def test_live_values_may_be_finer():
    control = slider(0, 5, 10, label="n", live=range(11))
    assert len(control.live_values) == 11
    assert control.values == (0, 5, 10)
    assert control.live_words == tuple(map(str, range(11)))
    assert control.ends() == [0, 10]
    assert control.between() == [5, 1, 2, 3, 4, 6, 7, 8, 9]


def test_without_finer_values_a_kernel_has_those_of_the_page():
    control = slider(1, 2, 3, label="n", words="{:g} of 3".format)
    assert control.live_values == control.values
    assert control.live_words == control.words == ("1 of 3", "2 of 3", "3 of 3")
    assert control.word_of(2) == "2 of 3"


def test_choice_starts_at_the_first_word():
    assert choice("gini", "entropy", label="criterion").start_value == "gini"
    control = choice("gini", "entropy", label="criterion", start="entropy")
    assert (control.kind, control.start) == ("choice", 1)
    assert control.values == control.words == control.live_values == control.live_words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": ()}, "takes either values"),
        ({"values": (1, 2), "linear": (0, 1, 3)}, "takes either values"),
        ({"values": (1,)}, "two or more"),
        ({"values": (2, 1)}, "increasing"),
        ({"values": (1, 1)}, "increasing"),
        ({"values": (1, float("nan"))}, "finite"),
        ({"values": (1, float("inf"))}, "finite"),
        ({"values": (1, 2), "start": 3}, "start=3"),
        ({"values": (1, 2), "live": (1, 3)}, "must run from 1 to 2"),
        ({"values": (1, 2), "live": (0, 2)}, "must run from 1 to 2"),
        ({"values": (1, 2), "live": (1, 2, 2)}, "live= of slider 'x' takes two or more"),
        ({"values": (), "linear": (0, 1, 3), "log": (1, 2, 3)}, "takes either values"),
        ({"values": (1, 2, 3), "live": (1, 3)}, "must contain its start 2"),
    ],
)
def test_bad_sliders_say_what_is_wrong(arguments, message):
    values = arguments.pop("values")
    with pytest.raises(ValueError, match=message):
        slider(*values, label="x", **arguments)


@pytest.mark.parametrize("values", [("a", "b"), (True, 2), (1, None)])
def test_a_slider_takes_numbers_only(values):
    with pytest.raises(TypeError, match="takes numbers"):
        slider(*values, label="x")


@pytest.mark.parametrize("words", [(), ("one",), ("one", "one"), ("one", "")])
def test_a_choice_takes_two_or_more_different_words(words):
    with pytest.raises(ValueError, match="two or more different words"):
        choice(*words, label="x")
