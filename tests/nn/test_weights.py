"""What is saved is what is loaded, and nothing but numbers is."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.nn.architectures import SmallResNet
from course_lib.nn.training import predict, seeded
from course_lib.nn.weights import load_weights, save_weights


def network(seed=0, **options):
    with seeded(seed):
        model = SmallResNet(8, **{"widths": (4, 8), "channels": 1, **options})
        model(torch.randn(4, 1, 8, 8))  # moves the running statistics
    return model


def test_without_halves_every_number_comes_back(tmp_path):
    first, second = network(0), network(1)
    path = save_weights(first, tmp_path / "a.npz", halves=False)
    assert path == tmp_path / "a.npz"
    assert load_weights(second, str(path)) is second
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor, rtol=0, atol=0)


def test_halves_take_half_the_space_and_predict_alike(tmp_path):
    model = network(widths=(32, 64))
    whole = save_weights(model, tmp_path / "whole.npz", halves=False).stat().st_size
    half = save_weights(model, tmp_path / "half.npz").stat().st_size
    assert half < 0.75 * whole
    x = torch.randn(16, 1, 8, 8)
    again = load_weights(network(1, widths=(32, 64)), tmp_path / "half.npz")
    assert next(again.parameters()).dtype == torch.float32
    torch.testing.assert_close(predict(again, x), predict(model, x), rtol=0, atol=0.02)
    assert not torch.equal(predict(network(1, widths=(32, 64)), x), predict(model, x))


def test_a_file_of_another_network_is_refused_by_the_name_of_what_differs(tmp_path):
    path = save_weights(network(), tmp_path / "a.npz")
    with pytest.raises(
        ValueError, match=r"another network: head\.2\.weight has the shape \(10, 8\)"
    ):
        load_weights(network(classes=3), path)
    with pytest.raises(ValueError, match=r"another network: 0\.bias is in one of them only"):
        load_weights(nn.Sequential(nn.Linear(2, 2)), path)


def test_pickled_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "bad.npz", **{"weight": np.array([{}], dtype=object), "bias": np.ones(1)})
    with pytest.raises(ValueError, match="allow_pickle"):
        load_weights(nn.Linear(1, 1), tmp_path / "bad.npz")


@pytest.mark.parametrize("value", [1e6, float("nan")])
def test_numbers_that_halves_cannot_hold_are_refused(tmp_path, value):
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, value)
    with pytest.raises(ValueError, match="weight holds numbers beyond float16"):
        save_weights(model, tmp_path / "a.npz")
    assert not (tmp_path / "a.npz").exists()


@pytest.mark.parametrize("use", [save_weights, load_weights])
def test_another_ending_is_refused(use):
    with pytest.raises(ValueError, match=r"path must end in \.npz, got 'a\.pt'"):
        use(nn.Linear(1, 1), "a.pt")
