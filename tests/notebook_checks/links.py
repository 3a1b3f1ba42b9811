"""Where the links of a page lead, and whether its formulas can be set.

The build of the book tells the same, minutes later. A link to a page wants the file, an anchor
wants a heading or a label of that page, a formula wants to be understood by KaTeX.
"""

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from docutils import nodes
from myst_parser.mdit_to_docutils.base import default_slugify

from book_build.mathematics import KATEX, Formula, Typesetter, formula
from notebook_checks.chapter import Book, Chapter, Piece, pieces_of, role_target

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # https:, mailto:
_LABELS = ("ref", "numref", "eq")
_DEEPEST_ANCHOR = 3  # myst_heading_anchors of _config.yml
_errors: dict[Formula, str] = {}


@dataclass
class Page:
    """What of a page can be linked to: its headings by their words, and its labels."""

    slugs: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)


def page_of(pieces: Iterable[Piece]) -> Page:
    """Read the headings and labels of a page."""
    page = Page()
    for piece in pieces:
        if piece.kind == "heading" and piece.level <= _DEEPEST_ANCHOR:
            words = [one.content for one in piece.inline if one.type in ("text", "code_inline")]
            page.slugs.append(_unique(default_slugify("".join(words)), page.slugs))
        named = (piece.label, piece.options.get("label", ""), piece.options.get("name", ""))
        page.labels |= {name.strip().lower() for name in named if name}
    return page


def _unique(slug: str, taken: list[str]) -> str:
    number = 1  # as MyST counts
    while slug in taken:
        slug, number = f"{slug}-{number}", number + 1
    return slug


@lru_cache(maxsize=1)
def pages_of(book: Book) -> dict[Path, Page]:
    """Return every page of the book by its path: chapters, and what lies in book/."""
    pages = {one.path: page_of(one.pieces) for one in book.chapters}
    for path in sorted((book.root / "book").glob("*.md")):
        pages[path] = page_of(pieces_of(path.read_text(encoding="utf-8")))
    return pages


def faults(chapter: Chapter, pages: dict[Path, Page]) -> Iterator[str]:
    """Yield a sentence for each link of a chapter that leads nowhere."""
    for piece in chapter.pieces:
        for token in piece.inline:
            if token.type == "link_open":
                yield from fault_of_link(str(token.attrGet("href")), chapter.path, pages)
            elif token.type == "myst_role":
                yield from _fault_of_role(token.meta["name"], token.content, chapter, pages)


def fault_of_link(target: str, page: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """Yield a sentence if a link of the file `page` leads nowhere."""
    if _ELSEWHERE.match(target):
        return
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if path not in pages:
        if name and not path.exists():
            yield f"`]({target})`: there is no page {name!r}{_near(name, _names(page, pages))}"
    elif anchor and anchor not in (known := {*pages[path].slugs, *pages[path].labels}):
        yield f"`]({target})`: {path.name} has no heading or label {anchor!r}{_near(anchor, known)}"


def _fault_of_role(
    role: str, content: str, chapter: Chapter, pages: dict[Path, Page]
) -> Iterator[str]:
    target = role_target(content)
    if role == "doc":
        known = {name.rpartition(".")[0] for name in _names(chapter.path, pages)}
        if target not in known:
            yield f"{{doc}}`{target}`: there is no such page{_near(target, known)}"
    elif role in _LABELS:
        known = set().union(*(page.labels for page in pages.values()))
        if target.lower() not in known:
            yield f"{{{role}}}`{target}`: no page has this label{_near(target, known)}"


def _names(page: Path, pages: dict[Path, Page]) -> set[str]:
    """Return how links of a page name the other pages."""
    return {Path(os.path.relpath(one, page.parent)).as_posix() for one in pages}


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


# --- Formulas ----------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def formulas_of(chapter: Chapter) -> list[Formula]:
    """Return the formulas of a chapter, as the build hands them to KaTeX."""
    found = []
    for piece in chapter.pieces:
        if piece.kind == "math":
            found.append(formula(nodes.math_block("", piece.text)))
        inside = [one for one in piece.inline if one.type == "math_inline"]
        found += [formula(nodes.math("", one.content)) for one in inside]
    return found


def errors_of(chapter: Chapter, book: Book) -> dict[Formula, str]:
    """Return what KaTeX says of the formulas that it cannot set; nothing where it is missing.

    A process of node takes half a second, so the whole book is set at once.
    """
    new = [one for each in book.chapters for one in formulas_of(each) if one not in _errors]
    if new and KATEX.exists():
        _errors.update(dict.fromkeys(new, "") | Typesetter().set(new))
    return {one: _errors[one] for one in formulas_of(chapter) if _errors.get(one)}
