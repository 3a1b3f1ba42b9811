"""A small book, and the command that builds it, each time in a process of its own.

The processes are forked from one that has imported the builder: importing takes longer than all
else that a small book needs. Every build prints to a code page that lacks the folder's name.
"""

import contextlib
import functools
import multiprocessing
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from book_build import execute

FOLDER = "课程 a%20b"  # a name that consoles, databases and addresses must stand
TOC = """format: jb-book
root: book/first
chapters:
  - file: notebooks/07_tiny
"""
PAGE = "# First\n\nSee {ref}`square`. Inline $x$.\n"
PLAIN = "# Plain\n\nNo mathematics here.\n"
IMPORTED_ONCE = ["book_build.build", "book_build.explorers", "book_build.link_preview"]


@dataclass(frozen=True)
class Done:
    """How a build ended."""

    returncode: int
    stdout: str
    stderr: str


def write_notebook(book, *codes, prose="The answer.", metadata=None):
    """Write chapter 7: a section with a subsection, and the code cells."""
    text = (
        f"# Tiny\n\n{prose}\n\n(square)=\n## A square\n\n$$ x^2 $$ (eq:s)\n\n{{eq}}`eq:s`"
        "\n\n### Its sides\n\nAll alike."
    )
    cells = [nbformat.v4.new_markdown_cell(text, id="text")]
    for number, code in enumerate(codes or ("print(6 * 7)",)):
        cell = nbformat.v4.new_code_cell(code, id=f"code-{number}")
        cell.metadata.update(metadata or {})
        cells.append(cell)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    (book / "notebooks").mkdir(exist_ok=True)
    nbformat.write(notebook, book / "notebooks" / "07_tiny.ipynb")


def write_book(parent):
    """Write a book of a page and a chapter into a new folder; return the folder."""
    book = parent / FOLDER
    book.mkdir()
    shutil.copy(execute.REPOSITORY / "_config.yml", book)
    for folder in ("_static", "_templates"):
        shutil.copytree(execute.REPOSITORY / "book" / folder, book / "book" / folder)
    (book / "book" / "references.bib").touch()
    (book / "_toc.yml").write_text(TOC, encoding="utf-8")
    (book / "book" / "first.md").write_text(PAGE, encoding="utf-8")
    write_notebook(book)
    return book


def build(book, **variables):
    """Run ``python -m book_build.build --no-serve`` on the book, with environment variables."""
    printed = [book.parent / name for name in ("stdout", "stderr")]
    process = _processes().Process(target=_run, args=(book, printed, variables))
    process.start()
    process.join()
    texts = [file.read_text(encoding="cp1252") for file in printed]
    return Done(process.exitcode, *texts)


@functools.cache
def _processes():
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    if can_fork:
        context.set_forkserver_preload(IMPORTED_ONCE)
    return context


def _run(book, printed, variables):
    from book_build.build import main

    os.chdir(execute.REPOSITORY)
    for name in ("COURSE_EXPLORE", "MPLCONFIGDIR"):
        os.environ.pop(name, None)
    os.environ.update(variables)
    with contextlib.ExitStack() as stack:
        for number, file in enumerate(printed, 1):
            stream = stack.enter_context(Path(file).open("w", encoding="cp1252"))
            os.dup2(stream.fileno(), number)  # what other processes print goes there too
            setattr(sys, ("stdout", "stderr")[number - 1], stream)
        status = main(["--no-serve", "--jobs", "1", "--source", str(book)])
    sys.exit(status)
