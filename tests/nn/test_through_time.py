"""The gradient taken apart by distance sums up to autograd's, and a cut leaves out what it says."""

import pytest
import torch
from torch import nn

from course_lib.nn.recurrent import LSTM, RNN, rnn_step
from course_lib.nn.through_time import bptt_terms, clip_by_norm, piecewise_gradient
from course_lib.nn.training import seeded


@pytest.fixture(autouse=True)
def seed():
    with seeded(0):
        yield


def case(T=7, B=2, d=3, h=4):
    """Return a layer, inputs, slopes and a state, in float64."""
    sizes = [(T, B, d), (T, B, h), (1, B, h)]
    return RNN(d, h).double(), *(torch.randn(size, dtype=torch.float64) for size in sizes)


def by_copies(layer, x, slopes, state):
    """Give every step its own copy of W_hh; return ∂L_t/∂(copy of step s) as (T, T, h, h)."""
    copies = [layer.weight_hh_l0.detach().clone().requires_grad_() for _ in x]
    h, losses = state[0], []
    W, _, b, c = layer.parameters()
    for x_t, s, copy in zip(x, slopes, copies, strict=True):
        h = rnn_step(x_t, h, W, copy, b, c)
        losses.append((s * h).sum())
    return torch.stack(
        [
            torch.stack(torch.autograd.grad(L, copies, retain_graph=True, materialize_grads=True))
            for L in losses
        ]
    )


@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize(("T", "B", "h"), [(1, 1, 1), (7, 2, 4), (2, 3, 1)])
def test_each_distance_is_what_autograd_gives_for_a_copy_of_the_weights(T, B, h, with_state):
    layer, x, slopes, state = case(T, B, 3, h)
    terms = bptt_terms(layer, x, slopes, state if with_state else None)
    pairs = by_copies(layer, x, slopes, state if with_state else torch.zeros_like(state))
    for k in range(T):
        expected = sum(pairs[t, t - k] for t in range(k, T))
        torch.testing.assert_close(terms[k], expected, rtol=1e-10, atol=1e-12)


def test_all_distances_together_are_torchs_gradient():
    layer, x, slopes, state = case(T=12)
    theirs = nn.RNN(3, 4).double()
    theirs.load_state_dict(layer.state_dict())
    (slopes * theirs(x, state)[0]).sum().backward()
    total = bptt_terms(layer, x, slopes, state).sum(dim=0)
    torch.testing.assert_close(total, theirs.weight_hh_l0.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 7, 50])
def test_pieces_keep_the_pairs_inside_them_and_only_these(length):
    layer, x, slopes, state = case()
    pairs = by_copies(layer, x, slopes, torch.zeros_like(state))
    inside = [(t, s) for t in range(7) for s in range(t + 1) if t // length == s // length]
    expected = sum(pairs[pair] for pair in inside)
    got = piecewise_gradient(layer, x, slopes, length)
    torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-12)


def test_two_steps_by_hand():
    """One unit, w = 0.5, u = 0.8, x = (1, 0): h = tanh(0.5), tanh(0.8 h); L = h₂."""
    layer = RNN(1, 1).double()
    with torch.no_grad():
        for p, value in zip(layer.parameters(), (0.5, 0.8, 0, 0), strict=True):
            p.fill_(value)
    x = torch.tensor([1.0, 0.0], dtype=torch.float64).view(2, 1, 1)
    first = torch.tanh(torch.tensor(0.5, dtype=torch.float64))
    second = torch.tanh(0.8 * first)
    slopes = torch.tensor([0.0, 1.0], dtype=torch.float64).view(2, 1, 1)
    terms = bptt_terms(layer, x, slopes).flatten()
    assert terms[0].item() == pytest.approx(((1 - second**2) * first).item())
    assert terms[1].item() == 0  # the state before the first step is 0
    terms = bptt_terms(layer, x, slopes, torch.ones(1, 1, 1, dtype=torch.float64)).flatten()
    first = torch.tanh(torch.tensor(0.5 + 0.8, dtype=torch.float64))
    second = torch.tanh(0.8 * first)
    expected = (1 - second**2) * 0.8 * (1 - first**2)
    assert terms[1].item() == pytest.approx(expected.item())


def test_the_arguments_stay_as_they_are_and_no_gradient_is_left_behind():
    layer, x, slopes, state = case()
    before = [each.clone() for each in (x, slopes, state)]
    assert not bptt_terms(layer, x, slopes, state).requires_grad
    assert not piecewise_gradient(layer, x, slopes, 3).requires_grad
    assert all(torch.equal(a, b) for a, b in zip(before, (x, slopes, state), strict=True))
    assert all(p.grad is None for p in layer.parameters())


@pytest.mark.parametrize("of", [bptt_terms, lambda *a: piecewise_gradient(*a, 2)])
def test_what_the_formulas_are_not_about_is_refused(of):
    x, slopes = torch.zeros(4, 2, 3), torch.zeros(4, 2, 5)
    with pytest.raises(TypeError, match=r"plain RNN of course_lib; got LSTM"):
        of(LSTM(3, 5), x, slopes)
    for options in ({"num_layers": 2}, {"bidirectional": True}, {"batch_first": True}):
        with pytest.raises(ValueError, match="layer must have one layer and one direction"):
            of(RNN(3, 5, **options), x, slopes)
    with pytest.raises(ValueError, match=r"shape \(T, B, h\) = \(4, 2, 5\).*got \(4, 2, 4\)"):
        of(RNN(3, 5), x, slopes[..., :4])
    with pytest.raises(ValueError, match="length must be a whole number"):
        piecewise_gradient(RNN(3, 5), x, slopes, 0)


# --- clipping -----------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [0.1, 1.0, 1e6])
def test_clipping_equals_torchs(most):
    parameters = [nn.Parameter(torch.randn(size, dtype=torch.float64)) for size in ((3, 4), (5,))]
    for p in parameters:
        p.grad = torch.randn_like(p)
    gradients = [p.grad.clone() for p in parameters]
    clipped, norm = clip_by_norm(gradients, most)
    expected = nn.utils.clip_grad_norm_(parameters, most)
    assert norm == pytest.approx(expected.item())
    for one, p in zip(clipped, parameters, strict=True):
        torch.testing.assert_close(one, p.grad, rtol=1e-5, atol=0)  # torch adds 10⁻⁶ to the norm


def test_clipping_keeps_the_direction_and_what_is_short():
    long = [torch.tensor([30.0, 0.0]), torch.tensor([[40.0]])]
    (a, b), norm = clip_by_norm(long, 5.0)
    assert (a.tolist(), b.tolist(), norm) == ([3.0, 0.0], [[4.0]], 50.0)
    assert long[0].tolist() == [30.0, 0.0]
    assert clip_by_norm(iter(long), 50.0)[0][1].item() == 40.0
    assert clip_by_norm([torch.zeros(2)], 1.0) == ([pytest.approx(torch.zeros(2))], 0.0)


def test_clipping_refuses_nothing_and_no_length():
    with pytest.raises(ValueError, match="at least one tensor"):
        clip_by_norm([], 1.0)
    for most in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="most must be a finite number above 0"):
            clip_by_norm([torch.ones(1)], most)
