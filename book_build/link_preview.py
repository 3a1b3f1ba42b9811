"""What a search engine or a chat shows of a page: description, title and a picture.

Written here and not by sphinxext-opengraph: its descriptions hold raw TeX, its cards warn at the
first Chinese word and carry Sphinx's logo, and its addresses are wrong while the site has none.
"""

from __future__ import annotations

import hashlib
import html
import re
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font

from course_lib.plots import PALETTE

FONT = "DejaVu Sans"  # comes with matplotlib
CARD_INCHES, CARD_DPI = (12, 6.3), 100
DESCRIPTION_LENGTH = 160  # what search engines show


def describe(doctree: nodes.document, limit: int = DESCRIPTION_LENGTH) -> str:
    """The first sentences of a page, without formulas; at most ``limit`` characters."""
    paragraphs = (
        " ".join(node.astext().split())
        for node in doctree.findall(nodes.paragraph)
        if isinstance(node.parent, nodes.section | nodes.document)
        and next(iter(node.findall(nodes.math)), None) is None
    )
    text = ""
    for sentence in re.split(r"(?<=[.?!。？！])\s+", " ".join(paragraphs)):
        if text and len(text) + len(sentence) > limit:
            break
        text = f"{text} {sentence}".strip()
    return textwrap.shorten(text, limit, placeholder=" …")


def draw_card(file: Path, heading: str, book: str) -> None:
    """Draw a link's picture: the page's title over a line through points, in the palette."""
    figure = Figure(figsize=CARD_INCHES, dpi=CARD_DPI, facecolor=PALETTE["black"])
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
    axes.set_axis_off()
    x = np.linspace(0.03, 0.97, 34)
    scatter = np.random.default_rng(5).normal(0, 0.035, x.size)
    axes.plot([0, 1], [0.16, 0.40], color=PALETTE["orange"], linewidth=5)
    axes.scatter(x, 0.16 + 0.24 * x + scatter, s=80, color=PALETTE["sky"], linewidths=0)
    lines = "\n".join(textwrap.wrap(_drawable(heading).replace("$", r"\$"), width=27)[:3])
    style = {"family": FONT, "color": "white"}
    axes.text(0.06, 0.92, lines, size=50, weight="bold", va="top", linespacing=1.15, **style)
    axes.text(0.06, 0.05, _drawable(book), size=21, va="bottom", **style)
    figure.savefig(file)


def _drawable(text: str) -> str:
    """The characters of a text that the font of the cards has."""
    known = FT2Font(findfont(FONT)).get_charmap()
    return "".join(character for character in text if ord(character) in known)


def _card(outdir: Path, heading: str, book: str) -> Path:
    """The picture of a page, drawn once for each title."""
    name = hashlib.sha256(f"{heading}\n{book}".encode()).hexdigest()[:16]
    card = outdir / "_images" / "cards" / f"{name}.png"
    if not card.exists():
        card.parent.mkdir(parents=True, exist_ok=True)
        draw_card(card, heading, book)
    return card


def add_tags(app: Any, pagename: str, templatename: str, context: dict, doctree: Any) -> None:
    """Put description and link preview into a page's head (``html-page-context``)."""
    if doctree is None or app.builder.format != "html":
        return
    heading, book = context["title"], app.config.html_title
    heading = html.unescape(re.sub(r"<[^>]+>", "", heading))
    outdir = Path(app.outdir)
    picture = _card(outdir, heading, book).relative_to(outdir).as_posix()
    site = app.config.html_baseurl.rstrip("/")
    # Previews need full addresses; until the site has one, the picture is named as seen from here.
    picture = f"{site}/{picture}" if site else context["pathto"](picture, 1)
    written = re.search(r'name="description" content="([^"]*)"', context["metatags"])
    description = html.unescape(written[1]) if written else describe(doctree)
    tags = {
        "og:type": "article",
        "og:title": heading,
        "og:site_name": book,
        "og:description": description,
        "og:image": picture,
        "og:image:width": round(CARD_INCHES[0] * CARD_DPI),
        "og:image:height": round(CARD_INCHES[1] * CARD_DPI),
        "og:image:alt": heading,
    }
    if site:
        tags["og:url"] = f"{site}/{app.builder.get_target_uri(pagename)}"
    lines = [_meta("property", name, value) for name, value in tags.items() if value]
    if description and not written:
        lines.append(_meta("name", "description", description))
    lines.append(_meta("name", "twitter:card", "summary_large_image"))
    context["metatags"] += "\n" + "\n".join(lines)


def _meta(kind: str, name: str, value: object) -> str:
    return f'<meta {kind}="{name}" content="{html.escape(str(value), quote=True)}">'


def setup(app: Any) -> None:
    """Register with Sphinx."""
    app.connect("html-page-context", add_tags)
