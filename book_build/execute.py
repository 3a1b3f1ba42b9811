"""Runs the book's notebooks, several at once, and remembers their outputs.

Outputs live in a jupyter-cache below ``_build/``. Jupyter-cache itself looks only at the code
cells; here the folder's name also carries a hash of everything else that an output depends on (the
library with its bundled data, the pinned requirements), so that an edit of the library runs the
notebooks again, and an edit of prose does not.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import importlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupyter_cache.cache.db
import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from sqlalchemy import URL, Engine, create_engine

from book_build.notebook_format import heard_on_stderr, join_streams

REPOSITORY = Path(__file__).resolve().parents[1]
OUTPUTS_DEPEND_ON = ("course_lib", "requirements.txt")
KERNEL_ENVIRONMENT = {"COURSE_EXPLORE": "page", "OMP_NUM_THREADS": "1"}
CACHES_KEPT = 2  # the current one, and the one before: going back to it costs nothing
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _engine_for_any_folder(url: str) -> Engine:
    """Open the database of an address that was put together from a path, as jupyter-cache does."""
    return create_engine(URL.create("sqlite", database=url.removeprefix("sqlite:///")))


# Read as an address, "a%20b" would be the folder "a b", and what follows a "?" no part of the path.
jupyter_cache.cache.db.create_engine = _engine_for_any_folder


class NotebookFailed(Exception):
    """A cell failed, or spoke on stderr: the message names chapter, cell, error and source."""


@dataclass
class Notebook:
    """A notebook of the book: its file and its content."""

    path: Path
    content: nbformat.NotebookNode

    @property
    def name(self) -> str:
        """The chapter, as the progress lines call it."""
        return self.path.stem


@functools.cache  # one build, one answer, even while somebody edits the library
def library_hash(root: Path = REPOSITORY) -> str:
    """Hash everything besides the notebooks that their outputs depend on."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for name in OUTPUTS_DEPEND_ON:
        for file in sorted([root / name, *(root / name).rglob("*")]):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder(build_folder: Path) -> Path:
    """The folder of the outputs that belong to the library as it is now."""
    return build_folder / "outputs" / library_hash()


def remove_old_caches(current: Path, keep: int = CACHES_KEPT) -> None:
    """Delete the outputs of older libraries, but for the newest."""
    current.mkdir(parents=True, exist_ok=True)
    os.utime(current)
    folders = sorted(current.parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[:-keep]:
        shutil.rmtree(folder)


def settle_matplotlib(build_folder: Path) -> None:
    """Let matplotlib say here what it says only once, so that no notebook's output holds it.

    At its first import it looks through the fonts of the computer, and where the home folder
    cannot be written to it complains; then it keeps its files in ``build_folder`` instead.
    """
    if not os.access(os.path.expanduser("~"), os.W_OK):
        os.environ.setdefault("MPLCONFIGDIR", str(build_folder / "matplotlib"))
    importlib.import_module("matplotlib.font_manager")


def read_notebooks(paths: Iterable[Path]) -> list[Notebook]:
    """Read those of the files that are notebooks (``.ipynb``, or Markdown with code cells)."""
    found = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        reader = create_nb_reader(str(path), MdParserConfig(), NbParserConfig(), text)
        if reader is not None:
            found.append(Notebook(path, reader.read(text)))
    return found


def run_notebooks(
    paths: Iterable[Path],
    cache_path: Path,
    *,
    jobs: int,
    timeout: int,
    report: Callable[[str], None] = print,
) -> int:
    """Run those notebooks whose outputs are not remembered yet; return how many ran.

    Parameters
    ----------
    paths : iterable of Path
        The pages of the book; those that are not notebooks are passed over.
    cache_path : Path
        The jupyter-cache that remembers outputs (`cache_folder`).
    jobs : int
        How many notebooks run at once.
    timeout : int
        The longest that one cell may take, in seconds.
    report : callable
        Takes the progress lines.

    Raises
    ------
    NotebookFailed
        As soon as one cell fails or speaks on stderr; the other notebooks are stopped.
    """
    cache = get_cache(cache_path)
    due = [notebook for notebook in read_notebooks(paths) if not _is_remembered(cache, notebook)]
    if due:
        report(f"Running {len(due)} notebook(s), {min(jobs, len(due))} at once")
        asyncio.run(_run_all(due, cache, jobs, timeout, report))
    return len(due)


def _is_remembered(cache: JupyterCacheAbstract, notebook: Notebook) -> bool:
    try:
        cache.match_cache_notebook(notebook.content)
    except KeyError:
        return False
    return True


async def _run_all(
    due: list[Notebook],
    cache: JupyterCacheAbstract,
    jobs: int,
    timeout: int,
    report: Callable[[str], None],
) -> None:
    free = asyncio.Semaphore(jobs)
    done = 0

    async def run(notebook: Notebook) -> None:
        nonlocal done
        async with free:
            report(f"  {notebook.name} runs")
            seconds = await _run_one(notebook, timeout)
        bundle = CacheBundleIn(
            notebook.content, str(notebook.path), data={"execution_seconds": seconds}
        )
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        done += 1
        report(f"  {notebook.name} took {seconds:.0f} s ({done} of {len(due)})")

    try:
        async with asyncio.TaskGroup() as group:  # the first failure stops the others
            for notebook in due:
                group.create_task(run(notebook))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _run_one(notebook: Notebook, timeout: int) -> float:
    """Run a notebook in place; return the seconds it took."""
    current = 0

    def remember_cell(cell: Any, cell_index: int) -> None:
        nonlocal current
        current = cell_index

    client = NotebookClient(
        notebook.content,
        timeout=timeout,
        resources={"metadata": {"path": str(notebook.path.parent)}},
        on_cell_start=remember_cell,
        record_timing=False,  # times in the cells would make the cache miss
    )
    manager = client.create_kernel_manager()
    if manager.has_trait("transport_encryption"):  # newer kernels complain about plain sockets
        manager.transport_encryption = "auto"
    start = time.perf_counter()
    try:
        await client.async_execute(env=os.environ | KERNEL_ENVIRONMENT)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookFailed(_describe(notebook, current, error)) from None
    seconds = time.perf_counter() - start
    for index, cell in enumerate(notebook.content.cells):
        if cell.cell_type == "code":
            if words := heard_on_stderr(cell):
                raise NotebookFailed(_complain(notebook, index, "speaks on stderr", words))
            cell.outputs = join_streams(cell.outputs)
    return seconds


def _describe(notebook: Notebook, index: int, error: Exception) -> str:
    if not isinstance(error, CellExecutionError):
        return _complain(notebook, index, f"failed: {type(error).__name__}: {error}", "")
    outputs = notebook.content.cells[index].outputs
    told = [part for out in outputs if out.output_type == "error" for part in out.traceback]
    plain = [COLOURS.sub("", part) for part in told]
    # the error itself stands last, but for its notes (an explorer's names the setting)
    place = max((i for i, part in enumerate(plain) if part.startswith(error.ename)), default=None)
    cause = f"{error.ename}: {error.evalue}" if place is None else "\n".join(plain[place:]).strip()
    return _complain(notebook, index, f"failed: {cause}", "\n".join(told))


def _complain(notebook: Notebook, index: int, problem: str, details: str) -> str:
    cells = notebook.content.cells
    number = sum(cell.cell_type == "code" for cell in cells[: index + 1])
    source = "\n".join(f"    {line}" for line in cells[index].source.splitlines())
    return f"{notebook.path}: code cell {number} {problem}\n{source}\n{details}".rstrip()


def use_remembered_outputs(app: Any, config: Any) -> None:
    """Point myst-nb at the cache, and read pages again when the library changed."""
    os.environ.update(KERNEL_ENVIRONMENT)  # for kernels that myst-nb starts by itself
    config.nb_execution_cache_path = str(cache_folder(Path(app.outdir).parent))


def setup(app: Any) -> None:
    """Register with Sphinx."""
    # before myst-nb takes over its configuration, at the usual priority of 500
    app.connect("config-inited", use_remembered_outputs, priority=100)
