import numpy as np
import pytest
import torch

from course_lib.nn.autograd import Tensor, cross_entropy
from course_lib.nn.dense import (
    as_tensors,
    first_layers,
    matrix_products,
    network,
    parameters,
    step,
)

SIZES = (5, 4, 3, 2)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return rng.normal(size=(7, 5)), rng.integers(2, size=7)


def test_weights_have_the_variance_two_over_inputs_and_follow_the_seed():
    (W, b), _ = first_layers((200, 300, 2), seed=1)
    assert W.var() == pytest.approx(2 / 200, rel=0.02)
    assert not b.any()
    assert np.array_equal(W, first_layers((200, 300, 2), seed=1)[0][0])
    assert not np.array_equal(W, first_layers((200, 300, 2), seed=2)[0][0])


@pytest.mark.parametrize("sizes", [(3,), (3, 0), (3, 2.5)])
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises((ValueError, TypeError), match="sizes"):
        first_layers(sizes, seed=0)


def test_a_step_is_that_of_torch(batch):
    X, y = batch
    ours = as_tensors(first_layers(SIZES, seed=3))
    theirs = [tuple(torch.tensor(w.data, requires_grad=True) for w in layer) for layer in ours]
    torch_loss = torch.nn.functional.cross_entropy(
        network(torch.tensor(X), theirs), torch.tensor(y)
    )
    torch_loss.backward()
    before = [w.data for w in parameters(ours)]
    loss = cross_entropy(network(Tensor(X), ours), y)
    step(ours, loss, eta=0.25)
    assert loss.item() == pytest.approx(torch_loss.item())
    for old, w, t in zip(before, parameters(ours), parameters(theirs), strict=True):
        assert np.allclose(w.data, old - 0.25 * t.grad.numpy(), atol=1e-12)


def test_a_step_forgets_earlier_gradients(batch):
    X, y = batch
    once, twice = (as_tensors(first_layers(SIZES, seed=3)) for _ in range(2))
    cross_entropy(network(Tensor(X), twice), y).backward()
    for layers in (once, twice):
        step(layers, cross_entropy(network(Tensor(X), layers), y), eta=0.1)
    for a, b in zip(parameters(once), parameters(twice), strict=True):
        assert np.array_equal(a.data, b.data)


def test_products_are_counted_by_hand(batch):
    X, y = batch
    loss = cross_entropy(network(Tensor(X), as_tensors(first_layers(SIZES, seed=0))), y)
    inner = 7 * (4 * 3 + 3 * 2)
    assert matrix_products(loss) == (7 * 5 * 4 + inner, 7 * 5 * 4 + 2 * inner)
