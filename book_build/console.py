"""What the course's commands share before they print their first word."""

import io
import sys


def print_what_the_console_can() -> None:
    """Print ``?`` for a character that the console or the file lacks, rather than stop there.

    Output that is sent to a file or a pipe on Windows has a code page of some 200 characters:
    no ``≤``, no Chinese folder.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not what a test or a notebook put there
            stream.reconfigure(errors="replace")
