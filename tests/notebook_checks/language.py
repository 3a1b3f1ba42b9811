"""What the prose of a chapter avoids, as far as a program can see it without false alarms."""

import re
from collections.abc import Iterator

from notebook_checks.chapter import Piece

# What a reader stumbles over -> the plain words.
_PLAINER = {
    r"\bexactly if\b": "if and only if",
    r"\bhardly (?:one|two|three|four|five)\b": "almost no two",
    r"\bplainest guess\b": "simplest guess",
    r"\bcuts? anew\b": "cut again",
}
_SENTENCE_ENDS = re.compile(r"(?<=[.?!;])\s+")  # what a semicolon parts may have a colon each
_COLON = re.compile(r"(?<=\S):(?=\s)")  # none in 10:30, in a ratio 3 : 1, at a paragraph's end


def faults(piece: Piece) -> Iterator[str]:
    """Yield a sentence for each fault in the words of a heading or paragraph."""
    words = _words(piece)
    for pattern, plainer in _PLAINER.items():
        for found in re.findall(pattern, words, re.IGNORECASE):
            yield f"{found!r}: in plain words {plainer!r}, or whatever is meant here"
    for sentence in _SENTENCE_ENDS.split(words):
        if len(_COLON.findall(sentence)) > 1:
            yield f"two colons in one sentence: {sentence!r}"


def _words(piece: Piece) -> str:
    """Return the text, what stands in it of mathematics, code or roles as one letter.

    Bold words are left out: the colon of `**Time:**` is that of a label.
    """
    parts: list[str] = []
    bold = 0
    for token in piece.inline:
        bold += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif not bold and token.type in ("text", "math_inline", "code_inline", "myst_role"):
            parts.append(token.content if token.type == "text" else "x")
    return " ".join("".join(parts).split())
