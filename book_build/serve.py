"""Shows the built site on this machine: a small server with the right content types."""

from __future__ import annotations

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line for each, and without a browser keeping yesterday's."""

    extensions_map: ClassVar = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ipynb": "application/x-ipynb+json",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".webp": "image/webp",
        ".woff2": "font/woff2",
    }

    def end_headers(self) -> None:
        """Ask the browser to look for a newer file each time."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server whose port nobody else can take: on Windows, reuse would share it silently."""

    allow_reuse_address = os.name == "posix"
    daemon_threads = True


def make_server(folder: Path, port: int) -> Server:
    """Make a server of ``folder`` on this machine only; port 0 picks a free one.

    Raises
    ------
    OSError
        If the port is taken.
    """
    return Server(("127.0.0.1", port), partial(QuietHandler, directory=str(folder)))


def serve(folder: Path, port: int) -> None:
    """Serve ``folder`` until the user presses Ctrl-C.

    Raises
    ------
    SystemExit
        If the port is taken, with a sentence that says what to do.
    """
    try:
        server = make_server(folder, port)
    except OSError:
        raise SystemExit(f"Port {port} is taken; choose another one: --port {port + 1}") from None
    with server:
        print(f"The book is at http://localhost:{server.server_port}/  (Ctrl-C stops it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
