"""The device that notebooks compute on."""

import pytest
import torch

from course_lib.nn.training import device


@pytest.mark.parametrize("wanted", [None, ""])
@pytest.mark.parametrize(("available", "expected"), [(True, "cuda"), (False, "cpu")])
def test_cuda_where_there_is_one(monkeypatch, wanted, available, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    if wanted is None:
        monkeypatch.delenv("COURSE_DEVICE", raising=False)
    else:
        monkeypatch.setenv("COURSE_DEVICE", wanted)
    assert device() == torch.device(expected)


def test_the_environment_decides(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for name in ("cpu", "cuda"):
        monkeypatch.setenv("COURSE_DEVICE", name)
        assert device() == torch.device(name)


def test_cuda_asked_for_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(RuntimeError, match="COURSE_DEVICE=cpu"):
        device()


def test_another_value_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "gpu")
    with pytest.raises(ValueError, match=r"'cpu', 'cuda' or unset.*'gpu'"):
        device()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
def test_the_device_holds_tensors(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    assert torch.ones(2, device=device()).is_cuda
