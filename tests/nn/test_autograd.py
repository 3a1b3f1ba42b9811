"""The autograd engine against torch, small steps and worked examples."""

import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from torch.nn import functional as F

from course_lib.gradient_check import gradient_check
from course_lib.nn import autograd
from course_lib.nn.autograd import Tensor, cross_entropy, no_grad

KEY = (np.array([2, 0, 2, 2]), np.array([1, 1, 1, 0]))
MASK = np.array([[True, False], [False, True], [True, True]])

# what both libraries compute, and the shapes of what from
SAME_IN_BOTH = {
    "sum of two": (lambda a, b: a + b, (2, 3), (2, 3)),
    "difference": (lambda a, b: a - b, (2, 3), (2, 3)),
    "product": (lambda a, b: a * b, (2, 3), (2, 3)),
    "quotient": (lambda a, b: a / b, (2, 3), (2, 3)),
    "square": (lambda a: a * a, (2, 3)),
    "minus": (lambda a: -a, (4,)),
    "with numbers": (lambda a: 2 - (3 * a + 1) / 4 + a / 2 - 5, (2, 3)),
    "number over": (lambda a: 1 / a, (2, 3)),
    "power": (lambda a: a**3, (2, 3)),
    "power -2": (lambda a: a**-2, (2, 3)),
    "power 0": (lambda a: a**0 + a, (2, 3)),
    "root of a square": (lambda a: (a**2) ** 0.5, (2, 3)),
    "power of a number": (lambda a: 2.5**a, (2, 3)),
    "power of two": (lambda a, b: (a * a) ** b, (2, 3), (3,)),
    "exp": (lambda a: a.exp(), (2, 3)),
    "log": (lambda a: (a * a).log(), (2, 3)),
    "relu": (lambda a: a.relu(), (5, 6)),
    "tanh": (lambda a: a.tanh(), (2, 3)),
    "sigmoid": (lambda a: a.sigmoid(), (2, 3)),
    "column and row": (lambda a, b: a * b, (2, 1), (3,)),
    "number and matrix": (lambda a, b: b / a - a, (), (2, 3)),
    "ones inside": (lambda a, b: a - b, (4, 1, 3), (2, 1)),
    "ones outside": (lambda a, b: a * b, (1, 1), (3,)),
    "empty": (lambda a, b: (a * b).exp(), (0, 3), (3,)),
    "matrices": (lambda a, b: a @ b, (2, 3), (3, 4)),
    "matrix and vector": (lambda a, b: a @ b, (2, 3), (3,)),
    "vector and matrix": (lambda a, b: a @ b, (3,), (3, 4)),
    "vectors": (lambda a, b: a @ b, (3,), (3,)),
    "batch": (lambda a, b: a @ b, (5, 2, 3), (5, 3, 4)),
    "batch and matrix": (lambda a, b: a @ b, (5, 2, 3), (3, 4)),
    "matrix and batch": (lambda a, b: a @ b, (2, 3), (5, 3, 4)),
    "batches of two axes": (lambda a, b: a @ b, (2, 1, 2, 3), (5, 3, 4)),
    "batch and vector": (lambda a, b: a @ b, (5, 2, 3), (3,)),
    "vector and batch": (lambda a, b: a @ b, (3,), (5, 3, 4)),
    "empty inside": (lambda a, b: a @ b, (2, 0), (0, 3)),
    "no rows": (lambda a, b: a @ b, (0, 3), (3, 2)),
    "sum": (lambda a: a.sum(), (2, 3)),
    "sum of a number": (lambda a: a.sum() * a, ()),
    "sum of rows": (lambda a: a.sum(0), (2, 3)),
    "sum of the last": (lambda a: a.sum(-1), (2, 3, 4)),
    "sum over two": (lambda a: a.sum((0, 2)), (2, 3, 4)),
    "sum, kept": (lambda a: a / (a * a).sum(1, keepdims=True), (2, 3)),
    "sum of none": (lambda a: a.sum(0), (0, 3)),
    "mean": (lambda a: a.mean(), (2, 3)),
    "mean of columns": (lambda a: a.mean(1), (2, 3)),
    "mean over two": (lambda a: a.mean((0, -1)), (2, 3, 4)),
    "mean, kept": (lambda a: a - a.mean(0, keepdims=True), (4, 3)),
    "mean of no columns": (lambda a: a.mean(1), (0, 3)),
    "largest": (lambda a: a.max(), (2, 3)),
    "reshape": (lambda a: a.reshape(3, 2), (2, 3)),
    "reshape to what is left": (lambda a: a.reshape(-1), (2, 3)),
    "reshape by a tuple": (lambda a: a.reshape((1, 6, 1)), (2, 3)),
    "transpose": (lambda a: a.T @ a, (2, 3)),
    "a row": (lambda a: a[1], (3, 2)),
    "an entry": (lambda a: a[1, -1], (3, 2)),
    "slices": (lambda a: a[1:, ::2], (3, 4)),
    "ellipsis": (lambda a: a[..., 1], (3, 2, 4)),
    "new axis": (lambda a: a[:, None] - a[None], (4,)),
    "repeated entries": (lambda a: a[KEY], (3, 2)),
    "repeated rows": (lambda a: a[[0, 0, 2]], (3, 2)),
    "mask": (lambda a: a[MASK], (3, 2)),
    "mask of rows": (lambda a: a[np.array([True, False, True])], (3, 2)),
}
# what they call differently: ours, torch's, the shapes
CALLED_OTHERWISE = {
    "axes": (lambda a: a.transpose(2, 0, 1), lambda a: a.permute(2, 0, 1), (2, 3, 4)),
    "axes from the end": (
        lambda a: a.transpose(-1, 0, -2),
        lambda a: a.permute(2, 0, 1),
        (2, 3, 4),
    ),
    "reversed": (lambda a: a.transpose(), lambda a: a.permute(2, 1, 0), (2, 3, 4)),
    "T": (lambda a: a.T, lambda a: a.permute(2, 1, 0), (2, 3, 4)),
    "max over one": (lambda a: a.max(1), lambda a: a.amax(1), (2, 3)),
    "max over two": (lambda a: a.max((0, 2)), lambda a: a.amax((0, 2)), (2, 3, 4)),
    "max, kept": (
        lambda a: a - a.max(-1, keepdims=True),
        lambda a: a - a.amax(-1, keepdim=True),
        (2, 3),
    ),
    "max of no rows": (lambda a: a.max(1), lambda a: a.amax(1), (0, 3)),
    "cross-entropy": (
        lambda a: cross_entropy(a, [2, 0, 2, 1]),
        lambda a: F.cross_entropy(a, torch.tensor([2, 0, 2, 1])),
        (4, 3),
    ),
}
CASES = {name: (one, one, *shapes) for name, (one, *shapes) in SAME_IN_BOTH.items()}
CASES |= CALLED_OTHERWISE


def arrays(*shapes, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def like(y, seed=1):
    """Return a seed for backward, of y's shape and type."""
    return np.asarray(np.random.default_rng(seed).normal(size=tuple(y.shape)), dtype=y.dtype)


def check_beside_torch(ours, theirs, data, tol=1e-12):
    """Compare the value and all gradients, from a random seed."""
    mine = [Tensor(x, requires_grad=True) for x in data]
    tensors = [torch.tensor(x, requires_grad=True) for x in data]
    y, expected = ours(*mine), theirs(*tensors)
    assert y.dtype == data[0].dtype
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=tol, atol=tol)
    seed = like(y)
    y.backward(seed)
    expected.backward(torch.tensor(seed))
    for one, other in zip(mine, tensors, strict=True):
        assert one.grad.dtype == one.dtype
        assert one.grad.shape == one.shape
        np.testing.assert_allclose(one.grad, other.grad.numpy(), rtol=tol, atol=tol)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_gradients_are_those_of_torch(case, dtype):
    ours, theirs, *shapes = CASES[case]
    check_beside_torch(
        ours, theirs, arrays(*shapes, dtype=dtype), 1e-12 if dtype == "float64" else 1e-5
    )


def check_by_small_steps(ours, data):
    seed = like(ours(*map(Tensor, data)))
    for i, x in enumerate(data):

        def loss(x, i=i):
            return np.sum(
                seed * ours(*(Tensor(x if j == i else data[j]) for j in range(len(data)))).data
            )

        mine = [Tensor(x, requires_grad=True) for x in data]
        ours(*mine).backward(seed)
        check = gradient_check(loss, mine[i].grad, x)
        assert check.ok, str(check)


@pytest.mark.parametrize(
    "case",
    [name for name, (_, _, *shapes) in CASES.items() if not any(0 in shape for shape in shapes)],
)
def test_gradients_are_those_of_small_steps(case):
    ours, _, *shapes = CASES[case]
    check_by_small_steps(ours, arrays(*shapes, seed=3))


@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3),
    st.sampled_from(["sum of two", "difference", "product", "quotient"]),
    st.integers(0, 99),
)
def test_any_shapes_that_broadcast_are_summed_back(shapes, case, seed):
    operation, _, *_ = CASES[case]
    check_beside_torch(operation, operation, arrays(*shapes.input_shapes, seed=seed))


@given(st.lists(st.integers(1, 3), max_size=4).map(tuple), st.data())
def test_any_axes_are_reduced(shape, data):
    x = arrays(shape)[0]
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1)) if shape else st.just(set()))
    axis, keep = tuple(axes) or None, data.draw(st.booleans())
    everything = tuple(range(len(shape)))
    for name, theirs in (("sum", "sum"), ("mean", "mean"), ("max", "amax")):
        check_beside_torch(
            lambda a, name=name: getattr(a, name)(axis, keepdims=keep),
            lambda a, theirs=theirs: getattr(a, theirs)(axis or everything, keepdim=keep),
            [x],
        )


@given(st.permutations(range(4)))
def test_any_order_of_axes_is_taken_back(order):
    check_beside_torch(
        lambda a: a.transpose(*order), lambda a: a.permute(*order), arrays((2, 3, 4, 5))
    )


# --- where a derivative jumps, and where numbers end ------------------------------------------


def gradient(f, x):
    x = Tensor(np.asarray(x, dtype=float), requires_grad=True)
    f(x).sum().backward()
    return x.grad.tolist()


def test_relu_is_flat_at_zero():
    assert gradient(lambda x: x.relu(), [-1, 0, -0.0, 2]) == [0, 0, 0, 1]


def test_equal_maxima_share_the_gradient():
    assert gradient(lambda x: x.max(), [1, 3, 3, 2]) == [0, 0.5, 0.5, 0]
    assert gradient(lambda x: x.max(1), [[1, 1], [0, 5]]) == [[0.5, 0.5], [0, 1]]
    tied = np.array([[1.0, 4, 4], [4, 0, 4]])
    check_beside_torch(lambda a: a.max(), lambda a: a.max(), [tied])
    check_beside_torch(lambda a: a.max(1), lambda a: a.amax(1), [tied])
    check_beside_torch(lambda a: a.max(0, keepdims=True), lambda a: a.amax(0, keepdim=True), [tied])


@pytest.mark.parametrize("p", [0, 1, 2, 3, 2.0])
def test_powers_of_zero_and_of_negative_numbers_have_no_gap(p):
    check_beside_torch(lambda a: a**p, lambda a: a**p, [np.array([-2.0, -0.5, 0.0, 1.5])])


def test_the_power_zero_is_flat_everywhere():
    check_beside_torch(lambda a: a**0, lambda a: a**0, [np.array([-np.inf, -1.0, 0.0, np.inf])])


def test_zero_to_a_power_is_flat_in_the_power():
    base, powers = np.array([0.0, 0.0, 2.0, 0.5]), np.array([0.0, 2.0, 3.0, -1.0])
    check_beside_torch(lambda a, b: a**b, lambda a, b: a**b, [base, powers])


def test_what_has_no_number_is_infinite_or_nan_and_numpy_says_so():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        y = Tensor([0.0], requires_grad=True).log()
    assert y.data == -np.inf
    with np.errstate(all="ignore"):
        assert gradient(lambda x: x.log(), [0.0]) == [np.inf]
        assert gradient(lambda x: x**0.5, [0.0]) == [np.inf]
        assert gradient(lambda x: x**-1, [0.0]) == [-np.inf]
        assert np.isnan(gradient(lambda x: x**0.5, [-1.0])).all()
        both = [np.array([0.0, -1.0, -2.0, -2.0]), np.array([-1.0, 0.5, 2.0, -1.0])]
        check_beside_torch(lambda a, b: a**b, lambda a, b: a**b, both)
        check_beside_torch(lambda a: a.log(), lambda a: a.log(), [np.array([0.0, -1.0])])


def test_far_out_nothing_overflows():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far = np.array([-1000.0, -40.0, 40.0, 1000.0])
        check_beside_torch(lambda a: a.sigmoid(), lambda a: a.sigmoid(), [far], tol=0)
        check_beside_torch(lambda a: a.tanh(), lambda a: a.tanh(), [far])
        scores = np.array([[1000.0, 0.0, -1000.0], [-1000.0, 1000.0, 1000.0]])
        check_beside_torch(
            lambda a: cross_entropy(a, [2, 1]),
            lambda a: F.cross_entropy(a, torch.tensor([2, 1])),
            [scores],
        )


def test_sigmoid_keeps_its_digits_far_to_the_left():
    assert Tensor(-40.0).sigmoid().item() == pytest.approx(np.exp(-40), rel=1e-12)


# --- the graph ---------------------------------------------------------------------------------


def test_the_four_gates():
    x, y, g = Tensor(3.0, requires_grad=True), Tensor(-4.0, requires_grad=True), 2.0

    def gradients(f):
        x.zero_grad(), y.zero_grad()
        f.backward(g)
        return x.grad.item(), y.grad.item()

    assert gradients(x + y) == (g, g)  # distributes
    assert gradients(x * y) == (g * -4, g * 3)  # switches
    assert gradients(autograd.Tensor.reshape(x, 1).sum() + 0 * y) == (g, 0)
    assert gradients((x + x) + (y + x)) == (3 * g, g)  # a copy sums up
    pair = Tensor([3.0, -4.0], requires_grad=True)
    pair.max().backward(g)
    assert pair.grad.tolist() == [g, 0]  # routes


def test_the_sigmoid_neuron():
    w = [Tensor(v, requires_grad=True) for v in (2.0, -3.0, -3.0)]
    x = [Tensor(v, requires_grad=True) for v in (-1.0, -2.0)]
    s = w[0] * x[0] + w[1] * x[1] + w[2]
    y = s.sigmoid()
    y.backward()
    assert (s.item(), round(y.item(), 2), round(s.grad.item(), 2)) == (1.0, 0.73, 0.20)
    slope = y.item() * (1 - y.item())
    expected = np.array([-1, -2, 1, 2, -3]) * slope
    np.testing.assert_allclose([t.grad.item() for t in (*w, *x)], expected, rtol=1e-12)
    assert np.round(expected, 2).tolist() == [-0.2, -0.39, 0.2, 0.39, -0.59]


def test_the_squared_length_of_a_product():
    W = Tensor([[0.1, 0.5], [-0.3, 0.8]], requires_grad=True)
    x = Tensor([0.2, 0.4], requires_grad=True)
    q = W @ x
    f = (q**2).sum()
    f.backward()
    np.testing.assert_allclose(q.data, [0.22, 0.26], rtol=1e-12)
    assert f.item() == pytest.approx(0.116)
    np.testing.assert_allclose(q.grad, 2 * q.data, rtol=1e-12)
    np.testing.assert_allclose(W.grad, [[0.088, 0.176], [0.104, 0.208]], rtol=1e-12)
    np.testing.assert_allclose(x.grad, [-0.112, 0.636], rtol=1e-12)


def test_gradients_add_up_until_they_are_zeroed():
    w = Tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    loss.backward()
    assert w.grad.tolist() == [4, 8]
    (3 * w).sum().backward()
    assert w.grad.tolist() == [7, 11]
    w.zero_grad()
    assert w.grad is None
    loss.backward()
    assert w.grad.tolist() == [2, 4]


def test_inside_the_graph_the_gradient_is_that_of_the_last_call():
    w = Tensor(2.0, requires_grad=True)
    square = w * w
    loss = 3 * square
    loss.backward()
    loss.backward(10.0)
    assert (square.grad.item(), loss.grad.item(), w.grad.item()) == (30, 10, 132)


def test_a_leaf_is_its_own_root():
    x = Tensor([1.0, 2.0], requires_grad=True)
    seed = np.array([5.0, 6.0])
    x.backward(seed)
    seed[:] = 0
    assert x.grad.tolist() == [5, 6]


def test_no_two_leaves_share_a_gradient_array():
    a, b, c = (Tensor([[1.0, 2.0]], requires_grad=True) for _ in range(3))
    seed = np.array([[1.0, 2.0]])
    y = a + b + c.T.T.reshape(1, 2)
    y.backward(seed)
    arrays = [a.grad, b.grad, c.grad, seed, y.grad]
    for i, one in enumerate(arrays[:3]):
        assert one.flags.writeable
        assert not any(np.shares_memory(one, other) for other in arrays[i + 1 :])


def test_a_gradient_that_only_repeats_can_be_written():
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.sum().backward()
    x.grad *= 3
    assert x.grad.tolist() == [3, 3]


def test_a_deep_graph_meets_no_limit_of_recursion():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y + 1
    assert len(y.graph()) == 100_001
    y.backward()
    assert (y.item(), x.grad.item()) == (50_001, 1)
    del y  # nor does taking it down


def test_a_ladder_takes_each_rung_once():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y  # 2⁶⁰ ways lead from y to x
    y.backward()
    assert x.grad.item() == 2.0**60
    assert len(y.graph()) == 61


def test_the_graph_is_in_topological_order():
    a, b = Tensor(1.0, requires_grad=True), Tensor(2.0)
    c = a * b
    d = c.exp()
    e = d + c
    assert e.graph() == [a, b, c, d, e]
    assert [t.operation for t in e.graph()] == ["", "", "×", "exp", "+"]
    assert e.parents == (d, c)


def test_steps_of_backward_are_backward():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor(2.0)
    c = a * b
    loss = c.sum()
    steps = list(loss.backward_steps(seed=3.0))
    assert [node for node, _ in steps] == [loss, c, a]
    assert steps[0][1][0].tolist() == [3, 3]
    assert steps[1][1][0].tolist() == [6, 6]
    assert steps[1][1][1] is None
    assert steps[2][1] == []
    assert a.grad.tolist() == [6, 6]
    assert b.grad is None


def test_local_derivatives_are_those_of_numbers():
    a, b = Tensor(3.0, requires_grad=True), Tensor(-4.0, requires_grad=True)
    v = Tensor([1.0, 2.0], requires_grad=True)
    assert (a * b).local_derivatives() == (-4, 3)
    assert (a * 5).local_derivatives() == (5, None)
    assert (a * v).local_derivatives() == (None, None)
    assert v.sum().local_derivatives() == (None,)
    assert a.local_derivatives() == ()


def test_nothing_is_computed_for_what_needs_no_gradient():
    X, W = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 4)), requires_grad=True)
    (X @ W).sum().backward()
    assert X.grad is None
    calls = []
    y = Tensor.made(
        "both", 1.0, (X, lambda g: calls.append("X")), (W, lambda g: calls.append("W") or W.data)
    )
    y.backward()
    assert calls == ["W"]


def test_constants_leave_no_graph():
    y = Tensor([1.0]) * Tensor([2.0])
    assert (y.requires_grad, y.parents, y.operation) == (False, (), "")


def test_no_grad_leaves_no_graph_and_ends():
    w = Tensor(2.0, requires_grad=True)
    with no_grad():
        y = w * w
        assert (y.requires_grad, y.parents) == (False, ())
    assert (w * w).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0  # noqa: B018 the error is what is wanted
    assert (w * w).requires_grad

    @no_grad()
    def inside():
        return w * w

    assert not inside().requires_grad
    assert (w * w).requires_grad


def test_a_leaf_can_be_frozen_for_what_is_computed_later():
    w, x = Tensor(3.0, requires_grad=True), Tensor(2.0)
    before = w * x
    w.requires_grad, x.requires_grad = False, True
    after = w * x
    before.backward()
    assert (w.grad.item(), x.grad) == (2, None)
    after.backward()
    assert (w.grad.item(), x.grad.item()) == (2, 3)


def test_detach_stops_the_gradient():
    w = Tensor(3.0, requires_grad=True)
    (w * w.detach()).backward()
    assert w.grad.item() == 3
    assert not w.detach().requires_grad
    assert w.detach().data is w.data


# --- data ---------------------------------------------------------------------------------------


def test_types_are_kept():
    single = Tensor(np.float32([1, 2]), requires_grad=True)
    for y in (
        single + 1,
        2.5 * single,
        single * np.array([1, 2]),
        single * np.array([True, False]),
    ):
        assert y.dtype == np.float32
    double = single * np.array([0.5, 1.0])
    assert double.dtype == np.float64
    double.sum().backward()
    assert single.grad.dtype == np.float32
    assert Tensor([1, 2]).dtype == np.float64
    assert Tensor([True, False]).data.tolist() == [1, 0]
    assert (single @ [1, 2]).dtype == ([1, 2] @ single).dtype == np.float32


def test_arrays_on_the_left_leave_the_work_to_the_tensor():
    w = Tensor([1.0, 2.0], requires_grad=True)
    a = np.array([3.0, 4.0])
    for y, expected in (
        (a + w, [4, 6]),
        (a - w, [2, 2]),
        (a * w, [3, 8]),
        (a / w, [3, 2]),
        (a**w, [3, 16]),
        (np.eye(2) @ w, [1, 2]),
        (np.float64(2) * w, [2, 4]),
    ):
        assert isinstance(y, Tensor)
        assert y.data.tolist() == expected
    y.sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_a_tensor_that_is_trained_has_data_of_its_own():
    given = np.array([1.0, 2.0])
    w = Tensor(given, requires_grad=True)
    w.data -= 1
    assert given.tolist() == [1, 2]
    assert Tensor(given).data is given


def test_a_step_between_two_graphs_is_fine():
    w = Tensor([1.0, 2.0], requires_grad=True)
    for expected in ([0.5, 1.0], [0.25, 0.5]):
        (w * w).sum().backward()
        w.data -= 0.25 * w.grad
        w.zero_grad()
        assert w.data.tolist() == expected
    w.data = [7, 8]
    assert w.data.dtype == float


@pytest.mark.parametrize("change", ["leaf", "inside", "result"])
def test_a_change_after_use_is_noticed(change):
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = w.exp()
    loss = (y * 2).sum()
    {"leaf": w, "inside": y, "result": loss}[change].data -= 1
    with pytest.raises(ValueError, match=r"were changed after '.+' had made or used them"):
        loss.backward()
    assert w.grad is None


def test_a_change_before_use_is_noticed_where_an_operation_made_it():
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = w.exp()
    y.data = y.data + 1
    with pytest.raises(ValueError, match="changed after 'exp'"):
        y.sum().backward()


def test_it_tells_what_it_holds():
    x = Tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    assert (x.shape, x.ndim, x.dtype) == ((1, 3), 2, np.float64)
    assert repr(x) == "Tensor([[1., 2., 3.]], requires_grad=True)"
    assert repr(Tensor(2.0)) == "Tensor(2.)"
    assert Tensor([[2.5]]).item() == 2.5
    assert type(Tensor(2.5).item()) is float
    assert [row.item() for row in Tensor([1.0, 2.0])] == [1, 2]


# --- errors -------------------------------------------------------------------------------------


def test_backward_says_what_it_lacks():
    w = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"needs a seed for a tensor of shape \(2,\)"):
        (w * w).backward()
    with pytest.raises(ValueError, match=r"needs a seed for a tensor of shape \(0,\)"):
        w[:0].backward()
    with pytest.raises(
        ValueError, match=r"seed must have the shape \(2,\) of the tensor, got \(3,\)"
    ):
        (w * w).backward(np.ones(3))
    with pytest.raises(ValueError, match=r"seed must have the shape \(2,\)"):
        (w * w).backward(1.0)
    with pytest.raises(ValueError, match="no graph to go back through"):
        Tensor(1.0).backward()
    with pytest.raises(ValueError, match="no graph to go back through"):
        w.detach().sum().backward()
    w[:1].reshape(1, 1).backward()  # one number, whatever its shape
    assert w.grad.tolist() == [1, 0]


@pytest.mark.parametrize("data", ["a", None, [1j], [[1.0, "b"]]])
def test_only_real_numbers_are_data(data):
    with pytest.raises(TypeError, match="data must be real numbers, got an array of"):
        Tensor(data)


@pytest.mark.parametrize("data", [1, [1, 2], [True]])
def test_whole_numbers_have_no_gradient(data):
    with pytest.raises(
        TypeError, match=r"must be floating-point numbers \(2.0, not 2\), got an array"
    ):
        Tensor(data, requires_grad=True)


def test_a_tensor_is_no_array():
    for call in (np.asarray, Tensor, lambda t: np.array([t, t]), lambda t: np.ones(2)[t]):
        with pytest.raises(TypeError, match=r"take its \.data"):
            call(Tensor([1.0, 2.0], requires_grad=True))
    with pytest.raises(TypeError, match="ufunc"):
        np.exp(Tensor(1.0))


def test_shapes_that_do_not_fit_are_named():
    a = Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"Shapes \(2, 3\) and \(2,\) do not broadcast"):
        a + np.ones(2)
    with pytest.raises(ValueError, match="do not broadcast"):
        np.ones(2) * a
    for other in (np.ones((2, 3)), np.ones((4, 3)), np.ones(2), np.ones(4), np.ones((3, 2, 3))):
        with pytest.raises(ValueError, match=r"Shapes \(2, 3\) and .* do not fit a product A @ B"):
            a @ other
    for one, other in ((Tensor(2.0), a), (a, Tensor(2.0))):
        with pytest.raises(ValueError, match="do not fit a product"):
            one @ other
    with pytest.raises(ValueError, match="do not fit a product"):
        np.ones((4, 3)) @ a
    with pytest.raises(ValueError, match="do not broadcast"):
        Tensor(np.ones((2, 3, 3))) @ np.ones((4, 3, 3))
    with pytest.raises(ValueError, match=r"data must keep the shape \(2, 3\), got \(3,\)"):
        a.data = np.ones(3)


def test_cross_entropy_says_what_it_expects():
    scores = Tensor(np.zeros((2, 3)))
    for wrong in ([0], [[0], [1]], []):
        with pytest.raises(ValueError, match=r"scores must have shape \(n, K\) and y \(n,\)"):
            cross_entropy(scores, wrong)
    for wrong in ([0, 3], [-1, 0], [0.0, 1.0]):
        with pytest.raises(ValueError, match="y must hold whole numbers from 0 to 2"):
            cross_entropy(scores, wrong)
    for empty in (np.zeros((0, 3)), np.zeros((2, 0)), np.zeros(3)):
        with pytest.raises(ValueError, match="none empty"):
            cross_entropy(Tensor(empty), np.zeros(len(empty), int))


def test_cross_entropy_of_equal_scores_is_the_logarithm_of_how_many():
    assert cross_entropy(Tensor(np.full((5, 8), 3.0)), [0, 1, 2, 3, 7]).item() == pytest.approx(
        np.log(8)
    )


# --- a network ----------------------------------------------------------------------------------


def test_a_network_trains_as_torchs_does():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 8)), rng.integers(0, 3, 60)
    sizes = ((8, 16), (16,), (16, 3), (3,))
    data = [rng.normal(size=size) / 3 for size in sizes]
    ours = [Tensor(one, requires_grad=True) for one in data]
    theirs = [torch.tensor(one, requires_grad=True) for one in data]

    def loss(X, parameters, entropy):
        W, b, V, c = parameters
        return entropy((X @ W + b).relu() @ V + c)

    for _ in range(50):
        mine = loss(Tensor(X), ours, lambda scores: cross_entropy(scores, y))
        other = loss(
            torch.tensor(X), theirs, lambda scores: F.cross_entropy(scores, torch.tensor(y))
        )
        assert mine.item() == pytest.approx(other.item(), rel=1e-9)
        mine.backward()
        other.backward()
        for one, two in zip(ours, theirs, strict=True):
            one.data -= 0.5 * one.grad
            one.zero_grad()
            with torch.no_grad():
                two -= 0.5 * two.grad
            two.grad = None
    assert mine.item() < 0.6


def test_the_engine_does_without_torch():
    modules = "course_lib.nn.graph, course_lib.nn.autograd_operations"
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "False\n"


def test_a_copy_is_a_leaf_of_its_own():
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = w * 2
    y.sum().backward()
    for copied in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert (copied.requires_grad, copied.parents, copied.grad) == (True, (), None)
        assert copied.data.tolist() == [2, 4]
        assert copied.data is not y.data
        (copied * 3).sum().backward()
        assert copied.grad.tolist() == [3, 3]
    assert not copy.deepcopy(Tensor(1.0)).requires_grad
