"""Read the site's files without a browser: links, anchors, names, descriptions."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

CHAPTER = re.compile(r"(^|/)\d\d_[a-z0-9_]+\.html$")
REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?refresh", re.I)
ADDRESSES = (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"))
LOADS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}


@dataclass(frozen=True)
class Link:
    """An address in a page: the element that carries it, and the address as written."""

    element: str
    address: str


def pages(root: Path) -> list[str]:
    """Return the names of all pages of the site, sorted.

    No pages are templates below _static, and what only sends the reader on to a page.
    """
    found = (path.relative_to(root) for path in root.rglob("*.html"))
    names = sorted(path.as_posix() for path in found if not path.parts[0].startswith("_"))
    return [name for name in names if destination(root, name) == name]


def destination(root: Path, page: str) -> str:
    """Return the page on which a reader of `page` ends: its own name, or where it sends them."""
    if not REFRESH.search((root / page).read_text(encoding="utf-8")):
        return page  # to parse every page only for this would take seconds
    refresh = parse(root / page).find("meta", attrs={"http-equiv": "refresh"})
    if refresh is None:
        return page
    return (Path(page).parent / refresh["content"].partition("url=")[2]).as_posix()


def chapters(root: Path) -> list[str]:
    """Return the names of the pages that are chapters (``NN_name.html``)."""
    return [page for page in pages(root) if CHAPTER.search(page)]


def control_kinds(root: Path, page: str) -> list[frozenset[str]]:
    """Return the kinds of controls of each explorer of `page`, top to bottom.

    A kind is "slider", "slider that plays", "list" or "words" (radio buttons).
    """
    text = (root / page).read_text(encoding="utf-8") if (root / page).is_file() else ""
    found = []
    for figure in re.findall(r'<figure class="course-explorer.*?</figure>', text, re.DOTALL):
        soup = BeautifulSoup(figure.partition("<script")[0], "html.parser")
        played = [button.find_next_sibling("input") for button in soup.find_all("button")]
        kinds = {"list"} if soup.find("select") else set()
        for field in soup.find_all("input"):
            plays = any(field is one for one in played)
            slider = "slider that plays" if plays else "slider"
            kinds.add({"range": slider, "radio": "words"}[field["type"]])
        found.append(frozenset(kinds))
    return found


def has_questions(root: Path, page: str) -> bool:
    """Whether a page asks questions that mark themselves."""
    file = root / page
    return file.is_file() and '<form class="question"' in file.read_text(encoding="utf-8")


def first_of_each_kind(root: Path, pages: list[str]) -> dict[str, set[int]]:
    """Return explorers that together have every kind of control, by page and place from 0 on."""
    known: set[str] = set()
    chosen: dict[str, set[int]] = {}
    for page in pages:
        for number, kinds in enumerate(control_kinds(root, page)):
            if kinds - known:
                known |= kinds
                chosen.setdefault(page, set()).add(number)
    return chosen


@cache
def parse(path: Path) -> BeautifulSoup:
    """Parse an HTML file; a file is parsed once."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def title(root: Path, page: str) -> str:
    """Return a page's first heading without its number and its permalink sign."""
    heading = parse(root / page).find("h1")
    if heading is None:
        return ""
    copy = BeautifulSoup(str(heading), "html.parser")
    for extra in copy.select(".section-number, .headerlink"):
        extra.decompose()
    return " ".join(copy.get_text().split())


def links(root: Path, page: str) -> list[Link]:
    """Return every address that a page links to or loads."""
    soup = parse(root / page)
    return [
        Link(_describe(tag), tag[attribute].strip())
        for name, attribute in ADDRESSES
        for tag in soup.find_all(name)
        if tag.has_attr(attribute)
    ]


def _describe(tag: Tag) -> str:
    text = " ".join(tag.get_text().split())[:40]
    return f"<{tag.name}>" + (f" “{text}”" if text else "")


def link_findings(root: Path, page: str) -> list[str]:
    """Internal links that lead nowhere, in this page: no such file, or no such anchor in it."""
    found = []
    for link in links(root, page):
        parts = urlsplit(link.address)
        if parts.scheme or parts.netloc:
            continue
        file, anchor = resolve(root, page, parts.path), unquote(parts.fragment)
        if file is None or not file.is_file():
            found.append(f"{link.element} leads to {link.address!r}, which is no file of the site")
        elif anchor and file.suffix == ".html" and anchor not in anchors(file):
            found.append(f"{link.element} leads to {link.address!r}, but there is no such anchor")
    return list(dict.fromkeys(found))


def resolve(root: Path, page: str, path: str) -> Path | None:
    """Return the file that the relative or rooted `path` in `page` means; None outside the site."""
    if not path:
        return root / page
    start = root if path.startswith("/") else (root / page).parent
    file = (start / unquote(path).lstrip("/")).resolve()
    if file.is_dir():
        file = file / "index.html"
    return file if file.is_relative_to(root.resolve()) else None


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return all ids and anchor names of an HTML file, and "top", which always works."""
    soup = parse(path)
    ids = {tag["id"] for tag in soup.find_all(id=True)}
    return frozenset(
        ids | {tag["name"] for tag in soup.find_all("a", attrs={"name": True})} | {"top"}
    )


def outside_findings(root: Path, page: str) -> list[str]:
    """Files and connections of other hosts that the page's source names, whether used or not."""
    found = []
    for tag in parse(root / page).find_all(["script", "img", "source", "iframe", "video", "link"]):
        address = tag.get("src") or tag.get("href") or ""
        if tag.name == "link" and not LOADS & set(tag.get("rel") or []):
            continue
        parts = urlsplit(address)
        if parts.netloc or parts.scheme in ("http", "https"):
            found.append(f"<{tag.name}> names {address}")
    return found


def head_findings(root: Path, page: str) -> list[str]:
    """What a search engine, a tab and a screen reader need from a page's head."""
    soup = parse(root / page)
    found = []
    if not (soup.html and soup.html.get("lang")):
        found.append("has no language (html lang)")
    if not (soup.title and soup.title.get_text().strip()):
        found.append("has no title")
    headings = [h1 for h1 in soup.find_all("h1") if h1.find_parent(class_="onlyprint") is None]
    if len(headings) != 1:
        found.append(f"has {len(headings)} first-level headings instead of one")
    twice = [
        name
        for name, times in Counter(t["id"] for t in soup.find_all(id=True)).items()
        if times > 1
    ]
    if twice:
        found.append(f"uses an id twice: {', '.join(sorted(twice)[:6])}")
    if CHAPTER.search(page):
        wanted = {"name": "description"}, {"property": "og:image"}
        for which in wanted:
            meta = soup.find("meta", attrs=which)
            if meta is None or not (meta.get("content") or "").strip():
                found.append(f"has no <meta {next(iter(which.values()))}>")
    return found
