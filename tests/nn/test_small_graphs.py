import numpy as np
import pytest

from course_lib.gradient_check import gradient_check
from course_lib.nn.autograd import Tensor
from course_lib.nn.small_graphs import (
    arrived,
    down_a_chain,
    gradients,
    hinge_graph,
    in_four_gates,
    neuron_graph,
    shares_of_a_gate,
)


@pytest.mark.parametrize(("w", "x"), [(-1.0, 2.0), (1.5, 3.0), (0.5, -1.0)])
def test_the_hinge_is_that_of_its_formula(w, x):
    nodes = {node.name: node for node in hinge_graph(w, x, 0.1).nodes}
    assert nodes["L"].value == pytest.approx(max(0, 1 - (w * x + 0.1)) + w * w / 4)
    slopes = [float(nodes[name].gradient) for name in "wxb"]
    at = np.array([w, x, 0.1])
    assert gradient_check(lambda v: hinge_graph(*v).nodes[-1].value, slopes, at).ok


def test_four_gates_are_one_sigmoid():
    fine, coarse = neuron_graph(), neuron_graph(Tensor.sigmoid)
    assert len(fine.operations) == len(coarse.operations) + 3
    slopes = [{n.name: n.gradient for n in way.nodes if n.name} for way in (fine, coarse)]
    assert slopes[0].keys() == slopes[1].keys()
    for name in slopes[0]:
        assert slopes[0][name] == pytest.approx(slopes[1][name])


def test_far_out_the_four_gates_lose_the_gradient_and_one_gate_does_not():
    fine, coarse = (Tensor(-1000.0, requires_grad=True) for _ in range(2))
    with np.errstate(all="ignore"):
        in_four_gates(fine).backward()
    coarse.sigmoid().backward()
    assert np.isnan(fine.grad)
    assert coarse.grad == 0


def test_gradients_are_those_of_the_leaves():
    assert gradients(hinge_graph(1, 2)) == {"w": 0.5, "x": 0, "b": 0}
    assert list(gradients(neuron_graph())) == ["w₁", "x₁", "w₂", "x₂", "b"]


def test_a_gradient_is_complete_when_its_last_share_has_come():
    way = hinge_graph(-1, 2)
    told = [arrived(way, step, "w") for step in range(way.steps + 1)]
    assert [one["gradient"] for one in told] == [0] * 11 + [-0.5] * 4 + [-2.5]
    assert [one["complete"] for one in told] == [0] * 15 + [1]
    with pytest.raises(ValueError, match="name must be that of a node"):
        arrived(way, 0, "v")


@pytest.mark.parametrize(
    ("gate", "shares"), [("+", [3, 3]), ("×", [6, -3]), ("max", [0, 3]), ("copy", [5])]
)
def test_gates_share_as_the_chain_rule_says(gate, shares):
    assert list(shares_of_a_gate(gate, -1, 2, 3)[0].values()) == shares


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_a_chain_has_the_product_of_its_slopes(activation):
    value = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: z}
    slope = {"sigmoid": lambda h: h * (1 - h), "tanh": lambda h: 1 - h * h, "relu": lambda h: 1}
    h, factors = 0.5, []
    for _ in range(4):
        h = value[activation](1.5 * h)
        factors.append(1.5 * slope[activation](h))
    expected = [*np.cumprod(factors[::-1])[::-1], 1]
    assert np.allclose(down_a_chain(activation, 1.5, 4), expected)
