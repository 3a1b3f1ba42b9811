"""Count bytes as a static host sends them: text compressed with gzip, pictures and fonts as is."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from book_build.sitecheck.static import parse

TEXT = {".html", ".js", ".css", ".json", ".svg", ".txt", ".xml", ".webmanifest"}
LEVEL = 6  # what the usual hosts use


@cache
def sent(path: Path) -> int:
    """Return how many bytes travel for the file at `path`, headers aside."""
    content = path.read_bytes()
    return len(gzip.compress(content, LEVEL)) if path.suffix in TEXT else len(content)


@dataclass(frozen=True)
class PageWeight:
    """Bytes of a page before anyone touches it: all of them, and those that are no content."""

    total: int
    without_pictures: int


def is_content_picture(path: Path) -> bool:
    """Sphinx puts a page's own pictures in _images and the look of the site in _static."""
    return "_images" in path.parts


def page_weight(files: list[Path]) -> PageWeight:
    """Add up the `files` that a page loads (see ``Visit.first_files``)."""
    total = sum(sent(path) for path in files)
    pictures = sum(sent(path) for path in files if is_content_picture(path))
    return PageWeight(total=total, without_pictures=total - pictures)


@dataclass(frozen=True)
class ExplorerWeight:
    """Bytes of one explorer: ``first`` before it is touched (picture, markup), and each frame."""

    page: str
    number: int
    first: int
    frames: list[int]


def explorer_weights(root: Path, page: str) -> list[ExplorerWeight]:
    """Weigh every explorer of `page`; its frames are the files that its own data name."""
    folder = (root / page).parent
    found = []
    for number, figure in enumerate(parse(root / page).select("figure.course-explorer"), start=1):
        markup = len(gzip.compress(str(figure).encode(), LEVEL))
        first = markup + sent((folder / figure.find("img")["src"]).resolve())
        data = json.loads(figure.find("script").string)
        files = {(folder / address).resolve() for address, *_ in data["frames"]}
        found.append(ExplorerWeight(page, number, first, [sent(file) for file in sorted(files)]))
    return found


def site_bytes(root: Path) -> int:
    """Return the size on disk of the whole site."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
