"""Work the explorers of a page as a reader does: by keyboard, by mouse, with the play button.

Every function takes an open page (with ``MEASURE`` as init script) and returns findings, or times
in milliseconds. It knows only what a reader sees: ``<figure class="course-explorer">`` with a
picture, a caption and, once the script runs, native controls.

Nothing here waits for a time: each wait is for what the reader waits for, another picture or the
picture of a setting seen before, and ends there; PATIENCE_MS is when a reader gives up.
"""

import statistics
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Locator, Page

from book_build.sitecheck.questions import skip_first

EXPLORER = "figure.course-explorer"
KEYS = ("End", "Home", "ArrowRight", "ArrowLeft")
KEYS_FROM_THE_END = ("Home", "End", "ArrowLeft", "ArrowRight")
PATIENCE_MS = 10_000  # a busy machine must not fail
STEP_MS = 500  # of the page's clock, by which a player is moved on

Check = Callable[[Locator], list[str]]


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
    """Return the page's explorers, top to bottom; what is asked before a move is skipped."""
    skip_first(page)
    return page.locator(EXPLORER).all()


def state(figure: Locator) -> dict:
    """Return what an explorer shows: picture, alt, sentence, values of its controls."""
    return figure.evaluate("figure => courseCheck.state(figure)")


def sliders(figure: Locator) -> list[tuple[Locator, str]]:
    """Return an explorer's sliders, each with its label."""
    label = "s => s.labels[0]?.innerText.trim() ?? 'a slider without a label'"
    return [(s, s.evaluate(label)) for s in figure.locator("input[type=range]").all()]


def name_of(figure: Locator, number: int) -> str:
    """Name an explorer in a finding by its place and its first control."""
    labels = figure.locator("label").all_inner_texts()
    return f"explorer {number + 1} ({labels[0].strip() if labels else 'no label'})"


def reset(figure: Locator) -> dict:
    """Set every control back to the setting that the page shows first; return what is shown then.

    A check of one control leaves the others where the author wants them: at step 0, say, no other
    control needs to change anything.
    """
    return figure.evaluate("(figure, ms) => courseCheck.reset(figure, ms)", PATIENCE_MS)


def is_at_end(slider: Locator) -> bool:
    """Whether a slider stands at its last value."""
    return slider.evaluate("s => +s.value >= +s.max")


def go_to_first(figure: Locator, slider: Locator) -> dict:
    """Set a slider to its first value, the others as the page begins; return the state then."""
    before = reset(figure)
    slider.press("Home")
    if state(figure)["values"] == before["values"]:
        return before
    return moved_from(figure, before) or state(figure)


def moved_from(figure: Locator, before: dict) -> dict | None:
    """Wait until another picture is shown; return the state then, None when none comes in time."""
    return figure.evaluate(
        "(figure, [before, ms]) => courseCheck.moved(figure, before, ms)",
        [before["picture"], PATIENCE_MS],
    )


def follow(figure: Locator, before: dict, what: str) -> tuple[dict, list[str]]:
    """Return the state after the action `what`, and what did not follow it.

    Picture, sentence and alternative text must be others than in the state `before`.
    """
    after = moved_from(figure, before)
    if after is None:
        return state(figure), [f"{what} does not change the picture"]
    findings = []
    if after["sentence"] == before["sentence"]:
        findings.append(f"{what} changes the picture but not its sentence")
    if after["alt"] == before["alt"]:
        findings.append(f"{what} changes the picture but not its alternative text")
    return after, findings + shown(figure, f"after {what}")


def shown(figure: Locator, when: str) -> list[str]:
    """Say what a reader sees or hears that does not belong to the setting of the controls.

    The picture, its sentence and its alternative text must be those that were drawn for this
    setting, and the number beside a slider, and what a screen reader says of it, its value. A
    picture that is still on its way is waited for.
    """
    faults = figure.evaluate("(figure, ms) => courseCheck.belongs(figure, ms)", PATIENCE_MS)
    return [f"{when}, {fault}" for fault in faults]


def check_start(figure: Locator) -> list[str]:
    """An explorer shows a picture, says what it shows, and can be set, before anything is moved."""
    figure.scroll_into_view_if_needed()
    now = moved_from(figure, {"picture": None})  # its first picture loads when it comes near
    now = now or state(figure)
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
        before = reset(figure)
        for key in KEYS_FROM_THE_END if is_at_end(slider) else KEYS:
            before, faults = press(figure, slider, key, label, before)
            findings += faults
        if not slider.evaluate(FOCUS_SEEN):
            findings.append(f"“{label}” has the focus and does not show it")
    return findings


def check_key(figure: Locator) -> list[str]:
    """One key moves every slider: the quick form of `check_keyboard`."""
    findings = []
    for slider, label in sliders(figure):
        before = reset(figure)
        key = "Home" if is_at_end(slider) else "End"
        findings += press(figure, slider, key, label, before)[1]
    return findings


def press(
    figure: Locator, slider: Locator, key: str, label: str, before: dict
) -> tuple[dict, list[str]]:
    """Press a key on a slider; return the state after, and what did not follow."""
    slider.press(key)
    after, findings = follow(figure, before, f"{key} on “{label}”")
    if after["values"] == before["values"]:
        findings.append(f"{key} on “{label}” does not change its value")
    return after, findings


FOCUS_SEEN = """control => {
  const style = getComputedStyle(control);
  return control.matches(':focus-visible') &&
    ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) ||
     style.boxShadow !== 'none');
}"""


def check_mouse(figure: Locator) -> list[str]:
    """Clicks on a slider's track and a drag along it move the picture; the last value stands."""
    findings = []
    mouse = figure.page.mouse
    for slider, label in sliders(figure):
        before = go_to_first(figure, slider)
        own = before  # what the first value looks like at rest
        left, right, middle = track(slider)
        mouse.click(right, middle)
        before, faults = follow(figure, before, f"a click on “{label}”")
        findings += faults
        mouse.move(right, middle)
        mouse.down()
        mouse.move(left, middle, steps=12)
        mouse.up()
        findings += follow(figure, before, f"dragging “{label}”")[1]
        findings += check_settled(figure, own, f"dragging “{label}”")
    return findings


def track(slider: Locator) -> tuple[float, float, float]:
    """Return where a slider's track begins, where it ends, and its height in the window, in px."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    return box["x"] + 3, box["x"] + box["width"] - 3, box["y"] + box["height"] / 2


def check_click(figure: Locator) -> list[str]:
    """One click on its track moves every slider: the quick form of `check_mouse`."""
    return _touch(figure, figure.page.mouse.click, "a click")


def check_tap(figure: Locator) -> list[str]:
    """On a small screen, too, a finger finds every slider, and the picture follows."""
    return _touch(figure, figure.page.touchscreen.tap, "a tap")


def _touch(figure: Locator, touch: Callable[[float, float], None], what: str) -> list[str]:
    findings = []
    for slider, label in sliders(figure):
        before = reset(figure)
        left, right, middle = track(slider)
        touch(left if is_at_end(slider) else right, middle)
        findings += follow(figure, before, f"{what} on “{label}”")[1]
    return findings


def check_settled(figure: Locator, own: dict, what: str) -> list[str]:
    """After a fast series of moves to the state `own` it stands as it did when reached at rest."""
    shown = figure.evaluate(
        "(figure, [own, ms]) => courseCheck.shown(figure, own, ms)", [own, PATIENCE_MS]
    )
    if shown:  # and no picture that is still on its way overtakes it
        figure.evaluate("courseCheck.quiet")
    dragged = state(figure)
    if dragged["values"] != own["values"]:
        return [f"{what} to its left end does not reach the first value"]
    if (dragged["picture"], dragged["sentence"]) != (own["picture"], own["sentence"]):
        return [f"{what} leaves a picture that is not the value's own"]
    return []


def check_choices(figure: Locator) -> list[str]:
    """Every list and every group of radio buttons changes the picture."""
    findings = []
    for menu in figure.locator("select").all():
        before = reset(figure)
        chosen = menu.evaluate("m => m.selectedIndex")
        menu.select_option(index=0 if chosen else 1)
        findings += follow(figure, before, "choosing from the list")[1]
    groups = figure.locator("input[type=radio]").evaluate_all(
        "r => [...new Set(r.map(b => b.name))]"
    )
    for group in groups:
        before = reset(figure)
        figure.locator(f'input[type=radio][name="{group}"]:checked').press("ArrowRight")
        before, faults = follow(figure, before, f"an arrow key among the words of {group!r}")
        figure.locator(f'input[type=radio][name="{group}"]:not(:checked)').first.click()
        findings += faults + follow(figure, before, f"a click on a word of {group!r}")[1]
    return findings


def hold_time(page: Page) -> None:
    """Stop the page's clock: from now on a player moves when it is moved on, and not by itself."""
    page.clock.install(time=0)
    page.clock.pause_at(60_000)


def check_play(figure: Locator) -> list[str]:
    """A play button runs through the pictures, and a second press stops it. Time must be held."""
    findings = []
    for button in figure.locator("button").all():
        before = go_to_first(figure, slider_of(button))
        button.press("Enter")
        playing = moves_on(figure, before)
        if playing is None:
            findings.append("the play button does not change the picture")
            continue
        playing = moves_on(figure, playing)
        if playing is None:
            findings.append("the play button changes the picture only once")
            continue
        if not stops(figure, button, playing):
            findings.append("a second press of the play button does not stop it")
        findings += shown(figure, "after playing")
    return findings


def check_return(figure: Locator) -> list[str]:
    """Back at the setting that the page shows first, everything is as it was."""
    reset(figure)
    return shown(figure, "back at the start")


def moves_on(figure: Locator, before: dict, most_steps: int = 20) -> dict | None:
    """Let the page's clock run on; return the state when the picture changes, None if it rests."""
    for step in range(most_steps + 1):
        if step:
            figure.page.clock.run_for(STEP_MS)
        figure.evaluate("courseCheck.quiet")
        after = state(figure)
        if after["picture"] not in (None, before["picture"]):
            return after
    return None


def stops(figure: Locator, button: Locator, playing: dict) -> bool:
    """Press a button that plays and says so: whether it then offers to play, and nothing moves."""
    if is_ready(button):
        return False
    button.press("Enter")
    return is_ready(button) and moves_on(figure, playing, most_steps=4) is None


def slider_of(button: Locator) -> Locator:
    """Return the slider that a play button runs through."""
    return button.locator("xpath=..").locator("input[type=range]")


def is_ready(button: Locator) -> bool:
    """Whether a play button offers to play, and not to pause."""
    return not button.get_attribute("aria-label").startswith("Pause")


CHECKS = (check_keyboard, check_mouse, check_choices)


def check_explorers(page: Page) -> list[str]:
    """Work every explorer of the open page in every way; return findings that name it.

    The page's clock stands still afterwards.
    """
    findings = []
    begun = []
    for number, figure in enumerate(explorers(page)):
        faults = check_start(figure)
        if faults:  # with nothing there, the other checks would only say so again
            findings += named(figure, number, faults)
            continue
        begun.append((number, figure))
        findings += named(figure, number, [f for check in CHECKS for f in check(figure)])
    hold_time(page)
    for number, figure in begun:
        findings += named(figure, number, check_play(figure) + check_return(figure))
    return findings


def try_explorers(page: Page, full: Check, quick: Check, in_full: Container[int]) -> list[str]:
    """Make the check `full` on the explorers whose places are `in_full`, `quick` on the others."""
    findings = []
    for number, figure in enumerate(explorers(page)):
        check = full if number in in_full else quick
        findings += named(figure, number, check_start(figure) or check(figure))
    return findings


def named(figure: Locator, number: int, faults: list[str]) -> list[str]:
    """Put the explorer's name before each of its faults."""
    name = name_of(figure, number) if faults else ""
    return [f"{name}: {fault}" for fault in faults]


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


def measure_latency(
    page: Page, figure: Locator, most: int = 40, pause_ms: int | None = None
) -> Latency:
    """Walk an explorer's sliders with the arrow keys, and its lists, and time every picture.

    Parameters
    ----------
    most : int
        Stop after this many moves.
    pause_ms : int, optional
        Time in ms between two moves, as a reader takes it, in which the player may fetch the
        neighbours. Default: the next move comes when the picture is there.

    Raises
    ------
    ValueError
        If fewer than three moves changed the picture, so that nothing can be said.
    """
    figure.scroll_into_view_if_needed()
    times = figure.evaluate_handle("figure => courseCheck.timeMoves(figure)")

    def wait() -> bool:
        nonlocal done
        done += 1
        if pause_ms is None:
            return times.evaluate(
                "(times, [done, ms]) => courseCheck.timed(times, done, ms)", [done, PATIENCE_MS]
            )
        page.wait_for_timeout(pause_ms)
        return True

    done = 0
    for move in _moves(figure, most):
        move()
        if not wait():
            break
    measured = times.json_value()
    if len(measured) < 3:
        raise ValueError(f"{done} moves gave only {len(measured)} new pictures; is it an explorer?")
    return Latency(first=measured[0], later=measured[1:])


def _moves(figure: Locator, most: int) -> list[Callable[[], object]]:
    """Return at most so many moves: to the end of each slider, back, and through each list."""
    moves: list[Callable[[], object]] = []
    for slider in figure.locator("input[type=range]").all():
        at, low, high = slider.evaluate("s => [+s.value, +s.min, +s.max]")
        up, down, back = int(high - at), int(high - low), int(at - low)  # and there it was before
        keys = ["ArrowRight"] * up + ["ArrowLeft"] * down + ["ArrowRight"] * back
        moves += [partial(slider.press, key) for key in keys]
    for menu in figure.locator("select").all():
        words, at = menu.evaluate("m => [m.options.length, m.selectedIndex]")
        places = [*range(at + 1, words), *range(at), at]
        moves += [partial(menu.select_option, index=index) for index in places]
    return moves[:most]
