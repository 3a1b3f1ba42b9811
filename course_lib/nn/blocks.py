"""The parts that the classic networks share.

    x           (N, C, H, W)  a batch of pictures or of channel maps
    before      channels of a block's input; after, of its output
    stride      2 halves height and width, 1 keeps them

Wherever maps meet (added, laid side by side, shuffled) a small module of its own does it: so each
step of a network has a name, and `course_lib.nn.layer_table` sees all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from course_lib.checks import check_whole

SHORTCUTS = ("projection", "zeros")


# --- where maps meet -------------------------------------------------------------------------


class Add(nn.Module):
    """x + y: the shortcut's end.

    >>> Add()(torch.ones(1), torch.ones(1)).item()
    2.0
    """

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the sum of two maps of one shape."""
        return x + y


class Concat(nn.Module):
    """Lay maps of one height and width side by side: their channels add up.

    >>> Concat()(torch.zeros(1, 2, 4, 4), torch.zeros(1, 3, 4, 4)).shape
    torch.Size([1, 5, 4, 4])
    """

    def forward(self, *maps: torch.Tensor) -> torch.Tensor:
        """Return (N, ΣC, H, W)."""
        return torch.cat(maps, dim=1)


class Split(nn.Module):
    """Part the channels into two halves.

    >>> [len(half) for half in Split()(torch.zeros(1, 6, 4, 4))[0]]
    [3]
    """

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return two maps (N, C/2, H, W)."""
        return x.chunk(2, dim=1)


class Shuffle(nn.Module):
    """Exchange channels between groups: of G groups, each gets an equal part of every group.

    >>> Shuffle(2)(torch.arange(6.0).reshape(1, 6, 1, 1)).flatten().tolist()
    [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    """

    def __init__(self, groups: int):
        super().__init__()
        self.groups = check_whole("groups", groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the channels in another order, (N, C, H, W)."""
        parted = x.unflatten(1, (self.groups, -1))  # (N, G, C/G, H, W)
        return parted.transpose(1, 2).flatten(1, 2)


class PadChannels(nn.Module):
    """A shortcut without weights: every second pixel, and channels of zeros behind the old ones.

    >>> PadChannels(1, stride=2)(torch.ones(1, 2, 4, 4)).shape
    torch.Size([1, 3, 2, 2])
    """

    def __init__(self, more: int, stride: int = 1):
        super().__init__()
        self.more, self.stride = check_whole("more", more, 0), check_whole("stride", stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C + more, ⌈H/stride⌉, ⌈W/stride⌉)."""
        return F.pad(x[..., :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


# --- convolution and what follows it ---------------------------------------------------------


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and, unless told otherwise, ReLU.

    The convolution has no bias, since the normalisation subtracts any constant and adds its own.

    Parameters
    ----------
    before, after, kernel, stride, groups : int
    padding : int, optional
        Half the kernel if None, so that an odd kernel of stride 1 keeps the size.
    relu : bool or Module, default=True
        True for ReLU, False for none, or another activation.
    """

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int = 3,
        stride: int = 1,
        *,
        padding: int | None = None,
        groups: int = 1,
        relu: bool | nn.Module = True,
    ):
        padding = kernel // 2 if padding is None else padding
        convolution = nn.Conv2d(
            before, after, kernel, stride, padding=padding, groups=groups, bias=False
        )
        super().__init__(convolution, nn.BatchNorm2d(after), *_activation(relu))


def _activation(relu: bool | nn.Module) -> Sequence[nn.Module]:
    if isinstance(relu, nn.Module):
        return [relu]
    return [nn.ReLU(inplace=True)] if relu else []


class ConvReLU(nn.Sequential):
    """Convolution with bias, and ReLU: the layer of the years before batch normalisation."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int = 3,
        stride: int = 1,
        *,
        padding: int = 0,
        groups: int = 1,
    ):
        convolution = nn.Conv2d(before, after, kernel, stride, padding=padding, groups=groups)
        super().__init__(convolution, nn.ReLU(inplace=True))


# --- residual blocks -------------------------------------------------------------------------


class _Residual(nn.Module):
    """ReLU(shortcut(x) + F(x)), where the shortcut is x itself if the shapes agree."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module | None):
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.add = Add() if shortcut is not None else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, after, H/stride, W/stride)."""
        y = self.branch(x)
        if self.shortcut is not None:
            y = self.add(y, self.shortcut(x))
        return self.relu(y)


class ResidualBlock(_Residual):
    """Two 3 × 3 convolutions and a shortcut around them.

    Parameters
    ----------
    before, after, stride : int
    residual : bool, default=True
        False takes the shortcut away: the plain network of the same layers.
    shortcut : {"projection", "zeros"}, default="projection"
        What stands in for x where channels or size change: a 1 × 1 convolution with normalisation,
        or zero channels, which cost nothing.
    """

    def __init__(
        self,
        before: int,
        after: int,
        stride: int = 1,
        *,
        residual: bool = True,
        shortcut: str = "projection",
    ):
        if shortcut not in SHORTCUTS:
            raise ValueError(f"shortcut must be one of {SHORTCUTS}, got {shortcut!r}.")
        branch = nn.Sequential(
            ConvNorm(before, after, stride=stride), ConvNorm(after, after, relu=False)
        )
        past = _shortcut(before, after, stride, shortcut) if residual else None
        super().__init__(branch, past)


class Bottleneck(_Residual):
    """1 × 1 down to `middle` channels, 3 × 3 among them, 1 × 1 up again, and a shortcut."""

    def __init__(self, before: int, middle: int, after: int, stride: int = 1):
        branch = nn.Sequential(
            ConvNorm(before, middle, 1),
            ConvNorm(middle, middle, 3, stride),
            ConvNorm(middle, after, 1, relu=False),
        )
        super().__init__(branch, _shortcut(before, after, stride, "projection"))


def _shortcut(before: int, after: int, stride: int, kind: str) -> nn.Module:
    if before == after and stride == 1:
        return nn.Identity()
    if kind == "zeros":
        return PadChannels(after - before, stride)
    return ConvNorm(before, after, 1, stride, relu=False)


# --- several paths side by side --------------------------------------------------------------


class Inception(nn.Module):
    """GoogLeNet's block: 1 × 1, 3 × 3, 5 × 5 and pooling on the same maps, laid side by side.

    A 1 × 1 convolution narrows the maps before each costly filter.

    Parameters
    ----------
    before : int
    ones : int
        Channels of the 1 × 1 path.
    threes, fives : (int, int)
        Channels after narrowing, and of the path.
    pooled : int
        Channels of the 1 × 1 convolution after pooling 3 × 3.
    large : int, default=5
        Size of the large filter: 5, or torchvision's 3.
    norm : bool, default=False
        Batch normalisation after each convolution, which the paper of 2014 did not have.
    """

    def __init__(
        self,
        before: int,
        ones: int,
        threes: tuple[int, int],
        fives: tuple[int, int],
        pooled: int,
        *,
        large: int = 5,
        norm: bool = False,
    ):
        super().__init__()
        layer = ConvNorm if norm else ConvReLU
        self.ones = layer(before, ones, 1)
        self.threes = nn.Sequential(
            layer(before, threes[0], 1), layer(threes[0], threes[1], 3, padding=1)
        )
        self.fives = nn.Sequential(
            layer(before, fives[0], 1), layer(fives[0], fives[1], large, padding=large // 2)
        )
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), layer(before, pooled, 1))
        self.concat = Concat()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, ones + threes[1] + fives[1] + pooled, H, W)."""
        return self.concat(self.ones(x), self.threes(x), self.fives(x), self.pooled(x))


class DenseLayer(nn.Module):
    """DenseNet's layer: narrow to 4·growth channels, add `growth` new ones, keep all old ones."""

    def __init__(self, before: int, growth: int):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(before),
            nn.ReLU(inplace=True),
            ConvNorm(before, 4 * growth, 1),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )
        self.concat = Concat()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, before + growth, H, W)."""
        return self.concat(x, self.branch(x))


class DenseBlock(nn.Sequential):
    """Layers of which each sees the maps of all before it: (N, before + layers·growth, H, W)."""

    def __init__(self, before: int, layers: int, growth: int):
        super().__init__(*(DenseLayer(before + growth * layer, growth) for layer in range(layers)))


class Transition(nn.Sequential):
    """Between dense blocks: fewer channels by a 1 × 1 convolution, half the size by averages."""

    def __init__(self, before: int, after: int):
        super().__init__(
            nn.BatchNorm2d(before),
            nn.ReLU(inplace=True),
            nn.Conv2d(before, after, 1, bias=False),
            nn.AvgPool2d(2),
        )


# --- light blocks ----------------------------------------------------------------------------


class DepthwiseSeparable(nn.Sequential):
    """MobileNet's layer: each channel is filtered alone (3 × 3), then 1 × 1 mixes the channels."""

    def __init__(self, before: int, after: int, stride: int = 1):
        super().__init__(
            ConvNorm(before, before, 3, stride, groups=before), ConvNorm(before, after, 1)
        )


class InvertedResidual(nn.Module):
    """MobileNet v2's block: 1 × 1 up to expand·before channels, depthwise 3 × 3, 1 × 1 down.

    The shortcut joins the narrow ends, where their shapes agree; nothing follows the last
    normalisation.
    """

    def __init__(self, before: int, after: int, stride: int, expand: int):
        super().__init__()
        middle = before * expand
        widen = [ConvNorm(before, middle, 1, relu=nn.ReLU6(inplace=True))] if expand > 1 else []
        self.branch = nn.Sequential(
            *widen,
            ConvNorm(middle, middle, 3, stride, groups=middle, relu=nn.ReLU6(inplace=True)),
            ConvNorm(middle, after, 1, relu=False),
        )
        self.add = Add() if before == after and stride == 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, after, H/stride, W/stride)."""
        y = self.branch(x)
        return y if self.add is None else self.add(y, x)


class Fire(nn.Module):
    """SqueezeNet's block: 1 × 1 down to `squeezed`, then 1 × 1 and 3 × 3 side by side."""

    def __init__(self, before: int, squeezed: int, expanded: int):
        super().__init__()
        self.squeeze = ConvReLU(before, squeezed, 1)
        self.ones = ConvReLU(squeezed, expanded, 1)
        self.threes = ConvReLU(squeezed, expanded, 3, padding=1)
        self.concat = Concat()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, 2·expanded, H, W)."""
        x = self.squeeze(x)
        return self.concat(self.ones(x), self.threes(x))


class ShuffleUnit(nn.Module):
    """ShuffleNet v2's unit: two halves, of which one or both are filtered, then shuffled.

    With stride 1 the channels are split and one half passes as it is; with stride 2 both paths see
    all channels, and halve the size.
    """

    def __init__(self, before: int, after: int, stride: int = 1):
        super().__init__()
        half = after // 2
        if stride == 1 and before != after:
            raise ValueError(f"stride 1 keeps the channels, got {before} before, {after} after.")
        self.split = Split() if stride == 1 else None
        inside = half if stride == 1 else before
        self.still = nn.Identity()
        if stride == 2:
            self.still = nn.Sequential(
                ConvNorm(before, before, 3, 2, groups=before, relu=False), ConvNorm(before, half, 1)
            )
        self.branch = nn.Sequential(
            ConvNorm(inside, half, 1),
            ConvNorm(half, half, 3, stride, groups=half, relu=False),
            ConvNorm(half, half, 1),
        )
        self.concat, self.shuffle = Concat(), Shuffle(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, after, H/stride, W/stride)."""
        left, right = (x, x) if self.split is None else self.split(x)
        return self.shuffle(self.concat(self.still(left), self.branch(right)))


# --- what LeNet-5 had in 1998 ----------------------------------------------------------------


class Subsample(nn.Module):
    """A mean over 2 × 2 places, times a weight, plus a bias: two numbers to learn a channel."""

    def __init__(self, channels: int):
        super().__init__()
        self.kernel_size, self.stride, self.padding = 2, 2, 0
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H/2, W/2)."""
        weight, bias = (p[:, None, None] for p in (self.weight, self.bias))
        return weight * F.avg_pool2d(x, 2) + bias


class SparseConv(nn.Module):
    """A convolution whose filters see some channels only.

    Parameters
    ----------
    before : int
    seen : sequence of sequence of int
        The channels that each filter sees.
    kernel : int

    Attributes
    ----------
    weight : Parameter of shape (pairs, kernel, kernel)
        One plane a pair of filter and channel.
    """

    def __init__(self, before: int, seen: Sequence[Sequence[int]], kernel: int):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel, 1, 0
        self.before, self.after = before, len(seen)
        filters = [k for k, channels in enumerate(seen) for _ in channels]
        channels = [c for channels in seen for c in channels]
        self.pairs = tuple(zip(filters, channels, strict=True))
        bound = 1 / (kernel * (len(self.pairs) / self.after) ** 0.5)
        self.weight = nn.Parameter(torch.empty(len(filters), kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(self.after))
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, filters, H', W')."""
        F_ = self.kernel_size
        full = self.weight.new_zeros(self.after, self.before, F_, F_)
        filters, channels = zip(*self.pairs, strict=True)
        full[list(filters), list(channels)] = self.weight
        return F.conv2d(x, full, self.bias)


class RadialBasis(nn.Module):
    """Score each class by −‖x − code‖², where the codes are fixed signs: nothing is learned.

    LeNet-5's codes are small drawings of the ten digits, 7 × 12 pixels of ±1; these are random.
    """

    def __init__(self, features: int, classes: int):
        super().__init__()
        draw = torch.Generator().manual_seed(0)
        signs = torch.randint(2, (classes, features), generator=draw, device="cpu") * 2.0 - 1
        self.register_buffer("codes", signs.to(torch.get_default_device()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, K), at most 0."""
        return -(x[:, None] - self.codes).square().sum(-1)
