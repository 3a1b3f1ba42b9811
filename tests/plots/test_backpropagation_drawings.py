from itertools import combinations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch

from course_lib.nn.autograd import Tensor
from course_lib.nn.graph import trace
from course_lib.nn.small_graphs import hinge_graph, neuron_graph
from course_lib.plots import backpropagation as draw


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("way", [hinge_graph(-1, 2), neuron_graph(), neuron_graph(Tensor.sigmoid)])
def test_operations_stand_behind_their_operands_and_nodes_do_not_touch(way):
    at = draw.places(way.nodes)
    for i, (column, _) in at.items():
        assert all(at[j][0] < column for j in way.nodes[i].parents if j in at)
    for (c, r), (d, s) in combinations(at.values(), 2):
        assert c != d or abs(r - s) > 0.99


def test_constants_stand_in_the_circle_of_their_operation():
    ax = draw.graph(hinge_graph(-1, 2).nodes)
    assert {"1−", "×0.25", "ReLU"} <= set(words(ax))
    assert len(draw.drawn(hinge_graph(-1, 2).nodes)) == 10


def test_values_and_gradients_are_those_of_the_engine():
    shown = words(draw.graph(hinge_graph(-1, 2).nodes))
    assert {"−2.5", "2.75", "−1.75", "3"} <= set(shown)


def test_only_what_is_known_is_drawn():
    way = neuron_graph()
    at_first, at_last = (words(draw.graph(way.nodes, way.at(k))) for k in (0, way.steps))
    assert "0.269" not in at_first
    assert {"0.269", "0.393", "−0.197"} <= set(at_last)


def test_every_step_has_its_own_sentence():
    way = neuron_graph()
    told = [draw.in_words(way.nodes, way.at(k)) for k in range(way.steps + 1)]
    assert len(set(told)) == way.steps + 1
    assert told[-1].endswith("sends 0.393 to w₁, 0.098 to x₁.")


def test_a_gradient_that_is_not_complete_says_so():
    way = hinge_graph(-1, 2)
    first = next(k for k in range(way.steps) if 0 in way.at(k).gradients)
    assert "−0.5 …" in words(draw.graph(way.nodes, way.at(first)))
    assert draw.in_words(way.nodes, way.at(first)).endswith(" w has −0.5 and waits for more.")
    assert "−2.5" in words(draw.graph(way.nodes, way.at(way.steps)))
    assert "waits" not in draw.in_words(way.nodes, way.at(way.steps))


def test_results_have_their_names_in_a_wide_graph():
    assert {"z", "f"} <= set(words(draw.graph(neuron_graph().nodes)))


def test_a_graph_of_arrays_shows_their_entries():
    W = Tensor([[0.5, -1.0], [2.0, 1.0]], requires_grad=True)
    x = Tensor([2.0, 0.5], requires_grad=True)
    f = ((W @ x) ** 2).sum()
    shown = words(draw.graph(trace(f, {"W": W, "x": x}).nodes))
    assert {"0.5  −1\n2  1", "2  0.5\n18  4.5", "(0.5, 4.5)", "(18.5, 8)", "20.5"} <= set(shown)


def test_a_list_names_value_and_gradient():
    x = Tensor(3.0, requires_grad=True)
    assert draw.listed(trace(x * x, {"x": x}).nodes) == "x 3, 6"


def test_a_gate_draws_an_empty_share_dashed():
    ax = draw.gate("max", {"a": 1, "b": 2}, [0, 3], [3])
    wires = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert [wire.get_linestyle() for wire in wires] == ["--", "-", "-"]


def test_the_smallest_value_is_marked():
    ax = draw.training_curves({"fitted": [3, 2, 1], "validation": [3, 1.5, 2]})
    assert np.array_equal(ax.lines[-1].get_xydata(), [[2, 1.5]])
