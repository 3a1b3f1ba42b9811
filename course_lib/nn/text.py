"""Language models of characters: n-grams as the baseline, recurrent networks, and sampling.

Symbols
    V            symbols of the vocabulary
    codes (N,)   a text as integers 0 … V − 1
    B, T         sequences in a batch, steps of a sequence

A model gives the probability of the next character after those before it. Its *perplexity* on a
text is exp(−mean log probability): the number of equally likely characters that would be as hard
to guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.checks import check_whole
from course_lib.nn.recurrent import GRU, LSTM, RNN

__all__ = [
    "CharModel",
    "CharVocabulary",
    "NGram",
    "next_symbol_loss",
    "perplexity",
    "random_windows",
    "sample",
    "slope_by_distance",
    "slopes_by_character",
    "streams",
]


class CharVocabulary:
    """The characters of a text, in order, and their codes.

    Attributes
    ----------
    characters : str
        All V characters; a character's code is its place.

    Examples
    --------
    >>> vocabulary = CharVocabulary("a banana")
    >>> vocabulary.characters, vocabulary.encode("nab").tolist()
    (' abn', [3, 1, 2])
    >>> vocabulary.decode([2, 1])
    'ba'
    """

    def __init__(self, text: str) -> None:
        if not text:
            raise ValueError("text must hold at least one character; got an empty string.")
        self.characters = "".join(sorted(set(text)))
        self._codes = {character: code for code, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray:
        """Return the codes of a text, int64 of shape (N,)."""
        try:
            return np.array([self._codes[character] for character in text], dtype=np.int64)
        except KeyError as error:
            raise ValueError(
                f"the text holds {error.args[0]!r}, which is not in the vocabulary. Make the "
                "vocabulary from all texts that are to be encoded."
            ) from None

    def decode(self, codes: ArrayLike | Tensor) -> str:
        """Return the text of codes (N,)."""
        return "".join(self.characters[int(code)] for code in codes)


# --- Batches ------------------------------------------------------------------------------------


def streams(codes: np.ndarray, batch_size: int, length: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut a text into `batch_size` long streams and yield them piece by piece.

    Row b of a piece goes on where row b of the piece before it ended, so that a model can carry
    its state over (truncated backpropagation through time). What does not fill a whole stream is
    left out.

    Yields
    ------
    x, y : int64 tensors of shape (batch_size, at most length)
        Characters, and the character that follows each.

    Examples
    --------
    >>> [x.tolist() for x, y in streams(np.arange(9), batch_size=2, length=3)]
    [[[0, 1, 2], [4, 5, 6]], [[3], [7]]]
    """
    codes = torch.as_tensor(codes).long()
    length, batch_size = check_whole("length", length), check_whole("batch_size", batch_size)
    if batch_size >= len(codes):
        raise ValueError(
            f"codes must hold more than batch_size characters: got {len(codes)} of them and "
            f"batch_size = {batch_size}."
        )
    size = (len(codes) - 1) // batch_size
    x, y = (codes[s : s + size * batch_size].view(batch_size, size) for s in (0, 1))
    for start in range(0, size, length):
        yield x[:, start : start + length], y[:, start : start + length]


def random_windows(
    codes: np.ndarray, batch_size: int, length: int, n_batches: int
) -> Callable[[torch.Generator], Iterator[tuple[Tensor, Tensor]]]:
    """Return what `course_lib.nn.training.fit` trains on: batches of windows at random places.

    Parameters
    ----------
    codes : int array of shape (N,)
    batch_size, length, n_batches : int
        Windows in a batch, characters in a window, batches in an epoch.

    Returns
    -------
    function of a torch.Generator
        It yields `n_batches` pairs x, y of int64 tensors (batch_size, length), y one character
        later.

    Examples
    --------
    >>> x, y = next(random_windows(np.arange(9), 4, 3, n_batches=1)(torch.Generator()))
    >>> x.shape, bool((y == x + 1).all())
    (torch.Size([4, 3]), True)
    """
    text = torch.as_tensor(codes).long()
    length, batch_size = check_whole("length", length), check_whole("batch_size", batch_size)
    if length >= len(text):
        raise ValueError(
            f"length must be less than the text's {len(text)} characters, got {length}."
        )

    def batches(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        offsets = torch.arange(length + 1)
        for _ in range(n_batches):
            start = torch.randint(len(text) - length, (batch_size, 1), generator=generator)
            window = text[start + offsets]  # (batch_size, length + 1)
            yield window[:, :-1], window[:, 1:]

    return batches


# --- The baseline -------------------------------------------------------------------------------


class NGram:
    """Count what follows the last n − 1 characters, and mix in the answers of shorter contexts.

    With the counts N and the number T(context) of different characters seen after a context of k
    characters, interpolated Witten–Bell smoothing is

        P_k(c | context) = (N(context, c) + T(context) P_{k−1}(c)) / (N(context) + T(context)) ,

    and interpolated Kneser–Ney smoothing takes a discount D off every count,

        P_k(c | context) = (max(N(context, c) − D, 0) + D T(context) P_{k−1}(c)) / N(context) .

    There only the longest grams, of n characters, are counted as they occur. For a shorter one N is
    the number of different characters seen before it. Either way the shortest context falls back
    on 1/V, so every character keeps a positive probability, and a context that was never seen
    leaves the shorter one's answer.

    Source: Witten and Bell, The zero-frequency problem (1991); Kneser and Ney, Improved backing-off
    for m-gram language modeling (1995); both in the form of Chen and Goodman, An empirical study
    of smoothing techniques for language modeling (1999).

    Parameters
    ----------
    n : int
        Characters of a gram; 2 is a bigram, which looks at one character.
    n_symbols : int
        V.
    discount : float, optional
        D, between 0 and 1, of Kneser–Ney smoothing; without it, Witten–Bell smoothing.

    Examples
    --------
    >>> bigram = NGram(2, n_symbols=2).fit(np.array([0, 1, 0, 1, 0]))
    >>> bigram.probabilities([0]).round(3)
    array([0.19, 0.81])
    >>> NGram(2, 2, discount=0.5).fit(np.array([0, 1, 0, 1, 0])).probabilities([0])
    array([0.125, 0.875])
    """

    def __init__(self, n: int, n_symbols: int, *, discount: float | None = None) -> None:
        n, n_symbols = check_whole("n", n), check_whole("n_symbols", n_symbols)
        if n_symbols**n >= 2**63:
            raise ValueError(
                f"n = {n} is too long for {n_symbols} symbols: {n_symbols}^{n} grams do not fit "
                "64 bits. Take a smaller n."
            )
        if discount is not None and not 0 < discount < 1:
            raise ValueError(f"discount must be between 0 and 1, or None; got {discount!r}.")
        self.n, self.n_symbols, self.discount = n, n_symbols, discount
        self._tables: list[tuple[np.ndarray, ...]] | None = None  # by the length of the context

    def fit(self, codes: ArrayLike) -> NGram:
        """Count the grams of a text (N,); O(n N log N). Return self."""
        codes = self._checked(codes)
        if len(codes) < self.n:
            raise ValueError(f"codes must hold at least n = {self.n} characters; got {len(codes)}.")
        self._tables = []
        for k in range(self.n):
            keys = self._keys(codes, k + 1)
            if self.discount is not None and k + 1 < self.n:  # once for each character before it
                keys = np.unique(self._keys(codes, k + 2)) % self.n_symbols ** (k + 1)
            grams, counts = np.unique(keys, return_counts=True)
            contexts, place = np.unique(grams // self.n_symbols, return_inverse=True)
            totals, kinds = np.bincount(place, counts), np.bincount(place)
            self._tables.append((grams, counts, contexts, totals, kinds))
        return self

    def log_probabilities(self, codes: ArrayLike) -> np.ndarray:
        """Return log P of each character of a text (N,) after those before it, shape (N,)."""
        codes = self._checked(codes)
        p = np.full(len(codes), 1 / self.n_symbols)
        for k in range(min(self.n, len(codes))):
            p[k:] = self._interpolate(k, self._keys(codes, k + 1), p[k:])
        return np.log(p)

    def probabilities(self, context: ArrayLike) -> np.ndarray:
        """Return the probability of each next character after a context (m,), shape (V,)."""
        context = self._checked(context)
        p = np.full(self.n_symbols, 1 / self.n_symbols)
        for k in range(min(self.n - 1, len(context)) + 1):
            key = self._keys(context[len(context) - k :], k)[0] if k else 0
            p = self._interpolate(k, key * self.n_symbols + np.arange(self.n_symbols), p)
        return p

    def perplexity(self, codes: ArrayLike) -> float:
        """Return exp of the mean negative log probability of a text of at least one character."""
        log_p = self.log_probabilities(codes)
        if not log_p.size:
            raise ValueError("codes must hold at least one character; got none.")
        return float(np.exp(-log_p.mean()))

    def share_unseen(self, codes: ArrayLike) -> float:
        """Return the share of a text's contexts, n − 1 characters each, that were never counted.

        >>> NGram(2, n_symbols=3).fit(np.array([0, 1, 0, 1])).share_unseen([0, 1, 2, 2])
        0.5
        """
        if self._tables is None:
            raise RuntimeError("this NGram has counted no text yet; call fit first.")
        keys = self._keys(self._checked(codes), self.n - 1) if self.n > 1 else np.zeros(1, int)
        contexts = self._tables[-1][2]
        return float(np.mean(~np.isin(keys, contexts)))

    def _interpolate(self, k: int, keys: np.ndarray, shorter: np.ndarray) -> np.ndarray:
        if self._tables is None:
            raise RuntimeError("this NGram has counted no text yet; call fit first.")
        grams, counts, contexts, totals, kinds = self._tables[k]
        n_gram = _look_up(grams, counts, keys)
        n, t = (_look_up(contexts, each, keys // self.n_symbols) for each in (totals, kinds))
        if self.discount is None:
            mixed = (n_gram + t * shorter) / np.maximum(n + t, 1)
        else:
            kept = np.maximum(n_gram - self.discount, 0)
            mixed = (kept + self.discount * t * shorter) / np.maximum(n, 1)
        return np.where(n > 0, mixed, shorter)

    def _keys(self, codes: np.ndarray, size: int) -> np.ndarray:
        """Number every window of `size` characters: its digits to the base V."""
        keys = np.zeros(len(codes) - size + 1, dtype=np.int64)
        for j in range(size):
            keys = keys * self.n_symbols + codes[j : len(codes) - size + 1 + j]
        return keys

    def _checked(self, codes: ArrayLike) -> np.ndarray:
        codes = np.asarray(codes)
        if codes.size and codes.dtype.kind not in "iu":
            raise TypeError(
                f"codes must be integers; got {codes.dtype}. Make them from a text with "
                "CharVocabulary.encode."
            )
        codes = codes.astype(np.int64)
        if codes.ndim != 1 or np.any((codes < 0) | (codes >= self.n_symbols)):
            raise ValueError(
                f"codes must be one-dimensional, with values 0 to {self.n_symbols - 1}; got the "
                f"shape {codes.shape}" + (f" and the largest {codes.max()}." if codes.size else ".")
            )
        return codes


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 where it is not among the sorted keys."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


# --- The network --------------------------------------------------------------------------------

_LAYERS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


class CharModel(nn.Module):
    """A recurrent network that predicts the next character.

    Parameters
    ----------
    n_symbols : int
        V.
    hidden_size : int
    kind : {"rnn", "lstm", "gru"}
    embedding : int, default=32
        Width of the learned vector that stands for a character.
    num_layers : int, default=1

    Examples
    --------
    >>> CharModel(10, 16, "lstm")(torch.zeros(2, 7, dtype=torch.int64)).shape
    torch.Size([2, 7, 10])
    """

    def __init__(
        self,
        n_symbols: int,
        hidden_size: int,
        kind: str = "lstm",
        *,
        embedding: int = 32,
        num_layers: int = 1,
    ) -> None:
        super().__init__()
        if kind not in _LAYERS:
            raise ValueError(f"kind must be one of {', '.join(_LAYERS)}; got {kind!r}.")
        self.embedding = nn.Embedding(n_symbols, embedding)
        self.recurrent = _LAYERS[kind](embedding, hidden_size, num_layers, batch_first=True)
        self.head = nn.Linear(hidden_size, n_symbols)

    def forward(self, codes: Tensor) -> Tensor:
        """Return the logits (B, T, V) of the character after each of codes (B, T)."""
        return self.carry_on(codes, None)[0]

    def carry_on(self, codes: Tensor, state: object) -> tuple[Tensor, object]:
        """Go on from a state (None at the beginning): return the logits, and the state after."""
        H, state = self.recurrent(self.embedding(codes), state)
        return self.head(H), state


def next_symbol_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits (…, V) and codes (…), in nats a symbol."""
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())


@torch.inference_mode()
def perplexity(
    model: CharModel, codes: np.ndarray, *, batch_size: int = 16, length: int = 256
) -> float:
    """Return a network's perplexity on a text (N,), its state carried along its streams."""
    device = next(model.parameters()).device
    state, total, count = None, 0.0, 0
    for x, y in streams(codes, batch_size, length):
        logits, state = model.carry_on(x.to(device), state)
        total += next_symbol_loss(logits, y.to(device)).item() * y.numel()
        count += y.numel()
    return float(np.exp(total / count))


def slopes_by_character(model: CharModel, codes: ArrayLike) -> Tensor:
    """Measure how much a network's guess depends on each character of a piece of text.

    Parameters
    ----------
    model : CharModel
    codes : int array of shape (B, T)
        Pieces of a text; the guess is the likeliest character after each.

    Returns
    -------
    tensor of shape (B, T)
        Norm of the gradient of the guess's log probability by the embedding of each character, in
        the order of the text.

    Examples
    --------
    >>> slopes_by_character(CharModel(10, 16), np.zeros((2, 7), dtype=int)).shape
    torch.Size([2, 7])
    """
    where = next(model.parameters()).device
    vectors = model.embedding(torch.as_tensor(codes, device=where)).detach().requires_grad_()
    H, _ = model.recurrent(vectors)  # (B, T, h)
    guess = model.head(H[:, -1]).log_softmax(dim=-1).amax(dim=-1)
    (slopes,) = torch.autograd.grad(guess.sum(), vectors)
    return slopes.norm(dim=-1)


def slope_by_distance(model: CharModel, codes: ArrayLike) -> Tensor:
    """Average `slopes_by_character` over pieces of a text (B, T), by the distance.

    Returns
    -------
    tensor of shape (T,)
        How much the guess depends on the character k = 0, 1, … steps back.

    Examples
    --------
    >>> slope_by_distance(CharModel(10, 16), np.zeros((2, 7), dtype=int)).shape
    torch.Size([7])
    """
    return slopes_by_character(model, codes).mean(dim=0).flip(0)


@torch.inference_mode()
def sample(
    model: CharModel | NGram,
    vocabulary: CharVocabulary,
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    random_state: int = 0,
) -> str:
    """Let a model go on from a prompt, one drawn character after the other.

    Parameters
    ----------
    model : CharModel or NGram
    vocabulary : CharVocabulary
    prompt : str
        At least one character; it is not part of the result.
    length : int
        Characters to draw.
    temperature : float, default=1
        Logits are divided by it, so P becomes P^(1/temperature), normalised. Below 1 likely
        characters get likelier; above 1 all get more alike.
    random_state : int

    Raises
    ------
    ValueError
        For a temperature that is not positive and finite, an empty prompt or a negative length.

    Examples
    --------
    >>> text = "abababab"
    >>> vocabulary = CharVocabulary(text)
    >>> sample(NGram(2, 2).fit(vocabulary.encode(text)), vocabulary, "a", 4, temperature=0.1)
    'baba'
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature must be positive and finite; got {temperature}.")
    if length < 0:
        raise ValueError(f"length must not be negative; got {length}.")
    codes = vocabulary.encode(prompt).tolist()
    if not codes:
        raise ValueError("prompt must hold at least one character; got an empty string.")
    uniform = np.random.default_rng(random_state).random(length)
    state, at = None, 0
    for u in uniform:
        if isinstance(model, NGram):
            logits = np.log(model.probabilities(codes[-model.n :]))
        else:
            where = next(model.parameters()).device
            out, state = model.carry_on(torch.tensor([codes[at:]], device=where), state)
            logits, at = out[0, -1].double().cpu().numpy(), len(codes)
        p = np.cumsum(np.exp((logits - logits.max()) / temperature))
        codes.append(int(np.searchsorted(p, u * p[-1])))
    return vocabulary.decode(codes[len(codes) - length :])
