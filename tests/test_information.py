"""Entropy and its relatives against SciPy's and by hand; Huffman's code against its bounds."""

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from course_lib.information import (
    cross_entropy,
    entropy,
    huffman_code,
    huffman_lengths,
    kl_divergence,
    mutual_information,
    shares,
)
from course_lib.trees import information_gain

counts = st.lists(st.integers(1, 50), min_size=1, max_size=7)
pairs = st.integers(2, 6).flatmap(
    lambda K: st.tuples(*[st.lists(st.integers(1, 50), min_size=K, max_size=K)] * 2)
)


@given(pairs)
def test_divergence_is_scipy_s_and_cross_entropy_its_sum(pair):
    p, q = pair
    kl = float(kl_divergence(p, q))
    assert kl == pytest.approx(scipy.stats.entropy(p, q, base=2), abs=1e-12)
    assert kl >= 0
    P, Q = shares(p), shares(q)
    assert float(cross_entropy(p, q)) == pytest.approx(-np.sum(P * np.log2(Q)), abs=1e-12)


def test_rounding_makes_no_divergence_negative():
    p = np.random.default_rng(0).dirichlet(np.ones(5), size=200)
    assert (kl_divergence(p, 3 * p) >= 0).all()
    assert (kl_divergence(p, p * (1 + 1e-9 * np.arange(5))) >= 0).all()


def test_zeros():
    assert kl_divergence([0, 1], [1, 1]) == 1
    assert kl_divergence([1, 1], [0, 1]) == np.inf
    assert cross_entropy([0, 1], [0, 1]) == 0
    assert cross_entropy([1, 1], [0, 1]) == np.inf
    assert entropy([0, 0]) == 0


def test_rows_at_once():
    p, q = [[1, 1], [1, 3]], [[1, 1], [1, 1]]
    np.testing.assert_allclose(kl_divergence(p, q), [0, 1 - entropy([1, 3])])
    np.testing.assert_allclose(cross_entropy(p, q), [1, 1])
    np.testing.assert_allclose(shares([[1, 3], [0, 0]]), [[0.25, 0.75], [0, 0]])


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_mutual_information_is_a_tree_s_gain_and_scikit_learn_s(joint):
    if np.sum(joint) == 0:
        return
    found = mutual_information(joint)
    assert found == pytest.approx(information_gain(joint), abs=1e-12)
    assert found == pytest.approx(mutual_information(np.transpose(joint)), abs=1e-12)
    score = mutual_info_score(None, None, contingency=np.asarray(joint)) / np.log(2)
    assert found == pytest.approx(score, abs=1e-12)
    assert found >= 0


@given(counts)
def test_huffman_s_mean_length_is_within_a_bit_of_the_entropy(p):
    words = huffman_code(p)
    lengths = np.array([len(word) for word in words])
    mean = shares(p) @ lengths
    assert entropy(p) - 1e-12 <= mean
    assert len(p) == 1 or mean < entropy(p) + 1
    assert sum(2.0**-lengths) == 1  # no word could be shorter without another being longer
    for one, other in itertools.permutations(words, 2):
        assert not other.startswith(one)


def shortest(p):
    """The least mean length of all prefix codes, by trying all lengths that Kraft allows."""
    K = len(p)
    every = itertools.product(range(1, K), repeat=K)
    return min(shares(p) @ lengths for lengths in every if sum(2.0 ** -np.array(lengths)) <= 1)


@pytest.mark.parametrize("p", [[1, 1], [5, 1, 1], [4, 3, 2, 1], [1, 1, 1, 1, 1], [8, 4, 2, 1, 1]])
def test_no_prefix_code_is_shorter(p):
    mean = shares(p) @ [len(word) for word in huffman_code(p)]
    assert mean == pytest.approx(shortest(p), abs=1e-12)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40).filter(any))
def test_huffman_s_lengths_are_those_of_merging_step_by_step(counts):
    symbols = [(count, place, [place]) for place, count in enumerate(shares(counts).tolist())]
    lengths = [0] * len(counts)
    for age in range(len(counts), 2 * len(counts) - 1):
        (a, _, one), (b, _, two), *symbols = sorted(symbols)
        symbols.append((a + b, age, one + two))
        for k in one + two:
            lengths[k] += 1
    assert huffman_lengths(counts).tolist() == lengths
    assert [len(word) for word in huffman_code(counts)] == lengths


def test_huffman_by_hand():
    assert huffman_code([4, 2, 1, 1]) == ["0", "10", "110", "111"]
    assert huffman_code([1, 1, 4, 2]) == ["110", "111", "0", "10"]
    assert huffman_code([1, 1, 1]) == ["10", "11", "0"]
    assert huffman_code([7]) == [""]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kl_divergence([1, 2], [1, 2, 3]), r"same shape, got \(2,\) and \(3,\)"),
        (lambda: kl_divergence([0, 0], [1, 2]), "all of them are 0"),
        (lambda: kl_divergence([1, 2], [0, 0]), "all of them are 0"),
        (lambda: cross_entropy([1, -1], [1, 2]), "at least 0"),
        (lambda: entropy([np.inf, 1]), "finite"),
        (lambda: entropy(3), "array of finite"),
        (lambda: mutual_information([1, 2]), r"table \(m, K\)"),
        (lambda: huffman_code([]), r"K ≥ 1, got \(0,\)"),
        (lambda: huffman_lengths([]), r"K ≥ 1, got \(0,\)"),
        (lambda: huffman_code([[1, 2]]), r"K ≥ 1, got \(1, 2\)"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
