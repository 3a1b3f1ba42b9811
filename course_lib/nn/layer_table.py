"""What each layer of a network costs: shapes, weights, multiplications, memory, receptive field.

    parameters       numbers that are learned, biases and normalisation included
    multiplications  multiply-adds of one picture, forward: a convolution uses each weight once at
                     every place of its output, a fully connected layer once; biases, normalisation,
                     pooling and activations are left out, as in most published figures
    activations      numbers of one picture that a layer writes to new memory and that training
                     keeps for the backward pass: what a later layer needs again, such as a
                     convolution its input and ReLU its output. A sum needs nothing again; ReLU in
                     place, flattening and splitting write nothing new. Left out are the picture
                     itself and the places that pooling remembers
    field, jump      input pixels that one output sees along an axis, padding included, and pixels
                     between the fields of neighbouring outputs; where paths meet, from the first
                     to the last pixel that any of them sees

The network computes once, and every layer without layers inside is asked. On torch's meta device
(`course_lib.nn.architectures.outline`) that allocates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import torch
from torch import nn

from course_lib.checks import check_whole
from course_lib.nn.blocks import Add, Concat, PadChannels, Shuffle, Split
from course_lib.nn.cnn import count_parameters
from course_lib.nn.convolution import ReceptiveField
from course_lib.nn.training import evaluating

_VIEWS = (nn.Flatten, nn.Identity, Split)  # another look at the same memory
_FORGETFUL = (Add, Concat, PadChannels, Shuffle, nn.Dropout, nn.AdaptiveAvgPool2d)
_BY_OUTPUT = (nn.ReLU, nn.Tanh)  # backward needs what they gave; torch's ReLU6 keeps what it got


@dataclass(frozen=True)
class LayerRow:
    """One layer, or several together.

    Attributes
    ----------
    name : str
        Where it stands in the network, as "stage2.0.branch.0.0".
    kind : str
        The name of its class; of several, their number.
    shape : tuple of int
        Of its output for one picture: (C, H, W), or (units,).
    parameters, multiplications, activations : int
        See the module.
    field, jump : int
        Receptive field, in pixels of the input.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiplications: int
    activations: int
    field: int
    jump: int


def layer_table(model: nn.Module, size: int, *, channels: int = 3) -> list[LayerRow]:
    """Return a row a layer, in the order of computation.

    Parameters
    ----------
    model : Module
        Whatever joins maps must be a module too (`course_lib.nn.blocks.Add`, `Concat`), or the
        receptive field would be lost.
    size, channels : int
        Of the pictures.

    Raises
    ------
    ValueError
        For pictures that are too small for the network, or a layer whose input no layer made.

    Examples
    --------
    >>> from course_lib.nn.architectures import outline
    >>> rows = layer_table(outline("VGG-16"), 224)
    >>> max(rows, key=lambda row: row.parameters).parameters
    102764544
    """
    size, channels = check_whole("size", size), check_whole("channels", channels)
    where = next(model.parameters()).device
    x = torch.zeros(1, channels, size, size, device=where)
    x.seen, x.writer = ReceptiveField(), None
    watcher = _Watcher()
    handles = [
        layer.register_forward_hook(watcher.of(name))
        for name, layer in model.named_modules()
        if not list(layer.children())
    ]
    try:
        with evaluating(model), torch.no_grad():
            model(x)
    except RuntimeError as error:
        raise ValueError(f"pictures of {size} × {size} do not fit the network: {error}") from error
    finally:
        for handle in handles:
            handle.remove()
    return watcher.table()


class _Watcher:
    """Notes what each layer does, and marks its output with its field and who wrote it."""

    def __init__(self):
        self.rows: list[LayerRow] = []
        self.kept: set[int] = set()  # rows whose output the backward pass needs

    def of(self, name: str) -> Any:
        def note(layer: nn.Module, inputs: Sequence[torch.Tensor], output: Any) -> None:
            if not all(hasattr(x, "seen") for x in inputs):
                raise ValueError(
                    f"no layer made the input of {name}: write what does as a module, such as "
                    "Add or Concat of course_lib.nn.blocks."
                )
            parts = output if isinstance(output, tuple) else (output,)
            in_place = isinstance(layer, nn.ReLU) and layer.inplace
            old = in_place or isinstance(layer, _VIEWS)
            writer = inputs[0].writer if old else len(self.rows)
            if isinstance(layer, _BY_OUTPUT):
                self.kept.add(writer)
            elif not isinstance(layer, _VIEWS + _FORGETFUL):
                self.kept.update(x.writer for x in inputs)
            seen = _through(layer, inputs, _together([x.seen for x in inputs]))
            for part in parts:
                part.seen, part.writer = seen, writer
            self.rows.append(_row(name, layer, parts, 0 if old else None, seen))

        return note

    def table(self) -> list[LayerRow]:
        """Return the rows; what nobody needs again is not kept, but for the network's output."""
        last = len(self.rows) - 1
        return [
            row if k in self.kept or k == last else replace(row, activations=0)
            for k, row in enumerate(self.rows)
        ]


def _row(
    name: str,
    layer: nn.Module,
    parts: Sequence[torch.Tensor],
    activations: int | None,
    seen: ReceptiveField,
) -> LayerRow:
    """Return a layer's row; what it writes is counted unless given."""
    weight = getattr(layer, "weight", None)
    used = weight.numel() if weight is not None and weight.ndim > 1 else 0
    places = parts[0][0, 0].numel() if parts[0].ndim == 4 else 1
    return LayerRow(
        name=name,
        kind=type(layer).__name__,
        shape=tuple(parts[0].shape[1:]),
        parameters=count_parameters(layer),
        multiplications=used * places,
        activations=parts[0].numel() if activations is None else activations,
        field=seen.size,
        jump=seen.jump,
    )


def _through(
    layer: nn.Module, inputs: Sequence[torch.Tensor], seen: ReceptiveField
) -> ReceptiveField:
    """Return what an output of the layer sees, if its inputs see as much as `seen`."""
    if isinstance(layer, nn.AdaptiveAvgPool2d | nn.Flatten):
        sides = inputs[0].shape[2:]
        return seen.through(max(sides, default=1), max(sides, default=1))
    if hasattr(layer, "kernel_size"):
        names = ("kernel_size", "stride", "padding", "dilation")
        numbers = (getattr(layer, name, 1) for name in names)
        return seen.through(*(n if isinstance(n, int) else n[0] for n in numbers))
    stride = getattr(layer, "stride", 1)  # a shortcut that leaves pixels out
    return seen.through(1, stride)


def _together(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    """Return the smallest field that covers those of several paths."""
    start = min(field.start for field in fields)
    end = max(field.start + field.size for field in fields)
    return ReceptiveField(end - start, fields[0].jump, start)


def by_stage(rows: Sequence[LayerRow], level: int = 1) -> list[LayerRow]:
    """Sum the rows of each part of a network: "stage2.0.branch.0.0" is in "stage2" at level 1.

    >>> from course_lib.nn.architectures import outline
    >>> [row.name for row in by_stage(layer_table(outline("VGG-16"), 224))]
    ['block1', 'block2', 'block3', 'block4', 'block5', 'head']
    """
    level = check_whole("level", level)

    def part(row: LayerRow) -> str:
        return ".".join(row.name.split(".")[:level])

    return [_sum(name, list(group)) for name, group in groupby(rows, part)]


def totals(rows: Sequence[LayerRow]) -> LayerRow:
    """Return one row for all: sums, the shape of the last, the largest field.

    >>> from course_lib.nn.architectures import outline
    >>> totals(layer_table(outline("AlexNet"), 224)).multiplications
    714188480
    """
    if not rows:
        raise ValueError("rows must hold at least one layer, got none.")
    return _sum("total", rows)


def _sum(name: str, rows: Sequence[LayerRow]) -> LayerRow:
    def total(what: str) -> int:
        return sum(getattr(row, what) for row in rows)

    kind = rows[0].kind if len(rows) == 1 else f"{len(rows)} layers"
    counts = {what: total(what) for what in ("parameters", "multiplications", "activations")}
    field = max(row.field for row in rows)
    return LayerRow(name, kind, rows[-1].shape, **counts, field=field, jump=rows[-1].jump)


def training_memory(
    rows: Sequence[LayerRow], batch: int, *, state: int = 1, bytes_each: int = 4
) -> dict[str, int]:
    """Return the bytes that training needs, by what they hold.

    Weights, gradients and the optimiser's state do not depend on the batch; activations are
    proportional to it. What libraries need for their own work comes on top.

    Parameters
    ----------
    rows : list of LayerRow
    batch : int
        Pictures of a step.
    state : int, default=1
        Numbers that the optimiser keeps for each weight: 0 for gradient descent, 1 with momentum, 2
        for Adam.
    bytes_each : int, default=4
        4 for float32.

    Examples
    --------
    >>> from course_lib.nn.architectures import outline
    >>> rows = layer_table(outline("LeNet-5"), 32, channels=1)
    >>> training_memory(rows, batch=1)["weights"]
    246824
    """
    batch, bytes_each = check_whole("batch", batch), check_whole("bytes_each", bytes_each)
    state, total = check_whole("state", state, 0), totals(rows)
    weights = total.parameters * bytes_each
    return {
        "weights": weights,
        "gradients": weights,
        "optimiser": state * weights,
        "activations": batch * total.activations * bytes_each,
    }
