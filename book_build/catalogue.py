"""Collects everything there is to translate: ``python -m book_build.catalogue``.

Sphinx extracts the prose, a ``.pot`` file for each page below ``_build/gettext``. Here the rest is
collected, into ``words.pot``: the texts that code shows, such as labels of controls, sentences of
explorers, axis titles, results and alternative texts, and the words of the builder itself.

They are read from the source, so authors write plain strings and f-strings; an f-string becomes a
template, ``{rate:g}`` becomes ``{rate}`` (`course_lib.words` fills it). A string that may be shown
is taken; what certainly is not (error messages, names of colours) is left out.

A translation stands in ``locale/LANGUAGE``: ``LC_MESSAGES/PAGE.po`` for the prose; ``words.po``.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from IPython.core.inputtransformer2 import TransformerManager

from book_build.build import pages_of, run_sphinx
from book_build.translation import (
    SHOWN_THEME_OPTIONS,
    TEMPLATE_NOTE,
    THEME_TEMPLATES,
    THEME_TEXTS,
)

REPOSITORY = Path(__file__).resolve().parents[1]
LIBRARY = Path("course_lib")
MATHEMATICS = re.compile(r"\$[^$]*\$")
WORD = re.compile(r"[A-Za-z]{2,}")
IDENTIFIER = re.compile(r"\w*_\w*|\w+(\.\w+)+")  # n_init, sample.txt
# The settings for what a folded part of a cell is called, and what myst-nb puts for {type} there.
PROMPTS = ("nb_code_prompt_show", "nb_code_prompt_hide")
FOLDED = ("content", "source", "output", "outputs")
# Arguments that name a look, a method or a place, and calls that take such names.
NOT_SHOWN_ARGUMENTS = re.compile(
    "align|axis|border|c|cmap|colors?|criterion|dtype|(edge|face)colors?|encoding|font(family|weight)"
    "|gid|[hv]a|interpolation|kernel|kind|least|linestyles?|loc(ation)?|loss|ls|marker|method|mode|most"
    "|order|origin|place|solver|start|weights?|where|which|[xy]scale"
)
NOT_SHOWN_CALLS = re.compile(
    ".*Error|.*Warning|TypeVar|add_note|astype|axis|einsum|endswith|(get|has|set)attr|open|warn"
    "|import_module|index|load_photo|r?partition|read_(bytes|text)|remove(prefix|suffix)|r?split"
    "|run_line_magic|set_aspect|setdefault|startswith|tick_params"
)


class Text(ast.NodeVisitor):
    """Collects the texts of a syntax tree that may be shown, as (message, is template)."""

    def __init__(self) -> None:
        self.found: list[tuple[str, bool]] = []

    def visit_Constant(self, node: ast.Constant) -> None:
        """Take a string."""
        if isinstance(node.value, str):
            self._take([node])

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Take an f-string as a template, and the strings inside its values."""
        self._take(node.values)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Take a sum with strings in it for what it is, one text."""
        terms = _terms(node)
        if any(isinstance(term, ast.JoinedStr) or _is_string(term) for term in terms):
            parts = [p for t in terms for p in (t.values if isinstance(t, ast.JoinedStr) else [t])]
            self._take(parts)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Pass over what a call does not show."""
        name = ast.unparse(node.func).split(".")[-1]
        is_search = name == "find" and isinstance(node.func, ast.Attribute)  # not a question
        if is_search or NOT_SHOWN_CALLS.fullmatch(name):
            return
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg == "given":  # names of controls
                continue
            if not (_is_string(keyword.value) and _is_no_text(keyword.arg)):
                self.visit(keyword.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        """Pass over docstrings."""
        if not _is_string(node.value):
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Pass over what a value is compared with."""
        for side in (node.left, *node.comparators):
            if not _is_string(side):
                self.visit(side)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Pass over the names that a module exports."""
        if ast.unparse(node.targets[0]) != "__all__":
            self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Pass over names of columns and keys."""
        self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Pass over annotations."""
        for part in (node.args, *node.decorator_list, *node.body):
            self.visit(part)

    def visit_arg(self, node: ast.arg) -> None:
        """Pass over annotations."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Pass over annotations."""
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Pass over errors: whoever meets one looks for its English words."""

    visit_Assert = visit_Raise

    def _take(self, parts: Sequence[ast.expr]) -> None:
        """Take strings and values that stand one after another as one text."""
        literals, names = "", []
        for part in parts:
            if _is_string(part):
                literals += part.value.replace("{", "{{").replace("}", "}}")
                continue
            value = part.value if isinstance(part, ast.FormattedValue) else part
            self.visit(value)
            names.append(_name(value, names))
            literals += f"{{{names[-1]}}}"
        message = literals.strip()
        if not names:
            message = message.replace("{{", "{").replace("}}", "}")
        shown = re.sub(r"\{\w+\}", "", message) if names else message
        if WORD.search(MATHEMATICS.sub("", shown)) and not IDENTIFIER.fullmatch(shown):
            self.found.append((message, bool(names)))


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_no_text(argument: str | None) -> bool:
    return argument is not None and NOT_SHOWN_ARGUMENTS.fullmatch(argument) is not None


def _terms(node: ast.expr) -> list[ast.expr]:
    """Return the terms of a sum from left to right."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _name(value: ast.expr, taken: list[str]) -> str:
    """Name a value of a template after its expression, in a way that is not taken yet."""
    words = re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", ast.unparse(value)))
    plain = [word for word in words if word not in ("if", "else", "for", "in", "not", "lambda")]
    name = "_".join(plain[:3]) or "value"
    number = sum(re.fullmatch(rf"{name}(_\d+)?", other) is not None for other in taken)
    return f"{name}_{number + 1}" if number else name


def texts_of_code(source: str) -> list[tuple[str, bool]]:
    """Return the texts that Python code may show, each with whether it is a template.

    Examples
    --------
    >>> texts_of_code("def say(n):\\n    return f'After {n:d} steps'")
    [('After {n} steps', True)]
    """
    collector = Text()
    collector.visit(ast.parse(source))
    return collector.found


def texts_of_notebook(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a notebook's code, and its pictures' alternative texts."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from texts_of_code(TransformerManager().transform_cell(cell.source))
            if alt := cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip():
                yield alt, False


def texts_of_builder(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the texts that a module of the builder hands to ``translated``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "translated":
            collector = Text()
            collector.visit(node.args[0])
            yield from collector.found


def texts_of_settings(source: Path) -> Iterator[tuple[str, bool]]:
    """Yield the words of ``_config.yml``, the captions of ``_toc.yml`` and the theme's words."""
    config = yaml.safe_load((source / "_config.yml").read_text(encoding="utf-8"))
    yield config["title"], False
    sphinx = config["sphinx"]["config"]
    shown = [sphinx.get(name, "").replace("{type}", kind) for name in PROMPTS for kind in FOLDED]
    shown += [sphinx.get("html_theme_options", {}).get(name) for name in SHOWN_THEME_OPTIONS]
    yield from ((text, False) for text in [*dict.fromkeys(shown), *THEME_TEXTS] if text)
    yield from ((text, True) for text in THEME_TEMPLATES)
    contents = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))
    yield from ((part["caption"], False) for part in contents.get("parts", []))


def collect(source: Path, pages: Sequence[Path]) -> Catalog:
    """Return the catalogue of a book: its notebooks and settings, the library, the builder."""
    catalog = Catalog(project="words that code shows", fuzzy=False)
    found: dict[Path, Iterator[tuple[str, bool]]] = {}
    for page in pages:
        if page.suffix == ".ipynb":
            found[page.relative_to(source)] = texts_of_notebook(page)
    for module in sorted((REPOSITORY / LIBRARY).rglob("*.py")):
        code = module.read_text(encoding="utf-8")
        found[module.relative_to(REPOSITORY)] = iter(texts_of_code(code))
    for module in sorted(Path(__file__).parent.glob("*.py")):
        found[module.relative_to(REPOSITORY)] = texts_of_builder(module)
    found[Path("_config.yml")] = texts_of_settings(source)
    for file, texts in found.items():
        for text, is_template in texts:
            note = [TEMPLATE_NOTE] if is_template else []
            catalog.add(text, locations=[(file.as_posix(), 0)], auto_comments=note)
    return catalog


def main(arguments: Sequence[str] | None = None) -> int:
    """Write everything there is to translate; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m book_build.catalogue", description=__doc__)
    parser.add_argument("--source", type=Path, default=REPOSITORY, help="folder of _config.yml")
    source = parser.parse_args(arguments).source.resolve()
    target = source / "_build" / "gettext"
    run_sphinx(source, target, 1, "gettext", nb_execution_mode="off", language="en")
    catalog = collect(source, pages_of(source))
    with (target / "words.pot").open("wb") as file:
        write_po(file, catalog, include_lineno=False, width=0)
    print(f"{len(catalog)} messages shown by code, and those of the prose: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
