"""The site's measuring can fail: every fault is planted once in a tiny site and must be found.

Each test starts from a page without a fault, about which there must be no finding, and breaks one
thing in it.
"""

import io
import json
import os
from pathlib import Path
from unittest.mock import Mock

import conftest
import pytest
from PIL import Image

from book_build import questions as asked
from book_build.sitecheck import player, questions, static, weight
from book_build.sitecheck import visit as visits
from book_build.sitecheck.browser import chromium, find_browser, new_context, serve
from book_build.sitecheck.visit import MEASURE, picture_faults, visit, visit_in_themes

pytestmark = pytest.mark.timeout(600)  # a page that never answers fails by name

AXE = Path(__file__).parents[1] / "book" / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(
    not AXE.is_file(), reason="no axe-core in book/node_modules: build the book"
)
PAGE = """<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>A page</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
<style>body {{ max-width: 40rem }} .ready {{ color: black }}
.controls {{ visibility: hidden }} .ready .controls {{ visibility: visible }}
@media print {{ .controls {{ display: none }} }}
:focus-visible {{ outline: 2px solid blue }}</style></head>
<body><main><h1 id="top-title">A page</h1>{body}
<p><a href="#top-title">Up</a></p></main></body></html>"""
PICTURE = '<img src="_images/0.png" alt="A grey square" width="60" height="40">'
WIDE = '<div style="width: 2000px; height: 20px">wide</div>'
FIGURE = """<figure class="course-explorer"><div class="controls">
<label for="s">steps</label>
<input id="s" type="range" min="0" max="4" value="2" aria-valuetext="2">
<output for="s">2</output><button type="button" aria-label="Play">play</button></div>
<img src="_images/2.png" alt="Square 2" width="60" height="40">
<figcaption>Square 2</figcaption>
<script type="application/json">{data}</script></figure>"""
SCRIPT = """<script>
const figure = document.querySelector("figure"), field = figure.querySelector("input");
const image = figure.querySelector("img"), caption = figure.querySelector("figcaption");
const button = figure.querySelector("button"), output = figure.querySelector("output");
let timer = null;
let last = field.value;
function show() {
  image.src = `_images/${field.value}.png`;
  image.alt = `Square ${field.value}`;
  caption.textContent = `Square ${field.value}`;
  output.textContent = field.value;
  field.setAttribute("aria-valuetext", field.value);
}
field.addEventListener("input", show);
function face() {
  button.setAttribute("aria-label", timer ? "Pause" : "Play");
  caption.setAttribute("aria-live", timer ? "off" : "polite");
}
button.addEventListener("click", () => {
  if (timer) { clearInterval(timer); timer = null; face(); return; }
  timer = setInterval(() => { field.value = (+field.value + 1) % 5; show(); }, 400); face();
});
face();
figure.classList.add("ready");
</script>"""


@pytest.fixture(scope="module")
def browser():
    executable = find_browser()
    if executable is None:
        reason = "no browser: install Chromium, or set COURSE_BROWSER to Chrome or Edge"
        if os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with chromium(executable) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    """Make a folder with five pictures, grey squares of different shades."""
    (tmp_path / "_images").mkdir()
    for shade in range(5):
        square = Image.new("L", (60, 40), 40 * shade)
        square.save(tmp_path / "_images" / f"{shade}.png")
    return tmp_path


@pytest.fixture
def seen(browser, folder):
    """Write a page with this body and visit it."""

    def look(body: str, width: int = 390, **options):
        (folder / "index.html").write_text(PAGE.format(body=body), encoding="utf-8")
        context = new_context(browser, width=width)
        context.add_init_script(path=MEASURE)
        try:
            with serve(folder) as address:
                return visit(context, address, "index.html", root=folder, **options)
        finally:
            context.close()

    return look


@pytest.fixture
def explorer(browser, folder):
    """Open a page with an explorer run by this script."""
    contexts = []

    def open_page(script: str, figure: str = FIGURE, **options):
        frames = [[f"_images/{k}.png", f"Square {k}", [f"{k}"]] for k in range(5)]
        data = json.dumps({"words": [[f"{k}" for k in range(5)]], "frames": frames})
        body = figure.format(data=data) + script
        (folder / "index.html").write_text(PAGE.format(body=body), encoding="utf-8")
        contexts.append(new_context(browser, **options))
        contexts[-1].add_init_script(path=MEASURE)
        page = contexts[-1].new_page()
        page.goto((folder / "index.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def only(findings: list[str], words: str) -> None:
    """Check that there are findings and that all of them are about `words`."""
    assert findings
    assert all(words in finding for finding in findings), findings


def test_a_good_page_has_no_findings(seen):
    look = seen(PICTURE, also_widths=(360,))
    assert look.privacy == look.errors == look.layout == look.alternatives == []
    assert [path.name for path in look.first_files] == ["index.html", "0.png"]
    assert look.paint_ms > 0


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<img src="http://tracker.example.org/1.gif" alt="A pixel" width="1" height="1">',
        "<style>@import 'https://fonts.example.org/a.css'</style>",
        "<script>fetch('https://count.example.org/').catch(() => {})</script>",
        "<script>new WebSocket('wss://live.example.org/')</script>",
    ],
)
def test_a_request_that_leaves_is_found(seen, body):
    only(seen(body).privacy, ".example.org")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<script>console.error('Ouch')</script>", "Ouch"),
        ("<script>throw new Error('Ouch')</script>", "uncaught: Ouch"),
        ("<script>Promise.reject(new Error('Ouch'))</script>", "uncaught: Ouch"),
        ('<script src="none.js"></script>', "none.js (404)"),
        ('<p style="height: 5000px"></p><img src="late.png" loading="lazy" alt="A">', "late.png"),
        (
            '<meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'
            "<script>1</script>",
            "Content Security Policy",
        ),
    ],
)
def test_an_error_is_found(seen, body, words):
    errors = seen(body).errors
    assert any(words in error for error in errors), errors


def test_sideways_scroll_is_found_and_named(seen):
    only(seen(WIDE).layout, "div “wide”")


def test_a_wide_thing_in_a_box_that_scrolls_is_right(seen):
    assert seen(f'<div style="overflow-x: auto">{WIDE}</div>').layout == []


def test_cut_content_is_found(seen):
    only(seen(f'<div style="overflow: hidden">{WIDE}</div>').layout, "div “wide”")


def test_what_fits_390_px_and_not_360_is_found(seen):
    look = seen('<p style="width: 370px">narrow</p>', also_widths=(360,))
    only(look.layout, "at 360 px")


def test_folded_content_is_measured(seen):
    only(seen(f"<details><summary>More</summary>{WIDE}</details>").layout, "div “wide”")


def test_folded_content_is_looked_at_when_it_has_faded_in(seen):
    """The faked axe reports how opaque the text is at the moment at which it looks."""
    style = "<style>@keyframes f { from { opacity: 0 } } [open] p { animation: f 30s }</style>"
    fake = """window.axe = {run: async () => ({violations: [{id: 'opacity', nodes: [{
        any: [{message: getComputedStyle(document.querySelector('details p')).opacity}],
        all: [], none: [], target: ['p']}]}]})}"""
    look = seen(f"{style}<details><summary>More</summary><p>text</p></details>", 1280, axe=fake)
    assert look.axe == ["opacity (1): p: 1"]


def test_a_layout_shift_is_found(seen):
    # What moves before the first paint moves for nobody: wait for it, however slow the machine.
    late = """<script>new PerformanceObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => { s.style.height = '300px' });
    }).observe({type: 'paint', buffered: true})</script>"""
    text = "<p>Text that moves down.</p>" * 10
    only(seen(f'<div id="s"></div>{text}{late}').layout, "layout shift")


def test_the_wrong_theme_is_found(seen):
    only(seen(PICTURE, theme="dark").layout, "light theme to a reader who prefers dark")


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ('<img src="_images/0.png" width="60" height="40">', "no alternative"),
        ('<img src="_images/0.png" width="60" height="40" alt=" ">', "no alternative"),
        ('<img src="_images/0.png" width="60" height="40" alt="_images/0.png">', "file name"),
        ('<img src="_images/0.png" alt="A square">', "no width and height"),
        ('<img src="gone.png" alt="A square" width="60" height="40">', "does not load"),
    ],
)
def test_a_faulty_picture_is_found(seen, picture, words):
    only(seen(picture).alternatives, words)


@pytest.mark.parametrize(
    ("alt", "fault"),
    [
        ("The loss falls from 4 to 1.5", False),
        ("Weights w1 and w2", False),
        ("8c6bfa2e2f0c1d3b9a77 ", True),
        ("fig/Loss Curve.png", True),
        ("plot.svg", True),
    ],
)
def test_a_sentence_is_told_from_a_file_name(alt, fault):
    picture = {"alt": alt, "content": True, "hidden": False, "sized": True, "broken": False}
    assert bool(picture_faults(picture)) == fault


def test_axe_violations_are_reported(seen):
    fake = """window.axe = {run: async (where, {runOnly}) => ({violations: [{id: runOnly.values[0],
        nodes: [{any: [{message: 'too pale'}], all: [], none: [], target: ['p', 'b']}]}]})}"""
    only(seen(PICTURE, axe=fake).axe, "wcag2a (1): p b: too pale")


@needs_axe
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_pale_words_and_a_picture_without_words(seen, width):
    body = '<article><p style="color: #ccc">pale</p><img src="_images/0.png"></article>'
    found = seen(body, width, axe=AXE.read_text(encoding="utf-8")).axe
    assert {finding.split()[0] for finding in found} == {"image-alt", "color-contrast"}


# ---- a page that changes its theme

FOLLOWS = """<script>
const dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
const follow = () => { root.dataset.theme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", follow);
follow();
</script><style>
[data-theme=dark] { color: #eee; background: #111 }
[data-theme=dark] a { color: #9cf }
html:not([data-theme=dark]) .only-dark, [data-theme=dark] .only-light { display: none }
</style>"""


@pytest.fixture
def themes(browser, folder):
    """Write a page with this body and visit it in one theme after the other."""

    def look(body: str, themes=("light", "dark"), width: int = 1280, **options):
        (folder / "index.html").write_text(PAGE.format(body=body), encoding="utf-8")
        context = new_context(browser, themes[0], width)
        context.add_init_script(path=MEASURE)
        axe = AXE.read_text(encoding="utf-8") if AXE.is_file() else None
        options = {"axe": axe, **options}
        try:
            with serve(folder) as address:
                return visit_in_themes(
                    context, address, "index.html", root=folder, themes=themes, **options
                )
        finally:
            context.close()

    return look


def rules(findings: list[str]) -> set[str]:
    return {finding.split()[0] for finding in findings}


@pytest.mark.parametrize("order", [("light", "dark"), ("dark", "light")])
def test_a_good_page_has_no_findings_in_either_theme(themes, order):
    looks = themes(FOLLOWS + PICTURE, order, 390, also_widths=(360,))
    assert [look.theme for look in looks] == [look.shown_theme for look in looks] == list(order)
    for look in looks:
        assert look.privacy == look.errors == look.layout == look.alternatives == []
        assert not look.axe
        assert list(look.wide) == [390, 360]


@needs_axe
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("<style>[data-theme=dark] p { color: #444 }</style><p>pale</p>", "color-contrast"),
        (
            "<style>p a { text-decoration: none; color: #06f }"
            "[data-theme=dark] p a { color: #bbb }</style>"
            '<p>These are many words around <a href="#top-title">a link</a> among them.</p>',
            "link-in-text-block",
        ),
        ('<p class="only-dark"><img src="_images/0.png" width="9" height="9"></p>', "image-alt"),
        ('<p class="only-dark">A <button></button></p>', "button-name"),
        (
            '<input class="only-dark" type="text"><p class="only-light">instead of a field</p>',
            "label",
        ),
    ],
)
def test_what_axe_finds_in_the_second_theme_alone_is_found_there(themes, fault, rule):
    light, dark = themes(FOLLOWS + fault)
    assert (rules(light.axe), rules(dark.axe)) == (set(), {rule})


@needs_axe
def test_colours_that_another_look_judges_are_left_to_it(themes):
    pale = "<style>[data-theme=dark] p { color: #444 }</style>"
    for body, expected in (
        ("<article><p>pale</p></article>", set()),
        ("<article>dark</article><p>pale</p>", {"color-contrast"}),
    ):
        light, dark = themes(FOLLOWS + pale + body, elsewhere="article")
        assert (rules(light.axe), rules(dark.axe)) == (set(), expected)


@needs_axe
def test_what_axe_finds_in_a_narrow_window_alone_is_found_there(themes):
    narrow = (
        "<style>@media (min-width: 500px) { .menu { display: none } }</style>"
        '<button class="menu"></button>'
    )
    for width, expected in ((1280, set()), (390, {"button-name"})):
        assert rules(themes(FOLLOWS + narrow, width=width)[0].axe) == expected


def test_what_is_too_wide_or_moves_in_the_second_theme_alone_is_found(themes):
    wide = f'<div class="only-dark">{WIDE}</div>'
    light, dark = themes(FOLLOWS + wide)
    assert light.layout == []
    only(dark.layout, "div “wide”")
    text = "<p>Text that moves down.</p>" * 10
    light, dark = themes(f'{FOLLOWS}<p class="only-dark" style="height: 300px"></p>{text}')
    assert light.layout == []
    only(dark.layout, "layout shift")


def test_a_page_that_keeps_its_theme_is_found(themes, monkeypatch):
    monkeypatch.setattr(visits, "PATIENCE_MS", 100)
    light, dark = themes(PICTURE)
    assert light.layout == []
    only(dark.layout, "light theme to a reader who prefers dark")


def test_work_finds_the_page_as_it_was_and_its_errors_count(themes):
    seen = []

    def work(page):
        seen.append(page.evaluate("document.documentElement.dataset.theme"))
        page.evaluate("console.error('at work'); fetch('none.json').catch(() => {})")

    looks = themes(FOLLOWS, ("dark", "light"), work=work)
    assert seen == ["dark"]
    for look in looks:
        assert any("at work" in error for error in look.errors)
        assert any("none.json (404)" in error for error in look.errors)


# ---- explorers


@pytest.fixture
def impatience(monkeypatch):
    """A planted fault must not cost seconds of waiting, and what is right never waits that long."""
    monkeypatch.setattr(player, "PATIENCE_MS", 700)


impatient = pytest.mark.usefixtures("impatience")


def test_a_good_explorer_has_no_findings(explorer):
    page = explorer(SCRIPT)
    assert player.check_explorers(page) == []
    assert player.check_print(page) == []


@impatient
@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("image.src =", "image.title =", "does not change the picture"),
        ("image.alt =", "image.title =", "not its alternative text"),
        ("caption.textContent =", "caption.title =", "not its sentence"),
        ("timer = setInterval(", "(", "play button"),
        ("clearInterval(timer); timer = null;", "", "does not stop"),
        ('timer ? "Pause" : "Play"', '"Play"', "does not stop"),
        (
            "image.src = `_images/${field.value}",
            "image.src = `_images/gone${field.value}",
            "picture",
        ),
    ],
)
def test_a_faulty_player_is_found(explorer, right, wrong, words):
    assert right in SCRIPT
    findings = player.check_explorers(explorer(SCRIPT.replace(right, wrong)))
    assert any(words in finding for finding in findings), findings


@impatient
@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        (
            "image.src = `_images/${field.value}",
            "image.src = `_images/${4 - field.value}",
            "picture at 4",
        ),
        (
            "= `Square ${field.value}`;\n  output",
            "= `Square ${4 - field.value}`;\n  output",
            "sentence at 4",
        ),
        (
            "image.alt = `Square ${field.value}`",
            "image.alt = `Square ${4 - field.value}`",
            "text at 4",
        ),
        (
            "output.textContent = field.value",
            "output.textContent = last; last = field.value",
            "number beside",
        ),
        ('setAttribute("aria-valuetext", field.value)', "focus()", "a screen reader says of"),
        ('caption.setAttribute("aria-live"', "caption.setAttribute(`title`", "aria-live"),
    ],
)
def test_what_does_not_belong_to_the_setting_is_found(explorer, right, wrong, words):
    assert SCRIPT.count(right) == 1
    (figure,) = player.explorers(explorer(SCRIPT.replace(right, wrong)))
    figure.locator("input").press("End")
    findings = player.shown(figure, "after End")
    assert len(findings) == 1
    assert words in findings[0]


def test_what_is_shown_is_looked_at_after_every_kind_of_move(explorer, monkeypatch):
    asked = []
    monkeypatch.setattr(player, "shown", lambda _, when: asked.append(when) or [])
    assert player.check_explorers(explorer(SCRIPT)) == []
    moves = [f"after {key} on “steps”" for key in player.KEYS]
    moves += ["after a click on “steps”", "after dragging “steps”", "after playing"]
    assert asked == ["at the start", *moves, "back at the start"]


@pytest.mark.parametrize(("check", "fault"), [("key", "End"), ("click", "a click")])
def test_the_quick_trial_moves_every_slider(explorer, check, fault, request):
    trial = {"key": player.check_key, "click": player.check_click}[check]
    (figure,) = player.explorers(explorer(SCRIPT))
    assert trial(figure) == []
    request.getfixturevalue("impatience")
    (figure,) = player.explorers(explorer(SCRIPT.replace("image.src =", "image.title =")))
    assert trial(figure) == [f"{fault} on “steps” does not change the picture"]


def test_a_picture_that_is_late_and_not_the_values_own_is_found(explorer, monkeypatch):
    """The drag ends with the right picture; another one comes after many that are on their way."""
    late = """addEventListener("input", async () => {
      show(field);
      if (!field.matches(":active") || field.value !== "0") return;
      for (let k = 0; k < 300; k++) {
        const other = new Image();
        other.src = `_images/${k % 5}.png?${k}`;
        await other.decode();
      }
      show({value: 3});
    })"""
    script = SCRIPT.replace("function show() {", "function show(field) {")
    script = script.replace('addEventListener("input", show)', late)
    monkeypatch.setattr(player, "PATIENCE_MS", 3000)  # if the right one is gone too soon
    (figure,) = player.explorers(explorer(script))
    only(player.check_mouse(figure), "not the value's own")


def test_pictures_that_arrive_out_of_order_are_found(explorer, monkeypatch):
    """In a drag every picture but the first is the one before: as if the last were overtaken."""
    shown = 'addEventListener("input", show)'
    overtaken = """addEventListener("input", () => {
      moves += 1; show(moves > 1 ? before : field); before = {value: field.value};
    });
    field.addEventListener("change", () => { moves = 0; })"""
    assert shown in SCRIPT
    stale = SCRIPT.replace("function show() {", "function show(field) {").replace(shown, overtaken)
    stale = stale.replace("let timer = null;", "let timer = null, moves = 0, before = null;")
    monkeypatch.setattr(player, "PATIENCE_MS", 3000)  # waited for once
    (figure,) = player.explorers(explorer(stale))
    findings = player.check_mouse(figure)
    only(findings, "dragging “steps”")
    assert any("the picture at 0" in finding for finding in findings)


@pytest.mark.parametrize(
    ("wrong", "found"), [("", []), ("field.style.pointerEvents = 'none'", ["does not change"])]
)
def test_a_slider_that_no_finger_reaches_is_found(explorer, wrong, found, request):
    if found:
        request.getfixturevalue("impatience")
    touched = SCRIPT.replace("let timer = null;", f"let timer = null; {wrong};")
    (figure,) = player.explorers(explorer(touched, has_touch=True, is_mobile=True, width=390))
    findings = player.check_tap(figure)
    assert len(findings) == len(found)
    assert all(words in finding for words, finding in zip(found, findings, strict=True))


def test_an_unseen_focus_is_found(explorer):
    figure = FIGURE.replace('type="range"', 'type="range" style="outline: none"')
    findings = player.check_explorers(explorer(SCRIPT, figure))
    only(findings, "does not show it")


@impatient
def test_an_explorer_without_controls_is_found(explorer):
    bare = '<figure class="course-explorer"><img src="_images/0.png"><!--{data}--></figure>'
    findings = player.check_explorers(explorer("", bare))
    assert any("no controls" in finding for finding in findings)
    assert any("no sentence" in finding for finding in findings)
    assert any("no alternative" in finding for finding in findings)


def test_without_scripts_only_the_figure_is_left(explorer):
    page = explorer(SCRIPT, java_script_enabled=False)
    assert player.check_without_script(page) == []


def test_dead_controls_are_found(explorer):
    alive = FIGURE.replace('class="controls"', "")
    page = explorer(SCRIPT, alive, java_script_enabled=False)
    only(player.check_without_script(page), "2 dead controls")


def test_printed_controls_are_found(explorer):
    alive = FIGURE.replace('class="controls"', "")
    only(player.check_print(explorer(SCRIPT, alive)), "prints its controls")


MARKING = (Path(__file__).parents[1] / "book/_static/questions.js").read_text(encoding="utf-8")
STYLE = (Path(__file__).parents[1] / "book/_static/questions.css").read_text(encoding="utf-8")
EXPLORER = """<figure class="course-explorer" id="explorer-walk"><div class="explorer-controls">
<input type="range" aria-label="steps" min="0" max="4" value="0"><select aria-label="side">
<option>left</option><option>right</option></select></div></figure>"""
EVERY_KIND = [
    {"kind": "choose", "right": 1, "wrong": ["No. A.", "No. B."], "options": ["a", "b"]},
    {"kind": "number", "right": 2.5, "within": 0.1, "wrong": ["Too small.", "Too large."]},
    {"kind": "find", "right": ["3,1"], "given": [[1, 1, "Go right."]], "wrong": "Not here."},
    {"kind": "find", "right": ["2,0", "4,0"], "given": [], "wrong": "Nowhere."},
]
PRINTED_OPEN = "@media print { details::details-content { content-visibility: visible } }"
IN_COMMON = {"why": "w", "said": "Right. w", "missing": "-", "unit": "cm", "answer": "so"}


@pytest.fixture
def quiz(explorer):
    """Open a page with a question of each kind, marked by this script."""

    def open_page(script: str = MARKING, style: str = "", **options):
        forms = "".join(
            asked._form({**IN_COMMON, **one, "text": f"{one}", "first": first, "place": ""}, "walk")
            for one, first in zip(EVERY_KIND, (True, False, False, False), strict=True)
        )
        style = f"<style>{STYLE}{PRINTED_OPEN}{style}</style>"
        body = f'{style}{EXPLORER}<div class="bd-article">{forms}</div>'
        body = body.replace("{", "{{").replace("}", "}}")  # explorer fills in its data
        page = explorer(f"<script>{script}</script>", body, **options)
        page.set_default_timeout(5000)  # a planted fault must not cost half a minute of waiting
        return page

    return open_page


def test_good_questions_have_no_findings(quiz):
    page = quiz()
    assert questions.check_questions(page) == []
    assert questions.check_print(page) == []


@impatient
@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("+value === question.right ||", "+value >= 0 ||", "a wrong answer is marked 'right'"),
        ("question.wrong[value]", "question.missing", "of a wrong answer it says '-'"),
        ("<= question.within", "< 0", "a right answer is marked 'wrong'"),
        ('replaceAll(",", ".")', 'replaceAll(",", ",")', "a right answer is marked 'wrong'"),
        ("if (at(fields[control]) !== value) return words;", "", "it says 'Not here.'"),
        ("question.right.includes(fields.map(at).join())", "true", "answer is marked 'right'"),
        ("fields[k].selectedIndex = value;", "", "a right answer is marked 'wrong'"),
        ("status.textContent = words;", "", "it says ''"),
        ("localStorage.setItem(KEY", "sessionStorage.setItem(KEY", "4 answers are forgotten"),
        ("control.disabled = held", "control.title = held", "moved before an answer"),
        ("      hold(false);", "", "holds the controls although it is answered"),
        ("else if (!before) hold(true)", "else hold(true)", ""),
    ],
)
def test_a_fault_in_marking_is_found(quiz, right, wrong, words):
    assert right in MARKING
    if not words:  # a skipped question must not hold the controls again
        page = quiz(MARKING.replace(right, wrong))
        questions.skip_first(page)
        page.reload()
        assert page.locator("select").is_disabled()
        return
    findings = questions.check_questions(quiz(MARKING.replace(right, wrong)))
    assert any(words in finding for finding in findings), findings


@pytest.mark.parametrize("how", ["the button", "the Escape key"])
def test_a_first_question_is_skipped_for_good(quiz, how):
    page = quiz()
    assert page.locator("select").is_disabled()
    if how == "the button":
        questions.skip_first(page)
    else:
        page.locator("form.question input[type=radio]").first.press("Escape")
    assert page.locator("select").is_enabled()
    with questions.opened_again(page) as later:
        assert later.locator("select").is_enabled()


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        *((right, "right") for right in ("2.5", " 2,45 ", "5/2", "2.5 %")),
        *((wrong, "wrong") for wrong in ("", "1/0", "2/", "two", "−2.5", "2.5.1", "2.7")),
    ],
)
def test_numbers_are_read_as_people_write_them(quiz, typed, mark):
    page = quiz()
    page.locator("form.question input[type=text]").fill(typed)
    page.locator("form.question input[type=text]").press("Enter")
    form = page.locator("form.question").nth(1)
    assert form.get_attribute("data-mark") == mark


def test_storage_that_holds_something_else_does_no_harm(quiz):
    page = quiz()
    page.evaluate("localStorage.setItem('course-answers', '{broken')")
    page.reload()
    assert questions.check_questions(page) == []


SHOWN = ".question :is(.question-buttons, button) { display: block !important }"
HIDDEN = ".question :is(summary, details) { display: none !important }"


def test_without_scripts_a_question_has_its_answer_and_nothing_dead(quiz):
    assert questions.check_without_script(quiz(java_script_enabled=False)) == []
    alive = quiz(style=SHOWN, java_script_enabled=False)
    only(questions.check_without_script(alive), "shows dead controls")
    bare = quiz(style=HIDDEN, java_script_enabled=False)
    only(questions.check_without_script(bare), "has no answer")


def test_a_printed_button_and_a_folded_answer_are_found(quiz):
    only(questions.check_print(quiz(style=SHOWN)), "prints its controls")
    only(questions.check_print(quiz(style=HIDDEN)), "has no answer")


def test_latency_counts_from_the_input_to_the_picture(explorer):
    """A player that waits 120 ms is measured as slow as that."""
    quick = explorer(SCRIPT)
    slow = explorer(
        SCRIPT.replace(
            'addEventListener("input", show)',
            'addEventListener("input", () => setTimeout(show, 120))',
        )
    )
    (figure,) = player.explorers(quick)
    assert player.measure_latency(quick, figure, most=8).median < 100
    (figure,) = player.explorers(slow)
    latency = player.measure_latency(slow, figure, most=8)
    assert 120 <= latency.median < 240
    assert latency.p95 >= latency.median


@impatient
def test_latency_of_a_dead_explorer_is_an_error(explorer):
    page = explorer("<script></script>")
    (figure,) = player.explorers(page)
    with pytest.raises(ValueError, match="only 0 new pictures"):
        player.measure_latency(page, figure, most=4)


# ---- who runs what


@pytest.mark.parametrize(
    ("name", "together"),
    [
        ("test_axe_finds_no_violation[notebooks/05_a.html-dark-390]", "notebooks/05_a.html"),
        ("test_search_leads_to_a_chapter[file-notebooks/05_a.html]", "notebooks/05_a.html"),
        ("test_page_prints[notebooks/05_a.html]", "notebooks/05_a.html"),
        ("test_player_is_small", "tests/test_site.py::test_player_is_small"),
    ],
)
def test_all_tests_of_a_page_go_to_one_worker(name, together):
    scheduler = object.__new__(conftest.WhatSharesStaysTogether)
    assert scheduler._split_scope(f"tests/test_site.py::{name}") == together


# ---- files


def write(folder, name: str, body: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(PAGE.format(body=body), encoding="utf-8")


def test_links_that_resolve_have_no_findings(tmp_path):
    write(
        tmp_path,
        "index.html",
        '<a href="notebooks/05_a.html#part">A</a><a href="https://x.org/">x</a>',
    )
    write(tmp_path, "notebooks/05_a.html", '<p id="part"></p><a href="../index.html">up</a>')
    assert static.pages(tmp_path) == ["index.html", "notebooks/05_a.html"]
    assert static.chapters(tmp_path) == ["notebooks/05_a.html"]
    assert static.link_findings(tmp_path, "index.html") == []
    assert static.link_findings(tmp_path, "notebooks/05_a.html") == []


def test_a_page_that_sends_the_reader_on_is_no_page(tmp_path):
    away = '<meta http-equiv="refresh" content="0; url=book/welcome.html">'
    (tmp_path / "index.html").write_text(away, encoding="utf-8")
    write(tmp_path, "book/welcome.html", "")
    write(tmp_path, "_static/template.html", "")
    assert static.pages(tmp_path) == ["book/welcome.html"]
    assert static.destination(tmp_path, "index.html") == "book/welcome.html"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<a href="gone.html">A</a>', "no file"),
        ('<a href="#gone">A</a>', "no such anchor"),
        ('<a href="other.html#gone">A</a>', "no such anchor"),
        ('<a href="../../etc/hosts">A</a>', "no file"),
        ('<script src="_static/gone.js"></script>', "no file"),
        ('<img src="_images/gone.png">', "no file"),
    ],
)
def test_dead_links_are_found(tmp_path, body, words):
    write(tmp_path, "index.html", body)
    write(tmp_path, "other.html", "")
    only(static.link_findings(tmp_path, "index.html"), words)


@pytest.mark.parametrize(
    "body",
    [
        '<link rel="preconnect" href="https://fonts.example.org">',
        '<script src="//cdn.example.org/a.js"></script>',
        '<iframe src="https://video.example.org/"></iframe>',
    ],
)
def test_other_hosts_in_the_source_are_found(tmp_path, body):
    write(tmp_path, "index.html", body + '<a href="https://example.org/">a link is right</a>')
    assert len(static.outside_findings(tmp_path, "index.html")) == 1


def test_an_incomplete_head_is_found(tmp_path):
    write(tmp_path, "index.html", "")
    assert static.head_findings(tmp_path, "index.html") == []
    write(tmp_path, "05_a.html", '<h1>Two</h1><p id="a"></p><p id="a"></p>')
    findings = " ".join(static.head_findings(tmp_path, "05_a.html"))
    for words in ("2 first-level headings", "id twice: a", "description", "og:image"):
        assert words in findings


def test_title_is_the_heading_without_its_number(tmp_path):
    number, link = '<span class="section-number">5. </span>', '<a class="headerlink">#</a>'
    heading = f"<h1>{number}Linear <em>regression</em>{link}</h1>"
    (tmp_path / "a.html").write_text(heading, encoding="utf-8")
    assert static.title(tmp_path, "a.html") == "Linear regression"


def test_one_explorer_of_each_kind_of_control_is_chosen(tmp_path):
    slider = '<div><input type="range"></div>'
    played = '<div><button type="button">play</button><input type="range"></div>'
    words = '<input type="radio" name="w"><input type="radio" name="w">'
    menu = "<select><option>a</option></select>"
    pages = {
        "a.html": [slider, slider, slider + played],
        "b.html": [played, words + slider],
        "c.html": [menu + words, menu],
        "d.html": [],
    }
    for name, figures in pages.items():
        write(
            tmp_path,
            name,
            "".join(
                f'<figure class="course-explorer drawing">{one}<script>"<select>"</script></figure>'
                for one in figures
            ),
        )
    assert static.control_kinds(tmp_path, "a.html")[1:] == [
        {"slider"},
        {"slider", "slider that plays"},
    ]
    assert static.control_kinds(tmp_path, "d.html") == []
    chosen = static.first_of_each_kind(tmp_path, list(pages))
    assert chosen == {"a.html": {0, 2}, "b.html": {1}, "c.html": {0}}


def test_weights_are_the_bytes_that_travel(folder):
    noise = io.BytesIO()
    Image.effect_noise((60, 40), 50).save(noise, "PNG")
    (folder / "_images" / "noise.png").write_bytes(noise.getvalue())
    (folder / "a.css").write_text("a { color: red }\n" * 1000, encoding="utf-8")
    files = [folder / "a.css", folder / "_images" / "noise.png"]
    weighed = weight.page_weight(files)
    assert weighed.without_pictures < 500  # 17 kB of text that repeats itself
    assert weighed.total == weighed.without_pictures + len(noise.getvalue())
    assert weight.site_bytes(folder) >= 17_000 + len(noise.getvalue())


def test_explorers_are_weighed_by_their_own_frames(folder):
    data = json.dumps({"frames": [[f"_images/{k}.png", ""] for k in (0, 1, 1)]})
    write(folder, "index.html", FIGURE.format(data=data))
    (found,) = weight.explorer_weights(folder, "index.html")
    sizes = [(folder / "_images" / f"{k}.png").stat().st_size for k in range(3)]
    assert found.frames == sizes[:2]
    assert sizes[2] < found.first < sizes[2] + 1000


def test_a_browser_that_does_not_exist_is_an_error(monkeypatch):
    monkeypatch.setenv("COURSE_BROWSER", "no-such-browser")
    with pytest.raises(FileNotFoundError, match="COURSE_BROWSER='no-such-browser'"):
        find_browser()


@pytest.mark.parametrize(
    ("moving", "kind", "failure", "is_a_fault"),
    [
        (True, "image", "net::ERR_ABORTED", False),
        (False, "image", "net::ERR_ABORTED", True),
        (True, "script", "net::ERR_ABORTED", True),
        (True, "image", "net::ERR_CONNECTION_REFUSED", True),
    ],
)
def test_only_a_picture_that_a_moving_page_gave_up_did_not_fail(moving, kind, failure, is_a_fault):
    traffic = visits.Traffic("http://here/", moving=moving)
    traffic._on_failure(Mock(url="http://here/0.webp", resource_type=kind, failure=failure))
    assert bool(traffic.failed) == is_a_fault
