"""Open one page in one width and one or both themes, and record all that happens there.

A `Visit` is pure data: what the page asked for, what it complained of, and what was measured in it.
Its properties turn that into findings.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
THEMED_TAGS = ["cat.color"]
"""axe-core's rules about colour: only they can judge otherwise what both themes show."""
MEASURE = Path(__file__).with_name("measure.js")
LARGEST_SHIFT = 0.02
GIVEN_UP = "net::ERR_ABORTED"
"""What Chromium says of a request that the page itself no longer wants."""
PATIENCE_MS = 5_000  # for a page to follow the reader's change of theme
FILE_NAME = re.compile(r"\S*\.(png|jpe?g|webp|gif|svg|avif|bmp)\W*$|^\S*[0-9a-f]{16,}\S*$", re.I)


@dataclass
class Traffic:
    """What a page asks for and what it complains of, from before its first byte.

    ``asked`` holds the addresses under `base` in order; ``left`` the ones elsewhere; ``failed``
    what did not arrive; ``said`` the console's errors and the exceptions nobody caught. While the
    explorers are `moving`, a picture that the page itself gave up for a newer one did not fail.
    """

    base: str
    asked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    waiting: set[Request] = field(default_factory=set)
    moving: bool = False

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
        self.waiting.add(request)
        if request.url.startswith(self.base):
            self.asked.append(request.url)
        elif urlsplit(request.url).scheme not in ("data", "blob"):
            self.left.append(request.url)

    def _on_end(self, request: Request) -> None:
        self.waiting.discard(request)

    def _on_failure(self, request: Request) -> None:
        self.waiting.discard(request)
        given_up = request.resource_type == "image" and request.failure == GIVEN_UP
        if not (self.moving and given_up):
            self.failed.append(f"{request.url} ({request.failure})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.url} ({response.status})")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.said.append(f"{message.text} [{where}]")

    def settle(self, page: Page, limit_s: float = 10.0) -> None:
        """Wait until nothing is on its way, at most `limit_s`.

        What scripts are about to ask for, they ask for in the two frames that are waited for first.
        """
        page.evaluate("courseCheck.frame().then(courseCheck.frame)")
        end = time.monotonic() + limit_s
        while self.waiting and time.monotonic() < end:
            page.wait_for_timeout(20)

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
    work: Callable[[Page], None] | None = None,
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
    work : callable, optional
        Called with the page when all is measured; what it makes the page do is recorded too.
    """
    found = visit_in_themes(
        context,
        base,
        page_name,
        root=root,
        themes=(theme,),
        also_widths=also_widths,
        axe=axe,
        work=work,
    )
    return found[0]


def visit_in_themes(
    context: BrowserContext,
    base: str,
    page_name: str,
    *,
    root: Path,
    themes: tuple[str, ...],
    also_widths: tuple[int, ...] = (),
    axe: str | None = None,
    elsewhere: str | None = None,
    work: Callable[[Page], None] | None = None,
) -> list[Visit]:
    """Open a page once, then change its theme as the reader's system does; return a visit of each.

    The context prefers the first of `themes`, in which the page loads. In the next ones what does
    not depend on the theme is not measured again: axe-core's rules about colour judge the whole
    page but for what the CSS selector `elsewhere` names, as another look judges it in this theme;
    its other rules judge what no theme before has shown. `work` finds the page in the first theme
    again. The other parameters are those of `visit`.
    """
    page = context.new_page()
    try:
        traffic = Traffic.of(page, base)
        page.goto(base + page_name, wait_until="load")
        traffic.settle(page)
        first_files = traffic.files(root)
        page.evaluate("courseCheck.walk()")
        traffic.settle(page)
        found: list[Visit] = []
        for theme in themes:
            if found:
                page.evaluate("courseCheck.takeShifts()")  # by unfolding
                change_theme(page, theme)
            shifts = page.evaluate("courseCheck.takeShifts()")
            if not found:
                page.evaluate("courseCheck.unfold()")
            visit = Visit(
                page=page_name,
                theme=theme,
                width=page.viewport_size["width"],
                traffic=traffic,
                first_files=first_files,
                shown_theme=page.evaluate("document.documentElement.dataset.theme ?? null"),
                paint_ms=page.evaluate("courseCheck.paint()"),
                shifts=shifts,
                pictures=page.evaluate("courseCheck.pictures()"),
                axe=run_axe(page, axe, again=bool(found), elsewhere=elsewhere),
                wide=widths(page, also_widths),
            )
            found.append(visit)
        if work is not None:
            change_theme(page, themes[0])
            traffic.moving = True
            work(page)
            traffic.settle(page)
        return found
    finally:
        page.close()


def change_theme(page: Page, theme: str) -> None:
    """Let the reader's system prefer `theme`, and wait until the page shows it, if it does."""
    page.emulate_media(color_scheme=theme)
    page.evaluate("([theme, ms]) => courseCheck.shows(theme, ms)", [theme, PATIENCE_MS])


def run_axe(
    page: Page, source: str | None, again: bool = False, elsewhere: str | None = None
) -> list[str] | None:
    """Return axe-core's violations on `page` as findings; None without axe-core's `source`.

    Where it ran on this page before, `again` leaves out what cannot have changed with the theme,
    and what `elsewhere` selects.
    """
    if source is None:
        return None
    if not again:
        page.evaluate(source)  # through the debugger, which the page's policy does not bind
    return page.evaluate(
        "([tags, themed, elsewhere]) => courseCheck.axe(tags, themed, elsewhere)",
        [AXE_TAGS, THEMED_TAGS if again else None, elsewhere],
    )


def widths(page: Page, more: tuple[int, ...]) -> dict[int, dict]:
    """Measure overflow at the window's present width and at `more` widths in px, and come back."""
    size = page.viewport_size
    found = {size["width"]: page.evaluate("courseCheck.tooWide()")}
    for width in more:
        _resize(page, {**size, "width": width})
        found[width] = page.evaluate("courseCheck.tooWide()")
    if more:
        _resize(page, size)
    return found


def _resize(page: Page, size: dict) -> None:
    page.set_viewport_size(size)
    page.evaluate("courseCheck.frame()")
