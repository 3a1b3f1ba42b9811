"""The experiments on adversarial games compare what they say they compare."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.nn.gan_pictures import PictureGenerator, draw_pictures
from course_lib.nn.weights import load_weights
from experiments import stored

ring, lost, pictures = (stored.load(name) for name in ("gan_ring", "gan_lost", "gan_pictures"))


# --- the ring ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ring.NAMES)
def test_a_setting_has_its_rates_and_its_share_of_the_updates(name, monkeypatch):
    rounds = []
    monkeypatch.setattr(ring, "play", lambda game, n: rounds.append(n))
    rates = {"eta_G": 0.003, "eta_D": 0.003} if name in ring.SETTINGS else {"eta_G": ring.ETA_G}
    game = ring.played(name, (0, 1), **rates)
    eta_G, eta_D = (player.eta[0].item() for player in (game._g, game._d))
    assert eta_G == pytest.approx(0.003 if name in ring.SETTINGS else 0.001)
    slow = name.startswith("slow D")
    assert eta_D == pytest.approx(0.0001 if slow else eta_G)
    if name in ("slow D, 10 steps", "slow D, longer"):
        assert rounds == [{"slow D, 10 steps": 2000, "slow D, longer": 8000}[name]]
    else:
        assert rounds[0] * (1 + game.d_steps) == ring.UPDATES
    assert (game.loss == "wasserstein") == (name in ("clipping", "penalty"))


def test_the_rate_with_the_most_samples_near_a_mode_is_taken(monkeypatch):
    monkeypatch.setattr(ring, "choose", lambda name, grid: [0.1, 0.5, 0.7, 0.2])
    monkeypatch.setattr(ring, "played", lambda name, seeds, **rates: rates)
    monkeypatch.setattr(ring, "judged", lambda game, seeds: {"game": game, "seeds": seeds})
    found = ring.part("minimax")
    assert found["eta"] == 0.003
    assert found["tried"] == {"0.0003": 0.1, "0.001": 0.5, "0.003": 0.7, "0.01": 0.2}
    assert found["game"] == {"eta_G": 0.003, "eta_D": 0.003}
    assert found["seeds"] == ring.SEEDS
    assert not set(ring.SEEDS) & set(ring.CHOOSING)


def test_a_best_rate_at_the_end_of_the_grid_has_nothing_better_beyond_it():
    result, at_the_end = stored.read("gan_ring")["result"], set()
    for name in ring.SETTINGS:
        rates = [float(rate) for rate in result["tried"][name]]
        if not min(rates) < result["eta"][name] < max(rates):
            at_the_end.add(name)
    beyond = result["beyond"]
    assert at_the_end == set(ring.AT_THE_END) == set(beyond["near"])
    assert beyond["eta"] > max(ring.ETAS)
    for name in ("minimax", "penalty"):
        assert beyond["near"][name] < result["tried"][name]["0.01"] - 0.1
    assert np.mean(beyond["modes"]) < np.mean(result["modes"]["non-saturating"])


def test_beyond_the_grid_the_same_games_are_played(monkeypatch):
    asked = []

    def played(name, seeds, **rates):
        asked.append((name, seeds, *({float(r) for r in np.unique(one)} for one in rates.values())))
        return _Drawn(np.zeros((1, 2)))

    monkeypatch.setattr(ring, "played", played)
    monkeypatch.setattr(ring, "CHOOSING", tuple(range(10)))
    found = ring.part("beyond")
    three = [(name, ring.CHOOSING, {0.03}, {0.03}) for name in ring.AT_THE_END]
    assert asked == [*three, ("non-saturating", ring.SEEDS, {0.03}, {0.03})]
    assert found["near"] == dict.fromkeys(ring.AT_THE_END, 0)
    assert found["modes"] == [0] * 10


def test_games_are_judged_by_new_samples(monkeypatch):
    monkeypatch.setattr(ring, "two_sample_test", lambda A, B, seeds: np.full(len(A), 0.5))

    class Finished:
        d_loss = np.zeros(10)

        def samples(self, n):
            return np.stack([ring.RING.draw(n, 50 + k) for k in range(10)])

        def scores(self, X):
            assert X.shape == (10, 2000, 2)
            return X[..., 0]  # real, if it lies to the right

    found = ring.judged(Finished(), ring.SEEDS)
    assert found["modes"] == [8] * 10
    np.testing.assert_allclose(found["own"], 0.5, atol=0.05)
    assert np.shape(found["samples"]) == (ring.KEPT, ring.SHOWN, 2)
    assert np.abs(found["samples"]).max() < 240


# --- what is lost on the ring --------------------------------------------------------------------


class _Drawn:
    """Games that make these samples."""

    def __init__(self, X):
        self.X = X

    def samples(self, n):
        return np.broadcast_to(self.X, (10, *self.X.shape))


def _left_out(monkeypatch, X):
    measures = {"modes": [0], "near": [0.0], "fresh": [0.5], "samples": [], "own": [], "loss": []}
    monkeypatch.setattr(lost, "played", lambda name, seeds, **rates: _Drawn(X))
    monkeypatch.setattr(lost, "judged", lambda game, seeds: measures)
    return lost.part("penalty")


def test_samples_out_of_focus_lose_no_mode(monkeypatch):
    found = _left_out(monkeypatch, 0.8 * np.repeat(ring.RING.centers, 5, axis=0))
    assert found["lost"] == [0] * 10
    assert found["least"] == [0.125] * 10
    assert set(found) == {"modes", "near", "fresh", "samples", "lost", "least"}


def test_a_heap_loses_all_modes_but_one(monkeypatch):
    found = _left_out(monkeypatch, np.repeat(ring.RING.centers[:1], 40, axis=0))
    assert found["lost"] == [7] * 10
    assert found["least"] == [0] * 10


@pytest.mark.parametrize("name", lost.NAMES)
def test_what_is_lost_is_counted_in_the_games_of_the_ring(name, monkeypatch):
    asked, longer = [], []
    monkeypatch.setattr(
        lost, "played", lambda *a, **rates: asked.append((*a, rates)) or _Drawn(np.zeros((1, 2)))
    )
    monkeypatch.setattr(lost, "play", lambda game, n: longer.append(n))
    monkeypatch.setattr(lost, "judged", lambda game, seeds: dict.fromkeys(stored_kinds))
    stored_kinds = ("modes", "near", "fresh", "samples")
    lost.part(name)
    ((setting, seeds, rates),) = asked
    assert (setting, seeds) == (name, ring.SEEDS)
    assert longer == ([6000] if name == "slow G, longer" else [])
    result = stored.read("gan_ring")["result"]
    if name.startswith("slow G"):
        change = {key: rates[key] for key in rates.keys() - {"eta_G", "eta_D"}}
        expected = ring.SETTINGS.get(name.partition(", ")[2], {})
        assert change == expected | dict.fromkeys(expected.keys() & {"d_steps"}, 1)
        assert (rates["eta_G"], rates["eta_D"]) == (1e-4, 1e-2)
    elif name == "slow D":
        assert rates == {"eta_G": ring.ETA_G}
    else:
        assert rates == {"eta_G": result["eta"][name], "eta_D": result["eta"][name]}
    if name in result["modes"]:
        assert stored.read("gan_lost")["result"]["modes"][name] == result["modes"][name]


# --- pictures ------------------------------------------------------------------------------------


def test_no_digit_is_on_both_sides():
    train, y, test, labels = pictures.digits()
    assert (len(train), len(test)) == (900, 897)
    assert len(y) == 900
    assert len(labels) == 897
    both = torch.cat([train, test]).flatten(1)
    assert len(torch.unique(both, dim=0)) == 1797
    assert both.min() == -1
    assert both.max() == 1
    for order in pictures.partings():
        assert sorted(order) == list(range(897))


@pytest.mark.parametrize("name", pictures.CHEATS)
def test_cheats_make_what_they_say(name):
    x = pictures.cheating(name)
    train, _, test, labels = pictures.digits()
    assert x.shape == (5 * 897, 1, 8, 8)
    known = {"all by heart": train, "50 by heart": train[:50], "one class": test[labels == 3]}
    if name in known:
        distances = pictures.pictures.nearest_distances(x[::50], known[name])
        assert distances.max() == 0
        assert len(torch.unique(x.flatten(1), dim=0)) == min(len(known[name]), 897)
    else:
        assert x.std() < test.std()
        assert x.mean() < test.mean() + 0.01


def test_the_stored_generators_draw_digits_and_are_small():
    assert pictures.WEIGHTS.stat().st_size < 300_000
    result = stored.read("gan_pictures")["result"]
    looks = [str(step) for step in result["looks"]]
    generators = nn.ModuleDict({step: PictureGenerator() for step in looks})
    load_weights(generators, pictures.WEIGHTS)
    x = {step: draw_pictures(one.eval(), 300, 1) for step, one in generators.items()}
    test = pictures.digits()[2]
    distances = {
        step: np.median(pictures.pictures.nearest_distances(one, test)) for step, one in x.items()
    }
    assert distances[looks[-1]] < distances[looks[0]] / 1.5


def test_means_are_taken_over_the_partings():
    found = [{"fresh": 0.5, "classes": np.array([0.0, 1.0])}, {"fresh": 0.6, "classes": [1.0, 1.0]}]
    assert pictures.mean(found) == {"fresh": 0.55, "classes": [0.5, 1.0]}
