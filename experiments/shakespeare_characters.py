"""When do recurrent networks read Shakespeare better than tables of counts?

Four networks with about 31,000 parameters each learn the characters of Shakespeare's works: a plain
recurrent network with torch's start and with an orthogonal one, a GRU and an LSTM. The Tempest is
kept for the test and Macbeth for validation; all the other works are learned from, by the networks
on 4,000 batches of 32 pieces of 100 characters (12.8 of 4.8 million characters, so each is met
between two and three times), by the tables in whole. Each network gets the learning rate with
which it does best on the first 40,000 characters of Macbeth after 400 such batches, from a grid
that is widened until the best rate has a worse one on either side. (What is best in a training so
short may be too fast for a long one.) Then it is trained from one start, with a look at the same
characters after every hundred batches, and reads the test text once. Of the plain network with
torch's start the weights after 100, 300, 1,000 and 4,000 batches are kept beside this script
(shakespeare_characters.npz).
"""

import time
from functools import cache
from pathlib import Path

import torch
from torch import nn

from course_lib import datasets
from course_lib.nn import text
from course_lib.nn.training import fit, seeded
from course_lib.nn.weights import save_weights
from course_lib.optim import WarmupCosine

SEED = 0
TOLERANCE = {
    "curves": 0.6,
    "test": 0.15,
    "validation": 0.15,
    "rates_tried": 3.0,
    "rate": 0.05,
    "seconds": 60.0,
    "bytes": 20_000,
}

WEIGHTS = Path(__file__).resolve().with_name("shakespeare_characters.npz")
SIZES = {
    "plain": ("rnn", 122),
    "orthogonal": ("rnn", 122),
    "GRU": ("gru", 71),
    "LSTM": ("lstm", 61),
}
TEST, VALIDATION, LOOKED_AT = "The Tempest", "Macbeth", 40_000
BATCH, LENGTH = 32, 100
STEPS, SHORT, BETWEEN = 4000, 400, 100
KEPT = (100, 300, 1000, 4000)
RATES = (0.003, 0.01, 0.03)  # widened by a factor of about 3 where the best stands at an end
N_SEEDS = 1


def parts() -> list[str]:
    """Return the names of the parts: the tables, and each network with each seed."""
    seeds = range(SEED, SEED + N_SEEDS)
    return ["tables", *(f"{name}, {seed}" for seed in seeds for name in SIZES)]


def part(name: str) -> dict:
    """Return the perplexities of the tables, or the training of a network with one seed."""
    torch.set_num_threads(1)
    vocabulary, train, validation, test = texts()
    if name == "tables":
        found = {"validation": {}, "test": {}}
        for n in range(1, 9):
            table = text.NGram(n, len(vocabulary)).fit(train)
            found["validation"][str(n)] = round(table.perplexity(validation), 3)
            found["test"][str(n)] = round(table.perplexity(test), 3)
        return found
    name, seed = name.split(", ")
    return train_one(name, int(seed))


def run(done: dict) -> dict:
    """Put the parts together: of each network all seeds, beside the tables."""
    vocabulary, train, _, test = texts()
    result = {
        "characters": [len(train), LOOKED_AT, len(test)],
        "symbols": len(vocabulary),
        "tables": done["tables"],
        "looks": list(range(BETWEEN, STEPS + 1, BETWEEN)),
        "bytes": WEIGHTS.stat().st_size,
    }
    for name in SIZES:
        model = new_network(name, SEED)
        found = [done[f"{name}, {seed}"] for seed in range(SEED, SEED + N_SEEDS)]
        by_name = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "rate": found[0]["rate"],
            "rates_tried": found[0]["rates_tried"],
            "curves": [one["curve"] for one in found],
            "validation": [one["curve"][-1] for one in found],
            "test": [one["test"] for one in found],
            "seconds": [one["seconds"] for one in found],
        }
        for key, value in by_name.items():
            result.setdefault(key, {})[name] = value
    return result


@cache
def texts() -> tuple:
    """Return the vocabulary, and the codes of the training, the validation and the test text."""
    works = datasets.load_shakespeare()
    vocabulary = text.CharVocabulary("".join(works.values()))
    rest = "".join(work for title, work in works.items() if title not in (TEST, VALIDATION))
    pieces = rest, works[VALIDATION][:LOOKED_AT], works[TEST]
    return vocabulary, *(vocabulary.encode(piece) for piece in pieces)


@cache
def choose(name: str) -> tuple[float, dict[str, float]]:
    """Return a network's best learning rate after a short training, and all that were tried."""
    tried = {}

    def after_a_short_training(rate):
        if rate not in tried:
            tried[rate] = descend(new_network(name, SEED), rate, SHORT, SEED)[-1]
        return tried[rate]

    rates = list(RATES)
    best = min(rates, key=after_a_short_training)
    while best in (rates[0], rates[-1]):
        rates = [rates[0] / 3, *rates] if best == rates[0] else [*rates, rates[-1] * 3]
        best = min(rates, key=after_a_short_training)
    return best, {f"{rate:.3g}": tried[rate] for rate in rates}


def train_one(name: str, seed: int) -> dict:
    """Train a network with one seed; return its rate, its curve and what the test says."""
    _, _, _, test = texts()
    rate, tried = choose(name)
    model, kept = new_network(name, seed), nn.ModuleDict()

    def keep(epoch, model):
        step = (epoch + 1) * BETWEEN
        if (name, seed) == ("plain", SEED) and step in KEPT:
            kept[str(step)] = new_network(name, seed)
            kept[str(step)].load_state_dict(model.state_dict())

    begin = time.process_time()
    curve = descend(model, rate, STEPS, seed, keep)
    seconds = time.process_time() - begin
    if kept:
        save_weights(kept, WEIGHTS)
    measured = round(text.perplexity(model, test), 3)
    print(f"  {name}, seed {seed}: {measured}, {seconds:.0f} s", flush=True)
    return {
        "rate": rate,
        "rates_tried": tried,
        "curve": curve,
        "test": measured,
        "seconds": round(seconds),
    }


def new_network(name: str, seed: int) -> text.CharModel:
    """Return an untrained network."""
    kind, hidden_size = SIZES[name]
    with seeded(seed):
        model = text.CharModel(len(texts()[0]), hidden_size, kind)
        if name == "orthogonal":
            nn.init.orthogonal_(model.recurrent.weight_hh_l0)
    return model


def descend(model, rate: float, steps: int, seed: int, also=None) -> list[float]:
    """Train with Adam at a rate that falls to 0; return the perplexity at every look."""
    _, train, validation, _ = texts()
    curve = []

    def look(epoch, model):
        curve.append(round(text.perplexity(model, validation), 3))
        if also is not None:
            also(epoch, model)

    fit(
        model,
        text.next_symbol_loss,
        text.random_windows(train, batch_size=BATCH, length=LENGTH, n_batches=BETWEEN),
        n_epochs=steps // BETWEEN,
        optimizer=torch.optim.Adam(model.parameters(), lr=rate),
        schedule=WarmupCosine(rate, steps=steps),
        clip=1.0,
        on_epoch=look,
        random_state=seed,
        progress=False,
    )
    return curve
