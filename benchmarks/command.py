"""The command line: which rows, how, and what is done with what they give."""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks import page, report, results
from benchmarks.declare import Row, imported
from benchmarks.measure import CandidateError, Options, measure
from benchmarks.results import Measured

FACTORS = (1, 4, 16)
"""How much larger --scale makes a problem."""
FEWEST_TO_KEEP = 6
"""Rounds below which the interval of a ratio cannot reach a confidence of 95 %."""
ATTEMPTS_TO_KEEP = 4
"""How often a disturbed turn is taken for a result that is kept."""
OTHERS = ("book", "live", "site", "ci")
"""What is measured beside the rows, by its own module."""


class UsageError(ValueError):
    """Something was asked for that there is not; the text says what there is."""


def main(arguments: Sequence[str] | None = None, table: str = Options.table) -> int:
    """Measure what the arguments ask for; return the exit status (0, 1 failed, 2 misused)."""
    asked = parser().parse_args(arguments)
    try:
        return run(asked, table)
    except UsageError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; what had been saved stays", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="benchmarks",
        description="Measure course_lib beside scikit-learn, SciPy and torch: the same work, each "
        "candidate in fresh processes, alternating, in two environments.",
    )
    add = made.add_argument
    add(
        "names",
        nargs="*",
        help="rows (patterns like 'least-squares*' too), or: book, live, site, ci; default: "
        "every row",
    )
    add("--list", action="store_true", help="print the names and stop")
    add("--scale", action="store_true", help="measure at n, 4n, 16n; print the growth exponent")
    add(
        "--device",
        choices=("cpu", "torch", "cuda"),
        default="cpu",
        help="cpu: NumPy arrays; torch: ours with torch tensors on the CPU; cuda: on the GPU",
    )
    add(
        "--fastest",
        action="store_true",
        help="measure beside what is fastest on PyPI too, on the rows that name it; run.py "
        "installs it first (the extra 'bench')",
    )
    add(
        "--save",
        action="store_true",
        help="keep the results in benchmarks/results and refresh book/benchmarks.md",
    )
    add("--page", action="store_true", help="only refresh book/benchmarks.md from the results")
    add(
        "--rounds",
        type=_positive(int),
        default=Options.rounds,
        help="fresh processes of each candidate in each environment (default %(default)s; "
        "6 are the fewest that give a 95%% interval)",
    )
    add(
        "--timeout",
        type=_positive(float),
        default=Options.timeout,
        help="seconds that one process may take (default %(default)g)",
    )
    return made


def run(asked: argparse.Namespace, table: str) -> int:
    """Do what was asked; return the exit status."""
    rows: tuple[Row, ...] = imported(table)
    if asked.list:
        print("\n".join([*(row.name for row in rows), *OTHERS]))
        return 0
    if asked.page:
        page.update_page()
        return 0
    if asked.save and asked.rounds < FEWEST_TO_KEEP:
        raise UsageError(
            f"--save needs at least {FEWEST_TO_KEEP} rounds, got {asked.rounds}: fewer give no 95% "
            "interval"
        )
    check_device(asked.device, asked.save)
    if asked.fastest and (asked.scale or asked.device != "cpu"):
        raise UsageError("--fastest measures at one size on the CPU: leave --scale, --device away")
    chosen = choose(asked.names, [row.name for row in rows])
    options = Options(
        rounds=asked.rounds,
        timeout=asked.timeout,
        device=asked.device,
        table=table,
        fastest=asked.fastest,
    )
    selected = [r for r in rows if r.name in chosen and (r.fastest or not asked.fastest)]
    failed = run_rows(selected, options, scale=asked.scale, keep=asked.save)
    for name in (name for name in OTHERS if name in chosen):
        failed += imported(f"benchmarks.{name}:main")(keep=asked.save)
    if asked.save:
        page.update_page()
    return 1 if failed else 0


def choose(names: Sequence[str], rows: Sequence[str]) -> list[str]:
    """Return the names that were asked for, patterns written out; every row when none was.

    Raises UsageError for a name that nothing has, with the names that come close.
    """
    if not names:
        return list(rows)
    every = [*rows, *OTHERS]
    chosen = []
    for name in names:
        matches = fnmatch.filter(every, name)
        if not matches:
            close = difflib.get_close_matches(name, every, n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(every)}"
            )
            raise UsageError(f"no benchmark is called {name!r}; {hint}")
        chosen += matches
    return list(dict.fromkeys(chosen))


def check_device(device: str, keep: bool) -> None:
    """Raise UsageError where the device is not there, or its results have no place."""
    if device == "torch" and keep:
        raise UsageError(
            "--save keeps results of --device cpu and cuda; torch tensors on the CPU are for "
            "trying out, so leave --save away"
        )
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UsageError(
                f"--device cuda needs a GPU that torch can use, and torch {torch.__version__} "
                "finds none here; leave --device away to measure on the CPU, or take --device "
                "torch to try the same code with torch tensors on the CPU"
            )


def run_rows(rows: Sequence[Row], options: Options, scale: bool, keep: bool) -> int:
    """Measure the rows one after another, print and keep each; return how many failed."""
    done: list[Measured] = []
    failed = 0
    with Progress() as progress:
        for number, row in enumerate(rows, start=1):
            if options.device != "cpu" and not row.array_api:
                progress.say(f"{row.name}: does not take tensors, left out on {options.device}")
                continue
            if options.fastest and not row.fastest.installed:
                progress.say(f"{row.name}: left out, {row.fastest.library} is not installed here")
                continue
            show = progress.prefixed(f"row {number} of {len(rows)}, ")
            try:
                found = one_row(row, options, scale, keep, show)
            except CandidateError as error:
                failed += 1
                progress.say(
                    f"{row.name}: FAILED, nothing of it is kept\n"
                    f"{textwrap.indent(str(error), '  ')}\n"
                )
                continue
            done.append(found[0])
            progress.say("\n".join(map(report.row_text, found)))
            if scale:
                progress.say(report.growth_text(growth_of(row, found)))
            progress.say("")
    if done and options.device == "cpu":
        print(report.summary_text(done))
    if failed:
        print(f"{failed} of {len(rows)} rows failed")
    return failed


def one_row(
    row: Row, options: Options, scale: bool, keep: bool, show: Callable[[str], None]
) -> list[Measured]:
    """Return the row measured at its size, and with scale at the larger ones too."""
    factors = FACTORS if scale else FACTORS[:1]
    found = [measure(row, replace(options, factor=factor), show) for factor in factors]
    if keep:
        kind = "fastest" if options.fastest else "rows"
        results.save(options.device, kind, row.name, results.stored(found[0]))
        if scale:
            results.save(options.device, "growth", row.name, growth_of(row, found))
    return found


def growth_of(row: Row, found: Sequence[Measured]) -> dict:
    """Return the median times in the fair environment at every size, by candidate."""
    return {
        "name": row.name,
        "grows": row.grows,
        "sizes": [one.size[row.grows] for one in found],
        "seconds": {
            f"{library} {label}": [
                round(results.statistics.percentile(one.seconds["fair"][index], 50), 7)
                for one in found
            ]
            for index, (library, label) in enumerate(
                zip(found[0].libraries, found[0].labels, strict=True)
            )
        },
    }


class Progress:
    """One line on a terminal that says what runs; nothing where the output is a file."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def prefixed(self, prefix: str) -> Callable[[str], None]:
        """Return what shows a line with the prefix before it."""

        def show(line: str) -> None:
            if self.live:
                self._clear()
                print((prefix + line)[:100], end="", file=sys.stderr, flush=True)

        return show

    def say(self, text: str) -> None:
        """Print lines that stay."""
        self._clear()
        print(text, flush=True)

    def _clear(self) -> None:
        if self.live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _positive(kind: type) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not value > 0:
            raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
        return value

    return read
