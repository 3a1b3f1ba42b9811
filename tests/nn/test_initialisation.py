"""The sizes of signals and gradients: theory against closed forms and against networks."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from course_lib.nn.autograd import Tensor
from course_lib.nn.initialisation import FUNCTIONS, initialise, mean_field, signals
from course_lib.nn.layers import dense_network


@pytest.mark.parametrize("weight", [0.5, 1.0, 2.0, 3.0])
def test_relu_halves_and_the_identity_keeps(weight):
    """E[max(0, √q z)²] = q/2 and P(z > 0) = 1/2, so q and the gradient take weight/2 a layer."""
    factors = (weight / 2) ** np.arange(6)
    found = mean_field(6, "relu", weight=weight, q1=3.0)
    np.testing.assert_allclose(found.forward, 3 * factors)
    np.testing.assert_allclose(found.slope, np.full(5, weight / 2))
    np.testing.assert_allclose(found.backward, factors[::-1])
    found = mean_field(6, "identity", weight=weight, bias=0.1)
    assert found.forward[0] == pytest.approx(weight + 0.1)
    np.testing.assert_allclose(found.forward[1:], weight * found.forward[:-1] + 0.1)
    np.testing.assert_allclose(found.backward, weight ** np.arange(6.0)[::-1])


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("q", [0.01, 1.0, 4.0])
def test_one_step_is_the_integral(activation, q):
    f, slope = FUNCTIONS[activation]

    def expectation(g):
        def density(z):
            return g(np.sqrt(q) * z) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

        return quad(density, -12, 12, limit=200)[0]

    found = mean_field(2, activation, weight=1.7, bias=0.2, q1=q)
    assert found.forward[1] == pytest.approx(1.7 * expectation(f) + 0.2, rel=3e-5)
    assert found.slope[0] == pytest.approx(1.7 * expectation(slope), rel=1e-3)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_derivatives_are_derivatives(activation):
    f, slope = FUNCTIONS[activation]
    z, h = np.array([-1.3, -0.2, 0.4, 2.0]), 1e-6
    np.testing.assert_allclose(slope(z), (f(z + h) - f(z - h)) / (2 * h), rtol=1e-6)


@pytest.mark.parametrize(
    ("activation", "init", "gain", "weight"),
    [
        ("relu", "he", 1, 2.0),
        ("relu", "xavier", 1, 1.0),
        ("tanh", "xavier", 1, 1.0),
        ("tanh", "orthogonal", 1.5, 2.25),
        ("sigmoid", "lecun", 1, 1.0),
        ("tanh", 0.05, 1, 0.0025 * 400),
    ],
)
def test_wide_networks_do_what_theory_says(activation, init, gain, weight):
    """Width 400, five layers, the mean of six networks: within a few times 1/√400."""
    width, depth = 400, 5
    X = np.random.default_rng(0).normal(size=(30, width))
    X /= np.sqrt(np.mean(X**2))
    measured = [
        signals(
            dense_network([width] * (depth + 1), activation, init=init, gain=gain, random_state=k),
            X,
            random_state=k,
        )
        for k in range(6)
    ]
    theory = mean_field(depth, activation, weight=weight)
    forward = np.mean([one.forward_moments for one in measured], axis=0)
    backward = np.mean([one.backward_moments for one in measured], axis=0)
    np.testing.assert_allclose(forward / theory.forward, 1, atol=0.12)
    np.testing.assert_allclose(backward / theory.backward, 1, atol=0.12)


def test_signals_are_those_of_the_layers():
    network = dense_network([3, 4, 2], "tanh", random_state=0)
    x, seed = np.random.default_rng(0).normal(size=(5, 3)), np.ones((5, 2))
    found = signals(network, x, seed=seed)
    W1, b1, W2, b2 = network.state()
    Z1 = x @ W1 + b1
    np.testing.assert_allclose(found.forward[0], Z1)
    np.testing.assert_allclose(found.forward[1], np.tanh(Z1) @ W2 + b2)
    np.testing.assert_allclose(found.backward[1], seed)
    np.testing.assert_allclose(found.backward[0], (seed @ W2.T) * (1 - np.tanh(Z1) ** 2))
    assert found.forward_moments == pytest.approx([np.mean(Z**2) for Z in found.forward])
    assert found.backward_moments[0] == pytest.approx(np.mean(found.backward[0] ** 2))
    assert all(one.grad is None for one in network.parameters())


def test_the_gradient_sent_back_is_drawn_by_the_random_state():
    network, x = dense_network([3, 4, 2], random_state=0), np.ones((500, 3))
    one, same, other = (signals(network, x, random_state=k).backward[-1] for k in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1
    assert one.std() == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(signals(network, x).backward[-1], one)


# --- torch modules -----------------------------------------------------------------------------


def test_a_torch_network_gets_the_weights_of_ours():
    ours = dense_network([5, 4, 3], init="xavier", gain=1.5, random_state=3)
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    initialise(theirs.double(), "xavier", gain=1.5, random_state=3)
    x = np.random.default_rng(0).normal(size=(6, 5))
    expected = ours(Tensor(x)).data
    np.testing.assert_allclose(theirs(torch.from_numpy(x)).detach().numpy(), expected)
    assert not theirs[0].bias.any()


@pytest.mark.parametrize(
    ("layer", "fan_in", "fan_out"),
    [
        (torch.nn.Linear(300, 200), 300, 200),
        (torch.nn.Conv2d(40, 60, 5), 40 * 25, 60 * 25),
        (torch.nn.Conv1d(40, 60, 5, groups=4, bias=False), 10 * 5, 60 * 5),
    ],
)
def test_sizes_of_torch_layers_are_torchs(layer, fan_in, fan_out):
    expected = {
        "he": np.sqrt(2 / fan_in),
        "lecun": np.sqrt(1 / fan_in),
        "xavier": np.sqrt(2 / (fan_in + fan_out)),
        0.02: 0.02,
    }
    assert torch.nn.init._calculate_fan_in_and_fan_out(layer.weight) == (fan_in, fan_out)
    for init, size in expected.items():
        initialise(layer, init, random_state=0)
        assert layer.weight.std().item() == pytest.approx(size, rel=0.05)


def test_filters_are_orthonormal_and_other_parameters_stay():
    norm = torch.nn.BatchNorm2d(6)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 3), norm, torch.nn.Conv3d(2, 4, 2))
    with torch.no_grad():
        norm.weight.fill_(3.0)
    initialise(net, "orthogonal", gain=2, random_state=0)
    rows = net[0].weight.detach().reshape(6, -1)
    torch.testing.assert_close(rows @ rows.T, 4 * torch.eye(6), atol=1e-5, rtol=0)
    assert (norm.weight == 3).all()
    rows = net[2].weight.detach().reshape(4, -1)
    torch.testing.assert_close(rows @ rows.T, 4 * torch.eye(4), atol=1e-5, rtol=0)


def test_errors_name_what_is_wrong():
    with pytest.raises(ValueError, match=r"activation must be one of \['relu'.*got 'step'"):
        mean_field(3, "step")
    with pytest.raises(ValueError, match="n_nodes must be even, got 7"):
        mean_field(3, n_nodes=7)
    for name in ("weight", "bias", "q1"):
        with pytest.raises(ValueError, match=f"{name} must be a finite number of at least 0"):
            mean_field(3, **{name: -1.0})
    with pytest.raises(ValueError, match="depth must be a whole number of at least 1"):
        mean_field(0)
    with pytest.raises(ValueError, match="n_nodes must be a whole number of at least 2"):
        mean_field(2, n_nodes=0)
    with pytest.raises(ValueError, match="init must be one of"):
        initialise(torch.nn.Linear(2, 3), "best")


def test_one_layer_and_zeros():
    found = mean_field(1)
    assert found.forward.tolist() == [1.0]
    assert found.slope.tolist() == []
    assert found.backward.tolist() == [1.0]
    nothing = mean_field(3, "relu", weight=0.0, q1=0.0)
    assert nothing.forward.tolist() == [0, 0, 0]
