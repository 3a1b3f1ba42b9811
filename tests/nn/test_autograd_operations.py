"""The rarer operations of the engine against torch and small steps."""

import warnings

import numpy as np
import pytest
import torch

from course_lib.gradient_check import gradient_check
from course_lib.nn.autograd import Tensor
from course_lib.nn.autograd_operations import (
    absolute,
    clip,
    concatenate,
    log_softmax,
    maximum,
    minimum,
    softmax,
    sqrt,
    stack,
    where,
)

UP = np.array([True, False, True])
# ours, torch's, the shapes
CASES = {
    "absolute": (absolute, torch.abs, (2, 3)),
    "sqrt": (lambda a: sqrt(a * a), lambda a: torch.sqrt(a * a), (2, 3)),
    "clip": (lambda a: clip(a, -0.5, 0.5), lambda a: a.clip(-0.5, 0.5), (5, 6)),
    "maximum": (maximum, torch.maximum, (2, 3), (2, 3)),
    "minimum": (minimum, torch.minimum, (4, 1), (3,)),
    "maximum of a row": (maximum, torch.maximum, (3,), (4, 3)),
    "where": (
        lambda a, b: where(UP, a, b),
        lambda a, b: torch.where(torch.tensor(UP), a, b),
        (4, 3),
        (3,),
    ),
    "where, repeated": (
        lambda a, b: where(UP, a, b),
        lambda a, b: torch.where(torch.tensor(UP), a, b),
        (),
        (1,),
    ),
    "concatenate": (
        lambda a, b: concatenate([a, b, a]),
        lambda a, b: torch.cat([a, b, a]),
        (2, 3),
        (4, 3),
    ),
    "concatenate columns": (
        lambda a, b: concatenate([a, b], axis=-1),
        lambda a, b: torch.cat([a, b], -1),
        (2, 3),
        (2, 1),
    ),
    "concatenate in the middle": (
        lambda a, b: concatenate([b, a], 1),
        lambda a, b: torch.cat([b, a], 1),
        (2, 3, 2),
        (2, 0, 2),
    ),
    "stack": (lambda a, b: stack([a, b, a]), lambda a, b: torch.stack([a, b, a]), (2, 3), (2, 3)),
    "stack inside": (
        lambda a, b: stack([a, b], 1),
        lambda a, b: torch.stack([a, b], 1),
        (2, 3),
        (2, 3),
    ),
    "stack at the end": (
        lambda a, b: stack([a, b], -1),
        lambda a, b: torch.stack([a, b], -1),
        (2, 3),
        (2, 3),
    ),
    "softmax": (softmax, lambda a: a.softmax(-1), (4, 3)),
    "softmax of columns": (lambda a: softmax(a, 0), lambda a: a.softmax(0), (4, 3)),
    "log-softmax": (log_softmax, lambda a: a.log_softmax(-1), (2, 4, 3)),
    "log-softmax of rows": (lambda a: log_softmax(a, 1), lambda a: a.log_softmax(1), (2, 4, 3)),
}


def like(y):
    return np.asarray(np.random.default_rng(1).normal(size=tuple(y.shape)), dtype=y.dtype)


def check_beside_torch(ours, theirs, data, tol=1e-12):
    mine = [Tensor(x, requires_grad=True) for x in data]
    tensors = [torch.tensor(x, requires_grad=True) for x in data]
    y, expected = ours(*mine), theirs(*tensors)
    assert y.dtype == data[0].dtype
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=tol, atol=tol)
    y.backward(like(y))
    expected.backward(torch.tensor(like(y)))
    for one, other in zip(mine, tensors, strict=True):
        np.testing.assert_allclose(one.grad, other.grad.numpy(), rtol=tol, atol=tol)


def arrays(*shapes, dtype=float):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_gradients_are_those_of_torch(case, dtype):
    ours, theirs, *shapes = CASES[case]
    tol = 1e-12 if dtype == "float64" else 1e-5
    check_beside_torch(ours, theirs, arrays(*shapes, dtype=dtype), tol)


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_small_steps(case):
    ours, _, *shapes = CASES[case]
    data = arrays(*shapes)
    seed = like(ours(*map(Tensor, data)))
    for i, x in enumerate(data):
        if not x.size:
            continue

        def loss(x, i=i):
            return np.sum(seed * ours(*map(Tensor, [*data[:i], x, *data[i + 1 :]])).data)

        mine = [Tensor(x, requires_grad=True) for x in data]
        ours(*mine).backward(seed)
        check = gradient_check(loss, mine[i].grad, x)
        assert check.ok, str(check)


def test_kinks_and_ties_are_those_of_torch():
    x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    check_beside_torch(absolute, torch.abs, [x])
    check_beside_torch(lambda a: clip(a, -0.5, 0.5), lambda a: a.clip(-0.5, 0.5), [x])
    other = np.array([-2.0, 0.5, 0.0, -1.0, 2.0])
    check_beside_torch(maximum, torch.maximum, [x, other])
    check_beside_torch(minimum, torch.minimum, [x, other])
    check_beside_torch(lambda a: maximum(a, a), lambda a: torch.maximum(a, a), [x])


def test_far_out_nothing_overflows():
    x = np.array([[1000.0, 0.0, -1000.0], [-1000.0, 1000.0, 1000.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_beside_torch(softmax, lambda a: a.softmax(-1), [x])
        check_beside_torch(log_softmax, lambda a: a.log_softmax(-1), [x])


def test_numbers_and_arrays_take_part():
    a = Tensor(np.float32([1, 3]), requires_grad=True)
    for y, expected in (
        (maximum(a, 2), [2, 3]),
        (maximum(2, a), [2, 3]),
        (minimum(np.array([2, 2]), a), [1, 2]),
        (where([True, False], a, 0.5), [1, 0.5]),
        (where([True, False], 0.5, a), [0.5, 3]),
    ):
        assert y.dtype == np.float32
        assert y.data.tolist() == expected
        a.zero_grad()
        y.sum().backward()
        assert a.grad.tolist() == [float(v in (1, 3)) for v in expected]


def test_errors_name_what_is_wrong():
    a = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"low must be at most high, got 1\.0 and 0\.0"):
        clip(a, 1.0, 0.0)
    with pytest.raises(ValueError, match="low must be at most high"):
        clip(a, np.nan, 0.0)
    with pytest.raises(TypeError, match="condition must hold truth values, got an array of int64"):
        where([1, 0], a, a)
    with pytest.raises(TypeError, match="One of both must be a Tensor"):
        maximum(1.0, 2.0)
    for call in (maximum, minimum, lambda a, b: where([True, True], a, b)):
        with pytest.raises(ValueError, match=r"Shapes \(2,\) and \(3,\) do not broadcast"):
            call(a, Tensor([1.0, 2.0, 3.0]))
