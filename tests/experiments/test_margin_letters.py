"""The experiment on letters chooses on those that a run left out, and measures on others."""

import numpy as np
import pytest

from experiments import stored

letters = stored.load("margin_letters")


def rows(X):
    return {row.tobytes() for row in X}


@pytest.fixture
def calls(monkeypatch):
    """Networks whose errors are least at s = 4 and 0.01 on taught letters, 16 and 0.003 on new."""
    found = []

    def reached(parted, settings, *, seeds, s, eta, **options):
        found.append((parted[0], settings, seeds))
        away = np.log10([s, eta])
        taught, new = (np.abs(away.T - np.log10(best)).sum(1) for best in ((4, 0.01), (16, 0.003)))
        return [
            {"eer_seen": a, "eer_new": b, "within": a + b} for a, b in zip(taught, new, strict=True)
        ]

    monkeypatch.setattr(letters, "trained_and_verified", reached)
    return found


def test_what_is_chosen_by_is_apart_from_what_is_measured(calls):
    letters.part("run 3")
    (inside, settings, seeds), (whole, best, _) = calls
    assert set(seeds) == {3}
    assert len(settings) == 5 * (4 + 3 * 4)
    assert [len(one) for one in inside[::2]] == [12 * 90, 12 * 30, 6 * 120]
    assert [len(one) for one in whole[::2]] == [18 * 120, 18 * 60, 8 * 180]
    parts = [rows(one) for one in (inside.X, inside.X_test, inside.X_new)]
    assert set.union(*parts) == rows(whole.X)
    assert sum(map(len, parts)) == len(rows(whole.X)) == len(whole.X)
    assert not rows(whole.X) & (rows(whole.X_test) | rows(whole.X_new))
    assert rows(letters.letters(3)[0]) >= rows(whole.X_new)
    assert not rows(letters.letters(4)[0]) & rows(whole.X_new)
    assert len(best) < len(settings)


def test_each_number_chooses_its_own_scale_and_rate(calls):
    found = letters.part("run 0")
    for loss in letters.LOSSES:
        scaled = loss in letters.SCALED
        assert found["chosen"]["taught"][loss] == [4.0 if scaled else 16.0, 0.01]
        assert found["chosen"]["left out"][loss] == [16.0, 0.003]
        assert found["eer_new"]["left out"][loss] == 0 < found["eer_new"]["taught"][loss]
    assert 0.3 < found["pixels"] < 0.5


def test_runs_are_gathered_by_loss_scale_and_rate(calls):
    one = letters.part("run 0")
    result = letters.run(dict.fromkeys(letters.parts(), one))
    assert (
        result["eer_seen"]["left out"]["ArcFace"] == [one["eer_seen"]["left out"]["ArcFace"]] * 12
    )
    for loss, by_scale in result["tried"].items():
        assert list(by_scale) == (["1", "4", "16", "64"] if loss in letters.SCALED else ["16"])
        for s, by_rate in by_scale.items():
            new = [abs(np.log10(float(s) / 16)) + abs(np.log10(r / 0.003)) for r in letters.RATES]
            np.testing.assert_allclose(np.transpose(by_rate)[1], new, atol=1e-4)
