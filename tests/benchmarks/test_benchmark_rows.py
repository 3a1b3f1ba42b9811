"""Rows run for real, in fresh processes; nothing here asserts how long anything takes."""

import os
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import tiny_benchmarks

from benchmarks import command, measure, results, worker
from benchmarks.declare import agreement, largest_difference, training_error
from benchmarks.measure import CandidateError, Options

TABLE = "tiny_benchmarks:ROWS"
QUICK = Options(rounds=1, seconds=0.01, timeout=60, table=TABLE)


@pytest.fixture(autouse=True)
def _workers_find_the_tiny_rows(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def tiny(name):
    return next(row for row in tiny_benchmarks.ROWS if row.name == name)


def test_candidates_alternate_within_a_round_and_an_environment():
    steps = list(measure.schedule(rounds=3, candidates=2))
    assert [step.candidate for step in steps] == [0, 1] * 6
    pairs = [key for key, _ in groupby(steps, key=lambda s: (s.round, s.environment))]
    assert pairs == [(n, env) for n in range(3) for env in ("default", "fair")]
    assert [(s.candidate, s.environment) for s in steps if s.quality] == [(0, "fair"), (1, "fair")]


def test_a_disturbed_turn_is_taken_again_and_the_quietest_kept():
    def attempts_at(busy, attempts):
        turns = iter([[{"busy_elsewhere": one}, {"busy_elsewhere": 0.0}] for one in busy])
        chosen = measure.quietest(lambda: next(turns), Options(attempts=attempts, patience=0))
        return chosen[0]["busy_elsewhere"], len(busy) - len(list(turns))

    assert attempts_at([0.05, 0.01], attempts=4) == (0.05, 1)  # quiet enough: no second look
    assert attempts_at([0.5, 0.02], attempts=4) == (0.02, 2)
    assert attempts_at([0.5, 0.2, 0.3, 0.4], attempts=3) == (0.2, 3)
    assert attempts_at([None, 0.2], attempts=2) == (None, 1)  # the system does not tell


def test_a_tiny_row_in_both_environments():
    found = measure.measure(tiny("right"), QUICK)
    assert found.labels == ["squares()", "squares_by_product()"]
    assert {env: [len(s) for s in times] for env, times in found.seconds.items()} == {
        "default": [1, 1],
        "fair": [1, 1],
    }
    assert all(one > 0 for times in found.seconds.values() for s in times for one in s)
    assert [one["name"] for one in found.quality] == ["error", "max difference"]
    assert found.equal_quality
    assert found.verdict.startswith("met")


def test_fast_but_wrong_does_not_count():
    found = measure.measure(tiny("wrong"), QUICK)
    truth = (tiny_benchmarks.problem(1_000).X ** 2).sum(axis=1)
    assert found.quality[0]["values"][0] == pytest.approx(truth.max())
    assert found.quality[1]["values"] == pytest.approx([0, truth.max()])
    assert not found.equal_quality
    assert found.verdict == "not counted: quality differs"


@pytest.mark.parametrize(
    ("name", "third", "equal"),
    [
        ("beside the fastest", "squares_by_product()", True),
        ("beside one that is wrong", "nothing()", False),
    ],
)
def test_the_fastest_is_measured_last_and_judged_as_we_are(name, third, equal):
    row = next(one for one in tiny_benchmarks.FASTEST if one.name == name)
    options = replace(QUICK, table="tiny_benchmarks:FASTEST", fastest=True)
    found = measure.measure(row, options)
    assert found.labels == ["squares()", "squares_by_product()", third]
    assert found.fastest == "Fake not installed"  # a module beside the tests has no version
    assert found.fastest_equal is equal
    assert found.equal_quality  # ours is as good as the reference, whatever the third does
    assert [one.library for one in row.candidates("cpu")] == ["course_lib", "SciPy"]


def test_a_row_whose_fastest_is_missing_is_left_out_with_a_sentence(capsys):
    asked = ["beside one that is missing", "--fastest"]
    assert command.main(asked, table="tiny_benchmarks:FASTEST") == 0
    assert capsys.readouterr().out == (
        "beside one that is missing: left out, Fake is not installed here\n"
    )


def test_only_rows_that_name_a_fastest_are_measured_beside_it(monkeypatch, capsys):
    measured = []
    monkeypatch.setattr(command, "run_rows", lambda rows, *_, **__: measured.extend(rows) or 0)
    assert command.main(["right", "--fastest"], table=TABLE) == 0
    assert measured == []
    assert command.main(["--fastest"], table="tiny_benchmarks:FASTEST") == 0
    assert measured == list(tiny_benchmarks.FASTEST)
    assert command.main(["right", "--fastest", "--scale"], table=TABLE) == 2
    assert "leave --scale, --device away" in capsys.readouterr().err


def test_environments_set_what_they_say_and_inherit_no_thread_variable(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("OPENBLAS_THREAD_TIMEOUT", "9")
    row = tiny("right")
    default, fair = (measure.environment(name, row) for name in ("default", "fair"))
    assert "OMP_NUM_THREADS" not in default
    assert "OPENBLAS_THREAD_TIMEOUT" not in default
    assert fair["OPENBLAS_THREAD_TIMEOUT"] == "4"
    assert fair["OMP_WAIT_POLICY"] == "PASSIVE"
    assert os.environ["OMP_NUM_THREADS"] == "1"


def test_the_fair_environment_reaches_the_process(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    options = Options(rounds=1, seconds=0.01, table="tiny_benchmarks:ENVIRONMENT")
    step = measure.Step(round=0, environment="fair", candidate=0)
    result = measure.run_step(tiny_benchmarks.ENVIRONMENT[0], step, options)
    passive, one_thread = result["answer"]
    assert passive
    assert not one_thread


def test_torch_is_not_made_passive():
    row = tiny("right")
    torch = type(row.references[0])(**{**vars(row.references[0]), "library": "torch"})
    changed = type(row)(**{**vars(row), "references": (torch,)})
    assert "OMP_WAIT_POLICY" not in measure.environment("fair", changed)
    assert measure.environment("fair", changed)["OPENBLAS_THREAD_TIMEOUT"] == "4"


def test_a_candidate_that_raises_is_named_with_its_error():
    with pytest.raises(CandidateError, match=r"broken\(\) of course_lib failed(.|\n)*own words"):
        measure.measure(tiny("broken"), QUICK)


def test_a_process_that_dies_silently_is_named():
    with pytest.raises(CandidateError, match=r"killed\(\).*exit 7(.|\n)*printed no error"):
        measure.measure(tiny("killed"), QUICK)


def test_a_candidate_that_takes_too_long_is_stopped():
    options = Options(rounds=1, timeout=1.0, table=TABLE)
    with pytest.raises(CandidateError, match=r"took longer than 1 s; give it more with --timeout"):
        measure.measure(tiny("asleep"), options)


def test_a_failing_row_does_not_stop_the_others(capsys):
    status = command.main(["broken", "right", "--rounds", "1"], table=TABLE)
    printed = capsys.readouterr().out
    assert status == 1
    assert "broken: FAILED" in printed
    assert "the candidate's own words" in printed
    assert "goal: ratio ≤ 1e+09 in the fair environment: met" in printed
    assert "1 of 2 rows failed" in printed


def test_scale_measures_three_sizes_and_fits_an_exponent(monkeypatch, capsys):
    sizes = []

    def fake(row, options, progress):
        sizes.append(row.sized(options.factor)["n"])
        times = {env: [[1e-6 * sizes[-1] ** 2], [1e-6 * sizes[-1]]] for env in measure.ENVIRONMENTS}
        return results.Measured(**{**PLAIN, "size": row.sized(options.factor), "seconds": times})

    monkeypatch.setattr(command, "measure", fake)
    assert command.main(["right", "--scale"], table=TABLE) == 0
    assert sizes == [1_000, 4_000, 16_000]
    printed = capsys.readouterr().out.splitlines()
    start = printed.index(next(line for line in printed if line.startswith("n = ")))
    exponents = [line.split()[-1] for line in printed[start : start + 3]]
    assert exponents == ["exponent", "2.00", "1.00"]


PLAIN = {
    "name": "right",
    "size": {"n": 1_000},
    "group": "classical",
    "goal": 1.0,
    "device": "cpu",
    "labels": ["ours()", "theirs()"],
    "libraries": ["course_lib", "SciPy"],
    "seconds": {},
    "quality": [],
    "busy_elsewhere": 0.0,
}


def test_torch_tensors_reach_ours_and_arrays_the_others():
    torch = pytest.importorskip("torch")
    data = tiny_benchmarks.problem(10)
    moved = worker.placed(data, "torch")
    assert isinstance(moved.X, torch.Tensor)
    assert np.array_equal(worker.to_numpy(moved.X), data.X)
    assert worker.placed(data, "cpu") is data
    found = measure.measure(
        tiny("right"), Options(rounds=1, seconds=0.01, device="torch", table=TABLE)
    )
    assert found.equal_quality


def test_what_stays_on_the_cpu_beside_a_gpu_says_so():
    labels = [measure._label(one, "cuda") for one in tiny("right").candidates("cuda")]
    assert labels == ["squares()", "squares_by_product() on the CPU"]


def test_timed_calls_after_a_warm_up_and_at_least_three_times():
    calls = []
    seconds, _ = worker.timed(lambda: calls.append(1), lambda: None, budget=0.0)
    assert len(calls) > len(seconds)  # the warm-up is not counted
    long = worker._enough
    assert not long([0.4, 0.4], budget=0.5)
    assert long([0.4, 0.4, 0.4], budget=0.5)
    assert long([2.1], budget=0.5)  # so slow that one call must do
    assert long([1e-9] * worker.MOST_CALLS, budget=0.5)


def test_foreign_load_is_a_share():
    share = worker.foreign_load()
    end = os.times().elapsed + 0.05
    while os.times().elapsed < end:
        pass
    found = share()
    assert found is None or 0 <= found <= 1


def test_equal_quality_is_one_sided_and_never_true_of_nan():
    quality = training_error(relative=0.01)
    assert quality.equal(ours=1.009, theirs=1.0)
    assert quality.equal(ours=0.1, theirs=1.0)
    assert not quality.equal(ours=1.011, theirs=1.0)
    assert not quality.equal(ours=float("nan"), theirs=1.0)
    assert not quality.equal(ours=1.0, theirs=float("nan"))
    assert quality.equal(ours=-0.995, theirs=-1.0)
    assert not agreement(1e-8).equal(float("nan"), float("nan"))


def test_answers_of_different_shape_never_agree():
    assert largest_difference(np.zeros(3), np.zeros((3, 1))) == float("inf")
    assert largest_difference(np.array([1, 2]), np.array([1.0, 2.5])) == 0.5
    assert largest_difference(np.array([True]), np.array([False])) == 1.0
