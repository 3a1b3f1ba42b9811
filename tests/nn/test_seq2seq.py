"""Encoder, decoder and attention."""

import pytest
import torch

from course_lib.nn.seq2seq import Seq2Seq, attend, share_right
from course_lib.nn.text import next_symbol_loss
from course_lib.nn.training import fit, seeded


def model(attention, hidden=16):
    with seeded(0):
        return Seq2Seq(6, hidden, attention=attention)


def test_attention_equals_torchs():
    with seeded(0):
        q, k = torch.randn(2, 3, 5), torch.randn(2, 4, 5)
    mixture, A = attend(q, k)
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, k, scale=1.0)
    torch.testing.assert_close(mixture, expected)
    torch.testing.assert_close(A.sum(-1), torch.ones(2, 3))


def test_equal_keys_get_equal_attention():
    _, A = attend(torch.randn(1, 2, 3), torch.ones(1, 5, 3))
    torch.testing.assert_close(A, torch.full((1, 2, 5), 0.2))


def test_attention_does_not_depend_on_the_order_of_the_keys():
    with seeded(0):
        q, k = torch.randn(1, 3, 5), torch.randn(1, 4, 5)
    order = torch.tensor([2, 0, 3, 1])
    mixture, A = attend(q, k)
    shuffled, B = attend(q, k[:, order])
    torch.testing.assert_close(mixture, shuffled)
    torch.testing.assert_close(A[..., order], B)


@pytest.mark.parametrize("attention", [False, True])
def test_no_symbol_is_predicted_from_itself_or_later_ones(attention):
    net = model(attention)
    source, target = torch.randint(6, (2, 5)), torch.randint(6, (2, 5))
    later = target.clone()
    later[:, 2] = (later[:, 2] + 1) % 6
    one, other = net(source, target), net(source, later)
    assert torch.equal(one[:, :3], other[:, :3])
    assert not torch.equal(one[:, 3:], other[:, 3:])


@pytest.mark.parametrize("attention", [False, True])
def test_translation_is_the_likeliest_symbol_at_every_step(attention):
    net, source = model(attention), torch.randint(6, (3, 5))
    written, A = net.translate(source)
    assert torch.equal(net(source, written).argmax(-1), written)
    assert A.shape == (3, 5, 5)
    torch.testing.assert_close(A.sum(-1), torch.full((3, 5), float(attention)))
    assert net.translate(source, length=8)[0].shape == (3, 8)


@pytest.mark.parametrize("attention", [False, True])
def test_it_learns_to_reverse_short_strings(attention):
    def batches(generator):
        for _ in range(150):
            x = torch.randint(6, (32, 3), generator=generator)
            yield x, x.flip(1), x.flip(1)

    net = model(attention, hidden=24)
    descent = torch.optim.Adam(net.parameters(), lr=0.02)
    fit(net, next_symbol_loss, batches, n_epochs=1, optimizer=descent, progress=False)
    x = torch.cartesian_prod(*[torch.arange(6)] * 3)
    share = share_right(net, x, x.flip(1))
    assert share == (net.translate(x)[0] == x.flip(1)).float().mean().item() > 0.95


def test_bad_sizes():
    with pytest.raises(ValueError, match="n_symbols must be a whole number of at least 1, got 0"):
        Seq2Seq(0, 3)
    with pytest.raises(ValueError, match="length must be a whole number of at least 1, got 0"):
        model(True).translate(torch.zeros(1, 4, dtype=torch.int64), 0)


@pytest.mark.parametrize("attention", [False, True])
def test_under_autocast_a_model_is_itself_up_to_rounding(attention):
    with seeded(0):
        model, x = Seq2Seq(8, 16, attention=attention), torch.randint(0, 8, (3, 6))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = model(x, x)
        codes, A = model.translate(x)
    assert (codes.shape, A.shape) == ((3, 6), (3, 6, 6))
    torch.testing.assert_close(rounded.float(), model(x, x), rtol=0, atol=0.02)
