"""Questions about the Python of code cells, answered from their syntax trees."""

import ast
import re
from collections.abc import Iterator

from notebook_checks.chapter import Chapter, Piece

# A name that matplotlib's own examples give to what is drawn on.
_CANVAS = re.compile(r"(?:ax|axs|axes|axis|fig|figure)(?:_\w+|\d+)?")
_PANDAS_PLOTS = frozenset(
    {"plot", "hist", "boxplot", "imshow", "from_estimator", "from_predictions"}
)
# What is called on pyplot or plots without leaving a picture.
_QUIET = frozenset({"use", "use_style", "close", "rc", "rc_context", "context", "get_cmap"})
_GLOBAL_GENERATOR = frozenset({"Generator", "default_rng", "SeedSequence", "RandomState", "PCG64"})
_TORCH_RANDOM = re.compile(r"rand\w*|normal|bernoulli|multinomial|poisson")
_SKLEARN_RANDOM = re.compile(
    r"train_test_split|make_(?!pipeline|union|column|scorer)\w+|\w*ShuffleSplit|shuffle|resample"
)

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


def definitions(tree: ast.Module) -> list[Definition]:
    """Return the functions and classes that a cell defines at its top level."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node for node in tree.body if isinstance(node, kinds)]


def is_explorer(code: Piece) -> bool:
    """Say whether the cell defines a function decorated with `explore`."""
    return any(
        "explore" in chain(decorator)
        for definition in definitions(code.tree)
        for decorator in definition.decorator_list
    )


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
        one.name for one in own if any(_draws(c, names) for part in one.body for c in _calls(part))
    }


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
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


def unseeded(chapter: Chapter) -> Iterator[str]:
    """Yield a sentence for each call whose result differs from run to run."""
    torch_is_seeded = False
    for code in chapter.codes:
        for call in _calls(code.tree):
            parts = chain(call)
            torch_is_seeded |= "manual_seed" in parts
            if why := _randomness(call, parts, torch_is_seeded):
                yield f"{code.where}: `{'.'.join(parts)}` {why}"


def _randomness(call: ast.Call, parts: list[str], torch_is_seeded: bool) -> str:
    last = parts[-1] if parts else ""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    seed = keywords.get("random_state", keywords.get("seed"))
    if isinstance(seed, ast.Constant) and seed.value is None:
        return "has no seed: give it a number"
    if last in ("default_rng", "RandomState") and not (call.args or keywords):
        return "has no seed: give it a number"
    if parts[:2] in (["np", "random"], ["numpy", "random"]) and last not in _GLOBAL_GENERATOR:
        return "uses NumPy's global generator: draw from rng = np.random.default_rng(0)"
    if parts[:1] == ["torch"] and _TORCH_RANDOM.fullmatch(last):
        if torch_is_seeded or "generator" in keywords or last.endswith("_like"):
            return ""
        return "is drawn before torch.manual_seed: seed it in the set-up cell"
    if _SKLEARN_RANDOM.fullmatch(last) and len(parts) == 1 and "random_state" not in keywords:
        return "needs random_state=0"
    return ""


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
    return any(chain(call)[:1] and chain(call)[0] in names for call in _calls(code.tree))


def asserts(code: Piece) -> bool:
    """Say whether the cell holds an assert, or a call whose name begins with `assert`."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and (chain(node) or [""])[-1].startswith("assert"))
        for node in ast.walk(code.tree)
    )


def body_of(definition: Definition) -> str:
    """Return what a definition does, whatever it is called and however it is commented."""
    body = definition.body
    if ast.get_docstring(definition) is not None:
        body = body[1:]
    arguments = ast.dump(definition.args) if hasattr(definition, "args") else ""
    return arguments + "".join(ast.dump(part) for part in body)
