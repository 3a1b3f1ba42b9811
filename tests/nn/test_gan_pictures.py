"""Players for pictures: their sizes, one training step by hand, the average, and the judges."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.nn.cnn import count_parameters
from course_lib.nn.convolution import conv2d_transposed
from course_lib.nn.gan_pictures import (
    PictureDiscriminator,
    PictureGenerator,
    draw_pictures,
    judged,
    nearest_distances,
    new_judge,
    new_picture_players,
    train_pictures,
)

PICTURES = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


def weights(model):
    return [one.detach().clone() for one in model.parameters()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("side", [4, 8, 16])
def test_players_make_and_take_pictures_of_their_side(side):
    G, D = new_picture_players(0, side, noise=5, width=3)
    x = G(torch.randn(7, 5))
    assert x.shape == (7, 1, side, side)
    assert x.abs().max() <= 1
    assert D(x).shape == (7, 1)
    first = side // 4
    assert count_parameters(G) == 5 * 6 * first**2 + 2 * 6 + 6 * 3 * 16 + 2 * 3 + 3 * 16 + 1
    assert count_parameters(D) == 3 * 16 + 3 + 3 * 6 * 16 + 6 + 6 * first**2 + 1


def test_players_are_drawn_by_their_seed_and_leave_torchs_generator_alone():
    before = torch.random.get_rng_state()
    one, again, other = (new_picture_players(seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    for k in range(2):
        assert same(weights(one[k]), weights(again[k]))
        assert not same(weights(one[k]), weights(other[k]))


def test_the_generator_is_its_layers_and_ours_give_the_same():
    G = PictureGenerator(noise=4, width=3).eval()
    z = torch.randn(6, 4, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        H = nn.Sequential(*list(G)[:4])(z).numpy()
        for layer in (4, 7):
            W = G[layer].weight.numpy()
            b = None if G[layer].bias is None else G[layer].bias.numpy()
            H = conv2d_transposed(H, W, b, stride=2, padding=1)
            if layer == 4:
                H = G[6](G[5](torch.from_numpy(H))).numpy()
        np.testing.assert_allclose(np.tanh(H), G(z).numpy(), atol=1e-5)


def test_sides_that_cannot_be_halved_twice_are_refused():
    for make in (PictureGenerator, PictureDiscriminator):
        with pytest.raises(ValueError, match="side must be a multiple of 4, got 10"):
            make(10)


def test_the_training_is_the_loop_that_its_docstring_describes():
    G, D = new_picture_players(3, noise=4, width=2)
    mine = copy.deepcopy(G), copy.deepcopy(D)
    average = copy.deepcopy(G)
    seen = train_pictures(
        G, D, PICTURES, looks=(0, 3), eta=0.01, batch_size=8, ema=0.9, random_state=5
    )
    one, judge = (player.train() for player in mine)
    draws = torch.Generator().manual_seed(5)
    adams = [torch.optim.Adam(p.parameters(), lr=0.01, betas=(0.5, 0.999)) for p in (one, judge)]
    losses = []
    for _ in range(3):
        real = PICTURES[torch.randint(40, (8,), generator=draws)]
        fake = one(torch.randn(8, 4, generator=draws)).detach()
        yes, no = judge(real), judge(fake)
        d_loss = F.binary_cross_entropy_with_logits(
            yes, torch.ones_like(yes)
        ) + F.binary_cross_entropy_with_logits(no, torch.zeros_like(no))
        adams[1].zero_grad()
        d_loss.backward()
        adams[1].step()
        answer = judge(one(torch.randn(8, 4, generator=draws)))
        g_loss = F.binary_cross_entropy_with_logits(answer, torch.ones_like(answer))
        adams[0].zero_grad()
        g_loss.backward()
        adams[0].step()
        losses.append(
            [d_loss.item(), g_loss.item(), *(s.sigmoid().mean().item() for s in (yes, no))]
        )
        with torch.no_grad():
            for mean, now in zip(average.parameters(), one.parameters(), strict=True):
                mean.copy_(0.9 * mean + 0.1 * now)
    for theirs, ours in ((G, one), (D, judge), (seen[1].generator, average)):
        for a, b in zip(theirs.parameters(), ours.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    last = seen[1]
    expected = np.mean(losses, axis=0)
    np.testing.assert_allclose([last.d_loss, last.g_loss, *last.said_real], expected, rtol=1e-5)
    assert [look.step for look in seen] == [0, 3]
    assert np.isnan([seen[0].d_loss, seen[0].g_loss, *seen[0].said_real]).all()
    assert not G.training
    assert not D.training


def test_an_average_generator_has_the_statistics_of_its_own_maps():
    G, D = new_picture_players(1, noise=4, width=2)
    (look,) = train_pictures(G, D, PICTURES, looks=(5,), random_state=9)
    averaged = look.generator
    assert not averaged.training
    draws = torch.Generator().manual_seed(9)
    batches = [torch.randn(128, 4, generator=draws) for _ in range(20)]
    with torch.no_grad():
        maps = [averaged[1](averaged[0](z)) for z in batches]
    means = torch.stack([one.mean((0, 2, 3)) for one in maps]).mean(0)
    variances = torch.stack([one.var((0, 2, 3)) for one in maps]).mean(0)
    torch.testing.assert_close(averaged[2].running_mean, means, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(averaged[2].running_var, variances, rtol=1e-4, atol=1e-6)
    with torch.no_grad():
        G[0].weight.zero_()
    assert not same(weights(G)[:1], weights(averaged)[:1])  # a copy of its own


def test_looks_do_not_disturb_the_training():
    ends = []
    for looks in ((4,), (0, 1, 2, 4)):
        G, D = new_picture_players(1, noise=4, width=2)
        train_pictures(G, D, PICTURES, looks=looks)
        ends.append(weights(G))
    assert same(*ends)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"looks": ()}, "looks must be increasing"),
        ({"looks": (3, 2)}, "looks must be increasing"),
        ({"looks": (2, 2)}, "looks must be increasing"),
        ({"looks": (-1,)}, "each of looks must be"),
        ({"ema": 1.0}, "ema must be"),
        ({"batch_size": 1}, "batch_size must be"),
    ],
)
def test_trainings_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        train_pictures(*new_picture_players(0), PICTURES, **{"looks": (1,)} | change)


def test_pictures_are_drawn_by_the_seed():
    G, _ = new_picture_players(0)
    G.eval()
    x = draw_pictures(G, 5, 3)
    assert x.shape == (5, 1, 8, 8)
    torch.testing.assert_close(x, draw_pictures(G, 5, 3))
    assert not torch.allclose(x, draw_pictures(G, 5, 4))
    z = np.random.default_rng(3).standard_normal((5, 16))
    torch.testing.assert_close(x, G(torch.tensor(z, dtype=torch.float32)).detach())


def test_a_judge_learns_classes_and_shows_what_it_sees():
    y = torch.arange(120) % 2
    X = torch.full((120, 1, 8, 8), -1.0) + 0.2 * torch.randn(
        120, 1, 8, 8, generator=torch.Generator().manual_seed(1)
    )
    X[y == 1, :, 2:6, 2:6] += 2
    judge = new_judge(X[:80], y[:80], n_epochs=5)
    p, features = judged(judge, X[80:])
    assert p.shape == (40, 2)
    assert features.shape == (40, 64)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    assert (p.argmax(axis=1) == y[80:].numpy()).mean() > 0.9
    scores = judge.eval()(X[80:]).softmax(1).detach().numpy()
    np.testing.assert_allclose(p, scores, atol=1e-6)


def test_distances_to_the_nearest_picture():
    A = torch.zeros(2, 1, 4, 4)
    A[1] = 1
    B = torch.stack([torch.full((1, 4, 4), v) for v in (3.0, 0.5, -2.0)])
    np.testing.assert_allclose(nearest_distances(A, B), [2, 2])
    assert nearest_distances(B, B).max() == 0


def test_batch_normalisation_is_only_in_the_generator():
    G, D = new_picture_players(0)
    kinds = [[type(layer) for layer in player.modules()] for player in (G, D)]
    assert nn.BatchNorm2d in kinds[0]
    assert nn.BatchNorm2d not in kinds[1]
