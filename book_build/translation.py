"""The book in another language: the words that code shows are translated while it is built.

Sphinx translates the prose, from ``locale/LANGUAGE/LC_MESSAGES``. The rest is the catalogue that
`book_build.catalogue` collects, translated in ``locale/LANGUAGE/words.po``, in which
`course_lib.words` finds a text. Here it is made ready, and put to settings and printed outputs.
"""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from typing import Any

from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from docutils import nodes

from course_lib import words
from course_lib.words import names_in, translated

TEMPLATE_NOTE = "Keep the names in braces, each stands for a value; their order is free."
SHOWN_THEME_OPTIONS = ("search_bar_text",)
# What theme and Sphinx show in English in every language, or in some.
THEME_TEXTS = (
    "Color mode",
    "Link to this heading",
    "Link to this term",
    "Main",
    "Page",
    "System Settings",
    "Toggle primary sidebar",
    "Toggle secondary sidebar",
)
THEME_TEMPLATES = ("© Copyright {year}.",)
BETWEEN_TAGS = re.compile(r"(?<=>)[^<>{}]+(?=<)")


def is_template(message: Message) -> bool:
    """Whether a message is the text of an f-string."""
    return TEMPLATE_NOTE in message.auto_comments


def compile_po(po: Path, target: Path) -> None:
    """Write the translations of a ``.po`` file for `course_lib.words`; fuzzy ones are left out.

    Raises
    ------
    ValueError
        With every translation of a template that names a value which the template does not have.
    """
    with po.open("rb") as file:
        messages = [one for one in read_po(file) if one.id and one.string and not one.fuzzy]
    wrong = [
        f"{one.id!r} became {one.string!r}"
        for one in messages
        if is_template(one) and not names_in(one.string) <= names_in(one.id)
    ]
    if wrong:
        raise ValueError("\n  ".join([f"{po} has values that no template has:", *wrong]))
    words: dict[str, Any] = {"exact": {}, "templates": {}}
    for one in messages:
        words["templates" if is_template(one) else "exact"][one.id] = one.string
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")


def set_language(source: Path, language: str) -> None:
    """Let everything from here on, kernels too, show the words of a language.

    Raises
    ------
    FileNotFoundError, ValueError
        If the translated catalogue is not there, or values in it do not fit.
    """
    os.environ.pop(words.SETTING, None)
    if language == "en":
        return
    target = source / "_build" / f"words-{language}.json"
    compile_po(source / "locale" / language / "words.po", target)
    os.environ[words.SETTING] = str(target)


def translate_settings(app: Any, config: Any) -> None:
    """Translate the settings that are shown (``config-inited``)."""
    config.html_title = translated(config.html_title)
    for name in SHOWN_THEME_OPTIONS:
        if text := config.html_theme_options.get(name):
            config.html_theme_options[name] = translated(text)


def translate_captions(app: Any, config: Any) -> None:
    """Translate the captions of the table of contents (``config-inited``, once it is read)."""
    for document in config.external_site_map.values():
        for tree in document.subtrees:
            tree.caption = tree.caption and translated(tree.caption)


def translate_outputs(app: Any, document: nodes.document) -> None:
    """Translate the lines and the tables that cells have put out (``doctree-read``)."""
    if words.in_english():
        return
    for block in document.findall(nodes.literal_block):
        if "output" in block["classes"]:
            text = translated(block.astext())
            block.rawsource = text
            block.children = [nodes.Text(text)]
    for raw in document.findall(nodes.raw):
        if raw.get("format") == "html" and "output" in raw["classes"]:
            raw.children = [nodes.Text(BETWEEN_TAGS.sub(_cell, raw.astext()))]


def _cell(found: re.Match[str]) -> str:
    return html.escape(translated(html.unescape(found[0])))


def setup(app: Any) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", translate_settings)
    app.connect("config-inited", translate_captions, priority=950)
    app.connect("doctree-read", translate_outputs)
