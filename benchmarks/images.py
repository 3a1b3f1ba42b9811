"""Rows of the table on pictures: filters of one grey picture, beside SciPy's."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import LIBRARIES, Candidate, Row, agreement, function, imported

MEGAPIXEL = {"n": 1024 * 1024}


def noisy_picture(n: int) -> SimpleNamespace:
    """Return a square picture X of about n pixels, float64: waves and an edge under noise."""
    side = math.isqrt(n)
    i, j = np.mgrid[:side, :side] / 64
    X = 0.5 + 0.2 * np.sin(i + 0.3 * j**2 / (1 + j)) + 0.2 * (j > i)
    return SimpleNamespace(X=X + np.random.default_rng(0).normal(scale=0.1, size=X.shape))


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
)
