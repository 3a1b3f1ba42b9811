"""Nearest words, analogies and associations on vectors whose answers are known, and on counts."""

import itertools
import math

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from course_lib.datasets import word_pairs
from course_lib.nn.embeddings import train_vectors
from course_lib.nn.word_counts import (
    WordVocabulary,
    cooccurrences,
    pmi,
    ppmi,
    svd_vectors,
)
from course_lib.nn.word_measures import (
    accuracy_by_group,
    analogy_questions,
    answer_analogies,
    association,
    association_test,
    nearest,
    pmi_agreement,
)

RNG = np.random.default_rng(0)
VECTORS = RNG.standard_normal((12, 5))
COSINES = cosine_similarity(VECTORS)


# --- near words ---------------------------------------------------------------------------------


def test_near_words_are_those_of_all_cosines():
    codes, cosines = nearest(VECTORS, 4, n=3)
    order = [k for k in np.argsort(-COSINES[4]) if k != 4]
    assert codes.tolist() == order[:3]
    np.testing.assert_allclose(cosines, COSINES[4, order[:3]])
    codes, _ = nearest(VECTORS, 4, n=3, exclude=[order[0], order[2]])
    assert codes.tolist() == [order[1], *order[3:5]]


def test_a_vector_finds_its_own_word_at_any_length():
    codes, cosines = nearest(VECTORS, 3 * VECTORS[7], n=20)
    assert codes[0] == 7
    assert cosines[0] == pytest.approx(1)
    assert sorted(codes.tolist()) == list(range(12))
    codes, _ = nearest(VECTORS, 7, n=20, exclude=[1, 1, 7])
    assert sorted(codes.tolist()) == [k for k in range(12) if k not in (1, 7)]


def test_equal_cosines_come_in_the_order_of_codes_and_zeros_are_near_to_none():
    vectors = np.array([[1.0, 0], [2, 0], [0, 0], [3, 0], [-1, 0]])
    codes, cosines = nearest(vectors, 1, n=4)
    assert codes.tolist() == [0, 3, 2, 4]
    assert cosines.tolist() == [1, 1, 0, -1]


def test_ten_words_are_near_unless_another_number_is_asked_for():
    assert len(nearest(VECTORS, 0)[0]) == 10


def test_bad_near_words():
    with pytest.raises(ValueError, match="query must be a whole number from 0 to 11, got 12"):
        nearest(VECTORS, 12)
    with pytest.raises(ValueError, match="query must have 5 numbers; got 4"):
        nearest(VECTORS, VECTORS[0, :4])
    with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
        nearest(VECTORS, 0, n=0)
    with pytest.raises(ValueError, match="values from 0 to 11"):
        nearest(VECTORS, 0, exclude=[12])
    with pytest.raises(ValueError, match=r"shape \(V, d\); got the shape \(5,\)\."):
        nearest(VECTORS[0], 0)
    with pytest.raises(ValueError, match="with NaN or infinity in it"):
        nearest(np.full((2, 2), np.nan), 0)


# --- analogies ----------------------------------------------------------------------------------


def test_questions_are_all_ordered_pairs_of_pairs():
    vocabulary = WordVocabulary(["a", "A", "b", "B", "c", "C"])
    code = vocabulary.code
    pairs = {"case": [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")], "none": [("a", "x")]}
    questions = analogy_questions(pairs, vocabulary)
    expected = [
        (code(x), code(x.upper()), code(y), code(y.upper()))
        for x, y in itertools.permutations("abc", 2)
    ]
    assert sorted(map(tuple, questions["case"].tolist())) == sorted(expected)
    assert questions["none"].shape == (0, 4)


def test_questions_do_not_ask_for_a_word_that_they_give():
    vocabulary = WordVocabulary(["me", "i", "mine", "us"])
    pairs = {"g": [("i", "me"), ("us", "me"), ("i", "mine"), ("me", "us")]}
    asked = [vocabulary.decode(q) for q in analogy_questions(pairs, vocabulary)["g"]]
    assert all(d not in (a, b, c) for a, b, c, d in asked)
    assert ["i", "me", "us", "me"] not in asked
    assert ["i", "mine", "us", "me"] in asked
    assert ["i", "me", "i", "mine"] in asked
    assert ["us", "me", "me", "us"] not in asked


@pytest.mark.parametrize("signs", [(-1, 1, 1), (0, 0, 1), (0, 1, 1), (-0.5, 1, 2)])
def test_answers_are_those_of_a_loop(signs):
    units = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    questions = [q for q in RNG.integers(0, 12, (60, 4)).tolist() if q[3] not in q[:3]]
    answers = answer_analogies(VECTORS, questions, signs=signs)
    for (a, b, c, d), predicted, rank in zip(questions, *answers, strict=True):
        scores = units @ (signs[0] * units[a] + signs[1] * units[b] + signs[2] * units[c])
        others = [k for k in np.argsort(-scores) if k not in (a, b, c)]
        assert predicted == others[0]
        assert rank == others.index(d)


def test_answers_do_not_depend_on_the_blocks(monkeypatch):
    questions = list(itertools.permutations(range(6), 4))
    whole = answer_analogies(VECTORS, questions)
    monkeypatch.setattr("course_lib.nn.word_measures.BLOCK", 12 * 7)
    parts = answer_analogies(VECTORS, questions)
    np.testing.assert_array_equal(whole.predicted, parts.predicted)
    np.testing.assert_array_equal(whole.rank, parts.rank)
    assert len(whole.rank) == 360


def test_accuracy_is_the_share_of_right_answers():
    questions = np.array(list(itertools.permutations(range(6), 4)))
    groups = {"one": questions[:100], "two": questions[100:], "none": []}
    rank = answer_analogies(VECTORS, questions).rank
    for top in (1, 3):
        found = accuracy_by_group(VECTORS, groups, top=top)
        assert list(found) == ["one", "two", "none", "all"]
        assert found["one"] == pytest.approx(np.mean(rank[:100] < top))
        assert found["two"] == pytest.approx(np.mean(rank[100:] < top))
        assert found["all"] == pytest.approx(np.mean(rank < top))
        assert math.isnan(found["none"])
    control = accuracy_by_group(VECTORS, groups, signs=(0, 0, 1))["all"]
    alone = answer_analogies(VECTORS, questions, signs=(0, 0, 1)).rank
    assert control == pytest.approx(np.mean(alone == 0))
    assert math.isnan(accuracy_by_group(VECTORS, {})["all"])


def test_bad_analogies():
    with pytest.raises(ValueError, match=r"questions must have the shape \(Q, 4\); got \(3,\)"):
        answer_analogies(VECTORS, [0, 1, 2])
    with pytest.raises(ValueError, match=r"got \(1, 3\)"):
        answer_analogies(VECTORS, [[0, 1, 2]])
    with pytest.raises(ValueError, match="values from 0 to 11"):
        answer_analogies(VECTORS, [[0, 1, 2, 12]])
    with pytest.raises(ValueError, match="must not ask for one of the three words"):
        answer_analogies(VECTORS, [[0, 1, 2, 3], [0, 1, 2, 1]])
    for signs in ((1, 1), (1, 1, math.nan)):
        with pytest.raises(ValueError, match="signs must be three finite numbers"):
            answer_analogies(VECTORS, [[0, 1, 2, 3]], signs=signs)
    with pytest.raises(ValueError, match="top must be a whole number of at least 1"):
        accuracy_by_group(VECTORS, {}, top=0)


# --- the planted text ---------------------------------------------------------------------------


def planted():
    text = word_pairs.planted_corpus(5000, random_state=0)
    vocabulary = WordVocabulary(text.words)
    return vocabulary, vocabulary.encode(text.words), analogy_questions(text.pairs, vocabulary)


def test_offsets_find_what_was_planted_and_the_nearest_word_alone_does_not():
    vocabulary, codes, questions = planted()
    counted = svd_vectors(ppmi(cooccurrences(codes, len(vocabulary), 1)), 32)
    learned = train_vectors(codes, vocabulary.counts, d=32, window=1, epochs=10, batch_size=512).W
    for vectors in (counted, learned):
        assert accuracy_by_group(vectors, questions)["all"] > 0.9
        assert accuracy_by_group(vectors, questions, signs=(0, 0, 1))["all"] < 0.4


# --- associations -------------------------------------------------------------------------------


def test_association_is_a_difference_of_mean_cosines():
    found = association(VECTORS, [3, 4, 3], [0, 1], [2, 5, 6])
    expected = [COSINES[w, [0, 1]].mean() - COSINES[w, [2, 5, 6]].mean() for w in (3, 4, 3)]
    np.testing.assert_allclose(found, expected)


def test_the_test_of_association_tries_every_division():
    X, Y, A, B = [0, 1, 2], [3, 4, 5, 6], [7, 8], [9, 10, 11]
    test = association_test(VECTORS, X, Y, A, B)
    s = association(VECTORS, [*X, *Y], A, B)
    effect = (s[:3].mean() - s[3:].mean()) / s.std(ddof=1)
    assert test.effect == pytest.approx(effect)
    divisions = [
        s[list(part)].mean() - np.delete(s, list(part)).mean()
        for part in itertools.combinations(range(7), 3)
    ]
    as_far = [d >= s[:3].mean() - s[3:].mean() - 1e-12 for d in divisions]
    assert test.p == pytest.approx(np.mean(as_far))
    swapped = association_test(VECTORS, X, Y, B, A)
    assert swapped.effect == pytest.approx(-effect)


def test_drawn_divisions_come_near_to_all_of_them():
    sets = [0, 3, 6], [1, 2, 4, 5], [7, 8], [9, 10, 11]
    exact = association_test(VECTORS, *sets, permutations=35).p
    assert exact == pytest.approx(10 / 35)
    drawn = [
        association_test(VECTORS, *sets, permutations=34, random_state=seed).p for seed in range(60)
    ]
    assert len(set(drawn)) > 5
    assert all(34 * p == pytest.approx(round(34 * p)) and p > 0 for p in drawn)  # itself is one
    expected = (1 + 33 * exact) / 34
    assert np.mean(drawn) == pytest.approx(expected, abs=4 * np.std(drawn) / np.sqrt(60))


def test_bad_associations():
    with pytest.raises(ValueError, match="A must hold at least one word; got none"):
        association(VECTORS, [0], [], [1])
    with pytest.raises(ValueError, match="words must hold at least one word"):
        association(VECTORS, [], [0], [1])
    with pytest.raises(ValueError, match="X and Y must not share a word"):
        association_test(VECTORS, [0, 1], [1, 2], [3], [4])
    with pytest.raises(ValueError, match="must not all have the same association"):
        association_test(np.ones((4, 2)), [0], [1], [2], [3])
    with pytest.raises(ValueError, match="permutations must be a whole number of at least 1"):
        association_test(VECTORS, [0], [1], [2], [3], permutations=0)


# --- beside the counts --------------------------------------------------------------------------


def test_scores_stand_beside_the_information_of_their_pairs():
    C = sparse.csr_array(np.array([[3.0, 0, 1], [0, 2, 5], [1, 5, 0]]))
    W, U = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 4))
    scores, shifted, seen = pmi_agreement(W, U, C, negatives=5, noise_power=0.5)
    i, j = np.nonzero(C.toarray())
    np.testing.assert_allclose(scores, (W @ U.T)[i, j])
    M = pmi(C, context_power=0.5, shift=math.log(5)).toarray()
    np.testing.assert_allclose(shifted, M[i, j])
    np.testing.assert_allclose(seen, C.toarray()[i, j])
    plain = pmi_agreement(W, U, C, negatives=1)[1]
    np.testing.assert_allclose(plain, pmi(C, context_power=1).toarray()[i, j])


def test_negative_sampling_reaches_the_shifted_information():
    """With as many numbers as words, w·u = PMI − log K where pairs are many."""
    rng = np.random.default_rng(0)
    chain = rng.dirichlet(np.full(5, 2.0), size=5).cumsum(axis=1)
    codes = [0]
    for u in rng.random(10_000):
        codes.append(min(4, int(np.searchsorted(chain[codes[-1]], u))))
    codes = np.array(codes)
    counts = np.bincount(codes)
    options = {"threshold": None, "noise_power": 1.0, "epochs": 10, "batch_size": 256}
    for negatives in (1, 4):
        found = train_vectors(codes, counts, d=5, window=1, negatives=negatives, **options)
        C = cooccurrences(codes, 5, 1)
        scores, shifted, _ = pmi_agreement(found.W, found.U, C, negatives=negatives)
        assert np.abs(scores - shifted).mean() < 0.1


def test_bad_agreements():
    with pytest.raises(ValueError, match=r"\(3, 3\); got \(2, 2\)"):
        pmi_agreement(np.ones((3, 2)), np.ones((3, 2)), np.ones((2, 2)), negatives=5)
    with pytest.raises(ValueError, match="negatives must be a whole number of at least 1"):
        pmi_agreement(np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2)), negatives=0)
