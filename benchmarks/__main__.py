"""``python -m benchmarks``."""

import sys

from benchmarks.command import main
from book_build.console import print_what_the_console_can

if __name__ == "__main__":
    print_what_the_console_can()
    sys.exit(main())
