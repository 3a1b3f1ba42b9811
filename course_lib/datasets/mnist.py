"""MNIST and Fashion-MNIST: 28 × 28 grey pictures of ten kinds, in the IDX format.

The hashes are those of the published files, as several independent registries list them (among
them torchvision, by MD5, and TensorFlow Datasets).
"""

import gzip
from collections.abc import Iterable
from math import prod
from pathlib import Path

import numpy as np

from course_lib.datasets.download import RemoteFile, fetch
from course_lib.datasets.images import LabeledImages, check_subset

_AVAILABLE = {"train": 60_000, "test": 10_000}
_DIGITS = tuple("0123456789")
_CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


def load_mnist(
    subset: str = "train", *, n: int | None = None, download: bool = True
) -> LabeledImages:
    """Load MNIST: handwritten digits, white on black, 28 × 28 (LeCun, Cortes and Burges 1998).

    Parameters
    ----------
    subset : {"train", "test"}, default="train"
        60,000 pictures for training, 10,000 by other writers for testing.
    n : int, optional
        Only the first n of them, in the files' order, in which the classes are mixed.
    download : bool, default=True
        Whether to download the files (11.6 MB in all) if they are not in the data folder.

    Returns
    -------
    LabeledImages
        `X` (n, 28, 28, 1) uint8, `y` (n,) int64, `class_names` "0" to "9".

    Raises
    ------
    DataUnavailableError
        If the files are not there and cannot be had; the message says what to do offline.

    Notes
    -----
    LeCun, Bottou, Bengio and Haffner (1998), *Gradient-based learning applied to document
    recognition*, Proceedings of the IEEE 86, 2278-2324. The files are kept in the data folder, see
    `course_lib.datasets.download`.
    """
    return _load(_MNIST, _DIGITS, subset, n, download)


def load_fashion_mnist(
    subset: str = "train", *, n: int | None = None, download: bool = True
) -> LabeledImages:
    """Load Fashion-MNIST: articles of clothing in MNIST's form, and harder (Xiao et al. 2017).

    Parameters, errors and the folder are those of `load_mnist`; the files have 30.9 MB in all.

    Returns
    -------
    LabeledImages
        `X` (n, 28, 28, 1) uint8, `y` (n,) int64, `class_names` "T-shirt/top" to "Ankle boot".

    Notes
    -----
    Xiao, Rasul and Vollgraf (2017), *Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms*, arXiv:1708.07747; MIT licence.
    """
    return _load(_FASHION, _CLOTHES, subset, n, download)


def read_idx(path: Path) -> np.ndarray:
    """Read a gzip-compressed IDX file of unsigned bytes.

    The format: two zero bytes, the type (8: unsigned byte), the number of axes, the length of each
    axis (4 bytes, the high one first), then the values, the last axis fastest.

    Raises
    ------
    ValueError
        If the file is another format, or shorter or longer than its own header says.
    """
    try:
        with gzip.open(path, "rb") as source:
            content = source.read()
    except (EOFError, OSError) as error:
        raise ValueError(f"{path} is no complete gzip file: {error}.") from error
    axes = content[3] if len(content) > 3 else 0
    begin = 4 + 4 * axes
    if content[:3] != b"\x00\x00\x08" or not axes or len(content) < begin:
        raise ValueError(f"{path} must be an IDX file of unsigned bytes; starts {content[:4]!r}.")
    shape = tuple(np.frombuffer(content, dtype=">u4", count=axes, offset=4).tolist())
    if len(content) - begin != prod(shape):
        raise ValueError(f"{path} must hold {prod(shape)} values, has {len(content) - begin}.")
    return np.frombuffer(content, dtype=np.uint8, offset=begin).reshape(shape)


def _load(
    files: dict[str, tuple[RemoteFile, RemoteFile]],
    class_names: tuple[str, ...],
    subset: str,
    n: int | None,
    download: bool,
) -> LabeledImages:
    n = check_subset(subset, n, _AVAILABLE)
    images, labels = (read_idx(fetch(file, download=download)) for file in files[subset])
    return LabeledImages(images[:n, :, :, None].copy(), labels[:n].astype(np.int64), class_names)


def _pair(
    folder: str, bases: Iterable[str], prefix: str, *table: tuple[int, str]
) -> tuple[RemoteFile, RemoteFile]:
    """Files of images and labels, from (size, SHA-256) of each."""
    names = (f"{prefix}-images-idx3-ubyte.gz", f"{prefix}-labels-idx1-ubyte.gz")
    images, labels = (
        RemoteFile(f"{folder}/{name}", size, sha256, tuple(base + name for base in bases))
        for name, (size, sha256) in zip(names, table, strict=True)
    )
    return images, labels


_MNIST_BASES = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
_MNIST = {
    "train": _pair(
        *("mnist", _MNIST_BASES, "train"),
        (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    ),
    "test": _pair(
        *("mnist", _MNIST_BASES, "t10k"),
        (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
}
_FASHION_BASES = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_FASHION = {
    "train": _pair(
        *("fashion-mnist", _FASHION_BASES, "train"),
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    ),
    "test": _pair(
        *("fashion-mnist", _FASHION_BASES, "t10k"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
}
