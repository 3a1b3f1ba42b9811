"""The first link of each term in the reading order is marked, whatever was read when and where."""

import re

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

GLOSSARY = "# Words\n\n```{glossary}\nmodel\nloss\n  A {term}`rate`.\n\nrate\n  A number.\n```\n"
# The names run against the reading order.
ORDER = ["start", "d", "c", "b", "a", "glossary"]


def toctree(*names):
    return "\n```{toctree}\n" + "\n".join(names) + "\n```\n"


PAGES = {
    "start": "# Start\n" + toctree("d", "b", "glossary"),
    "d": "# D\n\n{term}`model` and {term}`model`.\n" + toctree("c"),
    "c": "# C\n\nA {term}`model`, its {term}`losses <Loss>`, and {term}`loss`.\n",
    "b": "# B\n\nThe {term}`loss`.\n" + toctree("a"),
    "a": "# A\n\nThe {term}`model`.\n",
    "glossary": GLOSSARY,
}


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def jobs(request):
    return request.param


def marked(folder, jobs, **pages):
    """Write pages, build, and return which links of which page are marked."""
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    site = folder / "_build"
    with patch_docutils(folder), docutils_namespace():
        app = Sphinx(
            folder,
            None,
            site,
            site / ".doctrees",
            "html",
            {
                "extensions": ["myst_parser", "book_build.first_terms"],
                "html_theme": "basic",
                "root_doc": "start",
            },
            status=None,
            warningiserror=True,
            parallel=jobs,
        )
        app.build()
        assert app.statuscode == 0
    found = {}
    for name in ORDER:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        if links := re.findall(r'<span class="[^"]*\bfirst-term\b[^"]*">([^<]*)</span>', html):
            found[name] = links
    return found


def test_first_link_of_each_term_is_marked_and_stays_right_when_a_page_changes(tmp_path, jobs):
    assert marked(tmp_path, jobs, **PAGES) == {"d": ["model"], "c": ["losses"]}
    # an earlier page takes the first link away from a page that nobody edited, and gives it back
    earlier = PAGES["d"].replace("# D", "# D\n\nThe {term}`loss`.")
    assert marked(tmp_path, jobs, d=earlier) == {"d": ["loss", "model"]}
    assert marked(tmp_path, jobs, d="# D\n" + toctree("c")) == {"c": ["model", "losses"]}
    # the order of the table of contents changes, and no page of text
    start = "# Start\n" + toctree("b", "d", "glossary")
    assert marked(tmp_path, jobs, start=start) == {"b": ["loss"], "a": ["model"]}
