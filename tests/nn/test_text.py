"""Vocabulary, batches, n-grams, the character model and sampling."""

import hashlib
import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch

from course_lib.datasets import load_python_reference
from course_lib.gradient_check import numerical_jacobian
from course_lib.nn.text import (
    CharModel,
    CharVocabulary,
    NGram,
    next_symbol_loss,
    perplexity,
    random_windows,
    sample,
    slope_by_distance,
    slopes_by_character,
    streams,
)
from course_lib.nn.training import fit, seeded

TEXT = "the cat sat on the mat, the rat sat on the cat."
VOCABULARY = CharVocabulary(TEXT)
CODES = VOCABULARY.encode(TEXT)
V = len(VOCABULARY)


# --- vocabulary and batches ---------------------------------------------------------------------


def test_decoding_undoes_encoding():
    assert VOCABULARY.decode(CODES) == TEXT
    assert VOCABULARY.decode(torch.as_tensor(CODES)) == TEXT
    assert sorted(set(CODES.tolist())) == list(range(V))
    assert VOCABULARY.encode("").shape == (0,)


def test_the_vocabulary_names_the_character_it_does_not_know():
    with pytest.raises(ValueError, match="'ß', which is not in the vocabulary"):
        VOCABULARY.encode("the ß")
    with pytest.raises(ValueError, match="at least one character"):
        CharVocabulary("")


@pytest.mark.parametrize(("batch", "length"), [(1, 5), (3, 4), (4, 100)])
def test_streams_go_on_where_they_ended(batch, length):
    pieces = list(streams(CODES, batch, length))
    x, y = (torch.cat(parts, dim=1) for parts in zip(*pieces, strict=True))
    size = (len(CODES) - 1) // batch
    assert x.shape == (batch, size)
    np.testing.assert_array_equal(x.flatten(), CODES[: batch * size])
    np.testing.assert_array_equal(y.flatten(), CODES[1 : batch * size + 1])
    assert all(one.shape[1] <= length for one, _ in pieces)


def test_windows_reach_both_ends_of_the_text_and_repeat_with_the_seed():
    batches = random_windows(np.arange(12), batch_size=50, length=4, n_batches=20)
    drawn = [x for x, _ in batches(torch.Generator().manual_seed(0))]
    again = [x for x, _ in batches(torch.Generator().manual_seed(0))]
    assert all(torch.equal(a, b) for a, b in zip(drawn, again, strict=True))
    starts = torch.cat(drawn)[:, 0]
    assert (starts.min(), starts.max()) == (0, 7)
    assert len(drawn) == 20


def test_bad_batches():
    for batch, length, wanted in (
        (50, 3, f"more than batch_size characters: got {len(CODES)} of them and batch_size = 50"),
        (2, 0, "length must be a whole number of at least 1, got 0"),
        (0, 3, "batch_size must be a whole number of at least 1, got 0"),
    ):
        with pytest.raises(ValueError, match=wanted):
            next(streams(CODES, batch, length))
    with pytest.raises(ValueError, match="less than the text's 47"):
        random_windows(CODES, 2, 47, 1)


# --- n-grams ------------------------------------------------------------------------------------


def by_the_definition(text, context, c, vocabulary):
    """P(c | context) by Witten and Bell's recursion, counted with dictionaries."""
    if context is None:
        return 1 / len(vocabulary)
    shorter = by_the_definition(text, context[1:] if context else None, c, vocabulary)
    k = len(context)
    counts = Counter(text[i + k] for i in range(len(text) - k) if text[i : i + k] == context)
    n, d = sum(counts.values()), len(counts)
    return shorter if n == 0 else (counts[c] + d * shorter) / (n + d)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_ngrams_by_the_definition(n):
    model = NGram(n, V).fit(CODES)
    other = "the sat cat, on the manner"
    logs = model.log_probabilities(VOCABULARY.encode(other))
    for t, c in enumerate(other):
        context = other[max(0, t - n + 1) : t]
        expected = by_the_definition(TEXT, context, c, VOCABULARY.characters)
        assert logs[t] == pytest.approx(math.log(expected))


def kneser_ney_by_the_definition(text, context, c, longest, discount, vocabulary):
    """P(c | context) by Kneser and Ney's recursion, counted with dictionaries."""
    if context is None:
        return 1 / len(vocabulary)
    shorter = context[1:] if context else None
    fallback = kneser_ney_by_the_definition(text, shorter, c, longest, discount, vocabulary)
    k = len(context)
    if k == longest:
        counts = Counter(text[i + k] for i in range(len(text) - k) if text[i : i + k] == context)
    else:
        places = range(1, len(text) - k)
        found = {text[i - 1 : i + k + 1] for i in places if text[i : i + k] == context}
        counts = Counter(gram[-1] for gram in found)
    n = sum(counts.values())
    if n == 0:
        return fallback
    return (max(counts[c] - discount, 0) + discount * len(counts) * fallback) / n


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("discount", [0.3, 0.85])
def test_kneser_ney_by_the_definition(n, discount):
    model = NGram(n, V, discount=discount).fit(CODES)
    other = "the sat cat, on the manner"
    logs = model.log_probabilities(VOCABULARY.encode(other))
    for t, c in enumerate(other):
        context = other[max(0, t - n + 1) : t]
        plan = (n - 1, discount, VOCABULARY.characters)
        expected = kneser_ney_by_the_definition(TEXT, context, c, *plan)
        assert logs[t] == pytest.approx(math.log(expected))


def test_kneser_ney_by_hand():
    # "ababcb" over abc: its five pairs are ab, ba, ab, bc and cb; a follows b alone, b follows
    # a and c, and c follows b alone.
    model = NGram(2, 3, discount=0.5).fit([0, 1, 0, 1, 2, 1])
    short = np.array([0.5, 1.5, 0.5]) / 4 + 0.5 * 3 / 4 / 3
    np.testing.assert_allclose(short, [0.25, 0.5, 0.25])
    np.testing.assert_allclose(model.probabilities([]), short)
    after_a = np.array([0, 1.5, 0]) / 2 + 0.5 * 1 / 2 * short
    np.testing.assert_allclose(after_a, [0.0625, 0.875, 0.0625])
    np.testing.assert_allclose(model.probabilities([0]), after_a)
    np.testing.assert_allclose(model.probabilities([1]), [0.375, 0.25, 0.375])


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("discount", [None, 0.1, 0.9])
def test_probabilities_sum_to_one_after_every_context(n, discount):
    model = NGram(n, V, discount=discount).fit(CODES)
    contexts = [[], *itertools.product(range(V), repeat=2), CODES[:9]]
    for context in contexts:
        p = model.probabilities(context)
        assert p.sum() == pytest.approx(1)
        assert p.min() > 0


@pytest.mark.parametrize("discount", [None, 0.6])
def test_probabilities_and_log_probabilities_agree(discount):
    model = NGram(3, V, discount=discount).fit(CODES)
    logs = model.log_probabilities(CODES)
    for t in (0, 1, 2, 20):
        assert np.log(model.probabilities(CODES[:t])[CODES[t]]) == pytest.approx(logs[t])
    assert model.perplexity(CODES) == pytest.approx(math.exp(-logs.mean()))


def test_an_unseen_context_leaves_the_shorter_ones_answer():
    bigram, unigram = (NGram(n, 5).fit(np.array([0, 1, 2, 0, 1])) for n in (2, 1))
    np.testing.assert_allclose(bigram.probabilities([4]), unigram.probabilities([]))
    discounted = NGram(2, 5, discount=0.5).fit(np.array([0, 1, 2, 0, 1]))
    np.testing.assert_allclose(discounted.probabilities([4]), discounted.probabilities([]))


def test_perplexity_of_equally_likely_characters_is_their_number():
    codes = np.random.default_rng(0).integers(0, 7, 200_000)
    for n, discount in itertools.product((1, 2), (None, 0.7)):
        model = NGram(n, 7, discount=discount).fit(codes)
        assert model.perplexity(codes) == pytest.approx(7, rel=1e-3)


def test_bad_ngrams():
    with pytest.raises(ValueError, match="n must be a whole number of at least 1, got 0"):
        NGram(0, 5)
    for discount in (0, 1, -0.5, math.nan):
        with pytest.raises(ValueError, match="discount must be between 0 and 1, or None"):
            NGram(2, 5, discount=discount)
    with pytest.raises(ValueError, match="do not fit 64 bits"):
        NGram(10, 94)
    with pytest.raises(ValueError, match="at least n = 3 characters; got 2"):
        NGram(3, 5).fit([1, 2])
    with pytest.raises(ValueError, match=r"values 0 to 4; got the shape .* and the largest 5"):
        NGram(3, 5).fit([1, 2, 5])
    with pytest.raises(ValueError, match="one-dimensional"):
        NGram(2, 5).fit([[1, 2]])
    with pytest.raises(TypeError, match="codes must be integers; got float64"):
        NGram(2, 5).fit([0.5, 1.7, 2])  # once cut to 0, 1 and 2 without a word
    with pytest.raises(RuntimeError, match="call fit first"):
        NGram(2, 5).perplexity([1, 2])
    with pytest.raises(ValueError, match="at least one character; got none"):
        NGram(2, 5).fit([1, 2]).perplexity([])


# --- the network --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_perplexity_carries_the_state_through_the_whole_text(kind):
    with seeded(0):
        model = CharModel(V, 8, kind)
    x, y = (torch.as_tensor(part)[None] for part in (CODES[:-1], CODES[1:]))
    expected = next_symbol_loss(model(x), y).exp().item()
    assert perplexity(model, CODES, batch_size=1, length=5) == pytest.approx(expected, rel=1e-5)
    assert perplexity(model, CODES, batch_size=1, length=99) == pytest.approx(expected, rel=1e-5)


def test_a_model_that_knows_nothing_has_the_perplexity_of_its_vocabulary():
    model = CharModel(V, 8)
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.zero_()
    assert perplexity(model, CODES, batch_size=2) == pytest.approx(V, rel=1e-5)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_network_learns_a_text_by_heart(kind):
    with seeded(0):
        model = CharModel(V, 32, kind)
    history = fit(
        model,
        next_symbol_loss,
        random_windows(CODES, 8, 20, n_batches=100),
        n_epochs=2,
        optimizer=torch.optim.Adam(model.parameters(), lr=0.01),
        progress=False,
    )
    assert history["loss"][-1] < 0.6
    assert perplexity(model, CODES, batch_size=1) < NGram(2, V).fit(CODES).perplexity(CODES)
    assert sample(model, VOCABULARY, "the cat", 4, temperature=0.1) == " sat"


def test_the_loss_is_the_mean_over_all_symbols():
    logits, y = torch.randn(2, 3, 5), torch.tensor([[0, 1, 2], [3, 4, 0]])
    expected = -torch.log_softmax(logits, -1).gather(-1, y[..., None]).mean()
    torch.testing.assert_close(next_symbol_loss(logits, y), expected)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="one of rnn, lstm, gru; got 'LSTM'"):
        CharModel(V, 8, "LSTM")


# --- sampling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_follow_the_tempered_probabilities(temperature):
    model = NGram(1, 3).fit(np.repeat([0, 1, 2], [80, 15, 5]))
    drawn = sample(model, CharVocabulary("abc"), "a", 20_000, temperature=temperature)
    p = model.probabilities([]) ** (1 / temperature)
    counts = np.array([drawn.count(c) for c in "abc"]) / len(drawn)
    np.testing.assert_allclose(counts, p / p.sum(), atol=0.012)


def test_a_network_samples_with_the_state_of_the_whole_prompt():
    with seeded(1):
        model = CharModel(V, 8)
    for prompt in ("t", "the cat"):
        drawn = sample(model, VOCABULARY, prompt, 5, temperature=1e-3)
        text = prompt
        for c in drawn:
            logits = model(torch.as_tensor(VOCABULARY.encode(text))[None])[0, -1]
            assert VOCABULARY.characters[logits.argmax()] == c
            text += c


def test_the_seed_decides_a_sample():
    model = NGram(2, V).fit(CODES)
    one, same, other = (sample(model, VOCABULARY, "t", 30, random_state=s) for s in (0, 0, 1))
    assert one == same != other
    assert sample(model, VOCABULARY, "t", 0) == ""


def test_bad_samples():
    model = NGram(2, V).fit(CODES)
    for temperature in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="temperature must be positive and finite"):
            sample(model, VOCABULARY, "t", 3, temperature=temperature)
    with pytest.raises(ValueError, match="prompt must hold at least one character"):
        sample(model, VOCABULARY, "", 3)
    with pytest.raises(ValueError, match="length must not be negative; got -3"):
        sample(model, VOCABULARY, "t", -3)


def test_the_text_of_the_course_is_frozen():
    text = load_python_reference()
    assert text.isascii()
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    assert digest[:16] == "3d7c8651ffcecbc8"


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_network_under_autocast_is_itself_up_to_rounding(kind):
    with seeded(0):
        model, codes = CharModel(10, 16, kind), torch.randint(0, 10, (4, 20))
    exact = next_symbol_loss(model(codes), codes)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = next_symbol_loss(model(codes), codes)
    torch.testing.assert_close(rounded, exact, rtol=0.01, atol=0)
    gradients = [torch.autograd.grad(e, list(model.parameters())) for e in (exact, rounded)]
    for one, other in zip(*gradients, strict=True):
        assert (one - other).abs().max() <= 0.05 * one.abs().max()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_codes_of_any_whole_type_give_int64(dtype):
    codes = (np.arange(120) % 100).astype(dtype)
    batches = [
        *streams(codes, np.uint8(4), np.uint8(10)),
        *random_windows(codes, np.uint8(4), np.uint8(10), 2)(torch.Generator()),
    ]
    for x, y in batches:
        assert x.dtype == y.dtype == torch.int64
        assert ((y - x) % 100 == 1).all()
    plain = NGram(3, 100).fit(codes.astype(np.int64)).perplexity(codes.astype(np.int64))
    assert NGram(np.uint8(3), np.uint8(100)).fit(codes).perplexity(codes) == plain


@pytest.mark.parametrize("n", [1, 2, 4])
def test_contexts_never_seen_are_counted(n):
    other = VOCABULARY.encode("a hat on the that cat")
    model = NGram(n, V).fit(CODES)
    places = range(len(other) - n + 2)
    unseen = [VOCABULARY.decode(other[k : k + n - 1]) not in TEXT[:-1] for k in places if n > 1]
    assert model.share_unseen(other) == (np.mean(unseen) if unseen else 0)
    assert model.share_unseen(CODES[:-1]) == 0
    with pytest.raises(RuntimeError, match="call fit first"):
        NGram(n, V).share_unseen(other)


def test_a_slope_is_that_of_the_guess_by_the_embedding():
    with seeded(0):
        model = CharModel(V, 6, "gru").double()
    pieces = np.stack([CODES[:5], CODES[7:12]])
    measured = slope_by_distance(model, pieces)
    vectors = model.embedding(torch.as_tensor(pieces)).detach()
    guesses = model(torch.as_tensor(pieces))[:, -1].argmax(dim=-1)

    def log_p(changed):
        H, _ = model.recurrent(changed)
        return model.head(H[:, -1]).log_softmax(dim=-1)[range(2), guesses].detach()

    jacobian = numerical_jacobian(log_p, vectors)  # (2, 2, 5, embedding)
    for back in range(5):
        slopes = jacobian[range(2), range(2), 4 - back]
        torch.testing.assert_close(measured[back], slopes.norm(dim=-1).mean(), atol=1e-8, rtol=1e-6)


def test_slopes_by_character_are_in_the_order_of_the_text():
    with seeded(0):
        model = CharModel(V, 6, "lstm")
    pieces = np.stack([CODES[:5], CODES[7:12]])
    slopes = slopes_by_character(model, pieces)
    assert slopes.shape == (2, 5)
    torch.testing.assert_close(slopes.mean(dim=0).flip(0), slope_by_distance(model, pieces))
    alone = slopes_by_character(model, pieces[1:])
    torch.testing.assert_close(slopes[1:], alone)


def test_without_recurrent_weights_only_the_last_character_counts():
    with seeded(0):
        model = CharModel(V, 6, "rnn")
    with torch.no_grad():
        model.recurrent.weight_hh_l0.zero_()
    slopes = slope_by_distance(model, CODES[None, :9])
    assert slopes[0] > 0
    assert not slopes[1:].any()
