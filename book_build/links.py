"""Checks that every internal address of the built site leads to a file, and to an anchor in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

ADDRESSES = ("href", "src", "poster", "data-src")


class Site:
    """The pages of a folder, each parsed once."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.links: dict[Path, set[str]] = {}
        self.anchors: dict[Path, set[str]] = {}
        for file in sorted(self.root.rglob("*.html")):
            page = LexborHTMLParser(file.read_text(encoding="utf-8"))
            self.links[file] = set(_addresses(page))
            self.anchors[file] = {node.attributes["id"] for node in page.css("[id]")}
        for file in sorted(self.root.rglob("*.css")):
            css = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            self.links[file] = set(re.findall(r"url\(\s*[\"']?([^\"')]+)", css))

    def broken(self) -> list[str]:
        """One sentence for each internal address that leads nowhere."""
        return [
            f"{file.relative_to(self.root).as_posix()}: {address} {problem}"
            for file, addresses in self.links.items()
            for address in sorted(addresses)
            if (problem := self._problem(file, address))
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


def broken_links(root: Path) -> list[str]:
    """Sentences that name every internal link, picture, script or anchor that does not resolve."""
    return Site(root).broken()
