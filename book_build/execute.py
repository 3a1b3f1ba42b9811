"""Runs the book's notebooks, several at once, and remembers their outputs.

nbval's run of a notebook can be remembered too (notebooks/conftest.py), so that what `run.py test`
has just run the build of the book does not run once more.

Outputs live below ``_build/outputs``, in a jupyter-cache for each notebook. Jupyter-cache itself
looks only at the code cells; here its folder's name also carries a hash of everything else that the
notebook's outputs depend on (dependencies.py), so that an edit of the library runs the notebooks
again that can show it, and an edit of prose runs none.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import shutil
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

from book_build.dependencies import REPOSITORY as REPOSITORY  # part of this module's interface
from book_build.dependencies import outputs_hash
from book_build.notebook_format import KERNEL_ENVIRONMENT as CHECKING
from book_build.notebook_format import heard_on_stderr, join_streams
from course_lib import words

KERNEL_ENVIRONMENT = {**CHECKING, "COURSE_EXPLORE": "page"}
CACHES_KEPT = 2  # the current outputs, and those before: going back to them costs nothing
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


def cache_folder(outputs: Path, notebook: Notebook) -> Path:
    """The folder of a notebook's outputs that belong to library and language as they are."""
    settings = (f"{name}={value}" for name, value in KERNEL_ENVIRONMENT.items())
    return outputs / _place(notebook) / outputs_hash(notebook.content, *settings, words.version())


def _place(notebook: Notebook) -> str:
    return f"{notebook.path.parent.name}-{notebook.name}"


def remove_old_caches(outputs: Path, current: Iterable[Path], keep: int = CACHES_KEPT) -> None:
    """Delete what is no notebook's, and of each notebook all but its newest outputs.

    Parameters
    ----------
    outputs : Path
        The folder of all remembered outputs.
    current : iterable of Path
        The folders of the outputs as they are now, one a notebook (`cache_folder`).
    keep : int
        How many folders of each notebook stay.
    """
    for folder in current:
        os.utime(folder)
    places = {folder.parent for folder in current}
    for place in set(outputs.iterdir()) - places:
        shutil.rmtree(place)
    for place in places:
        folders = sorted(place.iterdir(), key=lambda folder: folder.stat().st_mtime)
        for folder in folders[:-keep]:
            shutil.rmtree(folder)


def read_notebook(path: Path, text: str) -> Notebook | None:
    """Read a page that is a notebook (``.ipynb``, or Markdown with code cells); else None."""
    reader = create_nb_reader(str(path), MdParserConfig(), NbParserConfig(), text)
    return None if reader is None else Notebook(path, reader.read(text))


def settle_matplotlib(build_folder: Path) -> None:
    """Let matplotlib say here what it says only once, so that no notebook's output holds it.

    At its first import it looks through the fonts of the computer, and where the home folder
    cannot be written to it complains; then it keeps its files in ``build_folder`` instead.
    """
    if not os.access(os.path.expanduser("~"), os.W_OK):
        os.environ.setdefault("MPLCONFIGDIR", str(build_folder / "matplotlib"))
    importlib.import_module("matplotlib.font_manager")


def read_notebooks(paths: Iterable[Path]) -> list[Notebook]:
    """Read those of the files that are notebooks."""
    found = (read_notebook(path, path.read_text(encoding="utf-8")) for path in paths)
    return [notebook for notebook in found if notebook is not None]


def run_notebooks(
    paths: Iterable[Path],
    outputs: Path,
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
    outputs : Path
        The folder of all remembered outputs (`cache_folder` is the part of one notebook).
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
    notebooks = [(nb, get_cache(cache_folder(outputs, nb))) for nb in read_notebooks(paths)]
    due = [(notebook, cache) for notebook, cache in notebooks if not _outputs(notebook, cache)]
    if due:
        report(f"Running {len(due)} notebook(s), {min(jobs, len(due))} at once")
        asyncio.run(_run_all(due, jobs, timeout, report))
    if notebooks:
        remove_old_caches(outputs, [cache.path for _, cache in notebooks])
    return len(due)


def _outputs(notebook: Notebook, cache: JupyterCacheAbstract) -> str | None:
    """What tells these outputs from all others; None while there are none."""
    try:
        record = cache.match_cache_notebook(notebook.content)
    except KeyError:
        return None
    return f"{cache.path.name} {record.hashkey} {record.created}"


async def _run_all(
    due: list[tuple[Notebook, JupyterCacheAbstract]],
    jobs: int,
    timeout: int,
    report: Callable[[str], None],
) -> None:
    free = asyncio.Semaphore(jobs)
    done = 0

    async def run(notebook: Notebook, cache: JupyterCacheAbstract) -> None:
        nonlocal done
        async with free:
            report(f"  {notebook.name} runs")
            seconds = await _run_one(notebook, timeout)
        remember(notebook, cache, seconds)
        done += 1
        report(f"  {notebook.name} took {seconds:.0f} s ({done} of {len(due)})")

    try:
        async with asyncio.TaskGroup() as group:  # the first failure stops the others
            for notebook, cache in due:
                group.create_task(run(notebook, cache))
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
    return time.perf_counter() - start


def remember(notebook: Notebook, cache: JupyterCacheAbstract, seconds: float) -> None:
    """Keep the outputs of a notebook that has run.

    Parameters
    ----------
    notebook : Notebook
        Its cells hold their outputs.
    cache : JupyterCacheAbstract
        Of its `cache_folder` as it was before the run.
    seconds : float
        How long the run took.

    Raises
    ------
    NotebookFailed
        If a cell speaks on stderr.
    """
    for index, cell in enumerate(notebook.content.cells):
        if cell.cell_type == "code":
            if words := heard_on_stderr(cell):
                raise NotebookFailed(_complain(notebook, index, "speaks on stderr", words))
            cell.outputs = join_streams(cell.outputs)
    took = {"execution_seconds": seconds}
    bundle = CacheBundleIn(notebook.content, str(notebook.path), data=took)
    cache.change_cache_limit(CACHES_KEPT)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


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


# --- Sphinx ------------------------------------------------------------------------------------


def prepare_kernels(app: Any, config: Any) -> None:
    """Settings for kernels that myst-nb starts by itself (``config-inited``)."""
    os.environ.update(KERNEL_ENVIRONMENT)
    config.nb_execution_cache_path = str(_outputs_of(app))


def use_remembered_outputs(app: Any, docname: str, source: list[str]) -> None:
    """Point myst-nb at the cache of the page that it is about to read (``source-read``)."""
    notebook = read_notebook(Path(app.env.doc2path(docname)), source[0])
    if notebook is not None:
        folder = str(cache_folder(_outputs_of(app), notebook))
        app.env.mystnb_config = app.env.mystnb_config.copy(execution_cache_path=folder)


def pages_with_new_outputs(app: Any, env: Any, *_: set[str]) -> list[str]:
    """The pages that were read with other outputs than the present ones (``env-get-outdated``)."""
    before = getattr(env, "course_outputs", {})
    env.course_outputs = now = {}
    for docname in env.found_docs:
        for notebook in read_notebooks([Path(env.doc2path(docname))]):
            now[docname] = _outputs(notebook, get_cache(cache_folder(_outputs_of(app), notebook)))
    return [docname for docname, outputs in now.items() if before.get(docname) != outputs]


def _outputs_of(app: Any) -> Path:
    return Path(app.outdir).parent / "outputs"


def setup(app: Any) -> None:
    """Register with Sphinx."""
    # before myst-nb takes over its configuration, at the usual priority of 500
    app.connect("config-inited", prepare_kernels, priority=100)
    app.connect("env-get-outdated", pages_with_new_outputs)
    app.connect("source-read", use_remembered_outputs)
