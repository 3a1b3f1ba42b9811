"""The three output layers have the right gradients, the tree is a code, and training learns."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.gradient_check import gradient_check
from course_lib.information import entropy, huffman_code
from course_lib.nn.embeddings import (
    MODELS,
    OUTPUTS,
    HuffmanTree,
    Trained,
    full_softmax,
    hidden,
    hierarchical_softmax,
    input_gradient,
    log_probabilities,
    negative_sampling,
    noise_distribution,
    perplexity,
    scores_per_word,
    train_vectors,
)

COUNTS = np.array([40, 20, 15, 10, 5, 4, 3, 2, 1])
V, D = len(COUNTS), 4
TREE = HuffmanTree(COUNTS)
RNG = np.random.default_rng(0)
H = RNG.standard_normal((6, D))
U = RNG.standard_normal((V, D))
TARGETS = np.array([0, 8, 3, 3, 5, 1])
NOISE = np.array([[0, 1], [8, 8], [2, 0], [3, 0], [7, 1], [4, 4]])
CONTEXTS = np.array([[0, 1, -1], [2, -1, 2], [-1, -1, 8], [1, 0, 3], [5, 5, 5], [4, 8, 1]])

LAYERS = {
    "full": lambda H, U: full_softmax(H, U, TARGETS),
    "hierarchical": lambda H, U: hierarchical_softmax(H, U, TARGETS, TREE),
    "negative sampling": lambda H, U: negative_sampling(H, U, TARGETS, NOISE),
}


def output_vectors(layer):
    return U[:-1] if layer == "hierarchical" else U


def torch_loss(layer, H, U):
    """Compute the losses as their formulas say, one row and one question after the other."""
    losses = []
    for h, target, noise in zip(H, TARGETS, NOISE, strict=True):
        if layer == "full":
            losses.append(-torch.log_softmax(U @ h, dim=0)[target])
        elif layer == "hierarchical":
            p = torch.ones((), dtype=H.dtype)
            for node, bit in TREE.path(target):
                left = torch.sigmoid(U[node] @ h)
                p = p * (left if bit == 0 else 1 - left)
            losses.append(-torch.log(p))
        else:
            loss = -torch.log(torch.sigmoid(U[target] @ h))
            for k in noise:
                loss = loss - torch.log(torch.sigmoid(-(U[k] @ h)))
            losses.append(loss)
    return torch.stack(losses)


# --- the tree -----------------------------------------------------------------------------------


def test_the_tree_is_that_of_the_huffman_code():
    assert TREE.code_words == huffman_code(COUNTS)
    assert TREE.lengths.tolist() == [len(word) for word in TREE.code_words]
    assert TREE.nodes.shape == TREE.bits.shape == (V, TREE.lengths.max())
    assert TREE.n_inner == V - 1
    for k, word in enumerate(TREE.code_words):
        assert "".join(str(bit) for _, bit in TREE.path(k)) == word
        assert TREE.path(k)[0][0] == 0
        assert np.all(TREE.nodes[k, len(word) :] == -1)
        assert np.all(TREE.bits[k, len(word) :] == -1)


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40))
def test_every_inner_node_has_two_children(counts):
    tree = HuffmanTree(counts)
    children = set()
    for k in range(len(counts)):
        path = tree.path(k)
        for depth, (node, bit) in enumerate(path):
            child = path[depth + 1][0] if depth + 1 < len(path) else ("leaf", k)
            children.add((node, bit, child))
    assert len(children) == 2 * tree.n_inner == len({(node, bit) for node, bit, _ in children})
    assert {node for node, _, _ in children} == set(range(len(counts) - 1))
    mean = tree.mean_length(counts)
    assert mean == pytest.approx(np.dot(counts, tree.lengths) / np.sum(counts))
    assert entropy(counts) - 1e-9 <= mean < entropy(counts) + 1


def test_bad_trees():
    with pytest.raises(ValueError, match="at least 2 words: one alone needs no question"):
        HuffmanTree([3])
    with pytest.raises(ValueError, match="counts must be a list of V finite numbers"):
        HuffmanTree([3, -1])


# --- output layers ------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_losses_and_gradients_are_those_of_autograd(layer):
    step = LAYERS[layer](H, output_vectors(layer))
    H_t, U_t = (torch.tensor(a, requires_grad=True) for a in (H, output_vectors(layer)))
    losses = torch_loss(layer, H_t, U_t)
    losses.sum().backward()
    np.testing.assert_allclose(step.loss, losses.detach(), rtol=1e-12)
    np.testing.assert_allclose(step.H, H_t.grad, rtol=1e-10, atol=1e-13)
    assert np.all(np.diff(step.rows) > 0)
    dense = np.zeros(U_t.shape)
    dense[step.rows] = step.U
    np.testing.assert_allclose(dense, U_t.grad, rtol=1e-10, atol=1e-13)
    untouched = np.setdiff1d(np.arange(len(dense)), step.rows)
    assert np.all(U_t.grad.numpy()[untouched] == 0)


@pytest.mark.parametrize("layer", LAYERS)
def test_gradients_are_those_of_small_steps(layer):
    outputs = output_vectors(layer)

    def dense(U):
        step = LAYERS[layer](H, U)
        gradient = np.zeros(U.shape)
        gradient[step.rows] = step.U
        return gradient

    by_hidden = gradient_check(
        lambda H: LAYERS[layer](H, outputs).loss.sum(), lambda H: LAYERS[layer](H, outputs).H, H
    )
    by_outputs = gradient_check(lambda U: LAYERS[layer](H, U).loss.sum(), dense, outputs)
    assert by_hidden.ok, str(by_hidden)
    assert by_outputs.ok, str(by_outputs)


@pytest.mark.parametrize("layer", LAYERS)
def test_singles_stay_singles_and_rows_do_not_depend_on_the_batch(layer):
    outputs = output_vectors(layer)
    step = LAYERS[layer](H.astype(np.float32), outputs.astype(np.float32))
    assert step.H.dtype == step.U.dtype == np.float32
    np.testing.assert_allclose(step.loss, LAYERS[layer](H, outputs).loss, rtol=1e-5)
    alone = {
        "full": lambda k: full_softmax(H[k], outputs, TARGETS[k]),
        "hierarchical": lambda k: hierarchical_softmax(H[k], outputs, TARGETS[k], TREE),
        "negative sampling": lambda k: negative_sampling(H[k], outputs, TARGETS[k], NOISE[k]),
    }
    for k in range(len(H)):
        row = alone[layer](slice(k, k + 1))
        np.testing.assert_allclose(row.loss[0], LAYERS[layer](H, outputs).loss[k])
        np.testing.assert_allclose(row.H[0], LAYERS[layer](H, outputs).H[k])


def test_large_scores_do_not_overflow():
    far = np.array([[1000.0, 0, 0, 0]])
    outputs = np.zeros((V, D))
    outputs[:, 0] = np.where(np.arange(V) == 1, -1, 1)
    steps = [
        full_softmax(far, outputs, [1]),
        hierarchical_softmax(far, outputs[:-1], [8], TREE),
        negative_sampling(far, outputs, [1], [[2]]),
    ]
    for step in steps:
        assert np.all(np.isfinite(step.loss))
        assert np.all(np.isfinite(step.U))
    assert steps[0].loss[0] == pytest.approx(2000 + math.log(V - 1))
    assert steps[2].loss[0] == pytest.approx(2000)


@given(st.lists(st.integers(1, 100), min_size=2, max_size=30), st.integers(0, 2**32 - 1))
def test_path_probabilities_sum_to_one(counts, seed):
    rng, tree = np.random.default_rng(seed), HuffmanTree(counts)
    hidden_rows = 3 * rng.standard_normal((3, 5))
    outputs = rng.standard_normal((len(counts) - 1, 5))
    log_p = log_probabilities(hidden_rows, outputs, tree)
    assert log_p.shape == (3, len(counts))
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1)
    every = np.arange(len(counts))
    step = hierarchical_softmax(np.tile(hidden_rows[:1], (len(counts), 1)), outputs, every, tree)
    np.testing.assert_allclose(step.loss, -log_p[0], rtol=1e-10, atol=1e-12)


def test_full_probabilities_are_those_of_the_full_loss():
    log_p = log_probabilities(H, U)
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1)
    np.testing.assert_allclose(full_softmax(H, U, TARGETS).loss, -log_p[np.arange(len(H)), TARGETS])


def test_no_batch_is_no_loss():
    none = np.zeros((0, D))
    for step in (
        full_softmax(none, U, np.zeros(0, int)),
        hierarchical_softmax(none, U[:-1], np.zeros(0, int), TREE),
        negative_sampling(none, U, np.zeros(0, int), np.zeros((0, 2), int)),
    ):
        assert step.loss.shape == (0,)
        assert step.H.shape == (0, D)


def test_bad_layers():
    with pytest.raises(ValueError, match=r"got H \(6, 4\), U \(9, 3\) and 6 targets"):
        full_softmax(H, U[:, :3], TARGETS)
    with pytest.raises(ValueError, match=r"got H \(6, 4\), U \(9, 4\) and 5 targets"):
        full_softmax(H, U, TARGETS[:5])
    with pytest.raises(ValueError, match="values from 0 to 8"):
        full_softmax(H, U, TARGETS + 1)
    with pytest.raises(ValueError, match="values from 0 to 8"):
        negative_sampling(H, U, TARGETS, NOISE + 1)
    with pytest.raises(ValueError, match="U must have a row for each of the tree's 8 inner nodes"):
        hierarchical_softmax(H, U, TARGETS, TREE)
    with pytest.raises(ValueError, match="each of the tree's 8 inner nodes; got 9"):
        log_probabilities(H, U, TREE)
    for noise in (NOISE[0], NOISE[:5], NOISE.astype(float)):
        with pytest.raises(ValueError, match=r"integers of shape \(6, K\)"):
            negative_sampling(H, U, TARGETS, noise)


def test_noise_and_scores_of_a_word():
    np.testing.assert_allclose(noise_distribution(COUNTS).sum(), 1)
    np.testing.assert_allclose(noise_distribution(COUNTS, power=1), COUNTS / COUNTS.sum())
    np.testing.assert_allclose(noise_distribution([81, 16], power=0.25), [0.6, 0.4])
    np.testing.assert_allclose(noise_distribution([81, 16]), np.array([27, 8]) / 35)
    np.testing.assert_allclose(noise_distribution(COUNTS, power=0), 1 / V)
    assert scores_per_word(COUNTS, "full") == V
    assert scores_per_word(COUNTS, "hierarchical") == TREE.mean_length(COUNTS)
    assert scores_per_word(COUNTS, "negative sampling") == 6
    assert scores_per_word(COUNTS, "negative sampling", negatives=15) == 16
    with pytest.raises(ValueError, match=r"output must be one of \['full'"):
        scores_per_word(COUNTS, "softmax")
    with pytest.raises(ValueError, match="power must be a finite number of at least 0"):
        noise_distribution(COUNTS, power=-1)
    with pytest.raises(ValueError, match="negatives must be a whole number"):
        scores_per_word(COUNTS, "negative sampling", negatives=0)


# --- the input ----------------------------------------------------------------------------------


def test_hidden_rows_are_vectors_or_means():
    np.testing.assert_array_equal(hidden(U, [3, 0, 3]), U[[3, 0, 3]])
    expected = [U[[c for c in row if c >= 0]].mean(axis=0) for row in CONTEXTS]
    np.testing.assert_allclose(hidden(U, CONTEXTS), expected)
    assert hidden(U.astype(np.float32), CONTEXTS).dtype == np.float32


@pytest.mark.parametrize("contexts", [CONTEXTS, CONTEXTS[:, 2].clip(0)])
def test_the_input_gradient_is_that_of_autograd(contexts):
    W = torch.tensor(U, requires_grad=True)
    if contexts.ndim == 1:
        rows = W[torch.as_tensor(contexts)]
    else:
        rows = torch.stack([W[[c for c in row if c >= 0]].mean(dim=0) for row in contexts.tolist()])
    (rows * torch.tensor(H)).sum().backward()
    words, sums = input_gradient(contexts, H, V)
    assert words.tolist() == sorted(set(contexts[contexts >= 0].tolist()))
    dense = np.zeros((V, D))
    dense[words] = sums
    np.testing.assert_allclose(dense, W.grad, atol=1e-12)
    assert input_gradient(contexts, H.astype(np.float32), V)[1].dtype == np.float32


def test_bad_contexts():
    with pytest.raises(ValueError, match="at least one word in each row; one has none"):
        hidden(U, [[0, 1], [-1, -1]])
    with pytest.raises(ValueError, match="values from 0 to 8"):
        hidden(U, [-1])
    with pytest.raises(ValueError, match="values from 0 to 8"):
        hidden(U, [[9, 0]])


# --- training -----------------------------------------------------------------------------------

# 0 and 1 stand in the same places, between 4 and 5; 2 and 3 between 6 and 7.
TEXT = np.concatenate(
    [
        [left, word, right, 8, 8]
        for word in np.random.default_rng(0).integers(0, 4, 400)
        for left, right in [(4, 5) if word < 2 else (6, 7)]
    ]
)
TEXT_COUNTS = np.bincount(TEXT)
SHORT = {"d": 6, "window": 1, "epochs": 15, "batch_size": 64, "threshold": None}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("model", MODELS)
def test_words_of_the_same_places_get_near_vectors(model, output):
    found = train_vectors(TEXT, TEXT_COUNTS, model=model, output=output, **SHORT)
    units = found.W / np.linalg.norm(found.W, axis=1, keepdims=True)
    cosines = units @ units.T
    assert min(cosines[0, 1], cosines[2, 3]) > 0.9
    assert cosines[:2, 2:4].max() < 0.6
    assert found.loss_path.shape == (15,)
    assert found.loss_path[-1] < found.loss_path[0]
    assert found.U.shape == ((8, 6) if output == "hierarchical" else (9, 6))
    assert (found.tree is None) == (output != "hierarchical")
    assert found.W.dtype == found.U.dtype == np.float32


@pytest.mark.parametrize("output", OUTPUTS)
def test_training_repeats_with_the_seed(output):
    options = {**SHORT, "epochs": 1, "output": output, "threshold": 0.05}
    one, same, other = (
        train_vectors(TEXT, TEXT_COUNTS, random_state=seed, **options) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.W, same.W)
    np.testing.assert_array_equal(one.U, same.U)
    assert not np.allclose(one.W, other.W)


def test_the_defaults_are_those_of_the_docstring():
    counts = TEXT_COUNTS * 1000
    found = train_vectors(TEXT, counts)
    options = {"model": "skip-gram", "output": "negative sampling", "d": 64, "window": 2}
    options |= {"epochs": 4, "eta": 0.2, "batch_size": 2048, "negatives": 5, "noise_power": 0.75}
    options |= {"threshold": 1e-3, "sides": "both", "dtype": np.float32, "random_state": 0}
    same = train_vectors(TEXT, counts, **options)
    np.testing.assert_array_equal(found.W, same.W)
    for option, other in (("threshold", 2e-3), ("noise_power", 1.75), ("negatives", 6)):
        changed = train_vectors(TEXT, counts, **(options | {option: other}))
        assert not np.array_equal(found.W, changed.W)


def test_one_step_is_adagrad_by_hand():
    """One batch: with U = 0 at the start only U moves, and by η/20 · g / √mean g²."""
    text, counts = np.array([0, 1]), [1, 1]
    options = {"output": "full", "d": 3, "window": 1, "threshold": None, "dtype": np.float64}
    found = train_vectors(text, counts, epochs=1, batch_size=2, eta=0.3, **options)
    W = found.W  # the gradient by W is E U = 0
    assert np.all(np.abs(W) <= 0.5 / 3)
    E = np.array([[0.5, -0.5], [-0.5, 0.5]])  # of the pairs 0 → 1 and 1 → 0
    g = E.T @ W
    expected = -0.3 * g / np.sqrt(np.mean(g**2, axis=1, keepdims=True) + 1e-10)
    np.testing.assert_allclose(found.U, expected, rtol=1e-12)
    assert found.loss_path[0] == pytest.approx(math.log(2))


def test_the_step_falls_to_a_twentieth(monkeypatch):
    import course_lib.nn.embeddings as module

    seen = []
    adagrad = module._adagrad

    def watched(parameters, squares, rows, gradient, eta):
        seen.append(eta)
        adagrad(parameters, squares, rows, gradient, eta)

    monkeypatch.setattr(module, "_adagrad", watched)
    options = {"d": 2, "window": 1, "threshold": None, "batch_size": 100, "epochs": 2}
    train_vectors(np.array([0, 1] * 101), [101, 101], eta=0.4, **options)
    assert len(seen) == 2 * 2 * 5  # 402 pairs are 5 batches, each of two matrices
    share = np.repeat([epoch + 100 * k / 402 for epoch in (0, 1) for k in range(5)], 2) / 2
    np.testing.assert_allclose(seen, 0.4 * (1 - 0.95 * share))


def test_a_left_context_learns_what_comes_next():
    """After 0 comes 1, after 1 comes 2 or 3: perplexities 1 and 2 can be learned."""
    drawn = np.random.default_rng(0).integers(2, 4, 400)
    text = np.stack([np.zeros(400, int), np.ones(400, int), drawn], axis=1).ravel()
    options = {**SHORT, "epochs": 30, "model": "cbow", "sides": "left"}
    for output in ("full", "hierarchical"):
        found = train_vectors(text, np.bincount(text), output=output, **options)
        entropy_of_thirds = (0 + math.log(2) + 0) / 3
        assert perplexity(found, text, 1) == pytest.approx(math.exp(entropy_of_thirds), rel=0.02)


def test_perplexity_is_that_of_the_probabilities():
    W, outputs = RNG.standard_normal((V, D)), RNG.standard_normal((V, D))
    text = np.random.default_rng(1).integers(0, V, 2500)
    for tree, out in ((None, outputs), (TREE, outputs[:-1])):
        trained = Trained(W, out, np.zeros(1), tree)
        log_p = log_probabilities(W[text[:-1]], out, tree)
        expected = math.exp(-log_p[np.arange(len(text) - 1), text[1:]].mean())
        assert perplexity(trained, text, 1) == pytest.approx(expected)
    means = hidden(W, [[text[1], -1], [text[0], text[2]], [text[1], -1]])
    log_p = log_probabilities(means, outputs)[np.arange(3), text[:3]]
    both = perplexity(Trained(W, outputs, np.zeros(1), None), text[:3], 1, sides="both")
    assert both == pytest.approx(math.exp(-log_p.mean()))
    with pytest.raises(ValueError, match="at least one word with another near it"):
        perplexity(trained, text[:1], 1)


def test_gaps_make_no_pairs_in_training():
    with pytest.raises(ValueError, match="two words that stand near each other; got none"):
        train_vectors([0, -1, 1], [1, 1], window=1, threshold=None)
    with pytest.raises(ValueError, match="two words that stand near each other; got none"):
        train_vectors([0, -1, 1], [1, 1], model="cbow", window=1, threshold=None)


def test_bad_training():
    for options, message in (
        ({"model": "glove"}, r"model must be one of \['skip-gram', 'cbow'\]; got 'glove'"),
        ({"output": "softmax"}, r"output must be one of \['full', 'hierarchical', 'negative"),
        ({"sides": "left"}, "sides = 'left' is for model = \"cbow\""),
        ({"sides": "right", "model": "cbow"}, 'sides must be "both" or "left"'),
        ({"d": 0}, "d must be a whole number of at least 1"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        ({"window": 0}, "window must be a whole number of at least 1"),
        ({"negatives": 0}, "negatives must be a whole number of at least 1"),
        ({"eta": 0}, "eta must be a finite number above 0"),
        ({"threshold": 0}, "threshold must be a finite number above 0"),
    ):
        with pytest.raises(ValueError, match=message):
            train_vectors(TEXT, TEXT_COUNTS, **options)
    with pytest.raises(ValueError, match="values from −1"):
        train_vectors(TEXT, TEXT_COUNTS[:-1])
