"""Ratings of items by users: the one form in which data sets hand them out and models take them.

Symbols
    u, i    a user and an item, whole numbers from 0: rows and columns of the table of ratings
    r_ui    the rating of item i by user u
    m       number of ratings, far fewer than users times items
"""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

__all__ = ["Ratings", "check_codes"]


@dataclass(frozen=True, eq=False)
class Ratings:
    """A sparse table of ratings, as three columns: who, what, how much.

    A pair without a rating is unknown; it is not a rating of 0. Users and items are numbered from
    0, as rows and columns; names and titles are kept beside the table by who needs them.

    Parameters
    ----------
    users, items : arrays of shape (m,), whole numbers
    values : array of shape (m,)
        Ratings, finite numbers; of implicit feedback counts or durations.
    times : array of shape (m,), optional
        When each rating was given, in any unit in which later is larger.
    shape : (int, int), optional
        Number of users and of items; by default one more than the largest of each. A user or an
        item without ratings is allowed: that is what a cold start is.

    Attributes
    ----------
    users, items : int64 arrays of shape (m,)
    values : float64 array of shape (m,)
    times : float64 array of shape (m,), or None
    shape : (int, int)

    Raises
    ------
    ValueError
        If there is no rating, lengths differ, a number is not whole, negative or beyond the shape,
        a value is not finite, or a user rates an item twice.

    Examples
    --------
    >>> ratings = Ratings([0, 0, 1], [0, 2, 2], [5, 3, 4])
    >>> ratings
    Ratings(3 of 2 users for 3 items)
    >>> ratings.matrix().toarray()
    array([[5., 0., 3.],
           [0., 0., 4.]])
    """

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray
    times: np.ndarray | None = None
    shape: tuple[int, int] | None = field(default=None)

    def __post_init__(self) -> None:
        users, items = _codes("users", self.users), _codes("items", self.items)
        values = _numbers("values", self.values)
        times = None if self.times is None else _numbers("times", self.times)
        lengths = {"users": users, "items": items, "values": values, "times": times}
        found = {name: len(a) for name, a in lengths.items() if a is not None}
        if len(set(found.values())) > 1:
            said = ", ".join(f"{n} {name}" for name, n in found.items())
            raise ValueError(f"Every rating needs its user, item and value (and time): got {said}.")
        if not len(users):
            raise ValueError("Ratings must hold at least one rating, got none.")
        shape = _shape(self.shape, users, items)
        _refuse_repeated(users, items, shape)
        for name, a in zip(
            ("users", "items", "values", "times", "shape"),
            (users, items, values, times, shape),
            strict=True,
        ):
            object.__setattr__(self, name, a)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"Ratings({len(self)} of {self.n_users} users for {self.n_items} items)"

    @property
    def n_users(self) -> int:
        """Number of users, those without ratings included."""
        return self.shape[0]

    @property
    def n_items(self) -> int:
        """Number of items, those without ratings included."""
        return self.shape[1]

    @property
    def density(self) -> float:
        """Share of all pairs of a user and an item that have a rating."""
        return len(self) / (self.n_users * self.n_items)

    def matrix(self) -> sparse.csr_array:
        """Return the table (n_users, n_items), in which only ratings are stored.

        A rating of 0 is stored as well; `toarray` shows 0 also where nothing is known.
        """
        return sparse.csr_array((self.values, (self.users, self.items)), shape=self.shape)

    def take(self, rows: ArrayLike) -> Ratings:
        """Return some of the ratings, by their positions or a mask of shape (m,); shape is kept."""
        rows = np.asarray(rows)
        times = None if self.times is None else self.times[rows]
        return Ratings(self.users[rows], self.items[rows], self.values[rows], times, self.shape)

    def of(self, user: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the items that a user has rated, and the ratings."""
        mine = self.users == check_codes("user", user, self.n_users)
        return self.items[mine], self.values[mine]


def check_codes(name: str, codes: ArrayLike, n: int) -> np.ndarray:
    """Return codes of users or items as int64, if all are whole numbers from 0 to n − 1.

    >>> check_codes("user", 7, 5)
    Traceback (most recent call last):
    ...
    ValueError: user must be whole numbers from 0 to 4, got 7: unknown when the model was fitted.
    """
    codes = _whole(name, codes)
    wrong = codes[(codes < 0) | (codes >= n)]
    if wrong.size:
        raise ValueError(
            f"{name} must be whole numbers from 0 to {n - 1}, got {wrong.flat[0]}: "
            "unknown when the model was fitted."
        )
    return codes


def _codes(name: str, codes: Any) -> np.ndarray:
    codes = _one_column(name, _whole(name, codes))
    if (codes < 0).any():
        raise ValueError(f"{name} must be numbered from 0, got {codes.min()}.")
    return codes


def _whole(name: str, codes: Any) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.size == 0:
        return codes.astype(np.int64)
    if codes.dtype.kind == "f" and np.all(codes == np.round(codes)) and np.isfinite(codes).all():
        codes = codes.astype(np.int64)
    if codes.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be whole numbers, got dtype {codes.dtype} with {codes.flat[0]!r}; "
            "np.unique(labels, return_inverse=True) numbers labels of any kind."
        )
    return codes.astype(np.int64)


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        values = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers: {error}.") from error
    values = _one_column(name, values)
    if not np.isfinite(values).all():
        where = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(
            f"{name} must be finite, got {name}[{where}] = {values[where]}; "
            "leave out a pair whose rating is unknown."
        )
    return values


def _one_column(name: str, a: np.ndarray) -> np.ndarray:
    if a.ndim != 1:
        raise ValueError(f"{name} must have shape (m,), one value a rating, got shape {a.shape}.")
    return a


def _shape(shape: Any, users: np.ndarray, items: np.ndarray) -> tuple[int, int]:
    least = (int(users.max()) + 1, int(items.max()) + 1)
    if shape is None:
        return least
    ok = isinstance(shape, tuple | list) and len(shape) == 2
    if not ok or not all(isinstance(n, Integral) and not isinstance(n, bool) for n in shape):
        raise ValueError(f"shape must be two whole numbers (n_users, n_items), got {shape!r}.")
    if shape[0] < least[0] or shape[1] < least[1]:
        raise ValueError(
            f"shape must be at least {least}, since users reach {least[0] - 1} and items "
            f"{least[1] - 1}; got {tuple(shape)}."
        )
    return int(shape[0]), int(shape[1])


def _refuse_repeated(users: np.ndarray, items: np.ndarray, shape: tuple[int, int]) -> None:
    cells, counts = np.unique(users * shape[1] + items, return_counts=True)
    if (counts > 1).any():
        user, item = divmod(int(cells[counts > 1][0]), shape[1])
        raise ValueError(
            f"A user rates an item once, but user {user} has {counts.max()} ratings of item {item}:"
            " keep the last one, or their mean."
        )
