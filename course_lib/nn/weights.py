"""Keep a trained network in a small file that holds numbers only.

A file is NumPy's archive (.npz) of a model's state by its names. Nothing in it can run: it is
loaded without pickle. Halves (float16) take half the space and keep three digits, which a
network's predictions hardly notice.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn


def save_weights(model: nn.Module, path: str | Path, *, halves: bool = True) -> Path:
    """Write a model's parameters and buffers; return the path.

    Parameters
    ----------
    model : Module
    path : path
        Its name must end in .npz.
    halves : bool, default=True
        Store floating-point numbers as float16; as they are if False.

    Raises
    ------
    ValueError
        For another ending, or numbers that float16 cannot hold (beyond 65,504, or not finite).
    """
    path = _checked(path)
    arrays = {name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}
    for name, array in arrays.items():
        if halves and array.dtype.kind == "f":
            with np.errstate(over="ignore"):
                arrays[name] = array.astype(np.float16)
            if not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} holds numbers beyond float16; pass halves=False.")
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)
    return path


def load_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """Put stored numbers into a model, in place and in its own dtype; return it.

    Raises
    ------
    ValueError
        For another ending, or a file of another network: the names and the shapes must agree.
    """
    with np.load(_checked(path), allow_pickle=False) as stored:
        arrays = dict(stored)
    state = model.state_dict()
    names = sorted(arrays.keys() ^ state.keys())
    if names:
        raise ValueError(f"{path} is of another network: {names[0]} is in one of them only.")
    for name, tensor in state.items():
        if arrays[name].shape != tuple(tensor.shape):
            raise ValueError(
                f"{path} is of another network: {name} has the shape {arrays[name].shape}, "
                f"the model's {tuple(tensor.shape)}."
            )
    model.load_state_dict({name: torch.as_tensor(array) for name, array in arrays.items()})
    return model


def _checked(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"path must end in .npz, got {str(path)!r}.")
    return path
