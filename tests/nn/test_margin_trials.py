"""Networks with margins side by side are what `fit` makes of each alone."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.nn import margin_trials
from course_lib.nn.many import evaluate_many, train_many
from course_lib.nn.margin_losses import Annealing, MarginHead, MarginNetwork
from course_lib.nn.margin_trials import (
    ManyMarginNetworks,
    new_classes,
    part_classes,
    plane_features,
    trained_and_verified,
    verify,
)
from course_lib.nn.training import fit
from course_lib.nn.verification import class_angles, equal_error_rate, pair_cosines

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 5)), RNG.integers(0, 3, 40)
SETTINGS = [("ArcFace", 0.3), ("L-Softmax", 2), ("softmax", None), ("L-Softmax", 2)]
EXACT = {"dtype": torch.float64, "annealing": Annealing(6, 10.0, 1.0), "s": 4.0}


def alone(networks, i):
    """Network i with a head of its own, as `fit` takes it."""
    loss, m = SETTINGS[i]
    annealing = networks.annealing if loss == "L-Softmax" else None
    head = MarginHead(2, 3, loss, m=m, s=networks.s[i], annealing=annealing).double()
    head.weight.data = networks.head[i].detach().clone()
    return MarginNetwork(networks.take(i), head)


def test_each_network_ends_where_fit_takes_it():
    networks = ManyMarginNetworks([5, 6, 2], 3, SETTINGS, seeds=(1, 2, 3, 4), **EXACT)
    single = [alone(networks, i) for i in range(4)]
    found = train_many(networks, X, Y, eta=0.01, n_steps=12, batch_size=10, rule="adam")
    y = torch.as_tensor(Y)
    for i, model in enumerate(single):
        assert isinstance(model.body, nn.Sequential)
        history = fit(
            model,
            F.cross_entropy,
            (torch.as_tensor(X), y, y),
            n_epochs=3,
            batch_size=10,
            optimizer=torch.optim.Adam(model.parameters(), lr=0.01),
            random_state=networks.seeds[i],
        )
        model = model.cpu()
        np.testing.assert_allclose(found.losses[:, i], history.step_losses, rtol=1e-6)
        with torch.no_grad():
            torch.testing.assert_close(networks(X)[i], model(torch.as_tensor(X)))
            torch.testing.assert_close(networks.embed(X)[i], model.embed(torch.as_tensor(X)))
        torch.testing.assert_close(networks.head[i], model.head.weight)
    assert networks.step == 12
    accuracy = evaluate_many(networks, X, Y)["accuracy"]
    assert networks.step == 12
    right = (networks(X).argmax(-1) == y).double().mean(1)
    np.testing.assert_allclose(accuracy, right)


def test_networks_of_one_seed_begin_alike_whatever_their_loss():
    one, other = (ManyMarginNetworks([5, 6, 2], 3, [s], seeds=[7]) for s in SETTINGS[:2])
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
    different = ManyMarginNetworks([5, 6, 2], 3, SETTINGS[:1], seeds=[8])
    assert not torch.equal(one.head, different.head)
    assert one.n_classes == 3


def test_features_of_the_plane_are_kept_at_the_epochs_asked_for():
    settings = [("softmax", None), ("A-Softmax", 4), ("CosFace", 0.0)]
    options = {"seeds": (0, 5), "hidden": (8,), "batch_size": 16}
    found = plane_features(settings, X, Y, at=(0, 1, 4), **options)
    assert found.epochs.tolist() == [0, 1, 4]
    assert found.Z.shape == (6, 3, 40, 2)
    assert found.W.shape == (6, 3, 3, 2)
    assert found.accuracy.shape == (6, 3)
    np.testing.assert_array_equal(found.y, Y)
    scores = np.einsum("alnd,alkd->alnk", found.Z, found.W)
    right = (scores[0::3].argmax(-1) == Y).mean(-1)
    np.testing.assert_allclose(found.accuracy[0::3], right)
    assert (found.Z[0, 0] == found.Z[1, 0]).all()  # one start for all losses
    assert (found.Z[0, 0] != found.Z[3, 0]).any()  # another from another seed
    assert (found.Z[:, 0] != found.Z[:, 1]).any(axis=(1, 2)).all()
    assert (found.Z[0, 2] != found.Z[1, 2]).any()
    again = plane_features([settings[1]], X, Y, at=(4,), **(options | {"seeds": (5,)}))
    np.testing.assert_allclose(again.Z[0, 0], found.Z[4, 2], rtol=1e-3, atol=1e-4)
    assert found.accuracy[:, 2].mean() > found.accuracy[:, 0].mean()


def test_the_rate_falls_in_the_last_fifth():
    found = plane_features([("softmax", None)], X, Y, at=(7, 8, 9, 10), hidden=(8,), batch_size=40)
    moves = np.abs(np.diff(found.W[0], axis=0)).mean(axis=(1, 2))
    assert moves[1] < moves[0] / 4  # the steps after epoch 8, and the one before


def test_features_of_the_plane_are_those_of_a_training_alone():
    settings, options = [("A-Softmax", 3)], {"hidden": (8,), "batch_size": 16, "eta": 0.01}
    found = plane_features(settings, X, Y, at=(10,), seeds=(4,), d=3, **options)
    networks = ManyMarginNetworks([5, 8, 3], 3, settings, annealing=Annealing(10), seeds=[4])
    train_many(
        networks,
        X.astype(np.float32),
        Y,
        eta=0.01,
        n_steps=30,
        batch_size=16,
        rule="adam",
        schedule=lambda k: 1.0 if k < 24 else 0.1,
    )
    with torch.no_grad():
        Z = networks.embed(X.astype(np.float32))
    np.testing.assert_allclose(found.Z[0, 0], Z[0], rtol=1e-3, atol=1e-4)


def test_new_classes_are_judged_at_the_threshold_of_the_others():
    Z = torch.tensor([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0], [0.1, 1.0]])
    Z_new = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.3, 1.0], [-1.0, 0.5], [1.0, 0.15]])
    y, y_new = [0, 0, 1, 1], [0, 0, 1, 1, 1]
    found = verify(Z, y, Z_new, y_new)
    (cosines, same), new = pair_cosines(Z_new, y_new), equal_error_rate(*pair_cosines(Z_new, y_new))
    assert found["eer_seen"] == 0
    assert found["eer_new"] == new.rate > 0
    threshold = equal_error_rate(*pair_cosines(Z, y)).threshold
    assert found["threshold"] == threshold
    assert found["new_accepts"] == (cosines[~same] >= threshold).mean()
    assert found["new_rejects"] == (cosines[same] < threshold).mean()
    assert found["new_accepts"] != found["new_rejects"]
    assert (found["within"], found["nearest"]) == class_angles(Z, y)


def test_classes_are_parted_by_class_and_by_sample():
    X, y = np.arange(100)[:, None], np.repeat([3, 5, 7, 8, 9], 20)
    new_of = set()
    for seed in range(6):
        found = part_classes(X, y, n_new=2, n_train=9, n_test=6, seed=seed)
        assert np.bincount(found.y).tolist() == [9] * 3
        assert np.bincount(found.y_test).tolist() == [6] * 3
        assert np.bincount(found.y_new).tolist() == [15] * 2
        assert len({*found.X.ravel(), *found.X_test.ravel(), *found.X_new.ravel()}) == 75
        known = {int(c): set(y[found.X[found.y == c, 0]]) for c in range(3)}
        tested = {int(c): set(y[found.X_test[found.y_test == c, 0]]) for c in range(3)}
        new = {int(c): set(y[found.X_new[found.y_new == c, 0]]) for c in range(2)}
        assert known == tested
        classes = [*known.values(), *new.values()]
        assert all(len(one) == 1 for one in classes)
        assert set.union(*classes) == {3, 5, 7, 8, 9}
        new_of.add(tuple(sorted(set.union(*new.values()))))
    assert len(new_of) > 2
    again = part_classes(X, y, n_new=2, n_train=9, n_test=6, seed=5)
    np.testing.assert_array_equal(again.X, found.X)


def test_each_run_of_new_classes_is_a_training_alone():
    X = np.random.default_rng(1).normal(size=(100, 5)) + np.eye(5)[np.arange(100) % 5] * 3
    y = np.arange(100) % 5
    settings = [("softmax", None), ("ArcFace", 0.2), ("L-Softmax", 3)]
    options = {"n_new": 2, "n_train": 12, "n_test": 8}
    trained = {"n_epochs": 6, "widths": (8, 3), "batch_size": 20, "eta": 0.01, "s": 3.0}
    found = new_classes(X, y, settings, runs=3, **trained, **options)
    assert {name: list(values) for name, values in found.items()} == dict.fromkeys(
        [*verify(X, y, X, y), "accuracy"], settings
    )
    part = part_classes(X, y, seed=2, **options)
    for setting in settings[1:]:
        networks = ManyMarginNetworks(
            [5, 8, 3], 3, [setting], s=3.0, seeds=[2], annealing=Annealing(4)
        )
        train_many(
            networks,
            part.X,
            part.y,
            eta=0.01,
            n_steps=12,
            batch_size=20,
            rule="adam",
            schedule=lambda k: 1.0 if k < 9.6 else 0.1,
        )
        with torch.no_grad():
            Z, Z_new = networks.embed(part.X_test)[0], networks.embed(part.X_new)[0]
            right = (networks(part.X_test)[0].argmax(1).numpy() == part.y_test).mean()
        expected = verify(Z, part.y_test, Z_new, part.y_new) | {"accuracy": right}
        for name, value in expected.items():
            assert found[name][setting][2] == pytest.approx(value, rel=1e-3, abs=1e-3)
            assert len(found[name][settings[0]]) == 3


def test_networks_side_by_side_have_scales_and_rates_of_their_own():
    X = np.random.default_rng(2).normal(size=(100, 5)) + np.eye(5)[np.arange(100) % 5] * 3
    sizes = {"n_new": 2, "n_train": 12, "n_test": 8}
    parted = [part_classes(X, np.arange(100) % 5, seed=seed, **sizes) for seed in (3, 3, 3, 4)]
    settings = [("normalised", None), ("ArcFace", 0.2), ("normalised", None), ("softmax", None)]
    scales, rates, seeds = [3.0, 3.0, 12.0, 12.0], [0.01, 0.001, 0.01, 0.03], [5, 6, 5, 5]
    options = {"n_epochs": 4, "widths": (8, 3), "batch_size": 20}
    found = trained_and_verified(parted, settings, seeds=seeds, eta=rates, s=scales, **options)
    assert found[0] != found[2]
    for i, together in enumerate(found):
        alone = trained_and_verified(
            parted[i : i + 1],
            settings[i : i + 1],
            seeds=seeds[i : i + 1],
            eta=rates[i],
            s=scales[i],
            **options,
        )
        assert alone == [pytest.approx(together, rel=1e-2, abs=1e-2)]


def test_where_nothing_is_said_the_networks_are_those_of_the_chapter(monkeypatch):
    trained = []

    def train(networks, X, y, **options):
        trained.append((networks, options))

    monkeypatch.setattr(margin_trials, "train_many", train)
    digits, labels = np.zeros((1740, 3)), np.arange(1740) % 10
    looks = plane_features([("softmax", None)], digits, labels).epochs
    part = part_classes(digits, labels, n_new=3, n_train=120, n_test=54, seed=0)
    monkeypatch.setattr(margin_trials, "verify", lambda *samples: {})
    trained_and_verified([part], [("ArcFace", 0.5)], seeds=[4])
    (plane, drawn), (sphere, compared) = trained
    assert plane.widths == (3, 64, 32, 2)
    assert plane.seeds == (0,)
    assert (drawn["eta"], drawn["batch_size"], drawn["n_steps"]) == (0.003, 64, 60 * 28)
    assert looks.tolist() == [0, 1, 2, 5, 10, 20, 40, 60]
    assert plane.annealing.steps == 60 * 28 // 3
    assert sphere.widths == (3, 64, 32, 16)
    assert sphere.s == [16]
    assert (compared["eta"], compared["batch_size"], compared["n_steps"]) == (0.001, 64, 40 * 14)
    assert sphere.annealing.steps == 40 * 14 // 3

    asked = []
    monkeypatch.setattr(
        margin_trials,
        "trained_and_verified",
        lambda *a, **options: asked.append((a, options)) or [],
    )
    new_classes(digits, labels, [("softmax", None)])
    (((parted, settings), options),) = asked
    assert len(parted) == len(settings) == 12
    assert parted[0].X.shape == (7 * 120, 3)
    assert parted[0].X_test.shape == (7 * 54, 3)
    assert parted[0].X_new.shape == (3 * 174, 3)
    assert (options["eta"], options["s"], options["seeds"]) == (0.001, 16, [*range(12)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ManyMarginNetworks([5, 2], 3, SETTINGS, seeds=[1]), "settings must name a loss"),
        (
            lambda: ManyMarginNetworks([5, 2], 3, SETTINGS[:1], seeds=[1], s=[1.0, 2.0]),
            "s must be one number or 1, got the shape",
        ),
        (lambda: ManyMarginNetworks([5, 2], 1, SETTINGS[:1], seeds=[1]), "n_classes must be"),
        (lambda: ManyMarginNetworks([5, 2], 3, [("L-Softmax", 0.5)], seeds=[1]), "m must be"),
        (lambda: plane_features([("softmax", None)], X, Y, at=(2, 1)), "at must rise"),
        (
            lambda: part_classes(X, Y, n_new=1, n_train=2, n_test=1, seed=0),
            "n_new must be a whole number from 2",
        ),
        (
            lambda: part_classes(
                np.ones((8, 1)), np.arange(8) // 2, n_new=3, n_train=1, n_test=1, seed=0
            ),
            "n_new must be a whole number from 2 to 2",
        ),
        (
            lambda: part_classes(
                np.ones((11, 1)), np.arange(11) // 3, n_new=2, n_train=2, n_test=1, seed=0
            ),
            "every class must have 3 samples, got one of 2",
        ),
        (lambda: plane_features([("softmax", None)], X, Y, at=(0,)), "at must rise"),
    ],
)
def test_trials_say_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
