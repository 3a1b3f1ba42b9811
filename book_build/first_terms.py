"""The first link of each term in the book's reading order gets a class, which CSS makes bold.

Authors write a plain ``{term}`` link everywhere: which one comes first may change with any chapter
that is added, and in Chinese, which has no spaces, ``**`` beside a word is no bold at all.

What each page links is remembered with what Sphinx remembers of the page, so it does not matter
which pages this process has read, nor how many processes read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms.post_transforms import SphinxPostTransform

FIRST = "first-term"  # the class, styled in book/_static/course.css


def term_links(document: nodes.document) -> Iterator[addnodes.pending_xref]:
    """Yield the ``{term}`` links of a page in order."""
    for link in document.findall(addnodes.pending_xref):
        if link.get("refdomain") == "std" and link.get("reftype") == "term":
            yield link


def term_of(link: addnodes.pending_xref) -> str:
    """Return the term that a link leads to, whatever words it shows."""
    return " ".join(link["reftarget"].split()).lower()


class LinkedTerms(EnvironmentCollector):
    """Remembers for each page which terms it links: none for the glossary, which explains them."""

    def clear_doc(self, app: Any, env: BuildEnvironment, docname: str) -> None:
        """Forget a page that is read again or gone."""
        linked_terms(env).pop(docname, None)

    def merge_other(
        self, app: Any, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process has read."""
        for docname in docnames:
            linked_terms(env)[docname] = linked_terms(other).get(docname, frozenset())

    def process_doc(self, app: Any, doctree: nodes.document) -> None:
        """Remember a page that has been read."""
        explains = any(doctree.findall(addnodes.glossary))
        terms = frozenset() if explains else frozenset(map(term_of, term_links(doctree)))
        linked_terms(app.env)[app.env.docname] = terms

    def get_updated_docs(self, app: Any, env: BuildEnvironment) -> list[str]:
        """Return the pages whose first terms changed, perhaps through an edit of another page."""
        before = getattr(env, "course_first_terms", {})
        now = env.course_first_terms = first_terms(reading_order(env), linked_terms(env))
        return [docname for docname in now if now[docname] != before.get(docname, frozenset())]


def linked_terms(env: BuildEnvironment) -> dict[str, frozenset[str]]:
    """Return the terms that each page links."""
    if not hasattr(env, "course_linked_terms"):
        env.course_linked_terms = {}
    return env.course_linked_terms


def reading_order(env: BuildEnvironment) -> list[str]:
    """Return all pages in the order in which the table of contents leads through them."""
    order: list[str] = []
    waiting = [env.config.root_doc]
    while waiting:
        docname = waiting.pop()
        if docname not in order:
            order.append(docname)
            waiting += reversed(env.toctree_includes.get(docname, []))
    return order


def first_terms(order: list[str], linked: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return for each page the terms that no page before it links.

    >>> links = {"b": frozenset({"loss", "model"}), "a": frozenset({"model"})}
    >>> first_terms(["a", "b"], links)["b"]
    frozenset({'loss'})
    """
    known: frozenset[str] = frozenset()
    first = {}
    for docname in order:
        terms = linked.get(docname, frozenset())
        first[docname] = terms - known
        known |= terms
    return first


class MarkFirstTerms(SphinxPostTransform):
    """Gives the class to a page's first link of each term that is new there."""

    default_priority = 5  # before the links are resolved: afterwards they do not name their term

    def run(self, **kwargs: Any) -> None:
        """Mark the page that is about to be written."""
        new = set(self.env.course_first_terms.get(self.env.docname, ()))
        for link in term_links(self.document):
            if (term := term_of(link)) in new:
                new.remove(term)
                link[0]["classes"].append(FIRST)


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_env_collector(LinkedTerms)
    app.add_post_transform(MarkFirstTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
