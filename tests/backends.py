"""The kinds of arrays and devices on which the array-API algorithms are tested."""

from dataclasses import dataclass

import array_api_strict
import numpy as np
import pytest
import torch

from course_lib.estimator import to_numpy

_no_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")


@dataclass(frozen=True)
class Backend:
    """Makes arrays of one kind on one device, and tells whether an array is of that kind."""

    kind: str
    device: str

    def array(self, values, dtype="float64"):
        values = np.asarray(values)
        if self.kind == "numpy":
            return values.astype(dtype)
        if self.kind == "torch":
            return torch.asarray(values, dtype=getattr(torch, dtype), device=self.device)
        return array_api_strict.asarray(
            values,
            dtype=getattr(array_api_strict, dtype),
            device=array_api_strict.Device(self.device),
        )

    def owns(self, array, dtype):
        """Whether `array` is of this kind, on this device and of this dtype."""
        if self.kind == "numpy":
            return isinstance(array, np.ndarray | np.generic) and array.dtype == dtype
        if self.kind == "torch":
            return (
                isinstance(array, torch.Tensor)
                and array.device.type == self.device
                and array.dtype == getattr(torch, dtype)
            )
        return (
            type(array).__module__.startswith("array_api_strict")
            and array.device == array_api_strict.Device(self.device)
            and array.dtype == getattr(array_api_strict, dtype)
        )

    numpy = staticmethod(to_numpy)


NUMPY = Backend("numpy", "cpu")
BACKENDS = [
    pytest.param(NUMPY, id="numpy"),
    pytest.param(Backend("torch", "cpu"), id="torch-cpu"),
    pytest.param(Backend("torch", "cuda"), id="torch-cuda", marks=_no_cuda),
    pytest.param(Backend("strict", "CPU_DEVICE"), id="strict-cpu"),
    pytest.param(Backend("strict", "device1"), id="strict-device1"),
]
