"""Every experiment has a result of its recipe, and a repetition is compared with it."""

import json
import re

import pytest

from course_lib.datasets import DataUnavailableError
from experiments import command, stored

MOST_BYTES = 20_000_000


@pytest.mark.parametrize("name", stored.names())
def test_the_stored_result_was_made_by_the_recipe_as_it_is(name):
    hint = f"run `python run.py experiment {name}` and store what it gives"
    assert stored.state(name) == "stored", hint


@pytest.mark.parametrize("name", stored.names())
def test_an_experiment_states_its_question_its_seed_and_its_tolerance(name):
    module, content = stored.load(name), stored.read(name)
    assert module.__doc__.strip().splitlines()[0].endswith("?")
    assert content["seed"] == module.SEED
    assert module.TOLERANCE.keys() <= content["result"].keys()
    assert content["seconds"] >= 0
    assert {"processor", "Python", "torch", "numpy"} <= content["machine"].keys()


@pytest.mark.parametrize("name", stored.names())
def test_what_a_class_of_an_experiment_overrides_is_still_there(name):
    module = stored.load(name)
    text = (stored.FOLDER / f"{name}.py").read_text(encoding="utf-8")
    for kind in vars(module).values():
        if not (isinstance(kind, type) and kind.__module__ == module.__name__):
            continue
        for method in (one for one in vars(kind) if re.fullmatch("_[a-z][a-z_]*", one)):
            inherited = any(hasattr(base, method) for base in kind.__bases__)
            called = f"self.{method}(" in text
            assert inherited or called, f"nobody calls {kind.__name__}.{method} of {name}"


def test_every_stored_result_belongs_to_a_script_and_all_are_small():
    files = list(stored.FOLDER.glob("*.json"))
    assert {path.stem for path in files} <= set(stored.names())
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


# ---- the machinery, on a small experiment of its own

SCRIPT = '''"""Is it so?"""

SEED = 3
TOLERANCE = {"about": 0.1}


def run():
    """Return it."""
    return {"about": [1.0, 2.0], "word": "yes", "count": 3}
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of experiments with one script in it."""
    (tmp_path / "small.py").write_text(SCRIPT)
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    return tmp_path


def test_a_result_is_stored_with_recipe_seed_machine_and_seconds(folder, capsys):
    assert stored.state("small") == "missing"
    assert command.main(["small"]) == 0
    content = json.loads((folder / "small.json").read_text())
    assert content["result"] == {"about": [1.0, 2.0], "word": "yes", "count": 3}
    assert content["seed"] == 3
    assert stored.state("small") == "stored"
    capsys.readouterr()
    assert command.main([]) == 0
    assert "stored" in capsys.readouterr().out


def test_other_comments_leave_a_result_current_and_other_code_does_not(folder):
    command.main(["small"])
    script = folder / "small.py"
    script.write_text(SCRIPT.replace('"""Return it."""', '"""Give it."""  # why'))
    assert stored.state("small") == "stored"
    script.write_text(SCRIPT.replace("2.0", "2.5"))
    assert stored.state("small") == "out of date"


def test_a_repetition_is_compared_and_not_stored(folder, capsys):
    command.main(["small"])
    path = folder / "small.json"
    content = json.loads(path.read_text())
    content["result"]["about"][1] += 0.05
    path.write_text(json.dumps(content))
    assert command.main(["small", "--check"]) == 0
    content["result"]["about"][1] += 0.1
    path.write_text(json.dumps(content))
    assert command.main(["small", "--check"]) == 1
    assert "about / 1: stored 2.15, now 2.0" in capsys.readouterr().out
    assert json.loads(path.read_text()) == content


def test_nothing_to_compare_with_is_a_failure(folder, capsys):
    assert command.main(["small", "--check"]) == 1
    assert "no stored result" in capsys.readouterr().err


def test_data_that_cannot_be_had_skip_an_experiment(folder, capsys, monkeypatch):
    def run(name):
        raise DataUnavailableError("no network")

    monkeypatch.setattr(stored, "run", run)
    assert command.main(["small", "--check"]) == 0
    assert "skipped, as its data cannot be had here: no network" in capsys.readouterr().out
    assert not (folder / "small.json").exists()


def test_an_unknown_experiment_is_named_with_the_nearest(folder, capsys):
    assert command.main(["smal"]) == 2
    assert "did you mean small?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("now", "line"),
    [
        ({"a": 1.0}, "b is gone"),
        ({"a": 1.0, "b": "x", "c": 0}, "c is new"),
        ({"a": 1.2, "b": "x"}, "a: stored 1.0, now 1.2"),
        ({"a": 1.0, "b": "y"}, "b: stored x, now y"),
        ({"a": "1.0", "b": "x"}, "a: stored 1.0, now 1.0"),
        ({"a": float("nan"), "b": "x"}, "a: stored 1.0, now nan"),
        ({"a": [1.0], "b": "x"}, "a is gone"),
    ],
)
def test_what_differs_is_named(now, line):
    assert line in stored.differences({"a": 1.0, "b": "x"}, now, {"a": 0.1})


def test_a_number_within_its_tolerance_agrees_and_another_must_be_equal():
    before, tolerance = {"a": {"x": [1.0, 2.0]}, "b": 1.0, "yes": True}, {"a": 0.11}
    assert not stored.differences(before, before | {"a": {"x": [1.1, 1.9]}}, tolerance)
    assert stored.differences(before, before | {"b": 1.001}, tolerance)
