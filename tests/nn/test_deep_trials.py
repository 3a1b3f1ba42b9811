import numpy as np
import pytest
import torch

from course_lib.nn import deep_trials as trials
from course_lib.nn.data_parallel import train_alone
from course_lib.nn.training import epoch_seed


def test_the_split_has_every_row_once_and_pixels_are_standardised():
    found = trials.digits()
    assert sorted([*found.train, *found.test]) == list(range(1797))
    assert len(found.train) == 300
    known, raw = found.pixels[found.train], 16 * found.scaled[found.train]
    spread = raw.std(axis=0)
    assert np.allclose(known.std(axis=0), np.where(spread > 0.8, 1, spread))
    assert 0 < known.std(axis=0).min() < 0.8 or (spread == 0).any()
    assert np.allclose(known.mean(axis=0), 0)
    assert np.abs(found.pixels).max() < 20
    assert not np.allclose(found.pixels.mean(axis=0), 0, atol=0.01)
    assert (found.scaled.min(), found.scaled.max()) == (0, 1)


@pytest.mark.parametrize(
    ("start", "size"), [("0.01", 0.01), ("Xavier", 0.1), ("He", 0.02**0.5), ("He × 2", 0.08**0.5)]
)
def test_a_start_has_the_size_of_its_name(start, size):
    weights = trials.plain_network("ReLU", start, 4).parameters()[2::2]
    assert [w.shape for w in weights] == [(100, 100), (100, 100), (100, 10)]
    assert np.isclose(weights[0].data.std(), size, rtol=0.03)


@pytest.mark.parametrize(("activation", "square"), [("tanh", 1), ("ReLU", 2)])
def test_orthogonal_weights_make_up_for_relu_alone(activation, square):
    W = trials.plain_network(activation, "orthogonal", 3, width=20).parameters()[2].data
    assert np.allclose(W.T @ W, square * np.eye(20))


def test_networks_differ_by_seed():
    a, b = (trials.plain_network("tanh", "He", 2, seed=k).parameters()[0].data for k in (0, 1))
    assert not np.allclose(a, b)


def test_signals_of_an_untrained_network():
    found = trials.untrained("tanh", "0.01", 5)
    assert len(found.outputs) == len(found.gradients) == 4
    assert found.outputs[0].shape == (100, 100)
    assert np.isclose(found.up, found.outputs[3].std() / found.outputs[0].std())
    assert 5e-4 < found.up < 2e-3  # a tenth in each of three layers
    assert 5e-4 < found.down < 2e-3
    assert np.isclose(found.loss, np.log(10), atol=1e-3)
    assert max(np.abs(one).max() for one in found.outputs) <= 1
    assert trials.untrained("ReLU", "He", 5).outputs[0].min() == 0


def test_sums_through_depth_follow_the_theory():
    measured, theory = trials.through_depth(["Xavier", "He"], layers=6, networks=4)
    for start, factor in (("Xavier", 0.5), ("He", 1.0)):
        assert measured[start].shape == theory[start].shape == (5,)
        assert measured[start][0] == theory[start][0]
        assert np.allclose(theory[start][1:] / theory[start][:-1], factor, rtol=0.05)
        assert np.allclose(measured[start], theory[start], rtol=0.3)


def test_rates_have_their_networks_side_by_side():
    found = trials.rates([0.001, 0.03], n_steps=40, seeds=(0, 1))
    assert found.losses.shape == (40, 4)
    assert np.allclose(found.losses[0, 0], found.losses[0, 2])  # the same seed
    assert found.losses[-5:, 2:].mean() < 0.5 < found.losses[-5:, :2].mean()
    assert found.watched["test"]["accuracy"].shape == (1, 4)


def test_a_schedule_and_a_limit_reach_the_training():
    still = trials.rates([0.03], n_steps=5, schedule=lambda k: 1e-9, seeds=(0,))
    assert still.losses[-1, 0] > 2
    wild, tame = (trials.rates([1.0], n_steps=30, clip=c, seeds=(0,)) for c in (None, 0.1))
    assert wild.diverged.all()
    assert not tame.diverged.any()


def test_a_step_is_measured_in_each_layer():
    first = trials.step_over_weights(0.01, 1)
    assert len(first) == 4
    assert np.allclose(trials.step_over_weights(0.02, 1), np.multiply(first, 2), rtol=1e-3)
    # every tenth batch, the last of an epoch, holds 12 pictures instead of 32, and its steps are
    # longer; of eight seeds the largest share at the 300th step is 0.06, at the 200th still 0.11
    later = trials.step_over_weights(0.01, 300)
    assert all(a / 100 < b < a / 10 for a, b in zip(first, later, strict=True))


def test_the_first_step_is_eta_times_the_gradient_of_the_first_batch():
    found, model = trials.digits(), trials.ManyNetworks([64, 100, 100, 100, 10], seeds=[0]).take(0)
    order = torch.randperm(300, generator=torch.Generator().manual_seed(epoch_seed(0, 0)))
    rows = found.train[order[:32].numpy()]
    X, y = torch.as_tensor(found.pixels[rows]).float(), torch.as_tensor(found.digit[rows])
    weights = [layer.weight for layer in model if isinstance(layer, torch.nn.Linear)]
    gradients = torch.autograd.grad(torch.nn.functional.cross_entropy(model(X), y), weights)
    shares = [0.02 * (g.norm() / w.norm()).item() for g, w in zip(gradients, weights, strict=True)]
    assert np.allclose(trials.step_over_weights(0.02, 1), shares, rtol=1e-3)


def test_remedies_have_their_settings():
    settings = [(0.0, 0.0, 0.0, 0), (1.0, 0.0, 0.0, 0), (0.0, 0.8, 0.0, 0), (0.0, 0.0, 50.0, 0)]
    found = trials.remedies(settings, n_steps=120, every=60)
    assert list(found.steps) == [60, 120]
    test, training = (found.watched[k]["accuracy"][-1] for k in ("test", "training"))
    assert test[0] > 0.9
    assert test[1] < 0.3
    assert training[0] > training[2] > 0.5
    assert training[3] < training[0]


def test_small_gradients_are_lost_in_float16_unless_multiplied():
    lost = [trials.lost_in_float16(scale) for scale in (1e-9, 1, 2**18)]
    assert lost[0] == 1 > lost[1] > lost[2] >= 0


def test_checkpointing_keeps_the_inputs_of_segments():
    x, one = 50 * 100, 2 * 50 * 100  # a tanh's output is the next input: one number a unit
    assert trials.numbers_kept(layers=4) == x + 4 * one // 2
    assert trials.numbers_kept(2, layers=4) < trials.numbers_kept(layers=4)


def test_the_mean_of_the_halves_is_the_gradient_of_the_whole():
    halves = trials.gradients_of_halves()
    whole = train_alone(n_steps=1, batch_size=64)["gradient"]
    assert np.allclose(np.mean(halves, axis=0), whole, atol=1e-12)
    assert not np.allclose(halves[0], whole, atol=1e-4)
