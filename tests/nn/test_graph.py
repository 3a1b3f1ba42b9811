"""The written-down graph against the engine that it was taken from."""

import numpy as np
import pytest

from course_lib.gradient_check import numerical_gradient
from course_lib.nn.autograd import Tensor, cross_entropy
from course_lib.nn.graph import trace
from course_lib.nn.layers import dense_network


def neuron():
    """Return σ(w₀x₀ + w₁x₁ + w₂) and its leaves."""
    values = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
    leaves = {name: Tensor(value, requires_grad=True) for name, value in values.items()}
    w0, x0, w1, x1, w2 = leaves.values()
    return (w0 * x0 + w1 * x1 + w2).sigmoid(), leaves


def test_the_neuron_is_written_down_in_order():
    output, leaves = neuron()
    nodes = trace(output, leaves).nodes
    assert [node.index for node in nodes] == list(range(10))
    assert [node.name for node in nodes[:5]] == list(leaves)
    assert [node.operation for node in nodes] == [""] * 5 + ["×", "×", "+", "+", "sigmoid"]
    assert [node.name for node in nodes[5:]] == [""] * 5
    assert [node.parents for node in nodes[5:]] == [(0, 1), (2, 3), (5, 6), (7, 4), (8,)]
    assert [node.value.item() for node in nodes[5:9]] == [-2, 6, 4, 1]
    assert nodes[5].local == (-1, 2)
    assert nodes[7].local == (1, 1)
    sigma = output.item()
    assert nodes[9].local == (pytest.approx(sigma * (1 - sigma)),)
    assert [round(node.gradient.item(), 2) for node in nodes] == [
        *(-0.2, 0.39, -0.39, -0.59, 0.2),  # w0, x0, w1, x1, w2
        *(0.2, 0.2, 0.2, 0.2, 1),
    ]


def test_each_share_is_upstream_times_local():
    output, _ = neuron()
    for node in trace(output).nodes:
        for share, local in zip(node.shares, node.local, strict=True):
            assert share.item() == pytest.approx(node.gradient.item() * local)


def test_values_appear_forward_and_gradients_backward():
    output, leaves = neuron()
    found = trace(output, leaves)
    assert found.operations == (5, 6, 7, 8, 9)
    assert found.steps == 11
    states = [found.at(k) for k in range(12)]
    assert [s.step for s in states] == list(range(12))
    assert [s.phase for s in states] == ["start", *["forward"] * 5, "seed", *["backward"] * 5]
    assert [s.active for s in states] == [None, 5, 6, 7, 8, 9, 9, 9, 8, 7, 6, 5]
    assert [len(s.values) for s in states] == [5, 6, 7, 8, 9, *[10] * 7]
    assert set(states[2].values) == {0, 1, 2, 3, 4, 5, 6}
    assert [sorted(s.gradients) for s in states[5:]] == [
        [],
        [9],
        [8, 9],
        [4, 7, 8, 9],
        [4, 5, 6, 7, 8, 9],
        [2, 3, 4, 5, 6, 7, 8, 9],
        list(range(10)),
    ]
    assert all(s.complete == set(s.gradients) for s in states)  # nothing is used twice here
    assert states[5].sent == ()
    assert states[6].sent == ()
    assert [parent for parent, _ in states[8].sent] == [7, 4]
    assert [parent for parent, _ in states[11].sent] == [0, 1]
    last = states[-1]
    for node in found.nodes:
        assert last.values[node.index] is node.value
        np.testing.assert_array_equal(last.gradients[node.index], node.gradient)


def test_a_gradient_is_complete_when_all_who_use_it_have_sent():
    x = Tensor(3.0, requires_grad=True)
    square = x * x  # 1
    product = square * 2.0  # 3
    output = product + square  # 4
    found = trace(output, {"x": x})
    assert [node.parents for node in found.nodes] == [(), (0, 0), (), (1, 2), (3, 1)]
    states = [found.at(k) for k in range(found.steps + 1)]
    assert [{i: g.item() for i, g in s.gradients.items()} for s in states[4:]] == [
        {4: 1},
        {4: 1, 3: 1, 1: 1},
        {4: 1, 3: 1, 1: 3},
        {4: 1, 3: 1, 1: 3, 0: 18},
    ]
    assert [set(s.complete) for s in states[4:]] == [{4}, {4, 3}, {4, 3, 1}, {4, 3, 1, 0}]
    assert [(p, g.item()) for p, g in states[7].sent] == [(0, 9), (0, 9)]
    assert [(p, g.item()) for p, g in states[6].sent] == [(1, 2)]  # the constant gets nothing
    assert found.nodes[2].gradient is None


def test_gradients_are_those_of_small_steps():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 3))

    def f(x):
        return ((x @ x.T).tanh() * x.sum()).mean()

    leaf = Tensor(x, requires_grad=True)
    node = trace(f(leaf), {"x": leaf}).nodes[0]
    expected = numerical_gradient(lambda x: f(Tensor(x)).item(), x)
    np.testing.assert_allclose(node.gradient, expected, rtol=1e-7)


def test_writing_down_leaves_the_tensors_as_they_were():
    output, leaves = neuron()
    output.backward()
    before = [tensor.grad for tensor in output.graph()]
    first, second = trace(output), trace(output)
    assert all(t.grad is g for t, g in zip(output.graph(), before, strict=True))
    for one, two in zip(first.nodes, second.nodes, strict=True):
        assert one.gradient.item() == two.gradient.item() == before[one.index].item()
    leaves["w0"].data = 100.0
    assert first.nodes[0].value.item() == 2
    with pytest.raises(ValueError, match="were changed"):
        trace(output)
    assert all(t.grad is g for t, g in zip(output.graph(), before, strict=True))


def test_vectors_have_no_local_number_and_take_a_seed():
    v = Tensor([1.0, -2.0], requires_grad=True)
    found = trace(v.relu(), {"v": v}, seed=[5.0, 7.0])
    assert found.nodes[1].local == (None,)
    assert found.nodes[1].gradient.tolist() == [5, 7]
    assert found.nodes[0].gradient.tolist() == [5, 0]
    assert found.at(2).gradients[1].tolist() == [5, 7]


def test_a_leaf_alone_has_one_step():
    found = trace(Tensor(2.0, requires_grad=True))
    assert (found.operations, found.steps) == ((), 1)
    assert found.at(0).gradients == {}
    state = found.at(1)
    assert (state.phase, state.active, state.gradients[0].item()) == ("seed", 0, 1)
    assert state.complete == {0}
    assert found.products() == (0, 0)


def test_forward_mode_multiplies_once_more_for_each_leaf():
    leaves = [Tensor(float(i), requires_grad=True) for i in range(1, 5)]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = total + leaf
    # 1: 3 edges, 2: 3 edges, 3: 2 edges, 4: 1 edge; then two more for each
    assert trace(total.exp().log()).products() == (3 + 3 + 2 + 1 + 4 * 2, 6 + 2)
    w = Tensor(1.0, requires_grad=True)
    assert trace((w * 5.0).tanh()).products() == (2, 2)  # constants ask for nothing
    assert trace(w * w).products() == (2, 2)


def test_errors_name_what_is_wrong():
    output, leaves = neuron()
    found = trace(output)
    for step in (-1, 12, 1.5, True):
        with pytest.raises(ValueError, match="step must be a whole number from 0 to 11"):
            found.at(step)
    with pytest.raises(ValueError, match="names holds 'other', a tensor that the output was not"):
        trace(output, {**leaves, "other": Tensor(1.0)})
    with pytest.raises(ValueError, match="needs a seed"):
        trace(Tensor([1.0, 2.0], requires_grad=True) * 2)
    with pytest.raises(ValueError, match="no graph to go back"):
        trace(Tensor(1.0))


@pytest.mark.parametrize(
    ("left", "right", "work"),
    [
        ((2, 3), (3, 4), 24),
        ((2, 3), (3,), 6),  # a matrix and a vector: no row of B is left over
        ((3,), (3, 4), 12),
        ((3,), (3,), 3),
        ((5, 2, 3), (5, 3, 4), 120),
        ((5, 2, 3), (3, 4), 120),
    ],
)
def test_products_of_matrices_are_counted_for_all_shapes(left, right, work):
    A, B = (Tensor(np.ones(shape), requires_grad=True) for shape in (left, right))
    assert trace((A @ B).sum()).matrix_products() == (work, 2 * work)
    assert trace((A @ Tensor(B.data)).sum()).matrix_products() == (work, work)


def test_products_of_layers_are_counted_by_hand():
    X, y = np.ones((7, 5)), np.zeros(7, dtype=int)
    net = dense_network([5, 4, 3, 2], random_state=0)
    inner = 7 * (4 * 3 + 3 * 2)
    found = trace(cross_entropy(net(Tensor(X)), y)).matrix_products()
    assert found == (7 * 5 * 4 + inner, 7 * 5 * 4 + 2 * inner)


def test_numbers_that_are_kept_are_counted_by_hand():
    net = dense_network([5, 4, 3, 2], random_state=0)
    found = trace(cross_entropy(net(Tensor(np.ones((7, 5)))), np.zeros(7, dtype=int)))
    weights = 5 * 4 + 4 * 3 + 3 * 2
    pictures = 7 * (5 + 3 * 4 + 3 * 3 + 2 * 2)  # product, sum and ReLU of each layer but the last
    assert found.numbers_kept() == (7 * (5 + 4 + 3) + weights, pictures + weights + 9 + 1)


def test_a_factor_that_is_used_twice_is_kept_once():
    A = Tensor(np.ones((3, 3)), requires_grad=True)
    assert trace((A @ A).sum()).numbers_kept() == (9, 19)
