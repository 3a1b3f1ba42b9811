"""Files from the internet: checked, resumed, and kept in one folder.

A file gets its name in the folder only after its SHA-256 was found right, in one step. What has
arrived before that is called ``NAME.part``; the next attempt, or the next mirror, goes on from its
end. A lock (``.NAME.lock``) makes a second process wait for the first instead of downloading too.

The folder is the one that the environment variable COURSE_DATA names, else the user's cache
folder: ~/.cache/course_lib on Linux, ~/Library/Caches/course_lib on macOS,
%LOCALAPPDATA%\\course_lib\\Cache on Windows.
"""

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import platformdirs

if TYPE_CHECKING:
    import requests

_ATTEMPTS = 5  # at one mirror, as long as each brings new bytes
_CHUNK = 1 << 18


class DataUnavailableError(RuntimeError):
    """A file is neither in the data folder nor to be had; the message says what to do."""


class _Refused(Exception):
    """What a mirror sends is not the file."""


class _CannotResume(_Refused):
    """A mirror sends the file from its beginning or not at all."""


class _Interrupted(Exception):
    """A mirror stopped before the end of the file."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that several addresses offer.

    Attributes
    ----------
    name : str
        Where it is kept: a path below the data folder, with forward slashes.
    size : int
        Its length in bytes.
    sha256 : str
        Its SHA-256 in hexadecimal.
    urls : tuple of str
        Addresses of the same bytes, tried in this order.
    """

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]


def data_folder() -> Path:
    """Return the folder in which downloaded data are kept; it may not exist yet.

    Raises
    ------
    DataUnavailableError
        If it lies in the home of a user who has none, or who is not known here.
    """
    chosen = os.environ.get("COURSE_DATA")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        return platformdirs.user_cache_path("course_lib", appauthor=False).expanduser()
    except (RuntimeError, OSError) as error:
        raise DataUnavailableError(
            f"There is no folder for data ({error}). Let the environment variable COURSE_DATA name "
            f"one that can be found from here; it is {chosen!r}."
        ) from error


def fetch(file: RemoteFile, *, download: bool = True, timeout: float = 30.0) -> Path:
    """Return the path of a file in the data folder, downloading it if it is not there.

    Parameters
    ----------
    file : RemoteFile
    download : bool, default=True
        False only looks into the data folder.
    timeout : float, default=30
        Seconds to wait for a mirror's next sign of life before the next mirror is tried.

    Returns
    -------
    pathlib.Path
        Of a file whose SHA-256 was found right just now.

    Raises
    ------
    DataUnavailableError
        If the file is not there and cannot be had, or the folder cannot be read or written to.
    """
    path = data_folder() / file.name
    try:
        if _is_right(path, file):
            return path
        if not download:
            raise DataUnavailableError(_advice(file, path, ["download=False"]))
        from filelock import FileLock  # here, as most calls find the file in the folder

        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if not _is_right(path, file):  # another process may have brought it meanwhile
                _download(file, path, timeout)
    except OSError as error:
        raise DataUnavailableError(_advice(file, path, [f"{path.parent}: {error}"])) from error
    return path


def _download(file: RemoteFile, path: Path, timeout: float) -> None:
    print(f"Downloading {path.name} ({_in_words(file.size)}) to {path.parent}", file=sys.stderr)
    part = path.with_name(path.name + ".part")
    problems: dict[str, Exception | None] = {}
    for anew in (False, True):  # what has arrived goes only if no mirror can go on from its end
        urls = file.urls
        if anew:
            urls = [url for url, why in problems.items() if isinstance(why, _CannotResume)]
            if urls:
                part.unlink(missing_ok=True)
        for url in urls:
            problems[url] = _problem(url, file, part, timeout)
            if problems[url] is None:
                os.replace(part, path)
                return
    raise DataUnavailableError(_advice(file, path, [f"{u}: {why}" for u, why in problems.items()]))


def _problem(url: str, file: RemoteFile, part: Path, timeout: float) -> Exception | None:
    """Complete `part` from one mirror; return what prevented it."""
    import requests
    import urllib3

    try:
        _from_mirror(url, file, part, timeout)
    except (_Refused, _Interrupted) as error:
        return error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        return error
    return None


def _from_mirror(url: str, file: RemoteFile, part: Path, timeout: float) -> None:
    """Complete `part` from one mirror, so that its SHA-256 is right, or raise."""
    import requests
    import urllib3

    for _ in range(_ATTEMPTS):
        had = _length(part)
        try:
            _receive(url, file, part, timeout)
        except (_Interrupted, requests.ConnectionError, urllib3.exceptions.HTTPError):
            if _length(part) <= had:
                raise
            continue
        if _is_right(part, file):
            return
        part.unlink()
        if not had:  # otherwise the bad bytes may be older than this mirror's
            raise _Refused(f"its {file.size} bytes have another SHA-256")
    raise _Interrupted(f"broke off {_ATTEMPTS} times")


def _receive(url: str, file: RemoteFile, part: Path, timeout: float) -> None:
    """Append what `part` lacks; start from nothing where a server sends all of it anyway."""
    have = _length(part)
    if have == file.size:
        return
    if have > file.size:
        part.unlink()
        have = 0
    # The bytes as they are: no compression on the way, no decompression here.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with _answer(url, headers, timeout) as response:
        if have and response.status_code == 416:
            raise _CannotResume("does not go on from where an earlier download ended (416)")
        response.raise_for_status()
        start = _start_of_answer(response, have, file.size)
        with part.open("ab" if start else "wb") as target:
            _copy(response, target, file.size - start)
    if _length(part) < file.size:
        raise _Interrupted(f"stopped after {_length(part)} of {file.size} bytes")


def _answer(url: str, headers: dict[str, str], timeout: float) -> "requests.Response":
    """Ask a mirror; what stops a request before it is sent is no fault of the data folder."""
    import requests

    try:
        return requests.get(url, headers=headers, stream=True, timeout=timeout)
    except requests.RequestException:
        raise
    except OSError as error:  # a file of certificates that is not there, for one
        raise _Refused(f"could not be asked: {error}") from error


def _start_of_answer(response: "requests.Response", have: int, size: int) -> int:
    """Return at which byte of the file an answer begins: `have` or 0."""
    start, total = 0, response.headers.get("Content-Length", "")
    if response.status_code == 206:
        found = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", response.headers.get("Content-Range", ""))
        if not found or int(found[1]) != have:
            raise _CannotResume("sent another part of the file than it was asked for")
        start, total = have, found[2]
    if total.isdecimal() and int(total) != size:
        raise _Refused(f"offers {total} bytes; the file has {size}")
    return start


def _copy(response: "requests.Response", target: BinaryIO, most: int) -> None:
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        most -= len(chunk)
        if most < 0:
            raise _Refused("sends more bytes than the file has")
        target.write(chunk)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_right(path: Path, file: RemoteFile) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == file.sha256


def _in_words(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _advice(file: RemoteFile, path: Path, problems: list[str]) -> str:
    state = "has other content than it should" if os.path.exists(path) else "is not there"
    return "\n".join(
        [
            f"{path.name} ({_in_words(file.size)}) could not be had.",
            *(f"  {problem}" for problem in problems),
            "Without a connection, get the file on another machine from one of",
            *(f"  {url}" for url in file.urls),
            f"and put it there, under this very name (now it {state}):",
            f"  {path}",
            "It is the right one if its SHA-256 is",
            f"  {file.sha256}",
            "The environment variable COURSE_DATA can name another folder than",
            f"  {data_folder()}",
        ]
    )
