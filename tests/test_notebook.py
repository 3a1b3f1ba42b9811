import warnings

import numpy as np
import pytest

from course_lib.notebook import quiet, report, show_source


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        (True, "True"),
        ("diverges", "diverges"),
        (1.23456, "1.235"),
        (-1e-12, "0.000"),
        (np.float32(2.0), "2.000"),
        (np.array([1, 2]), "1, 2"),
        (np.array([[1.0, -2.0]]), "1.000, -2.000"),
    ],
)
def test_report_prints_what_every_machine_prints(value, words, capsys):
    report("label", value)
    assert capsys.readouterr().out == f"label: {words}\n"


def test_report_takes_tensors(capsys):
    torch = pytest.importorskip("torch")
    report("w", torch.tensor([1.0, 2.0], requires_grad=True), digits=1)
    assert capsys.readouterr().out == "w: 1.0, 2.0\n"


def test_report_refuses_what_it_cannot_round():
    with pytest.raises(TypeError, match="takes words and numbers"):
        report("label", {"a": 1})


def test_show_source_needs_python_source():
    with pytest.raises(TypeError, match="written in Python"):
        show_source(np.add)


def test_show_source_shows_the_library_itself(capsys):
    show_source(report)
    # outside a notebook the Markdown object is printed by its repr
    assert "Markdown" in capsys.readouterr().out


def test_quiet_silences_one_kind_of_warning_only():
    with quiet(RuntimeWarning):
        warnings.warn("not to be heard", RuntimeWarning, stacklevel=1)
    with quiet(RuntimeWarning), pytest.warns(UserWarning, match="to be heard"):
        warnings.warn("to be heard", UserWarning, stacklevel=1)
