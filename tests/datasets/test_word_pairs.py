"""The pairs of words for analogies, and the text that plants them."""

import numpy as np
import pytest

from course_lib.datasets import load_shakespeare, word_pairs
from course_lib.nn.word_counts import WordVocabulary, tokenize


def test_a_planted_text_follows_its_rule():
    text = word_pairs.planted_corpus(4000, n_concepts=7, n_forms=3, noise=0.2, random_state=1)
    rows = np.array(text.words).reshape(-1, 6)
    assert set(rows[:, 2]) == {f"w{c}.{f}" for c in range(7) for f in range(3)}
    concept, form = np.array([word[1:].split(".") for word in rows[:, 2]]).T
    about, shape = (np.char.partition(rows[:, k], ".")[:, 0] for k in (1, 3))
    same_concept = np.mean(about == np.char.add("about", concept))
    same_form = np.mean(shape == np.char.add("in", form))
    assert same_concept == pytest.approx(0.8 + 0.2 / 7, abs=0.03)
    assert same_form == pytest.approx(0.8 + 0.2 / 3, abs=0.03)
    assert set(np.char.partition(rows[:, 1], ".")[:, 2]) == set("012345")
    assert set(np.char.partition(rows[:, 3], ".")[:, 2]) == set("0123")
    assert {word[:3] for word in rows[:, [0, 4, 5]].ravel()} == {"the"}
    assert len(set(rows[:, [0, 4, 5]].ravel())) == 20
    assert list(text.pairs) == ["form 0, form 1", "form 0, form 2", "form 1, form 2"]
    assert text.pairs["form 1, form 2"] == tuple((f"w{c}.1", f"w{c}.2") for c in range(7))


def test_without_noise_no_sentence_is_wrong_and_seeds_repeat():
    text = word_pairs.planted_corpus(300, noise=0)
    for row in np.array(text.words).reshape(-1, 6):
        concept, form = row[2][1:].split(".")
        assert row[1].startswith(f"about{concept}.")
        assert row[3].startswith(f"in{form}.")
    assert text == word_pairs.planted_corpus(300, noise=0, random_state=0)
    assert text.words != word_pairs.planted_corpus(300, noise=0, random_state=1).words


def test_defaults_are_twenty_concepts_of_four_forms_and_a_fifth_of_noise():
    text = word_pairs.planted_corpus(3000)
    same = word_pairs.planted_corpus(3000, n_concepts=20, n_forms=4, noise=0.2, random_state=0)
    assert text == same
    assert len({word for word in text.words if word[0] == "w"}) == 80
    assert len(text.words) == 18_000


def test_bad_planted_texts():
    for options, message in (
        ({"n_sentences": 0}, "n_sentences must be a whole number of at least 1"),
        ({"n_sentences": 1, "n_concepts": 1}, "n_concepts must be a whole number of at least 2"),
        ({"n_sentences": 1, "n_forms": 1}, "n_forms must be a whole number of at least 2"),
        ({"n_sentences": 1, "noise": 1.5}, "noise must be a finite number of at least 0 and at"),
    ):
        with pytest.raises(ValueError, match=message):
            word_pairs.planted_corpus(**options)


def test_pairs_of_shakespeare_are_different_words_in_seven_groups():
    groups = word_pairs.SHAKESPEARE_PAIRS
    assert [len(pairs) for pairs in groups.values()] == [7, 8, 5, 10, 12, 11, 10]
    for pairs in groups.values():
        assert len(set(pairs)) == len(pairs)
        assert all(a != b and a.isalpha() and b.isalpha() for a, b in pairs)


def test_pairs_of_shakespeare_occur_five_times_each():
    words = (word for work in load_shakespeare().values() for word in tokenize(work))
    vocabulary = WordVocabulary(words, min_count=5)
    for pairs in word_pairs.SHAKESPEARE_PAIRS.values():
        assert all(word in vocabulary for pair in pairs for word in pair)
