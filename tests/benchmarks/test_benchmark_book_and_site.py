import json
import math
from dataclasses import asdict
from types import SimpleNamespace

import nbformat
import pytest
from matplotlib import pyplot as plt

from benchmarks import book, ci, command, live, page, report, results, site
from course_lib.explore import choice, slider
from course_lib.explore.explorer import Explorer
from course_lib.explore.frames import MIME


def cell(frames=None, seconds=2):
    outputs = [{"data": {MIME: {"frames": [None] * frames}}}] if frames else [{"name": "stdout"}]
    timing = {
        "iopub.status.busy": "2025-01-02T03:04:58.500000Z",
        "shell.execute_reply": f"2025-01-02T03:05:{seconds - 2 + 0.5:09.6f}Z",
    }
    return SimpleNamespace(metadata={"execution": timing}, get={"outputs": outputs}.get)


def test_frames_and_the_seconds_of_their_cells():
    assert book.drawing([cell(frames=40, seconds=2), cell(), cell(frames=20, seconds=3)]) == (60, 5)
    assert book.drawing([cell()]) == (0, 0)
    as_text = {"data": {MIME: json.dumps({"frames": [1, 2, 3]})}}
    assert book.frames_in(as_text) == 3


def notebook(folder, name, *sources):
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in sources])
    content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(content, folder / f"{name}.ipynb")


EXPLORER = """
import matplotlib.pyplot as plt
from course_lib.explore import explore, slider

@explore(a=slider(1, 2, 3, label="a"))
def line(a):
    plt.figure(figsize=(3, 2))
    plt.plot([0, a])
    return f"a is {a}."
"""


@pytest.mark.filterwarnings("default")  # the kernel's own packages warn as they like
def test_a_notebook_runs_and_one_that_fails_is_named(tmp_path, capsys):
    notebook(tmp_path, "01_drawing", EXPLORER)
    notebook(tmp_path, "02_broken", "raise ValueError('its own words')")
    assert book.main(folder=tmp_path) == 1
    printed = capsys.readouterr().out
    assert [line.split()[2] for line in printed.splitlines() if "01_drawing" in line] == ["3"]
    assert "02_broken: FAILED" in printed
    assert "its own words" in printed


@pytest.mark.filterwarnings("default")
def test_explorers_are_moved_in_a_kernel_and_a_notebook_that_fails_is_named(tmp_path, capsys):
    notebook(tmp_path, "01_drawing", EXPLORER)
    notebook(tmp_path, "02_broken", "raise ValueError('its own words')")
    assert live.main(folder=tmp_path) == 1
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if "01_drawing: line" in line]
    moves, *times = line.split()[2:]
    assert moves == "4"  # 1 → 2 → 3 → 2 → 1
    assert all(float(one) > 0 for one in times)
    assert "02_broken: FAILED" in printed
    assert "its own words" in printed


def test_every_value_of_every_control_is_visited_and_the_goal_is_of_the_slowest():
    seen = []

    def draw(a, b):
        seen.append((a, b))
        plt.figure(figsize=(1, 1))
        return "A sentence."

    controls = {"a": slider(1, 2, 3, label="a", start=2, play=True), "b": choice(*"xy", label="b")}
    times = live.redraws(Explorer(draw, controls))
    assert seen[2:] == [(3, "x"), (2, "x"), (1, "x"), (2, "x"), (2, "y"), (2, "x")]
    assert len(times) == 6
    one = live.summary("n", "fast", [10.0] * 94 + [100.0] * 5 + [400.0])
    assert (one.moves, one.median_ms, one.p95_ms, one.max_ms) == (100, 10, 100, 400)
    slow = live.summary("n", "slow", [10.0] * 94 + [151.0] * 6)
    assert live.goal([asdict(one)]).endswith("at most 150 ms (met).")
    assert live.goal([asdict(one), asdict(slow)]).endswith("(missed by slow).")
    assert [line[0] for line in live.lines([asdict(one), asdict(slow)])] == ["n: slow", "n: fast"]


@pytest.mark.parametrize(("module", "words"), [(book, "no notebook"), (live, "no explorer")])
def test_no_notebook_is_said(module, words, tmp_path, capsys):
    assert module.main(folder=tmp_path) == 0
    assert words in capsys.readouterr().out


NOTEBOOKS = [
    {"name": "a", "seconds": 10.0, "frames": 40, "drawing_seconds": 4.0},
    {"name": "b", "seconds": 61.0, "frames": 0, "drawing_seconds": 0.0},
]


def test_notebooks_stand_slowest_first_with_their_limits():
    assert [line[0] for line in book.lines(NOTEBOOKS)] == ["b", "a", "all"]
    assert [line[3] for line in book.lines(NOTEBOOKS)] == ["", "10.0", "10.0"]
    assert book.goal(NOTEBOOKS) == "Goal: each at most 60 s (missed by b), all at most 600 s (met)."
    many = [{**NOTEBOOKS[0], "seconds": 50.0}] * 13
    assert book.goal(many) == "Goal: each at most 60 s (met), all at most 600 s (missed)."


def found(**changes):
    page = {
        "page": "a.html",
        "requests": 9,
        "bytes": 400_000,
        "bytes_without_pictures": 200_000,
        "paint_ms": 120.0,
        "shift": 0.0,
    }
    explorer = {
        "page": "a.html",
        "number": 1,
        "first_move_ms": 40.0,
        "median_ms": 9.0,
        "p95_ms": 30.0,
        "bytes_untouched": 30_000,
        "frames": 40,
        "mean_frame_bytes": 12_000,
    }
    return {
        "pages": [{**page, **changes.pop("page", {})}, {**page, "page": "b.html"}],
        "explorers": [{**explorer, **changes.pop("explorer", {})}],
        "site_bytes": 9_000_000,
        "player_bytes": 3_000,
        "browser": "Chromium 1.2",
        "date": "2025-01-02",
        **changes,
    }


def missed(**changes):
    return [goal.name for goal in site.goals(found(**changes)) if goal.verdict == "missed"]


def test_site_goals_are_judged_on_the_worst_page_and_explorer():
    assert missed() == []
    assert missed(page={"bytes": 1_000_001}) == ["heaviest page"]
    assert missed(page={"bytes_without_pictures": 300_001}) == [
        "heaviest page without its pictures"
    ]
    assert missed(page={"paint_ms": 1001}) == ["slowest first paint"]
    assert missed(page={"paint_ms": None}) == ["slowest first paint"]
    assert missed(page={"shift": 0.03}) == ["largest layout shift"]
    assert missed(explorer={"median_ms": 17}) == ["slider to picture, median"]
    assert missed(explorer={"p95_ms": 51}) == ["slider to picture, p95"]
    assert missed(explorer={"first_move_ms": 101}) == ["slider to picture, first move"]
    assert missed(explorer={"mean_frame_bytes": 26_000}) == ["mean frame"]
    assert missed(explorer={"bytes_untouched": 60_001}) == ["heaviest explorer, untouched"]
    assert missed(site_bytes=151_000_000, player_bytes=6_001) == ["player", "whole site"]


def test_mean_frame_weighs_every_frame_the_same():
    other = {**found()["explorers"][0], "frames": 120, "mean_frame_bytes": 20_000}
    goals = site.goals(found(explorers=[*found()["explorers"], other]))
    assert next(goal.value for goal in goals if goal.name == "mean frame") == pytest.approx(18)


def test_a_site_without_explorers_has_no_explorer_goals():
    names = [goal.name for goal in site.goals(found(explorers=[]))]
    assert "whole site" in names
    assert not [name for name in names if "slider" in name]


def test_without_a_built_site_it_says_how_to_get_one(tmp_path, capsys):
    assert site.main(root=tmp_path) == 1
    assert "run `python run.py book --no-serve` first" in capsys.readouterr().out


def test_without_a_browser_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    browser = pytest.importorskip("book_build.sitecheck.browser")
    (tmp_path / "index.html").write_text("<title>x</title>", encoding="utf-8")
    monkeypatch.setattr(browser, "find_browser", lambda: None)
    assert site.main(root=tmp_path) == 1
    assert "COURSE_BROWSER" in capsys.readouterr().out


PAGE = """<!doctype html><html lang="en"><head><title>x</title><link rel="icon" href="data:,">
<script src="explorer.js"></script></head><body><main><h1>A page</h1><p>Text.</p></main></body>
</html>"""


def test_a_small_site_is_measured_in_a_real_browser(tmp_path):
    browser = pytest.importorskip("book_build.sitecheck.browser")
    if browser.find_browser() is None:
        pytest.skip("no browser: install Chromium, or set COURSE_BROWSER to Chrome or Edge")
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "explorer.js").write_text("'use strict';", encoding="utf-8")
    measured = site.measure_site(tmp_path)
    (only,) = measured["pages"]
    assert (only["page"], only["requests"]) == ("index.html", 2)
    assert only["bytes"] == only["bytes_without_pictures"] > 0
    assert math.isfinite(only["paint_ms"])
    assert measured["site_bytes"] == sum(file.stat().st_size for file in tmp_path.iterdir())
    assert measured["explorers"] == []
    assert "index.html" in site.tables_text(measured)


def ci_run(chapters, **seconds):
    stages = [{"name": n, "seconds": s, "cpu_seconds": s} for n, s in seconds.items()]
    return {
        "chapters": chapters,
        "stages": stages,
        "busy_elsewhere": 0.25,
        "date": "2025-01-02",
        "machine": "m",
    }


def test_the_forecast_lies_on_the_line_through_the_fewest_and_the_most_chapters():
    runs = [ci_run(8, library=100, site=80), ci_run(16, library=120, site=160)]
    assert ci.forecast(runs[:1], 16) == {"library": 200, "site": 160}
    assert ci.forecast(runs, 32) == {"library": 160, "site": 320}
    assert ci.forecast([*runs, ci_run(12, library=1, site=1)][::-1], 16) == {
        "library": 120,
        "site": 160,
    }
    assert ci.goal(2400) == "Forecast for 31 chapters: 40 minutes. Goal: at most 40 minutes (met)."
    assert "(missed)" in ci.goal(2401)


def test_forecast_stands_beside_what_it_rests_on():
    content = {
        "ci": {"16": ci_run(16, library=120, site=160), "8": ci_run(8, library=100, site=80)},
        "machines": {"m": {"processor": "P", "cores": 2, "system": "L"}},
    }
    text = ci.section(content)
    assert "| stage | 8 chapters, s (CPU s) | 16 chapters, s (CPU s) | forecast for 31, s |" in text
    assert "| library | 100 (100) | 120 (120) | 158 |" in text
    assert "| all | 180 | 280 | 468 |" in text
    assert "while other programs used 25% of the cores" in text


def test_what_all_chapters_took_is_measured_and_no_forecast():
    run = ci_run(31, library=400, site=1200)
    for stage in run["stages"]:
        del stage["cpu_seconds"]
    run |= {"busy_elsewhere": None, "total_seconds": 2100}
    content = {
        "ci": {"31": run, "8": ci_run(8, library=100, site=80)},
        "machines": {"m": {"processor": "P", "cores": 2, "system": "L"}},
    }
    text = ci.section(content)
    goal = "for 31 chapters: 35 minutes. Goal: at most 40 minutes (met)."
    assert f"Measured in CI, with the installation, {goal}" in text
    assert "orecast" not in text
    assert "copies" not in text
    assert "| stage | 8 chapters, s (CPU s) | 31 chapters, s |" in text
    assert "| site | 80 (80) | 1200 |" in text
    assert "| all | 180 | 1600 |" in text
    end = "with 31 chapters on 2025-01-02. A whole run of the same state in CI took 2,100 s."
    assert text.endswith(end)
    del run["total_seconds"]
    assert "Measured for 31 chapters: 27 minutes." in ci.section(content)


def test_a_measurement_of_a_part_of_the_course_says_so(tmp_path):
    results.save("book", "book", "book", {"notebooks": NOTEBOOKS, "date": "2025-01-02"}, tmp_path)
    text = book.section(results.load("book", tmp_path))
    assert text.endswith("Date: 2025-01-02. Of the 31 chapters 2 stood then.")
    assert report.chapters_measured(31) == ""


def test_all_have_their_place_on_the_page(tmp_path):
    results.save("book", "book", "book", {"notebooks": NOTEBOOKS, "date": "2025-01-02"}, tmp_path)
    results.save("site", "site", "site", found(), tmp_path)
    explorers = [asdict(live.summary("a", "line", [20.0, 40.0]))]
    results.save("live", "live", "live", {"explorers": explorers, "date": "2025-01-02"}, tmp_path)
    results.save("ci", "ci", "8", ci_run(8, library=100, site=80), tmp_path)
    text = page.page_tables(tmp_path)
    assert "## The notebooks" in text
    assert "| site | 80 (80) | 310 |" in text
    assert "| b | 61.0 | 0 |" in text
    assert "| a: line | 2 | 30 | 40 | 40 |" in text
    assert "| slider to picture, p95 | 30 ms | 50 ms | met |" in text


def test_what_is_beside_the_rows_is_called_by_name_only(monkeypatch):
    called = []
    monkeypatch.setattr(ci, "main", lambda keep: called.append(("ci", keep)) or 0)
    monkeypatch.setattr(live, "main", lambda keep: called.append(("live", keep)) or 0)
    monkeypatch.setattr(book, "main", lambda keep: called.append(("book", keep)) or 0)
    monkeypatch.setattr(site, "main", lambda keep: called.append(("site", keep)) or 0)
    assert command.main(["ci", "site", "live", "book"]) == 0
    assert called == [("book", False), ("live", False), ("site", False), ("ci", False)]
