"""Which networks of one size learn to add two numbers that are read up to 39 steps apart?

Four networks with about 4,650 parameters each learn the adding problem with 40 steps: a plain
recurrent network with torch's start and with an orthogonal one, a GRU and an LSTM. Each starts from
ten seeds at each of four learning rates, and sees new sequences at every update, until its error on
other sequences falls below a hundredth or 2,000 updates are done. The two without gates get 10,000
updates as well, from three seeds at the two smaller rates. Always answering 1 has the error 1/6.
"""

import torch
from torch import nn
from torch.nn import functional as F

from course_lib import datasets
from course_lib.nn.recurrent import GRU, LSTM, RNN, SequenceModel
from course_lib.nn.training import evaluate, fit, seeded

SEED = 0
N_SEEDS = 10
TOLERANCE = {"learned": 4, "smallest_error": 0.1, "updates": 1_000, "long": 3_000}

STEPS = 40
NETWORKS = {
    "plain": (RNN, 66),
    "orthogonal": (RNN, 66),
    "GRU": (GRU, 37),
    "LSTM": (LSTM, 32),
}
RATES = (0.001, 0.003, 0.01, 0.03)
BATCH, EPOCH = 50, 100  # sequences of an update; updates between two looks
UPDATES, LONG = 2_000, 10_000
LONG_SEEDS, LONG_RATES = 3, RATES[:2]
LEARNED = 0.01


def parts() -> list[str]:
    """Return the names of the parts: a network and a rate, and the long runs."""
    short = [f"{name}, {rate}" for name in NETWORKS for rate in RATES]
    long = [f"{name}, {rate}, long" for name in ("plain", "orthogonal") for rate in LONG_RATES]
    return short + long


def part(name: str) -> dict:
    """Return errors and updates of a network at a rate, from every seed."""
    torch.set_num_threads(1)
    kind, rate, *long = name.split(", ")
    seeds, updates = (LONG_SEEDS, LONG) if long else (N_SEEDS, UPDATES)
    found = [learn(kind, float(rate), updates, SEED + k) for k in range(seeds)]
    errors, updates = zip(*found, strict=True)
    return {"errors": errors, "updates": updates}


def run(done: dict) -> dict:
    """Put the parts together: how many seeds learned, how far the best came, and how soon.

    How soon: the median of the updates at the rate where it is smallest. Of the long runs: how many
    learned, and the updates of those that did.
    """
    result = {"parameters": {name: count(name) for name in NETWORKS}}
    for name in NETWORKS:
        found = {str(rate): done[f"{name}, {rate}"] for rate in RATES}
        learned = {rate: sum(e <= LEARNED for e in one["errors"]) for rate, one in found.items()}
        middle = [sorted(one["updates"])[N_SEEDS // 2] for one in found.values()]
        smallest = min(min(one["errors"]) for one in found.values())
        result.setdefault("learned", {})[name] = learned
        result.setdefault("smallest_error", {})[name] = round(smallest, 3)
        result.setdefault("updates", {})[name] = min(middle)
    for name in ("plain", "orthogonal"):
        for rate in LONG_RATES:
            found = done[f"{name}, {rate}, long"]
            pairs = zip(found["errors"], found["updates"], strict=True)
            updates = [updates for error, updates in pairs if error <= LEARNED]
            result.setdefault("long", {})[f"{name}, {rate}"] = {
                "learned": len(updates),
                "fewest updates": min(updates, default=LONG),
                "most updates": max(updates, default=LONG),
            }
    return result


def new_network(kind, seed) -> SequenceModel:
    """Return an untrained network."""
    layer, hidden_size = NETWORKS[kind]
    with seeded(seed):
        model = SequenceModel(layer(2, hidden_size, batch_first=True), 1)
        if kind == "orthogonal":
            nn.init.orthogonal_(model.recurrent.weight_hh_l0)
    return model


def count(kind) -> int:
    """Return the number of a network's parameters."""
    return sum(p.numel() for p in new_network(kind, SEED).parameters())


def learn(kind, rate, updates, seed) -> tuple[float, int]:
    """Train a network; return its smallest error on other sequences, and the updates it took."""
    model = new_network(kind, seed)
    adam = torch.optim.Adam(model.parameters(), lr=rate)
    X, y = datasets.adding_problem(1000, STEPS, random_state=1)
    test = torch.as_tensor(X), torch.as_tensor(y)[:, None]
    errors = []
    while not (errors and errors[-1] < LEARNED) and len(errors) * EPOCH < updates:
        X, y = datasets.adding_problem(
            EPOCH * BATCH, STEPS, random_state=10_000 * (seed + 1) + len(errors)
        )
        data = torch.as_tensor(X), torch.as_tensor(y)[:, None]
        options = {"batch_size": BATCH, "optimizer": adam, "clip": 1.0, "progress": False}
        fit(model, F.mse_loss, data, n_epochs=1, **options)
        errors.append(evaluate(model, F.mse_loss, test)["loss"])
    return round(min(errors), 4), EPOCH * len(errors)
