"""The frozen texts are those that their docstrings describe."""

import hashlib
from collections import Counter
from importlib.resources import files

import pytest

from course_lib.datasets import load_python_reference, load_quatrains, load_shakespeare


@pytest.fixture(scope="module")
def works():
    return load_shakespeare()


@pytest.fixture(scope="module")
def quatrains():
    return load_quatrains()


def digest(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def test_the_texts_are_frozen(works, quatrains):
    assert digest(load_python_reference()) == "3d7c8651ffcecbc8"
    assert (
        digest("\f".join(f"{title}\n{text}" for title, text in works.items())) == "50ec43355510287f"
    )
    rows = ("\t".join(["".join(poem.lines), poem.author, poem.title]) for poem in quatrains)
    assert digest("\n".join(rows)) == "f95f248a381b983b"


def test_works_begin_with_their_names_and_hold_no_licence_text(works):
    assert works["The Tempest"].startswith("THE TEMPEST")
    assert "To be, or not to be" in works["Hamlet"]
    for title, text in works.items():
        assert text.isascii(), title
        assert "gutenberg" not in text.lower(), title
        assert text == text.strip(), title
        assert "  " not in text, title
        assert "\n\n\n" not in text, title


def test_cymbeline_lacks_two_acts_as_its_docstring_says(works):
    acts = [line for line in works["Cymbeline"].splitlines() if line.startswith("ACT ")]
    assert [line.split(".")[0] for line in acts] == ["ACT FIRST", "ACT II", "ACT FIFTH"]


def test_quatrains_are_four_lines_of_five_of_the_characters_that_are_frequent(quatrains):
    for poem in quatrains:
        assert [len(line) for line in poem.lines] == [5, 5, 5, 5]
        assert all("\u4e00" <= c <= "\u9fff" for line in poem.lines for c in line)
        assert poem.author
    assert len({poem.lines for poem in quatrains}) == len(quatrains)
    counts = Counter(c for poem in quatrains for line in poem.lines for c in line)
    assert len(counts) == 1500


def test_a_poem_that_everybody_knows_stands_in_its_older_words(quatrains):
    (poem,) = [poem for poem in quatrains if poem.title == "靜夜思"]
    assert poem.author == "李白"
    assert poem.lines == ("牀前看月光", "疑是地上霜", "舉頭望山月", "低頭思故鄉")


def test_the_texts_stand_beside_their_licences():
    text = load_python_reference()
    assert "\r" not in text
    assert text.count("\n") > 4000
    licence = files("course_lib.datasets").joinpath("text", "LICENSE.txt").read_text("utf-8")
    for words in (
        "Open Knowledge Foundation",
        "chinese-poetry 2.0.1",
        "pydoc_data.topics",
        "Python Software Foundation; All Rights Reserved",
        "Changes",
    ):
        assert words in licence
