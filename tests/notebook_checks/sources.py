"""How much `show_source` shows, found without importing the library: torch takes seconds."""

import ast
from functools import cache

from book_build.dependencies import module_file
from notebook_checks.code import imports

_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def lines_of_code(path: str) -> int:
    """Count the lines of `course_lib.module.name` but blank ones, comments and docstrings.

    What is not found counts no line: the cell itself will fail.
    """
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        if parts[0] == "course_lib" and module_file(".".join(parts[:end])).is_file():
            return _lines_in(".".join(parts[:end]), parts[end:])
    return 0


def _lines_in(module: str, names: list[str]) -> int:
    source, tree = _parsed(module)
    node: ast.AST = tree
    for name in names:
        inside = [one for one in ast.iter_child_nodes(node) if isinstance(one, _DEFINITIONS)]
        found = next((one for one in inside if one.name == name), None)
        if found is None:
            return _lines_elsewhere(tree, names) if node is tree else 0
        node = found
    return _count(source, node)


def _lines_elsewhere(tree: ast.Module, names: list[str]) -> int:
    """Count where the module itself imports the name from, as a package does."""
    for module, name, bound in imports(tree):
        if bound == names[0] and name:
            return lines_of_code(".".join([module, name, *names[1:]]))
    return 0


@cache
def _parsed(module: str) -> tuple[list[str], ast.Module]:
    source = module_file(module).read_text(encoding="utf-8")
    return source.splitlines(), ast.parse(source)


def _count(source: list[str], node: ast.AST) -> int:
    lines = range(node.lineno, node.end_lineno + 1)
    words: set[int] = set()
    for one in ast.walk(node):
        if isinstance(one, _DEFINITIONS) and ast.get_docstring(one) is not None:
            words |= set(range(one.body[0].lineno, one.body[0].end_lineno + 1))
    shown = (source[number - 1].strip() for number in lines if number not in words)
    return sum(bool(line) and not line.startswith("#") for line in shown)
