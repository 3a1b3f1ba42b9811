"""Linear filters: every new pixel is a weighted sum of its neighbours.

    image   (h, w) or (h, w, c)   colour channels are filtered one by one
    kernel  (p, q), both odd      the weights, also called mask or filter; r = p // 2, s = q // 2
    border  what lies outside of the picture, see `pad`

Convolution flips the kernel, correlation does not:

    convolve   out[i, j] = Σ_ab kernel[a, b] · image[i + r − a, j + s − b]
    correlate  out[i, j] = Σ_ab kernel[a, b] · image[i − r + a, j − s + b]

Cost for n pixels: n·p·q by shifted sums, n·(p + q) for a separable kernel, n·log n by the Fourier
transform. Gonzalez and Woods (2018), *Digital Image Processing*, chapters 3 and 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from course_lib.checks import check_number
from course_lib.images.checking import as_image, odd_size

BORDERS = {
    "symmetric": "symmetric",
    "reflect": "reflect",
    "edge": "edge",
    "wrap": "wrap",
    "zero": "constant",
}
"""Our names of borders and NumPy's. SciPy says reflect, mirror, nearest, wrap, constant."""

BAND = 64
"""Rows that are filtered at a time, so that the partial sums stay in the processor's cache."""

SOBEL_X = np.outer([1, 2, 1], [1, 0, -1]) / 8
"""Kernel of the slope to the right: smooth down the column, difference along the row.

As a convolution it subtracts the left neighbours from the right ones. The 8 makes the slope of a
ramp that rises by 1 per pixel exactly 1.
"""

LAPLACE = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
"""Kernel of the sum of both second derivatives."""

KERNELS = {
    "identity": ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1),
    "box": ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
    "Gaussian": ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
    "sharpen": ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1),
    "Sobel right": ([[1, 0, -1], [2, 0, -2], [1, 0, -1]], 8),
    "Sobel down": ([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], 8),
    "Laplace": ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], 1),
    "emboss": ([[2, 1, 0], [1, 1, -1], [0, -1, -2]], 1),
}
"""Well-known kernels of 3 × 3 to convolve with: whole weights, and the number that divides them."""


def pad(image: ArrayLike, rows: int, columns: int, border: str = "symmetric") -> np.ndarray:
    """Continue a picture on all four sides.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    rows, columns : int
        How many to add above and below, and left and right.
    border : {"symmetric", "reflect", "edge", "wrap", "zero", "valid"}
        After the pixels ``a b c d`` come, in this order: ``d c b``, ``c b a``, ``d d d``,
        ``a b c``, zeros; "valid" adds nothing, and the filtered picture is smaller.

    Returns
    -------
    ndarray (h + 2·rows, w + 2·columns, ...), float

    Examples
    --------
    >>> pad([[1, 2, 3]], 0, 2, "reflect").tolist()
    [[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """
    image = as_image(image)
    if border == "valid":
        return image
    if border not in BORDERS:
        raise ValueError(f"border must be one of {[*BORDERS, 'valid']}; got {border!r}.")
    widths = [(rows, rows), (columns, columns)] + [(0, 0)] * (image.ndim - 2)
    return np.pad(image, widths, mode=BORDERS[border])


def convolve_by_definition(image: ArrayLike, kernel: ArrayLike, border: str = "zero") -> np.ndarray:
    """Convolve a grey picture with four loops, as the definition is written: to read, not to use.

    Examples
    --------
    >>> convolve_by_definition([[0, 1, 0]], [[1, 2, 3]]).tolist()  # a point becomes the kernel
    [[1.0, 2.0, 3.0]]
    """
    flipped = as_kernel(kernel)[::-1, ::-1]
    p, q = flipped.shape
    padded = pad(as_image(image, channels=1), p // 2, q // 2, border)
    h, w = padded.shape[0] - p + 1, padded.shape[1] - q + 1
    result = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for a in range(p):
                for b in range(q):
                    result[i, j] += flipped[a, b] * padded[i + a, j + b]
    return result


def correlate(image: ArrayLike, kernel: ArrayLike, border: str = "symmetric") -> np.ndarray:
    """Slide the kernel over the picture as it is, multiply and add.

    The loops run over the kernel's few entries; each step adds the whole picture, shifted.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    kernel : array-like (p, q), both odd
    border : str
        See `pad`.

    Returns
    -------
    ndarray of the image's shape; (h − p + 1, w − q + 1, ...) with border="valid".

    Raises
    ------
    ValueError
        For a kernel that is not two-dimensional, of even size, or, with "valid", larger than the
        picture.

    Examples
    --------
    >>> correlate([[0, 1, 0]], [[1, 2, 3]], border="zero").tolist()  # the kernel, turned around
    [[3.0, 2.0, 1.0]]
    """
    kernel = as_kernel(kernel)
    p, q = kernel.shape
    padded = pad(image, p // 2, q // 2, border)
    h, w = _valid_size(padded, p, q)
    result = np.zeros((h, w, *padded.shape[2:]), dtype=padded.dtype)
    for top in range(0, h, BAND):
        part = result[top : top + BAND]
        for (a, b), weight in np.ndenumerate(kernel.astype(padded.dtype)):
            if weight:
                part += weight * padded[top + a : top + a + len(part), b : b + w]
    return result


def convolve(image: ArrayLike, kernel: ArrayLike, border: str = "symmetric") -> np.ndarray:
    """Flip the kernel in both directions, slide, multiply and add. Parameters as `correlate`.

    Examples
    --------
    >>> convolve([[0, 1, 0]], [[1, 2, 3]], border="zero").tolist()
    [[1.0, 2.0, 3.0]]
    """
    return correlate(image, as_kernel(kernel)[::-1, ::-1], border)


def convolve_fft(image: ArrayLike, kernel: ArrayLike, border: str = "symmetric") -> np.ndarray:
    """Convolve by multiplying Fourier transforms; parameters and result as `convolve`.

    Its cost hardly depends on the kernel's size. The transform's own border is "wrap": the
    result's first p − 1 rows and q − 1 columns hold wrapped values and are cut off.

    Examples
    --------
    >>> convolve_fft([[0, 1, 0]], [[1, 2, 3]], border="zero").round(6).tolist()
    [[1.0, 2.0, 3.0]]
    """
    kernel = as_kernel(kernel)
    p, q = kernel.shape
    padded = pad(image, p // 2, q // 2, border)
    _valid_size(padded, p, q)
    size = [fft.next_fast_len(n, real=True) for n in padded.shape[:2]]
    weights = kernel.reshape(p, q, *[1] * (padded.ndim - 2)).astype(padded.dtype)
    product = fft.rfft2(padded, size, axes=(0, 1)) * fft.rfft2(weights, size, axes=(0, 1))
    result = fft.irfft2(product, size, axes=(0, 1))
    return result[p - 1 : padded.shape[0], q - 1 : padded.shape[1]]


def separate(kernel: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Write a kernel as a column times a row.

    Returns
    -------
    column (p,), row (q,) with kernel = np.outer(column, row)

    Raises
    ------
    ValueError
        If the kernel has not rank 1: then no column and row make it.

    Examples
    --------
    >>> column, row = separate(SOBEL_X)
    >>> bool(np.allclose(np.outer(column, row), SOBEL_X))
    True
    """
    kernel = as_kernel(kernel)
    U, s, Vt = np.linalg.svd(kernel)
    rank = int(np.sum(s > 1e-10 * s[0]))
    if rank != 1:
        raise ValueError(f"the kernel has rank {rank}, not 1, so it is not separable: convolve it.")
    root = np.sqrt(s[0])
    return root * U[:, 0], root * Vt[0]


def convolve_separable(
    image: ArrayLike, column: ArrayLike, row: ArrayLike, border: str = "symmetric"
) -> np.ndarray:
    """Convolve with the kernel np.outer(column, row): p + q products a pixel instead of p·q.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    column, row : array-like (p,) and (q,), both of odd length
    border : str
        See `pad`.

    Raises
    ------
    ValueError
        If column or row has not one axis of odd length.

    Examples
    --------
    >>> convolve_separable([[0, 0, 0], [0, 1, 0], [0, 0, 0]], [1, 2, 1], [1, 0, -1]).tolist()
    [[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]
    """
    for name, weights in {"column": column, "row": row}.items():
        if np.ndim(weights) != 1:
            raise ValueError(f"{name} must have one axis; its shape is {np.shape(weights)}.")
    column = as_kernel(np.reshape(column, (-1, 1)))[:, 0]
    row = as_kernel(np.reshape(row, (1, -1)))[0]
    padded = pad(image, len(column) // 2, len(row) // 2, border)

    def filter_band(band: np.ndarray) -> np.ndarray:
        return _weighted_sums(_weighted_sums(band, column, axis=0), row, axis=1)

    return _in_bands(padded, len(column), len(row), filter_band)


def mean_filter(image: ArrayLike, size: int, border: str = "symmetric") -> np.ndarray:
    """Replace each pixel by the mean of the size × size pixels around it (the box filter).

    Sums of 2, 4, 8 … neighbours build on one another, so the cost grows with log(size).

    Examples
    --------
    >>> mean_filter([[0, 0, 9, 0, 0]], 3).tolist()
    [[0.0, 3.0, 3.0, 3.0, 0.0]]
    """
    size = odd_size(size)
    padded = pad(image, size // 2, size // 2, border)

    def filter_band(band: np.ndarray) -> np.ndarray:
        sums = _running_sums(_running_sums(band, size, axis=0), size, axis=1)
        sums /= size * size
        return sums

    return _in_bands(padded, size, size, filter_band)


def gaussian_weights(sigma: float, truncate: float = 4.0) -> np.ndarray:
    """Return the bell curve at whole pixels up to truncate·sigma, with the sum 1.

    Examples
    --------
    >>> gaussian_weights(0.5).round(3).tolist()
    [0.0, 0.106, 0.787, 0.106, 0.0]
    """
    sigma = check_number("sigma", sigma, above=0)
    truncate = check_number("truncate", truncate, above=0)
    radius = int(truncate * sigma + 0.5)
    x = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (x / sigma) ** 2)
    return weights / weights.sum()


def gaussian_filter(
    image: ArrayLike, sigma: float, border: str = "symmetric", truncate: float = 4.0
) -> np.ndarray:
    """Blur with a Gaussian of standard deviation sigma, in pixels.

    Examples
    --------
    >>> gaussian_filter(np.ones((3, 3)), 2.0).round(12).tolist()[0]
    [1.0, 1.0, 1.0]
    """
    weights = gaussian_weights(sigma, truncate)
    return convolve_separable(image, weights, weights, border)


def kernel_of(kind: str, size: int) -> np.ndarray:
    """Return a well-known kernel of size × size weights.

    Parameters
    ----------
    kind : {"mean", "Gaussian", "derivative", "Laplace", "sharpen"}
        "derivative" is that of a Gaussian to the right, "Laplace" the sum of both its second
        derivatives; "sharpen" is twice the middle pixel less a Gaussian.
    size : int, odd, 3 or more
        All but the mean are cut off at 3 standard deviations, so sigma is size / 6.

    Returns
    -------
    ndarray (size, size), to convolve with. A slope of 1 per pixel gives 1, and x²/2 gives 1.

    Examples
    --------
    >>> kernel_of("mean", 3).sum().round(12).item()
    1.0
    """
    size = odd_size(size)
    if size < 3:
        raise ValueError(f"size must be 3 or more; got {size}.")
    x = np.arange(size) - size // 2
    bell = np.exp(-0.5 * (x / (size / 6)) ** 2)
    bell /= bell.sum()
    slope = -x * bell / np.sum(x**2 * bell)
    bend = (x**2 - np.sum(x**2 * bell)) * bell  # sums to 0
    bend *= 2 / np.sum(x**2 * bend)
    middle = np.outer(x == 0, x == 0).astype(float)
    kernels = {
        "mean": np.full((size, size), 1 / size**2),
        "Gaussian": np.outer(bell, bell),
        "derivative": np.outer(bell, slope),
        "Laplace": np.outer(bell, bend) + np.outer(bend, bell),
        "sharpen": 2 * middle - np.outer(bell, bell),
    }
    if kind not in kernels:
        raise ValueError(f"kind must be one of {list(kernels)}; got {kind!r}.")
    return kernels[kind]


def sobel(image: ArrayLike, border: str = "symmetric") -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes to the right and downwards, in grey levels per pixel.

    Examples
    --------
    >>> ramp = np.tile(np.arange(5.0), (3, 1))
    >>> [slope[1, 2].item() for slope in sobel(ramp)]
    [1.0, 0.0]
    """
    smooth, difference = np.array([1, 2, 1]) / 4, np.array([1, 0, -1]) / 2
    right = convolve_separable(image, smooth, difference, border)
    down = convolve_separable(image, difference, smooth, border)
    return right, down


def laplacian(image: ArrayLike, border: str = "symmetric") -> np.ndarray:
    """Return the sum of both second derivatives: zero on ramps, of both signs beside an edge.

    Examples
    --------
    >>> laplacian([[0, 0, 1, 1]]).tolist()
    [[0.0, 1.0, -1.0, 0.0]]
    """
    return convolve(image, LAPLACE, border)


def sharpen(
    image: ArrayLike, amount: float = 1.0, sigma: float = 1.0, border: str = "symmetric"
) -> np.ndarray:
    """Add to the picture what a Gaussian blur takes from it (unsharp masking).

    out = image + amount·(image − blurred). The result can leave the range of the picture.

    Examples
    --------
    >>> sharpen([[0.5, 0.5, 0.5]], amount=3.0).tolist()  # nothing to sharpen
    [[0.5, 0.5, 0.5]]
    """
    image, amount = as_image(image), check_number("amount", amount, least=0)
    if border == "valid":
        raise ValueError("sharpen adds two pictures of one size: border cannot be 'valid'.")
    return image + amount * (image - gaussian_filter(image, sigma, border))


def as_kernel(kernel: ArrayLike) -> np.ndarray:
    """Return a kernel as float64, or say what is wrong with it."""
    array = np.asarray(kernel)
    if array.dtype.kind not in "buif":
        raise TypeError(f"kernel must hold real numbers; its type is {array.dtype}.")
    if array.ndim != 2 or not all(n % 2 for n in array.shape):
        raise ValueError(
            "kernel must have two axes, each of odd length, so that it has a middle; "
            f"its shape is {array.shape}."
        )
    if not np.all(np.isfinite(array)):
        raise ValueError("kernel holds NaN or infinite values.")
    return array.astype(np.float64)


def _valid_size(padded: np.ndarray, p: int, q: int) -> tuple[int, int]:
    """Return how many rows and columns a p × q window can stand in."""
    h, w = padded.shape[0] - p + 1, padded.shape[1] - q + 1
    if h < 1 or w < 1:
        raise ValueError(
            f"a {p} × {q} kernel does not fit into a picture of {padded.shape[0]} × "
            f"{padded.shape[1]} pixels with border='valid'."
        )
    return h, w


def _in_bands(padded, p: int, q: int, filter_band) -> np.ndarray:
    """Apply a filter with a p × q window to bands of rows of an already padded picture."""
    h, w = _valid_size(padded, p, q)
    result = np.empty((h, w, *padded.shape[2:]), dtype=padded.dtype)
    for top in range(0, h, BAND):
        result[top : top + BAND] = filter_band(padded[top : top + BAND + p - 1])
    return result


def _window(array: np.ndarray, start: int, length: int, axis: int) -> np.ndarray:
    """Return a view of ``length`` rows (axis 0) or columns (axis 1) from ``start`` on."""
    return array[start : start + length] if axis == 0 else array[:, start : start + length]


def _weighted_sums(array: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    """Convolve along one axis, without padding; mirrored weights are multiplied once."""
    k, dtype = len(weights), array.dtype.type
    n, middle = array.shape[axis] - k + 1, k // 2
    mirrored = np.array_equal(weights, weights[::-1])
    total = dtype(weights[middle]) * _window(array, middle, n, axis)
    term = np.empty_like(total)
    for j in range(middle):
        first, last = _window(array, k - 1 - j, n, axis), _window(array, j, n, axis)
        if mirrored:
            np.add(first, last, out=term)
            term *= dtype(weights[j])
            total += term
        else:
            total += np.multiply(first, dtype(weights[j]), out=term)
            total += np.multiply(last, dtype(weights[k - 1 - j]), out=term)
    return total


def _running_sums(array: np.ndarray, size: int, axis: int) -> np.ndarray:
    """Return the sums of ``size`` neighbours along one axis, by the binary digits of ``size``.

    A sum of 7 is one of 4, one of 2 and one of 1, each twice as long as the next.
    """
    n = array.shape[axis] - size + 1
    block, length, start = array, 1, 0
    total = None
    while True:
        if size & length:
            part = _window(block, start, n, axis)
            total = part.copy() if total is None else np.add(total, part, out=total)
            start += length
        length *= 2
        if length > size:
            return total
        m = block.shape[axis] - length // 2
        block = _window(block, 0, m, axis) + _window(block, length // 2, m, axis)
