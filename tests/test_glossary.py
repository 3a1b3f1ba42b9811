"""The glossary is bilingual and in order, and its Chinese index is complete."""

import re
from pathlib import Path

GLOSSARY = (Path(__file__).parents[1] / "book" / "glossary.md").read_text(encoding="utf-8")
DIRECTIVE, INDEX = re.fullmatch(r".*```\{glossary\}\n(.*?)```(.*)", GLOSSARY, re.DOTALL).groups()
HAN = re.compile(r"[\u3400-\u9fff]")


def entries() -> list[tuple[list[str], str]]:
    """Return each entry's names and its definition."""
    blocks = [block.splitlines() for block in DIRECTIVE.strip().split("\n\n")]
    return [(lines[:-1], lines[-1]) for lines in blocks]


def test_every_entry_has_an_english_and_a_chinese_name_and_one_definition():
    for names, definition in entries():
        assert len(names) >= 2, names
        assert not any(HAN.search(name) for name in names[:-1]), names
        assert HAN.search(names[-1]), names
        assert definition.startswith("  "), names


def test_every_definition_ends_with_where_the_term_is_treated():
    for names, definition in entries():
        assert re.search(
            r"\. See \[[^\]]+\]\(\.\./notebooks/\d\d_\w+\.ipynb[^)]*\)\.$", definition
        ), names


def test_entries_are_sorted_and_no_name_comes_twice():
    first = [names[0].lower() for names, _ in entries()]
    assert first == sorted(first)
    every = [name.lower() for names, _ in entries() for name in names]
    assert len(every) == len(set(every))


def test_the_chinese_index_has_every_entry_once():
    linked = re.findall(r"\{term\}`([^`]+)`", INDEX)
    assert sorted(linked) == sorted(names[-1] for names, _ in entries())
