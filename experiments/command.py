"""The command line: list the experiments, run them, or run them again and compare."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from course_lib.datasets import DataUnavailableError
from experiments import stored


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for; return the exit status (0, 1 a difference, 2 misused)."""
    parser = argparse.ArgumentParser(
        prog="experiment", description="Run experiments too long for a page, and store the results."
    )
    parser.add_argument("names", nargs="*", help="experiments, or: all; default: list them")
    parser.add_argument(
        "--check", action="store_true", help="compare with the stored results, and store nothing"
    )
    options = parser.parse_args(arguments)
    known = stored.names()
    if not options.names:
        print("\n".join(_line(name) for name in known))
        return 0
    chosen = known if options.names == ["all"] else options.names
    unknown = [name for name in chosen if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(known)}."
        print(f"there is no experiment {unknown[0]!r}; {hint}", file=sys.stderr)
        return 2
    return max(_do(name, options.check) for name in chosen)


def _line(name: str) -> str:
    """Return what the list says of an experiment: its state, its time and its question."""
    content = stored.read(name)
    seconds = f"{content['seconds']} s" if content else ""
    question = stored.load(name).__doc__.strip().splitlines()[0]
    return f"{name:<20} {stored.state(name):<12} {seconds:>8}  {question}"


def _do(name: str, check: bool) -> int:
    """Run an experiment, and store or compare its result; return the exit status."""
    print(f"{name} runs", flush=True)
    try:
        content = stored.run(name)
    except DataUnavailableError as error:
        print(f"{name} is skipped, as its data cannot be had here: {error}")
        return 0
    if not check:
        print(f"{name}: {content['seconds']} s, stored in {stored.save(name, content).name}")
        return 0
    before = stored.read(name)
    if not before:
        print(f"{name} has no stored result to compare with", file=sys.stderr)
        return 1
    tolerance = stored.load(name).TOLERANCE
    lines = stored.differences(before["result"], content["result"], tolerance)
    print("\n  ".join([f"{name}: {content['seconds']} s, {len(lines)} differences", *lines]))
    return 1 if lines else 0
