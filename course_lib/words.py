"""Words that code shows, in the reader's language: labels, sentences, axis titles, results.

Whoever writes a chapter writes plain strings and f-strings, in English. For another language the
environment variable COURSE_WORDS names a JSON file with their translations
(``book_build/catalogue.py`` collects the messages and writes that file). Without it every text
stays as it is, at no cost.

Words used here: a *template* is the text of an f-string with a name in braces for each value,
``"The curve x to the power {power}."``; its *literals* are what stands between the values.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import string
from functools import lru_cache
from pathlib import Path

SETTING = "COURSE_WORDS"
WORD = re.compile(r"[A-Za-z]")
# Where a text that no message matches is cut, to translate its parts: lines, sentences, lists.
JOINT = re.compile(r"(\n|; |: |, |(?<=[.!?]) )")


def translated(text: str) -> str:
    """Return a text in the language of COURSE_WORDS; the text itself where nothing is known of it.

    A text is looked up as it stands, then among the templates, and is cut into lines, sentences
    and members of a list where none fits. The values of a template are translated in their turn,
    and may stand in another order in the translation.

    Examples
    --------
    >>> translated("learning rate")  # COURSE_WORDS is not set: an English book
    'learning rate'
    """
    path = os.environ.get(SETTING)
    return catalogue(path).translated(text) if path else text


def in_english() -> bool:
    """Whether texts stay as their authors wrote them."""
    return not os.environ.get(SETTING)


def version() -> str:
    """Return what tells one state of the translations from another; nothing in English.

    >>> version()
    ''
    """
    path = os.environ.get(SETTING)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] if path else ""


class Catalogue:
    """Messages of one language.

    Parameters
    ----------
    exact : dict of str to str
        Translations of whole texts.
    templates : dict of str to str
        Translations of templates, with the same names in braces; ``{{`` and ``}}`` are braces.
    """

    def __init__(self, exact: dict[str, str], templates: dict[str, str]):
        self._exact = exact
        parsed = [(*_parsed(text), translation) for text, translation in templates.items()]
        # the one that says most comes first: "{a} of {b}" would fit half of all sentences
        self._templates = sorted(parsed, key=lambda one: -sum(map(len, one[0])))

    def translated(self, text: str) -> str:
        """Return the translation of a text, see `translated`. Cost: one look at each template."""
        inner = text.strip()
        if not WORD.search(inner):
            return text
        found = self._exact.get(inner) or self._from_template(inner) or self._from_parts(inner)
        return text.replace(inner, found, 1)

    def _from_template(self, text: str) -> str | None:
        for literals, names, translation in self._templates:
            values = between(literals, text)
            if values is not None and "\n" not in "".join(values):  # a value stands on one line
                known = zip(names, map(self.translated, values), strict=True)
                return translation.format_map(dict(known))
        return None

    def _from_parts(self, text: str) -> str:
        parts = JOINT.split(text)
        return text if len(parts) == 1 else "".join(map(self.translated, parts))


@lru_cache(maxsize=1)
def catalogue(path: str) -> Catalogue:
    """Read the file that COURSE_WORDS names, once."""
    return Catalogue(**json.loads(Path(path).read_text(encoding="utf-8")))


def _parsed(template: str) -> tuple[list[str], list[str]]:
    """Return the literals of a template, one more than values, and the values' names."""
    literals, names = [""], []
    for literal, name, _, _ in string.Formatter().parse(template):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    return literals, names


def names_in(template: str) -> set[str]:
    """Return the names of a template's values.

    >>> sorted(names_in("{done} of {all}"))
    ['all', 'done']
    """
    return set(_parsed(template)[1])


def between(literals: list[str], text: str) -> list[str] | None:
    """Return what stands between the literals in a text; None where they do not make up the text.

    Each value is the shortest that leaves room for the next literal, so one pass is enough.

    Examples
    --------
    >>> between(["From ", " to ", "."], "From 1 to 20.")
    ['1', '20']
    """
    first, *middle, last = literals
    end = len(text) - len(last)
    place = len(first)
    if end < place or not text.startswith(first) or not text.endswith(last):
        return None
    values = []
    for literal in middle:
        found = text.find(literal, place, end)
        if found < 0:
            return None
        values.append(text[place:found])
        place = found + len(literal)
    return [*values, text[place:end]]
