"""Reads a notebook as an author thinks of it: headings, prose, directives, exercises, code cells.

Vocabulary: a *piece* is one thing on the page, in reading order. The Markdown is parsed by MyST's
own parser with the book's own extensions, so that what is checked here is what Sphinx will see.
Code cells are numbered from 0, as nbval numbers them.
"""

import ast
import contextlib
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import nbformat
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from pybtex.database import parse_file
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).parents[2]

ABILITIES = "You will be able to"
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[^\W_]+(?:['’.\-–][^\W_]+)*")
# Directives whose body is not prose.
_OPAQUE = ("math", "figure", "image", "code", "code-block", "code-cell", "glossary", "bibliography")


@dataclass(eq=False)
class Piece:
    """One thing on the page: `kind` is heading, prose, item, math, label, directive or code.

    Attributes
    ----------
    text : str
        A heading's or paragraph's source, a directive's argument, a code cell's source.
    level : int
        1 to 6 for a heading.
    name, options, body : the directive's name, its ``:key: value`` lines, what stands in it.
    inline : the parsed tokens of a heading or paragraph.
    listed : whether a paragraph stands in a list.
    number : the number of a code cell, counted from 0.
    label : what a formula, or a `(label)=`, is called.
    """

    kind: str
    text: str = ""
    level: int = 0
    name: str = ""
    options: dict[str, str] = field(default_factory=dict)
    body: str = ""
    inline: list[Token] = field(default_factory=list)
    listed: bool = False
    number: int = -1
    label: str = ""
    cell: nbformat.NotebookNode | None = None
    markdown_cell: int = -1

    @property
    def words(self) -> int:
        """Words a person reads: no code, mathematics, citations, options or Chinese glosses."""
        shown = " ".join(
            _role_text(token.content)
            if token.type == "myst_role" and token.meta["name"] == "term"
            else token.content
            for token in self.inline
            if token.type in ("text", "myst_role")
            and (token.type == "text" or token.meta["name"] == "term")
        )
        return sum(not _HAN.search(word) for word in _WORD.findall(shown))

    @property
    def classes(self) -> list[str]:
        """The classes of a directive."""
        return self.options.get("class", "").replace(",", " ").split()

    @cached_property
    def transformed(self) -> ast.Module:
        """The syntax tree of what IPython runs: its own lines as calls; empty if broken."""
        with contextlib.suppress(SyntaxError):
            return ast.parse(self.text)  # IPython leaves alone what is Python, and takes longer
        with contextlib.suppress(SyntaxError):
            return ast.parse(_ipython().transform_cell(self.text))
        return ast.Module(body=[], type_ignores=[])

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a code cell, what %time and %timeit run in their place."""
        if "%time" not in self.text:
            return self.transformed
        return _Untimed().visit(copy.deepcopy(self.transformed))

    @property
    def lines(self) -> int:
        """Lines that are not blank; comments count, and a wrapped import counts as one."""
        wrapped = sum(
            node.end_lineno - node.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        )
        return sum(bool(line.strip()) for line in self.text.splitlines()) - wrapped

    @property
    def where(self) -> str:
        """How a message names a code cell."""
        first = next(iter(self.text.strip().splitlines()), "")
        return f"code cell {self.number} ({first[:60]!r})"


@lru_cache(maxsize=1)
def _ipython() -> TransformerManager:
    return TransformerManager()


class _Untimed(ast.NodeTransformer):
    """Puts the code that a timing magic runs into the place of the magic."""

    def visit_Expr(self, node: ast.Expr) -> Any:
        inside = self._timed(node.value)
        return node if inside is None else inside.body

    def visit_Assign(self, node: ast.Assign) -> Any:
        inside = self._timed(node.value)
        if inside is not None and len(inside.body) == 1 and isinstance(inside.body[0], ast.Expr):
            node.value = inside.body[0].value
        return node

    @staticmethod
    def _timed(node: ast.AST) -> ast.Module | None:
        called = node.func if isinstance(node, ast.Call) else None
        if getattr(called, "attr", "") not in ("run_line_magic", "run_cell_magic"):
            return None
        name, *lines = (getattr(one, "value", "") for one in node.args)
        if name not in ("time", "timeit"):
            return None
        options = re.compile(r"^\s*(?:-\w+(?:\s*\d+)?\s+)*")
        try:
            return ast.parse("\n".join([options.sub("", lines[0]), *lines[1:]]))
        except SyntaxError:
            return None


@dataclass(frozen=True)
class Term:
    """A link to the glossary: its entry, and how it stands in the sentence."""

    entry: str
    bold: bool
    chinese: str


@dataclass
class Exercise:
    """An exercise with its label, hints, solution cells, and every code cell that belongs to it.

    `task` is the first paragraph of its text.
    """

    label: str
    task: str = ""
    has_hint: bool = False
    has_solution: bool = False
    is_folded: bool = False
    solution: list[Piece] = field(default_factory=list)
    codes: list[Piece] = field(default_factory=list)


class Chapter:
    """A notebook, read."""

    def __init__(self, path: Path):
        self.path = path
        self.name = path.stem
        self.file_text = path.read_text(encoding="utf-8")
        self.notebook = nbformat.reads(self.file_text, as_version=4)
        self.pieces = list(self._read())

    def _read(self) -> Iterator[Piece]:
        number = markdown_cell = -1
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                number += 1
                yield Piece("code", cell.source, number=number, cell=cell)
            elif cell.cell_type == "markdown":
                markdown_cell += 1
                for piece in pieces_of(cell.source):
                    piece.markdown_cell = markdown_cell
                    yield piece

    @cached_property
    def codes(self) -> list[Piece]:
        """The code cells, in order."""
        return [piece for piece in self.pieces if piece.kind == "code"]

    @property
    def prose(self) -> list[Piece]:
        """What a chapter's reader reads: everything but the solutions."""
        found, solving = [], False
        for piece in self.pieces:
            if piece.name in ("solution-start", "solution-end"):
                solving = piece.name == "solution-start"
            elif not solving:
                found.append(piece)
        return found

    @cached_property
    def headings(self) -> list[Piece]:
        """The headings, in order."""
        return [piece for piece in self.pieces if piece.kind == "heading"]

    @property
    def opening(self) -> list[Piece]:
        """What stands before the first `##`."""
        ends = (i for i, piece in enumerate(self.pieces) if piece.level == 2)
        return self.pieces[: next(ends, len(self.pieces))]

    def section(self, title: str) -> list[Piece]:
        """Return what stands under the `##` whose words begin with `title`; [] without one."""
        found: list[Piece] = []
        inside = False
        for piece in self.pieces:
            if piece.kind == "heading" and piece.level <= 2:
                inside = piece.level == 2 and plain(piece).lower().startswith(title.lower())
            elif inside:
                found.append(piece)
        return found

    def words(self, pieces: list[Piece] | None = None) -> int:
        """Count the words of prose."""
        return sum(piece.words for piece in (self.pieces if pieces is None else pieces))

    def roles(self, name: str, pieces: list[Piece] | None = None) -> list[str]:
        """Return the contents of the roles whose name is `name` or begins with `name:`."""
        return [
            token.content
            for piece in (self.pieces if pieces is None else pieces)
            for token in piece.inline
            if token.type == "myst_role" and token.meta["name"].split(":")[0] == name
        ]

    @property
    def abilities(self) -> list[list[Piece]]:
        """The list items under "You will be able to", each with its paragraphs."""
        start = next((i for i, one in enumerate(self.opening) if ABILITIES in plain(one)), -1)
        found: list[list[Piece]] = []
        for piece in self.opening[start + 1 :] if start >= 0 else []:
            if piece.kind == "item":
                found.append([])
            elif not piece.listed:
                break
            else:
                found[-1].append(piece)
        return found

    def citations(self, pieces: list[Piece] | None = None) -> list[str]:
        """Return the keys that are cited, in order, with repeats."""
        return [key.strip() for text in self.roles("cite", pieces) for key in text.split(",")]

    @cached_property
    def terms(self) -> list[Term]:
        """The links to the glossary, in order."""
        return [term for piece in self.pieces for term in _terms(piece.inline)]

    @cached_property
    def exercises(self) -> list[Exercise]:
        """The exercises, each up to the next one or the next `##`."""
        found: list[Exercise] = []
        current, solving = None, False
        for piece in self.pieces:
            if piece.kind == "heading" and piece.level <= 2:
                current, solving = None, False
            elif piece.kind == "directive" and piece.name in ("exercise", "exercise-start"):
                current, solving = Exercise(piece.options.get("label", "")), False
                found.append(current)
            elif piece.kind == "directive" and piece.name == "solution-start":
                owner = [one for one in found if one.label == piece.text]
                current, solving = (owner[0] if owner else None), True
                if current:
                    current.has_solution = True
                    current.is_folded = "dropdown" in piece.classes
            elif piece.kind == "directive" and piece.name == "solution-end":
                solving = False
            elif current:
                _add_to(current, piece, solving)
        return found

    @cached_property
    def exercise_cells(self) -> set[int]:
        """The numbers of the code cells that belong to exercises."""
        return {code.number for one in self.exercises for code in one.codes}


def _add_to(exercise: Exercise, piece: Piece, solving: bool) -> None:
    if piece.kind == "code":
        exercise.codes.append(piece)
        if solving:
            exercise.solution.append(piece)
    elif piece.kind == "directive" and not solving and "dropdown" in piece.classes:
        titled = piece.name == "admonition" and piece.text.startswith("Hint")
        exercise.has_hint = exercise.has_hint or piece.name == "hint" or titled
    elif piece.kind == "prose" and not solving:
        exercise.task = exercise.task or piece.text


class Book:
    """What the chapters share: the glossary, the references, and the chapters themselves.

    Parameters
    ----------
    root : the folder that holds book/, notebooks/ and _toc.yml
    """

    def __init__(self, root: Path = ROOT):
        self.root = root
        self.paths = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))

    @cached_property
    def chapters(self) -> list[Chapter]:
        """Every chapter, in the order of its number."""
        return [Chapter(path) for path in self.paths]

    @cached_property
    def glossary(self) -> dict[str, str]:
        """Entry in lower case -> the first Chinese words of its line or definition."""
        entries: dict[str, str] = {}
        for piece in pieces_of((self.root / "book/glossary.md").read_text(encoding="utf-8")):
            if piece.kind == "directive" and piece.name == "glossary":
                entries |= _glossary_entries(piece.body)
        return entries

    @cached_property
    def contents(self) -> set[str]:
        """The pages that _toc.yml names, without their suffixes."""
        return {str(Path(page).with_suffix("")) for page in parse_toc_yaml(self.root / "_toc.yml")}

    @cached_property
    def references(self) -> set[str]:
        """The keys of book/references.bib."""
        return set(parse_file(str(self.root / "book/references.bib"), encoding="utf-8").entries)


# --- Markdown ----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    extensions = set(settings["parse"]["myst_enable_extensions"])
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


def pieces_of(markdown: str) -> Iterator[Piece]:
    """Yield the pieces of Markdown, those inside directives after the directive itself."""
    level = depth = 0
    for token in _parser().parse(markdown):
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "inline":
            kind = "heading" if level else "prose"
            yield Piece(kind, token.content, level, inline=token.children or [], listed=depth > 0)
            level = 0
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            yield Piece("item", level=0)
        elif token.type.startswith("math_block") or token.type == "amsmath":
            yield Piece("math", token.content, label=token.info)
        elif token.type == "myst_target":
            yield Piece("label", label=token.content)
        elif token.type in ("fence", "colon_fence") and token.info.startswith("{"):
            yield from _directive(token)


def _directive(token: Token) -> Iterator[Piece]:
    name, _, argument = token.info.strip()[1:].partition("}")
    options, body = _split_options(token.content)
    yield Piece("directive", argument.strip(), name=name, options=options, body=body)
    if name == "math":
        yield Piece("math", body)
    elif name not in _OPAQUE:
        yield from pieces_of(body)


def _split_options(content: str) -> tuple[dict[str, str], str]:
    """Split a directive's text into its `:key: value` lines (or YAML block) and its body."""
    lines = content.splitlines()
    if lines and lines[0].strip() == "---" and "---" in [line.strip() for line in lines[1:]]:
        end = [line.strip() for line in lines[1:]].index("---") + 1
        block = yaml.safe_load("\n".join(lines[1:end])) or {}
        return {key: str(value) for key, value in block.items()}, "\n".join(lines[end + 1 :])
    options: dict[str, str] = {}
    for at, line in enumerate(lines):
        match = re.match(r":([\w-]+):\s*(.*)$", line)
        if not match:
            return options, "\n".join(lines[at:])
        options[match.group(1)] = match.group(2).strip()
    return options, ""


def plain(piece: Piece) -> str:
    """Return the words of a heading or paragraph without its markup."""
    return "".join(token.content for token in piece.inline).strip()


def role_target(content: str) -> str:
    """Return what a role leads to: `words <target>`, or the words themselves."""
    named = re.search(r"<([^>]*)>$", content)
    return (named.group(1) if named else content).strip()


def _role_text(content: str) -> str:
    return re.sub(r"\s*<[^>]*>$", "", content)


def _terms(inline: list[Token]) -> Iterator[Term]:
    for at, token in enumerate(inline):
        if token.type != "myst_role" or token.meta["name"] != "term":
            continue
        entry = " ".join(role_target(token.content).split()).lower()
        strong = [i for i in range(at) if inline[i].type in ("strong_open", "strong_close")]
        bold = bool(strong) and inline[strong[-1]].type == "strong_open"
        after = "".join(one.content for one in inline[at + 1 : at + 5] if one.type == "text")
        gloss = re.match(r"[^()（）.]*[(（]([^)）]*)[)）]", after)
        chinese = _HAN.search(gloss.group(1)) if gloss else None
        yield Term(entry, bold, chinese.group(0) if chinese else "")


def _glossary_entries(body: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    names: list[str] = []
    last_was_name = False
    for line in filter(str.strip, body.splitlines()):
        is_name = not line[0].isspace()
        if is_name:
            names = [*names, line] if last_was_name else [line]
        if found := _HAN.search(line):
            entries |= {_entry(name): entries.get(_entry(name)) or found.group(0) for name in names}
        else:
            entries |= {_entry(name): entries.get(_entry(name), "") for name in names}
        last_was_name = is_name
    return entries


def _entry(line: str) -> str:
    # "gradient descent : key" sorts the entry elsewhere; "(梯度下降)" is no part of its name.
    name = re.sub(r"\s*[(（][^)）]*[)）]\s*$", "", line.split(" : ")[0])
    return " ".join(name.split()).lower()
