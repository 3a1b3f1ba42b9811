"""Answer the questions of a page as a reader does, by keyboard: wrongly, then rightly.

It knows what a reader sees, ``<form class="question">``, and what marks an answer, which the form
carries as data. Every function takes an open page and returns findings.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as OutOfTime

QUESTION = "form.question"
MARK = ".question-mark"
FIELDS = ".explorer-controls :is(input, select)"
HELD = ".explorer-controls :is(input, select, button)"


def questions(page: Page) -> list[Locator]:
    """Return the page's questions, top to bottom."""
    return page.locator(QUESTION).all()


def data_of(form: Locator) -> dict[str, Any]:
    """Return what marks an answer."""
    return json.loads(form.locator("script").text_content())


def skip_first(page: Page) -> None:
    """Skip what is asked before an explorer is moved, so that it can be moved."""
    for button in page.locator(f"{QUESTION}[data-first] button[type=button]").all():
        if button.is_visible():
            button.press("Enter")


def check_questions(page: Page) -> list[str]:
    """Answer every question; then open the page again, which must remember the answers."""
    findings = []
    for form in questions(page):
        name = f"question {form.locator('p').first.inner_text()[:60]!r}"
        findings += [f"{name}: {fault}" for fault in check_question(page, form)]
    with opened_again(page) as later:
        if count := forgotten(later):
            findings.append(f"{count} answers are forgotten when the page is opened again")
        if held := later.locator(f"{HELD}:disabled").count():
            findings.append(f"{held} controls are held although all questions were answered")
    return findings


def forgotten(page: Page) -> int:
    """Return how many questions are not marked as answered rightly."""
    return sum(form.get_attribute("data-mark") != "right" for form in questions(page))


@contextlib.contextmanager
def opened_again(page: Page, address: str | None = None) -> Iterator[Page]:
    """Open the page, or another, in a tab that finds in localStorage what this page has put there.

    It is handed over, and not left to Chromium. On a busy machine three of 160 bare pages found
    nothing of what the load before had stored, with no error, however often they were loaded.
    Whether Chromium keeps what it is given is not what is checked here.
    """
    kept = page.evaluate("JSON.stringify(localStorage)")
    with contextlib.closing(page.context.new_page()) as tab:
        tab.add_init_script(f"localStorage.clear(); Object.assign(localStorage, {kept})")
        tab.goto(address or page.url, wait_until="load")
        yield tab


def check_question(page: Page, form: Locator) -> list[str]:
    """A wrong answer is called wrong and says why, a right one right; the focus stays."""
    data = data_of(form)
    figure = page.locator(f"#{form.get_attribute('data-explorer')}")
    first = form.get_attribute("data-first") is not None
    findings = []
    if first and figure.locator(f"{HELD}:enabled").count():
        findings.append("is asked first, and the controls can be moved before an answer")
    to_start(figure)
    words = wrong_words(data, figure)
    answer(form, data, right=False)
    findings += said(form, "wrong", words)
    if data["kind"] == "find":
        findings += show(form, data)
    answer(form, data, right=True)
    findings += said(form, "right", [data["said"]])
    if first and figure.locator(f"{HELD}:disabled").count():
        findings.append("holds the controls although it is answered")
    return findings


IS_SHOWN = """([form, right]) => {
  const fields = document.getElementById(form.dataset.explorer)
    .querySelectorAll(".explorer-controls :is(input, select)");
  const place = (field) => field.type === "range" ? +field.value : field.selectedIndex;
  return right.includes([...fields].map(place).join());
}"""


def show(form: Locator, data: dict[str, Any]) -> list[str]:
    """Press *Show me*, and wait for the controls, which move when the answer has unfolded."""
    form.locator("summary").press("Enter")
    try:
        form.page.wait_for_function(IS_SHOWN, arg=[form.element_handle(), data["right"]])
    except OutOfTime:
        return ["Show me does not move the controls to the answer"]
    return []


def to_start(figure: Locator) -> None:
    """Set an explorer, if there is one, to where it starts: no setting that answers a question."""
    for field in figure.locator(FIELDS).all():
        field.evaluate(
            """field => {
              if (field.type === 'range') field.value = field.defaultValue;
              else field.selectedIndex = [...field.options].findIndex(o => o.defaultSelected);
              if (field.selectedIndex < 0) field.selectedIndex = 0;
              field.dispatchEvent(new Event('input', { bubbles: true }));
            }"""
        )


def answer(form: Locator, data: dict[str, Any], right: bool) -> None:
    """Give an answer by keyboard; a setting is marked as it stands."""
    if data["kind"] == "choose":
        option = data["right"] if right else (data["right"] + 1) % len(data["wrong"])
        form.locator(f'input[value="{option}"]').press("Space")
    elif data["kind"] == "number":
        off = 0 if right else 1 + 2 * data["within"]
        field = form.locator("input")
        field.fill(f"{data['right'] + off:.12g}".replace(".", ","))
        field.press("Enter")
        return
    form.locator("button[type=submit]").press("Enter")


def wrong_words(data: dict[str, Any], figure: Locator) -> list[str]:
    """Return what may be said of a wrong answer."""
    if data["kind"] != "find":
        return data["wrong"]
    at = "fields => fields.map(f => f.type === 'range' ? +f.value : f.selectedIndex)"
    places = figure.locator(FIELDS).evaluate_all(at)
    missed = [words for control, place, words in data["given"] if places[control] != place]
    return [*missed, data["wrong"]][:1]


def said(form: Locator, mark: str, words: list[str]) -> list[str]:
    """Say what is not as it must be when an answer was marked."""
    status = form.locator(MARK)
    findings = []
    if form.get_attribute("data-mark") != mark:
        findings.append(f"a {mark} answer is marked {form.get_attribute('data-mark')!r}")
    if status.inner_text().strip() not in words or not status.is_visible():
        findings.append(f"of a {mark} answer it says {status.inner_text()!r}")
    if status.get_attribute("role") != "status":
        findings.append("its mark is not spoken")
    return findings


def check_without_script(page: Page) -> list[str]:
    """With scripts off there are the question and its folded answer, and nothing looks alive."""
    findings = []
    for form in questions(page):
        name = f"question {form.locator('p').first.inner_text()[:60]!r} without scripts"
        if not form.locator("summary").is_visible():
            findings.append(f"{name}: has no answer")
        if form.locator("input, button").filter(visible=True).count():
            findings.append(f"{name}: shows dead controls")
    return findings


def check_print(page: Page) -> list[str]:
    """On paper there are the question and its answer, opened."""
    page.emulate_media(media="print")
    findings = []
    for number, form in enumerate(questions(page)):
        if not form.locator("details > p").is_visible():
            findings.append(f"question {number + 1} has no answer in print")
        if form.locator("input, button").filter(visible=True).count():
            findings.append(f"question {number + 1} prints its controls")
    page.emulate_media(media="screen")
    return findings
