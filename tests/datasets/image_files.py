"""Writes small files in the formats of the real data sets, byte by byte."""

import gzip
import io
import struct
import tarfile

import numpy as np


def idx(values: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0)


def batch(rows: np.ndarray, labels: list[int], *, fortran: bool = False) -> bytes:
    """Pickle a batch as Python 2 with an early NumPy did: protocol 2, byte strings."""
    content = rows.astype(np.uint8).tobytes(order="F" if fortran else "C")
    return b"".join(
        [
            b"\x80\x02}(",  # protocol 2, a dictionary of
            _string(b"batch_label") + _string(b"training batch 1 of 5"),
            _string(b"labels") + b"](" + b"".join(map(_integer, labels)) + b"e",
            _string(b"data"),
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n",
            _integer(0) + b"\x85" + _string(b"b") + b"tR(",  # of shape (0,), of bytes; its state:
            _integer(1) + _integer(rows.shape[0]) + _integer(rows.shape[1]) + b"\x86",
            b"cnumpy\ndtype\n(" + _string(b"u1") + _integer(0) + _integer(1) + b"tR(",
            _integer(3) + _string(b"|") + b"NNN" + _integer(-1) + _integer(-1) + _integer(0),
            b"tb" + (b"\x88" if fortran else b"\x89") + _string(content) + b"tb",
            _string(b"filenames") + b"]",
            b"u.",
        ]
    )


def _string(value: bytes) -> bytes:
    if len(value) < 256:
        return b"U" + bytes([len(value)]) + value
    return b"T" + struct.pack("<i", len(value)) + value


def _integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
