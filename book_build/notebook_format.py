"""What a notebook of the course may hold on disk, and the environment in which it is checked.

One place for the rules that three readers share: `notebooks/conftest.py` (which runs the
notebooks), `book_build.outputs` (which stores their outputs) and the chapter contract in `tests/`.

Words used here: a *checked* cell is one tagged ``nbval-check-output``: its output is stored, and
compared on every run. Cells are numbered as nbval numbers them: code cells only, from 0.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

CHECKED = "nbval-check-output"
RAISES = "raises-exception"
SKIPPED = "nbval-skip"
BY_HAND = "by-hand"  # the chapter's central algorithm, as a student would type it
VARIES = "output-varies"  # prints what differs from machine to machine: compared with nothing

# Every tag a cell may carry: what nbval, Jupyter Book, our pictures.py and the contract read.
TAGS = frozenset(
    {BY_HAND, CHECKED, RAISES, VARIES}
    | {f"{verb}-{part}" for verb in ("hide", "remove") for part in ("cell", "input", "output")}
    | {"remove-stdout", "remove-stderr", "scroll-output", "output_scroll", "full-width", "margin"}
    | {"photo"}
)

# One thread, and sets in one order, so that a run on any machine prints the same; every explorer
# drawn at few settings with every value; pictures in the page, whatever the user's set-up.
KERNEL_ENVIRONMENT: Mapping[str, str] = {
    "COURSE_EXPLORE": "check",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

# Words that say that there is a picture, and not what it shows.
_STOCK = """
    a an the this that these of in on and with for to from by is are was here it its we see shows
    show showing shown displays display displaying depicts image images img picture pictures photo
    photos photograph figure figures fig plot plots graph graphs chart charts diagram drawing
    illustration screenshot graphic visualisation visualization output result results data example
    alt text alternative description caption placeholder todo tbd png jpg jpeg webp svg gif
    图 图片 图像 图表 插图 照片
"""
STOCK_WORDS = frozenset(_STOCK.split())

_NUMBER = r"(?<![\w.])\d+(?:\.\d+)?"
_NOISE_IN_TEXT: Mapping[str, re.Pattern[str]] = {
    "a memory address": re.compile(r"\b0x[0-9a-fA-F]{6,}\b"),
    "the repr of a figure": re.compile(r"<Figure size|<Axes|<matplotlib\."),
    "the repr of a NumPy scalar": re.compile(
        r"\bnp\.(?:(?:float|int|uint|complex|longdouble|bool|str)\w*\(|True_|False_)"
    ),
    "a tensor's device": re.compile(r"\bdevice\(?=|\bdevice\(type|\bcuda:\d"),
    "a tensor's grad_fn": re.compile(r"\bgrad_fn=<"),
    "the repr of a widget": re.compile(r"\b(?:interactive|HBox|VBox|Output|IntSlider)\(\w*=?.*\)"),
    "a time": re.compile(
        _NUMBER + r"\s?(?:s|ms|µs|μs|us|ns|secs?|seconds?|minutes?)\b|\b\d\d:\d\d:\d\d\b"
    ),
    "a version": re.compile(r"(?<![\w.])\d+\.\d+\.\d+(?![\w.]*\d*\.\d)"),
}
_NOISE_IN_MIME: Mapping[str, str] = {
    "image/": "a picture (nbval never compares one)",
    "application/vnd.jupyter.widget": "a widget (its model ids are random)",
}


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell, in their order."""
    return list(cell.metadata.get("tags", []))


def is_checked(cell: NotebookNode) -> bool:
    """Say whether the output of this cell is stored and compared."""
    return cell.cell_type == "code" and CHECKED in tags(cell)


def is_folded(cell: NotebookNode) -> bool:
    """Say whether the code of this cell is folded, on the page and in Jupyter."""
    return bool({"hide-input", "hide-cell"} & set(tags(cell))) and _is_folded_in_jupyter(cell)


def is_unseen(cell: NotebookNode) -> bool:
    """Say whether the code of this cell is left out of the page, and folded in Jupyter."""
    return "remove-input" in tags(cell) and _is_folded_in_jupyter(cell)


def _is_folded_in_jupyter(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def tag_faults(cell: NotebookNode) -> Iterator[str]:
    """Yield a sentence for each tag or marker that nbval or Jupyter Book would silently ignore."""
    for tag in tags(cell):
        if tag == SKIPPED:
            yield f"the tag {SKIPPED!r}: a cell that does not run is not checked; remove the tag"
        elif tag not in TAGS:
            near = difflib.get_close_matches(tag.lower().replace("_", "-"), TAGS, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else f"known tags: {sorted(TAGS)}"
            yield f"unknown tag {tag!r}, which every tool would ignore; {hint}"
    if re.search(r"^\s*#+\s*(?:NBVAL|PYTEST_VALIDATE)_", cell.source, re.MULTILINE):
        yield f"an nbval marker in a comment: use the cell's tags instead ({CHECKED!r})"


def output_noise(output: NotebookNode) -> list[str]:
    """Name what in a checked output differs from machine to machine, or is never compared.

    Sizes in bytes are left alone: most are computed from shapes, and those are the same anywhere.
    """
    if output.output_type == "error":
        return ["an error (its traceback holds paths)"]
    if output.output_type == "stream":
        found = ["text on stderr (a warning?)"] if output.name == "stderr" else []
        return found + _noise_in_text(output.text)
    found = [
        what for mime in output.data for start, what in _NOISE_IN_MIME.items() if start in mime
    ]
    return found + _noise_in_text(_joined(output.data.get("text/plain", "")))


def noise(outputs: list[NotebookNode]) -> list[str]:
    """Name, once each, the kinds of noise in the outputs of a checked cell."""
    return list(dict.fromkeys(what for output in outputs for what in output_noise(output)))


def join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join what was printed in pieces, one after the other, into one output.

    (nbclient's and myst-nb's own ways also join what stands on two sides of a table or a picture.)
    """
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        both = (output, last)
        if last and all(one.output_type == "stream" for one in both) and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def heard_on_stderr(cell: NotebookNode) -> str:
    """Return what a code cell that has run shows of its words on stderr (warnings, logs)."""
    if {"remove-stderr", "remove-output", "remove-cell"} & set(tags(cell)):
        return ""
    streams = [one for one in cell.outputs if one.output_type == "stream"]
    return "".join(one.text for one in streams if one.name == "stderr")


def says_nothing(alternative: str) -> bool:
    """Say whether an alternative text holds only words that any picture could have.

    >>> says_nothing("image image image"), says_nothing("A plot of the loss")
    (True, False)
    """
    return not set(re.findall(r"[^\W\d_]+", alternative.lower())) - STOCK_WORDS


def alternative_text(cell: NotebookNode) -> str:
    """Return what the cell's metadata says that its picture shows; empty where it says nothing."""
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def has_picture(outputs: list[NotebookNode]) -> bool:
    """Say whether running a cell left a picture."""
    return any(mime.startswith("image/") for out in outputs for mime in out.get("data", {}))


def _noise_in_text(text: str) -> list[str]:
    found = []
    for what, pattern in _NOISE_IN_TEXT.items():
        if match := pattern.search(text):
            found.append(f"{what} ({match.group(0)!r})")
    return found


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)
