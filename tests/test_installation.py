"""What a fresh machine is told to install, and what the workflows tell GitHub."""

import ast
import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}


def pinned() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


PINNED = pinned()
LATER = ("mutation", "bench")
"""Extras that run.py installs when a command first asks for them."""


def wanted() -> list[Requirement]:
    """List what pyproject.toml asks for, with every group that is installed from the start."""
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"]
    groups = [project["dependencies"], *(extras[name] for name in extras if name not in LATER)]
    return [Requirement(text) for group in groups for text in group]


def machine(system: str, python: str) -> dict[str, str]:
    processor = {"linux": "x86_64", "macos": "arm64", "windows": "AMD64"}[system]
    return {
        **SYSTEMS[system],
        "platform_machine": processor,
        "python_version": python,
        "python_full_version": f"{python}.5",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def brought_in(requirement: Requirement, where: dict[str, str]) -> list[Requirement]:
    """List what an installed package needs on a machine, by its own metadata."""
    try:
        needs = importlib.metadata.requires(requirement.name) or []
    except importlib.metadata.PackageNotFoundError:  # belongs to another system than this one
        return []
    extras = {"", *requirement.extras}
    return [
        need
        for need in map(Requirement, needs)
        if not need.marker or any(need.marker.evaluate({**where, "extra": e}) for e in extras)
    ]


def test_every_requirement_is_pinned_to_one_public_version():
    for name, requirement in PINNED.items():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), name  # no '+cpu', no range
        assert requirement.url is None, name


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_pins_are_within_the_ranges_of_pyproject(requirement):
    name = canonicalize_name(requirement.name)
    assert name in PINNED, f"{name} is in pyproject.toml and not in requirements.txt"
    (pin,) = PINNED[name].specifier
    assert requirement.specifier.contains(pin.version)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_all_that_the_pins_bring_in_is_pinned_too(system, python):
    where = machine(system, python)
    missing, seen, waiting = set(), set(), wanted()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        pin = PINNED.get(name)
        if pin is None or (pin.marker and not pin.marker.evaluate(where)):
            if not name.startswith(("nvidia-", "cuda-", "triton")):  # torch pins its own CUDA
                missing.add(name)
            continue
        waiting += brought_in(requirement, where)
    assert not missing


def test_every_pin_takes_the_oldest_python_that_is_promised():
    """Also its first release: Debian 12 has 3.11.2."""
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    oldest = ast.literal_eval(re.search(r"^OLDEST_PYTHON = (.*)$", source, re.MULTILINE)[1])
    promised = ".".join(map(str, oldest))
    asked, looked_at = {}, 0
    for name, requirement in PINNED.items():
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:  # belongs to another system than this one
            continue
        if requirement.specifier.contains(metadata["Version"], prereleases=True):
            looked_at += 1
            python = metadata.get("Requires-Python") or ""
            if not SpecifierSet(python).contains(f"{promised}.0"):
                asked[name] = python
    assert not asked
    assert looked_at > 100
    assert PYPROJECT["project"]["requires-python"] == f">={promised}"
    assert f"sys.version_info < {oldest})" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for page in ("README.md", "book/how_to_use.md", "requirements.txt", ".ci/run", "run.py"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = re.findall(r"Python (\d+\.\d+(?:\.\d+)?) or newer", text)
        assert set(named) == {promised}, page


def test_a_clone_made_on_windows_has_the_lines_of_every_other_system():
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert "* text=auto eol=lf" in attributes.splitlines()
    binary = set(re.findall(r"^\*(\.\w+) binary$", attributes, re.MULTILINE))
    folders = ("book/_static", "book/_templates", "course_lib", "notebooks", "benchmarks", "tests")
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*")):
        made = any(part.startswith((".", "__pycache__")) for part in file.relative_to(ROOT).parts)
        if file.is_file() and not made and b"\0" in file.read_bytes():
            assert file.suffix in binary, file


def imported_by(path: Path) -> set[str]:
    """Return the top-level names that a module imports from outside this folder's tree."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize(
    "folder", ["course_lib", "book_build", "benchmarks", "experiments", "tests", "notebooks"]
)
def test_all_that_our_code_imports_is_pinned(folder):
    found = {name for path in (ROOT / folder).rglob("*.py") for name in imported_by(path)}
    assert found, "no module was read"
    extras = PYPROJECT["project"]["optional-dependencies"]
    later = {canonicalize_name(Requirement(one).name) for name in LATER for one in extras[name]}
    known = {*PINNED, "course-lib", *later}
    unpinned = set()
    for name, packages in importlib.metadata.packages_distributions().items():
        if name in found and not known & {canonicalize_name(package) for package in packages}:
            unpinned.add(name)
    assert not unpinned


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_valid_and_uses_actions_of_one_major_version(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "jobs", "permissions"} <= set(workflow)
    assert True in workflow, "YAML 1.1 reads the key `on` as true"
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/x@v1"))


def test_the_workflows_run_commands_that_exist():
    assert {path.stem for path in WORKFLOWS} == {"test", "weekly", "publish", "gpu"}
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    commands = set(re.findall(r"run\.py (\w+)", text))
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    assert commands == {"test", "book", "experiment"}
    assert all(f"\ndef {command}(" in source for command in commands)
    assert (ROOT / ".ci" / "run").is_file()
