"""Small graphs of single numbers, on which both ways through a program can be watched."""

from collections.abc import Callable

from course_lib.nn.autograd import Tensor
from course_lib.nn.autograd_operations import maximum
from course_lib.nn.graph import Trace, trace


def hinge_graph(w: float, x: float, b: float = 0.25) -> Trace:
    """Return the trace of max(0, 1 − (wx + b)) + w²/4: the hinge of a sample with label +1.

    Its nodes are called w, x, b, p = wx, s = p + b, m = 1 − s, h = max(0, m), q = w², r = q/4, and
    L = h + r.

    >>> {n.name: n.value.item() for n in hinge_graph(-1, 2).nodes if n.name in "shrL"}["L"]
    3.0
    """
    leaves = [Tensor(float(value), requires_grad=True) for value in (w, x, b)]
    p = leaves[0] * leaves[1]
    s = p + leaves[2]
    m = 1 - s
    h = m.relu()
    q = leaves[0] * leaves[0]
    r = q * 0.25
    L = h + r
    return trace(L, dict(zip("wxbpsmhqrL", (*leaves, p, s, m, h, q, r, L), strict=True)))


def in_four_gates(z: Tensor) -> Tensor:
    """Return the sigmoid of z as minus, exp, 1 + and 1 over."""
    return 1 / (1 + (-z).exp())


def neuron_graph(sigma: Callable[[Tensor], Tensor] = in_four_gates) -> Trace:
    """Return the trace of f = σ(z), z = w₁x₁ + w₂x₂ + b with w = (½, −1), x = (2, 3) and b = 1.

    >>> round(neuron_graph().nodes[-1].value.item(), 3)
    0.269
    """
    names, numbers = ("w₁", "x₁", "w₂", "x₂", "b"), (0.5, 2.0, -1.0, 3.0, 1.0)
    leaves = [Tensor(value, requires_grad=True) for value in numbers]
    w1, x1, w2, x2, b = leaves
    z = w1 * x1 + w2 * x2 + b
    f = sigma(z)
    return trace(f, dict(zip((*names, "z", "f"), (*leaves, z, f), strict=True)))


def gradients(way: Trace) -> dict[str, float]:
    """Return the gradient of each leaf that has a name, in the order of the graph.

    >>> gradients(hinge_graph(-1, 2))
    {'w': -2.5, 'x': 1.0, 'b': -1.0}
    """
    leaves = [node for node in way.nodes if node.name and not node.operation]
    return {node.name: node.gradient.item() for node in leaves if node.gradient is not None}


def arrived(way: Trace, step: int, name: str) -> dict[str, float]:
    """Return what has arrived at a node after a step of a trace, and whether that is all.

    Parameters
    ----------
    way : Trace
    step : int
    name : str
        Of the node.

    Returns
    -------
    dict
        step; gradient, the sum of the shares so far; complete, 1 if no more will come, else 0.

    Examples
    --------
    >>> arrived(hinge_graph(-1, 2), 11, "w")
    {'step': 11, 'gradient': -0.5, 'complete': 0}
    """
    place = {node.name: node.index for node in way.nodes if node.name}
    if name not in place:
        raise ValueError(f"name must be that of a node, one of {list(place)}, got {name!r}.")
    state = way.at(step)
    so_far = float(state.gradients.get(place[name], 0.0))
    return {"step": step, "gradient": so_far, "complete": int(place[name] in state.complete)}


def shares_of_a_gate(
    gate: str, a: float, b: float, arrives: float
) -> tuple[dict[str, float], list[float]]:
    """Return what each input of a gate gets, and which gradients arrive at it.

    Parameters
    ----------
    gate : {"+", "×", "max", "copy"}
        A copy has the input a alone, and a second use, from which a gradient of b arrives.
    a, b : float
    arrives : float
        The upstream gradient.

    Examples
    --------
    >>> shares_of_a_gate("×", 4, 2, 3)
    ({'a': 6.0, 'b': 12.0}, [3])
    >>> shares_of_a_gate("copy", 4, 2, 3)
    ({'a': 5.0}, [3, 2])
    """
    first, second = (Tensor(float(value), requires_grad=True) for value in (a, b))
    if gate == "copy":
        (arrives * first + b * first).backward()
        return {"a": first.grad.item()}, [arrives, b]
    gates = {"+": first + second, "×": first * second, "max": maximum(first, second)}
    gates[gate].backward(float(arrives))
    return {"a": first.grad.item(), "b": second.grad.item()}, [arrives]


def down_a_chain(activation: str, w: float, layers: int, start: float = 0.5) -> list[float]:
    """Return ∂h_n/∂h_l for l = 0 … n of the chain h_l = φ(w·h_{l−1}).

    Parameters
    ----------
    activation : {"sigmoid", "tanh", "relu"}
        φ, a method of Tensor.
    w : float
    layers : int
        n
    start : float, default=0.5
        h_0

    Examples
    --------
    >>> down_a_chain("relu", 2.0, 3)
    [8.0, 4.0, 2.0, 1.0]
    """
    chain = [Tensor(float(start), requires_grad=True)]
    for _ in range(layers):
        chain.append(getattr(chain[-1] * w, activation)())
    chain[-1].backward()
    return [h.grad.item() for h in chain]
