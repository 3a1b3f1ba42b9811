"""Each block computes what its drawing shows, and costs what its arithmetic says."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.nn import blocks
from course_lib.nn.cnn import count_parameters
from course_lib.nn.training import seeded


@pytest.fixture(autouse=True)
def _repeatable():
    with seeded(0):
        yield


def shape_of(block, *shape):
    return tuple(block(torch.randn(2, *shape)).shape[1:])


# --- where maps meet


def test_maps_are_added_laid_side_by_side_and_split():
    x, y = torch.randn(2, 4, 3, 3), torch.randn(2, 4, 3, 3)
    torch.testing.assert_close(blocks.Add()(x, y), x + y)
    both = blocks.Concat()(x, y)
    assert both.shape == (2, 8, 3, 3)
    torch.testing.assert_close(both[:, 4:], y)
    for half, one in zip(blocks.Split()(both), (x, y), strict=True):
        torch.testing.assert_close(half, one)


def test_a_shuffle_gives_every_group_a_part_of_each_and_keeps_pictures_and_places():
    x = torch.arange(2 * 6 * 2 * 3.0).reshape(2, 6, 2, 3)
    shuffled = blocks.Shuffle(3)(x)
    torch.testing.assert_close(shuffled, x[:, [0, 2, 4, 1, 3, 5]])
    torch.testing.assert_close(blocks.Shuffle(2)(shuffled), x)  # 2 groups undo 3 of 6 channels


def test_padded_channels_are_zero_and_every_second_pixel_stays():
    x = torch.randn(2, 3, 5, 4)
    y = blocks.PadChannels(2, stride=2)(x)
    assert y.shape == (2, 5, 3, 2)
    torch.testing.assert_close(y[:, :3], x[:, :, ::2, ::2])
    assert not y[:, 3:].any()
    torch.testing.assert_close(blocks.PadChannels(0)(x), x)


# --- convolutions


def test_convolution_normalisation_relu_in_this_order():
    block = blocks.ConvNorm(3, 4, 3, 2)
    x = torch.randn(5, 3, 8, 8)
    convolved = F.conv2d(x, block[0].weight, stride=2, padding=1)
    torch.testing.assert_close(block(x), F.batch_norm(convolved, None, None, training=True).relu())
    assert block[0].bias is None
    assert len(blocks.ConvNorm(3, 4, relu=False)) == 2
    assert isinstance(blocks.ConvNorm(3, 4, relu=nn.ReLU6())[-1], nn.ReLU6)
    assert shape_of(blocks.ConvNorm(3, 4, 5), 3, 9, 9) == (4, 9, 9)
    assert shape_of(blocks.ConvNorm(3, 4, 5, padding=0), 3, 9, 9) == (4, 5, 5)


def test_the_older_layer_has_a_bias_and_no_padding_unless_asked():
    block = blocks.ConvReLU(4, 6, 3, 2, padding=1, groups=2)
    x = torch.randn(2, 4, 8, 8)
    expected = F.conv2d(x, block[0].weight, block[0].bias, 2, 1, groups=2).relu()
    torch.testing.assert_close(block(x), expected)
    assert shape_of(blocks.ConvReLU(4, 6), 4, 8, 8) == (6, 6, 6)


# --- residual blocks


def test_a_residual_block_is_relu_of_x_plus_its_branch():
    block = blocks.ResidualBlock(4, 4)
    x = torch.randn(3, 4, 6, 6)
    torch.testing.assert_close(block(x), (x + block.branch(x)).relu())
    plain = blocks.ResidualBlock(4, 4, residual=False)
    plain.load_state_dict(block.state_dict())
    torch.testing.assert_close(plain(x), block.branch(x).relu())


def test_with_a_branch_of_zero_a_residual_block_passes_what_is_positive():
    block = blocks.ResidualBlock(4, 4)
    nn.init.zeros_(block.branch[1][1].weight)
    x = torch.rand(3, 4, 6, 6)
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize(("shortcut", "more"), [("projection", 4 * 6 + 2 * 6), ("zeros", 0)])
def test_where_the_shape_changes_the_shortcut_is_projected_or_padded(shortcut, more):
    block = blocks.ResidualBlock(4, 6, 2, shortcut=shortcut)
    plain = blocks.ResidualBlock(4, 6, 2, residual=False)
    assert shape_of(block, 4, 8, 8) == (6, 4, 4) == shape_of(plain, 4, 8, 8)
    assert count_parameters(block) - count_parameters(plain) == more
    x = torch.randn(3, 4, 8, 8)
    torch.testing.assert_close(block(x), (block.branch(x) + block.shortcut(x)).relu())
    assert (block.shortcut(x) < 0).any()  # no ReLU on the shortcut


def test_an_unknown_shortcut_is_refused():
    with pytest.raises(ValueError, match=r"shortcut must be one of .*got 'none'"):
        blocks.ResidualBlock(4, 4, shortcut="none")


def test_a_bottleneck_costs_69632_weights_where_two_wide_layers_cost_1179648():
    convolutions = [
        m for m in blocks.Bottleneck(256, 64, 256).modules() if isinstance(m, nn.Conv2d)
    ]
    assert sum(c.weight.numel() for c in convolutions) == 69_632
    assert 2 * nn.Conv2d(256, 256, 3, bias=False).weight.numel() == 1_179_648
    block = blocks.Bottleneck(8, 4, 16, 2)
    x = torch.randn(3, 8, 6, 6)
    assert shape_of(block, 8, 6, 6) == (16, 3, 3)
    torch.testing.assert_close(block(x), (block.branch(x) + block.shortcut(x)).relu())
    assert block.branch[1][0].stride == (2, 2)


# --- paths side by side


@pytest.mark.parametrize("options", [{}, {"norm": True}, {"large": 3}])
def test_an_inception_block_lays_four_paths_side_by_side(options):
    block = blocks.Inception(6, 1, (2, 3), (4, 5), 7, **options)
    x = torch.randn(3, 6, 8, 8)
    y = block(x)
    assert y.shape == (3, 16, 8, 8)
    pooled = block.pooled[1](F.max_pool2d(x, 3, 1, padding=1))
    paths = (block.ones(x), block.threes(x), block.fives(x), pooled)
    torch.testing.assert_close(y, torch.cat(paths, 1))
    assert block.fives[1][0].kernel_size == (options.get("large", 5),) * 2
    assert (block.ones[0].bias is None) == options.get("norm", False)


def test_a_dense_block_keeps_every_earlier_map():
    block = blocks.DenseBlock(5, layers=3, growth=2)
    x = torch.rand(4, 5, 6, 6)
    y = block(x)
    assert y.shape == (4, 11, 6, 6)
    torch.testing.assert_close(y[:, :5], x)
    seen = [layer.branch[0].num_features for layer in block]
    assert seen == [5, 7, 9]
    assert {layer.branch[2][0].out_channels for layer in block} == {8}
    assert y[:, 5:].min() < 0  # new maps are not rectified


def test_a_transition_changes_channels_and_halves_the_size():
    assert shape_of(blocks.Transition(6, 3), 6, 8, 8) == (3, 4, 4)
    block = blocks.Transition(6, 3)
    x = torch.randn(4, 6, 8, 8)
    normal = F.batch_norm(x, None, None, training=True).relu()
    expected = F.avg_pool2d(F.conv2d(normal, block[2].weight), 2)
    torch.testing.assert_close(block(x), expected)


# --- light blocks


def test_depthwise_separable_costs_one_ninth_plus_one_over_channels():
    block = blocks.DepthwiseSeparable(32, 64, 2)
    weights = sum(m.weight.numel() for m in block.modules() if isinstance(m, nn.Conv2d))
    full = nn.Conv2d(32, 64, 3, bias=False).weight.numel()
    np.testing.assert_allclose(weights / full, 1 / 64 + 1 / 9)
    assert shape_of(block, 32, 8, 8) == (64, 4, 4)
    assert len([m for m in block.modules() if isinstance(m, nn.ReLU)]) == 2


def test_an_inverted_residual_widens_filters_narrows_and_joins_equal_ends():
    block = blocks.InvertedResidual(4, 4, 1, 6)
    x = torch.randn(3, 4, 6, 6)
    torch.testing.assert_close(block(x), block.branch(x) + x)
    assert [layer[0].out_channels for layer in block.branch] == [24, 24, 4]
    assert block.branch[1][0].groups == 24
    assert isinstance(block.branch[0][-1], nn.ReLU6)
    assert isinstance(block.branch[1][-1], nn.ReLU6)
    narrow = blocks.InvertedResidual(4, 4, 1, 1)
    assert len(narrow.branch) == 2
    for other in (blocks.InvertedResidual(4, 6, 1, 2), blocks.InvertedResidual(4, 4, 2, 2)):
        torch.testing.assert_close(other(x), other.branch(x))
    assert shape_of(blocks.InvertedResidual(4, 4, 2, 2), 4, 6, 6) == (4, 3, 3)


def test_a_fire_squeezes_and_expands_by_two_filters():
    block = blocks.Fire(8, 2, 5)
    x = torch.randn(3, 8, 6, 6)
    y = block(x)
    squeezed = block.squeeze(x)
    torch.testing.assert_close(y, torch.cat([block.ones(squeezed), block.threes(squeezed)], 1))
    assert y.shape == (3, 10, 6, 6)
    assert count_parameters(block) == (8 * 2 + 2) + (2 * 5 + 5) + (2 * 5 * 9 + 5)


def test_a_shuffle_unit_lets_half_of_the_channels_pass():
    block = blocks.ShuffleUnit(8, 8)
    x = torch.randn(3, 8, 6, 6)
    y = block(x)
    assert y.shape == x.shape
    torch.testing.assert_close(y[:, ::2], x[:, :4])  # the still half, shuffled
    torch.testing.assert_close(y[:, 1::2], block.branch(x[:, 4:]))
    assert block.branch[1][0].groups == 4
    assert len(block.branch[1]) == 2  # no ReLU after the depthwise filter


def test_a_shuffle_unit_of_stride_2_sees_all_channels_twice():
    block = blocks.ShuffleUnit(6, 10, 2)
    x = torch.randn(3, 6, 8, 8)
    y = block(x)
    assert y.shape == (3, 10, 4, 4)
    torch.testing.assert_close(y[:, ::2], block.still(x))
    torch.testing.assert_close(y[:, 1::2], block.branch(x))
    assert len(block.still[0]) == 2
    with pytest.raises(ValueError, match="stride 1 keeps the channels, got 6 before, 10 after"):
        blocks.ShuffleUnit(6, 10, 1)


# --- 1998


def test_subsampling_weighs_means_of_four():
    block = blocks.Subsample(2)
    fresh = torch.randn(2, 2, 4, 4)
    torch.testing.assert_close(block(fresh), F.avg_pool2d(fresh, 2))
    with torch.no_grad():
        block.weight.copy_(torch.tensor([2.0, -1.0]))
        block.bias.copy_(torch.tensor([0.5, 3.0]))
    x = torch.randn(3, 2, 6, 6)
    means = F.avg_pool2d(x, 2)
    torch.testing.assert_close(block(x)[:, 0], 2 * means[:, 0] + 0.5)
    torch.testing.assert_close(block(x)[:, 1], 3 - means[:, 1])
    assert count_parameters(block) == 4


def test_sparse_filters_see_their_channels_and_no_others():
    seen = [(0, 1), (2,)]
    block = blocks.SparseConv(3, seen, 3)
    assert block.weight.shape == (3, 3, 3)
    x = torch.randn(2, 3, 6, 6)
    y = block(x)
    for k, channels in enumerate(seen):
        planes = [block.weight[i] for i, (filt, _) in enumerate(block.pairs) if filt == k]
        kernel = torch.stack(planes)[None]
        expected = F.conv2d(x[:, list(channels)], kernel) + block.bias[k]
        torch.testing.assert_close(y[:, k : k + 1], expected)
    y.sum().backward()
    assert block.weight.grad.abs().min() > 0
    bound = 1 / (3 * 1.5**0.5)
    assert 0.8 * bound < block.weight.max() <= bound
    assert 0.8 * bound < -block.weight.min() <= bound
    assert not block.bias.any()


def test_distances_to_fixed_codes_are_scores():
    block = blocks.RadialBasis(84, 10)
    assert set(block.codes.unique().tolist()) == {-1.0, 1.0}
    assert block.codes.shape == (10, 84)
    assert count_parameters(block) == 0
    scores = block(block.codes)
    torch.testing.assert_close(scores.diag(), torch.zeros(10))
    assert (scores.argmax(1) == torch.arange(10)).all()
    differing = (block.codes[3] != block.codes[7]).sum()
    torch.testing.assert_close(scores[3, 7], -4.0 * differing)
    torch.testing.assert_close(blocks.RadialBasis(84, 10).codes, block.codes)  # no chance
