"""The course's convolutional network: shapes, counts, agreement with our NumPy layers."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.nn.cnn import (
    CNN,
    LocallyConnected,
    as_input,
    count_parameters,
    feature_maps,
    first_filters,
    layer_shapes,
    look,
    share_of_the_middle,
    stages,
    take_apart,
    trace,
    width_that_moves,
)
from course_lib.nn.convolution import batch_norm, conv2d, max_pool2d
from course_lib.nn.training import accuracy, device, evaluate, fit, predict, seeded


def test_each_block_may_have_its_own_kernel():
    network = CNN(3, 10, widths=(4, 6), kernel=(5, 3))
    assert first_filters(network).shape == (4, 3, 5, 5)
    assert network.blocks[1][0].weight.shape == (6, 4, 3, 3)
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


@pytest.mark.parametrize("head", ["average", "flatten"])
def test_parameters_are_those_counted_by_hand(head):
    network = CNN(3, 10, widths=(8, 16), size=32, head=head)
    convolutions = 8 * 3 * 9 + 16 * 8 * 9
    normalisations = 2 * 8 + 2 * 16
    seen = 16 if head == "average" else 16 * 8 * 8
    assert count_parameters(network) == convolutions + normalisations + seen * 10 + 10


def test_the_network_is_our_numpy_layers_one_after_another():
    with seeded(0):
        network = CNN(3, 4, widths=(5, 6), size=8).double().eval()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                for tensor in (module.running_mean, module.weight.data, module.bias.data):
                    tensor.normal_()
                module.running_var.uniform_(0.5, 2)
        x = torch.randn(2, 3, 8, 8).double()
    Y = x.numpy()
    for convolution, norm, _, _ in network.blocks:
        Y = conv2d(Y, convolution.weight.detach().numpy(), padding=1)
        vectors = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        Y = batch_norm(Y, *(v.detach().numpy() for v in vectors))
        Y = max_pool2d(np.maximum(Y, 0), 2)
    full = network.head[-1]
    logits = Y.mean(axis=(2, 3)) @ full.weight.detach().numpy().T + full.bias.detach().numpy()
    np.testing.assert_allclose(network(x).detach().numpy(), logits, atol=1e-12)


def test_the_average_head_takes_any_size_and_ignores_cyclic_shifts_of_blocks():
    network = CNN(1, 3, widths=(4,)).eval()
    assert network(torch.zeros(2, 1, 20, 44)).shape == (2, 3)
    x = torch.zeros(1, 1, 32, 32)
    x[..., 10:18, 10:18] = torch.randn(8, 8)
    moved = x.roll((4, -6), (2, 3))  # a multiple of the pooling's stride, away from the border
    torch.testing.assert_close(network(x), network(moved))


def test_it_learns_bars_from_a_few_pictures():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 60, (64, 16, 16, 1)).astype(np.uint8)
    y = np.arange(64) % 2
    for picture, label in zip(X, y, strict=True):
        at = rng.integers(2, 14)
        picture[at if label else slice(None), slice(None) if label else at] = 255
    with seeded(0):
        network = CNN(1, 2, widths=(4, 8))
    data = (as_input(X), torch.as_tensor(y))
    adam = torch.optim.Adam(network.parameters(), lr=0.02)
    fit(network, F.cross_entropy, data, n_epochs=15, batch_size=16, optimizer=adam)
    found = evaluate(network, F.cross_entropy, data, metrics={"accuracy": accuracy})
    assert found["accuracy"] == 1.0
    assert predict(network, data[0]).shape == (64, 2)


def test_maps_and_filters_are_copies_and_the_mode_is_kept():
    network = CNN(3, 10, widths=(4, 6)).to(device()).train()
    filters, before = first_filters(network), first_filters(network)
    filters[:] = 0
    np.testing.assert_array_equal(first_filters(network), before)
    x = torch.randn(2, 3, 32, 32)
    assert feature_maps(network, x).shape == (2, 4, 32, 32)
    assert feature_maps(network, x, block=1).shape == (2, 6, 16, 16)
    network.blocks[0].eval()  # a part may have a mode of its own, as in fine-tuning
    assert (feature_maps(network, x) >= 0).all()
    assert network.training
    assert not network.blocks[0][1].training


def test_shapes_and_parameters_of_every_layer():
    network = CNN(3, 10, widths=(4, 6)).train()
    found = layer_shapes(network, torch.zeros(1, 3, 32, 32))
    assert found[0] == ("Conv2d", (4, 32, 32), 4 * 3 * 9)
    assert found[3] == ("MaxPool2d", (4, 16, 16), 0)
    assert found[-1] == ("Linear", (10,), 70)
    assert sum(count for *_, count in found) == count_parameters(network)
    assert network.training
    with pytest.raises(RuntimeError, match="3 channels"):
        layer_shapes(network, torch.zeros(1, 4, 32, 32))
    assert not any(layer._forward_hooks for layer in network.modules())


def test_pictures_become_input():
    X = np.zeros((2, 4, 6, 3), np.uint8)
    X[1, 3, 5, 2] = 255
    x = as_input(X)
    assert x.shape == (2, 3, 4, 6)
    assert x.dtype == torch.float32
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(as_input(X[:, ::-1]), x.flip(2))
    assert x.min() == -1
    assert x[1, 2, 3, 5] == x.max() == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CNN(widths=()), "widths must name"),
        (lambda: CNN(head="max"), "head must be one of"),
        (lambda: CNN(kernel=4), "kernel must be odd"),
        (lambda: CNN(kernel=3.0), "kernel must be a whole number"),
        (lambda: CNN(channels=0), "channels must be a whole number of at least 1"),
        (lambda: CNN(classes=0), "classes must be a whole number of at least 1"),
        (lambda: CNN(widths=(8.5,)), "widths must be a whole number"),
        (lambda: CNN(kernel=(5, 3)), "kernel must be one size or 3"),
        (lambda: CNN(size=4), "size must be at least 8"),
        (lambda: as_input(np.zeros((4, 4, 3), np.uint8)), r"\(N, H, W, C\)"),
        (lambda: as_input(np.zeros((1, 4, 4, 3))), "uint8"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_under_autocast_the_network_is_itself_up_to_rounding():
    with seeded(0):
        network, x = CNN(widths=(8, 16)).train(), torch.randn(6, 3, 16, 16)
    y = torch.arange(6)

    def loss_and_gradients():
        loss = F.cross_entropy(network(x), y)
        return torch.cat(
            [g.flatten() for g in torch.autograd.grad(loss, list(network.parameters()))]
        )

    exact = loss_and_gradients()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded, rounded_maps = loss_and_gradients(), feature_maps(network, x)
    maps = feature_maps(network, x)  # with the same running statistics
    assert rounded.dtype == torch.float32
    assert F.cosine_similarity(exact, rounded, dim=0) > 0.99
    np.testing.assert_allclose(rounded_maps, maps, atol=0.05)


def test_arrays_of_a_network_of_16_bits():
    network, x = CNN(widths=(4,)).bfloat16(), torch.zeros(1, 3, 8, 8, dtype=torch.bfloat16)
    assert first_filters(network).dtype == feature_maps(network, x).dtype == np.float32
    filters = network.blocks[0][0].weight.detach().float().numpy()
    np.testing.assert_array_equal(first_filters(network), filters)
    assert first_filters(network.double()).dtype == np.float64


def test_a_locally_connected_layer_with_equal_weights_everywhere_is_a_convolution():
    with seeded(0):
        free, shared = LocallyConnected(3, 4, size=6, kernel=5), torch.nn.Conv2d(3, 4, 5, padding=2)
        x = torch.randn(2, 3, 6, 6)
    free.weight.data[:] = shared.weight.data.flatten(1)
    free.bias.data[:] = shared.bias.data
    torch.testing.assert_close(free(x), shared(x))
    assert count_parameters(free) == 36 * count_parameters(shared)


def test_a_locally_connected_layer_has_weights_of_its_own_at_every_place():
    with seeded(1):
        free, x = LocallyConnected(2, 3, size=5), torch.randn(4, 2, 5, 5)
    place, (i, j) = 5 * 2 + 3, (2, 3)
    window = x[:, :, i - 1 : i + 2, j - 1 : j + 2].flatten(1)
    by_hand = window @ free.weight[place].T + free.bias[place]
    torch.testing.assert_close(free(x)[:, :, i, j], by_hand)
    assert abs(free.weight).max() <= 1 / 18**0.5
    with pytest.raises(ValueError, match="odd"):
        LocallyConnected(2, 3, size=5, kernel=2)


def test_the_stages_are_the_network_and_gradients_reach_just_their_fields():
    with seeded(0):
        network, x = CNN(widths=(6, 8), size=32, kernel=(5, 3)), torch.randn(24, 3, 32, 32)
    x, outputs = trace(network, x)
    network.eval()
    torch.testing.assert_close(outputs[-1], network(x))
    parts = stages(network)
    assert [part.name for part in parts][::3] == ["convolution 1", "convolution 2", "head"]
    for part, output in zip(parts[:-1], outputs, strict=False):
        assert width_that_moves(output, x) == part.field.size
        middle = output.shape[-1] // 2
        (slope,) = torch.autograd.grad(output[..., middle, middle].sum(), x, retain_graph=True)
        moved = slope.abs().sum((0, 1, 3))
        rows = (moved > 1e-6 * moved.max()).nonzero().ravel()
        assert part.pixels(middle) == (rows.min().item(), rows.max().item())
    assert parts[-1].pixels(0) == (0, 31)
    assert (parts[3].pixels(0), parts[3].pixels(0, size=5)) == ((0, 5), (0, 4))


def test_a_look_finds_the_largest_value_and_its_pixels():
    with seeded(0):
        network, x = CNN(widths=(6, 8)), torch.randn(1, 3, 32, 32)
    x, outputs = trace(network, x)
    parts = stages(network)
    found = look(parts[3], outputs[3], x, 2)
    assert found.values[found.unit] == found.values.max() == outputs[3][0, 2].max().item()
    top, bottom, left, right = found.field
    inside = np.zeros((32, 32), bool)
    inside[top : bottom + 1, left : right + 1] = True
    assert found.slope[~inside].max() < 1e-6 * found.slope.max()
    corner = look(parts[0], outputs[0], x, 0, corner=True)
    assert (corner.unit, corner.field) == ((0, 0), (0, 1, 0, 1))
    score = look(parts[-1], outputs[-1], x, 4)
    assert (score.values.shape, score.unit, score.field) == ((10,), (4,), (0, 31, 0, 31))
    assert score.values[4] == outputs[-1][0, 4].item()


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, (1, 3))])
@pytest.mark.parametrize("place", [(0, 0), (1, 4)])
def test_the_products_of_a_value_add_up_to_it(stride, padding, place):
    with seeded(0):
        layer = torch.nn.Conv2d(4, 3, (3, 5), stride=stride, padding=padding)
        x = torch.randn(1, 4, 12, 15, requires_grad=True)
    windows, weights = take_apart(layer, x, 2, place)
    assert windows.shape == weights.shape == (4, 3, 5)
    total = (windows * weights).sum() + layer.bias[2].item()
    assert total == pytest.approx(layer(x)[0, 2][place].item(), abs=1e-5)


def test_the_share_of_the_middle_is_that_of_the_weights_there():
    with seeded(0):
        network, x = CNN(widths=(2, 2), kernel=5), torch.randn(3, 3, 32, 32)
    weights = network.blocks[0][0].weight.data
    weights[:], weights[0, :, 1:4, 1:4] = 1, -3
    x, outputs = trace(network, x)
    part = stages(network)[0]
    assert share_of_the_middle(part, outputs[0], x) == pytest.approx((27 + 9) / (27 + 16 + 25))
    assert share_of_the_middle(part, outputs[0][:, 1:], x) == pytest.approx(9 / 25)
