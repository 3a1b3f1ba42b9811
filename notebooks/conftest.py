"""Makes `pytest --nbval-lax notebooks/` fail where nbval would pass without looking.

Written against nbval 0.11. Each of the following is closed here, and planted as a fault
in `tests/test_nbval_hardening.py`, so that an nbval which moves these parts is noticed:

- A kernel that dies is not noticed until the cell timeout: `await_reply` sleeps on the
  shell channel for all of it. `WatchedKernel` wakes up to see whether the kernel lives.
- A cell that swallows the interrupt after a timeout passes. A timeout fails here.
- `raises-exception` passes where nothing is raised, and an unknown magic passes:
  only "error" messages are looked at. We read the kernel's own reply, "ok" or "error".
- A thread that dies prints its traceback and the cell passes. Here it fails.
- A tag that is mistyped is ignored; a checked cell stored without outputs compares
  nothing; what is stored may be noise (addresses, figures, times). `CourseCell.faults`
  refuses all of them.
- A picture without alternative text, or a text without its picture, goes unseen.
- xdist may spread the cells of one notebook over kernels that share nothing.

Where COURSE_REMEMBER names a folder, explorers draw every picture of the page, and the
outputs of a notebook that passes go there: the build of the book does not run it again.
"""

import contextlib
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from queue import Empty
from unittest import mock

import nbval.plugin
import pytest
from jupyter_cache import get_cache
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from book_build import execute, notebook_format
from book_build.notebook_format import CHECKED, RAISES, SKIPPED

SECONDS_BETWEEN_LOOKS = 0.5
WHOLE_FILES = ("loadfile", "loadscope")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to spread one notebook over several workers before any of them starts."""
    if not _runs_notebooks(config) or not config.pluginmanager.hasplugin("xdist"):
        return
    workers, how = config.getoption("tx", None) or [], config.getoption("dist", "no")
    if len(workers) > 1 and how not in ("no", *WHOLE_FILES):
        raise pytest.UsageError(
            f"--dist {how} would spread the cells of one notebook over {len(workers)} "
            "workers, each with a kernel of its own. Add --dist loadfile."
        )


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Put our collector where nbval's would stand."""
    collectors = yield
    ours = CourseNotebook.from_parent
    return [
        ours(parent, path=file_path) if type(one) is IPyNbFile else one
        for one in collectors
    ]


class KernelDied(Exception):
    """The kernel's process ended while a cell was running."""


class WatchedKernel(RunningKernel):
    """A kernel whose death is noticed, and whose last reply is kept.

    Attributes
    ----------
    reply : dict or None
        The content of the kernel's last execute_reply; None while there was none.
    """

    reply = None

    def execute_cell_input(self, source: str, allow_stdin: bool | None = None) -> str:
        """Run a cell as the build does: counted, so that an error names its number."""
        return self.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """Wait for the reply: Empty after `timeout` seconds, KernelDied at once."""
        self.reply = None
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while self.reply is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Empty
            try:
                nap = min(left, SECONDS_BETWEEN_LOOKS)
                message = self.get_message("shell", timeout=nap)
            except Empty:
                if not self.is_alive():
                    raise KernelDied from None
                continue
            if message["parent_header"].get("msg_id") == msg_id:
                self.reply = message["content"]


class CourseNotebook(IPyNbFile):
    """A notebook whose kernel has the course's environment, wherever pytest starts."""

    def collect(self) -> list["CourseCell"]:
        """Return the code cells as items that check more than nbval does."""
        self.next_cell = 0
        self.passed = []
        return [
            CourseCell.from_parent(
                self,
                name=one.name,
                cell_num=one.cell_num,
                cell=one.cell,
                options=one.options,
            )
            for one in super().collect()
        ]

    def setup(self) -> None:
        """Start the kernel in the notebook's folder (nbval's rule), our environment."""
        environment, self.memory = notebook_format.KERNEL_ENVIRONMENT, None
        if folder := os.environ.get("COURSE_REMEMBER"):
            environment = execute.KERNEL_ENVIRONMENT
            # what the outputs depend on may be edited while the notebook runs
            (self.notebook,) = execute.read_notebooks([self.path])
            self.memory = execute.cache_folder(Path(folder), self.notebook)
        with (
            mock.patch.dict(os.environ, environment),
            mock.patch.object(nbval.plugin, "RunningKernel", WatchedKernel),
        ):
            super().setup()
        self.start = time.perf_counter()

    def teardown(self) -> None:
        """Stop the kernel; nbval leaves the channels of a dead one open."""
        super().teardown()
        if hasattr(self.kernel, "km"):
            self.kernel.stop()
        if self.memory:
            self._remember(time.perf_counter() - self.start)

    def _remember(self, seconds: float) -> None:
        cells = [c for c in self.notebook.content.cells if c.cell_type == "code"]
        if [one.cell.source for one in self.passed] != [c.source for c in cells]:
            return  # a cell failed, or did not run
        for count, (cell, one) in enumerate(zip(cells, self.passed, strict=True), 1):
            cell.outputs, cell.execution_count = one.test_outputs, count
        # what fails by the build's rules alone the build runs again, and says so
        with contextlib.suppress(execute.NotebookFailed):
            execute.remember(self.notebook, get_cache(self.memory), seconds)


class CourseCell(IPyNbCell):
    """A code cell that fails where it would otherwise pass without being looked at."""

    def runtest(self) -> None:
        """Run the cell as nbval does, then look at what nbval does not."""
        if SKIPPED in notebook_format.tags(self.cell) or self.options["skip"]:
            self.raise_cell_error(
                self._complaint(notebook_format.tag_faults(self.cell))
            )
        self._expect_the_cells_before()
        self._allow_outputs_without_count()
        try:
            super().runtest()
        except KernelDied:
            self.raise_cell_error(
                "The kernel died while this cell ran (out of memory, os._exit, or a "
                "crash in compiled code); the cells after it cannot run."
            )
        if faults := list(self.faults()):
            self.raise_cell_error(self._complaint(faults))
        self.parent.passed.append(self)

    def faults(self) -> Iterator[str]:
        """Yield a sentence for each fault of the cell that has just run."""
        yield from self._faults_of_the_run()
        yield from notebook_format.tag_faults(self.cell)
        drawn = notebook_format.has_picture(self.test_outputs)
        if drawn != bool(notebook_format.alternative_text(self.cell)):
            yield (
                "draws a picture: say what it shows in metadata.mystnb.image.alt"
                if drawn
                else "metadata.mystnb.image.alt describes a picture, but none was drawn"
            )
        if not notebook_format.is_checked(self.cell):
            return
        if not self.cell.outputs:
            yield (
                f"tagged {CHECKED!r} but stored without outputs, so nothing is "
                "compared; run `python run.py outputs` to store them"
            )
        for what in notebook_format.noise([*self.cell.outputs, *self.test_outputs]):
            yield f"a checked cell must not print {what}"

    def _faults_of_the_run(self) -> Iterator[str]:
        reply = self.parent.kernel.reply
        expected = "error" if self.options["check_exception"] else "ok"
        if reply is None:
            yield f"ran longer than {self.config.option.nbval_cell_timeout:g} s"
        elif reply["status"] != expected:
            yield (
                f"tagged {RAISES!r} but raised nothing"
                if expected == "error"
                else f"the kernel reports {reply.get('ename')}: {reply.get('evalue')}"
            )
        stderr = "".join(
            out.text
            for out in self.test_outputs
            if out.output_type == "stream" and out.name == "stderr"
        )
        for sign in ("UsageError", "Traceback (most recent call last)"):
            if sign in stderr:
                yield f"stderr holds {sign!r}: {stderr.strip().splitlines()[-1]}"

    def _expect_the_cells_before(self) -> None:
        if self.cell_num != self.parent.next_cell:
            self.raise_cell_error(
                f"Cell {self.cell_num} was started when cell {self.parent.next_cell} "
                "was due. A notebook runs whole and in order: select it by its file's "
                "name, and give xdist --dist loadfile."
            )
        self.parent.next_cell += 1

    def _allow_outputs_without_count(self) -> None:
        # nbval refuses stored outputs without an execution count, which tools that tidy
        # notebooks remove. What is compared are the outputs.
        cell = self.cell
        is_stored = notebook_format.is_checked(cell) and cell.outputs
        if is_stored and cell.execution_count is None:
            cell.execution_count = 1

    @staticmethod
    def _complaint(faults: Iterator[str] | list[str]) -> str:
        return "; ".join(faults)


def _runs_notebooks(config: pytest.Config) -> bool:
    return config.getoption("nbval", False) or config.getoption("nbval_lax", False)
