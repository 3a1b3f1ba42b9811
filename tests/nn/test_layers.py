"""Layers on our engine against torch's, and their own promises."""

import numpy as np
import pytest
import torch

from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import (
    INITIAL,
    Dropout,
    Layer,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    dense_network,
)

THEIRS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}


def torch_twin(network, activation):
    """Return torch's network with the same weights."""
    layers = []
    for W, b in zip(network.state()[::2], network.state()[1::2], strict=True):
        linear = torch.nn.Linear(*W.shape, dtype=torch.from_numpy(W).dtype)
        linear.load_state_dict({"weight": torch.tensor(W.T.copy()), "bias": torch.tensor(b)})
        layers += [THEIRS[activation](), linear]
    return torch.nn.Sequential(*layers[1:])


@pytest.mark.parametrize("activation", THEIRS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_dense_network_is_torchs(activation, dtype):
    network = dense_network([5, 8, 7, 3], activation, random_state=0, dtype=dtype)
    network.load_state([one + 0.1 for one in network.state()])  # biases, too, are not 0
    twin = torch_twin(network, activation)
    x = np.random.default_rng(0).normal(size=(6, 5)).astype(dtype)
    X, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    Y, expected = network(X), twin(other)
    assert Y.dtype == dtype
    tol = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(Y.data, expected.detach().numpy(), rtol=tol, atol=tol)
    (Y * Y).sum().backward()
    (expected * expected).sum().backward()
    np.testing.assert_allclose(X.grad, other.grad.numpy(), rtol=10 * tol, atol=10 * tol)
    for mine, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(mine.grad, theirs.grad.numpy().T, rtol=10 * tol, atol=10 * tol)


def test_a_dense_network_has_an_activation_between_each_two_layers():
    kinds = [type(layer) for layer in dense_network([4, 3, 2, 5], "tanh").layers]
    assert kinds == [Linear, Tanh, Linear, Tanh, Linear]
    assert [type(layer) for layer in dense_network([4, 5]).layers] == [Linear]
    assert type(dense_network([4, 3, 2], "sigmoid").layers[1]) is Sigmoid
    assert type(dense_network([4, 3, 2]).layers[1]) is ReLU


@pytest.mark.parametrize(
    ("init", "size"),
    [
        ("he", np.sqrt(2 / 200)),
        ("xavier", np.sqrt(2 / 500)),
        ("lecun", np.sqrt(1 / 200)),
        (0.01, 0.01),
    ],
)
def test_initial_weights_have_the_size_that_their_name_says(init, size):
    W = Linear(200, 300, init=init, random_state=0).W.data
    assert W.std() == pytest.approx(size, rel=0.02)
    assert abs(W.mean()) < 4 * size / np.sqrt(W.size)


def test_an_initial_size_of_zero_is_zero():
    assert not Linear(3, 2, init=0).W.data.any()


@pytest.mark.parametrize(("activation", "init"), [("relu", "he"), ("tanh", "xavier")])
def test_the_activation_chooses_the_initial_weights(activation, init):
    first = dense_network([200, 300, 2], activation, random_state=0).layers[0]
    assert first.W.data.std() == pytest.approx(INITIAL[init](200, 300), rel=0.02)


def test_the_random_state_decides_the_weights():
    one, same, other = (dense_network([3, 4, 4], random_state=seed).state() for seed in (0, 0, 1))
    np.testing.assert_array_equal(np.concatenate(one[::2]), np.concatenate(same[::2]))
    assert np.abs(one[0] - other[0]).max() > 0.1
    square = dense_network([4, 4, 4], random_state=0).state()
    assert np.abs(square[0] - square[2]).max() > 0.1  # each layer draws its own


def test_state_is_a_copy_and_comes_back():
    network = dense_network([3, 4, 2], random_state=0)
    before = network.state()
    for parameter in network.parameters():
        parameter.data += 1
    assert np.abs(network.state()[0] - before[0]).min() > 0.9
    network.load_state(before)
    for one, other in zip(network.state(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    network.layers[0].W.data += 1
    assert np.abs(before[0] - network.state()[0]).min() > 0.9  # what was given is not shared
    single = Linear(3, 2, dtype=np.float32)
    single.load_state([np.ones((3, 2)), [1, 2]])
    assert [one.dtype for one in single.state()] == [np.float32] * 2


def test_gradients_are_forgotten_together():
    network = dense_network([3, 4, 2], random_state=0)
    network(Tensor(np.ones((2, 3)))).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    network.zero_grad()
    assert all(parameter.grad is None for parameter in network.parameters())


def test_dropout_keeps_the_mean_and_passes_gradients_where_it_kept():
    layer = Dropout(0.3, random_state=0)
    X = Tensor(np.full((200, 500), 2.0), requires_grad=True)
    Y = layer(X)
    kept = Y.data != 0
    np.testing.assert_allclose(Y.data[kept], 2 / 0.7)
    assert kept.mean() == pytest.approx(0.7, abs=0.01)
    Y.sum().backward()
    np.testing.assert_allclose(X.grad, kept / 0.7)
    assert (layer(X).data != 0).mean(axis=0).std() > 0  # drawn for each sample
    assert ((layer(X).data != 0) != kept).any()  # and at each call
    single = Tensor(np.ones(4, np.float32))
    assert layer(single).dtype == np.float32


def test_dropout_rests_in_prediction():
    X = Tensor(np.ones((4, 4)))
    network = Sequential(Dropout(0.9, random_state=0), ReLU())
    assert (network(X).data == 0).any()
    network.train(False)
    assert (network(X).data == 1).all()
    network.train()
    assert (network(X).data == 0).any()
    assert Dropout(0)(X) is X


def test_errors_name_what_is_wrong():
    with pytest.raises(
        ValueError, match=r"init must be one of \['he', 'xavier', 'lecun'\] or a num"
    ):
        Linear(2, 3, init="best")
    with pytest.raises(ValueError, match="init must be a finite number of at least 0"):
        Linear(2, 3, init=-1.0)
    with pytest.raises(ValueError, match="d must be a whole number of at least 1"):
        Linear(0, 3)
    with pytest.raises(ValueError, match="h must be a whole number of at least 1"):
        Linear(2, 1.5)
    for p in (-0.1, 1.1):
        with pytest.raises(
            ValueError, match="p must be a finite number of at least 0 and at most 1"
        ):
            Dropout(p)
    with pytest.raises(ValueError, match="p must be below 1"):
        Dropout(1)
    with pytest.raises(ValueError, match="activation must be one of"):
        dense_network([2, 3, 4], "swish")
    with pytest.raises(ValueError, match=r"widths must name .* got \[2\]"):
        dense_network([2])
    network = dense_network([2, 3], random_state=0)
    before = network.state()
    for state in ([], [np.ones((2, 3))], [np.ones((2, 3)), np.ones(2)]):
        with pytest.raises(
            ValueError, match=r"state must hold arrays of the shapes \[\(2, 3\), \(3,\)\]"
        ):
            network.load_state(state)
    np.testing.assert_array_equal(network.state()[0], before[0])
    with pytest.raises(NotImplementedError):
        Layer()(Tensor(1.0))
