"""What `run.py test --changed` runs, and what it leaves out."""

import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from book_build import changes
from book_build.dependencies import REPOSITORY

FIRST = "notebooks/01_what_is_learning.ipynb"
TREES = "notebooks/14_decision_trees.ipynb"
ENSEMBLES = {"notebooks/15_bagging_and_random_forests.ipynb", "notebooks/16_boosting.ipynb"}


@pytest.fixture
def one_chapter_is_code(monkeypatch):
    """Edited notebooks count as edited code, whatever git says of them here."""
    monkeypatch.setattr(changes, "only_prose", lambda *_: False)


def reached(*files):
    return changes.reached_by(list(files), "HEAD")


def test_an_edit_of_an_algorithm_reaches_its_tests_its_chapter_and_its_page():
    found = reached("course_lib/trees/impurity.py")
    assert found.notebooks == found.pages == {FIRST, TREES} | ENSEMBLES  # all learn thresholds
    mirrored = {"tests/trees/test_impurity.py", "tests/trees/test_decision_tree.py"}
    beyond = {"tests/plots/test_tree_drawings.py", "tests/test_estimator_checks.py"}
    assert mirrored | beyond <= found.tests
    assert not found.tests & {
        "tests/nn/test_recurrent.py",
        "tests/linear_models/test_svm.py",
        "tests/test_neighbors.py",
        "tests/images/test_color.py",
    }
    modules = changes.only_of_modules(found)
    assert {"course_lib.trees.impurity", "course_lib.trees.splits"} <= set(modules)
    assert not {"course_lib.optim.rules", "course_lib.cluster.kmeans"} & set(modules)
    examples = changes.doctests_of(found)
    assert "course_lib/trees/splits.py" in examples
    assert "course_lib/optim/rules.py" not in examples


def test_an_edit_of_one_module_of_a_package_does_not_reach_who_uses_another():
    found = reached("course_lib/cluster/dbscan.py")
    assert found.notebooks == {"notebooks/17_clustering.ipynb"}  # and not 11, 12, 13 and 19
    assert {"tests/cluster/test_dbscan.py", "tests/test_estimator_checks.py"} <= found.tests
    assert not found.tests & {"tests/cluster/test_kmeans.py", "tests/test_multiclass.py"}
    assert {"tests/test_architecture.py", "tests/book_build/test_changes.py"} <= found.tests
    # an example imports what shows it best, from elsewhere in its package
    forest = changes.doctests_of(reached("course_lib/trees/forest.py"))
    assert "course_lib/trees/agreement.py" in forest


def test_an_edit_of_what_draws_explorers_reaches_every_chapter_and_page():
    found = reached("course_lib/explore/frames.py")
    assert len(found.notebooks) == len(list((REPOSITORY / "notebooks").glob("*.ipynb")))
    assert found.pages == set(changes.all_pages())
    assert "tests/explore/test_explorer.py" in found.tests


def test_an_edit_of_how_pages_are_written_reaches_pages_and_no_notebook():
    for file in ("book_build/numbering.py", "book/_static/course.css", "book/references.bib"):
        found = reached(file)
        assert found.pages == set(changes.all_pages()), file
        assert not found.notebooks, file
    assert "tests/book_build/test_build.py" in found.tests or file.endswith(".bib")


def test_an_edit_of_data_reaches_who_reads_them():
    found = reached("course_lib/datasets/nist/filip.csv")
    assert found.modules == {"course_lib.datasets.nist"}
    assert {"tests/datasets/test_nist.py"} <= found.tests
    assert "tests/trees/test_impurity.py" not in found.tests


def test_an_edit_of_a_chapter_reaches_itself(one_chapter_is_code):
    found = reached(TREES)
    assert found.notebooks == found.pages == {TREES}
    assert {"tests/test_notebooks.py", "tests/test_glossary.py"} <= found.tests
    assert "tests/test_run.py" not in found.tests


def test_an_edit_of_a_page_reaches_that_page_and_who_reads_it():
    found = reached("book/benchmarks.md")
    assert found.pages == {"book/benchmarks.md"}
    assert "tests/benchmarks" in found.tests
    assert not found.notebooks


def test_an_edit_of_a_test_or_of_a_helper_of_tests_runs_who_uses_it():
    assert reached("tests/trees/test_impurity.py").tests == {"tests/trees/test_impurity.py"}
    both = reached("course_lib/trees/impurity.py", "tests/trees/test_impurity.py")
    assert changes.only_of_modules(both) == []  # then tests of the whole library run whole
    users = {"tests/optim/test_descent.py", "tests/test_neighbors.py"}
    assert users <= reached("tests/backends.py").tests


@pytest.mark.parametrize(
    "file",
    [
        *("pyproject.toml", "requirements.txt", "run.py", ".ci/run", "tests/conftest.py"),
        *("notebooks/conftest.py", "book/package.json", "course_lib/gone.py"),
    ],
)
def test_a_file_that_may_reach_anything_makes_everything_run(file):
    with pytest.raises(changes.Unknown, match=file):
        reached(file)


def test_every_test_that_stands_in_the_table_is_there():
    for tests in changes.READERS.values():
        assert all((REPOSITORY / test).exists() for test in tests)


# --- git ---------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository with one commit: a module and a notebook."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setattr(changes, "REPOSITORY", tmp_path)
    cells = [nbformat.v4.new_markdown_cell("prose", id="a"), nbformat.v4.new_code_cell("1", id="b")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    (tmp_path / "module.py").write_text("1", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("made", encoding="utf-8")
    name = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "."], [*name, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_changed_are_edited_staged_deleted_and_new_files(clone):
    assert changes.changed_files("HEAD") == []
    (clone / "module.py").unlink()
    (clone / "größer.py").touch()
    (clone / "made").touch()
    (clone / ".gitignore").write_text("made\n", encoding="utf-8")
    subprocess.run(["git", "add", ".gitignore"], cwd=clone, check=True)
    assert changes.changed_files("HEAD") == [".gitignore", "größer.py", "module.py"]


def test_a_commit_that_does_not_exist_is_answered(clone, capsys):
    for revision in ("nothing", "--help", ""):
        with pytest.raises(changes.Unknown):
            changes.changed_files(revision)
    assert changes.main(["nothing"]) == 1


def test_an_edit_of_prose_is_told_from_an_edit_of_code(clone):
    notebook = nbformat.read(clone / "a.ipynb", as_version=4)
    notebook.cells[0].source = "better prose"
    nbformat.write(notebook, clone / "a.ipynb")
    assert changes.only_prose("a.ipynb", "HEAD")
    notebook.cells[1].source = "2"
    nbformat.write(notebook, clone / "a.ipynb")
    assert not changes.only_prose("a.ipynb", "HEAD")
    assert not changes.only_prose("module.py", "HEAD")
    assert not changes.only_prose("new.ipynb", "HEAD")


def test_the_answer_says_what_runs_and_what_is_left_out(monkeypatch):
    monkeypatch.setattr(changes, "changed_files", lambda _: ["course_lib/trees/impurity.py"])
    told = changes.answer("HEAD")
    assert told["everything"] == ""
    names = [Path(name).stem for name in sorted({FIRST, TREES} | ENSEMBLES)]
    assert told["pages"] == [f"notebooks/{name}.html" for name in names]
    text = "\n".join(told["words"])
    assert f"4 notebooks ({', '.join(names)})" in text
    assert "Left out" in text
    monkeypatch.setattr(changes, "changed_files", lambda _: [])
    told = changes.answer("HEAD~1")
    assert "Nothing differs from HEAD~1" in told["words"][0]
    assert told["tests"] == told["notebooks"] == told["pages"] == []
    monkeypatch.setattr(changes, "changed_files", lambda _: ["pyproject.toml"])
    assert "pyproject.toml" in changes.answer("HEAD")["everything"]
