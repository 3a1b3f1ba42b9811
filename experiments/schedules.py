"""Do schedules, warm-up and clipping help a network of 10 layers that has its best η?

A ReLU network with nine layers of 100 units, from He's weights and without normalisation, learns
600 standardised digits by momentum 0.9 in 300 steps of 32. η is constant, falls in steps (to a
third after each 75 steps), along a cosine to 0, is warmed up over 30 steps to a constant, or both
warmed up and falling along a cosine; each without clipping and with the gradient clipped to length
1. Each has its largest η on a grid of half decades from 0.003 to 0.3, and ten seeds; a seed's
split, order and initial weights are the same for all. η is chosen for each seed by the accuracy on
400 other digits, and the last 797 test.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import ManyNetworks, train_many
from course_lib.optim import StepDecay, WarmupCosine

SEED = 0
N_SEEDS = 10
TOLERANCE = {"validation": 0.6, "test": 0.6, "diverged": 5, "eta": 1.0, "at best": 0.2}

RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
CLIPS = ("none", "1")
STEPS, BATCH, WARMUP = 300, 32, 30
SCHEDULES = {
    "constant": lambda k: 1.0,
    "steps": StepDecay(1.0, factor=1 / 3, every=75),
    "cosine": WarmupCosine(1.0, steps=STEPS),
    "warm-up": lambda k: min(1.0, (k + 1) / WARMUP),
    "warm-up, cosine": WarmupCosine(1.0, steps=STEPS, warmup=WARMUP),
}


def parts() -> list[str]:
    """Return the names of the parts: clipping and schedule."""
    return [f"{clip}; {schedule}" for clip in CLIPS for schedule in SCHEDULES]


def data(seed) -> dict:
    """Return the three sets of a seed, standardised by the first."""
    X, y = load_digits(return_X_y=True)
    X, rest, y, z = train_test_split(X / 16, y, train_size=600, stratify=y, random_state=seed)
    V, T, v, t = train_test_split(rest, z, train_size=400, stratify=z, random_state=seed)
    mean, size = X.mean(axis=0), X.std(axis=0)
    size[size < 0.05] = 1
    X, V, T = ((one - mean) / size for one in (X, V, T))
    return {"train": (X, y), "validation": (V, v), "test": (T, t)}


def part(name: str) -> dict:
    """Return the accuracies of every η and seed, and how many seeds diverged."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    clip, schedule = name.split("; ")
    found = {"validation": [], "test": []}
    diverged = np.zeros(len(RATES), dtype=int)
    options = {"n_steps": STEPS, "batch_size": BATCH, "schedule": SCHEDULES[schedule]}
    for seed in range(SEED, SEED + N_SEEDS):
        sets = data(seed)
        networks = ManyNetworks([64, *[100] * 9, 10], seeds=[seed] * len(RATES))
        got = train_many(
            networks,
            *sets["train"],
            eta=RATES,
            clip=None if clip == "none" else float(clip),
            watch={which: sets[which] for which in found},
            **options,
        )
        for which in found:
            found[which].append(got.watched[which]["accuracy"][-1].round(4).tolist())
        diverged += got.diverged
    return found | {"diverged": diverged.tolist()}


def run(done: dict) -> dict:
    """Return all accuracies by clipping and schedule, (seeds, η), and those at each seed's η."""
    result = {"rates": list(RATES)}
    for name in parts():
        clip, schedule = name.split("; ")
        found = done[name]
        best = np.argmax(found["validation"], axis=1)
        extra = {
            "eta": [RATES[k] for k in best],
            "at best": [row[k] for row, k in zip(found["test"], best, strict=True)],
        }
        for which, value in (found | extra).items():
            result.setdefault(which, {}).setdefault(clip, {})[schedule] = value
    return result
