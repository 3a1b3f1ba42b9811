"""Operations on the tensors of `autograd` that are needed now and then, made as those there.

Symbols are those of `autograd`: g is the upstream gradient, and beside the values of each operation
stands, for each parent, what it makes of g.

Gates that choose let g pass where they chose and stop it elsewhere. At ties `maximum` and `minimum`
give half of g to each, as torch's do; `clip` lets g pass at its very ends; |x| has slope 0 at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.nn.autograd import Tensor


def absolute(x: Tensor) -> Tensor:
    """Return |x| of each entry; its derivative is the sign of x.

    >>> absolute(Tensor([-2.0, 3.0])).data
    array([2., 3.])
    """
    return Tensor.made("abs", np.abs(x.data), (x, lambda g: g * np.sign(x.data)))


def sqrt(x: Tensor) -> Tensor:
    """Return the square root of each entry; its derivative is 1/(2√x).

    >>> sqrt(Tensor([4.0, 9.0])).data
    array([2., 3.])
    """
    y = np.sqrt(x.data)
    return Tensor.made("sqrt", y, (x, lambda g: g / (2 * y)))


def clip(x: Tensor, low: float, high: float) -> Tensor:
    """Return each entry moved into [low, high]; g passes where nothing moved.

    Raises
    ------
    ValueError
        If low is above high.

    Examples
    --------
    >>> clip(Tensor([-2.0, 0.5, 3.0]), 0.0, 1.0).data
    array([0. , 0.5, 1. ])
    """
    if not low <= high:
        raise ValueError(f"low must be at most high, got {low!r} and {high!r}.")
    inside = (x.data >= low) & (x.data <= high)
    return Tensor.made("clip", np.clip(x.data, low, high), (x, lambda g: g * inside))


def maximum(a: Any, b: Any) -> Tensor:
    """Return the larger of two entries; it gets g, and half of it at a tie.

    >>> a, b = Tensor([1.0, 2.0, 3.0], requires_grad=True), Tensor([3.0, 2.0, 1.0])
    >>> maximum(a, b).sum().backward()
    >>> a.grad
    array([0. , 0.5, 1. ])
    """
    return _chosen("maximum", np.maximum, a, b)


def minimum(a: Any, b: Any) -> Tensor:
    """Return the smaller of two entries; it gets g, and half of it at a tie.

    >>> minimum(Tensor([1.0, 2.0, 3.0]), 2.0).data
    array([1., 2., 2.])
    """
    return _chosen("minimum", np.minimum, a, b)


def _chosen(operation: str, choose: np.ufunc, a: Any, b: Any) -> Tensor:
    a, b = _pair(a, b)
    y = choose(a.data, b.data)

    def pull(mine: Tensor, other: Tensor) -> Callable[[np.ndarray], np.ndarray]:
        share = ((mine.data == y).astype(y.dtype) + (other.data != y)) / 2
        return lambda g: g * share

    return Tensor.made(operation, y, (a, pull(a, b)), (b, pull(b, a)))


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """Return entries of a where a condition holds, of b elsewhere; g goes where each came from.

    The condition is an array of truth values. What was not chosen gets 0, and yet NaN where its own
    derivative is infinite: of where(x > 0, log(x), 0), log is computed at x ≤ 0 as well.

    >>> where([True, False], Tensor([1.0, 2.0]), 0.0).data
    array([1., 0.])
    """
    a, b = _pair(a, b)
    condition = np.asarray(condition)
    if condition.dtype != bool:
        raise TypeError(f"condition must hold truth values, got an array of {condition.dtype}.")
    y = np.where(condition, a.data, b.data)
    return Tensor.made(
        "where",
        y,
        (a, lambda g: np.where(condition, g, 0)),
        (b, lambda g: np.where(condition, 0, g)),
    )


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Return tensors one after the other along an axis; each gets its own part of g.

    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])]).data
    array([1., 2., 3.])
    """
    y = np.concatenate([one.data for one in tensors], axis)
    ends = np.cumsum([0, *(one.shape[axis] for one in tensors)])
    parts = [(slice(None),) * (axis % y.ndim) + (slice(*ends_of),) for ends_of in pairwise(ends)]
    edges = ((one, lambda g, part=part: g[part]) for one, part in zip(tensors, parts, strict=True))
    return Tensor.made("concatenate", y, *edges)


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Return tensors of one shape side by side, along a new axis; each gets its own part of g.

    >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])], axis=1).data
    array([[1., 3.],
           [2., 4.]])
    """
    y = np.stack([one.data for one in tensors], axis)
    before = (slice(None),) * (axis % y.ndim)
    edges = ((one, lambda g, i=i: g[(*before, i)]) for i, one in enumerate(tensors))
    return Tensor.made("stack", y, *edges)


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return e^x divided by its sum over an axis: P, whose pull is P (g − Σ P g).

    >>> softmax(Tensor([0.0, 0.0, -1000.0])).data
    array([0.5, 0.5, 0. ])
    """
    P = np.exp(x.data - x.data.max(axis, keepdims=True))
    P /= P.sum(axis, keepdims=True)
    return Tensor.made("softmax", P, (x, lambda g: P * (g - (P * g).sum(axis, keepdims=True))))


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return log softmax(x) over an axis, without a logarithm of 0; its pull is g − P Σ g.

    >>> log_softmax(Tensor([0.0, -1000.0])).data
    array([    0., -1000.])
    """
    y = x.data - x.data.max(axis, keepdims=True)
    y = y - np.log(np.exp(y).sum(axis, keepdims=True))
    return Tensor.made("log-softmax", y, (x, lambda g: g - np.exp(y) * g.sum(axis, keepdims=True)))


def normalised(
    x: Tensor, axis: int | tuple[int, ...], *, eps: float
) -> tuple[Tensor, np.ndarray, np.ndarray]:
    """Return X̂ = (x − mean)/√(var + ε) over axes, and that mean and var, arrays with these axes.

    Its pull is (g − ⟨g⟩ − X̂⟨gX̂⟩)/√(var + ε), with ⟨·⟩ the mean over the axes: what would shift or
    scale all of x is taken out, since the normalisation undoes it. The variance divides by the
    number of entries.

    >>> normal, mean, var = normalised(Tensor([1.0, 3.0]), axis=0, eps=0.0)
    >>> normal.data, mean, var
    (array([-1.,  1.]), array([2.]), array([1.]))
    """
    mean = x.data.mean(axis, keepdims=True)
    normal = x.data - mean
    var = np.mean(normal * normal, axis, keepdims=True)
    scale = 1 / np.sqrt(var + eps)
    normal *= scale

    def pull(g: np.ndarray) -> np.ndarray:
        along = np.mean(g * normal, axis, keepdims=True)
        return (g - g.mean(axis, keepdims=True) - normal * along) * scale

    return Tensor.made("normalise", normal, (x, pull)), mean, var


def _pair(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Return both as tensors whose shapes broadcast; numbers take the other's type."""
    if isinstance(a, Tensor):
        return a, a.operand(b)
    if isinstance(b, Tensor):
        return b.operand(a), b
    raise TypeError("One of both must be a Tensor.")
