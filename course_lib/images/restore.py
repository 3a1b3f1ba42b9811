"""Blur and noise undone: deconvolution, and denoising that keeps edges.

    image   (h, w) or (h, w, c)   what the camera gave: y = k ∗ x + noise
    kernel  (p, q), both odd      how a point spreads (point spread function k), with the sum 1
    H       (h, w // 2 + 1)       the kernel's transfer function: what a blur leaves of each wave
    ratio   number or shape of H  power of the noise over that of the clean picture, K

Colour channels are restored one by one unless said otherwise. The filters in frequency space take
the picture as one tile of an endless pattern (border "wrap"), where a blur is a product: Y = H·X.
Gonzalez and Woods (2018), *Digital Image Processing*, chapter 5.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft, optimize

from course_lib.checks import check_number, check_whole
from course_lib.images.checking import as_image, odd_size, same_shape
from course_lib.images.filters import (
    BAND,
    as_kernel,
    convolve_fft,
    convolve_separable,
    gaussian_weights,
    mean_filter,
    pad,
)

STRIPS = 64
"""Strips of a pixel whose covered parts `disk_kernel` adds up."""


# ---------------------------------------------------------------- kernels of blur


def gaussian_kernel(sigma: float, truncate: float = 4.0) -> np.ndarray:
    """Return the blur of turbulent air: a bell of standard deviation sigma pixels, with sum 1.

    Examples
    --------
    >>> gaussian_kernel(0.5)[2].round(3).tolist()
    [0.0, 0.084, 0.619, 0.084, 0.0]
    """
    weights = gaussian_weights(sigma, truncate)
    return np.outer(weights, weights)


def motion_kernel(length: float, angle: float = 0.0) -> np.ndarray:
    """Return the blur of a camera that moves while the shutter is open.

    A weight is the share of the time that a point spends in that pixel of its straight way.

    Parameters
    ----------
    length : float
        Of the way, in pixels.
    angle : float
        Of the way, in degrees, counter-clockwise from the right.

    Returns
    -------
    ndarray (p, p) with p odd and the sum 1

    Examples
    --------
    >>> motion_kernel(3).round(3).tolist()
    [[0.0, 0.0, 0.0], [0.333, 0.333, 0.333], [0.0, 0.0, 0.0]]
    """
    length = check_number("length", length, above=0)
    radians = math.radians(check_number("angle", angle))
    steps = [-math.sin(radians), math.cos(radians)]  # rows and columns a unit of way; rows go down
    r = max(math.ceil(length / 2 - 0.5), 0)
    between = np.arange(-r, r) + 0.5  # where one pixel ends and the next begins
    meets = [between / step for step in steps if abs(step) > 1e-12]
    ends = np.concatenate([*meets, [-length / 2, length / 2]])
    ends = np.clip(np.sort(ends), -length / 2, length / 2)
    parts, middles = np.diff(ends), (ends[1:] + ends[:-1]) / 2
    kept = parts > 1e-12 * length
    kernel = np.zeros((2 * r + 1, 2 * r + 1))
    places = tuple(np.rint(step * middles[kept]).astype(int) + r for step in steps)
    np.add.at(kernel, places, parts[kept])
    return kernel / kernel.sum()


def disk_kernel(radius: float) -> np.ndarray:
    """Return the blur of a lens out of focus: an evenly lit disk, with the sum 1.

    A weight is the part of the pixel that the disk covers.

    Parameters
    ----------
    radius : float
        In pixels.

    Examples
    --------
    >>> disk_kernel(1).round(2).tolist()
    [[0.03, 0.15, 0.03], [0.15, 0.32, 0.15], [0.03, 0.15, 0.03]]
    """
    radius = check_number("radius", radius, above=0)
    r = max(math.ceil(radius - 0.5), 0)
    pixels = np.arange(-r, r + 1)
    x = pixels[:, None] + (np.arange(STRIPS) + 0.5) / STRIPS - 0.5  # (p, STRIPS)
    half_chord = np.sqrt(np.maximum(radius**2 - x**2, 0))[..., None]  # (p, STRIPS, 1)
    low, high = np.maximum(pixels - 0.5, -half_chord), np.minimum(pixels + 0.5, half_chord)
    kernel = np.maximum(high - low, 0).mean(axis=1)  # (p, p)
    kernel = kernel + kernel.T  # the strips run one way only
    return kernel / kernel.sum()


# ---------------------------------------------------------------- deconvolution


def transfer(kernel: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return what convolving with a kernel (border "wrap") does to each wave of a picture.

    Parameters
    ----------
    kernel : array-like (p, q), both odd
    shape : tuple
        Of the picture: h, w, and channels if any, which do not count.

    Returns
    -------
    complex ndarray (h, w // 2 + 1), in the order of `scipy.fft.rfft2`

    Raises
    ------
    ValueError
        If the kernel is larger than the picture.

    Examples
    --------
    >>> transfer(np.full((1, 3), 1 / 3), (1, 6)).real.round(3).tolist()  # 1/3 cycles a pixel: gone
    [[1.0, 0.667, 0.0, -0.333]]
    """
    kernel = as_kernel(kernel)
    h, w = shape[:2]
    p, q = kernel.shape
    if p > h or q > w:
        raise ValueError(f"kernel must fit into the picture of {h} × {w}; its shape is {(p, q)}.")
    tile = np.zeros((h, w))
    tile[:p, :q] = kernel
    return fft.rfft2(np.roll(tile, (-(p // 2), -(q // 2)), axis=(0, 1)))


def blur(image: ArrayLike, kernel: ArrayLike, border: str = "wrap") -> np.ndarray:
    """Spread every point as the kernel says: `convolve_fft` with the border of this file.

    Examples
    --------
    >>> blur([[0.0, 0.0, 0.0, 9.0]], [[1, 1, 1]]).round(9).tolist()  # the row goes round
    [[9.0, 0.0, 9.0, 9.0]]
    """
    return convolve_fft(image, kernel, border)


def inverse_filter(image: ArrayLike, kernel: ArrayLike, floor: float = 1e-12) -> np.ndarray:
    """Divide each wave by what the blur left of it: X = Y / H.

    Exact without noise. A wave of which a hundredth is left has its noise multiplied by a hundred.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    kernel : array-like (p, q), both odd
    floor : float
        Waves with |H| ≤ floor are lost, and stay 0.

    Returns
    -------
    ndarray of the image's shape

    Examples
    --------
    >>> sharp = np.eye(7)
    >>> kernel = motion_kernel(3)
    >>> bool(np.allclose(inverse_filter(blur(sharp, kernel), kernel), sharp))
    True
    """
    image, floor = as_image(image), check_number("floor", floor, least=0)
    H = transfer(kernel, image.shape)
    left = np.abs(H) > floor
    return _filtered(image, np.where(left, 1 / np.where(left, H, 1), 0))


def wiener_deconvolution(image: ArrayLike, kernel: ArrayLike, ratio: ArrayLike) -> np.ndarray:
    """Undo a blur as far as the noise allows: X = conj(H) / (|H|² + K) · Y.

    Where the blur left more than the noise, |H|² ≫ K, this is the inverse filter; where it left
    less, the wave is weakened. With K = noise power / signal power of each wave, it is the linear
    filter with the least expected squared error.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    kernel : array-like (p, q), both odd
    ratio : float or array-like (h, w // 2 + 1)
        K. One number is taken for all waves but the constant one: the mean of the picture stays,
        as its noise is that of the mean of all pixels. See `noise_to_signal`, `ratio_by_gcv` and
        `ratio_by_discrepancy`.

    Returns
    -------
    ndarray of the image's shape

    Raises
    ------
    ValueError
        For a negative ratio or an array of another shape.

    Notes
    -----
    Two Fourier transforms. With K = balance·|transfer(LAPLACE, shape)|² it is
    `skimage.restoration.wiener`. Wiener (1949); Gonzalez and Woods (2018), section 5.8.

    Examples
    --------
    >>> y = blur(np.eye(7), gaussian_kernel(0.5))
    >>> bool(np.allclose(wiener_deconvolution(y, gaussian_kernel(0.5), 0), np.eye(7)))
    True
    """
    image = as_image(image)
    H = transfer(kernel, image.shape)
    power = np.abs(H) ** 2 + _ratio(ratio, H.shape)
    return _filtered(image, np.conj(H) / np.where(power > 0, power, np.inf))


def noise_to_signal(reference: ArrayLike, sigma: float) -> np.ndarray:
    """Return the ratio K of each wave for white noise sigma on a picture like the reference.

    A wave of the reference that is 0 gets infinity: nothing of it can be worth keeping.

    Returns
    -------
    ndarray (h, w // 2 + 1); for colours, from the mean power of the channels.

    Examples
    --------
    >>> noise_to_signal([[1.0, 0.0]], 0.1).round(3).tolist()
    [[0.02, 0.02]]
    """
    reference = as_image(reference, "reference")
    h, w = reference.shape[:2]
    noise = h * w * check_number("sigma", sigma, least=0) ** 2
    power = np.abs(fft.rfft2(reference.reshape(h, w, -1), axes=(0, 1))) ** 2
    power = power.mean(axis=2)
    tiny = power <= 1e-20 * power.max(initial=0)
    return np.where(tiny, np.inf, noise / np.where(tiny, 1, power))


def gcv_score(image: ArrayLike, kernel: ArrayLike, ratio: ArrayLike) -> float:
    """Return the generalised cross-validation score of a ratio: small where pixels are foretold.

    With A = |H|² / (|H|² + K), the share of each wave that blurring the restored picture gives
    back, it is mean |(1 − A) Y|² / (mean (1 − A))², over all waves. It stands for leaving out one
    pixel after the other and foretelling it, and needs neither the clean picture nor the noise.

    Golub, Heath and Wahba (1979), Technometrics 21, 215-223.

    Examples
    --------
    >>> y = np.random.default_rng(0).normal(size=(16, 16))
    >>> gcv_score(y, [[1.0]], 1.0) > 0
    True
    """
    image = as_image(image)
    H = transfer(kernel, image.shape)
    Y, waves = _power(image)
    kept = _kept(H, _ratio(ratio, H.shape))
    lost = np.sum(waves * (1 - kept)) / waves.sum()
    if lost == 0:
        raise ValueError("ratio must be above 0: with 0 nothing is left to foretell.")
    return float(np.sum(waves * (1 - kept) ** 2 * Y) / waves.sum() / lost**2)


def ratio_by_gcv(
    image: ArrayLike, kernel: ArrayLike, low: float = 1e-8, high: float = 10.0
) -> float:
    """Return the number K between low and high with the least `gcv_score`.

    The best of forty on a logarithmic scale, then a search between its neighbours.

    Examples
    --------
    >>> x = np.outer(np.hanning(32), np.hanning(32))
    >>> y = blur(x, gaussian_kernel(1)) + np.random.default_rng(0).normal(scale=0.01, size=x.shape)
    >>> 1e-4 < ratio_by_gcv(y, gaussian_kernel(1)) < 1
    True
    """
    image, kernel = as_image(image), as_kernel(kernel)
    low, high = check_number("low", low, above=0), check_number("high", high, above=low)
    grid = np.linspace(math.log(low), math.log(high), 40)

    def score(logarithm: float) -> float:
        return gcv_score(image, kernel, math.exp(logarithm))

    best = int(np.argmin([score(t) for t in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, 39)])
    found = optimize.minimize_scalar(score, bounds=around, method="bounded")
    return math.exp(found.x if found.fun < score(grid[best]) else grid[best])


def ratio_by_discrepancy(image: ArrayLike, kernel: ArrayLike, sigma: float) -> float:
    """Return the number K at which what the restored picture leaves unexplained is the noise.

    The residual y − k ∗ x grows with K; its mean square shall be sigma² (Morozov 1966).

    Raises
    ------
    ValueError
        If sigma is not between 0 and the picture's own standard deviation.

    Examples
    --------
    >>> y = np.random.default_rng(0).normal(size=(16, 16))
    >>> K = ratio_by_discrepancy(y, gaussian_kernel(1), 0.5)
    >>> rest = y - blur(wiener_deconvolution(y, gaussian_kernel(1), K), gaussian_kernel(1))
    >>> round(float(np.sqrt(np.mean(rest**2))), 6)
    0.5
    """
    image, sigma = as_image(image), check_number("sigma", sigma, above=0)
    H = transfer(kernel, image.shape)
    Y, waves = _power(image)

    def excess(logarithm: float) -> float:
        kept = _kept(H, _ratio(math.exp(logarithm), H.shape))
        return float(np.sum(waves * (1 - kept) ** 2 * Y) / waves.sum() - sigma**2)

    low, high = math.log(1e-14), math.log(1e14)
    if excess(low) > 0 or excess(high) < 0:
        raise ValueError(
            f"sigma must lie between what no K can explain and the picture's own standard "
            f"deviation, {image.std():g}; got {sigma:g}."
        )
    return math.exp(optimize.brentq(excess, low, high, xtol=1e-12))


def richardson_lucy(
    image: ArrayLike,
    kernel: ArrayLike,
    steps: int = 30,
    border: str = "wrap",
    start: ArrayLike | None = None,
) -> np.ndarray:
    """Deblur counts of light: raise their likelihood under Poisson noise, step by step.

    Every step multiplies the estimate x by how much more light came than it foretells, gathered
    from where its light goes:

        x ← x · kᵀ(y / k(x)) / kᵀ(1)

    The estimate never becomes negative, and the likelihood never falls. Many steps fit the noise.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c), 0 or more
    kernel : array-like (p, q), both odd, 0 or more
    steps : int
    border : {"wrap", "zero"}
        Where the light comes from and goes to outside of the picture: the other side, or nowhere.
    start : array-like of the image's shape, optional
        0.5 everywhere by default. A result continues where it stopped.

    Returns
    -------
    ndarray of the image's shape

    Raises
    ------
    ValueError
        For a negative pixel, a kernel with negative weights or without any, another border.

    Notes
    -----
    Four Fourier transforms a step. `skimage.restoration.richardson_lucy` has the border "zero" and
    leaves out the division by kᵀ(1), which is 1 but for the rim, where it then loses light.
    Richardson (1972), Lucy (1974); as maximum likelihood, Shepp and Vardi (1982).

    Examples
    --------
    >>> y = blur(np.eye(9), gaussian_kernel(0.7))
    >>> x = richardson_lucy(y, gaussian_kernel(0.7), 200)
    >>> y.max().round(2).item(), x.max().round(2).item()
    (0.4..., 0.9...)
    """
    image, kernel = as_image(image), as_kernel(kernel)
    if image.min() < 0:
        raise ValueError(f"image must hold no negative values; the least is {image.min():g}.")
    if kernel.min() < 0 or kernel.max() == 0:
        raise ValueError("kernel must hold no negative weights, and one above 0.")
    if border not in ("wrap", "zero"):
        raise ValueError(f"border must be one of ['wrap', 'zero']; got {border!r}.")
    x = np.full_like(image, 0.5) if start is None else as_image(start, "start")
    same_shape(image, x, ("image", "start"))
    spread, gather = _spread_and_gather(kernel, image, border)
    reach = gather(np.ones_like(image))  # how much of a pixel's light arrives in the picture
    for _ in range(check_whole("steps", steps, 0)):
        foretold = spread(x)
        x = x * gather(image / np.maximum(foretold, 1e-12)) / reach
        x = np.maximum(x, 0)  # rounding of the transforms
    return x


def poisson_log_likelihood(
    image: ArrayLike, estimate: ArrayLike, kernel: ArrayLike, border: str = "wrap"
) -> float:
    """Return Σ y·log m − m for the pixels y of the image and m of the blurred estimate.

    What Richardson and Lucy's steps raise; the constant log y! is left out.

    Examples
    --------
    >>> poisson_log_likelihood([[1.0, 1.0]], [[1.0, 1.0]], [[1.0]])
    -2.0
    """
    image, estimate = as_image(image), as_image(estimate, "estimate")
    same_shape(image, estimate, ("image", "estimate"))
    mean = np.maximum(blur(estimate, kernel, border), 1e-12)
    return float(np.sum(image * np.log(mean) - mean))


# ---------------------------------------------------------------- denoising that keeps edges


class Rof(NamedTuple):
    """A picture with little total variation, and how far it can be from the one with least energy.

    image   of the shape that was given
    energy  ½ Σ (image − noisy)² + weight · total variation
    gap     energy less a lower bound of all energies: the least is at most so far below
    steps   how many
    """

    image: np.ndarray
    energy: float
    gap: float
    steps: int


def total_variation(image: ArrayLike) -> float:
    """Return the sum of the lengths of all gradients, by differences to the next pixel.

    Examples
    --------
    >>> total_variation([[0, 0, 2, 2], [0, 0, 2, 2]])  # an edge of height 2 and length 2
    4.0
    """
    down, right = _differences(_layers(as_image(image)))
    return float(np.sum(np.sqrt(down * down + right * right)))


def minimize_rof(
    image: ArrayLike, weight: float, accuracy: float = 2e-3, max_steps: int = 2000
) -> Rof:
    """Return the picture u with the least ½ Σ (u − image)² + weight · total_variation(u).

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    weight : float
        In units of the picture: a flat disk of radius r moves by 2·weight / r.
    accuracy : float
        Stop when the root mean square distance to the minimiser is at most this for sure.
    max_steps : int

    Returns
    -------
    Rof

    Notes
    -----
    Every u = image − Dᵀp with dual vectors |p| ≤ weight at each pixel, D the differences. As the
    energy is strongly convex, ½‖u − u*‖² ≤ gap. Accelerated projected gradient steps on p (Beck
    and Teboulle 2009); one costs some twenty operations a pixel.
    Rudin, Osher and Fatemi (1992); Chambolle (2004).

    Examples
    --------
    >>> minimize_rof([[0.0, 0.0, 1.0, 1.0]], 0.2).image.round(2).tolist()  # the step: lower, sharp
    [[0.1, 0.1, 0.9, 0.9]]
    """
    image = as_image(image)
    weight = check_number("weight", weight, least=0)
    accuracy = check_number("accuracy", accuracy, above=0)
    max_steps = check_whole("max_steps", max_steps)
    f = _layers(image)  # (c, h, w)
    p, q, t = np.zeros((2, *f.shape), dtype=f.dtype), np.zeros((2, *f.shape), dtype=f.dtype), 1.0
    for step in range(1, max_steps + 1):
        u = f - _adjoint(q)
        _add_differences(u, q, 1 / 8)  # 8 bounds the largest eigenvalue of D Dᵀ
        _shorten(q, weight)  # q is the new p
        t, before = (1 + math.sqrt(1 + 4 * t * t)) / 2, t
        np.subtract(q, p, out=p)
        p *= (before - 1) / t
        p, q = q, np.add(q, p, out=p)
        if step % 10 == 0 or step == max_steps:
            u = f - _adjoint(p)
            gap, variation = _gap(u, p, weight)
            if gap <= 0.5 * f.size * accuracy**2:
                break
    energy = 0.5 * float(np.sum((u - f) ** 2)) + weight * variation
    return Rof(np.moveaxis(u, 0, -1).reshape(image.shape), energy, gap, step)


def tv_denoise(image: ArrayLike, weight: float, accuracy: float = 2e-3) -> np.ndarray:
    """Remove noise by total variation: the picture of `minimize_rof`.

    Flat regions and their sharp edges cost little, noise and fine texture much. `weight` near the
    noise's standard deviation is a start.

    Examples
    --------
    >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, size=(40, 40))
    >>> bool(tv_denoise(noisy, 0.2).std() < 0.02)
    True
    """
    return minimize_rof(image, weight, accuracy).image


def nl_means(
    image: ArrayLike,
    h: float,
    sigma: float = 0.0,
    patch: int = 5,
    reach: int = 6,
    spread: float | None = None,
) -> np.ndarray:
    """Replace each pixel by a mean of those nearby whose surroundings look alike.

    The weight of a pixel is exp(−max(d² − 2σ², 0) / h²), where d² is the mean squared difference of
    the two patches, over all channels: two noisy views of one patch are 2σ² apart.

    Parameters
    ----------
    image : array-like (h, w) or (h, w, c)
    h : float
        Strength, in the picture's units. Near 0.8·sigma if sigma is given, else near sigma.
    sigma : float
        Standard deviation of the noise.
    patch : int, odd
        Side of a patch.
    reach : int
        How many pixels up, down, left and right to look, inside of the picture.
    spread : float, optional
        Standard deviation, in pixels, of a Gaussian that weighs the differences in a patch; by
        default all count the same.

    Returns
    -------
    ndarray of the image's shape

    Notes
    -----
    (2·reach + 1)² / 2 filters of patch × patch pixels: each pair is compared once.
    `skimage.restoration.denoise_nl_means` with fast_mode=False has spread = (patch − 1) / 4, leaves
    out weights below e⁻⁵ and computes the others within 4 %. Buades, Coll and Morel (2005), CVPR.

    Examples
    --------
    >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, size=(40, 40))
    >>> bool(nl_means(noisy, 0.08, 0.1).std() < 0.03)
    True
    """
    image = as_image(image)
    strength = check_number("h", h, above=0) ** 2
    noise = 2 * check_number("sigma", sigma, least=0) ** 2
    patch, reach = odd_size(patch, "patch"), check_whole("reach", reach)
    bell = None if spread is None else _bell(patch, check_number("spread", spread, above=0))
    pixels = _layers(image)  # (c, h, w)
    _, rows, columns = pixels.shape
    r = patch // 2
    if r >= min(rows, columns):
        raise ValueError(f"patch must be less than twice the picture's shorter side; got {patch}.")
    padded = _layers(pad(image, r, r, "reflect"))
    total, weights = pixels.copy(), np.ones((rows, columns), dtype=image.dtype)
    for a, b in _half_of_all_shifts(min(reach, rows - 1), min(reach, columns - 1)):
        first, last = max(0, -b), columns - max(0, b)
        for top in range(0, rows - a, BAND):
            bottom = min(top + BAND, rows - a)
            one = np.s_[top:bottom, first:last]
            two = np.s_[top + a : bottom + a, first + b : last + b]
            w = _likeness(padded, one, (a, b), r, bell)
            w -= noise
            np.maximum(w, 0, out=w)
            w /= -strength
            np.exp(w, out=w)
            weights[one] += w
            weights[two] += w
            for layer, result in zip(pixels, total, strict=True):
                result[one] += w * layer[two]
                result[two] += w * layer[one]
    return np.moveaxis(total / weights, 0, -1).reshape(image.shape)


def _bell(patch: int, spread: float) -> np.ndarray:
    """Return `patch` weights of a Gaussian with the sum 1."""
    weights = np.exp(-0.5 * ((np.arange(patch) - patch // 2) / spread) ** 2)
    return weights / weights.sum()


def _likeness(padded: np.ndarray, box: tuple, shift: tuple[int, int], r: int, bell) -> np.ndarray:
    """Return the mean squared difference of the patches around the pixels of a box and of those
    shifted from there.
    """
    (top, bottom), (left, right) = ((side.start, side.stop + 2 * r) for side in box)
    a, b = shift
    squares = 0
    for layer in padded:
        d = layer[top:bottom, left:right] - layer[top + a : bottom + a, left + b : right + b]
        d *= d
        squares = squares + d if len(padded) > 1 else d
    squares /= len(padded)
    if bell is None:
        return mean_filter(squares, 2 * r + 1, "valid")
    return convolve_separable(squares, bell, bell, "valid")


# ---------------------------------------------------------------- helpers


def _filtered(image: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Multiply the waves of a picture by a response (h, w // 2 + 1)."""
    h, w = image.shape[:2]
    response = response.reshape(*response.shape, *[1] * (image.ndim - 2))
    result = fft.irfft2(response * fft.rfft2(image, axes=(0, 1)), (h, w), axes=(0, 1))
    return result.astype(image.dtype, copy=False)


def _ratio(ratio: ArrayLike, shape: tuple[int, int]) -> np.ndarray:
    """Return a ratio for each wave; a single number does not weaken the mean."""
    ratio = np.asarray(ratio, dtype=float)
    if ratio.shape not in ((), shape) or not np.all(ratio >= 0):
        raise ValueError(
            f"ratio must be a number, or an array of shape {shape}, of at least 0; "
            f"got {ratio if ratio.ndim == 0 else ratio.shape}."
        )
    if ratio.ndim == 0:
        ratio = np.full(shape, ratio)
        ratio[0, 0] = 0
    return ratio


def _kept(H: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Return the share |H|² / (|H|² + K) of each wave that passes restoring and blurring again."""
    power = np.abs(H) ** 2
    whole = power + ratio
    return np.where(whole > 0, power / np.where(whole > 0, whole, 1), 0)


def _power(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean power of each wave per pixel, and how often the half transform stands for it.

    The weighted mean of the power is the mean square of the pixels (Parseval).
    """
    h, w = image.shape[:2]
    Y = fft.rfft2(image.reshape(h, w, -1), axes=(0, 1))
    waves = np.full((h, w // 2 + 1), 2.0)
    waves[:, 0] = 1
    if w % 2 == 0:
        waves[:, -1] = 1
    return np.mean(np.abs(Y) ** 2, axis=2) / (h * w), waves


def _spread_and_gather(kernel: np.ndarray, image: np.ndarray, border: str):
    """Return the blur as a function of a picture, and its transpose."""
    if border == "zero":
        flipped = kernel[::-1, ::-1]
        return (
            lambda x: convolve_fft(x, kernel, "zero"),
            lambda x: convolve_fft(x, flipped, "zero"),
        )
    H = transfer(kernel, image.shape)
    return lambda x: _filtered(x, H), lambda x: _filtered(x, np.conj(H))


def _layers(image: np.ndarray) -> np.ndarray:
    """Return the channels first: (c, h, w)."""
    h, w = image.shape[:2]
    return np.ascontiguousarray(np.moveaxis(image.reshape(h, w, -1), -1, 0))


def _differences(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel below and that on the right less each pixel, 0 at the last: D u."""
    down, right = np.zeros_like(u), np.zeros_like(u)
    np.subtract(u[:, 1:], u[:, :-1], out=down[:, :-1])
    np.subtract(u[:, :, 1:], u[:, :, :-1], out=right[:, :, :-1])
    return down, right


def _adjoint(p: np.ndarray) -> np.ndarray:
    """Return Dᵀ p, minus the divergence of p (2, c, h, w)."""
    down, right = p
    result = np.zeros_like(down)
    result[:, 1:] += down[:, :-1]
    result[:, :-1] -= down[:, :-1]
    result[:, :, 1:] += right[:, :, :-1]
    result[:, :, :-1] -= right[:, :, :-1]
    return result


def _add_differences(u: np.ndarray, p: np.ndarray, factor: float) -> None:
    """Add factor · D u to p; u is scaled on the way."""
    u *= factor
    down, right = p
    down[:, :-1] += u[:, 1:]
    down[:, :-1] -= u[:, :-1]
    right[:, :, :-1] += u[:, :, 1:]
    right[:, :, :-1] -= u[:, :, :-1]


def _shorten(p: np.ndarray, length: float) -> None:
    """Shorten the vectors p (2, …) that are longer than length to that."""
    if length == 0:
        p[:] = 0
        return
    norm = p[0] * p[0]
    norm += p[1] * p[1]
    np.sqrt(norm, out=norm)
    norm /= length
    np.maximum(norm, 1, out=norm)
    p /= norm


def _gap(u: np.ndarray, p: np.ndarray, weight: float) -> tuple[float, float]:
    """Return Σ weight·|Du| − p·Du, energy less dual energy at u = f − Dᵀp, and Σ |Du|."""
    down, right = _differences(u)
    variation = float(np.sum(np.sqrt(down * down + right * right)))
    return max(weight * variation - float(np.sum(p[0] * down + p[1] * right)), 0.0), variation


def _half_of_all_shifts(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return one of each pair of opposite shifts (down, right) within reach, without (0, 0)."""
    shifts = [(a, b) for a in range(rows + 1) for b in range(-columns, columns + 1)]
    return [(a, b) for a, b in shifts if a > 0 or b > 0]
