"""Experiments with plain recurrent networks, small enough for a page.

Symbols
    U (h, h)     weights of the state, as ``weight_hh_l0`` of a layer
    ρ            spectral radius of U
    J_t          Jacobian of the state of step t by the one before, diag(1 − h_t²) U
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.checks import check_number, check_whole
from course_lib.nn import text
from course_lib.nn.recurrent import RNN
from course_lib.nn.through_time import bptt_terms
from course_lib.nn.training import fit, predict, seeded
from course_lib.nn.weights import load_weights
from course_lib.nn.word_counts import WordVocabulary, tokenize

__all__ = [
    "LinePairs",
    "LineScore",
    "Told",
    "best_units",
    "count_order",
    "distance_when_cut",
    "distances_when_cut",
    "echo_errors",
    "forecast_errors",
    "forgetting",
    "gradient_sizes",
    "judge_order",
    "learn_echo",
    "letter_properties",
    "letter_states",
    "line_pairs",
    "linear_readout",
    "sizes_far_back",
    "spectral_radius",
    "stored_writers",
    "tell_properties",
    "waves",
]

STARTS = ("Gaussian", "orthogonal")


def learn_echo(
    window: int, seed: int, *, lag: int = 6, steps: int = 4000, frozen: bool = False
) -> float:
    """Train a network to say what it read some steps before; return its error at the end.

    It reads uniform random numbers, in windows. The state goes on from window to window, the
    gradient does not. The start is orthogonal, the optimizer Adam with a rate of 0.01.

    Parameters
    ----------
    window : int
        Steps of a window; there is one update for each.
    seed : int
        Of the numbers and of the first weights.
    lag : int
        Steps between a number and its echo.
    steps : int
        Steps in all, of eight sequences.
    frozen : bool
        Train the output layer alone and leave the recurrent weights as they were drawn.

    Returns
    -------
    float
        Mean squared error over the last fifth of the windows, by that of always saying ½.
    """
    window, lag = check_whole("window", window), check_whole("lag", lag)
    with seeded(seed):
        x = torch.rand(steps, 8, 1)
        net, head = nn.RNN(1, 24), nn.Linear(24, 1)  # torch's layer takes half as long
        nn.init.orthogonal_(net.weight_hh_l0)
    y = torch.cat([torch.full((lag, 8, 1), 0.5), x[:-lag]])
    net.requires_grad_(not frozen)
    weights = [p for p in [*net.parameters(), *head.parameters()] if p.requires_grad]
    adam, state, losses = torch.optim.Adam(weights, lr=0.01), None, []
    for at in range(0, steps, window):
        H, state = net(x[at : at + window], state)
        state = state.detach()  # the numbers go on, the gradient does not
        loss = F.mse_loss(head(H), y[at : at + window])
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        adam.step()
        losses.append(loss.item())
    return float(12 * np.mean(losses[-(len(losses) // 5) :]))


def echo_errors(window: int, *, frozen: bool = False, n_starts: int = 10) -> np.ndarray:
    """Return `learn_echo` for the seeds 0, 1, … n_starts − 1."""
    return np.array([learn_echo(window, seed, frozen=frozen) for seed in range(n_starts)])


def gradient_sizes(
    rho: float,
    start: str,
    size: float,
    *,
    n_starts: int = 10,
    steps: int = 100,
    units: int = 50,
    random_state: int = 0,
) -> np.ndarray:
    """Measure how large the product of k Jacobians is, from several starts.

    Parameters
    ----------
    rho : float
        Spectral radius that U gets.
    start : {"Gaussian", "orthogonal"}
    size : float
        Standard deviation of what the inputs add to the argument of tanh; 0 leaves out tanh.
    n_starts, steps, units : int
        The states are followed for twice as many steps, and the first half is not looked at.
    random_state : int

    Returns
    -------
    array of shape (n_starts, steps + 1)
        log₁₀ of ‖J_T J_{T−1} ⋯ J_{T−k+1}‖_F / √h for k = 0, 1, …

    Examples
    --------
    >>> gradient_sizes(0.1, "orthogonal", 0, n_starts=1, steps=3).round(6).tolist()
    [[0.0, -1.0, -2.0, -3.0]]
    """
    rho, size = check_number("rho", rho, above=0), check_number("size", size, least=0)
    if start not in STARTS:
        raise ValueError(f"start must be one of {', '.join(STARTS)}; got {start!r}.")
    rng = np.random.default_rng(random_state)
    U = rng.normal(size=(n_starts, units, units))
    U = np.linalg.qr(U)[0] if start == "orthogonal" else U
    U *= rho / np.abs(np.linalg.eigvals(U)).max(axis=1)[:, None, None]
    slopes, state = [], np.zeros((n_starts, units, 1))
    for _ in range(2 * steps):
        state = np.tanh(U @ state + size * rng.normal(size=state.shape))
        slopes.append(1 - state**2 if size else np.ones_like(state))
    J, logs = np.broadcast_to(np.eye(units), U.shape), [np.zeros(n_starts)]
    for slope in slopes[: -steps - 1 : -1]:  # back from the last step
        J = J @ (slope * U)
        logs.append(np.log10(np.linalg.norm(J, axis=(1, 2)) / np.sqrt(units)))
    return np.array(logs).T


def sizes_far_back(rho: float, start: str, size: float) -> tuple[float, float, int]:
    """Sum up `gradient_sizes` 100 steps back, over ten starts.

    Returns
    -------
    float, float, int
        Mean and standard deviation of the logarithms, and how many are above 0.

    Examples
    --------
    >>> sizes_far_back(10, "orthogonal", 0)[2]
    10
    """
    logs = gradient_sizes(rho, start, size)[:, 100]
    return logs.mean(), logs.std(ddof=1), int((logs > 0).sum())


def distance_when_cut(model: text.CharModel, codes: Tensor, depths: Sequence[int]) -> list[float]:
    """Cut the gradient of U after K steps back; return how far the rest is from the whole.

    Parameters
    ----------
    model : CharModel of kind "rnn", with one layer
    codes : int tensor of shape (T + 1, B)
        Pieces of a text, one a column.
    depths : sequence of int
        K, at most T.

    Returns
    -------
    list
        For each K the norm of what is missing, divided by that of the whole gradient.
    """
    inner = model.recurrent
    layer = RNN(inner.input_size, inner.hidden_size)
    layer.load_state_dict(inner.state_dict())
    x = model.embedding(codes[:-1]).detach()  # (T, B, embedding)
    H = layer(x)[0].detach().requires_grad_()
    loss = text.next_symbol_loss(model.head(H), codes[1:])
    (slopes,) = torch.autograd.grad(loss, H)
    parts = bptt_terms(layer, x, slopes).cumsum(dim=0)
    whole = parts[-1]
    return [((parts[K - 1] - whole).norm() / whole.norm()).item() for K in depths]


def distances_when_cut(
    model: text.CharModel, codes: np.ndarray, depths: Sequence[int], *, n_batches: int = 15
) -> np.ndarray:
    """Return `distance_when_cut` (n_batches, depths) for batches of 32 pieces of 101 characters.

    The batches are the first of a text of codes (N,), one after the other.
    """
    batches = np.reshape(codes[: n_batches * 32 * 101], (n_batches, 32, 101))
    return np.array([distance_when_cut(model, torch.as_tensor(b.T), depths) for b in batches])


@torch.inference_mode()
def forgetting(model: text.CharModel, pieces: np.ndarray) -> np.ndarray:
    """Read pieces of a text twice, with another first character; return how far the states part.

    Parameters
    ----------
    model : CharModel of kind "rnn"
    pieces : int array of shape (B, T)
        Each gets the first character of the piece before it; those that have the same are left
        out.

    Returns
    -------
    array of shape (B' <= B, T)
        Distance of the two states after each character, by its median after the first.
    """
    codes = torch.as_tensor(pieces)
    other = codes.clone()
    other[:, 0] = codes[:, 0].roll(1)
    changed = other[:, 0] != codes[:, 0]
    one, two = (model.recurrent(model.embedding(each[changed]))[0] for each in (codes, other))
    gaps = (one - two).norm(dim=2)
    return (gaps / gaps[:, 0].median()).numpy()


def stored_writers(
    path: Path, n_symbols: int, *, steps: Sequence[int] = (100, 300, 1000, 4000), units: int = 122
) -> dict[int, text.CharModel]:
    """Load a network of kind "rnn" as it was after some updates, and untrained (0), with seed 0.

    Parameters
    ----------
    path : path of weights that `course_lib.nn.weights.save_weights` wrote
        Of a `torch.nn.ModuleDict` that names each network by its updates.
    n_symbols, units : int
    """
    writers = {}
    for step in (0, *steps):
        with seeded(0):
            writers[step] = text.CharModel(n_symbols, units, "rnn")
    load_weights(nn.ModuleDict({str(step): writers[step] for step in steps}), path)
    return writers


def spectral_radius(model: text.CharModel) -> float:
    """Return ρ of the recurrent weights of a network of kind "rnn"."""
    return torch.linalg.eigvals(model.recurrent.weight_hh_l0.detach()).abs().max().item()


def letter_properties(page: str) -> dict[str, np.ndarray]:
    """Return, at every letter of a page (T,), what a unit of a network might follow.

    Examples
    --------
    >>> letter_properties("a be")["place in word"].tolist()
    [0, 0, 1, 2]
    """
    c, at = np.array(list(page)), np.arange(len(page))
    blank, upper = np.isin(c, [" ", "\n"]), np.char.isupper(c)
    vowel = np.isin(c, list("aeiouAEIOU"))
    found = {
        "blank": blank,
        "CAPITALS": upper & np.roll(upper, 1),
        "place in word": at - np.maximum.accumulate(np.where(blank, at, 0)),
    }
    return found | {f"vowel, {k} back": np.roll(vowel, k) for k in (0, 1, 2, 5)}


def best_units(
    states: np.ndarray, properties: Mapping[str, np.ndarray]
) -> dict[str, tuple[int, float]]:
    """Find for each property the unit whose state is correlated with it most.

    Parameters
    ----------
    states : array of shape (h, T)
    properties : mapping of a name to an array (T,) that is not constant

    Returns
    -------
    dict
        By name, the number of the unit and its correlation, which may be negative.

    Examples
    --------
    >>> best_units(np.array([[0.0, 1, 0], [0, -1, -2]]), {"step": np.arange(3)})
    {'step': (1, -1.0)}
    """
    found = {}
    for name, values in properties.items():
        r = [round(float(np.corrcoef(row, values)[0, 1]), 9) for row in states]
        unit = int(np.argmax(np.abs(r)))
        found[name] = unit, r[unit]
    return found


def linear_readout(states: np.ndarray, wanted: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Fit a weighted sum of all units to a property by least squares; return it for other states.

    Parameters
    ----------
    states : array of shape (h, T)
        What the sum is fitted to.
    wanted : array of shape (T,)
        The property there.
    others : array of shape (h, T')

    Returns
    -------
    array of shape (T',)

    Examples
    --------
    >>> states = np.array([[0.0, 1, 0, 1], [0, 0, 1, 1]])
    >>> linear_readout(states, np.array([1, 3, 0, 2]), np.array([[0.5], [1]])).round(6)
    array([1.])
    """
    columns, others = (np.vstack([each, np.ones(each.shape[1])]).T for each in (states, others))
    return others @ np.linalg.lstsq(columns, np.asarray(wanted, dtype=float), rcond=None)[0]


@torch.inference_mode()
def letter_states(model: text.CharModel, vocabulary: text.CharVocabulary, page: str) -> np.ndarray:
    """Return a network's hidden states (h, T) as it reads a page."""
    codes = torch.as_tensor(vocabulary.encode(page))[None]
    return model.recurrent(model.embedding(codes))[0][0].T.numpy()


class Told(NamedTuple):
    """What tells a property: a unit, the sign that makes it go up, and correlations.

    Attributes
    ----------
    unit : int
    sign : float
        1 or −1.
    alone, together : float
        Correlation of that unit, and of a weighted sum of all units, on a text that was not used
        to choose them.
    """

    unit: int
    sign: float
    alone: float
    together: float


def tell_properties(
    model: text.CharModel, vocabulary: text.CharVocabulary, page: str, other: str
) -> dict[str, Told]:
    """Choose on a page what tells each of `letter_properties`, and judge it on another page."""
    states, held = (letter_states(model, vocabulary, each) for each in (page, other))
    wanted, true = letter_properties(page), letter_properties(other)
    told = {}
    for name, (unit, r) in best_units(states, wanted).items():
        sign = float(np.sign(r))
        pair = sign * held[unit], linear_readout(states, wanted[name], held)
        told[name] = Told(unit, sign, *(float(np.corrcoef(p, true[name])[0, 1]) for p in pair))
    return told


# --- Forecasts of a time series -----------------------------------------------------------------

SEEN = 20  # values before the first forecast that counts


def waves(low: float, high: float, seed: int, *, n: int = 400, steps: int = 60) -> Tensor:
    """Draw waves sin(ω t + φ) + 0.3 ε of standard normal ε, as a tensor (n, steps).

    φ is uniform on [0, 2π), and ω uniform from `low` to `high`, each drawn once for a wave.
    """
    low, high = check_number("low", low, above=0), check_number("high", high, least=low)
    rng = np.random.default_rng(seed)
    omega, phase = rng.uniform(low, high, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1))
    clean = np.sin(omega * np.arange(steps) + phase)
    return torch.tensor(clean + 0.3 * rng.normal(size=(n, steps)), dtype=torch.float32)


def forecast_errors(
    low: float, high: float, seed: int = 0, *, n_updates: int = 300
) -> dict[str, float]:
    """Learn from 400 `waves` to forecast the next value; judge it on 400 others from step 20 on.

    The sum is that of least squares. The dense network and the recurrent one have 32 units, and
    updates on 32 waves each by Adam with a rate of 0.01, the gradient clipped at 1.

    Returns
    -------
    dict
        Root mean squared error by name. "RNN, 20 ahead" is that of the last value if the network
        reads its own forecasts instead of the last twenty values.
    """
    known, fresh = waves(low, high, 2 * seed), waves(low, high, 2 * seed + 1)
    rows, wanted = known[:, :-1].unfold(1, SEEN, 1).reshape(-1, SEEN), known[:, SEEN:]
    weights = torch.linalg.lstsq(rows, wanted.reshape(-1, 1)).solution
    with seeded(seed):
        cell, head = nn.RNN(1, 32, batch_first=True), nn.Linear(32, 1)
        dense = nn.Sequential(nn.Linear(SEEN, 32), nn.Tanh(), nn.Linear(32, 1))
    ways = {
        "last value": lambda x: x[:, SEEN - 1 :],
        "sum of 20": lambda x: (x.unfold(1, SEEN, 1) @ weights)[..., 0],
        "dense, 20": lambda x: dense(x.unfold(1, SEEN, 1))[..., 0],
        "RNN": lambda x: head(cell(x[..., None])[0])[:, SEEN - 1 :, 0],
    }
    for name, layers in {"dense, 20": [dense], "RNN": [cell, head]}.items():
        learned = [p for layer in layers for p in layer.parameters()]
        adam, rng = torch.optim.Adam(learned, lr=0.01), np.random.default_rng(seed)
        for _ in range(n_updates):
            batch = known[rng.integers(len(known), size=32)]
            loss = F.mse_loss(ways[name](batch[:, :-1]), batch[:, SEEN:])
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            adam.step()
    with torch.inference_mode():
        errors = {name: way(fresh[:, :-1]) - fresh[:, SEEN:] for name, way in ways.items()}
        H, state = cell(fresh[:, :-SEEN, None])
        said = head(H[:, -1:])
        for _ in range(SEEN - 1):  # from here on it reads what it has said
            H, state = cell(said, state)
            said = head(H)
        errors["RNN, 20 ahead"] = said[:, 0, 0] - fresh[:, -1]
        return {name: error.square().mean().sqrt().item() for name, error in errors.items()}


# --- Is the order of the words right? -----------------------------------------------------------

WORDS = (5, 9)  # of a line
UNKNOWN = 1  # 0 fills up


class LinePairs(NamedTuple):
    """Lines of text, each beside its own words in another order.

    Attributes
    ----------
    train, test : int arrays of shape (n, 2, 9)
        Words as numbers, 0 where a line has ended; the second of each pair is shuffled.
    n_words : int
        Numbers in use.
    """

    train: np.ndarray
    test: np.ndarray
    n_words: int


def line_pairs(
    train: str, test: str, *, n_train: int = 8000, n_test: int = 2000, min_count: int = 20
) -> LinePairs:
    """Make pairs of lines of five to nine words and the same words shuffled.

    Parameters
    ----------
    train, test : str
        Texts, from which lines are drawn. The words that the first has at least `min_count` times
        in such lines get numbers from 2 on.
    """
    rng = np.random.default_rng(0)
    read, held = (_lines(each) for each in (train, test))
    known = WordVocabulary([word for line in read for word in line], min_count=min_count)
    numbers = {word: k + 2 for k, word in enumerate(known.decode(range(len(known))))}

    def pairs(lines: list[list[str]], n: int) -> np.ndarray:
        found = np.zeros((min(n, len(lines)), 2, WORDS[1]), dtype=np.int64)
        for pair, at in zip(found, rng.permutation(len(lines)), strict=False):
            codes = np.array([numbers.get(word, UNKNOWN) for word in lines[at]])
            pair[0, : len(codes)], pair[1, : len(codes)] = codes, rng.permutation(codes)
        return found

    return LinePairs(pairs(read, n_train), pairs(held, n_test), len(numbers) + 2)


def _lines(page: str) -> list[list[str]]:
    lines = (tokenize(line) for line in page.split("\n"))
    return [words for words in lines if WORDS[0] <= len(words) <= WORDS[1]]


class LineScore(nn.Module):
    """A score for each line of words (B, 9): a convolution over three words, or a recurrence.

    Parameters
    ----------
    kind : {"convolution", "RNN"}
    n_words : int
    """

    def __init__(self, kind: str, n_words: int) -> None:
        super().__init__()
        if kind not in ("convolution", "RNN"):
            raise ValueError(f"kind must be convolution or RNN; got {kind!r}.")
        self.embedding = nn.Embedding(n_words, 32, padding_idx=0)
        self.kind, self.head = kind, nn.Linear(64, 1)
        self.layer = nn.Conv1d(32, 64, 3, padding=1) if kind == "convolution" else nn.RNN(32, 64)

    def forward(self, codes: Tensor) -> Tensor:
        """Return the scores (B,)."""
        x, real = self.embedding(codes), codes > 0  # (B, 9, 32)
        if self.kind == "convolution":
            H = self.layer(x.mT).relu().mT  # (B, 9, 64), not below 0
            return self.head((H * real[..., None]).amax(dim=1))[:, 0]
        H, _ = self.layer(x.transpose(0, 1))  # (9, B, 64)
        return self.head(H[real.sum(dim=1) - 1, torch.arange(len(x))])[:, 0]


def judge_order(pairs: LinePairs, kind: str, seed: int, *, n_epochs: int = 3) -> float:
    """Train a network to tell written lines from shuffled ones; return its accuracy on the test.

    That is the share of test pairs in which the written line gets the higher score. The loss is
    the binary cross-entropy of every line, the optimizer Adam with a rate of 0.01.
    """
    with seeded(seed):
        model = LineScore(kind, pairs.n_words)
    written = np.tile(np.float32([1, 0]), len(pairs.train))
    fit(
        model,
        F.binary_cross_entropy_with_logits,
        (pairs.train.reshape(-1, WORDS[1]), written),
        n_epochs=n_epochs,
        optimizer=torch.optim.Adam(model.parameters(), lr=0.01),
        clip=1.0,
        random_state=seed,
        progress=False,
    )
    scores = predict(model, pairs.test.reshape(-1, WORDS[1])).cpu().numpy().reshape(-1, 2)
    return _share_right(scores)


def count_order(pairs: LinePairs, n: int, *, discount: float = 0.75) -> float:
    """Judge the test pairs by counts of n words in the written lines of the training pairs."""
    lines = [np.append(0, line[line > 0]) for line in pairs.train[:, 0]]
    table = text.NGram(n, pairs.n_words, discount=discount).fit(np.concatenate([*lines, [0]]))
    scores = [
        [table.log_probabilities([0, *line[line > 0], 0])[1:].sum() for line in pair]
        for pair in pairs.test
    ]
    return _share_right(np.array(scores))


def _share_right(scores: np.ndarray) -> float:
    """Return the share of pairs (n, 2) whose first is higher; a draw is a half."""
    first, second = scores.T
    return float(np.mean(first > second) + np.mean(first == second) / 2)
