"""Chapters are numbered by their files: ``05_linear_regression`` is chapter 5.

A chapter keeps its number when another is added before it, and the number on the page, in the
file's name and in the address agree. Its sections are 5.1, 5.2, ...; no other page has a number.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles

Number = tuple[int, ...]
DEPTH = 2  # chapter and section


def chapter_number(docname: str) -> int | None:
    """The number in a page's file name, None for a page that is not a chapter.

    >>> chapter_number("notebooks/05_linear_regression"), chapter_number("book/glossary")
    (5, None)
    """
    match = re.search(r"(?:^|/)(\d\d)_[^/]+$", docname)
    return int(match[1]) if match else None


def assign_section_numbers(collector: object, env: BuildEnvironment) -> list[str]:
    """Number titles and sections; return the pages whose numbers changed (Sphinx rewrites them)."""
    before, env.toc_secnumbers = env.toc_secnumbers, {}
    for docname in env.found_docs & env.tocs.keys():
        number = chapter_number(docname)
        env.titles[docname].attributes.pop("secnumber", None)
        if number is not None:
            env.titles[docname]["secnumber"] = (number,)
            (title, *_) = env.tocs[docname].children
            env.toc_secnumbers[docname] = _numbers(title, (number,))
    now = env.toc_secnumbers
    return [doc for doc in before.keys() | now.keys() if before.get(doc) != now.get(doc)]


def _numbers(item: nodes.list_item, number: Number) -> dict[str, Number | None]:
    """Numbers by anchor of a heading in the table of contents and of the headings below it."""
    shown = number if len(number) <= DEPTH else None
    heading = next(iter(item.findall(addnodes.compact_paragraph)))[0]
    heading["secnumber"] = shown
    numbers = {heading["anchorname"]: shown}
    below = [child for child in item.children if isinstance(child, nodes.bullet_list)]
    subitems = [i for part in below for i in part.children if isinstance(i, nodes.list_item)]
    for position, subitem in enumerate(subitems, start=1):
        numbers |= _numbers(subitem, (*number, position))
    return numbers


def setup(app: Sphinx) -> None:
    """Replace the numbering of sphinx_external_toc, which counts chapters as they come."""
    TocTreeCollectorWithStyles.assign_section_numbers = assign_section_numbers
