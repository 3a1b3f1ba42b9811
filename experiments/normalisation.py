"""Does normalisation help networks of 3 and 10 layers that each have their best η?

ReLU networks of 64 units a layer from He's weights learn 600 standardised digits by momentum 0.9
in 250 steps of 50, η falling linearly to 0 in the last 40 %: without normalisation, with batch and
with layer normalisation. Each has η on a grid of half decades from 0.003 to 1, and ten seeds; a
seed's split, order and initial weights are the same for all. η is chosen for each seed by the
accuracy on 400 other digits, and the last 797 test. What a step costs is counted in operations on
numbers and, once and only as an orientation, timed on this machine.
"""

import time
from itertools import pairwise

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import ManyNetworks, train_many

SEED = 0
N_SEEDS = 10
TOLERANCE = {"validation": 0.5, "test": 0.5, "eta": 1.0, "at best": 0.1, "milliseconds": 1e3}

DEPTHS = (3, 10)
NORMS = ("none", "batch", "layer")
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
UNITS, STEPS, BATCH, FALL = 64, 250, 50, 0.4


def parts() -> list[str]:
    """Return the names of the parts: depth and normalisation."""
    return [f"{depth}, {norm}" for depth in DEPTHS for norm in NORMS]


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


def falling(k) -> float:
    """Return the factor of η at step k."""
    return min(1.0, (STEPS - k) / (FALL * STEPS))


def part(name: str) -> dict:
    """Return the accuracies of every η and seed."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    depth, norm = name.split(", ")
    widths = [64, *[UNITS] * (int(depth) - 1), 10]
    found = {"validation": [], "test": []}
    begin = time.process_time()
    for seed in range(SEED, SEED + N_SEEDS):
        sets = data(seed)
        norm = None if norm == "none" else norm
        networks = ManyNetworks(widths, norm=norm, seeds=[seed] * len(RATES))
        options = {"n_steps": STEPS, "batch_size": BATCH, "schedule": falling, "watch": sets}
        got = train_many(networks, *sets["train"], eta=RATES, **options)
        for which in found:
            found[which].append(got.watched[which]["accuracy"][-1].round(4).tolist())
    milliseconds = 1000 * (time.process_time() - begin) / (N_SEEDS * len(RATES) * STEPS)
    return found | {"milliseconds": round(milliseconds, 2)}


def operations(depth, norm) -> dict:
    """Return multiplications and additions of the forward pass of one sample in training.

    Of a normalisation, for each hidden unit: mean 1, difference 1, square and sum 2, scaling 1, γ
    and β 2.
    """
    widths = [64, *[UNITS] * (depth - 1), 10]
    products = sum(2 * d * h for d, h in pairwise(widths))
    return {"products": products, "normalisation": 0 if norm == "none" else 7 * sum(widths[1:-1])}


def run(done: dict) -> dict:
    """Return all accuracies by depth and normalisation, (seeds, η), and those at each seed's η."""
    result = {"rates": list(RATES)}
    for name in parts():
        depth, norm = name.split(", ")
        found = done[name]
        best = np.argmax(found["validation"], axis=1)
        extra = {
            "eta": [RATES[k] for k in best],
            "at best": [row[k] for row, k in zip(found["test"], best, strict=True)],
            "operations": operations(int(depth), norm),
        }
        for which, value in (found | extra).items():
            result.setdefault(which, {}).setdefault(depth, {})[norm] = value
    return result
