"""The experiment on weight sharing compares what it says it compares."""

import numpy as np
import torch

from course_lib.nn.cnn import count_parameters
from experiments import stored

sharing = stored.load("weight_sharing")


def test_all_networks_have_the_same_shapes_and_fewer_and_fewer_weights():
    networks = {name: sharing.new_network(name, 0) for name in sharing.RATES}
    shapes = set()
    for network in networks.values():
        x, found = torch.zeros(2, 3, 16, 16), []
        for layer in network:
            x = layer(x)
            if isinstance(layer, torch.nn.ReLU | torch.nn.MaxPool2d | torch.nn.Linear):
                found.append(tuple(x.shape))
        shapes.add(tuple(one for one in found if len(one) != 2))
        assert x.shape == (2, 10)
    assert shapes == {((2, 8, 16, 16), (2, 8, 8, 8), (2, 16, 8, 8), (2, 16, 4, 4))}
    head = 256 * 10 + 10
    assert [count_parameters(network) - head for network in networks.values()][:4] == [
        768 * 2048 + 2048 + 512 * 1024 + 1024,
        2048 * 27 + 2048 + 1024 * 72 + 1024,
        8 * 27 + 8 + 16 * 72 + 16,
        8 * 27 + 16 + 16 * 72 + 32,
    ]


def test_the_rate_is_chosen_on_the_first_validation_set_and_kept(monkeypatch):
    def learn(name, rate, seed):
        return {"validation": rate if rate < 0.02 else 0.0, "test": seed + rate, "train": 1.0}

    monkeypatch.setattr(sharing, "learn", learn)
    found = {name: sharing.part(name) for name in sharing.parts()}
    result = sharing.run(found)
    for name in sharing.RATES:
        assert result["eta"][name] == 0.01
        assert np.allclose(result["test"][name], 0.01 + np.arange(sharing.N_SEEDS))


def test_no_chosen_rate_stands_at_the_end_of_its_grid():
    result = stored.read("weight_sharing")["result"]
    for name, rates in result["rates"].items():
        assert min(rates) < result["eta"][name] < max(rates)
