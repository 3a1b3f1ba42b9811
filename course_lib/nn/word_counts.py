"""Words as codes, which words stand near which, and word vectors from these counts.

Symbols
    V            words of the vocabulary, the most frequent first
    codes (N,)   a text as integers 0 … V − 1; a gap is −1: it takes its place and is no word
    window       how many places to either side count as near
    C     (V, V) co-occurrence counts, symmetric and sparse: how often two words stand near
    M     (V, V) pointwise mutual information of the pairs that were seen, in nats

Sources: Church and Hanks (1990) for pointwise mutual information; Bullinaria and Levy (2007) and
Levy, Goldberg and Dagan (2015) for vectors from it; Mikolov et al. (2013) for subsampling.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from course_lib.checks import check_number, check_whole
from course_lib.decomposition.randomized import randomized_svd

__all__ = [
    "WordVocabulary",
    "context_windows",
    "cooccurrences",
    "keep_probabilities",
    "pmi",
    "ppmi",
    "subsample",
    "svd_vectors",
    "tokenize",
    "window_pairs",
    "with_gaps",
]

GAP = -1
"""The code of a place without a word."""

WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
WEIGHTS = {
    "linear": lambda distance, window: (window + 1 - distance) / window,
    "flat": lambda distance, window: 1.0,
    "harmonic": lambda distance, window: 1 / distance,
}
"""How much a pair counts by its distance; "linear" is what windows of random width count."""


# --- Words and codes ----------------------------------------------------------------------------


def tokenize(text: str) -> list[str]:
    """Cut an English text into words of lower-case letters; an apostrophe inside belongs to one.

    Examples
    --------
    >>> tokenize("O Romeo, Romeo! wherefore art thou Romeo? 'Tis, dar'st")
    ['o', 'romeo', 'romeo', 'wherefore', 'art', 'thou', 'romeo', 'tis', "dar'st"]
    """
    return WORD.findall(text.lower())


class WordVocabulary:
    """The words of a text, the most frequent first, and their codes.

    Parameters
    ----------
    words : iterable of str
        The text, word by word. Chinese characters or any other strings will do.
    min_count : int, default=1
        Rarer words are left out: a vector cannot be learned from two or three places.

    Attributes
    ----------
    words : tuple of V str
        By falling count, and in alphabetical order where counts tie. A word's code is its place.
    counts : int array of shape (V,)
        How often each occurs.

    Examples
    --------
    >>> vocabulary = WordVocabulary("to be or not to be that is".split(), min_count=2)
    >>> vocabulary.words, vocabulary.counts.tolist()
    (('be', 'to'), [2, 2])
    >>> vocabulary.encode(["to", "sleep", "be"]).tolist()
    [1, 0]
    >>> vocabulary.encode(["to", "sleep", "be"], unknown="gap").tolist()
    [1, -1, 0]
    """

    def __init__(self, words: Iterable[str], *, min_count: int = 1) -> None:
        min_count = check_whole("min_count", min_count)
        found = [(word, count) for word, count in Counter(words).items() if count >= min_count]
        if not found:
            raise ValueError(
                f"words must hold at least one word {min_count} times (min_count); none is left."
            )
        found.sort(key=lambda item: (-item[1], item[0]))
        self.words = tuple(word for word, _ in found)
        self.counts = np.array([count for _, count in found], dtype=np.int64)
        self._codes = {word: code for code, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._codes

    def code(self, word: str) -> int:
        """Return the code of one word; the error for an unknown one names those spelt alike."""
        if word not in self._codes:
            near = difflib.get_close_matches(str(word), self.words, n=3)
            hint = f" Words spelt like it: {', '.join(near)}." if near else ""
            raise ValueError(f"the vocabulary does not hold {word!r}.{hint}")
        return self._codes[word]

    def encode(self, words: Iterable[str], *, unknown: str = "skip") -> np.ndarray:
        """Return the codes of words, int64 of shape (N,).

        Parameters
        ----------
        words : iterable of str
        unknown : {"skip", "gap", "raise"}, default="skip"
            A word that is not in the vocabulary is left out, so that its neighbours move together,
            as in word2vec; or becomes −1; or raises ValueError.
        """
        if unknown not in ("skip", "gap", "raise"):
            raise ValueError(f'unknown must be "skip", "gap" or "raise"; got {unknown!r}.')
        if unknown == "raise":
            return np.array([self.code(word) for word in words], dtype=np.int64)
        codes = np.array([self._codes.get(word, GAP) for word in words], dtype=np.int64)
        return codes[codes != GAP] if unknown == "skip" else codes

    def decode(self, codes: ArrayLike) -> list[str]:
        """Return the words of codes (N,)."""
        codes = _checked(codes, len(self), gaps=False)
        return [self.words[code] for code in codes]


def with_gaps(sequences: Iterable[ArrayLike], gap: int) -> np.ndarray:
    """Join sequences of codes with `gap` places of −1 between two, so that no window reaches over.

    Examples
    --------
    >>> with_gaps([[0, 1], [2]], gap=2).tolist()
    [0, 1, -1, -1, 2]
    """
    between = np.full(check_whole("gap", gap), GAP, dtype=np.int64)
    parts: list[np.ndarray] = []
    for sequence in sequences:
        parts += [between, np.asarray(sequence, dtype=np.int64)]
    return np.concatenate(parts[1:]) if parts else np.zeros(0, dtype=np.int64)


def keep_probabilities(counts: ArrayLike, threshold: float = 1e-3) -> np.ndarray:
    """Return min(1, √(t/f)) for each word: f is its share of the text, t the threshold.

    Keeping each place of a word with this probability makes *the* and *and* rarer and leaves rare
    words as they are (Mikolov et al., 2013, *Distributed representations of words and phrases*).

    Examples
    --------
    >>> keep_probabilities([98, 2], threshold=0.02).round(3)
    array([0.143, 1.   ])
    """
    counts, threshold = _checked_counts(counts), check_number("threshold", threshold, above=0)
    share = counts / counts.sum()
    return np.sqrt(np.minimum(1.0, threshold / np.maximum(share, np.finfo(float).tiny)))


def subsample(
    codes: ArrayLike,
    counts: ArrayLike,
    threshold: float = 1e-3,
    *,
    random_state: int | np.random.Generator = 0,
) -> np.ndarray:
    """Leave out places of frequent words at random, by `keep_probabilities`; gaps stay.

    What is left moves together, so that a window reaches further than before.

    Examples
    --------
    >>> codes = np.array([0] * 980 + [1] * 20)
    >>> np.bincount(subsample(codes, [980, 20], threshold=0.02)).tolist()[1]
    20
    """
    kept = keep_probabilities(counts, threshold)
    codes = _checked(codes, len(kept))
    drawn = np.random.default_rng(random_state).random(len(codes))
    return codes[drawn < np.where(codes == GAP, 1.0, kept[codes])]


# --- Windows ------------------------------------------------------------------------------------


def window_pairs(
    codes: ArrayLike, window: int, *, random_state: int | np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """List all pairs of a word and a word near it, which skip-gram learns from.

    Parameters
    ----------
    codes : int array of shape (N,)
    window : int
        Places to either side.
    random_state : int, Generator or None
        Given, each centre draws its own width, 1 to `window`, as word2vec does.

    Returns
    -------
    centres, contexts : int arrays of shape (P,)
        By distance: first the neighbours, then those two places apart, and so on.

    Examples
    --------
    >>> centres, contexts = window_pairs([5, 6, 7], window=1)
    >>> centres.tolist(), contexts.tolist()
    ([5, 6, 6, 7], [6, 7, 5, 6])
    """
    codes, window = _checked(codes), check_whole("window", window)
    width = _widths(len(codes), window, random_state)
    centres, contexts = [codes[:0]], [codes[:0]]
    for k in range(1, min(window, len(codes) - 1) + 1):
        left, right = codes[:-k], codes[k:]
        both = (left != GAP) & (right != GAP)
        ahead, back = both & (width[:-k] >= k), both & (width[k:] >= k)
        centres += [left[ahead], right[back]]
        contexts += [right[ahead], left[back]]
    return np.concatenate(centres), np.concatenate(contexts)


def context_windows(
    codes: ArrayLike,
    window: int,
    *,
    sides: str = "both",
    random_state: int | np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """List each word with the words around it, which the continuous bag of words learns from.

    Parameters
    ----------
    codes, window, random_state
        As in `window_pairs`.
    sides : {"both", "left"}, default="both"
        The words before and after, or only those before, as a language model needs it.

    Returns
    -------
    targets : int array of shape (M,)
        The words with at least one word near.
    contexts : int array of shape (M, 2 · window), or (M, window) for the left side
        From left to right; −1 where there is no word.

    Examples
    --------
    >>> targets, contexts = context_windows([5, 6, 7], window=1)
    >>> targets.tolist(), contexts.tolist()
    ([5, 6, 7], [[-1, 6], [5, 7], [6, -1]])
    """
    codes, window = _checked(codes), check_whole("window", window)
    if sides not in ("both", "left"):
        raise ValueError(f'sides must be "both" or "left"; got {sides!r}.')
    width = _widths(len(codes), window, random_state)
    padded = np.concatenate([np.full(window, GAP), codes, np.full(window, GAP)])
    offsets = [k for k in range(-window, window + 1) if k < 0 or (k > 0 and sides == "both")]
    contexts = np.empty((len(codes), len(offsets)), dtype=np.int64)
    for column, k in enumerate(offsets):
        shifted = padded[window + k : window + k + len(codes)]
        contexts[:, column] = np.where(width >= abs(k), shifted, GAP)
    kept = (codes != GAP) & np.any(contexts != GAP, axis=1)
    return codes[kept], contexts[kept]


def cooccurrences(
    codes: ArrayLike, n_words: int, window: int = 2, *, weights: str = "linear"
) -> sparse.csr_array:
    """Count how often each pair of words stands within a window of each other.

    Parameters
    ----------
    codes : int array of shape (N,)
    n_words : int
        V.
    window : int, default=2
        Places to either side.
    weights : {"linear", "flat", "harmonic"}, default="linear"
        A pair at distance k counts (window + 1 − k)/window, 1, or 1/k. The first is what windows
        of random width count on average, the last is that of GloVe (Pennington et al., 2014).

    Returns
    -------
    sparse array of shape (V, V), symmetric
        A word beside itself counts twice, once from either place.

    Notes
    -----
    Cost: O(N · window) to list the pairs, and sorting them by row.

    Examples
    --------
    >>> cooccurrences([0, 1, 2], n_words=3, window=2).toarray()
    array([[0. , 1. , 0.5],
           [1. , 0. , 1. ],
           [0.5, 1. , 0. ]])
    """
    n_words, window = check_whole("n_words", n_words), check_whole("window", window)
    codes = _checked(codes, n_words)
    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {list(WEIGHTS)}; got {weights!r}.")
    ahead = sparse.csr_array((n_words, n_words))
    for k in range(1, min(window, len(codes) - 1) + 1):
        left, right = codes[:-k], codes[k:]
        both = (left != GAP) & (right != GAP)
        weight = np.full(np.count_nonzero(both), WEIGHTS[weights](k, window))
        ahead = ahead + sparse.csr_array((weight, (left[both], right[both])), ahead.shape)
    return sparse.csr_array(ahead + ahead.T)


# --- Vectors from counts ------------------------------------------------------------------------


def pmi(
    counts: sparse.sparray | ArrayLike, *, context_power: float = 0.75, shift: float = 0.0
) -> sparse.csr_array:
    """Pointwise mutual information log P(i, j) / (P(i) P(j)) of the pairs that were seen.

    Parameters
    ----------
    counts : sparse array or array of shape (V, V)
        Co-occurrence counts C, a row for each word and a column for each context.
    context_power : float, default=0.75
        P(j) of the contexts is proportional to their counts to this power, which makes rare
        contexts less rare and their information less extreme; 1 leaves the shares as they are.
    shift : float, default=0
        Is taken off; log K is what K negative samples amount to (Levy and Goldberg, 2014).

    Returns
    -------
    sparse array of shape (V, V)
        Stored where C is positive, even where the value is 0 or negative. Elsewhere the
        information would be −∞.

    Examples
    --------
    >>> pmi([[4, 0], [1, 5]], context_power=1).toarray().round(3)
    array([[ 0.693,  0.   ],
           [-1.099,  0.511]])
    """
    C = _checked_pairs(counts)
    context_power = check_number("context_power", context_power, above=0, most=1)
    row = np.asarray(C.sum(axis=1)).ravel()
    column = np.asarray(C.sum(axis=0)).ravel() ** context_power
    i = np.repeat(np.arange(C.shape[0]), np.diff(C.indptr))
    expected = row[i] * (column / column.sum())[C.indices]
    C.data = np.log(C.data / expected) - check_number("shift", shift)
    return C


def ppmi(
    counts: sparse.sparray | ArrayLike, *, context_power: float = 0.75, shift: float = 0.0
) -> sparse.csr_array:
    """Positive pointwise mutual information max(0, `pmi`): a pair never seen has 0, not −∞.

    Parameters are those of `pmi`.

    Examples
    --------
    >>> ppmi([[4, 0], [1, 5]], context_power=1).toarray().round(3)
    array([[0.693, 0.   ],
           [0.   , 0.511]])
    """
    M = pmi(counts, context_power=context_power, shift=shift)
    M.data = np.maximum(M.data, 0)
    M.eliminate_zeros()
    return M


def svd_vectors(
    M: sparse.sparray | ArrayLike,
    d: int,
    *,
    p: float = 0.5,
    power: int = 3,
    random_state: int | np.random.RandomState | None = 0,
) -> np.ndarray:
    """Return word vectors U S^p, where U S Vᵀ is the best approximation of M by rank d.

    Parameters
    ----------
    M : sparse array or array of shape (V, m)
        Such as `ppmi` of counts.
    d : int
        Length of a vector.
    p : float, default=0.5
        1 keeps the distances between the rows of M as well as d numbers can; 0 makes every
        direction as long as every other; 0.5 lies between.
    power, random_state
        As in `course_lib.decomposition.randomized.randomized_svd`.

    Returns
    -------
    array of shape (V, d)
        A direction whose singular value is 0 holds zeros.

    Examples
    --------
    >>> vectors = svd_vectors(np.diag([9.0, 4.0, 1.0]), 2)
    >>> abs(vectors).round(2)
    array([[3., 0.],
           [0., 2.],
           [0., 0.]])
    """
    p = check_number("p", p, least=0, most=1)
    M = M if sparse.issparse(M) else np.asarray(M, dtype=float)
    s, Vt = randomized_svd(M, d, power=power, random_state=random_state)
    found = s > s[0] * 1e-8
    scale = np.where(found, np.where(found, s, 1.0) ** (p - 1), 0.0)
    return (M @ Vt.T) * scale  # M Vᵀ = U S


# --- Checks -------------------------------------------------------------------------------------


def _widths(n: int, window: int, random_state: int | np.random.Generator | None) -> np.ndarray:
    if random_state is None:
        return np.full(n, window)
    return np.random.default_rng(random_state).integers(1, window + 1, n)


def _checked(codes: ArrayLike, n_words: int | None = None, *, gaps: bool = True) -> np.ndarray:
    """Return codes as int64 (N,), each −1 (if gaps are allowed) to V − 1."""
    codes = np.asarray(codes)
    if codes.size and codes.dtype.kind not in "iu":
        raise TypeError(
            f"codes must be integers; got {codes.dtype}. Make them from words with "
            "WordVocabulary.encode."
        )
    codes = codes.astype(np.int64)
    most = codes.max(initial=GAP) if n_words is None else n_words - 1
    if codes.ndim != 1 or np.any((codes < (GAP if gaps else 0)) | (codes > most)):
        least = "−1 (a gap)" if gaps else "0"
        top = "" if n_words is None else f" to {most}"
        raise ValueError(
            f"codes must be one-dimensional, with values from {least}{top}; got the shape "
            f"{codes.shape}" + (f", {codes.min()} to {codes.max()}." if codes.size else ".")
        )
    return codes


def _checked_counts(counts: ArrayLike) -> np.ndarray:
    counts = np.asarray(counts, dtype=float)
    bad = counts.ndim != 1 or not np.all(np.isfinite(counts)) or np.any(counts < 0)
    if bad or counts.sum() <= 0:
        raise ValueError(
            "counts must be a list of V finite numbers that are at least 0, not all of them 0; got "
            f"{np.array2string(counts, threshold=12)}."
        )
    return counts


def _checked_pairs(counts: sparse.sparray | ArrayLike) -> sparse.csr_array:
    """Return a copy as CSR of floats, without stored zeros."""
    C = sparse.csr_array(counts, dtype=float, copy=True)
    C.sum_duplicates()
    if C.ndim != 2 or not np.all(np.isfinite(C.data)) or np.any(C.data < 0) or C.sum() <= 0:
        raise ValueError(
            "counts must be a table (V, V) of finite numbers that are at least 0, not all of them "
            f"0; got one of shape {C.shape}."
        )
    C.eliminate_zeros()
    return C
