"""Single numbers are taken or refused, and the message names the argument and the bounds."""

import numpy as np
import pytest

from course_lib.checks import check_number, check_whole


@pytest.mark.parametrize("value", [1, 9, np.int64(5), np.uint8(5)])
def test_whole_numbers_come_back_as_int(value):
    found = check_whole("k", value, 1, 9)
    assert type(found) is int
    assert found == value


@pytest.mark.parametrize("value", [0, 10, 2.0, 2.5, True, "2", None, float("nan"), np.array([2])])
def test_other_values_are_no_whole_numbers(value):
    with pytest.raises(ValueError, match=r"^k must be a whole number from 1 to 9, got ") as refused:
        check_whole("k", value, 1, 9)
    assert repr(value) in str(refused.value)
    assert isinstance(refused.value, TypeError)  # caught as either


def test_a_whole_number_without_upper_bound():
    assert check_whole("n", 10**30, 0) == 10**30
    with pytest.raises(ValueError, match=r"n must be a whole number of at least 0, got -1\."):
        check_whole("n", -1, 0)


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.25)])
def test_numbers_come_back_as_float(value):
    found = check_number("share", value, above=0, most=1)
    assert type(found) is float
    assert found == value


@pytest.mark.parametrize("value", [0, -1, 1.5, np.nan, np.inf, True, "0.5", None])
def test_other_values_are_no_numbers(value):
    message = "share must be a finite number above 0 and at most 1, got "
    with pytest.raises(ValueError, match=message):
        check_number("share", value, above=0, most=1)


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({}, "x must be a finite number, got nan."),
        ({"least": 0}, "x must be a finite number of at least 0, got nan."),
        ({"least": 0, "most": 180}, "x must be a finite number of at least 0 and at most 180, got"),
        ({"above": 0}, "x must be a finite number above 0, got nan."),
    ],
)
def test_the_message_tells_the_bounds(bounds, text):
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        check_number("x", float("nan"), **bounds)
