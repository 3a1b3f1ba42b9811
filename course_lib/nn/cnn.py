"""The convolutional network of the course, in torch.

    X   (N, H, W, C)  pictures as they are stored, 0 to 255
    x   (N, C, H, W)  pictures as torch wants them, float32, about −1 to 1
    K   classes

Blocks of convolution, batch normalisation, ReLU and max pooling halve the picture again and again
while the channels grow; a head turns what is left into K logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.checks import check_whole
from course_lib.nn.convolution import ReceptiveField
from course_lib.nn.training import evaluating

HEADS = ("average", "flatten")


class CNN(nn.Module):
    """Classify pictures: blocks of convolutions, then a fully connected layer.

    Parameters
    ----------
    channels : int
        C of the input, 3 for colour.
    classes : int
        K.
    widths : sequence of int
        Filters of each block; there is one block a width, and each halves height and width.
    size : int
        Height and width of the pictures; it matters for ``head="flatten"`` only.
    head : {"average", "flatten"}
        What the fully connected layer sees: each last channel's mean over all places, or all
        values. The first takes pictures of any size and needs far fewer weights.
    kernel : int, or one a block
        Odd size F of the filters; padding keeps the picture's size.

    Attributes
    ----------
    blocks : Sequential of `Block`
    head : Sequential

    Examples
    --------
    >>> network = CNN(widths=(8, 16))
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        channels: int = 3,
        classes: int = 10,
        *,
        widths: Sequence[int] = (16, 32, 64),
        size: int = 32,
        head: str = "average",
        kernel: int | Sequence[int] = 3,
    ):
        super().__init__()
        kernels = list(kernel) if isinstance(kernel, Sequence) else [kernel] * len(widths)
        _check(channels, classes, widths, size, head, kernels)
        layers = zip((channels, *widths[:-1]), widths, kernels, strict=True)
        self.blocks = nn.Sequential(*(Block(*layer) for layer in layers))
        side = size // 2 ** len(widths) if head == "flatten" else 1
        squeeze = nn.AdaptiveAvgPool2d(1) if head == "average" else nn.Identity()
        full = nn.Linear(widths[-1] * side**2, classes)
        self.head = nn.Sequential(squeeze, nn.Flatten(), full)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits, (N, C, H, W) → (N, K)."""
        return self.head(self.blocks(x))


class Block(nn.Sequential):
    """Convolution, batch normalisation, ReLU, max pooling 2 × 2: (N, C, H, W) → (N, C', H/2, W/2).

    The convolution has no bias, because the normalisation subtracts any constant and adds its own.
    """

    def __init__(self, before: int, after: int, kernel: int = 3):
        super().__init__(
            nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )


class LocallyConnected(nn.Module):
    """A convolutional layer without sharing: every place has filters and biases of its own.

    Windows of F × F pixels, stride 1, zeros around, (N, C, H, H) → (N, K, H, H). The weights start
    as those of a convolution do, uniform up to 1/√(C·F²).

    Parameters
    ----------
    before, after : int
        Channels C and K.
    size : int
        H.
    kernel : int
        Odd size F.

    Attributes
    ----------
    weight : Parameter of shape (H², K, C·F²)
    bias : Parameter of shape (H², K)

    Examples
    --------
    >>> count_parameters(LocallyConnected(3, 8, size=16)), count_parameters(nn.Conv2d(3, 8, 3))
    (57344, 224)
    """

    def __init__(self, before: int, after: int, size: int, kernel: int = 3):
        super().__init__()
        counts = {"before": before, "after": after, "size": size, "kernel": kernel}
        before, after, size, self.kernel = (check_whole(*count) for count in counts.items())
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, so that padding keeps the size; got {kernel}.")
        inputs = before * self.kernel**2
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(size**2, after, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(size**2, after).uniform_(-bound, bound))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return every place's own sums over its window."""
        columns = F.unfold(x, self.kernel, padding=self.kernel // 2)  # (N, C·F², H²)
        sums = self.weight @ columns.permute(2, 1, 0) + self.bias[..., None]  # (H², K, N)
        return sums.permute(2, 1, 0).reshape(len(x), -1, *x.shape[2:])


class Stage(NamedTuple):
    """A step of a `CNN`: its name, its layers, and what one of its outputs sees of the picture."""

    name: str
    layers: nn.Sequential
    field: ReceptiveField

    def pixels(self, place: int, size: int = 32) -> tuple[int, int]:
        """Return the first and the last pixel of an axis that the output at a place sees.

        Parameters
        ----------
        place : int
            Row or column of the output in its map, from 0.
        size : int
            Pixels of the axis; what the field has in the padding is left out.
        """
        first = self.field.start + place * self.field.jump
        return max(first, 0), min(first + self.field.size, size) - 1


def stages(model: CNN, size: int = 32) -> list[Stage]:
    """Take a network apart: convolution, normalisation with ReLU, pooling of each block; the head.

    Parameters
    ----------
    model : CNN
    size : int
        Height and width of the pictures; the head's field depends on it.
    """
    found, field = [], ReceptiveField()
    for k, (convolution, norm, relu, pool) in enumerate(model.blocks, 1):
        field = field.through(convolution.kernel_size[0], 1, convolution.padding[0])
        found.append(Stage(f"convolution {k}", nn.Sequential(convolution), field))
        found.append(Stage(f"normalisation and ReLU {k}", nn.Sequential(norm, relu), field))
        field = field.through(pool.kernel_size, pool.stride)
        found.append(Stage(f"pooling {k}", nn.Sequential(pool), field))
    whole = field.through(check_whole("size", size) // 2 ** len(model.blocks))
    return [*found, Stage("head", model.head, whole)]


def trace(model: CNN, X: np.ndarray | torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the input, and what each of the `stages` gives for it; gradients lead back to it.

    Parameters
    ----------
    model : CNN
        It is used as it predicts, with its running statistics.
    X : uint8 array of shape (N, H, W, C), or the input itself

    Examples
    --------
    >>> x, outputs = trace(CNN(), np.zeros((1, 32, 32, 3), np.uint8))
    >>> torch.autograd.grad(outputs[0][0, 0, 9, 9], x)[0].abs().sum(1).count_nonzero().item()
    9
    """
    x = X if isinstance(X, torch.Tensor) else as_input(X)
    x = x.to(next(model.parameters()).device).requires_grad_()
    outputs, y = [], x
    with evaluating(model):
        for stage in stages(model, x.shape[-1]):
            y = stage.layers(y)
            outputs.append(y)
    return x, outputs


class Look(NamedTuple):
    """One value of a network on one picture, and what it depends on; see `look`."""

    slope: np.ndarray  # (H, W) size of the value's gradient at each pixel, summed over the colours
    values: np.ndarray  # the channel's map, or all scores
    unit: tuple[int, ...]  # where the value stands in them
    field: tuple[int, int, int, int]  # first and last row, first and last column of the picture


def look(
    stage: Stage, output: torch.Tensor, x: torch.Tensor, channel: int, *, corner: bool = False
) -> Look:
    """Look at the largest value of a map, or at its upper left corner, for the first picture.

    Parameters
    ----------
    stage, output, x
        One of `stages`, and what `trace` returned for it and for the picture.
    channel : int
        Which map, from 0; of the head, which score.
    """
    maps = output[0]
    values, unit, places = maps, (channel,), (0, 0)
    if maps.ndim == 3:
        values = maps[channel]
        row, column = divmod(0 if corner else int(values.argmax()), values.shape[1])
        unit = places = row, column
    (slope,) = torch.autograd.grad(values[unit], x, retain_graph=True)
    field = [pixel for place in places for pixel in stage.pixels(place, x.shape[-1])]
    return Look(_as_array(slope[0].abs().sum(0)), _as_array(values.detach()), unit, tuple(field))


def take_apart(
    convolution: nn.Conv2d, x: torch.Tensor, channel: int, place: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what one output of a convolution sees of each map below, and its weights for it.

    Two (C, F, F) arrays. Their products add up to the output, less its bias.

    Parameters
    ----------
    convolution : Conv2d
        Without dilation and groups.
    x : tensor of shape (1, C, H, W)
        What it is given; around it there are the zeros of its padding.
    channel : int
        Which of its maps, from 0.
    place : (row, column)
        Where the output stands in that map.
    """
    (rows, columns), size = convolution.padding, convolution.kernel_size
    padded = F.pad(x[0].detach(), [columns, columns, rows, rows])
    top, left = (p * step for p, step in zip(place, convolution.stride, strict=True))
    window = padded[:, top : top + size[0], left : left + size[1]]
    return _as_array(window), _as_array(convolution.weight[channel].detach())


def width_that_moves(output: torch.Tensor, x: torch.Tensor) -> int:
    """Return over how many rows the pixels lie that move the middle values of a stage's maps.

    Over many pictures: in one of them ReLU and pooling let only some pixels through.
    """
    middle = output.shape[-1] // 2
    value = output[..., middle, middle].sum()
    (slope,) = torch.autograd.grad(value, x, retain_graph=True)
    moved = slope.abs().amax((0, 1, 3))
    rows = (moved > 1e-6 * moved.max()).nonzero()  # some convolutions round where nothing arrives
    return int(rows.max() - rows.min()) + 1


def share_of_the_middle(stage: Stage, output: torch.Tensor, x: torch.Tensor) -> float:
    """Return what share of a middle value's gradient falls on the middle of its receptive field.

    The middle leaves out a quarter of the field, rounded down, at each end of both axes. The
    sizes of the gradients are added over the pictures and the maps; fields must not be cut off.
    """
    field, place = stage.field, output.shape[-1] // 2
    size = 0
    for maps in output.transpose(0, 1):
        (slope,) = torch.autograd.grad(maps[:, place, place].sum(), x, retain_graph=True)
        size = size + slope.abs().sum((0, 1))
    first, edge = field.start + place * field.jump, field.size // 4
    inner = slice(first + edge, first + field.size - edge)
    return float(size[inner, inner].sum() / size.sum())


def as_input(X: np.ndarray) -> torch.Tensor:
    """Return stored pictures, (N, H, W, C) uint8, as the network's input, (N, C, H, W) float32.

    0 to 255 becomes −1 to 1, the same for every picture, so nothing is learned from test data.
    In memory the channels stay last, as stored: convolutions on a processor are faster that way.

    >>> as_input(np.full((1, 2, 2, 3), 255, np.uint8)).unique()
    tensor([1.])
    """
    X = np.asarray(X)
    if X.ndim != 4 or X.dtype != np.uint8:
        raise ValueError(
            f"X must hold pictures (N, H, W, C) of dtype uint8, got {X.shape} of {X.dtype}."
        )
    x = torch.as_tensor(np.ascontiguousarray(X)).permute(0, 3, 1, 2)
    return x.float() / 127.5 - 1


def first_filters(model: CNN) -> np.ndarray:
    """Return a copy of the first layer's filters, (K, C, F, F)."""
    return _as_array(model.blocks[0][0].weight.detach()).copy()


def feature_maps(model: CNN, x: torch.Tensor, block: int = 0) -> np.ndarray:
    """Return what a block's convolution, normalisation and ReLU give, before pooling: (N, K, H, W).

    The model is used as it predicts, with its running statistics.
    """
    with evaluating(model), torch.no_grad():
        x = model.blocks[:block](x.to(next(model.parameters()).device))
        for layer in list(model.blocks[block])[:-1]:  # all but the pooling
            x = layer(x)
    return _as_array(x)


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers a model learns.

    >>> count_parameters(nn.Conv2d(3, 10, kernel_size=5, padding=2))
    760
    """
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def layer_shapes(model: nn.Module, x: torch.Tensor) -> list[tuple[str, tuple[int, ...], int]]:
    """List (kind, shape of its output for one picture, parameters) of each layer, in order.

    Parameters
    ----------
    model : Module
    x : tensor of shape (1, C, H, W)
        A picture to send through; its values do not matter.
    """
    found, handles = [], []

    def note(layer: nn.Module, _: tuple, output: torch.Tensor) -> None:
        found.append((type(layer).__name__, tuple(output.shape[1:]), count_parameters(layer)))

    for layer in model.modules():
        if not list(layer.children()):
            handles.append(layer.register_forward_hook(note))
    try:
        with evaluating(model), torch.no_grad():
            model(x.to(next(model.parameters()).device))
    finally:
        for handle in handles:
            handle.remove()
    return found


def _as_array(x: torch.Tensor) -> np.ndarray:
    """Return a tensor as an array; bfloat16, which NumPy lacks, becomes float32."""
    return (x.float() if x.dtype == torch.bfloat16 else x).cpu().numpy()


def _check(
    channels: int,
    classes: int,
    widths: Sequence[int],
    size: int,
    head: str,
    kernels: Sequence[int],
) -> None:
    if not widths:
        raise ValueError("widths must name at least one block's filters, got none.")
    counts = {"channels": [channels], "classes": [classes], "widths": widths, "kernel": kernels}
    for name, numbers in counts.items():
        for number in numbers:
            check_whole(name, number)
    if head not in HEADS:
        raise ValueError(f"head must be one of {HEADS}, got {head!r}.")
    if len(kernels) != len(widths):
        raise ValueError(f"kernel must be one size or {len(widths)}, one a block; got {kernels}.")
    if any(kernel % 2 == 0 for kernel in kernels):
        raise ValueError(f"kernel must be odd, so that padding keeps the size; got {kernels}.")
    if size < 2 ** len(widths):
        raise ValueError(
            f"{len(widths)} blocks halve the picture {len(widths)} times: size must be at least "
            f"{2 ** len(widths)}, got {size}."
        )
