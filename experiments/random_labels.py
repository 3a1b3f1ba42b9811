"""Does a network learn labels that were drawn at random, and what does it then know?

A network 64-256-256-10 learns 600 digits by AdamW with η = 0.001 in up to 1,500 steps of 50: with
the true labels, with labels drawn anew from all ten classes, and with the true labels on pictures
of noise whose pixels are drawn from all pixels of the training set. Ten seeds each; a seed's split
and initial weights are the same for all. Tested on the other 1,197 digits (of noise: on as many
pictures of noise with labels of their own).
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import ManyNetworks, noisy_labels, train_many

SEED = 0
N_SEEDS = 10
TOLERANCE = {"train": 0.05, "test": 0.1, "steps": 400.0, "loss": 1.0}

KINDS = ("true labels", "random labels", "noise")
WIDTHS = (64, 256, 256, 10)
STEPS, LOOK, BATCH, ETA = 1500, 20, 50, 0.001


def parts() -> list[str]:
    """Return the names of the parts: the data that is learned."""
    return list(KINDS)


def data(seed, kind) -> dict:
    """Return the two sets of a seed."""
    X, y = load_digits(return_X_y=True)
    A, B, a, b = train_test_split(X / 16, y, train_size=600, stratify=y, random_state=seed)
    if kind == "random labels":
        a = noisy_labels(a, 1.0, n_classes=10, random_state=seed)
    if kind == "noise":
        rng = np.random.default_rng(seed)
        A, B = (rng.choice(A.ravel(), one.shape) for one in (A, B))
    return {"train": (A, a), "test": (B, b)}


def part(name: str) -> dict:
    """Return accuracies at the end, their curves, and the steps until all 600 are right."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    seeds = range(SEED, SEED + N_SEEDS)
    splits = [data(seed, name) for seed in seeds]
    sets = {
        which: tuple(np.stack([one[which][k] for one in splits]) for k in (0, 1))
        for which in splits[0]
    }
    networks = ManyNetworks(WIDTHS, seeds=seeds)
    options = {"eta": ETA, "n_steps": STEPS, "batch_size": BATCH, "rule": "adam"}
    got = train_many(networks, *sets["train"], watch=sets, every=LOOK, **options)
    train, test = (got.watched[which]["accuracy"] for which in ("train", "test"))
    right = train == 1
    steps = np.where(right.any(axis=0), got.steps[right.argmax(axis=0)], -1)
    return {
        "train": train[-1].round(4).tolist(),
        "test": test[-1].round(4).tolist(),
        "steps": steps.tolist(),
        "loss": got.watched["train"]["loss"].mean(axis=1).round(4).tolist(),
    }


def run(done: dict) -> dict:
    """Return the measures by data, each (seeds); of "loss" the mean curve of the training loss."""
    measures = ("train", "test", "steps", "loss")
    looks = list(range(LOOK, STEPS + 1, LOOK))
    return {"looks": looks} | {one: {kind: done[kind][one] for kind in KINDS} for one in measures}
