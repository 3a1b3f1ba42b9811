"""Networks trained side by side take the very steps of networks trained one by one."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons
from torch.nn import functional as F

from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import dense_network
from course_lib.nn.mlp import MLPClassifier
from course_lib.nn.side_by_side import train_side_by_side

SEEDS, LAM, ETA = [3, 8], [0.0, 0.02], [0.01, 0.03]


@pytest.fixture(scope="module")
def moons():
    return make_moons(70, noise=0.2, random_state=0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("rule", ["adam", "momentum", "sgd"])
@pytest.mark.parametrize("hidden", [[7], [5, 4]])
def test_each_network_is_the_one_that_is_trained_alone(moons, activation, rule, hidden):
    X, y = moons
    how = {"activation": activation, "rule": rule, "batch_size": 32, "n_epochs": 6}
    nets = train_side_by_side(X, y, hidden, SEEDS, lam=LAM, eta=ETA, **how)
    for s, (seed, lam, eta) in enumerate(zip(SEEDS, LAM, ETA, strict=True)):
        alone = MLPClassifier(hidden, lam=lam, eta=eta, random_state=seed, **how).fit(X, y)
        np.testing.assert_allclose(nets.loss_curve[:, s], alone.loss_curve_, rtol=1e-9)
        np.testing.assert_allclose(nets.outputs(X)[s], alone.class_scores(X), atol=1e-8)
        np.testing.assert_array_equal(nets.predict(X)[s], alone.predict(X))
        scores = nets.network(s)(Tensor(X)).data
        np.testing.assert_allclose(scores, alone.class_scores(X), atol=1e-8)


def test_each_network_may_have_its_own_data(moons):
    X, y = moons
    both = np.stack([X, X[::-1] + 1]), np.stack([y, 1 - y])
    nets = train_side_by_side(*both, [6], SEEDS, n_epochs=4, eta=0.02)
    for s, seed in enumerate(SEEDS):
        alone = train_side_by_side(both[0][s], both[1][s], [6], [seed], n_epochs=4, eta=0.02)
        np.testing.assert_allclose(nets.outputs(both[0])[s], alone.outputs(both[0][s])[0])


def test_numbers_are_fitted_by_the_mean_square():
    x = np.linspace(-1, 1, 40)[:, None]
    Y = np.column_stack([np.sin(3 * x[:, 0]), x[:, 0] ** 2])
    nets = train_side_by_side(
        x, Y, [5], [2], activation="tanh", rule="sgd", eta=0.1, lam=0.01, batch_size=40, n_epochs=9
    )
    W, b, V, c = (
        torch.tensor(w, requires_grad=True)
        for w in dense_network([1, 5, 2], "tanh", random_state=2).state()
    )
    curve = []
    for _ in range(9):
        out = torch.tanh(torch.tensor(x) @ W + b) @ V + c
        loss = ((out - torch.tensor(Y)) ** 2).sum(dim=1).mean()
        loss = loss + 0.005 * ((W**2).sum() + (V**2).sum())
        curve.append(loss.item())
        for w, g in zip((W, b, V, c), torch.autograd.grad(loss, (W, b, V, c)), strict=True):
            w.data -= 0.1 * g
    np.testing.assert_allclose(nets.loss_curve[:, 0], curve, rtol=1e-10)
    np.testing.assert_allclose(
        nets.outputs(x)[0],
        (torch.tanh(torch.tensor(x) @ W + b) @ V + c).detach(),
        atol=1e-10,
    )


def test_a_watched_network_ends_with_its_best_epoch(moons):
    X, y = moons
    far = make_moons(200, noise=0.3, random_state=1)
    how = {"eta": [0.01, 0.3], "lam": 0.0, "batch_size": 10}
    nets = train_side_by_side(X, y, [12], SEEDS, n_epochs=30, watch=far, **how)
    S = torch.tensor(nets.outputs(far[0]))
    losses = [F.cross_entropy(one, torch.tensor(far[1])).item() for one in S]
    np.testing.assert_allclose(losses, nets.watched.min(axis=0))
    assert nets.watched.shape == (30, 2)
    assert nets.watched.argmin(axis=0)[1] < 29
    last = train_side_by_side(X, y, [12], SEEDS, n_epochs=30, **how)
    again = [
        F.cross_entropy(torch.tensor(one), torch.tensor(far[1])).item()
        for one in last.outputs(far[0])
    ]
    np.testing.assert_allclose(again, nets.watched[-1])
    assert last.watched.size == 0


def test_the_first_boundaries_may_be_spread():
    x = np.linspace(-1, 1, 30)[:, None]
    how = {"n_epochs": 1, "eta": 1e-12}
    plain, wide = (
        train_side_by_side(x, x**2, [200], [0], spread=spread, **how) for spread in (0, 2)
    )
    assert np.abs(plain.weights[1]).max() < 1e-9
    places = -(wide.weights[1] / wide.weights[0]).ravel()
    assert 1.8 < np.abs(places).max() <= 2 + 1e-6
    assert abs(places.mean()) < 0.3
    X = np.random.default_rng(0).normal(size=(20, 3))
    flat = train_side_by_side(X, X[:, :1], [100], [1], spread=1.5, **how)
    W, b, *_ = flat.weights
    far = np.abs(b[0, 0]) / np.sqrt((W[0] ** 2).sum(axis=0))
    assert 1.3 < far.max() <= 1.5 + 1e-6


def test_singles_stay_singles(moons):
    X, y = moons
    nets = train_side_by_side(X.astype(np.float32), y, [4], [0], n_epochs=2, spread=1)
    assert nets.weights[0].dtype == nets.weights[1].dtype == np.float32


def test_too_long_steps_are_named(moons):
    X, y = moons
    with pytest.raises(ValueError, match=r"loss of network 1 became .*Lower eta=1e\+200"):
        train_side_by_side(X, y, [5], SEEDS, eta=[0.01, 1e200], rule="sgd", n_epochs=9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"activation": "bend"}, "activation must be one of"),
        ({"rule": "newton"}, "rule must be one of"),
        ({"lam": [1, 2, 3]}, "lam must be a number or 2 numbers"),
        ({"eta": [0.1, -1]}, "eta must be a finite number of at least 0"),
        ({"spread": -1}, "spread must be a finite number"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"n_epochs": 0}, "n_epochs must be"),
        ({"X": np.zeros((3, 5, 2)), "y": np.zeros((3, 5), int)}, "one or of 2 networks, got 3, 3"),
        ({"y": np.zeros(5, int)}, "X must be"),
        ({"y": np.zeros(70)}, "X must be"),
        ({"y": np.full(70, -1)}, "y must hold classes from 0 on, got -1"),
        ({"X": np.zeros(70)}, "X must be"),
    ],
)
def test_bad_input_is_refused(moons, change, words):
    given = {"X": moons[0], "y": moons[1], "n_epochs": 1} | change
    with pytest.raises(ValueError, match=words):
        train_side_by_side(given.pop("X"), given.pop("y"), [3], SEEDS, **given)
