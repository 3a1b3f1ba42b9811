"""What word vectors know: nearest words, analogies, associations, and how they follow the counts.

Symbols
    vectors (V, d)     a row for each word; only directions count, lengths do not
    cosine             x·y / (‖x‖ ‖y‖)
    a : b = c : ?      an analogy; its answer is the word whose vector is most along b − a + c

Sources: Mikolov, Yih and Zweig (2013) and Levy and Goldberg (2014) for analogies; Caliskan, Bryson
and Narayanan (2017) for the test of association.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from course_lib.checks import check_whole
from course_lib.nn.word_counts import WordVocabulary, _checked, pmi

__all__ = [
    "Answers",
    "AssociationTest",
    "accuracy_by_group",
    "analogy_questions",
    "answer_analogies",
    "association",
    "association_test",
    "nearest",
    "pmi_agreement",
]

BLOCK = 2**22
"""Cosines computed at once."""

OFFSET = (-1, 1, 1)
"""The signs of a, b and c."""


# --- Near words and analogies -------------------------------------------------------------------


def nearest(
    vectors: np.ndarray, query: int | ArrayLike, n: int = 10, *, exclude: Iterable[int] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Find the words with the largest cosine to a word or a vector.

    Parameters
    ----------
    vectors : array of shape (V, d)
    query : int or array of shape (d,)
        A word's code, which is then left out itself, or any vector.
    n : int, default=10
    exclude : iterable of int
        Codes to leave out.

    Returns
    -------
    codes, cosines : arrays of shape (n,)
        By falling cosine, and by code where they tie; fewer where no more words are left.

    Examples
    --------
    >>> codes, cosines = nearest(np.array([[1.0, 0.0], [3.0, 3.0], [0.0, 2.0]]), 0, n=2)
    >>> codes.tolist(), cosines.round(3).tolist()
    ([1, 2], [0.707, 0.0])
    """
    units, n = _units(vectors), check_whole("n", n)
    left_out = [int(code) for code in _checked(list(exclude), len(units), gaps=False)]
    if np.ndim(query) == 0:
        code = check_whole("query", query, 0, len(units) - 1)
        left_out, query = [*left_out, code], units[code]
    direction = _units(np.asarray(query, dtype=float)[None])[0]
    if len(direction) != units.shape[1]:
        raise ValueError(f"query must have {units.shape[1]} numbers; got {len(direction)}.")
    cosines = units @ direction
    cosines[left_out] = -np.inf
    best = np.argsort(-cosines, kind="stable")[: min(n, len(units) - len(set(left_out)))]
    return best, cosines[best]


def analogy_questions(
    pairs: Mapping[str, Iterable[tuple[str, str]]], vocabulary: WordVocabulary
) -> dict[str, np.ndarray]:
    """Make a question of every two pairs of a group, in either order: a : b = c : d?

    Pairs with a word that the vocabulary does not hold are left out, and so are questions whose
    answer is one of the three words given.

    Returns
    -------
    dict of str to int array of shape (Q, 4)
        The codes of a, b, c and d, by group.

    Examples
    --------
    >>> vocabulary = WordVocabulary("he him she her".split())
    >>> vocabulary.words
    ('he', 'her', 'him', 'she')
    >>> analogy_questions({"object": [("he", "him"), ("she", "her")]}, vocabulary)["object"]
    array([[0, 2, 3, 1],
           [3, 1, 0, 2]])
    """
    found = {}
    for group, members in pairs.items():
        known = [
            (vocabulary.code(a), vocabulary.code(b))
            for a, b in members
            if a in vocabulary and b in vocabulary
        ]
        questions = [(*p, *q) for p in known for q in known if p != q and q[1] not in (*p, q[0])]
        found[group] = np.array(questions, dtype=np.int64).reshape(-1, 4)
    return found


class Answers(NamedTuple):
    """What vectors answer to analogies.

    Attributes
    ----------
    predicted : int array of shape (Q,)
        The word found.
    rank : int array of shape (Q,)
        How many words lie before the right one: 0 is a right answer.
    """

    predicted: np.ndarray
    rank: np.ndarray


def answer_analogies(
    vectors: np.ndarray, questions: ArrayLike, *, signs: tuple[float, float, float] = OFFSET
) -> Answers:
    """Answer a : b = c : ? by the word whose unit vector lies most along −a + b + c (3CosAdd).

    Parameters
    ----------
    vectors : array of shape (V, d)
    questions : int array of shape (Q, 4)
        Codes of a, b, c and of the right answer. The three words given are never an answer.
    signs : three numbers, default=(-1, 1, 1)
        What the unit vectors of a, b and c are multiplied by. The controls: (0, 0, 1) answers with
        the nearest word of c alone, and (0, 1, 1) with the one nearest to b and c.

    Notes
    -----
    Cost: Q · V · d multiplications, in blocks of questions.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, 0.1, 1]])
    >>> answers = answer_analogies(vectors, [[0, 1, 2, 3]])
    >>> answers.predicted.tolist(), answers.rank.tolist()
    ([3], [0])
    """
    units = _units(vectors)
    questions = np.asarray(questions)
    if questions.ndim != 2 or questions.shape[1] != 4:
        raise ValueError(f"questions must have the shape (Q, 4); got {questions.shape}.")
    questions = _checked(questions.ravel(), len(units), gaps=False).reshape(-1, 4)
    if np.any(questions[:, :3] == questions[:, 3:]):
        raise ValueError("questions must not ask for one of the three words that they give.")
    weights = np.asarray(signs, dtype=float)
    if weights.shape != (3,) or not np.all(np.isfinite(weights)):
        raise ValueError(f"signs must be three finite numbers, for a, b and c; got {signs!r}.")
    predicted, rank = [np.zeros(0, dtype=np.int64)] * 2
    size = max(1, BLOCK // len(units))
    for start in range(0, len(questions), size):
        part = questions[start : start + size]
        scores = np.einsum("k,qkd->qd", weights, units[part[:, :3]]) @ units.T  # (Q, V)
        np.put_along_axis(scores, part[:, :3], -np.inf, axis=1)
        right = np.take_along_axis(scores, part[:, 3:], axis=1)
        predicted = np.append(predicted, scores.argmax(axis=1))
        rank = np.append(rank, np.count_nonzero(scores > right, axis=1))
    return Answers(predicted, rank)


def accuracy_by_group(
    vectors: np.ndarray,
    questions: Mapping[str, ArrayLike],
    *,
    top: int = 1,
    signs: tuple[float, float, float] = OFFSET,
) -> dict[str, float]:
    """Return the share of questions of each group whose right answer is among the first `top`.

    Groups without a question are NaN; "all" is the share of all questions together.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, 0.1, 1]])
    >>> accuracy_by_group(vectors, {"up": [[0, 1, 2, 3]], "near": [[0, 1, 4, 2]]})
    {'up': 1.0, 'near': 0.0, 'all': 0.5}
    """
    top = check_whole("top", top)
    right = {
        group: answer_analogies(vectors, np.reshape(part, (-1, 4)), signs=signs).rank < top
        for group, part in questions.items()
    }
    right["all"] = np.concatenate([np.zeros(0, dtype=bool), *right.values()])
    return {group: float(part.mean()) if len(part) else math.nan for group, part in right.items()}


# --- Associations -------------------------------------------------------------------------------


def association(vectors: np.ndarray, words: ArrayLike, A: ArrayLike, B: ArrayLike) -> np.ndarray:
    """Return how much nearer words are to A than to B: mean cosine with A less that with B.

    Parameters
    ----------
    vectors : array of shape (V, d)
    words : int array of shape (n,)
    A, B : int arrays
        Codes of the attribute words, such as (he, him, his) and (she, her, hers).

    Returns
    -------
    array of shape (n,), from −2 to 2

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 4.0]])
    >>> association(vectors, [2], A=[0], B=[1]).round(3)
    array([-0.2])
    """
    units = _units(vectors)
    words, A, B = (
        _checked_set(units, name, s) for name, s in (("words", words), ("A", A), ("B", B))
    )
    cosines = units[words] @ units.T  # (n, V)
    return cosines[:, A].mean(axis=1) - cosines[:, B].mean(axis=1)


class AssociationTest(NamedTuple):
    """How differently two sets of words are associated.

    Attributes
    ----------
    effect : float
        Difference of the mean associations of X and Y over the standard deviation of all, from −2
        to 2.
    p : float
        Share of the ways to divide X and Y anew, into sets of their sizes, that give a difference
        at least as large. Small, it says that the division into X and Y is no accident; it says
        nothing of other words or other texts.
    """

    effect: float
    p: float


def association_test(
    vectors: np.ndarray,
    X: ArrayLike,
    Y: ArrayLike,
    A: ArrayLike,
    B: ArrayLike,
    *,
    permutations: int = 100_000,
    random_state: int | np.random.Generator = 0,
) -> AssociationTest:
    """Test whether words X are nearer to A, and Y to B (word-embedding association test, WEAT).

    Parameters
    ----------
    vectors : array of shape (V, d)
    X, Y : int arrays
        Codes of the target words, such as professions and family words; none in both.
    A, B : int arrays
        Codes of the attribute words.
    permutations : int, default=100_000
        All ways to divide X and Y are tried where there are no more; otherwise so many are drawn.

    Returns
    -------
    AssociationTest

    Examples
    --------
    >>> angles = np.radians([0, 90, 10, 20, 30, 80, 70, 60])
    >>> vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> test = association_test(vectors, [2, 3, 4], [5, 6, 7], A=[0], B=[1])
    >>> round(test.effect, 2), test.p
    (1.75, 0.05)
    """
    permutations = check_whole("permutations", permutations)
    x, y = association(vectors, X, A, B), association(vectors, Y, A, B)
    if set(np.asarray(X).tolist()) & set(np.asarray(Y).tolist()):
        raise ValueError("X and Y must not share a word.")
    both = np.concatenate([x, y])
    spread = both.std(ddof=1)
    if not spread > 0:
        raise ValueError("the words of X and Y must not all have the same association.")
    total = _totals(both, len(x), permutations, np.random.default_rng(random_state))
    as_far = np.count_nonzero(total >= x.sum() - 1e-9 * np.abs(both).sum())
    return AssociationTest(float((x.mean() - y.mean()) / spread), float(as_far / len(total)))


def _totals(
    values: np.ndarray, size: int, permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the sums of all subsets of a size, the first elements among them, or of drawn ones."""
    n = len(values)
    if math.comb(n, size) <= permutations:
        index = np.array(list(combinations(range(n), size)))
    else:
        drawn = (rng.permutation(n)[:size] for _ in range(permutations - 1))
        index = np.array([np.arange(size), *islice(drawn, permutations - 1)])
    return values[index].sum(axis=1)


# --- Beside the counts --------------------------------------------------------------------------


def pmi_agreement(
    W: np.ndarray,
    U: np.ndarray,
    counts: sparse.sparray | ArrayLike,
    *,
    negatives: int,
    noise_power: float = 1.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put the scores w·u of trained vectors beside the shifted pointwise mutual information.

    Negative sampling has its optimum, were d large enough, at w_i·u_j = PMI(i, j) − log K, with
    contexts' counts to the power of the noise (Levy and Goldberg, 2014).

    Parameters
    ----------
    W, U : arrays of shape (V, d)
        Input and output vectors, from `course_lib.nn.embeddings.train_vectors`.
    counts : sparse array of shape (V, V)
        Co-occurrence counts of the same text and window.
    negatives : int
        K.
    noise_power : float, default=1

    Returns
    -------
    scores, shifted, counts : arrays of shape (M,)
        w·u, PMI − log K and the count of every pair that was seen.

    Examples
    --------
    >>> scores, shifted, seen = pmi_agreement(np.eye(2), np.eye(2), [[4, 0], [1, 5]], negatives=1)
    >>> scores.tolist(), shifted.round(3).tolist(), seen.tolist()
    ([1.0, 0.0, 1.0], [0.693, -1.099, 0.511], [4.0, 1.0, 5.0])
    """
    shift = math.log(check_whole("negatives", negatives))
    M = pmi(counts, context_power=noise_power, shift=shift)
    if M.shape != (len(W), len(U)):
        raise ValueError(
            f"counts must have a row for each vector of W and a column for each of U, "
            f"({len(W)}, {len(U)}); got {M.shape}."
        )
    i, j = np.repeat(np.arange(M.shape[0]), np.diff(M.indptr)), M.indices
    scores = np.einsum("md,md->m", W[i], U[j], dtype=float)
    seen = sparse.csr_array(counts, dtype=float, copy=True)
    seen.eliminate_zeros()
    return scores, M.data, seen.data


# --- Checks -------------------------------------------------------------------------------------


def _units(vectors: np.ndarray) -> np.ndarray:
    """Return rows of length 1; a row of zeros stays, at a cosine of 0 with all."""
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or not np.all(np.isfinite(vectors)):
        raise ValueError(
            f"vectors must be finite and have the shape (V, d); got the shape {vectors.shape}"
            + ("." if vectors.ndim != 2 else ", with NaN or infinity in it.")
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def _checked_set(units: np.ndarray, name: str, codes: ArrayLike) -> np.ndarray:
    codes = _checked(codes, len(units), gaps=False)
    if not len(codes):
        raise ValueError(f"{name} must hold at least one word; got none.")
    return codes
