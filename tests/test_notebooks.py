"""Every chapter keeps the contract of tests/notebook_checks/contract.py."""

import pytest
from notebook_checks.chapter import Book
from notebook_checks.contract import CHECKS

BOOK = Book()


@pytest.fixture(scope="module")
def book() -> Book:
    return BOOK


def test_there_are_chapters():
    # Without chapters the test below has nothing to run over and would be skipped.
    assert BOOK.paths, (
        "there is no notebooks/NN_name.ipynb: a book without chapters keeps no contract"
    )


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("path", BOOK.paths, ids=lambda path: path.stem)
def test_chapter_keeps_the_contract(path, name, book):
    chapter = next(one for one in book.chapters if one.path == path)
    faults = list(CHECKS[name](chapter, book))
    assert not faults, f"{path.name}, {name} ({CHECKS[name].__doc__})\n- " + "\n- ".join(faults)
