"""The graph that `autograd` leaves behind, written down: to draw it, and to step through it.

Symbols
    nodes      tensors of a graph, each after its parents; a node is known by its place 0, 1, 2 …
    F          how many of them were computed by an operation; the others are leaves
    share      what a node sends to one of its parents on the way back: upstream × local
    step k     0: only leaves are known; 1 … F: one operation more has its value; F + 1: the last
               node gets the seed; F + 2 … 2F + 1: one operation more sends its shares

Everything here was computed by the engine itself, in the order in which it computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checks import check_whole
from course_lib.nn.autograd import Tensor


@dataclass(frozen=True, eq=False)
class Node:
    """One tensor of a graph.

    Attributes
    ----------
    index : int
        Its place in the trace.
    name : str
        As given to `trace`; empty if it was given none.
    operation : str
        What computed it, as "×"; empty for a leaf.
    parents : tuple of int
        What it was computed from, in the order of the operation's arguments; x·x has x twice.
    value : ndarray
    gradient : ndarray of the shape of value, or None
        ∂L/∂value; None if nothing asks for it.
    shares : tuple of ndarray or None, one a parent
        What the way back sends to each parent; None to one that asks for no gradient.
    local : tuple of float or None, one a parent
        ∂value/∂parent where both are single numbers; otherwise it is a Jacobian, not formed.
    """

    index: int
    name: str
    operation: str
    parents: tuple[int, ...]
    value: np.ndarray
    gradient: np.ndarray | None
    shares: tuple[np.ndarray | None, ...]
    local: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class State:
    """What is known after a step.

    Attributes
    ----------
    step : int
    phase : {"start", "forward", "seed", "backward"}
    active : int or None
        The node at work in this step: it got its value, the seed, or sent its shares.
    values : dict of int → ndarray
        Of the nodes whose value is known.
    gradients : dict of int → ndarray
        Of the nodes that got a share by now: the sum of the shares so far.
    complete : frozenset of int
        The nodes whose gradient will get no more shares.
    sent : tuple of (parent, share)
        What the active node sent in this step.
    """

    step: int
    phase: str
    active: int | None
    values: dict[int, np.ndarray]
    gradients: dict[int, np.ndarray]
    complete: frozenset[int]
    sent: tuple[tuple[int, np.ndarray], ...]


@dataclass(frozen=True, eq=False)
class Trace:
    """A graph with its values and gradients, and what was known at each step of finding them.

    Attributes
    ----------
    nodes : tuple of Node
        In topological order: leaves and operations as they were made, the output last.
    """

    nodes: tuple[Node, ...]

    @property
    def operations(self) -> tuple[int, ...]:
        """The nodes that an operation computed, in order."""
        return tuple(node.index for node in self.nodes if node.operation)

    @property
    def steps(self) -> int:
        """The last step, 2F + 1."""
        return 2 * len(self.operations) + 1

    def at(self, step: int) -> State:
        """Return what is known after a step from 0 to `steps`."""
        step = check_whole("step", step, 0, self.steps)
        F, operations = len(self.operations), self.operations
        known = set(operations[:step])
        values = {
            node.index: node.value
            for node in self.nodes
            if not node.operation or node.index in known
        }
        last = self.nodes[-1]
        gradients = {last.index: last.gradient} if step > F else {}
        senders = operations[::-1][: max(step - F - 1, 0)]
        sent: list[tuple[int, np.ndarray]] = []
        for index in senders:
            node = self.nodes[index]
            pairs = zip(node.parents, node.shares, strict=True)
            sent = [(parent, share) for parent, share in pairs if share is not None]
            for parent, share in sent:
                gradients[parent] = gradients[parent] + share if parent in gradients else share
        waiting = {p for i in set(operations) - set(senders) for p in self.nodes[i].parents}
        phase, active = "start", None
        if 0 < step <= F:
            phase, active = "forward", operations[step - 1]
        elif step == F + 1:
            phase, active = "seed", last.index
        elif step > F + 1:
            phase, active = "backward", senders[-1]
        complete = frozenset(gradients) - waiting
        return State(step, phase, active, values, gradients, complete, tuple(sent))

    def products(self) -> tuple[int, int]:
        """Return how many products with a local derivative (forward, reverse) mode takes.

        Reverse mode sends one share along each edge that leads to a leaf with a gradient. Forward
        mode goes from each such leaf to the output, along all edges that can be reached from it.

        >>> x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
        >>> trace((x * y).exp().log()).products()
        (6, 4)
        """
        reached: list[frozenset[int]] = []  # for each node, the leaves that it depends on
        forward = 0
        for node in self.nodes:
            from_parents = [reached[parent] for parent in node.parents]
            own = {node.index} if not node.operation and node.gradient is not None else set()
            reached.append(frozenset(own).union(*from_parents))
            forward += sum(map(len, from_parents))
        return forward, sum(share is not None for node in self.nodes for share in node.shares)

    def matrix_products(self) -> tuple[int, int]:
        """Return how many multiplications the products A @ B take, forward and on the way back.

        A (…, n, k) times B (…, k, m) takes k for each number of the result. The gradient of A takes
        as many, and so does that of B, where it is asked for.

        >>> A, B = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 4)), requires_grad=True)
        >>> trace((A @ B).sum()).matrix_products()
        (24, 24)
        """
        forward = backward = 0
        for node in self.nodes:
            if node.operation == "@":
                work = node.value.size * self.nodes[node.parents[0]].value.shape[-1]
                forward += work
                backward += work * sum(share is not None for share in node.shares)
        return forward, backward

    def numbers_kept(self) -> tuple[int, int]:
        """Return how many numbers the inputs of all products A @ B have, and all nodes together.

        The way back needs the former. Our engine keeps the latter.

        >>> A, B = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 4)), requires_grad=True)
        >>> trace((A @ B).sum()).numbers_kept()
        (18, 27)
        """
        factors = {i for node in self.nodes if node.operation == "@" for i in node.parents}
        sizes = [node.value.size for node in self.nodes]
        return sum(sizes[i] for i in factors), sum(sizes)


def trace(output: Tensor, names: Mapping[str, Tensor] | None = None, *, seed: Any = None) -> Trace:
    """Write down the graph of a tensor: values, gradients, and what is sent along each edge.

    The tensors' own `grad` stay as they were.

    Parameters
    ----------
    output : Tensor
        Whose gradient is 1, or `seed`.
    names : mapping from str to Tensor, optional
        What tensors of the graph are called.
    seed : array-like of the shape of output, optional
        As in `Tensor.backward`; needed if output is no single number.

    Raises
    ------
    ValueError
        As `Tensor.backward`, and for a name given to a tensor outside the graph.

    Examples
    --------
    >>> w, x = Tensor(2.0, requires_grad=True), Tensor(-1.0)
    >>> found = trace((w * x).exp(), {"w": w, "x": x})
    >>> for node in found.nodes:
    ...     print(node.index, node.name or node.operation, node.parents, node.local)
    0 w () ()
    1 x () ()
    2 × (0, 1) (-1.0, None)
    3 exp (2,) (0.1353352832366127,)
    >>> found.at(3).gradients[3], found.at(4).sent[0][0]
    (array(1.), 2)
    """
    graph = output.graph()
    place = {tensor: index for index, tensor in enumerate(graph)}
    called = {tensor: name for name, tensor in (names or {}).items()}
    for tensor, name in called.items():
        if tensor not in place:
            raise ValueError(
                f"names holds {name!r}, a tensor that the output was not computed from."
            )
    gradients, shares = _one_pass(output, graph, seed)
    return Trace(
        tuple(
            Node(
                index,
                called.get(tensor, ""),
                tensor.operation,
                tuple(place[parent] for parent in tensor.parents),
                tensor.data.copy(),
                gradients.get(tensor),
                shares.get(tensor, ()),
                tensor.local_derivatives(),
            )
            for tensor, index in place.items()
        )
    )


def _one_pass(
    output: Tensor, graph: list[Tensor], seed: Any
) -> tuple[dict[Tensor, np.ndarray], dict[Tensor, tuple]]:
    """Return the gradients and shares of one `backward`, and leave `grad` as it was."""
    before = [tensor.grad for tensor in graph]
    for tensor in graph:
        tensor.zero_grad()
    try:
        shares = {tensor: tuple(sent) for tensor, sent in output.backward_steps(seed)}
        return {tensor: tensor.grad.copy() for tensor in shares}, shares
    finally:
        for tensor, gradient in zip(graph, before, strict=True):
            tensor.grad = gradient
