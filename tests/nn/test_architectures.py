"""The networks have the weights and the multiplications that were published.

Sources: torchvision's documentation, "Models and pre-trained weights" (counts, operations and
accuracies of the weights IMAGENET1K_V1); LeCun et al. 1998, section II.B (LeNet-5); Krizhevsky et
al. 2012 (60 million, by layers as computed here); Caffe's bvlc_googlenet (13,378,280 numbers);
He et al. 2015, table 6 (0.27 to 1.7 million); Keras' documentation (MobileNet, 4.2 million);
Howard et al. 2017, tables 6 and 7 (multiply-adds of narrow MobileNets).
"""

import pytest
import torch
from torch import nn

from course_lib.nn import architectures
from course_lib.nn.architectures import (
    ARCHITECTURES,
    VGG,
    AlexNet,
    DenseNet,
    GoogLeNet,
    LeNet5,
    MobileNet,
    NiN,
    ResNet,
    ShuffleNet,
    SmallResNet,
    SqueezeNet,
    outline,
)
from course_lib.nn.cnn import count_parameters
from course_lib.nn.layer_table import layer_table, totals
from course_lib.nn.training import seeded

PUBLISHED = {  # parameters, billions of multiply-adds, top-1 and top-5 accuracy in per cent
    "LeNet-5": (61_706, None, None, None),
    "LeNet-5 (1998)": (60_000, None, None, None),
    "AlexNet (two towers)": (60_965_224, None, None, None),
    "AlexNet": (61_100_840, 0.71, 56.522, 79.066),
    "NiN": (7_595_176, None, None, None),
    "VGG-11": (132_863_336, 7.61, 69.020, 88.628),
    "VGG-13": (133_047_848, 11.31, 69.928, 89.246),
    "VGG-16": (138_357_544, 15.47, 71.592, 90.382),
    "VGG-19": (143_667_240, 19.63, 72.376, 90.876),
    "GoogLeNet": (6_624_904, 1.5, 69.778, 89.530),
    "ResNet-18": (11_689_512, 1.81, 69.758, 89.078),
    "ResNet-34": (21_797_672, 3.66, 73.314, 91.420),
    "ResNet-50": (25_557_032, 4.09, 76.130, 92.862),
    "ResNet-101": (44_549_160, 7.8, 77.374, 93.546),
    "ResNet-152": (60_192_808, 11.51, 78.312, 94.046),
    "DenseNet-121": (7_978_856, 2.83, 74.434, 91.972),
    "SqueezeNet 1.0": (1_248_424, 0.82, 58.092, 80.420),
    "SqueezeNet 1.1": (1_235_496, 0.35, 58.178, 80.624),
    "MobileNet": (4_231_976, 0.569, 70.6, None),
    "MobileNet v2": (3_504_872, 0.3, 71.878, 90.286),
    "ShuffleNet v2": (2_278_604, 0.14, 69.362, 88.316),
}


def on_meta(build, *arguments, **options):
    with torch.device("meta"):
        return build(*arguments, **options)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_network_has_the_published_weights_multiplications_and_accuracies(name):
    parameters, billions, *accuracies = PUBLISHED[name]
    one = ARCHITECTURES[name]
    assert [one.top1, one.top5] == accuracies
    network = outline(name)
    assert count_parameters(network) == parameters == one.parameters
    assert one.billions == billions
    total = totals(layer_table(network, one.size, channels=one.channels))
    assert total.parameters == parameters
    assert total.shape == (one.classes,)
    if billions is not None:
        assert abs(total.multiplications / 1e9 - billions) < 0.006


def test_every_architecture_is_held_to_a_published_count():
    assert set(PUBLISHED) == set(ARCHITECTURES)
    assert all(name == one.name for name, one in ARCHITECTURES.items())


def test_three_counts_are_sums_by_hand_because_only_rounded_figures_were_published():
    by_hand = {name for name, one in ARCHITECTURES.items() if "hand" in one.counted_by}
    assert by_hand == {"LeNet-5", "AlexNet (two towers)", "NiN"}


def test_other_variants_have_their_published_counts():
    assert count_parameters(on_meta(GoogLeNet)) == 6_998_552
    assert count_parameters(on_meta(GoogLeNet, auxiliary=True)) == 13_378_280
    both = on_meta(GoogLeNet, auxiliary=True, variant="torchvision")
    assert count_parameters(both) == 13_004_888
    assert count_parameters(on_meta(DenseNet, 169)) == 14_149_480
    assert count_parameters(on_meta(DenseNet, 201)) == 20_013_928


@pytest.mark.parametrize(
    ("depth", "parameters"), [(20, 269_722), (32, 464_154), (56, 853_018), (110, 1_727_962)]
)
def test_small_residual_networks_have_the_published_counts_with_and_without_shortcuts(
    depth, parameters
):
    for residual in (True, False):
        network = on_meta(SmallResNet, depth, residual=residual)
        assert count_parameters(network) == parameters
        layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        assert len(layers) == depth


@pytest.mark.parametrize(
    ("build", "layers"),
    [
        (LeNet5, 5),
        (AlexNet, 8),
        (lambda: VGG(16), 16),
        (lambda: VGG(19), 19),
        (lambda: ResNet(18), 18),
        (lambda: ResNet(50), 50),
        (lambda: ResNet(152), 152),
        (DenseNet, 121),
        (GoogLeNet, 22),
    ],
)
def test_the_number_in_a_name_counts_the_layers_with_weights(build, layers):
    network = on_meta(build)
    found = [n for n, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    if layers == 22:  # a layer of GoogLeNet holds paths side by side: two layers a block
        inside = [n for n in found if n.startswith("inception")]
        assert len(inside) == 9 * 6
        assert len(found) - len(inside) + 9 * 2 == 22
        return
    assert len([n for n in found if ".shortcut" not in n]) == layers


# --- what the tables of the papers say


def test_alexnet_of_2012_by_layers():
    rows = {r.name: r for r in layer_table(outline("AlexNet (two towers)"), 227) if r.parameters}
    counts = [r.parameters for r in rows.values()]
    convolutions = [34_944, 307_456, 885_120, 663_936, 442_624]
    assert counts == [*convolutions, 37_752_832, 16_781_312, 4_097_000]
    assert [r.shape[0] for r in rows.values()] == [96, 256, 384, 384, 256, 4096, 4096, 1000]
    groups = [m.groups for m in outline("AlexNet (two towers)").modules() if hasattr(m, "groups")]
    assert groups == [1, 2, 1, 2, 2]


def test_local_response_normalisation_has_the_constants_of_2012():
    norm = next(
        m
        for m in AlexNet(towers=2, width=1 / 32, classes=2).modules()
        if isinstance(m, nn.LocalResponseNorm)
    )
    x = torch.rand(1, 8, 2, 2) * 20
    squares = torch.stack([x[:, max(0, c - 2) : c + 3].square().sum(1) for c in range(8)], dim=1)
    torch.testing.assert_close(norm(x), x / (2 + 1e-4 * squares) ** 0.75)


def test_vgg_16_holds_most_weights_in_its_first_full_layer():
    rows = layer_table(outline("VGG-16"), 224)
    largest = max(rows, key=lambda row: row.parameters)
    assert largest.parameters == 25_088 * 4096 + 4096
    assert max(row.shape[0] for row in rows if row.kind == "Conv2d") == 512


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("ResNet-50", [(64, 56), (256, 56), (512, 28), (1024, 14), (2048, 7)]),
        ("ResNet-34", [(64, 56), (64, 56), (128, 28), (256, 14), (512, 7)]),
        ("SqueezeNet 1.0", [(96, 54), (256, 27), (512, 13), (512, 13)]),
        ("MobileNet", [(32, 112), (64, 112), (128, 56), (256, 28), (512, 14), (1024, 7)]),
        ("ShuffleNet v2", [(24, 56), (116, 28), (232, 14), (464, 7)]),
    ],
)
def test_stages_have_the_channels_and_sizes_of_the_papers(name, shapes):
    network, found = outline(name).eval(), []
    x = torch.zeros(1, 3, 224, 224, device="meta")
    for stage in list(network)[:-1]:
        x = stage(x)
        found.append((x.shape[1], x.shape[2]))
    assert found == shapes


def test_googlenet_halves_as_in_its_table():
    network = outline("GoogLeNet").eval()
    x = torch.zeros(1, 3, 224, 224, device="meta")
    x = network.stem(x)
    assert x.shape == (1, 192, 28, 28)
    x = network.pool3(network.inception3(x))
    assert x.shape == (1, 480, 14, 14)
    x = network.pool4(network.inception4(x))
    assert x.shape == (1, 832, 7, 7)
    assert network.inception5(x).shape == (1, 1024, 7, 7)


def test_lenet_of_1998_has_ten_pairs_more_than_six_filters_of_ten():
    seen = architectures._SEEN
    assert len(seen) == 16
    assert sum(map(len, seen)) == 60
    assert [len(channels) for channels in seen] == [3] * 6 + [4] * 9 + [6]
    assert len({frozenset(channels) for channels in seen}) == 16
    assert all(set(channels) <= set(range(6)) for channels in seen)


# --- knobs


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_narrow_network_computes_on_small_pictures_and_learns(name):
    one = ARCHITECTURES[name]
    width = 1.0 if name.startswith("LeNet") else 1 / 16
    size = {"NiN": 99}.get(name, 67 if one.sized and one.channels == 3 else 64)
    with seeded(0):
        network = one.build(width=width, size=size, classes=3)
        x = torch.randn(4, one.channels, size, size)
        y = network(x)
        assert y.shape == (4, 3)
        y.square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    if width < 1:
        assert count_parameters(network) < one.parameters / 20


@pytest.mark.parametrize("name", ["VGG-11", "ResNet-18", "MobileNet"])
def test_half_the_width_has_about_a_quarter_of_the_inner_weights(name):
    widths = [layer_table(outline(name, width=w, size=32), 32) for w in (1.0, 0.5)]
    inner = [[r.parameters for r in rows if r.kind == "Conv2d"] for rows in widths]
    assert abs(inner[0][-1] / inner[1][-1] - 4) < 0.02
    assert len(inner[0]) == len(inner[1])


def test_the_size_and_the_classes_reach_the_full_layers():
    network = outline("VGG-16", size=32, classes=10)
    full = [m for m in network.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in full] == [
        (512, 4096),
        (4096, 4096),
        (4096, 10),
    ]
    assert count_parameters(outline("ResNet-18", classes=10)) == 11_689_512 - 990 * 513
    assert outline("LeNet-5", size=28).head[1].in_features == 16 * 4 * 4


def test_narrow_mobilenets_keep_their_last_layer_and_wide_ones_widen_it():
    last = [on_meta(MobileNet, 2, width=w).head[0][0].out_channels for w in (0.5, 1, 1.5)]
    assert last == [1280, 1280, 1920]


@pytest.mark.parametrize(
    ("width", "size", "millions"),
    [(1.0, 192, 418), (0.75, 224, 325), (0.5, 160, 77), (0.25, 128, 14)],
)
def test_a_narrow_mobilenet_on_small_pictures_costs_what_its_authors_published(
    width, size, millions
):
    total = totals(layer_table(outline("MobileNet", width=width), size))
    assert abs(total.multiplications / 1e6 - millions) < 1
    weights = {1.0: 4.24, 0.75: 2.59, 0.5: 1.34, 0.25: 0.47}[width]
    assert abs(total.parameters / 1e6 - weights) < 0.011


def test_an_outline_allocates_nothing_and_leaves_the_generator_alone():
    state = torch.get_rng_state()
    network = outline("VGG-16")
    assert all(p.device.type == "meta" for p in network.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert {p.device.type for p in ARCHITECTURES["LeNet-5"].build().parameters()} == {"cpu"}


def test_auxiliary_classifiers_see_the_maps_of_4a_and_4d():
    with seeded(0):
        network = GoogLeNet(auxiliary=True, width=1 / 16, classes=3).eval()
        x = torch.randn(1, 3, 224, 224)
        logits, first, second = network(x)
    assert logits.shape == first.shape == second.shape == (1, 3)
    maps = network.pool3(network.inception3(network.stem(x)))
    maps = network.inception4.a(maps)
    torch.testing.assert_close(network.auxiliary4a(maps), first)
    for block in list(network.inception4)[1:4]:
        maps = block(maps)
    torch.testing.assert_close(network.auxiliary4d(maps), second)


def test_small_networks_of_a_seed_start_alike_and_their_filters_have_hes_variance():
    nets = []
    for residual in (True, False):
        with seeded(3):
            nets.append(SmallResNet(14, residual=residual, widths=(32, 64)))
    for one, other in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(one, other)
    weight = nets[0].stage2[1].branch[0][0].weight
    assert abs(weight.var().item() * 9 * 64 / 2 - 1) < 0.05
    shape = nets[0].stage2(nets[0].stage1(nets[0].stem(torch.zeros(1, 3, 8, 8)))).shape
    assert shape == (1, 64, 4, 4)


# --- bad input


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LeNet5(variant="new"), "variant must be one of 'common', 'original'; got 'new'"),
        (lambda: LeNet5(variant="original", width=2), "width must be 1 for the original"),
        (lambda: LeNet5(size=8), "does not fit"),
        (lambda: AlexNet(towers=3), "towers must be one of 1, 2; got 3"),
        (lambda: AlexNet(size=32), "does not fit"),
        (lambda: VGG(15), "depth must be one of 11, 13, 16, 19; got 15"),
        (lambda: VGG(size=16), "does not fit"),
        (lambda: NiN(width=0), "width must be a finite number above 0"),
        (lambda: GoogLeNet(variant="v3"), "variant must be one of 'paper', 'torchvision'"),
        (lambda: ResNet(20), "depth must be one of 18, 34, 50, 101, 152; got 20"),
        (lambda: ResNet(channels=0), "channels must be a whole number of at least 1"),
        (lambda: SmallResNet(18), r"depth must be 6n \+ 2.*got 18"),
        (lambda: SmallResNet(2), "depth must be a whole number of at least 8"),
        (lambda: SmallResNet(8, widths=()), "widths must name at least one"),
        (lambda: SmallResNet(8, widths=(8, 0)), "widths must be a whole number"),
        (lambda: SmallResNet(8, classes=0), "classes must be a whole number"),
        (lambda: DenseNet(100), "depth must be one of 121, 169, 201; got 100"),
        (lambda: SqueezeNet("2"), "version must be one of '1.0', '1.1'; got '2'"),
        (lambda: MobileNet(3), "version must be one of 1, 2; got 3"),
        (lambda: ShuffleNet(classes=2.5), "classes must be a whole number"),
        (lambda: outline("ResNet"), "name must be one of LeNet-5, .*; got 'ResNet'"),
    ],
)
def test_what_no_network_can_be_is_refused_by_name(build, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build()
