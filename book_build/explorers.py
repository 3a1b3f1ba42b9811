"""Explorers of a page: the frames become files of the site, and a small player shows them.

Without JavaScript the default picture and its sentence stand there as an ordinary figure; the
player is book/_static/explorer.js.
"""

from __future__ import annotations

import html
import json
import math
from binascii import a2b_base64
from typing import Any, ClassVar

from docutils import nodes

from book_build.pictures import img_tag, picture, picture_url, publish
from book_build.questions import figure_id, first_questions
from course_lib.explore.frames import MIME
from course_lib.words import translated


class explorer(nodes.General, nodes.Element):
    """An explorer; its children are the pictures of all its settings."""


class ExplorerRenderer:
    """Tell myst-nb how to render an explorer's output (an entry point in pyproject.toml)."""

    mime_priority_overrides: ClassVar = [
        (builder, MIME, 1) for builder in ("html", "dirhtml", "singlehtml")
    ]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Return the explorer's node; None for anything that is not an explorer."""
        if inline or data.mime_type != MIME:
            return None
        content = data.content
        node = explorer(
            name=content["name"], controls=content["controls"], start=_start(content["controls"])
        )
        for frame in content["frames"]:
            uri = publish(renderer, "explorer", a2b_base64(frame["picture"]))
            node += picture(
                uri=uri,
                alt=frame["sentence"],
                photo=content["photo"],
                width=content["width"],
                height=content["height"],
                setting=frame["setting"],
            )
        return [node]


def _start(controls: list[dict[str, Any]]) -> int:
    """Return the place of the default frame: the last control changes fastest."""
    place = 0
    for control in controls:
        place = place * len(control["words"]) + control["start"]
    return place


def _control_html(control: dict[str, Any], identity: str) -> str:
    """Return one control: native elements, so keyboard and screen readers know them."""
    words = [html.escape(word) for word in control["words"]]
    label = f'<label for="{identity}">{html.escape(control["label"])}</label>'
    if control["kind"] == "choice":
        options = "".join(
            f"<option{' selected' if k == control['start'] else ''}>{word}</option>"
            for k, word in enumerate(words)
        )
        field = f'<select id="{identity}" autocomplete="off">{options}</select>'
        return f'<div class="explorer-control">{label}{field}</div>'
    start = words[control["start"]]
    field = (
        f'<input type="range" id="{identity}" min="0" max="{len(words) - 1}"'
        f' value="{control["start"]}" aria-valuetext="{start}" autocomplete="off">'
        f'<output for="{identity}">{start}</output>'
    )
    play = _play_button(control["label"]) if control["play"] else ""
    return f'<div class="explorer-control">{label}{play}{field}</div>'


def _play_button(label: str) -> str:
    """Return the button that runs through a slider; it has two names, one while it runs."""
    play = html.escape(translated(f"Play {label}"))
    pause = html.escape(translated(f"Pause {label}"))
    return f'<button type="button" aria-label="{play}" data-pause="{pause}">▶</button>'


def _visit_explorer(writer: Any, node: explorer) -> None:
    identity = figure_id(node["name"])
    before = first_questions(node.document, node["name"])
    first = node.children[node["start"]]
    controls = "".join(
        _control_html(control, f"{identity}-{control['name']}") for control in node["controls"]
    )
    data = {
        "failed": translated("This picture could not be loaded. Move the slider to try again."),
        "words": [control["words"] for control in node["controls"]],
        # the player counts; a frame's own setting is for whoever checks that it counts right
        "frames": [
            [picture_url(writer, child["uri"]), child["alt"], child["setting"]]
            for child in node.children
        ],
    }
    without_script = translated(
        "The sliders of this figure need JavaScript; this is its first setting."
    )
    # "</" would end the script element
    frames = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    assert len(node.children) == math.prod(len(words) for words in data["words"])
    writer.body.append(
        f'{before}<figure class="course-explorer" id="{identity}">'
        f'<div class="explorer-controls">{controls}</div>'
        f"{img_tag(writer, first)}"
        f"<figcaption>{html.escape(first['alt'])}</figcaption>"
        f"<noscript><p>{html.escape(without_script)}</p></noscript>"
        f'<script type="application/json">{frames}</script>'
        "</figure>\n"
    )
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Register the explorer node and its player (called by the extension's ``setup``)."""
    app.add_node(explorer, html=(_visit_explorer, None), override=True)
    app.add_js_file("explorer.js", loading_method="defer")
    app.add_css_file("explorer.css")
