import numpy as np
import pytest

from course_lib.trees.comparison import less_than_first, said_and_right


def test_a_difference_is_that_of_the_same_split():
    values = np.array([[10.0, 9.0, 12.0], [20.0, 19.0, 20.0], [60.0, 59.0, 60.0]])
    table = less_than_first(values, overlap=0)
    assert table[:, 0] == pytest.approx([30, 29, 92 / 3])
    assert table[:, 1] == pytest.approx([0, 1, -2 / 3])
    assert table[:, 2] == pytest.approx([0, 0, 2 / 3])  # of -2, 0, 0


def test_the_error_is_widened_where_splits_overlap():
    values = np.array([[3.0, 1.0], [5.0, 5.0], [7.0, 6.0], [9.0, 4.0]])
    table = less_than_first(values, overlap=1 / 3)
    assert table[1] == pytest.approx([4, 2, np.sqrt(14 / 3 * (1 / 4 + 1 / 3))])  # of 2, 0, 1, 5
    assert table[0] == pytest.approx([6, 0, 0])


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [1.0, 2.0]])
def test_a_difference_needs_two_splits(values):
    with pytest.raises(ValueError, match=r"values must have the shape .* got \("):
        less_than_first(values, overlap=0)


def test_only_the_samples_that_are_asked_for_count_and_each_split_alike():
    """The second classifier says 60 and 90 per cent, and is right in 1 of 1 and in 0 of 2."""
    says = np.array([[[1.0, 1.0, 1.0], [0.6, 0.5, 0.5]], [[1.0, 1.0, 1.0], [0.8, 1.0, 0.5]]])
    right = np.array([[[1, 0, 0], [1, 0, 0]], [[1, 0, 1], [0, 0, 1]]], dtype=bool)
    which = np.array([[1, 0, 0], [1, 1, 0]], dtype=bool)
    table = said_and_right(says, right, which, overlap=0)
    assert table[0] == pytest.approx([100, 75, 25, 0, 0])  # too sure by 0 and 50
    assert table[1] == pytest.approx([75, 50, 25, 0, 40])  # by -40 and 90: less so by 40, -40
