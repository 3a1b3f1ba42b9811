"""Square windows of a picture, compared with a patch all at once.

image    (h, w, c)
size     side of a window in pixels, p
windows  (h − p + 1)·(w − p + 1), each named by the row and column of its top left pixel
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from course_lib.images.checking import as_image


class Windows:
    """All windows of one picture, with their Fourier transforms kept.

    Parameters
    ----------
    image : ndarray (h, w) or (h, w, c)
    size : int
        At most the picture's sides.

    Examples
    --------
    >>> windows = Windows(np.arange(4.0).reshape(1, 4), 1)
    >>> windows.errors(np.array([[1.0]]), np.array([[True]])).round(9).tolist()
    [[1.0, 0.0, 1.0, 4.0]]
    """

    def __init__(self, image: np.ndarray, size: int):
        image = as_image(image)
        h, w = image.shape[:2]
        if size > min(h, w):
            raise ValueError(f"size must be at most the picture's sides, {h} × {w}; got {size}.")
        self.size, self.shape = size, (h - size + 1, w - size + 1)
        self.pixels = image.reshape(h, w, -1)
        self._offset = self.pixels.mean(axis=(0, 1))  # squares of small numbers lose fewer digits
        centred = self.pixels - self._offset
        self._frame = tuple(fft.next_fast_len(n, real=True) for n in (h, w))
        stack = np.concatenate([np.sum(centred**2, axis=2, keepdims=True), -2 * centred], axis=2)
        self._waves = fft.rfft2(np.moveaxis(stack, -1, 0), self._frame)

    def errors(self, patch: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return each window's weighted sum of squared differences to a patch.

        Parameters
        ----------
        patch : ndarray (p, p) or (p, p, c)
        weights : ndarray (p, p)
            0 where a pixel does not count.

        Returns
        -------
        ndarray (h − p + 1, w − p + 1)

        Notes
        -----
        Σ m (x − v)² = Σ m·x² − 2 Σ m·v·x + Σ m·v²; the sums over all windows are correlations,
        products of Fourier transforms: n log n for n pixels, whatever the size of the patch.
        """
        m = np.asarray(weights, dtype=float)
        v = patch.reshape(*m.shape, -1) - self._offset
        stack = np.concatenate([m[None], np.moveaxis(m[..., None] * v, -1, 0)])
        product = np.sum(self._waves * np.conj(fft.rfft2(stack, self._frame)), axis=0)
        sums = fft.irfft2(product, self._frame)[: self.shape[0], : self.shape[1]]
        return np.maximum(sums + np.sum(m[..., None] * v**2), 0)

    def best(
        self,
        patch: np.ndarray,
        weights: np.ndarray,
        allowed: np.ndarray,
        near: tuple[int, int],
    ) -> tuple[int, int]:
        """Return the allowed window with the least error, of equal ones that nearest to a place.

        Equal within rounding, so that another Fourier transform makes the same choice.
        """
        errors = np.where(allowed, self.errors(patch, weights), np.inf)
        slack = 1e-10 * max(float(np.sum(weights)), 1.0)
        equal = np.argwhere(errors <= errors.min() + slack)
        distance = np.sum((equal - np.array(near)) ** 2, axis=1)
        y, x = equal[np.argmin(distance)]
        return int(y), int(x)

    def any(self) -> np.ndarray:
        """Return whether a window holds a value other than 0 (True), of shape (h − p + 1, …).

        Examples
        --------
        >>> Windows(np.array([[0.0, 0.0, 1.0]]), 1).any().tolist()
        [[False, False, True]]
        """
        views = sliding_window_view(self.pixels != 0, (self.size, self.size), axis=(0, 1))
        return views.any(axis=(2, 3, 4))
