"""Margin losses against their definitions by angles, finite differences and plain softmax."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.gradient_check import gradient_check
from course_lib.nn.margin_losses import (
    LOSSES,
    Annealing,
    MarginHead,
    MarginNetwork,
    a_softmax,
    arcface,
    check_margin,
    contrastive_loss,
    cosface,
    cosines,
    l_softmax,
    margin_logits,
    normalised_softmax,
    psi,
    psi_of_cosine,
    triplet_loss,
)
from course_lib.nn.training import fit, predict, seeded
from tests.backends import BACKENDS

MARGINS = {"L-Softmax": 3, "A-Softmax": 4, "CosFace": 0.35, "ArcFace": 0.5}
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA"),
    ),
]


def psi_by_pieces(theta, m):
    """The definition: on each stretch [kπ/m, (k+1)π/m] its own formula."""
    for k in range(m):
        if k * math.pi / m <= theta <= (k + 1) * math.pi / m:
            return (-1) ** k * math.cos(m * theta) - 2 * k
    raise AssertionError(theta)


def samples(n=12, d=3, K=5, seed=0):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=draw, dtype=torch.float64)
    W = torch.randn(K, d, generator=draw, dtype=torch.float64)
    return x, W, torch.arange(n) % K


def loss_by_angles(x, W, y, name, m, s=16.0, lam=0.0):
    """Each sample's loss in plain numbers, from its angles."""
    found = []
    for one, label in zip(x.tolist(), y.tolist(), strict=True):
        z = []
        for j, w in enumerate(W.tolist()):
            inner = sum(a * b for a, b in zip(one, w, strict=True))
            theta = math.acos(inner / math.hypot(*one) / math.hypot(*w))
            right = math.cos(theta)
            if j == label and name in ("L-Softmax", "A-Softmax"):
                right = psi_by_pieces(theta, m)
            elif j == label and name == "CosFace":
                right -= m
            elif j == label and name == "ArcFace":
                right = math.cos(theta + m)
                if theta + m > math.pi:
                    right = -2 - right
            right = (lam * math.cos(theta) + right) / (1 + lam)
            size = s
            if name in ("softmax", "L-Softmax"):
                size = math.hypot(*one) * math.hypot(*w)
            elif name == "A-Softmax":
                size = math.hypot(*one)
            z.append(size * right)
        found.append(math.log(sum(map(math.exp, z))) - z[label])
    return sum(found) / len(found)


# --- ψ ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("m", range(1, 7))
def test_psi_is_its_definition_and_agrees_with_the_polynomial(m):
    theta = np.r_[np.linspace(0, np.pi, 401), np.arange(m + 1) * np.pi / m]
    by_pieces = [psi_by_pieces(min(one, math.pi), m) for one in theta]
    np.testing.assert_allclose(psi(theta, m), by_pieces, atol=1e-12)
    c = torch.cos(torch.as_tensor(theta))
    np.testing.assert_allclose(psi_of_cosine(c, m), by_pieces, atol=1e-12)


@pytest.mark.parametrize("m", range(1, 7))
def test_psi_falls_without_a_jump_below_the_cosine(m):
    theta = np.linspace(0, np.pi, 10_001)
    values = psi(theta, m)
    steps = np.diff(values)
    assert (steps < 1e-12).all()
    assert (steps > -1.01 * m * np.pi / 10_000).all()  # no slope is steeper than m
    assert (values <= np.cos(theta) + 1e-12).all()
    assert values[0] == 1
    assert values[-1] == pytest.approx(1 - 2 * m)


@pytest.mark.parametrize("m", range(1, 7))
def test_the_slope_of_psi_by_hand(m):
    theta = torch.linspace(0, math.pi, 50, dtype=torch.float64)[1:-1]
    c = torch.cos(theta).requires_grad_()
    slope = torch.autograd.grad(psi_of_cosine(c, m).sum(), c)[0]
    by_hand = m * torch.sin(m * theta).abs() / torch.sin(theta)
    torch.testing.assert_close(slope, by_hand)
    c = torch.cos(torch.arange(m + 1, dtype=torch.float64) * math.pi / m).requires_grad_()
    at_bounds = torch.autograd.grad(psi_of_cosine(c, m).sum(), c)[0]
    expected = torch.zeros(m + 1, dtype=torch.float64)
    expected[[0, -1]] = m**2  # at 0 and at π; flat at the bounds between
    torch.testing.assert_close(at_bounds, expected, atol=1e-10, rtol=0)


def test_a_cosine_beyond_one_by_rounding_is_harmless():
    c = torch.tensor([1 + 1e-7, -1 - 1e-7], requires_grad=True)
    values = psi_of_cosine(c, 4)
    torch.testing.assert_close(values, torch.tensor([1.0, -7.0]), atol=1e-5, rtol=0)
    assert torch.autograd.grad(values.sum(), c)[0].isfinite().all()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_psi_takes_any_array(backend, dtype):
    theta = backend.array([0.0, 1.0, 2.0, 3.0], dtype)
    found = psi(theta, 3)
    assert backend.owns(found, dtype)
    expected = [psi_by_pieces(one, 3) for one in (0.0, 1.0, 2.0, 3.0)]
    np.testing.assert_allclose(backend.numpy(found), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("theta", "m"), [([-0.1], 2), ([3.2], 2), ([float("nan")], 2), ([1.0], 0)])
def test_psi_says_what_is_wrong(theta, m):
    with pytest.raises(ValueError, match="theta must hold angles" if m else "m must be a whole"):
        psi(np.array(theta), m)
    with pytest.raises(ValueError, match="m must be a whole"):
        psi_of_cosine(torch.ones(1), 1.5)


# --- losses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lam", [0.0, 2.5])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_their_definitions_by_angles(name, lam):
    x, W, y = samples(n=40)
    m = MARGINS.get(name)
    z = margin_logits(x, W, y, name, m=m, s=7.0, lam=lam)
    expected = loss_by_angles(x, W, y, name, m, s=7.0, lam=lam)
    assert F.cross_entropy(z, y).item() == pytest.approx(expected, rel=1e-12)


def test_each_loss_by_its_own_function():
    x, W, y = samples()
    for function, name, options in (
        (l_softmax, "L-Softmax", {"m": 2, "lam": 3.0}),
        (a_softmax, "A-Softmax", {"m": 3, "lam": 2.0}),
        (normalised_softmax, "normalised", {"s": 5.0}),
        (cosface, "CosFace", {"m": 0.2, "s": 5.0}),
        (arcface, "ArcFace", {"m": 0.3, "s": 5.0}),
    ):
        expected = F.cross_entropy(margin_logits(x, W, y, name, **options), y)
        assert function(x, W, y, **options) == expected
        usual = F.cross_entropy(margin_logits(x, W, y, name), y)
        assert function(x, W, y) == usual
        assert usual != expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_a_margin_the_logits_are_the_plain_ones_to_the_last_bit(dtype):
    x, W, y = samples(200)
    x, W = x.to(dtype), W.to(dtype)
    for name, m in (("L-Softmax", 1), ("A-Softmax", 1), ("CosFace", 0.0), ("ArcFace", 0.0)):
        assert torch.equal(margin_logits(x, W, y, name, m=m), margin_logits(x, W, loss=name))
    softmax = x @ W.mT
    assert torch.equal(margin_logits(x, W, y, "L-Softmax", m=1), softmax)
    assert torch.equal(margin_logits(x, W, y, "softmax"), softmax)
    assert l_softmax(x, W, y, m=1) == F.cross_entropy(softmax, y)
    unit = F.normalize(W)
    torch.testing.assert_close(margin_logits(x, W, y, "A-Softmax", m=1), x @ unit.mT)
    assert torch.equal(
        margin_logits(x, W, y, "CosFace", m=0.0), margin_logits(x, W, y, "normalised")
    )
    torch.testing.assert_close(margin_logits(x, W, s=3.0, loss="normalised"), 3 * cosines(x, W))


@pytest.mark.parametrize("name", MARGINS)
def test_only_the_right_logit_is_lowered(name):
    x, W, y = samples(200)
    plain, margin = (margin_logits(x, W, labels, name) for labels in (None, y))
    right = F.one_hot(y, len(W)).bool()
    assert torch.equal(plain[~right], margin[~right])
    assert (margin[right] < plain[right]).all()
    between = margin_logits(x, W, y, name, lam=3.0)[right]
    torch.testing.assert_close(between, (3 * plain[right] + margin[right]) / 4)


@pytest.mark.parametrize("name", ["L-Softmax", "A-Softmax", "CosFace", "ArcFace"])
def test_the_right_logit_falls_with_the_angle_and_has_no_jump(name):
    theta = torch.linspace(0, math.pi, 5001, dtype=torch.float64)
    x = torch.stack([theta.cos(), theta.sin()], 1)
    W = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    z = margin_logits(x, W, torch.zeros(5001, dtype=torch.long), name, s=1.0)[:, 0]
    steps = z.diff()
    assert (steps < 1e-9).all()
    assert (steps > -4.1 * math.pi / 5000).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("lam", [0.0, 1.5])
def test_gradients_agree_with_small_steps(name, lam):
    x, W, y = samples(8, 3, 4)
    whole = torch.cat([x, W]).numpy()

    def loss(both):
        both = torch.as_tensor(both)
        return F.cross_entropy(margin_logits(both[:8], both[8:], y, name, lam=lam, s=4.0), y)

    leaf = torch.tensor(whole, requires_grad=True)
    gradient = torch.autograd.grad(loss(leaf), leaf)[0].numpy()
    check = gradient_check(lambda both: loss(both).numpy(), gradient, whole)
    assert check.ok, check


def test_the_gradient_of_cosface_by_hand():
    x, W, y = samples()
    x, W = F.normalize(x), F.normalize(W)
    W.requires_grad_()
    loss = cosface(x, W, y, m=0.35, s=6.0)
    p = F.softmax(margin_logits(x, W, y, "CosFace", m=0.35, s=6.0), 1)
    slopes = 6 * (p - F.one_hot(y, len(W))) / len(y)  # of the loss by each cosine
    across = slopes[..., None] * (x[:, None] - cosines(x, W)[..., None] * W)
    torch.testing.assert_close(torch.autograd.grad(loss, W)[0], across.sum(0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_finite_where_angles_are_0_or_180_degrees(name, dtype):
    W = torch.tensor([[2.0, 0.0], [0.0, 1.0]], dtype=dtype)
    x = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [1e-3, 0.0], [1.0, 1e-8]], dtype=dtype)
    x.requires_grad_(), W.requires_grad_()
    z = margin_logits(x, W, torch.zeros(4, dtype=torch.long), name)
    for gradient in torch.autograd.grad(F.cross_entropy(z, torch.zeros(4, dtype=int)), [x, W]):
        assert gradient.isfinite().all()
        assert gradient.abs().max() < 1e5
    assert z.isfinite().all()


@pytest.mark.parametrize("name", LOSSES)
def test_an_embedding_without_length_gives_numbers(name):
    x = torch.zeros(1, 3, requires_grad=True)
    z = margin_logits(x, torch.eye(3), torch.tensor([1]), name)
    assert z.isfinite().all()
    assert torch.autograd.grad(z.sum(), x)[0].isfinite().all()
    assert (cosines(x, torch.eye(3)) == 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_networks_side_by_side_get_what_each_gets_alone(name):
    parts = [samples(seed=seed) for seed in range(6)]
    x, W, y = (torch.stack(one).reshape(2, 3, *one[0].shape) for one in zip(*parts, strict=True))
    together = margin_logits(x, W, y, name)
    for i, one in enumerate(parts):
        alone = margin_logits(*one, name)
        torch.testing.assert_close(together[i // 3, i % 3], alone)
    torch.testing.assert_close(
        normalised_softmax(x, W, y),
        torch.stack([normalised_softmax(*one) for one in parts]).mean(),
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_stay_on_their_device(name, device):
    x, W, y = (one.to(device) for one in samples())
    z = margin_logits(x, W, y, name, lam=1.0)
    assert z.device == x.device
    torch.testing.assert_close(z.cpu(), margin_logits(*samples(), name, lam=1.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "sphere"}, "loss must be one of"),
        ({"m": 1.5}, "m must be a whole number"),
        ({"loss": "CosFace", "m": 1.2}, "m must be a finite number of at least 0 and at most 1"),
        ({"loss": "ArcFace", "m": 1.7}, "m must be a finite number of at least 0 and at most 1.57"),
        ({"loss": "softmax", "m": 2}, "softmax has no margin"),
        ({"s": 0}, "s must be"),
        ({"lam": -1}, "lam must be"),
        ({"W": torch.ones(2, 4)}, "x must have the shape"),
        ({"x": torch.ones(3)}, "x must have the shape"),
        ({"W": torch.ones(3)}, "x must have the shape"),
        ({"W": torch.ones(1, 2, 3)}, "x must have the shape"),
        ({"y": torch.zeros(2, dtype=torch.long)}, "y must hold"),
        ({"y": torch.zeros(5)}, "y must hold"),
    ],
)
def test_logits_say_what_is_wrong(options, message):
    given = {"x": torch.ones(5, 3), "W": torch.ones(2, 3), "y": torch.zeros(5, dtype=torch.long)}
    with pytest.raises(ValueError, match=message):
        margin_logits(**(given | options))


def test_the_usual_margins():
    assert [check_margin(name, None) for name in LOSSES] == [0, 0, 4, 4, 0.35, 0.5]
    assert check_margin("normalised", 0.0) == 0


# --- training ------------------------------------------------------------------------------------


def test_annealing_falls_by_equal_factors_to_its_end():
    weights = [Annealing(4, 1000.0, 0.1)(k) for k in range(7)]
    np.testing.assert_allclose(weights, [1000, 100, 10, 1, 0.1, 0.1, 0.1])
    assert Annealing(3)(0) == 1000
    assert Annealing(3)(3) == 5
    for wrong in ({"steps": 0}, {"steps": 2, "end": 0.0}, {"steps": 2, "start": 1.0}):
        with pytest.raises(ValueError, match="must be"):
            Annealing(**wrong)


def test_a_head_uses_the_weight_of_its_step():
    head = MarginHead(3, 5, "L-Softmax", m=2, annealing=Annealing(2, 4.0, 1.0)).double()
    x, _, y = samples()
    plain = head(x)
    assert torch.equal(plain, x @ head.weight.mT)
    for lam in (4.0, 2.0, 1.0, 1.0):
        expected = margin_logits(x, head.weight, y, "L-Softmax", m=2, lam=lam)
        head.eval()
        torch.testing.assert_close(head(x, y), expected)
        head.train()
        head(x)  # neither of the two is a step
        torch.testing.assert_close(head(x, y), expected)
    assert int(head.state_dict()["step"]) == 4
    at_once = MarginHead(3, 5, "L-Softmax", m=2).double()
    expected = margin_logits(x, at_once.weight, y, "L-Softmax", m=2)
    torch.testing.assert_close(at_once(x, y), expected)
    assert repr(MarginHead(3, 5, "CosFace", s=8.0)) == "MarginHead(3, 5, 'CosFace', m=0.35, s=8)"


def test_a_head_begins_as_a_linear_layer():
    with seeded(4):
        head = MarginHead(3, 5, "ArcFace")
    with seeded(4):
        assert torch.equal(head.weight, nn.Linear(3, 5, bias=False).weight)
    with pytest.raises(ValueError, match="K must be"):
        MarginHead(3, 1)
    with pytest.raises(ValueError, match="m must be"):
        MarginHead(3, 2, "A-Softmax", m=0.5)


@pytest.mark.parametrize("name", LOSSES)
def test_fit_trains_a_margin_network(name):
    draw = torch.Generator().manual_seed(0)
    y = torch.arange(90) % 3
    X = torch.eye(3)[y] * 2 + 0.3 * torch.randn(90, 3, generator=draw)
    with seeded(0):
        body = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
        annealing = Annealing(20) if name in ("L-Softmax", "A-Softmax") else None
        network = MarginNetwork(body, MarginHead(2, 3, name, annealing=annealing))
    before = network.head.weight.detach().clone()
    adam = torch.optim.Adam(network.parameters(), lr=0.02)
    fit(network, F.cross_entropy, (X, y, y), n_epochs=40, batch_size=30, optimizer=adam)
    assert (predict(network, X).argmax(1).cpu() == y).float().mean() > 0.95
    assert int(network.head.step) == 120
    assert not torch.equal(before, network.head.weight.cpu())
    logits = margin_logits(network.embed(X.to(network.head.weight.device)), network.head.weight)
    assert logits.shape == (90, 3)


# --- pairs and triplets --------------------------------------------------------------------------


def test_contrastive_loss_by_hand_and_its_gradient():
    a, b = torch.zeros(3, 2), torch.tensor([[3.0, 4.0], [0.3, 0.4], [3.0, 4.0]])
    same = torch.tensor([True, False, False])
    for margin, expected in ((1.0, (25 + 0.25) / 6), (6.0, (25 + 5.5**2 + 1) / 6)):
        assert contrastive_loss(a, b, same, margin).item() == pytest.approx(expected)
    assert contrastive_loss(a, b, same) == contrastive_loss(a, b, same, 1.0)
    draw = torch.Generator().manual_seed(1)
    b = torch.randn(6, 2, generator=draw, dtype=torch.float64)
    same = torch.tensor([True, False] * 3)
    leaf = b.clone().requires_grad_()
    loss = contrastive_loss(torch.zeros_like(b), leaf, same, 2.0)
    gradient = torch.autograd.grad(loss, leaf)[0].numpy()
    check = gradient_check(
        lambda b: contrastive_loss(torch.zeros(6, 2), torch.as_tensor(b), same, 2.0).numpy(),
        gradient,
        b.numpy(),
    )
    assert check.ok, check
    equal = torch.ones(1, 2, requires_grad=True)
    loss = contrastive_loss(torch.ones(1, 2), equal, torch.tensor([False]))
    assert torch.autograd.grad(loss, equal)[0].isfinite().all()
    with pytest.raises(ValueError, match="margin must be"):
        contrastive_loss(a, a, same, 0.0)


def test_triplet_loss_is_that_of_torch_with_squared_distances():
    draw = torch.Generator().manual_seed(2)
    parts = [torch.randn(20, 3, generator=draw) for _ in range(3)]

    def squared(a, b):
        return (a - b).square().sum(-1)

    for margin in (0.1, 0.5, 2.0):
        expected = nn.TripletMarginWithDistanceLoss(distance_function=squared, margin=margin)
        torch.testing.assert_close(triplet_loss(*parts, margin), expected(*parts))
    assert triplet_loss(*parts) == triplet_loss(*parts, 0.2)
    with pytest.raises(ValueError, match="margin must be"):
        triplet_loss(*parts, -0.1)
