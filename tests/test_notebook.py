import warnings

import numpy as np
import pytest

from course_lib import notebook
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


@pytest.mark.parametrize("value", [{1}, {"a row": {"a": 1}, "no row": 2}], ids=str)
def test_report_refuses_what_it_cannot_round(value):
    with pytest.raises(TypeError, match="takes words and numbers"):
        report("label", value)


@pytest.mark.parametrize("value", [range(4), np.ones((2, 2)), {"a": [1, 2, 3, 4]}])
def test_report_refuses_many_numbers_without_names(value):
    with pytest.raises(ValueError, match="at most 3 numbers on a line; got 4"):
        report("label", value)


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (
            {"cats": 0.25, "many dogs": np.float32(10)},
            ["          label < 1", "cats          0.250", "many dogs    10.000"],
        ),
        (
            {"cats": {"young": 1, "old": 0.5}, "dogs": {"old": [1, 2]}},
            ["label < 1", "     young    old", "cats     1  0.500", "dogs         1, 2"],
        ),
    ],
)
def test_report_of_names_and_values_is_a_table_as_text(value, lines, capsys):
    report("label < 1", value)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == lines


def test_rows_of_a_table_may_be_lists_of_named_columns(capsys):
    report("label", {"a": [1, 0.5], "b": np.array([2.0, 3.0])}, digits=1, names="xy")
    assert capsys.readouterr().out.splitlines() == [
        "label",
        "     x    y",
        "a    1  0.5",
        "b  2.0  3.0",
    ]
    with pytest.raises(ValueError, match="shorter"):
        report("label", {"a": [1]}, names="xy")


def test_report_of_names_and_values_is_a_table_of_cells(monkeypatch):
    shown = []
    monkeypatch.setattr(notebook, "display", shown.append)
    name = "a long name" * 6  # is not cut off
    report("label < 1", {name: {"x": 1.0}})
    (page,) = [one._repr_html_() for one in shown]
    caption = "<caption>label &lt; 1</caption>"
    for part in (caption, f"<th>{name}</th>", "<th>x</th>", "<td>1.000</td>"):
        assert part in page


def test_shortest_time_is_the_fastest_call(monkeypatch):
    seconds = iter([0, 3, 10, 11, 20, 25])
    monkeypatch.setattr(notebook, "perf_counter", lambda: next(seconds))
    calls = []
    assert notebook.shortest_time(calls.append, "x") == 1
    assert calls == ["x"] * 3


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


def test_a_stored_result_is_read_and_a_missing_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(notebook, "EXPERIMENTS", tmp_path)
    (tmp_path / "small.json").write_text('{"seconds": 3, "result": {"about": 1.5}}')
    assert notebook.stored_result("small") == {"about": 1.5}
    with pytest.raises(FileNotFoundError, match="no stored result 'other'"):
        notebook.stored_result("other")
