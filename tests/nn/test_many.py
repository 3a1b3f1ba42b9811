"""Many networks at once: each is what `fit` and torch make of it alone."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import dense_network
from course_lib.nn.many import (
    ManyNetworks,
    evaluate_many,
    noisy_labels,
    shifted,
    train_many,
)
from course_lib.nn.training import evaluate, fit
from course_lib.optim import WarmupCosine

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 9)), RNG.integers(0, 3, 50)
SEEDS = (3, 0, 8)
WIDTHS = (9, 7, 6, 3)
EXACT = {"dtype": torch.float64, "seeds": SEEDS}


def weights(model):
    return torch.cat([one.detach().cpu().ravel() for one in model.state_dict().values()]).numpy()


def groups(model, decay):
    """torch's parameter groups: the decay is for the weights of dense layers only."""
    priced = [one.weight for one in model if isinstance(one, torch.nn.Linear)]
    others = [p for p in model.parameters() if all(p is not one for one in priced)]
    return [{"params": priced, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


class DecoupledSGD(torch.optim.SGD):
    """torch's SGD, and the weights of the first group shrink before each step."""

    def __init__(self, model, lr, momentum, decay):
        self.decay = decay
        super().__init__(groups(model, 0.0), lr=lr, momentum=momentum)

    def step(self):
        group = self.param_groups[0]
        with torch.no_grad():
            for p in group["params"]:
                p *= 1 - group["lr"] * self.decay
        super().step()


# --- each network is the one that is trained alone ----------------------------------------------


@pytest.mark.parametrize("norm", [None, "batch", "layer"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_networks_begin_as_those_of_our_layers(norm, activation):
    networks = ManyNetworks(WIDTHS, activation, norm=norm, **EXACT)
    for training in (True, False):
        networks.train(training)
        scores = networks(X)
        assert scores.shape == (3, 50, 3)
        for i, seed in enumerate(SEEDS):
            single = dense_network(WIDTHS, activation, norm=norm, random_state=seed)
            single(Tensor(X))  # as the networks above did in training
            if not training or norm != "batch":
                single.train(False)
            expected = dense_network(WIDTHS, activation, norm=norm, random_state=seed)
            expected = (single if not training else expected)(Tensor(X)).data
            np.testing.assert_allclose(scores[i].detach().numpy(), expected, atol=1e-10)


def test_a_leaky_network_is_torchs_and_begins_as_one_with_relu():
    leaky, plain = (ManyNetworks(WIDTHS, kind, **EXACT) for kind in ("leaky", "relu"))
    assert all(torch.equal(a, b) for a, b in zip(leaky.W, plain.W, strict=True))
    alone = leaky.take(2)
    assert alone[1].negative_slope == 0.2
    torch.testing.assert_close(leaky(X)[2], alone(torch.from_numpy(X)))
    assert not torch.allclose(leaky(X), plain(X))


@pytest.mark.parametrize(
    ("rule", "norm", "clip", "schedule"),
    [
        ("momentum", None, None, None),
        ("momentum", "batch", 0.5, lambda k: 1 / (k + 1)),
        ("momentum", "layer", None, WarmupCosine(1.0, steps=12, warmup=3)),
        ("adam", None, 0.1, None),
        ("adam", "batch", None, WarmupCosine(1.0, steps=12, warmup=3)),
    ],
)
def test_each_network_ends_where_fit_takes_it(rule, norm, clip, schedule):
    etas, decays, moments = (0.1, 0.03, 0.01), (0.0, 0.5, 2.0), (0.9, 0.0, 0.5)
    networks = ManyNetworks(WIDTHS, norm=norm, **EXACT)
    singles = [networks.take(i) for i in range(3)]
    options = {"rule": rule, "momentum": moments, "weight_decay": decays, "schedule": schedule}
    found = train_many(
        networks, X, Y, eta=etas, n_steps=12, batch_size=20, clip=clip, **options
    )  # four epochs of 20, 20 and 10
    for i, (model, eta) in enumerate(zip(singles, etas, strict=True)):
        if rule == "adam":
            optimizer = torch.optim.AdamW(groups(model, decays[i]), lr=eta)
        else:
            optimizer = DecoupledSGD(model, eta, moments[i], decays[i])
        history = fit(
            model,
            F.cross_entropy,
            (X, Y),
            n_epochs=4,
            batch_size=20,
            optimizer=optimizer,
            schedule=None if schedule is None else lambda k, eta=eta: eta * schedule(k),
            clip=clip,
            random_state=SEEDS[i],
        )
        np.testing.assert_allclose(found.losses[:, i], history.step_losses, rtol=1e-7)
        mine, theirs = networks.take(i).state_dict(), model.state_dict()
        for name in mine:
            if "tracked" not in name:
                torch.testing.assert_close(mine[name], theirs[name].cpu(), rtol=1e-6, atol=1e-8)
        if clip is not None:
            per_epoch = found.gradient_norms[:, i].reshape(4, 3) @ [0.4, 0.4, 0.2]
            np.testing.assert_allclose(per_epoch, history["gradient_norm"], rtol=1e-6)
        measured = evaluate_many(networks, X, Y)
        expected = evaluate(model, F.cross_entropy, (X, Y))
        assert measured["loss"][i] == pytest.approx(expected["loss"], rel=1e-6)


@pytest.mark.parametrize("options", [{}, {"dropout": 0.4}, {"norm": "batch"}])
def test_a_network_does_not_notice_the_others(options):
    more = {"shift": 1, "eta": 0.1, "n_steps": 7, "batch_size": 20}
    together = ManyNetworks(WIDTHS, **EXACT, **options)
    train_many(together, X, Y, **more)
    for i, seed in enumerate(SEEDS):
        alone = ManyNetworks(WIDTHS, seeds=[seed], dtype=torch.float64, **options)
        train_many(alone, X, Y, **more)
        np.testing.assert_allclose(weights(together.take(i)), weights(alone.take(0)), atol=1e-10)


def test_a_network_that_diverges_leaves_the_others_alone():
    both = ManyNetworks(WIDTHS, seeds=(0, 0), dtype=torch.float64)
    found = train_many(both, X, Y, eta=[1e200, 0.1], n_steps=6)
    one = ManyNetworks(WIDTHS, seeds=(0,), dtype=torch.float64)
    alone = train_many(one, X, Y, eta=0.1, n_steps=6)
    assert found.diverged.tolist() == [True, False]
    np.testing.assert_allclose(found.losses[:, 1], alone.losses[:, 0])


def test_settings_that_differ_between_networks():
    networks = ManyNetworks(
        WIDTHS, init=["he", 0.1, "orthogonal"], gain=[1, 2, 3], dtype=torch.float64, seeds=(1, 1, 1)
    )
    for i, (init, gain) in enumerate((("he", 1), (0.1, 2), ("orthogonal", 3))):
        single = dense_network(WIDTHS, init=init, gain=gain, random_state=1)
        for W, expected in zip(networks.W, single.state()[::2], strict=True):
            np.testing.assert_allclose(W[i].detach(), expected)
    tanh = ManyNetworks([50, 60, 2], "tanh")
    assert tanh.W[0].std().item() == pytest.approx(np.sqrt(2 / 110), rel=0.1)
    assert tanh.W[0].dtype == torch.float32


def test_data_of_their_own():
    three = np.stack([X, X + 1, -X])
    labels = np.stack([Y, 2 - Y, (Y + 1) % 3])
    networks = ManyNetworks(WIDTHS, **EXACT)
    found = train_many(networks, three, labels, eta=0.1, n_steps=5, batch_size=20)
    measured = evaluate_many(networks, three, labels)
    for i, seed in enumerate(SEEDS):
        one = ManyNetworks(WIDTHS, seeds=[seed], dtype=torch.float64)
        alone = train_many(one, three[i], labels[i], eta=0.1, n_steps=5, batch_size=20)
        np.testing.assert_allclose(found.losses[:, i], alone.losses[:, 0])
        right = one(three[i])[0].argmax(1).numpy() == labels[i]
        assert measured["accuracy"][i] == pytest.approx(right.mean())


# --- dropout and shifts --------------------------------------------------------------------------


def test_dropout_leaves_out_hidden_units_in_training_only():
    kept = []

    class Spied(ManyNetworks):
        def __call__(self, X, masks=None):
            kept.append(masks)
            return super().__call__(X, masks)

    networks = Spied([9, 400, 3], dropout=[0.0, 0.25, 0.75], seeds=(0, 0, 0))
    train_many(networks, X, Y, eta=1e-6, n_steps=2, batch_size=50, watch={"all": (X, Y)})
    first, second, last = kept
    assert last is None
    assert first[0].shape == (3, 50, 400)
    for i, p in enumerate((0.0, 0.25, 0.75)):
        values = np.unique(first[0][i].numpy())
        expected = [1.0] if p == 0 else [0, 1 / (1 - p)]
        np.testing.assert_allclose(values, expected, rtol=1e-6)
        assert (first[0][i] > 0).float().mean().item() == pytest.approx(1 - p, abs=0.01)
    assert (first[0] != second[0]).any()


def test_the_masks_multiply_the_hidden_units():
    networks = ManyNetworks(WIDTHS, **EXACT)
    kept = [torch.zeros(3, 50, 7, dtype=torch.float64), torch.ones(3, 50, 6, dtype=torch.float64)]
    kept[0][:, :, 2] = 5.0
    H = torch.relu(torch.from_numpy(X) @ networks.W[0] + networks.b[0])
    H = torch.relu((H * kept[0]) @ networks.W[1] + networks.b[1])
    torch.testing.assert_close(networks(X, kept), H @ networks.W[2] + networks.b[2])


def test_a_network_with_dropout_is_taken_with_its_layers():
    networks = ManyNetworks(WIDTHS, dropout=[0.0, 0.3, 0.0], norm="layer", seeds=(0, 1, 2))
    kinds = [type(one).__name__ for one in networks.take(1)]
    block = ["Linear", "LayerNorm", "ReLU", "Dropout"]
    assert kinds == [*block, *block, "Linear"]
    assert networks.take(1)[3].p == pytest.approx(0.3)
    assert "Dropout" not in [type(one).__name__ for one in networks.take(0)]
    assert not networks.take(1).training
    for i in range(3):
        torch.testing.assert_close(
            networks(X)[i], networks.take(i)(torch.tensor(X, dtype=torch.float32))
        )


@pytest.mark.parametrize("rows", [-2, 0, 1])
@pytest.mark.parametrize("columns", [-1, 0, 2, 3])
def test_pictures_are_shifted_as_arrays_are(rows, columns):
    picture = np.arange(1.0, 10).reshape(3, 3)
    expected = np.zeros((9, 9))
    expected[3 + rows : 6 + rows, 3 + columns : 6 + columns] = picture
    moved = shifted(torch.from_numpy(picture.ravel()), torch.tensor(rows), torch.tensor(columns))
    np.testing.assert_array_equal(moved.reshape(3, 3), expected[3:6, 3:6])


def test_every_picture_of_a_batch_has_its_own_shift():
    pictures = torch.arange(1.0, 9).reshape(2, 4)
    moved = shifted(pictures, torch.tensor([1, 0]), torch.tensor([0, 1]))
    assert moved.tolist() == [[0, 0, 1, 2], [0, 5, 0, 7]]
    with pytest.raises(ValueError, match="square pictures, got 8 pixels"):
        shifted(torch.ones(2, 8), torch.zeros(2).long(), torch.zeros(2).long())


def test_training_with_shifts_sees_all_of_them():
    seen = []

    class Spied(ManyNetworks):
        def __call__(self, X, masks=None):
            seen.append(X)
            return super().__call__(X, masks)

    dot = np.zeros((60, 9))
    dot[:, 4] = 1  # one bright pixel in the middle
    train_many(Spied([9, 3]), dot, np.zeros(60, int), eta=0.1, n_steps=1, batch_size=60, shift=1)
    places = set(seen[0][0].argmax(1).tolist())
    assert places == set(range(9))
    train_many(Spied([9, 3]), dot, np.zeros(60, int), eta=0.1, n_steps=1, batch_size=60)
    assert (seen[-1].argmax(-1) == 4).all()


# --- looks and patience --------------------------------------------------------------------------


def test_looks_are_taken_every_so_often_and_at_the_end():
    watch = {"train": (X, Y), "validation": (X + 0.1, Y)}
    networks = ManyNetworks(WIDTHS, **EXACT)
    found = train_many(networks, X, Y, eta=0.1, n_steps=7, every=3, watch=watch)
    assert found.steps.tolist() == [3, 6, 7]
    again = ManyNetworks(WIDTHS, **EXACT)
    train_many(again, X, Y, eta=0.1, n_steps=3)
    for name, data in watch.items():
        for measure, value in evaluate_many(again, *data).items():
            np.testing.assert_allclose(found.watched[name][measure][0], value)
            assert found.watched[name][measure].shape == (3, 3)
    assert found.losses.shape == found.gradient_norms.shape == (7, 3)
    assert found.best_step.tolist() == [-1, -1, -1]
    end = train_many(ManyNetworks(WIDTHS), X, Y, eta=0.1, n_steps=4, watch=watch)
    assert end.steps.tolist() == [4]


def test_at_a_look_the_networks_are_as_far_and_in_prediction():
    networks, seen = ManyNetworks(WIDTHS, norm="batch", **EXACT), []
    watch = {"train": (X, Y)}

    def look(step):
        seen.append((step, networks.training, evaluate_many(networks, X, Y)["loss"]))

    found = train_many(networks, X, Y, eta=0.1, n_steps=7, every=3, watch=watch, at_look=look)
    assert [one[:2] for one in seen] == [(3, False), (6, False), (7, False)]
    np.testing.assert_allclose([one[2] for one in seen], found.watched["train"]["loss"])


def test_patience_puts_the_best_weights_back_and_stops():
    wrong = (X, (Y + 1) % 3)  # better and better on the one, worse on the other, sooner or later
    options = {"eta": [0.001, 0.05, 0.2], "batch_size": 50, "every": 1}
    watch = {"validation": wrong}
    networks = ManyNetworks(WIDTHS, norm="batch", **EXACT)
    found = train_many(networks, X, Y, n_steps=60, patience=4, watch=watch, **options)
    losses, looks = found.watched["validation"]["loss"], len(found.steps)
    for i in range(3):
        best, waited = 0, 0
        for k in range(1, looks):
            if waited < 4:
                best, waited = (k, 0) if losses[k, i] < losses[best, i] else (best, waited + 1)
        assert found.best_step[i] == best + 1
    assert looks == min(60, found.best_step.max() + 4)
    assert looks < 60
    again = evaluate_many(networks, *wrong)["loss"]  # running statistics are put back, too
    np.testing.assert_allclose(again, losses[found.best_step - 1, range(3)])
    free = ManyNetworks(WIDTHS, norm="batch", **EXACT)
    whole = train_many(free, X, Y, n_steps=looks, watch=watch, **options)
    np.testing.assert_allclose(whole.watched["validation"]["loss"], losses)


def test_evaluation_keeps_the_mode_and_the_running_statistics():
    networks = ManyNetworks(WIDTHS, norm="batch", **EXACT)
    networks.train()
    before = [one.clone() for pair in networks.running for one in pair]
    evaluate_many(networks, X, Y)
    assert networks.training
    for one, other in zip(before, (p for pair in networks.running for p in pair), strict=True):
        assert torch.equal(one, other)
    train_many(networks, X, Y, eta=0.1, n_steps=1)
    assert not networks.training


# --- noisy labels --------------------------------------------------------------------------------


def test_noisy_labels_are_drawn_from_all_classes():
    y = np.zeros(10_000, int)
    noisy = noisy_labels(y, 0.3, n_classes=5, random_state=0)
    counts = np.bincount(noisy)
    np.testing.assert_allclose(counts[1:], 600, atol=90)
    assert counts[0] == pytest.approx(7600, abs=120)
    assert not y.any()
    np.testing.assert_array_equal(noisy, noisy_labels(y, 0.3, n_classes=5, random_state=0))
    assert noisy_labels(y, 0, n_classes=5).sum() == 0
    assert (noisy[:5000] > 0).mean() == pytest.approx((noisy[5000:] > 0).mean(), abs=0.03)


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "step"}, "activation must be one of .*got 'step'"),
        ({"norm": "x"}, r"norm must be one of \['batch', 'layer'\] or None, got 'x'"),
        ({"widths": [3]}, "widths must name inputs and outputs"),
        ({"seeds": []}, "seeds a seed"),
        ({"seeds": [-1]}, "each of seeds must be a whole number of at least 0"),
        ({"widths": [3, 0, 2]}, "each of widths must be a whole number of at least 1"),
        ({"dropout": 1.0}, "dropout must be below 1"),
        ({"dropout": -0.1}, "dropout must be a finite number of at least 0"),
        ({"dropout": [0.1, 0.1]}, "dropout must be one number, or one for each of the 3 networks"),
        ({"init": ["he", "he"]}, "init must be one, or one for each of 3"),
        ({"gain": -1}, "gain must be a finite number of at least 0"),
    ],
)
def test_networks_say_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        ManyNetworks(**{"widths": WIDTHS, "seeds": SEEDS, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eta": 0}, "eta must be a finite number above 0"),
        ({"eta": [0.1]}, "eta must be one number, or one for each of the 3"),
        ({"n_steps": 0}, "n_steps must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"every": 0}, "every must be a whole number"),
        ({"rule": "newton"}, r"rule must be one of \['momentum', 'adam'\], got 'newton'"),
        ({"momentum": 1.1}, "momentum must be a finite number of at least 0 and at most 1"),
        ({"weight_decay": -1}, "weight_decay must be a finite number of at least 0"),
        ({"clip": 0}, "clip must be a finite number above 0"),
        ({"shift": -1}, "shift must be a whole number of at least 0"),
        ({"patience": 2}, "patience watches the loss on watch"),
        ({"patience": 0, "watch": {"validation": (X, Y)}}, "patience must be a whole number"),
        ({"y": Y[:-1]}, r"y must have the shape \(50,\) or \(3, 50\), got \(49,\)"),
        ({"y": Y - 1}, "y must hold whole numbers from 0 to 2"),
        ({"y": Y + 1}, "y must hold whole numbers from 0 to 2"),
        ({"y": Y / 2}, "y must hold whole numbers from 0 to 2"),
        ({"X": X[:, :5]}, r"X must have the shape \(n, 9\), or \(3, n, 9\), got \(50, 5\)"),
        ({"X": X[0], "y": Y[:1]}, r"X must have the shape \(n, 9\)"),
        ({"X": X[:0], "y": Y[:0]}, r"y must have the shape \(0,\)"),
    ],
)
def test_training_says_what_is_wrong(options, message):
    arguments = {"X": X, "y": Y, "eta": 0.1, "n_steps": 2, **options}
    with pytest.raises(ValueError, match=message):
        train_many(ManyNetworks(WIDTHS, seeds=SEEDS), **arguments)


def test_a_batch_of_one_cannot_be_normalised():
    networks = ManyNetworks(WIDTHS, norm="batch")
    with pytest.raises(ValueError, match="a batch of one sample has no variance"):
        train_many(networks, X[:5], Y[:5], eta=0.1, n_steps=3, batch_size=2)


def test_labels_with_a_share_out_of_range():
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="share must be a finite number"):
            noisy_labels(Y, share, n_classes=3)
    with pytest.raises(ValueError, match="n_classes must be a whole number"):
        noisy_labels(Y, 0.1, n_classes=0)
