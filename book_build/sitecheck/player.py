"""Work the explorers of a page as a reader does: by keyboard, by mouse, with the play button.

Every function takes an open page (with ``MEASURE`` as init script) and returns findings, or times
in milliseconds. It knows only what a reader sees: ``<figure class="course-explorer">`` with a
picture, a caption and, once the script runs, native controls.
"""

import statistics
from dataclasses import dataclass

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as WaitTimeout

EXPLORER = "figure.course-explorer"
KEYS = ("End", "Home", "ArrowRight", "ArrowLeft")
PATIENCE_MS = 10_000  # a busy machine must not fail
STATE = """figure => {
  const image = figure.querySelector('img');
  const text = figure.querySelector('figcaption');
  return {
    picture: image.complete && image.naturalWidth > 0 ? image.currentSrc : null,
    alt: image.alt.trim(),
    sentence: (text ? text.innerText : '').replace(/\\s+/g, ' ').trim(),
    values: [...figure.querySelectorAll('input, select')].map(
        c => c.type === 'radio' ? c.checked : c.value),
    outputs: [...figure.querySelectorAll('output')].map(o => o.textContent.trim()),
  };
}"""
RESET = """figure => {
  for (const field of figure.querySelectorAll('input, select')) {
    if (field.type === 'radio') field.checked = field.defaultChecked;
    else if (field.localName === 'select')
      field.selectedIndex = Math.max(0, [...field.options].findIndex(o => o.defaultSelected));
    else field.value = field.defaultValue;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
}"""
MOVED = """([figure, before]) => {
  const image = figure.querySelector('img');
  return image.complete && image.naturalWidth > 0 && image.currentSrc !== before;
}"""

# What does not belong to the setting of the controls. A frame says by itself which setting it was
# drawn for; the player never looks at that, it counts.
ASTRAY = """figure => {
  const { words, frames } = JSON.parse(figure.querySelector('script').textContent);
  const image = figure.querySelector('img'), caption = figure.querySelector('figcaption');
  const fields = [...figure.querySelectorAll('input[type=range], select')];
  const faults = [];
  const expect = (what, found, right) => {
    if (found !== right) faults.push(`${what}: “${found}” in place of “${right}”`);
  };
  const setting = fields.map((field, k) => {
    const label = field.labels[0]?.innerText.trim();
    const isList = field.localName === 'select';
    const word = words[k][isList ? field.selectedIndex : +field.value];
    if (isList) expect(`the word of “${label}”`, field.selectedOptions[0].text, word);
    else {
      const beside = figure.querySelector(`output[for="${field.id}"]`)?.textContent;
      expect(`the number beside “${label}”`, beside, word);
      expect(`what a screen reader says of “${label}”`, field.getAttribute('aria-valuetext'), word);
    }
    return word;
  });
  const own = frames.filter(([, , drawnFor]) => drawnFor.join('|') === setting.join('|'));
  if (own.length !== 1) return [...faults, `${own.length} frames are drawn for ${setting}`];
  const [[picture, sentence]] = own;
  const name = address => new URL(address, document.baseURI).pathname.split('/').pop();
  expect(`the picture at ${setting}`, name(image.currentSrc), name(picture));
  expect(`the sentence at ${setting}`, caption.textContent, sentence);
  expect(`the alternative text at ${setting}`, image.alt, sentence);
  const playing = figure.querySelector('button[aria-label^=Pause]');
  const live = caption.getAttribute('aria-live');
  expect('aria-live of the sentence', live, playing ? 'off' : 'polite');
  return faults;
}"""


@dataclass(frozen=True)
class Latency:
    """Times in ms from a reader's input to the decoded picture; ``first`` is the first move."""

    first: float
    later: list[float]

    @property
    def median(self) -> float:
        """The typical move, once neighbours are loaded."""
        return statistics.median(self.later)

    @property
    def p95(self) -> float:
        """The slowest move but for one in twenty."""
        return sorted(self.later)[min(len(self.later) - 1, int(0.95 * len(self.later)))]


def explorers(page: Page) -> list[Locator]:
    """Return the page's explorers, top to bottom."""
    return page.locator(EXPLORER).all()


def state(figure: Locator) -> dict:
    """Return what an explorer shows: picture, alt, sentence, values of its controls."""
    return figure.evaluate(STATE)


def sliders(figure: Locator) -> list[tuple[Locator, str]]:
    """Return an explorer's sliders, each with its label."""
    label = "s => s.labels[0]?.innerText.trim() ?? 'a slider without a label'"
    return [(s, s.evaluate(label)) for s in figure.locator("input[type=range]").all()]


def name_of(figure: Locator, number: int) -> str:
    """Name an explorer in a finding by its place and its first control."""
    labels = figure.locator("label").all_inner_texts()
    return f"explorer {number + 1} ({labels[0].strip() if labels else 'no label'})"


def reset(figure: Locator) -> None:
    """Set every control back to the setting that the page shows first, and wait for its picture.

    A check of one control leaves the others where the author wants them: at step 0, say, no other
    control needs to change anything.
    """
    figure.evaluate(RESET)
    figure.page.wait_for_timeout(200)


def go_to_first(figure: Locator, slider: Locator) -> None:
    """Set a slider to its first value and the other controls to what the page shows first."""
    reset(figure)
    slider.press("Home")
    figure.page.wait_for_timeout(200)


def moved_from(figure: Locator, before: dict, patience_ms: float | None = None) -> bool:
    """Wait until another picture is shown; False when none comes in time."""
    try:
        figure.page.wait_for_function(
            MOVED,
            arg=[figure.element_handle(), before["picture"]],
            timeout=patience_ms or PATIENCE_MS,
            polling=40,  # ms; at every frame it would keep the page painting
        )
    except WaitTimeout:
        return False
    return True


def shown(figure: Locator, when: str) -> list[str]:
    """Say what a reader sees or hears that does not belong to the setting of the controls.

    The picture, its sentence and its alternative text must be those that were drawn for this
    setting, and the number beside a slider, and what a screen reader says of it, its value. A
    picture that is still on its way is waited for.
    """
    try:
        figure.page.wait_for_function(
            f"figure => !({ASTRAY})(figure).length",
            arg=figure.element_handle(),
            timeout=PATIENCE_MS,
            polling=40,
        )
    except WaitTimeout:
        return [f"{when}, {fault}" for fault in figure.evaluate(ASTRAY)]
    return []


def check_move(figure: Locator, before: dict, what: str) -> list[str]:
    """Say what did not follow after the action `what`: picture, sentence or alternative text."""
    if not moved_from(figure, before):
        return [f"{what} does not change the picture"]
    after = state(figure)
    findings = []
    if after["sentence"] == before["sentence"]:
        findings.append(f"{what} changes the picture but not its sentence")
    if after["alt"] == before["alt"]:
        findings.append(f"{what} changes the picture but not its alternative text")
    return findings + shown(figure, f"after {what}")


def check_start(figure: Locator) -> list[str]:
    """An explorer shows a picture, says what it shows, and can be set, before anything is moved."""
    figure.scroll_into_view_if_needed()
    moved_from(figure, {"picture": None})  # its first picture loads when it comes near
    now = state(figure)
    findings = []
    if now["picture"] is None:
        findings.append("shows no picture at the start")
    if not now["alt"]:
        findings.append("its first picture has no alternative text")
    if not now["sentence"]:
        findings.append("has no sentence at the start")
    if not now["values"]:
        findings.append("has no controls although scripts run")
    return findings or shown(figure, "at the start")


def check_keyboard(figure: Locator) -> list[str]:
    """Home, End and the arrow keys move every slider, and the focus can be seen."""
    findings = []
    for slider, label in sliders(figure):
        go_to_first(figure, slider)
        for key in KEYS:
            before = state(figure)
            slider.press(key)
            findings += check_move(figure, before, f"{key} on “{label}”")
            if state(figure)["values"] == before["values"]:
                findings.append(f"{key} on “{label}” does not change its value")
        if not slider.evaluate(FOCUS_SEEN):
            findings.append(f"“{label}” has the focus and does not show it")
    return findings


FOCUS_SEEN = """control => {
  const style = getComputedStyle(control);
  return control.matches(':focus-visible') &&
    ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) ||
     style.boxShadow !== 'none');
}"""


def check_mouse(figure: Locator) -> list[str]:
    """A click on a slider's track and a drag along it move the picture; the last value stands."""
    findings = []
    mouse = figure.page.mouse
    for slider, label in sliders(figure):
        reset(figure)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        left, right = box["x"] + 3, box["x"] + box["width"] - 3
        middle = box["y"] + box["height"] / 2
        mouse.click(left, middle)
        figure.page.wait_for_timeout(150)
        before = state(figure)
        mouse.click(right, middle)
        findings += check_move(figure, before, f"a click on “{label}”")
        before = state(figure)
        mouse.move(right, middle)
        mouse.down()
        mouse.move(left, middle, steps=12)
        mouse.up()
        findings += check_move(figure, before, f"dragging “{label}”")
        findings += check_settled(figure, slider, f"dragging “{label}”")
    return findings


def check_tap(figure: Locator) -> list[str]:
    """On a small screen, too, a finger finds every slider, and the picture follows."""
    findings = []
    for slider, label in sliders(figure):
        go_to_first(figure, slider)
        slider.scroll_into_view_if_needed()
        before = state(figure)
        box = slider.bounding_box()
        right, middle = box["x"] + box["width"] - 3, box["y"] + box["height"] / 2
        figure.page.touchscreen.tap(right, middle)
        findings += check_move(figure, before, f"a tap on “{label}”")
    return findings


def check_settled(figure: Locator, slider: Locator, what: str) -> list[str]:
    """After a fast series of moves the picture is the one that the same value gives at rest."""
    figure.page.wait_for_timeout(250)
    dragged = state(figure)
    for key in ("End", "Home"):
        before = state(figure)
        slider.press(key)
        moved_from(figure, before)
    rested = state(figure)
    if dragged["values"] != rested["values"]:
        return [f"{what} to its left end does not reach the first value"]
    if (dragged["picture"], dragged["sentence"]) != (rested["picture"], rested["sentence"]):
        return [f"{what} leaves a picture that is not the value's own"]
    return []


def check_choices(figure: Locator) -> list[str]:
    """Every list and every group of radio buttons changes the picture."""
    findings = []
    for menu in figure.locator("select").all():
        reset(figure)
        before = state(figure)
        chosen = menu.evaluate("m => m.selectedIndex")
        menu.select_option(index=0 if chosen else 1)
        findings += check_move(figure, before, "choosing from the list")
    groups = figure.locator("input[type=radio]").evaluate_all(
        "r => [...new Set(r.map(b => b.name))]"
    )
    for group in groups:
        reset(figure)
        before = state(figure)
        figure.locator(f'input[type=radio][name="{group}"]:checked').press("ArrowRight")
        findings += check_move(figure, before, f"an arrow key among the words of {group!r}")
        before = state(figure)
        figure.locator(f'input[type=radio][name="{group}"]:not(:checked)').first.click()
        findings += check_move(figure, before, f"a click on a word of {group!r}")
    return findings


def check_play(figure: Locator) -> list[str]:
    """A play button runs through the pictures, and a second press stops it."""
    findings = []
    for button in figure.locator("button").all():
        go_to_first(figure, slider_of(button))
        before = state(figure)
        button.press("Enter")
        if not moved_from(figure, before):
            findings.append("the play button does not change the picture")
            continue
        if not moved_from(figure, state(figure)):
            findings.append("the play button changes the picture only once")
            continue
        if not stops(figure, button):
            findings.append("a second press of the play button does not stop it")
        findings += shown(figure, "after playing")
    return findings


def check_return(figure: Locator) -> list[str]:
    """Back at the setting that the page shows first, everything is as it was."""
    reset(figure)
    return shown(figure, "back at the start")


def stops(figure: Locator, button: Locator) -> bool:
    """Press a play button while it plays, and say whether the picture then rests.

    A short run may be over before a busy machine presses again, and that press would start it anew;
    so the run begins once more until a press finds it playing.
    """
    for _ in range(5):
        if is_playing(button):
            button.press("Enter")
            figure.page.wait_for_timeout(200)
            return not moved_from(figure, state(figure), patience_ms=1000)
        go_to_first(figure, slider_of(button))
        button.press("Enter")
    return False


def slider_of(button: Locator) -> Locator:
    """Return the slider that a play button runs through."""
    return button.locator("xpath=..").locator("input[type=range]")


def is_playing(button: Locator) -> bool:
    """Whether a play button now offers to pause."""
    return button.get_attribute("aria-label").startswith("Pause")


CHECKS = (check_start, check_keyboard, check_mouse, check_choices, check_play, check_return)


def check_explorers(page: Page) -> list[str]:
    """Work every explorer of the open page in every way; return findings that name it."""
    findings = []
    for number, figure in enumerate(explorers(page)):
        name = name_of(figure, number)
        faults = check_start(figure)
        if not faults:  # with nothing there, the other checks would only say so again
            faults = [fault for check in CHECKS[1:] for fault in check(figure)]
        findings += [f"{name}: {fault}" for fault in faults]
    return findings


def check_without_script(page: Page) -> list[str]:
    """With scripts off, an explorer is a picture with its sentence, and nothing looks alive."""
    findings = []
    for number, figure in enumerate(explorers(page)):
        name = f"explorer {number + 1} without scripts"
        figure.scroll_into_view_if_needed()
        if not figure.locator("img").first.is_visible():
            findings.append(f"{name}: shows no picture")
        if not (figure.locator("img").first.get_attribute("alt") or "").strip():
            findings.append(f"{name}: its picture has no alternative text")
        if not figure.locator("figcaption").inner_text().strip():
            findings.append(f"{name}: has no sentence")
        dead = figure.locator("input, select, button").filter(visible=True).count()
        if dead:
            findings.append(f"{name}: shows {dead} dead controls")
    return findings


def check_print(page: Page) -> list[str]:
    """On paper an explorer keeps its picture and sentence, and loses its controls."""
    page.emulate_media(media="print")
    findings = []
    for number, figure in enumerate(explorers(page)):
        if not figure.locator("img").first.is_visible():
            findings.append(f"explorer {number + 1} has no picture in print")
        if not figure.locator("figcaption").is_visible():
            findings.append(f"explorer {number + 1} has no sentence in print")
        if figure.locator("input, select, button").filter(visible=True).count():
            findings.append(f"explorer {number + 1} prints its controls")
    page.emulate_media(media="screen")
    return findings


def measure_latency(page: Page, figure: Locator, most: int = 40, pause_ms: int = 120) -> Latency:
    """Walk an explorer's sliders with the arrow keys, and its lists, and time every picture.

    Parameters
    ----------
    most : int
        Stop after this many moves.
    pause_ms : int
        Time in ms between two moves, in which the player may fetch the neighbours.

    Raises
    ------
    ValueError
        If fewer than three moves changed the picture, so that nothing can be said.
    """
    figure.scroll_into_view_if_needed()
    times = figure.evaluate_handle("figure => courseCheck.timeMoves(figure)")
    done = 0
    for slider in figure.locator("input[type=range]").all():
        at, low, high = slider.evaluate("s => [+s.value, +s.min, +s.max]")
        up, down, back = int(high - at), int(high - low), int(at - low)  # and there it was before
        for key in ["ArrowRight"] * up + ["ArrowLeft"] * down + ["ArrowRight"] * back:
            if done == most:
                break
            slider.press(key)
            page.wait_for_timeout(pause_ms)
            done += 1
    for menu in figure.locator("select").all():
        words, at = menu.evaluate("m => [m.options.length, m.selectedIndex]")
        for index in [*range(at + 1, words), *range(at), at][: most - done]:
            menu.select_option(index=index)
            page.wait_for_timeout(pause_ms)
            done += 1
    measured = times.json_value()
    if len(measured) < 3:
        raise ValueError(f"{done} moves gave only {len(measured)} new pictures; is it an explorer?")
    return Latency(first=measured[0], later=measured[1:])
