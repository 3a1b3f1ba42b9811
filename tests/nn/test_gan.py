"""The game of two networks: losses, penalties, and N games that are each what torch plays alone."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.nn.gan import (
    LOSSES,
    Game,
    alone,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    new_players,
    play,
    r1_penalty,
    train_discriminator,
)
from course_lib.nn.many import ManyNetworks

SCORES = torch.tensor([[0.3, -1.2, 2.0], [4.0, 0.0, -0.5]], dtype=torch.float64)


def draw(n, rng):
    return 3 + 0.5 * rng.standard_normal((n, 2))


def exact_players(seeds=(3, 0), dim=2, noise=2, hidden=(5, 4)):
    """Players in double precision."""
    G = ManyNetworks([noise, *hidden, dim], seeds=seeds, dtype=torch.float64)
    D = ManyNetworks([dim, *hidden, 1], "leaky", seeds=[s + 50 for s in seeds], dtype=torch.float64)
    return G, D


# --- losses --------------------------------------------------------------------------------------


def test_the_losses_are_those_of_their_formulas():
    real, fake = SCORES, SCORES.flip(-1) - 1
    P, Q = real.sigmoid(), fake.sigmoid()
    expected = -P.log().mean(-1) - (1 - Q).log().mean(-1)
    for loss in ("minimax", "non-saturating"):
        torch.testing.assert_close(discriminator_loss(real, fake, loss), expected)
    torch.testing.assert_close(generator_loss(fake, "minimax"), (1 - Q).log().mean(-1))
    torch.testing.assert_close(generator_loss(fake), -Q.log().mean(-1))
    torch.testing.assert_close(generator_loss(fake, "wasserstein"), -fake.mean(-1))
    difference = fake.mean(-1) - real.mean(-1)
    torch.testing.assert_close(discriminator_loss(real, fake, "wasserstein"), difference)


def test_the_discriminators_loss_is_cross_entropy_with_the_labels_of_real_and_fake():
    real, fake = SCORES[0], SCORES[1]
    halves = [
        F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))
        for scores, label in ((real, 1.0), (fake, 0.0))
    ]
    torch.testing.assert_close(discriminator_loss(real, fake), sum(halves))


@pytest.mark.parametrize("loss", LOSSES)
def test_scores_beyond_the_range_of_the_logistic_function_give_finite_losses(loss):
    far = torch.tensor([-800.0, 800.0])
    assert torch.isfinite(discriminator_loss(far, -far, loss))
    assert torch.isfinite(generator_loss(far, loss))


def test_a_fake_that_is_seen_through_is_moved_by_one_loss_and_not_by_the_other():
    slopes = {}
    for loss in ("minimax", "non-saturating"):
        score = torch.tensor([-10.0], dtype=torch.float64, requires_grad=True)
        slopes[loss] = torch.autograd.grad(generator_loss(score, loss), score)[0].item()
    q = 1 / (1 + np.exp(10))
    assert slopes["minimax"] == pytest.approx(-q)
    assert slopes["non-saturating"] == pytest.approx(-(1 - q))


@pytest.mark.parametrize("function", [lambda s: generator_loss(s, "hinge"), None])
def test_an_unknown_loss_is_named(function):
    with pytest.raises(ValueError, match=r"loss must be one of .*'minimax'.* got 'hinge'"):
        (function or (lambda s: discriminator_loss(s, s, "hinge")))(SCORES)


# --- penalties -----------------------------------------------------------------------------------


def slope_by_differences(D, x, h=1e-6):
    """‖∇D‖ of each sample (N, n) by central differences."""
    parts = []
    for j in range(x.shape[-1]):
        move = torch.zeros(x.shape[-1], dtype=x.dtype)
        move[j] = h
        parts.append((D(x + move) - D(x - move))[..., 0].detach() / (2 * h))
    return torch.stack(parts).norm(dim=0)


def tanh_critics():
    return ManyNetworks([2, 6, 1], "tanh", seeds=(1, 2), dtype=torch.float64)


def test_the_penalties_are_means_of_slopes_that_differences_give():
    D, rng = tanh_critics(), np.random.default_rng(0)
    real, fake = (torch.from_numpy(rng.standard_normal((2, 7, 2))) for _ in range(2))
    share = torch.from_numpy(rng.random((2, 7, 1)))
    between = share * real + (1 - share) * fake
    expected = ((slope_by_differences(D, between) - 1) ** 2).mean(-1)
    torch.testing.assert_close(
        gradient_penalty(D, real, fake, share).detach(), expected, rtol=1e-6, atol=1e-8
    )
    expected = (slope_by_differences(D, real) ** 2).mean(-1)
    torch.testing.assert_close(r1_penalty(D, real).detach(), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", ["gp", "r1"])
def test_gradients_of_the_penalties_agree_with_differences(kind):
    D, rng = tanh_critics(), np.random.default_rng(1)
    real, fake = (torch.from_numpy(rng.standard_normal((2, 5, 2))) for _ in range(2))
    share = torch.from_numpy(rng.random((2, 5, 1)))

    def penalty():
        if kind == "r1":
            return r1_penalty(D, real).sum()
        return gradient_penalty(D, real, fake, share).sum()

    parameters = D.W + D.b[:-1]  # the last bias moves no slope
    gradients = torch.autograd.grad(penalty(), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        found = torch.zeros_like(gradient)
        for place in np.ndindex(*parameter.shape):
            values = []
            for h in (1e-6, -1e-6):
                with torch.no_grad():
                    parameter[place] += h
                values.append(penalty().item())
                with torch.no_grad():
                    parameter[place] -= h
            found[place] = (values[0] - values[1]) / 2e-6
        torch.testing.assert_close(gradient, found, rtol=1e-5, atol=1e-7)


def test_a_penalty_takes_pictures_and_a_critic_without_slope():
    critic = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(9, 1))
    x = torch.randn(4, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    expected = critic[1].weight.square().sum()
    torch.testing.assert_close(r1_penalty(critic, x), expected)
    share = torch.rand(4, 1, 1, 1, generator=torch.Generator().manual_seed(1))
    found = gradient_penalty(critic, x, -x, share)
    torch.testing.assert_close(found, (expected.sqrt() - 1) ** 2)
    with torch.no_grad():
        critic[1].weight.zero_()
    penalty = gradient_penalty(critic, x, -x, share)
    penalty.backward()
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert torch.isfinite(critic[1].weight.grad).all()


# --- the game ------------------------------------------------------------------------------------

SETTINGS = [
    {},
    {"loss": "minimax", "beta1": 0.9},
    {"penalty": "r1", "lam": (0.5, 2.0)},
    {"loss": "wasserstein", "penalty": "gp", "lam": 0.1, "beta1": 0.0, "beta2": 0.9, "d_steps": 3},
    {"loss": "wasserstein", "clip": 0.1, "d_steps": 2},
]
RATES = {"eta_G": (0.01, 0.003), "eta_D": (0.02, 0.001)}


def play_by_torch(G, D, seed, i, steps, *, loss="non-saturating", beta1=0.5, beta2=0.999, **rest):
    """One game, with torch's own layers and Adam, and losses by their formulas."""
    rng, d_steps = np.random.default_rng(seed), rest.get("d_steps", 1)
    lam = np.broadcast_to(rest.get("lam", 1.0), 2)[i]
    adam_G, adam_D = (
        torch.optim.Adam(player.parameters(), lr=RATES[name][i], betas=(beta1, beta2))
        for player, name in ((G, "eta_G"), (D, "eta_D"))
    )

    def noise():
        return torch.from_numpy(rng.standard_normal((16, 2)))

    for _ in range(steps):
        for _ in range(d_steps):
            real = torch.from_numpy(draw(16, rng)).requires_grad_()
            fake = G(noise()).detach()
            if loss == "wasserstein":
                objective = D(fake).mean() - D(real).mean()
            else:
                objective = -D(real).sigmoid().log().mean() - (1 - D(fake).sigmoid()).log().mean()
            adam_D.zero_grad()
            if rest.get("penalty") == "r1":
                slope = torch.autograd.grad(D(real).sum(), real, create_graph=True)[0]
                objective = objective + lam * (slope**2).sum(1).mean()
            elif rest.get("penalty") == "gp":
                share = torch.from_numpy(rng.random((16, 1)))
                x = (share * real + (1 - share) * fake).detach().requires_grad_()
                slope = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0]
                objective = objective + lam * ((slope.norm(dim=1) - 1) ** 2).mean()
            objective.backward()
            adam_D.step()
            if "clip" in rest:
                with torch.no_grad():
                    [p.clamp_(-rest["clip"], rest["clip"]) for p in D.parameters()]
        fake = D(G(noise()))
        q = fake.sigmoid()
        objective = {
            "minimax": (1 - q).log().mean(),
            "non-saturating": -q.log().mean(),
            "wasserstein": -fake.mean(),
        }[loss]
        adam_G.zero_grad()
        objective.backward()
        adam_G.step()


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_game_is_what_torch_plays_alone(setting):
    G, D = exact_players()
    alone = [(G.take(i), D.take(i)) for i in range(2)]
    game = Game(G, D, draw, batch_size=16, **RATES, **setting)
    play(game, 6)
    assert game.steps == 6
    for i, (single_G, single_D) in enumerate(alone):
        play_by_torch(single_G, single_D, G.seeds[i], i, 6, **setting)
        for many, single in ((G, single_G), (D, single_D)):
            for mine, theirs in zip(many.take(i).parameters(), single.parameters(), strict=True):
                torch.testing.assert_close(mine, theirs, rtol=1e-7, atol=1e-9)


def test_a_step_of_one_player_leaves_the_other_as_it_is():
    G, D = exact_players()
    game = Game(G, D, draw)
    before = [[one.detach().clone() for one in player.parameters()] for player in (G, D)]
    game.discriminator_step()
    assert all(torch.equal(a, b) for a, b in zip(before[0], G.parameters(), strict=True))
    assert not torch.equal(before[1][0], D.parameters()[0])
    assert game.steps == 0
    assert np.isnan(game.g_loss).all()
    middle = [one.detach().clone() for one in D.parameters()]
    game.generator_step()
    assert all(torch.equal(a, b) for a, b in zip(middle, D.parameters(), strict=True))
    assert not torch.equal(before[0][0], G.parameters()[0])
    assert game.steps == 1


def test_the_reported_losses_are_those_before_the_step_and_without_the_penalty():
    G, D = exact_players()
    rng = [np.random.default_rng(seed) for seed in G.seeds]
    game = Game(G, D, draw, batch_size=8, penalty="r1", lam=100.0)
    real = torch.from_numpy(np.stack([draw(8, one) for one in rng]))
    noise = torch.from_numpy(np.stack([one.standard_normal((8, 2)) for one in rng]))
    expected = discriminator_loss(D(real)[..., 0], D(G(noise))[..., 0]).detach().numpy()
    game.discriminator_step()
    np.testing.assert_allclose(game.d_loss, expected)
    noise = torch.from_numpy(np.stack([one.standard_normal((8, 2)) for one in rng]))
    expected = generator_loss(D(G(noise))[..., 0]).detach().numpy()
    game.generator_step()
    np.testing.assert_allclose(game.g_loss, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_arrows_point_down_the_loss_of_each_sample(loss):
    G, D = exact_players()
    game = Game(G, D, draw, loss=loss)
    X = np.random.default_rng(2).standard_normal((2, 6, 2))
    arrows = game.arrows(X)
    assert arrows.shape == X.shape
    for j in range(2):
        move = np.zeros(2)
        move[j] = 1e-6
        ahead, behind = (
            torch.stack(
                [
                    generator_loss(D(torch.from_numpy(X + sign * move))[:, [k], 0], loss)
                    for k in range(6)
                ],
                dim=1,
            )
            for sign in (1, -1)
        )
        expected = -(ahead - behind).detach().numpy() / 2e-6
        np.testing.assert_allclose(arrows[..., j], expected, rtol=1e-5, atol=1e-8)


def test_clipped_critics_have_no_larger_weight():
    G, D = exact_players()
    play(Game(G, D, draw, loss="wasserstein", clip=0.05), 3)
    assert max(one.abs().max().item() for one in D.parameters()) == pytest.approx(0.05)
    assert max(one.abs().max().item() for one in G.parameters()) > 0.05


def test_games_of_one_seed_at_different_rates_begin_alike_and_meet_the_same_batches():
    G, D = exact_players(seeds=(4, 4))
    game = Game(G, D, draw, eta_D=(1e-3, 1e-4))
    np.testing.assert_array_equal(*game.samples(5))
    game.discriminator_step()
    assert game.d_loss[0] == game.d_loss[1]
    game.discriminator_step()
    assert game.d_loss[0] != game.d_loss[1]


def test_looks_are_taken_where_they_are_wanted():
    game = Game(*exact_players(), draw)
    grid = np.array([[0.0, 0.0], [3.0, 3.0], [1.0, 0.0]])
    first = play(game, 2, looks=(0, 2, 3, 9), n_samples=4, grid=grid)
    assert [look.step for look in first] == [0, 2]
    (second,) = play(game, 2, looks=(0, 2, 3, 9), n_samples=4)
    assert second.step == 3
    assert second.probabilities is None
    assert play(game, 1, looks=(4,)) == []  # it was there before
    look = first[1]
    assert look.samples.shape == look.arrows.shape == (2, 4, 2)
    assert look.probabilities.shape == (2, 3)
    assert not np.allclose(look.samples, second.samples)
    assert np.isnan(first[0].d_loss).all()
    assert np.isfinite(look.d_loss).all()
    np.testing.assert_allclose(
        game.probabilities(grid), 1 / (1 + np.exp(-game.scores(grid))), rtol=1e-12
    )


def test_a_player_moves_alone_in_a_copy():
    game, twin = (Game(*exact_players(), draw) for _ in range(2))
    play(game, 2), play(twin, 2)

    def same(one, other):
        pairs = zip(
            [*one.G.parameters(), *one.D.parameters()],
            [*other.G.parameters(), *other.D.parameters()],
            strict=True,
        )
        return all(torch.equal(a, b) for a, b in pairs)

    moved = {player: alone(game, player, 3) for player in ("D", "G", None)}
    assert same(game, twin)
    assert same(moved[None], twin)
    for _ in range(3):
        twin.discriminator_step()
    assert same(moved["D"], twin)
    for _ in range(3):
        game.generator_step()
    assert same(moved["G"], game)
    assert (moved["D"].steps, moved["G"].steps, moved[None].steps) == (2, 5, 2)
    with pytest.raises(ValueError, match="player must be"):
        alone(game, "both", 1)


def test_new_players_differ_by_seed_and_from_each_other():
    G, D = new_players([0, 1])
    assert G.widths == (2, 64, 64, 2)
    assert D.widths == (2, 64, 64, 1)
    first = [G.W[0][0], G.W[0][1], D.W[0][0], D.W[0][1]]
    for i, one in enumerate(first):
        assert all(not torch.equal(one, other) for other in first[:i])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": "hinge"}, "loss must be one of"),
        ({"penalty": "spectral"}, "penalty must be one of"),
        ({"eta_D": 0.0}, "eta_D must be"),
        ({"eta_G": (0.1,)}, "eta_G must be one number, or one for each of the 2"),
        ({"beta1": 1.0}, "beta1 must be below 1"),
        ({"clip": 0.0}, "clip must be"),
        ({"lam": -1.0}, "lam must be"),
        ({"d_steps": 0}, "d_steps must be"),
        ({"batch_size": 0}, "batch_size must be"),
    ],
)
def test_settings_out_of_range_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        Game(*exact_players(), draw, **change)


def test_players_that_do_not_fit_are_refused():
    G, _ = exact_players()
    for other in (
        ManyNetworks([3, 1], seeds=(0, 1), dtype=torch.float64),
        ManyNetworks([2, 2], seeds=(0, 1), dtype=torch.float64),
        ManyNetworks([2, 1], seeds=(0,), dtype=torch.float64),
        ManyNetworks([2, 1], seeds=(0, 1)),
    ):
        with pytest.raises(ValueError, match="G must make what D takes"):
            Game(G, other, draw)
    normed = ManyNetworks([2, 3, 1], norm="batch", seeds=(0, 1), dtype=torch.float64)
    with pytest.raises(ValueError, match="no batch normalisation"):
        Game(G, normed, draw)


def test_a_discriminator_alone_learns_by_torchs_adam_with_a_falling_rate():
    D = ManyNetworks([2, 4, 1], "leaky", seeds=(7, 8), dtype=torch.float64)
    single = D.take(1)
    train_discriminator(D, draw, lambda n, rng: -draw(n, rng), n_steps=5, eta=0.1, batch_size=9)
    rng = np.random.default_rng([0, 8])
    adam = torch.optim.Adam(single.parameters())
    for k in range(5):
        adam.param_groups[0]["lr"] = 0.1 * (1 - k / 5)
        real, fake = torch.from_numpy(draw(9, rng)), torch.from_numpy(-draw(9, rng))
        adam.zero_grad()
        discriminator_loss(single(real)[:, 0], single(fake)[:, 0]).backward()
        adam.step()
    for mine, theirs in zip(D.take(1).parameters(), single.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-7, atol=1e-9)


def test_where_nothing_is_said_the_numbers_are_those_of_the_docstrings():
    asked = []

    def counted(n, rng):
        asked.append(n)
        return draw(n, rng)

    named = {"eta_G": 1e-3, "eta_D": 1e-3, "beta1": 0.5, "beta2": 0.999, "batch_size": 128}
    games = [
        Game(*exact_players(), counted, penalty="r1", **options)
        for options in ({}, named | {"d_steps": 1, "lam": 1.0})
    ]
    looks = [play(game, 2, looks=(2,)) for game in games]
    assert set(asked) == {128}
    for one, other in zip(games[0].G.parameters(), games[1].G.parameters(), strict=True):
        assert torch.equal(one, other)
    for one, other in zip(games[0].D.parameters(), games[1].D.parameters(), strict=True):
        assert torch.equal(one, other)
    assert looks[0][0].samples.shape == (2, 500, 2)

    judges, asked[:] = [exact_players()[1] for _ in range(2)], []
    train_discriminator(judges[0], counted, counted, n_steps=2)
    train_discriminator(judges[1], draw, draw, n_steps=2, eta=3e-3, batch_size=256)
    assert set(asked) == {256}
    for one, other in zip(judges[0].parameters(), judges[1].parameters(), strict=True):
        assert torch.equal(one, other)
