"""Questions that mark themselves: their answers are computed from what an explorer measured.

    descent.ask(
        choose("What will the loss do at η = 1.06?", "settle", "run away", right="run away",
               why="...", first=True),
        find("Which η has the smallest loss after 50 steps?", least="loss", given={"steps": 50},
             why="..."),
        number("How many times must n double to halve the spread?", 2, why="..."),
    )

Nobody writes down the answer of a `find`: all settings of the page are looked at, and one that no
setting or too many settings answer is refused. How a question is shown is not known here; what
marks an answer is: `Find.marks`, `Choose.marks`, `Number.marks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from course_lib.explore.explorer import Explorer, Setting, Values
from course_lib.words import translated

LARGEST_SHARE = 1 / 3  # of the settings that may be right: more would be found by chance
ROUNDING = 1e-9  # relative: two values that differ by less are equal
MOST_NAMED = 3  # right settings that an answer names

At = Callable[..., Values]
Measure = Callable[[Setting], Values]
Mark = tuple[bool, str]  # whether an answer is right, and what is said about it


class Measurements:
    """What the settings of an explorer measured; one that is not known is measured when asked for.

    Parameters
    ----------
    explorer : Explorer
    measure : callable
        Returns the values of a setting.
    known : list of dict
        The values of all settings in the order of ``explorer.settings()``, if they are known.
    """

    def __init__(self, explorer: Explorer, measure: Measure, known: list[Values] | None = None):
        self.explorer = explorer
        self._measure = measure
        settings = explorer.settings() if known else []
        self._known = {self._key(s): v for s, v in zip(settings, known or [], strict=True)}

    def of(self, setting: Setting) -> Values:
        """Return what a setting measured, and the setting itself, by name."""
        key = self._key(setting)
        if key not in self._known:
            self._known[key] = self._measure(setting)
        return {**setting, **self._known[key]}

    def at(self, **some: Any) -> Values:
        """Return the values of a setting; a control that is not named stands at its start.

        Raises
        ------
        ValueError
            For a control or a value that the explorer does not have.
        """
        self.check(some)
        return self.of({**self.explorer.start(), **some})

    def where(self, given: Setting) -> Iterator[tuple[Setting, Values]]:
        """Yield every setting of the page with these values of controls, and what it measured."""
        self.check(given)
        for setting in self.explorer.settings():
            if all(setting[name] == value for name, value in given.items()):
                yield setting, self.of(setting)

    def check(self, some: Setting) -> None:
        """Look whether the explorer has these controls and values; ValueError if it has not."""
        for name, value in some.items():
            control = self.explorer.controls.get(name)
            if control is None or value not in (*control.values, *control.live_values):
                known = {n: list(c.values) for n, c in self.explorer.controls.items()}
                raise ValueError(
                    f"explorer {self.explorer.name!r} cannot be set to {name}={value!r}; its"
                    f" controls are {known}."
                )

    @staticmethod
    def _key(setting: Setting) -> tuple[Any, ...]:
        return tuple(setting.values())


NOTHING_MEASURED = "a question that belongs to no explorer cannot measure: give right= a value"


@dataclass(frozen=True)
class Question:
    """What all questions have.

    Attributes
    ----------
    text, why : str
        The question; the reason for its answer. Plain text.
    first : bool
        It is asked above the picture, before the first move.
    place : str
        Link to where the answer is taught (``NN_name.ipynb#section``), for a recall.
    """

    kind: ClassVar[str]

    text: str
    why: str
    first: bool = False
    place: str = ""

    def __post_init__(self) -> None:
        for name in ("text", "why"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(
                    f"{name} of a question must be words; got {getattr(self, name)!r}."
                )

    def said_when_right(self) -> str:
        """Return what is said of a right answer."""
        return f"{translated('Right.')} {translated(self.why)}"


@dataclass(frozen=True)
class Find(Question):
    """Move the controls to the answer; see `find`."""

    kind: ClassVar[str] = "find"

    least: str = ""
    most: str = ""
    where: Callable[[Values], bool] | None = None
    given: Setting = field(default_factory=dict)
    within: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.first:
            raise ValueError(
                "a question that is asked first is answered before a move: no find(...)"
            )
        if (self.least and self.most) or not (self.least or self.most or self.where):
            raise ValueError(
                "find(...) takes least= or most=, or where=, or where= and one of both"
            )

    def right_settings(self, measured: Measurements) -> list[Setting]:
        """Return the settings of the page that are right.

        Raises
        ------
        ValueError
            If none is, more than a third of those that fit ``given`` are, or the start is.
        """
        fitting = list(measured.where(self.given))
        good = [(s, v) for s, v in fitting if self.where is None or self.where(v)]
        right = [s for s, v in good if self._is_best(v, [other for _, other in good])]
        explorer = measured.explorer
        what = f"question {self.text!r} of explorer {explorer.name!r}"
        if not right:
            raise ValueError(f"{what} has no answer: none of {len(fitting)} settings is right.")
        if len(right) > LARGEST_SHARE * len(fitting):
            raise ValueError(
                f"{what} tells nothing: {len(right)} of {len(fitting)} settings are right, and at"
                f" most a third may be: {right}."
            )
        if explorer.start() in right:
            raise ValueError(f"{what} is answered before a move: the start is right, {right}.")
        return right

    def _is_best(self, values: Values, all_values: list[Values]) -> bool:
        name = self.least or self.most
        if not name:
            return True
        if name not in values:
            raise ValueError(f"{name!r} is no value of seen(...) and no control: {list(values)}.")
        sign = 1 if self.least else -1
        numbers = [sign * v[name] for v in all_values if not math.isnan(v[name])]
        if not numbers:
            return False
        best = min(numbers)
        slack = 0 if math.isinf(best) else self.within + ROUNDING * abs(best)
        return sign * values[name] <= best + slack

    def check(self, measured: Measurements) -> None:
        """Look at the start whether its names are known."""
        measured.check(self.given)
        values = measured.at()
        self._is_best(values, [values])
        if self.where is not None:
            self.where(values)

    def marks(self, setting: Setting, measured: Measurements) -> Mark:
        """Mark a setting, which may lie between those of the page.

        It is right if it is as good as the right ones of the page.
        """
        for name, value in self.given.items():
            if setting[name] != value:
                return False, self.said_without(measured.explorer, name)
        values = measured.of(setting)
        others = [v for _, v in measured.where(self.given) if self.where is None or self.where(v)]
        good = self.where is None or self.where(values)
        right = good and self._is_best(values, others)
        return right, self.said_when_right() if right else self.said_when_wrong()

    def said_without(self, explorer: Explorer, name: str) -> str:
        """Return what is said where a given control stands elsewhere."""
        control = explorer.controls[name]
        word = control.word_of(self.given[name])
        return translated(f"First set “{control.label}” to {word}.")

    def said_when_wrong(self) -> str:
        """Return what is said of a wrong setting."""
        if self.where is None:
            if self.least:
                return translated("Not here: another setting has less. Move on.")
            return translated("Not here: another setting has more. Move on.")
        return translated("Not here. Move on.")

    def on_page(self, measured: Measurements) -> dict[str, Any]:
        """Return what the page needs to mark it: places are the controls' positions."""
        explorer = measured.explorer
        right = self.right_settings(measured)
        names = list(explorer.controls)
        given = [
            [names.index(name), _position(explorer, name, value), self.said_without(explorer, name)]
            for name, value in self.given.items()
        ]
        return {
            "right": [",".join(str(_position(explorer, n, s[n])) for n in names) for s in right],
            "given": given,
            "wrong": self.said_when_wrong(),
            "answer": self.answer(explorer, right),
        }

    def answer(self, explorer: Explorer, right: list[Setting]) -> str:
        """Return the right settings in words, at most three of them."""
        named = [
            ", ".join(
                f"{explorer.controls[name].label}: {explorer.controls[name].word_of(value)}"
                for name, value in setting.items()
            )
            for setting in right[:MOST_NAMED]
        ]
        return "; ".join(named) + ("; …" if len(right) > MOST_NAMED else "")


@dataclass(frozen=True)
class Choose(Question):
    """Pick one of a few options; see `choose`."""

    kind: ClassVar[str] = "choose"

    options: tuple[str, ...] = ()
    right: str | Callable[[At], str] = ""
    wrong: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= len(set(self.options)) == len(self.options) <= 4:
            raise ValueError(
                f"choose(...) takes two to four different options; got {list(self.options)}."
            )
        if unknown := set(self.wrong) - set(self.options):
            raise ValueError(f"wrong= of choose(...) names no option: {sorted(unknown)}.")

    def right_option(self, measured: Measurements | None) -> str:
        """Return the right option.

        Raises
        ------
        ValueError
            If it is none of the options, or has a feedback for being wrong.
        """
        right = _computed(self.right, measured)
        if right not in self.options or right in self.wrong:
            raise ValueError(
                f"right= of question {self.text!r} must be one of {list(self.options)}, and not"
                f" one of wrong=; got {right!r}."
            )
        return right

    def check(self, measured: Measurements | None) -> None:
        """Look whether it has a right option."""
        self.right_option(measured)

    def marks(self, option: str | None, measured: Measurements | None) -> Mark:
        """Mark an option."""
        if option is None:
            return False, translated("Choose one.")
        right = option == self.right_option(measured)
        return right, self.said_when_right() if right else self._said_of(option)

    def _said_of(self, option: str) -> str:
        hint = self.wrong.get(option, "Think again.")
        return f"{translated('Not this one.')} {translated(hint)}"

    def on_page(self, measured: Measurements | None) -> dict[str, Any]:
        """Return what the page needs to mark it."""
        right = self.right_option(measured)
        return {
            "options": [translated(option) for option in self.options],
            "right": self.options.index(right),
            "wrong": [self._said_of(option) for option in self.options],
            "missing": translated("Choose one."),
            "answer": translated(right),
        }


@dataclass(frozen=True)
class Number(Question):
    """Type a number; see `number`."""

    kind: ClassVar[str] = "number"

    right: float | Callable[[At], float] = math.nan
    within: float = 0.0
    unit: str = ""

    def right_number(self, measured: Measurements | None) -> float:
        """Return the right number.

        Raises
        ------
        ValueError
            If it is no finite number.
        """
        right = _computed(self.right, measured)
        right = right.item() if getattr(right, "size", 0) == 1 else right
        if (
            isinstance(right, bool)
            or not isinstance(right, (int, float))
            or not math.isfinite(right)
        ):
            raise ValueError(f"right= of question {self.text!r} must be a number; got {right!r}.")
        return right

    def check(self, measured: Measurements | None) -> None:
        """Look whether it has a right number."""
        self.right_number(measured)

    def slack(self, right: float) -> float:
        """Return how far from the right number an answer may be."""
        return self.within + ROUNDING * max(1.0, abs(right))

    def marks(self, typed: str, measured: Measurements | None) -> Mark:
        """Mark what a reader typed: a number, with a point or a comma, or a fraction like 1/3."""
        number, right = number_in(typed), self.right_number(measured)
        if math.isnan(number):
            return False, translated("Type a number.")
        if abs(number - right) <= self.slack(right):
            return True, self.said_when_right()
        return False, self.said_when_off()[number > right]

    def said_when_off(self) -> tuple[str, str]:
        """Return what is said of a number that is too small, and too large."""
        return translated("Too small. Try again."), translated("Too large. Try again.")

    def on_page(self, measured: Measurements | None) -> dict[str, Any]:
        """Return what the page needs to mark it."""
        right = self.right_number(measured)
        decimals = f"{right:.4g}".replace("-", "−")
        return {
            "right": right,
            "within": self.slack(right),
            "unit": translated(self.unit),
            "wrong": list(self.said_when_off()),
            "missing": translated("Type a number."),
            "answer": f"{decimals} {translated(self.unit)}".strip(),
        }


def number_in(typed: str) -> float:
    """Read a number as people write it; NaN where there is none.

    Examples
    --------
    >>> number_in("0,5"), number_in(" −1/4 "), number_in("half")
    (0.5, -0.25, nan)
    """
    plain = typed.replace("−", "-").replace(",", ".").replace("%", "")
    try:
        above, *below = (float(part) for part in plain.split("/"))
        return above / below[0] if below else above
    except (ValueError, ZeroDivisionError):
        return math.nan


def _computed(right: Any, measured: Measurements | None) -> Any:
    if not callable(right):
        return right
    if measured is None:
        raise ValueError(NOTHING_MEASURED)
    return right(measured.at)


def _position(explorer: Explorer, name: str, value: Any) -> int:
    return explorer.controls[name].values.index(value)


def on_page(questions: tuple[Question, ...], measured: Measurements | None) -> list[dict[str, Any]]:
    """Return what a page needs of the questions, as plain data."""
    return [
        {
            "kind": one.kind,
            "text": translated(one.text),
            "why": translated(one.why),
            "said": one.said_when_right(),
            "first": one.first,
            "place": one.place,
            **one.on_page(measured),
        }
        for one in questions
    ]


def find(
    text: str,
    *,
    least: str = "",
    most: str = "",
    where: Callable[[Values], bool] | None = None,
    given: Setting | None = None,
    within: float = 0.0,
    why: str,
) -> Find:
    """Ask the reader to move the controls to a setting.

    Parameters
    ----------
    text, why : str
        The question, and the reason for its answer, as plain text.
    least, most : str
        A value of ``seen(...)``, or a control: right is where it is smallest, or largest.
    where : callable, optional
        Gets the values of a setting, its controls among them, and says whether it is right; with
        ``least`` or ``most``, whether it is compared at all.
    given : dict, optional
        Values that controls must have; the text says so.
    within : float
        How far from the smallest or largest value is right, too.

    Raises
    ------
    ValueError
        When all settings are known: if none is right, or the start, or more than a third.
    """
    return Find(
        text, why, least=least, most=most, where=where, given=dict(given or {}), within=within
    )


def choose(
    text: str,
    *options: str,
    right: str | Callable[[At], str],
    why: str,
    wrong: dict[str, str] | None = None,
    first: bool = False,
    place: str = "",
) -> Choose:
    """Ask the reader to pick one of two to four options.

    Parameters
    ----------
    text, why : str
        The question, and the reason for its answer, as plain text.
    *options : str
    right : str or callable
        The right option, or a function that finds it: it gets ``at``, and
        ``at(control=value)`` are the values of that setting, other controls at their start.
    wrong : dict, optional
        Feedback for wrong options.
    first : bool
        Ask above the picture, before the first move.
    place : str
        Where the answer is taught, for a recall: ``05_linear_regression.ipynb#section``.

    Raises
    ------
    ValueError
        For a right option that is no option.
    """
    return Choose(text, why, first, place, options=options, right=right, wrong=dict(wrong or {}))


def number(
    text: str,
    right: float | Callable[[At], float],
    *,
    why: str,
    within: float = 0.0,
    unit: str = "",
    first: bool = False,
    place: str = "",
) -> Number:
    """Ask the reader to type a number.

    Parameters
    ----------
    text, why : str
        The question, and the reason for its answer, as plain text.
    right : float or callable
        The number, or a function of ``at`` that finds it, see `choose`.
    within : float
        How far from it is right, too: what a reader can read off the picture.
    unit : str
        Written behind the field.
    first, place
        See `choose`.
    """
    return Number(text, why, first, place, right=right, within=within, unit=unit)
