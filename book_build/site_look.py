"""What every page shares: colours, launch buttons, the book's own static files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from course_lib.plots import PALETTE

NOT_PARALLEL_BY_OVERSIGHT = (
    "sphinx_multitoc_numbering",
    "sphinx_jupyterbook_latex",
    "sphinx_external_toc",
)
# One rule without rules inside, or a comment, in which braces mean nothing.
RULE = re.compile(r"/\*.*?\*/|(?P<selectors>(?:[^{};/]|/(?!\*))+)\{(?P<body>[^{}]*)\}", re.DOTALL)
THEME = r"""\[data-theme="?(?:{})"?\]"""
DONE = "/* dark on screens only */"


def palette_css(palette: dict[str, str] = PALETTE) -> str:
    """The figures' colours as CSS variables, so that text and pictures share them."""
    lines = [f"  --course-{name}: {colour};" for name, colour in palette.items()]
    return "\n".join([":root {", *lines, "}", ""])


def write_palette(app: Any) -> None:
    """Write ``_static/palette.css`` into the site (``builder-inited``)."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / "palette.css"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(palette_css(), encoding="utf-8")


def copy_own_static_files(app: Any, exception: Exception | None) -> None:
    """Copy ``html_static_path`` also when no page changed: Sphinx would leave an edit behind."""
    if exception or app.builder.format != "html":
        return
    for folder in app.config.html_static_path:
        if not Path(folder).is_absolute():  # an extension's own
            source, target = Path(app.confdir) / folder, Path(app.outdir) / "_static"
            shutil.copytree(source, target, dirs_exist_ok=True)


def dark_for_screens_only(css: str) -> str:
    """Keep a stylesheet's dark theme from the paper: there a dark page follows the light rules.

    What the dark theme sets holds on screens; what the light theme sets holds for it in print.
    """
    if DONE in css or not re.search(THEME.format("dark|light"), css):
        return css
    return f"{RULE.sub(_for_screen_and_paper, css)}\n{DONE}\n"


def _for_screen_and_paper(rule: re.Match[str]) -> str:
    selectors, body = rule["selectors"], rule["body"]
    if not selectors or "data-theme" not in selectors:
        return rule[0]
    each = re.split(r",(?![^(]*\))", selectors)  # not the commas in :not(a, b)
    dark = [one for one in each if re.search(THEME.format("dark"), one)]
    light = [one for one in each if re.search(THEME.format("light"), one)]
    others = [one for one in each if one not in dark]
    printed = [re.sub(THEME.format("light"), '[data-theme="dark"]', one) for one in light]
    rules = [
        (others, "{}"),
        (dark, "@media screen{{{}}}"),
        (printed, "@media print{{{}}}"),
    ]
    return "".join(
        media.format(f"{','.join(selected)}{{{body}}}") for selected, media in rules if selected
    )


def keep_the_dark_from_paper(app: Any, exception: Exception | None) -> None:
    """Rewrite every stylesheet of the site (``build-finished``, after all that write one)."""
    if exception or app.builder.format != "html":
        return
    for sheet in (Path(app.outdir) / "_static").rglob("*.css"):
        before = sheet.read_text(encoding="utf-8")
        after = dark_for_screens_only(before)
        if after != before:
            sheet.write_text(after, encoding="utf-8")


def settle_config(app: Any, config: Any) -> None:
    """Derive the settings that follow from others (``config-inited``)."""
    options = config.html_theme_options
    if not options.get("repository_url"):  # no address of the repository: no dead button
        options["launch_buttons"] = {}
    # These three do not say that they may read pages in parallel, though they may: they only
    # work before the reading and after it. With their silence Sphinx would read one by one.
    for name in NOT_PARALLEL_BY_OVERSIGHT:
        if extension := app.extensions.get(name):
            extension.parallel_read_safe = extension.parallel_write_safe = True


def setup(app: Any) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", settle_config, priority=900)
    app.connect("builder-inited", write_palette)
    app.connect("build-finished", copy_own_static_files)
    app.connect("build-finished", keep_the_dark_from_paper, priority=950)
