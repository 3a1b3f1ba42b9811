"""Which of two lines is Shakespeare's: do networks judge the order of words better than counts?

A pair is a line of five to nine words from the works, and the same words shuffled. Whatever looks
only at which words there are is right in half of the pairs; the order has to be read. From 20,000
lines of other works learn a convolution over three words and their maximum over the line, a plain
recurrent network and a GRU, each with a vector of 32 numbers for a word and about 6,000 parameters
besides: each gives a line a score, and the loss asks for a higher one for the line that was
written (5 times through the lines, which are shuffled anew each time). Tables of counts of one to
four words, of the same lines, give both lines a probability; n and the smoothing (Witten and
Bell's, or Kneser and Ney's with one of three discounts) are those with the best accuracy on the
validation plays, Macbeth and Much Ado About Nothing, and so are the networks' learning rates, with
the first seed, from a grid that is widened until the best rate has a worse one on either side. The
Tempest and Twelfth Night are the test, for ten seeds.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib import datasets
from course_lib.nn import recurrent, text, word_counts
from course_lib.nn.training import fit, seeded
from course_lib.optim import WarmupCosine

SEED = 0
TOLERANCE = {"accuracy": 0.03, "rates_tried": 0.1, "rate": 0.2}

TEST = ("The Tempest", "Twelfth Night")
VALIDATION = ("Macbeth", "Much Ado About Nothing")
WORDS, N_LINES, MIN_COUNT = (5, 9), 20_000, 2
EDGE, UNKNOWN = 0, 1  # codes; the words follow
KINDS = ("convolution", "RNN", "GRU")
EMBEDDING = 32
EPOCHS, BATCH, N_SEEDS = 5, 128, 10
RATES = (0.003, 0.01, 0.03)
DISCOUNTS = (None, 0.5, 0.75, 0.9)
NS = (1, 2, 3, 4)


def parts() -> list[str]:
    """Return the names of the parts: the tables, and each kind of network."""
    return ["tables", *KINDS]


def part(name: str) -> dict:
    """Return the accuracies of the tables, or of one kind of network."""
    torch.set_num_threads(1)
    _, train, validation, test = lines()
    if name == "tables":
        return counted(train, validation, test)
    rate, tried = choose(name)
    found = []
    for seed in range(SEED, SEED + N_SEEDS):
        model = learn(name, rate, seed)
        found.append(judged(model, test))
        print(f"  {name}, seed {seed}: {found[-1]}", flush=True)
    parameters = sum(p.numel() for p in model.parameters())
    return {"rate": rate, "rates_tried": tried, "parameters": parameters, "accuracy": found}


def run(done: dict) -> dict:
    """Put the parts together."""
    n_words, *texts = lines()
    result = {
        "lines": [len(each) for each in texts],
        "vocabulary": n_words,
        "tables": done["tables"]["tables"],
        "table": done["tables"]["best"],
        "accuracy": {"table": done["tables"]["accuracy"]},
    }
    for kind in KINDS:
        for key, value in done[kind].items():
            result.setdefault(key, {})[kind] = value
    return result


# --- Lines and pairs ----------------------------------------------------------------------------


@cache
def lines() -> tuple:
    """Return the number of codes, and the lines of the training, validation and test texts."""
    works = {title: list(map(word_counts.tokenize, work.splitlines()))
             for title, work in datasets.load_shakespeare().items()}  # fmt: skip
    whole = {
        title: [line for line in work if WORDS[0] <= len(line) <= WORDS[1] and len(set(line)) > 1]
        for title, work in works.items()
    }
    kept = [line for title, of in whole.items() if title not in TEST + VALIDATION for line in of]
    chosen = np.random.default_rng(SEED).choice(len(kept), N_LINES, replace=False)
    train = [kept[k] for k in chosen]
    words = (word for line in train for word in line)
    vocabulary = word_counts.WordVocabulary(words, min_count=MIN_COUNT)

    def coded(line):
        codes = vocabulary.encode(line, unknown="gap")
        return np.concatenate([[EDGE], np.where(codes < 0, UNKNOWN, codes + 2), [EDGE]])

    groups = [train, *([line for title in titles for line in whole[title]]
                       for titles in (VALIDATION, TEST))]  # fmt: skip
    return len(vocabulary) + 2, *([coded(line) for line in group] for group in groups)


def shuffled(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the words of a line between its edges in another order, if they have one."""
    other = line.copy()
    for _ in range(20):
        rng.shuffle(other[1:-1])
        if not np.array_equal(other, line):
            break
    return other


def pairs(group: list, seed: int) -> tuple[list, list]:
    """Return the lines and, of each, its words shuffled."""
    rng = np.random.default_rng(seed)
    return group, [shuffled(line, rng) for line in group]


def share(real: np.ndarray, other: np.ndarray) -> float:
    """Return the share of pairs whose real line has the higher score; a tie counts one half."""
    return round(float(np.mean((real > other) + (real == other) / 2)), 4)


# --- The tables ---------------------------------------------------------------------------------


def counted(train: list, validation: list, test: list) -> dict:
    """Return the accuracies of all tables on the validation plays, and of the best on the test."""
    tables, found = {}, {}
    for n in NS:
        for discount in DISCOUNTS:
            name = f"{n}, " + ("Witten-Bell" if discount is None else f"discount {discount}")
            tables[name] = text.NGram(n, lines()[0], discount=discount)
            tables[name].fit(np.concatenate(train))
            found[name] = told(tables[name], validation)
    best = max(found, key=found.get)
    return {"tables": found, "best": best, "accuracy": told(tables[best], test)}


def told(table: text.NGram, group: list) -> float:
    """Return how many pairs a table tells."""

    def log_probabilities(of):
        ends = np.cumsum([len(line) for line in of])
        sums = np.cumsum(table.log_probabilities(np.concatenate(of)))[ends - 1]
        return np.diff(sums, prepend=0)

    real, other = pairs(group, SEED)
    return share(log_probabilities(real).round(9), log_probabilities(other).round(9))


# --- The networks -------------------------------------------------------------------------------


class Scorer(nn.Module):
    """A score for each line: word vectors, and a convolution or a recurrent layer."""

    def __init__(self, n_words: int, kind: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_words, EMBEDDING)
        self.kind = kind
        if kind == "convolution":
            self.layer = nn.Conv1d(EMBEDDING, 64, 3, padding=1)
            self.head = nn.Linear(64, 1)
        else:
            layer = {"RNN": recurrent.RNN, "GRU": recurrent.GRU}[kind]
            hidden = {"RNN": 64, "GRU": 32}[kind]
            self.layer = recurrent.SequenceModel(layer(EMBEDDING, hidden, batch_first=True), 1)

    def forward(self, codes: Tensor, lengths: Tensor) -> Tensor:
        """Return the scores (B,) of lines (B, T)."""
        vectors = self.embedding(codes)
        if self.kind != "convolution":
            return self.layer(vectors, lengths)[:, 0]
        real = torch.arange(codes.shape[1]) < lengths[:, None]
        maps = self.layer((vectors * real[..., None]).transpose(1, 2))  # (B, 64, T)
        return self.head(maps.masked_fill(~real[:, None], -torch.inf).amax(dim=2).relu())[:, 0]


def batch_of(real: list, other: list) -> tuple[Tensor, Tensor]:
    """Return real lines, then shuffled ones, padded, and their lengths."""
    return recurrent.pad([torch.as_tensor(line) for line in (*real, *other)], fill=EDGE)


def pair_loss(scores: Tensor, _: Tensor) -> Tensor:
    """Return the mean of −log σ(score of the real line − score of the shuffled one)."""
    real, other = scores.chunk(2)
    return F.softplus(other - real).mean()


def drawn_pairs(group: list):
    """Return the function that draws an epoch's batches of pairs, shuffled anew."""

    def batches(generator):
        seed = int(torch.randint(2**31, (), generator=generator))
        real, other = pairs(group, seed)
        for places in torch.randperm(len(group), generator=generator).split(BATCH):
            codes = batch_of([real[k] for k in places], [other[k] for k in places])
            yield *codes, torch.zeros(2 * len(places))

    return batches


def learn(kind: str, rate: float, seed: int) -> Scorer:
    """Train a network of one kind with one seed."""
    n_words, train, _, _ = lines()
    with seeded(seed):
        model = Scorer(n_words, kind)
    steps = EPOCHS * -(-len(train) // BATCH)
    fit(
        model,
        pair_loss,
        drawn_pairs(train),
        n_epochs=EPOCHS,
        optimizer=torch.optim.Adam(model.parameters(), lr=rate),
        schedule=WarmupCosine(rate, steps=steps),
        clip=1.0,
        random_state=seed,
        progress=False,
    )
    return model


@torch.inference_mode()
def judged(model: Scorer, group: list) -> float:
    """Return how many pairs a network tells."""
    scores = model(*batch_of(*pairs(group, SEED))).numpy()
    return share(*np.split(scores, 2))


@cache
def choose(kind: str) -> tuple[float, dict[str, float]]:
    """Return a network's best learning rate on the validation plays, and all that were tried."""
    validation, tried = lines()[2], {}

    def accuracy(rate):
        if rate not in tried:
            tried[rate] = judged(learn(kind, rate, SEED), validation)
        return tried[rate]

    rates = list(RATES)
    best = max(rates, key=accuracy)
    while best in (rates[0], rates[-1]):
        rates = [rates[0] / 3, *rates] if best == rates[0] else [*rates, rates[-1] * 3]
        best = max(rates, key=accuracy)
    return best, {f"{rate:.3g}": tried[rate] for rate in rates}
