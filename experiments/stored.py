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
    """Run an experiment; return its result with all that it depends on, as it is stored.

    Where the script has parts, each is kept as soon as it is done: a run that was stopped goes on
    behind the last of them. They are forgotten once the result is stored (`save`).
    """
    module = load(name)
    begin = time.perf_counter()
    result = module.run(*_parts(name, module))
    done = _parts_done(name)
    earlier = sum(one["seconds"] for one in done.values()) if done else 0
    return {
        "recipe": recipe(FOLDER / f"{name}.py"),
        "seed": module.SEED,
        "date": datetime.date.today().isoformat(),
        "seconds": round(earlier or time.perf_counter() - begin),
        "machine": describe(),
        "result": json.loads(json.dumps(result)),  # as a reader will get it: tuples become lists
    }


def save(name: str, content: Mapping[str, Any]) -> Path:
    """Store what `run` returned; return the path."""
    path = result_file(name)
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    _parts_file(name).unlink(missing_ok=True)
    return path


def _parts(name: str, module: ModuleType) -> list[dict[str, Any]]:
    """Return the arguments of `run`: the results of all parts by name, where there are parts."""
    if not hasattr(module, "parts"):
        return []
    done = _parts_done(name)
    for part in module.parts():
        if part not in done:
            begin = time.perf_counter()
            found = module.part(part)
            done[part] = {"seconds": time.perf_counter() - begin, "found": found}
            content = {"recipe": recipe(FOLDER / f"{name}.py"), "parts": done}
            write_atomically(_parts_file(name), json.dumps(content))
            print(f"  {part}: {done[part]['seconds']:.0f} s", flush=True)
    return [{part: done[part]["found"] for part in module.parts()}]


def _parts_done(name: str) -> dict[str, Any]:
    """Return the parts that the recipe as it is has done already."""
    path = _parts_file(name)
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content["parts"] if content.get("recipe") == recipe(FOLDER / f"{name}.py") else {}


def _parts_file(name: str) -> Path:
    return FOLDER / f"{name}.parts"


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
