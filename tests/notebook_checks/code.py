"""Questions about the Python of code cells, answered from their syntax trees."""

import ast
import copy
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from notebook_checks.chapter import Chapter, Piece

_COMPARES = re.compile(
    r"\b(?:(?:more|less|fewer|greater|larger|smaller) than|or (?:more|fewer|less))\b"
)
# A name that matplotlib's own examples give to what is drawn on.
_CANVAS = re.compile(r"(?:ax|axs|axes|axis|fig|figure)(?:_\w+|\d+)?")
_ADDRESS = re.compile(r"\b(?:https?|ftps?|sftp|s3|gs|gcs|hdfs|ssh|git)://\S*", re.IGNORECASE)
_DOWNLOADS = re.compile(
    r"\.(?:fetch_\w+|urlopen|urlretrieve|load_state_dict_from_url|download_url_to_file)\b"
    r"|^torch\.(?:hub|utils\.model_zoo)\b|^scipy\.datasets\b"
)
_HIDING_DOTTED = frozenset({"__import__", "import_module", "__builtins__"})
_HIDING = _HIDING_DOTTED | {"exec", "eval", "compile"}
_PRINTERS = frozenset({"print", "report"})
_SILENT = re.compile(r"print|report|recall|show_source|check_\w+")  # return nothing to show
_PANDAS_PLOTS = frozenset(
    {"plot", "hist", "boxplot", "imshow", "from_estimator", "from_predictions"}
)
# What is called on pyplot or plots without leaving a picture.
_QUIET = frozenset({"use", "use_style", "close", "rc", "rc_context", "context", "get_cmap"})

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def chain(node: ast.AST) -> list[str]:
    """Return the names of `plt.subplots()[1].plot` as ['plt', 'subplots', 'plot']; [] for none."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*chain(node.value), node.attr]
    if isinstance(node, ast.Call):
        return chain(node.func)
    if isinstance(node, ast.Subscript):
        return chain(node.value)
    return []


def executed_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that running the cell makes itself: none inside a definition's body."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from executed_calls(node)


def imports(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Yield (module, name or '', name it is bound to) for every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield one.name, "", one.asname or one.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield "." * node.level + (node.module or ""), one.name, one.asname or one.name


def hiding_names(tree: ast.AST) -> list[str]:
    """Return the names through which a cell could import or run what nobody can read in it."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & _HIDING
    dotted = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return sorted(found | (dotted & _HIDING_DOTTED))


def ipython_calls(transformed: ast.Module) -> Iterator[str]:
    """Yield what a cell asks of IPython, as a person types it: `!ls`, `%time f()`, `%%bash`."""
    asked = [call for call in calls(transformed) if chain(call)[:1] == ["get_ipython"]]
    inner = {id(call.func.value) for call in asked if isinstance(call.func, ast.Attribute)}
    for call in asked:
        if id(call) not in inner:
            yield _as_typed(call)
    called = {id(call.func) for call in asked}
    for node in ast.walk(transformed):
        if isinstance(node, ast.Name) and node.id == "get_ipython" and id(node) not in called:
            yield "get_ipython"


def _as_typed(call: ast.Call) -> str:
    marks = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!"}
    mark = marks.get(chain(call)[-1])
    if mark is None or not all(isinstance(one, ast.Constant) for one in call.args):
        return ast.unparse(call)
    return mark + " ".join(str(one.value).split("\n")[0] for one in call.args[:2]).strip()


def from_the_network(tree: ast.Module) -> Iterator[str]:
    """Yield what in a cell reads from the network: addresses, and functions that download."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in docstrings:
            continue
        if isinstance(node.value, str) and (found := _ADDRESS.search(node.value)):
            yield f"the address `{found.group(0)}`"
    imported = {f"{module}.{name}" for module, name, _ in imports(tree)}
    whole = {".".join(chain(node)) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for path in sorted(imported | whole):
        if _DOWNLOADS.search(path):
            yield f"`{path}` downloads"


def definitions(tree: ast.Module) -> list[Definition]:
    """Return the functions and classes that a cell defines at its top level."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node for node in tree.body if isinstance(node, kinds)]


def explorers(code: Piece) -> list[str]:
    """Return the names of the functions that the cell decorates with `explore`."""
    return [
        definition.name
        for definition in definitions(code.tree)
        if any("explore" in chain(decorator) for decorator in definition.decorator_list)
    ]


def names_read_by_explorers(code: Piece, chapter: Chapter) -> dict[str, set[str]]:
    """Return the global names that each of a cell's explorers reads, itself or through functions.

    It reads them each time that a control is moved, when all cells have run.
    """
    read = {name: names for piece in chapter.codes for name, names in _reads(piece.text).items()}
    found = {}
    for explorer in explorers(code):
        seen, waiting = set(), [explorer]
        while waiting:
            if (name := waiting.pop()) not in seen:
                seen.add(name)
                waiting += read.get(name, ())
        found[explorer] = seen - {explorer}
    return found


def names_bound(code: Piece) -> set[str]:
    """Return the names that a cell gives at its top level, loop variables included."""
    top = _names_of(code.text)
    return {one.get_name() for one in top.get_symbols() if one.is_assigned()} if top else set()


def _reads(source: str) -> dict[str, set[str]]:
    """Return the global names that are read inside each function at the top of a cell."""
    top = _names_of(source)
    return {one.get_name(): set(_globals_in(one)) for one in top.get_children()} if top else {}


@lru_cache(maxsize=4096)
def _names_of(source: str) -> symtable.SymbolTable | None:
    try:
        return symtable.symtable(source, "<cell>", "exec")
    except SyntaxError:  # a %magic
        return None


def _globals_in(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    for inner in table.get_children():
        yield from _globals_in(inner)


def is_explorer(code: Piece) -> bool:
    """Say whether the cell defines a function decorated with `explore`."""
    return bool(explorers(code))


@dataclass(frozen=True)
class Asked:
    """A statement `NAME.ask(...)`, or `recall(...)`: then `of` is empty."""

    of: str
    call: ast.Call


def asked(code: Piece) -> list[Asked]:
    """Return what a cell asks the reader."""
    return [one for one in map(_asked, code.tree.body) if one is not None]


def _asked(statement: ast.stmt) -> Asked | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return None
    match call.func:
        case ast.Name(id="recall"):
            return Asked("", call)
        case ast.Attribute(value=ast.Name(id=name), attr="ask"):
            return Asked(name, call)
    return None


def only_asks(code: Piece) -> bool:
    """Say whether a cell does nothing but ask the reader: it holds questions, not code."""
    return bool(code.tree.body) and len(asked(code)) == len(code.tree.body)


def of_the_story(chapter: Chapter) -> list[Piece]:
    """Return the code cells that count as code: all but those that only ask."""
    return [code for code in chapter.codes if not only_asks(code)]


def drawing_names(chapter: Chapter) -> set[str]:
    """Return the names whose call draws: pyplot's, plots', and the notebook's own functions."""
    names: set[str] = set()
    for code in chapter.codes:
        for module, name, bound in imports(code.tree):
            whole = f"{module}.{name}".strip(".")
            if whole.startswith(("matplotlib.pyplot", "course_lib.plots")) and name not in _QUIET:
                names.add(bound)
    own = [
        one for code in chapter.codes for one in definitions(code.tree) if not one.decorator_list
    ]
    return names | {
        one.name for one in own if any(_draws(c, names) for part in one.body for c in calls(part))
    }


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield every call, those inside definitions too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _draws(call: ast.Call, names: set[str]) -> bool:
    parts = chain(call)
    if not parts or not _QUIET.isdisjoint(parts):
        return False
    if parts[0] in names or (len(parts) > 1 and _CANVAS.fullmatch(parts[0])):
        return True
    return not _PANDAS_PLOTS.isdisjoint(parts[1:])


def draws(code: Piece, names: set[str]) -> bool:
    """Say whether running the cell leaves a picture (an explorer's own pictures not counted)."""
    return any(_draws(call, names) for call in executed_calls(code.tree))


def checker_names(chapter: Chapter) -> set[str]:
    """Return the names that are imported from course_lib.exercises."""
    return {
        bound
        for code in chapter.codes
        for module, name, bound in imports(code.tree)
        if f"{module}.{name}".startswith("course_lib.exercises")
    }


def calls_a_checker(code: Piece, names: set[str]) -> bool:
    """Say whether the cell calls a checker of course_lib.exercises."""
    return any(chain(call)[:1] and chain(call)[0] in names for call in calls(code.tree))


def asserts(code: Piece) -> bool:
    """Say whether the cell holds an assert, or a call whose name begins with `assert`."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and (chain(node) or [""])[-1].startswith("assert"))
        for node in ast.walk(code.tree)
    )


def prints(code: Piece) -> bool:
    """Say whether running the cell prints: through `report`, or Python's own `print`."""
    own = {one.name for one in definitions(code.tree) if _prints(one)}
    return any(
        chain(call) in ([name] for name in _PRINTERS | own) for call in executed_calls(code.tree)
    )


def _prints(tree: ast.AST) -> bool:
    return any(chain(call) in ([name] for name in _PRINTERS) for call in calls(tree))


def displays(code: Piece, names: set[str]) -> bool:
    """Say whether the cell's last line shows a value: a table, a number, and no picture.

    A semicolon behind it says that nothing is meant to be shown, as in IPython.
    """
    last = code.tree.body[-1] if code.tree.body else None
    if not isinstance(last, ast.Expr):
        return False
    behind = code.text.splitlines()[last.end_lineno - 1].encode()[last.end_col_offset :]
    if behind.lstrip().startswith(b";"):
        return False
    if not isinstance(last.value, ast.Call):
        return not isinstance(last.value, ast.Constant)
    path = chain(last.value)
    silent = path[-1:] == ["ask"] or bool(path and _SILENT.fullmatch(path[0]))
    return not silent and not _draws(last.value, names)


def reported_truths(code: Piece) -> Iterator[str]:
    """Yield the label of each `report` that tells True or False where a size was compared."""
    for call in calls(code.tree):
        if chain(call) == ["report"] and len(call.args) > 1 and _is_truth(call.args[1]):
            label = ast.unparse(call.args[0])
            if _COMPARES.search(label):
                yield label


def _is_truth(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return chain(node)[-1:] in (["bool"], ["all"], ["any"])
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return negated or isinstance(node, ast.Compare | ast.BoolOp)


def shown(code: Piece) -> Iterator[ast.expr]:
    """Yield what a cell shows with `show_source`."""
    for call in calls(code.tree):
        if chain(call) == ["show_source"] and call.args:
            yield call.args[0]


def only_defines(code: Piece) -> bool:
    """Say whether the cell does nothing but define and import."""
    kinds = Definition | ast.Import | ast.ImportFrom
    return all(isinstance(node, kinds) for node in code.tree.body)


@dataclass(frozen=True)
class Helper:
    """A function, class or lambda of a notebook, and what it does whatever its names are."""

    name: str
    body: str
    size: int


def helpers(code: Piece) -> list[Helper]:
    """Return what a cell defines at its top level, and every lambda in it."""
    return _helpers(code.text, code.tree)


@lru_cache(maxsize=4096)
def _helpers(text: str, tree: ast.Module) -> list[Helper]:
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return [
        *(_helper(one.name, one) for one in definitions(tree)),
        *(_helper(f"lambda of line {one.lineno}", one) for one in lambdas),
    ]


def _helper(name: str, node: Definition | ast.Lambda) -> Helper:
    body = _without_words(node)
    copies = [copy.deepcopy(part) for part in body]
    own = {name: at for at, name in enumerate(dict.fromkeys(_own_names(node)))}
    nodes = [part for one in copies for part in ast.walk(one)]
    for part in nodes:
        for place in ("id", "arg", "name"):
            if (word := getattr(part, place, None)) in own:
                setattr(part, place, f"v{own[word]}")
        if hasattr(part, "annotation"):
            part.annotation = None
    size = sum(not isinstance(part, ast.expr_context) for part in nodes)
    return Helper(name, "".join(map(ast.dump, copies)), size)


def _without_words(node: Definition | ast.Lambda) -> list[ast.AST]:
    """Return arguments and body, without the docstring; a lone `return x` as a lambda's x."""
    if isinstance(node, ast.Lambda):
        return [node.args, node.body]
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *body]
    if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
        return [node.args, body[0].value]
    return [node.args, *body]


def _own_names(node: Definition | ast.Lambda) -> Iterator[str]:
    """Yield the names that a definition gives in the order of their places, its own at the end."""
    for part in [*list(ast.walk(node))[1:], node]:
        if isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, Definition | ast.ExceptHandler) and part.name:
            yield part.name
