"""Texts for networks that read: a manual, Shakespeare's works, and poems of the Tang dynasty.

They are frozen, so that what is computed from them does not change. Origin, licence and every
change made to them stand in ``text/LICENSE.txt`` beside this module.
"""

from __future__ import annotations

import bz2
from importlib.resources import files
from typing import NamedTuple


class Quatrain(NamedTuple):
    """Four lines of five characters.

    Attributes
    ----------
    lines : tuple of 4 str
        Five traditional Chinese characters each, without punctuation.
    author, title : str
        Of the poem from which the lines were taken; they may be a part of it.
    """

    lines: tuple[str, str, str, str]
    author: str
    title: str


def load_python_reference() -> str:
    """Load about 195,000 characters of the reference of Python 3.11: prose, grammar and code.

    It is six topics of CPython's `pydoc_data.topics`, in ASCII. Copyright (c) 2001-2023 Python
    Software Foundation, under the PSF licence.

    Examples
    --------
    >>> text = load_python_reference()
    >>> len(text), len(set(text)), text[:19]
    (194572, 94, 'Compound statements')
    """
    return _read("python_reference.txt").decode("utf-8")


def load_shakespeare() -> dict[str, str]:
    """Load 42 works of Shakespeare: plays and poems, 5 million characters, some 910,000 words.

    The spelling is modern. The texts keep the names of the speakers and the stage directions, and
    the list of the persons at their beginning. *Cymbeline* lacks its acts III and IV. They are in
    the public domain, and were prepared by Project Gutenberg.

    Returns
    -------
    dict of str to str
        Text by title, in ASCII; blanks at the ends of lines and repeated ones were taken out.

    Examples
    --------
    >>> works = load_shakespeare()
    >>> len(works), sum(map(len, works.values())), works["Macbeth"][:7]
    (42, 5034276, 'MACBETH')
    """
    works = bz2.decompress(_read("shakespeare.txt.bz2")).decode("ascii").split("\f")
    return dict(tuple(work.split("\n", 1)) for work in works)


def load_quatrains() -> list[Quatrain]:
    """Load 13,137 pieces of Tang poems, each of four lines of five characters.

    They come from the 26,889 poems of the *Complete Tang Poems* (全唐詩) whose lines all have five
    characters and whose number of lines is even and at least four, cut after every fourth line.
    Kept are the pieces made only of the 1,500 characters that are most frequent in all 67,904
    different pieces, so that a small network can know every character. A piece that is not a whole
    poem may break the scheme of its rhymes. The poems are in the public domain; the collection is
    the npm package chinese-poetry 2.0.1, under the MIT licence.

    Examples
    --------
    >>> poems = load_quatrains()
    >>> len(poems), len({character for poem in poems for character in "".join(poem.lines)})
    (13137, 1500)
    >>> next(poem.author for poem in poems if poem.title == "靜夜思")
    '李白'
    """
    rows = bz2.decompress(_read("tang_poems.txt.bz2")).decode("utf-8").splitlines()
    return [_quatrain(*row.split("\t")) for row in rows]


def _quatrain(characters: str, author: str, title: str) -> Quatrain:
    first, second, third, fourth = (characters[k : k + 5] for k in range(0, 20, 5))
    return Quatrain((first, second, third, fourth), author, title)


def _read(name: str) -> bytes:
    return files(__package__).joinpath("text", name).read_bytes()
