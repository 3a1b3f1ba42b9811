"""Builds the book: a Sphinx extension for Jupyter Book 1.x, and the command around it.

The extension is what ``_config.yml`` names: mathematics set at build time, explorers and pictures
of notebooks, chapter numbers, accessible pages, no request to anyone else. The command,
``python -m book_build.build``, runs the notebooks, builds, trims, checks and serves the site.
"""

from __future__ import annotations

from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Register everything with Sphinx."""
    from book_build import (
        execute,
        explorers,
        first_terms,
        link_preview,
        mathematics,
        numbering,
        pictures,
        places,
        questions,
        search_words,
        site_look,
        translation,
        trim,
    )

    show = (mathematics, numbering, site_look, link_preview, first_terms, explorers)
    for part in (translation, places, execute, *show, questions, pictures, search_words, trim):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
