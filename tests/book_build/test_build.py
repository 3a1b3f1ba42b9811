"""A small book, built by the command itself."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from selectolax.lexbor import LexborHTMLParser
from small_book import PAGE, PLAIN, TOC, build, write_book, write_notebook

from book_build import build as builder
from book_build import execute, mathematics
from course_lib.explore import frames

pytestmark = pytest.mark.skipif(
    not mathematics.KATEX.exists(), reason="needs book/node_modules (npm ci)"
)
PRINTING = """\
import sys
from course_lib.notebook import report
for name in ("one", "two", "three"):
    report(name, 1.0)
    sys.stdout.flush()
report("shares", {"cats": {"young": 0.25, "old": 0.5}, "dogs": {"young": 1, "old": "none"}})
print("after <the table>")"""
PICTURE = """\
import sys
from IPython.display import Image, display
from PIL import Image as Picture
for shade in {shades}:
    Picture.new("L", (20, 20), shade).save("{name}.png")
    display(Image("{name}.png"))"""


def page(book, name="notebooks/07_tiny"):
    file = book / "_build" / "html" / f"{name}.html"
    return LexborHTMLParser(file.read_text(encoding="utf-8"))


def alternative(text):
    return {"mystnb": {"image": {"alt": text}}}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A book that is built once, by somebody without a home, for all tests that only look."""
    book = write_book(tmp_path_factory.mktemp("built"))
    (book / "_toc.yml").write_text(TOC + "  - file: book/plain\n", encoding="utf-8")
    (book / "book" / "plain.md").write_text(PLAIN, encoding="utf-8")
    write_notebook(book, "print(6 * 7)", PRINTING, "%env MPLCONFIGDIR")
    done = build(book, HOME=str(book.parent / "none"), USERPROFILE=str(book.parent / "none"))
    assert done.returncode == 0, done.stderr
    assert "07_tiny took" in done.stdout
    return book


@pytest.fixture(scope="session")
def remembered(tmp_path_factory):
    """The outputs of the smallest book, so that no other test has to run its notebook."""
    book = write_book(tmp_path_factory.mktemp("remembered"))
    outputs = book / "_build" / "outputs"
    pages = [book / "notebooks" / "07_tiny.ipynb"]
    execute.run_notebooks(pages, outputs, jobs=1, timeout=60, report=lambda line: None)
    return outputs


@pytest.fixture
def book(tmp_path, remembered):
    book = write_book(tmp_path)
    shutil.copytree(remembered, book / "_build" / "outputs")
    return book


def test_small_book_is_built(built):
    site = built / "_build" / "html"
    chapter = (site / "notebooks" / "07_tiny.html").read_text(encoding="utf-8")
    assert ">42" in chapter
    assert 'class="eqno">(7.1)' in chapter
    assert "<math" in chapter
    assert 'content="default-src' in chapter
    assert chapter.count('name="viewport"') == 1
    assert '<meta name="description" content="The answer.' in chapter
    assert not re.search(r"(binder|colab|executablebooks|cdn|unpkg|jsdelivr)", chapter, re.I)
    assert not list(site.rglob("*.map")) + list(site.rglob("*.ttf"))
    assert (site / ".nojekyll").exists()
    assert "book/first.html" in (site / "index.html").read_text(encoding="utf-8")


def test_chapter_and_its_sections_have_numbers_and_what_stands_below_has_none(built):
    shown = {
        level: page(built).css_first(f"article {level}").text(strip=False)
        for level in ("h1", "h2", "h3")
    }
    assert re.match(r"7\.\s+Tiny", shown["h1"])
    assert re.match(r"7\.1\.\s+A square", shown["h2"])
    assert re.match(r"Its sides", shown["h3"])


@pytest.mark.parametrize(
    ("name", "linked"), [("notebooks/07_tiny", True), ("book/first", True), ("book/plain", False)]
)
def test_page_with_a_formula_links_the_stylesheet_that_sets_it(built, name, linked):
    sheets = page(built, name).css('link[rel="stylesheet"][href*="katex/katex.min.css"]')
    assert len(sheets) == linked


def test_link_preview_names_the_book(built):
    name = page(built).css_first('meta[property="og:site_name"]').attributes["content"]
    assert name
    assert name in (execute.REPOSITORY / "_config.yml").read_text(encoding="utf-8")


def test_lines_printed_one_after_the_other_stand_in_one_block(built):
    outputs = [one.text().strip() for one in page(built).css(".cell_output .output.stream")]
    assert outputs == ["42", "one: 1.000\ntwo: 1.000\nthree: 1.000", "after <the table>"]


def test_report_of_many_numbers_is_a_table_with_header_cells(built):
    table = page(built).css_first(".cell_output .table-scroll > table")
    assert table.css_first("caption").text() == "shares"
    heads = [(cell.text(), cell.attributes["scope"]) for cell in table.css("th")]
    assert heads == [("young", "col"), ("old", "col"), ("cats", "row"), ("dogs", "row")]
    assert [cell.text() for cell in table.css("tbody td")] == ["0.250", "0.500", "1", "none"]
    assert "young" not in "".join(one.text() for one in page(built).css(".cell_output pre"))


def test_book_is_built_again_with_its_site_in_place(book):
    """A style sheet, prose, then the builder itself: each edit reaches the pages."""
    site, css = book / "_build" / "html", book / "book" / "_static" / "course.css"
    files = sorted(css.parent.rglob("*"))
    assert build(book).returncode == 0

    css.write_text(css.read_text(encoding="utf-8") + "\n/* edited */\n", encoding="utf-8")
    done = build(book)
    assert done.returncode == 0, done.stderr
    assert "/* edited */" in (site / "_static" / "course.css").read_text(encoding="utf-8")
    assert sorted(css.parent.rglob("*")) == files

    write_notebook(book, prose="Another answer.")
    done = build(book)
    assert done.returncode == 0, done.stderr
    assert "took" not in done.stdout
    assert "Another answer." in page(book).html

    # outputs change: this page follows
    write_notebook(book, "print(6 * 8)")
    done = build(book)
    assert done.returncode == 0, done.stderr
    assert "07_tiny took" in done.stdout
    assert ">48" in page(book).html

    # as if another builder had made these pages; the site's folder may even be gone
    (book / "_build" / "whole").write_text("other", encoding="utf-8")
    shutil.rmtree(site)
    done = build(book)
    assert done.returncode == 0, done.stderr
    assert page(book, "book/first").css_first("math") is not None


@pytest.mark.parametrize(
    "name",
    [
        *("explorers.py", "pictures.py", "accessibility.py", "places.py", "katex.js"),
        *("trim.py", "../course_lib/explore/frames.py", "../requirements.txt"),
    ],
)
def test_edit_of_the_builder_changes_its_hash(tmp_path, name):
    file = (tmp_path / "book_build" / name).resolve()
    (tmp_path / "book_build").mkdir()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a = 1\n", encoding="utf-8")
    before = builder.builder_hash(tmp_path)
    file.write_text("a = 2\n", encoding="utf-8")
    assert builder.builder_hash(tmp_path) != before


def test_files_of_the_builder_exist():
    assert all(list(execute.REPOSITORY.glob(pattern)) for pattern in builder.BUILDER)
    assert frames.__file__ == str(execute.REPOSITORY / "course_lib" / "explore" / "frames.py")


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
    ("text", "words"),
    [
        (PAGE + r"$\frac{1}$", ["book/first", r"\frac{1}"]),
        (PAGE + "{ref}`nowhere`", ["nowhere"]),
        (PAGE + "<a href='gone.html'>x</a>", ["book/first.html", "gone.html"]),
        (PAGE + "<img src='https://x.org/a.png' alt='x'>", ["another host", "x.org/a.png"]),
        (PAGE + "#### Too deep", ["first.md"]),
    ],
    ids=["formula", "reference", "raw link", "other host", "heading"],
)
def test_fault_in_a_page_fails_every_build_and_is_named(book, text, words):
    (book / "book" / "first.md").write_text(text, encoding="utf-8")
    for _ in ("built", "built again"):
        done = build(book)
        assert done.returncode == 1
        assert all(word in done.stderr for word in words), done.stderr


def test_fault_in_a_notebook_is_named_by_cell_and_line(book):
    write_notebook(book, prose="The answer.\n\nSee [this](missing.md).")
    done = build(book)
    assert done.returncode == 1
    assert re.search(r"07_tiny\.ipynb: cell 1, line 5: .*missing\.md", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("x = 0\n1 / x", "ZeroDivisionError: division by zero"),
        (
            "def f(k):\n    if k > 2:\n        error = ValueError('too large')\n"
            "        error.add_note('at k = 3')\n        raise error\n    f(k + 1)\nf(0)",
            "ValueError: too large\nat k = 3",
        ),
        ("import os\nos._exit(1)", "DeadKernelError: Kernel died"),
    ],
    ids=["error", "note", "death"],
)
def test_failing_cell_fails_the_build_and_its_cause_comes_first(book, code, cause):
    write_notebook(book, "print(1)", code)
    done = build(book)
    assert done.returncode == 1
    _, _, message = done.stderr.partition("07_tiny.ipynb: code cell 2 failed: ")
    assert message.startswith(cause), done.stderr
    assert code.splitlines()[-1] in message
    assert not (book / "_build" / "html").exists()


def test_words_on_stderr_fail_every_build(book):
    speaks = "import sys; print('Scanning', 'fonts', file=sys.stderr)"
    write_notebook(book, speaks)
    for _ in ("built", "built again"):
        done = build(book)
        assert done.returncode == 1
        assert "07_tiny.ipynb: code cell 1 speaks on stderr" in done.stderr
        assert "Scanning fonts" in done.stderr
    write_notebook(book, speaks, metadata={"tags": ["remove-stderr"]})
    done = build(book)
    assert done.returncode == 0, done.stderr
    assert "Scanning fonts" not in page(book).html


def test_who_has_no_home_has_a_folder_for_matplotlib(built):
    result = page(built).css(".cell_output pre")[-1].text()
    assert "_build" in result
    assert result.strip().strip("'").endswith("matplotlib")


def test_matplotlib_keeps_its_files_where_it_may(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLCONFIGDIR", "")  # so that it is restored
    for home, chosen in [(tmp_path, None), (tmp_path / "none", str(tmp_path / "b/matplotlib"))]:
        monkeypatch.delenv("MPLCONFIGDIR", raising=False)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("USERPROFILE", str(home))
        execute.settle_matplotlib(tmp_path / "b")
        assert os.environ.get("MPLCONFIGDIR") == chosen


@pytest.mark.parametrize(
    ("alt", "shades", "words"),
    [
        ("image image image", (0,), "says nothing of what is shown"),
        ("A grey square", (0, 99), "two pictures have the alternative text 'A grey square'"),
    ],
)
def test_alternative_text_must_tell_what_one_picture_shows(book, alt, shades, words):
    code = PICTURE.format(shades=shades, name="square")
    write_notebook(book, code, metadata=alternative(alt))
    done = build(book)
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (TOC + "  - file: book/missing\n", "_toc.yml names pages that do not exist: book/missing"),
        (TOC.replace("notebooks/07_tiny", "book/plain"), "does not name these chapters"),
        ("format: jb-book\nroot: book/first\nparts:\n  - caption: Empty\n", "_toc.yml is not"),
        ("format: [", "_toc.yml is not a table of contents"),
    ],
    ids=["missing page", "chapter left out", "part without chapters", "no YAML"],
)
def test_fault_of_the_contents_is_one_sentence(tmp_path, contents, words):
    (tmp_path / "_toc.yml").write_text(contents, encoding="utf-8")
    for file in ("book/first.md", "book/plain.md", "notebooks/07_tiny.ipynb"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(builder.BuildFailed, match=words):
        builder.build(tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        "from book_build import console; console.print_what_the_console_can(); print('a ≤ b')",
        "import runpy, benchmarks.command as c; c.main = lambda: print('a ≤ b') or 0; "
        "runpy.run_module('benchmarks', run_name='__main__')",
    ],
    ids=["alone", "benchmarks"],
)
def test_words_that_the_console_lacks_stop_no_command(code):
    """The builds of this file print a folder's name that their code page lacks; so may any."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        cwd=execute.REPOSITORY,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
    )
    assert done.stdout.split() == [b"a", b"?", b"b"]


def test_only_the_newest_outputs_of_each_notebook_are_kept(tmp_path):
    for age, name in enumerate(["a/new", "a/old", "a/older", "b/only", "gone/x", "1234/executed"]):
        (tmp_path / name).mkdir(parents=True)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    execute.remove_old_caches(tmp_path, [tmp_path / "a/older", tmp_path / "b/only"])
    kept = sorted(folder.relative_to(tmp_path).as_posix() for folder in tmp_path.glob("*/*"))
    assert kept == ["a/new", "a/older", "b/only"]


def test_database_of_the_outputs_lies_in_any_folder():
    engine = execute._engine_for_any_folder("sqlite:////b/a%20b/c?d/global.db")
    assert engine.url.database == "/b/a%20b/c?d/global.db"


def test_lock_file_holds_hashes_and_no_addresses():
    lock = (execute.REPOSITORY / "book" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')
