"""Questions of a page: forms that mark themselves, and a folded answer for those without scripts.

What marks them is book/_static/questions.js. A question that is asked first stands above the
picture of its explorer.
"""

from __future__ import annotations

import hashlib
import html
import json
from typing import Any, ClassVar

from docutils import nodes

from course_lib.explore.frames import QUESTIONS_MIME
from course_lib.words import translated


class questions(nodes.General, nodes.Element):
    """Questions about an explorer, or about earlier chapters."""


class QuestionsRenderer:
    """Tell myst-nb how to render questions (an entry point in pyproject.toml)."""

    mime_priority_overrides: ClassVar = [
        (builder, QUESTIONS_MIME, 1) for builder in ("html", "dirhtml", "singlehtml")
    ]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Return the questions' node; None for anything that is no question."""
        if inline or data.mime_type != QUESTIONS_MIME:
            return None
        return [questions(asked=data.content["questions"], explorer=data.content["explorer"])]


def first_questions(document: nodes.document, explorer: str) -> str:
    """Return the forms of what is asked before an explorer is moved; "" if nothing is."""
    forms = [
        _form(one, explorer)
        for node in document.findall(questions)
        if node["explorer"] == explorer
        for one in node["asked"]
        if one["first"]
    ]
    if not forms:
        return ""
    title = _title(translated("Guess first"))
    return f'<div class="course-questions before">{title}{"".join(forms)}</div>'


def figure_id(explorer: str) -> str:
    """Return the anchor of an explorer's figure."""
    return "explorer-" + explorer.replace(" ", "-")


def _visit_questions(writer: Any, node: questions) -> None:
    explorer = node["explorer"]
    forms = [_form(one, explorer) for one in node["asked"] if not one["first"]]
    if forms:
        title = _title(translated("Try it" if explorer else "Do you remember?"))
        writer.body.append(f'<div class="course-questions">{title}{"".join(forms)}</div>\n')
    raise nodes.SkipNode


def _title(words: str) -> str:
    return f'<p class="course-questions-title">{html.escape(words)}</p>'


def _form(question: dict[str, Any], explorer: str | None) -> str:
    """Return one question: native elements, so keyboard and screen readers know them."""
    name = hashlib.sha256(f"{explorer} {question['text']}".encode()).hexdigest()[:8]
    text = f'<p id="q{name}">{html.escape(question["text"])}</p>'
    check = translated("Is this it?" if question["kind"] == "find" else "Check")
    buttons = f'<button type="submit">{html.escape(check)}</button>'
    if question["first"]:
        buttons += f'<button type="button">{html.escape(translated("Skip"))}</button>'
    hidden = ("kind", "right", "within", "given", "wrong", "missing", "said")
    data = {key: question[key] for key in hidden if key in question}
    # "</" would end the script element
    marking = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    about = f' data-explorer="{figure_id(explorer)}"' if explorer else ""
    first = " data-first" if question["first"] else ""
    return (
        f'<form class="question" id="question-{name}" aria-labelledby="q{name}"{about}{first}'
        ' autocomplete="off" novalidate>'
        f"{text}{FIELDS[question['kind']](question, name)}"
        f'<div class="question-buttons">{buttons}</div><p class="question-mark" role="status"></p>'
        f"{_answer(question)}"
        f'<script type="application/json">{marking}</script></form>'
    )


def _options(question: dict[str, Any], name: str) -> str:
    labels = (
        f'<label><input type="radio" name="{name}" value="{k}"> {html.escape(option)}</label>'
        for k, option in enumerate(question["options"])
    )
    return f'<div role="radiogroup" aria-labelledby="q{name}">{"".join(labels)}</div>'


def _number_field(question: dict[str, Any], name: str) -> str:
    field = f'<input type="text" inputmode="decimal" size="8" aria-labelledby="q{name}">'
    return f'<div class="question-number">{field} {html.escape(question["unit"])}</div>'


FIELDS = {"find": lambda *_: "", "choose": _options, "number": _number_field}


def _answer(question: dict[str, Any]) -> str:
    """Return the folded answer; without scripts it is all that answers."""
    words = html.escape(translated("Show me" if question["kind"] == "find" else "Answer"))
    link = ""
    if place := question["place"]:
        page, _, anchor = place.partition("#")
        address = page.removesuffix(".ipynb") + ".html" + (f"#{anchor}" if anchor else "")
        link = f' <a href="{html.escape(address)}">{html.escape(translated("Read it again"))}</a>.'
    return (
        f"<details><summary>{words}</summary><p><strong>{html.escape(question['answer'])}.</strong>"
        f" {html.escape(question['why'])}{link}</p></details>"
    )


def setup(app: Any) -> None:
    """Register the questions' node and what marks them (called by the extension's ``setup``)."""
    app.add_node(questions, html=(_visit_questions, None), override=True)
    app.add_js_file("questions.js", loading_method="defer")
    app.add_css_file("questions.css")
