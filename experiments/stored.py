"""A stored result: what it says, which recipe made it, and whether a repetition agrees with it.

The recipe is the script's code: its comments, its docstrings and its layout do not count. The
library below it may change without a repetition; the weekly run compares what then comes out.
"""

from __future__ import annotations

import ast
import datetime
import hashlib
import importlib.util
import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.machine import describe
from benchmarks.results import write_atomically

FOLDER = Path(__file__).resolve().parent
MACHINERY = {"__init__", "__main__", "command", "stored"}


def names() -> list[str]:
    """Return the names of all experiments, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in MACHINERY)


def load(name: str) -> ModuleType:
    """Import an experiment's script."""
    spec = importlib.util.spec_from_file_location(f"experiments.{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recipe(script: Path) -> str:
    """Return a hash of what a script does: of its code without comments and docstrings."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def result_file(name: str) -> Path:
    """Return the path of an experiment's result, which may not exist yet."""
    return FOLDER / f"{name}.json"


def read(name: str) -> dict[str, Any]:
    """Return what is stored of an experiment; empty where there is nothing."""
    path = result_file(name)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def state(name: str) -> str:
    """Return "missing", "out of date" or "stored": is there a result of the script as it is?"""
    content = read(name)
    if not content:
        return "missing"
    current = content["recipe"] == recipe(FOLDER / f"{name}.py")
    return "stored" if current else "out of date"


def run(name: str) -> dict[str, Any]:
    """Run an experiment; return its result with all that it depends on, as it is stored."""
    module = load(name)
    begin = time.perf_counter()
    result = json.loads(json.dumps(module.run()))  # as a reader will get it: tuples become lists
    return {
        "recipe": recipe(Path(module.__file__)),
        "seed": module.SEED,
        "date": datetime.date.today().isoformat(),
        "seconds": round(time.perf_counter() - begin),
        "machine": describe(),
        "result": result,
    }


def save(name: str, content: Mapping[str, Any]) -> Path:
    """Store what `run` returned; return the path."""
    path = result_file(name)
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def differences(stored: Any, repeated: Any, tolerance: Mapping[str, float]) -> list[str]:
    """Return a line for each place where a repetition lies too far from the stored result.

    Parameters
    ----------
    stored, repeated : dict
        Results: numbers, words, and lists and dicts of them.
    tolerance : mapping of str to float
        By the key of the outermost dict: the largest absolute difference of a number under it.
        Under another key, and for words, nothing may differ.
    """
    before, now = dict(_leaves(stored)), dict(_leaves(repeated))
    lines = [f"{_written(path)} is gone" for path in before if path not in now]
    lines += [f"{_written(path)} is new" for path in now if path not in before]
    for path in before.keys() & now.keys():
        if not _agree(before[path], now[path], tolerance.get(path[0], 0.0)):
            lines.append(f"{_written(path)}: stored {before[path]}, now {now[path]}")
    return sorted(lines)


def _leaves(result: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every number or word of a result with the keys and places that lead to it."""
    inside = enumerate(result) if isinstance(result, list) else None
    if isinstance(result, dict):
        inside = result.items()
    if inside is None:
        yield path, result
        return
    for key, value in inside:
        yield from _leaves(value, (*path, key))


def _written(path: tuple[Any, ...]) -> str:
    return " / ".join(str(key) for key in path)


def _agree(stored: Any, repeated: Any, tolerance: float) -> bool:
    numbers = all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in (stored, repeated)
    )
    if not numbers:
        return stored == repeated
    return math.isclose(stored, repeated, rel_tol=0, abs_tol=tolerance)
