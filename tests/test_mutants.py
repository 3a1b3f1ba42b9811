"""tests/mutants.py: which faults it makes, which tests it runs, and what it makes of their end."""

import os
from pathlib import Path

import mutants
import pytest
from mutants import Mutant, Stop, Trial

SOURCE = '''\
"""Adds."""


def add(a: "max(int, 2)", b):
    check(a)
    if a is None:
        raise ValueError(f"{max(1, 2)}")
    total = a
    total += b
    return max(total, "é")
'''
LIBRARY = "def add(a, b):\n    total = a\n    total += b\n    print(total)\n    return total\n"
TEST = "from course_lib.sums.add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"


@pytest.fixture(autouse=True)
def only_our_own_faults(monkeypatch):
    # Cosmic Ray comes with the first `run.py mutants`: no test may need it.
    monkeypatch.setattr(mutants, "_from_cosmic_ray", lambda source: [])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    files = {
        "course_lib/__init__.py": "",
        "course_lib/sums/__init__.py": "",
        "course_lib/sums/add.py": LIBRARY,
        "course_lib/alone.py": "x = sum([1])\n",
        "tests/test_all.py": "from course_lib.sums import add\n",
        "tests/sums/test_a.py": "",
        "tests/sums/test_sums.py": TEST,
        "tests/test_site.py": "import course_lib.sums.add\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def changed_lines(source: str) -> list[str]:
    before = source.splitlines()
    texts = [change() for changes in mutants.places(source).values() for change in changes]
    return [
        f"{old.strip()} -> {new.strip()}"
        for text in texts
        for old, new in zip(before, text.splitlines(), strict=True)
        if old != new
    ]


def test_statements_are_left_out_and_functions_exchanged():
    assert sorted(changed_lines(SOURCE)) == [
        "check(a) -> pass",
        'raise ValueError(f"{max(1, 2)}") -> pass',
        'return max(total, "é") -> return min(total, "é")',
        "total += b -> pass",
    ]


def test_bytes_and_letters_are_not_mixed_up():
    assert changed_lines('x = "é" + max(y)\n') == ['x = "é" + max(y) -> x = "é" + min(y)']


def test_a_sample_is_the_same_for_the_same_seed_and_takes_a_place_once(tmp_path):
    path = tmp_path / "m.py"
    path.write_text("".join(f"x{i} = max(min(a, any(b)), c)\n" for i in range(10)), "utf-8")
    first, again, other = (mutants.sampled([path], 8, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert len({one.source for one in first}) == 8
    assert len(mutants.sampled([path], 0, 0)) == 30


@pytest.mark.parametrize(
    ("text", "another"),
    [("x = 2\n", True), ("x = 1  # one\n", False), ("x = = 1\n", False), (None, False)],
)
def test_a_mutant_is_python_and_does_something_else(text, another):
    assert mutants.is_another(text, "x = 1\n") is another


def test_importers_run_first_then_the_folder_that_mirrors_the_module(project):
    found = mutants.tests_of(project / "course_lib/sums/add.py", project)
    names = [path.relative_to(project).as_posix() for path in found]
    assert names == ["tests/sums/test_sums.py", "tests/test_all.py", "tests/sums/test_a.py"]


def test_a_module_without_tests_is_named(project):
    with pytest.raises(Stop, match=r"no test imports course_lib\.alone"):
        mutants.tests_of(project / "course_lib/alone.py", project)


def test_a_target_is_a_module_a_package_or_a_mistake(project):
    assert mutants.modules_of("course_lib.alone", project) == [project / "course_lib/alone.py"]
    assert len(mutants.modules_of("course_lib.sums", project)) == 2
    with pytest.raises(Stop, match=r"no module or package 'course_lib\.sum'"):
        mutants.modules_of("course_lib.sum", project)


def test_mutants_are_tried_in_a_copy(project, tmp_path, monkeypatch):
    path = project / "course_lib/sums/add.py"
    trial = Trial(project, tmp_path / "copy")
    killed = Mutant(path, 3, LIBRARY.replace("+=", "-="))
    survivor = Mutant(path, 4, LIBRARY.replace("print(total)", "pass"))
    monkeypatch.setattr(mutants, "MORE_SECONDS", 300)
    assert [trial.outcome(killed), trial.outcome(survivor)] == ["killed", "survived"]
    monkeypatch.setattr(mutants, "TIMES", 0)
    monkeypatch.setattr(mutants, "MORE_SECONDS", 0.01)  # in which no Python starts
    assert trial.outcome(survivor) == "time-out"
    assert (tmp_path / "copy/course_lib/sums/add.py").read_text("utf-8") == LIBRARY
    assert path.read_text("utf-8") == LIBRARY
    assert not [name for _, _, names in os.walk(tmp_path) for name in names if "pyc" in name]


def test_tests_that_fail_anyway_stop_everything(project, tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "run_tests", lambda *_: ("failed", "many lines\nassert 3 == 4"))
    trial = Trial(project, tmp_path / "copy")
    with pytest.raises(Stop, match=r"the tests of add\.py fail without any mutant(.|\n)*assert 3"):
        trial.outcome(Mutant(project / "course_lib/sums/add.py", 1, LIBRARY + "x = 1\n"))


def test_the_table_shows_survivors_and_counts_a_hang_as_noticed(project):
    path = project / "course_lib/sums/add.py"
    texts = [LIBRARY.replace("+=", sign) for sign in ("-=", "*=", "/=")]
    outcomes = ("killed", "time-out", "survived")
    pairs = {Mutant(path, 3, text): what for text, what in zip(texts, outcomes, strict=True)}
    said = mutants.table(pairs, project)
    assert "course_lib/sums/add.py:3\n    -    total += b\n    +    total /= b" in said
    assert "*=" not in said
    assert said.splitlines()[-1].split() == ["all", "3", "2", "1", "1", "67", "%"]
