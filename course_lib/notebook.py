"""What a notebook's cells call beside the algorithms: to show code, to state and read a result."""

from __future__ import annotations

import html
import inspect
import json
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from IPython.display import Markdown, display

from course_lib.words import translated

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
MOST_ON_A_LINE = 3


def show_source(code: Callable[..., Any] | type) -> None:
    """Show a function, method or class as it stands in the library.

    Raises
    ------
    TypeError
        For something that has no Python source, such as a NumPy function.
    """
    try:
        source = textwrap.dedent(inspect.getsource(code)).rstrip()
    except (TypeError, OSError) as error:
        raise TypeError(
            f"show_source takes a function, method or class written in Python; got {code!r}."
        ) from error
    display(Markdown(f"```python\n{source}\n```"))


def report(label: str, value: Any, digits: int = 3, names: Iterable[str] = ()) -> None:
    """Print one result of the chapter, rounded so that every machine prints the same.

    Parameters
    ----------
    label : str
        What the value is, with its unit.
    value : str, bool, int, float, a list, array or tensor of at most three numbers, or a dict
        A dict of such values by name is a table with a row for each. It has several columns if
        the values are dicts too, or lists of what ``names`` names.
    digits : int
        Decimals of floats. Choose it so that devices and BLAS libraries agree on all of them.
    names : iterable of str
        The columns of a table whose rows are lists.

    Raises
    ------
    ValueError
        For more than three numbers without names.
    TypeError
        For a value that is neither words nor numbers.

    Examples
    --------
    >>> report("digits of agreement", 7.94, digits=0)
    digits of agreement: 8
    >>> report("weights", np.array([0.99999999, -1e-12]))
    weights: 1.000, 0.000
    """
    if isinstance(value, dict):
        columns = list(names)
        rows = {
            k: dict(zip(columns, row, strict=True)) if columns else row for k, row in value.items()
        }
        _show_table(translated(label), rows, digits)
    else:
        print(f"{translated(label)}: {_words(value, digits)}")


class _Table(NamedTuple):
    """A table as text, aligned in columns, and as HTML."""

    text: str
    page: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.page


def _show_table(label: str, rows: dict[str, Any], digits: int) -> None:
    import pandas as pd  # takes half a second

    several = all(isinstance(row, dict) for row in rows.values())
    cells = rows if several else {name: {label: value} for name, value in rows.items()}
    words = {
        translated(name): {translated(c): _words(value, digits) for c, value in row.items()}
        for name, row in cells.items()
    }
    table = pd.DataFrame.from_dict(words, orient="index").fillna("")
    with pd.option_context("display.max_colwidth", None):
        text, page = table.to_string(), table.to_html(border=0)
    if several:
        text = f"{label}\n{text}"
        caption = f"<caption>{html.escape(label)}</caption>"
        page = page.replace("<thead>", f"{caption}\n  <thead>", 1)
    display(_Table(text, page))


def _words(value: Any, digits: int) -> str:
    if isinstance(value, (str, bool, int, np.bool_, np.integer)):
        return translated(str(value))
    if hasattr(value, "detach"):  # a torch tensor, maybe on a GPU
        value = value.detach().cpu().numpy()
    numbers = np.asarray(value)
    if numbers.size > MOST_ON_A_LINE:
        raise ValueError(
            f"report puts at most {MOST_ON_A_LINE} numbers on a line; got {numbers.size}. Name them"
            " in a dict: they become a table."
        )
    if numbers.dtype.kind not in "iuf":
        raise TypeError(f"report takes words and numbers; got {value!r}.")
    if numbers.dtype.kind == "f":
        rounded = np.round(numbers.astype(float), digits) + 0.0  # + 0.0 makes -0.0 plain zero
        return ", ".join(f"{number:.{digits}f}" for number in rounded.ravel())
    return ", ".join(str(number) for number in numbers.ravel())


def shortest_time(function: Callable[..., Any], *arguments: Any, repeats: int = 3) -> float:
    """Call a function several times and return the seconds of the fastest call."""
    seconds = []
    for _ in range(repeats):
        begin = perf_counter()
        function(*arguments)
        seconds.append(perf_counter() - begin)
    return min(seconds)


def stored_result(name: str) -> dict[str, Any]:
    """Return the result of an experiment that is too long for a page.

    Parameters
    ----------
    name : str
        ``python run.py experiment NAME`` runs it again; its script is ``experiments/NAME.py``.

    Raises
    ------
    FileNotFoundError
        If there is no such result beside this library.
    """
    path = EXPERIMENTS / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no stored result {name!r} in {EXPERIMENTS}: the folder experiments of the "
            "course's repository must stand beside course_lib."
        )
    return json.loads(path.read_text(encoding="utf-8"))["result"]


@contextmanager
def quiet(category: type[Warning]) -> Iterator[None]:
    """Keep one kind of warning out of the output, where the chapter shows what it warns of."""
    with warnings.catch_warnings(action="ignore", category=category):
        yield
