"""Open one page in one theme and width, and record all that happens there.

A `Visit` is pure data: what the page asked for, what it complained of, and what was measured in it.
Its properties turn that into findings.
"""

import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
MEASURE = Path(__file__).with_name("measure.js")
LARGEST_SHIFT = 0.02
FILE_NAME = re.compile(r"\S*\.(png|jpe?g|webp|gif|svg|avif|bmp)\W*$|^\S*[0-9a-f]{16,}\S*$", re.I)


@dataclass
class Traffic:
    """What a page asks for and what it complains of, from before its first byte.

    ``asked`` holds the addresses under `base` in order; ``left`` the ones elsewhere; ``failed``
    what did not arrive; ``said`` the console's errors and the exceptions nobody caught.
    """

    base: str
    asked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    waiting: int = 0

    @classmethod
    def of(cls, page: Page, base: str) -> "Traffic":
        """Listen to `page` from now on."""
        traffic = cls(base)
        page.on("request", traffic._on_request)
        page.on("requestfinished", traffic._on_end)
        page.on("requestfailed", traffic._on_failure)
        page.on("response", traffic._on_response)
        page.on("websocket", lambda socket: traffic.left.append(socket.url))
        page.on("console", traffic._on_console)
        page.on("pageerror", lambda error: traffic.said.append(f"uncaught: {error}"))
        return traffic

    def _on_request(self, request: Request) -> None:
        self.waiting += 1
        if request.url.startswith(self.base):
            self.asked.append(request.url)
        elif urlsplit(request.url).scheme not in ("data", "blob"):
            self.left.append(request.url)

    def _on_end(self, _: Request) -> None:
        self.waiting -= 1

    def _on_failure(self, request: Request) -> None:
        self.waiting -= 1
        self.failed.append(f"{request.url} ({request.failure})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.url} ({response.status})")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.said.append(f"{message.text} [{where}]")

    def settle(self, page: Page, quiet_s: float = 0.1, limit_s: float = 10.0) -> None:
        """Wait until nothing has been on its way for `quiet_s` seconds, at most `limit_s`."""
        end = time.monotonic() + limit_s
        calm_since = time.monotonic()
        while time.monotonic() < end and time.monotonic() - calm_since < quiet_s:
            page.wait_for_timeout(20)
            if self.waiting > 0:
                calm_since = time.monotonic()

    def files(self, root: Path) -> list[Path]:
        """Return the site's files that were asked for, each once, in order of the first time."""
        paths = (unquote(urlsplit(url[len(self.base) :]).path) for url in self.asked)
        return [root / path for path in dict.fromkeys(paths) if (root / path).is_file()]


@dataclass
class Visit:
    """One page, seen once in one theme and width.

    ``first_files`` are the site's files that the page loaded before anyone scrolled or clicked;
    ``wide`` maps a window width in px to the page's overflow there; ``shift`` is the cumulative
    layout shift; ``paint_ms`` the time from navigation to the first contentful paint.
    """

    page: str
    theme: str
    width: int
    traffic: Traffic
    first_files: list[Path]
    shown_theme: str | None
    paint_ms: float | None
    shifts: list[dict]
    wide: dict[int, dict]
    pictures: list[dict]
    axe: list[str] | None

    @property
    def where(self) -> str:
        """The name under which a finding is reported."""
        return f"{self.page} in {self.theme} at {self.width} px"

    @cached_property
    def shift(self) -> float:
        """The sum of all layout shifts, loading and scrolling through."""
        return sum(shift["value"] for shift in self.shifts)

    @property
    def privacy(self) -> list[str]:
        """Requests that leave the site."""
        return [
            f"asks for {url}, which is not in the site" for url in dict.fromkeys(self.traffic.left)
        ]

    @property
    def errors(self) -> list[str]:
        """Failed requests, console errors and uncaught exceptions."""
        failed = [f"request failed: {what}" for what in dict.fromkeys(self.traffic.failed)]
        return failed + [f"console error: {what}" for what in dict.fromkeys(self.traffic.said)]

    @property
    def layout(self) -> list[str]:
        """Sideways scrolling, cut content, layout shifts, a theme that is not the one asked for."""
        findings = [
            f"at {width} px it is {wide['sideways']} px too wide: {offender}"
            for width, wide in self.wide.items()
            for offender in wide["offenders"] or ["(no single element found)"]
            if wide["sideways"] > 0 or wide["offenders"]
        ]
        if self.shift >= LARGEST_SHIFT:
            largest = max(self.shifts, key=lambda shift: shift["value"])
            moved = "; ".join(largest["nodes"][:4])
            findings.append(f"layout shift {self.shift:.3f}, most of it by {moved}")
        if self.shown_theme not in (None, self.theme):
            findings.append(
                f"shows the {self.shown_theme} theme to a reader who prefers {self.theme}"
            )
        return findings

    @property
    def alternatives(self) -> list[str]:
        """Pictures that do not load, say nothing to a blind reader, or have no size."""
        return [
            f"{picture['what']} ({picture['file']}): {fault}"
            for picture in self.pictures
            for fault in picture_faults(picture)
        ]


def picture_faults(picture: dict) -> list[str]:
    """Say what is wrong with one picture as `measure.js` describes it."""
    faults = []
    alt = picture["alt"]
    if alt is None or (not alt.strip() and picture["content"] and not picture["hidden"]):
        faults.append("has no alternative text")
    elif FILE_NAME.search(alt.strip()):
        faults.append(f"its alternative text is a file name: {alt!r}")
    if picture["content"] and not picture["sized"]:
        faults.append("has no width and height, so the page jumps when it loads")
    if picture["broken"]:
        faults.append("does not load")
    return faults


def visit(
    context: BrowserContext,
    base: str,
    page_name: str,
    *,
    root: Path,
    theme: str = "light",
    also_widths: tuple[int, ...] = (),
    axe: str | None = None,
) -> Visit:
    """Open the page `page_name` of the site at `base` and record everything.

    Parameters
    ----------
    context : BrowserContext
        Fixes the window and the theme; it should carry ``MEASURE`` as its init script.
    base : str
        Address of the site, ending in a slash (http: or file:).
    root : Path
        The site's folder, to which addresses are mapped back.
    also_widths : tuple of int
        More window widths in px at which overflow is measured.
    axe : str, optional
        The source of axe-core; without it ``Visit.axe`` is None.
    """
    page = context.new_page()
    try:
        traffic = Traffic.of(page, base)
        page.goto(base + page_name, wait_until="load")
        traffic.settle(page)
        first_files = traffic.files(root)
        page.evaluate("courseCheck.walk()")
        traffic.settle(page)
        shifts = page.evaluate("courseCheck.shifts")
        page.evaluate("courseCheck.unfold()")
        return Visit(
            page=page_name,
            theme=theme,
            width=page.viewport_size["width"],
            traffic=traffic,
            first_files=first_files,
            shown_theme=page.evaluate("document.documentElement.dataset.theme ?? null"),
            paint_ms=page.evaluate("courseCheck.paint()"),
            shifts=shifts,
            pictures=page.evaluate("courseCheck.pictures()"),
            axe=run_axe(page, axe),
            wide=widths(page, also_widths),
        )
    finally:
        page.close()


def run_axe(page: Page, source: str | None) -> list[str] | None:
    """Return axe-core's violations on `page` as findings; None without axe-core's `source`."""
    if source is None:
        return None
    page.evaluate(source)  # through the debugger, which the page's security policy does not bind
    return page.evaluate("tags => courseCheck.axe(tags)", AXE_TAGS)


def widths(page: Page, more: tuple[int, ...]) -> dict[int, dict]:
    """Measure overflow at the window's present width and at `more` widths in px."""
    size = page.viewport_size
    found = {size["width"]: page.evaluate("courseCheck.tooWide()")}
    for width in more:
        page.set_viewport_size({"width": width, "height": size["height"]})
        page.evaluate("courseCheck.frame()")
        found[width] = page.evaluate("courseCheck.tooWide()")
    return found
