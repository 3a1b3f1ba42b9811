"""How many bits it takes: entropy, cross-entropy, divergence, and the code that Huffman found.

Symbols
    p, q   (..., K)  probabilities of K symbols, or counts: they are divided by their sum
    joint  (m, K)    how often the m values of one variable meet the K values of another

All results are in bits, and 0 log 0 = 0. Sources: Shannon (1948), Kullback and Leibler (1951),
Huffman (1952).
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import rel_entr, xlogy


def shares(counts: ArrayLike) -> np.ndarray:
    """Divide counts (..., K) by their sum along the last axis; all 0 stay 0.

    Raises
    ------
    ValueError
        For a negative or infinite count, or one that is no number.

    Examples
    --------
    >>> shares([1, 3])
    array([0.25, 0.75])
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim == 0 or not np.all(np.isfinite(counts)) or np.any(counts < 0):
        raise ValueError(
            "counts must be an array of finite numbers that are at least 0, one for each class "
            f"along the last axis; got {np.array2string(counts, threshold=12)}."
        )
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)


def entropy(counts: ArrayLike) -> np.ndarray:
    """Entropy −Σ p_k log₂ p_k in bits, where 0 log 0 = 0; from 0 to log₂ K.

    Parameters
    ----------
    counts : array of shape (..., K)
        Numbers of samples, weights, or probabilities of each class; all zeros have entropy 0.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    ValueError
        For a negative or infinite count, or one that is no number.

    Examples
    --------
    >>> float(entropy([9, 5]).round(4)), float(entropy([4, 0])), float(entropy([1, 1]))
    (0.9403, 0.0, 1.0)
    """
    p = shares(counts)
    return -np.sum(xlogy(p, p), axis=-1) / np.log(2) + 0.0  # + 0.0 makes -0.0 plain zero


def kl_divergence(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Kullback–Leibler divergence Σ p_k log₂(p_k / q_k): the bits wasted on a code made for q.

    It is 0 if p = q and positive otherwise (a sum that rounding makes negative is 0), and not
    symmetric.

    Parameters
    ----------
    p, q : arrays of the same shape (..., K)

    Returns
    -------
    array of shape (...), infinite where q rules out what p does not.

    Raises
    ------
    ValueError
        For different shapes, for counts as in `entropy`, and where all are 0.

    Examples
    --------
    >>> float(kl_divergence([1, 1], [1, 3]).round(4)), float(kl_divergence([1, 1], [1, 0]))
    (0.2075, inf)
    """
    p, q = _distributions(p, q)
    return np.maximum(np.sum(rel_entr(p, q), axis=-1), 0) / np.log(2)


def cross_entropy(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Cross-entropy −Σ p_k log₂ q_k = H(p) + KL(p‖q): bits a symbol with the code made for q.

    Parameters, result and errors as in `kl_divergence`.

    >>> float(cross_entropy([1, 1], [1, 3]).round(4)), float(entropy([1, 1]))
    (1.2075, 1.0)
    """
    return entropy(p) + kl_divergence(p, q)


def mutual_information(joint: ArrayLike) -> float:
    """Mutual information of two variables: the divergence of their joint from independence.

    It is how many bits one tells about the other, and what a tree calls the gain of a question.

    Parameters
    ----------
    joint : array of shape (m, K)
        Counts or probabilities of the pairs.

    Returns
    -------
    float, at least 0

    Raises
    ------
    ValueError
        For another shape, for counts as in `entropy`, and where all are 0.

    Examples
    --------
    >>> mutual_information([[5, 0], [0, 5]]), mutual_information([[2, 4], [1, 2]])
    (1.0, 0.0)
    """
    joint = np.asarray(joint, dtype=float)
    if joint.ndim != 2:
        raise ValueError(f"joint must be a table (m, K) of counts, got the shape {joint.shape}.")
    independent = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return float(kl_divergence(joint.ravel(), independent.ravel()))


def huffman_code(p: ArrayLike) -> list[str]:
    """Find the shortest code words of 0 and 1 of which none begins another (a prefix code).

    The two rarest symbols differ in their last bit only; so they are merged into one symbol, and
    the same is done with what is left.

    Parameters
    ----------
    p : array of shape (K,), K ≥ 1
        Probabilities or counts; where they tie, the earlier symbols are merged first.

    Returns
    -------
    list of K words; the mean length Σ p_k · len(word_k) is at least H(p) and less than H(p) + 1.
        A single symbol gets the empty word: there is nothing to tell.

    Raises
    ------
    ValueError
        For no symbol, for another shape, and for counts as in `entropy`.

    Notes
    -----
    Cost: O(K log K) comparisons, and the words' own lengths. See Huffman (1952).

    Examples
    --------
    >>> huffman_code([4, 2, 1, 1])
    ['0', '10', '110', '111']
    """
    return _words(_lengths(_symbols(p)))


def huffman_lengths(p: ArrayLike) -> np.ndarray:
    """Return the lengths (K,) of the words of `huffman_code`, which need no words to be found.

    Parameters, errors and cost are those of `huffman_code`.

    >>> huffman_lengths([4, 2, 1, 1])
    array([1, 2, 3, 3])
    """
    return np.array(_lengths(_symbols(p)))


def _symbols(p: ArrayLike) -> list[float]:
    p = shares(p)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"p must have the shape (K,) with K ≥ 1, got {p.shape}.")
    return p.tolist()


def _lengths(p: list[float]) -> list[int]:
    """Return how often each symbol is merged, which is the length of its word.

    The sums that are merged never fall, so the two rarest are at the heads of two queues: of the
    symbols, sorted, and of the merged ones, in the order in which they came.
    """
    order = sorted(range(len(p)), key=p.__getitem__)
    weights = [p[k] for k in order]  # of the sorted symbols, then of the merged ones
    above = [0] * (2 * len(p) - 1)  # what each was merged into
    symbol, merged = 0, len(p)
    for new in range(len(p), 2 * len(p) - 1):
        weights.append(0.0)
        for _ in range(2):
            if merged == new or (symbol < len(p) and weights[symbol] <= weights[merged]):
                rarest, symbol = symbol, symbol + 1
            else:
                rarest, merged = merged, merged + 1
            weights[new] += weights[rarest]
            above[rarest] = new
    depth = [0] * len(above)
    for k in range(len(above) - 2, -1, -1):
        depth[k] = depth[above[k]] + 1
    lengths = [0] * len(p)
    for place, k in enumerate(order):
        lengths[k] = depth[place]
    return lengths


def _words(lengths: list[int]) -> list[str]:
    """Number the words in the order of their lengths; Huffman's lengths leave room for all."""
    words, number, before = [""] * len(lengths), 0, 0
    for k in sorted(range(len(lengths)), key=lengths.__getitem__):
        number <<= lengths[k] - before  # a longer word goes on where the shorter ones ended
        before = lengths[k]
        words[k] = format(number, f"0{before}b") if before else ""
        number += 1
    return words


def _distributions(p: ArrayLike, q: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    p, q = shares(p), shares(q)
    if p.shape != q.shape:
        raise ValueError(f"p and q must have the same shape, got {p.shape} and {q.shape}.")
    if not (np.all(p.sum(axis=-1) > 0) and np.all(q.sum(axis=-1) > 0)):
        raise ValueError("p and q must each have a probability above 0; all of them are 0.")
    return p, q
