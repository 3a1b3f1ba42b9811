"""Checks the addresses of the built site.

Every internal one leads to a file, and to an anchor in it; and no page loads anything of another
host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

ADDRESSES = ("href", "src", "poster", "data-src")
LOADS = ("script", "img", "source", "iframe", "video", "audio", "embed", "object", "track", "input")
LINKS_THAT_LOAD = {
    *("stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"),
    *("prefetch", "apple-touch-icon", "mask-icon"),
}


class Site:
    """The pages of a folder, each parsed once."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.links: dict[Path, set[str]] = {}
        self.loads: dict[Path, set[str]] = {}
        self.anchors: dict[Path, set[str]] = {}
        for file in sorted(self.root.rglob("*.html")):
            page = LexborHTMLParser(file.read_text(encoding="utf-8"))
            self.links[file] = set(_addresses(page))
            self.loads[file] = set(_loaded(page))
            self.anchors[file] = {node.attributes["id"] for node in page.css("[id]")}
        for file in sorted(self.root.rglob("*.css")):
            css = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            self.links[file] = set(re.findall(r"url\(\s*[\"']?([^\"')]+)", css))
            self.loads[file] = self.links[file] | set(re.findall(r"@import\s+[\"']([^\"']+)", css))

    def broken(self) -> list[str]:
        """One sentence for each internal address that leads nowhere."""
        return [
            f"{file.relative_to(self.root).as_posix()}: {address} {problem}"
            for file, addresses in self.links.items()
            for address in sorted(addresses)
            if (problem := self._problem(file, address))
        ]

    def outside(self) -> list[str]:
        """One sentence for each page or stylesheet and each address of another host it loads."""
        return [
            f"{file.relative_to(self.root).as_posix()}: {address}"
            for file, addresses in self.loads.items()
            for address in sorted(addresses)
            if urlsplit(address).netloc
        ]

    def _problem(self, file: Path, address: str) -> str | None:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return None
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if parts.path.startswith("/") or not target.is_relative_to(self.root):
            return "leaves the site"
        if not target.is_file():
            return "is no file of the site"
        anchor = unquote(parts.fragment)
        if anchor and target in self.anchors and anchor not in self.anchors[target] | {"top"}:
            return "names an anchor that its page does not have"
        return None


def _addresses(page: LexborHTMLParser) -> Iterator[str]:
    for name in ADDRESSES:
        yield from (node.attributes[name] or "" for node in page.css(f"[{name}]"))
    for node in page.css("[srcset]"):
        yield from (part.split()[0] for part in node.attributes["srcset"].split(","))


def _loaded(page: LexborHTMLParser) -> Iterator[str]:
    for node in page.css(", ".join(LOADS)):
        names = ("src", "srcset", "poster", "data", "data-src")
        yield from (node.attributes.get(name) or "" for name in names)
    for node in page.css("link[rel][href]"):
        if LINKS_THAT_LOAD & set((node.attributes["rel"] or "").lower().split()):
            yield node.attributes["href"] or ""


def findings(root: Path) -> list[str]:
    """Return what is wrong with the addresses of a site: a heading and a line for each, or nothing.

    Internal links, pictures, scripts and anchors that do not resolve, and whatever a page would
    load from another host.
    """
    site, found = Site(root), []
    if broken := site.broken():
        found += ["These links lead nowhere:", *broken]
    if outside := site.outside():
        found += ["These pages load something of another host (a page asks nobody else):", *outside]
    return found
