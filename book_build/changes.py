"""What a change can reach, as JSON for ``run.py test --changed``: tests, notebooks and pages.

Modules are followed through the import graph (dependencies.py), and so are the tests, whose strings
count as well where they name modules (code for another process). A test that reads files instead
stands in `READERS`. A file that is neither a module, a test, a chapter nor a page makes everything
run: nobody knows what it reaches.
"""

from __future__ import annotations

import argparse
import ast
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from book_build import dependencies
from book_build.dependencies import PACKAGES, REPOSITORY
from book_build.sitecheck.browser import find_browser

TESTS = "tests/"
SITE_TESTS = "tests/test_site.py"
# Tests that read files of these folders, rather than import what they test
READERS = {
    "course_lib/": [  # they read who imports whom
        *("tests/book_build/test_dependencies.py", "tests/book_build/test_changes.py"),
        "tests/test_architecture.py",
    ],
    "notebooks/": [
        *("tests/test_notebooks.py", "tests/test_glossary.py"),
        *("tests/book_build/test_dependencies.py", "tests/book_build/test_changes.py"),
    ],
    "book/": ["tests/test_notebooks.py", "tests/test_glossary.py", "tests/test_installation.py"],
    "book/benchmarks.md": ["tests/benchmarks"],
    "book/_": ["tests/book_build"],
    "_config.yml": ["tests/book_build", "tests/test_notebooks.py"],
    "_toc.yml": ["tests/book_build", "tests/test_notebooks.py"],
    "README.md": ["tests/test_installation.py"],
    ".github/": ["tests/test_installation.py"],
    ".binder/": ["tests/test_installation.py"],
    ".git": ["tests/test_installation.py"],
}
EVERY_PAGE = ("book/_static/", "book/_templates/", "book/references.bib", "_config.yml", "_toc.yml")
PAGES = (".md", ".ipynb")


class Unknown(Exception):
    """The change cannot be told, or what it reaches; the message says why."""


@dataclass
class Reached:
    """What a change reaches, by paths from the repository's folder."""

    changed: list[str]
    modules: set[str] = field(default_factory=set)  # themselves changed, or their data
    tests: set[str] = field(default_factory=set)
    notebooks: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)


# --- What has changed --------------------------------------------------------------------------


def git(*words: str) -> str:
    """What git prints.

    Raises
    ------
    Unknown
        If git is missing, or refuses.
    """
    command = ["git", "-c", "core.quotepath=off", *words]
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True
        )
    except FileNotFoundError:
        raise Unknown("git is not installed") from None
    except subprocess.CalledProcessError as error:
        raise Unknown(error.stderr.strip().partition("\n")[0]) from None
    return done.stdout


def changed_files(revision: str) -> list[str]:
    """The files that differ from a commit, or are not in git yet."""
    git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    differ = git("diff", "--name-only", "--no-renames", "-z", revision, "--")
    new = git("ls-files", "--others", "--exclude-standard", "-z")
    return sorted({name for name in f"{differ}\0{new}".split("\0") if name})


def only_prose(file: str, revision: str) -> bool:
    """Tell whether a notebook differs from a commit in nothing that runs."""
    try:
        before = nbformat.reads(git("show", f"{revision}:{file}"), as_version=4)
        return code_of(before) == code_of(nbformat.read(REPOSITORY / file, as_version=4))
    except (Unknown, ValueError, AttributeError):  # new, or no notebook at all
        return False


def code_of(notebook: nbformat.NotebookNode) -> list[tuple]:
    """What running a notebook as a test depends on: code, tags and stored outputs."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [(cell.source, cell.metadata.get("tags", []), cell.outputs) for cell in cells]


# --- What it reaches ---------------------------------------------------------------------------


def reached_by(changed: list[str], revision: str) -> Reached:
    """Follow the changed files to tests, notebooks and pages.

    Raises
    ------
    Unknown
        If one of them may reach anything.
    """
    found = Reached(changed)
    for file in changed:
        _sort(file, revision, found)
    found.tests |= {test for test in all_tests() if _uses(test, found)}
    pages = {page: nbformat.read(page, as_version=4) for page in REPOSITORY.glob("*/*.ipynb")}
    for page, notebook in pages.items():
        name = page.relative_to(REPOSITORY).as_posix()
        if dependencies.notebook_modules(notebook) & found.modules:
            found.pages.add(name)
            if name.startswith("notebooks/"):
                found.notebooks.add(name)
    if builders() & found.modules:
        found.pages |= set(all_pages())
    return found


def _sort(file: str, revision: str, found: Reached) -> None:
    """Put one changed file where it belongs."""
    path = REPOSITORY / file
    readers = [test for place, tests in READERS.items() if file.startswith(place) for test in tests]
    if not path.is_file():
        raise Unknown(f"{file} is gone")
    if path.name == "conftest.py":
        raise Unknown(f"{file} is part of every test")
    if file.partition("/")[0] in PACKAGES:
        is_module = path.suffix == ".py"
        found.modules |= {_module(path)} if is_module else set(dependencies.data_owners(path))
        if file.startswith("experiments/"):
            found.notebooks |= _showing(path)
            found.pages |= _showing(path)
    elif file.startswith(TESTS) and path.suffix == ".py":
        found.tests.add(file)
    elif file.startswith(EVERY_PAGE):
        found.pages |= set(all_pages())
    elif file.startswith(("notebooks/", "book/")) and path.suffix in PAGES:
        found.pages.add(file)
        if file.startswith("notebooks/") and not only_prose(file, revision):
            found.notebooks.add(file)
    elif not readers or file.startswith(("notebooks/", "book/")):
        raise Unknown(f"what {file} reaches is not known")
    found.tests |= set(readers)


def _module(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _showing(result: Path) -> set[str]:
    """The chapters that show a stored result of an experiment."""
    chapters = REPOSITORY.glob("notebooks/*.ipynb")
    return {
        chapter.relative_to(REPOSITORY).as_posix()
        for chapter in chapters
        if result in dependencies.stored_results(nbformat.read(chapter, as_version=4))
    }


def builders() -> set[str]:
    """The modules that write or check pages; a change of one reaches every page."""
    graph = dependencies.import_graph()
    ours = {name for name in graph.modules if name.partition(".")[0] == "book_build"}
    return dependencies.reach(graph, ours - {"book_build.changes"})


def all_pages() -> list[str]:
    """The pages of the book: chapters, and the pages beside them."""
    files = (file for folder in ("notebooks", "book") for file in (REPOSITORY / folder).glob("*"))
    return sorted(file.relative_to(REPOSITORY).as_posix() for file in files if file.suffix in PAGES)


# --- Tests -------------------------------------------------------------------------------------


def all_tests() -> list[str]:
    """The test files, but for those of the built site, which come by pages."""
    files = (REPOSITORY / "tests").rglob("test_*.py")
    names = sorted(file.relative_to(REPOSITORY).as_posix() for file in files)
    return [name for name in names if name != SITE_TESTS]


def _uses(test: str, found: Reached) -> bool:
    """Tell whether a test imports a changed module, or a changed helper of the tests."""
    modules, helpers = _what_a_test_imports(REPOSITORY / test)
    return bool(modules & found.modules) or bool(helpers & set(found.changed))


@functools.cache
def _what_a_test_imports(test: Path) -> tuple[set[str], set[str]]:
    """The modules of ours that a test imports, and the helpers of the tests, by their paths."""
    names, helpers, waiting = set(), set(), [test]
    while waiting:
        file = waiting.pop()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = set(dependencies.imported_names(tree))
        names |= imported | set(dependencies.names_in_strings(tree))
        if dependencies.imports_by_name(tree):
            names |= dependencies.import_graph().modules
        for helper in _helpers(imported, file.parent):
            name = helper.relative_to(REPOSITORY).as_posix()
            if name not in helpers:
                helpers.add(name)
                waiting.append(helper)
    return dependencies.needed(names), helpers


def _helpers(names: Iterable[str], folder: Path) -> list[Path]:
    """The modules below tests/ that these names may mean, seen from a folder."""
    places = [folder, REPOSITORY / "tests", REPOSITORY]
    modules = {part for name in names for part in (name, name.rpartition(".")[0]) if part}
    paths = [place.joinpath(*name.split(".")) for name in modules for place in places]
    files = [f for path in paths for f in (path.with_suffix(".py"), path / "__init__.py")]
    return [file for file in files if file.is_file() and (REPOSITORY / "tests") in file.parents]


def depending_on(found: Reached) -> list[str]:
    """The modules that depend on changed ones, or whose examples do."""
    modules = dependencies.import_graph().modules
    kept = [m for m in modules if m.partition(".")[0] in ("course_lib", "book_build")]
    return sorted(module for module in kept if _needed_by_examples(module) & found.modules)


def doctests_of(found: Reached) -> list[str]:
    """The files with examples that a change can reach."""
    files = map(dependencies.module_file, depending_on(found))
    return [file.relative_to(REPOSITORY).as_posix() for file in files]


def only_of_modules(found: Reached) -> list[str]:
    """The modules to which tests of the whole library keep; none, for all, if a test changed.

    tests/only.py tells them.
    """
    tests_changed = any(file.startswith(TESTS) for file in found.changed)
    return [] if tests_changed else sorted(found.modules.union(depending_on(found)))


def _needed_by_examples(module: str) -> set[str]:
    """The modules that one depends on, or its examples, which import what shows it best."""
    source = dependencies.module_file(module).read_text(encoding="utf-8")
    examples = re.search(r">>> .*\bimport\b", source)
    names = dependencies.names_in_strings(ast.parse(source)) if examples else []
    return dependencies.reach(dependencies.import_graph(), [module]) | dependencies.needed(names)


# --- The answer --------------------------------------------------------------------------------


def summary(found: Reached, revision: str) -> list[str]:
    """Say in a few lines what is run, what is left out, and why."""
    tests, chapters = all_tests(), [page for page in all_pages() if page.startswith("notebooks/")]
    lines = [
        f"Changed against {revision}: {', '.join(found.changed)}",
        f"Run: {_some(found.tests, 'test files or folders')}; "
        f"{_some(found.notebooks, 'notebooks')}; {_some(found.pages, 'pages')}.",
        f"Left out: the other tests (of {len(tests)} files) and notebooks (of {len(chapters)}), "
        "which neither import nor read what changed, estimators and examples of modules that do "
        "not depend on it; pages that show nothing of it, and the checks of the site as a whole. "
        "`.ci/run` leaves out nothing.",
    ]
    prose = [f for f in found.changed if f in chapters and f not in found.notebooks]
    if prose:
        lines.append(f"Only prose changed, so nothing in it runs: {', '.join(prose)}")
    return lines


def _some(names: Iterable[str], what: str) -> str:
    few = [Path(name).stem for name in sorted(names)]
    return f"{len(few)} {what}" + (f" ({', '.join(few)})" if 0 < len(few) <= 4 else "")


def answer(revision: str) -> dict[str, object]:
    """What to run after the changes since a commit; `everything` says why if nothing may be left.

    Pages come with ``site`` and ``browser``: whether one is built, and can be looked at.
    """
    changed = changed_files(revision)
    if not changed:
        nothing = f"Nothing differs from {revision}: only the checks of the source run."
        return {"everything": "", "words": [nothing], "tests": [], "notebooks": [], "pages": []}
    try:
        found = reached_by(changed, revision)
    except Unknown as reason:
        return {"everything": str(reason), "words": []}
    return {
        "everything": "",
        "words": summary(found, revision),
        "tests": sorted(found.tests) + doctests_of(found),
        "only": only_of_modules(found),
        "notebooks": sorted(found.notebooks),
        "pages": sorted(f"{page.rpartition('.')[0]}.html" for page in found.pages),
        "site": (REPOSITORY / "_build" / "html" / "index.html").is_file(),
        "browser": find_browser() is not None,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the answer as JSON; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m book_build.changes")
    parser.add_argument("revision", nargs="?", default="HEAD", help="a commit (default HEAD)")
    try:
        print(json.dumps(answer(parser.parse_args(arguments).revision)))
    except Unknown as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
