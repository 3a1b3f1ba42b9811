"""Which initial weights let networks of 2, 10 and 20 layers learn the digits, each at its best η?

Networks of 100 units a layer, ReLU or tanh, learn 600 standardised digits by momentum 0.9 in 250
steps of 32, from normal weights of size 0.01, Xavier's, He's, and orthogonal ones (times √2 for
ReLU). Each has η on a grid of half decades from 0.0003 to 1, and ten seeds; a seed's split, order
and draws are the same for all. The η of a depth and an initialisation is the one of the largest
mean accuracy on 400 other digits; accuracies on the last 797 are kept at all η.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import ManyNetworks, train_many

SEED = 0
N_SEEDS = 10
TOLERANCE = {"validation": 0.5, "test": 0.5, "loss": 3.0, "eta": 1.0, "at best": 0.2}

DEPTHS = (2, 10, 20)
ACTIVATIONS = ("relu", "tanh")
STARTS = {"0.01": (0.01, 1), "xavier": ("xavier", 1), "he": ("he", 1), "orthogonal": None}
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
STEPS, LAST = 250, 25


def parts() -> list[str]:
    """Return the names of the parts: activation, depth and initialisation."""
    return [f"{a}, {depth}, {one}" for a in ACTIVATIONS for depth in DEPTHS for one in STARTS]


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


def part(name: str) -> dict:
    """Return the accuracies of every η and seed, and the losses of the last steps."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    activation, depth, start = name.split(", ")
    init, gain = STARTS[start] or ("orthogonal", 2**0.5 if activation == "relu" else 1)
    found = {"validation": [], "test": [], "loss": []}
    for seed in range(SEED, SEED + N_SEEDS):
        sets = data(seed)
        widths = [64, *[100] * (int(depth) - 1), 10]
        networks = ManyNetworks(widths, activation, init=init, gain=gain, seeds=[seed] * len(RATES))
        got = train_many(
            networks, *sets["train"], eta=RATES, n_steps=STEPS, batch_size=32, watch=sets
        )
        for which in ("validation", "test"):
            found[which].append(got.watched[which]["accuracy"][-1].round(4).tolist())
        end = np.nan_to_num(got.losses[-LAST:].mean(axis=0), nan=99, posinf=99)
        found["loss"].append(np.minimum(end, 99).round(3).tolist())
    return found


def run(done: dict) -> dict:
    """Return all accuracies by activation, depth and start, (seeds, η), and those at the best η."""
    result = {"rates": list(RATES)}
    for name in parts():
        activation, depth, start = name.split(", ")
        for which, table in done[name].items():
            place = result.setdefault(which, {}).setdefault(activation, {}).setdefault(depth, {})
            place[start] = table
        best = int(np.mean(done[name]["validation"], axis=0).argmax())
        at_best = [row[best] for row in done[name]["test"]]
        for which, value in (("eta", RATES[best]), ("at best", at_best)):
            place = result.setdefault(which, {}).setdefault(activation, {}).setdefault(depth, {})
            place[start] = value
    return result
