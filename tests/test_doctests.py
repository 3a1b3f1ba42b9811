"""Every example in a docstring of the library runs and prints what it says."""

import doctest
import importlib
import inspect
import pkgutil

import only
import pytest

import course_lib

MODULES = [
    "course_lib",
    *(m.name for m in pkgutil.walk_packages(course_lib.__path__, "course_lib.")),
]

# What a reader calls in these must show an example of its use.
WITH_EXAMPLES = ["course_lib.linear_models.linear_regression", "course_lib.datasets.nist"]


@pytest.mark.parametrize("name", [name for name in MODULES if only.meant(name)])
def test_examples_of(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples of {name} fail"


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_public_function_has_an_example(name):
    module = importlib.import_module(name)
    for key, thing in inspect.getmembers(module, inspect.isfunction):
        if thing.__module__ == name and not key.startswith("_"):
            assert ">>>" in (thing.__doc__ or ""), f"{name}.{key} has no example"
