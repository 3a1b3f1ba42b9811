"""book_build.outputs stores what is checked, nothing else, and says where a cell fails."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from book_build import outputs

CHECKED = {"tags": ["nbval-check-output"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


def plant(folder: Path, *cells: nbformat.NotebookNode, name: str = "05_line") -> Path:
    path = folder / f"{name}.ipynb"
    nbformat.write(v4.new_notebook(cells=list(cells)), path)
    return path


def noisy_chapter(folder: Path) -> Path:
    """Plant a chapter as an editor leaves it: counts, outputs, timings, a version."""
    left_over = v4.new_output("stream", name="stdout", text="left over\n")
    path = plant(
        folder,
        v4.new_markdown_cell("# Title", id="title", metadata={"collapsed": True}),
        v4.new_code_cell(
            "print('not checked')", id="plain", outputs=[left_over], execution_count=7
        ),
        v4.new_code_cell("print('a'); print('b')\n2 * 3", id="checked", metadata=dict(CHECKED)),
        v4.new_code_cell("1 / 0", id="raises", metadata={"tags": ["raises-exception"]}),
        v4.new_code_cell("import os; print(os.environ['COURSE_EXPLORE'])", metadata=dict(CHECKED)),
    )
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.11.4"}
    notebook["cells"][2]["metadata"]["execution"] = {"iopub.execute_input": "2024-01-01"}
    notebook["cells"][2]["metadata"]["mystnb"] = {"image": {"alt": "kept"}}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_stores_the_outputs_of_checked_cells_only(folder):
    path = noisy_chapter(folder)
    assert outputs.main([], folder) == 0
    notebook = nbformat.read(path, as_version=4)
    _, plain, checked, raises, environment = notebook.cells
    assert plain.outputs == raises.outputs == []
    assert plain.execution_count is None
    stream, result = checked.outputs
    assert stream.text == "a\nb\n"
    assert result.data == {"text/plain": "6"}
    assert environment.outputs[0].text == "check\n"
    assert checked.metadata == {**CHECKED, "mystnb": {"image": {"alt": "kept"}}}
    assert [cell.id for cell in notebook.cells[:4]] == ["title", "plain", "checked", "raises"]
    assert notebook.metadata.language_info == {"name": "python"}
    text = path.read_text(encoding="utf-8")
    assert text.startswith('{\n "cells": [\n')
    assert text.endswith("}\n")
    assert [one.name for one in folder.iterdir()] == [path.name]


def test_running_twice_changes_nothing_and_check_says_so(folder, capsys):
    path = noisy_chapter(folder)
    before = path.read_bytes()
    assert outputs.main(["--check"], folder) == 1
    assert "would change" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert outputs.main(["05"], folder) == 0
    stored = path.read_bytes()
    assert outputs.main(["--check", "line"], folder) == 0
    assert "as stored" in capsys.readouterr().out
    assert path.read_bytes() == stored


def test_cells_of_an_older_format_get_ids(folder):
    path = plant(folder, v4.new_markdown_cell("# Title"), v4.new_code_cell("1"))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert outputs.main([], folder) == 0
    stored = path.read_bytes()
    assert [cell.id for cell in nbformat.read(path, as_version=4).cells] == ["cell-000", "cell-001"]
    assert outputs.main(["--check"], folder) == 0
    assert path.read_bytes() == stored


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (v4.new_code_cell("x = 1\ny = x / 0"), "line 2: ZeroDivisionError: division by zero"),
        (v4.new_code_cell("x = 1\ny = = 2"), "line 2: SyntaxError"),
        (v4.new_code_cell("import os\nos._exit(1)"), "the kernel died"),
        (v4.new_code_cell("%no_such_magic"), "UsageError"),
        (v4.new_code_cell("1;", metadata=dict(CHECKED)), "is checked but prints nothing"),
        (v4.new_code_cell("object()", metadata=dict(CHECKED)), "a memory address"),
    ],
    ids=["exception", "syntax", "dead", "magic", "silent", "noise"],
)
def test_a_failing_cell_is_named_and_nothing_is_written(folder, capsys, cell, words):
    path = plant(folder, v4.new_code_cell("1"), v4.new_markdown_cell("text"), cell)
    before = path.read_bytes()
    assert outputs.main([], folder) == 1
    message = capsys.readouterr().err
    assert message.startswith("05_line: code cell 1 ")
    assert words in message
    assert path.read_bytes() == before


def test_an_unknown_chapter_names_the_close_ones(folder, capsys):
    plant(folder, v4.new_code_cell("1"), name="05_linear_regression")
    assert outputs.main(["linear_regresion"], folder) == 1
    assert "close: linear_regression" in capsys.readouterr().err
    assert outputs.main(["qq"], folder) == 1
    assert "the chapters are: 05_linear_regression" in capsys.readouterr().err


def test_no_chapters_is_an_error(folder, capsys):
    assert outputs.main([], folder) == 1
    assert "there are no chapters" in capsys.readouterr().err


def test_a_broken_file_is_an_error(folder, capsys):
    (folder / "05_line.ipynb").write_text("{", encoding="utf-8")
    assert outputs.main([], folder) == 1
    assert "05_line.ipynb is not a readable notebook" in capsys.readouterr().err
