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
    """Return the folder in which downloaded data are kept; it may not exist yet."""
    chosen = os.environ.get("COURSE_DATA")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("course_lib", appauthor=False)


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
        If the file is not there and cannot be had, or the folder cannot be written to.
    """
    path = data_folder() / file.name
    if _is_right(path, file):
        return path
    if not download:
        raise DataUnavailableError(_advice(file, path, ["download=False"]))
    from filelock import FileLock  # here, as most calls find the file in the folder

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if not _is_right(path, file):  # another process may have brought it meanwhile
                _download(file, path, timeout)
    except OSError as error:
        raise DataUnavailableError(_advice(file, path, [f"{path.parent}: {error}"])) from error
    return path


def _download(file: RemoteFile, path: Path, timeout: float) -> None:
    import requests
    import urllib3

    print(f"Downloading {path.name} ({_in_words(file.size)}) to {path.parent}", file=sys.stderr)
    part = path.with_name(path.name + ".part")
    problems = []
    for url in file.urls:
        try:
            _from_mirror(url, file, part, timeout)
        except (
            *(_Refused, _Interrupted),
            *(requests.RequestException, urllib3.exceptions.HTTPError),
        ) as error:
            problems.append(f"{url}: {error}")
        else:
            os.replace(part, path)
            return
    raise DataUnavailableError(_advice(file, path, problems))


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
    """Append what `part` lacks; start from nothing where a server cannot go on from its end."""
    import requests

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
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        response.raise_for_status()
        start = _start_of_answer(response, have, file.size)
        with part.open("ab" if start else "wb") as target:
            _copy(response, target, file.size - start)
    if _length(part) < file.size:
        raise _Interrupted(f"stopped after {_length(part)} of {file.size} bytes")


def _start_of_answer(response: "requests.Response", have: int, size: int) -> int:
    """Return at which byte of the file an answer begins: `have` or 0."""
    start, total = 0, response.headers.get("Content-Length", "")
    if response.status_code == 206:
        found = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", response.headers.get("Content-Range", ""))
        if not found or int(found[1]) != have:
            raise _Refused("sent another part of the file than it was asked for")
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
    state = "has other content than it should" if path.exists() else "is not there"
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
