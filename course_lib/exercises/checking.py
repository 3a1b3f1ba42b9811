"""A checker compares a learner's function with the right one and explains the first difference.

It says *what* is wrong: the inputs of the first counter-example, what was expected and what came,
and, where the wrong answer is one that people often give, the mistake behind it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Answer = Callable[..., Any]

_ROUNDED_ZERO = 1e-12
"""What may come out for 0 where numbers near 1 cancel, as in H(Y) + H(X) − H(X, Y)."""


class NotYet(AssertionError):
    """The learner's function is not right yet; the message says why."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: the checker's own code is no help there."""
        return [f"Not yet: {self}"]


@dataclass(frozen=True)
class Checker:
    """Check a learner's function on a few cases.

    Parameters
    ----------
    task : str
        What the function computes, in a few words.
    reference : callable
        The right function.
    cases : mapping of str to tuple
        What each case tries, and its arguments; from the simplest to the hardest.
    mistakes : mapping of str to callable
        What people do wrong, and the function that does it.
    rtol : float
        The difference that rounding may cause, as a part of the largest number that is expected.
        Where only zeros are, a right answer may still be a few roundings off: `_ROUNDED_ZERO`.
    """

    task: str
    reference: Answer
    cases: Mapping[str, Sequence[Any]]
    mistakes: Mapping[str, Answer] = field(default_factory=dict)
    rtol: float = 1e-6

    def __call__(self, answer: Answer) -> None:
        """Print that every case passes, or raise `NotYet` with the first that does not.

        Raises
        ------
        TypeError
            If ``answer`` is not a function: often its result was passed.
        NotYet
            If it is wrong somewhere.
        """
        if not callable(answer):
            raise TypeError(
                f"Pass the function itself, without calling it; got {type(answer).__name__}."
            )
        for case, arguments in self.cases.items():
            self._check(answer, case, arguments)
        print(f"All {len(self.cases)} cases pass: your function computes {self.task}.")

    def _check(self, answer: Answer, case: str, arguments: Sequence[Any]) -> None:
        expected = np.asarray(self.reference(*copy.deepcopy(arguments)))
        given = copy.deepcopy(arguments)
        try:
            result = answer(*given)
        except Exception as error:
            raise NotYet(
                f"{case}: your function raises {type(error).__name__}: {error}\n"
                + _inputs(arguments)
            ) from error
        if not all(np.array_equal(a, b) for a, b in zip(given, arguments, strict=True)):
            raise NotYet(f"{case}: your function changes its arguments. Compute on a copy.")
        problem = self._problem(result, expected)
        if problem:
            hint = self._mistake(answer)
            raise NotYet(f"{case}: {problem}\n{_inputs(arguments)}{hint}")

    def _problem(self, result: Any, expected: np.ndarray) -> str:
        if result is None:
            return "your function returns nothing. Does it end with return?"
        if hasattr(result, "detach"):
            result = result.detach().cpu().numpy()
        try:
            got = np.asarray(result, dtype=float)
        except (TypeError, ValueError):
            return f"expected numbers, got {result!r}"
        if got.shape != expected.shape:
            return f"expected the shape {expected.shape}, got {got.shape}"
        if not self._equal(got, expected):
            return f"expected {_short(expected)}, got {_short(got)}{_nan(got, expected)}"
        return ""

    def _equal(self, got: np.ndarray, expected: np.ndarray) -> bool:
        scale = np.max(np.abs(expected), initial=0.0)
        atol = max(self.rtol * scale, _ROUNDED_ZERO)
        return bool(np.allclose(got, expected, rtol=self.rtol, atol=atol))

    def _mistake(self, answer: Answer) -> str:
        """Name the known mistake that gives the learner's results in every case, if one does."""
        for name, mistake in self.mistakes.items():
            try:
                same = all(
                    self._problem(answer(*copy.deepcopy(arguments)), np.asarray(wrong)) == ""
                    for arguments in self.cases.values()
                    for wrong in [mistake(*copy.deepcopy(arguments))]
                )
            except Exception:  # what fails in some case is not this mistake
                continue
            if same:
                return f"\nThis is what comes out when you {name}."
        return ""


def _short(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=5, threshold=12, separator=", ")


def _nan(got: np.ndarray, expected: np.ndarray) -> str:
    """Say where the first NaN stands: a long array is not printed in full."""
    wrong = np.argwhere(np.isnan(got) & ~np.isnan(expected))
    if not wrong.size:
        return ""
    where = f" at {wrong[0].tolist()}" if got.ndim else ""
    return f".\nNaN{where}: the root or logarithm of a negative number, 0/0 or ∞ − ∞"


def _inputs(arguments: Sequence[Any]) -> str:
    return "with the inputs " + "; ".join(_short(argument) for argument in arguments)
