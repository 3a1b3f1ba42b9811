"""Runs notebooks and stores the outputs that CI compares: `python -m book_build.outputs`.

Only cells tagged ``nbval-check-output`` keep an output. Everything else that running or opening a
notebook leaves behind (other outputs, execution counts, a kernel's version, an editor's metadata)
is taken out, so that a commit shows what a person changed and nothing more.
"""

import argparse
import copy
import difflib
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from book_build.console import print_what_the_console_can
from book_build.notebook_format import KERNEL_ENVIRONMENT, is_checked, join_streams, noise

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CELL_TIMEOUT_SECONDS = 120

_KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# nbval compares no cell without a count. A fixed one keeps the number of a cell out of the commits.
_COUNT_OF_CHECKED = 1


class NotebookFault(Exception):
    """A notebook cannot be run or its outputs cannot be stored; the message says why and where."""


# --- What a stored notebook looks like ---------------------------------------------------------


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return a copy that holds nothing but what a person wrote and the outputs of checked cells."""
    result = nbformat.v4.new_notebook(metadata=_notebook_metadata(notebook))
    result.cells = [_normalised_cell(cell, i) for i, cell in enumerate(notebook.cells)]
    return result


def as_text(notebook: NotebookNode) -> str:
    """Return the notebook as the text of its file: indented by 1, a newline at the end."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def read(path: Path) -> NotebookNode:
    """Read a notebook; raise NotebookFault where the file is no notebook."""
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, nbformat.ValidationError, AttributeError) as error:
        raise NotebookFault(f"{path.name} is not a readable notebook: {error}") from error


def _notebook_metadata(notebook: NotebookNode) -> dict[str, Any]:
    kept = {key: notebook.metadata[key] for key in ("mystnb",) if key in notebook.metadata}
    return {"kernelspec": _KERNELSPEC, "language_info": {"name": "python"}, **kept}


def _normalised_cell(cell: NotebookNode, index: int) -> NotebookNode:
    kept = {
        key: copy.deepcopy(cell.metadata[key]) for key in ("mystnb", "tags") if key in cell.metadata
    }
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        kept["jupyter"] = {"source_hidden": True}
    result = NotebookNode(cell_type=cell.cell_type, source=cell.source.rstrip())
    result.id = cell.get("id") or f"cell-{index:03}"
    result.metadata = NotebookNode(kept)
    if cell.get("attachments"):
        result.attachments = cell.attachments
    if cell.cell_type == "code":
        outputs = cell.outputs if is_checked(cell) else []
        result.execution_count = _COUNT_OF_CHECKED if outputs else None
        result.outputs = [_normalised_output(output) for output in join_streams(outputs)]
    return result


def _normalised_output(output: NotebookNode) -> NotebookNode:
    result = copy.deepcopy(output)
    if output.output_type == "execute_result":
        result.execution_count = _COUNT_OF_CHECKED
    if "metadata" in result:
        result.metadata = NotebookNode()
    return result


# --- Running -----------------------------------------------------------------------------------


class _ThisPython(AsyncKernelManager):
    """Starts the kernel of the running interpreter, whatever kernels a person has installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        spec = ipykernel.kernelspec.get_kernel_dict()
        return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **spec)


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a copy of the notebook in `folder`; return it normalised, with its checked outputs.

    Raises
    ------
    NotebookFault
        Where a cell fails or takes too long, the kernel dies, or a checked cell prints nothing or
        prints what differs between machines.
    """
    result = copy.deepcopy(notebook)
    running = [0]
    client = NotebookClient(
        result,
        kernel_manager_class=_ThisPython,
        timeout=CELL_TIMEOUT_SECONDS,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: running.__setitem__(0, cell_index),
    )
    try:
        # What the kernel's process itself writes to stderr is about its network, not the notebook.
        client.execute(env={**os.environ, **KERNEL_ENVIRONMENT}, stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookFault(_failure(result, running[0], error)) from None
    _expect_comparable_outputs(result)
    return normalised(result)


def _failure(notebook: NotebookNode, index: int, error: Exception) -> str:
    where = _place(notebook, index)
    lines = notebook.cells[index].source.splitlines() or [""]
    if isinstance(error, CellTimeoutError):
        return f"{where}: ran longer than {CELL_TIMEOUT_SECONDS} s\n    {lines[0]}"
    if isinstance(error, DeadKernelError):
        return f"{where}: the kernel died (out of memory, or os._exit)\n    {lines[0]}"
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
    found = re.search(r"Cell\s+In\s*\[\d+\], line (\d+)", traceback)
    line = int(found.group(1)) if found else 1
    quoted = lines[min(line, len(lines)) - 1].strip()
    return f"{where}, line {line}: {error.ename}: {error.evalue}\n    {quoted}"


def _expect_comparable_outputs(notebook: NotebookNode) -> None:
    for index, cell in enumerate(notebook.cells):
        if not is_checked(cell):
            continue
        if not cell.outputs:
            raise NotebookFault(f"{_place(notebook, index)}: is checked but prints nothing")
        if found := noise(cell.outputs):
            raise NotebookFault(
                f"{_place(notebook, index)}: a checked cell must not print {'; nor '.join(found)}"
            )


def _place(notebook: NotebookNode, index: int) -> str:
    number = sum(cell.cell_type == "code" for cell in notebook.cells[:index])
    return f"code cell {number} (counted from 0, as nbval does)"


# --- The command -------------------------------------------------------------------------------


def find_chapters(names: Sequence[str], folder: Path) -> list[Path]:
    """Return the notebooks of these names (`05_linear_regression`, `05`, a path), or all."""
    known = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not known:
        raise NotebookFault("there are no chapters: no notebooks/NN_name.ipynb exists")
    return [known[_chapter_name(name, list(known))] for name in names] or list(known.values())


def _chapter_name(name: str, known: list[str]) -> str:
    wanted = Path(name).name.removesuffix(".ipynb")
    for stem in known:
        if wanted in (stem, stem[:2], stem[3:]):
            return stem
    candidates = known + [stem[3:] for stem in known]
    near = difflib.get_close_matches(wanted, candidates, n=3, cutoff=0.5)
    hint = f"close: {', '.join(near)}" if near else f"the chapters are: {', '.join(known)}"
    raise NotebookFault(f"unknown chapter {name!r}; {hint}")


def update(path: Path, check: bool) -> bool:
    """Run a chapter and store its outputs (`check`: only compare); say whether they changed."""
    before = path.read_text(encoding="utf-8")
    after = as_text(executed(read(path), path.parent))
    if after != before and not check:
        _write_at_once(path, after)
    return after != before


def _write_at_once(path: Path, text: str) -> None:
    # A reader (or an interrupted run) finds the old file or the new one, never a part.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None, folder: Path = NOTEBOOKS) -> int:
    """Run the command; return 0, or 1 where a chapter failed or (with --check) would change."""
    print_what_the_console_can()
    parser = argparse.ArgumentParser(prog="python -m book_build.outputs", description=__doc__)
    parser.add_argument("chapter", nargs="*", help="05_linear_regression, or 05; all without")
    parser.add_argument("--check", action="store_true", help="change nothing, only say what would")
    options = parser.parse_args(arguments)
    try:
        paths = find_chapters(options.chapter, folder)
    except NotebookFault as fault:
        print(fault, file=sys.stderr)
        return 1
    return max([_report(path, options.check) for path in paths])


def _report(path: Path, check: bool) -> int:
    begin = time.perf_counter()
    try:
        changed = update(path, check)
    except NotebookFault as fault:
        print(f"{path.stem}: {fault}", file=sys.stderr, flush=True)
        return 1
    words = ("would change" if check else "written") if changed else "as stored"
    print(f"{path.stem:<40} {time.perf_counter() - begin:6.1f} s  {words}", flush=True)
    return int(changed and check)


if __name__ == "__main__":
    sys.exit(main())
