"""Convolution, pooling and batch normalisation against torch, ONNX, loops and differences."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from onnx.backend.test.case.node import collect_testcases
from onnx.helper import get_attribute_value
from torch.nn import functional as F

from course_lib.gradient_check import gradient_check
from course_lib.nn import convolution
from course_lib.nn.convolution import (
    average_pool2d,
    average_pool2d_backward,
    batch_norm,
    batch_norm_backward,
    batch_statistics,
    conv2d,
    conv2d_backward,
    max_pool2d,
    max_pool2d_backward,
    output_size,
    parameter_count,
    receptive_field,
    update_running,
)

CONVOLUTIONS = {
    "plain": ((2, 3, 7, 6), (4, 3, 3, 3), {}),
    "same size": ((2, 3, 7, 6), (4, 3, 3, 3), {"padding": 1}),
    "strided": ((2, 3, 8, 9), (4, 3, 3, 2), {"stride": 2, "padding": 1}),
    "pairs": ((2, 3, 8, 9), (4, 3, 3, 2), {"stride": (2, 3), "padding": (2, 0)}),
    "dilated": ((2, 3, 9, 9), (4, 3, 3, 3), {"dilation": (2, 3), "padding": 2}),
    "grouped": ((2, 4, 6, 6), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    "depthwise": ((2, 4, 6, 6), (4, 1, 3, 3), {"groups": 4, "stride": 2}),
    "one pixel": ((3, 5, 1, 1), (2, 5, 1, 1), {}),
    "even filter": ((1, 1, 5, 5), (1, 1, 4, 2), {"padding": 1}),
    "whole picture": ((2, 2, 4, 5), (3, 2, 4, 5), {}),
    "rows left over": ((1, 2, 6, 8), (3, 2, 3, 3), {"stride": 4}),
}
POOLS = {
    "halving": (2, {}),
    "overlapping": (3, {"stride": 2}),
    "padded": (3, {"stride": 2, "padding": 1}),
    "oblong": ((2, 3), {"stride": (1, 2)}),
    "gaps": (1, {"stride": 2}),
}


def arrays(*shapes, seed=0, dtype="float64"):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def tensors(*given):
    return [torch.tensor(array, requires_grad=True) for array in given]


def check_gradient(loss, gradient, at):
    check = gradient_check(loss, gradient, at)
    assert check.ok, check


# --- convolution ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CONVOLUTIONS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_convolution_and_its_gradients_are_torchs(case, dtype, tolerance):
    x_shape, w_shape, options = CONVOLUTIONS[case]
    X, W, b = arrays(x_shape, w_shape, w_shape[:1], dtype=dtype)
    tx, tw, tb = tensors(X, W, b)
    theirs = F.conv2d(tx, tw, tb, **options)
    Y = conv2d(X, W, b, **options)
    (dY,) = arrays(Y.shape, seed=1, dtype=dtype)
    theirs.backward(torch.tensor(dY))
    ours = (Y, *conv2d_backward(dY, X, W, **options))
    for mine, other in zip(ours, (theirs.detach(), tx.grad, tw.grad, tb.grad), strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, other.numpy(), rtol=tolerance, atol=tolerance * 10)


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_the_gradients_are_those_of_finite_differences(case):
    x_shape, w_shape, options = CONVOLUTIONS[case]
    X, W, b = arrays((1, *x_shape[1:]), w_shape, w_shape[:1])
    (dY,) = arrays(conv2d(X, W, b, **options).shape, seed=1)
    dX, dW, db = conv2d_backward(dY, X, W, **options)

    def loss(X, W, b):
        return np.sum(dY * conv2d(X, W, b, **options))

    check_gradient(lambda a: loss(a, W, b), dX, X)
    check_gradient(lambda a: loss(X, a, b), dW, W)
    check_gradient(lambda a: loss(X, W, a), db, b)


def by_loops(X, W, b, stride, padding, dilation):
    """The definition, one product at a time."""
    (N, C, H, _), (K, _, size, _) = X.shape, W.shape
    side = output_size(H, size, stride, padding, dilation)
    Y = np.zeros((N, K, side, side))
    for n, k, i, j in np.ndindex(Y.shape):
        Y[n, k, i, j] = b[k]
        for c, u, v in np.ndindex(C, size, size):
            row, column = (p * stride + q * dilation - padding for p, q in ((i, u), (j, v)))
            if 0 <= row < H and 0 <= column < H:
                Y[n, k, i, j] += W[k, c, u, v] * X[n, c, row, column]
    return Y


@given(
    side=st.integers(1, 6),
    size=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
)
def test_convolution_is_its_definition(side, size, stride, padding, dilation):
    X, W, b = arrays((2, 2, side, side), (3, 2, size, size), (3,))
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    if dilation * (size - 1) + 1 > side + 2 * padding:
        with pytest.raises(ValueError, match="does not fit"):
            conv2d(X, W, b, **options)
        return
    np.testing.assert_allclose(conv2d(X, W, b, **options), by_loops(X, W, b, **options), atol=1e-12)


def test_the_result_does_not_depend_on_the_batch_nor_on_the_blocks(monkeypatch):
    X, W, dY = arrays((5, 3, 8, 8), (4, 3, 3, 3), (5, 4, 8, 8))
    whole = conv2d(X, W, padding=1), *conv2d_backward(dY, X, W, padding=1)
    alone = np.concatenate([conv2d(X[i : i + 1], W, padding=1) for i in range(5)])
    np.testing.assert_allclose(alone, whole[0], atol=1e-13)
    monkeypatch.setattr(convolution, "_BLOCK", 2 * 27 * 64)  # two pictures at a time
    parts = conv2d(X, W, padding=1), *conv2d_backward(dY, X, W, padding=1)
    for one, other in zip(parts, whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_translation_equivariance():
    X, W = arrays((1, 1, 12, 12), (2, 1, 3, 3))
    X[:, :, :4], X[:, :, 8:], X[..., :4], X[..., 8:] = 0, 0, 0, 0
    moved = np.roll(X, (2, -1), axis=(2, 3))
    expected = np.roll(conv2d(X, W, padding=1), (2, -1), axis=(2, 3))
    np.testing.assert_allclose(conv2d(moved, W, padding=1), expected, atol=1e-13)


def test_inputs_stay_as_they_are_and_any_layout_will_do():
    X, W, dY = arrays((2, 5, 6, 3), (4, 3, 3, 3), (2, 4, 5, 6))
    view = X.transpose(0, 3, 1, 2)  # channels last, as pictures are stored
    before = X.copy(), W.copy(), dY.copy()
    Y = conv2d(view, W, padding=1)
    conv2d_backward(dY, view, W, padding=1)
    np.testing.assert_array_equal(Y, conv2d(view.copy(), W, padding=1))
    for after, old in zip((X, W, dY), before, strict=True):
        np.testing.assert_array_equal(after, old)


def test_whole_numbers_are_not_cut_off():
    X = np.full((1, 1, 2, 2), 255, np.uint8)
    assert conv2d(X, np.full((1, 1, 2, 2), 0.5)).item() == 510


# --- pooling -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", POOLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_pooling_and_its_gradients_are_torchs(case, dtype):
    size, options = POOLS[case]
    (X,) = arrays((2, 3, 7, 8), dtype=dtype)
    kinds = [(max_pool2d, max_pool2d_backward, F.max_pool2d, {}, {})]
    for count in (True, False):
        ours, theirs = {"count_padding": count}, {"count_include_pad": count}
        kinds.append((average_pool2d, average_pool2d_backward, F.avg_pool2d, ours, theirs))
    for forward, backward, reference, mine, torchs in kinds:
        (tx,) = tensors(X)
        expected = reference(tx, size, **options, **torchs)
        Y = forward(X, size, **options, **mine)
        (dY,) = arrays(Y.shape, seed=1, dtype=dtype)
        expected.backward(torch.tensor(dY))
        dX = backward(dY, X, size, **options, **mine)
        assert Y.dtype == dX.dtype == dtype
        np.testing.assert_allclose(Y, expected.detach().numpy(), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(dX, tx.grad.numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", POOLS)
def test_pooling_gradients_are_those_of_finite_differences(case):
    size, options = POOLS[case]
    (X,) = arrays((1, 2, 6, 6))
    pairs = ((max_pool2d, max_pool2d_backward), (average_pool2d, average_pool2d_backward))
    for forward, backward in pairs:
        (dY,) = arrays(forward(X, size, **options).shape, seed=1)
        dX = backward(dY, X, size, **options)
        check_gradient(lambda a: np.sum(dY * forward(a, size, **options)), dX, X)  # noqa: B023 called at once


def test_of_equal_values_the_first_takes_the_gradient_as_in_torch():
    X = np.zeros((1, 1, 4, 4))
    (tx,) = tensors(X)
    F.max_pool2d(tx, 3, stride=1).sum().backward()
    dX = max_pool2d_backward(np.ones((1, 1, 2, 2)), X, 3, stride=1)
    np.testing.assert_array_equal(dX, tx.grad.numpy())
    assert dX.sum() == 4


def test_what_is_not_a_number_wins_the_gradient_as_in_torch():
    X = np.arange(16.0).reshape(1, 1, 4, 4)
    X[0, 0, 0, 0] = np.nan
    (tx,) = tensors(X)
    F.max_pool2d(tx, 2).sum().backward()
    dX = max_pool2d_backward(np.ones((1, 1, 2, 2)), X, 2)
    np.testing.assert_array_equal(dX, tx.grad.numpy())


# --- batch normalisation -------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 4, 5), (1, 3, 2, 2), (4, 1, 1, 1)])
def test_batch_norm_in_training_is_torchs(shape):
    X, gamma, beta, dY = arrays(shape, shape[1:2], shape[1:2], shape)
    tx, tg, tb = tensors(X, gamma, beta)
    running = torch.zeros(shape[1]).double(), torch.ones(shape[1]).double()
    expected = F.batch_norm(tx, *running, tg, tb, training=True, momentum=0.3)
    expected.backward(torch.tensor(dY))
    Y = batch_norm(X, gamma, beta, *batch_statistics(X))
    np.testing.assert_allclose(Y, expected.detach().numpy(), atol=1e-12)
    found = batch_norm_backward(dY, X, gamma)
    for mine, other in zip(found, (tx.grad, tg.grad, tb.grad), strict=True):
        np.testing.assert_allclose(mine, other.numpy(), atol=1e-11)
    ours = update_running((np.zeros(shape[1]), np.ones(shape[1])), X, momentum=0.3)
    for mine, other in zip(ours, running, strict=True):
        np.testing.assert_allclose(mine, other.numpy(), atol=1e-12)


def test_batch_norm_gradients_are_those_of_finite_differences():
    X, gamma, beta, dY = arrays((3, 2, 2, 2), (2,), (2,), (3, 2, 2, 2))

    def loss(X, gamma, beta):
        return np.sum(dY * batch_norm(X, gamma, beta, *batch_statistics(X)))

    dX, dgamma, dbeta = batch_norm_backward(dY, X, gamma)
    check_gradient(lambda a: loss(a, gamma, beta), dX, X)
    check_gradient(lambda a: loss(X, a, beta), dgamma, gamma)
    check_gradient(lambda a: loss(X, gamma, a), dbeta, beta)


def test_batch_norm_gradients_keep_the_inputs_type_and_take_lists():
    X, dY = arrays((4, 2), (4, 2))
    found = batch_norm_backward(dY.tolist(), X.astype(np.float32), [1, 2])
    assert [part.dtype for part in found] == [np.float32] * 3
    for part, exact in zip(found, batch_norm_backward(dY, X, [1, 2]), strict=True):
        np.testing.assert_allclose(part, exact, rtol=1e-4, atol=1e-5)


def test_batch_norm_forgets_shift_and_scale():
    (X,) = arrays((8, 3, 4, 4))
    one, zero = np.ones(3), np.zeros(3)
    plain = batch_norm(X, one, zero, *batch_statistics(X), eps=0)
    other = 100 * X + 7
    np.testing.assert_allclose(
        batch_norm(other, one, zero, *batch_statistics(other), eps=0), plain, atol=1e-10
    )
    np.testing.assert_allclose(batch_statistics(plain), (zero, one), atol=1e-12)


def test_a_constant_channel_is_finite():
    X = np.full((4, 2, 3, 3), 5.0)
    Y = batch_norm(X, np.ones(2), np.zeros(2), *batch_statistics(X))
    dX, *_ = batch_norm_backward(np.ones_like(X), X, np.ones(2))
    np.testing.assert_array_equal(Y, 0)
    np.testing.assert_array_equal(dX, 0)


# --- ONNX's own node cases: computed there in NumPy, by other people -----------------------------


def onnx_cases():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some cases of other operators overflow
        return {case.name: case for case in collect_testcases(None)}


ONNX = onnx_cases()
EXPRESSIBLE = [
    *(f"test_basic_conv_{how}_padding" for how in ("with", "without")),
    *(f"test_conv_with_strides_{how}padding" for how in ("", "no_", "and_asymmetric_")),
    "test_convinteger_without_padding",
    *(
        f"test_averagepool_2d_{what}"
        for what in (
            *("precomputed_pads", "precomputed_pads_count_include_pad", "precomputed_strides"),
            *("default", "pads", "pads_count_include_pad", "strides"),
        )
    ),
    *("test_globalaveragepool", "test_globalaveragepool_precomputed"),
    *(
        f"test_maxpool_2d_{what}"
        for what in ("uint8", "precomputed_pads", "precomputed_strides", "default", "pads")
    ),
    "test_maxpool_2d_strides",
    *("test_batchnorm_example", "test_batchnorm_epsilon"),
    *("test_batchnorm_example_training_mode", "test_batchnorm_epsilon_training_mode"),
]


def ours_on(kind, given, inputs):
    """Compute an ONNX node with our functions."""
    X = np.asarray(inputs[0])
    if kind == "BatchNormalization":
        _, gamma, beta, mean, var = inputs
        if given.get("training_mode"):
            mean, var = batch_statistics(X)
        return batch_norm(X, gamma, beta, mean, var, eps=given.get("epsilon", 1e-5))
    if kind == "GlobalAveragePool":
        return average_pool2d(X, X.shape[2:])
    if kind == "ConvInteger":
        return conv2d(X.astype(float) - inputs[2], inputs[1])
    top, left, bottom, right = given.get("pads", (0, 0, 0, 0))
    options = {"stride": tuple(given.get("strides", (1, 1))), "padding": (top, left)}
    if kind == "Conv":
        X = np.pad(X, ((0, 0), (0, 0), (0, bottom - top), (0, right - left)))
        return conv2d(X, inputs[1], **options)
    assert (top, left) == (bottom, right)
    if kind == "MaxPool":
        return max_pool2d(X, tuple(given["kernel_shape"]), **options)
    count = bool(given.get("count_include_pad", 0))
    return average_pool2d(X, tuple(given["kernel_shape"]), count_padding=count, **options)


@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_onnx_case(name):
    case = ONNX[name]
    (node,) = case.model.graph.node
    given = {one.name: get_attribute_value(one) for one in node.attribute}
    for inputs, outputs in case.data_sets:
        found = ours_on(node.op_type, given, inputs)
        np.testing.assert_allclose(found, outputs[0], rtol=1e-5, atol=1e-5)


# --- sizes, by closed form -----------------------------------------------------------------------


def test_the_worked_example_of_the_chapter():
    assert output_size(32, size=5, padding=2) == 32
    assert parameter_count(3, 10, size=5) == 760
    X, W, b = arrays((1, 3, 32, 32), (10, 3, 5, 5), (10,))
    assert conv2d(X, W, b, padding=2).shape == (1, 10, 32, 32)
    assert W.size + b.size == 760


@given(
    n=st.integers(1, 40),
    size=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_the_output_size_counts_the_places(n, size, stride, padding, dilation):
    last = n + 2 * padding - dilation * (size - 1) - 1  # the last start at which a window fits
    places = len(range(0, last + 1, stride))
    if places:
        assert output_size(n, size, stride, padding, dilation) == places
    else:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(n, size, stride, padding, dilation)


STACKS = {
    "two 3×3": ([(3,), (3,)], 5),
    "three 3×3": ([(3,), (3,), (3,)], 7),
    "pooled": ([(3, 1, 1), (2, 2), (3, 1, 1), (2, 2)], 10),
    "dilated": ([(3, 1, 0, 1), (3, 1, 0, 2), (3, 1, 0, 4)], 15),
    "strided": ([(7, 2, 3), (3, 2, 1), (3, 1, 1)], 19),
}


@pytest.mark.parametrize("name", STACKS)
def test_the_receptive_field_is_where_the_gradient_is_not_zero(name):
    layers, expected = STACKS[name]
    field = receptive_field(layers)
    assert field.size == expected
    x = torch.ones(1, 1, 1, 64, requires_grad=True, dtype=torch.float64)
    y = x
    for size, *rest in layers:
        stride, padding, dilation = (*rest, *(1, 0, 1)[len(rest) :])
        w = torch.ones(1, 1, 1, size, dtype=torch.float64)
        y = F.conv2d(y, w, stride=(1, stride), padding=(0, padding), dilation=(1, dilation))
    for at in (5, 6):
        (slope,) = torch.autograd.grad(y[0, 0, 0, at], x, retain_graph=True)
        seen = slope[0, 0, 0].nonzero().ravel()
        assert seen[0] == field.start + at * field.jump
        assert seen[-1] - seen[0] + 1 == field.size


# --- bad input -----------------------------------------------------------------------------------


X0, W0 = np.ones((1, 2, 5, 5)), np.ones((3, 2, 3, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv2d(X0[0], W0), r"\(N, C, H, W\), got \(2, 5, 5\)"),
        (lambda: conv2d(X0, W0[0]), r"W must have the shape"),
        (lambda: conv2d(X0, W0[:, :1]), "W must have 2 input channels a filter"),
        (lambda: conv2d(X0, W0, np.ones(2)), r"b must have the shape \(3,\), got \(2,\)"),
        (lambda: conv2d(X0, W0, groups=2), "groups must divide the 2 channels and 3 filters"),
        (lambda: conv2d(X0, W0, stride=0), "stride must be a whole number of at least 1, got 0"),
        (lambda: conv2d(X0, W0, padding=-1), "padding must be a whole number of at least 0"),
        (lambda: conv2d(X0, W0, stride=(1, 2, 3)), "stride must be one whole number or two"),
        (lambda: conv2d(X0, W0, dilation=3), "window of 7 pixels does not fit into 5"),
        (lambda: conv2d(X0.astype(complex), W0), "must hold real numbers"),
        (lambda: conv2d(X0.astype(str), W0), "must hold real numbers"),
        (lambda: conv2d(X0, W0.astype(str)), "W must hold real numbers"),
        (lambda: conv2d(X0, W0[:0]), "W must hold weights"),
        (lambda: conv2d(X0, W0, stride=1.0), "stride must be a whole number of at least 1"),
        (lambda: conv2d_backward(np.ones((1, 3, 5, 5)), X0, W0), r"dY must .* \(1, 3, 3, 3\)"),
        (lambda: max_pool2d(X0, 2, padding=2), "padding must be less than the window"),
        (lambda: max_pool2d(X0, 6), "does not fit"),
        (lambda: max_pool2d_backward(X0, X0, 2), "dY must have the shape"),
        (lambda: average_pool2d_backward(X0, X0, 2), "dY must have the shape"),
        (lambda: batch_norm(X0, *[np.ones(3)] * 4), r"gamma must have the shape \(2,\)"),
        (lambda: batch_norm_backward(X0[:, :1], X0, np.ones(2)), "dY must have the shape"),
        (lambda: batch_statistics(np.ones(3)), r"\(N, C\) or \(N, C, H, W\)"),
        (lambda: batch_statistics(np.ones((0, 3))), "must not be empty"),
        (lambda: update_running((0, 1), np.ones((1, 2))), "larger batch"),
        (lambda: output_size(5, size=2.5), "size must be a whole number"),
        (lambda: output_size(5.5, size=2), "n must be a whole number"),
        (lambda: parameter_count(3, 10, 5, groups=2), "groups must divide the 3 channels"),
        (lambda: receptive_field([(3, 0)]), "stride must be a whole number of at least 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_whole_numbers_are_computed_with_as_floats(dtype):
    rng = np.random.default_rng(0)
    X, W = rng.integers(0, 120, (2, 3, 6, 6)), rng.integers(0, 120, (4, 3, 3, 3))
    dY = rng.integers(0, 120, (2, 4, 4, 4))
    calls = {
        "conv2d": lambda t: conv2d(X.astype(t), W.astype(t), W[:, 0, 0, 0].astype(t)),
        "conv2d_backward": lambda t: conv2d_backward(dY.astype(t), X.astype(t), W.astype(t))[1],
        "max_pool2d": lambda t: max_pool2d(X.astype(t), 2, padding=1),
        "max_pool2d_backward": lambda t: max_pool2d_backward(
            dY[:, :3].astype(t), X.astype(t), 3, stride=1
        ),
        "average_pool2d": lambda t: average_pool2d(X.astype(t), 2),
        "average_pool2d_backward": lambda t: average_pool2d_backward(
            dY[:, :3].astype(t), X.astype(t), 3, stride=1
        ),
        "batch_statistics": lambda t: np.stack(batch_statistics(X.astype(t))),
        "batch_norm": lambda t: batch_norm(X.astype(t), *W[:, :, 0, 0].astype(t)),
        "batch_norm_backward": lambda t: batch_norm_backward(
            X[::-1].astype(t), X.astype(t), W[0, :, 0, 0].astype(t)
        )[0],
        "update_running": lambda t: np.stack(
            update_running(tuple(W[:2, :, 0, 0].astype(t)), X.astype(t))
        ),
    }
    for name, call in calls.items():
        np.testing.assert_array_equal(call(dtype), call(np.float64), err_msg=name)


def test_sizes_may_be_numbers_of_numpy_in_8_bits():
    small = np.uint8
    assert output_size(small(200), small(5), small(1), small(100), small(3)) == 388
    assert parameter_count(small(200), small(100), small(7), groups=small(2)) == 490_100
    field = receptive_field([(small(100), small(200)), (small(100), small(2))])
    assert (field.size, field.jump) == (100 + 99 * 200, 400)
    X, W = np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3))
    Y = conv2d(X, W, stride=small(2), padding=small(130))
    np.testing.assert_array_equal(Y, conv2d(X, W, stride=2, padding=130))


@pytest.mark.parametrize("padding", [(0, 2), (2, 0), (1, 3), 2])
def test_padding_as_large_as_the_window_is_refused_on_either_axis(padding):
    X = np.ones((1, 1, 6, 6))
    for pool in (max_pool2d, average_pool2d):
        with pytest.raises(ValueError, match="padding must be less than the window"):
            pool(X, 2, padding=padding)
        assert pool(X, (2, 4), padding=(1, 3)).shape == (1, 1, 4, 3)
