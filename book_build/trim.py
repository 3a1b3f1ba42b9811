"""Makes the site small: icon fonts hold only the icons that are used, unused files go.

The theme brings 2,000 icons as fonts, style rules and 1.5 MB of script, source maps and fonts for
old browsers. All of it is cut down after the pages are written, and always from the theme's own
files, so that a later build with another icon starts from the whole.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from fontTools import subset

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLES = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"
NEVER_USED = ("*.map", "*.ttf", "*.woff", "webpack-macros.html", "sbt-webpack-macros.html")
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"(\\[^"]+)"\}')
WORDS_OF_FONT_AWESOME = re.compile(r"\bfa-[a-z0-9]+(?:-[a-z0-9]+)*")


def site_text(site: Path) -> str:
    """All HTML, CSS and JavaScript of the site, but for Font Awesome's own rules and scripts."""
    files = [f for suffix in ("html", "css", "js") for f in sorted(site.rglob(f"*.{suffix}"))]
    texts = [f.read_text(encoding="utf-8") for f in files if f.name not in ("fontawesome.js",)]
    return ICON_RULE.sub("", "\n".join(texts))


def keep_used_icons(css: str, used: set[str]) -> str:
    """Delete the rules of icons that are not in ``used``."""

    def keep(rule: re.Match[str]) -> str:
        return rule[0] if used & set(WORDS_OF_FONT_AWESOME.findall(rule[1])) else ""

    return ICON_RULE.sub(keep, css)


def code_points(css: str) -> set[int]:
    """The private-use characters that a stylesheet writes as escapes (``\\f135``)."""
    return {int(code, 16) for code in re.findall(r"\\([ef][0-9a-f]{3})\b", css)}


def subset_font(source: Path, target: Path, characters: set[int]) -> None:
    """Write a WOFF2 font that holds only ``characters``."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table
    options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=True)
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)
    font.close()


def trim_icons(static: Path, text: str) -> None:
    """Write the theme's stylesheet and icon fonts again, with the used icons only."""
    css = (THEME / STYLES).read_text(encoding="utf-8")
    css = re.sub(r',\s*url\([^)]*\.ttf\)\s*format\("truetype"\)', "", css)
    css = re.sub(r"/\*#\s*sourceMappingURL=.*?\*/", "", css)
    css = keep_used_icons(css, set(WORDS_OF_FONT_AWESOME.findall(text)))
    (static / STYLES).write_text(css, encoding="utf-8")
    characters = code_points(css) | code_points(text)
    for font in (THEME / FONTS).glob("*.woff2"):
        subset_font(font, static / FONTS / font.name, characters)


def delete_unused(static: Path, text: str) -> None:
    """Delete files below ``_static`` whose names nothing on the site mentions."""
    for pattern in NEVER_USED:
        for file in static.rglob(pattern):
            file.unlink()
    for file in [f for f in static.rglob("*") if f.is_file()]:
        if file.name not in text:
            file.unlink()
    for folder in sorted((f for f in static.rglob("*") if f.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def trim(app: Any, exception: Exception | None) -> None:
    """Trim the site (``build-finished``)."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    text = site_text(Path(app.outdir))
    trim_icons(static, text)
    delete_unused(static, text)


def setup(app: Any) -> None:
    """Register with Sphinx, after everything that adds files."""
    app.connect("build-finished", trim, priority=900)
