"""What are a falling rate, a warm-up, clipping and the size of a batch worth, each at its best η?

ReLU networks from He's weights learn 600 standardised digits by momentum 0.9 in 250 steps of 32:
4 layers of 100 units, 12 of 64 units, and 12 of 64 with batch normalisation. η stays constant,
falls along half a cosine, does so after a warm-up over a tenth of the steps, or stays constant
with gradients clipped to the length 1. η is on a grid of half decades from 0.0003 to 3, and chosen
for each of ten seeds by the accuracy on 400 other digits (of equals the smallest); the last 797
test. A seed's split, order and initial weights are the same for all. The networks of 4 layers
learn once more from batches of 4 to 256 pictures, η falling along a cosine, for 4,800 pictures or
for 300 steps.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import ManyNetworks, train_many
from course_lib.optim import WarmupCosine

SEED = 0
N_SEEDS = 10
TOLERANCE = {"validation": 0.9, "test": 0.9, "eta": 3.0, "at best": 0.15}

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
STEPS, BATCH, CLIP = 250, 32, 1.0
NETWORKS = {
    "4 layers": (4, 100, None),
    "12 layers": (12, 64, None),
    "12 layers, batch norm": (12, 64, "batch"),
}
SCHEDULES = ("constant", "cosine", "warm-up, cosine", "constant, clipped")
BATCHES, PICTURES, SAME_STEPS = (4, 16, 64, 256), 4800, 300


def parts() -> list[str]:
    """Return the names of the parts: a network and a schedule, or a batch and a budget."""
    first = [f"{network}: {one}" for network in NETWORKS for one in SCHEDULES]
    return first + [f"{b}: same {of}" for of in ("pictures", "steps") for b in BATCHES]


def data(seed) -> dict:
    """Return the three sets of a seed, standardised by the first."""
    X, y = load_digits(return_X_y=True)
    X, rest, y, z = train_test_split(X / 16, y, train_size=600, stratify=y, random_state=seed)
    V, T, v, t = train_test_split(rest, z, train_size=400, stratify=z, random_state=seed)
    mean, size = X.mean(axis=0), X.std(axis=0)
    size[size < 0.05] = 1
    scaled = [(one - mean) / size for one in (X, V, T)]
    return dict(
        zip(("train", "validation", "test"), zip(scaled, (y, v, t), strict=True), strict=True)
    )


def recipe_of(name: str) -> tuple[tuple[int, int, str | None], dict]:
    """Return layers, units and normalisation, and the settings of the training."""
    first, second = name.split(": ")
    network = NETWORKS.get(first, NETWORKS["4 layers"])
    how = {"n_steps": STEPS, "batch_size": BATCH}
    if first not in NETWORKS:
        steps = SAME_STEPS if second == "same steps" else PICTURES // int(first)
        how, second = {"n_steps": steps, "batch_size": int(first)}, "cosine"
    if "cosine" in second:
        warmup = how["n_steps"] // 10 if "warm-up" in second else 0
        how["schedule"] = WarmupCosine(1.0, steps=how["n_steps"], warmup=warmup)
    if "clipped" in second:
        how["clip"] = CLIP
    return network, how


def part(name: str) -> dict:
    """Return the accuracies of every seed and η."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    (layers, units, norm), how = recipe_of(name)
    found = {"validation": [], "test": []}
    for seed in range(SEED, SEED + N_SEEDS):
        sets = data(seed)
        networks = ManyNetworks(
            [64, *[units] * (layers - 1), 10], norm=norm, seeds=[seed] * len(RATES)
        )
        got = train_many(networks, *sets["train"], eta=RATES, watch=sets, **how)
        for which in found:
            found[which].append(got.watched[which]["accuracy"][-1].round(4).tolist())
    return found


def run(done: dict) -> dict:
    """Return all accuracies by part, (seeds, η), and those at each seed's η."""
    result = {"rates": list(RATES), "batches": list(BATCHES)}
    for name in parts():
        best = np.argmax(done[name]["validation"], axis=1)
        extra = {
            "eta": [RATES[k] for k in best],
            "at best": [row[k] for row, k in zip(done[name]["test"], best, strict=True)],
        }
        for which, value in (done[name] | extra).items():
            result.setdefault(which, {})[name] = value
    return result
