"""notebooks/conftest.py fails every fault that nbval alone lets pass; each is planted here."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from jupyter_cache import get_cache
from nbformat import NotebookNode, v4, write

from book_build import execute
from book_build.notebook_format import CHECKED, RAISES

ROOT = Path(__file__).parents[1]
CELL_TIMEOUT = 8


def code(source: str, *tags: str, stored: str | None = None) -> NotebookNode:
    """Return a code cell; `stored` is the text that it printed when its output was stored."""
    cell = v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {})
    if stored is not None:
        cell.outputs = [v4.new_output("stream", name="stdout", text=stored)]
        cell.execution_count = 1
    return cell


def checked(source: str, stored: str) -> NotebookNode:
    """Return a checked cell that prints what is stored, so that only the noise can fail it."""
    return code(source, CHECKED, stored=stored)


def shows(source: str, **data: str) -> NotebookNode:
    """Return a checked cell that displays what is stored."""
    cell = code(source, CHECKED)
    mime_bundle = {name.replace("__", "/"): value for name, value in data.items()}
    cell.outputs = [v4.new_output("display_data", data=mime_bundle)]
    cell.execution_count = 1
    return cell


def described(cell: NotebookNode) -> NotebookNode:
    """Give the cell an alternative text."""
    cell.metadata["mystnb"] = {"image": {"alt": "A line that rises from one to two"}}
    return cell


EXPLORER = """\
import matplotlib.pyplot as plt
from course_lib.explore import explore, slider
@explore(k=slider(1, 2, 3, label='neighbours k'))
def line(k):
    plt.subplots()[1].plot([0, k])
    return f'A line of slope {k}.'
"""

GOOD = [
    code("import os\nfrom pathlib import Path"),
    checked("print('loss', round(2 / 3, 3))", "loss 0.667\n"),
    code("1 / 0", RAISES),
    checked("print(os.environ['COURSE_EXPLORE'], os.environ['OMP_NUM_THREADS'])", "check 1\n"),
    code("assert hash('gradient') == int(Path('hash.txt').read_text(encoding='utf-8'))"),
    code("import warnings; warnings.warn('a warning in a cell that is not checked')"),
    described(code("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")),
    code(EXPLORER),
]

# What is planted, and the words that the failure must hold.
FAULTS: dict[str, tuple[NotebookNode, str]] = {
    "exception": (code("raise ValueError(f'{6 * 7} is a fault')"), "42 is a fault"),
    "dead_kernel": (code("import os; os._exit(1)"), "The kernel died while this cell ran"),
    "mistyped_tag": (code("1", "nbval-chek-output"), f"did you mean '{CHECKED}'"),
    "underscored_tag": (code("1", "nbval_check_output"), f"did you mean '{CHECKED}'"),
    "skipped": (code("1", "nbval-skip"), "a cell that does not run is not checked"),
    "comment_marker": (code("# NBVAL_IGNORE_OUTPUT\n1"), "use the cell's tags instead"),
    "comment_skip": (code("# NBVAL_SKIP\n1"), "use the cell's tags instead"),
    "nothing_stored": (code("print(1)", CHECKED), "stored without outputs"),
    "other_output": (checked("print(1)", "2\n"), "Cell outputs differ"),
    "uncounted_other_output": (checked("print(1)", "2\n"), "Cell outputs differ"),
    "raises_nothing": (code("1", RAISES), "raised nothing"),
    "unknown_magic": (code("%no_such_magic"), "UsageError"),
    "system_exit": (code("import sys; sys.exit(3)"), "SystemExit"),
    "dying_thread": (
        code(
            "import threading\n"
            "t = threading.Thread(target=lambda: 1 / 0)\n"
            "t.start(); t.join()\n"
            "import time; time.sleep(0.3)"
        ),
        "ZeroDivisionError",
    ),
    "swallowed_interrupt": (
        code("import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass"),
        f"ran longer than {CELL_TIMEOUT} s",
    ),
    "address": (
        checked("print('<f at 0x7f00deadbeef>')", "<f at 0x7f00deadbeef>\n"),
        "a memory address",
    ),
    "numpy_scalar": (
        checked("import numpy as np; print([np.float64(0.5)])", "[np.float64(0.5)]\n"),
        "the repr of a NumPy scalar",
    ),
    "device": (
        checked("print(\"tensor([1.], device='cuda:0')\")", "tensor([1.], device='cuda:0')\n"),
        "a tensor's device",
    ),
    "time": (checked("print('took 0.12 s')", "took 0.12 s\n"), "a time"),
    "version": (checked("print('torch 2.6.1')", "torch 2.6.1\n"), "a version"),
    "figure": (
        shows(
            "import matplotlib.pyplot as plt\nplt.figure(); plt.plot([1, 2]); plt.show()",
            text__plain="<Figure size 640x480 with 1 Axes>",
            image__png="",
        ),
        "a picture (nbval never compares one)",
    ),
    "undescribed_picture": (
        code("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        "draws a picture: say what it shows",
    ),
    "description_of_nothing": (described(code("1 + 1;")), "but none was drawn"),
    "svg": (
        shows(
            "from IPython.display import SVG, display\n"
            "display({'image/svg+xml': '<svg/>', 'text/plain': 'svg'}, raw=True)",
            **{"image/svg+xml": "<svg/>", "text/plain": "svg"},
        ),
        "a picture (nbval never compares one)",
    ),
    "widget": (
        shows(
            "import ipywidgets\nipywidgets.IntSlider(value=3)",
            text__plain="IntSlider(value=3)",
        ),
        "a widget (its model ids are random)",
    ),
    "explorer": (
        code(
            EXPLORER.replace("    plt", "    assert k < 3, f'{k} neighbours are too many'\n    plt")
        ),
        "3 neighbours are too many",
    ),
}


def plant(folder: Path, name: str, cells: list[NotebookNode]) -> None:
    write(v4.new_notebook(cells=cells), folder / f"{name}.ipynb")


def run_nbval(
    folder: Path, *options: str, notebook: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest from a folder that is not the notebooks', with the project's own settings."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--nbval-lax"]
    command += ["--rootdir", str(folder), "-p", "no:cacheprovider", "--nbval-current-env"]
    command += [
        f"--nbval-cell-timeout={CELL_TIMEOUT}",
        "--color=no",
        *options,
        str(folder / notebook),
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= {"COURSE_EXPLORE": "live", "OMP_NUM_THREADS": "3", "PYTHONHASHSEED": "1"}
    environment |= variables
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(ROOT / "notebooks" / "conftest.py", folder)
    command = [sys.executable, "-c", "print(hash('gradient'))"]
    seeded = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, check=True
    )
    (folder / "hash.txt").write_bytes(seeded.stdout)
    plant(folder, "good", GOOD)
    for name, (cell, _) in FAULTS.items():
        plant(folder, name, [cell])
    uncounted = json.loads((folder / "uncounted_other_output.ipynb").read_text(encoding="utf-8"))
    uncounted["cells"][0]["execution_count"] = None
    (folder / "uncounted_other_output.ipynb").write_text(json.dumps(uncounted), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, list[ET.Element]]:
    """Run every planted notebook once; return the report's cells by notebook."""
    result = run_nbval(folder, "-n", "2", "--dist", "loadfile", f"--junitxml={folder}/report.xml")
    assert result.returncode == 1, f"exit {result.returncode}\n{result.stdout}{result.stderr}"
    cells: dict[str, list[ET.Element]] = {}
    for case in ET.parse(folder / "report.xml").iter("testcase"):
        cells.setdefault(Path(case.get("classname", "")).stem, []).append(case)
    return cells


def failure(case: ET.Element) -> str:
    return "\n".join(child.text or "" for child in case if child.tag in ("failure", "error"))


def test_good_notebook_passes(report):
    assert len(report["good"]) == len(GOOD)
    assert not any(map(failure, report["good"])), "".join(map(failure, report["good"]))


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_fails_and_says_why(report, name):
    cell, words = FAULTS[name]
    assert words not in cell.source, "the report quotes the source: these words prove nothing"
    (case,) = report[name]
    assert words in failure(case), ET.tostring(case, encoding="unicode")


def test_dead_kernel_is_noticed_at_once(report):
    (case,) = report["dead_kernel"]
    assert float(case.get("time")) < CELL_TIMEOUT / 2


@pytest.mark.parametrize("how", ["load", "worksteal", "loadgroup"])
def test_splitting_a_notebook_over_workers_is_refused(folder, how):
    result = run_nbval(folder, "-n", "2", "--dist", how)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"--dist {how} would spread the cells" in result.stderr
    assert "Add --dist loadfile." in result.stderr


def test_a_cell_without_the_cells_before_it_is_refused(folder):
    result = run_nbval(folder, "--deselect", "good.ipynb::Cell 0", notebook="good.ipynb")
    assert result.returncode == 1
    assert "Cell 1 was started when cell 0 was due" in result.stdout


def test_one_worker_may_have_any_distribution(folder):
    result = run_nbval(folder, "-n", "1", "--dist", "load", notebook="good.ipynb")
    assert result.returncode == 0, result.stdout + result.stderr


# What the build of the book would run, and take, as well; and what it would not.
REMEMBERED = [
    checked("import os; print(os.environ['COURSE_EXPLORE'])", "page\n"),
    code("1 / 0", RAISES),
    code("for i in range(2):\n    print(i, flush=True)"),
    described(code("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")),
    code(EXPLORER),
]
NOT_REMEMBERED = {
    "fails": [*REMEMBERED, code("assert False")],
    "warns": [*REMEMBERED, code("import warnings; warnings.warn('a warning')")],
}


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Run notebooks that are to be remembered; return their folder and that of the outputs."""
    folder, outputs = tmp_path_factory.mktemp("to_remember"), tmp_path_factory.mktemp("outputs")
    shutil.copy(ROOT / "notebooks" / "conftest.py", folder)
    for name, cells in {"whole": REMEMBERED, **NOT_REMEMBERED}.items():
        plant(folder, name, cells)
    result = run_nbval(folder, COURSE_REMEMBER=str(outputs))
    assert "1 failed" in result.stdout, result.stdout + result.stderr
    return folder, outputs


def test_the_build_does_not_run_again_what_nbval_has_run(remembered):
    folder, outputs = remembered
    again = execute.run_notebooks([folder / "whole.ipynb"], outputs, jobs=1, timeout=60)
    assert again == 0


def test_remembered_outputs_are_those_of_the_build(remembered, tmp_path):
    folder, outputs = remembered
    path = folder / "whole.ipynb"
    execute.run_notebooks([path], tmp_path, jobs=1, timeout=60)
    ours, builds = (contents_of_cache(path, where) for where in (outputs, tmp_path))
    assert ours == builds
    assert json.dumps(ours).count("A line of slope") >= 3  # every setting of the explorer


def contents_of_cache(path: Path, outputs: Path) -> list:
    (notebook,) = execute.read_notebooks([path])
    cache = get_cache(execute.cache_folder(outputs, notebook))
    _, merged = cache.merge_match_into_notebook(notebook.content)
    return json.loads(json.dumps([cell.get("outputs", []) for cell in merged.cells]))


@pytest.mark.parametrize("name", NOT_REMEMBERED)
def test_what_the_build_would_refuse_is_not_remembered(remembered, name):
    folder, outputs = remembered
    (notebook,) = execute.read_notebooks([folder / f"{name}.ipynb"])
    with pytest.raises(KeyError):
        get_cache(execute.cache_folder(outputs, notebook)).match_cache_notebook(notebook.content)
