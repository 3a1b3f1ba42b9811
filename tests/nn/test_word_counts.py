"""Words become codes, near words are counted, and counts become information and vectors."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from course_lib.nn.word_counts import (
    WEIGHTS,
    WordVocabulary,
    context_windows,
    cooccurrences,
    keep_probabilities,
    pmi,
    ppmi,
    subsample,
    svd_vectors,
    tokenize,
    window_pairs,
    with_gaps,
)

GAPPED = st.lists(st.integers(-1, 4), min_size=1, max_size=30)


def pairs_by_loop(codes, window):
    """List (centre, context, distance) as one reads it."""
    return [
        (codes[i], codes[j], abs(i - j))
        for i in range(len(codes))
        for j in range(max(0, i - window), min(len(codes), i + window + 1))
        if i != j and codes[i] >= 0 and codes[j] >= 0
    ]


# --- words and codes ----------------------------------------------------------------------------


def test_words_are_letters_with_apostrophes_inside():
    assert tokenize("'Tis O'er, o'er-night; DON'T' 3rd x''y") == [
        *("tis", "o'er", "o'er", "night", "don't", "rd", "x", "y")
    ]
    assert tokenize("12 -- '") == []


def test_the_vocabulary_is_sorted_by_count_and_then_by_name():
    words = ["b", "a", "c", "b", "a", "d", "c", "b", "e"]
    vocabulary = WordVocabulary(words)
    assert vocabulary.words == ("b", "a", "c", "d", "e")
    assert vocabulary.counts.tolist() == [3, 2, 2, 1, 1]
    assert vocabulary.counts.dtype == np.int64
    some = WordVocabulary(iter(words), min_count=2)
    assert some.words == ("b", "a", "c")
    assert len(some) == 3
    assert "a" in some
    assert "d" not in some


def test_encoding_skips_marks_or_refuses_unknown_words():
    vocabulary = WordVocabulary(["thou", "art", "thou"])
    text = ["thou", "sleep'st", "art", "thou"]
    assert vocabulary.encode(text).tolist() == [0, 1, 0]
    assert vocabulary.encode(text, unknown="gap").tolist() == [0, -1, 1, 0]
    assert vocabulary.encode(["art"], unknown="raise").tolist() == [1]
    assert vocabulary.encode([]).dtype == np.int64
    assert vocabulary.decode([1, 0]) == ["art", "thou"]
    with pytest.raises(ValueError, match=r"does not hold 'thus'\. Words spelt like it: thou\."):
        vocabulary.encode(["thus"], unknown="raise")
    with pytest.raises(ValueError, match=r"does not hold 'xyz'\.$"):
        vocabulary.code("xyz")
    with pytest.raises(ValueError, match='unknown must be "skip", "gap" or "raise"; got \'drop\''):
        vocabulary.encode([], unknown="drop")
    with pytest.raises(ValueError, match="values from 0 to 1; got the shape"):
        vocabulary.decode([-1])
    with pytest.raises(ValueError, match="values from 0 to 1"):
        vocabulary.decode([2])


def test_an_empty_vocabulary_is_refused():
    with pytest.raises(ValueError, match="at least one word 2 times"):
        WordVocabulary(["a", "b"], min_count=2)
    with pytest.raises(ValueError, match="min_count must be a whole number of at least 1, got 0"):
        WordVocabulary(["a"], min_count=0)


def test_gaps_keep_sequences_apart():
    assert with_gaps([[1, 2], [3], [4]], 1).tolist() == [1, 2, -1, 3, -1, 4]
    assert with_gaps([], 3).tolist() == []
    centres, _ = window_pairs(with_gaps([[0], [1], [2]], 2), window=2)
    assert len(centres) == 0
    with pytest.raises(ValueError, match="gap must be a whole number of at least 1"):
        with_gaps([[0]], 0)


# --- subsampling --------------------------------------------------------------------------------


def test_frequent_words_are_kept_by_the_root_of_threshold_over_share():
    kept = keep_probabilities([500, 300, 200, 0], threshold=0.25)
    np.testing.assert_allclose(kept, [math.sqrt(0.25 / 0.5), math.sqrt(0.25 / 0.3), 1, 1])
    np.testing.assert_allclose(keep_probabilities([9, 1]), np.sqrt([1e-3 / 0.9, 1e-3 / 0.1]))


def test_subsampling_keeps_as_many_as_it_says_in_their_order():
    rng = np.random.default_rng(0)
    codes = rng.choice(3, 60_000, p=[0.7, 0.25, 0.05])
    counts = np.bincount(codes)
    kept = subsample(codes, counts, 0.05, random_state=1)
    expected = counts * keep_probabilities(counts, 0.05)
    spread = np.sqrt(expected)  # of a count with independent draws, at most
    assert np.all(np.abs(np.bincount(kept) - expected) <= 4 * spread)
    assert np.array_equal(kept, subsample(codes, counts, 0.05, random_state=1))
    assert not np.array_equal(kept, subsample(codes, counts, 0.05, random_state=2))
    in_order = subsample(np.arange(100), np.ones(100), 0.005, random_state=0)
    assert 0 < len(in_order) < 100
    assert np.all(np.diff(in_order) > 0)


def test_defaults_of_subsampling_and_counting():
    codes = np.random.default_rng(0).integers(0, 5, 3000)
    counts = np.bincount(codes)
    same = subsample(codes, counts, 1e-3, random_state=0)
    np.testing.assert_array_equal(subsample(codes, counts), same)
    found, two = cooccurrences(codes, 5), cooccurrences(codes, 5, 2, weights="linear")
    np.testing.assert_allclose(found.toarray(), two.toarray())


def test_gaps_are_never_subsampled():
    codes = np.tile([0, -1], 500)
    kept = subsample(codes, [500, 500], 1e-6)
    assert np.count_nonzero(kept == -1) == 500
    assert np.count_nonzero(kept == 0) < 50


@pytest.mark.parametrize("counts", [[], [0, 0], [1, -1], [1, math.nan], [[1, 2]]])
def test_bad_counts(counts):
    with pytest.raises(ValueError, match="counts must be a list of V finite numbers"):
        keep_probabilities(counts)


def test_bad_thresholds():
    with pytest.raises(ValueError, match="threshold must be a finite number above 0"):
        keep_probabilities([1], 0)


# --- windows ------------------------------------------------------------------------------------


@given(GAPPED, st.integers(1, 6))
def test_pairs_are_those_of_two_loops(codes, window):
    centres, contexts = window_pairs(codes, window)
    found = Counter(zip(centres.tolist(), contexts.tolist(), strict=True))
    assert found == Counter((a, b) for a, b, _ in pairs_by_loop(codes, window))


@given(GAPPED, st.integers(1, 6), st.sampled_from(["both", "left"]))
def test_contexts_are_those_of_a_loop(codes, window, sides):
    expected = []
    for i, code in enumerate(codes):
        places = [i + k for k in range(-window, (window if sides == "both" else -1) + 1) if k]
        near = [codes[j] if 0 <= j < len(codes) else -1 for j in places]
        if code >= 0 and max(near) >= 0:
            expected.append((code, near))
    targets, contexts = context_windows(codes, window, sides=sides)
    assert targets.tolist() == [code for code, _ in expected]
    assert contexts.tolist() == [near for _, near in expected]


def test_random_widths_take_a_distance_as_often_as_linear_weights_say():
    codes, window = np.arange(20_000), 4
    centres, contexts = window_pairs(codes, window, random_state=0)
    by_distance = np.bincount(np.abs(centres - contexts))
    share = by_distance[1:] / (2 * len(codes))
    expected = [WEIGHTS["linear"](k, window) for k in range(1, window + 1)]
    assert len(by_distance) == window + 1
    np.testing.assert_allclose(share, expected, atol=0.02)
    again = window_pairs(codes, window, random_state=0)
    assert np.array_equal(centres, again[0])
    targets, near = context_windows(codes, window, random_state=0)
    wide = np.count_nonzero(near >= 0, axis=1)[window:-window]
    assert set(wide.tolist()) == {2, 4, 6, 8}
    inside = np.abs(near - targets[:, None])[window:-window]
    assert np.all((inside[near[window:-window] >= 0]) <= 4)
    np.testing.assert_array_equal(near[window:-window, window - 1], targets[window:-window] - 1)


@pytest.mark.parametrize("weights", WEIGHTS)
@given(codes=GAPPED, window=st.integers(1, 6))
def test_cooccurrences_are_those_of_two_loops(weights, codes, window):
    expected = np.zeros((5, 5))
    for a, b, k in pairs_by_loop(codes, window):
        worth = {"linear": (window + 1 - k) / window, "flat": 1, "harmonic": 1 / k}
        expected[a, b] += worth[weights]
    C = cooccurrences(codes, 5, window, weights=weights)
    assert isinstance(C, sparse.csr_array)
    np.testing.assert_allclose(C.toarray(), expected)


def test_a_word_beside_itself_counts_from_either_place():
    assert cooccurrences([0, 0], 1, 1).toarray().tolist() == [[2.0]]
    assert cooccurrences([0, 1, 0], 2).toarray().tolist() == [[1.0, 2.0], [2.0, 0.0]]


def test_bad_windows():
    for call in (
        lambda: window_pairs([0, 1], 0),
        lambda: context_windows([0, 1], 0),
        lambda: cooccurrences([0, 1], 2, 0),
    ):
        with pytest.raises(ValueError, match="window must be a whole number of at least 1"):
            call()
    with pytest.raises(ValueError, match='sides must be "both" or "left"; got \'right\''):
        context_windows([0, 1], 1, sides="right")
    with pytest.raises(ValueError, match=r"weights must be one of \['linear', 'flat', 'harmonic'"):
        cooccurrences([0, 1], 2, weights="square")
    with pytest.raises(ValueError, match=r"−1 \(a gap\) to 1; got the shape \(2,\), 0 to 2"):
        cooccurrences([0, 2], 2)
    with pytest.raises(ValueError, match=r"−1 \(a gap\); got the shape \(2,\), -2 to 0"):
        window_pairs([0, -2], 1)
    with pytest.raises(ValueError, match=r"one-dimensional.* got the shape \(1, 2\)"):
        window_pairs([[0, 1]], 1)
    with pytest.raises(TypeError, match="codes must be integers; got float64"):
        window_pairs([0.0, 1.0], 1)


# --- information and vectors --------------------------------------------------------------------


def test_information_of_a_table_by_hand():
    C = np.array([[4.0, 0, 2], [1, 5, 0], [0, 3, 9]])
    P, shares = C / C.sum(), C.sum(axis=0) / C.sum()
    with np.errstate(divide="ignore"):
        expected = np.log(P / np.outer(P.sum(axis=1), shares))
    found = pmi(C, context_power=1)
    np.testing.assert_allclose(found.toarray()[C > 0], expected[C > 0])
    assert found.nnz == 6
    smoothed = shares**0.75 / np.sum(shares**0.75)
    with np.errstate(divide="ignore"):
        expected = np.log(P / np.outer(P.sum(axis=1), smoothed)) - 0.4
    np.testing.assert_allclose(pmi(C, shift=0.4).toarray()[C > 0], expected[C > 0])
    positive = ppmi(C, shift=0.4)
    np.testing.assert_allclose(positive.toarray(), np.maximum(expected, 0))
    assert np.all(positive.data > 0)


def test_the_information_leaves_its_counts_alone_and_drops_zeros():
    C = sparse.csr_array(([2.0, 0.0, 1.0, 1.0], ([0, 0, 1, 0], [0, 1, 1, 0])), shape=(2, 2))
    before = C.copy()
    found = pmi(C, context_power=1)
    assert found.nnz == 2
    np.testing.assert_allclose(found.diagonal(), [math.log(4 / 3), math.log(4)])
    assert (before != C).nnz == 0
    assert C.nnz == before.nnz


def test_independent_words_tell_nothing_of_each_other():
    C = np.outer([1, 2, 3], [4, 5])
    np.testing.assert_allclose(pmi(C, context_power=1).toarray(), 0, atol=1e-12)
    assert ppmi(C, context_power=1, shift=0.1).nnz == 0


@pytest.mark.parametrize("table", [[[0, 0]], [[1, -1]], [[1, math.inf]], [[1, math.nan]]])
def test_bad_tables(table):
    with pytest.raises(ValueError, match=r"counts must be a table \(V, V\) of finite numbers"):
        pmi(table)


def test_bad_powers():
    with pytest.raises(ValueError, match="context_power must be a finite number above 0 and at"):
        pmi([[1.0]], context_power=0)
    with pytest.raises(ValueError, match="context_power"):
        pmi([[1.0]], context_power=1.5)
    with pytest.raises(ValueError, match="shift must be a finite number"):
        pmi([[1.0]], shift=math.inf)
    with pytest.raises(ValueError, match="p must be a finite number of at least 0 and at most 1"):
        svd_vectors(np.eye(3), 2, p=-0.5)
    with pytest.raises(ValueError, match="p must be"):
        svd_vectors(np.eye(3), 2, p=1.5)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, sparse.coo_array])
def test_vectors_are_those_of_the_full_decomposition(p, make):
    rng = np.random.default_rng(0)
    M = rng.random((30, 20)) * (rng.random((30, 20)) < 0.3)
    found = svd_vectors(make(M), 5, p=p, power=20)
    U, s, _ = np.linalg.svd(M)
    expected = U[:, :5] * s[:5] ** p
    assert found.shape == (30, 5)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-6)


def test_directions_without_a_value_are_zeros():
    M = np.outer([1.0, 2, 2], [0, 3, 4])
    for p in (0, 0.5):
        found = svd_vectors(M, 2, p=p)
        np.testing.assert_allclose(np.abs(found[:, 0]), np.array([1, 2, 2]) / 3 * 15**p)
        assert np.all(found[:, 1] == 0)


def test_vectors_repeat_with_the_seed():
    M = np.random.default_rng(0).random((40, 40))
    one, same, other = (svd_vectors(M, 3, power=1, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
