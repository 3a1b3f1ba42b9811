"""MNIST, Fashion-MNIST and CIFAR-10 from small files in their real formats."""

import gzip
import hashlib
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from image_files import archive, batch, idx

from course_lib.datasets import (
    DataUnavailableError,
    cifar,
    load_cifar10,
    load_fashion_mnist,
    load_mnist,
    mnist,
)
from course_lib.datasets.download import RemoteFile

RNG = np.random.default_rng(0)


def remote_files():
    pairs = [*mnist._MNIST.values(), *mnist._FASHION.values()]
    return [*(file for pair in pairs for file in pair), cifar._ARCHIVE]


def put(folder, name, content):
    """Put a file into the data folder; return its entry, without any mirror."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return RemoteFile(name, len(content), hashlib.sha256(content).hexdigest(), ())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(params=[("_MNIST", load_mnist), ("_FASHION", load_fashion_mnist)], ids="MF")
def idx_set(request, folder, monkeypatch):
    table, load = request.param
    images = RNG.integers(256, size=(7, 28, 28))
    labels = RNG.integers(10, size=7)
    pair = (put(folder, "images.gz", idx(images)), put(folder, "labels.gz", idx(labels)))
    monkeypatch.setattr(mnist, table, {"test": pair})
    monkeypatch.setattr(mnist, "_AVAILABLE", {"test": 7})
    return load, images, labels


def test_idx_files_become_pictures_and_labels(idx_set):
    load, images, labels = idx_set
    X, y, names = load("test")
    np.testing.assert_array_equal(X, images[..., None])
    np.testing.assert_array_equal(y, labels)
    assert (X.dtype, y.dtype, len(names)) == (np.uint8, np.int64, 10)
    X[0] = 0  # the arrays are the caller's own


def test_the_first_pictures_alone(idx_set):
    load, images, labels = idx_set
    X, y, _ = load("test", n=3)
    np.testing.assert_array_equal(X[..., 0], images[:3])
    np.testing.assert_array_equal(y, labels[:3])


@pytest.mark.parametrize("load", [load_mnist, load_fashion_mnist, load_cifar10])
def test_bad_arguments_are_named(load, folder):
    with pytest.raises(ValueError, match="subset must be one of 'train', 'test', got 'valid'"):
        load("valid")
    for n in (0, 10_001):
        with pytest.raises(
            ValueError, match=f"n for subset=.* must be a whole number from 1 to 10000, got {n}"
        ):
            load("test", n=n)
    for n in (1.5, True, "3"):
        with pytest.raises(TypeError, match=r"n for subset=.* must be a whole number"):
            load("test", n=n)


@pytest.mark.parametrize("load", [load_mnist, load_fashion_mnist, load_cifar10])
def test_without_the_files_and_without_download_the_error_says_what_to_do(load, folder):
    with pytest.raises(DataUnavailableError, match=re.escape(str(folder))):
        load(download=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip", "no complete gzip file"),
        (idx(np.zeros((2, 2)))[:-9], "no complete gzip file"),
        (gzip.compress(b""), "must be an IDX file"),
        (gzip.compress(b"\x00\x00\x0d\x01\x00\x00\x00\x00"), "must be an IDX file"),
        (gzip.compress(b"\x00\x00\x08\x03\x00\x00\x00\x01"), "must be an IDX file"),
        (gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x02\x07"), "must hold 2 values, has 1"),
        (gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x02\x07\x07\x07"), "2 values, has 3"),
    ],
    ids=["text", "cut off", "empty", "floats", "no sizes", "a value short", "a value too many"],
)
def test_a_file_that_is_not_idx_is_refused(tmp_path, content, message):
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        mnist.read_idx(path)


def cifar_set(folder, monkeypatch, members):
    monkeypatch.setattr(cifar, "_ARCHIVE", put(folder, "cifar.tar.gz", archive(members)))
    monkeypatch.setattr(cifar, "_BATCH", 4)
    monkeypatch.setattr(cifar, "_AVAILABLE", {"train": 20, "test": 4})


@pytest.mark.parametrize("fortran", [False, True])
def test_batches_become_pictures_and_labels(folder, monkeypatch, fortran):
    rows, labels = RNG.integers(256, size=(24, 3072)), RNG.integers(10, size=24)
    names = (*cifar._BATCHES["train"], *cifar._BATCHES["test"])
    members = {"cifar-10-batches-py/readme.html": b"<html>"}
    for i in (3, 1, 5, 0, 2, 4):  # in no order
        part = slice(4 * i, 4 * i + 4)
        members[names[i]] = batch(rows[part], labels[part].tolist(), fortran=fortran)
    cifar_set(folder, monkeypatch, members)
    X, y, classes = load_cifar10()
    assert (X.shape, X.dtype, y.dtype, len(classes)) == ((20, 32, 32, 3), np.uint8, np.int64, 10)
    for i, row, column, channel in [(0, 0, 0, 0), (7, 3, 5, 1), (19, 31, 30, 2)]:
        assert X[i, row, column, channel] == rows[i, 1024 * channel + 32 * row + column]
    np.testing.assert_array_equal(y, labels[:20])
    np.testing.assert_array_equal(load_cifar10("test").y, labels[20:])
    np.testing.assert_array_equal(load_cifar10(n=6).X, X[:6])


class Evil:
    def __reduce__(self):
        return os.system, ("echo evil",)


GOOD = batch(np.zeros((4, 3072)), [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps(Evil(), protocol=2), r"asks for \w+\.system"),
        (pickle.dumps(np.float64(1), protocol=2), "has no use for it"),
        (GOOD[:-100], "is no batch"),
        (b"no pickle", "is no batch"),
        (pickle.dumps([1, 2], protocol=2), "is no batch"),
        (GOOD.replace(b"U\x02u1", b"U\x02f4"), "must be unsigned bytes"),
        (batch(np.zeros((4, 3072)), [0, 1, 2, 10]), "labels from 0 to 9"),
        (batch(np.zeros((4, 3072)), [0, 1, 2]), "as many labels"),
        (batch(np.zeros((4, 3071)), [0, 1, 2, 3]), "rows of 3072"),
    ],
)
def test_a_batch_that_is_none_is_refused_and_runs_nothing(
    folder, monkeypatch, capfd, content, message
):
    cifar_set(folder, monkeypatch, {cifar._BATCHES["test"][0]: content})
    with pytest.raises(ValueError, match=message):
        load_cifar10("test")
    assert "evil" not in capfd.readouterr().out


def test_an_archive_without_the_batch_is_refused(folder, monkeypatch):
    cifar_set(folder, monkeypatch, {"cifar-10-batches-py/data_batch_1": GOOD})
    with pytest.raises(ValueError, match="must hold cifar-10-batches-py/test_batch"):
        load_cifar10("test")


def test_a_broken_archive_is_refused(tmp_path):
    path = tmp_path / "cifar.tar.gz"
    for content in (b"no archive", archive({"a": GOOD})[:-50]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no complete tar"):
            cifar.read_batches(path, ["b"])


def test_the_addresses_and_hashes_are_well_formed_and_differ():
    files = remote_files()
    assert len({file.name for file in files}) == len({file.sha256 for file in files}) == 9
    for file in files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert len(set(file.urls)) >= 2
        assert all(re.fullmatch(r"https?://\S+", url) for url in file.urls)
        assert not Path(file.name).is_absolute()
        assert ".." not in file.name


@pytest.mark.parametrize("load", [load_mnist, load_fashion_mnist, load_cifar10])
def test_the_real_files_if_they_are_here(load):
    try:
        X, y, names = load("test", download=False)
    except DataUnavailableError:
        pytest.skip("not downloaded on this machine")
    assert X.shape[0] == 10_000
    if load is not load_mnist:
        assert np.bincount(y).tolist() == [1000] * 10
    assert len(names) == 10
