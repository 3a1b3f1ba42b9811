"""What a network costs, counted layer by layer, by ours and by torch's own counter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Row, agreement, function


def resnets(n: int, size: int) -> SimpleNamespace:
    """Return n times ResNet-50 without numbers (on torch's meta device), and a size in pixels."""
    from course_lib.nn.architectures import outline

    return SimpleNamespace(networks=[outline("ResNet-50").eval() for _ in range(n)], size=size)


def table(data: Any) -> np.ndarray:
    """Return the multiply-adds of each network, by our table of its layers."""
    from course_lib.nn.layer_table import layer_table, totals

    tables = (layer_table(network, data.size) for network in data.networks)
    return np.array([totals(rows).multiplications for rows in tables], dtype=float)


def counter(data: Any) -> np.ndarray:
    """Return the multiply-adds of each network, half the operations that torch counts."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    found = []
    x = torch.zeros(1, 3, data.size, data.size, device="meta")
    for network in data.networks:
        with FlopCounterMode(display=False) as mode, torch.no_grad():
            network(x)
        found.append(mode.get_total_flops() / 2)
    return np.array(found)


def as_it_is(result: np.ndarray, data: Any) -> np.ndarray:
    """Return the counts in billions."""
    return result / 1e9


ROWS = [
    Row(
        name="layer table, ResNet-50",
        problem=resnets,
        size={"n": 4, "size": 224},
        ours=function("benchmarks.networks:table", library="course_lib"),
        references=(function("benchmarks.networks:counter", library="torch", on=("cpu",)),),
        quality=(agreement(1e-9),),
        answer=as_it_is,
        goal=1.0,
        group="network",
    ),
]
