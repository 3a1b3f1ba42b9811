import numpy as np
import pytest

from course_lib.gradient_check import gradient_check
from course_lib.nn.autograd import Tensor
from course_lib.nn.small_graphs import down_a_chain, hinge_graph, neuron_graph, shares_of_a_gate


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
