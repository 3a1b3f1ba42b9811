"""Start the system's Chromium, and serve a folder to it the way a static host does."""

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
PLACES = (  # where installers put a browser that is not on PATH
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that has to be looked up is not ours: the look-up fails at once and nothing leaves.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
TYPES = {  # written here because mimetypes asks the operating system, which may say anything
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


def find_browser() -> str | None:
    """Return the path of a Chromium-like browser, or None.

    The environment variable COURSE_BROWSER wins; then PATH; then the installers' usual places.

    Raises
    ------
    FileNotFoundError
        COURSE_BROWSER is set and names no program.
    """
    wished = os.environ.get("COURSE_BROWSER")
    if wished:
        found = shutil.which(wished)
        if found is None:
            raise FileNotFoundError(
                f"COURSE_BROWSER={wished!r} is no program; set it to the path of Chromium, Chrome "
                "or Edge, or unset it to have PATH searched"
            )
        return found
    on_path = (shutil.which(name) for name in NAMES)
    at_place = (place for place in PLACES if Path(place).is_file())
    return next((path for path in on_path if path), None) or next(at_place, None)


@contextlib.contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """Run the browser `executable` without a window; it is closed when the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser, theme: str = "light", width: int = 1280, **options: object
) -> BrowserContext:
    """Open a fresh profile whose reader prefers `theme` and whose window is `width` px wide."""
    height = 844 if width < 600 else 800
    return browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, **options
    )


class _Handler(SimpleHTTPRequestHandler):
    """Serve files over HTTP/1.1 (connections are kept, as on a real host) without a log."""

    protocol_version = "HTTP/1.1"
    extensions_map = SimpleHTTPRequestHandler.extensions_map | TYPES

    def log_message(self, *_: object) -> None:
        """Say nothing: the browser reports what failed."""

    def handle(self) -> None:
        """Answer until the browser hangs up, which it may do in the middle of a file."""
        with contextlib.suppress(ConnectionError):
            super().handle()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, address: object) -> None:
        """Ignore a browser that left; report anything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, address)


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` on a free port of this machine; yield its address, ending in a slash."""
    server = _Server(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
