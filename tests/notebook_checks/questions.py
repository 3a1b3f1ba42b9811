"""What the questions of a chapter must hold, so that the page can mark them.

A *question* is a call `choose(...)`, `find(...)` or `number(...)` among the arguments of
`NAME.ask(...)` or `recall(...)`. All is judged by syntax: whether an answer is right is judged by
the build, which computes it.
"""

import ast
import re
from collections.abc import Iterator

from book_build import notebook_format
from notebook_checks import code as python
from notebook_checks import links
from notebook_checks.chapter import Book, Chapter, Piece
from notebook_checks.code import Asked

AFTER_AN_EXPLORER = (2, 3)
MOST_RECALLED = 3
WITHOUT_EXPLORER = ("choose", "number")  # and before its first move
KINDS = (*WITHOUT_EXPLORER, "find")
# What a plain text does not show as it is meant: $x$, **x**, `x`, \\lambda, {term}`x`.
_MARKUP = re.compile(r"\$[^$\s][^$]*\$|\*\*|`|\\[A-Za-z]|\{[a-z:]+\}")


def faults_after(chapter: Chapter, explorer: Piece) -> Iterator[str]:
    """Yield a sentence for each fault of what is asked after an explorer's cell."""
    least, most = AFTER_AN_EXPLORER
    following = list(_up_to_the_next(chapter, explorer))
    for name in python.explorers(explorer):
        found = [(at, one) for at in following for one in python.asked(at) if one.of == name]
        if len(found) != 1:
            yield (
                f"{explorer.where}: call `{name}.ask(...)` once, in the cell after it, with two "
                f"or three questions; found {len(found)} calls before the next heading or explorer"
            )
            continue
        [(code, asked)] = found
        if not least <= (count := len(asked.call.args)) <= most:
            yield f"{code.where}: ask {least} or {most} questions; found {count}"
        yield from _faults_of_questions(code, asked, KINDS)
        yield from _faults_of_first(code, asked)


def _up_to_the_next(chapter: Chapter, explorer: Piece) -> Iterator[Piece]:
    """Yield the explorer's cell and the code cells below it, to the next heading or explorer."""
    yield explorer
    for piece in chapter.pieces[chapter.pieces.index(explorer) + 1 :]:
        if piece.kind == "heading" or (piece.kind == "code" and python.is_explorer(piece)):
            return
        if piece.kind == "code":
            yield piece


def _faults_of_questions(code: Piece, asked: Asked, kinds: tuple[str, ...]) -> Iterator[str]:
    for one in asked.call.args:
        start = ast.unparse(one)[:50]
        if _kind(one) not in kinds:
            yield f"{code.where}: `{start}` is no question here: write one of {kinds}"
        elif "why" not in _named(one):
            yield f"{code.where}: `{start}`: give it `why=`, the reason in a sentence or two"


def _faults_of_first(code: Piece, asked: Asked) -> Iterator[str]:
    first = [one for one in asked.call.args if "first" in _named(one)]
    if len(first) != 1 or not _is_true(_named(first[0])["first"]):
        yield (
            f"{code.where}: ask exactly one of the questions with `first=True`, before the first "
            f"move; found {len(first)}"
        )
    elif _kind(first[0]) not in WITHOUT_EXPLORER:
        yield f"{code.where}: before the first move ask with one of {WITHOUT_EXPLORER}"


def faults_of_recall(chapter: Chapter, book: Book) -> Iterator[str]:
    """Yield a sentence for each fault of what a chapter asks about earlier ones."""
    earlier = [one.name for one in book.chapters if one.name < chapter.name]
    wanted = min(MOST_RECALLED, len(earlier))
    found = [(code, one) for code in chapter.codes for one in python.asked(code) if not one.of]
    if not earlier:
        yield from (f"{code.where}: there is no earlier chapter to recall" for code, _ in found)
    elif len(found) != 1 or found[0][0] not in chapter.opening:
        yield (
            f"call `recall(...)` once, before the first `##`, with {wanted} of the questions that "
            f"earlier chapters answer; found {len(found)} calls"
        )
    else:
        [(code, asked)] = found
        if (count := len(asked.call.args)) != wanted:
            yield (
                f"{code.where}: recall with {wanted} questions ({len(earlier)} earlier chapters; "
                f"at most {MOST_RECALLED}); found {count}"
            )
        yield from _faults_of_questions(code, asked, WITHOUT_EXPLORER)
        for question in asked.call.args:
            yield from _faults_of_place(code, question, chapter, earlier, book)


def _faults_of_place(
    code: Piece, question: ast.expr, chapter: Chapter, earlier: list[str], book: Book
) -> Iterator[str]:
    place = getattr(_named(question).get("place"), "value", None)
    link = re.fullmatch(r"([\w-]+)\.ipynb#.+", place) if isinstance(place, str) else None
    where = f"{code.where}: `{ast.unparse(question)[:50]}`"
    if link is None:
        yield f'{where}: say which section answers it: `place="{earlier[-1]}.ipynb#heading"`'
    elif link.group(1) not in earlier:
        yield f"{where}: {place!r} is in no earlier chapter; those are {earlier}"
    else:
        found = links.fault_of_link(place, chapter.path, links.pages_of(book))
        yield from (f"{where}: {why}" for why in found)


def faults_of_form(code: Piece) -> Iterator[str]:
    """Yield a sentence for each fault in how a cell asks, whatever it asks."""
    if python.only_asks(code) and not notebook_format.is_unseen(code.cell):
        yield (
            f"{code.where}: keep what asks from the page, as it tells the answers: the tag "
            "'remove-input', and `source_hidden` under `jupyter` in the metadata"
        )
    for one in python.asked(code):
        for text in _texts(one.call):
            if found := _MARKUP.search(text):
                yield (
                    f"{code.where}: {found.group(0)!r}: texts of questions are plain, with η, λ₁, "
                    "x² for mathematics and no markup"
                )


def _texts(call: ast.Call) -> Iterator[str]:
    for node in ast.walk(call):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _kind(question: ast.expr) -> str:
    return ".".join(python.chain(question)) if isinstance(question, ast.Call) else ""


def _named(question: ast.expr) -> dict[str, ast.expr]:
    """Return what a call is given by name."""
    keywords = question.keywords if isinstance(question, ast.Call) else []
    return {one.arg: one.value for one in keywords if one.arg}


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
