"""What a notebook's cells call beside the algorithms: to show code, and to state a result."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from IPython.display import Markdown, display


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


def report(label: str, value: Any, digits: int = 3) -> None:
    """Print one result of the chapter, rounded so that every machine prints the same.

    Parameters
    ----------
    label : str
        What the value is, with its unit.
    value : str, bool, int, float, or a list, array or tensor of numbers
    digits : int
        Decimals of floats. Choose it so that devices and BLAS libraries agree on all of them.

    Examples
    --------
    >>> report("digits of agreement", 7.94, digits=0)
    digits of agreement: 8
    >>> report("weights", np.array([0.99999999, -1e-12]))
    weights: 1.000, 0.000
    """
    print(f"{label}: {_words(value, digits)}")


def _words(value: Any, digits: int) -> str:
    if isinstance(value, (str, bool, int, np.bool_, np.integer)):
        return str(value)
    if hasattr(value, "detach"):  # a torch tensor, maybe on a GPU
        value = value.detach().cpu().numpy()
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "iuf":
        raise TypeError(f"report takes words and numbers; got {value!r}.")
    if numbers.dtype.kind == "f":
        rounded = np.round(numbers.astype(float), digits) + 0.0  # + 0.0 makes -0.0 plain zero
        return ", ".join(f"{number:.{digits}f}" for number in rounded.ravel())
    return ", ".join(str(number) for number in numbers.ravel())


@contextmanager
def quiet(category: type[Warning]) -> Iterator[None]:
    """Keep one kind of warning out of the output, where the chapter shows what it warns of."""
    with warnings.catch_warnings(action="ignore", category=category):
        yield
