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
