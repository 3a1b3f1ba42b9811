"""The experiment on marked digits compares what it says it compares."""

import numpy as np
import pytest
import torch

from course_lib.nn.recurrent import LSTM
from experiments import stored

marked = stored.load("marked_digits")


def test_no_digit_is_in_two_sets_and_strips_are_made_of_their_own():
    sets = marked.digits(3)
    seen = {which: {each.tobytes() for each in pictures} for which, (pictures, _) in sets.items()}
    assert [len(labels) for _, labels in sets.values()] == [1000, 297, 500]
    assert not seen["train"] & (seen["validation"] | seen["test"])
    assert not seen["validation"] & seen["test"]
    X, y, places = marked.strips(3, "test", 40)
    found = {each.astype(float).tobytes() for each in X[..., :-1].reshape(-1, 8, 8)}
    assert found <= seen["test"]
    by_pixels = {each.tobytes(): label for each, label in zip(*sets["test"], strict=True)}
    picked = marked.alone(X, places).astype(float)
    assert [by_pixels[each.tobytes()] for each in picked] == y.tolist()


def test_networks_are_of_one_size_and_two_differ_in_nothing_but_their_start():
    sizes = [marked.count(name) for name in marked.NETWORKS]
    assert max(sizes) < 1.02 * min(sizes)
    plain, orthogonal = (marked.new_network(name, 1) for name in ("plain", "orthogonal"))
    for (name, one), other in zip(plain.named_parameters(), orthogonal.parameters(), strict=True):
        assert torch.equal(one, other) == (name != "recurrent.weight_hh_l0")
    U = orthogonal.recurrent.weight_hh_l0.detach()
    torch.testing.assert_close(U @ U.T, torch.eye(63), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", marked.NETWORKS)
def test_the_layer_that_is_trained_computes_the_same(name):
    layer, x = marked.new_network(name, 1).recurrent, torch.randn(3, 16, 9)
    torch.testing.assert_close(marked.twin(layer)(x)[0], layer(x)[0])


@pytest.mark.parametrize("best", [0.0003, 0.002, 0.03])
def test_the_grid_is_widened_until_the_best_rate_stands_inside(best, monkeypatch):
    def learn(name, rate, draw):
        assert draw == marked.SEED
        return {"validation": -abs(np.log(rate / best)), "rate": rate}

    monkeypatch.setattr(marked, "learn", learn)
    rate, tried, found = marked.choose("plain")
    assert found["rate"] == rate
    assert min(map(float, tried)) < rate < max(map(float, tried))
    assert abs(np.log(rate / best)) < np.log(2) / 2 + 0.01


def test_no_stored_rate_stands_at_the_end_of_its_grid():
    result = stored.read("marked_digits")["result"]
    for name, rate in result["rate"].items():
        tried = result["validation"][name]
        assert min(map(float, tried)) < rate < max(map(float, tried))
        assert tried[str(rate)] == max(tried.values())


def test_gates_are_averaged_before_at_and_after_the_mark():
    X, _, places = marked.strips(0, "validation", 50)
    layer = LSTM(9, 2, batch_first=True)
    with torch.no_grad():
        for p in layer.parameters():
            p.zero_()
        layer.weight_ih_l0[0, -1] = 50  # one unit of two writes at marked rows: else a half
        layer.bias_ih_l0[2:4] = 50  # nothing is forgotten
    found = marked.openness(layer, torch.as_tensor(X), places)
    assert found["i"] == {"before": 0.5, "at": 0.75, "after": 0.5}
    assert found["f"] == {"before": 1, "at": 1, "after": 1}
