import numpy as np
import pytest

from course_lib.datasets.word_pairs import planted_corpus
from course_lib.nn import word_trials
from course_lib.nn.embeddings import HuffmanTree
from course_lib.nn.word_counts import WordVocabulary, cooccurrences, ppmi, svd_vectors
from course_lib.nn.word_measures import accuracy_by_group, association


def test_rare_words_share_the_code_after_the_last():
    vocabulary = WordVocabulary(["a", "a", "b", "b", "c"], min_count=2)
    assert word_trials.with_rare(vocabulary, ["a", "c", "b", "d"]).tolist() == [0, 2, 1, 2]


@pytest.fixture(scope="module")
def trial():
    made = planted_corpus(1500, n_concepts=6, random_state=0)
    return word_trials.planted_trial(made.words, made.pairs, d=12, random_state=1)


def test_both_kinds_of_vectors_answer_the_planted_questions(trial):
    assert trial.counted.shape == trial.trained.shape == (len(trial.vocabulary), 12)
    for vectors in (trial.counted, trial.trained):
        assert accuracy_by_group(vectors, trial.questions)["all"] > 0.8


def test_a_trial_counts_as_the_library_does_and_repeats_itself(trial):
    made = planted_corpus(1500, n_concepts=6, random_state=0)
    again = word_trials.planted_trial(made.words, made.pairs, d=12, random_state=1, train=False)
    C = cooccurrences(again.vocabulary.encode(made.words), len(again.vocabulary), 1)
    assert np.allclose(again.counted, svd_vectors(ppmi(C), 12, random_state=1))
    assert np.allclose(again.counted, trial.counted)
    assert not again.trained.any()
    assert not again.outputs.any()


def test_a_large_made_text_is_read_once():
    words = ["a", "b", "c", "d"] * (word_trials.WORDS_TRAINED // 4 + 1)
    pairs = {"one": (("a", "b"), ("c", "d"))}
    trial = word_trials.planted_trial(words, pairs, d=2)
    assert trial.trained.any()


def test_decisions_multiply_to_the_probability_whatever_it_is():
    tree, rng = HuffmanTree([9, 5, 4, 2, 1, 1]), np.random.default_rng(0)
    p = rng.random(6)
    for k in range(6):
        way = word_trials.decisions(tree, k, p)
        steps = [one.left if one.bit == 0 else 1 - one.left for one in way]
        assert np.isclose(np.prod(steps), p[k] / p.sum())
        everyone = sorted([k, *np.concatenate([one.others for one in way])])
        assert everyone == list(range(6))


def test_decisions_need_a_probability_for_each_word():
    with pytest.raises(ValueError, match="each of the tree's words"):
        word_trials.decisions(HuffmanTree([2, 1, 1]), 0, [0.5, 0.5])


def test_answers_by_counting_are_those_of_a_trial():
    signs = [(-1, 1, 1), (0, 0, 1)]
    made = planted_corpus(300, random_state=3)
    one = word_trials.planted_trial(*made, train=False, random_state=3)
    wanted = [accuracy_by_group(one.counted, one.questions, signs=s)["all"] for s in signs]
    assert word_trials.counted_answers(*made, signs, random_state=3) == pytest.approx(wanted)
    assert wanted[0] > wanted[1]


def test_vectors_of_lines_count_within_lines():
    lines = ["abcab", "bcdda", "ddcba"]
    vocabulary, vectors = word_trials.line_vectors(iter(lines), d=3, random_state=2)
    C = sum(cooccurrences(vocabulary.encode(line), 4, 2).toarray() for line in lines)
    assert vectors.shape == (4, 3)
    assert np.allclose(vectors, svd_vectors(ppmi(C), 3, random_state=2))


def test_associations_come_from_halves_of_the_texts():
    rng = np.random.default_rng(0)
    texts = [rng.integers(30, size=400) for _ in range(6)]
    found = word_trials.associations_on_halves(texts, 30, [4, 5], [0], [1, 2], repeats=3, d=5)
    assert found.shape == (3, 2)
    for seed in range(3):
        half = np.random.default_rng(seed).permutation(6)[:3]
        C = cooccurrences(np.concatenate([texts[k] for k in half]), 30, 2)
        vectors = svd_vectors(ppmi(C), 5, random_state=seed)
        assert np.allclose(found[seed], association(vectors, [4, 5], [0], [1, 2]))


def test_a_tree_that_knows_the_word_before_guesses_an_alternating_text():
    text = np.array([0, 1] * 5000)
    eta, found = word_trials.tree_perplexities(text, text[:100], text[:100], etas=(0.01, 0.5))
    assert eta == 0.5
    assert len(found) == 3
    assert max(found) < 1.2
