"""What a change can reach, on small graphs and on the real one."""

import ast

import grimp
import nbformat
import pytest

from book_build import dependencies
from book_build.dependencies import REPOSITORY, reach

NOTEBOOKS = {
    file.stem[:2]: nbformat.read(file, as_version=4)
    for file in sorted((REPOSITORY / "notebooks").glob("[0-9][0-9]_*.ipynb"))
}


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def modules_of(*cells):
    found = dependencies.notebook_modules(notebook(*cells))
    return {name for name in found if name.startswith("course_lib")}


def every_module():
    return {name for name in dependencies.import_graph().modules if name.startswith("course_lib")}


# --- The graph ---------------------------------------------------------------------------------


def graph(imports):
    made = grimp.ImportGraph()
    for importer, imported in imports:
        for name in (importer, imported):
            made.add_module(name)
        made.add_import(importer=importer, imported=imported)
    return made


def test_reach_follows_imports_and_runs_the_packages_above():
    imports = [("p.a", "p.q.b"), ("p.q", "p.c"), ("p.c", "p.a"), ("p.other", "p.a")]
    made = graph([*imports, ("p", "p.base")])
    assert reach(made, ["p.a"]) == {"p", "p.a", "p.q", "p.q.b", "p.c", "p.base"}
    assert reach(made, ["numpy"]) == set()


def test_imports_inside_functions_and_of_modules_by_from_are_seen():
    source = "def f():\n    from p.q import b\nif 0:\n    import p.c as d, sys"
    names = set(dependencies.imported_names(ast.parse(source)))
    assert names == {"p.q", "p.q.b", "p.c", "sys"}


def test_a_lazy_import_in_the_library_is_seen():
    assert "course_lib.explore.live" in modules_of("from course_lib.explore import explore")


# --- Notebooks ---------------------------------------------------------------------------------


def test_a_module_brings_its_imports_and_no_more():
    assert modules_of("from course_lib.trees.impurity import gini") >= {
        "course_lib",
        "course_lib.trees",  # its __init__ runs first, and imports the trees
        "course_lib.trees.decision_tree",
        "course_lib.estimator",
    }
    assert modules_of("import course_lib.checks") == {"course_lib", "course_lib.checks"}
    assert modules_of("from course_lib import plots") >= {"course_lib.plots.basics"}
    assert "course_lib.plots.trees" not in modules_of("from course_lib import plots")


def test_magics_and_commands_do_not_hide_imports():
    cells = ["%time x = 1\nfrom course_lib import checks", "!ls\n%%timeit\n", "y = 2"]
    assert "course_lib.checks" in modules_of(cells[0])
    assert modules_of(*cells) >= {"course_lib.checks"}
    assert modules_of("%%time\nfrom course_lib.checks import x") == modules_of(cells[0])
    assert modules_of("%%time\nfrom course_lib import checks") == every_module()


@pytest.mark.parametrize(
    "cell", ["from course_lib import (", "import importlib\nimportlib.import_module(name)"]
)
def test_what_cannot_be_told_counts_as_everything(cell):
    assert modules_of(cell) == every_module()


def test_no_module_of_the_library_imports_by_a_computed_name():
    """It would make every chapter that imports it depend on the whole library."""
    for file in (REPOSITORY / "course_lib").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert not dependencies.imports_by_name(tree), file


def test_an_edit_of_the_trees_reaches_the_chapters_on_trees_and_no_other():
    reached = {
        number
        for number, content in NOTEBOOKS.items()
        if any("trees" in name for name in dependencies.notebook_modules(content))
    }
    assert "14" in reached
    assert not reached & {"05", "09", "12", "17", "20", "25", "31"}


def test_the_explorers_and_the_shared_drawings_reach_every_chapter_that_shows_them():
    for content in NOTEBOOKS.values():
        names = dependencies.notebook_modules(content)
        assert {"course_lib.explore.frames", "course_lib.plots.style"} <= names


# --- Data --------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path):
    """A repository with one package: two loaders and their data."""
    package = tmp_path / "course_lib"
    (package / "prose").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "loader.py": "place = 'prose'\n",
        "other.py": "name = f'{1}numbers.csv'\n",
        "prose/one.txt": "words",
        "numbers.csv": "1,2",
        "unnamed.bin": "x",
    }
    for name, text in files.items():
        (package / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("prose/one.txt", "course_lib.loader"),
        ("numbers.csv", "course_lib.other"),
        ("unnamed.bin", "course_lib"),
    ],
)
def test_data_belong_to_the_module_that_names_them_or_to_the_package(library, file, owner):
    assert dependencies.data_owners(library / "course_lib" / file, library) == [owner]
    files = dependencies.files_of([owner], library)
    assert library / "course_lib" / file in files


def test_every_module_has_its_file():
    for module in every_module():
        assert dependencies.module_file(module).is_file(), module


def test_the_data_of_the_library_have_a_reader():
    """A file that no module names would make every chapter run again."""
    owners = dependencies.data_files()
    assert [file.name for file in owners["course_lib"]] == ["py.typed"]


def test_a_stored_result_belongs_to_the_notebooks_that_name_it(tmp_path):
    (tmp_path / "experiments").mkdir()
    for name in ("models.json", "models.py", "other.json"):
        (tmp_path / "experiments" / name).touch()
    names = dependencies.stored_results(notebook("show('models')", "# other"), tmp_path)
    assert [file.name for file in names] == ["models.json"]


# --- Requirements and the hash -----------------------------------------------------------------


def test_only_pins_that_outputs_depend_on_count():
    counted = {line.partition("==")[0] for line in dependencies.pins_that_matter()}
    assert {"numpy", "torch", "matplotlib", "ipykernel", "pillow", "contourpy"} <= counted
    assert not counted & {"ruff", "pytest", "playwright", "sphinx", "jupyterlab", "soupsieve"}


def test_all_pins_count_where_a_needed_package_is_not_installed(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['missing-one>=1']\n")
    (tmp_path / "requirements.txt").write_text("Missing_One==1\nruff==2  # style\n")
    assert dependencies.pins_that_matter(tmp_path) == ["Missing_One==1", "ruff==2"]


@pytest.fixture
def hashed(library, monkeypatch):
    """A function that hashes a notebook of the small repository afresh."""
    made = graph([("course_lib.loader", "course_lib.base"), ("course_lib.other", "course_lib")])
    (library / "course_lib" / "base.py").touch()
    monkeypatch.setattr(dependencies, "import_graph", lambda: made)
    of_files = dependencies.files_of
    monkeypatch.setattr(dependencies, "files_of", lambda modules: of_files(modules, library))
    monkeypatch.setattr(dependencies, "REPOSITORY", library)
    caches = [value for value in vars(dependencies).values() if hasattr(value, "cache_clear")]

    def hash_of(cell, *settings):
        for cache in caches:
            cache.cache_clear()
        return dependencies.outputs_hash(notebook(cell), *settings)

    yield hash_of
    for cache in caches:
        cache.cache_clear()


def test_the_hash_follows_what_a_notebook_imports_and_nothing_else(hashed, library):
    cell = "from course_lib import loader"
    before = hashed(cell)
    assert hashed(cell) == before
    (library / "course_lib" / "other.py").write_text("1, 'numbers.csv'", encoding="utf-8")
    (library / "course_lib" / "numbers.csv").write_text("3", encoding="utf-8")
    assert hashed(cell) == before
    seen = {before}
    for name in ("loader.py", "base.py", "__init__.py", "prose/one.txt", "unnamed.bin"):
        file = library / "course_lib" / name
        file.write_text(f"{file.read_text(encoding='utf-8')} # 'prose'", encoding="utf-8")
        seen.add(hashed(cell))
    seen.add(hashed(cell, "setting"))
    assert len(seen) == 7
