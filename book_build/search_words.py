"""Chinese terms in the search: 网络 finds the page that says 神经网络.

Sphinx takes a Chinese term for one word and looks for a part of a word only from three letters on.
A page is therefore listed under every part of its terms as well; the search itself, a file that
works from a folder too, needs nothing new.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search.en import SearchEnglish

CHINESE = re.compile(r"[\u3400-\u9fff]")
LONGEST_PART = 8  # characters: the parts of a run grow with its square, and no term is longer


def parts(word: str, longest: int = LONGEST_PART) -> list[str]:
    """Return all parts of a word with a Chinese character, itself excepted, each once.

    They have two to ``longest`` characters, and one of them at least is Chinese.
    """
    if not CHINESE.search(word):
        return []
    found = {
        word[start : start + length]
        for length in range(2, min(longest, len(word)) + 1)
        for start in range(len(word) - length + 1)
    }
    return sorted(part for part in found - {word} if CHINESE.search(part))


class SearchEnglishAndChinese(SearchEnglish):
    """Sphinx's English search, to which Chinese terms are also known by their parts."""

    def split(self, text: str) -> list[str]:
        """Split into words, each Chinese one followed by its parts."""
        words = super().split(text)
        return words + [part for word in words for part in parts(word)]


def setup(app: Any) -> None:
    """Register with Sphinx, in place of its own English."""
    app.add_search_language(SearchEnglishAndChinese)
