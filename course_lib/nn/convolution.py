"""Convolution, pooling and batch normalisation in NumPy, forward and backward by hand.

Symbols
    X, Y      (N, C, H, W), (N, K, H', W')  input and output: pictures, channels, rows, columns
    W         (K, C/G, F, F')  weights of K filters; b (K,) their biases
    S, P, D   stride, padding with zeros, dilation: one number, or a pair for rows and columns
    G         groups: each of the G parts of the channels has K/G filters of its own
    dY        gradient of a loss with respect to Y; what a backward function returns is likewise
              the gradient with respect to the argument of that name

What networks call convolution is cross-correlation: the filter is not flipped,

    Y[n, k, i, j] = b[k] + Σ_c Σ_u Σ_v W[k, c, u, v] · X[n, c, i·S + u·D − P, j·S + v·D − P].

All windows become the columns of one matrix (im2col), and the sum one matrix product. Training
uses torch, which does the same work in compiled code; this is what it computes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TypeAlias

import numpy as np

from course_lib.checks import check_whole

Pair: TypeAlias = "int | tuple[int, int]"

_BLOCK = 1 << 19
"""Entries of the matrix of windows that are held at once: two megabytes of float32, near a core."""


# --- sizes: what a stack of layers does to a picture -----------------------------------------


def output_size(n: int, size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many places a window has along an axis of n pixels.

    The window spans E = D·(F − 1) + 1 pixels of the n + 2P; it starts at 0, S, 2S … and must fit:
    ⌊(n + 2P − E) / S⌋ + 1. Pixels beyond the last place are not looked at.

    Raises
    ------
    ValueError
        For numbers out of range, and for a window that does not fit once.

    Examples
    --------
    >>> output_size(32, size=5, padding=2), output_size(224, size=7, stride=2, padding=3)
    (32, 112)
    """
    n = check_whole("n", n)
    size, stride, padding, dilation = _check_layer(size, stride, padding, dilation)
    span = dilation * (size - 1) + 1
    if span > n + 2 * padding:
        raise ValueError(
            f"a window of {span} pixels does not fit into {n} + 2·{padding}; "
            "use a smaller window or more padding."
        )
    return (n + 2 * padding - span) // stride + 1


def parameter_count(channels: int, filters: int, size: int, *, groups: int = 1) -> int:
    """Return the numbers that a layer of `filters` square filters learns, biases included.

    >>> parameter_count(3, 10, size=5)
    760
    """
    counts = {"channels": channels, "filters": filters, "size": size, "groups": groups}
    channels, filters, size, groups = (check_whole(*count) for count in counts.items())
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups must divide the {channels} channels and {filters} filters, got {groups}."
        )
    return filters * (channels // groups) * size**2 + filters


@dataclass(frozen=True)
class ReceptiveField:
    """What one output of a stack of layers sees of the input, along one axis.

    Attributes
    ----------
    size : int
        Input pixels from the first to the last that it depends on.
    jump : int
        Input pixels between the fields of two neighbouring outputs.
    start : int
        First pixel of output 0's field; negative where it begins in the padding.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def through(
        self, size: int, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> ReceptiveField:
        """Return the field of the layer above this one."""
        size, stride, padding, dilation = _check_layer(size, stride, padding, dilation)
        return ReceptiveField(
            self.size + dilation * (size - 1) * self.jump,
            self.jump * stride,
            self.start - padding * self.jump,
        )


def receptive_field(layers: Sequence[Sequence[int]]) -> ReceptiveField:
    """Return what an output of stacked layers (size, stride, padding, dilation) sees.

    Each layer adds D·(F − 1) times the jump so far, and multiplies the jump by its stride.
    Trailing numbers of a layer may be left out.

    >>> receptive_field([(3,), (3,), (3,)]).size
    7
    """
    field = ReceptiveField()
    for layer in layers:
        field = field.through(*layer)
    return field


# --- windows ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Window:
    """The places of a window on a picture; all pairs are (rows, columns)."""

    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    picture: tuple[int, int]  # H, W
    places: tuple[int, int]  # H', W'

    @classmethod
    def on(
        cls, X: np.ndarray, size: Pair, stride: Pair, padding: Pair, dilation: Pair = 1
    ) -> _Window:
        given = {"size": size, "stride": stride, "padding": padding, "dilation": dilation}
        pairs = [_pair(name, value) for name, value in given.items()]
        picture = X.shape[-2:]
        places = tuple(
            output_size(n, *numbers) for n, *numbers in zip(picture, *pairs, strict=True)
        )
        return cls(*pairs, picture, places)

    def pad(self, X: np.ndarray, value: float = 0) -> np.ndarray:
        (top, left), (H, W) = self.padding, self.picture
        if not top and not left:
            return X
        padded = np.full((*X.shape[:-2], H + 2 * top, W + 2 * left), value, X.dtype)
        padded[..., top : top + H, left : left + W] = X
        return padded

    def crop(self, padded: np.ndarray) -> np.ndarray:
        (top, left), (H, W) = self.padding, self.picture
        return padded[..., top : top + H, left : left + W]

    def offsets(self) -> Iterator[tuple[int, int, tuple]]:
        """Yield (u, v, index): `padded[index]` is what entry (u, v) sees from every place."""
        for u in range(self.size[0]):
            for v in range(self.size[1]):
                yield u, v, (..., *map(self._slice, (0, 1), (u, v)))

    def _slice(self, axis: int, entry: int) -> slice:
        first, step = entry * self.dilation[axis], self.stride[axis]
        return slice(first, first + step * (self.places[axis] - 1) + 1, step)


def _columns(padded: np.ndarray, window: _Window) -> np.ndarray:
    """Copy every window into a column (im2col): (N, G, C, H, W) → (N, G, C·F·F', H'·W').

    One slice a filter entry: F·F' copies of whole pictures instead of H'·W' of small windows.
    """
    N, G, C = padded.shape[:3]
    columns = np.empty((N, G, C, *window.size, *window.places), padded.dtype)
    for u, v, seen in window.offsets():
        columns[:, :, :, u, v] = padded[seen]
    return columns.reshape(N, G, -1, window.places[0] * window.places[1])


def _add_columns(padded: np.ndarray, columns: np.ndarray, window: _Window) -> None:
    """Add every column back to where its window was (col2im), the transpose of `_columns`."""
    columns = columns.reshape(*padded.shape[:3], *window.size, *window.places)
    for u, v, seen in window.offsets():
        padded[seen] += columns[:, :, :, u, v]


# --- convolution -----------------------------------------------------------------------------


def conv2d(
    X: np.ndarray,
    W: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Slide K filters over pictures: (N, C, H, W) → (N, K, H', W').

    It costs N·K·H'·W'·(C/G)·F·F' multiplications.

    Parameters
    ----------
    X : array of shape (N, C, H, W)
    W : array of shape (K, C/G, F, F')
    b : array of shape (K,), optional
    stride, padding, dilation : int or (rows, columns)
    groups : int
        G; it divides C and K. With G = C each channel is filtered alone (depthwise).

    Raises
    ------
    ValueError
        For shapes that do not fit together, or numbers out of range.

    Examples
    --------
    >>> X = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(X, np.array([[[[1.0, 0.0], [0.0, -1.0]]]]))[0, 0].tolist()
    [[-4.0, -4.0], [-4.0, -4.0]]
    """
    X, W, window = _check(X, W, b, stride, padding, dilation, groups)
    N, K = len(X), len(W)
    filters = W.reshape(groups, K // groups, -1)  # (G, K/G, C/G·F·F')
    Y = np.empty((N, groups, K // groups, window.places[0] * window.places[1]), X.dtype)
    for rows in _blocks(N, filters, window):
        part = window.pad(_grouped(X[rows], groups))
        np.matmul(filters, _columns(part, window), out=Y[rows])
    Y = Y.reshape(N, K, *window.places)
    if b is not None:
        Y += np.asarray(b, X.dtype)[:, None, None]
    return Y


def conv2d_backward(
    dY: np.ndarray,
    X: np.ndarray,
    W: np.ndarray,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients (dX, dW, db) of a loss whose gradient with respect to Y is dY.

    Y = W·columns is linear in both factors, so dW = dY·columnsᵀ and dcolumns = Wᵀ·dY, whose
    entries go back to the pixels that they were copied from. db sums dY over pictures and places.

    `dY` is (N, K, H', W'); the rest is as in `conv2d`, and the cost is twice its cost.
    """
    X, W, window = _check(X, W, None, stride, padding, dilation, groups)
    N, K = len(X), len(W)
    _same_shape("dY", dY, (N, K, *window.places))
    filters = W.reshape(groups, K // groups, -1)  # (G, K/G, C/G·F·F')
    slopes = np.asarray(dY, X.dtype).reshape(N, groups, K // groups, -1)
    dX, dW = np.empty_like(X), np.zeros_like(filters)
    for rows in _blocks(N, filters, window):
        part = window.pad(_grouped(X[rows], groups))
        columns = _columns(part, window)
        dW += np.matmul(slopes[rows], columns.swapaxes(-1, -2)).sum(axis=0)
        np.matmul(filters.swapaxes(-1, -2), slopes[rows], out=columns)  # now dcolumns
        back = np.zeros_like(part)
        _add_columns(back, columns, window)
        dX[rows] = window.crop(back).reshape(dX[rows].shape)
    return dX, dW.reshape(W.shape), slopes.sum(axis=(0, 3)).reshape(K)


def conv2d_transposed(
    X: np.ndarray,
    W: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
) -> np.ndarray:
    """Spread every pixel over a window, and add where windows overlap: (N, C, H, W) → (N, K, …).

    Pixel (i, j) of channel c adds X[n, c, i, j] · W[c, k] to the F × F pixels of channel k that
    begin at (i·S − P, j·S − P). It is the transpose of the convolution with the same numbers, whose
    backward pass it is, and not its inverse. Of n pixels it makes (n − 1)·S + F − 2P.

    Parameters
    ----------
    X : array of shape (N, C, H, W)
    W : array of shape (C, K, F, F')
        The channels that come in are the first axis, as in torch's ConvTranspose2d.
    b : array of shape (K,), optional
    stride, padding : int
        S ≥ 1; P pixels are cut from each side of the result.

    Raises
    ------
    ValueError
        For shapes that do not fit together, or numbers out of range.

    Examples
    --------
    >>> X = np.array([[[[1.0, 2.0]]]])
    >>> conv2d_transposed(X, np.ones((1, 1, 1, 3)), stride=2)[0, 0].tolist()
    [[1.0, 1.0, 3.0, 2.0, 2.0]]
    """
    X, W = _pictures(X), _reals("W", W)
    if W.ndim != 4 or W.shape[0] != X.shape[1] or 0 in W.shape:
        raise ValueError(f"W must have the shape ({X.shape[1]}, K, F, F'), got {W.shape}.")
    (N, C), K, dtype = X.shape[:2], W.shape[1], np.result_type(X, W)
    if b is not None:
        _same_shape("b", b, (K,))
    size = [
        (n - 1) * check_whole("stride", stride) + f - 2 * check_whole("padding", padding, 0)
        for n, f in zip(X.shape[-2:], W.shape[-2:], strict=True)
    ]
    if min(size) < 1:
        raise ValueError(f"padding {padding} cuts away all of the result; use less.")
    Y = np.zeros((N, 1, K, *size), dtype)
    window = _Window.on(Y, W.shape[-2:], stride, padding)
    spread = W.reshape(C, -1).T.astype(dtype) @ X.reshape(N, C, -1).astype(dtype)  # (N, K·F·F', n)
    padded = window.pad(Y)
    _add_columns(padded, spread, window)
    Y = window.crop(padded)[:, 0]
    return Y if b is None else Y + np.asarray(b, dtype)[:, None, None]


def overlaps(n: int, size: int, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Return how many of n pixels in a row reach each pixel of a transposed convolution's result.

    Where the stride does not divide the window's size, the counts go up and down across the row:
    the cause of the checkerboards that Odena, Dumoulin and Olah (2016) describe.

    >>> overlaps(3, size=3, stride=2).tolist(), overlaps(3, size=4, stride=2).tolist()
    ([1, 1, 2, 1, 2, 1, 1], [1, 1, 2, 2, 2, 2, 1, 1])
    """
    check_whole("n", n), check_whole("size", size)
    ones = np.ones((1, 1, 1, n)), np.ones((1, 1, 1, size))
    counts = conv2d_transposed(*ones, stride=stride)[0, 0, 0].astype(int)
    cut = check_whole("padding", padding, 0)
    if 2 * cut >= len(counts):
        raise ValueError(f"padding {padding} cuts away all of the result; use less.")
    return counts[cut : len(counts) - cut]


def _grouped(X: np.ndarray, groups: int) -> np.ndarray:
    N, C, H, W = X.shape
    return X.reshape(N, groups, C // groups, H, W)


def _blocks(N: int, filters: np.ndarray, window: _Window) -> Iterator[slice]:
    """Yield so many pictures at a time that the matrix of their windows stays in cache."""
    entries = filters.shape[0] * filters.shape[2] * window.places[0] * window.places[1]
    step = max(1, _BLOCK // entries)
    return (slice(start, start + step) for start in range(0, N, step))


# --- pooling ---------------------------------------------------------------------------------


def max_pool2d(
    X: np.ndarray, size: Pair, *, stride: Pair | None = None, padding: Pair = 0
) -> np.ndarray:
    """Keep the largest value of every window: (N, C, H, W) → (N, C, H', W').

    The stride is the size if it is not given. Padding never wins.

    >>> max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    X, window = _check_pool(X, size, stride, padding)
    padded = window.pad(X, -np.inf)
    Y = np.full((*X.shape[:2], *window.places), -np.inf, X.dtype)
    for _, _, seen in window.offsets():
        np.maximum(Y, padded[seen], out=Y)
    return Y


def max_pool2d_backward(
    dY: np.ndarray, X: np.ndarray, size: Pair, *, stride: Pair | None = None, padding: Pair = 0
) -> np.ndarray:
    """Return dX: each window passes its gradient to its largest value, the first of equal ones.

    >>> X = np.array([[[[1.0, 3.0], [3.0, 2.0]]]])
    >>> max_pool2d_backward(np.ones((1, 1, 1, 1)), X, 2)[0, 0].tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    X, window = _check_pool(X, size, stride, padding)
    Y = max_pool2d(X, size, stride=stride, padding=padding)
    _same_shape("dY", dY, Y.shape)
    padded = window.pad(X, -np.inf)
    dX, open_ = np.zeros_like(padded), np.ones(Y.shape, bool)
    for _, _, seen in window.offsets():
        wins = open_ & ((padded[seen] == Y) | np.isnan(padded[seen]))  # not a number wins
        dX[seen] += np.where(wins, dY, 0)
        open_ &= ~wins
    return window.crop(dX)


def average_pool2d(
    X: np.ndarray,
    size: Pair,
    *,
    stride: Pair | None = None,
    padding: Pair = 0,
    count_padding: bool = True,
) -> np.ndarray:
    """Take the mean of every window: (N, C, H, W) → (N, C, H', W').

    With `count_padding` the zeros around the picture count, and every window is divided by F·F';
    without, only by the number of its pixels.

    >>> average_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    X, window = _check_pool(X, size, stride, padding)
    padded = window.pad(X)
    Y = np.zeros((*X.shape[:2], *window.places), X.dtype)
    for _, _, seen in window.offsets():
        Y += padded[seen]
    return Y / _counts(window, count_padding, X.dtype)


def average_pool2d_backward(
    dY: np.ndarray,
    X: np.ndarray,
    size: Pair,
    *,
    stride: Pair | None = None,
    padding: Pair = 0,
    count_padding: bool = True,
) -> np.ndarray:
    """Return dX: each window shares its gradient equally among its pixels."""
    X, window = _check_pool(X, size, stride, padding)
    _same_shape("dY", dY, (*X.shape[:2], *window.places))
    shares = np.asarray(dY, X.dtype) / _counts(window, count_padding, X.dtype)
    dX = np.zeros_like(window.pad(X))
    for _, _, seen in window.offsets():
        dX[seen] += shares
    return window.crop(dX)


def _counts(window: _Window, count_padding: bool, dtype: np.dtype) -> np.ndarray:
    """Return the divisors of an average, shape (H', W')."""
    inside = window.pad(np.ones(window.picture, dtype), float(count_padding))
    counts = np.zeros(window.places, dtype)
    for _, _, seen in window.offsets():
        counts += inside[seen]
    return counts


# --- batch normalisation ---------------------------------------------------------------------


def batch_statistics(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each channel's mean and variance over the batch and all places, two (C,) arrays.

    `X` is (N, C) or (N, C, H, W). The variance divides by the number m of values, which is what a
    batch is normalised with in training.
    """
    X = _floats("X", X)
    if X.ndim < 2:
        raise ValueError(f"X must have the shape (N, C) or (N, C, H, W), got {X.shape}.")
    if X.size == 0:
        raise ValueError(f"X must not be empty, got the shape {X.shape}.")
    axes = _all_but_channels(X)
    return X.mean(axis=axes), X.var(axis=axes)


def batch_norm(
    X: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    *,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalise each channel and give it a learned scale and shift: γ·(X − mean)/√(var + ε) + β.

    In training, `mean` and `var` are the `batch_statistics` of X itself; afterwards, the running
    ones that `update_running` has collected, so that a picture's result no longer depends on the
    others in its batch. All four vectors are (C,).

    >>> X = np.array([[1.0], [3.0]])
    >>> batch_norm(X, np.ones(1), np.zeros(1), *batch_statistics(X), eps=0.0).ravel().tolist()
    [-1.0, 1.0]
    """
    X = _floats("X", X)
    vectors = {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    for name, vector in vectors.items():
        _same_shape(name, vector, X.shape[1:2])
    gamma, beta, mean, var = (_per_channel(v, X) for v in vectors.values())
    return gamma * (X - mean) / np.sqrt(var + eps) + beta


def update_running(
    running: tuple[np.ndarray, np.ndarray], X: np.ndarray, *, momentum: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Move the running mean and variance a little towards those of the batch X.

    The running variance estimates the population's, so the batch's is divided by m − 1.
    """
    mean, var = batch_statistics(X)
    m = X.size // X.shape[1]
    if m < 2:
        raise ValueError("one value a channel has no variance; pass a larger batch.")
    fresh = (mean, var * (m / (m - 1)))
    pairs = zip(running, fresh, strict=True)
    return tuple((1 - momentum) * old + momentum * new for old, new in pairs)


def batch_norm_backward(
    dY: np.ndarray, X: np.ndarray, gamma: np.ndarray, *, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (dX, dγ, dβ) in training, where the mean and the variance depend on X.

    With X̂ the normalised input and ⟨·⟩ a channel's mean over its m values,
    dX = γ/√(var + ε) · (dY − ⟨dY⟩ − X̂·⟨dY·X̂⟩): what would shift or scale the whole channel is
    taken out, since the normalisation undoes it.
    """
    X = _floats("X", X)
    dY = np.asarray(dY, X.dtype)
    _same_shape("dY", dY, X.shape)
    _same_shape("gamma", gamma, X.shape[1:2])
    mean, var = batch_statistics(X)
    axes, std = _all_but_channels(X), np.sqrt(_per_channel(var, X) + eps)
    normal = (X - _per_channel(mean, X)) / std
    m = X.size // X.shape[1]
    dbeta, dgamma = dY.sum(axis=axes), (dY * normal).sum(axis=axes)
    inner = dY - _per_channel(dbeta, X) / m - normal * _per_channel(dgamma, X) / m
    return _per_channel(gamma, X) / std * inner, dgamma, dbeta


def _all_but_channels(X: np.ndarray) -> tuple[int, ...]:
    return (0, *range(2, X.ndim))


def _per_channel(vector: np.ndarray, X: np.ndarray) -> np.ndarray:
    return np.asarray(vector, X.dtype).reshape(-1, *[1] * (X.ndim - 2))


# --- checks ----------------------------------------------------------------------------------


def _check_layer(size: int, stride: int, padding: int, dilation: int) -> tuple[int, ...]:
    """Return the numbers as Python's, which do not wrap around."""
    return (
        check_whole("size", size),
        check_whole("stride", stride),
        check_whole("padding", padding, 0),
        check_whole("dilation", dilation),
    )


def _pair(name: str, value: Pair) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name} must be one whole number or two, got {value!r}.")
    least = 0 if name == "padding" else 1
    return tuple(check_whole(name, number, least) for number in pair)


def _reals(name: str, X: np.ndarray) -> np.ndarray:
    X = np.asarray(X)
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got the dtype {X.dtype}.")
    return X


def _floats(name: str, X: np.ndarray) -> np.ndarray:
    X = _reals(name, X)
    return X if X.dtype.kind == "f" else X.astype(np.float64)


def _pictures(X: np.ndarray) -> np.ndarray:
    X = _floats("X", X)
    if X.ndim != 4:
        raise ValueError(
            f"X must have the shape (N, C, H, W), got {X.shape}; a single grey picture is "
            "X[None, None], and pictures with the channels last need X.transpose(0, 3, 1, 2)."
        )
    return X


def _same_shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} must have the shape {tuple(shape)}, got {np.shape(array)}.")


def _check(
    X: np.ndarray,
    W: np.ndarray,
    b: np.ndarray | None,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> tuple[np.ndarray, np.ndarray, _Window]:
    X, W = _pictures(X), _reals("W", W)
    if W.ndim != 4:
        raise ValueError(f"W must have the shape (K, C/G, F, F'), got {W.shape}.")
    if 0 in W.shape:
        raise ValueError(f"W must hold weights, got the shape {W.shape}.")
    C, K = X.shape[1], W.shape[0]
    if not isinstance(groups, Integral) or groups < 1 or C % groups or K % groups:
        raise ValueError(f"groups must divide the {C} channels and {K} filters, got {groups!r}.")
    if W.shape[1] != C // groups:
        raise ValueError(
            f"W must have {C // groups} input channels a filter ({C} of X in {groups} groups), "
            f"got {W.shape[1]}."
        )
    if b is not None:
        _same_shape("b", b, (K,))
    dtype = np.result_type(X, W)
    window = _Window.on(X, W.shape[2:], stride, padding, dilation)
    return np.ascontiguousarray(X, dtype), np.ascontiguousarray(W, dtype), window


def _check_pool(
    X: np.ndarray, size: Pair, stride: Pair | None, padding: Pair
) -> tuple[np.ndarray, _Window]:
    X = _pictures(X)
    window = _Window.on(X, size, size if stride is None else stride, padding)
    if any(p >= F for p, F in zip(window.padding, window.size, strict=True)):
        raise ValueError(
            "padding must be less than the window, or some windows hold nothing else; "
            f"got {padding!r} for the size {size!r}."
        )
    return X, window
