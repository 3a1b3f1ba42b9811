"""Who may import whom: the contracts in pyproject.toml hold, and each of them can fail."""

import ast
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib

ROOT = Path(__file__).resolve().parents[1]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

DRAWING = "Only drawing, showing and the book import matplotlib, widgets and IPython"
HELPERS = "Algorithms do not know explorers, drawings, data sets, notebooks or exercises"
EXPLORERS = "Explorers know nothing of machine learning: any function that draws will do"
SHOWING = "An explorer knows nothing of how it is shown"
TORCH = "Only networks import torch, what shows tables pandas, what loads pictures scikit-image"
BOOK = "The library does not know that there is a book"
CIRCLES = "No import circles"
CONTRACTS = [DRAWING, HELPERS, EXPLORERS, SHOWING, TORCH, BOOK, CIRCLES]

# A new module, written where no contract names it, and the contract that it breaks.
ALGORITHM = "course_lib/planted.py"
NESTED = "course_lib/linear_models/planted.py"
SHOWN_INSIDE = "def show():\n    from course_lib.explore import frames"
SHOWN_FOR_TYPES = """from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from course_lib.explore.frames import Frame"""
VIOLATIONS = [
    ({ALGORITHM: "import matplotlib.pyplot"}, DRAWING),
    ({NESTED: "from matplotlib import pyplot"}, DRAWING),
    ({NESTED: "def draw():\n    import ipywidgets"}, DRAWING),
    ({ALGORITHM: "from course_lib import plots"}, HELPERS),
    ({NESTED: "from course_lib.datasets import nist"}, HELPERS),
    ({ALGORITHM: "from course_lib.explore import explore"}, HELPERS),
    ({NESTED: "def learn():\n    from course_lib import notebook"}, HELPERS),
    ({"course_lib/explore/planted.py": "from course_lib import plots"}, EXPLORERS),
    ({"course_lib/explore/planted.py": "from course_lib import optim"}, EXPLORERS),
    ({"course_lib/explore/planted.py": "import torch"}, EXPLORERS),
    ({"course_lib/explore/planted.py": ""}, SHOWING),  # it has no layer
    ({"course_lib/explore/controls.py": SHOWN_INSIDE}, SHOWING),
    ({"course_lib/explore/controls.py": SHOWN_FOR_TYPES}, SHOWING),
    ({"course_lib/explore/controls.py": SHOWN_FOR_TYPES}, CIRCLES),
    ({NESTED: "import torch"}, TORCH),
    ({ALGORITHM: "def learn():\n    from torch import nn"}, TORCH),
    ({NESTED: "import pandas as pd"}, TORCH),
    ({ALGORITHM: "from skimage import filters"}, TORCH),
    ({"course_lib/explore/planted.py": "import book_build"}, BOOK),
    ({ALGORITHM: "import book_build.pictures"}, BOOK),
    (
        {ALGORITHM: "from .linear_models import planted", NESTED: "from .. import planted"},
        CIRCLES,
    ),
]


def check_contracts(folder: Path) -> subprocess.CompletedProcess:
    """Run import-linter on the packages in a folder, by the contracts in its pyproject.toml."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")


def contracts_that_are(outcome: str, output: str) -> set[str]:
    text = " ".join(output.split())  # long lines are folded
    return {name for name in CONTRACTS if f"{name} {outcome}" in text}


@pytest.fixture
def copy_of_the_code(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("course_lib", "book_build"):
        only_code = shutil.ignore_patterns("__pycache__", "*.csv", "*.dat", "*.png", "*.npz")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_code)
    return tmp_path


def test_every_contract_is_kept():
    result = check_contracts(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert contracts_that_are("KEPT", result.stdout) == set(CONTRACTS)
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout  # none is without a test here


@pytest.mark.parametrize(("planted", "contract"), VIOLATIONS)
def test_a_violation_in_a_new_module_breaks_its_contract(copy_of_the_code, planted, contract):
    for path, code in planted.items():
        (copy_of_the_code / path).write_text(code + "\n", encoding="utf-8")
    result = check_contracts(copy_of_the_code)
    assert result.returncode == 1, result.stdout + result.stderr
    assert contract in contracts_that_are("BROKEN", result.stdout), result.stdout


def algorithm_modules() -> list[str]:
    """List what `import course_lib.…` must load without torch, figures or widgets."""
    heavy = {"nn", "explore", "plots", "notebook", "datasets", "exercises"}
    found = {module.name for module in pkgutil.iter_modules(course_lib.__path__)}
    assert "linear_models" in found
    return ["course_lib", *sorted(f"course_lib.{name}" for name in found - heavy)]


@pytest.mark.parametrize("module", algorithm_modules())
def test_importing_an_algorithm_loads_neither_torch_nor_figures(module):
    # pandas is not among them: scikit-learn imports it wherever it is installed
    heavy = ["torch", "matplotlib", "ipywidgets", "IPython"]
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert result.stdout.strip() == "[]"


# What an import could leave behind for others to show: settings, generators, what is registered
STATE = """
import locale, os, random, signal, sys, warnings
import matplotlib, numpy, pandas, sklearn, torch
state = lambda: [str(thing) for thing in (
    matplotlib.rcParams, list(matplotlib.colormaps), matplotlib.get_backend(),
    random.getstate(), numpy.random.get_state(), torch.get_rng_state().tolist(),
    numpy.geterr(), numpy.get_printoptions(), vars(torch._tensor_str.PRINT_OPTS),
    torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled(),
    [pandas.get_option(name) for name in ("display.max_rows", "display.precision")],
    sklearn.get_config(), warnings.filters, locale.getlocale(), dict(os.environ), os.getcwd(),
    sys.path, sys.displayhook, sys.excepthook, signal.getsignal(signal.SIGINT),
)]
"""


def outside_the_library() -> list[str]:
    """The packages that some module of the library imports, which may do as they like."""
    trees = (ast.parse(f.read_text(encoding="utf-8")) for f in ROOT.glob("course_lib/**/*.py"))
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    named |= {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    return sorted(name for name in named if name.partition(".")[0] != "course_lib")


def test_importing_the_library_leaves_no_trace():
    """Else who imports one name would depend on every module of the name's package.

    That book_build/dependencies.py takes for excluded.
    """
    ours = [m.name for m in pkgutil.walk_packages(course_lib.__path__, "course_lib.")]
    code = f"""{STATE}
from importlib import import_module
for name in {outside_the_library()}: import_module(name)
before = state()
for name in {ours}: import_module(name)
print([(a[:200], b[:200]) for a, b in zip(before, state()) if a != b])"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
