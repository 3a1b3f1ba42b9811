"""Trials with word vectors that a page repeats: on made text, on halves of a text, down a tree.

Symbols
    V            words of the vocabulary
    codes (N,)   a text as integers 0 … V − 1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_whole
from course_lib.nn.embeddings import HuffmanTree, perplexity, train_vectors
from course_lib.nn.word_counts import (
    WordVocabulary,
    cooccurrences,
    ppmi,
    svd_vectors,
    with_gaps,
)
from course_lib.nn.word_measures import accuracy_by_group, analogy_questions, association

__all__ = [
    "Decision",
    "PlantedTrial",
    "associations_on_halves",
    "counted_answers",
    "decisions",
    "line_vectors",
    "planted_trial",
    "tree_perplexities",
    "with_rare",
]

WORDS_TRAINED = 180_000
"""How many words of a made text skip-gram reads, all epochs together."""


def with_rare(vocabulary: WordVocabulary, words: Iterable[str]) -> np.ndarray:
    """Return the codes of words, V for every word that the vocabulary lacks.

    Examples
    --------
    >>> with_rare(WordVocabulary(["to", "be"]), ["to", "err"]).tolist()
    [1, 2]
    """
    codes = vocabulary.encode(words, unknown="gap")
    return np.where(codes < 0, len(vocabulary), codes)


class PlantedTrial(NamedTuple):
    """A made text as it was read: its vocabulary, its analogies, and vectors of two kinds."""

    vocabulary: WordVocabulary
    questions: dict[str, np.ndarray]
    counted: np.ndarray
    trained: np.ndarray
    outputs: np.ndarray


def planted_trial(
    words: Sequence[str],
    pairs: dict[str, Sequence[tuple[str, str]]],
    *,
    train: bool = True,
    d: int = 32,
    random_state: int = 0,
) -> PlantedTrial:
    """Make vectors of the words of a made text, a window of 1, by counting and by skip-gram.

    Parameters
    ----------
    words, pairs : as `course_lib.datasets.word_pairs.planted_corpus` makes them
    train : bool, default=True
        Without it the trained vectors are 0.
    d : int, default=32
    random_state : int

    Returns
    -------
    PlantedTrial
        `outputs` are skip-gram's vectors of predicted words.
    """
    vocabulary = WordVocabulary(words)
    codes, V = vocabulary.encode(words), len(vocabulary)
    questions = analogy_questions(pairs, vocabulary)
    counts = cooccurrences(codes, V, 1)
    counted = svd_vectors(ppmi(counts), d, random_state=random_state)
    W, U = np.zeros((2, V, d))
    if train:
        epochs = max(WORDS_TRAINED // len(words), 1)
        how = {"d": d, "window": 1, "epochs": epochs, "batch_size": 512, "threshold": None}
        W, U = train_vectors(codes, vocabulary.counts, **how, random_state=random_state)[:2]
    return PlantedTrial(vocabulary, questions, counted, W, U)


class Decision(NamedTuple):
    """What a node of a tree decides: the bit towards a word, the share of left, the others."""

    bit: int
    left: float
    others: np.ndarray


def decisions(tree: HuffmanTree, k: int, p: ArrayLike) -> list[Decision]:
    """Return the decisions on the way to word k that give all words the probabilities p (V,).

    The product of the shares along the way is p[k] / sum(p). `others` are the words that the node
    sends the other way, the first ones first.

    Examples
    --------
    >>> way = decisions(HuffmanTree([2, 1, 1]), 1, [0.5, 0.1, 0.4])
    >>> [(d.bit, round(d.left, 2), d.others.tolist()) for d in way]
    [(1, 0.5, [0]), (0, 0.2, [2])]
    """
    p = np.asarray(p, dtype=float)
    if p.shape != (len(tree.lengths),):
        raise ValueError(f"p must have a number for each of the tree's words; got {p.shape}.")
    way = []
    for level, (node, bit) in enumerate(tree.path(k)):
        below, left = tree.nodes[:, level] == node, tree.bits[:, level] == 0
        share = p[below & left].sum() / p[below].sum()
        others = np.flatnonzero(below & (left == bool(bit)))
        way.append(Decision(bit, float(share), others))
    return way


def tree_perplexities(
    read: np.ndarray,
    choosing: np.ndarray,
    test: np.ndarray,
    *,
    etas: Iterable[float] = (0.05, 0.1, 0.2),
    seeds: int = 3,
) -> tuple[float, list[float]]:
    """Predict each word from the one before it by a Huffman tree: how hard is a new text to guess?

    Parameters
    ----------
    read, choosing, test : int arrays
        Codes without gaps: what is read once, what the step is chosen by, what is judged.
    etas : iterable of float
        Steps to choose from, with the first seed.
    seeds : int, default=3

    Returns
    -------
    eta : float
    perplexities : list of float
        Of the text to be judged, for each seed.
    """
    counts = np.bincount(read)

    def trained(eta: float, seed: int):
        how = {"model": "cbow", "output": "hierarchical", "sides": "left", "window": 1}
        how |= {"epochs": 1, "threshold": None}
        return train_vectors(read, counts, eta=eta, random_state=seed, **how)

    tried = {eta: perplexity(trained(eta, 0), choosing, 1) for eta in etas}
    eta = min(tried, key=tried.get)
    return eta, [perplexity(trained(eta, s), test, 1) for s in range(check_whole("seeds", seeds))]


def counted_answers(
    words: Sequence[str],
    pairs: dict[str, Sequence[tuple[str, str]]],
    signs: Iterable[tuple[float, float, float]],
    *,
    random_state: int = 0,
) -> list[float]:
    """Return which share of a made text's analogies vectors by counting answer, for each signs.

    Parameters
    ----------
    words, pairs : as `course_lib.datasets.word_pairs.planted_corpus` makes them
    signs : iterable of 3 numbers
        See `course_lib.nn.word_measures.answer_analogies`.
    random_state : int
    """
    trial = planted_trial(words, pairs, train=False, random_state=random_state)
    return [
        accuracy_by_group(trial.counted, trial.questions, signs=three)["all"] for three in signs
    ]


def line_vectors(
    lines: Iterable[Sequence[str]], *, d: int = 64, random_state: int = 0
) -> tuple[WordVocabulary, np.ndarray]:
    """Return the vocabulary of some lines, and vectors by counting within lines, a window of 2.

    Examples
    --------
    >>> vocabulary, vectors = line_vectors(["abc", "abd"], d=2)
    >>> len(vocabulary), vectors.shape
    (4, (4, 2))
    """
    lines = list(lines)
    vocabulary = WordVocabulary(sign for line in lines for sign in line)
    codes = with_gaps([vocabulary.encode(line) for line in lines], gap=2)
    counts = cooccurrences(codes, len(vocabulary), 2)
    return vocabulary, svd_vectors(ppmi(counts), d, random_state=random_state)


def associations_on_halves(
    texts: Sequence[np.ndarray],
    n_words: int,
    words: ArrayLike,
    A: ArrayLike,
    B: ArrayLike,
    *,
    repeats: int = 8,
    d: int = 64,
) -> np.ndarray:
    """Return how much nearer words are to A than to B, on random halves of some texts.

    Parameters
    ----------
    texts : sequence of int arrays
        Codes, of which each repeat takes half of the arrays, and counts with a window of 2.
    n_words : int
        V.
    words, A, B : int arrays
        See `association`.
    repeats, d : int
        Repeat s has the seed s.

    Returns
    -------
    array of shape (repeats, n)
    """
    found = []
    for seed in range(check_whole("repeats", repeats)):
        half = np.random.default_rng(seed).permutation(len(texts))[: max(len(texts) // 2, 1)]
        counts = cooccurrences(np.concatenate([texts[k] for k in half]), n_words, 2)
        vectors = svd_vectors(ppmi(counts), d, random_state=seed)
        found.append(association(vectors, words, A, B))
    return np.array(found)
