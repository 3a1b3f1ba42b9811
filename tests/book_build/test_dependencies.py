"""What a change can reach, on small graphs and on the real one."""

import ast
import contextlib
import importlib
import re
import sys
import textwrap

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


@contextlib.contextmanager
def fresh_caches():
    """Read everything afresh, and again afterwards."""
    caches = [value for value in vars(dependencies).values() if hasattr(value, "cache_clear")]
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


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
    assert names == {"p.q.b", "p.c", "sys"}


def test_a_lazy_import_in_the_library_is_seen():
    assert "course_lib.explore.live" in modules_of("from course_lib.explore import explore")


# --- Packages that only pass names on ----------------------------------------------------------

SHOP = {
    "__init__": "",
    "base": "PRICES = {'apple': 1}",
    "fruit.__init__": """
        'Fruit.'
        from shop.fruit.apple import apple, price as apple_price
        from shop.fruit.pear import pear
        from shop.fruit.plum import prune
        __all__ = ["apple", "apple_price", "pear", "prune"]""",
    "fruit.apple": "def apple(): return 10\ndef price(): return 20",  # named as its module is
    "fruit.pear": "def pear(): return 30",
    "fruit.plum": "from shop.base import PRICES\ndef prune(): return 40 + PRICES['apple']",
    "market.__init__": "from shop.fruit import pear as best\nfrom shop.fruit import prune",
    "basket": "from shop.fruit import apple\ndef total(): return 50 + apple()",
    "pie": "import shop.fruit.apple\ndef pie(): return 60 + shop.fruit.pear()",
    "cake": "def cake():\n    from .fruit import prune\n    return 70 + prune()",
    "loud.__init__": "from shop.loud.one import one\nfrom shop.loud.two import two",
    "loud.one": "from shop.base import PRICES\ndef one(): return 80 + PRICES['apple']",
    "loud.two": "from shop.loud.sale import OFF\ndef two(): return 90",
    "loud.sale": "from shop.base import PRICES\nOFF = 2\nPRICES['apple'] = OFF",
    "more.__init__": "from shop.fruit import pear\nextra = pear() + 100",
    "more.other": "def other(): return 110",
}
APPLE, PEAR = {"fruit", "fruit.apple"}, {"fruit", "fruit.pear"}
FRUIT = {"base", "fruit", "fruit.apple", "fruit.pear", "fruit.plum"}
SALE = {"base", "loud", "loud.one", "loud.sale"}  # two.py is not seen; the sale that it brings is
CUSTOMERS = {  # what each needs; for None that is not told, and hence all fruit
    "from shop.fruit import apple\napple()": APPLE,
    "from shop.fruit import apple_price as p\np()": APPLE,
    "from shop.fruit.apple import price\nprice()": APPLE,
    "from shop.fruit import pear, apple\napple() + pear()": APPLE | PEAR,
    "import shop.fruit.plum as p\np.prune()": {"base", "fruit", "fruit.plum"},
    "from shop import fruit\nfruit.pear()": FRUIT,
    "import shop.fruit as f\ngetattr(f, 'pr' 'une')()": FRUIT,
    "from shop.fruit import *\nprune()": FRUIT,
    "import shop.fruit.apple\nshop.fruit.pear()": None,  # `shop` leads to everything
    "import shop\nfrom shop.fruit import apple\nshop.fruit.pear()": None,
    "from shop.market import best\nbest()": {"market", *PEAR},
    "from shop.market import prune\nprune()": {"market", "base", "fruit", "fruit.plum"},
    "from shop.basket import total\ntotal()": {"basket", *APPLE},
    "from shop.pie import pie\npie()": None,
    "from shop.cake import cake\ncake()": {"cake", *FRUIT},
    "from shop.loud import one\none()": SALE,
    "from shop.more.other import other\nother()": {"more", "more.other", *PEAR},
    "from shop.more import extra\nextra": {"more", *PEAR},
    "exec('from shop.fruit import pear; p = pear')\np()": PEAR,
    "exec('from shop.fruit import prune')\nprune()": FRUIT,  # the string may go on elsewhere
}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The folder of a small package that stands in for the library."""
    for name, text in SHOP.items():
        file = tmp_path.joinpath("shop", *name.split(".")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).strip(), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(dependencies, "REPOSITORY", tmp_path)
    monkeypatch.setattr(dependencies, "PACKAGES", ("shop",))
    for name in ("MODULE_NAMES", "NAMES_OF_MODULE", "BINDS_PACKAGE"):
        pattern = getattr(dependencies, name).pattern.replace("course_lib", "shop")
        monkeypatch.setattr(dependencies, name, re.compile(pattern))
    with fresh_caches():
        yield tmp_path / "shop"
    forget_shop()


def forget_shop():
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]
    importlib.invalidate_caches()


def answers():
    """What each customer gets who finds the shop as it stands now."""
    found = {}
    for cell in CUSTOMERS:
        forget_shop()
        imports, last = cell.rsplit("\n", 1)
        scope = {}
        exec(imports, scope)
        found[cell] = eval(last, scope)
    return found


def test_what_a_notebook_does_not_reach_cannot_change_what_it_shows(shop):
    """The numbers of one module after the other are changed; who then shows another reaches it."""
    reached = {cell: dependencies.notebook_modules(notebook(cell)) for cell in CUSTOMERS}
    before, changes_seen = answers(), dict.fromkeys(CUSTOMERS, 0)
    for module in sorted(dependencies.import_graph().modules):
        file = dependencies.module_file(module, shop.parent)
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"\b\d+\b", lambda n: f"{n[0]}000", text), encoding="utf-8")
        for cell, answer in answers().items():
            assert answer == before[cell] or module in reached[cell], (module, cell)
            changes_seen[cell] += answer != before[cell]
        file.write_text(text, encoding="utf-8")
    assert all(changes_seen.values())


@pytest.mark.parametrize("cell", CUSTOMERS)
def test_a_notebook_reaches_where_its_names_come_from_and_no_more(shop, cell):
    reached = {name.partition(".")[2] for name in dependencies.notebook_modules(notebook(cell))}
    if CUSTOMERS[cell] is None:
        assert reached >= FRUIT
    else:
        assert reached == {"", *CUSTOMERS[cell]}


@pytest.mark.parametrize(
    "more",
    [
        *("import sys", "from shop.base import *", "pear = 1", "print()", "del apple"),
        *("def __getattr__(name): return 1", "from .plum import prune", "__all__ = sorted('a')"),
        "from shop.base import PRICES as plum",  # plum is a module for some, and a name for others
    ],
)
def test_a_package_that_does_more_than_pass_names_on_brings_all_that_it_imports(shop, more):
    file = shop / "fruit" / "__init__.py"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{more}\n", encoding="utf-8")
    assert "shop.fruit" not in dependencies.passed_on()
    assert "shop.fruit.pear" in dependencies.needed(["shop.fruit.apple"])


@pytest.mark.parametrize(
    ("statement", "acts"),
    [
        *(("x = 1", False), ("x: int = f()", False), ("a, b = 1, 2", False), ("'words'", False)),
        *(("if TYPE_CHECKING:\n    import a", False), ("@cache\ndef f(): pass", False)),
        *(("a.b = 1", True), ("a['b'] = 1", True), ("x, a.b = 1, 2", True), ("a |= {1: 2}", True)),
        *(("f()", True), ("for a in b: pass", True), ("with a: pass", True), ("del a", True)),
        *(("if a:\n    b = 1", True), ("@f.register\ndef g(): pass", True)),
    ],
)
def test_what_a_module_does_when_it_is_imported(shop, statement, acts):
    (shop / "base.py").write_text(statement, encoding="utf-8")
    assert dependencies.acts_when_imported("shop.base") == acts


def test_every_name_that_a_package_of_ours_passes_on_comes_from_where_the_table_says():
    tables = dependencies.passed_on()
    assert {"course_lib.cluster", "course_lib.optim", "course_lib.trees"} <= set(tables)
    for package, names in tables.items():
        for name, origin in names.items():
            module, _, own_name = origin.rpartition(".")
            thing = getattr(importlib.import_module(package), name)
            assert thing is getattr(importlib.import_module(module), own_name)
            made = getattr(thing, "__module__", module)
            reached = dependencies.needed([f"{package}.{name}"])
            assert made in reached or not made.startswith("course_lib"), origin


def test_no_package_of_the_library_brings_more_than_names():
    """What acts when it is imported belongs to everybody who imports a name from the package."""
    for package in every_module() & dependencies.passed_on().keys():
        brought = reach(dependencies.imports_as_written(), [package])
        assert not list(filter(dependencies.acts_when_imported, brought)), package


def test_nobody_reaches_more_than_the_imports_as_they_are_written():
    written, fewer = dependencies.imports_as_written(), dependencies.import_graph()
    for content in NOTEBOOKS.values():
        trees = [dependencies._parsed(c.source) for c in content.cells if c.cell_type == "code"]
        names = {name for tree in trees for name in dependencies.imported_names(tree)}
        names |= {name for tree in trees for name in dependencies.names_in_strings(tree)}
        most = reach(written, map(dependencies.known_part, names))
        assert dependencies.notebook_modules(content) <= most
    for module in written.modules:
        assert reach(fewer, [module]) <= reach(written, [module])


# --- Notebooks ---------------------------------------------------------------------------------


def test_a_module_brings_its_imports_and_no_more():
    found = modules_of("from course_lib.trees.impurity import gini")
    assert found >= {"course_lib", "course_lib.trees", "course_lib.trees.impurity"}
    assert "course_lib.trees.tree" not in found  # its __init__ imports it, for others
    assert modules_of("from course_lib import checks") == {"course_lib", "course_lib.checks"}
    assert modules_of("from course_lib import plots") >= {"course_lib.plots.basics"}
    assert "course_lib.plots.trees" not in modules_of("from course_lib import plots")


def test_magics_and_commands_do_not_hide_imports():
    cells = ["%time x = 1\nfrom course_lib import checks", "!ls\n%%timeit\n", "y = 2"]
    assert "course_lib.checks" in modules_of(cells[0])
    assert modules_of(*cells) >= {"course_lib.checks"}
    assert modules_of("%%time\nfrom course_lib.checks import x") == modules_of(cells[0])
    assert modules_of("%%time\nfrom course_lib import checks") == modules_of(cells[0])
    assert modules_of("%%time\nimport course_lib") == every_module()


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
    monkeypatch.setattr(dependencies, "imports_as_written", lambda: made)
    of_files = dependencies.files_of
    monkeypatch.setattr(dependencies, "files_of", lambda modules: of_files(modules, library))
    monkeypatch.setattr(dependencies, "REPOSITORY", library)

    def hash_of(cell, *settings):
        with fresh_caches():
            return dependencies.outputs_hash(notebook(cell), *settings)

    return hash_of


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
