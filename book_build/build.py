"""Builds the book: ``python -m book_build.build [--no-serve] [--port N]``.

1. runs the notebooks whose outputs are not remembered, several at once;
2. builds the site with Jupyter Book's own configuration, warnings being errors;
3. checks every link and anchor, and that no page needs another host;
4. serves the site on this machine.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from jupyter_book.sphinx import build_sphinx
from sphinx.errors import ExtensionError
from sphinx_external_toc.parsing import MalformedError, SiteMap, parse_toc_yaml

from book_build import execute, links
from book_build.console import print_what_the_console_can
from book_build.mathematics import katex_version
from book_build.serve import serve
from book_build.translation import set_language
from course_lib import words

SUFFIXES = (".ipynb", ".md")
CHAPTERS = "notebooks/[0-9][0-9]_*.ipynb"
# What turns outputs and prose into pages, besides the book's own files, which Sphinx watches.
BUILDER = (
    *("book_build/*.py", "book_build/*.js", "requirements.txt"),
    *("course_lib/explore/frames.py", "course_lib/plots/style.py"),
)
INDEX_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={page}">
<title>{title}</title>
<meta name="description" content="{title}">
</head>
<body><main><h1>{title}</h1><p><a href="{page}">{read}</a></p></main></body>
</html>
"""


class BuildFailed(Exception):
    """The book could not be built; the message says why."""


def contents_of(source: Path) -> SiteMap:
    """Read ``_toc.yml``.

    Raises
    ------
    BuildFailed
        If it is missing or malformed; the sentence says where.
    """
    try:
        return parse_toc_yaml(source / "_toc.yml")
    except (OSError, MalformedError, yaml.YAMLError) as error:
        raise BuildFailed(f"_toc.yml is not a table of contents: {error}") from error


def pages_of(source: Path) -> list[Path]:
    """The files that ``_toc.yml`` names, in its order.

    Raises
    ------
    BuildFailed
        If one of them does not exist, or a chapter exists that is not among them.
    """
    names = list(contents_of(source))
    candidates = [[source / name, *(source / f"{name}{s}" for s in SUFFIXES)] for name in names]
    found = [next((f for f in files if f.is_file()), None) for files in candidates]
    missing = [name for name, file in zip(names, found, strict=True) if file is None]
    if missing:
        raise BuildFailed(f"_toc.yml names pages that do not exist: {', '.join(missing)}")
    if left_out := sorted(set(source.glob(CHAPTERS)) - set(found)):
        chapters = ", ".join(f"notebooks/{file.stem}" for file in left_out)
        raise BuildFailed(f"_toc.yml does not name these chapters, so no reader sees: {chapters}")
    return [file for file in found if file is not None]


def build(source: Path, jobs: int | None = None) -> Path:
    """Build the book in the folder ``source``; return the folder of the site.

    Parameters
    ----------
    source : Path
        The folder of ``_config.yml`` and ``_toc.yml``; the site goes to ``_build/html`` in it.
    jobs : int, optional
        How many notebooks run, and pages are written, at once. Default: the number of cores.

    Raises
    ------
    BuildFailed, NotebookFailed
        With everything that is wrong.
    """
    jobs = jobs or os.cpu_count() or 1
    build_folder, pages = source / "_build", pages_of(source)
    site, whole = build_folder / "html", build_folder / "whole"
    katex_version()  # fail before the notebooks run for minutes
    config = yaml.safe_load((source / "_config.yml").read_text(encoding="utf-8"))
    language = config["sphinx"]["config"]["language"]
    try:
        set_language(source, language)
    except (FileNotFoundError, ValueError) as error:
        raise BuildFailed(f"The words of {language} cannot be used: {error}") from None
    # The file "whole" says who made the pages, and exists only while none of them is missing.
    made_by = whole.read_text(encoding="utf-8") if whole.exists() else ""
    whole.unlink(missing_ok=True)
    execute.settle_matplotlib(build_folder)
    seconds = config["execute"]["timeout"]
    execute.run_notebooks(pages, build_folder / "outputs", jobs=jobs, timeout=seconds)
    maker = builder_hash() + words.version()
    if made_by != maker:
        _forget_pages(build_folder)
    run_sphinx(source, site, jobs)
    root = contents_of(source).root.docname
    _write_index(site, words.translated(config["title"]), root, language)
    if faults := links.findings(site):
        raise BuildFailed("\n  ".join(faults))
    whole.write_text(maker, encoding="utf-8")
    return site


def builder_hash(root: Path = execute.REPOSITORY) -> str:
    """Hash what makes pages of outputs and prose (`BUILDER`)."""
    digest = hashlib.sha256()
    for pattern in BUILDER:
        for file in sorted(root.glob(pattern)):
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _forget_pages(build_folder: Path) -> None:
    """Remove what Sphinx built before.

    A new way to write pages would leave old ones in the site. And a page whose build failed would
    not warn again, as Sphinx reads only what has changed.
    """
    for name in ("html", ".doctrees", "jupyter_execute"):
        shutil.rmtree(build_folder / name, ignore_errors=True)


def run_sphinx(
    source: Path, target: Path, jobs: int, builder: str = "html", **settings: Any
) -> None:
    """Let Sphinx read the book and write into a folder, with other settings than its own if given.

    Raises
    ------
    BuildFailed
        If there is an error or a warning.
    """
    result = build_sphinx(
        str(source),
        str(target),
        noconfig=True,  # no conf.py: _config.yml holds everything
        path_config=str(source / "_config.yml"),
        confoverrides={"latex_individualpages": False, **settings},
        builder=builder,
        warningiserror=True,
        keep_going=True,
        jobs=jobs,
        quiet=True,
    )
    if isinstance(result, KeyboardInterrupt):
        raise result
    if result:  # an exception that Sphinx has printed, or its exit status
        raise BuildFailed("The book was not built: see the warnings and errors above.")


def _write_index(site: Path, title: str, root: str, language: str) -> None:
    """Make the site's address lead to the first page."""
    page = INDEX_PAGE.format(
        page=html.escape(f"{root}.html"),
        title=html.escape(title),
        language=language.replace("_", "-"),
        read=html.escape(words.translated("Read the book")),
    )
    (site / "index.html").write_text(page, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the book and serve it; return the exit status."""
    print_what_the_console_can()
    parser = argparse.ArgumentParser(
        prog="python -m book_build.build", description="Build the book."
    )
    parser.add_argument("--no-serve", action="store_true", help="build and check only")
    parser.add_argument("--port", type=int, default=8000, help="port to serve on (default 8000)")
    parser.add_argument("--jobs", type=int, help="notebooks and pages at once (default: cores)")
    parser.add_argument(
        "--source", type=Path, default=execute.REPOSITORY, help="folder of _config.yml"
    )
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        site = build(options.source.resolve(), options.jobs)
    except (BuildFailed, execute.NotebookFailed, ExtensionError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Built in {time.perf_counter() - start:.1f} s: {site}")
    if not options.no_serve:
        serve(site, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
