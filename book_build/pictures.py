"""Pictures of a page: a notebook's PNG output becomes a small WebP that says what it shows.

The alternative text comes from the cell's metadata, ``{"mystnb": {"image": {"alt": "..."}}}``. A
picture without one is a warning, and warnings fail the build; so is a text that could stand under
any picture, or that stands under two different pictures of a page. A cell tagged ``photo`` holds a
photograph or a smooth map: it keeps all its colours, and a dark page does not invert it.
"""

from __future__ import annotations

import hashlib
import html
import io
import os
from binascii import a2b_base64
from os.path import relpath
from pathlib import Path
from posixpath import join
from typing import Any, ClassVar
from urllib.parse import quote

import numpy as np
from docutils import nodes
from PIL import Image
from sphinx.util import logging

from book_build.notebook_format import says_nothing
from course_lib.explore.frames import SHARPNESS, encode_webp
from course_lib.words import translated

LOGGER = logging.getLogger(__name__)


class picture(nodes.image):
    """A picture with its size in CSS pixels; an ``image`` to Sphinx, which copies its file."""


def publish(renderer: Any, name: str, webp: bytes) -> str:
    """Write a picture where Sphinx finds it, under a name that tells its content apart."""
    digest = hashlib.sha256(webp).hexdigest()[:16]
    return renderer.write_file([f"{name}-{digest}.webp"], webp, exists_ok=True)


def picture_url(writer: Any, uri: str) -> str:
    """Return the address of a copied picture as seen from the page that is being written."""
    return join(writer.builder.imgpath, quote(writer.builder.images[uri]))


def img_tag(writer: Any, node: picture) -> str:
    """Return the <img> of a picture, with its size so that the page does not jump."""
    return (
        f'<img class="{"photo" if node["photo"] else "drawing"}"'
        f' src="{picture_url(writer, node["uri"])}" alt="{html.escape(node["alt"], quote=True)}"'
        f' width="{node["width"]}" height="{node["height"]}" loading="lazy" decoding="async">'
    )


class PictureRenderer:
    """Tell myst-nb how to render PNG outputs (an entry point in pyproject.toml)."""

    mime_priority_overrides: ClassVar = []

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Return the picture's node; None for anything that is not a PNG."""
        if inline or data.mime_type != "image/png":
            return None
        alt = data.cell_metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip()
        if not alt:
            renderer.logger.warning(
                "This cell draws a picture that nobody can hear: put its alternative text into"
                ' the cell\'s metadata, {"mystnb": {"image": {"alt": "..."}}}',
                subtype="image",
                line=data.line,
            )
        photo = "photo" in data.cell_metadata.get("tags", [])
        image = Image.open(io.BytesIO(a2b_base64(data.content))).convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        pixels = np.asarray(Image.alpha_composite(paper, image).convert("RGB"))
        shown = data.output_metadata.get("image/png", {})  # a retina PNG says its CSS size
        return [
            picture(
                uri=publish(renderer, "picture", encode_webp(pixels, photo)),
                alt=translated(alt),
                photo=photo,
                width=shown.get("width", image.width // SHARPNESS),
                height=shown.get("height", image.height // SHARPNESS),
            )
        ]


def _visit_picture(writer: Any, node: picture) -> None:
    writer.body.append(img_tag(writer, node))
    raise nodes.SkipNode


def check_alternatives(app: Any, doctree: nodes.document) -> None:
    """Warn of alternative texts that tell a listener nothing (``doctree-read``)."""
    described: dict[str, str] = {}
    for image in doctree.findall(nodes.image):
        alt = " ".join(image.get("alt", "").split())
        if not alt or "controls" in image.parent:  # settings of an explorer may read alike
            continue
        if says_nothing(alt):
            LOGGER.warning("alternative text %r says nothing of what is shown", alt, location=image)
        if described.setdefault(alt, image["uri"]) != image["uri"]:
            LOGGER.warning("two pictures have the alternative text %r", alt, location=image)


def remove_old_pictures(app: Any, exception: Exception | None) -> None:
    """Delete the pictures of outputs that no page shows any more (``build-finished``)."""
    if exception or app.builder.format != "html":
        return
    shown = app.env.images  # by the source's place: the pages that show it, its name in the site
    names = {name for _, name in shown.values()}
    for file in (Path(app.outdir) / "_images").glob("*-*.webp"):
        if file.name not in names:
            file.unlink()
    for file in (Path(app.outdir).parent / "jupyter_execute").rglob("*.webp"):
        if relpath(file, app.srcdir).replace(os.sep, "/") not in shown:
            file.unlink()


def setup(app: Any) -> None:
    """Register the picture node (called by the extension's ``setup``)."""
    app.connect("doctree-read", check_alternatives)
    app.add_node(picture, html=(_visit_picture, None), override=True)
    app.connect("build-finished", remove_old_pictures)
