"""MovieLens: what people on the site of that name thought of films.

GroupLens (University of Minnesota) lets everybody use the data for research and for learning, but
nobody pass them on or earn money with them without its permission. So they are never bundled with
the course; they are downloaded from GroupLens itself.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.datasets.download import RemoteFile, fetch
from course_lib.ratings import Ratings

_HOSTS = ("https://files.grouplens.org/", "http://files.grouplens.org/")


def _archive(name: str, size: int, sha256: str) -> RemoteFile:
    urls = tuple(f"{host}datasets/movielens/{name}" for host in _HOSTS)
    return RemoteFile(f"movielens/{name}", size, sha256, urls)


_ARCHIVES = {
    "100k": _archive(
        "ml-100k.zip",
        4_924_029,
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    ),
    "latest-small": _archive(
        "ml-latest-small.zip",
        978_202,
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    ),
}


class MovieRatings(NamedTuple):
    """Ratings of films with their titles; unpacks as ``ratings, titles, genres``.

    Attributes
    ----------
    ratings : Ratings
        Times in seconds since 1970, UTC.
    titles : tuple of n_items str
        With the year, as the file has them: "Star Wars (1977)"; two films may share one.
    genres : tuple of n_items tuples of str
    """

    ratings: Ratings
    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]


def load_movielens(which: str = "100k", *, download: bool = True) -> MovieRatings:
    """Load ratings of films by visitors of MovieLens.

    Parameters
    ----------
    which : {"100k", "latest-small"}, default="100k"
        "100k": 100,000 ratings, 1 to 5 stars, of 943 users for 1,682 films, from September 1997 to
        April 1998; every user has at least 20. "latest-small": 100,836 ratings, ½ to 5 stars in
        halves, of 610 users for 9,742 films (some of them without a rating), 1996 to 2018.
    download : bool, default=True
        Whether to download the archive (4.9 or 1.0 MB) if it is not in the data folder.

    Returns
    -------
    MovieRatings
        Users and items are numbered from 0 in the order of the files' own numbers: in "100k" user 0
        is the file's user 1.

    Raises
    ------
    DataUnavailableError
        If the archive is not there and cannot be had; the message says what to do offline.
    ValueError
        For another set.

    Notes
    -----
    Harper and Konstan (2015), *The MovieLens datasets: history and context*, ACM Transactions on
    Interactive Intelligent Systems 5(4), which everybody is asked to cite who publishes results.
    Licence: the README in each archive. In short, no commercial use and no passing on without
    permission ("latest-small" may be passed on under the same conditions).

    "100k" has not changed since 1998, and GroupLens publishes its MD5,
    0e33842e24a9c977be4e0107933c0723; here the SHA-256 of the same file is checked. "latest-small"
    may be replaced by a newer set, and no sum is published with it. The one here is of the archive
    of September 2018, as TensorFlow Datasets lists it: a newer one is refused with a message that
    says so, rather than changing results in silence.
    """
    if which not in _ARCHIVES:
        raise ValueError(f"which must be one of {', '.join(map(repr, _ARCHIVES))}, got {which!r}.")
    archive = fetch(_ARCHIVES[which], download=download)
    return read_100k(archive) if which == "100k" else read_latest(archive)


def read_100k(archive: Path) -> MovieRatings:
    """Read the archive of MovieLens 100K: u.data, u.item and u.genre.

    Raises
    ------
    ValueError
        If the archive or a file in it is not what it should be.
    """
    columns = _table(archive, "ml-100k/u.data", "latin-1", "\t", 4)
    films = _table(archive, "ml-100k/u.item", "latin-1", "|", 24)
    kinds = [row[0] for row in _table(archive, "ml-100k/u.genre", "latin-1", "|", 2)]
    titles = [row[1] for row in films]
    genres = [
        tuple(kind for kind, has in zip(kinds, row[5:], strict=False) if has == "1")
        for row in films
    ]
    return _numbered("ml-100k/u.data", columns, [row[0] for row in films], titles, genres)


def read_latest(archive: Path) -> MovieRatings:
    """Read an archive of the latest sets: ratings.csv and movies.csv; errors as `read_100k`."""
    columns = _table(archive, "ml-latest-small/ratings.csv", "utf-8", ",", 4)[1:]
    films = _table(archive, "ml-latest-small/movies.csv", "utf-8", ",", 3)[1:]
    genres = [() if row[2] == "(no genres listed)" else tuple(row[2].split("|")) for row in films]
    titles = [row[1] for row in films]
    return _numbered(
        "ml-latest-small/ratings.csv", columns, [row[0] for row in films], titles, genres
    )


def _table(archive: Path, name: str, encoding: str, delimiter: str, width: int) -> list[list[str]]:
    """Read the rows of a text table in an archive; empty lines are left out."""
    try:
        with zipfile.ZipFile(archive) as members:
            content = members.read(name)
    except KeyError as error:
        raise ValueError(f"{archive} must hold {name}, and does not.") from error
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ValueError(f"{archive} is no complete zip archive: {error}.") from error
    quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    text = io.StringIO(content.decode(encoding), newline="")
    rows = [row for row in csv.reader(text, delimiter=delimiter, quoting=quoting) if row]
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise ValueError(f"{name}, row {number}, must have {width} fields, has {len(row)}.")
    return rows


def _numbered(
    name: str,
    rows: list[list[str]],
    film_ids: list[str],
    titles: list[str],
    genres: list[tuple[str, ...]],
) -> MovieRatings:
    """Number users and films from 0, in the order of the files' numbers."""
    try:
        users, items, values, times = np.array(rows, dtype=float).reshape(-1, 4).T
        ids = np.array(film_ids, dtype=int)
    except ValueError as error:
        raise ValueError(f"{name} must hold numbers: {error}.") from error
    order = np.argsort(ids, kind="stable")
    places = np.searchsorted(ids[order], items)
    found = ids[order][np.minimum(places, len(ids) - 1)] == items
    if not found.all():
        raise ValueError(f"{name} rates film {items[~found][0]:g}, which has no title.")
    people, codes = np.unique(users, return_inverse=True)
    return MovieRatings(
        Ratings(codes, places, values, times, (len(people), len(ids))),
        tuple(titles[i] for i in order),
        tuple(genres[i] for i in order),
    )
