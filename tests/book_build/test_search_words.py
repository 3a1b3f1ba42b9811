"""Chinese terms are found by their parts; English is searched as Sphinx does."""

from types import SimpleNamespace

import pytest
from docutils import nodes
from sphinx.search import IndexBuilder, languages

from book_build import search_words
from book_build.search_words import parts


@pytest.fixture
def index_of(monkeypatch):
    """Return Sphinx's own search index of pages that hold these words."""

    def index(**pages: str) -> dict:
        app = SimpleNamespace(
            add_search_language=lambda one: monkeypatch.setitem(languages, one.lang, one)
        )
        search_words.setup(app)
        kinds = ("titles", "filenames", "mapping", "title_mapping", "all_titles", "index_entries")
        stores = {f"_search_index_{kind}": {} for kind in (*kinds, "objtypes", "objnames")}
        builder = IndexBuilder(SimpleNamespace(**stores, domains={}, version=1), "en", {}, "")
        for name, text in pages.items():
            document = nodes.document(SimpleNamespace(language_code="en"), None)
            document += nodes.paragraph(text, text)
            builder.feed(name, f"{name}.md", name, document)
        return builder.freeze()

    return index


def test_a_part_of_a_chinese_term_leads_to_every_page_that_holds_it(index_of):
    terms = index_of(
        glossary="neural network 神经网络",
        chapter="A 卷积神经网络 (CNN) is a 网络.",
        other="A decision tree (决策树).",
    )["terms"]
    glossary, chapter, other = 1, 0, 2  # by the alphabet
    assert terms["网络"] == terms["神经网络"] == terms["神经"] == sorted([chapter, glossary])
    assert terms["卷积"] == chapter
    assert terms["决策"] == terms["策树"] == terms["决策树"] == other


def test_english_words_are_indexed_as_before(index_of):
    terms = index_of(page="networks learn trees")["terms"]
    assert set(terms) == {"network", "learn", "tree"}


def test_parts_hold_a_chinese_character_and_are_not_too_long():
    assert parts("trees") == []
    assert parts("k均值") == ["k均", "均值"]
    assert parts("均值") == []
    assert max(map(len, parts("一" * 50))) == 8
