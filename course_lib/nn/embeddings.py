"""Word vectors learned by guessing near words: skip-gram and CBOW with three output layers.

Symbols
    V, d         words of the vocabulary, numbers of a vector
    W    (V, d)  input vectors, one a word: these are the word vectors
    U    (R, d)  output vectors: of R = V words, or of the R = V − 1 inner nodes of a Huffman tree
    A    (B, V)  which words come in: a row of one 1 (skip-gram), or of shares of its words (CBOW)
    H    (B, d)  hidden rows H = A W; there is no other layer between, and no non-linearity
    E    (B, R)  derivative of the losses by the scores H Uᵀ, 0 for scores that are not asked for
    K            negative samples of a guess

All output layers differ in E alone, and the rest of the gradient is the same:

    ∂/∂U = Eᵀ H,   ∂/∂H = E U,   ∂/∂W = Aᵀ (E U).

    full softmax        E = softmax(H Uᵀ) − T,  T one 1 a row at the target         R = V scores
    hierarchical        E = σ(H Uᵀ) − t  on the nodes of the target's path         ≈ log V scores
    negative sampling   E = σ(H Uᵀ) − t  on the target (t = 1) and K others (0)     K + 1 scores

Sources: Mikolov et al. (2013), both papers; Morin and Bengio (2005) for the tree; Rong (2014),
*word2vec parameter learning explained*, for the derivatives; Duchi et al. (2011) for Adagrad.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import expit, log_softmax

from course_lib.checks import check_number, check_whole
from course_lib.information import huffman_code, huffman_lengths
from course_lib.nn.word_counts import (
    GAP,
    _checked,
    _checked_counts,
    context_windows,
    subsample,
    window_pairs,
)

__all__ = [
    "HuffmanTree",
    "OutputStep",
    "Trained",
    "full_softmax",
    "hidden",
    "hierarchical_softmax",
    "input_gradient",
    "log_probabilities",
    "negative_sampling",
    "noise_distribution",
    "perplexity",
    "scores_per_word",
    "train_vectors",
]


# --- The tree -----------------------------------------------------------------------------------


class HuffmanTree:
    """The tree of a Huffman code: words are its leaves, and each inner node asks left or right.

    Parameters
    ----------
    counts : array of shape (V,), V ≥ 2
        Counts or probabilities of the words.

    Attributes
    ----------
    code_words : list of V str
        "0" is left, "1" is right, from the root down; a frequent word has a short one.
    lengths : int array of shape (V,)
        Of the code words: the questions on the way to each word.
    nodes : int array of shape (V, L)
        Inner nodes on the way, 0 (the root) to V − 2; −1 behind the end.
    bits : int array of shape (V, L)
        What is answered there, 0 or 1; −1 behind the end.

    Examples
    --------
    >>> tree = HuffmanTree([4, 2, 1, 1])
    >>> tree.code_words
    ['0', '10', '110', '111']
    >>> tree.nodes.tolist()
    [[0, -1, -1], [0, 1, -1], [0, 1, 2], [0, 1, 2]]
    >>> tree.path(2)
    [(0, 1), (1, 1), (2, 0)]
    """

    def __init__(self, counts: ArrayLike) -> None:
        counts = _checked_counts(counts)
        if len(counts) < 2:
            raise ValueError("counts must hold at least 2 words: one alone needs no question.")
        self.code_words = huffman_code(counts)
        self.lengths = np.array([len(word) for word in self.code_words])
        numbers: dict[str, int] = {}  # an inner node is what all code words below it begin with
        nodes = [
            numbers.setdefault(word[:depth], len(numbers))
            for word in self.code_words
            for depth in range(len(word))
        ]
        inside = np.arange(self.lengths.max()) < self.lengths[:, None]  # (V, L)
        self.nodes, self.bits = np.full(inside.shape, GAP), np.full(inside.shape, GAP)
        self.nodes[inside] = nodes
        self.bits[inside] = [bit == "1" for word in self.code_words for bit in word]

    @property
    def n_inner(self) -> int:
        """Number V − 1 of inner nodes."""
        return len(self.code_words) - 1

    def path(self, k: int) -> list[tuple[int, int]]:
        """Return the inner nodes on the way to word k, each with the answer given there."""
        n = self.lengths[k]
        return list(zip(self.nodes[k, :n].tolist(), self.bits[k, :n].tolist(), strict=True))

    def mean_length(self, counts: ArrayLike) -> float:
        """Return the mean number of questions for a word drawn by counts (V,)."""
        return float(np.average(self.lengths, weights=_checked_counts(counts)))


# --- Output layers ------------------------------------------------------------------------------


class OutputStep(NamedTuple):
    """What an output layer makes of hidden rows and targets.

    Attributes
    ----------
    loss : array of shape (B,)
        −log P(target) of each row in nats; of negative sampling its own loss.
    H : array of shape (B, d)
        Gradient of each row's loss by its hidden row.
    rows : int array of shape (r,)
        The different rows of U that were asked for, rising.
    U : array of shape (r, d)
        Gradient of the sum of the losses by these rows; all others have none.
    """

    loss: np.ndarray
    H: np.ndarray
    rows: np.ndarray
    U: np.ndarray


def full_softmax(H: np.ndarray, U: np.ndarray, targets: ArrayLike) -> OutputStep:
    """Guess the target among all V words: −log softmax(H Uᵀ) at the target.

    Parameters
    ----------
    H : array of shape (B, d)
    U : array of shape (V, d)
    targets : int array of shape (B,)

    Notes
    -----
    Cost: 3 · 2BVd operations, V scores for each guess.

    Examples
    --------
    >>> step = full_softmax(np.array([[1.0, 0.0]]), np.zeros((4, 2)), [3])
    >>> step.loss.round(3), step.U[:, 0]
    (array([1.386]), array([ 0.25,  0.25,  0.25, -0.75]))
    """
    H, U, targets = _checked_layer(H, U, targets, len(U))
    Z, at = H @ U.T, np.arange(len(H))  # (B, V)
    Z -= Z.max(axis=1, keepdims=True)
    of_targets = Z[at, targets]
    E = np.exp(Z, out=Z)
    total = E.sum(axis=1, keepdims=True)
    E /= total  # the softmax
    E[at, targets] -= 1
    loss = np.log(total[:, 0]) - of_targets
    return OutputStep(loss, E @ U, np.arange(len(U)), E.T @ H)


def hierarchical_softmax(
    H: np.ndarray, U: np.ndarray, targets: ArrayLike, tree: HuffmanTree
) -> OutputStep:
    """Guess the way to the target in a tree: at each inner node, left with probability σ(u·h).

    The probability of a word is the product along its path. At every node both ways share what
    came in, so all words together have probability 1, whatever U is.

    Parameters
    ----------
    H : array of shape (B, d)
    U : array of shape (V − 1, d)
    targets : int array of shape (B,)
    tree : HuffmanTree

    Notes
    -----
    Cost: as many scores for a guess as its target's code word is long.

    Examples
    --------
    >>> tree = HuffmanTree([4, 2, 1, 1])
    >>> step = hierarchical_softmax(np.array([[1.0, 0.0]]), np.zeros((3, 2)), [1], tree)
    >>> np.exp(-step.loss), step.rows.tolist(), step.U[:, 0]
    (array([0.25]), [0, 1], array([ 0.5, -0.5]))
    """
    H, U, targets = _checked_layer(H, U, targets, tree.n_inner + 1)
    _same_rows(U, tree)
    on_path = tree.nodes[targets] != GAP  # (B, L)
    return _binary_guesses(
        H, U, tree.nodes[targets][on_path], tree.lengths[targets], tree.bits[targets][on_path] == 0
    )


def negative_sampling(
    H: np.ndarray, U: np.ndarray, targets: ArrayLike, noise: ArrayLike
) -> OutputStep:
    """Tell the target from K words of noise: −log σ(u_target·h) − Σ log σ(−u_noise·h).

    Parameters
    ----------
    H : array of shape (B, d)
    U : array of shape (V, d)
    targets : int array of shape (B,)
    noise : int array of shape (B, K)
        Drawn by `noise_distribution`; a target among them counts as noise, too.

    Notes
    -----
    Cost: K + 1 scores for a guess. It trains vectors, but gives no probabilities of words: at its
    optimum u·h is the pointwise mutual information less log K (Levy and Goldberg, 2014).

    Examples
    --------
    >>> step = negative_sampling(np.array([[1.0, 0.0]]), np.zeros((4, 2)), [2], [[0, 1]])
    >>> step.loss.round(3), step.rows.tolist(), step.U[:, 0]
    (array([2.079]), [0, 1, 2], array([ 0.5,  0.5, -0.5]))
    """
    H, U, targets = _checked_layer(H, U, targets, len(U))
    noise = np.asarray(noise)
    if noise.ndim != 2 or len(noise) != len(targets) or noise.dtype.kind not in "iu":
        raise ValueError(
            f"noise must be K words for each of the {len(targets)} targets, integers of shape "
            f"({len(targets)}, K); got {noise.dtype} of shape {noise.shape}."
        )
    _checked(noise.ravel(), len(U), gaps=False)
    asked = np.concatenate([targets[:, None], noise], axis=1)  # (B, K + 1)
    left = np.zeros(asked.shape, dtype=bool)
    left[:, 0] = True
    return _binary_guesses(H, U, asked.ravel(), np.full(len(asked), asked.shape[1]), left.ravel())


def _binary_guesses(
    H: np.ndarray, U: np.ndarray, asked: np.ndarray, sizes: np.ndarray, right: np.ndarray
) -> OutputStep:
    """Answer yes-or-no questions by σ(u·h): the loss, and its gradients, of each hidden row.

    Parameters
    ----------
    asked : int array of shape (Q,)
        Rows of U, all of the first hidden row, then all of the second, and so on.
    sizes : int array of shape (B,)
        How many of them each hidden row has.
    right : bool array of shape (Q,)
        Whether yes is the right answer.
    """
    row = np.repeat(np.arange(len(H)), sizes)
    pairs = np.repeat(H, sizes, axis=0), np.take(U, asked, axis=0)  # (Q, d) each
    z = np.einsum("qd,qd->q", *pairs)  # the scores that are asked for
    losses = np.logaddexp(0, np.where(right, -z, z))
    e = (expit(z) - right).astype(H.dtype, copy=False)  # σ(z) − t
    rows, place = _distinct(asked, len(U))
    ends = np.concatenate([[0], np.cumsum(sizes)])
    E = sparse.csr_array((e, place, ends), shape=(len(H), len(rows)))
    return OutputStep(np.bincount(row, losses, len(H)), E @ U[rows], rows, E.T @ H)


def log_probabilities(H: np.ndarray, U: np.ndarray, tree: HuffmanTree | None = None) -> np.ndarray:
    """Return log P of every word after each hidden row, shape (B, V).

    Parameters
    ----------
    H : array of shape (B, d)
    U : array of shape (V, d), or (V − 1, d) with a tree
    tree : HuffmanTree, optional
        Without it, those of the full softmax.

    Examples
    --------
    >>> tree = HuffmanTree([4, 2, 1, 1])
    >>> np.exp(log_probabilities(np.ones((1, 2)), np.zeros((3, 2)), tree))
    array([[0.5  , 0.25 , 0.125, 0.125]])
    """
    H, U = np.asarray(H), np.asarray(U)
    if tree is None:
        return log_softmax(H @ U.T, axis=1)
    _same_rows(U, tree)
    Z = H @ U.T  # (B, V − 1)
    log_p = np.zeros((len(H), len(tree.lengths)))
    for nodes, bits in zip(tree.nodes.T, tree.bits.T, strict=True):  # a depth at a time
        log_p += np.where(
            nodes == GAP, 0.0, -np.logaddexp(0, np.where(bits == 0, -1, 1) * Z[:, nodes])
        )
    return log_p


def noise_distribution(counts: ArrayLike, power: float = 0.75) -> np.ndarray:
    """Return the probabilities (V,) of noise words, proportional to counts to a power.

    >>> noise_distribution([16, 1], power=0.75).round(3)
    array([0.889, 0.111])
    """
    weights = _checked_counts(counts) ** check_number("power", power, least=0)
    return weights / weights.sum()


def scores_per_word(counts: ArrayLike, output: str, *, negatives: int = 5) -> float:
    """Return how many products u·h one guess takes: V, the mean code length, or K + 1.

    Examples
    --------
    >>> [scores_per_word([4, 2, 1, 1], output) for output in OUTPUTS]
    [4.0, 1.75, 6.0]
    """
    _checked_output(output)
    if output == "full":
        return float(len(_checked_counts(counts)))
    if output == "hierarchical":
        return float(np.average(huffman_lengths(counts), weights=_checked_counts(counts)))
    return float(check_whole("negatives", negatives) + 1)


# --- The input ----------------------------------------------------------------------------------


def hidden(W: np.ndarray, contexts: ArrayLike) -> np.ndarray:
    """Return the hidden rows A W, shape (B, d): a word's vector, or the mean of several.

    Parameters
    ----------
    W : array of shape (V, d)
    contexts : int array of shape (B,) for skip-gram, or (B, C) for CBOW
        Codes of the words that come in; −1 stands for none.

    Examples
    --------
    >>> hidden(np.array([[1.0, 0.0], [3.0, 2.0]]), [[0, 1], [1, -1]])
    array([[2., 1.],
           [3., 2.]])
    """
    contexts = np.asarray(contexts)
    if contexts.ndim == 1:
        return W[_checked(contexts, len(W), gaps=False)]
    A, rows = _selector(contexts, len(W), W.dtype)
    return A @ W[rows]


def input_gradient(
    contexts: ArrayLike, gradient: np.ndarray, n_words: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return Aᵀ times the gradient (B, d) by the hidden rows: what the words that came in get.

    Parameters
    ----------
    contexts : int array of shape (B,) or (B, C)
        As in `hidden`.
    gradient : array of shape (B, d)
    n_words : int
        V.

    Returns
    -------
    rows : int array of shape (r,)
        The different words that came in, rising.
    sums : array of shape (r, d)
        Gradient by their vectors.

    Examples
    --------
    >>> rows, sums = input_gradient([[0, 1], [1, -1]], np.array([[2.0], [5.0]]), n_words=3)
    >>> rows.tolist(), sums.ravel().tolist()
    ([0, 1], [1.0, 6.0])
    """
    contexts = np.asarray(contexts)
    table = contexts[:, None] if contexts.ndim == 1 else contexts
    A, rows = _selector(table, n_words, gradient.dtype)
    return rows, A.T @ gradient


def _selector(
    contexts: np.ndarray, n_words: int, dtype: np.dtype
) -> tuple[sparse.csr_array, np.ndarray]:
    """Return the columns of A that are not empty, and the words that they belong to."""
    inside = contexts != GAP  # (B, C)
    sizes = np.count_nonzero(inside, axis=1)
    if np.any(sizes == 0):
        raise ValueError("contexts must hold at least one word in each row; one has none.")
    rows, place = _distinct(_checked(contexts[inside], n_words, gaps=False), n_words)
    shares = np.repeat((1 / sizes).astype(dtype), sizes)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_array((shares, place, ends), shape=(len(contexts), len(rows))), rows


def _distinct(index: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the different numbers below n of an index, rising, and the place of each in them."""
    seen = np.zeros(n, dtype=bool)
    seen[index] = True
    rows = np.flatnonzero(seen)
    number = np.empty(n, dtype=np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return rows, number[index]


# --- Training -----------------------------------------------------------------------------------

OUTPUTS = ("full", "hierarchical", "negative sampling")
MODELS = ("skip-gram", "cbow")
LAST_ETA = 0.05
"""The step falls in a straight line to this share of η."""


class Trained(NamedTuple):
    """What training leaves.

    Attributes
    ----------
    W : array of shape (V, d)
        Word vectors.
    U : array of shape (V, d), or (V − 1, d) of a tree
        Output vectors.
    loss_path : array of shape (epochs,)
        Mean loss of a guess in each epoch, in nats, as it was met in training.
    tree : HuffmanTree or None
        That of the hierarchical softmax.
    """

    W: np.ndarray
    U: np.ndarray
    loss_path: np.ndarray
    tree: HuffmanTree | None


def train_vectors(
    codes: ArrayLike,
    counts: ArrayLike,
    *,
    model: str = "skip-gram",
    output: str = "negative sampling",
    d: int = 64,
    window: int = 2,
    epochs: int = 4,
    eta: float = 0.2,
    batch_size: int = 2048,
    negatives: int = 5,
    noise_power: float = 0.75,
    threshold: float | None = 1e-3,
    sides: str = "both",
    dtype: np.typing.DTypeLike = np.float32,
    random_state: int | np.random.Generator = 0,
) -> Trained:
    """Learn word vectors from a text by minibatches and Adagrad with one step size for each vector.

    Parameters
    ----------
    codes : int array of shape (N,)
        The text; −1 is a gap.
    counts : array of shape (V,)
        How often each word occurs: for the tree, the noise and the subsampling.
    model : {"skip-gram", "cbow"}
        Guess each near word from a word, or a word from the mean of those near it.
    output : {"negative sampling", "hierarchical", "full"}
    d, window, epochs, batch_size : int
        Numbers of a vector; places to either side, of which each centre draws how many it takes
        (with the left side only, all are taken); passes over the text; guesses of a batch.
    eta : float, default=0.2
        Step η, which falls in a straight line to a twentieth.
    negatives : int, default=5
        K.
    noise_power : float, default=0.75
        For `noise_distribution`.
    threshold : float or None, default=1e-3
        For `subsample`, which is drawn anew for each epoch; None keeps the whole text.
    sides : {"both", "left"}, default="both"
        For "cbow": "left" learns from what stands before, as a language model must.
    dtype : float32 or float64
    random_state : int or Generator

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        For numbers out of range, unknown names and a text without pairs.

    Notes
    -----
    Cost of a guess: the scores of the output layer, 2d operations each, three times. On one core
    884,000 words of Shakespeare take about 7 s an epoch for skip-gram and 3 s for CBOW.

    Examples
    --------
    >>> text = np.array([0, 1, 0, 1, 2, 3, 2, 3] * 50)  # 0 stands near 1, and 2 near 3
    >>> found = train_vectors(text, np.bincount(text), d=4, window=1, epochs=20, batch_size=50)
    >>> found.W.shape, bool(found.loss_path[-1] < found.loss_path[0])
    ((4, 4), True)
    """
    counts = _checked_counts(counts)
    codes, output = _checked(codes, len(counts)), _checked_output(output)
    _checked_model(model, sides)
    d, epochs = check_whole("d", d), check_whole("epochs", epochs)
    eta, batch_size = check_number("eta", eta, above=0), check_whole("batch_size", batch_size)
    rng = np.random.default_rng(random_state)
    tree = HuffmanTree(counts) if output == "hierarchical" else None
    W = ((rng.random((len(counts), d)) - 0.5) / d).astype(dtype)
    U = np.zeros((len(counts) - (tree is not None), d), dtype=dtype)
    squares = np.zeros(len(W), dtype=dtype), np.zeros(len(U), dtype=dtype)
    guess = _output_layer(output, tree, counts, negatives, noise_power, rng)
    loss_path = np.zeros(epochs)
    for epoch in range(epochs):
        text = codes if threshold is None else subsample(codes, counts, threshold, random_state=rng)
        contexts, targets = _examples(text, model, window, sides, rng)
        for done, batch in _shuffled(len(targets), batch_size, rng):
            now = eta * (1 - (1 - LAST_ETA) * (epoch + done) / epochs)
            step = guess(hidden(W, contexts[batch]), U, targets[batch])
            rows, gradient = input_gradient(contexts[batch], step.H, len(W))
            _adagrad(W, squares[0], rows, gradient, now)
            _adagrad(U, squares[1], step.rows, step.U, now)
            loss_path[epoch] += step.loss.sum() / len(targets)
    return Trained(W, U, loss_path, tree)


def perplexity(trained: Trained, codes: ArrayLike, window: int, *, sides: str = "left") -> float:
    """Return exp of the mean −log P of each word of a text (N,), given the words near it.

    With the left side only it may stand beside the perplexity of an n-gram. Negative sampling has
    no probabilities, and U of the full softmax is taken for one.

    Examples
    --------
    >>> text = np.array([0, 1] * 50)
    >>> found = train_vectors(text, [50, 50], model="cbow", output="full", d=2, window=1,
    ...                       epochs=100, batch_size=20, sides="left", threshold=None)
    >>> round(perplexity(found, text, 1), 1)
    1.0
    """
    targets, contexts = context_windows(_checked(codes, len(trained.W)), window, sides=sides)
    if not len(targets):
        raise ValueError("codes must hold at least one word with another near it; got none.")
    total = 0.0
    for start in range(0, len(targets), 1024):
        batch = slice(start, start + 1024)
        H, target = hidden(trained.W, contexts[batch]), targets[batch]
        if trained.tree is None:
            total += full_softmax(H, trained.U, target).loss.sum()
        else:
            total += hierarchical_softmax(H, trained.U, target, trained.tree).loss.sum()
    return float(np.exp(total / len(targets)))


def _output_layer(output, tree, counts, negatives, noise_power, rng):
    """Return what makes an OutputStep of H, U and targets."""
    if output == "full":
        return full_softmax
    if output == "hierarchical":
        return partial(hierarchical_softmax, tree=tree)
    K = check_whole("negatives", negatives)
    below = np.cumsum(noise_distribution(counts, noise_power))

    def guess(H: np.ndarray, U: np.ndarray, targets: np.ndarray) -> OutputStep:
        rising = np.sort(rng.random(len(targets) * K)) * below[-1]  # sorted, it is found faster
        noise = rng.permutation(np.searchsorted(below, rising, side="right")).reshape(-1, K)
        return negative_sampling(H, U, targets, noise)

    return guess


def _examples(
    text: np.ndarray, model: str, window: int, sides: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return what comes in, (P,) or (P, C), and the targets (P,) of an epoch."""
    if model == "skip-gram":
        contexts, targets = window_pairs(text, window, random_state=rng)
    else:
        widths = rng if sides == "both" else None
        targets, contexts = context_windows(text, window, sides=sides, random_state=widths)
    if not len(targets):
        raise ValueError("codes must hold two words that stand near each other; got none.")
    return contexts, targets


def _shuffled(
    n: int, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the share of an epoch that is done, and the next batch."""
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield start / n, order[start : start + batch_size]


def _adagrad(
    parameters: np.ndarray, squares: np.ndarray, rows: np.ndarray, gradient: np.ndarray, eta: float
) -> None:
    """Step in place: η times the gradient over the root of the sum of its mean squares so far."""
    squares[rows] += np.einsum("rd,rd->r", gradient, gradient) / gradient.shape[1]
    parameters[rows] -= gradient * (eta / np.sqrt(squares[rows] + 1e-10))[:, None]


# --- Checks -------------------------------------------------------------------------------------


def _checked_layer(
    H: np.ndarray, U: np.ndarray, targets: ArrayLike, n_words: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    H, U = np.asarray(H), np.asarray(U)
    targets = _checked(targets, n_words, gaps=False)
    if H.ndim != 2 or U.ndim != 2 or H.shape[1] != U.shape[1] or len(H) != len(targets):
        raise ValueError(
            "H must have a row for each target and U as many columns as H; got H "
            f"{H.shape}, U {U.shape} and {len(targets)} targets."
        )
    return H, U, targets


def _same_rows(U: np.ndarray, tree: HuffmanTree) -> None:
    if len(U) != tree.n_inner:
        raise ValueError(
            f"U must have a row for each of the tree's {tree.n_inner} inner nodes; got {len(U)}."
        )


def _checked_output(output: str) -> str:
    if output not in OUTPUTS:
        raise ValueError(f"output must be one of {list(OUTPUTS)}; got {output!r}.")
    return output


def _checked_model(model: str, sides: str) -> None:
    if model not in MODELS:
        raise ValueError(f"model must be one of {list(MODELS)}; got {model!r}.")
    if sides != "both" and model != "cbow":
        raise ValueError(f'sides = {sides!r} is for model = "cbow"; skip-gram takes both.')
