"""The experiments on architectures compare what they say they compare."""

import numpy as np
import pytest
import torch

from experiments import stored

degradation, transfer = (stored.load(name) for name in ("degradation", "transfer"))


def test_plain_and_residual_networks_start_from_the_same_weights():
    plain, residual = (degradation.new_network(kind, 20, 1) for kind in ("plain", "residual"))
    for one, other in zip(plain.parameters(), residual.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    x = torch.randn(2, 1, 16, 16)
    assert not torch.allclose(plain(x), residual(x))


def test_the_best_rate_of_a_network_has_the_smallest_mean_loss():
    def found(name):
        kind, depth, rate = name.split(", ")
        loss = abs(np.log10(float(rate)) + 1.5) + int(depth) * (kind == "plain")
        return {"curve": [[1.0]] * 3, "loss": [loss, loss - 1, loss + 1], "accuracy": [0.5] * 3}

    names = degradation.parts()
    assert len(set(names)) == len(names) == sum(map(len, degradation.RATES.values()))
    done = {name: found(name) for name in names}
    done["plain, 8, 0.3"]["loss"] = [0.0, 0.0, 1.0]
    result = degradation.run(done)
    assert result["rate"]["plain, 8"] == 0.3
    assert result["rate"]["residual, 32"] == 0.03
    for key in ("curves", "loss", "accuracy"):
        rates = {name: [float(rate) for rate in found] for name, found in result[key].items()}
        assert rates == {name: list(rates) for name, rates in degradation.RATES.items()}
    assert result["lower in every seed"] == {"20": "residual", "32": "residual"}
    done["plain, 20, 0.03"]["loss"] = [-9.0, -9.0, 9.0]
    assert degradation.run(done)["lower in every seed"]["20"] == "neither"
    done["plain, 20, 0.03"]["loss"] = [-9.0, -9.0, -9.0]
    assert degradation.run(done)["lower in every seed"]["20"] == "plain"
    assert result["parameters"]["32"] > result["parameters"]["20"] > result["parameters"]["8"]


def test_no_best_rate_stands_at_the_end_of_its_grid():
    result = stored.read("degradation")["result"]
    for name, rate in result["rate"].items():
        assert min(result["rates"][name]) < rate < max(result["rates"][name])


@pytest.mark.parametrize(("task", "n"), [("digits", 1797), ("faces", 200)])
def test_the_halves_of_a_task_share_no_picture_and_have_all_classes_alike(task, n):
    X, y, choosing, measuring = transfer.pictures(task)
    assert X.shape == (n, 1, 16, 16)
    assert -1.1 < X.min() < -0.5 < 0.5 < X.max() < 1.1
    assert sorted([*choosing, *measuring]) == list(range(n))
    counts = [np.bincount(y[half]) for half in (choosing, measuring)]
    assert abs(counts[0] - counts[1]).max() <= 1


def test_a_draw_trains_on_n_a_class_and_is_scored_on_the_rest(monkeypatch):
    X, y, _, pool = transfer.pictures("faces")
    seen = {}

    class Model:
        def fit(self, Z, labels):
            seen["train"] = Z
            assert np.bincount(labels).tolist() == [7, 7]
            return self

        def score(self, Z, labels):
            seen["test"] = Z
            return 0.5

    monkeypatch.setattr(transfer, "make_pipeline", lambda *steps: Model())
    assert transfer.score("pixels", 1.0, X, y, pool, 7, draw=3) == 0.5
    assert len(seen["train"]) + len(seen["test"]) == len(pool)
    both = np.concatenate([seen["train"], seen["test"]])
    assert len(np.unique(both, axis=0)) == len(np.unique(X[pool].flatten(1).numpy(), axis=0))


def test_beginners_differ_in_what_they_have_learned_and_share_the_new_layer():
    assert transfer.WEIGHTS.stat().st_size < 1_000_000
    scratch, tuned, frozen, random = (
        transfer.beginner(method, 3, 5) for method in ("scratch", "tuned", "frozen", "random")
    )
    torch.testing.assert_close(scratch.head[-1].weight, tuned.head[-1].weight)
    first = [model.stem[0].weight for model in (scratch, tuned, frozen, random)]
    torch.testing.assert_close(first[0], first[3])
    torch.testing.assert_close(first[1], first[2])
    assert not torch.allclose(first[0], first[1])
