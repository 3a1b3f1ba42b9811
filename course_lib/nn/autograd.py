"""Automatic differentiation in reverse mode (backpropagation) over NumPy arrays.

Symbols
    tensor    an array that remembers how it was computed: from its parents, by an operation
    leaf      a tensor without parents: a parameter or an input
    graph     a tensor and all that it was computed from
    L         the tensor whose `backward` is called, usually a loss: one number
    g         upstream gradient of a tensor y: ∂L/∂y, of the shape of y
    pull      the function of one parent p of y that takes g to the share ∂L/∂p that comes by y

The chain rule, once for each edge of the graph: the share is *upstream × local*, g times ∂y/∂p.
The local Jacobian is never formed: a pull only knows its product with g. A tensor that is used
more than once gets the sum of its shares. Each operation below is one line of values and, beside
it, one pull for each parent. A tensor is made after its parents, so going through the graph from
the youngest tensor to the oldest meets each one when its gradient is complete.

At kinks: relu has slope 0 at 0, and equal maxima share g equally. Rarer operations stand in
`autograd_operations`. Left out: gradients of gradients (a pull computes with arrays, which leave
no trace), operations that write into a tensor, devices other than the CPU, complex numbers.

Sources: Griewank and Walther, Evaluating Derivatives (2008), chapter 3; Baydin et al. (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, TypeAlias

import numpy as np
from scipy.special import expit

Axes: TypeAlias = "int | tuple[int, ...] | None"

_recording = ContextVar("recording", default=True)
_clock = count()


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without a trace: what is made inside has no parents and requires no gradient.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad():
    ...     print((2 * w).requires_grad)
    False
    """
    before = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(before)


class Tensor:
    """An array with a memory of how it was computed, and its gradient once that was asked for.

    Parameters
    ----------
    data : array-like of numbers
        Singles and doubles stay what they are; whole numbers and truth values become doubles. It
        is copied if it requires a gradient, since training will change it, and shared if not.
    requires_grad : bool, default=False
        Whether `backward` shall find ∂L/∂data. What is computed from such a tensor requires it too.

    Attributes
    ----------
    data : ndarray
        ``t.data = …`` and ``t.data -= …`` keep shape and type, and `backward` refuses a graph in
        which a tensor was changed so after it was used. ``t.data[i] = …`` goes unnoticed, and so
        does a change made through another tensor, or array, that shares the numbers.
    requires_grad : bool
        On a leaf it may be changed; that tells for what is computed from it afterwards.
    grad : ndarray of the shape and type of data, or None
        On a leaf the sum over all calls of `backward` since `zero_grad`; on others that of the last
        call, to be read and not written.
    operation : str
        What made it; empty for a leaf.
    parents : tuple of Tensor
        What it was made from, in the order of the operation's arguments.

    Raises
    ------
    TypeError
        For data that are no real numbers, and for whole numbers that require a gradient.

    Examples
    --------
    >>> x, y = Tensor(3.0, requires_grad=True), Tensor(-4.0, requires_grad=True)
    >>> f = x * y + x
    >>> f.backward()
    >>> f.item(), x.grad.item(), y.grad.item()
    (-9.0, -3.0, 3.0)
    """

    __slots__ = (
        *("_born", "_changed", "_data", "_pulls", "grad", "operation", "parents", "requires_grad"),
    )
    __array_ufunc__ = None  # array * tensor is left to the tensor

    def __init__(self, data: Any, requires_grad: bool = False):
        array = np.asarray(data)
        if array.dtype.kind not in "fiub" or (requires_grad and array.dtype.kind != "f"):
            kind = "floating-point numbers (2.0, not 2)" if requires_grad else "real numbers"
            raise TypeError(f"data must be {kind}, got an array of {array.dtype}.")
        array = array if array.dtype.kind == "f" else array.astype(float)
        self._set(array.copy() if requires_grad else array, bool(requires_grad))

    def _set(
        self, data: np.ndarray, requires_grad: bool, operation: str = "", edges: tuple = ()
    ) -> None:
        self._data, self.requires_grad, self.operation = data, requires_grad, operation
        self.parents = tuple(parent for parent, _ in edges)
        self._pulls = tuple(pull if parent.requires_grad else None for parent, pull in edges)
        self.grad: np.ndarray | None = None
        self._born = self._changed = next(_clock)

    @staticmethod
    def made(operation: str, value: Any, *edges: tuple[Tensor, Callable]) -> Tensor:
        """Return what an operation computed; each edge is a parent and its pull g → share.

        A share may have the shape of g where broadcasting repeated the parent: it is summed up.
        """
        traced = _recording.get() and any(parent.requires_grad for parent, _ in edges)
        new = Tensor.__new__(Tensor)
        new._set(np.asarray(value), traced, *((operation, edges) if traced else ()))
        return new

    # --- backpropagation ---------------------------------------------------------------------

    def graph(self) -> list[Tensor]:
        """Return all that self was computed from, itself last, each tensor after its parents."""
        found, stack = {self}, [self]
        while stack:  # no recursion: a graph may be deeper than Python's stack
            new = set(stack.pop().parents) - found
            found |= new
            stack += new
        return sorted(found, key=lambda tensor: tensor._born)

    def backward(self, seed: Any = None) -> None:
        """Find ∂L/∂t for every tensor t of the graph that requires it; on leaves, add it to grad.

        Parameters
        ----------
        seed : array-like of the shape of self, optional
            ∂L/∂self, so that L is the sum of seed · self. By default 1, for a single number.

        Raises
        ------
        ValueError
            If self requires no gradient, if it is no single number and there is no seed, if the
            seed has another shape, and if a tensor was changed after it was used.

        Notes
        -----
        It costs about twice the forward pass, whatever the number of leaves.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).backward(seed=[1.0, 10.0])
        >>> w.grad
        array([ 2., 40.])
        """
        for _ in self.backward_steps(seed):
            pass

    def backward_steps(self, seed: Any = None) -> Iterator[tuple[Tensor, list]]:
        """Do `backward` tensor by tensor: yield it, its gradient complete, and the shares it sends.

        Yields
        ------
        tensor : Tensor
        shares : list of ndarray or None, one a parent
            None for a parent that requires no gradient.
        """
        total = {self: self._seed(seed)}
        for node in reversed(self._graph_to_go_back()):
            g, shares = total.pop(node), []
            node._keep(g)
            for parent, pull in zip(node.parents, node._pulls, strict=True):
                share = _share(pull, g, parent) if pull else None  # upstream × local
                if share is not None:
                    total[parent] = total[parent] + share if parent in total else share
                shares.append(share)
            yield node, shares

    def _graph_to_go_back(self) -> list[Tensor]:
        """Return the tensors of the graph that will get a gradient, if none was changed since."""
        every = self.graph()
        edges = (edge for node in every for edge in zip(node.parents, node._pulls, strict=True))
        reached = {self} | {parent for parent, pull in edges if pull}
        graph = [node for node in every if node in reached]
        for node in graph:
            used = (node, *node.parents) if node.parents else ()
            if any(tensor._changed > node._born for tensor in used):
                raise ValueError(
                    f"The data of a tensor in the graph were changed after '{node.operation}' had"
                    " made or used them: compute the graph again, then call backward."
                )
        return graph

    def _keep(self, g: np.ndarray) -> None:
        if self.parents:
            self.grad = g
        elif self.grad is None:  # a leaf has an array of its own, nobody else's view
            self.grad = g if g.base is None else g.copy()
        else:
            self.grad = self.grad + g

    def _seed(self, seed: Any) -> np.ndarray:
        if not self.requires_grad:
            raise ValueError(
                "This tensor has no graph to go back through: nothing that it was computed from"
                " requires a gradient, or it was computed under no_grad."
            )
        if seed is None and self._data.size != 1:
            raise ValueError(
                f"backward needs a seed for a tensor of shape {self.shape}, which is no single"
                " number: sum it up, or give ∂L/∂self, an array of that shape."
            )
        g = np.ones_like(self._data) if seed is None else np.array(seed, dtype=self.dtype)
        if g.shape != self.shape:
            raise ValueError(f"seed must have the shape {self.shape} of the tensor, got {g.shape}.")
        return g

    def local_derivatives(self) -> tuple[float | None, ...]:
        """Return ∂self/∂parent for each parent, where both are single numbers, otherwise None."""
        one = np.ones_like(self._data)
        return tuple(
            pull(one).item() if pull and one.size == parent._data.size == 1 else None
            for parent, pull in zip(self.parents, self._pulls, strict=True)
        )

    def detach(self) -> Tensor:
        """Return a tensor of the same data, shared, with which no gradient goes further back."""
        return Tensor(self._data)

    def zero_grad(self) -> None:
        """Forget the gradient, so that the next `backward` starts from nothing."""
        self.grad = None

    # --- elementwise operations ---------------------------------------------------------------

    def _constant(self, value: Any) -> Tensor:
        array = np.asarray(value)
        plain = isinstance(value, int | float) or array.dtype.kind in "iub"
        return Tensor(array.astype(self.dtype) if plain else array)

    def operand(self, other: Any) -> Tensor:
        """Return the other operand as a tensor; numbers and whole numbers take self's type."""
        other = other if isinstance(other, Tensor) else self._constant(other)
        _check_broadcast(self.shape, other.shape)
        return other

    def __add__(self, other: Any) -> Tensor:
        b = self.operand(other)
        return Tensor.made("+", self._data + b._data, (self, lambda g: g), (b, lambda g: g))

    def __sub__(self, other: Any) -> Tensor:
        b = self.operand(other)
        return Tensor.made("−", self._data - b._data, (self, lambda g: g), (b, lambda g: -g))

    def __mul__(self, other: Any) -> Tensor:
        b = self.operand(other)
        x, y = self._data, b._data
        return Tensor.made("×", x * y, (self, lambda g: g * y), (b, lambda g: g * x))

    def __truediv__(self, other: Any) -> Tensor:
        b = self.operand(other)
        x, y = self._data, b._data
        return Tensor.made("/", x / y, (self, lambda g: g / y), (b, lambda g: -g * x / (y * y)))

    def __pow__(self, other: Any) -> Tensor:
        b = self.operand(other)
        x, p = self._data, b._data
        z = x**p
        return Tensor.made(
            "pow",
            z,
            (self, lambda g: g * p * x ** np.where(p == 0, 0, p - 1)),  # x⁰ is flat, at 0 too
            (b, lambda g: g * z * np.log(np.where((x == 0) & (p >= 0), 1, x))),  # so is 0ᵖ
        )

    def __neg__(self) -> Tensor:
        return Tensor.made("neg", -self._data, (self, lambda g: -g))

    def __radd__(self, other: Any) -> Tensor:
        return self.operand(other) + self

    def __rsub__(self, other: Any) -> Tensor:
        return self.operand(other) - self

    def __rmul__(self, other: Any) -> Tensor:
        return self.operand(other) * self

    def __rtruediv__(self, other: Any) -> Tensor:
        return self.operand(other) / self

    def __rpow__(self, other: Any) -> Tensor:
        return self.operand(other) ** self

    def exp(self) -> Tensor:
        """Return e to the power of each entry, its own derivative."""
        y = np.exp(self._data)
        return Tensor.made("exp", y, (self, lambda g: g * y))

    def log(self) -> Tensor:
        """Return the natural logarithm of each entry; its derivative is 1/x."""
        x = self._data
        return Tensor.made("log", np.log(x), (self, lambda g: g / x))

    def relu(self) -> Tensor:
        """Return max(0, x) of each entry; its derivative is 1 where x > 0, and 0 elsewhere."""
        y = np.maximum(self._data, 0)
        return Tensor.made("relu", y, (self, lambda g: g * (y > 0)))

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each entry; its derivative is 1 − tanh²."""
        y = np.tanh(self._data)
        return Tensor.made("tanh", y, (self, lambda g: g * (1 - y * y)))

    def sigmoid(self) -> Tensor:
        """Return σ(x) = 1/(1 + e⁻ˣ) of each entry; its derivative is σ(1 − σ)."""
        y = expit(self._data)
        return Tensor.made("sigmoid", y, (self, lambda g: g * y * (1 - y)))

    # --- products of matrices, sums and maxima over axes --------------------------------------

    def __matmul__(self, other: Any) -> Tensor:
        b = other if isinstance(other, Tensor) else self._constant(other)
        A, B = self._data, b._data  # (…, n, k) and (…, k, m), or a vector (k,) for either
        if 0 in (A.ndim, B.ndim) or A.shape[-1] != B.shape[-2:][0]:
            raise ValueError(
                f"Shapes {A.shape} and {B.shape} do not fit a product A @ B: the last axis of A"
                " must be as long as the last but one of B, or as B if that is a vector."
            )

        _check_broadcast(A.shape[:-2], B.shape[:-2])

        def matrix(g: np.ndarray) -> np.ndarray:  # (…, n, m): with the axes that vectors lack
            g = g[..., None] if B.ndim == 1 else g
            return g[..., None, :] if A.ndim == 1 else g

        def pull_A(g: np.ndarray) -> np.ndarray:  # g Bᵀ, (…, n, k)
            return matrix(g) @ (B[None] if B.ndim == 1 else B.swapaxes(-1, -2))

        def pull_B(g: np.ndarray) -> np.ndarray:  # Aᵀ g, (…, k, m)
            share = (A[:, None] if A.ndim == 1 else A.swapaxes(-1, -2)) @ matrix(g)
            return share[..., 0] if B.ndim == 1 else share

        return Tensor.made("@", A @ B, (self, pull_A), (b, pull_B))

    def __rmatmul__(self, other: Any) -> Tensor:
        return self._constant(other) @ self

    def sum(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the sum over axes, by default over all: each entry gets the whole of g."""
        x = self._data
        repeat = _repeat(x, axis, keepdims)
        return Tensor.made("sum", x.sum(axis, keepdims=keepdims), (self, repeat))

    def mean(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the mean over axes, by default over all: each of n entries gets g/n."""
        x = self._data
        y = x.mean(axis, keepdims=keepdims)
        repeat, n = _repeat(x, axis, keepdims), x.size // max(y.size, 1)
        return Tensor.made("mean", y, (self, lambda g: repeat(g / n)))

    def max(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the largest entries over axes; g goes to the largest, in equal parts if several.

        So do torch's `amax` and its `max` without axes; its `max` over one axis picks an entry.
        """
        x = self._data
        y, repeat = x.max(axis, keepdims=keepdims), _repeat(x, axis, keepdims)

        def pull(g: np.ndarray) -> np.ndarray:
            largest = x == repeat(y)
            return repeat(g) * (largest / largest.sum(axis, x.dtype, keepdims=True))

        return Tensor.made("max", y, (self, pull))

    # --- shapes and parts ---------------------------------------------------------------------

    def reshape(self, *shape: int) -> Tensor:
        """Return the same entries in another shape."""
        x = self._data
        return Tensor.made("reshape", x.reshape(*shape), (self, lambda g: g.reshape(x.shape)))

    def transpose(self, *axes: int) -> Tensor:
        """Return the array with its axes in the order given, by default in reverse."""
        back = np.argsort([axis % self.ndim for axis in axes]) if axes else None
        y = self._data.transpose(*axes)
        return Tensor.made("transpose", y, (self, lambda g: g.transpose(back)))

    def __getitem__(self, key: Any) -> Tensor:
        x = self._data

        def pull(g: np.ndarray) -> np.ndarray:
            share = np.zeros_like(x)
            np.add.at(share, key, g)  # an entry that was taken twice gets both parts
            return share

        return Tensor.made("[]", x[key], (self, pull))

    # --- what an array can tell ----------------------------------------------------------------

    @property
    def data(self) -> np.ndarray:
        """The values."""
        return self._data

    @data.setter
    def data(self, values: Any) -> None:
        array = np.asarray(values, dtype=self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"data must keep the shape {self.shape}, got {array.shape}.")
        self._data, self._changed = array, next(_clock)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype:
        """The floating-point type of the entries."""
        return self._data.dtype

    @property
    def T(self) -> Tensor:
        """The transpose: the axes in reverse."""
        return self.transpose()

    def item(self) -> float:
        """Return a single number as Python's."""
        return self._data.item()

    def __repr__(self) -> str:
        values = np.array2string(self._data, prefix="Tensor(", separator=", ")
        return f"Tensor({values}{', requires_grad=True' if self.requires_grad else ''})"

    def __reduce__(self) -> tuple:  # a copy has no graph, and an age of this process's clock
        return Tensor, (self._data, self.requires_grad)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("NumPy would lose the graph of a Tensor: take its .data.")


def cross_entropy(scores: Tensor, y: Any) -> Tensor:
    """Return the mean of −log softmax(scores)[y], and P − onehot(y), over n, as its derivative.

    Parameters
    ----------
    scores : Tensor of shape (n, K)
        Of any size: no probability is rounded to 0 before its logarithm is taken.
    y : array-like of int, of shape (n,)
        The classes, from 0 to K − 1.

    Raises
    ------
    ValueError
        For other shapes, no rows, and classes that are no whole numbers from 0 to K − 1.

    Examples
    --------
    >>> scores = Tensor([[0.0, 0.0], [1000.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(scores, [1, 0])
    >>> loss.backward()
    >>> round(loss.item(), 4), scores.grad.tolist()
    (0.3466, [[0.25, -0.25], [0.0, 0.0]])
    """
    S, y = scores.data, np.asarray(y)
    if S.ndim != 2 or 0 in S.shape or y.shape != S.shape[:1]:
        raise ValueError(
            f"scores must have shape (n, K) and y (n,), none empty; got {S.shape} and {y.shape}."
        )
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= S.shape[1]:
        raise ValueError(f"y must hold whole numbers from 0 to {S.shape[1] - 1}.")
    rows = np.arange(len(y))
    S = S - S.max(axis=1, keepdims=True)
    P = np.exp(S)  # (n, K)
    total = P.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - S[rows, y])
    P /= total

    def pull(g: np.ndarray) -> np.ndarray:
        share = P.copy()
        share[rows, y] -= 1
        return share * (g / len(y))

    return Tensor.made("cross-entropy", loss, (scores, pull))


def _check_broadcast(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    try:
        if one != other:
            np.broadcast_shapes(one, other)
    except ValueError:
        raise ValueError(
            f"Shapes {one} and {other} do not broadcast: counted from the last, each axis must be"
            " equally long in both, or 1, or missing."
        ) from None


def _share(pull: Callable[[np.ndarray], Any], g: np.ndarray, parent: Tensor) -> np.ndarray:
    """Return a parent's share in its own shape and type, never the very array g."""
    share = np.asarray(pull(g), dtype=parent.dtype)
    if share.shape != parent.shape:
        share = _unbroadcast(share, parent.shape)
    return share.view() if share is g else share


def _unbroadcast(share: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum a share over the axes along which a parent was repeated: gradients of copies add up."""
    share = share.sum(axis=tuple(range(share.ndim - len(shape))))
    ones = tuple(axis for axis, n in enumerate(shape) if n == 1)
    return np.asarray(share.sum(axis=ones, keepdims=True))


def _repeat(x: np.ndarray, axis: Axes, keepdims: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that repeats what was summed over axes of x to the shape of x."""

    def repeat(g: np.ndarray) -> np.ndarray:
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return np.broadcast_to(g, x.shape)

    return repeat
