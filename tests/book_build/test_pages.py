"""The small steps between Sphinx's pages and the site: repairs, links, icons, previews, numbers."""

import threading
import urllib.request

import pytest
from docutils import nodes
from fontTools.ttLib import TTFont
from nbformat import v4
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from book_build import link_preview, notebook_format, serve, site_look, trim
from book_build.accessibility import repair
from book_build.links import Site, findings
from book_build.numbering import chapter_number
from course_lib.plots import PALETTE


def repaired(body: str) -> LexborHTMLParser:
    return LexborHTMLParser(repair(f"<!DOCTYPE html><html><head></head><body>{body}</body></html>"))


def test_folded_admonition_becomes_details_without_a_link_in_its_summary():
    page = repaired(
        '<div class="admonition dropdown solution" id="s"><p class="admonition-title">Solution to '
        '<a href="#e">Exercise 1</a></p><p>Because <b>so</b>.</p></div>'
    )
    details = page.css_first("details#s.solution")
    assert details.css_first("summary.admonition-title").text() == "Solution to Exercise 1"
    assert details.css_first("summary a") is None
    assert details.css_first("p b").text() == "so"
    assert page.css_first("div.admonition") is None


def test_empty_header_cell_becomes_a_plain_cell_and_the_others_get_a_scope():
    page = repaired(
        "<article><table><thead><tr><th></th><th>a</th></tr></thead>"
        "<tbody><tr><th>0</th><td>1</td></tr></tbody></table></article>"
    )
    assert [c.tag for c in page.css("thead tr > *")] == ["td", "th"]
    assert page.css_first("thead th").attributes["scope"] == "col"
    assert page.css_first("tbody th").attributes["scope"] == "row"


def test_every_search_form_gets_one_button():
    form = '<form class="bd-search" action="s"><i></i><input name="q"><span>Ctrl+K</span></form>'
    page = repaired(f"<dialog>{form}</dialog><main>{form}</main>")
    assert [len(form.css("button")) for form in page.css("form")] == [1, 1]
    assert [button.text() for button in page.css("form > button[type=submit]")] == ["Search"] * 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("p{a:b}", "p{a:b}"),
        ("html[data-theme=dark] p{a:b}", "@media screen{html[data-theme=dark] p{a:b}}"),
        (
            'html[data-theme="light"] p{a:b}',
            'html[data-theme="light"] p{a:b}@media print{html[data-theme="dark"] p{a:b}}',
        ),
        (
            "i,[data-theme=dark] img:not(.a,.b){a:b}",
            "i{a:b}@media screen{[data-theme=dark] img:not(.a,.b){a:b}}",
        ),
        (
            "@charset 'x';/*{} ;*/@media x{[data-theme=dark]{a:b}}",
            "@charset 'x';/*{} ;*/@media x{@media screen{[data-theme=dark]{a:b}}}",
        ),
    ],
)
def test_the_dark_theme_is_for_screens_only(before, after):
    css = site_look.dark_for_screens_only(before)
    assert css.replace(site_look.DONE, "").strip() == after
    assert site_look.dark_for_screens_only(css) == css


def test_each_table_stands_once_in_a_box_that_scrolls():
    page = repaired("<article><p>x</p><table><tr><td>1</td></tr></table><p>y</p></article>")
    assert len(page.css("table")) == 1
    assert [n.tag for n in page.css("article > *")] == ["p", "div", "p"]
    assert page.css_first("div.table-scroll > table") is not None


def test_repairs_leave_the_rest_alone_and_are_done_once():
    body = (
        '<article><p>a &amp; b &lt; c</p><svg viewBox="0 0 1 1"></svg>'
        '<math><mi>x</mi></math><script type="application/json">["<\\/p>"]</script></article>'
    )
    once = repair(f"<!DOCTYPE html><html lang='en'><head></head><body>{body}</body></html>")
    assert body in once
    assert repair(once) == once


@pytest.mark.parametrize(
    ("before", "selector"),
    [
        ('<button class="search-button-field" aria-label="x">Search</button>', "[aria-label]"),
        ('<summary aria-label="Toggle">Show</summary>', "summary[aria-label]"),
        ("<summary><p>Show</p></summary>", "summary p"),
        ('<input class="task-list-item-checkbox">', "input:not([aria-label])"),
        ('<div id="pst-primary-sidebar"></div>', "#pst-primary-sidebar:not([role])"),
        ('<button title="Menu"><i class="fa-solid"></i></button>', "button:not([aria-label])"),
        ('<section id="exercise-content"></section>', "#exercise-content"),
        ('<div role="doc-biblioentry"></div>', '[role="doc-biblioentry"]'),
        ('<a target="_blank" href="../_sources/a.ipynb">x</a>', "a:not([download])"),
    ],
)
def test_fault_is_repaired(before, selector):
    assert LexborHTMLParser(before).css_first(selector) is not None
    assert repaired(before).css_first(selector) is None


def test_broken_links_names_each_fault_and_nothing_else(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(
        '<h1 id="here">a</h1><a href="#here">1</a><a href="sub/b.html#there">2</a>'
        '<a href="https://example.org/x">3</a><a href="#top">4</a><img src="data:,x">'
        '<a href="#gone">5</a><a href="sub/none.html">6</a><a href="sub/b.html#gone">7</a>'
        '<img src="none.webp"><a href="/rooted.html">8</a><a href="../outside.html">9</a>',
        encoding="utf-8",
    )
    (tmp_path / "sub" / "b.html").write_text('<p id="there">b</p>', encoding="utf-8")
    (tmp_path / "style.css").write_text(
        "a{background:url(none.png)} /* url(comment.png) */", encoding="utf-8"
    )
    broken = [line.split()[1] for line in Site(tmp_path).broken()]
    assert broken == [
        "#gone",
        "../outside.html",
        "/rooted.html",
        "none.webp",
        "sub/b.html#gone",
        "sub/none.html",
        "none.png",
    ]


def test_whatever_a_page_loads_of_another_host_is_named(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="https://a.org">1</a><img src="a.html"><link rel="canonical" href="https://b.org">'
        '<link rel="preload Stylesheet" href="//c.org/c.css"><img srcset="http://d.org/d.png 2x">'
        '<iframe src="https://e.org/"></iframe><img src="data:,x"><video poster="//f.org/f.jpg">',
        encoding="utf-8",
    )
    (tmp_path / "b.css").write_text(
        "@import 'https://g.org/g.css'; a{background:url(//h.org/h.png)} /* url(//i.org) */"
        " b{background:url(b.css)}",
        encoding="utf-8",
    )
    heading, *lines = findings(tmp_path)
    assert "another host" in heading
    assert {line.split("//")[1][0] for line in lines} == set("cdefgh")


def printed(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def test_what_is_printed_in_pieces_is_joined_up_to_the_next_output():
    table = v4.new_output("display_data", {"text/plain": "x"})
    outputs = [
        printed("a\n"),
        printed("b"),
        printed("c\n"),
        table,
        printed("d"),
        printed("e", "stderr"),
    ]
    joined = notebook_format.join_streams(outputs)
    assert [one.get("text") for one in joined] == ["a\nbc\n", None, "d", "e"]
    assert joined[1] is table


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("image image image", True),
        ("Figure 3: a plot of the results.", True),
        ("图", True),
        ("A plot of the loss", False),
        ("两个月亮", False),
    ],
)
def test_words_of_any_picture_say_nothing(text, empty):
    assert notebook_format.says_nothing(text) is empty


def test_only_used_icons_stay_in_the_stylesheet_and_the_font(tmp_path):
    css = '.fa-bars:before{content:"\\f0c9"}.fa-atom:before{content:"\\f5d2"}b{c:d}'
    kept = trim.keep_used_icons(css, {"fa-bars"})
    assert kept == '.fa-bars:before{content:"\\f0c9"}b{c:d}'
    font = tmp_path / "icons.woff2"
    source = trim.THEME / trim.FONTS / "fa-solid-900.woff2"
    trim.subset_font(source, font, trim.code_points(kept))
    with TTFont(font) as small:
        assert set(small.getBestCmap()) == {0xF0C9}
    assert font.stat().st_size < source.stat().st_size / 20


def test_files_that_nothing_mentions_are_deleted(tmp_path):
    for name in ("used.js", "unused.js", "used.js.map", "deep/unused.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    trim.delete_unused(tmp_path, '<script src="used.js"></script> used.js.map')
    assert [f.name for f in tmp_path.rglob("*")] == ["used.js"]


def test_palette_css_holds_every_colour():
    css = site_look.palette_css()
    assert all(f"--course-{name}: {colour};" in css for name, colour in PALETTE.items())


@pytest.mark.parametrize(
    ("docname", "number"),
    [
        ("notebooks/05_linear_regression", 5),
        ("12_svm", 12),
        ("book/glossary", None),
        ("notebooks/5_x", None),
        ("05_folder/page", None),
    ],
)
def test_chapter_number_is_the_files(docname, number):
    assert chapter_number(docname) == number


def paragraph(*children):
    return nodes.paragraph("", "", *children)


def test_description_is_whole_sentences_without_formulas():
    section = nodes.section("", paragraph(nodes.Text("One is here. Two is much longer than one.")))
    section += paragraph(nodes.Text("With "), nodes.math("", "x"))
    section += paragraph(nodes.Text("Three."))
    section += nodes.note("", paragraph(nodes.Text("Aside.")))
    document = nodes.document(None, None)
    document += section
    assert link_preview.describe(document, 60) == "One is here. Two is much longer than one. Three."
    assert link_preview.describe(document, 20) == "One is here."


def test_card_has_the_size_that_the_page_names(tmp_path):
    link_preview.draw_card(tmp_path / "card.png", "5. A title with a $ and 中文", "The book")
    with Image.open(tmp_path / "card.png") as card:
        assert card.size == (1200, 630)


@pytest.fixture
def server(tmp_path):
    made = serve.make_server(tmp_path, 0)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.webp", "image/webp"), ("a.woff2", "font/woff2"), ("a.js", "text/javascript")],
)
def test_server_says_the_right_type(server, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"x")
    with urllib.request.urlopen(f"http://localhost:{server.server_port}/{name}") as answer:
        assert answer.headers.get_content_type() == kind


def test_taken_port_is_one_clear_sentence(server, tmp_path):
    with pytest.raises(SystemExit, match=f"Port {server.server_port} is taken"):
        serve.serve(tmp_path, server.server_port)
