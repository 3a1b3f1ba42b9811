import numpy as np
import pytest

from course_lib.exercises.checking import Checker, NotYet

check_mean = Checker(
    task="the mean of each column",
    reference=lambda X: X.mean(axis=0),
    cases={
        "two equal rows": (np.ones((2, 3)),),
        "different rows": (np.arange(6.0).reshape(2, 3),),
    },
    mistakes={
        "sum and do not divide": lambda X: X.sum(axis=0),
        "average over the rows' own entries": lambda X: X.mean(axis=1),
    },
)


def test_a_right_function_passes(capsys):
    check_mean(lambda X: X.sum(axis=0) / len(X))
    assert capsys.readouterr().out == (
        "All 2 cases pass: your function computes the mean of each column.\n"
    )


def test_a_list_or_a_tensor_is_as_good_as_an_array():
    torch = pytest.importorskip("torch")
    check_mean(lambda X: list(X.mean(axis=0)))
    check_mean(lambda X: torch.as_tensor(X).mean(dim=0))


def adds_one_in_place(X):
    X += 1
    return X.mean(axis=0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda X: X.sum(axis=0), "sum and do not divide"),
        (lambda X: X.mean(axis=1), "the rows' own entries"),
        (lambda X: X.mean(), r"two equal rows: expected the shape \(3,\), got \(\)"),
        (lambda X: X[0], r"different rows: expected \[1.5, 2.5, 3.5\], got \[0., 1., 2.\]"),
        (lambda X: None, "returns nothing"),
        (lambda X: "three", "expected numbers, got 'three'"),
        (lambda X: 1 / 0, "raises ZeroDivisionError"),
        (lambda X: X.mean(axis=0) * np.nan, "got .nan"),
        (adds_one_in_place, "changes its arguments"),
    ],
)
def test_a_wrong_function_hears_what_is_wrong(answer, message):
    with pytest.raises(NotYet, match=message):
        check_mean(answer)


def test_the_first_counter_example_is_shown():
    with pytest.raises(NotYet, match=r"with the inputs \[\[0., 1., 2.\],"):
        check_mean(lambda X: X[0])


def test_a_result_in_place_of_a_function_is_explained():
    with pytest.raises(TypeError, match="Pass the function itself"):
        check_mean(3.0)


@pytest.mark.parametrize("error", [1e-4, -1e-4])
def test_an_answer_that_is_a_little_off_does_not_pass(error):
    with pytest.raises(NotYet, match="different rows: expected"):
        check_mean(lambda X: X.mean(axis=0) + error * np.std(X))
    check_mean(lambda X: X.mean(axis=0) * (1 + 1e-8))
