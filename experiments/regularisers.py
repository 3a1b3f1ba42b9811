"""What helps a network that learns from 300 digits, all labelled rightly or a fifth at random?

A network 64-100-100-10 takes 1,000 steps of 32 by AdamW with η = 0.002, on twenty splits of the
digits: 300 for training, 300 to choose by, 1,197 for testing. In the noisy half of the study 20 %
of the labels of the first two are drawn anew from all ten classes; test labels are the true ones.
Dropout, weight decay, random shifts and early stopping have several strengths each; the strength of
early stopping is the number of steps. "tuned" is the strength of the largest accuracy on the second
set, chosen on each split by itself (of equals the weakest). Early stopping is also done without a
second set, by the loss on 60 of the 300 digits, which are then missing for training.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import ManyNetworks, noisy_labels, train_many

SEED = 0
N_SEEDS = 20
TOLERANCE = {"test": 0.15, "train": 0.2, "loss": 1.0, "tuned": 0.15, "strength": 1000.0}

NOISE = (0.0, 0.2)
METHODS = {
    "none": [0],
    "dropout": [0.1, 0.2, 0.35, 0.5, 0.65, 0.8],
    "weight decay": [0.1, 0.3, 1.0, 3.0, 10.0, 30.0],
    "shifts": [1, 2],
    "held out": [60],
}
STEPS, LOOK, PATIENCE, ETA = 1000, 20, 10, 0.002


def parts() -> list[str]:
    """Return the names of the parts: noise and method."""
    return [f"{noise}, {method}" for noise in NOISE for method in METHODS]


def data(seed, noise) -> dict:
    """Return the three sets of a split."""
    X, y = load_digits(return_X_y=True)
    X, rest, y, z = train_test_split(X / 16, y, train_size=300, stratify=y, random_state=seed)
    V, T, v, t = train_test_split(rest, z, train_size=300, stratify=z, random_state=seed)
    y = noisy_labels(y, noise, n_classes=10, random_state=seed)
    v = noisy_labels(v, noise, n_classes=10, random_state=1000 + seed)
    return {"train": (X, y), "validation": (V, v), "test": (T, t)}


def part(name: str) -> dict:
    """Return measures (strengths, seeds) of a method; of "none" (looks, seeds) as well."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    noise, method = name.split(", ")
    seeds = range(SEED, SEED + N_SEEDS)
    splits = [data(seed, float(noise)) for seed in seeds]
    found = {"test": [], "validation": [], "train": [], "loss": []}
    for strength in METHODS[method]:
        got = train(method, strength, splits, list(seeds))
        for which in ("test", "validation", "train"):
            found[which].append(got.watched[which]["accuracy"])
        found["loss"].append(got.watched["test"]["loss"])
    if method == "held out":
        looks = (got.best_step // LOOK - 1).tolist()
        rows = {
            which: [[one[k, i] for i, k in enumerate(looks)]] for which, (one,) in found.items()
        }
        return as_lists(rows) | {"steps": got.best_step.tolist()}
    if method == "none":
        return as_lists({which: one for which, (one,) in found.items()})
    return as_lists({which: [one[-1] for one in table] for which, table in found.items()})


def train(method, strength, splits, seeds):
    """Train the networks of all splits."""
    options = {"dropout": {"dropout": strength}, "weight decay": {"weight_decay": strength}}
    options = options | {"shifts": {"shift": strength}}
    sets = {
        which: tuple(np.stack([one[which][k] for one in splits]) for k in (0, 1))
        for which in splits[0]
    }
    X, y = sets["train"]
    more = options.get(method, {})
    dropout = more.pop("dropout", 0.0)
    if method == "held out":
        watch = {**sets, "validation": (X[:, -strength:], y[:, -strength:])}
        X, y, more = X[:, :-strength], y[:, :-strength], {"patience": PATIENCE}
    else:
        watch = sets
    every = LOOK if method in ("none", "held out") else STEPS
    networks = ManyNetworks([64, 100, 100, 10], dropout=dropout, seeds=seeds)
    return train_many(
        networks, X, y, eta=ETA, n_steps=STEPS, rule="adam", watch=watch, every=every, **more
    )


def as_lists(tables) -> dict:
    """Return rounded lists."""
    return {which: np.round(table, 4).tolist() for which, table in tables.items()}


def run(done: dict) -> dict:
    """Return measures by noise, method and strength, each (seeds), and those of tuned strengths."""
    result = {"methods": METHODS, "looks": list(range(LOOK, STEPS + 1, LOOK))}
    for noise in map(str, NOISE):
        looks = done[f"{noise}, none"]
        tables = {"none": {which: looks[which][-1:] for which in looks}, "early stopping": looks}
        for method in METHODS:
            if method != "none":
                tables[method] = done[f"{noise}, {method}"]
        for method, table in tables.items():
            chosen = np.argmax(table["validation"], axis=0)
            strengths = result["looks"] if method == "early stopping" else METHODS[method]
            strength = table.get("steps") or [strengths[k] for k in chosen]
            keep(result, "strength", noise, method, strength)
            tuned = [table["test"][k][i] for i, k in enumerate(chosen)]
            keep(result, "tuned", noise, method, tuned)
            for which in ("test", "train", "loss"):
                keep(result, which, noise, method, table[which])
    return result


def keep(result, *path_and_value) -> None:
    """Put a value into a dict of dicts."""
    *path, last, value = path_and_value
    for key in path:
        result = result.setdefault(key, {})
    result[last] = value
