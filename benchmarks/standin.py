"""A stand-in for the finished course: this repository with copies of its chapters and tests.

The copies bear other numbers and names, and what must be the only one of its name (titles,
labels) is renamed in them. So everything that checks or builds the book has as much to do as it
will have with that many chapters.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {".git", ".venv", "_build", "node_modules", "__pycache__", ".ruff_cache"}
"""What is made, not written: it is not copied. The npm packages are linked."""
OF_THE_MACHINE = (
    "benchmarks",
    "book_build",
    "explore",
    "notebook_checks",
    "conftest.py",
    "backends.py",
    "test_architecture.py",
    "test_doctests.py",
    "test_glossary.py",
    "test_installation.py",
    "test_nbval_hardening.py",
    "test_notebook.py",
    "test_notebook_checks.py",
    "test_notebooks.py",
    "test_outputs.py",
    "test_run.py",
    "test_site.py",
    "test_sitecheck.py",
)
"""Of tests/, what tests the machine that the chapters run on: more chapters bring no more of it."""
ALLOW_COPIES = """

def _run_only(function):
    return lambda *what: [*function(*what)][:0]


# A copy's helpers stand twice; what it recalls is in originals, which come later.
CHECKS |= {name: _run_only(CHECKS[name]) for name in ("no_helper_twice", "recall")}
"""
LABELS = re.compile(r"^\(([\w:-]+)\)=|^:(?:label|name): *(\S+)|^\$\$ *\(([\w:-]+)\)", re.MULTILINE)


def make(folder: Path, chapters: int, root: Path = ROOT) -> None:
    """Copy the repository `root` into the empty `folder`, with that many chapters in it.

    Raises ValueError where there are more chapters than that already.
    """
    copy_tree(root, folder)
    notebooks = sorted((folder / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if chapters < len(notebooks):
        raise ValueError(f"there are {len(notebooks)} chapters: a stand-in cannot have {chapters}")
    taken = {int(path.stem[:2]) for path in notebooks}
    free = (number for number in itertools.count(1) if number not in taken)
    copies: dict[str, list[str]] = {path.stem: [] for path in notebooks}
    for copy, number in zip(range(chapters - len(notebooks)), free, strict=False):
        original = notebooks[copy % len(notebooks)]
        name = f"{number:02d}_copy_{number}_of_{original.stem[3:]}"
        copy_chapter(original, original.with_name(f"{name}.ipynb"), number)
        copies[original.stem].append(name)
    add_to_contents(folder / "_toc.yml", copies)
    with open(folder / "tests" / "notebook_checks" / "contract.py", "a", encoding="utf-8") as file:
        file.write(ALLOW_COPIES)
    copy_tests(folder / "tests", chapters / len(notebooks))


def copy_tree(root: Path, folder: Path) -> None:
    """Copy what is written of the repository, and link the npm packages."""
    shutil.copytree(
        root, folder, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True, symlinks=True
    )
    packages = root / "book" / "node_modules"
    if packages.exists():
        os.symlink(packages, folder / "book" / "node_modules", target_is_directory=True)
    for command in (["init", "-q"], ["add", "-A"]):  # some tests ask git what is in the repository
        subprocess.run(["git", *command], cwd=folder, check=True)


def copy_chapter(original: Path, copy: Path, number: int) -> None:
    """Write a notebook again whose title, labels and code are its own; links to labels follow."""
    notebook = nbformat.read(original, as_version=4)
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    found = [names for cell in texts for names in LABELS.findall(cell.source)]
    labels = {next(filter(None, names)) for names in found}
    for cell in texts:
        for label in labels:
            own = f"{label}-copy-{number}"
            cell.source = re.sub(rf"(?<![\w:-]){re.escape(label)}(?![\w:-])", own, cell.source)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shortest = min(codes, key=lambda cell: cell.source.count("\n"))
    shortest.source += f"\n# copy {number}"  # or the outputs of the original would be taken for its
    texts[0].source = re.sub(r"\A# (.+)", rf"# \1, copy {number}", texts[0].source)
    text = nbformat.writes(notebook)
    copy.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")


def add_to_contents(toc: Path, copies: dict[str, list[str]]) -> None:
    """Put every copy after its original into the table of contents."""
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    for part in contents["parts"]:
        names = [chapter["file"] for chapter in part["chapters"]]
        part["chapters"] = [
            {"file": file}
            for name in names
            for file in [name, *(f"notebooks/{copy}" for copy in copies.get(Path(name).name, []))]
        ]
    toc.write_text(yaml.safe_dump(contents, allow_unicode=True, sort_keys=False), encoding="utf-8")


def copy_tests(tests: Path, times: float) -> None:
    """Multiply the tests of what the chapters teach by `times`, as more chapters teach more."""
    originals = list(tests_of_chapters(tests))
    wanted = round(times * len(originals)) - len(originals)
    for copy in range(wanted):
        original = originals[copy % len(originals)]
        name = f"{original.stem}_copy_{copy // len(originals) + 1}.py"
        shutil.copy(original, original.with_name(name))


def tests_of_chapters(tests: Path) -> Iterator[Path]:
    """Yield the test modules that do not test the machine."""
    for path in sorted(tests.rglob("test_*.py")):
        if path.relative_to(tests).parts[0] not in OF_THE_MACHINE:
            yield path
