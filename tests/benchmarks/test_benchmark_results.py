import json
import re

import pytest

from benchmarks import command, page, report, results
from benchmarks.results import Measured


def measured(name="row", ours=1.0, theirs=2.0, equal=True, **changes):
    values = {
        "name": name,
        "size": {"n": 20_000, "d": 64},
        "group": "classical",
        "goal": 1.0,
        "device": "cpu",
        "labels": ["Ours()", "Theirs()"],
        "libraries": ["course_lib", "scikit-learn"],
        "seconds": {
            "default": [[9 * ours] * 9, [theirs] * 9],
            "fair": [[ours] * 9, [theirs] * 9],
        },
        "quality": [{"name": "loss", "values": [0.1, 0.1], "equal": equal}],
        "busy_elsewhere": 0.02,
        "date": "2025-01-02",
    }
    return Measured(**{**values, **changes})


def test_a_goal_counts_in_the_fair_environment_only():
    assert measured().ratio("default").median == 4.5
    assert measured().verdict == "met"
    assert measured(ours=3.0).verdict == "missed"


def test_a_fast_row_of_wrong_quality_is_not_counted():
    assert measured(ours=1e-6, equal=False).verdict == "not counted: quality differs"


def test_one_unequal_quality_among_many_is_enough():
    quality = [{"name": n, "values": [1, 1], "equal": n != "second"} for n in ("first", "second")]
    assert not measured(quality=quality).equal_quality


def test_a_goal_inside_the_interval_is_said_to_be_within_the_noise():
    ours = [0.8, 0.85, 0.9, 0.95, 0.98, 1.02, 1.05, 1.1, 1.2]
    seconds = {"default": [ours, [1.0] * 9], "fair": [ours, [1.0] * 9]}
    assert measured(seconds=seconds).verdict == "met, within the noise"
    assert measured(seconds=seconds, goal=0.96).verdict == "missed, within the noise"
    assert measured(seconds=seconds, goal=0.5).verdict == "missed"


def test_summary_takes_classical_rows_of_equal_quality():
    rows = [
        measured("a", ours=1.0),
        measured("b", ours=4.0),
        measured("fast and wrong", ours=1e-9, equal=False),
        measured("another way", ours=1e-9, group="solver"),
    ]
    found = results.summary(rows)
    assert found["geometric_mean"] == pytest.approx(1.0)
    assert (found["rows"], found["worst"], found["worst_ratio"]) == (2, "b", 2.0)
    assert found["left_out"] == ["fast and wrong"]
    assert "quality differs: fast and wrong" in report.summary_text(rows)
    assert "No classical row" in report.summary_text(rows[2:])


def test_saved_rows_come_back_and_replace_their_own_only(tmp_path):
    results.save("cpu", "rows", "a", results.stored(measured("a")), tmp_path)
    results.save("cpu", "rows", "b", results.stored(measured("b")), tmp_path)
    results.save("cpu", "rows", "a", results.stored(measured("a", ours=3.0)), tmp_path)
    content = results.load("cpu", tmp_path)
    assert results.rows_of(content) == [measured("a", ours=3.0), measured("b")]
    assert len(content["machines"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cpu.json"]


def test_a_machine_stays_as_long_as_a_row_came_from_it(tmp_path, monkeypatch):
    for cores, name in ((1, "a"), (2, "b"), (2, "a")):
        monkeypatch.setattr(results, "describe", lambda cores=cores: {"cores": cores})
        results.save("cpu", "rows", name, results.stored(measured(name)), tmp_path)
        machines = results.load("cpu", tmp_path)["machines"].values()
        assert {one["cores"] for one in machines} == ({1, 2} if name == "b" else {cores})


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.json"
    results.write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        results.write_atomically(path, "new \ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "cpu.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"cpu\.json in benchmarks/results is not valid JSON"):
        results.load("cpu", tmp_path)


def test_the_page_shows_what_the_results_hold():
    text = page.PAGE.read_text(encoding="utf-8")
    between = text.split(page.BEGIN)[1].split(page.END)[0].strip()
    assert between == page.page_tables(), "run `python -m benchmarks --page`"


def test_the_saved_rows_belong_to_the_table():
    content = results.load("cpu")
    rows = {row.name: row for row in command.imported(command.Options.table)}
    assert content["rows"], "no row has been saved"
    for row in results.rows_of(content):
        assert row.name in rows
        assert (row.size, row.goal, row.group) == (
            dict(rows[row.name].size),
            rows[row.name].goal,
            rows[row.name].group,
        )
        assert row.labels == [one.label for one in rows[row.name].candidates("cpu")]
    for row in results.rows_of(content, kind="fastest"):
        assert row.size == dict(rows[row.name].size)
        assert row.labels == [one.label for one in rows[row.name].candidates("cpu", fastest=True)]


def test_nothing_saved_names_a_path_or_a_host():
    for path in results.FOLDER.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'"[^"]*(?:[A-Za-z]:\\|(?<![\w.])/)\w+[/\\]', text), path.name
        assert set(json.loads(text)["machines"].popitem()[1]) == set(results.describe())


def test_update_page_keeps_the_frame(tmp_path):
    file = tmp_path / "page.md"
    file.write_text(f"# Title\n\n{page.BEGIN}\nold\n{page.END}\n\nThe end.\n", encoding="utf-8")
    results.save("cpu", "rows", "a", results.stored(measured("a")), tmp_path)
    page.update_page(file, tmp_path)
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# Title\n\n{page.BEGIN}\n")
    assert text.endswith(f"{page.END}\n\nThe end.\n")
    assert "old" not in text
    assert "| a | n = 20,000, d = 64 |" in text
    assert "≤ 1: met" in text


def test_a_page_without_marks_is_refused(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("# Title\n", encoding="utf-8")
    with pytest.raises(ValueError, match="two marks"):
        page.update_page(file, tmp_path)


def test_a_gpu_has_absolute_times_and_no_goal_of_the_cpu(tmp_path):
    row = measured(device="cuda", goal=None, gpu="A GPU, CUDA 1.2")
    results.save("cuda", "rows", "row", results.stored(row), tmp_path)
    text = page.page_tables(tmp_path)
    assert "## On a GPU" in text
    assert "| row | course_lib | `Ours()` | 9 s ± 0 | 1 s ± 0 |" in text
    assert "; A GPU, CUDA 1.2;" in text
    assert "The times behind the ratios" not in text  # they do not fold away
    assert "Geometric mean" not in text


def beside_the_fastest(name, third, equal=True, **changes):
    quality = {"name": "max difference", "values": [0.0, 0.0, 0.0 if equal else 6e-8]}
    return measured(
        name,
        labels=["Ours()", "Theirs()", "Third()"],
        libraries=["course_lib", "scikit-learn", "Fake"],
        seconds={env: [[1.0] * 9, [2.0] * 9, [third] * 9] for env in ("default", "fair")},
        quality=[{**quality, "equal": True}],
        fastest="Fake 1.2",
        fastest_equal=equal,
        **changes,
    )


def test_the_fastest_has_a_column_a_sentence_and_its_version(tmp_path):
    rows = [
        beside_the_fastest("quick", 0.1),
        beside_the_fastest("rough", 0.5, equal=False),
        beside_the_fastest("slow", 4.0, busy_elsewhere=0.4),
        beside_the_fastest("noisy", 1.0),
    ]
    rows[-1].seconds["fair"][-1][:] = [0.5] * 4 + [2.0] * 5
    for row in rows:
        results.save("cpu", "fastest", row.name, results.stored(row), tmp_path)
        results.save("cpu", "rows", row.name, results.stored(measured(row.name)), tmp_path)
    results.save("cpu", "rows", "alone", results.stored(measured("alone")), tmp_path)
    text = page.page_tables(tmp_path)
    assert "| quick | scikit-learn | 0.50 (0.50 to 0.50) | ≤ 1: met |" in text
    assert "| Fake 10.00 (10.00 to 10.00) |" in text
    assert "| Fake 2.00 (2.00 to 2.00); quality differs: max difference 6e-08 |" in text
    assert "Faster than ours: Fake in quick (10 to 10)." in text
    assert "Faster, but not at equal quality: Fake in rough (2 to 2)." in text
    assert "Not to be told from ours in speed: Fake in noisy (0.5 to 2)." in text
    assert "Slower than ours: Fake in slow (0.25 to 0.25)." in text
    assert "used 2% to 40% of the cores (median of each row): read it as rough." in text
    assert "| rough | Fake 1.2 | `Third()` | max difference 6e-08 | 1 s ± 0 | 500 ms ± 0 |" in text
    alone = next(line for line in text.splitlines() if line.startswith("| alone | scikit"))
    assert alone.endswith("|  |")  # measured without it: its cell is empty
    assert "| Fake |" not in text.partition(":::")[0]  # no line of its own among the ratios


def test_without_the_fastest_there_is_no_column(tmp_path):
    results.save("cpu", "rows", "a", results.stored(measured("a")), tmp_path)
    assert "astest on PyPI" not in page.page_tables(tmp_path)


def test_a_busy_machine_is_said():
    assert "repeat this on a quiet machine" in report.row_text(measured(busy_elsewhere=0.4))
    assert "quiet machine" not in report.row_text(measured())


@pytest.mark.parametrize(
    ("name", "hint"),
    [("least-sqares", "did you mean least-squares"), ("zzz", "there are least-squares,")],
)
def test_an_unknown_name_is_refused_with_what_comes_close(name, hint, capsys):
    assert command.main([name]) == 2
    error = capsys.readouterr().err
    assert f"no benchmark is called '{name}'" in error
    assert hint in error


def test_patterns_choose_rows_once_and_in_order():
    assert command.choose(["b*", "a", "b1"], ["a", "b1", "b2"]) == ["b1", "b2", "book", "a"]
    assert command.choose([], ["a", "b"]) == ["a", "b"]


def test_cuda_without_a_gpu_is_a_sentence(capsys, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert command.main(["least-squares", "--device", "cuda"]) == 2
    assert "needs a GPU that torch can use" in capsys.readouterr().err


def test_results_of_torch_tensors_on_the_cpu_are_not_kept(capsys):
    assert command.main(["--device", "torch", "--save"]) == 2
    assert "leave --save away" in capsys.readouterr().err


def test_too_few_rounds_are_not_kept(capsys):
    assert command.main(["--save", "--rounds", "5"]) == 2
    assert "at least 6 rounds, got 5" in capsys.readouterr().err


@pytest.mark.parametrize("rounds", ["0", "-3", "many"])
def test_rounds_must_be_a_positive_number(rounds, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["--rounds", rounds])
    assert stop.value.code == 2
    assert "expected a positive number" in capsys.readouterr().err
