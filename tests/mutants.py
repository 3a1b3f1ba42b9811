"""Mutation testing: would any test notice if this line of the library were wrong?

    python run.py mutants course_lib.trees.growth [--sample 40] [--seed 0]

Run it by hand, on a module or on a whole package: it takes from a second to a minute a mutant.

A *mutant* is a module with one small fault: `<` made `<=`, a number moved by one, a statement left
out. It is *killed* when a test of the module fails or runs four times as long as it should, and
*survives* when all pass: then a test is missing, or the fault makes no difference. A *place* is
where a module can be changed. The sample takes each place at most once, so that places with many
possible faults (`+` has eleven) do not crowd out the others.

Cosmic Ray knows most of the faults; what it lacks (a statement left out, `any` for `all`) is here.
Everything happens in a copy of the project, in a temporary folder: the project is never changed.
"""

import argparse
import ast
import difflib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_COPIED = (".git", ".venv", ".*_cache", "_build", "node_modules", "__pycache__", "*.egg-info")
# A mutant may take so many times as long as the module it was made from, and so many seconds more.
TIMES, MORE_SECONDS = 4, 10
OTHER_NAMES = {
    **{"any": "all", "all": "any", "min": "max", "max": "min", "floor": "ceil", "ceil": "floor"},
    **{"argmin": "argmax", "argmax": "argmin", "zeros": "ones", "ones": "zeros"},
    **{"maximum": "minimum", "minimum": "maximum", "sum": "mean", "mean": "sum"},
}

Position = tuple[int, int]
Change = Callable[[], str]


class Stop(Exception):
    """A reason to stop that the person at the keyboard can act on."""


@dataclass(frozen=True)
class Mutant:
    """One faulty version of a module: where it was changed, and its whole text."""

    path: Path
    line: int
    source: str


# --- Making mutants ----------------------------------------------------------------------------


def places(source: str) -> dict[Position, list[Change]]:
    """Return what can be changed in a module: position -> functions that give the whole text."""
    found: dict[Position, list[Change]] = {}
    quiet = list(_quiet_spans(ast.parse(source)))
    for position, change in [*_left_out_or_renamed(source), *_from_cosmic_ray(source)]:
        if not any(begin <= position < end for begin, end in quiet):
            found.setdefault(position, []).append(change)
    return found


def _quiet_spans(tree: ast.Module) -> Iterator[tuple[Position, Position]]:
    # Types and the words of an error: no test is asked to hold them.
    for node in ast.walk(tree):
        quiet = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Raise):
            quiet.append(node.exc)
        for one in filter(None, quiet):
            yield (one.lineno, one.col_offset), (one.end_lineno, one.end_col_offset)


def _left_out_or_renamed(source: str) -> Iterator[tuple[Position, Change]]:
    for node in ast.walk(ast.parse(source)):
        if _can_be_left_out(node):
            yield (node.lineno, node.col_offset), _replacing(source, node, "pass")
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if name in OTHER_NAMES:
                new = re.sub(
                    rf"{name}$", OTHER_NAMES[name], ast.get_source_segment(source, node.func)
                )
                yield (node.lineno, node.col_offset), _replacing(source, node.func, new)


def _can_be_left_out(node: ast.AST) -> bool:
    # Without an assignment to a new name everything fails, which tells nothing about the tests.
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    return isinstance(node, ast.AugAssign | ast.Raise | ast.Delete)


def _replacing(source: str, node: ast.AST, new: str) -> Change:
    def changed() -> str:
        lines = [line.encode() for line in source.splitlines(keepends=True)]  # ast counts bytes
        begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
        end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
        whole = b"".join(lines)
        return (whole[:begin] + new.encode() + whole[end:]).decode()

    return changed


def _from_cosmic_ray(source: str) -> Iterator[tuple[Position, Change]]:
    from cosmic_ray import ast as trees
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    nodes = list(trees.ast_nodes(trees.get_ast(source)))
    for name in plugins.operator_names():
        kind = plugins.get_operator(name)
        if kind.arguments():  # those that ask for names of variables
            continue
        positions = [begin for node in nodes for begin, _ in kind().mutation_positions(node)]
        for at, begin in enumerate(positions):
            yield begin, lambda kind=kind, at=at: mutate_code(source, kind(), at)


def sampled(paths: list[Path], sample: int, seed: int) -> list[Mutant]:
    """Return at most `sample` mutants of the modules, each at another place; 0 takes all places."""
    chance = random.Random(seed)
    found = [
        (path, position, changes)
        for path in sorted(paths)
        for position, changes in sorted(places(path.read_text(encoding="utf-8")).items())
    ]
    chance.shuffle(found)
    mutants: list[Mutant] = []
    for path, (line, _), changes in found:
        chance.shuffle(changes)
        original = path.read_text(encoding="utf-8")
        faulty = (text for text in (change() for change in changes) if is_another(text, original))
        if (text := next(faulty, None)) is not None:
            mutants.append(Mutant(path, line, text))
        if len(mutants) == sample:
            break
    return sorted(mutants, key=lambda one: (one.path, one.line))


def is_another(text: str | None, original: str) -> bool:
    """Say whether the text is a Python module that does something else."""
    try:
        return text is not None and ast.dump(ast.parse(text)) != ast.dump(ast.parse(original))
    except SyntaxError:
        return False


# --- Finding the tests -------------------------------------------------------------------------


def modules_of(target: str, root: Path) -> list[Path]:
    """Return the files of a module, or of all modules of a package, named with dots."""
    bases = [root / target.replace(".", "/"), root / "tests" / target.replace(".", "/")]
    for base in bases:  # notebook_checks lies in tests/
        if base.with_suffix(".py").is_file():
            return [base.with_suffix(".py")]
        if base.is_dir():
            return sorted(base.rglob("*.py"))
    raise Stop(f"there is no module or package {target!r}; a name is like course_lib.trees.growth")


def tests_of(module: Path, root: Path) -> list[Path]:
    """Return the tests that import a module, then the others of the folder that mirrors its own."""
    inside = module.relative_to(root).with_suffix("").parts
    inside = inside[1:] if inside[0] == "tests" else inside
    name = ".".join(inside)
    importers = [one for one in _test_files(root) if name in imported(one)]
    within = inside[1:-1] if inside[0] == "course_lib" else inside[:-1]
    folder = root.joinpath("tests", *within)
    mirror = folder.glob("test_*.py") if within else folder.glob(f"test_{inside[-1]}*.py")
    tests = list(dict.fromkeys([*importers, *sorted(mirror)]))
    if not tests:
        raise Stop(f"no test imports {name}, and there is none in {folder.relative_to(root)}")
    return tests


def defaults_of(module: Path, root: Path) -> list[str]:
    """Return the test that the documented defaults of a module of the library are the true ones."""
    file = root / "tests/test_documented_defaults.py"
    name = ".".join(module.relative_to(root).with_suffix("").parts)
    if module.stem.startswith("__") or not name.startswith("course_lib.") or not file.is_file():
        return []
    return [f"{file}::test_documented_defaults_are_the_true_ones[{name}]"]


def _test_files(root: Path) -> list[Path]:
    # The browser's tests need a built book.
    return sorted(set((root / "tests").rglob("test_*.py")) - {root / "tests/test_site.py"})


@cache
def imported(path: Path) -> frozenset[str]:
    """Return every name with dots that a file imports: `from a import b` gives a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return frozenset(names)


# --- Running them ------------------------------------------------------------------------------


def run_tests(root: Path, module: Path, seconds: float | None) -> tuple[str, str]:
    """Run a module's tests and examples in `root`: (passed, failed or time-out, what was said)."""
    words = [*tests_of(module, root), *defaults_of(module, root)]
    words += ["--doctest-modules", module, "-x", "-q", "-n", "0"]
    quiet = ["-p", "no:nbval", "-p", "no:cacheprovider", "--tb=line"]
    # Two mutants of one size within one second would share their compiled file.
    settings = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    settings |= {"SCIPY_ARRAY_API": "1", "MPLBACKEND": "agg"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *map(str, words), *quiet],
        cwd=root,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said = process.communicate(timeout=seconds)[0].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return "time-out", ""
    finally:
        _end(process)
    return ("passed" if process.returncode == 0 else "failed"), said


def _end(process: subprocess.Popen) -> None:
    # The tests may have started processes of their own.
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.communicate()


class Trial:
    """A copy of the project in which mutants are tried, one after another."""

    def __init__(self, root: Path, copy: Path):
        self.root, self.copy = root, copy
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        node = root / "book/node_modules"
        if node.is_dir():
            (copy / "book/node_modules").symlink_to(node, target_is_directory=True)
        self.seconds: dict[Path, float] = {}

    def outcome(self, mutant: Mutant) -> str:
        """Return killed, time-out or survived."""
        module = self.copy / mutant.path.relative_to(self.root)
        limit = TIMES * self.seconds_without_fault(module) + MORE_SECONDS
        original = module.read_bytes()
        try:
            module.write_text(mutant.source, encoding="utf-8")
            outcome, _ = run_tests(self.copy, module, limit)
        finally:
            module.write_bytes(original)
        return {"passed": "survived", "failed": "killed"}.get(outcome, outcome)

    def seconds_without_fault(self, module: Path) -> float:
        """Return how long the module's tests take; stop if they fail as things are."""
        if module not in self.seconds:
            begin = time.monotonic()
            outcome, said = run_tests(self.copy, module, None)
            self.seconds[module] = time.monotonic() - begin
            if outcome != "passed":
                end = "\n".join(said.splitlines()[-12:])
                raise Stop(f"the tests of {module.name} fail without any mutant:\n{end}")
        return self.seconds[module]


# --- What is said ------------------------------------------------------------------------------


def difference(mutant: Mutant) -> str:
    """Return the lines that were changed, with - and +."""
    before = mutant.path.read_text(encoding="utf-8").splitlines()
    lines = difflib.unified_diff(before, mutant.source.splitlines(), n=0, lineterm="")
    changed = [line for line in lines if re.match(r"[-+](?![-+]{2} ?$)", line)]
    return "\n".join(f"    {line}" for line in changed)


def table(outcomes: dict[Mutant, str], root: Path) -> str:
    """Return the survivors with what was changed, then a row a module and one for all."""
    lines = []
    for mutant, outcome in outcomes.items():
        if outcome == "survived":
            lines += [f"{mutant.path.relative_to(root)}:{mutant.line}", difference(mutant)]
    lines += [
        "",
        f"{'module':<48}{'mutants':>8}{'killed':>8}{'time-outs':>10}{'left':>6}{'score':>7}",
    ]
    for path in sorted({one.path for one in outcomes}):
        mine = [what for mutant, what in outcomes.items() if mutant.path == path]
        lines.append(_row(str(path.relative_to(root)), mine))
    return "\n".join([*lines, _row("all", list(outcomes.values()))])


def _row(name: str, outcomes: list[str]) -> str:
    late, left = outcomes.count("time-out"), outcomes.count("survived")
    killed = len(outcomes) - left  # a mutant that hangs is noticed too
    share = f"{100 * killed / len(outcomes):.0f} %" if outcomes else "–"
    return f"{name:<48}{len(outcomes):>8}{killed:>8}{late:>10}{left:>6}{share:>7}"


def main(arguments: list[str]) -> int:
    """Make mutants, try each, and print the survivors and the score."""
    parser = argparse.ArgumentParser(
        prog="python run.py mutants", description=__doc__.split("\n")[0]
    )
    parser.add_argument("module", nargs="+", help="modules or packages: course_lib.trees.growth")
    parser.add_argument("--sample", type=int, default=40, help="how many mutants (0: every place)")
    parser.add_argument("--seed", type=int, default=0, help="another seed takes other places")
    options = parser.parse_args(arguments)
    try:
        paths = [path for name in options.module for path in modules_of(name, ROOT)]
        mutants = sampled(paths, options.sample, options.seed)
        outcomes: dict[Mutant, str] = {}
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            trial = Trial(ROOT, Path(folder) / "copy")
            for number, mutant in enumerate(mutants, 1):
                outcomes[mutant] = trial.outcome(mutant)
                where = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
                print(f"{number:>4}/{len(mutants)}  {outcomes[mutant]:<9} {where}", flush=True)
    except Stop as reason:
        print(f"mutants: {reason}", file=sys.stderr)
        return 1
    print("\n" + table(outcomes, ROOT))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the copy is removed
    sys.exit(main(sys.argv[1:]))
