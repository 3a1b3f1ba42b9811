"""The stand-in for the finished course is one: more chapters, nothing twice, the real stages."""

import shutil
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from benchmarks import ci, standin

ROOT = Path(__file__).parents[2]
PROSE = """# Trees

See {ref}`ex-cut`, {eq}`eq:h` and ex-cuttings.

```{exercise-start}
:label: ex-cut
```

$$
h
$$ (eq:h)

(part)=
## A part"""


@pytest.fixture
def repository(tmp_path):
    """Two chapters, a table of contents, a test of each kind."""
    root = tmp_path / "root"
    for name in ("05_a", "09_b"):
        cells = [nbformat.v4.new_markdown_cell(PROSE), nbformat.v4.new_code_cell("part = 1")]
        path = root / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    chapters = [{"file": "notebooks/05_a"}, {"file": "notebooks/09_b"}]
    toc = {"format": "jb-book", "root": "book/x", "parts": [{"caption": "I", "chapters": chapters}]}
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    for name in ("trees/test_tree.py", "test_optim.py", "test_run.py", "explore/test_e.py"):
        (root / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "tests" / name).write_text("", encoding="utf-8")
    (root / "tests" / "notebook_checks").mkdir()
    shutil.copy(ROOT / "tests" / "notebook_checks" / "contract.py", root / "tests/notebook_checks")
    for name in ("_build/html/old.html", ".venv/x", "book/node_modules/katex/x", ".ci/run"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    return root


def test_a_stand_in_has_its_chapters_and_what_is_made_anew_is_left_out(repository, tmp_path):
    folder = tmp_path / "copy"
    standin.make(folder, 5, repository)
    names = sorted(path.stem for path in (folder / "notebooks").iterdir())
    assert names == ["01_copy_1_of_a", "02_copy_2_of_b", "03_copy_3_of_a", "05_a", "09_b"]
    contents = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    listed = [one["file"] for one in contents["parts"][0]["chapters"]]
    assert sorted(listed) == sorted(f"notebooks/{name}" for name in names)
    assert (folder / ".ci" / "run").is_file()
    assert (folder / "book/node_modules/katex/x").is_file()
    assert not (folder / "_build").exists()
    assert not (folder / ".venv").exists()


def test_a_copy_has_a_title_and_labels_of_its_own(repository, tmp_path):
    copy = tmp_path / "07_copy.ipynb"
    standin.copy_chapter(repository / "notebooks" / "05_a.ipynb", copy, 7)
    prose, code = nbformat.read(copy, as_version=4).cells
    assert prose.source.startswith("# Trees, copy 7\n")
    assert "{ref}`ex-cut-copy-7`, {eq}`eq:h-copy-7` and ex-cuttings." in prose.source
    assert ":label: ex-cut-copy-7\n" in prose.source
    assert "$$ (eq:h-copy-7)" in prose.source
    assert "(part-copy-7)=" in prose.source
    assert code.source == "part = 1\n# copy 7"


def test_what_copies_cannot_keep_is_checked_without_a_fault(repository, tmp_path):
    standin.make(tmp_path / "copy", 5, repository)
    contract = (tmp_path / "copy/tests/notebook_checks/contract.py").read_text(encoding="utf-8")
    assert contract.endswith(standin.ALLOW_COPIES)
    ran = []

    def fault(*what):
        ran.append(what)
        yield "a fault"

    checks = dict.fromkeys(("links", "no_helper_twice", "recall"), fault)
    exec(standin.ALLOW_COPIES, {"CHECKS": checks})
    assert [list(check("chapter", "book")) for check in checks.values()] == [["a fault"], [], []]
    assert ran == [("chapter", "book")] * 3


def test_tests_of_chapters_grow_with_them_and_those_of_the_machine_do_not(repository, tmp_path):
    folder = tmp_path / "copy"
    standin.make(folder, 5, repository)
    names = sorted(path.name for path in (folder / "tests").rglob("test_*.py"))
    assert names == [  # two and a half times two modules
        "test_e.py",
        "test_optim.py",
        "test_optim_copy_1.py",
        "test_optim_copy_2.py",
        "test_run.py",
        "test_tree.py",
        "test_tree_copy_1.py",
    ]


def test_fewer_chapters_than_there_are_is_an_error(repository, tmp_path):
    with pytest.raises(ValueError, match="there are 2 chapters: a stand-in cannot have 1"):
        standin.make(tmp_path / "copy", 1, repository)


def test_what_is_of_the_machine_is_there():
    missing = [name for name in standin.OF_THE_MACHINE if not (ROOT / "tests" / name).exists()]
    assert not missing


def test_the_sites_tests_are_those_of_the_script():
    calls = ci.site_tests(ROOT)
    assert calls
    assert all("tests/test_site.py" in call for call in calls)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert len(calls) == script.count("tests/test_site.py")


def test_a_script_that_is_not_understood_is_an_error(tmp_path):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text("pytest tests/test_site.py\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"calls no tests/test_site\.py"):
        ci.site_tests(tmp_path)


def test_a_stage_is_measured_with_its_processes():
    import subprocess

    work = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    code, seconds, cpu = ci.measured(lambda: subprocess.call([sys.executable, "-c", work]))
    assert code == 0
    assert seconds >= 0.3
    assert cpu >= 0.3
