"""Layers on our engine against torch's, and their own promises."""

import numpy as np
import pytest
import torch

from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import (
    INITIAL,
    BatchNorm,
    Dropout,
    Layer,
    LayerNorm,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    dense_network,
    initial_weights,
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
    assert Dropout(p=0)(X) is X


def test_errors_name_what_is_wrong():
    with pytest.raises(
        ValueError, match=r"init must be one of \['he', 'xavier', 'lecun', 'orthogonal'\] or a num"
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


# --- initial weights ---------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "h"), [(7, 4), (4, 7), (5, 5)])
def test_orthogonal_weights_have_columns_or_rows_at_right_angles(d, h):
    W = initial_weights(d, h, "orthogonal", random_state=0)
    assert W.shape == (d, h)
    product = W.T @ W if d >= h else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(d, h)), atol=1e-12)


def test_orthogonal_weights_are_uniform():
    """The first entry of a uniform rotation of the plane is as often negative as positive."""
    drawn = [initial_weights(2, 2, "orthogonal", random_state=seed) for seed in range(200)]
    entries = np.array([W[[0, 1], [0, 1]] for W in drawn])
    assert np.all(np.abs(np.mean(entries > 0, axis=0) - 0.5) < 0.12)


def test_a_gain_scales_whatever_was_drawn():
    for init in ("he", "orthogonal", 0.3):
        one, twice = (initial_weights(5, 3, init, gain=g, random_state=1) for g in (1, 2))
        np.testing.assert_allclose(twice, 2 * one)
        layer = Linear(5, 3, init=init, gain=2, random_state=1)
        np.testing.assert_allclose(layer.W.data, twice)
    with pytest.raises(ValueError, match="gain must be a finite number of at least 0"):
        initial_weights(3, 2, gain=-1)


def test_a_dense_network_takes_initial_weights_and_gain():
    network = dense_network([30, 20, 10], init="orthogonal", gain=3, random_state=0)
    for layer in network.layers[::2]:
        np.testing.assert_allclose(
            layer.W.data.T @ layer.W.data, 9 * np.eye(layer.W.shape[1]), atol=1e-9
        )


# --- normalisation -----------------------------------------------------------------------------


def compare_with_torch(mine, theirs, x, tol):
    """Forward and gradients of a layer and of torch's, whose γ and β are those of mine."""
    rng = np.random.default_rng(3)
    for one, other in zip((mine.gamma, mine.beta), (theirs.weight, theirs.bias), strict=True):
        one.data = rng.normal(size=one.shape)
        with torch.no_grad():
            other.copy_(torch.from_numpy(one.data))
    X, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    Y, expected = mine(X), theirs(other)
    assert Y.dtype == x.dtype
    g = rng.normal(size=x.shape).astype(x.dtype)
    np.testing.assert_allclose(Y.data, expected.detach().numpy(), rtol=tol, atol=tol)
    Y.backward(g)
    expected.backward(torch.from_numpy(g))
    for one, right in ((X, other), (mine.gamma, theirs.weight), (mine.beta, theirs.bias)):
        np.testing.assert_allclose(one.grad, right.grad.numpy(), rtol=20 * tol, atol=20 * tol)


@pytest.mark.parametrize(("dtype", "tol"), [("float64", 1e-11), ("float32", 1e-5)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_normalisation_is_torchs(dtype, tol, training):
    rng = np.random.default_rng(0)
    mine = BatchNorm(4, momentum=0.3, eps=1e-3, dtype=dtype)
    kind = getattr(torch, dtype)
    theirs = torch.nn.BatchNorm1d(4, momentum=0.3, eps=1e-3, dtype=kind)
    for _ in range(3):  # running statistics of several batches
        x = (2 + 3 * rng.normal(size=(7, 4))).astype(dtype)
        mine(Tensor(x)), theirs(torch.from_numpy(x))
    mine.train(training), theirs.train(training)
    compare_with_torch(mine, theirs, (1 + rng.normal(size=(6, 4))).astype(dtype), tol)
    for one, other in zip(mine.buffers(), (theirs.running_mean, theirs.running_var), strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one.data, other.numpy(), rtol=tol, atol=tol)


@pytest.mark.parametrize(("dtype", "tol"), [("float64", 1e-11), ("float32", 1e-5)])
@pytest.mark.parametrize("shape", [(5, 4), (1, 4), (2, 3, 4), (4,)])
def test_layer_normalisation_is_torchs(shape, dtype, tol):
    x = (2 + 3 * np.random.default_rng(0).normal(size=shape)).astype(dtype)
    theirs = torch.nn.LayerNorm(4, eps=1e-3, dtype=getattr(torch, dtype))
    compare_with_torch(LayerNorm(4, eps=1e-3, dtype=dtype), theirs, x, tol)


@pytest.mark.parametrize(("mine", "theirs"), [
    (BatchNorm(3), torch.nn.BatchNorm1d(3)), (LayerNorm(3), torch.nn.LayerNorm(3)),
])  # fmt: skip
def test_the_defaults_of_normalisations_are_torchs(mine, theirs):
    assert mine.eps == theirs.eps
    assert getattr(mine, "momentum", 0.1) == getattr(theirs, "momentum", 0.1)
    np.testing.assert_array_equal(mine.gamma.data, theirs.weight.detach())
    np.testing.assert_array_equal(mine.beta.data, theirs.bias.detach())
    assert mine.parameters() == [mine.gamma, mine.beta]


def test_batch_normalisation_in_training_is_that_of_the_functions_by_hand():
    from course_lib.nn.convolution import batch_norm_backward, batch_statistics, update_running

    rng = np.random.default_rng(0)
    layer, x, g = BatchNorm(3), rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    X = Tensor(x, requires_grad=True)
    layer(X).backward(g)
    dX, dgamma, dbeta = batch_norm_backward(g, x, np.ones(3))
    for one, expected in ((X, dX), (layer.gamma, dgamma), (layer.beta, dbeta)):
        np.testing.assert_allclose(one.grad, expected, atol=1e-12)
    running = update_running((np.zeros(3), np.ones(3)), x)
    for one, expected in zip(layer.buffers(), running, strict=True):
        np.testing.assert_allclose(one.data, expected)
    assert np.all(batch_statistics(x)[1] > 0)


def test_a_sample_in_prediction_does_not_depend_on_its_batch():
    x = np.random.default_rng(0).normal(size=(6, 5))
    network = dense_network([5, 4, 3], norm="batch", random_state=0)
    for _ in range(5):
        network(Tensor(x))
    moved = network.state()
    network.train(False)
    np.testing.assert_allclose(network(Tensor(x[:1])).data, network(Tensor(x)).data[:1])
    for one, other in zip(network.state(), moved, strict=True):
        np.testing.assert_array_equal(one, other)  # prediction moves no running statistics


def test_the_state_carries_running_statistics():
    network = dense_network([5, 4, 3], norm="batch", random_state=0)
    assert len(network.parameters()) == 6
    assert len(network.buffers()) == 2
    before = network.state()
    network(Tensor(5 + np.random.default_rng(0).normal(size=(6, 5))))
    assert np.abs(network.state()[-1] - before[-1]).max() > 0.01
    network.load_state(before)
    for one, other in zip(network.state(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert Linear(3, 2).buffers() == []


def test_a_normalised_network_has_the_layer_before_each_activation():
    network = dense_network([4, 3, 2, 5], "tanh", norm="layer")
    kinds = [type(layer) for layer in network.layers]
    assert kinds == [Linear, LayerNorm, Tanh, Linear, LayerNorm, Tanh, Linear]
    assert network.layers[1].gamma.shape == (3,)
    single = dense_network([4, 3, 2], norm="batch", dtype=np.float32)
    assert {one.dtype for one in single.state()} == {np.dtype("float32")}


def test_normalisations_say_what_is_wrong():
    with pytest.raises(
        ValueError, match=r"norm must be one of \['batch', 'layer'\] or None, got 'x'"
    ):
        dense_network([2, 3, 2], norm="x")
    with pytest.raises(ValueError, match="a batch of one sample has no variance"):
        BatchNorm(3)(Tensor(np.ones((1, 3))))
    for shape in ((2, 4), (3,), (2, 2, 3)):
        with pytest.raises(ValueError, match=r"X must have the shape \(n, 3\), got"):
            BatchNorm(3)(Tensor(np.ones(shape)))
    for shape in ((2, 4), ()):
        with pytest.raises(ValueError, match=r"X must have the shape \(…, 3\), got"):
            LayerNorm(3)(Tensor(np.ones(shape)))
    for bad in ({"momentum": 0}, {"momentum": 1.1}, {"eps": 0.0}):
        with pytest.raises(ValueError, match="must be a finite number above 0"):
            BatchNorm(3, **bad)
    with pytest.raises(ValueError, match="eps must be a finite number above 0"):
        LayerNorm(3, eps=0)
    for kind in (BatchNorm, LayerNorm):
        with pytest.raises(ValueError, match="h must be a whole number"):
            kind(0)
    assert BatchNorm(2, momentum=1).momentum == 1
