"""The column "fastest on PyPI": the same work by what somebody installs who looks only for speed.

The packages come with the optional extra ``bench`` of pyproject.toml; only ``--fastest`` asks for
them, and leaves out a row whose package is missing. FAISS, and OpenCV's median, compute in single
precision: the conversion belongs to the work, since the data is given in double.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


def flat_index(data: Any, k: int) -> np.ndarray:
    """Label the queries by the vote of their k nearest neighbours, FAISS's exact search."""
    import faiss

    index = faiss.IndexFlatL2(data.X.shape[1])
    index.add(data.X.astype(np.float32))
    _, nearest = index.search(data.X_test.astype(np.float32), k)
    votes = data.y[nearest][:, :, None] == np.arange(data.y.max() + 1)
    return votes.sum(axis=1).argmax(axis=1)


def kmeans(data: Any, steps: int) -> SimpleNamespace:
    """Take steps of Lloyd's algorithm from the given centres with FAISS, on all samples."""
    import faiss

    (n, d), k = data.X.shape, len(data.C)
    X, C = data.X.astype(np.float32), data.C.astype(np.float32)
    # Without the last argument it would take a sample of 256 points a centre.
    model = faiss.Kmeans(d, k, niter=steps, max_points_per_centroid=n)
    model.train(X, init_centroids=C)
    _, labels = model.assign(X)
    return SimpleNamespace(cluster_centers_=model.centroids, labels_=labels)


def linkage(data: Any, method: str) -> np.ndarray:
    """Merge all samples by the method with fastcluster; return the tree."""
    import fastcluster

    return fastcluster.linkage(data.X, method)


def blur(data: Any, size: int) -> np.ndarray:
    """Return OpenCV's mean filter of the picture, mirrored at the border as SciPy does it."""
    import cv2

    return cv2.blur(data.X, (size, size), borderType=cv2.BORDER_REFLECT)


def gaussian_blur(data: Any, sigma: int) -> np.ndarray:
    """Return OpenCV's Gaussian filter of the picture, cut off at 4 sigma as SciPy does it."""
    import cv2

    size = 2 * 4 * sigma + 1
    return cv2.GaussianBlur(data.X, (size, size), sigma, borderType=cv2.BORDER_REFLECT)


def median_blur(data: Any, size: int) -> np.ndarray:
    """Return OpenCV's median filter of the picture in single precision, which is all it takes."""
    import cv2

    r = size // 2  # it repeats the border; SciPy and ours mirror it
    wide = cv2.copyMakeBorder(data.X.astype(np.float32), r, r, r, r, cv2.BORDER_REFLECT)
    return cv2.medianBlur(wide, size)[r:-r, r:-r]
