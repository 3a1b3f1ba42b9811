"""The experiments on the training of deep networks compare what they say they compare."""

import numpy as np
import pytest
import torch

from course_lib.nn import deep_trials
from course_lib.nn.many import ManyNetworks
from experiments import stored

starts, schedules = (stored.load(name) for name in ("starts", "schedules"))


def test_the_starts_have_the_rates_that_were_chosen_for_them():
    chosen = stored.read("initialisation")["result"]
    for activation, rates in starts.RATES.items():
        of = chosen["eta"][activation]["20"]
        assert rates[1:] == tuple(of[one] for one in starts.STARTS[1:])
        at_chance = np.array(chosen["test"][activation]["20"]["0.01"])
        assert at_chance.max() < 0.15


def test_the_shown_digits_are_the_first_of_the_test_set():
    sets, all_digits = starts.data(), deep_trials.digits()
    assert np.array_equal(all_digits.digit[sets["rows"]], sets["test"][1][: starts.SHOWN])
    assert [len(sets[k][0]) for k in ("train", "test")] == [600, 797]


def test_mean_squares_are_those_of_the_sums():
    networks = ManyNetworks([4, 3, 2], "tanh", seeds=(0, 1), dtype=torch.float64)
    X = np.random.default_rng(0).normal(size=(5, 4))
    found = starts.mean_squares(networks, X)
    last = networks(X).detach().square().mean((1, 2)).tolist()
    first = [np.mean((X @ W) ** 2) for W in networks.W[0].detach().numpy()]
    assert np.allclose(found, [first, last], rtol=0.01)


@pytest.mark.parametrize(
    ("name", "network", "steps", "batch", "factors"),
    [
        ("4 layers: constant", (4, 100, None), 250, 32, None),
        ("12 layers, batch norm: cosine", (12, 64, "batch"), 250, 32, (1.0, 0.5)),
        ("12 layers: warm-up, cosine", (12, 64, None), 250, 32, (0.04, 0.5866)),
        ("16: same pictures", (4, 100, None), 300, 16, (1.0, 0.5)),
        ("256: same pictures", (4, 100, None), 18, 256, (1.0, 0.5)),
        ("256: same steps", (4, 100, None), 300, 256, (1.0, 0.5)),
    ],
)
def test_a_name_says_how_a_network_is_trained(name, network, steps, batch, factors):
    found, how = schedules.recipe_of(name)
    assert (found, how["n_steps"], how["batch_size"]) == (network, steps, batch)
    assert "clip" not in how
    if factors is None:
        assert "schedule" not in how
    else:
        got = [how["schedule"](k) for k in (0, steps // 2)]
        assert np.allclose(got, factors, atol=1e-3)


def test_the_rate_is_chosen_on_validation_digits():
    done = {name: {"validation": [[0.5, 0.7]], "test": [[0.9, 0.1]]} for name in schedules.parts()}
    result = schedules.run(done)
    assert schedules.recipe_of("4 layers: constant, clipped")[1]["clip"] == 1.0
    for name in schedules.parts():
        assert result["eta"][name] == [schedules.RATES[1]]
        assert result["at best"][name] == [0.1]


def test_no_chosen_rate_stands_at_the_end_of_the_grid():
    result = stored.read("schedules")["result"]
    for rates in result["eta"].values():
        assert min(result["rates"]) < min(rates) <= max(rates) < max(result["rates"])
