"""A small book, built by the command itself."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from book_build import execute, mathematics

pytestmark = pytest.mark.skipif(
    not mathematics.KATEX.exists(), reason="needs book/node_modules (npm ci)"
)
TOC = """format: jb-book
root: book/first
chapters:
  - file: notebooks/07_tiny
"""
PAGE = "# First\n\nSee {ref}`square`. Inline $x$.\n"


def write_notebook(book, code="print(6 * 7)", prose="The answer."):
    cells = [
        nbformat.v4.new_markdown_cell(
            f"# Tiny\n\n{prose}\n\n(square)=\n## A square\n\n$$ x^2 $$ (eq:s)\n\n{{eq}}`eq:s`",
            id="a",
        ),
        nbformat.v4.new_code_cell(code, id="b"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    (book / "notebooks").mkdir(exist_ok=True)
    nbformat.write(notebook, book / "notebooks" / "07_tiny.ipynb")


def build(book):
    command = [sys.executable, "-m", "book_build.build", "--no-serve", "--source", str(book)]
    environment = {k: v for k, v in os.environ.items() if k != "COURSE_EXPLORE"}
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        cwd=execute.REPOSITORY,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
    )


@pytest.fixture
def book(tmp_path):
    shutil.copy(execute.REPOSITORY / "_config.yml", tmp_path)
    for folder in ("_static", "_templates"):
        shutil.copytree(execute.REPOSITORY / "book" / folder, tmp_path / "book" / folder)
    (tmp_path / "book" / "references.bib").touch()
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "book" / "first.md").write_text(PAGE, encoding="utf-8")
    write_notebook(tmp_path)
    return tmp_path


def test_small_book_is_built_and_built_again(book):
    done = build(book)
    assert done.returncode == 0, done.stderr
    site = book / "_build" / "html"
    chapter = (site / "notebooks" / "07_tiny.html").read_text(encoding="utf-8")
    assert "07_tiny took" in done.stdout
    assert ">42" in chapter
    assert re.search(r'section-number">7\.1\. </span>A square', chapter)
    assert 'class="eqno">(7.1)' in chapter
    assert "<math" in chapter
    assert 'content="default-src' in chapter
    assert chapter.count('name="viewport"') == 1
    assert '<meta name="description" content="The answer.' in chapter
    assert not re.search(r"(binder|colab|executablebooks|cdn|unpkg|jsdelivr)", chapter, re.I)
    assert not list(site.rglob("*.map")) + list(site.rglob("*.ttf"))
    assert (site / ".nojekyll").exists()
    assert "book/first.html" in (site / "index.html").read_text(encoding="utf-8")

    # prose changes: the page follows, nothing runs; the site's folder may even be gone
    write_notebook(book, prose="Another answer.")
    shutil.rmtree(site)
    done = build(book)
    assert done.returncode == 0, done.stderr
    assert "took" not in done.stdout
    assert "Another answer." in (site / "notebooks" / "07_tiny.html").read_text(encoding="utf-8")
    assert "<math" in (site / "book" / "first.html").read_text(encoding="utf-8")


def test_launch_buttons_come_with_the_repositorys_address(book):
    config = book / "_config.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('  url: ""', "  url: https://github.com/you/course")
    config.write_text(text.replace('baseurl: ""', "baseurl: https://x.org/b"), encoding="utf-8")
    done = build(book)
    assert done.returncode == 0, done.stderr
    chapter = (book / "_build/html/notebooks/07_tiny.html").read_text(encoding="utf-8")
    assert "mybinder.org/v2/gh/you/course/main?urlpath=lab/tree/notebooks/07_tiny.ipynb" in chapter
    assert "colab.research.google.com/github/you/course/blob/main/notebooks/07_tiny" in chapter
    assert '<meta property="og:url" content="https://x.org/b/notebooks/07_tiny.html">' in chapter


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (PAGE + r"$\frac{1}$", ["book/first", r"\frac{1}"]),
        (PAGE + "{ref}`nowhere`", ["nowhere"]),
        (PAGE + "<a href='gone.html'>x</a>", ["book/first.html", "gone.html"]),
        (PAGE + "#### Too deep", ["first.md"]),
    ],
    ids=["formula", "reference", "raw link", "heading"],
)
def test_fault_in_a_page_fails_the_build_and_is_named(book, page, words):
    (book / "book" / "first.md").write_text(page, encoding="utf-8")
    done = build(book)
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_failing_cell_fails_the_build_and_is_named(book):
    write_notebook(book, code="x = 0\n1 / x")
    done = build(book)
    assert done.returncode == 1
    for words in ("07_tiny.ipynb: code cell 1", "1 / x", "ZeroDivisionError"):
        assert words in done.stderr
    assert not (book / "_build" / "html").exists()


def test_page_that_does_not_exist_is_named(book):
    (book / "_toc.yml").write_text(TOC + "  - file: book/missing\n", encoding="utf-8")
    done = build(book)
    assert done.returncode == 1
    assert "book/missing" in done.stderr


def test_edit_of_the_library_changes_the_hash_and_prose_does_not(tmp_path):
    (tmp_path / "course_lib").mkdir()
    module = tmp_path / "course_lib" / "a.py"
    module.write_text("a = 1\n", encoding="utf-8")
    hashed = execute.library_hash.__wrapped__
    before = hashed(tmp_path)
    (tmp_path / "chapter.ipynb").write_text("prose", encoding="utf-8")
    assert hashed(tmp_path) == before
    module.write_text("a = 2\n", encoding="utf-8")
    assert hashed(tmp_path) != before
    (tmp_path / "requirements.txt").write_text("numpy==2\n", encoding="utf-8")
    assert len({before, hashed(tmp_path)}) == 2


def test_only_the_newest_outputs_are_kept(tmp_path):
    for age, name in enumerate(["new", "old", "older"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    execute.remove_old_caches(tmp_path / "now")
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["new", "now"]


def test_lock_file_holds_hashes_and_no_addresses():
    lock = (execute.REPOSITORY / "book" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')
