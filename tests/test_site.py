"""The built book in a real browser: private, accessible, readable, alive, light.

Needs a built site (``python run.py book --no-serve``) and Chromium, Chrome or Edge; without them
the tests skip, or fail where COURSE_REQUIRE_BROWSER=1. COURSE_BROWSER names the browser and
COURSE_SITE another folder than _build/html. The measuring is in book_build/sitecheck and has its
own tests, test_sitecheck.py.
"""

import contextlib
import gzip
import os
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from book_build.search_words import parts
from book_build.sitecheck import player, questions, static, weight
from book_build.sitecheck.browser import chromium, find_browser, new_context, serve
from book_build.sitecheck.visit import (
    LARGEST_SHIFT,
    MEASURE,
    Visit,
    run_axe,
    visit,
    visit_in_themes,
)

REPOSITORY = Path(__file__).parents[1]
SITE = Path(os.environ.get("COURSE_SITE", REPOSITORY / "_build" / "html")).resolve()
# A page that never answers must fail by name: Playwright itself would wait for it without an end.
pytestmark = pytest.mark.timeout(600)
AXE = REPOSITORY / "book" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = static.pages(SITE) or ["index.html"]
CHAPTERS = static.chapters(SITE)
WITH_EXPLORERS = [page for page in PAGES if static.control_kinds(SITE, page)]
# In every way of reading each explorer is tried quickly, and of each kind of control one in full.
TRIED_IN_FULL = static.first_of_each_kind(SITE, WITH_EXPLORERS)
# A page becomes a PDF if it is of a kind of its own; of the chapters the first does.
PDF_PAGES = [page for page in PAGES if page not in CHAPTERS[1:]]
THEMES = ("light", "dark")
WIDTHS = (1280, 390)
THEMES_AT = {1280: ("light", "dark"), 390: ("dark", "light")}  # in the first one the page loads
LOOKS = [(page, theme, width) for page in PAGES for theme in THEMES for width in WIDTHS]

every_page = pytest.mark.parametrize("page", PAGES)
every_look = pytest.mark.parametrize(
    "seen", LOOKS, indirect=True, ids=["-".join(map(str, look)) for look in LOOKS]
)
WITH_QUESTIONS = [page for page in PAGES if static.has_questions(SITE, page)]
every_explorer_page = pytest.mark.parametrize("page", WITH_EXPLORERS or ["no page has one"])

kB = 1000


def unavailable(reason: str) -> None:
    """Skip, or fail where the tests must not be skipped."""
    if os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason} (COURSE_REQUIRE_BROWSER=1 forbids skipping)")
    pytest.skip(reason)


def report(findings: list[str]) -> str:
    return "\n  ".join([f"{len(findings)} findings:", *findings])


@pytest.fixture(scope="module", autouse=True)
def site() -> Path:
    if not (SITE / "index.html").is_file():
        unavailable(f"no built site in {SITE}: run `python run.py book --no-serve` first")
    return SITE


@pytest.fixture(scope="module")
def browser(site):
    executable = find_browser()
    if executable is None:
        unavailable("no browser: install Chromium, or set COURSE_BROWSER to Chrome or Edge")
    with chromium(executable) as running:
        yield running


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with serve(site) as base:
        yield base


@pytest.fixture(scope="module")
def contexts(browser):
    """Profiles by their options, shared by all pages so that common files load once."""
    profiles = {}

    def get(name: str, theme: str = "light", width: int = 1280, **options) -> BrowserContext:
        if name not in profiles:
            profiles[name] = new_context(browser, theme, width, **options)
            if options.get("java_script_enabled", True):
                profiles[name].add_init_script(path=MEASURE)
        return profiles[name]

    yield get
    for profile in profiles.values():
        profile.close()


@dataclass
class Trial:
    """What was found in a page when its looks had been recorded and it was put to work."""

    explorers: list[str]
    print: list[str]
    latencies: list[player.Latency]


@pytest.fixture(scope="module")
def tour(browser, address):
    """Load a page in one width, once for all the tests that ask about it.

    It is visited in both themes and then put to work, in a profile of its own: at the end of the
    work the clock of the whole profile stands still.
    """
    axe = AXE.read_text(encoding="utf-8") if AXE.is_file() else None
    tours = {}

    def get(page: str, width: int) -> tuple[dict[str, Visit], Trial]:
        if (page, width) not in tours:
            trials = []
            themes = THEMES_AT[width]
            with contextlib.closing(new_context(browser, themes[0], width)) as profile:
                profile.add_init_script(path=MEASURE)
                visits = visit_in_themes(
                    profile,
                    address,
                    page,
                    root=SITE,
                    themes=themes,
                    also_widths=(360,) if width == 390 else (),
                    axe=axe,
                    elsewhere="article",  # the other width loads in this one's second theme
                    work=lambda tab: trials.append(WORK_AT[width](tab, page)),
                )
            tours[page, width] = {seen.theme: seen for seen in visits}, trials[0]
        return tours[page, width]

    return get


@pytest.fixture
def seen(request, tour) -> Visit:
    page, theme, width = request.param
    return tour(page, width)[0][theme]


def work_in_a_wide_window(tab: Page, page: str) -> Trial:
    """Read the page's print, time its explorers, and try each of them in full."""
    if page not in WITH_EXPLORERS:
        return Trial([], print_findings(tab), [])
    printed = print_findings(tab) + player.check_print(tab) + questions.check_print(tab)
    latencies = [latency_of(tab, figure) for figure in player.explorers(tab)]
    return Trial(player.check_explorers(tab), printed, latencies)


def latency_of(tab: Page, figure: Locator) -> player.Latency:
    """Time an explorer; where it seems slow, again: what is slow itself is slow every time."""
    walks = [player.measure_latency(tab, figure, most=12)]
    while len(walks) < 4 and not is_quick(walks[-1]):
        walks.append(player.measure_latency(tab, figure, most=12))
    return player.Latency(walks[0].first, walks[-1].later)


def is_quick(latency: player.Latency) -> bool:
    """Ten times the limits that `run.py bench site` reports on: a busy machine must not fail."""
    return latency.median <= 160 and latency.p95 <= 500


def work_in_a_narrow_window(tab: Page, page: str) -> Trial:
    in_full = TRIED_IN_FULL.get(page, ())
    return Trial(player.try_explorers(tab, player.check_mouse, player.check_click, in_full), [], [])


WORK_AT = {1280: work_in_a_wide_window, 390: work_in_a_narrow_window}


def print_findings(tab: Page) -> list[str]:
    """On paper there is the article, and no side bar."""
    tab.emulate_media(media="print")
    findings = []
    if tab.locator("main h1").filter(visible=True).count() != 1:
        findings.append("the title is not printed")
    bars = tab.locator(".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article")
    shown = [bar.evaluate("courseCheck.describe") for bar in bars.all() if bar.is_visible()]
    findings += [f"printed beside the article: {bar}" for bar in shown]
    tab.emulate_media(media="screen")
    return findings


# ---- every page, light and dark, wide and narrow


@every_look
def test_no_request_leaves_the_site(seen):
    assert not seen.privacy, report(seen.privacy)


@every_look
def test_nothing_fails_to_load_and_the_console_is_silent(seen):
    assert not seen.errors, report(seen.errors)


@every_look
def test_page_fits_its_window_and_does_not_jump(seen):
    assert not seen.layout, report(seen.layout)


@every_look
def test_every_picture_has_an_alternative_and_a_size(seen):
    assert not seen.alternatives, report(seen.alternatives)


@every_look
def test_axe_finds_no_violation(seen):
    if seen.axe is None:
        unavailable("no axe-core in book/node_modules: build the book, or run `npm ci` in book/")
    assert not seen.axe, report(seen.axe)


# ---- every page, as files


def test_the_sites_address_leads_to_a_page(site):
    assert static.destination(site, "index.html") in PAGES


@every_page
def test_source_names_no_other_host(page):
    findings = static.outside_findings(SITE, page)
    assert not findings, report(findings)


@every_page
def test_no_output_is_an_address_in_memory(page):
    shown = re.findall(r"&lt;[^&]* at 0x[0-9a-f]+&gt;", (SITE / page).read_text(encoding="utf-8"))
    assert not shown, f"end the cell's last line with a semicolon: {shown}"


@every_page
def test_links_and_anchors_resolve(page):
    findings = static.link_findings(SITE, page)
    assert not findings, report(findings)


@every_page
def test_page_with_a_formula_links_the_stylesheet_that_sets_it(page):
    soup = static.parse(SITE / page)
    if soup.select_one(".katex"):
        assert soup.select_one('link[rel="stylesheet"][href*="katex.min.css"]')


@pytest.mark.parametrize("page", CHAPTERS[:1] or ["no chapter"])
def test_formula_is_seen_once(browser, address, page):
    """Its MathML is for screen readers; without KaTeX's stylesheet it stands beside the formula."""
    with contextlib.closing(new_context(browser)) as profile:
        tab = profile.new_page()
        tab.goto(address + page, wait_until="load")
        sizes = tab.evaluate(
            "Array.from(document.querySelectorAll('.katex-mathml'), m => m.getBoundingClientRect())"
            ".map(box => Math.max(box.width, box.height))"
        )
    assert sizes
    assert max(sizes) <= 1


@every_page
def test_head_is_complete(page):
    findings = static.head_findings(SITE, page)
    assert not findings, report(findings)


def test_titles_are_distinct():
    titles = [static.parse(SITE / page).title.get_text() for page in PAGES]
    twice = sorted({title for title in titles if titles.count(title) > 1})
    assert not twice, f"several pages are called {twice}"


# ---- explorers


def test_site_has_an_explorer():
    assert WITH_EXPLORERS, "no page of the built site has an explorer"


@every_explorer_page
def test_explorers_follow_the_keyboard_the_mouse_and_the_play_button(tour, page):
    _, trial = tour(page, 1280)
    assert not trial.explorers, report(trial.explorers)


@every_explorer_page
def test_explorers_work_on_a_phone(contexts, address, page):
    phone = contexts("phone", "dark", 390, has_touch=True, is_mobile=True)
    with phone.new_page() as tab:
        tab.goto(address + page, wait_until="load")
        findings = player.try_explorers(tab, player.check_tap, player.check_tap, ())
    assert not findings, report(findings)


@every_explorer_page
def test_explorers_follow_the_mouse_in_a_narrow_window(tour, page):
    _, trial = tour(page, 390)
    assert not trial.explorers, report(trial.explorers)


@pytest.mark.parametrize("page", WITH_EXPLORERS[:1] or ["no page has one"])
def test_a_picture_seen_before_stays_at_hand_when_memory_is_short(browser, address, page):
    asked = []
    with contextlib.closing(new_context(browser)) as profile:
        profile.add_init_script(path=MEASURE)
        tab = profile.new_page()
        tab.goto(address + page, wait_until="load")
        figure = player.explorers(tab)[0]
        assert not player.check_start(figure) + player.check_key(figure)
        player.reset(figure)
        assert not player.check_key(figure)
        devtools = profile.new_cdp_session(tab)
        devtools.send("HeapProfiler.collectGarbage")
        devtools.send("Memory.simulatePressureNotification", {"level": "critical"})
        tab.on("request", lambda request: asked.append(request.url))
        shown = player.reset(figure)
        assert not player.shown(figure, "back at the start")
    assert shown["picture"] not in asked


@every_explorer_page
def test_explorers_without_scripts_are_figures(contexts, address, page):
    with contexts("without scripts", java_script_enabled=False).new_page() as tab:
        tab.goto(address + page, wait_until="load")
        findings = player.check_without_script(tab) + questions.check_without_script(tab)
    assert not findings, report(findings)


# ---- questions


@pytest.mark.parametrize("page", WITH_QUESTIONS or ["no page has one"])
def test_questions_mark_wrong_and_right_answers(browser, page):
    """By keyboard, on a small dark screen, from a folder; and what they then look like."""
    with contextlib.closing(new_context(browser, "dark", 390)) as profile:
        tab = profile.new_page()
        tab.goto(f"{SITE.as_uri()}/{page}", wait_until="load")
        findings = questions.check_questions(tab)
        wide = tab.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not findings, report(findings)
    assert not wide, "the marks are wider than the window"


@pytest.mark.parametrize("page", WITH_QUESTIONS[:1] or ["no page has one"])
@pytest.mark.parametrize("theme", THEMES)
def test_answers_are_kept_here_shown_in_the_contents_and_can_be_forgotten(
    browser, address, page, theme
):
    with contextlib.closing(new_context(browser, theme, 1280)) as profile:
        profile.add_init_script(path=MEASURE)
        tab = profile.new_page()
        asked = []
        profile.on("request", lambda request: asked.append(request.url))
        tab.goto(address + page, wait_until="load")
        findings = questions.check_questions(tab)
        violations = run_axe(tab, AXE.read_text(encoding="utf-8")) if AXE.is_file() else []
        count = len(questions.questions(tab))
        with questions.opened_again(tab, f"{address}book/how_to_use.html") as elsewhere:
            kept = elsewhere.locator(".bd-sidebar-primary a small")
            expect(kept).to_have_text(f"✓\u00a0{count}/{count}")
            elsewhere.locator(".forget-answers button").press("Enter")
            expect(kept).to_have_count(0)
            with questions.opened_again(elsewhere, address + page) as later:
                marked = later.locator("form.question[data-mark]").count()
    assert not findings, report(findings)
    assert not violations, report(violations)
    assert all(url.startswith((address, "data:")) for url in asked)
    assert marked == 0


def test_what_marks_questions_is_small():
    (script,) = SITE.rglob("questions.js")
    assert len(gzip.compress(script.read_bytes(), weight.LEVEL)) <= 2 * kB


# ---- other ways to read


@every_page
def test_page_works_from_the_file_system(contexts, page):
    """A copy on a USB stick: nothing fails to load, and the explorers move."""
    stuck = []

    def work(tab: Page) -> None:
        in_full = TRIED_IN_FULL.get(page, ())
        stuck.extend(player.try_explorers(tab, player.check_keyboard, player.check_key, in_full))

    seen = visit(contexts("files"), SITE.as_uri() + "/", page, root=SITE, work=work)
    findings = seen.privacy + seen.errors + stuck
    assert not findings, report(findings)


@every_page
def test_page_prints(tour, page):
    """On paper there is the article, no side bar, and of an explorer the figure."""
    _, trial = tour(page, 1280)
    assert not trial.print, report(trial.print)


@pytest.mark.parametrize("page", PDF_PAGES)
def test_each_kind_of_page_becomes_a_pdf(contexts, address, page):
    with contexts("1280").new_page() as tab:
        tab.goto(address + page, wait_until="load")
        assert tab.pdf()[:5] == b"%PDF-"


# The look of the first element of each kind: a tag, its classes and its parent's.
LOOKS_OF_KINDS = """() => {
  const kinds = {}, properties = ['color', 'backgroundColor', 'backgroundImage', 'colorScheme',
    'borderBottomColor', 'borderLeftColor', 'filter', 'mixBlendMode', 'display'];
  const name = element => `${element?.localName}.${element?.getAttribute('class')}`;
  for (const element of document.querySelectorAll('html, body, main *')) {
    const kind = `${name(element.parentElement)} > ${name(element)}`;
    if (kind in kinds) continue;
    const style = getComputedStyle(element);
    kinds[kind] = properties.map(property => `${property} ${style[property]}`).join(', ');
  }
  return kinds;
}"""


@pytest.mark.parametrize("page", CHAPTERS[:2] or ["no chapter is built"])
def test_a_dark_page_prints_as_a_light_one(contexts, address, page):
    """Every colour and every filter; all chapters have the same theme, so two can tell."""
    with contexts("dark", "dark").new_page() as tab:
        tab.goto(address + page, wait_until="load")
        assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
        on_screen = tab.evaluate(LOOKS_OF_KINDS)
        tab.emulate_media(media="print")
        dark = tab.evaluate(LOOKS_OF_KINDS)
        tab.evaluate("document.documentElement.dataset.theme = 'light'")
        light = tab.evaluate(LOOKS_OF_KINDS)
    findings = [
        f"{kind}: {dark[kind]}; in light: {look}"
        for kind, look in light.items()
        if dark[kind] != look
    ]
    assert not findings, report(findings)
    assert sum(dark[kind] != look for kind, look in on_screen.items()) > 100


CHINESE_RUN = re.compile(r"[\u4e00-\u9fff]{2,8}")


@pytest.mark.parametrize("where", ["http", "file"])
def test_a_part_of_a_chinese_term_finds_every_page_that_holds_it(browser, address, where):
    """All parts of all terms of the glossary, of two characters and more."""
    articles = {page: static.parse(SITE / page).select_one("article") for page in PAGES}
    texts = {page: article.get_text() for page, article in articles.items() if article}
    (glossary,) = (text for page, text in texts.items() if page.endswith("glossary.html"))
    terms = set(CHINESE_RUN.findall(glossary))
    queries = sorted(terms | {part for term in terms for part in parts(term)})
    assert {"网络", "决策", "向量"} <= set(queries)
    base = address if where == "http" else SITE.as_uri() + "/"
    context = new_context(browser)
    try:
        tab = context.new_page()
        tab.goto(f"{base}search.html", wait_until="load")
        tab.wait_for_function("Search.hasIndex()")
        found = tab.evaluate(
            """queries => queries.map(query => {
              const [, words, without, marked, objects] = Search._parseQuery(query);
              return Search._performSearch(query, words, without, marked, objects).map(r => r[0]);
            })""",
            queries,
        )
    finally:
        context.close()
    missed = [
        f"{query} is not found in {page}"
        for query, names in zip(queries, found, strict=True)
        for page, text in texts.items()
        if query in text and page.removesuffix(".html") not in names
    ]
    assert not missed, report(missed)


@pytest.mark.parametrize("box", ["on its page", "in the dialog"])
def test_a_search_can_be_sent_without_the_enter_key(browser, address, box):
    context = new_context(browser, width=390)
    try:
        tab = context.new_page()
        page = "search.html" if box == "on its page" else "book/welcome.html"
        tab.goto(f"{address}{page}", wait_until="load")
        if box == "in the dialog":
            tab.keyboard.press("Control+k")
        form = tab.locator("form.bd-search").filter(visible=True)
        button = form.get_by_role("button", name="Search")
        size = button.bounding_box()
        form.locator("input").fill("网络")
        button.click()
        tab.locator("#search-results li a").first.wait_for(timeout=10_000)
    finally:
        context.close()
    assert min(size["width"], size["height"]) >= 44


@pytest.mark.parametrize("page", CHAPTERS or ["no chapter is built"])
@pytest.mark.parametrize("where", ["http", "file"])
def test_search_leads_to_a_chapter_by_its_title(contexts, address, page, where):
    """The result opens with the words marked, and the page does not jump when they are."""
    title = static.title(SITE, page)
    assert title, f"{page} has no title"
    base = address if where == "http" else SITE.as_uri() + "/"
    name = page.rpartition("/")[2]
    searching = contexts(f"search {where}")  # of its own: pages mark what was searched for last
    with searching.new_page() as tab:
        tab.goto(f"{base}search.html?q={quote(title)}", wait_until="load")
        result = tab.locator(f'#search-results a[href*="{name}"]').first
        result.click(timeout=10_000)
        tab.locator(".highlighted").first.wait_for(state="attached", timeout=10_000)
        assert tab.locator(".highlight-link").is_visible(), "the marks cannot be taken away"
        tab.evaluate("courseCheck.frame()")
        shift = sum(shift["value"] for shift in tab.evaluate("courseCheck.shifts"))
        tab.locator(".highlight-link a").click()
        expect(tab.locator(".highlighted"), "the marks stay").to_have_count(0, timeout=10_000)
    assert shift < LARGEST_SHIFT


@pytest.mark.parametrize("storage", ["not heard of", "late", "emptied"])
@pytest.mark.parametrize("where", ["http", "file"])
def test_words_of_a_search_are_marked_whatever_storage_holds(browser, address, where, storage):
    """A page opened in another process may see what an earlier search left, or nothing at all.

    What that search takes away when it ends may even reach the page of the search that follows.
    """
    page = CHAPTERS[0]
    base = address if where == "http" else SITE.as_uri() + "/"
    leave = {
        "not heard of": "localStorage.clear()",
        "late": 'localStorage.setItem("sphinx_highlight_terms", "words of another search")',
        "emptied": "",
    }[storage]
    context = new_context(browser)
    context.add_init_script(f'if (!location.pathname.endsWith("/search.html")) {{ {leave} }}')
    try:
        tab = context.new_page()
        tab.goto(f"{base}search.html?q={quote(static.title(SITE, page))}", wait_until="load")
        result = tab.locator(f'#search-results a[href*="{page.rpartition("/")[2]}"]').first
        result.wait_for(timeout=10_000)
        if storage == "emptied":
            tab.evaluate("localStorage.clear()")
        result.press("Enter", timeout=10_000)
        tab.locator(".highlighted").first.wait_for(state="attached", timeout=10_000)
        marked = {word.lower() for word in tab.locator(".highlighted").all_text_contents()}
        assert marked <= set(re.findall(r"\w+", static.title(SITE, page).lower()))
        assert "highlight=" not in tab.url, "the words stay in the address"
    finally:
        context.close()


@pytest.mark.parametrize("box", ["on its page", "in the dialog"])
def test_the_magnifying_glass_stands_beside_the_words(browser, address, box):
    context = new_context(browser)
    try:
        tab = context.new_page()
        page = "search.html" if box == "on its page" else "book/welcome.html"
        tab.goto(f"{address}{page}", wait_until="load")
        if box == "in the dialog":
            tab.keyboard.press("Control+k")
        field = tab.locator("form.bd-search input").filter(visible=True)
        padding = field.evaluate("field => parseFloat(getComputedStyle(field).paddingLeft)")
        words_from = field.bounding_box()["x"] + padding
        glass = tab.locator("form.bd-search").filter(visible=True).locator("i, svg").bounding_box()
    finally:
        context.close()
    assert glass["x"] + glass["width"] < words_from


# ---- weight and speed


@every_page
def test_page_is_light(tour, page):
    visits, _ = tour(page, 1280)
    weighed = weight.page_weight(visits["light"].first_files)
    assert weighed.total <= 1000 * kB
    assert weighed.without_pictures <= 300 * kB


@every_explorer_page
def test_explorers_are_light(page):
    for explorer in weight.explorer_weights(SITE, page):
        assert explorer.first <= 60 * kB, f"explorer {explorer.number} before it is touched"
        assert len(explorer.frames) <= 120, f"explorer {explorer.number} has too many settings"


def test_frames_are_small_on_average():
    frames = [
        size
        for page in WITH_EXPLORERS
        for explorer in weight.explorer_weights(SITE, page)
        for size in explorer.frames
    ]
    assert frames
    assert statistics.mean(frames) <= 25 * kB


def test_player_is_small():
    (script,) = SITE.rglob("explorer.js")
    assert len(gzip.compress(script.read_bytes(), weight.LEVEL)) <= 6 * kB


def test_site_is_small():
    assert weight.site_bytes(SITE) <= 150 * kB * kB


@every_explorer_page
def test_moves_are_not_slow(tour, page):
    _, trial = tour(page, 1280)
    for latency in trial.latencies:
        assert latency.first <= 1000  # ms, ten times its limit
        assert is_quick(latency), latency


def test_first_page_is_not_slow(browser, address):
    context = new_context(browser)
    context.add_init_script(path=MEASURE)
    try:
        first = static.destination(SITE, "index.html")
        seen = visit(context, address, first, root=SITE)
    finally:
        context.close()
    assert seen.paint_ms is not None, "nothing was painted"
    assert seen.paint_ms <= 10_000
