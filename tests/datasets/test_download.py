"""Downloads from a server on this machine that misbehaves in every way it can."""

import contextlib
import hashlib
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from course_lib.datasets import data_folder, load_cifar10
from course_lib.datasets.download import DataUnavailableError, RemoteFile, fetch

CONTENT = np.random.default_rng(0).bytes(600_000)
HALF = len(CONTENT) // 2
WRONG = bytes(len(CONTENT))


class Mirror(BaseHTTPRequestHandler):
    """Each path behaves in its own way; the server remembers who asked for what."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, asked = self.path.strip("/"), self.headers.get("Range")
        self.server.asked.append((path, asked))
        self.start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        # a client that has heard enough hangs up
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, path)()

    def answer(self, status, body=b"", *, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def part(self, stop=None, content=CONTENT):
        """Send the rest of the range that was asked for, or less of it."""
        rest = content[self.start : stop]
        promised = len(content) - self.start
        if self.start:
            span = f"bytes {self.start}-{len(content) - 1}/{len(content)}"
            self.answer(206, rest, length=promised, Content_Range=span)
        else:
            self.answer(200, rest, length=promised)
        self.close_connection = len(rest) < promised

    def good(self):
        self.part()

    def good_without_ranges(self):
        self.answer(200, CONTENT)

    def slow(self):
        time.sleep(0.5)
        self.part()

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(CONTENT), 100_000):
            self.wfile.write(b"186a0\r\n" + CONTENT[start : start + 100_000] + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def labelled_as_compressed(self):
        self.answer(200, CONTENT, Content_Encoding="gzip")

    def redirects(self):
        self.answer(302, Location="/good")

    def redirects_forever(self):
        self.answer(302, Location="/redirects_forever")

    def missing(self):
        self.answer(404, b"<h1>gone</h1>")

    def broken(self):
        self.answer(503)

    def login_page(self):
        self.answer(200, b"<h1>Please log in</h1>")

    def corrupt(self):
        self.answer(200, CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))

    def corrupt_with_ranges(self):
        self.part(content=WRONG)

    def cuts_off(self):
        """Breaks off after a quarter of the file, in every answer."""
        self.part(stop=self.start + len(CONTENT) // 4)

    def cuts_off_at_half(self):
        self.start = 0
        self.part(stop=HALF)

    def cuts_off_without_a_word(self):
        """Closes the connection as if that were the end: no length was announced."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT[:HALF])
        self.close_connection = True

    def stalls_at_once(self):
        self.server.stop.wait(10)
        self.close_connection = True

    def stalls_at_half(self):
        self.answer(200, CONTENT[:HALF], length=len(CONTENT))
        self.stalls_at_once()

    def announces_less(self):
        self.answer(200, CONTENT, length=HALF)
        self.close_connection = True

    def announces_more(self):
        self.answer(200, CONTENT, length=2 * len(CONTENT))
        self.close_connection = True

    def never_ends(self):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while not self.server.stop.is_set():
            self.wfile.write(WRONG)

    def other_range(self):
        if self.start:
            span = f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.answer(206, CONTENT, Content_Range=span)
        else:
            self.part()

    def no_such_range(self):
        self.answer(416)

    def whole_file_only(self):
        if self.start:
            self.answer(416)
        else:
            self.part()

    def other_range_when_asked_for_one(self):
        if self.start:
            self.answer(206, CONTENT[:HALF], Content_Range=f"bytes 0-{HALF - 1}/{len(CONTENT)}")
        else:
            self.part()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def server():
    # the port is one that is free
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.daemon_threads = True
        server.asked, server.stop = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def remote(server, tmp_path, monkeypatch):
    """Make a file of these mirrors, with an empty data folder to keep it in."""
    server.asked.clear()
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def make(*mirrors):
        base = f"http://127.0.0.1:{server.server_port}/"
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        return RemoteFile(
            "set/file.bin", len(CONTENT), sha256, tuple(base + mirror for mirror in mirrors)
        )

    return make


def kept(suffix="") -> Path:
    return data_folder() / "set" / f"file.bin{suffix}"


def begin(content):
    """Leave the start of a download behind, as an earlier run would."""
    kept().parent.mkdir(parents=True)
    kept(".part").write_bytes(content)


def assert_complete(path):
    assert path == kept()
    assert path.read_bytes() == CONTENT
    assert not kept(".part").exists()


@pytest.mark.parametrize(
    "mirror",
    ["good", "good_without_ranges", "chunked", "labelled_as_compressed", "redirects", "cuts_off"],
)
def test_the_file_arrives_from_a_single_mirror(remote, mirror):
    assert_complete(fetch(remote(mirror)))


FAILURES = {
    "missing": "404",
    "broken": "503",
    "login_page": "offers 22 bytes",
    "corrupt": "another SHA-256",
    "redirects_forever": "redirects",
    "cuts_off_at_half": "IncompleteRead",
    "cuts_off_without_a_word": "stopped after 300000 of 600000 bytes",
    "stalls_at_once": "timed out",
    "stalls_at_half": "timed out",
    "announces_less": "offers 300000 bytes",
    "announces_more": "offers 1200000 bytes",
    "never_ends": "more bytes than the file has",
}


@pytest.mark.parametrize("mirror", FAILURES)
def test_a_bad_mirror_leaves_no_file_and_is_named_with_its_fault(remote, mirror):
    with pytest.raises(DataUnavailableError) as error:
        fetch(remote(mirror), timeout=0.2)
    assert not kept().exists()
    (line,) = (line for line in str(error.value).splitlines() if f"/{mirror}: " in line)
    assert FAILURES[mirror] in line


@pytest.mark.parametrize("mirror", FAILURES)
def test_the_next_mirror_takes_over(remote, mirror):
    assert_complete(fetch(remote(mirror, "good"), timeout=0.2))


def test_mirrors_are_tried_in_order_and_only_as_far_as_needed(remote, server):
    fetch(remote("missing", "good", "broken"))
    assert server.asked == [("missing", None), ("good", None)]


@pytest.mark.parametrize("mirror", ["cuts_off_at_half", "stalls_at_half"])
def test_the_next_mirror_goes_on_where_the_last_one_stopped(remote, server, mirror):
    assert_complete(fetch(remote(mirror, "good"), timeout=0.2))
    last, asked = server.asked[-1]
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    assert last == "good"
    assert 0 < start <= HALF


def test_a_later_call_goes_on_where_an_earlier_one_stopped(remote, server):
    with pytest.raises(DataUnavailableError):
        fetch(remote("cuts_off_without_a_word"))
    fetch(remote("good"))
    assert server.asked[-1] == ("good", f"bytes={HALF}-")


def test_a_mirror_that_breaks_off_again_and_again_is_asked_for_the_rest_each_time(remote, server):
    fetch(remote("cuts_off"))
    quarter = len(CONTENT) // 4
    wanted = [None, *(f"bytes={i * quarter}-" for i in (1, 2, 3))]
    assert [asked for _, asked in server.asked] == wanted


@pytest.mark.parametrize("mirror", ["good_without_ranges", "no_such_range", "other_range"])
def test_a_start_is_no_hindrance_where_ranges_are_not_served(remote, mirror):
    begin(CONTENT[:HALF])
    assert_complete(fetch(remote(mirror, "good")))


@pytest.mark.parametrize(
    "mirror", ["whole_file_only", "other_range_when_asked_for_one", "other_range"]
)
def test_a_mirror_that_cannot_go_on_begins_anew_if_it_is_the_only_one(remote, server, mirror):
    begin(CONTENT[:HALF])
    assert_complete(fetch(remote("missing", mirror)))
    assert [asked for path, asked in server.asked if path == mirror] == [f"bytes={HALF}-", None]


@pytest.mark.parametrize("mirror", ["whole_file_only", "other_range_when_asked_for_one"])
def test_what_has_arrived_is_not_thrown_away_where_another_mirror_goes_on(remote, server, mirror):
    begin(CONTENT[:HALF])
    assert_complete(fetch(remote(mirror, "good")))
    assert server.asked == [(mirror, f"bytes={HALF}-"), ("good", f"bytes={HALF}-")]


def test_a_mirror_that_refuses_every_range_and_the_whole_is_given_up(remote, server):
    begin(CONTENT[:HALF])
    with pytest.raises(DataUnavailableError, match="416"):
        fetch(remote("no_such_range"))
    assert [asked for _, asked in server.asked] == [f"bytes={HALF}-", None]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_file_of_certificates_is_a_problem_of_that_mirror(remote, monkeypatch, variable):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, "/nonexistent.pem")
    file = remote("good")
    secure = file.urls[0].replace("http:", "https:")
    alone = RemoteFile(file.name, file.size, file.sha256, (secure,))
    with pytest.raises(DataUnavailableError) as error:
        fetch(alone)
    assert f"{secure}: could not be asked: " in str(error.value)
    assert "/nonexistent.pem" in str(error.value)
    both = RemoteFile(file.name, file.size, file.sha256, (secure, *file.urls))
    assert_complete(fetch(both))


@pytest.mark.parametrize(
    "start",
    [b"", WRONG[:HALF], WRONG, WRONG + b"x", CONTENT, CONTENT + b"x", b"<h1>Please log in</h1>"],
    ids=["empty", "wrong", "wrong in full", "too long", "complete", "longer", "page"],
)
def test_a_bad_start_is_thrown_away(remote, start):
    begin(start)
    assert_complete(fetch(remote("good")))


def test_a_start_from_a_bad_mirror_does_not_spoil_the_next(remote):
    begin(WRONG[:1000])
    assert_complete(fetch(remote("corrupt_with_ranges", "cuts_off_at_half", "good")))


def test_a_bad_file_in_the_folder_is_replaced(remote):
    begin(b"")
    for content in (b"", b"short", WRONG):
        kept().write_bytes(content)
        assert_complete(fetch(remote("good")))


def test_a_bad_file_without_a_connection_is_an_error_that_says_so(remote):
    begin(b"")
    kept().write_bytes(WRONG)
    with pytest.raises(DataUnavailableError, match="has other content than it should"):
        fetch(remote("missing"))


def test_a_file_in_the_folder_is_taken_without_asking_anybody(remote, server):
    begin(b"")
    kept().write_bytes(CONTENT)
    fetch(remote("good"))
    fetch(remote("good"), download=False)
    assert server.asked == []


def test_without_a_connection_the_error_says_what_to_do(remote, server, monkeypatch):
    file = remote("good")
    closed = RemoteFile(file.name, file.size, file.sha256, ("http://127.0.0.1:9/file.bin",))
    for problem, arguments in ((closed, {}), (file, {"download": False})):
        with pytest.raises(DataUnavailableError) as error:
            fetch(problem, **arguments)
        for part in (*problem.urls, str(kept()), file.sha256, "COURSE_DATA", "file.bin (0.6 MB)"):
            assert part in str(error.value)
    assert server.asked == []


def test_a_folder_that_cannot_be_used_is_named(remote):
    data_folder().write_text("a file", encoding="utf-8")
    with pytest.raises(DataUnavailableError, match="set: "):
        fetch(remote("good"))


def test_the_folder_is_the_one_that_the_user_names(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("COURSE_DATA", "~/data")
    assert data_folder() == Path.home() / "data"
    monkeypatch.setenv("COURSE_DATA", "")
    default = data_folder()
    assert "course_lib" in default.parts
    monkeypatch.delenv("COURSE_DATA")
    assert data_folder() == default


@pytest.mark.parametrize("download", [False, True])
@pytest.mark.parametrize("folder", ["~nosuchuser/data", ""])
def test_a_user_without_a_home_is_told_of_the_variable(monkeypatch, folder, download):
    def no_home(path):
        return path  # as os.path.expanduser does where there is no home

    monkeypatch.setenv("COURSE_DATA", folder)
    monkeypatch.setattr("os.path.expanduser", no_home)
    with pytest.raises(DataUnavailableError, match="COURSE_DATA"):
        load_cifar10("test", download=download)


@pytest.mark.parametrize("download", [False, True])
def test_a_folder_that_cannot_be_looked_into_is_named(remote, monkeypatch, download):
    def forbidden(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", forbidden)
    with pytest.raises(DataUnavailableError, match=r"set: .*Permission denied"):
        fetch(remote("good"), download=download)


def test_the_reader_of_a_file_never_sees_half_of_it(remote):
    """While one thread downloads, the name is either free or the whole file's."""
    with ThreadPoolExecutor(1) as pool:
        download = pool.submit(fetch, remote("stalls_at_half", "good"), timeout=0.2)
        while not download.done():
            assert not kept().exists() or kept().read_bytes() == CONTENT
            time.sleep(0.005)
    assert_complete(download.result())


def test_the_checked_file_itself_gets_the_name(remote):
    """It is renamed in one step; a copy could be seen, or left behind, half done."""
    begin(CONTENT[:HALF])
    part = kept(".part").stat().st_ino
    assert fetch(remote("good")).stat().st_ino == part


def test_threads_share_one_download(remote, server):
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(fetch, [remote("slow")] * 4))
    assert_complete(paths[0])
    assert len(set(paths)) == len(server.asked) == 1


IN_ANOTHER_PROCESS = """
import sys
from course_lib.datasets.download import RemoteFile, fetch
print("ready", flush=True)
sys.stdin.readline()
fetch(RemoteFile("set/file.bin", int(sys.argv[1]), sys.argv[2], tuple(sys.argv[3:])))
print("done", flush=True)
"""


def another_process(file):
    """Start a process that downloads as soon as it is told to."""
    arguments = [str(file.size), file.sha256, *file.urls]
    return subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )


def test_processes_share_one_download_and_one_that_is_killed_blocks_nobody(remote, server):
    with contextlib.ExitStack() as stack:
        killed = stack.enter_context(another_process(remote("stalls_at_half")))
        stack.callback(killed.kill)
        others = [stack.enter_context(another_process(remote("slow"))) for _ in range(2)]
        for process in others:
            stack.callback(process.kill)
        for process in (killed, *others):
            assert process.stdout.readline() == "ready\n"
        tell(killed)
        wait_until(lambda: kept(".part").exists() and kept(".part").stat().st_size)
        for process in others:
            tell(process)
        time.sleep(0.2)  # both wait for the first
        assert [path for path, _ in server.asked] == ["stalls_at_half"]
        killed.kill()
        answers = [process.communicate(timeout=20)[0] for process in others]
    assert answers == ["done\n"] * 2
    assert [path for path, _ in server.asked] == ["stalls_at_half", "slow"]
    assert server.asked[1][1] is not None, "the second went on where the killed one stopped"
    assert_complete(kept())


def tell(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def wait_until(happened, seconds=10):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)
