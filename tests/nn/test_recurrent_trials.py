"""The small experiments with recurrent networks: laws that hold exactly, and slow ways to the same.

Nothing here depends on how well a network learns, but for the echo, where the two sides of the
border are far apart.
"""

import numpy as np
import pytest
import torch

from course_lib.nn import recurrent_trials as trials
from course_lib.nn import text
from course_lib.nn.training import seeded
from course_lib.nn.weights import save_weights


@pytest.mark.parametrize("rho", [0.5, 1.0, 1.5])
def test_without_tanh_an_orthogonal_start_follows_the_power_of_the_radius(rho):
    logs = trials.gradient_sizes(rho, "orthogonal", 0, n_starts=3, steps=20, units=8)
    assert logs.shape == (3, 21)
    np.testing.assert_allclose(logs, np.tile(np.arange(21) * np.log10(rho), (3, 1)), atol=1e-10)


def test_a_gaussian_start_grows_in_the_long_run_by_its_radius():
    logs = trials.gradient_sizes(1.3, "Gaussian", 0, n_starts=5, steps=400, units=10)
    slope = (logs[:, -1] - logs[:, 200]) / 200
    np.testing.assert_allclose(slope, np.log10(1.3), atol=0.005)


def test_tanh_with_inputs_only_takes_away():
    free = trials.gradient_sizes(1.0, "orthogonal", 0, steps=30, units=10)
    bent = trials.gradient_sizes(1.0, "orthogonal", 1.0, steps=30, units=10)
    assert (np.diff(bent, axis=1) < 0).all()
    assert (bent[:, 1:] < free[:, 1:]).all()


def test_the_product_of_jacobians_is_that_of_autograd():
    rng = np.random.default_rng(0)  # the same draws as the function's, one start
    U = rng.normal(size=(1, 4, 4))
    U *= 0.9 / np.abs(np.linalg.eigvals(U)).max()
    inputs = [torch.as_tensor(0.3 * rng.normal(size=(1, 4, 1))[0, :, 0]) for _ in range(6)]
    weight = torch.as_tensor(U[0])

    def last_three(h):
        for a in inputs[3:]:
            h = torch.tanh(weight @ h + a)
        return h

    h = torch.zeros(4, dtype=torch.float64)
    for a in inputs[:3]:
        h = torch.tanh(weight @ h + a)
    J = torch.autograd.functional.jacobian(last_three, h)
    logs = trials.gradient_sizes(0.9, "Gaussian", 0.3, n_starts=1, steps=3, units=4)
    np.testing.assert_allclose(logs[0, 3], np.log10(J.norm().item() / 2), atol=1e-10)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((0, "Gaussian", 0), "rho"), ((1, "zero", 0), "start"), ((1, "Gaussian", -1), "size")],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        trials.gradient_sizes(*arguments)


def test_an_echo_is_learned_only_if_it_fits_into_a_window():
    short, long = (trials.learn_echo(w, 0, steps=3000) for w in (6, 12))
    assert long < 0.3 < 0.9 < short


def test_the_echo_is_in_the_state_that_was_never_trained():
    assert trials.learn_echo(6, 1, frozen=True) < 0.3


def test_frozen_weights_are_left_as_they_were(monkeypatch):
    made, layer = [], torch.nn.RNN

    def remember(inputs, units):
        made.append(layer(inputs, units))
        return made[-1]

    monkeypatch.setattr(trials.nn, "RNN", remember)
    for window, frozen in ((6, True), (12, True), (6, False)):
        trials.learn_echo(window, 0, steps=60, frozen=frozen)
    start, same, other = (net.weight_hh_l0 for net in made)
    assert torch.equal(start, same)
    assert not torch.equal(start, other)


def small_model():
    with seeded(0):
        return text.CharModel(7, 6, "rnn", embedding=3)


def test_a_gradient_cut_at_its_full_depth_is_whole():
    codes = torch.as_tensor(np.random.default_rng(0).integers(7, size=(11, 2)))
    found = trials.distance_when_cut(small_model(), codes, [1, 3, 10])
    assert found[0] > found[2] == 0
    assert found[1] > 0


def test_the_whole_gradient_is_that_of_training():
    model, codes = small_model(), torch.as_tensor(np.arange(12).reshape(6, 2) % 7)
    text.next_symbol_loss(model(codes[:-1].T), codes[1:].T).backward()
    whole = model.recurrent.weight_hh_l0.grad.norm()
    with torch.no_grad():
        shorter = small_model()
    x = shorter.embedding(codes[:-1]).detach()
    layer = trials.RNN(3, 6)
    layer.load_state_dict(shorter.recurrent.state_dict())
    H = layer(x)[0].detach().requires_grad_()
    (slopes,) = torch.autograd.grad(text.next_symbol_loss(shorter.head(H), codes[1:]), H)
    first = trials.bptt_terms(layer, x, slopes)[0]
    total = trials.bptt_terms(layer, x, slopes).sum(dim=0)
    torch.testing.assert_close(total.norm(), whole)
    expected = (first - total).norm() / total.norm()
    assert trials.distance_when_cut(small_model(), codes, [1])[0] == pytest.approx(
        expected.item(), rel=1e-5
    )


def test_batches_are_cut_one_after_the_other():
    codes = np.random.default_rng(0).integers(7, size=3 * 32 * 101)
    found = trials.distances_when_cut(small_model(), codes, [1, 100], n_batches=2)
    assert found.shape == (2, 2)
    second = torch.as_tensor(codes[32 * 101 : 2 * 32 * 101].reshape(32, 101).T)
    expected = trials.distance_when_cut(small_model(), second, [1, 100])
    np.testing.assert_allclose(found[1], expected)


def test_states_part_only_by_the_first_character():
    pieces = np.array([[1, 2, 3], [1, 2, 3], [4, 2, 3]])
    gaps = trials.forgetting(small_model(), pieces)
    assert gaps.shape == (2, 3)  # the second piece gets the first character that it has
    np.testing.assert_allclose(gaps[0], gaps[1], rtol=1e-4)
    assert gaps[0, 0] == pytest.approx(1)


def test_writers_are_the_stored_ones_and_the_untrained_one(tmp_path):
    with seeded(1):
        kept = trials.nn.ModuleDict({"5": text.CharModel(7, 6, "rnn")})
    save_weights(kept, tmp_path / "kept.npz")
    writers = trials.stored_writers(tmp_path / "kept.npz", 7, steps=(5,), units=6)
    assert list(writers) == [0, 5]
    with seeded(0):
        untrained = text.CharModel(7, 6, "rnn")
    torch.testing.assert_close(writers[0].head.weight, untrained.head.weight)
    torch.testing.assert_close(writers[5].head.weight, kept["5"].head.weight, atol=1e-3, rtol=1e-2)


def test_the_radius_is_that_of_the_recurrent_weights():
    model = small_model()
    with torch.no_grad():
        model.recurrent.weight_hh_l0.copy_(torch.diag(torch.tensor([1.0, -3, 2, 0, 0, 0])))
    assert trials.spectral_radius(model) == pytest.approx(3)


def test_properties_are_chosen_on_one_page_and_judged_on_another():
    vocabulary = text.CharVocabulary("aB c\nde")
    page, other = "aB c\nde BB ac ed" * 9, "BB ec\naad" * 9
    told = trials.tell_properties(small_model(), vocabulary, page, other)
    states = trials.letter_states(small_model(), vocabulary, other)
    for name, (unit, sign, alone, _) in told.items():
        truth = trials.letter_properties(other)[name]
        assert alone == pytest.approx(sign * np.corrcoef(states[unit], truth)[0, 1])
    assert told["blank"].together > 0.9


def test_starts_are_counted_that_grow():
    logs = trials.gradient_sizes(1.5, "Gaussian", 0.1)[:, 100]
    mean, spread, grew = trials.sizes_far_back(1.5, "Gaussian", 0.1)
    assert (mean, spread) == (logs.mean(), logs.std(ddof=1))
    assert 0 < grew == np.sum(logs > 0) < 10


def test_errors_of_the_echo_are_one_for_each_seed():
    found = trials.echo_errors(6, frozen=True, n_starts=2)
    assert found[1] == trials.learn_echo(6, 1, frozen=True)


def test_properties_of_letters():
    found = trials.letter_properties("AB c\ndo")
    assert found["blank"].tolist() == [False, False, True, False, True, False, False]
    assert found["CAPITALS"].tolist() == [False, True, False, False, False, False, False]
    assert found["place in word"].tolist() == [0, 1, 0, 1, 0, 1, 2]
    assert found["vowel, 0 back"].tolist() == [True] + [False] * 5 + [True]
    assert found["vowel, 2 back"].tolist() == [False, True, True] + [False] * 4


def test_best_units_are_those_of_the_largest_correlation_whatever_its_sign():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(5, 200))
    wanted = {"up": states[3] + 0.1 * rng.normal(size=200), "down": 2 - states[1]}
    found = trials.best_units(states, wanted)
    assert found["up"] == (3, pytest.approx(np.corrcoef(states[3], wanted["up"])[0, 1]))
    assert found["down"] == (1, pytest.approx(-1))


def test_a_readout_finds_what_is_spread_over_units_and_carries_it_over():
    rng = np.random.default_rng(0)
    states, others = rng.normal(size=(5, 200)), rng.normal(size=(5, 40))
    weights = np.array([0.5, -1.0, 2.0, 0.0, 1.0])
    found = trials.linear_readout(states, weights @ states + 3, others)
    np.testing.assert_allclose(found, weights @ others + 3, atol=1e-10)


def test_states_are_those_of_the_cell():
    vocabulary = text.CharVocabulary("abcdefg")
    model = small_model()
    states = trials.letter_states(model, vocabulary, "cab")
    h = torch.zeros(6)
    W, U, b, second = model.recurrent.parameters()
    for letter, seen in zip("cab", states.T, strict=True):
        x = model.embedding.weight[vocabulary.encode(letter)[0]]
        h = torch.tanh(W @ x + b + U @ h + second)
        np.testing.assert_allclose(seen, h.detach(), atol=1e-6)


PAGE = "a b c d e\nb a c d e f g\ntoo short\nc d e a b a\n" * 5


def test_pairs_hold_the_same_words_and_lines_of_the_right_length():
    pairs = trials.line_pairs(PAGE, PAGE, n_train=20, n_test=4, min_count=6)
    assert pairs.train.shape == (15, 2, 9)
    assert pairs.test.shape == (4, 2, 9)
    np.testing.assert_array_equal(np.sort(pairs.train[:, 0]), np.sort(pairs.train[:, 1]))
    assert pairs.train.max() == pairs.n_words - 1
    assert trials.UNKNOWN in pairs.train  # f and g are rare


@pytest.mark.parametrize("kind", ["convolution", "RNN"])
def test_padding_does_not_change_a_score(kind):
    with seeded(0):
        model = trials.LineScore(kind, 9)
    codes = torch.tensor([[3, 2, 5, 4, 6, 0, 0, 0, 0]])
    short = model(codes[:, :5])
    if kind == "RNN":
        torch.testing.assert_close(model(codes), short)
    else:  # a filter of three sees the zero vectors behind the line, as it does at its edge
        torch.testing.assert_close(model(codes), short)


def test_counts_find_the_order_that_they_have_seen_and_a_draw_is_a_half():
    train = np.zeros((4, 2, 9), dtype=int)
    train[:, 0, :5], train[:, 1, :5] = [2, 3, 4, 5, 6], [6, 2, 5, 3, 4]
    pairs = trials.LinePairs(train, train, 7)
    assert trials.count_order(pairs, 2) == 1.0
    assert trials.count_order(pairs, 1) == pytest.approx(0.5)
    turned = trials.LinePairs(train, train[:, ::-1], 7)
    assert trials.count_order(turned, 2) == 0.0


def test_a_network_learns_a_fixed_order():
    rng = np.random.default_rng(0)
    lines = np.zeros((300, 2, 9), dtype=int)
    lines[:, 0, :6] = 2 + np.arange(6)
    lines[:, 1, :6] = rng.permuted(lines[:, 0, :6], axis=1)
    pairs = trials.LinePairs(lines, lines[:50], 8)
    assert all(trials.judge_order(pairs, k, 0, n_epochs=5) > 0.9 for k in ("convolution", "RNN"))


def test_another_kind_of_network_is_refused():
    with pytest.raises(ValueError, match="convolution or RNN"):
        trials.LineScore("table", 5)


def test_waves_have_their_frequency_and_noise():
    x = trials.waves(0.4, 0.4, 3, n=2000, steps=40)
    assert x.shape == (2000, 40)
    again = x[:, 2:] - 2 * np.cos(0.4) * x[:, 1:-1] + x[:, :-2]  # 0 without the noise
    wanted = 0.3 * np.sqrt(2 + 4 * np.cos(0.4) ** 2)
    assert again.std().item() == pytest.approx(wanted, rel=0.02)
    assert trials.waves(0.2, 0.6, 0).std().item() == pytest.approx(np.sqrt(0.5 + 0.09), rel=0.02)
    with pytest.raises(ValueError, match="high"):
        trials.waves(0.4, 0.3, 0)


def test_forecasts_are_judged_by_hand():
    found = trials.forecast_errors(0.4, 0.4, 1, n_updates=1)
    known, fresh = (trials.waves(0.4, 0.4, seed).numpy() for seed in (2, 3))
    last = np.sqrt(((fresh[:, 20:] - fresh[:, 19:-1]) ** 2).mean())
    assert found["last value"] == pytest.approx(last, rel=1e-5)
    rows, others = (np.lib.stride_tricks.sliding_window_view(x, 21, axis=1) for x in (known, fresh))
    rows, others = rows.reshape(-1, 21).astype(float), others.reshape(-1, 21)
    weights = np.linalg.lstsq(rows[:, :20], rows[:, 20], rcond=None)[0]
    by_sum = np.sqrt(((others[:, :20] @ weights - others[:, 20]) ** 2).mean())
    assert found["sum of 20"] == pytest.approx(by_sum, rel=1e-4)
    assert found["RNN"] > 0.4  # one update teaches nothing


def test_one_frequency_needs_a_sum_and_many_a_bend():
    one, many = trials.forecast_errors(0.4, 0.4), trials.forecast_errors(0.2, 0.6)
    assert 0.29 < one["RNN"] < one["sum of 20"] + 0.02 < 0.34
    assert max(many["RNN"], many["dense, 20"]) < many["sum of 20"] - 0.02
    assert one["RNN, 20 ahead"] + 0.08 < many["RNN, 20 ahead"]
