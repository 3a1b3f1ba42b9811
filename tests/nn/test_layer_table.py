"""The table agrees with arithmetic, with published fields, and with what torch really keeps."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.nn.architectures import ARCHITECTURES, SmallResNet, outline
from course_lib.nn.blocks import Add, Concat, ConvNorm, PadChannels
from course_lib.nn.cnn import CNN, count_parameters
from course_lib.nn.layer_table import by_stage, layer_table, totals, training_memory
from course_lib.nn.training import seeded


def test_a_convolution_row_is_the_arithmetic_of_its_layer():
    network = nn.Sequential(nn.Conv2d(3, 10, 5, padding=2), nn.ReLU(True), nn.MaxPool2d(2))
    first, relu, pool = layer_table(network, 32)
    assert (first.name, first.kind, first.shape) == ("0", "Conv2d", (10, 32, 32))
    assert first.parameters == 760
    assert first.multiplications == 750 * 32 * 32
    assert first.activations == 10 * 32 * 32
    assert (first.field, first.jump) == (5, 1)
    assert (relu.parameters, relu.multiplications, relu.activations) == (0, 0, 0)
    assert (pool.activations, pool.field, pool.jump) == (10 * 16 * 16, 6, 2)


def test_a_full_layer_multiplies_once_a_weight_and_sees_everything():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 6 * 6, 5))
    *_, flat, full = layer_table(network, 8, channels=1)
    assert flat.activations == 0
    assert (full.parameters, full.multiplications, full.activations) == (365, 360, 5)
    assert full.shape == (5,)
    assert full.field == 8


def test_groups_dilation_and_normalisation():
    network = nn.Sequential(nn.Conv2d(4, 8, 3, groups=2, dilation=2), nn.BatchNorm2d(8))
    convolution, norm = layer_table(network, 10, channels=4)
    assert convolution.multiplications == 8 * 2 * 9 * 6 * 6
    assert convolution.field == 5
    assert (norm.parameters, norm.multiplications, norm.activations) == (16, 0, 8 * 36)


@pytest.mark.parametrize(
    ("name", "size", "field"),
    [
        ("AlexNet", 224, 195),  # Araujo, Norris and Sim, Distill 2019: AlexNet 195, VGG-16 212,
        ("VGG-16", 224, 212),  # ResNet-18 435 (their other ResNets stride elsewhere)
        ("ResNet-18", 224, 435),
        ("ResNet-50", 224, 427),
    ],
)
def test_the_field_before_the_head_is_the_published_one(name, size, field):
    stages = by_stage(layer_table(outline(name), size))
    assert stages[-2].field == field
    assert stages[-2].jump == 32


def test_the_field_is_what_a_pixel_can_change():
    network = SmallResNet(8, widths=(2, 2), channels=1).eval()
    row = by_stage(layer_table(network, 64, channels=1))[-2]
    maps = nn.Sequential(network.stem, network.stage1, network.stage2)
    for module in maps.modules():  # no ReLU may hide a pixel
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 0.1)
    x = torch.ones(1, 1, 64, 64, requires_grad=True)
    maps(x)[0, 0, 16, 16].backward()
    reached = x.grad[0, 0].nonzero()
    assert (reached.amax(0) - reached.amin(0) + 1).tolist() == [row.field] * 2


def test_paths_of_different_reach_meet_in_the_larger_field():
    class Paths(nn.Module):
        def __init__(self):
            super().__init__()
            self.near, self.far = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 5, padding=2)
            self.add, self.concat = Add(), Concat()

        def forward(self, x):
            near, far = self.near(x), self.far(x)
            return self.concat(self.add(near, far), near)

    rows = {row.name: row for row in layer_table(Paths(), 9, channels=1)}
    assert [rows[name].field for name in ("near", "far", "add", "concat")] == [1, 5, 5, 5]
    assert rows["concat"].shape == (4, 9, 9)
    assert rows["concat"].activations == 4 * 81


def test_a_shortcut_that_leaves_pixels_out_doubles_the_jump():
    rows = layer_table(nn.Sequential(PadChannels(1, stride=2), nn.Conv2d(2, 1, 1)), 8, channels=1)
    assert (rows[0].field, rows[0].jump, rows[0].shape) == (1, 2, (2, 4, 4))


def test_a_network_of_the_course_that_is_not_on_meta_has_a_table_and_keeps_its_mode():
    network = CNN(widths=(4, 8))
    rows = layer_table(network, 32)
    assert totals(rows).parameters == count_parameters(network)
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert rows[-1].shape == (10,)
    assert rows[-1].field >= 32


def test_stages_sum_their_layers_and_totals_their_stages():
    rows = layer_table(outline("ResNet-18"), 224)
    stages = by_stage(rows)
    assert [s.name for s in stages] == ["stem", *(f"stage{k}" for k in range(1, 5)), "head"]
    assert stages[0].kind == "4 layers"
    assert stages[0].shape == (64, 56, 56)
    blocks = by_stage(rows, level=2)
    assert "stage2.0" in [b.name for b in blocks]
    for what in ("parameters", "multiplications", "activations"):
        expected = sum(getattr(row, what) for row in rows)
        for level in (rows, stages, blocks):
            assert getattr(totals(level), what) == expected
    assert totals(rows).field == max(row.field for row in rows)
    assert by_stage(rows[:1], level=9)[0].kind == rows[0].kind
    one = totals(layer_table(outline("LeNet-5"), 32, channels=1))
    assert one.name == "total"
    assert one.shape == (10,)


def kept_by_torch(network, size):
    """Numbers a picture that torch keeps: no weights, statistics, pictures, masks or places."""
    kept = {}

    def keep(tensor):
        if tensor.is_floating_point() and tensor.ndim in (2, 4):
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes() // 4
        return tensor

    channels = next(m for m in network.modules() if isinstance(m, nn.Conv2d)).in_channels
    x = torch.randn(2, channels, size, size)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = network(x)
    assert y.requires_grad
    known = [x, *network.parameters()]
    for tensor in known:
        kept.pop(tensor.untyped_storage().data_ptr(), None)
    return sum(kept.values()) / 2


@pytest.mark.parametrize(
    "name",
    [
        *("LeNet-5", "AlexNet", "VGG-11", "NiN", "ResNet-18", "ResNet-50", "DenseNet-121"),
        *("GoogLeNet", "SqueezeNet 1.1", "MobileNet", "MobileNet v2", "ShuffleNet v2"),
    ],
)
def test_activations_are_what_torch_keeps_for_the_backward_pass(name):
    one = ARCHITECTURES[name]
    size = 32 if name == "LeNet-5" else 96
    with seeded(0):
        network = one.build(width=1.0 if name == "LeNet-5" else 1 / 8, size=size, classes=2)
        found = kept_by_torch(network, size)
    counted = totals(layer_table(network, size, channels=one.channels)).activations
    assert abs(found / counted - 1) < 0.05  # dropout's masks


@pytest.mark.parametrize(
    "network",
    [
        CNN(widths=(4, 8)),
        SmallResNet(14, widths=(8, 16)),
        SmallResNet(14, widths=(8, 16), residual=False),
    ],
)
def test_so_are_those_of_the_course_s_own_networks(network):
    counted = totals(layer_table(network, 32)).activations
    assert abs(kept_by_torch(network, 32) / counted - 1) < 0.02


def test_what_goes_into_a_sum_only_is_not_kept_and_who_works_in_place_writes_nothing():
    rows = {r.name: r for r in layer_table(SmallResNet(8, widths=(4,), channels=1), 8, channels=1)}
    full = 4 * 64
    kept = {name: row.activations for name, row in rows.items() if name.startswith("stage1.0")}
    assert kept == {
        "stage1.0.branch.0.0": full,  # the normalisation needs it
        "stage1.0.branch.0.1": full,  # ReLU writes over it, and the convolution needs that
        "stage1.0.branch.0.2": 0,
        "stage1.0.branch.1.0": full,
        "stage1.0.branch.1.1": 0,  # the sum needs nothing again
        "stage1.0.shortcut": 0,
        "stage1.0.add": full,
        "stage1.0.relu": 0,
    }


def test_training_memory_by_hand():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU())
    rows = layer_table(network, 4, channels=1)
    assert training_memory(rows, batch=5, state=2, bytes_each=2) == {
        "weights": 36,
        "gradients": 36,
        "optimiser": 72,
        "activations": 5 * 8 * 2,
    }
    assert training_memory(rows, 1)["optimiser"] == training_memory(rows, 1)["weights"] == 72
    assert training_memory(rows, 1, state=0)["optimiser"] == 0


class Hidden(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = ConvNorm(1, 1), ConvNorm(1, 1)

    def forward(self, x):
        return self.two(self.one(x) + x)


def test_a_join_that_is_no_module_and_pictures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"no layer made the input of two\.0.*Add or Concat"):
        layer_table(Hidden(), 8, channels=1)
    with pytest.raises(ValueError, match="pictures of 64 × 64 do not fit the network"):
        layer_table(outline("LeNet-5"), 64, channels=3)


@pytest.mark.parametrize("name", ["AlexNet (two towers)", "DenseNet-121", "ShuffleNet v2"])
def test_multiplications_are_half_the_operations_that_torch_counts(name):
    network, size = outline(name).eval(), 227 if "towers" in name else 224
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, size, size, device="meta"))
    counted = totals(layer_table(network, size)).multiplications
    assert counter.get_total_flops() == 2 * counted
