"""MovieLens from small archives in the real formats, and from a server that misbehaves."""

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from course_lib.datasets import DataUnavailableError, load_movielens, movielens
from course_lib.datasets.download import RemoteFile

OF_100K = {
    "ml-100k/u.data": "3\t2\t4\t881250949\n1\t3\t1\t881250950\n3\t1\t5\t881250951\n",
    "ml-100k/u.genre": "unknown|0\nAction|1\nComedy|2\n\n",
    "ml-100k/u.item": "".join(
        f"{number}|{title}|01-Jan-1995||http://example.org|{flags}|" + "|".join("0" * 16) + "\n"
        for number, title, flags in [
            (1, "Toy Story (1995)", "0|0|1"),
            (2, 'Amélie "A" (2001)', "0|1|1"),
            (3, "unknown", "1|0|0"),
        ]
    ),
}
LATEST = {
    "ml-latest-small/ratings.csv": (
        "userId,movieId,rating,timestamp\r\n7,50,0.5,10\r\n2,4,4.5,20\r\n"
    ),
    "ml-latest-small/movies.csv": (
        "movieId,title,genres\r\n50,Blade Runner (1982),Action|Sci-Fi\r\n"
        '4,"American President, The (1995)",Comedy\r\n9,Élan (2000),(no genres listed)\r\n'
    ),
}


def zipped(members, encoding="utf-8"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.encode(encoding))
    return buffer.getvalue()


ARCHIVES = {"100k": zipped(OF_100K, "latin-1"), "latest-small": zipped(LATEST)}


class Mirror(BaseHTTPRequestHandler):
    """Sends an archive, or what the first part of the path says instead."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        fault, which = self.path.strip("/").split("/")
        content = ARCHIVES[which]
        sent = {
            "good": content,
            "corrupt": content[:-1] + bytes([content[-1] ^ 1]),
            "cut": content[: len(content) // 2],
            "newer": content + b"a newer set",
            "missing": b"<h1>gone</h1>",
        }[fault]
        self.send_response(404 if fault == "missing" else 200)
        self.send_header("Content-Length", str(len(content if fault == "cut" else sent)))
        self.end_headers()
        self.wfile.write(sent)
        self.close_connection = True

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Let the archives come from a server on this machine, with an empty data folder."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def offer(which, *faults):
            content = ARCHIVES[which]
            base = f"http://127.0.0.1:{server.server_port}"
            urls = tuple(f"{base}/{fault}/{which}" for fault in faults)
            sha256 = hashlib.sha256(content).hexdigest()
            name = f"movielens/{which}.zip"
            file = RemoteFile(name, len(content), sha256, urls)
            monkeypatch.setitem(movielens._ARCHIVES, which, file)
            return tmp_path / name

        yield offer
        server.shutdown()
        thread.join()


def test_100k_is_read(server):
    server("100k", "good")
    ratings, titles, genres = load_movielens("100k")
    assert ratings.shape == (2, 3)  # users 1 and 3 of the file
    assert ratings.users.tolist() == [1, 0, 1]
    assert ratings.items.tolist() == [1, 2, 0]
    assert ratings.values.tolist() == [4, 1, 5]
    assert ratings.times.tolist() == [881250949, 881250950, 881250951]
    assert titles == ("Toy Story (1995)", 'Amélie "A" (2001)', "unknown")
    assert genres == (("Comedy",), ("Action", "Comedy"), ("unknown",))


def test_the_latest_is_read_in_the_order_of_its_numbers(server):
    server("latest-small", "good")
    ratings, titles, genres = load_movielens("latest-small")
    assert ratings.shape == (2, 3)  # a film without ratings has its column
    assert (ratings.users.tolist(), ratings.items.tolist()) == ([1, 0], [2, 0])
    assert (ratings.values.tolist(), ratings.times.tolist()) == ([0.5, 4.5], [10, 20])
    assert titles == ("American President, The (1995)", "Élan (2000)", "Blade Runner (1982)")
    assert genres == (("Comedy",), (), ("Action", "Sci-Fi"))


@pytest.mark.parametrize("which", ARCHIVES)
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("corrupt", "another SHA-256"),
        ("cut", "IncompleteRead"),
        ("missing", "404"),
        ("newer", "offers"),
    ],
)
def test_a_bad_download_leaves_no_archive(server, which, fault, message):
    path = server(which, fault)
    with pytest.raises(DataUnavailableError, match=message):
        load_movielens(which)
    assert not path.exists()
    server(which, fault, "good")  # the next mirror helps
    assert len(load_movielens(which).ratings) >= 2
    assert path.exists()
    server(which)  # and now none is needed
    assert len(load_movielens(which, download=False).titles) == 3


def test_nothing_is_downloaded_unasked(server):
    path = server("100k", "good")
    with pytest.raises(DataUnavailableError, match="download=False") as error:
        load_movielens(download=False)
    assert str(path) in str(error.value)
    assert not path.exists()


def test_another_set_is_named():
    with pytest.raises(ValueError, match="which must be one of '100k', 'latest-small', got '1m'"):
        load_movielens("1m")


def test_the_files_come_from_grouplens_with_their_sums():
    for which, name, size in (
        ("100k", "ml-100k.zip", 4_924_029),
        ("latest-small", "ml-latest-small.zip", 978_202),
    ):
        file = movielens._ARCHIVES[which]
        assert file.size == size
        assert len(file.sha256) == 64
        for url in file.urls:
            assert url.endswith(f"://files.grouplens.org/datasets/movielens/{name}")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ml-100k/u.item": None}, "must hold ml-100k/u.item, and does not"),
        ({"ml-100k/u.data": "1\t2\t3\n"}, "u.data, row 1, must have 4 fields, has 3"),
        ({"ml-100k/u.data": "1\t2\tgood\t4\n"}, "u.data must hold numbers"),
        ({"ml-100k/u.data": "1\t9\t3\t4\n"}, "rates film 9, which has no title"),
        ({"ml-100k/u.data": "1\t2\t3\t4\n1\t2\t3\t4\n"}, "user 0 has 2 ratings of item 1"),
        ({"ml-100k/u.data": ""}, "at least one rating"),
    ],
)
def test_a_broken_archive_says_what_is_wrong(tmp_path, changed, message):
    members = {name: text for name, text in {**OF_100K, **changed}.items() if text is not None}
    path = tmp_path / "broken.zip"
    path.write_bytes(zipped(members, "latin-1"))
    with pytest.raises(ValueError, match=message):
        movielens.read_100k(path)


def test_what_is_no_archive_is_named(tmp_path):
    path = tmp_path / "some.zip"
    path.write_bytes(ARCHIVES["100k"][:100])
    with pytest.raises(ValueError, match=r"some\.zip is no complete zip archive"):
        movielens.read_100k(path)
    with pytest.raises(ValueError, match="is no complete zip archive"):
        movielens.read_latest(tmp_path / "nothing.zip")


def test_titles_belong_to_their_numbers(tmp_path):
    members = {
        **OF_100K,
        "ml-100k/u.item": "".join(reversed(OF_100K["ml-100k/u.item"].splitlines(True))),
    }
    path = tmp_path / "turned.zip"
    path.write_bytes(zipped(members, "latin-1"))
    found = movielens.read_100k(path)
    assert found.titles[0] == "Toy Story (1995)"
    assert found.genres[1] == ("Action", "Comedy")
    np.testing.assert_array_equal(found.ratings.items, [1, 2, 0])
