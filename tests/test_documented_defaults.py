"""A default that a docstring states is the one that the function has."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator

import pytest

import course_lib
from course_lib.nn.mlp import MLPClassifier

MODULES = [
    one.name
    for one in pkgutil.walk_packages(course_lib.__path__, "course_lib.")
    if "__main__" not in one.name
]
STATED = re.compile(r"^(\w+(?:, \w+)*) : .*?\bdefault=(.+?)\.?$", re.MULTILINE)


def functions_of(module) -> Iterator[tuple[str, str, Callable]]:
    """Yield name, docstring and code of functions, methods and classes (whose code is __init__)."""
    own = [
        one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__
    ]
    for one in own:
        if inspect.isfunction(one):
            yield one.__qualname__, one.__doc__, one
        elif inspect.isclass(one):
            for name, method in vars(one).items():
                if inspect.isfunction(method):
                    doc = one.__doc__ if name == "__init__" else method.__doc__
                    yield method.__qualname__, doc, method


def stated_defaults(doc: str | None) -> Iterator[tuple[str, str]]:
    """Yield (name, words) for `a : int, default=3`, and twice for `a, b : int, default=3 and 4`."""
    for names, words in STATED.findall(inspect.cleandoc(doc or "")):
        each = names.split(", ")
        values = words.split(" and ")
        yield from zip(each, values if len(values) > 1 else values * len(each), strict=True)


def agree(words: str, default: object) -> bool:
    """Say whether the words of a docstring mean this value: by its text, its number or its name."""
    if default is float and words == "float64":
        return True
    if words in (repr(default), getattr(default, "__name__", None)) or words.lower() == repr(
        default
    ):
        return True
    try:
        return ast.literal_eval(words) == default
    except (SyntaxError, ValueError):
        return False


@pytest.mark.parametrize("name", MODULES)
def test_documented_defaults_are_the_true_ones(name):
    wrong = []
    for function, doc, code in functions_of(importlib.import_module(name)):
        has = inspect.signature(code).parameters
        for parameter, words in stated_defaults(doc):
            default = has[parameter].default if parameter in has else "no such parameter"
            if not agree(words, default):
                wrong.append(f"{function}: {parameter} is said to be {words}, is {default!r}")
    assert not wrong, "\n".join(wrong)


def test_a_wrong_default_is_noticed():
    assert dict(stated_defaults(MLPClassifier.__doc__)).keys() >= {"hidden", "eta", "batch_size"}
    assert list(
        stated_defaults("f(x).\n\n    a, b : float, default=1 and 0\n    c : s, default='x'.")
    ) == [
        ("a", "1"),
        ("b", "0"),
        ("c", "'x'"),
    ]
    assert agree("1", 1.0)
    assert agree("NaN", float("nan"))
    assert agree("(32,)", (32,))
    assert not agree("(32,)", (31,))
    assert not agree("0.1", 0.2)
    assert not agree("0.1", inspect.Parameter.empty)
    assert not agree("he", "xavier")
