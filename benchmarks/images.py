"""Rows of the table on pictures: one grey picture, beside SciPy's and scikit-image's."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import LIBRARIES, Candidate, Quality, Row, agreement, function, imported

MEGAPIXEL = {"n": 1024 * 1024}
SMALL = {"n": 256 * 256}
WEIGHT = 0.1
"""Of the total variation, beside noise of the same standard deviation."""


def noisy_picture(n: int) -> SimpleNamespace:
    """Return a square picture X of about n pixels, float64: waves and an edge under noise."""
    side = math.isqrt(n)
    i, j = np.mgrid[:side, :side] / 64
    X = 0.5 + 0.2 * np.sin(i + 0.3 * j**2 / (1 + j)) + 0.2 * (j > i)
    return SimpleNamespace(X=X + np.random.default_rng(0).normal(scale=0.1, size=X.shape))


def clipped_picture(n: int) -> SimpleNamespace:
    """Return the noisy picture X between black and white."""
    return SimpleNamespace(X=noisy_picture(n).X.clip(0, 1))


def blurred_picture(n: int) -> SimpleNamespace:
    """Return a blurred picture X, 0 or more, its kernel, and a ratio K for each wave."""
    from course_lib.images.filters import LAPLACE
    from course_lib.images.restore import blur, motion_kernel, transfer

    clean = noisy_picture(n).X.clip(0, 1)
    kernel = motion_kernel(9, 30)
    K = 0.05 * np.abs(transfer(LAPLACE, clean.shape)) ** 2
    return SimpleNamespace(X=blur(clean, kernel).clip(0), kernel=kernel, K=K)


def picture_with_holes(n: int) -> SimpleNamespace:
    """Return a picture X and a mask: a large hole, and a third of the right half in specks."""
    X = noisy_picture(n).X
    mask = np.random.default_rng(1).random(X.shape) < 1 / 3
    side = len(X)
    mask[:, : side // 2] = False
    mask[side // 4 : side // 2, side // 8 : side * 3 // 8] = True
    return SimpleNamespace(X=X, mask=mask)


def _with(path: str, *names: str, library: str | None = None, **parameters: Any) -> Candidate:
    """Return the candidate that calls the function at a path with these attributes of the data.

    The library is told by the path, unless it is named.
    """

    def load() -> Callable[[Any], Any]:
        call = imported(path)
        return lambda data: call(*(getattr(data, name) for name in names), **parameters)

    shown = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
    package = path.partition(".")[0]
    library = library or LIBRARIES.get(package, "course_lib")
    return Candidate(f"{path.partition(':')[2]}({shown})", library, load, on=("cpu",))


def _total_variation_energy(result: Any, data: Any) -> float:
    """Return what total variation denoising minimises."""
    from course_lib.images.restore import total_variation

    return 0.5 * float(np.sum((result - data.X) ** 2)) + WEIGHT * total_variation(result)


def _misfit(result: Any, data: Any) -> float:
    """Return how far the restored picture, blurred, is from the given one, inside."""
    from course_lib.images.filters import convolve_fft

    rest = convolve_fft(result, data.kernel, "zero") - data.X
    return float(np.mean(rest[9:-9, 9:-9] ** 2))


def biharmonic_in_range(X: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the biharmonic fill, clipped to the known values as scikit-image does."""
    from course_lib.images.inpaint import inpaint_biharmonic

    filled = inpaint_biharmonic(X, mask)
    return filled.clip(X[~mask].min(), X[~mask].max())


def bilateral_of_scikit_image(X: np.ndarray, strength: float, sigma: float) -> np.ndarray:
    """Return scikit-image's bilateral filter with the right table of weights over distances.

    In 0.26 its own table has a row and a column too many for odd windows.
    """
    from unittest.mock import patch

    from skimage.restoration import denoise_bilateral

    r = math.ceil(3 * sigma)
    k = np.arange(-r, r + 1)
    near = np.exp(-(k[:, None] ** 2 + k**2) / (2 * sigma**2)).ravel()
    with patch("skimage.restoration._denoise._compute_spatial_lut", lambda *_, **__: near):
        return denoise_bilateral(X, 2 * r + 1, strength, sigma, bins=10_000, mode="symmetric")


def _restored(
    name: str, problem: Callable[..., Any], ours: Candidate, theirs: Candidate, quality: Quality
) -> Row:
    return Row(
        name=name,
        problem=problem,
        size=SMALL,
        ours=ours,
        references=(theirs,),
        quality=(quality,),
        answer=lambda result, data: result,
        goal=1.0,
    )


def on_picture(path: str, **parameters: Any) -> Candidate:
    """Return the candidate that calls the function at a path with data.X and the parameters."""

    def load() -> Callable[[Any], Any]:
        filter_of = imported(path)
        return lambda data: filter_of(data.X, **parameters)

    shown = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
    library = LIBRARIES[path.partition(".")[0]]
    return Candidate(f"{path.partition(':')[2]}({shown})", library, load, on=("cpu",))


def opencv(name: str, **parameters: Any) -> Candidate:
    """Return the candidate that filters with OpenCV."""
    path = f"benchmarks.fastest:{name}"
    return function(path, library="OpenCV", needs="cv2", **parameters)


def _row(name: str, ours: Candidate, theirs: Candidate, fastest: Candidate | None = None) -> Row:
    return Row(
        name=name,
        problem=noisy_picture,
        size=MEGAPIXEL,
        ours=ours,
        references=(theirs,),
        quality=(agreement(1e-12),),
        answer=lambda result, data: result,
        goal=1.0,
        fastest=fastest,
    )


ROWS = (
    _row(
        "mean-filter-7",
        on_picture("course_lib.images.filters:mean_filter", size=7),
        on_picture("scipy.ndimage:uniform_filter", size=7),
        opencv("blur", size=7),
    ),
    *(
        _row(
            f"gaussian-filter-{sigma}",
            on_picture("course_lib.images.filters:gaussian_filter", sigma=sigma),
            on_picture("scipy.ndimage:gaussian_filter", sigma=sigma),
            opencv("gaussian_blur", sigma=sigma),
        )
        for sigma in (1, 3)
    ),
    *(
        _row(
            f"median-filter-{size}",
            on_picture("course_lib.images.denoise:median_filter", size=size),
            on_picture("scipy.ndimage:median_filter", size=size),
            opencv("median_blur", size=size),
        )
        for size in (3, 5)
    ),
    _row(
        "wiener-filter-5",
        on_picture("course_lib.images.denoise:wiener_filter", size=5, border="zero"),
        on_picture("scipy.signal:wiener", mysize=5),
    ),
    _restored(
        "wiener-deconvolution",
        blurred_picture,
        _with("course_lib.images.restore:wiener_deconvolution", "X", "kernel", "K"),
        _with("skimage.restoration:wiener", "X", "kernel", balance=0.05, clip=False),
        agreement(1e-9),
    ),
    _restored(
        "richardson-lucy-30",
        blurred_picture,
        _with("course_lib.images.restore:richardson_lucy", "X", "kernel", border="zero"),
        _with("skimage.restoration:richardson_lucy", "X", "kernel", num_iter=30, clip=False),
        Quality("squared error of the blur", _misfit, relative=0.01),
    ),
    _restored(
        "total-variation",
        noisy_picture,
        _with("course_lib.images.restore:tv_denoise", "X", weight=WEIGHT, accuracy=5e-3),
        _with(
            "skimage.restoration:denoise_tv_chambolle",
            "X",
            weight=WEIGHT,
            eps=1e-7,
            max_num_iter=3000,
        ),
        Quality("energy", _total_variation_energy),
    ),
    _restored(
        "bilateral-filter",
        clipped_picture,
        _with("course_lib.images.denoise:bilateral_filter", "X", strength=0.2, sigma=1.5),
        _with(
            "benchmarks.images:bilateral_of_scikit_image",
            "X",
            library="scikit-image",
            strength=0.2,
            sigma=1.5,
        ),
        agreement(1e-3),  # it rounds differences to its table
    ),
    _restored(
        "nl-means-5",
        noisy_picture,
        _with("course_lib.images.restore:nl_means", "X", h=0.5, patch=5, reach=6, spread=1.0),
        _with(
            "skimage.restoration:denoise_nl_means",
            "X",
            h=0.5,
            patch_size=5,
            patch_distance=6,
            fast_mode=False,
        ),
        agreement(0.01),  # its exponential is 4 % off
    ),
    _restored(
        "inpaint-biharmonic",
        picture_with_holes,
        _with("benchmarks.images:biharmonic_in_range", "X", "mask"),
        _with("skimage.restoration:inpaint_biharmonic", "X", "mask"),
        agreement(1e-8),
    ),
)
