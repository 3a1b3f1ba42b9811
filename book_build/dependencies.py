"""What a change can reach: the outputs of a notebook depend on what it imports, and on no more.

A notebook imports modules of course_lib; these import others, and read data files that lie beside
them; below all of it are Python and some of the pinned requirements. `outputs_hash` digests just
that, so that an edit of one algorithm runs those notebooks again that can show it.

Who imports whom is read from the source (grimp), imports inside functions included, and nothing is
run. Where the source does not tell (a cell that cannot be parsed, a module that imports by a name
it computes, a package that is not installed), everything counts as imported.

``from course_lib.cluster import KMeans`` runs every module of that package, but with only the
name ``KMeans`` the others cannot be seen: the package's own file and ``kmeans.py`` are what counts.
That holds where the package only passes names on, and where the others do nothing on being imported
but define names (`acts_when_imported`; that the whole library leaves no trace otherwise is tested).
An import that fails is seen by the tests of the module itself.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import hashlib
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import nbformat
from IPython.core.inputtransformer2 import TransformerManager

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("course_lib", "book_build", "benchmarks", "experiments")
RUNS_NOTEBOOKS = ("ipykernel", "nbclient")  # what shapes outputs besides the library's own needs
A_MODULE = rf"\b(?:{'|'.join(PACKAGES)})(?:\.\w+)*"
MODULE_NAMES = re.compile(A_MODULE)
# an import in a string whose end is seen: more may follow the end of a string
NAMES_OF_MODULE = re.compile(rf"from\s+({A_MODULE})\s+import\s+(\w+(?:, *\w+)*)(?=\s*[;\n])")
BINDS_PACKAGE = re.compile(rf"\bimport\s+{A_MODULE}")
IMPORTERS = {"import_module", "__import__", "run_module"}


# --- The import graph --------------------------------------------------------------------------


@functools.cache  # one command, one answer, even while somebody edits the library
def imports_as_written() -> grimp.ImportGraph:
    """Who imports whom among the modules of `PACKAGES`."""
    here = [name for name in PACKAGES if module_file(name, REPOSITORY).is_file()]
    graph = grimp.build_graph(*here, cache_dir=None)
    library = [module for module in graph.modules if module.partition(".")[0] == "course_lib"]
    for module in graph.modules:
        source = _source(module)
        if any(word in source for word in IMPORTERS) and imports_by_name(ast.parse(source)):
            for imported in library:
                graph.add_import(importer=module, imported=imported)
    return graph


@functools.cache
def import_graph() -> grimp.ImportGraph:
    """Who depends on whom: the same, but seen through the packages that only pass names on.

    Who imports a name from one depends on the package itself and on where the name comes from. The
    package depends on none of its modules, except on those that act when they are imported.
    """
    written, packages = imports_as_written(), passed_on().keys()
    graph = copy.deepcopy(written)
    for package in packages:
        for imported in written.find_modules_directly_imported_by(package):
            graph.remove_import(importer=package, imported=imported)
        for module in filter(acts_when_imported, reach(written, [package])):
            graph.add_import(importer=package, imported=module)
    for module in written.modules - packages:
        imported = written.find_modules_directly_imported_by(module) & packages
        if imported or BINDS_PACKAGE.search(_source(module)):
            tree = ast.parse(_source(module))
            relative = any(getattr(node, "level", 0) for node in ast.walk(tree))
            names = imported if relative else set(imported_names(tree))
            for origin in origins(names) - {module}:
                graph.add_import(importer=module, imported=origin)
    return graph


@functools.cache
def passed_on() -> dict[str, dict[str, str]]:
    """The packages that only pass names on, and where each of their names comes from.

    >>> passed_on()["course_lib.cluster"]["KMeans"]
    'course_lib.cluster.kmeans.KMeans'
    """
    every = imports_as_written().modules
    packages = [m for m in every if module_file(m, REPOSITORY).name == "__init__.py"]
    names = {package: _names_passed_on_by(package) for package in packages}
    return {package: table for package, table in names.items() if table is not None}


def _names_passed_on_by(package: str) -> dict[str, str] | None:
    """Where the names of a package come from; nothing if it does more than import them."""
    table = {}
    for statement in ast.parse(_source(package)).body:
        match statement:
            case ast.Expr(ast.Constant()) | ast.Assign([ast.Name("__all__")], ast.List()):
                pass
            case ast.ImportFrom(module, names, 0) if all(alias.name != "*" for alias in names):
                table |= {(name.asname or name.name): f"{module}.{name.name}" for name in names}
            case _:
                return None
    modules = imports_as_written().modules & {f"{package}.{name}" for name in table}
    both = {m for m in modules if not f"{table[m.rpartition('.')[2]]}.".startswith(f"{m}.")}
    return None if both else table  # a name that means a module here, and another one there


def acts_when_imported(module: str) -> bool:
    """Tell whether a module does more on being imported than define names of its own."""
    return not all(_defines(statement) for statement in ast.parse(_source(module)).body)


def _defines(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(ast.Constant()):
            return True
        case ast.FunctionDef() | ast.ClassDef():
            return not any("register" in ast.unparse(name) for name in statement.decorator_list)
        case ast.Assign() | ast.AnnAssign():  # not `a.b = 1` or `a[0] = 1`: a may be another's
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            parts = (part for target in targets for part in ast.walk(target))
            return not any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts)
        case ast.If():
            return ast.unparse(statement.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    return False


def reach(graph: grimp.ImportGraph, modules: Iterable[str]) -> set[str]:
    """All modules that importing these runs: what they import in turn, and every parent package.

    ``import a.b.c`` runs ``a/__init__.py`` and ``a/b/__init__.py`` first, so whatever these import
    belongs to it too.
    """
    seen: set[str] = set()
    waiting = [module for module in modules if module in graph.modules]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph.find_modules_directly_imported_by(module)
            waiting += [package] if (package := module.rpartition(".")[0]) else []
    return seen


def needed(names: Iterable[str]) -> set[str]:
    """All modules of ours that code depends on which imports these dotted names."""
    return reach(import_graph(), origins(names))


def origins(names: Iterable[str]) -> set[str]:
    """The modules that imported names mean, and the packages that pass them on.

    A package that is imported itself, or a name that it does not know, stands for all that it and
    the packages in it pass on.

    >>> sorted(origins(["course_lib.cluster.KMeans", "numpy.linalg"]))
    ['course_lib.cluster', 'course_lib.cluster.kmeans']
    """
    found, seen, waiting = set(), set(), set(names)
    while waiting:
        seen.add(name := waiting.pop())
        if module := known_part(name):
            found.add(module)
            table = passed_on().get(module, {})
            first = name[len(module) + 1 :].partition(".")[0]
            waiting |= ({table[first]} if first in table else _all_names_in(module)) - seen
    return found


def _all_names_in(package: str) -> set[str]:
    below = [name for name in passed_on() if f"{name}.".startswith(f"{package}.")]
    return {origin for name in below for origin in passed_on()[name].values()}


def known_part(name: str) -> str:
    """The longest beginning of a dotted name that is a module of ours; otherwise nothing.

    >>> known_part("course_lib.checks.check_number"), known_part("numpy.linalg")
    ('course_lib.checks', '')
    """
    while name and name not in imports_as_written().modules:
        name = name.rpartition(".")[0]
    return name


def imported_names(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a piece of source imports, inside functions too.

    ``import a.b`` makes the name ``a``, through which all of its modules can be had.

    >>> sorted(imported_names(ast.parse("import a.b\\nimport c.d as e\\nfrom f import g, h")))
    ['a', 'a.b', 'c.d', 'f.g', 'f.h']
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            yield from (a.name.partition(".")[0] for a in node.names if not a.asname)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_by_name(tree: ast.AST) -> bool:
    """Tell whether a piece of source imports what only running it could tell.

    >>> imports_by_name(ast.parse("import_module(a)")), imports_by_name(ast.parse("import a"))
    (True, False)
    >>> imports_by_name(ast.parse("importlib.import_module('a')"))  # a name that can be read
    False
    """
    known = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    }
    return any(
        getattr(node, "id", getattr(node, "attr", None)) in IMPORTERS and id(node) not in known
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    )


def names_in_strings(tree: ast.AST) -> Iterator[str]:
    """The dotted names of ours in strings: code for another process, or after a %magic.

    A package alone (``from course_lib import ...``) stands for all of its modules.

    >>> sorted(names_in_strings(ast.parse("'from course_lib.trees import Tree, gini;'")))
    ['course_lib.trees.Tree', 'course_lib.trees.gini']
    """
    for string in strings_of(tree):
        string = NAMES_OF_MODULE.sub(_dotted, string)
        for name in MODULE_NAMES.findall(string):
            if name not in PACKAGES:
                yield name
            elif name == string or "import" in string:
                yield from (m for m in import_graph().modules if m.partition(".")[0] == name)


def _dotted(found: re.Match) -> str:
    """``a.b a.c`` for ``from a import b, c``."""
    return " ".join(f"{found[1]}.{name.strip()}" for name in found[2].split(","))


def strings_of(tree: ast.AST) -> Iterator[str]:
    """All string constants of a piece of source, those inside f-strings included."""
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return (value for value in constants if isinstance(value, str))


# --- What a notebook imports -------------------------------------------------------------------


def notebook_modules(notebook: nbformat.NotebookNode) -> frozenset[str]:
    """The modules of ours that a notebook imports, itself or through others.

    Where a cell cannot be parsed, or imports by a name that it computes: all of them.
    """
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return _cells_modules(tuple(cells))


@functools.cache
def _cells_modules(sources: tuple[str, ...]) -> frozenset[str]:
    names = set()
    for source in sources:
        tree = _parsed(source)
        if tree is None or imports_by_name(tree):
            return frozenset(import_graph().modules)
        names |= {*imported_names(tree), *names_in_strings(tree)}
    return frozenset(needed(names))


@functools.cache
def _parsed(source: str) -> ast.AST | None:
    """The syntax tree of a cell, whose %magics and !commands become Python first."""
    for transform in (str, TransformerManager().transform_cell):  # the second one takes its time
        with contextlib.suppress(SyntaxError):
            return ast.parse(transform(source))
    return None


# --- The files of a module ---------------------------------------------------------------------


def module_file(module: str, root: Path = REPOSITORY) -> Path:
    """The source of a module: ``a/b.py``, or ``a/b/__init__.py`` for a package."""
    place = root.joinpath(*module.split("."))
    package = place / "__init__.py"
    return package if package.is_file() else place.with_suffix(".py")


def _source(module: str) -> str:
    return module_file(module, REPOSITORY).read_text(encoding="utf-8")


def data_owners(file: Path, root: Path = REPOSITORY) -> list[str]:
    """The modules that read a data file: those beside it whose source names it.

    A module names the file (``"prose.txt"``, ``"prose"``) or a folder on the way to it
    (``"text"``). A file that no module names belongs to its whole package.
    """
    package = next(folder for folder in file.parents if (folder / "__init__.py").is_file())
    words = {*file.relative_to(package).parts, file.stem}
    owners = [
        module for module in sorted(package.glob("*.py")) if words & set(_words(module, root))
    ]
    return [_module_name(module, root) for module in owners or [package / "__init__.py"]]


@functools.cache
def _words(module: Path, root: Path) -> frozenset[str]:
    strings = strings_of(ast.parse(module.read_text(encoding="utf-8")))
    return frozenset(word for string in strings for word in string.split("/"))


def _module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def data_files(root: Path = REPOSITORY) -> dict[str, list[Path]]:
    """The data files of course_lib by the modules that read them."""
    found: dict[str, list[Path]] = {}
    for file in sorted((root / "course_lib").rglob("*")):
        if file.is_file() and file.suffix != ".py" and "__pycache__" not in file.parts:
            for module in data_owners(file, root):
                found.setdefault(module, []).append(file)
    return found


def files_of(modules: Iterable[str], root: Path = REPOSITORY) -> list[Path]:
    """The sources of the modules and their data, in the order of their names."""
    data = data_files(root)
    return [
        file
        for module in sorted(modules)
        for file in [module_file(module, root), *data.get(module, [])]
    ]


def stored_results(notebook: nbformat.NotebookNode, root: Path = REPOSITORY) -> list[Path]:
    """The stored results of experiments that a notebook names in a string."""
    trees = (_parsed(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    named = {word for tree in trees if tree for word in strings_of(tree)}
    files = sorted((root / "experiments").glob("*"))
    return [file for file in files if file.suffix != ".py" and named & {file.name, file.stem}]


# --- The requirements --------------------------------------------------------------------------


def pins(root: Path = REPOSITORY) -> dict[str, str]:
    """The lines of requirements.txt without their comments, by the package's normal name."""
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {_normal(line): line for line in lines if line}


def pins_that_matter(root: Path = REPOSITORY) -> list[str]:
    """The pins that outputs depend on: the library's needs, the kernel's, and what they bring in.

    What only tests, builds or shows is left out. If a needed package is not installed, what it
    brings in is unknown, and all pins count.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned, needed = pins(root), set()
    waiting = [*project["dependencies"], *RUNS_NOTEBOOKS]
    while waiting:
        name = _normal(waiting.pop())
        if name in needed or name not in pinned:
            continue
        needed.add(name)
        try:
            brought = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            if ";" not in pinned[name]:  # otherwise it belongs to another system
                return sorted(pinned.values())
            continue
        waiting += [need for need in brought if not re.search(r"\bextra\b", need)]
    return sorted(pinned[name] for name in needed)


def _normal(requirement: str) -> str:
    """The name that a requirement begins with, as package indexes write it."""
    match = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


# --- The hash ----------------------------------------------------------------------------------


@functools.cache
def _digest_of_pins() -> str:
    return "\n".join([f"{sys.version_info[:2]}", *pins_that_matter()])


def outputs_hash(notebook: nbformat.NotebookNode, *settings: str) -> str:
    """Hash everything besides a notebook's own text that its outputs depend on.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook.
    settings : str
        Further words that its outputs depend on, such as the kernel's environment.
    """
    digest = hashlib.sha256("\n".join([_digest_of_pins(), *settings]).encode())
    for file in [*files_of(notebook_modules(notebook)), *stored_results(notebook)]:
        digest.update(file.relative_to(REPOSITORY).as_posix().encode() + b"\0")
        digest.update(_bytes_of(file))
    return digest.hexdigest()[:16]


@functools.cache
def _bytes_of(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
