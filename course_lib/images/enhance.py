"""Enhancement: make visible what is there.

    image    (h, w) or (h, w, c), values 0 (black) to 1 (white)
    cutoff   spatial frequency in cycles per pixel, 0 to 0.5·√2 (a checkerboard has 0.5 per axis)

Point operations change every pixel by one curve, whatever its neighbours. Operations on
neighbourhoods (sharpening) are in filters.py. Those in the frequency domain weigh waves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from course_lib.checks import check_number, check_whole
from course_lib.images.checking import as_image, in_unit_range


def gamma_correct(image: ArrayLike, gamma: float) -> np.ndarray:
    """Raise every value to the power gamma: below 1 brightens the shadows, above 1 darkens them.

    Black and white stay.

    Examples
    --------
    >>> gamma_correct([[0.0, 0.25, 1.0]], 0.5).tolist()
    [[0.0, 0.5, 1.0]]
    """
    image = in_unit_range(as_image(image), "image")
    return np.clip(image, 0, 1) ** check_number("gamma", gamma, above=0)


def stretch_contrast(image: ArrayLike, low: float = 1.0, high: float = 99.0) -> np.ndarray:
    """Map two percentiles to black and white, linearly; what lies outside is clipped.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
        Any range of values. All channels share one line, so that hues do not turn.
    low, high : float
        Percentiles, 0 ≤ low < high ≤ 100.

    Returns
    -------
    ndarray of the image's shape, 0 to 1; unchanged but for clipping if both percentiles are equal.

    Examples
    --------
    >>> stretch_contrast([[0.4, 0.5, 0.6]], 0, 100).round(6).tolist()
    [[0.0, 0.5, 1.0]]
    """
    image = as_image(image)
    if not 0 <= low < high <= 100:
        raise ValueError(f"low and high must satisfy 0 ≤ low < high ≤ 100; got {low} and {high}.")
    black, white = np.percentile(image, [low, high]).astype(image.dtype)
    if white == black:
        return np.clip(image, 0, 1)
    return np.clip((image - black) / (white - black), 0, 1)


def histogram(image: ArrayLike, bins: int = 256) -> np.ndarray:
    """Return the fraction of values in each of ``bins`` equal intervals of 0 to 1, shape (bins,).

    Examples
    --------
    >>> histogram([[0.0, 0.1, 0.9, 1.0]], bins=2).tolist()
    [0.5, 0.5]
    """
    image = np.clip(in_unit_range(as_image(image), "image"), 0, 1)
    counts, _ = np.histogram(image, bins=check_whole("bins", bins), range=(0, 1))
    return counts / image.size


def equalize(image: ArrayLike, bins: int = 256) -> np.ndarray:
    """Send every value to its rank: the fraction of the picture that is darker.

    Then all grey levels are about equally frequent. The curve is the cumulative histogram,
    interpolated between the edges of the bins, so that no two levels of the picture change places.

    Parameters
    ----------
    image : array-like (h, w), values 0 to 1
        Grey. Equalise the Y' of a colour picture: its channels one by one would change the hues.
    bins : int
        How finely the histogram is counted.

    Returns
    -------
    ndarray (h, w), 0 to 1

    Examples
    --------
    >>> equalize([[0.50, 0.51], [0.52, 0.53]], bins=100).round(2).tolist()
    [[0.0, 0.25], [0.5, 0.75]]
    """
    image = np.clip(in_unit_range(as_image(image, channels=1), "image"), 0, 1)
    darker = np.concatenate([[0], np.cumsum(histogram(image, bins))])  # (bins + 1,)
    edges = np.linspace(0, 1, len(darker))
    return np.interp(image, edges, darker).astype(image.dtype, copy=False)


def spectrum(image: ArrayLike) -> np.ndarray:
    """Return log10(1 + |Fourier transform|) of a grey picture, frequency 0 in the middle.

    Examples
    --------
    >>> spectrum(np.ones((3, 3)))[1, 1].item()  # a flat picture has frequency 0 alone: 9 ones
    1.0
    """
    return np.log10(1 + np.abs(fft.fftshift(fft.fft2(as_image(image, channels=1)))))


def frequencies(h: int, w: int) -> np.ndarray:
    """Return |f| in cycles per pixel of each entry of `scipy.fft.rfft2`, shape (h, w // 2 + 1).

    Examples
    --------
    >>> frequencies(4, 4)[0].tolist()
    [0.0, 0.25, 0.5]
    """
    return np.hypot(fft.fftfreq(h)[:, None], fft.rfftfreq(w))


def low_pass(image: ArrayLike, cutoff: float, kind: str = "gaussian") -> np.ndarray:
    """Weaken the waves that are shorter than 1 / cutoff pixels.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
        The transform takes it as one tile of an endless pattern: opposite borders are neighbours.
    cutoff : float
        In cycles per pixel.
    kind : {"gaussian", "ideal"}
        "ideal" keeps a wave or removes it, which leaves ripples beside edges. "gaussian" multiplies
        by 2^−(f / cutoff)², which halves a wave of the frequency `cutoff`.

    Returns
    -------
    ndarray of the image's shape

    Examples
    --------
    >>> stripes = np.tile([0.0, 1.0], (4, 4))  # 0.5 cycles per pixel, around a mean of 0.5
    >>> low_pass(stripes, 0.25, kind="ideal")[0].round(12).tolist()
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    """
    image = as_image(image)
    h, w = image.shape[:2]
    f = frequencies(h, w).reshape(h, w // 2 + 1, *[1] * (image.ndim - 2))
    keep = _responses(f / check_number("cutoff", cutoff, above=0), kind).astype(image.dtype)
    return fft.irfft2(keep * fft.rfft2(image, axes=(0, 1)), (h, w), axes=(0, 1))


def high_pass(image: ArrayLike, cutoff: float, kind: str = "gaussian") -> np.ndarray:
    """Return what `low_pass` takes away: the picture without its long waves, around 0.

    Examples
    --------
    >>> high_pass(np.ones((4, 4)), 0.1).round(12).max().item()
    0.0
    """
    image = as_image(image)
    return image - low_pass(image, cutoff, kind)


def _responses(ratio: np.ndarray, kind: str) -> np.ndarray:
    """Return what is left of a wave, by the ratio of its frequency to the cut-off."""
    if kind == "ideal":
        return np.where(ratio <= 1, 1.0, 0.0)
    if kind == "gaussian":
        return np.exp2(-(np.minimum(ratio, 1e3) ** 2))
    raise ValueError(f"kind must be 'gaussian' or 'ideal'; got {kind!r}.")
