"""Repairs of the HTML that the theme and the extensions write: small, named, one fault each.

They run on each page as it is written (``template_bridge`` in ``_config.yml``), so parallel
writers share the work and an unchanged page costs nothing. axe-core found the faults; `tests/`
holds the pages to zero. A repair whose fault is gone upstream changes nothing and can be deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from selectolax.lexbor import LexborHTMLParser as Page
from selectolax.lexbor import LexborNode as Node
from sphinx.jinja2glue import BuiltinTemplateLoader

from course_lib.words import in_english, translated


class AccessibleTemplates(BuiltinTemplateLoader):
    """Sphinx's own template engine, with every page repaired before it is written."""

    def render(self, template: str, context: dict[str, Any]) -> str:
        """Render a template; repair it if it is a page."""
        text = super().render(template, context)
        return repair(text) if text.lstrip()[:9].lower() == "<!doctype" else text


def repair(html: str) -> str:
    """Apply every repair of `REPAIRS` to a page."""
    page = Page(html)
    for mend in REPAIRS:
        mend(page)
    return page.html


def element(page: Page, tag: str, **attributes: str) -> Node:
    """Make an element that is not in the page yet."""
    node = page.create_node(tag)
    for name, value in attributes.items():
        node.attrs[name.rstrip("_").replace("_", "-")] = value
    return node


def rename(page: Page, node: Node, tag: str) -> Node:
    """Turn an element into one of another kind, with its attributes and content."""
    new = element(page, tag)
    for name, value in node.attributes.items():
        new.attrs[name] = value or ""
    for child in list(node.iter(include_text=True)):
        new.insert_child(child)
    node.replace_with(new)
    return new


def search_button_is_called_what_it_shows(page: Page) -> None:
    """An aria-label that differs from the visible words confuses speech control."""
    for node in page.css("button.search-button-field[aria-label]"):
        del node.attrs["aria-label"]


def search_forms_have_a_button(page: Page) -> None:
    """Whoever cannot press Enter (by switch, by speech) needs something to press."""
    for form in page.css("form.bd-search:not(:has([type=submit]))"):
        button = element(page, "button", type="submit", class_="search-submit")
        button.inner_html = translated("Search")
        form.insert_child(button)


def summaries_are_called_what_they_show(page: Page) -> None:
    """myst-nb labels each folded cell "Toggle hidden content" and shows other words."""
    for node in page.css("summary[aria-label]"):
        del node.attrs["aria-label"]


def summaries_hold_no_paragraph(page: Page) -> None:
    """A <p> is not allowed in a <summary>; myst-nb writes one for each state."""
    for node in page.css("summary > p"):
        rename(page, node, "span")


def summaries_hold_no_link(page: Page) -> None:
    """A link inside a <summary> (the exercise of a solution) is a control inside a control."""
    for node in page.css("summary a"):
        node.unwrap()


def exercises_repeat_no_id(page: Page) -> None:
    """sphinx-exercise gives the content of every exercise the same id, in a <section>."""
    for node in page.css("section#exercise-content, section#solution-content"):
        del node.attrs["id"]
        rename(page, node, "div")


def references_are_a_list(page: Page) -> None:
    """docutils gives references a role that ARIA has withdrawn, inside a list without items."""
    for node in page.css('[role="doc-biblioentry"]'):
        node.attrs["role"] = "listitem"


def sources_are_downloads(page: Page) -> None:
    """A notebook's source would open as text in a new tab; it is there to be kept."""
    for node in page.css('a[href*="_sources/"][target]'):
        del node.attrs["target"]
        node.attrs["download"] = ""


def page_without_contents_says_so(page: Page) -> None:
    """The stylesheet centres such a page, and must know before the (missing) contents are read."""
    content = page.css_first(".bd-content")
    if content is not None and page.css_first(".bd-sidebar-secondary, .without-contents") is None:
        content.attrs["class"] = f"{content.attributes['class']} without-contents"


def viewport_is_said_once(page: Page) -> None:
    """Sphinx and docutils both write it."""
    for node in page.css('meta[name="viewport"]')[1:]:
        node.decompose()


def task_boxes_have_names(page: Page) -> None:
    """A check box of a task list needs a name."""
    for node in page.css("input.task-list-item-checkbox:not([aria-label])"):
        node.attrs["aria-label"] = translated("done")


def sidebar_is_a_landmark(page: Page) -> None:
    """The logo and the search button of the sidebar stand outside every landmark."""
    for node in page.css("#pst-primary-sidebar:not([role])"):
        node.attrs["role"] = "complementary"
        node.attrs["aria-label"] = translated("The book")


def icons_are_silent(page: Page) -> None:
    """An icon beside words says nothing new."""
    for node in page.css("i.fa-solid, i.fas, i.far, i.fab, span.fa-solid"):
        node.attrs["aria-hidden"] = "true"


def icon_buttons_have_names(page: Page) -> None:
    """A button that is only an icon is named by its tooltip."""
    for node in page.css("button[title]:not([aria-label]), a.btn[title]:not([aria-label])"):
        if not node.text(strip=True):
            node.attrs["aria-label"] = node.attributes["title"]


def table_headers_say_what_they_head(page: Page) -> None:
    """The pandas look: an empty header cell heads nothing, the others need a scope."""
    for cell in page.css("th"):
        if not cell.text(strip=True) and cell.css_first("img") is None:
            rename(page, cell, "td")
        elif "scope" not in cell.attributes:
            in_head = cell.parent.parent is not None and cell.parent.parent.tag == "thead"
            cell.attrs["scope"] = "col" if in_head else "row"


def wide_tables_scroll_in_a_box(page: Page) -> None:
    """A table of an output or of the text scrolls by itself instead of widening the page."""
    for table in page.css("article table"):
        if "table-scroll" not in (table.parent.attributes.get("class") or ""):
            box = element(page, "div", class_="table-scroll")
            box.insert_child(table)  # a copy, which takes the table's place
            table.replace_with(box)


def folded_admonitions_are_details(page: Page) -> None:
    """``dropdown`` admonitions (solutions, hints) fold without a script: <details>."""
    for box in page.css("div.admonition.dropdown"):
        title = box.css_first("p.admonition-title")
        if title is not None:
            rename(page, title, "summary")
            rename(page, box, "details")


def theme_speaks_the_books_language(page: Page) -> None:
    """The theme and myst-nb do not know all their words in every language."""
    if in_english():
        return
    for name in ("aria-label", "title"):
        for node in page.css(f"[{name}]"):
            node.attrs[name] = translated(node.attributes[name] or "")
    for node in page.css("details.hide > summary > span, p.copyright"):
        node.inner_html = escape(translated(node.text(strip=True)))


REPAIRS: tuple[Callable[[Page], None], ...] = (
    search_button_is_called_what_it_shows,
    search_forms_have_a_button,
    summaries_are_called_what_they_show,
    summaries_hold_no_paragraph,
    task_boxes_have_names,
    sidebar_is_a_landmark,
    icon_buttons_have_names,
    icons_are_silent,
    table_headers_say_what_they_head,
    wide_tables_scroll_in_a_box,
    folded_admonitions_are_details,
    summaries_hold_no_link,
    exercises_repeat_no_id,
    references_are_a_list,
    sources_are_downloads,
    page_without_contents_says_so,
    viewport_is_said_once,
    theme_speaks_the_books_language,
)
