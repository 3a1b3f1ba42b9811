"""The classic networks for pictures, at their published sizes.

    x           (N, C, H, W)  pictures, H = W = size
    width       multiplies the channels and units of every hidden layer; 1 is the published network
    size        height and width of the pictures, where a fully connected layer depends on it
    classes     K, the number of logits

`ARCHITECTURES` lists them with their published figures, and `outline` makes one that has shapes
only, in milliseconds: VGG-16 without its half gigabyte. The blocks are in `course_lib.nn.blocks`.
Apart from `SmallResNet` they start from torch's random weights, and are here to be counted, cut
down and trained on small pictures: none brings trained weights.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from course_lib.checks import check_number, check_whole
from course_lib.nn.blocks import (
    Bottleneck,
    ConvNorm,
    ConvReLU,
    DenseBlock,
    DepthwiseSeparable,
    Fire,
    Inception,
    InvertedResidual,
    RadialBasis,
    ResidualBlock,
    ShuffleUnit,
    SparseConv,
    Subsample,
    Transition,
)
from course_lib.nn.convolution import output_size

# --- 1998 and 2012: convolutions, pooling, fully connected layers -----------------------------


class _Network(nn.Sequential):
    """Named stages, one after the other."""

    def __init__(self, **stages: nn.Module):
        super().__init__(OrderedDict(stages))


class LeNet5(_Network):
    """LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998): handwritten digits, 32 × 32, grey.

    Parameters
    ----------
    variant : {"common", "original"}, default="common"
        "common" is what today's libraries call LeNet-5: ReLU, max pooling, every filter sees every
        channel, a linear output; 61,706 numbers learned. "original" is the paper's: means that are
        weighted, tanh, a second layer whose filters see 3, 4 or 6 of the 6 channels, and an output
        that measures distances to fixed codes; 60,000.
    size, channels, classes, width :
        See the module. The original has one width.

    Examples
    --------
    >>> LeNet5()(torch.zeros(1, 1, 32, 32)).shape
    torch.Size([1, 10])
    """

    def __init__(
        self,
        *,
        variant: str = "common",
        size: int = 32,
        channels: int = 1,
        classes: int = 10,
        width: float = 1.0,
    ):
        _choose("variant", variant, ("common", "original"))
        _check(size, channels, classes, width)
        if variant == "original":
            if width != 1:
                raise ValueError(f"width must be 1 for the original LeNet-5, got {width}.")
            features = [nn.Conv2d(channels, 6, 5), Subsample(6), nn.Tanh()]
            features += [SparseConv(6, _SEEN, 5), Subsample(16), nn.Tanh()]
            side = _side(features, size)
            head = [nn.Flatten(), nn.Linear(16 * side**2, 120), nn.Tanh()]
            head += [nn.Linear(120, 84), nn.Tanh(), RadialBasis(84, classes)]
        else:
            a, b, c, d = (_wide(n, width) for n in (6, 16, 120, 84))
            features = [ConvReLU(channels, a, 5), nn.MaxPool2d(2)]
            features += [ConvReLU(a, b, 5), nn.MaxPool2d(2)]
            head = _full(b * _side(features, size) ** 2, (c, d), classes)
        super().__init__(features=nn.Sequential(*features), head=nn.Sequential(*head))


_SEEN = (
    *((k, (k + 1) % 6, (k + 2) % 6) for k in range(6)),
    *((k, (k + 1) % 6, (k + 2) % 6, (k + 3) % 6) for k in range(6)),
    *((k, k + 1, (k + 3) % 6, (k + 4) % 6) for k in range(3)),
    tuple(range(6)),
)  # table I of the paper: which of S2's maps each filter of C3 sees


class AlexNet(_Network):
    """AlexNet (Krizhevsky, Sutskever and Hinton, 2012), winner of ILSVRC 2012.

    Five convolutions and three fully connected layers, ReLU, dropout, pooling 3 × 3 with stride 2,
    so that neighbouring windows overlap.

    Parameters
    ----------
    towers : {1, 2}, default=1
        2 is the network of 2012: it was split over two graphics cards of 3 GB, whose filters saw
        each other's channels in the third convolution only; local response normalisation follows
        the first two; 60,965,224 numbers. 1 is Krizhevsky's network of 2014, without the split and
        the normalisation, which torchvision has: 61,100,840.
    size, channels, classes, width :
        See the module. For two towers the arithmetic needs 227 × 227 pixels (the paper says 224).
    """

    def __init__(
        self,
        *,
        towers: int = 1,
        size: int | None = None,
        channels: int = 3,
        classes: int = 1000,
        width: float = 1.0,
    ):
        _choose("towers", towers, (1, 2))
        size = {1: 224, 2: 227}[towers] if size is None else size
        _check(size, channels, classes, width)
        counts = (64, 192, 384, 256, 256) if towers == 1 else (96, 256, 384, 384, 256)
        a, b, c, d, e = (_wide(n, width, multiple=towers) for n in counts)
        features = [ConvReLU(channels, a, 11, 4, padding=2 if towers == 1 else 0)]
        features += [*_response(towers == 2), nn.MaxPool2d(3, 2)]
        features += [ConvReLU(a, b, 5, padding=2, groups=towers)]
        features += [*_response(towers == 2), nn.MaxPool2d(3, 2), ConvReLU(b, c, padding=1)]
        features += [ConvReLU(c, d, padding=1, groups=towers)]
        features += [ConvReLU(d, e, padding=1, groups=towers), nn.MaxPool2d(3, 2)]
        units = (_wide(4096, width),) * 2
        head = _full(e * _side(features, size) ** 2, units, classes, dropout=0.5)
        super().__init__(features=nn.Sequential(*features), head=nn.Sequential(*head))


class VGG(_Network):
    """VGG (Simonyan and Zisserman, 2014): 3 × 3 convolutions only, in five blocks.

    Pooling halves the maps after each block, while the channels double from 64 to 512.

    Parameters
    ----------
    depth : {11, 13, 16, 19}, default=16
        Layers with weights, of which three are fully connected.
    size, channels, classes, width :
        See the module.
    """

    def __init__(
        self,
        depth: int = 16,
        *,
        size: int = 224,
        channels: int = 3,
        classes: int = 1000,
        width: float = 1.0,
    ):
        _choose("depth", depth, tuple(_VGG))
        _check(size, channels, classes, width)
        before, blocks = channels, {}
        for number, (layers, count) in enumerate(zip(_VGG[depth], _VGG_WIDTHS, strict=True), 1):
            after, block = _wide(count, width), []
            for _ in range(layers):
                block.append(ConvReLU(before, after, padding=1))
                before = after
            blocks[f"block{number}"] = nn.Sequential(*block, nn.MaxPool2d(2))
        side = _side(blocks.values(), size)
        units = (_wide(4096, width),) * 2
        head = _full(before * side**2, units, classes, dropout=0.5)
        super().__init__(**blocks, head=nn.Sequential(*head))


_VGG = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_VGG_WIDTHS = (64, 128, 256, 512, 512)


# --- 2013 and 2014: 1 × 1 convolutions, paths side by side ------------------------------------


class NiN(_Network):
    """Network in network (Lin, Chen and Yan, 2013): 1 × 1 convolutions, and no full layer.

    Behind each large filter two 1 × 1 convolutions work at every place like a small network. The
    last has a map a class, whose mean is the logit (global average pooling).
    """

    def __init__(self, *, channels: int = 3, classes: int = 1000, width: float = 1.0):
        _check(1, channels, classes, width)
        a, b, c, d = (_wide(n, width) for n in (96, 256, 384, 1024))
        super().__init__(
            block1=nn.Sequential(*_nin(channels, a, 11, 4), nn.MaxPool2d(3, 2)),
            block2=nn.Sequential(*_nin(a, b, 5, padding=2), nn.MaxPool2d(3, 2)),
            block3=nn.Sequential(*_nin(b, c, padding=1), nn.MaxPool2d(3, 2), nn.Dropout(0.5)),
            block4=nn.Sequential(*_nin(c, d, padding=1, last=classes)),
            head=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        )


def _nin(
    before: int,
    after: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    padding: int = 0,
    last: int | None = None,
) -> list[nn.Module]:
    large = ConvReLU(before, after, kernel, stride, padding=padding)
    return [large, ConvReLU(after, after, 1), ConvReLU(after, last or after, 1)]


class GoogLeNet(nn.Module):
    """GoogLeNet (Szegedy et al., 2014), winner of ILSVRC 2014: nine Inception blocks.

    Parameters
    ----------
    variant : {"paper", "torchvision"}, default="paper"
        The paper's, with 5 × 5 filters and biases, or torchvision's, with 3 × 3 filters in their
        place, batch normalisation, and 2 × 2 in the last pooling.
    auxiliary : bool, default=False
        Two more classifiers on inner maps, whose losses help in training: the output is then
        (logits, logits at stage 4a, logits at 4d), and the size must be 224.
    channels, classes, width :
        See the module.
    """

    def __init__(
        self,
        *,
        variant: str = "paper",
        auxiliary: bool = False,
        channels: int = 3,
        classes: int = 1000,
        width: float = 1.0,
    ):
        super().__init__()
        _choose("variant", variant, ("paper", "torchvision"))
        _check(1, channels, classes, width)
        norm = variant == "torchvision"
        layer = ConvNorm if norm else ConvReLU
        a, b = _wide(64, width), _wide(192, width)
        self.stem = nn.Sequential(
            layer(channels, a, 7, 2, padding=3),
            *(_halve(), *_response(not norm)),
            *(layer(a, a, 1), layer(a, b, 3, padding=1), *_response(not norm), _halve()),
        )
        before, stages = b, {}
        for name, numbers in _INCEPTION.items():
            block, before = _inception(before, numbers, width, norm)
            stages.setdefault(f"inception{name[0]}", OrderedDict())[name[1]] = block
            if auxiliary and name in ("4a", "4d"):
                setattr(self, f"auxiliary{name}", _auxiliary(before, classes, width, norm))
        for stage, blocks in stages.items():
            setattr(self, stage, nn.Sequential(blocks))
        self.pool3, self.pool4 = _halve(), _halve(2 if norm else 3)
        pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4))
        self.head = nn.Sequential(*pool, nn.Linear(before, classes))
        self.auxiliary = auxiliary

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the logits, and those of the auxiliary classifiers where there are any."""
        x = self.pool3(self.inception3(self.stem(x)))
        others = []
        for name, block in self.inception4.named_children():
            x = block(x)
            if self.auxiliary and name in ("a", "d"):
                others.append(getattr(self, f"auxiliary4{name}")(x))
        logits = self.head(self.inception5(self.pool4(x)))
        return (logits, *others) if others else logits


_INCEPTION = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}  # table 1 of the paper: 1 × 1; 3 × 3 (narrowed, out); 5 × 5 (narrowed, out); after pooling


def _inception(
    before: int, numbers: Sequence[Any], width: float, norm: bool
) -> tuple[Inception, int]:
    """Return a block and its channels."""
    ones, pooled = _wide(numbers[0], width), _wide(numbers[3], width)
    threes, fives = (tuple(_wide(n, width) for n in pair) for pair in numbers[1:3])
    block = Inception(before, ones, threes, fives, pooled, large=3 if norm else 5, norm=norm)
    return block, ones + threes[1] + fives[1] + pooled


def _auxiliary(before: int, classes: int, width: float, norm: bool) -> nn.Sequential:
    maps, units = _wide(128, width), _wide(1024, width)
    narrow = (ConvNorm if norm else ConvReLU)(before, maps, 1)
    head = _full(maps * 4**2, (units,), classes)
    return nn.Sequential(nn.AvgPool2d(5, 3), narrow, *head[:-1], nn.Dropout(0.7), head[-1])


def _halve(kernel: int = 3) -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel, 2, ceil_mode=True)


# --- 2015 to 2017: shortcuts -----------------------------------------------------------------


class ResNet(_Network):
    """ResNet (He, Zhang, Ren and Sun, 2015), winner of ILSVRC 2015 with 152 layers and others.

    Where a stage halves the maps it doubles the channels. From 50 layers on the blocks are
    bottlenecks; the stride stands at their 3 × 3 convolution, as in torchvision (the paper has it
    at the first 1 × 1: the same weights, fewer multiplications).

    Parameters
    ----------
    depth : {18, 34, 50, 101, 152}, default=50
    channels, classes, width :
        See the module.
    """

    def __init__(
        self, depth: int = 50, *, channels: int = 3, classes: int = 1000, width: float = 1.0
    ):
        _choose("depth", depth, tuple(_RESNET))
        _check(1, channels, classes, width)
        before, stages = _wide(64, width), {}
        stem = [ConvNorm(channels, before, 7, 2), nn.MaxPool2d(3, 2, padding=1)]
        for number, blocks in enumerate(_RESNET[depth], 1):
            inner, stage = _wide(32 * 2**number, width), []
            for block in range(blocks):
                stride = 2 if number > 1 and block == 0 else 1
                if depth < 50:
                    stage.append(ResidualBlock(before, inner, stride))
                    before = inner
                else:
                    stage.append(Bottleneck(before, inner, 4 * inner, stride))
                    before = 4 * inner
            stages[f"stage{number}"] = nn.Sequential(*stage)
        super().__init__(stem=nn.Sequential(*stem), **stages, head=_mean_head(before, classes))


_RESNET = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}


class SmallResNet(_Network):
    """The residual networks of He et al. for small pictures, and plain ones of the same layers.

    A convolution, three stages of n blocks of two convolutions, global average pooling and a fully
    connected layer: depth 6n + 2. The shortcuts carry no weights, so both networks have the same
    number, and from the same seed the same first ones (normal, with variance 2/(9·after)).

    Parameters
    ----------
    depth : int, default=20
        6n + 2: 8, 14, 20, 32, 44, 56, 110 …
    residual : bool, default=True
        False leaves the shortcuts out.
    widths : sequence of int, default=(16, 32, 64)
        Channels of the stages; from the second on each halves the maps.
    channels, classes : int, default=3 and 10

    Examples
    --------
    >>> SmallResNet(8, widths=(8, 16, 32), channels=1)(torch.zeros(2, 1, 16, 16)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        depth: int = 20,
        *,
        residual: bool = True,
        widths: Sequence[int] = (16, 32, 64),
        channels: int = 3,
        classes: int = 10,
    ):
        if check_whole("depth", depth, 8) % 6 != 2:
            raise ValueError(f"depth must be 6n + 2, such as 8, 20, 32 or 56; got {depth}.")
        if not widths:
            raise ValueError("widths must name at least one stage's channels, got none.")
        for after in widths:
            check_whole("widths", after)
        _check(1, channels, classes, 1)
        before, stages = widths[0], {}
        for number, after in enumerate(widths, 1):
            stage = []
            for block in range((depth - 2) // 6):
                stride = 2 if number > 1 and block == 0 else 1
                options = {"residual": residual, "shortcut": "zeros"}
                stage.append(ResidualBlock(before, after, stride, **options))
                before = after
            stages[f"stage{number}"] = nn.Sequential(*stage)
        stem = ConvNorm(channels, widths[0])
        super().__init__(stem=stem, **stages, head=_mean_head(before, classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


class DenseNet(_Network):
    """DenseNet (Huang, Liu, van der Maaten and Weinberger, 2016): each layer sees all before it.

    Parameters
    ----------
    depth : {121, 169, 201}, default=121
    channels, classes, width :
        See the module; a layer adds 32·width channels.
    """

    def __init__(
        self, depth: int = 121, *, channels: int = 3, classes: int = 1000, width: float = 1.0
    ):
        _choose("depth", depth, tuple(_DENSENET))
        _check(1, channels, classes, width)
        before, growth = _wide(64, width), _wide(32, width)
        stages: dict[str, nn.Module] = {
            "stem": nn.Sequential(ConvNorm(channels, before, 7, 2), nn.MaxPool2d(3, 2, padding=1))
        }
        for number, layers in enumerate(_DENSENET[depth], 1):
            stages[f"block{number}"] = DenseBlock(before, layers, growth)
            before += layers * growth
            if number < len(_DENSENET[depth]):
                stages[f"transition{number}"] = Transition(before, before // 2)
                before //= 2
        last = [nn.BatchNorm2d(before), nn.ReLU(inplace=True)]
        super().__init__(**stages, head=nn.Sequential(*last, *_mean_head(before, classes)))


_DENSENET = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}


# --- 2016 to 2018: light networks ------------------------------------------------------------


class SqueezeNet(_Network):
    """SqueezeNet (Iandola et al., 2016): AlexNet's accuracy with a fiftieth of its weights.

    Parameters
    ----------
    version : {"1.0", "1.1"}, default="1.0"
        1.1, by the same authors, needs less than half the multiplications.
    channels, classes, width :
        See the module.
    """

    def __init__(
        self,
        version: str = "1.0",
        *,
        channels: int = 3,
        classes: int = 1000,
        width: float = 1.0,
    ):
        _choose("version", version, tuple(_SQUEEZENET))
        _check(1, channels, classes, width)
        (count, kernel), stages = _SQUEEZENET[version]
        before = _wide(count, width)
        found = {"stem": nn.Sequential(ConvReLU(channels, before, kernel, 2), _halve())}
        for number, numbers in enumerate(stages, 1):
            stage: list[nn.Module] = []
            for squeezed, expanded in numbers:
                fire = Fire(before, _wide(squeezed, width), _wide(expanded, width))
                stage.append(fire)
                before = 2 * _wide(expanded, width)
            pool = [_halve()] if number < len(stages) else []
            found[f"stage{number}"] = nn.Sequential(*stage, *pool)
        maps = [nn.Dropout(0.5), ConvReLU(before, classes, 1)]
        head = nn.Sequential(*maps, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        super().__init__(**found, head=head)


_SQUEEZENET = {  # channels and kernel of the stem; (squeezed, expanded) of each fire, by stage
    "1.0": (
        (96, 7),
        (
            ((16, 64), (16, 64), (32, 128)),
            ((32, 128), (48, 192), (48, 192), (64, 256)),
            ((64, 256),),
        ),
    ),
    "1.1": (
        (64, 3),
        (
            ((16, 64), (16, 64)),
            ((32, 128), (32, 128)),
            ((48, 192), (48, 192), (64, 256), (64, 256)),
        ),
    ),
}


class MobileNet(_Network):
    """MobileNet (Howard et al., 2017; version 2, Sandler et al., 2018).

    Parameters
    ----------
    version : {1, 2}, default=1
        1: depthwise separable layers; 2: inverted residuals.
    channels, classes, width :
        See the module.
    """

    def __init__(
        self, version: int = 1, *, channels: int = 3, classes: int = 1000, width: float = 1.0
    ):
        _choose("version", version, (1, 2))
        _check(1, channels, classes, width)
        before, stages = _wide(32, width), {}
        relu = True if version == 1 else nn.ReLU6(inplace=True)
        stem = ConvNorm(channels, before, 3, 2, relu=relu)
        for number, (expand, count, blocks, stride) in enumerate(_MOBILENET[version], 1):
            after, stage = _wide(count, width), []
            for block in range(blocks):
                first = stride if block == 0 else 1
                if version == 1:
                    stage.append(DepthwiseSeparable(before, after, first))
                else:
                    stage.append(InvertedResidual(before, after, first, expand))
                before = after
            stages[f"stage{number}"] = nn.Sequential(*stage)
        head = _mean_head(before, classes)
        if version == 2:
            last = _wide(1280, width) if width > 1 else 1280  # the paper keeps it in narrow ones
            wide = ConvNorm(before, last, 1, relu=nn.ReLU6(inplace=True))
            mean, flat, full = _mean_head(last, classes)
            head = nn.Sequential(wide, mean, flat, nn.Dropout(0.2), full)
        super().__init__(stem=stem, **stages, head=head)


_MOBILENET = {  # by stage: factor of widening, channels, blocks, stride of the first
    1: (
        (1, 64, 1, 1),
        (1, 128, 2, 2),
        (1, 256, 2, 2),
        (1, 512, 6, 2),
        (1, 1024, 2, 2),
    ),
    2: (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ),
}


class ShuffleNet(_Network):
    """ShuffleNet v2 (Ma, Zhang, Zheng and Sun, 2018): half the channels pass, then all mix.

    Version 1 (Zhang, Zhou, Lin and Sun, 2017), whose 1 × 1 convolutions work in groups, is another
    network; of it only the shuffle is here, as `course_lib.nn.blocks.Shuffle`.
    """

    def __init__(self, *, channels: int = 3, classes: int = 1000, width: float = 1.0):
        _check(1, channels, classes, width)
        before = _wide(24, width)
        stem = [ConvNorm(channels, before, 3, 2), nn.MaxPool2d(3, 2, padding=1)]
        stages = {}
        for number, (count, units) in enumerate(((116, 4), (232, 8), (464, 4)), 1):
            after = _wide(count, width, multiple=2)
            first = ShuffleUnit(before, after, 2)
            others = (ShuffleUnit(after, after) for _ in range(units - 1))
            stages[f"stage{number}"] = nn.Sequential(first, *others)
            before = after
        last = _wide(1024, width)
        head = nn.Sequential(ConvNorm(before, last, 1), *_mean_head(last, classes))
        super().__init__(stem=nn.Sequential(*stem), **stages, head=head)


# --- the published figures -------------------------------------------------------------------


@dataclass(frozen=True)
class Architecture:
    """A network with its published figures.

    Attributes
    ----------
    name : str
    year : int
        Of the paper's first publication.
    kind : type
        The class that builds it, with `options`.
    size, channels, classes : int
        Of the published network.
    parameters : int
        The published count; where `counted_by` says "hand", the sum over the paper's layers,
        since only a rounded number or a file's size was published.
    billions : float or None
        Published multiply-adds of one picture, in units of 10⁹; None where there is no figure.
    top1, top5 : float or None
        Accuracy in per cent on the 50,000 validation pictures of ImageNet, one central piece of
        224 × 224 each: of torchvision's first weights, but for MobileNet's, from its paper. The
        recipes of training differ (GoogLeNet's weights came from TensorFlow). The errors that won
        competitions are of averages over pieces and networks, and lower.
    counted_by : str
        Where the count comes from.
    """

    name: str
    year: int
    kind: type[nn.Module]
    parameters: int
    billions: float | None = None
    top1: float | None = None
    top5: float | None = None
    size: int = 224
    channels: int = 3
    classes: int = 1000
    options: dict[str, Any] = field(default_factory=dict)
    counted_by: str = "torchvision"

    @property
    def sized(self) -> bool:
        """Whether a fully connected layer depends on the size of the pictures."""
        return self.kind in (LeNet5, AlexNet, VGG)

    def build(
        self, *, width: float = 1.0, size: int | None = None, classes: int | None = None
    ) -> nn.Module:
        """Return the network with random weights."""
        size = self.size if size is None else size
        options = {**self.options, "classes": self.classes if classes is None else classes}
        if self.sized:
            options["size"] = size
        return self.kind(channels=self.channels, width=width, **options)


_KERAS = "Keras' documentation; operations and accuracy of the paper"

ARCHITECTURES = {
    one.name: one
    for one in (
        Architecture(
            "LeNet-5", 1998, LeNet5, 61_706, size=32, channels=1, classes=10, counted_by="hand"
        ),
        Architecture(
            *("LeNet-5 (1998)", 1998, LeNet5, 60_000),
            **{"size": 32, "channels": 1, "classes": 10, "options": {"variant": "original"}},
            counted_by="the paper",
        ),
        Architecture(
            *("AlexNet (two towers)", 2012, AlexNet, 60_965_224),
            **{"size": 227, "options": {"towers": 2}, "counted_by": "the paper (60 million); hand"},
        ),
        Architecture("AlexNet", 2014, AlexNet, 61_100_840, 0.71, 56.522, 79.066),
        Architecture("NiN", 2013, NiN, 7_595_176, counted_by="the Caffe model's 29 MB; hand"),
        *(
            Architecture(f"VGG-{depth}", 2014, VGG, *figures, options={"depth": depth})
            for depth, figures in {
                11: (132_863_336, 7.61, 69.020, 88.628),
                13: (133_047_848, 11.31, 69.928, 89.246),
                16: (138_357_544, 15.47, 71.592, 90.382),
                19: (143_667_240, 19.63, 72.376, 90.876),
            }.items()
        ),
        Architecture(
            *("GoogLeNet", 2014, GoogLeNet, 6_624_904, 1.50, 69.778, 89.530),
            options={"variant": "torchvision"},
        ),
        *(
            Architecture(f"ResNet-{depth}", 2015, ResNet, *figures, options={"depth": depth})
            for depth, figures in {
                18: (11_689_512, 1.81, 69.758, 89.078),
                34: (21_797_672, 3.66, 73.314, 91.420),
                50: (25_557_032, 4.09, 76.130, 92.862),
                101: (44_549_160, 7.80, 77.374, 93.546),
                152: (60_192_808, 11.51, 78.312, 94.046),
            }.items()
        ),
        Architecture("DenseNet-121", 2016, DenseNet, 7_978_856, 2.83, 74.434, 91.972),
        *(
            Architecture(
                f"SqueezeNet {version}", 2016, SqueezeNet, *figures, options={"version": version}
            )
            for version, figures in {
                "1.0": (1_248_424, 0.82, 58.092, 80.420),
                "1.1": (1_235_496, 0.35, 58.178, 80.624),
            }.items()
        ),
        Architecture("MobileNet", 2017, MobileNet, 4_231_976, 0.569, 70.6, counted_by=_KERAS),
        Architecture(
            *("MobileNet v2", 2018, MobileNet, 3_504_872, 0.30, 71.878, 90.286),
            options={"version": 2},
        ),
        Architecture("ShuffleNet v2", 2018, ShuffleNet, 2_278_604, 0.14, 69.362, 88.316),
    )
}


def outline(
    name: str, *, width: float = 1.0, size: int | None = None, classes: int | None = None
) -> nn.Module:
    """Return a network that has shapes but no numbers: torch's meta device allocates nothing.

    Parameters
    ----------
    name : str
        A key of `ARCHITECTURES`.
    width, size, classes :
        The published ones, if not given.

    Examples
    --------
    >>> from course_lib.nn.cnn import count_parameters
    >>> count_parameters(outline("VGG-16"))
    138357544
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"name must be one of {', '.join(ARCHITECTURES)}; got {name!r}.")
    with torch.device("meta"):
        return ARCHITECTURES[name].build(width=width, size=size, classes=classes)


# --- parts of the networks -------------------------------------------------------------------


def _full(
    features: int, units: Sequence[int], classes: int, *, dropout: float | None = None
) -> list[nn.Module]:
    """Return the layers from flattened maps through hidden units to the logits."""
    layers: list[nn.Module] = [nn.Flatten()]
    for count in units:
        layers += [nn.Dropout(dropout)] if dropout else []
        layers += [nn.Linear(features, count), nn.ReLU(inplace=True)]
        features = count
    return [*layers, nn.Linear(features, classes)]


def _response(wanted: bool) -> list[nn.Module]:
    """Return local response normalisation with the constants of 2012, in a list, or none.

    torch divides α by the number of channels that it sums over.
    """
    return [nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)] if wanted else []


def _mean_head(features: int, classes: int) -> nn.Sequential:
    full = nn.Linear(features, classes)
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), full)


def _side(layers: Any, size: int) -> int:
    """Return the height of the maps that layers make of pictures of a size."""
    for layer in nn.Sequential(*layers).modules():
        if hasattr(layer, "kernel_size"):
            numbers = (layer.kernel_size, layer.stride, layer.padding)
            size = output_size(size, *(n if isinstance(n, int) else n[0] for n in numbers))
    return size


def _wide(count: int, width: float, multiple: int = 1) -> int:
    """Return a number of channels times the width, at least 1, as a multiple."""
    return multiple * max(1, round(count * width / multiple))


def _check(size: int, channels: int, classes: int, width: float) -> None:
    for name, number in {"size": size, "channels": channels, "classes": classes}.items():
        check_whole(name, number)
    check_number("width", width, above=0)


def _choose(name: str, value: Any, known: Sequence[Any]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}; got {value!r}.")
