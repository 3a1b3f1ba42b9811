"""Do recurrent networks write Tang verse better than tables of counts that know the place?

The texts are the 13,137 pieces of Tang poems, four lines of five characters each, parted by poem:
eight tenths to learn from, one for validation, one for the test. A piece is read as 25 symbols: a
line break, and the lines with their comma or full stop. A plain recurrent network, a GRU and an
LSTM with about 206,000 parameters each read the training pieces ten times (Adam, batches of 64),
at the learning rate with which they do best on the validation pieces after reading twice, from a
grid that is widened until the best rate has a worse one on either side. (What is best in a training
so short may be too fast for a long one, and there is one start of each kind.) Their rivals are
tables of counts of n symbols. One kind knows nothing else. The other also knows the place of the
next symbol, in the couplet (13 places) or in the whole piece (25), and so cannot lose count. Of
each kind the validation pieces choose n, the kind of place, and the smoothing: Witten and Bell's,
or a discount (Kneser and Ney's where no place is known, an absolute one where it is).

Perplexity is that of the Chinese characters alone: commas, stops and breaks are easy, and would
flatter. Of each network 500 pieces are drawn at three temperatures, and of each table 500 pieces
at temperature 1. We count those that have the form; of these the lines that stand in a training
piece, and the pieces whose second and fourth line end with two different characters that end
these lines in some training piece, as rhymes do. The weights of the plain network of the first
seed are kept beside this script (tang_poems.npz).
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from course_lib import datasets
from course_lib.nn import text
from course_lib.nn.training import fit, seeded
from course_lib.nn.weights import save_weights
from course_lib.optim import WarmupCosine

SEED = 0
TOLERANCE = {
    "networks": 30.0,
    "tables": 0.5,
    "curves": 150.0,
    "rates_tried": 300.0,
    "rate": 0.05,
    "samples": 0.15,
    "bytes": 20_000,
}

WEIGHTS = Path(__file__).resolve().with_name("tang_poems.npz")
SIZES = {"plain": ("rnn", 96), "GRU": ("gru", 84), "LSTM": ("lstm", 80)}
KEPT = "plain, 0"
EPOCHS, SHORT, BATCH = 10, 2, 64
RATES = (0.003, 0.01, 0.03)  # widened by a factor of about 3 where the best stands at an end
N_SEEDS = 1
SYMBOLS = 25  # of a piece
PLACES = {
    "couplet": np.array([12, *range(12), *range(12)]),
    "piece": np.arange(SYMBOLS),
}
HANZI = ~np.isin(np.arange(SYMBOLS), [0, 6, 12, 18, 24])
DISCOUNT = 0.75
TEMPERATURES = (0.5, 0.8, 1.0)
N_DRAWN = 500


def parts() -> list[str]:
    """Return the names of the parts: the tables, and each network with each seed."""
    return ["tables", *(f"{name}, {seed}" for seed in range(N_SEEDS) for name in SIZES)]


def part(name: str) -> dict:
    """Return what the tables say, or the training of a network with one seed."""
    torch.set_num_threads(1)
    if name == "tables":
        return counted()
    kind, seed = name.split(", ")
    rate, tried = choose(kind)
    model = new_network(kind, int(seed))
    curve = descend(model, rate, EPOCHS, int(seed))
    if name == KEPT:
        save_weights(model, WEIGHTS)
    _, _, _, test = pieces()
    measured = perplexity(model, test)
    drawn = {str(t): judge(draw(model, N_DRAWN, t, 7)) for t in TEMPERATURES}
    print(f"  {name}: {rate} {curve[-1]} {measured} {drawn}", flush=True)
    return {
        "rate": rate,
        "rates_tried": tried,
        "curve": curve,
        "test": measured,
        "samples": drawn,
    }


def run(done: dict) -> dict:
    """Put the parts together: of each network all seeds, beside the tables."""
    vocabulary, *texts = pieces()
    result = {
        "pieces": [len(each) for each in texts],
        "symbols": len(vocabulary),
        "tables": done["tables"]["perplexity"],
        "samples": {**done["tables"]["samples"]},
        "bytes": WEIGHTS.stat().st_size,
    }
    for kind in SIZES:
        found = [done[f"{kind}, {seed}"] for seed in range(N_SEEDS)]
        by_kind = {
            "parameters": sum(p.numel() for p in new_network(kind, SEED).parameters()),
            "rate": found[0]["rate"],
            "rates_tried": found[0]["rates_tried"],
            "curves": [one["curve"] for one in found],
            "networks": {
                "validation": [one["curve"][-1] for one in found],
                "test": [one["test"] for one in found],
            },
            "samples": [one["samples"] for one in found],
        }
        for key, value in by_kind.items():
            result.setdefault(key, {})[kind] = value
    return result


# --- The pieces ---------------------------------------------------------------------------------


@cache
def pieces() -> tuple:
    """Return the vocabulary, and the codes (n, 25) of training, validation and test pieces."""
    poems = datasets.load_quatrains()
    written = ["\n{}，{}。{}，{}。".format(*poem.lines) for poem in poems]
    vocabulary = text.CharVocabulary("".join(written))
    codes = np.stack([vocabulary.encode(one) for one in written])
    names = [f"{poem.author}, {poem.title.partition(' ')[0]}" for poem in poems]  # a series is one
    _, group = np.unique(names, return_inverse=True)
    tenth = np.random.default_rng(SEED).permutation(10 * (group.max() + 1) // 10)[group] % 10
    return vocabulary, codes[tenth < 8], codes[tenth == 8], codes[tenth == 9]


def lines_of(codes: np.ndarray) -> list[str]:
    """Return the lines of pieces (n, 25), five characters each."""
    vocabulary = pieces()[0]
    return [vocabulary.decode(piece[k : k + 5]) for piece in codes for k in (1, 7, 13, 19)]


@cache
def learned() -> tuple[set, set]:
    """Return the lines of the training pieces, and the pairs that end lines two and four."""
    train = pieces()[1]
    return set(lines_of(train)), {frozenset(pair) for pair in train[:, [11, 23]].tolist()}


def judge(codes: np.ndarray) -> dict[str, float]:
    """Return the share of pieces (n, 26) that have the form, and what those that have it share.

    "form": five characters, comma, five, full stop, twice, and a line break. "copied": lines that
    stand in a training piece. "rhyme": pieces whose pair of ends was met.
    """
    breaks = pieces()[0].encode("\n，。，。\n")
    is_mark = np.isin(codes, breaks)
    at = [0, 6, 12, 18, 24, 25]
    right = (codes[:, at] == breaks).all(1) & (is_mark.sum(1) == len(at))
    codes = codes[right]
    lines, pairs = learned()
    share = {"form": right.mean()}
    if right.any():
        share["copied"] = np.mean([line in lines for line in lines_of(codes)])
        ends = codes[:, [11, 23]].tolist()
        share["rhyme"] = np.mean([a != b and frozenset((a, b)) in pairs for a, b in ends])
    return {key: round(float(value), 4) for key, value in share.items()}


def closed(codes: np.ndarray) -> np.ndarray:
    """Return pieces (n, 26): (n, 25) and the line break behind them."""
    return np.concatenate([codes, codes[:, :1]], axis=1)


# --- The tables ---------------------------------------------------------------------------------


class PlacedTable(text.NGram):
    """Counts of n symbols by the place of the last in its piece; texts are whole pieces."""

    def __init__(self, n: int, n_symbols: int, places: np.ndarray, discount=None) -> None:
        super().__init__(n, n_symbols, discount=discount)
        self.places = places

    def fit(self, codes: np.ndarray) -> "PlacedTable":
        """Count the grams as they occur, with a discount too."""
        discount, self.discount = self.discount, None
        super().fit(codes)
        self.discount = discount
        return self

    def _keys(self, codes: np.ndarray, size: int) -> np.ndarray:
        keys = super()._keys(codes, size)
        return keys + self.places[np.arange(size - 1, len(codes)) % SYMBOLS] * self.n_symbols**size

    def following(self, context: list[int]) -> np.ndarray:
        """Return the probability of each symbol (V,) behind the beginning of a piece."""
        p, place = np.full(self.n_symbols, 1 / self.n_symbols), self.places[len(context) % SYMBOLS]
        for k in range(min(self.n - 1, len(context)) + 1):
            tail = np.array(context[len(context) - k :], dtype=np.int64)
            key = super()._keys(tail, k)[0] if k else 0
            key = (key + place * self.n_symbols**k) * self.n_symbols
            p = self._interpolate(k, key + np.arange(self.n_symbols), p)
        return p


def counted() -> dict:
    """Return the perplexities of all tables, and what the chosen two write."""
    vocabulary, train, validation, test = pieces()
    tables = {}
    for smoothing, discount in (("", None), (", discount", DISCOUNT)):
        for n in (1, 2, 3, 4):
            tables[f"{n}{smoothing}"] = text.NGram(n, len(vocabulary), discount=discount)
        for where, places in PLACES.items():
            for n in (1, 2, 3):
                table = PlacedTable(n, len(vocabulary), places, discount)
                tables[f"{n}, {where}{smoothing}"] = table
    found = {}
    for name, table in tables.items():
        table.fit(train.ravel())
        hanzi = [
            float(np.exp(-table.log_probabilities(each.ravel())[np.tile(HANZI, len(each))].mean()))
            for each in (validation, test)
        ]
        found[name] = {"validation": round(hanzi[0], 1), "test": round(hanzi[1], 1)}
    real = judge(closed(test))
    mixed = test.copy()
    mixed[:, 19:24] = np.roll(test[:, 19:24], len(test) // 2, axis=0)
    samples = {"real": real, "real, last line of another": judge(closed(mixed))}
    for label, placed in (("table", False), ("table with places", True)):
        best = min(
            (name for name in tables if isinstance(tables[name], PlacedTable) == placed),
            key=lambda name: found[name]["validation"],
        )
        samples[label] = {"which": best, **judge(draw_from_table(tables[best], N_DRAWN, 7))}
    return {"perplexity": found, "samples": samples}


def draw_from_table(table: text.NGram, n: int, seed: int) -> np.ndarray:
    """Draw n pieces (n, 26), each after a line break, at temperature 1."""
    rng, begin = np.random.default_rng(seed), int(pieces()[0].encode("\n")[0])
    drawn = []
    for _ in range(n):
        codes = [begin]
        for u in rng.random(SYMBOLS):
            placed = isinstance(table, PlacedTable)
            p = table.following(codes) if placed else table.probabilities(codes)
            codes.append(int(np.searchsorted(np.cumsum(p), u * p.sum())))
        drawn.append(codes)
    return np.array(drawn)


# --- The networks -------------------------------------------------------------------------------


def new_network(kind: str, seed: int) -> text.CharModel:
    """Return an untrained network."""
    layer, hidden_size = SIZES[kind]
    with seeded(seed):
        return text.CharModel(len(pieces()[0]), hidden_size, layer)


@cache
def choose(kind: str) -> tuple[float, dict[str, float]]:
    """Return a network's best learning rate after a short training, and all that were tried."""
    tried = {}

    def after_a_short_training(rate):
        if rate not in tried:
            tried[rate] = descend(new_network(kind, SEED), rate, SHORT, SEED)[-1]
        return tried[rate]

    rates = list(RATES)
    best = min(rates, key=after_a_short_training)
    while best in (rates[0], rates[-1]):
        rates = [rates[0] / 3, *rates] if best == rates[0] else [*rates, rates[-1] * 3]
        best = min(rates, key=after_a_short_training)
    return best, {f"{rate:.3g}": tried[rate] for rate in rates}


def descend(model: text.CharModel, rate: float, epochs: int, seed: int) -> list[float]:
    """Train with Adam at a rate that falls to 0; return the perplexity after each epoch."""
    _, train, validation, _ = pieces()
    train, curve = torch.as_tensor(closed(train)), []
    fit(
        model,
        text.next_symbol_loss,
        (train[:, :-1], train[:, 1:]),
        n_epochs=epochs,
        batch_size=BATCH,
        optimizer=torch.optim.Adam(model.parameters(), lr=rate),
        schedule=WarmupCosine(rate, steps=epochs * -(-len(train) // BATCH), warmup=20),
        clip=1.0,
        on_epoch=lambda epoch, model: curve.append(perplexity(model, validation)),
        random_state=seed,
        progress=False,
    )
    return curve


@torch.inference_mode()
def perplexity(model: text.CharModel, codes: np.ndarray) -> float:
    """Return the perplexity of a network on the Chinese characters of pieces (n, 25)."""
    whole = torch.as_tensor(closed(codes))
    at = torch.as_tensor(HANZI[1:])  # the line break is given
    total = 0.0
    for batch in whole.split(256):
        log_p = model(batch[:, :-2]).log_softmax(dim=-1)
        p = log_p.gather(2, batch[:, 1:-1, None])[..., 0]
        total += p[:, at].sum().item()
    return round(float(np.exp(-total / (len(codes) * int(at.sum())))), 1)


@torch.inference_mode()
def draw(model: text.CharModel, n: int, temperature: float, seed: int) -> np.ndarray:
    """Draw n pieces (n, 26) at once, each after a line break."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.full((n, 1), int(pieces()[0].encode("\n")[0]))
    state = None
    while codes.shape[1] <= SYMBOLS:
        logits, state = model.carry_on(codes[:, -1:], state)
        p = (logits[:, -1] / temperature).softmax(dim=-1)
        codes = torch.cat([codes, torch.multinomial(p, 1, generator=generator)], dim=1)
    return codes.numpy()
