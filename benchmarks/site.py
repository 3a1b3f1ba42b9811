"""``bench site``: what the built site costs a reader, in a real browser without a window.

The measuring is book_build.sitecheck's, which tests/test_site.py asserts on; here it is printed.
Every page is opened in a fresh profile, so nothing comes from the browser's cache.
"""

from __future__ import annotations

import datetime
import gzip
import math
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.report import chapters_measured, markdown, text_table, where

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
kB = 1000
READING_MS = 120  # from one move to the next
GOAL_HEAD = ("of the site", "measured", "at most", "goal")
PAGE_HEAD = ("page", "files", "kB", "kB without pictures", "first paint, ms", "layout shift")
EXPLORER_HEAD = (
    "explorer",
    "first move, ms",
    "median, ms",
    "p95, ms",
    "kB untouched",
    "frames",
    "kB a frame",
)


@dataclass(frozen=True)
class PageCost:
    """One page before anyone touches it: files asked for, bytes on the way, paint in ms, shift."""

    page: str
    requests: int
    bytes: int
    bytes_without_pictures: int
    paint_ms: float | None
    shift: float


@dataclass(frozen=True)
class ExplorerCost:
    """One explorer: milliseconds from input to decoded picture, and bytes."""

    page: str
    number: int
    first_move_ms: float
    median_ms: float
    p95_ms: float
    bytes_untouched: int
    frames: int
    mean_frame_bytes: float


@dataclass(frozen=True)
class Goal:
    """A number of the site beside the largest that it may be."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def verdict(self) -> str:
        """Whether the number is within its limit; what was not measured is not."""
        return "met" if self.value <= self.limit else "missed"


def main(keep: bool = False, root: Path = SITE) -> int:
    """Measure the site, print what was found, keep it where asked; return 1 where it cannot be."""
    try:
        found = measure_site(root)
    except (FileNotFoundError, ModuleNotFoundError) as error:
        print(f"site: FAILED\n  {error}")
        return 1
    print(tables_text(found))
    if keep:
        results.save("site", "site", "site", found)
    return 0


def measure_site(root: Path) -> dict[str, Any]:
    """Return the costs of every page and explorer, the site's size, and the browser's version.

    Raises FileNotFoundError where there is no built site or no browser, and ModuleNotFoundError
    where playwright is not installed.
    """
    executable = _browser(root)
    from book_build.sitecheck import static, weight
    from book_build.sitecheck.browser import chromium, serve

    names = static.pages(root)
    with chromium(executable) as browser, serve(root) as base:
        looked = [_look(browser, base, name, root) for name in names]
        version = f"Chromium {browser.version}"
    (script,) = root.rglob("explorer.js")
    return {
        "pages": [asdict(page) for page, _ in looked],
        "explorers": [asdict(one) for _, explorers in looked for one in explorers],
        "site_bytes": weight.site_bytes(root),
        "player_bytes": len(gzip.compress(script.read_bytes(), weight.LEVEL)),
        "browser": version,
        "date": datetime.date.today().isoformat(),
    }


def _browser(root: Path) -> str:
    if not (root / "index.html").is_file():
        raise FileNotFoundError(
            "there is no built site in _build/html; run `python run.py book --no-serve` first"
        )
    try:
        from book_build.sitecheck.browser import find_browser
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error}; install what the tests need: pip install -e '.[book,test]'"
        ) from error
    executable = find_browser()
    if executable is None:
        raise FileNotFoundError(
            "no browser was found; install Chromium, Chrome or Edge, or set COURSE_BROWSER to one"
        )
    return executable


def _look(browser: Any, base: str, name: str, root: Path) -> tuple[PageCost, list[ExplorerCost]]:
    """Open one page in a fresh profile: its cost, then the cost of each of its explorers."""
    from book_build.sitecheck import weight
    from book_build.sitecheck.browser import new_context
    from book_build.sitecheck.visit import MEASURE, visit

    context = new_context(browser)
    context.add_init_script(path=MEASURE)
    try:
        seen = visit(context, base, name, root=root)
    finally:
        context.close()
    weighed = weight.page_weight(seen.first_files)
    page = PageCost(
        page=name,
        requests=len(seen.first_files),
        bytes=weighed.total,
        bytes_without_pictures=weighed.without_pictures,
        paint_ms=None if seen.paint_ms is None else round(seen.paint_ms, 1),
        shift=round(seen.shift, 4),
    )
    weights = weight.explorer_weights(root, name)
    return page, [_move(browser, base, name, heavy) for heavy in weights]


def _move(browser: Any, base: str, name: str, heavy: Any) -> ExplorerCost:
    """Move the sliders of one explorer in a fresh profile, so that its first move is a first."""
    from book_build.sitecheck import player
    from book_build.sitecheck.browser import new_context
    from book_build.sitecheck.visit import MEASURE

    context = new_context(browser)
    context.add_init_script(path=MEASURE)
    try:
        tab = context.new_page()
        tab.goto(base + name, wait_until="load")
        figure = player.explorers(tab)[heavy.number - 1]
        latency = player.measure_latency(tab, figure, pause_ms=READING_MS)
    finally:
        context.close()
    return ExplorerCost(
        page=name,
        number=heavy.number,
        first_move_ms=round(latency.first, 1),
        median_ms=round(latency.median, 1),
        p95_ms=round(latency.p95, 1),
        bytes_untouched=heavy.first,
        frames=len(heavy.frames),
        mean_frame_bytes=round(statistics.mean(heavy.frames)),
    )


def goals(found: dict[str, Any]) -> list[Goal]:
    """Return the site's numbers beside their limits: of each kind the worst one."""
    pages, explorers = found["pages"], found["explorers"]
    paints = [math.inf if page["paint_ms"] is None else page["paint_ms"] for page in pages]
    frames = sum(one["frames"] for one in explorers)
    frame_bytes = sum(one["frames"] * one["mean_frame_bytes"] for one in explorers)
    listed = [
        Goal("heaviest page", max(p["bytes"] for p in pages) / kB, 1000, "kB"),
        Goal(
            "heaviest page without its pictures",
            max(p["bytes_without_pictures"] for p in pages) / kB,
            300,
            "kB",
        ),
        Goal("slowest first paint", max(paints), 1000, "ms"),
        Goal("largest layout shift", max(p["shift"] for p in pages), 0.02, ""),
        Goal("player", found["player_bytes"] / kB, 6, "kB"),
        Goal("whole site", found["site_bytes"] / kB / kB, 150, "MB"),
    ]
    if not explorers:
        return listed
    return [
        *listed,
        Goal("slider to picture, median", max(e["median_ms"] for e in explorers), 16, "ms"),
        Goal("slider to picture, p95", max(e["p95_ms"] for e in explorers), 50, "ms"),
        Goal(
            "slider to picture, first move", max(e["first_move_ms"] for e in explorers), 100, "ms"
        ),
        Goal(
            "heaviest explorer, untouched",
            max(e["bytes_untouched"] for e in explorers) / kB,
            60,
            "kB",
        ),
        Goal("mean frame", frame_bytes / frames / kB, 25, "kB"),
    ]


def goal_lines(found: dict[str, Any]) -> list[list[str]]:
    """Return the site's numbers beside their limits."""
    return [
        [
            goal.name,
            f"{goal.value:.3g} {goal.unit}".strip(),
            f"{goal.limit:g} {goal.unit}".strip(),
            goal.verdict,
        ]
        for goal in goals(found)
    ]


def page_lines(found: dict[str, Any]) -> list[list[str]]:
    """Return what each page costs before anyone touches it, heaviest first."""
    return [
        [
            page["page"],
            f"{page['requests']}",
            f"{page['bytes'] / 1000:.0f}",
            f"{page['bytes_without_pictures'] / 1000:.0f}",
            "none" if page["paint_ms"] is None else f"{page['paint_ms']:.0f}",
            f"{page['shift']:.3f}",
        ]
        for page in sorted(found["pages"], key=lambda page: -page["bytes"])
    ]


def explorer_lines(found: dict[str, Any]) -> list[list[str]]:
    """Return how fast each explorer follows, slowest first."""
    return [
        [
            f"{one['page']} {one['number']}",
            f"{one['first_move_ms']:.1f}",
            f"{one['median_ms']:.1f}",
            f"{one['p95_ms']:.1f}",
            f"{one['bytes_untouched'] / 1000:.1f}",
            f"{one['frames']}",
            f"{one['mean_frame_bytes'] / 1000:.1f}",
        ]
        for one in sorted(found["explorers"], key=lambda one: -one["p95_ms"])
    ]


def tables_text(found: dict[str, Any]) -> str:
    """Return what the site costs, for the terminal."""
    tables = [(PAGE_HEAD, page_lines), (EXPLORER_HEAD, explorer_lines), (GOAL_HEAD, goal_lines)]
    parts = [text_table(head, lines(found)) for head, lines in tables if lines(found)]
    return "\n\n".join([*parts, found["browser"]])


def section(content: dict[str, Any]) -> str:
    """Return what the built site costs a reader, for the page."""
    parts = []
    for found in content.get("site", {}).values():
        machine = content["machines"][found["machine"]]
        parts += ["## The site", markdown(GOAL_HEAD, goal_lines(found))]
        for title, head, lines in (
            ("Every page, before anyone touches it", PAGE_HEAD, page_lines(found)),
            ("Every explorer", EXPLORER_HEAD, explorer_lines(found)),
        ):
            if lines:
                parts.append(f":::{{dropdown}} {title}\n{markdown(head, lines)}\n:::")
        chapters = [one for one in found["pages"] if one["page"].startswith("notebooks/")]
        parts.append(
            f"{where(machine)}; {found['browser']}, from a local server. Date: {found['date']}."
            f"{chapters_measured(len(chapters))}"
        )
    return "\n\n".join(parts)
